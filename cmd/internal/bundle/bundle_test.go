package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	rangeText = "\nProtocol tcp Dynamic Port Range\n---------------------------------\nStart Port      : 49152\nNumber of Ports : 16384\n"
	logHead   = "ElfFile\x00 and then nothing"
)

type entry struct{ name, body string }

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// folderOf writes entries under a new folder; a name with a final slash is a folder.
func folderOf(t *testing.T, entries ...entry) string {
	t.Helper()
	dir := t.TempDir()
	for _, e := range entries {
		name := filepath.Join(dir, filepath.FromSlash(e.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(e.body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// told is what a test looks at: "kind path" and "code source".
func told(b *Bundle) (inputs, diags []string) {
	for _, in := range b.Inputs {
		inputs = append(inputs, in.Kind+" "+in.Path)
	}
	for _, d := range b.Diagnostics {
		diags = append(diags, d.Code+" "+d.Source)
	}
	return inputs, diags
}

func mustLoad(t *testing.T, paths ...string) *Bundle {
	t.Helper()
	b, err := Load(context.Background(), paths, Options{Jobs: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(b.store.temp); b.store.temp != "" && !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the temp folder is still there: %v", err)
		}
	})
	return b
}

func TestLoadArchive(t *testing.T) {
	inner := string(zipOf(t, entry{"a.txt", rangeText}))
	tests := []struct {
		name          string
		entries       []entry
		inputs, diags []string
	}{
		{"flat", []entry{{"r.txt", rangeText}, {"x/s.evtx", logHead}}, []string{"hosttext.range r.txt", "evtx x/s.evtx"}, nil},
		{"seen through", []entry{{"c/", ""}, {"c/d/r.txt", rangeText}, {"c/d/s.evtx", logHead}}, []string{"hosttext.range r.txt", "evtx s.evtx"}, nil},
		{"backslashes", []entry{{`c\r.txt`, rangeText}, {`c\l\s.evtx`, logHead}}, []string{"evtx l/s.evtx", "hosttext.range r.txt"}, nil},
		{"nested", []entry{{"in.zip", inner}, {"s.evtx", logHead}}, []string{"hosttext.range in.zip!/a.txt", "evtx s.evtx"}, nil},
		{
			"leading out",
			[]entry{{"../x.txt", rangeText}, {"/etc/x.txt", rangeText}, {`C:\x.txt`, rangeText}, {`a\..\..\x`, rangeText}, {"l/s.evtx", logHead}},
			[]string{"evtx s.evtx"},
			[]string{"archive-path z.zip", "archive-path z.zip", "archive-path z.zip", "archive-path z.zip"},
		},
		{"empty and unknown", []entry{{"e.etl", ""}, {"u.etl", "text"}}, []string{"unknown e.etl", "unknown u.etl"}, []string{"input-empty e.etl", "input-unknown u.etl"}},
		{"same bytes", []entry{{"a.txt", rangeText}, {"b.txt", rangeText}}, []string{"hosttext.range a.txt"}, []string{"input-duplicate b.txt"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "z.zip")
			data := zipOf(t, tt.entries...)
			if err := os.WriteFile(name, data, 0o666); err != nil {
				t.Fatal(err)
			}
			inputs, diags := told(mustLoad(t, name))
			if d := cmp.Diff(tt.inputs, inputs); d != "" {
				t.Errorf("inputs (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.diags, diags); d != "" {
				t.Errorf("diagnostics (-want +got):\n%s", d)
			}
			held, err := LoadArchive(context.Background(), "z.zip", bytes.NewReader(data), int64(len(data)), Options{Jobs: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer held.Close()
			if again, _ := told(held); !cmp.Equal(inputs, again) {
				t.Errorf("in memory: %v, on disk: %v", again, inputs)
			}
		})
	}
}

func TestFolderEqualsZip(t *testing.T) {
	inner := string(zipOf(t, entry{"deep/a.txt", rangeText + "x"}))
	files := []entry{{"r.txt", rangeText}, {"logs/s.evtx", logHead}, {"logs/in.zip", inner}, {"e.etl", ""}}
	dir := folderOf(t, files...)
	var wrapped []entry
	for _, f := range files {
		wrapped = append(wrapped, entry{"customer/" + f.name, f.body})
	}
	archives := folderOf(t, entry{"plain.zip", string(zipOf(t, files...))}, entry{"other.zip", string(zipOf(t, wrapped...))})
	strip := func(b *Bundle) []Input {
		out := append([]Input(nil), b.Inputs...)
		for i := range out {
			out[i].file, out[i].data = "", nil
		}
		return out
	}
	want := mustLoad(t, dir)
	for _, name := range []string{"plain.zip", "other.zip"} {
		got := mustLoad(t, filepath.Join(archives, name))
		if d := cmp.Diff(strip(want), strip(got), cmp.AllowUnexported(Input{})); d != "" {
			t.Errorf("%s (-folder +zip):\n%s", name, d)
		}
		if d := cmp.Diff(want.Diagnostics, got.Diagnostics); d != "" {
			t.Errorf("%s diagnostics (-folder +zip):\n%s", name, d)
		}
	}
}

func TestPathsInAnyOrder(t *testing.T) {
	a := folderOf(t, entry{"n.txt", rangeText}, entry{"s.evtx", logHead})
	b := folderOf(t, entry{"n.txt", rangeText + "\n"})
	one, two := mustLoad(t, a, b), mustLoad(t, b, a)
	if d := cmp.Diff(one.Inputs, two.Inputs, cmp.AllowUnexported(Input{})); d != "" {
		t.Errorf("the order of paths shows (-a,b +b,a):\n%s", d)
	}
	if inputs, _ := told(one); !cmp.Equal(inputs, []string{"hosttext.range n.txt", "hosttext.range n.txt", "evtx s.evtx"}) {
		t.Errorf("inputs %v", inputs)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	dir := folderOf(t, entry{"n.txt", rangeText})
	if err := os.Symlink("/etc", filepath.Join(dir, "etc")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	inputs, diags := told(mustLoad(t, dir))
	if !cmp.Equal(inputs, []string{"hosttext.range n.txt"}) || !cmp.Equal(diags, []string{"input-special etc"}) {
		t.Errorf("inputs %v, diagnostics %v", inputs, diags)
	}
}

func TestLoadFails(t *testing.T) {
	dir := folderOf(t, entry{"n.txt", rangeText})
	name := filepath.Join(dir, "n.txt")
	if _, err := Load(context.Background(), []string{filepath.Join(dir, "none")}, Options{Jobs: 1}); err == nil {
		t.Error("a missing path gave no error")
	}
	if _, err := Load(context.Background(), []string{dir}, Options{Jobs: 1, Outputs: []string{name}}); !errors.Is(err, ErrOutputIsInput) {
		t.Errorf("an output that is an input gave %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Load(ctx, []string{dir}, Options{Jobs: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled load gave %v", err)
	}
}

func TestEarlierReportIsNoInput(t *testing.T) {
	dir := folderOf(t, entry{"n.txt", rangeText}, entry{"report.html", "<!doctype html><b>portverdict</b>"})
	b, err := Load(context.Background(), []string{dir}, Options{Jobs: 1, Outputs: []string{filepath.Join(dir, "report.html")}})
	if err != nil {
		t.Fatal(err)
	}
	if inputs, diags := told(b); len(inputs) != 1 || len(diags) != 0 {
		t.Errorf("inputs %v, diagnostics %v", inputs, diags)
	}
}

func TestReportsAreNoTexts(t *testing.T) {
	for _, head := range []string{
		"<!DOCTYPE html>\n<p><b>portverdict</b><pre>\n", "\n<html lang=en><b>portverdict</b><pre>\n", "{\n  \"schema_version\": 1,\n", "  ● EXHAUSTED  no TCP port was left\n",
		"  ? INCONCLUSIVE   these files\n", "● EXHAUSTED  no TCP port was left     proven\n", "? INCONCLUSIVE\n  these files\n", "▲ LIKELY EXHAUSTED      weak\n", "## Not exhausted: TCP ports\n", "id,kind,source,offset,record,line,time\n",
	} {
		if kind := Kind([]byte(head + rangeText)); kind != kindUnknown {
			t.Errorf("%q is taken for %s", head, kind)
		}
	}
	if kind := Kind([]byte("<!DOCTYPE html>\n<body><pre>\n" + rangeText)); kind != "hosttext.range" {
		t.Errorf("a mail as a page is taken for %s", kind)
	}
}

// Whatever is cut off or changed in an archive, the rest is read or told of.
func TestDamagedArchive(t *testing.T) {
	data := zipOf(t, entry{"a.txt", rangeText}, entry{"in.zip", string(zipOf(t, entry{"b.txt", rangeText + "b"}))})
	for i := range data {
		check(t, data[:i])
		flipped := bytes.Clone(data)
		flipped[i] ^= 0xFF
		check(t, flipped)
	}
}

// An entry that says it is a folder and has bytes is read or told of.
func TestFolderWithBytes(t *testing.T) {
	data := zipOf(t, entry{"a.txt", rangeText})
	at := bytes.Index(data, []byte("PK\x01\x02"))
	data[at+5], data[at+38] = 0, 0x10 // of DOS: a folder
	b := check(t, data)
	if len(b.Inputs) != 1 {
		t.Errorf("%d inputs, %+v", len(b.Inputs), b.Diagnostics)
	}
	for i := range data {
		if bytes.HasPrefix(data[i:], []byte("a.txt")) {
			copy(data[i:], "a.tx/")
		}
	}
	if b := check(t, data); len(b.Inputs) != 0 || len(b.Diagnostics) != 1 {
		t.Errorf("%d inputs, %+v", len(b.Inputs), b.Diagnostics)
	}
}

func check(t *testing.T, data []byte) *Bundle {
	t.Helper()
	lim := limits{entries: 100, depth: 3, unpacked: 1 << 20, floor: 1 << 16, ratio: 200, window: 1 << 20}
	b, err := load(context.Background(), Options{Jobs: 1}, lim, inMemory("z.zip", bytes.NewReader(data), int64(len(data))))
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer b.Close()
	if len(b.Inputs) == 0 && len(b.Diagnostics) == 0 {
		t.Error("nothing was read and nothing was told")
	}
	var total int64
	for _, in := range b.Inputs {
		total += in.Size
		if strings.Contains("/"+in.Path+"/", "/../") || strings.HasPrefix(in.Path, "/") {
			t.Errorf("the path %q leads out", in.Path)
		}
	}
	if total > lim.unpacked {
		t.Errorf("unpacked %d bytes, the limit is %d", total, lim.unpacked)
	}
	return b
}

func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f, entry{"a.txt", rangeText}))
	f.Add(zipOf(f, entry{"in.zip", string(zipOf(f, entry{"b.txt", rangeText}))}))
	f.Add([]byte("PK\x03\x04PK\x01\x02\x14\x00\x14\x00\b\x00\b\x00\x00\x00\x00\x00>\x82|VP\x00\x00\x00s\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00a.txtPK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x003\x00\x00\x00\x83\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, data)
	})
}
