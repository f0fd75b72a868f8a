package regress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
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
	Jobs       int    // cases at a time
	Update     bool   // goldens are written, not compared, of cases whose expectations hold
	Keep       string // a folder for what failed cases were given and found; "" keeps nothing
	Pages      string // a folder for the report page of each case; "" writes none
	// Pick, if not nil, are the ids of the cases to run. What cannot be read is told all
	// the same.
	Pick *regexp.Regexp
	// MinCases is how many cases there have to be: fewer than are known to be there are
	// a failure.
	MinCases int

	alone sync.RWMutex // a case with limits is measured, so nothing runs beside it
}

// Result is what came of one case.
type Result struct {
	Suite    string   // its folder's folder below DIR, "" for DIR itself; with slashes
	Name     string   // the id, or the folder of a case that cannot be read
	Diffs    []string // none: it passed
	Renewed  []string // goldens that were written
	Folder   string   // below DIR, with slashes
	Why      string   // what the case is there for
	Outcome  report.Outcome
	Page     string // its report below Runner.Pages, with slashes; "" is none
	Duration time.Duration
}

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
	places, err := find(dir)
	if err != nil {
		return nil, err
	}
	// What is left of them when one line could not be written is of no use.
	ctx, stop := context.WithCancel(ctx)
	jobs := r.read(dir, places)
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

// read reads the cases; an id is used once.
func (r *Runner) read(dir string, places []place) []*job {
	ids := map[string]bool{}
	var jobs []*job
	cases := 0
	for _, p := range places {
		j := &job{done: make(chan struct{})}
		j.Folder = p.path
		if rel, err := filepath.Rel(dir, p.path); err == nil {
			j.Folder = filepath.ToSlash(rel)
		}
		j.Name = j.Folder
		if at := strings.LastIndexByte(j.Name, '/'); at >= 0 {
			j.Suite = j.Name[:at]
		}
		var c *Case
		err := errors.New(p.wrong)
		if p.wrong == "" {
			c, err = readCase(p.path)
		}
		switch {
		case err != nil:
			j.Diffs = []string{err.Error()}
		case ids[c.ID]:
			j.Diffs = []string{fmt.Sprintf("the id %s is used twice", c.ID)}
		case r.Pick != nil && !r.Pick.MatchString(c.ID):
			continue
		default:
			j.c, j.Name, j.Why, ids[c.ID] = c, c.ID, c.Why, true
			cases++
		}
		jobs = append(jobs, j)
	}
	if cases < r.MinCases {
		j := &job{done: make(chan struct{})}
		j.Name = "min-cases"
		j.Diffs = []string{fmt.Sprintf("cases: expected at least %d, found %d", r.MinCases, cases)}
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
	var g given
	over := j.c.Limits.watch(ctx, func(ctx context.Context) { g = r.run(ctx, j) })
	switch {
	case over.stopped:
		j.Diffs = over.diffs // of what was ended nothing else is known
	case g.ran:
		j.Diffs = append(j.Diffs, over.diffs...)
		r.goldens(j, g.found)
	default:
		j.Diffs = append(j.Diffs, over.diffs...)
	}
	if g.found != nil {
		j.Outcome = g.found.Verdict.Outcome
		if err := r.page(j, g.found); err != nil {
			j.Diffs = append(j.Diffs, fmt.Sprintf("cannot write its page: %v", err))
		}
	}
	if r.Keep != "" && len(j.Diffs) > 0 {
		if err := g.keep(filepath.Join(r.Keep, filepath.FromSlash(j.Folder))); err != nil {
			j.Diffs = append(j.Diffs, fmt.Sprintf("cannot keep what was found: %v", err))
		}
	}
	if g.remove != nil {
		if err := g.remove(); err != nil {
			j.Diffs = append(j.Diffs, fmt.Sprintf("cannot remove the temp folder: %v", err))
		}
	}
}

// given is what a case was given, and what was found.
type given struct {
	ran     bool
	found   *report.Report // nil without a report
	written string         // the bundle of a recipe, "" for one that lies in the case
	remove  func() error   // the folder of that bundle
}

// run makes the bundle of a case, analyses it and compares.
func (r *Runner) run(ctx context.Context, j *job) given {
	var g given
	input, err := j.c.bundle()
	if input == "" && err == nil {
		input, g.remove, err = r.synthesize(ctx, j.c)
		g.written = input
	}
	if err != nil {
		j.Diffs = []string{err.Error()}
		return g
	}
	found, exit, err := r.Analyze(ctx, append(slices.Clone(j.c.Args), input))
	g.found, g.ran = found, true
	j.Diffs = j.c.Expect.compare(found, exit, err)
	return g
}

// keep puts what was given and found into a folder, where nothing of it may be yet.
func (g *given) keep(dir string) error {
	if g.written != "" {
		if err := os.CopyFS(filepath.Join(dir, "bundle"), os.DirFS(g.written)); err != nil {
			return err
		}
	}
	if g.found == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, goldenName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
	if err != nil {
		return err
	}
	return errors.Join(report.WriteJSON(f, g.found), f.Close())
}

// goldens compares what was found with the goldens of the case, or writes them.
func (r *Runner) goldens(j *job, found *report.Report) {
	for _, name := range j.c.Golden {
		switch {
		case found == nil:
			j.Diffs = append(j.Diffs, name+": there is no report to compare")
		case r.Update && len(j.Diffs) > 0:
			j.Diffs = append(j.Diffs, fmt.Sprintf("expected/%s is not written: what is expected beside it does not hold", name))
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

// synthesize writes the bundle of a case's recipe. remove, where it is not nil, is to be
// called whatever err is.
func (r *Runner) synthesize(ctx context.Context, c *Case) (name string, remove func() error, err error) {
	recipe, seed, err := c.recipe()
	if err != nil {
		return "", nil, err
	}
	dir, remove, err := bundle.TempFolder(ctx)
	if err != nil {
		return "", nil, err
	}
	if err := r.Synthesize(ctx, recipe, dir, seed); err != nil {
		return "", remove, err
	}
	return filepath.Join(dir, "bundle"), remove, nil
}
