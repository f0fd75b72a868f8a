package codec

import (
	"bufio"
	"encoding/binary"
	"io"
)

// delta undoes the filter that gives each byte as its difference to one before.
type delta struct {
	r    io.Reader
	past []byte // of so many bytes
	at   int
}

// NewDelta undoes Delta with a distance of 1 to 256 bytes.
func NewDelta(r io.Reader, distance int) io.Reader {
	return &delta{r: r, past: make([]byte, distance)}
}

func (d *delta) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		d.past[d.at] += p[i]
		p[i] = d.past[d.at]
		d.at = (d.at + 1) % len(d.past)
	}
	return n, err
}

// bcj undoes the filter for programs of x86, which gives the targets of calls and jumps
// (E8, E9) as absolute addresses. It looks at five bytes at a time.
type bcj struct {
	r    *bufio.Reader
	ip   uint32
	mask uint32 // which of the last three bytes looked like a call and was left alone
	rest []byte // that is done and was not handed out
	buf  [4096]byte
	n    int // bytes of buf that are not done
	err  error
}

// NewBCJ undoes BCJ for x86.
func NewBCJ(r io.Reader) io.Reader { return &bcj{r: bufio.NewReader(r)} }

func (b *bcj) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.err != nil && b.n == 0 {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.rest)
	if b.rest = b.rest[n:]; len(b.rest) == 0 {
		b.n = copy(b.buf[:], b.buf[len(b.buf)-b.n:])
	}
	return n, nil
}

// fill reads on and undoes what it can; the last four bytes of all are as they are. What
// is not done is kept at the end of the buffer.
func (b *bcj) fill() {
	n, err := io.ReadFull(b.r, b.buf[b.n:])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	b.err = err
	all := b.buf[:b.n+n]
	done := b.undo(all)
	if b.err != nil {
		done = len(all)
	}
	b.rest = all[:done]
	b.n = copy(b.buf[len(b.buf)-(len(all)-done):], all[done:])
}

// undo changes a buffer in place and says how much of it is done. What looks like a call
// within four bytes of another is changed only where the one before could not have been
// meant (Bra86.c of the LZMA SDK, which is in the public domain).
func (b *bcj) undo(data []byte) int {
	at := 0
	for at+5 <= len(data) {
		m := b.mask
		b.mask = m << 1 & 7
		switch {
		case data[at]&0xfe != 0xe8:
			at++
			continue
		case m == 3 || m > 4 || m > 0 && edge(data[at+4-int(bcjByte[m])]), !edge(data[at+4]):
			b.mask |= 1
			at++
			continue
		}
		here := b.ip + uint32(at) + 5
		to := binary.LittleEndian.Uint32(data[at+1:]) - here
		if m > 0 && edge(byte(to>>(24-8*bcjByte[m]))) {
			to = to ^ (1<<(32-8*bcjByte[m]) - 1) - here
		}
		to &= 0x1ffffff
		binary.LittleEndian.PutUint32(data[at+1:], to|-(to&0x1000000))
		b.mask = 0
		at += 5
	}
	b.ip += uint32(at)
	return at
}

// bcjByte is, by the mask, which byte of a target overlaps that of a call before.
var bcjByte = [5]uint32{1: 1, 2: 2, 4: 3}

// edge tells the bytes that the highest of a near target has.
func edge(b byte) bool { return b == 0 || b == 0xff }
