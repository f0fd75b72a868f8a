package compare

import (
	"net/netip"
	"slices"
	"strings"

	"portverdict/report"
)

// part is what one report says of one machine. alone: it is of no other.
type part struct {
	r     *report.Report
	known bool
	alone bool
	label string
	name  string
}

// machine is one machine in both reports; a part is not known when its report does
// not speak of it.
type machine struct{ before, after part }

// firstLabel is what two names of one machine have in common: a log says
// host.example.org where a text says HOST. An address is no such name.
func firstLabel(host string) string {
	host = strings.ToLower(strings.TrimSpace(host))
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	first, _, _ := strings.Cut(host, ".")
	return first
}

// parts are the machines of a report, by label.
func parts(r *report.Report) []part {
	var hosts []string
	for _, p := range r.Verdict.Pools {
		hosts = append(hosts, p.Host)
	}
	for _, w := range r.Verdict.Windows {
		hosts = append(hosts, w.Host)
	}
	if len(hosts) == 0 {
		hosts = append(hosts, r.Bundle.Host)
	}
	var out []part
	for _, h := range unique(hosts) {
		if !slices.ContainsFunc(out, func(p part) bool { return p.label == firstLabel(h) }) {
			out = append(out, part{r: r, known: true, label: firstLabel(h), name: h})
		}
	}
	for i := range out {
		out[i].alone = len(out) == 1
	}
	return out
}

// machines pairs those of both reports. Where both are of one machine and one of them
// does not know its name, it is taken for the same.
func machines(before, after *report.Report) []machine {
	b, a := parts(before), parts(after)
	if len(b) == 1 && len(a) == 1 && (b[0].label == "" || a[0].label == "") {
		return []machine{{b[0], a[0]}}
	}
	var out []machine
	for _, p := range b {
		m := machine{before: p, after: part{r: after}}
		if i := slices.IndexFunc(a, func(q part) bool { return q.label == p.label }); i >= 0 {
			m.after = a[i]
			a = slices.Delete(a, i, i+1)
		}
		out = append(out, m)
	}
	for _, q := range a {
		out = append(out, machine{part{r: before}, q})
	}
	slices.SortStableFunc(out, func(m, n machine) int { return strings.Compare(m.label(), n.label()) })
	return out
}

func (m *machine) label() string {
	if m.after.known {
		return m.after.label
	}
	return m.before.label
}

// name is that of the later report, if it has one.
func (m *machine) name() string {
	if m.after.name != "" {
		return m.after.name
	}
	return m.before.name
}

func (m *machine) both() bool { return m.before.known && m.after.known }

// is tells whether something a report says of a host is of this machine.
func (p *part) is(host string) bool {
	return p.known && (firstLabel(host) == p.label || host == "" && p.alone)
}

// half is one pool in one report. pool is nil when the report has none, which is so
// for refusals whose transport is not known.
type half struct {
	part
	transport string
	pool      *report.Pool
	windows   []report.Window // its episodes, in time order
}

// pair is one pool in both reports.
type pair struct {
	host, transport, family string
	before, after           half
}

const unknown = "unknown" // the transport of refusals that nothing tells of which pool they are

// pools are those that either report has of the machine.
func (m *machine) pools() []pair {
	var out []pair
	for _, t := range unique(m.before.transports(), m.after.transports()...) {
		families := unique(m.before.families(t), m.after.families(t)...)
		if len(families) > 1 {
			families = without(families, []string{"any"})
		}
		for _, f := range families {
			out = append(out, pair{m.name(), t, f, m.before.half(t, f), m.after.half(t, f)})
		}
	}
	return out
}

func (p *part) transports() []string {
	var out []string
	for _, q := range p.r.Verdict.Pools {
		if p.is(q.Host) {
			out = append(out, q.Transport)
		}
	}
	for _, w := range p.r.Verdict.Windows {
		if p.is(w.Host) && w.Transport == unknown {
			out = append(out, unknown)
		}
	}
	return unique(out)
}

func (p *part) families(transport string) []string {
	if transport == unknown {
		return []string{"any"}
	}
	var out []string
	for _, q := range p.r.Verdict.Pools {
		if p.is(q.Host) && q.Transport == transport {
			out = append(out, q.Family)
		}
	}
	return unique(out)
}

// half finds the pool of a family, else the one that both families share.
func (p *part) half(transport, family string) half {
	h := half{part: *p, transport: transport}
	if transport == unknown {
		for _, w := range p.r.Verdict.Windows {
			if p.is(w.Host) && w.Transport == unknown {
				h.windows = append(h.windows, w)
			}
		}
		return h
	}
	for i := range p.r.Verdict.Pools {
		q := &p.r.Verdict.Pools[i]
		if p.is(q.Host) && q.Transport == transport && (q.Family == family || q.Family == "any" && h.pool == nil) {
			h.pool = q
		}
	}
	if h.pool != nil {
		for _, e := range h.pool.Episodes {
			h.windows = append(h.windows, p.r.Verdict.Windows[e])
		}
	}
	return h
}

// outcome is what the report says of the pool. Refusals of an unknown transport are
// exhaustion; without any, what the machine's pools say counts.
func (h *half) outcome() report.Outcome {
	switch {
	case h.pool != nil:
		return h.pool.Outcome
	case h.transport != unknown:
		return report.Inconclusive
	case len(h.windows) > 0:
		return report.Exhausted
	}
	out := report.Inconclusive
	for _, p := range h.r.Verdict.Pools {
		if !h.is(p.Host) {
			continue
		}
		if p.Outcome != report.NotExhausted {
			return report.Inconclusive
		}
		out = report.NotExhausted
	}
	return out
}

func (h *half) capacity() int {
	if h.pool == nil {
		return 0
	}
	return h.pool.Capacity
}

func (h *half) cause() report.Cause {
	if h.pool == nil {
		return ""
	}
	return h.pool.Cause
}
