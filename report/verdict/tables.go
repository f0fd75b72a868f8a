package verdict

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"portverdict/netstatparse"
	"portverdict/report"
)

// tables are the connection tables of one source.
type tables struct {
	list   []*snapshot
	growth [transports]map[int][]portsAt
	points int
	owners map[int]string // executables of netstat -b
	last   [transports + 1]lastTable
	spare  []netstatparse.Entry
}

// portsAt is how many ports a PID held in the table of that order.
type portsAt struct{ order, ports int32 }

// lastTable is the last table of a source that names the holders of a transport,
// or, behind those, the last that shows anything. Its rows are kept until the end.
type lastTable struct {
	*snapshot
	rows []netstatparse.Entry
}

// AddTables reads the connection tables of a source that was added before, with
// the pools and the zone that all sources tell: all of them must have been added.
// Sources that hold none are passed over.
func (ev *Evidence) AddTables(path string, r io.ReaderAt) {
	c := ev.settle()
	ev.mu.Lock()
	i := slices.IndexFunc(ev.sources, func(s *source) bool { return s.Path == path })
	ev.mu.Unlock()
	if i >= 0 && ev.sources[i].mayHaveTables() {
		ev.sources[i].readTables(r, c.pools)
	}
}

// mayHaveTables tells that the source is a saved text. A long one is read for
// tables only when it began with one.
func (s *source) mayHaveTables() bool {
	return s.Kind == "netstat" || s.Kind == "psnet" || s.isHostText() && s.Size <= maxHostText
}

func (s *source) readTables(r io.ReaderAt, pools [transports]*pool) {
	reader := netstatparse.NewReader(io.NewSectionReader(r, 0, s.Size))
	tally := newTally(pools)
	s.tables = &tables{owners: map[int]string{}}
	for i := range s.tables.growth {
		s.tables.growth[i] = map[int][]portsAt{}
	}
	rows := 0
	for sn, err := range reader.Snapshots() {
		if err != nil {
			s.damaged = true
			s.diagnose(textDiagnostic(err))
			continue
		}
		if len(s.tables.list) >= maxSnapshots {
			s.diagnose(report.Diagnostic{Code: "netstat-too-many-snapshots", Severity: "warning", Line: sn.Line, Text: "further snapshots of this file were left out"})
			break
		}
		if sn.Failed != "" {
			s.diagnose(report.Diagnostic{
				Code: "netstat-capture-failed", Severity: "warning", Line: sn.Line,
				Text: "the command failed when this was saved (" + sn.Failed + "): run netstat -anobq in an elevated prompt",
			})
		}
		rows += len(sn.Entries)
		s.Truncated = s.Truncated || sn.Truncated
		s.takeTable(&sn, tally)
	}
	s.tables.settle(reader)
	s.told(reader)
	for i := range s.tables.last {
		if t := &s.tables.last[i]; t.snapshot != nil && t.detail == nil {
			t.examine(t.rows, pools)
		}
		s.tables.last[i].rows = nil
	}
	s.tables.spare = nil
	if s.Kind == "netstat" || s.Kind == "psnet" || len(s.tables.list) > 0 {
		s.Decoded += rows
		s.Facts["snapshots"] = fmt.Sprint(len(s.tables.list))
	}
}

// takeTable counts a table and keeps what is kept of it.
func (s *source) takeTable(read *netstatparse.Snapshot, tally *tally) {
	sn := &snapshot{Snapshot: *read, source: s, order: len(s.tables.list), rows: len(read.Entries)}
	sn.Entries = nil
	s.tables.list = append(s.tables.list, sn)
	naming := [transports + 1]bool{transports: sn.Failed == "" && sn.rows > 0}
	for i := range transports {
		var byPID map[int]int
		sn.used[i], sn.waiting[i], byPID = tally.count(i, read.Entries)
		naming[i] = sn.names() && len(byPID) > 0
		for pid, n := range byPID {
			if s.tables.points < maxGrowthPoints {
				s.tables.growth[i][pid] = append(s.tables.growth[i][pid], portsAt{int32(sn.order), int32(n)})
				s.tables.points++
			}
		}
	}
	for at := range read.Entries {
		if e := &read.Entries[at]; e.Owner != "" && e.PID > 0 && s.tables.owners[e.PID] != e.Owner && len(s.tables.owners) < maxOwners {
			s.tables.owners[e.PID] = e.Owner
		}
	}
	s.tables.remember(sn, read.Entries, naming)
}

// remember keeps the rows of a table that is the last of some sort. Among tables
// of one time the one with BOUND rows (-q) stays.
func (t *tables) remember(sn *snapshot, entries []netstatparse.Entry, naming [transports + 1]bool) {
	var kept []netstatparse.Entry
	for i := range t.last {
		before := t.last[i]
		if !naming[i] || before.snapshot != nil && i < transports && before.HasBound && !sn.HasBound && before.sameMoment(sn) {
			continue
		}
		if kept == nil {
			kept = append(t.spare[:0], entries...)
			t.spare = nil
		}
		t.last[i] = lastTable{sn, kept}
		if before.rows != nil && !slices.ContainsFunc(t.last[:], func(l lastTable) bool { return l.snapshot == before.snapshot }) {
			t.spare = before.rows
		}
	}
}

