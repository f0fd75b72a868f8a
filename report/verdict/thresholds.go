package verdict

import (
	"fmt"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// Every threshold of the rules stands here.
const (
	poolFull         = 0.95 // share of capacity: pool-full, likely, and the end of an episode
	poolPressure     = 0.80 // share of capacity: pool-pressure
	farBelow         = 0.50 // share of capacity under which a complete table speaks against exhaustion
	boundLeakShare   = 0.10 // orphan BOUND ports of one process, share of capacity
	timeWaitShare    = 0.25 // TIME_WAIT ports, share of capacity
	tupleShare       = 0.80 // local ports towards one remote endpoint, share of capacity
	closeWaitPile    = 200  // CLOSE_WAIT rows of one process
	serverSidePile   = 200  // TIME_WAIT or CLOSE_WAIT rows on one port of the server's own
	handlesMany      = 3000 // handles of one process, more than
	handlesHigh      = 10000
	rangeSmall       = facts.DefaultCount // fewer ports than Windows' own default
	rangeLeast       = 255                // Windows takes no range of fewer ports
	exclusionShare   = 0.10               // excluded ports, share of the range
	refutedBy        = 1000               // client-side ports of a table outside an assumed range
	refutedLossy     = 0.10               // of the dynamic ports seen, in a trace with losses: sockets of another transport can look like those of this one
	stuckHalf        = 0.50               // ports whose close hangs, share of capacity: the cause
	stuckLikely      = 0.80               // the same: likely
	stuckLeast       = 100                // ports whose close hangs, for a forecast
	stuckSpan        = 6 * time.Hour      // their records span at least this, for a forecast
	stuckRate        = 24 * time.Hour     // the rate is that of the last of it
	stuckBefore      = 0.85               // share of capacity at which a pool may be full of them
	balanced         = 0.10               // share of capacity: unaccounted ports below it close the books
	spanFull         = 0.95               // share of the ports seen that was in use while refused: the range
	namedShare       = 0.25               // share of the capacity less what is by design, to be named
	secondShare      = 0.50               // of the first holder's ports: told in the same sentence
	sumShare         = 0.50               // of an image's ports in one process: no sum
	leakMinimum      = 20                 // ports not given back, below which growth is no leak
	leakPerMinute    = 1.0                // growth below which a process is not called leaking
	leakPoints       = 5
	leakSpan         = 90 * time.Second
	leakOpenShare    = 0.50 // share of a leaking process's dynamic binds that were never given back
	leakLastThird    = 0.50 // of the mean rate, in the last third of the time
	leakBulk         = 0.10 // growth before it is left out when its span is measured
	notPortsLeast    = 10   // attempts of one process that failed otherwise
	notPortsShare    = 0.10 // of its attempts
	dnsPool          = 2500 // UDP sockets a family that a DNS server holds by design
	dnsSlack         = 1.10
	runGap           = 60 * time.Second // without a refusal, and a success in it: two episodes
	quietGap         = 10 * time.Minute // without a refusal: two episodes
	recoveredFor     = 60 * time.Second // without a refusal, and dynamic binds succeed
	recordWithin     = 5 * time.Minute  // a record belongs to an episode at most this far away
	throttle         = 24*time.Hour + time.Minute
	tableWithin      = 5 * time.Minute // a table is of an episode at most this far away
	signalWithin     = 5 * time.Minute // a failure signal is near a table at most this far away
	sharedWithin     = time.Minute     // dynamic binds that succeed this near a full table: ports are shared
	unknownWithin    = time.Minute     // of a pool's own refusals, for one of unknown transport
	endsWithin       = 60 * time.Second
	spanEnds         = 60 * time.Second // first and last success within this of the trace's ends
	spanGap          = 10               // part of a trace's length without a success
	contradictWithin = time.Minute      // a table this near a refused attempt should show a full pool
	earlierBy        = 24 * time.Hour   // a log's episode this long before the other inputs does not decide
	silentFor        = 24 * time.Hour   // the log is silent for this long before a table
	symptomWithin    = 10 * time.Minute
	forecastMost     = 30 * 24 * time.Hour // a pool that is full later than this is not forecast
	holdersShown     = 20
	seriesShown      = 5
	citedRows        = 6
	countsTold       = 5 // numbers that a tool counted
)

// Threshold is one row of the table as explain and the manual print it.
type Threshold struct{ Name, Value, Meaning string }

// Thresholds gives the thresholds that findings and outcomes name.
func Thresholds() []Threshold {
	share := func(s float64) string { return report.Percent(s) }
	number := func(n int) string { return report.Grouped(n) }
	return []Threshold{
		{"pool_full", share(poolFull), "of the capacity in use: the pool is full; likely without a witness; an episode ends below it"},
		{"pool_pressure", share(poolPressure), "of the capacity in use: pressure; no all-clear from there on"},
		{"far_below", share(farBelow), "of the capacity: under it a complete table speaks against exhaustion"},
		{"bound_leak", share(boundLeakShare), "of the capacity, bound and never connected, in one process"},
		{"time_wait_share", share(timeWaitShare), "of the capacity in TIME_WAIT"},
		{"tuple_share", share(tupleShare), "of the capacity towards one remote endpoint"},
		{"close_wait_pile", number(closeWaitPile), "CLOSE_WAIT connections of one process"},
		{"server_side", number(serverSidePile), "TIME_WAIT or CLOSE_WAIT connections on one port of the server's own"},
		{"handles", number(handlesMany), "handles of one process"},
		{"handles_high", number(handlesHigh), "handles of one process, which is high"},
		{"range_small", number(rangeSmall), "ports: a range with fewer is small"},
		{"exclusion_share", share(exclusionShare), "of the range excluded: worth giving back"},
		{"refuted_by", number(refutedBy), "client-side ports of a table outside an assumed range refute it"},
		{"refuted_lossy", share(refutedLossy), "of the dynamic ports of a trace with losses lie outside a range: they refute it"},
		{"stuck_half", share(stuckHalf), "of the capacity with a hanging close: the cause is stuck-close; no all-clear"},
		{"stuck_likely", share(stuckLikely), "of the capacity with a hanging close: likely"},
		{"balanced", share(balanced), "of the capacity unaccounted for: below it the books close"},
		{"named", share(namedShare), "of the capacity less what is by design: the least to be named as the holder"},
		{"second", share(secondShare), "of the first holder's ports: a second one is told beside it"},
		{"leak_minimum", number(leakMinimum), "ports not given back, to be called a leak"},
		{"leak_per_minute", fmt.Sprintf("%.0f", leakPerMinute), "port a minute, to be called a leak"},
		{"leak_points", number(leakPoints), "points of growth, to be called a leak"},
		{"leak_span", report.Rough(leakSpan), "from the first point of growth to the last, to be called a leak"},
		{"not_ports_least", number(notPortsLeast), "attempts of one process that failed with another status"},
		{"not_ports_share", share(notPortsShare), "of the attempts of that process"},
		{"run_gap", report.Rough(runGap), "without a refusal, with a success in it, part two episodes"},
		{"quiet_gap", report.Rough(quietGap), "without a refusal part two episodes"},
		{"pair_within", report.Rough(recordWithin), "a log record belongs to an episode at most this far away"},
		{"table_within", report.Rough(tableWithin), "a table belongs to an episode at most this far away"},
		{"span_ends", report.Rough(spanEnds), "from the ends of a trace to its first and last success, and between successes"},
		{"contradict_within", report.Rough(contradictWithin), "a table this near a refusal should show a full pool"},
		{"symptom_within", report.Rough(symptomWithin), "an error in the log supports an episode at most this far away"},
		{"clock_jump", report.Rough(facts.ClockJumpTold), "a smaller change of the system time is not told"},
	}
}
