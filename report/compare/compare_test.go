package compare

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"portverdict/report"
)

func at(minutes int) report.Time {
	return report.Time{Time: time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)}
}

// made is a report of all three inputs whose trace begins at a minute and lasts
// four; change makes it the case in question.
func made(from int, o report.Outcome, change ...func(*report.Report)) *report.Report {
	w := report.Span{From: at(from), To: at(from + 4)}
	r := &report.Report{
		SchemaVersion: 1,
		Bundle:        report.Bundle{ID: string(o) + at(from).String(), Host: "HOST1", OSBuild: "20348", Window: w},
		Verdict:       report.Verdict{Outcome: o, Confidence: report.Strong},
		Sources: []report.Source{
			{Path: "a.etl", Kind: "etl", Decoded: 9, Window: w},
			{Path: "b.evtx", Kind: "evtx", Decoded: 9, Window: w},
			{Path: "c.txt", Kind: "netstat", Decoded: 9},
			{Path: "d.txt", Kind: "hosttext.range", Decoded: 1},
		},
	}
	switch o {
	case report.Exhausted:
		pool(512, 512)(r)
		refused(100)(r)
		finding("afd-bind-0x209", 100)(r)
		holder("leaky.exe", 4242, 500, 0)(r)
		r.Verdict.Victims = []report.Victim{{PID: 9, Image: "svchost.exe", Services: []string{"Dnscache"}, Failures: 100}}
	case report.Likely:
		pool(512, 490)(r)
		finding("pool-full", 490)(r)
		holder("leaky.exe", 4242, 480, 0)(r)
	case report.NotExhausted:
		pool(512, 20)(r)
		finding("trace-binds-succeed", 1000)(r)
		holder("svchost.exe", 9, 12, 0)(r)
	}
	for _, f := range change {
		f(r)
	}
	return r
}

func pool(count, used int) func(*report.Report) {
	return func(r *report.Report) {
		r.Verdict.Pools = []report.Pool{{Transport: "tcp", Family: "any", Start: 49152, Count: count, Capacity: count, RangeSource: "ev-1", Used: used, UsedSource: "ev-2"}}
	}
}

func refused(n int) func(*report.Report) {
	return func(r *report.Report) {
		r.Verdict.Windows = []report.Window{{Transport: "tcp", Family: "any", From: r.Bundle.Window.From, To: r.Bundle.Window.To, Failures: n}}
	}
}

func finding(id string, n int) func(*report.Report) {
	return func(r *report.Report) {
		r.Findings = append(r.Findings, report.Finding{ID: id, Title: "Title of " + id, Severity: "critical", Count: n})
	}
}

func holder(image string, pid, ports int, growth float64) func(*report.Report) {
	return func(r *report.Report) {
		r.Verdict.Holders = append(r.Verdict.Holders, report.Holder{PID: pid, Image: image, Ports: ports, Share: float64(ports) / 512, GrowthPerMinute: growth})
	}
}

// only leaves the inputs of some kinds.
func only(kinds ...string) func(*report.Report) {
	return func(r *report.Report) {
		r.Sources = slices.DeleteFunc(r.Sources, func(s report.Source) bool { return !slices.Contains(kinds, s.Kind) })
		if !slices.Contains(kinds, "etl") {
			r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool { return rests(f.ID) == trace })
		}
	}
}

func host(name string) func(*report.Report) {
	return func(r *report.Report) { r.Bundle.Host = name }
}

func udp(r *report.Report) {
	for i := range r.Verdict.Windows {
		r.Verdict.Windows[i].Transport = "udp"
	}
	for i := range r.Verdict.Pools {
		r.Verdict.Pools[i].Transport = "udp"
	}
}

func confidence(c report.Confidence) func(*report.Report) {
	return func(r *report.Report) { r.Verdict.Confidence = c }
}

func longTrace(minutes int) func(*report.Report) {
	return func(r *report.Report) {
		end := report.Time{Time: r.Bundle.Window.From.Add(time.Duration(minutes) * time.Minute)}
		r.Bundle.Window.To = end
		r.Sources[0].Window.To = end
	}
}

const day = 24 * 60

