package etlgen

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"portverdict/etl"
)

const (
	bulkBuffer = 64 << 10 // bytes
	bulkCPUs   = 4
	bulkT0     = 5_000_000
	// bulkStep is the longest time between two events of one processor, in
	// 100 ns. No buffer holds more than bulkMost events.
	bulkStep = 128
	bulkMost = bulkBuffer / 0x78
	// bulkRound is the time that four buffers, one a processor, cover together.
	bulkRound = bulkStep * bulkMost

	eventHeaderSize = 0x50
	fillerLeast     = 120 // bytes of one event that is not of Winsock-AFD
	fillerMost      = 400
	fillerKinds     = 8
	cycleSteps      = 6
	firstPort       = 49152 // of the ephemeral range, up to 65535
	restFirst       = 1401  // the least id of the events of Bulk.Rest
)

// A bulk is the state of WriteBulk: one socket of each processor is on its way
// from create to close.
type bulk struct {
	Bulk
	buf     []byte
	at      int
	cycle   [cycleSteps][]byte // Winsock-AFD events of one socket, with alignment
	sizes   [cycleSteps]int    // without it
	filler  [fillerKinds][]byte
	sockets [bulkCPUs]bulkSocket
	opened  uint64 // sockets so far
	random  uint64
	afd     int64 // event bytes of Winsock-AFD so far
	all     int64 // event bytes so far
}

type bulkSocket struct {
	step     int // the next event of the cycle
	endpoint uint64
	process  uint64
	pid      uint32
	port     uint16
}

// Bulk says what a long trace is made of.
type Bulk struct {
	// Share of the bytes of its events, 0 to 1, are of Winsock-AFD: create 1000, bind
	// 1030 and close 1001 of one socket after another, each when it enters and when it
	// exits.
	Share float64
	// Rest is the provider of all other events, with ids from 1401 on; of the zero GUID
	// they are of eight providers that nobody knows. They have 120 to 400 bytes each.
	Rest etl.GUID
	// Compressed buffers are XPRESS, the first apart.
	Compressed bool
}

// WriteBulk writes a trace of about size bytes of which a share is of Winsock-AFD.
func WriteBulk(w io.Writer, size int64, share float64) error {
	return Bulk{Share: share}.Write(w, size)
}

