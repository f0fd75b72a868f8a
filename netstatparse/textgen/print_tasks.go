package textgen

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

var taskForms = map[string]func(w taskWords, list []task) func(d *doc){
	"plain": taskTable, "svc": taskServices, "v": taskVerbose, "csv": taskCSV, "csv-svc": taskServicesCSV,
}

// PrintTasklist writes what tasklist says of the processes. The form is "plain",
// "svc" for /svc, "v" for /v, or "csv" and "csv-svc" for the same with /fo csv.
// A table cuts an image to 25 letters, a CSV does not. Handles and sockets stand
// in none of them.
func PrintTasklist(w io.Writer, form, language, page string, ps []Process) error {
	compose, ok := taskForms[form]
	if !ok {
		return fmt.Errorf("no form of tasklist %q; known are %s", form, names(taskForms))
	}
	words, err := pick("language of tasklist", language, taskLanguages)
	if err != nil {
		return err
	}
	list := make([]task, 0, len(ps))
	for _, p := range ps {
		if p.PID < 0 || p.Image == "" {
			return fmt.Errorf("a process %q of PID %d is none", p.Image, p.PID)
		}
		// Some memory, the same for a process in every list.
		list = append(list, task{pid: p.PID, image: p.Image, memory: 1024 + p.PID%1000*97, services: p.Services})
	}
	return write(w, page, compose(words, list))
}

// PrintRegistry writes values of Tcpip\Parameters, such as MaxUserPort and
// TcpTimedWaitDelay: as reg query prints them for the form "query", as the
// registry editor exports them, UTF-16LE with its mark, for "reg".
func PrintRegistry(w io.Writer, form string, values map[string]uint32) error {
	order := slices.Sorted(maps.Keys(values))
	for _, name := range order {
		if name == "" || strings.ContainsAny(name, " \t\r\n\"\\") {
			return fmt.Errorf("%q is not the name of a registry value", name)
		}
	}
	text, page := "", ""
	switch form {
	case "query":
		text = queryHead + queryValues(order, values) + queryTail
	case "reg":
		text, page = exportHead+exportPath+exportValues(order, values)+"\n", "utf-16le"
	default:
		return fmt.Errorf("no form of the registry %q; known are query, reg", form)
	}
	if _, err := w.Write(Mark(page)); err != nil {
		return err
	}
	return write(w, page, registry(text))
}

// zoneNames are display names of zones by the offset of their standard time.
var zoneNames = map[int]string{
	-480: "(UTC-08:00) Pacific Time (US & Canada)",
	-420: "(UTC-07:00) Mountain Time (US & Canada)",
	-360: "(UTC-06:00) Central Time (US & Canada)",
	-300: "(UTC-05:00) Eastern Time (US & Canada)",
	0:    "(UTC) Coordinated Universal Time",
	60:   "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
	120:  "(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius",
	180:  "(UTC+03:00) Moscow, St. Petersburg",
	330:  "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
	480:  "(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi",
	540:  "(UTC+09:00) Osaka, Sapporo, Tokyo",
	600:  "(UTC+10:00) Canberra, Melbourne, Sydney",
}

// zoneName is the name of a zone; where none is at hand it is that of the
// offset alone, which Windows has for every whole hour.
func zoneName(minutes int) string {
	if name, ok := zoneNames[minutes]; ok {
		return name
	}
	sign, distance := '+', minutes
	if minutes < 0 {
		sign, distance = '-', -minutes
	}
	return fmt.Sprintf("(UTC%c%02d:%02d) Coordinated Universal Time%c%02d", sign, distance/60, distance%60, sign, distance/60)
}

// systems are names of Windows by their build.
var systems = map[string]string{
	"9600": "Microsoft Windows Server 2012 R2 Standard", "14393": "Microsoft Windows Server 2016 Standard",
	"17763": "Microsoft Windows Server 2019 Standard", "20348": "Microsoft Windows Server 2022 Standard",
	"26100": "Microsoft Windows Server 2025 Standard",
	"19045": "Microsoft Windows 10 Pro", "22631": "Microsoft Windows 11 Pro",
}

// PrintSysteminfo writes what systeminfo says of the host, in English. It has
// no boot time, which nobody knows here.
func PrintSysteminfo(w io.Writer, page string, h Host) error {
	parts := strings.Split(h.Version, ".")
	number := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if len(parts) != 3 || slices.ContainsFunc(parts, func(s string) bool { return !number(s) }) {
		return fmt.Errorf("the version %q is not like 10.0.17763", h.Version)
	}
	if h.Name == "" || h.OffsetMinutes < -14*60 || h.OffsetMinutes > 14*60 {
		return fmt.Errorf("a host %q at %d minutes from UTC is none", h.Name, h.OffsetMinutes)
	}
	system, ok := systems[parts[2]]
	if !ok {
		system = "Microsoft Windows Server Standard"
	}
	values := [5]string{h.Name, system, h.Version + " N/A Build " + parts[2], "", zoneName(h.OffsetMinutes)}
	return write(w, page, func(d *doc) { d.text(systemInfo(27, englishLabels, values)) })
}
