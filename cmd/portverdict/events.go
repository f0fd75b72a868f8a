package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/portverdict/internal/bundle"
	"portverdict/cmd/portverdict/internal/filter"
	"portverdict/etl"
	"portverdict/etl/schema"
	"portverdict/evtx"
	"portverdict/report"
)

// listing is one run of events.
type listing struct {
	filterText string
	providers  []string
	ids        []uint
	fromText   string
	toText     string
	limit      int
	format     string
	manifests  []string

	filter   *filter.Filter
	from, to time.Time
	catalog  *schema.Catalog
	source   string // the file's base name
	isLog    bool
	out      rowWriter
	rows     int
	found    map[string]bool // names of the filter that an event had
	warn     func(report.Diagnostic)
}

func newEvents() *cobra.Command {
	var l listing
	cmd := &cobra.Command{
		Use:   "events FILE",
		Short: "List the events of a trace or event log",
		Long: `Lists the events of an .etl in the order of their time, or of an .evtx, with the
names and values of their fields as far as the file itself, a manifest or the
built-in tables describe them.

The filter is Network Monitor's display filter language over these fields:
  == != < <= > >= AND OR NOT ( ) .contains("text")
Names are Provider.Event.Field, *.Field, or one of Provider Id Version Opcode
Level PID TID Time; in an event log also EventID, EventRecordID, Channel,
Computer, Qualifiers and the names in EventData.`,
		Example: `  portverdict events Server.etl --filter 'Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209'
  portverdict events Server.etl --provider Microsoft-Windows-TCPIP --id 1006 --format ndjson
  portverdict events System.evtx --provider Tcpip --from 2026-03-10T09:00:00Z`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("give one FILE: a trace (.etl) or an event log (.evtx)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := l.check(); err != nil {
				return err
			}
			return l.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	l.flags(cmd.Flags())
	return cmd
}

func (l *listing) flags(fs *pflag.FlagSet) {
	fs.StringVar(&l.filterText, "filter", "", "`EXPR` that an event must meet")
	fs.StringArrayVar(&l.providers, "provider", nil, "events of this provider, by `NAME` or GUID; repeatable")
	fs.UintSliceVar(&l.ids, "id", nil, "events with this `ID`; repeatable, or with commas")
	fs.StringVar(&l.fromText, "from", "", "events from this `TIME` on (RFC 3339)")
	fs.StringVar(&l.toText, "to", "", "events up to this `TIME` (RFC 3339)")
	fs.IntVar(&l.limit, "limit", 0, "stop after `N` events; 0 is no limit")
	fs.StringVar(&l.format, "format", "text", "text, ndjson or csv")
	fs.StringArrayVar(&l.manifests, "manifest", nil, "an instrumentation manifest that describes further events, a `FILE`; repeatable")
}

func (l *listing) check() error {
	if rowWriters[l.format] == nil {
		return usage("--format %q: give text, ndjson or csv", l.format)
	}
	if l.limit < 0 {
		return usage("--limit %d: give 0 or more", l.limit)
	}
	for _, id := range l.ids {
		if id > 0xffff {
			return usage("--id %d: an event id is at most 65535", id)
		}
	}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"--from", l.fromText, &l.from}, {"--to", l.toText, &l.to}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, t.text)
		if err != nil {
			return usage("%s %q is no RFC 3339 time like 2026-03-10T09:00:00Z", t.flag, t.text)
		}
		*t.to = at
	}
	if l.filterText == "" {
		return nil
	}
	f, err := filter.Parse(l.filterText)
	if err != nil {
		return l.filterError(err)
	}
	l.filter, l.found = f, map[string]bool{}
	return nil
}

// filterError shows the expression with a caret below the column at fault.
func (l *listing) filterError(err error) error {
	var at *filter.Error
	if errors.As(err, &at) {
		return usage("--filter: %v\n%s", at, at.Point(l.filterText))
	}
	return usage("--filter: %v", err)
}

func loadCatalog(manifests []string) (*schema.Catalog, error) {
	c, err := schema.NewCatalog()
	if err != nil {
		return nil, err
	}
	for _, name := range manifests {
		f, err := os.Open(name)
		if err != nil {
			return nil, failed("cannot read %s: %v", name, cause(err))
		}
		err = errors.Join(c.AddManifest(f, name), f.Close())
		if err != nil {
			return nil, failed("%v", err)
		}
	}
	return c, nil
}

