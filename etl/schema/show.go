package schema

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"portverdict/etl"
)

// show makes a value of the bytes of a property: the in-type says what they are,
// the out-type how they are meant.
func show(p *property, raw []byte) Value {
	switch p.out {
	case OutSockAddr:
		return sockAddr(raw)
	case OutIPv4, OutIPv6:
		if a, ok := netip.AddrFromSlice(raw); ok {
			return Value{Kind: Text, Text: a.String()}
		}
	case OutPort:
		if len(raw) == 2 {
			return Value{Kind: Uint, Uint: uint64(binary.BigEndian.Uint16(raw))}
		}
	}
	switch p.in {
	case InNull:
		return Value{}
	case InInt8, InInt16, InInt32, InInt64:
		return signed(p, raw)
	case InUint8, InUint16, InUint32, InUint64, InBoolean, InHex32, InHex64, InPointer, InSizeT:
		return unsigned(p, raw)
	case InFloat:
		return Value{Kind: Float, Float: float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))}
	case InDouble:
		return Value{Kind: Float, Float: math.Float64frombits(binary.LittleEndian.Uint64(raw))}
	case InGUID:
		return Value{Kind: Text, Text: etl.GUID(raw).String()}
	case InFileTime:
		return fileTime(number(raw))
	case InSystemTime:
		return systemTime(raw)
	case InSID, InWbemSID:
		return Value{Kind: Text, Text: sidText(raw)}
	case InCountedUnicode, InCountedString, InReversedString:
		return Value{Kind: Text, Text: wholeWide(raw)}
	case InCountedANSI, InCountedAString, InReversedAString:
		return Value{Kind: Text, Text: wholeNarrow(raw)}
	case InUnicode, InRestUnicode, InUnicodeChar:
		return Value{Kind: Text, Text: p.wide(raw)}
	case InANSI, InRestANSI, InANSIChar:
		return Value{Kind: Text, Text: p.narrow(raw)}
	}
	return Value{Kind: Bytes, Bytes: append([]byte{}, raw...)}
}

