package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// full is a stream that takes so many bytes and no more.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

// printing are commands that write to stdout: every one there is.
func printing(t *testing.T) [][]string {
	t.Helper()
	dir := demoFolder(t)
	verdict := filepath.Join(t.TempDir(), "v.json")
	told(t, exitOK, "demo", "-q", "-o", verdict)
	return [][]string{
		{"--help"},
		{"help", "analyze"},
		{"analyze", "--help"},
		{"version"},
		{"schema"},
		{"explain"},
		{"explain", "bound-leak"},
		{"explain", "etl-limit"},
		{"man"},
		{"demo"},
		{"demo", "--format", "json"},
		{"analyze", dir},
		{"analyze", dir, "-o", "-", "--exit-zero"},
		{"info", dir},
		{"info", dir, "--format", "json"},
		{"events", filepath.Join(dir, "Server.etl")},
		{"events", filepath.Join(dir, "System.evtx"), "--format", "csv", "--limit", "1"},
		{"compare", dir, verdict},
		{"render", verdict},
		{"redact", filepath.Join(dir, "netstat.txt"), "-o", "-"},
		{"fleet", dir, "--out", filepath.Join(t.TempDir(), "lake"), "--tolerate-failures"},
		{"fleet-sql"},
		{"collect", "-o", filepath.Join(t.TempDir(), "scripts"), "--force"},
		{"watch", "--help"},
		{"regress", filepath.Join("..", "..", "testdata", "cases", "not-exhausted-busy")},
	}
}

// A result that nobody got is a failure, in every command, at its first byte and later.
func TestFullStdout(t *testing.T) {
	seen := map[string]bool{}
	for _, args := range printing(t) {
		seen[args[0]] = true
		for _, room := range []int{0, 10} {
			var stderr bytes.Buffer
			code := run(context.Background(), args, nil, &full{room}, &stderr)
			if code != exitFailed || !strings.Contains(stderr.String(), "cannot write to stdout: no space left on device") && args[0] != "regress" {
				t.Errorf("%v with room for %d bytes: exit code %d: %s", args, room, code, &stderr)
			}
		}
	}
	for _, c := range newRoot().Commands() { // export writes a file only, synth needs a recipe
		if !seen[c.Name()] && c.Name() != "export" && c.Name() != "synth" && c.Name() != "completion" && c.Name() != "help" {
			t.Errorf("%s is not tested", c.Name())
		}
	}
}

// The same with the real program: a pipe whose reader has gone does not kill it, and
// nothing is left behind.
func TestClosedPipe(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"version"}, {"schema"}, {"explain"}, {"demo"}, {"analyze", demoFolder(t)}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd := exec.Command("portverdict", args...)
		temp := t.TempDir()
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &stderr
		err = cmd.Run()
		w.Close()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(stderr.String(), "cannot write to stdout") {
			t.Errorf("%v: %v: %s", args, err, &stderr)
		}
		(&started{t: t}).empty(temp)
	}
}
