package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/cmd/internal/synth"
)

var bundles = flag.Int("bundles", 12, "how many bundles TestFleetOfMany has")

// A fleet of generated bundles of any outcome, three of a hundred broken: with one worker and
// with two, killed in the middle and gone on with, the lake is the same, and a run after that
// analyses nothing.
func TestFleetOfMany(t *testing.T) {
	tickets := t.TempDir()
	broken := writeTickets(t, tickets, *bundles)
	lake := func(args ...string) (string, string) {
		dir := t.TempDir()
		return dir, fleetRun(t, append([]string{tickets, "--out", dir}, args...)...)
	}
	whole, said := lake("-j", "1")
	want := fmt.Sprintf("%d bundles: %d analysed, 0 known, %d failed", *bundles, *bundles, broken)
	if got := strings.ReplaceAll(said, ",", ""); !strings.Contains(got, strings.ReplaceAll(want, ",", "")) {
		t.Errorf("said %q, not %q", said, want)
	}
	tables := linesOf(t, whole)
	outcomes := map[string]int{}
	for _, line := range tables["bundles"] {
		_, rest, _ := strings.Cut(line, `"outcome":"`)
		word, _, _ := strings.Cut(rest, `"`)
		outcomes[word]++
	}
	if len(outcomes) < 4 || outcomes[""] != broken {
		t.Errorf("outcomes %v, %d broken", outcomes, broken)
	}
	t.Logf("%v", outcomes)
	two, _ := lake("-j", "2")
	if d := cmp.Diff(tables, linesOf(t, two)); d != "" {
		t.Errorf("with two workers (-one +two)\n%.2000s", d)
	}
	killed := t.TempDir()
	killInTheMiddle(t, tickets, killed, *bundles/2)
	fleetRun(t, tickets, "--out", killed, "-j", "2")
	if d := cmp.Diff(tables, linesOf(t, killed)); d != "" {
		t.Errorf("killed and gone on with (-whole +killed)\n%.2000s", d)
	}
	if again := strings.ReplaceAll(fleetRun(t, tickets, "--out", killed, "-j", "2"), ",", ""); !strings.Contains(again, fmt.Sprintf("0 analysed %d known", *bundles)) {
		t.Errorf("a further run says %q", again)
	}
}

// writeTickets makes n bundles and gives how many of them are broken.
func writeTickets(t *testing.T, dir string, n int) (broken int) {
	t.Helper()
	work := t.TempDir()
	for i := range n {
		name := filepath.Join(dir, fmt.Sprintf("ticket-%05d", i))
		if i%33 == 7 && broken < max(1, (n*3+50)/100) { // a zip that was cut in its first name
			broken++
			if err := os.WriteFile(name+".zip", fmt.Appendf(nil, "PK\x03\x04 %d", i), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		one := filepath.Join(work, fmt.Sprint(i))
		if _, err := synth.Random(uint64(i)).Write(context.Background(), one); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(one, "bundle"), name); err != nil {
			t.Fatal(err)
		}
	}
	return broken
}

// fleetRun runs the real program, logs what it took and gives what it said.
func fleetRun(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("portverdict", append([]string{"fleet", "--tolerate-failures"}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	peak := 0
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case err := <-ended:
			tick.Stop()
			if err != nil {
				t.Fatalf("%v: %v: %s", args, err, &out)
			}
			took := time.Since(start).Seconds()
			t.Logf("%v: %.1f s, %.1f bundles/s, at most %d MiB of memory", args[1:], took, float64(*bundles)/took, peak>>20)
			return out.String()
		case <-tick.C:
			peak = max(peak, residentPeak(cmd.Process.Pid))
		}
	}
}

// residentPeak is the most memory in bytes that a running process or one that it started
// had, 0 where that is not told.
func residentPeak(pid int) (most int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may have ended
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	_, _ = fmt.Sscan(rest, &most)
	most <<= 10
	for _, child := range childrenOf(pid) {
		most = max(most, residentPeak(child))
	}
	return most
}

// childrenOf are the processes that a process started: the program runs under a guard.
func childrenOf(pid int) (out []int) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range threads {
		children, _ := os.ReadFile(file)
		for child := range strings.FieldsSeq(string(children)) {
			if n, err := strconv.Atoi(child); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// killInTheMiddle begins a run and kills the program, not its guard, once it has made so
// many reports.
func killInTheMiddle(t *testing.T, tickets, lake string, reports int) {
	t.Helper()
	cmd := exec.Command("portverdict", "fleet", tickets, "--out", lake, "-j", "2", "-q", "--tolerate-failures")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			t.Logf("the run ended before it was killed: %v", err)
			return
		case <-time.After(time.Millisecond):
		}
		made, _ := os.ReadDir(filepath.Join(lake, "reports"))
		if len(made) < reports {
			continue
		}
		for _, child := range childrenOf(cmd.Process.Pid) {
			if p, err := os.FindProcess(child); err == nil {
				_ = p.Kill() // it may just have ended
			}
		}
		if err := <-ended; err == nil {
			t.Log("the run ended while it was killed")
		}
		return
	}
}

// linesOf are the rows of a lake by table, sorted.
func linesOf(t *testing.T, lake string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(lake, "*", "part-*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no parts in %s: %v", lake, err)
	}
	out := map[string][]string{}
	for _, file := range files {
		table := filepath.Base(filepath.Dir(file))
		for line := range bytes.Lines(mustRead(t, file)) {
			out[table] = append(out[table], string(line))
		}
		slices.Sort(out[table])
	}
	return out
}
