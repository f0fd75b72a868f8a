package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/cmd/internal/listing"
)

// samples is the folder of the shared samples, which are read in place and may
// be absent.
func samples(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(append([]string{"..", "..", "..", "shared", "samples"}, parts...)...)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("samples not present: %v", err)
	}
	return dir
}

// The counts of every real trace are those an independent reader found.
func TestInfoCountsOfRealTraces(t *testing.T) {
	traces, err := filepath.Glob(filepath.Join(samples(t, "etl", "real"), "*.etl"))
	if err != nil || len(traces) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	for _, trace := range traces {
		name := strings.TrimSuffix(filepath.Base(trace), ".etl")
		t.Run(name, func(t *testing.T) {
			var want struct {
				Counts map[string]int `json:"counts"`
			}
			data, err := os.ReadFile(filepath.Join(samples(t, "etl", "expected"), name+".counts.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want.Counts, infoCounts(t, trace)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// infoCounts runs info and gives its counts under the names of the samples.
func infoCounts(t *testing.T, trace string) map[string]int {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"info", "--format", "json", trace}, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	var got struct {
		Sources []struct {
			Decoded   int                `json:"decoded"`
			Providers []listing.Provider `json:"providers"`
		} `json:"sources"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, p := range got.Sources[0].Providers {
		for _, e := range p.Events {
			key := p.Name
			switch p.Kind {
			case "event":
				key = fmt.Sprintf("%s/%d/v%d", p.Provider, e.ID, e.Version)
			case "classic":
				key = fmt.Sprintf("%s/op%d/v%d", p.Provider, e.Opcode, e.Version)
			case "kernel":
				key = fmt.Sprintf("hook:%s/v%d", e.Hook, e.Version)
			case "wpp":
				key = fmt.Sprintf("wpp:%s/%d", p.Provider, e.ID)
			}
			counts[key] += e.Count
		}
	}
	return counts
}

// Of the events of the real traces most have a name and fields, and what is not decoded
// is counted alike where events are counted and where they are listed.
func TestKnownShareOfRealTraces(t *testing.T) {
	traces, err := filepath.Glob(filepath.Join(samples(t, "etl", "real"), "*.etl"))
	if err != nil || len(traces) == 0 {
		t.Fatalf("no traces: %v", err)
	}
	var all listing.Known
	for _, trace := range traces {
		var info, events, stderr bytes.Buffer
		for out, args := range map[*bytes.Buffer][]string{
			&info: {"info", "--format", "json", trace}, &events: {"events", "--format", "ndjson", trace},
		} {
			if code := run(context.Background(), args, nil, out, &stderr); code != exitOK {
				t.Fatalf("%v: exit code %d: %s", args, code, &stderr)
			}
		}
		var got struct {
			Sources []struct {
				Known listing.Known `json:"known"`
			} `json:"sources"`
		}
		if err := json.Unmarshal(info.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		known := got.Sources[0].Known
		if listed := knownRows(t, &events); known != listed {
			t.Errorf("%s: info counts %+v, events lists %+v", filepath.Base(trace), known, listed)
		}
		all.Events, all.Named, all.Fields = all.Events+known.Events, all.Named+known.Named, all.Fields+known.Fields
	}
	if all.Named*100 < 95*all.Events || all.Fields*100 < 95*all.Events {
		t.Errorf("of %d events %d have a name and %d have fields", all.Events, all.Named, all.Fields)
	}
}

func knownRows(t *testing.T, rows *bytes.Buffer) listing.Known {
	t.Helper()
	var known listing.Known
	for line := range bytes.Lines(rows.Bytes()) {
		var row struct {
			Kind, Name string
			Payload    *string
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		known.Events++
		if row.Name != "" && row.Kind != "other" {
			known.Named++
		}
		if row.Payload == nil {
			known.Fields++
		}
	}
	return known
}
