package redact

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// known are the addresses that a text named: numbers that could be anything are taken
// for one of these where they are the same.
type known struct {
	four map[[4]byte]bool
	mac  map[[6]byte]bool
}

// codes are the first bytes of addresses whose number is a status or an error code,
// 0xC0000209 or 0x80070005: these are never taken for the address.
func (k *known) learnFour(a netip.Addr) {
	b := a.As4()
	high, low := b[0], b[1]
	if _, class := classify(a); single[class] || (high == 0xC0 || high == 0x80) && (low == 0 || low == 7) || high == 0 {
		return
	}
	k.four[b] = true
}

// learnNumber learns an address that a text names in a way that can be nothing else.
func (r *Redactor) learnNumber(s span) {
	if s.kind == MAC {
		if raw, err := hex.DecodeString(strings.ReplaceAll(s.value, "-", "")); err == nil && len(raw) == 6 && !slices.Equal(raw, make([]byte, 6)) {
			r.known.mac[[6]byte(raw)] = true
		}
		return
	}
	if a, err := netip.ParseAddr(s.value); err == nil && a.Unmap().Is4() {
		r.known.learnFour(a.Unmap())
	}
}

// number gives the address that a number is, of the known ones: high byte first, as
// people write it, or low byte first, as Windows keeps it.
func (k *known) number(v uint64) (netip.Addr, bool) {
	if v > 0xFFFFFFFF || v < 1<<16 || len(k.four) == 0 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		order.PutUint32(b[:], uint32(v))
		if k.four[b] {
			return netip.AddrFrom4(b), true
		}
	}
	return netip.Addr{}, false
}

// addresses finds what is made of digits: IP addresses, whole, for a part of a time or
// a version is none; MAC addresses; hashes and other long numbers.
func (f *finder) addresses() {
	line := f.line
	if nearColons(line) {
		f.sixes()
	}
	for i := 0; i < len(line); {
		*f.r.work++
		c := line[i]
		if !isHex(c) || i > 0 && plain(line[i-1]) {
			i++
			continue
		}
		i = max(f.numberAt(i), i+1)
	}
}

// numberAt takes what begins with a digit at a place, and gives where it ends; the
// place itself when there is nothing.
func (f *finder) numberAt(at int) int {
	line := f.line
	if digit(line[at]) {
		if end := f.four(at); end > at {
			return end
		}
	}
	end := at
	for end < len(line) && isHex(line[end]) {
		end++
	}
	*f.r.work += end - at
	n := end - at
	whole := end == len(line) || !plain(line[end])
	switch {
	case !whole && n == 1 && line[at] == '0' && (line[end] == 'x' || line[end] == 'X'):
		return f.hexNumber(at)
	case !whole:
		return end
	case n <= 2 && end < len(line) && strings.IndexByte("-: ", line[end]) >= 0:
		return f.pairs(at, end)
	case n == 4 && end < len(line) && line[end] == '.':
		return f.cisco(at, end)
	case n == 12 && len(f.r.known.mac) > 0:
		f.bareMAC(at, end)
	case n == 8:
		f.number(at, at, end, 16)
	case n >= longNumber:
		f.add(at, end, Hash, hashClass, line[at:end], false)
		return end
	}
	if n >= 8 && n <= 10 {
		f.number(at, at, end, 10)
	}
	return end
}

// longNumber is how many hexadecimal digits are a hash, or bytes that may hold anything.
const longNumber = 32

// number takes the number between digits and end, if it is a known address.
func (f *finder) number(from, digits, end, base int) {
	if v, err := strconv.ParseUint(f.line[digits:end], base, 64); err == nil {
		if a, ok := f.r.known.number(v); ok {
			f.address(from, end, a)
		}
	}
}

// hexNumber takes 0x0A000005; dotted hexadecimal was taken before.
func (f *finder) hexNumber(at int) int {
	end := at + 2
	for end < len(f.line) && isHex(f.line[end]) {
		end++
	}
	switch n := end - at - 2; {
	case end < len(f.line) && plain(f.line[end]):
	case n >= longNumber:
		f.add(at+2, end, Hash, hashClass, f.line[at+2:end], false)
	case n >= 7 && n <= 8:
		f.number(at, at+2, end, 16)
	}
	return end
}

func (f *finder) address(from, to int, a netip.Addr) {
	kind, class := classify(a)
	f.add(from, to, kind, class, a.WithZone("").String(), true)
}

// four takes an IPv4 address in four parts: decimal, padded with zeros, octal or
// hexadecimal, between dots; between other signs when it is known or its host is named
// after it (ip-10-0-0-5).
func (f *finder) four(at int) int {
	line := f.line
	var b [4]byte
	octal := false
	i, sep := at, byte(0)
	for n := range 4 {
		if n > 0 {
			if i >= len(line) || n > 1 && line[i] != sep || strings.IndexByte(".-_", line[i]) < 0 {
				return at
			}
			sep = line[i]
			i++
		}
		v, end, eight, ok := quarter(line, i)
		*f.r.work += end - i + 1
		if !ok {
			return at
		}
		octal = octal || eight
		b[n], i = v, end
	}
	if octal {
		b = eights(line[at:i], sep, b)
	}
	before := at > 0 && (plain(line[at-1]) || line[at-1] == sep && at > 1 && digit(line[at-2]))
	after := i < len(line) && (digit(line[i]) || sep != '.' && plain(line[i]) || line[i] == sep && i+1 < len(line) && digit(line[i+1]))
	a := netip.AddrFrom4(b)
	switch {
	case before || after:
		return at
	case sep == '.' || f.r.known.four[b] || sep == '-' && namedAfter(line, at):
		if back, ok := strings.CutPrefix(line[i:], ".in-addr.arpa"); ok && !plain0(back) {
			slices.Reverse(b[:])
			a = netip.AddrFrom4(b)
		}
		f.address(at, i, a)
		return i
	}
	return at
}

