package verdict

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each rule has its explanation, and each explanation its rule.
func TestEveryFindingIsExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Explain() {
		if seen[e.ID] {
			t.Errorf("%s stands twice", e.ID)
		}
		seen[e.ID] = true
		if e.Title == "" || len(e.Text) < 40 || e.Check == "" || e.Severity == "" || !strings.HasSuffix(e.Text, ".") {
			t.Errorf("%+v", e)
		}
	}
	for id := range docs {
		if !seen[id] {
			t.Errorf("%s is explained and no rule", id)
		}
	}
}

// The ids that users rely on are all there.
func TestFindingIDsOfTheContract(t *testing.T) {
	text, err := os.ReadFile("../../../shared/CONTRACT.md")
	if err != nil {
		t.Skip("the contract is not present: its finding ids are not checked here")
	}
	_, table, _ := strings.Cut(string(text), "## Finding ids")
	table, _, _ = strings.Cut(table, "Every threshold")
	known := map[string]bool{}
	for _, e := range Explain() {
		known[e.ID] = true
	}
	n := 0
	for line := range strings.Lines(table) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			if n++; !known[m[1]] {
				t.Errorf("%s is no finding", m[1])
			}
		}
	}
	if n < 30 {
		t.Errorf("%d ids found", n)
	}
}