func (l *listing) run(ctx context.Context, name string, stdout, stderr io.Writer) error {
	catalog, err := loadCatalog(l.manifests)
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return failed("cannot read %s: %v", name, cause(err))
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		return failed("cannot read %s: it is no file", name)
	}
	head := make([]byte, 64<<10)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return failed("cannot read %s: %v", name, cause(err))
	}
	var told []report.Diagnostic
	b := bufio.NewWriterSize(stdout, 64<<10)
	l.catalog, l.source, l.out = catalog, fi.Name(), rowWriters[l.format](b)
	l.warn = func(d report.Diagnostic) {
		d.Source = l.source
		told = append(told, d)
	}
	r := &interruptible{ctx, f}
	switch kind := bundle.Kind(head[:n]); kind {
	case "etl":
		err = l.trace(r, fi.Size())
	case "evtx":
		err = l.log(r, fi.Size())
	default:
		return failed("%s is neither a trace nor an event log", name)
	}
	if err = errors.Join(ctx.Err(), err); err != nil {
		return err
	}
	err = errors.Join(l.out.close(), b.Flush())
	warn(stderr, told)
	l.unfound(stderr)
	return written(err)
}

// unfound says which names of the filter no event had, since a misspelt name and
// an absent event look alike in an empty list.
func (l *listing) unfound(w io.Writer) {
	if l.filter == nil || l.limit > 0 && l.rows >= l.limit {
		return
	}
	for _, n := range l.filter.Names() {
		if text := strings.Join(n.Parts, "."); !l.found[text] {
			fmt.Fprintf(w, "portverdict: --filter: no event of %s has %s (column %d)%s\n", l.source, text, n.Column, l.known())
		}
	}
}

// known lists the names of the System element, for a log.
func (l *listing) known() string {
	if !l.isLog {
		return ""
	}
	return "; all have " + strings.Join(append(slices.Clone(headerNames), systemNames...), " ") + ", and some the names in their EventData"
}

// trace lists a trace: what describes events first, since it may stand behind them.
func (l *listing) trace(r io.ReaderAt, size int64) error {
	meta, err := etl.NewReader(r, size, &etl.Options{Providers: []etl.GUID{schema.Metadata}})
	if err != nil {
		return failed("%s: %v", l.source, err)
	}
	for e, err := range meta.Events() {
		if err == nil {
			err = l.catalog.Learn(&e)
			l.tell(err)
		}
	}
	if err := l.checkNames(); err != nil {
		return err
	}
	reader, err := etl.NewReader(r, size, l.options())
	if err != nil {
		return failed("%s: %v", l.source, err)
	}
	for e, err := range reader.Events() {
		if err != nil {
			l.tell(err)
			continue
		}
		at := e.Time.Time()
		if !l.to.IsZero() && at.After(l.to) && e.RawTime != reader.Header().T0 {
			break // events come in the order of time
		}
		if !l.take(l.eventRow(&e)) {
			break
		}
	}
	return nil
}

// options let the reader skip other providers when all are given by GUID.
func (l *listing) options() *etl.Options {
	var guids []etl.GUID
	for _, p := range l.providers {
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

func (l *listing) tell(err error) {
	var fe *etl.FormatError
	if errors.As(err, &fe) {
		l.warn(report.Diagnostic{Code: fe.Code, Severity: "warning", Offset: fe.Offset, Length: fe.Length, Text: fe.Detail, Count: 1})
	} else if err != nil {
		l.warn(report.Diagnostic{Code: "read", Severity: "error", Text: err.Error(), Count: 1})
	}
}

func (l *listing) log(r io.ReaderAt, size int64) error {
	reader, err := evtx.NewReader(r, size, l.logOptions())
	if err != nil {
		return failed("%s: %v", l.source, err)
	}
	l.isLog = true
	for rec, err := range reader.Records() {
		var fe *evtx.FormatError
		switch {
		case errors.As(err, &fe):
			l.warn(report.Diagnostic{Code: fe.Code, Severity: "warning", Offset: fe.Offset, Length: fe.Length, Text: fe.Detail, Count: 1})
		case err != nil:
			l.tell(err)
		case !l.take(l.recordRow(&rec)):
			return nil
		}
	}
	return nil
}

func (l *listing) logOptions() *evtx.Options {
	o := &evtx.Options{Providers: l.providers, Workers: runtime.GOMAXPROCS(0)}
	for _, id := range l.ids {
		o.IDs = append(o.IDs, uint16(id))
	}
	return o
}

// take prints a row that is wanted; false when no more are.
func (l *listing) take(r *row) bool {
	switch {
	case !l.from.IsZero() && r.at.Before(l.from), !l.to.IsZero() && r.at.After(l.to):
		return true
	case len(l.ids) > 0 && (!slices.Contains(l.ids, uint(r.id)) || r.kind == "kernel" || r.kind == "classic"):
		return true
	case len(l.providers) > 0 && !slices.ContainsFunc(l.providers, r.isProvider):
		return true
	case l.filter != nil && !l.filter.Match(func(n filter.Name) []filter.Value { return l.lookup(r, n) }):
		return true
	}
	r.decode(l)
	l.out.row(r)
	l.rows++
	return l.limit == 0 || l.rows < l.limit
}
