// Package mail finds the files attached to a saved mail (.eml, .mht, mbox): parts in
// base64 of RFC 2045 and 2046, named as RFC 2183 and 2231 have it. Every header that
// begins a part is taken as it comes, so that a mail in a mail, a mail that lost its
// head and several mails in one file need no care. Parts in another encoding are left
// to the reader of the mail's text, and so are pictures shown within the text.
package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"path"
	"strings"

	"portverdict/cmd/internal/bundle/archive"
)

const (
	maxLine   = 64 << 10 // bytes of a line read at once; the rest is read as a line of its own
	maxField  = 4 << 10  // bytes kept of a field of a header
	maxFields = 128      // of a header
)

// Sniff tells the head of a saved mail: it begins with a field, or with the line that
// parts mails of an mbox, and speaks MIME.
func Sniff(head []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), "\r\n")
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if !bytes.HasPrefix(first, []byte("From ")) && fieldName(first) == "" {
		return false
	}
	lower := bytes.ToLower(text)
	return bytes.HasPrefix(lower, []byte("mime-version:")) || bytes.Contains(lower, []byte("\nmime-version:")) || bytes.Contains(lower, []byte("\ncontent-type: multipart/"))
}

// fieldName is the name in lower case of the field that a line begins, "" for none.
func fieldName(line []byte) string {
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || len(name) > 80 || bytes.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return ""
	}
	return string(bytes.ToLower(name))
}

// Walk yields the attached files in their order. Offset is where the base64 of one
// begins. A part without a name is called after its number.
func Walk(r io.ReaderAt, size int64, l archive.Limits) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		m := &lines{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), maxLine)}
		for n := 0; m.next(); {
			if !beginsPart(m.line) {
				continue
			}
			fields := m.header()
			m.parts = m.parts || strings.Contains(strings.ToLower(fields["content-type"]), "boundary=")
			name, attached := attachment(fields)
			if !attached {
				continue
			}
			if n++; name == "" {
				name = fmt.Sprintf("attachment-%d", n)
			}
			body := &body{lines: m}
			e := archive.Entry{Name: name, Size: -1, Offset: m.at, Data: archive.NewChecked(l.Meter(body), m.at, -1, nil, false)}
			if !yield(e, nil) {
				return
			}
			body.skip()
		}
		if m.err != nil && !errors.Is(m.err, io.EOF) {
			yield(archive.Entry{}, archive.Errorf(archive.CodeDamaged, m.at, "the mail cannot be read on: %v", m.err))
		}
	}
}

// lines are those of the mail. at is where the one behind line begins.
type lines struct {
	r     *bufio.Reader
	line  []byte // without its end; good until the next
	at    int64
	again bool // line is to be given once more
	parts bool // the mail has boundaries between parts
	err   error
}

func (m *lines) next() bool {
	if m.again {
		m.again = false
		return true
	}
	if m.err != nil {
		return false
	}
	line, err := m.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	m.at, m.err = m.at+int64(len(line)), err
	m.line = bytes.TrimRight(line, "\r\n")
	return len(line) > 0
}

// beginsPart tells the field that says how a part is written.
func beginsPart(line []byte) bool {
	switch fieldName(line) {
	case "content-type", "content-transfer-encoding", "content-disposition":
		return true
	}
	return false
}

// header reads on from a field to the blank line that ends the header.
func (m *lines) header() map[string]string {
	fields, key := map[string]string{}, ""
	for {
		switch name := fieldName(m.line); {
		case len(m.line) > 0 && (m.line[0] == ' ' || m.line[0] == '\t'):
			if old, ok := fields[key]; ok && len(old)+len(m.line) <= maxField {
				fields[key] = old + string(m.line)
			}
		case name == "": // what is no field ends a header as well
			m.again = len(m.line) > 0
			return fields
		case len(fields) < maxFields:
			key = name
			fields[key] = string(m.line[len(name)+1 : min(len(m.line), maxField)])
		}
		if !m.next() {
			return fields
		}
	}
}

// attachment tells by its header whether a part is a file in base64, and its name.
func attachment(fields map[string]string) (name string, ok bool) {
	if !strings.EqualFold(strings.TrimSpace(fields["content-transfer-encoding"]), "base64") {
		return "", false
	}
	kind, of, _ := mime.ParseMediaType(fields["content-type"])
	shown, named, _ := mime.ParseMediaType(fields["content-disposition"])
	if strings.HasPrefix(kind, "image/") && shown != "attachment" {
		return "", false
	}
	if name = named["filename"]; name == "" {
		name = of["name"]
	}
	if plain, err := new(mime.WordDecoder).DecodeHeader(name); err == nil {
		name = plain
	}
	if name = path.Base(strings.ReplaceAll(name, `\`, "/")); name == "." || name == "/" || name == ".." {
		name = ""
	}
	return name, true
}

// body reads what a part in base64 holds. It ends before the first line that is none of
// base64, or behind its padding.
type body struct {
	*lines
	quads []byte // read and not whole yet
	text  []byte // decoded and not read yet
	err   error  // io.EOF, or what is wrong, once text is read
}

func (b *body) Read(p []byte) (int, error) {
	for len(b.text) == 0 && b.err == nil {
		b.fill()
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	if n == 0 && len(p) > 0 {
		return 0, b.err
	}
	return n, nil
}

func (b *body) fill() {
	if !b.next() {
		b.end(b.parts)
		return
	}
	if bytes.IndexFunc(b.line, strange) >= 0 {
		b.again = true
		b.end(false)
		return
	}
	b.quads = append(b.quads, bytes.ReplaceAll(b.line, []byte(" "), nil)...)
	n := len(b.quads) / 4 * 4
	b.text = make([]byte, base64.StdEncoding.DecodedLen(n))
	k, err := base64.StdEncoding.Decode(b.text, b.quads[:n])
	b.text = b.text[:k]
	switch {
	case err != nil:
		b.err = archive.Errorf(archive.CodeEntry, b.at, "is damaged: base64 that cannot be decoded")
	case k < n/4*3:
		b.err = io.EOF // padded: nothing follows
	}
	b.quads = append(b.quads[:0], b.quads[n:]...)
}

// end closes a body that no padding ended. cut tells that a boundary is missing too.
func (b *body) end(cut bool) {
	b.err = io.EOF
	if len(b.quads) > 0 || cut {
		b.err = archive.Errorf(archive.CodeEntry, b.at, "is cut: the mail ends within it")
	}
}

// skip passes over what was not read.
func (b *body) skip() {
	for b.err == nil {
		b.text = nil
		b.fill()
	}
}

func strange(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '+' && r != '/' && r != '=' && r != ' '
}
