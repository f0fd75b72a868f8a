package pkzip

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/cmd/internal/bundle/archive"
)

var limits = archive.Limits{Window: 1 << 20, Entries: 100_000, Meter: func(r io.Reader) io.Reader { return r }}

// list reads an archive: a line for each entry and each error.
func list(data []byte, disks []int64) []string {
	var out []string
	for e, err := range Walk(bytes.NewReader(data), int64(len(data)), disks, limits) {
		var fe *archive.FormatError
		switch {
		case errors.As(err, &fe):
			out = append(out, fe.Code)
		case e.Refused != nil:
			out = append(out, fmt.Sprintf("%s: %s", e.Name, e.Refused.Code))
		case e.Data == nil:
			out = append(out, fmt.Sprintf("%s %v", e.Name, e.Mode))
		default:
			text, err := io.ReadAll(e.Data)
			if errors.As(err, &fe) {
				out = append(out, fmt.Sprintf("%s %q %s", e.Name, text, fe.Code))
				continue
			}
			out = append(out, fmt.Sprintf("%s %q", e.Name, text))
		}
	}
	return out
}

func zipOf(t testing.TB, change func(*zip.FileHeader), files ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f[0], Method: zip.Deflate}
		if change != nil {
			change(h)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWalk(t *testing.T) {
	link := func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }
	oem := func(h *zip.FileHeader) { h.NonUTF8 = true }
	plain := zipOf(t, nil, [2]string{"a.txt", "one"}, [2]string{"d/b.txt", "two"})
	long := zipOf(t, nil, [2]string{"a.txt", "one"})
	long = append(long[:len(long)-2], 0x05, 0x00)
	long = append(long, "notes"...)
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"plain":            {plain, []string{`a.txt "one"`, `d/b.txt "two"`}},
		"behind a program": {append([]byte(strings.Repeat("MZ", 5000)), plain...), []string{`a.txt "one"`, `d/b.txt "two"`}},
		"with a comment":   {long, []string{`a.txt "one"`}},
		"empty":            {zipOf(t, nil), nil},
		"link":             {zipOf(t, link, [2]string{"l", "/etc"}), []string{"l L---------"}},
		"folder":           {zipOf(t, nil, [2]string{"d/", ""}), []string{`d/ ""`}},
		"code page 437":    {zipOf(t, oem, [2]string{"gr\x94\xe1e", "x"}), []string{`größe "x"`}},
	} {
		if got := list(c.data, nil); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Every field that is changed is told and costs its entry at most.
func TestDamage(t *testing.T) {
	plain := zipOf(t, nil, [2]string{"a.txt", "one"}, [2]string{"b.txt", "two"})
	first, end := bytes.Index(plain, []byte(centralSignature)), bytes.LastIndex(plain, []byte(endSignature))
	second := first + bytes.Index(plain[first+4:], []byte(centralSignature)) + 4
	b := `b.txt "two"`
	for name, c := range map[string]struct {
		at     int
		change string
		want   []string
	}{
		"checksum":         {first + 16, "\x00\x00\x00\x00", []string{`a.txt "one" archive-checksum`, b}},
		"longer":           {first + 24, "\x09", []string{`a.txt "one" archive-entry`, b}},
		"shorter":          {first + 24, "\x02", []string{`a.txt "on" archive-entry`, b}},
		"behind the end":   {first + 42, "\xff\xff\xff\x7f", []string{"a.txt: archive-entry", b}},
		"no header":        {first + 42, "\x01", []string{"a.txt: archive-entry", b}},
		"on another disk":  {first + 34, "\x07", []string{"a.txt: archive-part", b}},
		"PPMd":             {first + 10, "\x62", []string{"a.txt: archive-method", b}},
		"method 77":        {first + 10, "\x4d", []string{"a.txt: archive-method", b}},
		"encrypted":        {first + 8, "\x09", []string{"a.txt: archive-encrypted", b}},
		"Deflate64":        {first + 10, "\x09", []string{`a.txt "one"`, b}},
		"bzip2":            {first + 10, "\x0c", []string{`a.txt "" archive-entry`, b}},
		"xz":               {first + 10, "\x5f", []string{`a.txt: archive-entry`, b}},
		"the second entry": {second, "XX", []string{`a.txt "one"`, "archive-damaged", b}},
		"directory size":   {end + 12, "\xff\xff", []string{"archive-damaged", `a.txt "one"`, b}},
	} {
		data := bytes.Clone(plain)
		copy(data[c.at:], c.change)
		if got := list(data, nil); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A split archive counts offsets from the start of each file. The directory of a plain
// one is changed to that of one that was cut in the middle of its second entry.
func TestSplit(t *testing.T) {
	plain := zipOf(t, nil, [2]string{"a.txt", "one"}, [2]string{"b.txt", "two"}, [2]string{"c.txt", "three"})
	le := binary.LittleEndian
	locals := []int{0, bytes.Index(plain[4:], []byte(localSignature)) + 4}
	locals = append(locals, locals[1]+4+bytes.Index(plain[locals[1]+4:], []byte(localSignature)))
	cut := locals[1] + localSize + 5
	directory, end := bytes.Index(plain, []byte(centralSignature)), bytes.LastIndex(plain, []byte(endSignature))
	third := bytes.LastIndex(plain, []byte(centralSignature))
	le.PutUint16(plain[third+34:], 1)
	le.PutUint32(plain[third+42:], uint32(locals[2]-cut))
	le.PutUint16(plain[end+4:], 1)
	le.PutUint16(plain[end+6:], 1)
	le.PutUint32(plain[end+16:], uint32(directory-cut))
	if n := Disks(bytes.NewReader(plain), int64(len(plain))); n != 2 {
		t.Errorf("%d disks", n)
	}
	if got, want := list(plain, []int64{0, int64(cut)}), []string{`a.txt "one"`, `b.txt "two"`, `c.txt "three"`}; !cmp.Equal(got, want) {
		t.Errorf("both files: %q", got)
	}
	if got, want := list(plain[cut:], []int64{-1, 0}), []string{"a.txt: archive-part", "b.txt: archive-part", `c.txt "three"`}; !cmp.Equal(got, want) {
		t.Errorf("the last file: %q", got)
	}
	if got, want := list(plain[:cut], nil), []string{"archive-damaged", `a.txt "one"`, `b.txt "" archive-entry`}; !cmp.Equal(got, want) {
		t.Errorf("the first file: %q", got)
	}
}

// The standard library reads the same out of an archive whose end and directory are zip64.
func TestManyEntries(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	const n = 70_000
	for i := range n {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got := 0
	for e, err := range Walk(bytes.NewReader(b.Bytes()), int64(b.Len()), nil, limits) {
		if err != nil || e.Refused != nil || e.Name != fmt.Sprint(got) {
			t.Fatalf("%+v, %v", e, err)
		}
		got++
	}
	if got != n {
		t.Errorf("%d entries of %d", got, n)
	}
}

// Sizes that do not fit 32 bits stand in extra field 1; a file of zeros is not needed to
// see where they are taken from.
func TestSizesOf64Bits(t *testing.T) {
	le := binary.LittleEndian
	x := le.AppendUint16(le.AppendUint16(nil, 1), 28)
	x = le.AppendUint64(le.AppendUint64(le.AppendUint64(x, 5<<32), 4<<32), 3<<32)
	x = le.AppendUint32(x, 7)
	h := header{packed: unknown32, size: unknown32, at: unknown32, disk: unknown16, extra: x}
	h.read64(true)
	if h.size != 5<<32 || h.packed != 4<<32 || h.at != 3<<32 || h.disk != 7 {
		t.Errorf("%+v", h)
	}
	h = header{packed: 9, size: unknown32, at: 8, extra: x}
	h.read64(true)
	if h.size != 5<<32 || h.packed != 9 || h.at != 8 {
		t.Errorf("%+v", h)
	}
}

// Descriptors of 32 and 64 bits, with and without a signature, are found where the
// directory is missing, also when the data hold a signature themselves.
func TestDescriptors(t *testing.T) {
	le := binary.LittleEndian
	entry := func(name, body string, signature, long bool) []byte {
		b := append([]byte(localSignature), 20, 0, flagDescriptor, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(len(name)), 0, 0, 0)
		b = append(append(b, name...), body...)
		if signature {
			b = append(b, descriptorSignature...)
		}
		b = le.AppendUint32(b, crc(body))
		if long {
			return le.AppendUint64(le.AppendUint64(b, uint64(len(body))), uint64(len(body)))
		}
		return le.AppendUint32(le.AppendUint32(b, uint32(len(body))), uint32(len(body)))
	}
	body := "PK\x07\x08 and PK\x03\x04 are no signatures here"
	for _, signature := range []bool{true, false} {
		for _, long := range []bool{true, false} {
			data := append(entry("a", body, signature, long), entry("b", "two", signature, long)...)
			want := []string{"archive-damaged", fmt.Sprintf("a %q", body), `b "two"`}
			if got := list(append(data, centralSignature...), nil); !cmp.Equal(got, want) {
				t.Errorf("signature %v, 64 bits %v: %q", signature, long, got)
			}
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
	b := append([]byte(localSignature), make([]byte, localSize-len(localSignature))...)
	le.PutUint32(b[18:], size)
	le.PutUint32(b[22:], size)
	le.PutUint16(b[26:], uint16(len(name)))
	return append(b, name...)
}

// A zip without its end may be larger than 4 GiB, and have more entries than 16 bits count.
func TestLargeWithoutDirectory(t *testing.T) {
	const whole = 3 << 30
	second := int64(localSize+len("a.txt")) + whole
	z := &sparse{size: 7 << 30, at: map[int64][]byte{0: localOf("a.txt", whole), second: localOf("b.txt", whole), second + second: localOf("c.txt", whole)}}
	var got []string
	for e, err := range Walk(z, z.size, nil, limits) {
		if err == nil {
			got = append(got, fmt.Sprintf("%s %d", e.Name, e.Offset))
		}
	}
	if want := []string{"a.txt 35", fmt.Sprint("b.txt ", second+35), fmt.Sprint("c.txt ", second+second+35)}; !cmp.Equal(got, want) {
		t.Errorf("%q", got)
	}
	const n = 70_000
	var b bytes.Buffer
	for i := range n {
		b.Write(localOf(fmt.Sprintf("%05d.txt", i), 1))
		b.WriteByte('x')
	}
	all := list(b.Bytes(), nil)
	if len(all) != n+1 || !strings.HasPrefix(all[n], "69999.txt") {
		t.Errorf("%d of %d", len(all)-1, n)
	}
}

func crc(s string) uint32 {
	data := zipOf(&testing.T{}, func(h *zip.FileHeader) { h.Method = zip.Store }, [2]string{"x", s})
	z, _ := zip.NewReader(bytes.NewReader(data), int64(len(data))) // it was just written
	return z.File[0].CRC32
}

func FuzzWalk(f *testing.F) {
	f.Add(zipOf(f, nil, [2]string{"a.txt", "one"}, [2]string{"b.txt", strings.Repeat("two ", 99)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for e, err := range Walk(bytes.NewReader(data), int64(len(data)), nil, limits) {
			if err != nil {
				continue
			}
			if n++; n > len(data) {
				t.Fatalf("%d entries in %d bytes", n, len(data))
			}
			if e.Data != nil {
				_, _ = io.Copy(io.Discard, io.LimitReader(e.Data, 1<<20))
			}
		}
	})
}
