package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/report"
)

func leaks(want bool) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) {
		t.Helper()
		is(t, "leak", has(r, "trace-socket-leak") || has(r, "snapshot-growth"), want)
	}
}

var growthInTracesScenes = []scene{
	{"steady", func(s *story) { s.small().trace(0, 600).opensMany(7, 50000, 100, 0, 600) }, func(t *testing.T, r *report.Report) {
		f := finding(r, "trace-socket-leak")
		wants(t, f.Text, "PID 7 takes 10.0 TCP ports a minute and does not give them back: 100 open at the end, the oldest for 10 min; of its 100 dynamic binds 100 were never closed",
			"Sockets older than the trace are unseen, and no complete table tells how many ports are left")
		is(t, "count", f.Count, 100)
		is(t, "growth", holderOf(r, 7).GrowthPerMinute, 10)
		is(t, "first", f.First.Equal(moment(0.001)), true)
		is(t, "last", f.Last.Equal(moment(600)), true)
	}},
	{"of two leaks the time is that of both", func(s *story) {
		s.small().trace(0, 600).opensMany(7, 50000, 100, 60, 600).opensMany(8, 50100, 60, 0, 600)
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "trace-socket-leak")
		is(t, "count", f.Count, 160)
		is(t, "first", f.First.Equal(moment(0.001)), true)
		inOrder(t, f.Text, "PID 7 takes", "PID 8 takes")
	}},
	{"a plateau", func(s *story) { s.small().trace(0, 900).opensMany(7, 50000, 100, 0, 400) }, leaks(false)},
	{"a saw-tooth", func(s *story) {
		tr := s.small().trace(0, 900)
		for tooth := range 9 {
			for i := range 30 {
				at := float64(100*tooth + 3*i)
				tr.open(at, 7, 50000+i).closes(float64(100*tooth) + 95)
			}
		}
	}, leaks(false)},
	{"a peak at the end", func(s *story) { s.small().trace(0, 900).opensMany(7, 50000, 100, 850, 900) }, leaks(false)},
	{"a peak at the end behind a stray early one", func(s *story) {
		s.small().trace(0, 900).opensMany(7, 50000, 3, 0, 100).opensMany(7, 50010, 100, 850, 900)
	}, leaks(false)},
	{"a late leak behind a stray early one", func(s *story) {
		s.small().trace(0, 900).opensMany(7, 50000, 3, 0, 100).opensMany(7, 50010, 100, 500, 900)
	}, leaks(true)},
	{"a leak that fills the pool is measured up to the first refusal", func(s *story) {
		s.small().trace(0, 900).opensMany(7, 50000, 290, 0, 300).refuse(300, 9).refuse(880, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "growth", holderOf(r, 7).GrowthPerMinute, 58)
		is(t, "cause", r.Verdict.Cause, report.CauseLeak)
		wantsNot(t, finding(r, "trace-socket-leak").Text, "when the pool fills")
	}},
	{"one of a process that ends is measured up to its end", func(s *story) {
		tr := s.small().trace(0, 900).started(0, 7, "gone.exe")
		var all []*sock
		for i := range 200 {
			all = append(all, tr.open(float64(i), 7, 50000+i))
		}
		for _, x := range all {
			x.closes(210)
		}
		tr.ended(210, 7).opensMany(8, 50000, 95, 300, 600).refuse(700, 9)
	}, leaks(false)},
	{"one that had them at the refusal does", func(s *story) {
		tr := s.small().trace(0, 900).started(0, 7, "gone.exe")
		var all []*sock
		for i := range 290 {
			all = append(all, tr.open(float64(i), 7, 50000+i))
		}
		tr.refuse(295, 9)
		for _, x := range all {
			x.closes(310)
		}
		tr.ended(310, 7)
	}, leaks(true)},
	{"one of a process that ends and whose sockets stay is measured up to its end", func(s *story) {
		tr := s.small().trace(0, 900).started(0, 7, "gone.exe").opensMany(7, 50000, 200, 0, 200)
		tr.ended(210, 7).opensMany(8, 50200, 10, 300, 600).refuse(700, 9)
	}, leaks(true)},
	{"stated ports are no growth", func(s *story) {
		tr := s.small().trace(0, 600)
		for i := range 100 {
			tr.socket(float64(6*i), 7, tcp).opens(float64(6*i), 50000+i, 50000+i)
		}
	}, leaks(false)},
	{"most are given back, the rest is old: a leak", func(s *story) {
		tr := s.small().trace(0, 600).opensMany(7, 50000, 40, 0, 600)
		for i := range 200 {
			tr.open(float64(3*i), 7, 50100).closes(float64(3*i) + 0.5)
		}
	}, func(t *testing.T, r *report.Report) {
		wants(t, finding(r, "trace-socket-leak").Text, "of its 240 dynamic binds 40 were never closed, and half of those it closed lived less than")
	}},
	{"half of what is open is old: a leak", func(s *story) { aged(s, 20, 20) }, leaks(true)},
	{"less than half is none", func(s *story) { aged(s, 19, 21) }, leaks(false)},
	{"UDP sockets leak in their pool", func(s *story) {
		tr := s.rangeOf("udp", "any", 50000, 300).trace(0, 600)
		for i := range 100 {
			tr.socket(float64(6*i), 7, udp).opens(float64(6*i), 0, 50000+i)
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "transport", finding(r, "trace-socket-leak").Transport, "udp")
		wants(t, finding(r, "trace-socket-leak").Text, "10.0 UDP ports a minute")
	}},
	{"a DNS server's pool is none", func(s *story) {
		tr := s.rangeOf("udp", "any", 50000, 300).trace(0, 600).started(0, 7, "dns.exe")
		for i := range 100 {
			tr.socket(float64(6*i), 7, udp).opens(float64(6*i), 0, 50000+i)
		}
	}, leaks(false)},
}

