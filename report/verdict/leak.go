package verdict

import (
	"fmt"
	"math/bits"
	"time"

	"portverdict/etl"
	"portverdict/report"
)

// lifetimes counts how long sockets held their ports, by powers of two of 100 ns.
type lifetimes [64]uint32

func (l *lifetimes) add(d etl.FileTime) {
	if d >= 0 {
		l[bits.Len64(uint64(d))%64]++
	}
}

// half is a time that half of the sockets did not reach, at most twice the median;
// 0 when there are none.
func (l *lifetimes) half() time.Duration {
	total := uint32(0)
	for _, n := range l {
		total += n
	}
	seen := uint32(0)
	for i, n := range l {
		if seen += n; n > 0 && 2*seen >= total {
			return duration(etl.FileTime(1) << min(i, 50))
		}
	}
	return 0
}

// leaks tells whether a process's open endpoints grow through the trace.
func (t *trace) leaks(p *process, i int) bool {
	return p.open[i] >= leakMinimum && p.opened[i] > 0 &&
		float64(p.opened[i]-p.closed[i]) >= leakOpenShare*float64(p.opened[i]) &&
		p.series.slope(t.until(i)) >= leakPerMinute
}

// until is the time up to which growth is measured: a full pool does not grow.
func (t *trace) until(i int) etl.FileTime {
	if w := t.witness[i].windows; len(w) > 0 {
		return w[0].from
	}
	return t.last
}

func (c *situation) socketLeak() *report.Finding {
	f := &report.Finding{CheckByHand: "In the trace: creates and binds of that process less its closes (events 1000, 1030, 1001)"}
	for _, t := range c.traces {
		for _, p := range t.all {
			for i := range transports {
				if !t.leaks(p, i) {
					continue
				}
				f.Text += c.leakText(t, p, i)
				f.Count += p.open[i]
				f.First, f.Last = stamp(t.first), stamp(t.last)
				f.Evidence = c.cite(c.traceRow(t))
			}
		}
	}
	return f
}

// leakText says how a process leaks: how fast, what it never closed, how old the
// oldest is against what it did close, and when the pool is full.
func (c *situation) leakText(t *trace, p *process, i int) string {
	low, mid, high := p.series.slopes(t.until(i))
	text := fmt.Sprintf("%s (PID %d) holds %d %s ports at the end, %+.0f a minute while ports were left; of its %d dynamic binds %d were never closed",
		or(c.image(p.pid, p.key), "the process"), p.pid, p.open[i], upper(i), mid, p.opened[i], p.opened[i]-p.closed[i])
	if p.oldest > 0 {
		text += fmt.Sprintf(", the oldest is open for %s", rough(duration(t.last-p.oldest)))
	}
	if half := p.lived.half(); half > 0 {
		text += fmt.Sprintf(", and half of those it closed lived less than %s", rough(half))
	}
	return text + ". " + c.forecast(t, i, low, mid, high)
}

// forecast says when a pool that is not full yet will be, by the middle half of the
// rates seen.
func (c *situation) forecast(t *trace, i int, low, mid, high float64) string {
	p := c.pools[i]
	free := p.capacity() - c.peaks[i].used
	if free <= 0 || mid <= 0 || c.state[i].traced() {
		return ""
	}
	in := func(rate float64) time.Duration { return time.Duration(float64(free) / rate * float64(time.Minute)) }
	if mid*float64(forecastMost/time.Minute) < float64(free) {
		return ""
	}
	text := fmt.Sprintf("At this rate the %d ports left are gone %s after the end of %s", free, rough(in(mid)), t.source.Path)
	if low > 0 && high > low && in(low) <= 10*forecastMost {
		text += fmt.Sprintf(" (between %s and %s by the rates seen)", rough(in(high)), rough(in(low)))
	}
	return text + ". "
}

// rough says a duration as people do.
func rough(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return fmt.Sprintf("%.2g s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
