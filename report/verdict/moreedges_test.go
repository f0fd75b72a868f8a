package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

// holdsIn is a story of a holder of whose ports a trace shows a part being opened, and a
// table all of them.
func holdsIn(inTrace, inTable int) func(s *story) {
	return func(s *story) {
		s.small().trace(0, 200).opensMany(7, 50000, inTrace, 1, 90).refuse(100, 9)
		s.table(100, "ano", conns(7, 50000, inTable, "ESTABLISHED"))
	}
}

// What a trace shows of a holder that a table shows too.
func TestHoldersOfTableAndTrace(t *testing.T) {
	const note = "opened in the trace and not given back"
	sources := func(r *report.Report) string {
		var out []string
		for _, e := range r.Evidence {
			for _, id := range holderOf(r, 7).Evidence {
				if id == e.ID {
					out = append(out, e.Source)
				}
			}
		}
		return fmt.Sprint(out)
	}
	play(t, []scene{
		{"half of its ports is enough to say how they came", holdsIn(140, 280), func(t *testing.T, r *report.Report) {
			h := holderOf(r, 7)
			is(t, "basis", h.Basis, "both")
			wants(t, h.Note, note)
			is(t, "cause", r.Verdict.Cause, report.CauseLeak) // opened and kept
			is(t, "cited", sources(r), "[netstat2.txt Server.etl]")
		}},
		{"less is not", holdsIn(139, 280), func(t *testing.T, r *report.Report) {
			wantsNot(t, holderOf(r, 7).Note, note)
		}},
		{"half of its ports bound and unseen in the trace were opened before it, were it one more", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9).opensMany(8, 50290, 2, 1, 90)
			s.table(100, "anobq", conns(7, 50000, 140, "BOUND"), conns(7, 50140, 140, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) {
			wantsNot(t, holderOf(r, 7).Note, "opened before the trace began")
		}},
		{"and with it they were", func(s *story) {
			s.small().trace(0, 200).refuse(100, 9).opensMany(8, 50290, 2, 1, 90)
			s.table(100, "anobq", conns(7, 50000, 141, "BOUND"), conns(7, 50141, 139, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { wants(t, holderOf(r, 7).Note, "opened before the trace began") }},
		{"without a trace nothing is told of before it", func(s *story) {
			s.small().log(-900, 900).witness(100)
			s.table(100, "anobq", conns(7, 50000, 290, "BOUND"))
		}, func(t *testing.T, r *report.Report) { wantsNot(t, holderOf(r, 7).Note, "before the trace began") }},
	})
}

// What of a machine or a trace keeps a verdict from being sure.
func TestMoreEdges(t *testing.T) {
	play(t, []scene{
		{"an event that cannot be decoded is a part that could not be read", func(s *story) {
			tr := s.small().healthy(0, 600)
			tr.put(300, 1030, afdGUID, 0, make([]byte, 60))
			tr.events[len(tr.events)-1].Version = 9
		}, outcome(report.Inconclusive, report.Weak, "Server.etl: parts of the trace could not be read.")},
		{"TIME_WAIT of a quarter is advised on beside a verdict that rests on something else", func(s *story) {
			s.small().healthy(0, 600)
			s.table(300, "anobq", conns(0, 50000, 75, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), "TcpTimedWaitDelay") }},
		{"less is not", func(s *story) {
			s.small().healthy(0, 600)
			s.table(300, "anobq", conns(0, 50000, 74, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) { wantsNot(t, stepsOf(r), "TcpTimedWaitDelay") }},
		{"a trace whose end shows exactly a full pool names who has it", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 285, 1, 90)
			s.log(-900, 9000).witness(5000)
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "PID 7") }},
		{"one port fewer names nobody", func(s *story) {
			s.small().trace(0, 200).opensMany(7, 50000, 284, 1, 90)
			s.log(-900, 9000).witness(5000)
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "") }},
		{"a far table of exactly a full pool names who has it", func(s *story) {
			s.small().table(0, "ano", conns(7, 50000, 285, "ESTABLISHED"))
			s.log(-900, 9000).witness(5000)
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "PID 7") }},
		{"one of a port fewer does not", func(s *story) {
			s.small().table(0, "ano", conns(7, 50000, 284, "ESTABLISHED"))
			s.log(-900, 9000).witness(5000)
		}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "") }},
		{"more rows than an assumed range has ports share none of them", func(s *story) {
			s.table(100, "anobq", conns(7, 49152, 16384, "ESTABLISHED"), towards(7, 49152, 10, "ESTABLISHED", "198.51.100.8:443"))
		}, func(t *testing.T, r *report.Report) { is(t, "told", has(r, "port-sharing"), false) }},
	})
}

