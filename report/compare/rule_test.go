package compare

import (
	"testing"
	"time"

	"portverdict/report"
)

const tick = 1.0 / 60e9 // a nanosecond, in minutes

// Fixed is said only where the second bundle had the eyes for what the first shows.
func TestEyes(t *testing.T) {
	lost := finding("trace-lost-events", 1)
	checkPairs(t, []pairCase{
		{"refused in a trace, calm by table and log", made(0, ex, only("etl")), made(day, no, only("evtx", "netstat")), Better, "What showed it before (a trace (.etl)) is missing from the second bundle"},
		{"what is missing is told", made(0, ex, only("etl")), made(day, no, only("evtx", "netstat")), Better, "The second bundle lacks a trace (.etl)."},
		{"told in the log, calm by a spanning trace", made(0, ex, only("evtx"), logged(4231), growth(200)), made(day, no, only("etl")), Fixed, "shows none"},
		{"told in the log, calm by table and log", made(0, ex, only("evtx", "netstat"), logged(4231)), made(0, no, only("evtx", "netstat"), restarted(day), usedAt(day+3)), Fixed, "watches the pool for 3 min"},
		{"the log has a gap", made(0, ex, only("evtx"), logged(4231)), made(0, no, only("evtx", "netstat"), finding("evtx-does-not-cover", 1), restarted(day), usedAt(day+3)), Better, "the System log (.evtx)) is missing from the second bundle or has gaps"},
		{"a trace with gaps and no table", made(0, ex, only("etl")), made(day, no, only("etl"), lost), Better, "has gaps there"},
		{"a wrapped trace", made(0, ex, only("etl")), made(day, no, only("etl"), finding("trace-wrapped", 1)), Better, "has gaps there"},
		{"an unfinished trace", made(0, ex, only("etl")), made(day, no, only("etl"), finding("trace-unfinalised", 1)), Better, "has gaps there"},
		{"a trace without binds", made(0, ex, only("etl")), made(day, no, only("etl"), func(r *report.Report) { r.Findings = nil }), Better, "is missing from the second"},
		{"a log alone", made(0, ex, only("evtx"), logged(4231)), made(day, no, only("evtx")), Better, "is missing from the second"},
		{"nearly full by table, calm by a trace", made(0, li), made(day, no, only("etl")), Unclear, "Unclear: the second bundle cannot show it"},
		{"nearly full by table, calm by a table that is not complete", made(0, li), made(day, no, incomplete), Unclear, "a connection table (netstat)) is missing"},
		{"refused, and a table that is not complete", made(0, ex), made(day, no, incomplete), Fixed, "At least 20 of 512 ports were in use after"},
		{"a leak in a trace, calm by a trace", made(0, li, only("etl"), finding("trace-socket-leak", 1)), made(day, no, only("etl")), Fixed, "shows none"},
		{"ports that hang by the log, calm by table and log", made(0, li, only("evtx"), finding("evtx-stuck-closes", 1)), made(day, no, only("evtx", "netstat")), Better, "watches the pool for 0 s"},
		{"a leak in a trace beside a table, calm by a table", made(0, li, func(r *report.Report) { r.Findings = nil }, finding("trace-socket-leak", 1)), made(day, no, only("evtx", "netstat")), Unclear, "cannot show it"},
		{"ports that hang by the log, calm by trace and log", made(0, li, only("evtx"), finding("evtx-stuck-closes", 1)), made(day, no, only("etl", "evtx")), Fixed, "shows none"},
		{"exhausted by trace and likely by a trace with a table that is not complete", made(0, ex), made(day, li, incomplete), Better, "lower but not gone"},
		{"exhausted by trace, likely by table", made(0, ex, only("etl")), made(day, li, only("netstat")), Unclear, "the second bundle cannot show it"},
		{"exhausted by table, likely by table", made(0, ex, only("netstat"), finding("pool-full", 512)), made(day, li, only("netstat")), Better, "lower but not gone"},
		{"exhausted by table, likely by a table that is not complete", made(0, ex, only("netstat"), finding("pool-full", 512)), made(day, li, only("netstat"), incomplete), Unclear, "cannot show it"},
		{"nothing says by what", made(0, ex, func(r *report.Report) {
			r.Findings, r.Verdict.Windows[0].Failures, tcp(r).Balance.Basis = nil, 0, "none"
		}), made(day, no, incomplete, lost), Better, "The second bundle has no input that speaks of this pool"},
		{"a balance by trace", made(0, li, only("etl"), func(r *report.Report) { r.Findings = nil }), made(day, no, only("etl")), Fixed, "shows none"},
		{"a balance by stuck closes", made(0, li, only("evtx"), func(r *report.Report) {
			r.Findings, tcp(r).Balance.Basis = nil, "stuck-closes"
		}), made(day, no, only("etl", "evtx")), Fixed, "shows none"},
		{"a calm finding of another pool", made(0, ex), made(day, no, only("etl"), func(r *report.Report) { r.Findings[0].Transport = "udp" }), Better, "is missing from the second"},
		{"a calm finding of every pool", made(0, ex), made(day, no, only("etl"), func(r *report.Report) { r.Findings[0].Transport = "" }), Fixed, "shows none"},
		{"a finding that counts nothing", made(0, ex), made(day, no, only("etl"), func(r *report.Report) { r.Findings[0].Count = 0 }), Better, "is missing from the second"},
		{"an input in which nothing was understood", made(0, ex), made(day, no, only("etl", "evtx"), func(r *report.Report) { r.Sources[0].Decoded = 0 }), Better, "is missing from the second"},
		{"refusals of an unknown transport", made(0, in, func(r *report.Report) {
			r.Verdict.Windows = []report.Window{{Host: "HOST1", Transport: unknown, From: at(0), To: at(1), Failures: 9}}
			r.Verdict.Outcome = ex
		}), made(day, no, udpToo(no)), Better, "Unknown transport: The second bundle watches the pool for 0 s and the first does not show how long"},
	})
}

