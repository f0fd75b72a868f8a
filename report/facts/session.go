package facts

import (
	"hash/maphash"
	"iter"
	"slices"

	"portverdict/etl"
	"portverdict/report"
)

// stream is a file of a session while its events are merged with the next one's.
type stream struct {
	*traceFile
	next func() (etl.Event, error, bool)
	stop func()
	e    etl.Event
	err  error
	ok   bool
}

func (f *traceFile) open() *stream {
	s := &stream{traceFile: f}
	s.next, s.stop = iter.Pull2(f.reader.Events())
	s.advance()
	return s
}

func (s *stream) advance() {
	s.e, s.err, s.ok = s.next()
	s.e.Time = s.move(s.e.Time)
}

// readSession merges the events of files that follow each other. When a session begins
// a new file, the buffers that are being filled go to the new one, with events older than
// the last of the old.
func (t *Trace) readSession(files []*traceFile) {
	now := files[0].open()
	for _, f := range files[1:] {
		following := f.open()
		for now.ok {
			s := now
			if following.ok && now.err == nil && (following.err != nil || following.e.Time < now.e.Time) {
				s = following
			}
			t.take(s.traceFile, &s.e, s.err)
			s.advance()
		}
		now.stop()
		now = following
	}
	for ; now.ok; now.advance() {
		t.take(now.traceFile, &now.e, now.err)
	}
	now.stop()
}

// copyKey tells events of one time apart. Two files have the same event if all of it is
// the same.
type copyKey struct {
	provider etl.GUID
	id       uint16
	cpu      uint16
	payload  uint64 // its hash
}

// copies counts the events of one time in each of several files: of what several have,
// one is taken, and of what one file has twice, two. Memory is that of one time.
type copies struct {
	seed  maphash.Seed
	at    etl.FileTime
	taken map[copyKey]int
	seen  map[copyKey][]int // by file
	files int
}

func newCopies(files int) *copies {
	return &copies{seed: maphash.MakeSeed(), taken: map[copyKey]int{}, seen: map[copyKey][]int{}, files: files}
}

// isNew tells that an event of a file is not a copy of one that another file had.
func (c *copies) isNew(file int, e *etl.Event) bool {
	if e.Time != c.at {
		c.at = e.Time
		clear(c.taken)
		clear(c.seen)
	}
	k := copyKey{e.Provider, e.ID, e.CPU, maphash.Bytes(c.seed, e.Payload)}
	if c.seen[k] == nil {
		c.seen[k] = make([]int, c.files)
	}
	c.seen[k][file]++
	if c.seen[k][file] <= c.taken[k] {
		return false
	}
	c.taken[k]++
	return true
}

// readCopies merges files of one capture by time: parts of it, and what they were merged
// to. An event that several of them have counts once.
func (t *Trace) readCopies(files []*traceFile) {
	once := newCopies(len(files))
	open := make([]*stream, len(files))
	for i, f := range files {
		open[i] = f.open()
		defer open[i].stop()
	}
	twice := 0
	for {
		at := -1
		for i, s := range open {
			if s.ok && (at < 0 || s.before(open[at])) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		s := open[at]
		if s.err == nil && !once.isNew(at, &s.e) {
			twice++
			s.count(&s.e)
		} else {
			t.take(s.traceFile, &s.e, s.err)
		}
		s.advance()
	}
	if twice > 0 {
		t.Source.diags = append(t.Source.diags, report.Diagnostic{Code: "trace-copies", Severity: "info", Count: twice})
	}
	t.findHoles(files)
}

// before tells that the next event of a stream comes first. Damage has no time and is
// told at once.
func (s *stream) before(o *stream) bool {
	return s.err != nil && o.err == nil || s.err == nil && o.err == nil && s.e.Time < o.e.Time
}

// findHoles counts the times between the parts of a capture that no file covers: what
// happened there was lost.
func (t *Trace) findHoles(files []*traceFile) {
	spans := make([]etl.Stats, len(files))
	for i, f := range files {
		spans[i] = f.stats()
	}
	slices.SortFunc(spans, func(a, b etl.Stats) int { return int(max(-1, min(1, a.First-b.First))) })
	until := spans[0].Last
	for _, s := range spans[1:] {
		if until > 0 && s.First > until+ticks(partsApart) {
			t.Lost.Gaps++
			t.limit("trace-hole", "")
		}
		until = max(until, s.Last)
	}
}
