package etlgen

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"portverdict/etl"
)

// appendHeaderEvent appends the first event of a file: a SYSTEM header of hook
// 0, TRACE_LOGFILE_HEADER, LoggerName and LogFileName.
func (t *Trace) appendHeaderEvent(b []byte) ([]byte, error) {
	h := t.Header
	if h.PointerSize != 4 && h.PointerSize != 8 {
		return nil, fmt.Errorf("pointer size %d", h.PointerSize)
	}
	if h.BuffersWritten == 0 {
		h.BuffersWritten = uint32(len(t.Buffers))
	}
	if t.Unfinalised {
		h.BuffersWritten, h.EndTime = 0, 0
	}
	payload := logFileHeader(&h)
	payload = appendUTF16(payload, h.LoggerName)
	payload = appendUTF16(payload, h.LogFileName)
	e := Event{Kind: etl.KindSystem, PointerSize: uint8(h.PointerSize), Version: 2, Time: h.T0, Payload: payload}
	return e.appendTo(b)
}

// logFileHeader encodes TRACE_LOGFILE_HEADER without the names: 0x110 bytes
// with 32-bit pointers, 0x118 with 64-bit ones.
func logFileHeader(h *etl.Header) []byte {
	le := binary.LittleEndian
	var b []byte
	b = le.AppendUint32(b, h.BufferSize)
	b = append(b, h.VersionMajor, h.VersionMinor, h.VersionSub, h.VersionSubMinor)
	b = le.AppendUint32(b, h.Build)
	b = le.AppendUint32(b, h.Processors)
	b = le.AppendUint64(b, uint64(h.EndTime))
	b = le.AppendUint32(b, h.TimerResolution)
	b = le.AppendUint32(b, h.MaximumFileSize)
	b = le.AppendUint32(b, h.LogFileMode)
	b = le.AppendUint32(b, h.BuffersWritten)
	b = le.AppendUint32(b, h.StartBuffers)
	b = le.AppendUint32(b, h.PointerSize)
	b = le.AppendUint32(b, h.EventsLost)
	b = le.AppendUint32(b, h.CPUSpeedMHz)
	b = append(b, make([]byte, 2*h.PointerSize)...) // pointers to the two names
	b = le.AppendUint32(b, uint32(h.Bias))
	b = appendZoneName(b, h.StandardName)
	b = appendSystemTime(b, h.StandardDate)
	b = le.AppendUint32(b, uint32(h.StandardBias))
	b = appendZoneName(b, h.DaylightName)
	b = appendSystemTime(b, h.DaylightDate)
	b = le.AppendUint32(b, uint32(h.DaylightBias))
	b = appendAlign(b, 0)
	b = le.AppendUint64(b, uint64(h.BootTime))
	b = le.AppendUint64(b, uint64(h.PerfFreq))
	b = le.AppendUint64(b, uint64(h.StartTime))
	b = le.AppendUint32(b, h.Clock)
	return le.AppendUint32(b, h.BuffersLost)
}

// appendUTF16 appends s and a NUL.
func appendUTF16(b []byte, s string) []byte {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return append(b, 0, 0)
}

// appendZoneName appends the 32 units of a name in TIME_ZONE_INFORMATION.
func appendZoneName(b []byte, s string) []byte {
	var name [64]byte
	copy(name[:62], appendUTF16(nil, s))
	return append(b, name[:]...)
}

func appendSystemTime(b []byte, t etl.SystemTime) []byte {
	for _, v := range []uint16{t.Year, t.Month, t.DayOfWeek, t.Day, t.Hour, t.Minute, t.Second, t.Milliseconds} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// appendAlign appends zeros until b, from position start on, is a multiple of 8.
func appendAlign(b []byte, start int) []byte {
	for (len(b)-start)%8 != 0 {
		b = append(b, 0)
	}
	return b
}
