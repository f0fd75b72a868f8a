// Package facts says in one vocabulary what the sources of a bundle say: refused and
// successful attempts, open endpoints, connection tables, log records, dynamic port
// ranges, names of processes and machines. It judges nothing.
//
// An input is known by its Handle, never by its path: two files of one name are two
// inputs. Texts are added first, since the dynamic ranges they state are what the ports
// of traces and tables are counted by; then traces and logs with Add; then, once all are
// added, the connection tables of the texts with AddTables. Settled closes the collection.
//
// Memory depends on processes, open endpoints, time steps and the few tables that are
// kept, never on the size of a file; limits.go bounds each of them.
package facts

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"portverdict/etl/schema"
	"portverdict/netstatparse/counts"
	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// PortRange is a dynamic port range: Count ports from Start on.
type PortRange struct{ Start, Count int }

// Options are the wishes of the user. Zone is the zone of zone-less texts, nil when it
// was not given; Ranges overrides the dynamic range of "tcp" or "udp". Jobs are the
// workers of one log; what is found does not depend on them. Evidence is the most rows
// of evidence of a finding; 0 is EvidenceDefault. Window is the time that is judged, zero
// at an end that is not given. Offsets move the clocks of inputs.
// Catalog, if not nil, gives a new catalog for each trace. ToldZone, if not nil, gives the
// zone that Windows shows so, with its offset in winter (nil: by its name in the registry);
// nil where its rules are not known.
type Options struct {
	Zone     *time.Location
	Window   report.Span
	Offsets  map[InputKey]time.Duration
	Catalog  Described
	ToldZone func(shown string, standard *time.Duration) *time.Location
	Ranges   map[string]PortRange
	Jobs     int
	Evidence int
}

// Described gives what manifests say of events.
type Described = func() *schema.Catalog

// EvidenceDefault is the most rows of evidence of a finding; a twentieth of them are
// the first of each process, and as many the last.
const EvidenceDefault = 2000

// Rows is the most rows of evidence of a finding.
func (o *Options) Rows() int {
	if o != nil && o.Evidence > 0 {
		return o.Evidence
	}
	return EvidenceDefault
}

// Handle is one input of a Facts.
type Handle int

// Facts gathers what all sources of one bundle say. Its methods may be called from
// several goroutines at once, in the order the package comment gives.
type Facts struct {
	opts        Options
	mu          sync.Mutex
	sources     []*Source
	diagnostics []report.Diagnostic
	viewsOnce   sync.Once
	views       []View
	planOnce    sync.Once
	plan        tablePlan
	spare       []*desk // not in use
}

// Source is one input and what was read from it; of Trace, Log and Tables only those
// that fit its kind are set.
type Source struct {
	report.Source
	Damaged bool // parts of it could not be read
	Trace   *Trace
	Log     *Log
	Saved   *Log // event records that a text holds
	Tables  []*Table
	Host    *HostText
	Listed  []report.Time  // when each process of Host was listed; zero where that is not known
	Counts  []counts.Count // numbers that a tool counted
	Copies  []string       // the paths of files with the same bytes, which are not read

	moved   time.Duration // by how much its clock is
	outside int           // events of its trace outside of the analysed window
	order   int           // in which it was added
	given   string        // the path it came with
	diags   []report.Diagnostic
	options *Options
	tables  *tables
	locals  []local
	zoned   map[string]Zone // by machine, of those that were asked for
}

// New returns an empty Facts.
func New(o Options) *Facts { return &Facts{opts: o} }

// Add reads one source to its end and keeps its facts. Path, Kind and Size of src must
// be set, and Truncated where it is known before that it ends too soon or may be wrong;
// the SHA256 may come later, with Identify. Of a saved text these are the facts
// about the machine. Damage becomes diagnostics, never an error.
func (f *Facts) Add(src report.Source, r io.ReaderAt) Handle {
	return f.AddSession([]report.Source{src}, []io.ReaderAt{r})[0]
}

