package netstatparse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Objects that name their ends in one property, an InstanceID, or by the port behind the
// address.
func TestEndsInOne(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"an InstanceID":        {"\"InstanceID\",\"State\"\n\"127.0.0.1++8080++10.0.0.9++443\",\"Listen\"\n", []string{"2 tcp 127.0.0.1:8080 10.0.0.9:443 LISTENING -1"}},
		"of an older Windows":  {"\"InstanceID\",\"State\"\n\"127.0.0.1??8080??0.0.0.0??0\",\"Listen\"\n", []string{"2 tcp 127.0.0.1:8080 0.0.0.0:0 LISTENING -1"}},
		"of UDP":               {"InstanceID : 0.0.0.0++500\n\n", []string{"1 udp 0.0.0.0:500 ?:0 UNKNOWN -1"}},
		"of TCP, in a list":    {"InstanceID : 0.0.0.0++500++1.2.3.4++5\nOwningProcess : 7\n\n", []string{"1 tcp 0.0.0.0:500 1.2.3.4:5 UNKNOWN 7"}},
		"that holds no port":   {"\"InstanceID\",\"State\"\n\"127.0.0.1\",\"Listen\"\n", nil},
		"a row alone":          {"10.0.0.5 49700 10.0.0.9 443 Established Internet 5120 a b.exe\n", []string{"1 tcp 10.0.0.5:49700 10.0.0.9:443 ESTABLISHED 5120 a b.exe"}},
		"a row without a PID":  {"::1 49700 ::1 443 TimeWait\n", []string{"1 tcp [::1]:49700 [::1]:443 TIME_WAIT -1"}},
		"four words":           {"10.0.0.5 49700 10.0.0.9 443\n", nil},
		"a state that is none": {"10.0.0.5 49700 10.0.0.9 443 Reached\n", nil},
		"a port that is none":  {"10.0.0.5 x 10.0.0.9 443 Bound\n10.0.0.5 5 10.0.0.9 y Bound\n10.0.0.5 5 host 443 Bound\n", nil},
		"twelve words":         {"10.0.0.5 49700 10.0.0.9 443 Bound 7 a b c d e f\n", []string{"1 tcp 10.0.0.5:49700 10.0.0.9:443 BOUND 7 a b c d e f"}},
		"thirteen words":       {"10.0.0.5 49700 10.0.0.9 443 Bound 7 a b c d e f g\n", nil},
		"arrows": {"10.0.0.5:1 -> 10.0.0.9:2 Bound\n10.0.0.5:3 --> 10.0.0.9:2 Bound\n10.0.0.5:4 <-> 10.0.0.9:2 Bound\n10.0.0.5:5 => 10.0.0.9:2 Bound\n10.0.0.5:6 → 10.0.0.9:2 Bound\n10.0.0.5:7 - 10.0.0.9:2 Bound\n10.0.0.5:8 x 10.0.0.9:2 Bound\n", []string{
			"1 tcp 10.0.0.5:1 10.0.0.9:2 BOUND -1", "2 tcp 10.0.0.5:3 10.0.0.9:2 BOUND -1", "3 tcp 10.0.0.5:4 10.0.0.9:2 BOUND -1", "4 tcp 10.0.0.5:5 10.0.0.9:2 BOUND -1", "5 tcp 10.0.0.5:6 10.0.0.9:2 BOUND -1", "6 tcp 10.0.0.5:7 10.0.0.9:2 BOUND -1",
		}},
		"ends with ports": {"LocalAddress,RemoteAddress,State\n[::1]:5,10.0.0.9:443,Bound\n10.0.0.5:6,*:*,Listen\n10.0.0.5:http,*:*,Listen\n::1:5,*:*,Listen\n", []string{"2 tcp [::1]:5 10.0.0.9:443 BOUND -1", "3 tcp 10.0.0.5:6 ?:0 LISTENING -1"}},
	} {
		if got := briefly(t, c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// The numbers that ConvertTo-Json and Export-Csv write for a state.
func TestNumbersOfStates(t *testing.T) {
	for n, want := range map[int]string{1: "CLOSED", 2: "LISTENING", 3: "SYN_SENT", 4: "SYN_RECEIVED", 5: "ESTABLISHED", 6: "FIN_WAIT_1", 7: "FIN_WAIT_2", 8: "CLOSE_WAIT", 9: "CLOSING", 10: "LAST_ACK", 11: "TIME_WAIT", 12: "DELETE_TCB", 100: "BOUND", 0: "UNKNOWN", 13: "UNKNOWN", 99: "UNKNOWN"} {
		got := briefly(t, fmt.Sprintf("LocalAddress,LocalPort,State\n10.0.0.5,5,%d\n", n))
		if want := fmt.Sprintf("2 tcp 10.0.0.5:5 ?:0 %s -1", want); len(got) != 1 || got[0] != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// Ports and PIDs of objects at the edge of what there can be.
func TestImpossibleObjects(t *testing.T) {
	for row, want := range map[string]string{
		"10.0.0.5,65535,443,2147483647": "", "10.0.0.5,65536,443,1": "netstat-port", "10.0.0.5,-1,443,1": "netstat-port", "10.0.0.5,5,65536,1": "netstat-port",
		"10.0.0.5,5,443,4294967296": "netstat-pid", "10.0.0.5,5,443,x": "netstat-pid", "10.0.0.5,5,,": "",
	} {
		snapshots, codes := read(t, "LocalAddress,LocalPort,RemotePort,OwningProcess\n10.0.0.5,1,2,3\n"+row+"\n")
		rows := 2
		if want != "" {
			rows = 1
		}
		if s := snapshots[0]; strings.Join(codes, " ") != want || len(s.Entries) != rows || s.Unread != 2-rows {
			t.Errorf("%s: %v, %d rows, %d unread", row, codes, len(s.Entries), s.Unread)
		}
	}
}

// Who owns the connection of an object: the file of its path, else its process.
func TestOwnersOfObjects(t *testing.T) {
	for text, want := range map[string]string{
		"LocalPort,OwningProcess,ProcessName,Path\n5,7,a,C:\\x\\b.exe\n": "7 b.exe", "LocalPort,OwningProcess,ProcessName,Path\n5,7,a,b.exe\n": "7 b.exe", "LocalPort,OwningProcess,ProcessName,Path\n5,7,a,\n": "7 a",
		"LocalPort,Process\n5,7\n": "7 ", "LocalPort,Process\n5,a\n": "-1 a", "LocalPort,Process,OwningProcess\n5,8,7\n": "7 8", "LocalPort,Process,ProcessName\n5,a,b\n": "-1 b", "LocalPort,Name\n5,a\n": "-1 a",
	} {
		snapshots, _ := read(t, text)
		e := snapshots[0].Entries[0]
		if got := fmt.Sprintf("%d %s", e.PID, e.Owner); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What tells TCP from UDP where no property does.
func TestTransportsOfObjects(t *testing.T) {
	for text, want := range map[string]string{
		"LocalPort,Protocol\n5,TCP\n": "tcp", "LocalPort,Protocol\n5,tcp6\n": "tcp", "LocalPort,Protocol\n5,6\n": "tcp", "LocalPort,Protocol,State\n5,UDP,x\n": "udp", "LocalPort,Protocol,State\n5,17,x\n": "udp",
		"LocalPort,State\n5,Bound\n": "tcp", "LocalPort,RemotePort\n5,0\n": "tcp", "LocalPort,RemoteAddress\n5,::\n": "tcp", "LocalPort,OwningProcess\n5,7\n": "udp",
	} {
		snapshots, _ := read(t, text)
		if got := snapshots[0].Entries[0].Proto; got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
	for text, want := range map[string]string{"LocalPort,State\n5,Bound\n": ToolTCP, "LocalPort,RemotePort\n5,0\n": ToolTCP, "LocalPort,RemoteAddress\n5,::\n": ToolTCP, "LocalPort,OwningProcess\n5,7\n": ToolUDP} {
		if snapshots, _ := read(t, text); snapshots[0].Tool != want {
			t.Errorf("%q: %s", text, snapshots[0].Tool)
		}
	}
}

// Columns are those below their rule, whatever their width; the window may have broken the
// header into two lines.
func TestColumns(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"numbers to the right":          {"LocalAddress LocalPort State\n------------ --------- -----\n10.0.0.5         49700 Bound\n", []string{"3 tcp 10.0.0.5:49700 ?:0 BOUND -1"}},
		"a header in two lines":         {"LocalAddress LocalPort Owning\n                       Process\n------------ --------- -------\n10.0.0.5         49700    7\n", []string{"4 udp 10.0.0.5:49700 ?:0 UNKNOWN 7"}},
		"a word below no rule":          {"LocalPort ProcessName    State\n--------- -----------    -----\n    49700 a b c          Bound\n", []string{"3 tcp ?:49700 ?:0 BOUND -1 a b c"}},
		"one column":                    {"LocalPort\n---------\n    49700\n", nil},
		"no connection":                 {"Name  State\n----  -----\na     Bound\n", nil},
		"ends without ports":            {"LocalAddress  RemoteAddress State\n------------  ------------- -----\n10.0.0.5:6    10.0.0.9:7    Bound\n10.0.0.5      10.0.0.9:7    Bound\n", []string{"3 tcp 10.0.0.5:6 10.0.0.9:7 BOUND -1"}},
		"a port that is a word":         {"LocalAddress LocalPort State\n------------ --------- -----\n10.0.0.5     http      Bound\n10.0.0.5     80        Bound\n", nil},
		"a first column with a margin":  {"  LocalPort State\n  --------- -----\n  80        Bound\n", []string{"3 tcp ?:80 ?:0 BOUND -1"}},
		"a value left of the first":     {"   LocalPort State\n   --------- -----\nx  80        Bound\n", nil},
		"a row of more than the header": {"LocalPort,State\n5,Bound\n6,Bound,x\n7,Bound\n", []string{"2 tcp ?:5 ?:0 BOUND -1"}},
	} {
		if got := briefly(t, c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// Counts of Group-Object and of the support scripts are kept as counts: rows are no ports.
func TestTotals(t *testing.T) {
	const group = "Count Name                      Group\n----- ----                      -----\n"
	const usage = "Process Name : Number Of Ports Above 49151\n==========\n"
	for text, want := range map[string]string{
		group + "   12 Bound, 4242               {a}\n":                                                                     "12 BOUND 4242 ",
		group + "   12 Bound                     {a}\n    3 TimeWait                  {a}\n":                                "12 BOUND -1 ; 3 TIME_WAIT -1 ",
		group + "   12 Bound, x                  {a}\n":                                                                     "12 BOUND -1 ",
		group + "   12 Windows                   {a}\n    1 Bound                     {a}\n":                                "1 BOUND -1 ",
		group + "    3 4231, Tcpip               {a}\n   57 Tcpip, 4227               {System.Diagnostics.EventLogEntry}\n": "",
		group + "   12 Foo, 4242                 {a}\n":                                                                     "12 UNKNOWN 4242 ",
		usage + "  svchost.exe [1004] : 57\n  a b [7] : 0\n":                                                                "57 UNKNOWN 1004 svchost.exe; 0 UNKNOWN 7 a b",
		usage + "  a [2147483647] : 1048576\n":                                                                              "1048576 UNKNOWN 2147483647 a",
		usage + "  a [1] : 2\n  b [1] : 1048577\n  c [1] : 3\n":                                                             "2 UNKNOWN 1 a",
		usage + "  a [1] : 2\n  b [4294967296] : 1\n  c [1] : 3\n":                                                          "2 UNKNOWN 1 a",
		usage + "  a [1] : 2\n  b [x] : 1\n":                                                                                "2 UNKNOWN 1 a",
		usage + "  a [1] : 2\n  b [1] 1\n  c [1] : 3\n":                                                                     "2 UNKNOWN 1 a",
		usage + "  a [1] : 2\n[1] : 3\n":                                                                                    "2 UNKNOWN 1 a",
		"process name : NUMBER OF PORTS ABOVE 49151\n  a [1] : 2\n":                                                         "2 UNKNOWN 1 a",
		"Process Name : number of threads Above 49151\n  a [1] : 2\n":                                                       "",
		"Process ID : Number Of Ports Above 49151\n  a [1] : 2\n":                                                           "",
		usage + "  a [1] : 2\n\nProcess Name : Number Of Ports Above 49151\n=====\n  b [2] : 3\n":                           "2 UNKNOWN 1 a; 3 UNKNOWN 2 b",
	} {
		snapshots, codes := read(t, text)
		var got []string
		for _, s := range snapshots {
			for _, n := range s.Totals {
				got = append(got, fmt.Sprintf("%d %s %d %s", n.Rows, n.State, n.PID, n.Owner))
			}
		}
		if strings.Join(got, "; ") != want || codes != nil {
			t.Errorf("%q: %q %v, want %q", text, strings.Join(got, "; "), codes, want)
		}
	}
	// They are a table of their own, whatever stands above them.
	const object = "LocalAddress LocalPort State\n------------ --------- -----\n10.0.0.5     80        Bound\n\n"
	for text, want := range map[string]string{header + oneRow + usage + "  a [1] : 2\n": "1+0 0+1", header + oneRow + "\n" + group + "   12 Bound                     {a}\n": "1+0 0+1", object + usage + "  a [1] : 2\n": "1+0 0+1", object + group + "   12 Bound                     {a}\n": "1+0 0+1"} {
		snapshots, _ := read(t, text)
		var got []string
		for _, s := range snapshots {
			got = append(got, fmt.Sprintf("%d+%d", len(s.Entries), len(s.Totals)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v rows and counts, want %s", text, got, want)
		}
	}
	snapshots, _ := read(t, usage+strings.Repeat("  a [1] : 2\n", maxTotals+1))
	if n := len(snapshots[0].Totals); n != maxTotals {
		t.Errorf("%d counts", n)
	}
}
