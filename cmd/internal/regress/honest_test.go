package regress

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// output runs the cases of a folder, whose analysis finds what found says.
func output(t *testing.T, root string, r *Runner) string {
	t.Helper()
	if r.Analyze == nil {
		r.Analyze = func(context.Context, []string) (*report.Report, int, error) { return found(), 3, nil }
	}
	var out bytes.Buffer
	if _, err := r.Run(t.Context(), root, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Nothing that somebody could take for a case that runs is passed over in silence.
func TestWhatLooksLikeACaseIsTold(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"a", "a/in", "bundle"} {
		caseAt(t, root, folder, strings.ReplaceAll(folder, "/", "-"), "expect: {exit: 3}\n")
		bundleAt(t, root, folder)
	}
	put(t, filepath.Join(root, "a", "bundle", "case.yaml"), "an input of that name")
	put(t, filepath.Join(root, "b", "case.yml"), "")
	put(t, filepath.Join(root, "c", "Case.yaml"), "")
	put(t, filepath.Join(root, "d", "case.yaml.txt"), "")
	want := `ok   a
FAIL a/in
     it lies in the folder of another case
FAIL b/case.yml
     it is not read: a case is called case.yaml
ok   bundle
FAIL c/Case.yaml
     it is not read: a case is called case.yaml
FAIL d/case.yaml.txt
     it is not read: a case is called case.yaml
`
	failures, cases := 4, 6
	if runtime.GOOS != "windows" {
		if err := os.Symlink("a", filepath.Join(root, "e")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..", "a", "case.yaml"), filepath.Join(root, "b", "case.yaml")); err != nil {
			t.Fatal(err)
		}
		link := "     it is a link: cases are files and folders of their own\n"
		want = strings.Replace(want, "FAIL b/case.yml", "FAIL b/case.yaml\n"+link+"FAIL b/case.yml", 1) + "FAIL e\n" + link
		failures, cases = 6, 8
	}
	want += fmt.Sprintf("%d cases, %d failed\n", cases, failures)
	if d := cmp.Diff(want, output(t, root, &Runner{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestPickedCases(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"leak-1", "leak-2", "churn"} {
		caseAt(t, root, folder, folder, "expect: {exit: 3}\n")
		bundleAt(t, root, folder)
	}
	for _, tc := range []struct {
		pick string
		min  int
		want string
	}{
		{"", 3, "ok   churn\nok   leak-1\nok   leak-2\n3 cases, 0 failed\n"},
		{"^leak", 2, "ok   leak-1\nok   leak-2\n2 cases, 0 failed\n"},
		{"^leak", 3, "ok   leak-1\nok   leak-2\nFAIL min-cases\n     cases: expected at least 3, found 2\n3 cases, 1 failed\n"},
		{"x", 1, "FAIL min-cases\n     cases: expected at least 1, found 0\n1 case, 1 failed\n"},
	} {
		if d := cmp.Diff(tc.want, output(t, root, &Runner{Pick: regexp.MustCompile(tc.pick), MinCases: tc.min})); d != "" {
			t.Errorf("%q (-want +got):\n%s", tc.pick, d)
		}
	}
}

// The time of a case begins before its bundle is written, and a limit that is passed is
// told whatever else differs.
func TestLimitsOfTheWholeCase(t *testing.T) {
	root := t.TempDir()
	caseAt(t, root, "a", "a", "limits: {seconds: 0.01}\nexpect: {exit: 3}\n")
	caseAt(t, root, "b", "b", "limits: {memory_mb: 10}\nexpect: {exit: 4}\ngolden: [verdict.json]\n")
	r := &Runner{
		Synthesize: func(ctx context.Context, _, dir string, _ *uint64) error {
			if deadline, ok := ctx.Deadline(); ok {
				time.Sleep(time.Until(deadline) + 2*time.Millisecond)
			}
			return ctx.Err()
		},
		Analyze: func(context.Context, []string) (*report.Report, int, error) {
			kept := make([]byte, 30e6)
			time.Sleep(50 * time.Millisecond)
			kept[0]++
			return found(), 3, nil
		},
	}
	got := output(t, root, r)
	for _, want := range []string{
		"FAIL a\n     limit seconds: expected at most 0.01, found ended after ", "FAIL b\n     exit: expected 4, found 3\n     limit memory_mb: expected at most 10, found ",
		"     expected/verdict.json is not there; --update writes it\n2 cases, 2 failed\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %q", got, want)
		}
	}
}

// --update writes no golden beside expectations that do not hold. A new one is for its
// owner, one that is there keeps its mode, and nothing is written through a link.
func TestUpdate(t *testing.T) {
	root := t.TempDir()
	caseAt(t, root, "a", "a", "expect: {exit: 3}\ngolden: [verdict.json]\n")
	caseAt(t, root, "b", "b", "expect: {exit: 4}\ngolden: [verdict.json]\n")
	bundleAt(t, root, "a")
	bundleAt(t, root, "b")
	want := "ok   a\n     written: expected/verdict.json\nFAIL b\n     exit: expected 4, found 3\n" +
		"     expected/verdict.json is not written: what is expected beside it does not hold\n2 cases, 1 failed\n"
	if d := cmp.Diff(want, output(t, root, &Runner{Update: true})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := os.Stat(filepath.Join(root, "b", "expected")); err == nil {
		t.Error("a golden was written")
	}
	golden := filepath.Join(root, "a", "expected", "verdict.json")
	for _, mode := range []fs.FileMode{newFileMode, 0o644} {
		if fi, err := os.Stat(golden); err != nil || runtime.GOOS != "windows" && fi.Mode().Perm() != mode {
			t.Errorf("%v, %v", fi, err)
		}
		put(t, golden, "{}")
		if err := os.Chmod(golden, 0o644); err != nil {
			t.Fatal(err)
		}
		output(t, root, &Runner{Update: true})
	}
}

// Git may have checked a golden out with the line ends of Windows.
func TestGoldenWithOtherLineEnds(t *testing.T) {
	c := goldenOf(t)
	text, err := os.ReadFile(c.expected(goldenName))
	if err != nil {
		t.Fatal(err)
	}
	put(t, c.expected(goldenName), strings.ReplaceAll(string(text), "\n", "\r\n"))
	if d := c.golden(goldenName, many()); d != nil {
		t.Error(d)
	}
	if written, err := c.renew(goldenName, many()); written || err != nil {
		t.Errorf("written again: %v, %v", written, err)
	}
}

// What a failed case found, and the bundle that its recipe wrote, are kept where asked.
func TestKeep(t *testing.T) {
	root, keep := t.TempDir(), filepath.Join(t.TempDir(), "kept")
	for folder, rest := range map[string]string{"good": "expect: {exit: 3}\n", "in/bad": "expect: {exit: 4}\n", "none": "expect: {outcome: likely}\nargs: [--no-report]\n"} {
		caseAt(t, root, folder, filepath.Base(folder), rest)
	}
	r := &Runner{
		Keep: keep,
		Synthesize: func(_ context.Context, _, dir string, _ *uint64) error {
			if err := os.Mkdir(filepath.Join(dir, "bundle"), 0o777); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "bundle", "netstat.txt"), []byte("rows"), 0o666)
		},
		Analyze: func(_ context.Context, args []string) (*report.Report, int, error) {
			if args[0] == "--no-report" {
				return nil, 1, nil
			}
			return found(), 3, nil
		},
	}
	if out := output(t, root, r); !strings.Contains(out, "3 cases, 2 failed") {
		t.Error(out)
	}
	var got []string
	err := filepath.WalkDir(keep, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(keep, name)
			got = append(got, filepath.ToSlash(rel))
		}
		return err
	})
	if d := cmp.Diff([]string{"in/bad/bundle/netstat.txt", "in/bad/verdict.json", "none/bundle/netstat.txt"}, got); d != "" || err != nil {
		t.Errorf("%s%v", d, err)
	}
	if out := output(t, root, r); !strings.Contains(out, "cannot keep what was found: ") {
		t.Error(out)
	}
}

