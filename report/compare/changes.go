package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portverdict/report"
)

// What an input can show. A snapshot is netstat or Get-NetTCPConnection: they
// show the same thing.
const (
	trace    = "a trace (.etl)"
	log      = "the System log (.evtx)"
	snapshot = "a connection table (netstat)"
	ranges   = "the dynamic port range (netsh)"
)

// ability says what inputs of a kind can show, "" when it bears on no comparison.
func ability(kind string) string {
	switch kind {
	case "etl":
		return trace
	case "evtx":
		return log
	case "netstat", "psnet":
		return snapshot
	case "hosttext.range":
		return ranges
	}
	return ""
}

func able(r *report.Report, what string) bool {
	return slices.ContainsFunc(kinds(r), func(k string) bool { return ability(k) == what })
}

// shows tells that the silence of an input means something: it is there and says
// of itself neither that it does not cover the time nor that it lost events.
func shows(r *report.Report, what string) bool {
	gaps := map[string][]string{log: {"evtx-does-not-cover"}, trace: {"trace-lost-events", "trace-wrapped"}}
	return able(r, what) && !slices.ContainsFunc(gaps[what], func(id string) bool { return count(r, id) > 0 })
}

// rests says what a finding was seen in, "" when several inputs can show it.
func rests(id string) string {
	switch {
	case strings.HasPrefix(id, "afd-"), strings.HasPrefix(id, "tcpip-"), strings.HasPrefix(id, "trace-"), strings.HasPrefix(id, "lookalike-"):
		return trace
	case strings.HasPrefix(id, "evtx-"):
		return log
	case strings.HasPrefix(id, "pool-"), strings.HasPrefix(id, "snapshot-"),
		id == "bound-leak", id == "time-wait-churn", id == "close-wait-pile", id == "tuple-exhaustion":
		return snapshot
	case id == "range-small", id == "range-excluded":
		return ranges
	}
	return ""
}

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

func pools(before, after []report.Pool) []PoolChange {
	all := map[[2]string]*PoolChange{}
	at := func(p report.Pool) *PoolChange {
		key := [2]string{p.Transport, p.Family}
		if all[key] == nil {
			all[key] = &PoolChange{Transport: p.Transport, Family: p.Family}
		}
		return all[key]
	}
	for _, p := range before {
		at(p).Before = poolSide(p)
	}
	for _, p := range after {
		at(p).After = poolSide(p)
	}
	out := []PoolChange{}
	for _, p := range all {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b PoolChange) int {
		return cmp.Or(cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Family, b.Family))
	})
	return out
}

func poolSide(p report.Pool) *PoolSide {
	s := &PoolSide{Start: p.Start, Count: p.Count, Excluded: p.Excluded, Capacity: p.Capacity, Assumed: p.RangeSource == "default" || p.RangeSource == ""}
	if p.UsedSource != "" {
		s.Used = &p.Used
	}
	return s
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
		add := func(name string, before, after int, format string) {
			if before != after {
				out = append(out, SettingChange{
					p.Transport, p.Family, name, before, after,
					fmt.Sprintf(format, poolName(p.Transport, p.Family), direction(before, after), report.Grouped(before), report.Grouped(after)),
				})
			}
		}
		if b.Start != a.Start {
			out = append(out, SettingChange{
				p.Transport, p.Family, "start", b.Start, a.Start,
				fmt.Sprintf("the %s range now starts at %d, before at %d", poolName(p.Transport, p.Family), a.Start, b.Start),
			})
		}
		add("count", b.Count, a.Count, "the %s range was %s from %s to %s ports")
		switch {
		case b.Excluded > 0 && a.Excluded == 0:
			out = append(out, SettingChange{
				p.Transport, p.Family, "excluded", b.Excluded, 0,
				fmt.Sprintf("the exclusions in the %s range are gone: %s before", poolName(p.Transport, p.Family), report.Counted(b.Excluded, "port", "ports")),
			})
		default:
			add("excluded", b.Excluded, a.Excluded, "what is excluded in the %s range was %s from %s to %s ports")
		}
		add("capacity", b.Capacity, a.Capacity, "what %s can use was %s from %s to %s ports")
	}
	return out
}

func direction(before, after int) string {
	if after > before {
		return "raised"
	}
	return "lowered"
}

func findings(before, after *report.Report) []FindingChange {
	all := map[string]*FindingChange{}
	at := func(f report.Finding) *FindingChange {
		if all[f.ID] == nil {
			all[f.ID] = &FindingChange{ID: f.ID, Title: f.Title, Severity: f.Severity}
		}
		return all[f.ID]
	}
	inBefore, inAfter := map[string]bool{}, map[string]bool{}
	for _, f := range before.Findings {
		at(f).Before += f.Count
		inBefore[f.ID] = true
	}
	for _, f := range after.Findings {
		at(f).After += f.Count
		inAfter[f.ID] = true
	}
	out := []FindingChange{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		f := *all[id]
		silent := after
		if inAfter[id] {
			silent = before
		}
		what := rests(id)
		f.Change = change(inBefore[id], inAfter[id], what == "" || shows(silent, what))
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b FindingChange) int { return cmp.Compare(weight(a.Severity), weight(b.Severity)) })
	return out
}

