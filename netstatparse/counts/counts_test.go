package counts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse"
)

func readText(t testing.TB, text string) ([]Count, []string) {
	t.Helper()
	found, errs := Read(strings.NewReader(text))
	var codes []string
	for _, err := range errs {
		var fe *netstatparse.FormatError
		if !errors.As(err, &fe) || fe.Line < 1 || fe.Text == "" {
			t.Fatalf("error without place or text: %v", err)
		}
		codes = append(codes, fmt.Sprintf("%s %d", fe.Code, fe.Line))
	}
	return found, codes
}

// brief is a count as "line: number what", with ~ for one that is not exact, >= for one
// that is the least, and what else it has.
func brief(c *Count) string {
	sure := "~"
	switch {
	case c.Exact && c.AtLeast:
		sure = "both!"
	case c.Exact:
		sure = ""
	case c.AtLeast:
		sure = ">="
	}
	text := fmt.Sprintf("%d: %s%d %s", c.Line, sure, c.Rows, c.What)
	if c.Of > 0 {
		text += fmt.Sprintf(" /%d", c.Of)
	}
	if !c.Local.IsZero() {
		text += c.Local.Format(" 2006-01-02T15:04:05")
		if c.Ambiguous {
			text += "?"
		}
	}
	if c.Offset != nil {
		text += fmt.Sprintf(" %v", *c.Offset)
	}
	return text
}

