package saved

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A block is an event as lines of "label: value": Event Viewer's copy, wevtutil's
// text, or a list of PowerShell.
type block struct {
	open      bool
	e         event
	winEvent  bool   // it has properties of Get-WinEvent
	list      bool   // of PowerShell: "Label : value"
	wevtutil  bool   // "Event[0]" stood above it
	psLog     bool   // PsLogList's
	splunk    bool   // its fields are Splunk's "EventCode=4231"
	described bool   // the message has begun
	ended     bool   // its first paragraph has ended
	message   []byte // so far
	full      bool   // the last line of the message reached the width of the console
	xml       bool   // "Event Xml:" stood below it
	ordered   int    // fields read by their place so far, 0 where labels are known
	last      field
	quiet     int // lines since one of use
}

// recent are the lines of the form "label: value" just before this one, by which a
// copy in an unknown language is found.
type recent struct {
	values [3]string
	lines  [3]int
	at     [3]int64
	n      int
}

// takeBlockLine reads a line of a block, or finds that one begins.
func (r *Reader) takeBlockLine() bool {
	if isEventIndex(r.text) {
		r.flush()
		r.openBlock()
		r.block.wevtutil = true
		return true
	}
	label, value, spaced, ok := splitLabel(r.text)
	if !ok {
		r.recent.n = 0
		return r.continueBlock()
	}
	if r.block.open && r.block.ordered > 0 && !r.block.described {
		r.takeOrdered(value)
		return true
	}
	w, known := wordOf(label)
	if known && !spaced && w.field == fieldSource && bytes.EqualFold(bytes.TrimSpace(label), []byte("ProviderName")) {
		r.flush()
		r.table.group = string(value) // Get-WinEvent's table stands below
		return true
	}
	if known && r.takeLabel(w, label, value, spaced) {
		r.recent.n = 0
		return true
	}
	if !known && r.takeUnknown(label, value) {
		return true
	}
	return r.continueBlock()
}

// isEventIndex tells a line such as "Event[0]:", whatever its language.
func isEventIndex(text []byte) bool {
	text = bytes.TrimRight(bytes.TrimSpace(text), ": ")
	open := bytes.IndexByte(text, '[')
	if open < 2 || open > 40 || len(text) > open+12 || text[len(text)-1] != ']' || len(text) < open+3 {
		return false
	}
	for _, c := range string(text[:open]) {
		if !unicode.IsLetter(c) {
			return false
		}
	}
	return digits(text[open+1 : len(text)-1])
}

func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

// splitLabel cuts "label: value". A label has letters, no digits and at most 48 bytes.
// spaced tells the way of PowerShell's lists, with a blank before the colon.
func splitLabel(text []byte) (label, value []byte, spaced, ok bool) {
	text = bytes.TrimLeft(text, " \t")
	i, width := bytes.IndexByte(text[:min(len(text), 48)], ':'), 1
	if j := bytes.Index(text[:min(len(text), 48)], []byte("：")); j >= 0 && (i < 0 || j < i) {
		i, width = j, len("：")
	}
	if i < 2 {
		return nil, nil, false, false
	}
	label, value = text[:i], bytes.TrimSpace(text[i+width:])
	for _, c := range label {
		if c < ' ' || c >= '0' && c <= '9' || strings.IndexByte(`\<>{}"=,;|()$*`, c) >= 0 {
			return nil, nil, false, false
		}
	}
	spaced = label[i-1] == ' '
	if label = bytes.TrimRight(label, " \t"); len(label) < 2 {
		return nil, nil, false, false
	}
	c, _ := utf8.DecodeRune(label)
	return label, value, spaced, unicode.IsLetter(c) || c == utf8.RuneError || unicode.IsSymbol(c)
}

func (r *Reader) openBlock() {
	r.block = block{open: true, message: r.block.message[:0]}
	r.block.e.line, r.block.e.offset = r.line.number, r.line.offset
}

// takeLabel takes a label that is known; false leaves the line to the message.
func (r *Reader) takeLabel(w word, label, value []byte, spaced bool) bool {
	b := &r.block
	if w.field == fieldDate && spaced && bytes.HasPrefix(value, []byte("{")) {
		return true // Get-EventLog's Data, which is Italian for date
	}
	if b.open && b.described && !b.list {
		switch {
		case w.field == fieldXML:
			b.xml, b.ended, b.quiet = true, true, 0
			return true
		case w.field == fieldLog, len(label) > 6 && strings.EqualFold(string(label[:6]), "event ") && (w.field == fieldSource || w.field == fieldLevelName):
			r.flush()
		case spaced && b.ended && (w.field == fieldDate || w.field == fieldMessage || w.field == fieldRecord):
			r.flush() // a list of PowerShell stands below a copy
		default:
			return false
		}
	}
	if b.open && (b.list && !spaced || w.field != fieldIgnored && b.e.text[w.field] != "") {
		r.flush()
	}
	if !b.open {
		if w.field == fieldXML || w.field == fieldIgnored {
			return false
		}
		r.flushRow()
		r.openBlock()
		b.list = spaced && properties[strings.ToLower(string(label))] != noField
	}
	b.quiet, b.last = 0, w.field
	b.winEvent = b.winEvent || isWinEvent(label)
	if w.language > b.e.language {
		b.e.language = w.language
	}
	switch w.field {
	case fieldMessage:
		b.described = true
		b.ended = false
		r.addMessage(value)
	case fieldStrings:
		b.e.addStrings(string(value))
	default:
		b.e.set(w.field, string(value))
	}
	return true
}

