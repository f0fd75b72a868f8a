package verdict

import "time"

// Every threshold of the rules stands here.
const (
	poolFull          = 0.95 // share of capacity: pool-full, and an outcome of likely
	poolPressure      = 0.80 // share of capacity: pool-pressure
	farBelow          = 0.50 // share of capacity under which a snapshot speaks against exhaustion
	boundLeakShare    = 0.10 // orphan BOUND ports of one process, share of capacity
	timeWaitShare     = 0.25 // TIME_WAIT ports, share of capacity
	tupleShare        = 0.80 // local ports towards one remote endpoint, share of capacity
	closeWaitPile     = 200  // CLOSE_WAIT rows of one process
	handlesSuspicious = 3000 // handles of one process
	handlesHigh       = 10000
	rangeSmall        = 16384               // fewer ports than Windows' own default
	leakMinimum       = 20                  // open sockets below which growth is not called a leak
	leakOpenShare     = 0.50                // share of a leaking process's dynamic binds that were never closed
	leakPerMinute     = 1.0                 // growth below which a process is not called leaking
	forecastMost      = 30 * 24 * time.Hour // a pool that is full later than this is not forecast
	windowGap         = 60 * time.Second    // silence that ends a window of exhaustion
	pairWithin        = 5 * time.Minute     // a System event belongs to a trace failure at most this far away
	spanEnds          = 60 * time.Second    // first and last success within this of the trace's ends
	contradictWithin  = time.Minute         // a table this near a refused attempt should show a full pool
	windowBefore      = 24 * time.Hour      // the analysed window reaches this far before the first time of a trace or text
	windowAfter       = 10 * time.Minute
	lifeBefore        = 7 * 24 * time.Hour // how much of a log's end is asked for starts, clears and errors
	zoneHolds         = 7 * 24 * time.Hour // an offset read at one time is taken for others this far away
	clockJumpTold     = time.Minute        // a change of the system time below this is not told
	symptomWithin     = 10 * time.Minute   // an error supports a witness at most this far away
	evidenceGroups    = 20                 // a process has this part of a finding's rows for its first, and for its last
	holdersShown      = 200
	seriesShown       = 5 // processes whose ports over time are told
	defaultStart      = 49152
	defaultCount      = 16384
)

// Limits of what a hostile input can make us keep.
const (
	maxTimelineBins = 1000
	maxSeriesPoints = 256
	maxFailureTimes = 1 << 18
	maxProcesses    = 1 << 20
	maxEndpoints    = 1 << 22
	maxSnapshots    = 1 << 17
	maxGrowthPoints = 1 << 22
	maxOwners       = 1 << 16
	maxHostText     = 64 << 20 // a longer text is a loop of tables and read for nothing else
	maxLogRecords   = 1 << 20
)
