// Package house_test holds the rules of ARCHITECTURE.md as tests. It reads the
// source text only, so it says the same on every machine and needs no build.
package house_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	modulePath       = "portverdict"
	maxFunctionLines = 70
	maxFileLines     = 600
)

// An arrow says what one package may import of ours. A name that ends in /...
// stands for the folder and everything under it.
type arrow struct {
	from string
	to   []string
}

// The first arrow whose from matches decides; a package without an arrow is a
// new room and needs a decision here first.
var arrows = []arrow{
	{"cmd/internal/bundle", []string{
		"cmd/internal/bundle/...", "etl", "evtx", "evtx/saved", "netstatparse", "netstatparse/counts", "netstatparse/dump", "netstatparse/hosttext",
		"netstatparse/sockets", "report",
	}},
	{"cmd/internal/bundle/...", []string{"cmd/internal/bundle/archive", "cmd/internal/bundle/codec"}},
	{"cmd/internal/analysis", []string{"cmd/internal/bundle", "cmd/internal/wish", "etl", "report", "report/facts", "report/verdict"}},
	{"cmd/internal/fleet", []string{"cmd/internal/bundle", "report"}},
	{"cmd/internal/listing", []string{"cmd/internal/filter", "etl", "etl/schema", "evtx", "evtx/saved", "netstatparse/paste", "report"}},
	{"cmd/...", []string{
		"cmd/internal/...", "report/...", "etl/...", "evtx/...", "netstatparse/...",
	}},
	{"report/facts", []string{
		"etl", "etl/schema", "etl/winsock", "evtx", "evtx/saved", "netstatparse", "netstatparse/counts", "netstatparse/dump", "netstatparse/hosttext",
		"netstatparse/sockets", "report",
	}},
	{"report/verdict", []string{"report", "report/facts"}}, // no rule touches a reader
	{"report/compare", []string{"report"}},
	{"report/redact", []string{"report"}},
	{"etl/winsock", []string{"etl", "etl/schema"}},
	{"etl/live", []string{"etl", "etl/winsock", "etl/live/etwfake"}}, // etwfake for its tests
	{"etl/live/etwfake", []string{"etl"}},
	{"etl/schema", []string{"etl"}},
	{"etl/packets", []string{"etl"}},
	{"etl/etlgen", []string{"etl"}},
	{"evtx/evtxgen", []string{"evtx"}},
	{"evtx/saved", []string{"evtx", "netstatparse/paste"}},
	{"netstatparse/counts", []string{"netstatparse", "netstatparse/pstext"}},
	{"netstatparse/hosttext", []string{"netstatparse", "netstatparse/pstext"}},
	{"netstatparse/sockets", []string{"netstatparse", "netstatparse/pstext"}},
	{"netstatparse/dump", nil},
	{"netstatparse/paste", nil},
	{"netstatparse/pstext", []string{"netstatparse/paste"}},
	{"netstatparse/textgen", nil},
	{"etl", nil},
	{"evtx", nil},
	{"netstatparse", []string{"netstatparse/paste"}},
	{"report", nil},
}

// sniffOnly are the packages that ask a reader one question: is this yours?
// A bundle that read more would be a second place that interprets inputs.
var sniffOnly = map[string][]string{
	"cmd/internal/bundle": {
		"etl", "evtx", "evtx/saved", "netstatparse", "netstatparse/counts", "netstatparse/dump", "netstatparse/hosttext", "netstatparse/sockets",
	},
}

// thirdParty says where another module may be imported. Each module has one
// home, so replacing it is a change of one folder.
var thirdParty = map[string][]string{
	"github.com/0xrawsec/":                     {"evtx"},
	"github.com/Velocidex/etw":                 {"etl/live"},
	"github.com/inconshreveable/mousetrap":     {"cmd/portverdict"},
	"github.com/spf13/cobra":                   {"cmd/portverdict"},
	"github.com/spf13/pflag":                   {"cmd/portverdict"},
	"github.com/parquet-go/parquet-go":         {"cmd/internal/fleet"},
	"golang.org/x/net":                         {"report/redact"},
	"golang.org/x/sync":                        {"cmd/internal/fleet"},
	"golang.org/x/sys":                         {"cmd/internal/watch", "cmd/portverdict", "etl/live"},
	"golang.org/x/term":                        {"cmd/portverdict"},
	"golang.org/x/text":                        {"evtx/saved", "netstatparse/..."},
	"gopkg.in/yaml.v3":                         {"cmd/internal/..."},
	"github.com/gopacket/gopacket":             {"etl/packets"},
	"github.com/klauspost/compress":            {"cmd/internal/bundle/codec"},
	"github.com/mikelolasagasti/xz":            {"cmd/internal/bundle/codec"},
	"github.com/ulikunitz/xz":                  {"cmd/internal/bundle/codec"},
	"github.com/chromedp/":                     nil,
	"github.com/google/go-cmp":                 nil,
	"github.com/joshdk/go-junit":               nil,
	"github.com/owenrumney/go-sarif/v3":        nil,
	"github.com/rogpeppe/go-internal":          nil,
	"github.com/santhosh-tekuri/jsonschema/v6": nil,
	"github.com/yuin/goldmark":                 nil,
}

