package report

// FindingRow is what is fixed of a finding: its names, and what explain and the manual
// say of it. A threshold is named in braces, {pool_full}, and stands in the table of
// report/verdict: there a share reads "95 %", a time "5 min" and a number "3,000".
type FindingRow struct {
	ID       string
	Title    string
	Severity string // critical, warning, info or counter; a finding may say another
	Unit     string // what the count counts, in the plural: "attempts"
	Text     string // what it means, and what it does not
	Needs    string // the inputs without which it cannot be made; "" when there is none
	// Threshold is "" where one record is enough.
	Threshold string
	Check     string // by hand
}

// FindingByID gives the row of an id, nil when there is none.
func FindingByID(id string) *FindingRow {
	for i := range findingRows {
		if findingRows[i].ID == id {
			return &findingRows[i]
		}
	}
	return nil
}

// FindingRows gives all rows in the order in which a reader wants to see them.
func FindingRows() []FindingRow { return append([]FindingRow(nil), findingRows...) }

// What findings need.
const (
	needsTrace     = "a netsh trace with Microsoft-Windows-Winsock-AFD (scenario=netconnection)"
	needsTCPIP     = "a netsh trace with Microsoft-Windows-TCPIP (scenario=netconnection)"
	needsAnyTrace  = "a netsh trace"
	needsLog       = "the System log (wevtutil epl System System.evtx)"
	needsTable     = "a port table with PIDs (netstat -ano)"
	needsFullTable = "a port table with bound sockets (netstat -anobq, or Get-NetTCPConnection on Windows 10 and later)"
	needsSeries    = "three or more port tables with times"
	needsRange     = "the dynamic range (netsh int ipv4 show dynamicport tcp)"
	needsExcluded  = "the excluded ranges (netsh int ipv4 show excludedportrange protocol=tcp)"
	needsRegistry  = `the registry values (reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters)`
	needsDrivers   = "lists of drivers (Get-NetAdapterBinding or netcfg -s n, netsh wfp show state, Win32_SystemDriver with file versions)"
	needsHandles   = "handle counts (Get-Process, Task Manager, handle.exe, Process Explorer or a memory dump's text)"
)

// How findings of one kind are checked.
const (
	checkLogTcpip = "Event Viewer, System log: filter by source Tcpip and the event ID"
	checkAFD16002 = "Event Viewer, System log: filter by source AFD and event ID 16002"
	checkInfo     = "portverdict info shows the header and the losses of each trace"
	checkPorts    = "In the table: count the distinct local ports that lie in the range"
)

