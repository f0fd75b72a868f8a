package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"portverdict/report"
	"portverdict/report/facts"
)

// claim is one finding while it is made. What is not given of title, severity, unit and the check by hand
// comes from the row of its id.
type claim struct {
	id        string
	title     string // where it names who or which pool
	m         *machine
	transport string
	severity  string
	count     int
	text      string
	check     string
	first     report.Time
	last      report.Time
	rows      []report.Evidence
	rests     []string // sources without a row
}

// claim adds a finding; one that counts nothing is none.
func (j *judgement) claim(c claim) {
	if c.count <= 0 {
		return
	}
	row := report.FindingByID(c.id)
	f := report.Finding{
		ID: c.id, Title: cmp.Or(c.title, row.Title), Severity: cmp.Or(c.severity, row.Severity), Host: c.m.name, Transport: c.transport, Count: c.count,
		Unit: row.Unit, First: c.first, Last: c.last, Text: c.text, CheckByHand: cmp.Or(c.check, row.Check),
	}
	rows := slices.Clone(c.rows)
	facts.SortRows(rows)
	rows = slices.CompactFunc(rows, func(a, b report.Evidence) bool { return a.ID == b.ID })
	rests := slices.Clone(c.rests)
	for i := range rows {
		if at := rows[i].Time; !at.IsZero() {
			if c.first.IsZero() && (f.First.IsZero() || at.Before(f.First.Time)) {
				f.First = at
			}
			if c.last.IsZero() && at.After(f.Last.Time) {
				f.Last = at
			}
		}
		rests = append(rests, rows[i].Source)
	}
	// What names a process and its ports, or stands for a whole table, is the row to look at.
	slices.SortStableFunc(rows, func(a, b report.Evidence) int { return min(len(b.Of), 1) - min(len(a.Of), 1) })
	f.Evidence = j.cite(facts.BothEnds(rows, j.c.Options.Rows())...)
	f.RestsOn = unique(slices.DeleteFunc(rests, func(s string) bool { return s == "" }))
	j.findings = append(j.findings, f)
}

// titled is a title that names who it is of: the first, and how many more there are.
func titled(who []string, one, many string) string {
	switch len(who) {
	case 0:
		return ""
	case 1:
		return who[0] + " " + one
	case 2:
		return who[0] + " and " + who[1] + " " + many
	}
	return fmt.Sprintf("%s and %d more processes %s", who[0], len(who)-1, many)
}

// cite puts rows into the report and gives their ids.
func (j *judgement) cite(rows ...report.Evidence) []string {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		if r.Image == "" && r.PID >= 0 {
			r.Image = j.imageOf(r.PID, r.Source)
		}
		j.rows[r.ID] = r
		ids = append(ids, r.ID)
	}
	return ids
}

// imageOf names the PID of an evidence row by the machine of its source.
func (j *judgement) imageOf(pid report.PID, source string) string {
	key := namedPID{pid, source}
	if image, ok := j.images[key]; ok {
		return image
	}
	image := ""
	if m := j.machineOf(source); m != nil {
		image = m.listed(pid, report.Time{}).image
		for _, t := range m.traces {
			if of := t.ImageOf(pid); of != "" && (image == "" || t.Source.Path == source) {
				image = of
			}
		}
		for _, s := range m.texts {
			if owner := s.OwnerOf(int(pid)); owner != "" && (image == "" || s.Path == source) {
				image = owner
			}
		}
		if image == "" && pid == 4 {
			image = "System"
		}
	}
	j.images[key] = image
	return image
}

type namedPID struct {
	pid    report.PID
	source string
}

// machineOf is the machine of a source, nil for what is none.
func (j *judgement) machineOf(source string) *machine { return j.bySource[source] }

// findAll runs the rules, machine by machine and pool by pool.
func (j *judgement) findAll() {
	for _, m := range j.machines {
		j.witnessFindings(m)
		j.logFindings(m)
		j.lifeFindings(m)
		for _, p := range m.pools {
			j.poolFindings(p)
			j.stuckFindings(p)
			j.leakFindings(p)
			j.tableFindings(p)
			j.rangeFindings(p)
			j.contradictionFindings(p)
			j.forecastFinding(p)
		}
		j.serverFindings(m)
		j.hostFindings(m)
		j.limitFindings(m)
		j.failureFindings(m)
		j.successFindings(m)
	}
	rank := map[string]int{"critical": 0, "warning": 1, "info": 2, "counter": 3}
	for i := range j.findings {
		f := &j.findings[i]
		// Nothing is critical beside an all-clear of the same pool.
		if f.Severity == "critical" && j.cleared(f.Host, f.Transport) {
			f.Severity = "warning"
		}
	}
	order := map[string]int{}
	for i, r := range report.FindingRows() {
		order[r.ID] = i
	}
	slices.SortStableFunc(j.findings, func(a, b report.Finding) int {
		return cmp.Or(rank[a.Severity]-rank[b.Severity], order[a.ID]-order[b.ID], cmp.Compare(a.Host, b.Host), cmp.Compare(a.Transport, b.Transport))
	})
}

// cleared tells that a pool of a machine and transport is judged not exhausted, and none
// of them otherwise.
func (j *judgement) cleared(host, transport string) bool {
	clear := false
	for _, m := range j.machines {
		for _, p := range m.pools {
			if m.name != host || transport != "" && p.t.String() != transport {
				continue
			}
			if p.outcome == report.Exhausted || p.outcome == report.Likely {
				return false
			}
			clear = clear || p.outcome == report.NotExhausted
		}
	}
	return clear
}

// some gives the first and last three of rows: enough to look up by hand.
func some(rows []report.Evidence) []report.Evidence { return facts.BothEnds(rows, citedRows) }

// rowsOf makes the rows of records, at most as many as a finding cites.
func (j *judgement) rowsOf(records []*facts.Record) []report.Evidence {
	var out []report.Evidence
	for _, r := range facts.BothEnds(records, j.c.Options.Rows()) {
		out = append(out, r.Row())
	}
	return out
}
