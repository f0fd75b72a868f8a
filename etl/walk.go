package etl

import (
	"encoding/binary"
	"fmt"
	"math"
)

const noTime = math.MinInt64

// A cursor stands on one event of an open buffer, or on the damage that ends
// it.
type cursor struct {
	batch
	mark   int   // the next one of the part
	at     int   // of the current event
	time   int64 // of the current event, or of the last one that has a time
	record int   // of the current event
	told   *FormatError
	skip   bool // the current event is damaged: only told is told
	done   bool // no event is left
}

// begin sets c to a buffer that is not read yet.
func (c *cursor) begin(e *entry) {
	*c = cursor{batch: batch{e: e, now: e.first, sorted: c.sorted[:0], part: c.part}, time: e.first}
}

// A walk is one pass over the events.
type walk struct {
	r       *Reader
	yield   func(*Event, error) bool
	ahead   *ahead
	stopped bool
	heap    []*cursor
	held    int // bytes of open buffers
	opened  int // of r.order
	late    bool
	told    int
	events  int
	lowest  int64
	highest int64
	passed  []passedOver
	event   Event
}

func newWalk(r *Reader, yield func(*Event, error) bool) *walk {
	return &walk{r: r, yield: yield, ahead: newAhead(r), lowest: noTime, highest: noTime, passed: make([]passedOver, len(r.wanted))}
}

func (w *walk) run() {
	defer w.ahead.wait()
	if !w.r.clockOK {
		h := &w.r.header
		w.tell(&FormatError{Code: CodeClock, Offset: headerEventAt, Detail: fmt.Sprintf(
			"clock %d, %d counts a second, %d MHz", h.Clock, h.PerfFreq, h.CPUSpeedMHz)})
	}
	for !w.stopped {
		w.open()
		if len(w.heap) == 0 {
			break
		}
		c := w.heap[0]
		if c.told != nil {
			w.tell(c.told)
			c.told = nil
			if c.skip {
				c.skip = false
				w.advance(c)
			}
		} else if !c.done {
			w.emit(c)
			w.advance(c)
		}
		if c.done && c.told == nil {
			c.told, c.tail = c.tail, nil
			if c.told == nil {
				w.close()
				continue
			}
		}
		w.down(0)
	}
	for len(w.heap) > 0 {
		w.close()
	}
}

// open opens the buffers that begin at or before the current event.
func (w *walk) open() {
	for w.opened < len(w.r.order) && !w.stopped {
		at := w.r.order[w.opened]
		e := &w.r.index[at]
		if len(w.heap) > 0 && (e.first > w.heap[0].time || e.end == 0 && e.first == w.heap[0].time) {
			return // damage is told after the events of the time before it
		}
		if len(w.heap) > 0 && w.held+int(e.end) > maxHeld {
			if !w.late {
				w.late = true
				w.tell(&FormatError{Code: CodeLimit, Offset: e.off, Detail: "too many buffers overlap; the order of events is not exact from here"})
			}
			return
		}
		w.opened++
		if missing, gap := w.r.gaps[at]; gap {
			w.tell(&FormatError{Code: CodeSequenceGap, Offset: e.off, Detail: missingBuffers(missing, e.seq)})
		}
		if e.end == 0 {
			w.r.stats.DiagnosedBytes += e.gap
			w.tell(&FormatError{Code: e.code, Offset: e.off, Length: e.gap})
			continue
		}
		w.openBuffer()
	}
}

func (w *walk) openBuffer() {
	c := w.ahead.cursor()
	s := &w.r.stats
	s.HeaderBytes += c.left.header
	s.EventBytes += c.left.stream
	s.PaddingBytes += c.left.padding
	s.DiagnosedBytes += c.left.diagnosed
	w.held += cap(c.buf)
	w.add(&c.part)
	w.advance(c)
	w.heap = append(w.heap, c)
	w.up(len(w.heap) - 1)
}

