package verdict

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/report"
)

func cause(want report.Cause) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) {
		t.Helper()
		is(t, "cause", tcpPool(r).Cause, want)
	}
}

// wide is an episode of a pool of Windows' own size, so that no range is small, with a
// table of its instant.
func wide(s *story, rows ...string) {
	s.span(49152, 16384).trace(0, 200).refuse(100, 9)
	s.table(100, "anobq", rows...)
}

var causesOfWhatRanOutScenes = []scene{
	{"orphan BOUND is a leak", func(s *story) { wide(s, conns(7, 49152, 16000, "BOUND")) }, cause(report.CauseLeak)},
	{"half of them is enough", func(s *story) {
		full(s, conns(7, 50000, 145, "BOUND"), conns(7, 50145, 145, "ESTABLISHED"))
	}, cause(report.CauseLeak)},
	{"so is a tenth of the capacity", func(s *story) {
		full(s, conns(7, 50000, 30, "BOUND"), conns(7, 50030, 260, "ESTABLISHED"))
	}, cause(report.CauseLeak)},
	{"fewer are none", func(s *story) {
		full(s, conns(7, 50000, 29, "BOUND"), conns(7, 50030, 260, "ESTABLISHED"))
	}, cause(report.CauseSmallRange)},
	{"half in CLOSE_WAIT is a leak", func(s *story) {
		full(s, conns(7, 50000, 145, "CLOSE_WAIT"), conns(7, 50145, 145, "ESTABLISHED"))
	}, cause(report.CauseLeak)},
	{"less than half is none", func(s *story) {
		full(s, conns(7, 50000, 144, "CLOSE_WAIT"), conns(7, 50145, 145, "ESTABLISHED"))
	}, cause(report.CauseSmallRange)},
	{"200 in CLOSE_WAIT are a leak", func(s *story) {
		wide(s, conns(7, 49152, 200, "CLOSE_WAIT"), conns(7, 49352, 15800, "ESTABLISHED"))
	}, cause(report.CauseLeak)},
	{"199 of many are none", func(s *story) {
		wide(s, conns(7, 49152, 199, "CLOSE_WAIT"), conns(7, 49352, 15800, "ESTABLISHED"))
	}, cause(report.CauseUnknown)},
	{"opened in the trace and not given back is a leak", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 290, 1, 60).refuse(100, 9)
	}, cause(report.CauseLeak)},
	{"another process that leaks makes the holder none that does", func(s *story) {
		s.small().trace(0, 300).opensMany(8, 50200, 60, 0, 200).refuse(200, 9)
		s.table(200, "anobq", conns(7, 50000, 200, "ESTABLISHED"), conns(8, 50200, 60, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "PID 7")
		is(t, "leak of the other", has(r, "trace-socket-leak"), true)
		is(t, "cause", r.Verdict.Cause, report.CauseSmallRange)
	}},
	{"taken and given back by a process that lives on is a burst", func(s *story) { burst(s, true) }, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseBurst)
		wants(t, stepsOf(r), "Nothing is to be restarted: PID 7 took 290 ports and gave them back")
		wantsNot(t, stepsOf(r), "To free", "Restart PID 7", "close its sockets")
	}},
	{"given back by its end is a leak", func(s *story) { burst(s, false) }, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseLeak)
		wants(t, holderOf(r, 7).Note, "the process ended at 2026-03-10 09:02:30 UTC")
	}},
	{"given back, and nothing more is seen of the process: a leak that its end freed", func(s *story) {
		tr := s.small().trace(0, 400)
		for i := range 290 {
			tr.open(1+0.2*float64(i), 7, 50000+i).closes(150)
		}
		tr.refuse(100, 9)
	}, cause(report.CauseLeak)},
	{"unless a list knows it", func(s *story) {
		tr := s.small().trace(0, 400)
		for i := range 290 {
			tr.open(1+0.2*float64(i), 7, 50000+i).closes(150)
		}
		tr.refuse(100, 9)
		s.tasks(task(7, "alive.exe"))
	}, cause(report.CauseBurst)},
	{"a later table that shows less than half is a burst", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.loop("anobq", []float64{100, 400}, func(i int) string { return conns(7, 50000, 290-170*i, "ESTABLISHED") })
	}, cause(report.CauseBurst)},
	{"and so is one in a file of its own", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.table(100, "anobq", conns(7, 50000, 290, "ESTABLISHED")).table(400, "anobq", conns(7, 50000, 120, "ESTABLISHED"))
	}, cause(report.CauseBurst)},
	{"another program with its PID gave nothing back", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.table(100, "anobq", owned(conns(7, 50000, 290, "ESTABLISHED"), "a.exe")).table(400, "anobq", owned(conns(7, 50000, 120, "ESTABLISHED"), "b.exe"))
	}, cause(report.CauseSmallRange)},
	{"half is not less than half", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.loop("anobq", []float64{100, 400}, func(i int) string { return conns(7, 50000, 290-145*i, "ESTABLISHED") })
	}, cause(report.CauseSmallRange)},
	{"a process that is gone from it lives on nowhere", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.loop("anobq", []float64{100, 400}, func(i int) string { return conns(7+i, 50000, 290-170*i, "ESTABLISHED") })
	}, cause(report.CauseSmallRange)},
	{"behind a start it gave nothing back", func(s *story) {
		s.small().log(-90000, 9000).witness(100).boot(200)
		s.loop("anobq", []float64{100, 400}, func(i int) string { return conns(7, 50000, 290-170*i, "ESTABLISHED") })
	}, cause(report.CauseSmallRange)},
	{"a table before it shows nothing given back", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.loop("anobq", []float64{50, 100}, func(i int) string { return conns(7, 50000, 120+170*i, "ESTABLISHED") })
	}, cause(report.CauseSmallRange)},
	{"TIME_WAIT more than any holder is churn", func(s *story) {
		wide(s, conns(0, 49152, 9000, "TIME_WAIT"), conns(7, 60000, 4000, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseChurn)
		wants(t, r.Verdict.Summary, "9,000 of 16,384 ports wait in TIME_WAIT")
		wants(t, stepsOf(r), "Re-use connections", "most of them to 198.51.100.7:443", "TcpTimedWaitDelay")
		wants(t, finding(r, "time-wait-churn").Text, "9,000 of 16,384 ports wait in TIME_WAIT", "Most of them (9,000) are of connections to 198.51.100.7:443")
	}},
	{"as many as a holder is none", func(s *story) {
		full(s, conns(0, 50000, 145, "TIME_WAIT"), conns(7, 50145, 145, "ESTABLISHED"))
	}, cause(report.CauseSmallRange)},
	{"fewer than the unaccounted is none", func(s *story) { full(s, conns(0, 50000, 150, "TIME_WAIT")) }, cause(report.CauseSmallRange)},
	{"the process of the trace that opened most is told", func(s *story) {
		tr := s.span(49152, 16384).trace(0, 200).refuse(100, 9).started(1, 50, "caller.exe").busy(1, 90, 1, tcp, 49999)
		tr.open(5, 51, 49998)
		s.table(100, "anobq", conns(0, 49152, 16000, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "in the trace caller.exe (PID 50) opened most (90)")
	}},
	{"a range below the default", func(s *story) { full(s, conns(7, 50000, 290, "ESTABLISHED")) }, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseSmallRange)
		is(t, "finding", count(r, "range-small"), 300)
		wants(t, stepsOf(r), "Find out what PID 7 is", "To buy time, enlarge the TCP range")
	}},
	{"the range of Windows Server 2003", func(s *story) {
		s.span(1025, 3976).log(-90000, 900).witness(100)
	}, func(t *testing.T, r *report.Report) {
		wants(t, finding(r, "range-small").Text, "1025-5000 is the range of Windows Server 2003.")
		is(t, "cause", r.Verdict.Cause, report.CauseSmallRange)
	}},
	{"an assumed range is not small", func(s *story) { s.log(-90000, 900).witness(100) }, cause(report.CauseUnknown)},
	{"exclusions of a tenth", func(s *story) {
		s.span(49152, 16384).excluded([2]int{50000, 51638}).log(-90000, 900).witness(100)
	}, cause(report.CauseSmallRange)},
	{"a few are none", func(s *story) {
		s.span(49152, 16384).excluded([2]int{50000, 51637}).log(-90000, 900).witness(100)
	}, cause(report.CauseUnknown)},
	{"nothing of that is unknown, and a complete table that leaves most says so", func(s *story) {
		wide(s, conns(7, 49152, 3000, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseUnknown)
		is(t, "named", named(r), "")
		wants(t, stepsOf(r), "A complete table leaves most of the pool unaccounted for, so nobody is to accuse", "WSL 1", "plan a restart of Windows")
	}},
	{"an incomplete one does not", func(s *story) {
		s.span(49152, 16384).trace(0, 200).refuse(100, 9)
		s.table(100, "ano", conns(7, 49152, 3000, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { wantsNot(t, stepsOf(r), "A complete table leaves") }},
	{"a named holder without signs is unknown, and to be looked at", func(s *story) {
		wide(s, owned(conns(7, 49152, 16000, "ESTABLISHED"), "app.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseUnknown)
		wants(t, stepsOf(r), "app.exe (PID 7)")
	}},
}

func TestCausesOfWhatRanOut(t *testing.T) {
	play(t, causesOfWhatRanOutScenes)
}

// burst is a process that takes 290 ports, is in the way, and gives them back; it lives
// on, or ends with that.
func burst(s *story, lives bool) {
	tr := s.small().trace(0, 400)
	var all []*sock
	for i := range 290 {
		all = append(all, tr.open(1+0.2*float64(i), 7, 50000+i))
	}
	tr.refuse(100, 9)
	for _, x := range all {
		x.closes(150)
	}
	if lives {
		tr.open(300, 7, 50000).closes(301)
	} else {
		tr.started(0, 7, "gone.exe").ended(150, 7)
	}
}

// The order of the causes: the first that holds is told, and the advice of the others
// that hold is given too.
func TestOrderOfCauses(t *testing.T) {
	play(t, []scene{
		{"stuck closes before a leak before a small range", func(s *story) {
			s.small().log(-90000, 9000).boot(-80000).stuck(0, 7, 50000, 150).witness(100)
			s.table(100, "anobq", conns(7, 50000, 290, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "cause", r.Verdict.Cause, report.CauseStuckClose)
			text := stepsOf(r)
			wants(t, text, "No program is at fault", "Find out what PID 7 is", "netsh int ipv4 set dynamicport tcp")
			inOrder(t, text, "No program is at fault", "Find out what PID 7 is", "netsh int ipv4 set dynamicport tcp")
		}},
		{"a burst before a small range", func(s *story) { burst(s, true) }, func(t *testing.T, r *report.Report) {
			is(t, "cause", r.Verdict.Cause, report.CauseBurst)
			inOrder(t, stepsOf(r), "Nothing is to be restarted", "enlarge the TCP range")
		}},
		{"churn before a small range", func(s *story) { full(s, conns(0, 50000, 290, "TIME_WAIT")) }, func(t *testing.T, r *report.Report) {
			is(t, "cause", r.Verdict.Cause, report.CauseChurn)
			inOrder(t, stepsOf(r), "Re-use connections", "enlarge the TCP range")
		}},
		{"per-peer before not-ports before server-side", func(s *story) {
			tr := s.small().healthy(0, 600)
			for i := range 20 {
				tr.fails(float64(i), 7, tcp, statusMemory)
			}
			s.table(300, "anobq", serverRows(8, 443, 250, "CLOSE_WAIT"))
			s.log(-90000, 900).reused(100)
		}, cause(report.CausePerPeer)},
		{"not-ports before server-side", func(s *story) {
			tr := s.small().healthy(0, 600)
			for i := range 20 {
				tr.fails(float64(i), 7, tcp, statusMemory)
			}
			s.table(300, "anobq", serverRows(8, 443, 250, "CLOSE_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "cause", r.Verdict.Cause, report.CauseNotPorts)
			is(t, "udp's", poolOf(r, "udp").Cause, report.Cause(""))
			wants(t, stepsOf(r), "PID 7: 20 of its attempts failed with 0xC000009A (out of memory)", "Have the owner of PID 8 close what its peers closed on port 443: 250 connections in CLOSE_WAIT")
		}},
		{"\"\" where nothing failed", func(s *story) { s.small().healthy(0, 600) }, cause("")},
	})
}

func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	last := -1
	for _, w := range words {
		i := strings.Index(text, w)
		if i < last {
			t.Errorf("%q stands too early in %s", w, text)
		}
		last = i
	}
}

var causesOfWhatDidNotRunOutScenes = []scene{
	{"4227 in the time of the inputs", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-90000, 900).reused(100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CausePerPeer)
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, said(r), "4227 (a port re-used too soon): a sign of pressure, not proof", "Connections to one remote endpoint are the trouble, not the pool")
	}},
	{"4227 while the pool is known to be nearly empty", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 1, "ESTABLISHED"))
		s.log(-90000, 900).reused(100)
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "Connections to 198.51.100.7:443 are the trouble, not the pool")
	}},
	{"4227 while its use is not known", func(s *story) { s.small().log(-90000, 900).reused(100) }, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "Check connections to one remote endpoint first")
	}},
	{"4227 while it is full", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 240, "BOUND"))
		s.log(-90000, 900).reused(100)
	}, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "Check connections to one remote endpoint first")
	}},
	{"of four ports of the server three are told", func(s *story) {
		s.small().table(100, "anobq", serverRows(8, 443, 250, "TIME_WAIT"), serverRows(8, 444, 240, "TIME_WAIT"), serverRows(8, 445, 230, "TIME_WAIT"), serverRows(8, 446, 220, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "server-side-states")
		is(t, "count", f.Count, 940)
		is(t, "rows", len(f.Evidence), 4)
		inOrder(t, f.Text, "Port 443", "Port 444", "Port 445")
		wantsNot(t, f.Text, "Port 446")
	}},
	{"4227 of another week is none", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-9*day, 900).reused(-8 * day)
	}, cause("")},
	{"one remote endpoint", func(s *story) { s.small().table(100, "anobq", conns(7, 50000, 250, "ESTABLISHED")) }, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CausePerPeer)
		wants(t, stepsOf(r), "Check connections to 198.51.100.7:443 first: most ports are used towards this one peer")
		wants(t, finding(r, "tuple-exhaustion").Text, "250 of 300 ports of 10.0.0.5 are used towards 198.51.100.7:443")
		wantsNot(t, stepsOf(r), "KB2901197")
	}},
	{"one remote endpoint, the range assumed", func(s *story) {
		s.table(100, "ano", conns(7, 49200, 14000, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, finding(r, "tuple-exhaustion").Text, "14,000 of 16,384 ports of 10.0.0.5 are used towards 198.51.100.7:443")
	}},
	{"on Windows Server 2008 R2 with its update", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 250, "ESTABLISHED")).system(computer, "6.1.7601")
	}, func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), "KB2901197") }},
	{"on Windows 8 without", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 250, "ESTABLISHED")).system(computer, "6.2.9200")
	}, func(t *testing.T, r *report.Report) { wantsNot(t, stepsOf(r), "KB2901197") }},
	{"access denied for any port is a filter", func(s *story) {
		tr := s.small().healthy(0, 600)
		for i := range 20 {
			tr.fails(float64(i), 7, tcp, statusDenied)
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseNotPorts)
		is(t, "outcome", r.Verdict.Outcome, report.NotExhausted)
		wants(t, r.Verdict.Summary, "What failed is not ports: 20 attempts of PID 7 with 0xC0000022 (access denied)")
		wants(t, finding(r, "lookalike-access-denied").Text, "20 binds for any free port and 0 connects were denied")
	}},
	{"for a stated port it is an exclusion, and no answer", func(s *story) {
		tr := s.small().healthy(0, 600)
		for i := range 20 {
			tr.socket(float64(i), 7, tcp).bind(float64(i), 0, 0, 8080).bind(float64(i), 1, statusDenied, 8080)
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.Cause(""))
		wants(t, finding(r, "lookalike-access-denied").Text, "binds to a port by number were denied")
	}},
	{"denied at connect is a filter", func(s *story) { connects(s, statusDenied) }, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseNotPorts)
		wants(t, finding(r, "lookalike-access-denied").Text, "0 binds for any free port and 20 connects")
	}},
	{"timeouts", func(s *story) { connects(s, statusTimeout) }, outcomeOf("timed out", "0xC00000B5")},
	{"refused by the peer", func(s *story) { connects(s, statusRefused) }, outcomeOf("connection refused", "0xC0000236")},
	{"no route", func(s *story) { connects(s, statusUnreachable) }, outcomeOf("network unreachable", "0xC000023C")},
	{"no host", func(s *story) { connects(s, statusNoHost) }, outcomeOf("host unreachable", "0xC000023D")},
	{"a few connect outcomes are told and no cause", func(s *story) {
		tr := s.small().healthy(0, 600)
		tr.open(1, 7, 50000).connect(2, statusTimeout).closes(3)
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.Cause(""))
		is(t, "told", finding(r, "connect-outcomes").Severity, "info")
	}},
	{"the status of each lookalike has its finding", func(s *story) {
		s.small().healthy(0, 600).started(0, 8, "app.exe").fails(1, 7, tcp, statusInUse).fails(2, 7, tcp, statusMemory).fails(3, 7, tcp, statusSharing).fails(4, 7, tcp, statusNotLocal).fails(5, 8, tcp, statusNotLocal)
	}, func(t *testing.T, r *report.Report) {
		for id, n := range map[string]int{"lookalike-0xc000020a": 1, "lookalike-0xc000009a": 1, "lookalike-0xc0000043": 1, "lookalike-0xc0000207": 2} {
			is(t, id, count(r, id), n)
		}
		f := r.Verdict.OtherFailures
		if len(f) != 4 || f[0].Status != "0xC0000207" || f[0].Count != 2 || len(f[0].Processes) != 2 || f[0].Processes[1].Image != "app.exe" || f[0].Name != "STATUS_INVALID_ADDRESS_COMPONENT" || f[1].Status != "0xC0000043" {
			t.Errorf("%+v", f)
		}
		is(t, "outcome", r.Verdict.Outcome, report.NotExhausted)
		is(t, "witness", has(r, "afd-bind-0x209"), false)
	}},
	{"of two processes the one with most is told first", func(s *story) {
		tr := s.small().healthy(0, 600)
		for i := range 30 {
			tr.fails(float64(i), 7+i/20, tcp, statusMemory)
		}
	}, func(t *testing.T, r *report.Report) {
		inOrder(t, stepsOf(r), "PID 7: 20 of its attempts", "PID 8: 10 of its attempts")
		wants(t, r.Verdict.Summary, "20 attempts of PID 7")
	}},
	{"CLOSE_WAIT on the server's own port", func(s *story) {
		s.small().healthy(0, 600)
		s.table(100, "anobq", owned(serverRows(8, 443, 250, "CLOSE_WAIT"), "server.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "cause", r.Verdict.Cause, report.CauseServerSide)
		wants(t, finding(r, "server-side-states").Text, "has 250 in CLOSE_WAIT", "server.exe (PID 8) has not closed what its peers closed")
		wants(t, finding(r, "close-wait-pile").Text, "server.exe (PID 8) keeps 250 connections in CLOSE_WAIT")
	}},
	{"both ends are this machine's", func(s *story) {
		s.small().healthy(0, 600)
		s.table(100, "anobq", serverRows(8, 443, 0, ""), strings.ReplaceAll(serverRows(8, 443, 250, "TIME_WAIT"), "203.0.113.9:40", "10.0.0.5:50"), conns(7, 50299, 1, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, finding(r, "server-side-states").Text, "the other ends are this machine's too")
	}},
}

func TestCausesOfWhatDidNotRunOut(t *testing.T) {
	play(t, causesOfWhatDidNotRunOutScenes)
}

// connects are twenty connects of one process that end with a status.
func connects(s *story, status uint32) {
	tr := s.small().healthy(0, 600)
	for i := range 20 {
		tr.open(float64(i), 7, 50000+i).connect(float64(i)+0.2, status).closes(float64(i) + 0.5)
	}
}

func outcomeOf(word, status string) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) {
		t.Helper()
		is(t, "cause", r.Verdict.Cause, report.CauseNotPorts)
		f := finding(r, "connect-outcomes")
		is(t, "severity", f.Severity, "warning")
		wants(t, f.Text, fmt.Sprintf("20 connects failed with %s (%s)", status, word))
		wants(t, r.Verdict.Summary, "20 attempts of PID 7 with "+status+" ("+word+")")
		wants(t, stepsOf(r), "failed with "+status)
	}
}
