package etl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// A buffer header is one if each of its sizes is one that a buffer can have; where the end
// of its events is none, the saved one counts.
func TestSizesOfBuffers(t *testing.T) {
	fixed := Reader{fixed: true, header: Header{BufferSize: 0x800}}
	free := Reader{header: Header{BufferSize: 0x800}}
	for _, c := range []struct {
		name   string
		r      *Reader
		change func(b []byte)
		end    uint32
		detail string
	}{
		{"as it is", &fixed, func([]byte) {}, 0x100, ""},
		{"another size", &fixed, func(b []byte) { put(b, 0, uint32(0x801)) }, 0, "buffer size 0x801 in a file of 0x800"},
		{"another size where sizes differ", &free, func(b []byte) { put(b, 0, uint32(0x801)) }, 0x100, ""},
		{"the smallest", &free, func(b []byte) { put(b, 0, uint32(minFileBuffer)); put(b, 0x30, uint32(minFileBuffer)) }, minFileBuffer, ""},
		{"a smaller one", &free, func(b []byte) { put(b, 0, uint32(minFileBuffer-1)) }, 0, "buffer size 0x47"},
		{"the largest", &free, func(b []byte) { put(b, 0, uint32(maxFileBuffer)) }, 0x100, ""},
		{"a larger one", &free, func(b []byte) { put(b, 0, uint32(maxFileBuffer+1)) }, 0, "buffer size 0x4000001"},
		{"the last processor", &fixed, func(b []byte) { put(b, 0x28, uint16(maxProcessors-1)) }, 0x100, ""},
		{"one behind it", &fixed, func(b []byte) { put(b, 0x28, uint16(maxProcessors)) }, 0, "processor 4096"},
		{"one byte of a processor", &fixed, func(b []byte) { put(b, 0x28, uint16(maxProcessors)); b[0x34] = 0 }, 0x100, ""},
		{"the last type", &fixed, func(b []byte) { b[0x36] = maxBufferType }, 0x100, ""},
		{"one behind the last", &fixed, func(b []byte) { b[0x36] = maxBufferType + 1 }, 0, "buffer type 8"},
		{"no events", &fixed, func(b []byte) { put(b, 0x30, uint32(bufferHeaderSize)) }, bufferHeaderSize, ""},
		{"less than none", &fixed, func(b []byte) { put(b, 0x30, uint32(bufferHeaderSize-1)) }, 0x90, ""},
		{"full", &fixed, func(b []byte) { put(b, 0x30, uint32(0x800)) }, 0x800, ""},
		{"more than full", &fixed, func(b []byte) { put(b, 0x30, uint32(0x801)) }, 0x90, ""},
		{"saved none", &fixed, func(b []byte) { put(b, 0x30, uint32(0)); put(b, 4, uint32(bufferHeaderSize)) }, bufferHeaderSize, ""},
		{"saved less", &fixed, func(b []byte) { put(b, 0x30, uint32(0)); put(b, 4, uint32(bufferHeaderSize-1)) }, 0, "events end at 0x0, saved 0x47, in a buffer of 0x800"},
		{"saved full", &fixed, func(b []byte) { put(b, 0x30, uint32(0)); put(b, 4, uint32(0x800)) }, 0x800, ""},
		{"saved more", &fixed, func(b []byte) { put(b, 0x30, uint32(0)); put(b, 4, uint32(0x801)) }, 0, "events end at 0x0, saved 0x801, in a buffer of 0x800"},
		{"packed", &free, func(b []byte) { put(b, 0, uint32(0x80)); put(b, 0x30, uint32(0x800)); b[0x34] |= bufferCompressed }, 0x800, ""},
		{"packed to more", &free, func(b []byte) { put(b, 0, uint32(0x900)); put(b, 0x30, uint32(0x900)); b[0x34] |= bufferCompressed }, 0x900, ""},
	} {
		b := make([]byte, bufferHeaderSize)
		put(b, 0, uint32(0x800))
		put(b, 4, uint32(0x90))
		put(b, 0x30, uint32(0x100))
		put(b, 0x34, uint16(bufferProcessorIndex))
		c.change(b)
		if e, detail := c.r.parseEntry(b, 0); detail != c.detail || detail == "" && e.end != c.end {
			t.Errorf("%s: end %#x, %q; want %#x, %q", c.name, e.end, detail, c.end, c.detail)
		}
	}
}

