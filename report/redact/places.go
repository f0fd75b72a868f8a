package redact

import (
	"strings"
	"unicode/utf8"
)

// labels are what stands before a colon or an equals sign, or in the registry before a
// type, in lower case and without dots; a question mark is a letter beyond ASCII.
var labels = map[string]Kind{}

func init() {
	for kind, list := range map[Kind]string{
		Host: `host name,hostname,computer name,nv hostname,nv host name,rechnername,nom de l?h?te,nome host,nombre de host,logon server,anmeldeserver,server,computername,logonserver,
nodename,nodo,host,default server,standardserver,serveur,servidor,dnshostname,dns host name,csname,__server,pscomputername,machinename,machine name,system name,systemname,computer,
partner computer,caption,source workstation,workstation,workstation name,client name,clientname,activecomputername,net bios name,netbios name,target server name,network address,dcname,name of the machine,
domain controller,dc name,servername,server name,nom d'h?te,hostnamen,alter computername,original computer name`,
		Domain: `domain,dom?ne,domaine,dominio,primary dns suffix,connection-specific dns suffix,dns suffix search list,userdomain,userdnsdomain,nv domain,dhcpdomain,nvdomain,workgroup,userdomain_roamingprofile,
prim?res dns-suffix,verbindungsspezifisches dns-suffix,dns-suffixsuchliste,suffixe dns principal,domainname,domain name,account domain,target domain,domaindnsname,searchlist,dhcpdomainsearchlist,adaptersuffixname,
dns-suffix,forest,logon domain,defaultdomainname`,
		User: `user name,username,user,benutzername,registered owner,registrierter benutzer,registered organization,registrierte organisation,registeredowner,registeredorganization,owner,propri?taire enregistr?,
account name,kontoname,logged on user,primary owner name,run as user,runas,author,defaultusername,lastloggedonuser,subjectusername,targetusername,nom d?utilisateur,propietario registrado,userid,
logged on users,current user,organization,organisation registrierter benutzer`,
	} {
		for label := range strings.SplitSeq(strings.ReplaceAll(list, "\n", ""), ",") {
			labels[label] = kind
		}
	}
}

// label is what a line says something of, and what it says.
func label(line string) (name, value string) {
	if row, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), "|"); ok { // of a table in Markdown
		head, rest, _ := strings.Cut(row, "|")
		value, _, _ = strings.Cut(rest, "|")
		line = strings.TrimRight(strings.TrimSpace(head), ":") + ":" + value
	}
	head := line[:min(len(line), 80)]
	at := strings.IndexAny(head, ":=")
	if reg := strings.Index(head, "REG_"); reg > 0 && (at < 0 || reg < at) {
		rest := strings.TrimLeft(line[reg:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
		name, value = head[:reg], rest
	} else if at > 0 {
		name, value = head[:at], line[at+1:]
	} else {
		return "", ""
	}
	name = strings.ToLower(strings.Trim(name, " \t.\"'\u00a0"))
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if r >= utf8.RuneSelf {
			r = '?'
		}
		b.WriteRune(r)
		i += size
	}
	return b.String(), strings.Trim(value, " \t\r\n\"',")
}

// places learns the names of a line by its form: a labelled value, a row of netstat
// without -n. What they teach is replaced wherever it stands.
func (f *finder) places() {
	if !f.r.learning {
		return
	}
	name, value := label(f.line)
	if kind, ok := labels[name]; ok && value != "" && len(value) <= maxName {
		f.r.learnValue(kind, value)
	}
	f.row()
	f.fields()
	f.elements()
}

