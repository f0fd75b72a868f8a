package etl

import "encoding/binary"

// A slot knows of one kind of manifest events whether they are wanted. Most of a trace
// is events that nobody asked for, so they are told by a few loads each: the first
// eight bytes are size, header type, mark and flags; provider, id and version name the
// slot.
type slot struct {
	low, high uint64 // of the provider
	id        uint32 // id, and version in bits 16 to 23
	taken     bool
	wanted    bool
	passing   int16 // place among the providers that are counted by themselves, notFound
	n         int
}

func (s *slot) key() EventKey {
	k := EventKey{Kind: KindEvent, ID: uint16(s.id), Version: uint16(s.id >> 16)}
	binary.LittleEndian.PutUint64(k.Provider[:8], s.low)
	binary.LittleEndian.PutUint64(k.Provider[8:], s.high)
	return k
}

// slot gives the slot of an event, which is taken over from another if need be.
func (f *framer) slot(p *part, low, high uint64, id uint32) *slot {
	at := ((low ^ high>>3 ^ uint64(id)<<7) * 0x9e3779b97f4a7c15) >> 55
	s := &f.slots[at]
	if s.low != low || s.high != high || s.id != id || !s.taken {
		p.counts.add(s.key(), s.n)
		fresh := s.n == 0
		*s = slot{low: low, high: high, id: id, taken: true}
		k := s.key()
		s.wanted = f.r.wants(KindEvent, k.Provider, k.ID)
		s.passing = int16(f.r.passing(k.Provider))
		if fresh {
			f.inUse = append(f.inUse, int32(at))
		}
		return s
	}
	if s.n == 0 {
		f.inUse = append(f.inUse, int32(at))
	}
	return s
}

const (
	eventHeaderSize = 0x50
	// In the first eight bytes: EVENT_HEADER32 or 64 with its mark, and no
	// extended data.
	skimMask  = 0x0001_fffe_0000
	skimValue = 0x0000_c012_0000
)

// fillManifest does for a plain manifest event that was framed before what frame.fill
// does for any. It is false for others.
func (e *Event) fillManifest(b []byte) bool {
	le := binary.LittleEndian
	head := le.Uint64(b)
	if head&skimMask != skimValue {
		return false
	}
	size := int(head & 0xffff)
	h := b[:eventHeaderSize]
	e.Kind, e.HeaderType, e.PointerSize, e.Flags = KindEvent, h[2], 4, uint16(head>>32)
	if h[2] == typeEvent64 {
		e.PointerSize = 8
	}
	e.TID, e.PID = le.Uint32(h[8:]), le.Uint32(h[12:])
	e.Provider = GUID(h[0x18:0x28])
	e.ID, e.Version = le.Uint16(h[0x28:]), uint16(h[0x2a])
	e.Channel, e.Level, e.Opcode = h[0x2b], h[0x2c], h[0x2d]
	e.Task, e.Keyword = le.Uint16(h[0x2e:]), le.Uint64(h[0x30:])
	e.Activity = GUID(h[0x40:0x50])
	e.Ext, e.Payload = h[eventHeaderSize:eventHeaderSize:eventHeaderSize], b[eventHeaderSize:size:size]
	return true
}

// manifest frames plain manifest events up to the first of anything else.
func (f *framer) manifest(b *batch) {
	if b.next >= b.end {
		return // it may have no bytes at all
	}
	le := binary.LittleEndian
	p, buf, t0 := &b.part, b.buf[:b.end], f.r.header.T0
	at, record, used, gaps := b.next, b.index, 0, 0
	marks := p.marks
	for len(buf)-at >= eventHeaderSize && len(marks) < maxMarks {
		e := buf[at:]
		head := le.Uint64(e)
		size := int(head & 0xffff)
		if head&skimMask != skimValue || size < eventHeaderSize || size > len(e) {
			break
		}
		s := f.slot(p, le.Uint64(e[0x18:]), le.Uint64(e[0x20:]), le.Uint32(e[0x28:])&0xffffff)
		s.n++
		b.now = int64(le.Uint64(e[0x10:]))
		p.span(b.now, t0)
		if s.wanted {
			marks = append(marks, mark{b.now, place{int32(at), int32(record)}})
		} else if s.passing >= 0 {
			p.passed[s.passing].add(b.now)
		}
		record++
		next := alignEvent(size)
		used, gaps = used+size, gaps+min(next, len(e))-size
		at += next
	}
	p.marks = marks
	p.events += record - b.index
	b.next, b.index = at, record
	b.account(used, gaps, 0)
}
