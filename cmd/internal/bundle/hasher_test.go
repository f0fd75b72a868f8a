package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// counting counts what is read.
type counting struct {
	r     io.ReaderAt
	bytes atomic.Int64
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.r.ReadAt(p, at)
	c.bytes.Add(int64(n))
	return n, err
}

func onDisk(t *testing.T, size int) (Input, []byte) {
	t.Helper()
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return Input{Path: "input", Size: int64(size), file: name}, data
}

// Whoever reads what of an input, in which order and how often: its hash is right.
func TestHasher(t *testing.T) {
	const size = 12<<20 + 4711
	in, data := onDisk(t, size)
	want := sha256.Sum256(data)
	for name, o := range map[string]struct {
		readers, length int
		next            func(i, n int, rng *rand.Rand) int // the i-th place of n that a reader reads
		most            float64                            // read from the disk, in sizes; 0: any
	}{
		"one, in order":                  {1, 64 << 10, func(i, n int, _ *rand.Rand) int { return i }, 1},
		"one, in short reads":            {1, 1000, func(i, n int, _ *rand.Rand) int { return i }, 1},
		"one, a little out of order":     {1, 64 << 10, func(i, n int, _ *rand.Rand) int { return min(i^3, n-1) }, 1},
		"one, backwards":                 {1, 64 << 10, func(i, n int, _ *rand.Rand) int { return n - 1 - i }, 0},
		"one, each second":               {1, 64 << 10, func(i, n int, _ *rand.Rand) int { return min(2*i, n-1) }, 0},
		"one, anywhere":                  {1, 100 << 10, func(i, n int, rng *rand.Rand) int { return rng.IntN(n) }, 0},
		"four, anywhere":                 {4, 300 << 10, func(i, n int, rng *rand.Rand) int { return rng.IntN(n) }, 0},
		"three, each all":                {3, 64 << 10, func(i, n int, _ *rand.Rand) int { return i }, 3},
		"one, longer than what is kept":  {1, 5 << 20, func(i, n int, _ *rand.Rand) int { return n - 1 - i }, 0},
		"none":                           {0, 1, nil, 0},
		"one looks for something before": {1, 328, func(i, n int, _ *rand.Rand) int { return min(200*i, n-1) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := in.Hasher(t.Context())
			disk := &counting{r: bytes.NewReader(data)}
			r := h.Through(disk)
			var all sync.WaitGroup
			for k := range o.readers {
				all.Go(func() {
					rng := rand.New(rand.NewPCG(1, uint64(k)))
					n := (size + o.length - 1) / o.length
					for i := range n {
						at := o.next(i, n, rng) * o.length
						p := make([]byte, o.length)
						got, err := r.ReadAt(p, int64(at))
						if err != nil && err != io.EOF || !bytes.Equal(p[:got], data[at:min(at+o.length, size)]) {
							t.Errorf("at %d: %d bytes, %v", at, got, err)
						}
					}
				})
			}
			all.Wait()
			if sum, err := h.Sum(); err != nil || sum != hex.EncodeToString(want[:]) {
				t.Errorf("%s %v", sum, err)
			}
			if n := disk.bytes.Load(); o.most > 0 && float64(n) > o.most*size {
				t.Errorf("%d bytes were read of %d", n, size)
			}
		})
	}
}

// Readers that take turns read the input once, and leave nothing to be read for its hash.
func TestHasherReadsOnce(t *testing.T) {
	in, data := onDisk(t, 8<<20)
	h := in.Hasher(t.Context())
	disk := &counting{r: bytes.NewReader(data)}
	r := h.Through(disk)
	var turn sync.Mutex
	at := int64(0)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			p := make([]byte, 64<<10)
			for more := true; more; {
				turn.Lock() // one that is overtaken is read again
				if more = at < 128; more {
					if _, err := r.ReadAt(p, at<<16); err != nil {
						t.Error(err)
					}
				}
				at++
				turn.Unlock()
			}
		})
	}
	both.Wait()
	if err := os.Remove(in.file); err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(data)
	if sum, err := h.Sum(); err != nil || sum != hex.EncodeToString(want[:]) || disk.bytes.Load() != 8<<20 {
		t.Errorf("%s %v, %d bytes", sum, err, disk.bytes.Load())
	}
}

