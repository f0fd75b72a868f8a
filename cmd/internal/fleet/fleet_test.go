package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"portverdict/report"
)

// bundlesIn makes folders of one file each, which says what its report is to be.
func bundlesIn(t testing.TB, names map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range names {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "netstat.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hundred are a hundred bundles, three of which are copies and three fail.
func hundred() map[string]string {
	all := map[string]string{}
	for i := range 100 {
		all[fmt.Sprintf("ticket-%03d", i)] = fmt.Sprintf("exhausted HOST-%d leaky%d.exe", i%7, i%3)
		if i%3 != 0 {
			all[fmt.Sprintf("ticket-%03d", i)] += fmt.Sprint(" ", i)
		}
	}
	for _, i := range []int{11, 51, 91} {
		all[fmt.Sprintf("ticket-%03d", i)] = fmt.Sprint("broken ", i)
	}
	return all
}

var errBroken = errors.New("nothing here can show it")

// told is the report that the file of a bundle asks for.
func told(_ context.Context, dir string) (*report.Report, error) {
	text, err := os.ReadFile(filepath.Join(dir, "netstat.txt"))
	if err != nil {
		return nil, err
	}
	words := strings.Fields(string(text))
	if words[0] == "broken" {
		return nil, fmt.Errorf("%s: %w", dir, errBroken)
	}
	at := report.Time{Time: time.Date(2026, 3, 10, 9, 0, 0, 123456789, time.UTC)}
	used := 16384
	return &report.Report{
		Bundle: report.Bundle{Host: words[1], Hosts: []string{words[1]}, OSBuild: "20348", Window: report.Span{From: at, To: at}},
		Verdict: report.Verdict{
			Outcome: report.Outcome(words[0]), Confidence: report.Proven, Summary: "<it> ran out", Host: words[1], Transport: "tcp", Cause: report.CauseLeak,
			Pools:   []report.Pool{{Host: words[1], Transport: "tcp", Capacity: 16384, Used: &used, Balance: report.Balance{Capacity: 16384, Holders: 16384}}},
			Windows: []report.Window{{Host: words[1], Transport: "tcp", From: at, To: at, Failures: 3}},
			Holders: []report.Holder{{Host: words[1], Transport: "tcp", PID: 7, Image: words[2], Ports: 16384, Named: true, Instances: 1}},
			Victims: []report.Victim{{Host: words[1], Transport: "tcp", PID: report.NoPID, Image: "hurt.exe", Failures: 3}},
		},
		Findings:    []report.Finding{{ID: "pool-full", Host: words[1], Evidence: []string{"ev-1"}, RestsOn: []string{"netstat.txt"}, First: at}},
		Evidence:    []report.Evidence{{ID: "ev-1", Kind: "netstat", Source: "netstat.txt", Line: 7, PID: 7, Fields: map[string]string{"a": "b"}}},
		Sources:     []report.Source{{Path: "netstat.txt", Kind: "netstat", Size: int64(len(text))}},
		Diagnostics: []report.Diagnostic{{Code: "x", Severity: "note", Text: "line\nbreak", Count: 1}},
	}, nil
}

func runnerIn(lake string) *Runner {
	return &Runner{
		Version: "1", Settings: "s", Lake: lake, Shard: Shard{0, 1}, Jobs: 2, Analyze: told, Seal: func(s string) string { return s }, part: 25,
	}
}

func run(t testing.TB, r *Runner, paths ...string) *Progress {
	t.Helper()
	p, err := r.Run(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// rowsIn are the lines of all NDJSON files of a lake that count, by table and sorted, and
// the rows of the Parquet files as JSON beside them.
func rowsIn(t testing.TB, lake string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	l, err := openLake(lake, Shard{0, 1 << 20}) // of no run: nothing is swept
	if err != nil {
		t.Fatal(err)
	}
	for _, tab := range tableTypes {
		for _, part := range l.parts {
			name := filepath.Join(lake, tab.name, part)
			data, err := os.ReadFile(name + ".ndjson")
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(data)) {
				out[tab.name] = append(out[tab.name], line)
			}
		}
		slices.Sort(out[tab.name])
	}
	sameInParquet[KnownRow](t, l, "known", out)
	sameInParquet[BundleRow](t, l, "bundles", out)
	sameInParquet[FindingRow](t, l, "findings", out)
	sameInParquet[EvidenceRow](t, l, "evidence", out)
	sameInParquet[HolderRow](t, l, "holders", out)
	sameInParquet[VictimRow](t, l, "victims", out)
	sameInParquet[PoolRow](t, l, "pools", out)
	sameInParquet[WindowRow](t, l, "windows", out)
	sameInParquet[SourceRow](t, l, "sources", out)
	sameInParquet[DiagnosticRow](t, l, "diagnostics", out)
	return out
}

// sameInParquet tells where the Parquet files of a table differ from the NDJSON ones.
func sameInParquet[T any](t testing.TB, l *lake, name string, want map[string][]string) {
	t.Helper()
	var got []string
	for _, part := range l.parts {
		rows, err := parquet.ReadFile[T](filepath.Join(l.dir, name, part+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := tableOf(name, rows).ndjson(&b); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			got = append(got, line)
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(want[name], got); d != "" {
		t.Errorf("%s as Parquet (-NDJSON +Parquet)\n%s", name, d)
	}
}

func TestRowsOfEveryBundle(t *testing.T) {
	dir, lake := bundlesIn(t, hundred()), t.TempDir()
	p := run(t, runnerIn(lake), dir)
	// 34 bundles have one of 21 texts; the three that fail are read and told.
	rows := rowsIn(t, lake)
	if p.Total != 100 || p.Failed != 3 || p.Analysed != len(rows["bundles"]) || p.Analysed+p.Known != 100 || p.Known == 0 {
		t.Errorf("%+v, %d rows of bundles", p, len(rows["bundles"]))
	}
	if n := len(rows["holders"]); n != p.Analysed-3 {
		t.Errorf("%d holders of %d bundles", n, p.Analysed)
	}
	failed := slices.DeleteFunc(rows["bundles"], func(s string) bool { return !strings.Contains(s, `"error":"ticket-`) })
	if len(failed) != 3 || strings.Contains(failed[0], dir) || !strings.Contains(failed[0], errBroken.Error()) {
		t.Errorf("failed: %q", failed)
	}
	page, err := os.ReadFile(filepath.Join(lake, "index.html"))
	if err != nil || !bytes.Contains(page, []byte("leaky1.exe")) || bytes.Contains(page, []byte("<it>")) {
		t.Errorf("the page: %v", err)
	}
}

// A second run analyses nothing and reads nothing, also where the files may not be read.
func TestASecondRunReadsNothing(t *testing.T) {
	dir, lake := bundlesIn(t, hundred()), t.TempDir()
	first := run(t, runnerIn(lake), dir)
	before := rowsIn(t, lake)
	r := runnerIn(lake)
	r.Analyze = func(context.Context, string) (*report.Report, error) {
		t.Error("a known bundle is analysed")
		return nil, errBroken
	}
	if p := run(t, r, dir); p.Known != 100 || p.Analysed != 0 || p.Failed != first.Failed {
		t.Errorf("%+v", p)
	}
	if d := cmp.Diff(before, rowsIn(t, lake)); d != "" {
		t.Error(d)
	}

	// What was touched is read again, and known by its bytes.
	if err := os.Chtimes(filepath.Join(dir, "ticket-001", "netstat.txt"), time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if p := run(t, r, dir); p.Known != 100 || p.Analysed != 0 {
		t.Errorf("touched: %+v", p)
	}

	// Other settings, another version and other bytes are other rows.
	var calls atomic.Int32
	count := func(ctx context.Context, file string) (*report.Report, error) {
		calls.Add(1)
		return told(ctx, file)
	}
	r = runnerIn(lake)
	r.Analyze, r.Settings = count, "other"
	run(t, r, dir)
	if n := calls.Swap(0); int(n) < first.Analysed {
		t.Errorf("other settings: %d analysed", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "ticket-001", "netstat.txt"), []byte("likely HOST-X new.exe"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = runnerIn(lake)
	r.Analyze = count
	if run(t, r, dir); calls.Load() != 1 {
		t.Errorf("changed: %d analysed", calls.Load())
	}
}

// The shards together are the run as a whole, but for copies of a bundle.
func TestShards(t *testing.T) {
	dir, whole, parts := bundlesIn(t, hundred()), t.TempDir(), t.TempDir()
	run(t, runnerIn(whole), dir)
	total := 0
	for i := range 4 {
		r := runnerIn(parts)
		r.Shard = Shard{i, 4}
		total += run(t, r, dir).Total
	}
	if total != 100 {
		t.Errorf("%d bundles in four shards", total)
	}
	want, got := rowsIn(t, whole), rowsIn(t, parts)
	for name := range want {
		if name == "bundles" { // of a copy the first path stands, which the table of known ones has
			want[name], got[name] = withFirstPath(t, want, name), withFirstPath(t, got, name)
		}
		if d := cmp.Diff(slices.Compact(want[name]), slices.Compact(got[name])); d != "" && name != "known" {
			t.Errorf("%s\n%s", name, d)
		}
	}
}

// withFirstPath are the rows of bundles as the view has them.
func withFirstPath(t testing.TB, lake map[string][]string, name string) []string {
	t.Helper()
	first := map[ID]string{}
	for _, line := range lake["known"] {
		var k KnownRow
		if err := json.Unmarshal([]byte(line), &k); err != nil {
			t.Fatal(err)
		}
		if at, ok := first[k.ID]; !ok || k.Path < at {
			first[k.ID] = k.Path
		}
	}
	var out []string
	for _, line := range lake[name] {
		var b BundleRow
		if err := json.Unmarshal([]byte(line), &b); err != nil {
			t.Fatal(err)
		}
		b.Path = first[b.ID]
		out = append(out, fmt.Sprintf("%+v", b.ID)+b.Path+b.Outcome+b.Error)
	}
	return out
}

// Wherever the writing of a part ends, its rows count for nothing, and the next run
// restores the lake.
func TestHalfAPart(t *testing.T) {
	dir, whole := bundlesIn(t, map[string]string{"a": "exhausted H x.exe", "b": "likely H y.exe 1"}), t.TempDir()
	run(t, runnerIn(whole), dir)
	want := rowsIn(t, whole)
	var none rows
	var files []string // in the order in which they get their names
	for _, tab := range none.tables() {
		for _, ext := range []string{"parquet", "ndjson"} {
			found, err := filepath.Glob(filepath.Join(whole, tab.name, "part-*."+ext))
			if err != nil || len(found) != 1 {
				t.Fatal(tab.name, found, err)
			}
			files = append(files, found[0])
		}
	}
	for i := range files {
		lake := t.TempDir()
		if err := os.CopyFS(lake, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		for _, f := range files[i:] {
			rel, _ := filepath.Rel(whole, f)
			if err := os.Remove(filepath.Join(lake, rel)); err != nil {
				t.Fatal(err)
			}
		}
		torn := filepath.Join(lake, "bundles", tempPrefix+Shard{0, 1}.prefix()+"123")
		if err := os.WriteFile(torn, []byte(`{"bundle":`), 0o600); err != nil {
			t.Fatal(err)
		}
		if n := len(rowsIn(t, lake)["bundles"]); n != 0 {
			t.Errorf("%d bundles count before the last of %d files", n, i)
		}
		run(t, runnerIn(lake), dir)
		if d := cmp.Diff(want, rowsIn(t, lake)); d != "" {
			t.Errorf("after %d files\n%s", i, d)
		}
		if _, err := os.Stat(torn); err == nil {
			t.Error("what was being written is still there")
		}
	}
}

const childLake = "PORTVERDICT_FLEET_CHILD"

// TestMain runs as the process that is killed where the environment asks for it.
func TestMain(m *testing.M) {
	lake, ok := os.LookupEnv(childLake)
	if !ok {
		os.Exit(m.Run())
	}
	r := runnerIn(lake)
	r.Analyze = func(ctx context.Context, dir string) (*report.Report, error) {
		time.Sleep(time.Millisecond)
		return told(ctx, dir)
	}
	r.Told = func(p Progress) { fmt.Println(p.Analysed + p.Known) }
	if _, err := r.Run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// A process that is killed leaves a lake that the next run completes.
func TestKilled(t *testing.T) {
	dir, whole, lake := bundlesIn(t, hundred()), t.TempDir(), t.TempDir()
	run(t, runnerIn(whole), dir)
	for _, after := range []int{1, 30, 60} {
		child := exec.Command(os.Args[0], dir)
		child.Env = append(os.Environ(), childLake+"="+lake)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for range after {
			var n int
			if _, err := fmt.Fscan(out, &n); err != nil {
				break
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
	}
	p := run(t, runnerIn(lake), dir)
	if p.Known == 0 {
		t.Error("nothing was kept of the runs that were killed")
	}
	if d := cmp.Diff(rowsIn(t, whole), rowsIn(t, lake)); d != "" {
		t.Error(d)
	}
}

func TestInterrupted(t *testing.T) {
	dir, lake := bundlesIn(t, hundred()), t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	r := runnerIn(lake)
	r.Told = func(p Progress) {
		if p.Analysed == 30 {
			stop()
		}
	}
	if _, err := r.Run(ctx, []string{dir}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := len(rowsIn(t, lake)["bundles"]); n == 0 || n > 30 {
		t.Errorf("%d bundles of the 30 before it was stopped", n)
	}
}

// Of a run of any length only the reports that wait for an earlier one are in memory.
func TestReportsAreLetGo(t *testing.T) {
	dir := bundlesIn(t, hundred())
	var mu sync.Mutex
	var made []weak.Pointer[report.Report]
	r := runnerIn(t.TempDir())
	r.Analyze = func(ctx context.Context, dir string) (*report.Report, error) {
		rep, err := told(ctx, dir)
		mu.Lock()
		defer mu.Unlock()
		made = append(made, weak.Make(rep))
		return rep, err
	}
	asked := false
	r.Told = func(p Progress) {
		if asked || p.Analysed < 60 {
			return
		}
		asked = true
		runtime.GC()
		mu.Lock()
		defer mu.Unlock()
		held := 0
		for _, w := range made {
			if w.Value() != nil {
				held++
			}
		}
		if most := 4*r.Jobs + r.Jobs + 2; held > most {
			t.Errorf("%d of %d reports are held, at most %d may wait", held, len(made), most)
		}
	}
	if run(t, r, dir); !asked {
		t.Error("nothing was asked")
	}
}

func TestFind(t *testing.T) {
	dir := bundlesIn(t, map[string]string{"b": "x", "a": "y"})
	for name, text := range map[string]string{"c.zip": "PK\x03\x04", "notes.txt": "hello", "d.evtx": "ElfFile\x00"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names := func(paths ...string) string {
		places, others, err := find(paths)
		if err != nil {
			return err.Error()
		}
		var out []string
		for _, p := range places {
			out = append(out, p.Name)
		}
		return strings.Join(out, " ") + " | " + strings.Join(others, " ")
	}
	if got := names(dir); got != "a b c.zip d.evtx | notes.txt" {
		t.Error(got)
	}
	if got := names(filepath.Join(dir, "c.zip")); got != "c.zip | " {
		t.Error(got)
	}
	if got := names(dir, dir); !strings.HasPrefix(got, "two bundles have the name ") {
		t.Error(got)
	}
	if _, _, err := find([]string{filepath.Join(dir, "none")}); err == nil {
		t.Error("a path that is not there is found")
	}
}

// A file that nobody may read is told, fails the run and is in no table.
func TestUnreadable(t *testing.T) {
	dir, lake := bundlesIn(t, map[string]string{"a": "exhausted H x.exe"}), t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "a", "link")); err != nil {
		t.Skip(err)
	}
	r := runnerIn(lake)
	if p := run(t, r, dir); p.Failed != 0 || p.Analysed != 1 {
		t.Errorf("a link inside costs the bundle: %+v", p)
	}
	one := filepath.Join(dir, "b.zip")
	if err := os.WriteFile(one, []byte("PK\x03\x04"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := &job{place: place{"b.zip", one, false}, done: make(chan struct{})}
	if err := os.Remove(one); err != nil {
		t.Fatal(err)
	}
	w := &work{r: r, have: map[ID]bool{}}
	w.do(t.Context(), gone, nil)
	if err := w.take(gone); err != nil || w.told.Failed != 1 || len(w.told.Errors) != 1 || len(w.rows.known) != 0 {
		t.Errorf("%+v, %v", w.told, err)
	}
	if text := w.told.Errors[0].Error(); strings.Contains(text, dir) {
		t.Error(text)
	}
}
