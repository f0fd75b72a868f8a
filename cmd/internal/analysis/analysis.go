// Package analysis turns a bundle into a report: it reads the inputs from several
// workers, folds them into facts and has the facts judged. Every command that judges,
// or tells of sources as a report does, comes through Run.
//
// An input is its handle, never its path: two files of one name are two inputs. The
// number of workers changes no byte of the report. A panic while an input is recognised
// or read is a fault of this program: it costs that input and becomes a diagnostic, and
// its stack is given beside the report.
package analysis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"portverdict/cmd/internal/bundle"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

// Version is what every report names as its maker. A release sets it, by its tag, when the
// program is linked; nothing else does, and a build's own stamp would make the reports of
// two machines differ.
var Version = "0.1.0"

// Options are the wishes of the user. Zone is that of zone-less texts, nil when it was
// not given; Window is the time that is judged; Ranges overrides the dynamic range of "tcp"
// or "udp"; Host picks one machine of several; Evidence is the most rows of evidence of a
// finding, 0 the default. Jobs is the number of workers, at least one. Facts are added to
// those of every source.
type Options struct {
	Zone     *time.Location
	Window   report.Span
	Offsets  map[facts.InputKey]time.Duration // by which clocks of inputs are moved
	Catalog  facts.Described                  // of manifests; nil without any
	Ranges   map[string]facts.PortRange
	Host     string
	Evidence int
	Jobs     int
	Facts    map[string]string

	// Watch, if not nil, is told of every reading of an input. It gives the reader to
	// read from, and what is called when all of it was read.
	Watch func(what Reading, in bundle.Input, r io.ReaderAt) (counted io.ReaderAt, over func())
	// EachTrace, if not nil, reads each trace once more, from several workers at once.
	// After a fault the inputs are read anew, and it may be called again for a trace.
	EachTrace func(in bundle.Input, r io.ReaderAt) error
	// Shown, if not nil, is given the report while its inputs can still be read.
	Shown func(r *report.Report, inputs []bundle.Input) error
}

// Reading is what an input is read for.
type Reading int

// An input is read for its facts, a text again for its connection tables, and a trace
// for what the caller wants of it.
const (
	ForFacts Reading = iota
	ForTables
	ForEachTrace
)

// Result is a report. Usable tells that it rests on anything at all. Faults are those of
// this program, by input; with any of them no exit code but that of an internal error is
// honest. Left is why the temp folder could not be removed, if so: a matter for a
// warning, since the report does not rest on it.
type Result struct {
	Report *report.Report
	Usable bool
	Faults []Fault
	Left   error
}

// Fault is a panic while an input was recognised or read. Source is the input's path in
// the report.
type Fault struct {
	Source string
	bundle.Fault
}

// codeFault is the diagnostic of a Fault.
const codeFault = "internal-error"

// Run reads all inputs, judges them and closes the bundle. It fails when an input cannot
// be read or judging ends in a panic, and with the error of ctx.
func Run(ctx context.Context, b *bundle.Bundle, o Options) (*Result, error) {
	return newReading(ctx, b, o).run(b)
}

func (a *reading) run(b *bundle.Bundle) (res *Result, err error) {
	defer func() {
		for _, h := range a.hashers { // of a run that did not come to its end
			h.Close()
		}
		if left := a.close(b); left != nil && res != nil {
			res.Left = left
		}
	}()
	f, err := a.gather(b.Diagnostics)
	if err != nil {
		return nil, err
	}
	res, err = Await(a.ctx, "judging", func() (*Result, error) {
		c := f.Settled()
		found := a.told(c)
		a.tellParts(c)
		r := verdict.Judge(c, verdict.Options{Version: Version, Host: a.o.Host})
		return &Result{Report: r, Usable: c.Usable(), Faults: found}, nil
	})
	if err == nil && a.o.Shown != nil {
		err = a.o.Shown(res.Report, a.inputs)
	}
	return res, err
}

