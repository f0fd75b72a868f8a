package redact

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf16"

	"portverdict/report"
)

// ErrBinary means that a document is no text: nothing in it was looked at.
var ErrBinary = errors.New("this is no text")

// Document gives a document with what it names replaced by tokens: a verdict.json,
// other JSON and NDJSON, HTML, or text as UTF-8, UTF-16 or in a code page. What it is
// its content tells, and its encoding stays.
func (r *Redactor) Document(data []byte) ([]byte, error) {
	r.again = bytes.Contains(data, []byte(r.mark()))
	defer func() { r.again = false }()
	start := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")), " \t\r\n")
	switch {
	case isBinary(data):
		return nil, ErrBinary
	case bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("[{")) || bytes.HasPrefix(start, []byte("[\n")):
		if in, err := report.ReadJSON(bytes.NewReader(data)); err == nil {
			var b bytes.Buffer
			err := report.WriteJSON(&b, r.Report(in))
			return b.Bytes(), err
		}
		return r.json(data), nil
	case isHTML(start):
		return r.html(data)
	case bytes.HasPrefix(start, []byte("# ")) || bytes.HasPrefix(start, []byte("## ")):
		return r.markdown(string(data)), nil
	}
	return r.encoded(data), nil
}

func isHTML(start []byte) bool {
	head := bytes.ToLower(start[:min(len(start), 1024)])
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.Contains(head, []byte("<html"))
}

// isBinary tells traces, logs, archives and programs from texts. NULs are in texts
// too, as half of UTF-16.
func isBinary(data []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "ElfFile\x00", "MSCF", "7z\xBC\xAF", "MZ", "\x1F\x8B"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	head := bytes.TrimRight(data[:min(len(data), 64<<10)], "\x00") // a copy may be padded
	odd := 0
	for _, c := range head {
		if c < ' ' && c != 0 && c != '\t' && c != '\r' && c != '\n' && c != '\f' && c != 0x1A && c != 0x1B {
			odd++
		}
	}
	return odd > len(head)/100+2 || bytes.Count(head, []byte{0}) > len(head)*3/5
}

func (r *Redactor) markdown(text string) []byte {
	var seen strings.Builder
	for line := range strings.Lines(text) {
		shown, _ := unescaped(line)
		seen.WriteString(shown)
	}
	r.learnFrom(seen.String())
	return []byte(r.replaceIn(text, unescaped))
}

// Learn learns the names of a document, by their places in it, for what is redacted
// later. A document that is no text is passed over.
func (r *Redactor) Learn(data []byte) {
	if isBinary(data) {
		return
	}
	r.learnParts(divide(data))
}

func (r *Redactor) learnParts(parts []part) {
	whole := 0
	for _, p := range parts {
		r.learnFrom(p.text)
		whole += len(p.text)
	}
	for _, p := range parts {
		if name := loneName(strings.TrimPrefix(p.text, "\uFEFF")); name != "" && whole < maxName {
			r.learn(Host, name)
		}
	}
}

// part is a stretch of a text in one encoding.
type part struct {
	text  string
	bytes []byte // what it was; kept where nothing is replaced
	write func(string) []byte
}

// encoded redacts a text, whose encoding may change in its middle.
func (r *Redactor) encoded(data []byte) []byte {
	parts := divide(data)
	r.learnParts(parts)
	var out bytes.Buffer
	for _, p := range parts {
		if text := r.replace(p.text); text != p.text {
			out.Write(p.write(text))
		} else {
			out.Write(p.bytes)
		}
	}
	return out.Bytes()
}

func divide(data []byte) []part {
	plain := func(b []byte) part { return part{string(b), b, func(s string) []byte { return []byte(s) }} }
	even := len(data) &^ 1
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return []part{wide(data[:even], binary.LittleEndian), plain(data[even:])}
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return []part{wide(data[:even], binary.BigEndian), plain(data[even:])}
	}
	var out []part
	rest := 0
	for at := 0; at < len(data); {
		end := wideEnd(data, at)
		if end-at < 2*minWide {
			at = max(end, at+1)
			continue
		}
		out = append(out, plain(data[rest:at]), wide(data[at:end], binary.LittleEndian))
		rest, at = end, end
	}
	return append(out, plain(data[rest:]))
}

const minWide = 4 // characters of UTF-16 in a row that are no accident

// wideEnd is the end of the Western letters in UTF-16, low byte first, that begin at
// a place.
func wideEnd(data []byte, at int) int {
	for at+1 < len(data) && data[at] != 0 && data[at+1] == 0 {
		at += 2
	}
	return at
}

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// wide is a stretch of UTF-16.
func wide(b []byte, order byteOrder) part {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return part{string(utf16.Decode(units)), b, func(s string) []byte {
		var out []byte
		for _, u := range utf16.Encode([]rune(s)) {
			out = order.AppendUint16(out, u)
		}
		return out
	}}
}

// fixed are keys of our own lines whose values are words of a fixed set.
var fixed = words("type kind outcome confidence severity transport family code basis time_precision")

// json redacts the strings of JSON, one value or many; all else stays byte for byte.
func (r *Redactor) json(data []byte) []byte {
	r.strings(data, func(key, text string) string {
		r.learnFrom(key + "=" + text)
		return text
	})
	return r.strings(data, func(key, text string) string {
		if fixed[key] {
			return text
		}
		return r.replace(text)
	})
}

// strings gives the text with each JSON string as do gives it; key is that of the
// value or of the list that it stands in.
func (r *Redactor) strings(data []byte, do func(key, text string) string) []byte {
	var out bytes.Buffer
	key := ""
	for len(data) > 0 {
		at := bytes.IndexByte(data, '"')
		if at < 0 {
			break
		}
		end := at + 1
		for end < len(data) && data[end] != '"' {
			if data[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(data))
		literal, text := data[at:end], ""
		out.Write(data[:at])
		data = data[end:]
		if json.Unmarshal(literal, &text) != nil { // cut off or broken: as text
			out.WriteString(do(key, string(literal)))
			continue
		}
		isKey := bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte(":"))
		if isKey {
			key = text
		}
		if is := do(key, text); is != text && !(isKey && fixed[text]) {
			literal = quoted(is)
		}
		out.Write(literal)
	}
	out.Write(data)
	return out.Bytes()
}

func quoted(s string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return []byte(`""`)
	}
	return report.Inert([]byte(strings.TrimSuffix(b.String(), "\n")))
}
