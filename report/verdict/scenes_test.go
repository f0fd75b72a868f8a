package verdict

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portverdict/report"
)

// A scene asks for the few things that it is about. The whole of its report has a sum
// here, so that a change of anything else in it is seen too, and is read before it is kept.
const scenesFile = "testdata/scenes.sum"

var scenesTo = flag.String("scenes", "", "a folder to write the report of each scene to: those of two commits can be compared")

// scenes are the sums of the reports by the names of the tests.
var scenes struct {
	sync.Mutex
	kept, told map[string]string
	seen       map[testing.TB]int // of a test that judges more than once
}

func TestMain(m *testing.M) {
	code := m.Run()
	if *update && code == 0 && scenes.told != nil {
		if err := keepScenes(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// asBefore tells of a report that is not the one that was last read.
func asBefore(tb testing.TB, r *report.Report) {
	tb.Helper()
	text := lasting(tb, r)
	scenes.Lock()
	defer scenes.Unlock()
	if scenes.kept == nil {
		scenes.kept, scenes.told, scenes.seen = readScenes(tb), map[string]string{}, map[testing.TB]int{}
	}
	name := tb.Name()
	scenes.seen[tb]++
	if n := scenes.seen[tb]; n > 1 {
		name = fmt.Sprintf("%s,_%d", name, n)
	}
	sum := fmt.Sprintf("%.6x", sha256.Sum256([]byte(text)))
	scenes.told[name] = sum
	if *scenesTo != "" {
		file := filepath.Join(*scenesTo, strings.NewReplacer("/", "-", ":", "").Replace(name)+".json")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	if scenes.kept[name] != sum && !*update {
		tb.Error("its report is not the one that was last read: compare what -scenes DIR writes with that of the commit before; to keep it: go test ./report/verdict -update")
	}
}

// lasting is a report without what hangs on the bytes of its inputs.
func lasting(tb testing.TB, r *report.Report) string {
	c := *r
	c.Bundle.ID, c.Sources = "", nil
	for _, s := range r.Sources {
		s.SHA256, s.Size = "", 0
		c.Sources = append(c.Sources, s)
	}
	c.Evidence = nil
	for _, e := range r.Evidence {
		e.Offset = min(e.Offset, 0)
		c.Evidence = append(c.Evidence, e)
	}
	return asJSON(tb, &c)
}

func readScenes(tb testing.TB) map[string]string {
	tb.Helper()
	data, err := os.ReadFile(scenesFile)
	if err != nil && !*update {
		tb.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		out[name] = sum
	}
	return out
}

// keepScenes writes the sums of the scenes that ran; where all did, others are forgotten.
func keepScenes() error {
	if os.Getenv("CI") == "true" {
		return fmt.Errorf("-update is refused where CI is true")
	}
	all := scenes.told
	if flag.Lookup("test.run").Value.String() != "" || testing.Short() {
		all = scenes.kept
		maps.Copy(all, scenes.told)
	}
	var b strings.Builder
	for _, name := range sortedKeys(all) {
		b.WriteString(all[name] + "  " + name + "\n")
	}
	return os.WriteFile(scenesFile, []byte(b.String()), 0o644)
}
