package verdict

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/report"
)

// copied is what Event Viewer copies of a record of the System log.
func copied(source string, id int, date, computer string) string {
	return "Log Name:      System\r\nSource:        " + source + "\r\nDate:          " + date + "\r\nEvent ID:      " + plain(id) + "\r\nTask Category: None\r\nLevel:         Warning\r\nKeywords:      Classic\r\nUser:          N/A\r\nComputer:      " + computer +
		"\r\nDescription:\r\nA request failed.\r\n\r\n"
}

func TestSavedRecords(t *testing.T) {
	play(t, []scene{
		{"with a zone they witness as a log does", func(s *story) {
			s.small().text("events.txt", copied("Tcpip", 4231, "2026-03-10 09:01:41", "HOST1"))
			s.trace(0, 200).refuse(100, 9)
		}, func(t *testing.T, r *report.Report) {
			is(t, "episodes", len(r.Verdict.Windows), 1)
			is(t, "confidence", r.Verdict.Confidence, report.Proven)
			is(t, "host", r.Verdict.Host, "HOST1")
			is(t, "delta", *window(t, r, 0).Log[0].DeltaSeconds, 1.0)
		}},
		{"of no machine they are of the only one", func(s *story) {
			s.small().text("events.txt", "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Tcpip'/><EventID Qualifiers='32768'>4231</EventID><TimeCreated SystemTime='2026-03-10T09:01:41.000000000Z'/><EventRecordID>7</EventRecordID><Channel>System</Channel></System></Event>\r\n")
			s.system(hostA, "10.0.17763")
		}, func(t *testing.T, r *report.Report) { is(t, "pools", outcomesOf(r), "HOST-A exhausted") }},
		{"without one they witness, and when is not known", func(s *story) {
			s.options.Zone = nil
			s.small().text("events.txt", copied("Tcpip", 4231, "2026-03-10 09:01:41", "HOST1")+copied("Tcpip", 4231, "2026-03-12 09:01:41", "HOST1"))
		}, func(t *testing.T, r *report.Report) {
			w := window(t, r, 0)
			if r.Verdict.Outcome != report.Exhausted || r.Verdict.Confidence != report.Moderate || !w.From.IsZero() || w.Ends != "unknown" || len(w.Log) != 2 {
				t.Errorf("%s %s %+v", r.Verdict.Outcome, r.Verdict.Confidence, w)
			}
			wants(t, r.Verdict.Summary, "on 2026-03-10 09:01:41 local time (zone not known)")
			wants(t, said(r), "The record has a local time without a zone, or none: when it was is not known.")
		}},
		{"a table beside one without a time has no distance", func(s *story) {
			s.options.Zone = nil
			s.small().text("events.txt", copied("Tcpip", 4231, "2026-03-10 09:01:41", "HOST1"))
			s.trace(0, 200).opensMany(7, 50000, 290, 1, 90)
		}, func(t *testing.T, r *report.Report) {
			b := tcpPool(r).Balance
			is(t, "basis", b.Basis, "trace")
			if b.DistanceSeconds != nil {
				t.Errorf("%v s", *b.DistanceSeconds)
			}
		}},
	})
}

func TestCountsOfTools(t *testing.T) {
	play(t, []scene{
		{"they name a suspect and prove nothing", func(s *story) {
			s.small().text("counts.txt", "C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n14211\r\n\r\nC:\\>netstat -ano | find /c \"BOUND\"\r\n5\r\n\r\nPS C:\\> Get-NetTCPConnection | Group-Object -Property State,OwningProcess\r\n\r\nCount Name                      Group\r\n----- ----                      -----\r\n  290 Bound, 4242               {MSFT_NetTCPConnection}\r\n")
			s.tasks(task(4242, "leaky.exe"))
		}, func(t *testing.T, r *report.Report) {
			f := finding(r, "saved-counts")
			if f == nil {
				t.Fatal("no finding")
			}
			wants(t, f.Text, "14,211 TCP rows TIME_WAIT", "at least 5 TCP rows BOUND", "290 TCP rows BOUND of PID 4242 (leaky.exe)", "Rows are not ports")
			is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
			is(t, "named", named(r), "")
			is(t, "rows", len(f.Evidence), 3)
			is(t, "count", f.Count, 290)
			wants(t, stepsOf(r), "Check leaky.exe (PID 4242): a tool counted 290 TCP rows of it, and one port can stand in several. That is not shown to be the cause.")
		}},
		{"a port that a program was denied lies in an excluded range", func(s *story) {
			s.small().excluded([2]int{3000, 3099})
			s.text("app.log", "2026-03-10 09:15:00 Error: listen EACCES: permission denied 0.0.0.0:3000\r\n2026-03-10 09:15:00 Error: listen EACCES: permission denied 0.0.0.0:8080\r\n")
		}, func(t *testing.T, r *report.Report) {
			is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
			wants(t, finding(r, "program-errors").Text, "Port 3000 lies in the excluded range 3000-3099")
			wants(t, stepsOf(r), "A program was denied port 3000")
			wantsNot(t, said(r), "denied port 8080", "Port 8080")
		}},
		{"nor beside a witness, where the suspect is to be checked", func(s *story) {
			s.small().log(-90000, 900).witness(100)
			s.text("counts.txt", "PS C:\\> Get-NetTCPConnection | Group-Object -Property State,OwningProcess\r\n\r\nCount Name                      Group\r\n----- ----                      -----\r\n  290 Bound, 4242               {MSFT_NetTCPConnection}\r\n")
		}, func(t *testing.T, r *report.Report) {
			is(t, "named", named(r), "")
			wants(t, stepsOf(r), "Check PID 4242: a tool counted 290 TCP rows of it")
		}},
	})
}

