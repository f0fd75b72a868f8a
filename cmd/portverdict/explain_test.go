package main

import (
	"strings"
	"testing"

	"portverdict/report"
)

// Every number that a threshold names is in the table of thresholds.
func TestExplainNamesNumbers(t *testing.T) {
	for _, f := range report.FindingRows() {
		if out := told(t, exitOK, "explain", f.ID); strings.ContainsAny(out, "{}") {
			t.Errorf("%s: %s", f.ID, out[strings.IndexAny(out, "{}"):])
		}
	}
}
