package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// What the judgement says of each pool, found by the names it gives: no printer asks a
// second time which pool a number is of.

// mainPool is the pool the headline speaks of, where a family has its own the worst of
// them; nil where none is known.
func (v *Verdict) mainPool() *Pool {
	var found *Pool
	for i := range v.Pools {
		p := &v.Pools[i]
		if p.Host == v.Host && p.Transport == v.Transport && (found == nil || outcomeRank(p.Outcome) < outcomeRank(found.Outcome)) {
			found = p
		}
	}
	return found
}

// episodesOf are those of a pool, in order.
func (v *Verdict) episodesOf(p *Pool) []*Window {
	var out []*Window
	for _, i := range p.Episodes {
		if i >= 0 && i < len(v.Windows) {
			out = append(out, &v.Windows[i])
		}
	}
	return out
}

// mainEpisodes are those the headline speaks of: of its pool, or, where nothing tells
// whose attempts were refused, those of no pool.
func (v *Verdict) mainEpisodes() []*Window {
	if p := v.mainPool(); p != nil {
		return v.episodesOf(p)
	}
	var out []*Window
	for i := range v.Windows {
		if w := &v.Windows[i]; v.Transport == "unknown" && w.Transport == v.Transport && w.Host == v.Host {
			out = append(out, w)
		}
	}
	return out
}

// outer is the span over episodes and how many attempts were refused in them.
func outer(episodes []*Window) (s Span, refused int) {
	for _, w := range episodes {
		if !w.From.IsZero() && (s.From.IsZero() || w.From.Before(s.From.Time)) {
			s.From = w.From
		}
		if !w.To.IsZero() && w.To.After(s.To.Time) {
			s.To = w.To
		}
		refused += w.Failures
	}
	return s, refused
}

// balanceEpisode is the index of the episode that the pool's balance is of, -1 where it
// is of the fullest instant.
func (v *Verdict) balanceEpisode(p *Pool) int {
	for _, i := range slices.Backward(p.Episodes) {
		if i < 0 || i >= len(v.Windows) {
			continue
		}
		if b := v.Windows[i].Balance; b != nil && b.At.Equal(p.Balance.At.Time) && b.Source == p.Balance.Source && b.parts() == p.Balance.parts() {
			return i
		}
	}
	return -1
}

func (b *Balance) parts() [5]int {
	return [...]int{b.Holders, b.StuckCloses, b.TimeWait, b.Unaccounted, b.Free}
}

// holdersOf are the holders at the instant of the pool's balance, named ones first.
func (v *Verdict) holdersOf(p *Pool) []*Holder {
	at := v.balanceEpisode(p)
	var out []*Holder
	for i := range v.Holders {
		if h := &v.Holders[i]; h.Host == p.Host && h.Transport == p.Transport && h.Window == at {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b *Holder) int {
		switch {
		case a.Named == b.Named:
			return 0
		case a.Named:
			return -1
		}
		return 1
	})
	return out
}

// mainHolders are the holders of the headline's pool.
func (v *Verdict) mainHolders() []*Holder {
	if p := v.mainPool(); p != nil {
		return v.holdersOf(p)
	}
	return nil
}

// names is whether a series is of a process that is named as the holder, or of one of a
// named sum.
func (v *Verdict) names(s *Series) bool {
	return slices.ContainsFunc(v.mainHolders(), func(h *Holder) bool {
		return h.Named && h.Image == s.Image && (h.isSum() || h.PID == s.PID && (h.ProcessKey == "" || s.ProcessKey == "" || h.ProcessKey == s.ProcessKey))
	})
}

// victimsOf are those whose attempts were refused by the pools of a host and transport.
func (v *Verdict) victimsOf(host, transport string) []*Victim {
	var out []*Victim
	for i := range v.Victims {
		if w := &v.Victims[i]; w.Host == host && w.Transport == transport {
			out = append(out, w)
		}
	}
	return out
}

// mainVictims are those whose attempts the headline's pool refused.
func (v *Verdict) mainVictims() []*Victim { return v.victimsOf(v.Host, v.Transport) }

