package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"portverdict/cmd/internal/regress"
	"portverdict/cmd/internal/synth"
	"portverdict/report"
)

var damages = flag.Int("damages", 0, "how often TestDamageMakesNoAllClear damages each file of each case; 0 is one file once")

// What the files of a bundle leave open does not become an all-clear when one of them is
// damaged: what cannot be read any more is missing, and might have said anything. It is
// so for the whole and for each pool, of the project's cases and of random recipes.
func TestDamageMakesNoAllClear(t *testing.T) {
	if testing.Short() {
		t.Skip("make slow runs more of it: it analyses every case many times")
	}
	var tried atomic.Int64
	r := &regress.Runner{Synthesize: synthesizeQuietly, Jobs: 2}
	r.Analyze = func(ctx context.Context, args []string) (*report.Report, int, error) {
		dir := unpacked(t, args[len(args)-1])
		tried.Add(damageEach(t, dir, args[:len(args)-1], 1))
		return analyzeQuietly(ctx, args)
	}
	if _, err := r.Run(t.Context(), filepath.Join("..", "..", "testdata", "cases"), io.Discard); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(10 * max(*damages, 1)) {
		recipe, dir := synth.Random(seed), t.TempDir()
		if _, err := recipe.Write(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		tried.Add(damageEach(t, filepath.Join(dir, "bundle"), []string{"--tz", recipe.Host.Zone}, seed))
		_ = os.RemoveAll(dir)
	}
	t.Logf("%d damaged files", tried.Load())
	if tried.Load() < 60 {
		t.Error("that is too few to show anything")
	}
}

// damageEach damages each file of a bundle in turn and compares, and says how often.
func damageEach(t *testing.T, dir string, args []string, seed uint64) (tried int64) {
	t.Helper()
	args = append(slices.Clone(args), dir)
	before, _, err := analyzeQuietly(t.Context(), args)
	if err != nil {
		return 0 // nothing of it can be read
	}
	rnd := rand.New(rand.NewPCG(seed, uint64(len(before.Evidence))))
	files := inputsOf(t, dir)
	if *damages == 0 {
		files = files[rnd.IntN(len(files)):][:1]
	}
	for _, file := range files {
		whole := mustRead(t, file)
		for range max(*damages, 1) {
			how, bad := damaged(rnd, whole, rnd.IntN(kindsOfDamage))
			write(t, file, string(bad))
			tried++
			if after, _, err := analyzeQuietly(t.Context(), args); err == nil {
				for _, pool := range cleared(before, after) {
					t.Errorf("seed %d, %q: %s of %s: %s becomes not-exhausted: %q", seed, before.Verdict.Summary, how, filepath.Base(file), pool, after.Verdict.Reasons)
				}
			}
		}
		write(t, file, string(whole))
	}
	return tried
}

// cleared are the pools that were no all-clear and have become one, and the whole.
func cleared(before, after *report.Report) (out []string) {
	if before.Verdict.Outcome == report.Inconclusive && after.Verdict.Outcome == report.NotExhausted {
		out = append(out, "inconclusive")
	}
	for _, p := range before.Verdict.Pools {
		for _, q := range after.Verdict.Pools {
			if p.Host == q.Host && p.Transport == q.Transport && p.Outcome != report.NotExhausted && q.Outcome == report.NotExhausted {
				out = append(out, fmt.Sprintf("%s, %s", p.Transport, p.Outcome))
			}
		}
	}
	return out
}

// unpacked is a copy of a bundle as a folder.
func unpacked(t *testing.T, bundle string) string {
	t.Helper()
	dir := t.TempDir()
	err := os.CopyFS(dir, os.DirFS(bundle))
	if filepath.Ext(bundle) == ".zip" {
		err = unzip(mustRead(t, bundle), dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func inputsOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

const kindsOfDamage = 6

// damaged is a copy with damage of a kind.
func damaged(rnd *rand.Rand, whole []byte, kind int) (how string, out []byte) {
	out = bytes.Clone(whole)
	if len(out) == 0 {
		return "nothing", out
	}
	at := rnd.IntN(len(out))
	end := min(len(out), at+1+rnd.IntN(len(out)))
	switch kind {
	case 0:
		clear(out[:min(len(out), 4096+rnd.IntN(4096))])
		return "a head of zeros", out
	case 5:
		return "nothing", nil
	case 1:
		return fmt.Sprintf("the first %d bytes", at), out[:at]
	case 2:
		clear(out[at:end])
		return fmt.Sprintf("zeros from %d to %d", at, end), out
	case 3:
		return fmt.Sprintf("without the bytes from %d to %d", at, end), append(out[:at], out[end:]...)
	}
	for i := at; i < end; i += 1 + rnd.IntN(64) {
		out[i] ^= byte(1 << rnd.IntN(8))
	}
	return fmt.Sprintf("changed bits from %d to %d", at, end), out
}
