package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.body)), Typeflag: tar.TypeReg}
		if target, ok := strings.CutPrefix(e.body, "-> "); ok {
			h.Typeflag, h.Linkname, h.Size, e.body = tar.TypeSymlink, target, 0, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// loaded gives "kind path", with ! behind what is damaged, and "code source".
func loaded(t *testing.T, name string, data []byte) (inputs, diags []string) {
	t.Helper()
	b := mustLoad(t, filepath.Join(folderOf(t, entry{name, string(data)}), name))
	inputs, diags = told(b)
	for i, in := range b.Inputs {
		if in.Damaged {
			inputs[i] += "!"
		}
	}
	return inputs, diags
}

func TestStreams(t *testing.T) {
	files := []entry{{"c/r.txt", rangeText}, {"c/s.evtx", logHead}}
	both := []string{"hosttext.range r.txt", "evtx s.evtx"}
	whole := tarOf(t, files...)
	packed := gzipOf(t, whole)
	wrong := bytes.Clone(packed)
	wrong[len(wrong)-8] ^= 1
	single := gzipOf(t, []byte(rangeText))
	wrongSingle := bytes.Clone(single)
	wrongSingle[len(wrongSingle)-8] ^= 1
	old := bytes.ReplaceAll(tarOf(t, entry{"r.txt", rangeText}), []byte("ustar\x0000"), make([]byte, 8))
	sum := 8 * int(' ')
	for i, c := range old[:512] {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(old[148:], fmt.Sprintf("%06o\x00 ", sum))
	for _, c := range []struct {
		name          string
		data          []byte
		inputs, diags []string
	}{
		{"a.tar", whole, both, nil},
		{"a.tgz", packed, both, nil},
		{"old.tar", old, []string{"hosttext.range r.txt"}, nil},
		{"cut.tar", whole[:512+512+512+12], []string{"hosttext.range r.txt", "evtx s.evtx!"}, []string{"archive-damaged cut.tar", "archive-entry s.evtx"}},
		{"header.tar", whole[:512+512+100], []string{"hosttext.range r.txt"}, []string{"archive-damaged header.tar"}},
		{"sum.tgz", wrong, []string{"hosttext.range r.txt!", "evtx s.evtx!"}, []string{"archive-checksum sum.tgz"}},
		{"r.txt.gz", single, []string{"hosttext.range r.txt"}, nil},
		{"R.TXT.GZ", single, []string{"hosttext.range R.TXT"}, nil},
		{"packed", single, []string{"hosttext.range packed"}, nil},
		{"wrong.txt.gz", wrongSingle, []string{"hosttext.range wrong.txt!"}, []string{"archive-checksum wrong.txt"}},
		{"z.zip.gz", gzipOf(t, zipOf(t, files...)), both, nil},
		{"r.txt.gz.gz", gzipOf(t, single), []string{"hosttext.range r.txt"}, nil},
		{"links.tar", tarOf(t, entry{"l", "-> /etc/passwd"}, entry{"r.txt", rangeText}), []string{"hosttext.range r.txt"}, []string{"input-special l"}},
		{"out.tar", tarOf(t, entry{"../x", rangeText}, entry{"r.txt", rangeText}), []string{"hosttext.range r.txt"}, []string{"archive-path out.tar"}},
		{"head.gz", single[:5], nil, []string{"archive-damaged head.gz"}},
	} {
		inputs, diags := loaded(t, c.name, c.data)
		if !cmp.Equal(inputs, c.inputs) || !cmp.Equal(diags, c.diags) {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, inputs, diags, c.inputs, c.diags)
		}
	}
}

// In a folder a compressed file is told without its suffix, and a tar as an archive.
func TestStreamsInAFolder(t *testing.T) {
	dir := folderOf(t, entry{"d/r.txt.gz", string(gzipOf(t, []byte(rangeText)))}, entry{"d/l.tgz", string(gzipOf(t, tarOf(t, entry{"c/s.evtx", logHead})))}, entry{"n.txt", rangeText + "n"})
	inputs, diags := told(mustLoad(t, dir))
	if want := []string{"evtx d/l.tgz!/c/s.evtx", "hosttext.range d/r.txt", "hosttext.range n.txt"}; !cmp.Equal(inputs, want) || diags != nil {
		t.Errorf("%v, %v", inputs, diags)
	}
	// The same trace in the folder and in the cabinet beside it counts once.
	inputs, diags = told(mustLoad(t, folderOf(t, entry{"s.evtx", logHead}, entry{"trace.tgz", string(gzipOf(t, tarOf(t, entry{"report.evtx", logHead})))})))
	if !cmp.Equal(inputs, []string{"evtx s.evtx"}) || !cmp.Equal(diags, []string{"input-duplicate trace.tgz!/report.evtx"}) {
		t.Errorf("%v, %v", inputs, diags)
	}
}

// What is passed over is counted: a member that leads out of the archive hides no bomb.
func TestBombInWhatIsPassedOver(t *testing.T) {
	data := gzipOf(t, tarOf(t, entry{"../z", strings.Repeat("\x00", 4<<20)}, entry{"r.txt", rangeText}))
	b := bounded(t, func(l *limits) { l.floor = 1 << 20 }, inMemory("z.tgz", bytes.NewReader(data), int64(len(data))))
	if _, diags := told(b); !cmp.Equal(diags, []string{"archive-limit z.tgz", "archive-path z.tgz"}) {
		t.Errorf("%v", diags)
	}
}

// Parts that were cut are joined by their names, and a part alone is told.
func TestParts(t *testing.T) {
	data := string(zipOf(t, entry{"r.txt", rangeText}, entry{"s.evtx", logHead}))
	a, b, c := data[:60], data[60:150], data[150:]
	both := []string{"hosttext.range r.txt", "evtx s.evtx"}
	load := func(entries ...entry) (inputs, diags []string) {
		dir := folderOf(t, entries...)
		var names []string
		for _, e := range entries {
			names = append([]string{filepath.Join(dir, e.name)}, names...)
		}
		return told(mustLoad(t, names...))
	}
	if inputs, diags := load(entry{"z.zip.001", a}, entry{"z.zip.002", b}, entry{"z.zip.003", c}); !cmp.Equal(inputs, both) || diags != nil {
		t.Errorf("all: %v, %v", inputs, diags)
	}
	if inputs, diags := load(entry{"z.zip.001", a}, entry{"z.zip.003", rangeText}); !cmp.Equal(inputs, []string{"unknown r.txt"}) || !cmp.Equal(diags, []string{"archive-entry r.txt", "input-unknown r.txt", "archive-damaged z.zip.001", "archive-part z.zip.001"}) {
		t.Errorf("without the second: %v, %v", inputs, diags)
	}
	if inputs, _ := load(entry{"z.zip.002", rangeText}); !cmp.Equal(inputs, []string{"hosttext.range z.zip.002"}) {
		t.Errorf("a text with such a name: %v", inputs)
	}
	dir := folderOf(t, entry{"z.zip.001", a}, entry{"z.zip.002", b}, entry{"z.zip.003", c}, entry{"n.txt", rangeText + "n"})
	if inputs, diags := told(mustLoad(t, dir)); !cmp.Equal(inputs, []string{"hosttext.range n.txt", "hosttext.range z.zip.001!/r.txt", "evtx z.zip.001!/s.evtx"}) || diags != nil {
		t.Errorf("in a folder: %v, %v", inputs, diags)
	}
}
