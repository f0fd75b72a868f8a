package regress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"portverdict/cmd/internal/bundle"
	"portverdict/report"
)

// Analyze is `portverdict analyze ARGS...` without any output: it gives the
// report, nil when there is none, and the exit code. An error explains the code
// or says that the arguments are not to be used.
type Analyze func(ctx context.Context, args []string) (*report.Report, int, error)

// Synthesize writes dir/bundle, what the host of a recipe file would have left; a
// seed that is given replaces the recipe's.
type Synthesize func(ctx context.Context, recipe, dir string, seed *uint64) error

// Runner runs cases. Analyze and Synthesize are called from several goroutines.
type Runner struct {
	Analyze    Analyze
	Synthesize Synthesize
	Jobs       int  // cases at a time
	Update     bool // goldens are written, not compared

	alone sync.RWMutex // a case with limits is measured, so nothing runs beside it
}

// Result is what came of one case.
type Result struct {
	Suite    string   // its folder's folder below DIR, "" for DIR itself; with slashes
	Name     string   // the id, or the folder of a case that cannot be read
	Diffs    []string // none: it passed
	Renewed  []string // goldens that were written
	Duration time.Duration
}

// ErrNoCases means that a folder holds no case.yaml.
var ErrNoCases = errors.New("there is no case.yaml in it")

// A job is a case that is to run, and its result once done is closed.
type job struct {
	Result
	c    *Case // nil: Diffs say why it cannot run
	done chan struct{}
}

// Run runs all cases under dir and writes, in the order of their paths, a line for
// each and its differences to w. It fails when dir cannot be read, when it has no
// cases, and when ctx ends.
func (r *Runner) Run(ctx context.Context, dir string, w io.Writer) ([]Result, error) {
	dirs, err := find(dir)
	if err != nil {
		return nil, err
	}
	// What is left of them when one line could not be written is of no use.
	ctx, stop := context.WithCancel(ctx)
	jobs := read(dir, dirs)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	next := make(chan *job, len(jobs))
	for _, j := range jobs {
		next <- j
	}
	close(next)
	for range max(1, min(r.Jobs, len(jobs))) {
		workers.Go(func() {
			for j := range next {
				r.do(ctx, j)
				close(j.done)
			}
		})
	}
	var results []Result
	failures := 0
	for _, j := range jobs {
		<-j.done
		if err := ctx.Err(); err != nil {
			return results, err
		}
		if len(j.Diffs) > 0 {
			failures++
		}
		results = append(results, j.Result)
		if err := j.tell(w); err != nil {
			return results, err
		}
	}
	_, err = fmt.Fprintf(w, "%s, %d failed\n", report.Counted(len(jobs), "case", "cases"), failures)
	return results, err
}

// read reads the cases of the folders; an id is used once.
func read(dir string, dirs []string) []*job {
	ids := map[string]bool{}
	var jobs []*job
	for _, d := range dirs {
		j := &job{done: make(chan struct{})}
		j.Name = d
		if rel, err := filepath.Rel(dir, d); err == nil {
			j.Name = filepath.ToSlash(rel)
		}
		if at := strings.LastIndexByte(j.Name, '/'); at >= 0 {
			j.Suite = j.Name[:at]
		}
		c, err := readCase(d)
		switch {
		case err != nil:
			j.Diffs = []string{err.Error()}
		case ids[c.ID]:
			j.Diffs = []string{fmt.Sprintf("the id %s is used twice", c.ID)}
		default:
			j.c, j.Name, ids[c.ID] = c, c.ID, true
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// tell writes the lines of a case. What a case holds is not ours: nothing of it acts
// on a terminal.
func (j *Result) tell(w io.Writer) error {
	word := "ok  "
	if len(j.Diffs) > 0 {
		word = "FAIL"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", word, report.Visible(j.Name))
	for _, name := range j.Renewed {
		fmt.Fprintf(&b, "     written: %s\n", report.Visible(name))
	}
	for _, d := range j.Diffs {
		for line := range strings.SplitSeq(d, "\n") {
			fmt.Fprintf(&b, "     %s\n", report.Visible(line))
		}
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

// do runs one case.
func (r *Runner) do(ctx context.Context, j *job) {
	if j.c == nil || ctx.Err() != nil {
		return
	}
	if j.c.Limits == (Limits{}) {
		r.alone.RLock()
		defer r.alone.RUnlock()
	} else {
		r.alone.Lock()
		defer r.alone.Unlock()
	}
	start := time.Now()
	defer func() { j.Duration = time.Since(start) }()
	input, remove, err := r.input(ctx, j.c)
	defer func() {
		if err := remove(); err != nil {
			j.Diffs = append(j.Diffs, fmt.Sprintf("cannot remove the temp folder: %v", err))
		}
	}()
	if err != nil {
		j.Diffs = []string{err.Error()}
		return
	}
	var found *report.Report
	var exit int
	over := j.c.Limits.watch(ctx, func(ctx context.Context) {
		found, exit, err = r.Analyze(ctx, append(slices.Clone(j.c.Args), input))
	})
	if over.stopped {
		j.Diffs = over.diffs
		return
	}
	j.Diffs = append(j.c.Expect.compare(found, exit, err), over.diffs...)
	r.goldens(j, found)
}

// goldens compares what was found with the goldens of the case, or writes them.
func (r *Runner) goldens(j *job, found *report.Report) {
	for _, name := range j.c.Golden {
		switch {
		case found == nil:
			j.Diffs = append(j.Diffs, name+": there is no report to compare")
		case r.Update:
			written, err := j.c.renew(name, found)
			if err != nil {
				j.Diffs = append(j.Diffs, fmt.Sprintf("cannot write expected/%s: %v", name, err))
			} else if written {
				j.Renewed = append(j.Renewed, "expected/"+name)
			}
		default:
			j.Diffs = append(j.Diffs, j.c.golden(name, found)...)
		}
	}
}

// input gives the bundle of a case; that of a recipe is written first. remove is to
// be called whatever err is.
func (r *Runner) input(ctx context.Context, c *Case) (name string, remove func() error, err error) {
	remove = func() error { return nil }
	name, err = c.bundle()
	if name != "" || err != nil {
		return name, remove, err
	}
	recipe, seed, err := c.recipe()
	if err != nil {
		return "", remove, err
	}
	dir, gone, err := bundle.TempFolder(ctx)
	if err != nil {
		return "", remove, err
	}
	remove = gone
	if err := r.Synthesize(ctx, recipe, dir, seed); err != nil {
		return "", remove, err
	}
	return filepath.Join(dir, "bundle"), remove, nil
}
