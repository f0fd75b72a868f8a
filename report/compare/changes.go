package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// change says what became of a thing; shown tells whether the side that does not
// have it could have shown it.
func change(before, after, shown bool) Change {
	switch {
	case before && after:
		return Stays
	case !shown:
		return Unknown
	case before:
		return Gone
	}
	return New
}

// ruled is a pool with the result for it.
type ruled struct {
	pair
	ruling
}

func (r *ruled) change() PoolChange {
	c := PoolChange{
		Host: r.host, Transport: r.transport, Family: r.family, Verdict: r.result,
		Reasons: []string{}, Before: r.before.side(), After: r.after.side(),
	}
	for _, s := range r.why {
		c.Reasons = append(c.Reasons, report.Visible(sentence(s)))
	}
	return c
}

// side is nil where the report has neither the pool nor refusals of an unknown one.
func (h *half) side() *PoolSide {
	if h.pool == nil && len(h.windows) == 0 {
		return nil
	}
	s := &PoolSide{Outcome: h.outcome(), Failures: h.failures(), Episodes: []Episode{}, Holders: h.named()}
	for _, w := range h.windows {
		s.Episodes = append(s.Episodes, Episode{w.From, w.To, w.Ends, w.EndedAt, w.Failures})
	}
	if p := h.pool; p != nil {
		s.Confidence, s.Cause = p.Confidence, p.Cause
		s.Start, s.Count, s.Excluded, s.Capacity = p.Start, p.Count, p.Excluded, p.Capacity
		s.Assumed = p.RangeSource == "default" || p.RangeSource == "inferred" || p.RangeSource == ""
		s.Used, s.UsedAt, s.UsedAtLeast = p.Used, p.UsedAt, p.Used != nil && !h.exact()
		s.Balance, s.Forecast = &p.Balance, p.Forecast
	}
	return s
}

// instant is the episode of the pool's balance, -1 where no episode decides it.
func (h *half) instant() int {
	for _, r := range h.rows() {
		if r.Window == -1 {
			return -1
		}
	}
	if h.pool == nil || len(h.pool.Episodes) == 0 {
		return -1
	}
	return h.pool.Episodes[len(h.pool.Episodes)-1]
}

// holders are the rows of that instant, most ports first.
func (h *half) holders() []report.Holder {
	at := h.instant()
	return slices.DeleteFunc(h.rows(), func(r report.Holder) bool { return r.Window != at })
}

// named are the holders on which the books close.
func (h *half) named() []string {
	out := []string{}
	for _, r := range h.holders() {
		if r.Named {
			out = append(out, holderName(r))
		}
	}
	return out
}

// namedImages are their images: PIDs do not outlive a restart.
func (h *half) namedImages() []string {
	var out []string
	for _, r := range h.holders() {
		if r.Named {
			out = append(out, imageKey(r.Image))
		}
	}
	return unique(out)
}

// settings are what differs between pools whose range both sides read: an
// assumed default is no setting.
func settings(ps []PoolChange) []SettingChange {
	out := []SettingChange{}
	for _, p := range ps {
		b, a := p.Before, p.After
		if b == nil || a == nil || b.Assumed || a.Assumed {
			continue
		}
		add := func(name string, before, after int, text string) {
			if before != after {
				out = append(out, SettingChange{p.Host, p.Transport, p.Family, name, before, after, text})
			}
		}
		pool := poolName(p.Transport, p.Family)
		grew := func(what string, before, after int) string {
			return fmt.Sprintf("%s from %s to %s ports", what, report.Grouped(before), report.Grouped(after))
		}
		add("start", b.Start, a.Start, fmt.Sprintf("the %s range now starts at %d, before at %d", pool, a.Start, b.Start))
		add("count", b.Count, a.Count, grew(fmt.Sprintf("the %s range was %s", pool, direction(b.Count, a.Count)), b.Count, a.Count))
		excluded := grew(fmt.Sprintf("the exclusions in the %s range were %s", pool, direction(b.Excluded, a.Excluded)), b.Excluded, a.Excluded)
		if a.Excluded == 0 {
			excluded = fmt.Sprintf("the exclusions in the %s range are gone: %s before", pool, report.Counted(b.Excluded, "port", "ports"))
		}
		add("excluded", b.Excluded, a.Excluded, excluded)
		add("capacity", b.Capacity, a.Capacity, grew(fmt.Sprintf("what %s can use was %s", pool, direction(b.Capacity, a.Capacity)), b.Capacity, a.Capacity))
	}
	return out
}

