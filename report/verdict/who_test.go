package verdict

import (
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

// images are the images of the victims of each PID, in the order of their first refusal.
func victimImages(r *report.Report) string {
	var out []string
	for _, v := range r.Verdict.Victims {
		out = append(out, v.Image)
	}
	return strings.Join(out, ",")
}

var whoAProcessIsScenes = []scene{
	{"a PID that is used again is another process", func(s *story) {
		tr := s.small().trace(0, 100).started(1, 7, "first.exe").refuse(2, 7).refuse(3, 7).ended(10, 7)
		tr.keys[7] = 0xFFFFC40A01234080
		tr.started(20, 7, "second.exe").refuse(30, 7)
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), "first.exe,second.exe") }},
	{"a name found later is not given to the earlier life", func(s *story) {
		tr := s.small().trace(0, 100).refuse(2, 7).refuse(3, 7)
		tr.keys[7] = 0xFFFFC40A01234080
		tr.started(20, 7, "second.exe").refuse(30, 7)
		s.tasks(task(7, "second.exe"))
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), ",second.exe") }},
	{"nor is the name that a list gives the PID", func(s *story) {
		tr := s.small().trace(0, 100).refuse(2, 7).refuse(3, 7)
		tr.keys[7] = 0xFFFFC40A01234080
		tr.refuse(30, 7)
		s.tasks(task(7, "listed.exe"))
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), ",listed.exe") }},
	{"an EPROCESS that is used again is another process", func(s *story) {
		tr := s.small().trace(0, 100).refuse(2, 7).refuse(3, 7)
		tr.keys[9] = tr.key(7)
		tr.refuse(30, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "7", victims(r)[7], 2)
		is(t, "9", victims(r)[9], 1)
	}},
	{"the classic class names a process by its key", func(s *story) {
		s.small().trace(0, 100).listed(1, 7, "classic.exe").refuse(2, 7)
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), "classic.exe") }},
	{"a trace's name goes before a list's", func(s *story) {
		s.small().trace(0, 100).started(1, 7, "traced.exe").refuse(2, 7)
		s.tasks(task(7, "listed.exe", "Spooler"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "victims", victimImages(r), "traced.exe")
		is(t, "services", len(r.Verdict.Victims[0].Services), 0)
	}},
	{"a list names a victim, with its services", func(s *story) {
		s.small().trace(0, 100).refuse(2, 7)
		s.tasks(task(7, "svchost.exe", "Dnscache", "NlaSvc"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "services", strings.Join(r.Verdict.Victims[0].Services, ","), "Dnscache,NlaSvc")
	}},
	{"a table's owner line names a victim", func(s *story) {
		s.small().trace(0, 100).refuse(2, 7)
		s.table(10, "anobq", owned(conns(7, 50000, 5, "ESTABLISHED"), "owner.exe"))
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), "owner.exe") }},
	{"but not one whose PID went to another process", func(s *story) {
		tr := s.small().trace(0, 100).refuse(2, 7).refuse(3, 7)
		tr.keys[7] = 0xFFFFC40A01234080
		tr.refuse(30, 7)
		s.table(40, "anobq", owned(conns(7, 50000, 5, "ESTABLISHED"), "owner.exe"))
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), ",owner.exe") }},
	{"an unknown PID is shown by its key", func(s *story) {
		tr := s.small().trace(0, 100)
		tr.anon = true
		tr.refuse(2, 7)
	}, func(t *testing.T, r *report.Report) {
		is(t, "key", r.Verdict.Victims[0].ProcessKey, "0xFFFFC40A00007080")
		wantsNot(t, said(r)+asJSON(t, r), "PID -1", `"pid": -1`)
	}},
	{"a debugger's list names a key", func(s *story) {
		tr := s.small().trace(0, 100)
		tr.anon = true
		tr.refuse(2, 7)
		s.text("procs.txt", "PROCESS ffffc40a00007080\r\n    SessionId: 0  Cid: 0007    Peb: 7fffffdf000  ParentCid: 0248\r\n    DirBase: 10a3a000  ObjectTable: fffff8a0018d1c50  HandleCount: 4821.\r\n    Image: dumped.exe\r\n")
	}, func(t *testing.T, r *report.Report) { is(t, "victims", victimImages(r), "dumped.exe") }},
	{"PID 4 is the kernel", func(s *story) { s.small().trace(0, 100).refuse(2, 4) }, func(t *testing.T, r *report.Report) {
		is(t, "victims", victimImages(r), "System")
	}},
	{"victims are told per pool and sorted by failures", func(s *story) {
		s.small().trace(0, 100).refuse(1, 7).refuse(2, 8).refuse(3, 8).fails(4, 7, udp, tooMany)
	}, func(t *testing.T, r *report.Report) {
		v := r.Verdict.Victims
		if len(v) != 3 || v[0].PID != 8 || v[0].Failures != 2 || v[0].Endpoints != 2 || v[1].PID != 7 || v[1].Transport != "tcp" || v[2].Transport != "udp" {
			t.Errorf("%+v", v)
		}
		if !v[0].First.Equal(moment(2)) || !v[0].Last.Equal(moment(3)) {
			t.Errorf("%s to %s", v[0].First, v[0].Last)
		}
	}},
}

