package verdict

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/report"
)

func titleOf(r *report.Report, id string) string {
	if f := finding(r, id); f != nil {
		return f.Title
	}
	return ""
}

// A title names whom it is of: one, two, or the first and how many more there are.
func TestTitlesNameWhomTheyAreOf(t *testing.T) {
	piles := func(n int) func(s *story) {
		return func(s *story) {
			var rows []string
			for i := range n {
				rows = append(rows, conns(7+i, 50000+300*i, 210-i, "CLOSE_WAIT"))
			}
			s.span(50000, 2000).table(100, "anobq", rows...)
		}
	}
	title := func(id, want string) func(*testing.T, *report.Report) {
		return func(t *testing.T, r *report.Report) { is(t, "title", titleOf(r, id), want) }
	}
	play(t, []scene{
		{"one that keeps what the peer closed", piles(1), title("close-wait-pile", "PID 7 keeps connections that the peer closed")},
		{"two", piles(2), title("close-wait-pile", "PID 7 and PID 8 keep connections that the peer closed")},
		{"three", piles(3), title("close-wait-pile", "PID 7 and 2 more processes keep connections that the peer closed")},
		{"one that leaks in a trace", func(s *story) {
			s.small().trace(0, 600).opensMany(7, 50000, 100, 0, 600)
		}, title("trace-socket-leak", "PID 7 opens sockets and does not close them")},
		{"one that grows from table to table", func(s *story) {
			series(s, 20, 40, 60, 80, 100, 120)
		}, title("snapshot-growth", "PID 7 takes more ports from table to table")},
		{"one that has bound ports", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 60, "BOUND"))
		}, title("bound-leak", "PID 7 has bound ports that nothing is connected to")},
	})
}

