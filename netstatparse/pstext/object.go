package pstext

import "strings"

// Form is how an object was written.
type Form uint8

// The forms of PowerShell.
const (
	TableForm Form = iota + 1
	ListForm
	CSVForm
	JSONForm
)

// Property is one of an object. A value that was empty, or null in JSON, is "".
type Property struct {
	Name, Value string
	Line        int // 1-based
}

// Object is what one row, one list or one JSON object says, in the order of the text. It
// is the Reader's, which uses the room again: the strings may be kept, the list not.
type Object struct {
	Form       Form
	Line       int // 1-based, of its beginning
	Properties []Property
	Cut        bool // it had more properties, or a longer value, than are kept
}

// Get is the value of the first property of that name, whatever its case.
func (o *Object) Get(name string) (string, bool) {
	if p := o.Find(name); p != nil {
		return p.Value, true
	}
	return "", false
}

// Value is the value of the first property that has one of the names, "" if none has.
func (o *Object) Value(names ...string) string {
	for _, name := range names {
		if p := o.Find(name); p != nil {
			return p.Value
		}
	}
	return ""
}

// Find is the first property of that name, nil if there is none.
func (o *Object) Find(name string) *Property {
	for i := range o.Properties {
		if strings.EqualFold(o.Properties[i].Name, name) {
			return &o.Properties[i]
		}
	}
	return nil
}

func (o *Object) add(name, value string, line int) {
	if len(o.Properties) >= maxProperties {
		o.Cut = true
		return
	}
	if len(value) > maxValue {
		value, o.Cut = strings.ToValidUTF8(value[:maxValue], ""), true
	}
	o.Properties = append(o.Properties, Property{name, value, line})
}
