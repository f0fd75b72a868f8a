// Package winsock turns the payload of a Winsock-AFD, TCPIP or process event
// into a Fact: a plain value with no pointer into the reader's buffer.
//
// It reads AFD creates, closes, binds and connects (the ids 1000 and up of
// Windows 7 and later, and the ids 1 to 40 of Windows Vista), the port
// failures of TCPIP, and the process records that tie a process object or a
// process id to an image name. The layouts come from the instrumentation
// manifests of Windows 7 to Windows 11 and, for the classic process events,
// from the MOF classes of the kernel logger. No public trace holds a real AFD
// or TCPIP event, so none of these layouts has been compared with bytes that
// Windows wrote. A Decoder also learns what a trace says of its events, and goes by
// that where it is another layout.
//
// Left out: sends and receives, accepts, listens, aborts, RIO, the TCPIP state
// changes and rundowns. The opcode of an AFD event is never looked at (it
// differs between an enter and an exit record, and from the manifest), nor its
// level (failures raise it), nor the channel bits of its keyword.
package winsock

import (
	"fmt"
	"net/netip"

	"portverdict/etl"
)

// The providers and classes that Decode knows.
var (
	// AFD is Microsoft-Windows-Winsock-AFD, e53c6823-7bb8-44bb-90dc-3f86090d48a6.
	AFD = etl.GUID{0x23, 0x68, 0x3c, 0xe5, 0xb8, 0x7b, 0xbb, 0x44, 0x90, 0xdc, 0x3f, 0x86, 0x09, 0x0d, 0x48, 0xa6}
	// TCPIP is Microsoft-Windows-TCPIP, 2f07e2ee-15db-40f1-90ef-9d7ba282188a.
	TCPIP = etl.GUID{0xee, 0xe2, 0x07, 0x2f, 0xdb, 0x15, 0xf1, 0x40, 0x90, 0xef, 0x9d, 0x7b, 0xa2, 0x82, 0x18, 0x8a}
	// KernelProcess is Microsoft-Windows-Kernel-Process, 22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716.
	KernelProcess = etl.GUID{0xd6, 0x2c, 0xfb, 0x22, 0x7b, 0x0e, 0x2b, 0x42, 0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16}
	// KernelProcessClass is the Process class of the NT kernel logger, 3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c.
	KernelProcessClass = etl.GUID{0xd0, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11, 0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c}
)

// Op says what an event is about.
type Op uint8

// The operations of a Fact.
const (
	OpUnknown       Op = iota
	OpCreate           // AFD 1000, 1: a socket is made
	OpClose            // AFD 1001, 13: its last handle is closed
	OpCleanup          // AFD 1002, 14
	OpBind             // AFD 1029, 1030, 2, 3, 40
	OpConnect          // AFD 1017, 1018, 1020, 1021, 4, 5, 6
	OpPortFailure      // TCPIP 1006, 1050, 1122, 1394: no port was got, Status says why
	OpWeakReference    // TCPIP 1195: a port was shared because the pool is used up
	OpProcess          // a process started, ended or was listed
)

// String gives a lower-case word for o.
func (o Op) String() string {
	switch o {
	case OpCreate:
		return "create"
	case OpClose:
		return "close"
	case OpCleanup:
		return "cleanup"
	case OpBind:
		return "bind"
	case OpConnect:
		return "connect"
	case OpPortFailure:
		return "port failure"
	case OpWeakReference:
		return "weak reference"
	case OpProcess:
		return "process"
	default:
		return "unknown"
	}
}

// Transport is TCP or UDP, where the event tells.
type Transport uint8

// The transports.
const (
	TransportUnknown Transport = iota
	TransportTCP
	TransportUDP
)

// String gives "tcp", "udp" or "unknown".
func (t Transport) String() string {
	switch t {
	case TransportTCP:
		return "tcp"
	case TransportUDP:
		return "udp"
	default:
		return "unknown"
	}
}

// The two address families that have ports of the kind this project counts,
// as Windows numbers them.
const (
	FamilyIPv4 uint16 = 2
	FamilyIPv6 uint16 = 23
)

