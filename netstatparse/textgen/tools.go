package textgen

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

// A Tool writes a table of sockets as another program than Windows' own does.
type Tool struct {
	Name string
	// Lines tells that a row is one line, so that what is put around lines leaves it whole.
	Lines bool
	Names bool // the process's name is in it
	head  string
	tail  string
	row   func(r Row) string
	last  string // between rows, with a line end
}

// Print writes the rows, which have numbers for addresses, and a PID and an owner each. line
// gives the line of the text, from 1, in which each row begins.
func (t Tool) Print(rows []Row) (text string, line []int) {
	var b strings.Builder
	b.WriteString(t.head)
	for i, r := range rows {
		if i > 0 {
			b.WriteString(t.last)
		}
		line = append(line, strings.Count(b.String(), "\n")+1)
		b.WriteString(t.row(r))
	}
	b.WriteString(t.tail)
	return b.String(), line
}

// parts are what a row is made of, in the words of the tools.
type parts struct {
	Row
	lHost, lPort, rHost, rPort string
	upper, title, camel        string // the state as CLOSE_WAIT, Close Wait, CloseWait; "" of UDP
	v6                         bool
	number                     int // of the protocol
}

func partsOf(r Row) parts {
	cut := func(s string) (host, port string) {
		i := strings.LastIndexByte(s, ':')
		return strings.Trim(s[:i], "[]"), s[i+1:]
	}
	p := parts{Row: r, upper: r.State, number: 6, v6: strings.HasPrefix(r.Local, "[")}
	p.lHost, p.lPort = cut(r.Local)
	p.rHost, p.rPort = cut(r.Remote)
	if r.Proto == "UDP" {
		p.number = 17
	}
	for i, w := range strings.Split(r.State, "_") {
		if w == "" {
			continue
		}
		w = w[:1] + strings.ToLower(w[1:])
		p.camel += w
		if i > 0 {
			p.title += " "
		}
		p.title += w
	}
	return p
}

// proto is the protocol with the mark of IPv6 that the tool has.
func (p parts) proto(v4, v6 string) string {
	if p.v6 {
		return p.Proto + v6
	}
	return p.Proto + v4
}

func tabbed(cells ...string) string { return strings.Join(cells, "\t") + "\r\n" }

func (p parts) pid() string { return fmt.Sprint(p.PID) }

// star is what tcpvcon prints for the state of UDP.
func (p parts) star() string {
	if p.upper == "" {
		return "*"
	}
	return p.upper
}

const tcpvconHead = "\r\nTCPView v3.01 - TCP/UDP endpoint viewer\r\nCopyright (C) 1998-2008\r\nSysinternals - www.sysinternals.com\r\n\r\n"

const currPortsRule = "==================================================\r\n"

func object(of any) string {
	b, _ := json.Marshal(of) // of strings and numbers
	return string(b)
}

