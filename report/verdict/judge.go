package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portverdict/netstatparse"
	"portverdict/report"
)

// Judge turns the evidence into a report. The same evidence gives the same
// report, whatever the order in which it was added.
func Judge(ev *Evidence) *report.Report {
	c := newSituation(ev)
	o := c.overall()
	findings := c.findings()
	v := report.Verdict{
		Outcome: o, Pools: c.poolList(), Windows: slices.Concat(c.windows(tcp), c.windows(udp)),
		Holders: c.holders, Victims: c.victims(), Missing: c.missing(), NextSteps: []report.NextStep{},
	}
	slices.SortStableFunc(v.Windows, func(a, b report.Window) int { return a.From.Compare(b.From.Time) })
	v.Confidence, v.Reasons = c.sure(o)
	v.Reasons = append(v.Reasons, c.remarks()...)
	v.Summary = c.summary(&v)
	v.NextSteps = c.nextSteps(&v, findings)
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Tool:          report.Tool{Name: "portverdict", Version: c.opts.Version},
		Bundle: report.Bundle{
			ID: bundleID(c.sources), Host: c.host(), OSBuild: known(c.build()), TimeZone: c.zone.name, Window: c.window,
		},
		Verdict: v, Findings: findings, Evidence: c.evidence(), Timeline: c.bins(), Series: c.seriesList(), Sources: c.sourceList(), Diagnostics: c.told(),
	}
}

func (c *situation) poolList() []report.Pool {
	out := make([]report.Pool, 0, transports)
	for i, p := range c.pools {
		pk := c.peaks[i]
		w := &c.state[i]
		if i != tcp && p.source == "default" && pk.used == 0 && !w.traced() && len(w.logged) == 0 {
			continue
		}
		source := ""
		if row := c.peakRow(pk); row != nil {
			source = row[0]
		}
		out = append(out, report.Pool{
			Transport: transportNames[i], Family: "any", Start: p.start, Count: p.count, Excluded: p.excludedN, Capacity: p.capacity(),
			RangeSource: p.source, Used: pk.used, UsedAt: pk.at, UsedSource: source,
		})
	}
	return out
}

func (c *situation) host() string {
	for _, s := range c.logs {
		if s.log.stats.Computer != "" {
			return s.log.stats.Computer
		}
	}
	for _, r := range c.records {
		if r.computer != "" {
			return r.computer
		}
	}
	for _, s := range c.hosts() {
		if s.host.Host != nil {
			return s.host.Host.Name
		}
	}
	return ""
}

// machines are the names of the machines that the inputs are of, as far as they say;
// a name with its domain is the same as without.
func (c *situation) machines() []string {
	names := map[string]string{}
	note := func(name string) {
		short, _, _ := strings.Cut(name, ".")
		if key := strings.ToLower(short); key != "" && names[key] == "" {
			names[key] = short
		}
	}
	for _, s := range c.logs {
		note(s.log.stats.Computer)
	}
	for _, s := range c.hosts() {
		if s.host.Host != nil {
			note(s.host.Host.Name)
		}
	}
	out := make([]string, 0, len(names))
	for _, key := range sortedKeys(names) {
		out = append(out, names[key])
	}
	return out
}

// build is the build of the machine's Windows, 0 when nothing tells it.
func (c *situation) build() int {
	for _, t := range c.traces {
		if t.header.Build != 0 {
			return int(t.header.Build)
		}
	}
	for _, s := range c.hosts() {
		if h := s.host.Host; h != nil && h.Build != 0 {
			return h.Build
		}
	}
	return 0
}

// seesBound tells that a table would show a bound port: one of netstat -q, or of
// Get-NetTCPConnection on Windows 10 and Server 2016 or later.
func (c *situation) seesBound(sn *snapshot) bool {
	return sn.HasBound || sn.Tool == netstatparse.ToolTCP && c.build() >= 14393
}

func (c *situation) evidence() []report.Evidence {
	out := make([]report.Evidence, 0, len(c.rows))
	for _, r := range c.rows {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b report.Evidence) int {
		return cmp.Or(a.Time.Compare(b.Time.Time), compareText(a.ID, b.ID))
	})
	return out
}

func (c *situation) sourceList() []report.Source {
	out := make([]report.Source, 0, len(c.sources))
	for _, s := range c.sources {
		out = append(out, s.Source)
	}
	return out
}

func (c *situation) told() []report.Diagnostic {
	out := slices.Clone(c.diagnostics)
	slices.SortFunc(out, func(a, b report.Diagnostic) int {
		return cmp.Or(compareText(a.Source, b.Source), cmp.Compare(a.Offset, b.Offset), a.Line-b.Line, compareText(a.Code, b.Code), compareText(a.Text, b.Text))
	})
	return out
}

// remarks are reasons that hold whatever the outcome.
func (c *situation) remarks() []string {
	var out []string
	for _, t := range c.traces {
		if t.unknownTransport > 0 && c.state[tcp].traced() {
			out = append(out, fmt.Sprintf("The transport of %s in %s is not recorded; they count as TCP.", number(t.unknownTransport, "attempt"), t.source.Path))
		}
	}
	for _, id := range poolExhausted {
		if old := c.logged(id, false); len(old) > 0 {
			c.cite(some(old)...)
			out = append(out, fmt.Sprintf("The System log tells of an earlier exhaustion too (Tcpip %d, last %s); it does not decide this verdict.", id, old[len(old)-1].Time))
		}
	}
	return out
}