// gather reads all inputs. When a fault or the disk ended the reading of one, what was half
// read is thrown away with all the rest and the others are read anew: no fact rests on it.
func (a *reading) gather(diags []report.Diagnostic) (*facts.Facts, error) {
	for {
		f := facts.New(facts.Options{Zone: a.o.Zone, ToldZone: toldZone, Window: a.o.Window, Offsets: a.o.Offsets, Catalog: a.o.Catalog, Ranges: a.o.Ranges, Jobs: a.o.Jobs, Evidence: a.o.Evidence})
		for _, d := range diags {
			f.Diagnose(d)
		}
		for _, i := range slices.Sorted(maps.Keys(a.lost)) {
			in := &a.inputs[i]
			f.Diagnose(report.Diagnostic{Code: "input-unreadable", Severity: "error", Source: in.Path, Text: "cannot be read: " + a.lost[i].Error(), Count: 1})
		}
		before := len(a.aside) + len(a.alone) + len(a.lost)
		if err := a.pass(f); err != nil {
			return nil, err
		}
		if len(a.aside)+len(a.alone)+len(a.lost) == before {
			return f, nil
		}
	}
}

// pass reads all inputs once: the texts, whose ranges the ports of traces are counted
// by; the traces and logs; and then the tables, whose times the traces help to place.
func (a *reading) pass(f *facts.Facts) error {
	var texts, others [][]int
	for i := range a.inputs {
		if !a.isEvents(i) && a.lost[i] == nil {
			texts = append(texts, []int{i})
		}
	}
	others = a.sessions()
	handles := make([]facts.Handle, len(a.inputs))
	read := make([]bool, len(a.inputs))
	add := func(group []int, rs []io.ReaderAt) error {
		for i, h := range f.AddSession(a.sources(group), rs) {
			handles[group[i]], read[group[i]] = h, true
		}
		return nil
	}
	err := a.each(ForFacts, texts, add)
	if err == nil {
		err = a.each(ForFacts, others, add)
	}
	if err != nil {
		return err
	}
	var tables, traces [][]int
	for i := range a.inputs {
		switch {
		case !read[i] || a.faulty(i):
		case a.inputs[i].Kind == "etl":
			traces = append(traces, []int{i})
		case !a.isEvents(i) && a.inputs[i].Kind != "unknown":
			tables = append(tables, []int{i})
		}
	}
	err = a.each(ForTables, tables, func(group []int, rs []io.ReaderAt) error {
		f.AddTables(handles[group[0]], rs[0])
		return nil
	})
	if err == nil {
		err = a.identify()
	}
	for i, h := range handles {
		if read[i] {
			f.Identify(h, a.inputs[i].SHA256)
			f.Copied(h, a.inputs[i].Copies)
		}
	}
	if err != nil || a.o.EachTrace == nil {
		return err
	}
	return a.each(ForEachTrace, traces, func(group []int, rs []io.ReaderAt) error {
		return a.o.EachTrace(a.inputs[group[0]], rs[0])
	})
}

// sources describes a group of inputs: a session's files, or one input.
func (a *reading) sources(group []int) []report.Source {
	out := make([]report.Source, len(group))
	for i, at := range group {
		in := a.inputs[at]
		out[i] = report.Source{Path: in.Path, Kind: in.Kind, Size: in.Size, SHA256: in.SHA256, Facts: a.o.Facts, Truncated: in.Damaged}
		if a.faulty(at) {
			out[i].Kind = "unknown" // until it is settled: so nothing of it is read
		}
	}
	return out
}

// identify finishes the hashes of the inputs, most of whose bytes were read by now. One
// that cannot be read to its end is lost.
func (a *reading) identify() error {
	for i, err := range bundle.Sums(a.hashers, a.o.Jobs, func(i int, sum string) { a.inputs[i].SHA256 = sum }) {
		if err != nil {
			a.lost[i] = err
		}
	}
	clear(a.hashers)
	return a.ctx.Err()
}

func unreadable(in bundle.Input, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("cannot read %s: %w", in.Path, err)
}
