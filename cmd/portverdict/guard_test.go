package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// endless needs a stack without end, which no recover catches.
func endless(n int) int {
	if n < 0 {
		return 0
	}
	return endless(n+1) + 1
}

// fatal is a program with a fault that Go's runtime ends it for.
func fatal() {
	os.Exit(guarded(func(context.Context, io.Reader) int {
		debug.SetMaxStack(1 << 20)
		return endless(0)
	}))
}

// uncaught is a program that panics where nobody catches it.
func uncaught() {
	os.Exit(guarded(func(context.Context, io.Reader) int {
		go func() { panic("nobody catches this") }()
		select {}
	}))
}

// waiting is a program that does nothing until it is ended, and says so.
func waiting() {
	os.Exit(guarded(func(ctx context.Context, _ io.Reader) int {
		os.Stdout.WriteString("ready\n")
		<-ctx.Done()
		return exitInterrupted
	}))
}

// A program that its runtime ends has exit code 1, not the 2 of bad usage.
func TestAFatalErrorIsNoUsageError(t *testing.T) {
	for name, want := range map[string]string{"fatalprogram": "stack overflow", "uncaughtprogram": "nobody catches this"} {
		cmd := exec.Command(name)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
			t.Errorf("%s: %v", name, err)
		}
		if said := stderr.String(); !strings.Contains(said, want) || !strings.Contains(said, "portverdict: internal error: the program was ended by its runtime (exit status 2)") {
			t.Errorf("%s: %.2000s", name, said)
		}
	}
	// Bad usage is still that.
	if err := exec.Command("portverdict", "analyze").Run(); err == nil || err.Error() != "exit status 2" {
		t.Errorf("%v", err)
	}
	// What says that it is guarded and is not does not count.
	cmd := exec.Command("portverdict", "analyze")
	cmd.Env = append(os.Environ(), guardVariable+"=1")
	if err := cmd.Run(); err == nil || err.Error() != "exit status 2" {
		t.Errorf("%v", err)
	}
}

// The program goes with its guard, even when nothing can tell it to.
func TestTheProgramEndsWithItsGuard(t *testing.T) {
	cmd := exec.Command("waitingprogram")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, out) // ends when the last who could write is gone
		ended <- err
	}()
	select {
	case <-ended:
	case <-time.After(hung):
		t.Error("the program still runs")
	}
	_ = cmd.Wait()
}

// stuckCommand is in a read that never ends.
func stuckCommand() *cobra.Command {
	return &cobra.Command{Use: "portverdict", SilenceErrors: true, SilenceUsage: true, RunE: func(cmd *cobra.Command, _ []string) error {
		fmt.Fprintln(cmd.OutOrStdout(), "ready")
		select {}
	}}
}

// stuck is a program with such a command.
func stuck() {
	os.Exit(guarded(func(ctx context.Context, _ io.Reader) int {
		return execute(ctx, stuckCommand(), nil, nil, os.Stdout, os.Stderr)
	}))
}

// A command that waits for ever is left behind when it is interrupted.
func TestAReadThatNeverEnds(t *testing.T) {
	root := stuckCommand()
	ctx, cancel := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	time.AfterFunc(10*time.Millisecond, cancel)
	code := execute(ctx, root, nil, nil, io.Discard, &stderr)
	if code != exitInterrupted || stderr.String() != "portverdict: interrupted\n" {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}

// The same with a real signal.
func TestInterruptAReadThatNeverEnds(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		ready := make(first, 1)
		s := startProgram(t, "stuckprogram", ready, io.Discard)
		<-ready
		s.interrupted(sig)
	}
}
