package compare

import (
	"slices"
	"strings"
	"testing"

	"portverdict/report"
)

// holderOf finds what a comparison says of an image.
func holderOf(c *Comparison, image string) *HolderChange {
	i := slices.IndexFunc(c.Holders, func(h HolderChange) bool { return h.Image == image })
	if i < 0 {
		return nil
	}
	return &c.Holders[i]
}

// A restart gives new PIDs, and two tools write one name in two ways.
func TestHolders(t *testing.T) {
	before := made(0, ex, holder("gone.exe", 5, 3, 0), holder("", 6, 2, 0))
	after := made(day, no, holder("LEAKY", 999, 12, 0), holder("fresh.exe", 7, 4, 0), holder("fresh.exe", 8, 4, 0), holder("elsewhere.exe", 9, 300, 0))
	after.Verdict.Holders[4].Transport = "udp"
	c := Compare(before, after)
	want := map[string]Change{"leaky.exe": Stays, "gone.exe": Gone, "fresh.exe": New, "svchost.exe": New, "": Unknown, "elsewhere.exe": Unknown}
	if len(c.Holders) != len(want) {
		t.Errorf("%d holders, want %d", len(c.Holders), len(want))
	}
	for image, change := range want {
		if h := holderOf(c, image); h == nil || h.Change != change {
			t.Errorf("%q: %+v, want %s", image, h, change)
		}
	}
	if h := holderOf(c, "leaky.exe"); h.Host != "HOST1" || h.Transport != "tcp" || h.Before.Ports != 500 || !h.Before.Named || h.After.Ports != 12 || h.After.PIDs[0] != 999 || h.After.Named {
		t.Errorf("leaky.exe: %+v, %+v", h.Before, h.After)
	}
	if h := holderOf(c, "fresh.exe"); h.Before != nil || h.After.Ports != 8 || !slices.Equal(h.After.PIDs, []report.PID{7, 8}) || h.After.Share != 8.0/512 {
		t.Errorf("fresh.exe: %+v, %+v", h.Before, h.After)
	}
	if c.Holders[0].Image != "leaky.exe" || c.Holders[1].Image != "elsewhere.exe" {
		t.Errorf("most ports first: %s, %s", c.Holders[0].Image, c.Holders[1].Image)
	}
}

// A sum and its members are the same ports; PID 0 is nobody.
func TestSums(t *testing.T) {
	before := made(0, ex, holder("chrome.exe", 10, 30, 2), holder("chrome.exe", 11, 20, 1), holder("chrome.exe", 0, 450, 7), holder("chrome.exe", report.NoPID, 1, 0))
	h := &before.Verdict.Holders[3]
	h.Instances, h.Named, h.Share, h.Services = 300, true, 0.9, []string{"b", "a"}
	got := holderOf(Compare(before, made(day, no)), "chrome.exe").Before
	if got.Ports != 450 || got.Share != 0.9 || got.GrowthPerMinute != 7 || !got.Named || !slices.Equal(got.PIDs, []report.PID{10, 11}) || !slices.Equal(got.Services, []string{"a", "b"}) {
		t.Errorf("%+v", got)
	}
	h.Instances = 1
	if got := holderOf(Compare(before, made(day, no)), "chrome.exe").Before; got.Ports != 501 {
		t.Errorf("one process is no sum: %+v", got)
	}
}

// Rows of several episodes are not added up: those of the last one count, or those of
// the fullest instant where no episode decides.
func TestInstant(t *testing.T) {
	before := made(0, ex, episode(10, 20, "", report.Time{}), holder("leaky.exe", 4242, 300, 0))
	before.Verdict.Holders[1].Window = 1
	if got := holderOf(Compare(before, made(day, no)), "leaky.exe").Before.Ports; got != 300 {
		t.Errorf("the last episode: %d ports", got)
	}
	before.Verdict.Holders[0].Window = -1
	if got := holderOf(Compare(before, made(day, no)), "leaky.exe").Before.Ports; got != 500 {
		t.Errorf("the fullest instant: %d ports", got)
	}
	before.Verdict.Pools[0].Episodes = []int{1, 7, -3}
	before.Verdict.Holders[0].Window = 9
	if got := Compare(before, made(day, no)); len(got.Pools[0].Before.Episodes) != 1 || holderOf(got, "leaky.exe").Before.Ports != 300 {
		t.Errorf("an index of no episode: %+v", got.Pools[0].Before.Episodes)
	}
}

