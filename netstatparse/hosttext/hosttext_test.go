package hosttext

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse"
)

func readText(t testing.TB, text string) (Facts, []string) {
	t.Helper()
	facts, errs := Read(strings.NewReader(text))
	var codes []string
	for _, err := range errs {
		var fe *netstatparse.FormatError
		if !errors.As(err, &fe) || fe.Line < 1 || fe.Text == "" {
			t.Fatalf("error without place or text: %v", err)
		}
		codes = append(codes, fmt.Sprintf("%s %d", fe.Code, fe.Line))
	}
	return facts, codes
}

const dynamic = "\r\nProtocol %s Dynamic Port Range\r\n---------------------------------\r\nStart Port      : %d\r\nNumber of Ports : %d\r\n\r\n"

const tasks = "\r\nImage Name                     PID Services                                    \r\n" +
	"========================= ======== ============================================\r\n" +
	"System Idle Process              0 N/A                                         \r\n" +
	"svchost.exe                   1004 RpcEptMapper, RpcSs,                        \r\n" +
	"                                   Power                                       \r\n" +
	"backup agent.exe              5120 Nicht zutreffend                            \r\n"

func TestRanges(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Range
		errs       []string
	}{
		{"default", fmt.Sprintf(dynamic, "tcp", 49152, 16384), []Range{{"tcp", "any", "", 49152, 16384, 4, false}}, nil},
		{"both", fmt.Sprintf(dynamic+dynamic, "tcp", 1024, 64511, "udp", 49152, 16383), []Range{{"tcp", "any", "", 1024, 64511, 4, false}, {"udp", "any", "", 49152, 16383, 10, false}}, nil},
		{"echo", "C:\\>netsh int ipv6 show dynamicport udp\r\n" + fmt.Sprintf(dynamic, "udp", 49152, 16384), []Range{{"udp", "ipv6", "", 49152, 16384, 5, false}}, nil},
		{"german", "Protokoll tcp Dynamischer Portbereich\r\n---------------------------------\r\nStartport        : 49152\r\nAnzahl von Ports : 255\r\n", []Range{{"tcp", "any", "", 49152, 255, 3, false}}, nil},
		{"japanese", "プロトコル tcp の動的ポートの範囲\n---------------------------------\n開始ポート        ： 49152\nポート数 ： 16384\n", []Range{{"tcp", "any", "", 49152, 16384, 3, false}}, nil},
		{"last port is 65535", fmt.Sprintf(dynamic, "tcp", 49152, 16384), []Range{{"tcp", "any", "", 49152, 16384, 4, false}}, nil},
		{"past 65535", fmt.Sprintf(dynamic, "tcp", 49152, 16385), nil, []string{"hosttext-range 4"}},
		{"no ports", fmt.Sprintf(dynamic, "tcp", 49152, 0), nil, []string{"hosttext-range 4"}},
		{"statistics", "\r\nMIB-II TCP Statistics\r\n------------------------------\r\nActive Opens : 4\r\nPassive Opens : 5\r\nResets : 6\r\n\r\n", nil, nil},
		{"one number", "TCP x\r\n-----------\r\nStart : 4\r\n", nil, nil},
		{"no transport", "Something\r\n-----------\r\nStart : 4000\r\nNumber : 10\r\n", nil, nil},
		{"words", "TCP Global Parameters\r\n----------------------------\r\nReceive-Side Scaling State : enabled\r\nA : 5\r\nB : 6\r\n", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			facts, codes := readText(t, c.text)
			if d := cmp.Diff(Facts{Ranges: c.want}, facts); d != "" || !cmp.Equal(codes, c.errs) {
				t.Errorf("errors %v\n%s", codes, d)
			}
			if kind, ok := Sniff([]byte(c.text)); ok != (len(c.want) > 0) || ok && kind != "hosttext.range" {
				t.Errorf("Sniff says %q %v", kind, ok)
			}
		})
	}
}

func TestExcluded(t *testing.T) {
	text := "\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n      5357        5357\r\n     50000       50059     *\r\n     60000       50059\r\n\r\n* - Administered port exclusions.\r\n"
	facts, codes := readText(t, text)
	want := []Excluded{
		{Transport: "tcp", Family: "any", Start: 5357, End: 5357, Line: 6},
		{Transport: "tcp", Family: "any", Start: 50000, End: 50059, Line: 7, Administered: true, Maker: MakerAdministrator},
	}
	if d := cmp.Diff(want, facts.Excluded); d != "" || !cmp.Equal(codes, []string{"hosttext-excluded 8"}) {
		t.Errorf("errors %v\n%s", codes, d)
	}
	if kind, _ := Sniff([]byte(text)); kind != "hosttext.excluded" {
		t.Errorf("Sniff says %q", kind)
	}
}

