package regress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// caseAt writes a case of the id with a bundle.
func caseAt(t *testing.T, root, folder, id, rest string) {
	t.Helper()
	dir := filepath.Join(root, filepath.FromSlash(folder))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(head, "id: leak", "id: "+id, 1) + rest
	if err := os.WriteFile(filepath.Join(dir, "case.yaml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func bundleAt(t *testing.T, root, folder string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, filepath.FromSlash(folder), "bundle"), 0o777); err != nil {
		t.Fatal(err)
	}
}

// The lines come in the order of the paths, whoever is done first.
func TestCasesRunBesideEachOther(t *testing.T) {
	root := t.TempDir()
	var want strings.Builder
	for i := range 12 {
		folder := fmt.Sprintf("%02d", i)
		caseAt(t, root, folder, "case-"+folder, "expect: {exit: 3}\n")
		bundleAt(t, root, folder)
		fmt.Fprintf(&want, "ok   case-%s\n", folder)
	}
	want.WriteString("12 cases, 0 failed\n")
	for _, workers := range []int{1, 4} {
		var now atomic.Int64
		var out bytes.Buffer
		behind := make(chan struct{})
		r := &Runner{Jobs: workers, Analyze: func(_ context.Context, args []string) (*report.Report, int, error) {
			if now.Add(1) > 1 && workers == 1 {
				t.Error("two were running, and only one is to")
			}
			defer now.Add(-1)
			switch folder := filepath.Base(filepath.Dir(args[len(args)-1])); {
			case workers == 1:
			case folder == "00": // the first of all waits for one that comes behind it
				<-behind
			case folder == "06":
				close(behind)
			}
			return found(), 3, nil
		}}
		if _, err := r.Run(context.Background(), root, &out); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want.String(), out.String()); d != "" {
			t.Errorf("%d at a time (-want +got):\n%s", workers, d)
		}
	}
}

