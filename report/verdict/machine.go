package verdict

import (
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// machine is one computer and everything that speaks for it. Ports live and die with a
// boot of one machine: no witness, table or list crosses to another.
type machine struct {
	options *facts.Options

	name   string // as shown, "" where no input names it
	own    bool   // some source is its own; else its records were forwarded
	traces []*facts.Trace
	logs   []*facts.Source // its own
	texts  []*facts.Source
	tables []*facts.Table // by time

	records, life, symptoms, drivers []*facts.Record
	hung                             []*facts.Record // of closes that hang, before the window and in it

	// Before the analysed window, and without a time where there is one.
	prior, untimed []*facts.Record
	untimedTables  []*facts.Table

	listedAs  map[report.PID][]listing // made when first asked for
	filtering []filter                 // likewise
	whose     map[*facts.Process]*facts.Process

	boots   []boot
	pools   []*pool
	unknown []*episode // refusals whose transport nothing tells
}

// firstLabel is what names of one machine agree in: "pc-112" of "PC-112.corp.example".
func firstLabel(name string) string {
	label, _, _ := strings.Cut(name, ".")
	return strings.ToLower(label)
}

// findMachines finds the machines of the case, in the order of their names.
func findMachines(c *facts.Case) []*machine {
	s := &sorting{c: c, parent: map[string]string{}, machines: map[string]*machine{}, shown: map[string]shownName{}}
	for _, l := range c.Logs {
		s.findRenames(l)
	}
	s.takeRecords()
	for _, l := range c.Logs {
		if name := ownName(l); name != "" {
			m := s.see(name, l.Log.Last, false)
			m.own, m.logs = true, append(m.logs, l)
		}
	}
	for _, src := range c.Sources {
		if name := hostOf(src); name != "" {
			s.see(name, report.Time{}, false).own = true
		}
		for _, t := range src.Tables {
			if t.Host != "" {
				s.see(t.Host, t.Time, false).own = true
			}
		}
	}
	s.takeNameless()
	return s.finish()
}

// records are all records of a log, by time.
func recordsOf(l *facts.Log) []*facts.Record {
	all := slices.Concat(l.Records, l.Life, l.Symptoms, l.Drivers)
	slices.SortStableFunc(all, func(a, b *facts.Record) int { return a.Time.Compare(b.Time.Time) })
	return all
}

// take gives a source to the machine.
func (m *machine) take(src *facts.Source) {
	if src.Trace != nil {
		m.traces = append(m.traces, src.Trace)
	}
	if src.Host != nil || len(src.Tables) > 0 || src.Saved != nil || len(src.Counts) > 0 {
		m.texts = append(m.texts, src)
	}
}

// takeUnnamed takes the records of a log that names no computer.
func (m *machine) takeUnnamed(c *facts.Case, src *facts.Source) {
	mine := func(all []*facts.Record, into *[]*facts.Record) {
		for _, r := range all {
			if r.Source == src && r.Computer == "" {
				*into = append(*into, r)
			}
		}
	}
	mine(c.Records, &m.records)
	mine(c.Life, &m.life)
	mine(c.Symptoms, &m.symptoms)
	mine(c.Drivers, &m.drivers)
	mine(c.Before, &m.prior)
	mine(c.Untimed, &m.untimed)
}

// exhaustion tells the records that witness that a pool ran out.
func exhaustion(r *facts.Record) bool { return r.ID == 4231 || r.ID == 4266 }

// picked are the machines that --host asks for; all when it is not given.
func picked(all []*machine, host string) []*machine {
	if host == "" {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(m *machine) bool { return firstLabel(m.name) != firstLabel(host) })
}

// of names the machine as a sentence needs it: " of HOST-A", "" where no input names it.
func (m *machine) of() string {
	if m.name == "" {
		return ""
	}
	return " of " + m.name
}

// build is the build of the machine's Windows, 0 when nothing tells it.
func (m *machine) build() int {
	for _, t := range m.traces {
		if t.Build != 0 {
			return t.Build
		}
	}
	for _, s := range m.texts {
		if s.Host != nil && s.Host.Host != nil && s.Host.Host.Build != 0 {
			return s.Host.Host.Build
		}
	}
	return 0
}

// sameProcesses gives for each process of the traces the first that is the same: several
// traces of one start of Windows tell of one process, by its PID and its key.
func (m *machine) sameProcesses() map[*facts.Process]*facts.Process {
	if m.whose != nil {
		return m.whose
	}
	type key struct {
		pid report.PID
		key uint64
	}
	type life struct {
		p *facts.Process
		t *facts.Trace
	}
	m.whose = map[*facts.Process]*facts.Process{}
	first := map[key]life{}
	for _, t := range m.traces {
		for _, p := range t.Processes {
			m.whose[p] = p
			k := key{p.PID, p.Key}
			known, ok := first[k]
			switch {
			case p.PID < 0 || p.Key == 0:
			case ok && known.t != t && !m.apart(known.t.Last, t.First) && (p.Image == "" || known.p.Image == "" || strings.EqualFold(p.Image, known.p.Image)):
				m.whose[p] = known.p
			default:
				first[k] = life{p, t}
			}
		}
	}
	return m.whose
}