func TestCompare(t *testing.T) {
	ex, li, no, in := report.Exhausted, report.Likely, report.NotExhausted, report.Inconclusive
	same := made(0, ex)
	for _, tt := range []struct {
		name          string
		before, after *report.Report
		want          Result
		reason        string // part of the reasons
	}{
		{"fixed", made(0, ex), made(day, no), Fixed, "show the contrary"},
		{"fixed: the holder is gone", made(0, ex), made(day, no), Fixed, "leaky.exe held 500 ports before and none after"},
		{"fixed from likely", made(0, li), made(day, no), Fixed, "show the contrary"},
		{"fixed: a shorter trace is told", made(0, ex, longTrace(120)), made(day, no), Fixed, "The trace after covers 4 min, that before 2.0 h"},
		{"fixed: no later is told", made(0, ex), made(1, no), Fixed, "check that they were taken after the change"},
		{"fixed: log and table after, log witnessed", made(0, ex, finding("evtx-4231", 1)), made(day, no, only("evtx", "netstat")), Fixed, "Missing after: a trace (.etl)"},
		{"fixed: the host by its full name", made(0, ex), made(day, no, host("host1.example.org")), Fixed, "show the contrary"},
		{"fixed: host not known", made(0, ex), made(day, no, host("")), Fixed, "The host is not known on both sides"},
		{"better: exhausted, then likely", made(0, ex), made(day, li), Better, "lower but not gone"},
		{"better: still leaks", made(0, ex), made(day, no, pool(16384, 900), finding("trace-socket-leak", 900), holder("leaky.exe", 77, 900, 187)), Better, "leaky.exe gains 187 ports a minute"},
		{"better: a table still shows the leak", made(0, ex), made(day, no, finding("bound-leak", 200)), Better, "(finding bound-leak)"},
		{"better: only the range grew", made(0, ex), made(day, no, pool(16384, 600)), Better, "no fewer ports are in use (512 before, 600 after)"},
		{"better: the range is told", made(0, ex), made(day, no, pool(16384, 600)), Better, "the TCP range was raised from 512 to 16,384 ports"},
		{"better: fewer failures", made(0, ex), made(day, ex, refused(75)), Better, "refused attempts: 100 before, 75 after"},
		{"better: lower use", made(0, li), made(day, li, pool(1024, 600)), Better, "use of the TCP pool: 490 of 512 before, 600 of 1,024 after"},
		{"better: UDP seen in a table only", made(0, ex, udp), made(day, no, udp), Better, "of the UDP ports a connection table alone speaks"},
		{"same: under a quarter", made(0, ex), made(day, ex, refused(76)), Same, "no figure differs by a quarter"},
		{"same: fewer failures of a shorter trace", made(0, ex, longTrace(40), refused(100)), made(day, ex, refused(20)), Same, "no figure differs by a quarter"},
		{"same: both well", made(0, no), made(day, no, pool(512, 5)), Same, "no figure bears on more"},
		{"same inputs", same, same, Same, "the same inputs, byte for byte"},
		{"worse", made(0, no), made(day, ex), Worse, "was not exhausted and is now exhausted"},
		{"worse: likely, then exhausted", made(0, li), made(day, ex), Worse, "was likely and is now exhausted"},
		{"worse: more failures", made(0, ex), made(day, ex, refused(134)), Worse, "clearly higher refused attempts"},
		{"unclear: both ways", made(0, li, refused(100)), made(day, li, refused(10), pool(512, 512), holder("x.exe", 1, 9, 50)), Unclear, "point both ways"},
		{"unclear: after inconclusive", made(0, ex), made(day, in), Unclear, "outcome after is inconclusive"},
		{"unclear: before inconclusive", made(0, in), made(day, no), Unclear, "outcome before is inconclusive"},
		{"unclear: both inconclusive", made(0, in), made(day, in), Unclear, "both sides are inconclusive"},
		{"unclear: inconclusive for want of a trace", made(0, ex), made(day, in, only("netstat")), Unclear, "Missing after: a trace (.etl), the System log (.evtx)"},
		{"unclear: two hosts", made(0, ex), made(day, no, host("HOST2")), Unclear, "The hosts differ: HOST1 before, HOST2 after"},
		{"unclear: the witness is missing", made(0, ex), made(day, no, only("evtx", "netstat")), Unclear, "gaps after (a trace (.etl))"},
		{"unclear: the witness was missing", made(0, no, only("evtx", "netstat")), made(day, ex), Unclear, "gaps before (a trace (.etl))"},
		{"unclear: the log does not cover", made(0, ex, only("evtx"), finding("evtx-4231", 2)), made(day, no, only("evtx"), finding("evtx-does-not-cover", 1)), Unclear, "gaps after (the System log (.evtx))"},
		{"unclear: swapped", made(day, ex), made(0, no), Unclear, "may be swapped"},
		{"unclear: weak", made(0, ex), made(day, no, confidence(report.Weak)), Unclear, "only weakly supported"},
		{"unclear: UDP not shown", made(0, ex, udp), made(day, no), Unclear, "how the UDP ports fared"},
		{"unclear: another pool", made(0, ex, udp), made(day, ex), Unclear, "not of the same pool"},
		{"unclear: old failures", made(0, ex), made(1, ex, func(r *report.Report) {
			r.Verdict.Windows[0].From, r.Verdict.Windows[0].To = at(1), at(2)
		}), Unclear, "lie in the time the inputs before cover"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Compare(tt.before, tt.after)
			all := strings.Join(c.Reasons, "\n")
			if c.Verdict != tt.want || !strings.Contains(strings.ToLower(all), strings.ToLower(tt.reason)) {
				t.Errorf("%s, want %s with %q; reasons:\n%s", c.Verdict, tt.want, tt.reason, all)
			}
			if c.Summary == "" || strings.Contains(c.Summary, "\n") || !strings.HasSuffix(c.Summary, ".") || strings.HasSuffix(c.Summary, "..") {
				t.Errorf("summary %q", c.Summary)
			}
		})
	}
}

