package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"portverdict/evtx/evtxgen"
	"portverdict/netstatparse/textgen"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

// wholeRange is the text of both dynamic ranges.
const wholeRange = "C:\\>netsh int ipv4 show dynamicport tcp\r\n\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n\r\n" +
	"C:\\>netsh int ipv4 show dynamicport udp\r\n\r\nProtocol udp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 49152\r\nNumber of Ports : 16384\r\n\r\n"

// silentLog is a System log of the two days around the tables, without a word of ports.
func silentLog(t *testing.T) []byte {
	t.Helper()
	var records []evtxgen.Record
	start := time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)
	records = append(records, evtxgen.Record{ID: 6005, Qualifiers: 32768, Level: 4, Provider: "EventLog", Channel: "System", Computer: "SRV01", Time: start})
	for i := range 60 {
		records = append(records, evtxgen.Record{
			ID: 7036, Qualifiers: 16384, Level: 4, Provider: "Service Control Manager", Channel: "System", Computer: "SRV01", Time: start.Add(time.Duration(i) * time.Hour),
			Data: []string{"Spooler", "running"},
		})
	}
	data, err := (&evtxgen.Log{Records: records}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wholeTable is a table of everything that a machine has in use, with the command and the
// time above it.
func wholeTable(t *testing.T, flags string) string {
	t.Helper()
	rows := []textgen.Row{
		{Proto: "TCP", Local: "0.0.0.0:135", Remote: "0.0.0.0:0", State: "LISTENING", PID: 956, Owner: "svchost.exe"},
		{Proto: "TCP", Local: "0.0.0.0:445", Remote: "0.0.0.0:0", State: "LISTENING", PID: 4},
	}
	for i := range 12 {
		rows = append(rows, textgen.Row{Proto: "TCP", Local: fmt.Sprintf("192.0.2.10:%d", 49700+i), Remote: "198.51.100.7:443", State: "ESTABLISHED", PID: 4242, Owner: "agent.exe"})
		rows = append(rows, textgen.Row{Proto: "TCP", Local: fmt.Sprintf("0.0.0.0:%d", 49900+i), Remote: "0.0.0.0:0", State: "BOUND", PID: 4242, Owner: "agent.exe"})
	}
	for i := range 5 {
		rows = append(rows, textgen.Row{Proto: "UDP", Local: fmt.Sprintf("0.0.0.0:%d", 50100+i), Remote: "*:*", PID: 1300, Owner: "svchost.exe"})
	}
	var out bytes.Buffer
	if err := (textgen.Netstat{Flags: flags, Command: true, Stamp: "2026-03-10 09:04:00"}).Print(&out, rows); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// outcomeOf judges one table beside a log and a range.
func outcomeOf(log []byte, table string) (report.Outcome, []string) {
	f := facts.New(facts.Options{Zone: time.UTC, Jobs: 1})
	add := func(path, kind string, data []byte) facts.Handle {
		return f.Add(report.Source{Path: path, Kind: kind, Size: int64(len(data)), SHA256: path}, bytes.NewReader(data))
	}
	add("range.txt", "hosttext.range", []byte(wholeRange))
	h := add("netstat.txt", "netstat", []byte(table))
	add("System.evtx", "evtx", log)
	f.AddTables(h, strings.NewReader(table))
	r := verdict.Judge(f.Settled(), verdict.Options{})
	return r.Verdict.Outcome, r.Verdict.Reasons
}

// A whole table beside a silent log and a known range is an all-clear, through every
// wrapper. One that is cut, filtered or elided in any way never is. netstatparse tests each
// way through each wrapper; here each goes through one, judged.
func TestOnlyAWholeTableClears(t *testing.T) {
	log, wraps := silentLog(t), textgen.Wraps()
	for k, flags := range []string{"anobq", "anoq"} {
		whole := wholeTable(t, flags)
		if got, why := outcomeOf(log, whole); got != report.NotExhausted {
			t.Errorf("%s: %s: %q", flags, got, why)
		}
		for _, w := range wraps {
			text, _ := w.Apply(whole)
			if got, why := outcomeOf(log, text); got != report.NotExhausted && w.Name != "time-brackets" { // whose time has no date
				t.Errorf("%s through %s: %s: %q", flags, w.Name, got, why)
			}
		}
		for i, lack := range textgen.Lacks() {
			if k > 0 && i%3 != 0 {
				continue // without programs some stand for all
			}
			text := lack.Apply(whole)
			if got, _ := outcomeOf(log, text); got == report.NotExhausted {
				t.Errorf("%s with %s is %s", flags, lack.Name, got)
			}
			w := wraps[i%len(wraps)]
			wrapped, _ := w.Apply(text)
			if got, _ := outcomeOf(log, wrapped); got == report.NotExhausted {
				t.Errorf("%s with %s through %s is %s", flags, lack.Name, w.Name, got)
			}
		}
	}
}