// What an input is missing for is not gone.
func TestSilenceIsNotGone(t *testing.T) {
	c := Compare(made(0, ex, finding("evtx-4231", 3), finding("bound-leak", 1), finding("range-small", 1), finding("pool-forecast", 1)), made(day, in, only("evtx")))
	for _, f := range c.Findings {
		want := map[string]Change{"afd-bind-0x209": Unknown, "evtx-4231": Gone, "bound-leak": Unknown, "range-small": Unknown, "pool-forecast": Gone}
		if f.Change != want[f.ID] || f.Before == 0 || f.After != 0 || f.Host != "HOST1" {
			t.Errorf("%+v, want %s", f, want[f.ID])
		}
	}
	if c.Holders[0].Change != Unknown || c.Victims[0].Change != Unknown {
		t.Errorf("holder %s, victim %s", c.Holders[0].Change, c.Victims[0].Change)
	}
	if c.After.Failures != nil || *c.Before.Failures != 100 {
		t.Errorf("failures %v, %v", c.Before.Failures, c.After.Failures)
	}
	if !slices.Equal(c.After.Missing, []string{"etl", "hosttext.range", "netstat"}) || len(c.Before.Missing) != 0 {
		t.Errorf("missing %v, %v", c.Before.Missing, c.After.Missing)
	}
	if c := Compare(made(0, ex), made(day, in, pool(512, 1), finding("trace-lost-events", 9))); c.Findings[0].Change != Unknown || c.Victims[0].Change != Unknown || c.Holders[0].Change != Gone {
		t.Errorf("a trace that lost events: %+v", c.Findings)
	}
	lost := finding("trace-lost-events", 9)
	if b, a := Compare(made(0, in), made(day, ex, lost)), Compare(made(0, ex, lost), made(day, no)); b.Victims[0].Change != New || a.Victims[0].Change != Gone {
		t.Errorf("what is there needs no trace without gaps: %s, %s", b.Victims[0].Change, a.Victims[0].Change)
	}
	if c := Compare(made(0, in), made(day, ex)); c.Victims[0].Change != New || c.Holders[0].Change != Unknown {
		t.Errorf("victim %s, holder %s", c.Victims[0].Change, c.Holders[0].Change)
	}
	if c := Compare(made(0, in, only("evtx")), made(day, ex)); c.Victims[0].Change != Unknown || c.Victims[0].After.Failures != 100 || c.Victims[0].Before != nil {
		t.Errorf("victim %+v", c.Victims[0])
	}
}

func TestWhoTellsHolders(t *testing.T) {
	traced := func(r *report.Report) { tcp(r).Balance.Basis, tcp(r).Balance.Unaccounted = "trace", 9 }
	many := func(n int) edit {
		return func(r *report.Report) {
			r.Verdict.Holders = nil
			for i := range n {
				holder("p"+string(rune('a'+i)), report.PID(i+1), 1, 0)(r)
			}
		}
	}
	for _, tt := range []struct {
		name          string
		before, after *report.Report
		want          Change
	}{
		{"a complete table", made(0, ex), made(day, no), Gone},
		{"a table that is not complete", made(0, ex), made(day, no, incomplete), Unknown},
		{"a trace cannot answer a table", made(0, ex), made(day, no, traced), Unknown},
		{"trace against trace", made(0, ex, traced), made(day, no, traced), Gone},
		{"a table answers a trace", made(0, ex, traced), made(day, no), Gone},
		{"nobody, by a complete table", made(0, ex), made(day, no, many(0)), Gone},
		{"nineteen are all", made(0, ex), made(day, no, many(19)), Gone},
		{"twenty may be cut", made(0, ex), made(day, no, many(20)), Unknown},
		{"a table that is not complete cannot answer a trace", made(0, ex, traced), made(day, no, incomplete), Unknown},
		{"another machine", made(0, ex), made(day, no, host("HOST2")), Unknown},
		{"no pool of that transport", made(0, ex), made(day, no, func(r *report.Report) { r.Verdict.Pools = r.Verdict.Pools[1:] }), Unknown},
	} {
		if h := holderOf(Compare(tt.before, tt.after), "leaky.exe"); h == nil || h.Change != tt.want {
			t.Errorf("%s: %+v, want %s", tt.name, h, tt.want)
		}
	}
	if h := holderOf(Compare(made(0, no, traced), made(day, ex, func(r *report.Report) { r.Verdict.Pools = r.Verdict.Pools[1:] })), "leaky.exe"); h != nil {
		t.Errorf("no pool, no holder: %+v", h)
	}
	for name, c := range map[string]*Comparison{
		"after": Compare(made(0, no), made(day, ex, traced)), "before": Compare(made(0, ex, traced), made(day, no)),
	} {
		if h := holderOf(c, "leaky.exe"); h.Change == Unknown {
			t.Errorf("what is there needs no complete table %s: %s", name, h.Change)
		}
	}
	four := func(r *report.Report) {
		p := *tcp(r)
		p.Family, tcp(r).Family = "ipv4", "ipv6"
		r.Verdict.Pools = append(r.Verdict.Pools, p)
	}
	if h := holderOf(Compare(made(0, no, traced, four), made(day, ex, traced, func(r *report.Report) { tcp(r).Family = "ipv6" })), "leaky.exe"); h.Change != Unknown {
		t.Errorf("a pool that the other side does not have: %s", h.Change)
	}
	if h := holderOf(Compare(made(0, no), made(day, ex)), "leaky.exe"); h.Change != New {
		t.Errorf("new: %s", h.Change)
	}
	if h := holderOf(Compare(made(0, no, incomplete), made(day, ex)), "leaky.exe"); h.Change != Unknown {
		t.Errorf("new, or unseen before: %s", h.Change)
	}
}

