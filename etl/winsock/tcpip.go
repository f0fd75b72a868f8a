package winsock

import "portverdict/etl"

// tcpip reads an event of the TCPIP provider. Its versions differ: 1006 got
// a leading pointer, 1050 and 1122 a trailing key.
func (f *Fact) tcpip(e *etl.Event, c *cursor) bool {
	last := uint16(1) // the last version with a known layout
	switch e.ID {
	case 1006, 1050, 1122:
		f.Op, f.Transport = OpPortFailure, TransportTCP
	case 1394:
		f.Op, f.Transport, last = OpPortFailure, TransportUDP, 0
	case 1195:
		f.Op, f.Transport, last = OpWeakReference, TransportTCP, 0
	default:
		return false
	}
	f.ID, f.EnterExit = e.ID, 1
	if e.Version > last {
		c.fail(CodeVersion)
		return true
	}
	switch e.ID {
	case 1006: // TcpBindEndpointPortFailure
		if e.Version == 1 {
			f.Endpoint = c.ptr()
		}
		f.local(c.sized(c.u32()))
		f.Status = Status(c.u32())
	case 1050: // TcpConnectFailedPortAcquire
		f.local(c.sized(c.u32()))
		f.Remote, _, f.HasRemote = sockaddr(c.sized(c.u32()))
		f.Status = Status(c.u32())
		f.PID, f.HasPID = c.u32(), true
		c.u32() // Compartment
		f.Endpoint = c.ptr()
	case 1122: // ListenerBindFailedPort
		f.Endpoint = c.ptr()
		f.local(c.sized(c.u32()))
		f.Status = Status(c.u32())
		f.PID, f.HasPID = c.u32(), true
		c.u32() // CompartmentId
		c.u32() // AddressFamily
	case 1394: // UdpBindEndpointPortFailure
		f.local(c.sized(c.u32()))
		f.Status = Status(c.u32())
		f.Endpoint = c.ptr()
	case 1195: // TcpAssignedWeakReferencePort
		f.Endpoint = c.ptr()
		f.Port = c.u16()
		c.u32() // WeakReference
		c.ptr() // OriginalAcquirer
	}
	return true
}
