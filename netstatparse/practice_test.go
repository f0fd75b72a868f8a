package netstatparse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// briefly are the rows of all tables as "line proto local remote state pid owner".
func briefly(t *testing.T, text string) []string {
	t.Helper()
	tables, codes := read(t, text)
	if codes != nil {
		t.Errorf("errors %v in %q", codes, text)
	}
	var out []string
	for _, s := range tables {
		for _, e := range s.Entries {
			local, remote := e.Local.String(), e.Remote.String()
			if !e.Local.Addr().IsValid() {
				local = fmt.Sprintf("?:%d", e.Local.Port())
			}
			if !e.Remote.Addr().IsValid() {
				remote = fmt.Sprintf("?:%d", e.Remote.Port())
			}
			out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %s %d %s", e.Line, e.Proto, local, remote, e.State, e.PID, e.Owner)))
		}
	}
	return out
}

// Rows as scripts and people write them.
func TestPractice(t *testing.T) {
	const bound = "tcp 0.0.0.0:49700 0.0.0.0:0 BOUND 5120"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"commas":     {"TCP,0.0.0.0:49700,0.0.0.0:0,BOUND,5120\nUDP;0.0.0.0:500;*:*;;888\n\"TCP\",\"0.0.0.0:49701\",\"0.0.0.0:0\",\"BOUND\",\"5120\"\n", []string{"1 " + bound, "2 udp 0.0.0.0:500 ?:0 UNKNOWN 888", "3 tcp 0.0.0.0:49701 0.0.0.0:0 BOUND 5120"}},
		"a header":   {"Proto,Local Address,Foreign Address,State,PID,Process\nTCP,0.0.0.0:49700,0.0.0.0:0,BOUND,5120,a.exe\nTCP,[::1]:5,[::1]:6,ESTABLISHED,7,b c.exe\n", []string{"2 " + bound + " a.exe", "3 tcp [::1]:5 [::1]:6 ESTABLISHED 7 b c.exe"}},
		"end points": {"LocalEndPoint   RemoteEndPoint State\n-------------   -------------- -----\n192.0.2.5:49700 10.0.0.9:443   CloseWait\n", []string{"3 tcp 192.0.2.5:49700 10.0.0.9:443 CLOSE_WAIT -1"}},
		"other headings": {
			"| Protocol | Local | Remote | Status | Process ID | Process |\n|---|---|---|---|---|---|\n| TCP | 0.0.0.0:49700 | 0.0.0.0:0 | BOUND | 5120 | a.exe |\n",
			[]string{"3 " + bound + " a.exe"},
		},
		"a name behind the PID": {
			"TCP 0.0.0.0:49700 0.0.0.0:0 BOUND 5120 a.exe\nUDP 0.0.0.0:500 *:* 888 [b]\nTCP 0.0.0.0:49701 0.0.0.0:0 TIME_WAIT 0 InHost\n",
			[]string{"1 " + bound + " a.exe", "2 udp 0.0.0.0:500 ?:0 UNKNOWN 888 b", "3 tcp 0.0.0.0:49701 0.0.0.0:0 TIME_WAIT 0"},
		},
		"a name": {"pid,name,protocol,local_address,local_port,state\n5120,a.exe,6,0.0.0.0,49700,BOUND\n", []string{"2 tcp 0.0.0.0:49700 ?:0 BOUND 5120 a.exe"}},
		"underscores": {
			"| pid | local_port | remote_port | protocol | state |\n|---|---|---|---|---|\n| 5120 | 49700 | 0 | 6 | BOUND |\n",
			[]string{"3 tcp ?:49700 ?:0 BOUND 5120"},
		},
		"a string of an object": {"@{LocalPort=49700; State=Bound; OwningProcess=5120}\n", []string{"1 tcp ?:49700 ?:0 BOUND 5120"}},
		"a group":               {"   OwningProcess: 5120\n\nLocalAddress LocalPort RemotePort State\n------------ --------- ---------- -----\n0.0.0.0      49700     0          Bound\n\n   OwningProcess: 7\n\nLocalAddress LocalPort RemotePort State\n------------ --------- ---------- -----\n0.0.0.0      49701     0          Bound\n", []string{"5 tcp 0.0.0.0:49700 ?:0 BOUND 5120", "11 tcp 0.0.0.0:49701 ?:0 BOUND 7"}},
		"JSON below a prompt":   {"PS C:\\> Get-NetTCPConnection | ConvertTo-Json\n[\n    {\n        \"LocalAddress\":  \"0.0.0.0\",\n        \"LocalPort\":  49700,\n        \"RemoteAddress\":  \"0.0.0.0\",\n        \"RemotePort\":  0,\n        \"CimClass\":  {\n            \"x\":  1\n        },\n        \"State\":  100,\n        \"OwningProcess\":  5120\n    },\n    {\n        \"LocalPort\":  49701,\n        \"State\":  null,\n        \"OwningProcess\":  5120\n    }\n]\n", []string{"4 " + bound, "15 tcp ?:49701 ?:0 UNKNOWN 5120"}},
		"ends and an arrow":     {"0.0.0.0:49700 Bound 5120\n[::1]:5 -> [::1]:6 Established 7 b c.exe\n10.0.0.5:80 x 7\n10.0.0.5:80 -> 10.0.0.6:y Bound\n", []string{"1 tcp 0.0.0.0:49700 ?:0 BOUND 5120", "2 tcp [::1]:5 [::1]:6 ESTABLISHED 7 b c.exe", "4 tcp 10.0.0.5:80 10.0.0.6:0 BOUND -1"}},
		"ports alone":           {"PS C:\\> Get-NetTCPConnection -State Bound -OwningProcess 5120 | select -expand LocalPort\n49700\n49701\n\nPS C:\\> x\n49702\n", []string{"2 tcp ?:49700 ?:0 BOUND 5120", "3 tcp ?:49701 ?:0 BOUND 5120"}},
		"objects of CLIXML":     {"<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n<Obj RefId=\"0\"><TN RefId=\"0\"><T>a</T></TN><Props>\n<Obj N=\"CimClass\" RefId=\"1\"><Props><U16 N=\"LocalPort\">1</U16></Props></Obj>\n<S N=\"LocalAddress\">0.0.0.0</S><U16 N=\"LocalPort\">49700</U16>\n<Nil N=\"x\" />\n<S N=\"RemoteAddress\">0.0.0.0</S><U16 N=\"RemotePort\">0</U16><Obj N=\"State\" RefId=\"2\"><ToString>Bound</ToString><By N=\"value__\">9</By></Obj><U32 N=\"OwningProcess\">5120</U32></Props></Obj>\n<Obj RefId=\"3\"><Props><U16 N=\"LocalPort\">49701</U16><By N=\"State\">100</By></Props></Obj></Objs>\n", []string{"4 " + bound, "7 tcp ?:49701 ?:0 BOUND -1"}},
		"JSON in lines":         {"x\n{\"LocalAddress\":\"0.0.0.0\",\"LocalPort\":49700,\"RemoteAddress\":\"0.0.0.0\",\"RemotePort\":0,\"State\":\"Bound\",\"OwningProcess\":5120}\n{\"LocalPort\":49701,\"State\":100}\n{\"LocalPort\"\n", []string{"2 " + bound, "3 tcp ?:49701 ?:0 BOUND -1"}},
	} {
		if got := briefly(t, c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

// Objects of several machines that stand between each other are a table a machine.
func TestMachinesBetweenEachOther(t *testing.T) {
	text := "PSComputerName LocalPort State OwningProcess\n" +
		"SRV01 49700 Bound 1\nSRV02 49701 Bound 2\nSRV01 49702 Bound 1\nSRV03 49703 Bound 3\nSRV02 49704 Bound 2\n"
	tables, codes := read(t, strings.ReplaceAll(text, " ", ","))
	if codes != nil || len(tables) != 3 {
		t.Fatalf("%d tables, %v", len(tables), codes)
	}
	for i, want := range []struct {
		host  string
		lines []int
	}{{"SRV01", []int{2, 4}}, {"SRV02", []int{3, 6}}, {"SRV03", []int{5}}} {
		s := tables[i]
		var lines []int
		for _, e := range s.Entries {
			lines = append(lines, e.Line)
		}
		if s.Host != want.host || !cmp.Equal(lines, want.lines) || s.Filtered {
			t.Errorf("%s %v, want %+v; %+v", s.Host, lines, want, s.Cuts)
		}
	}
}

// The PID of a last row without an end may have lost digits, unless another row has it.
func TestLastPID(t *testing.T) {
	const row = "  TCP    0.0.0.0:%d   0.0.0.0:0   BOUND   %d"
	for _, c := range []struct {
		others []int
		last   int
		want   int
	}{{[]int{5120, 4}, 5120, 5120}, {[]int{5120, 512}, 512, -1}, {[]int{4}, 5120, -1}, {nil, 5120, -1}, {[]int{51200, 5120}, 5120, -1}, {[]int{0}, 0, 0}} {
		var text strings.Builder
		for i, pid := range c.others {
			fmt.Fprintf(&text, row+"\n", 50000+i, pid)
		}
		fmt.Fprintf(&text, row, 50100, c.last)
		tables, _ := read(t, text.String())
		if s := tables[0]; s.Entries[len(s.Entries)-1].PID != c.want || !s.Truncated {
			t.Errorf("%v and then %d: %d, truncated %v", c.others, c.last, s.Entries[len(s.Entries)-1].PID, s.Truncated)
		}
	}
}

// The name that hostname writes is that of the machine of what follows.
func TestHostname(t *testing.T) {
	const row = "\nActive Connections\n\n  Proto  Local Address   Foreign Address   State   PID\n  TCP    0.0.0.0:5   0.0.0.0:0   BOUND   5\n"
	tables, _ := read(t, "C:\\>hostname\nSRV01\n\nC:\\>netstat -anoq\n"+row+"\nC:\\>echo %COMPUTERNAME%\nSRV02\n\nC:\\>netstat -anoq\n"+row+"\nC:\\>hostname\nno such name\n\nC:\\>netstat -anoq\n"+row)
	var got []string
	for _, s := range tables {
		got = append(got, s.Host)
	}
	if want := []string{"SRV01", "SRV02", "SRV02"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// What stands in the middle of a table, above it and right below it.
func TestParts(t *testing.T) {
	const head, row = "\nActive Connections\n\n  Proto  Local Address   Foreign Address   State   PID\n", "  TCP    0.0.0.0:5   0.0.0.0:0   BOUND   5\n  UDP    0.0.0.0:5   *:*      5\n"
	for text, want := range map[string]bool{
		head + row: true, "All of it:\n" + head + row: true, "An excerpt:\n" + head + row: false, "An excerpt:\n" + strings.Repeat("x y\n", headReach) + head + row: true,
		head + row + "netstat exited on SRV01 with error code 0.\n": true, head + row + "**********\n": true, head + row + "stdout_lines:\n": true, head + row + "},\n": true,
		head + row + "и т. д.\n": false, head + row + "weiter unten ähnlich\n": false, head + row + "\nweiter unten ähnlich\n": true,
	} {
		if tables, _ := read(t, text); len(tables) != 1 || tables[0].Complete() != want {
			t.Errorf("%q: %d tables, complete %v: %+v", text, len(tables), tables[0].Complete(), tables[0].Cuts)
		}
	}
}