func TestGrowthInTraces(t *testing.T) {
	play(t, growthInTracesScenes)
}

// aged are sockets that are old and some that are not, among many that live for half a
// second.
func aged(s *story, old, young int) {
	tr := s.small().trace(0, 600).opensMany(7, 50000, old, 0, 590).opensMany(7, 50050, young, 598, 600)
	for i := range 200 {
		tr.open(float64(2*i), 7, 50100).closes(float64(2*i) + 0.5)
	}
}

// series are tables a minute apart with so many ports of PID 7.
func series(s *story, ports ...int) {
	var times []float64
	for i := range ports {
		times = append(times, float64(60*i))
	}
	s.small().loop("anobq", times, func(i int) string { return conns(7, 50000, ports[i], "BOUND") })
}

func TestGrowthInTables(t *testing.T) {
	for _, tc := range []struct {
		name  string
		ports []int
		want  bool
	}{
		{"steady", []int{10, 30, 50, 70, 90, 110}, true},
		{"a plateau", []int{10, 60, 110, 110, 110, 110, 110, 110}, false},
		{"a saw-tooth", []int{10, 60, 110, 10, 60, 110, 10, 60, 110, 10}, false},
		{"a peak at the end", []int{10, 10, 10, 10, 10, 10, 10, 110}, false},
		{"what dips later counts by its lowest", []int{10, 100, 30, 110, 50, 130, 70, 150, 90}, true},
		{"an early stray one and a late leak", []int{10, 12, 12, 12, 12, 30, 50, 70, 90}, true},
		{"a leak that fills the pool", []int{10, 80, 150, 220, 290, 290, 290, 290, 290}, true},
		{"it shrinks", []int{110, 90, 70, 50, 30, 10}, false},
		{"too few", []int{10, 13, 16, 19, 22, 25}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := tell(t)
			series(s, tc.ports...)
			is(t, "growth", has(s.judge(), "snapshot-growth"), tc.want)
		})
	}
	s := tell(t)
	series(s, 10, 30, 50, 70, 90, 110)
	r := s.judge()
	wants(t, finding(r, "snapshot-growth").Text, "PID 7 grew from 10 to 110 ports in 6 tables, 20.0 a minute that are not given back")
	is(t, "growth", holderOf(r, 7).GrowthPerMinute, 20)
	is(t, "count", count(r, "snapshot-growth"), 100)
	is(t, "series", len(r.Series), 1)
	s = tell(t)
	series(s, 10, 30, 50, 70, 90, 110)
	s.tasks(task(7, "app.exe"))
	if f := finding(s.judge(), "snapshot-growth"); !slices.Contains(f.RestsOn, "tasklist.txt") || !strings.HasPrefix(f.Text, "app.exe (PID 7) grew") {
		t.Errorf("%+v", f)
	}
	is(t, "points", len(r.Series[0].Points), 6)
	long := make([]int, 400)
	for i := range long {
		long[i] = 10 + i/2
	}
	s = tell(t)
	series(s, long...)
	points := s.judge().Series[0].Points
	if len(points) != 256 || points[0].Ports != 10 || points[255].Ports != 209 || !points[255].T.Equal(moment(60*399)) || points[128].Ports != 110 {
		t.Errorf("%d points: %v, %v, %v", len(points), points[0], points[128], points[255])
	}
	s = tell(t)
	series(s, 10, 30, 50, 70, 90, 110)
	s.log(-900, 9000).boot(170)
	is(t, "a start between them", has(s.judge(), "snapshot-growth"), false)
	for _, other := range []string{"", "b.exe"} {
		s = tell(t).small()
		for i := range 6 {
			rows := conns(7, 50000, 10+20*i, "BOUND")
			if other != "" {
				rows = owned(rows, []string{"a.exe", other}[i/3])
			}
			s.table(60*float64(i), "anobq", rows)
		}
		r = s.judge()
		is(t, "over files, of "+other, has(r, "snapshot-growth"), other == "")
		is(t, "series over files", len(r.Series), 1)
	}
	is(t, "growth over files", holderOf(r, 7).GrowthPerMinute, 0)
	s = tell(t).small()
	s.loop("anobq", []float64{never, never, never, never, never, never}, func(i int) string { return conns(7, 50000, 10+20*i, "BOUND") })
	is(t, "without times", has(s.judge(), "snapshot-growth"), false)
}

