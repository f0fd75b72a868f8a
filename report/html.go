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
	Heading            []piece
	When               []piece
	Summary, Cause     string
	Confidence, Reason string
	Sure               string
	Reasons            []string
	Balance            *balanceView
	Holder             holderCard
	Victims            []victimRow
	VictimsMore        string
	NoVictim           string
	NoVictimWhy        string
	NotPorts           bool // what failed is the first thing to see
	Failures           []failureRow
	FailureCount       string
	FailuresMore       string
	Pool               poolCard
	Machines           []machineView
	MachinesMore       string
	Next               []nextItem
	NextMore           string
	Missing            []missingItem
	MissingMore        string
	Chart              *chartView
	Episodes           []episodeRow
	EpisodesMore       string
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
	several            bool // machines
	limits             pageLimits
	rows               map[string]*Evidence
	anchors            map[string]bool // ids that stand in the page
}

// piece is a stretch of text; Code is shown as code, bold in the time line, and on one
// line in the heading.
type piece struct {
	Text string
	Code bool
}

type holderCard struct {
	Label, Name, Who  string
	Known, Named      bool
	Ports, Share, How string
	Others            []string
}

type victimRow struct{ Name, Services, PID, Count string }

type missingItem struct {
	Input, Cost string
	How         []piece
}

type nextItem struct{ Text, Where, Command, Link string }

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
	p := &page{
		CSP: policy(), CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Class: faceOf(v.Outcome, v.Cause).class, Sign: signs(v.Outcome, v.Cause), Synthetic: synthetic(r),
		Summary: cut(v.Summary, lim.cut), limits: lim, rows: byID(r), anchors: map[string]bool{}, several: len(v.machines()) > 1,
		Schema: fmt.Sprint(r.SchemaVersion), Bundle: cut(r.Bundle.ID, lim.cut),
	}
	p.Tool = strings.TrimSpace(p.cut(r.Tool.Name) + " " + p.cut(r.Tool.Version))
	p.Title = p.cut(heading(v))
	p.Heading = unbrokenName(p.Title, v.Host)
	if r.Bundle.Host != "" {
		p.Host = p.cut(r.Bundle.Host)
	}
	if r.Bundle.OSBuild != "" {
		p.Where = append(p.Where, "Windows build "+p.cut(r.Bundle.OSBuild))
	}
	if s, _ := outer(v.mainEpisodes()); !s.From.IsZero() {
		p.Title += ", " + dayText(s.From)
	}
	p.verdict(r)
	p.balance(v)
	p.holder(v)
	p.victims(v)
	p.pools(v)
	p.missing(v)
	p.chart(r)
	p.episodes(v)
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
	return Grouped(total-shown) + " more in verdict.json"
}

func signs(o Outcome, c Cause) template.HTML {
	const open = `<svg viewBox="0 0 64 64" aria-hidden="true">`
	switch {
	case o == Exhausted:
		return open + `<path class="oct" d="M20 2h24l18 18v24L44 62H20L2 44V20z"/><path class="bang" d="M28 14h8l-2 24h-4zM28 44h8v7h-8z"/></svg>`
	case o == Likely:
		return open + `<path class="oct" d="M32 4 62 58H2z"/><path class="bang" d="M28 22h8l-2 18h-4zM28.500 44.500h7v7h-7z"/></svg>`
	case o == NotExhausted && c == CauseNotPorts: // an i: look at what failed
		return open + `<circle class="oct" cx="32" cy="32" r="30"/><path class="bang" d="M28 14h8v7h-8zM28 27h8v24h-8z"/></svg>`
	case o == NotExhausted:
		return open + `<circle class="oct" cx="32" cy="32" r="30"/><path class="mark" d="M18 33l10 10 18-21"/></svg>`
	}
	return open + `<circle class="oct" cx="32" cy="32" r="30"/><path class="mark" d="M23 25c0-6 4-9 9-9s9 3 9 8c0 7-9 7-9 14"/><circle class="bang" cx="32" cy="48" r="3.800"/></svg>`
}

