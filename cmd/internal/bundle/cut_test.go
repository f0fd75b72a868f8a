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
	b, err := load(context.Background(), Options{Jobs: 1}, lim, func(l *loader) error {
		return l.archive("z.zip", "", bytes.NewReader(data), int64(len(data)), nil, 1)
	})
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

// What an entry unpacks to while its end is looked for is bounded.
func TestCutZipIsBounded(t *testing.T) {
	data := zipOf(t, entry{"a.txt", rangeText}, entry{"z.bin", strings.Repeat("\x00", 1<<20)}, entry{"b.txt", rangeText + "b"})
	lim := defaultLimits
	lim.floor = 1 << 16
	inputs, codes := loadZip(t, data[:bytes.Index(data, []byte(centralSignature))], lim)
	if !cmp.Equal(inputs, []string{fmt.Sprint("a.txt ", len(rangeText))}) || !cmp.Equal(codes, []string{"archive-damaged"}) {
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

// Archives that are not read are named and never taken for a text that stands in them.
func TestPackedOtherwise(t *testing.T) {
	for head, title := range map[string]string{
		"\x1f\x8b\x08": "gzip", "BZh9": "bzip2", "\xfd7zXZ\x00": "xz", "\x28\xb5\x2f\xfd": "zstd", "n.txt" + strings.Repeat("\x00", 252) + "ustar": "tar",
		"MSCF\x00\x00\x00\x00": "cabinet", "7z\xbc\xaf\x27\x1c": "7-Zip", "Rar!\x1a\x07\x01\x00": "RAR",
	} {
		dir := folderOf(t, entry{"bundle.bin", head + "\r\n" + rangeText})
		b := mustLoad(t, dir)
		if len(b.Inputs) != 1 || b.Inputs[0].Kind != kindUnknown || len(b.Diagnostics) != 1 {
			t.Fatalf("%s: %v, %v", title, b.Inputs, b.Diagnostics)
		}
		if text := b.Diagnostics[0].Text; !strings.Contains(text, "("+title+")") || !strings.Contains(text, "unpack it and give the folder") {
			t.Errorf("%s: %s", title, text)
		}
	}
}
