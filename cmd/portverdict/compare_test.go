package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portverdict/report/compare"
)

func caseBundle(name string) string {
	return filepath.Join("..", "..", "testdata", "cases", name, "bundle.zip")
}

func compared(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), append([]string{"compare"}, args...), nil, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	return out.String()
}

func TestCompareCases(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          compare.Result
	}{
		// The cases are of the same minutes of one machine: the second is no later.
		{"exhausted-leak-x64", "not-exhausted-busy", compare.Unclear},
		{"exhausted-leak-x64", "not-exhausted-lookalike", compare.Unclear},
		{"exhausted-leak-x64", "exhausted-leak-compressed", compare.Same},
		{"not-exhausted-busy", "exhausted-leak-x64", compare.Worse},
		{"exhausted-leak-x64", "inconclusive-only-4227", compare.Unclear},
		{"exhausted-leak-x64", "exhausted-udp-4266", compare.Worse},
	} {
		t.Run(tt.before+" "+tt.after, func(t *testing.T) {
			var c compare.Comparison
			if err := json.Unmarshal([]byte(compared(t, caseBundle(tt.before), caseBundle(tt.after), "--format", "json")), &c); err != nil {
				t.Fatal(err)
			}
			if c.Verdict != tt.want {
				t.Errorf("%s, want %s: %s", c.Verdict, tt.want, c.Summary)
			}
		})
	}
}

// Neither the workers nor folder against archive change a byte, and a saved
// verdict stands for its bundle.
func TestCompareIsDeterministic(t *testing.T) {
	before, after := caseBundle("exhausted-leak-x64"), caseBundle("not-exhausted-busy")
	data, err := os.ReadFile(before)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "before")
	if err := unzip(data, folder); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "verdict.json")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"analyze", "-q", "--exit-zero", after, "-o", saved}, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d\n%s", code, errs.String())
	}
	for _, format := range []string{"text", "json", "html"} {
		want := compared(t, before, after, "--format", format, "-j", "1")
		if got := compared(t, folder, saved, "--format", format, "-j", "8"); got != want {
			t.Errorf("%s differs:\n%s\nwant\n%s", format, got, want)
		}
		if format == "html" && (strings.Contains(want, "<script") || !strings.Contains(want, "default-src 'none'")) {
			t.Error("the page is not self-contained")
		}
	}
}
