package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/report"
)

// Small things that stand at an edge of a condition.
func TestEdges(t *testing.T) {
	play(t, []scene{
		{"a further pool that records alone tell of has no attempts", func(s *story) {
			s.small().rangeOf("udp", "any", 50000, 300).log(-100, 900).witness(100).witness6(200)
		}, func(t *testing.T, r *report.Report) {
			wants(t, r.Verdict.Summary, "The UDP ports 50000-50299 of HOST1 ran out too")
			wantsNot(t, r.Verdict.Summary, "0 attempts")
		}},
		{"two points make a series, one makes none", func(s *story) {
			s.small().loop("anoq", []float64{0, 60}, func(i int) string {
				rows := conns(7, 50000, 150+140*i, "ESTABLISHED")
				if i == 1 {
					rows += conns(8, 50290, 10, "ESTABLISHED")
				}
				return rows
			}).log(-900, 900).witness(61)
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, x := range r.Series {
				got = append(got, fmt.Sprint(x.PID, len(x.Points)))
			}
			is(t, "series", fmt.Sprint(got), "[7 2 8 2]")
		}},
		{"a process with one port has a series", func(s *story) {
			s.small().trace(0, 200).open(10, 7, 50000).closes(100)
		}, func(t *testing.T, r *report.Report) {
			if len(r.Series) != 1 || r.Series[0].PID != 7 {
				t.Errorf("%+v", r.Series)
			}
			is(t, "used", *tcpPool(r).Used, 1)
		}},
		{"of two lists that say the same the first is cited", func(s *story) {
			s.small().text("ps.txt", handleText(5000)).text("ps2.txt", handleText(5000))
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "handles-suspicious")
			is(t, "cited", fmt.Sprint(f.Count, f.RestsOn), "1 [ps.txt]")
		}},
	})
}

