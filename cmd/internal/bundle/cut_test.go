package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
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

// sparse is a long file that is zero but for what stands at some offsets.
type sparse struct {
	size int64
	at   map[int64][]byte
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), max(s.size-off, 0)))
	clear(p[:n])
	for at, b := range s.at {
		for i, c := range b {
			if k := at + int64(i) - off; k >= 0 && k < int64(n) {
				p[k] = c
			}
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// localOf is the header of an entry that is stored as it is.
func localOf(name string, size uint32) []byte {
	le := binary.LittleEndian
	b := append([]byte(localSignature), make([]byte, localSize-4)...)
	le.PutUint32(b[18:], size)
	le.PutUint32(b[22:], size)
	le.PutUint16(b[26:], uint16(len(name)))
	return append(b, name...)
}

// A zip without its end that is larger than 4 GiB is read up to there, and the rest is told.
func TestCutZipOfMoreThan4GiB(t *testing.T) {
	const whole = 3 << 30
	second := int64(localSize + len("a.txt") + whole)
	z := &sparse{size: 6 << 30, at: map[int64][]byte{0: localOf("a.txt", whole), second: localOf("b.txt", whole)}}
	l := &loader{ctx: t.Context(), limits: defaultLimits, bundle: &Bundle{}}
	dir := l.directory("z.zip", z, z.size)
	if dir == nil || len(dir.File) != 1 || dir.File[0].Name != "a.txt" || dir.File[0].UncompressedSize64 != whole {
		t.Fatalf("%+v", dir)
	}
	if at, err := dir.File[0].DataOffset(); err != nil || at != localSize+5 {
		t.Errorf("the data are at %d, %v", at, err)
	}
	var told []string
	for _, d := range l.bundle.Diagnostics {
		told = append(told, fmt.Sprintf("%s %d %d", d.Code, d.Offset, d.Length))
	}
	if d := cmp.Diff([]string{"archive-damaged 0 6442450944", fmt.Sprintf("archive-limit %d %d", second, z.size-second)}, told); d != "" {
		t.Error(d)
	}
}

// A zip without its end may have more entries than the two bytes of its record count.
func TestCutZipOfManyEntries(t *testing.T) {
	if testing.Short() {
		t.Skip("70,000 entries")
	}
	const n = 70_000
	var b bytes.Buffer
	for i := range n {
		b.Write(localOf(fmt.Sprintf("%05d.txt", i), 1))
		b.WriteByte('x')
	}
	l := &loader{ctx: t.Context(), limits: defaultLimits, bundle: &Bundle{}}
	if dir := l.directory("z.zip", bytes.NewReader(b.Bytes()), int64(b.Len())); dir == nil || len(dir.File) != n || dir.File[n-1].Name != "69999.txt" {
		t.Errorf("%v", l.bundle.Diagnostics)
	}
	lim := defaultLimits
	lim.entries = 100
	if inputs, codes := loadZip(t, b.Bytes(), lim); len(inputs) != 100 || !slices.Contains(codes, "archive-limit") {
		t.Errorf("%d inputs, %v", len(inputs), codes)
	}
}
