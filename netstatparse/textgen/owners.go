package textgen

import "strings"

const ownedSample = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956 RpcEptMapper RpcSs [svchost.exe]
	TCP 0.0.0.0:445 0.0.0.0:0 LISTENING 4
	TCP 0.0.0.0:5040 0.0.0.0:0 LISTENING 7012 CDPUserSvc_46a8de2e [svchost.exe]
	TCP 0.0.0.0:5357 0.0.0.0:0 LISTENING 4 [System]
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242 [LeakyService.exe]
	TCP 192.0.2.10:49702 198.51.100.7:443 CLOSE_WAIT 6100 [Kontor Web Client.exe]
	TCP 192.0.2.10:49703 198.51.100.8:1433 TIME_WAIT 0
	TCP [::]:135 [::]:0 LISTENING 956 RpcEptMapper RpcSs [svchost.exe]
	UDP 0.0.0.0:123 *:* - 1044 W32Time [svchost.exe]
	UDP [fe80::1%21]:1900 *:* - 2288 SSDPSRV [svchost.exe]`

const stackSample = `
	TCP 192.0.2.10:1051 198.51.100.7:80 ESTABLISHED 1840 c:\windows\system32\WS2_32.dll C:\WINDOWS\system32\WININET.dll [kontor.exe]
	TCP 192.0.2.10:1052 198.51.100.7:80 CLOSE_WAIT 1840 c:\windows\system32\WS2_32.dll ? [kontor.exe]
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 908 c:\windows\system32\WS2_32.dll C:\WINDOWS\system32\RPCRT4.dll c:\windows\system32\rpcss.dll [svchost.exe]
	TCP 0.0.0.0:445 0.0.0.0:0 LISTENING 4 [System]
	UDP 0.0.0.0:1025 *:* - 1092 c:\windows\system32\WS2_32.dll C:\WINDOWS\System32\DNSAPI.dll [svchost.exe]`

// vista gives the lines below a row since Windows Vista; missing stands where
// the owner could not be had. Nobody owns a row of process 0.
func vista(missing string) func(Row) string {
	return func(r Row) string {
		var b strings.Builder
		for _, c := range r.Components {
			b.WriteString("  " + c + "\n")
		}
		switch {
		case r.Owner != "":
			b.WriteString(" [" + r.Owner + "]\n")
		case r.PID > 0 && r.Components == nil:
			b.WriteString(missing + "\n")
		}
		return b.String()
	}
}

// xp gives the modules on the stack of the bind, one a line, the executable
// and a blank line. A "?" among the components stands for the line that says
// the rest of the stack is unknown; it is no component.
func xp(r Row) string {
	var b strings.Builder
	for _, c := range r.Components {
		if c == "?" {
			c = "-- unknown component(s) --"
		}
		b.WriteString("  " + c + "\n")
	}
	return b.String() + "  [" + r.Owner + "]\n\n"
}

// named is a table with owner lines in one language.
func named(name, why, page, lang, missing string) shape {
	return shape{name: name, kind: kindNetstat, page: page, why: why, compose: func(d *doc) {
		d.table(layout{lang: lang, owner: vista(missing)}, ownedSample)
	}}
}

const noOwner = " Can not obtain ownership information"

// noOwners are the lines of languages of which one is known. That of de is
// invented.
var noOwners = map[string]string{
	"de":    " Die Besitzerangaben konnten nicht ermittelt werden",
	"es":    " No se puede obtener información de propiedad",
	"fr":    " Impossible d’obtenir les informations de propriétaire",
	"zh-cn": " 无法获取所有权信息",
	"zh-tw": " 無法取得擁有權資訊",
}

var ownerShapes = []shape{
	named("owner-en.txt", "owners: executable, services above it, names with blanks, [System], none for PID 0", "", "en", noOwner),
	named("owner-vista-sockets-error.txt", "owners: Vista and 2008 add an error in column 0", "", "en",
		noOwner+"\nx: Windows Sockets initialization failed: 5"),
	named("owner-fr.txt", "owners: ownership error of fr", "1252", "fr", noOwners["fr"]),
	named("owner-es.txt", "owners: ownership error of es", "850", "es", noOwners["es"]),
	named("owner-zh-cn.txt", "owners: ownership error of zh-CN", "936", "zh-cn", noOwners["zh-cn"]),
	named("owner-zh-tw.txt", "owners: ownership error of zh-TW", "950", "zh-tw", noOwners["zh-tw"]),
	named("owner-de-invented-error.txt", "owners: an ownership error in a language nobody has seen; the text is invented", "850", "de",
		noOwners["de"]),
	{
		name: "owner-xp-stack.txt", kind: kindNetstat, why: "owners: XP and 2003 print the stack, two blanks before [exe], a blank line after",
		compose: func(d *doc) {
			d.table(layout{owner: xp}, stackSample)
			for i, r := range d.last().Rows {
				if n := len(r.Components); n > 0 && r.Components[n-1] == "?" {
					d.last().Rows[i].Components = r.Components[:n-1]
				}
			}
		},
	},
	tabled("owner-service-named-like-a-row.txt", "owners: services whose names begin with TCP and UDP", layout{owner: vista(noOwner)}, `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956 TCPMonSvc [svchost.exe]
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242 TCP UDP [LeakyService.exe]
	UDP 0.0.0.0:123 *:* - 1044 UDPRelay [TCP Tool.exe]`),
	{name: "owner-cut.txt", kind: kindNetstat, why: "owners: the file ends with a service whose [exe] is missing", compose: func(d *doc) {
		d.table(layout{owner: vista(noOwner)}, `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956 RpcSs [svchost.exe]
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242 [LeakyService.exe]
	UDP 0.0.0.0:5353 *:* - 1300 Dnscache`)
		d.last().Truncated = true
	}},
	{name: "owner-q.txt", kind: kindNetstat, why: "owners: netstat -anobq of a support collector", compose: func(d *doc) {
		d.command(`C:\>netstat -anobq`)
		d.table(layout{owner: vista(noOwner)}, ownedSample+`
	TCP 0.0.0.0:49701 0.0.0.0:0 BOUND 4242 [LeakyService.exe]
	TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242 [LeakyService.exe]`)
	}},
}
