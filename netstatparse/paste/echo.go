package paste

import (
	"regexp"
	"strings"
)

// Echo is a command line as a console or a collector shows it above its output.
type Echo struct {
	Host    string // "" when the line does not name the machine
	Command string // "" of a prompt alone
	Prompt  bool   // it stands behind a prompt; else the line is the command and nothing else
}

var (
	// prompt is what stands before a command: of PowerShell, perhaps of a remote
	// machine, of cmd, of OpenSSH's cmd, or of a shell.
	prompt = pattern(`^\s*(?:\[([\w.-]+)\]: ?)?(?:PS(?: ([A-Za-z]:\\[^>|<]*|[A-Za-z]\w*:[^>|<]*|~|/[^>|<]*))?>|(?:[\w.-]+@([\w.-]+) )?[A-Za-z]:\\[^>|<"]*>|\\\\[\w.-]+\\[^>|<]*>)(?: ?)`)
	shell  = pattern(`^\s*(?:(?:[\w.-]+@)?([\w.-]+):[^\s$#]*|[\w.-]+)?[$#%] +`)
	// named is a prompt that is the name of a machine alone.
	named = pattern(`^\s*([A-Za-z0-9][\w.-]{0,62})[>#] ?`)
	// labelled is a command that a collector or a person named as one.
	labelled = pattern(`^(?i:command|cmd|command line|running|executing|run|\+)(?: ?[:=])? +`)
)

// longestPrompt is how far into a line a prompt reaches at most, in bytes.
const longestPrompt = 600

// programs are those whose output is read here and elsewhere, and those that pass
// a saved text on.
var programs = map[string]bool{
	"netstat": true, "netsh": true, "get-ciminstance": true, "get-wmiobject": true, "gcim": true, "gwmi": true, "tasklist": true, "get-process": true,
	"gps": true, "get-content": true, "gc": true, "type": true, "findstr": true, "grep": true, "select-string": true, "sls": true, "wmic": true, "sc": true,
	"handle": true, "handle64": true, "hostname": true, "ipconfig": true, "systeminfo": true, "reg": true, "get-winevent": true, "wevtutil": true,
	"echo": true, "get-eventlog": true, "tcpvcon": true, "tcpvcon64": true, "cat": true, "head": true, "tail": true, "more": true,
}

// isProgram tells whether a command line begins with one of them.
func isProgram(text string) bool {
	text = strings.TrimLeft(text, " (&")
	if strings.HasPrefix(text, "$") { // a variable takes the output
		_, value, ok := strings.Cut(text, "=")
		if text = strings.TrimLeft(value, " (&@"); !ok {
			return false
		}
	}
	n := 0
	for n < len(text) && n < 24 && (alphanumeric(text[n]) || text[n] == '-') {
		n++
	}
	if n < 2 || n < len(text) && strings.IndexByte(" \t|>;.)", text[n]) < 0 {
		return false
	}
	word := strings.ToLower(text[:n])
	return programs[word] || strings.HasPrefix(word, "get-net")
}

// EchoOf reads a command line behind a prompt, or one that is marked as such: in
// rules, brackets or code marks, behind a label, or alone with options behind it.
// Prose that mentions a command is none.
func EchoOf(text string) (e Echo, ok bool) {
	if len(text) > 4096 {
		return e, false
	}
	if strings.ContainsAny(text, ">$#%") {
		if e, ok = prompted(text); ok {
			return e, true
		}
	}
	command := strings.TrimSpace(text)
	if i := strings.IndexByte(command, '`'); i > 0 && isProgram(command) && bareCommand(command[:i]) {
		return Echo{Command: command[:i]}, true // the mark before it is off already
	}
	command = unmarked(command)
	if command == "" || strings.IndexByte("ceroCER+", command[0]) < 0 && !isProgram(command) {
		return e, false
	}
	if i := len(labelled().FindString(command)); i > 0 {
		command = unmarked(command[i:])
	}
	if !isProgram(command) || !bareCommand(command) {
		return e, false
	}
	return Echo{Command: command}, true
}

