package etl

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

func newBytes(b []byte) io.ReaderAt { return bytes.NewReader(b) }

// flipped changes up to n bytes of a copy of data.
func flipped(rng *rand.Rand, data []byte, n int) []byte {
	b := slices.Clone(data)
	for range 1 + rng.IntN(n) {
		b[rng.IntN(len(b))] ^= byte(1 + rng.IntN(255))
	}
	return b
}

// structural changes bytes where the container keeps its lengths: in the headers
// of buffers and of events, which random places of a large file seldom hit.
func structural(rng *rand.Rand, data []byte, marks []int64) []byte {
	b := slices.Clone(data)
	for range 1 + rng.IntN(3) {
		at := int(marks[rng.IntN(len(marks))]) + rng.IntN(bufferHeaderSize)
		if at < len(b) {
			b[at] ^= byte(1 + rng.IntN(255))
		}
	}
	return b
}

// starts gives where buffers and events of data begin.
func starts(t testing.TB, data []byte) (marks []int64) {
	t.Helper()
	r := openBytes(t, data, nil)
	for i := range r.index {
		marks = append(marks, r.index[i].off)
	}
	for e := range r.Events() {
		if e.Record%16 == 0 {
			marks = append(marks, e.Offset)
		}
	}
	return marks
}

// Proves for every real and composed trace cut short at a step: the bytes are
// all told of, events that are there are read, and a cut in the body is said.
func TestSamplesTruncatedAtAStep(t *testing.T) {
	t.Parallel()
	for _, file := range traceFiles(t) {
		data := readSample(t, file)
		whole, _ := walkAll(t, openBytes(t, data, nil), int64(len(data)))
		before := 0
		for _, n := range cuts(len(data)) {
			r, err := NewReader(newBytes(data[:n]), int64(n), nil)
			if err != nil {
				isNoHeader(t, err, n)
				continue
			}
			s, faults := walkAll(t, r, int64(n))
			if !s.Truncated && !r.header.unclosed() || len(faults) == 0 && !r.header.unclosed() {
				t.Errorf("%s: cut at %#x: not said: %v", filepath.Base(file), n, faults)
			}
			if s.Events < before || s.Events > whole.Events {
				t.Errorf("%s: %d events at %#x after %d", filepath.Base(file), s.Events, n, before)
			}
			before = s.Events
		}
		if before == 0 {
			t.Errorf("%s: no cut left an event", filepath.Base(file))
		}
	}
}

// unclosed: only BuffersWritten tells a file that was cut between two buffers.
func (h *Header) unclosed() bool { return h.BuffersWritten == 0 }

// cuts are some lengths below size, dense at the start and the end. Large traces
// repeat one shape, so they get fewer.
func cuts(size int) (lengths []int) {
	parts, ends := 60, 12
	if size > 1<<18 {
		parts, ends = 7, 2
	}
	for n := 0; n < size; n += max(size/parts, 1) {
		lengths = append(lengths, n)
	}
	for d := range ends {
		lengths = append(lengths, max(0, size-1-d*d), min(size-1, 0x48+d*0x40))
	}
	slices.Sort(lengths)
	return slices.Compact(lengths)
}

func isNoHeader(t testing.TB, err error, size int) {
	t.Helper()
	var fe *FormatError
	if !errors.As(err, &fe) || fe.Code != CodeNoHeader || fe.Offset < 0 || fe.Length < 0 || fe.Offset+fe.Length > int64(size) {
		t.Fatalf("NewReader on %d bytes: %v", size, err)
	}
}

// Proves that seeded damage anywhere never makes the reader panic, run on, or
// lose count of a byte. That the damage was real shows in the records it made.
func TestSamplesWithFlippedBytes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20, 26))
	told := map[string]int{}
	for _, file := range traceFiles(t) {
		data := readSample(t, file)
		marks := starts(t, data)
		rounds := 4
		if len(data) < 1<<18 {
			rounds = 60
		}
		for i := range rounds {
			b := flipped(rng, data, 1+len(data)/2000)
			if i%3 > 0 {
				b = structural(rng, data, marks)
			}
			if i%5 == 0 {
				b = b[:rng.IntN(len(b))]
			}
			for _, f := range checkAny(t, b) {
				told[f.Code]++
			}
		}
	}
	for _, code := range []string{
		CodeBufferHeader, CodeEventHeader, CodeEventSize, CodeExtendedData, CodeTruncated, CodeCompression, CodeSequenceGap,
	} {
		if told[code] == 0 {
			t.Errorf("no variant was told as %s: %v", code, told)
		}
	}
}

