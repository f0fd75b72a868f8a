// Package verdict turns a settled case into one judgement. Three things are first-class:
// the machine and its boots (ports live and die with a boot), the pool (a transport, and a
// family where ranges differ) and the episode (one span in which one pool had nothing
// left). For every pool the books are made: where each of its ports was. A process is
// named as the holder only where nothing unknown could overturn it.
//
// Judging is pure: the same facts give the same report, judging twice gives the same, and
// no rule changes a fact.
package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// Options are the wishes of the user. Host picks one machine of several.
type Options struct {
	Version string
	Host    string
}

// judgement is one act of judging: the settled case and what the rules have found so far.
type judgement struct {
	c        *facts.Case
	o        Options
	machines []*machine
	outcome  report.Outcome
	windows  []*episode
	bySource map[string]*machine

	given map[*pool][]facts.UnknownAttempt // attempts of unknown transport, by the pool they count in
	left  map[*machine][]facts.UnknownAttempt

	rows        map[string]report.Evidence
	images      map[namedPID]string
	findings    []report.Finding
	diagnostics []report.Diagnostic
}

// Judge turns the facts into a report.
func Judge(c *facts.Case, o Options) *report.Report {
	j := settle(c, o)
	j.findAll()
	v := report.Verdict{
		Outcome: j.outcome, Pools: j.poolRows(), Windows: j.windowRows(), Holders: j.holderRows(), Victims: j.victims(),
		OtherFailures: j.otherFailures(),
	}
	missing := j.missing()
	v.Missing = missingRows(missing)
	m, p := j.headline()
	v.Host, v.Transport, v.Confidence, v.Reasons = m.name, "unknown", report.Moderate, j.unknownReasons(m)
	if p != nil {
		v.Transport, v.Cause, v.Confidence, v.Reasons = p.t.String(), p.cause, p.confidence, slices.Clone(p.reasons)
	}
	v.Reasons = slices.Concat(v.Reasons, j.otherReasons(p), j.windowReasons(), j.clockReasons())
	v.Summary = j.summary()
	v.NextSteps = j.nextSteps(missing)
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Tool:          report.Tool{Name: "portverdict", Version: o.Version},
		Bundle:        j.bundle(m),
		Verdict:       v, Findings: j.findings, Evidence: j.evidenceList(), Timeline: j.bins(), Series: j.seriesList(),
		Sources: j.sourceList(), Diagnostics: j.told(),
	}
}

// settle finds machines, pools, episodes and books, and decides each pool.
func settle(c *facts.Case, o Options) *judgement {
	j := &judgement{
		c: c, o: o, bySource: map[string]*machine{}, given: map[*pool][]facts.UnknownAttempt{}, left: map[*machine][]facts.UnknownAttempt{},
		rows: map[string]report.Evidence{}, images: map[namedPID]string{}, findings: []report.Finding{},
		diagnostics: slices.Clone(c.Diagnostics),
	}
	all := findMachines(c)
	j.machines = picked(all, o.Host)
	if len(j.machines) == 0 {
		j.machines = []*machine{{name: o.Host, options: &c.Options}}
		j.diagnostics = append(j.diagnostics, report.Diagnostic{Code: "host-unknown", Severity: "warning", Text: "no input is of the machine " + o.Host, Count: 1})
	}
	for _, m := range all {
		j.ownSources(m)
	}
	j.tellUnowned()
	var outcomes []report.Outcome
	for _, m := range j.machines {
		j.findPools(m)
		j.findEpisodes(m)
		for _, p := range m.pools {
			j.decide(p)
		}
		outcomes = append(outcomes, j.overall(m))
	}
	j.outcome = worst(outcomes)
	j.number()
	return j
}

// ownSources notes which machine each source is of.
func (j *judgement) ownSources(m *machine) {
	for _, t := range m.traces {
		for _, f := range t.Files {
			j.bySource[f.Path] = m
		}
		j.bySource[t.Source.Path] = m
	}
	for _, s := range slices.Concat(m.logs, m.texts) {
		j.bySource[s.Path] = m
	}
}

// tellUnowned tells of texts that are of one of several machines, nobody knows which.
func (j *judgement) tellUnowned() {
	for _, s := range j.c.Sources {
		if j.bySource[s.Path] == nil && settingsOnly(s) {
			j.note(s, 0, "machine-unknown", "it names no machine, and the inputs are of several: what it says is used for none of them")
		}
	}
}

// episodesOf are all episodes of a machine.
func (j *judgement) episodesOf(m *machine) []*episode {
	var out []*episode
	for _, p := range m.pools {
		out = append(out, p.episodes...)
	}
	return append(out, m.unknown...)
}

