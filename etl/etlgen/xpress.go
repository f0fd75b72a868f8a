package etlgen

import "encoding/binary"

const (
	window     = 8192 // the largest distance of a match
	minMatch   = 3
	hashBits   = 14
	chainLimit = 32 // candidates looked at for one position
)

// An xpressWriter makes one plain LZ77 stream ([MS-XCA] 2.3.4).
type xpressWriter struct {
	out     []byte
	flags   uint32
	count   int // of flags
	flagsAt int
	halfAt  int // byte whose upper half the next long match uses, 0 for none
}

// compressXPRESS gives the plain LZ77 stream of src: greedy, with the longest
// match among the nearest earlier places that share three bytes.
func compressXPRESS(src []byte) []byte {
	w := &xpressWriter{out: make([]byte, 4, len(src)/2+16)}
	head := make([]int32, 1<<hashBits) // last place of a hash, +1
	prev := make([]int32, len(src))    // the place of the same hash before it, +1
	enter := func(i int) {
		h := hash3(src[i:])
		prev[i], head[h] = head[h], int32(i+1)
	}
	for i := 0; i < len(src); {
		length, distance := 0, 0
		if i+minMatch <= len(src) {
			length, distance = longestMatch(src, i, head, prev)
		}
		if length < minMatch {
			w.literal(src[i])
			length = 1
		} else {
			w.match(length, distance)
		}
		for end := i + length; i < end; i++ {
			if i+minMatch <= len(src) {
				enter(i)
			}
		}
	}
	// What is left of the flags is ones, as the specification ends a stream.
	w.flags = w.flags<<(32-w.count) | uint32(1<<(32-w.count)-1)
	binary.LittleEndian.PutUint32(w.out[w.flagsAt:], w.flags)
	return w.out
}

func hash3(b []byte) uint32 {
	v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	return v * 0x9e3779b1 >> (32 - hashBits)
}

func longestMatch(src []byte, i int, head, prev []int32) (length, distance int) {
	at := int(head[hash3(src[i:])]) - 1
	for range chainLimit {
		if at < 0 || i-at > window {
			break
		}
		n := 0
		for i+n < len(src) && src[at+n] == src[i+n] {
			n++
		}
		if n > length {
			length, distance = n, i-at
		}
		at = int(prev[at]) - 1
	}
	return length, distance
}

// flag notes the kind of the symbol that was just written. The flags of the
// next 32 symbols lie before the first of them.
func (w *xpressWriter) flag(bit uint32) {
	w.flags = w.flags<<1 | bit
	w.count++
	if w.count == 32 {
		binary.LittleEndian.PutUint32(w.out[w.flagsAt:], w.flags)
		w.flags, w.count, w.flagsAt = 0, 0, len(w.out)
		w.out = append(w.out, 0, 0, 0, 0)
	}
}

func (w *xpressWriter) literal(b byte) {
	w.out = append(w.out, b)
	w.flag(0)
}

// match writes distance-1 in 13 bits and length-3 in 3 bits, then half a byte,
// a byte, two bytes and four bytes, each only when the one before is full.
func (w *xpressWriter) match(length, distance int) {
	defer w.flag(1)
	n := length - minMatch
	token := uint16(distance-1) << 3
	w.out = binary.LittleEndian.AppendUint16(w.out, token|uint16(min(n, 7)))
	if n < 7 {
		return
	}
	half := byte(min(n-7, 15))
	if w.halfAt == 0 {
		w.halfAt = len(w.out)
		w.out = append(w.out, half)
	} else {
		w.out[w.halfAt] |= half << 4
		w.halfAt = 0
	}
	if half < 15 {
		return
	}
	w.out = append(w.out, byte(min(n-7-15, 255)))
	if n-7-15 < 255 {
		return
	}
	if n <= 0xffff {
		w.out = binary.LittleEndian.AppendUint16(w.out, uint16(n))
		return
	}
	w.out = append(w.out, 0, 0)
	w.out = binary.LittleEndian.AppendUint32(w.out, uint32(n))
}
