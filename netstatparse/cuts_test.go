package netstatparse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadCommand(t *testing.T) {
	for text, want := range map[string]command{
		"netstat -anobq":                                              {tables: true, q: true},
		"netstat -a -n -o -Q":                                         {tables: true, q: true},
		"netstat /anoq 5":                                             {tables: true, q: true, again: true},
		`netstat -ano > c:\temp\x.txt 2>&1`:                           {tables: true},
		"netstat -ano | findstr 4242":                                 {tables: true, filters: []string{"findstr 4242"}},
		`netstat -anoq | find "BOUND" | sort`:                         {tables: true, q: true, filters: []string{`find "BOUND"`}},
		`netstat -ano | findstr "a|b" | tee x`:                        {tables: true, filters: []string{`findstr "a|b"`}},
		"netstat -ano -p tcp":                                         {tables: true, filters: []string{"netstat -ano -p tcp"}},
		"netstat -anob | Out-File x.txt":                              {tables: true},
		"netstat -ano | .\\ports.exe":                                 {tables: true, filters: []string{".\\ports.exe"}},
		"Get-NetTCPConnection":                                        {tables: true, proto: "tcp"},
		"Get-NetTCPConnection | ft -AutoSize | Out-String -Width 500": {tables: true, proto: "tcp"},
		"Get-NetTCPConnection | select LocalPort,State,OwningProcess": {tables: true, proto: "tcp"},
		"Get-NetTCPConnection -CimSession SRV01 -ErrorAction Stop":    {tables: true, proto: "tcp"},
		"Get-NetTCPConnection -OwningProcess 21528":                   {tables: true, proto: "tcp", pid: 21528, filters: []string{"Get-NetTCPConnection -OwningProcess 21528"}},
		"Get-NetTCPConnection -OwningProcess 1,2":                     {tables: true, proto: "tcp", filters: []string{"Get-NetTCPConnection -OwningProcess 1,2"}},
		"Get-NetTCPConnection -State Bound | select -First 200":       {tables: true, proto: "tcp", state: Bound, filters: []string{"Get-NetTCPConnection -State Bound", "select -First 200"}},
		"Get-NetTCPConnection -State Bound, Listen":                   {tables: true, proto: "tcp", filters: []string{"Get-NetTCPConnection -State Bound, Listen"}},
		"Get-NetTCPConnection 10.0.0.5":                               {tables: true, proto: "tcp", filters: []string{"Get-NetTCPConnection 10.0.0.5"}},
		"Get-NetTCPConnection -LocalPort 80":                          {tables: true, proto: "tcp", filters: []string{"Get-NetTCPConnection -LocalPort 80"}},
		"Get-NetTCPConnection -RemoteAddress 1.1.1.1 | ft":            {tables: true, proto: "tcp", filters: []string{"Get-NetTCPConnection -RemoteAddress 1.1.1.1"}},
		"Get-NetTCPConnection | ? OwningProcess -eq 5":                {tables: true, proto: "tcp", pid: 5, filters: []string{"? OwningProcess -eq 5"}},
		"Get-NetTCPConnection | where { $_.OwningProcess -eq '5' }":   {tables: true, proto: "tcp", pid: 5, filters: []string{"where { $_.OwningProcess -eq '5' }"}},
		"Get-NetTCPConnection | ? {$_.State -eq 'TimeWait'}":          {tables: true, proto: "tcp", state: TimeWait, filters: []string{"? {$_.State -eq 'TimeWait'}"}},
		"Get-NetTCPConnection | ? {$_.State -eq 'a' -or $_.State -eq 'Bound'}": {
			tables: true, proto: "tcp", filters: []string{"? {$_.State -eq 'a' -or $_.State -eq 'Bound'}"},
		},
		"(Get-NetTCPConnection)[0..99]":                     {tables: true, proto: "tcp", filters: []string{")[0..99]"}},
		"(Get-NetTCPConnection).Where({$_.State -eq 2})":    {tables: true, proto: "tcp", filters: []string{"(Get-NetTCPConnection).Where({$_.State -eq 2})", ").Where("}},
		"Get-NetUDPEndpoint -LocalPort 53":                  {tables: true, proto: "udp", filters: []string{"Get-NetUDPEndpoint -LocalPort 53"}},
		"Get-NetTCPConnection | select -Skip 5":             {tables: true, proto: "tcp", filters: []string{"select -Skip 5"}},
		"Get-NetTCPConnection | sort LocalPort -Unique":     {tables: true, proto: "tcp", filters: []string{"sort LocalPort -Unique"}},
		"type netstat.txt | more":                           {tables: true, filters: []string{"more"}},
		"Get-Content netstat.txt -TotalCount 50":            {tables: true, filters: []string{"Get-Content netstat.txt -TotalCount 50"}},
		"findstr BOUND netstat.txt":                         {tables: true, filters: []string{"findstr BOUND netstat.txt"}},
		"while (1) { Get-Date; netstat -anoq; sleep 60 }":   {tables: true, q: true, again: true},
		"for /l %i in (1,1,9) do netstat -ano":              {tables: true, again: true},
		"netstat -ano & tasklist /svc":                      {tables: true},
		"netsh int ipv4 show tcpconnections":                {tables: true},
		"tasklist /svc":                                     {},
		"dir | findstr x":                                   {filters: []string{"findstr x"}},
		"Get-NetTCPConnection -State Bound > x.txt":         {tables: true, proto: "tcp", filters: []string{"Get-NetTCPConnection -State Bound > x.txt"}},
		"Get-NetTCPConnection > x.txt":                      {tables: true, proto: "tcp"},
		"$x = Get-NetTCPConnection; $x | ft":                {tables: true, proto: "tcp"},
		"netstat -anob ^| findstr x":                        {tables: true, filters: []string{"findstr x"}},
		"Get-NetTCPConnection|Export-Csv c.csv -NoType":     {tables: true, proto: "tcp"},
		"Get-NetTCPConnection | Group State,OwningProcess":  {tables: true, proto: "tcp"},
		"cmd /c \"netstat -anoq | findstr 443\"":            {tables: true, q: true, filters: []string{"findstr 443"}},
		"(Get-NetTCPConnection).LocalPort":                  {tables: true, proto: "tcp", ports: true},
		"Get-NetTCPConnection | select -expand LocalPort":   {tables: true, proto: "tcp", ports: true},
		"Get-NetTCPConnection | % { $_.LocalPort }":         {tables: true, proto: "tcp", ports: true, filters: []string{"% { $_.LocalPort }"}},
		"netstat -ano | Select-Object -Last 5 | Out-String": {tables: true, filters: []string{"Select-Object -Last 5"}},
	} {
		want.text, want.line = text, 7
		if got := readCommand(text, 7); !cmp.Equal(got, want, cmp.AllowUnexported(command{})) {
			t.Errorf("%s:\n%s", text, cmp.Diff(want, got, cmp.AllowUnexported(command{})))
		}
	}
}