func TestVictims(t *testing.T) {
	victim := func(image string, pid report.PID, transport string, n int) edit {
		return func(r *report.Report) {
			r.Verdict.Victims = append(r.Verdict.Victims, report.Victim{Host: "HOST1", Transport: transport, PID: pid, Image: image, Services: []string{"S"}, Failures: n})
		}
	}
	c := Compare(made(0, ex, victim("a.exe", 1, "tcp", 5), victim("A", 2, "tcp", 6), victim("a.exe", 3, "udp", 7), victim("", report.NoPID, "tcp", 1)), made(day, ex, victim("a.exe", 4, "tcp", 300)))
	var got []string
	for _, v := range c.Victims {
		got = append(got, v.Image+" "+v.Transport+" "+string(v.Change))
	}
	if want := []string{"a.exe tcp stays", "svchost.exe tcp stays", "a.exe udp gone", " tcp unknown"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if v := c.Victims[0]; v.Before.Failures != 11 || v.After.Failures != 300 || !slices.Equal(v.Before.PIDs, []report.PID{1, 2}) || !slices.Equal(v.Before.Services, []string{"S"}) || v.Host != "HOST1" {
		t.Errorf("%+v %+v", v.Before, v.After)
	}
	if v := c.Victims[3]; len(v.Before.PIDs) != 0 {
		t.Errorf("a PID that is not known: %v", v.Before.PIDs)
	}
}

func TestFindings(t *testing.T) {
	of := func(id, transport, host, severity string, n int) edit {
		return func(r *report.Report) {
			r.Findings = append(r.Findings, report.Finding{ID: id, Transport: transport, Host: host, Severity: severity, Count: n})
		}
	}
	before := made(0, no, of("a", "tcp", "HOST1", "info", 1), of("a", "udp", "HOST1", "info", 2), of("b", "tcp", "HOST1", "critical", 3), of("z", "tcp", "OTHER", "info", 9), of("c", "tcp", "HOST1", "warning", 0), of("d", "", "", "odd", 5), of("e", "tcp", "HOST1", "info", 0))
	after := made(day, no, of("a", "udp", "host1.example", "info", 7), of("c", "tcp", "HOST1", "warning", 4))
	if f := Compare(made(0, in, only("netstat")), made(day, in, of("evtx-4231", "tcp", "HOST1", "critical", 1))).Findings[0]; f.Change != Unknown || f.After != 1 {
		t.Errorf("no log before: %+v", f)
	}
	if f := Compare(made(0, in, of("evtx-4231", "tcp", "HOST1", "critical", 1)), made(day, in)).Findings[0]; f.Change != Gone || f.Before != 1 {
		t.Errorf("a log after: %+v", f)
	}
	if c := Compare(made(0, in, of("x", "tcp", "HOST1", "info", 1)), made(day, in, host("B"))); c.Findings[0].Change != Unknown {
		t.Errorf("another machine: %+v", c.Findings)
	}
	var got []string
	for _, f := range Compare(before, after).Findings {
		got = append(got, f.ID+" "+f.Transport+" "+string(f.Change))
	}
	if want := []string{"b tcp gone", "trace-binds-succeed tcp stays", "c tcp new", "a tcp gone", "a udp stays", "d  gone"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// One finding on both sides is one row, whatever its place.
func TestFindingOnBothSides(t *testing.T) {
	got := Compare(made(0, in, finding("bound-leak", 2)), made(day, in, finding("bound-leak", 3), finding("close-wait-pile", 1))).Findings
	if len(got) != 2 || got[0].Before != 2 || got[0].After != 3 || got[0].Change != Stays || got[0].Title != "Title of bound-leak" || got[0].Severity != "critical" {
		t.Errorf("%+v", got)
	}
}

// The time covered is that of the inputs, as far as it lies in the analysed window.
func TestCovered(t *testing.T) {
	span := func(from, to float64) report.Span { return report.Span{From: at(from), To: at(to)} }
	for _, tt := range []struct {
		name         string
		window, want report.Span
		sources      []report.Span
	}{
		{"no source", span(0, 9), report.Span{}, nil},
		{"no window", report.Span{}, span(1, 8), []report.Span{span(2, 8), span(1, 3)}},
		{"a window inside", span(2, 7), span(2, 7), []report.Span{span(1, 8)}},
		{"a window around", span(0, 9), span(1, 8), []report.Span{span(1, 8)}},
		{"a window with one end", report.Span{To: at(5)}, span(1, 5), []report.Span{span(1, 8), {}}},
	} {
		r := &report.Report{Bundle: report.Bundle{Window: tt.window}}
		for _, s := range tt.sources {
			r.Sources = append(r.Sources, report.Source{Window: s})
		}
		if got := covered(r); got != tt.want {
			t.Errorf("%s: %s to %s", tt.name, got.From, got.To)
		}
	}
}

// Without a pool of its own a transport is what nothing tells of.
func TestOutcomeOfNoPool(t *testing.T) {
	c := Compare(made(0, ex), made(day, no, udpToo(no), func(r *report.Report) { r.Verdict.Pools = r.Verdict.Pools[1:] }))
	if c.Verdict != Unclear || c.heading != secondBlind {
		t.Errorf("%s", c.Summary)
	}
}

func TestRests(t *testing.T) {
	for id, want := range map[string]string{
		"afd-bind-0x209": trace, "tcpip-weak-reference": trace, "trace-socket-leak": trace, "lookalike-0xc000009a": trace, "connect-outcomes": trace,
		"evtx-4231": log, "evtx-stuck-closes": log, "pool-full": snapshot, "pool-pressure": snapshot, "snapshot-growth": snapshot, "server-side-states": snapshot,
		"bound-leak": snapshot, "time-wait-churn": snapshot, "close-wait-pile": snapshot, "tuple-exhaustion": snapshot,
		"range-small": ranges, "range-excluded": ranges, "range-unknown": "", "pool-forecast": "", "handles-suspicious": "",
	} {
		if got := rests(id); got != want {
			t.Errorf("%s rests on %q, want %q", id, got, want)
		}
	}
	for kind, want := range map[string]string{
		"etl": trace, "evtx": log, "eventtext": log, "netstat": snapshot, "psnet": snapshot, "sockets": snapshot, "hosttext.range": ranges, "counts": "", "dump": "", "unknown": "",
	} {
		if got := ability(kind); got != want {
			t.Errorf("%s shows %q, want %q", kind, got, want)
		}
	}
}

func TestSettings(t *testing.T) {
	exclude := func(n int) edit {
		return func(r *report.Report) {
			p := tcp(r)
			p.Excluded, p.Capacity = n, p.Count-n
		}
	}
	start := func(n int) edit { return func(r *report.Report) { tcp(r).Start = n } }
	texts := func(before, after *report.Report) string {
		var out []string
		for _, s := range Compare(before, after).Settings {
			out = append(out, s.Name+": "+s.Text)
			if s.Host != "HOST1" || s.Transport != "tcp" || s.Family != "any" || s.Before == s.After {
				t.Errorf("%+v", s)
			}
		}
		return strings.Join(out, "\n")
	}
	for _, tt := range []struct {
		before, after *report.Report
		want          string
	}{
		{made(0, ex), made(day, ex), ""},
		{made(0, ex, exclude(12)), made(day, no, pool(16384, 20)), "count: the TCP range was raised from 512 to 16,384 ports\nexcluded: the exclusions in the TCP range are gone: 12 ports before\ncapacity: what TCP can use was raised from 500 to 16,384 ports"},
		{made(0, ex), made(day, ex, exclude(1), start(50000)), "start: the TCP range now starts at 50000, before at 49152\nexcluded: the exclusions in the TCP range were raised from 0 to 1 ports\ncapacity: what TCP can use was lowered from 512 to 511 ports"},
		{made(0, ex, exclude(2)), made(day, ex, exclude(1)), "excluded: the exclusions in the TCP range were lowered from 2 to 1 ports\ncapacity: what TCP can use was raised from 510 to 511 ports"},
	} {
		if got := texts(tt.before, tt.after); got != tt.want {
			t.Errorf("%q\nwant %q", got, tt.want)
		}
	}
	for _, source := range []string{"", "default", "inferred"} {
		assumed := func(r *report.Report) { tcp(r).RangeSource = source }
		if c := Compare(made(0, ex, assumed), made(day, no, pool(16384, 20))); len(c.Settings) > 0 || !c.Pools[0].Before.Assumed || c.Pools[0].After.Assumed {
			t.Errorf("%q: an assumed range is no setting: %+v", source, c.Settings)
		}
		if c := Compare(made(0, ex), made(day, no, pool(16384, 20), assumed)); len(c.Settings) > 0 {
			t.Errorf("%q: an assumed range is no setting: %+v", source, c.Settings)
		}
	}
}

// What failed and is not exhaustion is told where there is more of it.
func TestOtherFailures(t *testing.T) {
	fails := func(status string, n int) edit {
		return func(r *report.Report) {
			r.Verdict.OtherFailures = append(r.Verdict.OtherFailures, report.OtherFailure{Status: status, Name: "STATUS_X", Meaning: "Windows ran short of memory.", Count: n})
		}
	}
	for _, tt := range []struct {
		name          string
		before, after *report.Report
		want          string // "" where nothing is told
	}{
		{"more by one", made(0, ex, fails("0xC000009A", 3)), made(day, no, fails("0xC000009A", 4)), "More of another failure, which is not exhaustion: 0xC000009A STATUS_X, 3 before, 4 attempts after: Windows ran short of memory."},
		{"as many", made(0, ex, fails("0xC000009A", 4)), made(day, no, fails("0xC000009A", 4)), ""},
		{"fewer", made(0, ex, fails("0xC000009A", 5)), made(day, no, fails("0xC000009A", 4)), ""},
		{"new", made(0, ex), made(day, no, fails("0xC000009A", 1)), "0 before, 1 attempt after"},
		{"added up", made(0, ex, fails("0xC000009A", 3), fails("0xC000009A", 3)), made(day, no, fails("0xC000009A", 4), fails("0xC000009A", 4)), "6 before, 8 attempts after"},
		{"unseen before", made(0, ex, only("netstat")), made(day, no, fails("0xC000009A", 1)), "1 attempt after; the first bundle has no trace that would show it"},
	} {
		c := Compare(tt.before, tt.after)
		all := strings.Join(c.Reasons, "\n")
		if told := strings.Contains(all, "More of another failure"); told != (tt.want != "") || !strings.Contains(all, tt.want) {
			t.Errorf("%s: want %q in\n%s", tt.name, tt.want, all)
		}
	}
	c := Compare(made(0, ex, fails("0xB", 5), fails("0xA", 5), fails("0xC", 9)), made(day, no, fails("0xD", 7)))
	var got []string
	for _, f := range c.OtherFailures {
		got = append(got, f.Status+" "+string(f.Change))
	}
	if want := []string{"0xC gone", "0xD new", "0xA gone", "0xB gone"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if c := Compare(made(0, ex, fails("0xA", 1)), made(day, no, only("netstat"))); c.OtherFailures[0].Change != Unknown {
		t.Errorf("no trace after: %+v", c.OtherFailures)
	}
}

func TestKinds(t *testing.T) {
	r := made(0, ex, func(r *report.Report) {
		r.Sources = append(r.Sources, report.Source{Kind: "unknown", Decoded: 1}, report.Source{Kind: "dump"}, report.Source{Kind: "counts", Decoded: 1})
	})
	if got := Compare(r, made(day, no)).Before.Kinds; !slices.Equal(got, []string{"counts", "etl", "evtx", "hosttext.range", "netstat"}) {
		t.Errorf("%v", got)
	}
	r.Sources[0].Decoded = 0
	if c := Compare(r, made(day, no)); c.Before.Failures != nil || c.Pools[0].Before.Failures != nil {
		t.Error("a trace in which nothing was understood counts refusals")
	}
}

func TestPoolSides(t *testing.T) {
	if c := Compare(made(0, ex), made(day, no)); len(c.Pools) != 2 {
		t.Errorf("%d pools", len(c.Pools))
	}
	c := Compare(made(0, ex, logged(4231)), made(day, no, incomplete))
	b, a := c.Pools[0].Before, c.Pools[0].After
	if b.Outcome != ex || b.Cause != report.CauseLeak || *b.Failures != 100 || len(b.Episodes) != 1 || b.Episodes[0].To != at(3) || b.Episodes[0].Ends != "end-of-inputs" ||
		!slices.Equal(b.Holders, []string{"leaky.exe (PID 4242)"}) || b.UsedAtLeast || *b.Used != 512 || b.Balance.Holders != 512 {
		t.Errorf("before %+v", b)
	}
	if a.Outcome != no || !a.UsedAtLeast || *a.Used != 20 || a.UsedAt != at(day+2) || len(a.Episodes) != 0 || len(a.Holders) != 0 || *a.Failures != 0 {
		t.Errorf("after %+v", a)
	}
	if u := c.Pools[1].Before; u.Used != nil || u.UsedAtLeast || c.Pools[1].Verdict != Unclear || len(c.Pools[1].Reasons) != 1 {
		t.Errorf("UDP %+v", c.Pools[1])
	}
	if c := Compare(made(0, ex), made(day, no, func(r *report.Report) { r.Verdict.Pools = r.Verdict.Pools[1:] })); c.Pools[0].After != nil || c.Verdict != Unclear {
		t.Errorf("no TCP pool after: %+v", c.Pools[0])
	}
	full := Compare(made(0, ex, func(r *report.Report) { tcp(r).Balance.Unaccounted = 1 }), made(day, no, func(r *report.Report) { tcp(r).Balance.Basis = "counts" }))
	if full.Pools[0].Before.UsedAtLeast || !full.Pools[0].After.UsedAtLeast {
		t.Error("a pool that is full cannot be fuller; counts are no table")
	}
	least := Compare(made(0, ex, pool(512, 511), func(r *report.Report) { tcp(r).Balance.Unaccounted = 1 }), made(day, no))
	if !least.Pools[0].Before.UsedAtLeast {
		t.Error("one port short of full")
	}
}

func TestNotes(t *testing.T) {
	cause := func(c report.Cause) edit { return func(r *report.Report) { tcp(r).Cause = c } }
	named := func(image string) edit {
		return func(r *report.Report) { r.Verdict.Holders[0].Image, r.Verdict.Holders[0].Named = image, true }
	}
	for _, tt := range []struct {
		name          string
		before, after *report.Report
		want          string // "!" before it: not said
	}{
		{"cause changed", made(0, ex), made(day, ex, cause(report.CauseStuckClose)), "The cause changed: leak before, closes that hang after."},
		{"cause the same", made(0, ex), made(day, ex), "!cause"},
		{"cause gone", made(0, ex), made(day, no), "!cause"},
		{"cause new", made(0, no), made(day, ex, cause(report.CauseSmallRange)), "The cause after is a small range; none before."},
		{"named another", made(0, ex), made(day, ex, named("other.exe")), "Named as the holder: leaky.exe (PID 4242) before, other.exe (PID 4242) after."},
		{"named the same, with another PID", made(0, ex), made(day, ex, func(r *report.Report) { r.Verdict.Holders[0].PID = 5 }), "!Named as"},
		{"one machine in both", made(0, ex), made(day, ex), "!Only the"},
		{"one more that is not named", made(0, ex, holder("x.exe", 5, 5, 0)), made(day, ex), "!Named as"},
		{"no episode", made(0, no), made(day, no), "!Episodes"},
		{"what follows from a setting", made(0, ex), made(day, no, pool(1024, 20)), "!can use was"},
		{"order where it is later", made(0, ex), made(day, ex), "!later than the first"},
		{"named after only", made(0, ex, func(r *report.Report) { r.Verdict.Holders[0].Named = false }), made(day, ex), "!Named as"},
		{"both machines are named", made(0, ex), made(day, ex), "!name"},
		{"named in one only", made(0, ex), made(day, no), "!Named as"},
		{"a sum", made(0, ex), made(day, ex, named("chrome.exe"), func(r *report.Report) { r.Verdict.Holders[0].Instances = 300 }), "300 x chrome.exe after."},
		{"build", made(0, ex), made(day, ex, func(r *report.Report) { r.Bundle.OSBuild = "26100" }), "The Windows build changed from 20348 to 26100."},
		{"build not known", made(0, ex), made(day, ex, func(r *report.Report) { r.Bundle.OSBuild = "" }), "!build"},
		{"build not known before", made(0, ex, func(r *report.Report) { r.Bundle.OSBuild = "" }), made(day, ex), "!build"},
		{"missing after", made(0, ex), made(day, ex, only("etl")), "The second bundle lacks a connection table (netstat), the System log (.evtx) and the dynamic port range (netsh)."},
		{"missing before", made(0, ex, only("netstat")), made(day, ex), "The first bundle lacks a trace (.etl)"},
		{"another table is no missing one", made(0, ex), made(day, ex, func(r *report.Report) { r.Sources[2].Kind = "psnet" }), "!lacks"},
		{"a kind that bears on nothing", made(0, ex, func(r *report.Report) {
			r.Sources = append(r.Sources, report.Source{Kind: "hosttext.handles", Decoded: 1, Host: "HOST1"})
		}), made(day, ex), "!lacks"},
		{"the holder after is not shown", made(0, ex), made(day, no, incomplete), "leaky.exe held 500 TCP ports before; what it holds after is not shown."},
		{"half of the pool is worth a word", made(0, ex, func(r *report.Report) { r.Verdict.Holders[0].Named, r.Verdict.Holders[0].Share = false, 0.5 }), made(day, no), "leaky.exe held 500"},
		{"less is not", made(0, ex, func(r *report.Report) { r.Verdict.Holders[0].Named, r.Verdict.Holders[0].Share = false, 0.49 }), made(day, no), "!leaky.exe held"},
		{"a name is worth a word", made(0, ex, func(r *report.Report) { r.Verdict.Holders[0].Share = 0.3 }), made(day, no), "leaky.exe held 500"},
		{"not of a calm pool", made(0, no, holder("b.exe", 5, 400, 0)), made(day, no), "!b.exe held"},
		{"not without a name", made(0, ex, named("")), made(day, no), "! held"},
		{"one restart", made(0, ex, func(r *report.Report) { r.Verdict.Windows[0].Ends = "restart" }), made(day, no), "Episodes: 1 (2026-03-10, 09:01:00 to 09:03:00 UTC, ended by a restart) before, none after."},
		{"two, recovered", made(0, ex, episode(10, 20, "recovered", report.Time{})), made(day, no), "Episodes: 2 (the last 2026-03-10, 09:10:00 to 09:20:00 UTC, then recovered) before"},
		{"use is known", made(0, ex), made(day, no), "!At least"},
		{"use is not known", made(0, ex), made(day, no, func(r *report.Report) { tcp(r).Used = nil }), "!At least"},
	} {
		all := strings.Join(Compare(tt.before, tt.after).Reasons, "\n")
		if not, ok := strings.CutPrefix(tt.want, "!"); ok && strings.Contains(all, not) || !ok && !strings.Contains(all, tt.want) {
			t.Errorf("%s: %q\n%s", tt.name, tt.want, all)
		}
	}
	b := made(0, ex)
	and(made(0, ex, host("B")))(b)
	a := made(day, no, pool(1024, 20))
	and(made(day, no, host("B")))(a)
	all := strings.Join(Compare(b, a).Reasons, "\n")
	if !strings.Contains(all, "A setting changed: on HOST1 the TCP range") || !strings.Contains(all, "leaky.exe on B held 500") {
		t.Error(all)
	}
}
