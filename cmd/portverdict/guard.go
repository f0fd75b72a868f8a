package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
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
		ctx, cancel := context.WithCancel(interrupts())
		stdin := make(later, 1)
		go func() {
			if asked {
				stdin <- receivedStdin(os.Stdin)
			}
			_, _ = io.Copy(io.Discard, os.Stdin) // ends when the guard wants it, or with the guard
			cancel()
		}()
		return endsItself + program(ctx, stdin)
	}
	ctx := interrupts()
	code, started := guard(ctx, asked)
	if !started {
		return program(ctx, os.Stdin)
	}
	return code
}

// interrupts is a context that ends with the first signal to end. Those after it change
// nothing: the program ends within a second anyway, and cleans up.
func interrupts() context.Context {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, _ := signal.NotifyContext(context.Background(), ends...)
	return ctx
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
