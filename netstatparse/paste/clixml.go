package paste

import (
	"bytes"
	"html"
	"strconv"
)

// clixml is what is kept of PowerShell's Export-Clixml, whose objects become lists of
// "Name : value" as Format-List writes them, with an empty line behind each. A text in a
// list of its own, as of `netstat -ano | Export-Clixml`, becomes a line.
type clixml struct {
	on    bool
	depth int    // objects that are open
	inner int    // the depth of one that is the value of a property; 0 outside of one
	name  []byte // of that property
	rest  []byte // the beginning of an element whose end is not there yet
}

// maxElement is the longest element that is put together, in bytes.
const maxElement = 64 << 10

// beginsCLIXML tells the line in which the objects begin.
func beginsCLIXML(b []byte) bool {
	return len(b) > 6 && bytes.Contains(b, []byte("<Objs ")) && bytes.Contains(b, []byte("schemas.microsoft.com/powershell"))
}

// clixmlLines divides a piece of the present line.
func (p *Reader) clixmlLines(b []byte) {
	c := &p.clixml
	b = append(c.rest, b...)
	c.rest = nil
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			break
		}
		b = b[i:]
		n := p.element(b)
		if n == 0 { // it goes on in the next piece, or in the next line
			if len(b) <= maxElement {
				c.rest = append(c.rest, b...)
			}
			break
		}
		b = b[n:]
	}
}

// element reads the tag that b begins with, and of a value the text and the end tag. It
// gives their length, 0 where the end is not there.
func (p *Reader) element(b []byte) int {
	c := &p.clixml
	end := bytes.IndexByte(b, '>')
	if end < 0 {
		return 0
	}
	tag, n := b[1:end], end+1
	empty := bytes.HasSuffix(tag, []byte("/"))
	word, rest := word(bytes.TrimSuffix(tag, []byte("/")))
	name := attribute(rest)
	switch string(word) {
	case "Objs":
		return n
	case "/Objs":
		c.on, p.terminated = false, true
		return n
	case "Obj":
		if !empty {
			if c.depth++; c.inner == 0 && name != nil {
				c.inner, c.name = c.depth, append(c.name[:0], name...)
			}
		}
		return n
	case "/Obj":
		p.endObj()
		return n
	}
	if empty || len(word) == 0 || word[0] == '/' || word[0] == '?' || word[0] == '!' {
		return n
	}
	return n + p.value(b[n:], word, name)
}

// endObj ends an object. A value ends with it, and any other object with an empty line.
func (p *Reader) endObj() {
	c := &p.clixml
	switch {
	case c.inner == c.depth:
		c.inner = 0
	case c.inner == 0:
		p.push(nil, p.s.Line(), false)
	}
	c.depth = max(c.depth-1, 0)
}

// value reads the text of an element and its end tag. It gives their length, 0 where
// what follows is another element.
func (p *Reader) value(b, tag, name []byte) int {
	c := &p.clixml
	n := bytes.IndexByte(b, '<')
	if n < 0 || n+2+len(tag) > len(b) || b[n+1] != '/' || !bytes.HasPrefix(b[n+2:], tag) {
		return 0
	}
	text := b[:n]
	switch {
	case c.inner > 0 && c.depth == c.inner && string(tag) == "ToString":
		name = c.name
	case c.inner > 0, name == nil && (string(tag) != "S" || c.depth > 1):
		return n
	}
	line := make([]byte, 0, len(name)+len(text)+3)
	if name != nil {
		line = append(append(line, name...), " : "...)
	}
	p.push(append(line, plainCLIXML(text)...), p.s.Line(), false)
	return n
}

// attribute is the value of N="...", nil without it.
func attribute(b []byte) []byte {
	i := bytes.Index(b, []byte(`N="`))
	if i < 0 {
		return nil
	}
	b = b[i+3:]
	n := bytes.IndexByte(b, '"')
	return b[:max(n, 0)]
}

// plainCLIXML takes the entities and the "_x000D_" of a text back.
func plainCLIXML(b []byte) []byte {
	if bytes.IndexByte(b, '&') >= 0 {
		b = []byte(html.UnescapeString(string(b)))
	}
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("_x"))
		if i += from; i < from || i+7 > len(b) {
			return b
		}
		from = i + 2
		if u, err := strconv.ParseUint(string(b[i+2:i+6]), 16, 16); err == nil && b[i+6] == '_' {
			if u < ' ' {
				u = ' '
			}
			b = append(append(bytes.Clone(b[:i]), string(rune(u))...), b[i+7:]...)
			from = i
		}
	}
}
