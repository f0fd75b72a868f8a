package main

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portverdict/etl"
	"portverdict/etl/schema"
	"portverdict/evtx"
	"portverdict/report"
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

	event   *etl.Event // to be decoded; nil once it is
	aliases [2][]string
}

// eventRow is an event that is not decoded yet: the reader's memory is used only
// until the next one.
func (l *listing) eventRow(e *etl.Event) *row {
	kind, name := kindWord(e.Kind)
	r := &row{
		source: l.source, offset: e.Offset, record: uint64(e.Record), buffer: e.Buffer, cpu: int(e.CPU), at: e.Time.Time(), kind: kind,
		id: e.ID, version: e.Version, opcode: e.Opcode, level: e.Level, pid: e.PID, tid: e.TID, name: name, event: e,
	}
	switch kind {
	case "kernel":
		r.hook = fmt.Sprintf("0x%04x", e.Hook)
	case "event", "classic", "wpp":
		r.provider = e.Provider.String()
	}
	r.providerName = l.catalog.ProviderName(e)
	return r
}

// decode fills in the names and fields, once.
func (r *row) decode(l *listing) {
	if r.event == nil {
		return
	}
	d, err := l.catalog.Decode(r.event)
	l.tell(err)
	r.providerName, r.fields = d.Provider, d.Fields
	if d.Event != "" {
		r.name = d.Event
	}
	if d.Source == schema.SourceNone {
		r.payload = r.event.Payload
	}
	r.aliases[0], r.aliases[1] = l.catalog.Aliases(r.event)
	r.event = nil
}

func (l *listing) recordRow(rec *evtx.Record) *row {
	r := &row{
		source: l.source, offset: rec.Offset, record: rec.RecordID, at: rec.Time, kind: "evtx", provider: rec.Provider, providerName: rec.Provider,
		id: rec.ID, level: rec.Level, pid: rec.PID, tid: rec.TID,
	}
	text := func(name, s string) {
		r.fields = append(r.fields, schema.Field{Name: name, Value: schema.Value{Kind: schema.Text, Text: s}})
	}
	text("Channel", rec.Channel)
	text("Computer", rec.Computer)
	r.fields = append(r.fields, schema.Field{Name: "Qualifiers", Value: schema.Value{Kind: schema.Uint, Uint: uint64(rec.Qualifiers)}})
	text("Origin", rec.Origin.String())
	list := schema.Value{Kind: schema.List}
	for i, s := range rec.Data {
		if name := rec.Names[i]; name != "" {
			text(name, s)
			continue
		}
		list.List = append(list.List, schema.Value{Kind: schema.Text, Text: s})
	}
	if len(list.List) > 0 {
		r.fields = append(r.fields, schema.Field{Name: "Data", Value: list})
	}
	if len(rec.Binary) > 0 {
		r.fields = append(r.fields, schema.Field{Name: "Binary", Value: schema.Value{Kind: schema.Bytes, Bytes: rec.Binary}})
	}
	return r
}

func (r *row) isProvider(name string) bool {
	if strings.EqualFold(name, r.provider) || r.providerName != "" && strings.EqualFold(name, r.providerName) {
		return true
	}
	g, ok := schema.ParseGUID(name)
	return ok && g.String() == r.provider
}

