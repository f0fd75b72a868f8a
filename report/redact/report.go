package redact

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"portverdict/report"
)

// noteCode is the code of the diagnostics that say what was replaced.
const noteCode = "redacted"

// Report gives a copy of a report with what it names replaced by tokens. Its
// diagnostics say which kinds were replaced and in how many places. Evidence has
// other ids, as the old ones are hashes of what the rows say. A report that was
// redacted with the same key keeps its ids and tokens.
func (r *Redactor) Report(in *report.Report) *report.Report {
	out := in.Clone()
	r.again = slices.ContainsFunc(out.Diagnostics, func(d report.Diagnostic) bool {
		return d.Code == noteCode && strings.Contains(d.Text, r.mark())
	})
	defer func() { r.again = false }()
	r.learnReport(out)
	before := maps.Clone(r.places)
	texts(out, func(s *string) { *s = r.replace(*s) })
	ids := 0
	rows(out, func(s *string) {
		if id := r.rowID(*s); id != *s {
			*s = id
			ids++
		}
	})
	r.note(out, before, ids)
	order(out)
	return out
}

// mark is what the note of a redacted report says of the key.
func (r *Redactor) mark() string { return "under key " + r.KeyID() }

// note adds to the diagnostics what was replaced.
func (r *Redactor) note(out *report.Report, before map[Kind]int, ids int) {
	add := func(what string, n int) {
		text := fmt.Sprintf("%s replaced by tokens %s", what, r.mark())
		if n == 0 {
			return
		}
		for i := range out.Diagnostics {
			if d := &out.Diagnostics[i]; d.Code == noteCode && d.Text == text {
				d.Count += n
				return
			}
		}
		out.Diagnostics = append(out.Diagnostics, report.Diagnostic{Code: noteCode, Severity: "note", Text: text, Count: n})
	}
	add("ids of evidence", ids)
	for _, c := range r.Counts() {
		add(string(c.Kind), c.Places-before[c.Kind])
	}
}

func (r *Redactor) learnReport(in *report.Report) {
	r.learn(Host, in.Bundle.Host)
	for i := range in.Sources {
		r.learnFields(in.Sources[i].Facts)
		if name := in.Sources[i].Path; strings.Contains(name, " ") { // it is not known as a file where it is quoted
			r.learn(Other, strings.TrimSuffix(name[strings.LastIndexAny(name, "/!")+1:], path.Ext(name)))
		}
	}
	for i := range in.Evidence {
		r.learnFields(in.Evidence[i].Fields)
	}
	texts(in, func(s *string) { r.learnFrom(*s) })
}

func (r *Redactor) learnFields(fields map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		r.learnFrom(name + "=" + fields[name])
	}
}

// texts calls do for all that is written by strangers or quotes them. What has a
// fixed set of words, and numbers, are left out.
func texts(r *report.Report, do func(*string)) {
	lists := func(all ...[]string) {
		for _, list := range all {
			for i := range list {
				do(&list[i])
			}
		}
	}
	tables := func(m map[string]string) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			v := m[k]
			do(&v)
			m[k] = v
		}
	}
	v := &r.Verdict
	do(&r.Bundle.Host)
	do(&r.Bundle.TimeZone)
	do(&v.Summary)
	lists(v.Reasons)
	for i := range v.Holders {
		do(&v.Holders[i].Image)
		lists(v.Holders[i].Services)
	}
	for i := range v.Victims {
		do(&v.Victims[i].Image)
		lists(v.Victims[i].Services)
	}
	for i := range v.Missing {
		m := &v.Missing[i]
		do(&m.Input)
		do(&m.Cost)
		do(&m.How)
	}
	for i := range v.NextSteps {
		do(&v.NextSteps[i].Text)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		do(&f.Title)
		do(&f.Text)
		do(&f.CheckByHand)
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		do(&e.Source)
		do(&e.Image)
		do(&e.Text)
		tables(e.Fields)
	}
	for i := range r.Series {
		do(&r.Series[i].Image)
		do(&r.Series[i].Source)
	}
	for i := range r.Sources {
		s := &r.Sources[i]
		do(&s.Path)
		do(&s.Clock.Zone)
		do(&s.Clock.Basis)
		tables(s.Facts)
	}
	for i := range r.Diagnostics {
		do(&r.Diagnostics[i].Source)
		do(&r.Diagnostics[i].Text)
	}
}

// rows calls do for every id of a row of evidence.
func rows(r *report.Report, do func(*string)) {
	all := func(list []string) {
		for i := range list {
			do(&list[i])
		}
	}
	v := &r.Verdict
	for i := range v.Pools {
		do(&v.Pools[i].RangeSource)
		do(&v.Pools[i].UsedSource)
	}
	for i := range v.Windows {
		all(v.Windows[i].Evidence)
		for k := range v.Windows[i].Log {
			do(&v.Windows[i].Log[k].Evidence)
		}
	}
	for i := range v.Holders {
		all(v.Holders[i].Evidence)
	}
	for i := range v.Victims {
		all(v.Victims[i].Evidence)
	}
	for i := range v.NextSteps {
		do(&v.NextSteps[i].Why)
	}
	for i := range r.Findings {
		all(r.Findings[i].Evidence)
	}
	for i := range r.Evidence {
		do(&r.Evidence[i].ID)
	}
}

// order sorts again what is sorted by what was replaced.
func order(r *report.Report) {
	slices.SortStableFunc(r.Evidence, func(a, b report.Evidence) int { return cmp.Or(a.Time.Compare(b.Time.Time), cmp.Compare(a.ID, b.ID)) })
	at := map[string]report.Time{}
	for i := range r.Evidence {
		at[r.Evidence[i].ID] = r.Evidence[i].Time
	}
	byTime := func(a, b string) int { return cmp.Or(at[a].Compare(at[b].Time), cmp.Compare(a, b)) }
	for i := range r.Findings {
		slices.SortStableFunc(r.Findings[i].Evidence, byTime)
	}
	for i := range r.Verdict.Windows {
		slices.SortStableFunc(r.Verdict.Windows[i].Evidence, byTime)
	}
	for i := range r.Verdict.Holders {
		slices.Sort(r.Verdict.Holders[i].Evidence)
	}
	for i := range r.Verdict.Victims {
		slices.Sort(r.Verdict.Victims[i].Evidence)
	}
	slices.SortStableFunc(r.Sources, func(a, b report.Source) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.SHA256, b.SHA256))
	})
	slices.SortStableFunc(r.Diagnostics, func(a, b report.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text))
	})
}
