package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/regress"
	"portverdict/report"
)

func newRegress() *cobra.Command {
	var junit, pick string
	var force bool
	var told settings
	runner := &regress.Runner{Analyze: analyzeQuietly, Synthesize: synthesizeQuietly}
	cmd := &cobra.Command{
		Use:   "regress DIR",
		Short: "Run every regression case under a folder",
		Long: `Runs every case under DIR (a folder with case.yaml and bundle/, bundle.zip or the
recipe of a bundle) and prints a line for each, with what differs. Exits 6 when a
case failed. In a job of GitHub Actions failed cases are annotations too, and the
summary of the step has a table of all.`,
		Example: `  portverdict regress testdata/cases
  portverdict regress cases --junit junit.xml --html results
  portverdict regress cases --update`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case runner.Update && truthy(os.Getenv("CI")):
				return usage("--update is refused with CI=%s: goldens are renewed by hand and looked at", os.Getenv("CI"))
			case runner.MinCases < 0:
				return usage("--min-cases %d: give a number from 0", runner.MinCases)
			case runner.Jobs < 1 || runner.Jobs > maxJobs:
				return usage("--jobs %d: give a number from 1 to %d", runner.Jobs, maxJobs)
			}
			if pick != "" {
				var err error
				if runner.Pick, err = regexp.Compile(pick); err != nil {
					return usage("--run %q: %v", pick, err)
				}
			}
			for flag, dir := range map[string]string{"--keep": runner.Keep, "--html": runner.Pages} {
				if err := checkNewFolder(flag, dir); err != nil {
					return err
				}
			}
			if junit != "" {
				if err := checkJUnit(junit, force); err != nil {
					return err
				}
			}
			told.streams(cmd)
			return runCases(cmd.Context(), runner, args[0], cmd.OutOrStdout(), junit, &told)
		},
	}
	cmd.Flags().StringVar(&junit, "junit", "", "write the results to `FILE` in JUnit's XML too")
	cmd.Flags().BoolVar(&runner.Update, "update", false, "write the goldens (expected/verdict.json) again, of cases whose expectations hold;\nrefused with CI=true")
	cmd.Flags().StringVar(&pick, "run", "", "run only the cases whose id the regular expression `PATTERN` matches")
	cmd.Flags().IntVar(&runner.MinCases, "min-cases", 0, "fail when fewer than `N` cases are run")
	cmd.Flags().StringVar(&runner.Keep, "keep", "", "keep the verdict.json of each failed case, and the bundle of its recipe, in the new folder `DIR`")
	cmd.Flags().StringVar(&runner.Pages, "html", "", "write the report of each case as a page to the new folder `DIR`, with an index.html")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a --junit file that exists")
	told.quietFlag(cmd.Flags())
	cmd.Flags().IntVarP(&runner.Jobs, "jobs", "j", runtime.GOMAXPROCS(0), "`N` cases at a time; the output does not depend on it")
	cmd.Flags().Lookup("jobs").DefValue = "one for each processor"
	return cmd
}

// checkJUnit refuses a file that cannot be written, and one that holds anything but
// earlier results: it may be a file of a case.
func checkJUnit(name string, force bool) error {
	if err := checkTarget("--junit", name, force); err != nil {
		return err
	}
	old, err := beginning(name)
	if err == nil && old != "" && !strings.Contains(old, "<testsuite") {
		return usage("--junit %s holds something else than JUnit results, which would be lost", name)
	}
	return nil
}

// checkNewFolder refuses a folder in which something is: the case that a file is of could
// not be told.
func checkNewFolder(flag, dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case dir == "" || errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usage("%s %s: %v", flag, dir, cause(err))
	case len(entries) > 0:
		return usage("%s %s is not empty", flag, dir)
	}
	return nil
}

// truthy tells that a variable of the environment is set to what means yes.
func truthy(value string) bool {
	return !slices.Contains([]string{"", "0", "false", "no", "off", "n", "f"}, strings.ToLower(strings.TrimSpace(value)))
}