// bannedNames say nothing about what is inside.
var bannedNames = []string{"util", "utils", "common", "types", "model", "models", "helper", "helpers"}

// bannedCalls: a library has no clock, environment, standard streams or exit.
// The empty list bans everything the package exports.
var bannedCalls = map[string][]string{
	"os":       {"Exit", "Getenv", "LookupEnv", "Environ", "Setenv", "Stdout", "Stderr", "Stdin"},
	"time":     {"Now", "Since", "Until", "Local", "Sleep"},
	"fmt":      {"Print", "Printf", "Println"},
	"log":      {},
	"log/slog": {},
}

var bannedBuiltins = []string{"panic", "print", "println"}

// handsOver are the files that hand the panic of a worker over to the goroutine of who
// waits for it, where it can be caught.
var handsOver = []string{"evtx/result.go", "etl/ahead.go"}

// tableFiles hold one literal that grows with what is known, not with what is
// done; the limit on a file's length does not apply to them.
var tableFiles = []string{}

// topLevel is everything that may stand at the top.
var topLevel = []string{
	".ci", ".git", ".gitattributes", ".github", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
	"Makefile", "README.md", "SECURITY.md", "THIRD_PARTY_LICENSES", "cmd", "docs", "etl", "evtx", "go.mod", "go.sum", "house_test.go",
	"netstatparse", "readme_test.go", "report", "testdata",
}

// A source is one parsed Go file of the module.
type source struct {
	file    string // slash path from the top
	pkg     string // its folder, "." for the top
	test    bool
	lines   int
	fset    *token.FileSet
	tree    *ast.File
	imports map[string]string // local name -> import path
}

// at is the file:line every message starts with.
func (s *source) at(p token.Pos) string {
	return s.file + ":" + strconv.Itoa(s.fset.Position(p).Line)
}

func sources(t *testing.T) []*source {
	t.Helper()
	var all []*source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		all = append(all, parse(t, name))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(t *testing.T, name string) *source {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	slash := filepath.ToSlash(name)
	s := &source{
		file: slash, pkg: path.Dir(slash), test: strings.HasSuffix(slash, "_test.go"),
		lines: strings.Count(string(text), "\n"), fset: token.NewFileSet(), imports: map[string]string{},
	}
	s.tree, err = parser.ParseFile(s.fset, slash, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range s.tree.Imports {
		p := importPath(spec)
		local := path.Base(p)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		s.imports[local] = p
	}
	return s
}

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked the literal
	return p
}

// ours gives the folder of one of our packages.
func ours(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, modulePath+"/")
}

func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

func matches(pattern, pkg string) bool {
	if under, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == under || strings.HasPrefix(pkg, under+"/")
	}
	return pattern == pkg
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

func TestArrows(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg == "." {
			continue
		}
		i := slices.IndexFunc(arrows, func(a arrow) bool { return matches(a.from, s.pkg) })
		if i < 0 {
			t.Errorf("%s:1: package %s has no arrow in house_test.go", s.file, s.pkg)
			continue
		}
		for _, spec := range s.tree.Imports {
			to, ok := ours(importPath(spec))
			if !ok || to == s.pkg { // an external test imports its own package
				continue
			}
			if s.test && strings.HasSuffix(to, "gen") { // inputs for any test
				continue
			}
			if !matchesAny(arrows[i].to, to) {
				t.Errorf("%s: %s must not import %s (may: %s)", s.at(spec.Pos()), s.pkg, to, strings.Join(arrows[i].to, ", "))
			}
		}
	}
}

