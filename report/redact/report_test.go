package redact

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

func sample() *report.Report {
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Bundle: report.Bundle{
			Host: "HOST01.contoso.com", Hosts: []string{"APP-Z", "HOST01.contoso.com"}, Boots: []report.Boot{{Host: "APP-Z", Evidence: "ev-000000000001"}},
		},
		Verdict: report.Verdict{
			Outcome: report.Exhausted, Summary: "leaky.exe on host01 held 5 ports", Host: "HOST01.contoso.com", Transport: "tcp",
			Reasons: []string{"The inputs are of several machines: HOST01, DC07."},
			Holders: []report.Holder{{PID: 4, Image: `C:\Users\jdoe\leaky.exe`, Services: []string{"svc_jdoe"}, Host: "HOST01.contoso.com", ByDesign: "dns.exe of dc07", Note: "opened by jane doe", Evidence: []string{"ev-000000000001", "ev-000000000002"}}},
			Pools: []report.Pool{
				{
					Host: "HOST01.contoso.com", Transport: "tcp", RangeSource: "default", UsedSource: "ev-000000000002", RangeBasis: "netsh text, sys info of bob.txt",
					Reasons: []string{"Seen on APP-Z by jane doe."}, Episodes: []int{0}, Balance: report.Balance{Basis: "table", Source: "ev-000000000002"},
					Forecast: &report.Forecast{Basis: "ports of app-z", Evidence: []string{"ev-000000000001"}},
				},
				{Host: "APP-Z", Transport: "tcp", RangeSource: "ev-000000000001"},
			},
			Windows:       []report.Window{{Host: "HOST01.contoso.com", Transport: "tcp", Evidence: []string{"ev-000000000001"}, Balance: &report.Balance{Basis: "table", Source: "ev-000000000002"}}},
			Victims:       []report.Victim{{Host: "APP-Z", Image: "x.exe"}},
			OtherFailures: []report.OtherFailure{{Status: "0xC00000B5", Meaning: "HOST01 did not answer", Next: "Ask 10.1.2.3.", Processes: []report.FailedProcess{{PID: 5, Image: `C:\Users\jdoe\x.exe`, Count: 3}}}},
			NextSteps:     []report.NextStep{{Text: "Ask jane doe.", Command: "Test-NetConnection dc07 -Port 389", RunsOn: "customer", Why: "ev-000000000002"}},
		},
		Findings: []report.Finding{{ID: "host", Title: "held by a host", Severity: "info", Text: "towards 10.1.2.3:443", Host: "APP-Z", RestsOn: []string{"vault/netstat.txt", "HOST01_System.evtx"}, Evidence: []string{"ev-000000000001", "ev-000000000002"}}},
		Evidence: []report.Evidence{
			{ID: "ev-000000000001", Kind: "evtx.5719", Source: "HOST01_System.evtx", Fields: map[string]string{"computer": "HOST01", "domain": "CONTOSO", "UserName": "jane doe", "QueryName": "vault"}},
			{ID: "ev-000000000002", Kind: "netstat.holder", Source: "vault/netstat.txt", Text: "said by jane doe of CONTOSO"},
		},
		Sources: []report.Source{
			{Path: "HOST01_System.evtx", Host: "HOST01.contoso.com", Kind: "evtx", Facts: map[string]string{"computer": "HOST01.contoso.com"}},
			{Path: "sys info of bob.txt", Kind: "hosttext.system", Facts: map[string]string{"computer": "DC07"}},
			{Path: "vault/netstat.txt", Kind: "netstat"},
		},
		Series:      []report.Series{{Host: "APP-Z", Image: "x.exe"}},
		Diagnostics: []report.Diagnostic{{Code: "x", Severity: "warning", Source: "sys info of bob.txt", Text: "in sys info of bob.txt"}},
	}
}

