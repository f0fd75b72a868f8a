package verdict

import (
	"slices"
	"strings"
	"testing"

	"portverdict/report"
	"portverdict/report/facts"
)

var poolRangesScenes = []scene{
	{"without any text it is Windows' default, said to be assumed", func(s *story) {
		s.healthy(0, 100)
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 49152 || p.Count != 16384 || p.RangeSource != "default" || p.Family != "any" {
			t.Errorf("%+v", p)
		}
		wants(t, p.RangeBasis, "assumed")
		is(t, "finding", has(r, "range-unknown"), true)
		is(t, "confidence", p.Confidence, report.Moderate)
		wants(t, said(r), "The dynamic range is assumed (Windows' default): no file states it.")
	}},
	{"Windows Server 2003 has another range, no netsh for it and no trace", func(s *story) {
		s.system(computer, "5.2.3790").table(100, "ano", conns(7, 1100, 3900, "TIME_WAIT"))
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 1025 || p.Count != 3976 || p.RangeSource != "default" || r.Verdict.Outcome != report.Likely {
			t.Errorf("%+v", p)
		}
		wants(t, stepsOf(r), "netstat -anob &", "reg query")
		wantsNot(t, stepsOf(r), "dynamicport", "netsh trace", "wevtutil")
	}},
	{"where MaxUserPort sets its end", func(s *story) {
		s.system(computer, "5.2.3790").table(100, "ano", conns(7, 1100, 3900, "ESTABLISHED"))
		s.text("reg.txt", "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    MaxUserPort    REG_DWORD    0x1388\r\n")
	}, func(t *testing.T, r *report.Report) {
		if p := tcpPool(r); p.Start != 1025 || p.Count != 3976 || !strings.HasPrefix(p.RangeSource, "ev-") {
			t.Errorf("%+v", p)
		}
		wants(t, stepsOf(r), "raise MaxUserPort, now 5000, to 65534", "/v MaxUserPort /t REG_DWORD /d 65534")
		wantsNot(t, stepsOf(r), "dynamicport")
	}},
	{"each machine has a tcp and a udp pool", func(s *story) { s.small() }, func(t *testing.T, r *report.Report) {
		if len(r.Verdict.Pools) != 2 || r.Verdict.Pools[0].Transport != "tcp" || r.Verdict.Pools[1].Transport != "udp" {
			t.Errorf("%+v", r.Verdict.Pools)
		}
		if p := r.Verdict.Pools[1]; p.Used != nil || p.Balance.Basis != "none" || p.Balance.Unaccounted != 16384 || p.Balance.DistanceSeconds != nil {
			t.Errorf("%+v", p.Balance)
		}
	}},
	{"a whole table without a row of UDP tells nothing of UDP", func(s *story) {
		s.text("netstat.txt", "C:\\>netstat -anoq\n\nActive Connections\n\n  Proto  Local Address  Foreign Address  State  PID\n"+
			"  TCP    0.0.0.0:135     0.0.0.0:0       LISTENING    956\n  TCP    10.0.0.5:49700  10.0.0.9:443    ESTABLISHED  4242\n")
	}, func(t *testing.T, r *report.Report) {
		is(t, "tcp", *tcpPool(r).Used, 1)
		if p := poolOf(r, "udp"); p.Used != nil || p.Balance.Basis != "none" {
			t.Errorf("%+v", p)
		}
	}},
	{"a small range that a text states is told, used or not", func(s *story) { s.rangeOf("udp", "any", 50000, 300) }, func(t *testing.T, r *report.Report) {
		is(t, "small", count(r, "range-small"), 300)
	}},
	{"a text tells it, with its evidence", func(s *story) { s.small().healthy(0, 100) }, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 50000 || p.Count != 300 || !strings.HasPrefix(p.RangeSource, "ev-") {
			t.Errorf("%+v", p)
		}
		is(t, "range-unknown", count(r, "range-unknown"), 0)
		if !slices.ContainsFunc(r.Evidence, func(e report.Evidence) bool { return e.ID == p.RangeSource && e.Kind == "host.range" }) {
			t.Error("the range is not among the evidence")
		}
	}},
	{"--range goes before any text", func(s *story) {
		s.small().options.Ranges = map[string]facts.PortRange{"tcp": {Start: 60000, Count: 255}}
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 60000 || p.Count != 255 || p.RangeSource != "option" {
			t.Errorf("%+v", p)
		}
		is(t, "udp", poolOf(r, "udp").RangeSource, "default")
	}},
	{"in a transcript the last show counts", func(s *story) {
		s.text("transcript.txt", rangeLines("tcp", 49152, 16384)+"C:\\>netsh int ipv4 set dynamicport tcp start=50000 num=300\r\nOk.\r\n\r\n"+rangeLines("tcp", 50000, 300))
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 50000) }},
	{"netsh goes before the templates of Get-NetTCPSetting, and Internet before the others", func(s *story) {
		s.text("a.txt", templates("Datacenter", 20000, 1000, "Internet", 30000, 2000))
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 30000) }},
	{"a template other than Internet is better than none", func(s *story) {
		s.text("a.txt", templates("Datacenter", 20000, 1000, "Compat", 20000, 1000))
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 20000) }},
	{"netsh beside the templates", func(s *story) {
		s.text("a.txt", templates("Datacenter", 20000, 1000, "Internet", 30000, 2000)).small()
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 50000) }},
	{"a range of the family goes before one of any", func(s *story) {
		s.text("a.txt", rangeLines("tcp", 50000, 300)).rangeOf("tcp", "ipv4", 51000, 400)
	}, func(t *testing.T, r *report.Report) {
		if v := r.Verdict.Pools; len(v) != 3 || v[0].Start != 51000 || v[1].Start != 50000 {
			t.Errorf("%+v", v)
		}
	}},
	{"texts that disagree are told", func(s *story) {
		s.text("a.txt", rangeLines("tcp", 50000, 300)).text("b.txt", rangeLines("tcp", 51000, 300)).text("c.txt", rangeLines("tcp", 50000, 300))
	}, func(t *testing.T, r *report.Report) {
		n := 0
		for _, d := range r.Diagnostics {
			if d.Code == "range-disagrees" {
				n++
				wants(t, d.Text, "another tcp range (300 ports from 51000)", "that of a.txt is used")
			}
		}
		is(t, "told", n, 1)
	}},
	{"of those the one that 1,000 connections more leave from is taken", func(s *story) {
		s.text("a.txt", rangeLines("tcp", 50000, 300)).text("b.txt", rangeLines("tcp", 20000, 2000))
		s.table(100, "anobq", conns(7, 20000, 1020, "ESTABLISHED"), conns(8, 50000, 20, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 20000) }},
	{"and not for 999", func(s *story) {
		s.text("a.txt", rangeLines("tcp", 50000, 300)).text("b.txt", rangeLines("tcp", 20000, 2000))
		s.table(100, "anobq", conns(7, 20000, 1019, "ESTABLISHED"), conns(8, 50000, 20, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 50000) }},
}

func TestPoolRanges(t *testing.T) {
	play(t, poolRangesScenes)
}

func rangeLines(transport string, start, count int) string {
	return "Protocol " + transport + " Dynamic Port Range\r\n---------------------------------\r\nStart Port      : " + plain(start) + "\r\nNumber of Ports : " + plain(count) + "\r\n\r\n"
}

func plain(n int) string { return strings.ReplaceAll(number(n), ",", "") }

// templates is what Get-NetTCPSetting says of two templates.
func templates(a string, start, count int, b string, start2, count2 int) string {
	row := func(name string, start, count int) string {
		return "SettingName                   : " + name + "\r\nDynamicPortRangeStartPort     : " + plain(start) + "\r\nDynamicPortRangeNumberOfPorts : " + plain(count) + "\r\n\r\n"
	}
	return row(a, start, count) + row(b, start2, count2)
}

func TestPoolsOfFamilies(t *testing.T) {
	split := func(s *story) *story { return s.rangeOf("tcp", "ipv4", 50000, 300).rangeOf("tcp", "ipv6", 51000, 400) }
	play(t, []scene{
		{"ranges that agree are one pool", func(s *story) {
			s.rangeOf("tcp", "ipv4", 50000, 300).rangeOf("tcp", "ipv6", 50000, 300)
			s.table(100, "anobq", conns(7, 50000, 20, "BOUND"), strings.ReplaceAll(conns(7, 50010, 20, "BOUND"), "0.0.0.0", "[::]"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "pools", len(r.Verdict.Pools), 2)
			is(t, "used", *tcpPool(r).Used, 30)
			is(t, "holder", r.Verdict.Holders[0].Ports, 30)
			is(t, "orphans", r.Verdict.Holders[0].OrphanBound, 30)
		}},
		{"ranges that differ are two", func(s *story) {
			split(s).table(100, "anobq", conns(7, 50000, 20, "BOUND"), conns(7, 51000, 7, "BOUND"), strings.ReplaceAll(conns(7, 51000, 30, "BOUND"), "0.0.0.0", "[::]"))
		}, func(t *testing.T, r *report.Report) {
			v := r.Verdict.Pools
			if len(v) != 3 || v[0].Family != "ipv4" || v[1].Family != "ipv6" || *v[0].Used != 20 || *v[1].Used != 30 || v[0].Capacity != 300 || v[1].Capacity != 400 {
				t.Errorf("%+v", v)
			}
		}},
		{"a range of IPv6 alone leaves IPv4's unknown and makes no second pool", func(s *story) {
			s.rangeOf("tcp", "ipv6", 51000, 400)
		}, func(t *testing.T, r *report.Report) {
			is(t, "pools", len(r.Verdict.Pools), 2)
			is(t, "start", tcpPool(r).Start, 51000)
		}},
		{"one family runs out", func(s *story) {
			tr := split(s).trace(0, 200)
			tr.v6 = true
			tr.opensMany(7, 51000, 390, 1, 90).refuse(100, 9)
			s.table(100, "anobq", strings.ReplaceAll(conns(7, 51000, 390, "BOUND"), "0.0.0.0", "[::]"))
		}, func(t *testing.T, r *report.Report) {
			v := r.Verdict.Pools
			is(t, "ipv4", v[0].Outcome, report.Inconclusive)
			is(t, "ipv6", v[1].Outcome, report.Exhausted)
			wants(t, r.Verdict.Summary, "TCP ports 51000-51399 (IPv6)", "PID 7 held 390 of 400")
			is(t, "window", r.Verdict.Windows[0].Family, "ipv6")
			wants(t, stepsOf(r), "TCP over IPv6 range", "netsh int ipv6 set dynamicport tcp")
		}},
		{"a 4231 joins the pool whose refusals it falls among", func(s *story) {
			split(s).trace(0, 200).refuse(100, 9)
			s.log(-90000, 900).witness(101)
		}, func(t *testing.T, r *report.Report) {
			is(t, "ipv4", r.Verdict.Pools[0].Outcome, report.Exhausted)
			is(t, "ipv6", r.Verdict.Pools[1].Outcome, report.Inconclusive)
			is(t, "confidence", r.Verdict.Confidence, report.Proven)
		}},
		{"else both, at most moderate", func(s *story) { split(s).log(-90000, 900).witness(101) }, func(t *testing.T, r *report.Report) {
			for i := range 2 {
				is(t, "outcome", r.Verdict.Pools[i].Outcome, report.Exhausted)
				is(t, "confidence", r.Verdict.Pools[i].Confidence, report.Moderate)
			}
			wants(t, said(r), "The record does not say whether the IPv4 or the IPv6 range ran out")
			is(t, "records", count(r, "evtx-4231"), 1)
		}},
	})
}

func TestExclusions(t *testing.T) {
	play(t, []scene{
		{"capacity is the range less what is excluded in it", func(s *story) {
			s.span(50000, 1000).excluded([2]int{49000, 50009}, [2]int{50005, 50019}, [2]int{50020, 50029}, [2]int{50990, 60000}, [2]int{100, 200})
			s.table(100, "anobq", conns(7, 50000, 40, "BOUND"), conns(7, 50980, 20, "BOUND"))
		}, func(t *testing.T, r *report.Report) {
			p := tcpPool(r)
			is(t, "excluded", p.Excluded, 40)
			is(t, "capacity", p.Capacity, 960)
			is(t, "used", *p.Used, 20)
			if want := [][2]int{{50000, 50029}, {50990, 50999}}; !slices.Equal(p.ExcludedRanges, want) {
				t.Errorf("%v, want %v", p.ExcludedRanges, want)
			}
			f := finding(r, "range-excluded")
			is(t, "rows", len(f.Evidence), 4)
			is(t, "count", f.Count, 40)
		}},
		{"those of TCP say nothing of UDP", func(s *story) {
			s.excluded([2]int{50000, 59999})
		}, func(t *testing.T, r *report.Report) {
			is(t, "tcp", tcpPool(r).Capacity, 6384)
			is(t, "udp", poolOf(r, "udp").Capacity, 16384)
		}},
		{"blocks of 100 are WinNAT's", func(s *story) {
			s.small().excluded([2]int{50000, 50099}, [2]int{50200, 50299}).table(100, "anobq", conns(7, 50100, 50, "BOUND"))
			s.log(-90000, 900).witness(100)
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "range-excluded").Text, "2 blocks of 100 ports, as WinNAT and Hyper-V")
			wants(t, stepsOf(r), "net stop winnat", "in blocks of 100")
		}},
		{"blocks outside the range are not", func(s *story) {
			s.small().excluded([2]int{50000, 50099}, [2]int{49000, 49099}, [2]int{51000, 51099}).log(-90000, 900).witness(100)
		}, func(t *testing.T, r *report.Report) { wantsNot(t, said(r), "WinNAT", "winnat") }},
		{"one block alone is not", func(s *story) {
			s.small().excluded([2]int{50000, 50099}).log(-90000, 900).witness(100)
		}, func(t *testing.T, r *report.Report) {
			wantsNot(t, said(r), "WinNAT", "winnat")
			wants(t, stepsOf(r), "rows marked * are administered", "netsh int ipv4 show excludedportrange protocol=tcp")
			wantsNot(t, stepsOf(r), "delete excludedportrange")
		}},
		{"50000-50059 comes with Windows 10", func(s *story) {
			s.excluded([2]int{50000, 50059}).healthy(0, 100)
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "range-excluded").Text, "50000-50059, an administered exclusion that Windows 10 comes with")
			wantsNot(t, stepsOf(r), "excluded")
		}},
	})
}

