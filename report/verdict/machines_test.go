package verdict

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/report"
)

// poolsOf are the outcomes of the TCP pools, by machine.
func outcomesOf(r *report.Report) string {
	var out []string
	for _, p := range r.Verdict.Pools {
		if p.Transport == "tcp" {
			out = append(out, p.Host+" "+string(p.Outcome))
		}
	}
	return strings.Join(out, ", ")
}

func hostOfFile(r *report.Report, path string) string {
	for _, s := range r.Sources {
		if s.Path == path {
			return s.Host
		}
	}
	return "no such source"
}

const (
	hostA = "HOST-A"
	hostB = "HOST-B.corp.example"
)

var machinesScenes = []scene{
	{"nameless sources belong to the only machine that has one of its own", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		s.table(100, "anobq", conns(7, 50000, 290, "BOUND"))
		s.logOf(hostA, -90000, 900).witness(100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "hosts", strings.Join(r.Bundle.Hosts, ","), hostA)
		is(t, "from", r.Bundle.Window.From.Equal(moment(-90000)), true)
		is(t, "to", r.Bundle.Window.To.Equal(moment(900)), true)
		is(t, "build", r.Bundle.OSBuild, "17763")
		is(t, "trace", hostOfFile(r, "Server.etl"), hostA)
		is(t, "table", hostOfFile(r, "netstat2.txt"), hostA)
		is(t, "confidence", r.Verdict.Confidence, report.Proven)
		wants(t, r.Verdict.Summary, "of "+hostA)
	}},
	{"names that agree in the first label are one machine, the longest is shown", func(s *story) {
		s.small().logOf("host-b", -90000, 900).witness(100)
		s.system("HOST-B", "10.0.17763")
		s.logOf(hostB, -90000, 900).witness(200)
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", len(r.Verdict.Pools), 2)
		is(t, "name", r.Verdict.Host, hostB)
		is(t, "records", count(r, "evtx-4231"), 2)
	}},
	{"a renamed machine is one", func(s *story) {
		j := s.small().logOf("OLD", -90000, 900).boot(-80000).witness(-79000)
		j.computer = "NEW"
		j.boot(-100).witness(100)
		s.trace(0, 200).refuse(100, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), "NEW exhausted")
		is(t, "hosts", strings.Join(r.Bundle.Hosts, ","), "NEW")
	}},
	{"names that alternate are of several machines", func(s *story) {
		j := s.small().logOf(hostA, -90000, 900).boot(-80000).witness(-79000)
		j.computer = "OTHER"
		j.boot(-100).witness(100)
		j.computer = hostA
		j.witness(200)
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), "HOST-A exhausted, OTHER exhausted")
	}},
	{"a name without a start is no rename", func(s *story) {
		j := s.small().logOf(hostA, -90000, 0).boot(-80000).witness(-79000)
		j.computer = "OTHER"
		j.witness(100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), "HOST-A exhausted, OTHER exhausted")
	}},
	{"forwarded records are of their own machine, which has no source", func(s *story) {
		s.small().healthy(0, 600)
		j := s.logOf(hostA, -90000, 900)
		j.computer = "FAR"
		j.witness(100)
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), "FAR exhausted, HOST-A not-exhausted")
		is(t, "trace", hostOfFile(r, "Server.etl"), hostA)
		wants(t, r.Verdict.Summary, "of FAR", "The bundle holds files of other machines too: HOST-A (not exhausted)")
	}},
	{"a summary of many machines names the first and counts the rest", func(s *story) {
		for i := range 30 {
			s.logOf(fmt.Sprintf("PC-%02d", i), -900, 900).witness(100)
		}
	}, func(t *testing.T, r *report.Report) {
		sum := r.Verdict.Summary
		wants(t, sum, "of PC-00", "of PC-08 ran out too", "21 more pools ran out too.", "PC-16 (exhausted) and 13 more.")
		if strings.Contains(sum, "of PC-09") || strings.Contains(sum, "PC-17 (") {
			t.Error(sum)
		}
	}},
	{"a collector's log makes no machine of its own", func(s *story) {
		s.small().healthy(0, 600)
		j := s.logOf("FAR", -90000, 900)
		j.channel = "ForwardedEvents"
		j.record(100, 5719, "NETLOGON")
		for i := range j.records {
			j.records[i].Channel = "ForwardedEvents"
		}
	}, func(t *testing.T, r *report.Report) { is(t, "pools", len(r.Verdict.Pools), 2) }},
	{"a log whose computers alternate is a collector's: a table beside it is of none of them", func(s *story) {
		j := s.small().logOf(hostA, -9000, 900).witness(100)
		j.computer = hostB
		j.witness(101)
		j.computer = hostA
		j.symptom(102, 5719, "NETLOGON")
		s.table(102, "anobq", conns(7, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), " likely, HOST-A exhausted, HOST-B.corp.example exhausted")
		for _, h := range r.Verdict.Holders {
			is(t, "of", h.Host, "")
		}
		for _, w := range r.Verdict.Windows {
			is(t, w.Host, w.Balance.Basis, "none")
		}
	}},
	{"and where nothing else is sent it makes no further machine", func(s *story) {
		j := s.logOf(hostA, -9000, 900).witness(100)
		j.computer = hostB
		j.witness(101)
		j.computer = hostA
		j.symptom(102, 5719, "NETLOGON")
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), "HOST-A exhausted, HOST-B.corp.example exhausted")
	}},
	{"a log that names no computer is of the only machine", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9)
		s.logOf("", -90000, 900).witness(100).boot(-100).symptom(90, 5719, "NETLOGON").stuck(95, 7, 50000, 20)
	}, func(t *testing.T, r *report.Report) {
		is(t, "confidence", r.Verdict.Confidence, report.Proven)
		is(t, "boots", len(r.Bundle.Boots), 1)
		is(t, "symptoms", count(r, "evtx-symptom"), 1)
		is(t, "hang", count(r, "evtx-stuck-closes"), 20)
		is(t, "hosts", len(r.Bundle.Hosts), 0)
	}},
	{"a machine has the name that its witnesses have, and not that of a record of a hanging close", func(s *story) {
		j := s.small().logOf(hostA, -90000, 900).witness(100).stuck(200, 7, 50000, 5)
		for i := range j.records {
			j.records[i].Computer = map[bool]string{true: "HOST-A.new.example", false: "HOST-A.old.example"}[j.records[i].ID == 16002]
		}
	}, func(t *testing.T, r *report.Report) { is(t, "host", r.Verdict.Host, "HOST-A.old.example") }},
	{"a log whose first record has no name is of the next one's", func(s *story) {
		j := s.small().logOf(hostA, -90000, 900).witness(100)
		j.records[0].Computer = ""
	}, func(t *testing.T, r *report.Report) { is(t, "pools", outcomesOf(r), "HOST-A exhausted") }},
	{"beside a named one it is of that", func(s *story) {
		s.small().logOf("", -90000, 900).witness(100)
		s.system(hostA, "10.0.17763")
	}, func(t *testing.T, r *report.Report) { is(t, "pools", outcomesOf(r), "HOST-A exhausted") }},
	{"among several a trace goes to the one whose 4231 stands within a minute", func(s *story) {
		s.trace(0, 200).refuse(100, 9)
		s.logOf(hostA, -90000, 900)
		s.logOf(hostB, -90000, 900).witness(160)
	}, func(t *testing.T, r *report.Report) {
		is(t, "trace", hostOfFile(r, "Server.etl"), hostB)
		is(t, "pools", outcomesOf(r), "HOST-A inconclusive, "+hostB+" exhausted")
	}},
	{"later than a minute it does not", func(s *story) {
		s.trace(0, 200).refuse(100, 9)
		s.logOf(hostA, -90000, 900)
		s.logOf(hostB, -90000, 900).witness(161)
	}, func(t *testing.T, r *report.Report) {
		is(t, "trace", hostOfFile(r, "Server.etl"), "")
		is(t, "pools", outcomesOf(r), " exhausted, HOST-A inconclusive, "+hostB+" exhausted")
	}},
	{"to the one whose log alone covers it", func(s *story) {
		s.trace(0, 200).refuse(100, 9)
		s.logOf(hostA, -90000, 900)
		s.logOf(hostB, 500, 900)
	}, func(t *testing.T, r *report.Report) {
		is(t, "trace", hostOfFile(r, "Server.etl"), hostA)
		is(t, "pools", outcomesOf(r), "HOST-A exhausted, "+hostB+" inconclusive")
	}},
	{"texts go to the one that a text of their folder names", func(s *story) {
		s.text("a/dynamicport.txt", rangeLines("tcp", 50000, 300)).text("b/dynamicport.txt", rangeLines("tcp", 51000, 400))
		s.system(hostA, "10.0.17763").system("HOST-B", "10.0.17763")
		s.files[2].name, s.files[3].name = "a/systeminfo.txt", "b/systeminfo.txt"
	}, func(t *testing.T, r *report.Report) {
		is(t, "a", hostOfFile(r, "a/dynamicport.txt"), hostA)
		is(t, "b", hostOfFile(r, "b/dynamicport.txt"), "HOST-B")
		is(t, "ranges", r.Verdict.Pools[0].Start*10+r.Verdict.Pools[2].Start, 50000*10+51000)
	}},
	{"or to the one that a log of their folder names, or a text of a folder beside theirs", func(s *story) {
		s.text("a/dynamicport.txt", rangeLines("tcp", 50000, 300)).text("b/net/dynamicport.txt", rangeLines("tcp", 51000, 400))
		s.logOf(hostA, -90000, 900)
		s.system("HOST-B", "10.0.17763")
		s.files[2].name, s.files[3].name = "a/System.evtx", "b/host/systeminfo.txt"
	}, func(t *testing.T, r *report.Report) {
		is(t, "a", hostOfFile(r, "a/dynamicport.txt"), hostA)
		is(t, "b", hostOfFile(r, "b/net/dynamicport.txt"), "HOST-B")
	}},
	{"what a text of the folder names goes before its log", func(s *story) {
		s.text("dynamicport.txt", rangeLines("tcp", 50000, 300)).system("HOST-B", "10.0.17763")
		s.logOf(hostA, -90000, 900)
	}, func(t *testing.T, r *report.Report) { is(t, "range", hostOfFile(r, "dynamicport.txt"), "HOST-B") }},
	{"or to the one whose name stands in theirs or their folder's", func(s *story) {
		s.text("HOST-A_ports.txt", rangeLines("tcp", 50000, 300)).text("host-b/ports.txt", rangeLines("tcp", 51000, 400)).text("host-bell.txt", rangeLines("tcp", 52000, 400))
		s.logOf(hostA, -90000, 900)
		s.logOf(hostB, -90000, 900)
	}, func(t *testing.T, r *report.Report) {
		is(t, "a", hostOfFile(r, "HOST-A_ports.txt"), hostA)
		is(t, "b", hostOfFile(r, "host-b/ports.txt"), hostB)
		is(t, "of neither", hostOfFile(r, "host-bell.txt"), "")
	}},
	{"steps of each machine are for that machine", func(s *story) {
		s.system(hostA, "10.0.17763").system("HOST-B", "10.0.17763")
		s.table(100, "anobq", conns(7, 49152, 16000, "BOUND"))
		s.logOf("HOST-B", -90000, 900).witness(100)
		s.files[0].name, s.files[1].name, s.files[2].name = "a/systeminfo.txt", "b/systeminfo.txt", "a/netstat.txt"
	}, func(t *testing.T, r *report.Report) {
		is(t, "host", r.Verdict.Host, "HOST-B")
		of := map[string]int{}
		for _, s := range r.Verdict.NextSteps {
			of[s.Host]++
			is(t, s.Text, strings.HasPrefix(s.Text, hostA), s.Host == hostA)
		}
		if of[hostA] == 0 || of["HOST-B"] == 0 {
			t.Error(of)
		}
	}},
	{"two names in one folder name nobody else there", func(s *story) {
		s.text("dynamicport.txt", rangeLines("tcp", 50000, 300)).system(hostA, "10.0.17763").system("HOST-B", "10.0.17763")
	}, func(t *testing.T, r *report.Report) { is(t, "range", hostOfFile(r, "dynamicport.txt"), "") }},
	{"one machine's witness says nothing of another", func(s *story) {
		s.logOf(hostA, -90000, 900).witness(100).boot(-50)
		s.logOf(hostB, -90000, 900).stuck(100, 7, 49152, 200)
	}, func(t *testing.T, r *report.Report) {
		is(t, "pools", outcomesOf(r), "HOST-A exhausted, "+hostB+" inconclusive")
		is(t, "boots", r.Bundle.Boots[0].Host, hostA)
		for _, f := range r.Findings {
			if f.ID == "evtx-4231" && f.Host != hostA || f.ID == "evtx-stuck-closes" && f.Host != hostB {
				t.Errorf("%s is of %s", f.ID, f.Host)
			}
		}
	}},
}