// mine is the pool of the headline's machine.
func mine(r *report.Report) *report.Pool {
	i := slices.IndexFunc(r.Verdict.Pools, func(p report.Pool) bool { return p.Host == r.Verdict.Host })
	return &r.Verdict.Pools[i]
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
	for _, name := range []string{"host01", "contoso", "jdoe", "jane", "doe", "dc07", "vault", "bob", "10.1.2.3", "ev-0000", "app-z"} {
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
		!slices.Contains(ids, mine(out).UsedSource) || mine(out).RangeSource != "default" {
		t.Errorf("ids %v, %+v, %+v", ids, out.Findings[0], out.Verdict)
	}
	// One machine has one token everywhere, lists are in order, and what points at
	// evidence and episodes still does.
	p, host := mine(out), out.Verdict.Host
	if p.Host != host || out.Bundle.Host != host || out.Verdict.Windows[0].Host != host || out.Verdict.Holders[0].Host != host || out.Findings[0].Host == host ||
		!slices.Contains(out.Bundle.Hosts, host) || !slices.IsSorted(out.Bundle.Hosts) || out.Verdict.Pools[0].Host > out.Verdict.Pools[1].Host {
		t.Errorf("hosts %q, pools %+v", out.Bundle.Hosts, out.Verdict.Pools)
	}
	if p.Balance.Source != p.UsedSource || out.Verdict.Windows[0].Balance.Source != p.UsedSource || !slices.Contains(ids, p.Forecast.Evidence[0]) ||
		!slices.Contains(ids, out.Bundle.Boots[0].Evidence) || !slices.Contains(ids, out.Verdict.NextSteps[0].Why) {
		t.Errorf("ids %v, %+v", ids, p)
	}
	if !slices.ContainsFunc(out.Findings[0].RestsOn, func(s string) bool {
		return slices.ContainsFunc(out.Sources, func(src report.Source) bool { return src.Path == s })
	}) {
		t.Errorf("%q are not sources", out.Findings[0].RestsOn)
	}
	if !slices.ContainsFunc(out.Diagnostics, func(d report.Diagnostic) bool {
		return d.Code == noteCode && d.Severity == "note" && d.Count == 2 && strings.HasPrefix(d.Text, "IPv4 addresses replaced by tokens under key ")
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

// What is sorted by names is sorted by tokens afterwards, under whatever key.
func TestOrderOfARedactedReport(t *testing.T) {
	in := sample()
	for i := range 6 {
		path := fmt.Sprintf("case of jane doe/PC-%c0815_System.evtx", 'A'+i)
		in.Sources = append(in.Sources, report.Source{Path: path, Kind: "evtx", Host: fmt.Sprintf("PC-%c0815", 'A'+i)})
		in.Diagnostics = append(in.Diagnostics, report.Diagnostic{Code: "x", Severity: "note", Source: path, Text: "x"})
		in.Findings[0].RestsOn = append(in.Findings[0].RestsOn, path)
		in.Bundle.Hosts = append(in.Bundle.Hosts, fmt.Sprintf("PC-%c0815", 'A'+i))
	}
	var ids []string
	for i := range 8 {
		id := fmt.Sprintf("ev-00000000010%d", i)
		ids = append(ids, id)
		in.Evidence = append(in.Evidence, report.Evidence{ID: id, Kind: "evtx.4227"})
	}
	in.Verdict.Pools[0].Forecast.Evidence, in.Findings[0].Evidence, in.Verdict.Windows[0].Evidence = slices.Clone(ids), slices.Clone(ids), slices.Clone(ids)
	in.Verdict.Holders[0].Evidence, in.Verdict.Victims[0].Evidence = slices.Clone(ids), slices.Clone(ids)
	for _, key := range []string{testKey, testKey + "1", testKey + "2", testKey + "3"} {
		out := newRedactor(t, key).Report(in)
		if !slices.IsSortedFunc(out.Sources, func(a, b report.Source) int { return strings.Compare(a.Path, b.Path) }) {
			t.Errorf("sources: %+v", out.Sources)
		}
		if !slices.IsSortedFunc(out.Diagnostics, func(a, b report.Diagnostic) int { return strings.Compare(a.Source, b.Source) }) {
			t.Errorf("diagnostics: %+v", out.Diagnostics)
		}
		for _, rows := range [][]string{mine(out).Forecast.Evidence, out.Findings[0].Evidence, out.Verdict.Windows[0].Evidence, out.Verdict.Holders[0].Evidence, out.Verdict.Victims[0].Evidence} {
			if len(rows) != 8 || !slices.IsSorted(rows) {
				t.Errorf("rows %q", rows)
			}
		}
		if !slices.IsSorted(out.Findings[0].RestsOn) || !slices.IsSorted(out.Bundle.Hosts) {
			t.Errorf("%q, %q", out.Findings[0].RestsOn, out.Bundle.Hosts)
		}
	}
}

// What was printed of a report names no machine either, once it is redacted.
func TestPrintedReport(t *testing.T) {
	for name, write := range map[string]func(io.Writer, *report.Report) error{"x.html": report.WriteHTML, "x.md": report.WriteMarkdown, "x.json": report.WriteJSON} {
		var b strings.Builder
		if err := write(&b, sample()); err != nil {
			t.Fatal(err)
		}
		out, err := newRedactor(t, testKey).Document([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range []string{"host01", "app-z"} {
			if strings.Contains(strings.ToLower(string(out)), host) || !strings.Contains(strings.ToLower(b.String()), host) {
				t.Errorf("%s: %s is told", name, host)
			}
		}
	}
}
