package etl

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Proves the decoder on the vectors of [MS-XCA] 3.1 and on streams made by hand,
// one for each form of a length and each way to end.
func TestXPRESSVectors(t *testing.T) {
	for _, tc := range []struct {
		name, src, want string
		size            int
		end             xpressResult
		used            int
	}{
		{
			"[MS-XCA] 3.1 alphabet",
			"3f000000 6162636465666768696a6b6c6d6e6f707172737475767778797a", "abcdefghijklmnopqrstuvwxyz", 26, xpressFull, 30,
		},
		{"[MS-XCA] 3.1 abc 100 times", "ffffff1f 616263 1700 0f ff 2601", strings.Repeat("abc", 100), 300, xpressFull, 13},
		{"length 3 of distance 1", "ffffff7f 61 0000", "aaaa", 4, xpressFull, 7},
		{"length 10 takes a nibble of 0", "ffffff7f 61 0700 00", strings.Repeat("a", 11), 11, xpressFull, 8},
		{
			"two long matches share one byte, low half first", "ffffff7f 61 0700 21 0700",
			"a" + strings.Repeat("a", 11+12), 24, xpressFull, 10,
		},
		{"length 25 takes a byte of 0", "ffffff7f 61 0700 0f 00", strings.Repeat("a", 26), 26, xpressFull, 9},
		{"length 279 by u16", "ffffff7f 61 0700 0f ff 1401", strings.Repeat("a", 280), 280, xpressFull, 11},
		{"length 25 by u16, the least", "ffffff7f 61 0700 0f ff 1600", strings.Repeat("a", 26), 26, xpressFull, 11},
		{"length 70003 by u32", "ffffff7f 61 0700 0f ff 0000 70110100", strings.Repeat("a", 70004), 70004, xpressFull, 15},
		{"32 literals", "00000000" + strings.Repeat("7a", 32), strings.Repeat("z", 32), 32, xpressFull, 36},
		{"nothing wanted", "", "", 0, xpressFull, 0},
		{"empty", "", "", 1, xpressShort, 0},
		{"cut flags", "0000", "", 1, xpressCut, 0},
		{"ends while flags remain", "00000000 6162", "ab", 3, xpressShort, 6},
		{"cut token", "ffffff7f 61 00", "a", 9, xpressCut, 5},
		{"cut nibble", "ffffff7f 61 0700", "a", 99, xpressCut, 5},
		{"cut byte", "ffffff7f 61 0700 0f", "a", 99, xpressCut, 5},
		{"cut u16", "ffffff7f 61 0700 0f ff 00", "a", 99, xpressCut, 5},
		{"cut u32", "ffffff7f 61 0700 0f ff 0000 0000", "a", 99, xpressCut, 5},
		{"before the start", "ffffff7f 61 0800", "a", 9, xpressDistance, 5},
		{"first symbol a match", "ffffffff 0000", "", 9, xpressDistance, 4},
		{"below the minimum", "ffffff7f 61 0700 0f ff 1500", "a", 99, xpressLength, 5},
		{"past the end", "ffffff7f 61 0000", "aaa", 3, xpressOverrun, 5},
		{"longest u32", "ffffff7f 61 0700 0f ff 0000 ffffffff", "aaa", 3, xpressOverrun, 5},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dst := make([]byte, tc.size)
			n, used, end := decompressXPRESS(dst, unhex(t, tc.src))
			if string(dst[:n]) != tc.want || used != tc.used || end != tc.end || end.String() == "" {
				t.Errorf("got %d bytes, used %d, %s; want %d, %d, %s", n, used, end, len(tc.want), tc.used, tc.end)
			}
		})
	}
}

func FuzzXPRESS(f *testing.F) {
	f.Add([]byte("\xff\xff\xff\x1fabc\x17\x00\x0f\xff\x26\x01"), uint16(300))
	f.Add(literals([]byte("some literals, more than thirty-two of them")), uint16(44))
	f.Fuzz(func(t *testing.T, src []byte, size uint16) {
		dst := bytes.Repeat([]byte{0xee}, int(size)+8)
		n, used, end := decompressXPRESS(dst[:size:size], src)
		if n < 0 || n > int(size) || used < 0 || used > len(src) || (end == xpressFull) != (n == int(size) && end != xpressOverrun) {
			t.Fatalf("n %d of %d, used %d of %d, %s", n, size, used, len(src), end)
		}
		for _, b := range dst[size:] {
			if b != 0xee {
				t.Fatal("written past the end")
			}
		}
		// What is there does not depend on how much more was asked for.
		part := make([]byte, n/2)
		if m, _, _ := decompressXPRESS(part, src); m != len(part) || !bytes.Equal(part, dst[:m]) {
			t.Fatal("a prefix decodes otherwise")
		}
	})
}

// The compressed buffers of a real trace, by their unpacked bytes.
func BenchmarkXPRESS(b *testing.B) {
	data, err := os.ReadFile("../../shared/samples/etl/real/perfview-mixed-32-64-xpress.etl")
	if err != nil {
		b.Skip("samples not present: nothing to measure")
	}
	r, err := NewReader(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		b.Fatal(err)
	}
	var unpacked int64
	for i := range r.index {
		if e := &r.index[i]; e.compressed() {
			unpacked += int64(e.end) - bufferHeaderSize
		}
	}
	dst := make([]byte, r.header.BufferSize)
	b.SetBytes(unpacked)
	b.ReportAllocs()
	for b.Loop() {
		for i := range r.index {
			e := &r.index[i]
			if !e.compressed() {
				continue
			}
			src := data[e.off+bufferHeaderSize : e.off+int64(e.size)]
			if _, _, end := decompressXPRESS(dst[:e.end-bufferHeaderSize], src); end != xpressFull {
				b.Fatal(end)
			}
		}
	}
}