// Tools gives every form.
func Tools() []Tool {
	with := func(row func(p parts) string) func(Row) string { return func(r Row) string { return row(partsOf(r)) } }
	return []Tool{
		{Name: "tcpvcon-csv", Lines: true, Names: true, head: tcpvconHead, row: with(func(p parts) string {
			return strings.Join([]string{p.proto("", "V6"), p.Owner, p.pid(), p.star(), p.Local, p.Remote}, ",") + "\r\n"
		})},
		{Name: "tcpvcon-list", Names: true, head: tcpvconHead, row: with(func(p parts) string {
			return fmt.Sprintf("[%s] %s\r\n\tPID:     %d\r\n\tState:   %s\r\n\tLocal:   %s\r\n\tRemote:  %s\r\n", p.proto("", "V6"), p.Owner, p.PID, p.star(), p.Local, p.Remote)
		})},
		{Name: "tcpview-2", Lines: true, Names: true, row: with(func(p parts) string {
			return tabbed(p.Owner+":"+p.pid(), p.proto("", "V6"), p.Local, p.Remote, p.upper, "")
		})},
		{Name: "tcpview-3", Lines: true, Names: true, row: with(func(p parts) string {
			return tabbed(p.Owner, p.pid(), p.proto("", "V6"), p.lHost, p.lPort, p.rHost, p.rPort, p.upper, "", "", "", "")
		})},
		{Name: "tcpview-4", Lines: true, Names: true, row: with(func(p parts) string {
			return tabbed(p.Owner, p.pid(), p.proto("", "v6"), p.title, p.lHost, p.lPort, p.rHost, p.rPort, "3/10/2026 9:00:00 AM", p.Owner)
		})},
		{Name: "currports-tabs", Lines: true, Names: true, row: with(func(p parts) string {
			return tabbed(p.Owner, p.pid(), p.Proto, p.lPort, "", p.lHost, p.rPort, "", p.rHost, "", p.title, `C:\`+p.Owner)
		})},
		{
			Name: "currports-csv", Lines: true, Names: true, head: "Process Name,Process ID,Protocol,Local Port,Local Port Name,Local Address,Remote Port,Remote Port Name,Remote Address,Remote Host Name,State,Process Path\r\n",
			row: with(func(p parts) string {
				return strings.Join([]string{p.Owner, p.pid(), p.Proto, p.lPort, "", p.lHost, p.rPort, "", p.rHost, "", p.title, `"C:\x, y\` + p.Owner + `"`}, ",") + "\r\n"
			}),
		},
		{Name: "currports-list", Names: true, head: currPortsRule, last: currPortsRule, row: with(func(p parts) string {
			return fmt.Sprintf("Process Name      : %s\r\nProcess ID        : %d\r\nProtocol          : %s\r\nLocal Port        : %s\r\nLocal Port Name   : \r\nLocal Address     : %s\r\nRemote Port       : %s\r\nRemote Address    : %s\r\nState             : %s\r\n%s\r\n",
				p.Owner, p.PID, p.Proto, p.lPort, p.lHost, p.rPort, p.rHost, p.title, currPortsRule)
		})},
		{Name: "currports-xml", Names: true, head: "<?xml version=\"1.0\" ?>\r\n<tcp_udp_ports_list>\r\n<item>\r\n", last: "<item>\r\n", tail: "</tcp_udp_ports_list>\r\n", row: with(func(p parts) string {
			return fmt.Sprintf("<process_name>%s</process_name>\r\n<process_id>%d</process_id>\r\n<protocol>%s</protocol>\r\n<local_port>%s</local_port>\r\n<local_port_name></local_port_name>\r\n<local_address>%s</local_address>\r\n<remote_port>%s</remote_port>\r\n<remote_address>%s</remote_address>\r\n<state>%s</state>\r\n</item>\r\n",
				html.EscapeString(p.Owner), p.PID, p.Proto, p.lPort, p.lHost, p.rPort, p.rHost, p.title)
		})},
		{
			Name: "netscan-2", Lines: true, Names: true, head: "Offset(P)          Proto    Local Address                  Foreign Address      State            Pid      Owner          Created\n",
			row: with(func(p parts) string {
				return fmt.Sprintf("0x7d60fd90         %-8s %-30s %-20s %-16s %-8d %-14s 2026-03-10 09:00:00 UTC+0000\n", p.proto("v4", "v6"), p.Local, p.Remote, p.upper, p.PID, p.Owner)
			}),
		},
		{
			Name: "netscan-3", Lines: true, Names: true, head: "Volatility 3 Framework 2.0.1\n\nOffset\tProto\tLocalAddr\tLocalPort\tForeignAddr\tForeignPort\tState\tPID\tOwner\tCreated\n\n",
			row: with(func(p parts) string {
				port := strings.ReplaceAll(p.rPort, "*", "0")
				return strings.Join([]string{"0xde0d", p.proto("v4", "v6"), p.lHost, p.lPort, p.rHost, port, p.upper, p.pid(), p.Owner, "N/A"}, "\t") + "\n"
			}),
		},
		{Name: "osquery", head: "[\n", tail: "\n]\n", last: ",\n", row: with(func(p parts) string {
			return "  " + object(map[string]string{"family": map[bool]string{false: "2", true: "23"}[p.v6], "pid": p.pid(), "protocol": fmt.Sprint(p.number), "local_address": p.lHost, "local_port": p.lPort, "remote_address": strings.Trim(p.rHost, "*"), "remote_port": strings.ReplaceAll(p.rPort, "*", "0"), "state": p.upper, "socket": "0"})
		})},
		{Name: "jc", head: "[", tail: "]", last: ",", row: with(func(p parts) string {
			out := map[string]any{"proto": p.Proto, "local_address": p.lHost, "foreign_address": p.rHost, "pid": p.PID, "local_port": p.lPort, "foreign_port": p.rPort}
			if p.upper != "" {
				out["state"] = p.upper
			}
			return object(out)
		})},
		{Name: "velociraptor", Names: true, row: with(func(p parts) string {
			return object(map[string]any{"Pid": p.PID, "Name": p.Owner, "Type": p.Proto, "Status": p.upper, "Laddr.IP": p.lHost, "Laddr.Port": p.lPort, "Raddr.IP": strings.Trim(p.rHost, "*"), "Raddr.Port": strings.ReplaceAll(p.rPort, "*", "0")}) + "\n"
		})},
	}
}

// RowsOf makes rows of any bytes, four of them a row: for fuzzing.
func RowsOf(data []byte) []Row {
	states := []string{"LISTENING", "BOUND", "ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "SYN_SENT", "FIN_WAIT_2", "LAST_ACK", "CLOSING", "FIN_WAIT_1"}
	owners := []string{"leaky.exe", "a b.exe", "svchost.exe", "java.exe", "w3wp.exe", "Contoso.Sync.exe", "x86-64_agent.exe"}
	var out []Row
	for ; len(data) >= 4 && len(out) < 200; data = data[4:] {
		port := 1024 + int(data[0])<<8 + int(data[1])
		if port > 65535 {
			port -= 1024
		}
		r := Row{Proto: "TCP", PID: 8 + 4*int(data[2]), Owner: owners[int(data[2])%len(owners)], State: states[int(data[3])%len(states)]}
		any, local, remote := "0.0.0.0", "192.0.2.10", "198.51.100.7:443"
		if data[3]&0x40 != 0 {
			any, local, remote = "[::]", "[2001:db8::10]", "[2001:db8::20]:443"
		}
		r.Local, r.Remote = fmt.Sprintf("%s:%d", local, port), remote
		switch {
		case data[3]&0x80 != 0:
			r.Proto, r.State, r.Local, r.Remote = "UDP", "", fmt.Sprintf("%s:%d", any, port), "*:*"
		case r.State == "LISTENING" || r.State == "BOUND":
			r.Local, r.Remote = fmt.Sprintf("%s:%d", any, port), any+":0"
		case r.State == "TIME_WAIT":
			r.PID, r.Owner = 0, "[System Process]"
		}
		out = append(out, r)
	}
	return out
}
