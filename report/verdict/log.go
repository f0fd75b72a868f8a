package verdict

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"portverdict/etl"
	"portverdict/evtx"
	"portverdict/report"
)

// eventLog is what one EVTX source tells.
type eventLog struct {
	stats   evtx.Stats
	records []logRecord
}

// logRecord is one record of Tcpip 4227, 4231, 4266 or AFD 16002.
type logRecord struct {
	id       int
	key      string // channel, computer, EventRecordID: the same record in two exports
	computer string
	row      report.Evidence
}

// wanted are the ids by provider; other sources use the same numbers.
var wanted = map[string][]uint16{"tcpip": {4227, 4231, 4266}, "afd": {16002}}

var logTexts = map[int]string{
	4227:  "Tcpip 4227: a local endpoint was re-used too soon towards the same remote endpoint",
	4231:  "Tcpip 4231: no ephemeral TCP port was left to allocate",
	4266:  "Tcpip 4266: no ephemeral UDP port was left to allocate",
	16002: "AFD 16002: closing a socket takes longer than expected",
}

func (s *source) readLog(r io.ReaderAt) {
	reader, err := evtx.NewReader(r, s.Size, &evtx.Options{
		IDs: []uint16{4227, 4231, 4266, 16002}, Providers: []string{"Tcpip", "AFD"},
	})
	if err != nil {
		s.diagnose(logDiagnostic(err, "error"))
		return
	}
	l := &eventLog{}
	for rec, err := range reader.Records() {
		if err != nil {
			s.damaged = true
			s.diagnose(logDiagnostic(err, "warning"))
			continue
		}
		if slices.Contains(wanted[strings.ToLower(rec.Provider)], rec.ID) && len(l.records) < maxLogRecords {
			l.records = append(l.records, s.logRecord(rec))
		}
	}
	l.stats = reader.Stats()
	s.log = l
	st := l.stats
	s.Decoded, s.Undecoded = st.Records, st.Undecoded
	s.Wrapped, s.Truncated = st.Wrapped, st.Truncated
	s.Window = report.Span{From: report.Time{Time: st.First}, To: report.Time{Time: st.Last}}
	s.Clock = report.Clock{Zone: "UTC", Offset: "0s", Basis: "event times are UTC"}
	s.Facts["records"] = fmt.Sprint(st.Records)
	s.Facts["wanted_records"] = fmt.Sprint(len(l.records))
	if st.Cleared {
		s.Facts["cleared"] = "true"
	}
	if st.Dirty {
		s.Facts["dirty"] = "true"
	}
}

func (s *source) logRecord(rec evtx.Record) logRecord {
	id := int(rec.ID)
	fields := map[string]string{
		"provider": rec.Provider, "event_id": fmt.Sprint(id), "channel": rec.Channel, "computer": rec.Computer,
		"origin": rec.Origin.String(),
	}
	text := logTexts[id]
	if id == 16002 && len(rec.Data) > 0 {
		text += ": " + strings.Join(rec.Data, " ")
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

func logDiagnostic(err error, severity string) report.Diagnostic {
	var fe *evtx.FormatError
	if errors.As(err, &fe) {
		return report.Diagnostic{Code: fe.Code, Severity: severity, Offset: fe.Offset, Length: fe.Length, Text: fe.Detail}
	}
	return report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()}
}

// covers tells whether the live records of a log reach over the span.
func (l *eventLog) covers(from, to time.Time) bool {
	return !l.stats.First.IsZero() && !from.IsZero() && !l.stats.First.After(from) && !l.stats.Last.Before(to)
}

func fileTime(t time.Time) etl.FileTime {
	return etl.FileTime(t.Unix()*1e7+int64(t.Nanosecond())/100) + 116444736000000000
}
