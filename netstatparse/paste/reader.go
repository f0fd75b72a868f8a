package paste

import (
	"bytes"
	"io"
	"iter"
)

// Line is one plain line.
type Line struct {
	Text   []byte // UTF-8 without blanks at its right; valid until the next line
	Number int    // 1-based, of the line of the file it stands in
	// Time is what a log shipper wrote before the line, as written and without
	// brackets; nil without one. It is no part of Text.
	Time  []byte
	Cells [][]byte // of a row of a Markdown or HTML table; Text has them two blanks apart
	Quote int      // how many ">" stood before it
	Count int      // the number that findstr /n or the like put before it, 0 without one
	Break bool     // a fence or a rule of Markdown: Text is empty
	Rule  bool     // it is a rule between the rows of a table
	// Inside tells that Text is (a part of) a string of JSON, which stands in the line with
	// other things; Reader.Raw has the line.
	Inside bool
}

// Reader gives the plain lines of a text. Its methods are those of Scanner, so
// that it can stand in its place.
type Reader struct {
	s          *Scanner
	line       Line
	terminated bool
	dirty      bool // more than the text and the number of the line above is set
	peeled     peeled
	shape      []byte   // the last time before a line
	prefix     []byte   // what stood before the last row that had something before it
	wasRow     bool     // the line above lost it
	pipes      int      // the last line of a Markdown table whose rows have no bar at their ends
	buffer     []byte   // of a line that is not as it stands in the file
	cells      [][]byte // room for Line.Cells
	joined     []byte   // room for their text
	queue      []piece  // lines of one line of the file
	given      int      // of queue
	stringAt   int      // the line whose string with line ends in letters has begun
	left       []byte   // of a line that holds several, for its next piece
	store      []byte   // their texts
	unfold     unfolding
	html       bool // tags were seen
	xml        bool // in an event record
	markup     markup
	mail       *mail // nil outside of one
	spaced     spacing
	textAbove  bool // the line above had text
	clixml     clixml
	json       jsonText
	stdout     bool // JSON: the text of the object was given, its list of lines follows
	skip       bool // JSON: that list is being passed over
}

// piece is one of several lines in a line of the file.
type piece struct {
	start, end int // in store
	number     int
	cells      bool
}

// unfolding is what divides the present line of the file.
type unfolding uint8

const (
	folded unfolding = iota
	asJSON
	asMarkup
	asCLIXML
	asEscapes // of a string of a programming language: \r\n in letters
	asReturns // lines that end with a carriage return alone
	asRows    // rows one behind the other
)

// NewReader reads r, once and forward.
func NewReader(r io.Reader) *Reader { return &Reader{s: NewScanner(r)} }

// Lines gives the lines of r; the last value may be an error of r.
func Lines(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		p := NewReader(r)
		for p.Scan() {
			if !yield(p.line, nil) {
				return
			}
		}
		if err := p.Err(); err != nil {
			yield(Line{Number: p.line.Number + 1}, err)
		}
	}
}

// Now is the present line.
func (p *Reader) Now() *Line { return &p.line }

// Spaced tells a text in which an empty line stands behind every line so far.
func (p *Reader) Spaced() bool { return p.spaced == isSpaced }

// Bytes is the text of the line, valid until the next Scan.
func (p *Reader) Bytes() []byte { return p.line.Text }

// Raw is the line of the file as it stands there, valid until the next Scan; of a very
// long line that gave several, the piece that is being read.
func (p *Reader) Raw() []byte { return p.s.Bytes() }

// Text is the text of the line.
func (p *Reader) Text() string { return string(p.line.Text) }

// Line is the 1-based number of the line in the file.
func (p *Reader) Line() int { return p.line.Number }

// Cut tells whether the line was too long: Text is its beginning.
func (p *Reader) Cut() bool { return p.unfold == folded && p.s.Cut() }

// Terminated tells whether the line has an end; see Scanner.Terminated.
func (p *Reader) Terminated() bool { return p.terminated }

// Err is the error of the underlying reader, nil at the end of the file.
func (p *Reader) Err() error { return p.s.Err() }

// Ahead are the bytes behind the present line, as far as they were read, where nothing is
// wrapped around the text: a caller may read lines of ASCII there by itself, and pass over
// them. They are nil elsewhere. Line is the number of the present one.
func (p *Reader) Ahead() (text []byte, line int) {
	if p.dirty || p.mail != nil || p.unfold != folded || p.given < len(p.queue) || p.markup.row || p.markup.muted || p.clixml.on || p.s.cut || p.s.enc != narrow {
		return nil, 0
	}
	text, _ = p.s.in.Peek(p.s.in.Buffered()) // it is there: no error
	return text, p.s.line
}

// Pass passes over lines of Ahead, n bytes that end with a line feed.
func (p *Reader) Pass(n, lines int) {
	p.s.skip(n)
	p.s.line += lines
	p.line.Number, p.terminated, p.s.terminated = p.s.line, true, true
}

