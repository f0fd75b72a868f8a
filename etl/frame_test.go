package etl

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Proves the layout of every kind, also of those no public trace holds.
func TestEveryKindIsFramed(t *testing.T) {
	guid := GUID{1, 2, 3}
	event := func(typ uint8, sizeAt, timeAt, size int, change func(b []byte)) []byte {
		b := make([]byte, size)
		b[2], b[3] = typ, markEvent
		if change != nil {
			change(b)
		}
		put(b, sizeAt, uint16(size))
		if timeAt != notFound {
			put(b, timeAt, int64(testT0+5))
		}
		return b
	}
	classic := func(b []byte) { copy(b[0x18:], guid[:]); b[4], b[5], b[6] = 7, 4, 2 }
	hook := func(b []byte) { b[0], b[6], b[7] = 2, 0x11, 0x0f }
	pmc := func(b []byte) { b[0], b[1], b[6], b[7] = 2, 0x83, 0x11, 0x0f }
	wpp := func(b []byte) {
		b[3] = markMessage
		put(b, 4, uint16(43))
		put(b, 6, uint16(0xab))
		copy(b[12:], guid[:])
	}
	for _, tc := range []struct {
		name    string
		b       []byte
		want    EventKey
		payload int
		pointer uint8
	}{
		{"SYSTEM32", event(1, 4, 0x10, 0x24, hook), EventKey{Kind: KindSystem, Hook: 0x0f11, Version: 2}, 4, 4},
		{"SYSTEM64", event(2, 4, 0x10, 0x20, hook), EventKey{Kind: KindSystem, Hook: 0x0f11, Version: 2}, 0, 8},
		{"COMPACT32", event(3, 4, 0x10, 0x1b, hook), EventKey{Kind: KindCompact, Hook: 0x0f11, Version: 2}, 3, 4},
		{"COMPACT64", event(4, 4, 0x10, 0x18, hook), EventKey{Kind: KindCompact, Hook: 0x0f11, Version: 2}, 0, 8},
		{"PERFINFO32", event(0x10, 4, 8, 0x18, hook), EventKey{Kind: KindPerfInfo, Hook: 0x0f11, Version: 2}, 8, 4},
		{"PERFINFO64 PMC PEBS", event(0x11, 4, 8, 0x38, pmc), EventKey{Kind: KindPerfInfo, Hook: 0x0f11, Version: 2}, 8, 8},
		{"FULL32", event(0x0a, 0, 0x10, 0x31, classic), EventKey{Kind: KindFull, Provider: guid, Opcode: 7, Version: 2}, 1, 4},
		{"FULL64", event(0x14, 0, 0x10, 0x30, classic), EventKey{Kind: KindFull, Provider: guid, Opcode: 7, Version: 2}, 0, 8},
		{"INSTANCE32", event(0x0b, 0, 0x10, 0x4c, classic), EventKey{Kind: KindInstance, Provider: guid, Opcode: 7, Version: 2}, 4, 4},
		{"INSTANCE64", event(0x15, 0, 0x10, 0x48, classic), EventKey{Kind: KindInstance, Provider: guid, Opcode: 7, Version: 2}, 0, 8},
		{"TIMED", event(0x0c, 0, 8, 0x14, nil), EventKey{Kind: KindTimed}, 4, 8},
		{"ERROR", event(0x0d, 0, notFound, 0x10, nil), EventKey{Kind: KindError}, 8, 8},
		{"WNODE", event(0x0e, 0, notFound, 0x10, nil), EventKey{Kind: KindWnode}, 8, 8},
		{"MESSAGE", event(0, 0, 0x1c, 0x30, wpp), EventKey{Kind: KindMessage, Provider: guid, ID: 43}, 4, 8},
		{"EVENT32", event(0x12, 0, 0x10, 0x53, nil), EventKey{Kind: KindEvent}, 3, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := traceBytes(1, testBuffer{seq: 1, events: align8(tc.b)})
			r := openBytes(t, data, nil)
			s, faults := walkAll(t, r, int64(len(data)))
			if len(faults) > 0 || s.Events != 2 || s.Counts[tc.want] != 1 {
				t.Fatalf("counts %v, damage %v", s.Counts, faults)
			}
			for e := range r.Events() {
				if e.Kind == tc.want.Kind && e.Buffer == 1 {
					timed := e.Kind != KindError && e.Kind != KindWnode
					if len(e.Payload) != tc.payload || e.PointerSize != tc.pointer || timed && e.RawTime != testT0+5 {
						t.Errorf("%+v", e)
					}
				}
			}
			for n := range len(tc.b) {
				if _, code := frameEvent(tc.b[:n], 8); code == "" {
					t.Errorf("framed in %d of %d bytes", n, len(tc.b))
				}
			}
		})
	}
}

