package report

import (
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// textIn is what a page says: its tags are gone, blanks are one.
func textIn(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>`).ReplaceAllString(page, "")
	return folded(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")))
}

func folded(s string) string { return strings.Join(strings.Fields(s), " ") }

func within(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, from)
	part, _, also := strings.Cut(rest, to)
	if !ok || !also {
		t.Fatalf("nothing from %q to %q", from, to)
	}
	return part
}

// The headline, the title, the chart, the card and the balance are of one pool and have
// the same numbers, on the page, in the text and in Markdown.
func TestOnePoolInTheHeadline(t *testing.T) {
	for _, c := range []struct {
		name, headline, when, use, sum string
		report                         *Report
	}{
		{
			"tcp", "Exhausted: no TCP port was left on WIN-TEST01", "698 attempts", "512 of 512 in use",
			"510 leaky.exe (4242) + 1 other processes + 1 TIME_WAIT + 0 free = 512", exhaustedReport(),
		},
		{
			"udp of the first of two machines", "Exhausted: no UDP port was left on APP-A", "1,081 attempts", "16,319 of 16,384 in use",
			"15,902 by 300 x telemetryd.exe + 417 other processes + 65 unaccounted + 0 free = 16,384", withTimeline(twoHostsReport()),
		},
		{
			"likely", "Likely exhausted: 502 of 512 TCP ports were in use on WIN-TEST01", "", "502 of 512 in use",
			"498 leaky.exe (4242) + 2 other processes + 2 TIME_WAIT + 10 free = 512", likelyReport(),
		},
	} {
		page := render(t, WriteHTML, c.report)
		heading := textIn(within(t, page, `<h1 id="v">`, "</h1>"))
		title := html.UnescapeString(within(t, page, "<title>", "</title>"))
		if heading != c.headline || !strings.HasPrefix(title, c.headline) {
			t.Errorf("%s: heading %q, title %q", c.name, heading, title)
		}
		when := textIn(within(t, page, `<p class="t">`, "</p>"))
		chart := textIn(within(t, page, `<desc id="d1">`, "</desc>"))
		if !strings.Contains(when, c.when) || !strings.Contains(chart, c.use) {
			t.Errorf("%s: when %q, chart %q", c.name, when, chart)
		}
		if c.when != "" && !strings.Contains(chart, c.when+" were refused") {
			t.Errorf("%s: the chart says %q", c.name, chart)
		}
		balance := html.UnescapeString(within(t, page, `id="balance"`, "</section>"))
		if title := "<title>" + c.sum + "</title>"; !strings.Contains(balance, title) {
			t.Errorf("%s: the balance on the page is not %q: %s", c.name, c.sum, balance)
		}
		text, md := folded(textOf(t, c.report, 80)), render(t, WriteMarkdown, c.report)
		word, rest, _ := strings.Cut(c.headline, ": ")
		for _, want := range []string{strings.ToUpper(word) + " " + rest, c.when} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the text does not say %q", c.name, want)
			}
		}
		if !strings.Contains(md, "## "+c.headline) {
			t.Errorf("%s: Markdown does not say %q", c.name, c.headline)
		}
		sum, capacity, _ := strings.Cut(c.sum, " = ")
		for term := range strings.SplitSeq(sum, " + ") {
			n, name, _ := strings.Cut(term, " ")
			line := "| " + n + " | " + strings.ReplaceAll(name, "_", `\_`) + " |"
			if !strings.Contains(text, term) || !strings.Contains(md, line) && !strings.Contains(md, strings.ReplaceAll(term, "_", `\_`)) {
				t.Errorf("%s: %q is not in the sum of the text or of Markdown:\n%s\n%s", c.name, term, text, md)
			}
		}
		if !strings.Contains(text, capacity) || !strings.Contains(md, capacity) {
			t.Errorf("%s: no sum ends in %s", c.name, capacity)
		}
	}
}

func withTimeline(r *Report) *Report {
	for i := range 30 {
		r.Timeline = append(r.Timeline, Bin{T: at(float64(i) * 120), StepSeconds: 120, OpenSockets: 600 * i, Bind0x209: i})
	}
	return r
}

func TestHeadings(t *testing.T) {
	pool := func(change func(*Verdict, *Pool)) *Verdict {
		v := &exhaustedReport().Verdict
		change(v, &v.Pools[0])
		return v
	}
	for _, c := range []struct {
		want string
		v    *Verdict
	}{
		{"Exhausted three times: TCP ports of FILES-02 stick while closing", &stuckReport().Verdict},
		{"Exhausted: no IPv6 TCP port was left on WIN-TEST01", pool(func(_ *Verdict, p *Pool) { p.Family = "ipv6" })},
		{"Exhausted: no port was left on WIN-TEST01 (TCP or UDP is not known)", pool(func(v *Verdict, _ *Pool) { v.Transport = "unknown" })},
		{"Exhausted: no TCP port was left", pool(func(v *Verdict, p *Pool) { v.Host, p.Host = "", "" })},
		{"Likely exhausted: TCP ports were running out on WIN-TEST01", pool(func(v *Verdict, p *Pool) { v.Outcome, p.Used = Likely, nil })},
		{"Not exhausted: TCP ports did not run out on WIN-TEST01", &healthyReport().Verdict},
		{"Not exhausted: something failed on WIN-TEST01, but not for want of TCP ports", &notPortsReport().Verdict},
		{"Inconclusive: these files cannot show whether UDP ports ran out on WIN-TEST01", pool(func(v *Verdict, _ *Pool) { v.Outcome, v.Transport = Inconclusive, "udp" })},
		{"Inconclusive: these files cannot show whether ports ran out", &emptyReport().Verdict},
	} {
		if got := heading(c.v); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Of several families of the transport the worst pool is the one of the headline.
func TestMainPoolOfFamilies(t *testing.T) {
	v := &Verdict{Host: "A", Transport: "tcp", Pools: []Pool{
		{Host: "B", Transport: "tcp", Family: "any", Outcome: Exhausted},
		{Host: "A", Transport: "tcp", Family: "ipv4", Outcome: NotExhausted},
		{Host: "A", Transport: "tcp", Family: "ipv6", Outcome: Likely},
		{Host: "A", Transport: "udp", Family: "any", Outcome: Exhausted},
	}}
	if got := v.mainPool(); got != &v.Pools[2] {
		t.Errorf("%+v", got)
	}
	v.Host = "C"
	if v.mainPool() != nil || v.mainHolders() != nil || v.mainEpisodes() != nil {
		t.Error("a pool of another machine is taken")
	}
	v.Pools[0].Episodes = []int{-1, 0, 7}
	if got := v.episodesOf(&v.Pools[0]); got != nil {
		t.Errorf("episodes that are not there: %v", got)
	}
}

func TestTerms(t *testing.T) {
	for _, c := range []struct {
		name, want string
		v          *Verdict
	}{
		{"nobody is named", "37 leaky.exe (4242) + 73 other processes + 8 TIME_WAIT + 16,266 free = 16,384", &healthyReport().Verdict},
		{"stuck", "15,991 stuck while closing + 393 unaccounted + 0 free = 16,384", &stuckReport().Verdict},
		{"a sum counts its members once", "15,902 by 300 x telemetryd.exe + 417 other processes + 65 unaccounted + 0 free = 16,384", func() *Verdict {
			v := &twoHostsReport().Verdict
			v.Holders[2].Named = true
			return v
		}()},
		{"nothing is known", "16,384 not known + 0 free = 16,384", func() *Verdict {
			v := &stuckReport().Verdict
			v.Transport = "udp"
			return v
		}()},
		{"two are named", "300 a.exe (1) + 200 b.exe (2) + 12 free = 512", &Verdict{
			Pools:   []Pool{{Capacity: 512, Balance: Balance{Capacity: 512, Holders: 500, Free: 12}}},
			Holders: []Holder{{Window: -1, PID: 1, Image: "a.exe", Ports: 300, Named: true}, {Window: -1, PID: 2, Image: "b.exe", Ports: 250, Named: true}},
		}},
	} {
		p := c.v.mainPool()
		terms := c.v.terms(p)
		if got := equation(terms, p.Capacity); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		sum := 0
		for _, term := range terms {
			sum += term.ports
		}
		if sum != p.Capacity {
			t.Errorf("%s: the terms add up to %d of %d", c.name, sum, p.Capacity)
		}
	}
}

func TestCells(t *testing.T) {
	for _, c := range []struct {
		ports, want []int
		n           int
	}{
		{[]int{510, 1, 1, 0}, []int{63, 1, 1, 0}, 65},
		{[]int{0, 0}, []int{0, 0}, 10},
		{[]int{5, 5}, []int{5, 5}, 10},
		{[]int{1, 1, 1, 1}, []int{0, 1, 1, 1}, 3},
		{[]int{math.MaxInt/2 + 1, math.MaxInt/2 + 1, -7}, []int{5, 5, 0}, 10},
	} {
		var terms []part
		for _, n := range c.ports {
			terms = append(terms, part{ports: n})
		}
		if got := cells(terms, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%v in %d: %v, want %v", c.ports, c.n, got, c.want)
		}
	}
}

// Blue is the colour of who is named, and of nothing else.
func TestNoBlueWhenNobodyIsNamed(t *testing.T) {
	for name, r := range samples() {
		page := render(t, WriteHTML, r)
		text := strings.NewReplacer(pageCSS, "", pageJS, "").Replace(page)
		var colour strings.Builder
		if err := WriteText(&colour, r, TextOptions{Color: true}); err != nil {
			t.Fatal(err)
		}
		someone := slices.ContainsFunc(r.Verdict.Holders, func(h Holder) bool { return h.Named })
		blue := regexp.MustCompile(`class="(hold|ch|a-h|n nm)"`).FindString(text)
		if (blue != "") != someone {
			t.Errorf("%s: %q on the page where somebody is named: %v", name, blue, someone)
		}
		if strings.Contains(colour.String(), "\x1b[34m") != someone {
			t.Errorf("%s: blue on the terminal where somebody is named: %v", name, someone)
		}
	}
	page := render(t, WriteHTML, stuckReport())
	if who := textIn(within(t, page, `class="s who"`, "</p>")); !strings.Contains(who, "No program holds them") {
		t.Errorf("%q", who)
	}
}

// Where the answer is that it is not ports, the first thing to see is what failed, by
// process, and nothing looks as if all were well.
func TestNotPorts(t *testing.T) {
	r := notPortsReport()
	page := strings.Replace(render(t, WriteHTML, r), pageCSS, "", 1)
	if strings.Contains(page, "✓") || strings.Contains(page, `"not-exhausted"`) || strings.Contains(page, `o-not-exhausted`) || strings.Contains(page, `cnt"`) {
		t.Error("a tick or a green class is on the page")
	}
	first := textIn(within(t, page, `id="not-ports"`, "</section>"))
	for _, want := range []string{"STATUS_IO_TIMEOUT, the peer did not answer", "w3wp.exe (3344) 1,200", "unknown process 4", "agent.exe (1876) 88", "See why 10.20.0.15:1433 does not answer."} {
		if !strings.Contains(first, want) {
			t.Errorf("the page does not begin with %q: %s", want, first)
		}
	}
	text := textOf(t, r, 80)
	if strings.Contains(text, "✓") || strings.Index(text, "w3wp.exe (3344) 1,200") > strings.Index(text, "Ports") {
		t.Error(text)
	}
	var colour strings.Builder
	if err := WriteText(&colour, r, TextOptions{Color: true}); err != nil || strings.Contains(colour.String(), "\x1b[32m") {
		t.Errorf("green on the terminal, %v", err)
	}
	healthy := render(t, WriteHTML, healthyReport())
	if !strings.Contains(healthy, "✓ not exhausted") || !strings.Contains(healthy, `body class="not-exhausted"`) {
		t.Error("ports that are fine have no tick elsewhere")
	}
}