func TestErrorsOfPrograms(t *testing.T) {
	s := tell(t).small().text("errors.txt", "2026-03-10 09:01:00 connect: No buffer space available\r\n2026-03-10 09:02:00 System.Net.Sockets.SocketException (10055): no buffer space\r\n2026-03-10 09:02:00 Error: bind EADDRINUSE\r\n")
	r := s.judge()
	f := finding(r, "program-errors")
	if f == nil {
		t.Fatal("no finding")
	}
	wants(t, f.Text, "10055", "no dynamic port was left, or Windows ran short of memory", "10048")
	is(t, "outcome", r.Verdict.Outcome, report.Inconclusive)
}

// A copy of an AFD 16002 has its port and its process in the message alone, in any language.
func TestStuckCloseInAMessage(t *testing.T) {
	s := tell(t).small()
	for i, message := range []string{
		"Closing a TCP socket with local port number 50123 in process 4242 is taking longer than expected. The local port number may not be available until the close operation is completed.",
		"Das Schließen eines TCP-Sockets mit der lokalen Portnummer 50124 im Prozess 4242 dauert länger als erwartet.",
		"Closing a UDP socket with local port number 50125 in process 4242 is taking longer than expected.",
		"Closing 3 TCP sockets with local port number 50126 in process 4242 is taking longer.",
	} {
		s.text(fmt.Sprintf("event%d.txt", i), "Log Name:      System\r\nSource:        AFD\r\nDate:          2026-03-10 09:01:00\r\nEvent ID:      16002\r\nLevel:         Warning\r\nComputer:      "+computer+"\r\nDescription:\r\n"+message+"\r\n")
	}
	r := s.judge()
	is(t, "tcp", *tcpPool(r).Used, 2)
	is(t, "stuck", count(r, "evtx-stuck-closes"), 2)
	is(t, "holder", r.Verdict.Holders[0].PID, 4242)
}

// A text in which netstat was refused is said to be that, where the table is asked for.
func TestRefusedNetstat(t *testing.T) {
	r := tell(t).text("ports.txt", "Der angeforderte Vorgang erfordert erhöhte Rechte.\r\n").judge()
	for _, m := range r.Verdict.Missing {
		if m.Input == "full port table" {
			wants(t, m.Cost, "ports.txt has no table: netstat -b was refused")
			return
		}
	}
	t.Errorf("the table is not asked for: %+v", r.Verdict.Missing)
}

// A port that a listener found taken is told as that.
func TestListenersPort(t *testing.T) {
	found := map[string]bool{
		"Error: listen EADDRINUSE: address already in use :::8080":                           true,
		"Failed to bind to address http://127.0.0.1:8080: address already in use.":           true,
		"Error: connect EADDRINUSE 10.0.0.20:8080 - Local (0.0.0.0:0)":                       false,
		"listen: An operation lacked sufficient buffer space (10055 error) on 10.0.0.5:8080": false,
	}
	for _, text := range sortedKeys(found) {
		f := finding(tell(t).text("errors.txt", text+"\r\n").judge(), "program-errors")
		if f == nil || strings.Contains(f.Text, "found port 8080 taken") != found[text] {
			t.Errorf("%s: %+v", text, f)
		}
	}
}

func TestTracesThatWereNotSent(t *testing.T) {
	transcript := "C:\\>netsh trace start scenario=netconnection capture=yes tracefile=c:\\Server.etl\r\n\r\nTrace configuration:\r\n-------------------------------------------------------------------\r\nStatus:             Running\r\nTrace File:         C:\\Server.etl\r\nAppend:             Off\r\nCircular:           On\r\nMax Size:           512 MB\r\nReport:             Off\r\n"
	s := tell(t).small().text("console.txt", transcript)
	r := s.judge()
	f := finding(r, "trace-not-sent")
	if f == nil {
		t.Fatal("no finding")
	}
	wants(t, strings.ToLower(f.Text), `tells of a trace at c:\server.etl`)
	s.healthy(0, 100)
	is(t, "sent", has(s.judge(), "trace-not-sent"), false)
}

