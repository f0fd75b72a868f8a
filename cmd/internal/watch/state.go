package watch

import (
	"time"

	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

// State is what a watch sees at one time. Blind says what keeps it from showing that
// ports did not run out, "" for nothing. Without a table Pools and Holders are empty.
type State struct {
	At, Began time.Time
	Pools     []Pool
	Holders   []report.Holder // most ports first, those of each pool
	Outcome   report.Outcome  // by the tables so far
	Seen      facts.Seen
	Lost      facts.Losses
	Blind     string
}

// Pool is a dynamic port range: how full it is now, how it was judged by the tables so
// far, and when it will be full, nil where nothing tells.
type Pool struct {
	Transport, Family            string
	Start, Count, Capacity, Used int
	Outcome                      report.Outcome
	Forecast                     *report.Forecast
}

// Share is the part of the capacity that is in use.
func (p *Pool) Share() float64 {
	if p.Capacity <= 0 {
		return 0
	}
	return float64(p.Used) / float64(p.Capacity)
}

type poolKey struct{ transport, family string }

func (p *Pool) key() poolKey { return poolKey{p.Transport, p.Family} }

// take keeps of two reports, of the latest table and of all of them, what is shown.
func (s *State) take(now, all *report.Report) {
	s.Outcome, s.Holders = all.Verdict.Outcome, now.Verdict.Holders
	for i := range now.Verdict.Pools {
		p := &now.Verdict.Pools[i]
		pool := Pool{
			Transport: p.Transport, Family: p.Family, Start: p.Start, Count: p.Count, Capacity: p.Capacity, Used: p.MostUsed(), Outcome: p.Outcome,
		}
		for k := range all.Verdict.Pools {
			if q := &all.Verdict.Pools[k]; q.Transport == p.Transport && q.Family == p.Family {
				pool.Outcome, pool.Forecast = q.Outcome, q.Forecast
			}
		}
		s.Pools = append(s.Pools, pool)
	}
}

// Alarm says that the use of a pool has reached a level, in percent of its capacity.
type Alarm struct {
	At    time.Time
	Level int
	Pool  Pool
}

const (
	pressureLevel = int(verdict.Pressure * 100)
	fullLevel     = int(verdict.Full * 100)
	calmBelow     = 5 // percent under a level at which its alarm may be raised again
)

// level is the alarm level a pool stands at, 0 for none. One that was told stays until
// the use is well below it, so that a pool at its edge alarms once.
func level(used, capacity, told int) int {
	for _, l := range []int{fullLevel, pressureLevel} {
		least := l
		if told >= l {
			least -= calmBelow
		}
		if capacity > 0 && used*100 >= least*capacity {
			return l
		}
	}
	return 0
}

// alarm tells each pool that has reached a level since the last look.
func (w *watcher) alarm(s *State, d Display) error {
	for i := range s.Pools {
		p := &s.Pools[i]
		told := w.armed[p.key()]
		now := level(p.Used, p.Capacity, told)
		w.armed[p.key()] = now
		if now <= told {
			continue
		}
		if err := d.Alarm(&Alarm{At: s.At, Level: now, Pool: *p}); err != nil {
			return err
		}
	}
	return nil
}
