package winsock

import (
	"encoding/binary"
	"net/netip"
)

// Least bytes of a SOCKADDR_IN and a SOCKADDR_IN6 that hold family, port and
// address: zero bytes and the scope id may be missing.
const (
	sockaddrIn4 = 8
	sockaddrIn6 = 24
)

// sockaddr reads a raw SOCKADDR: family u16 little-endian, port u16
// big-endian, then the address. The bool is false when b holds no IPv4 or
// IPv6 address; family is given whenever b has two bytes.
func sockaddr(b []byte) (addr netip.AddrPort, family uint16, ok bool) {
	if len(b) < 2 {
		return addr, 0, false
	}
	family = binary.LittleEndian.Uint16(b)
	switch {
	case family == FamilyIPv4 && len(b) >= sockaddrIn4:
		ip := netip.AddrFrom4([4]byte(b[4:8]))
		return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[2:])), family, true
	case family == FamilyIPv6 && len(b) >= sockaddrIn6:
		ip := netip.AddrFrom16([16]byte(b[8:24]))
		return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[2:])), family, true
	}
	return addr, family, false
}
