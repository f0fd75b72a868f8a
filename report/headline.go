package report

import (
	"fmt"
	"strings"
	"time"
)

// The head of every output: what, where, when, who and how sure. Each part is a sentence
// that can be quoted alone.

// piece is a stretch of a sentence and how it is set: Bold where the eye should rest,
// Named for the holder that is named, Whole for what is never broken.
type piece struct {
	Text               string
	Bold, Named, Whole bool
}

func plain(text string) piece  { return piece{Text: text} }
func strong(text string) piece { return piece{Text: text, Bold: true, Whole: true} }

// said is the text of some pieces.
func said(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

// heading is the verdict in a sentence that can be quoted alone.
func heading(v *Verdict) string { return outcomeWord(v.Outcome) + timesText(v) + ": " + claim(v) }

// timesText says how often the pool of the heading ran out, where that was more than once.
func timesText(v *Verdict) string {
	n := len(v.mainEpisodes())
	if v.Outcome != Exhausted || n < 2 {
		return ""
	}
	words := [...]string{2: "twice", "three times", "four times", "five times", "six times", "seven times", "eight times", "nine times"}
	if n < len(words) {
		return " " + words[n]
	}
	return " " + Grouped(n) + " times"
}

// claim is what the heading says after its colon: of which pool, and where.
func claim(v *Verdict) string {
	on := ""
	if v.Host != "" {
		on = " on " + v.Host
	}
	p, ports := v.mainPool(), portsName(v)
	switch {
	case v.Outcome == Exhausted && v.Cause == CauseStuckClose && len(v.mainEpisodes()) > 1:
		return ports + strings.Replace(on, " on ", " of ", 1) + " stick while closing"
	case v.Outcome == Exhausted:
		text := "no " + strings.TrimSuffix(ports, "s") + " was left" + on
		if v.Transport == "unknown" {
			text += " (TCP or UDP is not known)"
		}
		return text
	case v.Outcome == Likely && (p == nil || p.Used == nil):
		return ports + " were running out" + on
	case v.Outcome == Likely:
		return fmt.Sprintf("%s of %s %s were in use%s", Grouped(*p.Used), Grouped(p.Capacity), ports, on)
	case v.Outcome == NotExhausted && v.Cause == CauseNotPorts:
		return "something failed" + on + ", but not for want of " + ports
	case v.Outcome == NotExhausted:
		return ports + " did not run out" + on
	}
	return "these files cannot show whether " + ports + " ran out" + on
}

// when is the line under the heading: of the episodes of its pool, else of the time that
// the inputs cover.
func when(r *Report) []piece {
	v := &r.Verdict
	episodes := v.mainEpisodes()
	if len(episodes) == 0 {
		return whenCovered(r)
	}
	var out []piece
	if len(episodes) == 1 {
		w := episodes[0]
		out = spanPieces(w.From, w.To, clockText)
		if !w.From.IsZero() && w.To.After(w.From.Time) {
			out = append(out, plain(" · "+Rough(w.To.Sub(w.From.Time))))
		}
		if s := endPhrase(w); s != "" {
			out = append(out, plain(map[bool]string{true: ", ", false: " · "}[w.To.After(w.From.Time)]+s))
		}
	} else {
		out = whenSeveral(episodes)
	}
	if _, refused := outer(episodes); refused > 0 {
		out = append(out, plain(" · "+Counted(refused, "attempt refused", "attempts refused")))
	} else if len(episodes) == 1 && len(episodes[0].Log) > 0 {
		out = append(out, plain(" · "+Counted(len(episodes[0].Log), "log record", "log records")))
	}
	return append(out, againPieces(v.mainPool())...)
}

// againPieces say when a pool fills, where a forecast does.
func againPieces(p *Pool) []piece {
	if p == nil || p.Forecast == nil || p.Forecast.FullAtFrom.IsZero() {
		return nil
	}
	word := "full from "
	if p.Outcome == Exhausted {
		word = "full again from "
	}
	return []piece{plain(" · " + word), strong(dayMinute(p.Forecast.FullAtFrom)), plain(" UTC if nothing changes")}
}

// whenCovered is the line of a verdict without an episode.
func whenCovered(r *Report) []piece {
	v := &r.Verdict
	s := covered(r)
	out := []piece{plain("No input carries a time")}
	if !s.From.IsZero() || !s.To.IsZero() {
		out = spanPieces(s.From, s.To, secondText)
	}
	p := v.mainPool()
	switch {
	case v.Outcome == Inconclusive && len(v.Reasons) > 0:
		first := strings.TrimSuffix(v.Reasons[0], ".")
		out = append(out, plain(" · "+strings.ToLower(first[:min(1, len(first))])+first[min(1, len(first)):]))
	case p != nil && p.Used != nil:
		out = append(out, plain(" · at most "+inUse(p)))
	}
	return append(out, againPieces(p)...)
}

// whenSeveral tells the days of some episodes, how each ended and how long they were.
func whenSeveral(episodes []*Window) []piece {
	var days []string
	lasted, restarts := time.Duration(0), 0
	for _, w := range episodes {
		day := dayText(w.From)
		if len(days) == 0 || days[len(days)-1] != day {
			days = append(days, day)
		}
		end := w.To
		if w.Ends == "restart" {
			restarts++
			end = w.EndedAt
		}
		if !w.From.IsZero() && end.After(w.From.Time) {
			lasted += end.Sub(w.From.Time)
		}
	}
	var out []piece
	if len(days) == len(episodes) && len(days) <= 4 {
		out = append(out, strong(dayList(episodes)))
	} else {
		s, _ := outer(episodes)
		out = append(spanPieces(s.From, s.To, secondText), plain(", "+Counted(len(episodes), "episode", "episodes")))
	}
	if restarts == len(episodes) {
		out = append(out, plain(", each until the next restart"))
	}
	if lasted > 0 {
		out = append(out, plain(", "+Rough(lasted)+" in all"))
	}
	return out
}

// dayList names the days on which episodes began: "10, 16 and 24 June 2026".
func dayList(episodes []*Window) string {
	last := episodes[len(episodes)-1].From
	var days []string
	for _, w := range episodes {
		layout := "2 January 2006"
		if w.From.UTC().Format("2006-01") == last.UTC().Format("2006-01") {
			layout = "2"
		}
		days = append(days, w.From.UTC().Format(layout))
	}
	days[len(days)-1] = dayText(last)
	return Joined(days)
}

// spanPieces word a span: the date once where both ends lie on it, minutes when it lasts
// for a day or more, and the time of day as clock words it.
func spanPieces(from, to Time, clock func(Time) string) []piece {
	switch {
	case from.IsZero() && to.IsZero():
		return []piece{plain("at a time not known")}
	case from.IsZero():
		return []piece{plain("until "), strong(dayText(to) + " " + clock(to)), plain(" UTC")}
	case to.IsZero() || !to.After(from.Time):
		return []piece{plain(dayText(from) + ", "), strong(clock(from)), plain(" UTC")}
	}
	if to.Sub(from.Time) >= 24*time.Hour {
		return []piece{strong(dayMinute(from)), plain(" to "), strong(dayMinute(to) + to.UTC().Format(" 2006")), plain(" UTC")}
	}
	if dayText(from) != dayText(to) {
		return []piece{strong(dayText(from) + " " + clock(from)), plain(" to "), strong(dayText(to) + " " + clock(to)), plain(" UTC")}
	}
	return []piece{plain(dayText(from) + ", "), strong(clock(from)), plain(" to "), strong(clock(to)), plain(" UTC")}
}

// endPhrase says how an episode ended; "" where that is not known.
func endPhrase(w *Window) string {
	switch w.Ends {
	case "restart":
		if w.EndedAt.IsZero() {
			return "until the restart"
		}
		return "until the restart of " + dayMinute(w.EndedAt) + " UTC"
	case "recovered":
		if w.EndedAt.IsZero() {
			return "recovered"
		}
		return "recovered by " + onDay(w.EndedAt, w.From)
	case "end-of-inputs":
		if w.Failures > 0 {
			return "still exhausted when the trace ends"
		}
		return "still exhausted when the inputs end"
	}
	return ""
}

// sure is the word of confidence and the clause it rests on: the first reasons, as far as
// they stay one line. More is how many reasons that leaves.
func sure(v *Verdict) (word, clause string, rest []string) {
	if v.Outcome == Inconclusive {
		if len(v.Reasons) == 0 {
			return "", "", nil
		}
		return "", "", v.Reasons[1:] // the first stands in the line of the time
	}
	c := string(v.Confidence)
	word = strings.ToUpper(c[:min(1, len(c))]) + c[min(1, len(c)):]
	n := 0
	for n < len(v.Reasons) && (n == 0 || len(clause)+1+len(v.Reasons[n]) <= maxClause) {
		clause = strings.TrimSpace(clause + " " + v.Reasons[n])
		n++
	}
	return word, clause, v.Reasons[n:]
}
