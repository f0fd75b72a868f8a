package main

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"portverdict/cmd/internal/wish"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/redact"
)

// settings are the flags of one analysis, checked.
type settings struct {
	stdin     io.Reader // nil: there is none
	stderr    io.Writer // nil: nothing is told
	outputs   []string
	format    string
	zone      *time.Location
	window    report.Span // that is judged
	moves     []move
	offsets   map[facts.InputKey]time.Duration // those of moves, for the bundle that is open
	described manifests
	ranges    map[string]facts.PortRange
	jobs      int
	now       time.Time
	color     string
	quiet     bool
	verbose   bool
	host      string
	exitZero  bool
	failOn    []report.Outcome
	evidence  int
	force     bool
	open      bool

	redactor *redact.Redactor // nil: nothing is replaced

	progressWhen string
	progress     *progress // of the bundle being read; nil says nothing
}

// settingFlags are the flags as words.
type settingFlags struct {
	settings
	redact                bool
	redactKey             string
	tz, nowText, failText string
	fromText, toText      string
	rangeTexts            []string
	offsetTexts           []string
	manifestNames         []string
}

// outputFlags are those of every command that writes a report to stdout.
func (f *settingFlags) outputFlags(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&f.outputs, "output", "o", nil, "write the report to `FILE` too; repeatable; the extension gives the format\n(.html .json .ndjson .md .txt .csv .sarif); - is stdout in --format, even with -q")
	fs.StringVar(&f.format, "format", "text", "what goes to stdout: text, json, ndjson, md, html, sarif or github")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "no text and no warnings; files, a --format asked for and the exit code as always")
	fs.BoolVar(&f.open, "open", false, "open the HTML report in the browser once it is written")
	fs.StringVar(&f.nowText, "now", "", "a `TIME` (RFC 3339) that the text on stdout names as the time it was made;\nwithout it no output names a clock")
	f.fileFlags(fs)
}

// fileFlags are those of every command that writes a report.
func (f *settingFlags) fileFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.color, "color", "auto", "auto, always or never; auto is colour on a terminal unless NO_COLOR is set")
	fs.BoolVar(&f.force, "force", false, "overwrite an -o file that exists")
}

func (f *settingFlags) jobsFlag(fs *pflag.FlagSet) {
	fs.IntVarP(&f.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "`N` workers; the output does not depend on it")
	fs.Lookup("jobs").DefValue = "one for each processor" // the number would make the help differ by machine
}

// progressFlag is that of the commands that read long inputs.
func (f *settingFlags) progressFlag(fs *pflag.FlagSet) {
	fs.StringVar(&f.progressWhen, "progress", "auto", "auto, on or off; auto says on a terminal's stderr how far a long run is")
}

// verboseFlag is that of the commands that read with several readers.
func (f *settingFlags) verboseFlag(fs *pflag.FlagSet) {
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "with an internal error, tell where in the program it was")
}

// analysisFlags are those that bear on the verdict and the exit code.
func (f *settingFlags) analysisFlags(fs *pflag.FlagSet) {
	f.readingFlags(fs)
	f.windowFlags(fs)
	f.offsetFlag(fs)
	f.outcomeFlags(fs)
}

// windowFlags are those that narrow the time that is looked at.
func (f *settingFlags) windowFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.fromText, "from", "", "judge what happened from this `TIME` on (RFC 3339); what was open then counts")
	fs.StringVar(&f.toText, "to", "", "judge what happened up to this `TIME` (RFC 3339)")
}

// outcomeFlags are those that bear on the exit code.
func (f *settingFlags) outcomeFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&f.exitZero, "exit-zero", false, "exit 0 whatever the outcome, if there is one")
	fs.StringVar(&f.failText, "fail-on", "exhausted,likely,inconclusive", "`LIST` of outcomes that give a non-zero exit")
}

// readingFlags are those that bear on what the inputs are taken to say.
func (f *settingFlags) readingFlags(fs *pflag.FlagSet) {
	fs.StringVar(&f.tz, "tz", "", "`ZONE` of local times in texts, an IANA or Windows name;\nwithout it the zone found in the bundle")
	fs.StringArrayVar(&f.rangeTexts, "range", nil, "dynamic range, as `tcp=49152+16384` or udp=START+COUNT; repeatable")
	fs.StringVar(&f.host, "host", "", "of a bundle of several machines, the one with this `NAME`")
	fs.IntVar(&f.evidence, "evidence-limit", facts.EvidenceDefault, "at most `N` rows of evidence a finding, its first and its last;\ncounts are exact whatever the limit")
}

// streams are where the command reads and tells.
func (s *settings) streams(cmd *cobra.Command) {
	s.stdin, s.stderr = cmd.InOrStdin(), cmd.ErrOrStderr()
}

