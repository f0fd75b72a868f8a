package bundle

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"runtime"
	"slices"
	"sync"
)

// earlyBytes is how much is kept of what was read and is not hashed yet: as much as the
// readers of all processors are apart, and no more, since it should stay in their caches.
var earlyBytes = max(2, runtime.GOMAXPROCS(0)) * 512 << 10

const (
	// earlyLeast is the shortest read that is kept; a reader that looks for something
	// reads less. A gap that is shorter is read here at once: what is behind the events of
	// a buffer nobody else reads.
	earlyLeast = 16 << 10
	// pieceBytes is how much is kept in one piece, and read here at a time.
	pieceBytes = 256 << 10
)

// A Hasher makes the SHA-256 of an input out of what others read of it, from several
// goroutines and not quite in order, so that the input is read once. It hashes beside
// them: they wait only when they are far ahead.
type Hasher struct {
	in  Input
	ctx context.Context

	mu        sync.Mutex
	turn      sync.Cond // someone has hashed
	busy      bool      // someone hashes; the hash and the file are theirs
	at        int64     // what stands before was hashed, or is being hashed
	sum       hash.Hash
	elsewhere func() (string, error) // hashes it and waits; nil: it is hashed here
	early     []piece                // not hashed yet, by where it stands
	held      int                    // bytes of early
	free      [][]byte
	file      io.ReaderAt // for what nobody else reads; nil until it is needed
	closer    io.Closer
	failed    bool // to read it; Sum finds out why
}

// A piece is what was read at a place.
type piece struct {
	at   int64
	data []byte
}

func (p piece) end() int64 { return p.at + int64(len(p.data)) }

// Hasher begins the hash of the input, which fails with the error of ctx.
func (in Input) Hasher(ctx context.Context) *Hasher {
	h := &Hasher{in: in, ctx: ctx, sum: sha256.New()}
	h.turn.L = &h.mu
	h.elsewhere = hashedElsewhere(in.file, h.count)
	return h
}

// Through gives a reader of the input whose reads are hashed.
func (h *Hasher) Through(r io.ReaderAt) io.ReaderAt {
	if h.elsewhere != nil {
		return r
	}
	return hashedReader{h, r}
}

type hashedReader struct {
	h *Hasher
	r io.ReaderAt
}

func (r hashedReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.r.ReadAt(p, at)
	r.h.take(p[:n], at)
	return n, err
}

// count tells who watches that so many more bytes were hashed elsewhere.
func (h *Hasher) count(n int64) {
	h.mu.Lock()
	n = min(n, h.in.Size-h.at)
	h.at += n
	h.mu.Unlock()
	if h.in.watch != nil {
		h.in.watch.Hashed(n)
	}
}

// take keeps what was read until it is its turn to be hashed.
func (h *Hasher) take(p []byte, at int64) {
	p = p[:max(min(int64(len(p)), h.in.Size-at), 0)]
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(p) > 0 {
		n := min(len(p), pieceBytes)
		h.takePiece(p[:n], at)
		p, at = p[n:], at+int64(n)
	}
}

func (h *Hasher) takePiece(p []byte, at int64) {
	short := len(p) < earlyLeast || h.in.Size <= pieceBytes
	for at+int64(len(p)) > h.at && !h.failed {
		switch i, known := h.find(at); {
		case known && len(h.early[i].data) >= len(p), short && at > h.at:
			return
		case short && !h.busy:
			h.busy = true
			h.write(p[h.at-at:])
			h.busy = false
			h.turn.Broadcast()
			h.begin()
			return
		case !short && h.held+len(p) <= earlyBytes:
			h.keep(i, piece{at, p}, known)
			h.begin()
			return
		}
		h.begin()
		h.turn.Wait()
	}
}

// find gives the place among the early pieces of one that stands at a place of the input.
func (h *Hasher) find(at int64) (int, bool) {
	return slices.BinarySearchFunc(h.early, at, func(p piece, at int64) int { return cmp.Compare(p.at, at) })
}