// usedAt moves the table to a minute of the clock.
func usedAt(minute float64) edit {
	return func(r *report.Report) {
		tcp(r).UsedAt = at(minute)
		for i := range r.Sources {
			if r.Sources[i].Kind == "netstat" {
				r.Sources[i].Window = report.Span{From: at(minute), To: at(minute)}
			}
		}
	}
}

func restarted(minutes ...float64) edit {
	return func(r *report.Report) {
		for _, m := range minutes {
			r.Bundle.Boots = append(r.Bundle.Boots, report.Boot{Host: "HOST1", At: at(m)})
		}
	}
}

// 512 ports at 128 a minute last 4 minutes, which is how long made watches.
func TestLengthAgainstRate(t *testing.T) {
	atRate := func(perMinute float64) *report.Report { return made(0, ex, growth(perMinute)) }
	forecast := func(perHour float64) edit {
		return func(r *report.Report) { tcp(r).Forecast = &report.Forecast{RatePerHour: perHour} }
	}
	series := func(cause report.Cause, transport string, points ...report.Point) edit {
		return func(r *report.Report) {
			tcp(r).Cause = cause
			r.Series = append(r.Series, report.Series{Host: "HOST1", Transport: transport, Image: "leaky.exe", Points: points})
		}
	}
	checkPairs(t, []pairCase{
		{"one tick too short", atRate(128), made(day, no, lasts(4-tick)), Better, "at 128 ports a minute, as before, 512 ports last 4 min: watch for at least 4 min"},
		{"just long enough", atRate(128), made(day, no, lasts(4)), Fixed, "at 128 ports a minute"},
		{"one tick more", atRate(128), made(day, no, lasts(4+tick)), Fixed, "shows none"},
		{"a slow leak, four minutes after a restart", made(0, ex, pool(16384, 16384), growth(5)), made(3*day, no, pool(16384, 18)), Better, "The second bundle watches the pool for 4 min, and at 5 ports a minute, as before, 16,384 ports last 2 days: watch for at least 2 days."},
		{"by the hour", atRate(0.5), made(day, no), Better, "at 30 ports an hour"},
		{"by the day", atRate(0.01), made(day, no), Better, "at 14.4 ports a day"},
		{"no rate at all", atRate(0), made(day, no), Better, "The second bundle watches the pool for 4 min and the first does not show how long the ports took to run out, so that may be too short"},
		{"a pool that shrinks is measured by its size before", atRate(128), made(day, no, pool(256, 20), lasts(4-tick)), Better, "512 ports last 4 min"},
		{"a larger pool takes longer", atRate(128), made(day, no, pool(1024, 20), lasts(8-tick)), Better, "1,024 ports last 8 min"},
		{"a larger pool, watched for longer", atRate(128), made(day, no, pool(1024, 20), lasts(8)), Fixed, "1,024 ports last 8 min"},
		{"the forecast counts first", made(0, ex, growth(1e6), forecast(128*60)), made(day, no, lasts(4-tick)), Better, "at 128 ports a minute"},
		{"the forecast just met", made(0, ex, growth(1), forecast(128*60)), made(day, no), Fixed, "at 128 ports a minute"},
		{"a forecast without a rate", made(0, ex, growth(128), forecast(0)), made(day, no), Fixed, "at 128 ports a minute"},
		{"two holders fill it together", made(0, ex, holder("b.exe", 5, 5, 64), func(r *report.Report) { r.Verdict.Holders[0].GrowthPerMinute = 64 }), made(day, no), Fixed, "at 128 ports a minute"},
		{"two of one image as well", made(0, ex, holder("leaky.exe", 5, 5, 64), func(r *report.Report) { r.Verdict.Holders[0].GrowthPerMinute = 64 }), made(day, no), Fixed, "at 128 ports a minute"},
		{"a sum and its members are the same ports", made(0, ex, holder("b.exe", 5, 5, 64), holder("b.exe", 6, 5, 64), holder("b.exe", 0, 10, 128), func(r *report.Report) {
			r.Verdict.Holders[0].GrowthPerMinute, r.Verdict.Holders[3].Instances = 0, 2
		}), made(day, no), Fixed, "at 128 ports a minute"},
		{"two episodes do not add up", made(0, ex, growth(128), holder("leaky.exe", 5, 5, 100), func(r *report.Report) { r.Verdict.Holders[1].Window = -1 }), made(day, no), Fixed, "at 128 ports a minute"},
		{"what shrinks fills nothing", made(0, ex, growth(128), holder("b.exe", 5, 5, -100)), made(day, no), Fixed, "at 128 ports a minute"},
		{"another pool's holder has no say", made(0, ex, growth(128), holder("b.exe", 5, 5, 100), func(r *report.Report) { r.Verdict.Holders[1].Transport = "udp" }), made(day, no), Fixed, "at 128 ports a minute"},
		{"a rise through half the pool", made(0, ex, growth(0), series(report.CauseLeak, "tcp", report.Point{T: at(0), Ports: 10}, report.Point{T: at(2), Ports: 266}, report.Point{T: at(3), Ports: 266})), made(day, no), Fixed, "at 128 ports a minute"},
		{"its points in any order", made(0, ex, growth(0), series(report.CauseLeak, "tcp", report.Point{T: at(3), Ports: 200}, report.Point{T: at(2), Ports: 266}, report.Point{T: at(0), Ports: 10})), made(day, no), Fixed, "at 128 ports a minute"},
		{"a rise through less than half", made(0, ex, growth(0), series(report.CauseLeak, "tcp", report.Point{T: at(0), Ports: 10}, report.Point{T: at(2), Ports: 265})), made(day, no), Better, "the first does not show how long"},
		{"the rise of a burst says nothing of the next", made(0, ex, growth(0), series(report.CauseBurst, "tcp", report.Point{T: at(0)}, report.Point{T: at(1), Ports: 500})), made(day, no), Better, "the first does not show how long"},
		{"the rise of another pool", made(0, ex, growth(0), series(report.CauseLeak, "udp", report.Point{T: at(0)}, report.Point{T: at(1), Ports: 500})), made(day, no), Better, "the first does not show how long"},
		{"the rise of another machine", made(0, ex, growth(0), series(report.CauseLeak, "tcp", report.Point{T: at(0)}, report.Point{T: at(1), Ports: 500}), func(r *report.Report) { r.Series[0].Host = "B" }), made(day, no), Better, "the first does not show how long"},
		{"no rise in no time", made(0, ex, growth(0), series(report.CauseLeak, "tcp", report.Point{T: at(0), Ports: 500}), series(report.CauseLeak, "tcp")), made(day, no), Better, "the first does not show how long"},
		{"the faster of two rises", made(0, ex, growth(0),
			series(report.CauseLeak, "tcp", report.Point{T: at(0)}, report.Point{T: at(2), Ports: 256}),
			series(report.CauseLeak, "tcp", report.Point{T: at(0)}, report.Point{T: at(100), Ports: 256})), made(day, no), Fixed, "at 128 ports a minute"},
		{"a rate too small for any clock", atRate(1e-12), made(day, no), Better, "watch for at least 36500 days"},
	})
}

