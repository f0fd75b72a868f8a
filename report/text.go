package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// TextOptions says how WriteText may use the terminal. Width is in columns;
// 0 is 80.
type TextOptions struct {
	Color bool
	Width int
	Saved bool // the report is in a file already: how to get one is not said
}

// WriteText writes the verdict on about one screen, without a trailing prompt or
// any character that could act on the terminal, except colours when asked. A command
// stands on a line of its own that is never broken; all other lines fit the width.
func WriteText(w io.Writer, r *Report, o TextOptions) error {
	t := &screen{width: min(max(o.Width, minTextWidth), maxTextWidth), color: o.Color, saved: o.Saved}
	if o.Width <= 0 {
		t.width = 80
	}
	f := filled(r)
	v := &f.Verdict
	t.head(f)
	if v.Outcome == Inconclusive {
		t.steps(v)
	}
	if v.Cause == CauseNotPorts {
		t.counts("Not ports", v.notPorts())
	}
	t.balance(f)
	t.others(v)
	t.counts("Refused", v.mainRefused())
	if v.Cause != CauseNotPorts {
		t.counts("Not ports", v.notPorts())
	}
	t.sparks(f)
	t.episodes(v)
	if v.Outcome != Inconclusive {
		t.steps(v)
	}
	t.why(f)
	t.foot(f)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type screen struct {
	b     strings.Builder
	width int
	color bool
	saved bool
}

const (
	margin = 2
	value  = 13 // where the values start
	number = 6  // columns of a number
)

// Colours of a terminal's own palette.
const (
	red, yellow, green, blue = "31", "33", "32", "34"
)

func (t *screen) paint(code, s string) string {
	if !t.color || s == "" || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func heavy(colour string) string { return strings.TrimSuffix("1;"+colour, ";") }

func (t *screen) blank() { t.b.WriteByte('\n') }

func (t *screen) line(s string) { t.b.WriteString(strings.TrimRight(s, " ") + "\n") }

// label starts a line at the values, behind a label of the margin.
func label(s string) string {
	return strings.Repeat(" ", margin) + Pad(Clip(s, value-margin-1), value-margin)
}

// row writes a label and a text of at most n lines, wrapped at the width.
func (t *screen) row(head, s string, n int) {
	for _, l := range Wrap(Visible(s), t.width-value, n) {
		t.line(label(head) + l)
		head = ""
	}
}

// indented writes a text at an indent.
func (t *screen) indented(s string, indent, n int) {
	for _, l := range Wrap(Visible(s), t.width-indent, n) {
		t.line(strings.Repeat(" ", indent) + l)
	}
}

func (t *screen) head(r *Report) {
	v := &r.Verdict
	f := faceOf(v.Outcome, v.Cause)
	left, conf := f.sign+" "+f.word, ""
	if v.Outcome != Inconclusive {
		conf = Visible(string(v.Confidence))
	}
	what := Visible(strings.TrimSpace(timesText(v) + ": " + claim(v)))
	what = strings.TrimSpace(strings.TrimPrefix(what, ": "))
	if gap := t.width - columns(left) - 2 - columns(what) - columns(conf); gap >= 2 || gap >= 0 && conf == "" {
		t.line(t.paint(heavy(f.colour), left) + "  " + what + strings.Repeat(" ", gap*min(len(conf), 1)) + t.paint("1", conf))
	} else {
		t.line(t.paint(heavy(f.colour), left) + strings.Repeat(" ", max(t.width-columns(left)-columns(conf), 2)*min(len(conf), 1)) + t.paint("1", conf))
		t.indented(what, margin, 3)
	}
	t.flow(strings.Split(Visible(said(when(r))), " · "))
	t.who(v)
	if synthetic(r) {
		t.indented(syntheticLine, margin, 1)
	}
}

// flow writes facts one after the other and breaks between them, within one only where it
// is wider than a line.
func (t *screen) flow(facts []string) {
	line := ""
	for _, f := range facts {
		if line != "" && columns(line+" · "+f) > t.width-margin {
			t.indented(line, margin, 3)
			line = ""
		}
		if line != "" {
			line += " · "
		}
		line += f
	}
	t.indented(line, margin, 3)
}

// who writes the sentence of who has the ports, the name of a named holder in blue.
func (t *screen) who(v *Verdict) {
	all := who(v)
	name := ""
	for _, p := range all {
		if p.Named {
			name = Visible(p.Text)
			break
		}
	}
	for i, l := range Wrap(Visible(said(all)), t.width-margin, 4) {
		if i == 0 && name != "" && strings.HasPrefix(l, name) {
			l = t.paint(blue, name) + l[len(name):]
		}
		if l != "" {
			t.line(strings.Repeat(" ", margin) + l)
		}
	}
}

// balance draws where the ports were, and writes the sum: of the headline's pool a term a
// line, of several pools a line each.
func (t *screen) balance(r *Report) {
	v := &r.Verdict
	rows := byID(r)
	if side := v.sideBySide(); side != nil {
		t.pools(v, side)
		return
	}
	p := v.mainPool()
	if p == nil || p.Capacity <= 0 {
		return
	}
	t.blank()
	heads := []string{"", ""}
	switch b := &p.Balance; {
	case b.Basis == "none" || b.Basis == "":
	case !b.At.IsZero() && len(v.mainEpisodes()) > 0 && b.At.UTC().Format("2006-01-02") == v.mainEpisodes()[0].From.UTC().Format("2006-01-02"):
		heads = []string{secondText(b.At), "UTC"}
	case !b.At.IsZero():
		heads = []string{b.At.UTC().Format("2 Jan"), b.At.UTC().Format("15:04") + " UTC"}
	default:
		heads = []string{"time not", "known"}
	}
	terms := v.terms(p)
	t.line(label("Ports") + t.bar(terms, t.width-value))
	for i, x := range terms {
		head := ""
		if i < len(heads) {
			head = heads[i]
		}
		colour := ""
		if x.class == "hold" {
			colour = blue
		}
		t.amount(head, x.ports, x.name, colour)
	}
	origin := fmt.Sprintf("capacity: %d-%d, %s", p.Start, lastPort(p), excludedText(p)+rangeOrigin(p, rows))
	head := ""
	if len(terms) < len(heads) {
		head = heads[len(terms)]
	}
	t.amount(head, p.Capacity, origin, "")
	if p.Balance.Basis != "none" {
		t.row("", "By "+v.balanceBasis(p, rows)+".", 2)
	}
	if now := r.stuckNow(p); now != nil {
		t.blank()
		t.row("", now.label+":", 1)
		t.amount("", now.ports, "stuck while closing", "")
		t.amount("", p.Capacity-now.ports, "in use or free; the log cannot tell", "")
	}
}

func (t *screen) bar(terms []part, width int) string {
	var bar strings.Builder
	for i, n := range cells(terms, width) {
		colour := ""
		if terms[i].class == "hold" {
			colour = blue
		}
		bar.WriteString(t.paint(colour, strings.Repeat(terms[i].block, n)))
	}
	return bar.String()
}

// amount writes a number, right-aligned, and what it counts.
func (t *screen) amount(head string, n int, what, colour string) {
	digits := Grouped(n)
	if len(digits) < number {
		digits = strings.Repeat(" ", number-len(digits)) + digits
	}
	room := t.width - value - len(digits) - 2
	if room < 12 { // a number of no pool
		t.line(label(head) + Clip(digits, t.width-value))
		t.row("", what, 2)
		return
	}
	for i, l := range Wrap(Visible(what), room, 3) {
		if i > 0 {
			head, digits = "", strings.Repeat(" ", len(digits))
		}
		t.line(label(head) + t.paint("1", digits) + "  " + t.paint(colour, l))
	}
}

func excludedText(p *Pool) string {
	if p.Excluded == 0 {
		return ""
	}
	return "less " + Grouped(p.Excluded) + " excluded, "
}

// pools writes pools one under the other, each with its bar and its sum.
func (t *screen) pools(v *Verdict, side []*Pool) {
	t.blank()
	shown := fit(len(side), maxListed)
	several := len(v.machines()) > 1
	for _, q := range side[:shown] {
		f := faceOf(q.Outcome, quiet(v, q.Cause))
		name := poolName(q.Transport, q.Family)
		if several {
			name = hostName(q.Host) + " " + name
		}
		outcome := f.sign + " " + strings.ToLower(outcomeWord(q.Outcome))
		head := Pad(Clip(Visible(name), t.width/3), 18)
		gap := strings.Repeat(" ", max(20-columns(outcome), 1))
		bar := ""
		if room := t.width - margin - columns(head) - 1 - columns(outcome) - len(gap); room >= 8 && q.Balance.Basis != "none" {
			bar = t.bar(v.terms(q), room)
		}
		t.line("  " + head + " " + t.paint(f.colour, outcome) + gap + bar)
		t.row("", equation(v.terms(q), q.Capacity), 3)
		if facts := poolFacts(q)[1:]; len(facts) > 0 {
			t.row("", strings.Join(facts, ", "), 2)
		}
		if q != v.mainPool() && q.troubled() {
			if s := refusedList(v.victimsOf(q.Host, q.Transport), maxHolders); s != "" {
				t.row("", "refused: "+s, 3)
			}
		}
	}
	if shown < len(side) {
		t.row("", more(len(side), shown), 1)
	}
}

// others are the pools that have nothing to say: a line each.
func (t *screen) others(v *Verdict) {
	side := v.sideBySide()
	var rest []*Pool
	for _, q := range v.ordered() {
		if !slices.Contains(side, q) && (side != nil || q != v.mainPool()) {
			rest = append(rest, q)
		}
	}
	if len(rest) == 0 {
		return
	}
	several := len(v.machines()) > 1
	shown := fit(len(rest), maxListed)
	t.blank()
	head := "Also"
	for _, q := range rest[:shown] {
		f := faceOf(q.Outcome, quiet(v, q.Cause))
		name := poolName(q.Transport, q.Family)
		if several {
			name = hostName(q.Host) + " " + name
		}
		t.row(head, name+" "+f.sign+" "+strings.ToLower(outcomeWord(q.Outcome))+", "+strings.Join(poolFacts(q), ", "), 3)
		head = ""
	}
	if shown < len(rest) {
		t.row("", more(len(rest), shown), 1)
	}
}

// counted is a number and what it counts, in one line; the second line is under it.
type countedLine struct {
	n           int
	text, below string
	named       bool
}

// mainRefused are the processes whose attempts the headline's pool refused.
func (v *Verdict) mainRefused() []countedLine {
	var out []countedLine
	for _, w := range v.mainVictims() {
		out = append(out, countedLine{n: w.Failures, text: named(w.Image, w.Services, w.PID, w.ProcessKey), named: v.isNamed(w)})
	}
	return out
}

// notPorts is what failed for another reason than ports.
func (v *Verdict) notPorts() []countedLine {
	var out []countedLine
	for i := range v.OtherFailures {
		f := &v.OtherFailures[i]
		out = append(out, countedLine{n: f.Count, text: failureText(f), below: failedBy(f, maxHolders)})
	}
	return out
}

func (t *screen) counts(head string, lines []countedLine) {
	if len(lines) == 0 {
		return
	}
	t.blank()
	shown := fit(len(lines), maxListed)
	for _, l := range lines[:shown] {
		colour := ""
		if l.named {
			colour = blue
		}
		t.amount(head, l.n, clipName(Visible(l.text), max(t.width-value-number-2, 8)*2), colour)
		head = ""
		for _, s := range Wrap(Visible(l.below), t.width-value-number-2, 2) {
			if s != "" {
				t.line(label("") + strings.Repeat(" ", number+2) + s)
			}
		}
	}
	if shown < len(lines) {
		t.row("", more(len(lines), shown), 1)
	}
}

// clipName shortens a process to width columns and keeps its PID, which tells
// services of one image apart.
func clipName(name string, width int) string {
	i := strings.LastIndex(name, " (")
	if i < 0 || !strings.HasSuffix(name, ")") || columns(name[i:])+2 > width {
		return Clip(name, width)
	}
	return Clip(name[:i], width-columns(name[i:])) + name[i:]
}

// failureText says what a failure that is not exhaustion was.
func failureText(f *OtherFailure) string {
	name := f.Name
	if name == "" {
		name = f.Status
	}
	if f.Meaning != "" {
		name += ", " + f.Meaning
	}
	return name
}

// failedBy names the processes that met a failure, at most n of them.
func failedBy(f *OtherFailure, n int) string {
	var out []string
	n = fit(len(f.Processes), n)
	for i := range f.Processes[:n] {
		p := &f.Processes[i]
		out = append(out, named(p.Image, nil, p.PID, "")+" "+Grouped(p.Count))
	}
	if m := more(len(f.Processes), n); m != "" {
		out = append(out, m)
	}
	return strings.Join(out, ", ")
}
