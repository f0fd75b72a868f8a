package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// name is what is to be replaced wherever it stands. Other spellings of it share its
// value, and with it its token.
type name struct {
	kind  Kind
	value string
	exact string // a name of one or two letters: only in these letters
	apart bool   // only as a whole word, as it is a word like any other
}

// names are those that are known, as a tree of their bytes in lower case: what a text
// holds is found in one walk along it, however many names there are.
type names struct {
	byText map[string]*name
	child  map[uint64]uint32 // node<<8 | byte
	ends   []*name           // by node; nil where no name ends
	below  []*name           // by node: one that goes on from here
	work   *int
}

func newNames(work *int) *names {
	return &names{byText: map[string]*name{}, child: map[uint64]uint32{}, ends: []*name{nil}, below: []*name{nil}, work: work}
}

// everywhere are names that every Windows has or that name nothing: they tell of no
// one. Lower case.
var everywhere = set(",", `system,local service,network service,lokaler dienst,netzwerkdienst,service local,service réseau,servicio local,servicio de red,
localsystem,localservice,networkservice,trustedinstaller,anonymous logon,everyone,interactive,authenticated users,
administrator,administrators,administrateur,administrador,guest,gast,invité,invitado,public,default,default user,all users,
users,defaultuser0,defaultaccount,wdagutilityaccount,defaultapppool,nt authority,authority,nt-autorität,autorite nt,nt service,service,builtin,
font driver host,window manager,manager,iis apppool,apppool,nt virtual machine,localhost,localdomain,workgroup,arbeitsgruppe,
unknown,none,null,n/a,windows user,user,owner,computer,computername,hostname,username,microsoft.net,asp.net,machine,server,host,true,false,yes,no,
microsoft,windows,my,root,program files,program files (x86),computers,domain controllers,configuration,schema,not known,machine not known,
env,services,console,listening,the,a,to,for,of,in,on,is,and`)

const (
	minFolded   = 3   // shorter names are replaced in their own letters only: IT is no it
	minTwisted  = 6   // names of letters and digits so long are found within words too
	minClipped  = 4   // so much of a name before an ellipsis is known again
	minDigits   = 6   // a name of digits only is a number when it is shorter
	maxName     = 256 // bytes
	ellipsis    = "…"
	netbiosName = 15 // characters
)

// precedence says which kind a name is of when it stands where several are named.
var precedence = map[Kind]int{IP4: 5, IP6: 5, MAC: 5, Host: 4, Domain: 3, User: 2, Other: 1, Secret: 1}

// nameable tells that a text can be a name: what every machine has, numbers, and what
// holds a token already are none.
func nameable(text string) bool {
	if text == "" || len(text) > maxName || everywhere[strings.ToLower(text)] || isAddress(text) || hasToken(text) {
		return false
	}
	digits := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	return digits && len(text) >= minDigits || strings.ContainsFunc(text, unicode.IsLetter)
}

// learn takes a name that is to be replaced wherever it stands.
func (n *names) learn(kind Kind, text string) {
	text = composed(strings.Trim(text, " \t\r\n.,;:'\"()[]<>|"))
	if !nameable(text) {
		return
	}
	n.learnAs(kind, text, strings.ToLower(text))
	for _, other := range spellings(kind, text) {
		n.learnAs(kind, other, strings.ToLower(text))
	}
}

// learnAs takes a spelling of a name.
func (n *names) learnAs(kind Kind, text, value string) {
	key := folded(text)
	if was := n.byText[key]; was != nil {
		if precedence[kind] > precedence[was.kind] {
			was.kind = kind
		}
		if precedence[kind] >= precedence[was.kind] && key == value { // its own value goes before that of a longer name
			was.value = value
		}
		return
	}
	if len(key) > 2*maxName {
		return
	}
	is := &name{kind: kind, value: value, apart: !twisted(key)}
	if utf8.RuneCountInString(text) < minFolded {
		is.exact = text
	}
	n.byText[key] = is
	node := uint32(0)
	for i := range len(key) {
		*n.work++
		next, ok := n.child[uint64(node)<<8|uint64(key[i])]
		if !ok {
			next = uint32(len(n.ends))
			n.child[uint64(node)<<8|uint64(key[i])] = next
			n.ends, n.below = append(n.ends, nil), append(n.below, is)
		}
		node = next
	}
	n.ends[node] = is
}

