package saved

import (
	"bytes"
	"strings"
)

// psLog is what stands above a record of Sysinternals' PsLogList, which prints
//
//	System log on \\SRV01:
//	[51302] Tcpip
//	   Type:     WARNING
//	   Computer: SRV01
//	   Time:     11/20/2026 10:14:33 AM   ID:       4231
//	   User:     NT AUTHORITY\SYSTEM
//	the message
//
// and with -s a record a line, with commas or what -t asks for between the values. Its words
// are English in every language; the form is that of a public text of version 2.81, that of
// -s is by the scripts that read it.
type psLog struct {
	log, host      string // of the heading
	record, source string // of the line above, "" when it is no first line of a record
	line           int
	offset         int64
}

// psTypes are the types of records.
var psTypes = map[string]bool{"ERROR": true, "WARNING": true, "INFORMATION": true, "AUDIT SUCCESS": true, "AUDIT FAILURE": true, "SUCCESS": true}

// takePsLog reads a line of PsLogList.
func (r *Reader) takePsLog() bool {
	p, text := &r.psLog, bytes.TrimSpace(r.text)
	if record, source, ok := psHead(text); ok {
		if r.block.open && r.block.psLog {
			r.flush()
		}
		p.record, p.source, p.line, p.offset = record, source, r.line.number, r.line.offset
		return false
	}
	if r.block.open && r.block.psLog && !r.block.described {
		if taken, ended := r.takePsLabel(text); taken || ended {
			return taken
		}
	}
	if kind, ok := bytes.CutPrefix(text, []byte("Type:")); ok && p.source != "" && psTypes[string(bytes.TrimSpace(kind))] {
		r.flush()
		r.openBlock()
		b := &r.block
		b.psLog, b.e.line, b.e.offset = true, p.line, p.offset
		b.e.set(fieldRecord, p.record)
		b.e.set(fieldSource, p.source)
		b.e.set(fieldLog, p.log)
		b.e.set(fieldLevelName, string(kind))
		return true
	}
	p.source = ""
	switch {
	case len(text) == 0:
	case text[0] >= '0' && text[0] <= '9':
		return r.takePsRow(text)
	case text[len(text)-1] == ':' && len(text) < 256:
		if log, host, ok := bytes.Cut(text[:len(text)-1], []byte(` log on \\`)); ok && len(log) > 0 && bytes.IndexByte(host, ' ') < 0 {
			r.flush()
			p.log, p.host = string(log), string(host)
			return true
		}
	}
	return false
}

// psHead reads the first line of a record, "[51302] Tcpip".
func psHead(text []byte) (record, source string, ok bool) {
	if len(text) < 5 || len(text) > 256 || text[0] != '[' {
		return "", "", false
	}
	number, rest, ok := bytes.Cut(text[1:], []byte("] "))
	if !ok || !digits(number) {
		return "", "", false
	}
	return string(number), string(rest), true
}

// takePsLabel reads a line below the first of a record: a label, or where none is left the
// first of the message. ended tells a block that is no record.
func (r *Reader) takePsLabel(text []byte) (taken, ended bool) {
	b := &r.block
	label, value, _ := bytes.Cut(text, []byte(":"))
	switch string(label) {
	case "Computer":
		b.e.set(fieldComputer, string(value))
	case "Time":
		date, id, ok := bytes.Cut(value, []byte(" ID:"))
		if !ok {
			b.open = false
			return false, true
		}
		b.e.set(fieldDate, string(date))
		b.e.set(fieldID, string(id))
	case "User", "Category":
	default:
		if b.e.text[fieldID] == "" {
			b.open = false
			return false, true
		}
		b.e.set(fieldComputer, r.psLog.host)
		b.described = true
		r.addMessage(r.text)
	}
	return true, false
}

// takePsRow reads a record of -s: number, log, source, type, computer, time, id, user, message.
func (r *Reader) takePsRow(text []byte) bool {
	columns := [...]field{fieldRecord, fieldLog, fieldSource, fieldLevelName, fieldComputer, fieldDate, fieldID, fieldIgnored, fieldMessage}
	for _, comma := range []string{",", "\t", ";", "|"} {
		cells := strings.SplitN(string(text), comma, len(columns))
		if len(cells) < len(columns)-1 {
			continue
		}
		e := event{form: FormPsLogList, line: r.line.number, offset: r.line.offset}
		for i, c := range cells {
			e.set(columns[i], strings.Trim(c, `" `))
		}
		if !psTypes[e.text[fieldLevelName]] || !digits([]byte(e.text[fieldRecord])) || !digits([]byte(e.text[fieldID])) || !e.rowTime() || !e.rowID() {
			continue
		}
		r.flush()
		r.give(&e)
		return true
	}
	return false
}
