package verdict

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"portverdict/etl"
	"portverdict/evtx"
	"portverdict/report"
)

// eventLog is what one EVTX source tells.
type eventLog struct {
	stats    evtx.Stats
	records  []logRecord // of Tcpip and AFD
	life     []logRecord // of the machine: starts, stops, clears, clock changes
	symptoms []logRecord
}

// logRecord is one record that was asked for.
type logRecord struct {
	id       int
	key      string // channel, computer, EventRecordID: the same record in two exports
	computer string
	row      report.Evidence
}

// readLog reads a log with as many workers: all of it for witnesses, and then, for
// what else it can tell, from a day before the first witness, or for the last week
// it holds. Older starts and errors bear on nothing, and logs can be gigabytes.
func (s *source) readLog(r io.ReaderAt, workers int) {
	l := &eventLog{}
	if !s.walkLog(r, l, wantedOptions(workers, func(w wantedFor) bool { return w == asWitness }), true) {
		return
	}
	s.log = l
	from := l.stats.Last.Add(-lifeBefore)
	for i := range l.records {
		if t := l.records[i].row.Time.Add(-windowBefore); t.Before(from) {
			from = t
		}
	}
	o := wantedOptions(workers, func(w wantedFor) bool { return w != asWitness })
	o.From = from
	s.walkLog(r, l, o, false)
	st := l.stats
	s.Decoded, s.Undecoded = st.Records, st.Undecoded
	s.Wrapped, s.Truncated = st.Wrapped, st.Truncated
	s.Window = report.Span{From: report.Time{Time: st.First}, To: report.Time{Time: st.Last}}
	s.Clock = report.Clock{Zone: "UTC", Offset: "0s", Basis: "event times are UTC"}
	s.describeLog()
}

// walkLog takes the records that the options ask for; the first walk tells of the
// damage and of the whole log.
func (s *source) walkLog(r io.ReaderAt, l *eventLog, o *evtx.Options, first bool) bool {
	reader, err := evtx.NewReader(r, s.Size, o)
	if err != nil {
		s.diagnose(logDiagnostic(err, "error"))
		return false
	}
	for rec, err := range reader.Records() {
		if err == nil {
			l.take(s, &rec)
		} else if first {
			s.damaged = true
			s.diagnose(logDiagnostic(err, "warning"))
		}
	}
	if first {
		l.stats = reader.Stats()
	} else {
		l.stats.Undecoded += reader.Stats().Undecoded
	}
	return true
}

// take keeps a record under what it is wanted for.
func (l *eventLog) take(s *source, rec *evtx.Record) {
	w := wantedAs(rec)
	if w == nil || len(l.records)+len(l.life)+len(l.symptoms) >= maxLogRecords {
		return
	}
	row := s.logRecord(rec, w)
	switch w.as {
	case asWitness:
		// Windows writes these to the System log; a script may write to another.
		if rec.Channel == "" || strings.EqualFold(rec.Channel, "System") {
			l.records = append(l.records, row)
		}
	case asLife:
		if rec.ID != clockChange || clockJump(rec) >= clockJumpTold {
			l.life = append(l.life, row)
		}
		s.lifeFacts(rec)
	case asSymptom:
		l.symptoms = append(l.symptoms, row)
	}
}

func (s *source) logRecord(rec *evtx.Record, w *wantedRecord) logRecord {
	id := int(rec.ID)
	fields := map[string]string{
		"provider": rec.Provider, "event_id": fmt.Sprint(id), "channel": rec.Channel, "computer": rec.Computer,
		"origin": rec.Origin.String(),
	}
	text := fmt.Sprintf("%s %d: %s", rec.Provider, id, w.text)
	if w.as != asWitness || id == 16002 {
		if said := dataFields(rec, fields); said != "" {
			text += ": " + shorten(said)
		}
	}
	return logRecord{
		id: id, computer: rec.Computer,
		key: fmt.Sprintf("%s\x00%s\x00%d", rec.Channel, rec.Computer, rec.RecordID),
		row: s.row(report.Evidence{
			Kind: "evtx." + fmt.Sprint(id), Offset: rec.Offset, Record: int64(rec.RecordID),
			Time: report.Time{Time: rec.Time}, TimePrecision: "exact", PID: -1, Text: text, Fields: fields,
		}),
	}
}

// dataFields adds the strings of a record that have names to the fields, and gives
// the others as one text. Which of them name a machine or a person, names tell.
func dataFields(rec *evtx.Record, fields map[string]string) string {
	var said []string
	for i, text := range rec.Data {
		text = strings.Join(strings.Fields(text), " ")
		name := rec.Names[i]
		switch {
		case text == "":
		case name == "" && i == 0 && strings.EqualFold(rec.Provider, "NETLOGON") && rec.ID == 5719:
			fields["domain"] = shorten(text)
		case name == "" || fields[name] != "" || len(fields) >= maxDataFields:
			said = append(said, text)
		default:
			fields[name] = shorten(socketAddress(text))
		}
	}
	return strings.Join(said, " ")
}

const maxDataFields = 24 // names in a record are written by strangers too

// socketAddress gives a SOCKADDR, which DNS-Client logs in hexadecimal (family low
// byte first, port high byte first), as address and port; all else as it is.
func socketAddress(text string) string {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) < 16 {
		return text
	}
	port := binary.BigEndian.Uint16(b[2:])
	switch family := binary.LittleEndian.Uint16(b); {
	case family == 2:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), port).String()
	case family == 23 && len(b) >= 24:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), port).String()
	}
	return text
}

func logDiagnostic(err error, severity string) report.Diagnostic {
	var fe *evtx.FormatError
	if errors.As(err, &fe) {
		return report.Diagnostic{Code: fe.Code, Severity: severity, Offset: fe.Offset, Length: fe.Length, Text: fe.Detail}
	}
	return report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()}
}

// isSystem tells that a log is the System log, as far as its records say.
func (l *eventLog) isSystem() bool {
	return l.stats.Channel == "" || strings.EqualFold(l.stats.Channel, "System")
}

// covers tells whether this is a System log whose live records reach over the span.
func (l *eventLog) covers(from, to time.Time) bool {
	return l.isSystem() && !l.stats.First.IsZero() && !from.IsZero() && !l.stats.First.After(from) && !l.stats.Last.Before(to)
}

func fileTime(t time.Time) etl.FileTime {
	return etl.FileTime(t.Unix()*1e7+int64(t.Nanosecond())/100) + 116444736000000000
}
