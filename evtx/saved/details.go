package saved

import (
	"bytes"
	"strings"
)

// details is an event as the details of Event Viewer, in their friendly view, are
// copied: the names of the XML without its brackets, in every language.
//
//   - System
//   - Provider
//     [ Name]  Tcpip
//   - EventID 4231
//     [ Qualifiers]  32768
//
// The form is from knowledge of Event Viewer; of public texts only its beginning was
// seen. The names of strings cannot be told from strings with blanks in them, so a
// string is its whole line.
type details struct {
	open    bool
	e       event
	element string
	data    bool // EventData or UserData has begun
}

// takeDetails reads a line of such a copy.
func (r *Reader) takeDetails() bool {
	d := &r.details
	text := string(bytes.TrimSpace(r.text))
	if text == "+ System" || text == "- System" {
		r.flush()
		*d = details{open: true, e: event{form: FormViewerDetails, line: r.line.number, offset: r.line.offset}}
		return true
	}
	if !d.open {
		return false
	}
	text = strings.TrimPrefix(strings.TrimPrefix(text, "+ "), "- ")
	if name, value, ok := strings.Cut(strings.TrimPrefix(text, "["), "]"); ok && text[0] == '[' {
		d.e.detailsAttr(d.element, strings.TrimSpace(name), value)
		return true
	}
	name, value, _ := strings.Cut(text, " ")
	switch {
	case name == "EventData" || name == "UserData":
		d.data = true
	case d.data && len(text) >= 32 && len(text)%2 == 0 && strings.Trim(text, "0123456789abcdefABCDEF") == "":
		d.e.binary = text
	case d.data:
		d.e.addData("", text)
	case strings.Contains(" Provider EventID Version Level Task Opcode Keywords TimeCreated EventRecordID Correlation Execution Channel Computer Security ", " "+name+" "):
		d.element = name
		d.e.systemText(name, []byte(value))
	default:
		r.flushDetails()
		return false
	}
	return true
}

func (e *event) detailsAttr(element, name, value string) {
	switch element + "/" + name {
	case "Provider/Name":
		e.set(fieldSource, value)
	case "EventID/Qualifiers":
		e.set(fieldQualifiers, value)
	case "TimeCreated/SystemTime":
		e.set(fieldDate, value)
	case "Execution/ProcessID":
		e.set(fieldPID, value)
	case "Execution/ThreadID":
		e.set(fieldTID, value)
	}
}

// flushDetails gives the event that was copied, if it is whole enough.
func (r *Reader) flushDetails() {
	d := &r.details
	if d.open && d.e.text[fieldSource] != "" && d.e.text[fieldID] != "" {
		d.open = false
		r.give(&d.e)
	}
	d.open = false
}
