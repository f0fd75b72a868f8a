package hosttext

import (
	"slices"
	"strings"

	"portverdict/netstatparse/pstext"
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
	exeField     // Path of Get-Process
	proofField   // only processes have it
	serviceField // only services have it
	binaryField  // services and kernel drivers have it: the command line of one
	portField    // only connections have it
	namedField   // the PID is called ProcessId: what else has an Id is no service
	titleField   // a display name
	stateField   // of a service or a driver
	moduleField  // the path of a module
	saysField    // what a file says it is
	versionField // of a file
	vendorField
	componentField // of the network stack, bound to an adapter
	enabledField
	fields
)

// fieldNames are those of Get-Process, WMIC, Process Explorer and
// Get-NetTCPSetting: English in every language.
var fieldNames = map[string]field{
	"id": pidField, "pid": pidField, "processid": pidField,
	"processname": imageField, "name": imageField, "caption": imageField, "process": imageField, "imagename": imageField, "image name": imageField,
	"handles": handlesField, "handlecount": handlesField,
	"dynamicportrangestartport": startField, "dynamicportrangenumberofports": countField, "settingname": settingField,
	"pspath":      pathField,
	"commandline": commandField,
	"path":        exeField,

	"npm(k)": proofField, "ws(k)": proofField, "ws(m)": proofField, "cpu(s)": proofField, "si": proofField, "sessionid": proofField,
	"executablepath": proofField, "parentprocessid": proofField, "threadcount": proofField, "workingsetsize": proofField,
	"virtualsize": proofField, "privatepagecount": proofField, "pagefaults": proofField, "kernelmodetime": proofField,

	"startmode": serviceField, "startname": serviceField, "servicetype": serviceField, "exitcode": serviceField, "state": stateField, "displayname": titleField,
	"pathname": binaryField,

	"module path": moduleField, "file version": versionField, "fileversion": versionField, "company name": vendorField, "companyname": vendorField,
	"file description": saysField, "filedescription": saysField, "componentid": componentField, "enabled": enabledField,

	"localport": portField, "remoteport": portField,
}

// class is what the rows of a table, or the objects of a list, are.
type class uint8

const (
	ofNothing class = iota
	ofProcesses
	ofServices
	ofEither // a Name and a ProcessId are asked for of both
	ofConnections
	ofRanges
	ofDrivers
	ofComponents // of the network stack
)

// classOf tells it by the fields that there are. sure: a name says that they are
// processes.
func classOf(has *[fields]bool, sure bool) class {
	service := has[serviceField] || has[binaryField] || has[stateField] || has[titleField]
	switch {
	case has[startField] && has[countField]:
		return ofRanges
	case has[componentField] && (has[titleField] || has[imageField]):
		return ofComponents
	case has[moduleField] && has[versionField], !has[pidField] && has[imageField] && has[binaryField]:
		return ofDrivers
	case !has[pidField] || !has[imageField] && !has[handlesField]:
		return ofNothing
	case has[portField]:
		return ofConnections
	case has[proofField] || sure:
		return ofProcesses
	case service && has[imageField] && has[namedField]:
		return ofServices
	case service:
		return ofNothing
	case !has[handlesField] && !has[commandField]:
		return ofEither
	}
	return ofProcesses
}

// isImage tells the name of a program from that of a service.
func isImage(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), ".exe") || name == "System" || name == "System Idle Process"
}

func fieldOf(name string) field { return known(fieldNames, strings.TrimSpace(name)) }

// known is what a table of names in lower case has for a name, zero for none, without a
// copy of the name.
func known[V any](table map[string]V, name string) (v V) {
	var lower [40]byte // longer than every name
	if len(name) > len(lower) {
		return v
	}
	for i := range len(name) {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return table[string(lower[:len(name)])]
}

// column is one of a table.
type column struct {
	field field
	start int  // its first rune, where rows are divided by it
	sure  bool // its name alone says that the rows are processes
	named bool // it is called ProcessId
}

func columnOf(name string, start int) column {
	return column{fieldOf(name), start, sureName(name), namedPID(name)}
}

// sureName tells a name that only processes have: Process is Process Explorer's, and
// ProcessName that of Get-Process.
func sureName(name string) bool {
	lower := strings.ToLower(strings.TrimSpace(name))
	return lower == "process" || lower == "processname"
}

func namedPID(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "ProcessId") }

