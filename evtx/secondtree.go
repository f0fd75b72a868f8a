package evtx

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/0xrawsec/golang-evtx/evtx"
)

var errTree = errors.New("golang-evtx found no event in it")

// witness is what the second reader says of a record.
type witness struct {
	provider string
	id       uint16
	time     time.Time
	data     []said
	other    bool // it has more than System, EventData and strings: its data is not compared
}

// said is one of a record's Data. The library misreads many types: known is that it
// is text, or nothing.
type said struct {
	text  string
	known bool
}

// tree takes a witness out of the elements that golang-evtx found, with the values as
// the library has read them. It does not use the library's maps: they lose a Provider
// that has a Name only, and the order of Data.
type tree struct {
	witness
	path    []branch
	visited int
	hasID   bool
}

// branch is an open element.
type branch struct {
	name string
	text said
	list []string // a value that is a string array
	many bool     // it had one
}

// fragment walks a fragment, which is nested in depth others.
func (w *tree) fragment(f *evtx.Fragment, depth int) error {
	ti, ok := f.BinXMLElement.(*evtx.TemplateInstance)
	if !ok {
		return errTree
	}
	return w.instance(ti, depth)
}

// instance walks the elements of a template with its values.
func (w *tree) instance(ti *evtx.TemplateInstance, depth int) error {
	if depth >= secondDepth {
		return errNested
	}
	base := len(w.path)
	for _, e := range ti.Definition.Data.Elements {
		if w.visited++; w.visited > secondElements {
			return errNested
		}
		switch e := e.(type) {
		case *evtx.ElementStart:
			if len(w.path) >= secondPath {
				return errNested
			}
			w.path = append(w.path, branch{name: nameOf(&e.Name), text: said{known: true}})
			w.other = w.other || w.elsewhere()
			w.attributes(e, ti)
		case *evtx.BinXMLEndElementTag, *evtx.BinXMLCloseEmptyElementTag:
			if len(w.path) > base {
				w.end()
			}
		default:
			if err := w.inside(e, ti, depth); err != nil {
				return err
			}
		}
	}
	w.path = w.path[:base]
	return nil
}

// inside adds what stands between the tags of the innermost element.
func (w *tree) inside(e evtx.Element, ti *evtx.TemplateInstance, depth int) error {
	if len(w.path) == 0 {
		return nil
	}
	top := &w.path[len(w.path)-1]
	switch v := resolved(e, ti).(type) {
	case *evtx.BinXMLCloseStartElementTag, *evtx.BinXMLEOF:
	case *evtx.Fragment:
		return w.fragment(v, depth+1)
	case *evtx.TemplateInstance:
		return w.instance(v, depth+1)
	case *evtx.ValueStringTable:
		list, _ := v.Repr().([]string)
		top.list, top.many = append(top.list, list...), true
	default:
		w.other = w.other || isArray(e, ti)
		s := saidBy(v)
		top.text.text += s.text
		top.text.known = top.text.known && s.known
	}
	return nil
}

// attributes takes what is needed of the attributes of the element just opened.
func (w *tree) attributes(e *evtx.ElementStart, ti *evtx.TemplateInstance) {
	if len(w.path) != 3 || !w.in("Event", "System", w.path[2].name) {
		return
	}
	for i := range e.AttributeList.Attributes {
		a := &e.AttributeList.Attributes[i]
		v := resolved(a.AttributeData, ti)
		switch w.path[2].name + "/" + nameOf(&a.Name) {
		case "Provider/Name":
			w.provider = saidBy(v).text
		case "TimeCreated/SystemTime":
			if t, ok := v.(*evtx.ValueFileTime); ok {
				utc, _ := t.Value().(evtx.UTCTime)
				w.time = time.Time(utc).UTC()
			} else if t, err := time.Parse(time.RFC3339Nano, saidBy(v).text); err == nil {
				w.time = t.UTC()
			}
		}
	}
}

// end closes the innermost element.
func (w *tree) end() {
	e := w.path[len(w.path)-1]
	switch {
	case w.in("Event", "System", "EventID"):
		n, err := strconv.ParseUint(strings.TrimSpace(e.text.text), 10, 16)
		w.id, w.hasID = uint16(n), err == nil
	case !w.in("Event", "EventData", "Data"):
	case e.many:
		for _, text := range e.list {
			w.data = append(w.data, said{text, true})
		}
	default:
		w.data = append(w.data, e.text)
	}
	w.path = w.path[:len(w.path)-1]
}

// elsewhere reports whether the innermost element is no part of System, nor Data or Binary.
func (w *tree) elsewhere() bool {
	name := w.path[len(w.path)-1].name
	switch len(w.path) {
	case 2:
		return name != "System" && name != "EventData"
	case 3:
		return w.path[1].name == "EventData" && name != "Data" && name != "Binary"
	}
	return len(w.path) > 3
}

// in reports whether the open elements are these.
func (w *tree) in(names ...string) bool {
	return slices.EqualFunc(w.path, names, func(e branch, name string) bool { return e.name == name })
}

func nameOf(n *evtx.Name) string { return n.UTF16String.ToString() }

// substitution gives the number of the value that stands at e.
func substitution(e evtx.Element) (n int, ok bool) {
	switch e := e.(type) {
	case *evtx.NormalSubstitution:
		return int(uint16(e.SubID)), true
	case *evtx.OptionalSubstitution:
		return int(uint16(e.SubID)), true
	}
	return 0, false
}

// resolved gives the value that stands at e, or e itself.
func resolved(e evtx.Element, ti *evtx.TemplateInstance) evtx.Element {
	n, ok := substitution(e)
	switch {
	case !ok:
		return e
	case n < len(ti.Data.Values):
		return ti.Data.Values[n]
	}
	return nil
}

// isArray reports whether the value at e is an array.
func isArray(e evtx.Element, ti *evtx.TemplateInstance) bool {
	n, ok := substitution(e)
	return ok && n < len(ti.Data.ValDescs) && ti.Data.ValDescs[n].ValType&evtx.ArrayType != 0
}

// saidBy gives the text of an element.
func saidBy(e evtx.Element) said {
	switch e := e.(type) {
	case nil, *evtx.ValueNull:
		return said{known: true}
	case *evtx.ValueText:
		return said{e.String(), true}
	case *evtx.BinXMLEntityReference:
		return said{e.String(), true}
	case *evtx.CharEntityRef:
		return said{string(rune(uint16(e.Value))), true}
	case *evtx.ValueString:
		return said{e.String(), true}
	case *evtx.ValueUInt16:
		return said{e.String(), true}
	case *evtx.ValueBinary:
		return said{known: e.Size == 0}
	}
	return said{}
}
