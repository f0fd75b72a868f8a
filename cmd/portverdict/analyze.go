package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"

	"portverdict/cmd/portverdict/internal/bundle"
	"portverdict/report"
	"portverdict/report/verdict"
)

func newAnalyze() *cobra.Command {
	var flags settingFlags
	cmd := &cobra.Command{
		Use:   "analyze PATH...",
		Short: "Read a bundle and print the verdict",
		Long: `Reads files, folders and zip archives (all PATHs together are one bundle) and
prints whether the machine ran out of ephemeral ports. What a file is, its
content tells. Nothing is written outside of -o and the temp folder.`,
		Example: `  portverdict analyze customer.zip
  portverdict analyze Server.etl System.evtx netstat.txt -o report.html -o verdict.json
  portverdict analyze logs --tz "W. Europe Standard Time" --range tcp=1025+3976`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			line := flags.startProgress(cmd.ErrOrStderr())
			defer line.stop()
			b, err := open(cmd.Context(), paths, &flags.settings)
			if err != nil {
				return err
			}
			flags.learn(cmd.Context(), b.Inputs)
			r, err := flags.judge(cmd.Context(), b, nil)
			line.stop()
			if r != nil {
				r = flags.redacted(cmd.ErrOrStderr(), r)
			}
			if r != nil && !flags.quiet {
				warn(cmd.ErrOrStderr(), r.Diagnostics)
			}
			if err != nil {
				return err
			}
			if err := flags.write(cmd.Context(), cmd.OutOrStdout(), r); err != nil {
				return err
			}
			if code := flags.code(r.Verdict.Outcome); code != exitOK {
				return &exitError{code: code}
			}
			return nil
		},
	}
	flags.outputFlags(cmd.Flags())
	flags.jobsFlag(cmd.Flags())
	flags.progressFlag(cmd.Flags())
	flags.analysisFlags(cmd.Flags())
	flags.redactFlags(cmd.Flags())
	return cmd
}

func somePaths(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("give at least one PATH: a file, folder or zip archive")
	}
	return nil
}

// open loads the bundle of the paths.
func open(ctx context.Context, paths []string, s *settings) (*bundle.Bundle, error) {
	b, err := bundle.Load(ctx, paths, bundle.Options{Jobs: s.jobs, Outputs: s.outputs, Watch: s.progress.watch()})
	switch {
	case errors.Is(err, bundle.ErrOutputIsInput):
		return nil, usage("%v", err)
	case err != nil:
		return nil, failed("%v", err)
	}
	s.progress.loaded(b.Inputs)
	return b, nil
}

// judge reads all inputs and closes the bundle. facts are added to every source.
// With an error that says that nothing was usable the report is given too, for
// its diagnostics.
func (s *settings) judge(ctx context.Context, b *bundle.Bundle, facts map[string]string) (r *report.Report, err error) {
	defer func() { err = closed(b, err) }()
	ev, err := s.collect(ctx, b, facts)
	if err != nil {
		return nil, err
	}
	if r, err = judged(ctx, ev); err != nil {
		return nil, err
	}
	if !ev.Usable() {
		return r, failed("nothing here can show port exhaustion: give a netsh trace (.etl), the System log (.evtx) or a netstat text")
	}
	return r, nil
}

// await does work that knows no context, and leaves it behind when ctx ends before. A
// panic is a bug of ours and becomes an error that says when it was.
func await[T any](ctx context.Context, when string, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil {
				r.err = failed("internal error while %s: %v\n%s", when, v, debug.Stack())
			}
			done <- r
		}()
		r.value, r.err = do()
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// judged is the verdict: much evidence takes its time.
func judged(ctx context.Context, ev *verdict.Evidence) (*report.Report, error) {
	return await(ctx, "judging", func() (*report.Report, error) { return verdict.Judge(ev), nil })
}

// closed removes the bundle's temporary files; err, if any, goes first.
func closed(b *bundle.Bundle, err error) error {
	if closeErr := b.Close(); closeErr != nil && err == nil {
		return failed("cannot remove the temp folder: %v", closeErr)
	}
	return err
}

