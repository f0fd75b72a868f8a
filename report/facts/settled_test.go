package facts

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

func namesOf(c *Case) []string {
	var out []string
	for _, s := range c.Sources {
		out = append(out, s.Path+"="+s.SHA256)
	}
	return out
}

// named adds sources of a path and a hash, in an order, and settles twice.
func named(t *testing.T, given [][2]string, order []int) []string {
	t.Helper()
	f := New(Options{})
	for _, i := range order {
		h := f.Add(report.Source{Path: given[i][0], Kind: "hosttext.range"}, strings.NewReader(""))
		f.Identify(h, given[i][1])
	}
	first := namesOf(f.Settled())
	if d := cmp.Diff(first, namesOf(f.Settled())); d != "" {
		t.Errorf("settled twice (-first +second)\n%s", d)
	}
	return first
}

func TestNamesOfInputs(t *testing.T) {
	var many [][2]string
	manyNames := []string{"a.txt=h00"}
	for i := range 12 {
		many = append(many, [2]string{"a.txt", fmt.Sprintf("h%02d", i)})
		if i > 0 {
			manyNames = append(manyNames, fmt.Sprintf("a.txt (%d)=h%02d", i+1, i))
		}
	}
	for _, tc := range []struct {
		name  string
		given [][2]string
		want  []string
	}{
		{"of one path, by hash", [][2]string{{"a.txt", "h3"}, {"b.txt", "h1"}, {"a.txt", "h1"}, {"a.txt", "h2"}}, []string{"a.txt=h1", "a.txt (2)=h2", "a.txt (3)=h3", "b.txt=h1"}},
		{"the same twice", [][2]string{{"a.txt", "h1"}, {"a.txt", "h1"}}, []string{"a.txt=h1", "a.txt (2)=h1"}},
		{"a name that another came with", [][2]string{{"a.txt", "h1"}, {"a.txt", "h2"}, {"a.txt (2)", "h3"}}, []string{"a.txt=h1", "a.txt (3)=h2", "a.txt (2)=h3"}},
		{"many", many, manyNames},
	} {
		t.Run(tc.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			for range 5 {
				if d := cmp.Diff(tc.want, named(t, tc.given, random.Perm(len(tc.given)))); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
			}
		})
	}
}

// A handle is one input, whatever others of its path there are.
func TestHandles(t *testing.T) {
	f := New(ranged(50000, 100))
	texts := []string{table(0, "", rowsOf(7, 50000, 1, "BOUND")), table(0, "", rowsOf(8, 50000, 2, "BOUND"))}
	var handles []Handle
	for _, text := range texts {
		handles = append(handles, f.Add(sourceOf("a.txt", "netstat", []byte(text)), strings.NewReader(text)))
	}
	for i, h := range slices.Backward(handles) {
		f.Identify(h, fmt.Sprint(9-i))
		f.AddTables(h, strings.NewReader(texts[i]))
	}
	c := f.Settled()
	if c.Sources[0].SHA256 != "8" || c.Sources[0].MostGrown(0, 8) != 2 || c.Sources[1].MostGrown(0, 7) != 1 || c.Sources[1].Path != "a.txt (2)" {
		t.Errorf("%+v, %+v", c.Sources[0].Source, c.Sources[1].Source)
	}
}

