package saved

import (
	"bytes"
	"strings"
)

// takeAssignment reads a line "EventCode=4231" of an event as Splunk keeps it: a field a
// line, below a line with the time.
func (r *Reader) takeAssignment() bool {
	b := &r.block
	text := bytes.TrimLeft(r.text, " \t")
	i := bytes.IndexByte(text[:min(len(text), 24)], '=')
	if i < 4 || b.open && b.described && !b.splunk || !b.splunk && !splunkBegins(text[:i]) {
		return false
	}
	w, known := wordOf(text[:i])
	if !known {
		return b.open && b.splunk && !b.described
	}
	if b.open && (!b.splunk || b.described && splunkBegins(text[:i]) || b.e.text[w.field] != "" && w.field != fieldIgnored && !b.described) {
		r.flush()
	}
	if b.open && b.described {
		return false // a line of the message
	}
	if !b.open {
		r.flushRow()
		r.openBlock()
		b.splunk = true
		if _, ok := parseStamp(strings.TrimSpace(string(r.above))); ok {
			b.e.set(fieldDate, string(r.above))
		}
	}
	b.quiet, b.last = 0, w.field
	value := text[i+1:]
	switch w.field {
	case fieldMessage:
		b.described, b.ended = true, false
		r.addMessage(value)
	case fieldIgnored:
	default:
		b.e.set(w.field, string(value))
	}
	return true
}

// splunkBegins tells the names with which an event begins.
func splunkBegins(name []byte) bool {
	switch string(name) {
	case "LogName", "EventCode", "SourceName":
		return true
	}
	return false
}
