package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// identity is who a PID was, and what names it.
type identity struct {
	image    string
	services []string
	mostly   string            // of them the one that nearly all rows of netstat -b are of
	rows     []report.Evidence // of the lists that name it
	other    string            // another name that a list of another time gives the PID
	listed   bool              // some list of processes has the PID
	lists    bool              // there is a list of processes at all
}

// running are the services that an act on the process is about: the one that has the
// sockets, where that is known, else all that run in it.
func (id *identity) running() []string {
	if id.mostly != "" {
		return []string{id.mostly}
	}
	return id.services
}

// listing is a process as one of a machine's lists has it.
type listing struct {
	source *facts.Source
	at     int // in the processes of its text
}

// listings are the lines of a machine's process lists by PID, nil where it has no list.
func (m *machine) listings() map[report.PID][]listing {
	if m.listedAs != nil {
		return m.listedAs
	}
	for _, s := range m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Processes {
			if m.listedAs == nil {
				m.listedAs = map[report.PID][]listing{}
			}
			pid := report.PID(s.Host.Processes[i].PID)
			m.listedAs[pid] = append(m.listedAs[pid], listing{s, i})
		}
	}
	return m.listedAs
}

// listingsNear are the listings of a PID that no restart parts from a time, those nearest to
// it first; lists tells that there is any list of that start of Windows.
func (m *machine) listingsNear(pid report.PID, at report.Time) (of []listing, lists bool) {
	all := m.listings()
	if at.IsZero() {
		return all[pid], all != nil
	}
	for _, l := range all[pid] {
		if !m.apart(l.when(), at) {
			of = append(of, l)
		}
	}
	slices.SortStableFunc(of, func(a, b listing) int { return cmp.Compare(a.from(at), b.from(at)) })
	lists = len(of) > 0 || slices.ContainsFunc(m.texts, func(s *facts.Source) bool {
		return s.Host != nil && len(s.Host.Processes) > 0 && !m.apart(s.Listed[0], at)
	})
	return of, lists
}

// when is the time of a list, zero where it is not known.
func (l listing) when() report.Time { return l.source.Listed[l.at] }

// from is how far from a time a list was made; one without a time is behind all others.
func (l listing) from(at report.Time) time.Duration {
	if l.when().IsZero() {
		return math.MaxInt64
	}
	return l.when().Sub(at.Time).Abs()
}

// listed are what the process lists of a machine say of a PID at a time, which is zero
// where it is not known.
func (m *machine) listed(pid report.PID, at report.Time) identity {
	all, lists := m.listingsNear(pid, at)
	id := identity{lists: lists}
	for _, l := range all {
		p := &l.source.Host.Processes[l.at]
		id.listed = true
		switch {
		case p.Image == "":
		case id.image == "" || sameImage(id.image, p.Image) && len(p.Image) > len(id.image):
			id.image = p.Image
		case !sameImage(id.image, p.Image) && id.other == "":
			id.other = p.Image
		}
		if len(p.Services) > 0 && (p.Image == "" || sameImage(id.image, p.Image)) {
			id.services = p.Services
		}
		if p.Image == "" || sameImage(id.image, p.Image) {
			text := fmt.Sprintf("PID %d is %s", p.PID, p.Image)
			if len(p.Services) > 0 {
				text += " with " + strings.Join(p.Services, ", ")
			}
			id.rows = append(id.rows, l.source.ProcessRow(p, text))
		}
	}
	return id
}

// sameImage tells that two names can be of one program: PowerShell leaves ".exe" out, a
// debugger cuts at 15 characters, and nothing keeps the case.
func sameImage(a, b string) bool {
	short := func(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".exe") }
	a, b = short(a), short(b)
	if a == b {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	return len(a) >= 14 && strings.HasPrefix(b, a)
}

// named puts the names of the lists behind one that is nearer in time: the table's own
// owner line, or the process events of the trace.
func (id identity) named(nearer string) identity {
	switch {
	case nearer == "":
	case id.image != "" && !sameImage(id.image, nearer):
		id.other, id.services, id.rows = id.image, nil, nil
		id.image = nearer
	case len(nearer) >= len(id.image):
		id.image = nearer
	}
	return id
}

