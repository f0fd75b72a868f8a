package verdict

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"
	"unicode/utf16"

	"portverdict/etl/etlgen"
)

// t0 is second 0 of every story.
var t0 = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// moment is a time of a story, in seconds from t0.
func moment(at float64) time.Time { return t0.Add(ticks(at) * 100) }

// ticks is a time of a story in whole units of 100 ns: what a processor makes of the last
// bits of a sum is no part of it.
func ticks(at float64) time.Duration { return time.Duration(math.Round(at * 1e7)) }

const (
	tooMany  = 0xC0000209
	tcp, udp = false, true

	kindFull  = 4  // etl.KindFull
	kindEvent = 10 // etl.KindEvent

	traceZero = 5_000_000 // raw time of second 0 of a tape
)

var (
	afdGUID     = [16]byte{0x23, 0x68, 0x3c, 0xe5, 0xb8, 0x7b, 0xbb, 0x44, 0x90, 0xdc, 0x3f, 0x86, 0x09, 0x0d, 0x48, 0xa6}
	tcpipGUID   = [16]byte{0xee, 0xe2, 0x07, 0x2f, 0xdb, 0x15, 0xf1, 0x40, 0x90, 0xef, 0x9d, 0x7b, 0xa2, 0x82, 0x18, 0x8a}
	processGUID = [16]byte{0xd6, 0x2c, 0xfb, 0x22, 0x7b, 0x0e, 0x2b, 0x42, 0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16}
	classGUID   = [16]byte{0xd0, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}
)

// tape is a trace while its story is told, from one second of the story to another.
type tape struct {
	from, to float64
	events   []etlgen.Event
	next     uint64 // socket
	keys     map[int]uint64
	v6       bool // sockets that follow are of IPv6
	anon     bool // sockets that follow are older than the trace: no create
	untyped  bool // and their events do not tell the transport
	tune     func(*etlgen.Trace)
}

// sock is a socket of a tape.
type sock struct {
	t       *tape
	process uint64
	key     uint64
	pid     int
	udp, v6 bool
	keyword uint64
}

func newTape(from, to float64) *tape {
	t := &tape{from: from, to: to, keys: map[int]uint64{}}
	// The ends of the trace: a socket that never binds.
	for _, at := range []float64{from, to} {
		s := t.socket(at, 4, tcp)
		s.closes(at)
	}
	return t
}

// key is the EPROCESS of a PID.
func (t *tape) key(pid int) uint64 {
	if k, ok := t.keys[pid]; ok {
		return k
	}
	return 0xFFFFC40A00000080 + uint64(pid)*0x1000
}

func (t *tape) put(at float64, id uint16, provider [16]byte, keyword uint64, payload []byte) {
	t.events = append(t.events, etlgen.Event{
		Kind: kindEvent, PointerSize: 8, Provider: provider, ID: id, Level: 4, Channel: 16, Task: id, Keyword: 0x8000000000000004 | keyword,
		PID: 4, TID: 8, Time: traceZero + int64(ticks(at-t.from)), Payload: payload,
	})
}