// Episodes tell of the pace too: no trouble comes back sooner than it came back before.
func TestLengthAgainstEpisodes(t *testing.T) {
	none := report.Time{}
	two := func(ends string, endedAt report.Time, changes ...edit) *report.Report {
		changes = append([]edit{growth(0), episode(10, 20, "", none), func(r *report.Report) {
			r.Verdict.Windows[0].Ends, r.Verdict.Windows[0].EndedAt = ends, endedAt
		}}, changes...)
		return made(0, ex, changes...)
	}
	burst := func(c report.Cause) edit { return func(r *report.Report) { tcp(r).Cause = c } }
	checkPairs(t, []pairCase{
		// From the restart at minute 5 to the next refusal at minute 10.
		{"one tick too short", two("restart", at(5)), made(day, no, lasts(5-tick)), Better, "before, it ran out again after 5 min: watch for at least 5 min"},
		{"just long enough", two("restart", at(5)), made(day, no, lasts(5)), Fixed, "before, it ran out again after 5 min."},
		{"one tick more", two("restart", at(5)), made(day, no, lasts(5+tick)), Fixed, "shows none"},
		{"no time of the end: from the last refusal", two("restart", none), made(day, no, lasts(7-tick)), Better, "after 7 min"},
		{"no time of the end, long enough", two("restart", none), made(day, no, lasts(7)), Fixed, "after 7 min"},
		{"recovered, and nobody knows how empty", two("recovered", at(5)), made(day, no, lasts(60)), Better, "the first does not show how long"},
		{"a burst gives back by itself", two("recovered", at(5), burst(report.CauseBurst)), made(day, no, lasts(5)), Fixed, "after 5 min"},
		{"so does churn", two("recovered", at(5), burst(report.CauseChurn)), made(day, no, lasts(5-tick)), Better, "after 5 min"},
		{"the longest of several", two("restart", at(5), func(r *report.Report) { r.Verdict.Windows[1].Ends = "restart" }, episode(28, 30, "restart", none), episode(31, 32, "", none)), made(day, no, lasts(8-tick)), Better, "after 8 min"},
		{"the longest of several, met", two("restart", at(5), func(r *report.Report) { r.Verdict.Windows[1].Ends = "restart" }, episode(28, 30, "restart", none), episode(31, 32, "", none)), made(day, no, lasts(8)), Fixed, "after 8 min"},
		{"a longer one that was no restart counts beside one that was", two("restart", at(5), episode(28, 30, "", none)), made(day, no, lasts(8-tick)), Better, "after 8 min"},
		{"with a rate the longer of both", two("recovered", at(5), growth(256)), made(day, no, lasts(5-tick)), Better, "after 5 min"},
		{"with a rate the longer of both, met", two("recovered", at(5), growth(256)), made(day, no, lasts(5)), Fixed, "after 5 min"},
		{"the rate is the longer one", two("recovered", at(5), growth(64)), made(day, no, lasts(8-tick)), Better, "at 64 ports a minute"},
		{"a larger pool takes longer", two("restart", at(5)), made(day, no, pool(1024, 20), lasts(10-tick)), Better, "after 10 min (for a pool of that size)"},
		{"a larger pool, long enough", two("restart", at(5)), made(day, no, pool(1024, 20), lasts(10)), Fixed, "after 10 min"},
		{"an episode without a time", made(0, ex, growth(0), func(r *report.Report) {
			r.Verdict.Windows[0].Ends = "restart"
		}, func(r *report.Report) {
			episode(0, 0, "restart", none)(r)
			r.Verdict.Windows[1].From, r.Verdict.Windows[1].To = none, none
		}), made(day, no), Better, "the first does not show how long"},
		// From a start of Windows to the first refusal, at minute 1.
		{"since the start, one tick too short", made(0, ex, growth(0), restarted(-30, -4)), made(day, no, lasts(5-tick)), Better, "before, it ran out 5 min after a restart: watch for at least 5 min"},
		{"since the start, just long enough", made(0, ex, growth(0), restarted(-4)), made(day, no, lasts(5)), Fixed, "5 min after a restart"},
		{"a start after the first refusal", made(0, ex, growth(0), restarted(1, 2)), made(day, no, lasts(60)), Better, "the first does not show how long"},
		{"a start before an earlier episode", made(0, ex, growth(0), restarted(-4), episode(40, 50, "", none)), made(day, no, lasts(5)), Fixed, "5 min after a restart"},
		{"a start at the end of an earlier episode", made(0, ex, growth(0), restarted(3), episode(13, 20, "", none)), made(day, no, lasts(10-tick)), Better, "10 min after a restart"},
		{"the start of another machine", made(0, ex, growth(0), func(r *report.Report) { r.Bundle.Boots = []report.Boot{{Host: "B", At: at(-4)}} }), made(day, no, lasts(60)), Better, "the first does not show how long"},
	})
}

