package etlgen

import (
	"encoding/binary"
	"errors"
	"io"
	"time"

	"portverdict/etl"
)

// Long is a trace that is made where it is read: of any length, in the memory of
// one buffer. It is an io.ReaderAt, safe for concurrent use.
//
// Its Winsock-AFD events open one socket after another (create 1000 and bind 1030
// to port 0, each when it enters and when it exits) and close 1001 the one that was
// opened open sockets before: open of them are open from then on, to the end. The
// sockets belong to 16 processes; the events go round four processors.
type Long struct {
	events  int64
	open    int64
	step    int64 // 100 ns between two events
	buffers int64
	head    []byte
	cycle   [cycleSteps][]byte
}

// longEvents is how many events a buffer holds: those of the longest kind fit.
const longEvents = 448

// NewLong makes a trace of events Winsock-AFD events over the duration. open is how
// many sockets are open at a time.
func NewLong(events, open int64, duration time.Duration) (*Long, error) {
	if events < 1 || events > 1<<36 || open < 1 || open > 1<<24 || duration < time.Second {
		return nil, errors.New("from 1 event, 1 open socket and 1 second on")
	}
	b, err := newBulk(Bulk{Share: 1})
	if err != nil {
		return nil, err
	}
	l := &Long{events: events, open: open, step: max(1, int64(duration/100)/events), cycle: b.cycle}
	rounds := (events + bulkCPUs*longEvents - 1) / (bulkCPUs * longEvents)
	l.buffers = 1 + rounds*bulkCPUs
	h := bulkHeader(l.buffers)
	h.Header.EndTime = h.Header.StartTime + etl.FileTime(events*l.step)
	if l.head, err = h.Bytes(); err != nil {
		return nil, err
	}
	return l, nil
}

// Size is the length of the trace in bytes.
func (l *Long) Size() int64 { return l.buffers * bulkBuffer }

// ReadAt gives the bytes from an offset on.
func (l *Long) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= l.Size() {
		return 0, io.EOF
	}
	var buf []byte
	n := 0
	for n < len(p) && off < l.Size() {
		part := l.head
		if index := off / bulkBuffer; index > 0 {
			if buf == nil {
				buf = make([]byte, bulkBuffer)
			}
			l.fill(buf, index-1)
			part = buf
		}
		c := copy(p[n:], part[off%bulkBuffer:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// fill writes data buffer n, from 0 on: of its round the events of its processor.
func (l *Long) fill(buf []byte, n int64) {
	le := binary.LittleEndian
	cpu, round := n%bulkCPUs, n/bulkCPUs
	at := bufferHeaderSize
	for k := range int64(longEvents) {
		if i := (round*longEvents+k)*bulkCPUs + cpu; i < l.events {
			at += l.event(buf[at:], i)
		}
	}
	for i := at; i < len(buf); i++ {
		buf[i] = 0xff
	}
	clear(buf[:bufferHeaderSize])
	le.PutUint32(buf[0x00:], bulkBuffer)
	le.PutUint32(buf[0x04:], uint32(at))
	le.PutUint64(buf[0x10:], uint64(bulkT0+(round*longEvents*bulkCPUs+cpu)*l.step))
	le.PutUint64(buf[0x18:], uint64(n+1))
	le.PutUint16(buf[0x28:], uint16(cpu))
	le.PutUint32(buf[0x2c:], stateInUse)
	le.PutUint32(buf[0x30:], uint32(at))
	le.PutUint16(buf[0x34:], flagProcessorIndex)
}

// event writes event i and gives its length.
func (l *Long) event(b []byte, i int64) int {
	le := binary.LittleEndian
	step, socket := i%cycleSteps, i/cycleSteps
	if step >= 4 { // the close of an older one; of the first there is none, so it is of no one
		socket -= l.open
	}
	n := copy(b, l.cycle[step])
	pid := uint32(1000 + (socket&15)*4)
	le.PutUint32(b[0x08:], pid+4)
	le.PutUint32(b[0x0c:], pid)
	le.PutUint64(b[0x10:], uint64(bulkT0+i*l.step))
	p := b[eventHeaderSize:]
	le.PutUint64(p[0x08:], 0xffff9b0000000080+uint64(socket&15)*0x1000)
	le.PutUint64(p[0x10:], 0xffff9a0000000000+uint64(socket+1<<30)*0x200)
	switch step {
	case 0, 1:
		le.PutUint64(p[0x24:], uint64(pid))
	case 3:
		binary.BigEndian.PutUint16(p[0x22:], uint16(1025+socket%64000))
	}
	return n
}
