package etl

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

const noTime = math.MinInt64

// A cursor stands on one event of an open buffer, or on the damage that ends
// it. Positions are from the start of the buffer, also of a compressed one.
type cursor struct {
	buf    []byte
	e      *entry
	at     int // of the current event
	next   int
	end    int
	time   int64 // of the current event, or of the last one that has a time
	record int   // of the next event
	frame  frame
	key    EventKey
	fault  *FormatError // told before the walk goes on
	tail   *FormatError // told after the last event
	skip   bool         // the current event is damaged: only fault is told
	done   bool         // no event is left
	sorted []place      // events by time, where processors share a buffer
	shared bool         // sorted is in use
}

// A place is the start of an event in its buffer, and its index there.
type place struct{ at, record int32 }

// A walk is one pass over the events.
type walk struct {
	r       *Reader
	yield   func(Event, error) bool
	stopped bool
	heap    []*cursor
	idle    []*cursor
	held    int // bytes of open buffers
	opened  int // of r.order
	late    bool
	told    int
	events  int
	lowest  int64
	highest int64
	tally   tally
	skim    skim
	event   Event
}

func (w *walk) run() {
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
		if c.fault != nil {
			w.tell(c.fault)
			c.fault = nil
			if c.skip {
				c.skip = false
				w.advance(c)
			}
		} else if !c.done {
			w.emit(c)
			w.advance(c)
		}
		if c.done && c.fault == nil {
			c.fault, c.tail = c.tail, nil
			if c.fault == nil {
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
			w.tell(&FormatError{Code: CodeSequenceGap, Offset: e.off, Detail: fmt.Sprintf("%d buffers missing before number %d", missing, e.seq)})
		}
		if e.end == 0 {
			w.r.stats.DiagnosedBytes += e.gap
			w.tell(&FormatError{Code: e.code, Offset: e.off, Length: e.gap})
			continue
		}
		w.openBuffer(e)
	}
}

func (w *walk) openBuffer(e *entry) {
	c := &cursor{}
	if n := len(w.idle); n > 0 {
		c, w.idle = w.idle[n-1], w.idle[:n-1]
		*c = cursor{sorted: c.sorted[:0]}
	}
	left := w.r.loadCursor(c, e)
	s := &w.r.stats
	s.HeaderBytes += left.header
	s.EventBytes += left.stream
	s.PaddingBytes += left.padding
	s.DiagnosedBytes += left.diagnosed
	w.held += cap(c.buf)
	c.time = e.first
	if w.r.header.LogFileMode&modeNoPerProcessor != 0 {
		c.sortEvents(w.r.session)
	}
	w.advance(c)
	w.heap = append(w.heap, c)
	w.up(len(w.heap) - 1)
}

// advance moves c to the next event to yield, or to the damage before it.
func (w *walk) advance(c *cursor) {
	plain := !c.e.compressed()
	for {
		if w.r.filter && !c.shared {
			w.pass(c)
		}
		if !c.step() {
			break
		}
		b := c.buf[c.at:c.end]
		var code string
		if len(b) >= 4 && binary.LittleEndian.Uint32(b) == endOfBuffer {
			w.account(plain, 0, len(b), 0)
			break
		}
		c.frame, code = frameEvent(b, w.r.session)
		if code != "" {
			c.next = c.end
			w.account(plain, 0, 0, len(b))
			if c.tail != nil && code == CodeEventSize {
				// What ends the buffer early is why its last event does not fit.
				if !plain {
					break
				}
				if c.tail.Length == 0 {
					code, c.tail = c.tail.Code, nil
				}
			}
			c.fault = c.damage(code, len(b))
			break
		}
		f := &c.frame
		c.next = c.at + alignEvent(f.size)
		size, gap := f.size, min(alignEvent(f.size), len(b))-f.size
		c.record++
		if f.timed {
			c.time = f.time
		}
		if f.badExt {
			w.account(plain, 0, gap, size)
			c.fault, c.skip = c.damage(CodeExtendedData, size), true
			return
		}
		w.account(plain, size, gap, 0)
		if w.count(c, b) {
			return
		}
	}
	c.done = true
	if c.fault == nil {
		c.fault, c.tail = c.tail, nil
	}
}

