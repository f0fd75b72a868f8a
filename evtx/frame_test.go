package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"
)

// A record fits if its size is one that a record can have and ends within the chunk.
func TestFrames(t *testing.T) {
	le := binary.LittleEndian
	chunk := func(size uint32) []byte {
		b := make([]byte, 100)
		copy(b[10:], recordMagic)
		le.PutUint32(b[14:], size)
		le.PutUint64(b[18:], 7)
		return b
	}
	for size, want := range map[uint32]bool{minRecord - 1: false, minRecord: true, 90: true, 91: false, 0: false, 1 << 31: false} {
		f, ok := frameAt(chunk(size), 10)
		if ok != want || ok && (f.size != int(size) || f.offset != 10 || f.number != 7) {
			t.Errorf("size %d: %+v %v", size, f, ok)
		}
	}
	if _, ok := frameAt(chunk(minRecord)[:10+minRecord], 10); !ok {
		t.Error("a record that ends with the chunk")
	}
	if _, ok := frameAt(chunk(minRecord)[:10+minRecord-1], 10); ok {
		t.Error("a record that ends behind the chunk")
	}
	for at, want := range map[int]int{0: 10, 10: 10, 11: 100, 99: 100, 100: 100} {
		if got := nextFrame(chunk(90), at); got != want {
			t.Errorf("from %d on the next is at %d, want %d", at, got, want)
		}
	}
	for written, want := range map[uint64]uint64{earliest - 1: 0, earliest: earliest, latest - 1: latest - 1, latest: 0, 0: 0} {
		b := chunk(90)
		le.PutUint64(b[26:], written)
		if f, _ := frameAt(b, 10); f.written != want {
			t.Errorf("written at %d: %d", written, f.written)
		}
		if got := eventTime(written); got.IsZero() != (want == 0) {
			t.Errorf("%d: %v", written, got)
		}
	}
}

// What the header of the file says, and that its checksum may be left out.
func TestFileHeaders(t *testing.T) {
	le := binary.LittleEndian
	b := make([]byte, 128)
	le.PutUint64(b[8:], 0x0102030405060708)
	le.PutUint64(b[16:], 0x1112131415161718)
	le.PutUint32(b[36:], 0x00030002)
	b[35], b[40] = 0xff, 0xff
	want := fileHeader{firstChunk: 0x0102030405060708, lastChunk: 0x1112131415161718, major: 3, minor: 2}
	for flags := range byte(8) {
		for _, sum := range []uint32{crc32.ChecksumIEEE(b[:120]), 7} {
			b[120] = flags
			le.PutUint32(b[124:], sum)
			want.dirty, want.badCRC = flags&1 != 0, flags&4 == 0 && sum == 7
			if got := parseFileHeader(b); got != want {
				t.Errorf("flags %d: %+v, want %+v", flags, got, want)
			}
		}
	}
}

// What the header of a chunk says, and which of it is checked.
func TestChunkHeaders(t *testing.T) {
	le := binary.LittleEndian
	whole := composed(t)[fileHeaderSize:]
	used := int(le.Uint32(whole[48:]))
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		want   chunkHeader
	}{
		"as it is":                   {func(b []byte) []byte { return b }, chunkHeader{}},
		"one record":                 {func(b []byte) []byte { le.PutUint64(b[8:], 9); le.PutUint64(b[16:], 9); return resealed(b) }, chunkHeader{}},
		"numbers that go back":       {func(b []byte) []byte { le.PutUint64(b[8:], 9); le.PutUint64(b[16:], 8); return resealed(b) }, chunkHeader{empty: true}},
		"no last number":             {func(b []byte) []byte { le.PutUint64(b[16:], 1<<64-1); return resealed(b) }, chunkHeader{empty: true}},
		"no space in use":            {func(b []byte) []byte { le.PutUint32(b[48:], chunkHeaderSize); return resealed(b) }, chunkHeader{empty: true, free: chunkHeaderSize}},
		"a byte in use":              {func(b []byte) []byte { le.PutUint32(b[48:], chunkHeaderSize+1); return resealed(b) }, chunkHeader{free: chunkHeaderSize + 1}},
		"full":                       {func(b []byte) []byte { le.PutUint32(b[48:], chunkSize); return resealed(b) }, chunkHeader{free: chunkSize}},
		"beyond the chunk":           {func(b []byte) []byte { le.PutUint32(b[48:], chunkSize+1); return resealed(b) }, chunkHeader{beyond: true}},
		"beyond, and no last record": {func(b []byte) []byte { le.PutUint32(b[48:], chunkSize+1); le.PutUint32(b[44:], 5); return resealed(b) }, chunkHeader{beyond: true, lastRecord: 5, free: chunkSize, badRecords: true}},
		"beyond, and one record": {func(b []byte) []byte {
			le.PutUint32(b[48:], chunkSize+1)
			le.PutUint32(b[44:], chunkHeaderSize)
			return resealed(b)
		}, chunkHeader{beyond: true, lastRecord: chunkHeaderSize, free: chunkHeaderSize + int(le.Uint32(whole[chunkHeaderSize+4:])), badRecords: true}},
		"beyond, and the last record in the header": {func(b []byte) []byte {
			le.PutUint32(b[48:], chunkSize+1)
			le.PutUint32(b[44:], 200)
			copy(b[200:], recordMagic)
			le.PutUint32(b[204:], 1000)
			return resealed(b)
		}, chunkHeader{beyond: true, lastRecord: 200, free: chunkSize, badRecords: true}},
		"a header that was changed":       {func(b []byte) []byte { b[200]++; return b }, chunkHeader{badHeader: true}},
		"a byte that no checksum has":     {func(b []byte) []byte { b[123]++; return b }, chunkHeader{}},
		"records that were changed":       {func(b []byte) []byte { b[chunkHeaderSize+30]++; return b }, chunkHeader{badRecords: true}},
		"behind the records":              {func(b []byte) []byte { b[used]++; return b }, chunkHeader{}},
		"without checksums":               {func(b []byte) []byte { b[120] = flagNoCRC; b[200]++; b[chunkHeaderSize+30]++; return b }, chunkHeader{}},
		"another flag":                    {func(b []byte) []byte { b[120] = 1; b[200]++; return b }, chunkHeader{badHeader: true}},
		"cut behind its records":          {func(b []byte) []byte { return b[:used] }, chunkHeader{}},
		"cut behind its records, changed": {func(b []byte) []byte { b[chunkHeaderSize+30]++; return b[:used] }, chunkHeader{badRecords: true}},
		"cut within its records":          {func(b []byte) []byte { b[chunkHeaderSize+30]++; return b[:used-1] }, chunkHeader{}},
	} {
		b := c.change(bytes.Clone(whole))
		if c.want.free == 0 {
			c.want.free = used
		}
		if c.want.lastRecord == 0 {
			c.want.lastRecord = int(le.Uint32(whole[44:]))
		}
		if got := parseChunkHeader(b); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// resealed writes the checksums of a chunk anew.
func resealed(b []byte) []byte {
	return seal(append(make([]byte, fileHeaderSize), b...))[fileHeaderSize:]
}
