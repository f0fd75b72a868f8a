package verdict

import (
	"cmp"
	"slices"
	"strings"

	"portverdict/report"
	"portverdict/report/facts"
)

// victims are the processes whose attempts were refused, for each pool, most first.
func (j *judgement) victims() []report.Victim {
	out := []report.Victim{}
	for _, m := range j.machines {
		for _, tr := range []facts.Transport{facts.TCP, facts.UDP, facts.Unknown} {
			out = append(out, j.victimsOf(m, tr)...)
		}
	}
	slices.SortStableFunc(out, func(a, b report.Victim) int {
		return cmp.Or(b.Failures-a.Failures, cmp.Compare(a.PID, b.PID), strings.Compare(a.Host, b.Host), strings.Compare(a.Transport, b.Transport), strings.Compare(a.ProcessKey, b.ProcessKey))
	})
	return out
}

// victimsOf are the victims of one transport of a machine. Attempts of unknown transport
// count in the pool they were given to.
func (j *judgement) victimsOf(m *machine, tr facts.Transport) []report.Victim {
	type victim struct {
		facts.Refusals
		endpoints map[uint64]bool
	}
	found := map[*facts.Process]*victim{}
	var order []*facts.Process
	at := func(p *facts.Process) *victim {
		v := found[p]
		if v == nil {
			v = &victim{endpoints: map[uint64]bool{}}
			found[p] = v
			order = append(order, p)
		}
		return v
	}
	widen := func(v *victim, first, last report.Time) {
		if v.First.IsZero() || first.Before(v.First.Time) {
			v.First = first
		}
		if last.After(v.Last.Time) {
			v.Last = last
		}
	}
	whose := m.sameProcesses()
	rows := map[*facts.Process][]report.Evidence{}
	for _, t := range m.traces {
		for _, p := range t.Processes {
			rows[whose[p]] = append(rows[whose[p]], facts.Ends(p, t.Witnesses(tr)...)...)
			if tr == facts.Unknown {
				continue
			}
			if r := &p.Refused[tr][0]; r.Count > 0 {
				v := at(whose[p])
				v.Count += r.Count
				v.Endpoints += r.Endpoints
				widen(v, r.First, r.Last)
			}
		}
	}
	for _, u := range j.unknownOf(m, tr) {
		v := at(whose[u.Process])
		v.Count++
		if !v.endpoints[u.Endpoint] {
			v.endpoints[u.Endpoint] = true
			v.Endpoints++
		}
		widen(v, u.At, u.At)
	}
	var out []report.Victim
	for _, p := range order {
		v := found[p]
		id := m.whoRan(p)
		row := report.Victim{
			Host: m.name, Transport: tr.String(), PID: p.PID, ProcessKey: facts.HexKey(p.Key), Image: id.image, Services: id.services,
			Failures: v.Count, Endpoints: v.Endpoints, First: v.First, Last: v.Last, Evidence: unique(j.cite(slices.Concat(id.rows, rows[p])...)),
		}
		out = append(out, row)
	}
	return out
}

// unknownOf are the attempts of unknown transport that count as those of a transport.
func (j *judgement) unknownOf(m *machine, tr facts.Transport) []facts.UnknownAttempt {
	if tr == facts.Unknown {
		return j.left[m]
	}
	var out []facts.UnknownAttempt
	for _, p := range m.pools {
		if p.t == tr {
			out = append(out, j.given[p]...)
		}
	}
	return out
}
