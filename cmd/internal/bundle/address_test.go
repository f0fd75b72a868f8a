package bundle

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An address leads to one file, archive or folder in an archive, with or without the
// folders that all files lie in.
func TestAddress(t *testing.T) {
	inner := string(zipOf(t, entry{"a.txt", rangeText}, entry{"s.evtx", logHead + "inner"}))
	name := filepath.Join(folderOf(t, entry{"z.zip", string(zipOf(t,
		entry{"c/x/r.txt", rangeText + "x"}, entry{"c/y/r.txt", rangeText + "y"}, entry{"c/s.evtx", logHead}, entry{"c/in.zip", inner}, entry{"c/bad.zip", "PK\x03\x04"}))}), "z.zip")
	for address, want := range map[string][]string{
		"s.evtx": {"evtx s.evtx"}, "c/s.evtx": {"evtx s.evtx"}, "x/r.txt": {"hosttext.range r.txt"}, `c\y\r.txt`: {"hosttext.range r.txt"},
		"in.zip": {"hosttext.range a.txt", "evtx s.evtx"}, "c/in.zip!/a.txt": {"hosttext.range a.txt"}, "in.zip!/s.evtx": {"evtx s.evtx"}, "x": {"hosttext.range r.txt"}, "c/x/": {"hosttext.range r.txt"},
	} {
		if inputs, _ := told(mustLoad(t, name+inside+address)); !cmp.Equal(inputs, want) {
			t.Errorf("%s: %v, want %v", address, inputs, want)
		}
	}
	for address, want := range map[string]string{
		"none.etl": `the archive has no "none.etl"`, "r.txt": `several: "c/x/r.txt" and "c/y/r.txt"`, "bad.zip": "its directory at the end is missing",
	} {
		if _, err := Load(t.Context(), []string{name + inside + address}, Options{Jobs: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	plain := filepath.Join(folderOf(t, entry{"r.txt", rangeText}), "r.txt")
	if _, err := Load(t.Context(), []string{plain + inside + "x"}, Options{Jobs: 1}); err == nil || !strings.Contains(err.Error(), "is not an archive") {
		t.Errorf("%v", err)
	}
	if _, _, ok := Split(filepath.Join(plain, "..", "none.zip") + inside + "x"); ok {
		t.Error("an archive that is not there is split")
	}
}
