package report

import (
	"bytes"
	"html"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func textOf(t *testing.T, r *Report, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteText(&b, r, TextOptions{Width: width}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{
		"leaky.exe":              9,
		"\u6f0f\u3048\u308b":     6, // Han and kana
		"\ud55c\uae00":           4, // Hangul
		"\uff4c\uff45":           4, // full width
		"\uff4c\uff9a":           3, // full and half width
		"e\u0301a\u0308\u0323":   2, // combining
		"\u231a\u2705\U0001F600": 6, // emoji
		"\u25cf \u2713 \u2588":   5,
	} {
		if got := columns(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

// A wide character that would stand across the edge is left out whole.
func TestClipWide(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{
		{"\u6f0f\u6f0f\u6f0f", 6, "\u6f0f\u6f0f\u6f0f"},
		{"\u6f0f\u6f0f\u6f0f", 5, "\u6f0f\u6f0f…"},
		{"\u6f0f\u6f0f\u6f0f", 4, "\u6f0f…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
	} {
		if got := Clip(c.s, c.width); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.s, c.width, got, c.want)
		}
	}
}

func TestClipName(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		want  string
	}{
		{"leaky.exe (4242)", 28, "leaky.exe (4242)"},
		{"leaky.exe (4242)", 14, "leaky.… (4242)"},
		{"svchost.exe Dnscache (1888)", 22, "svchost.exe Dn… (1888)"},
		{"leaky.exe (4242)", 7, "leaky.…"},
		{"process 0x1f2e3d4c5b6a", 10, "process 0…"},
	} {
		if got := clipName(c.name, c.width); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.name, c.width, got, c.want)
		}
	}
}

// A line that goes on ends between two words.
func TestWrapEndsAtAWord(t *testing.T) {
	got := Wrap("698 attempts refused with STATUS_TOO_MANY_ADDRESSES", 24, 1)
	if len(got) != 1 || got[0] != "698 attempts refused …" {
		t.Errorf("%q", got)
	}
	if got := Wrap("STATUS_TOO_MANY_ADDRESSES refused", 24, 1); len(got) != 1 || got[0] != "STATUS_TOO_MANY_ADDRESS…" {
		t.Errorf("%q", got)
	}
}

// What is of one figure is not torn apart on a narrow terminal, and nothing is
// wider than it, whatever the figures.
func TestTextOnANarrowTerminal(t *testing.T) {
	r := exhaustedReport()
	text := textOf(t, r, 40)
	if want := "698 attempts refused"; !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
	r.Verdict.Holders[0].Ports, r.Verdict.Victims[0].Failures = math.MaxInt, math.MaxInt
	r.Verdict.Pools[0].Capacity, r.Verdict.Pools[0].Balance.Holders = math.MaxInt, math.MaxInt
	r.Verdict.Holders[0].Image = strings.Repeat("\u6f0f\u0301", 60)
	for _, width := range []int{40, 41, 60, 80, 120} {
		for l := range strings.Lines(textOf(t, r, width)) {
			if columns(strings.TrimSuffix(l, "\n")) > width && !isCommand(l, r) {
				t.Errorf("at %d: %s", width, l)
			}
		}
	}
}

// A window that only a log tells of had no attempts that anybody saw.
func TestTextOfALogAlone(t *testing.T) {
	r := exhaustedReport()
	for i := range r.Verdict.Windows {
		r.Verdict.Windows[i].Failures = 0
	}
	text := textOf(t, r, 80)
	if strings.Contains(text, "0 attempts") || !strings.Contains(text, "4 log records") {
		t.Error(text)
	}
}

// The distance of a log record is that to the first refusal, as the reasons say.
func TestTextOfALogRecord(t *testing.T) {
	from := time.Date(2026, 3, 10, 9, 2, 39, 0, time.UTC)
	w := &Window{From: Time{Time: from}, Failures: 3, Log: []LogEntry{{ID: 4231, Time: Time{Time: from.Add(500 * time.Millisecond)}}}}
	if got := logTexts([]*Window{w}); len(got) != 1 || got[0] != "Tcpip 4231 at 09:02:39.500, +0.5 s to the first refusal" {
		t.Errorf("%q", got)
	}
	w.Failures = 0
	w.Log = append(w.Log, LogEntry{ID: 4231, Time: Time{Time: from.Add(24 * time.Hour)}})
	if got := logTexts([]*Window{w}); len(got) != 1 || got[0] != "Tcpip 4231 at 09:02:39.500 (2 records)" {
		t.Errorf("%q", got)
	}
}

// isCommand is whether a line is the command of a step or gives what is missing, which is
// never broken.
func isCommand(line string, r *Report) bool {
	for _, s := range r.Verdict.NextSteps {
		if strings.TrimSpace(line) == Visible(s.Command) {
			return true
		}
	}
	return slices.ContainsFunc(r.Verdict.Missing, func(m Missing) bool { return r.Verdict.askCommand(&m) == strings.TrimSpace(line) })
}

// A command stands whole on a line of its own, at the left edge when it is wider than
// the terminal, and where it runs is told before it.
func TestCommandsAreWhole(t *testing.T) {
	for _, r := range []*Report{exhaustedReport(), stuckReport(), notPortsReport()} {
		for _, width := range []int{40, 80, 120} {
			text := textOf(t, r, width)
			for _, s := range r.Verdict.NextSteps {
				if s.Command == "" {
					continue
				}
				found := false
				for l := range strings.Lines(text) {
					l = strings.TrimSuffix(l, "\n")
					found = found || l == s.Command || columns(l) <= width && strings.TrimSpace(l) == s.Command
				}
				if !found {
					t.Errorf("at %d: %q does not stand on a line of its own in\n%s", width, s.Command, text)
				}
			}
		}
		md, page := render(t, WriteMarkdown, r), render(t, WriteHTML, r)
		for i := range r.Verdict.NextSteps {
			s := &r.Verdict.NextSteps[i]
			if s.Command == "" {
				continue
			}
			if !strings.Contains(md, "\n   ```\n   "+s.Command+"\n   ```\n") {
				t.Errorf("%q is not in Markdown", s.Command)
			}
			if !strings.Contains(html.UnescapeString(page), "<code>"+s.Command+"</code>") {
				t.Errorf("%q is not on the page", s.Command)
			}
			where := runsOn(s, r.Verdict.Host)
			if !strings.Contains(md, where) || !strings.Contains(page, where) || !strings.Contains(folded(textOf(t, r, 120)), where) {
				t.Errorf("%q is not said of %q", where, s.Command)
			}
		}
	}
}

func TestRunsOn(t *testing.T) {
	for _, c := range []struct {
		command, on, host, want string
	}{
		{"netsh int ipv4 show dynamicport tcp", "customer", "FILES-02", "On FILES-02, elevated prompt:"},
		{"Restart-Service Spooler", "customer", "", "On the machine itself, elevated PowerShell:"},
		{"Test-NetConnection x -Port 1", "customer", "A", "On A, PowerShell:"},
		{`cmd /c "(a & b) > c"`, "customer", "A", "On A, elevated prompt or PowerShell:"},
		{"portverdict events a.etl", "here", "A", "Here:"},
		{"x", "", "A", ""},
	} {
		if got := runsOn(&NextStep{Command: c.command, RunsOn: c.on}, c.host); got != c.want {
			t.Errorf("%q: %q, want %q", c.command, got, c.want)
		}
	}
}
