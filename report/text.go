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
	t.head(f)
	if f.Verdict.Cause == CauseNotPorts {
		t.blank()
		t.failures(f)
	}
	t.balance(f)
	t.pools(f)
	t.holders(f)
	t.refused(f)
	if f.Verdict.Cause != CauseNotPorts {
		t.failures(f)
	}
	t.sparks(f)
	t.advice(f)
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
	column = 15 // where the values start

	poolColumns    = 9 // of "IPv6 TCP"
	outcomeColumns = 19
)

func (t *screen) paint(code, s string) string {
	if !t.color || s == "" || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *screen) blank() { t.b.WriteByte('\n') }

// row writes a label and a value of at most n lines, wrapped at the width.
func (t *screen) row(label, value string, n int) {
	for _, l := range Wrap(Visible(value), t.width-column, n) {
		t.raw(label, l)
		label = ""
	}
}

func (t *screen) raw(label, line string) {
	line = strings.TrimRight(Clip(line, t.width-column), " ")
	fmt.Fprintf(&t.b, "%s%s%s\n", strings.Repeat(" ", margin), Pad(label, column-margin), line)
}

// facts writes what belongs together and breaks between the facts, within one only when
// it is wider than a line.
func (t *screen) facts(label string, facts ...string) {
	room, line := t.width-column, ""
	flush := func() {
		if line != "" {
			t.raw(label, line)
			label, line = "", ""
		}
	}
	for _, f := range facts {
		for _, l := range Wrap(Visible(f), room, 3) {
			switch {
			case l == "":
			case line != "" && columns(line)+2+columns(l) <= room:
				line += ", " + l
			default:
				flush()
				line = l
			}
		}
	}
	flush()
}

func (t *screen) head(r *Report) {
	v := &r.Verdict
	f := faceOf(v.Outcome, v.Cause)
	left, conf := f.sign+" "+f.word, ""
	if v.Outcome != Inconclusive {
		conf = Visible(string(v.Confidence))
	}
	what := Visible(claim(v))
	if gap := t.width - margin - columns(left) - 2 - columns(what) - columns(conf); gap >= 2 || gap >= 0 && conf == "" {
		fmt.Fprintf(&t.b, "  %s  %s%s%s\n", t.paint(bold(f.colour), left), what, strings.Repeat(" ", gap*min(len(conf), 1)), t.paint("1", conf))
	} else {
		fmt.Fprintf(&t.b, "  %s   %s\n", t.paint(bold(f.colour), left), t.paint("1", conf))
		t.indented(what, 3)
	}
	if v.Summary != "" {
		t.indented(Visible(v.Summary), 12)
	}
	if len(v.mainEpisodes()) == 0 {
		if s := covered(r); s.From.IsZero() && s.To.IsZero() {
			t.indented("No input carries a time.", 1)
		} else {
			t.indented("The inputs cover "+Period(s.From, s.To)+".", 2)
		}
	}
	if synthetic(r) {
		t.indented(syntheticLine, 1)
	}
}

func bold(colour string) string {
	if colour == "" {
		return "1"
	}
	return "1;" + colour
}

func (t *screen) indented(s string, n int) {
	for _, l := range Wrap(s, t.width-4, n) {
		fmt.Fprintf(&t.b, "    %s\n", strings.TrimRight(l, " "))
	}
}

// balance draws where the ports of the headline's pool were, and writes their sum.
func (t *screen) balance(r *Report) {
	v := &r.Verdict
	p := v.mainPool()
	if p == nil || p.Capacity <= 0 {
		return
	}
	t.blank()
	terms := v.terms(p)
	var bar strings.Builder
	for i, n := range cells(terms, t.width-column) {
		colour := ""
		if terms[i].class == "hold" {
			colour = "34"
		}
		bar.WriteString(t.paint(colour, strings.Repeat(terms[i].block, n)))
	}
	fmt.Fprintf(&t.b, "%s%s%s\n", strings.Repeat(" ", margin), Pad("Ports", column-margin), bar.String())
	t.row("", equation(terms, p.Capacity), 4)
	t.row("", v.balanceSource(p, byID(r)), 2)
	t.row("", fmt.Sprintf("range %d-%d, %s", p.Start, lastPort(p), excludedText(p)+rangeOrigin(p, byID(r))), 2)
}

