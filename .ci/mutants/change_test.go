package main

import (
	"errors"
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
	all, err := mutantsOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.what)
		if text := string(edited(m.source, 0, len(m.source), m.edit)); text == source || len(text) < len(source)-20 {
			t.Errorf("%s: %s", m.what, text)
		}
	}
	for _, want := range []string{"max  ->  min", "3  ->  4", "a >= 7  ->  >", "a >= 7 && !g()  ->  ||", "!g()  ->  ", "if a >= 7 && !g()  ->  !(a >= 7 && !g())", "true  ->  false", "a = max(a, 3)  ->  "} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
}

// A file with its mutants compiles, says what it said, and says another thing where one is on.
func TestWoven(t *testing.T) {
	const source = `package p

type list[T any] []T

func (l list[T]) first(_ int, more ...T) (out T) {
	if len(l) == 0 {
		return more[0]
	}
	return l[0]
}

func least[K comparable](seen map[K]int, _ K, key K) int { return min(seen[key], 5) }

func waits() int {
	c := make(chan int, 1)
	if len(c) < 1 {
		c <- 6
	}
	return <-c
}

func (*thing) count(n int) { total += n * 2 }

type thing struct{}

var total int
`
	const ask = `package p

import (
	"fmt"
	"testing"
)

func Test(t *testing.T) {
	new(thing).count(4)
	if got := fmt.Sprint(list[int]{1, 2}.first(0, 7), least(map[string]int{"a": 3}, "b", "a"), total, waits()); got != "1 3 8 6" {
		t.Error(got)
	}
}
`
	root := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module portverdict\n\ngo 1.26\n", "p/p.go": source, "p/p_test.go": ask} {
		name = filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	drawn, err := mutantsOf(filepath.Join(root, "p"))
	if err != nil {
		t.Fatal(err)
	}
	*whole = false
	try, in, err := newTrial(t.Context(), root, "p", t.TempDir(), drawn)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]result{
		"len(l) == 0  ->  !=": caught, "min  ->  max": caught, "n * 2  ->  /": caught, "5  ->  6": survived, "total += n * 2  ->  ": caught,
		"if len(c) < 1  ->  !(len(c) < 1)": caught,
	}
	for i, m := range drawn {
		got, _, err := try.try(t.Context(), i+1, m, in[i+1] != nil)
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := want[m.what]; ok && got != w {
			t.Errorf("%s: %d, want %d", m, got, w)
		}
		delete(want, m.what)
	}
	if len(want) > 0 {
		t.Errorf("not tried: %v", want)
	}
}
