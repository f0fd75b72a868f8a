package paste

import (
	"bytes"
	"unicode/utf8"
)

// peeled is what was taken off the line before, since a prefix that alone would
// be doubtful is none in a run of them.
type peeled struct {
	number int  // of findstr /n; 0 none
	timed  bool // a time of a log shipper
	row    bool // what stood before a row
}

// peel takes off what stands at the left of a line.
func (p *Reader) peel(b []byte) []byte {
	before := p.peeled
	p.peeled = peeled{}
	p.wasRow = before.row
	for range maxWraps {
		i := skipBlanks(b, 0)
		if i == len(b) {
			break
		}
		rest, ok := b, false
		switch c := b[i]; {
		case c == '>':
			rest, ok = p.quote(b[i:]), true
		case c == '|' && quotedByBar(b[i:]):
			p.line.Quote++
			rest, ok = unindent(b[i+1:]), true
		case c == '&' && bytes.HasPrefix(b[i:], []byte("&gt;")):
			p.line.Quote++
			rest, ok = unindent(b[i+4:]), true
		case c == '`' || c == '~':
			rest, ok = p.code(b, i)
		case c >= '0' && c <= '9':
			if rest, ok = p.numberPrefix(b[i:], before); !ok {
				rest, ok = p.timePrefix(b[i:], before)
			}
		case (c == '{' || c == '[') && macro(b[i:]):
			p.line.Break = true
			return nil
		case c == '[' || c == '(' || c == '<':
			rest, ok = p.timePrefix(b[i:], before)
		case c == '*' && len(b)-i > 5 && b[i+1] == '*' && bytes.Count(b, []byte("**")) == 2 && bytes.IndexByte(b, ':') > 0:
			rest, ok = bytes.ReplaceAll(b, []byte("**"), nil), true // a label in bold
		case (c == '-' || c == '*' || c == '+') && bulletOfRow(b[i:]):
			rest, ok = b[i+1:], true
		case c == '-' && len(b)-i > 3:
			rest, ok = listedString(b[i:])
		case c >= 'A' && c <= 'Z' && initials(b[i:]) > 0:
			p.line.Quote++
			rest, ok = unindent(b[i+initials(b[i:]):]), true
		case bytes.IndexByte(b[i:], ':') > 0:
			if rest, ok = p.fileName(b[i:]); !ok {
				rest, ok = p.timePrefix(b[i:], before)
			}
		}
		if !ok {
			break
		}
		b = rest
	}
	return b
}

// macro tells a line that begins or ends a block of a ticket or a forum, "{noformat}",
// "{code:title=x}", "[code]", and nothing else.
func macro(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	n := len(b) - 1
	if n < 4 || n > 80 || b[n] != '}' && b[n] != ']' || bytes.IndexByte(b[1:n], b[0]) >= 0 {
		return false
	}
	name := bytes.TrimPrefix(b[1:n], []byte("/"))
	if i := bytes.IndexAny(name, ":="); i > 0 {
		name = name[:i]
	}
	switch string(bytes.ToLower(name)) {
	case "noformat", "code", "panel", "quote", "pre", "code block":
		return true
	}
	return false
}

// quotedByBar tells the one "|" that some mail programs put before a quoted line from
// the bars of a table.
func quotedByBar(b []byte) bool {
	if len(b) > 1 && b[1] != ' ' && b[1] != '\t' {
		return false
	}
	if bytes.IndexByte(b[1:], '|') >= 0 { // a table, or a command with a pipe
		return bytes.IndexByte(b, '>') > 0 && prompt().Match(b[1:min(len(b), longestPrompt)])
	}
	word, _ := word(b[1:])
	lower := string(bytes.ToLower(word[:min(len(word), 24)]))
	return !isProgram(lower) && !pipedTo[lower] // a command goes on
}

// pipedTo are programs that get rows from the command above.
var pipedTo = map[string]bool{
	"select": true, "select-object": true, "where": true, "where-object": true, "?": true, "%": true, "sort": true, "sort-object": true, "measure": true,
	"measure-object": true, "group": true, "group-object": true, "foreach": true, "foreach-object": true, "ft": true, "fl": true, "format-table": true,
	"format-list": true, "out-file": true, "out-string": true, "tee": true, "tee-object": true, "find": true, "awk": true, "sed": true, "wc": true, "uniq": true,
	"get-unique": true, "less": true, "export-csv": true, "convertto-json": true, "convertto-csv": true,
}

// initials is the length of "JD>", as some mail programs quote; 0 for anything else.
// PS is PowerShell's prompt.
func initials(b []byte) int {
	n := 0
	for n < len(b) && n < 4 && b[n] >= 'A' && b[n] <= 'Z' {
		n++
	}
	if n < 2 || n == 4 || n == len(b) || b[n] != '>' || string(b[:n]) == "PS" || n+1 < len(b) && b[n+1] != ' ' || isProgram(string(b[n+1:min(len(b), n+40)])) {
		return 0
	}
	return n + 1
}

