package hosttext

import (
	"encoding/csv"
	"strings"
)

// field is what a column or a property of a list says.
type field uint8

const (
	noField field = iota
	pidField
	imageField
	handlesField
	startField // of a dynamic range
	countField
	settingField
	pathField // PSPath
	fields
)

// fieldNames are those of Get-Process, WMIC, Process Explorer and
// Get-NetTCPSetting: English in every language.
var fieldNames = map[string]field{
	"id": pidField, "pid": pidField, "processid": pidField,
	"processname": imageField, "name": imageField, "caption": imageField, "process": imageField, "imagename": imageField,
	"handles": handlesField, "handlecount": handlesField,
	"dynamicportrangestartport": startField, "dynamicportrangenumberofports": countField, "settingname": settingField,
	"pspath": pathField,
}

func fieldOf(name string) field { return fieldNames[strings.ToLower(strings.TrimSpace(name))] }

// column is one of a table, from its first rune to behind the rule below its name.
type column struct {
	field      field
	start, end int
}

// useful tells that the columns name processes or ranges.
func useful(columns []column) bool {
	var has [fields]bool
	for _, c := range columns {
		has[c.field] = true
	}
	return has[pidField] && (has[imageField] || has[handlesField]) || has[startField] && has[countField]
}

// startRuled begins a table of PowerShell: its header is above the rule of dashes.
func (p *parser) startRuled() {
	header := []rune(p.above[0])
	var columns []column
	rule := []rune(p.text)
	for i := 0; i < len(rule); {
		if rule[i] != '-' {
			i++
			continue
		}
		start := i
		for i < len(rule) && rule[i] == '-' {
			i++
		}
		from, to := min(start, len(header)), min(i, len(header))
		columns = append(columns, column{fieldOf(string(header[from:to])), start, i})
	}
	if useful(columns) && len(columns) <= 64 {
		p.table = table{kind: ruledRows, columns: columns}
	}
}

// startNamed begins a table whose first line alone tells the columns: WMIC's by
// their places, a CSV's by commas, Process Explorer's by tabs.
func (p *parser) startNamed() bool {
	lower := strings.ToLower(p.text)
	if !strings.Contains(lower, "pid") && !strings.Contains(lower, "processid") {
		return false
	}
	t := table{kind: tabbedRows}
	switch {
	case strings.Contains(p.text, "\t"):
		t.comma = '\t'
	case strings.Contains(p.text, ","):
		t.kind, t.comma = csvRows, ','
	default:
		t.kind, t.columns = paddedRows, paddedColumns(p.text)
	}
	if t.comma != 0 {
		for i, name := range p.split(t.comma) {
			t.columns = append(t.columns, column{field: fieldOf(name), start: i})
		}
	}
	if len(t.columns) > 256 || !useful(t.columns) {
		return false
	}
	p.endTable()
	p.table = t
	return true
}

func (p *parser) split(comma rune) []string {
	if comma == '\t' {
		return strings.Split(p.text, "\t")
	}
	c := csv.NewReader(strings.NewReader(p.text))
	c.LazyQuotes, c.FieldsPerRecord = true, -1
	all, err := c.Read()
	if err != nil {
		return nil
	}
	return all
}

// paddedColumns are columns that begin where their names begin and reach to the next.
func paddedColumns(header string) []column {
	var columns []column
	runes := []rune(header)
	for i := 0; i < len(runes); {
		if runes[i] == ' ' {
			i++
			continue
		}
		start := i
		for i < len(runes) && runes[i] != ' ' {
			i++
		}
		columns = append(columns, column{field: fieldOf(string(runes[start:i])), start: start})
	}
	return columns
}

