package verdict

import (
	"slices"
	"testing"

	"portverdict/report"
)

// always is an end of a window that is not given.
const always = -1e9

// window narrows what is judged to a span of the story.
func (s *story) window(from, to float64) {
	s.options.Window = report.Span{}
	if from > always {
		s.options.Window.From = report.Time{Time: moment(from)}
	}
	if to > always {
		s.options.Window.To = report.Time{Time: moment(to)}
	}
}

func failures(r *report.Report) int {
	n := 0
	for _, w := range r.Verdict.Windows {
		n += w.Failures
	}
	return n
}

// used is how many TCP ports were in use at most, -1 where nothing tells.
func used(r *report.Report) int {
	if u := tcpPool(r).Used; u != nil {
		return *u
	}
	return -1
}

func findingText(r *report.Report, id string) string {
	for i := range r.Findings {
		if r.Findings[i].ID == id {
			return r.Findings[i].Text
		}
	}
	return ""
}

var windowOutcomes = []scene{
	{"what was refused before it does not count", func(s *story) {
		s.small().healthy(0, 600).refuse(100, 9)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.NotExhausted, report.Moderate, "30 dynamic TCP binds succeeded, from one end of the trace to the other")(t, r)
		is(t, "victims", len(r.Verdict.Victims), 0)
		wants(t, r.Verdict.Reasons[len(r.Verdict.Reasons)-1], "Only what happened from 2026-03-10 09:03:20 UTC to 2026-03-10 09:08:20 UTC is judged (--from, --to)")
	}},
	{"nor what is refused after it", func(s *story) {
		s.small().healthy(0, 600).refuse(510, 9)
		s.window(always, 500)
	}, outcome(report.NotExhausted, report.Moderate)},
	{"an attempt is of the time of its status", func(s *story) {
		tr := s.small().healthy(0, 600)
		tr.socket(150, 9, tcp).bind(199, 0, 0, 0).bind(201, 1, tooMany, 0)
		s.window(200, 500)
	}, outcome(report.Exhausted, report.Strong)},
	{"one that ends after it is none", func(s *story) {
		tr := s.small().healthy(0, 600)
		tr.socket(450, 9, tcp).bind(499, 0, 0, 0).bind(501, 1, tooMany, 0)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Moderate)},
	{"a connect after a bind that was refused before it is the same attempt", func(s *story) {
		tr := s.small().healthy(0, 600)
		tr.socket(150, 9, tcp).bind(199, 0, 0, 0).bind(199, 1, tooMany, 0).connect(201, tooMany)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Moderate)},
	{"a trace of a part of it clears the machine of nothing", func(s *story) {
		s.small().healthy(0, 600)
		s.window(-100, 600)
	}, outcome(report.Inconclusive, report.Weak, "No trace shows binds of the analysed window between 2026-03-10, 08:58:20 to 09:00:00 UTC")},
	{"nor one that ends too soon", func(s *story) {
		s.small().healthy(0, 600)
		s.window(0, 661)
	}, outcome(report.Inconclusive, report.Weak, "No trace shows binds of the analysed window")},
	{"a minute more is as near as the ends of a trace have to be", func(s *story) {
		s.small().healthy(0, 600)
		s.window(-59.9, 660)
	}, outcome(report.NotExhausted, report.Moderate)},
	{"two traces have a hole between them", func(s *story) {
		s.small().healthy(0, 600)
		s.healthy(700, 1300)
		s.window(0, 1300)
	}, outcome(report.Inconclusive, report.Weak, "between 2026-03-10, 09:10:00 to 09:11:40 UTC")},
	{"a trace of another time spoils nothing", func(s *story) {
		s.small().healthy(0, 600)
		s.trace(5000, 5600).refuse(5100, 9)
		s.window(0, 600)
	}, outcome(report.NotExhausted, report.Moderate)},
	{"a window without any input is no all-clear", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-900, 900)
		s.table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.window(5000, 6000)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.Inconclusive, report.Weak, "No input is of the analysed window.")(t, r)
		is(t, "used", used(r), -1)
	}},
	{"numbers with a time are an input, and tell no pool", func(s *story) {
		s.small().text("perf.csv", "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\SRV01\\TCPv4\\Connections Established\"\r\n\"03/10/2026 09:00:00.000\",\"80\"\r\n\"03/10/2026 10:25:00.000\",\"95\"\r\n")
		s.window(5000, 6000)
	}, func(t *testing.T, r *report.Report) {
		is(t, "no input", slices.Contains(r.Verdict.Pools[0].Reasons, "No input is of the analysed window."), false)
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
	}},
	{"records outside of it witness nothing", func(s *story) {
		s.small()
		s.log(-900, 900).witness(100).witness(700)
		s.window(200, 500)
	}, outcome(report.Inconclusive, report.Weak)},
	{"a record in it does", func(s *story) {
		s.small()
		s.log(-900, 900).witness(100).witness(200)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) { is(t, "records", count(r, "evtx-4231"), 1) }},
	{"by a table and a log that cover it", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Strong)},
	{"a log that ends in it does not", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 499)
		s.window(200, 500)
	}, outcome(report.Inconclusive, report.Weak)},
	{"a log that told of it the day before is silent anyway", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900).witness(100)
		s.window(200, 500)
	}, outcome(report.Inconclusive, report.Weak)},
	{"such a log is no second source of a trace either", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-90000, 900).witness(100)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Moderate, "There is no second source")},
	{"unless Windows was started in between", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-90000, 900).witness(-500).boot(-400)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Strong)},
	{"a record after it throttles nothing either", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-90000, 900).witness(700)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Strong)},
	{"a record of two days ago throttles nothing", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-300000, 900).witness(-200000)
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Strong)},
	{"a trace within another leaves nothing out", func(s *story) {
		s.small().healthy(0, 600)
		s.healthy(100, 300)
		s.window(0, 600)
	}, outcome(report.NotExhausted, report.Moderate)},
	{"a record without a time may be of it", func(s *story) {
		s.options.Zone = nil
		s.small().healthy(0, 600)
		s.text("events.txt", "TimeCreated  : 10.03.2026 09:05:00\r\nProviderName : Tcpip\r\nId           : 4231\r\nMessage      : text\r\n\r\n")
		s.window(200, 500)
	}, outcome(report.Inconclusive, report.Weak, "tells of 4231 at a time that is not known")},
	{"a full table without a time may be of it", func(s *story) {
		s.small().healthy(0, 600)
		s.table(never, "anobq", conns(7, 50000, 300, "BOUND"))
		s.window(200, 500)
	}, outcome(report.Inconclusive, report.Weak, "shows 300 of 300 ports in use at a time that is not known")},
	{"one far from full spoils nothing", func(s *story) {
		s.small().healthy(0, 600)
		s.table(never, "anobq", conns(7, 50000, 100, "BOUND"))
		s.window(200, 500)
	}, outcome(report.NotExhausted, report.Moderate)},
}