func TestProcesses(t *testing.T) {
	facts, codes := readText(t, tasks)
	want := []Process{
		{PID: 0, Image: "System Idle Process", Services: nil, Handles: -1, Sockets: -1, Line: 4},
		{PID: 1004, Image: "svchost.exe", Services: []string{"RpcEptMapper", "RpcSs", "Power"}, Handles: -1, Sockets: -1, Line: 5},
		{PID: 5120, Image: "backup agent.exe", Services: nil, Handles: -1, Sockets: -1, Line: 7},
	}
	if d := cmp.Diff(want, facts.Processes); d != "" || codes != nil {
		t.Errorf("errors %v\n%s", codes, d)
	}
	// Without /svc the third column is no service.
	plain := "Image Name                     PID Session Name        Session#    Mem Usage\r\n========================= ======== ================ =========== ============\r\nsvchost.exe                   1004 Services                   0     12,345 K\r\n"
	facts, _ = readText(t, plain)
	if d := cmp.Diff([]Process{{PID: 1004, Image: "svchost.exe", Services: nil, Handles: -1, Sockets: -1, Line: 3}}, facts.Processes); d != "" {
		t.Error(d)
	}
	facts, codes = readText(t, tasks+"broken                        X12 N/A\r\n")
	if len(facts.Processes) != 3 || !cmp.Equal(codes, []string{"hosttext-pid 8"}) {
		t.Errorf("%d processes, errors %v", len(facts.Processes), codes)
	}
}

func TestProcessesCSV(t *testing.T) {
	text := "\"Abbildname\",\"PID\",\"Dienste\"\r\n\"svchost.exe\",\"956\",\"RpcEptMapper,RpcSs\"\r\n\"broken\r\n\"my app.exe\",\"12\",\"Nicht zutreffend\"\r\n"
	facts, codes := readText(t, text)
	want := []Process{{PID: 956, Image: "svchost.exe", Services: []string{"RpcEptMapper", "RpcSs"}, Handles: -1, Sockets: -1, Line: 2}, {PID: 12, Image: "my app.exe", Services: nil, Handles: -1, Sockets: -1, Line: 4}}
	if d := cmp.Diff(want, facts.Processes); d != "" || !cmp.Equal(codes, []string{"hosttext-csv 3"}) {
		t.Errorf("errors %v\n%s", codes, d)
	}
	if kind, _ := Sniff([]byte(text)); kind != "hosttext.processes" {
		t.Errorf("Sniff says %q", kind)
	}
}

const tcpipKey = `HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`

// The sample bundles' texts say what their truth files say.
func TestSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("samples not present: the bundles' texts are not checked here")
	}
	for file, want := range map[string]Facts{
		"bundles/leak64/dynamicport.txt":                    {Ranges: []Range{{"tcp", "any", "", 49152, 512, 4, false}, {"udp", "any", "", 49152, 512, 10, false}}},
		"bundles/german/dynamicport.txt":                    {Ranges: []Range{{"tcp", "any", "", 49152, 255, 4, false}}},
		"text/synthetic/tasklist_svc_csv_de.csv":            {Processes: []Process{{PID: 956, Image: "svchost.exe", Services: []string{"RpcEptMapper", "RpcSs"}, Handles: -1, Sockets: -1, Line: 2}}},
		"text/synthetic/tasklist_v_csv_en.csv":              {Processes: []Process{{PID: 956, Image: "svchost.exe", Services: nil, Handles: -1, Sockets: -1, Line: 2}}},
		"text/synthetic/reg_query_tcpip_params.txt":         {Registry: []Registry{{tcpipKey, "MaxUserPort", 0xdcef, 3}, {tcpipKey, "TcpTimedWaitDelay", 30, 4}}},
		"text/synthetic/handle_a_afd.txt":                   {Processes: []Process{{PID: 4388, Image: "LeakyService.exe", Handles: 3, Sockets: 2, Line: 7}}},
		"text/synthetic/getprocess_sort_handles_ps51.txt":   {Processes: []Process{{PID: 4388, Image: "LeakyService", Handles: 31875, Sockets: -1, Line: 4}, {PID: 4, Image: "System", Handles: 4263, Sockets: -1, Line: 5}}},
		"text/synthetic/procexp_saveas.txt":                 {Processes: []Process{{PID: 0, Image: "System Idle Process", Handles: -1, Sockets: -1, Line: 2}, {PID: 4388, Image: "LeakyService.exe", Handles: 31875, Sockets: 2, Line: 3}}},
		"text/synthetic/ps_getnettcpsetting_fl_dynamic.txt": {Ranges: []Range{{"tcp", "any", "", 49152, 16384, 3, false}}},
		"text/real/en_win10_netstat-aonb.txt":               {},
	} {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		facts, codes := readText(t, string(data))
		if d := cmp.Diff(want, facts); d != "" || codes != nil {
			t.Errorf("%s: errors %v\n%s", file, codes, d)
		}
	}
}

