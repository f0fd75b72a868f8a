package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/fleet"
	"portverdict/report"
	"portverdict/report/redact"
)

// fleetFlags are those of fleet beside the flags of an analysis.
type fleetFlags struct {
	settingFlags
	lake, shard    string
	reread, settle bool
	key            []byte // of --redact
}

func newFleet() *cobra.Command {
	var flags fleetFlags
	cmd := &cobra.Command{
		Use:   "fleet PATH... --out LAKE",
		Short: "Judge many bundles into tables that query engines read",
		Long: `Each child of PATH that is a folder or an archive is a bundle (a trace or log alone
too). The verdicts become rows of tables in the folder LAKE, as NDJSON and Parquet,
with each report and a page over all of them. A run that was stopped is gone on with
by running it again: what is in LAKE is not read again. Exits 6 when a bundle could
not be analysed.`,
		Example: `  portverdict fleet tickets --out lake
  portverdict fleet tickets --out lake --shard 0/4
  portverdict fleet-sql lake`,
		Args: somePaths,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if flags.lake == "" {
				return usage("give the folder of the tables with --out LAKE")
			}
			shard, err := shardOf(flags.shard)
			if err != nil {
				return err
			}
			if err := flags.check(cmd.Flags()); err != nil {
				return err
			}
			return flags.run(cmd, paths, shard)
		},
	}
	cmd.Flags().StringVar(&flags.lake, "out", "", "the folder `LAKE` that holds the tables; made if it is not there")
	cmd.Flags().StringVar(&flags.shard, "shard", "0/1", "do the part `I/N` of the bundles only, 0 <= I < N; the name of a bundle decides")
	cmd.Flags().BoolVar(&flags.reread, "reread", false, "read bundles again whose sizes and times are those that LAKE knows")
	cmd.Flags().BoolVar(&flags.settle, "tolerate-failures", false, "exit 0 even when a bundle could not be analysed")
	cmd.Flags().BoolVarP(&flags.quiet, "quiet", "q", false, "no progress and no summary")
	flags.jobsFlag(cmd.Flags())
	flags.progressFlag(cmd.Flags())
	flags.readingFlags(cmd.Flags())
	flags.redactFlags(cmd.Flags())
	return cmd
}

func shardOf(s string) (fleet.Shard, error) {
	first, second, ok := strings.Cut(s, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if !ok || err != nil || err2 != nil || i < 0 || i >= n {
		return fleet.Shard{}, usage("--shard %q: give I/N with 0 <= I < N, such as 0/4", s)
	}
	return fleet.Shard{I: i, N: n}, nil
}

func (f *fleetFlags) run(cmd *cobra.Command, paths []string, shard fleet.Shard) error {
	if f.redact {
		if f.redactKey == "" {
			return usage("--redact of a fleet needs --redact-key FILE: with a key of its own each run would give the same machine another name")
		}
		key, err := readAtMost(f.redactKey, maxKey)
		if err != nil {
			return failed("cannot read the key %s: %v", f.redactKey, cause(err))
		}
		f.key = []byte(strings.TrimRight(string(key), "\r\n"))
	}
	runner := &fleet.Runner{
		Version: analysis.Version, Settings: f.identity(), Lake: f.lake, Shard: shard, Jobs: f.jobs, Reread: f.reread,
		Analyze: f.analyze, Seal: f.seal, Told: f.teller(cmd.ErrOrStderr()),
	}
	done, err := runner.Run(cmd.Context(), paths)
	switch {
	case cmd.Context().Err() != nil:
		return cmd.Context().Err()
	case err != nil:
		return failed("%v", cause(err))
	}
	for _, e := range done.Errors {
		fmt.Fprintf(cmd.ErrOrStderr(), "portverdict: %s\n", visible(e.Error()))
	}
	if !f.quiet {
		fmt.Fprintf(cmd.OutOrStdout(), "  %s: %s analysed, %s known, %s failed\n", report.Counted(done.Total, "bundle", "bundles"),
			report.Grouped(done.Analysed), report.Grouped(done.Known), report.Grouped(done.Failed))
		if n := len(done.Others); n > 0 {
			fmt.Fprintf(cmd.OutOrStdout(), "  %s: neither folder, archive, trace nor log\n", report.Counted(n, "file is no bundle", "files are no bundles"))
		}
	}
	if done.Failed > 0 && !f.settle {
		return &exitError{code: exitCases}
	}
	return nil
}

// identity is a hash of the settings that bear on the verdict.
func (f *fleetFlags) identity() string {
	said, _ := json.Marshal(map[string]any{ // texts and numbers can always be written
		"tz": f.tz, "ranges": slices.Sorted(slices.Values(f.rangeTexts)), "host": f.host, "evidence": f.evidence, "redact": f.key != nil, "key": f.seal("key"),
	})
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:6])
}