// one is the one table of a text.
func one(t *testing.T, text string) Snapshot {
	t.Helper()
	got, codes := read(t, text)
	if len(got) != 1 || codes != nil {
		t.Fatalf("%d tables, errors %v of\n%s", len(got), codes, text)
	}
	law(t, &got[0])
	return got[0]
}

func kinds(s Snapshot) string {
	var all []string
	for _, c := range s.Cuts {
		all = append(all, fmt.Sprintf("%d %v %s", c.Line, c.Kind, c.Text))
	}
	return strings.Join(all, "|")
}

// The reasons are told with their lines and as written.
func TestCuts(t *testing.T) {
	const head = "Active Connections\n\n  Proto  Local Address          Foreign Address        State           PID\n"
	a, b := "  TCP    10.0.0.5:50000         10.0.0.9:1433          ESTABLISHED     5\n", "  UDP    10.0.0.5:50001         *:*                                    5\n"
	for name, c := range map[string]struct{ text, want string }{
		"whole":                  {head + a + b, ""},
		"elision":                {head + a + "  ...\n" + b, "5 elision ..."},
		"elision below":          {head + a + b + "\n[... 15,900 more ...]\n", "7 elision [... 15,900 more ...]"},
		"elision far below":      {head + a + b + strings.Repeat("\n", elisionReach) + "...\n", ""},
		"elision above the rows": {head + "...\n" + a + b, "4 elision ..."},
		"filter":                 {"C:\\>netstat -ano | findstr 5\n" + head + a + b, "1 filter findstr 5"},
		"filter in two lines":    {"PS C:\\> netstat -ano |\n>> findstr 5\n" + head + a + b, "1 filter findstr 5"},
		"headless":               {a + b, "1 headless the rows begin without a header"},
		"prose above":            {"These are the rows:\n" + a + b, "1 prose These are the rows:"},
		"prose in the middle":    {head + a + "look at this one\n" + b, "5 prose look at this one"},
		"prose below":            {head + a + b + "\nlook at this one\n", ""},
		"prose right below":      {head + a + b + "look at this one\n", "6 prose look at this one"},
		"word in the middle":     {head + a + "\nhere:\n" + b, "6 prose here:"},
		"half a row":             {head + a + "  TCP    10.0.0.5:5\n" + b, "5 row TCP    10.0.0.5:5"},
		"half a row at the end":  {head + a + b + "  TCP    10.0.0.5:5\n", "6 short TCP    10.0.0.5:5"},
		"no PID":                 {head + a + "  TCP    10.0.0.5:50000         10.0.0.9:1433          ESTABLISHED\n" + b, "5 row a row without a PID"},
		"no state":               {head + a + "  TCP    10.0.0.5:50000         10.0.0.9:1433     5\n" + b, "5 row a row without a state"},
		"no end":                 {head + a + strings.TrimSuffix(b, "\n"), "5 short the last line has no end"},
		"executable missing":     {head + a + " [x.exe]\n" + b + "  RpcSs\n", "6 short the executable of the last row is missing"},
		"statistics below":       {head + a + b + "\nTCP Statistics for IPv4\n\n  Active Opens = 5\n", ""},
		"a message of -b":        {head + a + " Owner could not be had\n" + a + " Owner could not be had\n" + b + " [x.exe]\n", ""},
		"a message of -b, once":  {head + a + " Owner could not be had\n" + a + " [x.exe]\n" + b + " [x.exe]\n", "5 prose Owner could not be had"},
	} {
		t.Run(name, func(t *testing.T) {
			if s := one(t, c.text); kinds(s) != c.want {
				t.Errorf("%q, want %q", kinds(s), c.want)
			}
		})
	}
	// Prose and rows without a header below it: neither part is whole.
	got, _ := read(t, head+a+"\nand later the same again\n\n"+b)
	if len(got) != 2 || kinds(got[0]) != "6 prose and later the same again" || kinds(got[1]) != kinds(got[0]) {
		t.Errorf("%+v", got)
	}
	if s := one(t, head+a+strings.Repeat("...\n"+a, maxCuts+5)); len(s.Cuts) != maxCuts {
		t.Errorf("%d cuts", len(s.Cuts))
	}
	if CutKind(99).String() != "unknown" {
		t.Error("an unknown kind has a name")
	}
}