func TestWideAndBroken(t *testing.T) {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + tasks)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	want, _ := readText(t, tasks)
	if facts, _ := readText(t, b.String()); !cmp.Equal(facts, want) {
		t.Error(cmp.Diff(want, facts))
	}
	facts, errs := Read(io.MultiReader(strings.NewReader(tasks), iotest.ErrReader(errors.New("disk gone"))))
	if len(facts.Processes) != 3 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "disk gone") {
		t.Errorf("%d processes, errors %v", len(facts.Processes), errs)
	}
}

func TestLimits(t *testing.T) {
	facts, codes := readText(t, strings.Repeat(fmt.Sprintf(dynamic, "tcp", 1, 1), maxRanges+1))
	if len(facts.Ranges) != maxRanges || len(codes) != 1 {
		t.Errorf("%d ranges, errors %v", len(facts.Ranges), codes)
	}
	facts, codes = readText(t, tasks+strings.Repeat("a.exe                         5120 N/A\r\n", maxProcesses))
	if len(facts.Processes) != maxProcesses || len(codes) != 3 {
		t.Errorf("%d processes, %d errors", len(facts.Processes), len(codes))
	}
	facts, _ = readText(t, tasks+"a.exe                         5120 "+strings.Repeat("s,", maxServices+1)+"\r\n")
	if n := len(facts.Processes[3].Services); n != maxServices {
		t.Errorf("%d services", n)
	}
	_, codes = readText(t, tasks+strings.Repeat("a.exe                         X N/A\r\n", maxErrors+1))
	if len(codes) != maxErrors {
		t.Errorf("%d errors", len(codes))
	}
}

// A number that cannot be one is told with its line and costs its row alone.
func TestImpossibleNumbers(t *testing.T) {
	for _, c := range []struct {
		text      string
		codes     []string
		processes int
	}{
		{"HandleCount  Name   ProcessId\r\n999999999999 a.exe  12\r\n7            b.exe  1099511627776\r\n8            c.exe  13\r\n", []string{"hosttext-value 2", "hosttext-pid 3"}, 2},
		{"Node,HandleCount,Name,ProcessId\r\nHOST,x1,a.exe,12\r\nHOST,5,b.exe,13\r\n", []string{"hosttext-value 2"}, 2},
		{tcpipKey + "\r\n    MaxUserPort    REG_DWORD    0x1ffffffff\r\n    TcpTimedWaitDelay    REG_DWORD    0x1e\r\n", []string{"hosttext-value 2"}, 0},
		{"PROCESS ffffe00102340080\r\n    SessionId: 0  Cid: 1ffffffff    Peb: 0\r\n    DirBase: 1  HandleCount: 168.\r\n    Image: a.exe\r\n", []string{"hosttext-pid 2"}, 0},
		{"Nthandle v5.0 - Handle viewer\r\n\r\nHandle type summary:\r\n  File            : 99999999999\r\nTotal handles: 3\r\n", []string{"hosttext-value 4"}, 0},
	} {
		facts, codes := readText(t, c.text)
		if !cmp.Equal(codes, c.codes) || len(facts.Processes) != c.processes {
			t.Errorf("%q: errors %v, processes %+v", c.text, codes, facts.Processes)
		}
	}
}

func TestLimitsOfLists(t *testing.T) {
	facts, codes := readText(t, tcpipKey+"\r\n"+strings.Repeat("    MaxUserPort    REG_DWORD    0x1\r\n", maxRegistry+1))
	if len(facts.Registry) != maxRegistry || !cmp.Equal(codes, []string{fmt.Sprintf("hosttext-too-many %d", maxRegistry+2)}) {
		t.Errorf("%d values, errors %v", len(facts.Registry), codes)
	}
	var types strings.Builder
	for i := range maxTypes + 5 {
		fmt.Fprintf(&types, "  Type%d : 1\r\n", i)
	}
	facts, _ = readText(t, "Handle v3.42\r\nHandle type summary:\r\n"+types.String()+"Total handles: 9\r\n")
	if len(facts.Handles) != 1 || len(facts.Handles[0].Types) != maxTypes || facts.Handles[0].Total != 9 {
		t.Errorf("%d summaries", len(facts.Handles))
	}
	facts, codes = readText(t, "Handle v3.42\r\n"+strings.Repeat("Handle type summary:\r\n  File : 1\r\nTotal handles: 1\r\n", maxRanges+1))
	if len(facts.Handles) != maxRanges || len(codes) != 1 {
		t.Errorf("%d summaries, errors %v", len(facts.Handles), codes)
	}
}