func (p *page) verdict(r *Report) {
	v := &r.Verdict
	p.When = when(r)
	if v.Cause != CauseNotPorts { // which the heading says
		p.Cause = p.cut(causeText(v.Cause))
	}
	if v.Outcome != Inconclusive { // nothing was found that one could be sure of
		p.Confidence = p.cut(strings.ToUpper(string(v.Confidence[:min(1, len(v.Confidence))])) + string(v.Confidence[min(1, len(v.Confidence)):]))
		p.Sure = p.cut(string(v.Confidence))
	}
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

// unbrokenName sets the name of a machine apart, so that it stays on one line.
func unbrokenName(text, host string) []piece {
	i := strings.LastIndex(text, host)
	if host == "" || len(host) > maxUnbroken || i < 0 {
		return []piece{{Text: text}}
	}
	return []piece{{Text: text[:i]}, {Text: host, Code: true}, {Text: text[i+len(host):]}}
}

// when is the line under the heading: of the episodes of its pool.
func when(r *Report) []piece {
	v := &r.Verdict
	episodes := v.mainEpisodes()
	if len(episodes) == 0 {
		s := covered(r)
		if s.From.IsZero() && s.To.IsZero() {
			return []piece{{Text: "No input carries a time"}}
		}
		return []piece{{Text: "The inputs cover "}, {Text: Period(s.From, s.To), Code: true}}
	}
	s, refused := outer(episodes)
	last := episodes[len(episodes)-1]
	facts := episodeFacts(last)
	if len(episodes) > 1 {
		facts = []string{Counted(len(episodes), "episode", "episodes"), "the last: " + Period(last.From, last.To) + ", " + endText(last)}
		if refused > 0 {
			facts = append(facts, Counted(refused, "attempt refused", "attempts refused"))
		}
	}
	if n := len(v.mainVictims()); n > 0 && refused > 0 {
		facts[len(facts)-1] = Counted(refused, "attempt", "attempts") + " of " + Counted(n, "process", "processes") + " refused"
	}
	return []piece{{Text: Period(s.From, s.To), Code: true}, {Text: " · " + strings.Join(facts, " · ")}}
}

// holder says who had the ports: by name only where the judgement names somebody.
func (p *page) holder(v *Verdict) {
	p.Holder.Label = "Held the ports"
	if v.Outcome == NotExhausted || v.Outcome == Inconclusive {
		p.Holder.Label = "Most ports"
	}
	holders := v.mainHolders()
	if len(holders) == 0 {
		p.Holder.Name, p.Holder.Who = "Not known", "No input shows which process had the ports."
		return
	}
	h := holders[0]
	p.Holder.Known, p.Holder.Named = true, h.Named
	p.Holder.Name = p.cut(h.who())
	var who []string
	if !h.isSum() && h.Image != "" {
		who = append(who, "PID "+pidText(h.PID))
	}
	if h.Image == "" {
		who = append(who, "name not in the bundle; send tasklist /svc")
	}
	if len(h.Services) > 0 {
		who = append(who, p.cut(strings.Join(h.Services, ", ")))
	}
	if b := basisText(h.Basis); b != "" {
		who = append(who, b)
	}
	p.Holder.Who = strings.Join(append(who, "confidence: "+p.cut(string(h.Confidence))), " · ")
	if !h.Named && (v.Outcome == Exhausted || v.Outcome == Likely) {
		p.Holder.Name = "Nobody is named"
		if h.Basis == "stuck-closes" {
			p.Holder.Name = "No program holds them"
		}
		p.Holder.Who = "Most: " + p.cut(h.name()) + " · " + p.Holder.Who
	}
	p.Holder.Ports, p.Holder.Share = Grouped(h.Ports), "ports · "+Percent(h.Share)
	if m := v.mainPool(); m != nil && m.Capacity > 0 {
		p.Holder.Ports += " of " + Grouped(m.Capacity)
	}
	var how []string
	for _, s := range []string{growthText(h), statesText(h), h.ByDesign, h.Note} {
		if s != "" {
			how = append(how, p.cut(s))
		}
	}
	p.Holder.How = strings.Join(how, " · ")
	for _, o := range holders[1:min(len(holders), 4)] {
		p.Holder.Others = append(p.Holder.Others, fmt.Sprintf("%s · %s", cut(o.name(), min(p.limits.cut, 120)), Counted(o.Ports, "port", "ports")))
	}
	if m := more(len(holders), 4); m != "" {
		p.Holder.Others = append(p.Holder.Others, m)
	}
}

func (p *page) victims(v *Verdict) {
	victims := v.mainVictims()
	shown := min(len(victims), 5)
	for _, w := range victims[:shown] {
		p.Victims = append(p.Victims, victimRow{
			Name: cut(processName(w.Image, w.PID, w.ProcessKey), min(p.limits.cut, 120)), Services: cut(strings.Join(w.Services, ", "), min(p.limits.cut, 120)),
			PID: pidText(w.PID), Count: Grouped(w.Failures),
		})
	}
	p.VictimsMore = more(len(victims), shown)
	p.NoVictim, p.NoVictimWhy = "Not known", "No input names a process whose attempt was refused."
	if v.Outcome == NotExhausted {
		p.NoVictim, p.NoVictimWhy = "Nobody", "No attempt was refused for want of a port."
	}
	p.failures(v)
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
	for i := range v.NextSteps[:n] {
		s := &v.NextSteps[i]
		item := nextItem{Text: p.cut(s.Text), Command: wholeCommand(s.Command)}
		if item.Command != "" {
			item.Where = runsOn(s)
		}
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

// wholeCommand is a command as it can be copied. One that is too long is left to
// verdict.json: half a command does something else.
func wholeCommand(s string) string {
	if len(s) > maxCommand {
		return "the command is in verdict.json"
	}
	return Visible(s)
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
