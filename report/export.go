package report

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// WriteCSV writes the evidence, one row each under a header.
func WriteCSV(w io.Writer, r *Report) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"id", "kind", "source", "offset", "record", "line", "time", "time_precision", "pid", "image", "text", "fields"}); err != nil {
		return err
	}
	for i := range r.Evidence {
		e := &r.Evidence[i]
		row := []string{
			Cell(e.ID), Cell(e.Kind), Cell(e.Source), strconv.FormatInt(e.Offset, 10), strconv.FormatInt(e.Record, 10), strconv.Itoa(e.Line),
			e.Time.String(), Cell(e.TimePrecision), pidText(e.PID), Cell(e.Image), Cell(e.Text), Cell(fieldsText(e.Fields)),
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Cell is a text as a cell of CSV: with nothing in it that acts, and none that a
// spreadsheet takes for a formula.
func Cell(s string) string {
	s = Visible(s)
	if s != "" && strings.ContainsRune("=+-@'", rune(s[0])) {
		return "'" + s
	}
	return s
}

// fieldsText writes fields as name=value, by name.
func fieldsText(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, "; ")
}
