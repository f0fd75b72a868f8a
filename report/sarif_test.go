package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifSchemaOf is the schema of the standard as the module of another reader carries it.
func sarifSchemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	literal := tree.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, sarifSchema) {
		t.Fatalf("the schema is not that of %s", sarifSchema)
	}
	return compiled(t, sarifSchema, text)
}

func TestSARIFSchemaHolds(t *testing.T) {
	schema := sarifSchemaOf(t)
	for name, r := range samples() {
		if err := valid(t, schema, render(t, WriteSARIF, r)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := render(t, WriteSARIF, exhaustedReport())
	for _, wrong := range [][2]string{
		{`"version": "2.1.0"`, `"version": "2.0.0"`},
		{`"level": "error"`, `"level": "critical"`},
		{`"kind": "fail"`, `"kind": "failed"`},
		{`"byteOffset": 1`, `"byteOffset": -2`},
		{`"runs": [`, `"about": 1, "runs": [`},
		{`"artifacts": [`, `"inputs": [], "artifacts": [`},
	} {
		if bad := strings.Replace(good, wrong[0], wrong[1], 1); bad == good || valid(t, schema, bad) == nil {
			t.Errorf("%s is taken for good", wrong[1])
		}
	}
}

// The places of a result are those of the evidence: an offset in a trace or log, a line in
// a text; the indices point at the rule and the input they mean.
func TestSARIFPlaces(t *testing.T) {
	for name, r := range samples() {
		log, err := sarif.FromString(render(t, WriteSARIF, r))
		if err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Results) != len(r.Findings) || len(run.Artifacts) != len(r.Sources) {
			t.Fatalf("%s: %d results, %d artifacts", name, len(run.Results), len(run.Artifacts))
		}
		rows := byID(r)
		for i, result := range run.Results {
			f := &r.Findings[i]
			if got := run.Tool.Driver.Rules[result.RuleIndex].ID; got == nil || *got != Visible(f.ID) {
				t.Errorf("%s: result %d is of rule %v, want %s", name, i, got, f.ID)
			}
			for _, id := range f.Evidence {
				e := rows[id]
				if e == nil {
					continue
				}
				p := result.Locations[0].PhysicalLocation
				if p.ArtifactLocation.Index >= 0 && r.Sources[p.ArtifactLocation.Index].Path != e.Source {
					t.Errorf("%s: %s lies in source %d", name, e.ID, p.ArtifactLocation.Index)
				}
				if at := p.Region; at != nil && (e.Line > 0 && (at.StartLine == nil || *at.StartLine != e.Line) || e.Line == 0 && int64(at.ByteOffset) != e.Offset) {
					t.Errorf("%s: %s lies at %v", name, e.ID, at)
				}
				break
			}
		}
	}
}

// A name writes no second command, and GitHub is not given more than it shows.
func TestAnnotations(t *testing.T) {
	r := exhaustedReport()
	r.Verdict.Summary = "one\n::error::two %0A"
	r.Evidence[0].Source, r.Evidence[0].Line = "a,b:c\r.txt", 7
	r.Findings[0].Evidence = []string{r.Evidence[0].ID}
	for range 20 {
		r.Findings = append(r.Findings, r.Findings[0])
	}
	var errors int
	for line := range strings.Lines(render(t, WriteGitHub, r)) {
		if !strings.HasPrefix(line, "::error title=") && !strings.HasPrefix(line, "::warning title=") {
			t.Errorf("%q is no annotation of ours", line)
		}
		if strings.HasPrefix(line, "::error") {
			errors++
		}
	}
	if errors != maxAnnotations {
		t.Errorf("%d errors", errors)
	}
	text := render(t, WriteGitHub, r)
	for _, want := range []string{"::error title=Ports%3A exhausted::one%0A::error::two %250A\n", `,file=a%2Cb%3Ac\u{0D}.txt,line=7::`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
