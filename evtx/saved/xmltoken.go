package saved

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// xmlTokens walks over the tags and texts of a piece of XML. It is far faster than
// encoding/xml and takes what that refuses: an event is data of a customer, and its
// good parts count. Comments, declarations and instructions are passed over.
type xmlTokens struct {
	b     []byte
	kind  xmlKind
	name  []byte // of a tag
	attrs []byte // of an opening tag, as written
	text  []byte // between tags, as written
	plain bool   // text is CDATA: it has no entities
}

type xmlKind uint8

const (
	xmlText xmlKind = iota
	xmlOpen
	xmlEmpty // opens and closes
	xmlClose
)

// next goes to the next token; it is false at the end and where the XML breaks off.
func (t *xmlTokens) next() bool {
	for len(t.b) > 0 {
		if t.b[0] != '<' {
			i := bytes.IndexByte(t.b, '<')
			if i < 0 {
				return false
			}
			t.kind, t.text, t.plain, t.b = xmlText, t.b[:i], false, t.b[i:]
			return true
		}
		switch {
		case bytes.HasPrefix(t.b, []byte("<![CDATA[")):
			i := bytes.Index(t.b, []byte("]]>"))
			if i < 0 {
				return false
			}
			t.kind, t.text, t.plain, t.b = xmlText, t.b[len("<![CDATA["):i], true, t.b[i+3:]
			return true
		case bytes.HasPrefix(t.b, []byte("<!--")):
			if !t.pass("-->") {
				return false
			}
		case bytes.HasPrefix(t.b, []byte("<?")):
			if !t.pass("?>") {
				return false
			}
		case bytes.HasPrefix(t.b, []byte("<!")):
			if !t.pass(">") {
				return false
			}
		default:
			return t.tag()
		}
	}
	return false
}

func (t *xmlTokens) pass(end string) bool {
	i := bytes.Index(t.b, []byte(end))
	if i < 0 {
		return false
	}
	t.b = t.b[i+len(end):]
	return true
}

// tag reads a tag. A ">" in a quoted attribute does not end it.
func (t *xmlTokens) tag() bool {
	end, quote := -1, byte(0)
	for i, c := range t.b {
		if quote != 0 {
			if c == quote {
				quote = 0
			}
		} else if c == '"' || c == '\'' {
			quote = c
		} else if c == '>' {
			end = i
			break
		}
	}
	if end < 0 {
		return false
	}
	inside := t.b[1:end]
	t.b = t.b[end+1:]
	t.kind = xmlOpen
	if len(inside) > 0 && inside[0] == '/' {
		t.kind, inside = xmlClose, inside[1:]
	} else if len(inside) > 0 && inside[len(inside)-1] == '/' {
		t.kind, inside = xmlEmpty, inside[:len(inside)-1]
	}
	i := bytes.IndexAny(inside, " \t\r\n")
	if i < 0 {
		i = len(inside)
	}
	t.name, t.attrs = inside[:i], inside[i:]
	return true
}

// attr is the value of an attribute of the tag.
func (t *xmlTokens) attr(name string) string {
	rest := t.attrs
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		i := bytes.IndexByte(rest, '=')
		if i < 0 {
			return ""
		}
		key := bytes.TrimRight(rest[:i], " \t\r\n")
		rest = bytes.TrimLeft(rest[i+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return ""
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return ""
		}
		if string(key) == name {
			return string(unescape(nil, rest[1:1+end]))
		}
		rest = rest[end+2:]
	}
}

// unescape appends text with its entities replaced. One that is unknown stays.
func unescape(out, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(out, text...)
		}
		out = append(out, text[:i]...)
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			out, text = append(out, '&'), text[1:]
			continue
		}
		c, ok := entity(string(text[1:end]))
		if !ok {
			out, text = append(out, '&'), text[1:]
			continue
		}
		out, text = utf8.AppendRune(out, c), text[end+1:]
	}
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}
