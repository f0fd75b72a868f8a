package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are those to replace, by their first word in lower case, longest first.
type names map[string][]name

type name struct {
	text string
	kind Kind
}

// everywhere are names that every Windows has or that name nothing: they tell of no
// one. Lower case.
var everywhere = set(",", `system,local service,network service,lokaler dienst,netzwerkdienst,service local,service réseau,servicio local,servicio de red,
localsystem,localservice,networkservice,trustedinstaller,anonymous logon,everyone,interactive,authenticated users,
administrator,administrators,administrateur,administrador,guest,gast,invité,invitado,public,default,default user,all users,
users,defaultuser0,defaultaccount,wdagutilityaccount,defaultapppool,nt authority,authority,nt-autorität,autorite nt,nt service,service,builtin,
font driver host,window manager,manager,iis apppool,apppool,nt virtual machine,localhost,localdomain,workgroup,arbeitsgruppe,
unknown,none,null,n/a,windows user,user,owner,computer,hostname,microsoft.net,asp.net`)

const (
	minFolded = 3   // shorter names are replaced in their own letters only: IT is no it
	maxName   = 256 // bytes
)

// learn takes a name that is to be replaced wherever it stands as a word. What every
// machine has, numbers, and what is a token already are no names.
func (n names) learn(kind Kind, text string) {
	text = strings.Trim(text, " \t\r\n.,;:'\"()[]<>")
	lower := strings.ToLower(text)
	if text == "" || len(text) > maxName || everywhere[lower] || isToken.MatchString(text) || isAddress(text) || !strings.ContainsFunc(text, unicode.IsLetter) {
		return
	}
	first := lower[:wordEnd(lower, 0)]
	if first == "" {
		return
	}
	of := n[first]
	if slices.ContainsFunc(of, func(o name) bool { return strings.EqualFold(o.text, text) }) {
		return
	}
	of = append(of, name{text, kind})
	slices.SortStableFunc(of, func(a, b name) int { return len(b.text) - len(a.text) })
	n[first] = of
}

// learnHost takes the name of a machine, with or without its domain; known says that
// it stood where machines are named, so its parts are names of their own.
func (n names) learnHost(text string) {
	text = strings.TrimSuffix(strings.TrimLeft(strings.TrimSpace(text), `\`), "$")
	if isAddress(text) {
		return
	}
	host, domain, full := strings.Cut(text, ".")
	n.learn(Host, host)
	if full {
		n.learnDomain(domain)
	}
}

// learnDomain takes a domain and the short name that it has by custom.
func (n names) learnDomain(text string) {
	short, _, full := strings.Cut(text, ".")
	n.learn(Domain, text)
	if full {
		n.learn(Domain, short)
	}
}

// find gives the names that stand in the text as whole words, in order.
func (n names) find(text string) []span {
	if len(n) == 0 {
		return nil
	}
	var out []span
	for at := 0; at < len(text); {
		end := wordEnd(text, at)
		if end == at {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		next := end
		for _, o := range n[strings.ToLower(text[at:end])] {
			if over := at + len(o.text); over <= len(text) && same(o.text, text[at:over]) && wordEnd(text, over) == over {
				out = append(out, span{at, over, o.kind, classOf[o.kind], o.text})
				next = over
				break
			}
		}
		at = next
	}
	return out
}

func same(name, text string) bool {
	return name == text || len(name) >= minFolded && strings.EqualFold(name, text)
}

// wordEnd is the end of the letters and digits that stand at a place. Bytes that are
// no UTF-8 are letters of some code page.
func wordEnd(text string, at int) int {
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r < utf8.RuneSelf && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') ||
			r >= utf8.RuneSelf && r != utf8.RuneError && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		at += size
	}
	return at
}

// places are where names stand in a line that has one of the letters: the group is the
// name, kind what it is of.
var places = []struct {
	has  string
	at   *regexp.Regexp
	kind Kind
}{
	{":=R", regexp.MustCompile(`(?i)^[ \t]*"?(?:(?:nv )?host ?name|computer ?name|rechnername|nom de l.{1,3}h.{1,3}te|nome host|nombre de host|logon server|anmeldeserver|server|[a-z_]*computername|logonserver|nodename)"?(?:[ \t.]*[:=]|[ \t]+REG_[A-Z_]+)[ \t]*"?(\S[^"\r\n]*)`), Host},
	{":=R", regexp.MustCompile(`(?i)^[ \t]*"?(?:(?:nv |dhcp)?domain|dom.{1,3}ne|dominio|primary dns suffix|connection-specific dns suffix|dns suffix search list|user(?:dns)?domain)"?(?:[ \t.]*[:=]|[ \t]+REG_[A-Z_]+)[ \t]*"?(\S[^"\r\n]*)`), Domain},
	{":=R", regexp.MustCompile(`(?i)^[ \t]*"?(?:user ?name|benutzername|registered owner|registrierter benutzer|registered organization)"?(?:[ \t.]*[:=]|[ \t]+REG_[A-Z_]+)[ \t]*"?(\S[^"\r\n]*)`), User},
	// Rows of netstat without -n: a machine is named by itself and its peers.
	{":", regexp.MustCompile(`(?i)^[ \t]*(?:tcp|udp)v?[46]?[ \t]+([A-Za-z][^\s:]*):[\w*-]+[ \t]`), peer},
	{":", regexp.MustCompile(`(?i)^[ \t]*tcpv?[46]?[ \t]+\S+[ \t]+([A-Za-z][^\s:]*):[\w*-]+\s`), peer},
	// The fields of an event, as rows of evidence print them.
	{"=", regexp.MustCompile(`(?i)\b(?:computer|host ?name|host)=([^;\s<|]+)`), Host},
	{"=", regexp.MustCompile(`(?i)\b(?:dcname|domainpeer|queryname)=([^;\s<|]+)`), peer},
	{"=", regexp.MustCompile(`(?i)\b(?:[a-z]*domain(?:name)?|adaptersuffixname)=([^;\s<|]+)`), Domain},
	{"=", regexp.MustCompile(`(?i)\b[a-z]*user(?:name)?=([^;<|\r\n]+)`), User},
	// The head of our own Markdown, and the hosts that are compared.
	{":", regexp.MustCompile(`^- Host: (\S+)`), Host},
	{"\t", regexp.MustCompile(`^Host\t([^\t]+)\t`), Host},
	{"\t", regexp.MustCompile(`^Host\t[^\t]*\t([^\t]+)`), Host},
}

// learnFrom learns the names of a text by their places in it.
func (r *Redactor) learnFrom(text string) {
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		for _, p := range places {
			if !strings.ContainsAny(line, p.has) {
				continue
			}
			for _, m := range p.at.FindAllStringSubmatch(line, -1) {
				if p.kind == peer {
					host, _, _ := strings.Cut(m[1], ",") // a time peer has flags behind a comma
					r.names.learn(Host, strings.TrimLeft(host, `\`))
				} else {
					r.learn(p.kind, m[1])
				}
			}
		}
		for _, s := range find(line).all {
			if s.learned {
				r.learn(s.kind, s.value)
			}
		}
	}
}

// peer is a machine that a row or an event names: its name is learned as it stands,
// for a part of it may be a word like any other (api.chrome.com).
const peer Kind = "peer"

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
		text, _, _ = strings.Cut(text, "@")
		r.names.learn(User, text)
	default:
		r.names.learn(kind, text)
	}
}
