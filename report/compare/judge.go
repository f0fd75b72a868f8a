package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/report"
)

// judge comes from the results of the pools to the one of the whole.
type judge struct {
	c             *Comparison
	before, after *report.Report
	machines      []machine
	pools         []ruled
	told          []*ruled // those that have a say in it, the one of the headline first
}

func (j *judge) decide() {
	b, a := &j.c.Before, &j.c.After
	if b.BundleID != "" && b.BundleID == a.BundleID && !j.c.Outcome.Changed {
		j.c.Verdict, j.c.heading = Same, "both bundles are the same inputs, byte for byte"
		j.c.Summary = "No change: " + j.c.heading + "."
		j.note("%s", sentence(j.c.heading))
		return
	}
	j.told = j.weigh()
	j.c.heading = j.heading()
	j.c.Summary = report.Visible(j.summary())
	for _, p := range j.told {
		for _, s := range p.why {
			j.note("%s%s", j.of(p), sentence(s))
		}
	}
	j.machinesDiffer()
	for _, p := range j.told {
		j.poolNotes(p)
	}
	j.caveats()
}

// note adds a reason. Names in it are written by strangers, and no form may forget that.
func (j *judge) note(format string, args ...any) {
	s := report.Visible(fmt.Sprintf(format, args...))
	if !slices.Contains(j.c.Reasons, s) {
		j.c.Reasons = append(j.c.Reasons, s)
	}
}

// weigh gives the result and the pools that have a say in it, the leading one first.
// Where a pool is in trouble on either side the others have none.
func (j *judge) weigh() []*ruled {
	var told, calm []*ruled
	fresh := false // trouble that was not there before: it is worse, or cannot be compared
	for i := range j.pools {
		p := &j.pools[i]
		b, a := p.before.outcome(), p.after.outcome()
		switch {
		case troubled(b) || troubled(a):
			told = append(told, p)
			fresh = fresh || !troubled(b)
		case rank(b) >= 0 && rank(a) >= 0:
			calm = append(calm, p)
		}
	}
	if len(told) == 0 {
		told = calm
	}
	if len(told) == 0 {
		for i := range j.pools {
			told = append(told, &j.pools[i])
		}
	}
	j.c.Verdict = together(told, fresh)
	slices.SortStableFunc(told, func(p, q *ruled) int {
		return cmp.Or(p.place(j.c.Verdict)-q.place(j.c.Verdict), q.worst()-p.worst())
	})
	return told
}

// together is the result of several pools: one that is worse decides; a gain in one is
// no fix while another is not fixed.
func together(told []*ruled, fresh bool) Result {
	has := func(r Result) bool { return slices.ContainsFunc(told, func(p *ruled) bool { return p.result == r }) }
	switch {
	case has(Worse):
		return Worse
	case fresh || len(told) == 0:
		return Unclear
	case !has(Better) && !has(Same) && !has(Unclear):
		return Fixed
	case has(Fixed) || has(Better):
		return Better
	case has(Unclear):
		return Unclear
	}
	return Same
}

// place orders pools: those that made the result stand first.
func (p *ruled) place(r Result) int {
	switch {
	case p.result == r:
		return 0
	case r == Better && p.result == Fixed:
		return 1
	}
	return 2
}

func (p *ruled) worst() int { return max(rank(p.before.outcome()), rank(p.after.outcome())) }

// of names the pool a reason speaks of, unless it is the only one of which there is
// something to say, and TCP.
func (j *judge) of(p *ruled) string {
	switch {
	case len(j.machines) > 1:
		return cmp.Or(p.host, "machine without a name") + ", " + poolName(p.transport, p.family) + ": "
	case len(j.told) > 1 || p.transport != "tcp":
		return poolName(p.transport, p.family) + ": "
	}
	return ""
}

// machinesDiffer says which machine only one bundle speaks of.
func (j *judge) machinesDiffer() {
	var before, after, both []string
	for _, m := range j.machines {
		name := cmp.Or(m.name(), "a machine without a name")
		switch {
		case m.both():
			both = append(both, name)
			if m.before.label != m.after.label {
				j.note("One bundle does not name its machine: that both are of %s is not shown.", name)
			} else if m.before.label == "" {
				j.note("Neither bundle names its machine: that both are of one is not shown.")
			}
		case m.before.known:
			before = append(before, name)
		default:
			after = append(after, name)
		}
	}
	switch {
	case len(both) == 0:
		j.note("The machines differ: %s before, %s after.", report.Joined(before), report.Joined(after))
	case len(before) > 0 && len(after) > 0:
		j.note("Only the first bundle speaks of %s, only the second of %s.", report.Joined(before), report.Joined(after))
	case len(before) > 0:
		j.note("Only the first bundle speaks of %s.", report.Joined(before))
	case len(after) > 0:
		j.note("Only the second bundle speaks of %s.", report.Joined(after))
	}
}

