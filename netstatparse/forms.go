package netstatparse

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"portverdict/netstatparse/paste"
)

// form is how the objects being read are written.
type form struct {
	kind    formKind
	columns []column   // of a table
	fields  []property // of a CSV, properties where a column is of no use
	comma   rune
	object  object // of a list
	tool    string
	fresh   bool // of a list: no object of it is a row yet
	depth   int  // objects and lists of JSON that are open in the object
}

type formKind uint8

const (
	noForm formKind = iota
	tableForm
	listForm
	csvForm
	portForm // a local port a line
)

// column is one of a table, by the runes of the rule below its name.
type column struct {
	property   property
	start, end int
}

// takeObject reads a line of an object in any form but JSON; false leaves the line.
func (r *Reader) takeObject(t *table, raw []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	line := r.lines.Line()
	var o object
	ok := false
	switch t.form.kind {
	case listForm:
		return r.takeProperty(t, raw, yield)
	case tableForm:
		o, ok = t.form.cut(raw)
	case csvForm:
		o, ok = t.form.split(raw, r.lines.Now().Cells)
	case portForm:
		if text := strings.TrimSpace(string(raw)); digitsOnly(text) {
			o.set(localPort, text)
			ok = true
		}
	}
	if ok {
		o.line = line
		return true, r.addObject(t, &o, yield)
	}
	if t.current != nil && !t.header && paste.Elision(raw) {
		t.elide(line, string(raw)) // the rows go on below it
		return true, true
	}
	if t.form.kind == csvForm && t.current != nil && !t.header && (bytes.TrimLeft(raw, " ")[0] == '"' || bytes.IndexByte(raw, byte(t.form.comma)) > 0) {
		t.current.cut(line, CutRow, string(raw))
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
		t.unreadRow()
		return r.tell(yield, err)
	}
	if !ok {
		return true
	}
	if host := o.text[computerName]; host != "" && !sameHost(host, t.host) && !r.turnTo(t, host, o.line, yield) {
		return false
	}
	if t.current == nil || t.header {
		t.asked = t.command
	}
	if t.asked.proto != "" && !o.has[protocol] {
		row.Proto, t.form.tool = t.asked.proto, ToolTCP
		if row.Proto == "udp" {
			t.form.tool = ToolUDP
		}
	}
	if t.current == nil || t.header || t.current.Tool != t.form.tool {
		if !r.start(t, o.line, t.form.tool, yield) {
			return false
		}
	}
	if row.PID < 0 && !o.has[owningProcess] && t.current.OwnerOfAll > 0 {
		row.PID = t.current.OwnerOfAll
	}
	if pid, ok := decimal([]byte(t.groupOwner)); ok && pid < 1<<32 && row.PID < 0 && !o.has[owningProcess] {
		row.PID = int(pid)
	}
	if !o.has[stateProperty] && t.asked.state != StateUnknown && row.Proto == "tcp" {
		row.word = []byte(t.asked.state.String())
	}
	return r.add(t, &row, o.line, yield)
}

