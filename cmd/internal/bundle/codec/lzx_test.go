package codec

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// frameOf is a frame of one uncompressed block, as the last or the only one of a folder.
func frameOf(data []byte, first bool, e8 uint32) []byte {
	var words []uint16
	var acc, n uint
	put := func(v, bits uint) {
		for i := bits; i > 0; i-- {
			acc = acc<<1 | v>>(i-1)&1
			if n++; n == 16 {
				words, acc, n = append(words, uint16(acc)), 0, 0
			}
		}
	}
	if first && e8 != 0 {
		put(1, 1)
		put(uint(e8>>16), 16)
		put(uint(e8&0xffff), 16)
	} else if first {
		put(0, 1)
	}
	put(lzxUncompressed, 3)
	put(uint(len(data)), 24)
	for put(0, 1); n > 0; {
		put(0, 1)
	}
	var out []byte
	for _, w := range words {
		out = binary.LittleEndian.AppendUint16(out, w)
	}
	for range 3 {
		out = binary.LittleEndian.AppendUint32(out, 1)
	}
	return append(out, data...)
}

// Calls are translated back from the second frame on as in the first, but not in the last
// ten bytes of a frame, and never without a size of the translation.
func TestLZXTranslatesCalls(t *testing.T) {
	const size = 12_000_000
	le := binary.LittleEndian
	frame := make([]byte, lzxFrame)
	put := func(at int, v int32) {
		frame[at] = 0xe8
		le.PutUint32(frame[at+1:], uint32(v))
	}
	put(100, 5000)        // absolute: 4,900 from here
	put(200, -50)         // before the start: relative to the end of the size
	put(300, size)        // behind the size: as it is
	put(lzxFrame-10, 777) // too near to the end
	for _, e8 := range []uint32{size, 0} {
		l, err := NewLZX(15)
		if err != nil {
			t.Fatal(err)
		}
		for n := range int32(2) {
			got, err := l.Frame(frameOf(frame, n == 0, e8), lzxFrame)
			if err != nil {
				t.Fatal(err)
			}
			want := bytes.Clone(frame)
			if base := n * lzxFrame; e8 != 0 {
				le.PutUint32(want[101:], uint32(5000-100-base))
				le.PutUint32(want[201:], uint32(-50+size))
			}
			if !bytes.Equal(got, want) {
				t.Errorf("frame %d, size %d: %x %x, want %x %x", n, e8, got[100:105], got[200:205], want[100:105], want[200:205])
			}
		}
	}
}

func TestLZXDamage(t *testing.T) {
	if _, err := NewLZX(22); err == nil {
		t.Error("a window of 2^22 is no error")
	}
	whole := frameOf([]byte("0123456789abcdef"), true, 0)
	for name, c := range map[string]struct {
		packed []byte
		size   int
	}{
		"nothing": {nil, 16}, "cut": {whole[:len(whole)-1], 16}, "cut in the head": {whole[:7], 16}, "longer than its block": {whole, 17}, "larger than a frame": {whole, lzxFrame + 1},
	} {
		l, _ := NewLZX(15)
		if _, err := l.Frame(c.packed, c.size); err == nil {
			t.Errorf("%s is no error", name)
		}
		if _, err := l.Frame(whole, 16); err == nil && c.size <= lzxFrame {
			t.Errorf("%s: what follows is no error", name)
		}
	}
	l, _ := NewLZX(15)
	if got, err := l.Frame(whole, 16); err != nil || string(got) != "0123456789abcdef" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := l.Frame(whole, 16); err == nil {
		t.Error("a frame behind a short one is no error")
	}
}

func FuzzLZX(f *testing.F) {
	f.Add(frameOf([]byte("0123456789abcdef"), true, 0), uint8(0))
	f.Fuzz(func(t *testing.T, packed []byte, bits uint8) {
		l, err := NewLZX(15 + int(bits%7))
		if err != nil {
			t.Fatal(err)
		}
		for len(packed) > 0 {
			n := min(len(packed), 600)
			out, err := l.Frame(packed[:n], lzxFrame)
			if err != nil {
				return
			}
			if len(out) != lzxFrame {
				t.Fatalf("%d bytes", len(out))
			}
			packed = packed[n:]
		}
	})
}
