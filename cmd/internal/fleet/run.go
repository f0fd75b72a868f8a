package fleet

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"portverdict/report"
)

const (
	partBundles  = 1000
	partEvidence = 100_000 // rows of evidence, which are most of a part's memory
	partTime     = time.Minute
	reportFolder = "reports"

	memoryBudget = 1 << 30   // bytes for all bundles that are analysed at once
	memoryLeast  = 48 << 20  // of which one takes at least so much,
	memoryMost   = 256 << 20 // and at most so much: readers are bounded
)

// Shard is the part I of N that a run does, 0 <= I < N.
type Shard struct{ I, N int }

// prefix is how the names of the shard's parts begin.
func (s Shard) prefix() string { return fmt.Sprintf("part-%dof%d-", s.I, s.N) }

// Runner runs the analysis over bundles. Analyze gives the report of one; it may be
// called from several goroutines. Seal replaces a path or a hash where names must not be
// known, and is the identity elsewhere. Told, if not nil, is called after each bundle.
type Runner struct {
	Version, Settings string
	Lake              string
	Shard             Shard
	Jobs              int
	Reread            bool
	Analyze           func(ctx context.Context, file string) (*report.Report, error)
	Seal              func(string) string
	Told              func(Progress)

	part int // bundles of a part, 0 the default
}

// Progress is how far a run is. Known bundles were in the lake already; Failed are those
// that could not be analysed, known or not; Errors are what went wrong with bundles that
// could not even be read, and which are not in the lake.
type Progress struct {
	Total, Analysed, Known, Failed int
	Others                         []string // files that are no bundles
	Errors                         []error
}

// job is one bundle on its way.
type job struct {
	place
	mark string
	id   ID
	row  BundleRow
	rep  *report.Report
	err  error // it could not be read
	done chan struct{}
}

// Run analyses what the lake does not know yet.
func (r *Runner) Run(ctx context.Context, paths []string) (*Progress, error) {
	places, others, err := find(paths)
	if err != nil {
		return nil, err
	}
	l, err := openLake(r.Lake, r.Shard)
	if err != nil {
		return nil, err
	}
	w := &work{r: r, lake: l, told: Progress{Others: others}}
	if err := w.remember(); err != nil {
		return nil, err
	}
	jobs := w.plan(places)
	if err := w.run(ctx, jobs); err != nil {
		return nil, err
	}
	if l, err = openLake(r.Lake, r.Shard); err != nil {
		return nil, err
	}
	return &w.told, r.Shard.writeFile(filepath.Join(r.Lake, "index.html"), func(out io.Writer) error { return writePage(out, l) })
}

// work is a run under way.
type work struct {
	r    *Runner
	lake *lake
	told Progress

	marks map[KnownRow]string // ID without its bundle, path and mark -> bundle
	past  map[ID]bool         // in the lake when the run began, and whether it failed
	have  map[ID]bool         // and what the run has added
	rows  rows
	since time.Time
}

// remember reads what the lake knows.
func (w *work) remember() error {
	w.marks, w.have = map[KnownRow]string{}, map[ID]bool{}
	err := read(w.lake, "bundles", func(b *BundleRow) { w.have[b.ID] = b.Error != "" })
	w.past = maps.Clone(w.have)
	if err != nil || w.r.Reread {
		return err
	}
	return read(w.lake, "known", func(k *KnownRow) { w.marks[KnownRow{Path: k.Path, Mark: k.Mark}] = k.Bundle })
}