func TestGrows(t *testing.T) {
	at := func(s float64) report.Time { return report.Time{Time: moment(s)} }
	even := func(n int, from, to float64) []gain {
		var out []gain
		for i := range n {
			out = append(out, gain{at: at(from + (to-from)*float64(i)/float64(n)), n: 1})
		}
		return out
	}
	for _, tc := range []struct {
		name       string
		gains      []gain
		points     int
		first, end float64
		ok         bool
		rate, high float64
	}{
		{"steady", even(60, 0, 600), 60, 0, 600, true, 6, 6},
		{"too few points", even(60, 0, 600), 4, 0, 600, false, 0, 0},
		{"faster in the end", append(even(20, 0, 400), even(40, 400, 600)...), 60, 0, 600, true, 6, 12},
		{"slower in the end", append(even(48, 0, 400), even(12, 400, 600)...), 60, 0, 600, true, 6, 6},
		{"idle in the end", append(even(52, 0, 400), even(8, 400, 600)...), 60, 0, 600, false, 6, 0},
	} {
		rate, low, high, ok := grows(tc.gains, tc.points, at(tc.first), at(tc.end))
		is(t, tc.name, ok, tc.ok)
		if ok && (rate < tc.rate-0.1 || rate > tc.rate+0.1 || high < tc.high-0.4 || high > tc.high+0.4 || low > rate) {
			t.Errorf("%s: %v, %v to %v", tc.name, rate, low, high)
		}
	}
}

