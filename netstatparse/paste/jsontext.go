package paste

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonText is what is kept of a line of JSON between two pieces.
type jsonText struct {
	depth int
	list  int // the depth of the array whose strings are lines; 0 none
	colon bool
	lines bool // the value to come is text
	in    jsonString
	name  []byte // of the property
	room  []byte // the line being made
	esc   int8   // 1 behind a backslash, 2 to 5 in the digits of \u
	unit  rune
	high  rune // the first half of a pair
	wrote bool // the string gave a line
	given bool // the line of the file gave a line
	// headAt is the line before whose JSON something stood.
	headAt int
	at     []byte // the time of the object
}

// jsonString is the string that is being read.
type jsonString uint8

const (
	noString jsonString = iota
	nameString
	textString
	otherString
)

// shownBy are the properties in which tools keep the output of a command, or the
// command.
var shownBy = map[string]bool{
	"stdout": true, "stdout_lines": true, "output": true, "out": true, "msg": true, "message": true, "log": true, "logs": true, "body": true,
	"text": true, "content": true, "lines": true, "result": true, "cmd": true, "command": true, "_raw": true, "raw": true, "line": true, "event": true,
	"standardoutputcontent": true, "stdoutcontent": true, "textpayload": true, "original": true, "description": true, "comment": true, "MESSAGE": true,
	"StandardOutputContent": true, "textPayload": true, "Output": true, "StdOut": true,
}

// shownAt is the time of a record of a log in JSON.
var shownAt = pattern(`"(?:@timestamp|timestamp|time|ts|_time)"\s*:\s*"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^"]{0,16})"`)

// isShown tells whether a property keeps the output of a command; a name may be that of
// a variable with the property behind a dot, as Ansible's debug writes it.
func isShown(name []byte) bool {
	if len(name) > 64 {
		return false
	}
	return shownBy[string(name)] || shownBy[string(name[bytes.LastIndexByte(name, '.')+1:])]
}

// hasJSON tells whether a line is JSON with texts in it: one string, a property
// that keeps the output of a command, or a list of strings.
func (p *Reader) hasJSON(b []byte) bool {
	t := bytes.TrimLeft(b, " \t")
	if len(t) < 2 {
		p.endSkip(t)
		return false
	}
	switch t[0] {
	case '"':
		return oneString(t, p.s.Cut()) || shown(t)
	case '{':
		return shown(t)
	case '[':
		if t[1] == '"' || t[1] == '{' && shown(t) {
			return true
		}
	}
	if i := bytes.Index(t, []byte(`{"`)); i > 0 && (bytes.Contains(t[max(i-4, 0):i], []byte("=>")) || t[i-1] == '\t') && shown(t[i:]) {
		return true // behind the name of a machine, a time or a tag
	}
	p.endSkip(t)
	return false
}

// shown tells whether a line has a property that keeps the output of a command, and a
// string or a list in it.
func shown(t []byte) bool {
	for from := 0; from < len(t); {
		i := bytes.IndexByte(t[from:], ':')
		if i < 1 {
			return false
		}
		i += from
		from = i + 1
		end := i
		for end > 0 && t[end-1] == ' ' {
			end--
		}
		if end < 2 || t[end-1] != '"' {
			continue
		}
		start := bytes.LastIndexByte(t[:end-1], '"') + 1
		rest := t[i+1:]
		k := skipBlanks(rest, 0)
		if k < len(rest) && (rest[k] == '"' || rest[k] == '[') && isShown(t[start:end-1]) {
			return true
		}
	}
	return false
}

func (p *Reader) endSkip(t []byte) {
	if len(t) > 0 && (t[0] == ']' || t[0] == '}') {
		p.skip, p.stdout = false, p.stdout && t[0] == ']'
	}
}

// oneString tells whether t is one string with perhaps a comma behind it.
func oneString(t []byte, cut bool) bool {
	for i := 1; i < len(t); i++ {
		switch t[i] {
		case '\\':
			i++
		case '"':
			rest := bytes.TrimRight(t[i+1:], " \t")
			return len(rest) == 0 || len(rest) == 1 && rest[0] == ','
		}
	}
	return cut
}

