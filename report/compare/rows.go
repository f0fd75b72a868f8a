package compare

// row is a line of a table: what it is, and what it was before and after.
type row struct{ Name, Sub, Before, After, Class string }

// glance are the rows that every reader wants first.
func (c *Comparison) glance() []row {
	rows := []row{
		{Name: "Outcome", Before: sure(c.Before), After: sure(c.After)},
		{Name: "Refused", Before: c.Before.failuresText(), After: c.After.failuresText()},
	}
	for _, p := range c.Pools {
		rows = append(rows, row{Name: poolName(p.Transport, p.Family) + " in use", Before: p.Before.usedText(), After: p.After.usedText()})
	}
	for _, p := range c.Pools {
		rows = append(rows, row{Name: poolName(p.Transport, p.Family) + " range", Before: p.Before.rangeText(), After: p.After.rangeText()})
	}
	return append(rows, row{Name: "Inputs cover", Before: spanText(c.Before.Covers), After: spanText(c.After.Covers)})
}

func (c *Comparison) holderRows() []row {
	rows := make([]row, 0, len(c.Holders))
	for _, h := range c.Holders {
		b, a := h.texts()
		rows = append(rows, row{Name: nameOf(h.Image), Before: b, After: a, Class: string(h.Change)})
	}
	return rows
}

func (c *Comparison) victimRows() []row {
	rows := make([]row, 0, len(c.Victims))
	for _, v := range c.Victims {
		b, a := v.texts()
		rows = append(rows, row{Name: nameOf(v.Image), Before: b, After: a, Class: string(v.Change)})
	}
	return rows
}

func (c *Comparison) findingRows() []row {
	rows := make([]row, 0, len(c.Findings))
	for _, f := range c.Findings {
		b, a := f.texts()
		rows = append(rows, row{Name: f.ID, Sub: f.Title, Before: b, After: a, Class: string(f.Change)})
	}
	return rows
}

const syntheticLine = "synthetic sample, not captured"

func (c *Comparison) synthetic() bool { return c.Before.Synthetic || c.After.Synthetic }
