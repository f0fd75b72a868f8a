package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"portverdict/etl/winsock"
	"portverdict/report"
)

// seed is what an evidence row of a trace is made of. Millions may pass; rows are
// made only of those that are kept.
type seed struct {
	place
	what      seedKind
	transport uint8
	status    winsock.Status
	port      int32  // asked for or given; -1 unknown
	pid       int32  // -1 unknown
	process   uint64 // EPROCESS
	endpoint  uint64
}

type seedKind uint8

const (
	bindRefused seedKind = iota
	connectRefused
	bindGiven
	weaklyGiven
	notAcquired
)

func seedOf(at *place, what seedKind) seed {
	return seed{place: *at, what: what, pid: -1, port: -1}
}

// row makes the evidence row.
func (d *seed) row() report.Evidence {
	e := report.Evidence{
		Offset: d.offset, Record: int64(d.record), Time: stamp(d.time), TimePrecision: "exact", PID: int(d.pid),
	}
	name := transportNames[d.transport]
	switch d.what {
	case bindRefused, connectRefused:
		verb := "bind"
		if d.what == connectRefused {
			verb = "connect"
		}
		asked := "unknown"
		if d.port >= 0 {
			asked = fmt.Sprint(d.port)
		}
		e.Kind, e.Text = "afd."+verb, fmt.Sprintf("%s refused: %s", verb, d.status.Name())
		e.Fields = map[string]string{
			"status": d.status.String(), "requested_port": asked, "process": hex64(d.process), "event_id": fmt.Sprint(d.id), "transport": name,
		}
	case bindGiven:
		e.Kind, e.Text = "afd.bind", fmt.Sprintf("bind to port 0 given port %d (%s)", d.port, name)
		e.Fields = map[string]string{
			"status": d.status.String(), "port": fmt.Sprint(d.port), "endpoint": hex64(d.endpoint), "process": hex64(d.process),
		}
	case weaklyGiven:
		e.Kind, e.Text = "tcpip.weak", fmt.Sprintf("port %d handed out with weak references due to port exhaustion", d.port)
	case notAcquired:
		e.Kind, e.Text = "tcpip.port-failure", "no port could be acquired: "+d.status.Name()
		e.Fields = map[string]string{"status": d.status.String(), "event_id": fmt.Sprint(d.id)}
	}
	return d.source.row(e)
}

// sample keeps the first and the last seeds of each group of a finding and counts
// all of them.
type sample struct {
	count  int
	most   int // rows
	groups map[groupKey]*group
	made   []report.Evidence
}

// groupKey is a process: by PID, or by EPROCESS when that is not known.
type groupKey struct {
	pid int
	key uint64
}

func (k groupKey) String() string {
	if k.pid >= 0 {
		return fmt.Sprint(k.pid)
	}
	return hex64(k.key)
}

type group struct {
	limit int // of first, and of last
	first []seed
	last  []seed // ring once full
	next  int
}

func (s *sample) add(key groupKey, d *seed) {
	s.count++
	if s.groups == nil {
		s.groups = map[groupKey]*group{}
	}
	g := s.groups[key]
	if g == nil {
		// A flood of processes must not hold a flood of rows.
		s.most = d.source.options.rows()
		if len(s.groups) >= s.most {
			return
		}
		g = &group{limit: max(s.most/evidenceGroups, 1)}
		s.groups[key] = g
	}
	switch {
	case len(g.first) < g.limit:
		g.first = append(g.first, *d)
	case len(g.last) < g.limit:
		g.last = append(g.last, *d)
	default:
		g.last[g.next] = *d
		g.next = (g.next + 1) % g.limit
	}
}

// rows gives what was kept, by time; of more than are wanted the ends. They are made once,
// when all is read: a flood of processes keeps many more.
func (s *sample) rows() []report.Evidence {
	if s.made != nil || len(s.groups) == 0 {
		return s.made
	}
	var all []*seed
	for _, g := range s.groups {
		all = g.seeds(all)
	}
	sortSeeds(all)
	all = bothEnds(all, s.most)
	for _, d := range all {
		s.made = append(s.made, d.row())
	}
	sortRows(s.made)
	return s.made
}

// ends gives the first and last three rows of one group over several samples.
func ends(key groupKey, samples ...*sample) []report.Evidence {
	var all []*seed
	for _, s := range samples {
		if g := s.groups[key]; g != nil {
			all = g.seeds(all)
		}
	}
	sortSeeds(all)
	all = bothEnds(all, 6)
	out := make([]report.Evidence, 0, len(all))
	for _, d := range all {
		out = append(out, d.row())
	}
	return out
}

func (g *group) seeds(all []*seed) []*seed {
	for i := range g.first {
		all = append(all, &g.first[i])
	}
	for i := range g.last {
		all = append(all, &g.last[i])
	}
	return all
}

func sortSeeds(all []*seed) {
	slices.SortFunc(all, func(a, b *seed) int {
		return cmp.Or(cmp.Compare(a.time, b.time), compareText(a.source.Path, b.source.Path), cmp.Compare(a.offset, b.offset))
	})
}

func sortRows(rows []report.Evidence) {
	slices.SortFunc(rows, func(a, b report.Evidence) int {
		if c := a.Time.Compare(b.Time.Time); c != 0 {
			return c
		}
		return compareText(a.ID, b.ID)
	})
}

func ids(rows []report.Evidence) []string {
	out := make([]string, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// bothEnds gives the first and the last half of at most most rows.
func bothEnds[T any](all []T, most int) []T {
	if len(all) <= most {
		return all
	}
	return slices.Concat(all[:(most+1)/2], all[len(all)-most/2:])
}
