package facts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portverdict/etl/winsock"
	"portverdict/report"
)

// seed is what an evidence row of a trace is made of. Millions may pass; rows are
// made only of those that are kept.
type seed struct {
	place
	what      seedKind
	transport Transport
	v6        bool
	status    winsock.Status
	port      int32 // asked for or given; -1 unknown
	pid       report.PID
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
	return seed{place: *at, what: what, transport: Unknown, pid: report.NoPID, port: -1}
}

// row makes the evidence row.
func (d *seed) row() report.Evidence {
	e := report.Evidence{
		Offset: d.offset, Record: int64(d.record), Time: stamp(d.time), TimePrecision: "exact", PID: d.pid,
	}
	name := d.transport.String()
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
			"status": d.status.String(), "requested_port": asked, "process": HexKey(d.process), "event_id": fmt.Sprint(d.id), "transport": name,
		}
	case bindGiven:
		e.Kind, e.Text = "afd.bind", fmt.Sprintf("bind to port 0 given port %d (%s)", d.port, name)
		e.Fields = map[string]string{
			"status": d.status.String(), "port": fmt.Sprint(d.port), "endpoint": HexKey(d.endpoint), "process": HexKey(d.process),
		}
	case weaklyGiven:
		e.Kind, e.Text = "tcpip.weak", fmt.Sprintf("port %d handed out with weak references due to port exhaustion", d.port)
	case notAcquired:
		e.Kind, e.Text = "tcpip.port-failure", "no port could be acquired: "+d.status.Name()
		e.Fields = map[string]string{"status": d.status.String(), "event_id": fmt.Sprint(d.id)}
	}
	return d.source.Row(e)
}

// Sample keeps the first and the last records of each process of a finding and counts
// all of them.
type Sample struct {
	Count    int
	Connects int // of them, connects
	most     int // rows
	groups   map[groupKey]*group
	key      groupKey // of the group that was added to last
	last     *group
}

// groupKey is a process: by PID, or by EPROCESS when that is not known.
type groupKey struct {
	pid report.PID
	key uint64
}

type group struct {
	count    int
	connects int
	anyPort  int
	limit    int // of first, and of last
	first    []seed
	last     []seed // ring once full
	next     int
}

func (s *Sample) add(key groupKey, d *seed) {
	s.Count++
	if s.groups == nil {
		s.groups = map[groupKey]*group{}
	}
	g := s.last
	if g == nil || s.key != key {
		g = s.groups[key]
	}
	if g == nil {
		// A flood of processes must not hold a flood of rows.
		s.most = d.source.options.Rows()
		if len(s.groups) >= s.most {
			return
		}
		g = &group{limit: max(s.most/evidencePart, 1)}
		s.groups[key] = g
	}
	s.key, s.last = key, g
	g.count++
	switch {
	case d.what == connectRefused:
		g.connects++
		s.Connects++
	case d.what == bindRefused && d.port == 0:
		g.anyPort++
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

// regroup puts what was sampled under the EPROCESS of a process, before a record told its
// PID, to what was sampled under the PID. Of a key that two lives have nothing is known.
func (t *Trace) regroup() {
	of := map[uint64]report.PID{}
	for _, p := range t.Processes {
		if _, twice := of[p.Key]; twice {
			of[p.Key] = report.NoPID
			continue
		}
		of[p.Key] = p.PID
	}
	for tr := range t.BindRefused {
		t.BindRefused[tr].regroup(of)
		t.ConnectRefused[tr].regroup(of)
	}
	t.Stated.regroup(of)
	t.NoPort.regroup(of)
	for _, s := range t.Failed {
		s.regroup(of)
	}
}

func (s *Sample) regroup(of map[uint64]report.PID) {
	keys := slices.SortedFunc(maps.Keys(s.groups), func(a, b groupKey) int { return cmp.Compare(a.key, b.key) })
	for _, k := range keys {
		pid, ok := of[k.key]
		if k.key == 0 || !ok || pid < 0 {
			continue
		}
		g := s.groups[k]
		delete(s.groups, k)
		for _, d := range g.seeds(nil) {
			d.pid = pid
		}
		to := groupKey{pid: pid}
		if now := s.groups[to]; now != nil {
			now.join(g)
		} else {
			s.groups[to] = g
		}
	}
	s.last = nil
}

// join adds a group of the same process: of both the first and the last are kept.
func (g *group) join(o *group) {
	g.count += o.count
	g.connects += o.connects
	g.anyPort += o.anyPort
	all := o.seeds(g.seeds(nil))
	sortSeeds(all)
	kept := make([]seed, 0, len(all))
	for _, d := range all {
		kept = append(kept, *d)
	}
	g.first, g.last, g.next = kept[:min(g.limit, len(kept))], nil, 0
	if rest := kept[len(g.first):]; len(rest) > 0 {
		g.last = rest[max(0, len(rest)-g.limit):]
	}
}

// Rows gives what was kept, by time; of more than are wanted the ends.
func (s *Sample) Rows() []report.Evidence {
	if len(s.groups) == 0 {
		return nil
	}
	var made []report.Evidence
	var all []*seed
	for _, g := range s.groups {
		all = g.seeds(all)
	}
	sortSeeds(all)
	for _, d := range BothEnds(all, s.most) {
		made = append(made, d.row())
	}
	SortRows(made)
	return made
}

// Near gives the rows of a span of time.
func (s *Sample) Near(from, to report.Time) []report.Evidence {
	var all []*seed
	for _, g := range s.groups {
		all = g.seeds(all)
	}
	var out []report.Evidence
	for _, d := range all {
		if at := stamp(d.time); !at.Before(from.Time) && !at.After(to.Time) {
			out = append(out, d.row())
		}
	}
	SortRows(out)
	return out
}

// Process is one process of a sample.
func (s *Sample) Process(p *Process) []report.Evidence { return Ends(p, s) }

// Tally is how often each process stands in the sample, most first.
func (s *Sample) Tally() []Tallied {
	out := make([]Tallied, 0, len(s.groups))
	for k, g := range s.groups {
		out = append(out, Tallied{k.pid, k.key, g.count, g.connects, g.anyPort})
	}
	slices.SortFunc(out, func(a, b Tallied) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.PID, b.PID), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// Tallied is a process and how often it stands in a sample; Key is that of one whose PID
// is not known.
type Tallied struct {
	PID      report.PID
	Key      uint64
	Count    int
	Connects int // of them, connects
	AnyPort  int // and binds that asked for any port
}

// Ends gives the first and last three rows of one process over several samples.
func Ends(p *Process, samples ...*Sample) []report.Evidence {
	var all []*seed
	for _, s := range samples {
		if g := s.groups[p.group()]; g != nil {
			all = g.seeds(all)
		}
	}
	sortSeeds(all)
	all = BothEnds(all, 6)
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
		return cmp.Or(cmp.Compare(a.time, b.time), strings.Compare(a.source.Path, b.source.Path), cmp.Compare(a.offset, b.offset))
	})
}

// SortRows puts rows by time and, of one time, by where they stand.
func SortRows(rows []report.Evidence) {
	slices.SortFunc(rows, func(a, b report.Evidence) int {
		return cmp.Or(a.Time.Compare(b.Time.Time), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Record, b.Record), strings.Compare(a.ID, b.ID))
	})
}

// BothEnds gives the first and the last half of at most most rows.
func BothEnds[T any](all []T, most int) []T {
	if len(all) <= most {
		return all
	}
	return slices.Concat(all[:(most+1)/2], all[len(all)-most/2:])
}