// learnValue learns what a label says; several machines may stand in a list.
func (r *Redactor) learnValue(kind Kind, value string) {
	if kind == Host {
		value, _, _ = strings.Cut(value, " (")
		if strings.Contains(value, " ") {
			if !strings.Contains(value, ",") {
				return // a sentence
			}
		}
		for item := range strings.SplitSeq(value, ",") {
			r.learn(Host, strings.Trim(item, ` "\`))
		}
		return
	}
	if kind == Domain {
		for item := range strings.FieldsSeq(strings.ReplaceAll(value, ",", " ")) {
			r.learn(Domain, item)
		}
		return
	}
	r.learn(kind, value)
}

// row learns the machines of a row of netstat without -n: itself and its peers.
func (f *finder) row() {
	line := strings.TrimLeft(f.line[:min(len(f.line), 4*longestHost)], " \t")
	if len(line) < 8 || line[0]|0x20 != 't' && line[0]|0x20 != 'u' {
		return
	}
	fields := strings.Fields(line)
	proto := strings.TrimRight(strings.ToLower(fields[0]), "v46")
	if proto != "tcp" && proto != "udp" || len(fields) < 3 {
		return
	}
	for i, field := range fields[1:3] {
		at := strings.LastIndexByte(field, ':')
		if at <= 0 || i == 1 && proto != "tcp" {
			continue
		}
		if name := field[:at]; !plain(name[0]) || digit(name[0]) && strings.Trim(name, "0123456789.:") == "" || strings.Contains(name, ":") {
			continue
		} else if !isAddress(name) {
			f.r.names.learn(Host, name)
			f.r.learn(Host, firstOf(name))
		}
	}
}

// firstOf is the name of a peer without its domain, where that is no word like any
// other (api.chrome.com).
func firstOf(name string) string {
	host, _, full := strings.Cut(name, ".")
	if full && !twisted(strings.ToLower(host)) {
		return ""
	}
	return host
}

// fieldKinds are the names of fields of events and of our own rows, as rows of evidence
// print them: computer=HOST01; domain=CONTOSO.
func fieldKind(name string) Kind {
	switch name {
	case "computer", "computername", "hostname", "host", "workstation", "workstationname", "machinename", "clientname", "servername", "server", "pscomputername":
		return Host
	case "dcname", "domainpeer", "queryname", "manualpeer", "ntpserver":
		return peer
	case "adaptersuffixname", "searchlist":
		return Domain
	case "path", "source":
		return file
	}
	switch {
	case strings.HasSuffix(name, "domain") || strings.HasSuffix(name, "domainname"):
		return Domain
	case strings.HasSuffix(name, "user") || strings.HasSuffix(name, "username"):
		return User
	}
	return ""
}

// fields learns from name=value; what a value ends with is a semicolon, or for a
// machine a blank.
func (f *finder) fields() {
	line := f.line
	for i := 0; i < len(line); i++ {
		next := strings.IndexByte(line[i:], '=')
		if next < 0 {
			return
		}
		i += next
		from := i
		for from > 0 && i-from < 32 && (plain(line[from-1]) || line[from-1] == '_' || line[from-1] == ' ' && i-from < 9) {
			from--
		}
		*f.r.work += i - from + next + 1
		name := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(line[from:i]), " ", ""))
		kind := fieldKind(name)
		if kind == "" {
			if at := strings.LastIndexByte(strings.TrimSpace(line[from:i]), ' '); at >= 0 {
				kind = fieldKind(strings.ToLower(line[from:i][strings.LastIndexByte(line[from:i], ' ')+1:]))
			}
		}
		if kind == "" {
			continue
		}
		end := i + 1
		stop := ";<|\r\n"
		if kind != User && kind != file {
			stop += " \t"
		}
		for end < len(line) && end-i <= maxName && strings.IndexByte(stop, line[end]) < 0 {
			end++
		}
		*f.r.work += end - i
		f.r.learnField(kind, line[i+1:end])
	}
}

var (
	elements = pattern(`<(?:Computer|Data Name=['"]([A-Za-z]+)['"])>([^<]{1,256})<`)
	xmlText  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")
)

// elements learns from the XML of an event.
func (f *finder) elements() {
	if !strings.Contains(f.line, "<Computer>") && !strings.Contains(f.line, "<Data Name=") {
		return
	}
	f.each(elements(), func(m []int) {
		kind := Host
		if m[2] >= 0 {
			kind = fieldKind(strings.ToLower(f.line[m[2]:m[3]]))
		}
		if kind != "" {
			f.r.learnField(kind, xmlText.Replace(f.line[m[4]:m[5]]))
		}
	})
}

const (
	// peer is a machine that a row or an event names: its name is learned as it stands,
	// for a part of it may be a word like any other (api.chrome.com).
	peer Kind = "peer"
	// file is the path of an input.
	file Kind = "file"
)

func (r *Redactor) learnField(kind Kind, value string) {
	switch kind {
	case peer:
		host, _, _ := strings.Cut(value, ",") // a time peer has flags behind a comma
		host = strings.TrimLeft(host, `\`)
		r.names.learn(Host, host)
		r.learn(Host, firstOf(host))
	case file:
		if inputs().MatchString(value) {
			r.learnPath(value)
		}
	default:
		r.learnValue(kind, strings.Trim(value, `"' `))
	}
}

// learn takes a name of a kind, in the forms in which such names are written.
func (r *Redactor) learn(kind Kind, text string) {
	switch kind {
	case Host:
		r.names.learnHost(text)
	case Domain:
		r.names.learnDomain(text)
	case User:
		if domain, user, ok := strings.Cut(text, `\`); ok {
			r.names.learnDomain(domain)
			text = user
		}
		text, domain, _ := strings.Cut(text, "@")
		r.names.learnDomain(domain)
		if bare, machine := strings.CutSuffix(text, "$"); machine {
			r.names.learnHost(bare)
			return
		}
		r.names.learn(User, text)
	default:
		r.names.learn(kind, text)
	}
}

// learnPath takes the folders and files of an input's path that has a blank in it or
// another ending than inputs have: where it is quoted nothing shows where it begins.
// Other paths are found by their ending.
func (r *Redactor) learnPath(path string) {
	path = strings.TrimSpace(path)
	if !strings.ContainsAny(path, " \u00a0") && inputs().MatchString(path) {
		return
	}
	for part := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '!' || c == '\\' }) {
		if at := strings.LastIndexByte(part, '.'); at > 0 && len(part)-at <= 6 {
			part = part[:at]
		}
		for word := range strings.FieldsFuncSeq(part, func(c rune) bool { return strings.ContainsRune(" ._-()[]\u00a0", c) }) {
			if strange(word) {
				r.names.learn(Other, part)
				break
			}
		}
	}
}

// strange tells a word that names of input files are not made of.
func strange(word string) bool {
	stem := strings.ToLower(strings.TrimRight(word, "0123456789"))
	return len(stem) > 1 && !fileWords[stem] && !registry[stem] && !everywhere[stem]
}
