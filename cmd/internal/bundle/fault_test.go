package bundle

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A fault while a file is recognised costs that file; where it lies changes nothing.
func TestFaultOfRecognition(t *testing.T) {
	const odd = "the content that shows the fault"
	texts := map[string]string{"a/notes.txt": "of no known kind", "a/odd.txt": odd}
	dir, packed := t.TempDir(), &bytes.Buffer{}
	z := zip.NewWriter(packed)
	for name, text := range texts {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	sniff := func(head []byte) string {
		if string(head) == odd {
			panic("index out of range")
		}
		return Kind(head)
	}
	for what, gather := range map[string]func(*loader) error{
		"folder":  func(l *loader) error { return l.roots([]string{dir}) },
		"archive": inMemory("x.zip", bytes.NewReader(packed.Bytes()), int64(len(packed.Bytes()))),
	} {
		b, err := load(t.Context(), Options{Jobs: 1}, defaultLimits, func(l *loader) error {
			l.kind = sniff
			err := gather(l)
			l.endRoot()
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer b.Close()
		if len(b.Inputs) != 2 || b.Inputs[0].Fault != nil || b.Inputs[1].Fault == nil {
			t.Fatalf("%s: %+v", what, b.Inputs)
		}
		in := b.Inputs[1]
		if !strings.HasSuffix(in.Path, "odd.txt") || in.Kind != kindUnknown || in.Fault.Value != "index out of range" || !strings.Contains(in.Fault.Stack, "fault_test.go") {
			t.Errorf("%s: %+v", what, in)
		}
		if len(b.Diagnostics) != 1 || !strings.HasSuffix(b.Diagnostics[0].Source, "notes.txt") {
			t.Errorf("%s: %+v", what, b.Diagnostics)
		}
	}
}
