package report

import (
	"fmt"
	"slices"
	"strings"
)

// Below the first screen each machine has a plain section: why, over time, who had the
// ports, episodes, findings. Of one machine they stand for themselves.

type machineView struct {
	Anchor, Host string
	Signs        []signView
	Lines        []poolWords
	Charts       []chartView
	Numbers      *tableView
	NumbersNote  string
	NoChart      string
	Series       *tableView
	Holders      []holdersView
	Refused      []holdersView
	Episodes     *tableView
	Findings     []findingView
	FindingsNote string
	FindingsMore string
	Level        int // of its headings
}

type signView struct{ Class, Text string }

// poolWords is what is judged of a pool that the headline does not speak of.
type poolWords struct {
	Class, Outcome, Text string
}

// holdersView is a table about one pool.
type holdersView struct {
	Title, Source string
	Table         *tableView
}

func (p *page) machines(r *Report) {
	v := &r.Verdict
	hosts := v.machines()
	if len(hosts) == 0 {
		hosts = []string{v.Host}
	}
	slices.SortStableFunc(hosts, func(a, b string) int { // that of the headline first
		return boolRank(a == v.Host) - boolRank(b == v.Host)
	})
	n := fit(len(hosts), p.limits.list*2)
	for i, host := range hosts[:n] {
		m := machineView{Level: 2}
		if p.several {
			m.Level, m.Anchor, m.Host = 3, fmt.Sprintf("m%d", i+1), cut(hostName(host), min(p.limits.cut, 80))
		}
		p.poolsOf(&m, v, host)
		if host == v.Host {
			p.charts(&m, r)
		}
		if p.several && len(m.Charts) == 0 {
			m.NoChart = "There is no timeline of this machine: no trace, and no tables with times."
		}
		p.episodesOf(&m, v, host)
		p.findingsOf(&m, r, host, i == 0, hosts)
		p.Machines = append(p.Machines, m)
	}
	p.MachinesMore = more(len(hosts), n)
}

func boolRank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// poolsOf tells of the pools of a machine: who had the ports, and what is judged of those
// that the headline does not speak of.
func (p *page) poolsOf(m *machineView, v *Verdict, host string) {
	main := v.mainPool()
	for _, q := range v.ordered() {
		if q.Host != host {
			continue
		}
		f := faceOf(q.Outcome, quiet(v, q.Cause))
		name := p.cut(poolName(q.Transport, q.Family))
		m.Signs = append(m.Signs, signView{f.ink, f.sign + " " + name + " " + strings.ToLower(outcomeWord(q.Outcome))})
		if q != main && (p.several || v.speaks(q)) && len(m.Lines) < p.limits.list {
			m.Lines = append(m.Lines, p.words(v, q, name, f))
		}
		if len(m.Holders) >= p.limits.list {
			continue
		}
		if t := p.holders(v, q); t != nil {
			title := "Ports by process"
			if q != main {
				title += ", " + name
			}
			m.Holders = append(m.Holders, holdersView{title, name + ", " + p.cut(v.balanceSource(q, p.rows)), t})
		}
		victims := v.victimsOf(q.Host, q.Transport)
		if q == main && len(victims) <= 5 && !p.several {
			continue // on the first screen
		}
		if t := p.refused(victims, false, p.limits.list*2); t != nil {
			m.Refused = append(m.Refused, holdersView{"Refused, " + name, "", t})
		}
	}
}

// words are the outcome of a pool with its reasons.
func (p *page) words(v *Verdict, q *Pool, name string, f face) poolWords {
	w := poolWords{Class: f.ink, Outcome: name + ": " + f.sign + " " + strings.ToLower(outcomeWord(q.Outcome))}
	if q.Outcome != Inconclusive {
		w.Outcome += ", " + p.cut(string(q.Confidence))
	}
	facts := poolFacts(q)
	text := strings.Join(facts, ", ") + ". " + strings.Join(q.Reasons, " ")
	w.Text = p.cut(text)
	return w
}

// holders are the processes at the instant of a pool's balance, ending in its capacity;
// nil where nothing tells of one.
func (p *page) holders(v *Verdict, q *Pool) *tableView {
	all := v.holdersOf(q)
	if len(all) == 0 || q.Balance.Basis == "none" {
		return nil
	}
	t := &tableView{Label: "Ports by process", Cols: []col{
		{"Process", "", ""},
		{"Service", "m", ""},
		{"PID", "n", ""},
		{"Ports", "n", ""},
		{"Share", "n", ""},
		{"Only bound", "n", ""},
		{"CLOSE_WAIT", "n", ""},
		{"Stuck", "n", ""},
		{"A minute", "n", ""},
		{"Note", "m", ""},
	}}
	n := fit(len(all), p.limits.list*2)
	left, sums := q.Balance.Holders+q.Balance.StuckCloses, map[string]bool{}
	some := func(k int) cell {
		if k == 0 {
			return cell{Class: "n"}
		}
		return cell{Text: Grouped(k), Class: "n"}
	}
	for i, h := range all {
		if !h.isSum() && sums[h.Image] {
			continue // a member of the sum above it
		}
		if i >= n {
			break
		}
		sums[h.Image] = sums[h.Image] || h.isSum()
		left -= h.Ports
		name := cell{Text: cut(h.who(), min(p.limits.cut, 80))}
		if h.Named {
			name.Class, name.Swatch = "ch", "hold"
		}
		pid := cell{Text: pidText(h.PID), Class: "n"}
		if h.isSum() || h.Image == "" {
			pid.Text = ""
		}
		grow := cell{Class: "n"}
		if s := growthText(h); s != "" {
			grow.Text = strings.TrimSuffix(s, " a minute")
		}
		note := strings.Join(slices.DeleteFunc([]string{h.ByDesign, h.Note}, func(s string) bool { return s == "" }), "; ")
		t.Rows = append(t.Rows, []cell{
			name,
			{Text: p.cut(strings.Join(h.Services, ", ")), Class: "m"},
			pid,
			{Text: Grouped(h.Ports), Class: "n"},
			{Text: Percent(h.Share), Class: "n"},
			some(h.OrphanBound), some(h.CloseWait), some(h.StuckCloses), grow,
			{Text: p.cut(note), Class: "m"},
		})
	}
	if q.Capacity > 0 {
		p.closeBooks(t, q, left)
	}
	return t.whole()
}