func (r *row) time() string {
	if r.at.IsZero() {
		return ""
	}
	return r.at.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// rowWriter prints rows; an error of the file shows at close or when the buffer
// behind it is flushed.
type rowWriter interface {
	row(*row)
	close() error
}

var rowWriters = map[string]func(*bufio.Writer) rowWriter{
	"text":   func(b *bufio.Writer) rowWriter { return textRows{b} },
	"ndjson": func(b *bufio.Writer) rowWriter { return &jsonRows{b: b} },
	"csv":    func(b *bufio.Writer) rowWriter { return newCSVRows(b) },
}

type textRows struct{ b *bufio.Writer }

func (t textRows) row(r *row) {
	what := cmpOr(r.providerName, r.provider, r.kind)
	switch {
	case r.kind == "kernel":
		what += " " + cmpOr(r.name, "hook") + "(" + r.hook + ")"
	case r.kind == "classic":
		what += " " + cmpOr(r.name, "opcode") + "(" + strconv.Itoa(int(r.opcode)) + ")"
	case r.kind == "other":
		what = r.name
	default:
		what = strings.TrimSpace(what+" "+r.name) + "(" + strconv.Itoa(int(r.id)) + ")"
	}
	fmt.Fprintf(t.b, "%s %5d:%-5d %s", r.time(), r.pid, r.tid, visible(what))
	for _, f := range r.fields {
		fmt.Fprintf(t.b, " %s=%s", visible(f.Name), oneLine(f.Value.String()))
	}
	if len(r.payload) > 0 {
		fmt.Fprintf(t.b, " payload=%x", r.payload)
	}
	t.b.WriteByte('\n')
}

func (textRows) close() error { return nil }

// oneLine keeps a value on its line.
func oneLine(s string) string {
	return visible(strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(s))
}

func cmpOr(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// jsonRows prints one object a line, with the keys of the contract in its order.
type jsonRows struct {
	b   *bufio.Writer
	buf []byte
}

func (j *jsonRows) row(r *row) {
	b := append(j.buf[:0], '{')
	text := func(key, s string) {
		quoted, err := json.Marshal(s)
		if err != nil { // a string cannot fail
			quoted = []byte(`""`)
		}
		b = append(append(append(append(b, '"'), key...), `":`...), quoted...)
		b = append(b, ',')
	}
	number := func(key string, n uint64) {
		b = append(append(append(b, '"'), key...), `":`...)
		b = append(strconv.AppendUint(b, n, 10), ',')
	}
	text("source", r.source)
	number("offset", uint64(r.offset))
	number("record", r.record)
	number("buffer", uint64(r.buffer))
	number("cpu", uint64(r.cpu))
	text("time", r.time())
	text("kind", r.kind)
	text("provider", r.provider)
	text("provider_name", r.providerName)
	number("id", uint64(r.id))
	number("version", uint64(r.version))
	number("opcode", uint64(r.opcode))
	number("level", uint64(r.level))
	number("pid", uint64(r.pid))
	number("tid", uint64(r.tid))
	text("name", r.name)
	if r.hook != "" {
		text("hook", r.hook)
	}
	b = append(b, `"fields":`...)
	b = schema.AppendFields(b, r.fields)
	if r.payload != nil {
		b = append(b, `,"payload":"`...)
		b = append(hex.AppendEncode(b, r.payload), '"')
	}
	b = append(b, "}\n"...)
	j.buf = b
	j.b.Write(report.Inert(b)) // the error stays in the buffer until it is flushed
}

func (*jsonRows) close() error { return nil }

// csvRows prints a table with the fields as JSON in its last column.
type csvRows struct{ w *csv.Writer }

func newCSVRows(b *bufio.Writer) rowWriter {
	w := csv.NewWriter(b)
	w.Write([]string{
		"time", "kind", "provider", "provider_name", "id", "version", "opcode", "hook", "level", "pid", "tid", "name", "source", "offset",
		"record", "buffer", "cpu", "payload", "fields",
	}) // as above
	return csvRows{w}
}

func (c csvRows) row(r *row) {
	n := func(v uint64) string { return strconv.FormatUint(v, 10) }
	c.w.Write([]string{
		r.time(), r.kind, report.Cell(r.provider), report.Cell(r.providerName), n(uint64(r.id)), n(uint64(r.version)), n(uint64(r.opcode)), r.hook, n(uint64(r.level)),
		n(uint64(r.pid)), n(uint64(r.tid)), report.Cell(r.name), report.Cell(r.source), n(uint64(r.offset)), n(r.record), n(uint64(r.buffer)), n(uint64(r.cpu)),
		hex.EncodeToString(r.payload), string(report.Inert(schema.AppendFields(nil, r.fields))),
	})
}

func (c csvRows) close() error {
	c.w.Flush()
	return c.w.Error()
}
