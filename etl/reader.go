package etl

import (
	"io"
	"iter"
	"math/bits"
	"slices"
)

// Options narrow what Events yields. The zero value yields everything.
type Options struct {
	// Providers, if not nil, are the providers (manifest events) and classes
	// (classic events) to yield. Everything else is counted and skipped.
	Providers []GUID
	// Wanted, if not nil, are further events to yield, by provider and id. What is
	// left out of a provider named here is told by Stats.Passed.
	Wanted []Wanted
	// Jobs is how many buffers are read and framed at a time, ahead of the walk. What
	// is found does not depend on it. With 0 or 1 nothing is done ahead.
	Jobs int
}

// A Reader reads one trace. It is not safe for concurrent use.
type Reader struct {
	r      io.ReaderAt
	size   int64
	header Header
	clock  clock
	clockOK,
	fixed bool // every buffer has the header's BufferSize
	session uint8 // pointer size of events that do not say
	filter  bool
	wanted  []Wanted
	jobs    int
	stretch int // bytes of small buffers that a worker takes at a time

	index     []entry
	order     []int32         // of index, as the walk opens them
	gaps      map[int32]int64 // index -> sequence numbers missing before it
	buffers   int
	firstSeq, // the least and the greatest number of the buffers behind the first
	lastSeq int64
	truncated bool
	wrapped   bool

	stats   Stats
	free    [bits.UintSize][][]byte // by the power of two of their size
	freed   int
	scratch []byte // one compressed stream, while the index is made
	// unpacked counts decompressed bytes against the limit of one walk.
	unpacked int64
}

// NewReader reads the header and the index of the buffers of a trace of size
// bytes. The error is a *FormatError, and says that the file has no trace
// header; all other damage comes with the events. r must stay open while the
// Reader is used, and its bytes must not change.
func NewReader(r io.ReaderAt, size int64, o *Options) (*Reader, error) {
	h, first, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	rd := &Reader{r: r, size: size, header: h, session: uint8(h.PointerSize), gaps: map[int32]int64{}, stretch: stretchBytes}
	rd.clock, rd.clockOK = newClock(&h)
	if o != nil {
		rd.filter, rd.wanted, rd.jobs = o.Providers != nil || o.Wanted != nil, slices.Clone(o.Wanted), o.Jobs
		for _, p := range o.Providers {
			rd.wanted = append(rd.wanted, Wanted{Provider: p})
		}
	}
	rd.fixed = h.LogFileMode&modeCompressed == 0 && first == h.BufferSize
	rd.buildIndex()
	if rd.buffers == 0 || rd.index[0].end == 0 {
		return nil, &FormatError{Code: CodeNoHeader, Length: size, Detail: "the first buffer header is damaged"}
	}
	rd.judgeSequence()
	rd.order = make([]int32, len(rd.index))
	for i := range rd.order {
		rd.order[i] = int32(i)
	}
	slices.SortStableFunc(rd.order, func(a, b int32) int {
		return compareInt(rd.index[a].first, rd.index[b].first)
	})
	rd.stats = rd.initStats()
	return rd, nil
}

// Header gives the trace header.
func (r *Reader) Header() Header { return r.header }

// Events walks all events in the order of their time; events of one time come
// in the order of the file. Damage comes in place as (Event{}, *FormatError),
// and the walk goes on. Each call walks from the start and resets Stats. The
// Event's Ext and Payload are valid until the next one.
func (r *Reader) Events() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		r.Each(func(e *Event, err error) bool {
			if err != nil {
				return yield(Event{}, err)
			}
			return yield(*e, nil)
		})
	}
}

// Each is Events without a copy of each event: e is nil where there is an error, and
// the whole of it is valid until yield returns. The walk ends when yield gives false.
func (r *Reader) Each(yield func(e *Event, err error) bool) {
	r.stats, r.unpacked = r.initStats(), 0
	w := newWalk(r, yield)
	w.run()
	w.settle()
}