// AddSession adds the files of one trace session, in their order, as one trace: what was
// opened in one file is closed in another.
func (f *Facts) AddSession(srcs []report.Source, rs []io.ReaderAt) []Handle {
	sources := make([]*Source, len(srcs))
	handles := make([]Handle, len(srcs))
	f.mu.Lock()
	for i := range srcs {
		handles[i] = Handle(len(f.sources))
		sources[i] = f.source(srcs[i])
		f.sources = append(f.sources, sources[i])
	}
	f.mu.Unlock()
	s := sources[0]
	switch {
	case s.Kind == "etl":
		readTraces(sources, rs, f.settledViews())
	case s.Kind == "evtx":
		s.readLog(rs[0], f.opts.Jobs)
	case s.Kind == kindDump:
		s.readDump(rs[0])
	case s.mayHaveTables() && s.Size <= maxHostText:
		d := f.desk()
		s.readHost(d.open(s, rs[0]))
		s.readCounts(d.open(s, rs[0]))
		s.readSaved(func() io.Reader { return d.open(s, rs[0]) })
		f.tidy(d)
	case s.Kind == kindEventText:
		s.readSaved(func() io.Reader { return io.NewSectionReader(rs[0], 0, s.Size) })
	}
	return handles
}

func (f *Facts) source(src report.Source) *Source {
	s := &Source{Source: src, Damaged: src.Truncated, options: &f.opts, order: len(f.sources), given: src.Path, moved: f.opts.moved(&src)}
	s.Facts = make(map[string]string, len(src.Facts))
	maps.Copy(s.Facts, src.Facts)
	return s
}

// Identify sets the SHA256 of a source that was added without one.
func (f *Facts) Identify(h Handle, sum string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sources[h].SHA256 = sum
}

// Copied sets the paths of the files that have the bytes of a source.
func (f *Facts) Copied(h Handle, paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sources[h].Copies = paths
}

// Diagnose adds a diagnostic found outside of the sources, such as an archive's.
func (f *Facts) Diagnose(d report.Diagnostic) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.diagnostics = append(f.diagnostics, d)
}

// settledViews are the ranges that ports are counted by; texts added later do not
// change them.
func (f *Facts) settledViews() []View {
	f.viewsOnce.Do(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.views = viewsOf(f.opts, inOrder(f.sources))
	})
	return f.views
}

// inOrder are the sources by path and hash, and not as they happened to be added.
func inOrder(sources []*Source) []*Source {
	out := slices.Clone(sources)
	slices.SortStableFunc(out, func(a, b *Source) int {
		return cmp.Or(strings.Compare(a.given, b.given), strings.Compare(a.SHA256, b.SHA256), a.order-b.order)
	})
	return out
}

// Case is what all sources say, settled: nothing changes it any more.
type Case struct {
	Options     Options
	Sources     []*Source // by path, then hash
	Traces      []*Trace  // in the order of their sources
	Logs        []*Source
	Records     []*Record // Tcpip and AFD, by time, each once
	Life        []*Record // starts, stops, clears, clock changes of machines
	Symptoms    []*Record
	Drivers     []*Record // kernel drivers and file filters that were installed
	Tables      []*Table  // by time, those without one in the order of their files behind
	Views       []View
	Zone        Zone // of all machines, not known where several are told
	Diagnostics []report.Diagnostic

	// With an analysed window all these are of it, but for Life and Drivers. Before are
	// Tcpip and AFD records of the time before it, of logs that go on in it; Untimed and
	// UntimedTables are those of which nobody knows whether they are of it.
	Before, Untimed []*Record
	UntimedTables   []*Table

	zones *zones
}

// Settled closes the collection: every source has its final name, and all lists have an
// order that does not depend on how they were read.
func (f *Facts) Settled() *Case {
	views := f.settledViews()
	plan := f.settledPlan()
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &Case{Options: f.opts, Views: views, Zone: plan.zones.one, zones: plan.zones}
	c.Sources = inOrder(f.sources)
	tellApart(c.Sources)
	c.Diagnostics = slices.Clone(f.diagnostics)
	for _, s := range c.Sources {
		s.tell(c)
	}
	c.Records = once(c.Sources, func(l *Log) []*Record { return l.Records })
	c.Life = once(c.Sources, func(l *Log) []*Record { return l.Life })
	c.Symptoms = once(c.Sources, func(l *Log) []*Record { return l.Symptoms })
	c.Drivers = once(c.Sources, func(l *Log) []*Record { return l.Drivers })
	slices.SortStableFunc(c.Tables, orderTables)
	c.narrow()
	return c
}

