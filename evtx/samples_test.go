package evtx

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wantedOnly are the options of the verdict.
var wantedOnly = Options{IDs: []uint16{4227, 4231, 4266, 16002}, Providers: []string{"Tcpip", "AFD"}}

// outcome is everything a log gives.
type outcome struct {
	records []Record // whole ones
	unread  []Record // those with a Payload
	codes   map[string]int
	places  map[string][2]int64 // of the first damage of each code: its offset and length
	stats   Stats
}

func readLog(t testing.TB, data []byte, o *Options) outcome {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	res := outcome{codes: map[string]int{}, places: map[string][2]int64{}}
	for rec, err := range r.Records() {
		if err == nil {
			if rec.Payload == nil {
				res.records = append(res.records, rec)
			} else {
				res.unread = append(res.unread, rec)
			}
			continue
		}
		fe, ok := err.(*FormatError)
		if !ok {
			t.Fatalf("%v is no *FormatError", err)
		}
		if fe.Offset < 0 || fe.Length < 0 || fe.Offset+fe.Length > int64(len(data)) || fe.Detail == "" {
			t.Fatalf("damage outside the file of %d bytes: %+v", len(data), fe)
		}
		if res.codes[fe.Code]++; res.codes[fe.Code] == 1 {
			res.places[fe.Code] = [2]int64{fe.Offset, fe.Length}
		}
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

// Nor does it lose any of a log with damaged templates: what can be decoded and is
// wanted is given.
func TestFilterLosesNothingOfMutants(t *testing.T) {
	whole := composed(t)
	rng := rand.New(rand.NewPCG(1, 2))
	f := newFilter(&wantedOnly)
	for range 300 {
		d := bytes.Clone(whole)
		for range 1 + rng.IntN(6) {
			d[fileHeaderSize+rng.IntN(8<<10)] = byte(rng.IntN(256))
		}
		all := readLog(t, d, nil).records
		want := slices.DeleteFunc(all, func(r Record) bool { return r.Payload != nil || !f.match(&r) })
		if got := readLog(t, d, &wantedOnly).records; len(got) != len(want) {
			t.Fatalf("%d records, want %d", len(got), len(want))
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

// The composed logs that show one oddity each: how many records of which ids, what is
// told, and some of what they say.
func TestOddLogs(t *testing.T) {
	three := map[uint16]int{4227: 3, 4231: 3, 4266: 3}
	for _, c := range []struct {
		name  string
		ids   map[uint16]int
		codes []string
		says  []string
	}{
		{"export-4231-then-4227", map[uint16]int{4231: 1, 4227: 1}, []string{CodeHeaderTime}, nil},
		{"export-filtered", map[uint16]int{4231: 1, 4227: 1}, []string{CodeHeaderTime}, nil},
		{"one-4231", map[uint16]int{4231: 1}, nil, nil},
		{"header-100ns-late", map[uint16]int{4231: 1}, nil, nil},
		{"header-30s-late", three, nil, nil},
		{"header-time-impossible", three, []string{CodeHeaderTime}, nil},
		{"no-file-header", three, []string{CodeNoHeader}, nil},
		{"free-space-beyond-chunk", three, []string{CodeChunkHeader}, nil},
		{"junk-after-chunk", three, []string{CodeChunkMagic, CodeTruncated}, nil},
		{"time-goes-back", three, []string{CodeTimeBack}, nil},
		{"substitution-missing", map[uint16]int{4231: 2}, nil, []string{"A=7", "B=", "C="}},
		{"value-types", map[uint16]int{4231: 2}, nil, []string{"D02_2=Straße €", "D11_21=1601-01-01T00:00:00Z", "D12_24=2025-02-16T04:44:11.555Z", "D13_28=S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"}},
		{"value-arrays", map[uint16]int{4231: 2}, nil, []string{"D83_2=-1", "D86_5=65535", "D8a_9=18446744073709551615", "D8c_11=-2.25", "D91_14=2024-01-17T21:20:00Z", "D93_16=S-1-5-1"}},
		{"user-data", map[uint16]int{4231: 2}, nil, []string{"SubjectUserName=alice", "Attr/@fileRef=x.cer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := sample(t, "second", "evtx", c.name+".evtx")
			res := readLog(t, data, &wantedOnly)
			got := map[uint16]int{}
			for _, r := range res.records {
				got[r.ID]++
				if r.Time.Before(res.stats.First) || r.Time.After(res.stats.Last) {
					t.Errorf("record %d of %v lies outside %v to %v", r.RecordID, r.Time, res.stats.First, res.stats.Last)
				}
				said := "|" + r.fields() + "|"
				for _, want := range c.says {
					if !strings.Contains(said, "|"+want+"|") {
						t.Errorf("no %s in %s", want, said)
					}
				}
			}
			if d := cmp.Diff(c.ids, got); d != "" {
				t.Error(d)
			}
			if told := slices.Sorted(maps.Keys(res.codes)); !slices.Equal(told, c.codes) && len(told)+len(c.codes) > 0 {
				t.Errorf("told %v, want %v", told, c.codes)
			}
			if c.name == "header-time-impossible" && res.stats.Last.Format(time.RFC3339Nano) != "2025-03-01T09:00:56.1234567Z" {
				t.Errorf("until %v", res.stats.Last)
			}
		})
	}
}
