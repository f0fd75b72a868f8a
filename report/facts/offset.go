package facts

import (
	"time"

	"portverdict/etl"
	"portverdict/evtx"
	"portverdict/netstatparse"
	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// InputKey names an input: by the path it came with, and its hash where another input came
// with the same.
type InputKey struct{ Path, SHA256 string }

// NamesOf are the names that inputs get in a report. Those that came with one path must
// have their hashes.
func NamesOf(inputs []report.Source) []string {
	sources := make([]*Source, len(inputs))
	for i, in := range inputs {
		sources[i] = &Source{Source: in, given: in.Path, order: i}
	}
	tellApart(inOrder(sources))
	names := make([]string, len(inputs))
	for i, s := range sources {
		names[i] = s.Path
	}
	return names
}

// moved is by how much the clock of an input is moved.
func (o *Options) moved(src *report.Source) time.Duration {
	if by, ok := o.Offsets[InputKey{Path: src.Path}]; ok {
		return by
	}
	return o.Offsets[InputKey{src.Path, src.SHA256}]
}

// Moved is by how much the clock of the source was moved.
func (s *Source) Moved() time.Duration { return s.moved }

// tellMoved says in the row of the source that its clock was moved.
func (s *Source) tellMoved() {
	if s.moved == 0 || s.Facts["clock_offset"] != "" {
		return
	}
	by := OffsetText(s.moved)
	s.Facts["clock_offset"] = by
	s.Clock.Basis += "; moved by " + by + " with --clock-offset"
}

// OffsetText is an offset with its sign, as --clock-offset takes it.
func OffsetText(d time.Duration) string {
	if d > 0 {
		return "+" + d.String()
	}
	return d.String()
}

// move moves a time that is known.
func (s *Source) move(t *time.Time) {
	if !t.IsZero() {
		*t = t.Add(s.moved)
	}
}

// move moves an event of a file of a trace.
func (f *traceFile) move(at etl.FileTime) etl.FileTime {
	if at == 0 {
		return 0
	}
	return at + ticks(f.source.moved)
}

// stats are those of the file, by its moved clock.
func (f *traceFile) stats() etl.Stats {
	st := f.reader.Stats()
	if f.source.moved == 0 {
		return st
	}
	st.First, st.Last = f.move(st.First), f.move(st.Last)
	passed := map[etl.GUID]etl.Passed{}
	for guid, p := range st.Passed {
		passed[guid] = etl.Passed{Events: p.Events, First: f.move(p.First), Last: f.move(p.Last)}
	}
	st.Passed = passed
	return st
}

func (s *Source) moveStats(st *evtx.Stats) {
	s.move(&st.First)
	s.move(&st.Last)
}

func (s *Source) moveTable(sn *netstatparse.Snapshot) {
	s.move(&sn.Local)
	s.move(&sn.Swapped)
}

// moveHost moves the times of a text about the machine.
func (s *Source) moveHost(h *hosttext.Facts) {
	for i := range h.Processes {
		s.move(&h.Processes[i].Local)
	}
	for i := range h.Symptoms {
		s.move(&h.Symptoms[i].Local)
	}
	if m := h.Host; m != nil {
		for _, t := range []*time.Time{&m.At, &m.Boot, &m.BootLocal} {
			s.move(t)
		}
	}
}
