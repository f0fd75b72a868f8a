package winsock

import (
	"encoding/binary"
	"net/netip"

	"portverdict/etl"
)

// Keyword bits of the AFD provider. The manifest gives the events neither;
// they are set when an event is written, where they are set at all.
const (
	keywordDatagram = 0x1
	keywordStream   = 0x2
)

// afd reads an event of the AFD provider.
func (f *Fact) afd(e *etl.Event, c *cursor) bool {
	switch e.ID {
	case 1000:
		f.Op = OpCreate
	case 1001:
		f.Op = OpClose
	case 1002:
		f.Op = OpCleanup
	case 1017, 1018, 1020, 1021:
		f.Op = OpConnect
	case 1029, 1030:
		f.Op = OpBind
	default:
		return f.legacy(e, c)
	}
	f.ID = e.ID
	if !f.afdVersion(e, c) {
		return true
	}
	f.EnterExit = c.u32()
	f.Location = c.u32()
	f.Process = c.ptr()
	f.Endpoint = c.ptr()
	switch e.ID {
	case 1000:
		f.create(c)
		f.Status = Status(c.u32())
	case 1018, 1021:
		c.ptr() // Buffer
		c.u32() // BufferLength
		f.Status = Status(c.u32())
		f.local(c.rest(c.u32()))
	case 1030:
		f.Status = Status(c.u32())
		f.local(c.rest(c.u32()))
	default:
		f.Status = Status(c.u32())
	}
	f.transport(e.Keyword)
	return true
}

// afdVersion refuses what the manifests do not have: all AFD events read here
// are of version 0, and a later one may have moved a field.
func (f *Fact) afdVersion(e *etl.Event, c *cursor) bool {
	if e.Version != 0 {
		c.fail(CodeVersion)
		return false
	}
	return true
}

// legacy reads the ids of Windows Vista, which have no EnterExit and no
// Location. They stay declared in later versions.
func (f *Fact) legacy(e *etl.Event, c *cursor) bool {
	switch e.ID {
	case 1:
		f.Op = OpCreate
	case 2, 3, 40:
		f.Op = OpBind
	case 4, 5, 6:
		f.Op = OpConnect
	case 13:
		f.Op = OpClose
	case 14:
		f.Op = OpCleanup
	default:
		return false
	}
	f.ID, f.Legacy, f.EnterExit = e.ID, true, 1
	if !f.afdVersion(e, c) {
		return true
	}
	f.Process = c.ptr()
	f.Endpoint = c.ptr()
	switch e.ID {
	case 1:
		f.create(c)
	case 2, 4:
		f.legacyAddress(c.take(4), c.take(2))
	case 3, 5:
		f.legacyAddress(c.take(16), c.take(2))
	}
	if e.ID != 1 && e.ID != 4 && e.ID != 5 {
		f.Status = Status(c.u32())
	}
	f.transport(e.Keyword)
	return true
}

// legacyAddress takes both parts in network order. That is sure for neither:
// no manifest says it and no trace was seen.
func (f *Fact) legacyAddress(ip, port []byte) {
	if ip == nil || port == nil {
		return
	}
	addr, _ := netip.AddrFromSlice(ip)
	f.Family = FamilyIPv4
	if addr.Is6() {
		f.Family = FamilyIPv6
	}
	f.Address, f.HasAddress = netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port)), true
}

// create reads what 1000 and 1 have in common. The process id is a pointer,
// and "an indicator" when the call came from no process.
func (f *Fact) create(c *cursor) {
	f.AddressFamily = c.u32()
	f.SocketType = c.u32()
	f.Protocol = c.u32()
	pid := c.ptr()
	f.PID = uint32(pid)
	f.HasPID = pid != 0 && pid < 0xffffffff
	if f.AddressFamily <= 0xffff {
		f.Family = uint16(f.AddressFamily)
	}
}

// local keeps a SOCKADDR as Address.
func (f *Fact) local(b []byte) {
	f.Address, f.Family, f.HasAddress = sockaddr(b)
}

// transport tells TCP from UDP by the socket's own type where the event has
// it, else by the keyword. Sockets of other families (Unix, Hyper-V, VSock)
// are streams too, and use no port.
func (f *Fact) transport(keyword uint64) {
	if f.Family != 0 && f.Family != FamilyIPv4 && f.Family != FamilyIPv6 {
		return
	}
	if f.Op == OpCreate {
		switch {
		case f.SocketType == 1 && f.Protocol == 0, f.SocketType <= 1 && f.Protocol == 6:
			f.Transport = TransportTCP
			return
		case f.SocketType == 2 && f.Protocol == 0, (f.SocketType == 0 || f.SocketType == 2) && f.Protocol == 17:
			f.Transport = TransportUDP
			return
		case f.SocketType >= 3:
			return // raw and other sockets use no port
		}
	}
	switch keyword & (keywordDatagram | keywordStream) {
	case keywordDatagram:
		f.Transport = TransportUDP
	case keywordStream:
		f.Transport = TransportTCP
	}
}
