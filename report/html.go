package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

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

// policy is the meta element; the hashes are those of style and script as they
// stand in the page, so that they cannot drift apart.
func policy() template.HTML {
	sum := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
	}
	return template.HTML(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ` + sum(pageCSS) +
		`; script-src ` + sum(pageJS) + `; img-src data:; base-uri 'none'; form-action 'none'">`)
}

type page struct {
	CSP                template.HTML
	CSS                template.CSS
	JS                 template.JS
	Title, Class       string
	Host               string
	Where              []string
	Synthetic          bool
	Sign               template.HTML
	Heading            string
	When               []piece
	Summary            string
	Confidence, Reason string
	Sure               string
	Reasons            []string
	Holder             holderCard
	Victims            []victimRow
	VictimsMore        string
	NoVictim           string
	NoVictimWhy        string
	Pools              []poolCard
	Next               []nextItem
	NextMore           string
	Missing            []missingItem
	MissingMore        string
	Chart              *chartView
	Windows            []windowRow
	WindowCount        string
	WindowsMore        string
	Ranges             *rangesView
	Findings           []findingView
	FindingsMore       string
	Others             []rowView
	OtherCount         string
	OthersMore         string
	Sources            []sourceRow
	SourcesMore        string
	Diagnostics        []diagnosticRow
	DiagnosticsMore    string
	Settings           []setting
	Tool, Schema       string
	Bundle             string
	limits             pageLimits
	rows               map[string]*Evidence
	anchors            map[string]bool // ids that stand in the page
}

// piece is a stretch of text; Code is shown as code, or bold in the time line.
type piece struct {
	Text string
	Code bool
}

type holderCard struct {
	Label, Name, Who  string
	Known             bool
	Bar               template.HTML
	Ports, Share, How string
	Others            []string
}

type victimRow struct{ Name, Services, PID, Count string }

type poolCard struct {
	Range string
	Lines []string
}

type missingItem struct {
	Input, Cost string
	How         []piece
}

type nextItem struct {
	Parts []piece
	Link  string
}

type windowRow struct {
	Span, Pool, Count string
	Log               []string
}

type chartView struct {
	SVG         template.HTML
	Legend      []legendItem
	Steps, Step string
	Heads       []string
	Rows        []numberRow
	RowsMore    string
}

type setting struct{ Name, Value string }

type numberRow struct {
	T string
	N []string
}

type sourceRow struct{ Path, SHA256, Notes, Kind, Size, Covers, Clock, Decoded, Undecoded, Lost string }

type diagnosticRow struct{ Source, Where, Severity, Text, Code, Count string }

func newPage(r *Report, lim pageLimits) *page {
	v := &r.Verdict
	f := faceOf(v.Outcome)
	p := &page{
		CSP: policy(), CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Class: f.class, Sign: signs(v.Outcome), Heading: heading(v), Synthetic: synthetic(r),
		Summary: cut(v.Summary, lim.cut), limits: lim, rows: byID(r), anchors: map[string]bool{},
		Schema: fmt.Sprint(r.SchemaVersion), Bundle: cut(r.Bundle.ID, lim.cut),
	}
	p.Tool = strings.TrimSpace(p.cut(r.Tool.Name) + " " + p.cut(r.Tool.Version))
	p.Title = f.word + ": " + transports(v) + " ports"
	if r.Bundle.Host != "" {
		p.Host = p.cut(r.Bundle.Host)
		p.Title += " on " + p.cut(r.Bundle.Host)
	}
	if r.Bundle.OSBuild != "" {
		p.Where = append(p.Where, "Windows build "+p.cut(r.Bundle.OSBuild))
	}
	if s, _, ok := outer(v); ok {
		p.Title += ", " + dayText(s.From)
	}
	p.verdict(r)
	p.holder(v)
	p.victims(v)
	p.pools(v)
	p.missing(v)
	p.chart(r)
	p.windows(v)
	p.ranges(v)
	p.findings(r)
	p.others(v)
	p.next(v)
	p.sources(r)
	p.diagnostics(r)
	p.settings(r)
	return p
}

func (p *page) cut(s string) string { return cut(s, p.limits.cut) }

// more says how many of a list were left out.
func more(total, shown int) string {
	if total <= shown {
		return ""
	}
	return Grouped(total-shown) + " more, see verdict.json"
}