// Who has most of what is seen is said where nothing more can be.
func TestMostSeen(t *testing.T) {
	play(t, []scene{
		{"a tenth of the capacity", func(s *story) {
			s.small().table(100, "anobq", owned(conns(7, 50000, 30, "ESTABLISHED"), "app.exe"), conns(8, 50100, 60, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "Of what is seen app.exe (PID 7) has most: 30 TCP ports of 300 (netstat1.txt).")
		}},
		{"less is not worth a word", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 29, "ESTABLISHED"), conns(8, 50100, 60, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			wantsNot(t, said(r), "Of what is seen")
		}},
		{"unless it is half of what is in use", func(s *story) { s.small().table(100, "anobq", conns(7, 50000, 29, "ESTABLISHED")) }, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "Of what is seen PID 7 has most: 29 TCP ports of 300")
		}},
		{"exactly half", func(s *story) {
			s.small().table(100, "anobq", conns(7, 50000, 25, "ESTABLISHED"), conns(8, 50100, 25, "TIME_WAIT"))
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "Of what is seen PID 7 has most: 25 TCP ports of 300")
		}},
		{"and there are twenty", func(s *story) { s.small().table(100, "anobq", conns(7, 50000, 19, "ESTABLISHED")) }, func(t *testing.T, r *report.Report) {
			wantsNot(t, said(r), "Of what is seen")
		}},
		{"of a refuted range without a share", func(s *story) {
			s.table(100, "anobq", conns(7, 1100, 1500, "ESTABLISHED"), conns(7, 50000, 30, "ESTABLISHED"))
		}, func(t *testing.T, r *report.Report) { wants(t, said(r), "PID 7 has most: 30 TCP ports (netstat0.txt)") }},
		{"rows outside the range", func(s *story) {
			s.small().table(100, "anobq", owned(serverRows(8, 443, 199, "ESTABLISHED"), "server.exe"))
		}, func(t *testing.T, r *report.Report) {
			wants(t, said(r), "server.exe (PID 8) has most rows of netstat1.txt: 200, none of them in the dynamic range.")
		}},
		{"of programs without PIDs by name, of equals the first", func(s *story) {
			var rows strings.Builder
			for i, name := range strings.Fields("h.exe f.exe b.exe d.exe a.exe c.exe e.exe g.exe") {
				rows.WriteString(owned(serverRows(8, 443+i, 199, "ESTABLISHED"), name))
			}
			s.small().table(100, "anobq", strings.ReplaceAll(rows.String(), "   8\r\n", "\r\n"))
		}, func(t *testing.T, r *report.Report) { wants(t, said(r), "a.exe has most rows of netstat1.txt: 200") }},
		{"of processes by PID", func(s *story) {
			var rows strings.Builder
			for i := range 8 {
				rows.WriteString(serverRows(30+(5*i)%8, 443+i, 199, "ESTABLISHED"))
			}
			s.small().table(100, "anobq", rows.String())
		}, func(t *testing.T, r *report.Report) { wants(t, said(r), "PID 30 has most rows of netstat1.txt: 200") }},
		{"one row fewer", func(s *story) { s.small().table(100, "anobq", serverRows(8, 443, 198, "ESTABLISHED")) }, func(t *testing.T, r *report.Report) {
			wantsNot(t, said(r), "has most rows")
		}},
	})
}

// Tables of several machines in one text are of each of them.
func TestTablesOfSeveralMachines(t *testing.T) {
	csv := "\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\",\"OwningProcess\",\"PSComputerName\"\r\n"
	var b strings.Builder
	b.WriteString(csv)
	for i := range 45 {
		b.WriteString("\"10.0.0.5\",\"" + plain(50000+i) + "\",\"10.0.0.9\",\"443\",\"Established\",\"7\",\"SRV01\"\r\n")
	}
	for i := range 40 {
		b.WriteString("\"10.0.0.6\",\"" + plain(50000+i) + "\",\"10.0.0.9\",\"443\",\"Established\",\"8\",\"SRV02\"\r\n")
	}
	r := tell(t).text("all.csv", b.String()).judge()
	is(t, "pools", outcomesOf(r), "SRV01 inconclusive, SRV02 inconclusive")
	for _, h := range r.Verdict.Holders {
		want := map[report.PID]string{7: "SRV01 45", 8: "SRV02 40"}[h.PID]
		is(t, "holder", h.Host+" "+plain(h.Ports), want)
	}
	is(t, "holders", len(r.Verdict.Holders), 2)
}
