package evtx

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// The types of values ([MS-EVEN6] 2.2.12); array marks an array of one of them.
const (
	kindNull       = 0x00
	kindString     = 0x01 // UTF-16LE
	kindANSI       = 0x02 // Windows-1252
	kindInt8       = 0x03
	kindUint8      = 0x04
	kindInt16      = 0x05
	kindUint16     = 0x06
	kindInt32      = 0x07
	kindUint32     = 0x08
	kindInt64      = 0x09
	kindUint64     = 0x0a
	kindFloat32    = 0x0b
	kindFloat64    = 0x0c
	kindBool       = 0x0d // 4 bytes
	kindBinary     = 0x0e
	kindGUID       = 0x0f
	kindSize       = 0x10 // 4 or 8 bytes
	kindFileTime   = 0x11
	kindSystemTime = 0x12
	kindSID        = 0x13
	kindHexInt32   = 0x14
	kindHexInt64   = 0x15
	kindBinXML     = 0x21
	array          = 0x80
)

// fragmentHeader is the size of a fragment's header: token, version, flags.
const fragmentHeader = 4

// sizeOf gives the size of a value of a fixed size in bytes, else 0.
func sizeOf(kind byte) int {
	switch kind {
	case kindInt8, kindUint8:
		return 1
	case kindInt16, kindUint16:
		return 2
	case kindInt32, kindUint32, kindFloat32, kindBool, kindHexInt32:
		return 4
	case kindInt64, kindUint64, kindFloat64, kindFileTime, kindHexInt64:
		return 8
	case kindGUID, kindSystemTime:
		return 16
	}
	return 0
}

// appendValue adds a value as Windows writes it into XML. One of an unknown type, or
// of a size that does not fit its type, is added in hexadecimal.
func appendValue(dst []byte, kind byte, raw []byte) []byte {
	switch kind {
	case kindNull:
		return dst
	case kindString:
		return appendWide(dst, raw)
	case kindANSI:
		return appendANSI(dst, raw)
	case kindInt8, kindInt16, kindInt32, kindInt64:
		if n, ok := unsigned(raw); ok {
			shift := 64 - 8*len(raw)
			return strconv.AppendInt(dst, int64(n<<shift)>>shift, 10)
		}
	case kindUint8, kindUint16, kindUint32, kindUint64, kindSize:
		if n, ok := unsigned(raw); ok {
			return strconv.AppendUint(dst, n, 10)
		}
	case kindHexInt32, kindHexInt64:
		if n, ok := unsigned(raw); ok {
			return strconv.AppendUint(append(dst, "0x"...), n, 16)
		}
	case kindFloat32, kindFloat64:
		if n, ok := unsigned(raw); ok && len(raw) == 8 {
			return strconv.AppendFloat(dst, math.Float64frombits(n), 'g', -1, 64)
		} else if ok && len(raw) == 4 {
			return strconv.AppendFloat(dst, float64(math.Float32frombits(uint32(n))), 'g', -1, 32)
		}
	case kindBool:
		if n, ok := unsigned(raw); ok {
			return strconv.AppendBool(dst, n != 0)
		}
	case kindGUID:
		if len(raw) == 16 {
			return appendGUID(dst, raw)
		}
	case kindFileTime:
		if len(raw) == 8 {
			return appendTime(dst, fileTime(binary.LittleEndian.Uint64(raw)), raw)
		}
	case kindSystemTime:
		if t, ok := systemTime(raw); ok {
			return appendTime(dst, t, raw)
		}
	case kindSID:
		if sidSize(raw) == len(raw) && len(raw) > 0 {
			return appendSID(dst, raw)
		}
	}
	return appendHex(dst, raw)
}

const upper = "0123456789ABCDEF"

func appendHex(dst, raw []byte) []byte {
	for _, c := range raw {
		dst = append(dst, upper[c>>4], upper[c&15])
	}
	return dst
}

// appendTime adds a time with as many digits as it has, one beyond the year 9999 in
// hexadecimal.
func appendTime(dst []byte, t time.Time, raw []byte) []byte {
	if t.Year() > 9999 {
		return appendHex(dst, raw)
	}
	return t.AppendFormat(dst, time.RFC3339Nano)
}

func appendGUID(dst, raw []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '{')
	for i, from := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[raw[from]>>4], digits[raw[from]&15])
	}
	return append(dst, '}')
}

