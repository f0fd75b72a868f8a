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

// chunk tells whether the chunk can hold a wanted record: a provider's name is a
// literal in a template of the same chunk. all tells that an id may be a literal
// too, so that each of its records must be decoded.
func (f *filter) chunk(b []byte) (any, all bool) {
	any = len(f.providers) == 0 || f.open
	for i := range f.providers {
		any = any || f.providers[i].in(b)
	}
	if !any {
		return false, false
	}
	all = len(f.digits) == 0
	for _, d := range f.digits {
		all = all || bytes.Contains(b, d)
	}
	return true, all
}

// record tells whether the bytes of a record can hold one of the ids.
func (f *filter) record(b []byte) bool {
	for _, id := range f.ids16 {
		if bytes.Contains(b, id[:]) {
			return true
		}
	}
	return false
}

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

// needle is a name to look for as UTF-16LE in any case and at any byte: its first
// up to four characters as the bytes of one word, with bit 5 set in each byte, and
// what of a word counts. Bit 5 is the case of a letter; that it is set in the zeros
// too lets one OR serve every alignment.
type needle struct {
	word, mask uint64
	name       []byte // lower case ASCII
}

const everyBit5 = 0x2020_2020_2020_2020

func newNeedle(name []byte) needle {
	n := needle{name: name}
	for i, c := range name[:min(len(name), 4)] {
		n.word |= (uint64(c) | 0x2020) << (16 * i)
		n.mask |= 0xffff << (16 * i)
	}
	return n
}

// in tells whether the name is in b.
func (n *needle) in(b []byte) bool {
	le := binary.LittleEndian
	w, m := n.word, n.mask
	rest := b
	for ; len(rest) >= 16; rest = rest[8:] {
		if (le.Uint64(rest)|everyBit5)&m == w || (le.Uint64(rest[1:])|everyBit5)&m == w ||
			(le.Uint64(rest[2:])|everyBit5)&m == w || (le.Uint64(rest[3:])|everyBit5)&m == w ||
			(le.Uint64(rest[4:])|everyBit5)&m == w || (le.Uint64(rest[5:])|everyBit5)&m == w ||
			(le.Uint64(rest[6:])|everyBit5)&m == w || (le.Uint64(rest[7:])|everyBit5)&m == w {
			for i := range 8 {
				if equalFold(rest[i:], n.name) {
					return true
				}
			}
		}
	}
	for i := range rest {
		if equalFold(rest[i:], n.name) {
			return true
		}
	}
	return false
}

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
