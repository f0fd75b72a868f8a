package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

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

// byFigures judges a pool whose outcome is the same on both sides.
func (p *pair) byFigures() ruling {
	o := outcomeText(p.after.outcome())
	var down, up, even []string
	for _, f := range p.figures() {
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
		return unclear(bothWays, "the pool is %s in both bundles and the figures point both ways: lower %s; higher %s", o, strings.Join(down, "; "), strings.Join(up, "; "))
	case len(down) > 0 && p.order() == noOrder:
		return unclear(orderUnknown, "no time tells that the second bundle is later than the first, which has clearly higher %s", strings.Join(down, "; "))
	case len(down) > 0 && p.order() != later:
		return unclear(notLater, "the second bundle is not later than the first, which has clearly higher %s", strings.Join(down, "; "))
	case len(down) > 0:
		return ruling{Better, "", []string{fmt.Sprintf("the pool is still %s, with clearly lower %s", o, strings.Join(down, "; "))}}
	case len(up) > 0:
		return ruling{Worse, "", []string{fmt.Sprintf("the pool is still %s, with clearly higher %s", o, strings.Join(up, "; "))}}
	case len(even) > 0:
		return ruling{Same, "", []string{fmt.Sprintf("the pool is %s in both bundles and no figure differs by a quarter or more: %s", o, strings.Join(even, "; "))}}
	}
	return ruling{Same, "", []string{fmt.Sprintf("the pool is %s in both bundles, and no figure can be compared further", o)}}
}

func (p *pair) figures() []figure {
	var out []figure
	for _, of := range []func() (figure, bool){p.refused, p.growing, p.use} {
		if f, ok := of(); ok {
			out = append(out, f)
		}
	}
	return out
}

// refused compares the refused attempts. A shorter trace has fewer of them, so the
// number and the number a minute must both say so, and a trace with gaps has at least
// that many. One that ended in the middle of an episode shows how often attempts were
// refused in it, and not how many would have been.
func (p *pair) refused() (figure, bool) {
	bn, an := p.before.failures(), p.after.failures()
	bm, am := lasting(p.before.span(trace)).Minutes(), lasting(p.after.span(trace)).Minutes()
	if bn == nil || an == nil || *bn+*an == 0 || bm <= 0 || am <= 0 {
		return figure{}, false
	}
	b, a := float64(*bn), float64(*an)
	f, rate := compared(b, a), compared(b/bm, a/am)
	f.lower = f.lower && rate.lower && p.after.shows(trace)
	f.higher = f.higher && rate.higher && p.before.shows(trace)
	inside := compared(p.before.pressing(b), p.after.pressing(a))
	f.lower = f.lower && (inside.lower || !p.after.goesOnAtEnd())
	f.higher = f.higher && (inside.higher || !p.before.goesOnAtEnd())
	f.text = fmt.Sprintf("refused attempts: %s before, %s after (%s and %s a minute)", report.Grouped(*bn), report.Grouped(*an), number(b/bm), number(a/am))
	return f, true
}

// goesOnAtEnd tells that the last episode was not over when the inputs ended.
func (h *half) goesOnAtEnd() bool {
	n := len(h.windows)
	return n > 0 && h.windows[n-1].Ends == "end-of-inputs"
}

// pressing is how many of so many attempts were refused a second in the episodes.
func (h *half) pressing(refused float64) float64 {
	var in time.Duration
	for _, w := range h.windows {
		in += max(w.To.Sub(w.From.Time), 0)
	}
	return refused / max(in.Seconds(), 1)
}

// failures counts the refused attempts of the pool, nil when no trace could show one.
func (h *half) failures() *int {
	if !h.able(trace) {
		return nil
	}
	n := 0
	for _, w := range h.windows {
		n += w.Failures
	}
	return &n
}

// growing compares how fast the pool fills. Once it is full nothing grows, so an
// exhausted side has no figure. Where no trace could show growth, none is no figure.
func (p *pair) growing() (figure, bool) {
	b, a := p.before.filling(), p.after.filling()
	if p.after.outcome() == report.Exhausted || b+a <= 0 {
		return figure{}, false
	}
	f := compared(b, a)
	f.lower, f.higher = f.lower && (a > 0 || p.after.shows(trace)), f.higher && (b > 0 || p.before.shows(trace))
	f.text = fmt.Sprintf("growth: %s before, %s after", rateText(b), rateText(a))
	return f, true
}

// use compares how full a pool is, where either side is at least half full. What is
// known to be in use at least is compared with nothing that is less. A pool that is not
// exhausted on both sides is there on both.
func (p *pair) use() (figure, bool) {
	b, a := p.before.pool, p.after.pool
	if p.after.outcome() == report.Exhausted || b.Used == nil || a.Used == nil || b.Capacity <= 0 || a.Capacity <= 0 {
		return figure{}, false
	}
	bs, as := float64(*b.Used)/float64(b.Capacity), float64(*a.Used)/float64(a.Capacity)
	if max(bs, as) < telling {
		return figure{}, false
	}
	f := compared(bs, as)
	f.lower, f.higher = f.lower && p.after.exact(), f.higher && p.before.exact()
	f.text = fmt.Sprintf("use: %s before, %s after", p.before.side().usedText(), p.after.side().usedText())
	return f, true
}

// compared takes figures of which one at least is more than 0.
func compared(before, after float64) figure {
	return figure{lower: after <= before*clearly, higher: before <= after*clearly}
}

// rows are the holders of the pool, of all its episodes.
func (h *half) rows() []report.Holder {
	var out []report.Holder
	for _, r := range h.r.Verdict.Holders {
		if h.is(r.Host) && r.Transport == h.transport {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b report.Holder) int { return b.Ports - a.Ports })
	return out
}