func TestMachines(t *testing.T) {
	play(t, machinesScenes)
}

func TestWorstMachineDecides(t *testing.T) {
	two := func(s *story) {
		s.logOf(hostA, -90000, 900).witness(100)
		s.logOf(hostB, -90000, 900)
	}
	s := tell(t)
	two(s)
	r := s.judge()
	is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
	is(t, "host", r.Verdict.Host, hostA)
	wants(t, r.Verdict.Summary, "other machines too: "+hostB+" (inconclusive)")
	s.host = "host-b"
	r = s.judge()
	is(t, "picked", r.Verdict.Outcome, report.Inconclusive)
	is(t, "picked", r.Verdict.Host, hostB)
	is(t, "evidence of the other", count(r, "evtx-4231"), 0)
	s.host = "nobody"
	r = s.judge()
	is(t, "nobody", r.Verdict.Outcome, report.Inconclusive)
	is(t, "nobody", r.Diagnostics[0].Code, "host-unknown")
	for _, tc := range []struct{ all, want string }{
		{"not-exhausted inconclusive", "inconclusive"}, {"inconclusive likely", "likely"}, {"likely exhausted", "exhausted"}, {"not-exhausted", "not-exhausted"},
	} {
		var all []report.Outcome
		for o := range strings.FieldsSeq(tc.all) {
			all = append(all, report.Outcome(o))
		}
		is(t, tc.all, worst(all), report.Outcome(tc.want))
	}
}