// jsonLines divides a piece of a line of JSON.
func (p *Reader) jsonLines(b []byte, last bool) {
	j := &p.json
	if j.depth == 0 && j.in == noString && !j.given {
		if t := bytes.TrimLeft(b, " \t"); len(t) > 0 && t[0] == '"' && oneString(t, p.s.Cut()) {
			j.depth, j.list = 1, 1 // an element of a list that began above
		}
		if i := bytes.Index(b, []byte(`{"`)); i > 0 && p.s.Line() != j.headAt && !bytes.ContainsAny(b[:1], " \t\"{[") {
			j.headAt = p.s.Line()
			p.push(b[:i], j.headAt, false) // what stands before the JSON
			b = b[i:]
		}
	}
	for i := 0; i < len(b); i++ {
		if j.in == noString {
			p.jsonMark(b[i])
			continue
		}
		if j.in == otherString || j.in == textString && j.esc == 0 {
			n := bytes.IndexAny(b[i:], `"\`)
			if n < 0 {
				n = len(b) - i
			}
			if j.in == textString {
				j.add(b[i : i+n])
			}
			if i += n; i == len(b) {
				break
			}
		}
		p.jsonByte(b[i])
	}
	if last && !j.given {
		p.push(nil, p.s.Line(), false)
	}
}

// jsonMark reads a byte outside of strings.
func (p *Reader) jsonMark(c byte) {
	j := &p.json
	switch c {
	case '"':
		j.in, j.wrote = nameString, false
		switch {
		case j.colon && j.lines, !j.colon && j.list > 0 && j.depth == j.list:
			j.in = textString
			if p.skip && j.depth == j.list {
				j.in = otherString
			}
		case j.colon:
			j.in = otherString
		default:
			j.name = j.name[:0]
		}
	case ':':
		j.colon, j.lines = true, isShown(j.name)
	case ',':
		j.colon = false
	case '[':
		j.depth++
		if j.colon && j.lines || j.depth == 1 {
			j.list = j.depth
			p.skip = p.stdout && string(j.name) == "stdout_lines"
		}
		j.colon = false
	case '{':
		j.depth++
		j.colon = false
	case ']', '}':
		if j.list == j.depth {
			j.list, p.skip = 0, false
		}
		if j.depth--; c == '}' {
			p.stdout = false
		}
		j.colon = false
	}
}

// jsonByte reads a byte of a string.
func (p *Reader) jsonByte(c byte) {
	j := &p.json
	digit, hex := hexDigit(c)
	if j.esc > 1 && !hex {
		j.esc = 0 // no escape after all
		if c != '"' && c != '\\' && j.in == textString {
			j.add([]byte{c})
			return
		}
	}
	switch {
	case j.esc == 1:
		j.esc = 0
		if c == 'u' {
			j.esc, j.unit = 2, 0
		} else if j.in == textString {
			p.escaped(c)
		}
	case j.esc > 1:
		j.unit = j.unit<<4 | rune(digit)
		if j.esc++; j.esc > 5 {
			j.esc = 0
			p.escapedUnit()
		}
	case c == '\\':
		j.esc = 1
	case c == '"':
		p.stringEnd()
	case j.in == nameString && len(j.name) < 32:
		j.name = append(j.name, c)
	}
}

func hexDigit(c byte) (digit byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// escaped is a character behind a backslash.
func (p *Reader) escaped(c byte) {
	switch c {
	case 'n':
		p.jsonLine()
	case 'r', 'b', 'f':
	case 't':
		p.json.add([]byte{'\t'})
	default:
		p.json.add([]byte{c}) // what follows of a longer character is added as it is
	}
}

func (p *Reader) escapedUnit() {
	j := &p.json
	r := j.unit
	switch {
	case j.in != textString || r == 0:
		return
	case r == '\n':
		p.jsonLine()
		return
	case r == '\r':
		return
	case r >= 0xd800 && r < 0xdc00:
		j.high = r
		return
	case utf16.IsSurrogate(r):
		r = utf16.DecodeRune(j.high, r)
	}
	j.add(utf8.AppendRune(nil, r))
}

func (j *jsonText) add(b []byte) { j.room = appendMost(j.room, b) }

// appendMost appends b up to twice the longest line, and no part of a character.
func appendMost(line, b []byte) []byte {
	n := max(0, 2*MaxLine-len(line))
	if n >= len(b) {
		return append(line, b...)
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return append(line, b[:n]...)
}

func (p *Reader) jsonLine() {
	j := &p.json
	p.push(j.room, p.s.Line(), false)
	j.room, j.wrote, j.given = j.room[:0], true, true
}

func (p *Reader) stringEnd() {
	j := &p.json
	if j.in == textString {
		// An element of a list is a line, an empty one too.
		if element := !j.colon; element || len(bytes.TrimSpace(j.room)) > 0 {
			p.jsonLine()
		}
		if j.colon && (j.wrote || len(j.room) > 0) && string(j.name) == "stdout" {
			p.stdout = true
		}
		j.room, j.lines = j.room[:0], j.lines && !j.colon
	}
	j.in, j.colon = noString, j.colon && j.in == nameString
}
