package evtx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
)

// result is what one chunk gives.
type result struct {
	items       []item
	stats       Stats
	numbers     numbers
	untold      int // damages over the limit
	told        int
	headerTimes found // records whose header has no time that an event can have
	backs       found // records whose time goes back
}

// reset empties a result, which keeps its memory.
func (res *result) reset() {
	clear(res.items)
	*res = result{items: res.items[:0]}
}

// item is a record or damage.
type item struct {
	record Record
	err    *FormatError
}

func (res *result) damage(code string, at, length int64, detail string) {
	res.tell(&FormatError{code, at, length, detail})
}

// tell keeps damage, up to maxErrors times.
func (res *result) tell(err *FormatError) {
	if res.told++; res.told > maxErrors {
		res.untold++
		return
	}
	res.items = append(res.items, item{err: err})
}

// worker is what reads a stretch of chunks.
type worker struct {
	buffer  []byte
	decoder *decoder
}

// batch are the results of a stretch.
type batch struct {
	results [stretch / chunkSize]result
	count   int
	done    chan struct{}
	fault   string // what the worker that read it panicked with, "" for nothing
}

// next is the result of the next chunk of the stretch, empty.
func (b *batch) next() *result {
	res := &b.results[b.count]
	b.count++
	res.reset()
	return res
}

// results reads the chunks, several at a time, and gives them in the order of the
// file. When the caller wants no more it waits for those that are being read.
func (r *Reader) results() iter.Seq[*result] {
	return func(yield func(*result) bool) {
		workers := make(chan *worker, r.workers)
		for range r.workers {
			workers <- &worker{make([]byte, min(stretch, max(r.size-r.base, 0))), newDecoder(&r.filter)}
		}
		var ahead, free []*batch
		next := r.base
		defer func() {
			for _, b := range ahead {
				<-b.done
			}
		}()
		for {
			for len(ahead) < r.workers && next < r.size {
				b := &batch{done: make(chan struct{}, 1)}
				if n := len(free); n > 0 {
					b, free = free[n-1], free[:n-1]
				}
				at := next
				go func() {
					w := <-workers
					b.fault = fenced(func() { r.readStretch(w, b, at) })
					workers <- w
					b.done <- struct{}{}
				}()
				ahead = append(ahead, b)
				next += stretch
			}
			if len(ahead) == 0 {
				return
			}
			b := ahead[0]
			<-b.done
			ahead = ahead[1:] // nobody waits for it again
			if b.fault != "" {
				panic(b.fault) // on the goroutine of who walks, where it can be caught
			}
			for i := range b.count {
				if !yield(&b.results[i]) {
					return
				}
			}
			free = append(free, b)
		}
	}
}

// readStretch reads the chunks of the stretch at an offset of the file. Where the disk
// fails, the chunks are read one by one.
func (r *Reader) readStretch(w *worker, out *batch, at int64) {
	b := w.buffer[:min(stretch, r.size-at)]
	n, err := r.r.ReadAt(b, at)
	if n == len(b) {
		err = nil
	}
	out.count = 0
	for off := 0; off < len(b); off += chunkSize {
		res := out.next()
		c := b[off:min(off+chunkSize, len(b))]
		if err != nil && off+len(c) > n {
			if c = r.reread(res, c, at+int64(off)); c == nil {
				continue
			}
		}
		r.readChunk(w.decoder, res, c, at+int64(off))
	}
}

// reread reads one chunk again; nil when it cannot be read.
func (r *Reader) reread(res *result, c []byte, at int64) []byte {
	n, err := r.r.ReadAt(c, at)
	if n == len(c) {
		return c
	}
	res.damage(CodeRead, at, int64(len(c)), fmt.Sprintf("the chunk cannot be read: %v", err))
	if !errors.Is(err, io.EOF) {
		return nil
	}
	return c[:n] // the file became shorter
}

// readChunk reads the chunk b, which stands at an offset of the file.
func (r *Reader) readChunk(d *decoder, res *result, b []byte, at int64) {
	if len(b) < chunkSize {
		res.stats.Truncated = true
		res.damage(CodeTruncated, at, int64(len(b)), "the file ends inside this chunk")
	}
	if len(b) < chunkHeaderSize+minRecord || len(bytes.Trim(b[:chunkHeaderSize], "\x00")) == 0 && nextFrame(b, 0) == len(b) {
		return // a stub, or space that was never written
	}
	res.stats.Chunks++
	h := parseChunkHeader(b)
	c := &chunk{result: res, filter: &r.filter, dirty: r.header.dirty, data: b, at: at, first: at == r.base, header: h, origin: OriginLive, from: r.from, decoder: d}
	switch {
	case !bytes.HasPrefix(b, chunkMagic):
		c.header = chunkHeader{lastRecord: chunkSize, free: chunkSize}
		c.origin, c.wary = OriginBadCRC, true
		res.damage(CodeChunkMagic, at, int64(len(chunkMagic)), "the chunk does not begin like one")
	case h.empty:
		c.origin, c.wary = OriginEmptyChunk, true
	case h.badHeader:
		c.origin = OriginBadCRC
		res.damage(CodeChunkCRC, at, chunkHeaderSize, "the chunk header does not fit its checksum")
	case h.badRecords:
		c.origin = OriginBadCRC
		res.damage(CodeRecordsCRC, at+chunkHeaderSize, int64(h.free-chunkHeaderSize), "the records of the chunk do not fit their checksum")
	}
	if c.header.beyond {
		res.damage(CodeChunkHeader, at+48, 4, "the free space of the chunk would begin behind its end; the last record tells where it does")
	}
	d.begin(b)
	c.records()
	if n := &res.numbers; n.earliest != 0 {
		c.span(fileTime(n.earliest))
		c.span(fileTime(n.latest))
	}
	c.confirm(r.second)
}

// fenced does work of a worker and gives what it panics with: there nobody could catch it.
func fenced(do func()) (fault string) {
	defer func() {
		if v := recover(); v != nil {
			fault = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	do()
	return ""
}