// bundleOf is a bundle with all that takes part: traces, logs, texts, tables.
func bundleOf(t *testing.T) []input {
	t.Helper()
	_, trace := traceOf(t, 1, longStory())
	_, other := traceOf(t, 1, longStory()[:20])
	one, two := event(0, "Tcpip", 4231), event(5, "NETLOGON", 5719, "CORP")
	one.RecordID, two.RecordID = 500, 501
	return []input{
		{"Server.etl", "etl", trace},
		{"Server.etl", "etl", other},
		{"System.evtx", "evtx", logOf(t, one, two)},
		{"b/System.evtx", "evtx", logOf(t, one)},
		pasted("events.txt", winEventList("10.03.2026 10:00:00", "Tcpip", 4231, 500), winEventList("10.03.2026 11:00:00", "Tcpip", 4231, 502)),
		netstat("netstat.txt", loopOf(10, 50, 20)), netstat("netstat.txt", loopOf(20, 50)), netstat("last.txt", table(-1, "", rowsOf(7, 50000, 3, "BOUND"))),
		{"range.txt", "hosttext.range", []byte(rangeText("ipv4", "tcp", 50000, 100))},
		{"range.txt", "hosttext.range", []byte(rangeText("ipv6", "tcp", 51000, 100))},
		{"tss.log", "hosttext.system", []byte("20260313 10:30:00.345 TimeUTC:           2026-03-13_09:30:00 [TZ: (UTC+01:00) Amsterdam, Berlin, Bern]\r\n")},
		{"broken.etl", "etl", []byte("no trace")},
	}
}

// digest is a case in lines.
func digest(c *Case) []string {
	out := namesOf(c)
	for _, tr := range c.Traces {
		out = append(out, tr.Source.Path)
		out = append(out, essence(tr)...)
	}
	for _, records := range [][]*Record{c.Records, c.Life, c.Symptoms, c.Drivers} {
		out = append(out, linesOf(records)...)
	}
	for _, tb := range c.Tables {
		out = append(out, fmt.Sprintf("%s %d %s %s %v %d rows", tb.Source.Path, tb.Order, wanted(tb.Time), tb.Precision(), tb.counted(), len(tb.Rows)))
	}
	for _, v := range c.Views {
		out = append(out, fmt.Sprintf("%+v", v))
	}
	for _, d := range c.Diagnostics {
		out = append(out, fmt.Sprintf("%+v", d))
	}
	return append(out, c.Zone.Name, c.BundleID())
}

// added adds a bundle in an order with a goroutine for each input, as the analysis does
// with several workers.
func added(o Options, inputs []input, order []int) *Facts {
	f := New(o)
	handles := make([]Handle, len(inputs))
	for _, first := range []bool{true, false} {
		var all sync.WaitGroup
		for _, i := range order {
			in := inputs[i]
			if first != (in.kind != "etl" && in.kind != "evtx") {
				continue
			}
			all.Go(func() {
				handles[i] = f.Add(sourceOf(in.path, in.kind, in.data), bytes.NewReader(in.data))
				f.Identify(handles[i], fmt.Sprintf("hash %02d", i))
			})
		}
		all.Wait()
	}
	var all sync.WaitGroup
	for _, i := range order {
		all.Go(func() { f.AddTables(handles[i], bytes.NewReader(inputs[i].data)) })
	}
	all.Wait()
	return f
}

