package house_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A readmeCommand is one line of a ```sh block. A line that ends in
// "# exit N" must end with that code, any other with 0.
type readmeCommand struct {
	line int
	text string
	exit int
}

var (
	exitComment = regexp.MustCompile(`\s+# exit (\d+)$`)
	outputFlag  = regexp.MustCompile(`(^|\s)(-o|--output)[ =](\S+)`)
)

// readmeCommands reads the ```sh blocks only: what is for a customer's Windows
// machine stands in ```cmd blocks and is not run.
func readmeCommands(t *testing.T, name string) []readmeCommand {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []readmeCommand
	inside := false
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```sh"
		case inside && line != "" && !strings.HasPrefix(line, "#"):
			c := readmeCommand{line: i + 1, text: line}
			if m := exitComment.FindStringSubmatch(line); m != nil {
				c.exit, _ = strconv.Atoi(m[1]) // digits by the expression
				c.text = strings.TrimSuffix(line, m[0])
			}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s:1: no ```sh block, so nothing is shown to run", name)
	}
	return all
}

// TestReadmeCommands runs what the README tells a reader to run, in order and
// from the top of the repository. Output files and the installed binary go to
// a temporary folder, so the checkout stays as it was.
func TestReadmeCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the sh blocks of the README need a Unix shell")
	}
	dir := t.TempDir()
	env := append(os.Environ(),
		"GOBIN="+dir, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1")
	for _, c := range readmeCommands(t, "README.md") {
		at := fmt.Sprintf("README.md:%d", c.line)
		if target, ok := strings.CutPrefix(c.text, "make "); ok {
			// Running it here would run this test again.
			if !hasTarget(t, target) {
				t.Errorf("%s: the Makefile has no target %s", at, target)
			}
			continue
		}
		t.Run(c.text, func(t *testing.T) { runReadme(t, at, c, dir, env) })
	}
}

// TestCasesCommands runs what docs/cases.md tells a team to run, in order, in a folder
// where the bundle of a customer is.
func TestCasesCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the sh blocks of the page need a Unix shell")
	}
	const name = "docs/cases.md"
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "install", "./cmd/portverdict")
	build.Env = append(os.Environ(), "GOBIN="+dir)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bundle, err := zip.OpenReader("testdata/cases/exhausted-leak-x64/bundle.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer bundle.Close()
	if err := os.CopyFS(filepath.Join(dir, "customer"), bundle); err != nil {
		t.Fatal(err)
	}
	for _, c := range readmeCommands(t, name) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", c.text)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != c.exit {
			t.Fatalf("%s:%d: %s: %v, want exit %d\n%s", name, c.line, c.text, err, c.exit, out)
		}
	}
}

func runReadme(t *testing.T, at string, c readmeCommand, dir string, env []string) {
	var outputs []string
	text := outputFlag.ReplaceAllStringFunc(c.text, func(s string) string {
		m := outputFlag.FindStringSubmatch(s)
		if m[3] == "-" {
			return s
		}
		file := filepath.Join(dir, filepath.Base(m[3]))
		outputs = append(outputs, file)
		return m[1] + m[2] + " '" + file + "'"
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", text)
	cmd.Env = env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", at, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != c.exit {
		t.Fatalf("%s: %s\nexit %d, want %d\n%s%s", at, text, got, c.exit, stdout.Bytes(), stderr.Bytes())
	}
	for _, file := range outputs {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Errorf("%s: %s wrote nothing to %s", at, c.text, filepath.Base(file))
		}
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
}

func hasTarget(t *testing.T, target string) bool {
	t.Helper()
	text, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains("\n"+string(text), "\n"+target+":")
}

// TestReadmeLinks: every file the top-level pages point to is there.
func TestReadmeLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				if _, err := os.Stat(m[1]); err != nil {
					t.Errorf("%s:%d: %s is not there", page, i+1, m[1])
				}
			}
		}
	}
}

// A measured cell of a table: "2.53 s", "29 MiB".
var measured = regexp.MustCompile(`\|[^|\n]*\d ?(?:ms|s|kB|MB|GB|KiB|MiB|GiB) \|`)

// Who doubts a measured number can have it again: the page that holds it names the command.
func TestMeasuredNumbersNameTheirCommand(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	held := 0
	for _, name := range append(pages, "README.md", "SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := measured.Find(text); m != nil {
			held++
			if !bytes.Contains(text, []byte("`go test ")) {
				t.Errorf("%s: %q, and no command that gives it", name, m)
			}
		}
	}
	if held == 0 {
		t.Error("no page holds a measured number: this test looks for what is not there")
	}
}
