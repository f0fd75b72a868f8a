package redact

import "strings"

// fileEnds are extensions that are no domains: report.md is a file, though md is a
// country.
var fileEnds = words(`exe dll sys drv ocx com bat cmd ps1 psm1 vbs js msi cab zip etl evtx evt txt log csv json ndjson html htm md xml yaml
	yml dat dmp mdmp ini cfg conf config man mui pdb tmp reg inf cat so sh py cs go rs vb ps tmpl pcap pcapng xlsx docx pdf`)

// fileWords are what the names of input files are made of.
var fileWords = words(`server system application security setup forwardedevents archive netstat netsh dynamicport dynamicportrange dynamic port ports range ranges
	excluded excludedport excludedportrange excludedports tasklist processes process handles handle systeminfo osinfo sysinfo registry reg tcp udp ipv ip int show
	anob anobq ano anoq an ab abo before after log logs trace traces nettrace netconnection report bundle case sample samples loop table tables snapshot snapshots
	network net tss sdp portusage exhaustion evtx etl evt txt csv zip cab connections tcpconnections getnettcpconnection get nettcpconnection nettcpsetting
	netudpendpoint saved output outputs data temp export exported file files text texts input inputs start end first last new old capture event events system32
	ms ws win windows dump packets pktmon wfp afd winsock tcpip parameters maxuserport services service psnet svc settings info host expected readme desktop notes note wevtutil epl handle64 psnet sockets eventtext verdict
	documents downloads users public public logman perf perfmon counters dns dhcp rpc smb ldap the and of cut utf oem ansi`)

// tops are the top-level domains that are taken for such beside those of countries,
// which have two letters. Others look like the names of programs: System.Net.Sockets.
var tops = words(`com net org edu gov mil int info biz name mobi app dev cloud online site tech store shop group bank
	local internal intranet intern lan corp home private test example invalid localdomain domain ad arpa global company network systems services host`)

// registry are words before a backslash that begin a key or a path and no account.
var registry = words(`hklm hkcu hkcr hku hkcc hkey_local_machine hkey_current_user hkey_classes_root hkey_users tcpip tcpip6 afd services
	parameters currentcontrolset controlset001 system software microsoft windows system32 syswow64 drivers device pipe global
	basenamedobjects files bin inetsrv winsxs sysnative programdata temp tmp users appdata roaming registry machine`)

// authorities are the last words of what the accounts that every Windows has belong to:
// NT AUTHORITY, Font Driver Host, IIS APPPOOL.
var authorities = words("authority nt-autorität autorite autorité autoridad service builtin host manager apppool machine vordefiniert")

// mailboxes are names before an @ that are words of the language too.
var mailboxes = words("info admin support sales mail postmaster noreply no-reply service help contact office hostmaster webmaster abuse")

// ordinary are words that stand where names do and name nothing. What is one of them is
// replaced where its place says that it is a name, and left alone elsewhere.
var ordinary = words(`the a an and or of on in to for from by with as at is was be it this that not no any all each every other same new old your you my our its
	ist der die das ein eine und oder von auf für zu wird le la les un une et ou de du des el los las una y o en
	server servers client clients host hosts port ports name names address addresses adresse user users machine machines computer computers domain domains
	peer peers remote local target source destination gateway router proxy dns dhcp ntp web www mail smtp ftp db sql database app api cdn static img images
	request requests statistics statistik reply response timeout time timed error failed failure success unknown none null default any anonymous
	network networks internet intranet service services process processes system windows linux microsoft example test tests prod dev qa staging
	get post put head delete options trace connect version value values type kind protocol tcp udp ipv4 ipv6 ip http https file files path paths folder
	ping tracert nslookup netstat netsh tasklist telnet powershell cmd true false yes no on off key keys token password pass secret env
	ausgeführt find says reads input inputs report table connection connections endpoint endpoints share shares login account accounts object objects
	schannel kerberos negotiate ntlm mssqlserver sqlserver sales people staff admin admins groups ou it hr computername hostname username active`)

// publicDomains are those that documents of Windows name themselves.
var publicDomains = words(`schemas.microsoft.com learn.microsoft.com docs.microsoft.com go.microsoft.com support.microsoft.com technet.microsoft.com msdn.microsoft.com
	www.w3.org w3.org schemas.xmlsoap.org schemas.dmtf.org json-schema.org aka.ms microsoft.com www.microsoft.com in-addr.arpa ip6.arpa ipv6-literal.net
	time.windows.com windows.com sysinternals.com www.sysinternals.com nirsoft.net www.nirsoft.net`)

func publicDomain(name string) bool {
	name = strings.ToLower(strings.Trim(name, "."))
	return publicDomains[name] || strings.HasSuffix(name, ".ipv6-literal.net") || strings.HasSuffix(name, ".arpa")
}

func words(text string) map[string]bool { return set(" ", strings.Join(strings.Fields(text), " ")) }

// set are the parts of a text between separators.
func set(separator, text string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.SplitSeq(text, separator) {
		out[strings.TrimSpace(w)] = true
	}
	return out
}

// isTop tells that a last label is a top-level domain.
func isTop(top string) bool {
	top = strings.ToLower(top)
	if top == "com" {
		return true
	}
	return !fileEnds[top] && (tops[top] || len(top) == 2)
}

func isFile(name string) bool {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return false
	}
	end := strings.ToLower(name[at+1:])
	return fileEnds[end] && (end != "com" || strings.Count(name, ".") == 1) // format.com is a program
}
