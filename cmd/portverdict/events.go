package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/filter"
	"portverdict/cmd/internal/listing"
	"portverdict/report"
)

// eventFlags are the flags of events, as words and checked.
type eventFlags struct {
	settingFlags
	evidence   []string
	filterText string
	providers  []string
	ids        []uint
	limit      int
	format     string
	message    bool

	filter *filter.Filter
}

func newEvents() *cobra.Command {
	var l eventFlags
	cmd := &cobra.Command{
		Use:   "events FILE | events PATH... --evidence ID",
		Short: "List the events of a trace or event log",
		Long: `Lists the events of an .etl in the order of their time, or of an .evtx, with the
names and values of their fields as far as the file itself, a manifest or the
built-in tables describe them.

The filter is Network Monitor's display filter language over these fields:
  == != < <= > >= AND OR NOT ( ) .contains("text")
Names are Provider.Event.Field, *.Field, or one of Provider Id Version Opcode
Level PID TID Time; in an event log also the other names of the System element
(EventRecordID, Channel, Computer, Task, Keywords, UserID, ActivityID ...) and the
names in EventData and UserData, which come first where both have one.

FILE may lie in an archive: bundle.zip!/Server.etl.

With --evidence it prints what one row of evidence of a report stands for: the events
with their bytes, or the lines of the text. PATH is what was analysed; --tz, --range,
--host, --from, --to, --clock-offset and --evidence-limit are those of that analysis.`,
		Example: `  portverdict events Server.etl --filter 'Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209'
  portverdict events Server.etl --provider Microsoft-Windows-TCPIP --id 1006 --format ndjson
  portverdict events System.evtx --provider Tcpip --from 2026-03-10T09:00:00Z
  portverdict events customer.zip --evidence ev-7c41d09be2a6`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(l.evidence) > 0 {
				return somePaths(nil, args)
			}
			if len(args) != 1 {
				return usage("give one FILE: a trace (.etl) or an event log (.evtx)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := l.check(cmd.Flags()); err != nil {
				return err
			}
			l.streams(cmd)
			if len(l.evidence) > 0 {
				return l.witness(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			return l.run(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	l.flags(cmd.Flags())
	return cmd
}

func (l *eventFlags) flags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&l.evidence, "evidence", nil, "what this row of evidence stands for, by its `ID`; repeatable, or with commas")
	fs.StringVar(&l.filterText, "filter", "", "`EXPR` that an event must meet")
	fs.StringArrayVar(&l.providers, "provider", nil, "events of this provider, by `NAME` or GUID; repeatable")
	fs.UintSliceVar(&l.ids, "id", nil, "events with this `ID`; repeatable, or with commas")
	l.windowFlags(fs)
	l.offsetFlag(fs)
	fs.Lookup("from").Usage = "events from this `TIME` on (RFC 3339)"
	fs.Lookup("clock-offset").Usage = "with --evidence, `SOURCE=DURATION` of that analysis; repeatable"
	fs.Lookup("to").Usage = "events up to this `TIME` (RFC 3339)"
	fs.IntVar(&l.limit, "limit", 0, "stop after `N` events; 0 is no limit")
	fs.StringVar(&l.format, "format", "text", "text, ndjson or csv")
	fs.BoolVar(&l.message, "message", false, "show the message text that a trace or manifest has for an event")
	l.manifestFlag(fs)
	l.readingFlags(fs)
	fs.Lookup("tz").Usage = "`ZONE` of the times that are shown, an IANA or Windows name; without it UTC.\nWith --evidence also that of local times in texts"
	l.verboseFlag(fs)
}

func (l *eventFlags) check(fs *pflag.FlagSet) error {
	l.settingFlags.jobs = runtime.GOMAXPROCS(0)
	if err := l.settingFlags.check(fs); err != nil {
		return err
	}
	if len(l.evidence) > 0 {
		if err := l.checkEvidence(fs.Changed); err != nil {
			return err
		}
	}
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

func (l *eventFlags) run(ctx context.Context, name string, stdout, stderr io.Writer) error {
	in, r, done, err := openOne(ctx, name, stderr)
	if err != nil {
		return err
	}
	defer done()
	o := listing.Options{
		Source: in.Path, Catalog: l.described.catalog(), Filter: l.filter, Providers: l.providers, From: l.window.From.Time, To: l.window.To.Time, Limit: l.limit, Message: l.message,
	}
	for _, id := range l.ids {
		o.IDs = append(o.IDs, uint16(id))
	}
	b := bufio.NewWriterSize(stdout, 64<<10)
	err = l.list(ctx, o, in.Kind, analysis.Interruptible(ctx, r), in.Size, b, stderr)
	if err != nil {
		return err
	}
	return written(b.Flush())
}

// list writes the events of a file of some kind to b.
func (l *eventFlags) list(ctx context.Context, o listing.Options, kind string, r io.ReaderAt, size int64, b *bufio.Writer, stderr io.Writer) error {
	var told []report.Diagnostic
	o.Warn = func(d report.Diagnostic) {
		d.Source = o.Source
		told = append(told, d)
	}
	o.Zone = l.zone
	out := listing.NewWriter(l.format, b, l.message)
	events := listing.New(o, out)
	var err error
	switch {
	case kind == "etl":
		err = events.Trace(r, size)
	case l.message:
		return usage("--message: %s is an event log, which has no message texts: they stand in files of the machine that wrote it", o.Source)
	default:
		err = events.Log(r, size)
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
		fmt.Fprintf(stderr, "portverdict: %s\n", visible(o.Source+": "+text))
	}
	for _, text := range events.Unfound() {
		fmt.Fprintf(stderr, "portverdict: --filter: %s\n", visible(text))
	}
	return written(err)
}

// openOne opens the one trace or event log that a PATH stands for; done closes it.
func openOne(ctx context.Context, name string, stderr io.Writer) (in bundle.Input, r io.ReaderAt, done func(), err error) {
	b, in, err := oneInput(ctx, name, "a trace or an event log, nor does it hold one", nil, stderr, "etl", "evtx")
	if err != nil {
		return in, nil, nil, err
	}
	r, closer, err := in.Open()
	if err != nil {
		return in, nil, nil, errors.Join(failed("cannot read %s: %v", in.Path, cause(err)), b.Close())
	}
	return in, r, func() {
		closer.Close()
		(&settings{}).tellLeft(stderr, b.Close())
	}, nil
}
