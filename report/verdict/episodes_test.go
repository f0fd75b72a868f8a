package verdict

import (
	"testing"

	"portverdict/etl/etlgen"
	"portverdict/report"
)

// window is an episode of a report by its index from the end: 0 is the last.
func window(t *testing.T, r *report.Report, fromEnd int) *report.Window {
	t.Helper()
	if len(r.Verdict.Windows) <= fromEnd {
		t.Fatalf("%d episodes", len(r.Verdict.Windows))
	}
	return &r.Verdict.Windows[len(r.Verdict.Windows)-1-fromEnd]
}

var episodesScenes = []scene{
	{"a shorter gap with a success parts nothing", func(s *story) {
		tr := s.small().trace(0, 300).refuse(100, 9).refuse(159, 9)
		tr.open(120, 50, 50000)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 1)
		w := window(t, r, 0)
		is(t, "failures", w.Failures, 2)
		is(t, "from", w.From.Equal(moment(100)), true)
		is(t, "to", w.To.Equal(moment(159)), true)
	}},
	{"a machine that asks every two minutes is still in it", func(s *story) {
		tr := s.small().trace(0, 2000)
		for i := range 10 {
			tr.refuse(float64(100+120*i), 9)
		}
	}, func(t *testing.T, r *report.Report) { is(t, "failures", window(t, r, 0).Failures, 10) }},
	{"a success of the other pool parts nothing", func(s *story) {
		tr := s.small().trace(0, 400).refuse(100, 9).refuse(250, 9)
		tr.socket(150, 50, udp).opens(150, 0, 50000)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 1) }},
	{"a success before or after the gap parts nothing", func(s *story) {
		tr := s.small().trace(0, 600).refuse(100, 9).refuse(250, 9)
		tr.open(50, 50, 50000)
		tr.open(300, 50, 50001)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 1) }},
	{"two traces of one time are one episode", func(s *story) {
		s.small().trace(0, 300).refuse(100, 9)
		s.trace(1, 301).refuse(130, 9).refuse(140, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "failures", window(t, r, 0).Failures, 3)
	}},
	{"a success that another trace begins with parts them", func(s *story) {
		s.small().trace(0, 120).refuse(100, 9)
		s.trace(130, 400).refuse(250, 9).open(140, 50, 50000)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
	{"one that comes after the gap does not", func(s *story) {
		s.small().trace(0, 120).refuse(100, 9)
		s.trace(130, 400).refuse(250, 9).open(260, 50, 50000)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 1) }},
	{"pools have episodes of their own, in one list by time", func(s *story) {
		s.small().trace(0, 300).fails(100, 9, udp, tooMany).refuse(50, 9).refuse(200, 9).open(120, 50, 50000)
		s.tapes[0].refuse(250, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 3)
		is(t, "first", r.Verdict.Windows[0].Transport, "tcp")
		is(t, "second", r.Verdict.Windows[1].Transport, "udp")
		is(t, "tcp's", len(tcpPool(r).Episodes), 2)
		is(t, "tcp's last", tcpPool(r).Episodes[1], 2)
		is(t, "udp's", poolOf(r, "udp").Episodes[0], 1)
	}},
	{"the log alone makes one", func(s *story) { s.small().log(-90000, 900).witness(100) }, func(t *testing.T, r *report.Report) {
		w := window(t, r, 0)
		if w.Failures != 0 || !w.From.Equal(moment(100)) || w.Log[0].DeltaSeconds != nil || w.Ends != "end-of-inputs" {
			t.Errorf("%+v", w)
		}
		is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
		wantsNot(t, r.Verdict.Summary, "end of the trace")
		is(t, "confidence", r.Verdict.Confidence, report.Strong)
	}},
	{"a record joins the nearest, with its distance", func(s *story) {
		tr := s.small().trace(0, 2000).refuse(100, 9).refuse(500, 9)
		tr.open(200, 50, 50000)
		s.log(-90000, 90000).witness(350).witness(90)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 2)
		is(t, "late", *window(t, r, 0).Log[0].DeltaSeconds, -150.0)
		is(t, "early", *window(t, r, 1).Log[0].DeltaSeconds, -10.0)
	}},
	{"records a day apart are one episode whose inside is not known", func(s *story) {
		s.small().log(-1000, 3*day).witness(100).witness(100 + day).witness(110 + 2*day)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "records", count(r, "evtx-4231"), 3)
		wants(t, said(r), "written once a day at most", "whose inside is not known")
	}},
	{"a record a day after one that a trace's refusals have joins them", func(s *story) {
		s.small().trace(0, 120).refuse(100, 9)
		s.log(-1000, 3*day).witness(101).witness(101 + day)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "records", len(window(t, r, 0).Log), 2)
	}},
	{"two records near each other say nothing of the inside", func(s *story) {
		s.small().log(-1000, 3*day).witness(100).witness(200)
	}, func(t *testing.T, r *report.Report) { wantsNot(t, said(r), "whose inside is not known") }},
	{"a recovery between them parts them", func(s *story) {
		s.small().log(-1000, 3*day).witness(100).witness(100 + day)
		s.table(5000, "anobq", conns(7, 50000, 100, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 2)
		is(t, "first", window(t, r, 1).Ends, "recovered")
		is(t, "ended", window(t, r, 1).EndedAt.Equal(moment(5000)), true)
		is(t, "last", window(t, r, 0).Ends, "unknown")
	}},
	{"an incomplete table is no recovery", func(s *story) {
		s.small().log(-1000, 3*day).witness(100).witness(100 + day)
		s.table(5000, "ano", conns(7, 50000, 100, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 1) }},
	{"a trace with successes and no refusal is one", func(s *story) {
		s.small().log(-1000, 3*day).witness(100).witness(100 + day)
		s.trace(4900, 5200).busy(4900, 5200, 10, tcp, 50000)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
	{"4227 makes no episode, and is listed with one", func(s *story) {
		s.small().trace(0, 300).refuse(100, 9)
		s.log(-90000, 90000).reused(110).reused(50000)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 1)
		is(t, "log", len(window(t, r, 0).Log), 1)
		is(t, "id", window(t, r, 0).Log[0].ID, 4227)
	}},
	{"4227 is not listed with UDP", func(s *story) {
		s.trace(0, 300).fails(100, 9, udp, tooMany)
		s.log(-90000, 90000).reused(110)
	}, func(t *testing.T, r *report.Report) { is(t, "log", len(window(t, r, 0).Log), 0) }},
	{"4266 is of UDP, 4231 of TCP", func(s *story) {
		s.log(-90000, 90000).witness6(110)
		s.trace(0, 300).refuse(100, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 2)
		is(t, "udp", poolOf(r, "udp").Outcome, report.Exhausted)
		is(t, "evtx-4266", finding(r, "evtx-4266").Transport, "udp")
		wants(t, r.Verdict.Summary, "ran out too")
	}},
}

func TestEpisodes(t *testing.T) {
	play(t, episodesScenes)
}

func TestFullTablesMakeEpisodes(t *testing.T) {
	fullAt := func(s *story, at float64) { s.table(at, "anobq", conns(7, 50000, 300, "ESTABLISHED")) }
	play(t, []scene{
		{"with 4227 near it", func(s *story) {
			fullAt(s.small(), 1000)
			s.log(-90000, 9000).reused(1100)
		}, func(t *testing.T, r *report.Report) {
			is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
			is(t, "confidence", r.Verdict.Confidence, report.Moderate)
			is(t, "evidence", len(window(t, r, 0).Evidence), 1)
			wants(t, said(r), "netstat1.txt shows all 300 ports in use at", "with failure signals in the System log beside it")
			is(t, "named", named(r), "PID 7")
		}},
		{"with 16002 near it", func(s *story) {
			fullAt(s.small(), 1000)
			s.log(-90000, 9000).stuck(1100, 7, 60000, 1)
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Exhausted) }},
		{"with symptoms of two providers", func(s *story) {
			fullAt(s.small(), 1000)
			s.log(-90000, 9000).symptom(1100, 5719, "NETLOGON").symptom(900, 129, "Microsoft-Windows-Time-Service")
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Exhausted) }},
		{"symptoms of one provider are not enough", func(s *story) {
			fullAt(s.small(), 1000)
			s.log(-90000, 9000).symptom(1100, 5719, "NETLOGON").symptom(900, 5719, "NETLOGON")
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Likely) }},
		{"one port less is not full", func(s *story) {
			s.small().table(1000, "anobq", conns(7, 50000, 299, "ESTABLISHED"))
			s.log(-90000, 9000).reused(1100)
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Likely) }},
		{"a table without a time makes none", func(s *story) {
			fullAt(s.small(), never)
			s.log(-90000, 9000).reused(1100)
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Likely) }},
		{"full tables of one stretch are one episode", func(s *story) {
			s.small().loop("anobq", []float64{1000, 1300, 1599}, func(int) string { return conns(7, 50000, 300, "ESTABLISHED") })
			s.log(-90000, 9000).reused(1100).reused(1550)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", len(r.Verdict.Windows), 1)
			is(t, "to", window(t, r, 0).To.Equal(moment(1599)), true)
		}},
		{"ten minutes part them", func(s *story) {
			s.small().loop("anobq", []float64{1000, 1600}, func(int) string { return conns(7, 50000, 300, "ESTABLISHED") })
			s.log(-90000, 9000).reused(1100).reused(1550)
		}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
		{"so does a table that shows recovery", func(s *story) {
			s.small().loop("anobq", []float64{1000, 1200, 1400}, func(i int) string { return conns(7, 50000, 300-100*(i%2), "ESTABLISHED") })
			s.log(-90000, 9000).reused(1100).reused(1350)
		}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
		{"inside another episode it makes none", func(s *story) {
			fullAt(s.small(), 100)
			s.trace(0, 300).refuse(99, 9).refuse(101, 9)
			s.log(-90000, 9000).reused(110)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", len(r.Verdict.Windows), 1)
			is(t, "confidence", r.Verdict.Confidence, report.Proven)
		}},
		{"of an assumed range that is refuted it makes none", func(s *story) {
			s.table(1000, "anobq", conns(7, 49152, 16384, "ESTABLISHED"), conns(8, 20000, 1000, "ESTABLISHED"))
			s.log(-90000, 9000).reused(1100)
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.Inconclusive) }},
	})
}

