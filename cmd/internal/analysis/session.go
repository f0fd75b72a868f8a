package analysis

import (
	"fmt"
	"runtime/debug"
	"slices"

	"portverdict/cmd/internal/bundle"
	"portverdict/etl"
	"portverdict/report"
	"portverdict/report/facts"
)

// sessions groups the traces and logs: the files of one trace session belong together,
// in their order, the files of one capture too, and every other input stands alone.
func (a *reading) sessions() [][]int {
	apart := map[int]bool{}
	for _, s := range a.alone {
		for _, at := range s.files {
			apart[at] = true
		}
	}
	var all, traces []int
	for i, in := range a.inputs {
		if a.isEvents(i) {
			all = append(all, i)
			if in.Kind == "etl" && !apart[i] {
				traces = append(traces, i)
			}
		}
	}
	readers := a.headers(traces)
	next := map[int]int{}
	follows := map[int]bool{}
	for _, same := range alike(traces, readers) {
		for n, i := range same {
			// Mostly the next by name goes on where this one ends.
			for ahead := 1; ahead < len(same); ahead++ {
				k := same[(n+ahead)%len(same)]
				if follows[k] || !readers[i].Continues(readers[k]) {
					continue
				}
				next[i], follows[k] = k, true
				break
			}
		}
	}
	var out [][]int
	taken := map[int]bool{}
	a.parts = nil
	for _, i := range all {
		if follows[i] || taken[i] || a.faulty(i) {
			continue
		}
		group := []int{i}
		for at, more := next[i]; more && !slices.Contains(group, at); at, more = next[at] {
			group = append(group, at)
		}
		if len(group) == 1 {
			group = a.captured(i, traces, readers, taken)
		}
		for _, at := range group {
			taken[at] = true
		}
		out = append(out, group)
	}
	return out
}

// maxTogether is how many files of one capture are read beside each other.
const maxTogether = 16

// captured are the files that are of one capture with the first, or with one that is:
// parts of it, and what they were merged to. Of too many the further ones are left to a
// group of their own, which is told of each.
func (a *reading) captured(first int, traces []int, readers map[int]*etl.Reader, taken map[int]bool) []int {
	group := []int{first}
	for i := 0; i < len(group); i++ {
		of := readers[group[i]]
		for _, at := range traces {
			if of == nil || readers[at] == nil || taken[at] || slices.Contains(group, at) || !of.SameCapture(readers[at]) {
				continue
			}
			if len(group) < maxTogether {
				group = append(group, at)
			} else if !slices.Contains(a.parts, at) {
				a.parts = append(a.parts, at)
			}
		}
	}
	slices.Sort(group)
	return group
}

// tellParts puts into the case which files of captures were read apart from the others.
func (a *reading) tellParts(c *facts.Case) {
	taken := map[*facts.Source]bool{}
	for _, i := range a.parts {
		d := report.Diagnostic{Code: "trace-too-many-parts", Severity: "warning", Source: a.inputs[i].Path, Count: 1}
		if s := sourceOf(c, &a.inputs[i], taken); s != nil {
			taken[s], d.Source = true, s.Path
		}
		d.Text = d.Sentence()
		c.Diagnostics = append(c.Diagnostics, d)
	}
}

// alike groups the traces that could be of one session: those of most bundles cannot.
func alike(traces []int, readers map[int]*etl.Reader) map[string][]int {
	out := map[string][]int{}
	for _, i := range traces {
		if readers[i] != nil {
			h := readers[i].Header()
			key := fmt.Sprint(h.LoggerName, h.LogFileMode, h.BootTime, h.PerfFreq, h.Clock, h.Processors, h.BufferSize)
			out[key] = append(out[key], i)
		}
	}
	return out
}

// headers reads the headers of several traces. What cannot be read here is told when it
// is read for good.
func (a *reading) headers(traces []int) map[int]*etl.Reader {
	out := map[int]*etl.Reader{}
	if len(traces) < 2 {
		return out
	}
	for _, at := range traces {
		reader, fault := a.header(a.inputs[at])
		if fault != nil {
			a.aside[at] = *fault
		}
		if reader != nil {
			out[at] = reader
		}
	}
	return out
}

func (a *reading) header(in bundle.Input) (reader *etl.Reader, fault *bundle.Fault) {
	defer func() {
		if v := recover(); v != nil {
			reader, fault = nil, &bundle.Fault{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	r, closer, err := a.open(in)
	if err != nil {
		return nil, nil
	}
	defer closer.Close()
	if reader, err = etl.NewReader(Interruptible(a.ctx, r), in.Size, nil); err != nil {
		return nil, nil
	}
	return reader, nil
}