// Proves that the items of extended data are followed to the last, and no further
// than the event.
func TestExtendedDataChain(t *testing.T) {
	item := func(size, typ, link, data uint16) []byte {
		b := make([]byte, size)
		put(b, 0, []uint16{size, typ, link, data})
		return b
	}
	for _, tc := range []struct {
		name string
		b    []byte
		n    int
		ok   bool
	}{
		{"one", item(24, 1, 0, 16), 24, true},
		{"two", join(item(24, 1, 1, 16), item(16, 0xb, 0, 5)), 40, true},
		{"second missing", item(24, 1, 1, 16), 24, false},
		{"no data", item(8, 1, 0, 0), 8, true},
		{"data past item", item(16, 1, 0, 9), 0, false},
		{"item past event", item(24, 1, 0, 16)[:20], 0, false},
		{"too many", bytes.Repeat(item(8, 1, 1, 0), maxExtItems+1), 8 * maxExtItems, false},
	} {
		if n, ok := extendedLength(tc.b); n != tc.n || ok != tc.ok {
			t.Errorf("%s: %d %v", tc.name, n, ok)
		}
	}
}

// benchmarkFile writes a trace of some 30 MB: the buffers of a bundle's trace again
// and again, so that all buffers of one time overlap.
func benchmarkFile(b *testing.B) (f *os.File, size int64) {
	b.Helper()
	data := readSample(b, filepath.Join(samplesDir(b), "bundles", "leak64", "Server.etl"))
	const bufferSize = 64 << 10
	whole := bytes.Clone(data)
	for range 15 {
		whole = append(whole, data[bufferSize:]...)
	}
	f, err := os.Create(filepath.Join(b.TempDir(), "Server.etl"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	if _, err := f.Write(whole); err != nil {
		b.Fatal(err)
	}
	return f, int64(len(whole))
}

// BenchmarkEvents measures a walk that yields everything, one that yields nothing,
// and next to them what it costs to read the bytes at all, as cat does.
func BenchmarkEvents(b *testing.B) {
	f, size := benchmarkFile(b)
	b.Run("cat", func(b *testing.B) {
		b.SetBytes(size)
		buf := make([]byte, 128<<10)
		for b.Loop() {
			for off := int64(0); off < size; off += int64(len(buf)) {
				if _, err := f.ReadAt(buf, off); err != nil && err != io.EOF {
					b.Fatal(err)
				}
			}
		}
	})
	for _, bc := range []struct {
		name string
		o    *Options
	}{{"all", nil}, {"none", &Options{Providers: []GUID{{1}}}}} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			events := 0
			for b.Loop() {
				r, err := NewReader(f, size, bc.o)
				if err != nil {
					b.Fatal(err)
				}
				for range r.Events() {
					continue
				}
				events = r.Stats().Events
			}
			b.ReportMetric(float64(events), "events")
		})
	}
}

// Proves that the cost of an event is free of allocations: 18 times the events
// take as many as one.
func TestNoAllocationPerEvent(t *testing.T) {
	var events []byte
	for i := range 18 {
		events = append(events, eventBytes(uint16(i), testT0+int64(i), "x")...)
	}
	count := func(events []byte) float64 {
		data := traceBytes(1, testBuffer{seq: 1, events: events})
		r := openBytes(t, data, nil)
		return testing.AllocsPerRun(20, func() {
			for range r.Events() {
				continue
			}
		})
	}
	few, many := count(events[:0x58]), count(bytes.Repeat(events[:0x58], 18))
	if d := cmp.Diff(few, many); d != "" {
		t.Errorf("allocations grow with events: %s", d)
	}
}

// A filledHeader is the bytes of an event, each of which says where it stands, and the event.
type filledHeader struct {
	b    []byte
	want Event
}

func counting(typ, mark byte, size int, change func(b []byte)) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i)
	}
	b[2], b[3] = typ, mark
	change(b)
	return b
}

