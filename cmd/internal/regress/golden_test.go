package regress

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// goldenOf is a case whose golden is what found gives, of an older version.
func goldenOf(t *testing.T) *Case {
	t.Helper()
	c := &Case{dir: t.TempDir()}
	old := many()
	old.Tool.Version = "0.0.1"
	var b bytes.Buffer
	if err := report.WriteJSON(&b, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.dir, "expected"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.expected(goldenName), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return c
}

// many is found with rows that only several fields tell apart.
func many() *report.Report {
	r := found()
	v := &r.Verdict
	v.Holders = append(v.Holders, report.Holder{Transport: "udp", PID: 4242, Image: "leaky.exe", Ports: 7})
	v.Victims = append(v.Victims, report.Victim{Transport: "udp", PID: report.NoPID, ProcessKey: "0xFFFF", Failures: 3})
	v.Windows = []report.Window{{Transport: "tcp"}, {Transport: "udp"}}
	return r
}

// Every field that differs is named by its path; an item too many does not make
// those after it differ.
func TestGolden(t *testing.T) {
	tests := []struct {
		name   string
		change func(*report.Report)
		want   []string
	}{
		{"the same, of another version", func(r *report.Report) { r.Tool.Version = "2" }, nil},
		{"a value", func(r *report.Report) { r.Verdict.Outcome = report.Likely }, []string{
			`verdict.json verdict outcome: expected "exhausted", found "likely"`,
		}},
		{"an item more before", func(r *report.Report) {
			r.Findings = append([]report.Finding{{ID: "aaa", Title: "New"}}, r.Findings...)
		}, []string{
			`verdict.json findings [id aaa]: expected none, found {"check_by_hand":"","count":0,"evidence":[],"first":"","host":"","id":"aaa","last":"","rests_on":[],"severity":"","text"…`,
		}},
		{"an item less", func(r *report.Report) { r.Findings = r.Findings[:1] }, []string{
			`verdict.json findings [id evtx-4231]: expected {"check_by_hand":"","count":1,"evidence":[],"first":"","host":"","id":"evtx-4231","last":"","rests_on":[],"severity":"",…, found none`,
		}},
		{"an item's field", func(r *report.Report) { r.Findings[1].Count = 2 }, []string{
			`verdict.json findings [id evtx-4231] count: expected 1, found 2`,
		}},
		{"another order", func(r *report.Report) { r.Findings[0], r.Findings[1] = r.Findings[1], r.Findings[0] }, []string{
			`verdict.json findings[0]: expected [id afd-bind-0x209], found [id evtx-4231]`,
		}},
		{"a holder of two pools", func(r *report.Report) { r.Verdict.Holders[1].Ports = 8 }, []string{
			`verdict.json verdict holders [transport udp, window 0, pid 4242, image leaky.exe] ports: expected 7, found 8`,
		}},
		{"a victim whose PID is not known", func(r *report.Report) { r.Verdict.Victims[1].Failures = 4 }, []string{
			`verdict.json verdict victims [transport udp, process_key 0xFFFF] failures: expected 3, found 4`,
		}},
		{"an episode", func(r *report.Report) { r.Verdict.Windows[0].Failures = 1 }, []string{
			`verdict.json verdict windows [transport tcp] failures: expected 0, found 1`,
		}},
		{"a list without keys", func(r *report.Report) { r.Verdict.Reasons = []string{"because"} }, []string{
			`verdict.json verdict reasons: expected 0 items, found 1`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := many()
			tt.change(r)
			c := goldenOf(t)
			if d := cmp.Diff(tt.want, c.golden(goldenName, r)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if written, err := c.renew(goldenName, r); err != nil || written != (tt.want != nil) {
				t.Errorf("written %v, %v", written, err)
			}
			if d := c.golden(goldenName, r); d != nil {
				t.Errorf("after it was written: %v", d)
			}
			if left, _ := os.ReadDir(filepath.Dir(c.expected(goldenName))); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestGoldenTellsTwentyAtMost(t *testing.T) {
	r := many()
	for i := range 30 {
		r.Findings = append(r.Findings, report.Finding{ID: strings.Repeat("x", i+1)})
	}
	d := goldenOf(t).golden(goldenName, r)
	if len(d) != maxDifferences+1 || d[maxDifferences] != "verdict.json: and 10 more" {
		t.Errorf("%d: %q", len(d), d)
	}
}

func TestGoldenThatIsNoReport(t *testing.T) {
	c := goldenOf(t)
	for text, want := range map[string]string{"": "EOF", "{": "unexpected EOF", "[1]": "verdict.json"} {
		if err := os.WriteFile(c.expected(goldenName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if d := c.golden(goldenName, many()); len(d) != 1 || !strings.Contains(d[0], want) {
			t.Errorf("%q: %q", text, d)
		}
	}
}
