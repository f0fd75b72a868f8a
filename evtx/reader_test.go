package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A log whose header is missing is read by its chunks.
func TestNoFileHeader(t *testing.T) {
	whole := composed(t)
	zeros := append(make([]byte, fileHeaderSize), whole[fileHeaderSize:]...)
	junk := append(bytes.Repeat([]byte("junk"), fileHeaderSize/4), whole[fileHeaderSize:]...)
	for name, c := range map[string]struct {
		data   []byte
		offset int64 // of the first record
	}{
		"zeros": {zeros, fileHeaderSize + chunkHeaderSize}, "junk": {junk, fileHeaderSize + chunkHeaderSize}, "chunks alone": {whole[fileHeaderSize:], chunkHeaderSize},
	} {
		if !Sniff(c.data) || !Sniff(c.data[:fileHeaderSize+8]) {
			t.Errorf("%s: not taken for a log", name)
		}
		res := readLog(t, c.data, &wantedOnly)
		if len(res.records) != 8 || res.codes[CodeNoHeader] != 1 || len(res.codes) != 1 || !res.stats.NoHeader {
			t.Errorf("%s: %d records, told %v, %+v", name, len(res.records), res.codes, res.stats)
		}
		if all := readLog(t, c.data, nil); len(all.records) != 158 || all.records[0].Offset != c.offset {
			t.Errorf("%s: %d records, the first at %d", name, len(all.records), all.records[0].Offset)
		}
	}
	zeros[fileHeaderSize] = 'X'
	for _, d := range [][]byte{zeros, zeros[:fileHeaderSize+4], nil, []byte("ElfChn")} {
		if Sniff(d) {
			t.Errorf("%d bytes of nothing are taken for a log", len(d))
		}
		if _, err := NewReader(bytes.NewReader(d), int64(len(d)), nil); err == nil {
			t.Errorf("%d bytes of nothing are a log", len(d))
		}
	}
}

// A log is that of the first record that can be read, wherever it stands.
func TestWhoseLog(t *testing.T) {
	w := newWriter()
	for _, name := range []string{"A", "B"} {
		w.record(func() {
			w.put(tokenFragment, 1, 1, 0).instance(aroundSystem(w, func() {
				w.element("EventID", nil, func() { w.text("7") }).element("Channel", nil, func() { w.text(name) }).element("Computer", nil, func() { w.text("PC-" + name) })
			}))
		})
	}
	first := w.file(t)
	later := slices.Concat(first[:fileHeaderSize], make([]byte, chunkSize), first[fileHeaderSize:])
	for _, d := range [][]byte{first, later} {
		if res := readLog(t, d, nil); len(res.records) != 2 || res.stats.Channel != "A" || res.stats.Computer != "PC-A" {
			t.Errorf("%d records, %+v", len(res.records), res.stats)
		}
	}
}

// A record without a time does not move the time that the log speaks for, whether the others
// tell theirs in a value or in a text.
func TestTimesOfTexts(t *testing.T) {
	for _, order := range [][]string{{"2025-03-01T09:00:00Z", "", "2025-03-02T09:00:00Z"}, {"", "2025-03-02T09:00:00Z", "2025-03-01T09:00:00Z"}} {
		w := newWriter()
		for _, text := range order {
			w.record(func() {
				w.put(tokenFragment, 1, 1, 0).instance(aroundSystem(w, func() {
					w.element("EventID", nil, func() { w.text("7") }).element("TimeCreated", func() { w.attribute("SystemTime", func() { w.text(text) }) }, nil)
				}))
			})
		}
		s := readLog(t, w.file(t), nil).stats
		if first, last := s.First.Format(time.RFC3339), s.Last.Format(time.RFC3339); s.Decoded != 3 || first != "2025-03-01T09:00:00Z" || last != "2025-03-02T09:00:00Z" {
			t.Errorf("%q: %s to %s, %d", order, first, last, s.Decoded)
		}
	}
}

