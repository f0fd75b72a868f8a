package regress

import (
	"fmt"
	"maps"
	"slices"

	"portverdict/report"
)

// diff collects differences as sentences "WHAT: expected X, found Y".
type diff []string

func (d *diff) note(what string, want, found any) {
	*d = append(*d, fmt.Sprintf("%s: expected %v, found %v", what, want, found))
}

// compare gives the differences between what is expected and what was found; r
// is nil when there was no report, and err says why.
func (e *Expect) compare(r *report.Report, exit int, err error) []string {
	var d diff
	if e.Exit != nil && *e.Exit != exit {
		d.note("exit", *e.Exit, exit)
	}
	if r == nil {
		if e.Outcome != "" {
			d.note("outcome", e.Outcome, "no report")
		}
		if len(d) > 0 && err != nil {
			d = append(d, err.Error())
		}
		return d
	}
	v := &r.Verdict
	if e.Outcome != "" && e.Outcome != string(v.Outcome) {
		d.note("outcome", e.Outcome, v.Outcome)
	}
	if e.Confidence != "" && e.Confidence != string(v.Confidence) {
		d.note("confidence", e.Confidence, v.Confidence)
	}
	e.processes(&d, v)
	found := map[string]int{}
	for _, f := range r.Findings {
		found[f.ID] += f.Count
	}
	for _, id := range slices.Sorted(maps.Keys(e.Findings)) {
		if n, ok := found[id]; !ok {
			d.note("finding "+id, e.Findings[id], "none")
		} else if n != e.Findings[id] {
			d.note("finding "+id, e.Findings[id], n)
		}
	}
	for _, id := range e.Absent {
		if n, ok := found[id]; ok {
			d.note("finding "+id, "none", n)
		}
	}
	return d
}

func (e *Expect) processes(d *diff, v *report.Verdict) {
	for _, want := range e.Holders {
		what := fmt.Sprintf("holder %d", want.PID)
		i := slices.IndexFunc(v.Holders, func(h report.Holder) bool { return h.PID == want.PID })
		if i < 0 {
			d.note(what, "there", "not among the holders")
			continue
		}
		h := v.Holders[i]
		d.image(what, want.Image, h.Image)
		d.number(what+" ports", want.Ports, h.Ports)
		if want.Failures != nil {
			d.note(what+" failures", *want.Failures, "that holders have ports, no failures")
		}
	}
	for _, want := range e.Victims {
		what := fmt.Sprintf("victim %d", want.PID)
		i := slices.IndexFunc(v.Victims, func(x report.Victim) bool { return x.PID == want.PID })
		if i < 0 {
			d.note(what, "there", "not among the victims")
			continue
		}
		x := v.Victims[i]
		d.image(what, want.Image, x.Image)
		d.number(what+" failures", want.Failures, x.Failures)
		if want.Ports != nil {
			d.note(what+" ports", *want.Ports, "that victims have failures, no ports")
		}
	}
}

func (d *diff) image(what string, want *string, found string) {
	if want != nil && *want != found {
		d.note(what+" image", *want, fmt.Sprintf("%q", found))
	}
}

func (d *diff) number(what string, want *int, found int) {
	if want != nil && *want != found {
		d.note(what, *want, found)
	}
}
