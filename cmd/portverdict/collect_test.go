package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

// What PowerShell 3 does not have, or 5.1 takes for something else, or 7 has no more; and
// what would change the machine or reach out of it.
var notInScripts = regexp.MustCompile(`(?i)&&|\|\||\?\?|\?\.|::new\(|\.(where|foreach)\(|-parallel|-nonewline|utf8nobom|\bpipelinevariable\b|` +
	`\b(class|enum|using|clean|workflow)\s+[\w{]|\$(iswindows|islinux|iscoreclr|psstyle)\b|` +
	`\b(compress-archive|expand-archive|get-computerinfo|get-timezone|get-filehash|new-temporaryfile|write-information|get-error|join-string|test-json|get-uptime|convertfrom-string|format-hex|get-clipboard)\b|` +
	`\b(get-wmiobject|gwmi|get-eventlog|invoke-wmimethod)\b|` +
	`\b(set-item|set-itemproperty|new-itemproperty|remove-itemproperty|set-service|stop-service|restart-service|start-service|stop-process|restart-computer|set-net\w+|new-net\w+|disable-\w+|enable-net\w+|invoke-webrequest|invoke-restmethod|start-bitstransfer|test-netconnection|invoke-expression|iex|set-executionpolicy)\b|` +
	`\breg (add|delete|import)\b|\bnetsh (int|interface) \S+ (set|add|delete|reset)\b|\bnet (stop|start|use)\b|\bsc (config|stop|start|delete)\b|\bshutdown\b|\btaskkill\b|\bcurl\b|\bbitsadmin\b|\bcertutil\b`)

func TestScriptsAreOldAndChangeNothing(t *testing.T) {
	for _, s := range collectors() {
		for i, line := range strings.Split(s.text, "\n") {
			text, isCRLF := strings.CutSuffix(line, "\r")
			comment := strings.HasPrefix(strings.TrimSpace(text), "#") || strings.HasPrefix(strings.TrimSpace(text), "rem ")
			if m := notInScripts.FindString(text); m != "" && !comment {
				t.Errorf("%s:%d: %q", s.name, i+1, m)
			}
			if !isCRLF && line != "" || strings.IndexFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e }) >= 0 {
				t.Errorf("%s:%d: not ASCII with CR LF: %q", s.name, i+1, line)
			}
		}
		if !strings.HasSuffix(s.text, "\r\n") {
			t.Errorf("%s does not end with a line end", s.name)
		}
	}
	for _, bad := range []string{"a && b", "[T]::new(1)", "$x ?? 1", "Compress-Archive x", "netsh int ipv4 set dynamicport tcp", "Get-WmiObject X", "reg add HKLM", "class A {"} {
		if !notInScripts.MatchString(bad) {
			t.Errorf("%q is let through", bad)
		}
	}
}

// The order of what matters: the question before the trace, the quick table before the
// slow one, and the test of whose trace it is before the end of it.
func TestScriptsKeepTheOrder(t *testing.T) {
	for name, want := range map[string][]string{
		"collect.ps1": {
			"if ($elevated -and -not $NoTrace)", "Read-Host", "if ($answer -match '^[yY]')", "$tracing = Start-PortTrace", "Save-Ports $number", "} finally {", "if ($tracing)", "Stop-PortTrace", "'netstat -anobq'",
		},
		"collect.cmd": {
			`if /i "%~1"=="notrace" goto tables`, "set /p ANSWER=", `if /i not "%ANSWER:~0,1%"=="y" goto tables`, "trace-start.txt", "if %CODE%==0 set TRACING=yes", "call :ports 3", "if %TRACING%==no goto settings",
			`find "portverdict.etl"`, "goto stop", "goto settings", `"netsh trace stop"`, `"netstat -anobq"`,
		},
	} {
		rest := scriptNamed(t, name)
		for _, w := range want {
			_, behind, ok := strings.Cut(rest, w)
			if !ok {
				t.Errorf("%s: %q is missing or out of order", name, w)
				break
			}
			rest = behind
		}
	}
	ps := scriptNamed(t, "collect.ps1")
	for text, n := range map[string]int{"netsh trace stop": 1, "netsh trace start": 1, "capture=no": 1, "filemode=circular": 1, "maxsize=$TraceMB": 1, "report=disabled": 1, "perfmerge": 0, "netsh trace show status": 1} {
		if got := strings.Count(ps, text) - strings.Count(ps, "know "+text); got != n {
			t.Errorf("collect.ps1: %d times %q, want %d", got, text, n)
		}
	}
}

