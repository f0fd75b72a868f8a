package schema

import (
	"encoding/binary"
	"iter"

	"portverdict/etl"
)

// The types of extended data that are shown (EVENT_HEADER_EXT_TYPE of evntcons.h).
const (
	extRelatedActivity = 0x01 // GUID
	extSID             = 0x02 // of the user whose thread wrote the event
	extTerminalSession = 0x03 // u32
	extStack32         = 0x05 // u64 match id, then u32 return addresses
	extStack64         = 0x06 // u64 match id, then u64 return addresses
	extEventKey        = 0x0a // u64
	extProcessStartKey = 0x0d // u64
	extContainer       = 0x10 // text in braces, ANSI
)

// Extended gives what the header and the extended data of an event say beside its payload,
// as fields in their order: which activity it belongs to, who wrote it, in which session
// and container, and its call stack. An item that does not hold what its type says is shown as bytes; what describes the event
// itself (schema, traits) is not shown.
func Extended(e *etl.Event) []Field {
	if e.Kind != etl.KindEvent {
		return nil
	}
	var out []Field
	if e.Activity != (etl.GUID{}) {
		out = append(out, Field{"ActivityID", Value{Kind: Text, Text: e.Activity.String()}})
	}
	for kind, data := range extItems(e.Ext) {
		name := extNames[kind]
		if name == "" {
			continue
		}
		out = append(out, Field{name, extValue(kind, data)})
	}
	return out
}

var extNames = map[uint16]string{
	extRelatedActivity: "RelatedActivityID", extSID: "UserID", extTerminalSession: "TerminalSession", extStack32: "Stack", extStack64: "Stack",
	extEventKey: "EventKey", extProcessStartKey: "ProcessStartKey", extContainer: "ContainerID",
}

func extValue(kind uint16, data []byte) Value {
	le := binary.LittleEndian
	switch {
	case kind == extRelatedActivity && len(data) == 16:
		return Value{Kind: Text, Text: etl.GUID(data).String()}
	case kind == extSID && len(data) >= 8 && len(data) >= 8+4*int(data[1]):
		return Value{Kind: Text, Text: sidText(data[:8+4*int(data[1])])}
	case kind == extTerminalSession && len(data) == 4:
		return Value{Kind: Uint, Uint: uint64(le.Uint32(data))}
	case kind == extEventKey && len(data) == 8, kind == extProcessStartKey && len(data) == 8:
		return Value{Kind: Hex, Uint: le.Uint64(data), Width: 16}
	case kind == extContainer:
		return Value{Kind: Text, Text: narrowText(data)}
	case kind == extStack32 && len(data) >= 8 && len(data)%4 == 0:
		return stack(data[8:], 4)
	case kind == extStack64 && len(data) >= 8 && len(data)%8 == 0:
		return stack(data[8:], 8)
	}
	return Value{Kind: Bytes, Bytes: append([]byte{}, data...)}
}

// stack are the return addresses of a call stack, the innermost first.
func stack(data []byte, pointer int) Value {
	out := Value{Kind: List}
	for ; len(data) >= pointer; data = data[pointer:] {
		out.List = append(out.List, Value{Kind: Hex, Uint: number(data[:pointer]), Width: uint8(2 * pointer)})
	}
	return out
}

// extItems are the types and data of the extended items. An item is u16 size, u16 type,
// u16 linkage (bit 0: another follows), u16 size of the data, the data; size is 8 and the
// data, rounded up to 8.
func extItems(ext []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(ext) >= 8 {
			size, n := int(binary.LittleEndian.Uint16(ext)), int(binary.LittleEndian.Uint16(ext[6:]))
			if size < 8+n || size > len(ext) {
				return
			}
			if !yield(binary.LittleEndian.Uint16(ext[2:]), ext[8:8+n]) || binary.LittleEndian.Uint16(ext[4:])&1 == 0 {
				return
			}
			ext = ext[size:]
		}
	}
}
