package facts

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"portverdict/evtx"
	"portverdict/report"
)

// Log is what one event log tells.
type Log struct {
	// First and Last are the times of its first and last record: what it can speak for.
	First, Last report.Time
	Channel     string
	Computer    string // of its first record; of a saved text, of all that name one
	Damaged     bool   // some records could not be read
	Forwarded   bool   // a collector's log of what others sent: its computers alternate, or its channel says so
	Records     []*Record
	Life        []*Record
	Symptoms    []*Record
	Drivers     []*Record

	// Agreed and Disagreed count the witness records that a second, independent reader of
	// event logs read the same, and otherwise.
	Agreed, Disagreed int

	latest *Record // that was kept

	label  string          // of the computer of the latest that names one
	labels map[string]bool // of all before it
}

// Record is one record of a log that bears on a verdict.
type Record struct {
	Source   *Source
	ID       int
	Provider string
	Computer string
	Channel  string
	Time     report.Time
	// Port and PID are those that AFD 16002 tells; Port is 0 and PID unknown where a
	// record has none.
	Port      int
	PID       report.PID
	Transport Transport
	Data      []string // its strings
	// Wall is the local time of a saved record whose zone is not known, WallOr its other
	// reading where day and month could be either; Time is zero then.
	Wall, WallOr time.Time
	Text         string // what it means

	names  []string
	line   int // of a saved text, 0 of a log
	offset int64
	number uint64
	origin string
}

// IsSystem tells that a log is the System log of a machine, as far as its records say: a
// collector keeps the channel of what was sent to it.
func (l *Log) IsSystem() bool {
	return !l.Forwarded && (l.Channel == "" || strings.EqualFold(l.Channel, "System"))
}

// Covers tells whether this is a System log whose records reach over the span.
func (l *Log) Covers(from, to report.Time) bool {
	return l.IsSystem() && !l.First.IsZero() && !from.IsZero() && !l.First.After(from.Time) && !l.Last.Before(to.Time)
}

// readLog reads a log with as many workers.
func (s *Source) readLog(r io.ReaderAt, workers int) {
	reader, err := evtx.NewReader(r, s.Size, wantedOptions(workers))
	if err != nil {
		s.Damaged = true
		s.diagnose(logDiagnostic(err, "error"))
		return
	}
	l := &Log{}
	for rec, err := range reader.Records() {
		if err == nil {
			s.move(&rec.Time)
			l.take(s, &rec)
			continue
		}
		severity := "note"
		if losesRecords(err) {
			s.Damaged, l.Damaged = true, true
			severity = "warning"
		}
		s.diagnose(logDiagnostic(err, severity))
	}
	st := reader.Stats()
	s.moveStats(&st)
	l.First, l.Last = report.Time{Time: st.First}, report.Time{Time: st.Last}
	l.Channel, l.Computer = st.Channel, st.Computer
	l.Forwarded = l.Forwarded || strings.EqualFold(st.Channel, "ForwardedEvents")
	l.Agreed, l.Disagreed = st.Agreed, st.Disagreed
	s.Log = l
	s.Decoded, s.Undecoded = st.Records, st.Undecoded
	s.Wrapped, s.Truncated = st.Wrapped, s.Truncated || st.Truncated
	s.Window = report.Span{From: l.First, To: l.Last}
	s.Clock = report.Clock{Zone: "UTC", Offset: "0s", Basis: "event times are UTC"}
	s.describeLog(&st)
}

// harmless are the codes of what is told of a log and costs no record of it.
var harmless = []string{evtx.CodeNoHeader, evtx.CodeChunkHeader, evtx.CodeHeaderTime, evtx.CodeTimeBack, evtx.CodeReaders, evtx.CodeBinaryID}

// losesRecords tells that damage may have cost records of a log.
func losesRecords(err error) bool {
	var fe *evtx.FormatError
	return !errors.As(err, &fe) || !slices.Contains(harmless, fe.Code)
}

// take keeps a record under what it is wanted for.
func (l *Log) take(s *Source, rec *evtx.Record) {
	w := wantedAs(rec)
	if w == nil {
		return
	}
	if len(l.Records)+len(l.Life)+len(l.Symptoms)+len(l.Drivers) >= maxLogRecords {
		s.diagnose(report.Diagnostic{Code: "log-too-many-records", Severity: "warning", Offset: rec.Offset, Text: "further records of this log are not looked at"})
		return
	}
	switch w.as {
	case asWitness:
		// Windows writes these to the System log; a script may write to another. A
		// collector keeps what others sent in a log of its own.
		if rec.Channel == "" || strings.EqualFold(rec.Channel, "System") {
			l.Records = append(l.Records, l.keep(s.record(rec, w)))
		}
	case asLife:
		if rec.ID != clockChange || clockJump(rec) >= ClockJumpTold {
			l.Life = append(l.Life, l.keep(s.record(rec, w)))
		}
		s.lifeFacts(rec)
	case asSymptom:
		l.Symptoms = append(l.Symptoms, l.keep(s.record(rec, w)))
	case asDriver:
		if rec.ID != serviceInstalled || kernelDriver(rec) {
			l.Drivers = append(l.Drivers, l.keep(s.record(rec, w)))
		}
	}
}

