package netstatparse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// read is everything a text gives: its snapshots and the codes of its errors.
func read(t testing.TB, text string) ([]Snapshot, []string) {
	t.Helper()
	return readFrom(t, strings.NewReader(text))
}

func readFrom(t testing.TB, in io.Reader) ([]Snapshot, []string) {
	t.Helper()
	out, codes, _ := readAll(t, in)
	return out, codes
}

func readAll(t testing.TB, in io.Reader) (out []Snapshot, codes []string, dayFirst bool) {
	t.Helper()
	r := NewReader(in)
	for s, err := range r.Snapshots() {
		if err != nil {
			fe, ok := err.(*FormatError)
			if !ok {
				t.Fatalf("%v is no *FormatError", err)
			}
			if fe.Line < 1 || fe.Text == "" || fe.Error() == "" {
				t.Fatalf("error without place or text: %+v", fe)
			}
			codes = append(codes, fe.Code)
			continue
		}
		s.Entries = slices.Clone(s.Entries)
		out = append(out, s)
	}
	dayFirst, _ = r.DayFirst()
	return out, codes, dayFirst
}

// counts are rows by state, as the truth files have them.
func counts(s Snapshot) map[string]int {
	out := map[string]int{}
	for _, e := range s.Entries {
		if e.Proto == "udp" {
			out["UDP"]++
			continue
		}
		out[e.State.String()]++
	}
	return out
}

// samples is the folder of other people's files, which the repository never holds.
func samples(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../shared/samples")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("samples not present: the real connection tables are not checked here")
	}
	return dir
}

func sample(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{samples(t)}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Each row of the real captures is an entry: as many as lines that begin with
// TCP or UDP, and as many of each state and owner as the words stand in the file.
func TestRealTablesWhole(t *testing.T) {
	for _, name := range []string{"en_win10_netstat-an.txt", "en_win10_netstat-aon.txt", "en_win10_netstat-aonb.txt", "en_win10_netstat.txt"} {
		t.Run(name, func(t *testing.T) {
			text := sample(t, "text", "real", name)
			snapshots, _ := read(t, text)
			if len(snapshots) != 1 {
				t.Fatalf("%d snapshots, want 1", len(snapshots))
			}
			want := map[string]int{}
			rows, owners := 0, 0
			for line := range strings.SplitSeq(text, "\n") {
				f := strings.Fields(line)
				if strings.HasPrefix(line, " [") {
					owners++
				}
				if len(f) < 3 || f[0] != "TCP" && f[0] != "UDP" {
					continue
				}
				rows++
				if f[0] == "UDP" {
					want["UDP"]++
				} else {
					want[f[3]]++
				}
			}
			s := snapshots[0]
			if len(s.Entries) != rows || rows == 0 {
				t.Errorf("%d entries of %d rows", len(s.Entries), rows)
			}
			got := counts(s)
			for word, n := range want {
				if got[word] != n {
					t.Errorf("%s: %d, want %d", word, got[word], n)
				}
			}
			owned := 0
			for _, e := range s.Entries {
				if e.Owner != "" {
					owned++
				}
			}
			if owned != owners {
				t.Errorf("%d rows with an owner, want %d", owned, owners)
			}
		})
	}
}

func TestLocalisedTables(t *testing.T) {
	dir := filepath.Join(samples(t), "text", "synthetic", "localised")
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no localised tables: %v", err)
	}
	for _, f := range files {
		name := filepath.Base(f)
		t.Run(name, func(t *testing.T) {
			truth := map[string]int{}
			stem := strings.Join(strings.Split(name, "_")[:2], "_")
			if err := json.Unmarshal([]byte(sample(t, "text", "synthetic", "localised", stem+".truth.json")), &truth); err != nil {
				t.Fatal(err)
			}
			text := sample(t, "text", "synthetic", "localised", name)
			if kind, _ := Sniff([]byte(text)); kind != "netstat" {
				t.Error("not told to be a connection table")
			}
			snapshots, codes := read(t, text)
			if len(snapshots) != 1 || len(codes) != 0 {
				t.Fatalf("%d snapshots, errors %v", len(snapshots), codes)
			}
			got := counts(snapshots[0])
			for state, n := range truth {
				if got[state] != n {
					t.Errorf("%s: %d, want %d", state, got[state], n)
				}
				delete(got, state)
			}
			if len(got) != 0 {
				t.Errorf("more than the truth: %v", got)
			}
		})
	}
}

// Files of several encodings and commands hold as many tables as were written.
func TestComposedFiles(t *testing.T) {
	for name, want := range map[string][]int{
		"append_oem_then_utf16_no_bom.txt":        {17, 17},
		"type_concat_two_boms.txt":                {17, 17},
		"sdp_tcpip_info_mixed_utf16_oem.txt":      {17},
		"en_win10_netstat_anobq_bound_shadow.txt": {10},
		"netstat_y_template.txt":                  {2},
		"nul_padded_truncated.txt":                {1},
		"loop_us_append.txt":                      {1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			snapshots, codes := read(t, sample(t, "text", "synthetic", name))
			if len(codes) != 0 || len(snapshots) != len(want) {
				t.Fatalf("%d snapshots, errors %v", len(snapshots), codes)
			}
			for i, s := range snapshots {
				if len(s.Entries) != want[i] {
					t.Errorf("snapshot %d: %d rows, want %d", i, len(s.Entries), want[i])
				}
				for _, e := range s.Entries {
					if e.Proto == "tcp" && e.State == StateUnknown {
						t.Errorf("line %d: state %q is not known", e.Line, e.StateText)
					}
				}
			}
		})
	}
}

// A loop of tables of 200 rows, as -ano and as -anob writes them.
func BenchmarkSnapshots(b *testing.B) {
	row := "  TCP    10.0.0.5:49%03d         10.9.9.9:8443          ESTABLISHED     4242\r\n"
	for name, owner := range map[string]string{"ano": "", "anob": " [leaky.exe]\r\n"} {
		var table strings.Builder
		table.WriteString("Tue 10/13/2020 14:22:01.55 \r\n" + header)
		for i := range 200 {
			fmt.Fprintf(&table, row+owner, i)
		}
		text := strings.Repeat(table.String(), 200)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for _, err := range NewReader(strings.NewReader(text)).Snapshots() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// Text in which no table is.
func BenchmarkProse(b *testing.B) {
	text := ipconfig(1 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for range NewReader(strings.NewReader(text)).Snapshots() {
			b.Fatal("a table")
		}
	}
}

// Every sample gives as many rows as a plain search finds in its bytes.
func TestSamplesAgainstPlainCount(t *testing.T) {
	dir := filepath.Join(samples(t), "text")
	row := regexp.MustCompile(`(?m)^[ \t]*(?:TCP|UDP)[ \t]+\S+:\S+[ \t]+\S+:\S+`)
	object := regexp.MustCompile(`(?m)"LocalPort": |^,,,"`)
	files, rows := 0, 0
	for _, glob := range []string{"real/*", "synthetic/*.*", "synthetic/localised/*.txt"} {
		names, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(glob)))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			bare := bytes.TrimPrefix(bytes.ReplaceAll(data, []byte{0}, nil), []byte("\xff\xfe"))
			want := len(row.FindAll(bare, -1)) + len(object.FindAll(bare, -1))
			got := 0
			snapshots, _ := read(t, string(data))
			for _, s := range snapshots {
				got += len(s.Entries)
			}
			if got != want {
				t.Errorf("%s: %d rows, a plain count gives %d", filepath.Base(name), got, want)
			}
			files, rows = files+1, rows+got
		}
	}
	t.Logf("%d rows of %d files", rows, files)
}
