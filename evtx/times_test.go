package evtx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// framesOf are the records of the first chunk of a log.
func framesOf(d []byte) (out []frame) {
	c := d[fileHeaderSize:]
	for at := chunkHeaderSize; ; {
		f, ok := frameAt(c, at)
		if !ok {
			return out
		}
		out = append(out, f)
		at += f.size
	}
}

// setHeader writes the time of a record's header.
func setHeader(d []byte, f frame, t uint64) {
	binary.LittleEndian.PutUint64(d[fileHeaderSize+f.offset+16:], t)
}

// setCreated writes TimeCreated of a record, whose header has the same time still.
func setCreated(t *testing.T, d []byte, f frame, to uint64) {
	t.Helper()
	b := d[fileHeaderSize+f.offset:][:f.size]
	i := bytes.Index(b[recordHeader:], b[16:24])
	if i < 0 {
		t.Fatal("TimeCreated is not that of the header")
	}
	binary.LittleEndian.PutUint64(b[recordHeader+i:], to)
}

// Whatever stands in the record headers, the records and the time they speak for are
// those of TimeCreated.
func TestHeaderTimesDoNotCount(t *testing.T) {
	whole := readLog(t, composed(t), nil)
	for name, c := range map[string]struct {
		header func(frames []frame, i int) uint64
		told   int
	}{
		"an export": {func(frames []frame, i int) uint64 {
			if i+1 < len(frames) {
				return frames[i+1].written
			}
			return 0
		}, 1},
		"none":        {func([]frame, int) uint64 { return 0 }, 1},
		"days off":    {func(f []frame, i int) uint64 { return f[i].written - 20*24*36000000000 }, 0},
		"later":       {func(f []frame, i int) uint64 { return f[i].written + 300000000 }, 0},
		"before 1970": {func([]frame, int) uint64 { return earliest - 1 }, 1},
		"after 2100":  {func([]frame, int) uint64 { return latest }, 1},
		"year 30828":  {func([]frame, int) uint64 { return 0x7fffffffffffffff }, 1},
		"the highest": {func([]frame, int) uint64 { return ^uint64(0) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := composed(t)
			frames := framesOf(d)
			for i, f := range frames {
				setHeader(d, f, c.header(frames, i))
			}
			seal(d)
			got := readLog(t, d, nil)
			if len(got.codes) != c.told || got.codes[CodeHeaderTime] != c.told {
				t.Errorf("told %v", got.codes)
			}
			if !got.stats.First.Equal(whole.stats.First) || !got.stats.Last.Equal(whole.stats.Last) {
				t.Errorf("%v to %v", got.stats.First, got.stats.Last)
			}
			for i := range whole.records {
				if r := got.records[i]; !r.Time.Equal(whole.records[i].Time) || c.told > 0 && i == len(frames)-1 && !r.Written.IsZero() {
					t.Fatalf("record %d: created %v, written %v", i, r.Time, r.Written)
				}
			}
			// From is compared with TimeCreated.
			for _, i := range []int{0, 1, 80, 157} {
				got := readLog(t, d, &Options{From: whole.records[i].Time})
				if len(got.records) != len(whole.records)-i {
					t.Errorf("from record %d: %d records", i, len(got.records))
				}
			}
			o := wantedOnly
			o.From = whole.records[0].Time
			if got := readLog(t, d, &o); len(got.records) != 8 {
				t.Errorf("%d wanted records", len(got.records))
			}
		})
	}
}

