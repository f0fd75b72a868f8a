package live

import (
	"unsafe"

	"portverdict/etl"
)

// eventRecord is EVENT_RECORD of evntcons.h; its header is EVENT_HEADER, whose fields
// after Keyword but ActivityID are not looked at. All is in the byte order and with the
// pointers of the machine.
type eventRecord struct {
	_, _                            uint16 // size and type of the header
	flags, _                        uint16
	tid, pid                        uint32
	timeStamp                       int64 // FILETIME, as no raw one is asked for
	provider                        etl.GUID
	id                              uint16
	version, channel, level, opcode uint8
	task                            uint16
	keyword                         uint64
	_                               uint64 // processor time
	activity                        etl.GUID
	processor, _                    uint8
	_                               uint16 // logger
	_, userLength                   uint16 // before it, how many extended items
	_                               unsafe.Pointer
	user                            unsafe.Pointer
	_                               unsafe.Pointer
}

// Flags of an EVENT_HEADER.
const (
	flag32BitHeader = 0x20
	flag64BitHeader = 0x40
)

// event takes over a record. Record counts the events from 0; Payload points into the
// record and is valid as long as it is.
func (r *eventRecord) event(record int) etl.Event {
	e := etl.Event{
		Kind: etl.KindEvent, PointerSize: uint8(unsafe.Sizeof(uintptr(0))), Level: r.level, Opcode: r.opcode, Channel: r.channel, Flags: r.flags,
		Version: uint16(r.version), ID: r.id, Task: r.task, CPU: uint16(r.processor), Provider: r.provider, Activity: r.activity, Keyword: r.keyword,
		PID: r.pid, TID: r.tid, Time: etl.FileTime(r.timeStamp), RawTime: r.timeStamp, Record: record,
	}
	switch {
	case r.flags&flag32BitHeader != 0:
		e.PointerSize = 4
	case r.flags&flag64BitHeader != 0:
		e.PointerSize = 8
	}
	if r.user != nil {
		e.Payload = unsafe.Slice((*byte)(r.user), r.userLength)
	}
	return e
}