// listedString takes a line out of a list of strings in YAML: "- '  TCP ...'".
func listedString(b []byte) ([]byte, bool) {
	i := skipBlanks(b, 1)
	if n := len(b) - 1; i > 1 && i < n && (b[i] == '\'' || b[i] == '"') && b[n] == b[i] {
		return b[i+1 : n], true
	}
	return b, false
}

func skipBlanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// unindent takes the one blank off that stands behind a mark.
func unindent(b []byte) []byte {
	if len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		return b[1:]
	}
	return b
}

func (p *Reader) quote(b []byte) []byte {
	for len(b) > 0 && b[0] == '>' {
		p.line.Quote++
		b = b[1:]
	}
	return unindent(b)
}

// code takes a mark of code off, b[i]: a fence is a line of its own.
func (p *Reader) code(b []byte, i int) ([]byte, bool) {
	c := b[i]
	n := i
	for n < len(b) && b[n] == c {
		n++
	}
	switch {
	case n-i >= 3 && bytes.IndexByte(b[n:], c) < 0 && len(b)-n <= 40:
		p.line.Break = true
		return nil, true
	case n-i == 3 && len(b)-n > 40: // the text begins right behind the fence
		return b[n:], true
	case c == '~' || n-i > 2:
		return b, false
	}
	b = b[n:]
	if bytes.IndexByte(b, c) == len(b)-1 {
		b = bytes.TrimRight(b, "`") // one line of code; a word of it is left as it is
	}
	return b, true
}

// bulletOfRow tells whether b is a row of a connection table in a list.
func bulletOfRow(b []byte) bool {
	i := skipBlanks(b, 1)
	return i > 1 && len(b)-i > 4 && (string(b[i:i+3]) == "TCP" || string(b[i:i+3]) == "UDP") && (b[i+3] == ' ' || b[i+3] == '\t')
}

// dotted is an end over IPv4, which no other address goes on with.
var dotted = pattern(`^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}:\d{1,5}$`)

var clock = pattern(`^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:[\s,;]|$)`)

