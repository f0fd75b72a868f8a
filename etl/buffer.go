package etl

import (
	"fmt"
	"math/bits"
)

// A split says what the bytes of one buffer in the file are. What is between
// its header and the end of its events is told event by event.
type split struct{ header, stream, padding, diagnosed int64 }

// admit gives a buffer the memory it needs. It is called in the order of the walk: what
// one walk unpacks has a limit.
func (r *Reader) admit(b *batch) {
	e := b.e
	there := min(int64(e.size), r.size-e.off)
	if !e.compressed() {
		b.buf = r.take(int(min(int64(e.end), there)))
		return
	}
	if r.strange() {
		return
	}
	out := int64(e.end) - bufferHeaderSize
	if b.over = r.unpacked+out > freeUnpack+maxRatio*r.size; !b.over {
		r.unpacked += out
		b.buf = r.take(int(e.end))
	}
}

// strange tells that the compression is not the one that is known here.
func (r *Reader) strange() bool {
	return r.header.LogFileMode&modeCompressed != 0 && r.header.Compression != formatXPRESS
}

// load reads the buffer of b, unpacks it if needed, and sets b before its first event.
// What is wrong with the whole of it becomes b.tail, since the events before the damage
// are good.
func (r *Reader) load(c *batch, scratch *[]byte) {
	e := c.e
	c.next, c.end = bufferHeaderSize, bufferHeaderSize
	there := min(int64(e.size), r.size-e.off)
	if e.compressed() {
		c.left = r.unpack(c, int(there), scratch)
		return
	}
	s := split{header: bufferHeaderSize}
	want := int64(len(c.buf))
	n, err := readAt(r.r, c.buf, e.off, r.size)
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
	c.left = s
}

// flagWord is what may stand behind a stream that is unpacked: the flags of matches
// that did not come.
const flagWord = 4

// unpack fills c from a compressed buffer of which there bytes are in the file.
func (r *Reader) unpack(c *batch, there int, scratch *[]byte) split {
	e := c.e
	stream := there - bufferHeaderSize
	out := int(e.end) - bufferHeaderSize
	broken := func(code string, used int, detail string) split {
		s := split{header: bufferHeaderSize, stream: int64(used), diagnosed: int64(stream - used)}
		c.tail = &FormatError{Code: code, Offset: e.off + bufferHeaderSize + int64(used), Length: s.diagnosed, Detail: detail}
		return s
	}
	switch {
	case r.strange():
		return broken(CodeCompression, 0, fmt.Sprintf("compression format %d is not supported", r.header.Compression))
	case c.over:
		return broken(CodeLimit, 0, "the file unpacks to more than a trace can hold")
	}
	if cap(*scratch) < stream {
		*scratch = make([]byte, 1<<bits.Len(uint(stream)))
	}
	src := (*scratch)[:stream]
	got, err := readAt(r.r, src, e.off+bufferHeaderSize, r.size)
	if err != nil || got < stream {
		return broken(CodeRead, 0, fmt.Sprintf("%d of %d bytes read: %v", got, stream, err))
	}
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
