package redact

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// links finds names by the signs around them: addresses of services and shares, service
// principals, machine accounts, prompts, and what stands beside an address.
func (f *finder) links() {
	line := f.line
	if strings.Contains(line, "/") {
		f.slashes()
	}
	if strings.Contains(line, "$") {
		f.dollars()
	}
	if strings.Contains(line, "[") {
		f.brackets()
	}
	if strings.Contains(line, "<") {
		f.suffixed()
	}
	f.arguments()
}

// slashes takes http://user:pass@host:port, //host/share and MSSQLSvc/host:1433.
func (f *finder) slashes() {
	line := f.line
	for i := 0; i < len(line); i++ {
		next := strings.IndexByte(line[i:], '/')
		if next < 0 {
			return
		}
		i += next
		*f.r.work += next + 1
		switch {
		case i+1 < len(line) && line[i+1] == '/':
			f.authority(i)
			i++
		case i > 0 && plain(line[i-1]):
			from := i
			for from > 0 && i-from <= longestClass && (plain(line[from-1]) || line[from-1] == '.' || line[from-1] == '-') {
				from--
			}
			*f.r.work += i - from
			if principals[line[from:i]] {
				f.machine(i + 1)
			}
		}
	}
}

const (
	longestClass = 36  // bytes of a service class
	longestHost  = 255 // bytes of a name with its domain
)

// principals are the classes of service principal names, in the letters in which
// Windows writes them.
var principals = words(`MSSQLSvc HTTP HTTPS HOST host http cifs CIFS ldap LDAP GC TERMSRV termsrv WSMAN wsman DNS dns krbtgt kadmin RestrictedKrbHost
	MSServerClusterMgmtAPI MSServerCluster MSClusterVirtualServer MSOLAPSvc MSOLAPSvc.3 exchangeAB exchangeRFR exchangeMDB SMTP SmtpSvc SMTPSVC IMAP4 POP3 NfsService nfs
	E3514235-4B06-11D1-AB04-00C04FC2DCD2 rpc RPC RPCSS MSMQ W3SVC FTP ftp VSSVC SAPService oracle STS afpserver`)

// authority takes what stands behind two slashes.
func (f *finder) authority(at int) {
	line := f.line
	scheme := at > 0 && line[at-1] == ':'
	if !scheme && at > 0 && strings.IndexByte(" \t\"'=(,;>", line[at-1]) < 0 {
		return
	}
	from := at + 2
	end := from
	for end < len(line) && end-from < 2*longestHost && strings.IndexByte("/\\ \t\r\n\"'<>)?#,;|", line[end]) < 0 {
		end++
	}
	*f.r.work += end - from
	if !scheme && (end == len(line) || line[end] != '/') {
		return
	}
	if name := strings.LastIndexByte(line[from:end], '@'); name >= 0 {
		f.login(from, from+name)
		from += name + 1
	}
	f.machine(from)
}

// login takes user:pass before an @.
func (f *finder) login(from, to int) {
	user, _, secret := strings.Cut(f.line[from:to], ":")
	f.user(from, from+len(user), !mailboxes[strings.ToLower(user)])
	if secret && from+len(user)+1 < to {
		f.secret(from+len(user)+1, to)
	}
}

// secret takes a password. One of letters and digits is known again elsewhere; another
// may be a word like any other.
func (f *finder) secret(from, to int) {
	f.add(from, to, Secret, "secret", f.line[from:to], twisted(folded(f.line[from:to])))
}

// machine takes the name of a machine that begins at a place, or its address as one
// number, and gives its end.
func (f *finder) machine(from int) int {
	line := f.line
	end, letter := from, false
	for end < len(line) && end-from <= longestHost {
		r, size := utf8.DecodeRuneInString(line[end:])
		if !isWord(r, size) && strings.IndexByte("._-", line[end]) < 0 {
			break
		}
		letter = letter || !digit(line[end]) && line[end] != '.'
		end += size
	}
	*f.r.work += end - from
	text := line[from:end]
	if a, ok := oneNumber(text); ok {
		f.r.known.learnFour(a)
		f.address(from, end, a)
		return end
	}
	if letter && !ordinary[strings.ToLower(text)] && !isFile(text) {
		f.name(from, end, true)
	}
	return end
}