// A restart gives new PIDs, and two tools write one name in two ways.
func TestHolders(t *testing.T) {
	before := made(0, report.Exhausted, holder("gone.exe", 5, 3, 0), holder("", 6, 2, 0))
	after := made(day, report.NotExhausted, holder("LEAKY", 999, 12, 0), holder("fresh.exe", 7, 4, 0), holder("fresh.exe", 8, 4, 0))
	c := Compare(before, after)
	got := map[string]Change{}
	for _, h := range c.Holders {
		got[h.Image] = h.Change
		if h.Image == "leaky.exe" && (h.Before.Ports != 500 || h.After.Ports != 12 || h.After.PIDs[0] != 999) {
			t.Errorf("leaky.exe: %+v, %+v", h.Before, h.After)
		}
		if h.Image == "fresh.exe" && (h.Before != nil || h.After.Ports != 8 || !slices.Equal(h.After.PIDs, []int{7, 8})) {
			t.Errorf("fresh.exe: %+v, %+v", h.Before, h.After)
		}
	}
	want := map[string]Change{"leaky.exe": Stays, "gone.exe": Gone, "fresh.exe": New, "svchost.exe": New, "": Unknown}
	if len(got) != len(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for image, c := range want {
		if got[image] != c {
			t.Errorf("%q is %s, want %s", image, got[image], c)
		}
	}
	if c.Holders[0].Image != "leaky.exe" {
		t.Errorf("most ports first: %s", c.Holders[0].Image)
	}
}

// What an input is missing for is not gone.
func TestSilenceIsNotGone(t *testing.T) {
	c := Compare(made(0, report.Exhausted, finding("evtx-4231", 3)), made(day, report.Inconclusive, only("evtx")))
	for _, f := range c.Findings {
		if want := map[string]Change{"afd-bind-0x209": Unknown, "evtx-4231": Gone}[f.ID]; f.Change != want {
			t.Errorf("%s is %s, want %s", f.ID, f.Change, want)
		}
	}
	if c.Holders[0].Change != Unknown || c.Victims[0].Change != Unknown {
		t.Errorf("holder %s, victim %s", c.Holders[0].Change, c.Victims[0].Change)
	}
	lost := Compare(made(0, report.Exhausted), made(day, report.Inconclusive, finding("trace-lost-events", 9), holder("x.exe", 1, 1, 0)))
	if lost.Findings[0].Change != Unknown || lost.Victims[0].Change != Unknown || lost.Holders[0].Change != Gone {
		t.Errorf("a trace that lost events: %+v", lost.Findings)
	}
	traced := func(r *report.Report) {
		for i := range r.Verdict.Holders {
			r.Verdict.Holders[i].Basis = "trace"
		}
	}
	for name, c := range map[string]*Comparison{
		"another transport":             Compare(made(0, report.Exhausted, udp), made(day, report.NotExhausted)),
		"no holder at all":              Compare(made(0, report.Exhausted), made(day, report.Inconclusive)),
		"a trace cannot answer a table": Compare(made(0, report.Exhausted), made(day, report.NotExhausted, traced)),
	} {
		if h := c.Holders[0]; h.Image != "leaky.exe" || h.Change != Unknown {
			t.Errorf("%s: %s is %s", name, h.Image, h.Change)
		}
	}
	if c := Compare(made(0, report.Exhausted, traced), made(day, report.NotExhausted, traced)); c.Holders[0].Change != Gone {
		t.Errorf("trace against trace: %s", c.Holders[0].Change)
	}
	if c.After.Failures != nil || *c.Before.Failures != 100 {
		t.Errorf("failures %v, %v", c.Before.Failures, c.After.Failures)
	}
	if !slices.Equal(c.After.Missing, []string{"etl", "hosttext.range", "netstat"}) {
		t.Errorf("missing %v", c.After.Missing)
	}
}

func TestSettings(t *testing.T) {
	exclude := func(n int) func(*report.Report) {
		return func(r *report.Report) {
			p := &r.Verdict.Pools[0]
			p.Excluded, p.Capacity = n, p.Count-n
		}
	}
	c := Compare(made(0, report.Exhausted, exclude(12)), made(day, report.NotExhausted, pool(16384, 20)))
	var names []string
	for _, s := range c.Settings {
		names = append(names, s.Name)
	}
	if !slices.Equal(names, []string{"count", "excluded", "capacity"}) || !strings.Contains(c.Settings[1].Text, "gone: 12 ports before") {
		t.Errorf("%+v", c.Settings)
	}
	assumed := func(r *report.Report) { r.Verdict.Pools[0].RangeSource = "default" }
	if c := Compare(made(0, report.Exhausted), made(day, report.NotExhausted, pool(16384, 20), assumed)); len(c.Settings) > 0 {
		t.Errorf("an assumed range is no setting: %+v", c.Settings)
	}
}

// Every form has the same say, no list is null, and hostile names do nothing.
func TestForms(t *testing.T) {
	evil := "<script>\x1b[31m\u202e.exe"
	before := made(0, report.Exhausted, holder(evil, 1, 511, 0), finding(evil, 1), host(evil))
	after := made(day, report.NotExhausted, host(evil))
	before.Sources[0].Facts = map[string]string{"synthetic": "true"}
	c := Compare(before, after)
	var text, page, doc bytes.Buffer
	for _, err := range []error{c.WriteText(&text, report.TextOptions{}), c.WriteHTML(&page), c.WriteJSON(&doc)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{text.String(), page.String()} {
		if strings.ContainsAny(s, "\x1b\u202e") || !strings.Contains(s, "synthetic sample") || !strings.Contains(s, "Yes: it is fixed") {
			t.Errorf("bad form:\n%s", s)
		}
	}
	if s := page.String(); strings.Contains(s, "<script") || strings.Contains(s, "http://") || strings.Contains(s, "https://") || !strings.Contains(s, "sha256-") {
		t.Error("the page is not self-contained")
	}
	for l := range strings.SplitSeq(text.String(), "\n") {
		if utf8.RuneCountInString(l) > 80 {
			t.Errorf("line of %d columns: %s", utf8.RuneCountInString(l), l)
		}
	}
	if strings.Contains(doc.String(), `": null`) && !strings.Contains(doc.String(), `"after": null`) {
		t.Errorf("null in\n%s", doc.String())
	}
	var again Comparison
	if err := json.Unmarshal(doc.Bytes(), &again); err != nil || again.Verdict != Fixed {
		t.Errorf("%v %s", err, again.Verdict)
	}
	var empty bytes.Buffer
	if err := Compare(&report.Report{}, &report.Report{}).WriteJSON(&empty); err != nil || strings.Contains(empty.String(), "null") != strings.Contains(empty.String(), `"failures": null`) {
		t.Errorf("%v\n%s", err, empty.String())
	}
}
