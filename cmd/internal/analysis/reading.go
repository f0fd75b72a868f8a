package analysis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"portverdict/cmd/internal/bundle"
	"portverdict/report"
	"portverdict/report/facts"
)

// reading is the inputs of a bundle while they are read.
type reading struct {
	ctx    context.Context
	o      Options
	inputs []bundle.Input
	open   func(bundle.Input) (io.ReaderAt, io.Closer, error)
	close  func(*bundle.Bundle) error

	hashers []*bundle.Hasher     // of the inputs that have no hash yet
	lost    map[int]error        // inputs that the disk does not give
	aside   map[int]bundle.Fault // inputs that are not read: a fault ended that
	// alone are files of sessions, by the first file of each, whose reading together
	// ended with a fault: each is read for itself, so that one alone is lost.
	alone map[int]session
	parts []int // traces of captures of too many files, that are read apart from the first of them
}

// session is a trace session that could not be read as one.
type session struct {
	files []int
	fault bundle.Fault
}

func newReading(ctx context.Context, b *bundle.Bundle, o Options) *reading {
	a := &reading{
		ctx: ctx, o: o, inputs: slices.Clone(b.Inputs), open: bundle.Input.Open, close: (*bundle.Bundle).Close,
		aside: map[int]bundle.Fault{}, alone: map[int]session{}, lost: map[int]error{}, hashers: make([]*bundle.Hasher, len(b.Inputs)),
	}
	for i, in := range a.inputs {
		if in.SHA256 == "" {
			a.hashers[i] = in.Hasher(ctx)
		}
		if in.Fault != nil {
			a.aside[i] = *in.Fault
		}
	}
	return a
}

func (a *reading) faulty(i int) bool {
	_, out := a.aside[i]
	return out
}

// isEvents tells the inputs that are traces and logs; one that is put aside is none.
func (a *reading) isEvents(i int) bool {
	return !a.faulty(i) && a.lost[i] == nil && (a.inputs[i].Kind == "etl" || a.inputs[i].Kind == "evtx")
}

// each calls do for every group of inputs, from several workers at once, and waits. A
// group whose reading ended with a fault is put aside.
func (a *reading) each(what Reading, groups [][]int, do func([]int, []io.ReaderAt) error) error {
	errs := make([]error, len(groups))
	faults := make([]*bundle.Fault, len(groups))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, min(a.o.Jobs, len(groups))) {
		workers.Go(func() {
			for i := range next {
				faults[i], errs[i] = a.guarded(what, groups[i], do)
			}
		})
	}
	for i := range groups {
		next <- i
	}
	close(next)
	workers.Wait()
	if err := a.ctx.Err(); err != nil {
		return err
	}
	for i, fault := range faults {
		switch group := groups[i]; {
		case fault == nil:
		case len(group) > 1:
			a.alone[group[0]] = session{group, *fault}
		default:
			a.aside[group[0]] = *fault
		}
	}
	return errors.Join(errs...)
}

// guarded opens the inputs of one group and reads them. A panic is a fault of ours.
func (a *reading) guarded(what Reading, group []int, do func([]int, []io.ReaderAt) error) (fault *bundle.Fault, err error) {
	defer func() {
		if v := recover(); v != nil {
			fault = &bundle.Fault{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	var rs []io.ReaderAt
	var overs []func()
	for _, at := range group {
		if a.ctx.Err() != nil {
			return nil, a.ctx.Err()
		}
		if a.faulty(at) || a.inputs[at].Kind == "unknown" { // nothing in it is read
			rs = append(rs, strings.NewReader(""))
			continue
		}
		file, closer, err := a.open(a.inputs[at])
		if err != nil {
			return nil, unreadable(a.inputs[at], err)
		}
		defer closer.Close()
		if h := a.hashers[at]; h != nil {
			file = h.Through(file)
		}
		r := Interruptible(a.ctx, file)
		if a.o.Watch != nil {
			counted, over := a.o.Watch(what, a.inputs[at], r)
			r, overs = counted, append(overs, over)
		}
		rs = append(rs, r)
	}
	if err := do(group, rs); err != nil || a.ctx.Err() != nil {
		return nil, err
	}
	for _, over := range overs {
		over()
	}
	return nil, nil
}

// told puts the faults into the case: the source of each is what it was recognised as,
// damaged, with a diagnostic.
func (a *reading) told(c *facts.Case) []Fault {
	var out []Fault
	taken := map[*facts.Source]bool{}
	tell := func(i int, f bundle.Fault, text string) {
		d := report.Diagnostic{Code: codeFault, Severity: "error", Source: a.inputs[i].Path, Text: text, Count: 1}
		d.Text = d.Sentence()
		if s := sourceOf(c, &a.inputs[i], taken); s != nil {
			taken[s] = true
			s.Kind, s.Damaged = a.inputs[i].Kind, true
			d.Source = s.Path
		}
		c.Diagnostics = append(c.Diagnostics, d)
		out = append(out, Fault{d.Source, f})
	}
	for _, i := range slices.Sorted(maps.Keys(a.aside)) {
		tell(i, a.aside[i], "")
	}
	for _, i := range slices.Sorted(maps.Keys(a.alone)) {
		if !slices.ContainsFunc(a.alone[i].files, a.faulty) {
			tell(i, a.alone[i].fault, textSession)
		}
	}
	return out
}

const textSession = "The program has a fault: it could not read the files of this trace session as one. Each was read for itself."

// sourceOf is the source of an input. Inputs of a known kind have a hash of their own
// each; of others the path tells, to which a number was added where there are several.
func sourceOf(c *facts.Case, in *bundle.Input, taken map[*facts.Source]bool) *facts.Source {
	for _, s := range c.Sources {
		if s.SHA256 == in.SHA256 && !taken[s] && (in.Kind != "unknown" || s.Path == in.Path || strings.HasPrefix(s.Path, in.Path+" (")) {
			return s
		}
	}
	return nil
}
