package verdict

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"portverdict/etl/etlgen"
	"portverdict/netstatparse/textgen"
	"portverdict/report"
)

// sameRange tells the TCP range in each of some folders.
func (s *story) sameRange(folders ...string) *story {
	for _, f := range folders {
		s.text(f+"/dynamicport.txt", rangeLines("tcp", 50000, 300))
	}
	return s
}

// seesReason asks for words among the sentences of a report.
func seesReason(words ...string) func(*testing.T, *report.Report) {
	return func(t *testing.T, r *report.Report) { t.Helper(); wants(t, said(r), words...) }
}

func threeOfAProgram(s *story) {
	s.small().tasks(task(21, "chrome.exe"), task(22, "chrome.exe"), task(23, "chrome.exe"))
	s.trace(0, 200).opensMany(21, 50000, 96, 1, 90).refuse(100, 9)
	s.table(100, "ano", conns(21, 50000, 96, "ESTABLISHED"), conns(22, 50096, 95, "ESTABLISHED"), conns(23, 50191, 94, "CLOSE_WAIT"))
}

func wrapped(tr *etlgen.Trace) { tr.Header.LogFileMode |= 2; tr.Header.BuffersWritten += 1000 }

// What few bundles have.
var rareScenes = []scene{
	{"a sum of processes, one of which the trace shows too", threeOfAProgram, func(t *testing.T, r *report.Report) {
		for i := range r.Verdict.Holders {
			if h := &r.Verdict.Holders[i]; h.Instances == 3 {
				is(t, "basis", h.Basis, "both")
				is(t, "cited", len(h.Evidence) >= 3, true)
				is(t, "waiting", h.CloseWait, 94)
				return
			}
		}
		t.Errorf("no sum: %+v", r.Verdict.Holders)
	}},
	{"a port outside the range in one of two traces, of which the other lost events", func(s *story) {
		s.small().healthy(0, 600).open(300, 7, 60000)
		s.healthy(700, 1300).tune = lostEvents
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
	}},
	{"a trace without an event of the window", func(s *story) {
		s.small().healthy(0, 600)
		s.log(-900, 9000)
		s.window(1000, 2000)
	}, seesReason("the trace has no event of the analysed window")},
	{"file system filters and drivers of the network", func(s *story) {
		s.small().log(-90000, 900).stuck(0, 7, 50000, 200).witness(100).
			record(-5000, 6, "Microsoft-Windows-FilterManager", "0", "1", "acmefs").
			record(-4000, 7045, "Service Control Manager", "Acme VPN", `\SystemRoot\System32\drivers\acmevpn.sys`, "kernel mode driver", "auto start", "")
	}, seesReason("Acme VPN")},
	{"a table with BOUND rows and no PIDs", func(s *story) {
		s.small().log(-90000, 900).witness(100)
		rows := strings.ReplaceAll(conns(7, 50000, 200, "BOUND"), "   7\r\n", "\r\n")
		s.text("netstat.txt", strings.ReplaceAll(tableText(100, "C:\\>netstat -anq", rows), "           PID", ""))
	}, seesReason("the table has no PIDs: the process that has the ports cannot be named")},
	{"more pools that are close than are told", func(s *story) {
		for name := range strings.FieldsSeq("PC01 PC02 PC03 PC04 PC05 PC06 PC07 PC08 PC09 PC10 PC11") {
			s.logOf(name, -900, 900)
			s.files[len(s.files)-1].name = name + "/System.evtx"
			s.sameRange(name)
			s.text(name+"/netstat.txt", tableText(100, "C:\\>netstat -anobq", conns(7, 50000, 290, "BOUND")))
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "outcome", r.Verdict.Outcome, report.Likely)
		wants(t, r.Verdict.Summary, "2 more pools were close too")
	}},
	{"records of a damaged log decide", func(s *story) {
		s.small().log(-900, 900).witness(100).symptom(0, 5719, "NETLOGON")
		s.files[1].data = s.logs[0].build(s.tb)
		s.files[1].data[4096+512+40] ^= 0xff
		s.files[1].log = nil
	}, seesReason("Parts of System.evtx could not be read.")},
	{"a tool counted rows of a PID without a name, another names it", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.text("counts.txt", "PS C:\\> Get-NetTCPConnection | Group-Object -Property State,OwningProcess\r\n\r\nCount Name                      Group\r\n----- ----                      -----\r\n  290 Bound, 4242               {MSFT_NetTCPConnection}\r\n")
		s.text("PortUsage.txt", "This script outputs the number of unique local TCP ports in use (above the starting port) for each IP address and process on this computer.\r\n\r\n"+
			" Process Name : Number Of Ports Above 49151\r\n ===========================================\r\n  svchost (RpcSs) [956] : 41\r\n  LeakyService [4242] : 9190\r\n\r\n")
	}, seesReason("Check LeakyService (PID 4242)", "a tool counted 9,190 TCP rows of it")},
	{"sockets among the handles of a process make it one to check", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.text("handles.txt", "\n\n\nNthandle v5.0 - Handle viewer\nCopyright (C) 1997-2022 Mark Russinovich\nSysinternals - www.sysinternals.com\n\n"+
			strings.Repeat("-", 78)+"\nLeakyService.exe pid: 4242 KONTOR\\svc\n"+strings.Repeat("   40: File  (---)   \\Device\\Afd\n", 3001))
	}, seesReason("of its handles are sockets")},
	{"a process that took ports at once, gave them back and lives on", func(s *story) {
		tr := s.small().trace(0, 200)
		for i := range 290 {
			tr.open(10+0.01*float64(i), 7, 50000+i).closes(60)
		}
		tr.refuse(50, 9)
		tr.open(150, 7, 50000).closes(151)
	}, func(t *testing.T, r *report.Report) { is(t, "cause", r.Verdict.Cause, report.CauseBurst) }},
	{"a range with the same bytes in the folders of two machines is of both", func(s *story) {
		s.logOf(hostA, -900, 900).witness(100)
		s.logOf(hostB, -900, 900)
		s.sameRange("one")
		s.files[0].name, s.files[1].name = "one/System.evtx", "two/System.evtx"
		s.files[2].copies = []string{"two/dynamicport.txt"}
	}, func(t *testing.T, r *report.Report) {
		for _, p := range r.Verdict.Pools {
			if p.Transport == "tcp" {
				is(t, p.Host, p.Count, 300)
			}
		}
	}},
	{"drivers that two lists name", func(s *story) {
		s.small().log(-90000, 900).stuck(0, 7, 50000, 200).witness(100)
		s.text("drivers.csv", systemDrivers).text("again.csv", systemDrivers+"\r\n").text("bindings.csv", bindings)
	}, func(t *testing.T, r *report.Report) { is(t, "drivers", finding(r, "network-filter-drivers").Count, 4) }},
	{"a transcript beside a table", func(s *story) {
		s.small().table(100, "anobq", conns(7, 50000, 200, "BOUND"))
		s.text("zconsole.txt", "C:\\>netsh trace start scenario=netconnection capture=yes tracefile=c:\\Server.etl\r\n\r\nTrace configuration:\r\n-------------------------------------------------------------------\r\nStatus:             Running\r\nTrace File:         C:\\Server.etl\r\nAppend:             Off\r\nCircular:           On\r\nMax Size:           512 MB\r\nReport:             Off\r\n")
	}, func(t *testing.T, r *report.Report) { is(t, "told", count(r, "trace-not-sent"), 1) }},
	{"names of a process that differ in their letters' size alone: the first", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.text("one.csv", "\"Image Name\",\"PID\",\"Services\"\r\n\"APP.EXE\",\"7\",\"N/A\"\r\n")
		s.text("two.csv", "\"Image Name\",\"PID\",\"Services\"\r\n\"app.exe\",\"7\",\"N/A\"\r\n")
		s.table(100, "ano", conns(7, 50000, 290, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) { is(t, "named", named(r), "APP.EXE (PID 7)") }},
	{"four processes that would use up the pool", func(s *story) {
		s.span(50000, 1000).loop("anoq", []float64{0, 60, 120, 180, 240, 300}, func(i int) string {
			var rows strings.Builder
			for k := range 4 {
				rows.WriteString(conns(7+4*k, 50000+250*k, 50+25*i, "ESTABLISHED"))
			}
			return rows.String()
		})
	}, seesReason("1 more would use up the pool")},
	{"a process without BOUND ports before one that has them", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.table(100, "anobq", conns(3, 50000, 50, "ESTABLISHED"), conns(7, 50050, 230, "BOUND"))
	}, func(t *testing.T, r *report.Report) { is(t, "bound", count(r, "bound-leak"), 230) }},
	{"Windows Server 2008 R2 does not read MaxUserPort", func(s *story) {
		s.system(computer, "6.1.7601")
		s.printed("reg.txt", func(b *bytes.Buffer) error {
			return textgen.PrintRegistry(b, "query", map[string]uint32{"MaxUserPort": 65534})
		})
	}, func(t *testing.T, r *report.Report) { is(t, "start", tcpPool(r).Start, 49152) }},
	{"a ring that was overwritten says from when on it speaks", func(s *story) {
		s.small().trace(0, 200).refuse(100, 9).tune = wrapped
	}, seesReason("sockets and failures older than 2026-03-10 09:00:00 UTC are unseen")},
	{"UDP ran out before TCP did: the errors beside both are counted once", func(s *story) {
		udpSpan(s).trace(0, 600).fails(100, 9, udp, tooMany).refuse(130, 9)
		s.log(-9000, 900).symptom(110, 5719, "NETLOGON").symptom(140, 5719, "NETLOGON")
	}, func(t *testing.T, r *report.Report) { is(t, "errors", count(r, "evtx-symptom"), 2) }},
	{"a list of processes below a table that names its machine is of that machine", func(s *story) {
		for _, host := range []string{"SRV01", "SRV02"} {
			var text strings.Builder
			text.WriteString("\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\",\"OwningProcess\",\"PSComputerName\"\r\n")
			for i := range 45 {
				text.WriteString("\"10.0.0.5\",\"" + plain(50000+i) + "\",\"10.0.0.9\",\"443\",\"Established\",\"7\",\"" + host + "\"\r\n")
			}
			if host == "SRV01" {
				text.WriteString("\r\n\"Image Name\",\"PID\",\"Services\"\r\n\"app.exe\",\"7\",\"N/A\"\r\n")
			}
			s.text(host+".csv", text.String())
		}
	}, func(t *testing.T, r *report.Report) {
		is(t, "holders", len(r.Verdict.Holders), 2)
		for _, h := range r.Verdict.Holders {
			is(t, h.Host, h.Image, map[string]string{"SRV01": "app.exe", "SRV02": ""}[h.Host])
		}
	}},
	{"an endpoint of unknown transport that is refused twice is one", func(s *story) {
		tr := s.small().trace(0, 200)
		tr.anon, tr.untyped = true, true
		tr.socket(99, 9, tcp).bind(100, 0, 0, 0).bind(100.1, 1, tooMany, 0).bind(101, 0, 0, 0).bind(101.1, 1, tooMany, 0)
	}, func(t *testing.T, r *report.Report) {
		v := r.Verdict.Victims[0]
		is(t, "victim", fmt.Sprintf("%s %d %d", v.Transport, v.Failures, v.Endpoints), "unknown 2 1")
	}},
	{"diagnostics stand in the order of their files", func(s *story) {
		s.logOf(hostA, -900, 900).witness(100)
		s.logOf(hostB, -900, 900)
		s.text("zz.txt", "portverdict collection 1\r\nhost: "+hostA+"\r\nboot: long ago\r\n").sameRange("x")
	}, func(t *testing.T, r *report.Report) {
		last := ""
		for _, d := range r.Diagnostics {
			is(t, d.Source+" after "+last, d.Source >= last, true)
			last = d.Source
		}
		is(t, "diagnostics", len(r.Diagnostics), 3)
	}},
	{"a range beside saved records is of their computer", func(s *story) {
		s.logOf(hostB, -900, 900)
		s.text("events.txt", copied("Tcpip", 4231, "2026-03-10 09:01:41", hostA)+rangeLines("tcp", 50000, 300))
	}, func(t *testing.T, r *report.Report) {
		is(t, "host", r.Verdict.Host, hostA)
		is(t, "start", tcpPool(r).Start, 50000)
	}},
	{"beside records of two computers it is of none", func(s *story) {
		s.text("events.txt", copied("Tcpip", 4231, "2026-03-10 09:01:41", hostA)+copied("Tcpip", 4231, "2026-03-10 09:02:41", hostB)+rangeLines("tcp", 50000, 300))
	}, func(t *testing.T, r *report.Report) {
		for _, p := range r.Verdict.Pools {
			is(t, "start of "+p.Host, p.Start, 49152)
		}
	}},
	{"a list without services beside one that has them", func(s *story) {
		s.small().log(-900, 900).witness(100)
		s.text("one.csv", "\"Image Name\",\"PID\",\"Services\"\r\n\"svchost.exe\",\"7\",\"Dnscache\"\r\n")
		s.text("two.csv", "\"Image Name\",\"PID\",\"Session Name\",\"Session#\",\"Mem Usage\"\r\n\"svchost.exe\",\"7\",\"Services\",\"0\",\"9,000 K\"\r\n")
		s.table(100, "ano", conns(7, 50000, 290, "ESTABLISHED"))
	}, func(t *testing.T, r *report.Report) {
		is(t, "services", fmt.Sprint(r.Verdict.Holders[0].Services), "[Dnscache]")
	}},
	{"no table is of use while its rows are not kept", func(s *story) {
		s.small().table(50, "anobq", conns(7, 50000, 200, "TIME_WAIT"))
		s.text("refused.txt", "C:\\>netstat -anobq\r\nThe requested operation requires elevation.\r\n")
	}, func(t *testing.T, r *report.Report) { is(t, "waiting", tcpPool(r).Balance.TimeWait, 200) }},
}

