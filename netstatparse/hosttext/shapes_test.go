package hosttext

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	ps5    = "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\r\n-------  ------    -----      -----     ------     --  -- -----------\r\n"
	psPath = "PSPath                 : Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip"
	frame  = "------------------------------------------------------------------------------\r\n"
	banner = "Nthandle v5.0 - Handle viewer\r\n\r\n"
)

func process(pid int, image string, handles, sockets, line int) Process {
	return Process{PID: pid, Image: image, Handles: handles, Sockets: sockets, Line: line}
}

// processShapes are rows that a simple reading of their table would give to another
// process, or would end the table at.
var processShapes = []struct {
	name, text string
	want       []Process
	errs       []string
}{
	{
		"the modules of tasklist /m are no services",
		"Image Name                     PID Modules                                     \r\n========================= ======== ============================================\r\nsmss.exe                       300 N/A                                         \r\nwininit.exe                    488 ntdll.dll, KERNEL32.DLL,\r\n                                   sechost.dll\r\n",
		[]Process{process(300, "smss.exe", -1, -1, 3), process(488, "wininit.exe", -1, -1, 4)},
		nil,
	},
	{
		"Process Explorer goes on behind the interrupts",
		"Process\tCPU\tPID\tHandles\r\nSystem\t0.1\t4\t4,263\r\n Interrupts\t0.5\tn/a\t\r\n DPCs\t0.5\t\t\r\n smss.exe\t\t300\t53\r\n",
		[]Process{process(4, "System", 4263, -1, 2), process(300, "smss.exe", 53, -1, 5)},
		nil,
	},
	{
		"commas of a command line",
		"Node,CommandLine,HandleCount,Name,ParentProcessId,ProcessId\r\nH,a.exe -x 1,2,3,77,a.exe,99,12\r\nH,b.exe,5,b.exe,98,13\r\n",
		[]Process{process(12, "a.exe", 77, -1, 2), process(13, "b.exe", 5, -1, 3)},
		nil,
	},
	{
		"a name with blanks between numbers",
		"ProcessId Name                HandleCount WorkingSetSize VirtualSize\r\n--------- ----                ----------- -------------- -----------\r\n0         System Idle Process 0           8192           8192\r\n4242      LeakyService.exe    31875       900000         4400000\r\n",
		[]Process{process(0, "System Idle Process", 0, -1, 3), process(4242, "LeakyService.exe", 31875, -1, 4)},
		nil,
	},
	{
		"values wider than their columns",
		ps5 + "  31875      54   812344     903212  12,345,678.56 124388   0 Kontor Web Client\r\n    100      54       44         12                 4   0 System\r\n     21      54       44         12   1\u00a0234,56    712   0 lsass\r\n",
		[]Process{process(124388, "Kontor Web Client", 31875, -1, 3), process(4, "System", 100, -1, 4), process(712, "lsass", 21, -1, 5)},
		nil,
	},
	{
		"a damaged row costs itself",
		ps5 + "     10      54   812344     903212       1.00 1099511627776   0 a\r\n     11      54   812344     903212       1.00    43X8   0 b\r\n cut\r\n     12      54   812344     903212       1.00   4388   0 c\r\n",
		[]Process{process(4388, "c", 12, -1, 6)},
		[]string{"hosttext-pid 3", "hosttext-pid 4", "hosttext-pid 5"},
	},
	{
		"lists of Get-Process",
		"\r\nId      : 4388\r\nHandles : 31875\r\nCPU     : \r\nSI      : 0\r\nName    : LeakyService\r\n\r\nId      : 4\r\nHandles : 4263\r\nName    : System\r\n",
		[]Process{process(4388, "LeakyService", 31875, -1, 2), process(4, "System", 4263, -1, 8)},
		nil,
	},
	{
		"a program by its name alone", "Name           ProcessId  \r\nleaky.exe      1004       \r\nDnscache       1004       \r\n",
		[]Process{process(1004, "leaky.exe", -1, -1, 2)},
		nil,
	},
	{
		"handle.exe complains between the rows",
		banner + frame + "a.exe pid: 12 X\\y\r\n   40: File  (---)   \\Device\\Afd\r\nError opening the next one\r\n   44: File  (---)   \\Device\\Afd\\Endpoint\r\n   48: File  (---)   \\Device\\AfdX\r\n   4C: File  (RW-)   C:\\x\\Device\\Afd\r\n   50: Key           \\Device\\Afd\r\n",
		[]Process{process(12, "a.exe", 5, 2, 4)},
		nil,
	},
	{
		"a search with handle.exe lists no process whole",
		banner + "a.exe              pid: 12     type: File           1A4: \\Device\\Afd\r\n", nil, nil,
	},
	{
		"handle.exe without its banner", frame + "a.exe pid: 12 X\\y\r\n  1A4: File  (---)   \\Device\\Afd\r\n",
		[]Process{process(12, "a.exe", 1, 1, 2)},
		nil,
	},
}

