package hosttext

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// textTruth is what a composed text holds, as its writer tells it.
type textTruth struct {
	Why, Kind string
	Ranges    []Range
	Excluded  []Excluded
	Registry  map[string]uint32
	Processes []Process
	Counts    []struct {
		Name  string
		Count int
	}
	Host *struct {
		Name, Version string
		Offset        int `json:"offset_minutes"`
	}
}

// Every composed text gives the facts its writer put in, and a text of connection
// tables gives none but those.
func TestCorpus(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", "testdata", "texts", "*.truth.json"))
	if err != nil || len(names) < 100 {
		t.Fatalf("%d truths, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".truth.json"), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want textTruth
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(strings.TrimSuffix(name, ".truth.json"))
			if err != nil {
				t.Fatal(err)
			}
			kind, ok := Sniff(data)
			if mine := strings.HasPrefix(want.Kind, "hosttext."); mine && kind != want.Kind || !mine && ok && len(want.Ranges) == 0 {
				t.Errorf("told to be %q, want %s (%s)", kind, want.Kind, want.Why)
			}
			got, codes := readText(t, string(data))
			compareFacts(t, &got, &want)
			if codes != nil {
				t.Errorf("errors %v", codes)
			}
		})
	}
}

func compareFacts(t *testing.T, got *Facts, want *textTruth) {
	t.Helper()
	ranges := slices.Clone(got.Ranges)
	for i := range ranges {
		ranges[i].Line, ranges[i].Template = 0, ""
	}
	if d := cmp.Diff(want.Ranges, ranges); d != "" {
		t.Errorf("ranges %s", d)
	}
	excluded := slices.Clone(got.Excluded)
	for i := range excluded {
		excluded[i] = Excluded{Transport: excluded[i].Transport, Start: excluded[i].Start, End: excluded[i].End}
	}
	if d := cmp.Diff(want.Excluded, excluded); d != "" {
		t.Errorf("excluded %s", d)
	}
	processes := slices.Clone(got.Processes)
	for i := range processes {
		if processes[i].Line < 1 {
			t.Errorf("process without a line: %+v", processes[i])
		}
		processes[i].Line, processes[i].EPROCESS = 0, 0
	}
	if d := cmp.Diff(want.Processes, processes); d != "" {
		t.Errorf("processes %s", d)
	}
	registry := map[string]uint32{}
	for _, r := range got.Registry {
		registry[r.Name] = r.Value
	}
	if d := cmp.Diff(want.Registry, registry); d != "" && len(want.Registry)+len(registry) > 0 {
		t.Errorf("registry %s", d)
	}
	if want.Kind == "hosttext.handles" && len(want.Counts) > 0 {
		total, types := 0, map[string]int{}
		for _, c := range want.Counts {
			if c.Name != "Total handles" {
				types[c.Name] += c.Count
				total += c.Count
			}
		}
		if len(got.Handles) != 1 || got.Handles[0].Total != total || !cmp.Equal(got.Handles[0].Types, types) {
			t.Errorf("handles %+v, want %d of %v", got.Handles, total, types)
		}
	}
	switch {
	case want.Host == nil && got.Host != nil:
		t.Errorf("host %+v", got.Host)
	case want.Host != nil && (got.Host == nil || got.Host.Name != want.Host.Name || got.Host.Version != want.Host.Version ||
		got.Host.Offset == nil || *got.Host.Offset != time.Duration(want.Host.Offset)*time.Minute || got.Host.Build != 17763):
		t.Errorf("host %+v, want %+v", got.Host, want.Host)
	}
}