// What counts as watching: the span of the binds, complete tables, the time since a restart.
func TestWatched(t *testing.T) {
	tables := func(from, to float64) edit {
		return func(r *report.Report) {
			usedAt(to)(r)
			for i := range r.Sources {
				if r.Sources[i].Kind == "netstat" {
					r.Sources[i].Window = report.Span{From: at(from), To: at(to)}
				}
			}
		}
	}
	checkPairs(t, []pairCase{
		// made(ex) needs 512 / 200 = 2.56 minutes; the last refusal is at minute 3.
		{"tables, one tick too short", made(0, ex, only("netstat", "evtx"), logged(4231)), made(0, no, only("netstat", "evtx"), tables(10, 12.56-tick)), Better, "watches the pool for 3 min"},
		{"tables, just long enough", made(0, ex, only("netstat", "evtx"), logged(4231)), made(0, no, only("netstat", "evtx"), tables(10, 12.56)), Fixed, "shows none"},
		{"tables from before the last refusal do not count", made(0, ex, only("netstat", "evtx"), logged(4231)), made(0, no, only("netstat", "evtx"), tables(1, 5.56-tick)), Better, "watches the pool for 3 min"},
		{"tables, just long enough after it", made(0, ex, only("netstat", "evtx"), logged(4231)), made(0, no, only("netstat", "evtx"), tables(1, 5.56)), Fixed, "watches the pool for 3 min"},
		{"tables that are not complete", made(0, ex), made(10, no, lasts(1), tables(10, 60), incomplete), Better, "watches the pool for 60 s"},
		{"since a restart, one tick too short", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(8.44+tick)), Better, "watches the pool for 3 min"},
		{"since a restart, just long enough", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(8.44)), Fixed, "shows none"},
		{"to the table, if that is later", made(0, ex), made(10, no, lasts(1), usedAt(12), restarted(9.44)), Fixed, "shows none"},
		{"the last restart counts", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(8.44, 9)), Better, "watches the pool for 2 min"},
		{"a restart after the last sign of calm does not", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(8.44, 11)), Fixed, "shows none"},
		{"a restart at the last refusal is none after it", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(3)), Better, "watches the pool for 60 s"},
		{"a restart one tick later is", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(3+tick)), Fixed, "watches the pool for 8 min"},
		{"a restart before the trouble says nothing", made(0, ex), made(10, no, lasts(1), usedAt(10), restarted(-100)), Better, "watches the pool for 60 s"},
		{"the longest counts", made(0, ex), made(10, no, restarted(13)), Fixed, "watches the pool for 4 min"},
	})
}

