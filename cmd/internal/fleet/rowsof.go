package fleet

import (
	"encoding/json"

	"portverdict/report"
)

// rows are those of some bundles.
type rows struct {
	bundles     []BundleRow
	findings    []FindingRow
	evidence    []EvidenceRow
	holders     []HolderRow
	victims     []VictimRow
	pools       []PoolRow
	windows     []WindowRow
	sources     []SourceRow
	diagnostics []DiagnosticRow
	known       []KnownRow
}

// add adds the rows of one bundle; r is nil where it could not be analysed.
func (t *rows) add(b BundleRow, r *report.Report) {
	b.Hosts = []string{}
	if r != nil {
		b.tell(r)
		t.addParts(b.ID, r)
		t.addVerdict(b.ID, &r.Verdict)
	}
	t.bundles = append(t.bundles, b)
}

// tell fills in what the report says of the whole bundle.
func (b *BundleRow) tell(r *report.Report) {
	v := &r.Verdict
	b.Outcome, b.Confidence, b.Cause, b.Summary = string(v.Outcome), string(v.Confidence), string(v.Cause), v.Summary
	b.Host, b.Transport, b.Hosts = v.Host, v.Transport, list(r.Bundle.Hosts)
	b.OSBuild, b.TimeZone = r.Bundle.OSBuild, r.Bundle.TimeZone
	b.FirstTime, b.LastTime = timeOf(r.Bundle.Window.From), timeOf(r.Bundle.Window.To)
	for i := range v.Windows {
		if w := &v.Windows[i]; w.Host == v.Host && w.Transport == v.Transport {
			b.ExhaustedFrom = timeOf(w.From)
		}
	}
	for i := range v.Holders {
		if h := &v.Holders[i]; h.Named && h.Host == v.Host && h.Transport == v.Transport {
			b.Holder, b.HolderPorts = h.Image, int64(h.Ports)
			break
		}
	}
}

func (t *rows) addParts(id ID, r *report.Report) {
	for i := range r.Findings {
		f := &r.Findings[i]
		t.findings = append(t.findings, FindingRow{
			id, f.ID, f.Title, f.Severity, f.Host, f.Transport, int64(f.Count), f.Unit, timeOf(f.First), timeOf(f.Last), f.Text, list(f.Evidence), list(f.RestsOn),
		})
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		fields := []byte("{}")
		if len(e.Fields) > 0 {
			fields, _ = json.Marshal(e.Fields) // texts can always be written
		}
		t.evidence = append(t.evidence, EvidenceRow{
			id, e.ID, e.Kind, e.Source, e.Offset, e.Record, int64(e.Line), timeOf(e.Time), e.TimePrecision, pidOf(e.PID), e.Image, e.Text, string(fields),
		})
	}
	for i := range r.Sources {
		s := &r.Sources[i]
		t.sources = append(t.sources, SourceRow{
			id, s.Path, s.Host, s.Kind, s.Size, s.SHA256, timeOf(s.Window.From), timeOf(s.Window.To), s.Clock.Zone,
			int64(s.Decoded), int64(s.Undecoded), int64(s.LostEvents), int64(s.LostBuffers), s.Wrapped, s.Truncated,
		})
	}
	for i := range r.Diagnostics {
		d := &r.Diagnostics[i]
		t.diagnostics = append(t.diagnostics, DiagnosticRow{id, d.Code, d.Severity, d.Source, d.Offset, d.Length, int64(d.Line), d.Text, int64(d.Count)})
	}
}

func (t *rows) addVerdict(id ID, v *report.Verdict) {
	for i := range v.Holders {
		h := &v.Holders[i]
		t.holders = append(t.holders, HolderRow{
			id, h.Host, h.Transport, int64(h.Window), pidOf(h.PID), h.Image, list(h.Services), int64(h.Instances), int64(h.Ports), h.Share, h.Named,
			int64(h.OrphanBound), int64(h.CloseWait), int64(h.StuckCloses), h.Basis, h.GrowthPerMinute, string(h.Confidence), list(h.Evidence),
		})
	}
	for i := range v.Victims {
		x := &v.Victims[i]
		t.victims = append(t.victims, VictimRow{
			id, x.Host, x.Transport, pidOf(x.PID), x.Image, list(x.Services), int64(x.Failures), int64(x.Endpoints), timeOf(x.First), timeOf(x.Last), list(x.Evidence),
		})
	}
	for i := range v.Pools {
		t.pools = append(t.pools, poolRow(id, &v.Pools[i]))
	}
	for i := range v.Windows {
		w := &v.Windows[i]
		t.windows = append(t.windows, WindowRow{
			id, int64(i), w.Host, w.Transport, w.Family, timeOf(w.From), timeOf(w.To), w.Ends, timeOf(w.EndedAt), int64(w.Failures), int64(len(w.Log)),
		})
	}
}

func poolRow(id ID, p *report.Pool) PoolRow {
	b := &p.Balance
	row := PoolRow{
		ID: id, Host: p.Host, Transport: p.Transport, Family: p.Family, Start: int64(p.Start), Count: int64(p.Count),
		Excluded: int64(p.Excluded), Capacity: int64(p.Capacity), RangeSource: p.RangeSource, Outcome: string(p.Outcome),
		Confidence: string(p.Confidence), Cause: string(p.Cause), Episodes: int64(len(p.Episodes)), Basis: b.Basis,
		Holders: int64(b.Holders), StuckCloses: int64(b.StuckCloses), TimeWait: int64(b.TimeWait), Unaccounted: int64(b.Unaccounted), Free: int64(b.Free),
	}
	if p.Used != nil {
		n := int64(*p.Used)
		row.Used = &n
	}
	if p.Forecast != nil {
		row.FullFrom, row.FullTo = timeOf(p.Forecast.FullAtFrom), timeOf(p.Forecast.FullAtTo)
	}
	return row
}

func pidOf(p report.PID) *int64 {
	if p < 0 {
		return nil
	}
	n := int64(p)
	return &n
}

// list is a list that is written as one even when it is empty.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
