package paste

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// mail is what is kept of a saved mail (RFC 5322 with the parts and the encodings of
// RFC 2045 and 2046). A part in base64 or quoted-printable is read through a scanner of
// its own, which tells its encoding as that of a file; its lines have the numbers of the
// lines of the mail in which they begin.
type mail struct {
	outer  *Scanner // of the mail while p.s is that of a part; nil outside of one
	inner  *Scanner // kept to be used again
	part   *mailPart
	again  bool // outer is at a line that was not given yet
	header bool // in the header of a part
	key    string
	fields map[string]string // of that header, by their names in lower case
	bounds []boundary
	bound  int  // that of the present part, an index into bounds; -1 outside of all
	muted  bool // the part is none of a text, or the second form of one
}

// boundary is what stands between the parts of a mail.
type boundary struct {
	mark        string
	alternative bool // the parts are forms of one text
	shown       bool // one of them is read
}

const (
	// maxBounds is the most boundaries of a mail.
	maxBounds = 64
	// maxHeader is how many bytes are kept of a field of a header.
	maxHeader = 1 << 10
)

// headerBegins tells the first field of a header that says how a part is written.
func headerBegins(b []byte) bool {
	return len(b) > 12 && (b[0]|0x20 == 'c' && b[7] == '-' && (prefixFold(b, "content-type:") || prefixFold(b, "content-transfer-encoding:") || prefixFold(b, "content-disposition:")) ||
		b[0]|0x20 == 'm' && prefixFold(b, "mime-version:"))
}

func prefixFold(b []byte, lower string) bool {
	return len(b) >= len(lower) && strings.EqualFold(string(b[:len(lower)]), lower)
}

// takeMail reads a line of the file for what it says of a mail. It is muted when it is not
// to be given, since it is of a part that is passed over; a mark stands between two parts.
func (p *Reader) takeMail(b []byte) (muted, mark bool) {
	m := p.mail
	if m == nil {
		m = &mail{bound: -1}
		p.mail = m
	}
	switch {
	case m.atBoundary(b):
		return false, true
	case m.header && len(b) == 0:
		m.endHeader()
		if m.part != nil {
			p.openPart()
		}
	case m.header && (b[0] == ' ' || b[0] == '\t'):
		if old := m.fields[m.key]; m.key != "" && len(old)+len(b) < maxHeader {
			m.fields[m.key] = old + string(b)
		}
	case m.header || headerBegins(b):
		m.takeField(b)
	}
	return m.muted, false
}

func (m *mail) takeField(b []byte) {
	if !m.header {
		m.header, m.muted, m.fields = true, false, map[string]string{}
	}
	name, value, ok := strings.Cut(string(b[:min(len(b), maxHeader)]), ":")
	if m.key = ""; ok && len(m.fields) < maxBounds {
		m.key = strings.ToLower(strings.TrimSpace(name))
		m.fields[m.key] = value
	}
}

// atBoundary tells a line between two parts. What follows is the header of the next one.
func (m *mail) atBoundary(b []byte) bool {
	if len(b) < 3 || b[0] != '-' || b[1] != '-' {
		return false
	}
	for i, known := range m.bounds {
		rest, ok := strings.CutPrefix(string(b[2:]), known.mark)
		if !ok || rest != "" && rest != "--" {
			continue
		}
		m.bound, m.muted, m.header, m.fields = i, false, rest == "", map[string]string{}
		if rest != "" {
			m.bound = -1
		}
		return true
	}
	return false
}

// endHeader settles how the part below is written, and whether it is read at all.
func (m *mail) endHeader() {
	m.header, m.part = false, nil
	kind, params, _ := mime.ParseMediaType(m.fields["content-type"])
	if mark := params["boundary"]; mark != "" && len(m.bounds) < maxBounds {
		m.bounds = append(m.bounds, boundary{mark: mark, alternative: kind == "multipart/alternative"})
		return
	}
	if m.bound >= 0 && m.bounds[m.bound].alternative {
		if m.bounds[m.bound].shown {
			m.muted = true
			return
		}
		m.bounds[m.bound].shown = kind == "text/plain" || kind == "text/html"
	}
	if m.muted = noText(kind); m.muted {
		return
	}
	encoding := strings.ToLower(strings.TrimSpace(m.fields["content-transfer-encoding"]))
	if encoding == "base64" || encoding == "quoted-printable" {
		charset := strings.ToLower(params["charset"])
		m.part = &mailPart{mail: m, base64: encoding == "base64", western: charset == "iso-8859-1" || charset == "windows-1252" || charset == "iso-8859-15"}
	}
}

// noText tells the types of parts that hold no text.
func noText(kind string) bool {
	main, sub, _ := strings.Cut(kind, "/")
	switch main {
	case "image", "audio", "video", "font":
		return true
	case "application":
		return strings.HasPrefix(sub, "vnd.") && !strings.Contains(sub, "excel") || strings.Contains(sub, "zip") || sub == "pdf" || sub == "msword" || strings.Contains(sub, "pkcs7") || strings.Contains(sub, "compressed")
	}
	return false
}

// openPart lets the lines that follow be those of the part.
func (p *Reader) openPart() {
	m := p.mail
	m.outer = p.s
	m.part.in = p.s
	if m.inner == nil {
		m.inner = NewScanner(m.part)
	} else {
		in := m.inner.in
		in.Reset(m.part)
		*m.inner = Scanner{in: in, raw: m.inner.raw, units: m.inner.units}
	}
	p.s = m.inner
}

