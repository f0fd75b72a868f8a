package hosttext

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const practiceTasks = "Image Name                     PID Session Name        Session#    Mem Usage\n========================= ======== ================ =========== ============\nagent.exe                     5120 Services                   0     12,345 K\n"

// What tickets hold of ranges, names and errors, and around them.
func TestPractice(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"excluded rows below a command":       {"netsh interface ipv4 show excludedportrange protocol=tcp\n\n  50000  50059  *\n  51000  51099\n", []string{"3 excluded tcp ipv4 50000-50059 administrator", "4 excluded tcp ipv4 51000-51099 winnat"}},
		"excluded rows below a title":         {"Protocol tcp Port Exclusion Ranges\n  50000  50059\n", []string{"2 excluded tcp any 50000-50059 "}},
		"excluded with tabs":                  {"Protocol tcp Port Exclusion Ranges\n\nStart Port\tEnd Port\n----------\t--------\n50000\t50059\t*\n", []string{"5 excluded tcp any 50000-50059 administrator"}},
		"excluded rows above their last line": {"  50000  50059  *\n  51000  51099\n\n* - Administered port exclusions.\n", []string{"1 excluded  any 50000-50059 administrator", "2 excluded  any 51000-51099 winnat"}},
		"a range in one line":                 {"Protocol udp Dynamic Port Range --------------------------------- Start Port : 49152 Number of Ports : 16384\n", []string{"1 show udp any 49152+16384"}},
		"a range behind its command":          {"netsh int ipv4 show dynamicport tcp -> Start Port: 1025, Number of Ports: 64510\n", []string{"1 show tcp any 1025+64510"}},
		"properties below a command":          {"C:\\>wmic process where processid=5120 get name,processid /value\n\nName=agent.exe\nProcessId=5120\n", []string{"3 5120 agent.exe"}},
		"a name and nothing else":             {"PS C:\\> (Get-Process -Id 5120).ProcessName\nagent\n", []string{"2 5120 agent"}},
		"two numbers":                         {"tcp ports\n  50000  50059\n", nil},
		"UDP settings":                        {"PS C:\\> Get-NetUDPSetting\n\nDynamicPortRangeStartPort DynamicPortRangeNumberOfPorts\n------------------------- -----------------------------\n                     1025                         64510\n", []string{"5 show udp any 1025+64510"}},
		"settings as CSV":                     {"\"SettingName\",\"DynamicPortRangeStartPort\",\"DynamicPortRangeNumberOfPorts\"\n\"Automatic\",\"\",\"\"\n\"Internet\",\"1025\",\"64510\"\n", []string{"3 show tcp any 1025+64510 Internet"}},
		"quoted":                              {"> Protocol tcp Dynamic Port Range\n> ---------------------------------\n> Start Port      : 1025\n> Number of Ports : 64510\n", []string{"3 show tcp any 1025+64510"}},
		"quoted commands":                     {"> netsh int ipv6 set dynamicport tcp start=1025 num=64510\n> Ok.\n", []string{"1 set tcp ipv6 1025+64510"}},
		"in a string of JSON":                 {"{\"rc\": 0, \"stdout\": \"\\r\\nProtocol tcp Dynamic Port Range\\r\\n---------------------------------\\r\\nStart Port      : 1025\\r\\nNumber of Ports : 64510\\r\\n\"}\n", []string{"1 show tcp any 1025+64510"}},
		"on a page":                           {"<html><body>\n<pre>Protocol tcp Dynamic Port Range\n---------------------------------\nStart Port      : 1025\nNumber of Ports : 64510\n</pre></body></html>\n", []string{"4 show tcp any 1025+64510"}},
		"in a build's log":                    {"2026-03-10T09:00:00.1Z Protocol tcp Dynamic Port Range\n2026-03-10T09:00:00.1Z ---------------------------------\n2026-03-10T09:00:00.1Z Start Port      : 1025\n2026-03-10T09:00:00.1Z Number of Ports : 64510\n", []string{"3 show tcp any 1025+64510"}},
		"quoted processes":                    {">> " + strings.ReplaceAll(strings.TrimSpace(practiceTasks), "\n", "\n>> ") + "\n", []string{"3 5120 agent.exe"}},
		"indented processes":                  {"    " + strings.ReplaceAll(strings.TrimSpace(practiceTasks), "\n", "\n    ") + "\n", []string{"3 5120 agent.exe"}},
		"blanks lost":                         {strings.ReplaceAll(practiceTasks, "agent.exe                     5120 Services                   0     12,345 K", "agent.exe 5120 Services 0 12,345 K"), []string{"3 5120 agent.exe"}},
		"a copy of Excel":                     {"Abbildname\tPID\tSitzungsname\tSitz.-Nr.\tSpeichernutzung\nagent.exe\t5120\tServices\t0\t12.345 K\n", []string{"2 5120 agent.exe"}},
		"Markdown":                            {"| Image Name | PID | Session Name |\n|---|---|---|\n| agent.exe | 5120 | Services |\n", []string{"3 5120 agent.exe"}},
		"a row of Task Manager":               {"agent.exe\t5120\tRunning\tSYSTEM\t00\t12,345 K\n", []string{"1 5120 agent.exe"}},
		"a row of a tool of sockets":          {"agent.exe\t5120\tTCP\t10.0.0.5:49700\t10.0.0.9:443\tCLOSE_WAIT\n", nil},
		"the path of a program":               {"  Id Name  Path\n  -- ----  ----\n5120 agent C:\\x\\agent.exe\n", []string{"3 5120 agent"}},
		"no path":                             {"  Id Name  Path\n  -- ----  ----\n5120 agent C:\\x\n", nil},
		"the command asks for them":           {"PS C:\\> Get-Process | select Id,Name\n\n  Id Name\n  -- ----\n5120 agent\n", []string{"5 5120 agent"}},
		"the command has the PID":             {"C:\\>wmic process where processid=5120 get name\nName\nagent.exe\n", []string{"3 5120 agent.exe"}},
		"another command":                     {"C:\\>wmic service where processid=5120 get name\nName\nagent.exe\n", nil},
		"command lines with quotes":           {"Node,CommandLine,Name,ProcessId\nSRV01,\"C:\\x\\agent.exe\" -k a,agent.exe,5120\n", []string{"2 5120 agent.exe"}},
		"a worker process":                    {"WP \"5120\" (applicationPool:DefaultAppPool)\n", []string{"1 5120 w3wp.exe"}},
		"errors in languages":                 {"Une seule utilisation de chaque adresse de socket (protocole/adresse réseau/port)\n通常每个套接字地址(协议/网络地址/端口)只允许使用一次。\n由于系统缓冲区空间不足或队列已满\nAddressAlreadyInUse\n", []string{"1 error 10048 une seule utilisation de chaque adresse de socket", "2 error 10048 套接字地址只允许使用一次", "3 error 10055 缓冲区空间不足", "4 error 10048 AddressAlreadyInUse"}},
		"a port that is taken":                {"Error: listen EADDRINUSE: address already in use :::8080\n", []string{"1 error 10048 EADDRINUSE port 8080"}},
		"an error without its number":         {"SocketException (0x80004005): Ein Socketvorgang konnte nicht ausgeführt werden, da dem System Pufferspeicher fehlte\nIntento de acceso a un socket no permitido por sus permisos de acceso\n", []string{"1 error 10055 Pufferspeicher fehlte", "2 error 10013 acceso a un socket no permitido"}},
		"an error of a log in JSON":           {"{\"@timestamp\":\"2026-03-10T09:00:00Z\",\"message\":\"connect EADDRINUSE 10.0.0.9:443\"}\n", []string{"1 error 10048 EADDRINUSE 2026-03-10T09:00:00 port 443"}},
		"handles with bare numbers":           {"Nthandle v4.22\n\n------------------------------------------------------------------------------\nagent.exe pid: 5120 CORP\\a\n  124: File          \\Device\\Afd\n  128: Key           HKLM\n", []string{"4 5120 agent.exe handles 2"}},
	} {
		facts, errs := Read(strings.NewReader(c.text))
		if got := said(&facts); !cmp.Equal(got, c.want) || errs != nil {
			t.Errorf("%s: errors %v\n%s", name, errs, cmp.Diff(c.want, got))
		}
	}
}
