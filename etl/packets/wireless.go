package packets

import "encoding/binary"

// Bits of an 802.11 frame: the first two bytes are its frame control.
const (
	frameTypeMask  = 0x0c
	frameTypeData  = 0x08
	frameQoS       = 0x80 // of a data frame
	frameNoData    = 0x40 // likewise: it has no payload
	frameBothDS    = 0x03 // a fourth address
	frameProtected = 0x40
	frameOrder     = 0x80 // of a QoS frame: HT control behind its header
	qosAggregate   = 0x80 // of the QoS control: the payload is subframes
)

// plainPayload tells an 802.11 data frame whose payload begins as one in clear does, with
// an LLC header of SNAP. Windows logs frames that it has decrypted with the Protected bit
// still set.
func plainPayload(b []byte) bool {
	if len(b) < 24 || b[0]&0x03 != 0 || b[0]&frameTypeMask != frameTypeData || b[0]&frameNoData != 0 {
		return false
	}
	at := 24
	if b[1]&frameBothDS == frameBothDS {
		at += 6
	}
	if b[0]&frameQoS != 0 {
		if len(b) <= at {
			return false
		}
		if b[at]&qosAggregate != 0 {
			at += 14 // addresses and length of the first subframe
		}
		at += 2
		if b[1]&frameOrder != 0 {
			at += 4
		}
	}
	return len(b) >= at+6 && b[at] == 0xaa && b[at+1] == 0xaa && b[at+2] == 0x03 && b[at+3] == 0 && b[at+4] == 0
}

// isEthernet tells an Ethernet frame that carries IP or ARP from an 802.11 frame, whose
// addresses stand where the type would.
func isEthernet(b []byte) bool {
	if plainPayload(b) {
		return false
	}
	kind, at := etherType(b)
	inner := b[min(at, len(b)):]
	switch kind {
	case 0x0800:
		return len(inner) >= 20 && inner[0]>>4 == 4 && inner[0]&15 >= 5
	case 0x86dd:
		return len(inner) >= 40 && inner[0]>>4 == 6
	case 0x0806: // Ethernet, IPv4, addresses of 6 and 4 bytes
		return len(inner) >= 28 && string(inner[:6]) == "\x00\x01\x08\x00\x06\x04"
	}
	return false
}

// etherType is what an Ethernet frame carries, and where it begins; VLAN tags are passed
// over. It is 0 when the frame is too short.
func etherType(b []byte) (kind, at int) {
	if len(b) < 14 {
		return 0, len(b)
	}
	kind, at = int(binary.BigEndian.Uint16(b[12:])), 14
	for tags := 0; tags < maxTags && isTag(kind) && len(b) >= at+4; tags++ {
		kind = int(binary.BigEndian.Uint16(b[at+2:]))
		at += 4
	}
	return kind, at
}
