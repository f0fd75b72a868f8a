package paste

import (
	"bytes"
	"html"
)

// markup is what is kept of HTML between two pieces.
type markup struct {
	text  []byte // of the line that is being made
	rest  []byte // the beginning of a tag whose end is not there yet
	row   bool   // in a row of a table, which ends with its tag and not with the line
	at    int    // the line of the file that the row began in
	cells int
	muted bool // in a style or a script
	given bool // the present line of the file gave a line
}

// tagKind is what a tag does to the lines.
type tagKind uint8

const (
	inlineTag tagKind = iota + 1
	lineTag           // a line ends before it
	rowTag
	cellTag
	headTag // a heading
	mutedTag
)

var tags = map[string]tagKind{
	"a": inlineTag, "b": inlineTag, "i": inlineTag, "u": inlineTag, "em": inlineTag, "strong": inlineTag, "span": inlineTag, "font": inlineTag,
	"tt": inlineTag, "samp": inlineTag, "kbd": inlineTag, "small": inlineTag, "code": inlineTag, "o:p": inlineTag, "wbr": inlineTag, "img": inlineTag,
	"meta": inlineTag, "link": inlineTag, "html": lineTag, "head": lineTag, "body": lineTag, "title": lineTag, "!doctype": lineTag,
	"br": lineTag, "p": lineTag, "div": lineTag, "pre": lineTag, "ul": lineTag, "ol": lineTag, "li": lineTag, "hr": lineTag, "section": lineTag,
	"article": lineTag, "main": lineTag, "center": lineTag, "blockquote": lineTag, "details": lineTag, "summary": lineTag, "h1": headTag, "h2": headTag,
	"h3": headTag, "h4": headTag, "h5": headTag, "h6": headTag, "table": lineTag, "thead": lineTag, "tbody": lineTag, "tr": rowTag, "td": cellTag, "th": cellTag,
	"style": mutedTag, "script": mutedTag,
}

// hasMarkup tells whether a line has tags or entities of HTML. Those of XML are left
// to who reads XML; "<" and "&" alone are text.
func (p *Reader) hasMarkup(b []byte) bool {
	i := bytes.IndexAny(b, "<&")
	if i < 0 {
		return p.markup.muted
	}
	if p.xml = p.xml || bytes.Contains(b, []byte("<Event")); p.xml {
		p.xml = !bytes.Contains(b, []byte("</Event"))
		return false
	}
	for ; i < len(b); i++ {
		j := bytes.IndexAny(b[i:], "<&")
		if j < 0 {
			break
		}
		i += j
		if b[i] == '&' {
			if n := entity(b[i:]); n > 0 && (p.html || certain[string(b[i:i+n])] || b[i+1] == '#') {
				return true
			}
		} else if name, _, ok := tagName(b[i:]); ok && tags[name] != 0 {
			return true
		}
	}
	return p.markup.muted
}

// certain are entities that no other text has.
var certain = map[string]bool{"&nbsp;": true, "&lt;": true, "&gt;": true, "&amp;": true, "&quot;": true, "&apos;": true}

// tagName reads the name of the tag that b begins with, in lower case.
func tagName(b []byte) (name string, end, ok bool) {
	i := 1
	if i < len(b) && b[i] == '/' {
		end = true
		i++
	}
	n := i
	for n < len(b) && n-i < 12 && (alphanumeric(b[n]) || b[n] == '!' || b[n] == ':') {
		n++
	}
	if n == i || n < len(b) && b[n] != '>' && b[n] != ' ' && b[n] != '/' && b[n] != '\t' {
		return "", end, false
	}
	return string(bytes.ToLower(b[i:n])), end, true
}

// maxTag is the longest tag that is looked for, in bytes.
const maxTag = 1 << 10

// maxEntity is the longest entity that is looked for, in bytes.
const maxEntity = 12

// entity is the length of the entity b begins with, 0 for none.
func entity(b []byte) int {
	i := bytes.IndexByte(b[:min(len(b), maxEntity)], ';')
	if i < 2 {
		return 0
	}
	if b[1] == '#' {
		return i + 1
	}
	for _, c := range b[1:i] {
		if !alphanumeric(c) {
			return 0
		}
	}
	return i + 1
}

// markupLines divides a piece of a line of HTML.
func (p *Reader) markupLines(b []byte, last bool) {
	m := &p.markup
	if len(m.rest) > 0 {
		b = append(m.rest, b...)
		m.rest = nil
	}
	for i := 0; i < len(b); {
		j := bytes.IndexAny(b[i:], "<&")
		if j < 0 {
			m.add(b[i:])
			break
		}
		m.add(b[i : i+j])
		i += j
		if b[i] == '&' {
			n := entity(b[i:])
			if n == 0 && !last && len(b)-i < maxEntity { // the piece may end within it
				m.rest = append(m.rest[:0:0], b[i:]...)
				break
			}
			n = max(n, 1)
			m.add([]byte(html.UnescapeString(string(b[i : i+n]))))
			i += n
			continue
		}
		n := bytes.IndexByte(b[i:min(len(b), i+maxTag)], '>')
		if n < 0 && !last && len(b)-i < maxTag {
			m.rest = append(m.rest[:0:0], b[i:]...)
			break
		}
		name, end, ok := tagName(b[i:])
		if kind := tags[name]; ok && kind != 0 && (n > 0 || last) {
			p.tag(kind, end)
			if i += n + 1; n < 0 {
				break
			}
			continue
		}
		m.add(b[i : i+1])
		i++
	}
	if !last {
		return
	}
	if m.row {
		m.add([]byte(" "))
	} else {
		if len(m.text) > 0 || !m.given {
			p.lineEnd()
		}
		m.given = false
	}
}

// add appends text that is shown, up to the longest line.
func (m *markup) add(b []byte) {
	if !m.muted {
		m.text = appendMost(m.text, b)
	}
}

func (p *Reader) tag(kind tagKind, end bool) {
	m := &p.markup
	switch kind {
	case mutedTag:
		m.muted = !end
	case rowTag:
		if m.row {
			p.rowEnd()
		} else {
			p.textEnd()
		}
		if !end {
			m.row, m.at, m.cells = true, p.s.Line(), 0
		}
	case cellTag:
		if m.row && !end {
			if m.cells++; m.cells > 1 {
				m.add([]byte{cellMark})
			}
		}
	case lineTag, headTag:
		if !m.row {
			p.textEnd()
		}
		if kind == headTag && !end && !m.row {
			m.add([]byte("# ")) // as Markdown has it
		}
	}
}

// textEnd ends the line being made if there is any text in it.
func (p *Reader) textEnd() {
	if len(bytes.TrimSpace(p.markup.text)) > 0 {
		p.lineEnd()
	}
}

func (p *Reader) lineEnd() {
	p.push(p.markup.text, p.s.Line(), false)
	p.markup.text, p.markup.given = p.markup.text[:0], true
}

func (p *Reader) rowEnd() {
	m := &p.markup
	if len(bytes.TrimSpace(m.text)) > 0 {
		p.push(m.text, m.at, true)
		m.given = true
	}
	m.text, m.row = m.text[:0], false
}
