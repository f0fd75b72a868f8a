package redact

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// span is a part of a text that is to be replaced.
type span struct {
	from, to int
	kind     Kind
	class    string // how its token begins; "" leaves it as it is
	value    string // what its token is of
}

// found is a span and whether its value is a name that may stand elsewhere too.
type found struct {
	span
	learned bool
}

var (
	isToken  = regexp.MustCompile(`^` + tokenPattern + `$`)
	tokens   = regexp.MustCompile(tokenPattern)
	rowIDs   = regexp.MustCompile(`\bev-[0-9a-f]{12}\b`)
	sids     = regexp.MustCompile(`\b[Ss]-1-[0-9]{1,14}(?:-[0-9]{1,10}){1,15}\b`)
	macs     = regexp.MustCompile(`\b[0-9A-Fa-f]{2}(?:(?:-[0-9A-Fa-f]{2}){5}|(?::[0-9A-Fa-f]{2}){5})\b`)
	fours    = regexp.MustCompile(`[0-9]{1,3}(?:\.[0-9]{1,3}){3}`)
	sixes    = regexp.MustCompile(`[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*(?:%[0-9A-Za-z]+)?`)
	mails    = regexp.MustCompile(`([` + letters + `.%+$-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.([A-Za-z]{2,24}))\b`)
	servers  = regexp.MustCompile(`(?:^|[^` + letters + `:\\])\\{2,4}([` + letters + `][` + letters + `.-]*)\\`)
	accounts = regexp.MustCompile(`(?:^|[^` + letters + `\\/:.$-])([` + letters + `][` + letters + `.-]{0,63})\\{1,2}([` + letters + `][` + letters + `.$-]*)(.?)`)
	profiles = regexp.MustCompile(`(?i)[\\/](?:users|documents and settings|benutzer|utilisateurs|usuarios|home)[\\/]{1,4}(?:([^\\/:*?"<>|\r\n]{1,64})\\|([^\\/:*?"<>|\s,;()\[\]&]{1,64}))`)
	entries  = regexp.MustCompile(`(?i)\bdc=[^,;\s"<]+(?:,dc=[^,;\s"<]+)*`)
	inputs   = regexp.MustCompile(`(?i)[^\s"'<>|:;,=()]+(\.(?:etl|evtx?|txt|log|csv|zip|cab|7z|reg))\b`)
	suffixes = regexp.MustCompile(`(?i)\b[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.([a-z]{2,24})\b`)
)

// letters are those of names, in any language; bytes that are no UTF-8 are letters of
// some code page.
const letters = `\p{L}\p{N}\p{M}_\x{FFFD}`

const tokenPattern = `(?:ip[46]-(?:any|loopback|broadcast)|ip[46]-(?:private|linklocal|multicast|shared|documentation|ula|global)-[0-9a-f]{10}|(?:sid-account|sid-wellknown|mac|host|domain|user|name)-[0-9a-f]{10})`

// find gives what the patterns find in a line, apart from each other.
func find(line string) *finder {
	f := &finder{text: line}
	// Each pattern is asked only where it could stand: they are slow and lines are many.
	if strings.IndexByte(line, '-') >= 0 {
		f.each(tokens, func(m []int) { f.add(m[0], m[1], "", "", "", false) })
		f.each(rowIDs, func(m []int) { f.add(m[0], m[1], "", rowClass, line[m[0]:m[1]], false) })
		f.each(sids, func(m []int) { f.add(m[0], m[1], SID, sidClass(line[m[0]:m[1]]), line[m[0]:m[1]], false) })
	}
	if strings.Count(line, ":") >= 5 || strings.Count(line, "-") >= 5 {
		f.each(macs, func(m []int) {
			if !touches(line, m[0], m[1], ":-") {
				f.add(m[0], m[1], MAC, "mac", strings.ReplaceAll(line[m[0]:m[1]], ":", "-"), false)
			}
		})
	}
	f.addresses()
	f.accounts()
	if strings.IndexByte(line, '=') >= 0 {
		f.each(entries, func(m []int) {
			from := m[0] + len("dc=")
			f.add(from, m[1], Domain, "domain", strings.ReplaceAll(strings.ToLower(line[from:m[1]]), ",dc=", "."), true)
		})
	}
	if f.dotted() {
		f.each(suffixes, func(m []int) {
			if known(line[m[2]:m[3]]) && !everywhere[strings.ToLower(line[m[0]:m[1]])] {
				f.name(m[0], m[1], false)
			}
		})
	}
	return f
}

// rowClass is that of the ids of evidence rows, which are hashes of their content.
const rowClass = "ev"

// finder collects spans; what was found first keeps its place.
type finder struct {
	text  string
	all   []found
	taken []bool // bytes of the text, once there is a span
}

func (f *finder) each(at *regexp.Regexp, do func([]int)) {
	for _, m := range at.FindAllStringSubmatchIndex(f.text, -1) {
		do(m)
	}
}

// add takes a span unless it overlaps one that is there.
func (f *finder) add(from, to int, kind Kind, class, value string, learned bool) {
	if f.taken == nil {
		f.taken = make([]bool, len(f.text))
	}
	if from >= to || slices.Contains(f.taken[from:to], true) {
		return
	}
	for i := from; i < to; i++ {
		f.taken[i] = true
	}
	f.all = append(f.all, found{span{from, to, kind, class, value}, learned})
}

