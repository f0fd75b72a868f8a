package synth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files runs a recipe and gives its files by name.
func files(t *testing.T, r *Recipe) (*Truth, map[string][]byte) {
	t.Helper()
	out := map[string][]byte{}
	truth, err := r.write(context.Background(), func(name string, to func(io.Writer) error) error {
		var b bytes.Buffer
		err := to(&b)
		out[name] = b.Bytes()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return truth, out
}

// The same recipe gives the same bytes every time, another seed others; a recipe that was
// written as YAML and read again is the same.
func TestSameBytes(t *testing.T) {
	for seed := range uint64(20) {
		r := Random(seed)
		text, err := r.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		first := sameTwice(t, r, again)
		again.Seed++
		if _, other := files(t, again); bytes.Equal(other[truthFile], first[truthFile]) {
			t.Errorf("seed %d: another seed gives the same truth", seed)
		}
	}
}

// So does each recipe of the cases, and of the samples.
func TestSameBytesOfEveryRecipe(t *testing.T) {
	for _, name := range recipeFiles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameTwice(t, recipeOf(t, name), recipeOf(t, name))
		})
	}
}

// sameTwice runs two copies of a recipe and gives the files, which are the same.
func sameTwice(t *testing.T, a, b *Recipe) map[string][]byte {
	t.Helper()
	_, first := files(t, a)
	_, second := files(t, b)
	for name := range first {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("%s: %s differs", a.Why, name)
		}
	}
	return first
}

const (
	casesFolder   = "../../../testdata/cases"
	samplesFolder = "../../../../shared/samples/second/recipes"
)

// recipeFiles are the recipes of the project's cases and of the samples, where those are.
func recipeFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{casesFolder + "/*/recipe.yaml", samplesFolder + "/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	if len(out) < 40 {
		t.Fatalf("%d recipes", len(out))
	}
	return out
}

func recipeOf(t *testing.T, name string) *Recipe {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

const leakRecipe = `schema: 1
seed: 5
tcp: {start: 50000, count: 300, excluded: [{start: 50010, end: 50019}]}
processes:
  - {pid: 4242, image: leaky.exe, sockets: [{rate: 120}]}
  - {pid: 1888, image: svchost.exe, sockets: [{rate: 60, life: 1s, connect: true}]}
trace: {}
log: {}
tables: [{flags: anobq}]
texts: {range: range.txt, excluded: excluded.txt, tasklist: tasks.txt}
`

// The pool is never handed out twice, and never a port that is excluded or not in it.
func TestTheHostKeepsItsRules(t *testing.T) {
	r, err := Read(strings.NewReader(leakRecipe))
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(r)
	h.ctx = context.Background()
	h.run()
	held := map[uint16]int{}
	for _, s := range h.sockets {
		if s.port < 50000 || s.port > 50299 || s.port >= 50010 && s.port <= 50019 {
			t.Errorf("port %d is not one of the pool", s.port)
		}
		held[s.port]++
	}
	for port, n := range held {
		if n > 1 {
			t.Errorf("port %d is held %d times", port, n)
		}
	}
	if len(held) != h.pools[tcp].used() || h.pools[tcp].capacity != 290 {
		t.Errorf("%d ports are held, the pool says %d of %d", len(held), h.pools[tcp].used(), h.pools[tcp].capacity)
	}
	truth := h.tell()
	if truth.Outcome != "exhausted" || truth.Failures == 0 || truth.Told != truth.Failures || truth.Holders[0].PID != 4242 || !truth.Sure.Holder || !truth.Sure.Victims {
		t.Errorf("%+v", truth)
	}
	attempts := 0
	for _, v := range truth.Victims {
		attempts += v.Failures
	}
	if attempts != truth.Failures || truth.Windows[0].Failures != attempts {
		t.Errorf("%d failures of processes, %d in all, windows %+v", attempts, truth.Failures, truth.Windows)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "schema": "schema: 2", "field": "schema: 1\nspeed: 3", "two documents": "schema: 1\n---\nschema: 1",
		"duration": "schema: 1\nduration: long", "bits": "schema: 1\nhost: {bits: 16}", "zone": "schema: 1\nhost: {zone: Nowhere/At}",
		"range": "schema: 1\ntcp: {start: 65000, count: 1000}", "pid twice": "schema: 1\nprocesses: [{pid: 8}, {pid: 8}]",
		"transport":              "schema: 1\nprocesses: [{pid: 8, sockets: [{transport: sctp}]}]",
		"deferred":               "schema: 1\nprocesses: [{pid: 8, sockets: [{deferred: true}]}]",
		"failure":                "schema: 1\nprocesses: [{pid: 8, sockets: [{fails: timed-out}]}]",
		"hangs of UDP":           "schema: 1\nprocesses: [{pid: 8, sockets: [{transport: udp, hangs: true}]}]",
		"restart in a trace":     "schema: 1\nrestart: 2m\ntrace: {}",
		"restart at the end":     "schema: 1\nrestart: 4m",
		"table while it is down": "schema: 1\nrestart: 1m\ntables: [{at: 90s}]",
		"PID of the next boot":   "schema: 1\nrestart: 1m\nprocesses: [{pid: 8}, {pid: 20008}]",
		"status":                 "schema: 1\nprocesses: [{pid: 8, sockets: [{refused: never}]}]",
		"too many":               "schema: 1\nprocesses: [{pid: 8, sockets: [{rate: 1e9}]}]",
		"path":                   "schema: 1\ntrace: {file: ../x.etl}",
		"file twice":             "schema: 1\ntrace: {file: x}\nlog: {file: x}",
		"damage of none":         "schema: 1\ndamage: [{file: x, cut: 0.5}]",
		"negative share":         "schema: 1\ntrace: {lost_events: -1}",
		"too many tables":        "schema: 1\nduration: 24h\ntables: [{every: 1ms}]",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWriteLeavesWhatIsThere(t *testing.T) {
	r, err := Read(strings.NewReader(leakRecipe))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "dir")
	if _, err := r.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write(context.Background(), dir); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r.Duration = Duration(24 * time.Hour)
	if _, err := r.Write(ctx, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// BenchmarkWrite is how fast a bundle is written, most of it trace.
func BenchmarkWrite(b *testing.B) {
	r, err := Read(strings.NewReader("schema: 1\nduration: 1m\nprocesses: [{pid: 8, sockets: [{rate: 60000, life: 1s, connect: true}]}]\ntime_wait: 2s\ntrace: {}\n"))
	if err != nil {
		b.Fatal(err)
	}
	size := int64(0)
	for b.Loop() {
		size = 0
		_, err := r.write(context.Background(), func(_ string, to func(io.Writer) error) error {
			return to(counter(func(n int) { size += int64(n) }))
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(size)
}

type counter func(int)

func (c counter) Write(p []byte) (int, error) {
	c(len(p))
	return len(p), nil
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(leakRecipe))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := Read(bytes.NewReader(text)); err == nil && r.Host.CPUs < 1 {
			t.Error("a host without a processor was taken")
		}
	})
}