// refusedList names at most n victims with their attempts.
func refusedList(victims []*Victim, n int) string {
	var out []string
	for _, w := range victims[:min(len(victims), n)] {
		out = append(out, named(w.Image, w.Services, w.PID, w.ProcessKey)+" "+Grouped(w.Failures))
	}
	if m := more(len(victims), n); m != "" {
		out = append(out, m)
	}
	return strings.Join(out, ", ")
}

// troubled is whether a pool ran out or nearly did.
func (p *Pool) troubled() bool { return p.Outcome == Exhausted || p.Outcome == Likely }

// machines are the hosts that have a pool or an episode, in order.
func (v *Verdict) machines() []string {
	var out []string
	add := func(host string) {
		if !slices.Contains(out, host) {
			out = append(out, host)
		}
	}
	for i := range v.Pools {
		add(v.Pools[i].Host)
	}
	for i := range v.Windows {
		add(v.Windows[i].Host)
	}
	slices.Sort(out)
	return out
}

// inUse says how full a pool was at most.
func inUse(p *Pool) string {
	switch {
	case p.Used == nil:
		return "use not known"
	case *p.Used == 0:
		return "none of " + Grouped(p.Capacity) + " in use"
	}
	return Grouped(*p.Used) + " of " + Grouped(p.Capacity) + " in use"
}

// poolFacts are what one line says of a pool: its use, its cause, when it fills.
func poolFacts(p *Pool) []string {
	out := []string{inUse(p)}
	if c := causeText(p.Cause); c != "" {
		out = append(out, c)
	}
	if f := forecastText(p); f != "" {
		out = append(out, f)
	}
	return out
}

// forecastText says when a pool will be full; "" where nobody can tell.
func forecastText(p *Pool) string {
	if p.Forecast == nil {
		return ""
	}
	return p.Forecast.Text()
}

// Text says when the pool will be full; "" where nobody can tell.
func (f *Forecast) Text() string {
	switch {
	case f.FullAtFrom.IsZero() && f.FullAtTo.IsZero():
		return ""
	case f.FullAtFrom.IsZero():
		return "full by " + Minute(f.FullAtTo)
	case f.FullAtTo.IsZero():
		return "full from " + Minute(f.FullAtFrom)
	}
	return "full between " + Minute(f.FullAtFrom) + " and " + Minute(f.FullAtTo)
}

// part is one term of a balance, with its class on the page and its block on the
// terminal.
type part struct {
	class, block, name string
	ports              int
}

// terms are the parts of a pool's balance in the order in which they add up, the named
// holders first. Parts of 0 are left out, except what is free.
func (v *Verdict) terms(p *Pool) []part {
	var out []part
	rest := p.Balance.Holders
	sums := map[string]bool{}
	for _, h := range v.holdersOf(p) {
		if !h.Named || rest <= 0 || !h.isSum() && sums[h.Image] {
			continue
		}
		sums[h.Image] = h.isSum()
		n := min(max(h.Ports, 0), rest)
		rest -= n
		name := h.name()
		if h.isSum() {
			name = "by " + name // a number follows the number
		}
		out = append(out, part{"hold", "█", name, n})
	}
	others := "other processes"
	if len(out) == 0 {
		others = "held by processes"
		if all := v.holdersOf(p); len(all) > 0 && all[0].Ports > 0 && all[0].Ports <= rest { // who has most, which accuses nobody
			name := all[0].name()
			if all[0].isSum() {
				name = "by " + name
			}
			out, others = append(out, part{"oth", "▓", name, all[0].Ports}), "other processes"
			rest -= all[0].Ports
		}
	}
	return append(out, p.Balance.terms(others, rest)...)
}

// terms are the parts of a balance of which n ports are those of the processes named so.
func (b *Balance) terms(processes string, n int) []part {
	unknown := "unaccounted"
	if b.Basis == "none" {
		unknown = "not known"
	}
	var out []part
	for _, t := range []part{
		{"oth", "▓", processes, n},
		{"stuck", "▚", "stuck while closing", b.StuckCloses},
		{"tw", "▒", "TIME_WAIT", b.TimeWait},
		{"un", "░", unknown, b.Unaccounted},
		{"free", "·", "free", b.Free},
	} {
		if t.ports > 0 || t.class == "free" {
			out = append(out, t)
		}
	}
	return out
}