// A file that became shorter has the hash of what is left; an interruption ends the rest.
func TestHasherOfWhatChanged(t *testing.T) {
	in, data := onDisk(t, 200_000)
	if err := os.Truncate(in.file, 100_000); err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(data[:100_000])
	if sum, err := in.Hasher(t.Context()).Sum(); err != nil || sum != hex.EncodeToString(want[:]) {
		t.Errorf("%s %v", sum, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := in.Hasher(ctx).Sum(); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// A hash that is given up holds nothing, and who still reads goes on.
func TestHasherGivenUp(t *testing.T) {
	in, data := onDisk(t, 12<<20)
	h := in.Hasher(t.Context())
	r := h.Through(bytes.NewReader(data))
	p := make([]byte, 256<<10)
	read := func(at int64) {
		if _, err := r.ReadAt(p, at); err != nil {
			t.Fatal(err)
		}
	}
	for at := int64(1 << 20); at < 8<<20; at += int64(len(p)) { // what stands before has to be read here
		read(at)
	}
	h.Close()
	h.Close()
	if h.closer != nil || h.early != nil || h.free != nil || h.busy {
		t.Errorf("%d early pieces, busy %v", len(h.early), h.busy)
	}
	read(8 << 20)
	if h.early != nil {
		t.Error("a piece is kept for nobody")
	}
	(*Hasher)(nil).Close()
}

// keepsEarly sets how much is kept, which is more on a machine with more processors.
func keepsEarly(t *testing.T, n int) {
	t.Helper()
	was := earlyBytes
	earlyBytes = n
	t.Cleanup(func() { earlyBytes = was })
}

// A reader that is far ahead of the hash waits once so much is kept, and goes on with it.
func TestHasherKeepsLittle(t *testing.T) {
	keepsEarly(t, 1<<20)
	in, data := onDisk(t, 6<<20)
	want := sha256.Sum256(data)
	synctest.Test(t, func(t *testing.T) {
		h := in.Hasher(t.Context())
		r := h.Through(bytes.NewReader(data))
		h.busy = true // someone hashes what stands first, for long
		for k := range 3 {
			go func() {
				p := make([]byte, 64<<10)
				for at := int64(k) << 16; at < in.Size; at += 3 << 16 {
					if _, err := r.ReadAt(p, at); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		synctest.Wait()
		kept := 0
		for _, p := range h.early {
			kept += len(p.data)
		}
		if kept != 1<<20 || h.held != kept {
			t.Errorf("%d bytes are kept, %d are counted", kept, h.held)
		}
		h.mu.Lock()
		h.busy = false
		h.turn.Broadcast()
		h.begin()
		h.mu.Unlock()
		synctest.Wait()
		if sum, err := h.Sum(); err != nil || sum != hex.EncodeToString(want[:]) || h.held != 0 {
			t.Errorf("%s %v, %d bytes are counted", sum, err, h.held)
		}
	})
}

// The memory of pieces that were hashed is used again.
func TestHasherUsesItsMemoryAgain(t *testing.T) {
	keepsEarly(t, 1<<20)
	const size = 24 << 20
	in := Input{Size: size}
	h, r := in.Hasher(t.Context()), io.ReaderAt(zeros(size))
	r = h.Through(r)
	p := make([]byte, 64<<10)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for at := int64(0); at < size; at += int64(len(p)) {
		if _, err := r.ReadAt(p, at); err != nil {
			t.Fatal(err)
		}
	}
	h.Close()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("%d bytes were allocated for %d", took, size)
	}
}

// zeros are so many bytes of 0.
type zeros int64

func (z zeros) ReadAt(p []byte, at int64) (int, error) {
	n := int(max(min(int64(len(p)), int64(z)-at), 0))
	clear(p[:n])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// A file that could not be opened while others read it, and can be later, has its hash.
func TestHasherTriesAgain(t *testing.T) {
	keepsEarly(t, 1<<20)
	in, data := onDisk(t, 8<<20)
	away := in.file + ".away"
	if err := os.Rename(in.file, away); err != nil {
		t.Fatal(err)
	}
	h := in.Hasher(t.Context())
	r := h.Through(bytes.NewReader(data))
	p := make([]byte, 256<<10)
	for at := int64(1 << 20); at < 8<<20; at += int64(len(p)) {
		if _, err := r.ReadAt(p, at); err != nil {
			t.Fatal(err)
		}
	}
	h.settle(false)
	if !h.failed || h.at != 0 {
		t.Errorf("failed: %v, at %d", h.failed, h.at)
	}
	if err := os.Rename(away, in.file); err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(data)
	if sum, err := h.Sum(); err != nil || sum != hex.EncodeToString(want[:]) {
		t.Errorf("%s %v", sum, err)
	}
}

// Who watches is told of each byte of an input once, wherever it is hashed and whatever
// another thread says of it.
func TestHashIsWatched(t *testing.T) {
	in, data := onDisk(t, 3<<20)
	want := sha256.Sum256(data)
	var told atomic.Int64
	in.watch = &Watch{Hashed: func(n int64) { told.Add(n) }}
	for name, read := range map[string]func(h *Hasher){
		"nobody reads": func(*Hasher) {},
		"all is read, twice": func(h *Hasher) {
			r := h.Through(bytes.NewReader(data))
			for range 2 {
				if _, err := io.Copy(io.Discard, io.NewSectionReader(r, 0, in.Size)); err != nil {
					t.Error(err)
				}
			}
		},
		"the end is read": func(h *Hasher) {
			if _, err := h.Through(bytes.NewReader(data)).ReadAt(make([]byte, 64<<10), 2<<20); err != nil {
				t.Error(err)
			}
		},
		"elsewhere": func(h *Hasher) {
			h.elsewhere = func() (string, error) {
				h.count(1 << 20)
				h.count(1 << 20)
				return hex.EncodeToString(want[:]), nil
			}
			if r := io.ReaderAt(bytes.NewReader(data)); h.Through(r) != r {
				t.Error("what is hashed elsewhere is hashed here too")
			}
		},
		"elsewhere, of a file that grew": func(h *Hasher) {
			h.elsewhere = func() (string, error) {
				h.count(4 << 20)
				return hex.EncodeToString(want[:]), nil
			}
		},
	} {
		told.Store(0)
		h := in.Hasher(t.Context())
		read(h)
		if sum, err := h.Sum(); err != nil || sum != hex.EncodeToString(want[:]) || told.Load() != in.Size {
			t.Errorf("%s: %s %v, %d bytes were told", name, sum, err, told.Load())
		}
	}
}
