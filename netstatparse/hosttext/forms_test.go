package hosttext

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
	"time"

	"github.com/google/go-cmp/cmp"
)

// said are the facts of a text, one a line, without what a test of its own looks at.
func said(f *Facts) []string {
	var all []string
	for _, r := range f.Ranges {
		verb := "show"
		if r.Set {
			verb = "set"
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s %s %s %d+%d %s", r.Line, verb, r.Transport, r.Family, r.Start, r.Count, r.Template)))
	}
	for _, x := range f.Excluded {
		all = append(all, fmt.Sprintf("%d excluded %s %s %d-%d %s", x.Line, x.Transport, x.Family, x.Start, x.End, x.Maker))
		if x.Administered != (x.Maker == MakerAdministrator) {
			all = append(all, "administered and its maker differ")
		}
	}
	for _, p := range f.Processes {
		text := fmt.Sprintf("%d %d %s", p.Line, p.PID, p.Image)
		if p.Services != nil {
			text += " " + strings.Join(p.Services, ",")
		}
		if p.Handles >= 0 {
			text += fmt.Sprintf(" handles %d", p.Handles)
		}
		all = append(all, text)
	}
	for _, s := range f.Symptoms {
		text := fmt.Sprintf("%d error %d %s", s.Line, s.Code, s.Word)
		if !s.Local.IsZero() {
			text += s.Local.Format(" 2006-01-02T15:04:05")
		}
		if s.Port > 0 {
			text += fmt.Sprintf(" port %d", s.Port)
		}
		all = append(all, text)
	}
	for _, t := range f.Traces {
		all = append(all, fmt.Sprintf("%d trace %s", t.Line, t.File))
	}
	for _, d := range f.Drivers {
		text := fmt.Sprintf("%d %s %s|%s|%s|%s|%s", d.Line, []string{"kernel", "component", "wfp", "file filter"}[d.Role], d.Name, d.Title, d.File, d.Vendor, d.Version)
		if d.Off {
			text += " off"
		}
		all = append(all, text)
	}
	return all
}

const (
	show4     = "C:\\>netsh int ipv4 show dynamicport tcp\r\n"
	untitled  = "Start Port      : 10000\r\nNumber of Ports : 55535\r\n"
	taskRow   = "BackupAgent.exe               5120 Services                   0     12,345 K\r\n"
	osService = "\r\nProcessId Name         StartMode State   Status ExitCode\r\n--------- ----         --------- -----   ------ --------\r\n1004      RpcSs        Auto      Running OK     0\r\n0         Stopped      Manual    Stopped OK     0\r\n1004      RpcEptMapper Auto      Running OK     0\r\n\r\n"
)

// forms are the ways in which tickets hold ranges and names.
var forms = []struct {
	name, kind, text string
	want             []string
}{
	{
		"a range that was set between", "hosttext.range",
		show4 + fmt.Sprintf(dynamic, "tcp", 49152, 16384) + "C:\\>netsh int ipv4 set dynamicport tcp start=10000 num=55535\r\nOk.\r\n\r\n" + show4 + fmt.Sprintf(dynamic, "tcp", 10000, 55535),
		[]string{"5 show tcp ipv4 49152+16384", "8 set tcp ipv4 10000+55535", "15 show tcp ipv4 10000+55535"},
	},
	{
		"a set that failed, and one without its names", "hosttext.range",
		"netsh int ipv4 set dynamicport tcp start=100 num=5\nThe parameter is incorrect.\nOk.\nC:\\> netsh interface ipv6 set dynamicportrange udp 2000 60000 persistent\n\nOK.\n",
		[]string{"4 set udp ipv6 2000+60000"},
	},
	{
		"families in any order", "hosttext.range",
		"C:\\>netsh int ipv6 show dynamicport tcp\r\n" + fmt.Sprintf(dynamic, "tcp", 49152, 16384) + show4 + fmt.Sprintf(dynamic, "tcp", 1025, 64510),
		[]string{"5 show tcp ipv6 49152+16384", "12 show tcp ipv4 1025+64510"},
	},
	{"a range without its title", "hosttext.range", show4 + "\r\n" + untitled, []string{"3 show tcp ipv4 10000+55535"}},
	{
		"a range of a test's list", "hosttext.range",
		"command:\n  netsh int ipv4 show dynamicport udp:\n    exit-status: 0\n    stdout:\n    - \"Start Port      : 49152\"\n    - \"Number of Ports : 16384\"\n    stderr: []\n",
		[]string{"5 show udp ipv4 49152+16384"},
	},
	{"a range without title and command", "", "\r\n" + untitled, nil},
	{
		"templates in JSON", "hosttext.range",
		"[\n  {\n    \"SettingName\": \"Automatic\",\n    \"DynamicPortRangeStartPort\": null,\n    \"DynamicPortRangeNumberOfPorts\": null\n  },\n  {\n    \"SettingName\": \"Internet\",\n    \"DynamicPortRangeStartPort\": 1024,\n    \"DynamicPortRangeNumberOfPorts\": 64511\n  }\n]\n",
		[]string{"7 show tcp any 1024+64511 Internet"},
	},
	{
		"one template in JSON behind its command", "hosttext.range",
		"PS C:\\> Get-NetTCPSetting Internet | ConvertTo-Json\n{\n  \"SettingName\":  \"Internet\",\n  \"DynamicPortRangeStartPort\":  1024,\n  \"DynamicPortRangeNumberOfPorts\":  64511,\n  \"CimClass\":  {\n    \"CimClassName\": \"x\"\n  }\n}\nPS C:\\>\n",
		[]string{"2 show tcp any 1024+64511 Internet"},
	},
	{
		"excluded ranges without their title", "hosttext.excluded",
		"netsh int ipv4 show excludedportrange tcp:\n\n`Puerto de inicio    Puerto final\n----------          --------\n      1025        1124\n     50000       50059`\n\n(end)\n",
		[]string{"5 excluded tcp ipv4 1025-1124 winnat", "6 excluded tcp ipv4 50000-50059 "},
	},
	{
		"excluded ranges without title and command", "hosttext.excluded", "Startport    Endport\n----------    --------\n     50000       50059     *\n      5357        5357\n",
		[]string{"3 excluded  any 50000-50059 administrator", "4 excluded  any 5357-5357 "},
	},
	{
		"two transports", "hosttext.excluded", "C:\\>netsh interface ipv6 show excludedportrange protocol=udp\n\nProtocol udp Port Exclusion Ranges\n\nStart Port    End Port\n----------    --------\n     50000       50099\n",
		[]string{"7 excluded udp ipv6 50000-50099 winnat"},
	},

	{"tasklist through findstr", "hosttext.processes", "C:\\>tasklist | findstr 5120\r\n" + taskRow + "\r\n", []string{"2 5120 BackupAgent.exe"}},
	{"a row of tasklist", "hosttext.processes", taskRow + "System                           4 Services                   0        144 K\r\nlsass.exe                      712                            0      9.345 K\r\n", []string{"1 5120 BackupAgent.exe", "2 4 System", "3 712 lsass.exe"}},
	{"tasklist /svc through findstr", "hosttext.processes", "C:\\>tasklist /svc | findstr 1004\r\nsvchost.exe                   1004 RpcEptMapper, RpcSs\r\n", []string{"2 1004 svchost.exe RpcEptMapper,RpcSs"}},
	{"tasklist /fo csv /nh", "hosttext.processes", "\"BackupAgent.exe\",\"5120\",\"Services\",\"0\",\"12,345 K\"\r\n\"System\",\"4\",\"Services\",\"0\",\"144 K\"\r\n", []string{"1 5120 BackupAgent.exe", "2 4 System"}},
	{"tasklist /svc /fo csv /nh", "hosttext.processes", "\"svchost.exe\",\"1004\",\"RpcEptMapper,RpcSs\"\r\n", []string{"1 1004 svchost.exe RpcEptMapper,RpcSs"}},
	{"connections in CSV are no tasks", "", "\"10.0.0.5\",\"49152\",\"10.0.0.9\",\"443\",\"Bound\"\r\n\"10.0.0.5\",\"49152\",\"10\"\r\n", nil},
	{
		"tasklist /fo list", "hosttext.processes", "\r\nAbbildname:       BackupAgent.exe\r\nPID:              5120\r\nSitzungsname:     Services\r\nSitzungsnr.:      0\r\nSpeichernutzung:  12.345 K\r\n\r\nAbbildname:       System\r\nPID:              4\r\nSitzungsname:     Services\r\nSitzungsnr.:      0\r\n",
		[]string{"3 5120 BackupAgent.exe", "9 4 System"},
	},
	{"tasklist /svc /fo list", "hosttext.processes", "\r\nImage Name:   svchost.exe\r\nPID:          1004\r\nServices:     RpcEptMapper, RpcSs\r\n\r\nImage Name:   lsass.exe\r\nPID:          712\r\nServices:     N/A\r\n", []string{"3 1004 svchost.exe RpcEptMapper,RpcSs", "7 712 lsass.exe"}},
	{"a PID below something else", "", "Host: SRV01\r\nPID: 42\r\n\r\nService: a\r\nPID:   43\r\n", nil},
	{"tasklist /fo list in wide characters", "hosttext.processes", "\u6620\u50cf\u540d\u79f0:    a.exe\r\nPID:         5\r\n", []string{"2 5 a.exe"}},
	{"jobs are no services", "", "Id     Name            PSJobTypeName   State\n--     ----            -------------   -----\n1      Job1            BackgroundJob   Running\n\nId    : 2\nName  : Job2\nState : Running\n\n{\"Id\":3,\"Name\":\"Job3\",\"State\":\"Running\"}\n", nil},
	{
		"pslist", "hosttext.processes", "\r\nProcess information for SRV01:\r\n\r\nName                Pid Pri Thd  Hnd   Priv        CPU Time    Elapsed Time\r\nIdle                  0   0   8    0      0   512:32:10.546     0:00:00.000\r\nKontor Web Client  4242   8  12 31875  4444     0:00:01.000    12:00:00.000\r\n",
		[]string{"5 0 Idle handles 0", "6 4242 Kontor Web Client handles 31875"},
	},
	{"Get-Process in CSV with semicolons", "hosttext.processes", "#TYPE Selected.System.Diagnostics.Process\n\"Id\";\"ProcessName\";\"Handles\"\n\"4242\";\"leaky, a\";\"31875\"\n", []string{"3 4242 leaky, a handles 31875"}},
	{"in colours", "hosttext.processes", "\x1b[32;1m Id ProcessName\x1b[0m\n\x1b[32;1m -- -----------\x1b[0m\n  4 System\n\n\x1b[32;1mId          : \x1b[0m5\n\x1b[32;1mProcessName : \x1b[0ma\n", []string{"3 4 System", "5 5 a"}},
	{
		"sc queryex", "hosttext.processes", "\r\nSERVICE_NAME: iphlpsvc \r\nDISPLAY_NAME: IP-Hilfsdienst\r\n        TYPE               : 30  WIN32  \r\n        STATE              : 4  RUNNING \r\n        PID                : 5120\r\n        FLAGS              : \r\n\r\nSERVICE_NAME: LanmanServer\r\n        PID                : 5120\r\n\r\nSERVICE_NAME: off\r\n        PID                : 0\r\n",
		[]string{"6 5120  iphlpsvc,LanmanServer"},
	},
	{"Win32_Service", "hosttext.processes", osService, []string{"4 1004  RpcSs,RpcEptMapper"}},
	{
		"Win32_Service by its command alone", "hosttext.processes", "PS C:\\> gcim win32_service | ? ProcessId -eq 5120 | select ProcessId,Name\n\nProcessId Name\n--------- ----\n     5120 iphlpsvc\n     5120 LanmanServer\n\nPS C:\\> x | select ProcessId,Name\n\nProcessId Name\n--------- ----\n     5121 other\n",
		[]string{"5 5120  iphlpsvc,LanmanServer"},
	},
	{
		"Win32_Service with paths", "hosttext.processes", "ProcessId : 1004\nName      : RpcSs\nPathName  : C:\\Windows\\system32\\svchost.exe -k rpcss -p\n\nProcessId : 5120\nName      : BackupAgent\nPathName  : \"C:\\Program Files\\B A\\BackupAgent.exe\" -s\n\n",
		[]string{"1 1004 svchost.exe RpcSs", "5 5120 BackupAgent.exe BackupAgent"},
	},
	{"wmic service", "hosttext.processes", "C:\\>wmic service get name,processid\r\nName      ProcessId  \r\niphlpsvc  5120       \r\n", []string{"3 5120  iphlpsvc"}},
	{"wmic service in a list", "hosttext.processes", "\r\n\r\nName=iphlpsvc\r\nProcessId=5120\r\nStartMode=Auto\r\n\r\n", []string{"3 5120  iphlpsvc"}},
	{"Win32_Process", "hosttext.processes", "\r\nProcessId       : 5120\r\nName            : BackupAgent.exe\r\nHandleCount     : 12\r\nWorkingSetSize  : 1\r\n\r\n", []string{"2 5120 BackupAgent.exe handles 12"}},
	{
		"Get-Process in JSON", "hosttext.processes", "[\n  {\"Handles\": 31875, \"Id\": 4242, \"ProcessName\": \"leaky\", \"MainModule\": {\"ModuleName\": \"leaky.exe\"}},\n  {\"Id\": 4, \"ProcessName\": \"System\"}\n]\n",
		[]string{"2 4242 leaky handles 31875", "3 4 System"},
	},
	{"Win32_Service in JSON", "hosttext.processes", "{\"Name\":\"iphlpsvc\",\"ProcessId\":5120,\"StartMode\":\"Auto\",\"State\":\"Running\"}\n", []string{"1 5120  iphlpsvc"}},
	{"events in JSON", "", "[{\"Id\":4231,\"Name\":\"x\"},{\"Id\":5,\"Message\":\"y\"}]\n", nil},
	{
		"names in a table of connections", "hosttext.processes", "ProcessName,PID,LocalPort\na,5,1\na,5,2\nb,6,3\na,5,4\n", []string{"2 5 a", "4 6 b"},
	},
	{
		"a trace that was not sent", "hosttext.trace", "C:\\>netsh trace start capture=yes tracefile=c:\\Server.etl\n\nTrace File:         C:\\Server.etl\nFile location = \"D:\\x y.etl\"\nTrace File: none\n", []string{"3 trace C:\\Server.etl", "4 trace D:\\x y.etl"},
	},
}

func TestForms(t *testing.T) {
	for _, c := range forms {
		t.Run(c.name, func(t *testing.T) {
			facts, codes := readText(t, c.text)
			if d := cmp.Diff(c.want, said(&facts)); d != "" || codes != nil {
				t.Errorf("errors %v\n%s", codes, d)
			}
			if kind, _ := Sniff([]byte(c.text)); kind != c.kind {
				t.Errorf("told to be %q, want %q", kind, c.kind)
			}
			// Wherever it stands, the same is said. JSON between other lines is read line by line.
			const rows = "  TCP    10.0.0.5:49152         10.9.9.9:8443          ESTABLISHED     4242\r\n"
			behind, _ := readText(t, strings.Repeat(rows, 50)+"\r\n"+c.text+"\r\n"+rows)
			for i := range behind.Ranges {
				behind.Ranges[i].Line -= 51
			}
			for i := range behind.Excluded {
				behind.Excluded[i].Line -= 51
			}
			for i := range behind.Processes {
				behind.Processes[i].Line -= 51
			}
			for i := range behind.Traces {
				behind.Traces[i].Line -= 51
			}
			if d := cmp.Diff(said(&facts), said(&behind)); d != "" {
				t.Errorf("behind a table %s", d)
			}
		})
	}
}

func TestSymptoms(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-10 09:00:00.5 ERROR connect: Only one usage of each socket address (protocol/network address/port) is normally permitted.":                                "1 error 10048 only one usage of each socket address 2026-03-10T09:00:00",
		"dial tcp 10.0.0.9:443: connectex: An operation on a socket could not be performed because the system lacked sufficient buffer space or because a queue was full.": "1 error 10055 insufficient buffer space port 443",
		"listen tcp 0.0.0.0:50051: bind: An attempt was made to access a socket in a way forbidden by its access permissions.":                                             "1 error 10013 forbidden by its access permissions port 50051",
		"System.Net.Sockets.SocketException (10048): x":                 "1 error 10048 10048",
		"OSError: [WinError 10055] x":                                   "1 error 10055 10055",
		"Winsock error:10013":                                           "1 error 10013 10013",
		"WSAGetLastError() = 10048":                                     "1 error 10048 10048",
		"connect to port 10048 failed with error 10055":                 "1 error 10055 10055",
		"bind failed, errno=10048.":                                     "1 error 10048 10048",
		"Error: connect EADDRINUSE 10.0.0.9:443 - Local":                "1 error 10048 EADDRINUSE port 443",
		"listen tcp :8080: bind: Only one usage of each socket address": "1 error 10048 only one usage of each socket address port 8080",
		"WSAENOBUFS": "1 error 10055 ENOBUFS",
		"java.net.BindException: Address already in use":                                              "1 error 10048 java.net.BindException",
		"java.net.SocketException: No buffer space available (maximum connections reached?): connect": "1 error 10055 no buffer space available",
		"error 0x2740":                                          "1 error 10048 0x2740",
		"ошибка 10055 сокета":                                   "1 error 10055 10055",
		"at 0x27470000 and 0x2740f":                             "",
		"HRESULT 0x80072747":                                    "1 error 10055 0x80072747",
		"Error: listen EACCES: permission denied 0.0.0.0:50051": "1 error 10013 EACCES port 50051",
		"Fehler: Normalerweise darf jede Socketadresse (Protokoll, Netzwerkadresse oder Anschluss) nur jeweils einmal verwendet werden": "1 error 10048 jede Socketadresse nur einmal",

		"error: the process with PID 10048 failed":                    "",
		"error in 10048 ms: PID=10055, port: 10013":                   "1 error 10048 10048",
		"error at 10.0.0.5:10048 and [::1]:10055 and srv:10013":       "",
		"failed after 10,055 tries, 110048, 100480, 10048.5, 1-10048": "",
		"request 10048 done":             "",
		"error x10048 10055y _10013":     "",
		"XENOBUFS EADDRINUSES":           "",
		"errors 10048-10055 exist":       "",
		"10048":                          "",
		"a process id 10048 is in error": "",
	} {
		facts, codes := readText(t, text+"\r\n")
		if got := strings.Join(said(&facts), "; "); got != want || codes != nil {
			t.Errorf("%q: %q, errors %v", text, got, codes)
		}
		if kind, ok := Sniff([]byte(text)); ok != (want != "") || ok && kind != "hosttext.errors" {
			t.Errorf("%q: told to be %q", text, kind)
		}
	}
	facts, _ := readText(t, "10/03/2026 09:00:00 error 10055 in a line of "+strings.Repeat("x", 2*maxText)+"\n")
	if s := facts.Symptoms[0]; !s.Ambiguous || s.Local.Month() != time.October || len(s.Text) > maxText+len("…") || s.Offset != nil {
		t.Errorf("%+v", s)
	}
	facts, _ = readText(t, "{\"time\":\"2026-03-10T09:00:00+01:00\",\"msg\":\"connect EADDRINUSE 10.0.0.9:443\"}\n{\"msg\":\"fine\"}\nplain ENOBUFS\n")
	if d := cmp.Diff([]string{"1 error 10048 EADDRINUSE 2026-03-10T09:00:00 port 443", "3 error 10055 ENOBUFS"}, said(&facts)); d != "" || *facts.Symptoms[0].Offset != time.Hour {
		t.Errorf("a log in JSON %s", d)
	}
	// A row of a table is no error, whatever its numbers are.
	facts, _ = readText(t, tasks+"errors.exe                   10048 N/A\r\n"+taskRow+"ProcessName   Id\r\n-----------   --\r\nerror      10055\r\n")
	if facts.Symptoms != nil {
		t.Errorf("%+v", facts.Symptoms)
	}
}