// Small things of a timeline, of findings and of a window.
func TestMoreEdgesOfWhatIsTold(t *testing.T) {
	play(t, []scene{
		{"a trace of one second has a timeline", func(s *story) {
			s.small().trace(0, 0.5).refuse(0.2, 9)
		}, func(t *testing.T, r *report.Report) {
			is(t, "steps", len(r.Timeline), 1)
			is(t, "refused", r.Timeline[0].Bind0x209, 1)
		}},
		{"a forecast is of whole seconds", func(s *story) {
			j := s.small().log(-90000, 12*hour).boot(-100)
			for i := range 12 {
				j.stuck(float64(i)*hour+0.3, 7, 50000+10*i, 9+i%2)
			}
		}, func(t *testing.T, r *report.Report) {
			f := tcpPool(r).Forecast
			is(t, "fraction", f.FullAtFrom.Nanosecond()+f.FullAtTo.Nanosecond(), 0)
			is(t, "after the log", f.FullAtFrom.After(moment(12*hour)), true)
		}},
		{"a list of programs' errors tells the words of a code, not its sentences", func(s *story) {
			s.small().text("errors.txt", "2026-03-10 09:02:00 Error: bind EADDRINUSE\r\n2026-03-10 09:02:01 connect: Address already in use\r\n")
		}, func(t *testing.T, r *report.Report) {
			wants(t, finding(r, "program-errors").Text, "10048 (EADDRINUSE) 2 times")
		}},
		{"both families of a split range have one pile of CLOSE_WAIT", func(s *story) {
			s.rangeOf("tcp", "ipv4", 50000, 300).rangeOf("tcp", "ipv6", 51000, 400).table(100, "anobq", conns(7, 50000, 220, "CLOSE_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			n := 0
			for _, f := range r.Findings {
				if f.ID == "close-wait-pile" {
					n++
				}
			}
			is(t, "findings", n, 1)
		}},
		{"a row of evidence names its PID by its own source", func(s *story) {
			s.small().table(100, "anobq", owned(conns(7, 50000, 40, "BOUND"), "first.exe")).table(5000, "anobq", owned(conns(7, 50000, 60, "BOUND"), "second.exe"))
			s.log(-900, 9000).witness(100).witness(5000).boot(3000)
		}, func(t *testing.T, r *report.Report) {
			got := map[string]string{}
			for _, e := range r.Evidence {
				if e.PID == 7 {
					got[e.Source] = e.Image
				}
			}
			is(t, "images", fmt.Sprint(got), "map[netstat1.txt:first.exe netstat2.txt:second.exe]")
		}},
		{"a window that begins after all inputs has no end", func(s *story) {
			s.small().healthy(0, 600)
			s.window(5000, always)
		}, func(t *testing.T, r *report.Report) {
			is(t, "window", fmt.Sprint(r.Bundle.Window.From, r.Bundle.Window.To.IsZero()), fmt.Sprint(report.Time{Time: moment(5000)}, true))
		}},
		{"nor has one that ends before them a beginning", func(s *story) {
			s.small().healthy(0, 600)
			s.window(always, -5000)
		}, func(t *testing.T, r *report.Report) {
			is(t, "window", fmt.Sprint(r.Bundle.Window.From.IsZero(), r.Bundle.Window.To), fmt.Sprint(true, report.Time{Time: moment(-5000)}))
		}},
	})
}

// A process that has given back what it took lives on, as long as nothing says otherwise.
func TestWhoLivesOn(t *testing.T) {
	again := func(s *story) {
		burst(s, false)
		tr := s.tapes[0]
		tr.events = tr.events[:len(tr.events)-1] // that it ended is not in the trace
		tr.keys[7] = 0xFFFFC40A01234080
		tr.started(300, 7, "gone.exe").open(310, 7, 50000)
	}
	listed := func(s *story) { s.tasks(task(7, "gone.exe")) }
	play(t, []scene{
		{"a list names its PID", func(s *story) {
			burst(s, false)
			tr := s.tapes[0]
			tr.events = tr.events[:len(tr.events)-1]
			listed(s)
		}, cause(report.CauseBurst)},
		{"its PID went to the next process of the same name, which the list is of", func(s *story) {
			again(s)
			listed(s)
		}, cause(report.CauseLeak)},
		{"and without a list", again, cause(report.CauseLeak)},
	})
}

// What is asked for, by what is there.
func TestMoreOfWhatIsMissing(t *testing.T) {
	costOf := func(r *report.Report, input string) string {
		for _, m := range r.Verdict.Missing {
			if m.Input == input {
				return m.Cost
			}
		}
		return "not asked for"
	}
	cost := func(input, want string) func(*testing.T, *report.Report) {
		return func(t *testing.T, r *report.Report) { wants(t, costOf(r, input), want) }
	}
	play(t, []scene{
		{"a log beside nothing", func(s *story) { s.small().trace(0, 200).refuse(100, 9) }, cost("System log", "without it there is no second source")},
		{"a log beside saved records", func(s *story) {
			s.small().text("events.txt", copied("Disk", 7, "2026-03-10 09:01:41", "HOST1"))
			s.trace(0, 200).refuse(100, 9)
		}, cost("System log", "saved records can be a part of it: they cannot show that the log was silent")},
		{"names for one table", func(s *story) { s.small().table(100, "anoq", conns(7, 50000, 20, "ESTABLISHED")) }, cost("names of processes", "known by PID only")},
		{"names for one trace", func(s *story) { s.small().trace(0, 200).refuse(100, 9) }, cost("names of processes", "known by PID only")},
		{"names for one close that hangs", func(s *story) { s.small().log(-900, 900).stuck(10, 7, 50000, 1) }, cost("names of processes", "known by PID only")},
		{"none where there is no process", func(s *story) { s.small().log(-900, 900).witness(100) }, cost("names of processes", "not asked for")},
		{"a range that was inferred", func(s *story) {
			s.trace(0, 200).opensMany(7, 20000, 300, 2, 90).refuse(100, 9)
		}, cost(missingRange, "the capacity is inferred")},
		{"a range that was assumed", func(s *story) { s.trace(0, 200).refuse(100, 9) }, cost(missingRange, "the capacity is assumed")},
		{"no trace of Windows before 7", func(s *story) { s.small().system(computer, "6.0.6003") }, cost(missingTrace, "not asked for")},
		{"one of Windows 7", func(s *story) { s.small().system(computer, "6.1.7600") }, cost(missingTrace, "refused attempts")},
		{"a trace beside one that is empty", func(s *story) {
			s.small().trace(0, 1).events = nil
		}, cost(missingTrace, "refused attempts")},
		{"nor a second one", func(s *story) { s.small().trace(0, 200).refuse(100, 9) }, cost(missingTrace, "not asked for")},
		{"a table behind one that was refused", func(s *story) {
			s.small().text("netstat.txt", "C:\\>netstat -anob\r\nThe requested operation requires elevation.\r\n")
		}, cost("full port table", "netstat.txt has no table: netstat -b was refused, since the prompt was not elevated")},
		{"of several without a time the first is named", func(s *story) {
			s.small().table(never, "anoq", conns(7, 50000, 20, "ESTABLISHED")).table(never, "anoq", conns(7, 50000, 21, "ESTABLISHED")).table(never, "anoq", conns(7, 50000, 22, "ESTABLISHED"))
		}, cost("time of netstat1.txt and 2 more", "it cannot be placed on the timeline")},
		{"the command names the one file", func(s *story) {
			s.options.Zone = nil
			s.table(100, "anoq", conns(7, 50000, 20, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), "portverdict analyze netstat0.txt --tz") }},
		{"unless it would have to be quoted", func(s *story) {
			s.options.Zone = nil
			s.table(100, "anoq", conns(7, 50000, 20, "ESTABLISHED"))
			s.files[0].name = "my table.txt"
		}, func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), "portverdict analyze bundle.zip --tz") }},
		{"or read as a flag", func(s *story) {
			s.options.Zone = nil
			s.table(100, "anoq", conns(7, 50000, 20, "ESTABLISHED"))
			s.files[0].name = "-t.txt"
		}, func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), "portverdict analyze bundle.zip --tz") }},
		{"any letter and digit stands without quotes", func(s *story) {
			s.options.Zone = nil
			s.table(100, "anoq", conns(7, 50000, 20, "ESTABLISHED"))
			s.files[0].name = "azAZ09._-.txt"
		}, func(t *testing.T, r *report.Report) { wants(t, stepsOf(r), "portverdict analyze azAZ09._-.txt --tz") }},
		{"netstat of Windows 8 has no -q", func(s *story) { s.small().system(computer, "6.2.9200") }, func(t *testing.T, r *report.Report) {
			wants(t, stepsOf(r), "netstat -anob &")
		}},
		{"that of 8.1 has", func(s *story) { s.small().system(computer, "6.3.9600") }, func(t *testing.T, r *report.Report) {
			wants(t, stepsOf(r), "netstat -anobq &")
		}},
		{"Windows XP has neither netsh nor wevtutil", func(s *story) { s.system(computer, "5.1.2600") }, func(t *testing.T, r *report.Report) {
			wants(t, stepsOf(r), "reg query", "Event Viewer, save it as .csv")
			wantsNot(t, stepsOf(r), "wevtutil", "netsh int")
		}},
	})
}

