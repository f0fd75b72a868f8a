package redact

import (
	"strings"
	"testing"
)

// moreEdges go on with edges.
var moreEdges = []struct{ text, want string }{
	// addresses in names: each of a line, in any case, without its zone
	{
		`fe80--1.ipv6-literal.net, FE80--2.IPv6-Literal.Net and 2001-db8--7s12.ipv6-literal.net`, `ip6-linklocal#1.ipv6-literal.net, ip6-linklocal#2.IPv6-Literal.Net and ip6-documentation#3s12.ipv6-literal.net`,
	},
	{
		`x.ipv6-literal.net 1-2.ipv6-literal.net fe80--1.ipv6-literal.ne`, `x.ipv6-literal.net 1-2.ipv6-literal.net host#1.domain#2`,
	},
	{
		`1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.IP6.ARPA 2001:db8::1`,
		`ip6-documentation#1.ip6.arpa ip6-documentation#1.IP6.ARPA ip6-documentation#1`,
	},
	{
		`  TCP    10.0.0.5:80    filer7:443    ESTABLISHED`, `  TCP    ip4-private#1:80    host#2:443    ESTABLISHED`,
	},
	{
		`  TCP    3com7:80    10.0.0.5:443    ESTABLISHED`, `  TCP    host#1:80    ip4-private#2:443    ESTABLISHED`,
	},
	{
		`10.0.0.5 00167772165 012167772165`, `ip4-private#1 00167772165 012167772165`,
	},
	// what is a name of its own, and what a part of one
	{
		`\\vault7.zeta.qq\x of zeta.qq`, `\\host#1.domain#2\x of domain#2`,
	},
	{
		`a <00> b <00> c <00>`, `a <00> host#1 <00> host#2 <00>`,
	},
	{
		`vault7 <00> alpha8 <20> x`, `host#1 <00> host#2 <20> x`,
	},
	{
		`$ $ VAULT7$ ALPHA8$`, `$ $ host#1$ host#2$`,
	},
	{
		"Host Name: vault7.zeta.qq\nof zeta.qq", "Host Name: host#1.domain#2\nof domain#2",
	},
	{
		"EXHAUSTED  x\n Why: vault7, TCP: x\nof vault7", "EXHAUSTED  x\n Why: host#1, TCP: x\nof host#1",
	},
	{
		`http://10.0.0.5/ 167772165`, `http://ip4-private#1/ ip4-private#1`,
	},
	{
		`\\zeta7x\x ZETA7X`, `\\host#1\x host#1`,
	},
	{
		`\\grösse7x\c$ GRÖSSE7X`, `\\host#1\c$ host#1`,
	},
	{
		`C:\Users\jdoe.CONTOSO\x; of CONTOSO`, `C:\Users\user#1.domain#2\x; of domain#2`,
	},
	{
		`C:\Backup Agent\data, zeta\morgane`, `C:\Backup Agent\data, domain#1\user#2`,
	},
	{
		`%VAULT7$ x $VAULT7$ VAULT8$ x`, `%VAULT7$ x $VAULT7$ host#1$ x`,
	},
	{
		`[10.0.0.5]: PS> x [10.0.0.5]:80`, `[ip4-private#1]: PS> x [ip4-private#1]:80`,
	},
	{
		`00 15 5D 01 02 0A 0B 00-15-5D-01-02-0A`, `mac#1 0B mac#1`,
	},
	{
		`0:15:5d:1:2:0a 00:15:5d:01:02:0a1`, `mac#1 00:15:5d:01:02:0a1`,
	},
	{
		`a<b <00> x <0g> <000>`, `a<host#1 <00> x <0g> <000>`,
	},
	{
		`/u:zeta\morgane of zeta morgane`, `/u:domain#1\user#2 of domain#1 user#2`,
	},
	{
		`fe80::1. addr:fe80::1, x:fe80::1%eth0.`, `ip6-linklocal#1. addr:ip6-linklocal#1, x:ip6-linklocal#1.`,
	},
	{
		`\\averyverylonghostname01\x \\averyverylongho\x averyverylongho`, `\\host#1\x \\host#2\x host#2`,
	},
	{
		`QueryName=www.zeta; of www.zeta`, `QueryName=host#1; of host#1`,
	},
	{
		`jdoe@mail.contoso.com and mail.contoso.com`, `user#1@domain#2 and host#3.domain#4`,
	},
	{
		`\\srv9abcd\c$ svcSRV9ABCD01`, `\\host#1\c$ svchost#101`,
	},
	{
		`MSSQL$ERP_ next`, `MSSQL$name#1 next`,
	},
	{
		`MSSQL$ERP_A_b next`, `MSSQL$name#1 next`,
	},
	{
		`  TCP    a:80    beta:443    ESTABLISHED`, `  TCP    a:80    host#1:443    ESTABLISHED`,
	},
	{
		`  TCP    a:80    1:443    ESTABLISHED`, `  TCP    a:80    1:443    ESTABLISHED`,
	},
	{
		`x=1 hostname=alpha7 y of alpha7`, `x=1 hostname=host#1 y of host#1`,
	},
	{
		`::`, `::`,
	},
	{
		`:: and [::]:80 and -::-`, `:: and [ip6-any]:80 and -::-`,
	},
}

