package etl

import (
	"fmt"
	"math/bits"
)

// A split says what the bytes of one buffer in the file are. What is between
// its header and the end of its events is told event by event.
type split struct{ header, stream, padding, diagnosed int64 }

// loadCursor reads the buffer e, unpacks it if needed, and sets c before its
// first event. What is wrong with the whole of it becomes c.tail, since the
// events before the damage are good.
func (r *Reader) loadCursor(c *cursor, e *entry) split {
	c.e, c.next, c.end = e, bufferHeaderSize, bufferHeaderSize
	there := min(int64(e.size), r.size-e.off)
	if e.compressed() {
		return r.unpack(c, int(there))
	}
	s := split{header: bufferHeaderSize}
	want := min(int64(e.end), there)
	c.buf = r.take(int(want))
	n, err := readAt(r.r, c.buf, e.off, r.size)
	n = max(n, 0)
	switch {
	case int64(n) < want:
		detail := "the file is shorter than it was"
		if err != nil {
			detail = err.Error()
		}
		s.header = min(s.header, int64(n))
		s.diagnosed = there - max(int64(n), s.header)
		c.tail = &FormatError{Code: CodeRead, Offset: e.off + int64(n), Length: s.diagnosed, Detail: detail}
	case there < int64(e.size):
		s.padding = there - want
		c.tail = &FormatError{
			Code: CodeTruncated, Offset: r.size,
			Detail: fmt.Sprintf("%#x of the last buffer's %#x bytes", there, e.size),
		}
	default:
		s.padding = there - want
	}
	c.end = max(n, bufferHeaderSize)
	if n < bufferHeaderSize {
		c.next = c.end
	}
	return s
}

// flagWord is what may stand behind a stream that is unpacked: the flags of matches
// that did not come.
const flagWord = 4

// unpack fills c from a compressed buffer of which there bytes are in the file.
func (r *Reader) unpack(c *cursor, there int) split {
	e := c.e
	stream := there - bufferHeaderSize
	out := int(e.end) - bufferHeaderSize
	broken := func(code string, used int, detail string) split {
		s := split{header: bufferHeaderSize, stream: int64(used), diagnosed: int64(stream - used)}
		c.tail = &FormatError{Code: code, Offset: e.off + bufferHeaderSize + int64(used), Length: s.diagnosed, Detail: detail}
		return s
	}
	c.buf = nil
	if f := r.header.Compression; r.header.LogFileMode&modeCompressed != 0 && f != formatXPRESS {
		return broken(CodeCompression, 0, fmt.Sprintf("compression format %d is not supported", f))
	}
	if r.unpacked+int64(out) > freeUnpack+maxRatio*r.size {
		return broken(CodeLimit, 0, "the file unpacks to more than a trace can hold")
	}
	r.unpacked += int64(out)
	if cap(r.scratch) < stream {
		r.scratch = make([]byte, 1<<bits.Len(uint(stream)))
	}
	src := r.scratch[:stream]
	got, err := readAt(r.r, src, e.off+bufferHeaderSize, r.size)
	if err != nil || got < stream {
		return broken(CodeRead, 0, fmt.Sprintf("%d of %d bytes read: %v", got, stream, err))
	}
	c.buf = r.take(int(e.end))
	n, used, end := decompressXPRESS(c.buf[bufferHeaderSize:], src)
	c.end = bufferHeaderSize + n
	switch {
	case end == xpressFull:
		if rest := stream - used; rest > flagWord {
			return broken(CodeCompression, used, fmt.Sprintf("buffer %d is unpacked, and %d bytes follow it", e.index, rest))
		}
		if there < int(e.size) {
			c.tail = &FormatError{Code: CodeTruncated, Offset: r.size, Detail: "the last buffer is not complete"}
		}
		return split{header: bufferHeaderSize, stream: int64(stream)}
	case there < int(e.size):
		return broken(CodeTruncated, used, fmt.Sprintf("buffer %d, %d of %d bytes unpacked", e.index, n, out))
	}
	return broken(CodeCompression, used, fmt.Sprintf("buffer %d, %d of %d bytes unpacked: %s", e.index, n, out, end))
}

// take gives a slice of n bytes, a closed buffer's if there is one. Slices are of a
// power of two, so that a buffer costs about what is in it, whatever size the
// header claims, and fits where another of its kind was.
func (r *Reader) take(n int) []byte {
	class := bits.Len(uint(max(n, 1) - 1))
	if last := len(r.free[class]) - 1; last >= 0 {
		b := r.free[class][last]
		r.free[class] = r.free[class][:last]
		r.freed -= cap(b)
		return b[:n]
	}
	return make([]byte, n, 1<<class)
}

// release gives the buffer of c back.
func (r *Reader) release(c *cursor) {
	if c.buf == nil || r.freed+cap(c.buf) > maxFree {
		c.buf = nil
		return
	}
	r.freed += cap(c.buf)
	class := bits.Len(uint(cap(c.buf) - 1))
	r.free[class] = append(r.free[class], c.buf)
	c.buf = nil
}
