package saved

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A table is a list of events in columns: Get-WinEvent's and Get-EventLog's, whose
// columns are underlined one by one, or SDP's, which has one line below its head.
type table struct {
	group   string // ProviderName of the table of Get-WinEvent
	head    []byte // the line above, if it may be a head
	open    bool
	columns []column
	sdp     bool
	form    Form
	order   dateOrder
	pending bool // row waits for lines that go on with its message
	row     event
}

// A column begins at cell from; its line ends before cell to.
type column struct {
	field    field
	from, to int
}

// keepHead keeps a line that may be the head of a table.
func (t *table) keepHead(text []byte) {
	t.head = t.head[:0]
	if len(text) < 512 && bytes.Contains(text, []byte("Time")) && text[len(text)-1] != '-' {
		t.head = append(t.head, text...)
	}
}

// takeTableHead opens a table when this line underlines the head above it.
func (r *Reader) takeTableHead() bool {
	t := &r.table
	if len(t.head) == 0 || !dashes(r.text) {
		return false
	}
	columns := underlined(r.text)
	names := cells(string(t.head), columns, false)
	sdp := len(columns) == 1
	if sdp {
		columns, names = wordColumns(string(t.head))
	}
	var have [fields]bool
	winEvent := false
	for i := range columns {
		if w, ok := wordOf([]byte(strings.TrimSpace(names[i]))); ok {
			columns[i].field = w.field
			have[w.field] = true
			winEvent = winEvent || isWinEvent([]byte(names[i]))
		}
	}
	if !(have[fieldID] || have[fieldInstance]) || !(have[fieldDate] || have[fieldTime]) || !(have[fieldSource] || have[fieldMessage]) {
		return false
	}
	r.flush()
	t.open, t.columns, t.sdp = true, columns, sdp
	t.form, t.order = FormEventLogTable, unsure
	switch {
	case sdp:
		t.form, t.order = FormSDPText, monthFirst
	case winEvent:
		t.form = FormWinEventTable
	}
	r.stats.Headings = true
	return true
}

// dashes tells a line of dashes and blanks.
func dashes(text []byte) bool {
	n := 0
	for _, c := range text {
		switch c {
		case '-':
			n++
		case ' ':
		default:
			return false
		}
	}
	return n >= 8
}

func underlined(text []byte) []column {
	var all []column
	for i := 0; i < len(text) && len(all) < maxColumns; i++ {
		if text[i] != '-' {
			continue
		}
		from := i
		for i < len(text) && text[i] == '-' {
			i++
		}
		all = append(all, column{from: from, to: i})
	}
	return all
}

// wordColumns cuts a head at two blanks or more, and "EventID Source", which SDP
// prints with one blank between them.
func wordColumns(head string) (columns []column, names []string) {
	for i := 0; i < len(head) && len(columns) < maxColumns; {
		for i < len(head) && head[i] == ' ' {
			i++
		}
		end := strings.Index(head[i:], "  ")
		if end < 0 {
			end = len(head) - i
		}
		name := head[i : i+end]
		if id, source, ok := strings.Cut(name, " "); ok && strings.EqualFold(id, "EventID") {
			columns, names = append(columns, column{from: i}), append(names, id)
			i, end, name = i+len(id)+1, len(source), source
		}
		if name != "" {
			columns, names = append(columns, column{from: i}), append(names, name)
		}
		i += end
	}
	return columns, names
}

// cells cuts a row of an underlined table: a word belongs to the column whose line it
// stands below, else to the one left of it. wide counts CJK characters as two cells,
// as consoles do and files do not.
func cells(text string, columns []column, wide bool) []string {
	out := make([]string, len(columns))
	cell, at := 0, 0
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\t' {
			i++
			cell++
			continue
		}
		start := i
		for i < len(text) && text[i] != ' ' && text[i] != '\t' {
			c, n := utf8.DecodeRuneInString(text[i:])
			i += n
			if cell++; wide && c >= 0x1100 && (c < 0x1160 || c >= 0x2e80 && c < 0xd7a4 || c >= 0xf900 && c < 0xfb00 || c >= 0xfe30 && c < 0xff61 || c >= 0xffe0 && c < 0xffe7) {
				cell++
			}
		}
		for at+1 < len(columns) && cell > columns[at+1].from {
			at++
		}
		if at == len(columns)-1 {
			out[at] = strings.TrimSpace(text[start:])
			break
		}
		if out[at] != "" {
			out[at] += " "
		}
		out[at] += text[start:i]
	}
	return out
}