// Providers of the filtering platform: Windows' own filter nothing that a program needs to
// get rid of.
func TestProvidersOfTheFilteringPlatform(t *testing.T) {
	s := tell(t)
	hanging(s)
	var list strings.Builder
	for _, name := range []string{"Microsoft Corporation", "Windows Example", "Contoso Web Filter", "Windowsill Filter"} {
		list.WriteString("<item><displayData><name>" + name + "</name><description/></displayData><flags/><providerData/><serviceName/></item>")
	}
	for _, service := range []string{"mpssvc", "ContosoSvc"} {
		list.WriteString("<item><displayData><name>Of " + service + "</name><description/></displayData><flags/><providerData/><serviceName>" + service + "</serviceName></item>")
	}
	s.text("wfpstate.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wfpstate>\n<providers numItems=\"6\">"+list.String()+"</providers>\n</wfpstate>\n")
	f := finding(s.judge(), "network-filter-drivers")
	is(t, "drivers", f.Count, 3)
	wants(t, f.Text, "3 network filter drivers of other vendors are loaded: Contoso Web Filter, Of ContosoSvc and Windowsill Filter.")
}

// Which machine's name stands in a file's.
func TestNamesInFileNames(t *testing.T) {
	a, z := &machine{name: "srv-01"}, &machine{name: "srv-01-dr"}
	p := &places{labels: map[string]*machine{"srv-01": a, "srv-01-dr": z}}
	for name, want := range map[string]*machine{
		"SRV-01.txt": a, "SRV-01_netstat.txt": a, "x_srv-01": a, "srv-01z.txt": nil, "zsrv-01.txt": nil, "asrv-01": nil, "srv-01a": nil,
		"9srv-01": nil, "srv-010": nil, "srv-01_a": a, "a_srv-01": a, "SRV-01-DR.zip": z, "srv-01 and srv-01-dr": nil, "srv-01 to srv-01": a, "ports.txt": nil,
	} {
		if got := p.called(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Sources that nothing ties to one of several machines are of a machine without a name.
func TestSourcesOfNoMachine(t *testing.T) {
	adds := map[string]func(s *story){
		"a trace": func(s *story) { s.trace(0, 200).refuse(100, 9) },
		"a text": func(s *story) {
			s.text("x/errors.log", "x failed: 10055\r\n").text("x/dynamicport.txt", rangeLines("tcp", 50000, 300))
		},
		"a log and a text": func(s *story) {
			s.text("x/dynamicport.txt", rangeLines("tcp", 50000, 300)).logOf("", -900, 900)
		},
		"a trace and a text": func(s *story) { s.small().trace(0, 200).refuse(100, 9) },
	}
	for _, name := range sortedKeys(adds) {
		s := tell(t)
		s.logOf(hostA, -90000, 900)
		s.logOf(hostB, -90000, 900)
		adds[name](s)
		var hosts []string
		for _, p := range s.judge().Verdict.Pools {
			if p.Transport == "tcp" {
				hosts = append(hosts, p.Host)
			}
		}
		is(t, name, strings.Join(hosts, ","), ","+hostA+","+hostB)
	}
	// A range alone makes no machine: that it is nobody's is told. It is that of the only
	// machine in its folder.
	for i, file := range []string{"x/dynamicport.txt", "a/dynamicport.txt"} {
		told := i == 0
		s := tell(t)
		s.text("a/info.txt", "Host Name:                 "+hostA+"\r\nOS Name:                   Windows\r\nOS Version:                10.0.17763 N/A Build 17763\r\n")
		s.logOf(hostA, -90000, 900)
		s.logOf(hostB, -90000, 900)
		r := s.text(file, rangeLines("tcp", 50000, 300)).judge()
		var starts []string
		for _, p := range r.Verdict.Pools {
			if p.Transport == "tcp" {
				starts = append(starts, fmt.Sprint(p.Host, p.Start))
			}
		}
		want := hostA + "50000 " + hostB + "49152"
		if told {
			want = strings.Replace(want, "50000", "49152", 1)
		}
		is(t, file, strings.Join(starts, " "), want)
		is(t, file, slices.ContainsFunc(r.Diagnostics, func(d report.Diagnostic) bool { return d.Code == "machine-unknown" && d.Source == file }), told)
	}
}
