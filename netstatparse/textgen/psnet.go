package textgen

import (
	"fmt"
	"strconv"
	"strings"
)

// states are the words and numbers of MSFT_NetTCPConnection, in every locale.
var states = map[string]struct {
	word   string
	number int
}{
	"CLOSED": {"Closed", 1}, "LISTENING": {"Listen", 2}, "SYN_SENT": {"SynSent", 3}, "SYN_RECEIVED": {"SynReceived", 4},
	"ESTABLISHED": {"Established", 5}, "FIN_WAIT_1": {"FinWait1", 6}, "FIN_WAIT_2": {"FinWait2", 7},
	"CLOSE_WAIT": {"CloseWait", 8}, "CLOSING": {"Closing", 9}, "LAST_ACK": {"LastAck", 10}, "TIME_WAIT": {"TimeWait", 11},
	"DELETE_TCB": {"DeleteTCB", 12}, "BOUND": {"Bound", 100},
}

// A conn is a row taken apart the way PowerShell prints it.
type conn struct {
	localHost, localPort, remoteHost, remotePort string
	word                                         string
	number                                       int
	setting                                      string // AppliedSetting
	pid                                          string
}

func connOf(r Row) conn {
	c := conn{word: states[r.State].word, number: states[r.State].number, pid: strconv.Itoa(r.PID)}
	c.localHost, c.localPort = hostPort(r.Local)
	c.remoteHost, c.remotePort = hostPort(r.Remote)
	if c.remotePort != "0" && r.State != "TIME_WAIT" {
		c.setting = "Internet"
	}
	if r.PID < 0 {
		c.pid = ""
	}
	return c
}

func hostPort(address string) (host, port string) {
	i := strings.LastIndexByte(address, ':')
	return strings.Trim(address[:i], "[]"), address[i+1:]
}

const psSample = `
	TCP [::]:135 [::]:0 LISTENING 956
	TCP [2001:db8::10]:49705 [2001:db8::20]:443 ESTABLISHED 4242
	TCP [fe80::1%21]:49706 [fe80::2%21]:445 ESTABLISHED 4
	TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242
	TCP 0.0.0.0:49701 0.0.0.0:0 BOUND 4242
	TCP 192.0.2.10:49703 198.51.100.8:1433 TIME_WAIT 0
	TCP 192.0.2.10:49702 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956`

// longSample has addresses a column of 35 cannot hold.
const longSample = psSample + `
	TCP [2001:db8:1234:5678:9abc:def0:1234:5678]:49707 [2001:db8:8765:4321:fedc:ba98:8765:4321]:443 ESTABLISHED 4242
	TCP [2001:db8:1234:5678:9abc:def0:1234:5678]:49708 [2001:db8::20]:443 CLOSE_WAIT 4242`

// A column of a PowerShell table; width is that of the text, one blank follows.
type column struct {
	head  string
	width int
	cell  func(c conn) string
}

func connColumns(address int) []column {
	return []column{
		{"LocalAddress", address, func(c conn) string { return c.localHost }},
		{"LocalPort", 9, func(c conn) string { return c.localPort }},
		{"RemoteAddress", address, func(c conn) string { return c.remoteHost }},
		{"RemotePort", 10, func(c conn) string { return c.remotePort }},
		{"State", 11, func(c conn) string { return c.word }},
		{"AppliedSetting", 14, func(c conn) string { return c.setting }},
		{"OwningProcess", 13, func(c conn) string { return c.pid }},
	}
}

