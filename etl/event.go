package etl

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"
)

// Kind is the layout family of an event header (bytes 2 and 3 of the event).
type Kind uint8

// The kinds of event headers. Timed, Error and Wnode events are counted by
// their size, not decoded.
const (
	KindUnknown  Kind = iota
	KindSystem        // SYSTEM32/64: kernel hook, Size at 4
	KindCompact       // COMPACT32/64
	KindPerfInfo      // PERFINFO32/64
	KindFull          // FULL32/64: classic EVENT_TRACE_HEADER
	KindInstance      // INSTANCE32/64
	KindTimed
	KindError
	KindWnode
	KindMessage // WPP
	KindEvent   // EVENT_HEADER32/64: manifest and TraceLogging
)

// GUID is a GUID as it lies on disk: the first three fields little-endian.
type GUID [16]byte

// String gives the lower-case registry form without braces.
func (g GUID) String() string {
	var b [16]byte
	binary.BigEndian.PutUint32(b[0:], binary.LittleEndian.Uint32(g[0:]))
	binary.BigEndian.PutUint16(b[4:], binary.LittleEndian.Uint16(g[4:]))
	binary.BigEndian.PutUint16(b[6:], binary.LittleEndian.Uint16(g[6:]))
	copy(b[8:], g[8:])
	var out [36]byte
	hex.Encode(out[0:8], b[0:4])
	out[8] = '-'
	hex.Encode(out[9:13], b[4:6])
	out[13] = '-'
	hex.Encode(out[14:18], b[6:8])
	out[18] = '-'
	hex.Encode(out[19:23], b[8:10])
	out[23] = '-'
	hex.Encode(out[24:36], b[10:16])
	return string(out[:])
}

// FileTime counts 100 ns since 1601-01-01 UTC.
type FileTime int64

const fileTimeToUnix = 116444736000000000

// Time converts to UTC; the zero FileTime gives the zero Time.
func (t FileTime) Time() time.Time {
	if t == 0 {
		return time.Time{}
	}
	d := int64(t) - fileTimeToUnix
	sec, rest := d/1e7, d%1e7
	return time.Unix(sec, rest*100).UTC()
}

// Event is one event record. Ext and Payload point into the reader's buffer
// and are valid only until the next event; Clone keeps them.
type Event struct {
	Kind        Kind
	HeaderType  uint8 // byte 2 of the header
	PointerSize uint8 // 4 or 8, of this event's payload
	Level       uint8
	Opcode      uint8
	Channel     uint8
	Flags       uint16 // EVENT_HEADER.Flags as stored
	Version     uint16 // kernel: without the PERFINFO bits 0x8700
	ID          uint16 // event id, or WPP message number
	Task        uint16
	Hook        uint16 // kernel: group<<8 | type
	CPU         uint16
	Provider    GUID // provider (event), class GUID (classic), message GUID (WPP)
	Activity    GUID // of manifest events; zero is none
	Keyword     uint64
	PID, TID    uint32
	Time        FileTime // UTC
	RawTime     int64    // the session's counter
	Buffer      int      // index of the buffer in the file, from 0
	Record      int      // index of the event in its buffer, from 0
	Offset      int64    // of the event in the file; in a compressed buffer, of the buffer
	Ext         []byte   // extended data items, raw
	Payload     []byte
}

// Clone returns a copy that owns its memory.
func (e Event) Clone() Event {
	e.Ext = slices.Clone(e.Ext)
	e.Payload = slices.Clone(e.Payload)
	return e
}
