package redact

import (
	"cmp"
	"fmt"
	"maps"
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
	hashes(out, func(s *string) {
		if len(*s) >= longNumber {
			*s = r.hash(*s)
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
	for _, host := range in.Bundle.Hosts {
		r.learn(Host, host)
	}
	for i := range in.Verdict.Pools {
		r.learn(Host, in.Verdict.Pools[i].Host)
	}
	for i := range in.Sources {
		r.learn(Host, in.Sources[i].Host)
		r.learnFields(in.Sources[i].Facts)
		r.learnPath(in.Sources[i].Path)
	}
	for i := range in.Diagnostics {
		r.learnPath(in.Diagnostics[i].Source)
	}
	for i := range in.Evidence {
		r.learnPath(in.Evidence[i].Source)
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
	verdictTexts(r, do, lists)
	for i := range r.Findings {
		f := &r.Findings[i]
		do(&f.Title)
		do(&f.Host)
		do(&f.Unit)
		do(&f.Text)
		do(&f.CheckByHand)
		lists(f.RestsOn)
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		do(&e.Source)
		do(&e.Image)
		do(&e.Text)
		tables(e.Fields)
	}
	for i := range r.Series {
		do(&r.Series[i].Host)
		do(&r.Series[i].Image)
		do(&r.Series[i].Source)
	}
	for i := range r.Sources {
		s := &r.Sources[i]
		do(&s.Path)
		do(&s.Host)
		do(&s.Clock.Zone)
		do(&s.Clock.Basis)
		tables(s.Facts)
	}
	for i := range r.Diagnostics {
		do(&r.Diagnostics[i].Source)
		do(&r.Diagnostics[i].Text)
	}
}

// verdictTexts are those of the bundle and the judgement.
func verdictTexts(r *report.Report, do func(*string), lists func(...[]string)) {
	v := &r.Verdict
	do(&r.Bundle.Host)
	lists(r.Bundle.Hosts)
	do(&r.Bundle.TimeZone)
	for i := range r.Bundle.Boots {
		do(&r.Bundle.Boots[i].Host)
	}
	do(&v.Host)
	do(&v.Summary)
	lists(v.Reasons)
	for i := range v.Pools {
		p := &v.Pools[i]
		do(&p.Host)
		do(&p.RangeBasis)
		lists(p.Reasons)
		if p.Forecast != nil {
			do(&p.Forecast.Basis)
		}
	}
	for i := range v.Windows {
		do(&v.Windows[i].Host)
	}
	for i := range v.Holders {
		h := &v.Holders[i]
		do(&h.Host)
		do(&h.Image)
		do(&h.ByDesign)
		do(&h.Note)
		lists(h.Services)
	}
	for i := range v.Victims {
		do(&v.Victims[i].Host)
		do(&v.Victims[i].Image)
		lists(v.Victims[i].Services)
	}
	for i := range v.OtherFailures {
		f := &v.OtherFailures[i]
		do(&f.Meaning)
		do(&f.Next)
		for k := range f.Processes {
			do(&f.Processes[k].Image)
		}
	}
	for i := range v.Missing {
		m := &v.Missing[i]
		do(&m.Input)
		do(&m.Cost)
		do(&m.How)
	}
	for i := range v.NextSteps {
		do(&v.NextSteps[i].Host)
		do(&v.NextSteps[i].Text)
		do(&v.NextSteps[i].Command)
	}
}

// rows calls do for every id of a row of evidence.
func rows(r *report.Report, do func(*string)) {
	all := func(list []string) {
		for i := range list {
			do(&list[i])
		}
	}
	for i := range r.Bundle.Boots {
		do(&r.Bundle.Boots[i].Evidence)
	}
	v := &r.Verdict
	for i := range v.Pools {
		p := &v.Pools[i]
		do(&p.RangeSource)
		do(&p.UsedSource)
		do(&p.Balance.Source)
		if p.Forecast != nil {
			all(p.Forecast.Evidence)
		}
	}
	for i := range v.Windows {
		all(v.Windows[i].Evidence)
		if b := v.Windows[i].Balance; b != nil {
			do(&b.Source)
		}
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

// hashes calls do for every hash of an input: who has a file could tell that it is this.
func hashes(r *report.Report, do func(*string)) {
	do(&r.Bundle.ID)
	for i := range r.Sources {
		do(&r.Sources[i].SHA256)
	}
}

// order sorts again what is sorted by what was replaced. Windows keep their order, which
// is that of time: pools and holders point into them.
func order(r *report.Report) {
	slices.Sort(r.Bundle.Hosts)
	slices.SortStableFunc(r.Bundle.Boots, func(a, b report.Boot) int { return cmp.Or(a.At.Compare(b.At.Time), cmp.Compare(a.Host, b.Host)) })
	slices.SortStableFunc(r.Verdict.Pools, func(a, b report.Pool) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Family, b.Family))
	})
	for i := range r.Verdict.Pools {
		if f := r.Verdict.Pools[i].Forecast; f != nil {
			slices.Sort(f.Evidence)
		}
	}
	for i := range r.Findings {
		slices.Sort(r.Findings[i].RestsOn)
	}
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
