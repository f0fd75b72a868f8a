package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
)

// The exit codes; scripts and CI jobs rely on them.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitExhausted    = 3
	exitLikely       = 4
	exitInconclusive = 5
	exitCases        = 6
	exitInterrupted  = 130
)

// stderrPatience is how long who reads stderr may take for the last words of a
// program that was interrupted.
const stderrPatience = 200 * time.Millisecond

// exitError ends a command with a code; an empty text says nothing more.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) error {
	return &exitError{exitFailed, fmt.Sprintf(format, args...)}
}

// run is the whole program but for the process around it. It gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(stderr, "portverdict: internal error: %v\n%s", v, debug.Stack())
			code = exitFailed
		}
	}()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(&outlet{ctx: ctx, w: stdout})
	stderr = &outlet{ctx: ctx, w: stderr, patience: stderrPatience}
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "portverdict: interrupted")
		return exitInterrupted
	case err == nil:
		return exitOK
	}
	code = codeOf(err)
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "portverdict: %s\n", visible(text))
	}
	if code == exitUsage {
		fmt.Fprintln(stderr, "portverdict: see portverdict --help")
	}
	return code
}

// codeOf is the exit code of an error; what is not ours is what the flag parser
// says of flags and arguments.
func codeOf(err error) int {
	var exit *exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "portverdict",
		Short: "Say from saved evidence whether Windows ran out of ephemeral ports",
		Long: `portverdict reads what a customer sent (a netsh trace, a System log, netstat and
netsh texts; as files, a folder or a zip archive) and says whether Windows ran
out of ephemeral ports, when, who held them and who was hurt.

Exit codes: 0 analysed, not exhausted; 1 could not analyse; 2 usage;
3 exhausted; 4 likely; 5 inconclusive; 6 regression cases failed; 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command %q", args[0])
			}
			return usage("which command? analyze PATH... is the main one")
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newAnalyze(), newCompare(), newDemo(), newEvents(), newExplain(), newExport(), newInfo(), newRedact(), newRegress(), newRender(), newSchema(), newSynth(), newVersion())
	return root
}
