package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// demoFolder is the bundle of the demo as a folder.
func demoFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "leakx")
	if err := unzip(demoZip, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mode(t *testing.T, name string) fs.FileMode {
	t.Helper()
	fi, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return fi.Mode()
}

// A new file is its owner's; one that is there keeps its mode, and a link its target.
func TestModesOfOutputs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes here")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "new.json")
	told(t, exitOK, "demo", "-q", "-o", name)
	if got := mode(t, name); got != 0o600 {
		t.Errorf("a new file has %v", got)
	}
	for _, old := range []fs.FileMode{0o640, 0o644, 0o400, 0o600} {
		if err := os.Chmod(name, old); err != nil {
			t.Fatal(err)
		}
		told(t, exitOK, "demo", "-q", "--force", "-o", name)
		if got := mode(t, name); got != old {
			t.Errorf("a file of mode %v has now %v", old, got)
		}
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink("new.json", link); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, []byte("old"), 0o600)); err != nil {
		t.Fatal(err)
	}
	told(t, exitOK, "demo", "-q", "--force", "-o", link)
	if to, err := os.Readlink(link); err != nil || to != "new.json" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if data, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(data, []byte("{")) {
		t.Errorf("behind the link is %.20q, %v", data, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if said := told(t, exitUsage, "demo", "-q", "--force", "-o", link); !strings.Contains(said, "a link to a file that is not there") {
		t.Errorf("%s", said)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// A file with a name as long as a file system allows has a temp file of a shorter one.
func TestLongNameOfAnOutput(t *testing.T) {
	name := filepath.Join(t.TempDir(), strings.Repeat("n", 250)+".json")
	told(t, exitOK, "demo", "-q", "-o", name)
	if mode(t, name).IsDir() {
		t.Error("it is a folder")
	}
}

// Whatever --force says, what is read is not written over: by no command, under no name.
func TestNoOutputOverAnInput(t *testing.T) {
	dir := demoFolder(t)
	other := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	out := func(name string) string { return filepath.Join(other, name) }
	if err := errors.Join(
		os.Symlink(in("netstat.txt"), out("link.txt")), os.Link(in("netstat.txt"), out("hard.txt")),
		os.Symlink(dir, out("folder")),
		os.WriteFile(out("key.txt"), []byte("0123456789abcdef"), 0o600),
		os.WriteFile(out("bundle.txt"), demoZip, 0o600),
		os.WriteFile(in("notes.txt"), []byte("what the customer said"), 0o600),
		os.WriteFile(out("packets.pcapng"), mustRead(t, in("Server.etl")), 0o600),
		os.MkdirAll(out("cases/one/bundle"), 0o700), os.WriteFile(out("cases/one/case.yaml"), []byte("schema: 1\nid: one\n"), 0o600),
	); err != nil {
		t.Skipf("no links here: %v", err)
	}
	told(t, exitOK, "demo", "-q", "-o", out("v.json"))
	if err := os.Link(out("v.json"), out("w.json")); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, dir, other)
	for _, args := range [][]string{
		{"analyze", dir, "-o", in("netstat.txt")},
		{"analyze", dir, "-o", out("link.txt")},
		{"analyze", dir, "-o", out("hard.txt")},
		{"analyze", dir, "-o", filepath.Join(out("folder"), "tasklist.txt")},
		{"analyze", dir, "-o", in("notes.txt")},
		{"analyze", out("bundle.txt"), "-o", out("bundle.txt")},
		{"analyze", in("Server.etl"), in("netstat.txt"), "-o", out("hard.txt")},
		{"analyze", dir, "--redact", "--redact-key", out("key.txt"), "-o", out("key.txt")},
		{"compare", dir, out("v.json"), "-o", out("w.json")},
		{"compare", out("v.json"), dir, "-o", out("hard.txt")},
		{"render", out("v.json"), "-o", out("v.json")},
		{"render", out("v.json"), "-o", out("w.json")},
		{"export", out("packets.pcapng"), "-o", out("packets.pcapng")},
		{"redact", out("v.json"), "-o", out("w.json")},
		{"redact", out("v.json"), "-o", out("key.txt"), "--redact-key", out("key.txt")},
		{"regress", out("cases"), "--junit", out("cases/one/case.yaml")},
	} {
		if said := told(t, exitUsage, append(args, "--force")...); !strings.Contains(said, "-o ") && !strings.Contains(said, "overwrit") && !strings.Contains(said, "lost") {
			t.Errorf("%v: %s", args, said)
		}
	}
	for name, text := range filesIn(t, dir, other) {
		if before[name] != text {
			t.Errorf("%s was changed", name)
		}
	}
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func filesIn(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				out[name] = string(mustRead(t, name))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// One file twice is refused under whatever names.
func TestOutputsAreDifferentFiles(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "a"), 0o700), os.Symlink("a", filepath.Join(dir, "b"))); err != nil {
		t.Skipf("no links here: %v", err)
	}
	for _, second := range []string{"a/r.json", "a/../a/r.json", "b/r.json"} {
		said := told(t, exitUsage, "demo", "-o", filepath.Join(dir, "a", "r.json"), "-o", dir+"/"+second)
		if !strings.Contains(said, "is given twice") {
			t.Errorf("%s: %s", second, said)
		}
	}
}

// Each report in each format is known as one when it lies in the folder the next time.
func TestEarlierReportsAreNoInputs(t *testing.T) {
	formats := []string{"html", "json", "ndjson", "md", "txt", "csv"}
	for _, name := range goldenCases {
		path := filepath.Join("..", "..", "testdata", "cases", name, "bundle.zip")
		dir := t.TempDir()
		args := []string{"analyze", "-q", "--exit-zero", path}
		for _, f := range formats {
			args = append(args, "-o", filepath.Join(dir, "report."+f))
		}
		told(t, exitOK, args...)
		args = []string{"analyze", "-q", "--exit-zero", "--force", dir}
		for _, f := range formats {
			args = append(args, "-o", filepath.Join(dir, "report."+f))
		}
		if said := told(t, exitFailed, args...); !strings.Contains(said, "nothing here can show port exhaustion") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// A comparison that lies in a folder may be written again too.
func TestEarlierComparisonsAreNoInputs(t *testing.T) {
	dir, verdict := demoFolder(t), filepath.Join(t.TempDir(), "v.json")
	told(t, exitOK, "demo", "-q", "-o", verdict)
	args := []string{"compare", "-q", "--force", dir, verdict}
	for _, f := range []string{"html", "json", "txt"} {
		args = append(args, "-o", filepath.Join(dir, "change."+f))
	}
	told(t, exitOK, args...)
	told(t, exitOK, args...)
}
