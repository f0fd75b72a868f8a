package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// span is a part of a text that is to be replaced.
type span struct {
	from, to int
	kind     Kind
	class    string // how its token begins; "" leaves it as it is
	value    string // what its token is of
	learned  bool   // it may stand elsewhere too, where nothing says what it is
}

// finder collects spans of a text, line by line; what was found first keeps its place.
type finder struct {
	r     *Redactor
	text  string
	line  string // the one that is looked at
	base  int    // where it begins
	all   []span
	taken []uint64 // bits of the bytes of the text
}

// find gives what the patterns find in a text, apart from each other, in no order.
func (r *Redactor) find(text string) *finder {
	f := &finder{r: r, text: text, taken: make([]uint64, len(text)/64+1)}
	for line := range strings.Lines(text) {
		f.line = line
		f.patterns()
		f.base += len(line)
	}
	return f
}

// add takes a span of the line unless it overlaps one that is there.
func (f *finder) add(from, to int, kind Kind, class, value string, learned bool) {
	f.take(span{f.base + from, f.base + to, kind, class, value, learned})
}

func (f *finder) take(s span) {
	*f.r.work += s.to - s.from
	for i := s.from; i < s.to; i++ {
		if f.taken[i/64]&(1<<(i%64)) != 0 {
			return
		}
	}
	for i := s.from; i < s.to; i++ {
		f.taken[i/64] |= 1 << (i % 64)
	}
	if s.from < s.to && (s.learned || !f.r.learning) {
		f.all = append(f.all, s)
	}
}

var (
	tokens   = pattern(tokenPattern)
	rowIDs   = pattern(`\bev-[0-9a-f]{12}\b`)
	sids     = pattern(`\b[Ss]-1-[0-9]{1,14}(?:-[0-9]{1,10}){1,15}\b`)
	mails    = pattern(`([` + letters + `.%+$-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.([A-Za-z]{2,24}))\b`)
	servers  = pattern(`(?:^|[^` + letters + `:\\])\\{2,4}([` + letters + `][` + letters + `.-]*)(?:[\\ \t\r\n"';,)]|$)`)
	accounts = pattern(`(?:^|[^` + letters + `\\/:.$-]|(?i:/u(?:ser)?:))([` + letters + `][` + letters + `.-]{0,63})\\{1,2}([` + letters + `][` + letters + `.$-]*)(.?)`)
	profiles = pattern(`(?i)[\\/](?:users|documents and settings|benutzer|utilisateurs|usuarios|home)[\\/]{1,4}(?:([^\\/:*?"<>|\r\n]{1,64})[\\/]|([^\\/:*?"<>|\s,;()\[\]&]{1,64}))`)
	entries  = pattern(`(?i)\bdc=[^,;\s"<]+(?:,[ ]?dc=[^,;\s"<]+)*`)
	relative = pattern(`(?i)\b(?:cn|ou|o|l|uid)=([^,;=\r\n"<>|]{1,64}),[ ]?(?:cn|ou|dc|o|l|st|c)=`)
	suffixes = pattern(`(?i)\b[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.([a-z]{2,24})\b`)
)

// letters are those of names, in any language; bytes that are no UTF-8 are letters of
// some code page.
const letters = `\p{L}\p{N}\p{M}_\x{FFFD}`

const tokenPattern = `(?:ip[46]-(?:any|loopback|broadcast)|ip[46]-(?:private|linklocal|multicast|shared|documentation|ula|global)-[0-9a-f]{10}|(?:sid-account|sid-wellknown|mac|host|domain|user|name|secret)-[0-9a-f]{10})`

var tokenStarts = []string{"ip4-", "ip6-", "sid-", "mac-", "host-", "domain-", "user-", "name-", "secret-"}

func hasToken(text string) bool {
	return slices.ContainsFunc(tokenStarts, func(s string) bool { return strings.Contains(text, s) }) && tokens().MatchString(text)
}

// What is no token, but a number under the key in the shape of what it stands for.
const (
	rowClass  = "ev"   // the id of a row of evidence
	hashClass = "hash" // a hash, or bytes that may hold anything
)

