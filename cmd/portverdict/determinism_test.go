package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// outputs runs analyze and gives the bytes of verdict.json and report.html.
func outputs(t *testing.T, args ...string) (string, string) {
	t.Helper()
	dir := t.TempDir()
	names := []string{filepath.Join(dir, "v.json"), filepath.Join(dir, "r.html")}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), append([]string{"analyze", "-q", "-o", names[0], "-o", names[1]}, args...), nil, &stdout, &stderr)
	if code != exitExhausted || stdout.Len() > 0 {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, &stdout, &stderr)
	}
	var out [2]string
	for i, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(data)
	}
	return out[0], out[1]
}

// The same bytes give the same bytes: whatever the workers, the order of the
// paths, folder or archive, and the machine's zone.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	folder, archive := filepath.Join(dir, "leakx"), filepath.Join(dir, "x.zip")
	if err := unzip(demoZip, folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive, demoZip, 0o666); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v", files, err)
	}
	wantJSON, wantHTML := outputs(t, folder)
	same := func(t *testing.T, args ...string) {
		t.Helper()
		gotJSON, gotHTML := outputs(t, args...)
		if gotJSON != wantJSON {
			t.Error("verdict.json differs")
		}
		if gotHTML != wantHTML {
			t.Error("report.html differs")
		}
	}
	t.Run("again", func(t *testing.T) { same(t, folder) })
	t.Run("j1", func(t *testing.T) { same(t, folder, "-j", "1") })
	t.Run("j4", func(t *testing.T) { same(t, folder, "-j", "4") })
	t.Run("zip", func(t *testing.T) { same(t, archive) })
	t.Run("twice", func(t *testing.T) {
		there, _ := outputs(t, folder, archive)
		back, _ := outputs(t, archive, folder)
		if there != back {
			t.Error("the order of folder and archive shows")
		}
	})
	t.Run("files", func(t *testing.T) {
		slices.Reverse(files)
		same(t, files...)
	})
	t.Run("zone", func(t *testing.T) {
		zone := time.Local
		defer func() { time.Local = zone }()
		time.Local = time.FixedZone("elsewhere", 5*3600+1800)
		t.Setenv("TZ", "Asia/Kathmandu")
		same(t, folder)
	})
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"demo"}, nil, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 || stdout.Len() > 0 {
		t.Errorf("left behind %v, %v; stdout %q", left, err, &stdout)
	}
}
