package etl

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
)

// Bits of TRACE_LOGFILE_HEADER.LogFileMode that decide how the file is read.
const (
	modeCircular       = 0x00000002
	modeRelogged       = 0x00010000
	modeCompressed     = 0x04000000
	modeNoPerProcessor = 0x10000000
)

const (
	systemHeaderSize = 0x20
	headerEventAt    = bufferHeaderSize // of the header event in the first buffer
	logHeaderAt      = headerEventAt + systemHeaderSize
	logHeaderSize32  = 0x110
	logHeaderSize64  = 0x118
)

// SystemTime is a SYSTEMTIME. In a time zone it is a rule, not a date: with
// Year 0, Day counts the weeks of the month and 5 is the last.
type SystemTime struct {
	Year, Month, DayOfWeek, Day, Hour, Minute, Second, Milliseconds uint16
}

// Header is the TRACE_LOGFILE_HEADER of the first buffer, with the names that
// follow it and what its buffer and event headers say about the session.
type Header struct {
	BufferSize                 uint32 // bytes; of a compressed file, before compression
	VersionMajor, VersionMinor uint8
	VersionSub                 uint8
	VersionSubMinor            uint8
	Build                      uint32 // ProviderVersion: the build of Windows
	Processors                 uint32
	EndTime                    FileTime // 0 in a file that was not closed
	StartTime                  FileTime
	BootTime                   FileTime
	TimerResolution            uint32 // 100 ns units
	MaximumFileSize            uint32 // MB, or KB with mode bit 0x2000
	LogFileMode                uint32
	BuffersWritten             uint32
	StartBuffers               uint32
	PointerSize                uint32 // 4 or 8
	EventsLost                 uint32
	BuffersLost                uint32
	CPUSpeedMHz                uint32
	Bias                       int32 // minutes: UTC = local time + Bias
	StandardBias, DaylightBias int32 // minutes, added to Bias
	StandardName, DaylightName string
	StandardDate, DaylightDate SystemTime
	PerfFreq                   int64  // counts a second
	Clock                      uint32 // 1 QPC, 2 system time, 3 CPU cycles
	T0                         int64  // raw time of the header event, equal to StartTime
	LoggerName, LogFileName    string
	Compression                uint16 // COMPRESSION_FORMAT of a compressed file: 3 XPRESS
}

// Sniff says whether head, the first bytes of a file, begin an .etl file.
func Sniff(head []byte) bool {
	return checkHead(head) == ""
}

// checkHead says what speaks against head being the start of a trace.
func checkHead(head []byte) string {
	if len(head) < logHeaderAt+0x30 {
		return fmt.Sprintf("%d bytes are too few for a trace header", len(head))
	}
	size := binary.LittleEndian.Uint32(head)
	if size < logHeaderAt+logHeaderSize32 || size > maxFileBuffer {
		return fmt.Sprintf("first buffer size %#x", size)
	}
	ev := head[headerEventAt:]
	if (ev[2] != typeSystem32 && ev[2] != typeSystem64) || ev[3] != markEvent || ev[6] != 0 || ev[7] != 0 {
		return "the first event is not the header event"
	}
	if n := binary.LittleEndian.Uint16(ev[4:]); n < systemHeaderSize+logHeaderSize32 {
		return fmt.Sprintf("header event of %#x bytes", n)
	}
	lh := head[logHeaderAt:]
	if n := binary.LittleEndian.Uint32(lh); n < minFileBuffer || n > maxFileBuffer {
		return fmt.Sprintf("buffer size %#x", n)
	}
	if n := binary.LittleEndian.Uint32(lh[0x2c:]); n != 4 && n != 8 {
		return fmt.Sprintf("pointer size %d", n)
	}
	return ""
}

