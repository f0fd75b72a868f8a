package bundle

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// What stands on the standard input is read as a file that was given, once, and an archive
// too; where nothing stands there, or it cannot be read, that is said.
func TestStdin(t *testing.T) {
	file := filepath.Join(folderOf(t, entry{"s.evtx", logHead}), "s.evtx")
	given := func(r io.Reader, paths ...string) (*Bundle, error) {
		b, err := Load(t.Context(), paths, Options{Jobs: 1, Stdin: r})
		if err == nil {
			t.Cleanup(func() { b.Close() })
		}
		return b, err
	}
	for text, want := range map[string][]string{
		rangeText: {"evtx s.evtx", "hosttext.range stdin"},
		string(zipOf(t, entry{"c/a.txt", rangeText}, entry{"c/b.txt", rangeText + "b"})): {"hosttext.range a.txt", "hosttext.range b.txt", "evtx s.evtx"},
	} {
		b, err := given(strings.NewReader(text), Stdin, file)
		if err != nil {
			t.Fatal(err)
		}
		if inputs, diags := told(b); !cmp.Equal(inputs, want) || diags != nil {
			t.Errorf("%v, %v", inputs, diags)
		}
	}
	for want, r := range map[string]io.Reader{"cannot read -: it broke": iotest.ErrReader(errors.New("it broke")), "cannot read -: this command has no standard input": nil} {
		if _, err := given(r, Stdin); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := given(strings.NewReader(rangeText), Stdin, file, Stdin); err == nil || err.Error() != "- is given twice" {
		t.Errorf("%v", err)
	}
}

// A file of a folder that is gone when it is its turn costs itself only and is told, an
// archive as any other; one that was given is an error.
func TestVanishedFiles(t *testing.T) {
	dir := folderOf(t, entry{"a.zip", string(zipOf(t, entry{"a.txt", rangeText}))}, entry{"long.txt", rangeText + strings.Repeat("\n", headSize)}, entry{"r.txt", rangeText + "r"})
	vanish := func(names ...string) func(*loader) {
		return func(l *loader) {
			kind := l.kind
			l.kind = func(head []byte) string { // nothing is opened between this file and the next
				for _, name := range names {
					_ = os.Rename(filepath.Join(dir, name), filepath.Join(dir, name+".gone"))
				}
				return kind(head)
			}
		}
	}
	unread := func(source, why string) report.Diagnostic {
		return report.Diagnostic{Code: "input-unreadable", Severity: "error", Source: source, Text: "cannot be read: " + why, Count: 1}
	}
	back := func(names ...string) {
		for _, name := range names {
			if err := os.Rename(filepath.Join(dir, name+".gone"), filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	from := func(set func(*loader), paths ...string) (*Bundle, error) {
		return load(t.Context(), Options{Jobs: 1}, defaultLimits, func(l *loader) error {
			set(l)
			return l.roots(paths)
		})
	}
	_, err := os.Stat(filepath.Join(dir, "none"))
	none := cause(err).Error()
	b, err := from(vanish("a.zip", "r.txt"), dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]report.Diagnostic{unread("a.zip", none), unread("r.txt", none)}, b.Diagnostics); d != "" || len(b.Inputs) != 1 {
		t.Errorf("in a folder: %v\n%s", b.Inputs, d)
	}
	back("a.zip", "r.txt")
	l := &loader{limits: defaultLimits, bundle: &Bundle{}}
	if fi, err := os.Stat(filepath.Join(dir, "r.txt")); err != nil {
		t.Fatal(err)
	} else if err := l.file(&level{}, "x/r.txt", filepath.Join(dir, "none"), fi); err != nil || !cmp.Equal(l.bundle.Diagnostics, []report.Diagnostic{unread("x/r.txt", none)}) {
		t.Errorf("gone just before it is opened: %v, %+v", err, l.bundle.Diagnostics)
	}
	if _, err := from(vanish("a.zip"), filepath.Join(dir, "a.zip")); err == nil || err.Error() != "cannot read a.zip: "+none {
		t.Errorf("an archive that was given: %v", err)
	}
	back("a.zip")
	// A text that is read to its end only when it is hashed: two of a size have to be.
	if err := os.WriteFile(filepath.Join(dir, "long2.txt"), []byte(rangeText+strings.Repeat(" ", headSize)), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err = load(t.Context(), Options{Jobs: 1}, defaultLimits, func(l *loader) error {
		err := l.roots([]string{dir})
		vanish("long.txt")(l)
		l.kind(nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]report.Diagnostic{unread("long.txt", none)}, b.Diagnostics); d != "" || len(b.Inputs) != 3 {
		t.Errorf("before it was hashed: %v\n%s", b.Inputs, d)
	}
}

// Of the same bytes the first path is read; the others are told with how long they are.
func TestDuplicates(t *testing.T) {
	b := mustLoad(t, folderOf(t, entry{"a.txt", rangeText}, entry{"b.txt", rangeText}, entry{"c.txt", rangeText}, entry{"x", "junk"}, entry{"y", "junk"}))
	same := func(path string) report.Diagnostic {
		return report.Diagnostic{Code: "input-duplicate", Severity: "note", Source: path, Length: int64(len(rangeText)), Text: "has the same bytes as a.txt and is read once", Count: 1}
	}
	if d := cmp.Diff([]report.Diagnostic{same("b.txt"), same("c.txt")}, b.Diagnostics[:2]); d != "" {
		t.Error(d)
	}
	if inputs, _ := told(b); !cmp.Equal(inputs, []string{"hosttext.range a.txt", "unknown x", "unknown y"}) || !cmp.Equal(b.Inputs[0].Copies, []string{"b.txt", "c.txt"}) {
		t.Errorf("%v, %v", inputs, b.Inputs[0].Copies)
	}
}

// What an archive has and is not read is told with its place in the archive.
func TestPlacesOfWhatIsPassedOver(t *testing.T) {
	data := zipOf(t, entry{"../x.txt", rangeText}, entry{"r.txt", rangeText + "r"}, entry{"dir/", ""})
	b, err := LoadArchive(t.Context(), "z.zip", bytes.NewReader(data), int64(len(data)), Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := report.Diagnostic{Code: "archive-path", Severity: "warning", Source: "z.zip", Offset: 30 + int64(len("../x.txt")), Text: `the entry "../x.txt" leads out of the archive and is not read`, Count: 1}
	if d := cmp.Diff([]report.Diagnostic{want}, b.Diagnostics); d != "" {
		t.Error(d)
	}
	whole := tarOf(t, entry{"l", "-> /etc/passwd"}, entry{"r.txt", rangeText})
	b, err = LoadArchive(t.Context(), "t.tar", bytes.NewReader(whole), int64(len(whole)), Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	want = report.Diagnostic{Code: "input-special", Severity: "note", Source: "l", Text: "is a link and is not read", Count: 1}
	if d := cmp.Diff([]report.Diagnostic{want}, b.Diagnostics); d != "" {
		t.Error(d)
	}
}

// The head of a file that became shorter is what is left of it.
func TestHead(t *testing.T) {
	in, data := onDisk(t, 100)
	if head, err := in.Head(10); err != nil || !bytes.Equal(head, data[:10]) {
		t.Errorf("%q, %v", head, err)
	}
	if err := os.Truncate(in.file, 60); err != nil {
		t.Fatal(err)
	}
	if head, err := in.Head(1000); err != nil || !bytes.Equal(head, data[:60]) {
		t.Errorf("%q, %v", head, err)
	}
	if err := os.Remove(in.file); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Head(10); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), in.file) {
		t.Errorf("%v", err)
	}
}

// What an empty file tells depends on what it should have been: the messages of a command
// are not redirected with its output.
func TestEmptyFiles(t *testing.T) {
	for name, says := range map[string]string{
		"a.txt": "the capture failed", "a.LOG": "the capture failed", "a.csv": "texts that help", "a.etl": "buffer header", "a.evtx": `"ElfFile"`, "a.zip": `"PK"`, "a": "the file is empty",
	} {
		b := mustLoad(t, filepath.Join(folderOf(t, entry{name, ""}), name))
		if len(b.Diagnostics) != 1 || b.Diagnostics[0].Code != "input-empty" || !strings.Contains(b.Diagnostics[0].Text, says) || strings.Contains(b.Diagnostics[0].Text, "capture") != strings.Contains(says, "capture") {
			t.Errorf("%s: %+v", name, b.Diagnostics)
		}
	}
}

// Of too many files traces are kept before logs, those before tables, those before what else
// is known; the names of what is left out do not matter, and those that were read before
// keep their names.
func TestOrderOfTelling(t *testing.T) {
	kinds := [][]string{{"etl"}, {"evtx"}, {"eventtext", "netstat", "psnet", "sockets"}, {"hosttext.range", "dump", "counts"}, {kindUnknown}}
	for i, same := range kinds {
		for _, kind := range same {
			if got := telling(kind); got != i {
				t.Errorf("%s is in place %d, want %d", kind, got, i)
			}
		}
	}
	l := &loader{bundle: &Bundle{}, left: map[string]int{}, inputMark: 3}
	for _, in := range []string{"unknown a", "evtx b", "unknown c", "netstat e", "etl d", "hosttext.range f", "netstat a"} {
		kind, path, _ := strings.Cut(in, " ")
		l.bundle.Inputs = append(l.bundle.Inputs, Input{Kind: kind, Path: path})
	}
	l.trim(3)
	if inputs, _ := told(l.bundle); !cmp.Equal(inputs, []string{"evtx b", "etl d", "netstat a"}) || l.inputMark != 1 {
		t.Errorf("%v, of which %d are of earlier roots", inputs, l.inputMark)
	}
	if d := cmp.Diff(map[string]int{kindUnknown: 2, "hosttext.range": 1, "netstat": 1}, l.left); d != "" {
		t.Error(d)
	}
}

// What a decompressor is asked for at once is bounded, so that an interruption is seen soon.
func TestMeterSeesAnInterruption(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l := &loader{ctx: ctx, limits: defaultLimits}
	u := &unpacker{loader: l, outer: &outermost{size: 1 << 30}}
	r := u.meter(readerFunc(func(p []byte) (int, error) {
		stop()
		return len(p), nil
	}))
	if n, err := io.ReadFull(r, make([]byte, 1<<20)); !errors.Is(err, context.Canceled) || n > 256<<10 || u.outer.written != int64(n) || l.unpacked != int64(n) {
		t.Errorf("%d bytes, %v; %d are counted", n, err, l.unpacked)
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
