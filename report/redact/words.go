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
	ms ws win windows dump packets pktmon wfp afd winsock tcpip parameters maxuserport services service psnet svc settings info host expected readme desktop
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

func words(text string) map[string]bool { return set(" ", strings.Join(strings.Fields(text), " ")) }

// set are the parts of a text between separators.
func set(separator, text string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.SplitSeq(text, separator) {
		out[strings.TrimSpace(w)] = true
	}
	return out
}

// known tells that a last label is a top-level domain.
func known(top string) bool {
	top = strings.ToLower(top)
	if top == "com" {
		return true
	}
	return !fileEnds[top] && (tops[top] || len(top) == 2)
}

func isFile(name string) bool {
	at := strings.LastIndexByte(name, '.')
	return at >= 0 && fileEnds[strings.ToLower(name[at+1:])]
}
