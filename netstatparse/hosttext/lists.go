package hosttext

import (
	"strings"

	"portverdict/netstatparse/pstext"
)

// object is a list of "Name : value" or "Name=value", one property a line.
type object struct {
	text     [fields]string
	has      [fields]bool
	registry []decimal // values that are of Tcpip\Parameters if PSPath says so, or nothing else has them
	line     int
	path     bool // the last line is that of PSPath, which is wrapped to the window
	sure     bool // ProcessName was there
	alone    bool // the values of registry are Format-List's, and no prose stands at them
}

// decimal is a registry value as PowerShell prints it.
type decimal struct {
	name, text string
	line       int
}

// shown tells a value of a name that no other key has.
func (d *decimal) shown() bool {
	return ownName(d.name) && digitsOnly(d.text)
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
	name, value, ok := pstext.PropertyOf(p.text)
	if !ok {
		p.object.alone = false
		return false
	}
	if canonical := registryName(name); canonical != "" {
		o := &p.object
		if len(o.registry) == 0 {
			o.alone = p.aboveAt == 0 || p.aboveAt < p.line-1 || p.command.line == p.line-1
		}
		o.alone = o.alone && strings.Contains(p.text, " :")
		if len(o.registry) < maxRegistry {
			o.registry = append(o.registry, decimal{canonical, strings.Clone(value), p.line})
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
	p.object.has[namedField] = p.object.has[namedField] || namedPID(name)
	if (f < proofField && f != commandField || f == binaryField || f >= titleField) && (f != imageField || p.object.text[f] == "") {
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
	if key := registryKey(o.text[pathField]); key != "" || o.alone && o.line == 0 {
		for _, r := range o.registry {
			if key != "" || r.shown() {
				p.addDecimal(key, r)
			}
		}
		return
	}
	switch classOf(&o.has, o.sure) {
	case ofRanges:
		if o.text[startField] != "" {
			p.addFields(&o.text)
		}
	case ofDrivers, ofComponents:
		p.addFieldsOfDriver(classOf(&o.has, o.sure), &o.text)
	case ofServices:
		p.addListed(&o.text)
	case ofEither:
		if p.command.ofServices {
			p.addListed(&o.text)
		} else if isImage(o.text[imageField]) || p.isProcess(&o.text) {
			p.addFields(&o.text)
		}
	case ofConnections:
		p.addNamed(&o.text)
	case ofProcesses:
		if o.text[pidField] != "" && (o.text[imageField] != "" || o.text[handlesField] != "") {
			p.addFields(&o.text)
		}
	}
}

// addListed adds a service of a list.
func (p *parser) addListed(text *[fields]string) {
	if digitsOnly(text[pidField]) {
		p.addService(text[imageField], text[pidField], text[binaryField])
	}
}

// addNamed adds the name that a row of connections gives to a PID, once.
func (p *parser) addNamed(text *[fields]string) {
	image, pid := text[imageField], text[pidField]
	n, ok := integer(pid)
	if !ok || image == "" || p.named[n] == image || len(p.named) >= maxProcesses {
		return
	}
	p.named[n] = strings.Clone(image)
	p.newProcess(image, pid, 10)
}

// startJSON begins objects of ConvertTo-Json between other lines.
func (p *parser) startJSON() bool {
	if c := p.text[0]; c != '[' && c != '{' && c != ' ' || p.table.kind != noTable || !pstext.OpensJSON(p.text) {
		return false
	}
	p.endObject()
	p.json = pstext.NewJSON(p.takeJSON)
	return p.inJSON(p.text)
}

// inJSON reads a line of JSON; false leaves it.
func (p *parser) inJSON(text string) bool {
	ok := p.json.Write(append([]byte(text), '\n'), p.line)
	if !ok || p.json.Complete() {
		p.json = nil
	}
	return ok
}

// takeJSONText reads an object of a text that is JSON from its beginning: a log may be.
func (p *parser) takeJSONText(o *pstext.Object) {
	at := o.Value("@timestamp", "timestamp", "time", "ts")
	for _, property := range o.Properties {
		if !strings.Contains(property.Value, "\n") { // else its lines are read as such
			p.addSymptom(property.Value, at, property.Line)
		}
	}
	now := p.line
	p.line = o.Line
	p.takeJSON(o)
	p.line = now
}

// takeJSON reads an object of ConvertTo-Json: of Get-Process, of Win32_Process and
// Win32_Service, of Get-NetTCPSetting, or of TCP/IP's key in the registry. An Id and a Name are not enough: events have
// them, and everything else.
func (p *parser) takeJSON(o *pstext.Object) {
	l := object{line: o.Line}
	for _, property := range o.Properties {
		if name := registryName(property.Name); name != "" && property.Value != "" && len(l.registry) < maxRegistry {
			l.registry = append(l.registry, decimal{name, property.Value, property.Line})
		}
		f := fieldOf(property.Name)
		l.has[f] = true
		l.has[namedField] = l.has[namedField] || namedPID(property.Name)
		l.sure = l.sure || strings.EqualFold(property.Name, "ProcessName")
		if l.text[f] == "" {
			l.text[f] = property.Value
		}
	}
	if classOf(&l.has, l.sure) == ofEither && !l.has[namedField] {
		return
	}
	if l.has[countField] && (l.text[countField] == "" || l.text[startField] == "") {
		return // of Automatic: null
	}
	list := p.object
	p.object = l
	p.endObject()
	p.object = list
}
