package hosttext

import (
	"cmp"
	"strings"
)

// Driver is a kernel driver, or a part of the network stack, that a list names.
type Driver struct {
	Role DriverRole
	// Name is that of the service; of a component of the network stack its id, and "" where
	// the list has files only.
	Name    string
	Title   string // the display name, or what the file says it is
	File    string // as written: "C:\Windows\system32\drivers\x.sys", "\SystemRoot\..."
	Vendor  string // of the file; "" when the list does not tell
	Version string // of the file, likewise
	Off     bool   // a driver that is stopped, a component that is bound to no adapter
	Line    int
}

// DriverRole is what a list says of a driver by naming it.
type DriverRole uint8

const (
	// RoleKernel: a kernel driver of any kind (Win32_SystemDriver, sym_Drivers.csv).
	RoleKernel DriverRole = iota
	// RoleComponent: a protocol, service or filter of the network stack
	// (Get-NetAdapterBinding, netcfg -s n).
	RoleComponent
	// RoleWFP: a provider of the Windows Filtering Platform (netsh wfp show state).
	RoleWFP
	// RoleFileFilter: a filter of file systems (fltmc), which no packet passes.
	RoleFileFilter
)

// addDriver keeps a driver once: it is off only if all of its rows say so.
func (p *parser) addDriver(d Driver) {
	for _, s := range []*string{&d.Name, &d.Title, &d.File, &d.Vendor, &d.Version} {
		*s = strings.Clone(shorten(*s))
	}
	if d.Name == "" && d.File == "" {
		return
	}
	all := p.facts.Drivers
	for i := range all {
		// A component has a row for each adapter it may be bound to.
		if x := &all[i]; x.Role == d.Role && x.Name == d.Name && x.File == d.File {
			x.Off = x.Off && d.Off
			return
		}
	}
	if len(all) >= maxDrivers {
		p.failAt(d.Line, "hosttext-too-many", "more than %d drivers", maxDrivers)
		return
	}
	p.facts.Drivers = append(all, d)
}

// addFieldsOfDriver adds what a row or a list tells. Services have a path as well; a
// driver's is of a .sys file.
func (p *parser) addFieldsOfDriver(of class, text *[fields]string) {
	d := Driver{Title: cmp.Or(text[titleField], text[saysField]), Vendor: text[vendorField], Version: versionOf(text[versionField]), Line: p.line}
	if of == ofComponents {
		d.Role, d.Name, d.Off = RoleComponent, text[componentField], strings.EqualFold(text[enabledField], "false")
		p.addDriver(d)
		return
	}
	d.Name, d.File, d.Off = text[imageField], text[moduleField], strings.EqualFold(text[stateField], "stopped")
	if d.File == "" {
		d.File = text[binaryField]
	}
	if strings.HasSuffix(strings.ToLower(strings.TrimSpace(d.File)), ".sys") {
		p.addDriver(d)
	}
}

// versionOf writes a version as Windows does: CheckSym has "(4.2:1.0)".
func versionOf(text string) string {
	return strings.ReplaceAll(strings.Trim(text, "() "), ":", ".")
}

// takeDriverRow reads a row of fltmc or of netcfg -s n; another line ends the table.
func (p *parser) takeDriverRow() bool {
	words := strings.Fields(p.text)
	switch {
	case p.table.kind == filterRows && isFileFilter(words):
		p.addDriver(Driver{Role: RoleFileFilter, Name: words[0], Line: p.line})
		return true
	case p.table.kind == installed && len(words) >= 2 && p.text[0] != ' ' && !strings.ContainsAny(words[0], ":="):
		p.netcfg = p.netcfg || strings.HasPrefix(strings.ToLower(words[0]), "ms_")
		if len(p.installed) < maxDrivers {
			title := shorten(p.text[len(words[0]):])
			p.installed = append(p.installed, Driver{Role: RoleComponent, Name: strings.Clone(words[0]), Title: strings.Clone(title), Line: p.line})
		}
		return true
	}
	p.table = table{}
	return false
}

// endInstalled adds the components of netcfg -s n, whose titles are localised and whose
// rows are an id and words: it is that if Windows' own components are among them.
func (p *parser) endInstalled() {
	if !p.netcfg {
		return
	}
	for _, d := range p.installed {
		p.addDriver(d)
	}
}

// isFileFilter tells a row of fltmc: "WdFilter  5  328010  0". A legacy filter may have
// no instances and no altitude.
func isFileFilter(words []string) bool {
	n := len(words)
	if n < 2 || n > 4 {
		return false
	}
	if frame := words[n-1]; !digitsOnly(frame) && (frame[0] != '<' || frame[len(frame)-1] != '>') {
		return false
	} else if n == 2 {
		return frame[0] == '<'
	}
	for _, w := range words[1 : n-1] {
		if strings.Trim(w, "0123456789.") != "" {
			return false
		}
	}
	return len(words[n-2]) >= len("40500")
}
