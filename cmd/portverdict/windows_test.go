package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Patterns mean files as cmd.exe's own commands take them; what is no file stays.
func TestPatternsAreExpanded(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.txt", "B.TXT", "c.etl", "d[1].txt", "plain"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir("sub[1]", 0o700), os.WriteFile(filepath.Join("sub[1]", "e.txt"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	sub := "sub[1]" + string(filepath.Separator)
	for _, c := range []struct{ in, want []string }{
		{[]string{"analyze", "*.txt"}, []string{"analyze", "B.TXT", "a.txt", "d[1].txt"}},
		{[]string{"analyze", "?.etl", "plain"}, []string{"analyze", "c.etl", "plain"}},
		{[]string{"analyze", "d[1].*"}, []string{"analyze", "d[1].txt"}},
		{[]string{"analyze", sub + "*.txt"}, []string{"analyze", sub + "e.txt"}},
		{[]string{"info", "*.*"}, []string{"info", "B.TXT", "a.txt", "c.etl", "d[1].txt", "plain", "sub[1]"}},
		{[]string{"analyze", "*.pdf"}, []string{"analyze", "*.pdf"}},
		{[]string{"analyze", "-o", "*.txt", "-q", "c.*"}, []string{"analyze", "-o", "*.txt", "-q", "c.etl"}},
		{[]string{"analyze", "-qo", "*.txt", "c.*"}, []string{"analyze", "-qo", "*.txt", "c.etl"}},
		{[]string{"events", "c.etl", "--filter", "?.txt"}, []string{"events", "c.etl", "--filter", "?.txt"}},
		{[]string{"events", "--filter=?.txt", "c.?tl"}, []string{"events", "--filter=?.txt", "c.etl"}},
		{[]string{"explain", "?.etl"}, []string{"explain", "?.etl"}},
		{[]string{"frobnicate", "*.txt"}, []string{"frobnicate", "B.TXT", "a.txt", "d[1].txt"}},
		{nil, nil},
	} {
		if got := expanded(newRoot(), c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// What is dropped on the icon gets its report beside it, under a name that is free.
func TestDroppedOnTheIcon(t *testing.T) {
	dir := demoFolder(t)
	report := dir + "-report.html"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{dir}, report},
		{[]string{dir + "/", dir}, report},
		{[]string{filepath.Join(dir, "netstat.txt")}, filepath.Join(dir, "netstat-report.html")},
		{nil, ""},
		{[]string{"demo"}, ""},
		{[]string{dir, "nowhere"}, ""},
	} {
		args, name := dropped(c.args)
		if name != c.want || name != "" && !slices.Equal(args, append([]string{"analyze", "-o", name, "--open", "--"}, c.args...)) {
			t.Errorf("%q: %q, %q; want %q", c.args, args, name, c.want)
		}
	}
	if err := os.WriteFile(report, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, name := dropped([]string{dir}); name != dir+"-report (2).html" {
		t.Errorf("beside a report: %q", name)
	}
}

// From the icon the name of the report is told, and the window waits for Enter.
func TestTheWindowStays(t *testing.T) {
	args := os.Args
	defer func() { os.Args = args }()
	dir := demoFolder(t)
	os.Args = []string{"portverdict", dir}
	var out bytes.Buffer
	in := strings.NewReader("\nnot read")
	code := fromIcon(func() int {
		if len(os.Args) != 7 || os.Args[1] != "analyze" || os.Args[6] != dir {
			t.Errorf("the program is run with %q", os.Args)
		}
		if err := os.WriteFile(os.Args[3], nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return exitExhausted
	}, in, &out)
	if want := "The report: " + dir + "-report.html"; code != exitExhausted || !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "Press Enter") {
		t.Errorf("%d, %s", code, &out)
	}
}
