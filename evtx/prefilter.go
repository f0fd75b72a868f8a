package evtx

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// filter tells without decoding which records can be the ones that are wanted. It
// may let others pass, and never holds back one that is.
type filter struct {
	ids       map[uint16]bool
	ids16     [][2]byte // little endian
	digits    [][]byte  // UTF-16LE
	providers []needle
	open      bool // a provider's name is not ASCII: only match can tell
}

func newFilter(o *Options) filter {
	f := filter{ids: map[uint16]bool{}}
	for _, id := range o.IDs {
		f.ids[id] = true
		var le [2]byte
		binary.LittleEndian.PutUint16(le[:], id)
		f.ids16 = append(f.ids16, le)
		f.digits = append(f.digits, wide([]byte(strconv.Itoa(int(id)))))
	}
	for _, p := range o.Providers {
		name := bytes.ToLower([]byte(p))
		f.providers = append(f.providers, newNeedle(name))
		f.open = f.open || len(name) == 0 || bytes.IndexFunc(name, func(r rune) bool { return r >= 0x80 }) >= 0
	}
	return f
}

func wide(ascii []byte) []byte {
	out := make([]byte, 0, 2*len(ascii))
	for _, c := range ascii {
		out = append(out, c, 0)
	}
	return out
}

// chunk reports whether the chunk can hold a wanted record: a provider's name is a
// literal in a template of the same chunk. all tells that an id may be a literal
// too, so that each of its records must be decoded.
func (f *filter) chunk(b []byte) (any, all bool) {
	any = len(f.providers) == 0 || f.open || f.names(b)
	if !any {
		return false, false
	}
	all = len(f.digits) == 0
	for _, d := range f.digits {
		all = all || bytes.Contains(b, d)
	}
	return true, all
}

// record reports whether a record can be wanted: one of the providers' names is in
// its template or in itself, and one of the ids is in it, or may be (all).
func (f *filter) record(chunk []byte, r frame, all bool, templates map[uint32]bool) bool {
	b := chunk[r.offset : r.offset+r.size]
	if !all && !f.hasID(b) {
		return false
	}
	if len(f.providers) == 0 || f.open {
		return true
	}
	at, definition := templateOf(chunk, b)
	if definition == nil {
		return true
	}
	named, known := templates[at]
	if !known {
		named = f.names(definition)
		templates[at] = named
	}
	return named || f.names(b)
}

func (f *filter) hasID(b []byte) bool {
	for _, id := range f.ids16 {
		if bytes.Contains(b, id[:]) {
			return true
		}
	}
	return len(f.ids16) == 0
}

func (f *filter) names(b []byte) bool {
	for i := range f.providers {
		if f.providers[i].in(b) {
			return true
		}
	}
	return false
}

// templateOf finds the template definition of the record b: fragment header @24,
// template instance @28 with token 0C, the definition's offset u32 @34; a
// definition is an offset u32, a GUID, the size u32 @20, and that many bytes.
func templateOf(chunk, b []byte) (at uint32, definition []byte) {
	if len(b) < 38 || b[24] != 0x0f || b[28] != 0x0c {
		return 0, nil
	}
	at = binary.LittleEndian.Uint32(b[34:])
	if int64(at)+24 > int64(len(chunk)) {
		return 0, nil
	}
	definition = chunk[at:]
	size := int64(binary.LittleEndian.Uint32(definition[20:])) + 24
	return at, definition[:min(size, int64(len(definition)))]
}

// everything reports whether no record is chosen among others.
func (f *filter) everything() bool { return len(f.ids) == 0 && len(f.providers) == 0 }

// match is the final word on a decoded record.
func (f *filter) match(r *Record) bool {
	if len(f.ids) > 0 && !f.ids[r.ID] {
		return false
	}
	if len(f.providers) == 0 {
		return true
	}
	for _, p := range f.providers {
		if bytes.EqualFold(p.name, []byte(r.Provider)) {
			return true
		}
	}
	return false
}

// needle is a name to look for as UTF-16LE in any case and at any byte: its last up
// to four characters, which tell more than the first ("Microsoft-Windows-"), as the
// bytes of one word with bit 5 set in each byte, and what of a word counts. Bit 5 is
// the case of a letter; that it is set in the zeros too lets one OR serve every
// alignment.
type needle struct {
	word, mask uint64
	name       []byte // lower case ASCII
	back       int    // bytes from the start of the name to the word
}

const everyBit5 = 0x2020_2020_2020_2020

func newNeedle(name []byte) needle {
	n := needle{name: name, back: 2 * max(len(name)-4, 0)}
	for i, c := range name[n.back/2:] {
		n.word |= (uint64(c) | 0x2020) << (16 * i)
		n.mask |= 0xffff << (16 * i)
	}
	return n
}

// in reports whether the name is in b.
func (n *needle) in(b []byte) bool {
	le := binary.LittleEndian
	w, m := n.word, n.mask
	at := 0
	for rest := b; len(rest) >= 16; rest = rest[8:] {
		if (le.Uint64(rest)|everyBit5)&m == w || (le.Uint64(rest[1:])|everyBit5)&m == w ||
			(le.Uint64(rest[2:])|everyBit5)&m == w || (le.Uint64(rest[3:])|everyBit5)&m == w ||
			(le.Uint64(rest[4:])|everyBit5)&m == w || (le.Uint64(rest[5:])|everyBit5)&m == w ||
			(le.Uint64(rest[6:])|everyBit5)&m == w || (le.Uint64(rest[7:])|everyBit5)&m == w {
			for i := range 8 {
				if n.at(b, at+i-n.back) {
					return true
				}
			}
		}
		at += 8
	}
	for ; at < len(b); at++ {
		if n.at(b, at-n.back) {
			return true
		}
	}
	return false
}

func (n *needle) at(b []byte, i int) bool { return i >= 0 && equalFold(b[i:], n.name) }

func equalFold(b, name []byte) bool {
	if len(b) < 2*len(name) {
		return false
	}
	for j, c := range name {
		if lower(b[2*j]) != c || b[2*j+1] != 0 {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