var cases = []struct {
	name, text string
	want       []string
}{
	{
		"find /c", "C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n14211\r\n\r\nC:\\>netstat -anoq | find /i /c \"bound\"\r\n1.034\r\n",
		[]string{"2: 14211 TCP rows TIME_WAIT", "5: 1034 TCP rows BOUND"},
	},
	{"bound sockets without -q", "C:\\>netstat -ano | find /c \"BOUND\"\r\n0\r\n", []string{"2: >=0 TCP rows BOUND"}},
	{"a transport", "C:\\>netstat -anop tcpv6 | find /c \"TCP\"\r\n12\r\n", []string{"2: 12 TCP rows over IPv6"}},
	{
		"a text that can be anything", "C:\\>netstat -ano | find /c \"5120\"\r\n4000\r\n",
		[]string{"2: ~4000 lines counted by netstat -ano | find /c \"5120\""},
	},
	{
		"two filters", "C:\\>netstat -ano | findstr /v LISTENING | find /c \"TCP\"\r\n7\r\n\r\nC:\\>netstat -ano -p udp|find \"UDP\"|find /c /v \"\"\r\n9\r\n",
		[]string{"2: ~7 lines counted by netstat -ano | findstr /v LISTENING | find /c \"TCP\"", "5: 9 UDP rows over IPv4"},
	},
	{
		"what is left of a filter", "C:\\>netstat -ano | findstr TIME_WAIT | find /c /v \"\"\r\n7\r\nC:\\>netstat -ano | find /c /v \"\"\r\n9\r\nC:\\>netstat -ano | findstr /c:\"TIME_WAIT\" | find /c \":\"\r\n8\r\n",
		[]string{"2: 7 TCP rows TIME_WAIT", "4: ~9 lines counted by netstat -ano | find /c /v \"\"", "6: ~8 lines counted by netstat -ano | findstr /c:\"TIME_WAIT\" | find /c \":\""},
	},
	{"a command without its prompt", "netstat -ano | find /c \"TIME_WAIT\"\n5\n", []string{"2: 5 TCP rows TIME_WAIT"}},
	{"a number that is not the answer", "C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\naccess denied\r\n5\r\n", nil},
	{
		"Measure-Object", "PS C:\\> Get-NetTCPConnection -State Bound | Measure-Object\n\nCount    : 12034\nAverage  : \n\nPS C:\\> Get-NetTCPConnection | ? State -eq TimeWait | measure | select Count\n\nCount\n-----\n   31\n",
		[]string{"3: 12034 TCP rows BOUND", "10: 31 TCP rows TIME_WAIT"},
	},
	{
		".Count", "PS> @(Get-NetTCPConnection -State TimeWait -RemoteAddress 10.0.0.9 -RemotePort 443 -ErrorAction SilentlyContinue).Count\n1,311\nPS> (Get-NetUDPEndpoint -OwningProcess 18244).Count\n88\nPS> (Get-NetTCPConnection | where {$_.State -eq 'Bound' -and $_.OwningProcess -eq 5120}).count\n3\nPS> (netstat -ano | Select-String TIME_WAIT).Count\n4\n",
		[]string{"2: 1311 TCP rows TIME_WAIT to 10.0.0.9:443", "4: 88 UDP rows of PID 18244", "6: 3 TCP rows BOUND of PID 5120", "8: 4 TCP rows TIME_WAIT"},
	},
	{
		"conditions that choose less", "PS> (Get-NetTCPConnection -State Bound,TimeWait).Count\n5\nPS> (Get-NetTCPConnection | ? {$_.LocalPort -ge 49152}).Count\n6\nPS> (Get-NetTCPConnection | ? {$_.State -eq 'Bound' -or $_.State -eq 'Listen'}).Count\n7\nPS> (Get-NetTCPConnection -State Bound | select -first 100).Count\n100\n",
		[]string{
			"2: ~5 lines counted by (Get-NetTCPConnection -State Bound,TimeWait).Count", "4: ~6 lines counted by (Get-NetTCPConnection | ? {$_.LocalPort -ge 49152}).Count",
			"6: ~7 lines counted by (Get-NetTCPConnection | ? {$_.State -eq 'Bound' -or $_.State -eq 'Listen'}).Count", "8: >=100 TCP rows BOUND",
		},
	},
	{"distinct ports", "PS> (Get-NetTCPConnection -State Bound | select -Expand LocalPort -Unique).Count\n5\n", []string{"2: 5 TCP ports BOUND"}},
	{
		"groups without their command", "Count Name                ProcessName Group\n----- ----                ----------- -----\n 2260 Bound, 10684                    {MSFT_Net...\n   61 Established, 4412   Code        {MSFT_Net...\n   40 10684                           {x}\n    5 4227                            {x}\n    9 10.0.0.9                        {x}\n",
		[]string{"3: 2260 TCP rows BOUND of PID 10684", "4: 61 TCP rows ESTABLISHED of Code (PID 4412)"},
	},
	{
		"groups of events", "PS> Get-WinEvent -LogName System | group Id\n\nCount Name Group\n----- ---- -----\n   12 4227 {x}\n", nil,
	},
	{
		"groups by one property, and who it is",
		"PS> Get-Process -Id 18244\n\n NPM(K)    PM(M)      Id  SI ProcessName\n ------    -----      --  -- -----------\n    211    99.43   18244   1 com.docker.sailor\n\nPS> Get-NetUDPEndpoint | Group-Object OwningProcess -NoElement | select -first 5\n\nCount Name\n----- ----\n15683 18244\n    9 4\nPS> exit\n",
		[]string{"11: 15683 UDP rows of com.docker.sailor (PID 18244)", "12: 9 UDP rows of PID 4"},
	},
	{
		"groups by ports and addresses",
		"PS> Get-NetTCPConnection -State Bound -OwningProcess 5 |\n>>  Group-Object LocalPort\n\nCount Name  Group\n----- ----  -----\n    1 54798 {x}\n\nPS> Get-NetTCPConnection | group RemoteAddress,RemotePort\n\nCount Name\n----- ----\n  900 10.0.0.9, 443\n    3 ::, 0\n\nPS> Get-NetTCPConnection | group {$_.RemoteAddress}\n\nCount Name\n----- ----\n  899 10.0.0.9\n\nPS> Get-NetTCPConnection | group @{e={(Get-Process -Id $_.OwningProcess).Name}}\n\nCount Name\n----- ----\n  900 BackupAgent\n",
		[]string{
			"6: 1 TCP rows BOUND of PID 5 from port 54798", "12: 900 TCP rows to 10.0.0.9:443", "13: 3 TCP rows to ::", "19: 899 TCP rows to 10.0.0.9", "25: 900 TCP rows of BackupAgent",
		},
	},
	{
		"two commands without prompts", "Get-NetTCPConnection | group State\nCount Name\n----- ----\n  490 Bound\nGet-NetUDPEndpoint | group OwningProcess\nCount Name\n----- ----\n    7 4\n",
		[]string{"4: 490 TCP rows BOUND", "8: 7 UDP rows of PID 4"},
	},
	{
		"groups of rows that were cut", "PS> Get-NetTCPConnection | select -first 500 | group State\n\nCount Name\n----- ----\n  490 Bound\n",
		[]string{"5: >=490 TCP rows BOUND"},
	},
	{
		"groups in other forms", "\"Count\",\"Group\",\"Name\"\n\"1034\",\"x\",\"Bound\"\n\nValues : {TimeWait}\nCount  : 14211\nGroup  : {x}\nName   : TimeWait\n\n[\n  {\"Values\":[\"Closed\"],\"Count\":3,\"Name\":\"Closed\"}\n]\n",
		[]string{"2: 1034 TCP rows BOUND", "4: 14211 TCP rows TIME_WAIT", "10: 3 TCP rows CLOSED"},
	},
	{
		"netstat -s", statistics,
		[]string{"8: 347883 TCP opens over IPv4", "10: 13218 TCP failed attempts over IPv4", "11: 272367 TCP resets over IPv4", "12: 44 TCP connections over IPv4"},
	},
	{
		"netstat -s in German", "\r\nTCP-Statistik f\u00fcr IPv6\r\n\r\n  Aktiv ge\u00f6ffnet = 1\r\n  Passiv ge\u00f6ffnet = 2\r\n  Fehler = 3\r\n  Zur\u00fcckgesetzt = 4\r\n  Aktuell = 5\r\n  a = 6\r\n  b = 7\r\n  c = 8\r\n",
		[]string{"4: 1 TCP opens over IPv6", "6: 3 TCP failed attempts over IPv6", "7: 4 TCP resets over IPv6", "8: 5 TCP connections over IPv6"},
	},
	{
		"netsh", "\nMIB-II TCP Statistics\n------------------------------------------------------\nTimeout Algorithm:                   Van Jacobson's Algorithm\nMaximum Connections:                 Dynamic\nActive Opens:                        12\nAttempts Failed:                     3\nCurrently Established:               7\nIn Segments:                         99\n",
		[]string{"6: 12 TCP opens", "7: 3 TCP failed attempts", "8: 7 TCP connections"},
	},
	{
		"Count-Ports.ps1", "10/9/2010 6:31:06 PM\n\nIPAddress PortsWaiting %Waiting PortsUsed %Used\n\n--------- ------------ -------- --------- -----\n\n203.0.113.98 3980 99.33 % 3991 80.06 %\n",
		[]string{"7: >=3991 TCP ports to 203.0.113.98 /4985 2010-10-09T18:31:06?", "7: >=3980 TCP ports TIME_WAIT to 203.0.113.98 2010-10-09T18:31:06?"},
	},
	{
		"PortUsage", " Local Address : Number Of Ports Above 49151\n =====\n  0.0.0.0 : 6\n  192.0.2.10 : 9211 ** WARNING: More than 50% of local ports in use.**\n\n Process Name : Number Of Ports Above 49151\n =====\n  LeakyService [4242] : 9190\n  svchost (RpcEptMapper, RpcSs) [956] : 41\n\n **** Total local ports in use: 9231 of 16384 (56.3 %) ****\n\n Process Name: Listening Port Number\n ===\n  LeakyService : 49701\n",
		[]string{
			"3: >=6 TCP ports over IPv4 from 0.0.0.0", "4: >=9211 TCP ports over IPv4 from 192.0.2.10", "8: >=9190 TCP ports over IPv4 of LeakyService (PID 4242)", "9: >=41 TCP ports over IPv4 of svchost (PID 956)", "11: >=9231 TCP ports over IPv4 /16384",
		},
	},
	{"TSS", "Port and Port Exhaustion Details\n=====\nTotal ports: 16384\nStart port: 49152\nPorts in use: 7\n", []string{"5: 7 rows of the dynamic range /16384"}},
	{
		"Log-EphemeralPortStats.ps1",
		"Computer DateTime             LocalAddress InUse   Max Percent Listening\n-------- --------             ------------ -----   --- ------- ---------\nSRV01    10/13/2026 2:22:01 PM 10.0.0.5    12034 16384    73.5        12\n\n\nPID  Count\n---  -----\n4242 12001\n0       12\n",
		[]string{"3: >=12034 TCP ports over IPv4 from 10.0.0.5 /16384 2026-10-13T14:22:01", "8: 12001 TCP rows of PID 4242", "9: 12 TCP rows of PID 0"},
	},
	{
		"states and numbers", "2026-03-10 09:00:00 TIME_WAIT=14211 CLOSE_WAIT=12 BOUND=1034\n\n  14211 TIME_WAIT\n    212 ESTABLISHED\n\nEstablished: 5, Listen: 7, TimeWait: 9\n\nBound ports: 4\nSynSent count: 2\n",
		[]string{
			"1: ~14211 TCP rows TIME_WAIT 2026-03-10T09:00:00", "1: ~12 TCP rows CLOSE_WAIT 2026-03-10T09:00:00", "1: ~1034 TCP rows BOUND 2026-03-10T09:00:00", "3: ~14211 TCP rows TIME_WAIT", "4: ~212 TCP rows ESTABLISHED",
			"6: ~5 TCP rows ESTABLISHED", "6: ~7 TCP rows LISTENING", "6: ~9 TCP rows TIME_WAIT", "8: ~4 TCP rows BOUND", "9: ~2 TCP rows SYN_SENT",
		},
	},
	{
		"windows_exporter", "# HELP windows_tcp_connections_established x\nwindows_tcp_connections_established{af=\"ipv4\"} 80\nwindows_tcp_connection_failures_total{af=\"ipv6\"} 2.7e+01\nwindows_tcp_connections_state_count{af=\"ipv4\",state=\"TIME_WAIT\"} 14211 1394006400000\nwmi_tcp_connections_active 5\nwindows_process_handles{process=\"leaky\",process_id=\"4242\"} 31875\nwindows_cpu_time_total{core=\"0\"} 5\nwindows_tcp_connections_established{af=\"ipv4\"} NaN\n",
		[]string{
			"2: 80 TCP connections over IPv4", "3: 27 TCP failed attempts over IPv6", "4: 14211 TCP rows TIME_WAIT over IPv4", "5: 5 TCP opens", "6: 31875 handles of leaky (PID 4242)",
		},
	},
	{
		"the agent of Zabbix", "perf_counter_en[\"\\TCPv4\\Connections Established\"]    [d|80]\nperf_counter[\\TCPv4\\Connection Failures,60] [d|2.000000]\nperf_counter_en[\"\\Process(leaky)\\Handle Count\",60] [d|31875]\nperf_counter_en[\"\\TCPv4\\Connections Established\"] [m|ZBX_NOTSUPPORTED]\nperf_counter_en[\"\\TCPv4\\Connections Established\"]\n",
		[]string{"1: 80 TCP connections over IPv4", "2: 2 TCP failed attempts over IPv4", "3: 31875 handles of leaky"},
	},
	{
		"a check of Checkmk", "OK - ESTABLISHED: 80, TIME_WAIT: 14211, BOUND: 9000, LISTEN: 50\n",
		[]string{"1: ~80 TCP rows ESTABLISHED", "1: ~14211 TCP rows TIME_WAIT", "1: ~9000 TCP rows BOUND", "1: ~50 TCP rows LISTENING"},
	},
	{
		"typeperf in German", "\"(PDH-CSV 4.0) (Mitteleurop\u00e4ische Zeit)(-60)\",\"\\\\SRV\\TCPv4\\Hergestellte Verbindungen\",\"\\\\SRV\\TCPv4\\Verbindungsfehler\"\n\"03/10/2026 09:00:00.123\",\"80.000000\",\"5\"\n",
		[]string{"2: 80 TCP connections over IPv4 2026-03-10T09:00:00 1h0m0s", "2: 5 TCP failed attempts over IPv4 2026-03-10T09:00:00 1h0m0s"},
	},
	{
		"typeperf", "\"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)\",\"\\\\SRV\\TCPv4\\Connections Established\",\"\\\\SRV\\Process(leaky#1)\\Handle Count\",\"\\\\SRV\\Process(_Total)\\Handle Count\",\"\\\\SRV\\Memory\\x\"\n\"03/10/2026 09:00:00.123\",\"80.000000\",\" \",\"1\",\"1\"\n\"03/10/2026 09:00:15.123\",\"95\",\"10.0\",\"1\",\"1\"\n\"03/10/2026 09:00:30.123\",\"90\",\"20.4\",\"1\",\"1\"\n",
		[]string{
			"2: 80 TCP connections over IPv4 2026-03-10T09:00:00 1h0m0s", "3: 95 TCP connections over IPv4 2026-03-10T09:00:15 1h0m0s", "4: 90 TCP connections over IPv4 2026-03-10T09:00:30 1h0m0s",
			"3: 10 handles of leaky 2026-03-10T09:00:15 1h0m0s", "4: 20 handles of leaky 2026-03-10T09:00:30 1h0m0s",
		},
	},
	{
		"Get-Counter", "Timestamp                 CounterSamples\n---------                 --------------\n13/10/2026 9:00:00 AM      \\\\srv\\tcpv4\\connections established :\n                          80\n\n                          \\\\srv\\process v2(leaky:4242)\\handle count :\n                          31875\n",
		[]string{"4: 80 TCP connections over IPv4 2026-10-13T09:00:00", "7: 31875 handles of leaky (PID 4242) 2026-10-13T09:00:00"},
	},
}