func signs(o Outcome) template.HTML {
	const open = `<svg viewBox="0 0 64 64" aria-hidden="true">`
	switch o {
	case Exhausted:
		return open + `<path class="oct" d="M20 2h24l18 18v24L44 62H20L2 44V20z"/><path class="bang" d="M28 14h8l-2 24h-4zM28 44h8v7h-8z"/></svg>`
	case Likely:
		return open + `<path class="oct" d="M32 4 62 58H2z"/><path class="bang" d="M28 22h8l-2 18h-4zM28.500 44.500h7v7h-7z"/></svg>`
	case NotExhausted:
		return open + `<circle class="oct" cx="32" cy="32" r="30"/><path class="mark" d="M18 33l10 10 18-21"/></svg>`
	}
	return open + `<circle class="oct" cx="32" cy="32" r="30"/><path class="mark" d="M23 25c0-6 4-9 9-9s9 3 9 8c0 7-9 7-9 14"/><circle class="bang" cx="32" cy="48" r="3.800"/></svg>`
}

func (p *page) verdict(r *Report) {
	v := &r.Verdict
	p.When = when(r)
	p.Confidence = p.cut(strings.ToUpper(string(v.Confidence[:min(1, len(v.Confidence))])) + string(v.Confidence[min(1, len(v.Confidence)):]))
	p.Sure = p.cut(string(v.Confidence))
	if all := strings.Join(v.Reasons, " "); len(v.Reasons) <= 3 && len(all) <= 160 {
		p.Reason = p.cut(all)
		return
	}
	p.Reason = p.cut(v.Reasons[0])
	n := min(len(v.Reasons), p.limits.list)
	for _, s := range v.Reasons[:n] {
		p.Reasons = append(p.Reasons, p.cut(s))
	}
	if m := more(len(v.Reasons), n); m != "" {
		p.Reasons = append(p.Reasons, m)
	}
}

// when is the line under the heading.
func when(r *Report) []piece {
	v := &r.Verdict
	s, n, ok := outer(v)
	lead := ""
	if !ok {
		if s = covered(r); s.From.IsZero() || s.To.IsZero() {
			return []piece{{Text: "The inputs cover: " + spanText(s)}}
		}
		lead = "The inputs cover "
	}
	out := []piece{{Text: lead + dayText(s.From) + ", "}, {Text: clockText(s.From), Code: true}}
	if !s.To.IsZero() {
		to := " to "
		if !sameDay(s.From, s.To) {
			to += dayText(s.To) + ", "
		}
		out = append(out, piece{Text: to}, piece{Text: clockText(s.To), Code: true}, piece{Text: " UTC · " + lasting(s.To.Sub(s.From.Time))})
	} else {
		out = append(out, piece{Text: " UTC"})
	}
	if ok && len(v.Windows) > 1 {
		out = append(out, piece{Text: " in " + Grouped(len(v.Windows)) + " windows"})
	}
	if n > 0 {
		out = append(out, piece{Text: " · " + Counted(n, "refused attempt", "refused attempts")})
	}
	if ok && len(v.Victims) > 0 {
		out = append(out, piece{Text: " by " + Counted(len(v.Victims), "process", "processes")})
	}
	return out
}

func (p *page) holder(v *Verdict) {
	p.Holder.Label = "Held the ports"
	if v.Outcome == NotExhausted || v.Outcome == Inconclusive {
		p.Holder.Label = "Held the most ports"
	}
	if len(v.Holders) == 0 {
		p.Holder.Name, p.Holder.Who = "Not known", "No input tells which process held the ports."
		return
	}
	h := &v.Holders[0]
	p.Holder.Known = true
	p.Holder.Name = p.cut(processName(h.Image, h.PID, h.ProcessKey))
	who := []string{"PID " + pidText(h.PID)}
	if len(h.Services) > 0 {
		who = append(who, p.cut(strings.Join(h.Services, ", ")))
	}
	if b := basisText(h.Basis); b != "" {
		who = append(who, b)
	}
	p.Holder.Who = strings.Join(append(who, p.cut(string(h.Confidence))), " · ")
	share := min(max(h.Share, 0), 1)
	p.Holder.Bar = template.HTML(fmt.Sprintf(`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="bg" width="100" height="10"/><rect class="fg" width="%.1f" height="10"/></svg>`, share*100))
	p.Holder.Ports, p.Holder.Share = Grouped(h.Ports), "ports · "+percent(h.Share)
	if m := mainPool(v); m != nil && m.Capacity > 0 {
		p.Holder.Ports += " of " + Grouped(m.Capacity)
	}
	var how []string
	if g := growthText(h); g != "" {
		how = append(how, strings.Replace(g, "/min", " a minute", 1))
	}
	if s := statesText(h); s != "" {
		how = append(how, s)
	}
	p.Holder.How = strings.Join(how, " · ")
	for i := range v.Holders[1:min(len(v.Holders), 4)] {
		o := &v.Holders[i+1]
		p.Holder.Others = append(p.Holder.Others, fmt.Sprintf("%s · %s", cut(named(o.Image, o.Services, o.PID, o.ProcessKey), min(p.limits.cut, 120)), Counted(o.Ports, "port", "ports")))
	}
	if m := more(len(v.Holders), 4); m != "" {
		p.Holder.Others = append(p.Holder.Others, m)
	}
}

