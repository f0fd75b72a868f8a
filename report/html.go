package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed patterns.svg
var patterns string

// Patterns are what the style fills TIME_WAIT, unaccounted ports and forecasts with.
var Patterns = template.HTML(patterns)

// WriteHTML writes one self-contained page: no link to anything outside, and a
// content security policy that allows its own style and its own small script only,
// without which the page says the same. It stays under 1 MB: what does not fit is
// counted and left to verdict.json.
func WriteHTML(w io.Writer, r *Report) error {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return err
	}
	f := filled(r)
	var b bytes.Buffer
	for _, lim := range pageSteps() {
		b.Reset()
		if err := t.Execute(&b, newPage(f, lim)); err != nil {
			return err
		}
		if b.Len() < maxPageBytes {
			break
		}
	}
	_, err = w.Write(b.Bytes())
	return err
}

// Style is the style of the page, for others of ours that look like it.
func Style() string { return pageCSS }

// Policy is the meta element that allows a page its own style and script and nothing
// else; without a script none is allowed. The hashes are those of the two as they stand in
// the page, so that they cannot drift apart.
func Policy(style, script string) template.HTML {
	sum := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	allowed := "style-src " + sum(style)
	if script != "" {
		allowed += "; script-src " + sum(script)
	}
	return template.HTML(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ` + allowed + `; img-src data:; base-uri 'none'; form-action 'none'">`)
}

// page is what the template prints: every text in it is visible and cut.
type page struct {
	CSP          template.HTML
	CSS          template.CSS
	JS           template.JS
	Patterns     template.HTML
	Title, Class string
	Hosts, Facts []string
	Synthetic    bool
	Nav          []navItem
	Sign         template.HTML
	Heading      []piece
	When, Who    []piece
	Sure, Clause string
	Why          []string
	WhyTitle     string
	Bars         []barView
	BarsTitle    string
	BarsSource   string
	HasMap       bool
	Pools        *tableView
	PoolsSource  string
	First, Later []stepView // next steps: of the first screen, and the others
	Groups       []stepGroup
	StepsMore    string
	Refused      *tableView
	Suspects     *tableView
	SuspectsNote string
	Failures     *tableView
	Contrary     []linkView
	Known        []string
	Missing      []missingView
	MissingMore  string
	Machines     []machineView
	MachinesMore string
	Inconclusive bool
	Ranges       *rangesView
	Others       *evidenceView
	OtherCount   string
	Sources, Bad *tableView
	Settings     []setting
	Tool, Schema string
	Bundle       string
	limits       pageLimits
	report       *Report
	several      bool // machines
	rows         map[string]*Evidence
	anchors      map[string]bool // ids that stand in the page
}

type navItem struct{ To, Text string }

type linkView struct{ To, Text string }

type setting struct{ Name, Value string }

func newPage(r *Report, lim pageLimits) *page {
	v := &r.Verdict
	p := &page{
		CSP: Policy(pageCSS, pageJS), CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Patterns: Patterns, Class: faceOf(v.Outcome, v.Cause).class, Sign: signs(v.Outcome, v.Cause), Synthetic: synthetic(r),
		Inconclusive: v.Outcome == Inconclusive, limits: lim, report: r, rows: byID(r), anchors: map[string]bool{}, several: len(v.machines()) > 1,
		Schema: fmt.Sprint(r.SchemaVersion), Bundle: short(r.Bundle.ID),
	}
	p.Tool = strings.TrimSpace(p.cut(r.Tool.Name) + " " + p.cut(r.Tool.Version))
	p.identity(r)
	p.head(r)
	p.balance(v)
	p.machines(r)
	p.ranges(v)
	p.beside(r)
	p.others(v)
	p.steps(v)
	p.missing(v)
	p.sources(r)
	p.diagnostics(r)
	p.settings(r)
	p.navigation()
	return p
}

func (p *page) cut(s string) string { return cut(s, p.limits.cut) }

// fit is how many of a list are shown: a line that says "1 more" would take the place of
// that one.
func fit(total, limit int) int {
	if total <= limit+1 {
		return total
	}
	return limit
}

// more says how many of a list were left out.
func more(total, shown int) string {
	if total <= shown {
		return ""
	}
	return Grouped(total-shown) + " more in verdict.json"
}

// short is the head of a hash, which is enough to tell two files apart by eye.
func short(hash string) string { return Visible(hash[:min(len(hash), 8)]) }

// identity is the line above the heading: machines, Windows, inputs.
func (p *page) identity(r *Report) {
	v := &r.Verdict
	for _, host := range v.machines() {
		if host != "" {
			p.Hosts = append(p.Hosts, cut(host, min(p.limits.cut, 80)))
		}
	}
	if len(p.Hosts) == 0 && r.Bundle.Host != "" {
		p.Hosts = []string{cut(r.Bundle.Host, min(p.limits.cut, 80))}
	}
	if n := len(p.Hosts); n > 3 {
		p.Hosts = append(p.Hosts[:2:2], Grouped(n-2)+" more machines")
	}
	if r.Bundle.OSBuild != "" {
		p.Facts = append(p.Facts, "Windows build "+p.cut(r.Bundle.OSBuild))
	}
	p.Facts = append(p.Facts, inputsText(r))
}

// inputsText counts the inputs: "6 inputs, 28.9 MB".
func inputsText(r *Report) string {
	var size int64
	for i := range r.Sources {
		size += max(r.Sources[i].Size, 0)
	}
	if len(r.Sources) == 0 {
		return "no input"
	}
	return Counted(len(r.Sources), "input", "inputs") + ", " + bytesText(size)
}

func (p *page) head(r *Report) {
	v := &r.Verdict
	p.Title = p.cut(heading(v))
	p.Heading = unbrokenName(p.Title, cut(v.Host, p.limits.cut))
	if s, _ := outer(v.mainEpisodes()); !s.From.IsZero() {
		p.Title += ", " + dayText(s.From)
	}
	p.When, p.Who = p.pieces(when(r)), p.pieces(who(v))
	word, clause, rest := sure(v)
	p.Sure, p.Clause = p.cut(word), p.cut(clause)
	if p.Inconclusive {
		for _, s := range rest[:fit(len(rest), p.limits.list)] {
			p.Known = append(p.Known, p.cut(s))
		}
		return
	}
	p.WhyTitle = strings.TrimSpace("Why " + p.cut(string(v.Confidence)))
	rest = slices.DeleteFunc(slices.Clone(rest), func(s string) bool { return p.toldBelow(v, s) })
	for _, s := range rest[:fit(len(rest), p.limits.list)] {
		p.Why = append(p.Why, p.cut(s))
	}
	if m := more(len(rest), len(p.Why)); m != "" {
		p.Why = append(p.Why, m)
	}
}

// toldBelow is whether a reason is that of another pool, whose section says it.
func (p *page) toldBelow(v *Verdict, reason string) bool {
	main := v.mainPool()
	for i := range v.Pools {
		q := &v.Pools[i]
		if q != main && (p.several || v.speaks(q)) && slices.ContainsFunc(q.Reasons, func(s string) bool { return strings.HasSuffix(reason, ": "+s) }) {
			return true
		}
	}
	return false
}

func (p *page) pieces(all []piece) []piece {
	for i := range all {
		all[i].Text = p.cut(all[i].Text)
		all[i].Whole = all[i].Whole && len(all[i].Text) <= maxUnbroken
	}
	return all
}

// unbrokenName sets the name of a machine apart, so that it stays on one line.
func unbrokenName(text, host string) []piece {
	i := strings.LastIndex(text, host)
	if host == "" || len(host) > maxUnbroken || i < 0 {
		return []piece{plain(text)}
	}
	return []piece{plain(text[:i]), {Text: host, Whole: true}, plain(text[i+len(host):])}
}

func signs(o Outcome, c Cause) template.HTML {
	const open = `<svg viewBox="0 0 44 44" aria-hidden="true">`
	switch {
	case o == Exhausted:
		return open + `<path class="sign" d="M13.500 1h17L43 13.500v17L30.500 43h-17L1 30.500v-17z"/><path class="cut" d="M19.400 9h5.200l-1.200 17h-2.800zM19.600 30h4.800v4.800h-4.800z"/></svg>`
	case o == Likely:
		return open + `<path class="sign" d="M22 3 43 41H1z"/><path class="cut" d="M19.600 15h4.800l-1 13h-2.800zM19.800 31h4.400v4.400h-4.400z"/></svg>`
	case o == NotExhausted && c == CauseNotPorts: // an i: look at what failed
		return open + `<circle class="sign" cx="22" cy="22" r="21"/><path class="cut" d="M19.500 10h5v5h-5zM19.500 18h5v16h-5z"/></svg>`
	case o == NotExhausted:
		return open + `<circle class="sign" cx="22" cy="22" r="21"/><path class="tick" d="M12 23l7 7 14-15"/></svg>`
	}
	return open + `<circle class="sign" cx="22" cy="22" r="21"/><path class="tick" d="M16 18c0-4 2.600-6.500 6.200-6.500s6.300 2.300 6.300 5.600c0 4.600-6.200 5-6.200 9.900"/><circle class="cut" cx="22.200" cy="32.500" r="2.500"/></svg>`
}

// navigation are the links to what stands below the first screen.
func (p *page) navigation() {
	add := func(ok bool, to, text string) {
		if ok {
			p.Nav = append(p.Nav, navItem{to, text})
		}
	}
	if p.several {
		for _, m := range p.Machines {
			add(m.Anchor != "", m.Anchor, m.Host)
		}
	} else if len(p.Machines) > 0 {
		m := p.Machines[0]
		add(len(m.Charts) > 0, "timeline", "Timeline")
		add(m.Holders != nil, "ports", "Ports")
		add(m.Episodes != nil, "episodes", "Episodes")
		add(len(m.Findings) > 0, "findings", "Findings")
	}
	add(p.Sources != nil, "inputs", "Inputs")
}

// anchor is an id that may stand in the page, or "" for a text that may not.
func anchor(s string) string {
	if s == "" || len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	}) {
		return ""
	}
	return s
}

