// Package compare says what changed from one judgement to another, and whether
// that shows that a fix worked. It goes machine by machine and pool by pool, rests on
// what the two reports say and is never surer than they are: what an input is missing
// for counts as not known, never as gone.
package compare

import (
	"io"
	"slices"

	"portverdict/report"
)

// SchemaVersion is the version of the JSON form of Comparison.
const SchemaVersion = 2

// Result is the judgement in one word.
type Result string

// The five results.
const (
	Fixed   Result = "fixed"
	Better  Result = "better"
	Same    Result = "same"
	Worse   Result = "worse"
	Unclear Result = "unclear"
)

// Change is what became of one thing. Unknown is a thing that one side names and
// the other side has no input to show.
type Change string

// The changes; a finding, holder or victim that both sides have stays.
const (
	New     Change = "new"
	Gone    Change = "gone"
	Stays   Change = "stays"
	Unknown Change = "unknown"
)

// Comparison is what changed from one judgement to another.
type Comparison struct {
	SchemaVersion int             `json:"schema_version"`
	Verdict       Result          `json:"verdict"`
	Summary       string          `json:"summary"` // one sentence a ticket can quote
	Reasons       []string        `json:"reasons"`
	Before        Side            `json:"before"`
	After         Side            `json:"after"`
	Outcome       OutcomeChange   `json:"outcome"`
	Pools         []PoolChange    `json:"pools"`
	Settings      []SettingChange `json:"settings"`
	Holders       []HolderChange  `json:"holders"`
	Victims       []VictimChange  `json:"victims"`
	OtherFailures []FailureChange `json:"other_failures"`
	Findings      []FindingChange `json:"findings"`

	heading string // the answer in a few words, without the result's own word
}

// Side is one of the two reports. Covers is the time its inputs speak for;
// Failures counts refused attempts and is nil when no trace could show one.
type Side struct {
	BundleID   string            `json:"bundle_id"`
	Host       string            `json:"host"`
	Hosts      []string          `json:"hosts"`
	OSBuild    string            `json:"os_build"`
	Outcome    report.Outcome    `json:"outcome"`
	Confidence report.Confidence `json:"confidence"`
	Transport  string            `json:"transport"`
	Cause      report.Cause      `json:"cause"`
	Summary    string            `json:"summary"`
	Window     report.Span       `json:"window"`
	Covers     report.Span       `json:"covers"`
	Failures   *int              `json:"failures"`
	Kinds      []string          `json:"kinds"`
	Missing    []string          `json:"missing"` // kinds that only the other side has
	Synthetic  bool              `json:"synthetic"`
}

// OutcomeChange is the outcome on both sides.
type OutcomeChange struct {
	Before  report.Outcome `json:"before"`
	After   report.Outcome `json:"after"`
	Changed bool           `json:"changed"`
}

// PoolChange is one pool of one machine with the result for it; a side is nil when its
// report has no such pool. Where one side has a pool for each family and the other one
// for both, that one stands beside each.
type PoolChange struct {
	Host      string    `json:"host"`
	Transport string    `json:"transport"`
	Family    string    `json:"family"`
	Verdict   Result    `json:"verdict"`
	Reasons   []string  `json:"reasons"`
	Before    *PoolSide `json:"before"`
	After     *PoolSide `json:"after"`
}

// PoolSide is a pool in one report. Used is nil when no input tells it, and at least
// that much when UsedAtLeast is set: the table is not complete, or a trace does not see
// what was open before it. Assumed says that no input tells the range. Failures counts
// refused attempts and is nil when no trace could show one. Holders are the named ones.
type PoolSide struct {
	Outcome     report.Outcome    `json:"outcome"`
	Confidence  report.Confidence `json:"confidence"`
	Cause       report.Cause      `json:"cause"`
	Start       int               `json:"start"`
	Count       int               `json:"count"`
	Excluded    int               `json:"excluded"`
	Capacity    int               `json:"capacity"`
	Assumed     bool              `json:"assumed"`
	Used        *int              `json:"used"`
	UsedAtLeast bool              `json:"used_at_least"`
	UsedAt      report.Time       `json:"used_at"`
	Failures    *int              `json:"failures"`
	Episodes    []Episode         `json:"episodes"`
	Balance     *report.Balance   `json:"balance"`
	Forecast    *report.Forecast  `json:"forecast"`
	Holders     []string          `json:"holders"`
}

// Episode is one span in which the pool had nothing left.
type Episode struct {
	From     report.Time `json:"from"`
	To       report.Time `json:"to"`
	Ends     string      `json:"ends"`
	EndedAt  report.Time `json:"ended_at"`
	Failures int         `json:"failures"`
}

// SettingChange is one figure of the configuration that differs: start, count,
// excluded or capacity of a pool whose range both sides read.
type SettingChange struct {
	Host      string `json:"host"`
	Transport string `json:"transport"`
	Family    string `json:"family"`
	Name      string `json:"name"`
	Before    int    `json:"before"`
	After     int    `json:"after"`
	Text      string `json:"text"`
}

