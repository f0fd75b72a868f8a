package textgen

import (
	"fmt"
	"strings"
)

// A task is one process with what the different lists say of it.
type task struct {
	pid      int
	image    string
	session  int // 0 is that of services
	memory   int // KB
	services []string
	handles  int
}

var tasks = []task{
	{0, "System Idle Process", 0, 8, nil, 0},
	{4, "System", 0, 148, nil, 4263},
	{712, "lsass.exe", 0, 21844, []string{"KeyIso", "SamSs", "VaultSvc"}, 1522},
	{956, "svchost.exe", 0, 12345, []string{"RpcEptMapper", "RpcSs"}, 1204},
	{1044, "svchost.exe", 0, 48120, []string{
		"AudioEndpointBuilder", "CscService", "DeviceAssociationService", "NcbService", "StorSvc", "SysMain", "TrkWks", "WdiSystemHost",
	}, 2217},
	{4242, "LeakyService.exe", 0, 138636, []string{"LeakyService"}, 31875},
	{6100, "Kontor Web Client.exe", 1, 90321, nil, 840},
	{11208, "KontorVeryLongProcessName.exe", 1, 1024, nil, 77},
}

// listed is the truth of a list that shows these of the figures.
func listed(services, handles bool) []Process {
	var all []Process
	for _, t := range tasks {
		p := Process{PID: t.pid, Image: t.image, Handles: -1, Sockets: -1}
		if services {
			p.Services = t.services
		}
		if handles {
			p.Handles = t.handles
		}
		all = append(all, p)
	}
	return all
}

func sessionName(t task) string {
	if t.session == 0 {
		return "Services"
	}
	return "Console"
}

// thousands writes n in groups of three.
func thousands(n int, separator string) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// clip cuts a cell to its column, as tasklist does without a sign of it.
func clip(s string, width int) string { return s[:min(len(s), width)] }

func taskTable(d *doc) {
	d.text("\n\nImage Name                     PID Session Name        Session#    Mem Usage\n" +
		"========================= ======== ================ =========== ============\n")
	all := listed(false, false)
	for i, t := range tasks {
		d.text(fmt.Sprintf("%-25s %8d %-16s %11d %12s\n", clip(t.image, 25), t.pid, sessionName(t), t.session, thousands(t.memory, ",")+" K"))
		all[i].Image = clip(t.image, 25)
	}
	d.truth.Processes = all
}

// taskServices is /svc, whose last column goes on in lines of blanks.
func taskServices(d *doc) {
	d.text("\n\nImage Name                     PID Services                                    \n" +
		"========================= ======== ============================================\n")
	all := listed(true, false)
	for i, t := range tasks {
		lines := wrapWords(t.services, 44)
		for n, line := range lines {
			if n == 0 {
				d.text(fmt.Sprintf("%-25s %8d %-44s\n", clip(t.image, 25), t.pid, line))
			} else {
				d.text(fmt.Sprintf("%34s %-44s\n", "", line))
			}
		}
		all[i].Image = clip(t.image, 25)
	}
	d.truth.Processes = all
}

// wrapWords joins names by ", " in lines of at most width columns; a line that
// goes on ends with its comma. There is always one line.
func wrapWords(names []string, width int) []string {
	if len(names) == 0 {
		return []string{"N/A"}
	}
	lines := []string{""}
	for i, name := range names {
		if i < len(names)-1 {
			name += ","
		}
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = name
		case len(*last)+1+len(name) <= width:
			*last += " " + name
		default:
			lines = append(lines, name)
		}
	}
	return lines
}

func taskVerbose(d *doc) {
	d.text("\n\nImage Name                     PID Session Name        Session#    Mem Usage Status          User Name              " +
		"                            CPU Time Window Title                                                            \n" +
		"========================= ======== ================ =========== ============ =============== " + strings.Repeat("=", 50) +
		" ============ " + strings.Repeat("=", 72) + "\n")
	all := listed(false, false)
	for i, t := range tasks {
		d.text(fmt.Sprintf("%-25s %8d %-16s %11d %12s %-15s %-50s %12s %-72s\n", clip(t.image, 25), t.pid, sessionName(t), t.session,
			thousands(t.memory, ",")+" K", "Unknown", `NT AUTHORITY\SYSTEM`, "0:00:07", "N/A"))
		all[i].Image = clip(t.image, 25)
	}
	d.truth.Processes = all
}

// taskCSV is /fo csv with the heading and the thousands of one language.
func taskCSV(heading []string, separator, unit string) func(d *doc) {
	return func(d *doc) {
		d.text(`"` + strings.Join(heading, `","`) + "\"\n")
		for _, t := range tasks {
			cells := []string{t.image, fmt.Sprint(t.pid), sessionName(t), fmt.Sprint(t.session), thousands(t.memory, separator) + unit}
			d.text(`"` + strings.Join(cells, `","`) + "\"\n")
		}
		d.truth.Processes = listed(false, false)
	}
}

func taskServicesCSV(d *doc) {
	d.text("\"Abbildname\",\"PID\",\"Dienste\"\n")
	for _, t := range tasks {
		services := strings.Join(t.services, ",")
		if services == "" {
			services = "Nicht zutreffend"
		}
		d.text(fmt.Sprintf("%q,\"%d\",%q\n", t.image, t.pid, services))
	}
	d.truth.Processes = listed(true, false)
}

var taskShapes = []shape{
	{"tasklist.txt", kindProcesses, "437", "processes: tasklist, names cut to 25", taskTable},
	{"tasklist-svc.txt", kindProcesses, "437", "processes: tasklist /svc, services that go on in further lines", taskServices},
	{"tasklist-v.txt", kindProcesses, "437", "processes: tasklist /v", taskVerbose},
	{
		"tasklist-en.csv", kindProcesses, "437", "processes: tasklist /fo csv, en",
		taskCSV([]string{"Image Name", "PID", "Session Name", "Session#", "Mem Usage"}, ",", " K"),
	},
	{
		"tasklist-de.csv", kindProcesses, "850", "processes: tasklist /fo csv, de, dots between the thousands",
		taskCSV([]string{"Abbildname", "PID", "Sitzungsname", "Sitzungsnr.", "Speichernutzung"}, ".", " K"),
	},
	{
		"tasklist-zh.csv", kindProcesses, "936", "processes: tasklist /fo csv, zh",
		taskCSV([]string{"映像名称", "PID", "会话名      ", "会话#   ", "内存使用 "}, ",", " K"),
	},
	{"tasklist-svc-de.csv", kindProcesses, "850", "processes: tasklist /svc /fo csv, de", taskServicesCSV},
}
