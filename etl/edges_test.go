package etl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// Where the time and the provider of a WPP message stand depends on what its options say
// is before them: each of them takes its bytes, in the order of the options.
func TestMessageLayouts(t *testing.T) {
	for options := range uint16(0x100) {
		end, timeAt, guidAt := messageHeader, notFound, notFound
		for _, o := range []struct {
			bit, unless uint16
			size        int
			at          *int
		}{{1, 0, 4, nil}, {2, 0, 16, &guidAt}, {4, 2, 4, nil}, {8, 0, 8, &timeAt}, {32, 0, 8, nil}} {
			if options&o.bit == 0 || options&o.unless != 0 {
				continue
			}
			if o.at != nil {
				*o.at = end
			}
			end += o.size
		}
		if e, at, g := messageLayout(options); e != end || at != timeAt || g != guidAt {
			t.Errorf("options %#x: %d, %d, %d; want %d, %d, %d", options, e, at, g, end, timeAt, guidAt)
		}
	}
}

// A buffer opens at the time of its first event, also of a message; one whose first event
// has none, or is cut before it, opens with the buffer before it.
func TestTimeOfTheFirstEvent(t *testing.T) {
	message := func(options uint16) []byte {
		b := make([]byte, 0x40)
		b[2], b[3] = 0, markMessage
		put(b, 6, options)
		return b
	}
	timed, untimed := message(1|2|8), message(1|2)
	put(timed, 8+4+16, int64(4711))
	event := eventBytes(1, 4712, "")
	for _, c := range []struct {
		name string
		b    []byte
		want int64
	}{
		{"a message", timed, 4711},
		{"a message without a time", untimed, 7},
		{"an event", event, 4712},
		{"an event that is cut", event[:0x17], 7},
		{"one with its time and no more", event[:0x18], 4712},
		{"a message that is cut", timed[:8+4+16+7], 7},
		{"nothing", nil, 7},
		{"seven bytes", event[:7], 7},
		{"another mark", append([]byte{0, 0, 0x13, 0x77}, event[4:]...), 7},
	} {
		if got := headTime(c.b, 7); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// A file that is no trace is damage of its whole length, and never of less than nothing.
func TestLengthOfNoTrace(t *testing.T) {
	for size, want := range map[int64]int64{0: 0, -5: 0, 100: 100} {
		_, err := NewReader(bytes.NewReader(make([]byte, max(size, 0))), size, nil)
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code != CodeNoHeader || fe.Length != want || fe.Offset != 0 {
			t.Errorf("%d bytes: %+v", size, err)
		}
	}
}

// Damaged buffers side by side are one record of damage over all of them.
func TestNeighboursAreOneDamage(t *testing.T) {
	var bufs []testBuffer
	for i := range 5 {
		bufs = append(bufs, testBuffer{seq: int64(i + 1), events: eventBytes(uint16(i+1), testT0+int64(10*i), "")})
	}
	data := traceBytes(1, bufs...)
	for _, at := range []int{2, 3, 5} {
		data[at*testSize+1] = 0xee
	}
	_, faults := walkAll(t, openBytes(t, data, nil), int64(len(data)))
	var got []string
	for _, f := range faults {
		if f.Code == CodeBufferHeader {
			got = append(got, fmt.Sprint(f.Offset/testSize, " ", f.Length/testSize))
		}
	}
	if want := []string{"2 2", "5 1"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A ring of one buffer has wrapped if buffers were written before that one.
func TestRingOfOneBuffer(t *testing.T) {
	for seq, want := range map[int64]bool{1: false, 2: true, 5: true} {
		data := traceBytes(1|modeCircular, testBuffer{seq: seq, events: eventBytes(1, testT0+10, "")})
		if s, _ := walkAll(t, openBytes(t, data, nil), int64(len(data))); s.Wrapped != want {
			t.Errorf("number %d: wrapped is %v", seq, s.Wrapped)
		}
	}
}

// Bytes that belong to no buffer, one or many, cost no event of the buffers behind them;
// whatever flags of the known ones those have.
func TestStrayBytesBetweenBuffers(t *testing.T) {
	data := traceBytes(1|modeRelogged|modeCompressed,
		testBuffer{seq: 1, compress: true, events: eventBytes(1, testT0+10, "a")},
		testBuffer{seq: 2, compress: true, flags: 0x1f, events: eventBytes(2, testT0+20, "b")},
		testBuffer{seq: 3, compress: true, events: eventBytes(3, testT0+30, "c")})
	first := 0x400 + int(binary.LittleEndian.Uint32(data[0x400:]))
	data[first+0x36] = 1 // its type; from the byte before that is none
	for _, n := range []int{1, 2, 7, 100, 64<<10 - bufferHeaderSize, 64<<10 - bufferHeaderSize + 1, 70_000, 200_000} {
		strayed := slices.Concat(data[:first], bytes.Repeat([]byte{0xee}, n), data[first:])
		r := openBytes(t, strayed, nil)
		_, faults := walkAll(t, r, int64(len(strayed)))
		if len(faults) != 1 || faults[0].Code != CodeBufferHeader || faults[0].Offset != int64(first) || faults[0].Length != int64(n) {
			t.Errorf("%d bytes: %v", n, faults)
		}
		if got := ids(r); !slices.Equal(got, []any{"hook", 1, CodeBufferHeader, 2, 3}) {
			t.Errorf("%d bytes: %v", n, got)
		}
	}
	// What is looked for is the same in every buffer that is known; the rest may be anything.
	last := first + int(binary.LittleEndian.Uint32(data[first:]))
	for _, c := range []struct {
		at    int
		b     byte
		found bool
	}{
		{0x34, 0xff, false},
		{0x34, 0x80, false},
		{0x0b, 1, true},
		{0x0c, 1, false},
		{0x0f, 1, false},
		{0x10, 1, true},
		{0x1e, 1, true},
		{0x1f, 0x80, false},
		{0x20, 1, true},
		{0x2b, 1, true},
		{0x2c, 2, false},
		{0x2f, 1, false},
		{0x36, maxBufferType + 1, false},
		{last - first + 0x36, maxBufferType + 1, false},
	} {
		changed := bytes.Clone(data)
		changed[first+c.at] = c.b
		strayed := slices.Concat(changed[:first], []byte{0xee, 0xee}, changed[first:])
		if got := ids(openBytes(t, strayed, nil)); slices.Contains(got, any(2)) != c.found {
			t.Errorf("%#x at %#x: %v", c.b, c.at, got)
		}
	}
	for cut, found := range map[int]bool{0: true, 1: true, bufferHeaderSize - 1: true, bufferHeaderSize: true} {
		strayed := slices.Concat(data[:first], []byte{0xee, 0xee}, data[first:last+cut])
		if got := ids(openBytes(t, strayed, nil)); slices.Contains(got, any(2)) != found {
			t.Errorf("%d bytes of the buffer behind it: %v", cut, got)
		}
	}
}

// reads gives so many bytes and an error.
type reads struct {
	n   int
	err error
}

func (r reads) ReadAt(p []byte, _ int64) (int, error) { return min(r.n, len(p)), r.err }

// A reader may tell of the end of the file with the last bytes or behind them; what was
// asked for and came is good whatever else it says.
func TestReadAt(t *testing.T) {
	broken := errors.New("disk gone")
	for _, c := range []struct {
		r    reads
		off  int64
		n    int
		fail bool
	}{
		{reads{8, nil}, 0, 8, false},
		{reads{8, io.EOF}, 0, 8, false},
		{reads{5, io.EOF}, 0, 5, false},
		{reads{8, broken}, 0, 8, false},
		{reads{5, broken}, 0, 5, true},
		{reads{8, nil}, 96, 4, false},
		{reads{8, broken}, 100, 0, false},
		{reads{8, broken}, 101, 0, false},
		{reads{0, io.EOF}, 0, 0, false},
	} {
		if n, err := readAt(c.r, make([]byte, 8), c.off, 100); n != c.n || (err != nil) != c.fail {
			t.Errorf("%+v at %d: %d, %v", c.r, c.off, n, err)
		}
	}
}

// What is remembered of kinds of events does not grow with the buffers that are read.
func TestFramerForgets(t *testing.T) {
	f := &framer{r: openBytes(t, plainTrace(), nil)}
	var p part
	for range 100 {
		p.reset(0)
		f.slot(&p, 1, 2, 3).n++
		f.slot(&p, 1, 2, 4).n++
		f.flush(&p)
		if len(f.inUse) > 0 || len(f.hashes) > 0 {
			t.Fatalf("%d and %d are in use", len(f.inUse), len(f.hashes))
		}
	}
}

// Missing buffers are told with how many they are, before the one that they are missed at.
func TestGapBehindTheFirstBuffer(t *testing.T) {
	data := traceBytes(1, testBuffer{seq: 1, events: eventBytes(1, testT0+10, "")}, testBuffer{seq: 4, events: eventBytes(2, testT0+20, "")})
	_, faults := walkAll(t, openBytes(t, data, nil), int64(len(data)))
	if len(faults) != 1 || faults[0].Code != CodeSequenceGap || !strings.Contains(faults[0].Detail, "2 buffers are missing before buffer 4") {
		t.Errorf("%v", faults)
	}
}

// A file goes on where another ends if one session wrote both, a new file whenever one was
// full, and its buffers are numbered on: one thing that differs makes it another's.
func TestContinues(t *testing.T) {
	of := func(change func(h *Header)) *Reader {
		h := Header{LogFileMode: 1 | modeNewFile, LoggerName: "net", Processors: 4, BufferSize: 64 << 10, BootTime: 5, PerfFreq: testFreq, Clock: 1, PointerSize: 8, Build: 26100, StartTime: 100, EndTime: 200}
		change(&h)
		return &Reader{header: h, firstSeq: 6, lastSeq: 5}
	}
	same := func(*Header) {}
	if !of(same).Continues(of(same)) {
		t.Error("the next file does not go on")
	}
	for name, change := range map[string]func(h *Header){
		"mode": func(h *Header) { h.LogFileMode ^= 2 }, "name": func(h *Header) { h.LoggerName = "x" }, "processors": func(h *Header) { h.Processors++ }, "size": func(h *Header) { h.BufferSize++ },
		"start of Windows": func(h *Header) { h.BootTime++ }, "frequency": func(h *Header) { h.PerfFreq++ }, "clock": func(h *Header) { h.Clock++ }, "pointers": func(h *Header) { h.PointerSize = 4 }, "build": func(h *Header) { h.Build++ },
	} {
		if of(same).Continues(of(change)) {
			t.Errorf("another %s goes on", name)
		}
	}
	plain := func(h *Header) { h.LogFileMode = 1 }
	if of(plain).Continues(of(plain)) {
		t.Error("a session with one file goes on")
	}
	for first, want := range map[int64]bool{0: false, 4: false, 5: false, 6: true, 7: false} {
		next := of(same)
		next.firstSeq = first
		if of(same).Continues(next) != want {
			t.Errorf("number %d behind number 5: %v", first, !want)
		}
	}
	none := of(same)
	none.lastSeq = -1
	next := of(same)
	next.firstSeq = 0
	if none.Continues(next) {
		t.Error("a file without buffers goes on")
	}
}

// Two files are of one capture if they begin at one time, or are of one session and overlap.
func TestSameCapture(t *testing.T) {
	for name, c := range map[string]struct {
		a, b func(h *Header)
		want bool
	}{
		"one start":              {func(*Header) {}, func(h *Header) { h.EndTime, h.LoggerName = 50, "x" }, true},
		"overlapping":            {func(*Header) {}, func(h *Header) { h.StartTime, h.EndTime = 150, 300 }, true},
		"one after the other":    {func(*Header) {}, func(h *Header) { h.StartTime, h.EndTime = 200, 300 }, false},
		"another session":        {func(*Header) {}, func(h *Header) { h.StartTime, h.EndTime, h.LoggerName = 150, 300, "x" }, false},
		"no start of Windows":    {func(h *Header) { h.BootTime = 0 }, func(h *Header) { h.StartTime, h.EndTime, h.BootTime = 150, 300, 0 }, false},
		"another clock":          {func(*Header) {}, func(h *Header) { h.PerfFreq++ }, false},
		"no start":               {func(h *Header) { h.StartTime = 0 }, func(h *Header) { h.StartTime = 0 }, false},
		"only one has a start":   {func(*Header) {}, func(h *Header) { h.StartTime = 0 }, false},
		"new files of a session": {func(h *Header) { h.LogFileMode |= modeNewFile }, func(h *Header) {}, false},
	} {
		of := func(change func(h *Header)) *Reader {
			h := Header{LogFileMode: 1, LoggerName: "net", BootTime: 5, PerfFreq: testFreq, Clock: 1, PointerSize: 8, Build: 26100, StartTime: 100, EndTime: 200}
			change(&h)
			return &Reader{header: h}
		}
		if a, b := of(c.a), of(c.b); a.SameCapture(b) != c.want || b.SameCapture(a) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

// What may begin a trace, by the sizes that its first bytes say, at their limits.
func TestSizesOfTheHeader(t *testing.T) {
	at := func(place int, v any) func(b []byte) []byte {
		return func(b []byte) []byte { put(b, place, v); return b }
	}
	size := func(n int) func(b []byte) []byte { return at(headerEventAt+4, uint16(n)) }
	cut := func(n int) func(b []byte) []byte { return func(b []byte) []byte { return b[:n] } }
	of32 := func(then func(b []byte) []byte) func(b []byte) []byte {
		return func(b []byte) []byte { b[logHeaderAt+0x2c] = 4; return then(b) }
	}
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		sniff  bool
		detail string // of what NewReader says, "" for nothing
	}{
		{"a header that is cut", cut(logHeaderAt + 0x2f), false, "151 bytes are too few for a trace header"},
		{"one cut behind what is looked at", cut(logHeaderAt + 0x30), true, "80 bytes of the header event"},
		{"the smallest first buffer", at(0, uint32(logHeaderAt+logHeaderSize32)), true, ""},
		{"a smaller one", at(0, uint32(logHeaderAt+logHeaderSize32-1)), false, "first buffer size 0x177"},
		{"the largest", at(0, uint32(maxFileBuffer)), true, ""},
		{"a larger one", at(0, uint32(maxFileBuffer+1)), false, "first buffer size 0x4000001"},
		{"an event of a 32-bit system", at(headerEventAt+2, uint8(typeSystem32)), true, ""},
		{"another event", at(headerEventAt+2, uint8(typeCompact32)), false, "the first event is not the header event"},
		{"another mark", at(headerEventAt+3, uint8(markMessage)), false, "the first event is not the header event"},
		{"another type", at(headerEventAt+6, uint8(1)), false, "the first event is not the header event"},
		{"another group", at(headerEventAt+7, uint8(1)), false, "the first event is not the header event"},
		{"a header event too small", size(systemHeaderSize + logHeaderSize32 - 1), false, "header event of 0x12f bytes"},
		{"one for 32 bits alone", size(systemHeaderSize + logHeaderSize32), true, "304 bytes of the header event"},
		{"one for 32 bits", of32(size(systemHeaderSize + logHeaderSize32)), true, ""},
		{"one for 32 bits that is cut", of32(cut(logHeaderAt + logHeaderSize32 - 1)), true, "303 bytes of the header event"},
		{"one for 64 bits, but for a byte", size(systemHeaderSize + logHeaderSize64 - 1), true, "311 bytes of the header event"},
		{"one for 64 bits", size(systemHeaderSize + logHeaderSize64), true, ""},
		{"the smallest buffers", at(logHeaderAt, uint32(minFileBuffer)), true, ""},
		{"smaller ones", at(logHeaderAt, uint32(minFileBuffer-1)), false, "buffer size 0x47"},
		{"the largest buffers", at(logHeaderAt, uint32(maxFileBuffer)), true, ""},
		{"larger ones", at(logHeaderAt, uint32(maxFileBuffer+1)), false, "buffer size 0x4000001"},
		{"pointers of 5 bytes", at(logHeaderAt+0x2c, uint32(5)), false, "pointer size 5"},
	} {
		b := c.change(traceBytes(1))
		if Sniff(b) != c.sniff {
			t.Errorf("%s: Sniff says %v", c.name, !c.sniff)
		}
		_, _, err := readHeader(bytes.NewReader(b), int64(len(b)))
		if got := fmt.Sprint(err); (err == nil) != (c.detail == "") || !strings.HasSuffix(got, c.detail) {
			t.Errorf("%s: %v, want %q", c.name, err, c.detail)
		}
	}
	if _, _, err := readHeader(reads{n: 100, err: errors.New("disk gone")}, 5000); err == nil || !strings.HasSuffix(err.Error(), "100 bytes are too few for a trace header: read: disk gone") {
		t.Error(err)
	}
	if _, _, err := readHeader(reads{n: 100, err: io.EOF}, 5000); err == nil || strings.Contains(err.Error(), "EOF") {
		t.Error(err)
	}
}

// A name ends with a zero, or with what there is of it.
func TestNames(t *testing.T) {
	long := bytes.Repeat([]byte{'n', 0}, maxNameUnits)
	for _, c := range []struct {
		b    []byte
		want string
		n    int
	}{
		{nil, "", 0},
		{[]byte{'a'}, "", 1},
		{[]byte{'a', 0}, "a", 2},
		{[]byte{'a', 0, 0}, "a", 3},
		{[]byte{'a', 0, 0, 0}, "a", 4},
		{[]byte{'a', 0, 0, 0, 'b', 0}, "a", 4},
		{[]byte{0, 0, 'b', 0}, "", 2},
		{[]byte{0x3d, 0xd8, 0, 0xde, 0, 0}, "😀", 6},
		{append(long[:len(long):len(long)], 'n', 0), string(bytes.Repeat([]byte{'n'}, maxNameUnits)), len(long) + 2},
	} {
		if got, n := utf16z(c.b); got != c.want || n != c.n {
			t.Errorf("%.20x: %.20q %d, want %.20q %d", c.b, got, n, c.want, c.n)
		}
	}
}

// Damage within a buffer is told with its place and what stands there; what is unpacked has
// none of its own.
func TestPlaceOfDamage(t *testing.T) {
	for name, c := range map[string]struct {
		data           []byte
		at             int
		offset, length int64
		detail         string
	}{
		"plain":               {plainTrace(), testSize + 0x48 + 0x58, testSize + 0x48 + 0x58, 0x58, "buffer 1, at 0xa0 of 0xf8: 530077c000000000"},
		"the last word of it": {plainTrace(), testSize + 0x30, testSize + 0xf8, 4, "buffer 1, at 0xf8 of 0xfc: ffffff77"},
		"packed":              {packedTrace(), 0x400 + 0x48 + 4, 0x400, 0, "buffer 1, at 0x48 of 0xf8: 510077c000000000"},
	} {
		if name == "the last word of it" {
			put(c.data, c.at, uint32(0xfc))
			c.data[testSize+0xfb] = 0x77
		} else {
			c.data[c.at+2] = 0x77
		}
		_, faults := walkAll(t, openBytes(t, c.data, nil), int64(len(c.data)))
		if len(faults) != 1 || faults[0].Offset != c.offset || faults[0].Length != c.length || faults[0].Detail != c.detail {
			t.Errorf("%s: %+v", name, faults)
		}
	}
}
