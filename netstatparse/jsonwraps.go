package netstatparse

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portverdict/netstatparse/paste"
)

// Scripts put connections into an object, with the machine's name and the time beside
// them, in any order:
//
//	{"Tcp": [{...}], "Udp": [{...}], "ComputerName": "SRV01", "Timestamp": "2026-03-10T10:00:00+01:00"}
//
// and Windows PowerShell writes an array within an object as {"value": [...], "Count": 2}.
// Since the name may stand behind the connections, their tables are held until then.

// wrap is an object that holds others.
type wrap struct {
	open        bool
	began       bool   // a table began in it
	from        int    // the first of the tables held that are its own
	host, stamp string // as it names them, "" where it does not
	line        int    // of the stamp
	key         string // of what is being read
	first       bool   // no connection of that was read
}

// timeNames are the properties with the time at which a script ran, in small letters.
var timeNames = map[string]bool{
	"time": true, "timestamp": true, "@timestamp": true, "date": true, "datetime": true, "collected": true, "collectedat": true, "captured": true,
	"capturedat": true, "capturetime": true, "collectiontime": true, "taken": true, "timeutc": true, "timestamputc": true, "utc": true,
}

// families are the names of parts of one table, as those of states are.
var families = map[string]bool{"tcp": true, "tcp4": true, "tcp6": true, "tcpv4": true, "tcpv6": true, "ipv4": true, "ipv6": true}

// connects tells that the object has properties of a connection: what such a one holds
// besides is noise of PowerShell.
func (o *object) connects() bool { return o.has[localPort] || o.has[localAddress] || o.has[instanceID] }

// evident tells a connection by more than a port: records of events, and settings of
// programs, have ports as well.
func (o *object) evident() bool {
	if !o.has[localPort] {
		return strings.Contains(o.text[instanceID], "++") || strings.Contains(o.text[instanceID], "??")
	}
	return o.has[localAddress] && (o.has[owningProcess] || o.has[stateProperty] || o.has[remotePort]) || o.has[stateProperty] && o.has[owningProcess]
}

// property reads a property of an object that is no connection so far.
func (j *jsonText) property(w *wrap, o *object, name string) error {
	token, err := j.dec.Token()
	if err != nil || token == nil {
		return err
	}
	label := strings.ToLower(name)
	if delim, ok := token.(json.Delim); ok {
		if !w.open {
			w.open = true
			j.wraps = append(j.wraps, w)
		}
		w.key, w.first = label, true
		return j.nested(delim, 0)
	}
	text := fmt.Sprint(token)
	if p, ok := propertyOf(name); ok && p != groupCount && p != groupName {
		o.set(p, text)
	}
	if machine := strings.TrimSuffix(label, "name"); machine != "" {
		if host := paste.HostOf(machine + ": " + text); host != "" {
			w.host = host
		}
	}
	if at := w; timeNames[label] || label == "value" {
		if label == "value" && len(j.wraps) > 0 && timeNames[j.wraps[len(j.wraps)-1].key] {
			at = j.wraps[len(j.wraps)-1] // of Get-Date, which PowerShell writes as an object
		} else if label == "value" {
			return nil
		}
		if s := stampIn(text); s != "" && at.stamp == "" {
			at.stamp, at.line = s, j.pass()
		}
	}
	return nil
}

// msDate is a time as Windows PowerShell writes it in JSON: milliseconds since 1970.
var msDate = pattern(`^/Date\((\d{12,14})\)/$`)

// stampIn is the stamp that a value is, "" for any other.
func stampIn(value string) string {
	if m := msDate().FindStringSubmatch(value); m != nil {
		ms, _ := strconv.ParseInt(m[1], 10, 64) // 14 digits fit
		return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
	}
	if _, ok := parseStamp(value); !ok {
		return ""
	}
	return value
}

// nested reads an array or an object that is the value of a property.
func (j *jsonText) nested(opens json.Delim, depth int) error {
	if opens == '{' {
		return j.element(true)
	}
	for j.dec.More() {
		token, err := j.dec.Token()
		if err != nil {
			return err
		}
		if delim, ok := token.(json.Delim); ok && depth < maxWraps {
			err = j.nested(delim, depth+1)
		} else if ok {
			err = j.skip()
		}
		if j.pass(); err != nil || j.ended {
			return err
		}
	}
	_, err := j.dec.Token()
	return err
}

// skip passes over the rest of an array or an object.
func (j *jsonText) skip() error {
	for open := 1; open > 0; j.pass() {
		token, err := j.dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			open++
		case json.Delim(']'), json.Delim('}'):
			open--
		}
	}
	return nil
}

// put gives a connection to the table it is of.
func (j *jsonText) put(o *object) {
	tool := toolOf(func(p property) bool { return o.has[p] })
	another := j.another()
	if j.current == nil || j.current.Tool != tool || another {
		if !j.flush(&j.table, j.give) {
			j.ended = true
			return
		}
		for _, w := range j.wraps {
			if !w.began {
				w.began, w.from = true, len(j.held)
			}
		}
		j.header, j.strong = true, true
	}
	j.form.tool = tool
	j.ended = !j.addObject(&j.table, o, j.give)
}

// another tells that a connection is the first of another table than the present one: of
// another property, unless both are parts of one table by their names.
func (j *jsonText) another() bool {
	i := len(j.wraps) - 1
	for i >= 0 && j.wraps[i].key == "value" && j.wraps[i].host == "" && j.wraps[i].stamp == "" {
		i--
	}
	if i < 0 || !j.wraps[i].first {
		return false
	}
	w := j.wraps[i]
	w.first = false
	_, state := stateOf(w.key)
	return !w.began || !state && !families[w.key]
}

// endOf ends an object; one that told what a table is of ends that table.
func (j *jsonText) endOf(w *wrap) {
	if w.open && !j.ended {
		j.unwrap()
	}
}

// unwrap ends the innermost of the objects that hold others, and gives the tables held
// with the outermost.
func (j *jsonText) unwrap() {
	w := j.wraps[len(j.wraps)-1]
	if w.began && (w.host != "" || w.stamp != "" || w.key != "value") && !j.flush(&j.table, j.give) {
		j.ended = true
	}
	j.name(w)
	j.wraps = j.wraps[:len(j.wraps)-1]
	j.host = ""
	if len(j.wraps) == 0 && !j.ended {
		j.ended = !j.release()
	}
}

// name tells the tables of an object what it says of them and they do not.
func (j *jsonText) name(w *wrap) {
	if !w.began {
		return
	}
	for _, s := range j.held[w.from:] {
		if s.Host == "" {
			s.Host = w.host
		}
		if t := (table{current: s}); s.Stamp == "" && w.stamp != "" && t.takeStamp(w.stamp, w.line) {
			j.Reader.stamp(&t)
		}
	}
}

// give gives a table to the caller, or holds it until the objects around it have ended.
func (j *jsonText) give(s Snapshot, err error) bool {
	if err != nil || len(j.wraps) == 0 {
		return j.yield(s, err)
	}
	j.room = nil // it has its rows there
	j.held, j.rows = append(j.held, &s), j.rows+len(s.Entries)
	if len(j.held) < maxMachines && j.rows < maxRows {
		return true
	}
	for i := len(j.wraps) - 1; i >= 0; i-- {
		j.name(j.wraps[i])
		j.wraps[i].from = 0
	}
	return j.release()
}

// release gives the tables held to the caller.
func (j *jsonText) release() bool {
	all := j.held
	j.held, j.rows = nil, 0
	for _, s := range all {
		if !j.yield(*s, nil) {
			return false
		}
	}
	return true
}