// number puts the episodes of all pools into one list, by time.
func (j *judgement) number() {
	for _, m := range j.machines {
		j.windows = append(j.windows, j.episodesOf(m)...)
	}
	slices.SortStableFunc(j.windows, func(a, b *episode) int {
		return cmp.Or(a.from.Compare(b.from.Time), a.to.Compare(b.to.Time))
	})
	for i, e := range j.windows {
		e.index = i
	}
}

// unknownReasons are those of an exhaustion whose transport nothing tells.
func (j *judgement) unknownReasons(m *machine) []string {
	n := 0
	for _, e := range m.unknown {
		n += e.failures
	}
	out := []string{
		fmt.Sprintf("Only the trace shows it: %s refused with STATUS_TOO_MANY_ADDRESSES (0xC0000209).", report.Counted(n, "attempt was", "attempts were")),
		"No record tells the transport of these sockets, so no pool and nobody can be named.",
	}
	if n == 0 {
		return out
	}
	if all := j.untoldHolders(m, m.unknown[len(m.unknown)-1]); len(all) > 0 {
		h := &all[0]
		who := label(h.Image, h.Services, h.PID)
		if h.PID < 0 && h.Image == "" {
			who = "process " + h.ProcessKey
		}
		out = append(out, fmt.Sprintf("Nobody has more ports of unknown transport than %s: %s.", who, report.Counted(h.Ports, "port", "ports")))
	}
	return out
}

// otherReasons are those of the other pools that have something to say, each with its name.
func (j *judgement) otherReasons(than *pool) []string {
	out := []string{}
	for _, m := range j.machines {
		for _, p := range m.pools {
			if p == than || p.outcome == report.Inconclusive && !p.speaks() {
				continue
			}
			if p.outcome == report.NotExhausted && (j.outcome == report.Exhausted || j.outcome == report.Likely) && len(p.episodes) == 0 && len(j.machines) == 1 {
				continue
			}
			for _, r := range p.reasons {
				out = append(out, p.prefix(len(j.machines) > 1)+r)
			}
		}
		if than != nil && len(m.unknown) > 0 {
			out = append(out, j.unknownReasons(m)...)
		}
	}
	return out
}

func (j *judgement) poolRows() []report.Pool {
	out := []report.Pool{}
	for _, m := range j.machines {
		for _, p := range m.pools {
			row := report.Pool{
				Host: m.name, Transport: p.t.String(), Family: p.family(), Start: p.view.Start, Count: p.view.Count, Excluded: p.view.ExcludedPorts(),
				ExcludedRanges: p.view.Excluded, Capacity: p.capacity(), RangeSource: p.source, RangeBasis: p.basis,
				Outcome: p.outcome, Confidence: p.confidence, Reasons: p.reasons, Cause: p.cause, Episodes: []int{}, Forecast: p.forecast,
			}
			// None in what a cut or filtered table shows tells nothing.
			if t := p.peak.table; p.peak.used > 0 || p.peak.used == 0 && (t == nil || len(t.Cuts) == 0) {
				used := p.peak.used
				row.Used, row.UsedAt, row.UsedSource = &used, p.peak.at, j.cite(*p.peak.row)[0]
			}
			for _, e := range p.episodes {
				row.Episodes = append(row.Episodes, e.index)
			}
			b, _ := p.lastBooks()
			row.Balance = *b.balance(j)
			out = append(out, row)
		}
	}
	slices.SortStableFunc(out, func(a, b report.Pool) int {
		return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Transport, b.Transport), strings.Compare(a.Family, b.Family))
	})
	return out
}

// balance is the balance as verdict.json has it.
func (b *books) balance(j *judgement) *report.Balance {
	out := &report.Balance{
		At: b.at, Basis: b.basis, Capacity: b.capacity, Holders: b.holders, StuckCloses: b.stuck, TimeWait: b.waiting,
		Unaccounted: b.unaccounted, Free: b.free,
	}
	if b.row != nil {
		out.Source = j.cite(*b.row)[0]
	}
	if b.distance != nil {
		d := round(*b.distance, 7)
		out.DistanceSeconds = &d
	}
	return out
}

