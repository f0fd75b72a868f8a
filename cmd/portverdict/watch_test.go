package main

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"portverdict/cmd/internal/watch"
	"portverdict/etl"
)

// tableMachine has one leaking process and a session without events.
func tableMachine() (*watch.Machine, error) {
	return &watch.Machine{
		Name: "SECRET-HOST", Build: 17763, Now: func() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) },
		Ranges: func() []byte { return nil }, Processes: func() []byte { return nil },
		Table: func() (watch.Table, error) {
			t := watch.Table{At: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC), Bound: true, Images: map[uint32]string{4242: "leaky.exe"}}
			for i := range 16000 {
				t.Rows = append(t.Rows, watch.Row{Local: netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(49152+i)), Remote: netip.AddrPortFrom(netip.IPv4Unspecified(), 0), PID: 4242})
			}
			return t, nil
		},
		Session: func(ctx context.Context, started func(), _ func(*etl.Event, error)) error {
			started()
			<-ctx.Done()
			return nil
		},
		Lost: func() (int, int, error) { return 0, 0, nil },
	}, nil
}

// watchProgram is a watch of that machine, as a program of its own.
func watchProgram() {
	os.Exit(guarded(func(ctx context.Context, _ io.Reader) int {
		cmd := newWatch(tableMachine)
		root := newRoot()
		root.RemoveCommand(root.Commands()...)
		root.AddCommand(cmd)
		return execute(ctx, root, os.Args[1:], strings.NewReader(""), os.Stdout, os.Stderr)
	}))
}

func runWatch(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = watchInto(t, &out, &errs, args...)
	return code, out.String(), errs.String()
}

func watchInto(t *testing.T, stdout, stderr io.Writer, args ...string) int {
	root := newRoot()
	for _, c := range root.Commands() {
		if c.Name() == "watch" {
			root.RemoveCommand(c)
		}
	}
	root.AddCommand(newWatch(tableMachine))
	return execute(t.Context(), root, append([]string{"watch", "--duration", "1ns"}, args...), strings.NewReader(""), stdout, stderr)
}

// A watch ends with its report: files as analyze writes them, the outcome as exit code.
func TestAWatchWritesItsReport(t *testing.T) {
	name := filepath.Join(t.TempDir(), "r.json")
	code, stdout, stderr := runWatch(t, "-o", name)
	if code != exitLikely || !strings.Contains(stdout, `"type":"alarm"`) || !strings.Contains(stdout, `"reason":"duration","outcome":"likely"`) {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	if data := string(mustRead(t, name)); !strings.Contains(data, `"leaky.exe"`) || !strings.Contains(data, `"live/tables.txt"`) || !strings.Contains(data, "SECRET-HOST") {
		t.Errorf("the report: %.2000s", data)
	}
	if !strings.Contains(stderr, "portverdict: wrote "+name+"\n") {
		t.Errorf("the file is not told: %s", stderr)
	}
	if code, _, _ := runWatch(t, "-o", name); code != exitUsage {
		t.Errorf("written over without --force: %d", code)
	}
	code, stdout, stderr = runWatch(t, "-o", name, "--force", "--redact", "--exit-zero")
	if all := stdout + stderr + string(mustRead(t, name)); code != exitOK || strings.Contains(all, "SECRET-HOST") {
		t.Errorf("%d, the host's name is told", code)
	}
}

// Lines that nobody got are a failure.
func TestAWatchWithAFullStdout(t *testing.T) {
	_, all, _ := runWatch(t)
	for _, room := range []int{0, 10, len(all) - 1} {
		var stderr bytes.Buffer
		if code := watchInto(t, &full{room}, &stderr); code != exitFailed || !strings.Contains(stderr.String(), "cannot write to stdout: no space left on device") {
			t.Errorf("room for %d bytes: %d, %s", room, code, &stderr)
		}
	}
}

// The first signal ends a watch with its report, the second cuts it off.
func TestSignalsOfAWatch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a signal cannot be sent here")
	}
	name := filepath.Join(t.TempDir(), "r.json")
	r, w := io.Pipe()
	s := startProgram(t, "watchprogram", w, io.Discard, "watch", "-o", name, "--interval", "1h")
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil { // the first look
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := s.Wait()
	if code := s.ProcessState.ExitCode(); code != exitLikely {
		t.Errorf("ended with %d, %v: %s", code, err, s.stderr.String())
	}
	if data := mustRead(t, name); !bytes.Contains(data, []byte(`"leaky.exe"`)) {
		t.Errorf("the report: %.500s", data)
	}
}

// A second signal, while the watch does not end, cuts it off.
func TestASecondSignalCutsAWatchOff(t *testing.T) {
	r, w := io.Pipe()
	s := startProgram(t, "stuckwatch", w, io.Discard, "watch")
	if _, err := io.ReadFull(r, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, len("asked\n"))); err != nil {
		t.Fatal(err)
	}
	// It says that it was interrupted on its own.
	if err := s.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if _ = s.Wait(); s.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("cut off with %d", s.ProcessState.ExitCode())
	}
}

// stuckWatch hears that it is asked to end, says so, and does not.
func stuckWatch() {
	os.Exit(guarded(func(ctx context.Context, _ io.Reader) int {
		os.Stdout.WriteString("ready\n")
		<-asked(ctx)
		os.Stdout.WriteString("asked\n")
		<-ctx.Done()
		return exitInterrupted
	}))
}