// HolderChange is all processes of one image in one machine's pool; PIDs do not
// outlive a restart.
type HolderChange struct {
	Host      string      `json:"host"`
	Transport string      `json:"transport"`
	Image     string      `json:"image"`
	Change    Change      `json:"change"`
	Before    *HolderSide `json:"before"`
	After     *HolderSide `json:"after"`
}

// HolderSide is what the processes of an image held together, at the instant of the
// pool's balance.
type HolderSide struct {
	PIDs            []report.PID `json:"pids"`
	Services        []string     `json:"services"`
	Ports           int          `json:"ports"`
	Share           float64      `json:"share"`
	Named           bool         `json:"named"`
	GrowthPerMinute float64      `json:"growth_per_minute"`
}

// VictimChange is all refused processes of one image in one machine's pool.
type VictimChange struct {
	Host      string      `json:"host"`
	Transport string      `json:"transport"`
	Image     string      `json:"image"`
	Change    Change      `json:"change"`
	Before    *VictimSide `json:"before"`
	After     *VictimSide `json:"after"`
}

// VictimSide is how often the processes of an image were refused.
type VictimSide struct {
	PIDs     []report.PID `json:"pids"`
	Services []string     `json:"services"`
	Failures int          `json:"failures"`
}

// FailureChange is one status that attempts failed with and that is not exhaustion; a
// count is 0 on the side that does not have it.
type FailureChange struct {
	Status  string `json:"status"`
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Change  Change `json:"change"`
	Before  int    `json:"before"`
	After   int    `json:"after"`
}

// FindingChange is one finding of one machine and transport; a count is 0 on the side
// that does not have it.
type FindingChange struct {
	ID        string `json:"id"`
	Host      string `json:"host"`
	Transport string `json:"transport"`
	Title     string `json:"title"`
	Severity  string `json:"severity"`
	Change    Change `json:"change"`
	Before    int    `json:"before"`
	After     int    `json:"after"`
}

// Compare says what changed from before to after. Neither report is changed, and the
// order of their lists does not matter.
func Compare(before, after *report.Report) *Comparison {
	before, after = ordered(before), ordered(after)
	c := &Comparison{
		SchemaVersion: SchemaVersion,
		Reasons:       []string{},
		Before:        sideOf(before), After: sideOf(after),
		Outcome: OutcomeChange{
			Before: before.Verdict.Outcome, After: after.Verdict.Outcome,
			Changed: before.Verdict.Outcome != after.Verdict.Outcome,
		},
		Pools:         []PoolChange{},
		Holders:       []HolderChange{},
		Victims:       []VictimChange{},
		Findings:      []FindingChange{},
		OtherFailures: failures(before, after),
	}
	c.Before.Missing = without(c.After.Kinds, c.Before.Kinds)
	c.After.Missing = without(c.Before.Kinds, c.After.Kinds)
	j := &judge{c: c, before: before, after: after, machines: machines(before, after)}
	for _, m := range j.machines {
		for _, p := range m.pools() {
			j.pools = append(j.pools, ruled{p, p.rule()})
		}
		c.Holders = append(c.Holders, m.holders()...)
		c.Victims = append(c.Victims, m.victims()...)
		c.Findings = append(c.Findings, m.findings()...)
	}
	for _, p := range j.pools {
		c.Pools = append(c.Pools, p.change())
	}
	c.Settings = settings(c.Pools)
	sortChanges(c)
	j.decide()
	return c
}

// WriteJSON writes the comparison as indented JSON and a newline; every list is
// there, empty as [].
func (c *Comparison) WriteJSON(w io.Writer) error { return report.EncodeJSON(w, c) }

func sideOf(r *report.Report) Side {
	s := Side{
		BundleID: r.Bundle.ID, Host: r.Bundle.Host, Hosts: unique(r.Bundle.Hosts), OSBuild: r.Bundle.OSBuild,
		Outcome: r.Verdict.Outcome, Confidence: r.Verdict.Confidence, Summary: r.Verdict.Summary,
		Transport: r.Verdict.Transport, Cause: r.Verdict.Cause,
		Window: r.Bundle.Window, Covers: covered(r), Kinds: kinds(r), Missing: []string{},
	}
	if slices.ContainsFunc(r.Sources, func(s report.Source) bool { return s.Decoded > 0 && ability(s.Kind) == trace }) {
		n := 0
		for _, w := range r.Verdict.Windows {
			n += w.Failures
		}
		s.Failures = &n
	}
	for _, src := range r.Sources {
		s.Synthetic = s.Synthetic || src.Facts["synthetic"] == "true"
	}
	return s
}

// kinds are those of the inputs in which something was understood.
func kinds(r *report.Report) []string {
	var out []string
	for _, s := range r.Sources {
		if s.Decoded > 0 && s.Kind != "unknown" {
			out = append(out, s.Kind)
		}
	}
	return unique(out)
}

func without(all, some []string) []string {
	out := []string{}
	for _, k := range all {
		if !slices.Contains(some, k) {
			out = append(out, k)
		}
	}
	return out
}
