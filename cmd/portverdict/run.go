package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/watch"
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

// commandPatience is how long a command may take to clean up when it is interrupted.
const commandPatience = 600 * time.Millisecond

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
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return execute(ctx, newRoot(), args, stdin, stdout, stderr)
}

// execute runs a command. Once ctx has ended it waits a moment for the command to clean
// up and then leaves it behind: it may be in a read that never ends.
func execute(ctx context.Context, root *cobra.Command, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	args = analyzed(root, args)
	if runtime.GOOS == "windows" { // whose shells leave patterns to the program
		args = expanded(root, args)
	}
	out := &outlet{ctx: ctx, w: stdout}
	errOut := &outlet{ctx: ctx, w: stderr, patience: stderrPatience}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(errOut)
	done := make(chan int, 1)
	go func() { done <- perform(ctx, root, out, errOut) }()
	select {
	case code := <-done:
		return code
	case <-ctx.Done():
	}
	select {
	case code := <-done:
		return code
	case <-time.After(commandPatience):
		errOut.endLine()
		fmt.Fprintln(errOut, "portverdict: interrupted")
		return exitInterrupted
	}
}

// perform runs the command and says on stderr what went wrong. Whatever a command does
// with errors of stdout, a result that nobody got is a failure.
func perform(ctx context.Context, root *cobra.Command, stdout, stderr *outlet) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(stderr, "portverdict: internal error: %v\n%s", v, debug.Stack())
			code = exitFailed
		}
	}()
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(root.ErrOrStderr(), "portverdict: interrupted")
		return exitInterrupted
	}
	if lost := stdout.failure(); lost != nil && codeOf(err) != exitFailed && codeOf(err) != exitUsage {
		err = written(lost)
	}
	if err == nil {
		return exitOK
	}
	code = codeOf(err)
	if text := err.Error(); text != "" {
		fmt.Fprintf(root.ErrOrStderr(), "portverdict: %s\n", visible(text))
	}
	if code == exitUsage {
		fmt.Fprintln(root.ErrOrStderr(), "portverdict: see portverdict --help")
	}
	return code
}

// codeOf is the exit code of an error; what is not ours is what the flag parser
// says of flags and arguments.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
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
netsh texts; as files, a folder or an archive) and says whether Windows ran
out of ephemeral ports, when, who held them and who was hurt.

Exit codes: 0 analysed, not exhausted; 1 could not analyse; 2 usage;
3 exhausted; 4 likely; 5 inconclusive; 6 some of regress or fleet failed;
130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			if err := logFormat(cmd); err != nil {
				return err
			}
			bundle.Sweep(os.TempDir(), time.Now())
			return checkFiles(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch asked, _ := cmd.Flags().GetBool("version"); {
			case asked:
				return printVersion(cmd.OutOrStdout())
			case len(args) > 0:
				return usage("%s", unknownCommand(cmd, args[0]))
			}
			return usage("which command? analyze PATH... is the main one")
		},
	}
	root.PersistentFlags().String("log-format", "text", "what goes to stderr: text, or json, an object a line")
	root.Flags().Bool("version", false, "the same as the command version")
	root.AddCommand(newAnalyze(), newCollect(), newCompare(), newDemo(), newEvents(), newExplain(), newExport(), newFleet(), newFleetSQL(), newInfo(), newMan(), newRedact(), newRegress(), newRender(), newSchema(), newSynth(), newVersion(), newWatch(watch.This))
	return root
}

// analyzed puts "analyze" before arguments that begin with a path in the place of a
// command: a bundle that is dropped on the program, or named alone.
func analyzed(root *cobra.Command, args []string) []string {
	if len(args) > 0 && args[0] == bundle.Stdin {
		return append([]string{"analyze"}, args...)
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return args
	}
	if slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == args[0] }) {
		return args
	}
	archive, _, _ := strings.Cut(args[0], "!/")
	if _, err := os.Stat(archive); err != nil {
		return args
	}
	return append([]string{"analyze"}, args...)
}

// unknownCommand says what may have been meant.
func unknownCommand(root *cobra.Command, word string) string {
	if strings.ContainsAny(word, `./\`) {
		return fmt.Sprintf("there is no file, folder or command %q", word)
	}
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(word); len(near) > 0 {
		return fmt.Sprintf("there is no command %q; did you mean %s?", word, strings.Join(near, " or "))
	}
	return fmt.Sprintf("there is no command %q", word)
}
