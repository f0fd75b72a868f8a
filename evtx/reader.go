package evtx

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Options choose the records Records gives: those of one of the Providers (any
// case) that also have one of the IDs. An empty list chooses all.
type Options struct {
	IDs       []uint16
	Providers []string
}

// Reader reads one event log. It is not safe for concurrent use.
type Reader struct {
	r      io.ReaderAt
	size   int64
	filter filter
	header fileHeader
	stats  Stats
}

// Sniff tells whether a file that begins with head is an event log.
func Sniff(head []byte) bool { return bytes.HasPrefix(head, fileMagic) }

// NewReader reads the file header of the log of size bytes in r. The error is a
// *FormatError when there is none; damage behind the header is told by Records.
func NewReader(r io.ReaderAt, size int64, o *Options) (*Reader, error) {
	if size < fileHeaderSize {
		return nil, &FormatError{CodeFileHeader, 0, max(size, 0), "the file is shorter than the header of an event log"}
	}
	head := make([]byte, 128)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, &FormatError{CodeRead, 0, int64(len(head)), fmt.Sprintf("the file header cannot be read: %v", err)}
	}
	if !Sniff(head) {
		return nil, &FormatError{CodeFileHeader, 0, int64(len(fileMagic)), "the file does not begin like an event log"}
	}
	if o == nil {
		o = &Options{}
	}
	return &Reader{r: r, size: size, filter: newFilter(o), header: parseFileHeader(head)}, nil
}

// Stats tells of the last walk of Records.
func (r *Reader) Stats() Stats { return r.stats }

// Records gives the chosen records as they follow in the file, each with the
// damage found in it behind it. Damage comes as (Record{}, *FormatError); the walk
// goes on. It holds one chunk in memory, and no Record points into it.
func (r *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		w := &walk{reader: r, yield: yield, buffer: make([]byte, chunkSize)}
		r.stats = Stats{
			Dirty: r.header.dirty, VersionMajor: r.header.major, VersionMinor: r.header.minor,
			Wrapped: r.header.firstChunk > r.header.lastChunk,
		}
		w.stats = &r.stats
		w.file()
	}
}

// walk is one walk over the file. Its methods return false when the caller wants
// no more.
type walk struct {
	reader *Reader
	stats  *Stats
	yield  func(Record, error) bool
	buffer []byte
	errors int // told and not told
	ranges []numbers
	now    numbers // of the chunk being read
	budget int     // reads left for the chunk being read
}

// numbers are the first and the last record number of a run without a gap in it
// that was not counted.
type numbers struct{ first, last uint64 }

func (w *walk) file() {
	if w.reader.header.badCRC && !w.damage(CodeFileCRC, 0, 128, "the file header does not fit its checksum") {
		return
	}
	for at := int64(fileHeaderSize); at < w.reader.size; at += chunkSize {
		b := w.buffer[:min(chunkSize, w.reader.size-at)]
		if n, err := w.reader.r.ReadAt(b, at); n < len(b) {
			if !w.damage(CodeRead, at, int64(len(b)), fmt.Sprintf("the chunk cannot be read: %v", err)) {
				return
			}
			if !errors.Is(err, io.EOF) {
				continue
			}
			b = b[:n] // the file became shorter
		}
		if !w.chunk(b, at) {
			return
		}
	}
	w.order()
	if more := w.errors - maxErrors; more > 0 {
		w.yield(Record{}, &FormatError{CodeMore, w.reader.size, 0, fmt.Sprintf("%d more damages like these", more)})
	}
}

// damage tells of damage, up to maxErrors times a file.
func (w *walk) damage(code string, at, length int64, detail string) bool {
	w.errors++
	return w.errors > maxErrors || w.yield(Record{}, &FormatError{code, at, length, detail})
}

func (w *walk) chunk(b []byte, at int64) bool {
	if len(b) < chunkSize {
		w.stats.Truncated = true
		if !w.damage(CodeTruncated, at, int64(len(b)), "the file ends inside this chunk") {
			return false
		}
	}
	if len(b) < chunkHeaderSize+minRecord || len(bytes.Trim(b[:chunkHeaderSize], "\x00")) == 0 && nextFrame(b, 0) < 0 {
		return true // a stub, or space that was never written
	}
	w.stats.Chunks++
	w.budget = chunkBudget
	h := parseChunkHeader(b)
	c := &chunk{walk: w, data: b, at: at, header: h, origin: OriginLive}
	ok := true
	switch {
	case !bytes.HasPrefix(b, chunkMagic):
		c.header = chunkHeader{lastRecord: chunkSize, free: chunkSize}
		c.origin, c.wary = OriginBadCRC, true
		ok = w.damage(CodeChunkMagic, at, int64(len(chunkMagic)), "the chunk does not begin like one")
	case h.empty:
		c.origin, c.wary = OriginEmptyChunk, true
	case h.badHeader:
		c.origin = OriginBadCRC
		ok = w.damage(CodeChunkCRC, at, chunkHeaderSize, "the chunk header does not fit its checksum")
	case h.badRecords:
		c.origin = OriginBadCRC
		ok = w.damage(CodeRecordsCRC, at+chunkHeaderSize, int64(h.free-chunkHeaderSize), "the records of the chunk do not fit their checksum")
	}
	if !ok {
		return false
	}
	c.any, c.all = w.reader.filter.chunk(b)
	w.now = numbers{}
	ok = c.records()
	if w.now.first != 0 && len(w.ranges) < maxChunks {
		w.ranges = append(w.ranges, w.now)
	}
	return ok
}

// order finds out by the numbers of the records whether the log was wrapped and
// how many gaps there are between chunks.
func (w *walk) order() {
	byFirst := func(a, b numbers) int { return cmp.Compare(a.first, b.first) }
	if !slices.IsSortedFunc(w.ranges, byFirst) {
		w.stats.Wrapped = true
		slices.SortFunc(w.ranges, byFirst)
	}
	for i := 1; i < len(w.ranges); i++ {
		if w.ranges[i].first > w.ranges[i-1].last+1 {
			w.stats.Gaps++
		}
	}
}

// count adds a record of the log to what Stats tells.
func (w *walk) count(f frame) {
	s := w.stats
	s.Records++
	if t := f.written; !t.IsZero() {
		if s.First.IsZero() || t.Before(s.First) {
			s.First = t
		}
		if t.After(s.Last) {
			s.Last = t
		}
	}
	if s.FirstRecordID == 0 || f.number < s.FirstRecordID {
		s.FirstRecordID = f.number
	}
	s.LastRecordID = max(s.LastRecordID, f.number)
	if w.now.first == 0 {
		w.now.first = f.number
	} else if f.number != w.now.last+1 {
		s.Gaps++
	}
	w.now.last = f.number
}
