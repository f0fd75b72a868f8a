package pkzip

import (
	"bytes"
	"encoding/binary"

	"portverdict/cmd/internal/bundle/archive"
)

const descriptorSignature = "PK\x07\x08"

// local reads the header that stands before an entry's data, and where those begin.
func (z *reader) local(at int64) (*header, int64, bool) {
	var fixed [localSize]byte
	if !readsAt(z.r, fixed[:], at) || string(fixed[:4]) != localSignature {
		return nil, 0, false
	}
	le := binary.LittleEndian
	h := &header{
		flags: le.Uint16(fixed[6:]), method: le.Uint16(fixed[8:]), crc: le.Uint32(fixed[14:]),
		packed: uint64(le.Uint32(fixed[18:])), size: uint64(le.Uint32(fixed[22:])), at: uint64(at),
	}
	names, extra := int(le.Uint16(fixed[26:])), int(le.Uint16(fixed[28:]))
	rest := make([]byte, names+extra)
	if !readsAt(z.r, rest, at+localSize) {
		return nil, 0, false
	}
	h.name, h.extra = rest[:names], rest[names:]
	h.read64(false)
	return h, at + localSize + int64(len(rest)), true
}

// walkHeaders yields the entries that a directory would name, from the headers before
// their data. What is wrong is told first, with how many entries were found.
func (z *reader) walkHeaders(wrong *archive.FormatError, yield func(archive.Entry, error) bool) {
	var first [4]byte
	if !readsAt(z.r, first[:], 0) {
		yield(archive.Entry{}, wrong)
		return
	}
	at := int64(0)
	if string(first[:]) == descriptorSignature { // the first of a split archive begins so
		at = 4
	}
	if _, _, ok := z.local(at); ok {
		wrong.Detail += "; its files are found by their own headers, and the last may be there in part"
	} else {
		wrong.Detail += "; none of its files is found"
	}
	if !yield(archive.Entry{}, wrong) {
		return
	}
	for {
		h, data, ok := z.local(at)
		if !ok {
			return
		}
		next, cut := z.measure(h, data)
		if !z.seen[at] {
			z.seen[at] = true
			e := archive.Entry{Name: h.text(), Size: size(h.size), Offset: data}
			z.open(&e, h, cut)
			if !yield(e, nil) {
				return
			}
		}
		if cut || next <= at {
			return
		}
		at = next
	}
}

// measure says where the next header begins, and whether the archive ends before that.
// Where the sizes stand behind the data they are looked for: they hold the distance.
func (z *reader) measure(h *header, data int64) (next int64, cut bool) {
	if h.flags&flagDescriptor == 0 || h.packed != 0 {
		if h.packed > uint64(z.size-data) {
			h.packed = uint64(z.size - data)
			return z.size, true
		}
		return data + int64(h.packed), false
	}
	if next, ok := z.descriptor(h, data); ok {
		return next, false
	}
	h.packed, h.unsure = uint64(z.size-data), true
	return z.size, true
}

// descriptor finds what stands behind an entry's data: an optional signature, u32
// checksum, and packed and unpacked size as u32 or as u64.
func (z *reader) descriptor(h *header, data int64) (next int64, ok bool) {
	const step, overlap = 64 << 10, 32
	buf := make([]byte, step+overlap)
	for from := data; from < z.size; from += step {
		n, err := z.r.ReadAt(buf[:min(step+overlap, z.size-from)], from)
		if n == 0 && err != nil {
			return 0, false
		}
		for at := 0; at < min(n, step); {
			i := bytes.Index(buf[at:n], []byte("PK"))
			if i < 0 || at+i >= step {
				break
			}
			at += i
			if next, ok := z.ends(h, data, from+int64(at)); ok {
				return next, true
			}
			at += 2
		}
	}
	return 0, false
}

// ends tells whether the "PK" at an offset begins a descriptor, or a header that one
// without a signature stands before.
func (z *reader) ends(h *header, data, at int64) (next int64, ok bool) {
	var b [24]byte
	n, _ := z.r.ReadAt(b[:], at)
	if n < 4 {
		return 0, false
	}
	switch string(b[:4]) {
	case descriptorSignature:
		for _, follows := range []bool{true, false} { // nothing does where the archive was cut
			for _, long := range []int64{12, 20} {
				if (!follows || z.begins(at+4+long)) && h.take(b[4:n], uint64(at-data), long) {
					return at + 4 + long, true
				}
			}
		}
	case localSignature, centralSignature:
		for _, long := range []int64{20, 12} {
			before := at - long
			if before >= data && readsAt(z.r, b[:long], before) && h.take(b[:long], uint64(before-data), long) {
				return at, true
			}
		}
	}
	return 0, false
}

// take reads a descriptor without its signature: u32 checksum, and packed and unpacked
// size as u32 or, where it is 20 bytes long, as u64. It must be of so many packed bytes.
func (h *header) take(b []byte, packed uint64, long int64) bool {
	le := binary.LittleEndian
	switch {
	case int64(len(b)) < long:
		return false
	case long == 20 && le.Uint64(b[4:]) == packed:
		h.crc, h.packed, h.size = le.Uint32(b), packed, le.Uint64(b[12:])
	case long == 12 && uint64(le.Uint32(b[4:])) == packed:
		h.crc, h.packed, h.size = le.Uint32(b), packed, uint64(le.Uint32(b[8:]))
	default:
		return false
	}
	return true
}

// begins tells whether a header stands at an offset.
func (z *reader) begins(at int64) bool {
	var b [4]byte
	return readsAt(z.r, b[:], at) && (string(b[:]) == localSignature || string(b[:]) == centralSignature)
}
