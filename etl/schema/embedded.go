package schema

import (
	"encoding/binary"
	"strings"

	"portverdict/etl"
)

// blob is a TRACE_EVENT_INFO or EVENT_MAP_INFO: offsets count from its start.
type blob []byte

func (b blob) u16(at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func (b blob) u32(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }

// text is the UTF-16LE string at an offset, "" when there is none.
func (b blob) text(offset uint32) string { return b.longText(offset, maxName) }

func (b blob) longText(offset uint32, limit int) string {
	if offset == 0 || int64(offset) >= int64(len(b)) {
		return ""
	}
	raw := b[offset:]
	return strings.TrimRight(wideText(raw[:min(len(raw), 2*limit)]), " ")
}

const (
	eventInfoSize = 0x70 // TRACE_EVENT_INFO without its properties
	propertySize  = 24   // EVENT_PROPERTY_INFO
	mapInfoSize   = 16   // EVENT_MAP_INFO without its entries
	mapEntrySize  = 8
)

// Flags of EVENT_PROPERTY_INFO.
const (
	propStruct      = 0x01
	propLengthOf    = 0x02
	propCountOf     = 0x04
	propFixedLength = 0x10
	propFixedCount  = 0x20
)

// parseEventInfo reads a TRACE_EVENT_INFO: provider GUID @0, event GUID @10,
// EVENT_DESCRIPTOR @20, DecodingSource @30, offsets of names from @34,
// PropertyCount @64, TopLevelPropertyCount @68, properties @70 (all hexadecimal).
func parseEventInfo(b blob) (key, *layout, bool) {
	if len(b) < eventInfoSize || len(b) > maxBlob {
		return key{}, nil, false
	}
	count, top := b.u32(0x64), b.u32(0x68)
	if count > maxProperties || top > count || eventInfoSize+int(count)*propertySize > len(b) {
		return key{}, nil, false
	}
	k := key{guid: etl.GUID(b[:16]), id: b.u16(0x20), version: uint16(b[0x22])}
	l := &layout{provider: b.text(b.u32(0x34)), name: b.eventName(), message: b.longText(b.u32(0x4c), maxMessage), source: SourceEmbedded, top: int(top)}
	if b.u32(0x30) == 1 { // DecodingSourceWbem: a class by its GUID and opcode
		k = key{class: true, guid: etl.GUID(b[0x10:0x20]), id: uint16(b[0x25]), version: uint16(b[0x22])}
	}
	l.props = make([]property, count)
	for i := range l.props {
		if !b.property(&l.props[i], eventInfoSize+i*propertySize, i, int(count)) {
			return key{}, nil, false
		}
	}
	return k, l, l.sound()
}

// eventName is the event's own name where it has one, else that of its task and,
// if that says more, of its opcode.
func (b blob) eventName() string {
	task, opcode := b.text(b.u32(0x44)), strings.TrimPrefix(b.text(b.u32(0x48)), "win:")
	switch name := b.text(b.u32(0x5c)); {
	case name != "" && b.u32(0x30) == 0:
		return name
	case task == "":
		return opcode
	case opcode == "" || opcode == "Info":
		return task
	default:
		return task + "/" + opcode
	}
}

// property reads an EVENT_PROPERTY_INFO: Flags u32, NameOffset u32, InType u16,
// OutType u16, MapNameOffset u32 (of a struct: first member u16, members u16,
// u32 0), count u16 or its property, length u16 or its property, u32.
func (b blob) property(p *property, at, index, all int) bool {
	flags := b.u32(at)
	p.name = b.text(b.u32(at + 4))
	count, length := int(b.u16(at+16)), int(b.u16(at+18))
	if flags&propStruct != 0 {
		p.isStruct, p.first, p.members = true, int(b.u16(at+8)), int(b.u16(at+10))
		if p.first <= index || p.first+p.members > all {
			return false // members stand behind all that is read so far, so structs end
		}
	} else {
		p.in, p.out, p.mapName = InType(b.u16(at+8)), OutType(b.u16(at+10)), b.text(b.u32(at+12))
	}
	switch {
	case flags&propCountOf != 0:
		p.array, p.count = true, amount{of: count + 1}
	case flags&propFixedCount != 0 || count > 1:
		p.array, p.count = true, amount{value: count}
	default:
		p.count = amount{value: 1}
	}
	p.length = amount{value: length}
	if flags&propLengthOf != 0 {
		p.length = amount{of: length + 1}
	}
	return p.count.of <= all && p.length.of <= all
}

// sound tells that structs come to an end: members stand behind their struct.
func (l *layout) sound() bool {
	for i := range l.props {
		if p := &l.props[i]; p.isStruct && (p.first <= i || p.first+p.members > len(l.props) || p.members < 0) {
			return false
		}
	}
	return l.top <= len(l.props)
}

// parseMapInfo reads a provider GUID and the EVENT_MAP_INFO behind it: NameOffset
// u32, Flag u32 (2, 16: a bit map), EntryCount u32, value type u32, then for each
// entry the offset of its text and its value.
func parseMapInfo(payload []byte) (etl.GUID, string, *Map, bool) {
	if len(payload) < 16+mapInfoSize || len(payload) > maxBlob {
		return etl.GUID{}, "", nil, false
	}
	b := blob(payload[16:])
	count := int64(b.u32(8))
	if count > maxEntries || mapInfoSize+count*mapEntrySize > int64(len(b)) {
		return etl.GUID{}, "", nil, false
	}
	m := &Map{bits: b.u32(4)&0x12 != 0}
	for i := range int(count) {
		at := mapInfoSize + i*mapEntrySize
		m.entries = append(m.entries, mapEntry{uint64(b.u32(at + 4)), b.text(b.u32(at))})
	}
	return etl.GUID(payload[:16]), b.text(b.u32(0)), m, true
}