// numberPrefix takes the "12:" of findstr /n off. A time and an IPv6 address begin
// like it: before a digit or an address it must go on from the line above.
func (p *Reader) numberPrefix(b []byte, before peeled) ([]byte, bool) {
	n, i := 0, 0
	for i < len(b) && i < 8 && b[i] >= '0' && b[i] <= '9' {
		n, i = n*10+int(b[i]-'0'), i+1
	}
	if i == 0 || i == 8 || i == len(b) || b[i] != ':' || n == 0 || p.peeled.number > 0 {
		return b, false
	}
	rest := b[i+1:]
	if before.number == 0 || n <= before.number {
		if clock().Match(b) {
			return b, false
		}
		word := rest
		if j := bytes.IndexAny(rest, " \t"); j >= 0 {
			word = rest[:j]
		}
		label := bytes.IndexByte(word, ':') == len(word)-1 && len(word) > 5 // "1:Ereignis-ID:"
		if bytes.IndexByte(word, ':') >= 0 && !label && !bytes.Contains(word, []byte(`:\`)) && !bytes.Contains(word, []byte(".exe:")) && !dotted().Match(word) {
			return b, false
		}
	}
	p.peeled.number, p.line.Count = n, n
	return rest, true
}

var fileLine = pattern(`^(?:[A-Za-z]:\\[^:*?"<>|\t]{1,200}|(?:\.{1,2}[\\/])?[^\s:*?"<>|]{1,200})\.(?i:txt|log|csv|out|md|json|htm|html):(?:(\d{1,7}):)?`)

// fileName takes "netstat.txt:12:" off, as Select-String, grep and findstr over
// several files write it.
func (p *Reader) fileName(b []byte) ([]byte, bool) {
	if p.peeled.number > 0 || !namesFile(b[:min(len(b), 260)]) {
		return b, false
	}
	m := fileLine().FindIndex(b)
	if m == nil {
		return b, false
	}
	p.peeled.number = 1
	return b[m[1]:], true
}

// namesFile tells at a glance whether b has a colon behind what may be the end of a
// file's name.
func namesFile(b []byte) bool {
	for i := 4; i < len(b); i++ {
		if b[i] == ':' && alphanumeric(b[i-1]) && (b[i-4] == '.' || b[i-3] == '.' || i > 4 && b[i-5] == '.') {
			return true
		}
	}
	return false
}

const times = `\d{4}[-/]\d\d[-/]\d\d[T ] ?\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AaPp][Mm])?(?:Z| UTC| ?[+-]\d\d:?\d\d)?` +
	`|\d{1,2}[./-]\d{1,2}[./-]\d{4},? {1,2}\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AaPp][Mm])?` +
	`|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?` +
	`|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d`

var (
	shipped   = pattern(`^(?:<\d{1,3}>(?:1 )?)?(?:\[(?:` + times + `)\]|\((?:` + times + `)\)|(?:` + times + `))(?: ?[|:>-])?(?:[ \t]|$)`)
	container = pattern(`^(?:stdout|stderr) [FP](?: |$)`)
	syslog    = pattern(`^\S{1,255} [^\s:]{1,64}(?:\[\d{1,10}\])?:(?: |$)|^\S{1,255} \S{1,64} \S{1,64} \S{1,64} - `)
	dateNext  = pattern(`^\s*(?:\pL{2,12},? )?\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?:\s|,|$)`)
)

// timePrefix takes the time off that a log shipper or a script wrote before a
// line. A time alone is a line of the text, unless the line above had one too.
func (p *Reader) timePrefix(b []byte, before peeled) ([]byte, bool) {
	if p.line.Time != nil || len(b) < 8 || bytes.IndexByte(b[:min(len(b), 32)], ':') < 0 {
		return b, false
	}
	n := len(p.shape)
	if !before.timed || !sameShape(b, p.shape) {
		if !begins(b) {
			return b, false
		}
		m := shipped().FindIndex(b)
		if m == nil {
			return b, false
		}
		n = m[1]
	}
	stamp, rest := b[:n], b[n:]
	if len(rest) == 0 && !before.timed || dateNext().Match(rest) && !before.timed || !before.timed && bytes.IndexFunc(rest, letterOrDigit) < 0 {
		return b, false
	}
	p.shape = append(p.shape[:0], stamp...)
	if k := container().FindIndex(rest); k != nil {
		rest = rest[k[1]:]
	} else if stamp[0] == '<' || stamp[0] >= 'A' && stamp[0] <= 'Z' {
		if k := syslog().FindIndex(rest); k != nil {
			rest = rest[k[1]:]
		}
	}
	if i := bytes.IndexByte(stamp, '>'); stamp[0] == '<' && i > 0 {
		stamp = bytes.TrimPrefix(stamp[i+1:], []byte("1 "))
	}
	p.line.Time = bytes.Trim(stamp, "[]()|:>- \t")
	p.peeled.timed = true
	return rest, true
}

// sameShape tells whether b begins like the time of the line above, with other digits.
func sameShape(b, shape []byte) bool {
	if len(shape) == 0 || len(b) < len(shape) || shape[len(shape)-1] > ' ' {
		return false
	}
	for i, c := range shape {
		if b[i] != c && (b[i]-'0' > 9 || c-'0' > 9) {
			return false
		}
	}
	return true
}

// begins tells at a glance whether b may begin with a time.
func begins(b []byte) bool {
	c := b[0]
	if c == '[' || c == '(' || c == '<' {
		return b[1] >= '0' && b[1] <= '9' || c == '[' && b[4] == ' '
	}
	if c >= 'A' {
		return b[3] == ' ' && (b[4] == ' ' || b[4] >= '0' && b[4] <= '9')
	}
	for i := 1; i < 5; i++ {
		if b[i] == '-' || b[i] == '/' || b[i] == '.' || b[i] == ':' && i == 2 {
			return true
		}
	}
	return false
}

func letterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r >= 0x80
}

// blanks makes the blanks of typography and of web pages plain ones, and leaves out
// the characters that are none.
func (p *Reader) blanks(b []byte) []byte {
	if !typographic(b) {
		return b
	}
	out := p.buffer[:0]
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == 0x2502 || r == 0x2503 || r == 0x2551:
			out = append(out, '|') // of a table drawn with lines
		case r == 0x2500 || r == 0x2501 || r == 0x2550:
			out = append(out, '-')
		case r > 0x2501 && r <= 0x257f:
			out = append(out, '+')
		case (r == 0xa0 || r == 0x202f) && i > 0 && digit(b[i-1]) && threeDigits(b[i+n:]):
			out = append(out, b[i:i+n]...) // of the thousands of a number
		case r == 0xa0, r >= 0x2000 && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000:
			out = append(out, ' ')
		case r >= 0x200b && r <= 0x200f, r == 0xad, r == 0x2060, r == 0xfeff, r >= 0x202a && r <= 0x202e:
		default:
			out = append(out, b[i:i+n]...)
		}
		i += n
	}
	p.buffer = out
	return trim(out)
}

// threeDigits tells that b begins with three digits and no more: of a number's thousands,
// and not of an address.
func threeDigits(b []byte) bool {
	if len(b) < 3 || !digit(b[0]) || !digit(b[1]) || !digit(b[2]) {
		return false
	}
	rest := b[3:]
	if len(rest) > 0 && rest[0] == '.' {
		rest = bytes.TrimLeft(rest[1:], "0123456789")
		return len(rest) == 0 || rest[0] != '.'
	}
	return len(rest) == 0 || !digit(rest[0]) && rest[0] != ':'
}

// typographic tells whether b may have such a blank by its first bytes in UTF-8.
func typographic(b []byte) bool {
	for i, c := range b {
		if c < 0x80 || i+1 == len(b) {
			continue
		}
		switch next := b[i+1]; {
		case c == 0xc2 && (next == 0xa0 || next == 0xad), c == 0xe2 && (next == 0x80 || next == 0x81 || next == 0x94 || next == 0x95), c == 0xe3 && next == 0x80, c == 0xef && next == 0xbb:
			return true
		}
	}
	return false
}
