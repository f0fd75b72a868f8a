package verdict

import (
	"strings"
	"testing"

	"portverdict/report"
)

// books of a pool in five numbers, with what tells them.
func booksOf(b *report.Balance) string {
	return b.Basis + " " + strings.Join([]string{plain(b.Holders), plain(b.StuckCloses), plain(b.TimeWait), plain(b.Unaccounted), plain(b.Free)}, "+")
}

func tcpBooks(r *report.Report) string { return booksOf(&tcpPool(r).Balance) }

var booksOfAnEpisodeScenes = []scene{
	{"a table inside it: what is not shown is nobody's and not free", func(s *story) {
		full(s, conns(7, 50000, 250, "BOUND"), conns(0, 50250, 30, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "table 250+0+30+20+0")
		is(t, "distance", *tcpPool(r).Balance.DistanceSeconds, 0.0)
		is(t, "window's", booksOf(window(t, r, 0).Balance), tcpBooks(r))
		wants(t, said(r), "inside the episode, shows 250 of 300 ports as those of PID 7; 30 are in TIME_WAIT and 20 are unaccounted for")
	}},
	{"an incomplete one counts with what it shows", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		s.table(100, "ano", conns(7, 50000, 200, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "table 200+0+0+100+0")
		is(t, "named", named(r), "PID 7")
		is(t, "sure", holderOf(r, 7).Confidence, report.Moderate)
	}},
	{"the nearest of two, of equals the earlier", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9).refuse(110, 9)
		s.table(90, "ano", conns(7, 50000, 290, "ESTABLISHED")).table(120, "ano", conns(8, 50000, 290, "ESTABLISHED")).table(130, "ano", conns(11, 50000, 290, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "PID 7")
		is(t, "distance", *tcpPool(r).Balance.DistanceSeconds, -10.0)
		wants(t, said(r), "10 s before the episode")
	}},
	{"after it the distance is positive", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		s.table(120, "anobq", conns(7, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "distance", *tcpPool(r).Balance.DistanceSeconds, 20.0)
		wants(t, said(r), "20 s after the episode")
	}},
	{"behind a recovery a table is of another moment", func(s *story) {
		tr := s.small().trace(0, 400).refuse(100, 9)
		tr.open(150, 50, 50290)
		s.table(200, "ano", conns(7, 50000, 270, "ESTABLISHED"), conns(0, 50270, 20, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "table 270+0+0+30+0") }},
	{"one that was filled anew behind a recovery shows nobody of the episode, and is told", func(s *story) {
		s.small().log(-90000, 9000).witness(100)
		s.table(700, "anobq", conns(8, 50000, 100, "ESTABLISHED")).table(8000, "anobq", conns(7, 50000, 295, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "table 100+0+0+200+0")
		is(t, "named", named(r), "")
		wants(t, r.Verdict.Summary, "recovered by 2026-03-10 09:11:40 UTC", "nearly full again at 2026-03-10 11:13:20 UTC: 295 of 300.")
		wants(t, said(r), "After that the pool was nearly full again: 295 of 300 TCP ports", "295 of them those of PID 7")
		wants(t, stepsOf(r), "Check PID 7: 295 ports that are bound")
		wantsNot(t, stepsOf(r), "before the pool runs out once more")
	}},
	{"one that is full behind a restart is told, and whom to look at", func(s *story) {
		s.small().log(-90000, 9000).witness(100).boot(400)
		s.table(8000, "anobq", conns(7, 50000, 290, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "none 0+0+0+300+0")
		wants(t, stepsOf(r), "Check PID 7 before the pool runs out once more: it had 290 ports at 2026-03-10 11:13:20 UTC. That is not shown")
	}},
	{"a trace's own endpoints are full again after its episode", func(s *story) {
		tr := s.small().trace(0, 900).refuse(100, 9)
		tr.open(150, 50, 50299).closes(151)
		tr.opensMany(7, 50000, 290, 300, 400)
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		wants(t, said(r), "290 of 300 TCP ports were in use at", "those of PID 7")
	}},
	{"closes that hang are in use beside a table that cannot show them", func(s *story) {
		s.small().log(-90000, 9000).stuck(50, 9, 50000, 150).witness(100)
		s.table(160, "anobq", conns(7, 50150, 140, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "table 140+150+0+10+0")
		is(t, "ends", window(t, r, 0).Ends, "end-of-inputs")
		is(t, "used", used(r), 290)
		is(t, "contradiction", has(r, "contradiction-table"), false)
		wants(t, r.Verdict.Summary, "the closes of 150 of 300 ports hang below the programs (150 of PID 9); PID 7 held 140.")
	}},
	{"the end of an earlier trace inside it is not its last refusal", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 280, 1, 90).refuse(100, 9)
		s.trace(400, 600).refuse(450, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 1)
		wants(t, said(r), "the trace, at 2026-03-10 09:01:40 UTC, inside the episode, shows 280 of 300 ports as those of PID 7")
	}},
	{"the trace's own endpoints at the last refusal", func(s *story) {
		tr := s.small().trace(0, 200).opensMany(7, 50000, 280, 1, 90)
		x := tr.open(95, 8, 50290)
		tr.open(99, 8, 50291).closes(99.5)
		tr.refuse(100, 9)
		x.closes(110)
		tr.open(120, 8, 50295)
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "trace 281+0+0+19+0")
		is(t, "at", tcpPool(r).Balance.At.Equal(moment(100)), true)
		is(t, "named", named(r), "PID 7")
		wants(t, said(r), "the trace, at the last refusal, shows 280 of 300 ports as those of PID 7")
	}},
	{"of several runs the last one's", func(s *story) {
		tr := s.small().trace(0, 400).opensMany(7, 50000, 280, 1, 90).refuse(100, 9).refuse(200, 9)
		tr.opensMany(8, 50280, 10, 110, 190)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 2)
		is(t, "last", booksOf(window(t, r, 0).Balance), "trace 290+0+0+10+0")
		is(t, "first", booksOf(window(t, r, 1).Balance), "trace 280+0+0+20+0")
	}},
	{"a deferred bind is told and not counted", func(s *story) {
		tr := s.small().trace(0, 200).opensMany(7, 50000, 280, 1, 90).refuse(100, 9)
		tr.socket(95, 7, tcp).opens(95, 0, 0)
		tr.socket(96, 7, tcp).opens(96, 0, 0)
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "trace 280+0+0+20+0")
		wants(t, holderOf(r, 7).Note, "the ports of 2 endpoints more are not known: they are chosen at connect")
	}},
	{"stuck closes at the first record", func(s *story) {
		s.small().log(-90000, 9000).boot(-80000).stuck(0, 7, 50000, 200).stuck(10, 8, 50150, 100).witness(100).stuck(200, 8, 50290, 10)
	}, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "stuck-closes 0+250+0+50+0")
		is(t, "named", named(r), "")
		is(t, "7", holderOf(r, 7).StuckCloses, 150)
		is(t, "8", holderOf(r, 8).StuckCloses, 100)
		wants(t, said(r), "The closes of 250 distinct TCP ports hang since the start of 2026-03-09 10:46 UTC", "150 are of PID 7 and 100 are of PID 8; 50 of 300 ports are unaccounted for")
		wants(t, r.Verdict.Summary, "the closes of 250 of 300 ports hang below the programs (150 of PID 7)")
	}},
	{"a table adds the stuck closes that it does not show as held", func(s *story) {
		s.small().log(-90000, 9000).boot(-80000).stuck(0, 7, 50100, 100).witness(100)
		s.table(100, "anobq", conns(8, 50000, 110, "ESTABLISHED"), conns(0, 50195, 10, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		// 50110 to 50199 hang and are not held; 50195 to 50199 of them wait.
		is(t, "books", tcpBooks(r), "table 110+90+5+95+0")
		wants(t, said(r), "90 are stuck in closing")
	}},
	{"so does a trace", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 110, 1, 90).refuse(100, 9)
		s.log(-90000, 9000).boot(-80000).stuck(0, 7, 50100, 100)
	}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "trace 110+90+0+100+0") }},
	{"no input tells", func(s *story) { s.small().log(-90000, 9000).witness(100) }, func(t *testing.T, r *report.Report) {
		is(t, "books", tcpBooks(r), "none 0+0+0+300+0")
		b := tcpPool(r).Balance
		if b.DistanceSeconds != nil || b.Source != "" || !b.At.IsZero() {
			t.Errorf("%+v", b)
		}
		wants(t, r.Verdict.Summary, "no input shows who held the ports")
	}},
}

