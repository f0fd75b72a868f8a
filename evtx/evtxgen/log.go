package evtxgen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// Record is one event to be written. Its texts become UTF-16 of at most 65,535
// units, without U+0000, which ends a string in the format.
type Record struct {
	ID          uint16
	Qualifiers  uint16 // 0: the value is left out, and with it the attribute when the event is shown
	Level       uint8
	Provider    string // Provider/@Name
	EventSource string // Provider/@EventSourceName; "" none
	Channel     string
	Computer    string
	Time        time.Time // written in UTC, 100 ns, from 1601 on; the zero time is FILETIME 0
	RecordID    uint64    // of the header and of EventRecordID; 0: counts on from the record before, from 1
	PID, TID    uint32
	Data        []string // EventData/Data; with Named nil a string array, which gives one Data for each string
	Named       []string // the Name of each Data, as many as Data; each string is then a value of its own
	Binary      []byte   // EventData/Binary; none when empty
	LiteralID   bool     // EventID is text of the template and not one of its values
}

// Log is one event log.
type Log struct {
	Major, Minor uint16 // 3,1 or 3,2; 0,0 means 3,1
	Records      []Record
	PerChunk     int // records of a chunk at most; 0: as many as fit
	// Dirty is a log that was not closed: it has the flag, its file header knows
	// nothing of the newest chunk (unless that stands first in the file), and that
	// chunk's header nothing of the second half of its records. A newest chunk of
	// one record knows of it.
	Dirty bool
	// Wrapped is a log that went round: the newer half of the chunks stands before
	// the older, and the number of the first chunk is above that of the last. It
	// needs two chunks. Each half has its own order.
	Wrapped bool
	// Cleared is a log whose first chunk alone is in use: the headers of the others
	// say that they are empty, but their records still stand behind them. It needs
	// two chunks and cannot be wrapped.
	Cleared bool
}

const (
	fileHeaderSize = 4096
	maxChunks      = math.MaxUint16 // of the field of the file header
	flagDirty      = 1
)

// Bytes gives the log as a file. The error is of a record that cannot be written,
// for instance because no chunk has room for it, or of a Log that asks for what cannot be together.
func (l *Log) Bytes() ([]byte, error) {
	h := fileHeader{major: l.Major, minor: l.Minor, dirty: l.Dirty}
	if h.major == 0 && h.minor == 0 {
		h.major, h.minor = 3, 1
	}
	if h.major != 3 || h.minor < 1 || h.minor > 2 {
		return nil, fmt.Errorf("there is no version %d.%d", h.major, h.minor)
	}
	records, err := numbered(l.Records)
	if err != nil {
		return nil, err
	}
	chunks, err := chunksOf(records, l.PerChunk)
	if err != nil {
		return nil, err
	}
	switch n := len(chunks); {
	case n > maxChunks:
		return nil, fmt.Errorf("%d chunks are more than a log counts", n)
	case n < 2 && (l.Wrapped || l.Cleared):
		return nil, errors.New("a wrapped or cleared log needs two chunks")
	case l.Wrapped && l.Cleared:
		return nil, errors.New("a log cannot be wrapped and cleared")
	}
	return l.file(h, chunks)
}

// file puts the header and the chunks together.
func (l *Log) file(h fileHeader, chunks []*chunk) ([]byte, error) {
	n := len(chunks)
	h.count, h.last = n, n-1
	if l.Cleared {
		h.count, h.last = 1, 0
	}
	newest := chunks[h.last]
	h.next = newest.last + 1
	turn := 0
	if l.Wrapped {
		turn = n / 2
		h.first, h.last = turn, turn-1
	}
	if l.Dirty {
		if err := newest.forget(); err != nil {
			return nil, err
		}
		if h.next = newest.last + 1; h.last > 0 {
			h.last, h.next = h.last-1, newest.first
			if !l.Wrapped {
				h.count--
			}
		}
	}
	out := make([]byte, 0, fileHeaderSize+n*chunkSize)
	out = append(out, h.bytes()...)
	for i := range chunks {
		c := chunks[(i+n-turn)%n]
		c.cleared = l.Cleared && i > 0
		out = append(out, c.bytes()...)
	}
	return out, nil
}

// numbered gives the records with the numbers that were left to be counted.
func numbered(records []Record) ([]Record, error) {
	out := make([]Record, len(records))
	number := uint64(0)
	for i, r := range records {
		if number++; r.RecordID != 0 {
			number = r.RecordID
		}
		if number >= math.MaxInt64 {
			return nil, fmt.Errorf("record %d: no number is left", i)
		}
		r.RecordID = number
		out[i] = r
	}
	return out, nil
}

// chunksOf fills chunks with the records, one empty chunk when there are none.
func chunksOf(records []Record, perChunk int) ([]*chunk, error) {
	c := newChunk()
	chunks := []*chunk{c}
	for i := range records {
		full := perChunk > 0 && len(c.records) >= perChunk
		fits := false
		var err error
		if !full {
			fits, err = c.add(&records[i])
		}
		if err == nil && !fits && len(c.records) > 0 {
			c = newChunk()
			chunks = append(chunks, c)
			fits, err = c.add(&records[i])
		}
		if err == nil && !fits {
			err = errors.New("no chunk has room for it")
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i, err)
		}
	}
	return chunks, nil
}

// fileHeader is what the header of the file says: numbers of chunks in the file,
// and the number that the next record would get.
type fileHeader struct {
	first, last  int
	next         uint64
	count        int
	major, minor uint16
	dirty        bool
}

// bytes gives the 4,096 bytes of the header: first and last chunk u64 @8 and @16,
// next record u64 @24, its own used size u32 @32, minor and major version u16 @36
// and @38, its size u16 @40, chunks u16 @42, flags u32 @120, CRC32 of 0..119 @124.
func (h *fileHeader) bytes() []byte {
	b := make([]byte, fileHeaderSize)
	le := binary.LittleEndian
	copy(b, "ElfFile\x00")
	le.PutUint64(b[8:], uint64(h.first))
	le.PutUint64(b[16:], uint64(h.last))
	le.PutUint64(b[24:], h.next)
	le.PutUint32(b[32:], 128)
	le.PutUint16(b[36:], h.minor)
	le.PutUint16(b[38:], h.major)
	le.PutUint16(b[40:], fileHeaderSize)
	le.PutUint16(b[42:], uint16(h.count))
	if h.dirty {
		le.PutUint32(b[120:], flagDirty)
	}
	le.PutUint32(b[124:], crc32.ChecksumIEEE(b[:120]))
	return b
}
