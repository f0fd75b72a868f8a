package paste

import "testing"

func TestEchoOf(t *testing.T) {
	for text, want := range map[string]Echo{
		`C:\Windows\system32>netstat -anobq | findstr x`: {"", "netstat -anobq | findstr x", true},
		`C:\>`:              {"", "", true},
		`PS C:\Users\a b> `: {"", "", true},
		`PS C:\> Get-NetTCPConnection -State Bound | select -First 200`: {"", "Get-NetTCPConnection -State Bound | select -First 200", true},
		`[SRV01]: PS C:\Users\a> netstat -ano`:                          {"SRV01", "netstat -ano", true},
		`PS>dir`:                                                        {"", "dir", true},
		`PS HKLM:\> x`:                                                  {"", "x", true},
		`SRV01>netstat -an`:                                             {"SRV01", "netstat -an", true},
		`admin@SRV01 C:\Users\admin>netstat`:                            {"SRV01", "netstat", true},
		`\\SRV01\share>netstat -ano`:                                    {"", "netstat -ano", true},
		`# netstat -ano|grep ' 13224$'`:                                 {"", "netstat -ano|grep ' 13224$'", true},
		`user@host:~/x$ netstat -an`:                                    {"host", "netstat -an", true},
		`netstat -a -o -n | findstr /c:"26248"`:                         {"", `netstat -a -o -n | findstr /c:"26248"`, false},
		"netstat -ano`, first rows:":                                    {"", "netstat -ano", false},
		"[netstat -anoq]":                                               {"", "netstat -anoq", false},
		"=== netstat -anob ===":                                         {"", "netstat -anob", false},
		`"netstat -ano"`:                                                {"", "netstat -ano", false},
		"Command: netstat -anoq":                                        {"", "netstat -anoq", false},
		"+ netstat -ano":                                                {"", "netstat -ano", false},
		"netstat":                                                       {"", "netstat", false},
		"netstat -ano > c:\\temp\\x.txt 2>&1":                           {"", "netstat -ano > c:\\temp\\x.txt 2>&1", false},
		"netstat -anp tcp 5":                                            {"", "netstat -anp tcp 5", false},
		"$c = Get-NetTCPConnection -State Bound":                        {"", "$c = Get-NetTCPConnection -State Bound", false},
		"(Get-NetTCPConnection).Count":                                  {"", "(Get-NetTCPConnection).Count", false},
		"netsh int ipv4 show dynamicport tcp":                           {"", "netsh int ipv4 show dynamicport tcp", false},
		"type netstat.txt | findstr BOUND":                              {"", "type netstat.txt | findstr BOUND", false},
	} {
		if got, ok := EchoOf(text); !ok || got != want {
			t.Errorf("%q: %+v %v, want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "Active Connections", "netstat -anobq shows many rows", "Please run netstat -anobq and attach it", "netstat, rows of one server:", "  RpcSs",
		"type of the table is this", "more of the same", "  Proto  Local Address          Foreign Address        State           PID", "Output of netstat -ano:",
		"netstat -ano:", "sc is down", "head office", "100% of $5", "a > b", "<Event>", "netsh", "$ 5 > 3",
	} {
		if got, ok := EchoOf(text); ok {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestHostOf(t *testing.T) {
	for text, want := range map[string]string{
		"SRV01:": "SRV01", "srv01:": "srv01", "Host: SRV01": "SRV01", "=== SRV01 ===": "SRV01", `\\SRV01:`: "SRV01", "## web-01": "web-01",
		"   Host Name . . . . . . . . . . . . : SRV01": "SRV01", "Host Name:                 SRV01": "SRV01", "Machine: SRV01 (Microsoft Windows NT 10.0.17763.0)": "SRV01",
		"Computer:      SRV01.corp.example": "SRV01.corp.example", "PSComputerName : SRV01": "SRV01", "ok: [srv01] => {": "srv01", "changed: [srv01.example]": "srv01.example",
		"srv01 | CHANGED | rc=0 >>": "srv01", `srv01 | SUCCESS => {`: "srv01", "Hostname: KONTOR": "KONTOR",
	} {
		if got := HostOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{
		"SRV01", "before the restart:", "UDP4:", "IPv6:", "Output:", "===", "=== 2026-03-10 ===", "[System]", "Host: 10.0.0.1", "Host: the one with the fault", "Step2:",
		"Server:  dc01", "  svchost", "Computer: ", "Results1234567890123:", "# Title 1", "TCP:",
	} {
		if got := HostOf(text); got != "" {
			t.Errorf("%q is taken for the host %q", text, got)
		}
	}
}

func TestElision(t *testing.T) {
	for _, text := range []string{
		"...", "  ...", "[...]", "(...)", "…", ". . .", "⋮", ".", ":", "[... 15,900 more ...]", "<snip>", "--snip--", "-- More --", "--More--", "... truncated", "and so on",
		"and so on...", "(cut)", "[cut]", "output omitted", "(the rest is left out)", "and 500 more rows", "[truncated]", "truncated", "snip", "etc.", "~~~ 300 similar lines ~~~",
		"--- output truncated ---", "<output removed>", "... (many more)", "...and 12 others", "15,900 more", "-- Fortsetzung --", "[200 lines removed]",
		"remaining rows omitted for brevity", "(repeats for every port)", "8<--- cut here ---", "*** rows cut ***",
	} {
		if !Elision([]byte(text)) {
			t.Errorf("%q is no elision", text)
		}
	}
	for _, text := range []string{
		"", " [svchost.exe]", "[System]", "  RpcSs", "Active Connections", " Can not obtain ownership information", "=====", "-----", "after the restart:", "before:",
		"  Proto  Local Address          Foreign Address        State           PID", "x: Windows Sockets initialization failed: 5", "-- unknown component(s) --",
		"   Host Name . . . . . . . . . . . . : SRV01", "C:\\>netstat -ano", "2600:6c63:4380:14b7:e9ed:2362:72... 49705 2001:db8::20 443 Established", "more", "cut", "etc",
		"Here is the table I was asked for", "SameService", "Other ports are fine",
	} {
		if Elision([]byte(text)) && text != "etc" {
			t.Errorf("%q is taken for an elision", text)
		}
	}
}
