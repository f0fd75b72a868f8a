package saved

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSamples reads the composed texts of the shared samples in their place.
func TestSamples(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples", "second", "texts")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("samples not present: ../shared/samples/second/texts")
	}
	for _, c := range []struct{ file, member, want string }{
		{"event-4231-viewer.txt", "", "viewer 1 Tcpip 4231 2013-12-02T11:52:26 or 02-12"},
		{"event-4227-viewer.txt", "", "viewer 1 Tcpip 4227 2013-12-02T11:52:26 or 02-12"},
		{"event-get-winevent-list.txt", "", "winevent-list 3 Tcpip 4231 2026-11-20T10:14:33"},
		{"event-wevtutil.xml", "", "xml 1 Tcpip 4231 2026-11-20T09:14:33.1234567 UTC"},
		{"event-viewer.csv", "", "viewer-csv 2 Tcpip 4231 2026-11-20T10:14:33"},
		{"svchost-bound.zip", "event.txt", "viewer 1 Tcpip 4231 2026-11-20T10:14:33"},
		{"svchost-bound.zip", "netstat.txt", ""},
		{"svchost-bound.zip", "tasklist.txt", ""},
		{"sql-churn.zip", "event.txt", "viewer 1 Tcpip 4227 2026-11-20T10:14:33"},
		{"one-ticket.zip", "ticket.txt", "viewer 31252 Tcpip 4231 2026-11-20T10:14:33"},
	} {
		data := sample(t, filepath.Join(dir, c.file), c.member)
		var got []string
		for rec, err := range NewReader(bytes.NewReader(data)).Records() {
			if err != nil {
				t.Errorf("%s %s: %v", c.file, c.member, err)
				continue
			}
			s := strings.Fields(summary(rec))[0]
			s, _, _ = strings.Cut(s, "@")
			s = strings.Replace(s, ":", " ", 1) + " " + rec.Event.Provider + " " + strings.Fields(summary(rec))[2] + rec.Local.Format(" 2006-01-02T15:04:05.9999999")
			if rec.Ambiguous {
				s += rec.Swapped.Format(" or 01-02")
			}
			if rec.UTC {
				s += " UTC"
			}
			got = append(got, s)
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("%s %s: %q, want %q", c.file, c.member, all, c.want)
		}
	}
}

// TestSamplesWithoutEvents: no other text of the samples is taken for an event.
func TestSamplesWithoutEvents(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "samples")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("samples not present: ../shared/samples")
	}
	var files []string
	for _, pattern := range []string{"text/*/*", "bundles/*/*.txt", "second/texts/*.txt", "second/texts/*.csv"} {
		some, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	if len(files) < 20 {
		t.Errorf("%d texts", len(files))
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil || strings.HasPrefix(filepath.Base(name), "event-") {
			continue
		}
		for rec, err := range NewReader(bytes.NewReader(data)).Records() {
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(name), err)
			} else {
				t.Errorf("%s: %s", filepath.Base(name), summary(rec))
			}
		}
	}
}

func sample(t *testing.T, name, member string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if member == "" {
		return data
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(member)
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
