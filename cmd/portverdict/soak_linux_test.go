package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/report"
)

var soak = flag.Int("soak", 0, "runs under each fault: make soak")

// soaked is one bundle in which a leak is proven, as a folder and as an archive that needs
// the temp folder, with what is right to say of each.
type soaked struct {
	t           *testing.T
	folder, zip string
	small       []byte                       // the folder packed
	right       map[string]map[string][]byte // by input, by name of the output
	took        map[string]time.Duration
	rand        *rand.Rand
	codes       map[string]map[int]int // by fault
}

// soakOutputs are written by every run.
var soakOutputs = []string{"v.json", "v.html"}

// A fault is one way in which a run can be disturbed. It starts the program and gives its
// exit code; allowed are the codes that are right then.
type fault struct {
	name    string
	changed bool // the inputs were: what is said need not be what was right before
	do      func(*soaked, *soakRun) int
	allowed []int
}

// soakRun is a run: its input, its temp folder and the folder it writes to.
type soakRun struct {
	*exec.Cmd
	input, temp, out string
	stderr           bytes.Buffer
	near             time.Duration // how long a run takes that nothing disturbs
}

const killed = "SIGKILL" // the only fault after which something may be left

var faults = []fault{
	{"SIGINT", false, signalled(syscall.SIGINT), []int{-1, exitInterrupted, exitExhausted}},
	{"SIGTERM", false, signalled(syscall.SIGTERM), []int{-1, exitInterrupted, exitExhausted}},
	{killed, false, signalled(syscall.SIGKILL), []int{-1, exitExhausted}},
	{"no space left", false, injected("write", "ENOSPC", 8), []int{exitFailed, exitExhausted}},
	{"reads fail", true, injected("pread64", "EIO", 60), []int{exitFailed, exitExhausted, exitLikely, exitInconclusive}},
	{"opens fail", true, injected("openat", "EMFILE", 60), []int{exitFailed, exitExhausted, exitLikely, exitInconclusive}},
	{"little memory", false, cramped, []int{exitExhausted}},
	{"source grows", true, while(grow), []int{exitFailed, exitExhausted, exitLikely, exitInconclusive}},
	{"source shrinks", true, while(shrink), []int{exitFailed, exitExhausted, exitLikely, exitInconclusive}},
	{"source vanishes", true, while(os.Remove), []int{exitFailed, exitExhausted, exitLikely, exitInconclusive}},
}

// Whatever disturbs a run: no output is there in part, the temp folder is empty but after a
// SIGKILL, the exit code tells what happened, and a disturbed bundle that is exhausted is
// never given an all-clear.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("make soak runs this")
	}
	s := newSoaked(t)
	for _, f := range faults {
		for range *soak {
			s.run(&f)
		}
		t.Logf("%-16s %d runs, by exit code %v", f.name, *soak, s.codes[f.name])
		// A signal can come before the program listens to it, but not as a rule.
		if n := s.codes[f.name][-1]; f.name != killed && 2*n > *soak {
			t.Errorf("%s: %d of %d runs were killed", f.name, n, *soak)
		}
	}
	s.partial()
}

