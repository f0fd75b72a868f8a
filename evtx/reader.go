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
	From      time.Time // records created before are not given; the zero time gives all
	Workers   int       // chunks read at one time, at least 1; what is given does not depend on it
	// SecondReader are the ids of which golang-evtx reads the given records too: all
	// where a chunk has few of an id, else the first, the last and some between. What
	// it says is in Record.Confirmed.
	SecondReader []uint16
}

// Reader reads one event log. It is not safe for concurrent use.
type Reader struct {
	r      io.ReaderAt
	size   int64
	filter filter
	header fileHeader
	base   int64 // of the first chunk
	stats  Stats

	from    time.Time
	workers int
	second  []uint16
}

// Sniff reports whether a file that begins with head is an event log: by its header, or
// by its first chunk where the header is missing, for which head has to reach 8 bytes
// behind the header.
func Sniff(head []byte) bool {
	return bytes.HasPrefix(head, fileMagic) || bytes.HasPrefix(head, chunkMagic) || len(head) > fileHeaderSize && bytes.HasPrefix(head[fileHeaderSize:], chunkMagic)
}

// NewReader reads the file header of the log of size bytes in r. A log without one is
// read when its first chunk is in place, or stands at the begin of the file. The error
// is a *FormatError; damage behind the header is told by Records.
func NewReader(r io.ReaderAt, size int64, o *Options) (*Reader, error) {
	if size < fileHeaderSize {
		return nil, &FormatError{CodeFileHeader, 0, max(size, 0), "the file is shorter than the header of an event log"}
	}
	head := make([]byte, 128)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return nil, &FormatError{CodeRead, 0, int64(len(head)), fmt.Sprintf("the file header cannot be read: %v", err)}
	}
	if o == nil {
		o = &Options{}
	}
	l := &Reader{r: r, size: size, base: fileHeaderSize, filter: newFilter(o), from: o.From, workers: min(max(o.Workers, 1), maxWorkers), second: o.SecondReader}
	if bytes.HasPrefix(head, fileMagic) {
		l.header = parseFileHeader(head)
		return l, nil
	}
	if bytes.HasPrefix(head, chunkMagic) {
		l.base = 0
	} else if n, _ := r.ReadAt(head[:len(chunkMagic)], fileHeaderSize); n < len(chunkMagic) || !bytes.HasPrefix(head, chunkMagic) {
		return nil, &FormatError{CodeFileHeader, 0, int64(len(fileMagic)), "the file does not start with the signature ElfFile"}
	}
	l.header.missing = true
	return l, nil
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
			Wrapped: r.header.firstChunk > r.header.lastChunk, NoHeader: r.header.missing,
		}
		w := &walk{reader: r, yield: yield}
		if r.header.badCRC && !w.tell(&FormatError{CodeFileCRC, 0, 128, "the file header does not fit its checksum"}) {
			return
		}
		if r.header.missing && !w.tell(&FormatError{CodeNoHeader, 0, r.base, "the header of the file is missing; the chunks behind it were read"}) {
			return
		}
		for res := range r.results() {
			if !w.take(res) {
				return
			}
		}
		w.order()
		w.close()
	}
}

// close tells what is told once.
func (w *walk) close() {
	if n := w.headerTimes.count; n > 0 {
		text := fmt.Sprintf("%d record headers have no time between 1970 and 2100 (exported logs have 0 in their last); TimeCreated is used", n)
		if n == 1 {
			text = "1 record header has no time between 1970 and 2100 (exported logs have 0 in their last); TimeCreated is used"
		}
		if !w.yield(Record{}, &FormatError{CodeHeaderTime, w.headerTimes.offset, w.headerTimes.length, text}) {
			return
		}
	}
	if b := &w.backs; b.count > 0 {
		text := fmt.Sprintf("TimeCreated goes back by %s at record %d", b.back(), b.number)
		if b.count > 1 {
			text += fmt.Sprintf(" (%d times in the log)", b.count)
		}
		if !w.yield(Record{}, &FormatError{CodeTimeBack, b.offset, b.length, text}) {
			return
		}
	}
	if more := w.errors - maxErrors; more > 0 {
		w.yield(Record{}, &FormatError{CodeMore, w.reader.size, 0, fmt.Sprintf("%d more like these", more)})
	}
}

// walk puts the results of the chunks together in the order of the file.
type walk struct {
	reader *Reader
	yield  func(Record, error) bool
	errors int // told and not told
	ranges []numbers

	headerTimes, backs found
}

// numbers are the first and the last record number of a run without a gap in it
// that was not counted, and the times of its records as FILETIME, 0 if none is known:
// those of the first and the last record, and the earliest and the latest of all.
type numbers struct {
	first, last         uint64
	firstTime, lastTime uint64
	earliest, latest    uint64
	place               // of the first record that has a time
}

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
	w.headerTimes.join(res.headerTimes)
	w.backs.join(res.backs)
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
	s.Agreed += c.Agreed
	s.Disagreed += c.Disagreed
	s.Unconfirmed += c.Unconfirmed
	s.Truncated = s.Truncated || c.Truncated
	s.Cleared = s.Cleared || c.Cleared
	if s.Channel == "" {
		s.Channel, s.Computer = c.Channel, c.Computer
	}
}

// order finds out by the numbers of the records whether the log was wrapped, how many
// gaps there are between chunks, and whether their times go back.
func (w *walk) order() {
	byFirst := func(a, b numbers) int { return cmp.Compare(a.first, b.first) }
	if !slices.IsSortedFunc(w.ranges, byFirst) {
		w.reader.stats.Wrapped = true
		slices.SortFunc(w.ranges, byFirst)
	}
	for i := 1; i < len(w.ranges); i++ {
		before, n := &w.ranges[i-1], &w.ranges[i]
		if n.first > before.last+1 {
			w.reader.stats.Gaps++
		}
		if n.firstTime != 0 && n.first > before.last && goesBack(before.lastTime, n.firstTime) {
			b := found{place: n.place, count: 1, number: n.first, ticks: before.lastTime - n.firstTime}
			w.backs.join(b)
		}
	}
}
