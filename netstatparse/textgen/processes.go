package textgen

import (
	"fmt"
	"strings"
)

// stem is the name of a process as PowerShell has it.
func stem(image string) string {
	if image == "System Idle Process" {
		return "Idle"
	}
	return strings.TrimSuffix(image, ".exe")
}

// getProcess is Get-Process: Windows PowerShell prints handles, 7 does not.
func getProcess(seven bool) func(d *doc) {
	return func(d *doc) {
		if seven {
			d.text("\n\n NPM(K)    PM(M)      WS(M)     CPU(s)      Id  SI ProcessName\n ------    -----      -----     ------      --  -- -----------\n")
		} else {
			d.text("\n\nHandles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\n" +
				"-------  ------    -----      -----     ------     --  -- -----------\n")
		}
		all := listed(tasks, false, !seven)
		for i, t := range tasks {
			all[i].Image = stem(t.image)
			if seven {
				d.text(fmt.Sprintf("%7d %8.2f %10.2f %10.2f %7d %3d %s\n", 14, 3.5, float64(t.memory)/1024, 7.02, t.pid, 0, stem(t.image)))
				continue
			}
			cpu := "" // of a process the caller may not open
			if t.pid > 4 {
				cpu = "1,234.56"
			}
			d.text(fmt.Sprintf("%7d %7d %8d %10d %10s %6d %3d %s\n", t.handles, 14, t.memory/2, t.memory, cpu, t.pid, 0, stem(t.image)))
		}
		d.text("\n\n")
		d.truth.Processes = all
	}
}

// wmicTable has the asked columns in the order of the alphabet, each padded to
// its longest value and two blanks.
func wmicTable(d *doc) {
	d.text(fmt.Sprintf("%-13s%-31s%-11s\n", "HandleCount", "Name", "ProcessId"))
	for _, t := range tasks {
		d.text(fmt.Sprintf("%-13d%-31s%-11d\n", t.handles, t.image, t.pid))
	}
	d.truth.Processes = listed(tasks, false, true)
}

func wmicList(d *doc) {
	for _, t := range tasks {
		d.text("\n\n\n")
		d.text(fmt.Sprintf("HandleCount=%d\nName=%s\nProcessId=%d\n", t.handles, t.image, t.pid))
	}
	d.text("\n\n\n")
	d.truth.Processes = listed(tasks, false, true)
}

// explorer is the text Process Explorer saves: tabs, names indented by depth,
// and the lower pane of one process.
func explorer(d *doc) {
	d.text("Process\tCPU\tPrivate Bytes\tWorking Set\tPID\tDescription\tCompany Name\tHandles\n")
	all := listed(tasks, false, true)
	for i, t := range tasks {
		handles := thousands(t.handles, ",")
		if t.handles == 0 {
			handles = ""
			all[i].Handles = -1
		}
		indent := " "
		if i == 0 {
			indent = ""
		}
		d.text(fmt.Sprintf("%s%s\t0.01\t%s K\t%s K\t%d\t\t\t%s\n", indent, t.image, thousands(t.memory, ","), thousands(t.memory, ","), t.pid, handles))
		if t.pid == 4242 {
			all[i].Sockets = 3
		}
	}
	d.text("\n\nProcess: LeakyService.exe Pid: 4242\n\nType\tName\tHandle\nFile\t\\Device\\Afd\t0x1A4\nFile\t\\Device\\Afd\t0x1A8\n" +
		"File\tC:\\Windows\\System32\t0x40\nFile\t\\Device\\Afd\t0x1AC\nKey\tHKLM\t0x4C\n")
	d.truth.Processes = all
}

// debuggerProcesses is !process 0 0: the PID hexadecimal, the handles decimal
// with a full stop.
func debuggerProcesses(d *doc) {
	d.text("0: kd> !process 0 0\n**** NT ACTIVE PROCESS DUMP ****\n")
	for i, t := range tasks[1:] {
		d.text(fmt.Sprintf("PROCESS ffffe001%08x\n    SessionId: 0  Cid: %04x    Peb: 7ff6%08x  ParentCid: 0204\n"+
			"    DirBase: %08x  ObjectTable: ffffc001%08x  HandleCount: %d.\n    Image: %s\n",
			0x2340080+i*0x1000, t.pid, 0x1000*i, 0x12345000+i*0x1000, 0x5678000+i*0x100, t.handles, clip(t.image, 15)))
		d.text("\n")
		d.truth.Processes = append(d.truth.Processes, Process{PID: t.pid, Image: clip(t.image, 15), Handles: t.handles, Sockets: -1})
	}
}

var processShapes = []shape{
	{"process-get-5.txt", kindProcesses, "utf-16le", "processes: Get-Process of Windows PowerShell 5, with handles", func(d *doc) {
		d.bytes(bomUTF16)
		getProcess(false)(d)
	}},
	{"process-get-7.txt", kindProcesses, "", "processes: Get-Process of PowerShell 7, without handles", getProcess(true)},
	{"process-wmic.txt", kindProcesses, "utf-16le", "processes: wmic process get, UTF-16LE", func(d *doc) {
		d.bytes(bomUTF16)
		wmicTable(d)
	}},
	{"process-wmic-piped.txt", kindProcesses, "437", "processes: wmic process get through a pipe, CR CR LF", func(d *doc) {
		d.eol = "\r\r\n"
		wmicTable(d)
	}},
	{"process-wmic-list.txt", kindProcesses, "437", "processes: wmic /format:list, CR CR LF", func(d *doc) {
		d.eol = "\r\r\n"
		wmicList(d)
	}},
	{"process-explorer.txt", kindProcesses, "", "processes: Process Explorer, saved with the lower pane", explorer},
	{"process-windbg.txt", kindProcesses, "", "processes: !process 0 0 of a debugger, PID in hexadecimal", debuggerProcesses},
}

