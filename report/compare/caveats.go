package compare

import (
	"slices"
	"strings"
	"time"

	"portverdict/report"
)

// caveats are what a reader must know beside the result; none of them changes it.
func (j *judge) caveats() {
	b, a := &j.c.Before, &j.c.After
	if b.BundleID != "" && b.BundleID == a.BundleID {
		return
	}
	j.missing("after", j.before, j.after)
	j.missing("before", j.after, j.before)
	j.mainHolder()
	for _, s := range j.c.Settings {
		if s.Name != "capacity" { // follows from the others
			j.note("A setting changed: %s.", s.Text)
		}
	}
	if b.Host == "" || a.Host == "" {
		j.note("The host is not known on both sides: that both are one machine is not shown.")
	}
	if b.OSBuild != "" && a.OSBuild != "" && b.OSBuild != a.OSBuild {
		j.note("The Windows build changed from %s to %s.", b.OSBuild, a.OSBuild)
	}
	if j.together() {
		j.note("The inputs after are no later than those before: check that they were taken after the change.")
	}
	long, short := lasts(j.before), lasts(j.after)
	if (j.c.Verdict == Fixed || j.c.Verdict == Better) && short > 0 && short*2 < long {
		j.note("The trace after covers %s, that before %s: what builds up slowly may not have come yet.", lasting(short), lasting(long))
	}
}

// mainHolder says what became of the process that held most of a pool in trouble.
func (j *judge) mainHolder() {
	if len(j.c.Holders) == 0 || len(ranOut(j.before)) == 0 {
		return
	}
	h := j.c.Holders[0]
	switch {
	case h.Before == nil || h.Before.Share < telling || h.Image == "":
	case h.Change == Gone:
		j.note("%s held %s before and none after: it was not running, or it no longer leaks.", h.Image, h.ports(h.Before))
	case h.Change == Stays:
		j.note("%s held %s before and %s after.", h.Image, h.ports(h.Before), h.ports(h.After))
	case h.Change == Unknown:
		j.note("%s held %s before; what it holds after is not shown.", h.Image, h.ports(h.Before))
	}
}

// missing says which inputs one side has and the other lacks, so that nobody
// reads their silence as proof.
func (j *judge) missing(side string, has, lacks *report.Report) {
	var names []string
	for _, k := range kinds(has) {
		what := ability(k)
		if what != "" && !able(lacks, what) && !slices.Contains(names, what) {
			names = append(names, what)
		}
	}
	if len(names) > 0 {
		j.note("Missing %s: %s. What only that would show is not compared.", side, strings.Join(names, ", "))
	}
}

// together tells that the inputs after may not be from after the change. A System
// log reaches back over days, so traces count where both sides have one.
func (j *judge) together() bool {
	b, a := traced(j.before), traced(j.after)
	if b.From.IsZero() || a.From.IsZero() {
		b, a = j.c.Before.Covers, j.c.After.Covers
		return !b.To.IsZero() && !a.To.IsZero() && !a.To.After(b.To.Time)
	}
	return a.From.Before(b.To.Time)
}

// lasts is how long the traces of a report run.
func lasts(r *report.Report) time.Duration {
	s := traced(r)
	if s.From.IsZero() || s.To.IsZero() {
		return 0
	}
	return s.To.Sub(s.From.Time)
}

// traced is the time of the traces of a report.
func traced(r *report.Report) report.Span {
	return span(r, func(src report.Source) bool { return src.Kind == "etl" })
}