// Wherever the consumer stops, nothing comes after it, and the next walk gives all.
func TestStopAnywhere(t *testing.T) {
	d := composed(t)
	frames := framesOf(d)
	setHeader(d, frames[3], 0)
	binary.LittleEndian.PutUint32(d[fileHeaderSize+frames[20].offset+4:], 0) // damage
	d[fileHeaderSize+frames[40].offset+recordHeader] = 0xee
	setCreated(t, d, frames[60], ticks(someTime.AddDate(-1, 0, 0)))
	seal(d)
	d[9] ^= 1 // the file header does not fit its checksum
	d = append(d, make([]byte, 3*chunkSize)...)
	d = append(d, "the end is no chunk"...)
	for _, workers := range []int{1, 4} {
		r, err := NewReader(bytes.NewReader(d), int64(len(d)), &Options{Workers: workers, SecondReader: []uint16{4231}})
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for range r.Records() {
			total++
		}
		if total < 160 {
			t.Fatalf("%d", total)
		}
		before := runtime.NumGoroutine()
		for n := 1; n <= total; n++ {
			got := 0
			r.Records()(func(Record, error) bool {
				if got++; got > n {
					t.Fatalf("called again after %d", n)
				}
				return got < n
			})
			if got != n {
				t.Fatalf("stopped after %d, got %d", n, got)
			}
		}
		for wait := 0; runtime.NumGoroutine() > before; wait++ {
			if time.Sleep(time.Millisecond); wait > 10_000 {
				t.Fatalf("%d goroutines before, %d after the walks", before, runtime.NumGoroutine())
			}
		}
		again := 0
		for range r.Records() {
			again++
		}
		if again != total {
			t.Errorf("%d, then %d", total, again)
		}
	}
}

// small is a log of three records in as few bytes as can be.
func small(t testing.TB) []byte {
	w := newWriter()
	definition := 0
	for i := range 3 {
		w.record(func() {
			w.put(tokenFragment, 1, 1, 0)
			values := []typed{{kindFileTime, u64(ticks(someTime) + uint64(i))}, {kindString | array, []byte{'x', 0, 0, 0, byte('0' + i), 0, 0, 0}}}
			if i > 0 {
				w.put(tokenTemplate, 1).u32(7).u32(definition).values(values...)
				return
			}
			definition = len(w.b) + 10
			w.instance(func() {
				w.element("Event", nil, func() {
					w.element("System", nil, func() {
						w.element("Provider", func() { w.attribute("Name", func() { w.text("P") }) }, nil)
						w.element("EventID", nil, func() { w.text("7") })
						w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(0, kindFileTime) }) }, nil)
					})
					w.element("EventData", nil, func() { w.element("Data", nil, func() { w.value(1, kindString|array) }) })
				})
			}, values...)
		})
	}
	for i, f := range framesOf(append(make([]byte, fileHeaderSize), w.b...)) {
		binary.LittleEndian.PutUint64(w.b[f.offset+8:], uint64(i+1))
	}
	end := len(w.b)
	d := w.file(t)
	binary.LittleEndian.PutUint64(d[fileHeaderSize+16:], 3)
	return seal(d)[:fileHeaderSize+end]
}

func numbersOf(records []Record) (out []uint64) {
	for i := range records {
		out = append(out, records[i].RecordID)
	}
	return out
}