// A clock that was set back is told once, and the time the log speaks for reaches over
// both stretches. Records a little out of order are not worth a word.
func TestTimeGoesBack(t *testing.T) {
	for _, c := range []struct {
		back time.Duration
		told int
	}{{time.Second, 0}, {maxTimeBack, 0}, {maxTimeBack + time.Hour, 1}, {30 * 24 * time.Hour, 1}} {
		d := composed(t)
		frames := framesOf(d)
		for i := range frames {
			f := frames[i]
			to := ticks(someTime) + uint64(i)*10000000
			if i >= 50 {
				to = ticks(someTime) + uint64(i-1)*10000000 - uint64(c.back/100)
			}
			setCreated(t, d, f, to)
			setHeader(d, f, ticks(someTime))
		}
		res := readLog(t, seal(d), nil)
		if len(res.codes) != c.told || res.codes[CodeTimeBack] != c.told {
			t.Errorf("%v: told %v", c.back, res.codes)
		}
		last := slices.MaxFunc(res.records, func(a, b Record) int { return a.Time.Compare(b.Time) })
		first := slices.MinFunc(res.records, func(a, b Record) int { return a.Time.Compare(b.Time) })
		if !res.stats.First.Equal(first.Time) || !res.stats.Last.Equal(last.Time) {
			t.Errorf("%v: %v to %v, want %v to %v", c.back, res.stats.First, res.stats.Last, first.Time, last.Time)
		}
		// The same without any record that is decoded.
		if s := readLog(t, d, &Options{Providers: []string{"nobody"}}).stats; !s.First.Equal(first.Time) || !s.Last.Equal(last.Time) {
			t.Errorf("%v, nothing wanted: %v to %v", c.back, s.First, s.Last)
		}
	}
}

// Chunks are compared in the order of their numbers, so that a log that went round
// does not go back.
func TestTimeGoesBackBetweenChunks(t *testing.T) {
	chunk := func(number uint64, hours int) []byte {
		d := composed(t)
		for i, f := range framesOf(d) {
			setCreated(t, d, f, ticks(someTime.Add(time.Duration(hours)*time.Hour)))
			setHeader(d, f, ticks(someTime))
			binary.LittleEndian.PutUint64(d[fileHeaderSize+f.offset+8:], number+uint64(i))
		}
		return seal(d)[fileHeaderSize:]
	}
	head := composed(t)[:fileHeaderSize]
	size := int64(framesOf(composed(t))[0].size)
	for _, c := range []struct {
		name   string
		chunks [][]byte
		told   int
		at     int64 // the chunk
	}{
		{"in order", [][]byte{chunk(1, 0), chunk(159, 5)}, 0, 0},
		{"with a gap", [][]byte{chunk(1, 0), chunk(160, 5)}, 0, 0},
		{"went round", [][]byte{chunk(159, 5), chunk(1, 0)}, 0, 0},
		{"set back", [][]byte{chunk(1, 5), chunk(159, 0), chunk(317, 1)}, 1, 1},
		{"set back and went round", [][]byte{chunk(317, 1), chunk(1, 5), chunk(159, 0)}, 1, 2},
	} {
		for _, workers := range []int{1, 3} {
			d := slices.Concat(append([][]byte{head}, c.chunks...)...)
			res := readLog(t, d, &Options{Workers: workers})
			if res.codes[CodeTimeBack] != c.told || len(res.codes) != c.told {
				t.Errorf("%s: %v", c.name, res.codes)
			}
			if gap := c.name == "with a gap"; res.stats.Gaps > 0 != gap || res.stats.Gaps > 1 || res.stats.Wrapped != strings.Contains(c.name, "round") {
				t.Errorf("%s: %+v", c.name, res.stats)
			}
			if want := [2]int64{fileHeaderSize + c.at*chunkSize + chunkHeaderSize, size}; c.told > 0 && res.places[CodeTimeBack] != want {
				t.Errorf("%s: told at %v, want %v", c.name, res.places[CodeTimeBack], want)
			}
		}
	}
}

// A time that no event can have is none; the record is given without it.
func TestCreatedThatIsNoTime(t *testing.T) {
	for _, to := range []uint64{0, earliest - 1, latest, 0x7fffffffffffffff, ^uint64(0)} {
		d := composed(t)
		frames := framesOf(d)
		want := readLog(t, d, nil).records[156].Time
		setCreated(t, d, frames[157], to)
		res := readLog(t, seal(d), nil)
		if len(res.records) != 158 || !res.records[157].Time.IsZero() || !res.stats.Last.Equal(want) {
			t.Errorf("%#x: %d records, %v, last %v", to, len(res.records), res.records[157].Time, res.stats.Last)
		}
		if got := readLog(t, d, &Options{From: want}); len(got.records) != 2 {
			t.Errorf("%#x: %d records from the last but one on", to, len(got.records))
		}
	}
}

