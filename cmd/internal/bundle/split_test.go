package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// splitZip cuts a zip before each of its entries but the first, and before its directory:
// z.z01, z.z02 ... z.zip. Offsets count from the start of each file then.
func splitZip(t *testing.T, entries ...entry) []entry {
	t.Helper()
	data, le := plainZip(t, zip.Deflate, entries...), binary.LittleEndian
	directory, end := bytes.Index(data, []byte(centralSignature)), len(data)-22
	starts := []int{0}
	for i, at := 0, directory; i < len(entries); i++ {
		local := int(le.Uint32(data[at+42:]))
		if local > 0 {
			starts = append(starts, local)
		}
		le.PutUint16(data[at+34:], uint16(i))
		le.PutUint32(data[at+42:], 0)
		at += 46 + int(le.Uint16(data[at+28:])) + int(le.Uint16(data[at+30:])) + int(le.Uint16(data[at+32:]))
	}
	starts = append(starts, directory)
	le.PutUint16(data[end+4:], uint16(len(entries)))
	le.PutUint16(data[end+6:], uint16(len(entries)))
	le.PutUint32(data[end+16:], 0)
	var out []entry
	for i, from := range starts {
		name, to := fmt.Sprintf("z.z%02d", i+1), len(data)
		if i+1 < len(starts) {
			to = starts[i+1]
		} else {
			name = "z.zip"
		}
		out = append(out, entry{name, string(data[from:to])})
	}
	return out
}

// A zip in several files is one archive, whatever the case of their names and wherever its
// last file stands among them; what is missing of it is told, three names of it at most,
// and what lies in the others is read.
func TestSplitZip(t *testing.T) {
	var entries []entry
	var all []string
	for i := range 11 {
		entries = append(entries, entry{fmt.Sprintf("%02d.txt", i), rangeText + strings.Repeat("\n", i)})
		all = append(all, fmt.Sprintf("hosttext.range z.zip!/%02d.txt", i))
	}
	parts := splitZip(t, entries...)
	if inputs, diags := told(mustLoad(t, folderOf(t, parts...))); !cmp.Equal(inputs, all) || diags != nil {
		t.Errorf("all: %v, %v", inputs, diags)
	}
	upper := slices.Clone(parts)
	for i := range upper {
		upper[i].name = strings.ToUpper(upper[i].name)
	}
	dir := folderOf(t, upper...)
	if inputs, diags := told(mustLoad(t, filepath.Join(dir, "Z.ZIP"), filepath.Join(dir, "Z.Z01"))); !cmp.Equal(inputs[:1], []string{"hosttext.range 00.txt"}) || len(inputs) != 1 || !slices.Contains(diags, "archive-part Z.ZIP") {
		t.Errorf("the first and the last: %v, %v", inputs, diags)
	}
	for gone, says := range map[int]string{
		1: "(z.z01)", 2: "(z.z01, z.z02)", 4: "(z.z01, z.z02, z.z03)",
	} {
		b := mustLoad(t, folderOf(t, parts[gone:]...))
		inputs, _ := told(b)
		if !cmp.Equal(inputs, all[gone:]) {
			t.Errorf("without %d: %v", gone, inputs)
		}
		var text []string
		for _, d := range b.Diagnostics {
			if d.Code == "archive-part" && d.Source == "z.zip" {
				text = append(text, d.Text)
			}
		}
		if len(text) != 1 || !strings.Contains(text[0], says) {
			t.Errorf("without %d: %q, want %s", gone, text, says)
		}
	}
	// The file that it ends with, alone in the folder with one from the middle.
	if inputs, diags := told(mustLoad(t, folderOf(t, parts[5], parts[11]))); !cmp.Equal(inputs, all[5:6]) || !slices.Contains(diags, "archive-part z.zip") {
		t.Errorf("one from the middle: %v, %v", inputs, diags)
	}
}

// The parts of two archives in two folders are not mixed, though one is a copy of the other.
func TestTwoSetsOfCabinets(t *testing.T) {
	var entries []entry
	for _, folder := range []string{"a/", "b/"} {
		for _, name := range []string{"set-1.cab", "set-2.cab", "set-3.cab"} {
			data, err := os.ReadFile(filepath.Join(archives, name))
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, entry{folder + name, string(data)})
		}
	}
	one, _ := told(mustLoad(t, folderOf(t, entries[:3]...)))
	dir := folderOf(t, entries...)
	var mixed []string
	for i := range entries {
		mixed = append(mixed, filepath.Join(dir, entries[i/2+i%2*3].name))
	}
	if inputs, diags := told(mustLoad(t, mixed...)); len(inputs) != 4 || strings.Contains(strings.Join(diags, " "), "archive-part") {
		t.Errorf("given one by one: %v, %v", inputs, diags)
	}
	b := mustLoad(t, dir)
	inputs, diags := told(b)
	if len(one) != 4 || len(inputs) != 4 || len(diags) != 4 {
		t.Fatalf("%v, then %v, %v", one, inputs, diags)
	}
	for i, d := range b.Diagnostics {
		if d.Code != "input-duplicate" || !strings.HasPrefix(d.Source, "b/set-1.cab!/") || !cmp.Equal(b.Inputs[i].Copies, []string{d.Source}) {
			t.Errorf("%+v", d)
		}
	}
}

// Bytes across the files of an archive are read as if they were one file, from any place.
func TestJoined(t *testing.T) {
	whole := "one two three four"
	var j joined
	for _, cut := range []string{"one ", "", "two", " thre", "e four"} {
		j.add(strings.NewReader(cut), int64(len(cut)))
	}
	for from := range len(whole) + 2 {
		for n := range len(whole) + 2 {
			p := make([]byte, n)
			want := whole[min(from, len(whole)):min(from+n, len(whole))]
			got, err := j.ReadAt(p, int64(from))
			if string(p[:got]) != want || (err != nil) != (got < n) {
				t.Errorf("%d bytes from %d: %q, %v", n, from, p[:got], err)
			}
		}
	}
}
