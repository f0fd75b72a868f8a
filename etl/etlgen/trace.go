package etlgen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"portverdict/etl"
)

const (
	bufferHeaderSize = 0x48 // WMI_BUFFER_HEADER
	// maxBufferSize bounds what one buffer is on disk, in bytes.
	maxBufferSize = 64 << 20

	modeCompressed = 0x04000000 // of LogFileMode: EVENT_TRACE_COMPRESSED_MODE

	flagProcessorIndex = 0x0020 // of BufferFlag
	flagCompressed     = 0x0040
	typeHeader         = 4 // of BufferType: the first buffer
	stateInUse         = 3 // of State, as all known files have it
)

// A Trace is what one .etl file is made from.
type Trace struct {
	// Header is the TRACE_LOGFILE_HEADER. BuffersWritten 0 writes the number of
	// Buffers. Compression goes into the first buffer of a compressed file.
	Header etl.Header
	// Unfinalised writes BuffersWritten and EndTime as 0, as in a file that the
	// session never closed.
	Unfinalised bool
	// Buffers are in file order. The header event is put before the Events of
	// the first, which there must be.
	Buffers []Buffer
	// Cut is the length of the file in bytes if not 0; negative counts from
	// the end of the last buffer. Append follows after the cut.
	Cut    int64
	Append []byte
}

// A Buffer is one WMI_BUFFER_HEADER with its events. The pointers are what the
// header says in place of the truth.
type Buffer struct {
	CPU       uint16
	Sequence  int64
	Flags     uint16 // BufferFlag; without 0x20 CPU is written as one byte, Alignment 8 after it
	Type      uint16 // BufferType
	TimeStamp int64
	State     *uint32
	Events    []Event
	// LateEvents is how many of the last Events lie between SavedOffset and Offset.
	LateEvents int
	// Compress writes the events as one XPRESS stream and sets flag 0x40.
	Compress bool
	// Stream, if not nil, is written in place of that stream.
	Stream []byte
	// DiskSize is the length in the file, in bytes. 0 is exact for a compressed
	// buffer, 0x400 for the first buffer of a compressed file, else the
	// header's BufferSize.
	DiskSize uint32

	Size, SavedOffset, CurrentOffset, Offset *uint32
}

// Bytes gives the file. An error says what does not fit: an event into its
// size field, or events into their buffer.
func (t *Trace) Bytes() ([]byte, error) {
	var file bytes.Buffer
	if _, err := t.writeBuffers(&file); err != nil {
		return nil, err
	}
	b := file.Bytes()
	if t.Cut != 0 {
		end := t.Cut
		if end < 0 {
			end += int64(len(b))
		}
		if end < 0 || end > int64(len(b)) {
			return nil, fmt.Errorf("cut %d: the file has %d bytes", t.Cut, len(b))
		}
		b = b[:end]
	}
	return append(b, t.Append...), nil
}

// WriteTo writes what Bytes gives; of a trace without a cut one buffer after the
// other.
func (t *Trace) WriteTo(w io.Writer) (int64, error) {
	if t.Cut == 0 {
		n, err := t.writeBuffers(w)
		if err != nil {
			return n, err
		}
		more, err := w.Write(t.Append)
		return n + int64(more), err
	}
	b, err := t.Bytes()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(b)
	return int64(n), err
}

func (t *Trace) writeBuffers(w io.Writer) (int64, error) {
	if len(t.Buffers) == 0 {
		return 0, errors.New("a trace needs a first buffer for its header event")
	}
	var n int64
	for i := range t.Buffers {
		b, err := t.bufferBytes(i)
		if err != nil {
			return n, fmt.Errorf("buffer %d: %w", i, err)
		}
		wrote, err := w.Write(b)
		if n += int64(wrote); err != nil {
			return n, err
		}
	}
	return n, nil
}

// AppendBuffer appends to b a buffer that is not the first, as it lies in a file of
// that header. Who writes much need not hold all events.
func AppendBuffer(b []byte, h *etl.Header, buf *Buffer) ([]byte, error) {
	t := Trace{Header: *h, Buffers: []Buffer{{}, *buf}}
	one, err := t.bufferBytes(1)
	return append(b, one...), err
}

// bufferBytes gives the buffer with number i as it lies in the file.
func (t *Trace) bufferBytes(i int) ([]byte, error) {
	buf := &t.Buffers[i]
	if buf.LateEvents < 0 || buf.LateEvents > len(buf.Events) {
		return nil, fmt.Errorf("%d late events of %d", buf.LateEvents, len(buf.Events))
	}
	b := make([]byte, bufferHeaderSize, max(bufferHeaderSize, int(t.Header.BufferSize)))
	var err error
	if i == 0 {
		if b, err = t.appendHeaderEvent(b); err != nil {
			return nil, err
		}
	}
	saved := len(b)
	for k := range buf.Events {
		if b, err = buf.Events[k].appendTo(b); err != nil {
			return nil, fmt.Errorf("event %d: %w", k, err)
		}
		if k < len(buf.Events)-buf.LateEvents {
			saved = len(b)
		}
	}
	end := len(b)
	switch {
	case buf.Stream != nil:
		b = append(b[:bufferHeaderSize:bufferHeaderSize], buf.Stream...)
	case buf.Compress:
		b = append(b[:bufferHeaderSize:bufferHeaderSize], compressXPRESS(b[bufferHeaderSize:])...)
	}
	size := int(t.diskSize(i))
	if size == 0 {
		size = len(b)
	}
	if len(b) > size || size > maxBufferSize {
		return nil, fmt.Errorf("%d bytes do not fit into a buffer of %d", len(b), size)
	}
	// Windows leaves 0xFF after the events.
	b = append(b, bytes.Repeat([]byte{0xff}, size-len(b))...)
	t.putBufferHeader(b, i, uint32(saved), uint32(end))
	return b, nil
}

// diskSize is the length of buffer i in the file, 0 for an exact one.
func (t *Trace) diskSize(i int) uint32 {
	buf := &t.Buffers[i]
	switch {
	case buf.DiskSize != 0:
		return buf.DiskSize
	case buf.Compress:
		return 0
	case i == 0 && t.Header.LogFileMode&modeCompressed != 0:
		return 0x400
	}
	return t.Header.BufferSize
}

func (t *Trace) putBufferHeader(b []byte, i int, saved, end uint32) {
	le := binary.LittleEndian
	buf := &t.Buffers[i]
	state := uint32(stateInUse)
	if i == 0 && t.Header.LogFileMode&modeCompressed != 0 {
		state = uint32(t.Header.Compression)
	}
	flags := buf.Flags
	if buf.Compress {
		flags |= flagCompressed
	}
	cpu := buf.CPU
	if flags&flagProcessorIndex == 0 {
		cpu = cpu&0xff | 8<<8
	}
	le.PutUint32(b[0x00:], or(buf.Size, uint32(len(b))))
	le.PutUint32(b[0x04:], or(buf.SavedOffset, saved))
	le.PutUint32(b[0x08:], or(buf.CurrentOffset, 0))
	le.PutUint64(b[0x10:], uint64(buf.TimeStamp))
	le.PutUint64(b[0x18:], uint64(buf.Sequence))
	le.PutUint16(b[0x28:], cpu)
	le.PutUint32(b[0x2c:], or(buf.State, state))
	le.PutUint32(b[0x30:], or(buf.Offset, end))
	le.PutUint16(b[0x34:], flags)
	le.PutUint16(b[0x36:], buf.Type)
}

// or gives the lie, if there is one.
func or(lie *uint32, truth uint32) uint32 {
	if lie != nil {
		return *lie
	}
	return truth
}
