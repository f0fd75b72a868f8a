package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// switchboard goes into the package beside its files: which mutant is on.
const switchboard = `package %s

import (
	"os"
	"strconv"
)

var mutantOn = func() int {
	n, _ := strconv.Atoi(os.Getenv("MUTANT_ON"))
	return n
}()
`

// overlay is a folder with files that the compiler reads in the place of others.
type overlay struct{ dir, list string }

func newOverlay(dir string, files map[string][]byte) (*overlay, error) {
	replace := map[string]string{}
	for name, text := range files {
		to := filepath.Join(dir, filepath.Base(name))
		replace[name] = to
		if err := os.WriteFile(to, text, 0o600); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	list := filepath.Join(dir, "overlay.json")
	return &overlay{dir, list}, os.WriteFile(list, text, 0o600)
}

// errBuild is what the compiler says.
type errBuild struct{ text string }

func (e *errBuild) Error() string { return "does not compile:\n" + e.text }

// build makes the test program of a package and gives its path. The compiler tells all of
// its errors in the package that is changed.
func (o *overlay) build(ctx context.Context, root, changed, pkg string) (string, error) {
	out := filepath.Join(o.dir, strings.ReplaceAll(pkg, "/", "-")+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-gcflags="+module+changed+"=-e", "-overlay", o.list, "-o", out, "./"+pkg)
	cmd.Dir = root
	text, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", &errBuild{string(text)}
	}
	return out, nil
}

// ask runs tests with a mutant on, none for 0, and says what became of it and how much
// time of a processor that took. What a busy machine does meanwhile makes no difference:
// a loop without end is one that uses up more of that time, or of memory, than it has.
// Without a limit of the test's own, which is a timer, Go tells where all wait for ever.
func ask(ctx context.Context, program, root string, r round, on int, limit time.Duration) (result, time.Duration, string, error) {
	temp, err := os.MkdirTemp("", "mutant-") // a mutant may leave thousands of folders behind
	if err != nil {
		return 0, 0, "", err
	}
	defer os.RemoveAll(temp)
	bounds := fmt.Sprintf(`ulimit -t %d -v %d; exec "$0" "$@"`, 1+int(limit.Seconds()), 8<<20)
	args := append([]string{"-c", bounds, program, "-test.failfast", "-test.timeout", "0"}, r.args...)
	cmd := exec.CommandContext(ctx, "bash", args...)
	cmd.Dir, cmd.WaitDelay = filepath.Join(root, filepath.FromSlash(r.pkg)), time.Second
	cmd.Env = append(os.Environ(), "MUTANT_ON="+strconv.Itoa(on), "TMPDIR="+temp)
	text, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return 0, 0, "", ctx.Err()
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	switch {
	case err == nil:
		return survived, took, "", nil
	case took >= limit:
		return hung, took, string(text), nil
	}
	return caught, took, string(text), nil
}

var ofMutant = regexp.MustCompile(`mutant(\d+):\d+`)

// weave builds the package with all of its mutants in it and drops those that do not
// compile.
func weave(ctx context.Context, root, pkg, dir string, all map[int]*mutant) (*overlay, string, error) {
	for {
		files := map[string][]byte{}
		byFile := map[string]map[int]*mutant{}
		for n, m := range all {
			if byFile[m.file] == nil {
				byFile[m.file] = map[int]*mutant{}
			}
			byFile[m.file][n] = m
		}
		for file, of := range byFile {
			for _, m := range of {
				files[file] = woven(m.source, of)
				files[filepath.Join(filepath.Dir(file), "zz_mutant_on.go")] = fmt.Appendf(nil, switchboard, m.pkg)
				break
			}
		}
		o, err := newOverlay(dir, files)
		if err != nil {
			return nil, "", err
		}
		program, err := o.build(ctx, root, pkg, pkg)
		var failed *errBuild
		if !errors.As(err, &failed) {
			return o, program, err
		}
		found := ofMutant.FindAllStringSubmatch(failed.text, -1)
		if len(found) == 0 {
			return nil, "", err
		}
		for _, f := range found {
			n, _ := strconv.Atoi(f[1])
			delete(all, n)
		}
	}
}

// reaches says whether the tests of a package run the code of another.
func reaches(root, tests, pkg string) (bool, error) {
	cmd := exec.Command("go", "list", "-deps", "-test", "./"+tests)
	cmd.Dir = root
	out, err := cmd.Output()
	return bytes.Contains(append([]byte("\n"), out...), []byte("\n"+module+pkg+"\n")), err
}
