package facts

import (
	"cmp"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"portverdict/evtx/saved"
	"portverdict/report"
)

// Kind of a source that holds event records saved as text and nothing that is read
// before them.
const kindEventText = "eventtext"

// local is the wall time of a saved record until the zone is known.
type local struct {
	record    *Record
	wall      time.Time
	swapped   time.Time
	ambiguous bool
}

// readSaved reads the event records that a text holds, wherever they stand in it.
func (s *Source) readSaved(open func() io.Reader) {
	l := &Log{}
	reader := l.readAll(s, saved.NewReader(open()))
	if reader.Stats().Records == 0 {
		reader = l.readAll(s, saved.NewUnwrapped(open()))
	}
	st := reader.Stats()
	if st.Records == 0 {
		return
	}
	if dayFirst, known := reader.DayFirst(); known {
		for i := range s.locals {
			if at := &s.locals[i]; at.ambiguous {
				at.ambiguous = false
				if dayFirst {
					at.wall = at.swapped
				}
			}
		}
	}
	l.Channel = "System"
	s.Saved = l
	if s.Kind == kindEventText {
		s.Decoded, s.Undecoded = st.Records, st.Undecoded
	}
}

// readAll keeps the records that a reader gives.
func (l *Log) readAll(s *Source, reader *saved.Reader) *saved.Reader {
	several := false
	for rec, err := range reader.Records() {
		if err != nil {
			s.tellSaved(err)
			continue
		}
		l.takeSaved(s, &rec)
		name := rec.Event.Computer
		several = several || name != "" && l.Computer != "" && !strings.EqualFold(name, l.Computer)
		l.Computer = cmp.Or(l.Computer, name)
	}
	if several {
		l.Computer = ""
	}
	return reader
}

// tellSaved tells of a record that cannot be read. In a text of another kind that is no
// damage of what it was read for.
func (s *Source) tellSaved(err error) {
	var fe *saved.FormatError
	if !errors.As(err, &fe) {
		s.Damaged = true
		s.diagnose(report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()})
		return
	}
	severity := "note"
	if s.Kind == kindEventText {
		s.Damaged, severity = true, "warning"
	}
	s.diagnose(report.Diagnostic{Code: fe.Code, Severity: severity, Line: fe.Line, Text: fe.Text})
}

// takeSaved keeps a saved record under what it is wanted for.
func (l *Log) takeSaved(s *Source, rec *saved.Record) {
	for _, t := range []*time.Time{&rec.Event.Time, &rec.Local, &rec.Swapped} {
		s.move(t)
	}
	before := len(l.Records) + len(l.Life) + len(l.Symptoms) + len(l.Drivers)
	l.take(s, &rec.Event)
	if len(l.Records)+len(l.Life)+len(l.Symptoms)+len(l.Drivers) == before {
		return
	}
	r := l.latest
	r.line = rec.Line
	if r.ID == stuckClose && r.Port == 0 {
		r.stuckMessage(rec.Message)
	}
	if rec.UTC || rec.Local.IsZero() || rec.Yearless {
		return
	}
	s.locals = append(s.locals, local{r, rec.Local, rec.Swapped, rec.Ambiguous})
}

// numbers are those of a message.
var numbers = regexp.MustCompile(`\d+`)

// stuckMessage takes port and PID of an AFD 16002 out of its message, which has no other
// numbers and, in every language, the port first.
func (r *Record) stuckMessage(text string) {
	if all := numbers.FindAllString(text, 3); len(all) == 2 {
		transport := "TCP"
		if strings.Contains(text, "UDP") {
			transport = "UDP"
		}
		r.Data = []string{"", transport, all[0], all[1]} // as the record itself has them
		r.stuck()
	}
}

// placeSaved gives the saved records their times by the zone of their machine; without one
// they take part without a time.
func (s *Source) placeSaved(zones *zones) {
	var before time.Time
	for i := range s.locals {
		at := &s.locals[i]
		if at.ambiguous {
			at.record.Wall, at.record.WallOr = at.wall, at.swapped
			continue
		}
		z := zones.of(s, at.record.Computer)
		if !z.holds(at.wall) {
			at.record.Wall = at.wall
			continue
		}
		before = z.after(at.wall, before)
		at.record.Time = report.Time{Time: before}
	}
	if s.Kind != kindEventText || s.Saved == nil {
		return
	}
	for _, all := range [][]*Record{s.Saved.Records, s.Saved.Life, s.Saved.Symptoms, s.Saved.Drivers} {
		for _, r := range all {
			if r.Time.IsZero() {
				continue
			}
			if s.Window.From.IsZero() || r.Time.Before(s.Window.From.Time) {
				s.Window.From = r.Time
			}
			if r.Time.After(s.Window.To.Time) {
				s.Window.To = r.Time
			}
		}
	}
	switch {
	case len(s.locals) == 0:
		s.Clock = report.Clock{Zone: "UTC", Offset: "0s", Basis: "the times are written in UTC"}
	default:
		first := &s.locals[0]
		s.Clock = zones.of(s, first.record.Computer).clock(first.wall)
	}
}
