package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"portverdict/cmd/internal/analysis"
	"portverdict/report"
)

func caseBundle(name string) string {
	return filepath.Join("..", "..", "testdata", "cases", name, "bundle")
}

func quiet(float64, string) {}

func judged(t *testing.T, q *request) (*session, *answer) {
	t.Helper()
	var s session
	a, err := s.judge(t.Context(), q, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return &s, a
}

func (s *session) mustWrite(t *testing.T, format string, redacted bool, key string) []byte {
	t.Helper()
	text, err := s.write(t.Context(), format, redacted, key)
	if err != nil || len(text) == 0 {
		t.Fatalf("%s: %d bytes, %v", format, len(text), err)
	}
	return text
}

// What the page judges is what the command line judges; goldens name no version.
func TestSessionWritesTheGolden(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("..", "..", "testdata", "cases", "likely-full-table", "expected", "verdict.json"))
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.Replace(want, []byte(`"version": "golden"`), []byte(`"version": "`+analysis.Version+`"`), 1)
	s, a := judged(t, &request{Sides: [][]string{{caseBundle("likely-full-table")}}})
	if got := s.mustWrite(t, "json", false, ""); !bytes.Equal(got, want) {
		t.Errorf("another report than the golden:\n%s", got)
	}
	if a.Summary == "" || len(a.Faults) > 0 {
		t.Errorf("%+v", a)
	}
}

// The page asks for what the report asks for, and no more once it has it.
func TestSessionAsks(t *testing.T) {
	dir := t.TempDir()
	table := "\r\nTue 03/10/2026 10:01:00.12\r\n\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n" +
		"  TCP    10.0.0.1:49200         10.0.0.9:443           ESTABLISHED     4242\r\n"
	name := filepath.Join(dir, "netstat.txt")
	if err := os.WriteFile(name, []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	q := &request{Sides: [][]string{{name}}}
	if _, a := judged(t, q); !strings.Contains(a.Zone, "netstat.txt") || !strings.Contains(a.Range, "range") || len(a.Hosts) > 0 {
		t.Errorf("%+v", a)
	}
	q.Zone, q.TCP = "W. Europe Standard Time", "49152+16384"
	s, a := judged(t, q)
	if a.Zone != "" || a.Range != "" {
		t.Errorf("%+v", a)
	}
	var r report.Report
	if err := json.Unmarshal(s.mustWrite(t, "json", false, ""), &r); err != nil {
		t.Fatal(err)
	}
	if p := r.Verdict.Pools[0]; p.RangeSource != "option" {
		t.Errorf("the range is that of %s", p.RangeSource)
	}
}

func TestSessionRefusesWishes(t *testing.T) {
	given := [][]string{{caseBundle("likely-full-table")}}
	for _, c := range []struct {
		q    request
		want string
	}{
		{request{Sides: given, Zone: "Nowhere"}, `the time zone "Nowhere" is no zone`},
		{request{Sides: given, TCP: "49152"}, `the TCP range "49152": give the first port and how many there are`},
		{request{Sides: given, UDP: "60000+16384"}, `the UDP range "60000+16384"`},
		{request{Sides: [][]string{{filepath.Join(t.TempDir(), "none.etl")}}}, "none.etl"},
		{request{Sides: [][]string{{caseBundle("failed-nothing-usable")}}}, "nothing here can show port exhaustion"},
	} {
		var s session
		if _, err := s.judge(t.Context(), &c.q, quiet); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.q, err, c.want)
		}
	}
}

// Two bundles, or a saved verdict and a bundle, are compared.
func TestSessionCompares(t *testing.T) {
	before, after := caseBundle("exhausted-leak-x64")+".zip", caseBundle("not-exhausted-busy")+".zip"
	s, a := judged(t, &request{Sides: [][]string{{before}, {after}}})
	want := s.mustWrite(t, "json", false, "")
	if !strings.Contains(string(want), a.Summary) || a.Summary == "" {
		t.Errorf("%q is not in the comparison", a.Summary)
	}
	one, _ := judged(t, &request{Sides: [][]string{{before}}})
	saved := filepath.Join(t.TempDir(), "verdict.json")
	if err := os.WriteFile(saved, one.mustWrite(t, "json", false, ""), 0o666); err != nil {
		t.Fatal(err)
	}
	s, _ = judged(t, &request{Sides: [][]string{{saved}, {after}}})
	if got := s.mustWrite(t, "json", false, ""); !bytes.Equal(got, want) {
		t.Error("with a saved verdict another comparison comes out")
	}
	if text := s.mustWrite(t, "html", true, "a key of this test"); bytes.Contains(text, []byte("WIN-TEST01")) {
		t.Error("the redacted comparison names the machine")
	}
}

// The same key gives the same tokens; without one they are those of the session.
func TestSessionRedacts(t *testing.T) {
	q := &request{Sides: [][]string{{caseBundle("exhausted-leak-x64") + ".zip"}}}
	s, _ := judged(t, q)
	again, _ := judged(t, q)
	const key = "a key of this test"
	one := s.mustWrite(t, "html", true, key)
	if !bytes.Equal(one, again.mustWrite(t, "html", true, key)) {
		t.Error("one key gave two reports")
	}
	if bytes.Contains(one, []byte("WIN-TEST01")) {
		t.Error("the redacted report names the machine")
	}
	mine := s.mustWrite(t, "html", true, "")
	if !bytes.Equal(mine, s.mustWrite(t, "html", true, "")) || bytes.Equal(mine, again.mustWrite(t, "html", true, "")) {
		t.Error("the tokens without a key are not those of the session")
	}
	if _, err := s.write(t.Context(), "html", true, "short"); err == nil || !strings.Contains(err.Error(), "the key") {
		t.Errorf("a short key: %v", err)
	}
}

// No message has the folders that the page made up.
func TestShownErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"", errors.New("cannot read /in/0/12/a b/c.etl: it is locked"), "cannot read a b/c.etl: it is locked"},
		{"after", errors.New("/in/1/0/x: /in/1/0/y"), "after: x: y"},
		{"", fmt.Errorf("cannot write the temp folder: %w", syscall.ENOSPC), "the archives unpack to more than 512 MB, which this page does not hold in memory: unpack them and drop the folder, or use the command line"},
	} {
		if got := shown(c.name, c.err).Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