// A list of processes of another start of Windows names nobody, and of several lists the
// nearest in time does. Systeminfo tells the start as a log does.
func TestListsOfOtherStarts(t *testing.T) {
	system := "\r\nHost Name:                 " + computer + "\r\nOS Name:                   Microsoft Windows Server 2019 Standard\r\nOS Version:                10.0.17763 N/A Build 17763\r\nSystem Boot Time:          3/10/2026, 9:05:00 AM\r\nSystem Locale:             en-us;English (United States)\r\nTime Zone:                 (UTC) Coordinated Universal Time\r\n"
	list := func(at, image string) string {
		return "2026-03-10 " + at + "\r\n\r\nImage Name                     PID Services\r\n========================= ======== ============================================\r\n" + image + "                          7 N/A\r\n"
	}
	play(t, []scene{
		{"of the start behind", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 290, "BOUND")).text("systeminfo.txt", system).text("tasklist.txt", list("09:06:00", "later.exe"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "holder", r.Verdict.Holders[0].Image, "")
			is(t, "start", len(r.Bundle.Boots), 1)
			wants(t, stepsOf(r), "Windows was started anew at", "nothing is to be freed now")
			wantsNot(t, stepsOf(r), "Restart later.exe")
		}},
		{"of the same start", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 290, "BOUND")).text("systeminfo.txt", system).text("tasklist.txt", list("09:03:00", "agent.exe"))
		}, func(t *testing.T, r *report.Report) { is(t, "holder", r.Verdict.Holders[0].Image, "agent.exe") }},
		{"the nearest", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 290, "BOUND")).text("a.txt", list("12:00:00", "later.exe")).text("b.txt", list("09:02:00", "agent.exe"))
		}, func(t *testing.T, r *report.Report) { is(t, "holder", r.Verdict.Holders[0].Image, "agent.exe") }},
	})
}

func TestWhoAProcessIs(t *testing.T) {
	play(t, whoAProcessIsScenes)
}

