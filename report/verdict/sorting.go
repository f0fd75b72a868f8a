package verdict

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// sorting finds the machines of a case and gives each its sources.
type sorting struct {
	c        *facts.Case
	parent   map[string]string // of labels: a renamed machine has several
	machines map[string]*machine
	shown    map[string]shownName
}

// shownName is the name to show: that of the latest witness, else of the latest record.
type shownName struct {
	name    string
	at      report.Time
	witness bool
}

func (s *sorting) root(label string) string {
	for s.parent[label] != "" {
		label = s.parent[label]
	}
	return label
}

// see notes a name, and when what bears it was written.
func (s *sorting) see(name string, at report.Time, witness bool) *machine {
	label := s.root(firstLabel(name))
	m := s.machines[label]
	if m == nil {
		m = &machine{}
		s.machines[label] = m
	}
	old := s.shown[label]
	switch {
	case name == "", old.witness && !witness:
	case old.name == "", witness && !old.witness, at.After(old.at.Time), at.Equal(old.at.Time) && len(name) > len(old.name):
		s.shown[label] = shownName{name, at, witness}
	}
	return m
}

// findRenames joins the names that follow each other in a log for good, each from a
// start on: the machine was renamed. Names that alternate are of several machines.
func (s *sorting) findRenames(src *facts.Source) {
	type stretch struct {
		label string
		start bool // it begins with a start of Windows
	}
	var all []stretch
	var begun time.Time
	for _, r := range recordsOf(src.Log) {
		label := firstLabel(r.Computer)
		if label == "" {
			continue
		}
		if n := len(all); n == 0 || all[n-1].label != label {
			all = append(all, stretch{label: label})
			begun = r.Time.Time
		}
		if isStart(r) && r.Time.Sub(begun) <= bootWithin {
			all[len(all)-1].start = true
		}
	}
	seen := map[string]bool{}
	for i, st := range all {
		if seen[st.label] || i > 0 && !st.start {
			return
		}
		seen[st.label] = true
	}
	for i := 1; i < len(all); i++ {
		if a, b := s.root(all[i-1].label), s.root(all[i].label); a != b {
			s.parent[a] = b
		}
	}
}

// ownName is the computer that a log is of, "" when its records do not say or it is a
// collector's log of what others sent.
func ownName(src *facts.Source) string {
	l := src.Log
	if l.Forwarded {
		return ""
	}
	if l.Computer != "" {
		return l.Computer
	}
	for _, r := range recordsOf(l) {
		if r.Computer != "" {
			return r.Computer
		}
	}
	return ""
}

// hostOf is the machine that a text names: that of systeminfo and its kin, else the only
// one whose tables stand in it, else the only computer of its event records.
func hostOf(src *facts.Source) string {
	if src.Host != nil && src.Host.Host != nil && src.Host.Host.Name != "" {
		return src.Host.Host.Name
	}
	name := ""
	for _, t := range src.Tables {
		if name != "" && t.Host != "" && firstLabel(t.Host) != firstLabel(name) {
			return ""
		}
		name = cmp.Or(name, t.Host)
	}
	if name != "" || src.Saved == nil {
		return name
	}
	if src.Saved.Computer != "" {
		return src.Saved.Computer
	}
	for _, r := range recordsOf(src.Saved) {
		if name != "" && r.Computer != "" && firstLabel(r.Computer) != firstLabel(name) {
			return ""
		}
		name = cmp.Or(name, r.Computer)
	}
	return name
}

// takeNameless gives the sources that name no machine to one: to the only machine that
// has a source of its own; of several, a trace to the one whose records stand beside its
// refusals or whose log alone covers it, a text, or such a trace, to the one of the place
// where it lies; else to a machine without a name.
func (s *sorting) takeNameless() {
	var own []*machine
	for _, label := range sortedKeys(s.machines) {
		if m := s.machines[label]; m.own {
			own = append(own, m)
		}
	}
	nameless := &machine{own: true}
	var only *machine
	switch len(own) {
	case 0:
		only = nameless
	case 1:
		only = own[0]
	}
	at := s.places(own)
	for _, src := range s.c.Sources {
		m := only
		switch {
		case hostOf(src) != "":
			m = s.see(hostOf(src), report.Time{}, false)
		case src.Log != nil:
			if ownName(src) != "" {
				continue
			}
			m = cmp.Or(m, at.of(src.Path), nameless)
			m.logs = append(m.logs, src)
			m.takeUnnamed(s.c, src)
			continue
		case src.Trace != nil && m == nil:
			m = cmp.Or(traceMachine(src.Trace, own), at.of(src.Path))
		}
		several := s.hostsIn(src)
		if m == nil {
			of := at.all(src)
			if m = of[0]; len(several) < 2 {
				several = of
			}
		}
		if len(several) > 1 {
			// What the text says beside its tables can be of each of them.
			for _, m := range several {
				m.take(src)
			}
			continue
		}
		m = cmp.Or(m, nameless)
		m.take(src)
		if src.Saved != nil {
			m.takeUnnamed(s.c, src)
		}
	}
	s.takeTables(append(own, nameless))
	if len(s.machines) == 0 || len(nameless.traces) > 0 || slices.ContainsFunc(nameless.logs, func(src *facts.Source) bool { return !src.Log.Forwarded }) ||
		slices.ContainsFunc(nameless.texts, func(src *facts.Source) bool { return !settingsOnly(src) }) {
		s.machines[""] = nameless
	}
}

