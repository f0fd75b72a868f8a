package hosttext

import (
	"encoding/csv"
	"slices"
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
	pathField    // PSPath
	commandField // a command line, in which WMIC leaves commas bare
	proofField   // only processes have it
	serviceField // only services have it
	fields
)

// fieldNames are those of Get-Process, WMIC, Process Explorer and
// Get-NetTCPSetting: English in every language.
var fieldNames = map[string]field{
	"id": pidField, "pid": pidField, "processid": pidField,
	"processname": imageField, "name": imageField, "caption": imageField, "process": imageField, "imagename": imageField,
	"handles": handlesField, "handlecount": handlesField,
	"dynamicportrangestartport": startField, "dynamicportrangenumberofports": countField, "settingname": settingField,
	"pspath":      pathField,
	"commandline": commandField,

	"npm(k)": proofField, "ws(k)": proofField, "ws(m)": proofField, "cpu(s)": proofField, "si": proofField, "sessionid": proofField,
	"executablepath": proofField, "parentprocessid": proofField, "threadcount": proofField, "workingsetsize": proofField,
	"virtualsize": proofField, "privatepagecount": proofField, "pagefaults": proofField, "kernelmodetime": proofField,

	"startmode": serviceField, "startname": serviceField, "servicetype": serviceField, "pathname": serviceField, "exitcode": serviceField,
}

// weak tells that services may have the same fields: of those a Name and a ProcessId
// are asked for, too.
func weak(has *[fields]bool) bool {
	return has[pidField] && !has[handlesField] && !has[proofField] && !has[commandField]
}

// isImage tells the name of a program from that of a service.
func isImage(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".exe") || name == "System" || name == "System Idle Process"
}

func fieldOf(name string) field { return fieldNames[strings.ToLower(strings.TrimSpace(name))] }

// column is one of a table, from its first rune to behind the rule below its name.
type column struct {
	field      field
	start, end int
	sure       bool // its name alone says that the rows are processes
}

func columnOf(name string, start, end int) column {
	f := fieldOf(name)
	// Process is Process Explorer's, and ProcessName that of Get-Process.
	lower := strings.ToLower(strings.TrimSpace(name))
	return column{f, start, end, lower == "process" || lower == "processname"}
}

// useful tells that the columns name processes or ranges.
func useful(columns []column) bool {
	var has [fields]bool
	for _, c := range columns {
		has[c.field] = true
	}
	if has[serviceField] && !has[proofField] {
		return false
	}
	return has[pidField] && (has[imageField] || has[handlesField]) || has[startField] && has[countField]
}

// mayBeServices tells that a row of these columns needs the name of a program.
func mayBeServices(columns []column) bool {
	var has [fields]bool
	for _, c := range columns {
		has[c.field] = true
		if c.sure {
			return false
		}
	}
	return weak(&has)
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
		columns = append(columns, columnOf(string(header[from:to]), start, i))
	}
	if useful(columns) && len(columns) <= 64 {
		p.table = table{kind: ruledRows, columns: columns, weak: mayBeServices(columns)}
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
			t.columns = append(t.columns, columnOf(name, i, 0))
		}
	}
	if len(t.columns) > 256 || !useful(t.columns) {
		return false
	}
	t.weak = mayBeServices(t.columns)
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
		columns = append(columns, columnOf(string(runes[start:i]), start, 0))
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
		// Fields too many are commas of the command line: behind it the count is
		// from the right.
		more := max(len(all)-len(p.table.columns), 0)
		behind := 0
		for i, c := range p.table.columns {
			if i+behind < len(all) {
				text[c.field] = strings.TrimSpace(all[i+behind])
			}
			if c.field == commandField {
				behind = more
			}
		}
	}
	return p.takeFields(&text)
}

// takeFields adds a row. Process Explorer shows the interrupts as a process without
// a PID; in other tables a row without one is damaged and says so, and what stands
// below it is read on.
func (p *parser) takeFields(text *[fields]string) bool {
	pid := text[pidField]
	switch {
	case p.table.weak && !isImage(text[imageField]):
		return true
	case p.table.kind == tabbedRows && (pid == "" || pid == "-1" || strings.EqualFold(pid, "n/a")):
		return strings.Contains(p.text, "\t")
	case pid == "" && p.table.kind == ruledRows && !slices.ContainsFunc(p.table.columns, func(c column) bool { return c.field == pidField }):
		return p.addFields(text) // of Get-NetTCPSetting
	case pid == "" || strings.Trim(pid, "0123456789") != "":
		if p.table.kind == paddedRows {
			return false
		}
		p.newProcess("", pid, 10) // says that it is none
		return true
	}
	return p.addFields(text)
}

