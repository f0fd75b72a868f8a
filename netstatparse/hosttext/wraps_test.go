package hosttext

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse/textgen"
)

// moved gives what a text says with the lines that it has in a wrapper.
func moved(all []string, line func(int) int) []string {
	var out []string
	for _, s := range all {
		n, rest, _ := strings.Cut(s, " ")
		var at int
		if _, err := fmt.Sscan(n, &at); err != nil {
			return append(out, "no line: "+s)
		}
		out = append(out, fmt.Sprintf("%d %s", line(at), rest))
	}
	return out
}

func sameWrapped(t *testing.T, name, text string, w textgen.Wrap) {
	t.Helper()
	plain, _ := Read(strings.NewReader(text))
	wrapped, line := w.Apply(text)
	facts, _ := Read(strings.NewReader(wrapped))
	if diff := cmp.Diff(moved(said(&plain), line), said(&facts)); diff != "" {
		t.Errorf("%s in %s: %s", name, w.Name, diff)
	}
}

// Ranges, exclusions and the lists of processes say the same through everything that leaves
// their lines as they are.
func TestWraps(t *testing.T) {
	files, _ := filepath.Glob("../../testdata/texts/*.txt")
	for _, name := range files {
		base := filepath.Base(name)
		if !strings.HasPrefix(base, "range") && !strings.HasPrefix(base, "excluded") && !strings.HasPrefix(base, "tasklist") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(data) || strings.ContainsRune(string(data), 0) {
			continue // a wrapper is written in UTF-8
		}
		for _, w := range textgen.Wraps() {
			if !w.Rows {
				sameWrapped(t, base, string(data), w)
			}
		}
	}
}

// Each error is told in every language, through everything.
func TestErrorsWrapped(t *testing.T) {
	text, codes := textgen.Errors()
	facts, _ := Read(strings.NewReader(text))
	if len(facts.Symptoms) != len(codes) {
		t.Fatalf("%d errors, want %d: %v", len(facts.Symptoms), len(codes), said(&facts))
	}
	for i, s := range facts.Symptoms {
		if s.Code != codes[i] || s.Line != i+1 {
			t.Errorf("line %d: %d, want %d: %s", s.Line, s.Code, codes[i], s.Text)
		}
	}
	for _, w := range textgen.Wraps() {
		if w.Rows {
			continue
		}
		wrapped, line := w.Apply(text)
		got, _ := Read(strings.NewReader(wrapped))
		if len(got.Symptoms) != len(codes) {
			t.Errorf("%s: %d errors, want %d", w.Name, len(got.Symptoms), len(codes))
			continue
		}
		for i, s := range got.Symptoms {
			if s.Code != codes[i] || s.Line != line(i+1) {
				t.Errorf("%s: line %d: %d, want %d: %s", w.Name, s.Line, s.Code, codes[i], s.Text)
			}
		}
	}
}
