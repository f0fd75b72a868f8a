package saved

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// summary is a record in a line, with everything the text said.
func summary(r Record) string {
	e := &r.Event
	local := r.Local.Format("2006-01-02T15:04:05.9999999")
	switch {
	case r.Local.IsZero():
		local = "never"
	case r.Yearless:
		local = r.Local.Format("--01-02T15:04:05")
	}
	if r.Ambiguous {
		local += r.Swapped.Format(" or 01-02")
	}
	if r.Offset != nil {
		local += fmt.Sprintf(" %v", *r.Offset)
	}
	s := fmt.Sprintf("%s:%d@%d %s %d q%d L%d #%d %q %q %d/%d %s", r.Form, r.Line, e.Offset, e.Provider, e.ID, e.Qualifiers, e.Level, e.RecordID, e.Channel, e.Computer, e.PID, e.TID, local)
	if len(e.Data) > 0 {
		s += fmt.Sprintf(" %q %q %x", e.Data, e.Names, e.Binary)
	}
	return s + fmt.Sprintf(" | %q", r.Message)
}

// readAll is what a text gives: its records in short, and its damage.
func readAll(t testing.TB, in io.Reader) (all []string, r *Reader) {
	t.Helper()
	return walk(t, in, func(Record, *FormatError) {})
}

// walk is readAll that shows each record and damage to see.
func walk(t testing.TB, in io.Reader, see func(Record, *FormatError)) (all []string, r *Reader) {
	t.Helper()
	return walkReader(t, NewReader(in), see)
}

func walkReader(t testing.TB, r *Reader, see func(Record, *FormatError)) (all []string, _ *Reader) {
	t.Helper()
	records, undecoded := 0, 0
	for rec, err := range r.Records() {
		if err == nil {
			all = append(all, summary(rec))
			records++
			see(rec, nil)
			if rec.UTC != (rec.Offset != nil) || rec.UTC && !rec.Event.Time.Add(*rec.Offset).Equal(rec.Local) || !rec.UTC && !rec.Event.Time.IsZero() {
				t.Errorf("times that do not fit each other: %+v", rec)
			}
			continue
		}
		var fe *FormatError
		if !errors.As(err, &fe) || fe.Line < 1 || fe.Text == "" || !strings.HasPrefix(fe.Code, "saved-") {
			t.Fatalf("error without its parts: %#v", err)
		}
		if fe.Code == CodeXML || fe.Code == CodeJSON || fe.Code == CodeRow || fe.Code == CodeProvider {
			undecoded++
		}
		all = append(all, fe.Error())
		see(Record{}, fe)
	}
	if s := r.Stats(); s.Records != records || s.Undecoded < undecoded {
		t.Errorf("stats %+v, but %d records and %d damages", s, records, undecoded)
	}
	return all, r
}

func readText(t testing.TB, text string) []string {
	t.Helper()
	all, _ := readAll(t, strings.NewReader(text))
	return all
}

// TestForms reads a text of each form and language.
func TestForms(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) != len(forms) {
		t.Fatalf("%d files, %d of them in the table; %v", len(files), len(forms), err)
	}
	for name, want := range forms {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := readAll(t, bytes.NewReader(data))
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			if !Sniff(data) {
				t.Error("is not told to hold events")
			}
			bytewise, _ := readAll(t, iotest.OneByteReader(bytes.NewReader(data)))
			if d := cmp.Diff(got, bytewise); d != "" {
				t.Errorf("read byte by byte: %s", d)
			}
		})
	}
}
