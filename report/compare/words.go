package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portverdict/report"
)

// face is how a result looks: its word, its colour on a terminal and its sign.
type face struct{ word, colour, sign string }

func faceOf(r Result) face {
	switch r {
	case Fixed:
		return face{"FIXED", "32", "✓"}
	case Better:
		return face{"BETTER", "32", "▲"}
	case Same:
		return face{"NO CHANGE", "33", "="}
	case Worse:
		return face{"WORSE", "31", "▼"}
	}
	return face{"UNCLEAR", "36", "?"}
}

// heading answers the one question: did it help?
func (c *Comparison) heading() string {
	switch c.Verdict {
	case Fixed:
		return "Yes: it is fixed"
	case Better:
		return "It is better, but not shown to be fixed"
	case Worse:
		return "No: it is worse"
	case Unclear:
		return "Unclear: these inputs do not tell"
	}
	if c.Outcome.After == report.NotExhausted {
		return "No change: the ports ran out neither before nor after"
	}
	return "No: nothing changed that matters"
}

func outcomeText(o report.Outcome) string {
	switch o {
	case report.NotExhausted:
		return "not exhausted"
	case "":
		return "not known"
	}
	return string(o)
}

func sure(s Side) string {
	if s.Confidence == "" {
		return outcomeText(s.Outcome)
	}
	return outcomeText(s.Outcome) + ", " + string(s.Confidence)
}

// summary is one sentence that a ticket can quote.
func (c *Comparison) summary(why string, before, after *report.Report) string {
	lead := map[Result]string{Fixed: "Fixed", Better: "Better", Same: "No change", Worse: "Worse", Unclear: "Unclear whether it helped"}[c.Verdict]
	if c.Before.Host != "" && c.After.Host != "" && sameHost(c.Before.Host, c.After.Host) {
		lead += " on " + c.After.Host
	}
	if c.Verdict == Unclear || !c.Outcome.Changed {
		return lead + ": " + why + "."
	}
	in := unique(append(ranOut(before), ranOut(after)...))
	s := lead + ": before " + said(before, in) + ", after " + said(after, in)
	if c.Verdict == Better {
		s += "; " + why
	}
	return s + "."
}

// said is an outcome with the figures behind it, for the pools in question.
func said(r *report.Report, transports []string) string {
	var parts []string
	if able(r, trace) {
		n := 0
		for _, w := range r.Verdict.Windows {
			n += w.Failures
		}
		parts = append(parts, refusedText(n))
	}
	for _, p := range r.Verdict.Pools {
		if p.UsedSource != "" && p.Capacity > 0 && (p.Transport == "tcp" && len(transports) == 0 || slices.Contains(transports, p.Transport)) {
			parts = append(parts, fmt.Sprintf("%s of %s %s ports in use", report.Grouped(p.Used), report.Grouped(p.Capacity), poolName(p.Transport, p.Family)))
		}
	}
	if len(parts) == 0 {
		return outcomeText(r.Verdict.Outcome)
	}
	return outcomeText(r.Verdict.Outcome) + " (" + strings.Join(parts, ", ") + ")"
}

func refusedText(n int) string {
	if n == 0 {
		return "no refused attempt"
	}
	return report.Counted(n, "refused attempt", "refused attempts")
}

// upperFirst begins a sentence.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// lowerFirst takes a title into a sentence; TIME_WAIT and CLOSE_WAIT stay.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

func minute(t report.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

func lasting(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

func poolName(transport, family string) string {
	s := strings.ToUpper(transport)
	switch family {
	case "ipv4":
		return s + " IPv4"
	case "ipv6":
		return s + " IPv6"
	}
	return s
}

func (p *PoolSide) rangeText() string {
	if p == nil {
		return "not known"
	}
	s := fmt.Sprintf("%d-%d (%s)", p.Start, p.Start+max(p.Count, 1)-1, report.Grouped(p.Count))
	if p.Excluded > 0 {
		s += ", " + report.Grouped(p.Excluded) + " excluded"
	}
	if p.Assumed {
		s += ", assumed"
	}
	return s
}

func (p *PoolSide) usedText() string {
	if p == nil || p.Used == nil {
		return "not known"
	}
	return fmt.Sprintf("%s of %s", report.Grouped(*p.Used), report.Grouped(p.Capacity))
}

func (s Side) failuresText() string {
	if s.Failures == nil {
		return "not known: no trace"
	}
	return report.Grouped(*s.Failures)
}

func nameOf(image string) string {
	if image == "" {
		return "name not known"
	}
	return image
}

func (h HolderChange) texts() (string, string) {
	side := func(s *HolderSide) string {
		if s == nil {
			return absent(h.Change)
		}
		t := h.ports(s) + ", " + percent(s.Share)
		if s.GrowthPerMinute >= 0.5 || s.GrowthPerMinute <= -0.5 {
			t += fmt.Sprintf(", %+.0f/min", s.GrowthPerMinute)
		}
		return t
	}
	if h.Change == Gone {
		return side(h.Before), "gone"
	}
	return side(h.Before), side(h.After)
}

// ports counts what a side holds; the transport is named where the two differ.
func (h HolderChange) ports(s *HolderSide) string {
	if h.Before != nil && h.After != nil && h.Before.Transport != h.After.Transport {
		t := strings.ToUpper(s.Transport)
		return report.Counted(s.Ports, t+" port", t+" ports")
	}
	return report.Counted(s.Ports, "port", "ports")
}

func (v VictimChange) texts() (string, string) {
	side := func(s *VictimSide) string {
		if s == nil {
			return absent(v.Change)
		}
		return report.Grouped(s.Failures) + " refused"
	}
	return side(v.Before), side(v.After)
}

func (f FindingChange) texts() (string, string) {
	side := func(n int) string {
		if n == 0 && f.Change != Stays {
			return absent(f.Change)
		}
		return report.Grouped(n)
	}
	return side(f.Before), side(f.After)
}

// absent is what stands where a side does not have a thing.
func absent(c Change) string {
	if c == Unknown {
		return "not shown"
	}
	return "none"
}

func spanText(s report.Span) string {
	const layout = "2006-01-02 15:04"
	switch {
	case s.From.IsZero() && s.To.IsZero():
		return "time not known"
	case s.From.IsZero():
		return "until " + s.To.UTC().Format(layout) + " UTC"
	case s.To.IsZero():
		return "from " + s.From.UTC().Format(layout) + " UTC"
	}
	to := s.To.UTC().Format(layout)
	if s.From.UTC().Format("2006-01-02") == to[:10] {
		to = to[11:]
	}
	return s.From.UTC().Format(layout) + " to " + to + " UTC"
}

// cut is visible, shortened to n characters.
func cut(s string, n int) string {
	s = report.Visible(s)
	count := 0
	for at := range s {
		if count++; count > n {
			return s[:at] + "…"
		}
	}
	return s
}

// percent says a share of 1; it never rounds a part up to the whole.
func percent(share float64) string {
	p := min(max(share, 0), 1) * 100
	if p > 99.9 && p < 100 {
		p = 99.9
	}
	return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + " %"
}
