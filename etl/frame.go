package etl

import "encoding/binary"

// The header types: byte 2 of an event whose byte 3 is markEvent.
const (
	typeSystem32   = 0x01
	typeSystem64   = 0x02
	typeCompact32  = 0x03
	typeCompact64  = 0x04
	typeFull32     = 0x0a
	typeInstance32 = 0x0b
	typeTimed      = 0x0c
	typeError      = 0x0d
	typeWnode      = 0x0e
	typeMessage    = 0x0f
	typePerfInfo32 = 0x10
	typePerfInfo64 = 0x11
	typeEvent32    = 0x12
	typeEvent64    = 0x13
	typeFull64     = 0x14
	typeInstance64 = 0x15

	// Byte 3 is TRACE_HEADER_FLAG, and 0x40 for an event trace or 0x10 for a
	// WPP message, which has no header type.
	markEvent   = 0xc0
	markMessage = 0x90

	maxEventSize  = 0xffff
	minEventSize  = 8
	extendedFlag  = 0x0001 // EVENT_HEADER_FLAG_EXTENDED_INFO
	perfInfoBits  = 0x8700 // of Version: PEBS, and the number of PMC counters
	perfInfoPEBS  = 0x8000
	endOfBuffer   = 0xffffffff
	eventAlign    = 8
	notFound      = -1
	messageHeader = 8
)

// Options of a WPP message, in the order in which their data follows.
const (
	messageSequence   = 0x01
	messageGUID       = 0x02
	messageComponent  = 0x04
	messageTimeStamp  = 0x08
	messageSystemInfo = 0x20
	messagePointer32  = 0x40
	messagePointer64  = 0x80
)

// A frame is what is needed of an event to count, order and skip it.
type frame struct {
	kind    Kind
	typ     uint8
	pointer uint8
	size    int // of the event, without the alignment after it
	head    int // bytes before the extended data, or the payload without any
	payload int // start of the payload
	time    int64
	timed   bool
	// badExt: the extended data do not fit. The frame is good otherwise.
	badExt bool
}

// A layout says where a header type keeps what all of them have.
type layout struct {
	kind    Kind
	pointer uint8 // 0: the session's
	head    int
	sizeAt  int
	timeAt  int
}

func layoutOf(typ uint8) (layout, bool) {
	switch typ {
	case typeEvent32:
		return layout{KindEvent, 4, 0x50, 0, 0x10}, true
	case typeEvent64:
		return layout{KindEvent, 8, 0x50, 0, 0x10}, true
	case typeSystem32:
		return layout{KindSystem, 4, systemHeaderSize, 4, 0x10}, true
	case typeSystem64:
		return layout{KindSystem, 8, systemHeaderSize, 4, 0x10}, true
	case typeCompact32:
		return layout{KindCompact, 4, 0x18, 4, 0x10}, true
	case typeCompact64:
		return layout{KindCompact, 8, 0x18, 4, 0x10}, true
	case typePerfInfo32:
		return layout{KindPerfInfo, 4, 0x10, 4, 0x08}, true
	case typePerfInfo64:
		return layout{KindPerfInfo, 8, 0x10, 4, 0x08}, true
	case typeFull32:
		return layout{KindFull, 4, 0x30, 0, 0x10}, true
	case typeFull64:
		return layout{KindFull, 8, 0x30, 0, 0x10}, true
	case typeInstance32:
		return layout{KindInstance, 4, 0x48, 0, 0x10}, true
	case typeInstance64:
		return layout{KindInstance, 8, 0x48, 0, 0x10}, true
	case typeTimed:
		return layout{KindTimed, 0, 0x10, 0, 0x08}, true
	case typeError:
		return layout{KindError, 0, minEventSize, 0, notFound}, true
	case typeWnode:
		return layout{KindWnode, 0, minEventSize, 0, notFound}, true
	}
	return layout{}, false
}

// frameEvent reads the header of the event at the start of b, which ends where
// the buffer's events end. A code other than "" means there is no event.
func frameEvent(b []byte, session uint8) (f frame, code string) {
	if len(b) < minEventSize {
		return f, CodeEventSize
	}
	if b[3] == markMessage {
		return frameMessage(b, session)
	}
	l, known := layoutOf(b[2])
	if b[3] != markEvent || !known {
		if b[3] == markEvent && b[2] == typeMessage {
			return frameMessage(b, session)
		}
		return f, CodeEventHeader
	}
	size := int(binary.LittleEndian.Uint16(b[l.sizeAt:]))
	f = frame{kind: l.kind, typ: b[2], pointer: l.pointer, size: size, head: l.head}
	if size > len(b) || size < f.head {
		return f, CodeEventSize
	}
	if f.pointer == 0 {
		f.pointer = session
	}
	if l.timeAt != notFound {
		f.time, f.timed = int64(binary.LittleEndian.Uint64(b[l.timeAt:])), true
	}
	switch f.kind {
	case KindPerfInfo:
		v := binary.LittleEndian.Uint16(b)
		f.head += int(v>>8&7) * 8
		if v&perfInfoPEBS != 0 {
			f.head += 8
		}
		if f.head > size {
			return f, CodeEventSize
		}
	case KindEvent:
		if binary.LittleEndian.Uint16(b[4:])&extendedFlag != 0 {
			n, ok := extendedLength(b[f.head:size])
			f.payload = f.head + n
			f.badExt = !ok
			return f, ""
		}
	}
	f.payload = f.head
	return f, ""
}