// A short log cut at every byte, and with every byte turned: the records before the
// cut are there, damage is told, and what does not lie in the damage stays.
func TestEveryByte(t *testing.T) {
	whole := small(t)
	if res := readLog(t, whole, nil); !slices.Equal(numbersOf(res.records), []uint64{1, 2, 3}) || res.codes[CodeTruncated] != 1 || res.records[2].fields() != "=x|=2" {
		t.Fatalf("%+v %v", res.records, res.codes)
	}
	frames := framesOf(whole)
	for n := fileHeaderSize; n < len(whole); n++ {
		res := readLog(t, whole[:n], nil)
		want := 0
		for i, f := range frames {
			if fileHeaderSize+f.offset+f.size <= n {
				want = i + 1
			}
		}
		if len(res.records) != want || n > fileHeaderSize && res.codes[CodeTruncated] != 1 || len(res.codes) > 1 {
			t.Fatalf("cut at %d: %d records, want %d; %v", n, len(res.records), want, res.codes)
		}
		// One that has no room for a record is no chunk.
		if room := n-fileHeaderSize >= chunkHeaderSize+minRecord; res.stats.Truncated != (n > fileHeaderSize) || (res.stats.Chunks == 1) != room {
			t.Fatalf("cut at %d: %+v", n, res.stats)
		}
	}
	for i := fileHeaderSize + chunkHeaderSize; i < len(whole); i++ {
		for _, bit := range []byte{1, 0x80, 0xff} {
			d := bytes.Clone(whole)
			d[i] ^= bit
			res := readLog(t, d, nil)
			for n, f := range frames[1:] { // the first holds the template of all
				if at := fileHeaderSize + f.offset; i < at && i >= fileHeaderSize+frames[1].offset || i >= at+f.size {
					if !slices.Contains(numbersOf(res.records), uint64(n+2)) {
						t.Fatalf("byte %d turned: record %d is lost, %v left, told %v", i, n+2, numbersOf(res.records), res.codes)
					}
				}
			}
		}
	}
}

// What cannot be read is given with what is known of it when all records are wanted,
// and told when some are.
func TestUnreadRecord(t *testing.T) {
	d := composed(t)
	f := framesOf(d)[33]
	payload := d[fileHeaderSize+f.offset+recordHeader : fileHeaderSize+f.offset+f.size-4]
	payload[4] = 0xee // no token
	seal(d)
	res := readLog(t, d, nil)
	if len(res.records) != 157 || len(res.unread) != 1 || res.codes[CodeRecord] != 1 || res.stats.Undecoded != 1 {
		t.Fatalf("%d and %d records, %v, %+v", len(res.records), len(res.unread), res.codes, res.stats)
	}
	if r := res.unread[0]; r.RecordID != f.number || !r.Time.Equal(eventTime(f.written)) || !bytes.Equal(r.Payload, payload) || r.Offset != int64(fileHeaderSize+f.offset) {
		t.Errorf("%+v", r)
	}
	setHeader(d, f, 0)
	if r := readLog(t, seal(d), nil).unread[0]; !r.Time.IsZero() {
		t.Errorf("a time of its own: %v", r.Time)
	}

	d = composed(t)
	res = readLog(t, d, &wantedOnly)
	at := int(res.records[3].Offset)
	size := int(binary.LittleEndian.Uint32(d[at+4:]))
	i := bytes.LastIndex(d[at:at+size], []byte{tokenFragment, 1, 1, 0, tokenTemplate})
	binary.LittleEndian.PutUint32(d[at+i+10:], 70000) // EventData has no template
	seal(d)
	damaged := readLog(t, d, &wantedOnly)
	if len(damaged.records) != 7 || len(damaged.unread) != 0 || damaged.codes[CodeRecord] != 1 {
		t.Errorf("%d records, %v", len(damaged.records), damaged.codes)
	}
	if r := readLog(t, d, nil).unread[0]; r.ID != res.records[3].ID || r.Provider != "Tcpip" || !r.Time.Equal(res.records[3].Time) {
		t.Errorf("System was read, and of it is given %+v", r)
	}
}