// settingsOnly tells a text of how a machine is set, such as its range, and of nothing that
// happened on it but in records that name their computers: it makes no machine of which
// nothing else is known.
func settingsOnly(src *facts.Source) bool {
	h := src.Host
	if src.Saved != nil && slices.ContainsFunc(recordsOf(src.Saved), func(r *facts.Record) bool { return r.Computer == "" }) {
		return false
	}
	return h != nil && len(src.Tables)+len(src.Counts) == 0 && src.Trace == nil && len(h.Processes)+len(h.Handles)+len(h.Symptoms)+len(h.Traces)+len(h.Drivers) == 0 && h.Collection == nil
}

// takeTables gives each table to the machine that it, or its text, is of.
func (s *sorting) takeTables(machines []*machine) {
	several := map[*facts.Source]bool{} // whose tables are of several machines
	for _, src := range s.c.Sources {
		several[src] = len(s.hostsIn(src)) > 1
	}
	give := func(tables []*facts.Table, to func(*machine) *[]*facts.Table) {
		for _, t := range tables {
			for _, m := range machines {
				if slices.Contains(m.texts, t.Source) && (t.Host == "" && !several[t.Source] || t.Host != "" && s.machines[s.root(firstLabel(t.Host))] == m) {
					*to(m) = append(*to(m), t)
				}
			}
		}
	}
	give(s.c.Tables, func(m *machine) *[]*facts.Table { return &m.tables })
	give(s.c.UntimedTables, func(m *machine) *[]*facts.Table { return &m.untimedTables })
}

// hostsIn are the machines whose tables stand in a text, in order.
func (s *sorting) hostsIn(src *facts.Source) []*machine {
	var out []*machine
	for _, t := range src.Tables {
		if t.Host == "" {
			continue
		}
		if m := s.machines[s.root(firstLabel(t.Host))]; m != nil && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// traceMachine is the machine of a trace that names none, nil when nothing tells.
func traceMachine(t *facts.Trace, own []*machine) *machine {
	for _, m := range own {
		if slices.ContainsFunc(m.records, func(r *facts.Record) bool { return exhaustion(r) && t.RefusedNear(r.Time, time.Minute) }) {
			return m
		}
	}
	var found *machine
	for _, m := range own {
		from, to := t.Whole()
		if slices.ContainsFunc(m.logs, func(l *facts.Source) bool { return l.Log.Covers(from, to) }) {
			if found != nil {
				return nil
			}
			found = m
		}
	}
	return found
}

// finish gives the machines, each with its name and boots, those with a source of their
// own first, by name.
func (s *sorting) finish() []*machine {
	var out []*machine
	for _, label := range sortedKeys(s.machines) {
		m := s.machines[label]
		m.name = s.shown[label].name
		m.options = &s.c.Options
		for _, all := range [][]*facts.Record{m.records, m.life, m.symptoms, m.drivers, m.prior} {
			slices.SortStableFunc(all, func(a, b *facts.Record) int { return a.Time.Compare(b.Time.Time) })
		}
		m.hung = hangingRecords(m.prior, m.records)
		m.boots = bootsOf(m.life)
		m.addToldBoots()
		if m.own || len(m.records) > 0 {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b *machine) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), strings.Compare(a.name, b.name))
	})
	return out
}

// takeRecords gives each record to its own computer.
func (s *sorting) takeRecords() {
	for _, r := range s.c.Records {
		if r.Computer != "" {
			m := s.see(r.Computer, r.Time, r.ID != 16002)
			m.records = append(m.records, r)
		}
	}
	give := func(all []*facts.Record, to func(*machine) *[]*facts.Record) {
		for _, r := range all {
			if r.Computer != "" {
				list := to(s.see(r.Computer, r.Time, false))
				*list = append(*list, r)
			}
		}
	}
	give(s.c.Life, func(m *machine) *[]*facts.Record { return &m.life })
	give(s.c.Symptoms, func(m *machine) *[]*facts.Record { return &m.symptoms })
	give(s.c.Drivers, func(m *machine) *[]*facts.Record { return &m.drivers })
	give(s.c.Before, func(m *machine) *[]*facts.Record { return &m.prior })
	give(s.c.Untimed, func(m *machine) *[]*facts.Record { return &m.untimed })
}
