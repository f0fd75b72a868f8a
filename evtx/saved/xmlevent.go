package saved

import (
	"encoding/hex"
	"strings"
)

// maxNames is how deep elements of an event are told apart.
const maxNames = 16

// An xmlWalk is a walk over the elements of one event or object.
type xmlWalk struct {
	t     xmlTokens
	names [maxNames]string // of the elements that are open
	depth int
	text  []byte // of the innermost element
	leaf  bool   // it has no elements in it
}

// leave goes to the next element that ends, or is empty; false at the end.
// opened is called for each element that begins.
func (w *xmlWalk) leave(opened func()) bool {
	for w.t.next() {
		switch w.t.kind {
		case xmlText:
			if len(w.text) >= maxEvent {
				continue
			}
			if w.t.plain {
				w.text = append(w.text, w.t.text...)
			} else {
				w.text = unescape(w.text, w.t.text)
			}
		case xmlOpen, xmlEmpty:
			if w.depth < maxNames {
				w.names[w.depth] = xmlName(w.t.name)
			}
			w.depth++
			w.text, w.leaf = w.text[:0], true
			opened()
			if w.t.kind == xmlEmpty {
				return true
			}
		case xmlClose:
			return w.depth > 0
		}
	}
	return false
}

// left ends the element that leave has gone to.
func (w *xmlWalk) left() {
	w.depth--
	w.text, w.leaf = w.text[:0], false
}

// xmlName is the name of an element as a string, without a copy for those of an event.
func xmlName(name []byte) string {
	switch string(name) {
	case "Event":
		return "Event"
	case "System":
		return "System"
	case "Provider":
		return "Provider"
	case "EventID":
		return "EventID"
	case "Version", "Task", "Opcode", "Keywords", "Correlation", "Security":
		return "-"
	case "Level":
		return "Level"
	case "TimeCreated":
		return "TimeCreated"
	case "EventRecordID":
		return "EventRecordID"
	case "Execution":
		return "Execution"
	case "Channel":
		return "Channel"
	case "Computer":
		return "Computer"
	case "EventData":
		return "EventData"
	case "Data":
		return "Data"
	case "Binary":
		return "Binary"
	}
	return string(name)
}

// fromXML reads <Event>. It is true when that had a whole System part.
func (e *event) fromXML(xml []byte, scratch []byte) (whole bool, text []byte) {
	w := &xmlWalk{t: xmlTokens{b: xml}, text: scratch[:0]}
	dataName := ""
	opened := func() {
		switch {
		case w.depth == 3 && w.names[1] == "System":
			e.systemAttrs(&w.t, w.names[2])
		case w.depth == 3 && w.names[1] == "EventData":
			dataName = w.t.attr("Name")
		}
	}
	for w.leave(opened) {
		switch {
		case w.depth == 2 && w.names[1] == "System":
			whole = true
		case w.depth == 3 && w.names[1] == "System":
			e.systemText(w.names[2], w.text)
		case w.depth == 3 && w.names[1] == "EventData" && w.names[2] == "Binary":
			e.binary = strings.TrimSpace(shorten(string(w.text), 2*maxBinary))
		case w.depth == 3 && w.names[1] == "EventData":
			e.addData(dataName, string(w.text))
		case w.depth >= 3 && w.depth <= maxNames && w.names[1] == "UserData" && w.leaf:
			e.addData(w.names[w.depth-1], string(w.text))
		case w.depth == 3 && w.names[1] == "RenderingInfo" && w.names[2] == "Message":
			e.set(fieldMessage, firstParagraph(string(w.text)))
		}
		w.left()
	}
	return whole, w.text
}

func (e *event) systemAttrs(t *xmlTokens, name string) {
	switch name {
	case "Provider":
		e.set(fieldSource, t.attr("Name"))
		e.set(fieldSource, t.attr("EventSourceName"))
	case "EventID":
		e.set(fieldQualifiers, t.attr("Qualifiers"))
	case "TimeCreated":
		e.set(fieldDate, t.attr("SystemTime"))
	case "Execution":
		e.set(fieldPID, t.attr("ProcessID"))
		e.set(fieldTID, t.attr("ThreadID"))
	}
}

func (e *event) systemText(name string, text []byte) {
	f := noField
	switch name {
	case "EventID":
		f = fieldID
	case "Level":
		f = fieldLevel
	case "EventRecordID":
		f = fieldRecord
	case "Channel":
		f = fieldLog
	case "Computer":
		f = fieldComputer
	default:
		return
	}
	e.set(f, string(text))
}

// fromCLIXML reads an <Obj> of Export-Clixml: its properties are the elements of
// Props and MS, named by N.
func (e *event) fromCLIXML(xml []byte, scratch []byte) (text []byte) {
	w := &xmlWalk{t: xmlTokens{b: xml}, text: scratch[:0]}
	property, name := "", ""
	opened := func() {
		name = w.t.attr("N")
		if w.depth == 3 {
			property = strings.ToLower(name)
		}
	}
	for w.leave(opened) {
		part := w.names[min(w.depth, maxNames)-1]
		f := properties[property]
		switch property {
		case "source":
			f = fieldSource
		case "level":
			f = fieldLevel
		}
		switch {
		case w.depth < 3 || !w.leaf:
		case property == "properties" && name == "Value", f == fieldStrings && part == "S" && w.depth > 3:
			e.addData("", cliText(w.text))
		case f == noField || f == fieldIgnored || f == fieldStrings:
		case w.depth == 3, w.depth == 4 && part == "ToString":
			e.set(f, cliText(w.text))
		}
		w.left()
	}
	e.form = FormCLIXML
	e.text[fieldMessage] = firstParagraph(e.text[fieldMessage])
	return w.text
}

// cliText reads the escapes of CLIXML, such as _x000A_.
func cliText(text []byte) string {
	s := string(text)
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || i+7 > len(s) {
			break
		}
		n, err := hex.DecodeString(s[i+2 : i+6])
		if err != nil || s[i+6] != '_' {
			out.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		out.WriteString(s[:i])
		out.WriteRune(rune(n[0])<<8 | rune(n[1]))
		s = s[i+7:]
	}
	out.WriteString(s)
	return out.String()
}
