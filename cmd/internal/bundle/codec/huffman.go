package codec

import "errors"

const (
	maxBits  = 16 // of a code
	fastBits = 10 // codes up to here are found in one step
)

// huffman is a canonical prefix code: of codes of one length the smaller symbol has the
// smaller code, and shorter codes come first (RFC 1951 3.2.2).
type huffman struct {
	fast    [1 << fastBits]uint16 // symbol<<4 | length, by the next bits; 0: longer or none
	first   [maxBits + 1]uint32   // the first code of each length
	count   [maxBits + 1]uint32   // codes of each length
	index   [maxBits + 1]uint32   // of the first symbol of each length
	symbols []uint16
}

// space tells how a code fills the space of codes.
type space int

const (
	spaceEmpty      space = iota // no code at all
	spaceIncomplete              // some bits are no code
	spaceFull
)

var errOversubscribed = errors.New("more codes than there is room for")

// build makes the code of symbols whose lengths are given, 0 for symbols without a code;
// no length is over 16.
func (h *huffman) build(lengths []uint8) (space, error) {
	clear(h.fast[:])
	clear(h.count[:])
	for _, n := range lengths {
		h.count[n]++
	}
	h.count[0] = 0
	code, used := uint32(0), uint32(0)
	for n := 1; n <= maxBits; n++ {
		code = (code + h.count[n-1]) << 1
		h.first[n], h.index[n] = code, used
		used += h.count[n]
		if code+h.count[n] > 1<<n {
			return 0, errOversubscribed
		}
	}
	if cap(h.symbols) < len(lengths) {
		h.symbols = make([]uint16, len(lengths))
	}
	h.symbols = h.symbols[:used]
	next := h.index
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[next[n]] = uint16(symbol)
		if n <= fastBits {
			from := (h.first[n] + next[n] - h.index[n]) << (fastBits - n)
			for i := range uint32(1) << (fastBits - n) {
				h.fast[from+i] = uint16(symbol)<<4 | uint16(n)
			}
		}
		next[n]++
	}
	switch {
	case used == 0:
		return spaceEmpty, nil
	case h.first[maxBits]+h.count[maxBits] < 1<<maxBits:
		return spaceIncomplete, nil
	}
	return spaceFull, nil
}

// find gives the symbol whose code stands in the next 16 bits, the first bit highest,
// and the length of the code; 0 when there is none.
func (h *huffman) find(next uint16) (symbol, length uint) {
	if f := h.fast[next>>(maxBits-fastBits)]; f != 0 {
		return uint(f >> 4), uint(f & 15)
	}
	for n := uint(fastBits + 1); n <= maxBits; n++ {
		if at := uint32(next>>(maxBits-n)) - h.first[n]; at < h.count[n] {
			return uint(h.symbols[h.index[n]+at]), n
		}
	}
	return 0, 0
}