// The order in which inputs are added, by several goroutines at once, changes nothing;
// nor does settling twice.
func TestOrderOfAddingSaysNothing(t *testing.T) {
	inputs := bundleOf(t)
	random := rand.New(rand.NewPCG(3, 4))
	var want []string
	for range 8 {
		f := added(Options{Evidence: 40}, inputs, random.Perm(len(inputs)))
		got := digest(f.Settled())
		if d := cmp.Diff(got, digest(f.Settled())); d != "" {
			t.Errorf("settled twice (-first +second)\n%s", d)
		}
		if want == nil {
			want = got
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-one order +another)\n%s", d)
		}
	}
	text := strings.Join(want, "\n")
	for _, part := range []string{"Server.etl (2)=hash 01", "netstat.txt (2) 1 2026-03-13 09:01:00 exact", "b/System.evtx", "(UTC+01:00) Amsterdam", "last.txt 0 never unknown"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// Tables stand by time, those without one behind in the order of their files.
func TestOrderOfTables(t *testing.T) {
	c := settled(t, ranged(50000, 100), netstat("b.txt", table(5, "", endpointMapper), table(-1, "", ""), table(1, "", "")), netstat("a.txt", table(3, "", ""), table(-1, "", "")))
	var got []string
	for _, tb := range c.Tables {
		got = append(got, fmt.Sprintf("%s %d", tb.Source.Path, tb.Order))
	}
	if d := cmp.Diff([]string{"b.txt 2", "a.txt 0", "b.txt 0", "a.txt 1", "b.txt 1"}, got); d != "" {
		t.Error(d)
	}
}

func TestDiagnosticsOfInputs(t *testing.T) {
	f := New(Options{})
	f.Diagnose(report.Diagnostic{Code: "archive", Source: "x.zip"})
	h := f.Add(report.Source{Path: "a.etl", Kind: "etl", Size: 2}, strings.NewReader("no"))
	f.Identify(h, "h")
	c := f.Settled()
	if len(c.Diagnostics) != 2 || c.Diagnostics[0].Source != "x.zip" || c.Diagnostics[1].Source != "a.etl" || c.Diagnostics[1].Text == "" || c.Usable() {
		t.Errorf("%+v", c.Diagnostics)
	}
	s := &Source{}
	s.diagnose(report.Diagnostic{Code: "x", Offset: 5})
	s.diagnose(report.Diagnostic{Code: "y"})
	s.diagnose(report.Diagnostic{Code: "x", Offset: 7})
	if len(s.diags) != 2 || s.diags[0].Count != 2 || s.diags[0].Offset != 5 || s.diags[1].Count != 1 {
		t.Errorf("%+v", s.diags)
	}
}

// What the sources of a case are known by.
func TestBundleID(t *testing.T) {
	id := func(sums ...string) string {
		c := &Case{}
		for _, s := range sums {
			c.Sources = append(c.Sources, &Source{Source: report.Source{SHA256: s}})
		}
		return c.BundleID()
	}
	if id("a", "b") != id("b", "a") || id("a", "b") == id("a", "c") || id("a") == id("a", "a") || len(id()) != 64 {
		t.Error("the id of a bundle is not that of its hashes")
	}
}

// The id of a row is that of its content and its file's, wherever the file lies.
func TestRowIDs(t *testing.T) {
	a := &Source{Source: report.Source{Path: "a", SHA256: "h"}}
	b := &Source{Source: report.Source{Path: "b", SHA256: "h"}}
	other := &Source{Source: report.Source{Path: "a", SHA256: "other"}}
	e := report.Evidence{Kind: "k", Offset: 1, Record: 2, Line: 3, Time: clock(0), Text: "t"}
	id := a.Row(e).ID
	if id != b.Row(e).ID || id == other.Row(e).ID || !strings.HasPrefix(id, "ev-") || len(id) != 15 || a.Row(e).Source != "a" || a.Row(e).Fields == nil {
		t.Errorf("%s, %s, %s", id, b.Row(e).ID, other.Row(e).ID)
	}
	for i, change := range []func(*report.Evidence){
		func(e *report.Evidence) { e.Kind = "l" }, func(e *report.Evidence) { e.Offset++ }, func(e *report.Evidence) { e.Record++ },
		func(e *report.Evidence) { e.Line++ }, func(e *report.Evidence) { e.Text = "u" },
		func(e *report.Evidence) { e.Of = []report.Place{{Line: 7, Last: 8}} },
	} {
		changed := e
		if change(&changed); a.Row(changed).ID == id {
			t.Errorf("change %d changes no id", i)
		}
	}
	placed := e
	if placed.Time = clock(1); a.Row(placed).ID != id {
		t.Error("a time, which may rest on --tz, changes the id")
	}
	if got := OptionRow("udp", PortRange{50000, 100}); got.Source != "--range" || got.Fields["start"] != "50000" || got.Fields["count"] != "100" || got.PID != report.NoPID {
		t.Errorf("%+v", got)
	}
	if (&Options{}).Rows() != EvidenceDefault || (&Options{Evidence: 7}).Rows() != 7 || (*Options)(nil).Rows() != EvidenceDefault {
		t.Error("rows of evidence")
	}
}

// counted are the ports in use by view.
func (t *Table) counted() (out []int32) {
	for _, n := range t.inView {
		out = append(out, n.used)
	}
	return out
}
