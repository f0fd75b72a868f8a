package codec

import (
	"bufio"
	"errors"
	"io"
	"math/bits"
)

// Deflate64 is Deflate (RFC 1951) but for three things: distance codes 30 and 31 are in
// use, length code 285 stands for 3 and 16 extra bits, and the window has 64 KiB.
const (
	window64   = 1 << 16
	endOfBlock = 256
	lengths64  = 29 // length codes: 257 to 285
	distances  = 32
)

var (
	lengthBase  = [lengths64]uint{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 3}
	lengthExtra = [lengths64]uint{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16}
	codeOrder   = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

var errDeflate64 = errors.New("the Deflate64 data are damaged")

// deflate64 unpacks into a ring of 64 KiB, which is also what matches refer to.
type deflate64 struct {
	r     io.ByteReader
	acc   uint64 // bits that were read, the next one lowest
	n     uint
	ring  [window64]byte
	wrote int64 // bytes so far
	given int64 // of them were handed out
	err   error

	last    bool
	stored  uint // bytes that are left of a stored block
	coded   bool // in a block of codes
	copying uint // bytes that are left of a match
	back    uint // its distance
	literal huffman
	far     huffman
}

// NewDeflate64 unpacks method 9 of zip, 040109 of 7z. It stops at the end of the stream.
func NewDeflate64(r io.Reader) io.Reader {
	return &deflate64{r: bufio.NewReaderSize(r, 32<<10)}
}

func (d *deflate64) Read(p []byte) (int, error) {
	for d.given == d.wrote {
		if d.err != nil {
			return 0, d.err
		}
		d.fill()
	}
	at := d.given % window64
	n := copy(p, d.ring[at:min(window64, at+d.wrote-d.given)])
	d.given += int64(n)
	return n, nil
}

// fill unpacks up to half a ring, or to the end.
func (d *deflate64) fill() {
	for d.wrote-d.given < window64/2 && d.err == nil {
		switch {
		case d.copying > 0:
			d.copy()
		case d.stored > 0:
			d.stored--
			d.put(byte(d.bits(8)))
		case d.coded:
			d.symbol()
		case d.last:
			d.err = io.EOF
		default:
			d.block()
		}
	}
}

func (d *deflate64) put(b byte) {
	if d.err == nil {
		d.ring[d.wrote%window64] = b
		d.wrote++
	}
}

// copy goes on with a match, as far as there is room.
func (d *deflate64) copy() {
	n := min(int64(d.copying), window64/2)
	d.copying -= uint(n)
	for ; n > 0; n-- {
		d.ring[d.wrote%window64] = d.ring[(d.wrote-int64(d.back))%window64]
		d.wrote++
	}
}

func (d *deflate64) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// need makes sure of n bits, at most 48. Behind the end there are zeros, and what takes
// them fails.
func (d *deflate64) need(n uint) {
	for d.n < n {
		b, err := d.r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			d.fail(err)
			return
		}
		d.acc |= uint64(b) << d.n
		d.n += 8
	}
}

func (d *deflate64) bits(n uint) uint {
	d.need(n)
	v := uint(d.acc & (1<<n - 1))
	d.drop(n)
	return v
}

func (d *deflate64) drop(n uint) {
	d.acc >>= n
	d.n -= min(n, d.n)
}

// code reads a symbol of a code. A code may be shorter than what is left to read.
func (d *deflate64) code(h *huffman) uint {
	for {
		symbol, n := h.find(bits.Reverse16(uint16(d.acc)))
		if n > 0 && n <= d.n {
			d.drop(n)
			return symbol
		}
		if d.n >= maxBits {
			d.fail(errDeflate64)
		} else {
			d.need(d.n + 1)
		}
		if d.err != nil {
			return 0
		}
	}
}

// symbol reads a literal, the end of a block or a match.
func (d *deflate64) symbol() {
	s := d.code(&d.literal)
	switch {
	case d.err != nil:
	case s < endOfBlock:
		d.put(byte(s))
	case s == endOfBlock:
		d.coded = false
	case s-endOfBlock-1 >= lengths64:
		d.fail(errDeflate64)
	default:
		s -= endOfBlock + 1
		d.copying = lengthBase[s] + d.bits(lengthExtra[s])
		if s = d.code(&d.far); s < 4 {
			d.back = 1 + s
		} else {
			extra := s/2 - 1
			d.back = 1 + (2+s&1)<<extra + d.bits(extra)
		}
		if int64(d.back) > d.wrote {
			d.fail(errDeflate64)
		}
		if d.err != nil {
			d.copying = 0
		}
	}
}

// block reads the head of a block.
func (d *deflate64) block() {
	d.last = d.bits(1) == 1
	switch d.bits(2) {
	case 0:
		d.drop(d.n % 8)
		d.stored = d.bits(16)
		if d.bits(16) != d.stored^0xffff {
			d.fail(errDeflate64)
		}
		if d.err != nil {
			d.stored = 0
		}
	case 1:
		d.fixed()
	case 2:
		d.dynamic()
	default:
		d.fail(errDeflate64)
	}
}

func (d *deflate64) fixed() {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	var far [distances]uint8
	for i := range far {
		far[i] = 5
	}
	d.use(lengths[:], far[:])
}

// use begins a block with these codes. Of distances there may be one code, or none.
func (d *deflate64) use(literal, far []uint8) {
	full, err := d.literal.build(literal)
	if err != nil || full == spaceEmpty {
		d.fail(errDeflate64)
	}
	if _, err = d.far.build(far); err != nil {
		d.fail(errDeflate64)
	}
	d.coded = d.err == nil
}

// dynamic reads the codes of a block, which are packed by a code themselves.
func (d *deflate64) dynamic() {
	literals, far, n := 257+d.bits(5), 1+d.bits(5), 4+d.bits(4)
	if literals > 286 {
		d.fail(errDeflate64)
	}
	var first [19]uint8
	for _, at := range codeOrder[:n] {
		first[at] = uint8(d.bits(3))
	}
	var h huffman
	if _, err := h.build(first[:]); err != nil {
		d.fail(errDeflate64)
	}
	var lengths [286 + distances]uint8
	for i := uint(0); i < literals+far && d.err == nil; {
		s := d.code(&h)
		if s < 16 {
			lengths[i] = uint8(s)
			i++
			continue
		}
		value, again := uint8(0), uint(0)
		switch s {
		case 16:
			if i == 0 {
				d.fail(errDeflate64)
				return
			}
			value, again = lengths[i-1], 3+d.bits(2)
		case 17:
			again = 3 + d.bits(3)
		default:
			again = 11 + d.bits(7)
		}
		if again > literals+far-i {
			d.fail(errDeflate64)
			return
		}
		for ; again > 0; again-- {
			lengths[i] = value
			i++
		}
	}
	if d.err == nil {
		d.use(lengths[:literals], lengths[literals:literals+far])
	}
}
