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

	"portverdict/cmd/portverdict/internal/synth"
	"portverdict/report"
)

var (
	recipes   = flag.Int("recipes", 100, "how many random recipes TestRandomRecipes runs")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first")
)

// What the program finds in a bundle is what its recipe's simulation knows: the
// outcome, who held the ports, who was refused and how often. Where the files cannot
// tell, it says which input is missing.
func TestRandomRecipes(t *testing.T) {
	if testing.Short() {
		*recipes = min(*recipes, 15)
	}
	outcomes := map[string]int{}
	holders, victims := 0, 0
	for seed := *firstSeed; seed < *firstSeed+uint64(*recipes); seed++ {
		r := synth.Random(seed)
		truth, wrong := differences(t, r)
		outcomes[truth.Outcome]++
		if truth.Sure.Holder && len(truth.Holders) > 0 {
			holders++
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
	t.Logf("%d recipes: %v; the holder compared in %d, victims in %d", *recipes, outcomes, holders, victims)
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
	return truth, untrue(truth, got)
}

// untrue compares a report with the truth.
func untrue(truth *synth.Truth, r *report.Report) []string {
	var out []string
	v := &r.Verdict
	if o := string(v.Outcome); o != truth.Outcome && !slices.Contains(truth.Also, o) {
		out = append(out, fmt.Sprintf("outcome %s, want %s: %s (%v)", o, truth.Outcome, truth.Because, v.Reasons))
	}
	if truth.Sure.Victims {
		out = append(out, wrongVictims(truth, v)...)
	}
	if truth.Sure.Holder && len(truth.Holders) > 0 {
		out = append(out, wrongHolder(truth, v)...)
	}
	for _, input := range truth.Missing {
		if !slices.ContainsFunc(v.Missing, func(m report.Missing) bool { return m.Input == input }) {
			out = append(out, "not told as missing: "+input)
		}
	}
	return out
}

func wrongVictims(truth *synth.Truth, v *report.Verdict) []string {
	var out []string
	if len(v.Victims) != len(truth.Victims) {
		out = append(out, fmt.Sprintf("%d victims, want %d", len(v.Victims), len(truth.Victims)))
	}
	for _, want := range truth.Victims {
		i := slices.IndexFunc(v.Victims, func(x report.Victim) bool { return x.PID == want.PID })
		if i < 0 {
			out = append(out, fmt.Sprintf("victim %d is not told", want.PID))
		} else if v.Victims[i].Failures != want.Failures {
			out = append(out, fmt.Sprintf("victim %d: %d failures, want %d", want.PID, v.Victims[i].Failures, want.Failures))
		}
	}
	failures := map[string]int{}
	for _, w := range v.Windows {
		failures[w.Transport] += w.Failures
	}
	for _, w := range truth.Windows {
		failures[w.Transport] -= w.Failures
	}
	for transport, n := range failures {
		if n != 0 {
			out = append(out, fmt.Sprintf("the windows of %s have %+d failures", transport, n))
		}
	}
	return out
}

// wrongHolder compares the process that held most; of equals any may stand first.
func wrongHolder(truth *synth.Truth, v *report.Verdict) []string {
	want := truth.Holders[0]
	i := slices.IndexFunc(v.Holders, func(h report.Holder) bool { return h.PID == want.PID })
	switch {
	case i < 0:
		return []string{fmt.Sprintf("holder %d of %d ports is not told", want.PID, want.Ports)}
	case v.Holders[i].Ports != want.Ports:
		return []string{fmt.Sprintf("holder %d: %d ports, want %d", want.PID, v.Holders[i].Ports, want.Ports)}
	case v.Holders[0].Ports > want.Ports:
		return []string{fmt.Sprintf("holder %d of %d ports stands before %d", v.Holders[0].PID, v.Holders[0].Ports, want.PID)}
	}
	return nil
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
	if r.Trace != nil {
		less(func(c *synth.Recipe) { *c.Trace = synth.Trace{File: c.Trace.File, Until: c.Trace.Until, BufferKB: 64} })
	}
	if len(r.Tables) > 0 {
		less(func(c *synth.Recipe) { c.Tables[0].Every = 0 })
	}
	return out
}