// Write writes a trace of about size bytes, before they are compressed, and at least two
// buffers: 64-bit, four processors, buffers of 64 KiB, times that rise. The same
// arguments give the same bytes; memory does not depend on size.
func (o Bulk) Write(w io.Writer, size int64) error {
	if !(o.Share >= 0 && o.Share <= 1) { // NaN is neither
		return fmt.Errorf("share %v is not between 0 and 1", o.Share)
	}
	buffers := max(2, size/bulkBuffer)
	if buffers > 1<<31 {
		return fmt.Errorf("size %d is too large", size)
	}
	b, err := newBulk(o)
	if err != nil {
		return err
	}
	head := bulkHeader(buffers)
	if o.Compressed {
		head.Header.LogFileMode |= modeCompressed
		head.Header.Compression = 3
	}
	if _, err := head.WriteTo(w); err != nil {
		return err
	}
	for n := int64(1); n < buffers; n++ {
		b.writeBuffer(n)
		buf := b.buf
		if o.Compressed {
			buf = compressed(buf[:b.at])
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// bulkHeader is the trace of the first buffer alone, with the header of all.
func bulkHeader(buffers int64) *Trace {
	start := fileTime(time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC))
	rounds := (buffers + bulkCPUs - 2) / bulkCPUs
	return &Trace{
		Header: etl.Header{
			BufferSize: bulkBuffer, VersionMajor: 10, VersionSub: 1, VersionSubMinor: 5, Build: 20348,
			Processors: bulkCPUs, StartTime: start, EndTime: start + etl.FileTime(rounds*bulkRound),
			TimerResolution: 156250, LogFileMode: 1, BuffersWritten: uint32(buffers), StartBuffers: 1,
			PointerSize: 8, PerfFreq: 1e7, Clock: 1, T0: bulkT0, LoggerName: "bulk", LogFileName: "bulk.etl",
		},
		Buffers: []Buffer{{Type: typeHeader}},
	}
}

// compressed gives a data buffer, up to the end of its events, as XPRESS.
func compressed(b []byte) []byte {
	out := append(b[:bufferHeaderSize:bufferHeaderSize], compressXPRESS(b[bufferHeaderSize:])...)
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	binary.LittleEndian.PutUint16(out[0x34:], flagProcessorIndex|flagCompressed)
	return out
}

func newBulk(o Bulk) (*bulk, error) {
	b := &bulk{Bulk: o, buf: make([]byte, bulkBuffer), random: 1}
	afd := etl.GUID{0x23, 0x68, 0x3c, 0xe5, 0xb8, 0x7b, 0xbb, 0x44, 0x90, 0xdc, 0x3f, 0x86, 0x09, 0x0d, 0x48, 0xa6}
	// Enter and exit of create (opcode 10), bind with address (12) and close (15).
	for i, c := range []struct {
		id      uint16
		opcode  uint8
		payload int
	}{{1000, 10, 48}, {1000, 10, 48}, {1030, 12, 48}, {1030, 12, 48}, {1001, 15, 28}, {1001, 15, 28}} {
		e := Event{
			Kind: etl.KindEvent, PointerSize: 8, Provider: afd, ID: c.id, Channel: 16, Level: 4,
			Opcode: c.opcode, Task: c.id, Keyword: 0x8000000000000004, Payload: bulkPayload(c.id, c.payload, uint32(i%2)),
		}
		var err error
		if b.cycle[i], err = e.appendTo(nil); err != nil {
			return nil, err
		}
		b.sizes[i] = eventHeaderSize + c.payload
	}
	for i := range b.filler {
		payload := make([]byte, fillerMost-eventHeaderSize)
		for k := range payload {
			payload[k] = byte(b.next() >> 40)
		}
		var provider etl.GUID
		for k := range provider {
			provider[k] = byte(b.next() >> 40)
		}
		e := Event{
			Kind: etl.KindEvent, PointerSize: 8, Provider: provider, ID: uint16(10 + i), Level: 4,
			Task: uint16(i), Keyword: 1 << i, Payload: payload,
		}
		if o.Rest != (etl.GUID{}) {
			e.Provider, e.ID = o.Rest, uint16(restFirst+i)
		}
		var err error
		if b.filler[i], err = e.appendTo(nil); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// bulkPayload is what an AFD event holds before the socket is known: EnterExit,
// Location, two pointers, then by id.
func bulkPayload(id uint16, n int, exit uint32) []byte {
	le := binary.LittleEndian
	p := make([]byte, n)
	le.PutUint32(p[0x00:], exit)
	le.PutUint32(p[0x04:], uint32(id)*2+exit)
	switch id {
	case 1000:
		le.PutUint32(p[0x18:], 2) // AF_INET
		le.PutUint32(p[0x1c:], 1) // SOCK_STREAM
		le.PutUint32(p[0x20:], 6) // IPPROTO_TCP
	case 1030:
		le.PutUint32(p[0x1c:], 16) // AddressLen
		le.PutUint16(p[0x20:], 2)  // AF_INET
	}
	return p
}

// next gives 64 pseudo-random bits; the upper ones are the better ones.
func (b *bulk) next() uint64 {
	b.random = b.random*6364136223846793005 + 1442695040888963407
	return b.random
}

// writeBuffer fills buf with data buffer n, from 1 on.
func (b *bulk) writeBuffer(n int64) {
	le := binary.LittleEndian
	cpu := (n - 1) % bulkCPUs
	now := bulkT0 + (n-1)/bulkCPUs*bulkRound
	first := now
	b.at = bufferHeaderSize
	for bulkBuffer-b.at >= fillerMost {
		now += 1 + int64(b.next()>>40)%(bulkStep-1)
		if float64(b.afd) < b.Share*float64(b.all+fillerLeast) {
			b.socketEvent(int(cpu), now)
		} else {
			b.fillerEvent(now)
		}
	}
	rest := b.buf[b.at:]
	for i := range rest {
		rest[i] = 0xff
	}
	clear(b.buf[:bufferHeaderSize])
	le.PutUint32(b.buf[0x00:], bulkBuffer)
	le.PutUint32(b.buf[0x04:], uint32(b.at))
	le.PutUint64(b.buf[0x10:], uint64(first))
	le.PutUint64(b.buf[0x18:], uint64(n))
	le.PutUint16(b.buf[0x28:], uint16(cpu))
	le.PutUint32(b.buf[0x2c:], stateInUse)
	le.PutUint32(b.buf[0x30:], uint32(b.at))
	le.PutUint16(b.buf[0x34:], flagProcessorIndex)
}

// socketEvent writes the next event of the processor's socket.
func (b *bulk) socketEvent(cpu int, now int64) {
	le := binary.LittleEndian
	s := &b.sockets[cpu]
	if s.step == 0 {
		b.opened++
		process := b.next() >> 60 // one of 16
		s.endpoint = 0xffff9a0000000000 + (b.opened%(1<<24))*0x200
		s.process = 0xffff9b0000000080 + process*0x1000
		s.pid = uint32(1000 + process*4)
		s.port = uint16(firstPort + b.opened%(65536-firstPort))
	}
	size := b.sizes[s.step]
	e := b.buf[b.at : b.at+len(b.cycle[s.step])]
	copy(e, b.cycle[s.step])
	b.at += len(e)
	b.afd += int64(size)
	b.all += int64(size)
	le.PutUint32(e[0x08:], s.pid+4)
	le.PutUint32(e[0x0c:], s.pid)
	le.PutUint64(e[0x10:], uint64(now))
	p := e[eventHeaderSize:]
	le.PutUint64(p[0x08:], s.process)
	le.PutUint64(p[0x10:], s.endpoint)
	switch s.step {
	case 0, 1:
		le.PutUint64(p[0x24:], uint64(s.pid))
	case 3: // the request asked for port 0 of any address, the answer names it
		binary.BigEndian.PutUint16(p[0x22:], s.port)
	}
	s.step = (s.step + 1) % cycleSteps
}

// fillerEvent writes an event of another provider, with a length of its own.
func (b *bulk) fillerEvent(now int64) {
	le := binary.LittleEndian
	r := b.next()
	from := b.filler[r>>61]
	size := fillerLeast + int(r>>32&0xffff)%(fillerMost-fillerLeast+1)
	padded := (size + 7) &^ 7
	e := b.buf[b.at : b.at+padded]
	copy(e, from)
	clear(e[size:])
	b.at += padded
	b.all += int64(size)
	pid := uint32(r>>48&0xff) * 4
	le.PutUint16(e, uint16(size))
	le.PutUint32(e[0x08:], pid+8)
	le.PutUint32(e[0x0c:], pid)
	le.PutUint64(e[0x10:], uint64(now))
}
