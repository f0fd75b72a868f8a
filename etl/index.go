package etl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	bufferHeaderSize = 0x48 // WMI_BUFFER_HEADER
	formatXPRESS     = 3    // COMPRESSION_FORMAT_XPRESS
	// headLength is what the index reads of a buffer: its header, and enough to
	// see the time of the first event even of a compressed one.
	headLength = bufferHeaderSize + 0x100
	// firstEvent is how much of the first event is unpacked for its time.
	firstEvent = 0x60

	bufferEventsLost     = 0x0002
	bufferBufferLost     = 0x0004
	bufferProcessorIndex = 0x0020
	bufferCompressed     = 0x0040
	maxBufferType        = 7
)

// An entry is one buffer of the index, or a stretch of damage between two.
type entry struct {
	off   int64
	seq   int64
	first int64 // raw time at which the walk opens it
	size  uint32
	end   uint32 // of the events, after decompression; 0: damage of length gap
	gap   int64
	index int32 // of the buffer in the file
	cpu   uint16
	flags uint16
	code  string
}

func (e *entry) compressed() bool { return e.flags&bufferCompressed != 0 }

// readAt reads as much of p as the file has; only a failing read is an error.
func readAt(r io.ReaderAt, p []byte, off, size int64) (int, error) {
	if off >= size {
		return 0, nil
	}
	if int64(len(p)) > size-off {
		p = p[:size-off]
	}
	n, err := r.ReadAt(p, off)
	if n == len(p) || errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// parseEntry reads a buffer header. A detail other than "" says why b is none.
func (r *Reader) parseEntry(b []byte, off int64) (e entry, detail string) {
	le := binary.LittleEndian
	e = entry{
		off: off, size: le.Uint32(b), end: le.Uint32(b[0x30:]), seq: int64(le.Uint64(b[0x18:])),
		cpu: le.Uint16(b[0x28:]), flags: le.Uint16(b[0x34:]),
	}
	if e.flags&bufferProcessorIndex == 0 {
		e.cpu &= 0xff
	}
	limit := e.size
	switch {
	case r.fixed && e.size != r.header.BufferSize:
		return e, fmt.Sprintf("buffer size %#x in a file of %#x", e.size, r.header.BufferSize)
	case e.size < minFileBuffer || e.size > maxFileBuffer:
		return e, fmt.Sprintf("buffer size %#x", e.size)
	case e.cpu >= maxProcessors:
		return e, fmt.Sprintf("processor %d", e.cpu)
	case le.Uint16(b[0x36:]) > maxBufferType:
		return e, fmt.Sprintf("buffer type %d", le.Uint16(b[0x36:]))
	case e.compressed():
		limit = max(r.header.BufferSize, e.size)
	}
	if e.end < bufferHeaderSize || e.end > limit {
		offset := e.end
		e.end = le.Uint32(b[0x04:])
		if e.end < bufferHeaderSize || e.end > limit {
			return e, fmt.Sprintf("events end at %#x, saved %#x, in a buffer of %#x", offset, e.end, limit)
		}
	}
	return e, ""
}

// buildIndex frames the buffers by their headers alone. It keeps going after
// damage: at the next multiple of BufferSize, or in a compressed file at the
// next bytes that look like a buffer header.
func (r *Reader) buildIndex() {
	head := make([]byte, headLength)
	scanned := int64(0)
	for off := int64(0); off < r.size; {
		if len(r.index) >= maxBuffers {
			r.damage(off, r.size-off, CodeLimit)
			return
		}
		n, err := readAt(r.r, head, off, r.size)
		if err != nil && n < bufferHeaderSize {
			off = r.damage(off, r.resume(off), CodeRead)
			continue
		}
		if n < bufferHeaderSize {
			r.truncated = true
			off = r.damage(off, r.size-off, CodeTruncated)
			continue
		}
		e, bad := r.parseEntry(head[:n], off)
		if bad != "" && r.fixed {
			off = r.damage(off, r.resume(off), CodeBufferHeader)
			continue
		}
		if bad != "" {
			next, looked := r.scan(off+1, maxScan-scanned)
			scanned += looked
			off = r.damage(off, next-off, CodeBufferHeader)
			continue
		}
		e.index = int32(r.buffers)
		e.first = r.firstTime(&e, head[:n])
		r.buffers++
		r.index = append(r.index, e)
		off += int64(e.size)
		r.truncated = r.truncated || off > r.size
	}
}

// resume is the length up to the next place where a buffer can begin.
func (r *Reader) resume(off int64) int64 {
	step := int64(r.header.BufferSize)
	if !r.fixed {
		step = r.size
	}
	return min(step, r.size-off)
}

// damage indexes a stretch no buffer was found in, and gives its end. It opens
// with the buffer before it, and neighbours of one code are one record.
func (r *Reader) damage(off, length int64, code string) int64 {
	first := r.header.T0
	if code == CodeTruncated {
		first = math.MaxInt64 // the end of the file is told at the end
	} else if n := len(r.index); n > 0 {
		last := &r.index[n-1]
		if last.end == 0 && last.code == code && last.off+last.gap == off {
			last.gap += length
			return off + length
		}
		first = last.first
	}
	r.index = append(r.index, entry{off: off, gap: length, first: first, code: code, index: int32(r.buffers)})
	return off + length
}

// scan looks for the next buffer header from off on. It gives the place, or the
// end of the file when there is none within limit bytes, and how far it looked.
func (r *Reader) scan(off, limit int64) (next, looked int64) {
	chunk := make([]byte, 64<<10)
	for off < r.size && looked < limit {
		n, err := readAt(r.r, chunk, off, r.size)
		if err != nil || n < bufferHeaderSize {
			return r.size, looked
		}
		for i := 0; i+bufferHeaderSize <= n; i++ {
			if r.plausible(chunk[i:i+bufferHeaderSize], off+int64(i)) {
				return off + int64(i), looked + int64(i)
			}
		}
		step := int64(n - bufferHeaderSize + 1)
		off += step
		looked += step
	}
	return r.size, looked
}

// plausible is stricter than parseEntry, since there is no magic number: the
// fields that are the same in every known buffer must be so, and the next
// buffer, if any, must begin where this one ends.
func (r *Reader) plausible(b []byte, off int64) bool {
	le := binary.LittleEndian
	if le.Uint32(b[0x0c:]) != 0 || le.Uint32(b[0x2c:]) != 3 || le.Uint16(b[0x34:]) > 0x7f {
		return false
	}
	e, bad := r.parseEntry(b, off)
	if bad != "" || e.seq < 0 {
		return false
	}
	after := off + int64(e.size)
	if after >= r.size {
		return after == r.size
	}
	var next [bufferHeaderSize]byte
	if n, err := readAt(r.r, next[:], after, r.size); err != nil || n < bufferHeaderSize {
		return err == nil && n < bufferHeaderSize
	}
	_, bad = r.parseEntry(next[:], after)
	return bad == ""
}

// firstTime gives the raw time of the first event of a buffer, of which head is
// the start. A buffer that does not say opens with the one before it.
func (r *Reader) firstTime(e *entry, head []byte) int64 {
	fallback := r.header.T0
	if n := len(r.index); n > 0 {
		fallback = r.index[n-1].first
	}
	if r.header.LogFileMode&modeNoPerProcessor != 0 {
		return r.lowestTime(e, fallback)
	}
	body := head[bufferHeaderSize:]
	if e.compressed() {
		var out [firstEvent]byte
		want := min(len(out), int(e.end)-bufferHeaderSize)
		n, _, _ := decompressXPRESS(out[:want], body[:min(len(body), int(e.size)-bufferHeaderSize)])
		return headTime(out[:n], fallback)
	}
	return headTime(body[:min(len(body), int(e.end)-bufferHeaderSize)], fallback)
}

// headTime reads the time of the event whose first bytes are b.
func headTime(b []byte, fallback int64) int64 {
	if len(b) < minEventSize {
		return fallback
	}
	at := notFound
	if l, ok := layoutOf(b[2]); ok && b[3] == markEvent {
		at = l.timeAt
	} else if b[3] == markMessage {
		_, at, _ = messageLayout(binary.LittleEndian.Uint16(b[6:]))
	}
	if at == notFound || at+8 > len(b) {
		return fallback
	}
	return int64(binary.LittleEndian.Uint64(b[at:]))
}

// lowestTime reads a whole buffer: where processors share one, its first event
// need not be its earliest.
func (r *Reader) lowestTime(e *entry, fallback int64) int64 {
	b := batch{e: e}
	r.admit(&b)
	r.load(&b, &r.scratch)
	low, found := fallback, false
	for at := bufferHeaderSize; at < b.end; {
		f, code := frameEvent(b.buf[at:b.end], r.session)
		if code != "" {
			break
		}
		if f.timed && (!found || f.time < low) {
			low, found = f.time, true
		}
		at += alignEvent(f.size)
	}
	r.release(b.buf)
	return low
}
