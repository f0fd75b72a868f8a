package compare

import (
	"fmt"
	"strconv"
	"strings"

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

// resultText begins the headline.
func resultText(r Result) string {
	switch r {
	case Fixed:
		return "Fixed"
	case Better:
		return "Better"
	case Same:
		return "No change"
	case Worse:
		return "Worse"
	}
	return "Unclear"
}

// heading answers the one question: did it help?
func (j *judge) heading() string {
	if len(j.told) == 0 {
		return bothBlind
	}
	lead := j.told[0]
	b, a := lead.before.outcome(), lead.after.outcome()
	both := outcomeText(b) + " before, " + outcomeText(a) + " after"
	switch {
	case j.c.Verdict == Unclear:
		return lead.short
	case j.c.Verdict == Better && lead.result == Fixed:
		return both + ", but not in every pool"
	case j.c.Verdict == Better && b == a:
		return "still " + outcomeText(a) + ", but less than before"
	case j.c.Verdict == Better:
		return both + ", but not shown to be fixed"
	case j.c.Verdict == Worse && b == a:
		return "still " + outcomeText(a) + ", and more than before"
	case j.c.Verdict == Same:
		return outcomeText(a) + " before and after"
	}
	return both
}

func outcomeText(o report.Outcome) string {
	switch o {
	case report.NotExhausted:
		return "not exhausted"
	case report.Likely:
		return "likely exhausted"
	case "":
		return notKnown
	}
	return string(o)
}

func causeText(c report.Cause) string {
	switch c {
	case report.CauseStuckClose:
		return "closes that hang"
	case report.CauseSmallRange:
		return "a small range"
	case report.CausePerPeer:
		return "one remote endpoint"
	case report.CauseServerSide:
		return "ports of the server's own"
	case report.CauseNotPorts:
		return "something other than ports"
	case report.CauseByDesign:
		return "by design"
	case report.CauseUnknown:
		return notKnown
	}
	return string(c)
}

func sure(s Side) string {
	if c := confidenceText(s); c != "" {
		return outcomeText(s.Outcome) + ", " + c
	}
	return outcomeText(s.Outcome)
}

// confidenceText is "" where there is nothing to be sure of.
func confidenceText(s Side) string {
	if s.Outcome == report.Inconclusive {
		return ""
	}
	return string(s.Confidence)
}

// summary is one sentence that a ticket can quote.
func (j *judge) summary() string {
	s := resultText(j.c.Verdict) + ": " + j.c.heading
	if len(j.told) == 0 {
		return s + "."
	}
	p := j.told[0]
	pool := poolName(p.transport, p.family)
	if p.host != "" && p.before.known && p.after.known {
		pool += " of " + p.host
	}
	if j.c.Verdict == Unclear {
		s += fmt.Sprintf(" (%s: %s before, %s after)", pool, p.before.outcomeSaid(), p.after.outcomeSaid())
	} else {
		s += fmt.Sprintf(" (%s: %s before, %s after)", pool, p.before.said(), p.after.said())
	}
	if j.c.Verdict == Unclear || j.c.Verdict == Better && p.result == Better {
		s += "; " + p.why[0]
	}
	return s + "."
}

func (h *half) outcomeSaid() string {
	if !h.known {
		return "not spoken of"
	}
	return outcomeText(h.outcome())
}

// said are the figures behind an outcome; the outcome where there are none.
func (h *half) said() string {
	parts := []string{}
	if n := h.failures(); n != nil {
		parts = append(parts, refusedText(*n))
	}
	if s := h.side(); s != nil && s.Used != nil {
		parts = append(parts, s.usedText()+" ports in use")
	}
	if len(parts) == 0 {
		return outcomeText(h.outcome())
	}
	return report.Joined(parts)
}

func refusedText(n int) string {
	if n == 0 {
		return "no refused attempt"
	}
	return report.Counted(n, "refused attempt", "refused attempts")
}

// episodesText counts the episodes of a pool and says when the last one was.
func episodesText(h *half) string {
	n := len(h.windows)
	if n == 0 {
		return "none"
	}
	w := h.windows[n-1]
	s := report.Period(w.From, w.To)
	if n > 1 {
		s = "the last " + s
	}
	switch {
	case w.Ends == "restart":
		s += ", ended by a restart"
	case w.Ends == "recovered":
		s += ", then recovered"
	}
	return fmt.Sprintf("%s (%s)", report.Grouped(n), s)
}

// grewText says by how much, and whether the earlier bundle could have shown it.
func (f FailureChange) grewText() string {
	s := fmt.Sprintf("%s before, %s", report.Grouped(f.Before), report.Counted(f.After, "attempt", "attempts")+" after")
	if f.Change == Unknown {
		s = fmt.Sprintf("%s after; the first bundle has no trace that would show it", report.Counted(f.After, "attempt", "attempts"))
	}
	if f.Meaning != "" {
		return s + ": " + strings.TrimSuffix(f.Meaning, ".") + "."
	}
	return s + "."
}

// sentence makes a clause a sentence.
func sentence(s string) string { return upperFirst(s) + "." }

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

// number is a figure with one digit after the point, where it is small enough to need it.
func number(v float64) string {
	if v >= 100 || v <= -100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// rateText says a rate by the minute, a small one by the hour or the day.
func rateText(perMinute float64) string {
	switch {
	case perMinute == 0:
		return "none"
	case perMinute >= 1:
		return number(perMinute) + " ports a minute"
	case perMinute*60 >= 1:
		return number(perMinute*60) + " ports an hour"
	}
	return number(perMinute*24*60) + " ports a day"
}

func poolName(transport, family string) string {
	if transport == unknown {
		return "Unknown transport"
	}
	s := strings.ToUpper(transport)
	switch family {
	case "ipv4":
		return s + " IPv4"
	case "ipv6":
		return s + " IPv6"
	}
	return s
}

// holderName names a process, or the sum of those of one image.
func holderName(h report.Holder) string {
	switch {
	case h.Instances > 1:
		return fmt.Sprintf("%s x %s", report.Grouped(h.Instances), nameOf(h.Image, nil))
	case h.Image == "":
		return nameOf("", []report.PID{h.PID})
	case h.PID > 0:
		return fmt.Sprintf("%s (PID %d)", h.Image, h.PID)
	}
	return h.Image
}

// nameOf is the image; a process without one is told by its PID.
func nameOf(image string, pids []report.PID) string {
	switch {
	case image != "":
		return image
	case len(pids) == 1 && pids[0] > 0:
		return fmt.Sprintf("PID %d", pids[0])
	}
	return "processes without a name"
}

func (p *PoolSide) rangeText() string {
	if p == nil || p.Count == 0 {
		return notKnown
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
		return notKnown
	}
	s := fmt.Sprintf("%s of %s", report.Grouped(*p.Used), report.Grouped(p.Capacity))
	if p.UsedAtLeast {
		return "at least " + s
	}
	return s
}

func (p *PoolSide) outcomeText() string {
	if p == nil {
		return notKnown
	}
	s := outcomeText(p.Outcome)
	if p.Cause != "" {
		s += ", " + causeText(p.Cause)
	}
	return s
}

func (s Side) failuresText() string {
	if s.Failures == nil {
		return "not known: no trace"
	}
	return report.Grouped(*s.Failures)
}

func (h HolderChange) texts() (string, string) {
	side := func(s *HolderSide) string {
		if s == nil {
			return absent(h.Change)
		}
		t := h.ports(s) + ", " + report.Percent(s.Share)
		if s.GrowthPerMinute > 0 {
			t += ", growing by " + rateText(s.GrowthPerMinute)
		}
		return t
	}
	if h.Change == Gone {
		return side(h.Before), "gone"
	}
	return side(h.Before), side(h.After)
}

// ports counts what a side holds.
func (h HolderChange) ports(s *HolderSide) string {
	t := strings.ToUpper(h.Transport)
	return report.Counted(s.Ports, t+" port", t+" ports")
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

func countTexts(c Change, before, after int) (string, string) {
	side := func(n int) string {
		if n == 0 {
			return absent(c)
		}
		return report.Grouped(n)
	}
	return side(before), side(after)
}

// absent is what stands where a side does not have a thing.
func absent(c Change) string {
	if c == Unknown {
		return "not shown"
	}
	return "none"
}

func spanText(s report.Span) string {
	if s.From.IsZero() && s.To.IsZero() {
		return "no input carries a time"
	}
	return report.Period(s.From, s.To)
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