func filledHeaders() []filledHeader {
	sized := func(at, size int) func(b []byte) { return func(b []byte) { put(b, at, uint16(size)) } }
	var guid, activity, message GUID
	for i := range guid {
		guid[i], activity[i], message[i] = byte(0x18+i), byte(0x40+i), byte(12+i)
	}
	const tid, pid = 0x0b0a0908, 0x0f0e0d0c
	return []filledHeader{
		{counting(typeEvent64, markEvent, 0x62, func(b []byte) {
			put(b, 0, uint16(0x62))
			put(b, 4, uint16(0x0241))
			put(b, 0x50, []uint16{16, 1, 0, 8})
		}), Event{
			Kind: KindEvent, HeaderType: typeEvent64, PointerSize: 8, Flags: 0x0241, TID: tid, PID: pid, Provider: guid, ID: 0x2928, Version: 0x2a, Channel: 0x2b, Level: 0x2c,
			Opcode: 0x2d, Task: 0x2f2e, Keyword: 0x3736353433323130, Activity: activity, Ext: []byte{16, 0, 1, 0, 0, 0, 8, 0, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f}, Payload: []byte{0x60, 0x61},
		}},
		{counting(typeFull32, markEvent, 0x31, sized(0, 0x31)), Event{
			Kind: KindFull, HeaderType: typeFull32, PointerSize: 4, Opcode: 4, Level: 5, Version: 0x0706, TID: tid, PID: pid, Provider: guid, Payload: []byte{0x30},
		}},
		{counting(typeInstance64, markEvent, 0x49, sized(0, 0x49)), Event{
			Kind: KindInstance, HeaderType: typeInstance64, PointerSize: 8, Opcode: 4, Level: 5, Version: 0x0706, TID: tid, PID: pid, Provider: guid, Payload: []byte{0x48},
		}},
		{counting(typeSystem64, markEvent, 0x21, sized(4, 0x21)), Event{
			Kind: KindSystem, HeaderType: typeSystem64, PointerSize: 8, Version: 0x0100, Hook: 0x0706, TID: tid, PID: pid, Payload: []byte{0x20},
		}},
		{counting(typeCompact32, markEvent, 0x19, sized(4, 0x19)), Event{
			Kind: KindCompact, HeaderType: typeCompact32, PointerSize: 4, Version: 0x0100, Hook: 0x0706, TID: tid, PID: pid, Payload: []byte{0x18},
		}},
		{counting(typePerfInfo64, markEvent, 0x19, func(b []byte) { put(b, 0, uint16(0x0113)); put(b, 4, uint16(0x19)) }), Event{
			Kind: KindPerfInfo, HeaderType: typePerfInfo64, PointerSize: 8, Version: 0x13, Hook: 0x0706, Payload: []byte{0x18},
		}},
		{counting(0, markMessage, 0x2d, func(b []byte) {
			put(b, 0, uint16(0x2d))
			put(b, 6, uint16(messageSequence|messageGUID|messageTimeStamp|messageSystemInfo|messagePointer32))
		}), Event{
			Kind: KindMessage, PointerSize: 4, Provider: message, ID: 0x0504, TID: 0x27262524, PID: 0x2b2a2928, Payload: []byte{0x2c},
		}},
		{counting(0, markMessage, 9, func(b []byte) { put(b, 0, uint16(9)); put(b, 6, uint16(0)) }), Event{Kind: KindMessage, PointerSize: 7, ID: 0x0504, Payload: []byte{8}}},
		{counting(typeMessage, markEvent, 9, func(b []byte) { put(b, 0, uint16(9)); put(b, 6, uint16(messagePointer64)) }), Event{
			Kind: KindMessage, HeaderType: typeMessage, PointerSize: 8, ID: 0x0504, Payload: []byte{8},
		}},
	}
}

// Proves which byte of a header is which field of the event, for every kind that has some.
func TestHeadersAreFilled(t *testing.T) {
	for _, c := range filledHeaders() {
		f, code := frameEvent(c.b, 7)
		if code != "" {
			t.Fatalf("%x: %s", c.b, code)
		}
		var got Event
		f.fill(&got, c.b, f.key(c.b))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("type %d: %s", c.b[2], d)
		}
		if got = (Event{}); got.fillManifest(c.b) {
			t.Errorf("type %d is taken for a plain manifest event", c.b[2])
		}
	}
	plain := counting(typeEvent32, markEvent, 0x52, func(b []byte) { put(b, 0, uint16(0x52)); put(b, 4, uint16(0x0040)) })
	f, _ := frameEvent(plain, 8)
	var slow, fast Event
	f.fill(&slow, plain, f.key(plain))
	if ok := fast.fillManifest(plain); !ok {
		t.Error("a plain manifest event is not taken for one")
	}
	slow.Ext = []byte{}
	if d := cmp.Diff(slow, fast); d != "" || slow.PointerSize != 4 {
		t.Error(d)
	}
}