func TestRecipeCases(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	root := t.TempDir()
	var dirs []string
	var seeds []uint64
	r := &Runner{
		Synthesize: func(_ context.Context, recipe, dir string, seed *uint64) error {
			dirs = append(dirs, dir)
			if seed != nil {
				seeds = append(seeds, *seed)
			}
			if filepath.Base(recipe) != "r.yaml" {
				return errors.New("not this one")
			}
			return os.WriteFile(filepath.Join(dir, "truth.json"), nil, 0o666) // beside the bundle, so no input
		},
		Analyze: func(_ context.Context, args []string) (*report.Report, int, error) {
			if args[0] != filepath.Join(dirs[len(dirs)-1], "bundle") {
				return nil, 1, fmt.Errorf("analyzed %s", args)
			}
			return found(), 3, nil
		},
	}
	caseAt(t, root, "a", "a", "expect: {exit: 3}\n")
	caseAt(t, root, "b", "b", "expect: {exit: 4}\n")
	for folder, provenance := range map[string]string{
		"c": "{kind: synthetic, recipe: ../a/r.yaml}", "d": "{kind: synthetic, recipe: other.yaml}",
		"e": "{kind: synthetic, recipe: r.yaml, seed: -1}", "f": "{kind: synthetic}",
	} {
		caseAt(t, root, folder, folder, "expect: {exit: 3}\n")
		name := filepath.Join(root, folder, "case.yaml")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte("{kind: synthetic, recipe: r.yaml, seed: 7}"), []byte(provenance), 1)
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := r.Run(context.Background(), root, &out); err != nil {
		t.Fatal(err)
	}
	want := `ok   a
FAIL b
     exit: expected 4, found 3
FAIL c
     case.yaml: provenance.recipe "../a/r.yaml" is not in the folder of the case
FAIL d
     not this one
FAIL e
     case.yaml: provenance.seed "-1" is no whole number
FAIL f
     there is neither bundle nor bundle.zip, and provenance names no recipe
6 cases, 5 failed
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([]uint64{7, 7}, seeds); d != "" {
		t.Errorf("seeds (-want +got):\n%s", d)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	}
}

// A case that takes too long is ended, and nothing runs beside one that is measured.
func TestLimits(t *testing.T) {
	root := t.TempDir()
	caseAt(t, root, "hangs", "hangs", "limits: {seconds: 0.05}\nexpect: {exit: 3}\n")
	caseAt(t, root, "large", "large", "limits: {memory_mb: 40}\nexpect: {exit: 3}\n")
	caseAt(t, root, "slow", "slow", "limits: {seconds: 0.001}\nexpect: {exit: 3}\n")
	caseAt(t, root, "small", "small", "limits: {memory_mb: 40, seconds: 60}\nexpect: {exit: 3}\n")
	var running, beside atomic.Int64
	for _, folder := range []string{"hangs", "large", "slow", "small"} {
		bundleAt(t, root, folder)
		caseAt(t, root, folder+"-free", folder+"-free", "expect: {exit: 3}\n")
		bundleAt(t, root, folder+"-free")
	}
	r := &Runner{Jobs: 4, Analyze: func(ctx context.Context, args []string) (*report.Report, int, error) {
		n := running.Add(1)
		defer running.Add(-1)
		switch filepath.Base(filepath.Dir(args[0])) {
		case "hangs":
			beside.Add(n - 1)
			<-ctx.Done()
			return nil, 1, ctx.Err()
		case "large":
			beside.Add(n - 1)
			kept := make([]byte, 60e6)
			time.Sleep(50 * time.Millisecond)
			kept[0]++
		case "slow":
			beside.Add(n - 1)
			time.Sleep(5 * time.Millisecond)
		}
		return found(), 3, nil
	}}
	var out bytes.Buffer
	results, err := r.Run(context.Background(), root, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range results {
		want := map[string]string{
			"hangs": "limit seconds: expected at most 0.05, found ended after ",
			"large": "limit memory_mb: expected at most 40, found ",
			"slow":  "limit seconds: expected at most 0.001, found ",
		}[res.Name]
		got := strings.Join(res.Diffs, "\n")
		if want == "" && got != "" || !strings.HasPrefix(got, want) || len(res.Diffs) > 1 {
			t.Errorf("%s: %q, want %q...", res.Name, got, want)
		}
	}
	if beside.Load() != 0 {
		t.Error("a case that is measured was not alone")
	}
}

// Once the run is interrupted no further case begins, and no bundle of a recipe is
// left.
func TestInterrupted(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	root := t.TempDir()
	for i := range 6 {
		caseAt(t, root, fmt.Sprint(i), fmt.Sprint("case-", i), "expect: {exit: 3}\n")
	}
	ctx, stop := context.WithCancel(context.Background())
	var begun atomic.Int64
	r := &Runner{
		Jobs: 2, Synthesize: func(context.Context, string, string, *uint64) error { return nil },
		Analyze: func(ctx context.Context, _ []string) (*report.Report, int, error) {
			if begun.Add(1) == 2 {
				stop()
			}
			<-ctx.Done()
			return nil, 130, ctx.Err()
		},
	}
	var out bytes.Buffer
	if _, err := r.Run(ctx, root, &out); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 || begun.Load() != 2 || out.Len() != 0 {
		t.Errorf("left %v, %d cases begun, printed %q", left, begun.Load(), out.String())
	}
}

// What cannot be printed ends the run.
func TestBrokenOutput(t *testing.T) {
	root := t.TempDir()
	caseAt(t, root, "a", "a", "expect: {exit: 3}\n")
	bundleAt(t, root, "a")
	r := &Runner{Analyze: func(context.Context, []string) (*report.Report, int, error) { return found(), 3, nil }}
	broken := errors.New("broken pipe")
	if _, err := r.Run(context.Background(), root, writeError{broken}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type writeError struct{ err error }

func (w writeError) Write([]byte) (int, error) { return 0, w.err }
