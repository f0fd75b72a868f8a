package verdict

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// firstHanging is the first record of a close that hangs, nil for none.
func (m *machine) firstHanging() *facts.Record {
	for _, r := range m.records {
		if r.ID == 16002 {
			return r
		}
	}
	return nil
}

// installedFinding tells of the kernel drivers that the log says came, beside closes that
// hang: network filters first.
func (j *judgement) installedFinding(m *machine) {
	first := m.firstHanging()
	if first == nil || len(m.drivers) == 0 {
		return
	}
	network := networkDrivers(m.drivers)
	c := claim{
		id: "evtx-network-drivers", m: m, transport: "tcp", count: len(m.drivers), severity: "warning",
		text: fmt.Sprintf("%s installed, none of them a network filter by its name.", report.Counted(len(m.drivers), "kernel driver was", "kernel drivers were")),
	}
	c.rows = j.rowsOf(network)
	if len(network) == 0 {
		c.severity, c.rows = "info", j.rowsOf(m.drivers)
	} else {
		var last *facts.Record
		for _, r := range network {
			if !r.Time.After(first.Time.Time) {
				last = r
			}
		}
		when := "all of them after the first hanging close"
		if last != nil {
			when = fmt.Sprintf("the last of these %s before the first hanging close", report.Rough(first.Time.Sub(last.Time.Time)))
		}
		c.text = fmt.Sprintf("%s installed, %s by their name, %s: %s.", report.Counted(len(m.drivers), "kernel driver was", "kernel drivers were"),
			report.Counted(len(network), "of them a network filter", "of them network filters"), when, report.Joined(driverNames(network)))
	}
	c.first, c.last = m.drivers[0].Time, m.drivers[len(m.drivers)-1].Time
	j.claim(c)
}

// driverNames are the names of drivers, each once, in order of their time.
func driverNames(records []*facts.Record) []string {
	var out []string
	for _, r := range records {
		if name := facts.Shorten(r.Field("ServiceName", 0)); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// networkWords stand in the names and files of network filter drivers.
var networkWords = []string{
	"network", "ndis", "wfp", "net filter", "netfilter", "firewall", "fwdrv", "packet", "pcap", "npf", "tdi", "callout", "vpn", "proxy",
	"redirector", "redirect", "web filter", "webfilter", "traffic", "nat ", "lwf", "inspect", "wintun", "tap-", "tap0", "tunnel", "socket",
}

// networkDrivers are those of the drivers whose name or file is that of a network filter.
func networkDrivers(records []*facts.Record) []*facts.Record {
	var out []*facts.Record
	for _, r := range records {
		if r.ID == 6 {
			continue // a file system filter
		}
		if namesAny(r.Field("ServiceName", 0)+" "+r.Field("ImagePath", 1), networkWords) {
			out = append(out, r)
		}
	}
	return out
}

func namesAny(text string, words []string) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(lower, w) })
}

// cardWords stand in the names of network cards' own drivers, which filter nothing.
var cardWords = []string{"adapter", "ethernet", "miniport", "gigabit", "wireless", "wlan", "wi-fi", "wifi", "network connection", "bluetooth"}

// filter is a third-party driver that packets or connections pass, by the lists of what is
// loaded.
type filter struct {
	label string // "Contoso Web Filter 4.2.1.0 (Contoso, Ltd.)"
	rows  []report.Evidence
}

// listedDriver is a driver and the text that lists it.
type listedDriver struct {
	*facts.Driver
	source *facts.Source
	name   string // its stem in lower case
}

// filters are the network filter drivers of third parties that lists of the machine name,
// by their names. A component that is bound to the network stack and a provider of the
// filtering platform are such by what they are; of a list of all kernel drivers only
// those whose vendor is told and whose name is that of a network filter. What filters
// files only is none.
func (m *machine) filters() []filter {
	if m.filtering == nil {
		m.filtering = m.findFilters()
	}
	return m.filtering
}

