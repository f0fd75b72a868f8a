package compare

import (
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// clearly is how much of a figure may be left for it to be clearly lower: a
// quarter less. Machines and days differ by less than that on their own.
const clearly = 0.75

// telling is the share of a pool under which its use says nothing: both sides
// are then far from their limit.
const telling = 0.5

// figure is a number that both sides have from the same kind of input.
type figure struct {
	lower, higher bool
	text          string
}

// byFigures judges two outcomes that are the same.
func (j *judge) byFigures() {
	o := outcomeText(j.c.Outcome.After)
	b, a := ranOut(j.before), ranOut(j.after)
	if len(b) > 0 && !slices.ContainsFunc(b, func(t string) bool { return slices.Contains(a, t) }) {
		j.say(Unclear, "both sides are %s, but not of the same pool: %s before, %s after", o,
			strings.ToUpper(strings.Join(b, " and ")), strings.ToUpper(strings.Join(a, " and ")))
		return
	}
	var down, up, even []string
	for _, f := range j.figures() {
		switch {
		case f.lower:
			down = append(down, f.text)
		case f.higher:
			up = append(up, f.text)
		default:
			even = append(even, f.text)
		}
	}
	switch {
	case len(down) > 0 && len(up) > 0:
		j.say(Unclear, "both sides are %s and the figures point both ways: lower %s; higher %s", o, strings.Join(down, "; "), strings.Join(up, "; "))
	case len(down) > 0:
		j.say(Better, "still %s, with clearly lower %s", o, strings.Join(down, "; "))
	case len(up) > 0:
		j.say(Worse, "still %s, with clearly higher %s", o, strings.Join(up, "; "))
	case len(even) > 0:
		j.say(Same, "both sides are %s and no figure differs by a quarter or more: %s", o, strings.Join(even, "; "))
	default:
		j.say(Same, "both sides are %s; no figure bears on more than that", o)
	}
}

func (j *judge) figures() []figure {
	var out []figure
	if able(j.before, trace) && able(j.after, trace) {
		if f, ok := j.refused(); ok {
			out = append(out, f)
		}
		if f, ok := j.growth(); ok {
			out = append(out, f)
		}
	}
	for _, p := range j.c.Pools {
		if f, ok := use(p); ok {
			out = append(out, f)
		}
	}
	return out
}

// refused compares the refused attempts. A shorter trace has fewer of them, so
// the number and the number a minute must both say so.
func (j *judge) refused() (figure, bool) {
	b, a := float64(*j.c.Before.Failures), float64(*j.c.After.Failures)
	if b == 0 && a == 0 {
		return figure{}, false
	}
	f := compared(b, a)
	f.text = fmt.Sprintf("refused attempts: %.0f before, %.0f after", b, a)
	bm, am := lasts(j.before).Minutes(), lasts(j.after).Minutes()
	if bm > 0 && am > 0 {
		rate := compared(b/bm, a/am)
		f.lower, f.higher = f.lower && rate.lower, f.higher && rate.higher
		f.text += fmt.Sprintf(" (%.3g and %.3g a minute)", b/bm, a/am)
	}
	return f, true
}

// growth compares the fastest leak. Once the pool is full nothing grows, so an
// exhausted side has no figure; nor have holders of two transports.
func (j *judge) growth() (figure, bool) {
	if j.c.Outcome.After == report.Exhausted || holdersOf(j.before) != holdersOf(j.after) {
		return figure{}, false
	}
	rate := func(r *report.Report) float64 {
		if h := fastest(r); h != nil {
			return h.GrowthPerMinute
		}
		return 0
	}
	b, a := rate(j.before), rate(j.after)
	if b == 0 && a == 0 {
		return figure{}, false
	}
	f := compared(b, a)
	f.text = fmt.Sprintf("growth of the fastest process: %.0f ports a minute before, %.0f after", b, a)
	return f, true
}

// use compares how full a pool is, where either side is at least half full.
func use(p PoolChange) (figure, bool) {
	b, a := p.Before, p.After
	if b == nil || a == nil || b.Used == nil || a.Used == nil || b.Capacity <= 0 || a.Capacity <= 0 {
		return figure{}, false
	}
	bs, as := float64(*b.Used)/float64(b.Capacity), float64(*a.Used)/float64(a.Capacity)
	if max(bs, as) < telling {
		return figure{}, false
	}
	f := compared(bs, as)
	f.text = fmt.Sprintf("use of the %s pool: %s before, %s after", poolName(p.Transport, p.Family), b.usedText(), a.usedText())
	return f, true
}

func compared(before, after float64) figure {
	return figure{lower: after <= before*clearly && after < before, higher: before <= after*clearly && before < after}
}