// isWinEvent tells a property that Get-WinEvent's records have and Get-EventLog's have not.
func isWinEvent(name []byte) bool {
	switch strings.ToLower(string(bytes.TrimSpace(name))) {
	case "timecreated", "providername", "leveldisplayname", "recordid", "logname", "id":
		return true
	}
	return false
}

// addStrings reads the strings of a list of PowerShell: "{\Device\Afd, TCP, 50123, 4242}".
func (e *event) addStrings(text string) {
	inside, ok := strings.CutPrefix(text, "{")
	if !ok || inside == "}" {
		return
	}
	inside = strings.TrimSuffix(inside, "}")
	for s := range strings.SplitSeq(inside, ", ") {
		e.addData("", s)
	}
}

// takeUnknown takes a label that is not known: in a block whose other labels are, by
// what it must be, and else by its place.
func (r *Reader) takeUnknown(label, value []byte) bool {
	b := &r.block
	t := &b.e.text
	switch {
	case b.open && len(value) == 0 && bytes.Contains(bytes.ToLower(label), []byte("xml")):
		b.xml, b.ended, b.quiet = true, true, 0
		return true
	case b.open && b.described:
		return false
	case b.open && t[fieldID] == "" && t[fieldDate] != "" && t[fieldSource] != "" && digits(value):
		b.e.set(fieldID, string(value))
		b.quiet = 0
		return true
	case b.open && len(value) == 0 && b.e.likely() && t[fieldComputer] != "" && !b.list:
		b.described, b.quiet = true, 0
		return true
	case b.open:
		return false
	}
	p := &r.recent
	if p.n == len(p.values) && digits(value) && p.values[0] != "" && p.values[1] != "" {
		if _, ok := parseStamp(p.values[2]); ok {
			r.flush()
			r.openBlock()
			e := &b.e
			e.line, e.offset = p.lines[0], p.at[0]
			for i, f := range orderedFields[:3] {
				e.set(f, p.values[i])
			}
			e.set(fieldID, string(value))
			b.ordered, p.n = 4, 0
			return true
		}
	}
	if p.n == len(p.values) {
		copy(p.values[:], p.values[1:])
		copy(p.lines[:], p.lines[1:])
		copy(p.at[:], p.at[1:])
		p.n--
	}
	p.values[p.n], p.lines[p.n], p.at[p.n] = shorten(string(value), 256), r.line.number, r.line.offset
	p.n++
	return false
}

// takeOrdered takes the next line of a copy whose labels are in an unknown language.
func (r *Reader) takeOrdered(value []byte) {
	b := &r.block
	b.quiet = 0
	f := fieldIgnored
	if b.ordered < len(orderedFields) {
		f = orderedFields[b.ordered]
	}
	b.ordered++
	if f == fieldMessage || len(value) == 0 && b.e.text[fieldComputer] != "" {
		b.described = true
		r.addMessage(value)
	} else if f != fieldXML {
		b.e.set(f, string(value))
	}
}

// continueBlock reads a line without a label.
func (r *Reader) continueBlock() bool {
	b := &r.block
	if !b.open {
		return false
	}
	indented := r.text[0] == ' ' || r.text[0] == '\t'
	switch {
	case b.described && !b.ended && (!b.list || b.last == fieldMessage && indented):
		r.addMessage(r.text)
		return true
	case b.list && !b.described && indented:
		return true // the rest of a value that is of no use
	}
	b.quiet++
	if b.quiet > maxQuiet || b.quiet > maxStray && !b.likely() {
		r.flushBlock()
	}
	return false
}

// addMessage adds a line to the message. A console breaks long lines anywhere, so one
// that fills the console goes on without a break.
func (r *Reader) addMessage(text []byte) {
	const console = 72
	b := &r.block
	text = bytes.TrimSpace(text)
	raw := bytes.TrimRight(r.line.text, "\r")
	if len(b.message) > 0 && len(b.message) < maxMessage && !(b.list && b.full) {
		b.message = append(b.message, '\n')
	}
	if len(b.message) < maxMessage {
		b.message = append(b.message, text...)
		if n := len(raw); b.list && n > 0 && raw[n-1] == ' ' && len(text) > 0 {
			b.message = append(b.message, ' ')
		}
	}
	b.full = utf8.RuneCount(raw) >= console
	b.quiet = 0
}

func (r *Reader) blockBlank() {
	b := &r.block
	if !b.open {
		return
	}
	if b.described && len(b.message) > 0 {
		b.ended = true
	}
	b.quiet++
	if (b.list || b.psLog) && b.likely() || b.quiet > maxQuiet || b.quiet > maxStray && !b.likely() {
		r.flushBlock()
	}
}

// likely tells that the block is a record, as far as it goes.
func (b *block) likely() bool {
	t := &b.e.text
	return b.e.likely() || len(b.message) > 0 && t[fieldID]+t[fieldInstance] != "" && t[fieldDate] != ""
}

// flushBlock gives the event of a block, if it is one.
func (r *Reader) flushBlock() {
	b := &r.block
	if !b.open {
		return
	}
	b.open = false
	b.e.set(fieldMessage, string(b.message))
	if !b.e.likely() {
		return
	}
	switch {
	case b.wevtutil:
		b.e.form = FormWevtutilText
	case b.splunk:
		b.e.form = FormSplunk
	case b.psLog:
		b.e.form = FormPsLogList
	case !b.list:
		b.e.form = FormViewer
	case b.winEvent:
		b.e.form = FormWinEventList
	default:
		b.e.form = FormEventLogList
	}
	r.give(&b.e)
}
