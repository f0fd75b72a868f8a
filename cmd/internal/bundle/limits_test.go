package bundle

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"portverdict/report"
)

// bounded loads with some limits of its own.
func bounded(t *testing.T, change func(*limits), gather func(*loader) error) *Bundle {
	t.Helper()
	lim := defaultLimits
	change(&lim)
	b, err := load(context.Background(), Options{Jobs: 2}, lim, func(l *loader) error {
		err := gather(l)
		l.endRoot()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func zipped(data []byte) func(*loader) error {
	return inMemory("z.zip", bytes.NewReader(data), int64(len(data)))
}

// Each limit of an archive is reached, told of once, and what was left out is said.
func TestArchiveLimits(t *testing.T) {
	three := zipOf(t, entry{"a.txt", rangeText}, entry{"b.txt", rangeText + "b"}, entry{"c.txt", rangeText + "c"})
	deep := []byte(rangeText)
	for range 12 {
		deep = zipOf(t, entry{"in.zip", string(deep)})
	}
	zeros := zipOf(t, entry{"a.txt", rangeText}, entry{"z.bin", strings.Repeat("\x00", 1<<20)}, entry{"b.txt", rangeText + "b"})
	folders := zipOf(t, entry{"a/", ""}, entry{"b/", ""}, entry{"c/", ""}, entry{"d.txt", rangeText})
	for _, c := range []struct {
		name   string
		data   []byte
		change func(*limits)
		inputs int
		code   string
		text   string
	}{
		{"count", three, func(l *limits) { l.entries = 2 }, 2, "archive-limit", `more than 2 entries: "c.txt" and what follows it are not read`},
		{"count of folders", folders, func(l *limits) { l.entries = 2 }, 0, "archive-limit", `more than 2 entries: "c/" and what follows it are not read`},
		{"unpacked", three, func(l *limits) { l.unpacked = int64(len(rangeText)) }, 1, "archive-limit", `"b.txt" and what follows it are not read, nor are archives in it or around it that were not opened yet`},
		{"ratio", zeros, func(l *limits) { l.floor = 1 << 16 }, 1, "archive-limit", `200 times its size and 65536 bytes`},
		{"depth", deep, func(*limits) {}, 0, "archive-limit", "archives are read 6 deep; this one lies deeper and is not read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := bounded(t, c.change, zipped(c.data))
			if len(b.Inputs) != c.inputs || len(b.Diagnostics) != 1 || b.Diagnostics[0].Code != c.code || !strings.Contains(b.Diagnostics[0].Text, c.text) {
				t.Errorf("inputs %v, diagnostics %+v", b.Inputs, b.Diagnostics)
			}
		})
	}
}

// A nest of archives is charged to the outermost one: each of the inner ones may not
// unpack to what one archive may.
func TestNestIsChargedToTheOutermost(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20)
	var inner []entry
	for i := range 20 {
		inner = append(inner, entry{fmt.Sprintf("%02d.zip", i), string(zipOf(t, entry{"z.bin", zeros + strings.Repeat("x", i)}))})
	}
	nest := zipOf(t, append(inner, entry{"last.txt", rangeText})...)
	const floor = 5 << 20
	b := bounded(t, func(l *limits) { l.floor, l.ratio = floor, 20 }, zipped(nest))
	var total int64
	for _, in := range b.Inputs {
		total += in.Size
	}
	if total == 0 || total > floor || len(b.Inputs) != 5 {
		t.Errorf("%d inputs of %d bytes", len(b.Inputs), total)
	}
	var limit []report.Diagnostic
	for _, d := range b.Diagnostics {
		if d.Code == "archive-limit" {
			limit = append(limit, d)
		}
	}
	if len(limit) != 1 || limit[0].Source != "04.zip" || !strings.Contains(limit[0].Text, "nor are archives in it or around it that were not opened yet") {
		t.Errorf("%+v", limit)
	}

	// The same in a folder is so many outermost archives.
	dir := folderOf(t, inner...)
	b = bounded(t, func(l *limits) { l.floor, l.ratio = floor, 20 }, func(l *loader) error { return l.roots([]string{dir}) })
	if len(b.Inputs) != 20 {
		t.Errorf("%d inputs in a folder of archives", len(b.Inputs))
	}
}

// Of too many files those that tell most are read, whatever their names.
func TestMostTellingOfTooManyFiles(t *testing.T) {
	entries := []entry{{"zz/s.evtx", logHead}, {"zz/r.txt", rangeText}}
	for i := range 95 {
		entries = append(entries, entry{fmt.Sprintf("a/%03d.txt", i), fmt.Sprintf("nothing %d", i)})
	}
	dir := folderOf(t, entries...)
	other := folderOf(t, entry{"first.txt", "nothing of another root"})
	b := bounded(t, func(l *limits) { l.entries = 10 }, func(l *loader) error {
		err := l.roots([]string{other})
		if err == nil {
			err = l.roots([]string{dir})
		}
		return err
	})
	inputs, diags := told(b)
	if len(inputs) != 10 || inputs[9] != "evtx zz/s.evtx" || inputs[8] != "hosttext.range zz/r.txt" || inputs[0] != "unknown a/000.txt" {
		t.Errorf("%v", inputs)
	}
	if len(diags) != 9 || diags[0] != "input-limit " {
		t.Errorf("%v", diags)
	}
	want := "too many files: the 10 files that tell most are read, traces and logs first; 88 are left out (88 of kind unknown)"
	if got := b.Diagnostics[0].Text; got != want {
		t.Errorf("%s", got)
	}
}

func TestFilesThatAreNotLookedAt(t *testing.T) {
	dir := folderOf(t, entry{"a.txt", rangeText}, entry{"b.txt", rangeText + "b"}, entry{"c.txt", rangeText + "c"})
	b := bounded(t, func(l *limits) { l.seen = 2 }, func(l *loader) error { return l.roots([]string{dir}) })
	inputs, diags := told(b)
	if len(inputs) != 2 || len(diags) != 1 || !strings.Contains(b.Diagnostics[0].Text, `only the first 2 files were looked at, not "c.txt" and what comes after it`) {
		t.Errorf("%v, %+v", inputs, b.Diagnostics)
	}
}

func TestDiagnosticsAreBounded(t *testing.T) {
	dir := folderOf(t, entry{"a.txt", "1"}, entry{"b.txt", "2"}, entry{"c.txt", "3"})
	b := bounded(t, func(l *limits) { l.told = 1 }, func(l *loader) error { return l.roots([]string{dir}) })
	if len(b.Inputs) != 3 || len(b.Diagnostics) != 2 || !strings.HasSuffix(b.Diagnostics[0].Text, "2 further diagnostics of files are not listed") {
		t.Errorf("%+v", b.Diagnostics)
	}
}
