package verdict

import (
	"fmt"
	"time"
)

// Explanation says of a finding what it means, what it rests on, its threshold and
// how it is checked by hand.
type Explanation struct {
	ID, Title, Severity string
	Text                string // what it means, and what it does not
	Needs               string // the inputs without which it cannot be made
	Threshold           string // "" when one record is enough
	Check               string // by hand
}

// Explain gives the explanations of all findings, in the order of the rules.
func Explain() []Explanation {
	var out []Explanation
	for _, r := range rules() {
		d := docs[r.id]
		out = append(out, Explanation{r.id, r.title, r.severity, d.text, d.needs, d.threshold, d.check})
	}
	return out
}

type doc struct{ text, needs, threshold, check string }

const (
	needsTrace  = "a netsh trace with Microsoft-Windows-Winsock-AFD (scenario=netconnection)"
	needsTCPIP  = "a netsh trace with Microsoft-Windows-TCPIP"
	needsLog    = "the System log (wevtutil epl System System.evtx)"
	needsTable  = "a connection table with PIDs (netstat -ano); BOUND ports need -q"
	needsSeries = "three or more connection tables with times"
	byLog       = "Event Viewer, System log, filter by this event ID and source"
)

func percent(share float64) string { return fmt.Sprintf("%.0f %% of the pool's capacity", 100*share) }

func span(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f seconds", d.Seconds())
	}
	if d < 2*time.Hour {
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	}
	return fmt.Sprintf("%.0f hours", d.Hours())
}