func excludedText(p *Pool) string {
	if p.Excluded == 0 {
		return ""
	}
	return "less " + Grouped(p.Excluded) + " excluded, "
}

// pools tells every pool for itself, one machine after the other, and its episodes.
func (t *screen) pools(r *Report) {
	v := &r.Verdict
	machines := v.machines()
	if len(machines) == 0 {
		return
	}
	t.blank()
	label := "Pools"
	for n, host := range machines {
		if n == maxListed {
			t.raw("", more(len(machines), n))
			break
		}
		if len(machines) > 1 {
			name := host
			if name == "" {
				name = "machine not known"
			}
			t.raw(label, Visible(name))
			label = ""
		}
		for i := range v.Pools {
			p := &v.Pools[i]
			if p.Host != host {
				continue
			}
			t.pool(label, v, p)
			label = ""
		}
		t.episodes(v, host, len(machines) > 1)
	}
}

func (t *screen) pool(label string, v *Verdict, p *Pool) {
	f := faceOf(p.Outcome, quiet(v, p.Cause))
	name := Pad(Visible(poolName(p.Transport, p.Family)), poolColumns)
	if t.width < 60 {
		name = strings.TrimRight(name, " ") + " "
	}
	name = Clip(name, 12)
	outcome := Clip(f.sign+" "+strings.ToLower(outcomeWord(p.Outcome)), t.width-column-columns(name))
	facts := Visible(strings.Join(poolFacts(p), ", "))
	under := func(s string, n int) {
		for _, l := range Wrap(Visible(s), t.width-column-columns(name), n) {
			t.raw("", strings.Repeat(" ", columns(name))+l)
		}
	}
	fmt.Fprintf(&t.b, "%s%s%s%s", strings.Repeat(" ", margin), Pad(label, column-margin), name, t.paint(f.colour, outcome))
	if gap := max(outcomeColumns-columns(outcome), 1); columns(name+outcome+facts)+gap <= t.width-column {
		fmt.Fprintf(&t.b, "%s%s\n", strings.Repeat(" ", gap), facts)
	} else {
		t.blank()
		under(facts, 4)
	}
	if p != v.mainPool() && p.troubled() {
		under(equation(v.terms(p), p.Capacity), 4)
		if s := refusedList(v.victimsOf(p.Host, p.Transport), maxHolders); s != "" {
			under("refused: "+s, 3)
		}
	}
}

// episodes lists those of a machine, each with its date, its end and what shows it.
func (t *screen) episodes(v *Verdict, host string, nested bool) {
	label := "Episodes"
	if nested {
		label = ""
	}
	total, shown := 0, 0
	for i := range v.Windows {
		w := &v.Windows[i]
		if w.Host != host {
			continue
		}
		if total++; total > maxListed {
			continue
		}
		shown++
		t.facts(label, append([]string{transportName(w.Transport) + " " + Period(w.From, w.To)}, episodeFacts(w)...)...)
		label = ""
	}
	if total > shown {
		t.raw("", more(total, shown))
	}
}

