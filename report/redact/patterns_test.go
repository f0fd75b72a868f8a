package redact

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What names are found by when nothing else in the text tells of them.
func TestPatterns(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"runas", `runas /user:CORP\jdoe cmd`, `runas /user:domain#1\user#2 cmd`},
		{"share", `\\files01\data and files01, \\10.0.0.5\c$`, `\\host#1\data and host#1, \\ip4-private#2\c$`},
		{"share with slashes", "mounted //files01/data; // a comment", "mounted //host#1/data; // a comment"},
		{"machine account", `CORP\WEB07$ and WEB08$ on C$, ADMIN$, IPC$ as $env:X and ${y}`, `domain#1\host#2$ and host#3$ on C$, ADMIN$, IPC$ as $env:X and ${y}`},
		{"instance", "MSSQL$PAYROLL SQLAgent$payroll MSSQL$SQLEXPRESS", "MSSQL$name#1 SQLAgent$name#1 MSSQL$SQLEXPRESS"},
		{"hostname", "C:\\>hostname\nWEB07\nof web07", "C:\\>hostname\nhost#1\nof host#1"},
		{"ping", "C:\\>ping web07\n\nPinging web07.corp.local [10.0.0.5] with 32 bytes of data:", "C:\\>ping host#1\n\nPinging host#1.domain#2 [ip4-private#3] with 32 bytes of data:"},
		{"German ping", "Ping wird ausgeführt für web07 [10.0.0.5] mit 32 Bytes Daten:", "Ping wird ausgeführt für host#1 [ip4-private#2] mit 32 Bytes Daten:"},
		{"ping of nobody", "Ping request could not find host web07. Please check the name and try again.", "Ping request could not find host host#1. Please check the name and try again."},
		{"nslookup", "Server:  dc01.corp.local\nAddress:  10.0.0.1\n\nName:    web07\nAddresses:  10.0.0.5\nweb07", "Server:  host#1.domain#2\nAddress:  ip4-private#3\n\nName:    host#4\nAddresses:  ip4-private#5\nhost#4"},
		{"name of something else", "Name: Ethernet\nState: up", "Name: Ethernet\nState: up"},
		{"query user", " USERNAME              SESSIONNAME        ID  STATE\n>jdoe                  rdp-tcp#1           2  Active\n jane                                      3  Disc\n\njdoe jane", " USERNAME              SESSIONNAME        ID  STATE\n>user#1                  rdp-tcp#1           2  Active\n user#2                                      3  Disc\n\nuser#1 user#2"},
		{"German query user", " BENUTZERNAME          SITZUNGSNAME       ID  STATUS\n>jürgen                rdp-tcp#1           2  Aktiv\n\njürgen", " BENUTZERNAME          SITZUNGSNAME       ID  STATUS\n>user#1                rdp-tcp#1           2  Aktiv\n\nuser#1"},
		{"qwinsta", " SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE\n services                                    0  Disc\n>console           jdoe                      1  Active\n                                         65536  Listen", " SESSIONNAME       USERNAME                 ID  STATE   TYPE        DEVICE\n services                                    0  Disc\n>console           user#1                      1  Active\n                                         65536  Listen"},
		{"nbtstat", "    WEB07          <00>  UNIQUE      Registered\n    CORP           <00>  GROUP       Registered\nweb07 corp", "    host#1          <00>  UNIQUE      Registered\n    domain#2           <00>  GROUP       Registered\nhost#1 domain#2"},
		{"parameters", "Get-X -ComputerName web07, 'web08' -Y; tasklist /s web09 /svc; query user /server:web10", "Get-X -ComputerName host#1, 'host#2' -Y; tasklist /s host#3 /svc; query user /server:host#4"},
		{"prompt", `[web07]: PS C:\Users\jdoe> dir`, `[host#1]: PS C:\Users\user#2> dir`},
		{"profile with a domain", `C:\Users\jdoe.CORP\x`, `C:\Users\user#1.domain#2\x`},
		{"link", "http://web07:8080/x ldap://dc01 http://+:80/ http://schemas.microsoft.com/x http://10.0.0.5/", "http://host#1:8080/x ldap://host#2 http://+:80/ http://schemas.microsoft.com/x http://ip4-private#3/"},
		{"login in a link", "ftp://jdoe:hunter2x@web07/", "ftp://user#1:secret#2@host#3/"},
		{"link to a number", "http://167772165/ http://0x0A000005/ and 10.0.0.5", "http://ip4-private#1/ http://ip4-private#1/ and ip4-private#1"},
		{"principal", "MSSQLSvc/db01.corp.local:1433 HTTP/web07 HTTP/1.1 TERMSRV/web08", "MSSQLSvc/host#1.domain#2:1433 HTTP/host#3 HTTP/1.1 TERMSRV/host#4"},
		{"connection string", `Data Source=db01\x,1433;User ID=jdoe;Password=hunter2x;`, `Data Source=host#1\user#2,1433;User ID=user#3;Password=secret#4;`},
		{"directory", "CN=Jane Doe,OU=Vertrieb,DC=corp,DC=local by jane doe, CN=Users,DC=corp,DC=local", "CN=name#1,OU=name#2,DC=domain#3 by name#1, CN=Users,DC=domain#3"},
		{"XML", "<Computer>WEB07</Computer><Data Name='TargetUserName'>jdoe</Data> web07 jdoe", "<Computer>host#1</Computer><Data Name='TargetUserName'>user#2</Data> host#1 user#2"},
		{"CSV", "\"Image Name\",\"PID\",\"User Name\"\n\"a.exe\",\"5\",\"CORP\\jane doe\"\njane doe", "\"Image Name\",\"PID\",\"User Name\"\n\"a.exe\",\"5\",\"domain#1\\user#2\"\nuser#2"},
		{"addresses in four parts", "010.000.000.005 012.0.0.05 0012.0000.0000.0005 0x0a.0x0.0x0.0x5 10.0.0.5", "ip4-private#1 ip4-global#2 ip4-private#1 ip4-private#1 ip4-private#1"},
		{"addresses as numbers", "10.0.0.5 is 167772165, 83886090, 0x0A000005, 0a000005, 0x0500000a; 167772166", "ip4-private#1 is ip4-private#1, ip4-private#1, ip4-private#1, ip4-private#1, ip4-private#1; 167772166"},
		{"addresses in names", "10.0.0.5 ip-10-0-0-5.ec2.internal x_10-0-0-5 10_0_0_5 5.0.0.10.in-addr.arpa, ip-10-9-9-9, 26-03-10-12", "ip4-private#1 ip-ip4-private#1.domain#2 x_ip4-private#1 ip4-private#1 ip4-private#1.in-addr.arpa, ip-ip4-private#3, 26-03-10-12"},
		{"a status is no address", "192.0.2.9 0xC0000209 128.7.0.5 0x80070005", "ip4-documentation#1 0xC0000209 ip4-global#2 0x80070005"},
		{"IPv6 beside labels", "Address:fe80::1 addr:2001:db8::5 [2001:DB8:0:0:0:0:0:5]:443 2001-db8--5.ipv6-literal.net 2001:db8:0:0:0:0:0:5:443", "Address:ip6-linklocal#1 addr:ip6-documentation#2 [ip6-documentation#2]:443 ip6-documentation#2.ipv6-literal.net ip6-documentation#2:443"},
		{"MACs", "00-15-5D-01-02-0A 0015.5d01.020a 00155D01020A 0:15:5d:1:2:a 00 15 5D 01 02 0A", "mac#1 mac#1 mac#1 mac#1 mac#1"},
		{"DUID", "00-01-00-01-2A-3B-4C-5D-00-15-5D-01-02-0A", "mac#1"},
		{"host in a word", "Host Name: WEB07X\nsvcWEB07X_log, WEB07Xa", "Host Name: host#1\nsvchost#1_log, host#1a"},
		{"first 15 letters", "Host Name: averylongname-web07\naverylongname-w", "Host Name: host#1\nhost#1"},
		{"between words without blanks", "Host Name: 東京\n在東京的服務器", "Host Name: host#1\n在host#1的服務器"},
		{"cut off", "Host Name: averylongname\naverylongn… avery", "Host Name: host#1\nhost#1… avery"},
		{"our own words of machines", "  ● EXHAUSTED  no TCP port was left on pear\n    The bundle holds files of other machines too: quince (likely) and\n    plum (inconclusive). pear quince plum inconclusive", "  ● EXHAUSTED  no TCP port was left on host#1\n    The bundle holds files of other machines too: host#2 (likely) and\n    host#3 (inconclusive). host#1 host#2 host#3 inconclusive"},
		{"our own words of inputs", "## Exhausted\n| Jane Doe/netstat.txt | netstat | 254 | x |\nread from Jane Doe/netstat.txt, of Jane Doe", "## Exhausted\n| name#1/netstat.txt | netstat | 254 | x |\nread from name#1/netstat.txt, of name#1"},
		{"over a line end", "Registered Owner: Jane Doe\nsaid Jane\n    Doe, and jane%20doe", "Registered Owner: user#1\nsaid user#1, and user#1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := newRedactor(t, testKey).Text(tt.text)
			if d := cmp.Diff(tt.want, shape(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A hash is replaced by one as long, which stays under the same key.
func TestHashes(t *testing.T) {
	const sum = "d3f9eb09b9f6c13767e2a16228d2298ab0548d05dced1483ee4cd51c22369c27"
	r := newRedactor(t, testKey)
	got := r.Text("SHA256 " + sum + ", " + strings.ToUpper(sum) + " and 0x" + sum[:40])
	is := strings.Fields(got)
	if len(got) != len("SHA256 , ")+64+64+len(" and 0x")+40 || strings.Contains(strings.ToLower(got), sum[:16]) || strings.Trim(is[1], ",") != strings.ToLower(is[2]) {
		t.Errorf("%s", got)
	}
	if again := newRedactor(t, testKey).Text(got); again != got {
		t.Errorf("a second time:\n%s\n%s", got, again)
	}
	if other := newRedactor(t, testKey+"x").Text(got); other == got {
		t.Error("another key gives the same")
	}
}

// A name has one token, whichever kind of name a place takes it for, and the order in
// which texts teach it does not matter.
func TestOneTokenForAName(t *testing.T) {
	texts := []string{`WEB07\jdoe`, `\\web07\x`, "Domain: web07", "User Name: Web07"}
	var want string
	for i := range texts {
		r := newRedactor(t, testKey)
		for k := range texts {
			r.Learn([]byte(texts[(i+k)%len(texts)]))
		}
		got := r.Known(strings.Join(texts, "\n"))
		if want == "" {
			want = got
		}
		if got != want || strings.Count(got, r.Known("web07")) != 4 {
			t.Errorf("%s\n%s", got, want)
		}
	}
}

// The letters of a name are known again in the code pages that Windows writes.
func TestCodePages(t *testing.T) {
	for _, teach := range []string{"User Name: Jürgen", "User Name: J\xFCrgen", "User Name: J\x81rgen"} {
		r := newRedactor(t, testKey)
		r.Learn([]byte(teach))
		token := r.Known("jürgen")
		for _, is := range []string{"JÜRGEN", "J\xFCrgen", "J\x81rgen", "J\x9ARGEN", "J%C3%BCrgen", "JÃ¼rgen", "ju\u0308rgen"} {
			if got := r.Known(is); got != token || !strings.HasPrefix(got, "user-") {
				t.Errorf("%q teaches; %q becomes %q, not %q", teach, is, got, token)
			}
		}
	}
}

func TestLoneNames(t *testing.T) {
	for text, named := range map[string]bool{"WEB07\r\n": true, "web07.corp.local": true, "two words": false, "netstat.txt": false, "server": false, "": false, strings.Repeat("x", 62) + "7": true, strings.Repeat("x", 63) + "7": false} {
		r := newRedactor(t, testKey)
		out, err := r.Document([]byte(text))
		if err != nil || bytes.Equal(out, []byte(text)) == named {
			t.Errorf("%q becomes %q, %v", text, out, err)
		}
	}
}