// Ordinary texts are none of these.
func TestNotHosttext(t *testing.T) {
	for _, text := range []string{
		"Dear support,\r\nsince Monday: nothing works.\r\nProcess: we restart it. PID: unknown\r\n",
		"2026-03-10 09:00:00 INFO pid=42 name=worker handles: many\r\n", "<html><body>PID Name Handles</body></html>\r\n",
		"{\"pid\": 4, \"name\": \"System\"}\r\n", "id,name\r\n1,one\r\n2,two\r\n", "Key: value\r\nOther: 1.2.3 of 99999\r\n",
	} {
		if kind, ok := Sniff([]byte(text)); ok {
			t.Errorf("%q is taken for %s", text, kind)
		}
	}
}

// fuzz reads what comes behind the beginning of a text of one kind.
func fuzz(f *testing.F, head string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text := append([]byte(head), data...)
		Sniff(text)
		lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + 1
		facts, errs := Read(strings.NewReader(string(text)))
		for _, r := range facts.Ranges {
			if r.Start < 1 || r.Count < 1 || r.Start+r.Count > 65536 || r.Line < 1 || r.Line > lines {
				t.Fatalf("impossible range %+v", r)
			}
		}
		for _, e := range facts.Excluded {
			if e.Start < 0 || e.End > 65535 || e.Start > e.End {
				t.Fatalf("impossible excluded range %+v", e)
			}
		}
		for _, p := range facts.Processes {
			if p.PID < 0 || int64(p.PID) >= 1<<32 || p.Handles < -1 || p.Sockets < -1 || p.Line < 1 || p.Line > lines {
				t.Fatalf("impossible process %+v", p)
			}
		}
		for _, r := range facts.Registry {
			if r.Key == "" || r.Name == "" || r.Line < 1 || r.Line > lines {
				t.Fatalf("impossible value %+v", r)
			}
		}
		if len(errs) > maxErrors {
			t.Fatalf("%d errors", len(errs))
		}
	})
}

func FuzzRanges(f *testing.F) {
	fuzz(f, "C:\\>netsh int ipv4 show dynamicport tcp\r\n", fmt.Sprintf(dynamic, "tcp", 49152, 16384), "Protocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n  5357  5357  *\r\n")
}

func FuzzTasks(f *testing.F) {
	fuzz(f, "", tasks, "\"Image Name\",\"PID\",\"Services\"\n\"a\",\"1\",\"b\"\n")
}

func FuzzProcesses(f *testing.F) {
	fuzz(f, "Handles  NPM(K)     Id  SI ProcessName\r\n-------  ------     --  -- -----------\r\n", "  31875      54   4388   0 LeakyService\r\n", "HandleCount  Name   ProcessId\r\n7  b.exe  1\r\n", "Id : 4\nHandles : 7\nName : a\n")
}

func FuzzRegistry(f *testing.F) {
	fuzz(f, tcpipKey+"\r\n", "    MaxUserPort    REG_DWORD    0xdcef\r\n", "\"MaxUserPort\"=dword:0000dcef\r\n", "MaxUserPort : 5\nPSPath : Registry::"+tcpipKey+"\n")
}

func FuzzHandles(f *testing.F) {
	fuzz(f, "Nthandle v5.0 - Handle viewer\r\n", "Handle type summary:\r\n  File : 25\r\nTotal handles: 25\r\n", "a.exe pid: 4 X\\y\r\n  40: File  (---)   \\Device\\Afd\r\n", "Process\tPID\tHandles\r\na\t4\t5\r\nProcess: a Pid: 4\r\nType\tName\r\nFile\t\\Device\\Afd\r\n")
}

func FuzzDebugger(f *testing.F) {
	fuzz(f, "PROCESS ffffe00102340080\r\n", "    SessionId: 0  Cid: 021c    Peb: 0\r\n    DirBase: 1  HandleCount: 168.\r\n    Image: a.exe\r\n", "58 Handles\nType\tCount\nFile\t19\n")
}

