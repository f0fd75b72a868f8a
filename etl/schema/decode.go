package schema

import (
	"encoding/binary"
	"math"

	"portverdict/etl"
)

// Decoded is one event with its fields.
type Decoded struct {
	Provider string // name, "" when not known
	Event    string // name, "" when not known
	Source   Source // SourceNone: no layout is known, and there are no fields
	Fields   []Field
	Rest     int // bytes of the payload behind the last field

	message string // with place holders
}

// decoder walks one payload.
type decoder struct {
	layout  *layout
	maps    func(string) *Map
	b       []byte
	at      int
	pointer int
	numbers []uint64 // of the properties read, for counts and lengths
	values  int
	short   string // the field that did not fit
}

// run decodes the top-level properties; fields that do not fit end it.
func (d *decoder) run() []Field {
	d.numbers = make([]uint64, len(d.layout.props))
	fields := make([]Field, 0, d.layout.top)
	for i := range d.layout.top {
		v, ok := d.property(i, 0)
		if !ok {
			d.fail(i)
			break
		}
		fields = append(fields, Field{d.layout.props[i].name, v})
	}
	return fields
}

func (d *decoder) fail(i int) {
	if d.short == "" {
		d.short = d.layout.props[i].name
		if d.short == "" {
			d.short = "a field without a name"
		}
	}
}

// amount is a count or length; numbers that cannot be one fail.
func (d *decoder) amount(a amount) (int, bool) {
	if a.of == 0 {
		return a.value, true
	}
	n := d.numbers[a.of-1]
	return int(n), n <= math.MaxInt32
}

func (d *decoder) property(i, depth int) (Value, bool) {
	p := &d.layout.props[i]
	count, ok := d.amount(p.count)
	if !ok {
		return Value{}, false
	}
	if !p.array {
		return d.element(i, depth)
	}
	if p.count.value == inFront {
		head, ok := d.next(2)
		if !ok {
			return Value{}, false
		}
		count = int(binary.LittleEndian.Uint16(head))
	}
	if count == toEnd {
		return d.allElements(i, depth)
	}
	if s, ok := d.characters(p, count); ok {
		return s, true
	}
	list := make([]Value, 0, min(count, len(d.b)-d.at))
	for range count {
		v, ok := d.element(i, depth)
		if !ok {
			return Value{}, false
		}
		list = append(list, v)
	}
	return Value{Kind: List, List: list}, true
}

// allElements reads elements up to the end of the payload; bytes that are no whole one
// are left.
func (d *decoder) allElements(i, depth int) (Value, bool) {
	var list []Value
	for from := d.at; d.at < len(d.b); from = d.at {
		v, ok := d.element(i, depth)
		if !ok || d.at == from {
			d.at = from
			break
		}
		list = append(list, v)
	}
	return Value{Kind: List, List: list}, true
}

// characters reads an array of characters as the text it is.
func (d *decoder) characters(p *property, count int) (Value, bool) {
	size := 0
	switch {
	case p.in == InUnicodeChar, p.in == InUint16 && p.out == OutString:
		size = 2
	case p.in == InANSIChar, (p.in == InUint8 || p.in == InInt8) && p.out == OutString:
		size = 1
	}
	if size == 0 || count > (len(d.b)-d.at)/size {
		return Value{}, false
	}
	raw := d.b[d.at : d.at+count*size]
	d.at += len(raw)
	if size == 2 {
		return Value{Kind: Text, Text: p.wide(raw)}, true
	}
	return Value{Kind: Text, Text: p.narrow(raw)}, true
}

// element decodes one value of a property.
func (d *decoder) element(i, depth int) (Value, bool) {
	if d.values++; d.values > maxValues || depth > maxDepth {
		return Value{}, false
	}
	p := &d.layout.props[i]
	if p.isStruct {
		fields := make([]Field, 0, p.members)
		for m := p.first; m < p.first+p.members; m++ {
			v, ok := d.property(m, depth+1)
			if !ok {
				d.fail(m)
				return Value{}, false
			}
			fields = append(fields, Field{d.layout.props[m].name, v})
		}
		return Value{Kind: Struct, Fields: fields}, true
	}
	raw, ok := d.take(p)
	if !ok {
		return Value{}, false
	}
	v := show(p, raw)
	if v.Kind == Uint || v.Kind == Hex || v.Kind == Bool {
		d.numbers[i] = v.Uint
		if p.mapName != "" {
			if m := d.maps(p.mapName); m != nil {
				v.Text = m.text(v.Uint)
			}
		}
	} else if v.Kind == Int {
		d.numbers[i] = uint64(v.Int)
	}
	return v, true
}

