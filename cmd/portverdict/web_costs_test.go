//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"portverdict/etl/etlgen"
)

// TestPageCosts reads traces in a browser and natively and prints what each takes: no time
// is judged, that the reports are the same is.
func TestPageCosts(t *testing.T) {
	if !*costs || !*withBrowser && !*withFirefox {
		t.Skip("-costs with -browser or -firefox asks for it")
	}
	file := webPage(t)
	program := filepath.Join(t.TempDir(), "portverdict")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, mb := range []int64{100, 440, 1074} {
		t.Run(fmt.Sprintf("%d MB", mb), func(t *testing.T) {
			trace := otherTrace(t, mb*1_000_000)
			native := filepath.Join(t.TempDir(), "report.html")
			start := time.Now()
			if out, err := exec.Command(program, "analyze", trace, "-q", "--exit-zero", "-j", "1", "-o", native).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			alone := time.Since(start)
			tell := func(browser, took string, peak int64) {
				t.Logf("%d MB: native with one worker %.1f s, page in %s %s, peak of the tab %d MiB", mb, alone.Seconds(), browser, took, peak>>20)
			}
			if *withBrowser {
				tabTime = 10 * time.Minute
				w := openWeb(t, startBrowser(t), file, desktop)
				w.drop("zone0", trace)
				if _, alert := w.outcome(); alert != "" {
					t.Fatal(alert)
				}
				tell("Chromium", ask[string](w.tab, tookText), tabPeak(t, "--type=renderer"))
				same(t, "HTML", w.save("HTML", "report.html"), mustRead(t, native))
			}
			if *withFirefox {
				f := startFirefox(t, 10*time.Minute)
				f.open(file)
				f.pick(trace)
				f.verdict()
				tell("Firefox", inFirefox[string](f, "", tookText), tabPeak(t, "-isForBrowser"))
				same(t, "HTML", f.save("HTML", "report.html"), mustRead(t, native))
			}
		})
	}
}

const tookText = `() => document.getElementById('took').textContent`

// otherTrace writes a trace with a tenth of AFD.
func otherTrace(t *testing.T, size int64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "others.etl")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriterSize(f, 1<<20)
	if err := (etlgen.Bulk{Share: 0.1}).Write(b, size); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// tabPeak is the most memory that a process under this one has had whose command line
// holds a mark, in bytes.
func tabPeak(t *testing.T, mark string) int64 {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	parent, peak := map[string]string{}, map[string]int64{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid := filepath.Base(filepath.Dir(name))
		for line := range strings.Lines(string(text)) {
			field := strings.Fields(line)
			if len(field) > 1 && field[0] == "PPid:" {
				parent[pid] = field[1]
			}
			if line, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline")); len(field) > 1 && field[0] == "VmHWM:" && err == nil && strings.Contains(string(line), mark) {
				peak[pid], _ = strconv.ParseInt(field[1], 10, 64)
			}
		}
	}
	most := int64(0)
	for pid, kib := range peak {
		for at := pid; at != "" && at != "1"; at = parent[at] {
			if at == strconv.Itoa(os.Getpid()) {
				most = max(most, kib<<10)
			}
		}
	}
	return most
}
