// Package listing shows what is in a trace or event log: its events as rows that a
// filter picks and that are written as text, NDJSON or CSV, and of a trace its header and
// how many events of which provider it has.
package listing

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"portverdict/cmd/internal/filter"
	"portverdict/etl"
	"portverdict/etl/schema"
	"portverdict/evtx"
	"portverdict/report"
)

// Options say which events are listed, and how they are decoded and shown. Source is the name of
// the file as it is shown. An empty Filter, Providers or IDs, a zero From or To, a
// Limit of 0 and no Only leave out nothing. Raw prints the bytes of each event too. Warn is
// told of damage, which does not end the listing.
type Options struct {
	Source    string
	Catalog   *schema.Catalog
	Filter    *filter.Filter
	Providers []string // names or GUIDs
	IDs       []uint16
	From, To  time.Time
	Limit     int
	Zone      *time.Location // of the times that are printed; nil is UTC
	Message   bool           // show the message text of events
	Only      map[Spot]bool
	Raw       bool
	Warn      func(report.Diagnostic)
}

// Spot is where an event stands in its file: its offset and, as report.Evidence has it,
// its record.
type Spot struct {
	Offset int64
	Record uint64
}

// Listing lists the events of one file.
type Listing struct {
	o     Options
	out   Writer
	isLog bool
	rows  int
	known Known           // of the rows
	found map[string]bool // names of the filter that an event had

	record evtx.Record // the last one of a log
	logRow row
}

// New returns a listing that writes its events to out.
func New(o Options, out Writer) *Listing {
	return &Listing{o: o, out: out, found: map[string]bool{}}
}

// Unfound says which names of the filter no event had, since a misspelt name and an
// absent event look alike in an empty list. It is asked at the end.
func (l *Listing) Unfound() []string {
	if l.o.Filter == nil || l.o.Limit > 0 && l.rows >= l.o.Limit {
		return nil
	}
	var out []string
	for _, n := range l.o.Filter.Names() {
		if text := strings.Join(n.Parts, "."); !l.found[text] {
			out = append(out, fmt.Sprintf("no event of %s has %s (column %d)%s", l.o.Source, text, n.Column, l.namesOfAll()))
		}
	}
	return out
}

// Unknown says of how many of the rows the fields or the name are not known, "" none; it
// is asked at the end.
func (l *Listing) Unknown() string {
	var out []string
	if n := l.known.Events - l.known.Fields; n > 0 && !l.isLog {
		out = append(out, fmt.Sprintf("the fields of %d are not known, their payload is in hex", n))
	}
	if n := l.known.Events - l.known.Named; n > 0 && !l.isLog {
		out = append(out, fmt.Sprintf("%d have no known name", n))
	}
	if out == nil {
		return ""
	}
	return fmt.Sprintf("of %d events %s", l.known.Events, strings.Join(out, "; "))
}

// namesOfAll lists the names of the System element, for a log.
func (l *Listing) namesOfAll() string {
	if !l.isLog {
		return ""
	}
	return "; all have " + strings.Join(append(slices.Clone(headerNames), systemNames...), " ") + ", and some the names in their EventData"
}

// Trace lists a trace of size bytes: what describes events first, since it may stand behind them.
// A name of the filter that no event can have is a *filter.Error.
func (l *Listing) Trace(r io.ReaderAt, size int64) error {
	if _, err := learn(r, size, l.o.Catalog, l.tell); err != nil {
		return fmt.Errorf("%s: %w", l.o.Source, err)
	}
	if err := l.checkNames(); err != nil {
		return err
	}
	reader, err := etl.NewReader(r, size, l.options())
	if err != nil {
		return fmt.Errorf("%s: %w", l.o.Source, err)
	}
	for e, err := range reader.Events() {
		if err != nil {
			l.tell(err)
			continue
		}
		at := e.Time.Time()
		if !l.o.To.IsZero() && at.After(l.o.To) && e.RawTime != reader.Header().T0 {
			break // events come in the order of time
		}
		if !l.take(l.eventRow(&e)) {
			break
		}
	}
	return nil
}

// options let the reader skip other providers when all are given by GUID.
func (l *Listing) options() *etl.Options {
	var guids []etl.GUID
	for _, p := range l.o.Providers {
		g, ok := schema.ParseGUID(p)
		if !ok {
			return nil
		}
		guids = append(guids, g)
	}
	if len(guids) == 0 {
		return nil
	}
	return &etl.Options{Providers: guids}
}

func (l *Listing) tell(err error) {
	var fe *etl.FormatError
	if errors.As(err, &fe) {
		l.o.Warn(report.Diagnostic{Code: fe.Code, Severity: "warning", Offset: fe.Offset, Length: fe.Length, Text: fe.Detail, Count: 1})
	} else if err != nil {
		l.o.Warn(report.Diagnostic{Code: "read", Severity: "error", Text: err.Error(), Count: 1})
	}
}

// Log lists an event log of size bytes.
func (l *Listing) Log(r io.ReaderAt, size int64) error {
	reader, err := evtx.NewReader(r, size, l.logOptions())
	if err != nil {
		return fmt.Errorf("%s: %w", l.o.Source, err)
	}
	l.isLog = true
	for rec, err := range reader.Records() {
		var fe *evtx.FormatError
		switch {
		case errors.As(err, &fe):
			l.o.Warn(report.Diagnostic{Code: fe.Code, Severity: "warning", Offset: fe.Offset, Length: fe.Length, Text: fe.Detail, Count: 1})
		case err != nil:
			l.tell(err)
		default:
			l.record = rec
			if l.o.Raw && rec.Payload == nil && l.o.Only[Spot{rec.Offset, rec.RecordID}] {
				l.record.Payload = rawRecord(r, rec.Offset)
			}
			if !l.take(l.recordRow(&l.record)) {
				return nil
			}
		}
	}
	return nil
}

func (l *Listing) logOptions() *evtx.Options {
	return &evtx.Options{Providers: l.o.Providers, IDs: l.o.IDs, Workers: runtime.GOMAXPROCS(0)}
}

// take prints a row that is wanted; false when no more are.
func (l *Listing) take(r *row) bool {
	switch {
	case l.o.Only != nil && !l.o.Only[Spot{r.offset, r.record}]:
		return true
	case !l.o.From.IsZero() && r.at.Before(l.o.From), !l.o.To.IsZero() && r.at.After(l.o.To):
		return true
	case len(l.o.IDs) > 0 && (!slices.Contains(l.o.IDs, r.id) || r.kind == "kernel" || r.kind == "classic"):
		return true
	case len(l.o.Providers) > 0 && !slices.ContainsFunc(l.o.Providers, r.isProvider):
		return true
	case l.o.Filter != nil && !l.o.Filter.Match(func(n filter.Name) []filter.Value { return l.lookup(r, n) }):
		return true
	}
	r.decode(l)
	l.known.row(r)
	l.out.row(r)
	l.rows++
	return (l.o.Limit == 0 || l.rows < l.o.Limit) && (l.o.Only == nil || l.rows < len(l.o.Only))
}
