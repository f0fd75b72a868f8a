// Package compare says what changed from one judgement to another, and whether
// that shows that a fix worked. It is never surer than the two reports: what an
// input is missing for counts as not known, never as gone.
package compare

import (
	"io"
	"slices"

	"portverdict/report"
)

// SchemaVersion is the version of the JSON form of Comparison.
const SchemaVersion = 1

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
	Findings      []FindingChange `json:"findings"`
}

// Side is one of the two reports. Covers is the time its inputs speak for;
// Failures counts refused attempts and is nil when no trace could show one.
type Side struct {
	BundleID   string            `json:"bundle_id"`
	Host       string            `json:"host"`
	OSBuild    string            `json:"os_build"`
	Outcome    report.Outcome    `json:"outcome"`
	Confidence report.Confidence `json:"confidence"`
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

// PoolChange is one transport's pool; a side is nil when its report has no such pool.
type PoolChange struct {
	Transport string    `json:"transport"`
	Family    string    `json:"family"`
	Before    *PoolSide `json:"before"`
	After     *PoolSide `json:"after"`
}

// PoolSide is a pool in one report. Used is nil when no input tells it; Assumed
// says that no input tells the range.
type PoolSide struct {
	Start    int  `json:"start"`
	Count    int  `json:"count"`
	Excluded int  `json:"excluded"`
	Capacity int  `json:"capacity"`
	Assumed  bool `json:"assumed"`
	Used     *int `json:"used"`
}

// SettingChange is one figure of the configuration that differs: start, count,
// excluded or capacity of a pool whose range both sides read.
type SettingChange struct {
	Transport string `json:"transport"`
	Family    string `json:"family"`
	Name      string `json:"name"`
	Before    int    `json:"before"`
	After     int    `json:"after"`
	Text      string `json:"text"`
}

// HolderChange is all processes of one image; PIDs do not outlive a restart.
type HolderChange struct {
	Image  string      `json:"image"`
	Change Change      `json:"change"`
	Before *HolderSide `json:"before"`
	After  *HolderSide `json:"after"`
}

// HolderSide is what the processes of an image held together, of one transport.
type HolderSide struct {
	Transport       string   `json:"transport"`
	PIDs            []int    `json:"pids"`
	Services        []string `json:"services"`
	Ports           int      `json:"ports"`
	Share           float64  `json:"share"`
	GrowthPerMinute float64  `json:"growth_per_minute"`
}

// VictimChange is all refused processes of one image.
type VictimChange struct {
	Image  string      `json:"image"`
	Change Change      `json:"change"`
	Before *VictimSide `json:"before"`
	After  *VictimSide `json:"after"`
}

// VictimSide is how often the processes of an image were refused.
type VictimSide struct {
	PIDs     []int    `json:"pids"`
	Services []string `json:"services"`
	Failures int      `json:"failures"`
}

// FindingChange is one finding; a count is 0 on the side that does not have it.
type FindingChange struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Severity string `json:"severity"`
	Change   Change `json:"change"`
	Before   int    `json:"before"`
	After    int    `json:"after"`
}

// Compare says what changed from before to after.
func Compare(before, after *report.Report) *Comparison {
	c := &Comparison{
		SchemaVersion: SchemaVersion,
		Before:        sideOf(before), After: sideOf(after),
		Outcome: OutcomeChange{
			Before: before.Verdict.Outcome, After: after.Verdict.Outcome,
			Changed: before.Verdict.Outcome != after.Verdict.Outcome,
		},
		Pools:    pools(before.Verdict.Pools, after.Verdict.Pools),
		Findings: findings(before, after),
		Holders:  holders(before, after),
		Victims:  victims(before, after),
	}
	c.Before.Missing = without(c.After.Kinds, c.Before.Kinds)
	c.After.Missing = without(c.Before.Kinds, c.After.Kinds)
	c.Settings = settings(c.Pools)
	j := &judge{c: c, before: before, after: after}
	j.decide()
	c.Summary = c.summary(j.why, before, after)
	return c
}

// WriteJSON writes the comparison as indented JSON and a newline; every list is
// there, empty as [].
func (c *Comparison) WriteJSON(w io.Writer) error { return report.EncodeJSON(w, c) }

func sideOf(r *report.Report) Side {
	s := Side{
		BundleID: r.Bundle.ID, Host: r.Bundle.Host, OSBuild: r.Bundle.OSBuild,
		Outcome: r.Verdict.Outcome, Confidence: r.Verdict.Confidence, Summary: r.Verdict.Summary,
		Window: r.Bundle.Window, Covers: covered(r), Kinds: kinds(r), Missing: []string{},
	}
	if able(r, trace) {
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
	out := []string{}
	for _, s := range r.Sources {
		if s.Decoded > 0 && s.Kind != "unknown" && !slices.Contains(out, s.Kind) {
			out = append(out, s.Kind)
		}
	}
	slices.Sort(out)
	return out
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

// covered is the time the inputs speak for, as far as it lies in the analysed window.
func covered(r *report.Report) report.Span {
	s := span(r, func(report.Source) bool { return true })
	a := r.Bundle.Window
	if !s.From.IsZero() && a.From.After(s.From.Time) {
		s.From = a.From
	}
	if !a.To.IsZero() && a.To.Before(s.To.Time) {
		s.To = a.To
	}
	return s
}

// span reaches from the first to the last time of some of the inputs.
func span(r *report.Report, of func(report.Source) bool) report.Span {
	var s report.Span
	for _, src := range r.Sources {
		if !of(src) {
			continue
		}
		if w := src.Window; !w.From.IsZero() && (s.From.IsZero() || w.From.Before(s.From.Time)) {
			s.From = w.From
		}
		if src.Window.To.After(s.To.Time) {
			s.To = src.Window.To
		}
	}
	return s
}