const handleFrame = "------------------------------------------------------------------------------\n"

// handleSummary is handle -s; a type may stand there twice.
func handleSummary(banner string) func(d *doc) {
	return func(d *doc) {
		d.text("\n" + "\n" + banner)
		d.text("Handle type summary:\n")
		total := 0
		for _, c := range []Count{
			{"ALPC Port", 41}, {"Event", 96}, {"File", 25}, {"Key", 38}, {"Process", 3}, {"Process", 2}, {"Semaphore", 22}, {"Thread", 11},
		} {
			d.text(fmt.Sprintf("  %-16s: %d\n", c.Name, c.Count))
			d.truth.Counts = append(d.truth.Counts, c)
			total += c.Count
		}
		d.text(fmt.Sprintf("Total handles: %d\n", total))
		d.truth.Counts = append(d.truth.Counts, Count{"Total handles", total})
	}
}

// handleAll is handle -a: a frame for each process, sockets as files on AFD.
func handleAll(d *doc) {
	d.text("\n\n\nNthandle v5.0 - Handle viewer\nCopyright (C) 1997-2022 Mark Russinovich\nSysinternals - www.sysinternals.com\n\n")
	for _, p := range []struct {
		image string
		pid   int
		rows  []string
	}{
		{"System", 4, []string{"File  (R--)   \\Device\\Mup", "Key           HKLM", "Process       lsass.exe(712)"}},
		{"LeakyService.exe", 4242, []string{
			"File  (RW-)   C:\\Windows\\System32", "File  (---)   \\Device\\Afd", "File  (---)   \\Device\\Afd", "Event         ",
			"File  (---)   \\Device\\Afd", "ALPC Port     ",
		}},
	} {
		d.text(handleFrame + fmt.Sprintf("%s pid: %d KONTOR\\svc\n", p.image, p.pid))
		sockets := 0
		for i, row := range p.rows {
			d.text(fmt.Sprintf("%5X: %s\n", 0x40+i*0xB4, row))
			if strings.Contains(row, `\Device\Afd`) {
				sockets++
			}
		}
		d.truth.Processes = append(d.truth.Processes, Process{PID: p.pid, Image: p.image, Handles: len(p.rows), Sockets: sockets})
	}
}

func debuggerHandles(d *doc) {
	d.text("0:000> !handle 0 0\n58 Handles\nType           \tCount\n")
	for _, c := range []Count{
		{"None", 2}, {"Event", 21}, {"Section", 4}, {"File", 19}, {"Directory", 3}, {"Mutant", 2}, {"Thread", 5}, {"IoCompletion", 2},
	} {
		d.text(fmt.Sprintf("%-15s\t%d\n", c.Name, c.Count))
		d.truth.Counts = append(d.truth.Counts, c)
	}
}

var handleShapes = []shape{
	{
		"handle-s.txt", kindHandles, "437", "handles: handle -s, one type twice",
		handleSummary("Nthandle v4.22 - Handle viewer\nCopyright (C) 1997-2019 Mark Russinovich\nSysinternals - www.sysinternals.com\n\n"),
	},
	{
		"handle-s-old.txt", kindHandles, "437", "handles: handle -s of version 3",
		handleSummary("Handle v3.42\nCopyright (C) 1997-2008 Mark Russinovich\nSysinternals - www.sysinternals.com\n\n"),
	},
	{"handle-a.txt", kindHandles, "437", "handles: handle -a, sockets as files on AFD", handleAll},
	{"handle-windbg.txt", kindHandles, "", "handles: summary of !handle in a debugger", debuggerHandles},
}

// systemInfo is systeminfo with the labels of one language, in a column as
// wide as that language needs. A value that is empty leaves its line out.
func systemInfo(width int, labels, values [5]string) string {
	var b strings.Builder
	b.WriteString("\n\n")
	for i, value := range values {
		if value != "" {
			fmt.Fprintf(&b, "%-*s%s\n", width, labels[i], value)
		}
	}
	return b.String()
}

// kontor is the one machine of the composed texts.
func kontor(width int, labels [5]string, version, boot, zone string, offset int) func(d *doc) {
	return func(d *doc) {
		d.text(systemInfo(width, labels, [5]string{"KONTOR01", "Microsoft Windows Server 2019 Standard", version, boot, zone}))
		d.truth.Host = &Host{Name: "KONTOR01", Version: "10.0.17763", OffsetMinutes: offset}
	}
}

var englishLabels = [5]string{"Host Name:", "OS Name:", "OS Version:", "System Boot Time:", "Time Zone:"}

var hostShapes = []shape{
	{"systeminfo-en.txt", kindHost, "437", "host: systeminfo, en, west of Greenwich", kontor(27, englishLabels,
		"10.0.17763 N/A Build 17763", "10/1/2020, 8:15:00 AM", zoneNames[-480], -480)},
	{"systeminfo-de.txt", kindHost, "850", "host: systeminfo, de", kontor(47,
		[5]string{"Hostname:", "Betriebssystemname:", "Betriebssystemversion:", "Systemstartzeit:", "Zeitzone:"},
		"10.0.17763 Nicht zutreffend Build 17763", "01.10.2020, 08:15:00",
		"(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", 60)},
	{"systeminfo-half-hour.txt", kindHost, "437", "host: systeminfo, en, a zone of half an hour", kontor(27, englishLabels,
		"10.0.17763 N/A Build 17763", "10/1/2020, 8:15:00 AM", zoneNames[330], 330)},
}
