package pstext

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"portverdict/netstatparse/paste"
)

// Text gives the lines of a saved text one by one, without what a ticket, a mail or a log
// has wrapped around them (package paste), and the objects of JSON that it begins with.
type Text struct {
	lines *paste.Reader
	tap   *tap // of JSON that the text begins with, nil for another
	line  string
	at    int
	raw   int // the line that RawLine gave last
}

// NewText reads r once and forward. If the text is JSON from its beginning, its objects
// are given to emit, some of them before the lines that they stand in.
func NewText(r io.Reader, emit func(*Object)) *Text {
	in, isJSON := JSONText(r)
	t := &Text{}
	if isJSON {
		t.tap = &tap{in: in, json: NewJSON(emit), ok: true}
		t.lines = paste.NewReader(t.tap)
		return t
	}
	t.lines = paste.NewReader(in)
	return t
}

// Scan goes to the next line and is false at the end. Lines of JSON that the text begins
// with are passed over, the texts within its strings are not; so are rules between the rows
// of a table in Markdown.
func (t *Text) Scan() bool {
	for t.lines.Scan() {
		now := t.lines.Now()
		if now.Rule || t.tap != nil && now.Number <= t.tap.lines && !now.Inside {
			continue
		}
		t.line, t.at = "", 0
		return true
	}
	return false
}

// NetstatRow tells whether the line is one of NetstatRow.
func (t *Text) NetstatRow() bool { return NetstatRow(t.lines.Bytes()) }

// Component tells whether the line may be a component of netstat -b: one word and blanks
// before it.
func (t *Text) Component() bool {
	b := t.lines.Bytes()
	word := bytes.TrimLeft(b, " ")
	return len(word) > 0 && len(word) < len(b) && len(word) < 64 && !bytes.ContainsAny(word, " :=\t\"")
}

// Line is the 1-based number of the line in the file.
func (t *Text) Line() int { return t.lines.Line() }

// Inside tells that the line is of a string of JSON.
func (t *Text) Inside() bool { return t.lines.Now().Inside }

// Text is the line without escapes that set colours. Of a row of a Markdown or HTML table
// it has a tab between the cells.
func (t *Text) Text() string {
	if t.line == "" {
		if cells := t.lines.Now().Cells; cells != nil {
			t.line = string(bytes.Join(cells, []byte{'\t'}))
		} else {
			t.line = t.lines.Text()
		}
		t.line = Plain(t.line)
	}
	return t.line
}

// Timed is the line with the time that stood before it.
func (t *Text) Timed() string {
	if at := t.lines.Now().Time; at != nil {
		return string(at) + " " + t.Text()
	}
	return t.Text()
}

// Counted is the line with the number and the colon that stood before it.
func (t *Text) Counted() string {
	if n := t.lines.Now().Count; n > 0 {
		return strconv.Itoa(n) + ":" + t.Text()
	}
	return t.Text()
}

// RawLine is the line as it stands in the file, for who is inside of JSON; false where it
// was given before, since one line can hold several.
func (t *Text) RawLine() (string, bool) {
	if !t.Inside() {
		return t.Text(), true
	}
	if t.raw == t.Line() {
		return "", false
	}
	t.raw = t.Line()
	return strings.TrimRight(string(t.lines.Raw()), " \t\r"), true
}

// Prompt is the command of the line, behind a prompt of a console or alone and quoted.
func (t *Text) Prompt() (command string, ok bool) {
	text := t.Text()
	quote := t.lines.Now().Quote
	if quote == 0 {
		if command, ok = Prompt(text); ok {
			return command, true
		}
		if strings.IndexByte(text, '>') < 0 {
			return "", false
		}
	}
	if e, ok := paste.EchoOf(text); ok && (e.Prompt || quote > 0) {
		return e.Command, true
	}
	return "", false
}

// Quote is how many ">" stood before the line.
func (t *Text) Quote() int { return t.lines.Now().Quote }

// Terminated tells whether the line has an end.
func (t *Text) Terminated() bool { return t.lines.Terminated() }

// IsJSON tells whether the text began with JSON, and Complete whether all that was opened
// in it has ended.
func (t *Text) IsJSON() bool { return t.tap != nil }

// Complete tells whether the JSON that the text began with has ended.
func (t *Text) Complete() bool { return t.tap == nil || t.tap.json.Complete() }

// Err is the error of the reader, nil at the end of the file.
func (t *Text) Err() error { return t.lines.Err() }

// tap gives what is read through it to a reader of JSON, too.
type tap struct {
	in    io.Reader
	json  *JSON
	ok    bool // it is JSON so far
	lines int  // that are JSON
	part  bool // the last of them has no end yet
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.in.Read(b)
	for rest := b[:n]; t.ok && len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n') + 1
		if i == 0 {
			i = len(rest)
		}
		if t.ok = t.json.Write(rest[:i], t.line()); !t.ok {
			break
		}
		t.lines, t.part = t.line(), rest[i-1] != '\n'
		rest = rest[i:]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.ok = false
	}
	return n, err
}

// line is the number of the line that is being read.
func (t *tap) line() int {
	if t.part {
		return t.lines
	}
	return t.lines + 1
}
