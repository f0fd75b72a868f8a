package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// outputs runs analyze and gives the bytes of verdict.json and report.html.
func outputs(t *testing.T, args ...string) (string, string) {
	t.Helper()
	dir := t.TempDir()
	names := []string{filepath.Join(dir, "v.json"), filepath.Join(dir, "r.html")}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), append([]string{"analyze", "-q", "-o", names[0], "-o", names[1]}, args...), nil, &stdout, &stderr)
	if code != exitExhausted || stdout.Len() > 0 {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, &stdout, &stderr)
	}
	var out [2]string
	for i, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = string(data)
	}
	return out[0], out[1]
}

// The same bytes give the same bytes: whatever the workers, the order of the
// paths, folder or archive, and the machine's zone.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	folder, archive := filepath.Join(dir, "leakx"), filepath.Join(dir, "x.zip")
	if err := unzip(demoZip, folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive, demoZip, 0o666); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v", files, err)
	}
	wantJSON, wantHTML := outputs(t, folder)
	same := func(t *testing.T, args ...string) {
		t.Helper()
		gotJSON, gotHTML := outputs(t, args...)
		if gotJSON != wantJSON {
			t.Error("verdict.json differs")
		}
		if gotHTML != wantHTML {
			t.Error("report.html differs")
		}
	}
	t.Run("again", func(t *testing.T) { same(t, folder) })
	t.Run("j1", func(t *testing.T) { same(t, folder, "-j", "1") })
	t.Run("j4", func(t *testing.T) { same(t, folder, "-j", "4") })
	t.Run("zip", func(t *testing.T) { same(t, archive) })
	t.Run("twice", func(t *testing.T) {
		there, _ := outputs(t, folder, archive)
		back, _ := outputs(t, archive, folder)
		if there != back {
			t.Error("the order of folder and archive shows")
		}
	})
	t.Run("files", func(t *testing.T) {
		slices.Reverse(files)
		same(t, files...)
	})
	t.Run("zone", func(t *testing.T) {
		zone := time.Local
		defer func() { time.Local = zone }()
		time.Local = time.FixedZone("elsewhere", 5*3600+1800)
		t.Setenv("TZ", "Asia/Kathmandu")
		same(t, folder)
	})
}

// Two inputs are two although their names are one: nothing of either is lost, and the
// workers and the order of the paths change no byte. All files but the last have their
// like in the other folder, with other bytes.
func TestInputsOfOneName(t *testing.T) {
	dir := t.TempDir()
	roots := []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}
	for i, root := range roots {
		data, err := os.ReadFile(caseBundle([]string{"exhausted-leak-x64", "not-exhausted-busy"}[i]))
		if err == nil {
			err = unzip(data, root)
		}
		if err != nil {
			t.Fatal(err)
		}
		// Texts of the same bytes are one input.
		texts, err := filepath.Glob(filepath.Join(root, "*.txt"))
		if err != nil || len(texts) < 2 {
			t.Fatal(texts, err)
		}
		for _, name := range texts {
			data, err := os.ReadFile(name)
			if err == nil {
				err = os.WriteFile(name, append(data, strings.Repeat("\r\n", i)...), 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range map[string]string{
			"process list.txt": fmt.Sprintf("Image Name                     PID Services\r\n========================= ======== ====\r\na%d.exe %24d N/A\r\n", i, 4000+i),
			"notes.txt":        "the same in both, and of no known kind\n",
			"ipv4/range.txt":   fmt.Sprintf("\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : %d\r\nNumber of Ports : 400\r\n\r\n", 50000+i),
		} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(roots[0], "Extra.txt"), []byte("one more\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := ""
	for jobs := range 8 {
		for _, paths := range [][]string{{roots[0], roots[1]}, {roots[1], roots[0]}} {
			got := told(t, exitOK, append([]string{"analyze", "--format", "json", "--exit-zero", "-q", "--tz", "UTC", "-j", fmt.Sprint(jobs + 1)}, paths...)...)
			if want == "" {
				want = got
				wantBothOfEachName(t, got, roots)
			}
			if line, differs := firstDifference(got, want); differs {
				t.Errorf("-j %d, %s first: %s", jobs+1, filepath.Base(paths[0]), line)
			}
		}
	}
}

// wantBothOfEachName wants a source for each file of the folders, each with its own hash.
func wantBothOfEachName(t *testing.T, text string, roots []string) {
	t.Helper()
	r, err := report.ReadJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{} // of the files by path: the first by hash has the plain name
	var want []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			want = append(want, fmt.Sprintf("%s %x", filepath.ToSlash(rel), sha256.Sum256(data)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, s := range r.Sources {
		if sums[s.Path] != "" {
			t.Errorf("two sources are %s", s.Path)
		}
		sums[s.Path] = s.SHA256
		plain := strings.TrimSuffix(s.Path, " (2)")
		if plain != s.Path && sums[plain] > s.SHA256 {
			t.Errorf("%s comes before %s by its hash", s.Path, plain)
		}
		got = append(got, plain+" "+s.SHA256)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("sources (-want +got):\n%s", d)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"demo"}, nil, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d, stderr %q", code, &stderr)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 || stdout.Len() > 0 {
		t.Errorf("left behind %v, %v; stdout %q", left, err, &stdout)
	}
}
