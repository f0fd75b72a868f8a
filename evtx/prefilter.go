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
	providers [][]byte  // lower case
	open      bool      // a provider's name is not ASCII: only match can tell
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
		f.providers = append(f.providers, name)
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
	for _, p := range f.providers {
		any = any || containsFold(b, p)
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
		if bytes.EqualFold(p, []byte(r.Provider)) {
			return true
		}
	}
	return false
}

// containsFold tells whether b holds the lower case ASCII name as UTF-16LE in any
// case.
func containsFold(b, name []byte) bool {
	for i := 0; i+2*len(name) <= len(b); i++ {
		if lower(b[i]) != name[0] || b[i+1] != 0 {
			continue
		}
		j := 1
		for j < len(name) && lower(b[i+2*j]) == name[j] && b[i+2*j+1] == 0 {
			j++
		}
		if j == len(name) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}
