package regress

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

// Each case that was judged has a page below the folder of its own path, and the index
// leads to it, says what failed and counts it; a suite is the folder of the case's folder.
func TestPages(t *testing.T) {
	root, pages := t.TempDir(), filepath.Join(t.TempDir(), "pages")
	for folder, expect := range map[string]string{"a/good": "expect: {exit: 3}\n", "bad": "expect: {exit: 0}\n", "none 1": "expect: {exit: 1}\n"} {
		caseAt(t, root, folder, strings.NewReplacer("/", "-", " ", "-").Replace("id-"+folder), expect)
		bundleAt(t, root, folder)
	}
	r := &Runner{Jobs: 1, Pages: pages, Analyze: func(_ context.Context, args []string) (*report.Report, int, error) {
		if strings.Contains(args[len(args)-1], "none 1") {
			return nil, 1, errors.New("nothing usable")
		}
		return found(), 3, nil
	}}
	results, err := r.Run(t.Context(), root, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range results {
		got = append(got, r.Suite+"|"+r.Folder+"|"+r.Page)
		if _, err := os.Stat(filepath.Join(pages, filepath.FromSlash(r.Page))); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"a|a/good|cases/a/good.html", "|bad|cases/bad.html", "|none 1|"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	var index bytes.Buffer
	if err := WriteIndex(&index, root, results); err != nil {
		t.Fatal(err)
	}
	text := index.String()
	for _, want := range []string{`href="cases/a/good.html"`, `href="cases/bad.html"`, "3 cases", "exhausted", "id-none-1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the index lacks %s", want)
		}
	}
	if strings.Contains(text, `href="cases/none`) || strings.Count(text, `href="cases/`) != 2 {
		t.Errorf("links of the index:\n%s", text)
	}
	// The folder that is run may be a case itself; a page is written once.
	one := filepath.Join(root, "bad")
	alone := &Runner{Jobs: 1, Pages: filepath.Join(t.TempDir(), "one"), Analyze: r.Analyze}
	results, err = alone.Run(t.Context(), one, &bytes.Buffer{})
	if err != nil || len(results) != 1 || results[0].Page != "cases/case.html" {
		t.Errorf("%+v, %v", results, err)
	}
	results, err = alone.Run(t.Context(), one, &bytes.Buffer{})
	if err != nil || !slices.ContainsFunc(results[0].Diffs, func(d string) bool { return strings.HasPrefix(d, "cannot write its page: ") }) || results[0].Page != "" {
		t.Errorf("a second time: %+v, %v", results, err)
	}
}