// A failing medium: reads that touch [from, to) fail.
type badSectors struct {
	b        []byte
	from, to int64
}

func (s badSectors) ReadAt(p []byte, off int64) (int, error) {
	n, err := bytes.NewReader(s.b).ReadAt(p, off)
	if off < s.to && off+int64(n) > s.from {
		return int(max(0, s.from-off)), errors.New("bad sector")
	}
	return n, err
}

// Proves that a read error is damage at its place: the rest is read, the bytes
// add up, and what stands before it in the same buffer is kept.
func TestReadErrorsAreDamage(t *testing.T) {
	for name, data := range map[string][]byte{"plain": plainTrace(), "packed": packedTrace()} {
		codes := 0
		for at := int64(0); at < int64(len(data)); at += 8 {
			r, err := NewReader(badSectors{data, at, at + 1}, int64(len(data)), nil)
			if err != nil {
				isNoHeader(t, err, len(data))
				continue
			}
			s, faults := walkAll(t, r, int64(len(data)))
			if s.Events == 0 {
				t.Errorf("%s: bad sector at %#x: nothing was read", name, at)
			}
			for _, f := range faults {
				if f.Code == CodeRead {
					codes++
				}
			}
		}
		if codes == 0 {
			t.Errorf("%s: no read error was told", name)
		}
	}
	data := plainTrace()
	r, err := NewReader(badSectors{data, testSize + 0x48 + 0x60, testSize + 0x48 + 0x61}, int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(r); !slices.Equal(got, []any{"hook", 1, CodeEventSize, CodeRead, 2, 4}) {
		t.Errorf("bad sector in the second event: %v", got)
	}
}

// A medium that fails once it was indexed.
type failsLater struct {
	b    []byte
	from *int64
}

func (f failsLater) ReadAt(p []byte, off int64) (int, error) {
	return badSectors{f.b, *f.from, 1 << 40}.ReadAt(p, off)
}

// Proves that a medium that fails between index and walk is told of byte by byte,
// also where the header of a buffer is what cannot be read any more.
func TestReadErrorsAfterTheIndex(t *testing.T) {
	for name, data := range map[string][]byte{"plain": plainTrace(), "packed": packedTrace()} {
		for at := 0; at < len(data); at += 4 {
			from := int64(1 << 30)
			r, err := NewReader(failsLater{data, &from}, int64(len(data)), nil)
			if err != nil {
				t.Fatal(err)
			}
			from = int64(at)
			s, faults := walkAll(t, r, int64(len(data)))
			used := 2*testSize + 0x48 + 2*0x58
			if name == "packed" {
				used = len(data)
			}
			if (len(faults) == 0) != (at >= used) || s.Buffers != 3 {
				t.Errorf("%s: from %#x on: %v", name, at, faults)
			}
			for _, f := range faults {
				if end := f.Offset + f.Length; name == "plain" && f.Code == CodeRead && end%testSize != 0 {
					t.Errorf("from %#x on: the damage ends at %#x, within a buffer", at, end)
				}
			}
		}
	}
}

// Proves that buffers over the limit of memory are read late and not lost.
func TestTooManyOverlappingBuffersAreReadLate(t *testing.T) {
	t.Parallel()
	data := packedTrace()
	// Each unpacks to one event and 8 MiB of nothing, and all begin at one time.
	const n, size = 14, 8 << 20
	for seq := range n {
		event := eventBytes(uint16(100+seq), testT0+50, "")
		b := append(make([]byte, bufferHeaderSize), literals(event)...)
		// The third word of flags has 16 literals; then a match as long as the rest.
		put(b, len(b)-16-4, uint32(0xffff))
		b = append(b, 7, 0, 0x0f, 0xff, 0, 0, 0, 0, 0, 0)
		put(b, len(b)-4, uint32(size-0x50-3))
		put(b, 0, uint32(len(b)))
		put(b, 0x18, int64(seq+3))
		put(b, 0x2c, uint32(3))
		put(b, 0x30, uint32(bufferHeaderSize+size))
		put(b, 0x34, uint16(0x60))
		data = append(data, b...)
	}
	// An empty buffer that is not packed makes the file large enough to unpack it all.
	plain := make([]byte, 256<<10)
	put(plain, 0, uint32(len(plain)))
	put(plain, 0x18, int64(n+3))
	put(plain, 0x30, uint32(bufferHeaderSize))
	data = append(data, plain...)
	put(data, logHeaderAt, uint32(16<<20))
	put(data, logHeaderAt+0x24, uint32(n+4))
	r := openBytes(t, data, nil)
	most, limits, events := 0, 0, 0
	w := newWalk(r, nil)
	w.yield = func(e *Event, err error) bool {
		most = max(most, w.held)
		if fe, ok := err.(*FormatError); ok && fe.Code == CodeLimit {
			limits++
		}
		if e != nil && e.ID >= 100 {
			events++
		}
		return true
	}
	w.run()
	if most > maxHeld+2*size || most < maxHeld-2*size || limits != 1 || events != n {
		t.Errorf("%d bytes held, %d limits told, %d events", most, limits, events)
	}
}

// Proves that a size larger than the file, as of a file cut while it was read,
// ends in records and not in a wait.
func TestFileShorterThanItsSize(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		data []byte
		used int // after it there is only padding, which nobody reads
	}{
		"plain":  {plainTrace(), 2*testSize + 0x48 + 2*0x58},
		"packed": {packedTrace(), len(packedTrace())},
	} {
		for n := range tc.data {
			r, err := NewReader(newBytes(tc.data[:n]), int64(len(tc.data)), nil)
			if err != nil {
				isNoHeader(t, err, len(tc.data))
				continue
			}
			if _, faults := walkAll(t, r, int64(len(tc.data))); (len(faults) == 0) != (n >= tc.used) {
				t.Errorf("%s: %#x of %#x bytes: %v", name, n, len(tc.data), faults)
			}
		}
	}
}