// collect reads all inputs with the workers asked for.
func (s *settings) collect(ctx context.Context, b *bundle.Bundle, facts map[string]string) (*verdict.Evidence, error) {
	ev := verdict.New(verdict.Options{Version: version, Zone: s.zone, Ranges: s.ranges, Jobs: s.jobs, Evidence: s.evidence})
	for _, d := range b.Diagnostics {
		ev.Diagnose(d)
	}
	err := each(ctx, s.jobs, b.Inputs, sessions(ctx, b.Inputs), func(group []int, rs []io.ReaderAt) error {
		srcs := make([]report.Source, len(group))
		sums := make([]func() (string, error), len(group))
		for i, at := range group {
			in := b.Inputs[at]
			srcs[i] = report.Source{Path: in.Path, Kind: in.Kind, Size: in.Size, SHA256: in.SHA256, Facts: facts}
			sums[i] = s.sum(ctx, in)
		}
		over := s.progress.reads(ctx, forFacts, b.Inputs, group, rs)
		if len(group) > 1 {
			ev.AddSession(srcs, rs)
		} else {
			ev.Add(srcs[0], rs[0])
		}
		over()
		for i, at := range group {
			text, err := sums[i]()
			if err != nil {
				return failed("cannot read %s: %v", srcs[i].Path, cause(err))
			}
			b.Inputs[at].SHA256 = text
			ev.Identify(srcs[i].Path, text)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ev, each(ctx, s.jobs, b.Inputs, texts(b.Inputs), func(group []int, rs []io.ReaderAt) error {
		over := s.progress.reads(ctx, forTables, b.Inputs, group, rs)
		ev.AddTables(b.Inputs[group[0]].Path, rs[0])
		over()
		return nil
	})
}

// texts are the inputs that may hold connection tables, each a group.
func texts(inputs []bundle.Input) [][]int {
	var out [][]int
	for i, in := range inputs {
		if in.Kind != "etl" && in.Kind != "evtx" && in.Kind != "unknown" {
			out = append(out, []int{i})
		}
	}
	return out
}

// sum hashes an input that is not hashed yet while it is read; with one worker
// afterwards.
func (s *settings) sum(ctx context.Context, in bundle.Input) func() (string, error) {
	switch {
	case in.SHA256 != "":
		return func() (string, error) { return in.SHA256, nil }
	case s.jobs == 1:
		return func() (string, error) { return in.Sum(ctx) }
	}
	var text string
	var err error
	var done sync.WaitGroup
	done.Go(func() { text, err = in.Sum(ctx) })
	return func() (string, error) {
		done.Wait()
		return text, err
	}
}

// each calls do for every group of inputs, from several workers at once, and waits.
func each(ctx context.Context, jobs int, inputs []bundle.Input, groups [][]int, do func([]int, []io.ReaderAt) error) error {
	errs := make([]error, len(groups))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, min(jobs, len(groups))) {
		workers.Go(func() {
			for i := range next {
				errs[i] = guarded(ctx, inputs, groups[i], do)
			}
		})
	}
	for i := range groups {
		next <- i
	}
	close(next)
	workers.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(errs...)
}

// guarded opens the inputs of one group and reads them. A panic is a bug of ours:
// it ends the analysis with its stack and never becomes a finding.
func guarded(ctx context.Context, inputs []bundle.Input, group []int, do func([]int, []io.ReaderAt) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = failed("internal error while reading %s: %v\n%s", inputs[group[0]].Path, v, debug.Stack())
		}
	}()
	var rs []io.ReaderAt
	for _, at := range group {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r, closer, err := inputs[at].Open()
		if err != nil {
			return failed("cannot read %s: %v", inputs[at].Path, cause(err))
		}
		defer closer.Close()
		rs = append(rs, &interruptible{ctx, r})
	}
	return do(group, rs)
}

// maxWarnings keeps stderr readable; the report has them all.
const maxWarnings = 20

// warn tells of damage on stderr.
func warn(w io.Writer, diags []report.Diagnostic) {
	told, more := 0, 0
	for _, d := range diags {
		if d.Severity == "note" {
			continue
		}
		if told == maxWarnings {
			more++
			continue
		}
		told++
		fmt.Fprintf(w, "portverdict: %s\n", visible(diagnosticLine(d)))
	}
	if more > 0 {
		fmt.Fprintf(w, "portverdict: and %d more; the JSON report has them all\n", more)
	}
}

func diagnosticLine(d report.Diagnostic) string {
	at := fmt.Sprintf("offset %d", d.Offset)
	if d.Line > 0 {
		at = fmt.Sprintf("line %d", d.Line)
	}
	text := fmt.Sprintf("%s: %s: %s (%s)", d.Source, at, d.Text, d.Code)
	if d.Count > 1 {
		text += fmt.Sprintf(", %d times", d.Count)
	}
	return text
}
