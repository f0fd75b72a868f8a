package verdict

import (
	"fmt"
	"net/netip"

	"portverdict/netstatparse"
	"portverdict/report"
)

// snapshot is what is kept of one saved connection table. Its rows are not: a file
// of days of tables is held by a few numbers for each.
type snapshot struct {
	netstatparse.Snapshot // without its Entries
	source                *source
	order                 int // in its source
	rows                  int
	time                  report.Time // UTC, zero when there is no stamp or no zone
	used, waiting         [transports]int
	detail                *[transports]usage // of the last of a source only
	listeners             []uint16           // with detail: TCP ports outside the pool
}

// usage is who uses one transport's dynamic ports in a snapshot.
type usage struct {
	byPID  map[int]*held
	tuples map[tuple]map[uint16]struct{}
}

// held is what one PID holds in a snapshot.
type held struct {
	ports       map[uint16]struct{}
	orphanBound int
	closeWait   int
	timeWait    int
	owner       string
	line        int
}

type tuple struct {
	local  netip.Addr
	remote netip.AddrPort
}

// row is the evidence row that stands for the whole table.
func (sn *snapshot) row() report.Evidence {
	line := sn.Line
	if sn.StampLine > 0 {
		line = sn.StampLine
	}
	return sn.source.row(report.Evidence{
		Kind: "netstat.snapshot", Line: line, Time: sn.time, TimePrecision: precision(sn.time), PID: -1,
		Text:   fmt.Sprintf("connection table of %d rows", sn.rows),
		Fields: map[string]string{"rows": fmt.Sprint(sn.rows), "stamp": sn.Stamp},
	})
}

// sameMoment tells that two tables of a file, the first of which stands before, are
// taken as of one time: by their stamps, or, without any, as two commands one after
// the other. A third of the same shape makes a loop of them.
func (sn *snapshot) sameMoment(later *snapshot) bool {
	if !sn.Local.IsZero() || !later.Local.IsZero() {
		return sn.Local.Equal(later.Local)
	}
	return later.order < 2 || sn.HasOwner != later.HasOwner || sn.HasUDP != later.HasUDP
}

// names tells whether the snapshot can name a holder.
func (sn *snapshot) names() bool { return sn.Failed == "" && sn.HasPID && sn.rows > 0 }

// tally counts the ports of one table after the other. A port counts once however
// many rows and families show it.
type tally struct {
	pools   [transports]*pool
	inPool  [transports][1 << 16]bool
	seen    [1 << 16]uint32 // the table that showed the port last
	waits   [1 << 16]uint32 // the same, in TIME_WAIT
	owner   [1 << 16]int    // the first PID that held it there
	table   uint32
	counts  map[int]int // ports by PID, of the present table
	further map[portOf]struct{}
}

// portOf is a port of a PID that is not the first to hold it.
type portOf struct {
	pid  int
	port uint16
}

func newTally(pools [transports]*pool) *tally {
	t := &tally{pools: pools, counts: map[int]int{}, further: map[portOf]struct{}{}}
	for i, p := range pools {
		for port := range t.inPool[i] {
			t.inPool[i][port] = p.holds(port)
		}
	}
	return t
}

// count gives the ports of one transport in use in a table, those in TIME_WAIT,
// and, until the next call, the ports of each PID.
func (t *tally) count(i int, entries []netstatparse.Entry) (used, waiting int, byPID map[int]int) {
	t.table++
	clear(t.counts)
	clear(t.further)
	last, n := 0, 0
	for at := range entries {
		e := &entries[at]
		port := e.Local.Port()
		if !t.inPool[i][port] || e.Proto != transportNames[i] {
			continue
		}
		fresh := t.seen[port] != t.table
		if fresh {
			t.seen[port], t.owner[port] = t.table, 0
			used++
		}
		if e.State == netstatparse.TimeWait && t.waits[port] != t.table {
			t.waits[port] = t.table
			waiting++
		}
		if e.PID <= 0 || t.owner[port] == e.PID || t.owner[port] > 0 && !t.alsoHolds(e.PID, port) {
			continue
		}
		if t.owner[port] == 0 {
			t.owner[port] = e.PID
		}
		if e.PID != last {
			t.counts[last] += n
			last, n = e.PID, 0
		}
		n++
	}
	t.counts[last] += n
	delete(t.counts, 0)
	return used, waiting, t.counts
}

// alsoHolds notes a port of a second PID and tells whether that is new.
func (t *tally) alsoHolds(pid int, port uint16) bool {
	k := portOf{pid, port}
	if _, ok := t.further[k]; ok {
		return false
	}
	t.further[k] = struct{}{}
	return true
}

// examine fills the detail of a snapshot from its rows. BOUND is extra only when
// no other row has its port.
func (sn *snapshot) examine(entries []netstatparse.Entry, pools [transports]*pool) {
	sn.detail = &[transports]usage{}
	for i, p := range pools {
		u := usage{byPID: map[int]*held{}, tuples: map[tuple]map[uint16]struct{}{}}
		ports := map[uint16]bool{} // true: some row other than BOUND
		for at := range entries {
			if e := &entries[at]; e.Proto == transportNames[i] && p.holds(int(e.Local.Port())) {
				ports[e.Local.Port()] = ports[e.Local.Port()] || e.State != netstatparse.Bound
				u.take(e)
			}
		}
		for at := range entries {
			e := &entries[at]
			if e.Proto != transportNames[i] || e.State != netstatparse.Bound || e.PID <= 0 || !p.holds(int(e.Local.Port())) {
				continue
			}
			if other, seen := ports[e.Local.Port()]; seen && !other {
				u.byPID[e.PID].orphanBound++
				ports[e.Local.Port()] = true // a twin in the other family is the same port
			}
		}
		sn.detail[i] = u
	}
	for at := range entries {
		if e := &entries[at]; e.State == netstatparse.Listening && !pools[tcp].holds(int(e.Local.Port())) {
			sn.listeners = append(sn.listeners, e.Local.Port())
		}
	}
}

func (u *usage) take(e *netstatparse.Entry) {
	port := e.Local.Port()
	if e.Remote.Addr().IsValid() && e.Remote.Port() != 0 { // a name is not the same peer twice
		k := tuple{e.Local.Addr(), e.Remote}
		if u.tuples[k] == nil {
			u.tuples[k] = map[uint16]struct{}{}
		}
		u.tuples[k][port] = struct{}{}
	}
	if e.PID <= 0 {
		return
	}
	h := u.byPID[e.PID]
	if h == nil {
		h = &held{ports: map[uint16]struct{}{}, line: e.Line}
		u.byPID[e.PID] = h
	}
	h.ports[port] = struct{}{}
	if h.owner == "" {
		h.owner = e.Owner
	}
	switch e.State {
	case netstatparse.CloseWait:
		h.closeWait++
	case netstatparse.TimeWait:
		h.timeWait++
	}
}