// number reads an integer of 1, 2, 4 or 8 bytes.
func number(raw []byte) uint64 {
	switch len(raw) {
	case 1:
		return uint64(raw[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(raw))
	case 4:
		return uint64(binary.LittleEndian.Uint32(raw))
	case 8:
		return binary.LittleEndian.Uint64(raw)
	}
	return 0
}

func signed(p *property, raw []byte) Value {
	shift := 64 - 8*len(raw)
	n := int64(number(raw)<<shift) >> shift
	switch {
	case p.out == OutBoolean:
		return Value{Kind: Bool, Uint: uint64(min(1, max(n, -n)))}
	case p.in == InInt8 && p.out == OutString:
		return Value{Kind: Text, Text: narrowText(raw)}
	case isCode(p.out):
		return code(p.out, number(raw))
	}
	return Value{Kind: Int, Int: n}
}

func unsigned(p *property, raw []byte) Value {
	n := number(raw)
	switch {
	case p.in == InBoolean || p.out == OutBoolean:
		return Value{Kind: Bool, Uint: min(n, 1)}
	case isCode(p.out):
		return code(p.out, n)
	case p.out == OutString && p.in == InUint8:
		return Value{Kind: Text, Text: narrowText(raw)}
	case p.out == OutString && p.in == InUint16:
		return Value{Kind: Text, Text: wideText(raw)}
	case p.in == InPointer, p.in == InHex32, p.in == InHex64, p.out >= OutHexBinary && p.out <= OutHex64, p.out == OutCodePtr:
		return Value{Kind: Hex, Width: uint8(2 * len(raw)), Uint: n}
	}
	return Value{Kind: Uint, Uint: n}
}

func isCode(o OutType) bool { return o >= OutErrorCode && o <= OutHResult }

// code is an error code with its name.
func code(o OutType, n uint64) Value {
	v := Value{Kind: Hex, Width: 8, Uint: n}
	switch o {
	case OutNTStatus:
		v.Text = NTStatusName(uint32(n))
	case OutWin32Error:
		return Value{Kind: Uint, Uint: n, Text: win32Name(uint32(n))}
	}
	return v
}

func fileTime(n uint64) Value {
	t := etl.FileTime(n).Time()
	if n == 0 || n > math.MaxInt64 || t.Year() > 9999 {
		return Value{Kind: Hex, Width: 16, Uint: n}
	}
	return Value{Kind: Text, Text: t.Format("2006-01-02T15:04:05.0000000Z")}
}

func systemTime(raw []byte) Value {
	at := func(i int) uint16 { return binary.LittleEndian.Uint16(raw[2*i:]) }
	return Value{Kind: Text, Text: fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03d", at(0), at(1), at(3), at(4), at(5), at(6), at(7))}
}

func sidText(raw []byte) string {
	if len(raw) < 8 {
		return ""
	}
	var authority [8]byte
	copy(authority[2:], raw[2:8])
	var b strings.Builder
	fmt.Fprintf(&b, "S-%d-%d", raw[0], binary.BigEndian.Uint64(authority[:]))
	for rest := raw[8:]; len(rest) >= 4; rest = rest[4:] {
		b.WriteByte('-')
		b.WriteString(strconv.FormatUint(uint64(binary.LittleEndian.Uint32(rest)), 10))
	}
	return b.String()
}

// measured tells that another field says how long a property is, so that a NUL in it is
// part of it and no padding.
func (p *property) measured() bool { return p.length.of > 0 || p.count.of > 0 }

// wide is the text of a string or of an array of characters. Of one that is measured only
// the NUL that ends it is left out.
func (p *property) wide(raw []byte) string {
	if !p.measured() {
		return wideText(raw)
	}
	if n := len(raw); n >= 2 && raw[n-2] == 0 && raw[n-1] == 0 {
		raw = raw[:n-2]
	}
	return wholeWide(raw)
}

func (p *property) narrow(raw []byte) string {
	if !p.measured() {
		return narrowText(raw)
	}
	return wholeNarrow(bytes.TrimSuffix(raw, []byte{0}))
}

// wideText decodes UTF-16LE up to its first NUL.
func wideText(raw []byte) string {
	for i := 0; i+2 <= len(raw); i += 2 {
		if raw[i] == 0 && raw[i+1] == 0 {
			raw = raw[:i]
			break
		}
	}
	return wholeWide(raw)
}

// wholeWide decodes UTF-16LE; a lone half of a pair becomes U+FFFD.
func wholeWide(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}

// narrowText decodes bytes up to the first NUL.
func narrowText(raw []byte) string {
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	return wholeNarrow(raw)
}

// wholeNarrow decodes UTF-8, or else Windows-1252, which most machines have: the code
// page is not in the trace.
func wholeNarrow(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	runes := make([]rune, len(raw))
	for i, c := range raw {
		runes[i] = rune(c)
		if c >= 0x80 && c < 0xa0 {
			runes[i] = windows1252[c-0x80]
		}
	}
	return string(runes)
}

// windows1252 are the characters of the bytes 0x80 to 0x9F; those not assigned stay what
// they are, as Windows has them (MultiByteToWideChar).
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

// sockAddr reads a SOCKADDR: family u16 little-endian, port u16 big-endian, then
// the address: 4 bytes of IPv4, or flow u32, 16 bytes and scope u32 of IPv6.
func sockAddr(raw []byte) Value {
	if len(raw) < 4 {
		return Value{Kind: Bytes, Bytes: append([]byte{}, raw...)}
	}
	port := binary.BigEndian.Uint16(raw[2:])
	switch family := binary.LittleEndian.Uint16(raw); {
	case family == 2 && len(raw) >= 8:
		return Value{Kind: Text, Text: netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[4:8])), port).String()}
	case family == 23 && len(raw) >= 24:
		a := netip.AddrFrom16([16]byte(raw[8:24]))
		if len(raw) >= 28 {
			if scope := binary.LittleEndian.Uint32(raw[24:]); scope != 0 {
				a = a.WithZone(strconv.FormatUint(uint64(scope), 10))
			}
		}
		return Value{Kind: Text, Text: netip.AddrPortFrom(a, port).String()}
	default:
		return Value{Kind: Text, Text: fmt.Sprintf("family %d %x", family, raw[2:])}
	}
}