// tellApart gives inputs of one path names of their own, none of which another input came
// with; they are in order.
func tellApart(sources []*Source) {
	taken := map[string]bool{}
	for _, s := range sources {
		taken[s.given] = true
	}
	n := 1
	for i, s := range sources {
		s.Path = s.given
		if i == 0 || sources[i-1].given != s.given {
			n = 1
			continue
		}
		for taken[s.Path] {
			n++
			s.Path = fmt.Sprintf("%s (%d)", s.given, n)
		}
		taken[s.Path] = true
	}
}

// tell adds what the source says to the case.
func (s *Source) tell(c *Case) {
	if s.Trace != nil {
		s.Trace.nameProcesses()
		c.Traces = append(c.Traces, s.Trace)
	}
	if s.Log != nil {
		c.Logs = append(c.Logs, s)
	}
	if s.tables != nil && len(s.tables.list) > 0 {
		s.place(c.zones)
		s.Tables = s.tables.list
		c.Tables = append(c.Tables, s.Tables...)
	}
	s.placeHost(c.zones)
	s.placeCounts(c.zones)
	s.tellMoved()
	for _, d := range s.diags {
		d.Source, d.Text = s.Path, d.Sentence()
		c.Diagnostics = append(c.Diagnostics, d)
	}
}

// Usable tells whether any source gave anything a verdict can rest on.
func (c *Case) Usable() bool {
	return slices.ContainsFunc(c.Sources, func(s *Source) bool {
		return s.Trace != nil || s.Log != nil || s.Saved != nil || len(s.Tables) > 0 || s.Host != nil || len(s.Counts) > 0
	})
}

// BundleID is the SHA-256 over the sorted hashes of the sources.
func (c *Case) BundleID() string {
	sums := make([]string, 0, len(c.Sources))
	for _, s := range c.Sources {
		sums = append(sums, s.SHA256)
	}
	slices.Sort(sums)
	h := sha256.Sum256([]byte(strings.Join(sums, "\n")))
	return hex.EncodeToString(h[:])
}

// diagnose notes damage of the source; repeats of a code are counted, with the first
// place kept.
func (s *Source) diagnose(d report.Diagnostic) {
	for i := range s.diags {
		if s.diags[i].Code == d.Code {
			s.diags[i].Count++
			return
		}
	}
	d.Count = 1
	s.diags = append(s.diags, d)
}

// Row makes an evidence row of the source. Its id is a hash of the content and of the
// source's own hash, never of a path, nor of a time, which rests on the zone.
func (s *Source) Row(e report.Evidence) report.Evidence {
	e.Source = s.Path
	if e.Fields == nil {
		e.Fields = map[string]string{}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d\x00%d\x00%s", s.SHA256, e.Kind, e.Offset, e.Record, e.Line, e.Text)
	for _, p := range e.Of {
		fmt.Fprintf(h, "\x00%d\x00%d\x00%d\x00%d", p.Offset, p.Record, p.Line, p.Last)
	}
	e.ID = "ev-" + hex.EncodeToString(h.Sum(nil)[:6])
	return e
}

// OptionRow is the evidence of what the user gave with --range.
func OptionRow(transport string, r PortRange) report.Evidence {
	option := Source{Source: report.Source{Path: "--range"}}
	return option.Row(report.Evidence{
		Kind: "host.range", TimePrecision: "unknown", PID: report.NoPID,
		Text:   fmt.Sprintf("dynamic %s range: %d ports from %d, given with --range", transport, r.Count, r.Start),
		Fields: map[string]string{"start": fmt.Sprint(r.Start), "count": fmt.Sprint(r.Count), "family": "any"},
	})
}

// isHostText tells that the source holds facts about the machine.
func (s *Source) isHostText() bool { return strings.HasPrefix(s.Kind, "hosttext.") }

// mayHaveTables tells that the source is a saved text. A long one is read for tables
// only when it began with one.
func (s *Source) mayHaveTables() bool {
	switch s.Kind {
	case "netstat", "psnet", kindSockets:
		return true
	case "counts", kindEventText:
		return s.Size <= maxHostText
	}
	return s.isHostText() && s.Size <= maxHostText
}

// HostText is what a saved text says of the machine.
type HostText = hosttext.Facts

// Count is a number that a tool counted.
type Count = counts.Count