// closeBooks ends a table of processes with what no process has, and the capacity.
func (p *page) closeBooks(t *tableView, q *Pool, left int) {
	b := &q.Balance
	line := func(name string, ports int) []cell {
		row := make([]cell, len(t.Cols))
		row[0], row[3] = cell{Text: name}, cell{Text: Grouped(ports), Class: "n"}
		row[4] = cell{Text: Percent(float64(ports) / float64(q.Capacity)), Class: "n"}
		return row
	}
	for _, r := range []struct {
		name  string
		ports int
	}{{"Other processes", left}, {"TIME_WAIT, no process", b.TimeWait}, {"Unaccounted", b.Unaccounted}} {
		if r.ports > 0 {
			t.Rows = append(t.Rows, line(r.name, r.ports))
		}
	}
	t.Rows = append(t.Rows, line("Free", b.Free))
	t.Sum = line("Capacity", q.Capacity)
	t.Sum[4].Text = "100 %"
}

func (p *page) episodesOf(m *machineView, v *Verdict, host string) {
	t := &tableView{Label: "Episodes", Cols: []col{
		{"#", "n", ""},
		{"Pool", "nw", ""},
		{"From (UTC)", "nw", ""},
		{"To (UTC)", "nw", ""},
		{"Lasted", "nw", ""},
		{"How it ended", "", ""},
		{"Refused", "n", ""},
		{"In the log", "", ""},
		{"Stuck then", "n", ""},
		{"Unaccounted then", "n", ""},
	}}
	total := 0
	for i := range v.Windows {
		w := &v.Windows[i]
		if w.Host != host {
			continue
		}
		if total++; total <= p.limits.list*4 {
			t.Rows = append(t.Rows, p.episode(w, i+1))
		}
	}
	t.More = more(total, len(t.Rows))
	m.Episodes = t.whole()
}

func (p *page) episode(w *Window, number int) []cell {
	pool := transportName(w.Transport)
	if name := poolName(w.Transport, w.Family); name != "" {
		pool = name
	}
	when := func(t, beside Time) string {
		switch {
		case t.IsZero():
			return ""
		case dayText(t) == dayText(beside):
			return clockText(t)
		}
		return t.UTC().Format("2 Jan 2006 15:04:05")
	}
	row := []cell{{Text: Grouped(number), Class: "n"}, {Text: p.cut(pool), Class: "nw"}, {Text: p.span(w.From, w.From), Class: "nw"}, {Text: when(w.To, w.From), Class: "nw"}, {Class: "nw"}, text(endText(w)), {Class: "n"}, text(logCounts(w.Log)), {Class: "n"}, {Class: "n"}}
	if !w.From.IsZero() && w.To.After(w.From.Time) {
		row[4].Text = Rough(w.To.Sub(w.From.Time))
	}
	if w.Failures > 0 {
		row[6].Text = Counted(w.Failures, "attempt", "attempts")
	}
	if b := w.Balance; b != nil && b.StuckCloses > 0 {
		row[8].Text, row[9].Text = Grouped(b.StuckCloses), Grouped(b.Unaccounted)
	}
	return row
}

// logCounts counts the records of an episode by id: "4231 × 3, 4227 × 5".
func logCounts(log []LogEntry) string {
	count := map[int]int{}
	for _, l := range log {
		count[l.ID]++
	}
	var ids []int
	for id := range count {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int) int {
		if r := rankLog(a) - rankLog(b); r != 0 {
			return r
		}
		return a - b
	})
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf("%d × %s", id, Grouped(count[id])))
	}
	return strings.Join(out, ", ")
}

// findingsOf are those of a machine; the first takes those of no machine that is told of.
func (p *page) findingsOf(m *machineView, r *Report, host string, first bool, hosts []string) {
	total := 0
	count := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Host != host && !(first && !slices.Contains(hosts, f.Host)) {
			continue
		}
		_, tag := tagOf(f.Severity, r.Verdict.Cause)
		count[tag]++
		if total++; total <= p.limits.findings {
			m.Findings = append(m.Findings, p.finding(f, total == 1))
		}
	}
	var parts []string
	for _, tag := range []string{"● critical", "▲ warning", "○ info", "✓ fine"} {
		if n := count[tag]; n > 0 {
			_, word, _ := strings.Cut(tag, " ")
			parts = append(parts, Grouped(n)+" "+word)
		}
	}
	m.FindingsNote = strings.Join(parts, ", ")
	m.FindingsMore = more(total, len(m.Findings))
}
