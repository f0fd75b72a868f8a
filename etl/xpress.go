package etl

import (
	"encoding/binary"
	"math/bits"
)

// An xpressResult says how the decoding of a plain LZ77 stream ended.
type xpressResult uint8

const (
	xpressFull     xpressResult = iota // dst is full to the byte
	xpressShort                        // src ended between two symbols, dst is not full
	xpressCut                          // src ended inside a symbol
	xpressDistance                     // a match reaches before the start of the output
	xpressLength                       // a match length in the long form is too small
	xpressOverrun                      // a match runs past the end of dst; its first part is there
)

func (x xpressResult) String() string {
	switch x {
	case xpressFull:
		return "complete"
	case xpressShort, xpressCut:
		return "compressed data ends early"
	case xpressDistance:
		return "match before the start of the buffer"
	case xpressLength:
		return "match length below the minimum of its form"
	case xpressOverrun:
		return "match past the end of the buffer"
	}
	return "unknown"
}

// decompressXPRESS decodes one plain LZ77 stream ([MS-XCA] 2.4) until dst is
// full. It returns the bytes written to dst and the bytes of src of the symbols
// that were decoded whole; both are good however the stream ends.
func decompressXPRESS(dst, src []byte) (n, used int, end xpressResult) {
	var flags uint32
	var left uint
	nibble := 0
	p := 0
	for n < len(dst) {
		if left == 0 {
			if len(src)-p < 4 {
				return n, p, shortOrCut(len(src) - p)
			}
			flags, left = binary.LittleEndian.Uint32(src[p:]), 32
			p += 4
		}
		// Flags are taken from the top: as many literals as there are zeros.
		if run := min(bits.LeadingZeros32(flags), int(left)); run > 0 {
			run = copy(dst[n:min(n+run, len(dst))], src[p:])
			if run == 0 {
				return n, p, xpressShort
			}
			n, p = n+run, p+run
			flags <<= run
			left -= uint(run)
			continue
		}
		if p >= len(src) {
			return n, p, xpressShort
		}
		flags <<= 1
		left--
		length, distance, q, ok := xpressMatch(src, p, &nibble)
		if ok != xpressFull {
			return n, p, ok
		}
		if distance > n {
			return n, p, xpressDistance
		}
		if length > len(dst)-n {
			copyMatch(dst, n, len(dst)-n, distance)
			return len(dst), p, xpressOverrun
		}
		copyMatch(dst, n, length, distance)
		n += length
		p = q
	}
	return n, p, xpressFull
}

func shortOrCut(rest int) xpressResult {
	if rest == 0 {
		return xpressShort
	}
	return xpressCut
}

// copyMatch repeats what stands distance bytes before dst[n:] for length bytes. The
// two may overlap: then what is there doubles until the match is full.
func copyMatch(dst []byte, n, length, distance int) {
	for done := 0; done < length; {
		done += copy(dst[n+done:n+length], dst[n-distance:n+done])
	}
}

// xpressMatch reads the match token at p and what follows it. nibble is the
// position of the byte whose upper half the next long match uses, or 0: flags stand there.
func xpressMatch(src []byte, p int, nibble *int) (length, distance, next int, res xpressResult) {
	if len(src)-p < 2 {
		return length, distance, p, xpressCut
	}
	token := int(binary.LittleEndian.Uint16(src[p:]))
	p += 2
	length, distance = token&7, token>>3+1
	if length < 7 {
		return length + 3, distance, p, xpressFull
	}
	if *nibble > 0 {
		length = int(src[*nibble] >> 4)
		*nibble = 0
	} else {
		if p >= len(src) {
			return length, distance, p, xpressCut
		}
		length = int(src[p] & 15)
		*nibble = p
		p++
	}
	if length < 15 {
		return length + 7 + 3, distance, p, xpressFull
	}
	if p >= len(src) {
		return length, distance, p, xpressCut
	}
	length = int(src[p])
	p++
	if length < 255 {
		return length + 15 + 7 + 3, distance, p, xpressFull
	}
	if len(src)-p < 2 {
		return length, distance, p, xpressCut
	}
	long := uint64(binary.LittleEndian.Uint16(src[p:]))
	p += 2
	if long == 0 {
		if len(src)-p < 4 {
			return length, distance, p, xpressCut
		}
		long = uint64(binary.LittleEndian.Uint32(src[p:]))
		p += 4
	}
	if long < 15+7 {
		return length, distance, p, xpressLength
	}
	// Nothing longer than a buffer can fit; the clip keeps 32-bit ints whole.
	return int(min(long, maxFileBuffer)) + 3, distance, p, xpressFull
}
