package textgen

import (
	"fmt"
	"strings"
)

// A Figure is how many sockets of TCP are in a state, of one process if PID is not -1.
type Figure struct {
	State string // of English netstat
	PID   int
	N     int
}

// A Counter is a way in which figures are told in place of rows.
type Counter struct {
	Name  string
	PIDs  bool // it tells processes
	head  string
	tail  string
	print func(f Figure) string
	last  string // between two figures
	below int    // lines of print above the one with the number
}

// Print writes the figures. line gives the line, from 1, that has the number of each.
func (c Counter) Print(figures []Figure) (text string, line []int) {
	var b strings.Builder
	b.WriteString(c.head)
	for i, f := range figures {
		if i > 0 {
			b.WriteString(c.last)
		}
		line = append(line, strings.Count(b.String(), "\n")+1+c.below)
		b.WriteString(c.print(f))
	}
	b.WriteString(c.tail)
	return b.String(), line
}

// camel is a state as PowerShell writes it.
func camel(state string) string {
	if state == "LISTENING" {
		return "Listen"
	}
	return partsOf(Row{State: state, Local: ":", Remote: ":"}).camel
}

// of is the name of a group by state and process.
func (f Figure) of() string { return fmt.Sprintf("%s, %d", camel(f.State), f.PID) }

// Counters gives every form.
func Counters() []Counter {
	return []Counter{
		{Name: "find-c", last: "\n", below: 1, print: func(f Figure) string {
			return fmt.Sprintf("C:\\>netstat -anoq | find /c \"%s\"\n%d\n", f.State, f.N)
		}},
		{Name: "findstr-find-c", last: "\n", below: 1, print: func(f Figure) string {
			return fmt.Sprintf("C:\\>netstat -anoq | findstr %s | find /c /v \"\"\n%d\n", f.State, f.N)
		}},
		{Name: "select-string", last: "\n", below: 1, print: func(f Figure) string {
			return fmt.Sprintf("PS C:\\> (netstat -anoq | Select-String %s).Count\n%d\n", f.State, f.N)
		}},
		{Name: "measure", last: "\n", below: 2, print: func(f Figure) string {
			return fmt.Sprintf("PS C:\\> Get-NetTCPConnection -State %s | Measure-Object\n\nCount    : %d\nAverage  : \nSum      : \n", camel(f.State), f.N)
		}},
		{Name: "count", PIDs: true, last: "\n", below: 1, print: func(f Figure) string {
			return fmt.Sprintf("PS C:\\> (Get-NetTCPConnection -State %s -OwningProcess %d).Count\n%d\n", camel(f.State), f.PID, f.N)
		}},
		{Name: "group-state", head: "PS C:\\> Get-NetTCPConnection | Group-Object State\n\nCount Name                      Group\n----- ----                      -----\n", print: func(f Figure) string {
			return fmt.Sprintf("%5d %-25s {MSFT_NetTCPConnection (InstanceID = \"\", CreationClassName = \"\", Sy...\n", f.N, camel(f.State))
		}},
		{Name: "group-no-element", PIDs: true, head: "PS C:\\> Get-NetTCPConnection | group State,OwningProcess -NoElement | sort Count -Descending\n\nCount Name\n----- ----\n", print: func(f Figure) string {
			return fmt.Sprintf("%5d %s\n", f.N, f.of())
		}},
		{Name: "group-csv", PIDs: true, head: "\"Values\",\"Count\",\"Group\",\"Name\"\n", print: func(f Figure) string {
			return fmt.Sprintf("\"System.Collections.ArrayList\",\"%d\",\"System.Collections.ObjectModel.Collection\",\"%s\"\n", f.N, f.of())
		}},
		{Name: "group-list", PIDs: true, last: "\n", print: func(f Figure) string {
			return fmt.Sprintf("Values : {%s}\nCount  : %d\nGroup  : {x}\nName   : %s\n", f.of(), f.N, f.of())
		}},
		{Name: "group-json", PIDs: true, head: "[\n", last: ",\n", tail: "\n]\n", print: func(f Figure) string {
			return fmt.Sprintf("  {\"Values\":[\"%s\"],\"Count\":%d,\"Name\":\"%s\"}", camel(f.State), f.N, f.of())
		}},
		{Name: "exporter", head: "# TYPE windows_tcp_connections_state_count gauge\n", print: func(f Figure) string {
			return fmt.Sprintf("windows_tcp_connections_state_count{af=\"ipv4\",state=\"%s\"} %d\n", f.State, f.N)
		}},
	}
}

// FiguresOf makes figures of any bytes, four of them a figure, none of which is like
// another: for fuzzing.
func FiguresOf(data []byte) []Figure {
	states := []string{"BOUND", "ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT", "LISTENING", "SYN_SENT", "FIN_WAIT_2", "LAST_ACK"}
	var out []Figure
	for ; len(data) >= 4 && len(out) < len(states); data = data[4:] {
		out = append(out, Figure{State: states[len(out)], PID: 4 + 4*int(data[0]), N: int(data[1])<<8 + int(data[2]) + 1})
	}
	return out
}
