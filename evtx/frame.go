package evtx

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

var (
	fileMagic   = []byte("ElfFile\x00")
	chunkMagic  = []byte("ElfChnk\x00")
	recordMagic = []byte{0x2a, 0x2a, 0, 0}
)

// Flags of the file header @120; noCRC stands in chunk headers too.
const (
	flagDirty = 1
	flagNoCRC = 4
)

// fileHeader is the first 128 bytes of the file: first and last chunk u64 @8 and
// @16, versions u16 @36 and @38, flags u32 @120, CRC32 of 0..119 @124. The count
// of chunks @42 is not believed.
type fileHeader struct {
	firstChunk, lastChunk uint64
	major, minor          uint16
	dirty                 bool
	badCRC                bool
	missing               bool // all of it
}

func parseFileHeader(b []byte) fileHeader {
	le := binary.LittleEndian
	return fileHeader{
		firstChunk: le.Uint64(b[8:]), lastChunk: le.Uint64(b[16:]),
		minor: le.Uint16(b[36:]), major: le.Uint16(b[38:]),
		dirty:  le.Uint32(b[120:])&flagDirty != 0,
		badCRC: le.Uint32(b[120:])&flagNoCRC == 0 && crc32.ChecksumIEEE(b[:120]) != le.Uint32(b[124:]),
	}
}

// chunkHeader is what the first 512 bytes of a chunk say: first and last record
// number u64 @8 and @16, offset of the last record u32 @44 and of the free space
// @48, CRC32 of the records @52, flags @120, and the CRC32 of the header without
// 120..127 @124.
type chunkHeader struct {
	empty      bool // no record belongs to the log
	lastRecord int  // offset in the chunk
	free       int  // offset in the chunk
	badHeader  bool // the header does not fit its checksum
	badRecords bool // the records do not fit theirs
	beyond     bool // the free space would begin behind the chunk; the last record tells where it does
}

// parseChunkHeader reads the header of a chunk. The records of a chunk that the
// file cuts cannot be checked.
func parseChunkHeader(b []byte) chunkHeader {
	le := binary.LittleEndian
	first, last, free := le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint32(b[48:])
	h := chunkHeader{
		// A cleared chunk has last number -1 or no space in use.
		empty:      last == ^uint64(0) || first > last || free <= chunkHeaderSize,
		lastRecord: int(min(le.Uint32(b[44:]), chunkSize)),
		free:       int(min(free, chunkSize)),
		beyond:     free > chunkSize,
	}
	if f, ok := frameAt(b, h.lastRecord); ok && h.beyond && h.lastRecord >= chunkHeaderSize {
		h.free = f.offset + f.size
	}
	if le.Uint32(b[120:])&flagNoCRC != 0 {
		return h
	}
	sum := crc32.Update(crc32.ChecksumIEEE(b[:120]), crc32.IEEETable, b[128:chunkHeaderSize])
	h.badHeader = sum != le.Uint32(b[124:])
	if !h.empty && h.free <= len(b) {
		h.badRecords = crc32.ChecksumIEEE(b[chunkHeaderSize:h.free]) != le.Uint32(b[52:])
	}
	return h
}

// frame is one record in a chunk.
type frame struct {
	offset, size int // in the chunk
	number       uint64
	written      uint64 // FILETIME, 0 when no event can have it
}

// frameAt reads the record at offset; ok is false when none can begin there.
func frameAt(chunk []byte, offset int) (f frame, ok bool) {
	if len(chunk)-offset < minRecord || !bytes.HasPrefix(chunk[offset:], recordMagic) {
		return frame{}, false
	}
	le := binary.LittleEndian
	size := le.Uint32(chunk[offset+4:])
	if size < minRecord || int64(size) > int64(len(chunk)-offset) {
		return frame{}, false
	}
	f = frame{offset: offset, size: int(size), number: le.Uint64(chunk[offset+8:])}
	if t := le.Uint64(chunk[offset+16:]); t >= earliest && t < latest {
		f.written = t
	}
	return f, true
}

// copied reports that the copy of the size behind the record is there. Inside the
// log it always is; in slack it tells a whole record from the rest of one.
func (f frame) copied(chunk []byte) bool {
	return binary.LittleEndian.Uint32(chunk[f.offset+f.size-4:]) == uint32(f.size)
}

// nextFrame is the offset of the next record magic from offset on, the end of the chunk if
// there is none.
func nextFrame(chunk []byte, offset int) int {
	if i := bytes.Index(chunk[offset:], recordMagic); i >= 0 {
		return offset + i
	}
	return len(chunk)
}