// accounts finds users and what they belong to.
func (f *finder) accounts() {
	if strings.IndexByte(f.text, '@') >= 0 {
		f.each(mails, func(m []int) {
			if known(f.text[m[6]:m[7]]) {
				f.user(m[2], m[3], !mailboxes[strings.ToLower(f.text[m[2]:m[3]])])
				f.add(m[4], m[5], Domain, "domain", f.text[m[4]:m[5]], false)
			}
		})
	}
	if strings.IndexByte(f.text, '\\') < 0 && strings.IndexByte(f.text, '/') < 0 {
		return
	}
	f.each(profiles, func(m []int) {
		if m[2] < 0 {
			m[2], m[3] = m[4], m[5]
		}
		f.user(m[2], m[3], true)
	})
	f.each(servers, func(m []int) { f.name(m[2], m[3], true) })
	f.each(accounts, func(m []int) {
		left, right, after := strings.ToLower(f.text[m[2]:m[3]]), f.text[m[4]:m[5]], f.text[m[6]:m[7]]
		if registry[left] || authorities[left] || isFile(right) || f.inPath(m[2]) || after != "" && strings.Contains(`\/:`, after) {
			return
		}
		if !everywhere[left] {
			f.add(m[2], m[3], Domain, "domain", f.text[m[2]:m[3]], true)
		}
		f.user(m[4], m[5], true)
	})
}

// inPath tells that what stands before a place on the line is a path with a blank in
// it: C:\Backup Agent\data.
func (f *finder) inPath(at int) bool {
	before := f.text[:at]
	before = before[strings.LastIndexAny(before, "\"'\t,;=|<>()")+1:]
	before = before[strings.LastIndex(before, "  ")+1:]
	return strings.IndexByte(before, '\\') >= 0
}

// user adds a user name unless every Windows has it.
func (f *finder) user(from, to int, learned bool) {
	if text := f.text[from:to]; !everywhere[strings.ToLower(text)] {
		f.add(from, to, User, "user", text, learned)
	}
}

// name adds a machine's name, and its domain as a name of its own.
func (f *finder) name(from, to int, learned bool) {
	text := f.text[from:to]
	if isAddress(text) || everywhere[strings.ToLower(text)] {
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

// addresses finds IP addresses, whole: a part of a time or a version is none.
func (f *finder) addresses() {
	line := f.text
	add := func(from, to int, text string) {
		if a, err := netip.ParseAddr(text); err == nil {
			kind, class := classify(a)
			f.add(from, to, kind, class, a.WithZone("").String(), false)
		}
	}
	if nearColons(line) {
		f.each(sixes, func(m []int) {
			from, to := m[0], m[1]
			for to > from && (line[to-1] == '.' || line[to-1] == ':' && line[to-2] != ':') {
				to--
			}
			switch {
			case from > 0 && plain(line[from-1]) || to < len(line) && plain(line[to]):
			case to-from == 2 && (from == 0 || line[from-1] != '['): // two colons are not always an address
			default:
				add(from, to, line[from:to])
			}
		})
	}
	if strings.Count(line, ".") > 2 {
		f.each(fours, func(m []int) {
			from, to := m[0], m[1]
			before := from > 0 && (plain(line[from-1]) || line[from-1] == '.' && from > 1 && digit(line[from-2]))
			after := to < len(line) && (digit(line[to]) || line[to] == '.' && to+1 < len(line) && digit(line[to+1]))
			if !before && !after {
				add(from, to, line[from:to])
			}
		})
	}
}

// dotted tells that a letter stands behind a dot, as in the names of machines and files.
func (f *finder) dotted() bool {
	for rest := f.text; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 || i+1 == len(rest) {
			return false
		}
		if rest = rest[i+1:]; plain(rest[0]) && !digit(rest[0]) {
			return true
		}
	}
}

// nearColons tells that two colons are no further apart than in an IPv6 address.
func nearColons(line string) bool {
	last := -6
	for i := 0; i < len(line); i++ {
		if line[i] == ':' {
			if i-last <= 5 {
				return true
			}
			last = i
		}
	}
	return false
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// plain tells that a byte is a letter or digit that an address could be a part of.
func plain(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil
}

// touches tells that one of the letters stands right before or behind a span.
func touches(text string, from, to int, letters string) bool {
	return from > 0 && strings.IndexByte(letters, text[from-1]) >= 0 || to < len(text) && strings.IndexByte(letters, text[to]) >= 0
}

// single are the classes of one address only: their tokens need no hash.
var single = map[string]bool{"ip4-any": true, "ip4-loopback": true, "ip4-broadcast": true, "ip6-any": true, "ip6-loopback": true}

var (
	shared    = netip.MustParsePrefix("100.64.0.0/10")
	documents = []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
)

// classify says what everyone may know of an address.
func classify(a netip.Addr) (Kind, string) {
	kind, class := IP6, "ip6-"
	b := a.Unmap().WithZone("")
	if a.Is4() {
		kind, class = IP4, "ip4-"
	}
	switch {
	case b.IsUnspecified():
		return kind, class + "any"
	case b.String() == "255.255.255.255" && kind == IP4:
		return kind, class + "broadcast"
	case b.IsLoopback():
		return kind, class + "loopback"
	case b.IsPrivate() && kind == IP6 && !a.Is4In6():
		return kind, class + "ula"
	case b.IsPrivate():
		return kind, class + "private"
	case b.IsLinkLocalUnicast():
		return kind, class + "linklocal"
	case b.IsMulticast():
		return kind, class + "multicast"
	case shared.Contains(b):
		return kind, class + "shared"
	case slices.ContainsFunc(documents, func(p netip.Prefix) bool { return p.Contains(b) }):
		return kind, class + "documentation"
	}
	return kind, class + "global"
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
