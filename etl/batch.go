package etl

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A batch is one buffer while its events are framed, which needs nothing but the
// buffer: it may be done ahead of the walk, by a worker. Positions are from the start
// of the buffer, also of a compressed one.
type batch struct {
	e     *entry
	buf   []byte
	over  bool // it unpacks to more than a trace can hold
	left  split
	next  int // of what is not framed yet
	end   int
	now   int64 // of the last framed event that has a time
	index int   // of the next event in its buffer
	// fault is told after the last event, and then tail.
	fault, tail *FormatError
	framed      bool    // to its end
	sorted      []place // events by time, where processors share a buffer
	shared      bool    // sorted is in use
	part        part
}

// A place is the start of an event in its buffer, and its index there.
type place struct{ at, record int32 }

// A mark is an event that the walk has to stop at: one that is wanted, or one whose
// extended data do not fit, which is told.
type mark struct {
	time int64 // its own, or that of the event before it that has one
	place
}

// broken tells that the extended data do not fit; record is the complement then.
func (m *mark) broken() bool { return m.record < 0 }

// A part is what was framed of a buffer at one go: all of it, unless its events are
// very many.
type part struct {
	marks  []mark
	counts counts
	events int
	// Of a plain buffer; those of a compressed one were told when it was unpacked.
	eventBytes, padding, diagnosed int64
	lowest, highest                int64 // times, noTime when there are none
	passed                         []passedOver
}

// passedOver is Passed before its times are FILETIMEs.
type passedOver struct {
	n               int
	lowest, highest int64
}

func (p *passedOver) add(t int64) {
	if p.n == 0 {
		p.lowest, p.highest = t, t
	}
	p.n++
	p.lowest, p.highest = min(p.lowest, t), max(p.highest, t)
}

func (p *passedOver) join(o passedOver) {
	if o.n == 0 {
		return
	}
	if p.n == 0 {
		p.lowest, p.highest = o.lowest, o.highest
	}
	p.n += o.n
	p.lowest, p.highest = min(p.lowest, o.lowest), max(p.highest, o.highest)
}

// reset empties a part, which keeps its memory.
func (p *part) reset(providers int) {
	if p.marks == nil {
		p.marks, p.counts.list = make([]mark, 0, 64), make([]counted, 0, 32)
	}
	p.counts.reset()
	passed := slices.Grow(p.passed[:0], providers)[:providers]
	clear(passed)
	*p = part{marks: p.marks[:0], counts: p.counts, passed: passed, lowest: noTime, highest: noTime}
}

// span widens the times of a part.
func (p *part) span(t, t0 int64) {
	if t == t0 {
		return
	}
	if p.lowest == noTime || t < p.lowest {
		p.lowest = t
	}
	p.highest = max(p.highest, t)
}

// account adds to the bytes of a plain buffer.
func (b *batch) account(events, padding, diagnosed int) {
	if b.e.compressed() {
		return
	}
	b.part.eventBytes += int64(events)
	b.part.padding += int64(padding)
	b.part.diagnosed += int64(diagnosed)
}

// step moves to the start of the next event, whatever is there.
func (b *batch) step() (at int, ok bool) {
	if !b.shared {
		return b.next, b.next < b.end
	}
	if len(b.sorted) == 0 {
		return 0, false
	}
	at, b.index, b.sorted = int(b.sorted[0].at), int(b.sorted[0].record), b.sorted[1:]
	return at, true
}

// damage is the record of n bytes from a position on. In a compressed buffer they have
// no place in the file of their own, so the length is 0.
func (b *batch) damage(code string, at, n int) *FormatError {
	f := &FormatError{Code: code, Offset: b.e.off + int64(at), Length: int64(n)}
	if b.e.compressed() {
		f.Offset, f.Length = b.e.off, 0
	}
	rest := b.buf[at:b.end]
	f.Detail = fmt.Sprintf("buffer %d, at %#x of %#x: %x", b.e.index, at, b.end, rest[:min(len(rest), minEventSize)])
	return f
}