// equation writes the terms with their names: "510 leaky.exe (4242) + 2 free = 512".
func equation(terms []part, capacity int) string {
	var out []string
	for _, t := range terms {
		out = append(out, Grouped(t.ports)+" "+t.name)
	}
	return strings.Join(out, " + ") + " = " + Grouped(capacity)
}

// cells shares n cells among the terms: each that is not 0 gets one at least, and what
// that takes comes off the largest.
func cells(terms []part, n int) []int {
	total := 0.0
	for _, t := range terms {
		total += float64(max(t.ports, 0))
	}
	out := make([]int, len(terms))
	left, largest := n, 0
	for i, t := range terms {
		if t.ports <= 0 {
			continue
		}
		out[i] = max(int(float64(n)*float64(t.ports)/total), 1)
		left -= out[i]
		if t.ports > terms[largest].ports {
			largest = i
		}
	}
	if total > 0 {
		out[largest] = max(out[largest]+left, 0)
	}
	return out
}

// balanceSource says of which instant the balance is and what tells it.
func (v *Verdict) balanceSource(p *Pool, rows map[string]*Evidence) string {
	b := &p.Balance
	if b.Basis == "none" || b.Basis == "" {
		return "no input shows which ports were in use"
	}
	at := "time not known"
	if !b.At.IsZero() {
		at = Moment(b.At)
	}
	return at + ", " + v.balanceBasis(p, rows)
}

// balanceBasis says what tells the balance, and how far it is from the episode.
func (v *Verdict) balanceBasis(p *Pool, rows map[string]*Evidence) string {
	b := &p.Balance
	source := ""
	if e := rows[b.Source]; e != nil {
		source = e.Source
	}
	out := []string{strings.TrimSpace(strings.TrimPrefix(basisText(b.Basis), "from ") + " " + source)}
	episode := v.balanceEpisode(p)
	switch d := b.DistanceSeconds; {
	case episode < 0:
		out = append(out, "the fullest moment seen")
	case d == nil:
		out = append(out, "how far from the episode is not known")
	case *d < 0:
		out = append(out, Rough(seconds(*d))+" before the episode")
	case *d > 0:
		out = append(out, Rough(seconds(*d))+" after the episode")
	case b.Basis == "table" && !b.At.IsZero() && !v.Windows[episode].From.IsZero():
		out = append(out, Rough(b.At.Sub(v.Windows[episode].From.Time))+" into the episode")
	default:
		out = append(out, "in the episode")
	}
	return strings.Join(out, ", ")
}

// barSVG draws the terms, each with its name and number. Shapes stretch and text does not,
// so it has no viewBox.
func barSVG(terms []part, capacity int, class string) template.HTML {
	const whole = 1000
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="%s" role="img"><title>%s</title>`, class, template.HTMLEscapeString(equation(terms, capacity)))
	x := 0
	for i, n := range cells(terms, whole) {
		if n == 0 {
			continue
		}
		fmt.Fprintf(&b, `<rect class="%s" x="%.1f%%" width="%.1f%%" height="100%%"><title>%s: %s of %s ports</title></rect>`,
			terms[i].class, float64(x)/10, float64(n)/10, template.HTMLEscapeString(terms[i].name), Grouped(terms[i].ports), Grouped(capacity))
		if x > 0 {
			fmt.Fprintf(&b, `<line class="hl" x1="%.1f%%" x2="%.1f%%" y1="0" y2="100%%"/>`, float64(x)/10, float64(x)/10)
		}
		if class == "b" && x == 0 && n >= whole/2 && (terms[i].class == "hold" || terms[i].class == "stuck") {
			fmt.Fprintf(&b, `<text class="inv wd" x="0.9%%" y="19.5">%s · %s</text>`, template.HTMLEscapeString(terms[i].name), Percent(float64(terms[i].ports)/float64(capacity)))
		}
		x += n
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}