const statistics = "\r\nIPv4 Statistics\r\n\r\n  Packets Received                   = 5\r\n\r\nTCP Statistics for IPv4\r\n\r\n  Active Opens                        = 347883\r\n  Passive Opens                       = 86083\r\n  Failed Connection Attempts          = 13218\r\n" +
	"  Reset Connections                   = 272367\r\n  Current Connections                 = 44\r\n  Segments Received                   = 8011276\r\n  Segments Sent                       = 7388244\r\n  Segments Retransmitted              = 34858\r\n\r\nUDP Statistics for IPv4\r\n\r\n  Datagrams Received    = 1\r\n  No Ports              = 2\r\n"

func TestCounts(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found, codes := readText(t, c.text)
			var got []string
			for i := range found {
				got = append(got, brief(&found[i]))
			}
			if d := cmp.Diff(c.want, got); d != "" || codes != nil {
				t.Errorf("errors %v\n%s", codes, d)
			}
			if kind, ok := Sniff([]byte(c.text)); ok != (c.want != nil) || kind != "counts" {
				t.Errorf("Sniff says %q %v", kind, ok)
			}
		})
	}
}

// Groups of events are no counts of ports: what they are is told. What groups without members
// are, the command above says.
func TestGroupsOfEvents(t *testing.T) {
	const members = "{System.Diagnostics.Eventing.Reader.EventLogRecord, System.Diagnostics...}"
	const rows = "\nCount Name Group\n----- ---- -----\n   12 4227 " + members + "\n    3 4231 " + members + "\n"
	for text, want := range map[string]string{
		rows: "12 of 4227, 3 of 4231",
		"\nCount Name        Group\n----- ----        -----\n   12 Tcpip, 4227 {System.Diagnostics.EventLogEntry}\n":                              "12 of 4227",
		"PS> Get-WinEvent -LogName System | group Id -NoElement\n\nCount Name\n----- ----\n   12 4227\n":                                          "12 of 4227",
		"PS> Get-NetTCPConnection | group OwningProcess -NoElement\n\nCount Name\n----- ----\n   12 4227\n":                                       "",
		"PS> Get-WinEvent -LogName System\nPS> x\n\nCount Name\n----- ----\n   12 4227\n":                                                         "",
		"\nCount Name  Group\n----- ----  -----\n   12 Tcpip " + members + "\n":                                                                   "",
		strings.Replace(rows, "   12 4227 "+members+"\n", strings.Repeat("    1 7    "+members+"\n", maxIDs), 1) + "    1 9    " + members + "\n": strings.TrimSuffix(strings.Repeat("1 of 7, ", maxIDs), ", "),
	} {
		found, errs := Read(strings.NewReader(text))
		told := ""
		if err := errors.Join(errs...); err != nil {
			told = err.Error()
		}
		kind, ok := Sniff([]byte(text))
		if n := strings.Contains(told, "by their id ("+want+")"); want != "" && (!n || found != nil || !ok || kind != "counts") || want == "" && told != "" {
			t.Errorf("%q: %v, %s %v, told %q", text, found, kind, ok, told)
		}
	}
}

