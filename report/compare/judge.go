package compare

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// judge comes to the result. why is the reason that decided; it stands first.
type judge struct {
	c             *Comparison
	before, after *report.Report
	why           string
}

func (j *judge) decide() {
	j.c.Reasons = []string{}
	switch {
	case j.before.Bundle.ID != "" && j.before.Bundle.ID == j.after.Bundle.ID && !j.c.Outcome.Changed:
		j.say(Same, "both sides are the same inputs, byte for byte")
	case j.cannotTell():
	case j.c.Outcome.Changed:
		j.byOutcome()
	default:
		j.byFigures()
	}
	j.caveats()
}

// say gives the result and the reason for it, a sentence without its capital and
// full stop: the summary quotes it.
func (j *judge) say(r Result, format string, args ...any) {
	j.c.Verdict, j.why = r, fmt.Sprintf(format, args...)
	j.note("%s.", upperFirst(j.why))
}

func (j *judge) note(format string, args ...any) {
	j.c.Reasons = append(j.c.Reasons, fmt.Sprintf(format, args...))
}

// rank orders the outcomes that say something; inconclusive has no place in it.
func rank(o report.Outcome) int {
	return slices.Index([]report.Outcome{report.NotExhausted, report.Likely, report.Exhausted}, o)
}

// cannotTell looks for what makes any comparison of the two worthless.
func (j *judge) cannotTell() bool {
	b, a := &j.c.Before, &j.c.After
	switch {
	case b.Host != "" && a.Host != "" && !sameHost(b.Host, a.Host):
		j.say(Unclear, "the hosts differ: %s before, %s after", b.Host, a.Host)
	case !a.Covers.To.IsZero() && !b.Covers.From.IsZero() && !a.Covers.To.After(b.Covers.From.Time):
		j.say(Unclear, "the inputs given as after end (%s) before those given as before begin: the two may be swapped", minute(a.Covers.To))
	case rank(b.Outcome) < 0 && rank(a.Outcome) < 0:
		j.say(Unclear, "both sides are inconclusive: neither shows whether the ports ran out")
	case rank(a.Outcome) < 0:
		j.say(Unclear, "the outcome after is inconclusive, and what inputs do not show proves nothing")
	case rank(b.Outcome) < 0:
		j.say(Unclear, "the outcome before is inconclusive, so there is nothing to measure the outcome after against")
	case j.onlyOldFailures():
		j.say(Unclear, "all failures after lie in the time the inputs before cover (until %s), so they may be from before the change", minute(b.Covers.To))
	default:
		return false
	}
	return true
}

// onlyOldFailures tells that later inputs repeat what the earlier ones have: a
// System log keeps its records over a fix. A full table may have no time of its
// own and be new.
func (j *judge) onlyOldFailures() bool {
	end := j.c.Before.Covers.To
	if j.c.Outcome.After != report.Exhausted || end.IsZero() || !j.c.After.Covers.To.After(end.Time) || count(j.after, "pool-full") > 0 {
		return false
	}
	ws := j.after.Verdict.Windows
	return len(ws) > 0 && !slices.ContainsFunc(ws, func(w report.Window) bool { return w.To.IsZero() || w.To.After(end.Time) })
}

// byOutcome judges two outcomes that differ: the quieter side must have had the
// eyes to see what the other shows.
func (j *judge) byOutcome() {
	loud, quiet, side := j.before, j.after, "after"
	if rank(j.c.Outcome.After) > rank(j.c.Outcome.Before) {
		loud, quiet, side = j.after, j.before, "before"
	}
	if lack := blind(loud, quiet); len(lack) > 0 {
		j.say(Unclear, "what shows the trouble on one side is missing or has gaps %s (%s), and silence there proves nothing", side, strings.Join(lack, ", "))
		return
	}
	for _, t := range ranOut(loud) {
		if !speaksFor(quiet, t) {
			j.say(Unclear, "no input %s shows how the %s ports fared, and those are in trouble on the other side", side, strings.ToUpper(t))
			return
		}
	}
	switch cause := j.atWork(); {
	case quiet.Verdict.Confidence == report.Weak:
		j.say(Unclear, "the outcome %s is only weakly supported", side)
	case side == "before":
		j.say(Worse, "the outcome was %s and is now %s", outcomeText(j.c.Outcome.Before), outcomeText(j.c.Outcome.After))
	case j.c.Outcome.After != report.NotExhausted:
		j.say(Better, "the pressure is lower but not gone")
	case cause != "":
		j.say(Better, "what uses up the ports is still at work: %s", cause)
	case !slices.Equal(ranOut(j.before), []string{"tcp"}):
		// The outcome not-exhausted speaks for TCP only.
		j.say(Better, "of the %s ports a connection table alone speaks, and that is one moment", strings.ToUpper(strings.Join(without(ranOut(j.before), []string{"tcp"}), " and ")))
	default:
		j.say(Fixed, "the inputs after could have shown it and show the contrary")
	}
}