func TestBooksOfAnEpisode(t *testing.T) {
	play(t, booksOfAnEpisodeScenes)
}

func TestSourcesOfTheBooks(t *testing.T) {
	play(t, []scene{
		{"the first that leaves less than a tenth goes before a better one", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 300, 1, 90).refuse(100, 9)
			s.table(100, "ano", conns(8, 50000, 275, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "table 275+0+0+25+0") }},
		{"else the one that leaves least", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 200, 1, 90).refuse(100, 9)
			s.log(-90000, 9000).boot(-80000)
			s.table(100, "ano", conns(8, 50000, 100, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "trace 200+0+0+100+0") }},
		{"of equals the first", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 200, 1, 90).refuse(100, 9)
			s.table(100, "ano", conns(8, 50000, 200, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "table 200+0+0+100+0") }},
		{"a far table leaves out what is volatile", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9)
			s.table(1000, "ano", conns(7, 50000, 200, "ESTABLISHED"), conns(7, 50200, 20, "FIN_WAIT_2"), conns(8, 50220, 20, "SYN_SENT"), conns(0, 50240, 60, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "books", tcpBooks(r), "table 200+0+0+100+0")
			is(t, "7", holderOf(r, 7).Ports, 200)
			if holderOf(r, 8) != nil {
				t.Error("a process with volatile ports alone is a holder")
			}
			is(t, "distance", *tcpPool(r).Balance.DistanceSeconds, 900.0)
		}},
		{"the nearer of a far one before and one after", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9)
			s.table(-3000, "ano", conns(8, 50000, 290, "ESTABLISHED")).table(1000, "ano", conns(7, 50000, 290, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "PID 7") }},
		{"a table without a time is far and its distance not known", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9)
			s.table(never, "anobq", conns(7, 50000, 200, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "books", tcpBooks(r), "table 200+0+0+100+0")
			if tcpPool(r).Balance.DistanceSeconds != nil {
				t.Error("a distance")
			}
			wants(t, said(r), "whose time is not known")
			is(t, "named", named(r), "")
		}},
		{"the nearer of two far ones goes first, one without a time last", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9)
			s.table(never, "ano", conns(11, 50000, 290, "ESTABLISHED")).table(2000, "ano", conns(8, 50000, 290, "ESTABLISHED")).table(1000, "ano", conns(7, 50000, 290, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "PID 7") }},
		{"the end of a trace of the same start", func(s *story) {
			s.small().log(-90000, 9000).witness(5000)
			s.trace(0, 200).opensMany(7, 50000, 290, 1, 90)
		}, func(t *testing.T, r *report.Report) {
			is(t, "books", tcpBooks(r), "trace 290+0+0+10+0")
			is(t, "distance", *tcpPool(r).Balance.DistanceSeconds, -4800.0)
			is(t, "named", named(r), "PID 7")
		}},
		{"sockets of UDP are none of TCP's", func(s *story) {
			s.small().log(-90000, 9000).witness(5000)
			tr := s.trace(0, 200)
			for i := range 100 {
				tr.socket(float64(i), 7, udp).opens(float64(i), 0, 50000+i)
			}
		}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "none 0+0+0+300+0") }},
		{"a far source names only where it shows 95 % itself", func(s *story) {
			s.small().log(-90000, 9000).witness(5000)
			s.trace(0, 200).opensMany(7, 50000, 284, 1, 90)
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "") }},
		{"what says little does not replace nothing at all", func(s *story) {
			full(s, conns(0, 50000, 1, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) { is(t, "books", tcpBooks(r), "table 0+0+1+299+0") }},
	})
}

