package verdict

import (
	"bytes"
	"strings"
	"testing"

	"portverdict/etl/etlgen"
	"portverdict/netstatparse/textgen"
	"portverdict/report"
)

const netlogon, timeService = "NETLOGON", "Microsoft-Windows-Time-Service"

var findingsOfTheLogScenes = []scene{
	{"symptoms of an episode are counted against the same span before", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		// The span is from 600 s before the episode to 600 s after it.
		s.log(-90000, 90000).symptom(-501, 5719, netlogon).symptom(-500, 5719, netlogon).symptom(700, 5719, netlogon).symptom(701, 5719, netlogon).
			symptom(-1700, 5719, netlogon).symptom(-1701, 5719, netlogon).symptom(200, 129, timeService)
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "evtx-symptom")
		is(t, "count", f.Count, 3)
		wants(t, f.Text, "NETLOGON 5719 2 times (2 in the same span before)", "Time-Service 129 1 time (0 in the same span before)", "They have other causes too")
		is(t, "rows", len(f.Evidence), 3)
	}},
	{"up to the end of the episode", func(s *story) {
		s.small().log(-90000, 90000).witness(100).boot(5000).symptom(5600, 5719, netlogon).symptom(5601, 5719, netlogon)
	}, func(t *testing.T, r *report.Report) { is(t, "count", count(r, "evtx-symptom"), 1) }},
	{"once where episodes lie near each other", func(s *story) {
		tr := s.small().trace(0, 1000).refuse(100, 9).refuse(400, 9)
		tr.open(200, 50, 50000)
		s.log(-90000, 90000).symptom(300, 5719, netlogon)
	}, func(t *testing.T, r *report.Report) { is(t, "count", count(r, "evtx-symptom"), 1) }},
	{"an earlier episode has none", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-9*day, 900).witness(-8*day).symptom(-8*day, 5719, netlogon)
	}, func(t *testing.T, r *report.Report) { is(t, "symptoms", has(r, "evtx-symptom"), false) }},
	{"errors at a time of free ports have another cause", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-90000, 900).symptom(300, 5719, netlogon).symptom(-300, 5719, netlogon).symptom(700, 5719, netlogon)
	}, func(t *testing.T, r *report.Report) {
		is(t, "count", count(r, "other-cause"), 1)
		wants(t, finding(r, "other-cause").Text, "Errors of NETLOGON fall into a time when ports were free")
	}},
	{"starts, clears and changes of the clock near the inputs", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-9*day, 900).boot(-8*day).boot(-5000).record(-4000, 104, "Microsoft-Windows-Eventlog", "u", "d", "System", "").
			record(-3900, 104, "Microsoft-Windows-Eventlog", "u", "d", "Application", "").
			record(-3000, 1, "Microsoft-Windows-Kernel-General", "2026-03-10T08:00:00Z", "2026-03-10T07:00:00Z").
			record(-2000, 1, "Microsoft-Windows-Kernel-General", "2026-03-10T08:00:00Z", "2026-03-10T08:00:30Z")
	}, func(t *testing.T, r *report.Report) {
		is(t, "starts", count(r, "evtx-restart"), 1)
		is(t, "clears", count(r, "evtx-cleared"), 1)
		is(t, "changes", count(r, "evtx-clock-change"), 1)
	}},
	{"4227 far from the inputs is not told", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-9*day, 900).reused(-8 * day).reused(100)
	}, func(t *testing.T, r *report.Report) { is(t, "count", count(r, "evtx-4227"), 1) }},
	{"the first and the last of the closes that hang are cited", func(s *story) {
		s.small().log(-900, 900).stuck(10, 7, 50000, 5).stuck(20, 7, 50010, 5)
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "evtx-afd-16002")
		is(t, "rows", len(f.Evidence), 2)
		is(t, "first", f.First.Equal(moment(10)), true)
		is(t, "last", f.Last.Equal(moment(20)), true)
		is(t, "severity", finding(r, "evtx-stuck-closes").Severity, "warning")
	}},
	{"what hung when the pool ran out, beside what hangs now", func(s *story) {
		s.small().log(-90000, 9000).stuck(0, 7, 50000, 200).witness(100).boot(5000).stuck(6000, 8, 50000, 20)
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "evtx-stuck-closes")
		wants(t, f.Text, "20 distinct TCP ports hang in closing", "(200 when the pool ran out on 2026-03-10 09:01 UTC)")
		is(t, "first", f.First.Equal(moment(6000)), true)
		is(t, "severity", f.Severity, "critical")
	}},
	{"nothing hangs now, and did when it ran out", func(s *story) {
		s.small().log(-90000, 9000).stuck(0, 7, 50000, 200).witness(100).boot(5000)
	}, func(t *testing.T, r *report.Report) { is(t, "count", count(r, "evtx-stuck-closes"), 200) }},
}