func (p *page) victims(v *Verdict) {
	shown := min(len(v.Victims), 5)
	for _, w := range v.Victims[:shown] {
		p.Victims = append(p.Victims, victimRow{
			Name: cut(processName(w.Image, w.PID, ""), min(p.limits.cut, 120)), Services: cut(strings.Join(w.Services, ", "), min(p.limits.cut, 120)),
			PID: pidText(w.PID), Count: Grouped(w.Failures),
		})
	}
	p.VictimsMore = more(len(v.Victims), shown)
	p.NoVictim, p.NoVictimWhy = "Not known", "No input names a process whose attempt was refused."
	if v.Outcome == NotExhausted {
		p.NoVictim, p.NoVictimWhy = "Nobody", "No attempt was refused for want of a port."
	}
}

// defaultCount is the size of the dynamic range Windows has had since Vista.
const defaultCount = 16384

func (p *page) pools(v *Verdict) {
	main := mainPool(v)
	if main == nil {
		return
	}
	p.Pools = append(p.Pools, p.pool(main))
	for i := range v.Pools[:min(len(v.Pools), 4)] {
		if q := &v.Pools[i]; q != main {
			p.Pools[0].Lines = append(p.Pools[0].Lines, fmt.Sprintf("%s %d–%d: %s", p.cut(strings.ToUpper(q.Transport)), q.Start, lastPort(q), inUse(q)))
		}
	}
}

// inUse says how full a pool was.
func inUse(q *Pool) string {
	if q.UsedSource == "" {
		return "how many were in use is not known"
	}
	return fmt.Sprintf("at most %s of %s in use", Grouped(q.Used), Grouped(q.Capacity))
}

func (p *page) pool(q *Pool) poolCard {
	family := "IPv4 and IPv6 together"
	if q.Family == "ipv4" || q.Family == "ipv6" {
		family = strings.Replace(strings.ToUpper(q.Family), "IPV", "IPv", 1)
	}
	c := poolCard{Range: fmt.Sprintf("%d–%d", q.Start, lastPort(q))}
	c.Lines = append(c.Lines, fmt.Sprintf("%s, %s · %s · %s excluded · %s", p.cut(strings.ToUpper(q.Transport)), family,
		Counted(q.Count, "port", "ports"), Grouped(q.Excluded), p.cut(rangeOrigin(q, p.rows))))
	used := inUse(q)
	if q.UsedSource != "" && !q.UsedAt.IsZero() {
		used += ", at " + clockText(q.UsedAt)
	}
	c.Lines = append(c.Lines, strings.ToUpper(used[:1])+used[1:])
	if q.Count > 0 && q.Count < defaultCount {
		c.Lines = append(c.Lines, fmt.Sprintf("Default would be 49152–65535: this range is %s of it", percent(float64(q.Count)/defaultCount)))
	}
	return c
}

func (p *page) missing(v *Verdict) {
	n := min(len(v.Missing), p.limits.list)
	for _, m := range v.Missing[:n] {
		item := missingItem{Input: p.cut(m.Input), Cost: p.cut(m.Cost), How: commands(p.cut(m.How))}
		p.Missing = append(p.Missing, item)
	}
	p.MissingMore = more(len(v.Missing), n)
}

func (p *page) next(v *Verdict) {
	n := min(len(v.NextSteps), p.limits.list)
	for _, s := range v.NextSteps[:n] {
		item := nextItem{Parts: commands(p.cut(s.Text))}
		for _, id := range []string{anchor(s.Why), anchor("f-" + s.Why)} {
			if p.anchors[id] {
				item.Link = id
				break
			}
		}
		p.Next = append(p.Next, item)
	}
	p.NextMore = more(len(v.NextSteps), n)
}

// commands sets apart the commands of a sentence, so that they can be copied.
func commands(s string) []piece {
	var out []piece
	for s != "" {
		at := -1
		for _, start := range []string{"netsh ", "netstat -", "wevtutil ", "tasklist ", "(echo "} {
			if i := strings.Index(s, start); i >= 0 && (at < 0 || i < at) {
				at = i
			}
		}
		if at < 0 {
			return append(out, piece{Text: s})
		}
		if at > 0 {
			out = append(out, piece{Text: s[:at]})
		}
		end := len(s)
		for _, stop := range []string{" (", ": ", ", ", "; ", ". "} {
			if i := strings.Index(s[at:], stop); i >= 0 {
				end = min(end, at+i)
			}
		}
		if end == len(s) {
			end = at + len(strings.TrimRight(s[at:], "."))
		}
		out, s = append(out, piece{Text: s[at:end], Code: true}), s[end:]
	}
	return out
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
