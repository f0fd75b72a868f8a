package sockets

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse"
)

// readText gives the tables of a text, each as a line with what it is and its rows, and
// the codes and lines of what is damaged.
func readText(t testing.TB, text string) (tables, codes []string) {
	t.Helper()
	for s, err := range NewReader(strings.NewReader(text)).Snapshots() {
		var fe *netstatparse.FormatError
		switch {
		case errors.As(err, &fe) && fe.Line > 0 && fe.Text != "":
			codes = append(codes, fmt.Sprintf("%s %d", fe.Code, fe.Line))
			continue
		case err != nil:
			t.Fatalf("error without place or text: %v", err)
		}
		var flags strings.Builder
		for _, f := range []struct {
			on   bool
			name string
		}{
			{s.HasPID, "pid"}, {s.HasBound, "bound"}, {s.HasUDP, "udp"}, {s.HasIPv6, "v6"}, {s.HasOwner, "owner"}, {s.Truncated, "cut"}, {s.Filtered, "bare"}, {s.Ambiguous, "?"},
		} {
			if f.on {
				flags.WriteString(" " + f.name)
			}
		}
		if !s.Local.IsZero() {
			flags.WriteString(s.Local.Format(" 2006-01-02T15:04:05"))
		}
		tables = append(tables, fmt.Sprintf("%s %d%s", s.Tool, s.Line, flags.String()))
		for _, e := range s.Entries {
			tables = append(tables, fmt.Sprintf("%d %s %v:%d %v:%d %s %d %s", e.Line, e.Proto, e.Local.Addr(), e.Local.Port(), e.Remote.Addr(), e.Remote.Port(), e.State, e.PID, e.Owner))
		}
	}
	return tables, codes
}

const banner = "\r\nTCPView v3.01 - TCP/UDP endpoint viewer\r\nCopyright (C) 1998-2008\r\nSysinternals - www.sysinternals.com\r\n\r\n"

