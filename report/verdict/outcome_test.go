package verdict

import (
	"strings"
	"testing"
	"time"

	"portverdict/etl/etlgen"
	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

// outcome is what a scene's TCP pool must be.
func outcome(o report.Outcome, c report.Confidence, words ...string) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) {
		t.Helper()
		is(t, "outcome", tcpPool(r).Outcome, o)
		is(t, "confidence", tcpPool(r).Confidence, c)
		wants(t, strings.Join(tcpPool(r).Reasons, "\n"), words...)
	}
}

// tuned changes what is written of a healthy trace.
func tuned(change func(tr *etlgen.Trace)) func(s *story) {
	return func(s *story) { s.small().healthy(0, 600).tune = change }
}

func lostEvents(tr *etlgen.Trace)  { tr.Header.EventsLost = 40 }
func lostBuffers(tr *etlgen.Trace) { tr.Header.BuffersLost = 2 }

var notExhaustedScenes = []scene{
	{"by the trace alone", func(s *story) { s.small().healthy(0, 600) }, outcome(report.NotExhausted, report.Moderate, "61 dynamic TCP binds succeeded, from one end of the trace to the other", "There is no second source")},
	{"with a silent System log", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-900, 900)
	}, outcome(report.NotExhausted, report.Strong, "The System log covers the same time and holds no 4231.")},
	{"a log of another channel is not told as one that does not cover it", func(s *story) {
		s.small().healthy(0, 600)
		j := s.log(100, 900)
		for i := range j.records {
			j.records[i].Channel = "Application"
		}
	}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "evtx-does-not-cover"), false) }},
	{"a log that does not cover it is none", func(s *story) {
		s.small().healthy(0, 600)
		s.log(100, 900)
	}, func(t *testing.T, r *report.Report) {
		outcome(report.NotExhausted, report.Moderate, "There is no second source")(t, r)
		is(t, "told", count(r, "evtx-does-not-cover"), 1)
	}},
	{"a damaged log is none", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-900, 900).tune = func(l *evtxgen.Log) { l.Dirty = true }
	}, func(t *testing.T, r *report.Report) { is(t, "outcome", r.Verdict.Outcome, report.NotExhausted) }},
	{"with a complete table far from full", func(s *story) {
		s.small().healthy(0, 600)
		s.table(300, "anobq", conns(7, 50000, 100, "BOUND"))
	}, outcome(report.NotExhausted, report.Strong, "A complete table of that time shows the pool far from full.")},
	{"one without a time is not", func(s *story) {
		s.small().healthy(0, 600)
		s.table(never, "anobq", conns(7, 50000, 100, "BOUND"))
	}, outcome(report.NotExhausted, report.Moderate)},
	{"of an assumed range at most moderate", func(s *story) {
		s.healthy(0, 600)
		s.log(-900, 900)
	}, outcome(report.NotExhausted, report.Moderate, "The dynamic range is assumed")},
	{"by table and log", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900)
	}, outcome(report.NotExhausted, report.Strong, "100 of 300 TCP ports were in use in a complete table, and the System log covers that time and holds no 4231.")},
	{"by the fullest of the tables", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 10, "BOUND")).table(400, "anobq", conns(7, 50000, 100, "BOUND")).table(500, "anobq", conns(7, 50000, 50, "BOUND"))
		s.log(-90000, 900)
	}, outcome(report.NotExhausted, report.Strong, "100 of 300 TCP ports were in use in a complete table")},
	{"a 4266 does not break the silence of TCP's log", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900).symptom(200, 5719, "NETLOGON").witness6(250)
	}, outcome(report.NotExhausted, report.Strong)},
	{"a log that begins in that start is silent as long as it", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(0, 900)
	}, outcome(report.NotExhausted, report.Strong)},
	{"an incomplete table is not enough", func(s *story) {
		s.small().table(300, "ano", conns(7, 50000, 100, "ESTABLISHED"))
		s.log(-90000, 900)
	}, outcome(report.Inconclusive, report.Weak, "No complete table (netstat -anobq) with a time and a known range stands beside a System log that covers it.")},
	{"nor is one without UDP", func(s *story) {
		s.small().text("netstat.txt", tableText(300, `C:\>netstat -anobq`, conns(7, 50000, 100, "BOUND")))
		s.log(-90000, 900)
	}, outcome(report.Inconclusive, report.Weak)},
	{"nor one without a time", func(s *story) {
		s.small().table(never, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900)
	}, outcome(report.Inconclusive, report.Weak)},
	{"nor one of an assumed range", func(s *story) {
		s.table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900)
	}, outcome(report.Inconclusive, report.Weak)},
	{"nor one without a log", func(s *story) { s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND")) }, outcome(report.Inconclusive, report.Weak)},
	{"nor beside a trace that lost events", func(s *story) {
		s.small().healthy(0, 600).tune = lostEvents
		s.table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		s.log(-90000, 900)
	}, outcome(report.Inconclusive, report.Weak, "events were lost (40 events, 0 buffers, 0 gaps)")},
	{"a log of another channel is not the System log", func(s *story) {
		s.small().table(300, "anobq", conns(7, 50000, 100, "BOUND"))
		j := s.log(-90000, 900)
		for i := range j.records {
			j.records[i].Channel = "Application"
		}
	}, outcome(report.Inconclusive, report.Weak)},
}

func TestNotExhausted(t *testing.T) {
	play(t, notExhaustedScenes)
}

// A log of which one record cannot be read may hold a witness there.
func TestDamagedLog(t *testing.T) {
	s := tell(t).small()
	s.healthy(0, 600)
	data := s.log(-900, 900).symptom(0, 5719, "NETLOGON").build(t)
	data[4096+512+40] ^= 0xff
	s.files[len(s.files)-1].log = nil
	s.files[len(s.files)-1].data = data
	r := s.judge()
	is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
	wants(t, said(r), "Parts of System.evtx could not be read")
}

// A witness stands in spite of damage elsewhere in its log, and is less sure for it.
func TestWitnessInADamagedLog(t *testing.T) {
	s := tell(t).small()
	data := s.log(-900, 900).symptom(0, 5719, "NETLOGON").witness(100).build(t)
	data[4096+512+40] ^= 0xff
	s.files[len(s.files)-1].log = nil
	s.files[len(s.files)-1].data = data
	r := s.judge()
	is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
	is(t, "confidence", r.Verdict.Confidence, report.Moderate)
	wants(t, strings.Join(r.Verdict.Reasons, "\n"), "Parts of System.evtx could not be read.")
}

// A file that is neither a log nor a trace may not hold a witness; a trace that is empty
// or cannot be read is missing, and might have held one.
func TestUnknownFiles(t *testing.T) {
	for _, f := range []struct {
		file
		want report.Outcome
	}{
		{file{name: "unknown.bin", data: []byte("zeros")}, report.NotExhausted},
		{file{name: "notes.txt"}, report.NotExhausted},
		{file{name: "unknown.etl"}, report.Inconclusive},
		{file{name: "unknown.evtx", data: []byte("zeros")}, report.Inconclusive},
	} {
		s := tell(t).small()
		s.healthy(0, 600)
		s.files = append(s.files, f.file)
		is(t, f.name, s.judge().Verdict.Outcome, f.want)
	}
}

func TestInconclusive(t *testing.T) {
	weak := func(words ...string) func(*testing.T, *report.Report) {
		return outcome(report.Inconclusive, report.Weak, words...)
	}
	play(t, []scene{
		{"events lost", tuned(lostEvents), func(t *testing.T, r *report.Report) {
			weak("Server.etl: events were lost (40 events")(t, r)
			is(t, "told", count(r, "trace-lost-events"), 40)
		}},
		{"buffers lost", tuned(lostBuffers), weak("0 events, 2 buffers")},
		{"a gap in the buffers", func(s *story) {
			s.small().healthy(0, 3600).tune = func(tr *etlgen.Trace) { tr.Buffers[len(tr.Buffers)-1].Sequence += 3 }
		}, weak("0 events, 0 buffers, 1 gap")},
		{"never stopped", tuned(func(tr *etlgen.Trace) { tr.Unfinalised = true }), func(t *testing.T, r *report.Report) {
			weak("the file is cut short or its session was never stopped")(t, r)
			is(t, "told", count(r, "trace-unfinalised"), 1)
		}},
		{"cut short", tuned(func(tr *etlgen.Trace) { tr.Cut = -1000 }), weak()},
		{"no port event at all", func(s *story) { s.small().trace(0, 600).events = nil }, weak("No input speaks of TCP.", "Server.etl: the trace holds no Winsock-AFD or TCPIP event")},
		{"no bind", func(s *story) { s.small().trace(0, 600) }, weak("No input speaks of TCP.")},
		{"binds of UDP alone say nothing of TCP", func(s *story) { s.small().trace(0, 600).busy(0, 600, 10, udp, 50000) }, func(t *testing.T, r *report.Report) {
			weak("No input speaks of TCP.")(t, r)
			is(t, "udp", poolOf(r, "udp").Outcome, report.NotExhausted)
			is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		}},
		{"nothing at all", func(*story) {}, weak("No input speaks of TCP.")},
		{"a second trace without success", func(s *story) {
			s.small().healthy(0, 600)
			s.trace(1000, 1600)
		}, weak("Server2.etl: no dynamic TCP bind succeeded in it")},
		{"weak references are pressure", func(s *story) { s.small().healthy(0, 600).weak(300, 50000) }, func(t *testing.T, r *report.Report) {
			outcome(report.Likely, report.Weak, "the TCP/IP driver shared ports because none was free (1195)")(t, r)
			is(t, "told", count(r, "tcpip-weak-reference"), 1)
		}},
		{"a damaged log may hold a witness", func(s *story) {
			s.small().healthy(0, 600)
			s.text("bad.evtx", "ElfFile\x00 and nothing else")
		}, weak("Parts of bad.evtx could not be read, and a witness may stand there")},
		{"so may a log of which nothing is known", func(s *story) {
			s.small().healthy(0, 600)
			s.text("unknown.EVTX", "zeros")
		}, weak("Parts of unknown.EVTX could not be read")},
		{"or a trace", func(s *story) {
			s.small().healthy(0, 600)
			s.text("unknown.etl", "zeros")
		}, weak("Parts of unknown.etl could not be read")},
		{"the log was cleared in the day before the table", func(s *story) {
			s.small().table(200, "anobq", conns(7, 50200, 90, "ESTABLISHED"))
			s.log(-90000, 900).record(-80000, 104, "Microsoft-Windows-Eventlog", "System")
		}, weak("The System log was cleared at 2026-03-09 10:46:40 UTC, and what it held of the day before netstat1.txt is gone")},
		{"stuck closes that make a calm table one of more than half", func(s *story) {
			s.small().table(200, "anobq", conns(7, 50200, 90, "ESTABLISHED"))
			s.log(-90000, 900).stuck(100, 7, 50000, 120)
		}, weak("No complete table")},
		{"stuck closes of half", func(s *story) {
			s.small().healthy(0, 600)
			s.log(-90000, 900).stuck(100, 7, 50000, 150)
		}, weak("The closes of 150 of 300 ports hang")},
		{"a pool at 80 %", func(s *story) {
			s.small().healthy(0, 600)
			s.table(300, "anobq", conns(7, 50000, 240, "BOUND"))
		}, weak("240 of 300 ports were in use")},
	})
}

func refusal(s *story) *tape { return s.small().trace(0, 200).refuse(100, 9) }

// ranOut is an exhaustion of a confidence, with what its reasons say.
func ranOut(c report.Confidence, words ...string) func(*testing.T, *report.Report) {
	return outcome(report.Exhausted, c, words...)
}

var confidenceOfWhatRanOutScenes = []scene{
	{"the trace alone", func(s *story) { refusal(s) }, ranOut(report.Strong, "nothing that could contradict it was lost.")},
	{"the log alone", func(s *story) { s.small().log(-900, 900).witness(100) }, ranOut(report.Strong)},
	{"trace and log", func(s *story) {
		refusal(s)
		s.log(-900, 900).witness(101)
	}, ranOut(report.Proven, "show it independently of each other.", "the first 1 s after the first refusal (clocks as recorded)")},
	{"a log before the trace's refusal", func(s *story) {
		refusal(s)
		s.log(-900, 900).witness(99)
	}, ranOut(report.Proven, "the first 1 s before the first refusal")},
	{"trace and a table of that time at 95 %", func(s *story) {
		refusal(s)
		s.table(110, "ano", conns(7, 50000, 285, "ESTABLISHED"))
	}, ranOut(report.Proven)},
	{"below it it is none", func(s *story) {
		refusal(s)
		s.table(110, "ano", conns(7, 50000, 284, "ESTABLISHED"))
	}, ranOut(report.Strong)},
	{"log and a full table", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.table(110, "ano", conns(7, 50000, 285, "ESTABLISHED"))
	}, ranOut(report.Proven)},
	{"a table of another time is none", func(s *story) {
		refusal(s)
		s.table(401, "ano", conns(7, 50000, 285, "ESTABLISHED"))
	}, ranOut(report.Strong)},
	{"a table without a time is none", func(s *story) {
		refusal(s)
		s.table(never, "ano", conns(7, 50000, 285, "ESTABLISHED"))
	}, ranOut(report.Strong)},
	{"events lost", func(s *story) { refusal(s).tune = lostEvents }, ranOut(report.Moderate, "Parts of Server.etl were lost or could not be read.")},
	{"events lost, and the log agrees", func(s *story) {
		refusal(s).tune = lostEvents
		s.log(-900, 900).witness(101)
	}, ranOut(report.Proven)},
	{"losses of the trace say nothing of the log's witness", func(s *story) {
		s.small().trace(0, 50).tune = lostEvents
		s.log(-900, 900).witness(101)
	}, ranOut(report.Strong)},
	{"an assumed range", func(s *story) { s.trace(0, 200).refuse(100, 9) }, ranOut(report.Moderate, "The dynamic range is assumed (Windows' default): no file states it.")},
	{"a full table with signals alone", func(s *story) {
		s.small().table(100, "ano", conns(7, 50000, 300, "ESTABLISHED")).log(-900, 900).reused(110)
	}, ranOut(report.Moderate)},
	{"so does one of a record", func(s *story) {
		s.small().log(-90000, 900).witness(100)
		s.table(103, "anobq", conns(7, 50000, 100, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
		is(t, "confidence", r.Verdict.Confidence, report.Moderate)
		is(t, "finding", count(r, "contradiction-table"), 1)
		wants(t, stepsOf(r), "To buy time, enlarge the TCP range")
	}},
	{"beside a calm table minutes later what tables do not list is to be looked for", func(s *story) {
		s.span(49152, 16384).log(-90000, 900).witness(100)
		s.table(300, "anobq", conns(7, 50000, 100, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "confidence", r.Verdict.Confidence, report.Strong)
		wants(t, stepsOf(r), "A complete table minutes later shows most of the pool free", "WSL 1 does the same")
	}},
	{"a contradiction lowers it", func(s *story) {
		refusal(s)
		s.log(-900, 900).witness(101)
		s.table(110, "anobq", conns(7, 50000, 100, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		ranOut(report.Moderate, "A complete table of the same minute (netstat3.txt) shows the pool far from full.")(t, r)
		wants(t, finding(r, "contradiction-table").Text, "netstat3.txt shows 100 of 300 ports in use at 2026-03-10 09:01:50 UTC, within a minute of a refusal")
		wantsNot(t, said(r), "These sources are independent")
	}},
	{"half full is no contradiction", func(s *story) {
		refusal(s)
		s.table(110, "anobq", conns(7, 50000, 150, "BOUND"))
	}, ranOut(report.Strong)},
	{"an incomplete table contradicts nothing", func(s *story) {
		refusal(s)
		s.table(110, "ano", conns(7, 50000, 100, "ESTABLISHED"))
	}, ranOut(report.Strong)},
	{"a damaged log", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.logs[0].tune = nil
		s.text("bad.evtx", "ElfFile\x00 and nothing else")
	}, ranOut(report.Strong)},
}

func TestConfidenceOfWhatRanOut(t *testing.T) {
	play(t, confidenceOfWhatRanOutScenes)
}

func missingInputs(r *report.Report) string {
	var out []string
	for _, m := range r.Verdict.Missing {
		out = append(out, m.Input)
	}
	return strings.Join(out, ", ")
}

var missingScenes = []scene{
	{"of nothing everything", func(*story) {}, func(t *testing.T, r *report.Report) {
		is(t, "inputs", missingInputs(r), "netsh trace, System log, full port table, dynamic port range")
		wants(t, stepsOf(r), "Ask for a trace", "| netsh trace stop", "Ask for the System log. | wevtutil epl System System.evtx", `Ask for the full port table, saved while attempts fail and the dynamic range: one text, ports.txt. | cmd /c "(powershell Get-Date`)
	}},
	{"of a log the trace, the table and the range", func(s *story) { s.log(-900, 900).witness(100) }, func(t *testing.T, r *report.Report) {
		is(t, "inputs", missingInputs(r), "netsh trace, full port table, dynamic port range")
		wants(t, said(r), "16,384 of 16,384 ports are unaccounted for")
	}},
	{"of a whole bundle nothing", func(s *story) {
		full(s, owned(conns(7, 50000, 290, "BOUND"), "app.exe"))
		s.tasks(task(7, "app.exe", "AppSvc")).log(-900, 900).witness(100)
	}, func(t *testing.T, r *report.Report) { is(t, "inputs", missingInputs(r), "") }},
	{"a table without -q", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		s.table(100, "ano", conns(7, 50000, 290, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, said(r), "saved without -q (or nothing is BOUND): a leak of bound sockets would not show")
	}},
	{"a table that leaves a tenth", func(s *story) { full(s, conns(7, 50000, 270, "BOUND")) }, func(t *testing.T, r *report.Report) {
		wants(t, said(r), "30 of 300 ports are unaccounted for: a table saved while attempts fail would show whose they are")
	}},
	{"one that leaves less is good", func(s *story) { full(s, conns(7, 50000, 271, "BOUND")) }, func(t *testing.T, r *report.Report) {
		wantsNot(t, missingInputs(r), "port table")
	}},
	{"books that close without a table", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 300, 1, 90).refuse(100, 9)
	}, func(t *testing.T, r *report.Report) { wantsNot(t, missingInputs(r), "port table") }},
	{"one port that no table tells of", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 299, 1, 90).refuse(100, 9)
	}, func(t *testing.T, r *report.Report) { wants(t, said(r), "1 of 300 ports are unaccounted for") }},
	{"a table without PIDs", func(s *story) {
		full(s, strings.ReplaceAll(conns(7, 50000, 290, "BOUND"), "   7\r\n", "\r\n"))
	}, func(t *testing.T, r *report.Report) { wantsNot(t, named(r), "PID") }},
	{"services of a list that has none", func(s *story) {
		full(s, conns(7, 50000, 290, "BOUND"))
		s.text("ps.txt", handleText(500))
	}, func(t *testing.T, r *report.Report) {
		wants(t, said(r), "which services run in a process, such as svchost.exe, is not known")
	}},
	{"names at all", func(s *story) { full(s, conns(7, 50000, 290, "BOUND")) }, func(t *testing.T, r *report.Report) {
		wants(t, said(r), "processes are known by PID only")
	}},
	{"names of a trace are names", func(s *story) {
		full(s, conns(7, 50000, 290, "BOUND"))
		s.tapes[0].started(0, 7, "app.exe")
	}, func(t *testing.T, r *report.Report) { wantsNot(t, said(r), "known by PID only") }},
	{"a time", func(s *story) { s.small().table(never, "anobq", conns(7, 50000, 20, "BOUND")) }, func(t *testing.T, r *report.Report) {
		wants(t, missingInputs(r), "time of netstat1.txt")
		wants(t, said(r), "it has no time: it cannot be placed on the timeline")
	}},
	{"a zone, which the user can give at once", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 20, "BOUND")).table(200, "anobq", conns(7, 50000, 20, "BOUND"))
		s.options.Zone = nil
	}, func(t *testing.T, r *report.Report) {
		is(t, "first", r.Verdict.Missing[0].Input, "time zone of netstat1.txt and 1 more")
		is(t, "step", r.Verdict.NextSteps[0].RunsOn, "here")
		is(t, "command", r.Verdict.NextSteps[0].Command, `portverdict analyze bundle.zip --tz "W. Europe Standard Time"`)
		wants(t, r.Verdict.NextSteps[0].Text, "Give the time zone of the machine")
		is(t, "next", r.Verdict.NextSteps[1].RunsOn, "customer")
	}},
	{"a zone, where several are told", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 20, "BOUND"))
		s.text("a/zone.txt", "TimeZone : (UTC) UTC\r\n").text("b/zone.txt", "TimeZone : (UTC-05:00) X\r\n")
		s.options.Zone, s.options.ToldZone = nil, func(string, *time.Duration) *time.Location { return time.FixedZone("X", -5*3600) }
	}, func(t *testing.T, r *report.Report) {
		is(t, "first", r.Verdict.Missing[0].Input, "time zone of netstat1.txt")
		is(t, "command", r.Verdict.NextSteps[0].Command, "portverdict analyze bundle.zip")
		wants(t, r.Verdict.NextSteps[0].Text, "Put each file into the folder of its machine")
		is(t, "time zone", r.Bundle.TimeZone, "")
	}},
	{"UDP's range is asked for as such", func(s *story) { s.log(-900, 900).witness6(100) }, func(t *testing.T, r *report.Report) {
		wants(t, stepsOf(r), "the dynamic range: one text", "netsh int ipv4 show dynamicport udp")
	}},
	{"an all-clear asks for a table to know how many", func(s *story) { s.small().healthy(0, 600) }, func(t *testing.T, r *report.Report) {
		wants(t, said(r), "how many ports were in use at the end is not known from a table")
	}},
}

func TestMissing(t *testing.T) {
	play(t, missingScenes)
}
