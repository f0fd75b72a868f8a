package main

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/watch"
)

// newWatch makes the command for the machine that this gives.
func newWatch(this func() (*watch.Machine, error)) *cobra.Command {
	var flags settingFlags
	var interval, duration time.Duration
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Follow this machine until its ports run out (Windows, elevated)",
		Long: `Follows the dynamic ports of this machine: a live session of Winsock-AFD, TCPIP and
process events, and the connection tables every --interval. Shows how full each pool
is, who has most, and when it will be full; on a terminal as a screen, elsewhere as
one JSON object a line. An alarm is raised at 80 and at 95 % of a pool.

Ends when an attempt is refused for want of a port, after --duration, or with Ctrl-C
(a second one cuts it off), and then judges what it saw as analyze judges files.

Needs Windows, an elevated prompt and a build with cgo. It was built for Windows and
run under Wine with events of synthetic traces, never on Windows.`,
		Example: `  portverdict watch -o report.html
  portverdict watch --interval 30s --duration 8h -o verdict.json > watch.ndjson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			switch {
			case interval < time.Second || interval > time.Hour:
				return usage("--interval %v: give a time from 1s to 1h", interval)
			case duration < 0:
				return usage("--duration %v: give a time such as 8h, or 0 for no end", duration)
			case slices.Contains(flags.outputs, "-"):
				return usage("-o -: stdout has the lines of the watch; give a file")
			}
			flags.streams(cmd)
			m, err := this()
			if err != nil {
				return failed("%v", err)
			}
			return flags.watch(cmd, m, interval, duration)
		},
	}
	fs := cmd.Flags()
	fs.StringArrayVarP(&flags.outputs, "output", "o", nil, "write the report to `FILE` at the end; repeatable; the extension gives the format\n(.html .json .ndjson .md .txt .csv .sarif)")
	fs.DurationVar(&interval, "interval", 10*time.Second, "time between two looks at the connection tables")
	fs.DurationVar(&duration, "duration", 0, "end after this time; 0 is no end")
	flags.fileFlags(fs)
	flags.outcomeFlags(fs)
	flags.redactFlags(fs)
	return cmd
}

// watch follows the machine, writes the report and gives the outcome as an exit code.
func (s *settings) watch(cmd *cobra.Command, m *watch.Machine, interval, duration time.Duration) error {
	stdout := cmd.OutOrStdout()
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	o := watch.Options{Version: analysis.Version, Ticks: ticks.C, Stop: asked(cmd.Context())}
	if duration > 0 {
		o.Deadline = time.After(duration)
	}
	display := s.display(stdout)
	end, err := watch.Run(cmd.Context(), m, o, display)
	if out, ok := stdout.(*outlet); ok && out.failure() != nil {
		return written(out.failure())
	}
	if err != nil {
		return ours(err)
	}
	r := s.redacted(cmd.ErrOrStderr(), end.Report)
	end.Report = r
	warn(cmd.ErrOrStderr(), r.Diagnostics)
	s.format, s.quiet = "text", !isTerminal(stdout) // which has lines that a program reads
	if err := errors.Join(written(display.End(end)), s.write(cmd.Context(), stdout, r)); err != nil {
		return err
	}
	if s.quiet = false; !isTerminal(stdout) {
		for _, name := range s.outputs {
			s.tellWritten(name)
		}
	}
	if code := s.code(r.Verdict.Outcome); code != exitOK {
		return &exitError{code: code}
	}
	return nil
}

// display is a screen on a terminal, and lines for a program elsewhere.
func (s *settings) display(stdout io.Writer) watch.Display {
	if !isTerminal(stdout) {
		return watch.Lines{W: stdout}
	}
	return &watch.Screen{W: stdout, Color: useColor(s.color, stdout), Width: width(stdout)}
}