// What still uses up ports is no fix.
func TestLeaksOn(t *testing.T) {
	named := func(r *report.Report) { r.Verdict.Holders[0].Named = true }
	var cases []pairCase
	for _, id := range []string{"trace-socket-leak", "snapshot-growth", "bound-leak", "pool-forecast", "evtx-stuck-closes", "pool-full", "pool-pressure", "close-wait-pile", "time-wait-churn", "tuple-exhaustion", "evtx-4227"} {
		cases = append(cases,
			pairCase{"finding " + id, made(0, ex), made(day, no, finding(id, 1)), Better, "The second bundle still has the finding " + id + " (title of " + id + ")."},
			pairCase{"none of " + id, made(0, ex), made(day, no, finding(id, 0)), Fixed, "shows none"},
			pairCase{"of UDP: " + id, made(0, ex), made(day, no, finding(id, 1), func(r *report.Report) { r.Findings[1].Transport = "udp" }), Fixed, "shows none"})
	}
	checkPairs(t, append(cases, []pairCase{
		{"a finding that is none of them", made(0, ex), made(day, no, finding("range-small", 1)), Fixed, "shows none"},
		{"the holder grows on", made(0, ex), made(day, no, holder("LEAKY", 77, 18, 4.6)), Better, "The leak goes on: LEAKY takes 4.6 ports a minute and does not give them back."},
		{"how long that lasts, where before tells no pace", made(0, ex, growth(0)), made(day, no, holder("leaky.exe", 77, 18, 4.6), holder("leaky.exe", 78, 1, 1)), Better, "The second bundle watches the pool for 4 min, and at 4.6 ports a minute, as it still shows, 512 ports last 111 min: watch for at least 111 min."},
		{"two that go on", made(0, ex, growth(0), holder("b.exe", 5, 100, 0)), made(day, no, holder("leaky.exe", 77, 18, 20), holder("b.exe", 77, 18, 12)), Better, "at 32 ports a minute, as it still shows, 512 ports last 16 min"},
		{"the holder is there and does not grow", made(0, ex), made(day, no, holder("leaky.exe", 77, 18, 0)), Fixed, "leaky.exe held 500 TCP ports before and 18 TCP ports after."},
		{"another process grows", made(0, ex), made(day, no, holder("new.exe", 77, 18, 4.6)), Fixed, "shows none"},
		{"the holder grows in another pool", made(0, ex), made(day, no, holder("leaky.exe", 77, 18, 4.6), func(r *report.Report) { r.Verdict.Holders[1].Transport = "udp" }), Fixed, "shows none"},
		{"a process that grew before", made(0, ex, holder("b.exe", 5, 1, 0.1)), made(day, no, holder("b.exe", 77, 18, 0.1)), Better, "b.exe takes 6 ports an hour"},
		{"one that was named with few ports", made(0, ex, holder("b.exe", 5, 1, 0), func(r *report.Report) { r.Verdict.Holders[1].Named = true }), made(day, no, holder("b.exe", 77, 18, 1)), Better, "b.exe takes 1 ports a minute"},
		{"a share one port under the tenth", made(0, ex, pool(510, 510), holder("b.exe", 5, 50, 0)), made(day, no, holder("b.exe", 77, 18, 1)), Fixed, "shows none"},
		{"a share of a tenth", made(0, ex, pool(510, 510), holder("b.exe", 5, 51, 0)), made(day, no, pool(510, 20), holder("b.exe", 77, 18, 1)), Better, "b.exe takes"},
		{"a share one port over it", made(0, ex, pool(510, 510), holder("b.exe", 5, 52, 0)), made(day, no, pool(510, 20), holder("b.exe", 77, 18, 1)), Better, "b.exe takes"},
		{"no name, no suspect", made(0, ex, holder("", 5, 200, 0)), made(day, no, holder("", 77, 18, 1)), Fixed, "shows none"},
		{"once for an image", made(0, ex), made(day, no, holder("leaky.exe", 77, 18, 2), holder("leaky.exe", 78, 9, 3)), Better, "leaky.exe takes 2 ports a minute"},
		{"it ran out in between", made(0, ex), made(3*day, no, episode(day, day+1, "recovered", report.Time{})), Better, "The ports ran out once more after the first bundle, 2026-03-11, 09:00:00 to 09:01:00 UTC."},
		{"one tick after the last refusal", made(0, ex), made(3*day, no, episode(3+tick, 4, "", report.Time{})), Better, "once more after the first bundle"},
		{"that was the trouble of before", made(0, ex), made(3*day, no, episode(3, 4, "", report.Time{})), Fixed, "shows none"},
		{"named and calm", made(0, ex), made(day, no, named), Fixed, "shows none"},
	}...))
}

