package main

import (
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestChanges(t *testing.T) {
	dir := t.TempDir()
	source := "package p\n\nfunc f(a int) bool {\n\ta = max(a, 3)\n\tif a >= 7 && !g() {\n\t\treturn true\n\t}\n\treturn false\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := mutantsOf(dir, token.NewFileSet())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.what)
		if text := string(m.text()); text == source || len(text) < len(source)-20 {
			t.Errorf("%s: %s", m.what, text)
		}
	}
	for _, want := range []string{"max  ->  min", "3  ->  4", "a >= 7  ->  >", "a >= 7 && !g()  ->  ||", "!g()  ->  ", "if a >= 7 && !g()  ->  !(a >= 7 && !g())", "true  ->  false", "a = max(a, 3)  ->  "} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
}
