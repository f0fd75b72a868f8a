package etl

import (
	"bytes"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ids lists what a walk yields: event ids, and codes in place.
func ids(r *Reader) (out []any) {
	for e, err := range r.Events() {
		var fe *FormatError
		switch {
		case errors.As(err, &fe):
			out = append(out, fe.Code)
		case e.Kind == KindEvent:
			out = append(out, int(e.ID))
		default:
			out = append(out, "hook")
		}
	}
	return out
}

// Proves the order, the fields of an event and those of the header on a file whose
// every byte is known, plain and packed.
func TestEventsInOrderOfTime(t *testing.T) {
	for name, data := range map[string][]byte{"plain": plainTrace(), "packed": packedTrace()} {
		t.Run(name, func(t *testing.T) {
			r := openBytes(t, data, nil)
			if d := cmp.Diff([]any{"hook", 1, 2, 3, 4}, ids(r)); d != "" {
				t.Error(d)
			}
			s, _ := walkAll(t, r, int64(len(data)))
			if s.First != testStart+10 || s.Last != testStart+40 || s.Events != 5 || s.Buffers != 3 {
				t.Errorf("stats %+v", s)
			}
			h := r.Header()
			if h.LoggerName != "logger" || h.LogFileName != "file.etl" || h.Bias != -60 || h.Build != 26100 {
				t.Errorf("header %+v", h)
			}
			got := slices.Collect(func(yield func(Event) bool) {
				for e := range r.Events() {
					if e.ID == 3 && !yield(e.Clone()) {
						return
					}
				}
			})
			want := []Event{{
				Kind: KindEvent, HeaderType: typeEvent64, PointerSize: 8, Level: 4, Opcode: 12, Channel: 16, Version: 1, ID: 3, Task: 3,
				CPU: 1, Provider: testProvider, Keyword: 0x8000000000000004, PID: 4242, TID: 77, Time: testStart + 30,
				RawTime: testT0 + 30, Buffer: 1, Record: 1, Ext: []byte{}, Payload: []byte("ccc"),
			}}
			want[0].Offset = testSize + 0x48 + 0x58
			if name == "packed" {
				want[0].Offset = 0x400
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// Proves that a filter leaves events out of the walk and not out of the count; an
// empty list is not a missing one.
func TestProvidersFilterCountsTheRest(t *testing.T) {
	data := plainTrace()
	for _, tc := range []struct {
		providers []GUID
		want      []any
	}{
		{[]GUID{testProvider}, []any{1, 2, 3, 4}},
		{[]GUID{{1}}, nil},
		{[]GUID{}, nil},
	} {
		r := openBytes(t, data, &Options{Providers: tc.providers})
		if d := cmp.Diff(tc.want, ids(r)); d != "" {
			t.Error(d)
		}
		if s, _ := walkAll(t, r, int64(len(data))); s.Events != 5 {
			t.Errorf("%d events counted", s.Events)
		}
	}
}

// Proves for each kind of damage its code, its place in the order of events, and that
// the walk goes on behind it.
func TestDamageIsToldInPlace(t *testing.T) {
	at1, at2 := testSize, 2*testSize
	for _, tc := range []struct {
		name   string
		packed bool
		change func(b []byte) []byte
		want   []any
	}{
		{"buffer header", false, func(b []byte) []byte { b[at1+1] = 0xee; return b }, []any{"hook", CodeBufferHeader, 2, 4}},
		{"end past buffer, saved good", false, func(b []byte) []byte { b[at1+0x33] = 9; return b }, []any{"hook", 1, 2, 3, 4}},
		{"event kind", false, func(b []byte) []byte { b[at1+0x48+0x58+2] = 0x77; return b }, []any{"hook", 1, CodeEventHeader, 2, 4}},
		{"event size", false, func(b []byte) []byte { b[at2+0x49] = 0x77; return b }, []any{"hook", 1, CodeEventSize, 3}},
		{"event size 0", false, func(b []byte) []byte { put(b, at2+0x48, uint16(0)); return b }, []any{"hook", 1, CodeEventSize, 3}},
		{"extended data", false, func(b []byte) []byte { b[at1+0x48+4] = 1; return b }, []any{"hook", CodeExtendedData, 2, 3, 4}},
		{"end marker", false, func(b []byte) []byte { put(b, at1+0x48+0x58, uint32(endOfBuffer)); return b }, []any{"hook", 1, 2, 4}},
		{"clock", false, func(b []byte) []byte { b[0x48+0x20+0xf8+24] = 9; return b }, []any{CodeClock, "hook", 1, 2, 3, 4}},
		{"sequence", false, func(b []byte) []byte { b[at2+0x18] = 7; return b }, []any{"hook", 1, CodeSequenceGap, 2, 3, 4}},
		{"cut", false, func(b []byte) []byte { return b[:at2+0x48+0x60] }, []any{"hook", 1, 2, CodeTruncated, 3}},
		{"cut between buffers", false, func(b []byte) []byte { return b[:at2] }, []any{"hook", 1, 3, CodeTruncated}},
		{"packed stream", true, func(b []byte) []byte { b[0x400+0x48+3] = 0x80; return b }, []any{"hook", CodeCompression, 2, 4}},
		{"packed header", true, func(b []byte) []byte { b[0x400+3] = 0x80; return b }, []any{"hook", CodeBufferHeader, 2, 4}},
		{"format", true, func(b []byte) []byte { b[0x2c] = 4; return b }, []any{"hook", CodeCompression, CodeCompression}},
		{"packed event", true, func(b []byte) []byte { b[0x400+0x48+4+3] = 0; return b }, []any{"hook", CodeEventHeader, 2, 4}},
		{"packed cut", true, func(b []byte) []byte { return b[:len(b)-3] }, []any{"hook", 1, 2, CodeTruncated, 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := plainTrace()
			if tc.packed {
				data = packedTrace()
			}
			data = tc.change(data)
			r := openBytes(t, data, nil)
			walkAll(t, r, int64(len(data)))
			if d := cmp.Diff(tc.want, ids(r)); d != "" {
				t.Error(d)
			}
		})
	}
}

// Proves the fields of the header that no sample pins: the rules of daylight time,
// the two signs of a file that was not closed, and the names when there are none.
func TestHeaderFields(t *testing.T) {
	march := SystemTime{Month: 3, DayOfWeek: 0, Day: 5, Hour: 2, Minute: 1, Second: 4, Milliseconds: 7}
	october := SystemTime{Year: 2, Month: 10, DayOfWeek: 6, Day: 4, Hour: 3}
	data := plainTrace()
	zone := logHeaderAt + 0x48
	put(data, zone+0x44, october)
	put(data, zone+0x54, int32(-1))
	put(data, zone+0x98, march)
	put(data, zone+0xa8, int32(-60))
	put(data, logHeaderAt+0x118, uint16(0)) // LoggerName
	h := openBytes(t, data, nil).Header()
	if h.StandardDate != october || h.DaylightDate != march || h.StandardBias != -1 || h.DaylightBias != -60 || h.LoggerName != "" {
		t.Errorf("%+v", h)
	}
	for _, tc := range []struct {
		at   int
		want bool
	}{{0x24, true}, {0x10, true}, {0x14, false}} {
		b := plainTrace()
		if tc.at == 0x10 {
			put(b, logHeaderAt+0x10, int64(0))
		} else if tc.at == 0x24 {
			put(b, logHeaderAt+0x24, uint32(0))
		}
		if s := openBytes(t, b, nil).Stats(); s.Unfinalised != tc.want {
			t.Errorf("header field %#x: Unfinalised %v", tc.at, s.Unfinalised)
		}
	}
}

// Proves that what is no trace is an error at once.
func TestNoHeaderIsAnError(t *testing.T) {
	for name, change := range map[string]func([]byte){
		"text":         func(b []byte) { copy(b, "Active Connections") },
		"first event":  func(b []byte) { b[0x48+6] = 9 },
		"buffer size":  func(b []byte) { put(b, 0x68, uint32(0)) },
		"pointer size": func(b []byte) { b[0x68+0x2c] = 5 },
		"end":          func(b []byte) { put(b, 0x30, uint32(9)); put(b, 4, uint32(9)) },
	} {
		b := plainTrace()
		change(b)
		_, err := NewReader(bytes.NewReader(b), int64(len(b)), nil)
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code != CodeNoHeader || fe.Error() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if Sniff(nil) || Sniff(make([]byte, 1<<16)) || !Sniff(plainTrace()) {
		t.Error("Sniff")
	}
}

// Proves that a ring that wrapped is told from one that did not, and from a gap.
func TestWrappedRing(t *testing.T) {
	ev := func(id uint16) []byte { return eventBytes(id, testT0+int64(id), "x") }
	for _, tc := range []struct {
		seqs []int64
		want bool
		gaps int
	}{
		{[]int64{1, 2, 3}, false, 0},
		{[]int64{2, 3, 4, 1}, false, 0},
		{[]int64{5, 6, 3, 4}, true, 0},
		{[]int64{1, 2, 9}, false, 1},
	} {
		var bufs []testBuffer
		for _, s := range tc.seqs {
			bufs = append(bufs, testBuffer{seq: s, events: ev(uint16(s))})
		}
		r := openBytes(t, traceBytes(modeCircular, bufs...), nil)
		last := int64(0)
		for e := range r.Events() {
			if e.RawTime != 0 && e.RawTime < last {
				t.Errorf("%v: out of order", tc.seqs)
			}
			last = e.RawTime
		}
		if s := r.Stats(); s.Wrapped != tc.want || s.SequenceGaps != tc.gaps {
			t.Errorf("%v: %+v", tc.seqs, s)
		}
	}
}

// Proves the order where processors share a buffer, and that damage in it ends only it.
func TestSharedBuffersComeOutByTime(t *testing.T) {
	mixed := join(eventBytes(3, testT0+30, "c"), eventBytes(1, testT0+10, "a"))
	other := join(eventBytes(4, testT0+40, "d"), eventBytes(2, testT0+20, "b"))
	data := traceBytes(modeNoPerProcessor, testBuffer{seq: 1, events: mixed}, testBuffer{seq: 2, events: other})
	r := openBytes(t, data, nil)
	walkAll(t, r, int64(len(data)))
	if d := cmp.Diff([]any{"hook", 1, 2, 3, 4}, ids(r)); d != "" {
		t.Error(d)
	}
	data[testSize+0x48+0x58+2] = 0x77
	r = openBytes(t, data, nil)
	walkAll(t, r, int64(len(data)))
	if d := cmp.Diff([]any{"hook", 2, 3, CodeEventHeader, 4}, ids(r)); d != "" {
		t.Error(d)
	}
}

// Proves what is lost by the header, and at least one for each buffer that says so.
func TestLost(t *testing.T) {
	const both = bufferEventsLost | bufferBufferLost
	for _, c := range []struct {
		flags          uint16
		header         [2]uint32
		events, buffer int
	}{
		{both, [2]uint32{0, 0}, 1, 1},
		{bufferEventsLost, [2]uint32{0, 0}, 1, 0},
		{bufferBufferLost, [2]uint32{7, 1}, 7, 1},
		{both, [2]uint32{1, 9}, 1, 9},
		{0, [2]uint32{2, 3}, 2, 3},
	} {
		data := traceBytes(1, testBuffer{seq: 1, flags: c.flags, events: eventBytes(1, testT0+1, "")})
		put(data, logHeaderAt+0x30, c.header[0])
		put(data, logHeaderAt+0xf8+0x1c, c.header[1])
		if s := openBytes(t, data, nil).Stats(); s.LostEvents != c.events || s.LostBuffers != c.buffer {
			t.Errorf("%+v: %d events, %d buffers", c, s.LostEvents, s.LostBuffers)
		}
	}
}

// Proves what the count of buffers in the header tells, and when numbers tell of gaps.
func TestBuffersThatAreNotThere(t *testing.T) {
	for _, c := range []struct {
		name               string
		mode, written      uint32
		second             int64
		damage             bool
		wrapped, truncated bool
		gaps               int
	}{
		{"all there", 1, 3, 2, false, false, false, 0},
		{"one fewer", 1, 4, 2, false, false, true, 0},
		{"one more", 1, 2, 2, false, false, false, 0},
		{"one fewer, and one damaged", 1, 4, 2, true, false, false, 0},
		{"a ring", modeCircular, 4, 2, false, true, false, 0},
		{"a ring that is whole", modeCircular, 3, 2, false, false, false, 0},
		{"a gap", 1, 3, 3, false, false, false, 1},
		{"a number twice", 1, 3, 1, false, false, false, 0},
		{"a gap of a relogged trace", 1 | modeRelogged, 3, 3, false, false, false, 0},
	} {
		data := traceBytes(c.mode, testBuffer{seq: 1, events: eventBytes(1, testT0+10, "")}, testBuffer{seq: c.second, events: eventBytes(2, testT0+20, "")})
		put(data, logHeaderAt+0x24, c.written)
		if c.damage {
			data[testSize+1] = 0xee
		}
		s := openBytes(t, data, nil).Stats()
		if s.Wrapped != c.wrapped || s.Truncated != c.truncated || s.SequenceGaps != c.gaps {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

// checkAny tests what must hold of any bytes at all.
func checkAny(t testing.TB, data []byte) []*FormatError {
	t.Helper()
	r, err := NewReader(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		isNoHeader(t, err, len(data))
		return nil
	}
	_, faults := walkAll(t, r, int64(len(data)))
	return faults
}

func smallTraces(t *testing.T) [][]byte {
	all := [][]byte{plainTrace(), packedTrace()}
	// A missing sample must not take the composed traces with it.
	t.Run("perfview-small", func(t *testing.T) {
		all = append(all, readSample(t, filepath.Join(samplesDir(t), "etl", "real", "perfview-small.etl")))
	})
	return all
}

// Proves that no length of a small trace breaks the reader or its count of bytes.
func TestTruncatedAtEveryLength(t *testing.T) {
	t.Parallel()
	for _, data := range smallTraces(t) {
		for n := range data {
			checkAny(t, data[:n])
		}
	}
}

// Proves the same for each byte changed in its lowest and in its highest bit.
func TestByteFlips(t *testing.T) {
	t.Parallel()
	for _, data := range smallTraces(t) {
		for i := range data {
			for _, x := range []byte{0x01, 0x80} {
				b := slices.Clone(data)
				b[i] ^= x
				checkAny(t, b)
			}
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(plainTrace())
	f.Add(packedTrace())
	f.Add(traceBytes(modeNoPerProcessor, testBuffer{seq: 1, events: eventBytes(1, testT0+1, "a")}))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkAny(t, data)
		o := Options{Wanted: []Wanted{{testProvider, []uint16{1, 4}}}}
		one := told(t, data, o)
		if o.Jobs = 3; told(t, data, o) != one {
			t.Error("three workers find something else than one")
		}
	})
}

// Proves the arithmetic of the clocks to the edges of its range.
func TestClocks(t *testing.T) {
	for _, tc := range []struct {
		name string
		h    Header
		raw  int64
		want FileTime
		ok   bool
	}{
		{"10 MHz", Header{Clock: 1, PerfFreq: 1e7, StartTime: 100, T0: 5}, 12, 107, true},
		{"before t0", Header{Clock: 1, PerfFreq: 1e7, StartTime: 100, T0: 5}, 2, 97, true},
		{"2.99 MHz", Header{Clock: 1, PerfFreq: 2994853, StartTime: 100}, 2994853 * 3600, 100 + 36e9, true},
		{"wide product", Header{Clock: 1, PerfFreq: 3e9}, 3e9 * 86400 * 365, 1e7 * 86400 * 365, true},
		{"overflow", Header{Clock: 1, PerfFreq: 1}, math.MaxInt64, math.MaxInt64, true},
		{"whole range", Header{Clock: 1, PerfFreq: 1e7, T0: math.MinInt64}, math.MaxInt64, math.MaxInt64, true},
		{"system", Header{Clock: 2, StartTime: 9}, 77, 77, true},
		{"cycles", Header{Clock: 3, CPUSpeedMHz: 2000, StartTime: 1}, 2000 * 1e6, 1 + 1e7, true},
		{"no frequency", Header{Clock: 1, StartTime: 9}, 77, 9, false},
		{"no clock", Header{Clock: 7, PerfFreq: 1e7, StartTime: 9}, 77, 86, false},
	} {
		c, ok := newClock(&tc.h)
		if got := c.fileTime(tc.raw); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %d %v, want %d %v", tc.name, got, ok, tc.want, tc.ok)
		}
	}
}
