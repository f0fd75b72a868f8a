package listing

import (
	"bufio"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"portverdict/etl/schema"
	"portverdict/report"
)

// Writer prints events; an error of what is behind it shows at Close or when the buffer
// is flushed.
type Writer interface {
	row(*row)
	// Close ends the output; the buffer behind it is the caller's to flush.
	Close() error
}

// NewWriter gives the writer of a format, "text", "ndjson" or "csv"; nil for another. With
// message it has a place for the message text of each event.
func NewWriter(format string, b *bufio.Writer, message bool) Writer {
	switch format {
	case "text":
		return &textRows{b: b}
	case "ndjson":
		return &jsonRows{b: b, message: message}
	case "csv":
		return newCSVRows(b, message)
	}
	return nil
}

type textRows struct {
	b   *bufio.Writer
	buf textFields
}

func (t *textRows) row(r *row) {
	f := &t.buf
	f.b = r.appendTime(f.b[:0])
	f.b = append(f.b, ' ')
	if r.pid == noID {
		f.b = append(f.b, "    -:"...)
	} else {
		f.b = append(padded(f.b, uint64(r.pid), 5), ':')
	}
	from := len(f.b)
	if r.tid == noID {
		f.b = append(f.b, '-')
	} else {
		f.b = strconv.AppendUint(f.b, uint64(r.tid), 10)
	}
	for len(f.b)-from < 5 {
		f.b = append(f.b, ' ')
	}
	f.b = append(f.b, ' ')
	t.what(r)
	if r.log != nil && plainNames(r.log) {
		writeRecord(f, r.log)
	} else {
		for _, field := range r.allFields() {
			f.name(field.Name, 0)
			f.show(field.Value.String())
		}
	}
	if len(r.payload) > 0 {
		f.b = hex.AppendEncode(append(f.b, " payload="...), r.payload)
	}
	if r.message != "" {
		f.b = append(f.b, " message="...)
		f.show(r.message)
	}
	f.b = append(f.b, '\n')
	t.b.Write(f.b) // the error stays in the buffer until it is flushed
}

// what says which event it is.
func (t *textRows) what(r *row) {
	f := &t.buf
	f.show(cmp.Or(r.providerName, r.provider, r.kind))
	switch {
	case r.kind == "kernel":
		f.show(" " + cmp.Or(r.name, "hook") + "(" + r.hook + ")")
		return
	case r.kind == "classic":
		f.show(" " + cmp.Or(r.name, "opcode") + "(" + strconv.Itoa(int(r.opcode)) + ")")
		return
	case r.kind == "other":
		f.show(r.name)
		return
	case r.name != "":
		f.b = append(f.b, ' ')
		f.show(r.name)
	}
	f.b = append(strconv.AppendUint(append(f.b, '('), uint64(r.id), 10), ')')
}

// padded adds a number with spaces before it up to a width.
func padded(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	d := strconv.AppendUint(digits[:0], n, 10)
	for range width - len(d) {
		b = append(b, ' ')
	}
	return append(b, d...)
}

func (*textRows) Close() error { return nil }

// shownText reports whether a text is shown as it is.
func shownText(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

var breaks = strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`)

// oneLine keeps a value on its line.
func oneLine(s string) string {
	return report.Visible(breaks.Replace(s))
}

// jsonRows prints one object a line, with the keys of the contract in its order.
type jsonRows struct {
	b       *bufio.Writer
	buf     jsonFields
	message bool
}

func (j *jsonRows) row(r *row) {
	f := &j.buf
	*f = jsonFields{b: append(f.b[:0], '{'), inky: r.log == nil}
	text := func(key, s string) {
		f.b = append(append(append(f.b, '"'), key...), `":`...)
		f.quote(s)
		f.b = append(f.b, ',')
	}
	number := func(key string, n uint64) {
		f.b = append(append(append(f.b, '"'), key...), `":`...)
		f.b = append(strconv.AppendUint(f.b, n, 10), ',')
	}
	text("source", r.source)
	number("offset", uint64(r.offset))
	number("record", r.record)
	number("buffer", uint64(r.buffer))
	number("cpu", uint64(r.cpu))
	f.b = append(r.appendTime(append(f.b, `"time":"`...)), `",`...)
	text("kind", r.kind)
	text("provider", r.provider)
	text("provider_name", r.providerName)
	number("id", uint64(r.id))
	number("version", uint64(r.version))
	number("opcode", uint64(r.opcode))
	number("level", uint64(r.level))
	id := func(key string, n uint32) {
		if n == noID {
			f.b = append(append(append(f.b, '"'), key...), `":null,`...)
			return
		}
		number(key, uint64(n))
	}
	id("pid", r.pid)
	id("tid", r.tid)
	text("name", r.name)
	if r.hook != "" {
		text("hook", r.hook)
	}
	f.b = append(f.b, `"fields":`...)
	f.fields(r)
	if r.payload != nil {
		f.b = append(f.b, `,"payload":"`...)
		f.b = append(hex.AppendEncode(f.b, r.payload), '"')
	}
	if j.message {
		f.b, f.inky = append(f.b, `,"message":`...), true
		f.b = appendQuoted(f.b, r.message)
	}
	f.b = append(f.b, "}\n"...)
	line := f.b
	if f.inky {
		line = report.Inert(line)
	}
	j.b.Write(line) // the error stays in the buffer until it is flushed
}