// runCases runs the cases and gives exit code 6 when one failed.
func runCases(ctx context.Context, runner *regress.Runner, dir string, stdout io.Writer, junit string, told *settings) error {
	results, err := runner.Run(ctx, dir, stdout)
	switch {
	case errors.Is(err, regress.ErrNoCases):
		err = failed("%s: %v", dir, err)
	case err != nil:
		err = failed("cannot run the cases of %s: %v", dir, cause(err))
	}
	if err != nil { // a page of results without a result would look like a success
		results = append(results, regress.Result{Name: "cases", Diffs: []string{err.Error()}})
	}
	if ctx.Err() == nil {
		err = cmp.Or(writeResults(ctx, runner, dir, junit, results, told), tellActions(stdout, dir, results), err)
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(results, func(r regress.Result) bool { return len(r.Diffs) > 0 }) {
		return &exitError{code: exitCases}
	}
	return nil
}

// writeResults writes the files that were asked for.
func writeResults(ctx context.Context, runner *regress.Runner, dir, junit string, results []regress.Result, told *settings) error {
	write := func(name string, to func(io.Writer) error) error {
		if err := writeFile(ctx, name, func(w io.Writer, _ *report.Report) error { return to(w) }, nil); err != nil {
			return failed("cannot write %s: %v", name, cause(err))
		}
		told.tellWritten(name)
		return nil
	}
	if junit != "" {
		if err := write(junit, func(w io.Writer) error { return regress.WriteJUnit(w, suiteName(dir), results) }); err != nil {
			return err
		}
	}
	if runner.Pages == "" {
		return nil
	}
	if err := os.MkdirAll(runner.Pages, 0o777); err != nil {
		return failed("cannot make %s: %v", runner.Pages, cause(err))
	}
	return write(filepath.Join(runner.Pages, "index.html"), func(w io.Writer) error { return regress.WriteIndex(w, suiteName(dir), results) })
}

// tellActions tells a job of GitHub Actions which cases failed, and its summary of all.
func tellActions(stdout io.Writer, dir string, results []regress.Result) error {
	if !inActions() {
		return nil
	}
	var all []report.Annotation
	for _, r := range results {
		if len(r.Diffs) > 0 {
			a := report.Annotation{Level: "error", Title: "case " + r.Name, Text: strings.Join(r.Diffs, "\n")}
			if r.Folder != "" { // what is of no case stands in no file
				a.File = path.Join(filepath.ToSlash(dir), r.Folder, "case.yaml")
			}
			all = append(all, a)
		}
	}
	if err := written(report.WriteAnnotations(stdout, all)); err != nil {
		return err
	}
	return addSummary(func(w io.Writer) error { return regress.WriteSummary(w, suiteName(dir), results) })
}

// suiteName is the name of a folder, "cases" for one that has none.
func suiteName(dir string) string {
	name := filepath.Base(filepath.Clean(dir))
	if strings.Trim(name, `./\`) == "" {
		return "cases"
	}
	return name
}

// synthesizeQuietly writes the bundle of a case's recipe.
func synthesizeQuietly(ctx context.Context, recipe, dir string, seed *uint64) error {
	_, err := synthesize(ctx, recipe, dir, seed)
	return err
}

// analyzeQuietly is `analyze` for the cases: the same flags, less those that
// write.
func analyzeQuietly(ctx context.Context, args []string) (*report.Report, int, error) {
	var flags settingFlags
	fs := pflag.NewFlagSet("args", pflag.ContinueOnError)
	flags.analysisFlags(fs)
	flags.jobsFlag(fs)
	err := fs.Parse(args)
	if err == nil {
		err = flags.check(fs)
	}
	if err != nil {
		return nil, exitUsage, err
	}
	if fs.NArg() != 1 || fs.Arg(0) != args[len(args)-1] {
		return nil, exitUsage, usage("args are flags of analyze; the input is the case's own bundle")
	}
	b, err := open(ctx, fs.Args(), &flags.settings)
	if err != nil {
		return nil, codeOf(err), err
	}
	j, err := flags.judge(ctx, b, nil)
	if err == nil && len(j.Faults) > 0 {
		err = failed("internal error while reading %s: %s\n%s", j.Faults[0].Source, j.Faults[0].Value, j.Faults[0].Stack)
	}
	if err != nil {
		return nil, codeOf(err), err
	}
	return j.Report, flags.code(j.Report.Verdict.Outcome), nil
}
