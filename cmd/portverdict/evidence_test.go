package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"portverdict/report"
)

// shown is a line of `events --evidence ID --format ndjson`.
type shown struct {
	Source  string
	Offset  int64
	Record  int64
	Line    int
	Text    string
	Time    report.Time
	ID      int
	Fields  map[string]any
	Payload string
}

// evidenceBundles have rows of every kind between them.
var evidenceBundles = []struct {
	name  string
	given string // flags of the analysis; with --tz a table has a time
	// shapes is 3 where the bundle is tried as a folder, an archive and an archive in one.
	shapes int
}{
	{"exhausted-leak-compressed", "", 3},
	{"exhausted-netstat-loop", "--tz Etc/GMT-1", 3},
	{"exhausted-leak-x64", "--from 2026-03-10T09:01:00Z --to 2026-03-10T09:03:30.5Z", 3},
	{"inconclusive-server-side", "", 1},
	{"exhausted-close-wait", "", 1},
	{"inconclusive-counts-and-handles", "", 1},
	{"exhausted-excluded-range", "", 1},
	{"exhausted-registry", "", 1},
	{"inconclusive-program-errors", "", 1},
	{"saved", "--tz UTC", 3},
}

// A row of evidence of any kind can be printed from its bundle, whether that is a folder, an
// archive or an archive in one: the places are those the row names, and as many as it counts.
func TestEvidence(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range evidenceBundles {
		t.Run(b.name, func(t *testing.T) {
			dir := evidenceFolder(t, b.name)
			shapes := []string{dir, filepath.Join(t.TempDir(), "bundle.zip"), filepath.Join(t.TempDir(), "outer.zip")}
			zipFolder(t, shapes[1], dir)
			zipFolder(t, shapes[2], filepath.Dir(shapes[1]))
			if b.shapes == 1 {
				shapes = shapes[:1]
			}
			for _, shape := range shapes {
				args := append([]string{shape}, strings.Fields(b.given)...)
				var r report.Report
				if err := json.Unmarshal([]byte(stdoutOf(t, exitOK, append([]string{"analyze", "--exit-zero", "--format", "json"}, args...)...)), &r); err != nil {
					t.Fatal(err)
				}
				if said := stdoutOf(t, exitOK, append([]string{"analyze", "--exit-zero", "--format", "md"}, args...)...); strings.Contains(b.given, "--from") && !strings.Contains(said, " "+b.given) {
					t.Errorf("the report's commands are without %s", b.given)
				}
				for _, e := range someOfEachKind(&r) {
					if b.shapes > 1 || !seen[e.Kind] {
						checkPrinted(t, args, &e)
					}
					seen[e.Kind] = true
				}
			}
		})
	}
	for _, kind := range []string{
		"afd.bind", "etl.holder", "etl.trace", "evtx.4231", "eventtext.4231", "netstat.holder", "netstat.ending", "netstat.snapshot",
		"host.range", "host.excluded", "host.process", "host.registry", "host.error", "counts",
	} {
		if !seen[kind] {
			t.Errorf("no row of kind %s was printed", kind)
		}
	}
}

// evidenceFolder gives the bundle as a folder.
func evidenceFolder(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if name == "saved" { // two records in one line, and a record of several lines
		data := filepath.Join("..", "..", "evtx", "saved", "testdata")
		for _, file := range []string{"viewer-export.xml", "wevtutil-text.txt"} {
			if err := os.WriteFile(filepath.Join(dir, file), mustRead(t, filepath.Join(data, file)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	from := filepath.Join("..", "..", "testdata", "cases", name)
	var err error
	if z, openErr := zip.OpenReader(filepath.Join(from, "bundle.zip")); openErr == nil {
		defer z.Close()
		err = os.CopyFS(filepath.Join(dir, "b"), z)
	} else if _, openErr := os.Stat(filepath.Join(from, "bundle")); openErr == nil {
		err = os.CopyFS(filepath.Join(dir, "b"), os.DirFS(filepath.Join(from, "bundle")))
	} else {
		_, err = synthesize(t.Context(), filepath.Join(from, "recipe.yaml"), filepath.Join(dir, "b"), nil)
		_ = os.Remove(filepath.Join(dir, "b", "truth.json"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func zipFolder(t *testing.T, name, dir string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// someOfEachKind are the first rows of each kind.
func someOfEachKind(r *report.Report) []report.Evidence {
	var out []report.Evidence
	n := map[string]int{}
	for _, e := range r.Evidence {
		if n[e.Kind]++; n[e.Kind] == 1 {
			out = append(out, e)
		}
	}
	return out
}

// checkPrinted prints a row and compares what comes with what the row says of itself.
func checkPrinted(t *testing.T, bundle []string, e *report.Evidence) {
	t.Helper()
	var all []shown
	ports := map[string]bool{}
	for line := range strings.Lines(stdoutOf(t, exitOK, append([]string{"events", "--evidence", e.ID, "--format", "ndjson"}, bundle...)...)) {
		var p shown
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("%s: %v: %s", e.Kind, err, line)
		}
		all = append(all, p)
		ports[portOf(&p)] = true
	}
	if len(all) == 0 {
		t.Fatalf("%s %s prints nothing", e.Kind, e.ID)
	}
	first := all[0]
	bad := ""
	switch {
	case first.Source != e.Source:
		bad = "another file"
	case e.Kind == "etl.holder", e.Kind == "netstat.holder":
		if want, _ := strconv.Atoi(e.Fields["ports"]); len(ports) != want {
			bad = fmt.Sprintf("%d ports, not %d", len(ports), want)
		}
	case e.Kind == "netstat.ending":
		wait, _ := strconv.Atoi(e.Fields["time_wait"])
		closing, _ := strconv.Atoi(e.Fields["close_wait"])
		if len(all) != wait+closing {
			bad = fmt.Sprintf("%d lines", len(all))
		}
	case strings.HasPrefix(e.Kind, "netstat."):
		if rows, _ := strconv.Atoi(e.Fields["rows"]); len(all) < rows {
			bad = fmt.Sprintf("%d lines of %d rows", len(all), rows)
		}
	case e.Kind == "etl.trace":
		if len(all) < 10 {
			bad = fmt.Sprintf("%d events", len(all))
		}
	case strings.HasPrefix(e.Kind, "eventtext."):
		if first.Line != e.Line || !strings.Contains(e.Kind+first.Text+all[len(all)-1].Text, e.Fields["event_id"]) {
			bad = "another record"
		}
	case e.Line > 0:
		if len(all) != 1 || first.Line != e.Line || first.Text == "" {
			bad = "another line"
		}
	case len(all) != 1 || first.Offset != e.Offset || first.Record != e.Record || !first.Time.Equal(e.Time.Time) || first.Payload == "":
		bad = "another event, or without its bytes"
	}
	if bad != "" {
		t.Errorf("%s %s (%s): %s: %+v", e.Kind, e.ID, e.Text, bad, first)
	}
}

// portOf is the local port of an event or of a line of netstat.
func portOf(p *shown) string {
	address, _ := p.Fields["Address"].(string)
	if words := strings.Fields(p.Text); len(words) > 1 {
		address = words[1]
	}
	address, _, _ = strings.Cut(address, " ")
	return address[strings.LastIndex(address, ":")+1:]
}