var bootsScenes = []scene{
	{"the records of one start are one", func(s *story) {
		s.small().log(-90000, 900).boot(-100).record(-99, 6005, "EventLog").record(-98, 6009, "EventLog").record(-97, 6008, "EventLog").record(-96, 6013, "EventLog", "", "", "", "", "60", "0", "W")
		s.healthy(0, 300)
	}, func(t *testing.T, r *report.Report) {
		is(t, "boots", len(r.Bundle.Boots), 1)
		is(t, "restarts", count(r, "evtx-restart"), 1)
		is(t, "at", r.Bundle.Boots[0].At.String(), report.Time{Time: moment(-100)}.String())
	}},
	{"an id that comes again is another", func(s *story) {
		s.small().log(-90000, 900).boot(-100).record(-99, 6005, "EventLog").boot(-60).record(-50, 6005, "EventLog")
	}, func(t *testing.T, r *report.Report) { is(t, "boots", len(r.Bundle.Boots), 2) }},
	{"what is 5 min later belongs to it, what is later does not", func(s *story) {
		s.small().log(-90000, 900).boot(-1000).record(-700, 6005, "EventLog").record(-699, 6009, "EventLog")
	}, func(t *testing.T, r *report.Report) { is(t, "boots", len(r.Bundle.Boots), 2) }},
	{"a restart ends an episode", func(s *story) {
		s.small().log(-90000, 9000).witness(100).boot(4000)
	}, func(t *testing.T, r *report.Report) {
		w := r.Verdict.Windows[0]
		is(t, "ends", w.Ends, "restart")
		is(t, "at", w.EndedAt.Equal(moment(4000)), true)
		wants(t, r.Verdict.Summary, "until the restart of 2026-03-10 10:06 UTC")
	}},
	{"a start parts records less than a day apart", func(s *story) {
		s.small().log(-90000, 90000).witness(100).boot(4000).witness(5000)
	}, func(t *testing.T, r *report.Report) {
		is(t, "episodes", len(r.Verdict.Windows), 2)
		wants(t, said(r), "This is the last of 2 episodes of the pool.")
	}},
	{"a start parts refusals that no success parts", func(s *story) {
		s.small().log(-90000, 900).boot(150)
		s.trace(0, 120).refuse(100, 9)
		s.trace(160, 300).refuse(170, 9)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
	{"a table of another start names nobody", func(s *story) {
		s.small().log(-90000, 9000).witness(100).boot(200)
		s.table(300, "anobq", conns(7, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		is(t, "basis", r.Verdict.Windows[0].Balance.Basis, "none")
		wants(t, said(r), "No input shows who held the ports at that time.", "Check PID 7: 290 ports that are bound and not connected at 2026-03-10 09:05:00 UTC. That is not shown to be the cause.")
	}},
	{"in the same start it does", func(s *story) {
		s.small().log(-90000, 9000).boot(50).witness(100)
		s.table(300, "anobq", conns(7, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "PID 7") }},
	{"a table of another start is no second witness", func(s *story) {
		s.small().log(-90000, 9000).witness(100).boot(110)
		s.table(120, "anobq", conns(7, 50000, 300, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "confidence", r.Verdict.Confidence, report.Strong) }},
	{"a trace of another start names nobody", func(s *story) {
		s.small().log(-90000, 9000).witness(-500).boot(-10)
		s.trace(0, 100).opensMany(7, 50000, 290, 1, 90)
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		is(t, "basis", r.Verdict.Windows[0].Balance.Basis, "none")
	}},
	{"a start frees what hangs", func(s *story) {
		s.small().log(-90000, 9000).stuck(0, 7, 50000, 200).boot(500).stuck(600, 8, 50000, 20)
	}, func(t *testing.T, r *report.Report) {
		is(t, "hang", count(r, "evtx-stuck-closes"), 20)
		is(t, "most at one time", *tcpPool(r).Used, 200)
		is(t, "at", tcpPool(r).UsedAt.Equal(moment(0)), true)
		wants(t, finding(r, "evtx-stuck-closes").Text, "20 distinct TCP ports hang in closing since the start of 2026-03-10 09:08 UTC", "PID 8 20")
	}},
	{"a record is not given to an episode of another start", func(s *story) {
		s.small().trace(0, 110).refuse(100, 9)
		s.log(-90000, 9000).boot(150).witness(200)
	}, func(t *testing.T, r *report.Report) { is(t, "episodes", len(r.Verdict.Windows), 2) }},
}

func TestBoots(t *testing.T) {
	play(t, bootsScenes)
}
