package saved

import (
	"bytes"
	"fmt"
	"strings"
)

// A csvTable is a list of events as comma, semicolon or tab separated values, with a
// heading, or without one when Event Viewer's rows were filtered out of their file.
type csvTable struct {
	open    bool
	comma   byte
	columns []column // one for each heading
	viewer  bool     // Event Viewer: the message stands behind the last heading
	utc     bool     // a heading says that the times are in UTC
	form    Form
	order   dateOrder
	lang    language

	joining bool // a quoted message goes on over lines
	quotes  int  // in acc
	tries   int  // to cut acc
	acc     []byte
	marks   []mark
	cells   []string
}

// viewerColumns are those of Event Viewer's export, in every language.
var viewerColumns = []column{{field: fieldLevelName}, {field: fieldDate}, {field: fieldSource}, {field: fieldID}, {field: fieldIgnored}}

// takeCSVHead opens a list when this line is its heading.
func (r *Reader) takeCSVHead() bool {
	text := bytes.TrimLeft(r.text, " \t")
	if len(text) > 4096 {
		return false
	}
	for _, comma := range []byte{',', ';', '\t'} {
		if bytes.Count(text, []byte{comma}) < 2 {
			continue
		}
		names, open := splitCSV(nil, text, comma)
		if open || len(names) > maxColumns {
			continue
		}
		if t, ok := csvHead(names, comma); ok {
			r.flush()
			t.acc, t.marks, t.cells = r.csv.acc, r.csv.marks, r.csv.cells
			r.csv = t
			r.stats.Headings = true
			return true
		}
	}
	return false
}

func csvHead(names []string, comma byte) (t csvTable, ok bool) {
	t = csvTable{open: true, comma: comma}
	var have [fields]int
	winEvent, sdp, translated, known := false, false, false, 0
	source := -1 // the column of this very name
	for i, name := range names {
		bare, utc := strings.CutSuffix(name, " [UTC]") // Azure's Log Analytics
		if name = bare; utc {
			t.utc, t.order = true, monthFirst
		}
		w, ok := wordOf([]byte(name))
		if ok {
			known++
		}
		if low := strings.ToLower(name); low == "data" && have[fieldDate] == 0 && len(names) > 8 {
			w.field = fieldIgnored // Get-EventLog's Data, which is Italian for date
		} else {
			sdp = sdp || low == "type/level"
		}
		translated = translated || strings.Contains(name, " ") || !plain([]byte(name)) // properties are neither
		winEvent = winEvent || isWinEvent([]byte(name))
		t.lang = max(t.lang, w.language)
		if have[w.field]++; strings.EqualFold(name, "source") {
			source = i
		}
		t.columns = append(t.columns, column{field: w.field})
	}
	if have[fieldID]+have[fieldInstance] == 0 || have[fieldDate]+have[fieldTime] == 0 || have[fieldSource]+have[fieldMessage] == 0 || known*2 < len(names) {
		return t, false
	}
	if source >= 0 && have[fieldSource] > 1 && have[fieldComputer] == 0 {
		t.columns[source].field = fieldComputer // Graylog calls the sender so
	}
	switch {
	case sdp:
		t.form, t.order = FormSDPCSV, monthFirst
	case have[fieldMessage] == 0 && translated && !winEvent:
		t.form, t.viewer = FormViewerCSV, true
	case winEvent:
		t.form = FormWinEventCSV
	default:
		t.form = FormEventLogCSV
	}
	return t, true
}

// splitCSV appends the values of a row to cells. open tells that the last one is
// quoted and goes on in the next line.
func splitCSV(cells []string, text []byte, comma byte) (all []string, open bool) {
	for len(cells) <= maxColumns {
		if len(text) == 0 || text[0] != '"' {
			i := bytes.IndexByte(text, comma)
			if i < 0 {
				return append(cells, string(text)), false
			}
			cells, text = append(cells, string(text[:i])), text[i+1:]
			continue
		}
		value, rest, closed := quotedValue(text[1:])
		cells = append(cells, value)
		if !closed {
			return cells, true
		}
		i := bytes.IndexByte(rest, comma)
		if i < 0 {
			return cells, false
		}
		text = rest[i+1:]
	}
	return cells, false
}

// quotedValue reads up to the closing quote; two in a row are one of the text.
func quotedValue(text []byte) (value string, rest []byte, closed bool) {
	i := bytes.IndexByte(text, '"')
	if i >= 0 && (i+1 == len(text) || text[i+1] != '"') {
		return string(text[:i]), text[i+1:], true
	}
	var out []byte
	for i >= 0 && i+1 < len(text) && text[i+1] == '"' {
		out, text = append(out, text[:i+1]...), text[i+2:]
		i = bytes.IndexByte(text, '"')
	}
	if i < 0 {
		return string(append(out, text...)), nil, false
	}
	return string(append(out, text[:i]...)), text[i+1:], true
}