// An index of more buffers than are read ends, and what is behind it is told.
func TestMoreBuffersThanAreRead(t *testing.T) {
	data := plainTrace()
	r := openBytes(t, data, nil)
	r.index = make([]entry, maxBuffers-1, maxBuffers+1)
	r.buildIndex()
	if len(r.index) != maxBuffers+1 {
		t.Fatalf("%d entries", len(r.index))
	}
	if e := r.index[maxBuffers-1]; e.end == 0 || e.off != 0 {
		t.Errorf("%+v", e)
	}
	if e := r.index[maxBuffers]; e.end != 0 || e.code != CodeLimit || e.off != testSize || e.gap != int64(len(data)-testSize) {
		t.Errorf("%+v", e)
	}
}

// Behind damage a buffer can begin where one of that size would, if they all have it.
func TestResume(t *testing.T) {
	for at, want := range map[int64][2]int64{0: {100, 30}, 60: {40, 30}, 70: {30, 30}, 80: {20, 20}} {
		for i, fixed := range []bool{false, true} {
			if got := (&Reader{size: 100, fixed: fixed, header: Header{BufferSize: 30}}).resume(at); got != want[i] {
				t.Errorf("at %d, fixed %v: %d", at, fixed, got)
			}
		}
	}
}

// The last record of damage that a walk tells says that there is more, and ends it not.
func TestMoreDamageThanIsTold(t *testing.T) {
	var got []string
	w := &walk{told: maxDiagnosed - 2, yield: func(_ *Event, err error) bool {
		var f *FormatError
		errors.As(err, &f)
		got = append(got, fmt.Sprint(f.Code, f.Offset))
		return true
	}}
	for n := range int64(5) {
		w.tell(&FormatError{Code: CodeRead, Offset: n})
	}
	if want := []string{"etl-read0", "etl-read1", "etl-limit2"}; !slices.Equal(got, want) || w.stopped {
		t.Errorf("%q, stopped %v", got, w.stopped)
	}
	w = &walk{yield: func(*Event, error) bool { got = nil; return false }}
	w.tell(&FormatError{})
	if w.tell(&FormatError{}); !w.stopped || got != nil {
		t.Error("told after the end")
	}
}

// What a closed buffer had is used again for one that is no longer, up to a limit.
func TestMemoryIsUsedAgain(t *testing.T) {
	r := &Reader{}
	a := r.take(1000)
	if len(a) != 1000 || cap(a) != 1024 {
		t.Fatalf("%d of %d", len(a), cap(a))
	}
	r.release(a)
	if b := r.take(1025); cap(b) != 2048 || r.freed != 1024 {
		t.Errorf("a longer one: %d, %d are free", cap(b), r.freed)
	}
	if b := r.take(512); cap(b) != 512 {
		t.Errorf("a shorter one: %d", cap(b))
	}
	if b := r.take(513); len(b) != 513 || &b[0] != &a[0] || r.freed != 0 {
		t.Errorf("it is not used again, %d are free", r.freed)
	}
	for n, want := range map[int]int{0: 1, 1: 1, 2: 2, 3: 4} {
		if got := r.take(n); len(got) != n || cap(got) != want {
			t.Errorf("%d bytes: %d of %d", n, len(got), cap(got))
		}
	}
	r.release(nil)
	for range 3 {
		r.release(make([]byte, maxFree/2))
	}
	if r.freed != maxFree {
		t.Errorf("%d are free", r.freed)
	}
}

// Times of what was passed over, and of a part, are the earliest and the latest.
func TestSpans(t *testing.T) {
	var all passedOver
	for _, times := range [][]int64{{}, {7, 5, 6}, {}, {9}, {-3}} {
		var p passedOver
		for _, at := range times {
			p.add(at)
		}
		all.join(p)
	}
	if want := (passedOver{5, -3, 9}); all != want {
		t.Errorf("%+v", all)
	}
	var p part
	p.reset(0)
	for _, at := range []int64{100, 7, 100, 9, 3} {
		p.span(at, 100)
	}
	if p.lowest != 3 || p.highest != 9 {
		t.Errorf("%d to %d", p.lowest, p.highest)
	}
}

