package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"portverdict/cmd/internal/synth"
	"portverdict/evtx"
)

// logRecipes are logs that random recipes do not make. The processes of each fill
// their pool, so that the simulation logs too. The slow one comes last.
var logRecipes = []struct{ name, log string }{
	{"every refusal", "{throttle: 1ms, delay: 1ms, records: [{at: -1m, provider: Tcpip, id: 4227}]}"},
	{"dirty", "{dirty: true}"},
	{"dirty of many chunks", "{dirty: true, noise: 4000, throttle: 1s}"},
	{"dirty of one record", "{dirty: true, noise: 1, from: 0s, until: 1s}"},
	{"silent", "{silent: true, noise: 700}"},
	{"records of the recipe", `{noise: 300, records: [
		{at: -30m, provider: Tcpip, id: 4227}, {at: 1s, provider: Tcpip, id: 4231, data: ["\\Device\\Tcpip", "für <a> & \"b\" →"]},
		{at: 1s, provider: Tcpip, id: 4266, data: ["", ""]}, {at: 1500us, provider: AFD, id: 16002},
		{at: 2m, provider: Elsewhere, id: 4231}, {at: 3m, provider: Elsewhere, id: 65535, data: [one]}]}`},
	{"much noise", "{noise: 20000}"},
}

const logHost = `schema: 1
seed: 21
host: {zone: Etc/GMT-1}
tcp: {start: 50000, count: 300}
udp: {start: 50000, count: 255}
processes:
  - {pid: 4242, image: leaky.exe, sockets: [{rate: 400, connect: true}]}
  - {pid: 4300, image: w3wp.exe, sockets: [{rate: 200, life: 2s, connect: true}]}
  - {pid: 4400, image: dns.exe, sockets: [{transport: udp, rate: 300}]}
`

// withLogs are recipes that have a log: of the first random ones, and of those above.
func withLogs(t *testing.T, random, byHand int) map[string]*synth.Recipe {
	t.Helper()
	out := map[string]*synth.Recipe{}
	for seed := uint64(1); len(out) < random; seed++ {
		if r := synth.Random(seed); r.Log != nil {
			out[fmt.Sprintf("seed %d", seed)] = r
		}
	}
	for _, l := range logRecipes[:byHand] {
		r, err := synth.Read(strings.NewReader(logHost + "log: " + l.log + "\n"))
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		out[l.name] = r
	}
	return out
}

// logRecord is what tells a record of a log, and what is compared of it.
type logRecord struct {
	number           uint64
	written          string
	id               uint64
	source, computer string
}

// exportedRecords are the records that libevtx gives, those it calls recovered too: it
// recovers what the headers of a dirty log do not know of yet. One that it reads only
// in part has no id, and so is none of ours.
func exportedRecords(t *testing.T, tool, path string) map[logRecord]int {
	t.Helper()
	cmd := exec.Command(tool, "-m", "all", path)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Fatalf("libevtx: %v: %s", err, stderr.Bytes())
	}
	records := map[logRecord]int{}
	for block := range strings.SplitSeq(stdout.String(), "\n\n") {
		var r logRecord
		var err error
		for line := range strings.Lines(block) {
			label, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t: ")
			switch strings.TrimSpace(label) {
			case "Event number":
				r.number, err = strconv.ParseUint(value, 10, 64)
			case "Written time":
				r.written = value
			case "Event identifier":
				hex, _, _ := strings.Cut(value, " ")
				r.id, err = strconv.ParseUint(hex, 0, 32)
			case "Source name":
				r.source = value
			case "Computer name":
				r.computer = value
			}
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		if r.number != 0 { // what stands before the records has none
			records[r]++
		}
	}
	return records
}

// ourRecords are the records that package evtx gives of a log without damage, and
// those of them that end where their chunk ends.
func ourRecords(t *testing.T, path string) (records map[logRecord]int, last []logRecord) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := evtx.NewReader(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	const fileHeader, chunk = 4096, 65536
	records = map[logRecord]int{}
	for r, err := range reader.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if !r.Time.Equal(r.Written) {
			t.Fatalf("record %d: created %v, written %v", r.RecordID, r.Time, r.Written)
		}
		k := logRecord{r.RecordID, r.Written.Format("Jan 02, 2006 15:04:05.000000000 UTC"), uint64(r.ID), r.Provider, r.Computer}
		records[k]++
		if end := r.Offset + int64(binary.LittleEndian.Uint32(data[r.Offset+4:])); (end-fileHeader)%chunk == 0 {
			last = append(last, k)
		}
	}
	return records, last
}

// counted are the records of the ids that the truth counts.
func counted(records map[logRecord]int) map[string]int {
	out := map[string]int{"4227": 0, "4231": 0, "4266": 0}
	for r, n := range records {
		id := strconv.FormatUint(r.id, 10)
		if _, ok := out[id]; ok && r.source == "Tcpip" {
			out[id] += n
		}
	}
	return out
}

// What synth calls a System log is one to libevtx too, though it shares no code with
// the writer and the reader here: it finds the records of ports that the truth counts,
// and of all records the numbers, times and ids that package evtx finds.
func TestLibevtxReadsSynthLogs(t *testing.T) {
	tool, err := exec.LookPath("evtxexport")
	if err != nil {
		t.Skip("evtxexport is not installed: the synthetic logs are read by our own reader alone here")
	}
	random, byHand := 12, len(logRecipes)
	if testing.Short() {
		random, byHand = 3, 4
	}
	all, unread := 0, 0
	total := map[string]int{}
	for name, r := range withLogs(t, random, byHand) {
		r.Trace = nil // it takes long to write, and nothing of it is in the log
		dir := t.TempDir()
		truth, err := r.Write(context.Background(), dir)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "bundle", r.Log.File)
		theirs := exportedRecords(t, tool, path)
		ours, last := ourRecords(t, path)
		// libevtx 20181227 wants four bytes behind a record that is the last of its
		// chunk. No chunk of a real log here is as full, so that none shows it.
		for _, k := range last {
			if theirs[k] == 0 {
				theirs[k]++
				unread++
			}
		}
		if !maps.Equal(theirs, ours) {
			t.Errorf("%s: of %d records libevtx gives %d: %s", name, len(ours), len(theirs), notInBoth(theirs, ours))
		}
		for reader, records := range map[string]map[logRecord]int{"libevtx": theirs, "package evtx": ours} {
			if got := counted(records); !maps.Equal(got, truth.Log) {
				t.Errorf("%s: %s counts %v, want %v", name, reader, got, truth.Log)
			}
		}
		if len(ours) < r.Log.Noise {
			t.Errorf("%s: %d records, though %d are noise", name, len(ours), r.Log.Noise)
		}
		all += len(ours)
		for id, n := range truth.Log {
			total[id] += n
		}
	}
	for _, id := range []string{"4227", "4231", "4266"} {
		if total[id] == 0 {
			t.Errorf("no log has a %s", id)
		}
	}
	t.Logf("%d records of %d logs, of ports %v; libevtx does not read %d that end with their chunk", all, random+byHand, total, unread)
}

// notInBoth shows a record that two logs do not have equally often.
func notInBoth(theirs, ours map[logRecord]int) string {
	for r, n := range ours {
		if theirs[r] != n {
			return fmt.Sprintf("%+v %d times, want %d", r, theirs[r], n)
		}
	}
	for r, n := range theirs {
		if ours[r] != n {
			return fmt.Sprintf("%+v %d times, want %d", r, n, ours[r])
		}
	}
	return "none"
}
