package listing

import (
	"encoding/hex"
	"strconv"
	"strings"

	"portverdict/cmd/internal/filter"
	"portverdict/etl/schema"
	"portverdict/evtx"
)

// recordRow makes the row of a record. Both are used only until the next one.
func (l *Listing) recordRow(rec *evtx.Record) *row {
	l.logRow = row{
		source: l.o.Source, offset: rec.Offset, record: rec.RecordID, at: rec.Time, kind: "evtx", provider: rec.Provider, providerName: rec.Provider,
		id: rec.ID, version: uint16(rec.Version), opcode: rec.Opcode, level: rec.Level, pid: rec.PID, tid: rec.TID, name: rec.Name,
		payload: rec.Payload, log: rec, zone: l.o.Zone,
	}
	return &l.logRow
}

// systemFields are what a record's System says beside the columns of a row, and where
// the record was found. A list of no length has none.
func systemFields(rec *evtx.Record) []schema.Field {
	text := func(name, s string) schema.Field {
		return schema.Field{Name: name, Value: schema.Value{Kind: schema.Text, Text: s}}
	}
	return []schema.Field{
		text("Channel", rec.Channel), text("Computer", rec.Computer),
		{Name: "Qualifiers", Value: schema.Value{Kind: schema.Uint, Uint: uint64(rec.Qualifiers)}},
		text("Origin", rec.Origin.String()),
		{Name: "Task", Value: schema.Value{Kind: schema.Uint, Uint: uint64(rec.Task)}},
		{Name: "Keywords", Value: schema.Value{Kind: schema.Hex, Uint: rec.Keywords, Width: 16}},
		text("ProviderGuid", rec.ProviderGUID), text("EventSourceName", rec.EventSource),
		text("ActivityID", rec.ActivityID), text("RelatedActivityID", rec.RelatedActivityID), text("UserID", rec.UserID),
	}
}

// firstOptional is the first of systemFields that is printed only when it says something.
const firstOptional = 6

// ownFields are what the event itself says: values with names, the others as one list,
// and its Binary.
func ownFields(rec *evtx.Record) []schema.Field {
	var out []schema.Field
	list := schema.Value{Kind: schema.List}
	for i, s := range rec.Data {
		v := schema.Value{Kind: schema.Text, Text: s}
		if name := rec.Names[i]; name != "" {
			out = append(out, schema.Field{Name: name, Value: v})
			continue
		}
		list.List = append(list.List, v)
	}
	if len(list.List) > 0 {
		out = append(out, schema.Field{Name: "Data", Value: list})
	}
	if len(rec.Binary) > 0 {
		out = append(out, schema.Field{Name: "Binary", Value: schema.Value{Kind: schema.Bytes, Bytes: rec.Binary}})
	}
	return out
}

// recordFields are all fields of a record as they are printed. A name that the event
// uses itself is the event's: that of System gets #2.
func recordFields(rec *evtx.Record) []schema.Field {
	own := ownFields(rec)
	var out []schema.Field
	for i, f := range systemFields(rec) {
		if i >= firstOptional && f.Value.Text == "" {
			continue
		}
		for j := range own {
			if strings.EqualFold(own[j].Name, f.Name) {
				f.Name += "#2"
				break
			}
		}
		out = append(out, f)
	}
	return append(out, own...)
}

// recordValues gives the values that a name of one part has in a record: those of the
// event itself, else those of System.
func (r *row) recordValues(path []string) []filter.Value {
	if out := fieldValues(ownFields(r.log), path); len(out) > 0 {
		return out
	}
	if len(path) == 1 {
		switch name := strings.ToLower(path[0]); name {
		case "eventid":
			return []filter.Value{filter.Uint(uint64(r.id))}
		case "eventrecordid":
			return []filter.Value{filter.Uint(r.record)}
		case "processid":
			return []filter.Value{filter.Uint(uint64(r.pid))}
		case "threadid":
			return []filter.Value{filter.Uint(uint64(r.tid))}
		}
	}
	return fieldValues(systemFields(r.log), path)
}

// plainNames reports whether the names of a record are few and none comes twice in a way
// that needs a look at all of them.
func plainNames(rec *evtx.Record) bool {
	if len(rec.Names) > 64 {
		return false
	}
	for _, name := range rec.Names {
		if name == "Data" || name == "Binary" || strings.IndexByte(name, '#') >= 0 {
			return false
		}
	}
	return true
}

// times counts how often the i-th name came before.
func times(names []string, i int) (n int) {
	for _, name := range names[:i] {
		if name == names[i] {
			n++
		}
	}
	return n
}

