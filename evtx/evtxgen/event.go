package evtxgen

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// The numbers of the values of an event, which are those of real logs.
const (
	valueLevel           = 0
	valueOpcode          = 1
	valueTask            = 2
	valueID              = 3
	valueQualifiers      = 4
	valueKeywords        = 5
	valueTime            = 6
	valueActivity        = 7
	valuePID             = 8
	valueTID             = 9
	valueNumber          = 10
	valueVersion         = 11
	valueUser            = 12
	valueRelatedActivity = 18
	valueEventData       = 19
	valueCount           = 20
)

const namespace = "http://schemas.microsoft.com/win/2004/08/events/event"

// event writes the BinXML of a record.
func (c *chunk) event(r *Record, stamp uint64, p *place) {
	if r.Named != nil && len(r.Named) != len(r.Data) {
		c.fail(fmt.Errorf("%d names for %d strings", len(r.Named), len(r.Data)))
		return
	}
	le := binary.LittleEndian
	u16 := func(n uint16) []byte { return le.AppendUint16(nil, n) }
	u32 := func(n uint32) []byte { return le.AppendUint32(nil, n) }
	u64 := func(n uint64) []byte { return le.AppendUint64(nil, n) }

	values := make([]value, valueCount)
	values[valueLevel] = value{kind: typeU8, raw: []byte{r.Level}}
	values[valueOpcode] = value{kind: typeU8, raw: []byte{0}}
	values[valueTask] = value{kind: typeU16, raw: u16(0)}
	values[valueKeywords] = value{kind: typeHex64, raw: u64(0x80000000000000)} // a classic event
	values[valueTime] = value{kind: typeFileTime, raw: u64(stamp)}
	values[valuePID] = value{kind: typeU32, raw: u32(r.PID)}
	values[valueTID] = value{kind: typeU32, raw: u32(r.TID)}
	values[valueNumber] = value{kind: typeU64, raw: u64(r.RecordID)}
	values[valueVersion] = value{kind: typeU8, raw: []byte{0}}
	if !r.LiteralID {
		values[valueID] = value{kind: typeU16, raw: u16(r.ID)}
	}
	if r.Qualifiers != 0 {
		values[valueQualifiers] = value{kind: typeU16, raw: u16(r.Qualifiers)}
	}
	values[valueEventData] = value{kind: typeBinXML, nested: func() { c.eventData(r) }}

	id := valueOf(valueID, typeU16)
	if r.LiteralID {
		id = text(strconv.Itoa(int(r.ID)))
	}
	c.data = append(c.data, fragment...)
	c.template(fmt.Sprintf("event %q %q %q %q %q", r.Provider, r.EventSource, r.Channel, r.Computer, id.text), func() {
		c.element("Event", []attribute{{"xmlns", text(namespace)}}, func() {
			c.element("System", nil, func() { c.system(r, id) })
			c.content(valueOf(valueEventData, typeBinXML))
		})
	})
	places := c.values(values)
	p.time, p.number = places[valueTime], places[valueNumber]
	c.data = append(c.data, tokenEnd)
}

// system writes the elements of System into the template of an event.
func (c *chunk) system(r *Record, id content) {
	provider := []attribute{{"Name", text(r.Provider)}}
	if r.EventSource != "" {
		provider = append(provider, attribute{"EventSourceName", text(r.EventSource)})
	}
	c.element("Provider", provider, nil)
	c.element("EventID", []attribute{{"Qualifiers", valueOf(valueQualifiers, typeU16)}}, func() { c.content(id) })
	c.simple("Version", valueOf(valueVersion, typeU8))
	c.simple("Level", valueOf(valueLevel, typeU8))
	c.simple("Task", valueOf(valueTask, typeU16))
	c.simple("Opcode", valueOf(valueOpcode, typeU8))
	c.simple("Keywords", valueOf(valueKeywords, typeHex64))
	c.element("TimeCreated", []attribute{{"SystemTime", valueOf(valueTime, typeFileTime)}}, nil)
	c.simple("EventRecordID", valueOf(valueNumber, typeU64))
	c.element("Correlation", []attribute{
		{"ActivityID", valueOf(valueActivity, typeGUID)},
		{"RelatedActivityID", valueOf(valueRelatedActivity, typeGUID)},
	}, nil)
	c.element("Execution", []attribute{
		{"ProcessID", valueOf(valuePID, typeU32)},
		{"ThreadID", valueOf(valueTID, typeU32)},
	}, nil)
	c.simple("Channel", text(r.Channel))
	c.simple("Computer", text(r.Computer))
	c.element("Security", []attribute{{"UserID", valueOf(valueUser, typeSID)}}, nil)
}

// eventData writes the value that is EventData, a fragment with values of its own.
// Strings without names are one array, as in classic events: the reader repeats the
// element for each. A string of an array ends with U+0000, another does not.
func (c *chunk) eventData(r *Record) {
	var values []value
	if r.Named == nil && len(r.Data) > 0 {
		values = []value{{kind: typeStrings}}
		for _, s := range r.Data {
			values[0].raw = append(append(values[0].raw, c.utf16(s)...), 0, 0)
		}
	} else {
		for _, s := range r.Data {
			values = append(values, value{kind: typeString, raw: c.utf16(s)})
		}
	}
	data := values
	if len(r.Binary) > 0 {
		values = append(values, value{kind: typeBinary, raw: r.Binary})
	}
	c.data = append(c.data, fragment...)
	c.template(fmt.Sprintf("data %d %q %t", len(data), r.Named, len(r.Binary) > 0), func() {
		if len(values) == 0 {
			c.element("EventData", nil, nil)
			return
		}
		c.element("EventData", nil, func() {
			for i, v := range data {
				var name []attribute
				if r.Named != nil {
					name = []attribute{{"Name", text(r.Named[i])}}
				}
				c.element("Data", name, func() { c.content(valueOf(uint16(i), v.kind)) })
			}
			if len(data) < len(values) {
				c.simple("Binary", valueOf(uint16(len(data)), typeBinary))
			}
		})
	})
	c.values(values)
}

// utf16 gives s as UTF-16LE.
func (c *chunk) utf16(s string) []byte {
	var b []byte
	for _, u := range c.units(s) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
