package packets

import (
	"encoding/binary"
	"fmt"

	"portverdict/etl"
)

// Keyword bits of NDIS-PacketCapture.
const (
	keywordWirelessWAN = 0x200
	keywordIEEE80211   = 0x10000
	keywordStart       = 0x4000_0000
	keywordEnd         = 0x8000_0000
	keywordSend        = 0x1_0000_0000
	keywordReceive     = 0x2_0000_0000
)

// Event ids.
const (
	idFragment  = 1001
	idMetadata  = 1002 // of the packet that follows
	idVMSwitch  = 1003
	idWan       = 5001
	idComponent = 20  // PktMon: a component and its name
	idNumber    = 30  // PktMon: a number of a component, such as its interface
	idAdded     = 270 // PktMon: a component that came later
	idFrame     = 160 // PktMon: a packet
	idDrop      = 170 // PktMon: a dropped packet
)

// origin tells apart who numbers the interfaces.
type origin uint8

const (
	fromNDIS origin = iota
	fromVMSwitch
	fromPktMon
	fromWan
)

// ifKey is one interface: the LowerIfIndex of NDIS with the port of the switch,
// or the component of PktMon. One interface of pcapng has one link type.
type ifKey struct {
	origin origin
	link   LinkType
	index  uint32
	port   uint32
}

// fragment is what one event holds of a packet. data points into its payload.
type fragment struct {
	key        ifKey
	start, end bool
	direction  Direction
	data       []byte
	original   int    // 0 unknown
	comment    string // of idMetadata all there is
	metadata   bool
	claimed    bool // it is Ethernet, and its event says 802.11

	miniport uint32
	name     string // of the port, VMSwitch only
	nic      string
}

// decode reads one event. The bool is false for an event that holds no part of
// a packet.
func decode(e *etl.Event) (fragment, bool, error) {
	if e.Kind != etl.KindEvent {
		return fragment{}, false, nil
	}
	switch {
	case e.Provider == NDISPacketCapture && e.ID == idFragment:
		return decodeNDIS(e)
	case e.Provider == NDISPacketCapture && e.ID == idMetadata:
		return decodeMetadata(e)
	case e.Provider == NDISPacketCapture && e.ID == idVMSwitch:
		return decodeVMSwitch(e)
	case e.Provider == NDISWan && e.ID == idWan:
		return decodeWan(e)
	case e.Provider == PktMon && (e.ID == idFrame || e.ID == idDrop):
		return decodePktMon(e)
	}
	return fragment{}, false, nil
}

// fromKeyword reads what NDIS-PacketCapture tells in the keyword.
func fromKeyword(o origin, keyword uint64) fragment {
	f := fragment{key: ifKey{origin: o, link: LinkEthernet}, start: keyword&keywordStart != 0, end: keyword&keywordEnd != 0}
	switch {
	case keyword&keywordIEEE80211 != 0:
		f.key.link = LinkIEEE80211
	case keyword&keywordWirelessWAN != 0:
		f.key.link = LinkRaw
	}
	switch keyword & (keywordSend | keywordReceive) {
	case keywordSend:
		f.direction = Outbound
	case keywordReceive:
		f.direction = Inbound
	}
	return f
}

// decodeNDIS reads 1001. Builds from 19041 on have the Gft fields behind the
// fragment, so only FragmentSize tells where it ends.
func decodeNDIS(e *etl.Event) (fragment, bool, error) {
	f := fromKeyword(fromNDIS, e.Keyword)
	c := cursor{b: e.Payload}
	f.miniport = c.u32()
	f.key.index = c.u32()
	size := c.u32()
	f.data = c.take(uint64(size))
	if c.bad {
		return fragment{}, false, formatError(e, CodePayload, "FragmentSize %d in a payload of %d bytes", size, len(e.Payload))
	}
	f.unclaim()
	return f, true, nil
}

// unclaim makes Ethernet of what is a whole Ethernet frame though its event says that it is
// of 802.11: drivers of wireless adapters make such frames for Windows.
func (f *fragment) unclaim() {
	if f.key.link == LinkIEEE80211 && f.start && f.end && isEthernet(f.data) {
		f.key.link, f.claimed = LinkEthernet, true
	}
}

// decodeMetadata reads 1002, whose data is a DOT11_EXTSTA_RECV_CONTEXT. Up to
// ucDataRate its layout does not depend on the pointer size.
func decodeMetadata(e *etl.Event) (fragment, bool, error) {
	f := fromKeyword(fromNDIS, e.Keyword)
	c := cursor{b: e.Payload}
	f.miniport = c.u32()
	f.key.index = c.u32()
	size := c.u32()
	m := c.take(uint64(size))
	switch {
	case c.bad:
		return fragment{}, false, formatError(e, CodePayload, "MetadataSize %d in a payload of %d bytes", size, len(e.Payload))
	case len(m) < 25:
		return fragment{}, false, nil // not of 802.11
	}
	le := binary.LittleEndian
	f.metadata = true
	f.comment = fmt.Sprintf("ReceiveFlags=0x%x PhyId=%d CenterFrequency=%d MPDUs=%d RSSI=%d DataRate=%d",
		le.Uint32(m[4:]), le.Uint32(m[8:]), le.Uint32(m[12:]), le.Uint16(m[16:]), int32(le.Uint32(m[20:])), m[24])
	return f, true, nil
}

