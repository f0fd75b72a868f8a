package codec

import (
	"encoding/binary"
	"errors"
)

// LZX is that of cabinets ([MS-PATCH] has the same with other frames; the cabinet SDK's
// document has errors): bits are taken from u16 LE words, the highest first; no reset
// interval; a frame of 32 KiB of output is one data block of the cabinet and ends at a
// word. Blocks go over the ends of frames, matches do not.
type LZX struct {
	window  []byte
	bits    lzxBits
	frames  int // that were unpacked
	wrote   int // bytes of output so far, at most the window: what matches may refer to
	pos     int // of the next byte in the window
	from    int // of the first byte of the frame
	short   bool
	started bool
	failed  bool

	e8      int32 // size of the translation of calls, 0 for none
	kind    uint  // of the block
	left    int   // bytes that are left of it
	odd     bool  // a pad byte stands behind it
	recent  [3]int
	slots   int
	lengths [lzxMain + lzxLong]uint8 // of the codes of the last block: what the next changes
	main    huffman
	long    huffman
	aligned huffman
	pre     huffman
	out     [lzxFrame]byte
}

const (
	lzxFrame     = 32 << 10
	lzxMain      = 256 + 8*50 // symbols of the largest main code
	lzxLong      = 249
	lzxPre       = 20
	lzxTranslate = 32768 // frames whose calls are translated

	lzxVerbatim     = 1
	lzxAligned      = 2
	lzxUncompressed = 3
)

// lzxSlots are the position slots of a window of 2^15 to 2^21 bytes.
var lzxSlots = [...]int{30, 32, 34, 36, 38, 42, 50}

var lzxBase, lzxExtra = func() (base [51]int, extra [51]uint) {
	for i := range 50 {
		if i >= 4 {
			extra[i] = uint(min(i/2-1, 17))
		}
		base[i+1] = base[i] + 1<<extra[i]
	}
	return base, extra
}()

var (
	errLZX      = errors.New("the LZX data are damaged")
	errLZXFrame = errors.New("a frame that is not the last has less than 32 KiB")
)

// NewLZX unpacks a folder of a cabinet with a window of 2^bits bytes, 15 to 21.
func NewLZX(bits int) (*LZX, error) {
	if bits < 15 || bits > 21 {
		return nil, errors.New("the window of LZX has 2^15 to 2^21 bytes")
	}
	return &LZX{window: make([]byte, 1<<bits), slots: lzxSlots[bits-15], recent: [3]int{1, 1, 1}}, nil
}

// Frame unpacks the next frame to so many bytes, 32,768 but for the last. What it gives is
// good until the next one. After an error nothing more can be unpacked.
func (l *LZX) Frame(packed []byte, size int) ([]byte, error) {
	switch {
	case l.failed || size > lzxFrame:
		return nil, errLZX
	case l.short:
		return nil, errLZXFrame
	}
	l.short = size < lzxFrame
	l.failed = true
	l.bits = lzxBits{data: packed}
	if !l.started {
		l.started = true
		if l.bits.take(1) == 1 {
			l.e8 = int32(l.bits.take(16)<<16 | l.bits.take(16))
		}
	}
	l.from = l.pos
	for end := l.from + size; l.pos < end; {
		if l.left == 0 && !l.block() {
			return nil, errLZX
		}
		before := l.pos
		if until := min(end, l.pos+l.left); l.kind == lzxUncompressed {
			l.stored(until)
		} else {
			l.coded(until)
		}
		l.left -= l.pos - before
		if l.bits.over {
			return nil, errLZX
		}
	}
	l.failed = false
	copy(l.out[:size], l.window[l.from:l.pos])
	l.wrote = min(l.wrote+size, len(l.window))
	l.pos %= len(l.window)
	l.translate(l.out[:size])
	l.frames++
	return l.out[:size], nil
}

