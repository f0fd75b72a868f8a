package saved

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Programs that collect logs write an event as one line: Snare with tabs between its
// columns; NXLog, WinCollect and others as name=value; alerts of monitoring as "Event ID:
// 4231, Source: Tcpip". The forms of Snare, of NXLog's structured data and of WinCollect
// are from their manuals, and of Splunk's "EventCode=4231" from public searches.

// snareMark is a column of every line of Snare's.
const snareMark = "MSWinEventLog"

// snareFields are the columns behind it: criticality, log, counter, time, id, source, user,
// kind of the user, level, computer, category, data, message.
var snareFields = [...]field{
	fieldIgnored, fieldLog, fieldIgnored, fieldDate, fieldID, fieldSource, fieldIgnored, fieldIgnored, fieldLevelName, fieldComputer, fieldIgnored, fieldIgnored, fieldMessage,
}

// yearLast is a time of C: "Tue Mar 10 09:04:11 2026".
var yearLast = regexp.MustCompile(`^[A-Z][a-z]{2} ([A-Z][a-z]{2} +\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$`)

// takeCollected reads an event that stands in one line.
func (r *Reader) takeCollected() bool {
	text := r.text
	if _, after, ok := bytes.Cut(text, []byte(snareMark)); ok {
		return r.takeSnare(string(after))
	}
	if len(text) < 24 || bytes.IndexByte(text, '=') < 0 && bytes.IndexByte(text, ',') < 0 && bytes.IndexByte(text, '|') < 0 || !namesID(text) {
		return false
	}
	e := event{form: FormCollected, line: r.line.number, offset: r.line.offset}
	if !e.pairs(string(bytes.TrimLeft(text, " \t"))) {
		return false
	}
	r.flush()
	r.give(&e)
	return true
}

// namesID tells a line with a name of the id of an event.
func namesID(text []byte) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte("vent"))
		if i < 0 {
			return false
		}
		from += i + 4
		rest := bytes.TrimLeft(text[from:min(len(text), from+8)], " _\"")
		if len(rest) > 1 && (rest[0]|0x20 == 'i' && rest[1]|0x20 == 'd' || rest[0]|0x20 == 'c' && rest[1]|0x20 == 'o') {
			return true
		}
	}
}

func (r *Reader) takeSnare(text string) bool {
	columns := strings.Split(text, "\t")
	if len(columns) < 12 {
		columns = strings.Split(text, "#011") // as rsyslog writes a tab
	}
	if len(columns) < 12 {
		return false
	}
	e := event{form: FormCollected, line: r.line.number, offset: r.line.offset}
	for i, f := range snareFields {
		if i+1 < len(columns) && f != fieldIgnored && columns[i+1] != "N/A" {
			e.set(f, yearLast.ReplaceAllString(columns[i+1], "$1 $3 $2"))
		}
	}
	if !e.rowID() || !e.rowTime() {
		return false
	}
	r.flush()
	r.give(&e)
	return true
}

// pairNames are those of name=value, without what stands between their words.
var pairNames = map[string]field{
	"eventid": fieldID, "eventcode": fieldID, "sourcename": fieldSource, "source": fieldSource, "providername": fieldSource, "provider": fieldSource, "eventsource": fieldSource,
	"computer": fieldComputer, "computername": fieldComputer, "machinename": fieldComputer, "hostname": fieldComputer, "host": fieldComputer, "server": fieldComputer,
	"channel": fieldLog, "log": fieldLog, "logname": fieldLog, "logfile": fieldLog, "eventlog": fieldLog, "agentlogfile": fieldLog,
	"level": fieldLevelName, "type": fieldLevelName, "severity": fieldLevelName, "entrytype": fieldLevelName, "eventtype": fieldLevelName,
	"time": fieldDate, "timegenerated": fieldDate, "timecreated": fieldDate, "eventtime": fieldDate, "timestamp": fieldDate, "date": fieldDate, "datetime": fieldDate,
	"recordnumber": fieldRecord, "recordid": fieldRecord, "message": fieldMessage, "msg": fieldMessage,
}

// pairWord is a name, perhaps in quotation marks, with "=" or ":" behind it.
var pairWord = regexp.MustCompile(`(?:^|[\s,;|\["'])([A-Za-z][A-Za-z_ ]{1,20}?)["']? ?[:=] ?`)

// sender is the machine in the head of a line of syslog.
var sender = regexp.MustCompile(`^(?:<\d{1,3}>)?(?:1 \d\S+|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) ([\w.-]+) `)

// listed are "Event ID 4231" and "Source Tcpip" with commas around them.
var listed = regexp.MustCompile(`(?i)(?:^|[,;|(] ?)(event ?id|event ?code|source|computer|level|log) #?([\w.-]+)`)

// pairs reads the names and values of a line; false unless they are an event's with a time.
func (e *event) pairs(text string) bool {
	all := pairWord.FindAllStringSubmatchIndex(text, 64)
	for i, m := range all {
		end := len(text)
		if i+1 < len(all) {
			end = all[i+1][0]
		}
		f, ok := pairNames[bareName(text[m[2]:m[3]])]
		if !ok {
			continue
		}
		if value := pairValue(text[m[1]:end]); f != fieldLevelName || isLevel([]byte(value)) {
			e.set(f, value)
		}
	}
	if m := sender.FindStringSubmatch(text); m != nil {
		e.set(fieldComputer, m[1])
	}
	for _, m := range listed.FindAllStringSubmatch(text, 16) {
		e.set(pairNames[bareName(m[1])], m[2])
	}
	if !e.known() || !e.rowID() {
		return false
	}
	if n, err := strconv.ParseInt(e.text[fieldDate], 10, 64); err == nil && n > 1e9 { // seconds or milliseconds since 1970
		if n > 1e11 {
			n /= 1000
		}
		e.text[fieldDate] = time.Unix(n, 0).UTC().Format(time.RFC3339)
	}
	if !e.rowTime() {
		e.text[fieldDate] = stampIn(text)
	}
	return e.rowTime()
}

// bareName is a name without blanks and dashes, in lower case.
func bareName(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "_", "").Replace(name))
}

// pairValue is the value at the beginning of a text, up to what parts it from the next.
func pairValue(text string) string {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		if i := strings.IndexByte(text[1:], text[0]); i >= 0 {
			return text[1 : i+1]
		}
	}
	if i := strings.IndexAny(text, "\t,;|]"); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSpace(text)
}

// stampShape is a date and a time in the middle of a line.
var stampShape = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d{1,2}[./-]\d{1,2}[./-]\d{4},? \d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?|[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?: \d{4})?`)

// stampIn is the first date and time of a line, "" without one.
func stampIn(text string) string { return stampShape.FindString(text) }
