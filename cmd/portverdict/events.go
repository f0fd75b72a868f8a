package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/filter"
	"portverdict/cmd/internal/listing"
	"portverdict/etl/schema"
	"portverdict/report"
)

// eventFlags are the flags of events, as words and checked.
type eventFlags struct {
	filterText string
	providers  []string
	ids        []uint
	fromText   string
	toText     string
	limit      int
	format     string
	manifests  []string
	message    bool
	tz         string

	filter   *filter.Filter
	from, to time.Time
	zone     *time.Location
}

func newEvents() *cobra.Command {
	var l eventFlags
	cmd := &cobra.Command{
		Use:   "events FILE",
		Short: "List the events of a trace or event log",
		Long: `Lists the events of an .etl in the order of their time, or of an .evtx, with the
names and values of their fields as far as the file itself, a manifest or the
built-in tables describe them.

The filter is Network Monitor's display filter language over these fields:
  == != < <= > >= AND OR NOT ( ) .contains("text")
Names are Provider.Event.Field, *.Field, or one of Provider Id Version Opcode
Level PID TID Time; in an event log also the other names of the System element
(EventRecordID, Channel, Computer, Task, Keywords, UserID, ActivityID ...) and the
names in EventData and UserData, which come first where both have one.`,
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

func (l *eventFlags) flags(fs *pflag.FlagSet) {
	fs.StringVar(&l.filterText, "filter", "", "`EXPR` that an event must meet")
	fs.StringArrayVar(&l.providers, "provider", nil, "events of this provider, by `NAME` or GUID; repeatable")
	fs.UintSliceVar(&l.ids, "id", nil, "events with this `ID`; repeatable, or with commas")
	fs.StringVar(&l.fromText, "from", "", "events from this `TIME` on (RFC 3339)")
	fs.StringVar(&l.toText, "to", "", "events up to this `TIME` (RFC 3339)")
	fs.IntVar(&l.limit, "limit", 0, "stop after `N` events; 0 is no limit")
	fs.StringVar(&l.format, "format", "text", "text, ndjson or csv")
	fs.BoolVar(&l.message, "message", false, "show the message text that a trace or manifest has for an event")
	fs.StringVar(&l.tz, "tz", "", "`ZONE` of the times that are shown, an IANA or Windows name;\nwithout it UTC")
	fs.StringArrayVar(&l.manifests, "manifest", nil, "an instrumentation manifest that describes further events, a `FILE`; repeatable")
}

func (l *eventFlags) check() error {
	if listing.NewWriter(l.format, bufio.NewWriter(io.Discard), false) == nil {
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
	if l.tz != "" {
		zone, err := loadZone(l.tz)
		if err != nil {
			return err
		}
		l.zone = zone
	}
	if l.filterText == "" {
		return nil
	}
	f, err := filter.Parse(l.filterText)
	if err != nil {
		return l.filterError(err)
	}
	l.filter = f
	return nil
}

// filterError shows the expression with a caret below the column at fault.
func (l *eventFlags) filterError(err error) error {
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
		f, err := bundle.Open(name)
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

func (l *eventFlags) run(ctx context.Context, name string, stdout, stderr io.Writer) error {
	catalog, err := loadCatalog(l.manifests)
	if err != nil {
		return err
	}
	b, in, err := oneInput(ctx, name, "a trace or an event log, nor does it hold one", nil, stderr, "etl", "evtx")
	if err != nil {
		return err
	}
	defer func() { (&settings{}).tellLeft(stderr, b.Close()) }()
	r, closer, err := in.Open()
	if err != nil {
		return failed("cannot read %s: %v", in.Path, cause(err))
	}
	defer closer.Close()
	return l.list(ctx, in, r, catalog, stdout, stderr)
}

// list writes the events of a trace or log.
func (l *eventFlags) list(ctx context.Context, in bundle.Input, f io.ReaderAt, catalog *schema.Catalog, stdout, stderr io.Writer) error {
	var told []report.Diagnostic
	o := listing.Options{
		Source: in.Path, Catalog: catalog, Filter: l.filter, Providers: l.providers, From: l.from, To: l.to, Limit: l.limit,
		Zone: l.zone, Message: l.message,
		Warn: func(d report.Diagnostic) {
			d.Source = in.Path
			told = append(told, d)
		},
	}
	for _, id := range l.ids {
		o.IDs = append(o.IDs, uint16(id))
	}
	b := bufio.NewWriterSize(stdout, 64<<10)
	out := listing.NewWriter(l.format, b, l.message)
	events := listing.New(o, out)
	r := analysis.Interruptible(ctx, f)
	var err error
	switch {
	case in.Kind == "etl":
		err = events.Trace(r, in.Size)
	case l.message:
		return usage("--message: %s is an event log, which has no message texts: they stand in files of the machine that wrote it", in.Path)
	default:
		err = events.Log(r, in.Size)
	}
	var wrong *filter.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &wrong):
		return l.filterError(wrong)
	case err != nil:
		return ours(err)
	}
	err = errors.Join(out.Close(), b.Flush())
	warn(stderr, told)
	if text := events.Unknown(); text != "" {
		fmt.Fprintf(stderr, "portverdict: %s\n", visible(in.Path+": "+text))
	}
	for _, text := range events.Unfound() {
		fmt.Fprintf(stderr, "portverdict: --filter: %s\n", visible(text))
	}
	return written(err)
}
