package verdict

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// use is how one table uses the ports of a pool. A port counts once, however many rows
// and families show it; one that is held and in TIME_WAIT is held.
type use struct {
	table   *facts.Table
	by      map[whose]*held
	held    int // distinct ports of known processes
	waiting int // ports in TIME_WAIT that nobody holds
	nobody  int // ports in use by a process that the table does not tell
	inUse   [1 << 16]bool
	heldIn  [1 << 16]bool
	waits   [1 << 16]bool
}

// whose is a process of a table: by its PID, or, without one, by the name of netstat -b.
type whose struct {
	pid   int32
	owner string
}

// held is what one process has in a table.
type held struct {
	ports       map[uint16]bool
	orphanBound int
	closeWait   int
	listen      int
	brief       int // ports of connections that come and go: opening or closing
	owner       string
	of          []report.Place
}

// used is all ports in use.
func (u *use) used() int { return u.held + u.waiting + u.nobody }

// brief tells the states of a connection that is about to end or to begin.
func brief(s facts.State) bool {
	return s != facts.Bound && s != facts.Established && s != facts.CloseWait && s != facts.Listening && s != facts.NoState
}

// useOf counts a table whose rows are kept, by a pool.
func (p *pool) useOf(t *facts.Table) *use {
	u := &use{table: t, by: map[whose]*held{}}
	var connected [1 << 16]bool
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Transport != p.t {
			continue
		}
		if r.State != facts.Bound {
			connected[r.Port] = true
		}
		if !p.counts(r) {
			continue
		}
		u.inUse[r.Port] = true
		if r.State == facts.TimeWait {
			u.waits[r.Port] = true
		}
		if h := u.holder(t, r); h != nil {
			h.take(r)
			h.of = t.At(h.of, r)
			u.heldIn[r.Port] = true
		}
	}
	u.orphans(p, t, &connected)
	for port := range u.inUse {
		switch {
		case u.heldIn[port]:
			u.held++
		case u.waits[port]:
			u.waiting++
		case u.inUse[port]:
			u.nobody++
		}
	}
	return u
}

// counts tells that a row's port is one of the pool's.
func (p *pool) counts(r *facts.Row) bool {
	fam := facts.IPv4
	if r.V6 {
		fam = facts.IPv6
	}
	return p.view.Families&fam != 0 && p.view.Holds(int(r.Port))
}

// holder gives the process of a row, nil where the row tells none.
func (u *use) holder(t *facts.Table, r *facts.Row) *held {
	k := whose{pid: r.PID}
	switch {
	case r.PID > 0:
	case r.Owner >= 0 && r.State != facts.TimeWait:
		k = whose{owner: t.Owners[r.Owner]}
	default:
		return nil
	}
	h := u.by[k]
	if h == nil {
		h = &held{ports: map[uint16]bool{}}
		u.by[k] = h
	}
	if h.owner == "" && r.Owner >= 0 {
		h.owner = t.Owners[r.Owner]
	}
	return h
}

func (h *held) take(r *facts.Row) {
	if !h.ports[r.Port] {
		h.ports[r.Port] = true
		if brief(r.State) {
			h.brief++
		}
	}
	switch r.State {
	case facts.CloseWait:
		h.closeWait++
	case facts.Listening:
		h.listen++
	}
}

// orphans counts the BOUND ports that no row in another state has, in either family.
func (u *use) orphans(p *pool, t *facts.Table, connected *[1 << 16]bool) {
	var counted [1 << 16]bool
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Transport != p.t || r.State != facts.Bound || connected[r.Port] || counted[r.Port] || !p.counts(r) {
			continue
		}
		if h := u.holder(t, r); h != nil {
			h.orphanBound++
			counted[r.Port] = true // a twin in the other family is the same port
		}
	}
}

// peer is one remote endpoint and the local address that reaches it.
type peer struct {
	local  netip.Addr
	remote netip.AddrPort
}

// busiest is the peer towards which a table uses most distinct local ports of the pool,
// and how many; of equals the least. Listeners' own ports are no client's.
func (p *pool) busiest(t *facts.Table, only func(*facts.Row) bool) (peer, int) {
	type key struct{ local, remote int32 }
	server := listening(t)
	ports := map[key]map[uint16]bool{}
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Transport != p.t || r.Remote < 0 || server[r.Port] || !p.counts(r) || only != nil && !only(r) {
			continue
		}
		k := key{r.Local, r.Remote}
		if ports[k] == nil {
			ports[k] = map[uint16]bool{}
		}
		ports[k][r.Port] = true
	}
	var best peer
	n := 0
	for k, of := range ports {
		x := peer{t.Locals[k.local], t.Remotes[k.remote]}
		if len(of) > n || len(of) == n && comparePeers(x, best) < 0 {
			best, n = x, len(of)
		}
	}
	return best, n
}

func comparePeers(a, b peer) int { return cmp.Or(a.remote.Compare(b.remote), a.local.Compare(b.local)) }

// connections counts the connections that a table shows from ports of the pool.
func (p *pool) connections(t *facts.Table) int {
	n := 0
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Transport == p.t && r.Remote >= 0 && p.counts(r) {
			n++
		}
	}
	return n
}

// serverSide counts the connections of a table on a port of the server's own: one that
// has a listener, or lies outside the pool.
type serverSide struct {
	port             uint16
	waiting, closing int
	pid              int32
	owner            string
	table            *facts.Table
	of               []report.Place
	self             bool // the other end is this machine too
}

// serverSides gives the server's own ports of a table with many connections in TIME_WAIT
// or CLOSE_WAIT, most first.
func (p *pool) serverSides(t *facts.Table) []serverSide {
	server := listening(t)
	by := map[uint16]*serverSide{}
	own := map[int32]bool{}
	for i, a := range t.Remotes {
		own[int32(i)] = slices.Contains(t.Locals, a.Addr())
	}
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Transport != facts.TCP || r.Remote < 0 || r.State != facts.TimeWait && r.State != facts.CloseWait {
			continue
		}
		self := own[r.Remote] && p.view.Holds(int(t.Remotes[r.Remote].Port()))
		if !server[r.Port] && p.view.Holds(int(r.Port)) {
			continue
		}
		s := by[r.Port]
		if s == nil {
			s = &serverSide{port: r.Port, table: t, self: self}
			by[r.Port] = s
		}
		s.of = t.At(s.of, r)
		if r.State == facts.TimeWait {
			s.waiting++
		} else {
			s.closing++
		}
		if r.PID > 0 {
			s.pid = r.PID
		}
		if r.Owner >= 0 {
			s.owner = t.Owners[r.Owner]
		}
	}
	var out []serverSide
	for _, port := range sortedKeys(by) {
		if s := by[port]; s.waiting >= serverSidePile || s.closing >= serverSidePile {
			out = append(out, *s)
		}
	}
	slices.SortStableFunc(out, func(a, b serverSide) int { return b.waiting + b.closing - a.waiting - a.closing })
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// unique sorts ids and keeps each once.
func unique(in []string) []string {
	slices.Sort(in)
	return slices.Compact(in)
}

// sortedWhose are the processes of a table in an order that does not depend on a map.
func sortedWhose(m map[whose]*held) []whose {
	keys := make([]whose, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b whose) int {
		return cmp.Or(cmp.Compare(a.pid, b.pid), strings.Compare(a.owner, b.owner))
	})
	return keys
}

// pidOf is the PID of a process of a table.
func (k whose) pidOf() report.PID {
	if k.pid <= 0 {
		return report.NoPID
	}
	return report.PID(k.pid)
}
