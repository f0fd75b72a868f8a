package etlgen

import (
	"encoding/binary"
	"fmt"
	"math"

	"portverdict/etl"
)

// An Event is one event record. Fields its Kind does not have are not written.
type Event struct {
	Kind        etl.Kind // KindUnknown: Payload is all there is
	PointerSize uint8    // 4 or 8, for the header types that exist in both
	Provider    etl.GUID // or class, or message GUID
	ID          uint16   // event id, WPP message number, TIMED event id
	Version     uint16   // PERFINFO: without the bits of PEBS and PMC
	Opcode      uint8
	Level       uint8
	Channel     uint8
	Task        uint16
	Keyword     uint64
	Activity    etl.GUID // of event32 and event64
	PID, TID    uint32
	Time        int64  // raw, in the session's clock
	Hook        uint16 // group<<8 | type
	Flags       uint16 // EVENT_HEADER.Flags; bit 0 is set where Ext is not empty
	Options     uint16 // of a WPP message: which parts it has
	Sequence    uint32 // of a WPP message
	Component   uint32 // of a WPP message
	PEBS        bool   // PERFINFO: 8 more bytes, written as 0
	PMC         uint8  // PERFINFO: number of 8-byte counters, 0 to 7, written as 1, 2, ...

	InstanceID, ParentInstanceID uint32
	ParentProvider               etl.GUID

	Ext     []ExtItem
	Payload []byte

	// Size and HeaderType are what the header says in place of the truth.
	Size       *uint16
	HeaderType *uint8
}

// An ExtItem is one EVENT_HEADER_EXTENDED_DATA_ITEM as it lies on disk.
type ExtItem struct {
	Type uint16
	Data []byte
}

// headerType is byte 2 of an event.
func (e *Event) headerType() (uint8, error) {
	var small, large uint8
	switch e.Kind {
	case etl.KindSystem:
		small, large = 0x01, 0x02
	case etl.KindCompact:
		small, large = 0x03, 0x04
	case etl.KindFull:
		small, large = 0x0a, 0x14
	case etl.KindInstance:
		small, large = 0x0b, 0x15
	case etl.KindPerfInfo:
		small, large = 0x10, 0x11
	case etl.KindEvent:
		small, large = 0x12, 0x13
	case etl.KindTimed:
		return 0x0c, nil
	case etl.KindError:
		return 0x0d, nil
	case etl.KindWnode:
		return 0x0e, nil
	case etl.KindMessage:
		return 0, nil
	default:
		return 0, fmt.Errorf("kind %d", e.Kind)
	}
	switch e.PointerSize {
	case 4:
		return small, nil
	case 8:
		return large, nil
	}
	return 0, fmt.Errorf("pointer size %d", e.PointerSize)
}

// appendTo appends the event and the alignment after it to a buffer.
func (e *Event) appendTo(b []byte) ([]byte, error) {
	if e.Kind == etl.KindUnknown {
		return appendAlign(append(b, e.Payload...), 0), nil
	}
	typ, err := e.headerType()
	if err != nil {
		return nil, err
	}
	if e.HeaderType != nil {
		typ = *e.HeaderType
	}
	start := len(b)
	sizeAt := start
	switch e.Kind {
	case etl.KindSystem, etl.KindCompact, etl.KindPerfInfo:
		b = e.appendKernel(b, typ)
		sizeAt += 4
	case etl.KindEvent:
		if b, err = e.appendEventHeader(b, typ); err != nil {
			return nil, err
		}
	case etl.KindFull, etl.KindInstance:
		b = e.appendClassic(b, typ)
	case etl.KindMessage:
		b = e.appendMessage(b)
	default:
		b = append(b, 0, 0, typ, 0xc0)
		b = binary.LittleEndian.AppendUint32(b, uint32(e.ID))
		if e.Kind == etl.KindTimed {
			b = binary.LittleEndian.AppendUint64(b, uint64(e.Time))
		}
	}
	b = append(b, e.Payload...)
	size := len(b) - start
	if size > math.MaxUint16 {
		return nil, fmt.Errorf("event of %d bytes", size)
	}
	if e.Size != nil {
		size = int(*e.Size)
	}
	binary.LittleEndian.PutUint16(b[sizeAt:], uint16(size))
	return appendAlign(b, 0), nil
}