func TestOutcomeOfAWindow(t *testing.T) { play(t, windowOutcomes) }

var windowStates = []scene{
	{"sockets that were open when it began are in use", func(s *story) {
		s.small().healthy(0, 600).opensMany(7, 50000, 280, 0, 100)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", used(r), 281)
		is(t, "ports", r.Verdict.Holders[0].Ports, 280)
		is(t, "a leak", has(r, "trace-socket-leak"), false) // they were opened before it
	}},
	{"those that were closed before are not", func(s *story) {
		tr := s.small().healthy(0, 600)
		for i := range 280 {
			tr.open(100, 7, 50000+i).closes(150)
		}
		tr.open(199, 7, 50280)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) { is(t, "used", used(r), 2) }},
	{"the fullest moment is one of it", func(s *story) {
		tr := s.small().healthy(0, 600)
		for i := range 20 {
			tr.open(100, 7, 50000+i).closes(250)
		}
		for i := range 90 {
			tr.open(510, 7, 50100+i)
		}
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", used(r), 21)
		is(t, "in it", r.Verdict.Pools[0].UsedAt.Before(moment(200)) || r.Verdict.Pools[0].UsedAt.After(moment(500)), false)
	}},
	{"what happens after it ends no episode", func(s *story) {
		tr := s.small().trace(0, 600)
		for at := 300.0; at < 400; at++ {
			tr.refuse(at, 9)
		}
		tr.busy(450, 600, 5, tcp, 50290)
		s.log(-900, 900).boot(800)
		s.window(always, 350)
	}, func(t *testing.T, r *report.Report) {
		is(t, "failures", failures(r), 51)
		is(t, "ends", r.Verdict.Windows[0].Ends, "unknown")
		is(t, "restarts", has(r, "evtx-restart"), false)
		is(t, "starts", len(r.Bundle.Boots), 0)
	}},
	{"a log that goes on after it does not end an episode", func(s *story) {
		s.small()
		s.log(-900, 900).witness(300)
		s.window(always, 350)
	}, func(t *testing.T, r *report.Report) { is(t, "ends", r.Verdict.Windows[0].Ends, "unknown") }},
	{"growth is that of the window", func(s *story) {
		s.small().healthy(0, 600).opensMany(7, 50000, 240, 0, 480)
		s.window(240, 490)
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", used(r) >= 240, true)
		is(t, "leaked", count(r, "trace-socket-leak"), 120)
	}},
	{"what was opened before and closed in it is no close of its own", func(s *story) {
		tr := s.small().healthy(0, 600)
		for i := range 100 {
			tr.open(float64(i), 7, 50000+i).closes(200 + float64(i)/10)
		}
		tr.opensMany(7, 50100, 100, 200, 480)
		s.window(190, 490)
	}, func(t *testing.T, r *report.Report) {
		wants(t, findingText(r, "trace-socket-leak"), "100 dynamic binds 100 were never closed")
	}},
	{"a name is told though it stands after it", func(s *story) {
		s.small().healthy(0, 600).refuse(300, 9).listed(590, 9, "victim.exe")
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) { is(t, "image", r.Verdict.Victims[0].Image, "victim.exe") }},
	{"tables outside of it are not used", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 299, "BOUND")).table(300, "anobq", conns(8, 50000, 40, "BOUND")).table(600, "anobq", conns(9, 50000, 298, "BOUND"))
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", used(r), 40)
		is(t, "holder", r.Verdict.Holders[0].PID, 8)
	}},
	{"tables of a loop outside of it neither", func(s *story) {
		var times []float64
		for at := 0.0; at < 1200; at += 60 {
			times = append(times, at)
		}
		s.small().loop("anobq", times, func(i int) string { return conns(7, 50000, min(20*i, 100), "BOUND") })
		s.window(600, 1100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", used(r), 100)
		is(t, "growth", has(r, "snapshot-growth"), false)
	}},
	{"nor do ports grow from table to table after it", func(s *story) {
		var times []float64
		for at := 0.0; at < 1200; at += 60 {
			times = append(times, at)
		}
		s.small().loop("anobq", times, func(i int) string { return conns(7, 50000, 10+10*max(0, i-5), "BOUND") })
		s.window(always, 300)
	}, func(t *testing.T, r *report.Report) { is(t, "growth", has(r, "snapshot-growth"), false) }},
	{"closes that hang since before it still do", func(s *story) {
		s.small()
		s.log(-900, 900).stuck(100, 7, 50000, 250)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.Likely, report.Weak)(t, r)
		is(t, "records", has(r, "evtx-afd-16002"), false) // none of them is of it
	}},
	{"a start of Windows freed them", func(s *story) {
		s.small()
		s.log(-900, 900).stuck(100, 7, 50000, 250).boot(150)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.Inconclusive, report.Weak)(t, r)
		is(t, "used", used(r), -1) // what hung before that start is of another time
	}},
	{"how fast closes hang is that of the window", func(s *story) {
		s.small()
		j := s.log(-90000, 90000)
		for i := range 60 {
			j.stuck(-80000+100*float64(i), 7, 50000+i, 1) // 36 an hour, then 2
		}
		for i := range 40 {
			j.stuck(1000+1800*float64(i), 7, 50100+i, 1)
		}
		s.window(0, 80000)
	}, func(t *testing.T, r *report.Report) {
		f := tcpPool(r).Forecast
		if f == nil {
			t.Fatal("no forecast")
		}
		is(t, "2 an hour", f.RatePerHour > 1.5 && f.RatePerHour < 2.5, true)
		wants(t, f.Basis, "100, and")
	}},
	{"a process that ends after it has not ended", func(s *story) {
		s.small().healthy(0, 600).opensMany(7, 50000, 100, 0, 295).ended(590, 7)
		s.window(always, 300)
	}, func(t *testing.T, r *report.Report) { is(t, "a leak", has(r, "trace-socket-leak"), true) }},
	{"the rows of the fullest table in it are kept, though a fuller one is outside", func(s *story) {
		var times []float64
		for at := 0.0; at < 1200; at += 60 {
			times = append(times, at)
		}
		s.small().loop("anobq", times, func(i int) string {
			if i == 3 {
				return conns(8, 50000, 40, "BOUND")
			}
			return conns(7, 50000, min(10+20*i, 290), "BOUND")
		})
		s.window(170, 200)
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", used(r), 40)
		is(t, "holder", r.Verdict.Holders[0].PID, 8)
	}},
	{"of a log that ends before it nothing is known", func(s *story) {
		s.small()
		s.log(-900, 150).stuck(100, 7, 50000, 250)
		s.window(200, 500)
	}, outcome(report.Inconclusive, report.Weak)},
	{"nor are its sockets those of an episode in the window", func(s *story) {
		s.small().healthy(0, 190).opensMany(7, 50000, 290, 0, 100)
		s.log(-900, 900).witness(300)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.Exhausted, report.Strong)(t, r)
		is(t, "holders", len(r.Verdict.Holders), 0)
	}},
	{"sockets of a trace that ends before it neither", func(s *story) {
		s.small().healthy(0, 190).opensMany(7, 50000, 290, 0, 100)
		s.log(-900, 900)
		s.window(200, 500)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.Inconclusive, report.Weak)(t, r)
		is(t, "used", used(r), -1)
	}},
}