// The head of a TSS log tells the offset in force, summer time and all.
func TestTSSLog(t *testing.T) {
	text := "20220705 11:11:12.345 ___globals -Mode:  -Mini: False\r\n20220705 11:11:12.345 OS Version:        10.0.17763.2300\r\n" +
		"20220705 11:11:12.346 TimeUTC:           2022-07-05_09:11:12 [TZ: (UTC+01:00) Amsterdam, Berlin, Bern]\r\n" +
		"20220705 11:11:12.346 Computer:          KONTOR01 - User: svc - Domain: X - Session: 2\r\n"
	facts, codes := readText(t, text)
	two, one := 2*time.Hour, time.Hour
	want := Facts{Host: &Host{
		Name: "KONTOR01", Version: "10.0.17763", Build: 17763, Zone: "(UTC+01:00) Amsterdam, Berlin, Bern", Offset: &one,
		InForce: &two, At: time.Date(2022, 7, 5, 11, 11, 12, 346e6, time.UTC), Line: 2,
	}}
	if d := cmp.Diff(want, facts); d != "" || codes != nil {
		t.Errorf("errors %v\n%s", codes, d)
	}
	if kind, _ := Sniff([]byte(text)); kind != "hosttext.system" {
		t.Errorf("told to be %q", kind)
	}
}

func FuzzHost(f *testing.F) {
	fuzz(f, "Host Name:                 HOST1\r\nOS Name:                   Windows\r\n", "OS Version:                10.0.17763 N/A Build 17763\r\nTime Zone:  (UTC+01:00) Berlin\r\n", "\"a\",\"b\",\"10.0.1 x 123\",\"(UTC)\"\r\n", "\n20220105 11:11:12.345 TimeUTC:           2022-01-05_10:11:12 [TZ: (UTC+01:00) Berlin]\r\n")
}

// When Windows started, as far as the machine's language decides between day and month.
func TestBoot(t *testing.T) {
	for lines, want := range map[string]string{
		"System Boot Time:          3/13/2026, 9:05:00 AM\n":                                                 "2026-03-13 09:05:00",
		"Systemstartzeit:           13.03.2026, 09:05:00\n":                                                  "2026-03-13 09:05:00",
		"システム起動時刻:                  2026/03/13, 9:05:00\n":                                                   "2026-03-13 09:05:00",
		"System Boot Time:          3/10/2026, 9:05:00 AM\n":                                                 "0001-01-01 00:00:00",
		"System Boot Time:          3/10/2026, 9:05:00 AM\nSystem Locale:   en-us;English (United States)\n": "2026-03-10 09:05:00",
		"Heure de démarrage du système:   10/03/2026, 09:05:00\nLangue:   fr;Français (France)\n":            "2026-03-10 09:05:00",
		"Tiempo de arranque del sistema:  10/03/2026, 09:05:00\n":                                            "2026-03-10 09:05:00",
		"Original Install Date:     3/13/2026, 9:05:00 AM\n":                                                 "0001-01-01 00:00:00",
	} {
		facts, errs := Read(strings.NewReader("Host Name:                 SRV01\nOS Name:                   Microsoft Windows Server 2019\nOS Version:                10.0.17763 N/A Build 17763\n" + lines))
		if h := facts.Host; errs != nil || h == nil || h.BootLocal.Format("2006-01-02 15:04:05") != want || (h.BootLine == 4) != strings.Contains(lines, ":05:00") && !strings.Contains(lines, "Install") {
			t.Errorf("%q: %+v, %v", lines, h, errs)
		}
	}
}

// A list of processes has the time of the line above it.
func TestListedTime(t *testing.T) {
	const list = "\nImage Name                     PID Services\n========================= ======== ====================\na.exe                            7 N/A\n"
	for stamp, want := range map[string]string{
		"2026-03-10T09:06:00.1+01:00": "2026-03-10 09:06:00 1h0m0s", "Fri 03/13/2026  9:06:00.12": "2026-03-13 09:06:00 none", "03/10/2026 09:06:00": "0001-01-01 00:00:00 none", "at 09:06": "0001-01-01 00:00:00 none",
	} {
		facts, _ := Read(strings.NewReader(stamp + "\n" + list))
		p := facts.Processes[0]
		offset := "none"
		if p.Offset != nil {
			offset = p.Offset.String()
		}
		if got := p.Local.Format("2006-01-02 15:04:05") + " " + offset; got != want {
			t.Errorf("%s: %s, want %s", stamp, got, want)
		}
	}
}
