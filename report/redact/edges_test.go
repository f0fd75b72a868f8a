package redact

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Where what is replaced ends: each line holds what is a name or an address, and what is
// one no more because of a sign, a digit or a word beside it.
func TestEdges(t *testing.T) {
	for _, c := range slices.Concat(edges, moreEdges) {
		got := shape(newRedactor(t, testKey).Text(c.text))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, d)
		}
	}
}

// What paths teach is replaced later, in other texts.
func TestLearnedPath(t *testing.T) {
	r := newRedactor(t, testKey)
	r.LearnPath("Jane Doe/netstat.txt")
	if got := shape(r.Known("of jane doe, netstat")); got != "of name#1, netstat" {
		t.Error(got)
	}
}

var edges = []struct{ text, want string }{
	// which numbers are a known address
	{
		`192.7.0.5 3221684229 0xC0070005`, `ip4-global#1 3221684229 0xC0070005`,
	},
	{
		`128.8.0.5 0x80080005`, `ip4-global#1 ip4-global#1`,
	},
	{
		`193.0.0.5 0xC1000005, 0xC1000006`, `ip4-global#1 ip4-global#1, 0xC1000006`,
	},
	{
		`129.7.0.5 2164719621`, `ip4-global#1 ip4-global#1`,
	},
	{
		`0.1.2.3 66051 0x00010203`, `ip4-global#1 66051 0x00010203`,
	},
	{
		`127.0.0.1 0x7F000001 2130706433`, `ip4-loopback 0x7F000001 2130706433`,
	},
	{
		`10.0.0.5 4462739461 167772165`, `ip4-private#1 4462739461 ip4-private#1`,
	},
	{
		`10.0.0.5 0xA000005 0xA00005 0x0A000005g`, `ip4-private#1 ip4-private#1 0xA00005 0x0A000005g`,
	},
	{
		`10.0.0.5 0X0A000005 000A000005 0A000005`, `ip4-private#1 ip4-private#1 000A000005 ip4-private#1`,
	},
	{
		`192.168.0.5 3232235525 83929280 32322355250`, `ip4-private#1 ip4-private#1 ip4-private#1 32322355250`,
	},
	{
		`0.0.10.0 10.0.0.0 655360 2560`, `ip4-global#1 ip4-private#2 655360 2560`,
	},
	// MAC addresses and rows of bytes
	{
		`00-00-00-00-00-00 000000000000 00155D01020A`, `mac#1 000000000000 00155D01020A`,
	},
	{
		`00-15-5D-01-02-0A 00155D01020A 00155d01020a 00155D01020B 00155D01020A0`, `mac#1 mac#1 mac#1 00155D01020B 00155D01020A0`,
	},
	{
		`00-01-00-01-2A-3B-4C-5D-00 and 00-01-00-01-2A-3B-4C-5D-00-15`, `00-01-00-01-2A-3B-4C-5D-00 and mac#1`,
	},
	{
		`0:15:5d:1:2:a and 0-15-5d-1-2-a`, `mac#1 and 0-15-5d-1-2-a`,
	},
	{
		`-00-15-5D-01-02-0A 00-15-5D-01-02-0A- 00-15-5D-01-02-0A`, `-00-15-5D-01-02-0A 00-15-5D-01-02-0A- mac#1`,
	},
	{
		`00:15:5d:01:02:0a:xyz 00:15:5d:01:02 00:15:5d:01:02:0b`, `00:15:5d:01:02:0a:xyz 00:15:5d:01:02 mac#1`,
	},
	{
		`00-15-5D-01-02-0A: FF FF 00 15 5D 01 02 0A 08 00`, `mac#1: FF FF mac#1 08 00`,
	},
	{
		`00-15-5D-01-02-0A: 00 15 5D 01 02 0A`, `mac#1: mac#1`,
	},
	{
		`00-15-5D-01-02-0A: 0 15 5D 1 2 A 08 00 45 00`, `mac#1: 0 15 5D 1 2 A 08 00 45 00`,
	},
	{
		`0015.5d01.020a. 0015.5d01.020b.c 0015.5d01.020cd .0015.5d01.020e`, `mac#1. 0015.5d01.020b.c 0015.5d01.020cd .0015.5d01.020e`,
	},
	{
		`0015.5d01-020a 0015.5d01.02 0015.5g01.020a 0015.5d01.020a`, `0015.5d01-020a 0015.5d01.02 0015.5g01.020a mac#1`,
	},
	// IPv4 in four parts
	{
		`x10.0.0.5 10.0.0.5x 10.0.0.5.x v10.0.0.5`, `x10.0.0.5 ip4-private#1x ip4-private#1.x v10.0.0.5`,
	},
	{
		`10.0.0.5: 10.0-0.5 10_0_0_5 10-0-0-5x 1-10-0-0-5 10-0-0-5-1`, `ip4-private#1: 10.0-0.5 ip4-private#1 10-0-0-5x 1-10-0-0-5 10-0-0-5-1`,
	},
	{
		`10-0-0-5 10_0_0_5 26-11-26-10`, `10-0-0-5 10_0_0_5 26-11-26-10`,
	},
	{
		`00010.0.0.5 0x100.0.0.5 0x0000a.0.0.5 1010.0.0.5 256.0.0.5`, `00010.0.0.5 0x100.0.0.5 0x0000a.0.0.5 1010.0.0.5 256.0.0.5`,
	},
	{
		`0010.0.0.5 0377.0.0.5 0400.0.0.5 8.0.0.5 255.0.0.5`, `ip4-global#1 ip4-global#2 0400.0.0.5 ip4-global#1 ip4-global#2`,
	},
	{
		`0012.010.8.5 10.8.8.5 0012.010.08.5`, `ip4-private#1 ip4-private#1 ip4-private#1`,
	},
	{
		`0x0a.0.0.5 0X0A.0.0.5 10.0.0.5`, `ip4-private#1 ip4-private#1 ip4-private#1`,
	},
	{
		`5.0.0.10.in-addr.arpax 5.0.0.10.in-addr.arpa 10.0.0.5`, `ip4-global#1.in-addr.arpax ip4-private#2.in-addr.arpa ip4-private#2`,
	},
	{
		`ip-10-9-9-9 ec2-10-9-9-9 ab-10-9-9-9 x1-10-9-9-9`, `ip-ip4-private#1 ec2-10-9-9-9 ab-10-9-9-9 x1-10-9-9-9`,
	},
	{
		`a-10-9-9-9`, `a-10-9-9-9`,
	},
	{
		`-10-9-9-9 abcdefghijklmnopqrst-10-9-9-8`, `-10-9-9-9 abcdefghijklmnopqrst-ip4-private#1`,
	},
	{
		`10.0.0 10.0.0. 10..0.0.5 10.0.0.5..`, `10.0.0 10.0.0. 10..0.0.5 ip4-private#1..`,
	},
	// IPv6
	{
		`10:20:30 1::2.3.4.5 at :: end [::] a::b`, `10:20:30 ip6-global#1 at :: end [ip6-any] ip6-global#2`,
	},
	{
		`x :fe80::1 y`, `x :ip6-linklocal#1 y`,
	},
	{
		`1:2.fe80::1 HKLM\Acme x7\jdoe7x`, `1:2.ip6-linklocal#1 HKLM\Acme x7\jdoe7x`, // "1:2" is none, and the path of a key is no account
	},
	{
		`fe80::1%eth0 fe80::1% fe80::1%25 fe80::1x fe80::1. fe80::1: fe80::`, `ip6-linklocal#1 ip6-linklocal#1% ip6-linklocal#1 fe80::1x ip6-linklocal#1. ip6-linklocal#1: ip6-linklocal#2`,
	},
	{
		`fe80::1 fe80::1%12345678901234567890123456789012345`, `ip6-linklocal#1 ip6-linklocal#12345`,
	},
	{
		`1:2:3:4:5:6:7:8:443 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9:10`, `ip6-global#1:443 ip6-global#1 1:2:ip6-global#2`,
	},
	{
		`2001:4860:4860:1111:2222:3333:4444:8888`, `ip6-global#1`,
	},
	{
		`Adresse:fe80::1 x:fe80::2 Cafe:fe80::3`, `Adresse:ip6-linklocal#1 x:ip6-linklocal#2 ip6-global#3`,
	},
	{
		`ff02::1 fd00::1 fc00::2 ::ffff:8.8.8.8 ::1 64:ff9b::1 2001:db8::1`, `ip6-multicast#1 ip6-ula#2 ip6-ula#3 ip6-global#4 ip6-loopback ip6-global#5 ip6-documentation#6`,
	},
	{
		`100.64.0.1 100.128.0.1 198.51.100.7 203.0.113.7 192.0.2.7 172.16.0.1 172.32.0.1 239.0.0.1`, `ip4-shared#1 ip4-global#2 ip4-documentation#3 ip4-documentation#4 ip4-documentation#5 ip4-private#6 ip4-global#7 ip4-multicast#8`,
	},
	{
		`web07 fe80--1.ipv6-literal.net g-fe80--2.ipv6-literal.net fe80--zz.ipv6-literal.net`, `web07 ip6-linklocal#1.ipv6-literal.net g-fe80--2.ipv6-literal.net fe80--zz.ipv6-literal.net`,
	},
	{
		`5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa 2001:db8::5`, `ip6-documentation#1.ip6.arpa ip6-documentation#1`,
	},
	{
		`5.0.0.0.0.0.0.g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa`, `5.0.0.0.0.0.0.g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa`,
	},
	{
		`a.b.ip6.arpa`, `a.b.ip6.arpa`,
	},
	// links, shares, principals
	{
		`//files01x/share //files02x x//files03x/share`, `//host#1/share //files02x x//files03x/share`,
	},
	{
		`"//files01x/share" (//files02x/share) =//files03x/share /a//files04x/b`, `"//host#1/share" (//host#2/share) =//host#3/share /a//files04x/b`,
	},
	{
		`http://web07x:80/ http://web08x?q ldap://web09x#y http://web10x,http://web11x`, `http://host#1:80/ http://host#2?q ldap://host#3#y http://host#4,http://host#5`,
	},
	{
		`/ http:// http:/// // `, `/ http:// http:/// // `,
	},
	{
		`ftp://jdoe@web07x/ ftp://info:hunter2x@web07x/ info hunter2x`, `ftp://user#1@host#2/ ftp://user#3:secret#4@host#2/ info secret#4`,
	},
	{
		`ftp://jdoe:@web07x/ ftp://jdoe:a-b@web07x/ a-b`, `ftp://user#1:@host#2/ ftp://user#1:secret#3@host#2/ a-b`,
	},
	{
		`http://1677721/ http://16777215/ http://16777216/ http://4294967295/ http://4294967296/`, `http://1677721/ http://16777215/ http://ip4-global#1/ http://ip4-broadcast/ http://4294967296/`,
	},
	{
		`http://01200000005/ 10.0.0.5 http://0x0A000005/`, `http://ip4-private#1/ ip4-private#1 http://ip4-private#1/`,
	},
	{
		`http://netstat.txt/ http://server/ http://web07x.corp.local/`, `http://netstat.txt/ http://server/ http://host#1.domain#2/`,
	},
	{
		`MSOLAPSvc.3/db01x xHTTP/db02x HTTP/db03x HTTP/1.1 /HTTP/`, `MSOLAPSvc.3/host#1 xHTTP/db02x HTTP/host#2 HTTP/1.1 /HTTP/`,
	},
	{
		`E3514235-4B06-11D1-AB04-00C04FC2DCD2/db01x`, `E3514235-4B06-11D1-AB04-00C04FC2DCD2/host#1`,
	},
	{
		`RestrictedKrbHost/db01x and aRestrictedKrbHost/db02x`, `RestrictedKrbHost/host#1 and aRestrictedKrbHost/db02x`,
	},
	// dollars
	{
		`MSSQL$PAY_ROLL-1x and payroll, MSSQL$WID MSSQL$ MSSQL$SQLEXPRESS`, `MSSQL$name#1 and payroll, MSSQL$WID MSSQL$ MSSQL$SQLEXPRESS`,
	},
	{
		`VEEAMSQL$backup7x x$backup8x`, `VEEAMSQL$name#1 x$backup8x`,
	},
	{
		`$web07x \web08x$ {web09x$ %web10x$ X$ 1WEB11X$ print$ server$`, `$web07x \web08x$ {web09x$ %web10x$ X$ 1WEB11X$ print$ server$`,
	},
	{
		`web07x$ and web07x; WEB-07$ a_b$`, `host#1$ and host#1; host#2$ host#3$`,
	},
	// brackets, prompts, nbtstat
	{
		`web07x [10.0.0.5]:443 web08x [10.0.0.5] web09x[10.0.0.5]`, `web07x [ip4-private#1]:443 host#2 [ip4-private#1] web09x[ip4-private#1]`,
	},
	{
		`web07x  [10.0.0.5] a\web08x [10.0.0.5]`, `web07x  [ip4-private#1] a\user#2 [ip4-private#1]`,
	},
	{
		`web07x [10.0.0.5`, `web07x [ip4-private#1`,
	},
	{
		`web07x [not] web08x [fe80::1]: x`, `web07x [not] host#1 [ip6-linklocal#2]: x`,
	},
	{
		`[10.0.0.5] [web07x]: PS`, `[ip4-private#1] [web07x]: PS`,
	},
	{
		`  [web07x]: PS C:\> dir`, `  [host#1]: PS C:\> dir`,
	},
	{
		`[web07x]: PSX`, `[web07x]: PSX`,
	},
	{
		`WEB07X <20>`, `host#1 <20>`,
	},
	{
		`WEB07X<1D> WEB08X <0G> `, `host#1<1D> WEB08X <0G> `,
	},
	{
		`WEB07X <00`, `WEB07X <00`,
	},
	{
		`CORPX <1C> GRUPPE`, `domain#1 <1C> GRUPPE`,
	},
	{
		`CORPX          <1C>  GROUP, WEB07X                <20>`, `domain#1          <1C>  GROUP, host#2                <20>`,
	},
	{
		`server <00>  UNIQUE`, `server <00>  UNIQUE`,
	},
	// commands and options
	{
		`ping -n 4 -4 web07x`, `ping -n 4 -4 host#1`,
	},
	{
		`ping.exe web07x | find "x"`, `ping.exe host#1 | find "x"`,
	},
	{
		`ping 123456 -t`, `ping 123456 -t`,
	},
	{
		`tracert -d web07x > a.txt`, `tracert -d host#1 > a.txt`,
	},
	{
		`nslookup web07x dns01x`, `nslookup host#1 host#2`,
	},
	{
		`nslookup web07x server`, `nslookup host#1 server`,
	},
	{
		`telnet web07x 443`, `telnet host#1 443`,
	},
	{
		`test-netconnection web07x -port 443`, `test-netconnection host#1 -port 443`,
	},
	{
		`x-ping web07x`, `x-ping web07x`,
	},
	{
		`shipping web07x`, `shipping web07x`,
	},
	{
		`Get-Service -cn web07x`, `Get-Service -cn host#1`,
	},
	{
		`wmic /node:web07x os`, `wmic /node:host#1 os`,
	},
	{
		`mstsc /v:web07x`, `mstsc /v:host#1`,
	},
	{
		`net view -Server \\web07x`, `net view -Server \\host#1`,
	},
	{
		`systeminfo /s web07x`, `systeminfo /s host#1`,
	},
	{
		`xsysteminfo.exe /s "web07x"`, `xsysteminfo.exe /s "host#1"`,
	},
	{
		`Invoke-Command -ComputerName web07x,web08x, 'web09x' -x`, `Invoke-Command -ComputerName host#1,host#2, 'host#3' -x`,
	},
	{
		`*** dns01x can't find web07x: Non-existent`, `*** dns01x can't find host#1: Non-existent`,
	},
	{
		`-ComputerName localhost, .`, `-ComputerName localhost, .`,
	},
	{
		`-ComputerName 10.0.0.5`, `-ComputerName ip4-private#1`,
	},
	// passwords and connection strings
	{
		`password=hunter2x pwd: 'abc' pass=hunter3x api_key="a.b.c"`, `password=secret#1 pwd: 'secret#2' pass=secret#3 api_key="secret#4"`,
	},
	{
		`client_secret: hunter2x, hunter2x`, `client_secret: secret#1, secret#1`,
	},
	{
		`password=ab`, `password=ab`,
	},
	{
		`uid=jdoe;pwd=hunter2x;server=tcp:db01x,1433;`, `uid=user#1;pwd=secret#2;server=tcp:host#3,1433;`,
	},
	{
		`uid=jdoe pwd=hunter2x`, `uid=jdoe pwd=secret#1`,
	},
	{
		`Address=db01x;Login=jane;`, `Address=host#1;Login=user#2;`,
	},
	// row ids, SIDs, tokens
	{
		`ev-0123456789ab ev-0123456789abc`, `ev-d44c7d328abd ev-0123456789abc`,
	},
	{
		`S-1-12-1-1-2-3-4 S-1-5-5-0-12345 s-1-5-21-1-2-3 S-1-5-32-544 S-1-`, `sid-account#1 sid-account#2 sid-account#3 sid-wellknown#4 S-1-`,
	},
	{
		`host-0123456789 xhost-0123456789 host-012345678`, `host#1 xhost#1 host-012345678`,
	},
	// mails and accounts
	{
		`jdoe@corp1x.local info@corp1x.local info jdoe@x.dll jdoe`, `user#1@domain#2 user#3@domain#2 info user#1@x.dll user#1`,
	},
	{
		`CORP\jdoe:x CORP\a.exe HKLM\x1y2z3 x NT SERVICE\MSSQL`, `domain#1\user#2:x domain#1\a.exe HKLM\x1y2z3 x NT SERVICE\MSSQL`,
	},
	{
		`C:\Backup Agent\data1x C:\a  CORP\jdoe`, `C:\Backup Agent\data1x C:\a  domain#1\user#2`,
	},
	{
		`C:\Users\jdoe.CORP\x C:\Users\jane.corp\x C:\Users\a.TXT C:\Users\bob`, `C:\Users\user#1.domain#2\x C:\Users\user#3\x C:\Users\user#4 C:\Users\user#5`,
	},
	{
		`/user:CORP\jdoe /u:CORP\jane x/CORP\bob`, `/user:domain#1\user#2 /u:domain#1\user#3 x/domain#1\bob`,
	},
	{
		`\\web07x\x a\\web08x \\\\web09x\\x \\\\\web10x`, `\\host#1\x a\\web08x \\\\host#2\\x \\\\\web10x`,
	},
	{
		`\\web07x. \\web08x-`, `\\host#1. \\host#2-`,
	},
	// directories
	{
		`DC=corp, DC=local; dc=corp,dc=local; corp.local`, `DC=domain#1; dc=domain#1; domain#1`,
	},
	{
		`CN=jdoe, OU=sales, DC=x1, DC=y sales jdoe`, `CN=name#1, OU=name#2, DC=domain#3 sales name#1`,
	},
	{
		`CN=Users,DC=corp,DC=local ou=x`, `CN=Users,DC=domain#1 ou=x`,
	},
	// names of machines
	{
		`web07x.corp.local web08x.corp.local. corp.local contoso.com`, `host#1.domain#2 host#3.domain#2. domain#2 domain#4`,
	},
	{
		`format.com a.b.com edit.com.local x.cs a.de System.Net`, `domain#1 host#2.domain#3 host#4.domain#5 x.cs domain#6 domain#7`,
	},
	{
		`leaky.exe Microsoft.NET schemas.microsoft.com 8.8.8.8.in-addr.arpa`, `leaky.exe Microsoft.NET schemas.microsoft.com ip4-global#1.in-addr.arpa`,
	},
	// labels
	{
		"Host Name: web07x (cluster)\nweb07x", "Host Name: host#1 (cluster)\nhost#1",
	},
	{
		"Host Name: web07x, web08x\nweb08x", "Host Name: host#1, host#2\nhost#2",
	},
	{
		"Host Name: a whole sentence\nsentence", "Host Name: a whole sentence\nsentence",
	},
	{
		"Primäres DNS-Suffix: corp1x.local\ncorp1x", "Primäres DNS-Suffix: domain#1\ndomain#2",
	},
	{
		"DNS Suffix Search List: corp1x.local corp2x.local\ncorp2x", "DNS Suffix Search List: domain#1 domain#2\ndomain#3",
	},
	{
		"| Host name | web07x |\nweb07x", "| Host name | host#1 |\nhost#1",
	},
	{
		"| Host name: web07x |\nweb07x", "| Host name: host#1 |\nhost#1",
	},
	{
		"    Hostname    REG_SZ    web07x\nweb07x", "    Hostname    REG_SZ    host#1\nhost#1",
	},
	{
		"= web07x\nweb07x", "= web07x\nweb07x",
	},
	{
		"User Name: CORP\\jdoe\njdoe corp", "User Name: domain#1\\user#2\nuser#2 domain#1",
	},
	{
		"User Name: WEB07X$\nweb07x", "User Name: host#1$\nhost#1",
	},
	{
		"User Name: jdoe@corp\njdoe", "User Name: user#1@domain#2\nuser#1",
	},
	{
		"Hostname REG_SZ = web07x\nweb07x", "Hostname REG_SZ = web07x\nweb07x",
	},
	{
		"\"Host Name\":\"web07x\",\nweb07x", "\"Host Name\":\"host#1\",\nhost#1",
	},
	// rows of netstat without -n
	{
		"  TCP    web07x:135   web08x:443   ESTABLISHED\nweb07x web08x", "  TCP    host#1:135   host#2:443   ESTABLISHED\nhost#1 host#2",
	},
	{
		"  UDP    web07x:500   web08x:443\nweb07x web08x", "  UDP    host#1:500   web08x:443\nhost#1 web08x",
	},
	{
		"  tcp6   web07x:135   [fe80::1]:443  x\nweb07x", "  tcp6   host#1:135   [ip6-linklocal#2]:443  x\nhost#1",
	},
	{
		"  TCP    10.0.0.5:135   1.2:443   x\n1.2", "  TCP    ip4-private#1:135   1.2:443   x\n1.2",
	},
	{
		"  TCP    web07x:135\nweb07x", "  TCP    web07x:135\nweb07x",
	},
	{
		"  TCP    :135   web08x:443   x\nweb08x", "  TCP    :135   host#1:443   x\nhost#1",
	},
	{
		"  TXP    web07x:135   web08x:443   x\nweb07x", "  TXP    web07x:135   web08x:443   x\nweb07x",
	},
	// fields of rows
	{
		"computer=web07x; x\nweb07x", "computer=host#1; x\nhost#1",
	},
	{
		"Workstation Name=web07x x\nweb07x", "Workstation Name=host#1 x\nhost#1",
	},
	{
		"dcname=\\\\dc01x.corp.local\ndc01x", "dcname=\\\\host#1.domain#2\nhost#1",
	},
	{
		"manualpeer=time1x.corp.local,0x9\ntime1x", "manualpeer=host#1.domain#2,0x9\nhost#1",
	},
	{
		"searchlist=corp1x.local,corp2x.local\ncorp2x", "searchlist=domain#1,domain#2\ndomain#3",
	},
	{
		"accountdomain=corpx;\ncorpx", "accountdomain=domain#1;\ndomain#1",
	},
	{
		"subject user name=Jane Doe;\njane doe", "subject user name=user#1;\nuser#1",
	},
	{
		"the domain name=corpx y\ncorpx", "the domain name=domain#1 y\ndomain#1",
	},
	{
		"path=Jane Doe/netstat.txt\njane doe", "path=name#1/netstat.txt\nname#1",
	},
	{
		"path=Jane Doe/notes.doc\njane doe", "path=Jane Doe/notes.doc\njane doe",
	},
	{
		"note=web07x\nweb07x", "note=web07x\nweb07x",
	},
	{
		"<Computer>web07x</Computer>\nweb07x", "<Computer>host#1</Computer>\nhost#1",
	},
	{
		"<Data Name=\"SubjectUserName\">O&apos;Neil7</Data>\no'neil7", "<Data Name=\"SubjectUserName\">user#1</Data>\nuser#1",
	},
	{
		"<Data Name=\"Note\">web07x</Data>\nweb07x", "<Data Name=\"Note\">web07x</Data>\nweb07x",
	},
	// names that are known
	{"Host Name: 123456\n123456", "Host Name: host#1\nhost#1"},
	{"Host Name: 12345\n12345", "Host Name: 12345\n12345"},
	{"Host Name: web071\nxweb071y web071z", "Host Name: host#1\nxhost#1y host#1z"},
	{"Host Name: web07\nxweb07y web07", "Host Name: host#1\nxweb07y host#1"},
	{"Host Name: abcdefgh\nabcd… abc… abcdx…", "Host Name: host#1\nhost#1… abc… abcdx…"},
	{"Host Name: 東\n在東的 東", "Host Name: host#1\n在東的 host#1"},
	{"User Name: Bo\nBo bo BO", "User Name: user#1\nuser#1 bo BO"},
	{"User Name: Bob\nBob bob BOB", "User Name: user#1\nuser#1 user#1 user#1"},
	{"User Name: Jane Doe\nJane  Doe jane_doe jane+doe janedoe", "User Name: user#1\nuser#1 user#1 user#1 janedoe"},
	{"Host Name: averylongname-w\naverylongname-w averylongname-", "Host Name: host#1\nhost#1 averylongname-"},
	{"Host Name: averylongname-we.corp.local\naverylongname-w", "Host Name: host#1.domain#2\nhost#1"},
	{"Domain: web07x\nHost Name: web07x\nUser Name: web07x\nweb07x", "Domain: host#1\nHost Name: host#1\nUser Name: host#1\nhost#1"},
	{"User Name: corp7x\nDomain: corp7x\ncorp7x", "User Name: domain#1\nDomain: domain#1\ndomain#1"},
	{"Domain: corp7x\nUser Name: corp7x\ncorp7x", "Domain: domain#1\nUser Name: domain#1\ndomain#1"},
	{"User Name: jane7x\nCN=jane7x, OU=x\njane7x", "User Name: user#1\nCN=user#1, OU=x\nuser#1"},
	// inputs
	{`read JaneDoe-netstat.txt, web-log.csv and Server.etl, x.doc`, `read name#1-netstat.txt, name#2-log.csv and Server.etl, x.doc`},
	{`c:\Jane\trace7.zip`, `c:\name#1\trace7.zip`},
	// side by side
	{`CORP\jdoe CORP\jane, CORP\bob and CORP\al`, `domain#1\user#2 domain#1\user#3, domain#1\user#4 and domain#1\user#5`},
	{`CORP\jdoe: denied; CORP\jane:hunter CORP\bob:`, `domain#1\user#2: denied; domain#1\user#3:hunter domain#1\user#4:`},
	{`\\web07x \\web08x \\web09x`, `\\host#1 \\host#2 \\host#3`},
	{`a\b\c\d e\f`, `a\b\c\d e\f`},
	{`Process\Handle Count, Memory\Available MBytes: 5`, `domain#1\user#2 Count, domain#3\user#4 MBytes: 5`},
	{`Program Files\Common Files\data Foo\Bar\Baz Qux\x`, `Program Files\Common Files\data Foo\Bar\Baz Qux\x`},
	{`%TEMP%\a b\c .\x y\z HKLM\SYSTEM\a b\c`, `%TEMP%\a b\c .\x y\z HKLM\SYSTEM\a b\c`},
	{`ping web07x -t`, `ping host#1 -t`},
	{`[end] end [0.0.0.0] end [10.0.0.5]`, `[host#1] host#1 [ip4-any] host#1 [ip4-private#2]`},
	{`O'Neil7 <Data Name="User">O&apos;Neil7</Data> O&#39;Neil7`, `user#1 <Data Name="User">user#1</Data> user#1`},
	// nslookup in several languages
	{"Name:    web07x.corp1x.local\nAddress:  10.0.0.5\nweb07x", "Name:    host#1.domain#2\nAddress:  ip4-private#3\nhost#1"},
	{"Name:    web07x\nAddresses:  10.0.0.5\nweb07x", "Name:    host#1\nAddresses:  ip4-private#2\nhost#1"},
	{"Name:    web07x\nAdresse:  10.0.0.5\nweb07x", "Name:    host#1\nAdresse:  ip4-private#2\nhost#1"},
	{"Nombre:  web07x\nDirección:  10.0.0.5\nx", "Nombre:  host#1\nDirección:  ip4-private#2\nx"},
	{"Name:    web07x\nAge:  10\nweb07x", "Name:    web07x\nAge:  10\nweb07x"},
	// further
	{"C:\\>ping\nC:\\>hostname\nweb07x y\nweb07x", "C:\\>ping\nC:\\>hostname\nweb07x y\nweb07x"},
	{"manualpeer=api.chrome.com,0x9\nchrome.exe api", "manualpeer=host#1.domain#2,0x9\nchrome.exe api"},
	{"path=Jane Doe/net.stat.file7.txt\njane doe file7", "path=name#1/name#2.txt\nname#1 file7"},
	{"see http://server.corp1x.local./x and .microsoft.com.", "see http://host#1.domain#2./x and .microsoft.com."},
	{"http://a1x.com.txt/ http://format.com/ http://a1x.b.com/", "http://host#1.name#2.txt/ http://domain#3/ http://host#1.domain#4/"},
	{"query user\n USERNAME  SESSIONNAME ID\n 5678\n", "query user\n USERNAME  SESSIONNAME ID\n 5678\n"},
	{"\\\\web07x\\Users\\jdoe\\x", `\\host#1\Users\user#2\x`},
	{"10.0.0.5 08.0.0.5 10.0.08.5 08.010.0.5", "ip4-private#1 ip4-global#2 ip4-private#3 ip4-global#4"},
}
