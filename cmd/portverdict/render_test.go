package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portverdict/cmd/internal/wish"
)

// A report rendered again from its JSON is the direct one, byte for byte, in every
// format.
func TestRenderEqualsDirect(t *testing.T) {
	bundles, err := filepath.Glob(filepath.Join("..", "..", "testdata", "cases", "*", "bundle.zip"))
	if err != nil || len(bundles) < 6 {
		t.Fatalf("%d bundles, %v", len(bundles), err)
	}
	formats := []string{"html", "json", "ndjson", "md", "txt", "csv"}
	for _, bundle := range bundles {
		t.Run(filepath.Base(filepath.Dir(bundle)), func(t *testing.T) {
			dir := t.TempDir()
			write := func(base string, args ...string) {
				t.Helper()
				args = append(args, "-q")
				for _, format := range formats {
					args = append(args, "-o", filepath.Join(dir, base+"."+format))
				}
				var stderr bytes.Buffer
				if code := run(context.Background(), args, nil, &bytes.Buffer{}, &stderr); code != exitOK {
					t.Fatalf("exit code %d: %s", code, &stderr)
				}
			}
			write("direct", "analyze", "--exit-zero", "--tz", "Etc/GMT-1", bundle)
			write("again", "render", filepath.Join(dir, "direct.json"))
			for _, format := range formats {
				direct, err := os.ReadFile(filepath.Join(dir, "direct."+format))
				if err != nil {
					t.Fatal(err)
				}
				again, err := os.ReadFile(filepath.Join(dir, "again."+format))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(direct, again) {
					t.Errorf("%s differs", format)
				}
			}
		})
	}
}

// A verdict.json that is too large is refused before it is read: the file is sparse.
func TestTooLargeVerdict(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "v.json")
	told(t, exitOK, "demo", "-q", "-o", name)
	if err := os.Truncate(name, wish.MaxVerdict+1); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"render", name}, {"compare", name, name}} {
		if said := told(t, exitFailed, args...); !strings.Contains(said, "it is larger than 67108864 bytes") {
			t.Errorf("%v: %s", args, said)
		}
	}
}