// Fact is what one event says. What an event has no field for stays zero. The
// time, the process id of the header (often that of a worker thread) and the
// place in the file stay in the etl.Event.
type Fact struct {
	Op     Op
	ID     uint16 // event id; for a classic process event its opcode
	Legacy bool   // AFD ids below 1000
	// EnterExit is 0 when the request entered AFD, 1 when it completed, 2 to 4
	// when AFD, TCP/IP or a driver did it by itself. Legacy, TCPIP and
	// process events have no such field and give 1.
	EnterExit uint32
	Location  uint32 // private to Microsoft, changes with the build
	// Process is the address of the EPROCESS: an AFD event's caller, or a
	// classic process event's UniqueProcessKey. Addresses are used again.
	Process uint64
	// Endpoint is the address of the AFD endpoint; in a TCPIP event the address
	// of TCPIP's own object (endpoint, listener, Tcb, port acquirer), which is
	// never an AFD endpoint. Addresses are used again.
	Endpoint uint64
	Status   Status

	// PID is a process id of the payload; for an AFD create its low 32 bits.
	// HasPID is false where the payload has none, or where the value of a
	// create cannot be one (0, or -1 at 32 or 64 bits, or more than 32 bits).
	PID    uint32
	HasPID bool

	AddressFamily, SocketType, Protocol uint32 // of a create: 2/23; 1 stream, 2 datagram, 3 raw; 6/17 or 0

	// Address is the local address of a bind or a TCPIP event, the remote one
	// of an AFD connect. Port is in host order; an IPv6 scope id is dropped and
	// a v4-mapped address stays v6. HasAddress is false for no or a cut
	// SOCKADDR and for families other than IPv4 and IPv6.
	Address    netip.AddrPort
	HasAddress bool
	Remote     netip.AddrPort // TCPIP 1050 only
	HasRemote  bool
	// Transport of a create is that of its type and protocol; of TCPIP, that of
	// the id; else that of two keyword bits, which are the weakest of the three:
	// where the create of the endpoint was seen, its transport counts.
	Transport Transport
	Family    uint16 // family of the SOCKADDR or the create, as stored; 0 unknown

	// Port is PortNumber of TCPIP 1195 read little-endian. Its byte order is
	// not documented; a caller with many of them can tell.
	Port uint16

	Image        string // OpProcess: file name without folders, "" unknown
	ProcessStart bool   // OpProcess: started or listed as running; false: ended
}

// Wanted are the events that hold a Fact, or would if they were whole. Of a class all
// events are.
func Wanted() []etl.Wanted {
	return []etl.Wanted{
		{Provider: AFD, IDs: []uint16{1000, 1001, 1002, 1017, 1018, 1020, 1021, 1029, 1030, 1, 2, 3, 4, 5, 6, 13, 14, 40}},
		{Provider: TCPIP, IDs: []uint16{1006, 1050, 1122, 1195, 1394}},
		{Provider: KernelProcess, IDs: []uint16{1, 2, 15}},
		{Provider: KernelProcessClass},
	}
}

// Codes of the *etl.FormatError that Decode returns.
const (
	CodePayload     = "winsock-payload"      // the payload is shorter than its layout
	CodeVersion     = "winsock-version"      // an event version with no known layout
	CodePointerSize = "winsock-pointer-size" // neither 4 nor 8
)

// Decode reads e into a Fact of its own; see Fact.Decode.
func Decode(e etl.Event) (Fact, bool, error) {
	var f Fact
	ok, err := f.Decode(&e)
	return f, ok, err
}

// Decode reads e into f. The bool is false for an event of another provider or of an
// id that holds no Fact, and f is zero then. The error is a *etl.FormatError with the event's
// offset and its payload's length. Fields after those of the layout are
// ignored. A SOCKADDR at the end of a payload that is shorter than its length
// field is cut there; one with fields after it is an error.
func (f *Fact) Decode(e *etl.Event) (bool, error) {
	*f = Fact{}
	var ok bool
	c := cursor{b: e.Payload, pointer: int(e.PointerSize)}
	switch e.Provider {
	case AFD:
		ok = f.afd(e, &c)
	case TCPIP:
		ok = f.tcpip(e, &c)
	case KernelProcess:
		ok = f.kernelProcess(e, &c)
	default:
		ok = f.classicProcess(e, &c)
	}
	switch {
	case !ok:
		*f = Fact{}
		return false, nil
	case c.problem != "":
		*f = Fact{}
		return false, formatError(e, &c)
	}
	return true, nil
}

// formatError stands apart so that the arguments of Sprintf are not
// allocated on the way of a good event.
func formatError(e *etl.Event, c *cursor) error {
	detail := fmt.Sprintf("event %d version %d of %s: %d bytes of payload", e.ID, e.Version, e.Provider, len(e.Payload))
	switch c.problem {
	case CodePayload:
		detail += fmt.Sprintf(", the layout needs %d or more", c.need)
	case CodePointerSize:
		detail += fmt.Sprintf(", pointer size %d", e.PointerSize)
	}
	return &etl.FormatError{Code: c.problem, Offset: e.Offset, Length: int64(len(e.Payload)), Detail: detail}
}