// patterns finds what stands in a line by its form. Each is asked only where it could
// stand: they are slow and lines are many.
func (f *finder) patterns() {
	line := f.line
	if strings.Contains(line, "-") {
		if hasToken(line) {
			f.each(tokens(), func(m []int) { f.add(m[0], m[1], "", "", "", false) })
		}
		if strings.Contains(line, "ev-") {
			f.each(rowIDs(), func(m []int) { f.add(m[0], m[1], "", rowClass, line[m[0]:m[1]], false) })
		}
		if strings.Contains(line, "-1-") {
			f.each(sids(), func(m []int) { f.add(m[0], m[1], SID, sidClass(line[m[0]:m[1]]), line[m[0]:m[1]], false) })
		}
	}
	f.links()
	f.literals()
	f.addresses()
	f.places()
	f.accounts()
	if strings.Contains(line, "=") {
		f.directory()
	}
	if dotted(line) {
		f.each(suffixes(), func(m []int) {
			whole := line[m[0]:m[1]]
			if isTop(line[m[2]:m[3]]) && !everywhere[strings.ToLower(whole)] && !publicDomain(whole) {
				f.name(m[0], m[1], false)
			}
		})
	}
}

func (f *finder) each(at *regexp.Regexp, do func([]int)) {
	*f.r.work += len(f.line)
	for _, m := range at.FindAllStringSubmatchIndex(f.line, -1) {
		do(m)
	}
}

// beside is each for patterns that look at the sign before and behind a name: the sign
// behind one may be the one before the next.
func (f *finder) beside(at *regexp.Regexp, do func([]int)) {
	*f.r.work += len(f.line)
	for from := 0; ; {
		m := at.FindStringSubmatchIndex(f.line[from:])
		if m == nil {
			return
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += from
			}
		}
		do(m)
		from = m[1]
		if r, size := utf8.DecodeLastRuneInString(f.line[m[0]:m[1]]); !isWord(r, size) && m[1]-size > m[0] {
			from -= size
		}
		for from+1 < len(f.line) && f.line[from] == '\\' && f.line[from+1] == '\\' { // these end a name and begin none
			from++
		}
		if from >= len(f.line) || from == m[0] {
			return
		}
	}
}

