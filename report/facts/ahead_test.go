package facts

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What is read ahead is what is read, with its error in its place.
func TestReadAhead(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789"), 2*deskBuffer/5)
	gone := errors.New("disk gone")
	for name, r := range map[string]io.Reader{
		"whole": bytes.NewReader(want), "halves": iotest.HalfReader(bytes.NewReader(want)), "with the end": iotest.DataErrReader(bytes.NewReader(want)),
		"an error": io.MultiReader(bytes.NewReader(want), iotest.ErrReader(gone)),
	} {
		a := readAhead(r)
		got, err := io.ReadAll(a)
		a.close()
		if !bytes.Equal(got, want) || (err != nil) != (name == "an error") || err != nil && !errors.Is(err, gone) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(want), err)
		}
	}
}

type faulty struct{}

func (faulty) Read([]byte) (int, error) { panic("a fault") }

// A caller may want no more, and a fault of the reader is an error.
func TestReadAheadEnds(t *testing.T) {
	a := readAhead(strings.NewReader(strings.Repeat("x", 8*deskBuffer)))
	if n, err := a.Read(make([]byte, 10)); n != 10 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	a.close()
	a = readAhead(faulty{})
	if _, err := a.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "a fault") {
		t.Error(err)
	}
	a.close()
}
