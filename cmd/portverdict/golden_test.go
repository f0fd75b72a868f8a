package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden again")

// goldenCases are the cases whose reports stand in testdata/golden in every format.
var goldenCases = []string{
	"exhausted-german-codepage", "exhausted-leak-x64", "exhausted-netstat-loop", "exhausted-udp-4266", "inconclusive-only-4227", "not-exhausted-busy",
}

// A change of a report is a change of its golden, so that it is seen and wanted.
// `make golden` writes them; the diff is to be read.
func TestGoldenReports(t *testing.T) {
	if *update && os.Getenv("CI") == "true" {
		t.Fatal("-update is for people: they read the diff")
	}
	for _, name := range goldenCases {
		t.Run(name, func(t *testing.T) {
			golden, dir := filepath.Join("..", "..", "testdata", "golden", name), t.TempDir()
			args := []string{"analyze", "-q", "--exit-zero", "--tz", "Etc/GMT-1", "--evidence-limit", "20", filepath.Join("..", "..", "testdata", "cases", name, "bundle.zip")}
			formats := []string{"html", "json", "ndjson", "md", "txt", "csv"}
			for _, f := range formats {
				args = append(args, "-o", filepath.Join(dir, "report."+f))
			}
			told(t, exitOK, args...)
			for _, f := range formats {
				got, err := os.ReadFile(filepath.Join(dir, "report."+f))
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Join(golden, "report."+f)
				if *update {
					if err := os.MkdirAll(golden, 0o777); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(name, got, 0o666); err != nil {
						t.Fatal(err)
					}
					continue
				}
				want, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if line, ok := firstDifference(string(got), string(want)); ok {
					t.Errorf("%s: %s\nif that is wanted: make golden", name, line)
				}
			}
		})
	}
}

// firstDifference tells of the first line that differs.
func firstDifference(got, want string) (string, bool) {
	if got == want {
		return "", false
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n got  %.300s\n want %.300s", i+1, a[i], b[i]), true
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b)), true
}
