package etlgen

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"portverdict/etl"
)

// The vectors are those of [MS-XCA] 3.1, and lengths on both sides of every
// form, encoded by hand.
func TestXPRESSVectors(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("a", n+1) } // a literal and a match of n
	for _, tc := range []struct{ name, src, want string }{
		{"empty", "", "ffffffff"},
		{"alphabet", "abcdefghijklmnopqrstuvwxyz", "3f000000 6162636465666768696a6b6c6d6e6f707172737475767778797a"},
		{"abc 100 times", strings.Repeat("abc", 100), "ffffff1f 616263 1700 0f ff 2601"},
		{"3", zeros(3), "ffffff7f 61 0000"},
		{"9", zeros(9), "ffffff7f 61 0600"},
		{"10", zeros(10), "ffffff7f 61 0700 00"},
		{"24", zeros(24), "ffffff7f 61 0700 0e"},
		{"25", zeros(25), "ffffff7f 61 0700 0f 00"},
		{"279", zeros(279), "ffffff7f 61 0700 0f fe"},
		{"280", zeros(280), "ffffff7f 61 0700 0f ff 1501"},
		{"65538", zeros(65538), "ffffff7f 61 0700 0f ff ffff"},
		{"65539", zeros(65539), "ffffff7f 61 0700 0f ff 0000 00000100"},
		{"two long matches share a byte", zeros(11) + "b" + strings.Repeat("b", 12), "ffffff5f 61 0700 21 62 0700"},
		{"32 symbols, then flags of none", "abcdefghijklmnopqrstuvwxyzABCDEF", "00000000" + hex.EncodeToString([]byte("abcdefghijklmnopqrstuvwxyzABCDEF")) + "ffffffff"},
	} {
		if got := hex.EncodeToString(compressXPRESS([]byte(tc.src))); got != strings.ReplaceAll(tc.want, " ", "") {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestXPRESSThroughReader: what the reader unpacks is what was packed, also at
// the largest distance, and real traces shrink.
func TestXPRESSThroughReader(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for size := 1; size < 60_000; size = size*3/2 + 1 {
		for _, alphabet := range []int{1, 2, 7, 256} {
			payload := make([]byte, size)
			for i := range payload {
				payload[i] = byte(random.IntN(alphabet))
			}
			if size > 2*window {
				copy(payload[window:], payload[:window])         // distance 8192
				copy(payload[2*window:], payload[window-1:][:9]) // and 8193, too far
			}
			trace := Trace{
				Header: etl.Header{
					BufferSize: 1 << 17, LogFileMode: modeCompressed, PointerSize: 8, Clock: 2, Compression: 3,
				},
				Buffers: []Buffer{{Type: typeHeader}, {Flags: flagProcessorIndex, Sequence: 1, Compress: true, Events: []Event{
					{Kind: etl.KindEvent, PointerSize: 8, ID: 1, Payload: payload},
				}}},
			}
			b, err := trace.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if got := secondPayload(t, b); got != string(payload) {
				t.Fatalf("%d bytes of %d values: %d come back", size, alphabet, len(got))
			}
			if alphabet == 1 && len(b) > 0x400+bufferHeaderSize+120 {
				t.Errorf("%d equal bytes take %d", size, len(b))
			}
		}
	}
}