// readHeader reads and checks the first buffer; first is its size on disk.
func readHeader(r io.ReaderAt, size int64) (h Header, first uint32, err error) {
	fail := func(detail string) (Header, uint32, error) {
		return Header{}, 0, &FormatError{Code: CodeNoHeader, Length: max(size, 0), Detail: detail}
	}
	head := make([]byte, max(0, min(size, bufferHeaderSize+maxEventSize)))
	n, err := r.ReadAt(head, 0)
	head = head[:n]
	// A bad place behind the header event is for the walk to tell, so a failing
	// read only explains why the header is not there.
	if bad := checkHead(head); bad != "" {
		if err != nil && err != io.EOF {
			bad += ": read: " + err.Error()
		}
		return fail(bad)
	}
	ev := head[headerEventAt:]
	ev = ev[:min(len(ev), int(binary.LittleEndian.Uint16(ev[4:])))]
	need := logHeaderSize32
	if binary.LittleEndian.Uint32(ev[systemHeaderSize+0x2c:]) == 8 {
		need = logHeaderSize64
	}
	if len(ev) < systemHeaderSize+need {
		return fail(fmt.Sprintf("%d bytes of the header event", len(ev)))
	}
	h.T0 = int64(binary.LittleEndian.Uint64(ev[0x10:]))
	h.decode(ev[systemHeaderSize:])
	if h.LogFileMode&modeCompressed != 0 {
		h.Compression = binary.LittleEndian.Uint16(head[0x2c:])
	}
	return h, binary.LittleEndian.Uint32(head), nil
}

// decode reads TRACE_LOGFILE_HEADER and the two names; b is long enough for
// the structure.
func (h *Header) decode(b []byte) {
	le := binary.LittleEndian
	h.BufferSize = le.Uint32(b)
	h.VersionMajor, h.VersionMinor, h.VersionSub, h.VersionSubMinor = b[4], b[5], b[6], b[7]
	h.Build = le.Uint32(b[0x08:])
	h.Processors = le.Uint32(b[0x0c:])
	h.EndTime = FileTime(le.Uint64(b[0x10:]))
	h.TimerResolution = le.Uint32(b[0x18:])
	h.MaximumFileSize = le.Uint32(b[0x1c:])
	h.LogFileMode = le.Uint32(b[0x20:])
	h.BuffersWritten = le.Uint32(b[0x24:])
	h.StartBuffers = le.Uint32(b[0x28:])
	h.PointerSize = le.Uint32(b[0x2c:])
	h.EventsLost = le.Uint32(b[0x30:])
	h.CPUSpeedMHz = le.Uint32(b[0x34:])
	zone, clock := b[0x40:], b[0xf0:]
	names := logHeaderSize32
	if h.PointerSize == 8 {
		zone, clock, names = b[0x48:], b[0xf8:], logHeaderSize64
	}
	h.Bias = int32(le.Uint32(zone))
	h.StandardName, _ = utf16z(zone[0x04:0x44])
	h.StandardDate = systemTime(zone[0x44:])
	h.StandardBias = int32(le.Uint32(zone[0x54:]))
	h.DaylightName, _ = utf16z(zone[0x58:0x98])
	h.DaylightDate = systemTime(zone[0x98:])
	h.DaylightBias = int32(le.Uint32(zone[0xa8:]))
	h.BootTime = FileTime(le.Uint64(clock))
	h.PerfFreq = int64(le.Uint64(clock[0x08:]))
	h.StartTime = FileTime(le.Uint64(clock[0x10:]))
	h.Clock = le.Uint32(clock[0x18:])
	h.BuffersLost = le.Uint32(clock[0x1c:])
	var n int
	h.LoggerName, n = utf16z(b[names:])
	h.LogFileName, _ = utf16z(b[names+n:])
}

func systemTime(b []byte) SystemTime {
	le := binary.LittleEndian
	return SystemTime{
		le.Uint16(b), le.Uint16(b[2:]), le.Uint16(b[4:]), le.Uint16(b[6:]),
		le.Uint16(b[8:]), le.Uint16(b[10:]), le.Uint16(b[12:]), le.Uint16(b[14:]),
	}
}

// utf16z reads UTF-16 up to a NUL or the end of b, and says how many bytes that
// took with the NUL.
func utf16z(b []byte) (string, int) {
	var units []uint16
	for i := 0; i+1 < len(b) && i/2 < maxNameUnits; i += 2 {
		u := binary.LittleEndian.Uint16(b[i:])
		if u == 0 {
			return string(utf16.Decode(units)), i + 2
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units)), len(b)
}