// seal replaces a path or a hash under --redact: a hash of known bytes confirms them.
func (f *fleetFlags) seal(s string) string {
	if f.key == nil {
		return s
	}
	h := hmac.New(sha256.New, f.key)
	h.Write([]byte("fleet\x00" + s))
	return "bundle-" + hex.EncodeToString(h.Sum(nil)[:12])
}

// analyze gives the report of one bundle. It works alone: bundles are what runs at once.
func (f *fleetFlags) analyze(ctx context.Context, file string) (*report.Report, error) {
	one := f.settings
	one.jobs, one.progress = 1, nil
	if f.key != nil {
		r, err := redact.New(f.key)
		if err != nil {
			return nil, usage("--redact-key %s: %v", f.redactKey, err)
		}
		one.redactor = r
	}
	b, err := open(ctx, []string{file}, &one)
	if err != nil {
		return nil, err
	}
	one.learn(ctx, b.Inputs)
	j, err := one.judge(ctx, b, nil)
	if err == nil && len(j.Faults) > 0 {
		err = failed("internal error while reading %s: %s", j.Faults[0].Source, j.Faults[0].Value)
	}
	if err != nil {
		return nil, err
	}
	return one.redacted(io.Discard, j.Report), nil
}

// teller says on stderr how far a run is, every few seconds.
func (f *fleetFlags) teller(w io.Writer) func(fleet.Progress) {
	if f.quiet || f.progressWhen == "off" || f.progressWhen == "auto" && !isTerminal(w) {
		return nil
	}
	told := time.Now()
	return func(p fleet.Progress) {
		if time.Since(told) < 2*time.Second {
			return
		}
		told = time.Now()
		fmt.Fprintf(w, "portverdict: %s of %s, %s failed\n", report.Grouped(p.Analysed+p.Known), report.Counted(p.Total, "bundle", "bundles"), report.Grouped(p.Failed))
	}
}

func newFleetSQL() *cobra.Command {
	var engine, format string
	cmd := &cobra.Command{
		Use:   "fleet-sql [LAKE]",
		Short: "Print SQL views over the tables that fleet writes",
		Long: `Prints statements for DuckDB or ClickHouse that make a view of each table of LAKE
and views of the programs named most, the causes, the machines that ran out again,
and the verdicts that changed between two versions.`,
		Example: `  portverdict fleet-sql lake > views.sql
  portverdict fleet-sql lake --engine clickhouse --format ndjson`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(fleet.Engines, engine) {
				return usage("--engine %q: give %s", engine, strings.Join(fleet.Engines, " or "))
			}
			if !slices.Contains(fleet.Formats, format) {
				return usage("--format %q: give %s", format, strings.Join(fleet.Formats, " or "))
			}
			lake := "lake"
			if len(args) > 0 {
				lake = args[0]
			}
			_, err := bytes.NewBufferString(fleet.SQL(engine, format, lake)).WriteTo(cmd.OutOrStdout())
			return written(err)
		},
	}
	cmd.Flags().StringVar(&engine, "engine", "duckdb", "duckdb or clickhouse")
	cmd.Flags().StringVar(&format, "format", "parquet", "which files to read: parquet or ndjson")
	return cmd
}