// Proves that a file of a few bytes cannot make the walk unpack without end.
func TestBombIsStopped(t *testing.T) {
	t.Parallel()
	data := packedTrace()
	stream := append([]byte{0xff, 0xff, 0xff, 0x7f, 'a', 7, 0, 0x0f, 0xff, 0, 0}, 0, 0, 0, 4)
	for seq := range 40 {
		b := append(make([]byte, bufferHeaderSize), stream...)
		put(b, 0, uint32(len(b)))
		put(b, 0x18, int64(seq+3))
		put(b, 0x2c, uint32(3))
		put(b, 0x30, uint32(maxFileBuffer))
		put(b, 0x34, uint16(0x60))
		data = append(data, b...)
	}
	put(data, logHeaderAt, uint32(maxFileBuffer))
	put(data, logHeaderAt+0x24, uint32(43))
	r := openBytes(t, data, nil)
	s, faults := walkAll(t, r, int64(len(data)))
	limits := 0
	for _, f := range faults {
		if f.Code == CodeLimit {
			limits++
		}
	}
	if limits < 30 || s.Events != 5 || r.unpacked > 42*maxFileBuffer {
		t.Errorf("%d limits told, %d events, %v", limits, s.Events, faults)
	}
}

// Proves that buffers of a few bytes take a few bytes: thousands of them may be
// open at one time, and BufferSize may be large.
func TestSmallPackedBuffersTakeLittleMemory(t *testing.T) {
	data := packedTrace()
	const n = 1000
	for seq := range n {
		b := append(make([]byte, bufferHeaderSize), 0, 0, 0, 0, 'x')
		put(b, 0, uint32(len(b)))
		put(b, 0x18, int64(seq+3))
		put(b, 0x2c, uint32(3))
		put(b, 0x30, uint32(bufferHeaderSize+1))
		put(b, 0x34, uint16(0x60))
		data = append(data, b...)
	}
	put(data, logHeaderAt, uint32(16<<20))
	put(data, logHeaderAt+0x24, uint32(n+3))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, faults := walkAll(t, openBytes(t, data, nil), int64(len(data)))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; len(faults) != n || used > 16<<20 {
		t.Errorf("%d bytes for a file of %d, %d records", used, len(data), len(faults))
	}
}
