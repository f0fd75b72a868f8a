package evtx

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// composed is the log of a committed case: one chunk, 158 records, of which 5 are
// 4227 and 3 are 4231.
func composed(t testing.TB) []byte {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join("..", "testdata", "cases", "exhausted-leak-x64", "bundle.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if filepath.Base(f.Name) != "System.evtx" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	t.Fatal("the case has no System.evtx")
	return nil
}

// seal writes the checksums of the first chunk anew.
func seal(data []byte) []byte {
	c := data[fileHeaderSize:]
	le := binary.LittleEndian
	if free := le.Uint32(c[48:]); free >= chunkHeaderSize && int(free) <= len(c) {
		le.PutUint32(c[52:], crc32.ChecksumIEEE(c[chunkHeaderSize:free]))
	}
	le.PutUint32(c[124:], crc32.Update(crc32.ChecksumIEEE(c[:120]), crc32.IEEETable, c[128:chunkHeaderSize]))
	le.PutUint32(data[124:], crc32.ChecksumIEEE(data[:120]))
	return data
}

func TestComposedCase(t *testing.T) {
	res := readLog(t, composed(t), &wantedOnly)
	if len(res.records) != 8 || len(res.codes) != 0 || res.stats.Records != 158 || res.stats.Undecoded != 0 {
		t.Errorf("%d records, damage %v, %+v", len(res.records), res.codes, res.stats)
	}
	// Whose log it is any record tells, also where none is wanted.
	if none := readLog(t, composed(t), &Options{IDs: []uint16{1}}); len(none.records) != 0 || none.stats.Channel != "System" || none.stats.Computer != "WIN-TEST01" {
		t.Errorf("%d records, %+v", len(none.records), none.stats)
	}
	if all := readLog(t, composed(t), nil); len(all.records) != 158 || all.origins()[OriginLive] != 158 {
		t.Errorf("%d records in all", len(all.records))
	}
}

func TestNoLog(t *testing.T) {
	whole := composed(t)
	length := map[string]int64{"text": 14, "100 bytes": 100, "header cut": 4095, "trace": 8} // of a file that is long enough, of its signature
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("this is a text"), "100 bytes": whole[:100], "header cut": whole[:4095], "trace": make([]byte, 70000),
	} {
		_, err := NewReader(bytes.NewReader(data), int64(len(data)), nil)
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Code != CodeFileHeader || fe.Offset != 0 || fe.Length != min(int64(len(data)), length[name]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var fe *FormatError
	if _, err := NewReader(failing{}, -5, nil); !errors.As(err, &fe) || fe.Length != 0 {
		t.Errorf("a size below nothing: %v", err)
	}
	_, err := NewReader(failing{}, 70000, nil)
	if !errors.As(err, &fe) || fe.Code != CodeRead || fe.Offset != 0 || fe.Length != 128 {
		t.Errorf("a disk that fails: %v", err)
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("disk gone") }

// Each damage is told with its own code, and costs no more than it must.
func TestDamage(t *testing.T) {
	le := binary.LittleEndian
	second := func(d []byte) int { // offset of the second record
		return fileHeaderSize + chunkHeaderSize + int(le.Uint32(d[fileHeaderSize+chunkHeaderSize+4:]))
	}
	whole := composed(t)
	at := second(whole)
	size := int(le.Uint32(whole[at+4:]))
	used := int(le.Uint32(whole[fileHeaderSize+48:]))
	last := fileHeaderSize + int(le.Uint32(whole[fileHeaderSize+44:]))
	for _, c := range []struct {
		name    string
		change  func(d []byte) []byte
		code    string
		records int
		origin  Origin
		place   [2]int // 0: not looked at
	}{
		{"file header", func(d []byte) []byte { d[9] ^= 1; return d }, CodeFileCRC, 158, OriginLive, [2]int{0, 128}},
		{"chunk header", func(d []byte) []byte { d[fileHeaderSize+200] ^= 1; return d }, CodeChunkCRC, 158, OriginBadCRC, [2]int{fileHeaderSize, chunkHeaderSize}},
		{"records", func(d []byte) []byte { d[second(d)+16] ^= 1; return d }, CodeRecordsCRC, 158, OriginBadCRC, [2]int{fileHeaderSize + chunkHeaderSize, used - chunkHeaderSize}},
		{"chunk magic", func(d []byte) []byte { d[fileHeaderSize] = 'X'; return d }, CodeChunkMagic, 158, OriginBadCRC, [2]int{fileHeaderSize, 8}},
		{"a header of zeros", func(d []byte) []byte { clear(d[fileHeaderSize:][:chunkHeaderSize]); return d }, CodeChunkMagic, 158, OriginBadCRC, [2]int{fileHeaderSize, 8}},
		{"record size", func(d []byte) []byte { le.PutUint32(d[second(d)+4:], 1<<30); return seal(d) }, CodeRecordFrame, 157, OriginLive, [2]int{at, size}},
		{"record size 0", func(d []byte) []byte { le.PutUint32(d[second(d)+4:], 0); return seal(d) }, CodeRecordFrame, 157, OriginLive, [2]int{at, size}},
		{"free space", func(d []byte) []byte {
			seal(d)
			le.PutUint32(d[fileHeaderSize+48:], chunkSize+1)
			return seal(d)
		}, CodeChunkHeader, 158, OriginLive, [2]int{fileHeaderSize + 48, 4}},
		{"binary xml", func(d []byte) []byte { d[second(d)+recordHeader] = 0xee; return seal(d) }, CodeRecord, 157, OriginLive, [2]int{at, size}},
		{"binary id", func(d []byte) []byte {
			i := bytes.LastIndex(d, []byte{0x83, 0x10, 0, 0x80, 0, 0})
			d[i]++
			return seal(d)
		}, CodeBinaryID, 158, OriginLive, [2]int{}},
		{"cut", func(d []byte) []byte { return d[:second(d)+40] }, CodeTruncated, 1, OriginLive, [2]int{fileHeaderSize, at + 40 - fileHeaderSize}},
		{"the last record", func(d []byte) []byte { le.PutUint32(d[last+4:], 1<<30); return seal(d) }, CodeRecordFrame, 157, OriginLive, [2]int{last, fileHeaderSize + chunkSize - last}},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := readLog(t, c.change(composed(t)), nil)
			if res.codes[c.code] != 1 || len(res.codes) != 1 {
				t.Errorf("damage %v, want %s once", res.codes, c.code)
			}
			if want := [2]int64{int64(c.place[0]), int64(c.place[1])}; c.place[1] > 0 && res.places[c.code] != want {
				t.Errorf("told at %v, want %v", res.places[c.code], want)
			}
			if len(res.records) != c.records || res.origins()[c.origin] != c.records {
				t.Errorf("%d records, %v; want %d %v", len(res.records), res.origins(), c.records, c.origin)
			}
		})
	}
}

// The copy of a record's size may be damaged alone: then the next record, or the end, is in
// its place. What is left over needs it.
func TestCopyOfTheSize(t *testing.T) {
	le := binary.LittleEndian
	damaged := func(n int, more func(c []byte, frames []frame)) outcome {
		d := composed(t)
		frames := framesOf(d)
		c := d[fileHeaderSize:]
		c[frames[n].offset+frames[n].size-4]++
		more(c, frames)
		return readLog(t, seal(d), nil)
	}
	for _, n := range []int{0, 50, 157} {
		if res := damaged(n, func([]byte, []frame) {}); len(res.codes) != 0 || res.origins()[OriginLive] != 158 {
			t.Errorf("of record %d: %v %v", n, res.codes, res.origins())
		}
	}
	res := damaged(50, func(c []byte, frames []frame) { c[frames[51].offset] = 0 })
	f := framesOf(composed(t))
	if want := [2]int64{int64(fileHeaderSize + f[50].offset), int64(f[50].size + f[51].size)}; len(res.codes) != 1 || res.places[CodeRecordFrame] != want || len(res.records) != 156 {
		t.Errorf("nor the next record: %v, %d records", res.places, len(res.records))
	}
	res = damaged(120, func(c []byte, frames []frame) {
		le.PutUint32(c[44:], uint32(frames[99].offset))
		le.PutUint32(c[48:], uint32(frames[100].offset))
	})
	if o := res.origins(); len(res.codes) != 0 || o[OriginLive] != 100 || o[OriginSlack] != 57 {
		t.Errorf("left over: %v %v", res.codes, o)
	}
}

// A log that was cleared: its chunk is marked empty, its records are still there.
func TestClearedLog(t *testing.T) {
	d := composed(t)
	le := binary.LittleEndian
	c := d[fileHeaderSize:]
	le.PutUint64(c[8:], 1)
	le.PutUint64(c[16:], ^uint64(0))
	le.PutUint32(c[44:], 0)
	le.PutUint32(c[48:], chunkHeaderSize)
	res := readLog(t, seal(d), &wantedOnly)
	if len(res.records) != 8 || res.origins()[OriginEmptyChunk] != 8 || !res.stats.Cleared || res.stats.Records != 0 || res.stats.Leftover != 158 {
		t.Errorf("%v %+v", res.origins(), res.stats)
	}
	if !res.stats.First.IsZero() {
		t.Error("a cleared log speaks for a time")
	}
	// What is left over in it need not fit, also where the header says still where it ends.
	d = composed(t)
	copy(d[fileHeaderSize+16:], u64(0))
	le.PutUint32(d[fileHeaderSize+framesOf(d)[50].offset+4:], 1<<30)
	if res := readLog(t, seal(d), nil); len(res.codes) != 0 || res.origins()[OriginEmptyChunk] != 157 {
		t.Errorf("%v %v", res.codes, res.origins())
	}
}

// Records behind the last one the chunk header knows are left over in a log that
// was closed, and part of it in one that was not.
func TestStaleChunkHeader(t *testing.T) {
	stale := func(dirty bool) outcome {
		d := composed(t)
		le := binary.LittleEndian
		c := d[fileHeaderSize:]
		end := chunkHeaderSize
		for range 100 {
			end += int(le.Uint32(c[end+4:]))
		}
		le.PutUint32(c[48:], uint32(end))
		le.PutUint32(c[44:], uint32(end)-le.Uint32(c[end-4:]))
		if dirty {
			d[120] |= flagDirty
		}
		return readLog(t, seal(d), nil)
	}
	if o := stale(false).origins(); o[OriginLive] != 100 || o[OriginSlack] != 58 {
		t.Errorf("closed: %v", o)
	}
	if o := stale(true).origins(); o[OriginLive] != 158 {
		t.Errorf("not closed: %v", o)
	}
}

func TestGapsAndWrap(t *testing.T) {
	d := composed(t)
	le := binary.LittleEndian
	at := fileHeaderSize + chunkHeaderSize
	for range 50 {
		at += int(le.Uint32(d[at+4:]))
	}
	for i := 0; bytes.HasPrefix(d[at:], recordMagic); i++ {
		le.PutUint64(d[at+8:], le.Uint64(d[at+8:])+1000)
		at += int(le.Uint32(d[at+4:]))
	}
	d[8], d[16] = 3, 2
	s := readLog(t, seal(d), &wantedOnly).stats
	if s.Gaps != 1 || !s.Wrapped || s.FirstRecordID != 1 || s.LastRecordID != 1158 {
		t.Errorf("%+v", s)
	}
}

// A file of nothing but damage is told in a bounded number of words.
func TestManyDamages(t *testing.T) {
	d := append([]byte{}, composed(t)[:fileHeaderSize]...)
	for range maxErrors + 50 {
		chunk := make([]byte, chunkSize)
		chunk[0] = 'X'
		d = append(d, chunk...)
	}
	res := readLog(t, d, nil)
	if res.codes[CodeChunkMagic] != maxErrors || res.codes[CodeMore] != 1 {
		t.Errorf("%v", res.codes)
	}
}

// What is not told one by one is told at the end, with how often it is there.
func TestToldAtTheEnd(t *testing.T) {
	const headers = " between 1970 and 2100 (exported logs have 0 in their last); TimeCreated is used"
	for _, c := range []struct {
		w    walk
		want []FormatError
	}{
		{walk{errors: maxErrors}, nil},
		{walk{errors: maxErrors + 1}, []FormatError{{CodeMore, 900, 0, "1 more like these"}}},
		{walk{errors: maxErrors + 2}, []FormatError{{CodeMore, 900, 0, "2 more like these"}}},
		{walk{headerTimes: found{place: place{5, 6}, count: 1}}, []FormatError{{CodeHeaderTime, 5, 6, "1 record header has no time" + headers}}},
		{walk{headerTimes: found{place: place{5, 6}, count: 2}}, []FormatError{{CodeHeaderTime, 5, 6, "2 record headers have no time" + headers}}},
		{walk{backs: found{place: place{7, 8}, count: 1, number: 9, ticks: 36000000000}}, []FormatError{{CodeTimeBack, 7, 8, "TimeCreated goes back by 1h0m0s at record 9"}}},
		{walk{backs: found{place: place{7, 8}, count: 3, number: 9, ticks: 36000000000}, errors: maxErrors + 3}, []FormatError{
			{CodeTimeBack, 7, 8, "TimeCreated goes back by 1h0m0s at record 9 (3 times in the log)"}, {CodeMore, 900, 0, "3 more like these"},
		}},
	} {
		var got []FormatError
		c.w.reader = &Reader{size: 900}
		c.w.yield = func(_ Record, err error) bool {
			var f *FormatError
			errors.As(err, &f)
			got = append(got, *f)
			return true
		}
		if c.w.close(); !slices.Equal(got, c.want) {
			t.Errorf("%+v, want %+v", got, c.want)
		}
	}
}

// What the chunks say is put together: sums, the earliest and latest, the least and greatest,
// and whose log it is by the first that says so.
func TestStatsOfChunks(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2025, 3, 1, hour, 0, 0, 0, time.UTC) }
	var s Stats
	for _, c := range []Stats{
		{Chunks: 1, Leftover: 5, Cleared: true, LastRecordID: 0},
		{Records: 2, Chunks: 1, First: at(5), Last: at(7), FirstRecordID: 50, LastRecordID: 60, Decoded: 1, Gaps: 1, Agreed: 1, Channel: "A", Computer: "a"},
		{Records: 3, Chunks: 1, First: at(6), Last: at(9), FirstRecordID: 40, LastRecordID: 45, Undecoded: 2, Gaps: 2, Disagreed: 3, Truncated: true, Channel: "B", Computer: "b"},
		{Records: 4, Chunks: 1, First: at(4), Last: at(8), FirstRecordID: 70, LastRecordID: 90, Decoded: 5, Leftover: 6, Unconfirmed: 4},
		{Chunks: 1},
	} {
		s.add(&c)
	}
	want := Stats{
		Records: 9, Leftover: 11, Decoded: 6, Undecoded: 2, First: at(4), Last: at(9), FirstRecordID: 40, LastRecordID: 90, Gaps: 3, Chunks: 5, Truncated: true, Cleared: true,
		Channel: "A", Computer: "a", Agreed: 1, Disagreed: 3, Unconfirmed: 4,
	}
	if s != want {
		t.Errorf("%+v, want %+v", s, want)
	}
}

// Every cut of the file is read to its end, and no record is invented.
func TestEveryCut(t *testing.T) {
	whole := composed(t)
	known := map[uint64]bool{}
	for _, rec := range readLog(t, whole, &wantedOnly).records {
		known[rec.RecordID] = true
	}
	for n := fileHeaderSize; n < len(whole); n += 3001 {
		for _, rec := range readLog(t, whole[:n], &wantedOnly).records {
			if !known[rec.RecordID] {
				t.Fatalf("cut at %d: record %d", n, rec.RecordID)
			}
		}
	}
}
