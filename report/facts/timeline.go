package facts

import (
	"math/bits"
	"time"

	"portverdict/etl"
	"portverdict/report"
)

// timeline counts by steps of whole seconds; the step doubles whenever the
// trace outgrows maxTimelineBins.
type timeline struct {
	start etl.FileTime // whole second
	step  int          // seconds; 0 before the first event
	bins  []bin
	held  int // endpoints that hold a port now

	// from and to bound the step that was asked for last, which is bins[last]: nearly
	// always the next event falls into it too.
	from, to etl.FileTime
	last     int
}

type bin struct {
	ok, refused int
	open        int // at the end of the step; -1 when nothing changed
}

const second = etl.FileTime(1e7)

// at gives the bin of a time, or nil for a time before the first.
func (l *timeline) at(t etl.FileTime) *bin {
	if t >= l.from && t < l.to {
		return &l.bins[l.last]
	}
	if l.step == 0 {
		l.start, l.step = t-t%second, 1
	}
	if t < l.start {
		t = l.start
	}
	since := (uint64(t) - uint64(l.start)) / uint64(second) // the clock may go anywhere
	i := int(since / uint64(l.step))
	for i >= maxTimelineBins {
		l.fold()
		i = int(since / uint64(l.step))
	}
	for len(l.bins) <= i {
		l.bins = append(l.bins, bin{open: -1})
	}
	step := second * etl.FileTime(l.step)
	l.last, l.from = i, l.start+etl.FileTime(i)*step
	l.to = l.from + step
	return &l.bins[i]
}

// fold doubles the step.
func (l *timeline) fold() {
	half := l.bins[:0]
	for i := 0; i < len(l.bins); i += 2 {
		b := l.bins[i]
		if i+1 < len(l.bins) {
			n := l.bins[i+1]
			b.ok, b.refused = b.ok+n.ok, b.refused+n.refused
			if n.open >= 0 {
				b.open = n.open
			}
		}
		half = append(half, b)
	}
	l.bins, l.step = half, 2*l.step
}

func (l *timeline) open(t etl.FileTime, n int) { l.at(t).open = n }
func (l *timeline) success(t etl.FileTime)     { l.at(t).ok++ }
func (l *timeline) refused(t etl.FileTime)     { l.at(t).refused++ }

// Series is how many ports a process held over time, thinned by halves.
type Series struct {
	points []point
	every  etl.FileTime
}

type point struct {
	at   etl.FileTime
	open int
}

func (s *Series) add(at etl.FileTime, open int) {
	if n := len(s.points); n > 0 && at-s.points[n-1].at < max(s.every, second) {
		s.points[n-1].open = open
		return
	}
	s.points = append(s.points, point{at, open})
	if len(s.points) < maxSeriesPoints {
		return
	}
	kept := s.points[:0]
	for i := 1; i < len(s.points); i += 2 {
		kept = append(kept, s.points[i])
	}
	s.points = kept
	s.every = max(2*s.every, 2*second)
}

// Points gives the series as verdict.json has it.
func (s *Series) Points() []report.Point {
	out := make([]report.Point, 0, len(s.points))
	for _, p := range s.points {
		out = append(out, report.Point{T: stamp(p.at), Ports: p.open})
	}
	return out
}

// Most is the most of a series.
func (s *Series) Most() int {
	n := 0
	for _, p := range s.points {
		n = max(n, p.open)
	}
	return n
}

// Bins gives the steps of a transport's timeline, with the endpoints open at the end of
// each.
func (t *Trace) Bins(tr Transport) []report.Bin {
	l := &t.line[tr]
	out := make([]report.Bin, len(l.bins))
	open := 0
	for i, b := range l.bins {
		if b.open >= 0 {
			open = b.open
		}
		out[i] = report.Bin{
			T: stamp(l.start + etl.FileTime(i*l.step)*second), StepSeconds: l.step,
			BindOK: b.ok, Bind0x209: b.refused, OpenSockets: open,
		}
	}
	return out
}

// Lifetimes counts how long sockets held their ports, by powers of two of 100 ns.
type Lifetimes [64]uint32

func (l *Lifetimes) add(d etl.FileTime) {
	if d >= 0 {
		l[bits.Len64(uint64(d))%64]++
	}
}

// Half is a time that half of the sockets did not reach, at most twice the median; 0 when
// there are none.
func (l *Lifetimes) Half() time.Duration {
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
