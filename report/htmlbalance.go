package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// The centre of the page: where the ports were, as a bar and as the sum that the bar
// shows. Where several pools have something to say, each is one line of a table.

// barView is a bar with its equation; Label says of which instant, where there are two.
type barView struct {
	Label    string
	SVG      template.HTML
	Terms    []termView
	Capacity string
	Assumed  bool
}

type termView struct{ Class, Ports, Name string }

// speaks is whether a pool has something to say beside the one of the headline.
func (v *Verdict) speaks(q *Pool) bool {
	return q == v.mainPool() || q.troubled() || len(q.Episodes) > 0 || q.Forecast != nil
}

// sideBySide are the pools that stand in one table, none where one bar is enough: of
// several machines all that anything tells of.
func (v *Verdict) sideBySide() []*Pool {
	several := len(v.machines()) > 1
	var out []*Pool
	for _, q := range v.ordered() {
		if q.Capacity > 0 && (v.speaks(q) || several && q.Balance.Basis != "none" && q.Balance.Basis != "") {
			out = append(out, q)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func (p *page) balance(v *Verdict) {
	p.HasMap = len(v.Pools) > 0
	if side := v.sideBySide(); side != nil {
		p.poolTable(v, side)
		return
	}
	q := v.mainPool()
	if q == nil || q.Capacity <= 0 {
		return
	}
	name := p.cut(portsName(v))
	p.BarsTitle = fmt.Sprintf("Where the %s %s were", Grouped(q.Capacity), name)
	source := v.balanceSource(q, p.rows)
	switch b := &q.Balance; {
	case b.Basis == "none" || b.Basis == "":
		p.BarsTitle += " is not known"
	case !b.At.IsZero():
		p.BarsTitle += " at " + p.clockOn(b.At) + " UTC"
		source = v.balanceBasis(q, p.rows)
	}
	p.BarsSource = p.cut(source) + " · " + p.rangeText(q)
	now := p.report.stuckNow(q)
	label := ""
	if now != nil {
		label = balanceInstant(v, q)
		p.BarsTitle = fmt.Sprintf("Where the %s %s were", Grouped(q.Capacity), name)
		p.BarsSource = p.cut(v.balanceBasis(q, p.rows)) + " · " + p.rangeText(q)
	}
	p.Bars = append(p.Bars, barOf(p.terms(v, q), q, label))
	if now != nil {
		terms := []part{
			{"stuck", "▚", "stuck while closing", now.ports},
			{"un", "░", "in use or free; the log cannot tell", q.Capacity - now.ports},
		}
		p.Bars = append(p.Bars, barOf(terms, q, now.label))
	}
}

func barOf(terms []part, q *Pool, label string) barView {
	b := barView{Label: label, SVG: barSVG(terms, q.Capacity, "b"), Capacity: Grouped(q.Capacity), Assumed: q.RangeSource == "default"}
	for _, t := range terms {
		b.Terms = append(b.Terms, termView{t.class, Grouped(t.ports), t.name})
	}
	return b
}

// A Bar is a balance as a page shows it: the bar, and the parts that add up to its
// capacity.
type Bar struct {
	SVG      template.HTML
	Terms    []termView
	Capacity string
}

// NewBar draws a balance, of which so many ports are those of the named holder; "" is
// none.
func NewBar(b *Balance, holder string, ports int) Bar {
	ports = min(max(ports, 0), b.Holders)
	var terms []part
	others := "held by processes"
	if holder != "" {
		terms, others = append(terms, part{"hold", "█", Visible(holder), ports}), "other processes"
	} else {
		ports = 0
	}
	v := barOf(append(terms, b.terms(others, b.Holders-ports)...), &Pool{Capacity: b.Capacity}, "")
	return Bar{v.SVG, v.Terms, v.Capacity}
}

// balanceInstant says of which instant the balance of a pool is.
func balanceInstant(v *Verdict, q *Pool) string {
	when := dayText(q.Balance.At) + " " + q.Balance.At.UTC().Format("15:04") + " UTC"
	if n := len(q.Episodes); v.balanceEpisode(q) >= 0 && n > 1 {
		return when + ", when the last episode began"
	}
	return when + ", when the pool ran out"
}

// stuckNow is how many ports hang in closing when the log ends, where that is another
// number than that of the balance.
type stuckAt struct {
	ports int
	label string
}

func (r *Report) stuckNow(q *Pool) *stuckAt {
	if q.Balance.Basis != "stuck-closes" {
		return nil
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.ID != "evtx-stuck-closes" || f.Host != q.Host || f.Transport != q.Transport || f.Count == q.Balance.StuckCloses || f.Count <= 0 || f.Count > q.Capacity {
			continue
		}
		label := "when the log ends"
		if s := covered(r); !s.To.IsZero() {
			label = dayText(s.To) + " " + s.To.UTC().Format("15:04") + " UTC, " + label
		}
		return &stuckAt{f.Count, label}
	}
	return nil
}

// rangeText is the range of a pool and where it comes from.
func (p *page) rangeText(q *Pool) string {
	out := fmt.Sprintf("range %d–%d", q.Start, lastPort(q))
	if q.Excluded > 0 {
		out += ", " + Grouped(q.Excluded) + " excluded"
	}
	return out + ", " + p.cut(rangeOrigin(q, p.rows))
}

// terms are those of the pool's balance, each name no longer than the page allows.
func (p *page) terms(v *Verdict, q *Pool) []part {
	terms := v.terms(q)
	for i := range terms {
		terms[i].name = cut(terms[i].name, min(p.limits.cut, 120))
	}
	return terms
}

// poolTable puts pools one under the other, each line a sum with its bar.
func (p *page) poolTable(v *Verdict, side []*Pool) {
	t := &tableView{Label: "Balance of each pool", Cols: []col{
		{"Pool", "nw", ""},
		{"Outcome", "nw", ""},
		{"All ports", "b0", ""},
		{"Most ports", "n", ""},
		{"Others", "n", "oth"},
		{"Stuck", "n", "stuck"},
		{"TIME_WAIT", "n", "tw"},
		{"Unaccounted", "n", "un"},
		{"Free", "n", "free"},
		{"Capacity", "n", ""},
		{"At (UTC)", "nw m", ""},
	}}
	stuck := slices.ContainsFunc(side, func(q *Pool) bool { return q.Balance.StuckCloses > 0 })
	n := fit(len(side), p.limits.list*2)
	for _, q := range side[:n] {
		t.Rows = append(t.Rows, p.poolLine(v, q, stuck))
	}
	t.More = more(len(side), n)
	p.Pools = t.whole()
	p.PoolsSource = "each line adds up to the capacity of its pool"
	if slices.ContainsFunc(side, func(q *Pool) bool {
		return slices.ContainsFunc(v.holdersOf(q), func(h *Holder) bool { return h.Named })
	}) {
		p.PoolsSource = "blue: the named holder · " + p.PoolsSource
	}
}

func (p *page) poolLine(v *Verdict, q *Pool, stuck bool) []cell {
	f := faceOf(q.Outcome, quiet(v, q.Cause))
	name := cell{Text: p.cut(poolName(q.Transport, q.Family)), Class: "nw"}
	if p.several {
		name.Text, name.Note = cut(hostName(q.Host), min(p.limits.cut, 60)), name.Text
	}
	row := []cell{name, {Text: f.sign + " " + strings.ToLower(outcomeWord(q.Outcome)), Class: "pill " + f.ink}}
	b := &q.Balance
	if b.Basis == "none" || b.Basis == "" {
		return append(row, cell{Text: "not known", Class: "m"}, cell{}, cell{}, cell{}, cell{}, cell{}, cell{}, cell{Text: Grouped(q.Capacity), Class: "n"}, cell{})
	}
	terms := p.terms(v, q)
	row = append(row, cell{Bar: barSVG(terms, q.Capacity, "thin"), Sum: equation(terms, q.Capacity)})
	most, rest := cell{Class: "n"}, b.Holders
	if all := v.holdersOf(q); len(all) > 0 {
		ports := min(max(all[0].Ports, 0), rest)
		most.Text, most.Note, rest = Grouped(ports), cut(all[0].who(), min(p.limits.cut, 40)), rest-ports
		if all[0].Named {
			most.Class = "n nm"
		}
	}
	number := func(n int) cell { return cell{Text: Grouped(n), Class: "n"} }
	hang, wait := cell{}, number(b.TimeWait)
	if stuck {
		hang = number(b.StuckCloses)
	}
	if q.Transport == "udp" {
		wait = cell{Text: "–", Class: "n m"}
	}
	at := cell{Text: p.clockOn(b.At), Class: "nw m"}
	return append(row, most, number(rest), hang, wait, number(b.Unaccounted), number(b.Free), number(q.Capacity), at)
}

// clockOn is the time of day to the second, with its day where that is not the page's.
func (p *page) clockOn(t Time) string {
	if t.IsZero() || dayText(t) == p.day() {
		return secondText(t)
	}
	return dayText(t) + " " + secondText(t)
}

func hostName(host string) string {
	if host == "" {
		return "machine not known"
	}
	return host
}

// quiet is the cause by which a pool looks: where the answer is that it is not ports,
// no pool has a tick.
func quiet(v *Verdict, c Cause) Cause {
	if v.Cause == CauseNotPorts {
		return v.Cause
	}
	return c
}
