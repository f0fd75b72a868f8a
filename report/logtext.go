package report

import (
	"fmt"
	"slices"
)

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