func classOfColumns(columns []column) class {
	var has [fields]bool
	sure := false
	for _, c := range columns {
		has[c.field] = true
		has[namedField] = has[namedField] || c.named
		sure = sure || c.sure
	}
	return classOf(&has, sure)
}

// columnsOf are the columns of a table of PowerShell.
func columnsOf(rule string, above [2]string) []column {
	t, ok := pstext.TableOf(rule, above)
	if !ok {
		return nil
	}
	columns := make([]column, len(t.Names))
	for i, name := range t.Names {
		columns[i] = columnOf(name, 0)
	}
	return columns
}

// startRuled begins a table of PowerShell: its header is above the rule of dashes.
func (p *parser) startRuled() {
	t, ok := pstext.TableOf(p.text, p.above)
	if !ok {
		return
	}
	columns := columnsOf(p.text, p.above)
	if class := classOfColumns(columns); class != ofNothing {
		p.table = table{kind: ruledRows, columns: columns, ruled: t, class: class}
	}
}

// startNamed begins a table whose first line alone tells the columns: WMIC's by
// their places, a CSV's by commas, Process Explorer's by tabs.
func (p *parser) startNamed() bool {
	if !holdsAny(p.text, "DynamicPort", "PID", "Pid", "pid", "ProcessI", "processi", "PROCESSI", "ProcessN", "PathName", "Module Path", "ComponentID") {
		return false
	}
	if p.startPsList() {
		return true
	}
	t := table{kind: paddedRows}
	named := strings.TrimLeft(p.text, ",") // CheckSym leaves the first columns empty
	if c, ok := pstext.CSVOf(named); ok {
		t.kind, t.comma = csvRows, c.Comma
		t.columns = make([]column, len(p.text)-len(named))
		for _, name := range c.Names {
			t.columns = append(t.columns, columnOf(name, 0))
		}
	} else {
		t.columns = paddedColumns(p.text)
	}
	if t.comma == '\t' {
		t.kind = tabbedRows
		if c := t.columns; len(c) > 2 && c[0].field == noField && c[1].field == pidField {
			c[0].field = imageField // of tasklist, in the machine's language
		}
	}
	if t.class = classOfColumns(t.columns); len(t.columns) > 256 || t.class == ofNothing {
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
	all, ok := pstext.SplitCSV(p.text, comma)
	if !ok { // WMIC writes command lines as they are
		return strings.Split(p.text, string(comma))
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
		columns = append(columns, columnOf(string(runes[start:i]), start))
	}
	return columns
}

// takeNamed reads a row of a table of named columns.
func (p *parser) takeNamed() bool {
	var text [fields]string
	switch p.table.kind {
	case ruledRows:
		p.ruledRow(&text)
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
	case p.table.class == ofServices, p.table.class == ofEither && p.command.ofServices:
		if pid == "" || strings.Trim(pid, "0123456789") != "" {
			return p.table.kind != paddedRows
		}
		p.addService(text[imageField], pid, text[binaryField])
		return true
	case p.table.class == ofEither && !isImage(text[imageField]) && !p.isProcess(text):
		return true
	case p.table.class == ofDrivers, p.table.class == ofComponents:
		p.addFieldsOfDriver(p.table.class, text)
		return true
	case p.table.class == ofRanges:
		return text[startField] == "" && text[settingField] != "" || p.addFields(text)
	case p.table.class == ofConnections:
		p.addNamed(text)
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

// isProcess tells that a row with an Id and a Name is one of Get-Process: by the command, or
// by the path of its program.
func (p *parser) isProcess(text *[fields]string) bool {
	if p.command.ofProcesses {
		return true
	}
	path := strings.ToLower(text[exeField])
	return text[imageField] != "" && strings.HasSuffix(path, `\`+strings.ToLower(text[imageField])+".exe")
}

// ruledRow divides a row below a rule.
func (p *parser) ruledRow(text *[fields]string) {
	if p.byWords(text) {
		return
	}
	values, ok := p.table.ruled.Row(p.text)
	for i, c := range p.table.columns {
		if ok && text[c.field] == "" {
			text[c.field] = values[i]
		}
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

// settingOf is the transport of a range of Get-NetTCPSetting or Get-NetUDPSetting, whose
// objects have no name.
func (p *parser) settingOf(text *[fields]string) string {
	if text[settingField] == "" && p.command.udpSetting {
		return "udp"
	}
	return "tcp"
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
			p.addRange(Range{Transport: p.settingOf(text), Family: "any", Template: strings.Clone(text[settingField]), Start: start, Count: count, Line: p.line})
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
