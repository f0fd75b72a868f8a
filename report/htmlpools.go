package report

import (
	"fmt"
	"html/template"
	"strings"
)

// What the page says of each pool: its balance, its line, its episodes, and what failed
// for another reason.

// balanceView is the sum that a pool's verdict rests on.
type balanceView struct {
	Title, Source, Range string
	Bar                  template.HTML
	Terms                []termView
	Capacity             string
}

type termView struct{ Class, Ports, Name string }

type poolCard struct {
	Range string
	Lines []string
}

// machineView is one machine with its pools.
type machineView struct {
	Host string
	Rows []poolRow
	More string
}

type poolRow struct {
	Pool, Class, Sign, Outcome, Sure, Use, Cause, Forecast, Sum, Refused string
	Bar                                                                  template.HTML
}

type episodeRow struct {
	Number                                  int
	Pool, Period, Lasts, Ends, Refused, Sum string
	Log                                     []string
}

type failureRow struct{ Count, What, By, Next string }

// defaultCount is the size of the dynamic range Windows has had since Vista.
const defaultCount = 16384

func (p *page) balance(v *Verdict) {
	q := v.mainPool()
	if q == nil || q.Capacity <= 0 {
		return
	}
	terms := p.terms(v, q)
	b := &balanceView{
		Title: fmt.Sprintf("Where the %s %s were", Grouped(q.Capacity), p.cut(portsName(v))), Source: p.cut(v.balanceSource(q, p.rows)),
		Range: fmt.Sprintf("range %d–%d, %s", q.Start, lastPort(q), excludedText(q)+p.cut(rangeOrigin(q, p.rows))),
		Bar:   barSVG(terms, q.Capacity, "bar"), Capacity: Grouped(q.Capacity),
	}
	for _, t := range terms {
		b.Terms = append(b.Terms, termView{t.class, Grouped(t.ports), t.name})
	}
	p.Balance = b
}

// terms are those of the pool's balance, each name no longer than the page allows.
func (p *page) terms(v *Verdict, q *Pool) []part {
	terms := v.terms(q)
	for i := range terms {
		terms[i].name = cut(terms[i].name, min(p.limits.cut, 120))
	}
	return terms
}

func (p *page) pools(v *Verdict) {
	p.card(v)
	machines := v.machines()
	n := min(len(machines), p.limits.list*2)
	for _, host := range machines[:n] {
		m := machineView{}
		if p.several {
			if m.Host = p.cut(host); host == "" {
				m.Host = "Machine not known"
			}
		}
		total := 0
		for i := range v.Pools {
			if q := &v.Pools[i]; q.Host == host {
				if total++; total <= p.limits.list {
					m.Rows = append(m.Rows, p.pool(v, q))
				}
			}
		}
		m.More = more(total, len(m.Rows))
		p.Machines = append(p.Machines, m)
	}
	p.MachinesMore = more(len(machines), n)
}

// card tells the range of the headline's pool and how full it was.
func (p *page) card(v *Verdict) {
	q := v.mainPool()
	if q == nil {
		return
	}
	use := inUse(q)
	if q.Used != nil && !q.UsedAt.IsZero() {
		use += ", " + Moment(q.UsedAt)
	}
	p.Pool.Range = fmt.Sprintf("%d–%d", q.Start, lastPort(q))
	p.Pool.Lines = []string{
		p.cut(poolName(q.Transport, q.Family)) + ": " + use,
		Counted(q.Count, "port", "ports") + ", " + excludedText(q) + p.cut(rangeOrigin(q, p.rows)),
	}
	if q.Count > 0 && q.Count < defaultCount {
		p.Pool.Lines = append(p.Pool.Lines, fmt.Sprintf("Windows' default is 49152–65535: this range is %s of it", Percent(float64(q.Count)/defaultCount)))
	}
}

func (p *page) pool(v *Verdict, q *Pool) poolRow {
	f := faceOf(q.Outcome, quiet(v, q.Cause))
	row := poolRow{
		Pool: p.cut(poolName(q.Transport, q.Family)), Class: "o-" + f.class, Sign: f.sign, Outcome: strings.ToLower(outcomeWord(q.Outcome)),
		Use: inUse(q), Cause: p.cut(causeText(q.Cause)), Forecast: forecastText(q),
	}
	if row.Forecast != "" && q.Forecast.Basis != "" {
		row.Forecast += ": " + p.cut(q.Forecast.Basis)
	}
	if q.Outcome != Inconclusive {
		row.Sure = p.cut(string(q.Confidence))
	}
	if q.Balance.Basis != "none" && q.Capacity > 0 {
		terms := p.terms(v, q)
		row.Bar, row.Sum = barSVG(terms, q.Capacity, "bar thin"), equation(terms, q.Capacity)
	}
	if q != v.mainPool() && q.troubled() { // those of the headline's pool stand above
		row.Refused = p.cut(refusedList(v.victimsOf(q.Host, q.Transport), 5))
	}
	return row
}

// quiet is the cause by which a pool looks: where the answer is that it is not ports,
// no pool has a tick.
func quiet(v *Verdict, c Cause) Cause {
	if v.Cause == CauseNotPorts {
		return v.Cause
	}
	return c
}

func (p *page) episodes(v *Verdict) {
	n := min(len(v.Windows), p.limits.list*4)
	for i := range v.Windows[:n] {
		w := &v.Windows[i]
		row := episodeRow{Number: i + 1, Pool: transportName(w.Transport), Period: Period(w.From, w.To), Ends: endText(w), Refused: Grouped(w.Failures)}
		if name := poolName(w.Transport, w.Family); name != "" {
			row.Pool = p.cut(name)
		}
		if p.several && w.Host != "" {
			row.Pool = p.cut(w.Host) + " " + row.Pool
		}
		if w.Failures == 0 {
			row.Refused = "–" // no trace saw them
		}
		if !w.From.IsZero() && w.To.After(w.From.Time) {
			row.Lasts = Rough(w.To.Sub(w.From.Time))
		}
		if b := w.Balance; b != nil && b.Basis != "none" && b.Basis != "" {
			row.Sum = equation(b.terms("held by processes", b.Holders), b.Capacity)
		}
		for k, l := range w.Log {
			if k == p.limits.list {
				row.Log = append(row.Log, more(len(w.Log), k))
				break
			}
			text := fmt.Sprintf("%d at %s", l.ID, momentOn(l.Time, w.From))
			if l.DeltaSeconds != nil {
				text += ", " + signedSeconds(*l.DeltaSeconds) + " to the nearest refusal"
			}
			row.Log = append(row.Log, text)
		}
		p.Episodes = append(p.Episodes, row)
	}
	p.EpisodesMore = more(len(v.Windows), n)
}

// failures are what failed for another reason than ports; where that is the answer it
// stands in place of who was refused.
func (p *page) failures(v *Verdict) {
	n, total := min(len(v.OtherFailures), p.limits.list), 0
	for i := range v.OtherFailures {
		f := &v.OtherFailures[i]
		total += f.Count
		if i < n {
			p.Failures = append(p.Failures, failureRow{Grouped(f.Count), p.cut(failureText(f)), p.cut(failedBy(f, 5)), p.cut(f.Next)})
		}
	}
	p.FailuresMore = more(len(v.OtherFailures), n)
	p.FailureCount = Counted(total, "attempt", "attempts")
	p.NotPorts = v.Cause == CauseNotPorts && total > 0
}