// A row that could not be read, and a port that is a name, count.
func TestUnread(t *testing.T) {
	got, codes := read(t, header+"  TCP    1.1.1.1:99999   2.2.2.2:6   ESTABLISHED   1\r\n"+oneRow+"  TCP    1.1.1.1:epmap   2.2.2.2:6   ESTABLISHED   1\r\n"+
		"  TCP    1.1.1.1:5   2.2.2.2:6   ESTABLISHED   99999999999\r\n")
	if len(got) != 1 || got[0].Unread != 3 || got[0].Complete() || len(codes) != 3 {
		t.Errorf("%+v, errors %v", got, codes)
	}
}

// The command goes with the table it made, and -n 5 with all that it made.
func TestCommandOfATable(t *testing.T) {
	got, _ := read(t, "C:\\>netstat -anoq 5\r\n"+header+oneRow+header+oneRow+"\r\nC:\\>dir\r\n\r\n"+header+oneRow+"\r\nPS C:\\> netstat -anob\r\n"+header+oneRow+header+oneRow)
	var commands []string
	for _, s := range got {
		commands = append(commands, fmt.Sprintf("%d %s %v", s.CommandLine, s.Command, s.HasQ))
	}
	want := []string{"1 netstat -anoq 5 true", "1 netstat -anoq 5 true", "0  false", "21 netstat -anob false", "0  false"}
	if !cmp.Equal(commands, want) {
		t.Error(cmp.Diff(want, commands))
	}
	// A sentence that names a command is no echo of it.
	if s := one(t, "I ran netstat -anobq on the server:\r\n"+header+oneRow); s.HasQ || s.Command != "" {
		t.Errorf("%+v", s)
	}
}