func TestStateAtTheBeginningOfAWindow(t *testing.T) { play(t, windowStates) }

// Both ends of a window are in it, to the 100 ns that a trace tells.
func TestEndsOfAWindow(t *testing.T) {
	const tick = 1e-7
	for _, c := range []struct {
		from, to float64
		want     int
	}{{300, always, 1}, {300 + tick, always, 0}, {always, 300, 1}, {always, 300 - tick, 0}, {300, 300, 1}, {299, 301, 1}} {
		s := tell(t)
		s.small().healthy(0, 600).refuse(300, 9)
		s.window(c.from, c.to)
		is(t, "failures", failures(s.judge()), c.want)
	}
}

// What is left out is told, of each source, and the window stands in the report.
func TestWhatAWindowLeavesOut(t *testing.T) {
	s := tell(t)
	s.small().trace(0, 600).refuse(100, 9).refuse(300, 9)
	s.log(-900, 900).witness(100).symptom(150, 5719, "NETLOGON").witness(300)
	s.table(100, "anobq", conns(7, 50000, 299, "BOUND")).table(never, "anobq", conns(7, 50000, 10, "BOUND"))
	s.window(200, always)
	r := s.judge()
	got := map[string]int{}
	for _, d := range r.Diagnostics {
		got[d.Code+" "+d.Source] = d.Count
	}
	is(t, "events", got["outside-window Server.etl"], 14) // 6 of them mark its beginning
	is(t, "records", got["outside-window System.evtx"], 2)
	is(t, "tables", got["outside-window netstat3.txt"], 1)
	is(t, "untimed", got["untimed-in-window netstat4.txt"], 1)
	is(t, "from", r.Bundle.Window.From, report.Time{Time: moment(200)})
	is(t, "to", r.Bundle.Window.To, report.Time{Time: moment(900)})
	wants(t, r.Verdict.Reasons[len(r.Verdict.Reasons)-1], "17 events, records and tables outside of it are left out; 1 record or table without a time is left out too.")
}