// decodeVMSwitch reads 1003. The manifest says that the destinations are
// structures like the source; a published reading of it has one field of 8
// bytes there instead. The sizes behind them show which one is right.
func decodeVMSwitch(e *etl.Event) (fragment, bool, error) {
	f := fromKeyword(fromVMSwitch, e.Keyword)
	c := cursor{b: e.Payload}
	f.miniport = c.u32()
	f.key.index = c.u32()
	f.key.port = c.u32()
	f.name = c.text()
	nic := c.text()
	f.nic = c.text()
	destinations := c.u32()
	at := c
	if destinations <= maxDestinations {
		for range destinations {
			c.u32()
			c.skipText()
			c.skipText()
			c.skipText()
		}
	} else {
		c.bad = true
	}
	ok := f.switchData(&c)
	if !ok {
		at.u64()
		ok = f.switchData(&at)
	}
	if !ok {
		return fragment{}, false, formatError(e, CodePayload, "the sizes of %d destinations, fragment and OOB data do not fit a payload of %d bytes",
			destinations, len(e.Payload))
	}
	f.comment = fmt.Sprintf("SourcePortId=%d SourcePortName=%s SourceNicName=%s SourceNicType=%s Destinations=%d",
		f.key.port, f.name, nic, f.nic, destinations)
	return f, true, nil
}

// switchData reads what stands behind the destinations of 1003.
func (f *fragment) switchData(c *cursor) bool {
	f.data = c.take(uint64(c.u32()))
	c.take(uint64(c.u32())) // OOBData
	return !c.bad
}

// decodeWan reads 5001: RoutingDomainID and RRASUserName as texts, FragmentSize,
// Fragment. The keyword has the bits of NDIS-PacketCapture; without START and END the
// event is a whole packet. What is no IP packet has a frame around it that is not known.
func decodeWan(e *etl.Event) (fragment, bool, error) {
	f := fromKeyword(fromWan, e.Keyword)
	if !f.start && !f.end {
		f.start, f.end = true, true
	}
	c := cursor{b: e.Payload}
	domain, user := c.text(), c.text()
	size := c.u32()
	f.data = c.take(uint64(size))
	if c.bad {
		return fragment{}, false, formatError(e, CodePayload, "FragmentSize %d in a payload of %d bytes", size, len(e.Payload))
	}
	f.key.link = LinkRaw
	if f.start && f.end && (len(f.data) == 0 || f.data[0]>>4 != 4 && f.data[0]>>4 != 6) {
		f.key.link = LinkOther
	}
	f.comment = fmt.Sprintf("RoutingDomainID=%s RRASUserName=%s", domain, user)
	return f, true, nil
}

// decodePktMon reads 160 and 170. LoggedSize bytes of OriginalSize were kept.
func decodePktMon(e *etl.Event) (fragment, bool, error) {
	c := cursor{b: e.Payload}
	group := c.u64()
	number, appearance, tag, kind := c.u16(), c.u16(), c.u16(), c.u16()
	component, edge, filter := c.u16(), c.u16(), c.u16()
	reason, location := c.u32(), c.u32()
	original, logged := c.u16(), c.u16()
	f := fragment{
		key: ifKey{origin: fromPktMon, link: pktMonLink(kind), index: uint32(component)}, start: true, end: true,
		direction: pktMonDirection(tag), data: c.take(uint64(logged)), original: int(original),
	}
	if c.bad {
		return fragment{}, false, formatError(e, CodePayload, "LoggedSize %d in a payload of %d bytes", logged, len(e.Payload))
	}
	f.unclaim()
	f.comment = fmt.Sprintf("PktGroupId=%d PktNumber=%d Appearance=%d Component=%d Edge=%d Filter=%d",
		group, number, appearance, component, edge, filter)
	if e.ID == idDrop || reason != 0 || location != 0 {
		f.comment += fmt.Sprintf(" DropReason=%d%s DropLocation=0x%x", reason, inBrackets(dropReason(reason)), location)
	}
	return f, true, nil
}

// pktMonLink maps PKTMON_PACKET_TYPE.
func pktMonLink(kind uint16) LinkType {
	switch kind {
	case 1:
		return LinkEthernet
	case 2:
		return LinkIEEE80211
	case 3:
		return LinkRaw
	}
	return LinkOther
}

// pktMonDirection maps PKTMON_DIRECTION_TAG: In 1, Out 2 are of an edge, Rx 3,
// Tx 4 of an adapter, Ingress 5, Egress 6 of a switch.
func pktMonDirection(tag uint16) Direction {
	switch tag {
	case 1, 3, 5:
		return Inbound
	case 2, 4, 6:
		return Outbound
	}
	return DirectionUnknown
}
