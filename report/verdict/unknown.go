package verdict

import (
	"slices"

	"portverdict/report/facts"
)

// giveUnknown gives each refused attempt of unknown transport to the one pool whose own
// refusals lie within a minute before and after it, else to the one of a 4231 or 4266
// within five minutes; what is left makes episodes of an unknown transport.
func (j *judgement) giveUnknown(m *machine) {
	var left []facts.UnknownAttempt
	for _, t := range m.traces {
		for i := range t.Unknown {
			u := t.Unknown[i]
			if p := m.poolOf(&u); p != nil {
				j.given[p] = append(j.given[p], u)
				continue
			}
			left = append(left, u)
		}
	}
	// Traces can overlap.
	slices.SortStableFunc(left, func(a, b facts.UnknownAttempt) int { return a.At.Compare(b.At.Time) })
	for i := range left {
		u := &left[i]
		if n := len(m.unknown); n > 0 && u.At.Sub(m.unknown[n-1].to.Time) < quietGap {
			m.unknown[n-1].to = u.At
			m.unknown[n-1].failures++
			continue
		}
		m.unknown = append(m.unknown, &episode{m: m, from: u.At, to: u.At, failures: 1, firstRefusal: u.At, lastRefusal: u.At, ends: "unknown"})
	}
	for _, e := range m.unknown {
		e.lastRefusal = e.to
	}
	j.left[m] = left
}

// poolOf is the only pool that an attempt of unknown transport can be of.
func (m *machine) poolOf(u *facts.UnknownAttempt) *pool {
	var found *pool
	n := 0
	for _, p := range m.pools {
		if p.admits(u) && p.surrounds(u) {
			found, n = p, n+1
		}
	}
	if n == 1 {
		return found
	}
	if n > 1 {
		return nil
	}
	for _, p := range m.pools {
		if p.admits(u) && p.logged(u) {
			found, n = p, n+1
		}
	}
	if n == 1 {
		return found
	}
	return nil
}

// admits tells that the attempt's family is one of the pool's.
func (p *pool) admits(u *facts.UnknownAttempt) bool {
	fam := facts.IPv4
	if u.V6 {
		fam = facts.IPv6
	}
	return p.view.Families&fam != 0
}

// surrounds tells that attempts of the pool were refused within a minute before and
// within a minute after.
func (p *pool) surrounds(u *facts.UnknownAttempt) bool {
	for _, t := range p.m.traces {
		if t.Runs[p.t][p.fam()].Surround(u.At, unknownWithin) {
			return true
		}
	}
	return false
}

// logged tells of a record that the pool ran out within five minutes.
func (p *pool) logged(u *facts.UnknownAttempt) bool {
	for _, r := range p.m.records {
		if exhaustion(r) && r.Transport == p.t && r.Time.Sub(u.At.Time).Abs() <= recordWithin {
			return true
		}
	}
	return false
}