// scan goes to the next line of the file, or of the part of a mail that is being read. A
// part ends with a line that is a break, so that no table goes on behind it.
func (p *Reader) scan() (ok, ended bool) {
	m := p.mail
	if m == nil || m.outer == nil {
		if m != nil && m.again {
			m.again = false
			return true, false
		}
		return p.s.Scan(), false
	}
	at := m.part.fed - int64(p.s.in.Buffered())
	if p.s.Scan() {
		p.s.line = m.part.lineAt(at)
		return true, false
	}
	whole := m.part.whole && (p.s.terminated || m.part.fed == 0)
	p.s, m.outer, m.again = m.outer, nil, m.part.stopped
	p.line = Line{Number: p.s.line, Break: true}
	p.terminated, p.dirty, p.peeled = whole, true, peeled{}
	p.markup, p.html = markup{}, false
	return true, true
}

// mailPart reads the body of a part, decoded, from the lines of the mail.
type mailPart struct {
	mail    *mail
	in      *Scanner
	base64  bool
	western bool // the characters are those of Western Europe's code page

	text    []byte // decoded and not yet read
	quads   []byte // of base64 that are not whole
	fed     int64  // bytes handed out
	places  []place
	begun   bool
	padded  bool // the last quad of base64 was read
	stopped bool // in is at the line behind the body
	ended   bool
	whole   bool // nothing shows that the body was cut
}

// place is the line of the mail in which the bytes from at on stand.
type place struct {
	at   int64
	line int
}

// lineAt is the line in which the byte at stands.
func (b *mailPart) lineAt(at int64) int {
	n := 0
	for n+1 < len(b.places) && b.places[n+1].at <= at {
		n++
	}
	if b.places = b.places[n:]; len(b.places) == 0 {
		return b.in.line
	}
	return b.places[0].line
}

// Read gives the decoded bytes, at most those of one line of the mail.
func (b *mailPart) Read(out []byte) (int, error) {
	for len(b.text) == 0 {
		if b.ended || !b.fill() {
			b.ended = true
			return 0, io.EOF
		}
	}
	n := copy(out, b.text)
	b.text = b.text[n:]
	b.fed += int64(n)
	return n, nil
}

// fill decodes the next line of the body; false at its end.
func (b *mailPart) fill() bool {
	if !b.in.More() && !b.in.Scan() {
		b.whole = len(b.quads) == 0 && b.in.terminated && len(b.mail.bounds) == 0
		return false
	}
	line := b.in.Bytes()
	if b.isEnd(line) {
		b.stopped, b.whole = true, len(b.quads) == 0
		return false
	}
	b.places = append(b.places, place{b.fed, b.in.line})
	if b.base64 {
		return b.decode64(line)
	}
	b.text = quotedPrintable(line, !b.in.Cut())
	b.charset()
	return true
}

// isEnd tells that a line is behind the body: a boundary, or below base64 what is none.
func (b *mailPart) isEnd(line []byte) bool {
	if len(line) > 2 && line[0] == '-' && line[1] == '-' {
		if b.base64 {
			return true
		}
		for _, known := range b.mail.bounds {
			if bytes.HasPrefix(line[2:], []byte(known.mark)) {
				return true
			}
		}
	}
	return b.base64 && (bytes.IndexFunc(line, notBase64) >= 0 || b.padded && len(line) > 0)
}

func notBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/' && r != '=' && r != ' '
}

// decode64 decodes a line of base64. A body that turns out to be no text gives nothing.
func (b *mailPart) decode64(line []byte) bool {
	b.quads = append(b.quads, bytes.ReplaceAll(line, []byte(" "), nil)...)
	n := len(b.quads) / 4 * 4
	text := make([]byte, base64.StdEncoding.DecodedLen(n))
	k, err := base64.StdEncoding.Decode(text, b.quads[:n])
	b.quads = append(b.quads[:0], b.quads[n:]...)
	if b.text = text[:k]; err != nil {
		b.quads = append(b.quads, '!') // not whole
		return true
	}
	b.padded = b.padded || k < n/4*3
	if !b.begun && k > 0 {
		b.begun = true
		b.mail.muted = isBinary(b.text)
	}
	if b.mail.muted {
		b.text = nil
	}
	b.charset()
	return true
}

// isBinary tells bytes that no text begins with.
func isBinary(b []byte) bool {
	if _, n := mark(b); n > 0 || pairs(b, 0) || pairs(b, 1) {
		return false
	}
	return bytes.IndexFunc(b, func(r rune) bool { return r < '\t' }) >= 0 || bytes.HasPrefix(b, []byte("PK\x03\x04"))
}

func (b *mailPart) charset() {
	if b.western && !ascii(b.text) {
		b.text, _ = charmap.Windows1252.NewDecoder().Bytes(b.text) // every byte is a character
	}
}

// quotedPrintable decodes a line. One that ends with an equal sign goes on in the next.
func quotedPrintable(line []byte, last bool) []byte {
	out := make([]byte, 0, len(line)+1)
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c != '=' {
			out = append(out, c)
			continue
		}
		if i+1 == len(line) {
			return out
		}
		if i+2 < len(line) {
			high, ok := hexDigit(line[i+1])
			low, ok2 := hexDigit(line[i+2])
			if ok && ok2 {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
		}
		out = append(out, c)
	}
	if last {
		out = append(out, '\n')
	}
	return out
}
