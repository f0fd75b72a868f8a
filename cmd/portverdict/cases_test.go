package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"portverdict/cmd/internal/regress"
	"portverdict/report"
)

// The cases of the project hold, by `make test` as by `make regress`, and what their reports
// tell the reader to run can be run. In CI they run once: the race detector sees the same
// code in the other tests.
func TestCases(t *testing.T) {
	if testing.Short() {
		t.Skip("the corpus runs without the race detector")
	}
	var out strings.Builder
	given := commands{}
	ran := 0
	var mu sync.Mutex
	analyze := func(ctx context.Context, args []string) (*report.Report, int, error) {
		judged, code, err := analyzeQuietly(ctx, args)
		if err == nil {
			n := runsHere(t, args[len(args)-1], judged)
			mu.Lock()
			defer mu.Unlock()
			given.of(judged)
			ran += n
		}
		return judged, code, err
	}
	r := &regress.Runner{Analyze: analyze, Synthesize: synthesizeQuietly, Jobs: 2, MinCases: 90}
	if testing.Short() {
		r.Pick, r.MinCases = regexp.MustCompile("leak"), 1
	}
	results, err := r.Run(t.Context(), filepath.Join("..", "..", "testdata", "cases"), &out)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(results, func(r regress.Result) bool { return len(r.Diffs) > 0 }) {
		t.Error(out.String())
	}
	given.check(t, "reports", 15)
	if ran < 60 {
		t.Errorf("%d commands of reports were run", ran)
	}
}

// What a case of a recipe expects is what the simulation knows, which reads no file.
func TestRecipesOfCasesAgreeWithTheirTruth(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "cases", "*", "recipe.yaml"))
	if err != nil || len(names) < 30 {
		t.Fatalf("%d recipes, %v", len(names), err)
	}
	for _, name := range names {
		dir := t.TempDir()
		truth, err := synthesize(context.Background(), name, dir, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := expectedOutcome(t, filepath.Join(filepath.Dir(name), "case.yaml")); want != truth.Outcome && !slices.Contains(truth.Also, want) {
			t.Errorf("%s: expected is %s; true is %s: %s", name, want, truth.Outcome, truth.Because)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	}
}

// expectedOutcome reads the line of a case.yaml.
func expectedOutcome(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(io.LimitReader(f, 1<<20)); lines.Scan(); {
		if outcome, ok := strings.CutPrefix(lines.Text(), "  outcome: "); ok {
			return outcome
		}
	}
	t.Fatalf("%s: no outcome", name)
	return ""
}