// An inconclusive verdict has no word of confidence anywhere.
func TestInconclusiveHasNoConfidence(t *testing.T) {
	r := healthyReport()
	v := &r.Verdict
	v.Outcome, v.Confidence, v.Pools[0].Outcome, v.Pools[0].Confidence = Inconclusive, Weak, Inconclusive, Weak
	v.Reasons, v.Holders = []string{strings.Repeat("No sign of exhaustion, but nothing here could rule it out either. ", 4)}, nil
	r.Findings = nil
	for _, text := range []string{textIn(render(t, WriteHTML, r)), textOf(t, r, 80), render(t, WriteMarkdown, r)} {
		if strings.Contains(strings.ToLower(text), "weak") || !strings.Contains(folded(text), "No sign of exhaustion") {
			t.Error(text)
		}
	}
}

// Every pool is told for itself, one machine after the other, and every episode with its
// date and its end.
func TestEveryPoolIsTold(t *testing.T) {
	r := twoHostsReport()
	text, md, page := textOf(t, r, 120), render(t, WriteMarkdown, r), textIn(render(t, WriteHTML, r))
	order := func(name, text string, want ...string) {
		at := 0
		for _, w := range want {
			i := strings.Index(text[at:], w)
			if i < 0 {
				t.Errorf("%s: %q does not follow in\n%s", name, w, text)
				return
			}
			at += i
		}
	}
	order("text", text, "APP-A UDP          ● exhausted", "16,384\n", "a burst\n", "APP-A TCP          ✓ not exhausted", "APP-B TCP          ✓ not exhausted", "Also", "APP-B UDP ? inconclusive, use not known",
		"1: APP-A UDP, 2026-03-10, 09:10:00 to 09:34:00 UTC, 24 min, recovered 2026-03-10 09:34:00 UTC", "2: APP-B TCP or UDP, 2026-03-10 09:11:40 UTC, end not known, 1 attempt refused\n")
	order("md", md, "| APP-A UDP | exhausted (strong) | a burst | 15,902 by 300 x", "| APP-A TCP | not exhausted (strong) |", "| APP-B UDP | inconclusive |",
		"1. APP-A UDP, 2026-03-10, 09:10:00 to 09:34:00 UTC, 24 min, recovered", "2. APP-B TCP or UDP,")
	order("page", page, "The pools", "APP-A UDP ● exhausted", "APP-A TCP ✓ not exhausted", "APP-B TCP ✓ not exhausted", "Episodes", "IPv4 UDP", "09:10:00.000 09:34:00.000 24 min recovered",
		"4266 × 1", "APP-B", "TCP or UDP", "a burst", "APP-B UDP", "? inconclusive")
	stuck := textOf(t, stuckReport(), 120)
	for _, want := range []string{"until the restart of 2026-03-19 22:53:20 UTC", "until the restart of 2026-04-02 22:53:20 UTC", "full between 2026-04-11 09:00 UTC and 2026-04-12 09:00 UTC"} {
		if !strings.Contains(folded(stuck), want) {
			t.Errorf("%q is not in\n%s", want, stuck)
		}
	}
}