// entry writes a number, a process, and what else is said of it as far as there is room.
func (t *screen) entry(label string, n int, name string, more ...string) {
	room := t.width - column - 8
	name = clipName(Visible(name), room)
	line := fmt.Sprintf("%6s  %s", Grouped(n), name)
	if columns(line) > t.width-column {
		line = Grouped(n) + " " + clipName(name, max(t.width-column-columns(Grouped(n))-1, 4))
	}
	for _, f := range more {
		if f = Visible(f); f != "" && columns(line)+2+columns(f) <= t.width-column {
			line += ", " + f
		}
	}
	t.raw(label, line)
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

// holders lists who had the ports at the instant of the balance.
func (t *screen) holders(r *Report) {
	holders := r.Verdict.mainHolders()
	if len(holders) == 0 {
		return
	}
	t.blank()
	label := holdersLabel(holders[0])
	shown := min(len(holders), maxHolders)
	for _, h := range holders[:shown] {
		t.entry(label, h.Ports, h.name(), growthText(h), statesText(h), h.ByDesign)
		label = ""
	}
	if len(holders) > shown {
		t.raw("", more(len(holders), shown))
	}
}

// holdersLabel is what a list of holders is called, by its first.
func holdersLabel(h *Holder) string {
	switch {
	case h.Named:
		return "Held by"
	case h.Basis == "stuck-closes":
		return "Closed by"
	}
	return "Most ports"
}

// refused lists whose attempts the headline's pool refused.
func (t *screen) refused(r *Report) {
	label := "Refused"
	victims := r.Verdict.mainVictims()
	shown := min(len(victims), maxListed)
	for _, p := range victims[:shown] {
		t.entry(label, p.Failures, named(p.Image, p.Services, p.PID, p.ProcessKey))
		label = ""
	}
	if len(victims) > shown {
		t.raw("", more(len(victims), shown))
	}
}

// failures lists what failed for another reason than ports, and whose attempts.
func (t *screen) failures(r *Report) {
	all := r.Verdict.OtherFailures
	label := "Not ports"
	shown := min(len(all), maxListed)
	for i := range all[:shown] {
		f := &all[i]
		t.entry(label, f.Count, failureText(f))
		label = ""
		for _, l := range Wrap(Visible(failedBy(f, maxHolders)), t.width-column-8, 2) {
			t.raw("", strings.Repeat(" ", 8)+l)
		}
	}
	if len(all) > shown {
		t.raw("", more(len(all), shown))
	}
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
	for i := range f.Processes[:min(len(f.Processes), n)] {
		p := &f.Processes[i]
		out = append(out, named(p.Image, nil, p.PID, "")+" "+Grouped(p.Count))
	}
	if m := more(len(f.Processes), n); m != "" {
		out = append(out, m)
	}
	return strings.Join(out, ", ")
}

func (t *screen) advice(r *Report) {
	v := &r.Verdict
	if len(v.Reasons)+len(v.Missing)+len(v.NextSteps) > 0 {
		t.blank()
	}
	t.steps(v.NextSteps)
	label := "Why"
	if v.Outcome != Inconclusive {
		label = strings.TrimSpace("Why " + string(v.Confidence))
	}
	t.some(label, len(v.Reasons), maxReasons, func(i int) string { return v.Reasons[i] })
	t.some("Missing", len(v.Missing), maxListed, func(i int) string { return v.Missing[i].Input + ": " + v.Missing[i].Cost })
}

// steps writes what to do: each command on a line of its own, at the left edge when it
// is wider than the terminal, so that copying gives one line.
func (t *screen) steps(steps []NextStep) {
	label := "Do next"
	shown := min(len(steps), maxListed)
	for i := range steps[:shown] {
		s := &steps[i]
		text := strings.TrimSpace(s.Text)
		if where := runsOn(s); s.Command != "" && where != "" {
			text += " Run " + where + ":"
		}
		for k, l := range Wrap(Visible(text), t.width-column-3, 12) {
			number := fmt.Sprintf("%-3d", i+1)
			if k > 0 {
				number = "   "
			}
			t.raw(label, number+l)
			label = ""
		}
		if command := Visible(s.Command); command != "" {
			indent := strings.Repeat(" ", column+3)
			if columns(indent+command) > t.width {
				indent = ""
			}
			fmt.Fprintf(&t.b, "%s%s\n", indent, command)
		}
	}
	if len(steps) > shown {
		t.raw("", more(len(steps), shown))
	}
}

func (t *screen) some(label string, n, limit int, text func(int) string) {
	for i := range min(n, limit) {
		t.row(Visible(label), text(i), 6)
		label = ""
	}
	if n > limit {
		t.raw("", more(n, limit))
	}
}

func (t *screen) foot(r *Report) {
	var size int64
	for _, s := range r.Sources {
		size += max(s.Size, 0)
	}
	t.blank()
	line := Counted(len(r.Sources), "input", "inputs") + ", " + bytesText(size)
	told := slices.DeleteFunc(slices.Clone(r.Diagnostics), func(d Diagnostic) bool { return d.Code == redactedCode })
	if n := len(told); n > 0 {
		line += ", " + Counted(n, "diagnostic", "diagnostics")
	}
	hints := []string{".", " Full page: -o report.html", "  All evidence: -o verdict.json"}
	if t.saved {
		hints = hints[:1]
	}
	for _, s := range hints {
		if margin+columns(line+s) <= t.width {
			line += s
		}
	}
	t.b.WriteString("  " + line + "\n")
}