func TestLimitsOfForms(t *testing.T) {
	facts, _ := readText(t, strings.Repeat("ENOBUFS\n", maxSymptoms+7))
	if len(facts.Symptoms) != maxSymptoms || facts.SymptomsMore != 7 {
		t.Errorf("%d symptoms and %d more", len(facts.Symptoms), facts.SymptomsMore)
	}
	var traces, list, names strings.Builder
	for i := range maxTraces + 3 {
		fmt.Fprintf(&traces, "Trace File: C:\\%d.etl\n", i)
	}
	if facts, _ = readText(t, traces.String()); len(facts.Traces) != maxTraces {
		t.Errorf("%d traces", len(facts.Traces))
	}
	for i := range maxServices + 3 {
		fmt.Fprintf(&list, "SERVICE_NAME: s%d\n PID : 5\n\n", i)
	}
	if facts, _ = readText(t, list.String()); len(facts.Processes) != 1 || len(facts.Processes[0].Services) != maxServices {
		t.Errorf("%d processes", len(facts.Processes))
	}
	names.WriteString("ProcessName,PID,LocalPort\n")
	for i := range maxProcesses + 3 {
		fmt.Fprintf(&names, "a,%d,1\n", i)
	}
	if facts, _ = readText(t, names.String()); len(facts.Processes) != maxProcesses {
		t.Errorf("%d names", len(facts.Processes))
	}
	facts, errs := Read(io.MultiReader(strings.NewReader("[{\"Id\":5,\"ProcessName\":\"a\"},\n"), iotest.ErrReader(errors.New("disk gone"))))
	if len(facts.Processes) != 1 || len(errs) == 0 || !strings.Contains(errs[0].Error(), "disk gone") {
		t.Errorf("%d processes, errors %v", len(facts.Processes), errs)
	}
}