// keep copies a piece: its reader goes on with its memory.
func (h *Hasher) keep(i int, p piece, known bool) {
	var b []byte
	if n := len(h.free); n > 0 {
		b, h.free = h.free[n-1][:0], h.free[:n-1]
	}
	h.held += len(p.data)
	p.data = append(b, p.data...)
	if !known {
		h.early = slices.Insert(h.early, i, p)
		return
	}
	h.held -= len(h.early[i].data)
	h.free = append(h.free, h.early[i].data)
	h.early[i] = p
}

// begin hashes what can be hashed, beside its caller, unless that is being done.
func (h *Hasher) begin() {
	if h.busy || !h.due() {
		return
	}
	h.busy = true
	go func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for h.due() {
			if h.early[0].at > h.at {
				h.fill(h.early[0].at - h.at)
				continue
			}
			p := h.early[0]
			h.early = slices.Delete(h.early, 0, 1)
			if p.end() > h.at {
				h.write(p.data[h.at-p.at:])
			}
			h.held -= len(p.data)
			h.free = append(h.free, p.data)
			h.turn.Broadcast()
		}
		h.busy = false
		h.turn.Broadcast()
	}()
}

// due tells that the first early piece need not wait for what stands before it: that is
// hashed, or hardly anything, or did not come for long.
func (h *Hasher) due() bool {
	return len(h.early) > 0 && !h.failed && (h.early[0].at-h.at < earlyLeast || h.held+pieceBytes > earlyBytes)
}

// write hashes what stands next, while others may go on.
func (h *Hasher) write(p []byte) {
	h.at += int64(len(p))
	h.mu.Unlock()
	h.sum.Write(p)
	if h.in.watch != nil {
		h.in.watch.Hashed(int64(len(p)))
	}
	h.mu.Lock()
}

// fill reads what nobody else has read, and hashes it.
func (h *Hasher) fill(most int64) {
	h.mu.Unlock()
	err := h.ctx.Err()
	if err == nil && h.file == nil {
		h.file, h.closer, err = h.in.Open()
	}
	n, p := 0, make([]byte, min(most, pieceBytes))
	if err == nil {
		n, _ = h.file.ReadAt(p, h.at) // nobody else moves it
	}
	h.mu.Lock()
	h.failed = h.failed || n < len(p)
	h.write(p[:max(n, 0)])
}

// Sum gives the SHA-256 of the input's Size bytes in lower-case hex, once nobody reads any
// more; what nobody read it reads. A file that is still written grows, and what is behind
// is not read. The error names no path.
func (h *Hasher) Sum() (string, error) {
	if h.elsewhere != nil {
		sum, err := h.elsewhere()
		h.count(h.in.Size)
		return sum, err
	}
	h.settle(false)
	if rest := h.in.Size - h.at; rest > 0 {
		f, closer, err := h.in.Open()
		if err != nil {
			return "", err
		}
		defer closer.Close()
		// Much at a time, since another reader may want the disk as well; of a small file no
		// more than it has, since there may be 20,000 of them.
		r := &ctxReader{h.ctx, io.NewSectionReader(f, h.at, rest), h.in.watch}
		n, err := io.CopyBuffer(h.sum, r, make([]byte, min(rest, pieceBytes)))
		if h.at += n; err != nil {
			return "", cause(err)
		}
	}
	return hex.EncodeToString(h.sum.Sum(nil)), nil
}

// Close gives up a hash that nobody will ask for. It may be called of none, and after Sum.
func (h *Hasher) Close() {
	if h != nil {
		h.settle(true)
	}
}

// settle waits until nobody hashes, and lets go of what was held for that.
func (h *Hasher) settle(failed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = h.failed || failed
	for h.busy {
		h.turn.Wait()
	}
	h.early, h.free = nil, nil
	if h.closer != nil {
		h.closer.Close()
		h.closer = nil
	}
}

// ctxReader ends a long read soon after ctx ends, and tells who watches of it.
type ctxReader struct {
	ctx   context.Context
	r     io.Reader
	watch *Watch
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if c.watch != nil {
		c.watch.Hashed(int64(n))
	}
	return n, err
}