// prompted reads a command behind a prompt.
func prompted(text string) (e Echo, ok bool) {
	head := text[:min(len(text), longestPrompt)]
	if m := prompt().FindStringSubmatch(head); m != nil {
		return Echo{Host: m[1] + m[3], Command: strings.TrimSpace(text[len(m[0]):]), Prompt: true}, true
	}
	for _, p := range []func() *regexp.Regexp{shell, named} {
		if m := p().FindStringSubmatch(head); m != nil && isProgram(text[len(m[0]):]) {
			return Echo{Host: m[1], Command: strings.TrimSpace(text[len(m[0]):]), Prompt: true}, true
		}
	}
	return e, false
}

// unmarked takes rules, brackets and marks of code off both ends.
func unmarked(text string) string {
	text = strings.TrimSpace(strings.Trim(text, "=-*# \t`"))
	for _, pair := range []string{"[]", `""`, "''"} {
		if n := len(text) - 1; n > 1 && text[0] == pair[0] && text[n] == pair[1] {
			text = strings.TrimSpace(text[1:n])
		}
	}
	return text
}

// bareCommand tells a command from a sentence that begins with one: what stands
// before the first pipe or redirection are options, numbers and words netsh and
// others take, not prose.
func bareCommand(text string) bool {
	first, rest, piped := strings.Cut(text, "|")
	if strings.HasSuffix(text, ":") || strings.HasSuffix(text, ".") || strings.HasSuffix(text, ",") {
		return false
	}
	fields := strings.Fields(first)
	if len(fields) > 16 {
		return false
	}
	options := 0
	for _, f := range fields[1:] {
		if strings.HasPrefix(f, "-") || strings.HasPrefix(f, "/") || strings.ContainsAny(f, `<>=\$(){}"'`) {
			options++
		}
	}
	switch strings.ToLower(fields[0]) {
	case "netsh", "netsh.exe":
		return len(fields) > 2
	case "netstat", "netstat.exe":
		return plainNetstat(fields[1:])
	}
	return options > 0 || piped && strings.TrimSpace(rest) != "" || len(fields) == 1
}

// plainNetstat tells whether words are what netstat takes.
func plainNetstat(words []string) bool {
	for i, w := range words {
		lower := strings.ToLower(w)
		switch {
		case w[0] == '-' || w[0] == '/':
		case strings.Trim(w, "0123456789") == "":
		case lower == "tcp" || lower == "udp" || lower == "tcpv6" || lower == "udpv6" || lower == "ip" || lower == "ipv6":
		case w[0] == '>' || strings.HasPrefix(w, "2>") || w[0] == '&' || w[0] == ';':
			return true
		case i > 0 && strings.HasPrefix(words[i-1], ">"):
		default:
			return false
		}
	}
	return true
}

// hostPlay is the line above the output of a machine in Ansible.
var hostPlay = pattern(`^\s*(?:ok|changed|failed|fatal): \[([\w.-]{1,253})\](?: =>.*)?$|^([\w.-]{1,253}) \| (?:CHANGED|SUCCESS|FAILED)\b.*(?:>>|=> ?\{?)$`)

// hostLabels stand before the name of a machine, in systeminfo, ipconfig, the head
// of a transcript of PowerShell, or what a person wrote.
var hostLabels = map[string]bool{
	"host": true, "hostname": true, "host name": true, "computer": true, "computername": true, "computer name": true, "machine": true,
	"pscomputername": true, "node": true, "nodename": true, "node name": true,
}

