package analysis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/cmd/internal/bundle"
	"portverdict/etl"
	"portverdict/etl/etlgen"
	"portverdict/report"
	"portverdict/report/facts"
)

// A session that began a second file: the buffers of the second are numbered on.
const (
	traceHeader = "-- trace --\nheader mode=8 cpus=1\nbuffer cpu=0 seq=%d\n"
	event       = "  event64 provider=e53c6823-7bb8-44bb-90dc-3f86090d48a6 level=4 channel=16 pid=4 tid=8 "
	created     = event + "id=1000 time=+%d payload=u32:0,u32:1002,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:2,u32:1,u32:6,u64:4321,u32:0\n"
)

func trace(t *testing.T, seq int) []byte {
	t.Helper()
	return compiled(t, fmt.Sprintf(traceHeader+created, seq, 10*seq))
}

func compiled(t *testing.T, text string) []byte {
	t.Helper()
	parsed, err := etlgen.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	data, err := parsed.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const table = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n" +
	"  TCP    10.0.0.5:%d         10.0.0.9:443           ESTABLISHED     4242\r\n"

// files are a bundle of every kind of input: two traces of one session, a log, texts of
// one name in two folders.
func files(t *testing.T) map[string][]byte {
	t.Helper()
	log, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "cases", "exhausted-leak-x64", "bundle.zip"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.LoadArchive(t.Context(), "bundle.zip", bytes.NewReader(log), int64(len(log)), bundle.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	out := map[string][]byte{
		"a.etl": trace(t, 1), "b.etl": trace(t, 2), "one/netstat.txt": fmt.Appendf(nil, table, 50000), "two/netstat.txt": fmt.Appendf(nil, table, 50001),
	}
	for _, in := range b.Inputs {
		if in.Kind == "evtx" || in.Kind == "hosttext.range" {
			out[in.Path] = content(t, in)
		}
	}
	if len(out) < 6 {
		t.Fatalf("%v", slices.Sorted(maps.Keys(out)))
	}
	return out
}

func content(t *testing.T, in bundle.Input) []byte {
	t.Helper()
	r, closer, err := in.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	data := make([]byte, in.Size)
	if _, err := r.ReadAt(data, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, paths ...string) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Load(t.Context(), paths, bundle.Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// faulty is a reader in whose place a parser has a fault.
type faulty struct{}

func (faulty) ReadAt([]byte, int64) (int, error) { panic("index out of range") }

// runFaulty reads a bundle whose inputs, those that tells names, are read with a fault
// from their n-th opening on.
func runFaulty(t *testing.T, b *bundle.Bundle, o Options, from int64, tells func(bundle.Input) bool) *Result {
	t.Helper()
	a := newReading(t.Context(), b, o)
	var opened atomic.Int64
	a.open = func(in bundle.Input) (io.ReaderAt, io.Closer, error) {
		r, closer, err := in.Open()
		if tells(in) && opened.Add(1) >= from {
			r = faulty{}
		}
		return r, closer, err
	}
	res, err := a.run(b)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func encoded(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A fault while one input is read costs that input and nothing else: there is one
// diagnostic, the stack is given, and of all others the same is told as without it.
func TestAFaultCostsOneInput(t *testing.T) {
	dir := write(t, files(t))
	for _, c := range []struct {
		name, path, kind string
		from             int64 // the opening from which on it shows
	}{
		{"a text", "one/netstat.txt", "netstat", 1},
		{"a text when its tables are read", "two/netstat.txt", "netstat", 2},
		{"a log", "System.evtx", "evtx", 1},
		{"the first file of a session", "a.etl", "etl", 1},
		{"the second file of a session, once its header was read", "b.etl", "etl", 2},
		{"a trace when it is read once more", "b.etl", "etl", 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain, err := Run(t.Context(), load(t, dir), Options{Jobs: 1})
			if err != nil {
				t.Fatal(err)
			}
			var want string
			for _, jobs := range []int{1, 4} {
				o := Options{Jobs: jobs, EachTrace: func(in bundle.Input, r io.ReaderAt) error {
					_, err := r.ReadAt(make([]byte, 1), 0)
					return err
				}}
				res := runFaulty(t, load(t, dir), o, c.from, func(in bundle.Input) bool { return in.Path == c.path })
				checkFault(t, res, c.path, c.kind)
				checkOthers(t, plain.Report, res.Report, c.path, c.kind == "etl")
				if want == "" {
					want = encoded(t, res.Report)
				}
				if d := cmp.Diff(want, encoded(t, res.Report)); d != "" {
					t.Errorf("-j %d differs from -j 1:\n%s", jobs, d)
				}
			}
		})
	}
}

func checkFault(t *testing.T, res *Result, path, kind string) {
	t.Helper()
	if f := res.Faults; len(f) != 1 || f[0].Source != path || f[0].Value != "index out of range" || !strings.Contains(f[0].Stack, "analysis_test.go") {
		t.Errorf("faults %+v", f)
	}
	var told []report.Diagnostic
	for _, d := range res.Report.Diagnostics {
		if d.Source == path || d.Code == codeFault {
			told = append(told, d)
		}
	}
	if len(told) != 1 || told[0].Code != codeFault || told[0].Severity != "error" || told[0].Text == "" {
		t.Errorf("told of it: %+v", told)
	}
	i := slices.IndexFunc(res.Report.Sources, func(s report.Source) bool { return s.Path == path })
	if i < 0 {
		t.Fatalf("%s is no source", path)
	}
	if s := res.Report.Sources[i]; s.Kind != kind || len(s.SHA256) != 64 || s.Decoded != 0 {
		t.Errorf("%+v", s)
	}
}

// checkOthers wants that the sources without a fault are told of as without it. Files of
// a session that is not whole tell of themselves only.
func checkOthers(t *testing.T, plain, got *report.Report, path string, trace bool) {
	t.Helper()
	if len(plain.Sources) != len(got.Sources) {
		t.Fatalf("%d sources, want %d", len(got.Sources), len(plain.Sources))
	}
	for i, s := range got.Sources {
		if s.Path == path || trace && s.Kind == "etl" {
			continue
		}
		want := plain.Sources[i]
		want.Host = s.Host // the log that is lost may be all that names the machine
		if d := cmp.Diff(want, s); d != "" {
			t.Error(d)
		}
	}
	if trace && !slices.ContainsFunc(got.Sources, func(s report.Source) bool { return s.Kind == "etl" && s.Decoded > 0 }) {
		t.Error("no file of the session was read")
	}
}

// A fault of what merges the files of a session leaves each of them.
func TestAFaultOfASessionCostsNoFile(t *testing.T) {
	dir := write(t, files(t))
	b := load(t, dir)
	a := newReading(t.Context(), b, Options{Jobs: 2})
	a.o.Watch = func(_ Reading, in bundle.Input, r io.ReaderAt) (io.ReaderAt, func()) {
		if in.Path == "b.etl" && len(a.alone) == 0 { // it is read together with the first
			r = faulty{}
		}
		return r, func() {}
	}
	res, err := a.run(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range res.Report.Sources {
		if s.Kind == "etl" && s.Decoded != 2 {
			t.Errorf("%s: %d events, want 2", s.Path, s.Decoded)
		}
	}
	if len(res.Faults) != 1 || res.Faults[0].Source != "a.etl" {
		t.Errorf("%+v", res.Faults)
	}
	told := slices.DeleteFunc(slices.Clone(res.Report.Diagnostics), func(d report.Diagnostic) bool { return d.Code != codeFault })
	if len(told) != 1 || told[0].Text != textSession {
		t.Errorf("%+v", told)
	}
}

// What could not be recognised for a fault is told of once, and the rest is judged.
func TestAFaultOfRecognition(t *testing.T) {
	dir := write(t, files(t))
	b := load(t, dir)
	i := slices.IndexFunc(b.Inputs, func(in bundle.Input) bool { return in.Path == "one/netstat.txt" })
	b.Inputs[i].Kind, b.Inputs[i].Fault = "unknown", &bundle.Fault{Value: "index out of range", Stack: "analysis_test.go"}
	res, err := Run(t.Context(), b, Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	checkFault(t, res, "one/netstat.txt", "unknown")
	if !res.Usable {
		t.Error("nothing was usable")
	}
}

// Several faults are several diagnostics, and inputs of one path are told apart in them.
func TestFaultsOfInputsOfOneName(t *testing.T) {
	all := files(t)
	one := write(t, map[string][]byte{"netstat.txt": all["one/netstat.txt"]})
	two := write(t, map[string][]byte{"netstat.txt": all["two/netstat.txt"], "System.evtx": all["System.evtx"]})
	for _, paths := range [][]string{{one, two}, {two, one}} {
		res := runFaulty(t, load(t, paths...), Options{Jobs: 2}, 1, func(in bundle.Input) bool { return in.Kind == "netstat" })
		var got []string
		for _, f := range res.Faults {
			got = append(got, f.Source)
		}
		if want := []string{"netstat.txt", "netstat.txt (2)"}; !slices.Equal(got, want) {
			t.Errorf("faults of %q, want %q", got, want)
		}
	}
}

// Judging that ends in a panic is an error with its stack, an input that cannot be read
// one with its path, and an interruption is what it is.
func TestErrors(t *testing.T) {
	_, err := Await(t.Context(), "judging", func() (int, error) { panic("no such pool") })
	if err == nil || !strings.HasPrefix(err.Error(), "internal error while judging: no such pool\n") || !strings.Contains(err.Error(), "analysis_test.go") {
		t.Errorf("%v", err)
	}
	all := files(t)
	all["long.txt"] = bytes.Repeat(fmt.Appendf(nil, table, 50000), 500) // what is short is held
	dir := write(t, all)
	b := load(t, dir)
	for _, name := range []string{"a.etl", "long.txt"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Run(t.Context(), b, Options{Jobs: 2}); err == nil || err.Error() != "cannot read long.txt: no such file or directory" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b = load(t, dir)
	cancel()
	if _, err := Run(ctx, b, Options{Jobs: 2}); err != context.Canceled {
		t.Errorf("%v", err)
	}
	never := make(chan bool)
	if _, err := Await(ctx, "waiting", func() (bool, error) { return <-never, nil }); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// broken gives no byte from an offset on, as a disk with a bad sector.
type broken struct {
	io.ReaderAt
	from int64
}

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > b.from {
		return 0, errors.New("input/output error")
	}
	return b.ReaderAt.ReadAt(p, at)
}

// What the disk does not give to its end is told and is no source; the rest is judged.
func TestABadSectorCostsOneInput(t *testing.T) {
	all := files(t)
	all["long.txt"] = bytes.Repeat(fmt.Appendf(nil, table, 50000), 500)
	dir := write(t, all)
	a := newReading(t.Context(), load(t, dir), Options{Jobs: 2})
	i := slices.IndexFunc(a.inputs, func(in bundle.Input) bool { return in.Path == "long.txt" })
	opened := 0
	a.open = func(in bundle.Input) (io.ReaderAt, io.Closer, error) {
		r, closer, err := in.Open()
		if in.Path == "long.txt" {
			r = broken{r, 65536}
			if opened++; opened == 2 { // for its tables: for the rest of its hash it is gone
				err = os.Remove(filepath.Join(dir, "long.txt"))
			}
		}
		return r, closer, err
	}
	f, err := a.gather(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := f.Settled()
	if a.lost[i] == nil || len(c.Sources) != len(all)-1 {
		t.Errorf("lost %v, %d sources", a.lost, len(c.Sources))
	}
	if d := c.Diagnostics; len(d) != 1 || d[0].Code != "input-unreadable" || d[0].Source != "long.txt" {
		t.Errorf("%+v", d)
	}
}

// What the facts say, and in which order, depends neither on the workers nor on which
// input was read first: more ranges than ports are counted by, records and tables.
func TestFactsDoNotDependOnWorkers(t *testing.T) {
	all := files(t)
	for i := range 24 {
		all[fmt.Sprintf("%02d/range.txt", i)] = fmt.Appendf(nil,
			"\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : %d\r\nNumber of Ports : 400\r\n\r\n", 50000+i)
		if i < 4 {
			all[fmt.Sprintf("%02d/netstat.txt", i)] = fmt.Appendf(nil, table, 50100+i)
		}
	}
	dir := write(t, all)
	want := ""
	for run := range 8 {
		a := newReading(t.Context(), load(t, dir), Options{Jobs: run + 1})
		f, err := a.gather(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := said(f.Settled())
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("-j %d (-want +got):\n%s", run+1, cmp.Diff(want, got))
		}
	}
}

// What is opened in one file of a session is closed in another, whatever they are called;
// the same files whose numbers do not go on are two traces.
func TestSessions(t *testing.T) {
	const (
		bound = event + "id=1030 time=+30 payload=u32:0,u32:7010,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:0,u32:16,u16:2,0000,00*12\n" +
			event + "id=1030 time=+40 payload=u32:1,u32:7022,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:0,u32:16,u16:2,c000,0a000005,00*8\n"
		closed = event + "id=1001 time=+150 payload=u32:1,u32:2001,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:0\n"
	)
	for seq, want := range map[int]string{2: "[a.etl z.etl] holds 0", 9: "[a.etl] holds 0; [z.etl] holds 1"} {
		dir := write(t, map[string][]byte{
			"z.etl": compiled(t, fmt.Sprintf(traceHeader+created+bound, 1, 10)), "a.etl": compiled(t, fmt.Sprintf(traceHeader+closed, seq)),
		})
		f, err := newReading(t.Context(), load(t, dir), Options{Jobs: 2}).gather(nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, tr := range f.Settled().Traces {
			var names []string
			for _, s := range tr.Files {
				names = append(names, s.Path)
			}
			slices.Sort(names)
			held := 0
			for _, p := range tr.Processes {
				held += len(p.Held)
			}
			got = append(got, fmt.Sprintf("%v holds %d", names, held))
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("second file from buffer %d: %s, want %s", seq, text, want)
		}
	}
}

// part is a file of a capture, with one event of its own.
func part(t *testing.T, n int, change func(*etl.Header)) []byte {
	t.Helper()
	const start = int64(134000000000000000)
	parsed, err := etlgen.Parse(fmt.Appendf(nil, "-- trace --\nheader mode=1 cpus=1\nbuffer cpu=0 seq=%d\n"+created, n, 10*n))
	if err != nil {
		t.Fatal(err)
	}
	h := &parsed.Header
	h.StartTime, h.EndTime, h.BootTime, h.LoggerName = etl.FileTime(start), etl.FileTime(start+1e9), etl.FileTime(start-1e12), "x"
	change(h)
	data, err := parsed.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Of a capture of too many files the further ones are another trace; no file is read
// twice, and each of them is told.
func TestCaptureOfTooManyFiles(t *testing.T) {
	parts := map[string][]byte{}
	for i := range maxTogether + 3 {
		parts[fmt.Sprintf("%02d.etl", i)] = part(t, i+1, func(*etl.Header) {})
	}
	res, err := Run(t.Context(), load(t, write(t, parts)), Options{Jobs: 2})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, d := range res.Report.Diagnostics {
		if d.Code == "trace-too-many-parts" {
			told = append(told, d.Source)
		}
	}
	if d := cmp.Diff([]string{"16.etl", "17.etl", "18.etl"}, told); d != "" {
		t.Error(d)
	}
	f, err := newReading(t.Context(), load(t, write(t, parts)), Options{Jobs: 2}).gather(nil)
	if err != nil {
		t.Fatal(err)
	}
	var files []int
	for _, tr := range f.Settled().Traces {
		files = append(files, len(tr.Files))
	}
	if d := cmp.Diff([]int{maxTogether, 3}, files); d != "" {
		t.Error(d)
	}
}

// Files of one capture are one trace; of another start, name or machine they are not.
func TestCaptures(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*etl.Header)
		want   int
	}{
		"the same start":              {func(h *etl.Header) { h.LoggerName = "Relogger" }, 1},
		"a later start that overlaps": {func(h *etl.Header) { h.StartTime, h.EndTime = h.StartTime+5e8, h.EndTime+5e8 }, 1},
		"another session beside it":   {func(h *etl.Header) { h.StartTime++; h.LoggerName = "y" }, 2},
		"a session after it":          {func(h *etl.Header) { h.StartTime, h.EndTime = h.EndTime, h.EndTime+1e9 }, 2},
		"another boot":                {func(h *etl.Header) { h.BootTime++ }, 2},
		"another clock":               {func(h *etl.Header) { h.PerfFreq++ }, 2},
		"another build of Windows":    {func(h *etl.Header) { h.Build++ }, 2},
	} {
		dir := write(t, map[string][]byte{"a.etl": part(t, 1, func(*etl.Header) {}), "b.etl": part(t, 2, c.change)})
		f, err := newReading(t.Context(), load(t, dir), Options{Jobs: 2}).gather(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(f.Settled().Traces); got != c.want {
			t.Errorf("%s: %d traces, want %d", name, got, c.want)
		}
	}
}

func said(c *facts.Case) string {
	var b strings.Builder
	for _, v := range c.Views {
		fmt.Fprintln(&b, v)
	}
	for _, s := range c.Sources {
		fmt.Fprintln(&b, s.Path, s.SHA256, s.Decoded, s.Facts)
	}
	for _, r := range c.Records {
		fmt.Fprintln(&b, r.Time, r.ID, r.Computer)
	}
	for _, at := range c.Tables {
		fmt.Fprintln(&b, at.Source.Path, at.Time, at.Count, at.Line)
	}
	for _, tr := range c.Traces {
		fmt.Fprintln(&b, tr.Source.Path, len(tr.Files), tr.Events, len(tr.Processes))
	}
	return b.String()
}
