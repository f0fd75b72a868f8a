package etl

import (
	"encoding/binary"
	"unicode/utf16"
)

// The small writer of the tests: enough of an .etl to put one thing wrong at a
// time. It shares no code with the reader.

const (
	testT0    = 5_000_000
	testStart = 0x01db_9100_0000_0000
	testFreq  = 10_000_000
	testSize  = 0x800
)

var testProvider = GUID{0x23, 0x68, 0x3c, 0xe5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}

type testBuffer struct {
	cpu, flags uint16
	seq        int64
	events     []byte
	compress   bool
}

func put(b []byte, at int, v any) {
	if _, err := binary.Encode(b[at:], binary.LittleEndian, v); err != nil {
		panic(err)
	}
}

func align8(b []byte) []byte {
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

func eventBytes(id uint16, time int64, payload string) []byte {
	b := append(make([]byte, 0x50), payload...)
	put(b, 0, uint16(len(b)))
	b[2], b[3] = 0x13, 0xc0
	put(b, 0x08, uint32(77))
	put(b, 0x0c, uint32(4242))
	put(b, 0x10, time)
	copy(b[0x18:], testProvider[:])
	put(b, 0x28, id)
	b[0x2a], b[0x2b], b[0x2c], b[0x2d] = 1, 16, 4, 12
	put(b, 0x2e, id)
	put(b, 0x30, uint64(0x8000000000000004))
	return align8(b)
}

func headerEvent(mode, buffers uint32) []byte {
	b := make([]byte, 0x20+0x118)
	b[0], b[2], b[3] = 2, 2, 0xc0
	put(b, 0x10, int64(testT0))
	h := b[0x20:]
	put(h, 0, uint32(testSize))
	copy(h[4:], []byte{10, 0, 1, 5})
	put(h, 0x08, uint32(26100))
	put(h, 0x0c, uint32(2))
	put(h, 0x10, int64(testStart+1000))
	put(h, 0x20, mode)
	put(h, 0x24, buffers)
	put(h, 0x28, uint32(1))
	put(h, 0x2c, uint32(8))
	put(h, 0x48, int32(-60))
	put(h, 0xf8+8, int64(testFreq))
	put(h, 0xf8+16, int64(testStart))
	put(h, 0xf8+24, uint32(1))
	for _, name := range []string{"logger", "file.etl"} {
		for _, u := range append(utf16.Encode([]rune(name)), 0) {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
	}
	put(b, 4, uint16(len(b)))
	return align8(b)
}

// literals is the simplest plain LZ77 stream of b.
func literals(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		n := min(32, len(b))
		out = append(append(out, 0, 0, 0, 0), b[:n]...)
		b = b[n:]
	}
	return out
}

func traceBytes(mode uint32, bufs ...testBuffer) []byte {
	var out []byte
	first := testBuffer{events: headerEvent(mode, uint32(len(bufs)+1))}
	for i, tb := range append([]testBuffer{first}, bufs...) {
		b := append(make([]byte, 0x48), tb.events...)
		put(b, 0x04, uint32(len(b)))
		put(b, 0x30, uint32(len(b)))
		put(b, 0x18, tb.seq)
		put(b, 0x28, tb.cpu)
		put(b, 0x2c, uint32(3))
		flags := tb.flags | 0x20
		if tb.compress {
			b = append(b[:0x48:0x48], literals(tb.events)...)
			flags |= 0x40
		} else {
			size := testSize
			if mode&modeCompressed != 0 {
				size = 0x400
			}
			for len(b) < size {
				b = append(b, 0xff)
			}
		}
		put(b, 0x34, flags)
		if i == 0 {
			put(b, 0x36, uint16(4))
		}
		put(b, 0, uint32(len(b)))
		out = append(out, b...)
	}
	return out
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// plainTrace has two processors whose events take turns.
func plainTrace() []byte {
	return traceBytes(1,
		testBuffer{cpu: 1, seq: 1, events: join(eventBytes(1, testT0+10, "a"), eventBytes(3, testT0+30, "ccc"))},
		testBuffer{cpu: 0, seq: 2, events: join(eventBytes(2, testT0+20, "bb"), eventBytes(4, testT0+40, "dddddddd"))})
}

func packedTrace() []byte {
	return traceBytes(1|modeRelogged|modeCompressed,
		testBuffer{cpu: 1, seq: 1, compress: true, events: join(eventBytes(1, testT0+10, "a"), eventBytes(3, testT0+30, "ccc"))},
		testBuffer{cpu: 0, seq: 2, compress: true, events: join(eventBytes(2, testT0+20, "bb"), eventBytes(4, testT0+40, "dddddddd"))})
}
