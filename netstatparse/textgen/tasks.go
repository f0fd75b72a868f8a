package textgen

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"
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
func listed(list []task, services, handles bool) []Process {
	var all []Process
	for _, t := range list {
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
func clip(s string, width int) string {
	if r := []rune(s); len(r) > width {
		return string(r[:width])
	}
	return s
}

// clipped is a list whose names are cut to the first column.
func clipped(list []task, services bool) []Process {
	all := listed(list, services, false)
	for i := range all {
		all[i].Image = clip(all[i].Image, 25)
	}
	return all
}

// taskWords is how one language prints the lists: the headings, what stands for
// no services, the status and the user of /v, and what parts the thousands.
type taskWords struct {
	image, session, number, memory, services string
	short                                    string // of number in a table
	status, user, time, title                string
	none, unknown, system, separator         string
}

var taskLanguages = map[string]taskWords{
	"en": {
		image: "Image Name", session: "Session Name", number: "Session#", memory: "Mem Usage", services: "Services",
		status: "Status", user: "User Name", time: "CPU Time", title: "Window Title",
		none: "N/A", unknown: "Unknown", system: `NT AUTHORITY\SYSTEM`, separator: ",",
	},
	"de": {
		image: "Abbildname", session: "Sitzungsname", number: "Sitzungsnr.", short: "Sitz.-Nr.", memory: "Speichernutzung", services: "Dienste",
		status: "Status", user: "Benutzername", time: "CPU-Zeit", title: "Fenstertitel",
		none: "Nicht zutreffend", unknown: "Unknown", system: `NT-AUTORITÄT\SYSTEM`, separator: ".",
	},
	"zh": {
		image: "映像名称", session: "会话名      ", number: "会话#   ", memory: "内存使用 ", services: "服务",
		status: "状态", user: "用户名", time: "CPU 时间", title: "窗口标题",
		none: "暂缺", unknown: "Unknown", system: `NT AUTHORITY\SYSTEM`, separator: ",",
	},
}

// line is a line of tasklist, its last column as wide as the heading needs.
func (w taskWords) line(image string, pid any, session string, number any, memory string) string {
	return fmt.Sprintf("%-25s %8v %-16s %11v %*s", clip(image, 25), pid, session, number, w.memoryWidth(), memory)
}

func (w taskWords) memoryWidth() int { return max(12, utf8.RuneCountInString(w.memory)) }

// head is the heading and, apart from it, the rule below.
func (w taskWords) head() (heading, rule string) {
	number := strings.TrimSpace(cmp.Or(w.short, w.number))
	return w.line(w.image, "PID", strings.TrimSpace(w.session), number, strings.TrimSpace(w.memory)),
		"========================= ======== ================ =========== " + strings.Repeat("=", w.memoryWidth())
}

func (w taskWords) row(t task) string {
	return w.line(t.image, t.pid, sessionName(t), t.session, thousands(t.memory, w.separator)+" K")
}

func taskTable(w taskWords, list []task) func(d *doc) {
	return func(d *doc) {
		heading, rule := w.head()
		d.text("\n\n" + heading + "\n" + rule + "\n")
		for _, t := range list {
			d.text(w.row(t) + "\n")
		}
		d.truth.Processes = clipped(list, false)
	}
}

// taskServices is /svc, whose last column goes on in lines of blanks.
func taskServices(w taskWords, list []task) func(d *doc) {
	return func(d *doc) {
		d.text(fmt.Sprintf("\n\n%-25s %8s %-44s\n", w.image, "PID", w.services) +
			"========================= ======== ============================================\n")
		for _, t := range list {
			for n, line := range wrapWords(t.services, 44, w.none) {
				if n == 0 {
					d.text(fmt.Sprintf("%-25s %8d %-44s\n", clip(t.image, 25), t.pid, line))
				} else {
					d.text(fmt.Sprintf("%34s %-44s\n", "", line))
				}
			}
		}
		d.truth.Processes = clipped(list, true)
	}
}

// wrapWords joins names by ", " in lines of at most width columns; a line that
// goes on ends with its comma. There is always one line.
func wrapWords(names []string, width int, none string) []string {
	if len(names) == 0 {
		return []string{none}
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

func taskVerbose(w taskWords, list []task) func(d *doc) {
	const more = " %-15s %-50s %12s %-72s\n"
	return func(d *doc) {
		heading, rule := w.head()
		d.text("\n\n" + heading + fmt.Sprintf(" %-15s %-50s %8s %-72s\n", w.status, w.user, w.time, w.title) +
			rule + " =============== " + strings.Repeat("=", 50) + " ============ " + strings.Repeat("=", 72) + "\n")
		for _, t := range list {
			d.text(w.row(t) + fmt.Sprintf(more, w.unknown, w.system, "0:00:07", w.none))
		}
		d.truth.Processes = clipped(list, false)
	}
}

// quoted is a line of /fo csv.
func quoted(cells ...string) string { return `"` + strings.Join(cells, `","`) + "\"\n" }

// taskCSV is /fo csv with the heading and the thousands of one language.
func taskCSV(w taskWords, list []task) func(d *doc) {
	return func(d *doc) {
		d.text(quoted(w.image, "PID", w.session, w.number, w.memory))
		for _, t := range list {
			d.text(quoted(t.image, fmt.Sprint(t.pid), sessionName(t), fmt.Sprint(t.session), thousands(t.memory, w.separator)+" K"))
		}
		d.truth.Processes = listed(list, false, false)
	}
}

func taskServicesCSV(w taskWords, list []task) func(d *doc) {
	return func(d *doc) {
		d.text(quoted(w.image, "PID", w.services))
		for _, t := range list {
			d.text(quoted(t.image, fmt.Sprint(t.pid), cmp.Or(strings.Join(t.services, ","), w.none)))
		}
		d.truth.Processes = listed(list, true, false)
	}
}

var taskShapes = []shape{
	{"tasklist.txt", kindProcesses, "437", "processes: tasklist, names cut to 25", taskTable(taskLanguages["en"], tasks)},
	{
		"tasklist-svc.txt", kindProcesses, "437", "processes: tasklist /svc, services that go on in further lines",
		taskServices(taskLanguages["en"], tasks),
	},
	{"tasklist-v.txt", kindProcesses, "437", "processes: tasklist /v", taskVerbose(taskLanguages["en"], tasks)},
	{"tasklist-en.csv", kindProcesses, "437", "processes: tasklist /fo csv, en", taskCSV(taskLanguages["en"], tasks)},
	{
		"tasklist-de.csv", kindProcesses, "850", "processes: tasklist /fo csv, de, dots between the thousands",
		taskCSV(taskLanguages["de"], tasks),
	},
	{"tasklist-zh.csv", kindProcesses, "936", "processes: tasklist /fo csv, zh", taskCSV(taskLanguages["zh"], tasks)},
	{"tasklist-svc-de.csv", kindProcesses, "850", "processes: tasklist /svc /fo csv, de", taskServicesCSV(taskLanguages["de"], tasks)},
}