// accounts finds users and what they belong to.
func (f *finder) accounts() {
	if strings.Contains(f.line, "@") {
		f.each(mails(), func(m []int) {
			if isTop(f.line[m[6]:m[7]]) {
				f.user(m[2], m[3], !mailboxes[strings.ToLower(f.line[m[2]:m[3]])])
				f.add(m[4], m[5], Domain, "domain", f.line[m[4]:m[5]], false)
			}
		})
	}
	back := strings.Contains(f.line, "\\")
	if !back && !strings.Contains(f.line, "/") {
		return
	}
	f.each(profiles(), func(m []int) {
		if m[2] < 0 {
			m[2], m[3] = m[4], m[5]
		}
		f.profile(m[2], m[3])
	})
	if !back {
		return
	}
	f.beside(servers(), func(m []int) { f.name(m[2], m[3], true) })
	f.beside(accounts(), func(m []int) {
		left, right, after := strings.ToLower(f.line[m[2]:m[3]]), f.line[m[4]:m[5]], f.line[m[6]:m[7]]
		further := after == `\` || after == "/" || after == ":" && strings.HasPrefix(f.line[m[7]:], `\`)
		if further || registry[left] || authorities[left] || isFile(right) || f.inPath(m[2]) {
			return
		}
		if !everywhere[left] {
			f.add(m[2], m[3], Domain, "domain", f.line[m[2]:m[3]], true)
		}
		f.user(m[4], m[5], true)
	})
}

// profile takes the folder of a user, which may end in the domain: jdoe.CONTOSO.
func (f *finder) profile(from, to int) {
	text := f.line[from:to]
	if at := strings.LastIndexByte(text, '.'); at > 0 && !isFile(text) && !everywhere[strings.ToLower(text)] && strings.ToUpper(text[at:]) == text[at:] {
		f.user(from, from+at, true)
		f.add(from+at+1, to, Domain, "domain", text[at+1:], true)
		return
	}
	f.user(from, to, true)
}

// inPath tells that what stands before a place on the line is a path with a blank in
// it: C:\Backup Agent\data. Another account there, CORP\jdoe, is none.
func (f *finder) inPath(at int) bool {
	before := f.line[max(at-maxName, 0):at]
	*f.r.work += len(before)
	before = before[strings.LastIndexAny(before, "\"'\t,;=|<>()")+1:]
	before = before[strings.LastIndex(before, "  ")+1:]
	for rest := before; ; {
		i := strings.IndexByte(rest, '\\')
		if i < 0 {
			return false
		}
		word := rest[strings.LastIndexByte(rest[:i], ' ')+1 : i]
		if word == "" || !plain(word[len(word)-1]) && word[len(word)-1] < utf8.RuneSelf || registry[strings.ToLower(word)] {
			return true
		}
		rest = rest[i+1:]
		if next := strings.IndexAny(rest, `\ `); next >= 0 && rest[next] == '\\' { // more than one folder
			return true
		}
	}
}

// directory takes the names of a directory: CN=jdoe,OU=Sales,DC=contoso,DC=com.
func (f *finder) directory() {
	line := f.line
	f.each(entries(), func(m []int) {
		from := m[0] + len("dc=")
		value := strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(line[from:m[1]]), ", dc=", "."), ",dc=", ".")
		f.add(from, m[1], Domain, "domain", value, true)
	})
	for at := 0; ; {
		*f.r.work += 2 * maxName
		m := relative().FindStringSubmatchIndex(line[at:min(at+2*maxName, len(line))])
		switch {
		case m == nil && at+2*maxName >= len(line):
			return
		case m == nil:
			at += maxName // what begins here ends in what is looked at next
			continue
		}
		from, to := at+m[2], at+m[3]
		if text := line[from:to]; !everywhere[strings.ToLower(text)] {
			f.add(from, to, Other, "name", text, !ordinary[strings.ToLower(text)])
		}
		at = to
	}
}

// user adds a user name unless every Windows has it.
func (f *finder) user(from, to int, learned bool) {
	text := f.line[from:to]
	if !everywhere[strings.ToLower(text)] && !hasToken(text) {
		if bare, machine := strings.CutSuffix(text, "$"); machine {
			f.name(from, from+len(bare), learned)
			return
		}
		near := f.line[from:min(len(f.line), from+maxName)]
		if is, end := f.r.names.longest(near, folded(near), 0, false); is != nil && from+end > to { // jane doe, not jane
			to = from + end
		}
		f.add(from, to, User, "user", f.line[from:to], learned)
	}
}

// name adds a machine's name, and its domain as a name of its own.
func (f *finder) name(from, to int, learned bool) {
	for to > from && (f.line[to-1] == '.' || f.line[to-1] == '-') {
		to--
	}
	text := f.line[from:to]
	if text == "" || isAddress(text) || everywhere[strings.ToLower(text)] || publicDomain(text) {
		return
	}
	host, domain, full := strings.Cut(text, ".")
	switch {
	case !full:
		f.add(from, to, Host, "host", text, learned)
	case !learned && !strings.Contains(domain, "."): // contoso.com
		f.add(from, to, Domain, "domain", text, false)
	default:
		f.add(from, from+len(host), Host, "host", host, learned)
		f.add(from+len(host)+1, to, Domain, "domain", domain, learned)
	}
}

// dotted tells that a letter stands behind a dot, as in the names of machines and files.
func dotted(text string) bool {
	for rest := text; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 || i+1 == len(rest) {
			return false
		}
		if rest = rest[i+1:]; plain(rest[0]) && !digit(rest[0]) {
			return true
		}
	}
}

// sidClass tells the accounts of a domain or machine, S-1-5-21 and the like, from
// those that every Windows has.
func sidClass(sid string) string {
	for _, own := range []string{"S-1-5-21-", "S-1-12-1-", "S-1-5-5-"} {
		if strings.HasPrefix(strings.ToUpper(sid), own) {
			return "sid-account"
		}
	}
	return "sid-wellknown"
}
