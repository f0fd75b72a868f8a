package evtx

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
)

// Options choose the records Records gives: those of one of the Providers (any
// case) that also have one of the IDs. An empty list chooses all.
type Options struct {
	IDs       []uint16
	Providers []string
	From      time.Time // records written before are not given; the zero time gives all
	Workers   int       // chunks read at one time, at least 1; what is given does not depend on it
}

// Reader reads one event log. It is not safe for concurrent use.
type Reader struct {
	r      io.ReaderAt
	size   int64
	filter filter
	header fileHeader
	stats  Stats

	from    time.Time
	workers int
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
	return &Reader{r: r, size: size, filter: newFilter(o), header: parseFileHeader(head), from: o.From, workers: min(max(o.Workers, 1), maxWorkers)}, nil
}

// Stats tells of the last walk of Records.
func (r *Reader) Stats() Stats { return r.stats }

// Records gives the chosen records as they follow in the file, each with the
// damage found in it behind it. Damage comes as (Record{}, *FormatError); the walk
// goes on. It holds one chunk for each worker, and no Record points into it.
func (r *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r.stats = Stats{
			Dirty: r.header.dirty, VersionMajor: r.header.major, VersionMinor: r.header.minor,
			Wrapped: r.header.firstChunk > r.header.lastChunk,
		}
		w := &walk{reader: r, yield: yield}
		if r.header.badCRC && !w.tell(&FormatError{CodeFileCRC, 0, 128, "the file header does not fit its checksum"}) {
			return
		}
		for res := range r.results() {
			if !w.take(res) {
				return
			}
		}
		w.order()
		if more := w.errors - maxErrors; more > 0 {
			yield(Record{}, &FormatError{CodeMore, r.size, 0, fmt.Sprintf("%d more damages like these", more)})
		}
	}
}

// walk puts the results of the chunks together in the order of the file.
type walk struct {
	reader *Reader
	yield  func(Record, error) bool
	errors int // told and not told
	ranges []numbers
}

// numbers are the first and the last record number of a run without a gap in it
// that was not counted.
type numbers struct{ first, last uint64 }

// tell tells of damage, up to maxErrors times a file.
func (w *walk) tell(err *FormatError) bool {
	w.errors++
	return w.errors > maxErrors || w.yield(Record{}, err)
}

// take adds the result of the next chunk; false ends the walk.
func (w *walk) take(res *result) bool {
	w.reader.stats.add(&res.stats)
	if res.numbers.first != 0 && len(w.ranges) < maxChunks {
		w.ranges = append(w.ranges, res.numbers)
	}
	w.errors += res.untold
	for i := range res.items {
		item := &res.items[i]
		if item.err != nil {
			if !w.tell(item.err) {
				return false
			}
		} else if !w.yield(item.record, nil) {
			return false
		}
	}
	return true
}

// add takes over what one chunk says.
func (s *Stats) add(c *Stats) {
	if c.Records > 0 && (s.Records == 0 || c.FirstRecordID < s.FirstRecordID) {
		s.FirstRecordID = c.FirstRecordID
	}
	s.LastRecordID = max(s.LastRecordID, c.LastRecordID)
	if s.First.IsZero() || !c.First.IsZero() && c.First.Before(s.First) {
		s.First = c.First
	}
	if c.Last.After(s.Last) {
		s.Last = c.Last
	}
	s.Records += c.Records
	s.Leftover += c.Leftover
	s.Decoded += c.Decoded
	s.Undecoded += c.Undecoded
	s.Gaps += c.Gaps
	s.Chunks += c.Chunks
	s.Truncated = s.Truncated || c.Truncated
	s.Cleared = s.Cleared || c.Cleared
	if s.Channel == "" {
		s.Channel, s.Computer = c.Channel, c.Computer
	}
}

// order finds out by the numbers of the records whether the log was wrapped and
// how many gaps there are between chunks.
func (w *walk) order() {
	byFirst := func(a, b numbers) int { return cmp.Compare(a.first, b.first) }
	if !slices.IsSortedFunc(w.ranges, byFirst) {
		w.reader.stats.Wrapped = true
		slices.SortFunc(w.ranges, byFirst)
	}
	for i := 1; i < len(w.ranges); i++ {
		if w.ranges[i].first > w.ranges[i-1].last+1 {
			w.reader.stats.Gaps++
		}
	}
}
