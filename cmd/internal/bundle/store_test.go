package bundle

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The members of a small archive need no temp folder, nor one that cannot be made.
func TestSmallMembersNeedNoTempFolder(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("TMPDIR", none)
	t.Setenv("TMP", none)
	inner := zipOf(t, entry{"a.txt", rangeText})
	data := zipOf(t, entry{"r.txt", rangeText + "r"}, entry{"in.zip", string(inner)})
	b := bounded(t, func(*limits) {}, zipped(data))
	if inputs, _ := told(b); len(inputs) != 2 {
		t.Fatalf("%v", inputs)
	}
	for _, in := range b.Inputs {
		if text := content(t, in); !strings.HasPrefix(text, rangeText) || int64(len(text)) != in.Size {
			t.Errorf("%s: %q", in.Path, text)
		}
	}
	// With no room left some more memory is taken, and then it is an error.
	b = bounded(t, func(l *limits) { l.memory = 8 }, zipped(data))
	if len(b.Inputs) != 2 || content(t, b.Inputs[1]) != rangeText+"r" {
		t.Errorf("%+v", b.Inputs)
	}
	lim := defaultLimits
	lim.memory, lim.noTemp = 8, 16
	if _, err := load(t.Context(), Options{Jobs: 1}, lim, zipped(data)); err == nil || !strings.Contains(err.Error(), "cannot write the temp folder") {
		t.Errorf("%v", err)
	}
}

func content(t *testing.T, in Input) string {
	t.Helper()
	r, closer, err := in.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	data, err := io.ReadAll(io.NewSectionReader(r, 0, in.Size))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What does not fit goes to files, in the middle of a member too, and is gone at the end
// or with the context.
func TestMembersSpill(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	long := rangeText + strings.Repeat("0123456789abcdef\n", 40_000)
	data := zipOf(t, entry{"a.txt", rangeText}, entry{"b.txt", long}, entry{"in.zip", string(zipOf(t, entry{"c.txt", long + "c"}))}, entry{"d.txt", rangeText + "d"})
	for _, room := range []int64{0, 200, 300 << 10, 800 << 10} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		lim := defaultLimits
		lim.memory = room
		b, err := load(ctx, Options{Jobs: 2}, lim, zipped(data))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"a.txt": rangeText, "b.txt": long, "in.zip!/c.txt": long + "c", "d.txt": rangeText + "d"}
		for _, in := range b.Inputs {
			if content(t, in) != want[in.Path] {
				t.Errorf("room %d: %s is wrong", room, in.Path)
			}
		}
		if len(b.Inputs) != 4 || b.store.held > room {
			t.Errorf("room %d: %d inputs, %d bytes are held", room, len(b.Inputs), b.store.held)
		}
		files := namesIn(t, temp)
		if len(files) != 1 || !isTemp(files[0]) {
			t.Fatalf("room %d: the temp folder has %v", room, files)
		}
		onDisk := 0
		for _, in := range b.Inputs {
			if in.file != "" {
				onDisk++
			}
		}
		if files := namesIn(t, filepath.Join(temp, files[0])); len(files) != onDisk { // the inner archive is gone
			t.Errorf("room %d: %v for %d inputs", room, files, onDisk)
		}
		if room == 0 { // as on a signal
			cancel()
			for len(namesIn(t, temp)) > 0 {
				time.Sleep(time.Millisecond)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if files := namesIn(t, temp); len(files) != 0 {
			t.Errorf("room %d: left behind: %v", room, files)
		}
	}
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// Only what is ours by name and a day old is swept away.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	for name, age := range map[string]time.Duration{
		"portverdict-tmp-1":       25 * time.Hour,
		"portverdict-tmp-2":       23 * time.Hour,
		"portverdict-tmp-":        25 * time.Hour,
		"portverdict-tmp-1-notes": 25 * time.Hour,
		"portverdict-reports":     25 * time.Hour,
		"other":                   25 * time.Hour,
	} {
		sub := filepath.Join(dir, name)
		if err := errors.Join(os.Mkdir(sub, 0o700), os.WriteFile(filepath.Join(sub, "000001"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(sub, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "portverdict-tmp-3")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, now.Add(-48*time.Hour), now.Add(-48*time.Hour))); err != nil {
		t.Fatal(err)
	}
	Sweep(dir, now)
	Sweep(filepath.Join(dir, "none"), now)
	if got := strings.Join(namesIn(t, dir), " "); got != "other portverdict-reports portverdict-tmp- portverdict-tmp-1-notes portverdict-tmp-2 portverdict-tmp-3" {
		t.Errorf("left: %s", got)
	}
}

// A killed run's folder is found behind any number of others.
func TestSweepOfAFullTempFolder(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	old := now.Add(-25 * time.Hour)
	for i := range 1100 {
		sub := filepath.Join(dir, tempPrefix+strconv.Itoa(i))
		if err := errors.Join(os.Mkdir(sub, 0o700), os.Chtimes(sub, old, old)); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(dir, now)
	if left := namesIn(t, dir); len(left) != 0 {
		t.Errorf("%d are left", len(left))
	}
}

// Where the system's own call cannot remove a folder, what is in it goes all the same, and
// what stays is an error.
func TestRemoveAllByHand(t *testing.T) {
	dir := folderOf(t, entry{"a/b/c.txt", "x"}, entry{"d.txt", "y"})
	if err := removeAll(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
	if err := removeAll(dir + "/."); err == nil { // which no system removes by this name
		t.Error("it is gone")
	}
	if left := namesIn(t, dir); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}

// A small file out of an archive holds memory of its own size, whatever the archive said.
func TestMemberHoldsNoMoreThanItNeeds(t *testing.T) {
	s := &store{ctx: t.Context(), limits: defaultLimits}
	for said, written := range map[uint64]int{1 << 20: 100, 10 << 20: 100, 0: 100, 100: 100, 150: 100} {
		m := s.member(said)
		if _, err := m.Write(bytes.Repeat([]byte("x"), written)); err != nil {
			t.Fatal(err)
		}
		taken := cap(m.data)
		if in := m.keep(Input{}); len(in.data) != written || cap(in.data) > 2*written || in.Size != int64(written) || taken > maxSaid {
			t.Errorf("said %d: %d bytes are held for %d, %d were", said, cap(in.data), written, taken)
		}
		if said == 150 && taken != 150 {
			t.Errorf("%d bytes were taken for 150", taken)
		}
	}
	if s.held != 500 {
		t.Errorf("%d bytes are counted", s.held)
	}
}

// A place that is counted as held is given back with what was dropped, on the disk too.
func TestDroppedMembersGiveBackTheirRoom(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	s := &store{ctx: t.Context(), limits: limits{memory: 100}}
	for range 3 {
		m := s.member(60)
		if _, err := m.Write(make([]byte, 60)); err != nil || m.file != nil || s.held != 60 {
			t.Fatalf("%v, %d bytes are held", err, s.held)
		}
		big := s.member(60)
		if _, err := big.Write(make([]byte, 30)); err != nil || big.file == nil || s.held != 60 {
			t.Errorf("%v, %d bytes are held", err, s.held)
		}
		if files := namesIn(t, s.temp); len(files) != 1 {
			t.Errorf("%v", files)
		}
		big.drop()
		m.drop()
		if files := namesIn(t, s.temp); len(files) != 0 || s.held != 0 {
			t.Errorf("%v, %d bytes are held", files, s.held)
		}
	}
	if err := s.remove(); err != nil {
		t.Error(err)
	}
}