// step moves to the start of the next event, whatever is there.
func (c *cursor) step() bool {
	if !c.shared {
		c.at = c.next
		return c.at < c.end
	}
	if len(c.sorted) == 0 {
		return false
	}
	c.at, c.record, c.sorted = int(c.sorted[0].at), int(c.sorted[0].record), c.sorted[1:]
	return true
}

// damage is the record of n bytes of the current position on. In a compressed
// buffer they have no place in the file of their own, so the length is 0.
func (c *cursor) damage(code string, n int) *FormatError {
	f := &FormatError{Code: code, Offset: c.e.off + int64(c.at), Length: int64(n)}
	if c.e.compressed() {
		f.Offset, f.Length = c.e.off, 0
	}
	b := c.buf[c.at:c.end]
	f.Detail = fmt.Sprintf("buffer %d, at %#x of %#x: %x", c.e.index, c.at, c.end, b[:min(len(b), minEventSize)])
	return f
}

// sortEvents puts the events of a buffer that several processors wrote into the
// order of time. What cannot be framed stays at the end.
func (c *cursor) sortEvents(session uint8) {
	type timed struct {
		time int64
		place
	}
	var events []timed
	at, now := c.next, c.time
	for at < c.end {
		f, code := frameEvent(c.buf[at:c.end], session)
		if code != "" {
			break
		}
		if f.timed {
			now = f.time
		}
		events = append(events, timed{now, place{int32(at), int32(len(events))}})
		at += alignEvent(f.size)
	}
	rest := place{int32(at), int32(len(events))}
	slices.SortStableFunc(events, func(a, b timed) int { return compareInt(a.time, b.time) })
	c.shared = true
	for _, e := range events {
		c.sorted = append(c.sorted, e.place)
	}
	if at < c.end {
		c.sorted = append(c.sorted, rest)
	}
}

// account adds to the bytes of a plain buffer; those of a compressed one were
// added when it was opened.
func (w *walk) account(plain bool, events, padding, diagnosed int) {
	if !plain {
		return
	}
	s := &w.r.stats
	s.EventBytes += int64(events)
	s.PaddingBytes += int64(padding)
	s.DiagnosedBytes += int64(diagnosed)
}

// count adds the current event to the statistics and says whether it is wanted.
func (w *walk) count(c *cursor, b []byte) bool {
	f := &c.frame
	c.key = f.key(b)
	w.tally.add(c.key)
	w.events++
	if f.timed {
		w.span(f.time)
	}
	return !w.r.filter ||
		(f.kind == KindEvent || f.kind == KindFull) && slices.Contains(w.r.providers, c.key.Provider)
}

func (w *walk) emit(c *cursor) {
	b := c.buf[c.at : c.at+c.frame.size]
	w.event = Event{
		CPU: c.e.cpu, Time: w.r.clock.fileTime(c.time), RawTime: c.time,
		Buffer: int(c.e.index), Record: c.record - 1, Offset: c.e.off,
	}
	if !c.e.compressed() {
		w.event.Offset += int64(c.at)
	}
	c.frame.fill(&w.event, b, c.key)
	w.stopped = !w.yield(w.event, nil)
}

func (w *walk) tell(f *FormatError) {
	if w.stopped || w.told > maxDiagnosed {
		return
	}
	if w.told++; w.told > maxDiagnosed {
		f = &FormatError{Code: CodeLimit, Offset: f.Offset, Detail: "more damage than is told"}
	}
	w.stopped = !w.yield(Event{}, f)
}

// close takes the first cursor off the heap.
func (w *walk) close() {
	c, last := w.heap[0], len(w.heap)-1
	w.heap[0] = w.heap[last]
	w.heap = w.heap[:last]
	w.held -= cap(c.buf)
	w.r.release(c)
	w.idle = append(w.idle, c)
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
