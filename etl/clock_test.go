package etl

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Proves the 100-ns times of events from the bytes of a file on, for each clock.
// The wanted values are worked out by hand in the comments.
func TestEventTimesByHand(t *testing.T) {
	const start = 133625243079225833 // 2024-06-10 20:18:27.9225833 UTC
	for _, tc := range []struct {
		name     string
		clock    uint32
		freq     int64
		mhz      uint32
		raw      int64
		want     FileTime
		wantText string
	}{
		{"QPC 10 MHz: a count is a unit", 1, 10_000_000, 0, testT0 + 7, start + 7, "2024-06-10T20:18:27.92258400Z"},
		// 1e7/2994853 = 3.34
		{"QPC 2.99 MHz, one count", 1, 2_994_853, 0, testT0 + 1, start + 3, "2024-06-10T20:18:27.92258360Z"},
		// 2994852e7/2994853 = 9999996.66
		{"QPC 2.99 MHz, a count below a second", 1, 2_994_853, 0, testT0 + 2_994_852, start + 9_999_996, "2024-06-10T20:18:28.92258290Z"},
		{"QPC 2.99 MHz, a second", 1, 2_994_853, 0, testT0 + 2_994_853, start + 10_000_000, "2024-06-10T20:18:28.92258330Z"},
		{"QPC 2.99 MHz, an hour and a count", 1, 2_994_853, 0, testT0 + 3600*2_994_853 + 1, start + 36_000_000_003, "2024-06-10T21:18:27.92258360Z"},
		// 3117777 * 309371 = 964549788267, and 96455e7 is 211733 more
		{"QPC 3.12 MHz", 1, 3_117_777, 0, testT0 + 96_455, start + 309_371, "2024-06-10T20:18:27.95352040Z"},
		{"QPC, before the start", 1, 2_994_853, 0, testT0 - 1, start - 3, "2024-06-10T20:18:27.92258300Z"},
		{"system time: the count is the time", 2, 10_000_000, 0, 134105812840364514, 134105812840364514, "2025-12-19T01:28:04.03645140Z"},
		{"system time ignores the frequency", 2, 3, 1, 134105812840364514, 134105812840364514, "2025-12-19T01:28:04.03645140Z"},
		// 199*10/1992 = 0.99 and 200*10/1992 = 1.004
		{"cycles 1992 MHz, below a unit", 3, 10_000_000, 1992, testT0 + 199, start, "2024-06-10T20:18:27.92258330Z"},
		{"cycles 1992 MHz, a unit", 3, 10_000_000, 1992, testT0 + 200, start + 1, "2024-06-10T20:18:27.92258340Z"},
		{"cycles 1992 MHz, a minute", 3, 10_000_000, 1992, testT0 + 60*1_992_000_000, start + 600_000_000, "2024-06-10T20:19:27.92258330Z"},
	} {
		for _, compress := range []bool{false, true} {
			mode := uint32(1)
			if compress {
				mode |= modeCompressed | modeRelogged
			}
			data := traceBytes(mode, testBuffer{seq: 1, compress: compress, events: eventBytes(9, tc.raw, "x")})
			put(data, logHeaderAt+0x34, tc.mhz)
			put(data, logHeaderAt+0xf8+8, tc.freq)
			put(data, logHeaderAt+0xf8+16, int64(start))
			put(data, logHeaderAt+0xf8+24, tc.clock)
			r := openBytes(t, data, nil)
			found := false
			for e, err := range r.Events() {
				if err != nil {
					t.Errorf("%s: %v", tc.name, err)
				}
				if e.ID != 9 {
					continue
				}
				found = true
				text := e.Time.Time().Format("2006-01-02T15:04:05.00000000Z07:00")
				if e.Time != tc.want || e.RawTime != tc.raw || text != tc.wantText {
					t.Errorf("%s: %d (%s), want %d (%s)", tc.name, e.Time, text, tc.want, tc.wantText)
				}
			}
			if s := r.Stats(); !found || s.First != tc.want || s.Last != tc.want {
				t.Errorf("%s: found %v, first %d, last %d", tc.name, found, s.First, s.Last)
			}
		}
	}
}

// Proves the conversion to UTC at its edges; the middle is proved above.
func TestFileTimeToUTC(t *testing.T) {
	for _, tc := range []struct {
		in   FileTime
		want time.Time
	}{
		{0, time.Time{}},
		{1, time.Date(1601, 1, 1, 0, 0, 0, 100, time.UTC)},
		{116444735999999999, time.Date(1969, 12, 31, 23, 59, 59, 999999900, time.UTC)},
		{116444736000000000, time.Unix(0, 0).UTC()},
		{116444736000000001, time.Unix(0, 100).UTC()},
		// 2^63-1 units: 922337203685 s after 1601-01-01 and 0.4775807 s
		{math.MaxInt64, time.Unix(922337203685-11644473600, 477580700).UTC()},
	} {
		if got := tc.in.Time(); !got.Equal(tc.want) || got.Location() != time.UTC {
			t.Errorf("%d: %v, want %v", tc.in, got, tc.want)
		}
	}
}

// A packet is what Windows' own conversion of a pktmon trace says of one event.
type packet struct {
	Micros int64 // since 1970
	Bytes  string
}

// Proves time and payload against Windows: every packet of the pcapng file that
// Windows made of this trace is an event of the same microsecond and bytes.
func TestTimesAgreeWithWindows(t *testing.T) {
	dir := filepath.Join(samplesDir(t), "etl")
	want := pcapngPackets(t, readSample(t, filepath.Join(dir, "expected", "pktmon-ws2022-xpress.windows.pcapng")))
	if len(want) != 114 {
		t.Fatalf("%d packets in the pcapng", len(want))
	}
	const packetEvent, packetAt = 160, 34 // of the provider's payload
	pktmon := GUID{0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d, 0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac}
	at := map[packet]int{}
	r := openBytes(t, readSample(t, filepath.Join(dir, "real", "pktmon-ws2022-xpress.etl")), &Options{Providers: []GUID{pktmon}})
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.ID == packetEvent && len(e.Payload) > packetAt {
			at[packet{int64(e.Time)/10 - 11644473600000000, string(e.Payload[packetAt:])}]++
		}
	}
	var missing []packet
	for _, p := range want {
		if at[p]--; at[p] < 0 {
			missing = append(missing, p)
		}
	}
	if d := cmp.Diff([]packet(nil), missing); d != "" {
		t.Errorf("%d of %d packets have no event: %s", len(missing), len(want), d)
	}
}

// pcapngPackets reads the enhanced packet blocks of a little-endian pcapng file
// whose stamps are microseconds.
func pcapngPackets(t *testing.T, b []byte) (all []packet) {
	t.Helper()
	le := binary.LittleEndian
	for len(b) >= 12 {
		kind, size := le.Uint32(b), le.Uint32(b[4:])
		if int64(size) > int64(len(b)) || size < 12 {
			t.Fatalf("pcapng block of %d bytes", size)
		}
		if kind == 6 {
			micros := int64(le.Uint32(b[12:]))<<32 | int64(le.Uint32(b[16:]))
			all = append(all, packet{micros, string(bytes.Clone(b[28 : 28+le.Uint32(b[20:])]))})
		}
		b = b[size:]
	}
	return all
}