// poolNotes are what a reader must know of a pool beside the result.
func (j *judge) poolNotes(p *ruled) {
	of, b, a := j.of(p), &p.before, &p.after
	if !b.known || !a.known {
		return
	}
	if len(b.windows)+len(a.windows) > 0 {
		j.note("%sEpisodes: %s before, %s after.", of, episodesText(b), episodesText(a))
	}
	switch bc, ac := b.cause(), a.cause(); {
	case bc == ac:
	case bc != "" && ac != "":
		j.note("%sThe cause changed: %s before, %s after.", of, causeText(bc), causeText(ac))
	case ac != "":
		j.note("%sThe cause after is %s; none before.", of, causeText(ac))
	}
	if bn, an := b.named(), a.named(); len(bn) > 0 && len(an) > 0 && !slices.Equal(b.namedImages(), a.namedImages()) {
		j.note("%sNamed as the holder: %s before, %s after.", of, report.Joined(bn), report.Joined(an))
	}
	if a.pool != nil && a.pool.Used != nil && !a.exact() {
		j.note("%sAt least %s of %s ports were in use after; what was not seen is not counted as free.", of, report.Grouped(*a.pool.Used), report.Grouped(a.pool.Capacity))
	}
	if p.result == Worse || p.result == Same {
		switch p.order() {
		case overlap:
			j.note("%sThe second bundle is not later than the first: check that it was taken after the change.", of)
		case noOrder:
			j.note("%sNo time tells that the second bundle is later than the first.", of)
		}
	}
}

// caveats are what a reader must know of the bundles; none of them changes the result.
func (j *judge) caveats() {
	j.missing("second", j.c.After.Missing, j.c.After.Kinds)
	j.missing("first", j.c.Before.Missing, j.c.Before.Kinds)
	j.mainHolder()
	for _, f := range j.c.OtherFailures {
		if f.After > f.Before {
			j.note("More of another failure, which is not exhaustion: %s, %s", strings.TrimSpace(f.Status+" "+f.Name), f.grewText())
		}
	}
	for _, s := range j.c.Settings {
		if s.Name != "capacity" { // follows from the others
			j.note("A setting changed: %s%s.", j.onHost(s.Host), s.Text)
		}
	}
	b, a := &j.c.Before, &j.c.After
	if b.OSBuild != "" && a.OSBuild != "" && b.OSBuild != a.OSBuild {
		j.note("The Windows build changed from %s to %s.", b.OSBuild, a.OSBuild)
	}
}

func (j *judge) onHost(host string) string {
	if len(j.machines) > 1 && host != "" {
		return "on " + host + " "
	}
	return ""
}

// missing says which inputs a bundle lacks, so that nobody reads their silence as proof.
func (j *judge) missing(which string, lacks, has []string) {
	var names []string
	for _, k := range lacks {
		what := ability(k)
		if what != "" && !slices.ContainsFunc(has, func(k string) bool { return ability(k) == what }) {
			names = unique(names, what)
		}
	}
	if len(names) > 0 {
		j.note("The %s bundle lacks %s. What only that would show is not compared.", which, report.Joined(names))
	}
}

// mainHolder says what became of the process that held most of a pool in trouble.
func (j *judge) mainHolder() {
	for _, h := range j.c.Holders {
		if h.Before == nil || h.Before.Share < telling && !h.Before.Named || h.Image == "" || !j.wasTroubled(h) {
			continue
		}
		who := h.Image + j.inPool(h)
		switch h.Change {
		case Gone:
			j.note("%s held %s before and none after: it was not running, or it no longer leaks.", who, h.ports(h.Before))
		case Stays:
			j.note("%s held %s before and %s after.", who, h.ports(h.Before), h.ports(h.After))
		default:
			j.note("%s held %s before; what it holds after is not shown.", who, h.ports(h.Before))
		}
		return
	}
}

func (j *judge) wasTroubled(h HolderChange) bool {
	return slices.ContainsFunc(j.pools, func(p ruled) bool {
		return p.host == h.Host && p.transport == h.Transport && troubled(p.before.outcome())
	})
}

func (j *judge) inPool(h HolderChange) string {
	if len(j.machines) > 1 && h.Host != "" {
		return " on " + h.Host
	}
	return ""
}