func plain0(text string) bool { return text != "" && plain(text[0]) }

// quarter reads one of the four: its value, its end, and whether it can be octal only.
func quarter(line string, at int) (v byte, end int, octal, ok bool) {
	end = at
	base := 10
	if strings.HasPrefix(line[at:], "0x") || strings.HasPrefix(line[at:], "0X") {
		end, base = at+2, 16
	}
	from := end
	for end < len(line) && end-from < 5 && (digit(line[end]) || base == 16 && isHex(line[end])) {
		end++
	}
	n, err := strconv.ParseUint(line[from:end], base, 16)
	if err != nil || base == 16 && n > 255 || end-from > 4 {
		return 0, end, false, false
	}
	if base == 10 && (end-from == 4 || n > 255) {
		if n, err = strconv.ParseUint(line[from:end], 8, 8); err != nil || line[from] != '0' {
			return 0, end, false, false
		}
		return byte(n), end, true, true
	}
	return byte(n), end, false, true
}

// eights reads parts as octal, where one of them can be nothing else.
func eights(text string, sep byte, b [4]byte) [4]byte {
	for i, p := range strings.Split(text, string(sep)) {
		if v, err := strconv.ParseUint(p, 8, 8); err == nil && strings.HasPrefix(p, "0") {
			b[i] = byte(v)
		}
	}
	return b
}

// namedAfter tells that a word and a hyphen stand before an address: ip-10-0-0-5.
func namedAfter(line string, at int) bool {
	if at < 3 || line[at-1] != '-' {
		return false
	}
	word := at - 1
	for word > 0 && at-word < 16 && plain(line[word-1]) {
		word--
	}
	return word < at-1 && !digit(line[at-2]) || strings.HasPrefix(line[word:], "ec2-")
}

// pairs takes MAC addresses, whose bytes stand apart, and longer rows of bytes that end
// in one (DUIDs).
func (f *finder) pairs(at, end int) int {
	line := f.line
	sep := line[end]
	if at > 0 && line[at-1] == sep && sep != ' ' {
		return end
	}
	var raw []byte
	i, padded := at, true
	for {
		next := i
		for next < len(line) && next-i < 3 && isHex(line[next]) {
			next++
		}
		if next == i || next-i > 2 || next < len(line) && plain(line[next]) {
			break
		}
		v, err := strconv.ParseUint(line[i:next], 16, 8)
		if err != nil {
			break
		}
		padded = padded && next-i == 2
		raw, end, i = append(raw, byte(v)), next, next+1
		if next >= len(line) || line[next] != sep || sep == ' ' && len(raw) == 6 {
			break
		}
	}
	*f.r.work += end - at
	cut := sep != ' ' && end < len(line) && line[end] == sep // it goes on with something else
	switch {
	case sep == ' ':
		return f.spaced(at, end, raw)
	case cut || len(raw) < 6 || len(raw) > 6 && len(raw) < 10 || !padded && sep == '-':
	case len(raw) == 6:
		f.add(at, end, MAC, "mac", dashed(raw), true)
	default:
		f.add(at, end, MAC, "mac", hex.EncodeToString(raw), false)
	}
	return end
}

// spaced takes a known MAC among bytes in a row.
func (f *finder) spaced(at, end int, raw []byte) int {
	if len(f.r.known.mac) > 0 && len(raw) >= 6 && f.r.known.mac[[6]byte(raw[:6])] && end-at >= 17 {
		f.add(at, at+17, MAC, "mac", dashed(raw[:6]), false)
		return at + 17
	}
	return at + 2
}

// cisco takes 0015.5d01.020a.
func (f *finder) cisco(at, end int) int {
	line := f.line
	to := at + 14
	if to > len(line) || line[at+9] != '.' || to < len(line) && (plain(line[to]) || line[to] == '.' && plain0(line[to+1:])) || at > 0 && line[at-1] == '.' {
		return end
	}
	raw, err := hex.DecodeString(line[at:at+4] + line[at+5:at+9] + line[at+10:to])
	if err != nil {
		return end
	}
	f.add(at, to, MAC, "mac", dashed(raw), true)
	return to
}

func (f *finder) bareMAC(at, end int) {
	if raw, err := hex.DecodeString(f.line[at:end]); err == nil && f.r.known.mac[[6]byte(raw)] {
		f.add(at, end, MAC, "mac", dashed(raw), false)
	}
}

// dashed is how the value of a MAC's token is written.
func dashed(raw []byte) string {
	var b strings.Builder
	for i, c := range raw {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

func isHex(c byte) bool { return digit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