func (j *judgement) windowRows() []report.Window {
	out := []report.Window{}
	for _, e := range j.windows {
		w := report.Window{
			Host: e.m.name, Transport: "unknown", Family: e.family(), From: e.from, To: e.to, Ends: e.ends, EndedAt: e.endedAt,
			Failures: e.failures, Evidence: []string{}, Log: j.logEntries(e),
		}
		var rows []report.Evidence
		tr := facts.Unknown
		if e.p != nil {
			tr = e.p.t
			w.Transport = tr.String()
			w.Balance = e.books.balance(j)
		}
		for _, t := range e.m.traces {
			samples := t.Witnesses(tr)
			if tr != facts.Unknown {
				samples = append(samples, &t.Acquire[tr])
			}
			for _, s := range samples {
				rows = append(rows, s.Near(e.from, e.to)...)
			}
		}
		facts.SortRows(rows)
		w.Evidence = j.cite(some(rows)...)
		for _, r := range facts.BothEnds(e.records, j.c.Options.Rows()) {
			w.Evidence = append(w.Evidence, j.cite(r.Row())...)
		}
		if e.full != nil {
			w.Evidence = append(w.Evidence, j.cite(e.full.Row())...)
		}
		out = append(out, w)
	}
	return out
}

// logEntries are the records of an episode, each with its distance from the nearest
// refusal.
func (j *judgement) logEntries(e *episode) []report.LogEntry {
	out := []report.LogEntry{}
	for _, r := range slices.Concat(e.records, e.pressure) {
		entry := report.LogEntry{ID: r.ID, Time: r.Time, Evidence: j.cite(r.Row())[0]}
		for _, run := range e.runs {
			if near, ok := run.trace.Runs[e.p.t][e.p.fam()].Nearest(r.Time); ok {
				d := round(r.Time.Sub(near.Time).Seconds(), 7)
				if entry.DeltaSeconds == nil || abs(d) < abs(*entry.DeltaSeconds) {
					entry.DeltaSeconds = &d
				}
			}
		}
		out = append(out, entry)
	}
	slices.SortStableFunc(out, func(a, b report.LogEntry) int {
		return cmp.Or(a.Time.Compare(b.Time.Time), a.ID-b.ID, strings.Compare(a.Evidence, b.Evidence))
	})
	return out
}

func abs(f float64) float64 { return max(f, -f) }

func (j *judgement) bundle(m *machine) report.Bundle {
	b := report.Bundle{ID: j.c.BundleID(), Host: m.name, Hosts: []string{}, TimeZone: j.zoneName(m), Boots: []report.Boot{}}
	if build := m.build(); build != 0 {
		b.OSBuild = fmt.Sprint(build)
	}
	for _, m := range j.machines {
		if m.name != "" {
			b.Hosts = append(b.Hosts, m.name)
		}
		for _, x := range m.boots {
			if m.last(x.at) != x.at {
				continue
			}
			b.Boots = append(b.Boots, report.Boot{Host: m.name, At: x.at, Evidence: j.cite(x.row())[0]})
		}
	}
	b.Hosts = unique(b.Hosts)
	slices.SortStableFunc(b.Boots, func(x, y report.Boot) int { return cmp.Or(x.At.Compare(y.At.Time), strings.Compare(x.Host, y.Host)) })
	for _, s := range j.c.Sources {
		if !s.Window.From.IsZero() && (b.Window.From.IsZero() || s.Window.From.Before(b.Window.From.Time)) {
			b.Window.From = s.Window.From
		}
		if s.Window.To.After(b.Window.To.Time) {
			b.Window.To = s.Window.To
		}
	}
	return j.asked(b)
}

func (j *judgement) evidenceList() []report.Evidence {
	out := make([]report.Evidence, 0, len(j.rows))
	for _, r := range j.rows {
		out = append(out, r)
	}
	facts.SortRows(out)
	return out
}

// evidence gives rows that were cited, by their ids.
func (j *judgement) evidence(ids []string) []report.Evidence {
	var out []report.Evidence
	for _, id := range ids {
		if r, ok := j.rows[id]; ok {
			out = append(out, r)
		}
	}
	return out
}

func (j *judgement) sourcesOf(ids []string) []string {
	var out []string
	for _, r := range j.evidence(ids) {
		out = append(out, r.Source)
	}
	return out
}

func (j *judgement) sourceList() []report.Source {
	out := make([]report.Source, 0, len(j.c.Sources))
	for _, s := range j.c.Sources {
		row := s.Source
		row.Host = j.hostOfSource(s.Path)
		out = append(out, row)
	}
	return out
}

func (j *judgement) told() []report.Diagnostic {
	slices.SortStableFunc(j.diagnostics, func(a, b report.Diagnostic) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), cmp.Compare(a.Offset, b.Offset), a.Line-b.Line, strings.Compare(a.Code, b.Code), strings.Compare(a.Text, b.Text))
	})
	return j.diagnostics
}

// note adds a diagnostic that an input's facts ask for, once.
func (j *judgement) note(s *facts.Source, line int, code, text string) {
	d := report.Diagnostic{Code: code, Severity: "note", Source: s.Path, Line: line, Text: text, Count: 1}
	if !slices.Contains(j.diagnostics, d) {
		j.diagnostics = append(j.diagnostics, d)
	}
}