// ruled divides a row below a rule. A word belongs to the column whose rule it
// stands below, since numbers are set to the right; the last column takes the rest.
func (p *parser) ruled(text *[fields]string) {
	if p.byWords(text) {
		return
	}
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
		before := columns[0]
		for _, c := range columns {
			if start < c.end && i > c.start {
				before = c
				break
			}
			// Behind its rule only a name goes on: it is set to the left.
			if c.start <= start {
				before = c
			}
		}
		if before.field == imageField || start < before.end {
			text[before.field] = strings.TrimSpace(text[before.field] + " " + string(runes[start:i]))
		}
	}
	if last.start < len(runes) && (last.start == 0 || runes[last.start-1] == ' ') {
		text[last.field] = strings.TrimSpace(string(runes[last.start:]))
	}
}

// byWords divides a row of numbers and a name that has a number for each column: a
// value wider than its column moves the others to the right.
func (p *parser) byWords(text *[fields]string) bool {
	columns := p.table.columns
	last := len(columns) - 1
	words := strings.FieldsFunc(p.text, func(r rune) bool { return r == ' ' })
	if columns[last].field != imageField || len(words) <= last {
		return false
	}
	for i, c := range columns[:last] {
		// A blank that is not to be broken parts the thousands of some languages.
		if strings.Trim(words[i], "0123456789.,-'\u2019\u00a0\u202f") != "" {
			return false
		}
		text[c.field] = words[i]
	}
	text[imageField] = strings.Join(words[last:], " ")
	return true
}

// addFields adds what the fields of a row or of a list tell. A row without a PID
// and without a range is none.
func (p *parser) addFields(text *[fields]string) bool {
	if text[startField] != "" && text[countField] != "" {
		start, ok := integer(text[startField])
		count, ok2 := integer(text[countField])
		if !ok || !ok2 {
			p.failAt(p.line, "hosttext-range", "%.40q ports from %.40q are not a range", text[countField], text[startField])
		} else {
			p.addRange(Range{Transport: "tcp", Family: "any", Template: strings.Clone(text[settingField]), Start: start, Count: count, Line: p.line})
		}
		return true
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
	has      [fields]bool
	registry []decimal // values that are of Tcpip\Parameters if PSPath says so
	line     int
	path     bool // the last line is that of PSPath, which is wrapped to the window
	sure     bool // ProcessName was there
}

// decimal is a registry value as PowerShell prints it.
type decimal struct {
	name, text string
	line       int
}

// takeProperty reads a line of a list.
func (p *parser) takeProperty() bool {
	if p.object.path && p.text[0] == ' ' {
		o := &p.object.text[pathField]
		if len(*o) < maxPath {
			*o = strings.Clone(*o + strings.TrimSpace(p.text))
		}
		return true
	}
	p.object.path = false
	name, value, ok := strings.Cut(p.text, "=")
	if colon := strings.IndexByte(p.text, ':'); colon > 0 && (!ok || colon < len(name)) {
		// PowerShell leaves a blank before the colon; others do not.
		name, value, ok = p.text[:colon], p.text[colon+1:], p.text[colon-1] == ' '
	}
	if !ok || len(name) > 64 {
		return false
	}
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if strings.Contains(name, " ") {
		return false
	}
	if canonical := registryName(name); canonical != "" {
		if len(p.object.registry) < maxRegistry {
			p.object.registry = append(p.object.registry, decimal{canonical, strings.Clone(value), p.line})
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
	p.object.has[f], p.object.path = true, f == pathField
	p.object.sure = p.object.sure || strings.EqualFold(name, "ProcessName")
	if f < proofField && f != commandField && (f != imageField || p.object.text[f] == "") {
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
			p.addDecimal(key, r)
		}
		return
	}
	if o.has[serviceField] && !o.has[proofField] || !o.sure && weak(&o.has) && !isImage(o.text[imageField]) {
		return
	}
	if o.text[startField] != "" || o.text[pidField] != "" && (o.text[imageField] != "" || o.text[handlesField] != "") {
		p.addFields(&o.text)
	}
}
