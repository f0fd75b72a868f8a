// Package verdict turns what the readers of the project found into one
// judgement: Evidence is the common vocabulary of all sources, Rules turn it
// into findings, and Judge into a report.Report.
//
// The rules follow Microsoft's published procedure for port exhaustion, with
// its gaps closed: an attempt is counted once however many records tell of it,
// the process that was refused is not taken for the one that holds the ports,
// and silence is never taken for health. Memory depends on the number of
// processes, open endpoints and time steps, never on the size of a file.
package verdict

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// Range is a dynamic port range: Count ports from Start on.
type Range struct{ Start, Count int }

// Options are the wishes of the user. Zone is the zone of zone-less texts, nil
// when it was not given; Ranges overrides the dynamic range of "tcp" or "udp".
type Options struct {
	Version  string
	Zone     *time.Location
	Ranges   map[string]Range
	Jobs     int // workers of one log; the report does not depend on it
	Evidence int // most rows of evidence of a finding; 0 is EvidenceDefault
}

// EvidenceDefault is the most rows of evidence of a finding; a twentieth of them are
// the first of each process, and as many the last.
const EvidenceDefault = 2000

// rows is the most rows of evidence of a finding.
func (o *Options) rows() int {
	if o != nil && o.Evidence > 0 {
		return o.Evidence
	}
	return EvidenceDefault
}

// Evidence gathers the facts of all sources of one bundle: with Add first, and
// once all are added with AddTables. Calls of one kind may be concurrent; Judge may
// be called once all are done.
type Evidence struct {
	opts        Options
	mu          sync.Mutex
	sources     []*source
	diagnostics []report.Diagnostic
	settled     sync.Once
	situation   *situation
}

// source is one input and the facts read from it; only the part that fits its
// kind is set.
type source struct {
	report.Source
	trace   *trace
	log     *eventLog
	tables  *tables
	host    *hosttext.Facts
	diags   []report.Diagnostic
	damaged bool
	options *Options
}

// New returns an empty Evidence.
func New(o Options) *Evidence { return &Evidence{opts: o} }

// Add reads one source to its end and keeps its facts. Path, Kind, Size and
// SHA256 of src must be set; the SHA256 of a trace may come later, with Identify.
// Of a saved text these are the facts about the machine; its connection tables are
// read by AddTables. Damage becomes diagnostics, never an error.
func (ev *Evidence) Add(src report.Source, r io.ReaderAt) {
	s := ev.source(src)
	switch {
	case src.Kind == "etl":
		readTraces([]*source{s}, []io.ReaderAt{r})
	case src.Kind == "evtx":
		s.readLog(r, ev.opts.Jobs)
	case s.isHostText(), s.mayHaveTables() && s.Size <= maxHostText:
		s.readHost(r)
	}
	ev.keep(s)
}

// AddSession adds the files of one trace session, in their order, as one trace:
// what was opened in one file is closed in another.
func (ev *Evidence) AddSession(srcs []report.Source, rs []io.ReaderAt) {
	sources := make([]*source, len(srcs))
	for i := range srcs {
		sources[i] = ev.source(srcs[i])
	}
	readTraces(sources, rs)
	ev.keep(sources...)
}

func (ev *Evidence) source(src report.Source) *source {
	s := &source{Source: src, options: &ev.opts}
	s.Facts = make(map[string]string, len(src.Facts))
	maps.Copy(s.Facts, src.Facts)
	return s
}

func (ev *Evidence) keep(sources ...*source) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	ev.sources = append(ev.sources, sources...)
}

// settle finds the pools and the zone by all sources that are added.
func (ev *Evidence) settle() *situation {
	ev.settled.Do(func() {
		ev.mu.Lock()
		defer ev.mu.Unlock()
		c := &situation{opts: ev.opts, rows: map[string]report.Evidence{}}
		c.takeSources(ev.sources)
		c.zone = c.findZone(ev.opts)
		c.findPools()
		ev.situation = c
	})
	return ev.situation
}

// isHostText tells that the source holds facts about the machine.
func (s *source) isHostText() bool { return strings.HasPrefix(s.Kind, "hosttext.") }

// Identify sets the SHA256 of the source of that path that was added without one.
func (ev *Evidence) Identify(path, sum string) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	for _, s := range ev.sources {
		if s.Path == path && s.SHA256 == "" {
			s.SHA256 = sum
		}
	}
}

// Diagnose adds a diagnostic found outside of the sources, such as an archive's.
func (ev *Evidence) Diagnose(d report.Diagnostic) {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	ev.diagnostics = append(ev.diagnostics, d)
}

// Usable tells whether any source gave anything a verdict can rest on.
func (ev *Evidence) Usable() bool {
	ev.mu.Lock()
	defer ev.mu.Unlock()
	return slices.ContainsFunc(ev.sources, func(s *source) bool {
		return s.trace != nil || s.log != nil || s.tables != nil && len(s.tables.list) > 0 || s.host != nil
	})
}

// diagnose notes damage of the source; repeats of a code are counted, with the
// first place kept.
func (s *source) diagnose(d report.Diagnostic) {
	d.Source = s.Path
	for i := range s.diags {
		if s.diags[i].Code == d.Code {
			s.diags[i].Count++
			return
		}
	}
	d.Count = 1
	s.diags = append(s.diags, d)
}

// row makes an evidence row of the source. Its id is a hash of the content and
// of the source's own hash, never of a path.
func (s *source) row(e report.Evidence) report.Evidence {
	e.Source = s.Path
	if e.Fields == nil {
		e.Fields = map[string]string{}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d\x00%d\x00%s\x00%s", s.SHA256, e.Kind, e.Offset, e.Record, e.Line, e.Time, e.Text)
	e.ID = "ev-" + hex.EncodeToString(h.Sum(nil)[:6])
	return e
}

// bundleID is the SHA-256 over the sorted hashes of the sources.
func bundleID(sources []*source) string {
	sums := make([]string, 0, len(sources))
	for _, s := range sources {
		sums = append(sums, s.SHA256)
	}
	slices.Sort(sums)
	h := sha256.Sum256([]byte(strings.Join(sums, "\n")))
	return hex.EncodeToString(h[:])
}
