package etlgen

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the section want of testdata/*.txtar")

// TestCases writes every case and compares what the reader says with what the
// case wants. A want that -update wrote is still to be checked by hand.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	if *update && os.Getenv("CI") == "true" {
		t.Fatal("-update is for people: want is checked by hand")
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if why, _, ok := section(string(text), "why"); !ok || strings.TrimSpace(why) == "" {
				t.Errorf("%s:1: the case does not say why", name)
			}
			trace, err := Parse(text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			b, err := trace.Bytes()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := listing(t, b)
			if *update {
				head, _, _ := strings.Cut(string(text), "-- want --\n")
				if err := os.WriteFile(name, []byte(head+"-- want --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, line, ok := section(string(text), "want")
			if !ok {
				t.Fatalf("%s:1: no section want", name)
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s:%d: (-want +got)\n%s", name, line, diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct{ trace, want string }{
		{"", "line 2: no header"},
		{"buffer cpu=1", "line 2: buffer: the header comes first, once"},
		{"header\nheader", "line 3: header: the header comes first, once"},
		{"header frequency=1", "line 2: frequency: unknown attribute"},
		{"header version=10.0", "line 2: version: 2 parts, not 4"},
		{"header start=monday", `line 2: start: parsing time "monday"`},
		{"header\nbuffer cpu=65536", "line 3: cpu: strconv.ParseUint"},
		{"header\nbuffer cpu", "line 3: cpu: strconv.ParseUint"},
		{"header\nbuffer\nfirst", "line 4: first comes right after the header"},
		{"header\nevent16", `line 3: unknown item "event16"`},
		{"header\nx", `line 3: unknown item "x"`},
		{"header\nevent64 payload=0", "line 3: payload: encoding/hex"},
		{"header\nevent64 payload=u8:1", `line 3: payload: data of kind "u8"`},
		{"header\nevent64 payload=00*70000", "line 3: payload: more than 65536 bytes"},
		{"header\nevent64 provider=1", `line 3: provider: "1" is no GUID`},
		{"header\nevent64 ext=1", ""},
		{"header\nevent64 id=1 \"x\"", "line 3: : \"\\\"x\\\"\" is out of place"},
		{"header\nperfinfo64 pmc=8", "line 3: pmc: 8 counters"},
		{"header\ncut x", "line 3: strconv.ParseInt"},
		{"header\ncut 9\nbuffer", "line 4: buffer after the end of the file"},
		{"header\nraw payload=00", "line 3: payload= in a line of data"},
	} {
		_, err := Parse([]byte("-- trace --\n" + tc.trace))
		if got := fmt.Sprint(err); tc.want != "" && !strings.HasPrefix(got, tc.want) || tc.want == "" && err != nil {
			t.Errorf("%q: %s, want %s", tc.trace, got, tc.want)
		}
	}
	if _, err := Parse([]byte("-- why --\nx\n")); err == nil {
		t.Error("a text without trace is accepted")
	}
}

func TestBytesErrors(t *testing.T) {
	for _, tc := range []struct{ trace, want string }{
		{"header pointer=3", "buffer 0: pointer size 3"},
		{"header\nbuffer disk=0x100\nevent64 payload=00*200", "buffer 1: 352 bytes do not fit into a buffer of 256"},
		{"header\nbuffer\nevent64 payload=00*65500", "buffer 1: event 0: event of 65580 bytes"},
		{"header\nbuffer\nevent64 version=256", "buffer 1: event 0: version 256 of an event descriptor"},
		{"header\nbuffer disk=0x7fffffff", "buffer 1: 72 bytes do not fit into a buffer of 2147483647"},
		{"header\ncut 5000", "cut 5000: the file has 4096 bytes"},
		{"header\ncut -5000", "cut -5000: the file has 4096 bytes"},
	} {
		trace, err := Parse([]byte("-- trace --\n" + tc.trace))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trace.Bytes(); fmt.Sprint(err) != tc.want {
			t.Errorf("%q: %v, want %s", tc.trace, err, tc.want)
		}
	}
	if _, err := new(Trace).Bytes(); err == nil {
		t.Error("a trace without a first buffer is accepted")
	}
}

// FuzzParse: whatever the text, no panic, and what can be written can be read
// to its end with all bytes told.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		trace, err := Parse(text)
		if err != nil || trace.Header.BufferSize > 1<<20 || len(trace.Buffers) > 64 {
			return
		}
		for _, b := range trace.Buffers {
			if b.DiskSize > 1<<20 {
				return
			}
		}
		if b, err := trace.Bytes(); err == nil {
			listing(t, b)
		}
	})
}
