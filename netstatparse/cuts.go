package netstatparse

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"portverdict/netstatparse/paste"
)

// CutKind is a way a table was left without some of its rows.
type CutKind uint8

// The kinds. Filtered is set with CutFilter and CutHeadless, Truncated with CutShort.
const (
	CutElision  CutKind = iota // a line says that rows were left out
	CutFilter                  // the echoed command passes on some of the rows
	CutHeadless                // the rows begin without a header
	CutProse                   // a line between the rows, or in place of the header, is none of the table
	CutRow                     // a row is not whole, or lacks what the others have
	CutShort                   // the table ends within a row, or has more rows than are read
)

var cutKinds = [...]string{"elision", "filter", "headless", "prose", "row", "short"}

// String is the kind in one word.
func (k CutKind) String() string {
	if int(k) < len(cutKinds) {
		return cutKinds[k]
	}
	return "unknown"
}

// Cut is one reason why a table may not have all rows.
type Cut struct {
	Line int // 1-based
	Kind CutKind
	Text string // as written: the line, or the part of the command
}

// Complete tells whether the table shows everything that a table can show: it was
// taken with -q or has a BOUND row, it has UDP rows, and nothing of it was cut,
// filtered or could not be read. Whether ports are free can be told from such a
// table alone.
func (s *Snapshot) Complete() bool {
	return (s.HasQ || s.HasBound) && s.HasUDP && s.Failed == "" && len(s.Cuts) == 0 && !s.Filtered && !s.Truncated && s.Unread == 0
}

func (s *Snapshot) cut(line int, kind CutKind, text string) {
	s.Filtered = s.Filtered || kind == CutFilter || kind == CutHeadless
	s.Truncated = s.Truncated || kind == CutShort
	if len(s.Cuts) < maxCuts {
		s.Cuts = append(s.Cuts, Cut{line, kind, cut(strings.TrimSpace(text))})
	}
}

// elide takes a line that says that rows were left out: of the table above, or of
// the one whose header stands above it.
func (t *table) elide(line int, text string) {
	t.open = false
	switch s := t.current; {
	case s == nil || t.header:
		t.elided = Cut{line, CutElision, text}
	case line-t.lastLine() <= elisionReach:
		s.cut(line, CutElision, text)
	}
}

// lastLine is the line of the last row.
func (t *table) lastLine() int {
	if n := len(t.current.Entries); n > 0 {
		return t.current.Entries[n-1].Line
	}
	return t.current.Line
}

// oddLine is a line within a table that is neither a row nor known to belong to one.
type oddLine struct {
	line  int
	below bool // right below a row, where -b says that an owner is not known
	text  string
}

// fenced takes a line that ends or begins a block of a ticket. Rows that go on below it
// were pasted in parts.
func (t *table) fenced(line int) {
	if t.current != nil && !t.header && t.odd.line == 0 {
		t.odd = oddLine{line, false, "the rows go on in another block"}
	}
}

// settleOdd is called when a row follows an odd line: it is in the middle of the
// table. What -b says in the machine's language stands below many rows.
func (t *table) settleOdd() {
	o := t.odd
	t.odd = oddLine{}
	if !o.below || len(t.messages) >= maxWords {
		t.current.cut(o.line, CutProse, o.text)
		return
	}
	for i := range t.messages {
		if m := &t.messages[i]; m.text == o.text {
			m.count++
			return
		}
	}
	t.messages = append(t.messages, message{o.text, o.line, 1})
}

// filterWord is the name of a program that passes on some rows and that no sentence has.
var filterWord = regexp.MustCompile(`(?i)\b(?:findstr|e?grep|select-string|sls|where-object)\b`)

