package saved

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// An event is what was collected of one record before its parts are understood.
type event struct {
	form     Form
	line     int
	offset   int64
	language language // of its headings
	order    dateOrder
	text     [fields]string
	data     []string
	names    []string
	binary   string // in hexadecimal
}

// set notes a field the first time it has a value.
func (e *event) set(f field, text string) {
	if e.text[f] == "" {
		e.text[f] = strings.TrimSpace(text)
	}
}

// addData notes a string of the event and its name.
func (e *event) addData(name, text string) {
	if len(e.data) < maxData {
		e.data = append(e.data, shorten(text, maxString))
		e.names = append(e.names, name)
	}
}

// shorten cuts text to most bytes, at a character.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:wholeRunes([]byte(text[:most]))]
}

// known tells that e names an event: without a provider its id means nothing.
func (e *event) known() bool {
	return e.text[fieldSource] != "" && (e.text[fieldID] != "" || e.text[fieldInstance] != "")
}

// likely tells that e is a record and not the labels of something else.
func (e *event) likely() bool {
	if e.text[fieldID] == "" && e.text[fieldInstance] == "" {
		return false
	}
	if e.text[fieldDate] == "" {
		return e.text[fieldSource] != "" && (e.text[fieldLog] != "" || e.text[fieldLevelName] != "")
	}
	return e.text[fieldSource] != "" || e.text[fieldLog] != "" || e.text[fieldMessage] != ""
}

// ids reads the id and the qualifiers.
func (e *event) ids() (id, qualifiers uint16, ok bool) {
	instance, err := strconv.ParseInt(e.text[fieldInstance], 10, 64) // some tools print it signed
	q, bad := strconv.ParseUint(e.text[fieldQualifiers], 10, 16)
	if qualifiers = uint16(q); bad != nil {
		qualifiers = uint16(instance >> 16)
	}
	text := e.text[fieldID]
	if text == "" {
		return uint16(instance), qualifiers, err == nil
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), qualifiers, err == nil
}

// record understands the parts. A time that cannot be read is badTime, and the rest stands.
func (e *event) record(o *orders, names kept) (rec Record, badTime, ok bool) {
	id, qualifiers, ok := e.ids()
	if !ok {
		return rec, false, false
	}
	rec = Record{Form: e.form, Line: e.line, Message: shorten(e.text[fieldMessage], maxMessage)}
	r := &rec.Event
	r.Offset, r.Provider, r.ID, r.Qualifiers = e.offset, names.name(e.text[fieldSource]), id, qualifiers
	r.Channel, r.Computer = names.name(channelOf(e.text[fieldLog])), names.name(e.text[fieldComputer])
	if r.Level = levelOf(e.text[fieldLevel]); r.Level == 0 {
		r.Level = levelOf(e.text[fieldLevelName])
	}
	if e.form == FormEventLogJSON {
		r.Level = entryLevel(r.Level)
	}
	r.RecordID, _ = strconv.ParseUint(e.text[fieldRecord], 10, 64)
	r.PID, r.TID = small(e.text[fieldPID]), small(e.text[fieldTID])
	r.Data, r.Names = e.data, e.names
	r.Binary, _ = hex.DecodeString(shorten(e.binary, 2*maxBinary))
	date, clock := e.text[fieldDate], e.text[fieldTime]
	if date == "" && clock == "" {
		return rec, false, true
	}
	s, ok := parseStamp(strings.TrimSpace(date + " " + clock))
	if !ok {
		s, ok = parseStamp(date)
	}
	if !ok {
		return rec, true, true
	}
	order := e.order
	if order == unsure && (e.language == dayLanguage || dayLevel(e.text[fieldLevel]) || dayLevel(e.text[fieldLevelName])) {
		order = dayFirst
	}
	o.settle(&rec, s, order)
	return rec, false, true
}

// channelOf is the name of a log; Event Viewer shows that of the System log in its own
// language, and some copies have it so.
func channelOf(text string) string {
	switch strings.ToLower(text) {
	case "système", "sistema", "система", "システム", "系统", "系統", "시스템", "systém", "systeem":
		return "System"
	}
	return text
}

// entryLevel is the level of an EventLogEntryType by its number: 1 is an error, 2 a
// warning, 4 information; the audits, 8 and 16, have level 0.
func entryLevel(n uint8) uint8 {
	switch n {
	case 1, 2:
		return n + 1
	case 4:
		return 4
	}
	return 0
}

func small(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)
	return uint32(n)
}

// kept keeps names that stand in many records once.
type kept map[string]string

func (k kept) name(s string) string {
	if have, ok := k[s]; ok {
		return have
	}
	if len(k) < maxKept && len(s) <= 256 {
		s = strings.Clone(s)
		k[s] = s
	}
	return s
}