// A larger pool in which no fewer ports are in use is not fixed.
func TestLargerPool(t *testing.T) {
	before := func() *report.Report { return made(0, ex, growth(1e9)) }
	checkPairs(t, []pairCase{
		{"one port fewer", before(), made(day, no, pool(16384, 511)), Fixed, "A setting changed: the TCP range was raised from 512 to 16,384 ports."},
		{"as many", before(), made(day, no, pool(16384, 512)), Better, "The pool is larger (512 ports before, 16,384 after), but no fewer are in use (512 before, 512 after)."},
		{"one more", before(), made(day, no, pool(16384, 513)), Better, "no fewer are in use (512 before, 513 after)"},
		{"exhausted means all of them", made(0, ex, growth(1e9), func(r *report.Report) { n := 100; tcp(r).Used = &n }), made(day, no, pool(16384, 511)), Fixed, "shows none"},
		{"likely means what was in use", made(0, li, growth(1e9)), made(day, no, pool(16384, 489)), Fixed, "shows none"},
		{"likely, and as many", made(0, li, growth(1e9)), made(day, no, pool(16384, 490)), Better, "(490 before, 490 after)"},
		{"by one port", before(), made(day, no, pool(513, 512)), Better, "The pool is larger"},
		{"the same size", before(), made(day, no, pool(512, 512), func(r *report.Report) { tcp(r).Balance.Free = 0 }), Fixed, "shows none"},
		{"a smaller pool", before(), made(day, no, pool(511, 20)), Fixed, "shows none"},
		{"nothing tells how many", before(), made(day, no, pool(16384, 20), func(r *report.Report) { tcp(r).Used = nil }), Better, "and how many of them are in use is not known"},
		{"at least some", before(), made(day, no, pool(16384, 20), incomplete), Better, "and how many of them are in use is not known"},
		{"at least as many", before(), made(day, no, pool(16384, 600), incomplete), Better, "no fewer are in use"},
	})
}

// cutOff lets the last episode take so many minutes and go on when the inputs end.
func cutOff(minutes float64) edit {
	return func(r *report.Report) {
		w := &r.Verdict.Windows[len(r.Verdict.Windows)-1]
		w.To, w.Ends = report.Time{Time: w.From.Add(time.Duration(minutes * float64(time.Minute)))}, "end-of-inputs"
	}
}

