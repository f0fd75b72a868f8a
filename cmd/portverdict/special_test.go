//go:build unix

package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Opening a pipe waits for who writes it, and a device may never end: each is refused
// wherever a file is named, and stepped over in a folder.
func TestPipesDevicesAndSockets(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	pipe, socket := filepath.Join(dir, "pipe.txt"), filepath.Join(dir, "socket.txt")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skipf("no sockets here: %v", err)
	}
	defer l.Close()
	bundle := demoFolder(t)
	etl, verdict := filepath.Join(bundle, "Server.etl"), filepath.Join(out, "v.json")
	told(t, exitOK, "demo", "-q", "-o", verdict)
	for name, what := range map[string]string{pipe: "a pipe", socket: "a socket", "/dev/zero": "a device"} {
		for _, args := range [][]string{
			{"analyze", name},
			{"analyze", bundle, name},
			{"analyze", bundle, "--redact", "--redact-key", name},
			{"info", name},
			{"info", bundle, "--manifest", name},
			{"events", name},
			{"events", etl, "--manifest", name},
			{"export", name, "-o", filepath.Join(out, "x.pcapng")},
			{"compare", name, bundle},
			{"compare", verdict, name},
			{"render", name},
			{"redact", name, "-o", filepath.Join(out, "x.txt")},
			{"redact", verdict, "-o", filepath.Join(out, "x.txt"), "--redact-key", name},
			{"synth", name, "-o", filepath.Join(out, "x")},
			{"regress", name},
		} {
			if said := soonTold(t, exitFailed, args); !strings.Contains(said, "cannot read "+name+": it is "+what) {
				t.Errorf("%v: %s", args, said)
			}
		}
		for _, args := range [][]string{
			{"analyze", bundle, "-o", name},
			{"demo", "-o", name},
			{"render", verdict, "-o", name},
			{"compare", verdict, verdict, "-o", name},
			{"redact", verdict, "-o", name},
			{"regress", filepath.Dir(verdict), "--junit", name},
			{"export", etl, "-o", name},
		} {
			if said := soonTold(t, exitUsage, append(args, "--force")); !strings.Contains(said, "it is "+what) && !strings.Contains(said, "the extension") {
				t.Errorf("%v: %s", args, said)
			}
		}
	}
	if said := soonTold(t, exitFailed, []string{"analyze", dir}); !strings.Contains(said, "nothing here can show") {
		t.Errorf("%s", said)
	}
}

// soonTold runs the program, which must not wait for anybody.
func soonTold(t *testing.T, want int, args []string) string {
	t.Helper()
	var out bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- run(context.Background(), args, nil, &out, &out) }()
	select {
	case code := <-done:
		if code != want {
			t.Errorf("%v: exit code %d, want %d", args, code, want)
		}
		return out.String()
	case <-time.After(hung):
		t.Fatalf("%v: it waits", args)
		return ""
	}
}

// The files of a case that are pipes fail the case and hold nothing up.
func TestPipesInACase(t *testing.T) {
	const head = "schema: 1\nid: one\nwhy: a pipe\nprovenance: {kind: synthetic, recipe: recipe.yaml, seed: 1}\nexpect: {outcome: exhausted}\n"
	for _, c := range []struct{ pipe, text string }{
		{"case.yaml", ""}, {"recipe.yaml", head}, {"bundle.zip", head}, {"expected/verdict.json", head + "golden: [verdict.json]\n"},
	} {
		dir := t.TempDir()
		one := filepath.Join(dir, "one")
		if err := os.MkdirAll(filepath.Join(one, "expected"), 0o700); err != nil {
			t.Fatal(err)
		}
		if c.text != "" {
			if err := os.WriteFile(filepath.Join(one, "case.yaml"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(c.pipe, "expected") {
			if err := os.WriteFile(filepath.Join(one, "bundle.zip"), demoZip, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Mkfifo(filepath.Join(one, c.pipe), 0o600); err != nil {
			t.Skipf("no pipes here: %v", err)
		}
		if said := soonTold(t, exitCases, []string{"regress", dir}); !strings.Contains(said, "it is a pipe") {
			t.Errorf("%s: %s", c.pipe, said)
		}
	}
}