// A long list is counted, and the count says where the rest is.
func TestManyPools(t *testing.T) {
	r := twoHostsReport()
	v := &r.Verdict
	for i := range 300 {
		p := v.Pools[0]
		p.Host = fmt.Sprintf("X-%03d", i)
		v.Pools = append(v.Pools, p)
		v.Windows = append(v.Windows, Window{Host: "APP-A", Transport: "udp", From: at(float64(3000 + i)), To: at(float64(3000 + i)), Ends: "unknown", Failures: 1})
	}
	for name, text := range map[string]string{"text": textOf(t, r, 80), "md": render(t, WriteMarkdown, r), "page": textIn(render(t, WriteHTML, r))} {
		if strings.Count(text, "more in verdict.json") < 2 || strings.Contains(text, "X-250") {
			t.Errorf("%s: what is left out is not counted\n%s", name, text)
		}
	}
}

func TestNamesOfProcesses(t *testing.T) {
	for _, c := range []struct {
		h                 Holder
		name, who, pidSay string
	}{
		{Holder{Image: "leaky.exe", PID: 4242, Instances: 1}, "leaky.exe (4242)", "leaky.exe", "4242"},
		{Holder{Image: "svchost.exe", Services: []string{"Dnscache", "x"}, PID: 7}, "svchost.exe Dnscache (7)", "svchost.exe", "7"},
		{Holder{PID: 4242, Instances: 1}, "PID 4242", "PID 4242", "4242"},
		{Holder{PID: NoPID, ProcessKey: "0xFF"}, "process 0xFF", "process 0xFF", "unknown"},
		{Holder{PID: NoPID}, "unknown process", "unknown process", "unknown"},
		{Holder{Image: "chrome.exe", Instances: 1300}, "1,300 x chrome.exe", "1,300 x chrome.exe", "several"},
	} {
		if c.h.name() != c.name || c.h.who() != c.who || pidOf(&c.h) != c.pidSay {
			t.Errorf("%+v: %q, %q, %q", c.h, c.h.name(), c.h.who(), pidOf(&c.h))
		}
	}
}