func direction(before, after int) string {
	if after > before {
		return "raised"
	}
	return "lowered"
}

// holders gathers the holders of each of the machine's pools by image, as PIDs do not
// outlive a restart.
func (m *machine) holders() []HolderChange {
	out := []HolderChange{}
	for _, t := range unique(m.before.transports(), m.after.transports()...) {
		b, a := m.before.holdersOf(t), m.after.holdersOf(t)
		for _, p := range paired(b, a, func(h report.Holder) string { return h.Image }) {
			shown := p.key != "" && (len(p.after) > 0 || m.after.tellsHolders(t, &m.before)) && (len(p.before) > 0 || m.before.tellsHolders(t, &m.after))
			out = append(out, HolderChange{m.name(), t, p.image, change(len(p.before) > 0, len(p.after) > 0, shown), holderSide(p.before), holderSide(p.after)})
		}
	}
	return out
}

// holdersOf are the holders of all pools of a transport at the instant of each balance.
func (p *part) holdersOf(transport string) []report.Holder {
	var at []int
	for _, f := range p.families(transport) {
		h := p.half(transport, f)
		at = append(at, h.instant())
	}
	h := half{part: *p, transport: transport}
	return slices.DeleteFunc(h.rows(), func(r report.Holder) bool { return !slices.Contains(at, r.Window) })
}

// listed is how many holders of a pool a report lists: with that many there may be more.
const listed = 20

// tellsHolders tells that a process which the report does not list holds nothing: its
// books close on a table. A trace lacks ports taken before it, so it can only answer
// another trace.
func (p *part) tellsHolders(transport string, other *part) bool {
	if transport == unknown || len(p.holdersOf(transport)) >= listed {
		return false
	}
	families := p.families(transport)
	for _, f := range families {
		h, o := p.half(transport, f), other.half(transport, f)
		traces := h.pool.Balance.Basis == "trace" && o.pool != nil && o.pool.Balance.Basis == "trace"
		if !h.complete() && !traces {
			return false
		}
	}
	return len(families) > 0
}

func holderSide(rows []report.Holder) *HolderSide {
	if len(rows) == 0 {
		return nil
	}
	s := &HolderSide{PIDs: []report.PID{}, Services: []string{}}
	sum := slices.IndexFunc(rows, func(r report.Holder) bool { return r.Instances > 1 })
	for i, r := range rows {
		if r.PID > 0 {
			s.PIDs = unique(s.PIDs, r.PID)
		}
		s.Services = unique(s.Services, r.Services...)
		s.Named = s.Named || r.Named
		if sum < 0 || i == sum { // a sum and its members are the same ports
			s.Ports += r.Ports
			s.Share += r.Share
			s.GrowthPerMinute += r.GrowthPerMinute
		}
	}
	return s
}

// imageKey is what two names of one program have in common: netstat says
// leaky.exe where tasklist /v or a trace may say Leaky.
func imageKey(image string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(image)), ".exe")
}

// byImage is what two reports say of one image.
type byImage[T any] struct {
	key, image    string
	before, after []T
}

func paired[T any](before, after []T, image func(T) string) []byImage[T] {
	var out []byImage[T]
	at := func(row T) *byImage[T] {
		key := imageKey(image(row))
		i := slices.IndexFunc(out, func(p byImage[T]) bool { return p.key == key })
		if i < 0 {
			i = len(out)
			out = append(out, byImage[T]{key: key, image: image(row)})
		}
		return &out[i]
	}
	for _, row := range before {
		p := at(row)
		p.before = append(p.before, row)
	}
	for _, row := range after {
		p := at(row)
		p.after = append(p.after, row)
	}
	return out
}

// victims gathers the refused processes of each of the machine's pools by image.
func (m *machine) victims() []VictimChange {
	var transports []string
	for _, p := range []*part{&m.before, &m.after} {
		for _, v := range p.r.Verdict.Victims {
			if p.is(v.Host) {
				transports = append(transports, v.Transport)
			}
		}
	}
	out := []VictimChange{}
	for _, t := range unique(transports) {
		for _, p := range paired(m.before.victims(t), m.after.victims(t), func(v report.Victim) string { return v.Image }) {
			shown := p.key != "" && (len(p.after) > 0 || m.after.shows(trace)) && (len(p.before) > 0 || m.before.shows(trace))
			out = append(out, VictimChange{m.name(), t, p.image, change(len(p.before) > 0, len(p.after) > 0, shown), victimSide(p.before), victimSide(p.after)})
		}
	}
	return out
}

