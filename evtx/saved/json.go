package saved

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A jsonSplit cuts the objects out of what ConvertTo-Json wrote: one object, a list
// of them, {"value":[...]}, or an object a line.
type jsonSplit struct {
	open    bool
	acc     []byte // from the beginning of the object, or empty between objects
	depth   int
	object  int // the depth of the object in acc, 0 between objects
	inside  bool
	escaped bool
	line    int
	offset  int64
}

// startJSON begins when the line can be the beginning of such a text.
func (r *Reader) startJSON() bool {
	text := bytes.TrimLeft(r.text, " \t")
	switch {
	case len(text) == 0 || text[0] != '{' && text[0] != '[':
		return false
	case text[0] == '[' && len(text) > 1 && !jsonNext(text[1:], '{'), text[0] == '{' && len(text) > 1 && !jsonNext(text[1:], '"'):
		return false
	}
	r.json = jsonSplit{open: true, acc: r.json.acc[:0]}
	return r.feedJSON()
}

// jsonNext tells that text goes on with c, if it goes on.
func jsonNext(text []byte, c byte) bool {
	text = bytes.TrimLeft(text, " \t")
	return len(text) == 0 || text[0] == c
}

// feedJSON takes a piece; false when it cannot be part of JSON, and is read as a line.
func (r *Reader) feedJSON() bool {
	j := &r.json
	if r.line.first && !jsonLine(j, bytes.TrimLeft(r.text, " \t")) {
		r.dropJSON("the JSON of an event breaks off")
		return false
	}
	text := r.text
	if !r.line.last {
		text = r.line.text
	}
	for i := 0; i < len(text) && j.open && !r.stopped; i++ {
		c := text[i]
		if j.object > 0 {
			j.acc = append(j.acc, c)
		}
		switch {
		case j.escaped:
			j.escaped = false
		case j.inside:
			j.escaped = c == '\\'
			j.inside = c != '"'
		case c == '"':
			j.inside = true
		case c == '{' || c == '[':
			r.openJSON(c)
		case c == '}' || c == ']':
			r.closeJSON()
		}
	}
	if len(j.acc) > maxEvent {
		r.dropJSON("the JSON of an event is longer than an event can be")
	}
	return true
}

// jsonLine tells that a line can stand in JSON where the text before it ends.
func jsonLine(j *jsonSplit, text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if j.inside {
		return false
	}
	if strings.IndexByte(`"{}[],:-0123456789`, text[0]) >= 0 {
		return true
	}
	for _, w := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(text, []byte(w)) {
			return true
		}
	}
	return false
}

func (r *Reader) openJSON(c byte) {
	j := &r.json
	j.depth++
	switch {
	case j.object == 0 && c == '{':
		j.object = j.depth
		j.acc = append(j.acc[:0], c)
		j.line, j.offset = r.line.number, r.line.offset
	case c == '[' && j.depth == j.object+1 && len(j.acc) < 64 && strings.Join(strings.Fields(string(j.acc)), "") == `{"value":[`:
		j.object, j.acc = 0, j.acc[:0] // PowerShell 5 wraps lists so
	}
}

func (r *Reader) closeJSON() {
	j := &r.json
	if j.depth == j.object {
		r.takeJSON()
		j.object, j.acc = 0, j.acc[:0]
	}
	if j.depth--; j.depth <= 0 {
		j.open = false
	}
}

// dropJSON gives up what was open. It is damage if it was an event.
func (r *Reader) dropJSON(why string) {
	j := &r.json
	j.open = false
	if j.object > 0 && (bytes.Contains(j.acc, []byte(`"ProviderName"`)) || bytes.Contains(j.acc, []byte(`"InstanceId"`)) || bytes.Contains(j.acc, []byte(`"TimeCreated"`)) || bytes.Contains(j.acc, []byte(`"EventRecordID"`))) {
		r.flush()
		r.undecoded(CodeJSON, j.line, why)
	}
}

// takeJSON gives the event of an object, if it is one.
func (r *Reader) takeJSON() {
	j := &r.json
	var object map[string]json.RawMessage
	if json.Unmarshal(j.acc, &object) != nil {
		r.dropJSON("the JSON of an event is broken")
		j.open = true
		return
	}
	e := event{form: FormEventLogJSON, line: j.line, offset: j.offset}
	unfoldShipped(object)
	if system, around := systemOf(object, 0); system != nil {
		e.form = FormWinEventJSON
		e.system(system, around)
		object = map[string]json.RawMessage{"Message": object["Message"]}
	}
	for name, raw := range object {
		f := properties[strings.ToLower(name)]
		if f == noField {
			f = shippedFields[strings.ToLower(name)]
		}
		switch {
		case strings.EqualFold(name, "Properties") || f == fieldStrings:
			e.jsonStrings(raw)
		case f != noField && f != fieldIgnored:
			e.set(f, jsonText(raw))
		}
		if isWinEvent([]byte(name)) {
			e.form = FormWinEventJSON
		}
	}
	if e.text[fieldMessage] = firstParagraph(e.text[fieldMessage]); e.likely() {
		r.flush()
		r.give(&e)
	}
}

// shippedFields are further names of properties in JSON: of scripts, and of the log shippers
// NXLog and Winlogbeat.
var shippedFields = map[string]field{
	"source": fieldSource, "level": fieldLevel, "eventtime": fieldDate, "@timestamp": fieldDate, "hostname": fieldComputer, "channel": fieldLog,
	"provider_name": fieldSource, "event_id": fieldID, "computer_name": fieldComputer, "record_id": fieldRecord,
}

// unfoldShipped puts what Winlogbeat keeps in an object of its own beside the message.
func unfoldShipped(object map[string]json.RawMessage) {
	var inner map[string]json.RawMessage
	if json.Unmarshal(object["winlog"], &inner) != nil {
		return
	}
	for name, raw := range inner {
		if shippedFields[name] != noField {
			object[name] = raw
		}
	}
}

// jsonText is a value as text. PowerShell 5 writes a time as "/Date(ms)/", and some
// values as an object with the value in it.
func jsonText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if ms, ok := strings.CutPrefix(text, "/Date("); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(ms, ")/"), 10, 64)
			if err == nil && n > 0 && n < 1<<43 {
				return time.UnixMilli(n).UTC().Format("2006-01-02T15:04:05.000Z")
			}
		}
		return text
	}
	var object struct{ Value json.RawMessage }
	if len(raw) > 0 && raw[0] == '{' {
		if json.Unmarshal(raw, &object) == nil && len(object.Value) > 0 && object.Value[0] != '{' {
			return jsonText(object.Value)
		}
		return ""
	}
	if text = string(raw); text == "null" {
		return ""
	}
	return text
}

// jsonStrings reads Properties, a list of {"Value": ...}, and lists of strings.
func (e *event) jsonStrings(raw json.RawMessage) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return
	}
	for _, item := range list {
		if text := jsonText(item); !strings.HasPrefix(text, "System.Diagnostics.") {
			e.addData("", text)
		}
	}
}
