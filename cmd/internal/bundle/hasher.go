package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"sync"
)

const (
	// earlyBytes is how much is kept of what was read before what stands in front of it.
	earlyBytes = 4 << 20
	// earlyLeast is the shortest read that is kept; a reader that looks for something
	// reads less.
	earlyLeast = 16 << 10
)

// A Hasher makes the SHA-256 of an input out of what others read of it, from several
// goroutines and not quite in order, so that the input is read once.
type Hasher struct {
	in  Input
	ctx context.Context

	mu        sync.Mutex
	idle      sync.Cond
	busy      bool  // someone hashes; the hash is theirs
	at        int64 // what stands before was hashed, or is being hashed
	sum       hash.Hash
	elsewhere func() (string, error) // hashes it and waits; nil: it is hashed here
	early     map[int64][]byte       // read already, by where it stands
	held      int
	free      [][]byte
}

// Hasher begins the hash of the input, which fails with the error of ctx.
func (in Input) Hasher(ctx context.Context) *Hasher {
	h := &Hasher{in: in, ctx: ctx, sum: sha256.New(), early: map[int64][]byte{}}
	h.idle.L = &h.mu
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
	r.h.take(p[:n], at, r.r)
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

// take hashes what was read, or keeps it until what stands before it comes. Where that
// does not come for long, it is read here.
func (h *Hasher) take(p []byte, at int64, r io.ReaderAt) {
	p = p[:max(min(int64(len(p)), h.in.Size-at), 0)]
	h.mu.Lock()
	defer h.mu.Unlock()
	for at+int64(len(p)) > h.at {
		switch {
		case at <= h.at && !h.busy:
			h.write(p[h.at-at:])
			h.follow()
			return
		case at > h.at && len(p) < earlyLeast, len(h.early[at]) >= len(p):
			return
		case h.held+len(p) <= earlyBytes:
			h.keep(p, at)
			return
		case h.busy:
			h.idle.Wait()
		default:
			if !h.fill(r) {
				return // Sum will find out why
			}
		}
	}
}

// write hashes what stands next, while others may go on.
func (h *Hasher) write(p []byte) {
	h.busy = true
	h.at += int64(len(p))
	h.mu.Unlock()
	h.sum.Write(p)
	if h.in.watch != nil {
		h.in.watch.Hashed(int64(len(p)))
	}
	h.mu.Lock()
	h.busy = false
	h.idle.Broadcast()
}

// follow hashes what was kept and stands next now.
func (h *Hasher) follow() {
	for len(h.early) > 0 && !h.busy {
		next := int64(-1)
		for at, p := range h.early {
			switch end := at + int64(len(p)); {
			case end <= h.at:
				h.drop(at)
			case at <= h.at:
				next = at
			}
		}
		if next < 0 {
			return
		}
		p := h.early[next]
		delete(h.early, next)
		h.write(p[h.at-next:])
		h.held -= len(p)
		h.free = append(h.free, p)
	}
}

func (h *Hasher) keep(p []byte, at int64) {
	h.drop(at)
	var b []byte
	if n := len(h.free); n > 0 {
		b, h.free = h.free[n-1][:0], h.free[:n-1]
	}
	h.early[at] = append(b, p...)
	h.held += len(p)
}

func (h *Hasher) drop(at int64) {
	if p, ok := h.early[at]; ok {
		h.held -= len(p)
		h.free = append(h.free, p)
		delete(h.early, at)
	}
}

// fill reads and hashes up to what was kept.
func (h *Hasher) fill(r io.ReaderAt) bool {
	next := h.in.Size
	for at := range h.early {
		if at > h.at {
			next = min(next, at)
		}
	}
	p := make([]byte, min(next-h.at, 256<<10))
	n, _ := r.ReadAt(p, h.at)
	if n > 0 {
		h.write(p[:n])
		h.follow()
	}
	return n == len(p)
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
	h.early, h.free = nil, nil
	if rest := h.in.Size - h.at; rest > 0 {
		f, closer, err := h.in.Open()
		if err != nil {
			return "", err
		}
		defer closer.Close()
		// Much at a time, since another reader may want the disk as well; of a small file no
		// more than it has, since there may be 20,000 of them.
		r := &ctxReader{h.ctx, io.NewSectionReader(f, h.at, rest), h.in.watch}
		n, err := io.CopyBuffer(h.sum, r, make([]byte, min(rest, 256<<10)))
		if h.at += n; err != nil {
			return "", cause(err)
		}
	}
	return hex.EncodeToString(h.sum.Sum(nil)), nil
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