// Sums and products of times stay at the ends of their range.
func TestTimesAtTheEnds(t *testing.T) {
	for _, c := range [][3]int64{
		{1, 2, 3},
		{math.MaxInt64, 0, math.MaxInt64},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64 - 1, 1, math.MaxInt64},
		{math.MinInt64, -1, math.MinInt64},
		{math.MinInt64, 1, math.MinInt64 + 1},
		{math.MinInt64 + 1, -1, math.MinInt64},
		{math.MinInt64, math.MinInt64, math.MinInt64},
		{0, math.MinInt64, math.MinInt64},
		{-1, 1, 0},
		{5, -5, 0},
	} {
		if got := addSaturated(c[0], c[1]); got != c[2] {
			t.Errorf("%d+%d: %d", c[0], c[1], got)
		}
	}
	for _, c := range []struct {
		mul, div, ticks uint64
		want            int64
	}{
		{10, 10, math.MaxInt64, math.MaxInt64},
		{10, 10, math.MaxUint64, math.MaxInt64},
		{1, 2, 7, 3},
		{3, 2, 7, 10},
		{2, 1, math.MaxInt64 / 2, math.MaxInt64 - 1},
		{2, 1, math.MaxUint64, math.MaxInt64},
		{1, 2, math.MaxUint64, math.MaxInt64},
	} {
		if got := (&clock{mul: c.mul, div: c.div}).scale(c.ticks); got != c.want {
			t.Errorf("%d*%d/%d: %d", c.ticks, c.mul, c.div, got)
		}
	}
}

// Keys that differ in one thing are two keys, and those over the limit are one.
func TestKeysAreCompared(t *testing.T) {
	keys := []EventKey{{}, {Version: 1}, {Hook: 1}, {Opcode: 1}, {ID: 1}, {Kind: 1}, {Provider: GUID{1}}, {Provider: GUID{1}, Version: 1}}
	for i := range keys {
		for j := range keys {
			if got := compareKeys(&keys[i], &keys[j]); got != compareInt(int64(i), int64(j)) {
				t.Errorf("%+v and %+v: %d", keys[i], keys[j], got)
			}
		}
	}
}

// Every code has words, and every damage says where and how much it is.
func TestWordsOfDamage(t *testing.T) {
	for _, code := range []string{
		CodeNoHeader, CodeBufferHeader, CodeEventHeader, CodeEventSize, CodeExtendedData, CodeTruncated, CodeCompression, CodeSequenceGap, CodeClock, CodeLimit, CodeRead,
	} {
		f := FormatError{Code: code, Offset: 0x10, Length: 3}
		if text := CodeText(code); text == "" || f.Error() != code+" at offset 0x10, 3 bytes: "+text {
			t.Errorf("%s: %q", code, f.Error())
		}
		if f.Detail = "numbers"; !strings.HasSuffix(f.Error(), ": numbers") {
			t.Errorf("%s: %q", code, f.Error())
		}
	}
	if CodeText("x") != "" {
		t.Error("words for nothing")
	}
}

