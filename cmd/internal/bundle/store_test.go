package bundle

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
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
		if files := namesIn(t, temp); len(files) != 1 || !isTemp(files[0]) {
			t.Errorf("room %d: the temp folder has %v", room, files)
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