// introduced is a name behind the word for a machine, or behind words that say whose output
// follows: "Server SRV01:", "Output on SRV01:".
var introduced = pattern(`(?i)^[\s#*=-]*(?:(?:netstat |the )?(?:output|results?|ports?|table) (?:of|on|from) |auf |von |sur |en )?(?:(?:the )?(?:server|host|machine|computer|node|rechner|maschine|serveur|servidor|client)\s+)?([a-z0-9][\w-]{1,14})(?:\s*[:*=#-]+)\s*$`)

// HostOf is the name of the machine a line names as that of what follows, "" for
// any other line. The line has a label, is Ansible's or PsExec's, or is a heading of
// the name alone.
func HostOf(text string) string {
	if len(text) > 300 || len(text) < 3 {
		return ""
	}
	if label, name, ok := strings.Cut(text, ":"); ok && len(label) <= 48 {
		if hostLabels[strings.ToLower(strings.Trim(label, " .\t"))] {
			return labelledHost(name)
		}
		if strings.HasPrefix(name, " [") {
			if m := hostPlay().FindStringSubmatch(text); m != nil {
				return m[1]
			}
		}
	}
	if strings.Contains(text, " | ") && strings.HasSuffix(strings.TrimRight(text, "{ "), ">") {
		if m := hostPlay().FindStringSubmatch(text); m != nil {
			return m[2]
		}
	}
	if bare := strings.TrimRight(text, " \t"); bare != "" && len(bare) < 60 && strings.IndexByte(":*=#-", bare[len(bare)-1]) >= 0 && strings.ContainsAny(bare, "0123456789") {
		if m := introduced().FindStringSubmatch(text); m != nil && machineName(m[1]) {
			return m[1]
		}
	}
	name := strings.Trim(text, " =#*-:\\\t")
	if len(name) < 2 || len(name) > 15 || !strings.ContainsAny(text, ":=#\\") && !strings.Contains(text, "--") && !strings.HasPrefix(text, "**") || !machineName(name) {
		return ""
	}
	return name
}

// labelledHost reads the name behind a label.
func labelledHost(text string) string {
	name, rest, _ := strings.Cut(strings.TrimLeft(strings.TrimSpace(text), `\`), " ")
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '(' || !hostRunes(name) || strings.Trim(name, "0123456789.") == "" || notHosts[strings.ToLower(name)] {
		return ""
	}
	return name
}

// IsHost tells whether a line is the name of a machine and nothing else, as hostname
// writes it.
func IsHost(line string) bool { return hostRunes(line) && !notHosts[strings.ToLower(line)] }

// IsMachine tells a word that is the name of a machine and not of a zone or a day: it has
// a digit, or five capitals and more.
func IsMachine(word string) bool {
	return machineName(word) || len(word) >= 5 && len(word) <= 15 && hostRunes(word) && word[0] > '9' && word == strings.ToUpper(word) && !notHosts[strings.ToLower(word)]
}

// hostRunes tells whether a word has only what the name of a machine has.
func hostRunes(name string) bool {
	for i := range len(name) {
		if c := name[i]; !alphanumeric(c) && c != '-' && c != '_' && (c != '.' || i == 0) {
			return false
		}
	}
	return len(name) > 1 && len(name) <= 253
}

// machineName tells a name like those that machines have: capitals, or small letters
// alone, and digits.
func machineName(name string) bool {
	if !hostRunes(name) || name[0] <= '9' || strings.IndexByte(name, '.') >= 0 || notHosts[strings.ToLower(name)] || !strings.ContainsAny(name, "0123456789") {
		return false
	}
	return name == strings.ToUpper(name) || name == strings.ToLower(name)
}

// notHosts are words that stand where a name could.
var notHosts = map[string]bool{
	"tcp": true, "udp": true, "tcp4": true, "tcp6": true, "udp4": true, "udp6": true, "ipv4": true, "ipv6": true, "tcpv4": true, "tcpv6": true,
	"udpv4": true, "udpv6": true, "h1": true, "h2": true, "h3": true, "utf8": true, "unknown": true, "localhost": true, "is": true, "the": true,
}
