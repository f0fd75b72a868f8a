package synth

import (
	"encoding/binary"

	"portverdict/etl"
	"portverdict/etl/etlgen"
)

// The descriptions that netsh merges into a trace: one EventMetadata event (opcode
// 32) with a TRACE_EVENT_INFO for each event of the provider.

var metadataClass = guid(0xbbccf6c1, 0x6cd1, 0x48c4, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71)

const (
	inUint32, inBinary, inPointer = 8, 14, 16
	lengthOf                      = 2 // of a property's flags: length is the index of another
	infoSize, propertySize        = 0x70, 24
)

type property struct {
	name   string
	in     uint16
	length uint16 // bytes, or the index of the property that has it
	flags  uint32
}

type description struct {
	id     uint16
	opcode uint8
	task   string
	more   []property // after EnterExit, Location, Process, Endpoint
}

var (
	u32       = func(name string) property { return property{name: name, in: inUint32, length: 4} }
	socketEnd = func(at uint16) []property {
		return []property{u32("AddressLen"), {"Address", inBinary, at, lengthOf}}
	}
	described = []description{
		{1000, 10, "AfdCreate", []property{u32("AddressFamily"), u32("SocketType"), u32("Protocol"), {"ProcessId", inPointer, 0, 0}, u32("Status")}},
		{1001, 15, "AfdClose", []property{u32("Status")}},
		{1002, 16, "AfdCleanup", []property{u32("Status")}},
		{1017, 12, "AfdConnect", []property{u32("Status")}},
		{1018, 12, "AfdConnectWithAddress", append([]property{{"Buffer", inPointer, 0, 0}, u32("BufferLength"), u32("Status")}, socketEnd(7)...)},
		{1030, 12, "AfdBindWithAddress", append([]property{u32("Status")}, socketEnd(5)...)},
	}
)

// descriptions are the metadata events of the AFD events that are written.
func (t *tracer) descriptions() []etlgen.Event {
	var out []etlgen.Event
	for _, d := range described {
		out = append(out, etlgen.Event{
			Kind: etl.KindFull, PointerSize: uint8(t.host.recipe.Host.Bits / 8), Provider: metadataClass, Opcode: 32, Time: traceZero,
			Payload: d.info(uint16(t.host.recipe.Host.Bits / 8)),
		})
	}
	return out
}

// info is the TRACE_EVENT_INFO, whose texts stand behind its properties.
func (d *description) info(pointer uint16) []byte {
	props := append([]property{u32("EnterExit"), u32("Location"), {"Process", inPointer, 0, 0}, {"Endpoint", inPointer, 0, 0}}, d.more...)
	b := make([]byte, infoSize+len(props)*propertySize)
	le := binary.LittleEndian
	copy(b, afdProvider[:])
	le.PutUint16(b[0x20:], d.id)
	b[0x23], b[0x24], b[0x25] = 16, 4, d.opcode
	le.PutUint16(b[0x26:], d.id)
	le.PutUint64(b[0x28:], afdBasic)
	le.PutUint32(b[0x64:], uint32(len(props)))
	le.PutUint32(b[0x68:], uint32(len(props)))
	text := func(at int, s string) {
		le.PutUint32(b[at:], uint32(len(b)))
		b = appendUTF16(b, s)
	}
	for i, p := range props {
		at := infoSize + i*propertySize
		le.PutUint32(b[at:], p.flags)
		le.PutUint16(b[at+8:], p.in)
		le.PutUint16(b[at+16:], 1)
		le.PutUint16(b[at+18:], p.length)
		if p.in == inPointer {
			le.PutUint16(b[at+18:], pointer)
		}
		text(at+4, p.name)
	}
	text(0x34, "Microsoft-Windows-Winsock-AFD")
	text(0x44, d.task)
	return b
}
