package bundle

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An open of a pipe that nobody writes would wait for ever.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := folderOf(t, entry{"n.txt", rangeText})
	name := filepath.Join(dir, "n.txt")
	if f, err := Open(name); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	things := map[string]string{dir: "a folder", filepath.Join(dir, "none"): "no such file"}
	if _, err := os.Stat("/dev/zero"); err == nil {
		things["/dev/zero"] = "a device"
	}
	socket := filepath.Join(dir, "socket")
	if l, err := net.Listen("unix", socket); err == nil {
		defer l.Close()
		things[socket] = "a socket"
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err == nil {
		things[link] = "a folder"
	}
	for name, want := range things {
		if f, err := Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
			if err == nil {
				f.Close()
			}
		}
	}
}

// Neither the archive of an input nor a file that is one, by whatever name, is written
// over; an earlier report and an empty file in the folder are.
func TestOutputIsNoInput(t *testing.T) {
	dir := folderOf(t, entry{"n.txt", rangeText}, entry{"notes.txt", "of no known kind"}, entry{"old.md", "## Exhausted: no TCP port was left\n"},
		entry{"new.json", ""}, entry{"in.zip", string(zipOf(t, entry{"a.txt", rangeText + "a"}))})
	other := t.TempDir()
	link, hard := filepath.Join(other, "link.txt"), filepath.Join(other, "hard.txt")
	if err := os.Symlink(filepath.Join(dir, "n.txt"), link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if err := os.Link(filepath.Join(dir, "n.txt"), hard); err != nil {
		t.Skipf("no hard links here: %v", err)
	}
	archive := filepath.Join(dir, "in.zip")
	for _, c := range []struct {
		path, output string
		ok           bool
	}{
		{dir, filepath.Join(dir, "n.txt"), false},
		{dir, link, false},
		{dir, hard, false},
		{dir, archive, false},
		{dir, filepath.Join(dir, "notes.txt"), false},
		{dir, filepath.Join(dir, "old.md"), true},
		{dir, filepath.Join(dir, "new.json"), true},
		{archive, archive, false},
		{link, filepath.Join(dir, "n.txt"), false},
		{filepath.Join(dir, "old.md"), filepath.Join(dir, "old.md"), false},
	} {
		b, err := Load(t.Context(), []string{c.path}, Options{Jobs: 1, Outputs: []string{c.output}})
		if (err == nil) != c.ok {
			t.Errorf("%s to %s: %v", c.path, c.output, err)
		}
		if err == nil {
			for _, in := range b.Inputs {
				if in.Path == filepath.Base(c.output) {
					t.Errorf("the earlier report %s is read", in.Path)
				}
			}
			_ = b.Close()
		}
	}
}