// A count has the command that tells what it is.
func TestCommand(t *testing.T) {
	found, _ := readText(t, "C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n5\r\nPS C:\\> Get-NetTCPConnection |\r\n>> group State\r\n\r\nCount Name\r\n----- ----\r\n    7 Bound\r\n")
	if len(found) != 2 || found[1].Line != 8 || found[0].Command != `netstat -ano | find /c "TIME_WAIT"` || found[1].Command != "Get-NetTCPConnection | group State" {
		t.Errorf("%+v", found)
	}
}

// Ordinary texts, tables and prose hold no counts.
func TestNotCounts(t *testing.T) {
	for _, text := range []string{
		"", "Dear support,\nClosed: 12\nBound: 3\nOpen: 7\n", "  TCP    10.0.0.5:49152   10.0.0.9:443   TIME_WAIT   0\n", "State      Recv-Q Send-Q Local Address:Port\nTIME-WAIT  0      0        127.0.0.1:54806     127.0.0.1:8002\n",
		"C:\\>netstat -ano\n\nActive Connections\n", "Count Name\n----- ----\n   12 apples\n", "Count : 5\n", "5\n", "PID  Count\n---  -----\n4242 12001\n", "TCP x\n  a = 1\n  b = 2\n", "IPAddress PortsWaiting %Waiting PortsUsed %Used\n",
		"\"a\",\"PDH-CSV\"\n", "windows_tcp 5\n", "outbound: 5 time wait\n", "C:\\>netstat -s | find /c\n",
	} {
		if found, _ := readText(t, text); found != nil {
			t.Errorf("%q: %s", text, brief(&found[0]))
		}
		if _, ok := Sniff([]byte(text)); ok {
			t.Errorf("%q is taken for counts", text)
		}
	}
}

