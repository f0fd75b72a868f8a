package evtx

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wantedOnly are the options of the verdict.
var wantedOnly = Options{IDs: []uint16{4227, 4231, 4266, 16002}, Providers: []string{"Tcpip", "AFD"}}

// outcome is everything a log gives.
type outcome struct {
	records []Record
	codes   map[string]int
	stats   Stats
}

func readLog(t testing.TB, data []byte, o *Options) outcome {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	res := outcome{codes: map[string]int{}}
	for rec, err := range r.Records() {
		if err == nil {
			res.records = append(res.records, rec)
			continue
		}
		fe, ok := err.(*FormatError)
		if !ok {
			t.Fatalf("%v is no *FormatError", err)
		}
		if fe.Offset < 0 || fe.Length < 0 || fe.Offset+fe.Length > int64(len(data)) || fe.Detail == "" {
			t.Fatalf("damage outside the file of %d bytes: %+v", len(data), fe)
		}
		res.codes[fe.Code]++
	}
	res.stats = r.Stats()
	return res
}

func (r outcome) origins() map[Origin]int {
	out := map[Origin]int{}
	for _, rec := range r.records {
		out[rec.Origin]++
	}
	return out
}

func sample(t *testing.T, path ...string) []byte {
	t.Helper()
	dir := filepath.Join("..", "..", "shared", "samples")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("samples not present: the real event logs are not checked here")
	}
	data, err := os.ReadFile(filepath.Join(append([]string{dir}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The counts of whole logs are those of libevtx's evtxexport 20181227-7; where it
// says recovered, slack is counted. zero-data-size: libevtx has 335 and recovers
// 114, the same 449. bad-chunk-magic: libevtx has 267 and recovers 81, the same 348.
func TestRealLogs(t *testing.T) {
	for _, c := range []struct {
		name                                string
		live, badCRC, slack, records, chunk int
		dirty, wrapped, truncated           bool
	}{
		{"application-no-crc32", 17, 0, 0, 17, 1, false, false, false},
		{"log-cleared", 267, 0, 97, 267, 2, false, false, false},
		{"no-events", 0, 0, 0, 0, 1, false, false, false},
		{"system-truncated", 283, 0, 0, 283, 3, true, false, true},
		{"system-v32-dirty", 651, 0, 0, 651, 6, true, false, false},
		{"system", 1881, 0, 0, 1881, 15, true, false, false},
		{"zero-data-size", 333, 116, 0, 449, 4, true, false, false},
		{"bad-chunk-magic", 129, 169, 50, 380, 6, true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := readLog(t, sample(t, "evtx", "real", c.name+".evtx"), nil)
			o, s := res.origins(), res.stats
			if o[OriginLive] != c.live || o[OriginBadCRC] != c.badCRC || o[OriginSlack] != c.slack || o[OriginEmptyChunk] != 0 {
				t.Errorf("%v", o)
			}
			if s.Records != c.records || s.Chunks != c.chunk || s.Dirty != c.dirty || s.Wrapped != c.wrapped || s.Truncated != c.truncated {
				t.Errorf("%+v", s)
			}
			for _, rec := range res.records {
				if rec.Channel == "" || rec.Computer == "" || rec.Provider == "" || rec.Time.Year() < 2010 {
					t.Fatalf("record without a place or time: %+v", rec)
				}
			}
		})
	}
}

// A record to the last field as evtxexport has it, with the empty string in its place.
func TestRealRecord(t *testing.T) {
	res := readLog(t, sample(t, "evtx", "real", "system.evtx"), &Options{IDs: []uint16{6009}, Providers: []string{"eventlog"}})
	first := res.records[0]
	if first.RecordID != 1 || first.Offset != 4608 || first.Channel != "System" || first.Provider != "EventLog" || !cmp.Equal(first.Data, []string{"10.00.", "15063", "", "Multiprocessor Free", "0"}) {
		t.Errorf("%+v", first)
	}
	if want := time.Date(2017, 7, 12, 17, 16, 28, 214161600, time.UTC); !first.Time.Equal(want) {
		t.Errorf("created %v, want %v", first.Time, want)
	}
	if s := res.stats; s.FirstRecordID != 1 || s.LastRecordID != 1881 || s.Gaps != 0 {
		t.Errorf("%+v", s)
	}
}

// The composed logs hold what their writer put in: the ids in turn, 7 s apart.
func TestComposedLogs(t *testing.T) {
	for name, n := range map[string]int{"tcpip-9": 9, "tcpip-dirty": 300, "tcpip-literal-id": 300} {
		t.Run(name, func(t *testing.T) {
			res := readLog(t, sample(t, "evtx", "synthetic", name+".evtx"), &wantedOnly)
			if len(res.records) != n || len(res.codes) != 0 {
				t.Fatalf("%d records, want %d; damage %v", len(res.records), n, res.codes)
			}
			start := time.Date(2025, 3, 1, 9, 0, 0, 123456700, time.UTC)
			for i, rec := range res.records {
				at := start.Add(time.Duration(i) * 7 * time.Second)
				if rec.ID != []uint16{4227, 4231, 4266}[i%3] || rec.RecordID != uint64(1000+i) || !rec.Time.Equal(at) {
					t.Fatalf("record %d: %+v", i, rec)
				}
				if rec.Provider != "Tcpip" || rec.Qualifiers != 0x8000 || rec.Level != 3 || rec.PID != 4 || rec.Channel != "System" || rec.Origin != OriginLive {
					t.Fatalf("record %d: %+v", i, rec)
				}
				if id, ok := rec.binaryID(); len(rec.Binary) > 0 && (!ok || id != rec.ID) {
					t.Fatalf("record %d: Binary %x", i, rec.Binary)
				}
			}
		})
	}
}

// The filter loses nothing: with it and without it the same records are wanted.
func TestFilterLosesNothing(t *testing.T) {
	for _, path := range [][]string{
		{"evtx", "real", "system.evtx"},
		{"evtx", "real", "zero-data-size.evtx"},
		{"evtx", "synthetic", "tcpip-literal-id.evtx"},
		{"bundles", "leak64", "System.evtx"},
		{"bundles", "only4227", "System.evtx"},
	} {
		data := sample(t, path...)
		all := readLog(t, data, nil)
		// The most frequent pair of the log itself is wanted too.
		seen := map[string]int{}
		best, most := Record{}, 0
		for _, rec := range all.records {
			k := fmt.Sprint(rec.Provider, rec.ID)
			if seen[k]++; seen[k] > most {
				best, most = rec, seen[k]
			}
		}
		for _, o := range []*Options{&wantedOnly, {IDs: []uint16{best.ID}, Providers: []string{best.Provider}}, {IDs: []uint16{best.ID}}} {
			f := newFilter(o)
			want := 0
			for i := range all.records {
				if f.match(&all.records[i]) {
					want++
				}
			}
			if got := readLog(t, data, o); len(got.records) != want {
				t.Errorf("%v %v: %d records, want %d", path, o, len(got.records), want)
			}
		}
	}
}

func BenchmarkRecords(b *testing.B) {
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "samples", "evtx", "real", "system.evtx"))
	if err != nil {
		b.Skip("samples not present: nothing to measure")
	}
	for _, c := range []struct {
		name string
		o    *Options
	}{{"wanted", &wantedOnly}, {"all", nil}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				readLog(b, data, c.o)
			}
		})
	}
}
