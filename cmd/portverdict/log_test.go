package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

// logAt writes a log of n records from number first on, a minute apart; those of
// which wanted tells are Tcpip 4231, the others those of another provider.
func logAt(t *testing.T, name, channel, computer string, first, n int, wanted func(id int) bool) {
	t.Helper()
	var records []evtxgen.Record
	for i := first; i < first+n; i++ {
		r := evtxgen.Record{
			ID: 7036, Level: 4, Provider: "Service Control Manager", Channel: channel, Computer: computer,
			Time: time.Date(2026, 3, 10, 9, i, 0, 0, time.UTC), RecordID: uint64(i), Data: []string{"Workstation", "running"},
		}
		if wanted(i) {
			r.ID, r.Level, r.Provider, r.Data = 4231, 3, "Tcpip", nil
		}
		records = append(records, r)
	}
	writeLog(t, name, records)
}

func writeLog(t *testing.T, name string, records []evtxgen.Record) {
	t.Helper()
	data, err := (&evtxgen.Log{Records: records}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// count is what a finding counts, over all machines and transports.
func count(r *report.Report, id string) int {
	n := 0
	for _, f := range r.Findings {
		if f.ID == id {
			n += f.Count
		}
	}
	return n
}

// The ids of another provider, or in a message, are none of ours.
func TestOthersRecordsGiveNoFinding(t *testing.T) {
	dir := t.TempDir()
	var records []evtxgen.Record
	for i, provider := range []string{"ESENT", "Tcpip6 Monitor", "MyTcpip", "Microsoft-Windows-AFDish", "EventLog", "Tcpip"} {
		for _, id := range []uint16{4227, 4231, 4266, 16002} {
			r := evtxgen.Record{
				ID: id, Level: 3, Provider: provider, Channel: "System", Computer: "HOST1", Time: time.Date(2026, 3, 10, 9, i, 0, 0, time.UTC),
				LiteralID: i%2 == 1, Data: []string{"Tcpip", "4231", "TCP/IP failed to establish an outgoing connection (4227); event 4266 followed"},
			}
			if provider == "Tcpip" {
				r.ID = 4199 // an address conflict
			}
			records = append(records, r)
		}
	}
	writeLog(t, filepath.Join(dir, "System.evtx"), records)
	r := analyzeFolder(t, dir, exitInconclusive)
	for _, id := range []string{"evtx-4227", "evtx-4231", "evtx-4266", "evtx-afd-16002"} {
		if n := count(r, id); n != 0 {
			t.Errorf("%s: %d", id, n)
		}
	}
	if s := r.Sources[0]; s.Kind != "evtx" || s.Facts["records"] != "24" {
		t.Errorf("%+v", s)
	}
}

// Two exports of one log that overlap are one log; the same numbers of another
// machine or another channel are other records.
func TestOverlappingExportsCountOnce(t *testing.T) {
	dir := t.TempDir()
	wanted := func(id int) bool { return id >= 41 && id <= 50 }
	logAt(t, filepath.Join(dir, "first.evtx"), "System", "HOST1", 1, 60, wanted)
	logAt(t, filepath.Join(dir, "second.evtx"), "System", "HOST1", 40, 40, wanted)
	r := analyzeFolder(t, dir, exitExhausted)
	if n := count(r, "evtx-4231"); n != 10 {
		t.Errorf("%d records of 4231, want 10", n)
	}
	logAt(t, filepath.Join(dir, "third.evtx"), "System", "HOST2", 40, 40, wanted)
	if n := count(analyzeFolder(t, dir, exitExhausted), "evtx-4231"); n != 20 {
		t.Errorf("%d records of 4231 with another machine's, want 20", n)
	}
	logAt(t, filepath.Join(dir, "fourth.evtx"), "Application", "HOST1", 40, 40, wanted)
	if n := count(analyzeFolder(t, dir, exitExhausted), "evtx-4231"); n != 20 {
		t.Errorf("%d records of 4231, want 20: no witness stands in another channel", n)
	}
}
