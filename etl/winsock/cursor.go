package winsock

import "encoding/binary"

// cursor reads packed little-endian fields. The first read past the end, or
// the first pointer of an impossible size, sets problem; reads then give zero.
type cursor struct {
	b       []byte
	off     int
	pointer int // 4 or 8
	need    int // bytes that the failed read asked for, from the start
	problem string
}

// take gives the next n bytes, nil when they are not there.
func (c *cursor) take(n int) []byte {
	if c.problem != "" {
		return nil
	}
	if n < 0 || n > len(c.b)-c.off {
		c.problem, c.need = CodePayload, c.off+max(n, 0)
		return nil
	}
	b := c.b[c.off : c.off+n]
	c.off += n
	return b
}

func (c *cursor) u16() uint16 {
	b := c.take(2)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint16(b)
}

func (c *cursor) u32() uint32 {
	b := c.take(4)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

func (c *cursor) ptr() uint64 {
	switch {
	case c.problem != "":
		return 0
	case c.pointer == 4:
		return uint64(c.u32())
	case c.pointer == 8:
		b := c.take(8)
		if b == nil {
			return 0
		}
		return binary.LittleEndian.Uint64(b)
	}
	c.problem = CodePointerSize
	return 0
}

// rest gives what is left, at most n bytes. It never fails.
func (c *cursor) rest(n uint32) []byte {
	if c.problem != "" {
		return nil
	}
	return c.take(int(min(uint64(n), uint64(len(c.b)-c.off))))
}

// sized gives exactly n bytes.
func (c *cursor) sized(n uint32) []byte {
	// On a 32-bit build a length above 2 GiB must not become negative.
	if uint64(n) > uint64(len(c.b)) {
		c.take(len(c.b) + 1)
		return nil
	}
	return c.take(int(n))
}

// fail sets problem unless an earlier one stands.
func (c *cursor) fail(code string) {
	if c.problem == "" {
		c.problem = code
	}
}