// settle gives the tables whose stamps could be read in two ways the one that the
// file as a whole has proved.
func (t *tables) settle(reader *netstatparse.Reader) {
	dayFirst, known := reader.DayFirst()
	for _, sn := range t.list {
		if sn.Ambiguous && known {
			sn.Ambiguous = false
			if dayFirst {
				sn.Local = sn.Swapped
			}
		}
	}
}

// told tells what was inferred to read the tables.
func (s *source) told(reader *netstatparse.Reader) {
	learned := reader.Learned()
	var words []string
	for _, word := range sortedKeys(learned) {
		why := "on the endpoint mapper's port 135"
		if learned[word] == netstatparse.TimeWait {
			why = "with PID 0 alone"
		}
		words = append(words, fmt.Sprintf("%q, which stands %s, as %s", word, why, learned[word]))
	}
	if words != nil {
		s.diagnose(report.Diagnostic{Code: "netstat-learned-state", Severity: "note", Text: "state words in a language not known are read by where they stand: " + strings.Join(words, "; ")})
	}
	for _, sn := range s.tables.list {
		if sn.Ambiguous {
			const day = "2 January 2006"
			s.diagnose(report.Diagnostic{
				Code: "netstat-day-or-month", Severity: "note", Line: sn.StampLine,
				Text: fmt.Sprintf("%q is %s or %s: nothing in the file says which, so its tables take part by order only", sn.Stamp, sn.Local.Format(day), sn.Swapped.Format(day)),
			})
		}
	}
}

// savedCounts tells of the counts that Group-Object or PortUsage made, which
// support and do not prove: they are of rows.
func (c *situation) savedCounts() *report.Finding {
	var rows []report.Evidence
	most, text := 0, ""
	for _, sn := range c.snapshots {
		for _, total := range sn.Totals {
			if total.PID <= 0 {
				continue
			}
			what := "rows"
			if total.State != netstatparse.StateUnknown {
				what = "rows " + total.State.String()
			}
			row := sn.source.row(report.Evidence{
				Kind: "psnet.total", Line: total.Line, Time: sn.time, TimePrecision: precision(sn.time), PID: total.PID,
				Text: fmt.Sprintf("%s counted %d %s of PID %d", sn.Tool, total.Rows, what, total.PID), Fields: map[string]string{"rows": fmt.Sprint(total.Rows)},
			})
			rows = append(rows, row)
			if total.Rows > most {
				most, text = total.Rows, fmt.Sprintf("%s (PID %d) has most, %d %s.", c.image(total.PID, 0), total.PID, total.Rows, what)
			}
		}
	}
	if most == 0 {
		return nil
	}
	f := c.withRows(&report.Finding{Count: most}, rows)
	f.Text = text + " A port can stand in several rows, so this names a suspect and proves nothing."
	f.CheckByHand = "The line of the count in the text"
	return f
}

func textDiagnostic(err error) report.Diagnostic {
	var fe *netstatparse.FormatError
	if errors.As(err, &fe) {
		return report.Diagnostic{Code: fe.Code, Severity: "warning", Line: fe.Line, Text: fe.Text}
	}
	return report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()}
}

// place gives the snapshots of a text their time in UTC by the zone.
func (s *source) place(z zone) {
	stamped, dated, zoned := false, false, false
	var before time.Time
	for _, sn := range s.tables.list {
		if sn.Local.IsZero() {
			continue
		}
		stamped = true
		if sn.Dateless || sn.Ambiguous {
			continue
		}
		dated = true
		switch {
		case sn.Offset != nil:
			before = sn.Local.Add(-*sn.Offset)
			zoned = true
		case z.holds(sn.Local):
			before = z.after(sn.Local, before)
		default:
			continue
		}
		sn.time = report.Time{Time: before}
		if s.Window.From.IsZero() {
			s.Window.From = sn.time
		}
		s.Window.To = sn.time
	}
	switch {
	case !stamped:
		s.Clock = report.Clock{Basis: "no time is written in this file: it takes part by order only"}
	case !dated:
		s.Clock = report.Clock{Basis: "the date of its times is not known: it takes part by order only"}
	case zoned:
		s.Clock = report.Clock{Basis: "the times have their offset to UTC"}
	case !z.known():
		s.Clock = report.Clock{Basis: "local times without a zone: they take part by order only"}
	default:
		s.Clock = report.Clock{Zone: z.name, Offset: z.offset(s.firstLocal()).String(), Basis: z.basis}
	}
}

func (s *source) firstLocal() time.Time {
	for _, sn := range s.tables.list {
		if !sn.Local.IsZero() && !sn.Dateless {
			return sn.Local
		}
	}
	return time.Time{}
}
