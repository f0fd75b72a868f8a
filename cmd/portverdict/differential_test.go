package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portverdict/cmd/internal/synth"
	"portverdict/report"
)

var (
	recipes   = flag.Int("recipes", 40, "how many random recipes TestRandomRecipes runs")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first")
)

// What the program finds in a bundle is what its recipe's simulation knows: the outcome,
// and for each pool its own, its cause, what was used, its episodes and their books, who
// held the ports, who is named and who was refused how often. Where the files cannot
// tell, it says which input is missing.
func TestRandomRecipes(t *testing.T) {
	if testing.Short() {
		*recipes = min(*recipes, 15)
	}
	outcomes := map[string]int{}
	holders, victims, episodes := 0, 0, 0
	for seed := *firstSeed; seed < *firstSeed+uint64(*recipes); seed++ {
		r := synth.Random(seed)
		truth, wrong := differences(t, r)
		outcomes[truth.Outcome]++
		if truth.Sure.Holder {
			holders++
		}
		if truth.Sure.Windows && len(truth.Windows) > 0 {
			episodes++
		}
		if truth.Sure.Victims && truth.Told > 0 {
			victims++
		}
		if len(wrong) == 0 {
			continue
		}
		small := shrunk(t, r)
		_, left := differences(t, small)
		text, err := small.YAML()
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("seed %d:\n  %s\nthe smallest recipe that is wrong too:\n%s\n  %s", seed, strings.Join(wrong, "\n  "), text, strings.Join(left, "\n  "))
	}
	t.Logf("%d recipes: %v; holders compared in %d, victims in %d, episodes in %d", *recipes, outcomes, holders, victims, episodes)
}

// differences runs a recipe and says where the report is not the truth.
func differences(t *testing.T, r *synth.Recipe) (*synth.Truth, []string) {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	truth, err := r.Write(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := analyzeQuietly(context.Background(), []string{"--tz", r.Host.Zone, filepath.Join(dir, "bundle")})
	if err != nil {
		return truth, []string{err.Error()}
	}
	return truth, append(synth.Differences(truth, got), unbalanced(got)...)
}

// unbalanced are the books of a report that do not add up to the capacity, and the
// holders that are named although what is unaccounted for, or TIME_WAIT, has more.
func unbalanced(r *report.Report) []string {
	var out []string
	check := func(what string, b *report.Balance) {
		parts := []int{b.Holders, b.StuckCloses, b.TimeWait, b.Unaccounted, b.Free}
		sum := 0
		for _, n := range parts {
			sum += n
		}
		if sum != b.Capacity || slices.Min(parts) < 0 {
			out = append(out, fmt.Sprintf("%s: the books do not add up: %+v", what, *b))
		}
	}
	for _, p := range r.Verdict.Pools {
		check("pool "+p.Transport, &p.Balance)
	}
	for i, w := range r.Verdict.Windows {
		if w.Balance != nil {
			check(fmt.Sprint("window ", i), w.Balance)
		}
	}
	for _, h := range r.Verdict.Holders {
		if h.Named && h.Window >= 0 {
			if b := r.Verdict.Windows[h.Window].Balance; b == nil || h.Ports <= b.Unaccounted || h.Ports <= b.TimeWait {
				out = append(out, fmt.Sprintf("holder %d of window %d is named with %d ports: %+v", h.PID, h.Window, h.Ports, b))
			}
		}
	}
	return out
}

// shrunk leaves out of a recipe that is wrong what can be left out.
func shrunk(t *testing.T, r *synth.Recipe) *synth.Recipe {
	t.Helper()
	small := r
	_, before := differences(t, r)
	kind := func(s string) string { return strings.SplitN(s, " ", 2)[0] }
	for again := true; again; {
		again = false
		for _, smaller := range smallerRecipes(t, small) {
			if _, wrong := differences(t, smaller); len(wrong) > 0 && kind(wrong[0]) == kind(before[0]) {
				small, again = smaller, true
				break
			}
		}
	}
	return small
}

// smallerRecipes are copies of a recipe with one thing less.
func smallerRecipes(t *testing.T, r *synth.Recipe) []*synth.Recipe {
	t.Helper()
	var out []*synth.Recipe
	less := func(change func(*synth.Recipe)) {
		text, err := r.YAML()
		if err != nil {
			t.Fatal(err)
		}
		c, err := synth.Read(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("a random recipe cannot be read: %v\n%s", err, text)
		}
		change(c)
		if after, err := c.YAML(); err == nil && !bytes.Equal(text, after) {
			out = append(out, c)
		}
	}
	for i := range r.Processes {
		less(func(c *synth.Recipe) { c.Processes = slices.Delete(c.Processes, i, i+1) })
	}
	less(func(c *synth.Recipe) { c.Log = nil })
	less(func(c *synth.Recipe) { c.Trace = nil })
	less(func(c *synth.Recipe) { c.Tables = nil })
	less(func(c *synth.Recipe) { c.Texts = synth.Texts{} })
	less(func(c *synth.Recipe) { c.TCP.Excluded, c.UDP.Excluded = nil, nil })
	less(func(c *synth.Recipe) { c.Restart = 0 })
	if r.Trace != nil {
		less(func(c *synth.Recipe) {
			*c.Trace = synth.Trace{File: c.Trace.File, From: c.Trace.From, Until: c.Trace.Until, BufferKB: 64}
		})
	}
	if len(r.Tables) > 0 {
		less(func(c *synth.Recipe) { c.Tables[0].Every = 0 })
	}
	return out
}