// plan gives the jobs of the shard that are not done, in the order of their names.
func (w *work) plan(places []place) []*job {
	var jobs []*job
	for _, p := range places {
		if shardOf(p.Name, w.r.Shard.N) != w.r.Shard.I {
			continue
		}
		w.told.Total++
		j := &job{place: p, id: ID{Version: w.r.Version, Settings: w.r.Settings}, done: make(chan struct{})}
		mark, err := p.mark()
		if err == nil {
			j.mark = w.r.Seal(mark)
			j.id.Bundle = w.marks[KnownRow{Path: w.r.Seal(p.Name), Mark: j.mark}]
		}
		if failed, known := w.have[j.id]; known && j.id.Bundle != "" {
			w.told.Known++
			if failed {
				w.told.Failed++
			}
			continue
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// run does the jobs from several workers, and takes what they give in order.
func (w *work) run(ctx context.Context, jobs []*job) error {
	next := make(chan *job)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	memory := semaphore.NewWeighted(memoryBudget)
	for range max(1, min(w.r.Jobs, len(jobs))) {
		go func() {
			for j := range next {
				w.do(ctx, j, memory)
				close(j.done)
			}
		}()
	}
	ahead := make(chan *job, 4*max(1, w.r.Jobs)) // results that wait for an earlier one are bounded
	go func() {
		defer close(next)
		defer close(ahead)
		for _, j := range jobs {
			select {
			case ahead <- j:
			case <-ctx.Done():
				return
			}
			select {
			case next <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	w.since = time.Now()
	for j := range ahead {
		select {
		case <-j.done:
		case <-ctx.Done():
		}
		if ctx.Err() != nil { // what an interrupted analysis says is no result
			return ctx.Err()
		}
		if err := w.take(j); err != nil {
			return err
		}
		j.rep = nil // the jobs stay, and are as many as the bundles
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.commit()
}

// do analyses a bundle, if its bytes are not in the lake.
func (w *work) do(ctx context.Context, j *job, memory *semaphore.Weighted) {
	size, files, err := j.size()
	if err == nil && j.id.Bundle == "" {
		var sum string
		sum, err = j.sum()
		j.id.Bundle = w.r.Seal(sum)
	}
	if err != nil {
		j.err = err
		return
	}
	if _, known := w.past[j.id]; known {
		return
	}
	need := min(max(size, memoryLeast), memoryMost)
	if j.err = memory.Acquire(ctx, need); j.err != nil {
		return
	}
	defer memory.Release(need)
	j.row = BundleRow{ID: j.id, Path: w.r.Seal(j.Name), Size: size, Files: int64(files)}
	rep, err := w.r.Analyze(ctx, j.file)
	if err != nil {
		j.row.Error = strings.ReplaceAll(err.Error(), j.file, j.row.Path)
		return
	}
	j.rep = rep
}

// take adds what a job gave to the part, and commits it when it is full. A bundle whose
// bytes are in the lake or in the part already is a copy: its path is remembered.
func (w *work) take(j *job) error {
	if j.err != nil {
		w.told.Failed++
		w.told.Errors = append(w.told.Errors, fmt.Errorf("%s: %w", j.Name, unwrapped(j.err)))
		w.tell()
		return nil
	}
	w.rows.known = append(w.rows.known, KnownRow{ID: j.id, Path: w.r.Seal(j.Name), Mark: j.mark})
	failed, have := w.have[j.id]
	if !have {
		failed = j.rep == nil
		w.have[j.id] = failed
		if err := w.keepReport(j); err != nil {
			return err
		}
		w.rows.add(j.row, j.rep)
		w.told.Analysed++
	} else {
		w.told.Known++
	}
	if failed {
		w.told.Failed++
	}
	w.tell()
	if len(w.rows.known) >= cmp.Or(w.r.part, partBundles) || len(w.rows.evidence) >= partEvidence || time.Since(w.since) > partTime {
		return w.commit()
	}
	return nil
}

func (w *work) tell() {
	if w.r.Told != nil {
		w.r.Told(w.told)
	}
}

// commit writes the part that is full, if there is anything in it.
func (w *work) commit() error {
	if len(w.rows.known) > 0 {
		if err := w.rows.commit(w.r.Lake, w.r.Shard); err != nil {
			return err
		}
	}
	w.rows, w.since = rows{}, time.Now()
	return nil
}

// keepReport writes the page of one bundle into the lake.
func (w *work) keepReport(j *job) error {
	if j.rep == nil {
		return nil
	}
	j.row.Report = reportFolder + "/" + reportName(j.id)
	return w.r.Shard.writeFile(filepath.Join(w.r.Lake, filepath.FromSlash(j.row.Report)), func(out io.Writer) error { return report.WriteHTML(out, j.rep) })
}

// unwrapped is an error without the path it was met at, which may be a name that must
// not be known.
func unwrapped(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// reportName is the file of a bundle's report.
func reportName(id ID) string {
	h := sha256.Sum256([]byte(id.Bundle + " " + id.Version + " " + id.Settings))
	return hex.EncodeToString(h[:12]) + ".html"
}