// Scan goes to the next line and is false at the end.
func (p *Reader) Scan() bool {
	if p.spaced == spacingUnknown {
		p.settleSpacing()
	}
	for {
		if p.given < len(p.queue) {
			p.take()
			return true
		}
		if p.unfold != folded {
			if p.s.More() {
				p.divide(p.s.Bytes(), !p.s.Cut())
				continue
			}
			p.unfold = folded
		}
		ok, ended := p.scan()
		if ended {
			return true
		}
		if !ok {
			if !p.markup.row {
				return false
			}
			p.rowEnd() // of HTML, never closed
			continue
		}
		b := p.s.Bytes()
		if p.spaced != notSpaced && p.between(b) {
			continue
		}
		p.line.Text, p.line.Number, p.terminated = b, p.s.line, p.s.terminated
		if p.mail != nil && p.mail.outer == nil {
			if muted, mark := p.takeMail(b); muted {
				continue
			} else if mark {
				p.line, p.terminated, p.dirty = Line{Number: p.line.Number, Break: true}, true, true
				return true
			}
		}
		bare := p.bare(b)
		if p.dirty {
			p.line.Time, p.line.Cells, p.line.Quote, p.line.Break, p.line.Rule, p.line.Inside, p.line.Count = nil, nil, 0, false, false, false, 0
			if p.dirty = false; bare {
				p.peeled = peeled{}
			}
		}
		if bare {
			return true
		}
		if p.mail == nil && headerBegins(b) {
			p.takeMail(b)
		}
		p.dirty = true
		if b = p.peel(p.blanks(b)); p.fold(b) {
			p.divide(b, !p.s.Cut())
			continue
		}
		p.finish(p.rowPrefix(b))
		return true
	}
}

// bare tells a line that nothing is wrapped around, which nearly all lines of a
// table are: a row or an executable below one. It may say false of one.
func (p *Reader) bare(b []byte) bool {
	if !p.s.whole || p.markup.row {
		return false
	}
	n := len(b)
	if n == 0 {
		return !p.peeled.timed && !p.peeled.row
	}
	i := 0
	for i < n && b[i] == ' ' {
		i++
	}
	if n-i < 5 || n > maxRow {
		return false
	}
	last := b[n-1]
	if b[i] == '[' {
		return i > 0 && last == ']' && alphanumeric(b[i+1]) && !p.html
	}
	if b[i+3] != ' ' || b[i+4] == '|' || b[i+2] != 'P' || (b[i] != 'T' || b[i+1] != 'C') && (b[i] != 'U' || b[i+1] != 'D') {
		return false
	}
	return (alphanumeric(last) || last == '*') && b[n-4] != '\\' && (!p.html || bytes.IndexByte(b, '&') < 0 && bytes.IndexByte(b, '<') < 0)
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// finish makes the present line of b, from which the wrappers at the left are
// taken off.
func (p *Reader) finish(b []byte) {
	if p.line.Break {
		p.line.Text, p.terminated = nil, true
		return
	}
	i := skipBlanks(b, 0)
	if i < len(b) && b[i] == '|' && p.tableRow(b[i:]) {
		p.terminated = p.terminated || b[len(b)-1] == '|'
		return
	}
	if p.piped(b[i:]) && p.tableRow(b[i:]) {
		return
	}
	if i+2 < len(b) && b[i] == '+' && len(bytes.Trim(b[i:], "+-= ")) == 0 { // of a table drawn with signs
		p.line.Text, p.line.Break, p.line.Rule, p.terminated = nil, true, true, true
		return
	}
	if n := len(b); n > 3 && b[n-1] == '`' && string(b[n-3:]) == "```" {
		b = bytes.TrimRight(b, "`") // the fence stands behind the last line
	}
	if n := len(b); n > 4 && b[n-1] == 'r' && string(b[n-4:]) == `\par` {
		b = b[:n-4] // of RTF
	}
	p.line.Text = trim(b)
}

// take gives the next line of the queue.
func (p *Reader) take() {
	q := p.queue[p.given]
	p.given++
	b := p.store[q.start:q.end]
	p.line = Line{Text: b, Number: q.number, Inside: p.unfold == asJSON || p.unfold == asEscapes}
	if p.unfold == asJSON {
		p.line.Time = p.json.at
	}
	p.terminated = true
	if q.cells {
		p.markedRow(b)
		return
	}
	p.finish(p.rowPrefix(p.peel(p.blanks(b))))
}

// fold tells whether b holds lines of its own, and how.
func (p *Reader) fold(b []byte) bool {
	if p.line.Break {
		return false
	}
	if p.clixml.on || beginsCLIXML(b) {
		p.clixml.on, p.unfold = true, asCLIXML
		return true
	}
	switch {
	case p.markup.row || p.hasMarkup(b):
		p.unfold = asMarkup
		p.html = true
	case p.hasJSON(b):
		p.unfold = asJSON
		p.json = jsonText{room: p.json.room[:0], name: p.json.name[:0]}
		if m := shownAt().FindSubmatch(b); m != nil {
			p.json.at = bytes.Clone(m[1])
		}
	default:
		p.unfold = p.runOn(b)
		return p.unfold != folded
	}
	return true
}

// divide puts the lines of a piece of the present line into the queue. But of CLIXML, the
// last piece gives one line at least.
func (p *Reader) divide(b []byte, last bool) {
	p.queue, p.given, p.store = p.queue[:0], 0, p.store[:0]
	switch p.unfold {
	case asJSON:
		p.jsonLines(b, last)
	case asMarkup:
		p.markupLines(b, last)
	case asCLIXML:
		p.clixmlLines(b)
	default:
		p.runOnLines(b, last)
	}
}

// push puts a line into the queue.
func (p *Reader) push(text []byte, number int, cells bool) {
	start := len(p.store)
	p.store = append(p.store, trim(text)...)
	p.queue = append(p.queue, piece{start, len(p.store), number, cells})
}
