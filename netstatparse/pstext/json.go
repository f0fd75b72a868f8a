package pstext

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON finds the objects in JSON that is written to it piece by piece: one object, an
// array, an array held by an object, or one object after the other. An object that is
// the value of a property gives its own properties to it, with a dot between the names
// ("Laddr.Port"); one in an array is an object of its own. Each value of an array that
// is no object is a property with the array's name.
type JSON struct {
	emit   func(*Object)
	levels []level
	rooms  []Object // of the objects that are open, by depth
	names  map[string]string
	want   want
	text   []byte // of the string or word being read
	cut    bool   // text had more
	key    bool   // the string is a name
	escape uint8  // what of an escape is still to come
	code   rune   // of an escape with four hex digits
	high   rune   // the first of a pair
	line   int
}

// level is an array or an object that is open.
type level struct {
	array  bool
	room   int    // the object that takes its properties, -1 for none
	name   string // of the property being read, with those around it
	prefix string
	opens  bool // it is an object of its own
}

// want is what may come next.
type want uint8

const (
	wantValue want = iota
	wantFirst      // a value or the end of the array
	wantName
	wantFirstName // a name or the end of the object
	wantColon
	wantComma // or the end
	inString
	inWord
)

const (
	noEscape uint8 = iota
	hex1
	hex2
	hex3
	hex4
	escaped
)

// NewJSON gives each object to emit when it ends; it is emit's until that returns.
func NewJSON(emit func(*Object)) *JSON {
	return &JSON{emit: emit, names: map[string]string{}}
}

// OpensJSON tells a line that may be the beginning of objects in JSON.
func OpensJSON(text string) bool {
	text = strings.TrimLeft(text, " \t")
	if text == "" || text[0] != '[' && text[0] != '{' {
		return false
	}
	rest := strings.TrimLeft(text[1:], " \t")
	switch {
	case rest == "":
		return true
	case text[0] == '{':
		return rest[0] == '"' || rest[0] == '}'
	}
	return rest[0] == '{' || rest[0] == '['
}

// Complete tells that every object and array that was opened has ended.
func (j *JSON) Complete() bool { return len(j.levels) == 0 && j.want != inString && j.want != inWord }

// Write reads on. line is the 1-based line of b, which holds no line feed but its last
// byte; false says that b is no JSON, and nothing can be written after that.
func (j *JSON) Write(b []byte, line int) bool {
	j.line = line
	for i := 0; i < len(b); {
		if j.want == inString {
			n, ok := j.inString(b[i:])
			if !ok {
				return false
			}
			i += n
			continue
		}
		c := b[i]
		if j.want == inWord {
			if !delimiter(c) {
				j.keep(b[i : i+1])
				i++
				continue
			}
			if !j.endWord() {
				return false
			}
		}
		i++
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			continue
		}
		if !j.take(c) {
			return false
		}
	}
	return true
}

func delimiter(c byte) bool {
	return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ':' || c == '"' || c == '{' || c == '['
}

// take reads a character outside of strings and words.
func (j *JSON) take(c byte) bool {
	switch j.want {
	case wantValue, wantFirst:
		return j.value(c)
	case wantName, wantFirstName:
		if c == '}' && j.want == wantFirstName {
			return j.closeObject()
		}
		j.key, j.text, j.cut, j.want = true, j.text[:0], false, inString
		return c == '"'
	case wantColon:
		j.want = wantValue
		return c == ':'
	}
	// A comma or the end; behind the last value of all, another one.
	if len(j.levels) == 0 {
		return (c == '{' || c == '[') && j.value(c)
	}
	top := &j.levels[len(j.levels)-1]
	switch {
	case c == ',' && top.array:
		j.want = wantValue
	case c == ',':
		j.want = wantName
	case c == ']' && top.array:
		j.close()
	case c == '}' && !top.array:
		return j.closeObject()
	default:
		return false
	}
	return true
}

// value reads the first character of a value, or the end of an empty array.
func (j *JSON) value(c byte) bool {
	switch {
	case c == ']' && j.want == wantFirst:
		j.close()
	case c == '{' || c == '[':
		return j.open(c == '[')
	case len(j.levels) == 0:
		return false
	case c == '"':
		j.key, j.text, j.cut, j.want = false, j.text[:0], false, inString
	case c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n':
		j.text, j.cut, j.want = append(j.text[:0], c), false, inWord
	default:
		return false
	}
	return true
}

