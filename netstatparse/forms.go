package netstatparse

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
)

// form is how the objects being read are written.
type form struct {
	kind    formKind
	columns []column   // of a table
	fields  []property // of a CSV, properties where a column is of no use
	comma   rune
	object  object // of a list
	tool    string
}

type formKind uint8

const (
	noForm formKind = iota
	tableForm
	listForm
	csvForm
)

// column is one of a table, by the runes of the rule below its name.
type column struct {
	property   property
	start, end int
}

// takeObject reads a line of an object in any form but JSON; false leaves the line.
func (r *Reader) takeObject(t *table, raw []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	switch t.form.kind {
	case tableForm:
		if o, ok := t.form.cut(raw); ok {
			o.line = r.lines.Line()
			return true, r.addObject(t, &o, yield)
		}
	case csvForm:
		if o, ok := t.form.split(raw); ok {
			o.line = r.lines.Line()
			return true, r.addObject(t, &o, yield)
		}
	case listForm:
		return r.takeProperty(t, raw, yield), true
	}
	t.form.kind = noForm
	return false, true
}

// addObject puts an object into the present table.
func (r *Reader) addObject(t *table, o *object, yield func(Snapshot, error) bool) bool {
	if o.has[groupCount] && !o.has[localPort] {
		return r.addGroup(t, o, yield)
	}
	row, ok, err := o.entry(&r.kept)
	if err != nil {
		err.Line = o.line
		return r.tell(yield, err)
	}
	if !ok {
		return true
	}
	if t.current == nil || t.header || t.current.Tool != t.form.tool {
		if !r.start(t, o.line, t.form.tool, yield) {
			return false
		}
	}
	return r.add(t, &row, o.line, yield)
}

// addGroup takes a count of Group-Object over State and OwningProcess. Its rows
// are not ports: they are kept as counts.
func (r *Reader) addGroup(t *table, o *object, yield func(Snapshot, error) bool) bool {
	n, err := strconv.Atoi(o.text[groupCount])
	if err != nil || n < 0 {
		return true
	}
	word, pid, both := strings.Cut(o.text[groupName], ",")
	total := Total{Rows: n, PID: -1, Owner: o.text[processName], Line: o.line}
	if id, err := strconv.ParseUint(strings.TrimSpace(pid), 10, 32); both && err == nil {
		total.PID = int(id)
	}
	state, known := stateOf(word)
	if total.State = state; !known && !both {
		return true // a group of something else
	}
	return r.addTotal(t, total, yield)
}

func (r *Reader) addTotal(t *table, total Total, yield func(Snapshot, error) bool) bool {
	if t.current == nil || t.header || t.current.Tool != t.form.tool {
		if !r.start(t, total.Line, t.form.tool, yield) {
			return false
		}
	}
	if len(t.current.Totals) < maxTotals {
		t.current.Totals = append(t.current.Totals, total)
	}
	return true
}

// beginForm looks for the beginning of objects: a rule below a header, a header
// of CSV, the first property of a list. It tells whether the line was one.
func (r *Reader) beginForm(t *table, raw []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	text := string(raw)
	switch {
	case isRule(text):
		columns := columnsOf(text, t.above)
		if columns == nil {
			return false, true
		}
		t.form = form{kind: tableForm, columns: columns}
		t.form.tool = toolOf(func(p property) bool { return has(columns, p) })
	case strings.Contains(text, "----") && strings.Contains(text, "LocalPort"):
		return true, r.takeGlued(t, text, yield)
	case bytes.IndexByte(raw, ',') > 0 || bytes.IndexByte(raw, ';') > 0:
		if !t.form.readHeader(text) {
			return false, true
		}
	default:
		if !r.takeProperty(t, raw, yield) {
			return false, true
		}
		return true, true
	}
	t.header = true
	return true, true
}

func has(columns []column, p property) bool {
	for _, c := range columns {
		if c.property == p {
			return true
		}
	}
	return false
}

// toolOf tells by the properties which command wrote them.
func toolOf(has func(property) bool) string {
	if has(localPort) && !has(remotePort) && !has(stateProperty) && !has(remoteAddress) {
		return ToolUDP
	}
	return ToolTCP
}

func isRule(text string) bool {
	return strings.Contains(text, "--") && strings.Trim(text, "- \t") == ""
}

// columnsOf finds the columns of a table by the rule and the header above it,
// which a narrow window breaks into two lines; nil when it is no table of
// connections.
func columnsOf(rule string, above [2]string) []column {
	runes := []rune(rule)
	var columns []column
	for i := 0; i < len(runes); {
		if runes[i] != '-' {
			i++
			continue
		}
		start := i
		for i < len(runes) && runes[i] == '-' {
			i++
		}
		columns = append(columns, column{properties, start, i})
	}
	if len(columns) < 2 || len(columns) > 64 {
		return nil
	}
	upper, lower := above[1], above[0]
	if strings.Contains(lower, "LocalPort") || strings.Contains(lower, "Count ") || !strings.Contains(upper, "LocalPort") {
		upper = ""
	}
	for i := range columns {
		from, to := columns[i].start, len(runes)
		if i+1 < len(columns) {
			to = columns[i+1].start
		}
		if i == 0 {
			from = 0
		}
		if p, ok := propertyOf(slice(upper, from, to) + slice(lower, from, to)); ok {
			columns[i].property = p
		}
	}
	if !has(columns, localPort) && !has(columns, instanceID) && !(has(columns, groupCount) && has(columns, groupName)) {
		return nil
	}
	return columns
}