// Several traces or tables of one machine.
func TestEdgesBetweenInputs(t *testing.T) {
	play(t, []scene{
		{"of several traces the process that failed most is told first", func(s *story) {
			s.small()
			for i, n := range []int{5, 20} {
				tr := s.trace(float64(300*i), float64(300*i+200))
				for k := range n {
					tr.fails(float64(300*i+k+1), 7+i, tcp, statusMemory)
				}
			}
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, p := range r.Verdict.OtherFailures[0].Processes {
				got = append(got, fmt.Sprint(p.PID, p.Count))
			}
			is(t, "processes", fmt.Sprint(got), "[8 20 7 5]")
		}},
		{"a process that two traces tell of is one victim", func(s *story) {
			s.small()
			for i := range 2 {
				s.trace(float64(300*i), float64(300*i+200)).refuse(float64(300*i+100), 7).refuse(float64(300*i+110), 8)
			}
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, v := range r.Verdict.Victims {
				got = append(got, fmt.Sprint(v.PID, v.Failures, len(v.Evidence)))
			}
			is(t, "victims", fmt.Sprint(got), "[7 2 2 8 2 2]")
			wants(t, r.Verdict.Summary, "4 attempts of 2 processes were refused")
		}},
		{"after a restart a process of the same PID and key is another", func(s *story) {
			s.small().log(-100, 600).boot(250)
			for i := range 2 {
				s.trace(float64(300*i), float64(300*i+200)).refuse(float64(300*i+100), 7)
			}
		}, func(t *testing.T, r *report.Report) {
			is(t, "victims", len(r.Verdict.Victims), 2)
		}},
		{"full tables of one minute are one episode", func(s *story) {
			s.small().loop("anoq", []float64{0, 30}, func(int) string { return conns(7, 50000, 300, "ESTABLISHED") }).log(-900, 900).reused(10)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", fmt.Sprint(len(r.Verdict.Windows), r.Verdict.Windows[0].To), fmt.Sprint(1, report.Time{Time: moment(30)}))
		}},
		{"full tables far apart are two", func(s *story) {
			s.small().loop("anoq", []float64{0, 300, 600}, func(i int) string { return conns(7, 50000, []int{300, 10, 300}[i], "ESTABLISHED") }).log(-900, 900).reused(10).reused(590)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", fmt.Sprint(len(r.Verdict.Windows)), "2")
		}},
		{"what a trace shows at its end is over with a restart", func(s *story) {
			tr := s.small().trace(0, 200)
			tr.opensMany(7, 50000, 250, 10, 150)
			s.log(-100, 600).boot(300).witness(400)
		}, func(t *testing.T, r *report.Report) {
			is(t, "basis", r.Verdict.Windows[0].Balance.Basis, "none")
		}},
		{"the last table counts, also one of a single row", func(s *story) {
			s.small().table(0, "anoq", conns(7, 50000, 245, "ESTABLISHED")).table(100, "ano", conns(7, 50000, 1, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) {
			is(t, "one peer", has(r, "tuple-exhaustion"), false)
		}},
	})
}

// Several traces of one machine.
func TestEdgesBetweenTraces(t *testing.T) {
	play(t, []scene{
		{"an episode of two traces is of the family that both show", func(s *story) {
			s.small().trace(0, 200).refuse(100, 7)
			s.trace(10, 210).refuse(130, 7)
		}, func(t *testing.T, r *report.Report) { is(t, "family", families(r), "ipv4") }},
		{"of IPv6 as well", func(s *story) {
			for i := range 2 {
				tr := s.small().trace(float64(10*i), float64(200+10*i))
				tr.v6 = true
				tr.refuse(float64(100+30*i), 7)
			}
		}, func(t *testing.T, r *report.Report) { is(t, "family", families(r), "ipv6") }},
		{"of both it is of any", func(s *story) {
			s.small().trace(0, 200).refuse(100, 7)
			tr := s.trace(10, 210)
			tr.v6 = true
			tr.refuse(130, 7)
		}, func(t *testing.T, r *report.Report) { is(t, "family", families(r), "any") }},
		{"a trace outside the stated range is told behind one within it", func(s *story) {
			s.small().trace(0, 200).open(10, 7, 50000)
			s.trace(300, 500).opensMany(8, 40000, 5, 310, 400)
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "contradiction-range")
			is(t, "ports", f.Count, 5)
			wants(t, f.Text, "Server2.etl: Windows gave out 5 TCP ports from 40000 to 40004")
		}},
		{"an inferred range rests on each trace that shows a port of it, were it one", func(s *story) {
			s.trace(0, 200).opensMany(7, 20000, 299, 2, 90).refuse(100, 9)
			s.trace(300, 400).open(310, 7, 20299).closes(320)
		}, func(t *testing.T, r *report.Report) {
			is(t, "range", tcpPool(r).RangeSource, "inferred")
			is(t, "rests on", fmt.Sprint(finding(r, "range-small").RestsOn), "[Server.etl Server2.etl]")
		}},
	})
}

// families are those of the episodes.
func families(r *report.Report) string {
	var out []string
	for _, w := range r.Verdict.Windows {
		out = append(out, w.Family)
	}
	return strings.Join(out, " ")
}

// ownersOnly is a table of netstat -nb, which names programs and no PIDs.
func ownersOnly(n int, local, state string) string {
	var b strings.Builder
	b.WriteString(moment(0).Format("2006-01-02 15:04:05") + "\r\n\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State\r\n")
	for i := range n {
		fmt.Fprintf(&b, "  TCP    %s:%d   198.51.100.7:443   %s\r\n [leaky.exe]\r\n", local, 50000+i, state)
	}
	return b.String()
}

// Lists of programs: the first and the last of them count, and the order is that of size.
func TestEdgesOfLists(t *testing.T) {
	play(t, []scene{
		{"the first program of a table without PIDs has a pile too", func(s *story) {
			s.small().text("netstat.txt", ownersOnly(250, "10.0.0.5", "CLOSE_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "close-wait-pile").Text, "leaky.exe")
		}},
		{"all processes with many handles are cited", func(s *story) {
			var b strings.Builder
			for i := range 8 {
				b.WriteString(strings.ReplaceAll(handleText(4000+i), "4388", fmt.Sprint(4388+4*i)))
			}
			s.small().text("ps.txt", b.String())
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "handles-suspicious")
			is(t, "processes", f.Count, 8)
			is(t, "cited", len(f.Evidence), 8)
		}},
		{"of saved counts the largest is told first", func(s *story) {
			s.small().text("PortUsage.txt", "This script outputs the number of unique local TCP ports in use (above the starting port) for each IP address and process on this computer.\r\n\r\n"+
				" Process Name : Number Of Ports Above 49151\r\n ===========================================\r\n  svchost (RpcSs) [956] : 41\r\n  LeakyService [4242] : 9190\r\n\r\n")
		}, func(t *testing.T, r *report.Report) {
			inOrder(t, finding(r, "saved-counts").Text, "9,190", "41")
		}},
	})
}

// What stands beside an episode: records, drivers, hanging closes.
func TestEdgesOfEpisodes(t *testing.T) {
	play(t, []scene{
		{"the driver's failures are evidence of an episode beside the refused attempts", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9).driver(100.001, tcp, tooMany, 0)
		}, func(t *testing.T, r *report.Report) {
			var got []string
			for _, e := range r.Evidence {
				if slices.Contains(r.Verdict.Windows[0].Evidence, e.ID) {
					got = append(got, e.Kind)
				}
			}
			slices.Sort(got)
			is(t, "kinds", fmt.Sprint(got), "[afd.bind tcpip.port-failure]")
		}},
		{"closes that hang since a restart are not told of an episode before it that had none", func(s *story) {
			s.small().log(-90000, 9000).witness(100).boot(5000).stuck(6000, 8, 50000, 20)
		}, func(t *testing.T, r *report.Report) {
			wantsNot(t, finding(r, "evtx-stuck-closes").Text, "when the pool ran out")
		}},
		{"one close that hangs takes a port", func(s *story) {
			s.small().log(-900, 900).stuck(10, 7, 50000, 1)
		}, func(t *testing.T, r *report.Report) { is(t, "used", *tcpPool(r).Used, 1) }},
		{"of many drivers eight are named", func(s *story) {
			hanging(s)
			for i := range 10 {
				s.logs[0].record(float64(-5000+i), 7045, "Service Control Manager", fmt.Sprintf("Acme WFP %d", i), fmt.Sprintf(`\SystemRoot\System32\drivers\acmewfp%d.sys`, i), "kernel mode driver", "auto start", "")
			}
		}, func(t *testing.T, r *report.Report) {
			wants(t, stepsOf(r), "10 were installed", "Acme WFP 7 and 2 more")
			wantsNot(t, stepsOf(r), "Acme WFP 8")
		}},
		{"who has most rows outside the range is told by name alone", func(s *story) {
			s.span(60000, 300).text("netstat.txt", ownersOnly(200, "10.0.0.5", "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) {
			wants(t, strings.Join(tcpPool(r).Reasons, "\n"), "leaky.exe has most rows of netstat.txt: 200, none of them in the dynamic range.")
		}},
		{"a port that has a listener is no client's, and refutes no assumed range", func(s *story) {
			s.table(100, "anobq", conns(7, 20000, 999, "ESTABLISHED"), conns(7, 15443, 1, "LISTENING"), conns(7, 15443, 1, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { is(t, "refuted", saysWord("refuted")(r), "no") }},
		{"one row fewer is no pile", func(s *story) {
			s.span(60000, 300).text("netstat.txt", ownersOnly(199, "10.0.0.5", "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) {
			wantsNot(t, strings.Join(tcpPool(r).Reasons, "\n"), "most rows")
		}},
	})
}

// A kernel driver is known again in the network stack by its name, when that is no word.
func TestSameDriver(t *testing.T) {
	for _, tc := range []struct {
		part, said, kernel string
		same               bool
	}{
		{"acmetap", "acme tunnel", "acmetap", true},
		{"tap", "tunnel", "tap", true},
		{"insecure", "insecure_npcp", "npcp", true},
		{"insecure", "insecure_npc", "npc", false},
	} {
		is(t, tc.part+" and "+tc.kernel, sameDriver(tc.part, tc.said, tc.kernel), tc.same)
	}
}

// Steps of a timeline are as short as leaves no more than 160 of them and one that is
// begun, and times that are absurd make no more than ten times as many.
func TestLaidSteps(t *testing.T) {
	for _, tc := range []struct {
		span    time.Duration
		step, n int
	}{
		{0, 60, 1},
		{160*time.Minute - time.Second, 60, 160},
		{160 * time.Minute, 300, 33},
		{160*300*time.Second - time.Second, 300, 160},
		{160 * 300 * time.Second, 1800, 27},
		{160 * 1800 * time.Second, 3600, 81},
		{160 * time.Hour, 6 * 3600, 27},
		{160 * 6 * time.Hour, 24 * 3600, 41},
		{159 * 24 * time.Hour, 24 * 3600, 160},
		{160 * 24 * time.Hour, 7 * 24 * 3600, 23},
		{160 * 7 * 24 * time.Hour, 30 * 24 * 3600, 38},
		{160 * 30 * 24 * time.Hour, 365 * 24 * 3600, 14},
		{200 * 365 * 24 * time.Hour, 365 * 24 * 3600, 201},
	} {
		got := laid([]time.Time{t0, t0.Add(tc.span)})
		if len(got) < tc.n || len(got) > tc.n+1 || got[0].StepSeconds != tc.step || got[0].T.After(t0) || got[len(got)-1].T.After(t0.Add(tc.span)) {
			t.Errorf("%v: %d steps of %d s", tc.span, len(got), got[0].StepSeconds)
		}
	}
	if got := laid([]time.Time{time.Time{}.AddDate(1, 0, 0), time.Time{}.AddDate(9000, 0, 0)}); len(got) != 10*maxBins {
		t.Errorf("%d steps", len(got))
	}
	is(t, "nothing", len(laid(nil)), 0)
}

// What the log and the lists say of drivers stands beside closes that hang.
func TestEdgesOfDrivers(t *testing.T) {
	installed := func(s *story, at float64, name, file string) {
		s.logs[0].record(at, 7045, "Service Control Manager", name, file, "kernel mode driver", "auto start", "")
	}
	play(t, []scene{
		{"network filters that came after the first hanging close", func(s *story) {
			hanging(s)
			installed(s, 60, "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`)
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "evtx-network-drivers").Text, "1 kernel driver was installed, 1 of them a network filter by their name, all of them after the first hanging close: Acme WFP Callout.")
		}},
		{"one at the same moment came before it", func(s *story) {
			hanging(s)
			installed(s, 50, "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`)
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "evtx-network-drivers").Text, "the last of these 0 s before the first hanging close")
		}},
		{"a driver that was installed twice is named once, and the span is that of all", func(s *story) {
			hanging(s)
			installed(s, -3000, "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`)
			installed(s, -2000, "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`)
			installed(s, -1000, "Acme Disk", `\SystemRoot\System32\drivers\acmedisk.sys`)
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "evtx-network-drivers")
			wants(t, f.Text, "3 kernel drivers were installed, 2 of them network filters by their name, the last of these 34 min before the first hanging close: Acme WFP Callout.")
			is(t, "span", fmt.Sprint(f.First, f.Last), fmt.Sprint(report.Time{Time: moment(-3000)}, report.Time{Time: moment(-1000)}))
		}},
		{"a file of a network filter says it as its name does", func(s *story) {
			hanging(s)
			installed(s, -3000, "Acme", `\SystemRoot\System32\drivers\AcmeNDIS.sys`)
		}, func(t *testing.T, r *report.Report) {
			is(t, "severity", finding(r, "evtx-network-drivers").Severity, "warning")
		}},
		{"without a close that hangs none is told", func(s *story) {
			s.small().log(-90000, 900).witness(100)
			installed(s, -3000, "Acme WFP Callout", `\SystemRoot\System32\drivers\acmewfp.sys`)
		}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "evtx-network-drivers"), false) }},
		{"of twenty filters that are loaded all are named, of more the first twenty", func(s *story) {
			hanging(s)
			var list strings.Builder
			list.WriteString("Name,DisplayName,PathName,State,FileVersion,CompanyName\r\n")
			for i := range 22 {
				list.WriteString(fmt.Sprintf("acme%02d,Acme WFP %02d,C:\\Windows\\system32\\drivers\\acme%02d.sys,Running,1.0,Acme\r\n", i, i, i))
			}
			s.text("drivers.csv", list.String())
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "network-filter-drivers")
			is(t, "drivers", f.Count, 22)
			wants(t, f.Text, "Acme WFP 19 1.0 (Acme) and 2 more.")
			wantsNot(t, f.Text, "Acme WFP 20")
			wants(t, stepsOf(r), "Acme WFP 07 1.0 (Acme) and 14 more")
		}},
	})
}
