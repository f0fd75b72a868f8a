package verdict

import (
	"slices"

	"portverdict/report"
)

// sample keeps the first and the last rows of each group of a finding and
// counts all of them.
type sample struct {
	count  int
	groups map[string]*group
}

type group struct {
	first []report.Evidence
	last  []report.Evidence // ring once full
	next  int
}

func (s *sample) add(key string, make1 func() report.Evidence) {
	s.count++
	if s.groups == nil {
		s.groups = map[string]*group{}
	}
	g := s.groups[key]
	if g == nil {
		// A flood of processes must not hold a flood of rows.
		if len(s.groups) >= evidencePerRule {
			return
		}
		g = &group{}
		s.groups[key] = g
	}
	switch {
	case len(g.first) < evidencePerGroup:
		g.first = append(g.first, make1())
	case len(g.last) < evidencePerGroup:
		g.last = append(g.last, make1())
	default:
		g.last[g.next] = make1()
		g.next = (g.next + 1) % evidencePerGroup
	}
}

// rows gives what was kept, by time; at most evidencePerRule, the ends first.
func (s *sample) rows() []report.Evidence {
	var out []report.Evidence
	for _, g := range s.groups {
		out = append(out, g.first...)
		out = append(out, g.last...)
	}
	sortRows(out)
	if len(out) > evidencePerRule {
		half := evidencePerRule / 2
		out = slices.Concat(out[:half], out[len(out)-half:])
	}
	return out
}

// of gives the kept rows of one group, by time.
func (s *sample) of(key string) []report.Evidence {
	g := s.groups[key]
	if g == nil {
		return nil
	}
	out := slices.Concat(g.first, g.last)
	sortRows(out)
	return out
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