// fields adds the fields of a row as an object.
func (j *jsonFields) fields(r *row) {
	if r.log == nil || !plainNames(r.log) {
		j.b, j.inky = schema.AppendFields(j.b, r.allFields()), true
		return
	}
	j.b = append(j.b, '{')
	writeRecord(j, r.log)
	j.b = append(j.b, '}')
}

// plainJSON reports whether a text is itself between quotes, as encoding/json would have it.
func plainJSON(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x20 || c >= 0x7f, c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

func appendQuoted(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string cannot fail
		return append(b, `""`...)
	}
	return append(b, quoted...)
}

func (*jsonRows) Close() error { return nil }

// csvRows prints a table with the fields as JSON in its last column.
type csvRows struct {
	b       *bufio.Writer
	fields  jsonFields
	line    []byte
	message bool
}

func newCSVRows(b *bufio.Writer, message bool) Writer {
	b.WriteString("time,kind,provider,provider_name,id,version,opcode,hook,level,pid,tid,name,source,offset,record,buffer,cpu,payload,fields") // as above
	if message {
		b.WriteString(",message")
	}
	b.WriteByte('\n')
	return &csvRows{b: b, message: message}
}

func (c *csvRows) row(r *row) {
	b := r.appendTime(c.line[:0])
	text := func(s string) {
		if b = append(b, ','); !shownText(s) || s != "" && strings.IndexByte("=+-@'", s[0]) >= 0 {
			s = report.Cell(s)
		}
		b = appendCell(b, s)
	}
	number := func(n uint64) { b = strconv.AppendUint(append(b, ','), n, 10) }
	text(r.kind)
	text(r.provider)
	text(r.providerName)
	number(uint64(r.id))
	number(uint64(r.version))
	number(uint64(r.opcode))
	text(r.hook)
	number(uint64(r.level))
	id := func(n uint32) {
		if n == noID {
			b = append(b, ',')
			return
		}
		number(uint64(n))
	}
	id(r.pid)
	id(r.tid)
	text(r.name)
	text(r.source)
	number(uint64(r.offset))
	number(r.record)
	number(uint64(r.buffer))
	number(uint64(r.cpu))
	b = append(hex.AppendEncode(append(b, ','), r.payload), ',')
	f := &c.fields
	*f = jsonFields{b: f.b[:0]}
	f.fields(r)
	cell := f.b
	if f.inky {
		cell = report.Inert(cell)
	}
	b = appendCell(b, cell)
	if c.message {
		text(r.message)
	}
	b = append(b, '\n')
	c.line = b
	c.b.Write(b)
}

// appendCell adds a cell, in quotes when it has to be.
func appendCell[T string | []byte](b []byte, cell T) []byte {
	quote := len(cell) > 0 && (cell[0] == ' ' || string(cell) == `\.`)
	for i := 0; i < len(cell) && !quote; i++ {
		quote = cell[i] == ',' || cell[i] == '"' || cell[i] == '\n' || cell[i] == '\r' || cell[i] >= utf8.RuneSelf
	}
	if !quote {
		return append(b, cell...)
	}
	b = append(b, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, cell[i])
	}
	return append(b, '"')
}

func (*csvRows) Close() error { return nil }