// What the rows of query user teach is replaced elsewhere: whole names, however close the
// next column is, of one's own session and of others, and nothing of another column.
func TestUsersOfSessions(t *testing.T) {
	const head = " USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME\n"
	for name, c := range map[string][2]string{
		"one's own":          {head + ">morgane               console             1  Active      none   3/10/2026 9:00 AM\n", "morgane|console"},
		"another's":          {head + " morgane               rdp-tcp#1           2  Active          .  3/10/2026 9:00 AM\n", "morgane|rdp-tcp"},
		"a name of 20":       {head + " averyveryverylongnam  rdp-tcp#1           2  Active          .  3/10/2026 9:00 AM\n", "averyveryverylongnam|rdp-tcp"},
		"a name to the next": {head + " averyveryverylongname rdp-tcp#1           2  Active          .  3/10/2026 9:00 AM\n", "averyveryverylongname|rdp-tcp"},
		"no session":         {head + " morgane                                  2  Disc            .  3/10/2026 9:00 AM\n", "morgane|Disc"},
		"in German":          {" BENUTZERNAME          SITZUNGSNAME       ID  STATUS  LEERLAUF   ANMELDEZEIT\n morgane               rdp-tcp#1           2  Aktiv           .  10.03.2026 09:00\n", "morgane|Aktiv"},
		"behind the session": {" SESSIONNAME       USERNAME                 ID  STATE\n>aaaaaaaaaaaaaaaaa morgane                   1  Active\n", "morgane|Active"},
		"three columns":      {" USERNAME  ID  STATE\n morgane   2  Active\n", "morgane|Active"},
		"umlauts before":     {"ÜÜÜ USERNAME              SESSIONNAME        ID  STATE\n    morgane               rdp-tcp#1           2  Active\n", "morgane|rdp-tcp"},
		"a second row":       {head + " aaaa                  rdp-tcp#1           2  Active          .  3/10/2026 9:00 AM\n morgane               rdp-tcp#2           3  Active          .  3/10/2026 9:00 AM\n", "morgane|rdp-tcp"},
	} {
		gone, stays, _ := strings.Cut(c[1], "|")
		text := newRedactor(t, testKey).Text(c[0] + "\nlater: by " + gone + " on " + stays + ".\n")
		if strings.Contains(text, gone) || !strings.Contains(text, " on "+stays) {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	// A row is one of the table right above it only.
	if text := newRedactor(t, testKey).Text(head + "\n morgane               rdp-tcp#1\nby morgane\n"); !strings.Contains(text, "by morgane") {
		t.Errorf("behind an empty line:\n%s", text)
	}
}

// What commands print about the machine itself is its name: one word, right below.
func TestAnswersOfCommands(t *testing.T) {
	for text, gone := range map[string]bool{
		"C:\\>hostname\nvault7x\non vault7x\n": true, "PS C:\\> $env:COMPUTERNAME\nvault7x\non vault7x\n": true, "C:\\>echo %COMPUTERNAME%\nvault7x\non vault7x\n": true, "a hostname.exe\nvault7x\non vault7x\n": true,
		"C:\\>hostname\nvault7x is here\non vault7x\n": false, "we wondered what may be its hostname\nvault7x\non vault7x\n": false, "C:\\>hostname\n\nvault7x\non vault7x\n": true, "C:\\>hostnames\nvault7x\non vault7x\n": false,
		"Name:    vault7x\nAddress:  10.0.0.5\non vault7x\n": true, "Name:    vault7x\nSize:  10\nAddress: 10.0.0.5\non vault7x\n": false, "Name:    vault 7x\nAddress:  10.0.0.5\non vault7x\n": false,
		"Nom :    vault7x\nAdresses:  10.0.0.5\non vault7x\n": true, "Aliases:  vault7x\non vault7x\n": true, "Nombre:  vault7x\nDirección:  10.0.0.5\non vault7x\n": true,
		"System log on \\\\vault7x:\non vault7x\n": true, "System log on \\\\vault7x\n\non \\\\vault7x too\nand vault7x\n": true, "the log on vault7x:\n": false,
		"513,System,Tcpip,WARNING,vault7x,3/10/2026 9:00 AM,4231,None,x\non vault7x\n": true, "513\tSystem\tx\tERROR\tx\t3/10/2026\t7\tCORP\\vault7x\non vault7x\n": true,
		"513,System,Tcpip,WARN,vault7x,3/10/2026 9:00 AM,4231,None,x\non vault7x\n": false, "513,System,Tcpip,WARNING,vault7x,3/10/2026 9:00 AM,x,None,x\non vault7x\n": false,
	} {
		if got := newRedactor(t, testKey).Text(text); strings.Contains(got, "vault7x") == gone {
			t.Errorf("%q:\n%s", text, got)
		}
	}
}

// The columns of CSV tell what is a name in them; a line that Export-Csv writes above the
// heading is none.
func TestNamesOfColumns(t *testing.T) {
	for text, gone := range map[string]bool{
		"ComputerName,State,PID\nvault,Bound,5\n":                                       true,
		"#TYPE Selected.Object\r\nComputerName,State,PID\r\nvault,Bound,5\r\n":          true,
		"\ufeff\r\n PID,State,Computer Name\n5,Bound,vault\n":                           true,
		"ComputerName,State\nvault,Bound\n":                                             false,
		"Colour,State,PID\nvault,Bound,5\n":                                             false,
		"PID,State,ComputerName\n5,Bound\n6,Bound,vault,x\n":                            true,
		"PID,State,ComputerName\n5,Bo\"und,vault\n":                                     true,
		"ComputerName,State,PID\n" + strings.Repeat("y", maxName) + "vault,Bound,5\n":   false,
		"ComputerName,State,PID\n" + strings.Repeat("y", maxName-1) + ",B,5\nvault,,\n": true,
	} {
		out, err := newRedactor(t, testKey).Document([]byte(text + "x,on vault,y\n"))
		if err != nil || strings.Contains(string(out), "on vault") == gone {
			t.Errorf("%q:\n%s%v", text, out, err)
		}
	}
}

// Tokens under one key are those that earlier versions gave, so that old and new texts can
// be compared.
func TestTokensStay(t *testing.T) {
	for text, want := range map[string]string{
		"Host Name: vault7x": "Host Name: host-7b2b1d5b22", "jdoe@contoso.com": "user-6349b4da27@domain-dbcd3b7318", "10.0.0.5 8.8.8.8 fe80::1": "ip4-private-69ad1ffc9c ip4-global-ebe3dc0133 ip6-linklocal-6328ba1093",
		"00-15-5D-01-02-0A": "mac-f19a813de4", "S-1-5-21-1-2-3-500": "sid-account-9f7a167b9f", "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1": "0x7f218345473db053c36ce113d5162203",
		strings.Repeat("A1", 32): "7800E3E1B48C22F009004729E5B160D8FAC2FDB98FB5157662E150DE7DD0617D", "ev-000000000001": "ev-da54257058ee",
	} {
		if got := newRedactor(t, testKey).Text(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
