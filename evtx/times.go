package evtx

import (
	"encoding/binary"
	"time"
)

// fileTime converts 100 ns since 1601-01-01 UTC.
func fileTime(t uint64) time.Time {
	const (
		epoch = 11644473600 // seconds from 1601 to 1970
		ticks = 10_000_000
	)
	return time.Unix(int64(t/ticks)-epoch, int64(t%ticks)*100).UTC()
}

// The times that are taken for one, as FILETIME: from 1970 on and before 2100.
const (
	earliest = 116444736000000000
	latest   = 157469184000000000
)

// eventTime converts a FILETIME; one that no event can have gives the zero time.
func eventTime(t uint64) time.Time {
	if t < earliest || t >= latest {
		return time.Time{}
	}
	return fileTime(t)
}

// systemTime reads a SYSTEMTIME: year, month, day of the week, day, hour, minute,
// second and millisecond, u16 each.
func systemTime(b []byte) (t time.Time, ok bool) {
	if len(b) != 16 {
		return t, false
	}
	n := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	t = time.Date(n(0), time.Month(n(1)), n(3), n(4), n(5), n(6), n(7)*1_000_000, time.UTC)
	// A date that is none comes out as another.
	same := t.Year() == n(0) && int(t.Month()) == n(1) && t.Day() == n(3) && t.Hour() == n(4) && t.Minute() == n(5) && t.Second() == n(6) && n(7) < 1000
	return t, same && n(0) > 0
}

// timeSlot remembers which value of a template is TimeCreated; one for each of
// some places a definition may have.
type timeSlot struct {
	definition uint32
	value      int32 // -1: it cannot be told
}

// stamp gives TimeCreated of a record as FILETIME without reading the rest of it,
// from a template as Windows writes them. ok is false for others.
func (d *decoder) stamp(f frame) (t uint64, ok bool) {
	at, end := f.offset+recordHeader, f.offset+f.size-4
	if end-at < fragmentHeader+instanceHeader || d.chunk[at] != tokenFragment || d.chunk[at+fragmentHeader] != tokenTemplate {
		return 0, false
	}
	in, err := d.header(at+fragmentHeader+1, end)
	if err != nil {
		return 0, false
	}
	slot := &d.slots[uint32(in.definition)*2654435761>>(32-slotBits)]
	if slot.definition != uint32(in.definition) {
		*slot = timeSlot{uint32(in.definition), d.timeValue(in.definition)}
	}
	le := binary.LittleEndian
	n := int(slot.value)
	if n < 0 || n >= in.count {
		return 0, false
	}
	at = in.descriptors + 4*in.count
	for i := range n {
		at += int(le.Uint16(d.chunk[in.descriptors+4*i:]))
	}
	if b := d.chunk[in.descriptors+4*n:]; le.Uint16(b) != 8 || b[2] != kindFileTime || at+8 > end {
		return 0, false
	}
	return le.Uint64(d.chunk[at:]), true
}

// timeValue finds the number of the value that is System/TimeCreated/@SystemTime in a
// definition, stepping over the elements before it by their sizes; -1 if there is none.
func (d *decoder) timeValue(definition int) int32 {
	le := binary.LittleEndian
	p := parser{decoder: d, at: definition + definitionHeader, inside: true}
	p.end = p.at + int(le.Uint32(d.chunk[definition+20:]))
	if p.skip(fragmentHeader) != nil || !p.enter(nameEvent) || !p.enter(nameSystem) {
		return -1
	}
	for n := 0; n < maxSystem && p.end-p.at > 7 && p.chunk[p.at]&^more == tokenOpen; n++ {
		size := int64(le.Uint32(p.chunk[p.at+3:]))
		next := int64(p.at) + 7 + size
		attributes := p.chunk[p.at]&more != 0
		p.at += 7
		n, err := p.name()
		switch {
		case err != nil || next > int64(p.end):
			return -1
		case n.known != nameTimeCreated:
			p.at = int(next)
			continue
		case !attributes || p.skip(5) != nil: // size of the attributes, token
			return -1
		}
		if n, err = p.name(); err != nil || n.known != nameSystemTime || p.end-p.at < 3 || p.chunk[p.at]&^more != tokenOptional && p.chunk[p.at]&^more != tokenSubstitution {
			return -1
		}
		return int32(le.Uint16(p.chunk[p.at+1:]))
	}
	return -1
}

// enter steps into an element, behind its start tag.
func (p *parser) enter(k known) bool {
	if p.end-p.at < 7 || p.chunk[p.at]&^more != tokenOpen {
		return false
	}
	attributes := p.chunk[p.at]&more != 0
	p.at += 7
	n, err := p.name()
	if err != nil || n.known != k {
		return false
	}
	if attributes {
		size, err := p.u32()
		if err != nil || p.skip(int(min(size, chunkSize))) != nil {
			return false
		}
	}
	return p.at < p.end && p.chunk[p.at] == tokenCloseOpen && p.skip(1) == nil
}