var forecastsOfLeaksScenes = []scene{
	{"a complete table tells the use, the slopes the band", func(s *story) {
		s.span(50000, 2000).trace(0, 600).opensMany(7, 50000, 60, 0, 600).busy(0, 600, 10, tcp, 51999)
		s.table(600, "anobq", conns(7, 50000, 60, "BOUND"), conns(8, 50100, 140, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		f := tcpPool(r).Forecast
		if f == nil || f.RatePerHour != 360 { // 1,800 left at 6 a minute, or a little less
			t.Fatalf("%+v", f)
		}
		is(t, "from", f.FullAtFrom.Sub(moment(600)), 300*time.Minute)
		if d := f.FullAtTo.Sub(moment(600)); d < 300*time.Minute || d > 330*time.Minute {
			t.Errorf("to %v", d)
		}
		wants(t, f.Basis, "200 of 2,000 ports in use in netstat2.txt, and 6 more a minute that are not given back")
		is(t, "outcome", r.Verdict.Outcome, report.NotExhausted)
		wants(t, said(r), "That is so for the time the inputs cover. At the present rate the pool is full between")
		wants(t, r.Verdict.Summary, "did not run out in the time covered", "It fills, though")
		is(t, "severity", finding(r, "pool-forecast").Severity, "warning")
	}},
	{"two leaks add up", func(s *story) {
		s.span(50000, 2000).trace(0, 600).opensMany(7, 50000, 60, 0, 600).opensMany(8, 50100, 60, 0, 600)
		s.table(600, "anobq", conns(7, 50000, 60, "BOUND"), conns(8, 50100, 60, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "rate", tcpPool(r).Forecast.RatePerHour, 720) }},
	{"without a complete table there is none", func(s *story) {
		s.span(50000, 2000).trace(0, 600).opensMany(7, 50000, 60, 0, 600).busy(0, 600, 10, tcp, 51999)
		s.table(600, "ano", conns(7, 50000, 60, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "forecast", saysForecast(r), "no")
		is(t, "finding", has(r, "pool-forecast"), false)
	}},
	{"nor from a table of another start", func(s *story) {
		s.span(50000, 2000).trace(0, 600).opensMany(7, 50000, 60, 0, 600)
		s.log(-9000, 9000).boot(700)
		s.table(800, "anobq", conns(7, 50000, 60, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "forecast", saysForecast(r), "no") }},
	{"a pool that ran out has none of it", func(s *story) {
		s.span(50000, 2000).trace(0, 600).opensMany(7, 50000, 60, 0, 600).refuse(599, 9)
		s.table(600, "anobq", conns(7, 50000, 60, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "forecast", saysForecast(r), "no") }},
	{"a full one has none", func(s *story) {
		s.small().trace(0, 600).opensMany(7, 50000, 60, 0, 600)
		s.table(600, "anobq", conns(7, 50000, 285, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "forecast", saysForecast(r), "no") }},
	{"by tables alone", func(s *story) { series(s, 10, 30, 50, 70, 90) }, func(t *testing.T, r *report.Report) {
		is(t, "rate", tcpPool(r).Forecast.RatePerHour, 1200)
		is(t, "from", tcpPool(r).Forecast.FullAtFrom.Sub(moment(240)), 7*time.Minute) // 30 a minute in its last third
		is(t, "to", tcpPool(r).Forecast.FullAtTo.Sub(moment(240)), 630*time.Second)
		is(t, "severity", finding(r, "pool-forecast").Severity, "critical")
	}},
	{"leaks that fill what is left within as long again make it likely", func(s *story) {
		s.small().trace(0, 600).started(0, 7, "leaky.exe").opensMany(7, 50000, 151, 0, 600)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Likely)
		wants(t, r.Verdict.Summary, "leaky.exe (PID 7) would use up the pool in another 10 min at the present rate (149 of 300 ports left, 15 more a minute)")
	}},
	{"one port fewer does not", func(s *story) {
		s.small().trace(0, 600).opensMany(7, 50000, 149, 0, 600)
	}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.NotExhausted) }},
	{"what a table of that time shows in use counts too", func(s *story) {
		s.small().trace(0, 600).opensMany(7, 50000, 100, 0, 600)
		s.table(600, "ano", conns(7, 50000, 100, "ESTABLISHED"), conns(8, 50100, 105, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Likely) }},
	{"more than three leaks are counted", func(s *story) {
		tr := s.small().trace(0, 600)
		for i := range 5 {
			tr.opensMany(7+i, 50000+40*i, 40, 0, 600)
		}
	}, func(t *testing.T, r *report.Report) {
		wants(t, r.Verdict.Summary, "PID 7, PID 8, PID 9 and 2 more would use up the pool")
	}},
	{"of an assumed range they leave it unclear", func(s *story) {
		s.trace(0, 600).opensMany(7, 50000, 151, 0, 600).busy(0, 600, 10, tcp, 65000)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, said(r), "PID 7 takes ports and does not give them back, and how many there are is not known")
	}},
}

func TestForecastsOfLeaks(t *testing.T) {
	play(t, forecastsOfLeaksScenes)
}

// hangsFor12Hours tells of 120 ports over 12 hours: ten an hour.
func hangsFor12Hours(s *story, from float64) *journal {
	j := s.small().log(-90000, from+12*hour).boot(from - 100)
	for i := range 12 {
		j.stuck(from+float64(i)*hour, 7, 50000+10*i, 10)
	}
	return j
}

var forecastsOfStuckClosesScenes = []scene{
	{"the share at which a pool may be full, and the capacity", func(s *story) { hangsFor12Hours(s, 0) }, func(t *testing.T, r *report.Report) {
		f := tcpPool(r).Forecast
		if f == nil || f.RatePerHour != 10 {
			t.Fatalf("%+v", f)
		}
		is(t, "from", f.FullAtFrom.Sub(moment(12*hour)), 13*time.Hour+30*time.Minute)
		is(t, "to", f.FullAtTo.Sub(moment(12*hour)), 18*time.Hour)
		wants(t, f.Basis, "ports whose close hangs since the start of 2026-03-10 08:58 UTC: 120, and 10.0 more an hour in the last 12 h; it may be full from 255 of 300 on")
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, said(r), "At the present rate the pool is full between 2026-03-11 10:30 UTC and 2026-03-11 15:00 UTC")
	}},
	{"the least at which it ran out before in this log", func(s *story) {
		j := hangsFor12Hours(s, 5*day)
		j.boot(-80000).stuck(0, 7, 50000, 200).witness(100).boot(1000).stuck(2000, 7, 50000, 180).witness(2100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
		f := tcpPool(r).Forecast
		if f == nil {
			t.Fatal("none")
		}
		wants(t, f.Basis, "the pool ran out at 180 before, and holds 300")
		wants(t, strings.Join(tcpPool(r).Reasons, "\n"), "At the present rate the pool is full between")
		is(t, "from", f.FullAtFrom.Sub(moment(5*day+12*hour)), 6*time.Hour)
		wants(t, r.Verdict.Summary, "It fills again: full between 2026-03-16 and 2026-03-16 at the present rate.")
		wants(t, stepsOf(r), "Plan a restart of Windows before 2026-03-16")
		is(t, "severity", finding(r, "pool-forecast").Severity, "critical")
	}},
	{"of a log that begins after the start of Windows the end alone is known", func(s *story) {
		j := s.small().log(0, 12*hour)
		for i := range 12 {
			j.stuck(float64(i)*hour, 7, 50000+10*i, 10)
		}
	}, func(t *testing.T, r *report.Report) {
		f := tcpPool(r).Forecast
		is(t, "from", f.FullAtFrom.Time, moment(12*hour))
		is(t, "to", f.FullAtTo.Sub(moment(12*hour)), 18*time.Hour)
		wants(t, f.Basis, "since the log begins (those before it are not in it): 120")
	}},
	{"a start that the log does not show whole tells nothing of how full the pool was", func(s *story) {
		hangsFor12Hours(s, 5*day).stuck(0, 7, 50000, 200).witness(100)
	}, func(t *testing.T, r *report.Report) {
		wants(t, tcpPool(r).Forecast.Basis, "it may be full from 255 of 300 on")
	}},
	{"a start that has run out has none", func(s *story) { hangsFor12Hours(s, 0).witness(11.5 * hour) }, func(t *testing.T, r *report.Report) {
		is(t, "forecast", saysForecast(r), "no")
	}},
	{"ports of another transport or outside the range do not count", func(s *story) {
		j := s.small().log(-90000, 12*hour).boot(-100)
		for i := range 12 {
			j.stuck(float64(i)*hour, 7, 49000+10*i, 10)
			for n := range 10 {
				j.record(float64(i)*hour, 16002, "AFD", `\Device\Afd`, "UDP", fmt.Sprint(50000+10*i+n), "7")
			}
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "hang", count(r, "evtx-stuck-closes"), 120) // those of UDP
		is(t, "transport", finding(r, "evtx-stuck-closes").Transport, "udp")
		is(t, "tcp", saysForecast(r), "no")
	}},
	{"a port that is told again counts once, for the PID that told it last", func(s *story) {
		s.small().log(-900, 900).stuck(10, 7, 50000, 20).stuck(20, 8, 50010, 20).stuck(30, 8, 50000, 1)
	}, func(t *testing.T, r *report.Report) {
		is(t, "hang", count(r, "evtx-stuck-closes"), 30)
		is(t, "records", count(r, "evtx-afd-16002"), 41)
		is(t, "7", holderOf(r, 7).Ports, 9)
		is(t, "8", holderOf(r, 8).Ports, 21)
		wants(t, finding(r, "evtx-stuck-closes").Text, "since the log begins: PID 8 21, PID 7 9")
	}},
}

func TestForecastsOfStuckCloses(t *testing.T) {
	play(t, forecastsOfStuckClosesScenes)
}
