package regress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"portverdict/report"
)

// Analyze is `portverdict analyze ARGS...` without any output: it gives the
// report, nil when there is none, and the exit code. An error explains the code
// or says that the arguments are not to be used.
type Analyze func(ctx context.Context, args []string) (*report.Report, int, error)

// ErrNoCases means that a folder holds no case.yaml.
var ErrNoCases = errors.New("there is no case.yaml in it")

const goldenName = "verdict.json"

// Run runs all cases under dir in the order of their paths, writes a line for
// each and its differences to w, and gives the number of cases that failed. It
// fails when dir cannot be read, when it has no cases, and when ctx ends.
func Run(ctx context.Context, dir string, analyze Analyze, w io.Writer) (failures int, err error) {
	dirs, err := find(dir)
	if err != nil {
		return 0, err
	}
	ids := map[string]bool{}
	for _, d := range dirs {
		name, diffs := d, []string(nil)
		if rel, err := filepath.Rel(dir, d); err == nil {
			name = filepath.ToSlash(rel)
		}
		c, err := readCase(d)
		switch {
		case err != nil:
			diffs = []string{err.Error()}
		case ids[c.ID]:
			diffs = []string{fmt.Sprintf("the id %s is used twice", c.ID)}
		default:
			name = c.ID
			diffs = c.run(ctx, analyze)
		}
		if c != nil {
			ids[c.ID] = true
		}
		if err := ctx.Err(); err != nil {
			return failures, err
		}
		if len(diffs) > 0 {
			failures++
		}
		if err := tell(w, name, diffs); err != nil {
			return failures, err
		}
	}
	_, err = fmt.Fprintf(w, "%d cases, %d failed\n", len(dirs), failures)
	return failures, err
}

func tell(w io.Writer, name string, diffs []string) error {
	word := "ok  "
	if len(diffs) > 0 {
		word = "FAIL"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", word, name)
	for _, d := range diffs {
		fmt.Fprintf(&b, "     %s\n", d)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// find gives the folders with a case.yaml, in order. A bundle is not searched.
func find(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "bundle" && name != dir:
			return filepath.SkipDir
		case !d.IsDir() && d.Name() == caseName:
			out = append(out, filepath.Dir(name))
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = ErrNoCases
	}
	slices.Sort(out)
	return out, err
}

// run gives the differences of one case.
func (c *Case) run(ctx context.Context, analyze Analyze) []string {
	input, err := c.input()
	if err != nil {
		return []string{err.Error()}
	}
	r, exit, err := analyze(ctx, append(slices.Clone(c.Args), input))
	diffs := c.Expect.compare(r, exit, err)
	for _, g := range c.Golden {
		if r != nil {
			diffs = append(diffs, c.golden(g, r)...)
		}
	}
	return diffs
}

// golden compares the report with expected/NAME, the version of the tool apart.
func (c *Case) golden(name string, r *report.Report) []string {
	want, err := os.ReadFile(filepath.Join(c.dir, "expected", name))
	if err != nil {
		return []string{err.Error()}
	}
	old, err := report.ReadJSON(bytes.NewReader(want))
	if err != nil {
		return []string{fmt.Sprintf("expected/%s: %v", name, err)}
	}
	found := *r
	found.Tool = old.Tool
	var got bytes.Buffer
	if err := report.WriteJSON(&got, &found); err != nil {
		return []string{err.Error()}
	}
	if bytes.Equal(got.Bytes(), want) {
		return nil
	}
	return []string{firstDifference(name, want, got.Bytes())}
}

func firstDifference(name string, want, got []byte) string {
	w, g := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for i := range min(len(w), len(g)) {
		if !bytes.Equal(w[i], g[i]) {
			return fmt.Sprintf("%s line %d: expected %q, found %q", name, i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%s: expected %d lines, found %d", name, len(w), len(g))
}
