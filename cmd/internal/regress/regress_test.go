package regress

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

const head = "schema: 1\nid: leak\nwhy: shows a leak\nprovenance: {kind: synthetic, recipe: r.yaml, seed: 7}\n"

func found() *report.Report {
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Verdict: report.Verdict{
			Outcome: report.Exhausted, Confidence: report.Proven,
			Holders: []report.Holder{{PID: 4242, Image: "leaky.exe", Ports: 510}},
			Victims: []report.Victim{{PID: 1888, Image: "svchost.exe", Failures: 12}},
		},
		Findings: []report.Finding{{ID: "afd-bind-0x209", Count: 37}, {ID: "evtx-4231", Count: 1}},
	}
}

// runOne runs one case.yaml and gives what was printed.
func runOne(t *testing.T, text string) (string, int) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "one", "bundle"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "one", "case.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	runner := &Runner{Analyze: func(_ context.Context, args []string) (*report.Report, int, error) {
		if len(args) > 0 && args[0] == "--no-report" {
			return nil, 1, errors.New("nothing usable")
		}
		return found(), 3, nil
	}}
	results, err := runner.Run(context.Background(), dir, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), failed(results)
}

func failed(results []Result) int {
	n := 0
	for _, r := range results {
		if len(r.Diffs) > 0 {
			n++
		}
	}
	return n
}

func TestRun(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{
			"all met", head + `args: [--tz, UTC]
expect:
  outcome: exhausted
  exit: 3
  confidence: proven
  holders: [{pid: 4242, image: leaky.exe, ports: 510}]
  victims: [{pid: 1888, failures: 12}]
  findings: {afd-bind-0x209: 37, evtx-4231: 1}
  absent: [lookalike-0xc000020a]
`, "ok   leak\n1 case, 0 failed\n",
		},
		{
			"all differ", head + `expect:
  outcome: likely
  exit: 4
  confidence: weak
  holders: [{pid: 4242, image: other.exe, ports: 511}, {pid: 7}]
  victims: [{pid: 1888, failures: 13}, {pid: 8}]
  findings: {afd-bind-0x209: 38, evtx-4266: 1}
  absent: [evtx-4231]
`, `FAIL leak
     exit: expected 4, found 3
     outcome: expected likely, found exhausted
     confidence: expected weak, found proven
     holder 4242 image: expected other.exe, found leaky.exe
     holder 4242 ports: expected 511, found 510
     holder 7: expected there, found not among the holders
     victim 1888 failures: expected 13, found 12
     victim 8: expected there, found not among the victims
     finding afd-bind-0x209: expected 38, found 37
     finding evtx-4266: expected 1, found none
     finding evtx-4231: expected none, found 1
1 case, 1 failed
`,
		},
		{"no report expected", head + "args: [--no-report]\nexpect: {exit: 1}\n", "ok   leak\n1 case, 0 failed\n"},
		{"no report", head + "args: [--no-report]\nexpect: {outcome: likely}\n", "FAIL leak\n     report: expected one that tells of outcome, found no report\n     nothing usable\n1 case, 1 failed\n"},
		{"nothing expected", head, "FAIL one\n     case.yaml: expect needs an outcome or an exit code\n1 case, 1 failed\n"},
		{"unknown field", head + "expct: {exit: 1}\n", "FAIL one\n     case.yaml: line 5: the key expct is not known here\n1 case, 1 failed\n"},
		{"schema", "schema: 2\nid: x\n", "FAIL one\n     case.yaml: schema 2 is not known; it is 1\n1 case, 1 failed\n"},
		{"provenance", "schema: 1\nid: x\nwhy: y\n", "FAIL one\n     case.yaml: provenance.kind must be synthetic or captured\n1 case, 1 failed\n"},
		{"holder with failures", head + "expect: {exit: 3, holders: [{pid: 4242, failures: 1}]}\n", "FAIL one\n     case.yaml: expect: holders[0]: holders have ports, no failures\n1 case, 1 failed\n"},
		{"nothing to read", head + "args: [--no-report]\nexpect: {exit: 1}\ngolden: [verdict.json]\n", "FAIL leak\n     verdict.json: there is no report to compare\n1 case, 1 failed\n"},
		{"golden missing", head + "expect: {exit: 3}\ngolden: [verdict.json]\n", "FAIL leak\n     expected/verdict.json is not there; --update writes it\n1 case, 1 failed\n"},
		{"limit below nothing", head + "expect: {exit: 3}\nlimits: {seconds: -1}\n", "FAIL one\n     case.yaml: a limit is a number from 0 to 1000000\n1 case, 1 failed\n"},
		{"limit is no number", head + "expect: {exit: 3}\nlimits: {memory_mb: .nan}\n", "FAIL one\n     case.yaml: a limit is a number from 0 to 1000000\n1 case, 1 failed\n"},
		{"within limits", head + "expect: {exit: 3}\nlimits: {seconds: 60, memory_mb: 10000}\n", "ok   leak\n1 case, 0 failed\n"},
		{"golden unknown", head + "expect: {exit: 3}\ngolden: [other.json]\n", "FAIL one\n     case.yaml: golden \"other.json\" is not known; it is verdict.json\n1 case, 1 failed\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, n := runOne(t, tt.text)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if wantFailed := tt.want[:4] == "FAIL"; wantFailed != (n == 1) {
				t.Errorf("%d failures", n)
			}
		})
	}
}

func TestNoCases(t *testing.T) {
	if _, err := new(Runner).Run(context.Background(), t.TempDir(), &bytes.Buffer{}); !errors.Is(err, ErrNoCases) {
		t.Errorf("an empty folder gave %v", err)
	}
}

func FuzzCase(f *testing.F) {
	f.Add([]byte(head + "expect: {exit: 3}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseCase(data); err == nil && c.ID == "" {
			t.Error("a case without an id was taken")
		}
	})
}