// slice gives the runes from..to of text without blanks around them.
func slice(text string, from, to int) string {
	runes := []rune(text)
	from, to = min(from, len(runes)), min(max(to, 0), len(runes))
	if strings.Contains(text, "\t") || from >= to {
		return ""
	}
	return strings.TrimSpace(string(runes[from:to]))
}

// cut divides a row of the table. A word belongs to the column whose rule it
// stands below, since numbers are set to the right and texts to the left; a word
// below none goes on with the one before it.
func (f *form) cut(raw []byte) (o object, ok bool) {
	runes := []rune(string(raw))
	last := -1
	for i := 0; i < len(runes); {
		if runes[i] == ' ' || runes[i] == '\t' {
			i++
			continue
		}
		start := i
		for i < len(runes) && runes[i] != ' ' && runes[i] != '\t' {
			i++
		}
		at := f.below(start, i)
		if at < 0 || at < last {
			at = last
		}
		if at < 0 {
			return object{}, false
		}
		p := f.columns[at].property
		word := string(runes[start:i])
		if p != properties {
			if at == last {
				word = o.text[p] + " " + word
			}
			o.set(p, word)
		}
		last = at
	}
	return o, o.has[localPort] && digitsOnly(o.text[localPort]) || o.has[instanceID] || o.has[groupCount] && digitsOnly(o.text[groupCount])
}

func digitsOnly(s string) bool { return digits([]byte(s)) }

// below is the column whose rule reaches over some of the runes, -1 for none.
func (f *form) below(start, end int) int {
	for i, c := range f.columns {
		if start < c.end && end > c.start {
			return i
		}
	}
	return -1
}

// takeGlued reads a paste in which header, rule and first row became one line.
func (r *Reader) takeGlued(t *table, text string, yield func(Snapshot, error) bool) bool {
	words := strings.Fields(text)
	names, rules := 0, 0
	for names < len(words) && !isRule(words[names]) {
		names++
	}
	for names+rules < len(words) && isRule(words[names+rules]) {
		rules++
	}
	t.form = form{tool: ToolTCP}
	t.header = true
	o, ok := selfEvident([]byte(strings.Join(words[names+rules:], " ")))
	if !ok {
		return true
	}
	o.line = r.lines.Line()
	return r.addObject(t, &o, yield)
}

// readHeader begins a CSV when text is the header of one with a LocalPort.
func (f *form) readHeader(text string) bool {
	for _, comma := range ",;" {
		fields, err := csvFields(text, comma)
		if err != nil || len(fields) < 2 {
			continue
		}
		list := make([]property, len(fields))
		found := map[property]bool{}
		for i, name := range fields {
			p, ok := propertyOf(name)
			if !ok {
				p = properties
			}
			list[i], found[p] = p, true
		}
		if found[localPort] || found[instanceID] {
			*f = form{kind: csvForm, fields: list, comma: comma, tool: toolOf(func(p property) bool { return found[p] })}
			return true
		}
	}
	return false
}

func csvFields(text string, comma rune) ([]string, error) {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma = comma
	return c.Read()
}

func (f *form) split(raw []byte) (o object, ok bool) {
	fields, err := csvFields(string(raw), f.comma)
	if err != nil || len(fields) != len(f.fields) {
		return object{}, false
	}
	for i, p := range f.fields {
		if p != properties {
			o.set(p, fields[i])
		}
	}
	return o, true
}

// takeProperty reads a "Name : value" line of a list. An object begins with any
// property used here; one that turns out to be no connection is dropped.
func (r *Reader) takeProperty(t *table, raw []byte, yield func(Snapshot, error) bool) bool {
	i := bytes.Index(raw, []byte(":"))
	if i < 1 || i > 40 {
		return false
	}
	name := bytes.TrimSpace(raw[:i])
	p, ok := propertyOf(string(name))
	if !ok || p == groupCount || p == groupName || bytes.IndexByte(name, ' ') >= 0 {
		return t.form.kind == listForm
	}
	if t.form.kind != listForm {
		t.form, t.header = form{kind: listForm}, true
	}
	if t.form.object.has[p] && !r.endObject(t, yield) {
		return true
	}
	if t.form.object.line == 0 {
		t.form.object.line = r.lines.Line()
	}
	t.form.object.set(p, string(raw[i+1:]))
	return true
}

// endObject ends the object of a list.
func (r *Reader) endObject(t *table, yield func(Snapshot, error) bool) bool {
	o := t.form.object
	t.form.object = object{}
	if t.form.kind != listForm || !o.has[localPort] && !o.has[instanceID] {
		return true
	}
	t.form.tool = toolOf(func(p property) bool {
		return o.has[p] || p == remotePort && strings.Count(o.text[instanceID], "+") > 4
	})
	return r.addObject(t, &o, yield)
}
