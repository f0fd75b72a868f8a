package evtx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// result is what one chunk gives.
type result struct {
	items   []item
	stats   Stats
	numbers numbers
	untold  int // damages over the limit
	told    int
}

// item is a record or damage.
type item struct {
	record Record
	err    *FormatError
}

func (res *result) damage(code string, at, length int64, detail string) {
	if res.told++; res.told > maxErrors {
		res.untold++
		return
	}
	res.items = append(res.items, item{err: &FormatError{code, at, length, detail}})
}

// results reads the chunks, several at a time, and gives them in the order of the
// file. When the caller wants no more it waits for those that are being read.
func (r *Reader) results() iter.Seq[*result] {
	return func(yield func(*result) bool) {
		buffers := make(chan []byte, r.workers)
		for range r.workers {
			buffers <- make([]byte, min(stretch, max(r.size-fileHeaderSize, 0)))
		}
		var ahead []chan []*result
		next := int64(fileHeaderSize)
		defer func() {
			for _, c := range ahead {
				<-c
			}
		}()
		for {
			for len(ahead) < r.workers && next < r.size {
				done, at := make(chan []*result, 1), next
				go func() {
					b := <-buffers
					results := r.readStretch(b[:min(stretch, r.size-at)], at)
					buffers <- b
					done <- results
				}()
				ahead = append(ahead, done)
				next += stretch
			}
			if len(ahead) == 0 {
				return
			}
			results := <-ahead[0]
			ahead = ahead[1:]
			for _, res := range results {
				if !yield(res) {
					return
				}
			}
		}
	}
}

// readStretch reads the chunks that begin in b, which stands at an offset of the
// file. Where the disk fails, the chunks are read one by one.
func (r *Reader) readStretch(b []byte, at int64) []*result {
	n, err := r.r.ReadAt(b, at)
	if n == len(b) {
		err = nil
	}
	var out []*result
	for off := 0; off < len(b); off += chunkSize {
		res := &result{}
		out = append(out, res)
		c := b[off:min(off+chunkSize, len(b))]
		if err != nil && off+len(c) > n {
			if c = r.reread(res, c, at+int64(off)); c == nil {
				continue
			}
		}
		r.readChunk(res, c, at+int64(off))
	}
	return out
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
func (r *Reader) readChunk(res *result, b []byte, at int64) {
	if len(b) < chunkSize {
		res.stats.Truncated = true
		res.damage(CodeTruncated, at, int64(len(b)), "the file ends inside this chunk")
	}
	if len(b) < chunkHeaderSize+minRecord || len(bytes.Trim(b[:chunkHeaderSize], "\x00")) == 0 && nextFrame(b, 0) < 0 {
		return // a stub, or space that was never written
	}
	res.stats.Chunks++
	h := parseChunkHeader(b)
	c := &chunk{result: res, filter: &r.filter, dirty: r.header.dirty, data: b, at: at, first: at == fileHeaderSize, header: h, origin: OriginLive}
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
	if c.from = r.from; c.from.IsZero() || c.reaches() {
		c.any, c.all = r.filter.chunk(b)
		c.templates = map[uint32]bool{}
	}
	c.decoder = decoder{chunk: b, budget: chunkBudget}
	defer c.decoder.close()
	c.records()
}
