package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"portverdict": main, "fatalprogram": fatal, "uncaughtprogram": uncaught, "waitingprogram": waiting, "stuckprogram": stuck,
		"watchprogram": watchProgram, "stuckwatch": stuckWatch,
	})
}

// Every script has the bundle of the demo as leakx.zip and as the folder leakx.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("MUTANT_ON", os.Getenv("MUTANT_ON")) // for .ci/mutants: a script has no other variable of ours
			env.Setenv("TMPDIR", filepath.Join(env.WorkDir, ".tmp"))
			if err := os.WriteFile(filepath.Join(env.WorkDir, "leakx.zip"), demoZip, 0o666); err != nil {
				return err
			}
			return unzip(demoZip, filepath.Join(env.WorkDir, "leakx"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "cut": cut, "pack": pack, "notemp": noTemp, "lines": lines, "aged": aged,
		},
	})
}

func unzip(data []byte, dir string) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	return os.CopyFS(dir, z)
}

// exits CODE ARGS... runs portverdict and wants that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("portverdict", args[1:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// lines N wants that the last command printed N lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: lines N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile("stdout"), "\n"); got != want {
		ts.Fatalf("%d lines, want %d", got, want)
	}
}

// cut FILE BYTES OUT writes the first BYTES bytes of FILE to OUT.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cut FILE BYTES OUT")
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data[:n], 0o666))
}

// pack OUT NAME=FILE... writes a zip whose entries have exactly these names.
func pack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pack OUT NAME=FILE...")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, arg := range args[1:] {
		name, file, _ := strings.Cut(arg, "=")
		w, err := z.Create(name)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(file))
		ts.Check(err)
	}
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666))
}

// aged PATH makes a file or folder two days old.
func aged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: aged PATH")
	}
	then := time.Now().Add(-48 * time.Hour)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), then, then))
}

// notemp wants that no temporary file is left behind.
func noTemp(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(name string, d fs.DirEntry, err error) error {
		if err == nil && (strings.HasPrefix(d.Name(), "portverdict-") || strings.HasSuffix(d.Name(), ".tmp") && !d.IsDir()) {
			ts.Fatalf("left behind: %s", name)
		}
		return err
	}))
}
