package schema

import (
	"bytes"
	"encoding/binary"

	"portverdict/etl"
)

// Types of extended data items.
const (
	extTraceLogging   = 0x0b
	extProviderTraits = 0x0c
)

// extItem is the data of the first extended item of a type.
func extItem(ext []byte, kind uint16) []byte {
	for k, data := range extItems(ext) {
		if k == kind {
			return data
		}
	}
	return nil
}

// traitsName is the provider name in the traits: u16 size of all, then UTF-8 to a NUL.
func traitsName(b []byte) string {
	if len(b) < 3 {
		return ""
	}
	return string(untilNUL(b[2:]))
}

func untilNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return b[:min(len(b), maxName)]
}

// description reads a TraceLogging event description: u16 size of all, tag bytes
// (bit 7: another follows), name, fields.
type description struct {
	b   []byte
	bad bool
	l   *layout
}

func parseTraceLogging(b []byte, provider string) (*layout, bool) {
	if len(b) < 4 {
		return nil, false
	}
	size := int(binary.LittleEndian.Uint16(b))
	if size < 4 || size > len(b) {
		return nil, false
	}
	d := description{b: b[2:size], l: &layout{provider: provider, source: SourceTraceLogging}}
	d.tags()
	d.l.name = d.name()
	fields, ok := d.fields(-1, 0)
	if !ok || d.bad {
		return nil, false
	}
	d.l.top = d.place(fields)
	return d.l, d.l.sound()
}

// field is a property and, of a struct, its members.
type field struct {
	property
	inner []field
}

// place puts the fields of one level next to one another and then the members of
// its structs, as TRACE_EVENT_INFO has them.
func (d *description) place(fields []field) int {
	at := len(d.l.props)
	for _, f := range fields {
		d.l.props = append(d.l.props, f.property)
	}
	for i, f := range fields {
		if f.isStruct {
			first := len(d.l.props)
			d.l.props[at+i].first, d.l.props[at+i].members = first, d.place(f.inner)
		}
	}
	return len(fields)
}

// fields reads n fields, all that are there when n is -1.
func (d *description) fields(n, depth int) ([]field, bool) {
	var out []field
	for i := 0; i != n && (n >= 0 || len(d.b) > 0); i++ {
		f, ok := d.field(depth)
		if !ok || len(out) >= maxProperties {
			return nil, false
		}
		out = append(out, f)
	}
	return out, true
}

// field reads name, in-type u8 (0x1f type, 0x20 fixed count, 0x40 counted, 0x80
// an out-type follows), out-type u8 (0x80: tags follow), tags, and the fixed count
// u16 or the size u16 and bytes of a custom description. A type 24 is a struct of
// as many fields as the out-type says.
func (d *description) field(depth int) (field, bool) {
	f := field{property: property{name: d.name(), count: amount{value: 1}}}
	in := d.byte()
	if in&0x80 != 0 {
		out := d.byte()
		f.out = OutType(out & 0x7f) // of a struct it is the number of members
		if out&0x80 != 0 {
			d.tags()
		}
	}
	f.in = InType(in & 0x1f)
	switch in & 0x60 {
	case 0x20:
		f.array, f.count = true, amount{value: int(d.uint16())}
	case 0x40:
		f.array, f.count = true, amount{value: inFront}
	case 0x60:
		d.skip(int(d.uint16()))
		f.in = InCountedBinary
	}
	if f.in != InStruct {
		f.in, f.out = meaning(f.in, f.out)
		return f, !d.bad
	}
	members := int(f.out)
	f.isStruct, f.out = true, OutNull
	if depth >= maxDepth {
		return field{}, false
	}
	var ok bool
	f.inner, ok = d.fields(members, depth+1)
	return f, ok && !d.bad
}

// meanings are the out-types of TraceLoggingProvider.h up to HRESULT, which have
// numbers of their own.
var meanings = [...]OutType{
	2: OutString, 3: OutBoolean, 4: OutHex64, 7: OutPort, 8: OutIPv4, 9: OutIPv6, 10: OutSockAddr, 11: OutUTF8, 12: OutUTF8,
	13: OutWin32Error, 14: OutNTStatus, 15: OutHResult,
}

const (
	tlgFileTime = 16
	tlgSigned   = 17
	tlgUTF8     = 35
	tlgCodePtr  = 37
)

// meaning translates a TraceLogging in- and out-type into those of Tdh.h.
func meaning(in InType, out OutType) (InType, OutType) {
	if in == InBinary {
		in = InCountedBinary
	}
	switch {
	case int(out) < len(meanings):
		return in, meanings[out]
	case out == tlgFileTime && (in == InInt64 || in == InUint64):
		return InFileTime, OutNull
	case out == tlgSigned && in >= InInt8 && in <= InUint64 && in%2 == 0:
		return in - 1, OutNull
	case out == tlgUTF8:
		return in, OutUTF8
	case out == tlgCodePtr:
		return in, OutCodePtr
	}
	return in, OutNull
}

func (d *description) name() string {
	i := bytes.IndexByte(d.b, 0)
	if i < 0 || i > maxName {
		d.bad, d.b = true, nil
		return ""
	}
	s := string(d.b[:i])
	d.b = d.b[i+1:]
	return s
}

func (d *description) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *description) uint16() uint16 { return uint16(d.byte()) | uint16(d.byte())<<8 }

func (d *description) skip(n int) {
	if n > len(d.b) {
		d.bad, n = true, len(d.b)
	}
	d.b = d.b[n:]
}

func (d *description) tags() {
	for d.byte()&0x80 != 0 {
	}
}

// traceLogging is the layout in the event itself, nil when it has none.
func (c *Catalog) traceLogging(e *etl.Event) (*layout, error) {
	b := extItem(e.Ext, extTraceLogging)
	if b == nil {
		return nil, nil
	}
	id := string(e.Provider[:]) + string(b)
	if l, ok := c.described[id]; ok {
		return l, nil
	}
	l, ok := parseTraceLogging(b, traitsName(extItem(e.Ext, extProviderTraits)))
	if !ok {
		return nil, &etl.FormatError{Code: CodeBlob, Offset: e.Offset, Length: int64(len(b)), Detail: "a TraceLogging description does not fit"}
	}
	if len(c.described) < maxLayouts {
		c.described[id] = l
	}
	return l, nil
}
