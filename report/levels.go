package report

import (
	"slices"
	"time"
)

// levels are the ports held at the end of each step: in all, and by the processes
// that are worth a part of their own.
type levels struct {
	bins     []Bin
	total    []int // -1 where no table tells
	shown    []*Series
	named    []bool  // of each shown: it is named as the holder
	held     [][]int // of each shown, by step
	top      int     // the highest total
	traced   bool    // the total is that of a trace
	rateText string  // how fast the ports of the first holder grow
}

const (
	maxShares  = 3    // processes with a part of their own
	shareShown = 0.05 // of the highest total, under which a process is one of the others
)

// newLevels folds the timeline into at most n steps. Without a trace the tables
// tell, from the first to the last, each until the next. The processes are those of the
// headline's pool.
func newLevels(r *Report, n int) *levels {
	v := &r.Verdict
	l := &levels{bins: foldBins(timed(r.Timeline), n)}
	l.traced = slices.ContainsFunc(l.bins, func(b Bin) bool { return b.OpenSockets > 0 })
	if all := v.mainHolders(); len(all) > 0 {
		l.rateText = growthText(all[0])
	}
	last, known := lastTable(l.bins), -1
	for i := range l.bins {
		b := &l.bins[i]
		if b.UsedPorts != nil {
			known = *b.UsedPorts
		}
		switch {
		case l.traced:
			l.total = append(l.total, max(b.OpenSockets, 0))
		case i > last:
			l.total = append(l.total, -1)
		default:
			l.total = append(l.total, known)
		}
		l.top = max(l.top, l.total[i])
	}
	for i := range r.Series {
		s := &r.Series[i]
		if s.Host != v.Host || s.Transport != v.Transport {
			continue
		}
		held, most := l.sample(s)
		if len(l.shown) < maxShares && most > 0 && (len(l.shown) == 0 || float64(most) >= shareShown*float64(l.top)) {
			l.shown, l.held, l.named = append(l.shown, s), append(l.held, held), append(l.named, v.names(s))
		}
	}
	return l
}

func lastTable(bins []Bin) int {
	for i, b := range slices.Backward(bins) {
		if b.UsedPorts != nil {
			return i
		}
	}
	return -1
}

// sample gives what a process held at the end of each step, and the most of it.
func (l *levels) sample(s *Series) (held []int, most int) {
	points := slices.SortedStableFunc(slices.Values(s.Points), func(a, b Point) int { return a.T.Compare(b.T.Time) })
	next, now := 0, 0
	for i := range l.bins {
		end := endOf(&l.bins[i])
		for next < len(points) && points[next].T.Before(end) {
			now = max(points[next].Ports, 0)
			next++
		}
		held, most = append(held, now), max(most, now)
	}
	return held, most
}

func endOf(b *Bin) time.Time { return b.T.UTC().Add(stepOf([]Bin{*b})) }

// others is what no shown process held at a step; -1 where the total is not known.
func (l *levels) others(i int) int {
	rest := l.total[i]
	for _, h := range l.held {
		rest -= h[i]
	}
	return max(rest, min(l.total[i], 0))
}
