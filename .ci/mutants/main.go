// Command mutants changes one thing at a time in the rules and readers and says which
// changes no test notices: first the tests of the package are asked, then those of others
// that come through it. The changes are drawn by a seed; one build has them all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const module = "portverdict/"

// packages are what a change of is looked for, those that judge first.
var packages = []string{
	"report/verdict", "report/compare", "report/facts", "evtx", "etl", "netstatparse", "cmd/internal/bundle", "report/redact", "cmd/internal/regress", "cmd/internal/filter",
}

// round is a package whose tests are asked, and which of them.
type round struct {
	pkg  string
	args []string
}

// further are asked where a package's own tests notice nothing, those first that are
// quick. What reads is told in stories and in cases as well.
var further = []round{
	{"report/facts", []string{"-test.short"}},
	{"report/verdict", []string{"-test.short"}},
	{"cmd/portverdict", []string{"-test.run", "^(TestCases|TestRandomRecipes|TestGoldenReports|TestRedacted.*|TestDemo.*)$"}},
	{"cmd/portverdict", []string{"-test.run", "^TestScripts$"}},
}

var (
	seed  = flag.Uint64("seed", 1, "of what is drawn")
	limit = flag.Duration("time", 60*time.Minute, "how long to go on")
	jobs  = flag.Int("jobs", 2, "changes at a time")
	each  = flag.Int("each", 300, "at most so many changes of a package")
	skip  = flag.Int("skip", 0, "of each package, pass over so many: what an earlier run of the seed has tried")
	whole = flag.Bool("whole", true, "ask the tests of other packages too")
)

// result is what became of a mutant.
type result uint8

const (
	invalid result = iota // it does not compile
	caught                // a test fails
	hung                  // a test does not end
	survived
)

func main() {
	flag.Parse()
	if flag.NArg() > 0 {
		packages = flag.Args()
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run tries the packages one after the other, each with its part of the time.
func run() error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	end := time.Now().Add(*limit)
	var table strings.Builder
	for i, p := range packages {
		ctx, stop := context.WithTimeout(context.Background(), time.Until(end)/time.Duration(len(packages)-i))
		row, err := tried(ctx, root, p)
		stop()
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		table.WriteString(row)
	}
	fmt.Print(table.String())
	return nil
}

// trial is one package with its mutants.
type trial struct {
	root, pkg string
	woven     *overlay
	rounds    []round
	programs  []func() (string, error) // of each round
	took      []func() (time.Duration, error)
}

// tried draws mutants of a package, tries them and gives its row of the table.
func tried(ctx context.Context, root, pkg string) (string, error) {
	drawn, err := mutantsOf(filepath.Join(root, filepath.FromSlash(pkg)))
	if err != nil {
		return "", err
	}
	rnd := rand.New(rand.NewPCG(*seed, uint64(len(drawn))))
	rnd.Shuffle(len(drawn), func(i, k int) { drawn[i], drawn[k] = drawn[k], drawn[i] })
	drawn = drawn[min(*skip, len(drawn)):]
	drawn = drawn[:min(*each, len(drawn))]
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	t, in, err := newTrial(ctx, root, pkg, dir, drawn)
	if err != nil {
		return "", err
	}
	var lock sync.Mutex
	var count [4]int
	var workers sync.WaitGroup
	next := make(chan int)
	for range max(1, *jobs) {
		workers.Go(func() {
			for i := range next {
				got, by, err := t.try(ctx, i+1, drawn[i], in[i+1] != nil)
				lock.Lock()
				if err == nil {
					count[got]++
				} else if ctx.Err() == nil {
					fmt.Printf("failed %s\n%v\n", drawn[i], err)
				}
				if err == nil && (got == survived || got == hung) {
					fmt.Printf("%s %s\n", by, drawn[i])
				}
				lock.Unlock()
			}
		})
	}
	for i := range drawn {
		if ctx.Err() == nil {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	n, noticed := count[caught]+count[hung]+count[survived], count[caught]+count[hung]
	return fmt.Sprintf("%-22s %4d tried, %4d caught (%d by time), %3d %%\n", pkg, n, noticed, count[hung], 100*noticed/max(n, 1)), nil
}

// newTrial builds a package with the mutants that stand in functions, and gives those that
// compile. Programs of other packages are built when they are first asked.
func newTrial(ctx context.Context, root, pkg, dir string, drawn []*mutant) (*trial, map[int]*mutant, error) {
	t := &trial{root: root, pkg: pkg, rounds: []round{{pkg, []string{"-test.short"}}}}
	if *whole {
		for _, r := range further {
			if ok, err := reaches(root, r.pkg, pkg); err != nil {
				return nil, nil, err
			} else if ok && r.pkg != pkg {
				t.rounds = append(t.rounds, r)
			}
		}
	}
	in := map[int]*mutant{}
	for i, m := range drawn {
		if m.in != nil {
			in[i+1] = m
		}
	}
	var own string
	var err error
	if t.woven, own, err = weave(ctx, root, pkg, dir, in); err != nil {
		return nil, nil, err
	}
	for i, r := range t.rounds {
		program := sync.OnceValues(func() (string, error) {
			if r.pkg == pkg {
				return own, nil
			}
			return t.woven.build(ctx, root, pkg, r.pkg)
		})
		t.programs = append(t.programs, program)
		t.took = append(t.took, sync.OnceValues(func() (time.Duration, error) { return t.unchanged(ctx, i) }))
	}
	_, err = t.took[0]()
	return t, in, err
}

// unchanged says how much of a processor's time a round takes with no mutant on, when
// every test must pass.
func (t *trial) unchanged(ctx context.Context, i int) (time.Duration, error) {
	program, err := t.programs[i]()
	if err != nil {
		return 0, err
	}
	got, took, text, err := ask(ctx, program, t.root, t.rounds[i], 0, time.Hour)
	if err == nil && got != survived {
		err = fmt.Errorf("with no change the tests of %s fail:\n%s", t.rounds[i].pkg, text)
	}
	return took, err
}

// try asks one round after the other whether it notices a mutant. One that stands in no
// function needs a build of its own.
func (t *trial) try(ctx context.Context, n int, m *mutant, woven bool) (result, string, error) {
	if m.in != nil && !woven {
		return invalid, "", nil
	}
	own := t.woven
	if !woven {
		dir, err := os.MkdirTemp("", "mutant-")
		if err != nil {
			return 0, "", err
		}
		defer os.RemoveAll(dir)
		if own, err = newOverlay(dir, map[string][]byte{m.file: edited(m.source, 0, len(m.source), m.edit)}); err != nil {
			return 0, "", err
		}
	}
	for i, r := range t.rounds {
		usual, err := t.took[i]()
		if err != nil {
			return 0, "", err
		}
		var program string
		if woven {
			program, err = t.programs[i]()
		} else {
			program, err = own.build(ctx, t.root, t.pkg, r.pkg)
		}
		var failed *errBuild
		if errors.As(err, &failed) {
			return invalid, "", nil
		} else if err != nil {
			return 0, "", err
		}
		got, _, _, err := ask(ctx, program, t.root, r, n, 3*usual+10*time.Second)
		if err != nil || got != survived {
			return got, "hung in " + r.pkg + ":", err
		}
	}
	return survived, "survived", nil
}
