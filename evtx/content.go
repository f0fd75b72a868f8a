package evtx

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/0xrawsec/golang-evtx/evtx"
)

// content takes a Record out of the elements golang-evtx found. It does not use
// the library's maps: they lose a Provider that has a Name only, empty strings, and
// the order of Data. Values are read from the chunk by their descriptors.
type content struct {
	chunk   []byte
	record  *Record
	path    []element
	visited int
	hasID   bool
}

// element is an open element.
type element struct {
	name  string
	label string // its Name attribute, of Data
	text  string
	list  []string // a value that is a string array
	many  bool     // it had one
}

// fragment reads a fragment, which is nested in depth others.
func (c *content) fragment(f *evtx.Fragment, depth int) error {
	ti, ok := f.BinXMLElement.(*evtx.TemplateInstance)
	if !ok {
		return errBinXML
	}
	v, err := valuesOf(c.chunk, f.Offset+fragmentHeader, ti)
	if err != nil {
		return err
	}
	v.depth = depth
	return c.instance(ti, v)
}

// nested reads a value that is BinXML itself: a fragment, or a template instance
// without a fragment header. Where the library found it must be where it stands.
func (c *content) nested(v *values, i int) error {
	switch e := v.parsed[i].(type) {
	case *evtx.Fragment:
		if e.Offset == int64(v.at[i]) {
			return c.fragment(e, v.depth+1)
		}
	case *evtx.TemplateInstance:
		inner, err := valuesOf(c.chunk, int64(v.at[i]), e)
		if err != nil {
			return err
		}
		inner.depth = v.depth + 1
		return c.instance(e, inner)
	}
	return errValues
}

// instance reads the elements of a template with its values.
func (c *content) instance(ti *evtx.TemplateInstance, v *values) error {
	if v.depth >= maxDepth {
		return errNested
	}
	base := len(c.path)
	for _, e := range ti.Definition.Data.Elements {
		if c.visited++; c.visited > maxElements {
			return errNested
		}
		switch e := e.(type) {
		case *evtx.ElementStart:
			if len(c.path) >= maxPath {
				return errNested
			}
			c.path = append(c.path, element{name: nameOf(&e.Name)})
			if err := c.attributes(e, v); err != nil {
				return err
			}
		case *evtx.BinXMLEndElementTag, *evtx.BinXMLCloseEmptyElementTag:
			if len(c.path) > base {
				c.end()
			}
		default:
			if err := c.inside(e, v); err != nil {
				return err
			}
		}
	}
	c.path = c.path[:base]
	return nil
}

// inside adds what stands between the tags of the innermost element.
func (c *content) inside(e evtx.Element, v *values) error {
	i, substituted := substitution(e)
	if !substituted {
		if len(c.path) > 0 {
			c.path[len(c.path)-1].add(literal(e))
		}
		return nil
	}
	if i >= len(v.descs) {
		return errValues
	}
	kind, raw := v.descs[i].ValType, v.raw[i]
	switch {
	case kind == evtx.BinXmlType:
		if len(raw) == 0 {
			return nil
		}
		return c.nested(v, i)
	case len(c.path) == 0:
	case kind == evtx.StringType|evtx.ArrayType:
		top := &c.path[len(c.path)-1]
		top.list, top.many = append(top.list, stringsOf(raw)...), true
	default:
		c.path[len(c.path)-1].add(text(kind, raw))
	}
	return nil
}

// add adds text, of which an element holds no more than maxString bytes.
func (e *element) add(s string) {
	if len(e.text) < maxString {
		e.text += s
	}
}

// attributes takes what is needed of the attributes of the element just opened.
func (c *content) attributes(e *evtx.ElementStart, v *values) error {
	for i := range e.AttributeList.Attributes {
		if c.visited++; c.visited > maxElements {
			return errNested
		}
		a := &e.AttributeList.Attributes[i]
		top := &c.path[len(c.path)-1]
		if data := c.in("Event", "EventData", "Data"); !data && !c.in("Event", "System", top.name) {
			continue
		}
		value := literal(a.AttributeData)
		if i, ok := substitution(a.AttributeData); ok {
			if i >= len(v.descs) {
				return errValues
			}
			value = text(v.descs[i].ValType, v.raw[i])
		}
		r := c.record
		switch c.path[2].name + "/" + nameOf(&a.Name) {
		case "Provider/Name":
			r.Provider = value
		case "EventID/Qualifiers":
			r.Qualifiers = uint16(number(value, 16))
		case "TimeCreated/SystemTime":
			if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
				r.Time = t.UTC()
			}
		case "Execution/ProcessID":
			r.PID = uint32(number(value, 32))
		case "Execution/ThreadID":
			r.TID = uint32(number(value, 32))
		case "Data/Name":
			top.label = value
		}
	}
	return nil
}

// end closes the innermost element.
func (c *content) end() {
	e, r := c.path[len(c.path)-1], c.record
	switch {
	case c.in("Event", "System", e.name):
		switch e.name {
		case "EventID":
			n, err := strconv.ParseUint(strings.TrimSpace(e.text), 10, 16)
			r.ID, c.hasID = uint16(n), err == nil
		case "Level":
			r.Level = uint8(number(e.text, 8))
		case "EventRecordID":
			if n := number(e.text, 64); n != 0 {
				r.RecordID = n
			}
		case "Channel":
			r.Channel = e.text
		case "Computer":
			r.Computer = e.text
		}
	case c.in("Event", "EventData", "Data"):
		// An array repeats its element, once for each string.
		if !e.many {
			e.list = []string{e.text}
		}
		for _, text := range e.list[:min(len(e.list), maxStrings-len(r.Data))] {
			r.Data, r.Names = append(r.Data, text), append(r.Names, e.label)
		}
	case c.in("Event", "EventData", "Binary"):
		if b, err := hex.DecodeString(e.text); err == nil && len(b) > 0 {
			r.Binary = b
		}
	}
	c.path = c.path[:len(c.path)-1]
}

// in tells whether the open elements are these.
func (c *content) in(names ...string) bool {
	return slices.EqualFunc(c.path, names, func(e element, name string) bool { return e.name == name })
}

func number(s string, bits int) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 0, bits)
	if err != nil {
		return 0
	}
	return n
}

func nameOf(n *evtx.Name) string { return n.UTF16String.ToString() }

// substitution gives the index of the value that stands at e.
func substitution(e evtx.Element) (int, bool) {
	var id int16
	switch e := e.(type) {
	case *evtx.NormalSubstitution:
		id = e.SubID
	case *evtx.OptionalSubstitution:
		id = e.SubID
	default:
		return 0, false
	}
	return int(uint16(id)), true
}

// literal gives the text of what is no substitution, "" for what has none.
func literal(e evtx.Element) string {
	switch e := e.(type) {
	case *evtx.ValueText:
		return e.String()
	case *evtx.BinXMLEntityReference:
		return e.String()
	case *evtx.CharEntityRef:
		return string(rune(uint16(e.Value)))
	}
	return ""
}