// add adds what was framed to the statistics.
func (w *walk) add(p *part) {
	s := &w.r.stats
	s.EventBytes += p.eventBytes
	s.PaddingBytes += p.padding
	s.DiagnosedBytes += p.diagnosed
	s.count(p.counts.list)
	w.events += p.events
	if p.lowest != noTime && (w.lowest == noTime || p.lowest < w.lowest) {
		w.lowest = p.lowest
	}
	w.highest = max(w.highest, p.highest)
	for i := range p.passed {
		w.passed[i].join(p.passed[i])
	}
}

// settle gives Stats what is only known at the end of a walk.
func (w *walk) settle() {
	s := &w.r.stats
	s.Events = w.events
	if w.lowest != noTime {
		s.First, s.Last = w.r.clock.fileTime(w.lowest), w.r.clock.fileTime(w.highest)
	}
	for i, p := range w.passed {
		if p.n > 0 {
			s.Passed[w.r.wanted[i].Provider] = Passed{p.n, w.r.clock.fileTime(p.lowest), w.r.clock.fileTime(p.highest)}
		}
	}
}

// advance moves c to the next event to yield, or to the damage before it.
func (w *walk) advance(c *cursor) {
	for c.mark == len(c.part.marks) {
		if c.framed {
			c.done, c.time, c.told = true, c.now, c.fault
			return
		}
		w.ahead.own.frame(&c.batch)
		w.add(&c.part)
		c.mark = 0
	}
	m := &c.part.marks[c.mark]
	c.mark++
	c.time, c.at, c.record = m.time, int(m.at), int(m.record)
	if m.broken() {
		size := int(binary.LittleEndian.Uint16(c.buf[c.at:]))
		c.told, c.skip = c.damage(CodeExtendedData, c.at, size), true
	}
}

func (w *walk) emit(c *cursor) {
	b := c.buf[c.at:c.end]
	e := &w.event
	*e = Event{
		CPU: c.e.cpu, Time: w.r.clock.fileTime(c.time), RawTime: c.time,
		Buffer: int(c.e.index), Record: c.record, Offset: c.e.off,
	}
	if !c.e.compressed() {
		e.Offset += int64(c.at)
	}
	if !e.fillManifest(b) {
		f, _ := frameEvent(b, w.r.session)
		f.fill(e, b[:f.size], f.key(b))
	}
	w.stopped = !w.yield(e, nil)
}

func (w *walk) tell(f *FormatError) {
	if w.stopped || w.told > maxDiagnosed {
		return
	}
	if w.told++; w.told > maxDiagnosed {
		f = &FormatError{Code: CodeLimit, Offset: f.Offset, Detail: "more damage than is told"}
	}
	w.stopped = !w.yield(nil, f)
}

// close takes the first cursor off the heap.
func (w *walk) close() {
	c, last := w.heap[0], len(w.heap)-1
	w.heap[0] = w.heap[last]
	w.heap = w.heap[:last]
	w.held -= cap(c.buf)
	w.r.release(c.buf)
	c.buf = nil
	w.ahead.idle = append(w.ahead.idle, c)
	w.down(0)
}

// before orders cursors by time, and by place in the file at one time.
func before(a, b *cursor) bool {
	return a.time < b.time || a.time == b.time && a.e.index < b.e.index
}

func (w *walk) up(i int) {
	for i > 0 {
		p := (i - 1) / 2
		if !before(w.heap[i], w.heap[p]) {
			return
		}
		w.heap[i], w.heap[p] = w.heap[p], w.heap[i]
		i = p
	}
}

func (w *walk) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(w.heap); child++ {
			if before(w.heap[child], w.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		w.heap[i], w.heap[least] = w.heap[least], w.heap[i]
		i = least
	}
}

// missingBuffers words a gap in the numbers of buffers.
func missingBuffers(n, before int64) string {
	if n == 1 {
		return fmt.Sprintf("1 buffer is missing before buffer %d", before)
	}
	return fmt.Sprintf("%d buffers are missing before buffer %d", n, before)
}
