package pstext

import "strings"

// Table is what the header of Format-Table says of the rows below it.
type Table struct {
	Names   []string // of the columns, in the order of the text
	columns []column
}

// column is where the rule below a name stands, in runes.
type column struct{ start, end int }

// IsRule tells the line of dashes between a header and its rows.
func IsRule(text string) bool {
	return strings.Contains(text, "--") && strings.Trim(text, "- ") == ""
}

// TableOf reads the header of a table from its rule and the lines above that, the
// nearest first. A narrow window breaks names, "OwningPr" above "ocess": the lower line
// then has text over some of the rules only.
func TableOf(rule string, above [2]string) (*Table, bool) {
	if !IsRule(rule) {
		return nil, false
	}
	t := &Table{}
	for i := 0; i < len(rule); {
		if rule[i] != '-' {
			i++
			continue
		}
		start := i
		for i < len(rule) && rule[i] == '-' {
			i++
		}
		t.columns = append(t.columns, column{start, i})
	}
	if len(t.columns) > maxColumns || strings.TrimSpace(above[0]) == "" {
		return nil, false
	}
	lower, upper := t.headings(above[0]), t.headings(above[1])
	t.Names = lower
	if !broken(upper, lower) {
		return t, true
	}
	for i, head := range upper {
		t.Names[i] = head + lower[i]
	}
	return t, true
}

// broken tells that lower is the rest of names that begin in upper.
func broken(upper, lower []string) bool {
	missing := false
	for i := range lower {
		missing = missing || lower[i] == ""
		if upper[i] == "" {
			return false
		}
	}
	return missing
}

// headings are the parts of a header over each rule.
func (t *Table) headings(header string) []string {
	runes := []rune(header)
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		from, to := min(c.start, len(runes)), min(c.end, len(runes))
		names[i] = strings.TrimSpace(string(runes[from:to]))
	}
	return names
}

// Row divides a line of the table, one value a column. A word belongs to the column
// whose rule it stands below, since numbers are set to the right and texts to the left; a
// word below none goes on with the one before it. ok is false where the line begins left
// of the first column.
func (t *Table) Row(text string) (values []string, ok bool) {
	runes := []rune(text)
	values = make([]string, len(t.columns))
	at, from, to := -1, 0, 0
	for i := 0; i < len(runes); {
		if runes[i] == ' ' || runes[i] == '\t' {
			i++
			continue
		}
		start := i
		for i < len(runes) && runes[i] != ' ' && runes[i] != '\t' {
			i++
		}
		below := t.below(max(at, 0), start, i)
		switch {
		case below < 0 && at < 0:
			return nil, false
		case below >= 0 && below != at:
			if at >= 0 {
				values[at] = string(runes[from:to])
			}
			at, from = below, start
		}
		to = i
	}
	if at < 0 {
		return nil, false
	}
	values[at] = string(runes[from:to])
	return values, true
}

// below is the first column from one on whose rule reaches over some of the runes, -1
// for none.
func (t *Table) below(from, start, end int) int {
	for i := from; i < len(t.columns); i++ {
		if c := t.columns[i]; start < c.end && end > c.start {
			return i
		}
	}
	return -1
}