// appendKernel appends a SYSTEM, COMPACT or PERFINFO header.
func (e *Event) appendKernel(b []byte, typ uint8) []byte {
	le := binary.LittleEndian
	version := e.Version
	if e.Kind == etl.KindPerfInfo {
		version = version&^0x8700 | uint16(e.PMC&7)<<8
		if e.PEBS {
			version |= 0x8000
		}
	}
	b = le.AppendUint16(b, version)
	b = append(b, typ, 0xc0, 0, 0)
	b = le.AppendUint16(b, e.Hook)
	if e.Kind == etl.KindPerfInfo {
		b = le.AppendUint64(b, uint64(e.Time))
		if e.PEBS {
			b = le.AppendUint64(b, 0)
		}
		for i := range e.PMC & 7 {
			b = le.AppendUint64(b, uint64(i)+1)
		}
		return b
	}
	b = le.AppendUint32(b, e.TID)
	b = le.AppendUint32(b, e.PID)
	b = le.AppendUint64(b, uint64(e.Time))
	if e.Kind == etl.KindSystem {
		b = le.AppendUint64(b, 0) // kernel and user time
	}
	return b
}

// appendClassic appends EVENT_TRACE_HEADER or EVENT_INSTANCE_HEADER.
func (e *Event) appendClassic(b []byte, typ uint8) []byte {
	le := binary.LittleEndian
	b = append(b, 0, 0, typ, 0xc0, e.Opcode, e.Level)
	b = le.AppendUint16(b, e.Version)
	b = le.AppendUint32(b, e.TID)
	b = le.AppendUint32(b, e.PID)
	b = le.AppendUint64(b, uint64(e.Time))
	b = append(b, e.Provider[:]...)
	b = le.AppendUint64(b, 0) // kernel and user time
	if e.Kind == etl.KindInstance {
		b = le.AppendUint32(b, e.InstanceID)
		b = le.AppendUint32(b, e.ParentInstanceID)
		b = append(b, e.ParentProvider[:]...)
	}
	return b
}

// appendMessage appends TRACE_MESSAGE_HEADER with what Options say follows.
func (e *Event) appendMessage(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, 0, 0, 0, 0x90)
	b = le.AppendUint16(b, e.ID)
	b = le.AppendUint16(b, e.Options)
	if e.Options&0x01 != 0 {
		b = le.AppendUint32(b, e.Sequence)
	}
	if e.Options&0x02 != 0 {
		b = append(b, e.Provider[:]...)
	} else if e.Options&0x04 != 0 {
		b = le.AppendUint32(b, e.Component)
	}
	if e.Options&0x08 != 0 {
		b = le.AppendUint64(b, uint64(e.Time))
	}
	if e.Options&0x20 != 0 {
		b = le.AppendUint32(b, e.TID)
		b = le.AppendUint32(b, e.PID)
	}
	return b
}

// appendEventHeader appends EVENT_HEADER and the extended data items.
func (e *Event) appendEventHeader(b []byte, typ uint8) ([]byte, error) {
	le := binary.LittleEndian
	if e.Version > math.MaxUint8 {
		return nil, fmt.Errorf("version %d of an event descriptor", e.Version)
	}
	flags := e.Flags
	if len(e.Ext) > 0 {
		flags |= 1
	}
	b = append(b, 0, 0, typ, 0xc0)
	b = le.AppendUint16(b, flags)
	b = le.AppendUint16(b, 0) // EventProperty
	b = le.AppendUint32(b, e.TID)
	b = le.AppendUint32(b, e.PID)
	b = le.AppendUint64(b, uint64(e.Time))
	b = append(b, e.Provider[:]...)
	b = le.AppendUint16(b, e.ID)
	b = append(b, uint8(e.Version), e.Channel, e.Level, e.Opcode)
	b = le.AppendUint16(b, e.Task)
	b = le.AppendUint64(b, e.Keyword)
	b = le.AppendUint64(b, 0) // processor time
	b = append(b, e.Activity[:]...)
	for i, item := range e.Ext {
		if len(item.Data) > math.MaxUint16-16 {
			return nil, fmt.Errorf("extended data item of %d bytes", len(item.Data))
		}
		linkage := uint16(0)
		if i < len(e.Ext)-1 {
			linkage = 1
		}
		start := len(b)
		b = le.AppendUint16(b, uint16(8+(len(item.Data)+7)&^7))
		b = le.AppendUint16(b, item.Type)
		b = le.AppendUint16(b, linkage)
		b = le.AppendUint16(b, uint16(len(item.Data)))
		b = appendAlign(append(b, item.Data...), start)
	}
	return b, nil
}