func (m *machine) findFilters() []filter {
	parts, kernel, files := m.listedDrivers()
	found := map[string][]listedDriver{} // by the kernel driver, where a list has it
	taken := map[*facts.Driver]bool{}
	for _, d := range parts {
		all := []listedDriver{d}
		said := strings.ToLower(d.Name + " " + d.Title)
		for _, k := range kernel {
			if sameDriver(d.name, said, k.name) {
				all = append(all, k)
				taken[k.Driver] = true
			}
		}
		if !slices.ContainsFunc(all, func(k listedDriver) bool { return microsoft(k.Vendor) }) {
			key := all[min(1, len(all)-1)].name
			found[key] = append(found[key], all...)
		}
	}
	for _, k := range kernel {
		said := k.Name + " " + k.Title + " " + path.Base(slashed(k.File))
		if !taken[k.Driver] && k.Vendor != "" && !microsoft(k.Vendor) && !files[k.name] && namesAny(said, networkWords) && !namesAny(said, cardWords) {
			found[k.name] = append(found[k.name], k)
		}
	}
	out := []filter{}
	for _, key := range sortedKeys(found) {
		f := filter{label: driverLabel(found[key])}
		for _, d := range found[key] {
			f.rows = append(f.rows, d.source.DriverRow(d.Driver))
		}
		out = append(out, f)
	}
	return out
}

// listedDrivers are those of the machine's lists that are not off: parts of the network stack
// that are not Windows' own, kernel drivers, and the names of file system filters.
func (m *machine) listedDrivers() (parts, kernel []listedDriver, files map[string]bool) {
	files = map[string]bool{}
	for _, s := range m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Drivers {
			d := listedDriver{&s.Host.Drivers[i], s, strings.ToLower(stem(&s.Host.Drivers[i]))}
			switch {
			case d.Role == facts.RoleFileFilter:
				files[strings.ToLower(d.Name)] = true
			case d.Off:
			case d.Role == facts.RoleKernel:
				kernel = append(kernel, d)
			case !ofWindows(d.Driver):
				parts = append(parts, d)
			}
		}
	}
	return parts, kernel, files
}

func microsoft(vendor string) bool { return strings.HasPrefix(strings.ToLower(vendor), "microsoft") }

// ofWindows tells what Windows itself binds to the network stack or registers with its
// filtering platform.
func ofWindows(d *facts.Driver) bool {
	name := strings.ToLower(d.Name)
	if d.Role == facts.RoleComponent {
		return strings.HasPrefix(name, "ms_") || strings.HasPrefix(name, "vms_")
	}
	return microsoft(d.Title) || strings.HasPrefix(d.Title, "Windows ") || slices.Contains([]string{"mpssvc", "bfe", "ikeext", "policyagent", "windefend", "wdnissvc", "iphlpsvc", "sharedaccess", "hns"}, name)
}

func slashed(file string) string { return strings.ReplaceAll(file, `\`, "/") }

// stem is the name of a kernel driver's service, else of its file.
func stem(k *facts.Driver) string {
	if k.Name != "" {
		return k.Name
	}
	return strings.TrimSuffix(strings.ToLower(path.Base(slashed(k.File))), ".sys")
}

// sameDriver tells that a part of the network stack is a kernel driver's: by the name of
// the service, or because its id or title, which is said, holds that name, as
// INSECURE_NPCAP does. All are in lower case.
func sameDriver(part, said, kernel string) bool {
	const least = 4 // shorter names are in many words
	return part == kernel || len(kernel) >= least && strings.Contains(said, kernel)
}

// driverLabel names a driver as an engineer would, with version and vendor where a list
// tells them.
func driverLabel(all []listedDriver) string {
	name, version, vendor := "", "", ""
	for _, d := range all {
		name = cmp.Or(name, d.Title, d.Name, path.Base(slashed(d.File)))
		version, vendor = cmp.Or(version, d.Version), cmp.Or(vendor, d.Vendor)
	}
	if version != "" {
		name += " " + version
	}
	if vendor != "" {
		name += " (" + vendor + ")"
	}
	return facts.Shorten(name)
}

// filterLabels are the names of filters, of many the first.
func filterLabels(all []filter, most int) []string {
	var out []string
	for _, f := range all {
		out = append(out, f.label)
	}
	if n := len(out); n > most {
		out = append(out[:most:most], fmt.Sprintf("%d more", n-most))
	}
	return out
}

// filterFinding names the network filter drivers that are loaded, beside closes that hang.
func (j *judgement) filterFinding(m *machine) {
	if m.firstHanging() == nil || len(m.filters()) == 0 {
		return
	}
	all := m.filters()
	c := claim{
		id: "network-filter-drivers", m: m, transport: "tcp", count: len(all),
		text: fmt.Sprintf("%s loaded: %s. Closes hang below the programs, where these drivers work; the list does not say which of them is the cause.",
			report.Counted(len(all), "network filter driver of another vendor is", "network filter drivers of other vendors are"), report.Joined(filterLabels(all, 20))),
	}
	for _, f := range all {
		c.rows = append(c.rows, f.rows...)
	}
	j.claim(c)
}
