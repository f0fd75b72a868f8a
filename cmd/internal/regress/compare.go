package regress

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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
		if wants := e.wants(); len(wants) > 0 {
			d.note("report", "one that tells of "+strings.Join(wants, ", "), "no report")
		}
		if len(d) > 0 && err != nil {
			d = append(d, err.Error())
		}
		return d
	}
	v := &r.Verdict
	d.text("outcome", asked(e.Outcome), string(v.Outcome))
	d.text("confidence", asked(e.Confidence), string(v.Confidence))
	d.text("transport", asked(e.Transport), v.Transport)
	d.text("cause", e.Cause, string(v.Cause))
	d.number("windows", e.Windows, len(v.Windows))
	for i := range e.Pools {
		d = append(d, e.Pools[i].compare(v)...)
	}
	for i := range e.Holders {
		d = append(d, e.Holders[i].holder(v)...)
	}
	for i := range e.Victims {
		d = append(d, e.Victims[i].victim(v)...)
	}
	if e.Only {
		e.only(&d, v)
	}
	e.findings(&d, r)
	return d
}

func (e *Expect) findings(d *diff, r *report.Report) {
	found := map[string]int{}
	for _, f := range r.Findings {
		found[f.ID] += f.Count
	}
	for _, id := range slices.Sorted(maps.Keys(e.Findings)) {
		if n, ok := found[id]; n != e.Findings[id] {
			d.note("finding "+id, e.Findings[id], counted(n, ok))
		}
	}
	for _, id := range e.Absent {
		if n, ok := found[id]; ok {
			d.note("finding "+id, "none", n)
		}
	}
}

// counted says how often a finding was made.
func counted(n int, there bool) string {
	if !there {
		return "none"
	}
	return strconv.Itoa(n)
}

// compare finds the pool. Of several of that transport one has to fit; the nearest
// tells what differs.
func (p *Pool) compare(v *report.Verdict) diff {
	what := "pool " + p.Transport
	if p.Family != nil {
		what += " " + *p.Family
	}
	if p.Host != nil {
		what += " of " + *p.Host
	}
	var tried []diff
	for i := range v.Pools {
		x := &v.Pools[i]
		if x.Transport != p.Transport || !fits(p.Host, x.Host) || !fits(p.Family, x.Family) {
			continue
		}
		var d diff
		d.number(what+" start", p.Start, x.Start)
		d.number(what+" count", p.Count, x.Count)
		d.number(what+" capacity", p.Capacity, x.Capacity)
		if p.Used != nil && x.Used == nil {
			d.note(what+" used", *p.Used, "that nothing tells it")
		} else {
			d.number(what+" used", p.Used, x.MostUsed())
		}
		d.text(what+" outcome", p.Outcome, string(x.Outcome))
		d.text(what+" confidence", p.Confidence, string(x.Confidence))
		d.text(what+" cause", p.Cause, string(x.Cause))
		d.number(what+" windows", p.Windows, len(x.Episodes))
		tried = append(tried, d)
	}
	return nearest(tried, diff{what + ": expected there, found no such pool"})
}

// nearest gives the differences of the row that has the fewest, none of them when it
// is the one; missing when there is no row.
func nearest(tried []diff, missing diff) diff {
	if len(tried) == 0 {
		return missing
	}
	return slices.MinFunc(tried, func(a, b diff) int { return len(a) - len(b) })
}

// fits tells whether what is given, if it is, is what was found.
func fits(given *string, found string) bool { return given == nil || *given == found }

// is tells whether a row is of the process.
func (p *Process) is(pid report.PID, image, host, transport string) bool {
	switch {
	case !fits(p.Host, host) || !fits(p.Transport, transport):
		return false
	case p.PID == nil || *p.PID == 0: // a sum, or one that is known by its name only
		return fits(p.Image, image) && (p.PID == nil || pid == 0)
	}
	return report.PID(*p.PID) == pid
}

func (p *Process) words(what string) string {
	if p.PID != nil {
		what += fmt.Sprintf(" %d", *p.PID)
	}
	if p.Image != nil && (p.PID == nil || *p.PID == 0) {
		what += " " + *p.Image
	}
	if p.Transport != nil {
		what += " of " + *p.Transport
	}
	if p.Host != nil {
		what += " on " + *p.Host
	}
	return what
}

// holder looks for the process among the holders. It has a row for each episode and
// pool, one of which has to fit.
func (p *Process) holder(v *report.Verdict) diff {
	what := p.words("holder")
	var tried []diff
	for i := range v.Holders {
		h := &v.Holders[i]
		if !p.is(h.PID, h.Image, h.Host, h.Transport) {
			continue
		}
		var d diff
		d.text(what+" image", p.Image, h.Image)
		d.number(what+" ports", p.Ports, h.Ports)
		d.number(what+" instances", p.Instances, h.Instances)
		if p.Named != nil && *p.Named != h.Named {
			d.note(what+" named", *p.Named, h.Named)
		}
		tried = append(tried, d)
	}
	return nearest(tried, diff{what + ": expected there, found not among the holders"})
}

// victim looks for the process among the victims. It has a row for each pool and life,
// and their failures add up.
func (p *Process) victim(v *report.Verdict) diff {
	what := p.words("victim")
	failures, rows := 0, 0
	var d diff
	for i := range v.Victims {
		x := &v.Victims[i]
		if !p.is(x.PID, x.Image, x.Host, x.Transport) {
			continue
		}
		failures += x.Failures
		if rows++; !fits(p.Image, x.Image) && len(d) == 0 {
			d.text(what+" image", p.Image, x.Image)
		}
	}
	if rows == 0 {
		return diff{what + ": expected there, found not among the victims"}
	}
	d.number(what+" failures", p.Failures, failures)
	return d
}

// only finds whom nobody expects.
func (e *Expect) only(d *diff, v *report.Verdict) {
	expected := func(list []Process, pid report.PID, image, host, transport string) bool {
		return slices.ContainsFunc(list, func(p Process) bool { return p.is(pid, image, host, transport) })
	}
	for i := range v.Holders {
		if h := &v.Holders[i]; h.Named && !expected(e.Holders, h.PID, h.Image, h.Host, h.Transport) {
			d.note("holder", "nobody else to be named", who(h.PID, h.Image, h.Transport))
		}
	}
	for i := range v.Victims {
		if x := &v.Victims[i]; !expected(e.Victims, x.PID, x.Image, x.Host, x.Transport) {
			d.note("victim", "nobody else", who(x.PID, x.Image, x.Transport))
		}
	}
}

func who(pid report.PID, image, transport string) string {
	name := fmt.Sprint(int(pid))
	if pid == report.NoPID {
		name = "a process without a PID"
	}
	if image != "" {
		name += " (" + image + ")"
	}
	return name + " of " + transport
}

func (d *diff) text(what string, want *string, found string) {
	switch {
	case want == nil || *want == found:
	case *want == "":
		d.note(what, "none", found)
	case found == "":
		d.note(what, *want, `""`)
	default:
		d.note(what, *want, found)
	}
}

func (d *diff) number(what string, want *int, found int) {
	if want != nil && *want != found {
		d.note(what, *want, found)
	}
}