func (j *JSON) open(array bool) bool {
	if len(j.levels) >= maxDepth {
		return false
	}
	l := level{array: array, room: -1}
	inArray := true
	if n := len(j.levels); n > 0 {
		above := &j.levels[n-1]
		l.room, l.name, inArray = above.room, above.name, above.array
		if !array && above.name != "" {
			l.prefix = above.name + "."
		}
	}
	j.want = wantFirst
	if !array {
		if j.want = wantFirstName; inArray {
			l.prefix, l.opens, l.room = "", true, j.newRoom()
		}
	}
	j.levels = append(j.levels, l)
	return true
}

// newRoom is the place of a further object.
func (j *JSON) newRoom() int {
	n := 0
	for _, l := range j.levels {
		if l.opens {
			n++
		}
	}
	if n == len(j.rooms) {
		j.rooms = append(j.rooms, Object{})
	}
	j.rooms[n] = Object{Form: JSONForm, Line: j.line, Properties: j.rooms[n].Properties[:0]}
	return n
}

func (j *JSON) close() {
	j.levels = j.levels[:len(j.levels)-1]
	j.want = wantComma
}

func (j *JSON) closeObject() bool {
	l := j.levels[len(j.levels)-1]
	j.close()
	if l.opens {
		j.emit(&j.rooms[l.room])
	}
	return true
}

// inString reads on in a string and gives the number of bytes that were read.
func (j *JSON) inString(b []byte) (n int, ok bool) {
	for n < len(b) {
		c := b[n]
		switch {
		case j.escape != noEscape:
			n++
			if !j.inEscape(c) {
				return n, false
			}
		case c == '"':
			return n + 1, j.endString()
		case c == '\\':
			n++
			j.escape = escaped
		case c == '\n':
			return n, false
		default:
			from := n
			for n < len(b) && b[n] != '"' && b[n] != '\\' && b[n] != '\n' {
				n++
			}
			j.keep(b[from:n])
		}
	}
	return n, true
}

// inEscape reads what follows a backslash.
func (j *JSON) inEscape(c byte) bool {
	if j.escape == escaped {
		if c == 'u' {
			j.escape, j.code = hex1, 0
			return true
		}
		j.escape = noEscape
		const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		i := strings.IndexByte(from, c)
		if i < 0 {
			return false
		}
		j.keep([]byte{to[i]})
		return true
	}
	digit := strings.IndexByte("0123456789abcdef", c|0x20)
	if c < '0' || digit < 0 {
		return false
	}
	j.code = j.code<<4 | rune(digit)
	if j.escape++; j.escape <= hex4 {
		return true
	}
	j.escape = noEscape
	switch {
	case utf16.IsSurrogate(j.code) && j.high == 0:
		j.high = j.code
		return true
	case j.high != 0:
		j.code = utf16.DecodeRune(j.high, j.code)
	}
	j.high = 0
	j.keep(utf8.AppendRune(nil, j.code))
	return true
}

func (j *JSON) keep(b []byte) {
	if room := maxValue - len(j.text); len(b) > room {
		b, j.cut = b[:room], true
	}
	j.text = append(j.text, b...)
}

func (j *JSON) endString() bool {
	j.high = 0
	top := &j.levels[len(j.levels)-1]
	if j.key {
		top.name, j.want = j.nameOf(top.prefix), wantColon
		return true
	}
	j.set(string(j.text))
	return true
}

// nameOf is the name in text behind those of the objects around it.
func (j *JSON) nameOf(prefix string) string {
	if prefix != "" {
		return prefix[:min(len(prefix), maxValue)] + string(j.text)
	}
	if s, ok := j.names[string(j.text)]; ok {
		return s
	}
	if len(j.names) >= maxNames {
		clear(j.names)
	}
	s := string(j.text)
	j.names[s] = s
	return s
}

// endWord ends a number, true, false or null.
func (j *JSON) endWord() bool {
	word := string(j.text)
	switch {
	case word == "null":
		word = ""
	case word == "true", word == "false":
	case strings.Trim(word, "0123456789+-.eE") != "":
		return false
	}
	j.set(word)
	return true
}

// set gives the property being read its value.
func (j *JSON) set(value string) {
	j.want = wantComma
	top := &j.levels[len(j.levels)-1]
	if top.room < 0 {
		return
	}
	o := &j.rooms[top.room]
	o.Cut = o.Cut || j.cut
	o.add(top.name, strings.ToValidUTF8(value, "\ufffd"), j.line)
}
