package compare

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
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

// policy is the meta element; the hash is that of the style as it stands in
// the page, so the two cannot drift apart.
func policy() template.HTML {
	sum := sha256.Sum256([]byte(pageCSS))
	return template.HTML(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-` +
		base64.StdEncoding.EncodeToString(sum[:]) + `'; img-src data:; base-uri 'none'; form-action 'none'">`)
}

func (c *Comparison) page() *page {
	p := &page{
		CSP: policy(), CSS: template.CSS(pageCSS), Class: string(c.Verdict), Synthetic: c.synthetic(), Sign: sign(c.Verdict),
		Heading: resultText(c.Verdict) + ": " + c.heading, Summary: cut(c.Summary, maxText), Host: cut(report.Joined(c.hosts()), maxName),
		Before: c.card("Before", c.Before, true), After: c.card("After", c.After, false),
		Bundles: [2]string{cut(c.Before.BundleID, maxName), cut(c.After.BundleID, maxName)},
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
		row{Name: "Inputs", Before: known(strings.Join(c.Before.Kinds, ", ")), After: known(strings.Join(c.After.Kinds, ", "))},
		row{Name: "They cover", Before: spanText(c.Before.Covers), After: spanText(c.After.Covers)})
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