func TestRareScenes(t *testing.T) { play(t, rareScenes) }

// A diagnostic of an input that could not be read, and of one that is no reader's matter.
func TestUnreadDiagnostics(t *testing.T) {
	for _, n := range []int{1, 2} {
		s := tell(t).small()
		s.healthy(0, 600)
		s.log(-900, 900)
		c := settledCase(s.bundle(), s.options)
		for range n {
			c.Diagnostics = append(c.Diagnostics, report.Diagnostic{Code: "archive-encrypted", Severity: "error", Source: "bundle.zip", Text: "a member is encrypted"})
		}
		r := Judge(c, Options{Version: "test"})
		asBefore(t, r)
		is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
		wants(t, said(r), map[int]string{1: "1 diagnostic tells of it", 2: "2 diagnostics tell of it"}[n])
	}
}

// A start of Windows that only a text tells; a zone that it names and nobody knows.
func TestMachineOfATranscript(t *testing.T) {
	s := tell(t)
	s.options.Zone = nil
	s.text("collected.txt", "portverdict collection 1\r\nhost: HOST1\r\nwindows: 10.0.20348.1\r\nzone: Nowhere Standard Time\r\nboot: 2026-03-10T08:00:00.0000000+01:00\r\n")
	s.text("netstat.txt", tableText(100, "C:\\>netstat -anobq", conns(7, 50000, 290, "BOUND")))
	r := s.judge()
	is(t, "starts", len(r.Bundle.Boots), 1)
	wants(t, said(r), "Nowhere Standard Time")
}
