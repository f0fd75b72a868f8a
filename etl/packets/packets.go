// Package packets reads the network packets out of a trace and writes them as
// pcapng. It knows the events of NDIS-PacketCapture (netsh trace, New-NetEventSession),
// of Ras-NdisWanPacketCapture (VPN connections, the same commands) and of PktMon.
//
// Layouts: the manifests of the providers, those of NDIS-PacketCapture and PktMon checked
// against what Windows' own pktmon etl2pcap and Microsoft's etl2pcapng make of them; no
// real trace with packets of NdisWan was at hand. All fields are little-endian and packed.
package packets

import (
	"fmt"

	"portverdict/etl"
)

// The providers that capture packets.
var (
	// NDISPacketCapture is Microsoft-Windows-NDIS-PacketCapture.
	NDISPacketCapture = etl.GUID{0x6e, 0x00, 0xd6, 0x2e, 0x29, 0x47, 0x09, 0x46, 0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef}
	// NDISWan is Microsoft-Windows-Ras-NdisWanPacketCapture, of VPN and dial-up connections.
	NDISWan = etl.GUID{0xf7, 0x21, 0x45, 0xd8, 0x35, 0x22, 0x37, 0x42, 0xa7, 0xc0, 0x14, 0xe3, 0xa9, 0x67, 0x62, 0x86}
	// PktMon is Microsoft-Windows-PktMon.
	PktMon = etl.GUID{0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d, 0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac}
)

// LinkType is what a packet begins with, as pcapng counts it.
type LinkType uint16

// The link types of Windows' captures. LinkOther (LINKTYPE_USER0) is PktMon data
// that is no frame and no IP packet, such as an HTTP message.
const (
	LinkEthernet  LinkType = 1
	LinkRaw       LinkType = 101 // an IPv4 or IPv6 header
	LinkIEEE80211 LinkType = 105
	LinkOther     LinkType = 147
)

// Direction is seen from the machine that was traced.
type Direction uint8

// The directions of a packet.
const (
	DirectionUnknown Direction = iota
	Inbound
	Outbound
)

// Packet is one captured packet. Data is valid until the next one.
type Packet struct {
	Time           etl.FileTime // of the event, of the last one when there were several
	Interface      int          // index into Survey.Interfaces
	LinkType       LinkType
	Direction      Direction
	OriginalLength int // bytes on the wire; NDIS does not log it, there it is that of the IP header
	Data           []byte
	// PID and TID are those of the thread in which the packet was logged, which
	// need not be of the process it belongs to. ^0 is unknown.
	PID, TID uint32
	Comment  string // what else the trace tells of it, "" nothing
	Offset   int64  // of the event in the file, as etl.Event has it
	// Event is not nil for what stands in a walk for an event that is no packet: what
	// ReadOptions.Other made of it. It then has Time and Offset and nothing else.
	Event []byte
}

// Codes of the *etl.FormatError of this package; its Detail is never empty.
const (
	CodePayload   = "packets-payload"   // the payload does not hold what its length fields say
	CodeFragments = "packets-fragments" // a packet in several events misses some
	CodeLimit     = "packets-limit"     // a limit of limits.go was reached
)

func formatError(e *etl.Event, code, format string, args ...any) *etl.FormatError {
	return &etl.FormatError{
		Code: code, Offset: e.Offset, Length: int64(len(e.Payload)),
		Detail: fmt.Sprintf("event %d of %s: ", e.ID, e.Provider) + fmt.Sprintf(format, args...),
	}
}
