package compare

import (
	"fmt"
	"slices"
	"time"

	"portverdict/report"
)

// pace is how long the pool of the second bundle would take to run out as that of the
// first did, and the clause that says so. need is 0 when the first bundle does not tell.
type pace struct {
	need time.Duration
	text string
}

// longest keeps a very small rate within what a Duration holds.
const longest = 100 * 365 * 24 * time.Hour

// pace takes the rate at which ports were used up, and no less than the time between
// two episodes. Where there is no rate, episodes tell of which the earlier one left an
// empty pool; else the time from the start of Windows to the first of them. A pool that
// is larger now takes longer.
func (p *pair) pace() pace {
	b := &p.before
	size := float64(max(b.capacity(), p.after.capacity()))
	rate := b.perMinute()
	all, emptied := b.distances()
	if rate > 0 {
		if need := minutes(size / rate); need > p.larger(all) {
			return pace{need, fmt.Sprintf("at %s, as before, %s ports last %s", rateText(rate), report.Grouped(int(size)), report.Rough(need))}
		}
		emptied = all
	}
	if emptied > 0 {
		need := p.larger(all)
		return pace{need, "before, it ran out again after " + report.Rough(need) + p.stretched()}
	}
	need := p.larger(b.sinceBoot())
	return pace{need, "before, it ran out " + report.Rough(need) + " after a restart" + p.stretched()}
}

// paceNow is the pace of the leaks that go on in the second bundle.
func (p *pair) paceNow() pace {
	rate := 0.0
	for _, h := range p.leakers() {
		rate += h.GrowthPerMinute
	}
	if rate <= 0 {
		return pace{}
	}
	need := minutes(float64(p.after.capacity()) / rate)
	return pace{need, fmt.Sprintf("at %s, as it still shows, %s ports last %s", rateText(rate), report.Grouped(p.after.capacity()), report.Rough(need))}
}

// stretched says that a time is longer than the one that was seen.
func (p *pair) stretched() string {
	if p.larger(time.Hour) > time.Hour {
		return " (for a pool of that size)"
	}
	return ""
}

func minutes(m float64) time.Duration {
	if m >= longest.Minutes() {
		return longest
	}
	return time.Duration(m * float64(time.Minute))
}

// larger stretches a time by as much as the pool has grown.
func (p *pair) larger(d time.Duration) time.Duration {
	b, a := p.before.capacity(), p.after.capacity()
	if b <= 0 || a <= b {
		return d
	}
	return minutes(d.Minutes() * float64(a) / float64(b))
}

// perMinute is the rate at which the pool fills: that of its forecast, else of the
// growth of its holders, else of a leak that the report's series show taking at least
// half of the pool.
func (h *half) perMinute() float64 {
	if r := h.filling(); r > 0 || h.cause() != report.CauseLeak {
		return r
	}
	return h.rise()
}

// filling is the rate that the report gives, of the forecast or of the holders.
func (h *half) filling() float64 {
	if h.pool != nil && h.pool.Forecast != nil && h.pool.Forecast.RatePerHour > 0 {
		return h.pool.Forecast.RatePerHour / 60
	}
	return h.growth()
}

