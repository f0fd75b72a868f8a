package cab

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portverdict/cmd/internal/bundle/archive"
)

var limits = archive.Limits{Window: 1 << 20, Entries: 1000, Meter: func(r io.Reader) io.Reader { return io.LimitReader(r, 1<<22) }}

func volume(t testing.TB, name string) Volume {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "archives", name))
	if err != nil {
		t.Fatal(err)
	}
	return Volume{name, bytes.NewReader(data), int64(len(data))}
}

// codes are the codes of what is wrong, in the order it is told in.
func codes(volumes ...Volume) []string {
	var out []string
	for e, err := range Walk(volumes, limits) {
		if err == nil && e.Refused != nil {
			err = e.Refused
		}
		if err == nil {
			_, err = io.Copy(io.Discard, e.Data)
		}
		var fe *archive.FormatError
		if errors.As(err, &fe) {
			out = append(out, fe.Code)
		}
	}
	return out
}

func TestSets(t *testing.T) {
	one, two, three := volume(t, "set-1.cab"), volume(t, "set-2.cab"), volume(t, "set-3.cab")
	part := archive.CodePart
	for name, c := range map[string]struct {
		volumes []Volume
		want    []string
	}{
		"all":                {[]Volume{one, two, three}, nil},
		"without the first":  {[]Volume{two, three}, []string{part, part}},
		"without the second": {[]Volume{one, three}, []string{part, part, part}},
		"without the third":  {[]Volume{one, two}, []string{part, part}},
		"the second":         {[]Volume{two}, []string{part, part, part}},
	} {
		if got := codes(c.volumes...); strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if set, index, more := Place(two.R); set != 777 || index != 1 || !more {
		t.Errorf("%d %d %v", set, index, more)
	}
	if _, _, more := Place(volume(t, "lzx15-verbatim.cab").R); more {
		t.Error("a cabinet by itself is one of a set")
	}
}

// A cabinet that is cut gives what is before the cut, at every length.
func TestCut(t *testing.T) {
	for _, name := range []string{"mszip-reserve.cab", "lzx16-aligned.cab"} {
		whole := volume(t, name)
		for n := int64(0); n < whole.Size; n += 7 {
			if got := codes(Volume{name, io.NewSectionReader(whole.R, 0, n), n}); len(got) == 0 {
				t.Errorf("%s: nothing is told of a cut at %d", name, n)
			}
		}
	}
}

// Files that share bytes are each read from the start of their folder.
func TestFilesThatShareBytes(t *testing.T) {
	s := &stream{pieces: []piece{{volume: &Volume{R: bytes.NewReader(append(make([]byte, 4), "\x05\x00\x05\x00hello"...))}, blocks: 1, last: true}}}
	s.files = []file{{size: 4, at: 1, name: "b"}, {size: 5, at: 0, name: "a"}, {size: 2, at: 3, name: "c"}}
	var got []string
	w := &walk{limits: limits, yield: func(e archive.Entry, _ error) bool {
		text, err := io.ReadAll(e.Data)
		got = append(got, e.Name+" "+string(text))
		return err == nil
	}}
	w.folder(s)
	if strings.Join(got, ", ") != "a hello, b ello, c lo" {
		t.Errorf("%q", got)
	}
}

func FuzzWalk(f *testing.F) {
	for _, name := range []string{"lzx16-aligned.cab", "mszip-reserve.cab", "set-3.cab", "quantum18.cab"} {
		v := volume(f, name)
		data := make([]byte, v.Size)
		if _, err := v.R.ReadAt(data, 0); err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { codes(Volume{"x.cab", bytes.NewReader(data), int64(len(data))}) })
}
