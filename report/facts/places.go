package facts

import (
	"cmp"
	"slices"
	"strings"

	"portverdict/netstatparse"
)

// places are what is kept whole of the tables of one machine: by view the fullest, and the
// last that names holders; the last of all; and for each anchor the one before it, the
// first in it, the first after it.
type places struct {
	host          string // as the first of its tables names it, "" where none does
	fullest, last []*Table
	latest, timed *Table // the last of all, and the last with a time
	near          []nearTables
	next          int   // the first anchor that no table has reached
	begun         []int // anchors that tables may still be near to
}

// hosted is a service of netstat -b and how many rows are its own.
type hosted struct {
	name string
	rows int
}

// host notes the service that -b names above the executable of a row: of svchost it is the
// one that has the socket.
func (ts *tables) host(e *netstatparse.Entry) {
	name := e.Components[len(e.Components)-1]
	if e.PID <= 0 || !strings.EqualFold(e.Owner, "svchost.exe") || strings.ContainsAny(name, `\:.`) {
		return
	}
	all := ts.hosted[e.PID]
	for i := range all {
		if all[i].name == name {
			all[i].rows++
			return
		}
	}
	if len(all) < maxHosted && (all != nil || len(ts.hosted) < maxOwners) {
		if ts.hosted == nil {
			ts.hosted = map[int][]hosted{}
		}
		ts.hosted[e.PID] = append(all, hosted{name, 1})
	}
}

// ServicesOf are the services that netstat -b names for a PID in any table of the source,
// that with the most rows first.
func (s *Source) ServicesOf(pid int) []string {
	if s.tables == nil {
		return nil
	}
	all := slices.Clone(s.tables.hosted[pid])
	slices.SortStableFunc(all, func(a, b hosted) int { return cmp.Or(b.rows-a.rows, strings.Compare(a.name, b.name)) })
	var names []string
	for _, h := range all {
		names = append(names, h.name)
	}
	return names
}

// ServiceOf is the service that nine tenths of the rows are of for which netstat -b names
// one of a PID, "" where several share them.
func (s *Source) ServiceOf(pid int) string {
	if s.tables == nil {
		return ""
	}
	all, most := 0, hosted{}
	for _, h := range s.tables.hosted[pid] {
		all += h.rows
		if h.rows > most.rows {
			most = h
		}
	}
	if 10*most.rows < 9*all {
		return ""
	}
	return most.name
}

// placesOf are those of a machine, nil where there are too many.
func (ts *tables) placesOf(host string, views, anchors int) *places {
	for _, p := range ts.kept {
		if sameMachine(p.host, host) {
			return p
		}
	}
	if len(ts.kept) >= maxMachines {
		return nil
	}
	p := &places{host: host, fullest: make([]*Table, views), last: make([]*Table, views), near: make([]nearTables, anchors)}
	ts.kept = append(ts.kept, p)
	return p
}

// sameMachine tells whether two names are of one machine: one may lack the domain.
func sameMachine(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return strings.EqualFold(a, b)
}