func newSoaked(t *testing.T) *soaked {
	s := &soaked{
		t: t, folder: demoFolder(t), zip: filepath.Join(t.TempDir(), "bundle.zip"), right: map[string]map[string][]byte{}, took: map[string]time.Duration{},
		rand: rand.New(rand.NewPCG(7, 7)), codes: map[string]map[int]int{},
	}
	inner := folder{}
	for name, text := range filesIn(t, s.folder) {
		inner.put(filepath.Base(name), []byte(text))
	}
	s.small = inner.zip(t)
	table := mustRead(t, filepath.Join(s.folder, "netstat.txt"))
	for n := range 3 { // more than is kept in memory
		inner.put(fmt.Sprintf("loop%d.txt", n), bytes.Repeat(append(fmt.Appendf(nil, "2026-03-1%d 09:00:00\r\n", n), table...), 30<<20/len(table)))
	}
	if err := os.WriteFile(s.zip, inner.zip(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, input := range []string{s.folder, s.zip} {
		r := s.start(input)
		began := time.Now()
		if code := r.end(); code != exitExhausted {
			t.Fatalf("undisturbed: exit code %d: %s", code, &r.stderr)
		}
		s.took[input], s.right[input] = time.Since(began), map[string][]byte{}
		for _, name := range soakOutputs {
			s.right[input][name] = mustRead(t, filepath.Join(r.out, name))
		}
	}
	return s
}

// start prepares a run and starts it, through a tool where one is given.
func (s *soaked) start(input string, through ...string) *soakRun {
	s.t.Helper()
	base := s.t.TempDir()
	r := &soakRun{input: input, temp: filepath.Join(base, "temp"), out: filepath.Join(base, "out"), near: s.took[input]}
	args := append(slices.Clone(through), "portverdict", "analyze", input, "-q", "-j", strconv.Itoa(1+s.rand.IntN(4)))
	for _, name := range soakOutputs {
		args = append(args, "-o", filepath.Join(r.out, name))
	}
	for _, dir := range []string{r.temp, r.out} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			s.t.Fatal(err)
		}
	}
	r.Cmd = exec.Command(args[0], args[1:]...)
	r.Env = append(os.Environ(), "TMPDIR="+r.temp)
	r.Stderr = &r.stderr
	r.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.Start(); err != nil {
		s.t.Fatal(err)
	}
	return r
}

// end waits and gives the exit code, -1 for one that was killed.
func (r *soakRun) end() int {
	hung := time.AfterFunc(60*time.Second, func() { _ = syscall.Kill(-r.Process.Pid, syscall.SIGKILL) })
	defer hung.Stop()
	err := r.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -2
}

// run runs the program once under a fault and looks at what it leaves.
func (s *soaked) run(f *fault) {
	r := &soakRun{input: []string{s.folder, s.zip}[s.rand.IntN(2)]}
	code := f.do(s, r)
	if s.codes[f.name] == nil {
		s.codes[f.name] = map[int]int{}
	}
	s.codes[f.name][code]++
	told := r.stderr.String()
	if !slices.Contains(f.allowed, code) || strings.Contains(told, "panic") || strings.Contains(told, "goroutine ") {
		s.t.Errorf("%s: exit code %d: %s", f.name, code, told)
	}
	for path, text := range filesIn(s.t, r.out) {
		name := filepath.Base(path)
		want := s.right[r.input][name]
		switch {
		case want == nil && f.name == killed: // what a kill leaves beside an output
		case want == nil:
			s.t.Errorf("%s: left behind: %s", f.name, name)
		case !f.changed && text != string(want):
			s.t.Errorf("%s: %s is not what it is without the fault", f.name, name)
		case f.changed && name == "v.json":
			var got report.Report
			if err := json.Unmarshal([]byte(text), &got); err != nil || got.Verdict.Outcome == report.NotExhausted {
				s.t.Errorf("%s: outcome %q, %v", f.name, got.Verdict.Outcome, err)
			}
		}
	}
	s.swept(f, r, code)
}

// swept wants an empty temp folder; what a kill left is gone after the next start, once
// it is old.
func (s *soaked) swept(f *fault, r *soakRun, code int) {
	left, err := os.ReadDir(r.temp)
	if err != nil || len(left) == 0 {
		return
	}
	if f.name != killed {
		s.t.Errorf("%s: exit code %d left %s in the temp folder", f.name, code, left[0].Name())
		return
	}
	old := time.Now().Add(-25 * time.Hour)
	for _, e := range left {
		if err := os.Chtimes(filepath.Join(r.temp, e.Name()), old, old); err != nil {
			s.t.Fatal(err)
		}
	}
	cmd := exec.Command("portverdict", "analyze", s.folder, "-q")
	cmd.Env = append(os.Environ(), "TMPDIR="+r.temp)
	_ = cmd.Run()
	if left, _ := os.ReadDir(r.temp); len(left) > 0 {
		s.t.Errorf("%s: %s is there after the next start", f.name, left[0].Name())
	}
}

