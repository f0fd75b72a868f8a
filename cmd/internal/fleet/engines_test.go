package fleet

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

var engines = flag.String("engines", "", "query a lake with these engines, duckdb or chdb, joined by commas; needs node and what .ci has for them")

// queries are asked of every engine and format; the answers are compared.
var queries = []string{
	"SELECT count(*) FROM bundles",
	"SELECT path, outcome, error, holder, size FROM bundles ORDER BY path",
	"SELECT count(*), sum(ports) FROM holders",
	"SELECT image, bundles, machines, most_ports FROM top_holders",
	"SELECT cause, outcome, bundles, machines FROM causes",
	"SELECT os_build, holder, bundles FROM first_seen_build",
	"SELECT host, bundles, paths FROM repeat_hosts",
	"SELECT path, version_before, version_after, outcome_before, outcome_after FROM verdict_changes",
	"SELECT count(*) FROM findings WHERE first_time = '2026-03-10 09:00:00.123456789'",
	"SELECT count(*) FROM evidence WHERE pid = 7 AND line = 7",
	"SELECT count(*) FROM windows, diagnostics, sources, pools, victims WHERE windows.bundle = diagnostics.bundle AND windows.bundle = sources.bundle AND windows.bundle = pools.bundle AND windows.bundle = victims.bundle",
}

// Engines that are not ours find in a lake what it holds, in either format, in one run
// or in shards with what killed writers left behind.
func TestLakeInEngines(t *testing.T) {
	if *engines == "" {
		t.Skip("no -engines: the views are not tried in an engine; make lake runs this")
	}
	dir, whole, parts := bundlesIn(t, hundred()), t.TempDir(), t.TempDir()
	run(t, runnerIn(whole), dir)
	for i := range 4 {
		r := runnerIn(parts)
		r.Shard = Shard{i, 4}
		run(t, r, dir)
	}
	leaveHalf(t, parts)
	var first []string
	for engine := range strings.SplitSeq(*engines, ",") {
		for _, format := range Formats {
			for _, lake := range []string{whole, parts} {
				got := ask(t, engine, format, lake)
				if first == nil {
					first = got
					t.Log(strings.Join(got, "\n"))
				}
				if d := cmp.Diff(first, got); d != "" {
					t.Errorf("%s, %s\n%s", engine, format, d)
				}
			}
		}
	}
	for i, q := range queries {
		if empty := first[i] == "[]"; empty != strings.Contains(q, "verdict_changes") {
			t.Errorf("%s gives %s", q, first[i])
		}
	}

	// Another version that judges one bundle otherwise.
	r := runnerIn(whole)
	r.Version = "2"
	r.Analyze = func(ctx context.Context, file string) (*report.Report, error) {
		rep, err := told(ctx, file)
		if err == nil && filepath.Base(file) == "ticket-001" {
			rep.Verdict.Outcome = report.Likely
		}
		return rep, err
	}
	run(t, r, dir)
	for engine := range strings.SplitSeq(*engines, ",") {
		if got := ask(t, engine, "parquet", whole)[7]; got != `[["ticket-001","1","2","exhausted","likely"]]` {
			t.Errorf("%s: changed verdicts: %s", engine, got)
		}
	}
}

// leaveHalf leaves what a killed writer would: a file that was being written, and a part
// whose bundles never came.
func leaveHalf(t *testing.T, lake string) {
	t.Helper()
	for _, name := range []string{
		"bundles/" + tempPrefix + "part-0of4-1", "findings/part-3of4-0000000000000000.ndjson", "evidence/" + tempPrefix + "part-0of4-2",
	} {
		text := ""
		if strings.HasPrefix(name, "findings") {
			row, _ := json.Marshal(FindingRow{ID: ID{"none", "1", "s"}, Evidence: []string{}, RestsOn: []string{}})
			text = string(row) + "\n"
		}
		if err := os.WriteFile(filepath.Join(lake, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// ask gives the answers of an engine, a line each, in one spelling.
func ask(t *testing.T, engine, format, lake string) []string {
	t.Helper()
	dialect := map[string]string{"duckdb": "duckdb", "chdb": "clickhouse"}[engine]
	file := filepath.Join(t.TempDir(), "views.sql")
	if err := os.WriteFile(file, []byte(SQL(dialect, format, lake)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"../../../.ci/" + engine + "/query.mjs", file}, queries...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s, %s: %v", engine, format, err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, spelled(t, line))
	}
	if len(lines) != len(queries) {
		t.Fatalf("%s: %d answers", engine, len(lines))
	}
	return lines
}

// spelled writes integers as digits, whether an engine says them as numbers or texts.
func spelled(t *testing.T, line string) string {
	t.Helper()
	var rows [][]any
	dec := json.NewDecoder(strings.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&rows); err != nil {
		t.Fatal(line, err)
	}
	for _, r := range rows {
		for i := range r {
			if n, ok := r[i].(json.Number); ok {
				r[i] = n.String()
			}
		}
	}
	if len(rows) == 0 {
		return "[]"
	}
	out, _ := json.Marshal(rows)
	return string(out)
}