// frameMessage reads a WPP header: TRACE_MESSAGE with what its options add.
func frameMessage(b []byte, session uint8) (f frame, code string) {
	f = frame{kind: KindMessage, typ: b[2], pointer: session, size: int(binary.LittleEndian.Uint16(b))}
	options := binary.LittleEndian.Uint16(b[6:])
	at, timeAt, _ := messageLayout(options)
	if f.size > len(b) || f.size < at {
		return f, CodeEventSize
	}
	if timeAt != notFound {
		f.time, f.timed = int64(binary.LittleEndian.Uint64(b[timeAt:])), true
	}
	if options&messagePointer32 != 0 {
		f.pointer = 4
	} else if options&messagePointer64 != 0 {
		f.pointer = 8
	}
	f.head, f.payload = at, at
	return f, ""
}

// extendedLength gives the length of the chain of extended data items at the
// start of b: u16 item size, type, linkage (bit 0: another follows), data size.
func extendedLength(b []byte) (int, bool) {
	at := 0
	for range maxExtItems {
		if len(b)-at < 8 {
			return at, false
		}
		item := int(binary.LittleEndian.Uint16(b[at:]))
		data := int(binary.LittleEndian.Uint16(b[at+6:]))
		if item < 8 || data > item-8 || item > len(b)-at {
			return at, false
		}
		more := b[at+4]&1 != 0
		at += item
		if !more {
			return at, true
		}
	}
	return at, false
}

// key is what Stats counts an event under.
func (f *frame) key(b []byte) EventKey {
	le := binary.LittleEndian
	switch f.kind {
	case KindEvent:
		return EventKey{Kind: f.kind, Provider: GUID(b[0x18:0x28]), ID: le.Uint16(b[0x28:]), Version: uint16(b[0x2a])}
	case KindFull, KindInstance:
		return EventKey{Kind: f.kind, Provider: GUID(b[0x18:0x28]), Opcode: b[4], Version: le.Uint16(b[6:])}
	case KindSystem, KindCompact:
		return EventKey{Kind: f.kind, Hook: le.Uint16(b[6:]), Version: le.Uint16(b)}
	case KindPerfInfo:
		return EventKey{Kind: f.kind, Hook: le.Uint16(b[6:]), Version: le.Uint16(b) &^ perfInfoBits}
	case KindMessage:
		return EventKey{Kind: f.kind, Provider: messageProvider(b), ID: le.Uint16(b[4:])}
	}
	return EventKey{Kind: f.kind}
}

// messageLayout says where the parts of a WPP header lie by its options: its
// end, its time and its message GUID, notFound for what is not there.
func messageLayout(options uint16) (end, timeAt, guidAt int) {
	end, timeAt, guidAt = messageHeader, notFound, notFound
	if options&messageSequence != 0 {
		end += 4
	}
	if options&messageGUID != 0 {
		guidAt = end
		end += 16
	} else if options&messageComponent != 0 {
		end += 4
	}
	if options&messageTimeStamp != 0 {
		timeAt = end
		end += 8
	}
	if options&messageSystemInfo != 0 {
		end += 8
	}
	return end, timeAt, guidAt
}

func messageProvider(b []byte) (g GUID) {
	if _, _, at := messageLayout(binary.LittleEndian.Uint16(b[6:])); at != notFound {
		g = GUID(b[at : at+16])
	}
	return g
}

// alignEvent gives the distance from an event of this size to the next.
func alignEvent(size int) int { return (size + eventAlign - 1) &^ (eventAlign - 1) }

// fill decodes the header of the event b into e; k is its key.
func (f *frame) fill(e *Event, b []byte, k EventKey) {
	le := binary.LittleEndian
	e.Kind, e.HeaderType, e.PointerSize = f.kind, f.typ, f.pointer
	e.Provider, e.ID, e.Opcode, e.Hook, e.Version = k.Provider, k.ID, k.Opcode, k.Hook, k.Version
	e.Payload = b[f.payload:f.size:f.size]
	switch f.kind {
	case KindEvent:
		e.Flags = le.Uint16(b[4:])
		e.TID, e.PID = le.Uint32(b[8:]), le.Uint32(b[12:])
		e.Channel, e.Level, e.Opcode = b[0x2b], b[0x2c], b[0x2d]
		e.Task = le.Uint16(b[0x2e:])
		e.Keyword = le.Uint64(b[0x30:])
		e.Activity = GUID(b[0x40:0x50])
		e.Ext = b[f.head:f.payload:f.payload]
	case KindFull, KindInstance:
		e.Level = b[5]
		e.TID, e.PID = le.Uint32(b[8:]), le.Uint32(b[12:])
	case KindSystem, KindCompact:
		e.TID, e.PID = le.Uint32(b[8:]), le.Uint32(b[12:])
	case KindMessage:
		if le.Uint16(b[6:])&messageSystemInfo != 0 {
			e.TID, e.PID = le.Uint32(b[f.head-8:]), le.Uint32(b[f.head-4:])
		}
	}
}
