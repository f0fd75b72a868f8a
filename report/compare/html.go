package compare

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"
	"strings"

	"portverdict/report"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageCSS string

// What a page shows of a list and of a name; verdict.json has them whole.
const (
	maxRows = 200
	maxName = 160
	maxText = 1000
)

type page struct {
	CSP           template.HTML
	CSS           template.CSS
	Patterns      template.HTML
	Pools         []poolView
	Title, Class  string
	Host          string
	Synthetic     bool
	Sign          template.HTML
	Heading       string
	Summary       string
	Before, After cardView
	Reasons       []string
	Tables        []tableView
	Bundles       [2]string
}

// poolView is where the ports of a pool were, before and after.
type poolView struct {
	Title string
	Bars  []barView
}

type barView struct {
	report.Bar
	Label string
}

// maxPools is how many pools have their bars on the page; the table has all.
const maxPools = 4

// poolViews are the pools of which both sides know something.
func (c *Comparison) poolViews() []poolView {
	var out []poolView
	for i := range c.Pools {
		p := &c.Pools[i]
		if len(out) == maxPools || !p.Before.known() || !p.After.known() {
			continue
		}
		v := poolView{Title: "Where the " + c.poolName(p.Host, p.Transport, p.Family) + " ports were"}
		for _, side := range []struct {
			label string
			of    *PoolSide
		}{{"Before", p.Before}, {"After", p.After}} {
			label := side.label
			if at := side.of.Balance.At; !at.IsZero() {
				label += ", " + report.Moment(at)
			}
			name, ports := c.named(p, side.of)
			v.Bars = append(v.Bars, barView{report.NewBar(side.of.Balance, name, ports), label})
		}
		out = append(out, v)
	}
	return out
}

// known tells that something shows where the ports of a pool were.
func (s *PoolSide) known() bool {
	return s != nil && s.Balance != nil && s.Balance.Basis != "" && s.Balance.Basis != "none" && s.Balance.Capacity > 0
}

// named are the named holders of a side of a pool, and the ports that they had together.
func (c *Comparison) named(p *PoolChange, side *PoolSide) (name string, ports int) {
	var names []string
	for _, h := range c.Holders {
		of := h.After
		if side == p.Before {
			of = h.Before
		}
		if of != nil && of.Named && h.Host == p.Host && h.Transport == p.Transport {
			names, ports = append(names, nameOf(h.Image, of.PIDs)), ports+of.Ports
		}
	}
	return cut(report.Joined(names), maxName), ports
}

// cardView is one side on the first screen.
type cardView struct {
	Label, Class, Outcome, Sure, Covers string
	Lines                               []string
}

type tableView struct {
	Title, What, More string
	Rows              []row
}

// WriteHTML writes one self-contained page: no script, no link to anything
// outside, a content security policy that allows its own style only.
func (c *Comparison) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, c.page()); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (c *Comparison) page() *page {
	css := report.Style() + pageCSS
	p := &page{
		CSP: report.Policy(css, ""), CSS: template.CSS(css), Patterns: report.Patterns, Pools: c.poolViews(), Class: string(c.Verdict), Synthetic: c.synthetic(), Sign: sign(c.Verdict),
		Heading: resultText(c.Verdict) + ": " + c.heading, Summary: cut(c.Summary, maxText), Host: cut(report.Joined(c.hosts()), maxName),
		Before: c.card("Before", c.Before, true), After: c.card("After", c.After, false),
		Bundles: [2]string{shortID(c.Before.BundleID), shortID(c.After.BundleID)},
	}
	p.Title = faceOf(c.Verdict).word + ": before and after"
	if p.Host != "" {
		p.Title += " on " + p.Host
	}
	for _, s := range c.Reasons {
		p.Reasons = append(p.Reasons, cut(s, maxText))
	}
	p.add("Pools", "Pool", c.poolRows())
	p.add("Held ports", "Process", c.holderRows())
	p.add("Refused", "Process", c.victimRows())
	p.add("Other failures, which are not exhaustion", "Status", c.failureRows())
	p.add("Findings", "Finding", c.findingRows())
	p.add("Inputs", "What", c.inputRows())
	return p
}

func (c *Comparison) card(label string, s Side, before bool) cardView {
	v := cardView{
		Label: label, Class: "o-" + classOf(string(s.Outcome)), Outcome: upperFirst(outcomeText(s.Outcome)),
		Sure: cut(confidenceText(s), maxName), Covers: spanText(s.Covers),
	}
	if s.Failures != nil {
		v.Lines = append(v.Lines, upperFirst(refusedText(*s.Failures)))
	}
	for _, p := range c.Pools {
		side := p.After
		if before {
			side = p.Before
		}
		if side != nil && side.Used != nil {
			v.Lines = append(v.Lines, c.poolName(p.Host, p.Transport, p.Family)+": "+side.usedText()+" in use")
		}
	}
	return v
}

// classOf keeps words of a report from becoming a class of the page.
func classOf(outcome string) string {
	switch outcome {
	case "exhausted", "likely", "not-exhausted":
		return outcome
	}
	return "inconclusive"
}

// inputRows say what both sides were judged from.
func (c *Comparison) inputRows() []row {
	rows := []row{{Name: "Host", Before: known(c.Before.Host), After: known(c.After.Host)}, {Name: "Windows build", Before: known(c.Before.OSBuild), After: known(c.After.OSBuild)}}
	return append(rows,
		row{Name: "Inputs", Before: kindsText(c.Before.Kinds), After: kindsText(c.After.Kinds)},
		row{Name: "They cover", Before: spanText(c.Before.Covers), After: spanText(c.After.Covers)})
}

// shortID is the head of a hash, which is enough to tell two bundles apart by eye.
func shortID(id string) string { return cut(id[:min(len(id), 8)], maxName) }

// kindsText is a list of kinds that breaks between them on a phone.
func kindsText(kinds []string) string {
	return known(strings.ReplaceAll(strings.Join(kinds, ", "), "hosttext.", ""))
}

func known(s string) string {
	if s == "" {
		return notKnown
	}
	return s
}

func (p *page) add(title, what string, rows []row) {
	if len(rows) == 0 {
		return
	}
	t := tableView{Title: title, What: what}
	for _, r := range rows[:min(len(rows), maxRows)] {
		r.Name, r.Sub, r.Before, r.After = cut(r.Name, maxName), cut(r.Sub, maxName), cut(r.Before, maxText), cut(r.After, maxText)
		t.Rows = append(t.Rows, r)
	}
	if n := len(rows) - len(t.Rows); n > 0 {
		t.More = report.Grouped(n) + " more, see the JSON form"
	}
	p.Tables = append(p.Tables, t)
}

func sign(r Result) template.HTML {
	const open = `<svg viewBox="0 0 64 64" aria-hidden="true"><circle class="disc" cx="32" cy="32" r="30"/>`
	switch r {
	case Fixed:
		return open + `<path class="mark" d="M18 33l10 10 18-21"/></svg>`
	case Better:
		return open + `<path class="mark" d="M32 48V18M19 30l13-13 13 13"/></svg>`
	case Worse:
		return open + `<path class="mark" d="M32 16v30M19 34l13 13 13-13"/></svg>`
	case Same:
		return open + `<path class="mark" d="M18 25h28M18 39h28"/></svg>`
	}
	return open + `<path class="mark" d="M23 25c0-6 4-9 9-9s9 3 9 8c0 7-9 7-9 14"/><circle class="point" cx="32" cy="48" r="3.800"/></svg>`
}