var cases = []struct {
	name, text string
	want       []string
}{
	{
		"tcpvcon -c", banner + "TCP,leaky.exe,4242,CLOSE_WAIT,10.0.0.5:49200,10.0.0.9:443\r\nUDP,a, b.exe,888,*,[::1]:500,*:*\r\nTCP,[System Process],0,TIME_WAIT,srv01:49201,10.0.0.9:443\r\n",
		[]string{
			"tcpvcon 6 pid udp v6 owner", "6 tcp 10.0.0.5:49200 10.0.0.9:443 CLOSE_WAIT 4242 leaky.exe", "7 udp ::1:500 invalid IP:0 UNKNOWN 888 a, b.exe", "8 tcp invalid IP:49201 10.0.0.9:443 TIME_WAIT 0 ",
		},
	},
	{
		"tcpvcon", banner + "[TCP] leaky.exe\r\n\tPID:     4242\r\n\tState:   ESTABLISHED\r\n\tLocal:   10.0.0.5:49200\r\n\tRemote:  10.0.0.9:443\r\n[UDPV6] svchost.exe\r\n\tPID:     888\r\n\tState:   *\r\n\tLocal:   [fe80::1%12]:546\r\n\tRemote:  *:*\r\n",
		[]string{"tcpvcon 6 pid udp v6 owner", "6 tcp 10.0.0.5:49200 10.0.0.9:443 ESTABLISHED 4242 leaky.exe", "11 udp fe80::1%12:546 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"TCPView 3", "leaky.exe\t4242\tTCP\tsrv01\t49200\t10.0.0.9\t443\tCLOSE_WAIT\t\t\t\t\r\nsvchost.exe\t888\tUDP\tsrv01\t50001\t*\t*\t\t\t\t\t\r\n",
		[]string{"TCPView 1 pid udp owner bare", "1 tcp invalid IP:49200 10.0.0.9:443 CLOSE_WAIT 4242 leaky.exe", "2 udp invalid IP:50001 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"TCPView 2", "leaky.exe:4242\tTCP\tsrv01:49200\t10.0.0.9:443\tCLOSE_WAIT\t\r\nsvchost.exe:888\tUDP\t0.0.0.0:500\t*:*\t\t\r\n",
		[]string{"TCPView 1 pid udp owner bare", "1 tcp invalid IP:49200 10.0.0.9:443 CLOSE_WAIT 4242 leaky.exe", "2 udp 0.0.0.0:500 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"TCPView 4", "leaky.exe\t4242\tTCP\tClose Wait\t10.0.0.5\t49200\t10.0.0.9\t443\t3/10/2026 9:00:00 AM\tleaky.exe\r\nsvchost.exe\t888\tUDPv6\t\t::1\t50001\t*\t*\t\t\r\n",
		[]string{"TCPView 1 pid udp v6 owner bare", "1 tcp 10.0.0.5:49200 10.0.0.9:443 CLOSE_WAIT 4242 leaky.exe", "2 udp ::1:50001 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"TCPView 4 with its header", "Process Name\tProcess ID\tProtocol\tState\tLocal Address\tLocal Port\tRemote Address\tRemote Port\tCreate Time\tModule Name\r\nleaky.exe\t4242\tTCP\tBound\t10.0.0.5\t49200\t0.0.0.0\t0\tx\tleaky.exe\r\n",
		[]string{"TCPView 2 pid bound owner", "2 tcp 10.0.0.5:49200 0.0.0.0:0 BOUND 4242 leaky.exe"},
	},
	{
		"CurrPorts with tabs", "leaky.exe\t4242\tTCP\t49200\t\t10.0.0.5\t443\thttps\t10.0.0.9\thost.example\tClose Wait\tC:\\leaky.exe\r\nsvchost.exe\t888\tUDP\t500\tisakmp\t0.0.0.0\t\t\t\t\t\t\r\n",
		[]string{"CurrPorts 1 pid udp owner bare", "1 tcp 10.0.0.5:49200 10.0.0.9:443 CLOSE_WAIT 4242 leaky.exe", "2 udp 0.0.0.0:500 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"CurrPorts' CSV", "Process Name,Process ID,Protocol,Local Port,Local Port Name,Local Address,Remote Port,Remote Port Name,Remote Address,Remote Host Name,State,Process Path\r\n" +
			"\"a, b.exe\",4242,TCP,49200,,10.0.0.5,443,https,10.0.0.9,,Established,\"C:\\a, b.exe\"\r\nsvchost.exe,888,UDP,500,isakmp,::,,,,,,\r\n",
		[]string{"CurrPorts 2 pid udp v6 owner", "2 tcp 10.0.0.5:49200 10.0.0.9:443 ESTABLISHED 4242 a, b.exe", "3 udp :::500 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"CurrPorts' list", currPortsList,
		[]string{"CurrPorts 2 pid udp owner", "2 tcp 10.0.0.5:49200 10.0.0.9:443 LISTENING 4242 leaky.exe", "15 udp 0.0.0.0:500 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"CurrPorts' XML", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\r\n<tcp_udp_ports_list>\r\n<item>\r\n<process_name>a&amp;b.exe</process_name>\r\n<process_id>4242</process_id>\r\n<protocol>TCP</protocol>\r\n<local_port>49200</local_port>\r\n<local_port_name></local_port_name>\r\n<local_address>10.0.0.5</local_address>\r\n<remote_port>443</remote_port>\r\n<remote_address>10.0.0.9</remote_address>\r\n<state>Established</state>\r\n</item>\r\n</tcp_udp_ports_list>\r\n",
		[]string{"CurrPorts 4 pid owner", "4 tcp 10.0.0.5:49200 10.0.0.9:443 ESTABLISHED 4242 a&b.exe"},
	},
	{
		"netscan of Volatility 2", "Offset(P)          Proto    Local Address    Foreign Address  State       Pid  Owner     Created\n0x7d60fd90         TCPv4    10.0.0.5:49200   10.0.0.9:443     CLOSE_WAIT  4242 leaky.exe 2026-03-10 09:00:00 UTC+0000\n0x7d60fd91         UDPv4    0.0.0.0:500      *:*                          888  a b.exe\n0x7d60fd92         TCPv6    -:0              ::1:443          CLOSED      -1\n0x7d60fd93         x\n",
		[]string{"windows.netscan 2 pid udp owner", "2 tcp 10.0.0.5:49200 10.0.0.9:443 CLOSE_WAIT 4242 leaky.exe", "3 udp 0.0.0.0:500 invalid IP:0 UNKNOWN 888 a b.exe", "4 tcp invalid IP:0 ::1:443 CLOSED -1 "},
	},
	{
		"osquery", "[\n  {\"family\":\"2\",\"fd\":\"0\",\"local_address\":\"0.0.0.0\",\"local_port\":\"49700\",\"pid\":\"5120\",\"protocol\":\"6\",\"remote_address\":\"0.0.0.0\",\"remote_port\":\"0\",\"socket\":\"0\",\"state\":\"UNKNOWN\"},\n" +
			"  {\"family\":\"23\",\"local_address\":\"::\",\"local_port\":\"500\",\"pid\":\"888\",\"protocol\":\"17\",\"remote_address\":\"::\",\"remote_port\":\"0\",\"state\":\"\"},\n  {\"family\":\"2\",\"local_address\":\"::\",\"local_port\":\"0\",\"pid\":\"888\",\"protocol\":\"1\",\"remote_address\":\"::\",\"remote_port\":\"0\"}\n]\n",
		[]string{"osquery 2 pid udp v6", "2 tcp 0.0.0.0:49700 0.0.0.0:0 UNKNOWN 5120 ", "3 udp :::500 :::0 UNKNOWN 888 "},
	},
	{
		"jc", "[{\"proto\":\"TCP\",\"local_address\":\"10.0.0.5\",\"foreign_address\":\"10.0.0.9\",\"state\":\"CLOSE_WAIT\",\"pid\":5120,\"local_port\":49700,\"foreign_port\":443,\"local_port_num\":49700}]",
		[]string{"jc netstat 1 pid", "1 tcp 10.0.0.5:49700 10.0.0.9:443 CLOSE_WAIT 5120 "},
	},
	{
		"Velociraptor", "{\"Pid\":4242,\"Name\":\"leaky.exe\",\"Family\":\"IPv4\",\"Type\":\"TCP\",\"Status\":\"ESTAB\",\"Laddr\":{\"IP\":\"10.0.0.5\",\"Port\":49200},\"Raddr\":{\"IP\":\"10.0.0.9\",\"Port\":443}}\n" +
			"{\"Pid\":888,\"Name\":\"svchost.exe\",\"Type\":\"UDP\",\"Status\":\"\",\"Laddr.IP\":\"0.0.0.0\",\"Laddr.Port\":500,\"Raddr.IP\":\"\",\"Raddr.Port\":0}\n",
		[]string{"Velociraptor 1 pid udp owner", "1 tcp 10.0.0.5:49200 10.0.0.9:443 ESTABLISHED 4242 leaky.exe", "2 udp 0.0.0.0:500 invalid IP:0 UNKNOWN 888 svchost.exe"},
	},
	{
		"windows.netscan", "Volatility 3 Framework 2.0.1\n\nOffset\tProto\tLocalAddr\tLocalPort\tForeignAddr\tForeignPort\tState\tPID\tOwner\tCreated\n\n0xde0d\tTCPv4\t0.0.0.0\t49670\t0.0.0.0\t0\tLISTENING\t1440\tspoolsv.exe\t2022-07-06 16:06:47.000000 \n0xde0e\tUDPv6\t::\t500\t*\t0\t\t888\tsvchost.exe\tx\n0xde0f\tTCPv4\t-\t49671\t10.0.0.9\t443\tCLOSED\t-\t-\tN/A\n",
		[]string{"windows.netscan 5 pid udp v6 owner", "5 tcp 0.0.0.0:49670 0.0.0.0:0 LISTENING 1440 spoolsv.exe", "6 udp :::500 invalid IP:0 UNKNOWN 888 svchost.exe", "7 tcp invalid IP:49671 10.0.0.9:443 CLOSED -1 "},
	},
	{
		"two tables with times", "3/10/2026 9:00:00 AM\r\nTCPView v3.01 - x\r\nTCP,a.exe,1,BOUND,10.0.0.5:5,0.0.0.0:0\r\n\r\n13/10/2026 9:05:00\r\nTCPView v3.01 - x\r\nTCP,a.exe,1,BOUND,10.0.0.5:6,0.0.0.0:0\r\n",
		[]string{
			"tcpvcon 3 pid bound owner ? 2026-03-10T09:00:00", "3 tcp 10.0.0.5:5 0.0.0.0:0 BOUND 1 a.exe", "tcpvcon 7 pid bound owner 2026-10-13T09:05:00", "7 tcp 10.0.0.5:6 0.0.0.0:0 BOUND 1 a.exe",
		},
	},
	{
		"a table that is cut", banner + "TCP,a.exe,1,BOUND,10.0.0.5:5,0.0.0.0:0\r\nTCP,a.exe,1,BOUND,10.0.0.5:6,0.0.0.0:0", []string{
			"tcpvcon 6 pid bound owner cut", "6 tcp 10.0.0.5:5 0.0.0.0:0 BOUND 1 a.exe", "7 tcp 10.0.0.5:6 0.0.0.0:0 BOUND 1 a.exe",
		},
	},
	{
		"JSON that is cut", "[{\"proto\":\"TCP\",\"local_address\":\"10.0.0.5\",\"foreign_address\":\"10.0.0.9\",\"state\":\"BOUND\",\"pid\":5,\"local_port\":49700,\"foreign_port\":443},{\"proto\":",
		[]string{"jc netstat 1 pid bound cut", "1 tcp 10.0.0.5:49700 10.0.0.9:443 BOUND 5 "},
	},
	{
		"JSON between lines", "osqueryi --json\n[\n  {\"family\":\"2\",\"local_address\":\"0.0.0.0\",\"local_port\":\"49700\",\"pid\":\"5120\",\"protocol\":\"6\",\"remote_address\":\"0.0.0.0\",\"remote_port\":\"0\",\"state\":\"LISTEN\"}\n]\n",
		[]string{"osquery 3 pid", "3 tcp 0.0.0.0:49700 0.0.0.0:0 LISTENING 5120 "},
	},
}

const currPortsList = "==================================================\r\nProcess Name      : leaky.exe\r\nProcess ID        : 4242\r\nProtocol          : TCP\r\nLocal Port        : 49200\r\nLocal Port Name   : \r\nLocal Address     : 10.0.0.5\r\nRemote Port       : 443\r\n" +
	"Remote Address    : 10.0.0.9\r\nRemote Host Name  : x\r\nState             : Listening\r\nProcess Path      : C:\\x\r\n==================================================\r\n\r\nProcess Name      : svchost.exe\r\nProcess ID        : 888\r\nProtocol          : UDP\r\nLocal Port        : 500\r\nLocal Port Name   : isakmp\r\nLocal Address     : 0.0.0.0\r\n"

func TestSockets(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, codes := readText(t, c.text)
			if d := cmp.Diff(c.want, got); d != "" || codes != nil {
				t.Errorf("errors %v\n%s", codes, d)
			}
			if kind, ok := Sniff([]byte(c.text)); kind != "sockets" || !ok {
				t.Errorf("Sniff says %q %v", kind, ok)
			}
		})
	}
}

// What other readers read, and what nobody does.
func TestNotSockets(t *testing.T) {
	for _, text := range []string{
		"", "  TCP    10.0.0.5:49152   10.0.0.9:443   TIME_WAIT   0\n", "tcp,udp,icmp,arp,x,y\n", "Dear support,\r\nTCP,UDP and so on\r\n", "a\tb\tTCP\tc\n", "x.exe\t5\tTCP\n",
		"\"Protocol\",\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\",\"ProcessName\",\"PID\"\n\"TCP\",\"0.0.0.0\",\"49700\",\"0.0.0.0\",\"0\",\"BOUND\",\"BackupAgent\",\"5120\"\n",
		"[{\"LocalAddress\":\"::\",\"LocalPort\":5,\"State\":100,\"OwningProcess\":4}]\n", "State      Recv-Q Send-Q Local Address:Port\nTIME-WAIT  0      0        127.0.0.1:54806     127.0.0.1:8002\n",
		"[{\"proto\":\"tcp\",\"recv_q\":0,\"local_address\":\"::\",\"foreign_address\":\"::\",\"foreign_port\":\"*\",\"local_port\":\"22\",\"kind\":\"network\"}]\n",
		"LocalAddress : ::\nLocalPort    : 5\nState        : Bound\n", "<html>\n<process_name>x</process_name>\n</html>\n", "Process Name      : x\nProtocol : TCP\n", "[TCP] x\n", "[TCP] x\n\tLocal:\n",
	} {
		if got, codes := readText(t, text); got != nil || codes != nil {
			t.Errorf("%q: %q, errors %v", text, got, codes)
		}
		if _, ok := Sniff([]byte(text)); ok {
			t.Errorf("%q is taken for sockets", text)
		}
	}
}

// A damaged row is told in its place and costs itself alone.
func TestDamagedRows(t *testing.T) {
	text := banner + "TCP,a.exe,1,BOUND,10.0.0.5:70000,0.0.0.0:0\r\nTCP,a.exe,99999999999,BOUND,10.0.0.5:5,0.0.0.0:0\r\nTCP,a.exe,1,ESTABLISHED,srv:epmap,10.0.0.9:https\r\nTCP,a.exe,1,X_WAIT,10.0.0.5:7,x:8\r\nTCP,a.exe,1,BOUND,10.0.0.5:8,0.0.0.0:99999\r\n"
	got, codes := readText(t, text)
	want := []string{"tcpvcon 8 pid owner", "8 tcp invalid IP:0 10.0.0.9:0 ESTABLISHED 1 a.exe", "9 tcp 10.0.0.5:7 invalid IP:8 UNKNOWN 1 a.exe"}
	if d := cmp.Diff(want, got); d != "" || !cmp.Equal(codes, []string{"sockets-port 6", "sockets-pid 7", "sockets-named-port 8", "sockets-port 10"}) {
		t.Errorf("errors %v\n%s", codes, d)
	}
	_, codes = readText(t, banner+strings.Repeat("TCP,a.exe,1,BOUND,10.0.0.5:70000,0.0.0.0:0\r\n", maxErrors+5))
	if len(codes) != maxErrors {
		t.Errorf("%d errors", len(codes))
	}
	for name, head := range map[string]string{"lines": cases[0].text, "JSON": "[\n{\"proto\":"} {
		var last error
		for _, err := range NewReader(io.MultiReader(strings.NewReader(head), iotest.ErrReader(errors.New("disk gone")))).Snapshots() {
			if err != nil {
				last = err
			}
		}
		if last == nil || !strings.Contains(last.Error(), "disk gone") {
			t.Errorf("%s: %v", name, last)
		}
	}
}

// A walk ends when the caller wants no more, whatever was given last.
func TestStop(t *testing.T) {
	text := "TCP,a.exe,1,BOUND,10.0.0.5:70000,0.0.0.0:0\r\n" + cases[15].text + banner + cases[0].text
	all := 0
	for range NewReader(strings.NewReader(text)).Snapshots() {
		all++
	}
	if all < 4 {
		t.Fatalf("%d values", all)
	}
	for n := 1; n <= all; n++ {
		got := 0
		for range NewReader(strings.NewReader(text)).Snapshots() {
			if got++; got == n {
				break
			}
		}
		if got != n {
			t.Errorf("%d values of %d", got, n)
		}
	}
}

// sample reads a file, or the one in an archive.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	if !strings.HasSuffix(name, ".zip") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The second samples' texts hold the rows they are told to hold.
func TestSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples", "second", "texts")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("second samples not present: their tables are not checked here")
	}
	for file, want := range map[string]int{
		"tcpview-save.txt": 3, "memory-image-netscan.txt": 30, "linux-ss.txt": 0, "group-state.txt": 0, "event-viewer.csv": 0, "quoted-findstr.txt": 0, "event-wevtutil.xml": 0,
		"tcpvcon.csv.zip": 12800, "osquery-sockets.json.zip": 4000, "jc-netstat.json.zip": 4000, "netstat.csv.zip": 0, "psnet-select-name.csv.zip": 0,
	} {
		data := sample(t, filepath.Join(dir, file))
		rows := 0
		for s, err := range NewReader(strings.NewReader(string(data))).Snapshots() {
			if rows += len(s.Entries); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		if _, ok := Sniff(data); rows != want || ok != (want > 0) {
			t.Errorf("%s: %d rows, told %v", file, rows, ok)
		}
	}
}
