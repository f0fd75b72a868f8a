package report

import (
	"fmt"
	"slices"
	"strings"
)

// The lower half of the terminal's screen: over time, episodes, what to do, why, and what
// is missing.

// sparks draws ports in use and refusals of the headline's pool over time, and beside
// them the log entries nearest to the first refusal.
func (t *screen) sparks(r *Report) {
	v := &r.Verdict
	bins := timed(r.Timeline)
	if len(bins) == 0 {
		return
	}
	n := min(sparkColumns+max(t.width-80, 0)/2, len(bins), t.width-value)
	ports, refused, peak, worst := series(bins, n)
	if peak == 0 && worst == 0 {
		return
	}
	t.blank()
	episodes := v.mainEpisodes()
	span, total := outer(episodes)
	if peak > 0 {
		full := peak
		if p := v.mainPool(); p != nil && p.Capacity > 0 {
			full = p.Capacity // a healthy pool must not look full
		}
		text := Period(bins[0].T, Time{endOf(&bins[len(bins)-1])})
		if all := v.mainHolders(); len(all) > 0 && growthText(all[0]) != "" {
			text += ", " + growthText(all[0])
		}
		t.beside("In use", spark(ports, full), n, text, "")
	}
	if worst > 0 {
		text := ""
		if total > 0 {
			text = Grouped(total)
			if len(episodes) == 1 && span.To.After(span.From.Time) {
				text += " in " + Rough(span.To.Sub(span.From.Time))
			}
		}
		t.beside("Refused", spark(refused, worst), n, text, heavy(red))
	}
	for i, l := range logTexts(episodes) {
		sign, colour := "◆ ", heavy(red)
		if strings.Contains(l, "4227") {
			sign, colour = "▲ ", yellow
		}
		head := ""
		if i == 0 {
			head = "System log"
		}
		for k, s := range Wrap(Visible(l), t.width-value-2, 2) {
			if k > 0 {
				head, sign = "", "  "
			}
			t.line(label(head) + t.paint(colour, sign) + s)
		}
	}
}

// beside writes a drawing and what is said beside it, below it where there is no room.
func (t *screen) beside(head, drawing string, n int, text, colour string) {
	padded := t.paint(colour, Pad(drawing, n))
	if n+3+columns(text) <= t.width-value {
		t.line(label(head) + padded + "   " + text)
		return
	}
	t.line(label(head) + padded)
	t.row("", text, 2)
}

// episodes lists those of all pools where there are more than the one of the head.
func (t *screen) episodes(v *Verdict) {
	defer t.forecast(v)
	if len(v.Windows) < 2 && (len(v.Windows) == 0 || len(v.mainEpisodes()) == 1) {
		return
	}
	t.blank()
	several := len(v.machines()) > 1
	shown := fit(len(v.Windows), maxListed)
	head := "Episodes"
	for i := range v.Windows[:shown] {
		w := &v.Windows[i]
		name := transportName(w.Transport)
		if several {
			name = hostName(w.Host) + " " + name
		}
		t.row(head, fmt.Sprintf("%d: %s, %s", i+1, name, Period(w.From, w.To)+", "+strings.Join(episodeFacts(w), ", ")), 3)
		head = ""
	}
	if shown < len(v.Windows) {
		t.row("", more(len(v.Windows), shown), 1)
	}
}

// forecast says when the pool of the headline will be full.
func (t *screen) forecast(v *Verdict) {
	p := v.mainPool()
	if p == nil || forecastText(p) == "" {
		return
	}
	for k, l := range Wrap(Visible("expected to be "+forecastText(p)), t.width-value-2, 3) {
		head, sign := "Forecast", t.paint(yellow, "▲ ")
		if k > 0 {
			head, sign = "", "  "
		}
		t.line(label(head) + sign + l)
	}
}

// steps writes what to do, numbered: each command on a line of its own, at the left edge
// when it is wider than the terminal, so that copying gives one line.
func (t *screen) steps(v *Verdict) {
	if len(v.NextSteps) == 0 {
		return
	}
	shown := fit(len(v.NextSteps), maxListed)
	last := ""
	for i := range v.NextSteps[:shown] {
		s := &v.NextSteps[i]
		if title := stepTitle(v, s); title != last {
			t.blank()
			t.indented(title, margin, 2)
			last = title
		}
		text := strings.TrimSpace(s.Text)
		if s.Command != "" {
			text += " " + runsOn(s, v.Host)
		}
		for k, l := range Wrap(Visible(text), t.width-7, 12) {
			head := fmt.Sprintf("%5s  ", t.paint("1", fmt.Sprintf("%5d", i+1)))
			if k > 0 {
				head = strings.Repeat(" ", 7)
			}
			t.line(head + l)
		}
		t.command(s.Command)
	}
	if shown < len(v.NextSteps) {
		t.indented(more(len(v.NextSteps), shown), 7, 1)
	}
}

func (t *screen) command(command string) {
	if command = Visible(command); command == "" {
		return
	}
	indent := strings.Repeat(" ", 9)
	if columns(indent+command) > t.width {
		indent = ""
	}
	t.b.WriteString(indent + command + "\n")
}

// stepTitle is what a step stands under: of an inconclusive verdict by who does it.
func stepTitle(v *Verdict, s *NextStep) string {
	switch {
	case v.Outcome != Inconclusive:
		return "Do next"
	case s.RunsOn == "here":
		return "At once, without asking anybody"
	case s.Command != "":
		return "Ask the customer, while it happens"
	}
	return "Do next"
}

// why says what contradicts, what the verdict rests on and what is missing.
func (t *screen) why(r *Report) {
	v := &r.Verdict
	t.blank()
	for i := range r.Findings {
		if f := &r.Findings[i]; contradicts(f.ID) {
			for k, l := range Wrap(Visible(f.Title), t.width-4, 3) {
				sign := t.paint(yellow, "▲ ")
				if k > 0 {
					sign = "  "
				}
				t.line("  " + sign + l)
			}
		}
	}
	reasons := v.Reasons
	if v.Outcome == Inconclusive && len(reasons) > 0 {
		reasons = reasons[1:] // the first stands in the head
	}
	some := func(head string, n, limit int, text func(int) string) {
		shown := fit(n, limit)
		for i := range shown {
			t.row(head, text(i), 6)
			head = ""
		}
		if shown < n {
			t.row("", more(n, shown), 1)
		}
	}
	head := "Why"
	if v.Outcome == Inconclusive {
		head = "Known"
	}
	some(head, len(reasons), maxReasons, func(i int) string { return reasons[i] })
	some("Missing", len(v.Missing), maxListed, func(i int) string { return v.Missing[i].Input + ": " + v.Missing[i].Cost })
	var told []string
	for i := range v.Missing {
		if command := v.askCommand(&v.Missing[i]); command != "" && !slices.Contains(told, command) {
			if len(told) == 0 {
				t.row("", "To get it: "+runsOn(&NextStep{Command: command, RunsOn: "customer"}, v.Host), 2)
			}
			told = append(told, command)
			t.command(command)
		}
	}
}

func (t *screen) foot(r *Report) {
	t.blank()
	line := inputsText(r)
	notes := slices.DeleteFunc(slices.Clone(r.Diagnostics), func(d Diagnostic) bool { return d.Code == redactedCode })
	if n := len(notes); n > 0 {
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
	t.line("  " + line)
}