var docs = map[string]doc{
	"afd-bind-0x209": {
		"A program asked for any free port (port 0) and Windows refused with 0xC0000209, STATUS_TOO_MANY_ADDRESSES: at that instant the pool had no port to give. It is a direct witness. The enter and the exit record of one attempt count once, and the victim is the process of the socket, not the thread that logged it.",
		needsTrace, "", "Network Monitor: Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209; it shows two records for an attempt",
	},
	"afd-bind-0x209-fixed-port": {
		"The same status on a bind that asked for one port by number. An empty pool does not explain it, so it is no witness; while it is unexplained the outcome is at best inconclusive, unless something else witnesses exhaustion.",
		needsTrace, "", "In the trace, the enter record of the same endpoint shows the port that was asked for",
	},
	"afd-connect-0x209": {
		"A connect was refused with 0xC0000209: newer versions choose the port when they connect. A direct witness. A connect on a socket whose bind was just refused is the same attempt and counts at the bind.",
		needsTrace, "", "In the trace, events 1017, 1018, 1020 and 1021 of Microsoft-Windows-Winsock-AFD with Status 0xC0000209",
	},
	"tcpip-port-acquire-failed": {
		"The TCP/IP driver tells of the refusal from below: it could not acquire a port. It confirms what AFD shows and stands for itself when AFD was not recorded.",
		needsTCPIP, "", "In the trace, events 1006, 1050, 1122 and 1394 of Microsoft-Windows-TCPIP with Status 0xC0000209",
	},
	"tcpip-weak-reference": {
		"The driver shared a port that was in use already, because the pool was exhausted. The connect may still have succeeded.",
		needsTCPIP, "", "In the trace, event 1195 of Microsoft-Windows-TCPIP",
	},
	"pool-full": {
		"The distinct local ports in use reach the capacity: the dynamic range less what is excluded in it. Rows are not counted, ports are: one that stands in several rows or in both families counts once. With a failure near it this is exhaustion, alone it makes it likely.",
		needsTable + ", and the dynamic range (netsh int ipv4 show dynamicport tcp)", "from " + percent(poolFull) + " on", "Count the distinct local ports of the table that lie in the range",
	},
	"pool-pressure": {
		"Most of the pool is in use. A burst can empty what is left; it is not exhausted.",
		needsTable + ", and the dynamic range", "from " + percent(poolPressure) + " to " + percent(poolFull), "Count the distinct local ports of the table that lie in the range",
	},
	"bound-leak": {
		"A process holds ports that are bound and connected to nothing: BOUND rows whose port has no other row in either family. A live connection often shows a BOUND twin, which is not counted. This is the mark of sockets that were bound and never closed.",
		"netstat -anobq, or Get-NetTCPConnection on Windows 10 and later", "from " + percent(boundLeakShare) + " in one process on", "In the table: rows BOUND of that PID whose port has no other row",
	},
	"trace-socket-leak": {
		"A process's open sockets grow through the trace and most of what it opened it never closed. The slope is robust: bursts and single peaks do not move it. What was open before the trace began is unseen.",
		needsTrace, fmt.Sprintf("%d sockets open at the end, %.0f %% of its dynamic binds never closed, growth of %.0f a minute", leakMinimum, 100*leakOpenShare, leakPerMinute),
		"In the trace: creates and binds of that process less its closes (events 1000, 1030, 1001)",
	},
	"snapshot-growth": {
		"A process's distinct ports grow from table to table. The slope is robust (Theil-Sen) and measured up to the first table in which the pool is full: a full pool does not grow.",
		needsSeries, fmt.Sprintf("%d ports and %.0f a minute", leakMinimum, leakPerMinute), "Count the rows of that PID in the range, table by table",
	},
	"close-wait-pile": {
		"The peers have closed and the program has not: each such connection keeps its port until the program closes it. It is the program's fault, and a restart frees the ports.",
		needsTable, fmt.Sprintf("%d in one process", closeWaitPile), "In the table: rows CLOSE_WAIT of that PID",
	},
	"saved-counts": {
		"A support tool or Group-Object counted rows of each process. Rows are not ports: a connection and its BOUND twin are two rows of one port. It names a suspect and proves nothing.",
		"Get-NetTCPConnection | Group-Object State,OwningProcess, or a PortUsage report", "", "The line of the count in the text",
	},
	"time-wait-churn": {
		"Closed connections keep their ports in TIME_WAIT, for minutes. They belong to no process any more; who opened them is in the trace. Many short connections to one endpoint fill a pool without any leak: connections should be re-used.",
		needsTable, "from " + percent(timeWaitShare) + " on", "In the table: rows TIME_WAIT (PID 0)",
	},
	"tuple-exhaustion": {
		"Nearly all ports are in use from one local address towards one remote endpoint. Connections to that endpoint fail first, with Tcpip 4227, while others may still succeed.",
		needsTable, "from " + percent(tupleShare) + " on", "In the table: rows with that foreign address",
	},
	"handles-suspicious": {
		"A process holds very many handles. Each socket needs one, so a leak of sockets shows here too; so does any other leak. System, lsass, store and sqlservr hold many for good reasons and are left out.",
		"Task Manager's or Get-Process's handle counts, handle.exe, Process Explorer, a memory dump's text", fmt.Sprintf("over %d; over %d is high", handlesSuspicious, handlesHigh), "Task Manager, Details, the column Handles; handle.exe -a -p PID",
	},
	"evtx-4231": {
		"Windows logged that no ephemeral TCP port was left. A direct witness. The event is throttled and late: it tells of at least one failure near its time, and its number is no rate. It pairs with failures of a trace within " + span(pairWithin) + ".",
		needsLog, "", byLog,
	},
	"evtx-4266": {
		"Windows logged that no ephemeral UDP port was left. A direct witness, throttled and late as 4231 is.",
		needsLog, "", byLog,
	},
	"evtx-4227": {
		"A local endpoint was to be used again towards the same remote endpoint too soon. It is pressure and never proof: it happens with a nearly empty pool too, when one remote endpoint takes all connections.",
		needsLog, "", byLog,
	},
	"evtx-afd-16002": {
		"A socket's close hangs; its port is not free until the close is done.",
		needsLog, "", byLog,
	},
	"evtx-symptom": {
		"Errors that a machine without ports has as well: group policy, Netlogon, time service, DNS client. " + rivalCauses + " They support a witness and are never one.",
		needsLog, "within " + span(symptomWithin) + " of a witness", "Event Viewer, System log, the sources GroupPolicy, NETLOGON, Time-Service and DNS Client Events",
	},
	"evtx-restart": {
		"Windows was started in the analysed window. A start frees all ports.",
		needsLog, "", byLog,
	},
	"evtx-cleared": {
		"A log was cleared. It cannot speak for the time before.",
		needsLog, "", byLog,
	},
	"evtx-clock-change": {
		"The system time was changed. Times before and after it do not compare, neither in the log nor with other sources.",
		needsLog, "from " + span(clockJumpTold) + " on", byLog,
	},
	"evtx-does-not-cover": {
		"The log does not reach over the time of the trace: its silence proves nothing there.",
		needsLog + " and a trace", "", "Compare the first and last event of the log with the time of the trace",
	},
	"range-small": {
		"The dynamic range has fewer ports than Windows' own default. It may have been set on purpose, or left from an old guide: 1025-5000 is that of Windows Server 2003.",
		"netsh int ipv4 show dynamicport tcp", fmt.Sprintf("fewer than %d ports", rangeSmall), "netsh int ipv4 show dynamicport tcp",
	},
	"range-excluded": {
		"Excluded ranges lie in the dynamic range: their ports cannot be handed out, and the capacity is smaller by them. Hyper-V and containers reserve such ranges.",
		"netsh int ipv4 show excludedportrange protocol=tcp", "", "netsh int ipv4 show excludedportrange protocol=tcp",
	},
	"range-unknown": {
		"No input tells the dynamic range. Windows' default is assumed, or what the ports of the trace show; shares of the pool are as sure as that.",
		"", "", "netsh int ipv4 show dynamicport tcp",
	},
	"maxuserport-ignored": {
		"The registry value MaxUserPort is set. Windows has not read it since Vista; the range is set with netsh.",
		`reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`, "", `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`,
	},
	"time-wait-delay": {
		"The registry value TcpTimedWaitDelay sets how long a closed connection keeps its port. A small value frees ports sooner and lets late segments reach the wrong connection; it helps against churn and not against a leak.",
		`reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`, "", `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`,
	},
	"trace-lost-events": {
		"The session lost events or whole buffers. What is in the trace is true; what is not in it may have happened.",
		"a trace", "", "portverdict info shows the losses of each trace",
	},
	"trace-wrapped": {
		"The trace is a ring and was overwritten from its start: sockets and failures older than what is left are unseen.",
		"a trace", "", "portverdict info shows the header of each trace",
	},
	"trace-unfinalised": {
		"The session was never stopped: the header has no end, and the last buffers may be missing.",
		"a trace", "", "portverdict info shows the header of each trace",
	},
	"trace-binds-succeed": {
		"Programs asked for any free port and got one. Through a whole trace without a refusal and without a loss this is what speaks against exhaustion; gaps of " + span(spanEnds) + " and more are left open.",
		needsTrace, "", "In the trace: exit records of event 1030 with Status 0 whose enter record asked for port 0",
	},
	"contradiction-table": {
		"A table that would show every port has the pool far from full, within a minute of a refused attempt. Both can be true when ports trickle free; else the range told is not the one in force, the clocks differ, or the table is of another machine. The verdict stands on the witness and is less sure.",
		needsTrace + ", a connection table of that minute with -q, and the range", "within " + span(contradictWithin) + ", under " + percent(farBelow), "Compare the time of the table with that of the refused attempt, and its ports with the range",
	},
	"contradiction-range": {
		"Windows chose ports outside the range that a text or the user told. That range was not in force when the trace was made: shares of the pool are not to be trusted.",
		needsTrace + " and the dynamic range", "", "netsh int ipv4 show dynamicport tcp, on the machine of the trace",
	},
	"holders-differ": {
		"Who holds most ports by the trace holds less than half of them by the table. The table may be of another time or machine, or saved without -q, which hides bound ports; and the trace does not see what was open before it began. Both are shown.",
		needsTrace + " and " + needsTable, "from " + percent(boundLeakShare) + " on", "Compare the time of the table with the end of the trace, and the rows of that PID with its binds less its closes",
	},
	"port-sharing": {
		"A table has more connections than the pool has ports, and nothing failed: Windows gives one port to connections with different peers. Tools that count rows call this exhaustion.",
		needsTable + ", and the dynamic range", "", "In the table: rows with the same local port and different foreign addresses",
	},
	"other-cause": {
		"The log holds errors that a machine without ports has as well, at a time when programs were given ports. " + rivalCauses,
		needsTrace + " and " + needsLog, "", "Event Viewer, System log, the same times",
	},
	"lookalike-0xc0000043": {
		"0xC0000043, a sharing violation: the port that was asked for is held for exclusive use. Programs see 10013 or 10048.",
		needsTrace, "", "In the trace: bind and connect events with Status 0xC0000043",
	},
	"lookalike-0xc0000207": {
		"0xC0000207, the local address that was asked for is not one of the machine's. Programs see 10049.",
		needsTrace, "", "In the trace: bind and connect events with Status 0xC0000207",
	},
	"lookalike-0xc000020a": {
		"0xC000020A, the address is in use: one stated port or one pair of endpoints was taken. The pool itself was not empty. Programs see 10048.",
		needsTrace, "", "In the trace: bind and connect events with Status 0xC000020A",
	},
	"lookalike-0xc000009a": {
		"0xC000009A, Windows ran short of memory. Programs see 10055, which is also what exhausted ports give; the cause is another.",
		needsTrace, "", "In the trace: bind and connect events with Status 0xC000009A",
	},
	"lookalike-access-denied": {
		"0xC0000022, access denied: a port in an excluded range or in exclusive use was asked for. Programs see 10013.",
		needsTrace, "", "In the trace: bind and connect events with Status 0xC0000022",
	},
}