// claim gives the anchor to the first that asks for it.
func (p *page) claim(s string) string {
	id := anchor(s)
	if id == "" || p.anchors[id] {
		return ""
	}
	p.anchors[id] = true
	return id
}

// tableView is a table: its columns, its rows, and the sum under it.
type tableView struct {
	Label string // for those who do not see it
	Cols  []col
	Rows  [][]cell
	Sum   []cell
	More  string
}

// col is a head and how its cells are set.
type col struct{ Head, Class, Key string }

// cell is one value; Swatch is the class of the little square before it, Note stands
// behind it in muted type.
type cell struct {
	Text, Note, Class, Swatch string
	Bar                       template.HTML
	Sum                       string // what the bar shows, where the page is narrow
}

func text(s string) cell { return cell{Text: s} }

// whole drops the columns in which nothing stands, so that no head is above nothing.
func (t *tableView) whole() *tableView {
	if len(t.Rows) == 0 {
		return nil
	}
	for i := len(t.Cols) - 1; i > 0; i-- {
		empty := func(row []cell) bool { return row[i].Text == "" && row[i].Bar == "" }
		if slices.ContainsFunc(t.Rows, func(row []cell) bool { return !empty(row) }) {
			continue
		}
		t.Cols = slices.Delete(t.Cols, i, i+1)
		for k := range t.Rows {
			t.Rows[k] = slices.Delete(t.Rows[k], i, i+1)
		}
		if t.Sum != nil {
			t.Sum = slices.Delete(t.Sum, i, i+1)
		}
	}
	return t
}
