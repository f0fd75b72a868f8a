package pstext

import "strings"

// Reader finds objects in the lines of a text.
type Reader struct {
	// Emit is given each object when it ends; it is its own until Emit returns.
	Emit func(*Object)
	// Wants tells by the names whether the rows below them are of use. Without it every
	// table with a rule is read and no CSV, whose header looks like any list of words.
	Wants func(names []string) bool

	above [2]string // the nearest first
	table *Table
	csv   *CSV
	json  *JSON
	row   Object // of the table, until the next line shows that it does not go on
	list  Object
	value int // the rune in which the values of the list begin
	pend  bool
}

// Take reads a line, the 1-based one of the text; taken tells that it is part of an
// object or of a header. A line in JSON may be a part of one that was divided.
func (r *Reader) Take(line int, text string) (taken bool) {
	taken = r.take(line, text)
	r.above[1], r.above[0] = r.above[0], text
	return taken
}

func (r *Reader) take(line int, text string) bool {
	if r.json != nil {
		if r.inJSON(line, text) {
			return true
		}
	}
	if strings.TrimSpace(text) == "" {
		r.endForm()
		return false
	}
	if _, prompt := Prompt(text); prompt {
		r.endForm()
		return false
	}
	if IsRule(text) {
		return r.startTable(text)
	}
	switch {
	case r.table != nil && r.takeRow(line, text), r.csv != nil && r.takeCSV(line, text):
		return true
	case OpensJSON(text):
		r.endForm()
		r.json = NewJSON(r.Emit)
		return r.inJSON(line, text)
	case r.startCSV(text):
		return true
	}
	return r.takeProperty(line, text)
}

// InJSON tells that the lines so far end inside of JSON.
func (r *Reader) InJSON() bool { return r.json != nil }

// End ends what is open: at the end of the text.
func (r *Reader) End() {
	r.endForm()
	r.json = nil
}

func (r *Reader) inJSON(line int, text string) bool {
	ok := r.json.Write(append([]byte(text), '\n'), line)
	if !ok || r.json.Complete() {
		r.json = nil
	}
	return ok
}

func (r *Reader) endForm() {
	r.endRow()
	r.endList()
	r.table, r.csv = nil, nil
}

func (r *Reader) startTable(rule string) bool {
	t, ok := TableOf(rule, r.above)
	r.endForm()
	if !ok || r.Wants != nil && !r.Wants(t.Names) {
		return false
	}
	r.table = t
	return true
}

// takeRow reads a row. One without a value in its first column, below another, goes on
// with the values of that: -Wrap breaks long ones.
func (r *Reader) takeRow(line int, text string) bool {
	values, ok := r.table.Row(text)
	if !ok {
		r.endForm()
		return false
	}
	if r.pend && values[0] == "" && r.row.Properties[0].Value != "" {
		for i, v := range values {
			if p := &r.row.Properties[i]; v != "" && len(p.Value) < maxValue {
				p.Value += v
			}
		}
		return true
	}
	r.endRow()
	r.row = fill(&r.row, TableForm, r.table.Names, values, line)
	r.pend = true
	return true
}

// fill makes an object of a row in the room of the one before.
func fill(room *Object, form Form, names, values []string, line int) Object {
	o := Object{Form: form, Line: line, Properties: room.Properties[:0]}
	for i, name := range names {
		o.add(name, values[i], line)
	}
	return o
}

func (r *Reader) endRow() {
	if r.pend {
		r.pend = false
		r.Emit(&r.row)
	}
}

func (r *Reader) startCSV(text string) bool {
	if r.Wants == nil || !mayBeHeader(text) {
		return false
	}
	c, ok := CSVOf(text)
	if !ok || !r.Wants(c.Names) {
		return false
	}
	r.endForm()
	r.csv = c
	return true
}

// mayBeHeader tells a line with a comma and without a value that begins with a digit.
func mayBeHeader(text string) bool {
	commas, before := false, byte(',')
	for i := 0; i < len(text); i++ {
		c := text[i]
		comma := c == ',' || c == ';' || c == '\t'
		if c >= '0' && c <= '9' && (before == ',' || before == '"') {
			return false
		}
		if commas = commas || comma; comma {
			c = ','
		}
		before = c
	}
	return commas
}

func (r *Reader) takeCSV(line int, text string) bool {
	values, ok := r.csv.Row(text)
	if !ok {
		r.csv = nil
		return false
	}
	r.row = fill(&r.row, CSVForm, r.csv.Names, values, line)
	r.Emit(&r.row)
	return true
}

// takeProperty reads a line of a list, or the rest of a value that was broken.
func (r *Reader) takeProperty(line int, text string) bool {
	if n := len(r.list.Properties); n > 0 && r.value > 0 && strings.TrimLeft(text[:min(len(text), r.value)], " ") == "" && len(text) > r.value {
		if p := &r.list.Properties[n-1]; len(p.Value) < maxValue {
			p.Value += strings.TrimSpace(text)
		}
		return true
	}
	name, value, ok := PropertyOf(text)
	if !ok {
		r.endList()
		return false
	}
	if r.list.Find(name) != nil {
		r.endList()
	}
	if len(r.list.Properties) == 0 {
		r.list = Object{Form: ListForm, Line: line, Properties: r.list.Properties[:0]}
		r.value = strings.Index(text, ": ") + 2
		if r.value < 4 {
			r.value = 0
		}
	}
	r.list.add(name, value, line)
	return true
}

func (r *Reader) endList() {
	if len(r.list.Properties) > 0 {
		r.Emit(&r.list)
	}
	r.list.Properties = r.list.Properties[:0]
}