// excerpted marks the table that begins at a line if one of the lines of text above it
// says that it is a part.
func (t *table) excerpted(line int) {
	for i := range min(t.told, len(t.prose)) {
		p := &t.prose[i]
		if line-p.line > headReach {
			continue
		}
		if paste.Excerpt(p.text) {
			t.current.cut(p.line, CutProse, p.text)
		}
		if filterWord.MatchString(p.text) && tableMaker().MatchString(p.text) { // its pipe may be gone with a wrapper
			t.current.cut(p.line, CutFilter, p.text)
			continue
		}
		if strings.IndexByte(p.text, '|') > 0 && len(p.text) <= maxCommand && tableMaker().MatchString(p.text) {
			for _, f := range readCommand(p.text, p.line).filters { // named in a sentence, or in a wrapper that is not known
				if name := program(strings.Fields(f)[0]); filtering[name] || strings.HasPrefix(name, "select") {
					t.current.cut(p.line, CutFilter, f)
				}
			}
		}
	}
	t.told = 0
}

// endOdd is called at the end of a table: words right below its last row may say, in any
// language, that it goes on. What a program or a person writes there as well is left alone.
func (t *table) endOdd() {
	text := strings.TrimSpace(t.odd.text)
	if !t.odd.below || isOwnership(text) || strings.Contains(text, " exited on ") || strings.HasSuffix(text, ":") || strings.IndexByte("\"}]{", text[0]) >= 0 || text[0] == '<' && strings.ContainsAny(text, "/=?!") ||
		!strings.ContainsFunc(text, unicode.IsLetter) || slices.ContainsFunc(t.messages, func(m message) bool { return m.text == t.odd.text }) {
		return
	}
	t.current.cut(t.odd.line, CutProse, text)
}

// message is a line seen right below rows.
type message struct {
	text  string
	line  int
	count int
}

// ownership are words of the lines that -b writes where it could not tell an owner.
var ownership = []string{
	"ownership information", "Windows Sockets initialization failed", "unknown component", "de propiedad", "propri", "Besitz", "所有权信息", "擁有權資訊",
	"所有権", "владел", "소유권",
}

func isOwnership(text string) bool {
	return slices.ContainsFunc(ownership, func(w string) bool { return strings.Contains(text, w) })
}

// finish tells of a finished table what its rows as a whole show.
func (t *table) finish(s *Snapshot) {
	for _, m := range t.messages {
		if !isOwnership(m.text) && (!s.HasOwner || m.count < 2) {
			s.cut(m.line, CutProse, m.text)
		}
	}
	t.messages = t.messages[:0]
	if s.HasPID && s.Tool == ToolNetstat {
		for i := range s.Entries {
			if s.Entries[i].PID < 0 {
				s.cut(s.Entries[i].Line, CutRow, "a row without a PID")
				break
			}
		}
	}
	if t.stateless > 0 {
		s.cut(t.stateless, CutRow, "a row without a state")
	}
	t.stateless = 0
	slices.SortStableFunc(s.Cuts, func(a, b Cut) int { return cmp.Compare(a.Line, b.Line) })
}

// cutShort marks a table whose last line has no end. If that is a row, its PID
// may have lost digits and would name another process.
func (s *Snapshot) cutShort(line int) {
	s.cut(line, CutShort, "the last line has no end")
	if n := len(s.Entries); n > 0 && s.Entries[n-1].Line == line && !s.knownPID(s.Entries[:n-1], s.Entries[n-1].PID) {
		s.Entries[n-1].PID = -1
	}
}

// knownPID tells that a PID which may have lost digits is that of another row, and no
// other row's goes on behind them.
func (s *Snapshot) knownPID(rows []Entry, pid int) bool {
	known := false
	for i := range rows {
		other := rows[i].PID
		known = known || other == pid && pid >= 0
		for other > 9 {
			if other /= 10; other == pid {
				return false
			}
		}
	}
	return known
}

// cutInOwners marks a table that ends with components whose executable is missing.
func (s *Snapshot) cutInOwners() {
	if n := len(s.Entries); n > 0 && s.HasOwner && s.Entries[n-1].Owner == "" && len(s.Entries[n-1].Components) > 0 {
		s.cut(s.Entries[n-1].Line, CutShort, "the executable of the last row is missing")
	}
}
