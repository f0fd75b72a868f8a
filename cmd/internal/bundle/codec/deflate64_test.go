package codec

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// bitWriter packs bits as Deflate does, the first one lowest.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

func (w *bitWriter) put(v, n uint) {
	w.acc |= uint64(v) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}

// code puts a Huffman code, whose first bit is its highest.
func (w *bitWriter) code(v, n uint) {
	for i := n; i > 0; i-- {
		w.put(v>>(i-1)&1, 1)
	}
}

// literal puts a symbol of the fixed code (RFC 1951 3.2.6).
func (w *bitWriter) literal(s uint) {
	switch {
	case s < 144:
		w.code(0x30+s, 8)
	case s < 256:
		w.code(0x190+s-144, 9)
	case s < 280:
		w.code(s-256, 7)
	default:
		w.code(0xc0+s-280, 8)
	}
}

// match puts a match of any length that Deflate64 has.
func (w *bitWriter) match(length, back uint) {
	s := 28
	if length > 18 && length <= 258 || length < 18 {
		for s = 27; lengthBase[s] > length; s-- {
		}
	}
	w.literal(257 + uint(s))
	w.put(length-lengthBase[s], lengthExtra[s])
	far := uint(distances - 1)
	base := func(s uint) (from, extra uint) {
		if s < 4 {
			return 1 + s, 0
		}
		return 1 + (2+s&1)<<(s/2-1), s/2 - 1
	}
	for from, _ := base(far); from > back; from, _ = base(far) {
		far--
	}
	from, extra := base(far)
	w.code(far, 5)
	w.put(back-from, extra)
}

func (w *bitWriter) end() []byte {
	w.literal(endOfBlock)
	w.put(0, 7)
	return w.out
}

func unpack64(t *testing.T, packed []byte) ([]byte, error) {
	t.Helper()
	return io.ReadAll(NewDeflate64(bytes.NewReader(packed)))
}

// What Deflate64 has and Deflate has not: lengths up to 65,538 and distances up to 65,536.
func TestDeflate64Matches(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	w := &bitWriter{}
	w.put(1, 1)
	w.put(1, 2)
	var want []byte
	for len(want) < 200_000 {
		if len(want) < window64 || r.IntN(3) == 0 {
			b := byte(r.UintN(256))
			w.literal(uint(b))
			want = append(want, b)
			continue
		}
		length := uint([]int{3, 4, 17, 18, 19, 130, 226, 258, 259, 1000, 65538}[r.IntN(11)])
		back := uint([]int{1, 2, 5, 257, 32768, 32769, 49152, 49153, 65536}[r.IntN(9)])
		w.match(length, back)
		for range length {
			want = append(want, want[len(want)-int(back)])
		}
	}
	got, err := unpack64(t, w.end())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}

// A Deflate stream without matches of 258 bytes is a Deflate64 stream too: stored, fixed
// and dynamic blocks are read as the standard library reads them.
func TestDeflate64AsDeflate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("TCP 10.0.0.5:49152 192.0.2.7:443 ESTABLISHED 4242 BOUND UDP [::]:135 *:* leaky.exe")
	var text []byte
	for len(text) < 300_000 {
		text = append(text, words[r.IntN(len(words))]...)
		text = append(text, byte(32+r.IntN(90)), '\n')
	}
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(r.UintN(256))
	}
	for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression, flate.HuffmanOnly} {
		for name, want := range map[string][]byte{"text": text, "noise": noise, "short": []byte("abc"), "none": nil} {
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(want); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if got, err := unpack64(t, b.Bytes()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("level %d, %s: %d bytes of %d, %v", level, name, len(got), len(want), err)
			}
		}
	}
}

func TestDeflate64Damage(t *testing.T) {
	match := func(length, back uint) []byte {
		w := &bitWriter{}
		w.put(1, 1)
		w.put(1, 2)
		w.literal('a')
		w.match(length, back)
		return w.end()
	}
	for name, c := range map[string]struct {
		packed []byte
		want   error
	}{
		"match before the start":   {match(3, 2), errDeflate64},
		"block of type 3":          {[]byte{7}, errDeflate64},
		"length of a stored block": {[]byte{1, 5, 0, 5, 0}, errDeflate64},
		"ends in a stored block":   {[]byte{1, 5, 0, 250, 255, 'a'}, io.ErrUnexpectedEOF},
		"ends in a block":          {match(3, 1)[:2], io.ErrUnexpectedEOF},
		"nothing":                  {nil, io.ErrUnexpectedEOF},
	} {
		if _, err := unpack64(t, c.packed); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzDeflate64(f *testing.F) {
	w := &bitWriter{}
	w.put(1, 1)
	w.put(1, 2)
	for range 9 {
		w.literal('x')
	}
	w.match(400, 9)
	f.Add(w.end())
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, flate.BestCompression) // the level is one that there is
	_, _ = z.Write([]byte(strings.Repeat("ESTABLISHED 4242\n", 9)))
	_ = z.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, packed []byte) {
		got, err := io.ReadAll(io.LimitReader(NewDeflate64(bytes.NewReader(packed)), 1<<20))
		again, errAgain := io.ReadAll(io.LimitReader(NewDeflate64(&slow{bytes.NewReader(packed)}), 1<<20))
		if !bytes.Equal(got, again) || (err == nil) != (errAgain == nil) {
			t.Errorf("read in one piece %d bytes, %v; in many %d, %v", len(got), err, len(again), errAgain)
		}
	})
}

// slow gives a byte at a time.
type slow struct{ r io.Reader }

func (s *slow) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), 1)]) }