// check turns the words into values.
func (f *settingFlags) check(fs *pflag.FlagSet) error {
	if fs.Lookup("jobs") != nil && (f.jobs < 1 || f.jobs > maxJobs) {
		return usage("--jobs %d: give a number from 1 to %d", f.jobs, maxJobs)
	}
	if fs.Lookup("progress") != nil && !slices.Contains([]string{"auto", "on", "off"}, f.progressWhen) {
		return usage("--progress %q: give auto, on or off", f.progressWhen)
	}
	if fs.Lookup("output") != nil {
		if err := f.checkOutput(fs); err != nil {
			return err
		}
	}
	if fs.Lookup("redact") != nil {
		if err := f.checkRedact(fs); err != nil {
			return err
		}
	}
	if fs.Lookup("tz") != nil {
		if err := f.checkReading(fs); err != nil {
			return err
		}
	}
	if fs.Lookup("from") != nil {
		var err error
		if f.window, err = wish.Window(f.fromText, f.toText); err != nil {
			return usage("%v", err)
		}
	}
	if fs.Lookup("manifest") != nil {
		var err error
		if f.described, err = readManifests(f.manifestNames); err != nil {
			return err
		}
	}
	if fs.Lookup("clock-offset") != nil {
		if err := f.checkOffsets(); err != nil {
			return err
		}
	}
	if fs.Lookup("fail-on") != nil {
		return f.checkOutcomes(fs)
	}
	return nil
}

func (f *settingFlags) checkReading(fs *pflag.FlagSet) error {
	if fs.Changed("tz") {
		zone, err := loadZone(f.tz)
		if err != nil {
			return err
		}
		f.zone = zone
	}
	f.ranges = map[string]facts.PortRange{}
	for _, s := range f.rangeTexts {
		if err := f.addRange(s); err != nil {
			return err
		}
	}
	if f.evidence < 1 || f.evidence > maxEvidence {
		return usage("--evidence-limit %d: give a number from 1 to %d", f.evidence, maxEvidence)
	}
	return nil
}

func (f *settingFlags) checkOutcomes(fs *pflag.FlagSet) error {
	if fs.Changed("fail-on") && f.exitZero {
		return usage("--fail-on and --exit-zero exclude each other")
	}
	for s := range strings.SplitSeq(f.failText, ",") {
		o := report.Outcome(strings.TrimSpace(s))
		if outcomeCode(o) == exitOK {
			return usage("--fail-on %q: give a list of exhausted, likely, inconclusive", f.failText)
		}
		f.failOn = append(f.failOn, o)
	}
	return nil
}

const (
	maxJobs     = 256
	maxEvidence = 1_000_000
)

func (f *settingFlags) checkOutput(fs *pflag.FlagSet) error {
	if fs.Lookup("format") != nil && (wish.FormOf(f.format) == nil || f.format == "csv") {
		return usage("--format %q: give text, json, ndjson, md, html, sarif or github", f.format)
	}
	switch f.color {
	case "auto", "always", "never":
	default:
		return usage("--color %q: give auto, always or never", f.color)
	}
	if fs.Changed("now") {
		now, err := time.Parse(time.RFC3339Nano, f.nowText)
		if err != nil {
			return usage("--now %q is no RFC 3339 time like 2026-03-10T09:00:00Z", f.nowText)
		}
		f.now = now
	}
	if f.open && shownPage(f.outputs) == "" {
		return usage("--open shows the HTML report: write one with -o FILE.html")
	}
	return checkTargets(f.outputs, f.force)
}

// loadZone finds the zone of --tz.
func loadZone(name string) (*time.Location, error) {
	zone, err := wish.Zone(name)
	switch {
	case errors.Is(err, wish.ErrNoDatabase):
		return nil, failed("--tz %v", err)
	case err != nil:
		return nil, usage("--tz %v", err)
	}
	return zone, nil
}

func (f *settingFlags) addRange(s string) error {
	transport, r, err := wish.Range(s)
	if err != nil {
		return usage("--range %v", err)
	}
	if _, twice := f.ranges[transport]; twice {
		return usage("--range: the range of %s is given twice", transport)
	}
	f.ranges[transport] = r
	return nil
}

// outcomeCode is the exit code of an outcome.
func outcomeCode(o report.Outcome) int {
	switch o {
	case report.Exhausted:
		return exitExhausted
	case report.Likely:
		return exitLikely
	case report.Inconclusive:
		return exitInconclusive
	}
	return exitOK
}

// code is the exit code of an outcome under --fail-on and --exit-zero.
func (s *settings) code(o report.Outcome) int {
	if !s.exitZero && slices.Contains(s.failOn, o) {
		return outcomeCode(o)
	}
	return exitOK
}