// A buffer opens at the time of its first event, and what stands behind its events has none.
func TestFirstTimeIsOfAnEvent(t *testing.T) {
	event := eventBytes(1, 4711, "")
	plain := append(make([]byte, bufferHeaderSize), event...)
	packed := append(make([]byte, bufferHeaderSize), literals(event)...)
	for _, c := range []struct {
		name string
		e    entry
		head []byte
		want int64
	}{
		{"its first event", entry{end: bufferHeaderSize + 0x50}, plain, 4711},
		{"up to its time", entry{end: bufferHeaderSize + 0x18}, plain, 4711},
		{"cut in its time", entry{end: bufferHeaderSize + 0x17}, plain, 7},
		{"no event", entry{end: bufferHeaderSize}, plain, 7},
		{"packed", entry{end: bufferHeaderSize + 0x50, size: uint32(len(packed)), flags: bufferCompressed}, packed, 4711},
		{"packed, cut in its time", entry{end: bufferHeaderSize + 0x17, size: uint32(len(packed)), flags: bufferCompressed}, packed, 7},
		{"packed and cut", entry{end: bufferHeaderSize + 0x50, size: bufferHeaderSize + 4 + 0x17, flags: bufferCompressed}, packed, 7},
		{"packed, with its time", entry{end: bufferHeaderSize + 0x50, size: bufferHeaderSize + 4 + 0x18, flags: bufferCompressed}, packed, 4711},
	} {
		r := &Reader{header: Header{T0: 7}}
		if got := r.firstTime(&c.e, c.head); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// Buffers are read ahead a few at a time, by their bytes, and what is read is counted.
func TestReadAhead(t *testing.T) {
	var bufs []testBuffer
	for i := range 9 {
		bufs = append(bufs, testBuffer{seq: int64(i + 1), events: eventBytes(uint16(i), testT0+int64(i), "x")})
	}
	data := traceBytes(1, bufs...)
	data[4*testSize+1] = 0xee
	const each = 256 // for 0xa0 bytes
	a := newAhead(openBytes(t, data, nil))
	a.stretch(1) // the first has the header
	for i, want := range []int{3, 3, 2} {
		s := a.stretch(2*each + 1)
		if s == nil || len(s.cursors) != want || s.bytes != want*each {
			t.Fatalf("stretch %d: %+v", i, s)
		}
	}
	if s := a.stretch(1); s != nil {
		t.Errorf("behind the last: %+v", s)
	}
	r := openBytes(t, data, &Options{Jobs: 2})
	r.stretch = 2 * each
	a = newAhead(r)
	defer a.wait()
	for range 9 {
		if a.cursor() == nil {
			t.Fatal("no buffer")
		}
		sum := 0
		for _, s := range a.queue {
			sum += s.bytes
		}
		if a.bytes != sum || len(a.queue) > r.jobs+1 {
			t.Errorf("%d bytes ahead, %d counted, %d stretches", sum, a.bytes, len(a.queue))
		}
	}
	if a.bytes != 0 {
		t.Errorf("%d bytes are left", a.bytes)
	}
}

// A buffer waits where those that are open are as much as may be held, also where that is one
// buffer, and it is told once; where none is open it is opened whatever it is.
func TestBuffersWaitForOthers(t *testing.T) {
	r := openBytes(t, plainTrace(), nil)
	told := 0
	w := newWalk(r, func(*Event, error) bool { told++; return true })
	w.held = maxHeld
	if w.open(); len(w.heap) != 1 || told != 0 {
		t.Fatalf("%d are open, %d told", len(w.heap), told)
	}
	w.heap[0].time = math.MaxInt64 // so that it overlaps with all others
	w.held = maxHeld - int(r.index[1].end) + 1
	for range 2 {
		if w.open(); len(w.heap) != 1 || told != 1 {
			t.Errorf("%d are open, %d told", len(w.heap), told)
		}
	}
	w.held--
	if w.open(); len(w.heap) != 2 || told != 1 {
		t.Errorf("with room %d are open, %d told", len(w.heap), told)
	}
}

// Behind what is unpacked may stand one word of flags, and no more.
func TestBytesBehindAStream(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "", flagWord: "", 5: "buffer 2 is unpacked, and 5 bytes follow it", 9: "buffer 2 is unpacked, and 9 bytes follow it"} {
		data := packedTrace()
		last := 0x400 + int(binary.LittleEndian.Uint32(data[0x400:]))
		data = append(data, make([]byte, n)...)
		put(data, last, uint32(len(data)-last))
		s, faults := walkAll(t, openBytes(t, data, nil), int64(len(data)))
		got := ""
		for _, f := range faults {
			got = f.Detail
			if f.Code != CodeCompression || f.Offset != int64(len(data)-n) || f.Length != int64(n) {
				t.Errorf("%d bytes: %+v", n, f)
			}
		}
		if got != want || s.Events != 5 {
			t.Errorf("%d bytes: %q, %d events", n, got, s.Events)
		}
	}
}

func TestGUIDString(t *testing.T) {
	if got := testProvider.String(); got != "e53c6823-0201-0403-0506-0708090a0b0c" {
		t.Error(got)
	}
}