func TestBundleOnlySniffs(t *testing.T) {
	for _, s := range sources(t) {
		asked := sniffOnly[s.pkg]
		if asked == nil || s.test {
			continue
		}
		eachSelector(s, func(sel *ast.SelectorExpr, from string) {
			if to, ok := ours(from); ok && slices.Contains(asked, to) && sel.Sel.Name != "Sniff" && sel.Sel.Name != "Find" {
				t.Errorf("%s: %s may use %s.Sniff and Find only, not %s", s.at(sel.Pos()), s.pkg, to, sel.Sel.Name)
			}
		})
	}
}

func TestThirdPartyHasOneHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.tree.Imports {
			p := importPath(spec)
			if _, ok := ours(p); ok || isStandard(p) {
				continue
			}
			module, homes, known := home(p)
			switch {
			case !known:
				t.Errorf("%s: module of %s is not on the list of house_test.go", s.at(spec.Pos()), p)
			case homes == nil && !s.test:
				t.Errorf("%s: %s is for tests only", s.at(spec.Pos()), module)
			case homes != nil && !matchesAny(homes, s.pkg):
				t.Errorf("%s: %s may be imported in %s only", s.at(spec.Pos()), module, strings.Join(homes, ", "))
			}
		}
	}
}

func home(importPath string) (module string, homes []string, known bool) {
	for module, homes := range thirdParty {
		if strings.HasPrefix(importPath+"/", strings.TrimSuffix(module, "/")+"/") {
			return module, homes, true
		}
	}
	return "", nil, false
}

func TestLengths(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > maxFileLines && !slices.Contains(tableFiles, s.file) {
			t.Errorf("%s:%d: file has %d lines, limit %d", s.file, maxFileLines+1, s.lines, maxFileLines)
		}
		for _, d := range s.tree.Decls {
			ast.Inspect(d, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.FuncDecl, *ast.FuncLit:
					first, last := s.fset.Position(n.Pos()).Line, s.fset.Position(n.End()).Line
					if got := last - first + 1; got > maxFunctionLines {
						t.Errorf("%s: function has %d lines, limit %d", s.at(n.Pos()), got, maxFunctionLines)
					}
				}
				return true
			})
		}
	}
}

func TestNames(t *testing.T) {
	for _, s := range sources(t) {
		if slices.Contains(bannedNames, s.tree.Name.Name) {
			t.Errorf("%s: package name %s says nothing", s.at(s.tree.Name.Pos()), s.tree.Name.Name)
		}
		for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimSuffix(s.file, ".go"), "_test"), "/") {
			if slices.Contains(bannedNames, part) {
				t.Errorf("%s:1: the name %s says nothing", s.file, part)
			}
		}
	}
}

// eachSelector calls f for every x.Name where x is an imported package.
func eachSelector(s *source, f func(sel *ast.SelectorExpr, importPath string)) {
	ast.Inspect(s.tree, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && s.imports[x.Name] != "" {
			f(sel, s.imports[x.Name])
		}
		return true
	})
}

func TestLibrariesHaveNoSideEffects(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || matches("cmd/...", s.pkg) {
			continue
		}
		eachSelector(s, func(sel *ast.SelectorExpr, from string) {
			names, banned := bannedCalls[from]
			if banned && (len(names) == 0 || slices.Contains(names, sel.Sel.Name)) {
				t.Errorf("%s: a library must not use %s.%s", s.at(sel.Pos()), from, sel.Sel.Name)
			}
		})
		ast.Inspect(s.tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if fun, ok := call.Fun.(*ast.Ident); ok && slices.Contains(bannedBuiltins, fun.Name) && !slices.Contains(handsOver, s.file) {
				t.Errorf("%s: a library must not call %s", s.at(call.Pos()), fun.Name)
			}
			return true
		})
	}
}

// TestExitIsInMain: everything but a program's main.go returns its code, so it can be
// tested.
func TestExitIsInMain(t *testing.T) {
	for _, s := range sources(t) {
		if main, _ := path.Match("cmd/*/main.go", s.file); s.test || main {
			continue
		}
		eachSelector(s, func(sel *ast.SelectorExpr, from string) {
			if from == "os" && sel.Sel.Name == "Exit" {
				t.Errorf("%s: os.Exit belongs in the main.go of a program", s.at(sel.Pos()))
			}
		})
	}
}