// turnTo goes on with the table of another machine: a command that asked several gives
// their objects as they come.
func (r *Reader) turnTo(t *table, host string, line int, yield func(Snapshot, error) bool) bool {
	s := t.current
	if s == nil || t.header || s.Host == "" || s.Tool == ToolNetstat || len(t.machines) >= maxMachines {
		goOn := r.flush(t, yield)
		t.host = host
		return goOn
	}
	if t.machines == nil {
		t.machines = []*Snapshot{s}
	}
	t.host, r.room = host, nil
	for _, other := range t.machines {
		if sameHost(other.Host, host) {
			t.current = other
			return true
		}
	}
	t.header, t.strong = true, true // that of the first machine
	r.begin(t, line, s.Tool)
	t.machines = append(t.machines, t.current)
	return true
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
	if total.State = state; !known && (!both || total.PID < 0 || bytes.Contains(r.lines.Bytes(), []byte("EventLog"))) {
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
func (r *Reader) beginForm(t *table, text string, yield func(Snapshot, error) bool) (taken, goOn bool) {
	cells := r.lines.Now().Cells
	switch {
	case cells != nil:
		if !t.form.readFields(cellTexts(cells), 0) {
			return false, true
		}
	case isRule(text):
		columns := columnsOf(text, t.above)
		if columns == nil {
			return false, true
		}
		t.form = form{kind: tableForm, columns: columns}
		t.form.tool = toolOf(func(p property) bool { return has(columns, p) })
	case strings.Contains(text, "----") && strings.Contains(text, "LocalPort"):
		return true, r.takeGlued(t, text, yield)
	case strings.HasPrefix(text, "@{"):
		o, ok := asString(text)
		if !ok {
			return false, true
		}
		o.line, t.form.tool = r.lines.Line(), toolOf(func(p property) bool { return o.has[p] })
		return true, r.addObject(t, &o, yield)
	case strings.IndexByte(text, '{') >= 0 && strings.Contains(text, `"LocalPort"`):
		return r.takeJSONLine(t, text, yield)
	case strings.IndexByte(text, ',') > 0 || strings.IndexByte(text, ';') > 0 || strings.IndexByte(text, '\t') > 0:
		if !t.form.readHeader(text) {
			if strings.Contains(text, `":`) { // the first property of JSON between other lines
				return r.takeProperty(t, []byte(text), yield)
			}
			return false, true
		}
	default:
		return r.takeProperty(t, []byte(text), yield)
	}
	t.head(r.lines.Line(), text, true)
	return true, true
}

func cellTexts(cells [][]byte) []string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = string(c)
	}
	return texts
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
	ends := has(columns, localAddress) && has(columns, remoteAddress) && has(columns, stateProperty)
	if !ends && !has(columns, localPort) && !has(columns, instanceID) && !(has(columns, groupCount) && has(columns, groupName)) {
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
	return o, o.has[localPort] && digitsOnly(o.text[localPort]) || !o.has[localPort] && o.has[remoteAddress] && strings.Contains(o.text[localAddress], ":") || o.has[instanceID] || o.has[groupCount] && digitsOnly(o.text[groupCount])
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
	t.head(r.lines.Line(), "", true)
	o, ok := selfEvident(strings.Join(words[names+rules:], " "))
	if !ok {
		return true
	}
	o.line = r.lines.Line()
	return r.addObject(t, &o, yield)
}

// readHeader begins a CSV when text is the header of one with a LocalPort.
func (f *form) readHeader(text string) bool {
	for _, comma := range ",;\t" {
		if fields, err := csvFields(text, comma); err == nil && f.readFields(fields, comma) {
			return true
		}
	}
	return false
}

// readFields begins a CSV, or with comma 0 a table of cells, of these columns.
func (f *form) readFields(fields []string, comma rune) bool {
	if len(fields) < 2 {
		return false
	}
	list := make([]property, len(fields))
	found := map[property]bool{}
	status := !slices.ContainsFunc(fields, func(name string) bool { p, ok := propertyOf(name); return ok && p == stateProperty })
	for i, name := range fields {
		p, ok := propertyOf(name)
		if status && strings.EqualFold(name, "status") { // of objects with a State it says something else
			p, ok = stateProperty, true
		}
		if !ok || found[p] {
			p = properties
		}
		list[i], found[p] = p, true
	}
	ends := found[localAddress] && found[remoteAddress] && (found[stateProperty] || found[protocol] || found[owningProcess])
	if !found[localPort] && !found[instanceID] && !ends {
		return false
	}
	*f = form{kind: csvForm, fields: list, comma: comma, tool: toolOf(func(p property) bool { return found[p] })}
	return true
}

func csvFields(text string, comma rune) ([]string, error) {
	c := csv.NewReader(strings.NewReader(strings.TrimLeft(text, " ")))
	c.Comma = comma
	return c.Read()
}

func (f *form) split(raw []byte, cells [][]byte) (o object, ok bool) {
	var fields []string
	if f.comma == 0 {
		fields = cellTexts(cells)
	} else if fields, _ = csvFields(string(raw), f.comma); fields == nil {
		return object{}, false
	}
	if len(fields) != len(f.fields) {
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
func (r *Reader) takeProperty(t *table, raw []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	listed := t.form.kind == listForm
	if listed && jsonMark(raw) != 0 {
		return true, r.takeMark(t, jsonMark(raw), yield)
	}
	i := bytes.Index(raw, []byte(":"))
	if i < 3 || i > 40 {
		return false, true
	}
	name, value := bytes.TrimSpace(raw[:i]), raw[i+1:]
	if n := len(name); n > 2 && name[0] == '"' && name[n-1] == '"' { // of JSON
		name, value = name[1:n-1], bytes.Trim(value, ` ",`)
		if string(value) == "null" {
			value = nil
		}
	}
	p, ok := propertyOf(string(name))
	if !ok || p == groupCount || p == groupName || bytes.IndexByte(name, ' ') >= 0 && !spaced(p, value, listed) {
		return listed, true
	}
	if !listed {
		t.form = form{kind: listForm, fresh: true}
	}
	if t.form.object.has[p] && !r.endObject(t, yield) {
		return true, false
	}
	if t.form.object.line == 0 {
		t.form.object.line = r.lines.Line()
	}
	t.form.object.set(p, string(value))
	return true, true
}

// jsonMark is the mark with which a line of JSON opens or closes something; 0 without one.
func jsonMark(raw []byte) byte {
	bare := bytes.Trim(raw, " \t,")
	if len(bare) == 0 {
		return 0
	}
	c := bare[len(bare)-1]
	if strings.IndexByte("{}[]", c) >= 0 && (len(bare) == 1 || bare[0] == '"') {
		return c
	}
	return 0
}

// takeMark follows JSON between other lines: only the end of the object itself ends it.
func (r *Reader) takeMark(t *table, c byte, yield func(Snapshot, error) bool) bool {
	switch o := &t.form.object; {
	case (c == '{' || c == '[') && o.line > 0:
		t.form.depth++
	case c == '{' || c == '[':
	case t.form.depth > 0:
		t.form.depth--
	default:
		return r.endObject(t, yield)
	}
	return true
}

// spaced tells whether a property whose name is written in two words is one of a
// connection: reports of other tools have headings like it.
func spaced(p property, value []byte, listed bool) bool {
	if p == localAddress || p == remoteAddress {
		return address(bytes.TrimSpace(value))
	}
	return listed
}

// endObject ends the object of a list.
func (r *Reader) endObject(t *table, yield func(Snapshot, error) bool) bool {
	o := t.form.object
	t.form.object, t.form.depth = object{}, 0
	if t.form.kind != listForm || !o.has[localPort] && !o.has[instanceID] {
		if t.form.kind == listForm && o.has[owningProcess] && !o.has[localAddress] {
			t.groupOwner = o.text[owningProcess] // of Format-Table -GroupBy
		}
		return true
	}
	if t.form.fresh {
		t.head(o.line, "", true)
		t.form.fresh = false
	}
	t.form.tool = toolOf(func(p property) bool {
		return o.has[p] || p == remotePort && strings.Count(o.text[instanceID], "+") > 4
	})
	return r.addObject(t, &o, yield)
}
