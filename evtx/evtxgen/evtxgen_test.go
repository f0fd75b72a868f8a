package evtxgen

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"portverdict/evtx"
)

var start = time.Date(2025, 3, 1, 9, 0, 0, 123456700, time.UTC)

// mixed are n records of every shape in turn: classic with and without strings,
// named, empty, from other computers, with text that is not ASCII.
func mixed(n int) []Record {
	out := make([]Record, n)
	for i := range out {
		r := Record{
			ID: uint16(1000 + i), Level: uint8(i % 6), Channel: "System", Computer: "WIN-TEST01",
			Time: start.Add(time.Duration(i) * 7 * time.Second), PID: uint32(i), TID: math.MaxUint32 - uint32(i),
		}
		switch i % 7 {
		case 0:
			r.Provider, r.Qualifiers, r.Data, r.Binary = "Tcpip", 0x8000, []string{""}, bytes.Repeat([]byte{byte(i)}, 40)
		case 1:
			r.Provider, r.EventSource, r.Qualifiers = "Service Control Manager", "SCM Source", 0x4000
			r.Data = []string{"Größe ☃", "", strings.Repeat("x", i)}
		case 2:
			r.Provider, r.Named, r.Data = "Kernel-General", []string{"HiveName", "Empty", "Last"}, []string{`\REGISTRY\A`, "", fmt.Sprint(i)}
		case 3:
			r.Provider, r.Named, r.Data, r.Binary = "Kernel-General", []string{"Only"}, []string{""}, []byte{1, 2, 3}
		case 4:
			r.Provider, r.Computer = "Time-Service", "other.example.net"
		case 5:
			r.Provider, r.Binary = "Tcpip", []byte{0xff}
		case 6:
			r.Provider, r.Channel, r.Data = "Application <&> \"Error\"", "Application", []string{"", "", ""}
		}
		out[i] = r
	}
	return out
}

func literal(records []Record) []Record {
	for i := range records {
		records[i].LiteralID = true
	}
	return records
}

// kinds are the logs that the reader and libevtx have to read.
var kinds = []struct {
	name  string
	log   Log
	order []int // the chunks as they stand in the file: 0 holds the first records
	live  int   // how many chunks are in use
}{
	{"one chunk", Log{Records: mixed(21)}, []int{0}, 1},
	{"several chunks", Log{Records: mixed(63), PerChunk: 25}, []int{0, 1, 2}, 3},
	{"3.2", Log{Major: 3, Minor: 2, Records: mixed(14), PerChunk: 7}, []int{0, 1}, 2},
	{"dirty", Log{Records: mixed(70), PerChunk: 20, Dirty: true}, []int{0, 1, 2, 3}, 4},
	{"dirty one chunk", Log{Records: mixed(7), Dirty: true}, []int{0}, 1},
	{"dirty one record", Log{Records: mixed(1), Dirty: true}, []int{0}, 1},
	{"wrapped", Log{Records: mixed(95), PerChunk: 20, Wrapped: true}, []int{3, 4, 0, 1, 2}, 5},
	{"wrapped two chunks", Log{Records: mixed(30), PerChunk: 20, Wrapped: true}, []int{1, 0}, 2},
	{"wrapped dirty", Log{Records: mixed(90), PerChunk: 20, Wrapped: true, Dirty: true}, []int{3, 4, 0, 1, 2}, 5},
	{"cleared", Log{Records: mixed(50), PerChunk: 20, Cleared: true}, []int{0, 1, 2}, 1},
	{"cleared dirty", Log{Records: mixed(50), PerChunk: 20, Cleared: true, Dirty: true}, []int{0, 1, 2}, 1},
	{"literal ids", Log{Records: literal(mixed(14))}, []int{0}, 1},
	{"empty", Log{}, []int{0}, 0},
}

// inFile gives the records of a log, numbered, as they follow in the file, and how
// many of them the log holds.
func inFile(l *Log, order []int, chunks int) (records []Record, live int) {
	per := l.PerChunk
	if per == 0 {
		per = len(l.Records)
	}
	for _, k := range order {
		for i := k * per; i < min((k+1)*per, len(l.Records)); i++ {
			r := l.Records[i]
			r.RecordID = uint64(i + 1)
			records = append(records, r)
			if k < chunks {
				live++
			}
		}
	}
	return records, live
}