// How many ports a pool had in use, where a table shows none of them.
func TestNoneInUse(t *testing.T) {
	play(t, []scene{
		{"by a whole table", func(s *story) {
			s.small().table(100, "anobq", conns(7, 40000, 3, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "used", used(r), 0)
			is(t, "source", tcpPool(r).UsedSource != "", true)
		}},
		{"by one that was cut nothing is known", func(s *story) {
			s.small().text("netstat.txt", tableText(100, `C:\>netstat -anob | findstr ESTABLISHED`, conns(7, 40000, 3, "ESTABLISHED")))
		}, func(t *testing.T, r *report.Report) { is(t, "used", used(r), -1) }},
	})
}

// Pools that do not decide, beside one that does.
func TestFurtherPools(t *testing.T) {
	healthyUDP := func(s *story) *tape {
		return s.rangeOf("udp", "any", 50000, 300).trace(0, 600).busy(0, 600, 10, udp, 50290)
	}
	reasons := func(r *report.Report) string { return strings.Join(r.Verdict.Reasons, "\n") }
	play(t, []scene{
		{"that UDP is healthy is not told where TCP of the machine ran out", func(s *story) {
			healthyUDP(s.small()).refuse(300, 7)
		}, func(t *testing.T, r *report.Report) {
			is(t, "udp", poolOf(r, "udp").Outcome, report.NotExhausted)
			wantsNot(t, reasons(r), "UDP binds succeeded")
		}},
		{"where there are several machines it is", func(s *story) {
			healthyUDP(s.small()).refuse(300, 7)
			s.logOf(hostA, -90000, 900).witness(300)
			s.logOf(hostB, -90000, 900)
			s.files[2].name = "HOST-A.etl"
		}, func(t *testing.T, r *report.Report) { wants(t, reasons(r), "UDP binds succeeded") }},
		{"a table of UDP alone speaks of UDP", func(s *story) {
			s.rangeOf("udp", "any", 50000, 300).table(100, "anoq", datagrams(7, 50000, 40))
		}, func(t *testing.T, r *report.Report) { is(t, "transport", r.Verdict.Transport, "udp") }},
		{"so do rows of UDP alone that a tool counted", func(s *story) {
			s.text("counts.txt", "C:\\>netstat -ano -p udp | find /c \"UDP\"\r\n211\r\n\r\n")
		}, func(t *testing.T, r *report.Report) { is(t, "transport", r.Verdict.Transport, "udp") }},
		{"a further pool that ran out names who held it", func(s *story) {
			tr := s.small().rangeOf("udp", "any", 50000, 300).trace(0, 200).opensMany(7, 50000, 290, 1, 90).refuse(100, 9)
			for i := range 280 {
				tr.socket(1+float64(i)/10, 8, udp).opens(1+float64(i)/10, 0, 50000+i)
			}
			tr.fails(110, 9, udp, tooMany)
		}, func(t *testing.T, r *report.Report) {
			wants(t, r.Verdict.Summary, "The UDP ports 50000-50299 ran out too", ": 1 attempt was refused, PID 8 held 280 of 300.")
		}},
		{"one that nobody held is told without", func(s *story) {
			s.small().rangeOf("udp", "any", 50000, 300).log(-100, 900).witness(100).witness6(200)
		}, func(t *testing.T, r *report.Report) { wantsNot(t, r.Verdict.Summary, ", .", ", ,") }},
		{"what is had by design is told beside a holder only where it is the cause or has more", func(s *story) {
			s.rangeOf("udp", "any", 50000, 300).tasks(task(40, "dns.exe"), task(7, "leaky.exe"))
			s.log(-90000, 900).witness6(100)
			s.table(100, "anoq", datagrams(7, 50000, 200), datagrams(40, 50200, 95))
		}, func(t *testing.T, r *report.Report) {
			wants(t, r.Verdict.Summary, "leaky.exe (PID 7) held 200 of 300")
			wantsNot(t, r.Verdict.Summary, "by design")
		}},
		{"more than the holder", func(s *story) {
			s.rangeOf("udp", "any", 50000, 300).tasks(task(40, "dns.exe"), task(7, "leaky.exe"))
			s.log(-90000, 900).witness6(100)
			s.table(100, "anoq", datagrams(7, 50000, 100), datagrams(40, 50135, 140))
		}, func(t *testing.T, r *report.Report) {
			wants(t, r.Verdict.Summary, "leaky.exe (PID 7) held 100 of 300, beside 140 of dns.exe (PID 40) by design")
		}},
		{"and is told where it is", func(s *story) {
			s.rangeOf("udp", "any", 50000, 300).tasks(task(40, "dns.exe"), task(7, "leaky.exe"))
			s.log(-90000, 900).witness6(100)
			s.table(100, "anoq", datagrams(7, 50000, 135), datagrams(40, 50135, 160))
		}, func(t *testing.T, r *report.Report) { wants(t, r.Verdict.Summary, "160 of dns.exe (PID 40) by design") }},
	})
}

// What reasons say of the log, of closes that hang and of books that stay open.
func TestReasonsInWords(t *testing.T) {
	play(t, []scene{
		{"several records are told with their span", func(s *story) {
			s.small().log(-900, 9000).witness(100).witness(700)
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "The System log says so: 2 Tcpip 4231 events, 2026-03-10, 09:01:40 to 09:11:40 UTC; a second")
		}},
		{"one with its time", func(s *story) { s.small().log(-900, 9000).witness(100) }, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "1 Tcpip 4231 event, 2026-03-10 09:01:40 UTC; a second")
		}},
		{"a record names the transport that ran out", func(s *story) {
			s.small().rangeOf("udp", "any", 50000, 300).log(-900, 9000).witness(100).witness6(100)
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "evtx-4231").Text, "an ephemeral TCP port failed")
			wants(t, finding(r, "evtx-4266").Text, "an ephemeral UDP port failed")
		}},
		{"of closes that hang three processes are told", func(s *story) {
			s.small().log(-9000, 900).stuck(10, 7, 50000, 90).stuck(10, 8, 50090, 80).stuck(10, 11, 50170, 70).stuck(10, 12, 50240, 50).witness(100)
		}, func(t *testing.T, r *report.Report) {
			text := strings.Join(tcpPool(r).Reasons, "\n")
			wants(t, text, "90 are of PID 7, 80 are of PID 8 and 70 are of PID 11;")
			wantsNot(t, text, "PID 12")
		}},
		{"one port of a process is told as one", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 30, 1, 50).opensMany(8, 50100, 1, 60, 61).refuse(100, 9)
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "The books do not close: of 300 ports 30 are those of PID 7 and 1 is that of PID 8; 269 are unaccounted for")
		}},
		{"books of which nothing is known to be held", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9)
			s.table(100, "ano", conns(0, 50000, 200, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "The books do not close: of 300 ports none is known to be held; 200 are in TIME_WAIT and 100 are unaccounted for")
		}},
		{"books of one holder", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 30, 1, 50).refuse(100, 9)
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "of 300 ports 30 are those of PID 7; 270 are unaccounted for")
		}},
		{"of a leak that is another's the step rests on its own finding", func(s *story) {
			s.small().trace(0, 600).opensMany(7, 50000, 100, 0, 600).refuse(590, 9)
		}, func(t *testing.T, r *report.Report) {
			is(t, "why", whyOf(r, "Check PID 7: it takes ports"), "trace-socket-leak")
		}},
		{"of tables on that of tables", func(s *story) { series(s, 20, 40, 60, 80, 100, 120) }, func(t *testing.T, r *report.Report) {
			is(t, "why", whyOf(r, "Check PID 7: it takes ports"), "snapshot-growth")
		}},
		{"of hanging closes without a list of drivers none is told as loaded", hanging, func(t *testing.T, r *report.Report) {
			wantsNot(t, stepsOf(r), "loaded now:")
		}},
		{"what came later than the trace is said of each", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9)
			s.log(-900, 90000).witness(80000)
		}, func(t *testing.T, r *report.Report) { wants(t, said(r), "That is later than the trace, which covers") }},
	})
}

// whyOf is the finding that a step rests on.
func whyOf(r *report.Report, step string) string {
	for _, s := range r.Verdict.NextSteps {
		if strings.HasPrefix(s.Text, step) {
			return s.Why
		}
	}
	return "no such step"
}

// Who failed otherwise is told up to twenty.
func TestProcessesThatFailedOtherwise(t *testing.T) {
	s := tell(t).small()
	tr := s.trace(0, 200)
	for i := range holdersShown + 1 {
		tr.fails(float64(i), 100+i, tcp, statusMemory)
	}
	f := s.judge().Verdict.OtherFailures[0]
	is(t, "told", fmt.Sprint(len(f.Processes), f.Count), "20 21")
}
