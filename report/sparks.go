package report

import (
	"fmt"
	"slices"
)

// The two rows of the terminal that show use and refusals over time.

// sparks draws ports in use and refusals of the headline's pool over time, and beside
// them the log entries nearest to the first refusal.
func (t *screen) sparks(r *Report) {
	v := &r.Verdict
	bins := timed(r.Timeline)
	if len(bins) == 0 {
		return
	}
	n := min(sparkColumns, len(bins), t.width-column-14)
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
		from, to := bins[0].T, Time{endOf(&bins[len(bins)-1])}
		t.beside("In use", Pad(spark(ports, full), n), Period(from, to))
	}
	if worst > 0 {
		said := ""
		if total > 0 {
			said = Counted(total, "attempt", "attempts")
			if len(episodes) == 1 && span.To.After(span.From.Time) {
				said += " in " + Rough(span.To.Sub(span.From.Time))
			}
		}
		t.beside("Refused", Pad(spark(refused, worst), n), said)
	}
	for _, l := range logTexts(episodes) {
		t.row("", l, 2)
	}
}

// beside writes a drawing and what is said beside it, below it where there is no room.
func (t *screen) beside(label, drawing, said string) {
	if columns(drawing)+3+columns(said) <= t.width-column {
		t.raw(label, drawing+"   "+said)
		return
	}
	t.raw(label, drawing)
	t.row("", said, 2)
}

// logTexts says the first record of each id in the episodes, with its distance to the
// first refusal of its episode and how many there are.
func logTexts(episodes []*Window) []string {
	var ids []int
	first := map[int]LogEntry{}
	of := map[int]*Window{}
	count := map[int]int{}
	for _, w := range episodes {
		for _, l := range w.Log {
			if count[l.ID]++; count[l.ID] == 1 {
				ids = append(ids, l.ID)
				first[l.ID], of[l.ID] = l, w
			}
		}
	}
	slices.SortStableFunc(ids, func(a, b int) int { return rankLog(a) - rankLog(b) })
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		l, w := first[id], of[id]
		text := fmt.Sprintf("Tcpip %d at %s", id, momentOn(l.Time, w.From))
		if w.Failures > 0 && !w.From.IsZero() && !l.Time.IsZero() {
			text += fmt.Sprintf(", %s to the first refusal", signedSeconds(l.Time.Sub(w.From.Time).Seconds()))
		}
		if count[id] > 1 {
			text += fmt.Sprintf(" (%s records)", Grouped(count[id]))
		}
		out = append(out, text)
	}
	return out
}

// rankLog puts the records that witness exhaustion before those of pressure.
func rankLog(id int) int {
	order := []int{4231, 4266, 4227}
	if i := slices.Index(order, id); i >= 0 {
		return i
	}
	return len(order)
}
