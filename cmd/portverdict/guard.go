package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// What Go's runtime calls a fatal error (maps written by two goroutines, no memory left,
// a stack without end, a panic that nobody caught) ends the process at once with exit
// code 2, and nothing in the process can change that. 2 means bad usage here. So the
// program runs as a child of itself, and its guard, which does nothing that could go
// wrong, tells the two apart: the program adds endsItself to its code, and a process that
// ends with any other was ended, by the runtime or by the system.
const endsItself = 64

// guardVariable names the guard of a process: the PID of its parent.
const guardVariable = "PORTVERDICT_GUARD"

// lastWords is how long a program that was interrupted may take before its guard kills it.
const lastWords = 5 * time.Second

// guarded runs the program under a guard and gives its exit code. Where no process can be
// started, the program runs without one.
func guarded(program func(ctx context.Context, stdin io.Reader) int) int {
	signal.Ignore(syscall.SIGPIPE) // a pipe that nobody reads is an error of the write
	asked := asksForStdin(os.Args[1:])
	if os.Getenv(guardVariable) == strconv.Itoa(os.Getppid()) {
		ctx, in := guardedContext(asked)
		return endsItself + program(ctx, in)
	}
	ctx := interrupts()
	code, started := guard(ctx, asked)
	if !started {
		return program(ctx, os.Stdin)
	}
	return code
}

// guardedContext ends with the first signal, and when the guard wants it or is gone. What
// ends by itself hears of signals from its guard alone, since a console sends each to both.
func guardedContext(stdin bool) (context.Context, io.Reader) {
	ctx := interrupts()
	if patient() {
		ctx = context.Background()
	}
	ctx, cancel := context.WithCancel(ctx)
	asked, in := make(chan struct{}), make(later, 1)
	go func() {
		if stdin {
			in <- receivedStdin(os.Stdin)
		}
		if n, _ := os.Stdin.Read(make([]byte, 1)); n > 0 {
			close(asked)
			_, _ = io.Copy(io.Discard, os.Stdin)
		}
		cancel()
	}()
	return context.WithValue(ctx, askedToEnd{}, asked), in
}

// patient tells that the command is one that the first signal asks to end by itself, with
// its report, and that the second cuts off.
func patient() bool {
	if !slices.Contains(os.Args, "watch") {
		return false // nothing that could be it
	}
	cmd, _, err := newRoot().Find(os.Args[1:])
	return err == nil && cmd.Name() == "watch"
}

// askedToEnd is the key of a channel that is closed when a patient command is asked to end.
type askedToEnd struct{}

// interrupts is a context that ends with the first signal to end, of a patient command
// with the second. Those after it change nothing: the program ends within a second anyway,
// and cleans up.
func interrupts() context.Context {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		ends = append(ends, syscall.SIGHUP)
	}
	came, asked := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(came, ends...)
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), askedToEnd{}, asked))
	go func() {
		if patient() {
			<-came
			close(asked)
		}
		<-came
		cancel()
	}()
	return ctx
}

// asked is closed when the command is asked to end by itself; nil where nobody can.
func asked(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(askedToEnd{}).(chan struct{})
	return c
}

// guard runs this program again as a child, with what stands on the standard input if it
// asks for that, and waits for it.
func guard(ctx context.Context, stdin bool) (code int, started bool) {
	self, err := os.Executable()
	if err != nil {
		return 0, false
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), guardVariable+"="+strconv.Itoa(os.Getpid()))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	lifeline, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return 0, false
	}
	if stdin {
		go sendStdin(lifeline, os.Stdin)
	}
	go func() {
		<-asked(ctx)
		_, _ = lifeline.Write([]byte{1})
	}()
	context.AfterFunc(ctx, func() {
		_ = lifeline.Close()
		time.AfterFunc(lastWords, func() { _ = cmd.Process.Kill() })
	})
	_ = cmd.Wait() // how it ended, the state tells
	return guardedCode(ctx, cmd.ProcessState), true
}

// guardedCode is the exit code of a program that ended in some state.
func guardedCode(ctx context.Context, state *os.ProcessState) int {
	code := state.ExitCode() - endsItself
	switch {
	case code >= exitOK && code <= exitInterrupted:
		return code
	case ctx.Err() != nil:
		return exitInterrupted
	case state.Exited():
		fmt.Fprintf(os.Stderr, "portverdict: internal error: the program was ended by its runtime (%v); please report this with the version and what is above\n", state)
	default:
		fmt.Fprintf(os.Stderr, "portverdict: the program was ended from outside (%v); a system that runs out of memory does that\n", state)
	}
	return exitFailed
}