// psLine writes one line of a table; a cell that does not fit ends in dots.
func psLine(columns []column, cell func(column) string) string {
	var b strings.Builder
	for i, c := range columns {
		text := cell(c)
		if len(text) > c.width {
			text = text[:c.width-3] + "..."
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%-*s", c.width, text)
	}
	return b.String() + "\n"
}

func rule(c column) string { return strings.Repeat("-", len(c.head)) }

// psTable is a table as Format-Table prints it.
func psTable(columns []column, list []Row) string {
	var text strings.Builder
	text.WriteString("\n" + psLine(columns, func(c column) string { return c.head }) + psLine(columns, rule))
	for _, r := range list {
		text.WriteString(psLine(columns, func(c column) string { return c.cell(connOf(r)) }))
	}
	return "\n" + text.String() + "\n\n"
}

// shortened is the truth of rows whose long addresses a table has cut.
func shortened(list []Row, width int) []Row {
	for i := range list {
		for _, address := range []*string{&list[i].Local, &list[i].Remote} {
			if host, port := hostPort(*address); len(host) > width {
				*address = "[...]:" + port
			}
		}
	}
	return list
}

// utf16Page starts a file as Windows PowerShell 5 redirects it.
func utf16Page(d *doc) {
	d.page = "utf-16le"
	d.bytes(bomUTF16)
}

// psTabled is Get-NetTCPConnection in its default table.
func psTabled(d *doc) {
	utf16Page(d)
	d.text(psTable(connColumns(35), rows(longSample)))
	d.snapshot(shortened(rows(longSample), 35))
}

// psWide is what the older collectors of Microsoft write: no column cut.
func psWide(d *doc) {
	utf16Page(d)
	d.text(psTable(connColumns(40), rows(longSample)))
	d.snapshot(rows(longSample))
}

// psNarrow is the default table in a window of 80 columns: the last heading is broken
// into two lines.
func psNarrow(d *doc) {
	list := rows(ipv4Only())
	columns := connColumns(13)
	columns[6].width = 8
	text := psTable(columns, list)
	head := psLine(columns, func(c column) string { return c.head })
	broken := strings.Replace(head, "Ownin...", "OwningPr", 1) + strings.Repeat(" ", len(head)-9) + "ocess\n"
	d.text(strings.Replace(strings.Replace(text, head, broken, 1), rule(columns[6])[:5]+"...", "--------", 1))
	d.snapshot(list)
}

// psWithoutOwner lost its last columns to the width of the window.
func psWithoutOwner(d *doc) {
	list := rows(psSample)
	d.text(psTable(connColumns(20)[:5], list))
	for i := range list {
		list[i].PID = -1
	}
	d.snapshot(list)
}

// psGlued is a paste in which heading, rule and first row became one line.
func psGlued(d *doc) {
	list := rows(psSample)
	lines := strings.SplitAfterN(strings.TrimLeft(psTable(connColumns(35), list), "\n"), "\n", 4)
	glued := strings.TrimSpace(lines[0]) + " " + strings.TrimSpace(lines[1]) + " " + strings.TrimLeft(lines[2], " ")
	d.text(glued + lines[3])
	d.snapshot(list)
}

// psOwnerless has objects whose OwningProcess came back empty.
func psOwnerless(d *doc) {
	list := rows(psSample)
	for i := range list {
		if i%2 == 0 {
			list[i].PID = -1
		}
	}
	d.text(psTable(connColumns(35), list))
	d.snapshot(list)
}

// psList is Format-List of every property; sep stands between the parts of
// InstanceID, "++" now and "??" in older versions.
func psList(sep string, withAddress bool) func(d *doc) {
	return func(d *doc) {
		list := rows(psSample)
		d.text("\n\n")
		for _, r := range list {
			c := connOf(r)
			id := strings.Join([]string{c.localHost, c.localPort, c.remoteHost, c.remotePort}, sep)
			d.text("State                    : " + c.word +
				"\nAppliedSetting           : " + c.setting + "\nCaption                  : \nInstanceID               : " + id + "\n")
			if withAddress {
				d.text("CreationTime             : 10/13/2020 2:22:01 PM\nLocalAddress             : " + c.localHost +
					"\nLocalPort                : " + c.localPort + "\nOffloadState             : InHost\n")
			}
			d.text("OwningProcess            : " + c.pid + "\n")
			if withAddress {
				d.text("RemoteAddress            : " + c.remoteHost + "\nRemotePort               : " + c.remotePort + "\n")
			}
			d.text("PSComputerName           : \n")
			d.text("\n")
		}
		d.snapshot(list)
	}
}

// psGroup counts by state and process; the third column is cut, so the counts
// are all there is.
func psGroup(d *doc) {
	utf16Page(d)
	d.text(`

Count Name                      ProcessName       Group
----- ----                      -----------       -----
   37 Bound, 4242               LeakyService      {MSFT_NetTCPConnection (InstanceID = "0.0.0.0++49710++0.0.0.0++0"), MSF...
   12 Established, 4242         LeakyService      {MSFT_NetTCPConnection (InstanceID = "192.0.2.10++49701++198.51.100.7++4...
    4 TimeWait, 0               Idle              {MSFT_NetTCPConnection (InstanceID = "192.0.2.10++49703++198.51.100.8++1...
    3 Listen, 956               svchost           {MSFT_NetTCPConnection (InstanceID = "::++135++::++0"), MSFT_NetTCPConne...
    1 Bound, 9120                                 {MSFT_NetTCPConnection (InstanceID = "0.0.0.0++49888++0.0.0.0++0")}


`)
	d.truth.Counts = []Count{{"Bound, 4242", 37}, {"Established, 4242", 12}, {"TimeWait, 0", 4}, {"Listen, 956", 3}, {"Bound, 9120", 1}}
}

const udpSample = `
	UDP [::]:123 *:* - -
	UDP [fe80::1%21]:1900 *:* - -
	UDP 0.0.0.0:123 *:* - -
	UDP 192.0.2.10:137 *:* - -
	UDP 0.0.0.0:49801 *:* - -`

func udpTable(d *doc) {
	columns := connColumns(40)[:2]
	list := rows(udpSample)
	for i := range list {
		list[i].Remote = "*:0" // the object has no remote end; hostPort wants one
	}
	d.text(psTable(columns, list))
	d.snapshot(rows(udpSample))
}

func udpList(d *doc) {
	list := rows(udpSample)
	d.text("\n\n")
	for i := range list {
		list[i].PID = 1044 + 4*i
		host, port := hostPort(list[i].Local)
		d.text(fmt.Sprintf("LocalAddress  : %s\nLocalPort     : %s\nOwningProcess : %d\n", host, port, list[i].PID))
		d.text("\n")
	}
	d.snapshot(list)
}

// mib is netsh: address and port stand in columns of their own, no process.
func mib(d *doc) {
	d.command(`C:\>netsh int ipv4 show tcpconnections`)
	list := rows(strings.ReplaceAll(ipv4Only(), "4242", "-"))
	d.text("\n\nMIB-II TCP Connection Entry\nLocal Address   Local Port      Remote Address  Remote Port     State\n" + strings.Repeat("-", 77) + "\n")
	for i, r := range list {
		c := connOf(r)
		d.text(fmt.Sprintf("%15s %8s %21s %10s       %s\n", c.localHost, c.localPort, c.remoteHost, c.remotePort, c.word))
		list[i].PID = -1
	}
	d.text("\n")
	d.snapshot(list)
}

var psnetShapes = []shape{
	{"psnet-table.txt", kindPsnet, "", "powershell: Get-NetTCPConnection, default table, long IPv6 cut by dots", psTabled},
	{"psnet-table-wide.txt", kindPsnet, "", "powershell: Format-Table -AutoSize -Width 500, nothing cut", psWide},
	{"psnet-table-narrow.txt", kindPsnet, "", "powershell: narrow table, heading broken into OwningPr and ocess", psNarrow},
	{"psnet-table-no-owner.txt", kindPsnet, "", "powershell: the window was too narrow for OwningProcess", psWithoutOwner},
	{"psnet-table-glued.txt", kindPsnet, "", "powershell: a paste with heading, rule and first row on one line", psGlued},
	{"psnet-table-empty-owner.txt", kindPsnet, "", "powershell: objects whose OwningProcess is empty", psOwnerless},
	{"psnet-list.txt", kindPsnet, "", "powershell: Format-List *, InstanceID of newer versions", psList("++", true)},
	{"psnet-list-old.txt", kindPsnet, "", "powershell: Format-List *, InstanceID of older versions", psList("??", true)},
	{"psnet-list-instanceid.txt", kindPsnet, "", "powershell: a list in which InstanceID alone has addresses and ports", psList("++", false)},
	{"psnet-group.txt", kindPsnet, "", "powershell: Group-Object State,OwningProcess, counts in place of rows", psGroup},
	{"psnet-udp-table.txt", kindPsnet, "", "powershell: Get-NetUDPEndpoint, table", udpTable},
	{"psnet-udp-list.txt", kindPsnet, "", "powershell: Get-NetUDPEndpoint, list with OwningProcess", udpList},
	{
		"psnet-netsh-tcpconnections.txt", kindPsnet, "",
		"powershell: netsh int ipv4 show tcpconnections; states but Listen and Established are invented", mib,
	},
	{
		"KONTOR01_201013-142201_TCP-Port-Exhaustion.txt", kindPsnet, "",
		"powershell: port report of the TSS collector; its frame is invented, only the table is known", tssReport,
	},
	{"KONTOR01_PortUsage.txt", kindPsnet, "1252", "powershell: port report of the SDP collector, counts in place of rows", portUsage},
}
