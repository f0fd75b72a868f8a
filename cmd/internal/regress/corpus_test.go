package regress

import (
	"io/fs"
	"path/filepath"
	"testing"

	"portverdict/report"
)

const corpus = "../../../testdata/cases"

// The project's own cases show every outcome, and stay small.
func TestCorpusIsWhole(t *testing.T) {
	places, err := find(corpus)
	if err != nil {
		t.Fatal(err)
	}
	if len(places) < 90 {
		t.Errorf("%d cases, at least 90 are wanted", len(places))
	}
	outcomes := map[string]int{}
	for _, p := range places {
		if p.wrong != "" {
			t.Errorf("%s: %s", p.path, p.wrong)
			continue
		}
		c, err := readCase(p.path)
		if err != nil {
			t.Errorf("%s: %v", p.path, err)
			continue
		}
		if c.ID != filepath.Base(p.path) {
			t.Errorf("%s: its id is %s", p.path, c.ID)
		}
		if c.Expect.Outcome != "" && c.Expect.Confidence == "" {
			t.Errorf("%s: it does not say how sure the verdict is", c.ID)
		}
		outcomes[c.Expect.Outcome]++
	}
	for _, outcome := range []string{"exhausted", "likely", "not-exhausted", "inconclusive", ""} {
		if outcomes[outcome] == 0 {
			t.Errorf("no case of the outcome %q", outcome)
		}
	}
	size := int64(0)
	err = filepath.WalkDir(corpus, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil || size > 20e6 {
		t.Errorf("%d bytes, %v", size, err)
	}
}

// Every finding is shown by two cases, and asked to stay away in two others.
func TestCorpusShowsEveryFinding(t *testing.T) {
	rows := report.FindingRows()
	if len(rows) == 0 {
		t.Fatal("the table of findings is empty")
	}
	places, err := find(corpus)
	if err != nil {
		t.Fatal(err)
	}
	there, absent := map[string]int{}, map[string]int{}
	for _, p := range places {
		c, err := readCase(p.path)
		if err != nil {
			continue // told above
		}
		for id := range c.Expect.Findings {
			there[id]++
		}
		for _, id := range c.Expect.Absent {
			absent[id]++
		}
	}
	for _, r := range rows {
		if there[r.ID] < 2 || absent[r.ID] < 2 {
			t.Errorf("%s: expected in %d cases, absent in %d", r.ID, there[r.ID], absent[r.ID])
		}
	}
}