// A time is given in UTC, whatever type of value says it, if an event can have it.
func TestTypesOfTimes(t *testing.T) {
	const none = "0001-01-01T00:00:00Z"
	day := []byte{0xe9, 7, 3, 0, 6, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0}
	for _, c := range []struct {
		kind byte
		raw  []byte
		text string
		want string
	}{
		{kindString, nil, " 2025-03-01T10:00:00.1234567+01:00\n", "2025-03-01T09:00:00.1234567Z"},
		{kindString, nil, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{kindString, nil, "1970-01-01T00:30:00+01:00", none},
		{kindString, nil, "2099-12-31T23:59:59Z", "2099-12-31T23:59:59Z"},
		{kindString, nil, "2100-01-01T00:00:00Z", none},
		{kindString, nil, "1 March", none},
		{kindString, utf16le("2025-03-01T10:00:00Z"), "", "2025-03-01T10:00:00Z"},
		{kindFileTime, u64(ticks(someTime)), "", "2025-03-01T09:00:00.1234567Z"},
		{kindFileTime, u64(ticks(someTime))[:4], "", none},
		{kindFileTime, u64(earliest), "", "1970-01-01T00:00:00Z"},
		{kindFileTime, u64(latest), "", none},
		{kindUint64, u64(ticks(someTime)), "", none},
		{kindSystemTime, day, "", "2025-03-01T09:00:00Z"},
		{kindSystemTime, day[:15], "", none},
	} {
		var r Record
		d := newDecoder(&filter{})
		d.record = &r
		d.timeCreated(c.kind, c.raw, c.text)
		if got := r.Time.Format(time.RFC3339Nano); got != c.want {
			t.Errorf("type %d, %x %q: %s, want %s", c.kind, c.raw, c.text, got, c.want)
		}
	}
}

func TestFound(t *testing.T) {
	var all found
	all.join(found{place: place{500, 1}, count: 2, number: 9})
	all.join(found{place: place{100, 1}, count: 1, number: 3, ticks: 36000000000})
	all.join(found{})
	if all.count != 3 || all.number != 3 || all.offset != 100 || all.back() != "1h0m0s" {
		t.Errorf("%+v", all)
	}
	for ticks, want := range map[uint64]string{3 * 24 * 36000000000: "3 days", 48 * 36000000000: "2 days", 48*36000000000 - 10000000: "47h59m59s", ^uint64(0): "53375 days"} {
		if got := (&found{ticks: ticks}).back(); got != want {
			t.Errorf("%d: %s, want %s", ticks, got, want)
		}
	}
}

func TestFileTime(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "1601-01-01T00:00:00Z", earliest: "1970-01-01T00:00:00Z", latest: "2100-01-01T00:00:00Z", earliest - 1: "1969-12-31T23:59:59.9999999Z",
		133500000001234567: "2024-01-17T21:20:00.1234567Z", 0x7fffffffffffffff: "30828-09-14T02:48:05.4775807Z",
	} {
		if got := fileTime(n).Format(time.RFC3339Nano); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if !eventTime(earliest-1).IsZero() || !eventTime(latest).IsZero() || eventTime(earliest).IsZero() || eventTime(latest-1).IsZero() {
		t.Error("the limits of a time")
	}
}

// The time that is taken from the template alone is that of the whole record.
func TestStampIsTimeCreated(t *testing.T) {
	for _, name := range []string{"system", "system-v32-dirty", "log-cleared", "zero-data-size", "application-no-crc32"} {
		data := sample(t, "evtx", "real", name+".evtx")
		d := newDecoder(&filter{})
		records, stamped := 0, 0
		for at := fileHeaderSize; at+chunkSize <= len(data); at += chunkSize {
			chunk := data[at : at+chunkSize]
			d.begin(chunk)
			for off := chunkHeaderSize; ; records++ {
				f, ok := frameAt(chunk, off)
				if !ok {
					break
				}
				off += f.size
				var r Record
				err := d.decode(f, &r, false)
				if g := d.glance(f); g.timed && err == nil {
					if stamped++; !eventTime(g.time).Equal(r.Time) {
						t.Fatalf("%s: record at %d: %v, want %v", name, at+f.offset, eventTime(g.time), r.Time)
					}
				}
			}
		}
		if stamped < records*99/100 || records == 0 {
			t.Errorf("%s: %d of %d", name, stamped, records)
		}
		t.Log(fmt.Sprint(name, ": ", stamped, " of ", records))
	}
}
