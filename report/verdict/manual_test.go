package verdict

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

var update = flag.Bool("update", false, "write docs/verdict.md and the sums of the scenes again")

const manualFile = "../../docs/verdict.md"

// The page about verdicts is made from the rows of findings, the thresholds, one case and
// the text in manualtext_test.go.
func TestManualIsCurrent(t *testing.T) {
	want := manual(t)
	if *update {
		if os.Getenv("CI") == "true" {
			t.Fatal("-update is refused where CI is true")
		}
		if err := os.WriteFile(manualFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(manualFile)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(string(got), "\r\n", "\n"); text != want {
		t.Errorf("docs/verdict.md is out of date: %s\nrun go test ./report/verdict -run Manual -update", firstDifference(text, want))
	}
}

func manual(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(withNumbers(t, manualText))
	b.WriteString("\n## A worked balance\n" + workedBalance(t))
	b.WriteString("\n## Thresholds\n`portverdict explain ID` shows those of a finding.\n\n| name | value | what it is |\n|---|---|---|\n")
	for _, x := range Thresholds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", x.Name, x.Value, cell(x.Meaning))
	}
	b.WriteString("\n## Findings\nA verdict rests on them; each names its evidence. Where a severity says \"critical\", a finding can stand lower beside an all-clear of its pool.\n\n" +
		"| id | severity | counts | what it means | from |\n|---|---|---|---|---|\n")
	for _, f := range report.FindingRows() {
		from := withNumbers(t, f.Threshold)
		if from == "" {
			from = "one"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", f.ID, f.Severity, f.Unit, cell(f.Title), cell(from))
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// withNumbers puts the thresholds into a text that names them in braces.
func withNumbers(t *testing.T, text string) string {
	t.Helper()
	var pairs []string
	for _, x := range Thresholds() {
		pairs = append(pairs, "{"+x.Name+"}", x.Value)
	}
	for name, d := range map[string]time.Duration{
		"recovered_for": recoveredFor, "unknown_within": unknownWithin, "signal_within": signalWithin, "earlier_by": earlierBy, "silent_for": silentFor,
		"stuck_rate": stuckRate, "stuck_span": stuckSpan, "throttle": throttle, "ends_within": endsWithin, "shared_within": sharedWithin, "boot_within": bootWithin,
	} {
		pairs = append(pairs, "{"+name+"}", report.Rough(d))
	}
	pairs = append(pairs, "{span_full}", report.Percent(spanFull), "{last_third}", report.Percent(leakLastThird), "{stuck_before}", report.Percent(stuckBefore),
		"{range_least}", number(rangeLeast), "{sum_share}", report.Percent(sumShare), "{stuck_least}", number(stuckLeast), "{dns_pool}", number(dnsPool))
	out := strings.NewReplacer(pairs...).Replace(text)
	if i := strings.IndexAny(out, "{}"); i >= 0 {
		t.Errorf("an unknown threshold: %.60s", out[i:])
	}
	return out
}

// workedBalance tells of the books of one case.
func workedBalance(t *testing.T) string {
	t.Helper()
	const id = "exhausted-leak-x64"
	r := judged(unpacked(t, "../../testdata/cases/"+id+"/bundle.zip"), facts.Options{Zone: time.FixedZone("UTC+1", 3600), Jobs: 1}, "")
	var p *report.Pool
	for i := range r.Verdict.Pools {
		if r.Verdict.Pools[i].Transport == r.Verdict.Transport {
			p = &r.Verdict.Pools[i]
		}
	}
	b := p.Balance
	var out strings.Builder
	fmt.Fprintf(&out, "The case `%s` of [testdata/cases](../testdata/cases) has a trace, a System log, one table, a range and a process list. Its summary:\n\n> %s\n\n", id, r.Verdict.Summary)
	fmt.Fprintf(&out, "The pool is %s %d-%d: %s ports, %s excluded, a capacity of %s. At %s, by the %s:\n\n| share of the capacity | ports |\n|---|---|\n",
		strings.ToUpper(p.Transport), p.Start, p.Start+p.Count-1, number(p.Count), number(p.Excluded), number(p.Capacity), report.Moment(b.At), b.Basis)
	for _, row := range []struct {
		name string
		n    int
	}{{"of known processes", b.Holders}, {"closes that hang", b.StuckCloses}, {"TIME_WAIT", b.TimeWait}, {"unaccounted for", b.Unaccounted}, {"free", b.Free}, {"**capacity**", b.Capacity}} {
		fmt.Fprintf(&out, "| %s | %s |\n", row.name, number(row.n))
	}
	out.WriteString("\n")
	for i, h := range r.Verdict.Holders {
		if i == 3 {
			break
		}
		word := "is not named"
		if h.Named {
			word = "is named: more than any other process, than TIME_WAIT and than what is unaccounted for, and more than a quarter of the pool"
		}
		fmt.Fprintf(&out, "- %s has %s and %s.\n", label(h.Image, h.Services, h.PID), report.Counted(h.Ports, "port", "ports"), word)
	}
	out.WriteString("\nThe reasons:\n")
	for _, reason := range r.Verdict.Reasons {
		out.WriteString("- " + reason + "\n")
	}
	return out.String()
}