func hosts(all []Snapshot) string {
	var names []string
	for _, s := range all {
		names = append(names, fmt.Sprintf("%s %d", s.Host, len(s.Entries)))
	}
	return strings.Join(names, ", ")
}

// A machine is named above its tables; another one ends a table.
func TestHosts(t *testing.T) {
	row := func(port int) string {
		return fmt.Sprintf("  TCP    10.0.0.5:%d         10.0.0.9:1433          ESTABLISHED     5\n", port)
	}
	for name, c := range map[string]struct{ text, want string }{
		"prompts":       {"[SRV01]: PS C:\\> netstat -ano\n" + row(1) + row(2) + "[SRV02]: PS C:\\> netstat -ano\n" + row(1), "SRV01 2, SRV02 1"},
		"headings":      {"SRV01:\n" + row(1) + row(2) + "SRV02:\n" + row(3), "SRV01 2, SRV02 1"},
		"labels":        {"Host: SRV01\n\n" + row(1) + "\nHost: SRV01.example\n" + row(2) + "\nHost: SRV02\n" + row(3), "SRV01 2, SRV02 1"},
		"named prompts": {"SRV01>netstat -ano\n" + row(1) + "SRV02>netstat -ano\n" + row(2), "SRV01 1, SRV02 1"},
		"none":          {"C:\\>netstat -ano\n" + row(1), " 1"},
		"objects": {
			"LocalAddress,LocalPort,RemoteAddress,RemotePort,State,PSComputerName\n10.0.0.5,1,10.0.0.9,80,Bound,SRV01\n10.0.0.5,2,10.0.0.9,80,Bound,SRV01\n10.0.0.5,1,10.0.0.9,80,Bound,SRV02\n",
			"SRV01 2, SRV02 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := read(t, c.text); hosts(got) != c.want {
				t.Errorf("%q, want %q", hosts(got), c.want)
			}
		})
	}
}

// A script that writes the time before each row writes a table at each time.
func TestShippedTimes(t *testing.T) {
	var text strings.Builder
	for i := range 3 {
		for port := range 4 {
			fmt.Fprintf(&text, "2026-11-20 10:%02d:%02d   TCP    0.0.0.0:%d          0.0.0.0:0              BOUND           5120\n", 14+i, port, 49700+10*i+port)
		}
	}
	got, _ := read(t, text.String())
	if len(got) != 3 {
		t.Fatalf("%d tables", len(got))
	}
	for i, s := range got {
		if want := time.Date(2026, 11, 20, 10, 14+i, 0, 0, time.UTC); len(s.Entries) != 4 || !s.Local.Equal(want) || s.StampLine != 1+4*i {
			t.Errorf("table %d: %d rows at %v, line %d", i, len(s.Entries), s.Local, s.StampLine)
		}
	}
	if s := one(t, "2026-03-10T09:00:00.5Z   TCP    0.0.0.0:1   0.0.0.0:0   BOUND   5\n"); s.Offset == nil || *s.Offset != 0 || s.Local.Nanosecond() != 5e8 {
		t.Errorf("%+v", s)
	}
}

