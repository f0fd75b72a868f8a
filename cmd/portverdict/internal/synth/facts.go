package synth

import (
	"cmp"
	"slices"
)

// attempt is one refused bind or connect.
type attempt struct {
	at        ticks // of the record with the status
	pid       int
	kind      string // "bind" or "connect"
	transport int
	status    uint32
	stated    bool // a stated port was asked for
}

// exhausted tells of an attempt that found no port left.
func (a *attempt) exhausted() bool { return a.status == tooMany && !a.stated }

// facts are what happened, whoever saw it.
type facts struct {
	attempts []*attempt
	binds    int
	atEnd    map[int]map[int]int // transport, PID: ports that the trace saw given and not freed, at its end
	opens    [2]map[int]*growth  // transport, PID: sockets the trace saw
	tables   []tableFacts
	given    [2][]ticks // successful dynamic binds that the trace tells of, by transport
}

// growth is how a process's sockets grow in the trace.
type growth struct {
	opened, closed int
	points         []growthPoint
}

type growthPoint struct {
	at   ticks
	open int
}

// tableFacts is what one saved table shows.
type tableFacts struct {
	file  string
	at    ticks
	timed bool
	rows  int
	bound bool           // -q
	pids  bool           // -o
	used  [2]int         // dynamic ports, by transport
	byPID [2]map[int]int // of them, by PID
}

func newFacts() *facts {
	return &facts{atEnd: map[int]map[int]int{tcp: {}, udp: {}}, opens: [2]map[int]*growth{{}, {}}}
}

func (f *facts) failed(a *attempt) { f.attempts = append(f.attempts, a) }

// opened counts a bind that succeeded.
func (f *facts) opened(s *socket, at ticks) {
	f.binds++
	if !s.told {
		return
	}
	f.given[s.transport] = append(f.given[s.transport], at+120*microsecond)
	f.grow(s, at, 1)
}

func (f *facts) closed(s *socket, at ticks) {
	if s.told {
		f.grow(s, at, -1)
	}
}

func (f *facts) grow(s *socket, at ticks, n int) {
	g := f.opens[s.transport][s.process.PID]
	if g == nil {
		g = &growth{}
		f.opens[s.transport][s.process.PID] = g
	}
	if n > 0 {
		g.opened++
	} else {
		g.closed++
	}
	g.points = append(g.points, growthPoint{at, g.opened - g.closed})
}

// rate is the growth a minute over the time it is known for, by its ends.
func (g *growth) rate() float64 {
	if len(g.points) < 2 {
		return 0
	}
	first, last := g.points[0], g.points[len(g.points)-1]
	if last.at == first.at {
		return 0
	}
	return float64(last.open-first.open) / (float64(last.at-first.at) / float64(60*second))
}

// holdings notes what the trace saw held when it ended.
func (h *host) holdings() {
	for _, s := range h.sockets {
		if s.told && !s.waiting && h.pools[s.transport].dynamic[s.port] {
			h.truth.atEnd[s.transport][s.process.PID]++
		}
	}
}

// Window is a stretch of refused attempts less than a minute apart.
type Window struct {
	Transport string `json:"transport"`
	From      string `json:"from"`
	To        string `json:"to"`
	Failures  int    `json:"failures"`
}

// windows are those of the attempts that the trace tells of.
func (h *host) windows(told []*attempt) []Window {
	out := []Window{}
	for i, name := range transportNames {
		var mine []*attempt
		for _, a := range told {
			if a.transport == i && a.exhausted() {
				mine = append(mine, a)
			}
		}
		slices.SortStableFunc(mine, func(a, b *attempt) int { return cmp.Compare(a.at, b.at) })
		last := ticks(0)
		for n, a := range mine {
			if n == 0 || a.at-last >= 60*second {
				out = append(out, Window{Transport: name, From: h.stamp(a.at)})
			}
			w := &out[len(out)-1]
			w.To, last = h.stamp(a.at), a.at
			w.Failures++
		}
	}
	slices.SortStableFunc(out, func(a, b Window) int { return cmp.Compare(a.From, b.From) })
	return out
}

var transportNames = [2]string{"tcp", "udp"}

func (h *host) stamp(at ticks) string { return h.time(at).UTC().Format("2006-01-02T15:04:05.9999999Z") }
