package etl

import (
	"encoding/binary"
	"slices"
)

// A skim counts the manifest events that nobody asked for. Most of a trace is such
// events, so they are told by a few loads each: the first eight bytes are size,
// header type, mark and flags; provider, id and version name a slot that knows
// whether they are wanted.
type skim struct {
	slots [512]skimSlot
}

type skimSlot struct {
	low, high uint64 // of the provider
	id        uint32 // id, and version in bits 16 to 23
	wanted    bool
	n         int
}

func (s *skimSlot) key() EventKey {
	k := EventKey{Kind: KindEvent, ID: uint16(s.id), Version: uint16(s.id >> 16)}
	binary.LittleEndian.PutUint64(k.Provider[:8], s.low)
	binary.LittleEndian.PutUint64(k.Provider[8:], s.high)
	return k
}

// slot gives the slot of an event, which is taken over from another if need be.
func (w *walk) slot(low, high uint64, id uint32) *skimSlot {
	hash := (low ^ high>>3 ^ uint64(id)<<7) * 0x9e3779b97f4a7c15
	s := &w.skim.slots[hash>>55]
	if s.low == low && s.high == high && s.id == id && (s.n > 0 || s.wanted) {
		return s
	}
	w.tally.flush(s.key(), s.n)
	*s = skimSlot{low: low, high: high, id: id}
	s.wanted = slices.Contains(w.r.providers, s.key().Provider)
	return s
}

func (w *walk) flushSkim() {
	for i := range w.skim.slots {
		s := &w.skim.slots[i]
		w.tally.flush(s.key(), s.n)
		s.n = 0
	}
}

const (
	eventHeaderSize = 0x50
	// In the first eight bytes: EVENT_HEADER32 or 64 with its mark, and no
	// extended data.
	skimMask  = 0x0001_fffe_0000
	skimValue = 0x0000_c012_0000
)

// pass moves c over events that are only counted, up to the first that is wanted
// or is anything else than a plain manifest event.
func (w *walk) pass(c *cursor) {
	le := binary.LittleEndian
	at, events, used, gaps := c.next, 0, 0, 0
	for c.end-at >= eventHeaderSize {
		b := c.buf[at:c.end]
		head := le.Uint64(b)
		size := int(head & 0xffff)
		if head&skimMask != skimValue || size < eventHeaderSize || size > len(b) {
			break
		}
		s := w.slot(le.Uint64(b[0x18:]), le.Uint64(b[0x20:]), le.Uint32(b[0x28:])&0xffffff)
		if s.wanted {
			break
		}
		s.n++
		c.time = int64(le.Uint64(b[0x10:]))
		w.span(c.time)
		next := alignEvent(size)
		events, used, gaps = events+1, used+size, gaps+min(next, len(b))-size
		at += next
	}
	c.next = at
	c.record += events
	w.events += events
	w.account(!c.e.compressed(), used, gaps, 0)
}

// span widens what Stats tells of the first and last event.
func (w *walk) span(t int64) {
	if t == w.r.header.T0 {
		return
	}
	if w.lowest == noTime || t < w.lowest {
		w.lowest = t
	}
	w.highest = max(w.highest, t)
}
