package compare

import (
	"slices"

	"portverdict/report"
)

// row is a line of a table: what it is, and what it was before and after.
type row struct{ Name, Sub, Before, After, Class string }

// hosts are the machines of both bundles, as they name them.
func (c *Comparison) hosts() []string {
	var out []string
	for _, p := range c.Pools {
		if p.Host != "" {
			out = append(out, p.Host)
		}
	}
	return unique(out)
}

// several tells that the comparison is of more than one machine, so that a row has to
// say of which.
func (c *Comparison) several() bool {
	return slices.ContainsFunc(c.Pools, func(p PoolChange) bool { return p.Host != c.Pools[0].Host })
}

func (c *Comparison) poolName(host, transport, family string) string {
	s := poolName(transport, family)
	if c.several() && host != "" {
		return host + " " + s
	}
	return s
}

// glance are the rows that every reader wants first.
func (c *Comparison) glance() []row {
	rows := []row{
		{Name: "Outcome", Before: sure(c.Before), After: sure(c.After)},
		{Name: "Refused", Before: c.Before.failuresText(), After: c.After.failuresText()},
	}
	return append(append(rows, c.poolRows()...), row{Name: "Inputs cover", Before: spanText(c.Before.Covers), After: spanText(c.After.Covers)})
}

// poolRows say of each pool what was judged of it, how full it was and its range.
func (c *Comparison) poolRows() []row {
	var rows []row
	for _, p := range c.Pools {
		name := c.poolName(p.Host, p.Transport, p.Family)
		rows = append(rows, row{Name: name, Before: p.Before.outcomeText(), After: p.After.outcomeText(), Class: string(p.Verdict)})
		for _, r := range []row{
			{Name: name + " in use", Before: p.Before.usedText(), After: p.After.usedText()},
			{Name: name + " range", Before: p.Before.rangeText(), After: p.After.rangeText()},
		} {
			if r.Before != notKnown || r.After != notKnown {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func (c *Comparison) holderRows() []row {
	rows := make([]row, 0, len(c.Holders))
	for _, h := range c.Holders {
		b, a := h.texts()
		var pids []report.PID
		if h.Before != nil {
			pids = append(pids, h.Before.PIDs...)
		}
		if h.After != nil {
			pids = append(pids, h.After.PIDs...)
		}
		rows = append(rows, row{Name: nameOf(h.Image, pids), Sub: c.machineOf(h.Host), Before: b, After: a, Class: string(h.Change)})
	}
	return rows
}

func (c *Comparison) machineOf(host string) string {
	if !c.several() {
		return ""
	}
	return host
}

func (c *Comparison) victimRows() []row {
	rows := make([]row, 0, len(c.Victims))
	for _, v := range c.Victims {
		b, a := v.texts()
		var pids []report.PID
		if v.Before != nil {
			pids = append(pids, v.Before.PIDs...)
		}
		if v.After != nil {
			pids = append(pids, v.After.PIDs...)
		}
		rows = append(rows, row{Name: nameOf(v.Image, pids), Sub: c.machineOf(v.Host), Before: b, After: a, Class: string(v.Change)})
	}
	return rows
}

func (c *Comparison) failureRows() []row {
	rows := make([]row, 0, len(c.OtherFailures))
	for _, f := range c.OtherFailures {
		b, a := countTexts(f.Change, f.Before, f.After)
		rows = append(rows, row{Name: f.Status, Sub: f.Meaning, Before: b, After: a, Class: string(f.Change)})
	}
	return rows
}

func (c *Comparison) findingRows() []row {
	rows := make([]row, 0, len(c.Findings))
	for _, f := range c.Findings {
		b, a := countTexts(f.Change, f.Before, f.After)
		name := f.ID
		if f.Transport == "udp" {
			name += " (UDP)"
		}
		sub := f.Title
		if c.several() && f.Host != "" {
			sub = f.Host + ": " + sub
		}
		rows = append(rows, row{Name: name, Sub: sub, Before: b, After: a, Class: string(f.Change)})
	}
	return rows
}

const notKnown = "not known"

const syntheticLine = "synthetic sample, not captured"

func (c *Comparison) synthetic() bool { return c.Before.Synthetic || c.After.Synthetic }
