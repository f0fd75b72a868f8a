// Command mutants changes one thing at a time in the rules and readers and says which
// changes no test notices. The changes are drawn by a seed, the packages in turns, until
// the time is over; a file is replaced for the compiler only (go test -overlay).
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// packages are what a change of is looked for, those that judge first.
var packages = []string{
	"report/verdict", "report/compare", "report/facts", "evtx", "etl", "netstatparse", "cmd/internal/bundle", "report/redact", "cmd/internal/regress", "cmd/internal/filter",
}

// further are the tests of the whole program, for what a package's own do not notice.
var further = []string{"./cmd/portverdict", "-run", "^(TestCases|TestScripts|TestRandomRecipes|TestDemo.*|TestGolden.*|TestRedact.*)$"}

var (
	seed  = flag.Uint64("seed", 1, "of what is drawn")
	limit = flag.Duration("time", 60*time.Minute, "how long to go on")
	jobs  = flag.Int("jobs", 2, "changes at a time")
	each  = flag.Int("each", 1000, "at most so many changes of a package")
	skip  = flag.Int("skip", 0, "of each package, pass over so many: what an earlier run of the seed has tried")
	whole = flag.Bool("whole", true, "ask the tests of the whole program too")
)

// result is what became of a mutant.
type result uint8

const (
	invalid result = iota // it does not compile
	caught
	survived
)

func main() {
	flag.Parse()
	if flag.NArg() > 0 {
		packages = flag.Args()
	}
	ctx, stop := context.WithTimeout(context.Background(), *limit)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run tries mutants of the packages in turns and prints what survived and the score.
func run(ctx context.Context) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	drawn := map[string][]mutant{}
	for _, p := range packages {
		all, err := mutantsOf(filepath.Join(root, filepath.FromSlash(p)), token.NewFileSet())
		if err != nil {
			return err
		}
		rnd := rand.New(rand.NewPCG(*seed, uint64(len(all))))
		rnd.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		all = all[min(*skip, len(all)):]
		drawn[p] = all[:min(*each, len(all))]
	}
	scores := map[string]*[3]int{}
	var lock sync.Mutex
	var workers sync.WaitGroup
	next := make(chan func())
	for range max(1, *jobs) {
		workers.Go(func() {
			for do := range next {
				do()
			}
		})
	}
	for i, left := 0, true; left && ctx.Err() == nil; i++ {
		left = false
		for _, p := range packages {
			if i >= len(drawn[p]) {
				continue
			}
			left = true
			m := drawn[p][i]
			next <- func() {
				got, err := m.try(ctx, root, p)
				lock.Lock()
				defer lock.Unlock()
				if err != nil {
					return // the time is over
				}
				if scores[p] == nil {
					scores[p] = new([3]int)
				}
				scores[p][got]++
				if got == survived {
					rel, _ := filepath.Rel(root, m.file)
					fmt.Printf("survived %s:%d: %s\n", filepath.ToSlash(rel), m.line, m.what)
				}
			}
		}
	}
	close(next)
	workers.Wait()
	for _, p := range packages {
		if s := scores[p]; s != nil && s[caught]+s[survived] > 0 {
			n := s[caught] + s[survived]
			fmt.Printf("%-22s %4d tried, %4d caught, %3d %%\n", p, n, s[caught], 100*s[caught]/n)
		}
	}
	return nil
}

// try says whether a test notices the mutant.
func (m *mutant) try(ctx context.Context, root, pkg string) (result, error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {m.file: changed}})
	if err != nil {
		return 0, err
	}
	if err := errors.Join(os.WriteFile(changed, m.text(), 0o600), os.WriteFile(overlay, text, 0o600)); err != nil {
		return 0, err
	}
	rounds := [][]string{{"-short", "./" + pkg}, {"./" + pkg}}
	if *whole {
		rounds = append(rounds, further)
	}
	for _, round := range rounds {
		args := append([]string{"test", "-overlay", overlay, "-vet=off", "-failfast", "-timeout", "5m"}, round...)
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case bytes.Contains(out, []byte("[build failed]")), bytes.Contains(out, []byte("[setup failed]")):
			return invalid, nil
		case err != nil:
			return caught, nil
		}
	}
	return survived, nil
}

// text is the file with the change.
func (m *mutant) text() []byte {
	return slices.Concat(m.source[:m.at], []byte(m.with), m.source[m.at+m.length:])
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 60)]
}