// figures of the same outcome, each at its threshold.
func TestFigures(t *testing.T) {
	lossy := finding("trace-lost-events", 1)
	short := func(m float64) edit { return lasts(m) }
	checkPairs(t, []pairCase{
		{"one refusal over a quarter fewer", made(0, ex), made(day, ex, refused(76)), Same, "no figure differs by a quarter or more"},
		{"a quarter fewer", made(0, ex), made(day, ex, refused(75)), Better, "Better: still exhausted, but less than before"},
		{"more than a quarter fewer", made(0, ex), made(day, ex, refused(74)), Better, "clearly lower refused attempts: 100 before, 74 after (25 and 18.5 a minute)."},
		{"mirrored: under a quarter more", made(0, ex, refused(76)), made(day, ex), Same, "no figure differs"},
		{"mirrored: as much more", made(0, ex, refused(75)), made(day, ex), Worse, "Worse: still exhausted, and more than before"},
		{"mirrored: more", made(0, ex, refused(74)), made(day, ex), Worse, "clearly higher refused attempts: 74 before, 100 after"},
		{"fewer in a shorter trace", made(0, ex, lasts(40)), made(day, ex, refused(20)), Same, "no figure differs"},
		{"more in a longer trace", made(0, ex), made(day, ex, refused(200), short(40)), Same, "no figure differs"},
		{"fewer in a trace that ended soon after the pool was full", made(0, ex), made(day, ex, refused(10), cutOff(0.1)), Same, "no figure differs"},
		{"fewer in one that ended in the middle, and more seldom", made(0, ex), made(day, ex, refused(10), cutOff(4)), Better, "clearly lower"},
		{"more, and the trace before ended soon after the pool was full", made(0, ex, refused(10), cutOff(0.1)), made(day, ex), Same, "no figure differs"},
		{"fewer in a trace with gaps", made(0, ex), made(day, ex, refused(10), lossy), Same, "no figure differs"},
		{"more after a trace with gaps", made(0, ex, refused(10), lossy), made(day, ex), Same, "no figure differs"},
		{"fewer, and the gaps were before", made(0, ex, lossy), made(day, ex, refused(10)), Better, "clearly lower"},
		{"more, and the gaps are after", made(0, ex, refused(10)), made(day, ex, lossy), Worse, "clearly higher"},
		{"no trace after", made(0, ex), made(day, ex, only("netstat")), Same, "no figure can be compared further"},
		{"no trace before", made(0, ex, only("netstat")), made(day, ex), Same, "no figure can be compared further"},
		{"a trace that takes no time", made(0, ex, func(r *report.Report) { r.Sources[0].Window.To = at(0) }), made(day, ex, refused(10)), Same, "no figure can be compared"},
		{"a trace without a time", made(0, ex), made(day, ex, refused(10), func(r *report.Report) { r.Sources[0].Window = report.Span{} }), Same, "no figure can be compared"},
		{"a trace without a start", made(0, ex), made(day, ex, refused(10), func(r *report.Report) { r.Sources[0].Window.From = report.Time{} }), Same, "no figure can be compared"},
		{"a trace without an end", made(0, ex, func(r *report.Report) { r.Sources[0].Window.To = report.Time{} }), made(day, ex, refused(10)), Same, "no figure can be compared"},
		{"no refusal in either", made(0, ex, refused(0)), made(day, ex, refused(0)), Same, "no figure can be compared"},
		{"none after", made(0, ex), made(day, ex, refused(0)), Better, "100 before, 0 after"},
		{"none before", made(0, ex, refused(0)), made(day, ex), Worse, "0 before, 100 after"},
		{"growth is no figure of a full pool", made(0, ex), made(day, ex, growth(1)), Same, "refused attempts"},
		{"growth a quarter lower", made(0, li, growth(100)), made(day, li, growth(75)), Better, "clearly lower growth: 100 ports a minute before, 75 ports a minute after"},
		{"growth under a quarter lower", made(0, li, growth(100)), made(day, li, growth(75.1)), Same, "growth: 100 ports a minute before, 75.1 ports a minute after"},
		{"no growth after", made(0, li), made(day, li, growth(0)), Better, "growth: 200 ports a minute before, none after"},
		{"no growth after, for want of a trace", made(0, li), made(day, li, growth(0), only("netstat")), Same, "growth: 200 ports a minute before, none after"},
		{"growth that is new", made(0, li, growth(0)), made(day, li), Worse, "growth: none before, 200 ports a minute after"},
		{"growth that is new, for want of a trace before", made(0, li, growth(0), only("netstat")), made(day, li), Same, "growth"},
		{"lower growth by tables", made(0, li, only("netstat")), made(day, li, growth(1), only("netstat")), Better, "growth"},
		{"higher growth by tables", made(0, li, growth(1), only("netstat")), made(day, li, only("netstat")), Worse, "growth"},
		{"no growth at all", made(0, li, growth(0)), made(day, li, growth(0)), Same, "use: 490 of 512 before, 490 of 512 after"},
		{"use a quarter lower", made(0, li, pool(1000, 1000), growth(0)), made(day, li, pool(1000, 750), growth(0)), Better, "clearly lower use: 1,000 of 1,000 before, 750 of 1,000 after"},
		{"use under a quarter lower", made(0, li, pool(1000, 1000), growth(0)), made(day, li, pool(1000, 751), growth(0)), Same, "use: 1,000 of 1,000"},
		{"shares compare, not numbers", made(0, li, growth(0)), made(day, li, pool(1024, 600), growth(0)), Better, "use: 490 of 512 before, 600 of 1,024 after"},
		{"lower use in a table that is not complete", made(0, li, growth(0)), made(day, li, pool(1024, 600), growth(0), incomplete), Same, "at least 600 of 1,024 after"},
		{"higher use after a table that is not complete", made(0, li, pool(512, 300), growth(0), incomplete), made(day, li, growth(0)), Same, "at least 300 of 512 before"},
		{"higher use", made(0, li, pool(512, 300), growth(0)), made(day, li, growth(0)), Worse, "use: 300 of 512 before, 490 of 512 after"},
		{"half full on one side", made(0, no, pool(1000, 100)), made(day, no, pool(1000, 500)), Worse, "use: 100 of 1,000 before, 500 of 1,000 after"},
		{"one port under half", made(0, no, pool(1000, 100)), made(day, no, pool(1000, 499)), Same, "no figure can be compared"},
		{"one port over half", made(0, no, pool(1000, 501)), made(day, no, pool(1000, 100)), Better, "use: 501 of 1,000 before, 100 of 1,000 after"},
		{"use not known before", made(0, li, growth(0), func(r *report.Report) { tcp(r).Used = nil }), made(day, li, growth(0)), Same, "no figure can be compared"},
		{"use not known after", made(0, li, growth(0)), made(day, li, growth(0), func(r *report.Report) { tcp(r).Used = nil }), Same, "no figure can be compared"},
		{"no capacity before", made(0, li, growth(0), func(r *report.Report) { tcp(r).Capacity = 0 }), made(day, li, growth(0)), Same, "no figure can be compared"},
		{"no capacity after", made(0, li, growth(0)), made(day, li, growth(0), func(r *report.Report) { tcp(r).Capacity = 0 }), Same, "no figure can be compared"},
		{"no capacity", made(0, li, growth(0), func(r *report.Report) { tcp(r).Capacity = 0 }), made(day, li, growth(0), func(r *report.Report) { tcp(r).Capacity = 0 }), Same, "no figure can be compared"},
		{"both ways", made(0, li, growth(10)), made(day, li, pool(512, 300), growth(50)), Unclear, "Unclear: the figures point both ways"},
		{"both ways: which", made(0, li, growth(10)), made(day, li, pool(512, 300), growth(50)), Unclear, "lower use: 490 of 512 before, 300 of 512 after; higher growth: 10 ports a minute before"},
		{"a forecast tells of growth too", made(0, no, func(r *report.Report) { tcp(r).Forecast = &report.Forecast{RatePerHour: 600} }), made(day, no), Better, "growth: 10 ports a minute before, none after"},
	})
}

