package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/listing"
	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// witness prints rows of evidence and what each stands for in its input. The inputs are
// judged again, since a row is found by what it says and not by where a file lies.
func (l *eventFlags) witness(ctx context.Context, paths []string, stdout, stderr io.Writer) error {
	b, err := open(ctx, paths, &l.settings)
	if err != nil {
		return standsFor(err, paths)
	}
	out := bufio.NewWriterSize(stdout, 64<<10)
	o := l.settings.analysis(nil)
	o.Shown = func(r *report.Report, inputs []bundle.Input) error {
		rows, err := rowsOf(r, l.evidence)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := l.show(ctx, out, stderr, r, &rows[i], inputs); err != nil {
				return err
			}
		}
		return nil
	}
	j, err := analysis.Run(ctx, b, o)
	if err != nil {
		return ours(err)
	}
	l.tellLeft(stderr, j.Left)
	if err := written(out.Flush()); err != nil {
		return err
	}
	return l.tellFaults(stderr, j.Faults)
}

// standsFor tells what the name in a report's command stands for.
func standsFor(err error, paths []string) error {
	if strings.Contains(err.Error(), "no such file") && slices.Contains(paths, "bundle.zip") {
		return failed("%v; in a command of a report it stands for what was analysed: give that file, folder or archive", err)
	}
	return err
}

// rowsOf are the rows with these ids, in the order asked for.
func rowsOf(r *report.Report, ids []string) ([]report.Evidence, error) {
	var out []report.Evidence
	for _, id := range ids {
		i := slices.IndexFunc(r.Evidence, func(e report.Evidence) bool { return e.ID == id })
		if i < 0 {
			return nil, failed("these inputs have no evidence %s: give all inputs of the report it stands in, and the --tz, --range, --host, --from, --to, --clock-offset and --evidence-limit it was made with", id)
		}
		out = append(out, r.Evidence[i])
	}
	return out, nil
}

// show prints one row, and then the events or lines that it stands for.
func (l *eventFlags) show(ctx context.Context, out *bufio.Writer, stderr io.Writer, r *report.Report, e *report.Evidence, inputs []bundle.Input) error {
	if l.format == "text" {
		fmt.Fprintf(out, "%s  %s  %s\n", e.ID, visible(e.Where()), visible(e.Text))
	}
	places := e.Of
	if len(places) == 0 {
		places = []report.Place{{Source: e.Source, Offset: e.Offset, Record: e.Record, Line: e.Line, Last: e.Line}}
	}
	for len(places) > 0 {
		n := slices.IndexFunc(places, func(p report.Place) bool { return p.Source != places[0].Source })
		if n < 0 {
			n = len(places)
		}
		if err := l.showPlaces(ctx, out, stderr, r, e, places[:n], inputs); err != nil {
			return err
		}
		places = places[n:]
	}
	return nil
}

// showPlaces prints what stands at places of one source.
func (l *eventFlags) showPlaces(ctx context.Context, out *bufio.Writer, stderr io.Writer, r *report.Report, e *report.Evidence, places []report.Place, inputs []bundle.Input) error {
	in := inputOf(r, places[0].Source, inputs)
	if in == nil {
		return failed("%s is of no file: it was given with %s", e.ID, e.Source)
	}
	file, closer, err := in.Open()
	if err != nil {
		return failed("cannot read %s: %v", in.Path, err)
	}
	defer closer.Close()
	src := analysis.Interruptible(ctx, file)
	switch {
	case strings.HasPrefix(e.Kind, "eventtext"):
		err = listing.SavedRecord(out, l.format, e.Source, src, in.Size, places[0])
	case places[0].Line > 0:
		err = listing.WriteLines(out, l.format, e.Source, io.NewSectionReader(src, 0, in.Size), places)
	default:
		return l.showEvents(ctx, out, stderr, e, places, in, src)
	}
	return ours(err)
}

// showEvents prints events of a trace or log; a row that stands for a whole trace has all
// of its port events.
func (l *eventFlags) showEvents(ctx context.Context, out *bufio.Writer, stderr io.Writer, e *report.Evidence, places []report.Place, in *bundle.Input, src io.ReaderAt) error {
	o := listing.Options{Source: places[0].Source, Catalog: l.described.catalog(), Limit: l.limit, Raw: true}
	if e.Kind == "etl.trace" {
		for _, g := range []etl.GUID{winsock.AFD, winsock.TCPIP} {
			o.Providers = append(o.Providers, g.String())
		}
	} else {
		o.Only = map[listing.Spot]bool{}
		for _, p := range places {
			o.Only[listing.Spot{Offset: p.Offset, Record: uint64(p.Record)}] = true
		}
	}
	return l.list(ctx, o, in.Kind, src, in.Size, out, stderr)
}

// inputOf is the input that a source of the report is, nil for what is no file. Two of one
// path are told apart by their content.
func inputOf(r *report.Report, source string, inputs []bundle.Input) *bundle.Input {
	at := slices.IndexFunc(r.Sources, func(s report.Source) bool { return s.Path == source })
	if at < 0 {
		return nil
	}
	sum := r.Sources[at].SHA256
	i := slices.IndexFunc(inputs, func(in bundle.Input) bool { return in.SHA256 == sum })
	if i < 0 {
		return nil
	}
	return &inputs[i]
}

// checkEvidence refuses what does not go with --evidence, and with events without it.
func (l *eventFlags) checkEvidence(changed func(string) bool) error {
	for _, name := range []string{"filter", "provider", "id"} {
		if changed(name) {
			return usage("--evidence prints what one row rests on; --%s is for listing events", name)
		}
	}
	if l.format == "csv" {
		return usage("--evidence prints text or ndjson, not csv")
	}
	for _, id := range l.evidence {
		if !strings.HasPrefix(id, "ev-") {
			return usage("--evidence %q: give an id like ev-7c41d09be2a6, as reports have them", cmp.Or(id, "''"))
		}
	}
	return nil
}
