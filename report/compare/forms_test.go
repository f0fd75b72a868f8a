package compare

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"portverdict/report"
)

// forms are all three forms of a comparison, one after the other.
func forms(t *testing.T, c *Comparison) (text, page, doc string) {
	t.Helper()
	var b [3]bytes.Buffer
	for _, err := range []error{c.WriteText(&b[0], report.TextOptions{}), c.WriteHTML(&b[1]), c.WriteJSON(&b[2])} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b[0].String(), b[1].String(), b[2].String()
}

// Every form has the same say, no list is null, and hostile names do nothing.
func TestForms(t *testing.T) {
	evil := "<script>\x1b[31m\u202e\n.exe"
	before := made(0, ex, holder(evil, 1, 511, 0), finding(evil, 1), host(evil))
	before.Verdict.Holders[1].Named = true
	before.Verdict.Victims[0].Image = evil
	before.Verdict.OtherFailures = []report.OtherFailure{{Status: evil, Meaning: evil, Count: 1}}
	before.Sources[0].Facts = map[string]string{"synthetic": "true"}
	after := made(day, no, holder(evil, 2, 1, 1), host(evil))
	after.Verdict.OtherFailures = []report.OtherFailure{{Status: evil, Name: evil, Meaning: evil, Count: 2}}
	c := Compare(before, after)
	text, page, doc := forms(t, c)
	var ticket bytes.Buffer
	if err := c.WriteMarkdown(&ticket); err != nil {
		t.Fatal(err)
	}
	if md := ticket.String(); strings.Contains(md, "<script") || strings.Count(md, "\n## ") > 0 {
		t.Errorf("bad Markdown:\n%s", md)
	}
	for _, s := range []string{text, page, ticket.String()} {
		if strings.ContainsAny(s, "\x1b\u202e") || !strings.Contains(s, "synthetic sample") || !strings.Contains(s, "exhausted before, not exhausted after, but not shown to be fixed") {
			t.Errorf("bad form:\n%s", s)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "http://") || strings.Contains(page, "https://") || !strings.Contains(page, "sha256-") || strings.Contains(page, "[31m\n") {
		t.Error("the page is not self-contained")
	}
	for l := range strings.SplitSeq(text, "\n") {
		if utf8.RuneCountInString(l) > 80 {
			t.Errorf("line of %d columns: %s", utf8.RuneCountInString(l), l)
		}
	}
	if strings.ContainsAny(doc, "\x1b\u202e") {
		t.Error("JSON acts on a terminal")
	}
	if strings.ContainsAny(c.Summary+strings.Join(c.Reasons, "")+strings.Join(c.Pools[0].Reasons, ""), "\x1b\u202e\n") {
		t.Errorf("a sentence acts: %q %q", c.Summary, c.Reasons)
	}
	var again Comparison
	if err := json.Unmarshal([]byte(doc), &again); err != nil || again.Verdict != Better || again.SchemaVersion != 2 || again.Summary != c.Summary {
		t.Errorf("%v %s %s", err, again.Verdict, again.Summary)
	}
	_, _, empty := forms(t, Compare(&report.Report{}, &report.Report{}))
	if strings.Count(empty, "null") != 2 || strings.Count(empty, `"failures": null`) != 2 {
		t.Errorf("null in\n%s", empty)
	}
}

// What a reader sees first.
func TestScreen(t *testing.T) {
	b := made(0, ex)
	and(made(0, ex, host("B")))(b)
	a := made(day, no)
	and(made(day, ex, host("B"), func(r *report.Report) { tcp(r).RangeSource = "default" }))(a)
	a.Verdict.OtherFailures = []report.OtherFailure{{Status: "0xC000009A", Meaning: "short of memory", Count: 2}}
	text, page, _ := forms(t, Compare(b, a))
	for _, want := range []string{
		"  ▲ BETTER   exhausted before, not exhausted after, but not in every pool\n",
		"Outcome                     exhausted, strong         exhausted, strong\n",
		"Refused                     200                       100\n",
		"B TCP                       exhausted, leak           exhausted, leak\n",
		"B TCP in use                512 of 512                512 of 512\n",
		"B TCP range                 49152-49663 (512)         49152-49663 (512),\n                                                        assumed\n",
		"HOST1 UDP                   inconclusive              inconclusive\n",
		"leaky.exe                   500 TCP ports, 97.7 %,    gone\n",
		"svchost.exe                 100 refused               none\n",
		"0xC000009A                  none                      2\n",
		"B, TCP: The pool is exhausted in both bundles",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for _, want := range []string{
		"<h1 id=\"v\">Better: exhausted before, not exhausted after, but not in every pool</h1>", "<title>BETTER: before and after on B and HOST1</title>",
		"<h2>Pools</h2>", "<h2>Held ports</h2>", "<h2>Refused</h2>", "<h2>Other failures, which are not exhaustion</h2>", "<h2>Findings</h2>", "<h2>Inputs</h2>",
		"o-exhausted", "<div>200 refused attempts</div>", "<div>HOST1 TCP: 512 of 512 in use</div>", "2026-03-10, 09:00:00 to 09:04:00 UTC",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	text, page, _ = forms(t, Compare(made(0, ex), made(day, no)))
	if strings.Contains(text+page, "synthetic") || strings.Contains(page, "not known in use") || strings.Count(page, "<div>TCP: 20 of 512 in use</div>") != 1 || strings.Count(page, "<div>TCP: 512 of 512 in use</div>") != 1 ||
		!strings.Contains(page, "<td>20348</td>") {
		t.Errorf("cards of %s", page)
	}
	text, _, _ = forms(t, Compare(made(0, ex), made(day, in, only("evtx"))))
	for _, want := range []string{
		"? UNCLEAR   the second bundle cannot show it\n",
		"Outcome                     exhausted, strong         inconclusive\n",
		"Refused                     100                       not known: no trace\n",
		"TCP in use                  512 of 512                not known\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// A list on the screen is cut after six rows, unless one more is all there is.
func TestLongLists(t *testing.T) {
	many := func(n int) edit {
		return func(r *report.Report) {
			for i := range n {
				finding("x"+string(rune('a'+i)), 1)(r)
			}
		}
	}
	text, page, _ := forms(t, Compare(made(0, in, many(7)), made(day, in)))
	if !strings.Contains(text, "xg") || strings.Contains(text, "more") {
		t.Errorf("seven are shown:\n%s", text)
	}
	text, _, _ = forms(t, Compare(made(0, in, many(8)), made(day, in)))
	if !strings.Contains(text, "xf") || strings.Contains(text, "xg") || !strings.Contains(text, "  and 2 more\n") {
		t.Errorf("eight are cut:\n%s", text)
	}
	if strings.Contains(text, "Held ports") || strings.Count(text, "Refused  ") != 1 || strings.Contains(page, "Held ports") {
		t.Errorf("an empty table has a head:\n%s", text)
	}
	for width, want := range map[int]int{0: 80, 10: 60, 60: 60, 100: 100, 300: 120} {
		var b bytes.Buffer
		if err := Compare(made(0, ex), made(day, no)).WriteText(&b, report.TextOptions{Width: width}); err != nil {
			t.Fatal(err)
		}
		longest := 0
		for l := range strings.SplitSeq(b.String(), "\n") {
			longest = max(longest, utf8.RuneCountInString(l))
		}
		if longest > want || longest < want-14 {
			t.Errorf("width %d: %d columns", width, longest)
		}
	}
	var colours bytes.Buffer
	if err := Compare(made(0, ex), made(day, no)).WriteText(&colours, report.TextOptions{Color: true}); err != nil || !strings.Contains(colours.String(), "\x1b[1;32m✓ FIXED\x1b[0m") {
		t.Errorf("%v %q", err, colours.String())
	}
	if strings.Contains(page, "more, see") {
		t.Error("a short list is cut on the page")
	}
	long := func(n int) edit {
		return func(r *report.Report) {
			for i := range n {
				finding("x"+strings.Repeat("y", i), 1)(r)
			}
		}
	}
	if _, page, _ = forms(t, Compare(made(0, in, long(200)), made(day, in))); strings.Contains(page, "more, see") {
		t.Error("200 rows are cut")
	}
	if _, page, _ = forms(t, Compare(made(0, in, long(201)), made(day, in))); !strings.Contains(page, "1 more, see the JSON form") || strings.Contains(page, strings.Repeat("y", 161)) {
		t.Error("201 rows, or a long name, are not cut")
	}
}

// The small words.
func TestWords(t *testing.T) {
	n := func(v int) *int { return &v }
	for got, want := range map[string]string{
		rateText(0): "none", rateText(1): "1 ports a minute", rateText(0.99): "59.4 ports an hour", rateText(1.0 / 60): "1 ports an hour", rateText(0.9 / 60): "21.6 ports a day", rateText(186.8): "187 ports a minute",
		number(99.94): "99.9", number(100): "100", number(100.4): "100", number(7): "7",
		lowerFirst("Title"): "title", lowerFirst("TIME_WAIT"): "TIME_WAIT", lowerFirst("T"): "T", lowerFirst("Zz"): "zz", lowerFirst("Aa"): "aa", upperFirst(""): "", lowerFirst("É"): "É",
		poolName("tcp", "any"): "TCP", poolName("udp", "ipv4"): "UDP IPv4", poolName("tcp", "ipv6"): "TCP IPv6", poolName(unknown, "any"): "Unknown transport",
		nameOf("a.exe", nil): "a.exe", nameOf("", []report.PID{7}): "PID 7", nameOf("", []report.PID{7, 8}): "processes without a name", nameOf("", []report.PID{0}): "processes without a name", nameOf("", nil): "processes without a name",
		holderName(report.Holder{Image: "a.exe", PID: 3, Instances: 1}): "a.exe (PID 3)", holderName(report.Holder{Image: "a.exe", PID: report.NoPID}): "a.exe", holderName(report.Holder{PID: 3}): "PID 3",
		holderName(report.Holder{Image: "a.exe", Instances: 2}): "2 x a.exe", holderName(report.Holder{Image: "a.exe"}): "a.exe",
		(&PoolSide{Start: 10, Count: 5, Excluded: 1}).rangeText(): "10-14 (5), 1 excluded", (&PoolSide{Start: 10, Count: 1}).rangeText(): "10-10 (1)", (*PoolSide)(nil).rangeText(): "not known",
		(&PoolSide{Used: n(1), Capacity: 1000}).usedText(): "1 of 1,000", (&PoolSide{Used: n(1), Capacity: 2, UsedAtLeast: true}).usedText(): "at least 1 of 2", (*PoolSide)(nil).usedText(): "not known",
		(*PoolSide)(nil).outcomeText(): "not known", outcomeText(""): "not known", spanText(report.Span{}): "no input carries a time", spanText(report.Span{To: at(0)}): "until 2026-03-10 09:00:00 UTC", spanText(report.Span{From: at(0)}): "2026-03-10 09:00:00 UTC",
		cut("abc", 3): "abc", cut("abcd", 3): "abc…", cut("é\n", 9): `é\u{0A}`,
		sure(Side{Outcome: no}): "not exhausted", sure(Side{Outcome: in, Confidence: report.Weak}): "inconclusive", sure(Side{Outcome: li, Confidence: report.Weak}): "likely exhausted, weak",
		causeText(report.CauseStuckClose) + causeText(report.CauseSmallRange) + causeText(report.CausePerPeer): "closes that hanga small rangeone remote endpoint",
		causeText(report.CauseServerSide) + causeText(report.CauseNotPorts) + causeText(report.CauseByDesign):  "ports of the server's ownsomething other than portsby design",
		causeText(report.CauseUnknown) + causeText(report.CauseLeak):                                           "not knownleak",
		faceOf(Fixed).word + faceOf(Same).word + faceOf(Worse).word + faceOf("x").word:                         "FIXEDNO CHANGEWORSEUNCLEAR",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	grow := HolderChange{Transport: "tcp", Change: Stays, Before: &HolderSide{Ports: 1, Share: 1}, After: &HolderSide{Ports: 2, GrowthPerMinute: 2}}
	if b, a := grow.texts(); b != "1 TCP port, 100 %" || a != "2 TCP ports, 0 %, growing by 2 ports a minute" {
		t.Errorf("%q %q", b, a)
	}
	for change, want := range map[Change]string{Gone: "gone", Unknown: "not shown"} {
		if _, a := (HolderChange{Change: change, Before: &HolderSide{}}).texts(); a != want {
			t.Errorf("%s: %q", change, a)
		}
		if _, a := (VictimChange{Change: change, Before: &VictimSide{}}).texts(); a != absent(change) {
			t.Errorf("%s: %q", change, a)
		}
	}
	if b, _ := (HolderChange{Change: New, After: &HolderSide{}}).texts(); b != "none" {
		t.Errorf("new: %q", b)
	}
}

// A process without a name is told by its PID, a row says of which machine it is.
func TestRows(t *testing.T) {
	b := made(0, ex, holder("", 77, 300, 0))
	b.Verdict.Victims = append(b.Verdict.Victims, report.Victim{Host: "HOST1", Transport: "tcp", PID: 78, Failures: 7})
	and(made(0, ex, host("B")))(b)
	a := made(day, ex, udpToo(ex))
	a.Verdict.Holders, a.Verdict.Victims = nil, nil
	holder("", 79, 200, 0)(a)
	a.Verdict.Victims = []report.Victim{{Host: "HOST1", Transport: "udp", PID: 80, Failures: 9}}
	c := Compare(b, a)
	names := func(rows []row) string {
		var out []string
		for _, r := range rows {
			out = append(out, r.Sub+"/"+r.Name+"/"+r.Class)
		}
		return strings.Join(out, " ")
	}
	if got, want := names(c.holderRows()), "B/leaky.exe/unknown HOST1/leaky.exe/gone HOST1/processes without a name/stays"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := names(c.victimRows()), "B/svchost.exe/unknown HOST1/svchost.exe/gone HOST1/PID 80/unknown HOST1/PID 78/unknown"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := names(c.findingRows()), "B: Title of afd-bind-0x209/afd-bind-0x209/unknown HOST1: Title of afd-bind-0x209/afd-bind-0x209/stays HOST1: Title of afd-bind-0x209/afd-bind-0x209 (UDP)/new"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	one := Compare(made(0, ex), made(day, no))
	if got, want := names(one.findingRows()), "Title of afd-bind-0x209/afd-bind-0x209/gone Title of trace-binds-succeed/trace-binds-succeed/new"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if rows := one.poolRows(); len(rows) != 4 || rows[0].Name != "TCP" || rows[0].Class != "fixed" || rows[3].Name != "UDP" {
		t.Errorf("%+v", rows)
	}
	if b, a := countTexts(New, 0, 3); b != "none" || a != "3" {
		t.Errorf("%q %q", b, a)
	}
}

// One sentence a ticket can quote.
func TestSummary(t *testing.T) {
	for _, tt := range []struct {
		before, after *report.Report
		want          string
	}{
		{made(0, ex), made(day, no), "Fixed: exhausted before, not exhausted after (TCP of HOST1: 100 refused attempts and 512 of 512 ports in use before, no refused attempt and 20 of 512 ports in use after)."},
		{made(0, ex), made(day, no, finding("bound-leak", 1)), "Better: exhausted before, not exhausted after, but not shown to be fixed (TCP of HOST1: 100 refused attempts and 512 of 512 ports in use before, no refused attempt and 20 of 512 ports in use after); the second bundle still has the finding bound-leak (title of bound-leak)."},
		{made(0, ex, only("netstat")), made(day, in, only("evtx")), "Unclear: the second bundle cannot show it (TCP of HOST1: exhausted before, inconclusive after); the second bundle is inconclusive, and missing evidence proves nothing."},
		{made(0, ex), made(day, no, host("B")), "Unclear: the bundles are of different machines (TCP: exhausted before, not spoken of after); the second bundle does not speak of this machine: exhausted in the first."},
		{made(0, no, only("evtx"), func(r *report.Report) { tcp(r).Used = nil }), made(day, ex, refused(1)), "Worse: not exhausted before, exhausted after (TCP of HOST1: not exhausted before, 1 refused attempt and 512 of 512 ports in use after)."},
		{made(0, ex, udpToo(ex)), made(day, no, udpToo(ex)), "Better: exhausted before, not exhausted after, but not in every pool (TCP of HOST1: 100 refused attempts and 512 of 512 ports in use before, no refused attempt and 20 of 512 ports in use after)."},
		{&report.Report{}, &report.Report{}, "Unclear: neither bundle can show it."},
	} {
		if got := Compare(tt.before, tt.after).Summary; got != tt.want {
			t.Errorf("%s\nwant %s", got, tt.want)
		}
	}
}

// shuffled is the same report with every list in another order.
func shuffled(r *report.Report, seed uint64) *report.Report {
	rnd := rand.New(rand.NewPCG(seed, 7))
	out := *r
	v := &out.Verdict
	to := rnd.Perm(len(v.Windows))
	windows := make([]report.Window, len(to))
	for i, at := range to {
		windows[at] = v.Windows[i]
	}
	v.Windows = windows
	v.Pools, v.Holders, v.Victims = shuffle(rnd, v.Pools), shuffle(rnd, v.Holders), shuffle(rnd, v.Victims)
	for i := range v.Pools {
		episodes := shuffle(rnd, v.Pools[i].Episodes)
		for k := range episodes {
			episodes[k] = to[episodes[k]]
		}
		v.Pools[i].Episodes = episodes
	}
	for i := range v.Holders {
		if w := v.Holders[i].Window; w >= 0 {
			v.Holders[i].Window = to[w]
		}
	}
	v.OtherFailures = shuffle(rnd, v.OtherFailures)
	out.Findings, out.Sources, out.Series = shuffle(rnd, r.Findings), shuffle(rnd, r.Sources), shuffle(rnd, r.Series)
	out.Bundle.Boots, out.Bundle.Hosts = shuffle(rnd, r.Bundle.Boots), shuffle(rnd, r.Bundle.Hosts)
	return &out
}

func shuffle[T any](rnd *rand.Rand, list []T) []T {
	out := make([]T, len(list))
	for i, at := range rnd.Perm(len(list)) {
		out[at] = list[i]
	}
	return out
}

// crowded is a report with several of everything, many of them nearly alike.
func crowded(from float64, o report.Outcome) *report.Report {
	r := made(from, o, udpToo(o), finding("bound-leak", 3), finding("evtx-4227", 3),
		holder("a.exe", 1, 7, 0.1), holder("A", 2, 7, 0.2), holder("a.exe", 3, 7, 0.3), holder("b.exe", 4, 7, 0.7), holder("", 5, 7, 0), holder("", 6, 7, 0),
		restarted(from-9, from-30, from-8), episode(from-50, from-40, "restart", at(from-39)), episode(from-50, from-41, "", report.Time{}))
	and(made(from, o, host("host2.example"), holder("a.exe", 3, 7, 0.3)))(r)
	and(made(from, o, host("Host2"), holder("x.exe", 3, 9, 0.3)))(r)
	r.Verdict.OtherFailures = []report.OtherFailure{{Status: "0xA", Count: 1, Name: "a"}, {Status: "0xA", Count: 2, Name: "b"}, {Status: "0xB", Count: 3}}
	r.Verdict.Victims = append(r.Verdict.Victims, report.Victim{Host: "HOST1", Transport: "tcp", PID: 3, Image: "SVCHOST", Services: []string{"z", "a"}, Failures: 100})
	r.Series = []report.Series{{Host: "HOST1", Transport: "tcp", PID: 1}, {Host: "HOST1", Transport: "tcp", PID: 2, Points: []report.Point{{T: at(0)}, {T: at(1), Ports: 400}}}}
	return r
}

// The order of the lists of a report changes no byte, and the report is left as it was.
func TestOrderOfListsDoesNotMatter(t *testing.T) {
	for _, tt := range [][2]*report.Report{{crowded(0, ex), crowded(day, no)}, {crowded(0, no), crowded(day, ex)}, {crowded(0, ex), crowded(day, ex)}} {
		was, err := json.Marshal(tt[0])
		if err != nil {
			t.Fatal(err)
		}
		text, page, doc := forms(t, Compare(tt[0], tt[1]))
		for seed := range uint64(40) {
			text2, page2, doc2 := forms(t, Compare(shuffled(tt[0], seed), shuffled(tt[1], seed+100)))
			if text2 != text || page2 != page || doc2 != doc {
				t.Fatalf("seed %d:\n%s\nwant\n%s", seed, doc2, doc)
			}
		}
		if now, _ := json.Marshal(tt[0]); !bytes.Equal(now, was) {
			t.Error("the report was changed")
		}
	}
}

// What was better one way round is never better the other way.
func TestMirrored(t *testing.T) {
	later := func(r *report.Report) *report.Report { return r }
	all := func(from float64) []*report.Report {
		return []*report.Report{
			made(from, ex), made(from, ex, refused(10)), made(from, li), made(from, li, pool(512, 300)), made(from, no), made(from, no, finding("bound-leak", 1)),
			made(from, in), made(from, ex, udpToo(no)), made(from, no, udpToo(ex)), made(from, no, pool(512, 400)),
		}
	}
	gain := func(r Result) bool { return r == Fixed || r == Better }
	a, b := all(0), all(day)
	for i := range a {
		for k := range b {
			one, other := Compare(a[i], later(b[k])).Verdict, Compare(a[k], later(b[i])).Verdict
			if gain(one) && gain(other) || one == Worse && other == Worse && i != 7 && i != 8 && k != 7 && k != 8 {
				t.Errorf("%d and %d: %s, mirrored %s", i, k, one, other)
			}
			if one == Same && other != Same {
				t.Errorf("%d and %d: same, mirrored %s", i, k, other)
			}
			if swapped := Compare(b[k], a[i]).Verdict; gain(swapped) {
				t.Errorf("%d and %d: the earlier bundle given as the second is %s", i, k, swapped)
			}
		}
	}
}

// The worked reports are real examples of schema 2; against themselves, three days
// later and against each other, every form can be made of them.
func TestWorkedReports(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "reference", "examples", "*.json"))
	if err != nil || len(names) == 0 {
		t.Skip("the worked reports are not here: nothing of them was tested")
	}
	read := func(name string) *report.Report {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := report.ReadJSON(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return r
	}
	for _, n := range names {
		one, again := read(n), read(n)
		again.Bundle.ID = "another"
		c := Compare(one, again)
		if c.Verdict != Same && c.Verdict != Unclear {
			t.Errorf("%s against itself: %s", n, c.Summary)
		}
		if c := Compare(one, one); c.Verdict != Same {
			t.Errorf("%s, the same bundle: %s", n, c.Summary)
		}
		for _, m := range names {
			c := Compare(one, read(m))
			if text, page, doc := forms(t, c); text == "" || page == "" || doc == "" || c.Verdict == Fixed {
				t.Errorf("%s, %s: %s", n, m, c.Summary)
			}
		}
	}
	leak := read(filepath.Join(filepath.Dir(names[0]), "leak-with-table.json"))
	calm := made(3*day, no, host("HOST-A"), pool(500, 20))
	if c := Compare(leak, calm); c.Verdict != Better || !strings.Contains(strings.Join(c.Reasons, "\n"), "the first does not show how long the ports took to run out") {
		t.Errorf("%s\n%s", c.Summary, strings.Join(c.Reasons, "\n"))
	}
	stuck := read(filepath.Join(filepath.Dir(names[0]), "stuck-closes-log.json"))
	if c := Compare(stuck, made(20*365*day, no, host("pc-112"), pool(16384, 20))); c.Verdict != Better || !strings.Contains(strings.Join(c.Reasons, "\n"), "at 32.5 ports an hour, as before, 16,384 ports last 21 days") {
		t.Errorf("%s\n%s", c.Summary, strings.Join(c.Reasons, "\n"))
	}
}

// A verdict.json of another schema is refused with a sentence before anything is compared.
func TestOtherSchemaIsRefused(t *testing.T) {
	_, err := report.ReadJSON(strings.NewReader(`{"schema_version": 1, "verdict": {"outcome": "exhausted"}}`))
	if err == nil || !strings.Contains(err.Error(), "schema_version 1") {
		t.Errorf("%v", err)
	}
	var doc bytes.Buffer
	if err := Compare(made(0, ex), made(day, no)).WriteJSON(&doc); err != nil {
		t.Fatal(err)
	}
	if _, err := report.ReadJSON(&doc); err == nil {
		t.Error("a comparison was read as a verdict.json")
	}
}