func scriptNamed(t *testing.T, name string) string {
	t.Helper()
	for _, s := range collectors() {
		if s.name == name {
			return s.text
		}
	}
	t.Fatalf("there is no script %s", name)
	return ""
}

// filesOfScript are the files that a script saves, without those of the trace.
func filesOfScript(t *testing.T, name string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:Save-(?:Command|Objects) ['"]|call :(?:save|make) )([\w$%.-]+)`).FindAllStringSubmatch(scriptNamed(t, name), -1) {
		for _, n := range []string{"1", "2", "3"} {
			if file := strings.NewReplacer("$number", n, "%1", n).Replace(m[1]); !strings.HasPrefix(file, "trace-") {
				all[file] = true
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("%s saves %d files", name, len(all))
	}
	return all
}

// collectedTexts is what the commands of the scripts would have written on a machine whose
// pool of 300 ports is nearly full, in local time an hour ahead of UTC. Composed.
func collectedTexts() map[string]string {
	saved := func(second int, parts ...string) string {
		return fmt.Sprintf("2026-03-10T09:%02d:%02d.0000000+01:00\r\n", second/60, second%60) + strings.Join(parts, "\r\n")
	}
	var rows, objects strings.Builder
	for port := 50000; port < 50291; port++ {
		fmt.Fprintf(&rows, "  TCP    0.0.0.0:%d          0.0.0.0:0              BOUND           4242\r\n", port)
		fmt.Fprintf(&objects, "\"0.0.0.0\",\"%d\",\"0.0.0.0\",\"0\",\"Bound\",\"4242\"\r\n", port)
	}
	table := "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n" +
		"  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1004\r\n" + rows.String() + "  UDP    0.0.0.0:123            *:*                                    1004\r\n"
	var ranges strings.Builder
	for i, what := range []string{"ipv4 tcp", "ipv4 udp", "ipv6 tcp", "ipv6 udp"} {
		family, protocol, _ := strings.Cut(what, " ")
		ranges.WriteString(saved(200+i, "netsh int "+family+" show dynamicport "+protocol, "", "Protocol "+protocol+" Dynamic Port Range", "---------------------------------", "Start Port      : 50000", "Number of Ports : 300", "", ""))
		ranges.WriteString(saved(200+i, "netsh int "+family+" show excludedportrange protocol="+protocol, "", "Protocol "+protocol+" Port Exclusion Ranges", "", "Start Port    End Port", "----------    --------", "", "* - Administered port exclusions.", "", ""))
	}
	out := map[string]string{
		"ranges.txt":       ranges.String(),
		"registry.txt":     saved(210, `reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`, "", `HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters`, "    MaxUserPort    REG_DWORD    0xfffe", ""),
		"tasklist.txt":     saved(211, "tasklist /svc", "", "Image Name                     PID Services", "========================= ======== ============================================", "leaky.exe                     4242 N/A", ""),
		"processes.txt":    saved(212, `"Id","ProcessName","Handles","Path"`, `"4242","leaky","31000","C:\leaky.exe"`, ""),
		"tcpsetting.txt":   saved(213, `"SettingName","DynamicPortRangeStartPort","DynamicPortRangeNumberOfPorts"`, `"Internet","50000","300"`, ""),
		"drivers.txt":      saved(214, `"Name","DisplayName","PathName","State","FileVersion","CompanyName"`, `"netguard","NetGuard packet filter","C:\Windows\system32\drivers\netguard.sys","Running","4.2","Contoso, Ltd."`, ""),
		"bindings.txt":     saved(215, `"Name","DisplayName","ComponentID","Enabled"`, `"Ethernet","NetGuard Filter","netguard","True"`, ""),
		"netcfg.txt":       saved(216, "netcfg -s n", "", "Network Protocols", "-----------------", "ms_tcpip             Internet Protocol Version 4", ""),
		"fltmc.txt":        saved(217, "fltmc filters", "", "Filter Name                     Num Instances    Altitude    Frame", "------------------------------  -------------  ------------  -----", "WdFilter                                5       328010         0", ""),
		"wfpstate.xml":     "<wfpstate><providers numItems=\"1\"><item><displayData><name>NetGuard</name></displayData><serviceName>netguard</serviceName></item></providers></wfpstate>",
		"ports-owners.txt": saved(240, "netstat -anobq", "The requested operation requires elevation.", ""),
	}
	for n := range 3 {
		out[fmt.Sprintf("ports-%d.txt", n+1)] = saved(60*n, "netstat -anoq", table)
		out[fmt.Sprintf("connections-%d.txt", n+1)] = saved(60*n+2, `"LocalAddress","LocalPort","RemoteAddress","RemotePort","State","OwningProcess"`, objects.String())
		out[fmt.Sprintf("endpoints-%d.txt", n+1)] = saved(60*n+3, `"LocalAddress","LocalPort","OwningProcess"`, `"0.0.0.0","123","1004"`, "")
	}
	return out
}

// collectedBundle lays the files of a script with the manifest that it would have written.
func collectedBundle(t *testing.T, name string) folder {
	t.Helper()
	texts := collectedTexts()
	var manifest strings.Builder
	manifest.WriteString("portverdict collection 1\r\nhost: WEB01\r\nzone: W. Europe Standard Time\r\nwindows: 10.0.17763\r\nboot: 20260310060000.500000+060\r\n" +
		"began: 2026-03-10T09:00:00.0000000+01:00\r\nelevated: False\r\nby: " + name + "\r\n\r\n")
	all := folder{}
	for file := range filesOfScript(t, name) {
		code := 0
		switch text, ok := texts[file]; {
		case ok:
			all[file] = []byte(text)
		case strings.HasSuffix(file, ".evtx"):
			path := filepath.Join(t.TempDir(), file)
			writeLog(t, path, []evtxgen.Record{{
				ID: 7036, Level: 4, Provider: "Service Control Manager", Channel: strings.TrimSuffix(file, ".evtx"), Computer: "WEB01", RecordID: 1,
				Time: time.Date(2026, 3, 10, 7, 30, 0, 0, time.UTC), Data: []string{"Workstation", "running"},
			}})
			all[file] = mustRead(t, path)
		default:
			t.Fatalf("%s saves %s, of which this test knows no content", name, file)
		}
		if file == "ports-owners.txt" {
			code = 1
		}
		manifest.WriteString(fmt.Sprintf("file: %s\r\ncommand: some command\r\nbegan: 2026-03-10T09:00:00.0000000+01:00\r\nended: 2026-03-10T09:00:01.0000000+01:00\r\nexit: %d\r\n\r\n", file, code))
	}
	all["manifest.txt"] = []byte(manifest.String() + "finished: 2026-03-10T09:05:00.0000000+01:00\r\n")
	return all
}

// What the scripts lay is read: each file by its kind, and the tables at their times, on the
// machine and in the zone of the manifest.
func TestCollectedBundleIsRead(t *testing.T) {
	for _, name := range []string{"collect.ps1", "collect.cmd"} {
		t.Run(name, func(t *testing.T) {
			all := collectedBundle(t, name)
			archive := filepath.Join(t.TempDir(), "portverdict-WEB01-20260310-090000.zip")
			if err := os.WriteFile(archive, all.zip(t), 0o600); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"analyze", "--format", "json", archive}, nil, &stdout, &stderr); code != exitLikely {
				t.Fatalf("exit code %d, %s", code, &stderr)
			}
			var r report.Report
			if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			got := []string{r.Bundle.Host, r.Bundle.OSBuild, r.Bundle.TimeZone, strings.Join(r.Bundle.Hosts, " "), r.Verdict.Holders[0].Image}
			if d := cmp.Diff([]string{"WEB01", "17763", "W. Europe Standard Time", "WEB01", "leaky.exe"}, got); d != "" {
				t.Error(d)
			}
			if b := r.Bundle.Boots; len(b) != 1 || !b[0].At.Equal(time.Date(2026, 3, 10, 5, 0, 0, 500e6, time.UTC)) {
				t.Errorf("boots %v", b)
			}
			for _, s := range r.Sources {
				file := filepath.Base(s.Path)
				if s.Kind == "unknown" && file != "ports-owners.txt" {
					t.Errorf("%s is of no known kind", s.Path)
				}
				var n, second int
				if _, err := fmt.Sscanf(file, "ports-%d.txt", &n); err == nil {
					second = 60 * (n - 1)
				} else if _, err := fmt.Sscanf(file, "connections-%d.txt", &n); err == nil {
					second = 60*(n-1) + 2
				}
				if want := time.Date(2026, 3, 10, 8, 0, second, 0, time.UTC); n > 0 && !s.Window.From.Equal(want) {
					t.Errorf("%s is of %v, want %v", s.Path, s.Window.From, want)
				}
			}
			for _, m := range r.Verdict.Missing {
				if strings.Contains(fmt.Sprint(m), "zone") || strings.Contains(fmt.Sprint(m), "has no time") {
					t.Errorf("missing: %v", m)
				}
			}
			if !strings.Contains(stdout.String(), `"collect-failed"`) || strings.Contains(stdout.String(), `"collect-unfinished"`) {
				t.Error("what the manifest says of failures is not told")
			}
		})
	}
}