// TestNothingIsLeftForLater: an open end is an issue, not a comment.
func TestNothingIsLeftForLater(t *testing.T) {
	for _, s := range sources(t) {
		for _, group := range s.tree.Comments {
			for _, c := range group.List {
				for _, mark := range []string{"TODO", "FIXME", "XXX"} {
					if strings.Contains(c.Text, mark) {
						t.Errorf("%s: comment holds %s", s.at(c.Pos()), mark)
					}
				}
			}
		}
	}
}

func TestTopLevelIsFixed(t *testing.T) {
	ignored, err := os.ReadFile(".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	built := strings.Fields(string(ignored)) // what a build leaves is listed there as /name
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) && !slices.Contains(built, "/"+e.Name()) {
			t.Errorf("%s:1: the top level is fixed; this belongs in one of cmd, etl, evtx, netstatparse, report, testdata, docs", e.Name())
		}
	}
}

const (
	provenanceFile   = "testdata/PROVENANCE.tsv"
	provenanceHeader = "path\tbytes\tsha256\torigin\tlicence\twhat it shows"
)

var update = flag.Bool("update", false, "renew bytes and sha256 in "+provenanceFile+" and add rows for new files")

// A provenanceRow is one line of the list; the last three fields are a person's.
type provenanceRow struct {
	line                        int
	path, bytes, sha256         string
	origin, licence, whatItShow string
}

// dataFiles are the inputs the repository carries: all of every testdata
// folder and the bundle the binary embeds.
func dataFiles(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		slash := filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && slash == ".git":
			return filepath.SkipDir
		case d.IsDir() || slash == provenanceFile:
			return nil
		}
		inTestdata := slices.Contains(strings.Split(slash, "/"), "testdata")
		if inTestdata || (strings.HasPrefix(slash, "cmd/") && path.Ext(slash) == ".zip") {
			all = append(all, slash)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readProvenance(t *testing.T) []provenanceRow {
	t.Helper()
	text, err := os.ReadFile(provenanceFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != provenanceHeader {
		t.Fatalf("%s:1: header must be %q", provenanceFile, provenanceHeader)
	}
	var rows []provenanceRow
	for i, line := range lines[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 6 {
			t.Fatalf("%s:%d: %d fields, want 6", provenanceFile, i+2, len(f))
		}
		rows = append(rows, provenanceRow{i + 2, f[0], f[1], f[2], f[3], f[4], f[5]})
	}
	return rows
}

func measure(t *testing.T, name string) (size, sum string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(data)
	return strconv.Itoa(len(data)), hex.EncodeToString(digest[:])
}

func TestEveryDataFileHasProvenance(t *testing.T) {
	if *update {
		updateProvenance(t)
	}
	files := dataFiles(t)
	rows := readProvenance(t)
	listed := map[string]bool{}
	for i, r := range rows {
		at := fmt.Sprintf("%s:%d", provenanceFile, r.line)
		if listed[r.path] {
			t.Errorf("%s: %s is listed twice", at, r.path)
		}
		listed[r.path] = true
		if i > 0 && rows[i-1].path > r.path {
			t.Errorf("%s: rows are sorted by path; %s comes too late", at, r.path)
		}
		if !slices.Contains(files, r.path) {
			t.Errorf("%s: stale: %s is not there", at, r.path)
			continue
		}
		if r.origin == "" || r.licence == "" || r.whatItShow == "" {
			t.Errorf("%s: %s needs an origin, a licence and what it shows", at, r.path)
		}
		size, sum := measure(t, r.path)
		if size != r.bytes || sum != r.sha256 {
			t.Errorf("%s: %s has %s bytes, sha256 %s, and not %s, %s", at, r.path, size, sum, r.bytes, r.sha256)
		}
	}
	for _, f := range files {
		if !listed[f] {
			t.Errorf("%s:1: %s is not listed (run `make provenance`, then fill its row)", provenanceFile, f)
		}
	}
}

// updateProvenance renews the figures and leaves a new row's words empty, so
// the test still fails until a person has said where the file is from.
func updateProvenance(t *testing.T) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("-update is refused when CI=true")
	}
	known := map[string]provenanceRow{}
	for _, r := range readProvenance(t) {
		known[r.path] = r
	}
	var out strings.Builder
	out.WriteString(provenanceHeader + "\n")
	files := dataFiles(t)
	slices.Sort(files)
	for _, f := range files {
		size, sum := measure(t, f)
		r := known[f]
		out.WriteString(strings.Join([]string{f, size, sum, r.origin, r.licence, r.whatItShow}, "\t") + "\n")
	}
	if err := os.WriteFile(provenanceFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
