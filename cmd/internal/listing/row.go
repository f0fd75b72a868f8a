package listing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portverdict/etl"
	"portverdict/etl/schema"
	"portverdict/evtx"
)

// row is one event of either kind of file.
type row struct {
	source       string
	offset       int64
	record       uint64
	buffer, cpu  int
	at           time.Time
	kind         string
	provider     string
	providerName string
	id           uint16
	version      uint16
	opcode       uint8
	level        uint8
	pid, tid     uint32
	name         string
	hook         string
	fields       []schema.Field
	payload      []byte // of an event without known fields
	unknown      bool   // its fields are not known
	message      string // "" when there is none or it is not asked for
	zone         *time.Location

	event   *etl.Event // to be decoded; nil once it is
	aliases [2][]string
	log     *evtx.Record // of an event log; its fields stand there
}

// eventRow is an event that is not decoded yet: the reader's memory is used only
// until the next one.
func (l *Listing) eventRow(e *etl.Event) *row {
	kind, name := kindWord(e.Kind)
	r := &row{
		source: l.o.Source, offset: e.Offset, record: uint64(e.Record), buffer: e.Buffer, cpu: int(e.CPU), at: e.Time.Time(), kind: kind,
		id: e.ID, version: e.Version, opcode: e.Opcode, level: e.Level, pid: e.PID, tid: e.TID, name: name, event: e,
		zone: l.o.Zone,
	}
	switch kind {
	case "kernel":
		r.hook = fmt.Sprintf("0x%04x", e.Hook)
	case "event", "classic", "wpp":
		r.provider = e.Provider.String()
	}
	r.providerName = l.o.Catalog.ProviderName(e)
	return r
}

// noID is the process or thread ID of an event that has none.
const noID = 0xffffffff

// restName is the field of what stands in the payload behind all fields that are known.
const restName = "Undecoded"

// decode fills in the names and fields, once.
func (r *row) decode(l *Listing) {
	if r.event == nil {
		return
	}
	d, err := l.o.Catalog.Decode(r.event)
	l.tell(err)
	r.providerName, r.fields = d.Provider, append(d.Fields, schema.Extended(r.event)...)
	if d.Event != "" {
		r.name = d.Event
	}
	if d.Source == schema.SourceNone {
		r.payload, r.unknown = r.event.Payload, true
	} else if l.o.Raw {
		r.payload = r.event.Payload
	} else if d.Rest > 0 {
		rest := r.event.Payload[len(r.event.Payload)-d.Rest:]
		r.fields = append(r.fields, schema.Field{Name: restName, Value: schema.Value{Kind: schema.Bytes, Bytes: slices.Clone(rest)}})
	}
	if l.o.Message {
		r.message = d.Message()
	}
	r.aliases[0], r.aliases[1] = l.o.Catalog.Aliases(r.event)
	r.event = nil
}

// allFields are the fields as they are printed.
func (r *row) allFields() []schema.Field {
	if r.log != nil {
		return recordFields(r.log)
	}
	return r.fields
}

func (r *row) isProvider(name string) bool {
	if strings.EqualFold(name, r.provider) || r.providerName != "" && strings.EqualFold(name, r.providerName) {
		return true
	}
	g, ok := schema.ParseGUID(name)
	return ok && g.String() == r.provider
}

func (r *row) time() string { return string(r.appendTime(nil)) }

// appendTime adds the time as 2006-01-02T15:04:05.0000000Z, or with the offset of the zone
// that is asked for, nothing when there is none.
func (r *row) appendTime(b []byte) []byte {
	if r.at.IsZero() {
		return b
	}
	if r.zone != nil {
		return r.at.In(r.zone).AppendFormat(b, "2006-01-02T15:04:05.0000000Z07:00")
	}
	at := r.at.UTC()
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	if year < 0 || year > 9999 {
		return at.AppendFormat(b, "2006-01-02T15:04:05.0000000Z")
	}
	b = append(pair(pair(b, year/100), year%100), '-')
	b = append(pair(b, int(month)), '-')
	b = append(pair(b, day), 'T')
	b = append(pair(b, hour), ':')
	b = append(pair(b, minute), ':')
	b = append(pair(b, second), '.')
	ticks := at.Nanosecond() / 100
	b = pair(pair(pair(b, ticks/100_000), ticks/1000%100), ticks/10%100)
	return append(b, byte('0'+ticks%10), 'Z')
}

// pair adds two digits.
func pair(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