// Ids are checked, 0 is as absent, and arguments stay in the folder of the case.
func TestExpectationsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"expect: {exit: 3, findings: {evtx-4266: 0}}\n":                         "",
		"expect: {exit: 3, findings: {evtx-4231: 0}}\n":                         "finding evtx-4231: expected 0, found 1",
		"expect: {exit: 3, findings: {evtx-4266: 2}}\n":                         "finding evtx-4266: expected 2, found none",
		"expect: {exit: 3, findings: {evtx-4232: 1}}\n":                         `findings: "evtx-4232" is not the id of a finding`,
		"expect: {exit: 3, absent: [evtx4231]}\n":                               `absent: "evtx4231" is not the id of a finding`,
		"expect: {exit: 3, findings: {evtx-4231: -1}}\n":                        "-1 is not a count",
		"expect: {exit: 3, findings: {evtx-4231: 1}, absent: [evtx-4231]}\n":    "evtx-4231 is expected and has to be absent",
		"expect: {exit: 3}\nargs: [--tz, Europe/Berlin, --range=tcp=1025+60]\n": "",
		"expect: {exit: 3}\nargs: [../other]\n":                                 `"../other" leads out of the folder of the case`,
		"expect: {exit: 3}\nargs: [--manifest=/etc/x.man]\n":                    `"--manifest=/etc/x.man" leads out of the folder of the case`,
		"expect: {exit: 3}\nargs: ['a\\..\\..\\b']\n":                           `leads out of the folder of the case`,
		"expect: {exit: 1, outcome: likely}\nargs: [--no-report]\n":             "report: expected one that tells of outcome, found no report",
	} {
		got, failures := runOne(t, head+text)
		if (failures > 0) != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s%s", text, got)
		}
	}
}

// Two cases of one id would hide each other: the second fails.
func TestIDsAreUsedOnce(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"a", "b"} {
		caseAt(t, root, folder, "one", "expect: {exit: 3}\n")
		bundleAt(t, root, folder)
	}
	if d := cmp.Diff("ok   one\nFAIL b\n     the id one is used twice\n2 cases, 1 failed\n", output(t, root, &Runner{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// The summary counts the cases and shows of each that failed what differs, the first five.
func TestSummary(t *testing.T) {
	var diffs []string
	for i := range maxDiffsTold + 2 {
		diffs = append(diffs, fmt.Sprintf("%d\nx|y", i))
	}
	for want, results := range map[string][]Result{
		"## my cases: 0 cases, 0 failed\n\n": nil,
		"## my cases: 1 case, 0 failed\n\n":  {{Name: "a"}},
		"## my cases: 3 cases, 2 failed\n\n| Failed case | What differs |\n|---|---|\n| b | x |\n| c | 0; x\\|y<br>1; x\\|y<br>2; x\\|y<br>3; x\\|y<br>4; x\\|y<br>2 more |\n": {
			{Name: "a"}, {Name: "b", Diffs: []string{"x"}}, {Name: "c", Diffs: diffs},
		},
	} {
		var b strings.Builder
		if err := WriteSummary(&b, "my cases", results); err != nil || b.String() != want {
			t.Errorf("%q, want %q, %v", b.String(), want, err)
		}
	}
}
