package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/wish"
	"portverdict/report"
	"portverdict/report/redact"
)

const (
	maxKey    = 64 << 10  // bytes of a key file
	maxRedact = 256 << 20 // bytes of a document
)

func newRedact() *cobra.Command {
	var flags settingFlags
	var out string
	cmd := &cobra.Command{
		Use:   "redact IN -o OUT",
		Short: "Replace names and addresses in a report, saved text or bundle by tokens",
		Long: `Writes IN (a verdict.json, another JSON, an HTML page, Markdown or any text, such as
saved netstat output) to OUT with IP and MAC addresses, host names, domains, user
names and SIDs replaced by tokens. The same key gives the same tokens everywhere.
Which kinds were replaced and how often is told on stderr. IN may be -, a text on
standard input.

Of a bundle (a folder or an archive) the texts are written to OUT, which is a folder
or, where it ends in .zip, an archive. What one file of it names is replaced in all.
Traces and event logs are left out, as their records cannot be rewritten: analyze
--redact makes a report of them.`,
		Example: `  portverdict redact netstat.txt -o netstat-redacted.txt --redact-key team.key
  portverdict redact verdict.json -o public.json --redact-key team.key
  portverdict redact customer.zip -o public.zip --redact-key team.key`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usage("give the file to write with -o OUT")
			}
			flags.streams(cmd)
			if err := flags.makeRedactor(cmd.Flags()); err != nil {
				return err
			}
			data, err := insideOf(cmd.Context(), args[0], maxRedact)
			switch {
			case err != nil:
				return failed("%v", err)
			case data == nil && isBundle(args[0]):
				return flags.redactBundle(cmd, args[0], out)
			}
			if err := checkRedactTarget(args[0], out, flags.force); err != nil {
				return err
			}
			if data == nil {
				if data, err = flags.document(args[0]); err != nil {
					return failed("cannot read %s: %v", args[0], cause(err))
				}
			}
			return redactFile(cmd, &flags.settings, data, args[0], out)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the `OUT` to write; - is stdout")
	cmd.Flags().BoolVar(&flags.force, "force", false, "overwrite an -o file that exists")
	cmd.Flags().BoolVarP(&flags.quiet, "quiet", "q", false, "do not tell what was written and replaced")
	flags.redactKeyFlag(cmd.Flags())
	return cmd
}

// redactFile writes one document; in is its name.
func redactFile(cmd *cobra.Command, s *settings, data []byte, in, out string) error {
	text, err := analysis.Await(cmd.Context(), "redacting", func() ([]byte, error) { return s.redactor.Document(data) })
	switch {
	case cmd.Context().Err() != nil:
		return cmd.Context().Err()
	case errors.Is(err, redact.ErrBinary):
		return failed("%s is no text, so nothing in it can be replaced: analyze --redact makes a report of traces and logs", in)
	case err != nil:
		return failed("%s: %v", in, err)
	}
	write := func(w io.Writer, _ *report.Report) error {
		_, err := w.Write(text)
		return err
	}
	if out == "-" {
		err = written(write(cmd.OutOrStdout(), nil))
	} else if err = writeFile(cmd.Context(), out, write, nil); err != nil {
		err = failed("cannot write %s: %v", out, cause(err))
	} else {
		s.tellWritten(out)
	}
	if err == nil {
		s.tellRedacted(cmd.ErrOrStderr())
	}
	return err
}

// checkRedactTarget refuses what cannot be written; the input is never it.
func checkRedactTarget(in, out string, force bool) error {
	if out == "-" {
		return nil
	}
	if from, err := os.Stat(in); err == nil {
		if to, err := os.Stat(out); err == nil && os.SameFile(from, to) {
			return usage("-o %s is the input", out)
		}
	}
	return checkTarget("-o", out, force)
}

// document reads what is to be redacted; - is a text on standard input.
func (s *settings) document(name string) ([]byte, error) {
	if name == bundle.Stdin && s.stdin != nil {
		return allAtMost(s.stdin, maxRedact)
	}
	return readAtMost(name, maxRedact)
}

func readAtMost(name string, most int64) ([]byte, error) {
	f, err := bundle.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return allAtMost(f, most)
}

func allAtMost(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	return data, err
}

// redactFlags are those of analyze.
func (f *settingFlags) redactFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&f.redact, "redact", false, "replace addresses, host names, domains, user names and SIDs by tokens\nin every output")
	f.redactKeyFlag(fs)
}

func (f *settingFlags) redactKeyFlag(fs *pflag.FlagSet) {
	fs.StringVar(&f.redactKey, "redact-key", "", "`FILE` with a key of 16 bytes or more: the same key gives the same tokens;\nwithout it every run has a key of its own")
}

func (f *settingFlags) checkRedact(fs *pflag.FlagSet) error {
	switch {
	case f.redact:
		return f.makeRedactor(fs)
	case fs.Changed("redact-key"):
		return usage("--redact-key is of no use without --redact")
	}
	return nil
}

// makeRedactor reads the key, or makes one for this run.
func (f *settingFlags) makeRedactor(fs *pflag.FlagSet) error {
	var key []byte
	if fs.Changed("redact-key") {
		data, err := readAtMost(f.redactKey, maxKey)
		if err != nil {
			return failed("cannot read the key %s: %v", f.redactKey, cause(err))
		}
		key = data
	}
	r, err := wish.Redactor(key)
	if err != nil {
		return usage("--redact-key %s: %v", f.redactKey, err)
	}
	f.redactor = r
	return nil
}

// learn learns the names in saved texts.
func (s *settings) learn(ctx context.Context, inputs []bundle.Input) {
	if s.redactor != nil {
		wish.Learn(ctx, s.redactor, inputs)
	}
}

// redacted is the report as it is shown.
func (s *settings) redacted(stderr io.Writer, r *report.Report) *report.Report {
	if s.redactor == nil {
		return r
	}
	r = s.redactor.Report(r)
	s.tellRedacted(stderr)
	return r
}

// redactedNotes are the diagnostics of a report as they are told.
func (s *settings) redactedNotes(r *report.Report) []report.Diagnostic {
	out := slices.Clone(r.Diagnostics)
	if s.redactor != nil {
		s.redactor.LearnReport(r)
		for i := range out {
			out[i].Source, out[i].Text = s.redactor.Known(out[i].Source), s.redactor.Known(out[i].Text)
		}
	}
	return out
}

// redactBoth redacts two reports once the names of both are known, so that a name has
// one token in both.
func (s *settings) redactBoth(stderr io.Writer, before, after *analysis.Result) {
	if s.redactor == nil {
		return
	}
	s.redactor.LearnReport(before.Report)
	s.redactor.LearnReport(after.Report)
	before.Report, after.Report = s.redactor.Report(before.Report), s.redactor.Report(after.Report)
	s.tellRedacted(stderr)
}

// tellRedacted says which kinds were replaced and how often, never values.
func (s *settings) tellRedacted(stderr io.Writer) {
	if s.quiet {
		return
	}
	var said []string
	for _, c := range s.redactor.Counts() {
		said = append(said, fmt.Sprintf("%s in %s (%d different)", c.Kind, report.Counted(c.Places, "place", "places"), c.Different))
	}
	if len(said) == 0 {
		said = []string{"nothing"}
	}
	fmt.Fprintf(stderr, "portverdict: replaced under key %s: %s\n", s.redactor.KeyID(), strings.Join(said, ", "))
}
