package packets

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
)

// cursor reads packed little-endian fields. After the first read past the end
// bad is set and all reads give zero.
type cursor struct {
	b   []byte
	bad bool
}

// take gives the next n bytes, nil when they are not there.
func (c *cursor) take(n uint64) []byte {
	if c.bad || n > uint64(len(c.b)) {
		c.bad = true
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// text reads a UTF-16 string that ends with a zero. Of a long one only the
// beginning is kept; control characters are dropped, for it goes into a file
// that others show on a terminal.
func (c *cursor) text() string {
	var units []uint16
	for {
		u := c.u16()
		if c.bad || u == 0 {
			break
		}
		if len(units) < maxNameUnits {
			units = append(units, u)
		}
	}
	return printable(string(utf16.Decode(units)))
}

// skipText reads past a UTF-16 string that ends with a zero.
func (c *cursor) skipText() {
	for c.u16() != 0 {
		continue // bad gives zero
	}
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