func TestProcessShapes(t *testing.T) {
	for _, c := range processShapes {
		t.Run(c.name, func(t *testing.T) {
			facts, codes := readText(t, c.text)
			if d := cmp.Diff(c.want, facts.Processes); d != "" || !cmp.Equal(codes, c.errs) {
				t.Errorf("errors %v\n%s", codes, d)
			}
		})
	}
}

// What has a name and a number is not yet a process.
func TestNotProcesses(t *testing.T) {
	for _, text := range []string{
		"Name      ProcessId  \r\nDnscache  1004       \r\n", "\r\nName=Dnscache\r\nProcessId=1004\r\n\r\n",
		"name: worker\r\nid: 42\r\n", "[job]\r\nid=42\r\nname=nightly\r\n",
		"TimeCreated  : 3/10/2026\r\nProviderName : Tcpip\r\nId           : 4231\r\nMessage      : x\r\n",
		"App: Foo\r\nOS Version: 10.0.17763 N/A Build 17763\r\n", "App: Foo\r\nDay: Monday\r\nOS Version: 10.0.17763 N/A Build 17763\r\n",
	} {
		if kind, ok := Sniff([]byte(text)); ok {
			t.Errorf("%q is taken for %s", text, kind)
		}
		if _, codes := readText(t, text); codes != nil {
			t.Errorf("%q: errors %v", text, codes)
		}
	}
}

