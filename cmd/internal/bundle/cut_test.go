package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	localSignature   = "PK\x03\x04"
	centralSignature = "PK\x01\x02"
	flagDescriptor   = 8 // the sizes stand behind the data
)

// plainZip is a zip whose headers hold the sizes, as most programs write them; zipOf
// gives those whose sizes stand behind the data.
func plainZip(t *testing.T, method uint16, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		var data bytes.Buffer
		z := zip.NewWriter(&data)
		part, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, e.body); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		one, err := zip.NewReader(bytes.NewReader(data.Bytes()), int64(data.Len()))
		if err != nil {
			t.Fatal(err)
		}
		h := one.File[0].FileHeader
		h.Flags &^= flagDescriptor
		raw, err := w.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		from, err := one.File[0].OpenRaw()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(raw, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// loadZip gives the inputs of a zip as "path size" and the codes of its diagnostics.
func loadZip(t *testing.T, data []byte, lim limits) (inputs, codes []string) {
	t.Helper()
	b, err := load(context.Background(), Options{Jobs: 1}, lim, inMemory("z.zip", bytes.NewReader(data), int64(len(data))))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, in := range b.Inputs {
		inputs = append(inputs, fmt.Sprintf("%s %d", in.Path, in.Size))
	}
	for _, d := range b.Diagnostics {
		codes = append(codes, d.Code)
	}
	return inputs, codes
}

// A zip without its end gives every entry that stands before it, the last as far as it goes.
func TestCutZip(t *testing.T) {
	long := rangeText + strings.Repeat("0123456789abcdef\r\n", 400)
	entries := []entry{{"a.txt", rangeText}, {"b.txt", rangeText + "b"}, {"c.txt", long}}
	a, b := fmt.Sprint("a.txt ", len(rangeText)), fmt.Sprint("b.txt ", len(rangeText)+1)
	for name, data := range map[string][]byte{
		"sizes in front": plainZip(t, zip.Deflate, entries...), "stored": plainZip(t, zip.Store, entries...), "sizes behind": zipOf(t, entries...),
	} {
		t.Run(name, func(t *testing.T) {
			whole, _ := loadZip(t, data, defaultLimits)
			end := bytes.Index(data, []byte(centralSignature))
			if inputs, codes := loadZip(t, data[:end], defaultLimits); !cmp.Equal(inputs, whole) || !cmp.Equal(codes, []string{"archive-damaged"}) {
				t.Errorf("without its directory: %v, %v", inputs, codes)
			}
			if inputs, codes := loadZip(t, data[:end+9], defaultLimits); !cmp.Equal(inputs, whole) || !cmp.Equal(codes, []string{"archive-damaged"}) {
				t.Errorf("with a part of it: %v, %v", inputs, codes)
			}
			inputs, codes := loadZip(t, data[:end-25], defaultLimits)
			if len(inputs) != 3 || inputs[0] != a || inputs[1] != b || inputs[2] == whole[2] || !slices.Contains(codes, "archive-damaged") || !slices.Contains(codes, "archive-entry") {
				t.Errorf("cut in its last entry: %v, %v", inputs, codes)
			}
			at := bytes.LastIndex(data[:end], []byte(localSignature))
			if inputs, codes := loadZip(t, data[:at+12], defaultLimits); !cmp.Equal(inputs, []string{a, b}) || !cmp.Equal(codes, []string{"archive-damaged"}) {
				t.Errorf("cut in a header: %v, %v", inputs, codes)
			}
		})
	}
}

// What a zip without its directory unpacks to is bounded.
func TestCutZipIsBounded(t *testing.T) {
	data := zipOf(t, entry{"a.txt", rangeText}, entry{"z.bin", strings.Repeat("\x00", 1<<20)}, entry{"b.txt", rangeText + "b"})
	lim := defaultLimits
	lim.floor = 1 << 16
	inputs, codes := loadZip(t, data[:bytes.Index(data, []byte(centralSignature))], lim)
	if !cmp.Equal(inputs, []string{fmt.Sprint("a.txt ", len(rangeText))}) || !cmp.Equal(codes, []string{"archive-damaged", "archive-limit"}) {
		t.Errorf("%v, %v", inputs, codes)
	}
	lim = defaultLimits
	lim.entries = 1
	if inputs, _ := loadZip(t, data[:bytes.Index(data, []byte(centralSignature))], lim); len(inputs) != 1 {
		t.Errorf("%v", inputs)
	}
}

// No cut and no changed byte of a zip ends in a panic or in more than it has.
func TestCutZipEverywhere(t *testing.T) {
	data := zipOf(t, entry{"a.txt", rangeText}, entry{"b.txt", rangeText + "b"})
	for n := range data {
		if inputs, codes := loadZip(t, data[:n], defaultLimits); len(inputs) > 2 || n > 0 && len(codes) == 0 {
			t.Fatalf("cut to %d bytes: %v, %v", n, inputs, codes)
		}
		changed := bytes.Clone(data)
		changed[n] ^= 0xff
		if inputs, _ := loadZip(t, changed[:len(changed)-22], defaultLimits); len(inputs) > 2 {
			t.Fatalf("byte %d changed: %v", n, inputs)
		}
	}
}

// Archives that are not read are named and never taken for a text that stands in them;
// nor are those that are read and damaged.
func TestPackedOtherwise(t *testing.T) {
	for head, want := range map[string]string{
		"\x1f\x8b\x08": "cannot be unpacked", "BZh91AY&SY": "checksum", "\xfd7zXZ\x00": "cannot be unpacked", "\x28\xb5\x2f\xfd": "damaged",
		"n.txt" + strings.Repeat("\x00", 252) + "ustar": "the archive was cut", "Rar!\x1a\x07\x01\x00": "RAR archive",
	} {
		dir := folderOf(t, entry{"bundle.bin", head + "\r\n" + rangeText})
		b := mustLoad(t, dir)
		if len(b.Diagnostics) != 1 || !strings.Contains(b.Diagnostics[0].Text, want) {
			t.Errorf("%q: %+v", want, b.Diagnostics)
		}
		for _, in := range b.Inputs {
			if in.Kind != kindUnknown {
				t.Errorf("%q: taken for %s", want, in.Kind)
			}
		}
	}
}

// A zip without its end may have more entries than are read.
func TestCutZipOfManyEntries(t *testing.T) {
	var entries []entry
	for i := range 200 {
		entries = append(entries, entry{fmt.Sprintf("%05d.txt", i), fmt.Sprint(i)})
	}
	data := zipOf(t, entries...)
	lim := defaultLimits
	lim.entries = 100
	if inputs, codes := loadZip(t, data[:bytes.Index(data, []byte(centralSignature))], lim); len(inputs) != 100 || !slices.Contains(codes, "archive-limit") {
		t.Errorf("%d inputs, %v", len(inputs), codes)
	}
}