// Many wanted records are read fast and held by nobody.
func TestManyWanted(t *testing.T) {
	chunk := composed(t)
	frames := framesOf(chunk)
	// The last Tcpip record, over and over behind those that hold its templates.
	at := int(readLog(t, chunk, &wantedOnly).records[7].Offset)
	wanted := chunk[at : at+int(binary.LittleEndian.Uint32(chunk[at+4:]))]
	end := fileHeaderSize + chunkHeaderSize
	for _, f := range frames {
		if fileHeaderSize+f.offset <= at {
			end = fileHeaderSize + f.offset + f.size
		}
	}
	c := append([]byte{}, chunk[fileHeaderSize:end]...)
	per := 1
	for len(c)+len(wanted) <= chunkSize {
		c = append(c, wanted...)
		per++
	}
	last := len(c) - len(wanted)
	binary.LittleEndian.PutUint32(c[44:], uint32(last))
	binary.LittleEndian.PutUint32(c[48:], uint32(len(c)))
	c = append(c, make([]byte, chunkSize-len(c))...)
	d := seal(append(append([]byte{}, chunk[:fileHeaderSize]...), c...))[fileHeaderSize:]
	count := 70000/per + 1
	log := append([]byte{}, chunk[:fileHeaderSize]...)
	for range count {
		log = append(log, d...)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	o := wantedOnly
	o.SecondReader = []uint16{4227, 4231, 4266}
	r, err := NewReader(bytes.NewReader(log), int64(len(log)), &o)
	if err != nil {
		t.Fatal(err)
	}
	n, most := 0, uint64(0)
	for rec, err := range r.Records() {
		if err != nil || rec.Provider != "Tcpip" {
			t.Fatalf("%+v %v", rec, err)
		}
		if n++; n%5000 == 0 {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	most -= min(most, before.HeapAlloc)
	t.Logf("%d records of %d MB, at most %d KiB, %d read twice", n, len(log)>>20, most>>10, r.Stats().Agreed)
	if n < 70000 || most > 64<<20 || r.Stats().Disagreed+r.Stats().Unconfirmed > 0 || r.Stats().Agreed == 0 || r.Stats().Agreed > n/8 {
		t.Errorf("%+v", r.Stats())
	}
}

// However many workers read a log, it gives the same.
func TestWorkersAgree(t *testing.T) {
	one := composed(t)
	d := bytes.Clone(one)
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		chunk := bytes.Clone(one[fileHeaderSize:])
		mutate(chunk, random)
		d = append(d, chunk...)
	}
	o := wantedOnly
	o.SecondReader = o.IDs
	for _, o := range []*Options{{}, &o} {
		want := readLog(t, d, o)
		for _, workers := range []int{2, 7, 100} {
			o.Workers = workers
			got := readLog(t, d, o)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(outcome{})); diff != "" {
				t.Fatalf("%d workers: %s", workers, diff)
			}
		}
	}
}

// A disk that fails in the middle costs the chunk it fails in.
type patchy struct {
	data []byte
	bad  int64
}

func (p patchy) ReadAt(b []byte, at int64) (int, error) {
	if at <= p.bad && p.bad < at+int64(len(b)) {
		return 0, errors.New("disk gone")
	}
	return bytes.NewReader(p.data).ReadAt(b, at)
}

func TestPatchyDisk(t *testing.T) {
	one := composed(t)
	d := slices.Concat(one, one[fileHeaderSize:], one[fileHeaderSize:])
	r, err := NewReader(patchy{d, fileHeaderSize + chunkSize + 77}, int64(len(d)), &wantedOnly)
	if err != nil {
		t.Fatal(err)
	}
	n, codes := 0, map[string]int{}
	for _, err := range r.Records() {
		var fe *FormatError
		if errors.As(err, &fe) {
			codes[fe.Code]++
		} else {
			n++
		}
	}
	if n != 16 || codes[CodeRead] != 1 || len(codes) != 1 {
		t.Errorf("%d records, %v", n, codes)
	}
}

// broken is a file whose reader has a fault.
type broken struct{ io.ReaderAt }

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at > 0 {
		panic("broken reader")
	}
	return b.ReaderAt.ReadAt(p, at)
}

// What a worker panics with comes out where the walk is, where it can be caught.
func TestPanicOfAWorker(t *testing.T) {
	d := composed(t)
	r, err := NewReader(broken{bytes.NewReader(d)}, int64(len(d)), &Options{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if v := recover(); !strings.Contains(fmt.Sprint(v), "broken reader") {
			t.Errorf("%v", v)
		}
	}()
	for range r.Records() {
	}
	t.Error("nobody is told")
}
