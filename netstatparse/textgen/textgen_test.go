package textgen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portverdict/netstatparse/textgen"
)

var update = flag.Bool("update", false, "write testdata/texts again")

const (
	folder = "../../testdata/texts"
	readme = "README.md"
)

func contents(t *testing.T) map[string][]byte {
	t.Helper()
	want := map[string][]byte{}
	for _, f := range textgen.Files() {
		if f.Name == "" {
			t.Fatal(f.Truth.Why)
		}
		truth, err := json.MarshalIndent(f.Truth, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if want[f.Name] != nil {
			t.Errorf("%s is composed twice", f.Name)
		}
		want[f.Name] = f.Data
		want[f.Name+".truth.json"] = append(truth, '\n')
	}
	return want
}

// TestFiles: what is committed is what is composed, byte for byte.
func TestFiles(t *testing.T) {
	want := contents(t)
	if *update {
		if os.Getenv("CI") == "true" {
			t.Fatal("-update is refused when CI=true")
		}
		write(t, want)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok && e.Name() != readme {
			t.Errorf("%s is left over: nothing composes it", e.Name())
		}
	}
	for name, data := range want {
		got, err := os.ReadFile(filepath.Join(folder, name))
		switch {
		case errors.Is(err, os.ErrNotExist):
			t.Errorf("%s is missing (run the test with -update)", name)
		case err != nil:
			t.Error(err)
		case !bytes.Equal(got, data):
			t.Errorf("%s is not what is composed (run the test with -update)", name)
		}
	}
}

func write(t *testing.T, want map[string][]byte) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok && e.Name() != readme {
			if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, data := range want {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTruthIsInTheText: a row of netstat is ASCII in every encoding, so its
// addresses are found when the zeros of UTF-16 are taken out.
func TestTruthIsInTheText(t *testing.T) {
	for _, f := range textgen.Files() {
		text := strings.NewReplacer("\x00", "", "\r\n", "").Replace(string(f.Data))
		for _, s := range f.Truth.Snapshots {
			for _, r := range s.Rows {
				if f.Truth.Kind != "netstat" {
					continue
				}
				for _, field := range append([]string{r.Proto, r.Local, r.Remote, r.Owner}, r.Components...) {
					if !strings.Contains(text, field) {
						t.Errorf("%s: %q of the truth is not in the text", f.Name, field)
					}
				}
			}
		}
	}
}

// TestAddressesAreDocumentation: no file shows an address of a real network.
func TestAddressesAreDocumentation(t *testing.T) {
	allowed := regexp.MustCompile(`^(192\.0\.2\.|198\.51\.100\.|0\.0\.0\.0|127\.0\.0\.1|255\.255\.255\.0)`)
	address := regexp.MustCompile(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`)
	for _, f := range textgen.Files() {
		text := strings.ReplaceAll(string(f.Data), "\x00", "")
		for _, a := range address.FindAllString(text, -1) {
			if !allowed.MatchString(a) {
				t.Errorf("%s: %s", f.Name, a)
			}
		}
	}
}

// TestHeadingsAtBothParities: a decoder that looks at even offsets only finds
// some of the UTF-16 headings of a mixed file.
func TestHeadingsAtBothParities(t *testing.T) {
	for _, f := range textgen.Files() {
		if f.Name != "damage-sdp-mixed.txt" {
			continue
		}
		mark := []byte("n\x00e\x00t\x00s\x00t\x00a\x00t\x00")
		parity := map[int]int{}
		for at, rest := 0, f.Data; ; {
			i := bytes.Index(rest, mark)
			if i < 0 {
				break
			}
			parity[(at+i)%2]++
			at, rest = at+i+1, rest[i+1:]
		}
		if parity[0] == 0 || parity[1] == 0 {
			t.Errorf("headings at even and odd offsets: %v", parity)
		}
	}
}

func TestWriteLoop(t *testing.T) {
	var out bytes.Buffer
	const size, rows = 3_000_000, 500
	if err := textgen.WriteLoop(&out, size, rows); err != nil {
		t.Fatal(err)
	}
	if out.Len() < size || out.Len() > size+100_000 {
		t.Errorf("%d bytes, asked for %d", out.Len(), size)
	}
	tables := strings.Split(out.String(), "Active Connections")
	if want := "Tue 10/13/2020  9:05:07.12 \r\n"; !strings.HasPrefix(tables[0], want) {
		t.Errorf("first stamp %q", tables[0])
	}
	for i, table := range tables[1 : len(tables)-1] {
		if got := strings.Count(table, " 4242\r\n"); got != min(i+1, 400) {
			t.Fatalf("table %d: process 4242 has %d ports", i+1, got)
		}
		if got := strings.Count(table, "\n  TCP ") + strings.Count(table, "\n  UDP "); got != rows {
			t.Fatalf("table %d: %d rows", i+1, got)
		}
		if port := fmt.Sprintf(":%d ", 49152+min(i, 399)); !strings.Contains(table, port) {
			t.Fatalf("table %d: no port%s", i+1, port)
		}
	}
	for _, rows := range []int{-1, 0, 1} {
		if err := textgen.WriteLoop(io.Discard, 10_000, rows); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkWriteLoop(b *testing.B) {
	const size = 64 << 20
	b.SetBytes(size)
	for b.Loop() {
		if err := textgen.WriteLoop(io.Discard, size, 2000); err != nil {
			b.Fatal(err)
		}
	}
}

// TestEveryKindHasAFile and no other is named.
func TestEveryKindHasAFile(t *testing.T) {
	var kinds []string
	for _, f := range textgen.Files() {
		kinds = append(kinds, f.Truth.Kind)
	}
	slices.Sort(kinds)
	want := []string{
		"hosttext.excluded", "hosttext.handles", "hosttext.processes", "hosttext.range", "hosttext.registry", "hosttext.system",
		"netstat", "psnet", "unknown",
	}
	if got := slices.Compact(kinds); !slices.Equal(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
}