// Each condition of being named, alone.
var namedConditionsScenes = []scene{
	{"more than any other's", func(s *story) {
		full(s, conns(7, 50000, 140, "BOUND"), conns(8, 50140, 140, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		wants(t, said(r), "The books do not close: of 300 ports 140 are those of PID 7 and 140 are those of PID 8; 20 are unaccounted for", "so nobody is named")
	}},
	{"of three the first two are told", func(s *story) {
		full(s, conns(7, 50000, 95, "BOUND"), conns(8, 50095, 95, "BOUND"), conns(11, 50190, 95, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, said(r), "of 300 ports 95 are those of PID 7 and 95 are those of PID 8; 95 are of other processes and 15 are unaccounted for")
		wantsNot(t, said(r), "those of PID 11")
	}},
	{"one more is enough", func(s *story) {
		full(s, conns(7, 50000, 141, "BOUND"), conns(8, 50141, 140, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "PID 7")
		wants(t, r.Verdict.Summary, "PID 7 held 141 of 300 and PID 8 140")
	}},
	{"more than TIME_WAIT", func(s *story) {
		full(s, conns(7, 50000, 150, "BOUND"), conns(0, 50150, 150, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "") }},
	{"one more than TIME_WAIT is enough", func(s *story) {
		full(s, conns(7, 50000, 150, "BOUND"), conns(0, 50150, 149, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "PID 7") }},
	{"more than the unaccounted remainder", func(s *story) { full(s, conns(7, 50000, 150, "BOUND")) }, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		wants(t, r.Verdict.Summary, "150 of 300 ports are unaccounted for, so nobody can be named")
	}},
	{"one more than the remainder is enough", func(s *story) { full(s, conns(7, 50000, 151, "BOUND")) }, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "PID 7")
	}},
	{"why nobody is, in the summary", func(s *story) {
		full(s, conns(7, 50000, 100, "BOUND"), conns(0, 50100, 100, "TIME_WAIT"), conns(8, 50200, 90, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, r.Verdict.Summary, "100 of 300 ports wait in TIME_WAIT, so nobody can be named")
	}},
	{"and where no process stands out", func(s *story) {
		full(s, conns(7, 50000, 145, "BOUND"), conns(8, 50145, 145, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, r.Verdict.Summary, "no process stands out (the most that one has is 145 of 300), so nobody can be named")
	}},
	{"and where the table is of another moment", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		s.table(1000, "ano", conns(7, 50000, 250, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, r.Verdict.Summary, "the nearest table is of another moment, so nobody can be named")
	}},
	{"members of a sum are apart from it", func(s *story) {
		full(s, many("chrome.exe", 20, 10), conns(8, 50200, 90, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "chrome.exe") }},
	{"a sum that has fewer than another is not named", func(s *story) {
		full(s, many("chrome.exe", 14, 10), conns(8, 50140, 150, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "PID 8")
		wants(t, r.Verdict.Summary, "and 14 x chrome.exe 140")
	}},
	{"what is by design is apart", func(s *story) {
		s.rangeOf("udp", "any", 50000, 3000).log(-90000, 900).witness6(100)
		s.tasks(task(40, "dns.exe"), task(41, "app.exe"))
		s.table(100, "anoq", datagrams(40, 50000, 2500), datagrams(41, 52500, 480))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "app.exe (PID 41)")
		wants(t, holderOf(r, 40).ByDesign, "pool of 2,500 UDP sockets a family")
		is(t, "cause", poolOf(r, "udp").Cause, report.CauseByDesign)
		wants(t, r.Verdict.Summary, "app.exe (PID 41) held 480 of 3,000, beside 2,500 of dns.exe (PID 40) by design")
		wants(t, stepsOf(r), "Most of the pool is taken by design", "Restart app.exe (PID 41) to free 480 ports now")
	}},
	{"dns.exe with more than its pool is a holder", func(s *story) {
		s.rangeOf("udp", "any", 50000, 6000).log(-90000, 900).witness6(100)
		s.tasks(task(40, "DNS.exe"))
		s.table(100, "anoq", datagrams(40, 50000, 5900))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "DNS.exe (PID 40)") }},
	{"dns.exe has no pool of TCP", func(s *story) {
		full(s, conns(40, 50000, 290, "BOUND"))
		s.tasks(task(40, "dns.exe"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "dns.exe (PID 40)") }},
	{"nobody is named in a pool that is neither out nor likely", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 200, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		is(t, "free", tcpBooks(r), "table 200+0+0+0+100")
	}},
	{"in a likely one somebody is", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Likely)
		is(t, "named", named(r), "PID 7")
		is(t, "window", holderOf(r, 7).Window, -1)
		wants(t, r.Verdict.Summary, "were close to running out: 290 of 300 TCP ports were in use. PID 7 has 290 of 300.")
		wantsNot(t, r.Verdict.Summary, " and PID")
	}},
	{"and a second one with half as many is told", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 150, "BOUND"), conns(8, 50150, 140, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, r.Verdict.Summary, "PID 7 has 150 of 300 and PID 8 140.")
	}},
	{"rows of the fullest instant stand only where no episode decides", func(s *story) {
		full(s, conns(7, 50000, 290, "BOUND"))
		s.table(5000, "anobq", conns(8, 50000, 295, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", *tcpPool(r).Used, 295)
		for _, h := range r.Verdict.Holders {
			is(t, "window", h.Window, 0)
		}
	}},
}

func TestNamedConditions(t *testing.T) {
	play(t, namedConditionsScenes)
}

func TestFullestInstant(t *testing.T) {
	play(t, []scene{
		{"the last of equals", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 100, "BOUND")).table(200, "anobq", conns(8, 50000, 100, "BOUND")).table(300, "anobq", conns(11, 50000, 99, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "at", tcpPool(r).UsedAt.Equal(moment(200)), true)
			is(t, "holder", r.Verdict.Holders[0].PID, 8)
			is(t, "distance", *tcpPool(r).Balance.DistanceSeconds, 0.0)
		}},
		{"a trace's peak, with who had it", func(s *story) {
			tr := s.small().trace(0, 200)
			var all []*sock
			for i := range 20 {
				all = append(all, tr.open(10+float64(i), 7, 50000+i))
			}
			for _, x := range all {
				x.closes(100)
			}
			tr.opensMany(8, 50100, 10, 110, 150)
		}, func(t *testing.T, r *report.Report) {
			is(t, "used", *tcpPool(r).Used, 20)
			is(t, "books", tcpBooks(r), "trace 20+0+0+280+0")
			is(t, "7", holderOf(r, 7).Ports, 20)
			is(t, "note", holderOf(r, 7).Note, "its endpoints were opened in the trace and given back in it")
		}},
		{"half of them given back is not given back", func(s *story) {
			tr := s.small().trace(0, 200)
			for i := range 20 {
				x := tr.open(10+float64(i), 7, 50000+i)
				if i%2 == 0 {
					x.closes(100)
				}
			}
		}, func(t *testing.T, r *report.Report) {
			is(t, "note", holderOf(r, 7).Note, "its endpoints were opened in the trace and not given back")
		}},
		{"stuck closes", func(s *story) { s.small().log(-900, 900).stuck(100, 7, 50000, 30) }, func(t *testing.T, r *report.Report) {
			is(t, "used", *tcpPool(r).Used, 30)
			is(t, "books", tcpBooks(r), "stuck-closes 0+30+0+270+0")
			is(t, "at", tcpPool(r).UsedAt.Equal(moment(100)), true)
		}},
		{"of a table of -q and one without of the same fullness the first", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 100, "BOUND")).table(200, "ano", conns(8, 50000, 100, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "holder", r.Verdict.Holders[0].PID, 7) }},
		{"without anything it is not known", func(s *story) { s.small().log(-900, 900) }, func(t *testing.T, r *report.Report) {
			if tcpPool(r).Used != nil || tcpPool(r).UsedSource != "" {
				t.Errorf("%+v", tcpPool(r))
			}
			is(t, "books", tcpBooks(r), "none 0+0+0+300+0")
		}},
	})
}