// sortEvents puts the events of a buffer that several processors wrote into the
// order of time. What cannot be framed stays at the end.
func (b *batch) sortEvents(session uint8) {
	type timed struct {
		time int64
		place
	}
	var events []timed
	at, now := b.next, b.now
	for at < b.end {
		f, code := frameEvent(b.buf[at:b.end], session)
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
	b.shared = true
	for _, e := range events {
		b.sorted = append(b.sorted, e.place)
	}
	if at < b.end {
		b.sorted = append(b.sorted, rest)
	}
}

// A framer frames the events of buffers, one buffer at a time.
type framer struct {
	r       *Reader
	slots   [512]slot
	inUse   []int32      // slots that have counted
	others  [256]counted // of other events, by a hash of the key
	hashes  []int32      // of others that have counted
	scratch []byte       // one compressed stream
}

// frame frames the next part of a buffer.
func (f *framer) frame(b *batch) {
	p := &b.part
	p.reset(len(f.r.wanted))
	for {
		if !b.shared {
			f.manifest(b)
		}
		if len(p.marks) >= maxMarks {
			break
		}
		at, ok := b.step()
		if !ok || !f.one(b, at) {
			b.framed = true
			if b.fault == nil {
				b.fault, b.tail = b.tail, nil
			}
			break
		}
	}
	f.flush(p)
}

// one frames the event at a position, whatever it is. It is false when nothing can
// follow.
func (f *framer) one(b *batch, at int) bool {
	rest := b.buf[at:b.end]
	if len(rest) >= 4 && binary.LittleEndian.Uint32(rest) == endOfBuffer {
		b.account(0, len(rest), 0)
		return false
	}
	e, code := frameEvent(rest, f.r.session)
	if code != "" {
		b.next = b.end
		b.account(0, 0, len(rest))
		if b.tail != nil && code == CodeEventSize {
			// What ends the buffer early is why its last event does not fit.
			if b.e.compressed() {
				return false
			}
			if b.tail.Length == 0 {
				code, b.tail = b.tail.Code, nil
			}
		}
		b.fault = b.damage(code, at, len(rest))
		return false
	}
	b.next = at + alignEvent(e.size)
	gap := min(alignEvent(e.size), len(rest)) - e.size
	here := place{int32(at), int32(b.index)}
	b.index++
	if e.timed {
		b.now = e.time
	}
	if e.badExt {
		b.account(0, gap, e.size)
		here.record = ^here.record
		b.part.marks = append(b.part.marks, mark{b.now, here})
		return true
	}
	b.account(e.size, gap, 0)
	f.count(b, &e, e.key(rest), here)
	return true
}

// count adds an event to the statistics, and marks it if it is wanted.
func (f *framer) count(b *batch, e *frame, k EventKey, here place) {
	p := &b.part
	hash := (uint(k.Provider[0]) + uint(k.ID)*5 + uint(k.Hook)*5 + uint(k.Opcode)*3 + uint(k.Version)) & 255
	o := &f.others[hash]
	if o.n == 0 {
		f.hashes = append(f.hashes, int32(hash))
	}
	if o.key != k {
		p.counts.add(o.key, o.n)
		*o = counted{key: k}
	}
	o.n++
	p.events++
	if e.timed {
		p.span(e.time, f.r.header.T0)
	}
	if f.r.wants(e.kind, k.Provider, k.ID) {
		p.marks = append(p.marks, mark{b.now, here})
	} else if e.kind == KindEvent || e.kind == KindFull {
		if i := f.r.passing(k.Provider); i >= 0 {
			p.passed[i].add(e.time)
		}
	}
}

// flush gives what the slots counted to the part.
func (f *framer) flush(p *part) {
	for _, i := range f.inUse {
		s := &f.slots[i]
		p.counts.add(s.key(), s.n)
		s.n = 0
	}
	f.inUse = f.inUse[:0]
	for _, i := range f.hashes {
		p.counts.add(f.others[i].key, f.others[i].n)
		f.others[i].n = 0
	}
	f.hashes = f.hashes[:0]
}
