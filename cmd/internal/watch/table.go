package watch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Table is the connections of a machine at one time. Bound tells that it holds sockets
// that are bound and not connected as well. Images are the names of processes by PID, as
// far as they are known.
type Table struct {
	At     time.Time
	Rows   []Row
	Bound  bool
	Images map[uint32]string
}

// Row is one socket. State is that of MIB_TCP_STATE, stateBound for one that is bound
// and not connected; a UDP socket has neither a state nor a peer.
type Row struct {
	UDP           bool
	Local, Remote netip.AddrPort
	State         uint32
	PID           uint32
}

// stateBound is what this package calls the state of a bound socket. Windows puts no
// state of its own into such rows.
const (
	stateBound     = 0
	stateListening = 2
)

// stateNames are netstat's words for MIB_TCP_STATE (tcpmib.h).
var stateNames = [...]string{
	stateBound: "BOUND", 1: "CLOSED", stateListening: "LISTENING", 3: "SYN_SENT", 4: "SYN_RECEIVED", 5: "ESTABLISHED", 6: "FIN_WAIT_1", 7: "FIN_WAIT_2",
	8: "CLOSE_WAIT", 9: "CLOSING", 10: "LAST_ACK", 11: "TIME_WAIT", 12: "DELETE_TCB",
}

func stateName(s uint32) string {
	if s < uint32(len(stateNames)) {
		return stateNames[s]
	}
	return fmt.Sprintf("STATE_%d", s)
}

// text is the table as netstat prints it, below the time and the command that would show
// as much. A table without bound sockets is one of netstat without -q.
func (t *Table) text() []byte {
	var b bytes.Buffer
	command := "netstat -anob"
	if t.Bound {
		command = "netstat -anobq"
	}
	fmt.Fprintf(&b, "%s\r\nC:\\>%s\r\n\r\nActive Connections\r\n\r\n", t.At.UTC().Format("2006-01-02T15:04:05.000Z"), command)
	fmt.Fprintf(&b, "  %-6s %-22s %-22s %-15s %s\r\n", "Proto", "Local Address", "Foreign Address", "State", "PID")
	for i := range t.Rows {
		r := &t.Rows[i]
		proto, remote, state := "TCP", r.Remote.String(), stateName(r.State)
		switch {
		case r.UDP:
			proto, remote, state = "UDP", "*:*", ""
		case r.State == stateBound || r.State == stateListening: // what stands there means nothing
			remote = netip.AddrPortFrom(unspecified(r.Local), 0).String()
		}
		fmt.Fprintf(&b, "  %-6s %-22s %-22s %-15s %d\r\n", proto, r.Local, remote, state, r.PID)
		if image := t.Images[r.PID]; image != "" {
			fmt.Fprintf(&b, " [%s]\r\n", image)
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// unspecified is the address of no one, of the family of another.
func unspecified(a netip.AddrPort) netip.Addr {
	if a.Addr().Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

// layout says where the fields of a row of a table of iphlpapi lie (tcpmib.h, udpmib.h):
// all are 32-bit little-endian but addresses and ports, which are in network order; a
// port has the first two bytes of its four. -1 is a field the row has not.
type layout struct {
	size, state, local, localPort, remote, remotePort, pid int
	v6                                                     bool
}

var (
	tcp4Rows   = layout{24, 0, 4, 8, 12, 16, 20, false}  // MIB_TCPROW_OWNER_PID
	tcp6Rows   = layout{56, 48, 0, 20, 24, 44, 52, true} // MIB_TCP6ROW_OWNER_PID
	udp4Rows   = layout{12, -1, 0, 4, -1, -1, 8, false}  // MIB_UDPROW_OWNER_PID
	udp6Rows   = layout{28, -1, 0, 20, -1, -1, 24, true} // MIB_UDP6ROW_OWNER_PID
	bound4Rows = layout{28, -1, 4, 8, 12, 16, 20, false} // MIB_TCPROW2
	bound6Rows = layout{60, -1, 0, 20, 24, 44, 52, true} // MIB_TCP6ROW2
	tableHead  = 4                                       // dwNumEntries
)

// maxRows is the most rows of one table: all ports of all addresses of a large server.
const maxRows = 1 << 20

// rows reads a table: a count of rows and the rows.
func (l *layout) rows(b []byte) ([]Row, error) {
	if len(b) < tableHead {
		return nil, fmt.Errorf("a table of %d bytes has no count of rows", len(b))
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if b = b[tableHead:]; n > maxRows || n*int64(l.size) > int64(len(b)) {
		return nil, fmt.Errorf("a table tells %d rows of %d bytes and has %d bytes", n, l.size, len(b))
	}
	out := make([]Row, 0, n)
	for ; n > 0; n, b = n-1, b[l.size:] {
		r := Row{UDP: l.remote < 0, Local: l.address(b, l.local, l.localPort), PID: binary.LittleEndian.Uint32(b[l.pid:])}
		if l.remote >= 0 {
			r.Remote = l.address(b, l.remote, l.remotePort)
		}
		if l.state >= 0 {
			r.State = binary.LittleEndian.Uint32(b[l.state:])
		}
		out = append(out, r)
	}
	return out, nil
}

func (l *layout) address(b []byte, at, port int) netip.AddrPort {
	p := binary.BigEndian.Uint16(b[port:])
	if l.v6 {
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[at:])), p)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[at:])), p)
}
