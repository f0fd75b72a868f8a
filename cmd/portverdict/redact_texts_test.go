package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/cmd/internal/synth"
	"portverdict/report"
	"portverdict/report/redact"
)

// Our own words name no one: where a bundle tells of a host only, nothing else is
// replaced.
func TestOurWordsAreNotRedacted(t *testing.T) {
	key := []byte("a key of the test")
	for _, name := range goldenCases {
		r, _, err := analyzeQuietly(context.Background(), []string{"--tz", "Etc/GMT-1", filepath.Join("..", "..", "testdata", "cases", name, "bundle.zip")})
		if err != nil {
			t.Fatal(err)
		}
		red, err := redact.New(key)
		if err != nil {
			t.Fatal(err)
		}
		red.Report(r)
		for _, c := range red.Counts() {
			// The two addresses are those of an endpoint that ran out towards another.
			if c.Kind != redact.Host && c.Kind != redact.IP4 && c.Kind != redact.Hash || c.Kind == redact.Host && c.Different != 1 {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
	red, err := redact.New(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range report.FindingRows() {
		var b bytes.Buffer
		if code := run(context.Background(), []string{"explain", e.ID}, nil, &b, &b); code != exitOK {
			t.Fatal(b.String())
		}
		if got := red.Text(b.String()); got != b.String() {
			t.Errorf("%s becomes\n%s", e.ID, got)
		}
	}
}

// A text that was redacted is still what it was: its tables are read and give the same
// verdict, so a bundle of such texts is good for a regression case. Only what rests on
// the addresses is lost: a name is not known to be the same peer twice.
func TestRedactedTextsGiveTheSameVerdict(t *testing.T) {
	compared, wanted := 0, 10
	if testing.Short() {
		wanted = 3
	}
	for seed := uint64(1); compared < wanted; seed++ {
		r := synth.Random(seed)
		if len(r.Tables) == 0 {
			continue
		}
		compared++
		r.Trace = nil
		r.Log = nil
		dir := t.TempDir()
		if _, err := r.Write(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		want := essence(t, r.Host.Zone, filepath.Join(dir, "bundle"))
		files, err := filepath.Glob(filepath.Join(dir, "bundle", "*"))
		if err != nil {
			t.Fatal(err)
		}
		changed := 0
		for _, name := range files {
			out := filepath.Join(dir, "redacted", filepath.Base(name))
			if err := os.MkdirAll(filepath.Dir(out), 0o777); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			if code := run(context.Background(), []string{"redact", name, "-o", out}, nil, &stdout, &stderr); code != exitOK {
				t.Fatal(stderr.String())
			}
			if !strings.Contains(stderr.String(), "nothing") {
				changed++
			}
		}
		if changed == 0 {
			t.Errorf("seed %d: nothing was replaced", seed)
		}
		if d := cmp.Diff(want, essence(t, r.Host.Zone, filepath.Join(dir, "redacted"))); d != "" {
			t.Errorf("seed %d (-plain +redacted):\n%s", seed, d)
		}
	}
}

// essence is what a verdict says that must not depend on names.
func essence(t *testing.T, zone, bundle string) []string {
	t.Helper()
	r, _, err := analyzeQuietly(context.Background(), []string{"--tz", zone, bundle})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{string(r.Verdict.Outcome) + " " + string(r.Verdict.Confidence)}
	for _, h := range r.Verdict.Holders {
		out = append(out, fmt.Sprintf("holder %d %s %d ports, %d orphans", h.PID, h.Image, h.Ports, h.OrphanBound))
	}
	for _, f := range r.Findings {
		if f.ID != "tuple-exhaustion" {
			out = append(out, fmt.Sprintf("%s %d", f.ID, f.Count))
		}
	}
	for _, d := range r.Diagnostics {
		if d.Severity != "note" {
			out = append(out, fmt.Sprintf("%s %d", d.Code, d.Count))
		}
	}
	return append(out, decoded(r)...)
}

func decoded(r *report.Report) []string {
	var out []string
	for _, s := range r.Sources {
		out = append(out, fmt.Sprintf("%s %s %d", s.Path, s.Kind, s.Decoded))
	}
	return out
}