// twisted tells a name of letters and digits, which is no word: it is known again as
// a part of one, svcHOST01. So is a name in a script that has no blanks between words.
func twisted(key string) bool {
	if strings.ContainsFunc(key, func(c rune) bool {
		return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai)
	}) && utf8.RuneCountInString(key) > 1 {
		return true
	}
	digit, letter := false, false
	for i := range len(key) {
		digit = digit || '0' <= key[i] && key[i] <= '9'
		letter = letter || 'a' <= key[i] && key[i] <= 'z'
	}
	return len(key) >= minTwisted && digit && letter
}

// learnHost takes the name of a machine, with or without its domain.
func (n *names) learnHost(text string) {
	text = strings.TrimSuffix(strings.TrimLeft(strings.TrimSpace(text), `\`), "$")
	if isAddress(text) {
		return
	}
	host, domain, _ := strings.Cut(text, ".")
	n.learn(Host, host)
	n.learnDomain(domain)
}

// learnDomain takes a domain and the short name that it has by custom.
func (n *names) learnDomain(text string) {
	text = strings.Trim(text, " \t\r\n.")
	if publicDomain(text) {
		return
	}
	short, _, full := strings.Cut(text, ".")
	n.learn(Domain, text)
	if full && !ordinary[strings.ToLower(short)] {
		n.learn(Domain, short)
	}
}

// find calls do with the names that stand in the text, the longest first at each place.
// A name is a whole word or several; what lies within a word is found where it is
// letters and digits. A blank is as good as another, and as a line end, which reports
// put there.
func (n *names) find(text string, do func(from, to int, is *name)) {
	if len(n.byText) == 0 {
		return
	}
	low := folded(text)
	inWord := false // a letter or digit stands right before
	for at := 0; at < len(low); {
		r, size := rune(low[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(low[at:])
		}
		word := isWord(r, size)
		if !word && r != '_' && r != '-' {
			*n.work++
			at, inWord = at+size, false
			continue
		}
		if is, end := n.longest(text, low, at, inWord); is != nil {
			do(at, end, is)
			at, inWord = end, endsInWord(low[:end])
			continue
		}
		at, inWord = at+size, word
	}
}

// longest walks the tree along the text from a place.
func (n *names) longest(text, low string, at int, inWord bool) (is *name, end int) {
	node, i := uint32(0), at
	for i < len(low) {
		*n.work++
		c, next := low[i], i+1
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			for c = ' '; next < len(low) && next-i < maxName && strings.IndexByte(" \t\r\n", low[next]) >= 0; {
				next++
			}
		}
		to, ok := n.child[uint64(node)<<8|uint64(c)]
		if !ok {
			break
		}
		node, i = to, next
		here := n.ends[node]
		if here == nil || here.exact != "" && here.exact != text[at:i] || here.apart && (inWord || wordEnd(low, i) != i) {
			continue
		}
		is, end = here, i
	}
	if is == nil && !inWord && i-at >= minClipped && strings.HasPrefix(low[i:], ellipsis) {
		return n.below[node], i // the ellipsis stays
	}
	return is, end
}

func endsInWord(text string) bool {
	r, size := utf8.DecodeLastRuneInString(text)
	return isWord(r, size)
}

// isWord tells letters and digits. Bytes that are no UTF-8 are letters of some code page.
func isWord(r rune, size int) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r == utf8.RuneError && size == 1 || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// wordEnd is the end of the letters and digits that stand at a place.
func wordEnd(text string, at int) int {
	for at < len(text) {
		r, size := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[at:])
		}
		if !isWord(r, size) {
			break
		}
		at += size
	}
	return at
}

// folded is a text in lower case, each letter at its own place: what is of another
// length in lower case stays.
func folded(text string) string {
	i := 0
	for i < len(text) && text[i] < utf8.RuneSelf && (text[i] < 'A' || text[i] > 'Z') {
		i++
	}
	if i == len(text) {
		return text
	}
	out := []byte(text)
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				out[i] = c + 'a' - 'A'
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if low := unicode.ToLower(r); r != utf8.RuneError && low != r && utf8.RuneLen(low) == size {
			utf8.EncodeRune(out[i:], low)
		}
		i += size
	}
	return string(out)
}