func TestHowEpisodesEnd(t *testing.T) {
	play(t, []scene{
		{"recovered: binds succeed and none is refused for a minute", func(s *story) {
			tr := s.small().trace(0, 400).refuse(100, 9)
			tr.open(150, 50, 50000)
		}, func(t *testing.T, r *report.Report) {
			w := window(t, r, 0)
			is(t, "ends", w.Ends, "recovered")
			is(t, "at", w.EndedAt.Equal(moment(150.001)), true)
			wants(t, r.Verdict.Summary, "recovered by 2026-03-10 09:02:30 UTC")
		}},
		{"a complete table below 95 % shows it, at its time", func(s *story) {
			s.small().trace(0, 120).refuse(100, 9)
			s.table(500, "anobq", conns(7, 50000, 200, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "ends", window(t, r, 0).Ends, "recovered")
			is(t, "at", window(t, r, 0).EndedAt.Equal(moment(500)), true)
		}},
		{"the first of two signs counts", func(s *story) {
			tr := s.small().trace(0, 400).refuse(100, 9)
			tr.open(150, 50, 50000)
			s.table(130, "anobq", conns(7, 50000, 200, "BOUND"))
		}, func(t *testing.T, r *report.Report) { is(t, "at", window(t, r, 0).EndedAt.Equal(moment(130)), true) }},
		{"a restart before the recovery ends it", func(s *story) {
			s.small().trace(0, 120).refuse(100, 9)
			s.log(-90000, 9000).boot(300)
			s.table(500, "anobq", conns(7, 50000, 200, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "ends", window(t, r, 0).Ends, "restart")
			is(t, "at", window(t, r, 0).EndedAt.Equal(moment(300)), true)
		}},
		{"a later trace's header tells a restart", func(s *story) {
			s.small().trace(0, 120).refuse(100, 9)
			s.trace(900, 1000).open(910, 50, 50000)
			s.tapes[1].tune = func(tr *etlgen.Trace) { setTime(&tr.Header.BootTime, moment(600).Unix()*1e7+116444736000000000) }
		}, func(t *testing.T, r *report.Report) {
			is(t, "ends", window(t, r, 0).Ends, "restart")
			is(t, "at", window(t, r, 0).EndedAt.Equal(moment(600)), true)
			is(t, "boots", len(r.Bundle.Boots), 1)
		}},
		{"unless a log of that time has none", func(s *story) {
			s.small().trace(0, 120).refuse(100, 9)
			s.trace(900, 1000).open(910, 50, 50000)
			s.tapes[1].tune = func(tr *etlgen.Trace) { setTime(&tr.Header.BootTime, moment(600).Unix()*1e7+116444736000000000) }
			s.log(-900, 900)
		}, func(t *testing.T, r *report.Report) { is(t, "boots", len(r.Bundle.Boots), 0) }},
		{"a recovery before the restart ends it", func(s *story) {
			s.small().trace(0, 120).refuse(100, 9)
			s.log(-90000, 9000).boot(600)
			s.table(500, "anobq", conns(7, 50000, 200, "BOUND"))
		}, func(t *testing.T, r *report.Report) { is(t, "ends", window(t, r, 0).Ends, "recovered") }},
		{"the trace is over", func(s *story) { s.small().trace(0, 120).refuse(100, 9) }, func(t *testing.T, r *report.Report) {
			w := window(t, r, 0)
			is(t, "ends", w.Ends, "end-of-inputs")
			is(t, "at", w.EndedAt.IsZero(), true)
			wants(t, r.Verdict.Summary, "(end of the trace)")
		}},
		{"it is not known", func(s *story) { s.small().trace(0, 1200).refuse(100, 9) }, func(t *testing.T, r *report.Report) {
			is(t, "ends", window(t, r, 0).Ends, "unknown")
		}},
		{"what shows an end before it is none", func(s *story) {
			tr := s.small().trace(0, 120).refuse(100, 9)
			tr.open(30, 50, 50000)
			s.log(-90000, 9000).boot(-300)
			s.table(5, "anobq", conns(7, 50000, 20, "BOUND"))
		}, func(t *testing.T, r *report.Report) { is(t, "ends", window(t, r, 0).Ends, "end-of-inputs") }},
	})
}

func TestEarlierAndLaterEpisodes(t *testing.T) {
	play(t, []scene{
		{"more than a day before the trace it is earlier and does not decide", func(s *story) {
			s.small().healthy(0, 600)
			s.log(-4*day, 900).witness(-2 * day)
		}, func(t *testing.T, r *report.Report) {
			is(t, "outcome", r.Verdict.Outcome, report.NotExhausted)
			is(t, "told as an episode", len(tcpPool(r).Episodes), 1)
			is(t, "no finding", count(r, "evtx-4231"), 0)
			wants(t, said(r), "An earlier exhaustion is in the System log too, 2026-03-08 09:00:00 UTC (Tcpip 4231, 1 record); it is of another time and does not decide this verdict.")
		}},
		{"after the trace it is later and decides, with the trace's span", func(s *story) {
			s.small().healthy(0, 600)
			s.log(-day, 9000).witness(8000)
		}, func(t *testing.T, r *report.Report) {
			is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
			wants(t, said(r), "That is later than the trace, which covers 2026-03-10, 09:00:00 to 09:10:00 UTC")
		}},
		{"in the trace's time it is neither", func(s *story) {
			s.small().trace(0, 600).refuse(100, 9)
			s.log(-day, 9000).witness(500)
		}, func(t *testing.T, r *report.Report) {
			wantsNot(t, said(r), "later than the trace", "earlier exhaustion")
		}},
		{"a table with a time is as good as a trace", func(s *story) {
			s.small().table(0, "anobq", conns(7, 50000, 20, "BOUND"))
			s.log(-4*day, 900).witness(-2 * day)
		}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.NotExhausted) }},
		{"the log alone: each decides", func(s *story) {
			s.small().log(-9*day, 900).witness(-8 * day).boot(-7 * day).witness(-100)
		}, func(t *testing.T, r *report.Report) {
			is(t, "records", count(r, "evtx-4231"), 2)
			wantsNot(t, said(r), "earlier exhaustion")
			wants(t, r.Verdict.Summary, "2026-03-10")
		}},
		{"each is told with its date", func(s *story) {
			s.small().log(-9*day, 900).witness(-8 * day).boot(-7 * day).witness(-100)
		}, func(t *testing.T, r *report.Report) {
			is(t, "first", window(t, r, 1).From.Equal(moment(-8*day)), true)
			is(t, "first ends", window(t, r, 1).Ends, "restart")
		}},
	})
}