// takeNamed reads a row of a table of named columns.
func (p *parser) takeNamed() bool {
	var text [fields]string
	switch p.table.kind {
	case ruledRows:
		p.ruled(&text)
	case paddedRows:
		runes := []rune(p.text)
		for i, c := range p.table.columns {
			to := len(runes)
			if i+1 < len(p.table.columns) {
				to = min(to, p.table.columns[i+1].start)
			}
			if c.start < to {
				text[c.field] = strings.TrimSpace(string(runes[c.start:to]))
			}
		}
	default:
		all := p.split(p.table.comma)
		for i, c := range p.table.columns {
			if i < len(all) {
				text[c.field] = strings.TrimSpace(all[i])
			}
		}
	}
	return p.addFields(&text)
}

// ruled divides a row below a rule. A word belongs to the column whose rule it
// stands below, since numbers are set to the right; the last column takes the rest.
func (p *parser) ruled(text *[fields]string) {
	runes := []rune(p.text)
	columns := p.table.columns
	last := columns[len(columns)-1]
	for i := 0; i < len(runes) && i < last.start; {
		if runes[i] == ' ' {
			i++
			continue
		}
		start := i
		for i < len(runes) && runes[i] != ' ' {
			i++
		}
		for _, c := range columns {
			if start < c.end && i > c.start {
				text[c.field] = strings.TrimSpace(text[c.field] + " " + string(runes[start:i]))
				break
			}
		}
	}
	if last.start < len(runes) && (last.start == 0 || runes[last.start-1] == ' ') {
		text[last.field] = strings.TrimSpace(string(runes[last.start:]))
	}
}

// addFields adds what the fields of a row or of a list tell. A row without a PID
// and without a range is none.
func (p *parser) addFields(text *[fields]string) bool {
	if text[startField] != "" && text[countField] != "" {
		start, ok := integer(text[startField])
		count, ok2 := integer(text[countField])
		if ok && ok2 {
			p.addRange(Range{Transport: "tcp", Family: "any", Template: strings.Clone(text[settingField]), Start: start, Count: count, Line: p.line})
		}
		return ok && ok2
	}
	if text[pidField] == "" {
		return text[settingField] != ""
	}
	if strings.Trim(text[pidField], "0123456789") != "" {
		return false
	}
	process := p.newProcess(text[imageField], text[pidField], 10)
	if process != nil && text[handlesField] != "" {
		process.Handles = p.count(text[handlesField])
	}
	return true
}

// object is a list of "Name : value" or "Name=value", one property a line.
type object struct {
	text     [fields]string
	registry []Registry // values that are of Tcpip\Parameters if PSPath says so
	line     int
}

// takeProperty reads a line of a list.
func (p *parser) takeProperty() bool {
	name, value, ok := strings.Cut(p.text, "=")
	if colon := strings.IndexByte(p.text, ':'); colon > 0 && (!ok || colon < len(name)) {
		name, value, ok = p.text[:colon], p.text[colon+1:], true
	}
	if !ok || len(name) > 64 {
		return false
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if strings.Contains(name, " ") {
		return false
	}
	if canonical := registryName(name); canonical != "" {
		if v, ok := registryNumber(value); ok && len(p.object.registry) < maxRegistry {
			p.object.registry = append(p.object.registry, Registry{Name: canonical, Value: v, Line: p.line})
		}
		return true
	}
	f := fieldOf(name)
	if f == noField {
		return false
	}
	if p.object.text[f] != "" && f != imageField {
		p.endObject()
	}
	if p.object.line == 0 || f == startField {
		p.object.line = p.line
	}
	if f != imageField || p.object.text[f] == "" {
		p.object.text[f] = strings.Clone(value)
	}
	return true
}

// endObject ends a list.
func (p *parser) endObject() {
	o := p.object
	p.object = object{}
	if o.line == 0 && len(o.registry) == 0 {
		return
	}
	now := p.line
	p.line = o.line
	defer func() { p.line = now }()
	if key := registryKey(o.text[pathField]); key != "" {
		for _, r := range o.registry {
			r.Key = key
			p.addRegistry(r)
		}
		return
	}
	if o.text[startField] != "" || o.text[pidField] != "" && (o.text[imageField] != "" || o.text[handlesField] != "") {
		p.addFields(&o.text)
	}
}