func TestFindingsOfTheLog(t *testing.T) {
	play(t, findingsOfTheLogScenes)
}

func registry(values map[string]uint32) func(s *story) {
	return func(s *story) {
		s.small().printed("reg.txt", func(b *bytes.Buffer) error { return textgen.PrintRegistry(b, "query", values) })
	}
}

var findingsOfTheMachineScenes = []scene{
	{"a MaxUserPort that the range does not show", registry(map[string]uint32{"MaxUserPort": 65534}), func(t *testing.T, r *report.Report) {
		is(t, "count", count(r, "maxuserport-ignored"), 1)
		wants(t, finding(r, "maxuserport-ignored").Text, "MaxUserPort is 65534, and the range in force does not show it")
	}},
	{"one that fits it", registry(map[string]uint32{"MaxUserPort": 50299}), func(t *testing.T, r *report.Report) {
		is(t, "told", has(r, "maxuserport-ignored"), false)
	}},
	{"on Windows Server 2003 it is in force", func(s *story) {
		registry(map[string]uint32{"MaxUserPort": 65534})(s)
		s.system(computer, "5.2.3790")
	}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "maxuserport-ignored"), false) }},
	{"TcpTimedWaitDelay", registry(map[string]uint32{"TcpTimedWaitDelay": 30}), func(t *testing.T, r *report.Report) {
		wants(t, finding(r, "time-wait-delay").Text, "TcpTimedWaitDelay is 30: a closed connection keeps its port for that many seconds")
	}},
	{"handles of those that have many for good reasons", func(s *story) {
		s.small().text("ps.txt", "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\r\n-------  ------    -----      -----     ------     --  -- -----------\r\n"+
			"  31000      54    50000      60000       1,00   4388   0 sqlservr\r\n   9000      54    50000      60000       1,00   4389   0 lsass\r\n   5000      54    50000      60000       1,00   4390   0 App\r\n   6000      54    50000      60000       1,00   4391   0 Other\r\n")
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "handles-suspicious")
		is(t, "count", f.Count, 2)
		wants(t, f.Text, "Other (PID 4391) has 6,000 handles. App (PID 4390) has 5,000 handles.")
		wantsNot(t, f.Text, "high")
	}},
	{"of six processes with many handles five are told", func(s *story) {
		var text strings.Builder
		text.WriteString(handleText(5000))
		for i := range 5 {
			text.WriteString("   900" + plain(9-i) + "      54    50000      60000       1,00   500" + plain(i) + "   0 App" + plain(i) + "\r\n")
		}
		s.small().text("ps.txt", text.String())
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "handles-suspicious")
		is(t, "count", f.Count, 6)
		is(t, "rows", len(f.Evidence), 6)
		inOrder(t, f.Text, "App0", "App1", "App4")
		wants(t, f.Text, "App4")
		wantsNot(t, f.Text, "LeakyService")
	}},
	{"a log that does not reach over the trace", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-9000, 300)
	}, func(t *testing.T, r *report.Report) {
		wants(t, finding(r, "evtx-does-not-cover").Text, "System.evtx covers 2026-03-10, 06:30:00 to 09:05:00 UTC; the trace covers 2026-03-10, 09:00:00 to 09:10:00 UTC. Its silence proves nothing there.")
	}},
	{"a trace that lost everything and has no event of a port tells of no time", func(s *story) {
		s.small().log(-900, 900)
		tape := s.trace(0, 600)
		tape.events = tape.events[:0]
		tape.put(300, 1, [16]byte{1}, 0, nil)
		tape.tune = func(tr *etlgen.Trace) {
			lostEvents(tr)
			lostBuffers(tr)
			tr.Header.EndTime, tr.Header.LogFileMode = 0, 2
			tr.Buffers[1].Sequence = 900
		}
	}, func(t *testing.T, r *report.Report) {
		for _, id := range []string{"trace-lost-events", "trace-wrapped", "trace-unfinalised"} {
			is(t, id, count(r, id) > 0, true)
		}
		is(t, "told", has(r, "evtx-does-not-cover"), false)
		wants(t, finding(r, "trace-wrapped").Text, "Server.etl: its ring was overwritten from the start; older sockets and failures are unseen.")
		for _, f := range r.Findings {
			for _, text := range []string{f.Text, f.Title} {
				wantsNot(t, text, "not known", "0001-01", "  ", " .", " ,", "()", "than are")
			}
		}
	}},
	{"unless another does", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-9000, 300)
		s.log(-9000, 900)
	}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "evtx-does-not-cover"), false) }},
	{"successes are counter-evidence", func(s *story) { s.small().healthy(0, 600) }, func(t *testing.T, r *report.Report) {
		f := finding(r, "trace-binds-succeed")
		is(t, "count", f.Count, 61)
		is(t, "severity", f.Severity, "counter")
		is(t, "first", f.First.Equal(moment(0.001)), true)
		is(t, "last", f.Last.Equal(moment(600.001)), true)
	}},
	{"who has most in the trace has little in the table", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 100, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(8, 50000, 240, "BOUND"), conns(7, 50240, 49, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "count", count(r, "holders-differ"), 51)
		wants(t, finding(r, "holders-differ").Text, "At the last refusal of the trace PID 7 has 100 ports; netstat2.txt shows 49.")
		is(t, "named", named(r), "")
		is(t, "confidence", r.Verdict.Confidence, report.Moderate)
		wants(t, r.Verdict.Summary, "the trace and the table name different processes, so nobody can be named")
	}},
	{"half of them is no difference", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 100, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(8, 50000, 240, "BOUND"), conns(7, 50240, 50, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "told", has(r, "holders-differ"), false)
		is(t, "named", named(r), "PID 8")
	}},
	{"nor is what is little anyway", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 29, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(8, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "told", has(r, "holders-differ"), false)
		is(t, "named", named(r), "PID 8")
	}},
	{"a tenth of the pool is enough", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 30, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(8, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "holders-differ"), true) }},
	{"findings stand critical ones first", func(s *story) {
		full(s, conns(7, 50000, 290, "BOUND"))
		s.log(-900, 900).witness(100).reused(90)
	}, func(t *testing.T, r *report.Report) {
		rank := map[string]int{"critical": 0, "warning": 1, "info": 2, "counter": 3}
		for i := range r.Findings[1:] {
			if rank[r.Findings[i].Severity] > rank[r.Findings[i+1].Severity] {
				t.Errorf("%s before %s", r.Findings[i].ID, r.Findings[i+1].ID)
			}
		}
		is(t, "first", r.Findings[0].ID, "afd-bind-0x209")
		is(t, "rests on", r.Findings[0].RestsOn[0], "Server.etl")
	}},
	{"several piles of CLOSE_WAIT, most first", func(s *story) {
		s.span(50000, 1000).table(100, "anobq", conns(7, 50000, 200, "CLOSE_WAIT"), conns(8, 50200, 250, "CLOSE_WAIT"), conns(11, 50500, 10, "CLOSE_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		f := finding(r, "close-wait-pile")
		is(t, "count", f.Count, 450)
		wants(t, f.Text, "PID 8 keeps 250 connections in CLOSE_WAIT: the peer has closed, the program has not. PID 7 keeps 200 connections")
	}},
}

func TestFindingsOfTheMachine(t *testing.T) {
	play(t, findingsOfTheMachineScenes)
}

func TestTimeline(t *testing.T) {
	play(t, []scene{
		{"the steps of the trace, with the records and the tables in them", func(s *story) {
			s.small().healthy(0, 600).refuse(100, 9)
			s.log(-900, 900).witness(100.5).witness6(101.5).reused(102.5).stuck(103.5, 7, 50000, 3).witness(-500).witness(800)
			s.table(110, "anobq", conns(7, 50000, 290, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			bins := r.Timeline
			if len(bins) != 601 || bins[0].StepSeconds != 1 || !bins[0].T.Equal(moment(0)) {
				t.Fatalf("%d steps of %+v", len(bins), bins[0])
			}
			is(t, "refused", bins[100].Bind0x209, 1)
			is(t, "4231", bins[100].EVTX4231, 1)
			is(t, "4266", bins[101].EVTX4266, 1)
			is(t, "4227", bins[102].EVTX4227, 1)
			is(t, "16002", bins[103].EVTX16002, 3)
			is(t, "used", *bins[110].UsedPorts, 290)
			if bins[109].UsedPorts != nil {
				t.Error("a use without a table")
			}
		}},
		{"without a trace they are laid over the tables and records", func(s *story) {
			s.small().log(-900, 9000).reused(60).reused(7200)
			s.table(3600, "anobq", conns(7, 50000, 20, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			bins := r.Timeline
			if len(bins) != 120 || bins[0].StepSeconds != 60 || !bins[0].T.Equal(moment(60)) {
				t.Fatalf("%d steps of %d s from %s", len(bins), bins[0].StepSeconds, bins[0].T)
			}
			is(t, "first", bins[0].EVTX4227, 1)
			is(t, "last", bins[119].EVTX4227, 1)
			is(t, "used", *bins[59].UsedPorts, 20)
		}},
		{"the steps grow with the time", func(s *story) { s.small().log(-900, 90*day).reused(0).reused(80 * day) }, func(t *testing.T, r *report.Report) {
			is(t, "step", r.Timeline[0].StepSeconds, day)
		}},
		{"nothing gives none", func(s *story) { s.small() }, func(t *testing.T, r *report.Report) { is(t, "steps", len(r.Timeline), 0) }},
		{"what hangs is in use, until a start", func(s *story) {
			s.small().log(-900, 9000).stuck(60, 7, 50000, 30).stuck(3600, 7, 50020, 30).boot(5000).reused(8000)
		}, func(t *testing.T, r *report.Report) {
			used := func(at int) int { return *r.Timeline[(at-60)/60].UsedPorts }
			is(t, "first", used(120), 30)
			is(t, "more", used(3660), 50)
			is(t, "after the start", used(5100), 0)
		}},
		{"what hangs outside of the pool is not", func(s *story) {
			s.small().log(-900, 9000).stuck(60, 7, 50000, 5).stuck(120, 7, 60000, 3).record(120, 16002, "AFD", `\Device\Afd`, "UDP", "50100", "7").reused(7200)
		}, func(t *testing.T, r *report.Report) {
			is(t, "used", *r.Timeline[len(r.Timeline)-1].UsedPorts, 5)
		}},
		{"the series of the processes with most", func(s *story) {
			s.small().trace(0, 100).opensMany(7, 50000, 30, 1, 90).opensMany(8, 50100, 50, 1, 90)
		}, func(t *testing.T, r *report.Report) {
			is(t, "series", len(r.Series), 2)
			is(t, "first", r.Series[0].PID, 8)
			is(t, "source", r.Series[0].Source, "Server.etl")
			is(t, "last", r.Series[0].Points[len(r.Series[0].Points)-1].Ports, 50)
		}},
	})
}
