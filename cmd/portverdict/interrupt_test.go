package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"portverdict/cmd/internal/wish"
	"portverdict/etl/etlgen"
	"portverdict/report"
)

// hung is when a program is taken for one that never ends. What it is interrupted in
// would take longer.
const hung = 3 * time.Minute

// started is the real program, running, with a temp folder of its own.
type started struct {
	*exec.Cmd
	t      *testing.T
	temp   string
	stderr bytes.Buffer
}

func start(t *testing.T, stdout io.Writer, stderr io.Writer, args ...string) *started {
	t.Helper()
	return startProgram(t, "portverdict", stdout, stderr, args...)
}

func startProgram(t *testing.T, name string, stdout io.Writer, stderr io.Writer, args ...string) *started {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a signal cannot be sent here")
	}
	s := &started{Cmd: exec.Command(name, args...), t: t, temp: t.TempDir()}
	s.Env = append(os.Environ(), "TMPDIR="+s.temp)
	s.Stdout, s.Stderr = stdout, io.MultiWriter(&s.stderr, stderr)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Process.Kill() })
	return s
}

// interrupted sends the signal and wants a clean end.
func (s *started) interrupted(sig os.Signal) {
	s.t.Helper()
	if err := s.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	end := time.AfterFunc(hung, func() { _ = s.Process.Kill() })
	err := s.Wait()
	end.Stop()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		s.t.Errorf("ended with %v", err)
	}
	var told []string
	for line := range strings.Lines(s.stderr.String()) {
		if !strings.HasPrefix(line, "  ") || strings.HasSuffix(line, " read\n") { // how far it is, and that is not the end
			told = append(told, line)
		}
	}
	if !slices.Equal(told, []string{"portverdict: interrupted\n"}) {
		s.t.Errorf("it said %q", told)
	}
	s.empty(s.temp)
}

// empty wants that a folder holds these files and no others.
func (s *started) empty(dir string, but ...string) {
	s.t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(but, e.Name()) {
			s.t.Errorf("left behind: %s", e.Name())
		}
	}
}

// first tells when the first bytes came.
type first chan struct{}

func (f first) Write(p []byte) (int, error) {
	select {
	case f <- struct{}{}:
	default:
	}
	return len(p), nil
}

// sparseText is a text that takes an hour to read and no room on the disk: a table and
// then nothing but zeros.
func sparseText(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "netstat.txt")
	table := "\nActive Connections\n\n  Proto  Local Address          Foreign Address        State           PID\n" +
		"  TCP    10.0.0.5:49152         10.0.0.9:443           ESTABLISHED     4242\n"
	if err := os.WriteFile(name, []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 4<<40); err != nil {
		t.Skipf("no large file can be made: %v", err)
	}
	return name
}

func TestInterruptReading(t *testing.T) {
	text := sparseText(t)
	other := filepath.Join(t.TempDir(), "case")
	for _, c := range []struct {
		name string
		sig  os.Signal
		args []string
	}{
		{"analyze", os.Interrupt, []string{"analyze", text, "--progress", "on", "-o", other + ".html"}},
		{"analyze, terminated", syscall.SIGTERM, []string{"analyze", text, "--progress", "on", "-j", "1"}},
		{"info", os.Interrupt, []string{"info", text, "--progress", "on"}},
		{"compare", os.Interrupt, []string{"compare", text, text, "--progress", "on", "-o", other + ".html"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			reading := make(first, 1)
			s := start(t, io.Discard, reading, c.args...)
			<-reading
			s.interrupted(c.sig)
			s.empty(filepath.Dir(other))
		})
	}
}

// An archive of this kind takes a second to unpack.
func TestInterruptUnpacking(t *testing.T) {
	name := filepath.Join(t.TempDir(), "customer.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 72<<20) // more than is held in memory
	var packed bytes.Buffer
	d, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Write(zeros)
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for i := range 12 {
		w, err := z.CreateRaw(&zip.FileHeader{
			Name: fmt.Sprintf("%d.txt", i), Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(zeros),
			CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(len(zeros)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(packed.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	s := start(t, io.Discard, io.Discard, "analyze", name)
	for {
		unpacked, err := filepath.Glob(filepath.Join(s.temp, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(unpacked) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.interrupted(os.Interrupt)
}

// Who reads the events fell asleep, and the program waits to go on writing.
func TestInterruptWriting(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Server.etl")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	if err := errors.Join(etlgen.WriteBulk(w, 16<<20, 1), w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := start(t, pipe, io.Discard, "events", name)
	pipe.Close()
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	s.interrupted(os.Interrupt)
}

// Of several files those that were written before the signal are whole; of the
// one being written nothing is left.
func TestInterruptBetweenFiles(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	whole := strings.Repeat("x", 1<<20)
	write := func(w io.Writer, _ *report.Report) error {
		_, err := io.WriteString(w, whole)
		return err
	}
	half := func(w io.Writer, _ *report.Report) error {
		_, err := io.WriteString(w, whole)
		stop()
		_, again := io.WriteString(w, whole)
		return errors.Join(err, again)
	}
	for _, c := range []struct {
		name string
		to   wish.Form
		want error
	}{{"a.txt", write, nil}, {"b.txt", half, context.Canceled}, {"c.txt", write, context.Canceled}} {
		if err := writeFile(ctx, filepath.Join(dir, c.name), c.to, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	(&started{t: t}).empty(dir, "a.txt")
	if got, err := os.ReadFile(filepath.Join(dir, "a.txt")); err != nil || string(got) != whole {
		t.Errorf("a.txt: %d bytes, %v", len(got), err)
	}
}

// On a terminal the line is written over and is gone at the end; Ctrl-C comes as
// a person types it.
func TestInterruptOnATerminal(t *testing.T) {
	program, err := exec.LookPath("script")
	if err != nil {
		t.Skip("there is no script(1) to make a terminal")
	}
	if said, err := exec.Command(program, "--version").Output(); err != nil || !strings.Contains(string(said), "util-linux") {
		t.Skip("this script(1) is not that of util-linux")
	}
	cmd := exec.Command(program, "-qefc", "portverdict analyze "+sparseText(t), "/dev/null")
	cmd.Env = append(os.Environ(), "TERM=xterm", "COLUMNS=60")
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	screen, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := time.AfterFunc(hung, func() { _ = cmd.Process.Kill() })
	defer end.Stop()
	var seen []byte
	p := make([]byte, 4096)
	for typed := false; ; {
		n, err := screen.Read(p)
		if seen = append(seen, p[:n]...); err != nil {
			break
		}
		if !typed && bytes.Contains(seen, []byte(" left")) {
			typed = true
			if _, err := keys.Write([]byte{3}); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("ended with %v: %q", err, seen)
	}
	lines := strings.Split(strings.ReplaceAll(string(seen), "^C", ""), "\r")
	for _, l := range lines {
		if len(strings.TrimPrefix(l, "\n")) > 59 || strings.ContainsRune(l, '\x1b') {
			t.Errorf("line %q", l)
		}
	}
	// A command that a busy machine keeps from cleaning up in time leaves its line behind.
	n := len(lines)
	if n < 4 || lines[n-1] != "\n" || (strings.TrimSpace(lines[n-3]) != "" || lines[n-2] != "portverdict: interrupted") && lines[n-2] != "\nportverdict: interrupted" {
		t.Errorf("%q", lines)
	}
}