func u32(b []byte, v ...uint32) []byte {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func u64(b []byte, v ...uint64) []byte {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

// sockaddr appends a SOCKADDR and its length before it.
func sockaddr(b []byte, v6 bool, port int) []byte {
	size, family := 16, uint16(2)
	if v6 {
		size, family = 28, 23
	}
	b = u32(b, uint32(size))
	a := make([]byte, size)
	binary.LittleEndian.PutUint16(a, family)
	binary.BigEndian.PutUint16(a[2:], uint16(port))
	return append(b, a...)
}

func (s *sock) head(phase uint32) []byte { return u64(u32(nil, phase, 7000+phase), s.process, s.key) }

// socket makes a socket and tells of its create.
func (t *tape) socket(at float64, pid int, datagram bool) *sock {
	t.next++
	s := &sock{t: t, process: t.key(pid), key: 0xFFFFC40A20000000 + t.next*0x200, pid: pid, udp: datagram, v6: t.v6}
	if t.anon {
		if !t.untyped {
			s.keyword = 2
			if datagram {
				s.keyword = 1
			}
		}
		return s
	}
	kind, protocol, family := uint32(1), uint32(6), uint32(2)
	if datagram {
		kind, protocol = 2, 17
	}
	if s.v6 {
		family = 23
	}
	return s.create(at, family, kind, protocol)
}

// create tells of the create of a socket, entered and left.
func (s *sock) create(at float64, family, kind, protocol uint32) *sock {
	for phase := range uint32(2) {
		b := u32(s.head(phase), family, kind, protocol)
		s.t.put(at, 1000, afdGUID, 0, u32(u64(b, uint64(s.pid)), 0))
	}
	return s
}

// bind tells of one record of a bind: the phase is 0 where it enters and 1 where it is
// left.
func (s *sock) bind(at float64, phase uint32, status uint32, port int) *sock {
	s.t.put(at, 1030, afdGUID, s.keyword, sockaddr(u32(s.head(phase), status), s.v6, port))
	return s
}

// plain tells of a record of a bind, 1029, or a connect, 1017 or 1020, that has no address.
func (s *sock) plain(at float64, id uint16, phase uint32, status uint32) *sock {
	s.t.put(at, id, afdGUID, s.keyword, u32(s.head(phase), status))
	return s
}

// connect tells of a connect, entered and left.
func (s *sock) connect(at float64, status uint32) *sock {
	return s.plain(at, 1017, 0, 0).plain(at+0.001, 1017, 1, status)
}

func (s *sock) closes(at float64) {
	s.plain(at, 1002, 0, 0).plain(at, 1002, 1, 0).plain(at, 1001, 0, 0).plain(at, 1001, 1, 0)
}

// opens tells of a bind to any port that is given one, or to the stated one.
func (s *sock) opens(at float64, asked, given int) *sock {
	return s.bind(at, 0, 0, asked).bind(at+0.001, 1, 0, given)
}

// open makes a socket that is given a port.
func (t *tape) open(at float64, pid, port int) *sock {
	return t.socket(at, pid, tcp).opens(at, 0, port)
}

// opensMany opens so many sockets of a process, from a port on, over a span, and keeps them.
func (t *tape) opensMany(pid, port, n int, from, to float64) *tape {
	for i := range n {
		t.open(from+(to-from)*float64(i)/float64(max(n, 1)), pid, port+i)
	}
	return t
}

// refuse tells of a bind to any port that is refused: one attempt of a socket of its own.
func (t *tape) refuse(at float64, pid int) *tape { return t.fails(at, pid, tcp, tooMany) }

// fails tells of a bind to any port that ends with a status.
func (t *tape) fails(at float64, pid int, datagram bool, status uint32) *tape {
	s := t.socket(at, pid, datagram)
	s.bind(at, 0, 0, 0).bind(at, 1, status, 0).closes(at)
	return t
}

// busy opens and closes a socket of PID 50 every few seconds, so that successes span.
func (t *tape) busy(from, to, every float64, datagram bool, port int) *tape {
	for at := from; at <= to; at += every {
		t.socket(at, 50, datagram).opens(at, 0, port).closes(at + 0.002)
	}
	return t
}

// driver tells of a port failure of the TCP/IP driver: 1006 of TCP, 1394 of UDP.
func (t *tape) driver(at float64, datagram bool, status uint32, port int) *tape {
	id, b := uint16(1006), u32(sockaddr(nil, t.v6, port), status)
	if datagram {
		id, b = 1394, u64(b, 0xFFFFC40A70000000)
	}
	t.put(at, id, tcpipGUID, 0, b)
	return t
}

// weak tells of a port that the driver shares, 1195.
func (t *tape) weak(at float64, port int) *tape {
	b := binary.LittleEndian.AppendUint16(u64(nil, 0xFFFFC40A70000000), uint16(port))
	t.put(at, 1195, tcpipGUID, 0, u64(u32(b, 1), 0xFFFFC40A70001000))
	return t
}

// started tells that a process began, by Kernel-Process 1; ended by 2.
func (t *tape) started(at float64, pid int, image string) *tape {
	b := u32(u64(u32(nil, uint32(pid)), 0), 4, 0)
	for _, u := range utf16.Encode([]rune(`\Device\HarddiskVolume3\` + image)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	t.put(at, 1, processGUID, 0, append(b, 0, 0))
	return t
}

func (t *tape) ended(at float64, pid int) *tape {
	t.put(at, 2, processGUID, 0, u32(u64(u32(nil, uint32(pid)), 0, 0), 0, 0, 0))
	return t
}

// listed tells that a process is running, by the classic class, with its EPROCESS.
func (t *tape) listed(at float64, pid int, image string) *tape {
	b := append(u32(u32(u64(nil, t.key(pid)), uint32(pid)), 4, 0, 0, 0), image...)
	t.events = append(t.events, etlgen.Event{
		Kind: kindFull, PointerSize: 8, Provider: classGUID, Opcode: 3, Version: 2, PID: 4, TID: 8, Time: traceZero + int64(ticks(at-t.from)), Payload: append(b, 0),
	})
	return t
}

// build is the tape as a file.
func (t *tape) build(tb testing.TB) []byte {
	tb.Helper()
	const size = 64 << 10
	slices.SortStableFunc(t.events, func(a, b etlgen.Event) int { return cmp.Compare(a.Time, b.Time) })
	ticks := func(at float64) int64 {
		return moment(at).Unix()*1e7 + int64(moment(at).Nanosecond()/100) + 116444736000000000
	}
	var out etlgen.Trace
	h := &out.Header
	h.BufferSize, h.VersionMajor, h.Build, h.Processors, h.LogFileMode, h.PointerSize = size, 10, 17763, 1, 1, 8
	h.PerfFreq, h.CPUSpeedMHz, h.Clock, h.T0, h.LoggerName = 1e7, 2400, 1, traceZero, "story"
	setTime(&h.StartTime, ticks(t.from))
	setTime(&h.EndTime, ticks(t.to))
	out.Buffers = []etlgen.Buffer{{Type: 4, Flags: 0x20, TimeStamp: traceZero}}
	used, buf := 0, etlgen.Buffer{Flags: 0x20}
	flush := func() {
		if len(buf.Events) > 0 {
			buf.Sequence, buf.TimeStamp = int64(len(out.Buffers)), buf.Events[0].Time
			out.Buffers = append(out.Buffers, buf)
		}
		used, buf = 0, etlgen.Buffer{Flags: 0x20}
	}
	for i := range t.events {
		n := (0x50 + len(t.events[i].Payload) + 7) &^ 7
		if used+n > size-0x48 {
			flush()
		}
		used += n
		buf.Events = append(buf.Events, t.events[i])
	}
	flush()
	if t.tune != nil {
		t.tune(&out)
	}
	data, err := out.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// setTime sets a FILETIME, whose type is another room's.
func setTime[T ~int64](at *T, v int64) { *at = T(v) }