// blind names what showed the trouble on the loud side if the quiet side has none
// of it. A trace whose dynamic binds succeed is no silence: it shows the contrary.
func blind(loud, quiet *report.Report) []string {
	eyes := witnesses(loud)
	if count(quiet, "trace-binds-succeed") > 0 && able(quiet, trace) {
		return nil
	}
	if slices.ContainsFunc(eyes, func(what string) bool { return shows(quiet, what) }) {
		return nil
	}
	return eyes
}

// witnesses are the inputs that show the trouble. 4227 is none: alone it shows
// pressure only.
func witnesses(r *report.Report) []string {
	var out []string
	for _, id := range []string{
		"afd-bind-0x209", "afd-connect-0x209", "tcpip-port-acquire-failed", "trace-socket-leak",
		"evtx-4231", "evtx-4266", "pool-full", "pool-pressure", "snapshot-growth", "bound-leak",
	} {
		if what := rests(id); count(r, id) > 0 && !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, what := range []string{trace, log, snapshot} {
		if able(r, what) {
			out = append(out, what)
		}
	}
	return out
}

// ranOut names the transports an exhausted or likely outcome speaks of.
func ranOut(r *report.Report) []string {
	if rank(r.Verdict.Outcome) < rank(report.Likely) {
		return nil
	}
	var out []string
	for _, w := range r.Verdict.Windows {
		out = append(out, w.Transport)
	}
	if len(out) == 0 {
		for _, p := range r.Verdict.Pools {
			if p.UsedSource != "" && p.Used*5 >= p.Capacity*4 {
				out = append(out, p.Transport)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, "tcp")
	}
	return unique(out)
}

// speaksFor tells whether a report says something of a transport's pool. The
// outcome not-exhausted speaks for TCP alone; of another pool a table must show
// that it is less than half in use.
func speaksFor(r *report.Report, transport string) bool {
	calm := r.Verdict.Outcome == report.NotExhausted
	if transport == "tcp" && (calm || count(r, "trace-binds-succeed") > 0) {
		return true
	}
	return slices.ContainsFunc(r.Verdict.Pools, func(p report.Pool) bool {
		return p.Transport == transport && p.UsedSource != "" && (!calm || p.Used*2 < p.Capacity)
	})
}

// strain are the findings that a quiet outcome may have and a fix may not.
var strain = []string{
	"trace-socket-leak", "snapshot-growth", "bound-leak", "pool-full", "pool-pressure",
	"close-wait-pile", "time-wait-churn", "tuple-exhaustion", "evtx-4227",
}

// atWork says why a quiet outcome is no fix yet, "" when nothing speaks against
// it: a leak fills any range, a larger one only later.
func (j *judge) atWork() string {
	for _, id := range strain {
		i := slices.IndexFunc(j.after.Findings, func(f report.Finding) bool { return f.ID == id && f.Count > 0 })
		if i < 0 {
			continue
		}
		if h := fastest(j.after); h != nil && (id == "trace-socket-leak" || id == "snapshot-growth") {
			return fmt.Sprintf("%s gains %.0f ports a minute", nameOf(h.Image), h.GrowthPerMinute)
		}
		return fmt.Sprintf("%s (finding %s)", lowerFirst(j.after.Findings[i].Title), id)
	}
	for _, p := range j.c.Pools {
		b, a := p.Before, p.After
		if slices.Contains(ranOut(j.before), p.Transport) && b != nil && a != nil && b.Used != nil && a.Used != nil && a.Capacity > b.Capacity && *a.Used >= *b.Used {
			return fmt.Sprintf("the %s pool is larger, but no fewer ports are in use (%s before, %s after)", poolName(p.Transport, p.Family), report.Grouped(*b.Used), report.Grouped(*a.Used))
		}
	}
	return ""
}

// fastest is the holder that grows most, by one port a minute or more.
func fastest(r *report.Report) *report.Holder {
	var out *report.Holder
	for i := range r.Verdict.Holders {
		if h := &r.Verdict.Holders[i]; h.GrowthPerMinute >= 1 && (out == nil || h.GrowthPerMinute > out.GrowthPerMinute) {
			out = h
		}
	}
	return out
}

func count(r *report.Report, id string) int {
	n := 0
	for _, f := range r.Findings {
		if f.ID == id {
			n += f.Count
		}
	}
	return n
}

// sameHost knows that a log says host.example.org where a text says HOST.
func sameHost(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if strings.Contains(a, ".") != strings.Contains(b, ".") {
		a, _, _ = strings.Cut(a, ".")
		b, _, _ = strings.Cut(b, ".")
	}
	return a == b
}
