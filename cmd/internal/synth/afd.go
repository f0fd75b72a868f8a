package synth

import (
	"encoding/binary"

	"portverdict/etl"
	"portverdict/etl/etlgen"
)

// Payloads of Microsoft-Windows-Winsock-AFD, little-endian and packed; a pointer has
// the host's width; a SOCKADDR has its family little-endian and its port big-endian.

func guid(first uint32, second, third uint16, rest ...byte) (g etl.GUID) {
	binary.LittleEndian.PutUint32(g[0:], first)
	binary.LittleEndian.PutUint16(g[4:], second)
	binary.LittleEndian.PutUint16(g[6:], third)
	copy(g[8:], rest)
	return g
}

var (
	afdProvider     = guid(0xe53c6823, 0x7bb8, 0x44bb, 0x90, 0xdc, 0x3f, 0x86, 0x09, 0x0d, 0x48, 0xa6)
	packetProvider  = guid(0x2ed6006e, 0x4729, 0x4609, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef)
	tcpipProvider   = guid(0x2f07e2ee, 0x15db, 0x40f1, 0x90, 0xef, 0x9d, 0x7b, 0xa2, 0x82, 0x18, 0x8a)
	processProvider = guid(0x22fb2cd6, 0x0e7b, 0x422b, 0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16)
)

const (
	afINET   = 2
	afINET6  = 23
	tooMany  = 0xC0000209
	afdBasic = 0x8000000000000004 // keyword: source Winsock, Operational channel
)

func (t *tracer) pointer(b []byte, v uint64) []byte {
	if t.host.recipe.Host.Bits == 32 {
		return binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(b, v)
}

// head is what every AFD payload begins with.
func (t *tracer) head(s *socket, exit, location uint32) []byte {
	b := make([]byte, 0, 72)
	b = binary.LittleEndian.AppendUint32(b, exit)
	b = binary.LittleEndian.AppendUint32(b, location)
	b = t.pointer(b, s.process.key)
	return t.pointer(b, s.endpoint)
}

func family(habit *Sockets) uint16 {
	if habit.Family == "ipv4" {
		return afINET
	}
	return afINET6
}

// address appends AddressLen and a SOCKADDR; host is the last part of the address,
// 0 for the unspecified one.
func address(b []byte, family uint16, host int, port uint16) []byte {
	size, at := uint32(16), 4
	if family == afINET6 {
		size, at = 28, 8
	}
	b = binary.LittleEndian.AppendUint32(b, size)
	a := make([]byte, size)
	binary.LittleEndian.PutUint16(a, family)
	binary.BigEndian.PutUint16(a[2:], port)
	if host > 0 && family == afINET {
		copy(a[at:], []byte{198, 51, byte(100 + host>>8), byte(host)})
	}
	if host > 0 && family == afINET6 {
		copy(a[at:], []byte{0x20, 0x01, 0x0d, 0xb8, 14: byte(host >> 8), 15: byte(host)})
	}
	return append(b, a...)
}

// create is AfdCreate 1000, entered and left.
func (t *tracer) create(s *socket) {
	kind, protocol := uint32(1), uint32(6)
	if s.transport == udp {
		kind, protocol = 2, 17
	}
	for exit, location := range []uint32{1002, 1012} {
		b := t.head(s, uint32(exit), location)
		for _, v := range []uint32{uint32(family(s.habit)), kind, protocol} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = t.pointer(b, uint64(s.process.PID))
		b = binary.LittleEndian.AppendUint32(b, 0)
		t.afd(s, ticks(exit)*microsecond, 1000, 10, 0, true, b)
	}
}

// bind is AfdBindWithAddress 1030, entered with the port asked for and left with the
// one given; refused, it is left with what was asked for and the status.
func (t *tracer) bind(s *socket, status uint32) *attempt {
	asked, given := uint16(s.habit.Port), s.port
	if status != 0 {
		given = asked
	}
	b := binary.LittleEndian.AppendUint32(t.head(s, 0, 7010), 0)
	t.afd(s, 100*microsecond, 1030, 10, 0, true, address(b, family(s.habit), 0, asked))
	b = binary.LittleEndian.AppendUint32(t.head(s, 1, 7022), status)
	e := t.afd(s, 120*microsecond, 1030, 12, status, status == 0 || t.host.share(0.5), address(b, family(s.habit), 0, given))
	s.seen = e != nil && status == 0
	return t.witness(e, s, "bind", status, asked)
}

// connect is AfdConnectWithAddress 1018 when entered and AfdConnect 1017 when left.
func (t *tracer) connect(s *socket, status uint32) *attempt {
	b := t.pointer(t.head(s, 0, 5023), 0)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 0)
	t.afd(s, 0, 1018, 12, 0, true, address(b, family(s.habit), s.remote+1, 443))
	b = binary.LittleEndian.AppendUint32(t.head(s, 1, 5040), status)
	e := t.afd(s, 30*microsecond, 1017, 12, status, false, b)
	return t.witness(e, s, "connect", status, 0)
}