// Owners and PIDs of columns that scripts have named.
func TestOwnerColumns(t *testing.T) {
	for name, c := range map[string]struct {
		text, owner string
		pid         int
	}{
		"PID and ProcessName": {"\"Protocol\",\"LocalAddress\",\"LocalPort\",\"RemoteAddress\",\"RemotePort\",\"State\",\"ProcessName\",\"PID\"\n\"TCP\",\"0.0.0.0\",\"49700\",\"0.0.0.0\",\"0\",\"BOUND\",\"BackupAgent\",\"5120\"\n", "BackupAgent", 5120},
		"Process beside":      {"LocalPort,State,OwningProcess,Process\n49700,Bound,5120,BackupAgent\n", "BackupAgent", 5120},
		"Process is a PID":    {"LocalPort,State,Process\n49700,Bound,5120\n", "", 5120},
		"Process is a name":   {"LocalPort;State;Process\n49700;Bound;BackupAgent\n", "BackupAgent", -1},
		"Path":                {"Path,ProcessId,LocalPort,State\nC:\\Program Files\\a\\Backup Agent.exe,5120,49700,Bound\n", "Backup Agent.exe", 5120},
		"list":                {"Local Address : 10.0.0.5\nLocalPort     : 49700\nRemoteIP      : 10.0.0.9\nRemotePort    : 443\nProcessId     : 5120\nProcessName   : BackupAgent\nState         : Bound\n", "BackupAgent", 5120},
		"table":               {"\nLocalPort State  PID Image\n--------- -----  --- -----\n    49700 Bound 5120 BackupAgent.exe\n", "BackupAgent.exe", 5120},
		"Markdown":            {"| LocalPort | State | OwningProcess | ProcessName |\n|---|---|---|---|\n| 49700 | Bound | 5120 | BackupAgent |\n", "BackupAgent", 5120},
		"HTML":                {"<table>\n<tr><th>LocalPort</th><th>State</th><th>PID</th><th>Owner</th></tr>\n<tr><td>49700</td><td>Bound</td><td>5120</td><td>BackupAgent</td></tr>\n</table>\n", "BackupAgent", 5120},
		"in the command":      {"PS C:\\> Get-NetTCPConnection -State Bound -OwningProcess 5120 | select LocalPort,RemotePort\n\nLocalPort RemotePort\n--------- ----------\n    49700          0\n", "", 5120},
	} {
		t.Run(name, func(t *testing.T) {
			s := one(t, c.text)
			if len(s.Entries) != 1 {
				t.Fatalf("%d rows", len(s.Entries))
			}
			e := s.Entries[0]
			if e.Local.Port() != 49700 || e.State != Bound || e.Proto != "tcp" || e.Owner != c.owner || e.PID != c.pid || s.HasPID != (c.pid >= 0) || s.HasOwner != (c.owner != "") {
				t.Errorf("%+v of %+v", e, s)
			}
		})
	}
	// -b without -o: owners, and no PID.
	s := one(t, "`  TCP    127.0.0.1:6010         127.0.0.1:6011         ESTABLISHED\n [fluent-bit.exe]\n  UDP    0.0.0.0:53    *:*\n  Dnscache\n [svchost.exe]\n")
	if s.HasPID || !s.HasOwner || s.Entries[0].Owner != "fluent-bit.exe" || s.Entries[1].Owner != "svchost.exe" || s.Entries[0].PID != -1 || !slices.Equal(s.Entries[1].Components, []string{"Dnscache"}) {
		t.Errorf("%+v", s)
	}
}

// A list of another tool's properties is no header of rows.
func TestPropertiesAreNoHeader(t *testing.T) {
	s := one(t, "State : Running\nPath : C:\\x.exe\n\n"+oneRow)
	if !s.Filtered {
		t.Errorf("%+v", s)
	}
}

// PowerShell rows go on below an elision, and a row of a CSV that is none is told.
func TestObjectsWithElisions(t *testing.T) {
	s := one(t, "\nLocalPort State OwningProcess\n--------- ----- -------------\n    49700 Bound          5120\n...\n    49701 Bound          5120\n")
	if len(s.Entries) != 2 || kinds(s) != "5 elision ..." {
		t.Errorf("%d rows, %s", len(s.Entries), kinds(s))
	}
	s = one(t, "LocalPort,State,OwningProcess\n49700,Bound,5120\n49701,Bo\n")
	if len(s.Entries) != 1 || kinds(s) != "3 row 49701,Bo" {
		t.Errorf("%d rows, %s", len(s.Entries), kinds(s))
	}
}
