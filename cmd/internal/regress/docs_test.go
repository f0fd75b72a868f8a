package regress

import (
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// What the page on cases shows is what is read: its case.yaml is one, and its pipelines
// are YAML that runs the cases and keeps the JUnit file.
func TestDocumentedYAML(t *testing.T) {
	text, err := os.ReadFile("../../../docs/cases.md")
	if err != nil {
		t.Fatal(err)
	}
	cases, pipelines := 0, 0
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		if strings.HasPrefix(block, "schema:") {
			cases++
			if _, err := parseCase([]byte(block)); err != nil {
				t.Errorf("%v in\n%s", err, block)
			}
			continue
		}
		pipelines++
		var any map[string]yaml.Node
		if err := yaml.Unmarshal([]byte(block), &any); err != nil {
			t.Errorf("%v in\n%s", err, block)
		}
		if !strings.Contains(block, "portverdict regress cases --junit junit.xml") || !strings.Contains(block, ": junit.xml") {
			t.Errorf("no cases or no JUnit file in\n%s", block)
		}
	}
	if cases != 1 || pipelines != 2 {
		t.Errorf("%d cases and %d pipelines", cases, pipelines)
	}
}