func (l *Log) keep(r *Record) *Record {
	l.latest = r
	if label := strings.ToLower(firstLabel(r.Computer)); label != "" && label != l.label {
		if l.labels == nil {
			l.labels = map[string]bool{}
		}
		l.Forwarded = l.Forwarded || l.labels[label]
		l.labels[label], l.label = true, label
	}
	return r
}

func (s *Source) record(rec *evtx.Record, w *wantedRecord) *Record {
	r := &Record{
		Source: s, ID: int(rec.ID), Provider: w.provider, Computer: rec.Computer, Channel: rec.Channel,
		Time: report.Time{Time: rec.Time}, PID: report.NoPID, Transport: w.transport, Text: w.text,
		offset: rec.Offset, number: rec.RecordID, origin: rec.Origin.String(),
	}
	if w.as == asWitness && rec.ID != stuckClose {
		return r
	}
	r.Data, r.names = rec.Data, rec.Names
	if rec.ID == stuckClose {
		r.stuck()
	}
	return r
}

// stuck takes transport, port and PID of an AFD 16002: its strings are the device, the
// transport, the local port and the PID in decimal.
func (r *Record) stuck() {
	if len(r.Data) < 4 {
		return
	}
	if strings.EqualFold(r.Data[1], "UDP") {
		r.Transport = UDP
	}
	if port, err := strconv.ParseUint(strings.TrimSpace(r.Data[2]), 10, 16); err == nil {
		r.Port = int(port)
	}
	if pid, err := strconv.ParseUint(strings.TrimSpace(r.Data[3]), 10, 32); err == nil {
		r.PID = report.PID(pid)
	}
}

// Row is the evidence row of a record.
func (r *Record) Row() report.Evidence {
	fields := map[string]string{
		"provider": r.Provider, "event_id": fmt.Sprint(r.ID), "channel": r.Channel, "computer": r.Computer, "origin": r.origin,
	}
	text := fmt.Sprintf("%s %d: %s", r.Provider, r.ID, r.Text)
	if said := r.fields(fields); said != "" {
		text += ": " + Shorten(said)
	}
	row := report.Evidence{
		Kind: "evtx." + fmt.Sprint(r.ID), Offset: r.offset, Record: int64(r.number), Line: r.line,
		Time: r.Time, TimePrecision: "exact", PID: r.PID, Text: text, Fields: fields,
	}
	if r.line > 0 {
		row.Kind = kindEventText + "." + fmt.Sprint(r.ID)
	}
	if r.Time.IsZero() {
		row.TimePrecision = "unknown"
	}
	return r.Source.Row(row)
}

// fields adds the strings of a record that have names to the fields, and gives the
// others as one text. Which of them name a machine or a person, names tell.
func (r *Record) fields(fields map[string]string) string {
	var said []string
	for i, text := range r.Data {
		text = strings.Join(strings.Fields(text), " ")
		name := ""
		if i < len(r.names) {
			name = r.names[i]
		}
		switch {
		case text == "":
		case name == "" && i == 0 && strings.EqualFold(r.Provider, "NETLOGON") && r.ID == 5719:
			fields["domain"] = Shorten(text)
		case name == "" || fields[name] != "" || len(fields) >= maxDataFields:
			said = append(said, text)
		default:
			fields[name] = Shorten(socketAddress(text))
		}
	}
	return strings.Join(said, " ")
}

// Field gives the string of a record that has a name, or the one at a place where the
// record names none.
func (r *Record) Field(name string, at int) string {
	for i, n := range r.names {
		if i < len(r.Data) && strings.EqualFold(n, name) {
			return r.Data[i]
		}
	}
	if at >= 0 && at < len(r.Data) && (at >= len(r.names) || r.names[at] == "") {
		return r.Data[at]
	}
	return ""
}

const maxDataFields = 24 // names in a record are written by strangers too

// socketAddress gives a SOCKADDR, which DNS-Client logs in hexadecimal (family low byte
// first, port high byte first), as address and port; all else as it is.
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

// Shorten cuts a text of strangers to what one row shows.
func Shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// clockJump is how far Kernel-General 1 set the clock; its strings are the new and the
// old time. One that does not say it counts as far.
func clockJump(rec *evtx.Record) time.Duration {
	if len(rec.Data) < 2 {
		return ClockJumpTold
	}
	after, err := time.Parse(time.RFC3339Nano, rec.Data[0])
	before, err2 := time.Parse(time.RFC3339Nano, rec.Data[1])
	if err != nil || err2 != nil {
		return ClockJumpTold
	}
	return after.Sub(before).Abs()
}
