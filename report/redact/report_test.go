package redact

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

func sample() *report.Report {
	return &report.Report{
		SchemaVersion: 1,
		Bundle:        report.Bundle{Host: "HOST01.contoso.com"},
		Verdict: report.Verdict{
			Outcome: report.Exhausted, Summary: "leaky.exe on host01 held 5 ports",
			Reasons: []string{"The inputs are of several machines: HOST01, DC07."},
			Holders: []report.Holder{{PID: 4, Image: `C:\Users\jdoe\leaky.exe`, Services: []string{"svc_jdoe"}, Evidence: []string{"ev-000000000001", "ev-000000000002"}}},
			Pools:   []report.Pool{{RangeSource: "default", UsedSource: "ev-000000000002"}},
		},
		Findings: []report.Finding{{ID: "host", Title: "held by a host", Severity: "info", Text: "towards 10.1.2.3:443", Evidence: []string{"ev-000000000001", "ev-000000000002"}}},
		Evidence: []report.Evidence{
			{ID: "ev-000000000001", Kind: "evtx.5719", Source: "HOST01_System.evtx", Fields: map[string]string{"computer": "HOST01", "domain": "CONTOSO", "UserName": "jane doe", "QueryName": "vault"}},
			{ID: "ev-000000000002", Kind: "netstat.holder", Source: "vault/netstat.txt", Text: "said by jane doe of CONTOSO"},
		},
		Sources: []report.Source{
			{Path: "HOST01_System.evtx", Kind: "evtx", Facts: map[string]string{"computer": "HOST01.contoso.com"}},
			{Path: "sys info of bob.txt", Kind: "hosttext.system", Facts: map[string]string{"computer": "DC07"}},
			{Path: "vault/netstat.txt", Kind: "netstat"},
		},
		Diagnostics: []report.Diagnostic{{Code: "x", Severity: "warning", Source: "sys info of bob.txt", Text: "in sys info of bob.txt"}},
	}
}

func TestReport(t *testing.T) {
	in := sample()
	out := newRedactor(t, testKey).Report(in)
	if d := cmp.Diff(sample(), in); d != "" {
		t.Errorf("the original was changed:\n%s", d)
	}
	var b strings.Builder
	if err := report.WriteJSON(&b, out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"host01", "contoso", "jdoe", "jane", "doe", "dc07", "vault", "bob", "10.1.2.3", "ev-0000"} {
		if strings.Contains(strings.ToLower(b.String()), name) {
			t.Errorf("%s is told in\n%s", name, b.String())
		}
	}
	// What the words of the contract are stays, though a host could be called so.
	if f := out.Findings[0]; f.ID != "host" || f.Severity != "info" || !slices.ContainsFunc(out.Evidence, func(e report.Evidence) bool { return e.Kind == "evtx.5719" && e.Fields["computer"] != "" }) {
		t.Errorf("%+v", f)
	}
	ids := []string{out.Evidence[0].ID, out.Evidence[1].ID}
	if !slices.IsSorted(ids) || !slices.Equal(ids, out.Findings[0].Evidence) || !slices.Equal(ids, out.Verdict.Holders[0].Evidence) ||
		!slices.Contains(ids, out.Verdict.Pools[0].UsedSource) || out.Verdict.Pools[0].RangeSource != "default" {
		t.Errorf("ids %v, %+v, %+v", ids, out.Findings[0], out.Verdict)
	}
	if !slices.ContainsFunc(out.Diagnostics, func(d report.Diagnostic) bool {
		return d.Code == noteCode && d.Severity == "note" && d.Count == 1 && strings.HasPrefix(d.Text, "IPv4 addresses replaced by tokens under key ")
	}) {
		t.Errorf("%+v", out.Diagnostics)
	}
	if d := cmp.Diff(out, newRedactor(t, testKey).Report(out)); d != "" {
		t.Errorf("a second time (-once +twice):\n%s", d)
	}
	other := newRedactor(t, testKey+"x").Report(out)
	if other.Evidence[0].ID == out.Evidence[0].ID || other.Bundle.Host != out.Bundle.Host {
		t.Error("under another key the ids are others and tokens stay")
	}
}
