package report

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// thresholdNames are those of the table in report/verdict.
var thresholdNames = strings.Fields(`pool_full pool_pressure far_below bound_leak time_wait_share close_wait_pile tuple_share
	handles handles_high range_small leak_minimum leak_span leak_points pair_within symptom_within span_ends contradict_within
	clock_jump stuck_half stuck_likely not_ports_least not_ports_share exclusion_share`)

func TestFindingRows(t *testing.T) {
	seen, used := map[string]bool{}, map[string]bool{}
	for _, f := range FindingRows() {
		if seen[f.ID] {
			t.Errorf("%s stands twice", f.ID)
		}
		seen[f.ID] = true
		if f.Title == "" || f.Unit == "" || f.Text == "" || f.Check == "" || f.Needs == "" && f.ID != "range-unknown" {
			t.Errorf("%s: a text is missing", f.ID)
		}
		if !slices.Contains([]string{"critical", "warning", "info", "counter"}, f.Severity) {
			t.Errorf("%s: severity %q", f.ID, f.Severity)
		}
		if got := FindingByID(f.ID); got == nil || *got != f {
			t.Errorf("%s is not found", f.ID)
		}
		for _, m := range regexp.MustCompile(`\{([^}]*)\}`).FindAllStringSubmatch(f.Threshold, -1) {
			used[m[1]] = true
			if !slices.Contains(thresholdNames, m[1]) {
				t.Errorf("%s: there is no threshold {%s}", f.ID, m[1])
			}
		}
		for _, s := range []string{f.Title, f.Text, f.Needs, f.Check, f.Unit} {
			if strings.Contains(s, "{") || strings.TrimSpace(s) != s || strings.Contains(s, "  ") {
				t.Errorf("%s: %q", f.ID, s)
			}
		}
		if strings.HasSuffix(f.Title, ".") || !strings.HasSuffix(f.Text, ".") {
			t.Errorf("%s: a title has no full stop, a text has one", f.ID)
		}
	}
	for _, name := range thresholdNames {
		if !used[name] {
			t.Errorf("no finding names {%s}", name)
		}
	}
	if FindingByID("") != nil || FindingByID("afd") != nil {
		t.Error("a finding that is not there is found")
	}
	rows := FindingRows()
	rows[0].ID = "changed"
	if findingRows[0].ID == "changed" {
		t.Error("the table can be changed from outside")
	}
}

// contractIDs are the ids of the contract's two tables and those that came later.
func TestEveryFindingHasARow(t *testing.T) {
	for id := range strings.FieldsSeq(`afd-bind-0x209 afd-bind-0x209-fixed-port afd-connect-0x209 tcpip-port-acquire-failed tcpip-weak-reference
		trace-socket-leak trace-binds-succeed trace-lost-events trace-wrapped trace-unfinalised evtx-4231 evtx-4266 evtx-4227 evtx-afd-16002
		evtx-symptom evtx-does-not-cover pool-full pool-pressure bound-leak time-wait-churn close-wait-pile tuple-exhaustion snapshot-growth
		handles-suspicious range-small range-excluded range-unknown maxuserport-ignored lookalike-0xc000020a lookalike-0xc000009a
		lookalike-access-denied evtx-stuck-closes evtx-network-drivers network-filter-drivers pool-forecast connect-outcomes server-side-states saved-counts
		evtx-restart evtx-cleared evtx-clock-change contradiction-table contradiction-range holders-differ port-sharing other-cause
		time-wait-delay lookalike-0xc0000043 lookalike-0xc0000207`) {
		if FindingByID(id) == nil {
			t.Errorf("%s has no row", id)
		}
	}
}

func TestCodeRows(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range CodeRows() {
		if seen[c.Code] || FindingByID(c.Code) != nil {
			t.Errorf("%s stands twice", c.Code)
		}
		seen[c.Code] = true
		if c.One == "" || c.Do == "" || strings.Contains(c.One, "%s") || strings.Count(c.Many, "%s") != 1 || strings.Count(c.Many, "%") != 1 {
			t.Errorf("%s: %q, %q, %q", c.Code, c.One, c.Many, c.Do)
		}
		for _, s := range []string{c.One, c.Many, c.Do} {
			if !strings.HasSuffix(s, ".") || strings.TrimSpace(s) != s {
				t.Errorf("%s: %q is not a sentence", c.Code, s)
			}
		}
		if got := CodeByID(c.Code); got == nil || *got != c {
			t.Errorf("%s is not found", c.Code)
		}
	}
}

func TestSentence(t *testing.T) {
	for _, tt := range []struct {
		d    Diagnostic
		want string
	}{
		{Diagnostic{Code: "etl-truncated", Text: "the last buffer is not complete", Count: 3}, "the last buffer is not complete"},
		{Diagnostic{Code: "etl-buffer-header", Text: " "}, "A buffer header is damaged; reading went on at the next buffer."},
		{Diagnostic{Code: "etl-buffer-header", Count: 1}, "A buffer header is damaged; reading went on at the next buffer."},
		{Diagnostic{Code: "etl-buffer-header", Count: 1234}, "1,234 buffer headers are damaged; reading went on at the next buffer each time."},
		{Diagnostic{Code: "not-a-code"}, "Something was wrong that has no description; its code is not-a-code."},
	} {
		if got := tt.d.Sentence(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.d, got, tt.want)
		}
	}
}

// codeLike is a string that looks like a code of one of the rooms.
var codeLike = regexp.MustCompile(`^(etl|schema|winsock|packets|live|evtx|eventtext|netstat|psnet|paste|hosttext|dump|input|archive|internal|trace|log|host)(-[a-z0-9]+)+$`)

// TestEveryCodeHasARow reads the source of the whole tree: what is given as the code
// of a diagnostic, or is named one, or looks like one, has a row.
func TestEveryCodeHasARow(t *testing.T) {
	found := map[string]string{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			for _, code := range codesIn(n) {
				if FindingByID(code) == nil && code != "log-format" { // a flag
					found[code] = fset.Position(n.Pos()).String()
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 50 {
		t.Errorf("only %d codes are found: the search is wrong", len(found))
	}
	for code, at := range found {
		if CodeByID(code) == nil {
			t.Errorf("%s: the code %q has no row in codes.go", at, code)
		}
	}
}

// codesIn gives the codes that a node of a source file states.
func codesIn(n ast.Node) []string {
	literal := func(e ast.Expr) (string, bool) {
		b, ok := e.(*ast.BasicLit)
		if !ok || b.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(b.Value)
		return s, err == nil
	}
	var out []string
	add := func(e ast.Expr) {
		if s, ok := literal(e); ok && s != "" {
			out = append(out, s)
		}
	}
	switch n := n.(type) {
	case *ast.BasicLit:
		if s, ok := literal(n); ok && codeLike.MatchString(s) {
			out = append(out, s)
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			add(n.Value)
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if i < len(n.Values) && regexp.MustCompile(`^[cC]ode[A-Z]|Code$`).MatchString(name.Name) {
				add(n.Values[i])
			}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "diagnose" && len(n.Args) > 0 {
			add(n.Args[0])
		}
	}
	return out
}
