package evtx

import (
	"encoding/binary"
	"strings"
)

// filter chooses records. Which of them can be chosen their templates mostly tell: who
// wrote the record stands in the template as a text, and which of its values are the id
// and the time.
type filter struct {
	ids       []uint64 // a bit each, nil for all
	providers []string // nil for all
}

func newFilter(o *Options) filter {
	f := filter{providers: o.Providers}
	if len(o.IDs) > 0 {
		f.ids = make([]uint64, 1<<16/64)
	}
	for _, id := range o.IDs {
		f.ids[id/64] |= 1 << (id % 64)
	}
	return f
}

// everything reports whether no record is chosen among others.
func (f *filter) everything() bool { return f.ids == nil && len(f.providers) == 0 }

func (f *filter) id(id uint16) bool { return f.ids == nil || f.ids[id/64]>>(id%64)&1 != 0 }

func (f *filter) provider(name string) bool {
	for _, p := range f.providers {
		if strings.EqualFold(p, name) {
			return true
		}
	}
	return len(f.providers) == 0
}

// match is the final word on a decoded record.
func (f *filter) match(r *Record) bool { return f.id(r.ID) && f.provider(r.Provider) }

// glance is what a record shows that is not decoded.
type glance struct {
	time  uint64 // TimeCreated, a FILETIME, 0 when it is not known
	timed bool   // time is known
	may   bool   // the record may be one of those that are wanted: what is not known may be
}

// glance looks at the record f.
func (d *decoder) glance(f frame) glance {
	g := glance{may: true}
	at, end := f.offset+recordHeader, f.offset+f.size-4
	if end-at < fragmentHeader+instanceHeader || d.chunk[at] != tokenFragment || d.chunk[at+fragmentHeader] != tokenTemplate {
		return g
	}
	in, err := d.header(at+fragmentHeader+1, end)
	if err != nil {
		return g
	}
	s := &d.shapes[uint32(in.definition)*2654435761>>(32-shapeBits)]
	if s.definition != uint32(in.definition) {
		*s = d.shapeOf(in.definition)
	}
	g.may = s.wanted
	le := binary.LittleEndian
	at = in.descriptors + 4*in.count
	for i := range min(in.count, int(max(s.id, s.time)+1)) {
		b := d.chunk[in.descriptors+4*i:]
		size := int(le.Uint16(b))
		switch {
		case at+size > end:
			return g
		case i == int(s.id) && size == 2 && b[2] == kindUint16:
			g.may = g.may && d.filter.id(le.Uint16(d.chunk[at:]))
		case i == int(s.time) && size == 8 && b[2] == kindFileTime:
			g.time, g.timed = le.Uint64(d.chunk[at:]), true
		}
		at += size
	}
	return g
}

// shape is what a template says of System in its records.
type shape struct {
	definition uint32
	id, time   int32 // number of the value that is EventID and TimeCreated/@SystemTime; -1: it cannot be told
	wanted     bool  // the provider is one of the wanted, or cannot be told
}

// shapeOf steps over the elements of System in a definition by their sizes.
func (d *decoder) shapeOf(definition int) shape {
	s := shape{uint32(definition), -1, -1, true}
	p := parser{decoder: d, at: definition + definitionHeader, inside: true}
	p.end = p.at + int(binary.LittleEndian.Uint32(d.chunk[definition+20:]))
	if p.skip(fragmentHeader) != nil || !p.enter(nameEvent) || !p.enter(nameSystem) {
		return s
	}
	providers, ids := 0, 0
	for range maxSystem {
		if p.at < p.end && p.chunk[p.at] == tokenClose {
			if providers != 1 {
				s.wanted = true
			}
			if ids != 1 {
				s.id = -1
			}
			return s
		}
		t, ok := p.tag()
		if !ok {
			break
		}
		switch t.known {
		case nameProvider:
			providers++
			s.wanted = p.wantedProvider(t)
		case nameEventID:
			ids++
			s.id = p.only(tokenCloseOpen)
		case nameTimeCreated:
			s.time = p.createdAt(t)
		}
		p.at = t.next
	}
	return shape{uint32(definition), -1, s.time, true}
}

// tag is a start tag that was stepped over: the parser stands behind its attributes.
type tag struct {
	known      known
	attributes int // where they begin in the chunk, 0 if there are none
	next       int // behind the element
}

// tag reads a start tag of a template.
func (p *parser) tag() (t tag, ok bool) {
	if p.end-p.at < 7 || p.chunk[p.at]&^more != tokenOpen {
		return t, false
	}
	attributes := p.chunk[p.at]&more != 0
	next := int64(p.at) + 7 + int64(binary.LittleEndian.Uint32(p.chunk[p.at+3:]))
	p.at += 7
	n, err := p.name()
	if err != nil || next > int64(p.end) {
		return t, false
	}
	t.known, t.next = n.known, int(next)
	if attributes {
		size, err := p.u32()
		if t.attributes = p.at; err != nil || p.skip(int(min(size, chunkSize))) != nil {
			return t, false
		}
	}
	return t, true
}

// enter steps into an element, behind its start tag.
func (p *parser) enter(k known) bool {
	t, ok := p.tag()
	return ok && t.known == k && p.at < p.end && p.chunk[p.at] == tokenCloseOpen && p.skip(1) == nil
}

// only gives the number of the value that stands alone behind a token, -1 for anything else.
func (p *parser) only(token byte) int32 {
	b := p.chunk[p.at:p.end]
	if len(b) < 6 || b[0] != token || b[1] != tokenSubstitution && b[1] != tokenOptional || b[5] != tokenClose {
		return -1
	}
	return int32(binary.LittleEndian.Uint16(b[2:]))
}

// createdAt gives the number of the value that is the first attribute of TimeCreated.
func (p *parser) createdAt(t tag) int32 {
	p.at = t.attributes
	if t.attributes == 0 || p.skip(1) != nil { // token
		return -1
	}
	n, err := p.name()
	if err != nil || n.known != nameSystemTime || p.end-p.at < 3 || p.chunk[p.at]&^more != tokenOptional && p.chunk[p.at]&^more != tokenSubstitution {
		return -1
	}
	return int32(binary.LittleEndian.Uint16(p.chunk[p.at+1:]))
}

// wantedProvider reports whether Provider may name a wanted one: its first attribute is
// mostly Name, a text.
func (p *parser) wantedProvider(t tag) bool {
	end := p.at
	p.at = t.attributes
	if t.attributes == 0 || p.skip(1) != nil { // token
		return true
	}
	n, err := p.name()
	if err != nil || n.known != nameName || end-p.at < 2 || p.chunk[p.at] != tokenValue || p.chunk[p.at+1] != kindString {
		return true
	}
	p.at += 2
	units, err := p.u16()
	at := p.at
	if err != nil || p.skip(2*int(units)) != nil || p.at > end || p.at < end && p.chunk[p.at]&^more != tokenAttribute {
		return true
	}
	raw := p.chunk[at:p.at]
	wanted, known := p.wanted[string(raw)]
	if !known {
		if len(p.wanted) >= maxInterned {
			clear(p.wanted)
		}
		wanted = p.filter.provider(string(appendWide(nil, raw)))
		p.wanted[string(raw)] = wanted
	}
	return wanted
}