// oneNumber reads an address that is written as one number: 167772165, 0x0A000005.
func oneNumber(text string) (netip.Addr, bool) {
	if len(text) < 8 || len(text) > 12 || !digit(text[0]) {
		return netip.Addr{}, false
	}
	v, err := strconv.ParseUint(text, 0, 32)
	if err != nil || v < 1<<24 {
		return netip.Addr{}, false
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	return netip.AddrFrom4(b), true
}

// instances are services that have a name of their own behind a dollar.
var instances = words("mssql sqlagent sqltelemetry ssastelemetry msolap reportserver mssqlfdlauncher msftesql mssqllaunchpad mssqlolapservice sqlbackup msdtc adam veeamsql backupexec")

// shares are what a dollar ends and is no machine.
var shares = words("admin ipc print fax netlogon sysvol mssql sqlagent")

// dollars takes the account of a machine, HOST$, and the instance of a service, MSSQL$NAME.
func (f *finder) dollars() {
	line := f.line
	for i := 0; i < len(line); i++ {
		next := strings.IndexByte(line[i:], '$')
		if next < 0 {
			return
		}
		i += next
		from := i
		for from > 0 && i-from <= longestHost && (plain(line[from-1]) || strings.IndexByte("-_", line[from-1]) >= 0) {
			from--
		}
		end := wordEnd(line[:min(len(line), i+1+longestHost)], i+1)
		*f.r.work += next + end - from
		before := strings.ToLower(line[from:i])
		switch {
		case from == i || from > 0 && strings.IndexByte(`\$%{`, line[from-1]) >= 0:
		case end > i+1 && instances[before]:
			for end < len(line) && (line[end] == '_' || line[end] == '-') {
				end = wordEnd(line[:min(len(line), end+1+longestHost)], end+1)
			}
			if text := line[i+1 : end]; !sqlInstances[strings.ToLower(text)] && !hasToken(text) {
				f.add(i+1, end, Other, "name", text, !ordinary[strings.ToLower(text)])
			}
		case end == i+1 && i-from > 1 && !shares[before] && !ordinary[before] && !digit(line[from]):
			f.name(from, i, true)
		}
	}
}

// sqlInstances are those that installers name.
var sqlInstances = words("sqlexpress mssqlserver microsoft##wid wid sqlserver localdb adws veeamsql2016")

// brackets takes a name before an address in brackets, as ping writes it, and the
// prompt of a remote session.
func (f *finder) brackets() {
	line := f.line
	if m := prompt().FindStringSubmatchIndex(line[:min(len(line), 2*longestHost)]); m != nil {
		f.name(m[2], m[3], true)
	}
	for i := 0; i < len(line); i++ {
		next := strings.IndexByte(line[i:], '[')
		if next < 0 {
			return
		}
		i += next
		*f.r.work += next + 1
		if i < 2 || line[i-1] != ' ' {
			continue
		}
		end := strings.IndexByte(line[i:min(len(line), i+longestSix)], ']')
		if end < 0 || !isAddress(line[i+1:i+end]) || strings.Trim(line[i+1:i+end], "0:.") == "" || i+end+1 < len(line) && line[i+end+1] == ':' && i+end+2 < len(line) && digit(line[i+end+2]) {
			continue
		}
		f.wordBefore(i-1, Host)
	}
}

// wordBefore takes the word that ends at a place, if it is no word like any other.
func (f *finder) wordBefore(end int, kind Kind) {
	line := f.line
	from := end
	for from > 0 && end-from <= longestHost && (plain(line[from-1]) || line[from-1] >= utf8.RuneSelf || strings.IndexByte("._-", line[from-1]) >= 0) {
		from--
	}
	*f.r.work += end - from
	text := line[from:end]
	if text == "" || ordinary[strings.ToLower(text)] || !nameable(text) || from > 0 && strings.IndexByte(`\/@`, line[from-1]) >= 0 {
		return
	}
	if kind == Host {
		f.name(from, end, true)
	} else {
		f.add(from, end, kind, classOf[kind], text, true)
	}
}

var prompt = pattern(`^[ \t]*\[([` + letters + `][` + letters + `.-]*)\]: PS\b`)

// suffixed takes the names of nbtstat: HOST01 <00> UNIQUE.
func (f *finder) suffixed() {
	line := f.line
	for i := 1; i < len(line); i++ {
		next := strings.IndexByte(line[i:], '<')
		if next < 0 {
			return
		}
		i += next
		*f.r.work += next + 1
		if i+3 >= len(line) || !isHex(line[i+1]) || !isHex(line[i+2]) || line[i+3] != '>' {
			continue
		}
		end := i
		for end > 0 && i-end < 16 && line[end-1] == ' ' {
			end--
		}
		kind := Host
		if after := line[i+4 : min(len(line), i+24)]; strings.Contains(after, "GROUP") || strings.Contains(after, "GRUPPE") {
			kind = Domain
		}
		f.wordBefore(end, kind)
	}
}

var (
	commandWords = []string{"ping", "nslookup", "tracert", "telnet", "tnc", "test-", "resolve-dns", "pssession", "portqry", "mstsc", "psexec", "qwinsta", "quser"}
	commands     = pattern(`(?i)(?:^|[\s>&|(;"'])(?:ping|nslookup|tracert|pathping|telnet|tnc|test-netconnection|test-connection|resolve-dnsname|enter-pssession|new-pssession|psping|portqry|mstsc)(?:\.exe)?[ \t]+(?:[-/][a-z46?]+(?:[ \t:=]+[0-9]+)?[ \t]+)*([` + letters + `][` + letters + `.-]*)(?:[ \t]+([` + letters + `][` + letters + `.-]*))?[ \t]*(?:$|[-/>|&\r\n"')<;])`)
	optionWords  = []string{"computername", "-cn ", "/s", "-server", "/node", "/v:", "targetname", "cimsession", "vmname", "find host", "can't find", "dnsserver"}
	options      = pattern(`(?i)(?:[-/](?:computername|cn|server|node|targetname|cimsession|vmname|dnsserver)[ \t:=]+|/v:|(?:systeminfo|tasklist|schtasks|driverquery|getmac|eventcreate|wmic)[^\r\n]{0,80} /s[ \t:]+|could not find host |can't find )["']?(\\{0,2}[` + letters + `][` + letters + `.-]*(?:["']?,[ \t]?["']?[` + letters + `][` + letters + `.-]*)*)`)
	secretWords  = []string{"pass", "pwd", "secret", "apikey", "token"}
	secrets      = pattern(`(?i)\b(?:(?:password|passwd|passphrase|pwd|client_?secret|api_?key|access_?token|accountkey)["']?[ \t]?[=:]|pass=)[ \t]?["']?([^\s"';,&<>|]{3,128})`)
	logins       = pattern(`(?i)\b(?:user id|uid|username|login)[ \t]?=[ \t]?["']?([^\s"';,&<>|\\]{2,64})`)
	stores       = pattern(`(?i)\b(?:data source|server|addr|address|network address|servername)[ \t]?=[ \t]?["']?(?:tcp:|np:|lpc:)?([` + letters + `][` + letters + `.-]*)`)
)

// arguments takes what commands and their options name.
func (f *finder) arguments() {
	low := folded(f.line)
	has := func(any []string) bool {
		for _, w := range any {
			if strings.Contains(low, w) {
				return true
			}
		}
		return false
	}
	*f.r.work += len(low)
	named := func(from, to int) {
		if from >= 0 && !ordinary[low[from:to]] && !isFile(low[from:to]) && strings.Trim(low[from:to], "0123456789") != "" {
			f.name(from, to, true)
		}
	}
	if has(commandWords) {
		f.each(commands(), func(m []int) {
			named(m[2], m[3])
			named(m[4], m[5])
		})
	}
	if has(optionWords) {
		f.each(options(), func(m []int) {
			at := m[2]
			for item := range strings.SplitSeq(f.line[m[2]:m[3]], ",") {
				trimmed := strings.TrimLeft(item, " \t\"'\\")
				from := at + len(item) - len(trimmed)
				named(from, from+len(strings.TrimRight(trimmed, " \t\"'")))
				at += len(item) + 1
			}
		})
	}
	if !strings.Contains(low, "=") && !strings.Contains(low, ":") {
		return
	}
	if has(secretWords) {
		f.each(secrets(), func(m []int) { f.secret(m[2], m[3]) })
	}
	if strings.Contains(low, "=") && strings.Contains(low, ";") { // a connection string
		f.each(logins(), func(m []int) { f.user(m[2], m[3], true) })
		f.each(stores(), func(m []int) { named(m[2], m[3]) })
	}
}

// literals takes IPv6 addresses in names: fe80--1.ipv6-literal.net and those of ip6.arpa.
func (f *finder) literals() {
	for at := 0; ; at++ {
		next := strings.IndexByte(f.line[at:], '.')
		if next < 0 {
			return
		}
		at += next
		*f.r.work += next + 1
		switch rest := f.line[at:]; {
		case begins(rest, ".ipv6-literal.net"):
			f.literal(at)
		case begins(rest, ".ip6.arpa"):
			f.reversed(at)
		}
	}
}

func begins(text, with string) bool {
	return len(text) >= len(with) && strings.EqualFold(text[:len(with)], with)
}

// literal takes the address that ends at a place; behind an s is its zone.
func (f *finder) literal(at int) {
	line, from := f.line, at
	for from > 0 && at-from <= longestSix && (isHex(line[from-1]) || line[from-1] == '-' || line[from-1]|0x20 == 's') {
		from--
	}
	if zone := strings.LastIndexAny(line[from:at], "sS"); zone >= 0 {
		at = from + zone
	}
	if a, err := netip.ParseAddr(strings.ReplaceAll(line[from:at], "-", ":")); err == nil {
		f.address(from, at, a)
	}
}

// reversed takes the address whose 32 digits, the last first, end at a place.
func (f *finder) reversed(at int) {
	if at < 63 {
		return
	}
	line := f.line
	var b [16]byte
	for i := range 32 {
		v, err := strconv.ParseUint(line[at-1-2*i:at-2*i], 16, 8)
		if err != nil {
			return
		}
		b[i/2] |= byte(v) << (4 * (1 - i%2))
	}
	f.address(at-63, at, netip.AddrFrom16(b))
}
