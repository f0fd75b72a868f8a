package packets

import (
	"encoding/binary"
	"iter"
	"slices"

	"portverdict/etl"
)

// ReadOptions say what becomes of the events.
type ReadOptions struct {
	// KeepProtected leaves the Protected bit of 802.11 frames as Windows logged it. Without
	// it the bit is cleared where the payload is plain, so that it can be read.
	KeepProtected bool
	// Other, if not nil, gives the Event of a Packet that stands for an event that holds
	// no part of a packet; nil leaves the event out.
	Other func(*etl.Event) []byte
}

// Read walks all packets of r in the order of their events. s must have been
// given the events of the same trace. Damage, of the trace and of packets, comes
// in place as (Packet{}, *etl.FormatError), and the walk goes on.
func Read(r *etl.Reader, s *Survey, o ReadOptions) iter.Seq2[Packet, error] {
	return read(r.Events(), s, o)
}

func read(events iter.Seq2[etl.Event, error], s *Survey, o ReadOptions) iter.Seq2[Packet, error] {
	return func(yield func(Packet, error) bool) {
		j := joiner{ReadOptions: o, survey: s, metadata: map[place]string{}}
		for e, err := range events {
			if err != nil {
				if !yield(Packet{}, err) {
					return
				}
				continue
			}
			if !j.add(&e, yield) {
				return
			}
		}
		for len(j.open) > 0 {
			if !j.abandon(0, yield) {
				return
			}
		}
	}
}

// place is where fragments of one packet follow each other. Since Windows 8.1
// every packet is one event.
type place struct {
	cpu uint16
	key ifKey
}

// partial is a packet whose END was not seen yet.
type partial struct {
	place    place
	first    etl.Event // without its payload
	data     []byte
	headless bool // START was not seen
	over     bool // longer than maxPacket
}

type joiner struct {
	ReadOptions
	survey   *Survey
	open     []*partial // oldest first
	metadata map[place]string
	scratch  []byte
}

// add takes in one event and yields what it completes. It gives false when the
// caller wants no more.
func (j *joiner) add(e *etl.Event, yield func(Packet, error) bool) bool {
	f, ok, err := decode(e)
	switch {
	case err != nil:
		return yield(Packet{}, err)
	case !ok:
		return j.other(e, yield)
	case f.metadata:
		j.note(e.CPU, &f)
		return true
	}
	at, known := j.survey.index[f.key]
	if !known {
		return yield(Packet{}, formatError(e, CodeLimit, "more than %d interfaces", maxInterfaces))
	}
	here := place{e.CPU, f.key}
	i := slices.IndexFunc(j.open, func(p *partial) bool { return p.place == here })
	if i >= 0 && f.start {
		if !j.abandon(i, yield) {
			return false
		}
		i = -1
	}
	if i < 0 && f.end {
		return yield(j.packet(e, &f, at, f.data, !f.start), nil)
	}
	if i < 0 {
		if len(j.open) >= maxOpen && !j.abandon(0, yield) {
			return false
		}
		i = len(j.open)
		j.open = append(j.open, &partial{place: here, first: header(e), headless: !f.start})
	}
	p := j.open[i]
	if !p.over && len(p.data)+len(f.data) > maxPacket {
		p.over, p.data = true, nil
		if !yield(Packet{}, formatError(e, CodeLimit, "a packet of more than %d bytes", maxPacket)) {
			return false
		}
	}
	if !p.over {
		p.data = append(p.data, f.data...)
	}
	if !f.end {
		return true
	}
	j.remove(i)
	return p.over || yield(j.packet(e, &f, at, p.data, p.headless), nil)
}

func (j *joiner) other(e *etl.Event, yield func(Packet, error) bool) bool {
	if j.Other == nil {
		return true
	}
	data := j.Other(e)
	return data == nil || yield(Packet{Time: e.Time, Offset: e.Offset, Event: data}, nil)
}

// header is what is kept of an event whose payload will be gone.
func header(e *etl.Event) etl.Event {
	return etl.Event{Provider: e.Provider, ID: e.ID, Offset: e.Offset}
}

func (j *joiner) remove(i int) *partial {
	p := j.open[i]
	j.open = slices.Delete(j.open, i, i+1)
	return p
}

// abandon gives up a packet without an END and tells of it, unless it was told
// of before.
func (j *joiner) abandon(i int, yield func(Packet, error) bool) bool {
	p := j.remove(i)
	if p.over {
		return true
	}
	err := formatError(&p.first, CodeFragments, "a packet of %d bytes so far has no end", len(p.data))
	err.Length = int64(len(p.data))
	return yield(Packet{}, err)
}

// note keeps the metadata of the next packet. Too much of it, from packets that
// never came, is forgotten.
func (j *joiner) note(cpu uint16, f *fragment) {
	if len(j.metadata) >= maxOpen {
		clear(j.metadata)
	}
	j.metadata[metadataPlace(cpu, f)] = f.comment
}

// metadataPlace leaves out the link type: the metadata event need not have the
// keyword of its packet.
func metadataPlace(cpu uint16, f *fragment) place {
	return place{cpu, ifKey{index: f.key.index}}
}

// packet makes the packet that e, the last of its events, completes.
func (j *joiner) packet(e *etl.Event, f *fragment, at int, data []byte, headless bool) Packet {
	p := Packet{
		Time: e.Time, Interface: at, LinkType: f.key.link, Direction: f.direction,
		PID: e.PID, TID: e.TID, Comment: f.comment, Offset: e.Offset,
	}
	if f.key.origin == fromNDIS {
		here := metadataPlace(e.CPU, f)
		p.Comment = j.metadata[here]
		delete(j.metadata, here)
	}
	if headless {
		p.Comment = joined(p.Comment, "the beginning of this packet is not in the trace")
	}
	if f.key.link == LinkIEEE80211 && !j.KeepProtected && plainPayload(data) && data[1]&frameProtected != 0 {
		j.scratch = append(j.scratch[:0], data...)
		j.scratch[1] &^= frameProtected
		data = j.scratch
	}
	p.Data = data
	p.OriginalLength = max(len(data), f.original)
	if f.key.origin != fromPktMon {
		p.OriginalLength = max(len(data), ipLength(f.key.link, data))
	}
	return p
}

// ipLength is the length of a packet by its IP header, 0 when it has none. A
// packet that the adapter has still to cut into segments has zero there.
func ipLength(link LinkType, b []byte) int {
	kind, before := 0, 0
	switch {
	case link == LinkEthernet:
		kind, before = etherType(b)
	case link == LinkRaw && len(b) > 0:
		kind = map[byte]int{4: 0x0800, 6: 0x86dd}[b[0]>>4]
	}
	ip := b[before:]
	switch {
	case kind == 0x0800 && len(ip) >= 20:
		return before + int(binary.BigEndian.Uint16(ip[2:]))
	case kind == 0x86dd && len(ip) >= 40:
		return before + 40 + int(binary.BigEndian.Uint16(ip[4:]))
	}
	return 0
}

// isTag tells the types of VLAN tags: 802.1Q, 802.1ad, and QinQ before it.
func isTag(kind int) bool { return kind == 0x8100 || kind == 0x88a8 || kind == 0x9100 }
