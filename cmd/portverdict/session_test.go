package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portverdict/etl/etlgen"
	"portverdict/report"
)

// A session that began a second file. The first holds the create of a socket and
// its bind to a given port; the second its close, and then a refused bind of the same
// process, whose PID only the first file tells.
const sessionHeader = "-- trace --\nheader mode=8 cpus=1\n"

const sessionEvent = "  event64 provider=e53c6823-7bb8-44bb-90dc-3f86090d48a6 level=4 channel=16 pid=4 tid=8 "

const firstFile = sessionHeader + "buffer cpu=0 seq=1\n" +
	sessionEvent + "id=1000 time=+10 payload=u32:0,u32:1002,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:2,u32:1,u32:6,u64:4321,u32:0\n" +
	sessionEvent + "id=1030 time=+30 payload=u32:0,u32:7010,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:0,u32:16,u16:2,0000,00*12\n" +
	sessionEvent + "id=1030 time=+40 payload=u32:1,u32:7022,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:0,u32:16,u16:2,c000,0a000005,00*8\n"

const secondFile = sessionHeader + "buffer cpu=0 seq=SEQ\n" +
	sessionEvent + "id=1001 time=+150 payload=u32:1,u32:2001,u64:0xffff9b0000000080,u64:0xffff9a0000000200,u32:0\n" +
	sessionEvent + "id=1029 time=+170 payload=u32:1,u32:7023,u64:0xffff9b0000000080,u64:0xffff9a0000000400,u32:0xC0000209\n"

func writeTrace(t *testing.T, name, text string) {
	t.Helper()
	trace, err := etlgen.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	data, err := trace.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

func analyzeFolder(t *testing.T, dir string, want int) *report.Report {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"analyze", "--format", "json", dir}, nil, &stdout, &stderr)
	if code != want {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	r, err := report.ReadJSON(&stdout)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The files of one session are one trace, whatever they are called; the same files
// whose numbers do not go on are two.
func TestSessionOfSeveralFiles(t *testing.T) {
	for _, c := range []struct {
		name, seq string
		victim    report.PID
	}{
		{"one session", "2", 4321},
		{"a file is missing", "9", report.NoPID},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeTrace(t, filepath.Join(dir, "z.etl"), firstFile)
			writeTrace(t, filepath.Join(dir, "a.etl"), strings.Replace(secondFile, "SEQ", c.seq, 1))
			r := analyzeFolder(t, dir, exitExhausted)
			if len(r.Sources) != 2 || r.Sources[0].SHA256 == "" || r.Sources[1].SHA256 == "" {
				t.Fatalf("sources %+v", r.Sources)
			}
			if v := r.Verdict.Victims; len(v) != 1 || v[0].PID != c.victim || v[0].Failures != 1 {
				t.Errorf("victims %+v", v)
			}
			for _, e := range r.Evidence {
				if e.Fields["status"] == "0xC0000209" && e.Source != "a.etl" {
					t.Errorf("the refused bind is in a.etl, not in %s", e.Source)
				}
			}
		})
	}
}