// sizes are those of the types of one size.
var sizes = map[InType]int{
	InNull: 0, InInt8: 1, InUint8: 1, InInt16: 2, InUint16: 2, InInt32: 4, InUint32: 4, InInt64: 8, InUint64: 8,
	InFloat: 4, InDouble: 8, InBoolean: 4, InGUID: 16, InFileTime: 8, InSystemTime: 16, InHex32: 4, InHex64: 8,
	InUnicodeChar: 2, InANSIChar: 1,
}

// take gives the bytes of one value, without the length in front of it, and goes
// behind it.
func (d *decoder) take(p *property) ([]byte, bool) {
	if n, fixed := sizes[p.in]; fixed {
		return d.next(n)
	}
	switch p.in {
	case InPointer, InSizeT:
		return d.next(d.pointer)
	case InUnicode, InANSI:
		return d.string(p)
	case InBinary:
		n, ok := d.amount(p.length)
		if n == toEnd {
			n = len(d.b) - d.at
		}
		if ok && n == 0 && p.length.of == 0 && p.out == OutIPv6 {
			n = 16
		}
		if !ok {
			return nil, false
		}
		return d.next(n)
	case InSID:
		return d.sid()
	case InCountedUnicode, InCountedANSI, InCountedBinary, InCountedString, InCountedAString:
		return d.counted(2, binary.LittleEndian)
	case InReversedString, InReversedAString:
		return d.counted(2, binary.BigEndian)
	case InHexDump:
		return d.counted(4, binary.LittleEndian)
	case InRestUnicode, InRestANSI:
		return d.next(len(d.b) - d.at)
	case InWbemSID:
		if head, ok := d.next(4); !ok || binary.LittleEndian.Uint32(head) == 0 {
			return nil, ok
		}
		if _, ok := d.next(2*d.pointer - 4); !ok {
			return nil, false
		}
		return d.sid()
	}
	return nil, false
}

func (d *decoder) next(n int) ([]byte, bool) {
	if n < 0 || n > len(d.b)-d.at {
		return nil, false
	}
	d.at += n
	return d.b[d.at-n : d.at], true
}

func (d *decoder) counted(size int, order binary.ByteOrder) ([]byte, bool) {
	head, ok := d.next(size)
	if !ok {
		return nil, false
	}
	if size == 4 {
		return d.next(int(min(order.Uint32(head), math.MaxInt32)))
	}
	return d.next(int(order.Uint16(head)))
}

// sid reads a SID: revision u8, number of sub-authorities u8, authority 6 bytes,
// sub-authorities u32.
func (d *decoder) sid() ([]byte, bool) {
	if len(d.b)-d.at < 8 {
		return nil, false
	}
	return d.next(8 + 4*int(d.b[d.at+1]))
}

// string reads a string of a given length in characters, or up to its NUL; the
// last one of a payload may lack it.
func (d *decoder) string(p *property) ([]byte, bool) {
	size := 1
	if p.in == InUnicode {
		size = 2
	}
	n, ok := d.amount(p.length)
	switch {
	case !ok:
		return nil, false
	case n > 0 || p.length.of > 0:
		return d.next(n * size)
	}
	rest := d.b[d.at:]
	for i := 0; i+size <= len(rest); i += size {
		if rest[i] == 0 && rest[i+size-1] == 0 {
			d.at += i + size
			return rest[:i], true
		}
	}
	d.at = len(d.b)
	return rest, true
}

// decode gives the fields of an event by its layout.
func (l *layout) decode(e *etl.Event, maps func(string) *Map) (Decoded, error) {
	d := decoder{layout: l, maps: maps, b: e.Payload, pointer: int(e.PointerSize)}
	out := Decoded{Provider: l.provider, Event: l.name, Source: l.source, Fields: d.run(), message: l.message}
	out.Rest = len(d.b) - d.at
	if d.short != "" {
		return out, d.shortError(e)
	}
	return out, nil
}

func (d *decoder) shortError(e *etl.Event) error {
	return &etl.FormatError{
		Code: CodeShort, Offset: e.Offset, Length: int64(len(e.Payload)),
		Detail: "the payload does not hold the field " + d.short + " of event " + d.layout.provider + " " + d.layout.name,
	}
}
