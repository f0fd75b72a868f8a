package saved

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Programs that turn the XML of an event into JSON keep its element System: evtx_dump,
// Velociraptor, and shippers that pass it on. They differ in where attributes stand.

// maxNested is how deep in an object System is looked for.
const maxNested = 4

// systemOf is the element System of an event and the object that it stands in, nil where
// there is none.
func systemOf(object map[string]json.RawMessage, deep int) (system, around map[string]json.RawMessage) {
	if system = objectOf(object["System"]); system["EventID"] != nil {
		return system, object
	}
	for _, name := range []string{"Event", "event", "content", "attributes", "_source", "winlog"} {
		if inner := objectOf(object[name]); inner != nil && deep < maxNested {
			if system, around = systemOf(inner, deep+1); system != nil {
				return system, around
			}
		}
	}
	return nil, nil
}

func objectOf(raw json.RawMessage) map[string]json.RawMessage {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var object map[string]json.RawMessage
	_ = json.Unmarshal(raw, &object) // what is no object is none
	return object
}

// attribute is one of an element: among its own names, with a mark, or in an object of
// attributes.
func attribute(raw json.RawMessage, name string) string {
	object := objectOf(raw)
	for _, have := range []json.RawMessage{object[name], object["@"+name], objectOf(object["#attributes"])[name], objectOf(object["@attributes"])[name]} {
		if have != nil {
			return jsonText(have)
		}
	}
	return ""
}

// content is the text of an element, which has attributes beside it or not.
func content(raw json.RawMessage) string {
	if object := objectOf(raw); object != nil {
		for _, name := range []string{"#text", "text", "Value"} {
			if object[name] != nil {
				return jsonText(object[name])
			}
		}
		return ""
	}
	return jsonText(raw)
}

// system sets what the element System tells, and the strings of EventData.
func (e *event) system(system, around map[string]json.RawMessage) {
	e.set(fieldID, content(system["EventID"]))
	e.set(fieldQualifiers, attribute(system["EventID"], "Qualifiers"))
	e.set(fieldSource, attribute(system["Provider"], "Name"))
	e.set(fieldLevel, content(system["Level"]))
	e.set(fieldRecord, content(system["EventRecordID"]))
	e.set(fieldLog, content(system["Channel"]))
	e.set(fieldComputer, content(system["Computer"]))
	e.set(fieldDate, systemTime(attribute(system["TimeCreated"], "SystemTime")))
	data := objectOf(around["EventData"])["Data"]
	if of := objectOf(data)["#text"]; of != nil {
		data = of
	}
	e.jsonStrings(data)
}

// systemTime is UTC, whether it says so or not: text, or seconds since 1970.
func systemTime(text string) string {
	if sec, err := strconv.ParseFloat(text, 64); err == nil && sec > 0 && sec < 1<<33 {
		return time.UnixMilli(int64(sec * 1000)).UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if text != "" && !strings.HasSuffix(text, "Z") && !strings.Contains(text, "+") {
		text += "Z"
	}
	return text
}