// The second samples' texts say what they are told to hold.
func TestSecondSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples", "second", "texts")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("second samples not present: their ranges and names are not checked here")
	}
	for file, want := range map[string][]string{
		"dynamicport-set-between.txt": {"6 show tcp ipv4 49152+16384", "9 set tcp ipv4 10000+55535", "16 show tcp ipv4 10000+55535"},
		"dynamicport-v6-first.txt":    {"5 show tcp ipv6 49152+16384", "12 show tcp ipv4 1025+64510"},
		"excluded-spanish.txt": {
			"5 excluded tcp ipv4 1025-1124 winnat", "6 excluded tcp ipv4 1125-1224 winnat", "7 excluded tcp ipv4 5357-5357 ", "8 excluded tcp ipv4 24266-24365 winnat", "9 excluded tcp ipv4 50000-50059 ",
		},
		"linux-ss.txt": nil, "count-ports-script.txt": nil, "event-4231-viewer.txt": nil, "tcpview-save.txt": nil,
		"name-sc-queryex.txt.zip": {"4018 5120  iphlpsvc"}, "name-win32-service.txt.zip": {"4017 5120  iphlpsvc,LanmanServer"},
		"name-tasklist-findstr.txt.zip": {"4014 5120 BackupAgent.exe"}, "name-tasklist-csv.txt.zip": {"4014 5120 BackupAgent.exe", "4015 620 lsass.exe"},
		"trace-transcript.zip": {"6 trace C:\\Server.etl"},
	} {
		facts, codes := readText(t, second(t, filepath.Join(dir, file)))
		if d := cmp.Diff(want, said(&facts)); d != "" || codes != nil {
			t.Errorf("%s: errors %v\n%s", file, codes, d)
		}
	}
	for file, ports := range map[string]int{"excluded-many.txt": 3560, "docker-winnat.zip": 16384 - 1183} {
		facts, _ := readText(t, second(t, filepath.Join(dir, file)))
		var taken [1 << 16]bool
		for _, x := range facts.Excluded {
			for port := x.Start; port <= x.End; port++ {
				taken[port] = true
			}
		}
		n := 0
		for _, x := range taken[49152:] {
			if x {
				n++
			}
		}
		if n != ports {
			t.Errorf("%s: %d ports are excluded, want %d", file, n, ports)
		}
	}
}

// second is a text, or the only one in an archive.
func second(t *testing.T, name string) string {
	t.Helper()
	if !strings.HasSuffix(name, ".zip") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
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
	return string(data)
}