// The second samples' texts say what they are told to hold.
func TestSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples", "second", "texts")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("second samples not present: their counts are not checked here")
	}
	for file, want := range map[string]string{
		"group-state-owner-process.txt": "29: 2029 TCP rows BOUND of com.docker.backend (PID 25740)", "group-state-owner-no-name.txt": "4: 2260 TCP rows BOUND of PID 10684",
		"group-udp-owner-range.txt": "5: 15683 UDP rows of com.docker.sailor (PID 18244)", "group-state.txt": "5: 14211 TCP rows TIME_WAIT", "measure-bound.txt": "4: 12034 TCP rows BOUND",
		"find-c.txt": "8: 1034 TCP rows BOUND", "count-ports-script.txt": "13: >=3991 TCP ports to 203.0.113.98 /4985 2010-10-09T18:31:06?", "linux-ss.txt": "", "tcpview-save.txt": "", "event-viewer.csv": "", "quoted-findstr.txt": "",
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		found, codes := readText(t, string(data))
		has := want == "" && found == nil
		for i := range found {
			has = has || brief(&found[i]) == want
		}
		if _, ok := Sniff(data); !has || codes != nil || ok != (want != "") {
			t.Errorf("%s: %d counts without %q, errors %v, told %v", file, len(found), want, codes, ok)
		}
	}
}