func (p *part) victims(transport string) []report.Victim {
	return slices.DeleteFunc(slices.Clone(p.r.Verdict.Victims), func(v report.Victim) bool { return !p.is(v.Host) || v.Transport != transport })
}

func victimSide(rows []report.Victim) *VictimSide {
	if len(rows) == 0 {
		return nil
	}
	s := &VictimSide{PIDs: []report.PID{}, Services: []string{}}
	for _, v := range rows {
		if v.PID > 0 {
			s.PIDs = unique(s.PIDs, v.PID)
		}
		s.Services = unique(s.Services, v.Services...)
		s.Failures += v.Failures
	}
	return s
}

// findings pairs what both reports say of the machine under one id and transport.
func (m *machine) findings() []FindingChange {
	out := []FindingChange{}
	at := func(f report.Finding) *FindingChange {
		i := slices.IndexFunc(out, func(c FindingChange) bool { return c.ID == f.ID && c.Transport == f.Transport })
		if i < 0 {
			i = len(out)
			out = append(out, FindingChange{ID: f.ID, Host: m.name(), Transport: f.Transport, Title: f.Title, Severity: f.Severity})
		}
		return &out[i]
	}
	for _, f := range m.before.findings() {
		at(f).Before += f.Count
	}
	for _, f := range m.after.findings() {
		at(f).After += f.Count
	}
	for i := range out {
		f, silent := &out[i], &m.after
		if f.After > 0 {
			silent = &m.before
		}
		what := rests(f.ID)
		f.Change = change(f.Before > 0, f.After > 0, silent.known && (what == "" || silent.shows(what)))
	}
	return out
}

func (p *part) findings() []report.Finding {
	return slices.DeleteFunc(slices.Clone(p.r.Findings), func(f report.Finding) bool { return !p.is(f.Host) || f.Count <= 0 })
}

// failures pairs what failed and is not exhaustion, by status.
func failures(before, after *report.Report) []FailureChange {
	out := []FailureChange{}
	at := func(f report.OtherFailure) *FailureChange {
		i := slices.IndexFunc(out, func(c FailureChange) bool { return c.Status == f.Status })
		if i < 0 {
			i = len(out)
			out = append(out, FailureChange{Status: f.Status, Name: f.Name, Meaning: f.Meaning})
		}
		return &out[i]
	}
	for _, f := range before.Verdict.OtherFailures {
		at(f).Before += f.Count
	}
	for _, f := range after.Verdict.OtherFailures {
		at(f).After += f.Count
	}
	for i := range out {
		f, silent := &out[i], after
		if f.After > 0 {
			silent = before
		}
		f.Change = change(f.Before > 0, f.After > 0, slices.ContainsFunc(parts(silent), func(p part) bool { return p.shows(trace) }))
	}
	slices.SortStableFunc(out, func(a, b FailureChange) int {
		return cmp.Or(cmp.Compare(max(b.Before, b.After), max(a.Before, a.After)), cmp.Compare(a.Status, b.Status))
	})
	return out
}

// sortChanges puts what matters most first.
func sortChanges(c *Comparison) {
	slices.SortStableFunc(c.Holders, func(a, b HolderChange) int {
		return cmp.Or(cmp.Compare(b.most(), a.most()), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Image, b.Image))
	})
	slices.SortStableFunc(c.Victims, func(a, b VictimChange) int {
		return cmp.Or(cmp.Compare(b.most(), a.most()), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Image, b.Image))
	})
	slices.SortStableFunc(c.Findings, func(a, b FindingChange) int {
		return cmp.Or(cmp.Compare(weight(a.Severity), weight(b.Severity)), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Transport, b.Transport))
	})
}

func weight(severity string) int {
	if i := slices.Index([]string{"critical", "warning", "info", "counter"}, severity); i >= 0 {
		return i
	}
	return 4
}

func (h *HolderChange) most() int {
	n := 0
	for _, s := range []*HolderSide{h.Before, h.After} {
		if s != nil {
			n = max(n, s.Ports)
		}
	}
	return n
}

func (v *VictimChange) most() int {
	n := 0
	for _, s := range []*VictimSide{v.Before, v.After} {
		if s != nil {
			n = max(n, s.Failures)
		}
	}
	return n
}