// fixedCells cuts a row of SDP's, which cuts and fills every column but the last.
func fixedCells(text string, columns []column) []string {
	out := make([]string, len(columns))
	runes := []rune(text)
	for i, c := range columns {
		end := len(runes)
		if i+1 < len(columns) {
			end = min(end, columns[i+1].from)
		}
		if c.from < end {
			out[i] = strings.TrimSpace(string(runes[c.from:end]))
		}
	}
	return out
}

// takeTableRow reads a row of the open table, or a line that goes on with the message
// of the row above. Anything else closes the table.
func (r *Reader) takeTableRow() bool {
	t := &r.table
	if !t.open {
		return false
	}
	if r.goesOn() {
		return true
	}
	text := string(r.text)
	ways := [][]string{nil}
	if t.sdp {
		ways[0] = fixedCells(text, t.columns)
	} else {
		ways[0] = cells(text, t.columns, false)
		if !plain(r.text) {
			ways = append(ways, cells(text, t.columns, true))
		}
	}
	for _, way := range ways {
		e := event{form: t.form, order: t.order}
		if e.fill(t.columns, way); e.rowTime() && e.rowID() {
			r.startRow(e)
			return true
		}
	}
	e := event{}
	e.fill(t.columns, ways[0])
	switch {
	case t.sdp && strings.Contains(text, "[Info]") && e.text[fieldID] == "":
		return true // what SDP says of its export
	case e.rowID() && e.text[fieldDate]+e.text[fieldTime] != "" && len(ways[0][len(ways[0])-1]) > 0:
		r.flushRow()
		r.undecoded(CodeRow, r.line.number, fmt.Sprintf("the time of this row cannot be read: %q", shorten(strings.TrimSpace(text), 60)))
		return true
	}
	r.flushRow()
	t.open, t.group = false, ""
	return false
}

// goesOn takes a line below the message column only.
func (r *Reader) goesOn() bool {
	t := &r.table
	last := t.columns[len(t.columns)-1]
	indent := len(r.text) - len(bytes.TrimLeft(r.text, " "))
	if !t.pending || last.field != fieldMessage || indent < last.from || indent == 0 {
		return false
	}
	if m := &t.row.text[fieldMessage]; len(*m) < maxMessage {
		*m += "\n" + string(bytes.TrimSpace(r.text))
	}
	return true
}

// startRow lets a row wait for the lines of its message.
func (r *Reader) startRow(e event) {
	r.flush()
	t := &r.table
	e.line, e.offset = r.line.number, r.line.offset
	if e.text[fieldSource] == "" && !slices.ContainsFunc(t.columns, func(c column) bool { return c.field == fieldSource }) {
		e.set(fieldSource, t.group)
	}
	t.row, t.pending = e, true
}

// flushRow gives the row that waited.
func (r *Reader) flushRow() {
	t := &r.table
	if !t.pending {
		return
	}
	t.pending = false
	r.give(&t.row)
}

// fill sets the fields of a row.
func (e *event) fill(columns []column, texts []string) {
	for i, c := range columns {
		if c.field != noField && i < len(texts) {
			e.set(c.field, texts[i])
		}
	}
}

// rowTime and rowID tell that a row has a time and an id that can be read.
func (e *event) rowTime() bool {
	if _, ok := parseStamp(strings.TrimSpace(e.text[fieldDate] + " " + e.text[fieldTime])); ok {
		return true
	}
	_, ok := parseStamp(e.text[fieldDate])
	return ok
}

func (e *event) rowID() bool {
	_, _, ok := e.ids()
	return ok
}
