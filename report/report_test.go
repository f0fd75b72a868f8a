package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func samples() map[string]*Report {
	return map[string]*Report{
		"exhausted": exhaustedReport(), "healthy": healthyReport(), "likely": likelyReport(), "empty": emptyReport(), "hostile": hostileReport(),
		"not-ports": notPortsReport(), "stuck": stuckReport(), "two-hosts": twoHostsReport(),
	}
}

var writers = map[string]func(io.Writer, *Report) error{
	"json": WriteJSON, "ndjson": WriteNDJSON, "md": WriteMarkdown, "html": WriteHTML, "csv": WriteCSV, "sarif": WriteSARIF, "github": WriteGitHub,
	"txt": func(w io.Writer, r *Report) error { return WriteText(w, r, TextOptions{}) },
}

func render(t *testing.T, write func(io.Writer, *Report) error, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPages writes everything to a folder to look at, when one is named.
func TestPages(t *testing.T) {
	dir := os.Getenv("PORTVERDICT_PAGES")
	if dir == "" {
		t.Skip("PORTVERDICT_PAGES names no folder to write the pages to")
	}
	for name, r := range samples() {
		for ext, write := range writers {
			if err := os.WriteFile(filepath.Join(dir, name+"."+ext), []byte(render(t, write, r)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestRoundTrip: a report read from its JSON renders to the same bytes.
func TestRoundTrip(t *testing.T) {
	for name, r := range samples() {
		back, err := ReadJSON(strings.NewReader(render(t, WriteJSON, r)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for ext, write := range writers {
			first := render(t, write, r)
			if again := render(t, write, r); again != first {
				t.Errorf("%s.%s: two runs differ", name, ext)
			}
			if d := cmp.Diff(first, render(t, write, back)); d != "" {
				t.Errorf("%s.%s after the round trip:\n%s", name, ext, d)
			}
		}
	}
}

func TestWritersDoNotChangeTheReport(t *testing.T) {
	r := emptyReport()
	r.Verdict.Windows = []Window{{}}
	for _, write := range writers {
		render(t, write, r)
	}
	if r.Findings != nil || r.Verdict.Windows[0].Log != nil {
		t.Error("a writer changed the report")
	}
}

var pageMustNot = regexp.MustCompile(`(?i)<script|<style|<img|<iframe|<link|<[^>]*\sstyle=|<[^>]*\son[a-z]+=|javascript:|src=["']?http|href=["']?http|url\(`)

func TestPageIsInert(t *testing.T) {
	for name, r := range samples() {
		text := render(t, WriteHTML, r)
		own := strings.NewReplacer("<style>"+pageCSS+"</style>", "", "<script>"+pageJS+"</script>", "").Replace(text)
		if m := pageMustNot.FindString(own); m != "" {
			t.Errorf("%s: the page holds %q", name, m)
		}
		if !strings.Contains(text, string(Policy(pageCSS, pageJS))) || len(text)-len(own) != len(pageCSS)+len(pageJS)+len("<style></style><script></script>") {
			t.Errorf("%s: style and script are not the ones the policy names, once each", name)
		}
		if n := strings.Count(text, "<h1"); n != 1 {
			t.Errorf("%s: %d h1", name, n)
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if ids[m[1]] {
				t.Errorf("%s: id %s twice", name, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if !ids[m[1]] {
				t.Errorf("%s: link to #%s, which is not there", name, m[1])
			}
		}
		if strings.Contains(text, "synthetic sample</span>") != (!slices.Contains([]string{"empty", "stuck", "two-hosts"}, name)) {
			t.Errorf("%s: the badge of a synthetic sample is wrong", name)
		}
	}
}

// TestHostileNamesShow: nothing a stranger wrote reaches any output as a control or
// formatting character; it shows instead, whole.
func TestHostileNamesShow(t *testing.T) {
	shown := map[string]string{
		"txt": `\u{202E}`, "md": `\\u\{202E\}`, "html": `\u{202E}`, "csv": `\u{202E}`, "json": `\u202e`, "ndjson": `\u202e`, "sarif": `\u{{202E}}`, "github": `\u{202E}`,
	}
	for ext, write := range writers {
		text := render(t, write, hostileReport())
		for _, r := range text {
			if r != '\n' && acts(r) {
				t.Errorf("%s: holds %U", ext, r)
				break
			}
		}
		if !strings.Contains(text, shown[ext]) {
			t.Errorf("%s: the bidi override is not shown", ext)
		}
	}
	if md := render(t, WriteMarkdown, hostileReport()); strings.Contains(md, "<img") || strings.Contains(md, "</script") {
		t.Error("Markdown lets markup through")
	}
	back, err := ReadJSON(strings.NewReader(render(t, WriteJSON, hostileReport())))
	if err != nil || back.Bundle.Host != hostileName {
		t.Errorf("the name is not whole in JSON: %q, %v", back.Bundle.Host, err)
	}
}

func TestInert(t *testing.T) {
	const name = "a\u202Eb\u009Bc\U000E0041d\u2028ö漢\x7f"
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	got := Inert(quoted)
	if want := `"a\u202eb\u009bc\udb40\udc41d\u2028ö漢\u007f"`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	var back string
	if err := json.Unmarshal(got, &back); err != nil || back != name {
		t.Errorf("%q, %v", back, err)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünï 漢": "plain ünï 漢", "a\tb\nc": `a\u{09}b\u{0A}c`, "\x7f\u0085": `\u{7F}\u{85}`, "x\u202Ey\u2066": `x\u{202E}y\u{2066}`,
		"\u200b\ufeff\u2028": `\u{200B}\u{FEFF}\u{2028}`, "a\xffb": "a\uFFFDb", "": "",
	} {
		if got := Visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	for n := 1; n < 9; n++ {
		if got := cut("äbcdefg", n); len([]rune(got)) > max(n, 1) {
			t.Errorf("cut to %d gives %q", n, got)
		}
	}
}

func TestPageStaysSmall(t *testing.T) {
	r := exhaustedReport()
	long := strings.Repeat(`"&'<\u{}`+"\u202E", 4000)
	for i := range 100_000 {
		e := Evidence{ID: evID(1000 + i), Kind: "afd.bind", Source: "Server.etl", Offset: int64(i), Time: at(1), PID: 1, Text: "refused"}
		if i%500 == 0 {
			e.Text, e.Image = long, long
			r.Findings = append(r.Findings, Finding{ID: fmt.Sprint("f", i), Title: long, Text: long, CheckByHand: long})
			r.Sources = append(r.Sources, Source{Path: long, Kind: long, SHA256: long})
			r.Diagnostics = append(r.Diagnostics, Diagnostic{Source: long, Text: long, Code: long})
			r.Verdict.Victims = append(r.Verdict.Victims, Victim{Host: r.Verdict.Host, Transport: "tcp", Image: long, Services: []string{long}})
			r.Verdict.Holders = append(r.Verdict.Holders, Holder{Host: r.Verdict.Host, Transport: "tcp", Named: true, Ports: 1, Image: long, Services: []string{long}})
			r.Verdict.Missing = append(r.Verdict.Missing, Missing{long, long, long})
			r.Verdict.NextSteps = append(r.Verdict.NextSteps, NextStep{long, long, long, long, long})
			r.Verdict.Reasons = append(r.Verdict.Reasons, long)
			r.Verdict.Pools = append(r.Verdict.Pools, Pool{Host: long, Transport: "tcp", Capacity: 9, RangeBasis: long, Balance: Balance{Basis: "table", Capacity: 9, Free: 9}, ExcludedRanges: make([][2]int, 500), Excluded: 1})
			r.Verdict.OtherFailures = append(r.Verdict.OtherFailures, OtherFailure{long, long, long, []FailedProcess{{1, long, 1}, {2, long, 1}}, 2, long})
			r.Verdict.Windows = append(r.Verdict.Windows, Window{Host: long, Transport: "tcp", From: at(float64(i)), To: at(float64(i + 1)), Log: make([]LogEntry, 500)})
		}
		r.Findings[len(r.Findings)-1].Evidence = append(r.Findings[len(r.Findings)-1].Evidence, e.ID)
		r.Evidence = append(r.Evidence, e)
		r.Timeline = append(r.Timeline, Bin{T: at(float64(i)), StepSeconds: 1, BindOK: i, EVTX4227: 1})
	}
	page := render(t, WriteHTML, r)
	t.Logf("%d bytes", len(page))
	if len(page) >= maxPageBytes {
		t.Errorf("the page has %d bytes", len(page))
	}
	if !strings.Contains(page, "more in verdict.json") {
		t.Error("nothing says that rows were left out")
	}
}

func TestTextFits(t *testing.T) {
	for name, r := range samples() {
		for _, width := range []int{0, 20, 40, 60, 80, 100, 200} {
			var b bytes.Buffer
			if err := WriteText(&b, r, TextOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			limit := min(max(width, minTextWidth), maxTextWidth)
			if width == 0 {
				limit = 80
			}
			all := strings.Split(b.String(), "\n")
			for _, l := range all {
				if columns(l) > limit && !isCommand(l, r) {
					t.Errorf("%s at %d: %d columns: %s", name, width, columns(l), l)
				}
			}
			if limit := map[bool]int{true: 64, false: 48}[name == "hostile"]; width >= 80 && len(all) > limit {
				t.Errorf("%s at %d: %d lines", name, width, len(all))
			}
		}
		var plain, colour bytes.Buffer
		if err := WriteText(&plain, r, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := WriteText(&colour, r, TextOptions{Color: true}); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(plain.String(), regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(colour.String(), "")); d != "" {
			t.Errorf("%s: colour changes the text:\n%s", name, d)
		}
	}
}

func TestNDJSONAndCSV(t *testing.T) {
	r := exhaustedReport()
	count := map[string]int{}
	for i, l := range strings.Split(strings.TrimSuffix(render(t, WriteNDJSON, r), "\n"), "\n") {
		var v struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		}
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatal(err)
		}
		if i == 0 && v.Type != "verdict" {
			t.Errorf("the first line is %s", v.Type)
		}
		count[v.Type]++
	}
	want := map[string]int{"verdict": 1, "bundle": 1, "finding": len(r.Findings), "evidence": len(r.Evidence), "timeline": 120, "source": 4, "diagnostic": 1}
	if d := cmp.Diff(want, count); d != "" {
		t.Error(d)
	}
	r.Evidence[0].Image = "=cmd|' /c calc'!A0"
	rows, err := csv.NewReader(strings.NewReader(render(t, WriteCSV, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(r.Evidence) || !strings.HasPrefix(rows[1][9], "'=") {
		t.Errorf("%d rows, first image %q", len(rows), rows[1][9])
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, r := range samples() {
		var b bytes.Buffer
		if err := WriteJSON(&b, r); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadJSON(bytes.NewReader(b))
		if err != nil {
			return
		}
		for ext, write := range writers {
			var out bytes.Buffer
			if err := write(&out, r); err != nil {
				t.Errorf("%s: %v", ext, err)
			}
			if ext == "html" && out.Len() >= maxPageBytes {
				t.Errorf("page of %d bytes", out.Len())
			}
			if ext == "txt" && strings.ContainsFunc(out.String(), func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
				t.Error("control character in the text")
			}
		}
	})
}
