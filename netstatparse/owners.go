package netstatparse

import (
	"bytes"
	"fmt"
	"strings"

	"portverdict/netstatparse/paste"
)

// executable tells at a glance the line of -b that nearly all are: "[name.exe]".
func executable(line []byte) bool {
	return len(line) > 7 && line[len(line)-1] == ']' && (line[0] == '[' || line[0] == ' ' && (line[1] == '[' || line[1] == ' ' && line[2] == '[')) &&
		line[len(line)-5] == '.'
}

// service tells at a glance an indented line of one word that a service may be named
// with, and no mark of an elision.
func service(line []byte) bool {
	if line[0] != ' ' {
		return false
	}
	word := bytes.TrimLeft(line, " ")
	for _, c := range word {
		if c|0x20 < 'a' && (c < '0' || c > '9') && c != '_' || c|0x20 > 'z' && c != '_' {
			return false
		}
	}
	return len(word) > 2 && !paste.Elision(word)
}

// takeOwner reads a line that -b writes below a row. It leaves a line that may be
// something else: one of several words, which also says in the machine's
// language that the owner is not known.
func (r *Reader) takeOwner(t *table, line []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	trimmed := bytes.TrimLeft(line, " \t")
	bracketed := trimmed[0] == '[' && trimmed[len(trimmed)-1] == ']' && programName(trimmed[1:len(trimmed)-1])
	path := bytes.Contains(trimmed, []byte(`:\`))
	if !bracketed && !path && !serviceName(trimmed) {
		return false, true
	}
	if len(trimmed) > 260 || t.lost || t.current == nil || len(t.current.Entries) == 0 { // MAX_PATH
		return true, true
	}
	t.broken = t.broken[:0]
	last := &t.current.Entries[len(t.current.Entries)-1]
	switch {
	case bracketed:
		last.Owner, t.current.HasOwner = r.kept.name(trimmed[1:len(trimmed)-1]), true
	case len(last.Components) < maxComponents:
		last.Components = append(last.Components, r.kept.name(trimmed))
	case !r.crowded:
		r.crowded = true
		return true, r.tell(yield, &FormatError{Code: "netstat-components", Line: r.lines.Line(), Text: fmt.Sprintf("more than %d components below one row: the rest was left out", maxComponents)})
	}
	return true, true
}

// programName tells what stands in the brackets of -b from words of a person, who puts
// what was left out there as well: a file has no blank or an extension.
func programName(b []byte) bool {
	return bytes.IndexByte(b, ' ') < 0 || bytes.IndexByte(b, '.') > 0
}

// serviceName tells a word that can be the name of a service: one word of ASCII
// with a letter in it.
func serviceName(b []byte) bool {
	letter := false
	for _, c := range b {
		if c <= ' ' || c >= 0x80 || strings.IndexByte(`:;<>[]{}"|*?`, c) >= 0 {
			return false
		}
		letter = letter || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return letter
}

// rejoin takes a line that is the rest of the row above: a console window or a mail
// broke it. Together they must be a row with what the first lacked.
func (r *Reader) rejoin(t *table, rest []byte) bool {
	s := t.current
	if s == nil || t.lost || len(s.Entries) == 0 {
		return false
	}
	if len(t.broken) == 0 {
		return rejoinPID(&s.Entries[len(s.Entries)-1], rest, r.lines.Line())
	}
	first, rest := t.broken, bytes.TrimLeft(rest, " \t")
	t.broken = t.broken[:0]
	last := &s.Entries[len(s.Entries)-1]
	for _, glue := range []string{"", " "} {
		t.joined = append(append(append(t.joined[:0], first...), glue...), rest...)
		ok, err := r.row.parse(t.joined, &r.kept)
		if !ok || err != nil || r.row.PID < 0 && (last.StateText != "" || last.Proto == "udp") {
			continue
		}
		state, text := r.state(r.row.word)
		if r.row.Proto == "tcp" && state == StateUnknown || r.row.Proto != last.Proto || r.row.Local != last.Local {
			continue
		}
		if t.stateless == last.Line {
			t.stateless = 0
		}
		r.row.Line, r.row.State, r.row.StateText = last.Line, state, text
		*last = r.row.Entry
		s.HasPID, s.HasBound = s.HasPID || r.row.PID >= 0, s.HasBound || state == Bound
		return true
	}
	return false
}

// rejoinPID takes the last digits of a PID that a console window broke. Windows counts
// processes in fours, so a number that some tool printed below a table is rarely taken.
func rejoinPID(e *Entry, rest []byte, line int) bool {
	pid := e.PID
	if rest = bytes.TrimRight(rest, " \t"); pid <= 0 || e.Line != line-1 || len(rest) == 0 || len(rest) > 5 {
		return false
	}
	for _, c := range rest {
		if c < '0' || c > '9' {
			return false
		}
		pid = pid*10 + int(c-'0')
		if pid >= maxBrokenPID {
			return false
		}
	}
	if pid%4 != 0 {
		return false
	}
	e.PID = pid
	return true
}

// half tells a line that begins like a row and ends before it is one.
func half(line []byte) bool {
	i := skipBlanks(line, 0)
	if len(line)-i < 5 || line[i]|0x20 != 't' && line[i]|0x20 != 'u' {
		return false
	}
	proto, rest := nextField(line)
	if len(proto) < 3 || len(proto) > 5 || !equalFold(proto[:3], "tcp") && !equalFold(proto[:3], "udp") {
		return false
	}
	local, _ := nextField(rest)
	if len(local) == 0 {
		return false
	}
	c := local[0]
	return c >= '0' && c <= '9' || c == '[' || c == '*' || bytes.IndexByte(local, ':') > 0
}

// joinHalf takes a line that makes a row of the half above it.
func (r *Reader) joinHalf(t *table, rest []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	if len(t.half) == 0 {
		return false, true
	}
	first, line, rest := t.half, t.halfAt, bytes.TrimLeft(rest, " \t")
	t.half = t.half[:0]
	for _, glue := range []string{"", " "} {
		t.joined = append(append(append(t.joined[:0], first...), glue...), rest...)
		ok, err := r.row.parse(t.joined, &r.kept)
		if !ok || err != nil {
			continue
		}
		if state, _ := r.state(r.row.word); r.row.Proto == "tcp" && state == StateUnknown {
			continue
		}
		return true, r.takeRow(t, &r.row, t.joined, line, yield)
	}
	t.notARow(line, string(first))
	return false, true
}

// notARow counts a line that begins like a row and cannot be read as one.
func (t *table) notARow(line int, text string) {
	if t.current != nil && !t.header {
		t.current.cut(line, CutRow, text)
		return
	}
	t.elided = Cut{line, CutRow, text}
}