// unsigned reads an integer of 1, 2, 4 or 8 bytes.
func unsigned(b []byte) (uint64, bool) {
	switch len(b) {
	case 1:
		return uint64(b[0]), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(b)), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(b)), true
	case 8:
		return binary.LittleEndian.Uint64(b), true
	}
	return 0, false
}

// sidSize gives the size of the SID at the begin of b, 0 when none stands there.
func sidSize(b []byte) int {
	if len(b) < 8 || len(b) < 8+4*int(b[1]) {
		return 0
	}
	return 8 + 4*int(b[1])
}

// appendSID adds a SID: revision u8, number of sub-authorities u8, authority 6 bytes
// big endian, sub-authorities u32.
func appendSID(dst, b []byte) []byte {
	var authority [8]byte
	copy(authority[2:], b[2:8])
	dst = strconv.AppendUint(append(dst, "S-"...), uint64(b[0]), 10)
	dst = strconv.AppendUint(append(dst, '-'), binary.BigEndian.Uint64(authority[:]), 10)
	for b = b[8:]; len(b) >= 4; b = b[4:] {
		dst = strconv.AppendUint(append(dst, '-'), uint64(binary.LittleEndian.Uint32(b)), 10)
	}
	return dst
}

// elementOf takes the first element off an array of kind; size is its size in the
// array, with the zero that ends a string. ok is false when none fits.
func elementOf(kind byte, b []byte, pointer int) (raw []byte, size int, ok bool) {
	switch kind {
	case kindString:
		n := 0
		for n+2 <= len(b) && (b[n] != 0 || b[n+1] != 0) {
			n += 2
		}
		return b[:n], min(n+2, len(b)), len(b) >= 2
	case kindANSI:
		n := 0
		for n < len(b) && b[n] != 0 {
			n++
		}
		return b[:n], min(n+1, len(b)), len(b) > 0
	case kindSID:
		size = sidSize(b)
	case kindSize:
		size = pointer
	default:
		size = sizeOf(kind)
	}
	if size == 0 || len(b) < size {
		return nil, 0, false
	}
	return b[:size], size, true
}

// appendWide adds UTF-16LE as UTF-8, without the zeros at its end.
func appendWide(dst, b []byte) []byte {
	le := binary.LittleEndian
	b = b[:len(b)&^1]
	for len(b) >= 2 && b[len(b)-1] == 0 && b[len(b)-2] == 0 {
		b = b[:len(b)-2]
	}
	for len(b) >= 8 {
		w := le.Uint64(b)
		if w&0xff80_ff80_ff80_ff80 != 0 {
			break
		}
		dst = append(dst, byte(w), byte(w>>16), byte(w>>32), byte(w>>48))
		b = b[8:]
	}
	for len(b) >= 2 {
		r := rune(le.Uint16(b))
		b = b[2:]
		if r < utf8.RuneSelf {
			dst = append(dst, byte(r))
			continue
		}
		if r >= 0xd800 && r < 0xe000 {
			low := rune(0)
			if len(b) >= 2 {
				low = rune(le.Uint16(b))
			}
			if r >= 0xdc00 || low < 0xdc00 || low >= 0xe000 {
				r = utf8.RuneError
			} else {
				r = (r-0xd800)<<10 | (low - 0xdc00) + 0x10000
				b = b[2:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// windows1252 are the characters 80 to 9F of the code page; five are not assigned,
// and Windows gives them the control characters of the same number.
var windows1252 = [32]rune{
	0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
}

func appendANSI(dst, b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	for _, c := range b {
		r := rune(c)
		if c >= 0x80 && c < 0xa0 {
			r = windows1252[c-0x80]
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// binaryID gives the event id in the IO_ERROR_LOG_PACKET that drivers write as
// Binary: the full id at byte 12, its upper half being the Qualifiers. ok is false
// when Binary is no such packet.
func (r *Record) binaryID() (id uint16, ok bool) {
	if len(r.Binary) < 40 || r.Qualifiers == 0 {
		return 0, false
	}
	full := binary.LittleEndian.Uint32(r.Binary[12:])
	return uint16(full), uint16(full>>16) == r.Qualifiers
}

func binaryDetail(eventID, packetID uint16) string {
	return fmt.Sprintf("EventID is %d, but the driver's packet in Binary says %d", eventID, packetID)
}