func TestFamilies(t *testing.T) {
	split := func(v4, v6 report.Outcome) edit {
		return func(r *report.Report) {
			six := *tcp(r)
			tcp(r).Family, tcp(r).Outcome = "ipv4", v4
			six.Family, six.Outcome = "ipv6", v6
			r.Verdict.Pools = append(r.Verdict.Pools, six)
		}
	}
	checkPairs(t, []pairCase{
		{"one pool becomes two, one of them is full", made(0, ex), made(day, ex, split(no, ex)), Better, "TCP IPv6: The pool is exhausted in both bundles"},
		{"one pool becomes two, both well", made(0, ex), made(day, no, split(no, no)), Fixed, "TCP IPv4: The later bundle"},
		{"two become one", made(0, no, split(no, no)), made(day, ex), Worse, "TCP IPv6: The pool was not exhausted and is now exhausted."},
		{"two stay two", made(0, ex, split(ex, no)), made(day, no, split(no, no)), Fixed, "Fixed: exhausted before, not exhausted after"},
	})
	four, six := made(0, ex), made(day, no)
	tcp(four).Family, tcp(six).Family = "ipv4", "ipv6"
	if c := Compare(four, six); c.Verdict != Unclear || len(c.Pools) != 3 || c.Pools[0].After != nil || c.Pools[1].Before != nil {
		t.Errorf("a family is not the other one: %s", c.Summary)
	}
	four = made(day, no)
	tcp(four).Family = "ipv4"
	if c := Compare(made(0, ex), four); c.Verdict != Fixed || len(c.Pools) != 2 {
		t.Errorf("one pool becomes one of a family: %s", c.Summary)
	}
	c := Compare(made(0, ex), made(day, no, split(no, no)))
	var got []string
	for _, p := range c.Pools {
		got = append(got, p.Transport+" "+p.Family)
	}
	if len(got) != 3 || got[0] != "tcp ipv4" || got[1] != "tcp ipv6" || got[2] != "udp any" {
		t.Errorf("%v", got)
	}
}

func TestLarger(t *testing.T) {
	p := pair{before: half{pool: &report.Pool{Capacity: 100}}, after: half{pool: &report.Pool{Capacity: 150}}}
	if got := p.larger(2 * time.Hour); got != 3*time.Hour {
		t.Errorf("half as large again: %s", got)
	}
	for _, capacity := range []int{99, 100} {
		p.after.pool.Capacity = capacity
		if got := p.larger(7); got != 7 {
			t.Errorf("to %d: %d", capacity, got)
		}
	}
	p.before.pool.Capacity, p.after.pool.Capacity = 0, 9
	if got := p.larger(7); got != 7 {
		t.Errorf("from nothing: %d", got)
	}
}