// findingRows: witnesses, holders, pressure, the log, configuration, what the inputs
// cannot tell, contradictions, counter-evidence.
var findingRows = []FindingRow{
	{
		ID: "afd-bind-0x209", Title: "Binds to any free port were refused (0xC0000209)", Severity: "critical", Unit: "attempts",
		Text:  "A program asked for any free port (port 0) and Windows refused with 0xC0000209, STATUS_TOO_MANY_ADDRESSES: at that moment the pool had no port left. This is direct proof. An attempt is logged when it starts and when it ends and counts once; it belongs to the process that owns the socket, not to the thread that logged it.",
		Needs: needsTrace, Check: "Network Monitor filter: Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209 (it shows two records for an attempt)",
	},
	{
		ID: "afd-connect-0x209", Title: "Connects were refused for want of a port (0xC0000209)", Severity: "critical", Unit: "attempts",
		Text:  "A connect was refused with 0xC0000209: newer versions of Windows choose the local port when they connect, and none was left. This is direct proof. A connect on a socket whose bind was just refused is the same attempt and counts at the bind.",
		Needs: needsTrace, Check: "In the trace: events 1017, 1018, 1020 and 1021 of Microsoft-Windows-Winsock-AFD with Status 0xC0000209",
	},
	{
		ID: "tcpip-port-acquire-failed", Title: "The TCP/IP driver could not acquire a port", Severity: "critical", Unit: "events",
		Text:  "The TCP/IP driver reports the same refusal: it could not acquire a port (0xC0000209). It confirms what Winsock-AFD shows, and it is direct proof where AFD was not recorded.",
		Needs: needsTCPIP, Check: "In the trace: events 1006, 1050, 1122 and 1394 of Microsoft-Windows-TCPIP with Status 0xC0000209",
	},
	{
		ID: "evtx-4231", Title: "The System log says that no TCP port was left (Tcpip 4231)", Severity: "critical", Unit: "records",
		Text:  "Windows logged that a request for an ephemeral TCP port failed because all of them were in use. This is direct proof. Windows writes the event at most once in 24 hours, so one record stands for any number of failures in the day after it.",
		Needs: needsLog, Threshold: "It belongs to refusals of a trace at most {pair_within} away.", Check: checkLogTcpip + " 4231",
	},
	{
		ID: "evtx-4266", Title: "The System log says that no UDP port was left (Tcpip 4266)", Severity: "critical", Unit: "records",
		Text:  "Windows logged that a request for an ephemeral UDP port failed because all of them were in use. This is direct proof, and it is written as rarely as 4231.",
		Needs: needsLog, Threshold: "It belongs to refusals of a trace at most {pair_within} away.", Check: checkLogTcpip + " 4266",
	},
	{
		ID: "pool-full", Title: "Nearly every dynamic port is in use", Severity: "critical", Unit: "ports",
		Text:  "The distinct local ports in use reach the capacity: the dynamic range less the ports excluded from it. Ports are counted, not rows: a port that stands in several rows, or in IPv4 and IPv6, counts once. With a failure signal near it this is exhaustion; alone it makes exhaustion likely.",
		Needs: needsTable + " and " + needsRange, Threshold: "{pool_full} of the capacity or more", Check: checkPorts,
	},
	{
		ID: "evtx-stuck-closes", Title: "Ports stuck while closing since the last restart", Severity: "warning", Unit: "ports",
		Text:  "Programs closed these sockets, but the close hangs in the network stack below them (AFD 16002), and the port is not given back. Restarting the programs frees nothing; a restart of Windows does. The usual cause is a network filter driver: a web filter, a firewall, a VPN client or a packet capture. The count is of distinct ports since the last boot.",
		Needs: needsLog, Threshold: "critical at {stuck_half} of the capacity or in an episode; exhaustion is likely at {stuck_likely}", Check: checkAFD16002 + ", then count the distinct ports (the third string) since the last boot",
	},
	{
		ID: "bound-leak", Title: "Bound ports that nothing is connected to", Severity: "critical", Unit: "ports",
		Text:  "A process has ports that are bound and not connected: rows in state BOUND whose port has no row in another state, in IPv4 or IPv6. A live connection often has a BOUND twin, which is not counted. This is how sockets look that are bound and then forgotten. One table cannot show that they are never closed.",
		Needs: needsFullTable, Threshold: "{bound_leak} of the capacity or more in one process", Check: "In the table: BOUND rows of that PID whose port has no other row",
	},
	{
		ID: "trace-socket-leak", Title: "Sockets are opened and not closed", Severity: "critical", Unit: "sockets",
		Text:  "A process opens sockets through the whole trace and does not close them again. Only what is not given back counts, so a burst, a plateau or a saw-tooth is not a leak. Sockets that were open before the trace began cannot be seen.",
		Needs: needsTrace, Threshold: "{leak_minimum} sockets, seen at {leak_points} points over {leak_span} or more, and still growing in the last third", Check: "In the trace: count creates and binds of the process, subtract its closes (events 1000, 1030, 1001)",
	},
	{
		ID: "snapshot-growth", Title: "A process's ports grow from table to table", Severity: "warning", Unit: "ports",
		Text:  "A process uses more distinct ports in each table than in the one before. Only what is not given back counts: the lowest number that a later table shows. The growth is measured up to the table in which the pool is full, because a full pool cannot grow.",
		Needs: needsSeries, Threshold: "{leak_minimum} ports in {leak_points} tables over {leak_span} or more, and still growing in the last third", Check: "In each table: count the distinct local ports of that PID that lie in the range",
	},
	{
		ID: "close-wait-pile", Title: "Connections the peer closed are still open", Severity: "warning", Unit: "connections",
		Text:  "The peers have closed these connections and the program has not (CLOSE_WAIT). Each keeps its port until the program closes it. This is a fault of the program; restarting it frees the ports.",
		Needs: needsTable, Threshold: "{close_wait_pile} in one process", Check: "In the table: CLOSE_WAIT rows of that PID",
	},
	{
		ID: "saved-counts", Title: "Row counts by process, made by a tool", Severity: "info", Unit: "rows",
		Text:  "A support tool or a script counted table rows by process. Rows are not ports: a connection and its BOUND twin are two rows of one port. The count names a suspect and proves nothing.",
		Needs: "counts a tool made (Get-NetTCPConnection | Group-Object State,OwningProcess, a PortUsage report)", Check: "The line of the count in the text",
	},
	{
		ID: "program-errors", Title: "Programs wrote errors that fit", Severity: "info", Unit: "lines",
		Text:  "A text holds errors of Winsock (10013, 10048, 10055) or their names. Each can mean several things, and lack of ports is one of them: a symptom, never proof.",
		Needs: "a log or a message of the program that failed", Check: "The lines of the text",
	},
	{
		ID: "trace-not-sent", Title: "A trace was recorded and is not in the bundle", Severity: "info", Unit: "traces",
		Text:  "A transcript of netsh trace names the file that it wrote. The file was not sent: it would show who was refused, and when.",
		Needs: "a transcript of netsh trace start or stop", Check: "The line of the transcript",
	},
	{
		ID: "handles-suspicious", Title: "A process has very many handles", Severity: "warning", Unit: "handles",
		Text:  "Each socket needs a handle, so a leak of sockets shows in this number too; so does any other leak. Many handles support a leak and do not prove one. System, lsass, store and sqlservr have many for good reasons and are left out.",
		Needs: needsHandles, Threshold: "over {handles} in one process; over {handles_high} is high", Check: "Task Manager, Details, column Handles; handle.exe -a -p PID",
	},
	{
		ID: "pool-pressure", Title: "Most dynamic ports are in use", Severity: "warning", Unit: "ports",
		Text:  "Most of the pool is in use, so a burst can empty the rest. This is not exhaustion.",
		Needs: needsTable + " and " + needsRange, Threshold: "{pool_pressure} to {pool_full} of the capacity", Check: checkPorts,
	},
	{
		ID: "pool-forecast", Title: "When the pool fills", Severity: "warning", Unit: "forecasts",
		Text:  "If the pool goes on filling as it does now, it is full in the time given. The forecast uses the pool's own use and the sum of what grows, from a trace, from a series of tables or from ports stuck while closing. Where ports in use cannot be seen there is none.",
		Needs: "a trace with " + needsFullTable + ", or " + needsSeries + ", or " + needsLog, Check: "(capacity - ports in use) / ports an hour, after the end of the inputs",
	},
	{
		ID: "tcpip-weak-reference", Title: "A port was shared because the pool was empty", Severity: "warning", Unit: "events",
		Text:  "The TCP/IP driver gave out a port that was already in use, because no free one was left. The connect may still have succeeded. It is a sign of strong pressure.",
		Needs: needsTCPIP, Check: "In the trace: event 1195 of Microsoft-Windows-TCPIP",
	},
	{
		ID: "afd-bind-0x209-fixed-port", Title: "A bind to a stated port refused with STATUS_TOO_MANY_ADDRESSES", Severity: "warning", Unit: "attempts",
		Text:  "The status of exhaustion on a bind that asked for one port by its number. An empty pool does not explain it, so it proves nothing. As long as it is unexplained the outcome is inconclusive at best, unless something else proves exhaustion.",
		Needs: needsTrace, Check: "In the trace: the enter record of the same endpoint shows the port that was asked for",
	},
	{
		ID: "afd-0x209-no-port", Title: "STATUS_TOO_MANY_ADDRESSES on sockets without a port", Severity: "info", Unit: "attempts",
		Text:  "The status of exhaustion on a socket that takes no port of these pools: its family is neither IPv4 nor IPv6 (AF_UNIX, Hyper-V, Bluetooth), or it is a raw socket. It says nothing of the dynamic ports.",
		Needs: needsTrace, Check: "In the trace: the create record of the same endpoint shows the family and the socket type",
	},
	{
		ID: "time-wait-churn", Title: "Many ports wait in TIME_WAIT", Severity: "warning", Unit: "ports",
		Text:  "A closed connection keeps its port in TIME_WAIT for some minutes and no longer belongs to a process; a trace shows who opened it. Many short connections can fill a pool without any leak: connections should be re-used.",
		Needs: needsTable, Threshold: "{time_wait_share} of the capacity or more", Check: "In the table: TIME_WAIT rows (PID 0) with a local port in the range",
	},
	{
		ID: "tuple-exhaustion", Title: "Nearly all ports towards one remote endpoint are in use", Severity: "warning", Unit: "ports",
		Text:  "From one local address nearly all ports are in use towards one remote address and port. Connections to it fail first, often with Tcpip 4227, while connections to others still succeed.",
		Needs: needsTable, Threshold: "{tuple_share} of the capacity or more", Check: "In the table: distinct local ports of the rows with that foreign address",
	},
	{
		ID: "evtx-4227", Title: "A port was re-used too soon towards one peer (Tcpip 4227)", Severity: "warning", Unit: "records",
		Text:  "Windows refused a connection because its local port had been used towards the same remote endpoint a moment before. It is a sign of pressure, not proof: with one busy remote endpoint it also happens when the pool is nearly empty.",
		Needs: needsLog, Threshold: "It is listed with an episode at most {pair_within} away.", Check: checkLogTcpip + " 4227",
	},
	{
		ID: "evtx-afd-16002", Title: "The close of a socket hangs and its port stays taken (AFD 16002)", Severity: "warning", Unit: "records",
		Text:  "The close of a socket hangs, and its port may not come back until Windows is restarted. One record names one port and the PID that closed it.",
		Needs: needsLog, Check: checkAFD16002,
	},
	{
		ID: "evtx-network-drivers", Title: "Network drivers were installed", Severity: "info", Unit: "drivers",
		Text:  "The System log names kernel drivers that were installed: network filters first, with the time between the installation and the first port stuck while closing. A filter installed shortly before is the first suspect; the log does not prove that it is the cause.",
		Needs: needsLog, Check: "Event Viewer, System log: event ID 7045, source Service Control Manager (kernel mode drivers), and event ID 6, source FilterManager",
	},
	{
		ID: "network-filter-drivers", Title: "Network filter drivers of other vendors are loaded", Severity: "warning", Unit: "drivers",
		Text:  "Lists from the machine name drivers that are not Microsoft's and that connections pass: bound to the network stack, registered with the Windows Filtering Platform, or named as a network filter, with version and vendor where a list tells them. Filters of file systems (fltmc) are not named. Told only beside closes that hang; the lists do not prove which driver is the cause.",
		Needs: needsDrivers + " and " + needsLog, Check: "Get-NetAdapterBinding -AllBindings -IncludeHidden (ComponentID without ms_), netsh wfp show state (providers), and the file's properties for version and vendor",
	},
	{
		ID: "connect-outcomes", Title: "Connects that failed for another reason", Severity: "info", Unit: "attempts",
		Text:  "Connects that timed out, were refused by the peer or found no route, counted by process and remote endpoint. They had a local port, so ports are not why they failed: look at the peer, a firewall in between, or NAT.",
		Needs: needsTrace, Threshold: "told as the cause from {not_ports_least} attempts and {not_ports_share} of a process's attempts", Check: "In the trace: connect events with Status 0xC00000B5, 0xC0000236 or 0xC000023C; Test-NetConnection HOST -Port PORT on that machine",
	},
	{
		ID: "server-side-states", Title: "TIME_WAIT or CLOSE_WAIT on the server's own port", Severity: "info", Unit: "connections",
		Text:  "The local port of these connections is one the machine listens on. They are incoming connections and take no dynamic port.",
		Needs: needsTable, Check: "In the table: rows whose local port also has a LISTENING row",
	},
	{
		ID: "evtx-symptom", Title: "Errors that a machine out of ports also logs", Severity: "info", Unit: "records",
		Text:  "Errors of group policy, Netlogon, the time service or the DNS client. Windows writes them when it is out of ports, and also when a server does not answer, DNS fails or the network is down. They support a direct proof and never replace one.",
		Needs: needsLog, Threshold: "inside an episode, or at most {symptom_within} from a refusal", Check: "Event Viewer, System log: sources GroupPolicy, NETLOGON, Time-Service and DNS Client Events",
	},
	{
		ID: "range-small", Title: "The dynamic range is smaller than Windows' default", Severity: "warning", Unit: "ports",
		Text:  "It may have been set on purpose, or left over from an old guide: 1025-5000 is the range of Windows Server 2003.",
		Needs: needsRange, Threshold: "fewer than {range_small} ports", Check: "netsh int ipv4 show dynamicport tcp",
	},
	{
		ID: "range-excluded", Title: "Part of the dynamic range is excluded", Severity: "warning", Unit: "ports",
		Text:  "Windows cannot give out the ports of an excluded range, so the capacity is smaller by them. Hyper-V, containers and WinNAT reserve such ranges; those marked with * were excluded by an administrator.",
		Needs: needsRange + " and " + needsExcluded, Threshold: "a cause from {exclusion_share} of the range", Check: "netsh int ipv4 show excludedportrange protocol=tcp",
	},
	{
		ID: "range-unknown", Title: "The dynamic range is assumed", Severity: "info", Unit: "pools",
		Text:  "No file states the dynamic range. Windows' default is assumed, or the range in which the trace shows ports being given out; every share of the pool is only as sure as that.",
		Check: "netsh int ipv4 show dynamicport tcp",
	},
	{
		ID: "maxuserport-ignored", Title: "MaxUserPort is set and has no effect", Severity: "info", Unit: "values",
		Text:  "The registry value MaxUserPort is set, and the dynamic range in effect is another. Windows has not read the value since Vista; the range is set with netsh.",
		Needs: needsRegistry, Check: `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters /v MaxUserPort`,
	},
	{
		ID: "time-wait-delay", Title: "TcpTimedWaitDelay is set", Severity: "info", Unit: "values",
		Text:  "The registry value sets for how many seconds a closed connection keeps its port. A small value frees ports sooner, and late packets may reach the wrong connection. It helps against many short connections and not against a leak.",
		Needs: needsRegistry, Check: `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters /v TcpTimedWaitDelay`,
	},
	{
		ID: "evtx-restart", Title: "Windows was restarted", Severity: "info", Unit: "events",
		Text:  "A restart frees every port. What was in use before it says nothing about the time after it.",
		Needs: needsLog, Check: "Event Viewer, System log: event ID 12, source Kernel-General, and event IDs 6005, 6008 and 6009, source EventLog",
	},
	{
		ID: "evtx-cleared", Title: "A log was cleared", Severity: "info", Unit: "events",
		Text:  "The log says nothing about the time before it was cleared.",
		Needs: needsLog, Check: "Event Viewer, System log: event ID 104, source Eventlog",
	},
	{
		ID: "evtx-clock-change", Title: "The system time was changed", Severity: "info", Unit: "events",
		Text:  "Times before the change cannot be compared with times after it, neither in the log nor with other files.",
		Needs: needsLog, Threshold: "{clock_jump} or more", Check: "Event Viewer, System log: event ID 1, source Kernel-General",
	},
	{
		ID: "evtx-does-not-cover", Title: "The System log does not cover the time in question", Severity: "info", Unit: "logs",
		Text:  "The log begins after it or ends before it, so missing events prove nothing there.",
		Needs: needsLog + " and " + needsAnyTrace, Check: "Compare the first and the last event of the log with the time of the trace",
	},
	{
		ID: "trace-lost-events", Title: "The trace lost events", Severity: "warning", Unit: "events",
		Text:  "The trace session lost events or whole buffers. What is in the trace is true; something that is not in it may still have happened.",
		Needs: needsAnyTrace, Check: checkInfo,
	},
	{
		ID: "trace-wrapped", Title: "The beginning of the trace was overwritten", Severity: "info", Unit: "traces",
		Text:  "The trace is a ring buffer that was full: it kept the end. Sockets and failures older than that cannot be seen.",
		Needs: needsAnyTrace, Check: checkInfo,
	},
	{
		ID: "trace-unfinalised", Title: "The trace was never stopped", Severity: "info", Unit: "traces",
		Text:  "The header of the trace has no end time, and the last buffers may be missing.",
		Needs: needsAnyTrace, Check: checkInfo,
	},
	{
		ID: "contradiction-table", Title: "A table shows free ports while binds were refused", Severity: "warning", Unit: "tables",
		Text:  "A complete table taken at the time of a refusal shows a pool that is far from full. Single ports may have come free in between, or the range in the text was not the one in effect, or the clocks differ, or the table is of another machine. The refusals stand, and the verdict is less sure.",
		Needs: needsTrace + ", " + needsFullTable + " and " + needsRange, Threshold: "within {contradict_within} of a refusal, under {far_below} of the capacity", Check: "Compare the time of the table with that of the refused attempt, and its ports with the range",
	},
	{
		ID: "contradiction-range", Title: "Ports were given out outside the stated range", Severity: "warning", Unit: "ports",
		Text:  "Windows chose ports outside the range that a file or --range states. That range was not in effect at the time, or it is that of another machine, so shares of the pool cannot be trusted.",
		Needs: needsTrace + " and " + needsRange, Check: "netsh int ipv4 show dynamicport tcp, on the machine of the trace",
	},
	{
		ID: "holders-differ", Title: "The trace and the table name different processes", Severity: "warning", Unit: "ports",
		Text:  "The process that has most ports by the trace, at the last refusal, has less than half of them in the table. The table may be of another time or machine, or saved without -q, which hides bound ports; and the trace does not show what was open before it began. So nobody is named.",
		Needs: needsTrace + " and " + needsTable, Threshold: "{bound_leak} of the capacity or more", Check: "Compare the time of the table with the last refusal, and the rows of that PID with its binds less its closes",
	},
	{
		ID: "port-sharing", Title: "More connections than ports, and nothing failed", Severity: "info", Unit: "connections",
		Text:  "A table has more connections than the pool has ports. Windows lets connections to different peers share a port, so this is normal. Tools that count rows call it exhaustion.",
		Needs: needsTable + " and " + needsRange, Check: "In the table: rows with the same local port and different foreign addresses",
	},
	{
		ID: "other-cause", Title: "Errors in the log while ports were free", Severity: "counter", Unit: "records",
		Text:  "The log has errors that a machine out of ports also logs, at a time when programs were given ports. They have another cause: a server that does not answer, DNS, or the network.",
		Needs: needsTrace + " and " + needsLog, Check: "Event Viewer, System log: the same times",
	},
	{
		ID: "trace-binds-succeed", Title: "Binds to any free port succeeded", Severity: "counter", Unit: "binds",
		Text:  "Binds to port 0 that were given a port. Through a whole trace without a refusal and without a loss this is what speaks against exhaustion.",
		Needs: needsTrace, Threshold: "They span the trace when they begin and end within {span_ends} of its ends and no gap is longer.", Check: "In the trace: exit records of event 1030 with Status 0 whose enter record asked for port 0",
	},
	{
		ID: "lookalike-0xc000020a", Title: "Address already in use: not exhaustion", Severity: "counter", Unit: "attempts",
		Text:  "0xC000020A (a program sees 10048): one stated port, or one pair of local and remote endpoint, was taken. The pool itself was not empty.",
		Needs: needsTrace, Check: "In the trace: bind and connect events with Status 0xC000020A",
	},
	{
		ID: "lookalike-0xc000009a", Title: "Out of memory: not exhaustion", Severity: "counter", Unit: "attempts",
		Text:  "0xC000009A: Windows was short of memory. A program sees 10055, as it does when ports run out, but the cause is different.",
		Needs: needsTrace, Threshold: "told as the cause from {not_ports_least} attempts and {not_ports_share} of a process's attempts", Check: "In the trace: bind and connect events with Status 0xC000009A",
	},
	{
		ID: "lookalike-access-denied", Title: "Access denied: not exhaustion", Severity: "counter", Unit: "attempts",
		Text:  "0xC0000022 (a program sees 10013): for a stated port it lies in an excluded range or another program uses it exclusively; for port 0 or a connect a filter driver or firewall blocked it.",
		Needs: needsTrace, Threshold: "told as the cause from {not_ports_least} attempts and {not_ports_share} of a process's attempts", Check: "In the trace: bind and connect events with Status 0xC0000022",
	},
	{
		ID: "lookalike-0xc0000043", Title: "Sharing violation: not exhaustion", Severity: "counter", Unit: "attempts",
		Text:  "0xC0000043 (a program sees 10013 or 10048): another program uses the port that was asked for exclusively.",
		Needs: needsTrace, Check: "In the trace: bind and connect events with Status 0xC0000043",
	},
	{
		ID: "lookalike-0xc0000207", Title: "Not a local address: not exhaustion", Severity: "counter", Unit: "attempts",
		Text:  "0xC0000207 (a program sees 10049): the machine does not have the local address that was asked for.",
		Needs: needsTrace, Check: "In the trace: bind and connect events with Status 0xC0000207",
	},
}