func whole(t testing.TB, l *Log) []byte {
	t.Helper()
	data, err := l.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// read gives what our reader finds; damage is an error.
func read(t testing.TB, data []byte, o *evtx.Options) ([]evtx.Record, evtx.Stats) {
	t.Helper()
	r, err := evtx.NewReader(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	var out []evtx.Record
	for rec, err := range r.Records() {
		if err != nil {
			t.Errorf("damage: %v", err)
			continue
		}
		out = append(out, rec)
	}
	return out, r.Stats()
}

// classic are the Keywords of a classic event, which the writer gives all.
const classic = 0x80000000000000

// same compares what was read with what was written.
func same(t *testing.T, got evtx.Record, want *Record, origin evtx.Origin) {
	t.Helper()
	names := want.Named
	if names == nil && want.Data != nil {
		names = make([]string, len(want.Data))
	}
	w := evtx.Record{
		RecordID: want.RecordID, Offset: got.Offset, Time: want.Time, Written: want.Time, Provider: want.Provider,
		EventSource: want.EventSource, Keywords: classic,
		ID: want.ID, Qualifiers: want.Qualifiers, Level: want.Level, PID: want.PID, TID: want.TID,
		Channel: want.Channel, Computer: want.Computer, Data: want.Data, Names: names, Binary: want.Binary, Origin: origin,
	}
	if !reflect.DeepEqual(got, w) {
		t.Fatalf("got  %+v\nwant %+v", got, w)
	}
}

// Our reader gives every field of every record back, and finds no damage.
func TestReadBack(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			data := whole(t, &k.log)
			if want := fileHeaderSize + len(k.order)*chunkSize; len(data) != want {
				t.Fatalf("%d bytes, want %d", len(data), want)
			}
			got, s := read(t, data, nil)
			want, live := inFile(&k.log, k.order, k.live)
			if len(got) != len(want) || s.Records != live || s.Leftover != len(want)-live || s.Undecoded != 0 || s.Gaps != 0 {
				t.Fatalf("%d records, want %d with %d in use: %+v", len(got), len(want), live, s)
			}
			if s.Chunks != len(k.order) || s.Dirty != k.log.Dirty || s.Wrapped != k.log.Wrapped || s.Cleared != k.log.Cleared || s.VersionMinor != max(k.log.Minor, 1) {
				t.Errorf("%+v", s)
			}
			for i := range got {
				origin := evtx.OriginLive
				if i >= live {
					origin = evtx.OriginEmptyChunk
				}
				same(t, got[i], &want[i], origin)
			}
		})
	}
}

// Records whose numbers are given keep them; a record without one counts on.
func TestNumbers(t *testing.T) {
	records := mixed(5)
	records[1].RecordID, records[3].RecordID = 1000, 5000
	got, s := read(t, whole(t, &Log{Records: records}), nil)
	var ids []uint64
	for _, r := range got {
		ids = append(ids, r.RecordID)
	}
	if want := []uint64{1, 1000, 1001, 5000, 5001}; !reflect.DeepEqual(ids, want) || s.Gaps != 2 {
		t.Errorf("%v, want %v; %+v", ids, want, s)
	}
}

// Chunks are filled to the end when no number of records is asked for, also by a
// record that fits in none but an empty one.
func TestFull(t *testing.T) {
	records := mixed(600)
	big := &records[300]
	big.Provider, big.Named, big.Binary = "Big", nil, nil
	big.Data = []string{strings.Repeat("a", 30000)}
	got, s := read(t, whole(t, &Log{Records: records}), nil)
	if len(got) != 600 || s.Chunks < 4 || s.Chunks > 6 {
		t.Fatalf("%d records: %+v", len(got), s)
	}
	for i := range got {
		w := records[i]
		w.RecordID = uint64(i + 1)
		same(t, got[i], &w, evtx.OriginLive)
	}
}

// What cannot be written is said and leaves no log behind.
func TestRefused(t *testing.T) {
	one := func(change func(*Record)) []Record {
		records := mixed(2)
		change(&records[1])
		return records
	}
	for name, l := range map[string]*Log{
		"no room":        {Records: one(func(r *Record) { r.Binary = make([]byte, 64900) })},
		"long value":     {Records: one(func(r *Record) { r.Binary = make([]byte, 70000) })},
		"long text":      {Records: one(func(r *Record) { r.Provider = strings.Repeat("p", 70000) })},
		"zero":           {Records: one(func(r *Record) { r.Data = []string{"a\x00b"} })},
		"names":          {Records: one(func(r *Record) { r.Named = []string{"a", "b", "c", "d"} })},
		"early":          {Records: one(func(r *Record) { r.Time = time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC) })},
		"late":           {Records: one(func(r *Record) { r.Time = time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC) })},
		"number":         {Records: one(func(r *Record) { r.RecordID = math.MaxUint64 })},
		"version":        {Major: 3, Minor: 3},
		"wrapped one":    {Records: mixed(3), Wrapped: true},
		"cleared one":    {Records: mixed(3), Cleared: true},
		"both":           {Records: mixed(9), PerChunk: 3, Wrapped: true, Cleared: true},
		"wrapped, empty": {Wrapped: true},
	} {
		if data, err := l.Bytes(); err == nil || data != nil {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

// Text outside the first plane of Unicode takes two units. (libevtx 20181227 shows
// it as another character, so it is not among the mixed records.)
func TestSurrogates(t *testing.T) {
	text := "\U0001f600 \U0010ffff"
	want := Record{RecordID: 1, Provider: text, Channel: text, Computer: text, Time: start, Named: []string{text}, Data: []string{text}}
	got, _ := read(t, whole(t, &Log{Records: []Record{want}}), nil)
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	same(t, got[0], &want, evtx.OriginLive)
}

// The zero time becomes FILETIME 0, which the reader takes for no time and tells.
func TestNoTime(t *testing.T) {
	data := whole(t, &Log{Records: []Record{{ID: 1, Provider: "P"}}})
	r, err := evtx.NewReader(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []evtx.Record
	var codes []string
	for rec, err := range r.Records() {
		var damage *evtx.FormatError
		if errors.As(err, &damage) {
			codes = append(codes, damage.Code)
			continue
		}
		got = append(got, rec)
	}
	if len(got) != 1 || !got[0].Written.IsZero() || !got[0].Time.IsZero() || got[0].ID != 1 || !slices.Equal(codes, []string{evtx.CodeHeaderTime}) {
		t.Errorf("%+v, told %v", got, codes)
	}
}