// growth is that of all holders of the pool, in the episode in which they grow most. A
// sum and its members are the same ports.
func (h *half) growth() float64 {
	type key struct {
		window int
		image  string
	}
	sums, members := map[key]float64{}, map[key]float64{}
	var keys []key
	for _, r := range h.rows() {
		k := key{r.Window, imageKey(r.Image)}
		if r.GrowthPerMinute <= 0 {
			continue
		}
		if r.Instances > 1 {
			sums[k] += r.GrowthPerMinute
		} else {
			members[k] += r.GrowthPerMinute
		}
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	windows := map[int]float64{}
	most := 0.0
	for _, k := range keys {
		windows[k.window] += max(sums[k], members[k])
		most = max(most, windows[k.window])
	}
	return most
}

// rise is the rate at which one process took at least half of the pool's ports.
func (h *half) rise() float64 {
	best := 0.0
	for _, s := range h.r.Series {
		if !h.is(s.Host) || s.Transport != h.transport || len(s.Points) == 0 {
			continue
		}
		points := slices.SortedStableFunc(slices.Values(s.Points), func(a, b report.Point) int { return a.T.Compare(b.T.Time) })
		first, top := points[0], points[0]
		for _, q := range points {
			if q.Ports > top.Ports {
				top = q
			}
		}
		gained, took := top.Ports-first.Ports, top.T.Sub(first.T.Time).Minutes()
		if took > 0 && gained*2 >= h.pool.Capacity {
			best = max(best, float64(gained)/took)
		}
	}
	return best
}

// distances gives the longest time from the end of one episode to the start of the
// next: of all, and of those after which the pool was empty, for Windows was restarted
// or the cause gives its ports back by itself.
func (h *half) distances() (all, emptied time.Duration) {
	for i := 1; i < len(h.windows); i++ {
		last, next := h.windows[i-1], h.windows[i]
		end := last.EndedAt
		if end.IsZero() {
			end = last.To
		}
		if end.IsZero() || next.From.IsZero() {
			continue
		}
		d := max(next.From.Sub(end.Time), 0)
		all = max(all, d)
		if last.Ends == "restart" || h.cause() == report.CauseBurst || h.cause() == report.CauseChurn {
			emptied = max(emptied, d)
		}
	}
	return all, emptied
}

// sinceBoot is the longest time from a start of Windows to the first episode after it.
func (h *half) sinceBoot() time.Duration {
	var out time.Duration
	for i, w := range h.windows {
		boot := h.lastBoot(w.From)
		if boot.IsZero() || i > 0 && h.windows[i-1].To.After(boot.Time) {
			continue
		}
		out = max(out, w.From.Sub(boot.Time))
	}
	return out
}

// lastBoot is the machine's last start before a time.
func (p *part) lastBoot(t report.Time) report.Time {
	var out report.Time
	for _, b := range p.r.Bundle.Boots { // in time order
		if p.is(b.Host) && b.At.Before(t.Time) {
			out = b.At
		}
	}
	return out
}

// moment is the time at which the report shows the pool as it judges it: its last
// episode; where it is calm, the binds that succeed and the complete table; else the
// fullest instant; else what the machine's traces and tables cover, else its log.
func (h *half) moment() report.Span {
	var s report.Span
	switch o := h.outcome(); {
	case o == report.Exhausted && len(h.windows) > 0:
		w := h.windows[len(h.windows)-1]
		s = joined(report.Span{From: w.From, To: w.To}, report.Span{To: w.From})
	case o == report.NotExhausted:
		if f := h.spanning(); f != nil {
			s = report.Span{From: f.First, To: f.Last}
		}
		if h.complete() {
			s = joined(s, report.Span{From: h.pool.UsedAt, To: h.pool.UsedAt})
		}
	case h.pool != nil:
		s = report.Span{From: h.pool.UsedAt, To: h.pool.UsedAt}
	}
	for _, what := range [][]string{{trace, snapshot}, {log}} {
		if s.From.IsZero() || s.To.IsZero() {
			s = h.span(what...)
		}
	}
	return s
}

// watched is how long the later report watches the pool without a refusal: through the
// binds that succeed, from the first to the last table where these are complete, or
// from a restart after the trouble, which empties every pool, to the last sign of calm.
func (p *pair) watched() time.Duration {
	h, trouble := &p.after, p.before.moment().To
	var out time.Duration
	var last report.Time
	if f := h.spanning(); f != nil {
		out, last = lasting(report.Span{From: f.First, To: f.Last}), f.Last
	}
	if h.complete() {
		s := h.span(snapshot)
		if s.From.Before(trouble.Time) {
			s.From = trouble
		}
		out = max(out, lasting(s))
		if h.pool.UsedAt.After(last.Time) {
			last = h.pool.UsedAt
		}
	}
	if boot := h.lastBoot(last); boot.After(trouble.Time) {
		out = max(out, last.Sub(boot.Time))
	}
	return out
}

// The order of two bundles in time, by what they show of one pool.
type order int

const (
	noOrder order = iota // a time is not known
	earlier              // the later bundle ends before the earlier one begins
	overlap
	later
)

func (p *pair) order() order {
	b, a := p.before.moment(), p.after.moment()
	switch {
	case b.From.IsZero() || b.To.IsZero() || a.From.IsZero() || a.To.IsZero():
		return noOrder
	case a.From.After(b.To.Time):
		return later
	case a.To.Before(b.From.Time):
		return earlier
	}
	return overlap
}
