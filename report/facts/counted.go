package facts

import (
	"fmt"
	"io"
	"slices"
	"time"

	"portverdict/netstatparse/counts"
	"portverdict/report"
)

// kindCounts is the kind of a text that holds numbers which a tool counted, and no table.
const kindCounts = "counts"

// readCounts reads the numbers that a tool counted.
func (s *Source) readCounts(r io.Reader) {
	all, errs := counts.Read(r)
	for _, err := range errs {
		s.diagnose(textDiagnostic(err))
	}
	for i := range all {
		s.move(&all[i].Local)
	}
	s.Counts = all
	if s.Kind == kindCounts {
		s.Decoded = len(all)
		s.Clock = report.Clock{Basis: "no time is written in this file"}
	}
}

// placeCounts gives the numbers with a local time its distance from UTC, and the text the
// span of them.
func (s *Source) placeCounts(zones *zones) {
	if s.Kind != kindCounts {
		return
	}
	z := zones.of(s, "")
	for i := range s.Counts {
		c := &s.Counts[i]
		if c.Local.IsZero() || c.Ambiguous {
			continue
		}
		switch {
		case c.Offset != nil:
			s.Clock = report.Clock{Basis: "the times have their offset to UTC"}
		case z.holds(c.Local):
			s.Clock = z.clock(c.Local)
			off := c.Local.Sub(z.after(c.Local, time.Time{}))
			c.Offset = &off
		default:
			s.Clock = z.clock(c.Local)
			continue
		}
		at := countedAt(c)
		if s.Window.From.IsZero() || at.Before(s.Window.From.Time) {
			s.Window.From = at
		}
		if at.After(s.Window.To.Time) {
			s.Window.To = at
		}
	}
}

// countedAt is when a number was counted, zero where that is not known.
func countedAt(c *counts.Count) report.Time {
	if c.Local.IsZero() || c.Ambiguous || c.Offset == nil {
		return report.Time{}
	}
	return report.Time{Time: c.Local.Add(-*c.Offset)}
}

// narrowCounts leaves out the numbers of another time than the analysed window, and says how
// many these are.
func (s *Source) narrowCounts(o *Options) int {
	before := len(s.Counts)
	s.Counts = slices.DeleteFunc(s.Counts, func(c counts.Count) bool {
		at := countedAt(&c)
		return !at.IsZero() && !o.In(at)
	})
	return before - len(s.Counts)
}

// CountsInTime tells that a number of the source has a time, which lies in the analysed window.
func (s *Source) CountsInTime() bool {
	return slices.ContainsFunc(s.Counts, func(c counts.Count) bool { return !countedAt(&c).IsZero() })
}

// CountRow is the evidence of a number that a tool counted.
func (s *Source) CountRow(c *counts.Count) report.Evidence {
	row := report.Evidence{
		Kind: "counts", Line: c.Line, TimePrecision: "unknown", PID: report.PID(c.PID),
		Text: report.Grouped(c.Rows) + " " + Shorten(c.What), Fields: map[string]string{"count": fmt.Sprint(c.Rows), "unit": string(c.Unit)},
	}
	if row.Time = countedAt(c); !row.Time.IsZero() {
		row.TimePrecision = "exact"
	}
	return s.Row(row)
}