func TestRegistryShapes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Registry
		errs       []string
	}{
		{
			"the path is wrapped to the window",
			"MaxUserPort            : 56559\r\n" + psPath + "\r\n                         \\Para\r\n                         meters\r\nPSChildName            : Parameters\r\n",
			[]Registry{{tcpipKey, "MaxUserPort", 56559, 1}},
			nil,
		},
		{"PowerShell prints the upper half as negative", "TcpNumConnections : -2\r\n" + psPath + `\Parameters`, []Registry{{tcpipKey, "TcpNumConnections", 0xfffffffe, 1}}, nil},
		{
			"a number that is too large", "MaxUserPort : 5655999999999\r\nMaxFreeTcbs : 2000\r\n" + psPath + `\Parameters`,
			[]Registry{{tcpipKey, "MaxFreeTcbs", 2000, 2}},
			[]string{"hosttext-value 1"},
		},
		{"of another key no number is looked at", "MaxUserPort : 5655999999999\r\n" + psPath + `\Other`, nil, nil},
		{"a table", "\r\nMaxUserPort TcpTimedWaitDelay\r\n----------- -----------------\r\n      65534                30\r\n\r\n", []Registry{{"", "MaxUserPort", 65534, 4}, {"", "TcpTimedWaitDelay", 30, 4}}, nil},
		{"a table of one column", "MaxUserPort\r\n-----------\r\n      65534\r\n", []Registry{{"", "MaxUserPort", 65534, 3}}, nil},
		{"a table with more, and nothing", "Hostname MaxUserPort TcpTimedWaitDelay MaxFreeTcbs\r\n-------- ----------- ----------------- -----------\r\nSRV01                              120        2000\r\n", []Registry{{"", "TcpTimedWaitDelay", 120, 3}}, nil},
		{"a table with the key", "MaxFreeTcbs PSPath\r\n----------- ------\r\n1           x\r\n\r\nMaxUserPort MaxFreeTcbs PSPath\r\n----------- ----------- ------\r\n      65534        2000 Registry::" + tcpipKey + "\r\n      65534        2000 Registry::HKEY_LOCAL_MACHINE\\Other\r\n", []Registry{{tcpipKey, "MaxUserPort", 65534, 7}, {tcpipKey, "MaxFreeTcbs", 2000, 7}}, nil},
		{"a table of several machines", "MaxUserPort PSComputerName\r\n----------- --------------\r\n      65534 SRV01\r\n      65534 SRV02\r\n       5000 SRV03\r\n      65534 SRV04\r\n", []Registry{}, nil},
		{"a list without the key", "PS C:\\> x\r\nMaxUserPort       : 65534\r\nTcpTimedWaitDelay : \r\nMaxFreeTcbs       : 2000\r\n", []Registry{{"", "MaxUserPort", 65534, 2}}, nil},
		{"advice", "Please set\r\nMaxUserPort : 65534\r\n\r\n\r\nMaxUserPort : 65534\r\nas in the article\r\n\r\nMaxUserPort = 65534\r\n\r\nMaxUserPort: 65534\r\n\r\nTcpTimedWaitDelay : 0x1e\r\n", nil, nil},
		{"JSON", `{"MaxUserPort": 65534, "TcpTimedWaitDelay": null, "PSPath": "Registry::` + strings.ReplaceAll(tcpipKey, `\`, `\\`) + `"}`, []Registry{{tcpipKey, "MaxUserPort", 65534, 1}}, nil},
		{
			"a key that is deleted has no values",
			"[" + tcpipKey + "]\r\n\"MaxUserPort\"=dword:0000dcef\r\n\r\n[-HKEY_LOCAL_MACHINE\\SYSTEM\\X]\r\n\"TcpTimedWaitDelay\"=dword:1e\r\n",
			[]Registry{{tcpipKey, "MaxUserPort", 0xdcef, 2}},
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, codes := readText(t, c.text)
			if d := cmp.Diff(c.want, facts.Registry); d != "" || !cmp.Equal(codes, c.errs) {
				t.Errorf("errors %v\n%s", codes, d)
			}
		})
	}
}

// A template whose range cannot be read does not hide the next one.
func TestDamagedTemplate(t *testing.T) {
	facts, codes := readText(t, "SettingName      DynamicPortRangeStartPort DynamicPortRangeNumberOfPorts\r\n-----------      ------------------------- -----------------------------\r\n"+
		"Automatic\r\nInternet         99999999999               16384\r\nCompat           49152                     16384\r\n\r\n"+
		"SettingName                   : Datacenter\r\nDynamicPortRangeStartPort     : 4x\r\nDynamicPortRangeNumberOfPorts : 16384\r\n")
	want := []Range{{"tcp", "any", "Compat", 49152, 16384, 5, false}}
	if d := cmp.Diff(want, facts.Ranges); d != "" || !cmp.Equal(codes, []string{"hosttext-range 4", "hosttext-range 8"}) {
		t.Errorf("errors %v\n%s", codes, d)
	}
}

func TestLongPath(t *testing.T) {
	facts, _ := readText(t, "MaxUserPort : 1\r\n"+psPath+"\r\n"+strings.Repeat("   x\r\n", 2*maxPath))
	if facts.Registry != nil {
		t.Errorf("%+v", facts.Registry)
	}
}

// A title may begin with the word that begins a row of netstat.
func TestTitleBeginsWithTransport(t *testing.T) {
	facts, _ := readText(t, "TCP dynamic\r\n---------------------------------\r\nStart : 49152\r\nNumber : 16384\r\n")
	if d := cmp.Diff([]Range{{"tcp", "any", "", 49152, 16384, 3, false}}, facts.Ranges); d != "" {
		t.Error(d)
	}
}