// named reports whether the event itself has a field of that name.
func named(rec *evtx.Record, name string) bool {
	for _, own := range rec.Names {
		if len(own) == len(name) && strings.EqualFold(own, name) {
			return true
		}
	}
	return false
}

// A fieldWriter writes the fields of a record one by one. With writeRecord it is what
// recordFields and a printer do, for the hundred thousands of records of a log.
type fieldWriter interface {
	name(name string, before int) // before: how often the name came already
	text(s string)
	list(rec *evtx.Record)
	number(n uint64)
	hex(n uint64)
	bytes(b []byte)
}

// writeRecord writes the fields of a record that has plainNames.
func writeRecord(w fieldWriter, rec *evtx.Record) {
	system := func(name string) {
		if named(rec, name) {
			name += "#2"
		}
		w.name(name, 0)
	}
	texts := func(name, s string, always bool) {
		if s != "" || always {
			system(name)
			w.text(s)
		}
	}
	texts("Channel", rec.Channel, true)
	texts("Computer", rec.Computer, true)
	system("Qualifiers")
	w.number(uint64(rec.Qualifiers))
	texts("Origin", rec.Origin.String(), true)
	system("Task")
	w.number(uint64(rec.Task))
	system("Keywords")
	w.hex(rec.Keywords)
	texts("ProviderGuid", rec.ProviderGUID, false)
	texts("EventSourceName", rec.EventSource, false)
	texts("ActivityID", rec.ActivityID, false)
	texts("RelatedActivityID", rec.RelatedActivityID, false)
	texts("UserID", rec.UserID, false)
	unnamed := false
	for i, name := range rec.Names {
		if name == "" {
			unnamed = true
			continue
		}
		w.name(name, times(rec.Names, i))
		w.text(rec.Data[i])
	}
	if unnamed {
		w.name("Data", 0)
		w.list(rec)
	}
	if len(rec.Binary) > 0 {
		w.name("Binary", 0)
		w.bytes(rec.Binary)
	}
}

// appendHex adds a number as 0x and 16 digits in upper case.
func appendHex(b []byte, n uint64) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, "0x"...)
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, digits[n>>shift&15])
	}
	return b
}

// jsonFields writes the fields of a record as JSON, behind the brace.
type jsonFields struct {
	b    []byte
	inky bool // something in it may have to be made inert
	some bool
}

func (j *jsonFields) quote(s string) {
	if plainJSON(s) {
		j.b = append(append(append(j.b, '"'), s...), '"')
		return
	}
	j.b, j.inky = appendQuoted(j.b, s), true
}

func (j *jsonFields) name(name string, before int) {
	if j.some {
		j.b = append(j.b, ',')
	}
	j.some = true
	if j.quote(name); before > 0 {
		j.b = strconv.AppendInt(append(j.b[:len(j.b)-1], '#'), int64(before+1), 10)
		j.b = append(j.b, '"')
	}
	j.b = append(j.b, ':')
}

func (j *jsonFields) text(s string)   { j.quote(s) }
func (j *jsonFields) number(n uint64) { j.b = strconv.AppendUint(j.b, n, 10) }
func (j *jsonFields) hex(n uint64)    { j.b = append(appendHex(append(j.b, '"'), n), '"') }
func (j *jsonFields) bytes(b []byte)  { j.b = append(hex.AppendEncode(append(j.b, '"'), b), '"') }

func (j *jsonFields) list(rec *evtx.Record) {
	j.b = append(j.b, '[')
	first := true
	for i, s := range rec.Data {
		if rec.Names[i] != "" {
			continue
		}
		if !first {
			j.b = append(j.b, ',')
		}
		first = false
		j.quote(s)
	}
	j.b = append(j.b, ']')
}

// textFields writes the fields of a record as name=value.
type textFields struct{ b []byte }

func (t *textFields) show(s string) {
	if shownText(s) {
		t.b = append(t.b, s...)
		return
	}
	t.b = append(t.b, oneLine(s)...)
}

func (t *textFields) name(name string, _ int) {
	t.b = append(t.b, ' ')
	t.show(name)
	t.b = append(t.b, '=')
}

func (t *textFields) text(s string)   { t.show(s) }
func (t *textFields) number(n uint64) { t.b = strconv.AppendUint(t.b, n, 10) }
func (t *textFields) hex(n uint64)    { t.b = appendHex(t.b, n) }
func (t *textFields) bytes(b []byte)  { t.b = hex.AppendEncode(t.b, b) }

func (t *textFields) list(rec *evtx.Record) {
	t.b = append(t.b, '[')
	first := true
	for i, s := range rec.Data {
		if rec.Names[i] != "" {
			continue
		}
		if !first {
			t.b = append(t.b, ", "...)
		}
		first = false
		t.show(s)
	}
	t.b = append(t.b, ']')
}