// closed is the cleanup 1002 and the close 1001 of a socket, entered and left.
func (t *tracer) closed(s *socket) {
	at := 200 * microsecond // a refused bind comes before
	for i, step := range []struct {
		id       uint16
		opcode   uint8
		location uint32
	}{{1002, 16, 2100}, {1002, 16, 2101}, {1001, 15, 2000}, {1001, 15, 2001}} {
		b := binary.LittleEndian.AppendUint32(t.head(s, uint32(i%2), step.location), 0)
		t.afd(s, at+ticks(i)*microsecond, step.id, step.opcode, 0, i < 2, b)
	}
}

// afd records an AFD event some time after now. Where the header's PID is not that of
// the process, it is of the System process, as of work that another thread does.
func (t *tracer) afd(s *socket, after ticks, id uint16, opcode uint8, status uint32, ownPID bool, payload []byte) *event {
	e := etlgen.Event{
		Kind: etl.KindEvent, PointerSize: uint8(t.host.recipe.Host.Bits / 8), Provider: afdProvider, ID: id, Opcode: opcode, Channel: 16,
		Level: 4, Task: id, Keyword: afdBasic, PID: 4, TID: 8 + uint32(id), Payload: payload,
	}
	if status != 0 {
		e.Level = 2
	}
	if ownPID {
		e.PID, e.TID = uint32(s.process.PID), uint32(s.process.PID)+4
	}
	return t.record(t.host.now+after, e)
}

// notAcquired is what Microsoft-Windows-TCPIP tells of a refused attempt: 1006 of a
// bind, version 0, 1050 of a connect, 1394 of UDP.
func (t *tracer) notAcquired(s *socket, a *attempt) {
	if t.want == nil || !t.want.TCPIP {
		return
	}
	f := family(s.habit)
	b, id, after := address(nil, f, 0, 0), uint16(1006), 110*microsecond
	switch {
	case s.transport == udp:
		id = 1394
		b = t.pointer(binary.LittleEndian.AppendUint32(b, tooMany), s.endpoint)
	case a.kind == "connect":
		id, after = 1050, 20*microsecond
		b = binary.LittleEndian.AppendUint32(address(b, f, s.remote+1, 443), tooMany)
		b = binary.LittleEndian.AppendUint32(b, uint32(s.process.PID))
		b = t.pointer(binary.LittleEndian.AppendUint32(b, 1), s.endpoint)
	default:
		b = binary.LittleEndian.AppendUint32(b, tooMany)
	}
	t.tcpip(s, after, id, b)
}

// weakly is TCPIP 1195: a port that is in use is given once more.
func (t *tracer) weakly(s *socket, port uint16) {
	if t.want == nil || !t.want.TCPIP {
		return
	}
	b := binary.LittleEndian.AppendUint16(t.pointer(nil, s.endpoint), port)
	b = t.pointer(binary.LittleEndian.AppendUint32(b, 1), s.endpoint^0xFFF0)
	t.tcpip(s, 10*microsecond, 1195, b)
}

func (t *tracer) tcpip(s *socket, after ticks, id uint16, payload []byte) {
	e := t.record(t.host.now+after, etlgen.Event{
		Kind: etl.KindEvent, PointerSize: uint8(t.host.recipe.Host.Bits / 8), Provider: tcpipProvider, ID: id, Channel: 16, Level: 4, Task: id,
		Keyword: 0x8000000200000080, PID: uint32(s.process.PID), TID: uint32(s.process.PID) + 4, Payload: payload,
	})
	if e != nil {
		t.driver[id]++
	}
}

// names tells of a process with Kernel-Process 1, version 0, which names its image
// in UTF-16.
func (t *tracer) names(p *process) {
	if t.want == nil || !t.want.Names || p.boot != t.boot() {
		return
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(p.PID))
	b = binary.LittleEndian.AppendUint64(b, uint64(fileTime(t.host.time(p.began))))
	b = binary.LittleEndian.AppendUint32(b, 4)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = appendUTF16(b, `\Device\HarddiskVolume3\Program Files\`+p.Image)
	t.record(ticksOf(t.want.From), etlgen.Event{
		Kind: etl.KindEvent, PointerSize: uint8(t.host.recipe.Host.Bits / 8), Provider: processProvider, ID: 1, Opcode: 1, Level: 4, Task: 1,
		Keyword: 0x8000000000000010, PID: 4, TID: 8, Payload: b,
	})
}

// packet is an NDIS-PacketCapture 1001 with a frame of no meaning.
func (t *tracer) packet(at ticks) {
	n := 60 + t.host.random.IntN(240)
	b := make([]byte, 12, 12+n+16)
	b[0], b[4] = 7, 7
	binary.LittleEndian.PutUint32(b[8:], uint32(n))
	for range n {
		b = append(b, byte(t.host.random.Uint32()))
	}
	if t.host.recipe.Host.Build >= 19041 { // GftFlowEntryId and GftOffloadInformation; 17134 has none
		b = append(b, make([]byte, 16)...)
	}
	t.record(at, etlgen.Event{
		Kind: etl.KindEvent, PointerSize: uint8(t.host.recipe.Host.Bits / 8), Provider: packetProvider, ID: 1001, Level: 4, Task: 1,
		Keyword: 0x80000001C0000001, Payload: b,
	})
}