// block reads the head of a block.
func (l *LZX) block() bool {
	b := &l.bits
	if l.odd {
		b.skipByte()
		l.odd = false
	}
	l.kind = b.take(3)
	l.left = int(b.take(24))
	if b.over || l.left == 0 {
		return false
	}
	switch l.kind {
	case lzxUncompressed:
		raw := b.raw(12)
		if raw == nil {
			return false
		}
		for i := range l.recent {
			l.recent[i] = int(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		l.odd = l.left%2 == 1
		return true
	case lzxAligned:
		var lengths [8]uint8
		for i := range lengths {
			lengths[i] = uint8(b.take(3))
		}
		if full, err := l.aligned.build(lengths[:]); err != nil || full != spaceFull {
			return false
		}
	case lzxVerbatim:
	default:
		return false
	}
	return l.codes()
}

// codes reads the main code, in two parts, and that of long lengths.
func (l *LZX) codes() bool {
	main, long := l.lengths[:256+8*l.slots], l.lengths[lzxMain:]
	if !l.change(main[:256]) || !l.change(main[256:]) || !l.change(long) {
		return false
	}
	if full, err := l.main.build(main); err != nil || full != spaceFull {
		return false
	}
	full, err := l.long.build(long)
	return err == nil && full != spaceIncomplete
}

// change reads lengths of codes as changes to what they were.
func (l *LZX) change(lengths []uint8) bool {
	b := &l.bits
	var pre [lzxPre]uint8
	for i := range pre {
		pre[i] = uint8(b.take(4))
	}
	if _, err := l.pre.build(pre[:]); err != nil {
		return false
	}
	for i := 0; i < len(lengths); {
		again, value := 1, uint8(0)
		s, ok := b.symbol(&l.pre)
		switch {
		case !ok:
			return false
		case s == 17:
			again = 4 + int(b.take(4))
		case s == 18:
			again = 20 + int(b.take(5))
		default:
			if s == 19 {
				again = 4 + int(b.take(1))
				if s, ok = b.symbol(&l.pre); !ok || s > 16 {
					return false
				}
			}
			value = uint8((int(lengths[i]) - int(s) + 17) % 17)
		}
		if again > len(lengths)-i || b.over {
			return false
		}
		for ; again > 0; again-- {
			lengths[i] = value
			i++
		}
	}
	return true
}

// stored copies the bytes of an uncompressed block; bits are not in use meanwhile.
func (l *LZX) stored(until int) {
	l.pos += copy(l.window[l.pos:until], l.bits.bytes(until-l.pos))
}

// coded unpacks up to a place that the block or the frame ends at.
func (l *LZX) coded(until int) {
	b, mask := &l.bits, len(l.window)-1
	for l.pos < until && !b.over {
		s, ok := b.symbol(&l.main)
		switch {
		case !ok:
			b.over = true
			return
		case s < 256:
			l.window[l.pos] = byte(s)
			l.pos++
			continue
		}
		length := int(s-256)&7 + 2
		if length == 9 {
			long, ok := b.symbol(&l.long)
			if !ok {
				b.over = true
				return
			}
			length += int(long)
		}
		back := l.back(int(s-256) >> 3)
		if back < 1 || back > min(l.wrote+l.pos-l.from, len(l.window)) || length > until-l.pos {
			b.over = true
			return
		}
		for from := l.pos - back; length > 0; length-- {
			l.window[l.pos] = l.window[from&mask]
			l.pos++
			from++
		}
	}
}

// back is the distance that a position slot stands for. It is remembered.
func (l *LZX) back(slot int) int {
	r := &l.recent
	if slot < 3 {
		r[0], r[slot] = r[slot], r[0]
		return r[0]
	}
	if slot >= l.slots {
		return 0
	}
	extra := lzxExtra[slot]
	back := lzxBase[slot] - 2
	if l.kind == lzxAligned && extra >= 3 {
		back += int(l.bits.take(extra-3)) << 3
		low, ok := l.bits.symbol(&l.aligned)
		if !ok {
			return 0
		}
		back += int(low)
	} else {
		back += int(l.bits.take(extra))
	}
	r[0], r[1], r[2] = back, r[0], r[1]
	return back
}

// translate turns the absolute targets of calls (E8) back into relative ones, which the
// packer had made alike. It is done to what is given out and never to the window.
func (l *LZX) translate(frame []byte) {
	if l.e8 == 0 || l.frames >= lzxTranslate || len(frame) <= 10 {
		return
	}
	at := int32(l.frames) * lzxFrame
	for i := 0; i < len(frame)-10; i++ {
		if frame[i] != 0xe8 {
			continue
		}
		p := at + int32(i)
		v := int32(binary.LittleEndian.Uint32(frame[i+1:]))
		if v >= -p && v < l.e8 {
			if v >= 0 {
				v -= p
			} else {
				v += l.e8
			}
			binary.LittleEndian.PutUint32(frame[i+1:], uint32(v))
		}
		i += 4
	}
}

// lzxBits gives the bits of one frame.
type lzxBits struct {
	data []byte
	at   int    // of the next word
	from int    // of the first, behind bytes that are none
	acc  uint64 // bits that were read, the last one lowest
	n    uint
	over bool // more was taken than there is, or something that cannot be
}

func (b *lzxBits) fill() {
	for b.n <= 32 && b.at+1 < len(b.data) {
		b.acc = b.acc<<16 | uint64(b.data[b.at+1])<<8 | uint64(b.data[b.at])
		b.at += 2
		b.n += 16
	}
}

func (b *lzxBits) take(n uint) uint {
	if n > b.n {
		if b.fill(); n > b.n {
			b.over = true
			return 0
		}
	}
	b.n -= n
	return uint(b.acc>>b.n) & (1<<n - 1)
}

func (b *lzxBits) symbol(h *huffman) (uint, bool) {
	if b.n < maxBits {
		b.fill()
	}
	next := uint16(b.acc << (maxBits - min(b.n, maxBits)))
	if b.n > maxBits {
		next = uint16(b.acc >> (b.n - maxBits))
	}
	s, n := h.find(next)
	if n == 0 || n > b.n {
		return 0, false
	}
	b.n -= n
	return s, true
}

// raw gives bytes behind the 1 to 16 bits up to the next word.
func (b *lzxBits) raw(n int) []byte {
	b.at = b.from + (8*(b.at-b.from)-int(b.n))/16*2 + 2
	b.acc, b.n = 0, 0
	raw := b.bytes(n)
	if len(raw) < n {
		return nil
	}
	return raw
}

// bytes gives as many of the next bytes as there are; fewer than were wanted are too few.
func (b *lzxBits) bytes(n int) []byte {
	if b.at > len(b.data) || n > len(b.data)-b.at {
		b.over = true
		n = max(len(b.data)-b.at, 0)
		b.at = len(b.data) - n
	}
	raw := b.data[b.at : b.at+n]
	b.at += n
	b.from = b.at
	return raw
}

// skipByte passes over a pad byte, which stands where no bits were read ahead.
func (b *lzxBits) skipByte() {
	b.at++
	b.from = b.at
}