// who names a PID of one of the machine's tables.
func (m *machine) who(t *facts.Table, pid report.PID, owner string) identity {
	var at report.Time
	if t != nil {
		at = t.Time
	}
	id := m.listed(pid, at)
	if owner == "" && t != nil && pid > 0 {
		owner = t.Source.OwnerOf(int(pid))
	}
	if owner == "" && pid > 0 {
		owner = m.countedOwner(pid)
	}
	if owner == "" && pid > 0 && id.image == "" {
		for _, tr := range m.traces {
			if image := tr.ImageOf(pid); image != "" {
				owner = image
			}
		}
	}
	id = id.named(owner)
	if id.image == "" && pid == 4 {
		id.image = "System"
	}
	if t != nil && sameImage(id.image, "svchost.exe") {
		id.mostly = t.Source.ServiceOf(int(pid))
		if id.services == nil {
			id.services = t.Source.ServicesOf(int(pid))
		}
	}
	return id
}

// countedOwner is the name that a tool's count gives a PID.
func (m *machine) countedOwner(pid report.PID) string {
	for _, src := range m.texts {
		for i := range src.Counts {
			if c := &src.Counts[i]; report.PID(c.PID) == pid && c.Image != "" {
				return c.Image
			}
		}
	}
	return ""
}

// whoRan names a process of a trace: by the trace's own process events; else by a list,
// unless the PID went to another process afterwards, which the list may be of.
func (m *machine) whoRan(p *facts.Process) identity {
	var id identity
	if p.PID >= 0 && (!p.Later || p.Image != "") {
		id = m.listed(p.PID, report.Time{})
	}
	if p.PID >= 0 && !p.Later && p.Image == "" && id.image == "" {
		for _, t := range m.tables {
			if owner := t.Source.OwnerOf(int(p.PID)); owner != "" {
				id = id.named(owner)
			}
		}
	}
	id = id.named(p.Image)
	if p.Later {
		id.listed = false
	}
	if id.image == "" && p.PID == 4 {
		id.image = "System"
	}
	if id.image == "" && p.Key != 0 {
		id.image = m.imageOfKey(p.Key)
	}
	return id
}

// imageOfKey is the image of an EPROCESS by a debugger's list.
func (m *machine) imageOfKey(key uint64) string {
	for _, s := range m.texts {
		if s.Host == nil {
			continue
		}
		for i := range s.Host.Processes {
			if p := &s.Host.Processes[i]; p.EPROCESS == key {
				return p.Image
			}
		}
	}
	return ""
}

// namesServices tells that some list says which services run in a process.
func (m *machine) namesServices() bool {
	return slices.ContainsFunc(m.texts, func(s *facts.Source) bool {
		if s.Host == nil {
			return false
		}
		for i := range s.Host.Processes {
			if s.Host.Processes[i].Services != nil {
				return true
			}
		}
		return false
	})
}

// servicesNamed is how many services of a process a sentence names.
const servicesNamed = 3

// withServices names the services of a process.
func withServices(services []string) string {
	if n := len(services); n > servicesNamed {
		services = append(slices.Clone(services[:servicesNamed-1]), fmt.Sprintf("%d more services", n-servicesNamed+1))
	}
	return " with " + report.Joined(services)
}

// label names a process in a sentence: "svchost.exe with Dnscache (PID 1888)".
func label(image string, services []string, pid report.PID) string {
	s := image
	switch {
	case s == "" && len(services) > 0: // sc queryex tells no more
		s = strings.TrimPrefix(withServices(services), " with ")
	case s == "" && pid > 0:
		return fmt.Sprintf("PID %d", pid)
	case s == "":
		s = "a process without a name"
	case len(services) > 0:
		s += withServices(services)
	}
	if pid > 0 {
		s += fmt.Sprintf(" (PID %d)", pid)
	}
	return s
}