var whoHoldsPortsScenes = []scene{
	{"the table's own owner line goes before a list", func(s *story) {
		full(s, owned(conns(7, 50000, 280, "BOUND"), "real.exe"))
		s.tasks(task(7, "other.exe", "Spooler"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "real.exe (PID 7)")
		is(t, "services", len(holderOf(r, 7).Services), 0)
		wants(t, holderOf(r, 7).Note, "a list of another time gives PID 7 to other.exe")
	}},
	{"of several tables of a file that name a PID each has its own name for it", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.loop("anobq", []float64{-700, 101, 800}, func(i int) string {
			return owned(conns(7, 50000, []int{200, 280, 100}[i], "BOUND"), []string{"first.exe", "second.exe", "third.exe"}[i])
		})
	}, func(t *testing.T, r *report.Report) { is(t, "holder", holderOf(r, 7).Image, "second.exe") }},
	{"of a whole trace who holds ports is sure", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 290, 0, 180).refuse(180.001, 9)
	}, func(t *testing.T, r *report.Report) { is(t, "confidence", holderOf(r, 7).Confidence, report.Strong) }},
	{"of one with gaps less so", func(s *story) {
		tr := s.small().trace(0, 200).opensMany(7, 50000, 290, 0, 180).refuse(180.001, 9)
		tr.tune = lostEvents
	}, func(t *testing.T, r *report.Report) { is(t, "confidence", holderOf(r, 7).Confidence, report.Moderate) }},
	{"a list that agrees adds the services", func(s *story) {
		full(s, owned(conns(7, 50000, 280, "BOUND"), "app.exe"))
		s.tasks(task(7, "App.exe", "AppSvc"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "services", strings.Join(holderOf(r, 7).Services, ""), "AppSvc")
		if !slices.ContainsFunc(r.Evidence, func(e report.Evidence) bool { return e.Text == "PID 7 is App.exe with AppSvc" }) {
			t.Error("the row of the list is no evidence")
		}
		wantsNot(t, holderOf(r, 7).Note, "another time")
	}},
	{"PowerShell leaves .exe out", func(s *story) {
		full(s, conns(4388, 50000, 280, "BOUND"))
		s.text("ps.txt", handleText(500)).tasks(task(4388, "LeakyService.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "LeakyService.exe (PID 4388)")
		wantsNot(t, holderOf(r, 4388).Note, "another time")
	}},
	{"no list knows the PID: it has exited", func(s *story) {
		full(s, conns(7, 50000, 280, "BOUND"))
		s.tasks(task(8, "other.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "PID 7")
		wants(t, holderOf(r, 7).Note, "has probably exited, and a child that inherited its handles keeps the ports")
		wants(t, stepsOf(r), "PID 7 is in no process list")
		wantsNot(t, stepsOf(r), "Restart PID 7", "restart the")
	}},
	{"without any list nothing says that it has exited", func(s *story) {
		full(s, conns(7, 50000, 280, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		wantsNot(t, said(r), "exited")
		wants(t, stepsOf(r), "Find out what PID 7 is")
	}},
	{"TIME_WAIT is nobody's", func(s *story) { full(s, conns(0, 50000, 280, "TIME_WAIT")) }, func(t *testing.T, r *report.Report) {
		is(t, "holders", len(r.Verdict.Holders), 0)
		is(t, "waiting", tcpPool(r).Balance.TimeWait, 280)
	}},
	{"netstat -b without PIDs names the program", func(s *story) {
		rows := owned(conns(7, 50000, 280, "BOUND"), "real.exe")
		full(s, strings.ReplaceAll(rows, "   7\r\n", "\r\n"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "real.exe") }},
	{"a sum of one image is a holder", func(s *story) {
		full(s, many("chrome.exe", 28, 10))
	}, func(t *testing.T, r *report.Report) {
		h := r.Verdict.Holders[0]
		if h.Instances != 28 || h.PID != 0 || h.ProcessKey != "" || h.Ports != 280 || !h.Named {
			t.Errorf("%+v", h)
		}
		is(t, "members shown", len(r.Verdict.Holders), 21-1)
		wants(t, r.Verdict.Summary, "28 x chrome.exe held 280 of 300")
	}},
	{"a sum says that it is one", func(s *story) { full(s, many("chrome.exe", 28, 10)) }, func(t *testing.T, r *report.Report) {
		is(t, "note", r.Verdict.Holders[0].Note, "28 processes of one program, none of which has half of these ports")
	}},
	{"svchost makes no sum", func(s *story) { full(s, many("svchost.exe", 28, 10)) }, func(t *testing.T, r *report.Report) {
		is(t, "named", named(r), "")
		is(t, "first", r.Verdict.Holders[0].Instances, 1)
	}},
	{"a small sum is none", func(s *story) { full(s, many("chrome.exe", 2, 14)) }, func(t *testing.T, r *report.Report) {
		is(t, "first", r.Verdict.Holders[0].Instances, 1)
	}},
	{"one process makes no sum", func(s *story) { full(s, many("chrome.exe", 1, 280)) }, func(t *testing.T, r *report.Report) {
		is(t, "holders", len(r.Verdict.Holders), 1)
	}},
	{"a sum counts its members' ports, orphans and CLOSE_WAIT", func(s *story) {
		full(s, owned(conns(21, 50000, 100, "BOUND"), "chrome.exe"), owned(conns(22, 50100, 90, "CLOSE_WAIT"), "chrome.exe"), owned(conns(23, 50190, 90, "CLOSE_WAIT"), "chrome.exe"))
	}, func(t *testing.T, r *report.Report) {
		h := r.Verdict.Holders[0]
		if h.Ports != 280 || h.OrphanBound != 100 || h.CloseWait != 180 || h.Basis != "table" {
			t.Errorf("%+v", h)
		}
	}},
	{"a sum of a trace grows as its members do, and leaks", func(s *story) {
		tr := s.small().trace(0, 200)
		for i := range 3 {
			tr.started(0, 21+i, "worker.exe").opensMany(21+i, 50000+95*i, 95, 0, 190)
		}
		tr.refuse(190, 9)
	}, func(t *testing.T, r *report.Report) {
		h := r.Verdict.Holders[0]
		if h.Instances != 3 || h.Ports != 285 || h.GrowthPerMinute != 90 || !h.Named || h.Basis != "trace" {
			t.Errorf("%+v", h)
		}
		wants(t, r.Verdict.Summary, "3 x worker.exe held 285 of 300")
		is(t, "cause", r.Verdict.Cause, report.CauseLeak)
		wants(t, stepsOf(r), "Restart 3 x worker.exe", "Have the owner of worker.exe close its sockets")
	}},
	{"a sum of members that the trace shows and some that it does not", func(s *story) {
		tr := s.small().trace(0, 200).opensMany(21, 50000, 95, 0, 90)
		tr.refuse(100, 9)
		s.table(100, "anobq", owned(conns(21, 50000, 95, "BOUND")+conns(22, 50095, 95, "BOUND")+conns(23, 50190, 95, "BOUND"), "worker.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "sum", r.Verdict.Holders[0].Basis, "both")
		is(t, "21", holderOf(r, 21).Basis, "both")
		is(t, "22", holderOf(r, 22).Basis, "table")
	}},
	{"the trace and the table agree on a holder", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, 290, 0, 180).refuse(180.001, 9)
		s.table(181, "anobq", conns(7, 50000, 290, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		h := holderOf(r, 7)
		is(t, "basis", h.Basis, "both")
		is(t, "confidence", h.Confidence, report.Strong)
		is(t, "key", h.ProcessKey, "0xFFFFC40A00007080")
		wants(t, h.Note, "290 BOUND ports without a connection", "opened in the trace and not given back")
		is(t, "growth", h.GrowthPerMinute, 96.7)
	}},
	{"what the trace does not show was opened before it", func(s *story) {
		s.small().trace(0, 200).opensMany(8, 50290, 5, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(7, 50000, 280, "BOUND"), conns(8, 50290, 5, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		wants(t, holderOf(r, 7).Note, "opened before the trace began")
		is(t, "basis", holderOf(r, 7).Basis, "table")
		is(t, "other", holderOf(r, 8).Basis, "both")
	}},
	{"connections may be younger than the trace", func(s *story) {
		s.small().trace(0, 200).opensMany(8, 50290, 5, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(7, 50000, 280, "ESTABLISHED"), conns(8, 50290, 5, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { wantsNot(t, holderOf(r, 7).Note, "before the trace") }},
	{"the kernel's rows have its name", func(s *story) {
		s.small().log(-900, 900).stuck(100, 4, 50000, 20)
	}, func(t *testing.T, r *report.Report) {
		for _, e := range r.Evidence {
			if e.PID == 4 {
				is(t, e.Text, e.Image, "System")
			}
		}
		is(t, "image", holderOf(r, 4).Image, "System")
	}},
	{"a stuck close names nobody, and a list of a later start not even its image", func(s *story) {
		s.small().log(-90000, 9000).boot(-80000).stuck(100, 7, 50000, 250).witness(200).boot(5000)
		s.tasks(task(7, "later.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "image", holderOf(r, 7).Image, "")
		is(t, "named", named(r), "")
		is(t, "stuck", holderOf(r, 7).StuckCloses, 250)
	}},
	{"in the same start it does", func(s *story) {
		s.small().log(-90000, 9000).boot(-80000).stuck(100, 7, 50000, 250).witness(200)
		s.tasks(task(7, "closer.exe"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "image", holderOf(r, 7).Image, "closer.exe")
		is(t, "named", named(r), "")
	}},
}

func TestWhoHoldsPorts(t *testing.T) {
	play(t, whoHoldsPortsScenes)
}

// many are so many processes of one image, each with so many bound ports.
func many(image string, processes, each int) string {
	var b strings.Builder
	for i := range processes {
		b.WriteString(owned(conns(2000+4*i, 50000+each*i, each, "BOUND"), image))
	}
	return b.String()
}

func TestSameImage(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"app.exe", "APP.EXE", true},
		{"app", "app.exe", true},
		{"app", "apple", false},
		{"VeryLongService", "verylongservicename.exe", true},
		{"VeryLongServic", "verylongservicename.exe", true},
		{"VeryLongServi", "verylongservicename.exe", false},
		{"verylongservicename.exe", "VeryLongService", true},
	} {
		is(t, tc.a+" and "+tc.b, sameImage(tc.a, tc.b), tc.same)
	}
}

func TestLabel(t *testing.T) {
	is(t, "all", label("a.exe", []string{"S"}, 7), "a.exe with S (PID 7)")
	is(t, "three", label("a.exe", []string{"S", "T", "U"}, 7), "a.exe with S, T and U (PID 7)")
	is(t, "four", label("a.exe", []string{"S", "T", "U", "V"}, 7), "a.exe with S, T and 2 more services (PID 7)")
	is(t, "services alone", label("", []string{"S", "T"}, 7), "S and T (PID 7)")
	is(t, "no image", label("", nil, 7), "PID 7")
	is(t, "nothing", label("", nil, report.NoPID), "a process without a name")
	is(t, "nobody", label("", nil, 0), "a process without a name")
	is(t, "no PID", label("a.exe", nil, report.NoPID), "a.exe")
	is(t, "zero", label("a.exe", nil, 0), "a.exe")
}
