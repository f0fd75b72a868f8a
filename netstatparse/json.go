package netstatparse

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// isJSON tells that a text begins like the connections of ConvertTo-Json, in
// UTF-8 or UTF-16.
func isJSON(in *bufio.Reader) bool {
	head, _ := in.Peek(256)
	text := bareHead(head)
	if len(text) < 2 {
		return false
	}
	next := bytes.TrimLeft(text[1:], " \t\r\n")
	if (text[0] != '{' || !bytes.HasPrefix(next, []byte(`"`))) && (text[0] != '[' || !bytes.HasPrefix(next, []byte("{")) && !bytes.HasPrefix(next, []byte("["))) {
		return false
	}
	head, _ = in.Peek(jsonAhead)
	text = bareHead(head)
	return bytes.Contains(text, []byte(`"LocalPort"`)) || bytes.Contains(text, []byte(`"InstanceID"`))
}

// bareHead is the beginning of a text without byte order marks, zeros and blanks before it.
func bareHead(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimLeft(bytes.ReplaceAll(head, []byte{0}, nil), "\xff\xfe\xef\xbb\xbf"), " \t\r\n")
}

// maxElement is how many bytes of JSON one object may have.
const maxElement = 1 << 20

// jsonText reads the objects of ConvertTo-Json: an array, one object, or objects
// that hold them (jsonwraps.go). The line of a row is the one its object ends in.
type jsonText struct {
	*Reader
	table
	yield  func(Snapshot, error) bool
	dec    *json.Decoder
	source io.Reader
	offset int64   // read so far
	passed int64   // decoded so far
	feeds  []int64 // offsets of line feeds behind passed
	line   int
	ended  bool // the caller wants no more
	wraps  []*wrap
	held   []*Snapshot // of the objects in wraps, and of those that ended in them
	rows   int         // of held
}

// Read counts the lines and bounds what one object can make the decoder hold.
func (j *jsonText) Read(b []byte) (int, error) {
	if j.offset-j.passed > maxElement {
		return 0, fmt.Errorf("an object is longer than %d bytes", maxElement)
	}
	n, err := j.source.Read(b)
	for i, c := range b[:n] {
		if c == '\n' {
			j.feeds = append(j.feeds, j.offset+int64(i))
		}
	}
	j.offset += int64(n)
	return n, err
}

// pass moves on to what is decoded and gives the line of its end.
func (j *jsonText) pass() int {
	j.passed = j.dec.InputOffset()
	n := 0
	for n < len(j.feeds) && j.feeds[n] < j.passed {
		n++
	}
	j.feeds = slices.Delete(j.feeds, 0, n)
	j.line += n
	return j.line + 1
}

func (r *Reader) readJSON(yield func(Snapshot, error) bool) {
	j := &jsonText{
		Reader: r, yield: yield, table: table{header: true, strong: true, form: form{tool: ToolTCP}},
		source: transform.NewReader(r.in, unicode.BOMOverride(unicode.UTF8.NewDecoder())),
	}
	j.dec = json.NewDecoder(j)
	j.dec.UseNumber()
	err := j.values()
	if j.ended {
		return
	}
	line := j.pass()
	if err != nil && j.current != nil {
		j.current.cut(line, CutShort, "the rest is not JSON")
	}
	if err != nil && !r.tell(yield, &FormatError{Code: "netstat-json", Line: line, Text: "the rest is not JSON: " + cut(err.Error())}) {
		return
	}
	for len(j.wraps) > 0 {
		j.unwrap()
	}
	if !j.ended && r.flush(&j.table, yield) {
		r.end(line, nil, yield)
	}
}

// values reads values until the end of the text or of what is JSON in it.
func (j *jsonText) values() error {
	depth := 0
	for {
		token, err := j.dec.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['):
			if depth++; depth > 4 {
				return errors.New("arrays in arrays")
			}
		case json.Delim(']'):
			depth--
		case json.Delim('{'):
			if err := j.element(false); err != nil || j.ended {
				return err
			}
		}
		j.pass()
	}
}

// element reads the properties of an object up to its end. within tells one that another
// object holds.
func (j *jsonText) element(within bool) error {
	var o object
	var w wrap
	for j.dec.More() {
		name, err := j.dec.Token()
		if err != nil {
			return err
		}
		text, _ := name.(string)
		if !o.connects() && len(j.wraps) < maxWraps {
			if err := j.property(&w, &o, text); err != nil || j.ended {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := j.dec.Decode(&value); err != nil {
			return err
		}
		if p, ok := propertyOf(text); ok && p != groupCount && p != groupName && !bytes.Equal(value, []byte("null")) {
			o.set(p, strings.Trim(string(value), `"`))
		}
	}
	if _, err := j.dec.Token(); err != nil {
		return err
	}
	if o.line = j.pass(); (o.has[localPort] || o.has[instanceID]) && (!within || o.evident()) {
		j.put(&o)
	}
	j.endOf(&w)
	return nil
}

// objectOf are the properties of an object that are used here.
func objectOf(values map[string]json.RawMessage) (o object) {
	for name, value := range values {
		if p, ok := propertyOf(name); ok && p != groupCount && p != groupName && !bytes.Equal(value, []byte("null")) {
			o.set(p, strings.Trim(string(value), `"`))
		}
	}
	return o
}

// takeJSONLine reads the objects of a line that holds them whole, between other lines.
func (r *Reader) takeJSONLine(t *table, text string, yield func(Snapshot, error) bool) (taken, goOn bool) {
	text = strings.Trim(text, " \t,")
	if strings.HasPrefix(text, "{") {
		text = "[" + text + "]"
	}
	var all []map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &all) != nil || len(all) == 0 {
		return false, true
	}
	t.head(r.lines.Line(), "", true)
	if t.current != nil && t.form.kind == noForm {
		t.header, t.strong = false, false // an object a line
	}
	for _, object := range all {
		o := objectOf(object)
		if o.line = r.lines.Line(); !o.has[localPort] {
			continue
		}
		t.form.tool = toolOf(func(p property) bool { return o.has[p] })
		if !r.addObject(t, &o, yield) {
			return true, false
		}
	}
	return true, true
}
