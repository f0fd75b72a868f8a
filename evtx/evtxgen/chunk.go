package evtxgen

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"
)

const (
	chunkSize       = 65536
	chunkHeaderSize = 512
)

// chunk is one chunk while it is filled.
type chunk struct {
	data      []byte // up to the free space; the header is open until bytes
	records   []*Record
	places    []place
	names     map[string]uint32 // where the names stand
	templates map[string]uint32 // where the templates stand, by shape
	tables    tables
	// The record numbers of the header; 1 and 0 in a new chunk.
	first, last uint64
	header      []byte // an older header that stands instead of the right one
	cleared     bool   // the header says that no record is in use
	err         error  // of the record being written
}

// tables are the heads of the chains in a chunk header: the newest name or
// template of each bucket, which leads to those before it.
type tables struct {
	names     [64]uint32
	templates [32]uint32
}

// place tells where in the chunk what differs between copies of a record stands.
type place struct {
	record int // its header: number u64 @8, FILETIME u64 @16
	time   int // TimeCreated: FILETIME u64
	number int // EventRecordID: u64
}

func newChunk() *chunk {
	return &chunk{
		data:  make([]byte, chunkHeaderSize, chunkSize),
		names: map[string]uint32{}, templates: map[string]uint32{},
		first: 1,
	}
}

// add writes a record behind the others, or nothing when it has no room. A chunk
// that had no room is full: it takes no more.
func (c *chunk) add(r *Record) (fits bool, err error) {
	at, before := len(c.data), c.tables
	stamp, err := fileTime(r.Time)
	if err != nil {
		return false, err
	}
	p := place{record: at}
	c.data = append(c.data, 0x2a, 0x2a, 0, 0, 0, 0, 0, 0)
	c.u64(r.RecordID)
	c.u64(stamp)
	c.event(r, stamp, &p)
	if c.err != nil {
		return false, c.err
	}
	// Every record ends on 8 bytes, with its size once more.
	for len(c.data)%8 != 4 {
		c.data = append(c.data, 0)
	}
	size := uint32(len(c.data) + 4 - at)
	c.u32(size)
	if len(c.data) > chunkSize {
		// Chains lead back only, so older entries know nothing of the newer.
		c.data, c.tables = c.data[:at], before
		return false, nil
	}
	binary.LittleEndian.PutUint32(c.data[at+4:], size)
	if len(c.records) == 0 {
		c.first = r.RecordID
	}
	c.last = r.RecordID
	c.records, c.places = append(c.records, r), append(c.places, p)
	return true, nil
}

// seal writes the header of data: first and last number u64 @8 and @16 and once more @24
// and @32, its used size u32 @40, the last record @44, the free space @48, CRC32 of
// the records @52, flags @120, names u32 @128, templates u32 @384, and the CRC32 of
// all that without 120..127 @124.
func (c *chunk) seal(data []byte) {
	le, h := binary.LittleEndian, data[:chunkHeaderSize]
	copy(h, "ElfChnk\x00")
	for i, n := range []uint64{c.first, c.last, c.first, c.last} {
		le.PutUint64(h[8+8*i:], n)
	}
	le.PutUint32(h[40:], 128)
	le.PutUint32(h[44:], uint32(c.places[len(c.places)-1].record))
	le.PutUint32(h[48:], uint32(len(c.data)))
	le.PutUint32(h[120:], 1)
	for i, at := range c.tables.names {
		le.PutUint32(h[128+4*i:], at)
	}
	for i, at := range c.tables.templates {
		le.PutUint32(h[384+4*i:], at)
	}
	checksums(data)
}

// sealEmpty makes the header of data that of a chunk without a record, as Windows
// makes it: numbers -1, no last record, and the free space begins at once.
func sealEmpty(data []byte) {
	le, h := binary.LittleEndian, data[:chunkHeaderSize]
	clear(h)
	copy(h, "ElfChnk\x00")
	for i := range 4 {
		le.PutUint64(h[8+8*i:], math.MaxUint64)
	}
	le.PutUint32(h[40:], 128)
	le.PutUint32(h[48:], chunkHeaderSize)
	le.PutUint32(h[120:], 1)
	checksums(data)
}

// checksums writes both checksums of a chunk with an otherwise complete header.
func checksums(data []byte) {
	le := binary.LittleEndian
	free := le.Uint32(data[48:])
	le.PutUint32(data[52:], crc32.ChecksumIEEE(data[chunkHeaderSize:free]))
	sum := crc32.Update(crc32.ChecksumIEEE(data[:120]), crc32.IEEETable, data[128:chunkHeaderSize])
	le.PutUint32(data[124:], sum)
}

// forget takes back the header to what it was before the second half of the
// records, which stay.
func (c *chunk) forget() error {
	if len(c.records) < 2 {
		return nil
	}
	// The same records make the same bytes.
	old := newChunk()
	for _, r := range c.records[:(len(c.records)+1)/2] {
		if _, err := old.add(r); err != nil {
			return err
		}
	}
	c.header = old.bytes()[:chunkHeaderSize]
	c.first, c.last = old.first, old.last
	return nil
}

// bytes gives all 65,536 bytes of the chunk.
func (c *chunk) bytes() []byte {
	out := make([]byte, chunkSize)
	copy(out, c.data)
	switch {
	case c.header != nil:
		copy(out, c.header)
	case len(c.records) == 0 || c.cleared:
		sealEmpty(out)
	default:
		c.seal(out)
	}
	return out
}

func (c *chunk) u16(n uint16) { c.data = binary.LittleEndian.AppendUint16(c.data, n) }
func (c *chunk) u32(n uint32) { c.data = binary.LittleEndian.AppendUint32(c.data, n) }
func (c *chunk) u64(n uint64) { c.data = binary.LittleEndian.AppendUint64(c.data, n) }

// fileTime converts to 100 ns since 1601-01-01 UTC; no time is 0.
func fileTime(t time.Time) (uint64, error) {
	const epoch = 11644473600 // seconds from 1601 to 1970
	if t.IsZero() {
		return 0, nil
	}
	s := t.Unix() + epoch
	if s < 0 || s >= math.MaxInt64/10_000_000 {
		return 0, errors.New("its time is not one of Windows")
	}
	return uint64(s)*1e7 + uint64(t.Nanosecond())/100, nil
}