func weight(severity string) int {
	if i := slices.Index([]string{"critical", "warning", "info", "counter"}, severity); i >= 0 {
		return i
	}
	return 4
}

// imageKey is what two names of one program have in common: netstat says
// leaky.exe where tasklist /v or a trace may say Leaky.
func imageKey(image string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(image)), ".exe")
}

// pair is what two reports say of one image.
type pair[S any] struct {
	key, image    string
	before, after *S
}

// paired gathers by image, as PIDs do not outlive a restart; add puts a row to
// the others of its image.
func paired[T, S any](before, after []T, image func(T) string, add func(*S, T)) []pair[S] {
	all := map[string]*pair[S]{}
	at := func(row T) *pair[S] {
		key := imageKey(image(row))
		if all[key] == nil {
			all[key] = &pair[S]{key: key, image: image(row)}
		}
		return all[key]
	}
	for _, row := range before {
		p := at(row)
		if p.before == nil {
			p.before = new(S)
		}
		add(p.before, row)
	}
	for _, row := range after {
		p := at(row)
		if p.after == nil {
			p.after = new(S)
		}
		add(p.after, row)
	}
	out := []pair[S]{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, *all[key])
	}
	return out
}

// change says what became of the image; could tells whether a report can show it.
// A process without a name is nobody's successor.
func (p *pair[S]) change(before, after *report.Report, could func(*report.Report) bool) Change {
	silent := after
	if p.before == nil {
		silent = before
	}
	return change(p.before != nil, p.after != nil, p.key != "" && could(silent))
}

func holders(before, after *report.Report) []HolderChange {
	out := []HolderChange{}
	could := func(silent *report.Report) bool { return tellsHolders(silent, before, after) }
	for _, p := range paired(before.Verdict.Holders, after.Verdict.Holders, func(h report.Holder) string { return h.Image },
		func(s *HolderSide, h report.Holder) {
			s.PIDs, s.Services = unique(s.PIDs, h.PID), unique(s.Services, h.Services...)
			s.Ports += h.Ports
			s.Share += h.Share
			s.GrowthPerMinute += h.GrowthPerMinute
		}) {
		if p.before != nil {
			p.before.Transport = holdersOf(before)
		}
		if p.after != nil {
			p.after.Transport = holdersOf(after)
		}
		out = append(out, HolderChange{p.image, p.change(before, after, could), p.before, p.after})
	}
	slices.SortStableFunc(out, func(a, b HolderChange) int { return cmp.Compare(mostPorts(b), mostPorts(a)) })
	return out
}

// holdersListed is how many holders a report has at most.
const holdersListed = 200

// tellsHolders tells that a process which the silent side does not list holds
// nothing there. The list must be whole and of the same transport; a list from a
// trace alone lacks ports taken before it, so it cannot answer one from a table.
func tellsHolders(silent, before, after *report.Report) bool {
	n := len(silent.Verdict.Holders)
	if n == 0 || n >= holdersListed || holdersOf(before) != holdersOf(after) {
		return false
	}
	return !tracedOnly(silent) || tracedOnly(before) && tracedOnly(after)
}

func tracedOnly(r *report.Report) bool {
	return !slices.ContainsFunc(r.Verdict.Holders, func(h report.Holder) bool { return h.Basis != "trace" })
}

// holdersOf is the transport whose holders a report lists: the one in trouble,
// else TCP, if any of it is in use.
func holdersOf(r *report.Report) string {
	in := ranOut(r)
	if len(in) == 0 {
		for _, p := range r.Verdict.Pools {
			if p.Used > 0 {
				in = append(in, p.Transport)
			}
		}
	}
	if len(in) == 0 || slices.Contains(in, "tcp") {
		return "tcp"
	}
	return in[0]
}

func mostPorts(h HolderChange) int {
	n := 0
	for _, s := range []*HolderSide{h.Before, h.After} {
		if s != nil {
			n = max(n, s.Ports)
		}
	}
	return n
}

func victims(before, after *report.Report) []VictimChange {
	out := []VictimChange{}
	for _, p := range paired(before.Verdict.Victims, after.Verdict.Victims, func(v report.Victim) string { return v.Image },
		func(s *VictimSide, v report.Victim) {
			s.PIDs, s.Services = unique(s.PIDs, v.PID), unique(s.Services, v.Services...)
			s.Failures += v.Failures
		}) {
		out = append(out, VictimChange{p.image, p.change(before, after, func(r *report.Report) bool { return shows(r, trace) }), p.before, p.after})
	}
	slices.SortStableFunc(out, func(a, b VictimChange) int { return cmp.Compare(mostFailures(b), mostFailures(a)) })
	return out
}

func mostFailures(v VictimChange) int {
	n := 0
	for _, s := range []*VictimSide{v.Before, v.After} {
		if s != nil {
			n = max(n, s.Failures)
		}
	}
	return n
}

// unique is a sorted set, never nil, with more put to it.
func unique[T cmp.Ordered](set []T, more ...T) []T {
	all := append(append([]T{}, set...), more...)
	slices.Sort(all)
	return slices.Compact(all)
}
