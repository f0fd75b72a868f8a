package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const licencesFile = "../../THIRD_PARTY_LICENSES"

const licencesHead = `Software of others in portverdict
The program contains parts of the Go standard library and of the modules below, each
under its own licence. portverdict itself is under the licence in LICENSE.
Two of them, golang-evtx and golang-utils, are under version 3 of the GNU General Public
License. The program as a whole can therefore be passed on under that licence only: with
its source, or an offer of it, and with the same rights for whoever gets it.
This file is made by: make licences
`

// A module is in the program on some of the systems it is built for.
type module struct{ path, version, dir string }

// linked are the modules in the program, on whatever system.
func linked(t *testing.T) []module {
	t.Helper()
	all := map[string]module{}
	for _, system := range []string{"linux", "windows", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}}	{{.Version}}	{{.Dir}}{{end}}{{end}}`, ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("the modules cannot be listed here: %v: %s", err, &stderr)
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Split(strings.TrimSpace(line), "\t"); len(f) == 3 {
				all[f[0]] = module{f[0], f[1], f[2]}
			}
		}
	}
	var out []module
	for _, path := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[path])
	}
	return out
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// licences are the texts of a module, by file name. A source file is none.
func licences(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && licenceName.MatchString(e.Name()) && filepath.Ext(e.Name()) != ".go" {
			text := strings.ReplaceAll(string(mustRead(t, filepath.Join(dir, e.Name()))), "\r\n", "\n")
			out[e.Name()] = strings.TrimRight(text, "\n") + "\n"
		}
	}
	return out
}

// The file has the licence of every module in the program, and of no other.
func TestThirdPartyLicences(t *testing.T) {
	modules := linked(t)
	if len(modules) < 5 {
		t.Fatalf("only %d modules", len(modules))
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(strings.TrimSpace(string(root)), "LICENSE")); err != nil {
		t.Skipf("this Go came without its licence: %v", err)
	}
	var b strings.Builder
	b.WriteString(licencesHead)
	rule := strings.Repeat("=", 80)
	tell := func(what, dir string) {
		texts := licences(t, dir)
		if len(texts) == 0 {
			t.Errorf("%s has no licence", what)
		}
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			fmt.Fprintf(&b, "\n%s\n%s: %s\n%s\n%s", rule, what, name, rule, texts[name])
		}
	}
	tell("The Go standard library", strings.TrimSpace(string(root)))
	for _, m := range modules {
		tell(m.path+" "+m.version, m.dir)
	}
	if *update {
		if os.Getenv("CI") == "true" {
			t.Fatal("-update is refused with CI=true")
		}
		if err := os.WriteFile(licencesFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(licencesFile)
	if err != nil {
		t.Fatal(err)
	}
	if line, differs := firstDifference(string(got), b.String()); differs {
		t.Errorf("%s: %s\nif a module came, went or changed: make licences", licencesFile, line)
	}
}