var rangesThatAreRefutedScenes = []scene{
	{"ports in Windows' default refute a told range", func(s *story) {
		s.small().trace(0, 200).open(10, 7, 60000)
		s.tapes[0].refuse(100, 9)
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 49152 || p.RangeSource != "inferred" || p.Confidence != report.Moderate {
			t.Errorf("%+v", p)
		}
		wants(t, p.RangeBasis, "1 port handed out in the trace lie outside the range told (50000-50299)", "all of them lie in Windows' default")
		wants(t, said(r), "1 port handed out in the trace lie")
		wantsNot(t, said(r), "The dynamic range is 1 port")
		is(t, "contradiction", count(r, "contradiction-range"), 1)
		is(t, "its rows", len(finding(r, "contradiction-range").Evidence), 2)
		wants(t, finding(r, "contradiction-range").Text, "Windows gave out 1 TCP ports from 60000 to 60000, but the stated range is 50000-50299")
	}},
	{"ports elsewhere leave the default, refuted, and no share is told", func(s *story) {
		s.small().trace(0, 200).open(10, 7, 30000)
		s.tapes[0].opensMany(7, 50000, 100, 1, 90).refuse(100, 9)
		s.table(100, "anobq", conns(7, 49152, 16384, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 49152 || p.RangeSource != "default" || p.Confidence != report.Moderate {
			t.Errorf("%+v", p)
		}
		wants(t, p.RangeBasis, "refuted")
		wants(t, said(r), "Where the ports were cannot be told: the range in force is not known.", "The dynamic range is in doubt")
		wantsNot(t, r.Verdict.Summary, "49152", "held")
		for _, h := range r.Verdict.Holders {
			is(t, "share", h.Share, 0.0)
		}
		for _, id := range []string{"pool-full", "bound-leak", "tuple-exhaustion"} {
			is(t, id, count(r, id), 0)
		}
		wantsNot(t, stepsOf(r), "set dynamicport")
	}},
	{"a span that was in use while refused is the range", func(s *story) {
		s.small().trace(0, 200).opensMany(7, 20000, 400, 1, 90).refuse(100, 9)
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		if p.Start != 20000 || p.Count != 400 || p.RangeSource != "inferred" || p.Confidence != report.Moderate {
			t.Errorf("%+v", p)
		}
		wants(t, said(r), "inferred from the dynamic ports in use while attempts were refused")
		wantsNot(t, stepsOf(r), "set dynamicport")
	}},
	{"stated ports refute nothing", func(s *story) {
		tr := s.small().trace(0, 200).refuse(100, 9)
		tr.socket(10, 7, tcp).opens(10, 30000, 30000)
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 50000) }},
	{"--range is refuted as a text is, and the contradiction is told", func(s *story) {
		s.options.Ranges = map[string]facts.PortRange{"tcp": {Start: 50000, Count: 300}}
		s.trace(0, 200).open(10, 7, 30000)
		s.tapes[0].refuse(100, 9)
	}, func(t *testing.T, r *report.Report) {
		is(t, "start", tcpPool(r).Start, 49152)
		wants(t, tcpPool(r).RangeBasis, "refuted")
		wants(t, finding(r, "contradiction-range").Text, "the stated range is 50000-50299 (of --range)")
	}},
	{"a healthy trace with ports outside the range is unclear", func(s *story) {
		s.small().trace(0, 200).busy(0, 200, 10, tcp, 30000)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, said(r), "ports were handed out outside the range assumed, and the range in force is not known")
	}},
	{"tables refute an assumed range", func(s *story) {
		s.table(100, "anobq", conns(7, 1100, 1500, "ESTABLISHED"))
		s.healthy(0, 200)
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, tcpPool(r).RangeBasis, "shows 1,500 connections made from ports outside Windows' default")
	}},
	{"but not a told one", func(s *story) {
		s.small().table(100, "anobq", conns(7, 1100, 1500, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { wantsNot(t, said(r), "refuted") }},
	{"a server's own connections refute nothing", func(s *story) {
		s.table(100, "anobq", serverRows(7, 443, 1500, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { wantsNot(t, said(r), "refuted") }},
}

func TestRangesThatAreRefuted(t *testing.T) {
	play(t, rangesThatAreRefutedScenes)
}

var portsOfATableScenes = []scene{
	{"a port counts once, by whatever rows", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50001, 1, "BOUND"), towards(7, 50001, 1, "ESTABLISHED", "10.0.0.9:443"), conns(7, 50002, 1, "BOUND"),
			"  TCP    [::]:50002             [::]:0                 BOUND           7\r\n", conns(0, 50003, 1, "TIME_WAIT"), conns(8, 50400, 1, "BOUND"),
			conns(7, 50004, 1, "ESTABLISHED"), conns(9, 50004, 1, "ESTABLISHED"), conns(0, 50004, 1, "TIME_WAIT"), conns(11, 50005, 1, "LISTENING"))
	}, func(t *testing.T, r *report.Report) {
		p := tcpPool(r)
		is(t, "used", *p.Used, 5)
		if b := p.Balance; b.Holders != 4 || b.TimeWait != 1 || b.Free != 295 || b.Unaccounted != 0 || b.Basis != "table" {
			t.Errorf("%+v", b)
		}
		is(t, "7", holderOf(r, 7).Ports, 3)
		is(t, "7 orphans", holderOf(r, 7).OrphanBound, 1)
		is(t, "9", holderOf(r, 9).Ports, 1)
		is(t, "a listener in the range counts", holderOf(r, 11).Ports, 1)
		if holderOf(r, 8) != nil {
			t.Error("a port outside the range counts")
		}
	}},
	{"an incomplete table shows nothing as free", func(s *story) {
		s.small().table(100, "ano", conns(7, 50000, 100, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		if b := tcpPool(r).Balance; b.Free != 0 || b.Unaccounted != 200 || b.Holders != 100 {
			t.Errorf("%+v", b)
		}
	}},
	{"ports of nobody known are unaccounted for", func(s *story) {
		s.small().table(100, "anq", strings.ReplaceAll(conns(7, 50000, 100, "ESTABLISHED"), "   7\r\n", "\r\n"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", *tcpPool(r).Used, 100)
		is(t, "holders", len(r.Verdict.Holders), 0)
	}},
	{"UDP rows count in the UDP pool", func(s *story) {
		s.rangeOf("udp", "any", 50000, 300).table(100, "anobq", datagrams(40, 50000, 50), conns(7, 50000, 20, "BOUND"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "udp", *poolOf(r, "udp").Used, 50)
		is(t, "tcp", *tcpPool(r).Used, 20)
	}},
	{"TIME_WAIT on the server's own port takes no dynamic port", func(s *story) {
		s.small().table(100, "anobq", serverRows(7, 443, 250, "TIME_WAIT"))
		s.healthy(0, 200)
	}, func(t *testing.T, r *report.Report) {
		is(t, "churn", count(r, "time-wait-churn"), 0)
		is(t, "told", count(r, "server-side-states"), 250)
		is(t, "cause", r.Verdict.Cause, report.CauseServerSide)
		wants(t, finding(r, "server-side-states").Text, "Port 443 of this machine's own server has 250 in TIME_WAIT: they take no dynamic port")
	}},
	{"a listener's port in the range counts once", func(s *story) {
		s.small().table(100, "anobq", serverRows(7, 50100, 250, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "used", *tcpPool(r).Used, 1)
		is(t, "peers", count(r, "tuple-exhaustion"), 0)
	}},
	{"more connections than ports are sharing", func(s *story) {
		s.span(50000, 30).table(100, "anobq", towards(7, 50000, 20, "ESTABLISHED", "198.51.100.7:443"), towards(7, 50000, 20, "ESTABLISHED", "198.51.100.8:443"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "sharing", count(r, "port-sharing"), 40)
		wants(t, finding(r, "port-sharing").Text, "40 connections use 20 ports")
	}},
	{"as many as ports are none", func(s *story) {
		s.span(50000, 40).table(100, "anobq", towards(7, 50000, 20, "ESTABLISHED", "198.51.100.7:443"), towards(7, 50000, 20, "ESTABLISHED", "198.51.100.8:443"))
	}, func(t *testing.T, r *report.Report) { is(t, "sharing", has(r, "port-sharing"), false) }},
	{"towards one endpoint distinct ports count, for each local address", func(s *story) {
		one := towards(7, 50000, 150, "ESTABLISHED", "198.51.100.7:443")
		two := strings.ReplaceAll(towards(7, 50100, 150, "ESTABLISHED", "198.51.100.7:443"), "10.0.0.5", "10.0.0.6")
		s.span(50000, 300).table(100, "anobq", one, one, two)
	}, func(t *testing.T, r *report.Report) {
		is(t, "peers", has(r, "tuple-exhaustion"), false)
		is(t, "used", *tcpPool(r).Used, 250)
	}},
}

func TestPortsOfATable(t *testing.T) {
	play(t, portsOfATableScenes)
}