// signalled sends a signal at any time of the run: to the program alone as a shell does
// it, and a kill to all of its processes.
func signalled(sig syscall.Signal) func(*soaked, *soakRun) int {
	return func(s *soaked, r *soakRun) int {
		*r = *s.start(r.input)
		time.Sleep(time.Duration(s.rand.Int64N(int64(r.near) + int64(r.near)/4)))
		to := r.Process.Pid
		if sig == syscall.SIGKILL {
			to = -to
		}
		_ = syscall.Kill(to, sig)
		return r.end()
	}
}

// injected lets a system call fail from some call of each thread on, at most a given one.
// The first reads and opens are those of the loader of shared libraries, whose failure (127)
// is none of the program's.
func injected(call, errno string, latest int) func(*soaked, *soakRun) int {
	return func(s *soaked, r *soakRun) int {
		from := 1 + s.rand.IntN(latest)
		if call != "write" {
			from += 10
		}
		*r = *s.start(s.folder, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d+", call, errno, from))
		return r.end()
	}
}

// cramped gives the program hardly any memory and several collectors at once.
func cramped(s *soaked, r *soakRun) int {
	before := os.Getenv("GOMEMLIMIT")
	defer os.Setenv("GOMEMLIMIT", before)
	os.Setenv("GOMEMLIMIT", strconv.Itoa(16+s.rand.IntN(48))+"MiB")
	*r = *s.start(r.input)
	return r.end()
}

// while changes a file of a copy of the folder at any time of the run.
func while(change func(string) error) func(*soaked, *soakRun) int {
	return func(s *soaked, r *soakRun) int {
		dir := filepath.Join(s.t.TempDir(), "bundle")
		if err := os.CopyFS(dir, os.DirFS(s.folder)); err != nil {
			s.t.Fatal(err)
		}
		names, err := os.ReadDir(dir)
		if err != nil {
			s.t.Fatal(err)
		}
		input := r.input
		*r = *s.start(dir)
		r.input = input
		time.Sleep(time.Duration(s.rand.Int64N(int64(s.took[s.folder]))))
		if err := change(filepath.Join(dir, names[s.rand.IntN(len(names))].Name())); err != nil {
			s.t.Error(err)
		}
		return r.end()
	}
}

func grow(name string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(bytes.Repeat([]byte("\x00more\r\n"), 1<<14))
	return err
}

func shrink(name string) error {
	fi, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.Truncate(name, fi.Size()/3)
}

// shortReads gives fewer bytes than were asked for from some read on, now and then.
type shortReads struct {
	io.ReaderAt
	left *int
}

func (r shortReads) ReadAt(p []byte, at int64) (int, error) {
	if *r.left--; *r.left < 0 && *r.left%3 == 0 && len(p) > 1 {
		n, _ := r.ReaderAt.ReadAt(p[:len(p)/2], at)
		return n, io.ErrUnexpectedEOF
	}
	return r.ReaderAt.ReadAt(p, at)
}

// partial reads an archive whose reads end too soon.
func (s *soaked) partial() {
	outcomes := map[string]int{}
	for range *soak {
		left := s.rand.IntN(40)
		b, err := bundle.LoadArchive(s.t.Context(), "b.zip", shortReads{bytes.NewReader(s.small), &left}, int64(len(s.small)), bundle.Options{Jobs: 1})
		if err != nil {
			outcomes["refused"]++
			continue
		}
		res, err := analysis.Run(s.t.Context(), b, analysis.Options{Jobs: 1})
		switch {
		case err != nil:
			outcomes["refused"]++
		case len(res.Faults) > 0 || res.Report.Verdict.Outcome == report.NotExhausted:
			s.t.Errorf("short reads: %v, %d faults", res.Report.Verdict.Outcome, len(res.Faults))
		default:
			outcomes[string(res.Report.Verdict.Outcome)]++
		}
	}
	s.t.Logf("%-16s %d runs, by outcome %v", "short reads", *soak, outcomes)
}