// takeCSVRow reads a row of the open list; another line closes it.
func (r *Reader) takeCSVRow() bool {
	t := &r.csv
	if !t.open {
		return false
	}
	text := bytes.TrimLeft(r.text, " ")
	cells, open := splitCSV(t.cells[:0], text, t.comma)
	t.cells = cells
	if open && r.plausible(cells) {
		t.joining, t.tries, t.quotes = true, 0, bytes.Count(text, []byte{'"'})
		t.acc, t.marks = append(t.acc[:0], text...), append(t.marks[:0], mark{0, r.line.number, r.line.offset, true, false})
		return true
	}
	if open || len(cells) < 3 || !r.line.last {
		t.open = false
		return false
	}
	if !r.giveRow(cells, r.line.number, r.line.offset) {
		t.open = false
		return false
	}
	return true
}

// plausible tells that the values in front of an open one fit: a row that begins
// otherwise is none, whatever quotes stand in it.
func (r *Reader) plausible(cells []string) bool {
	if len(cells) > len(r.csv.columns)+1 {
		return false
	}
	e := event{}
	e.fill(r.csv.columns, cells[:len(cells)-1])
	if e.text[fieldID] != "" && !e.rowID() || e.text[fieldDate] != "" && e.text[fieldTime] == "" && !e.rowTime() {
		return false
	}
	return true
}

// giveRow gives the event of a row; false when it cannot be one.
func (r *Reader) giveRow(cells []string, number int, offset int64) bool {
	t := &r.csv
	extra := len(cells) - len(t.columns)
	if extra < -1 || extra > 1 && !t.viewer {
		return false
	}
	e := event{form: t.form, order: t.order, language: t.lang, line: number, offset: offset}
	e.fill(t.columns, cells)
	if t.viewer && extra > 0 {
		e.set(fieldMessage, cells[len(t.columns)])
	}
	if t.utc {
		e.text[fieldDate] += " UTC"
	}
	e.text[fieldMessage] = firstParagraph(e.text[fieldMessage])
	e.addStrings(e.text[fieldStrings])
	switch {
	case e.text[fieldID]+e.text[fieldInstance] == "":
		return e.form == FormSDPCSV // what SDP says of its export
	case !e.rowID() && !e.rowTime():
		return false
	}
	r.flush()
	r.give(&e)
	return true
}

// firstParagraph is text as far as its first empty line.
func firstParagraph(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\r", "")
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return text
		}
		next := strings.TrimLeft(text[at+i+1:], " \t")
		if next == "" || next[0] == '\n' {
			return strings.TrimSpace(text[:at+i])
		}
		at += i + 1
	}
}

// joinRow adds a line to the row whose message goes on.
func (r *Reader) joinRow() {
	t := &r.csv
	text := r.line.text
	if r.quoted {
		text = r.text
	}
	t.acc = append(t.acc, '\n')
	t.marks = append(t.marks, mark{len(t.acc), r.line.number, r.line.offset, true, false})
	t.acc = append(t.acc, text...)
	if len(t.acc) > maxEvent || len(t.marks) > maxRowLines {
		r.dropRow()
		return
	}
	quotes := bytes.Count(text, []byte{'"'})
	if t.quotes += quotes; quotes == 0 || t.quotes%2 != 0 {
		return
	}
	cells, open := splitCSV(t.cells[:0], t.acc, t.comma)
	t.cells = cells
	if t.tries++; open && t.tries <= maxRowTries {
		return
	} else if open {
		r.dropRow()
		return
	}
	t.joining = false
	if first := t.marks[0]; !r.giveRow(cells, first.number, first.offset) {
		r.dropRow()
	}
}

// dropRow gives up a row whose quotes have no end and reads its other lines again.
func (r *Reader) dropRow() {
	t := &r.csv
	t.joining, t.open = false, false
	r.undecoded(CodeRow, t.marks[0].number, "a row whose quoted message has no end")
	r.readAgain(t.acc, t.marks[1:])
}

// untranslated tells a source that every Windows has under this name: it makes a row
// certain where the language of its level is not known.
func untranslated(source string) bool {
	source = strings.ToLower(source)
	return source == "tcpip" || source == "eventlog" || source == "service control manager" || strings.HasPrefix(source, "microsoft-windows-")
}

// loneRow reads a row of Event Viewer's export that stands without its heading, or below
// one in a language that is not known.
func (r *Reader) loneRow() {
	text := bytes.TrimLeft(r.text, " ")
	i := bytes.IndexAny(text[:min(len(text), 48)], ",;\t")
	if i < 2 {
		return
	}
	cells, _ := splitCSV(r.csv.cells[:0], text, text[i])
	r.csv.cells = cells
	if len(cells) < len(viewerColumns) || !isLevel([]byte(cells[0])) && !untranslated(cells[2]) {
		return
	}
	e := event{}
	if e.fill(viewerColumns, cells); !e.rowTime() || !e.rowID() {
		return
	}
	r.flush()
	t := csvTable{open: true, comma: text[i], columns: viewerColumns, viewer: true, form: FormViewerCSV}
	t.acc, t.marks, t.cells = r.csv.acc, r.csv.marks, r.csv.cells
	r.csv = t
	if !r.takeCSVRow() {
		r.undecoded(CodeRow, r.line.number, fmt.Sprintf("a row that cannot be read: %q", shorten(string(text), 60)))
	}
}
