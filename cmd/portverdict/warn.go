package main

import (
	"fmt"
	"io"

	"portverdict/cmd/internal/analysis"
	"portverdict/report"
)

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
	text := fmt.Sprintf("%s (%s)", d.Sentence(), d.Code)
	switch {
	case d.Line > 0:
		text = fmt.Sprintf("line %d: %s", d.Line, text)
	case d.Offset > 0 || d.Length > 0:
		text = fmt.Sprintf("offset %d: %s", d.Offset, text)
	}
	if d.Source != "" { // else it is of no input
		text = d.Source + ": " + text
	}
	if d.Count > 1 {
		text += fmt.Sprintf(", %d times", d.Count)
	}
	return text
}

// tellLeft warns of a temp folder that could not be removed; nothing rests on that.
func (s *settings) tellLeft(w io.Writer, left error) {
	if left != nil && !s.quiet {
		fmt.Fprintf(w, "portverdict: the temp folder could not be removed: %s\n", visible(left.Error()))
	}
}

// tellFaults tells on stderr of the faults of this program, whatever -q says, with -v
// with their stacks; the error, if any, is that of the command.
func (s *settings) tellFaults(w io.Writer, faults []analysis.Fault) error {
	for _, f := range faults {
		text := fmt.Sprintf("internal error while reading %s: %s", f.Source, f.Value)
		if s.verbose {
			text += "\n" + f.Stack
		}
		if s.redactor != nil {
			text = s.redactor.Text(text)
		}
		fmt.Fprintf(w, "portverdict: %s\n", visible(text))
	}
	switch {
	case len(faults) == 0:
		return nil
	case s.verbose:
		return failed("please report this with the version")
	}
	return failed("please report this with the version and what -v tells")
}
