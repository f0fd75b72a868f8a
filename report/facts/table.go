package facts

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"portverdict/netstatparse"
	"portverdict/report"
)

// Table is what is kept of one saved connection table. A file of days of tables is held
// by a few numbers for each; the rows are kept of those that a verdict may rest on.
type Table struct {
	netstatparse.Snapshot // its Entries are gone, or those that may be kept while its file is read
	Source                *Source
	Time                  report.Time // UTC, zero when there is no stamp or no zone
	*Kept                             // never nil
	Order                 int32       // in its source
	Count                 int32       // rows

	last   int32            // line of its last row
	has    [transports]bool // rows, by transport
	out    bool             // of the analysed window
	inView []inUse          // by view
	places *places          // of its machine
}

// Kept is what is kept of the rows of the few tables that a verdict may rest on.
type Kept struct {
	Rows    []Row // nil when they are not kept
	Locals  []netip.Addr
	Remotes []netip.AddrPort
	Owners  []string
}

var nothingKept = &Kept{}

// inUse counts distinct ports: all in use, and those in TIME_WAIT; -1 when they were not
// counted. A file can hold tens of thousands of tables, so it is small.
type inUse struct{ used, waiting int32 }

// Row is one row of a kept table. Local, Remote and Owner are indices into the table's
// lists; Remote is -1 where the row names no peer, Owner -1 where it has none.
type Row struct {
	Transport     Transport
	V6            bool
	Port          uint16
	State         State
	PID           int32 // -1 when the row has none
	Local, Remote int32
	Owner         int32
	Line          int32
}

// State is the state of a TCP endpoint.
type State = netstatparse.State

// The states of a row that a verdict looks at.
const (
	NoState     = netstatparse.StateUnknown
	Listening   = netstatparse.Listening
	Established = netstatparse.Established
	CloseWait   = netstatparse.CloseWait
	TimeWait    = netstatparse.TimeWait
	Bound       = netstatparse.Bound
)

// Used is how many distinct ports of a view are in use, by its index; -1 when they were
// not counted.
func (t *Table) Used(view int) int {
	if view < 0 || view >= len(t.inView) {
		return -1
	}
	return int(t.inView[view].used)
}

// Waiting is how many of them are in TIME_WAIT.
func (t *Table) Waiting(view int) int {
	if view < 0 || view >= len(t.inView) {
		return -1
	}
	return int(t.inView[view].waiting)
}

// Complete tells that the table shows every port in use: the command asked for bound
// ones, UDP is there, and nothing was cut, filtered or could not be read.
func (t *Table) Complete() bool {
	return t.Failed == "" && t.Snapshot.Complete() && !t.Source.Damaged && t.Count > 0
}

// Shows tells that a table says something of a transport: it has a row of it. Windows
// always has sockets of both, so a table without one was asked for the other, or cut.
func (t *Table) Shows(tr Transport) bool { return t.has[tr] }

// ShowsBound tells that the table would show a port that is bound and not connected.
func (t *Table) ShowsBound() bool { return t.HasBound || t.HasQ }

// WhatIsCut says why a table that could have shown every port does not, "" where nothing
// was left out.
func (t *Table) WhatIsCut() string {
	if len(t.Cuts) == 0 {
		return ""
	}
	c := &t.Cuts[0]
	return fmt.Sprintf("rows were left out (line %d: %s)", c.Line, Shorten(c.Text))
}

// Row is the evidence row that stands for the whole table.
func (t *Table) Row() report.Evidence {
	line := t.Line
	if t.StampLine > 0 {
		line = t.StampLine
	}
	return t.Source.Row(report.Evidence{
		Kind: "netstat.snapshot", Line: line, Time: t.Time, TimePrecision: t.Precision(), PID: report.NoPID,
		Text:   "connection table of " + report.Counted(int(t.Count), "row", "rows"),
		Fields: map[string]string{"rows": fmt.Sprint(t.Count), "stamp": t.Stamp},
		Of:     t.lines(),
	})
}

// lines are those of the whole table, and of the stamp above it.
func (t *Table) lines() []report.Place {
	of := []report.Place{{Source: t.Source.Path, Line: t.Line, Last: max(int(t.last), t.Line)}}
	if t.StampLine > 0 && t.StampLine < t.Line {
		of = append([]report.Place{{Source: t.Source.Path, Line: t.StampLine, Last: t.StampLine}}, of...)
	}
	return of
}

// At adds the line of a row of the table to places, which come in the order of the file.
func (t *Table) At(of []report.Place, r *Row) []report.Place {
	line := int(r.Line)
	if n := len(of); n > 0 && line >= of[n-1].Line && line <= of[n-1].Last+1 {
		of[n-1].Last = line
		return of
	}
	return append(of, report.Place{Source: t.Source.Path, Line: line, Last: line})
}

// HolderRow is the evidence row of the ports that one process has in the table, in at
// least one row.
func (t *Table) HolderRow(pid report.PID, of []report.Place, ports, orphanBound, closeWait int) report.Evidence {
	return t.Source.Row(report.Evidence{
		Kind: "netstat.holder", Line: of[0].Line, Time: t.Time, TimePrecision: t.Precision(), PID: pid, Of: of,
		Text: report.Counted(ports, "dynamic port", "dynamic ports") + " in the table that starts at line " + fmt.Sprint(t.Line),
		Fields: map[string]string{
			"ports": fmt.Sprint(ports), "orphan_bound": fmt.Sprint(orphanBound), "close_wait": fmt.Sprint(closeWait),
		},
	})
}

// EndingRow is the evidence row of connections of one process that wait for their end,
// of which there is at least one.
func (t *Table) EndingRow(pid report.PID, of []report.Place, timeWait, closeWait int) report.Evidence {
	var parts []string
	if timeWait > 0 {
		parts = append(parts, report.Grouped(timeWait)+" in TIME_WAIT")
	}
	if closeWait > 0 {
		parts = append(parts, report.Grouped(closeWait)+" in CLOSE_WAIT")
	}
	return t.Source.Row(report.Evidence{
		Kind: "netstat.ending", Line: of[0].Line, Time: t.Time, TimePrecision: t.Precision(), PID: pid, Of: of,
		Text:   "connections in the table that starts at line " + fmt.Sprint(t.Line) + ": " + report.Joined(parts),
		Fields: map[string]string{"time_wait": fmt.Sprint(timeWait), "close_wait": fmt.Sprint(closeWait)},
	})
}

// Names tells whether the table can name a holder.
func (t *Table) Names() bool { return t.Failed == "" && (t.HasPID || t.HasOwner) && t.Count > 0 }

// pack makes the rows of what was kept. Addresses and owners are kept once each.
func (t *Table) pack() {
	if t.Entries == nil {
		return
	}
	entries := t.Entries
	t.Entries = nil
	locals, remotes, owners := map[netip.Addr]int32{}, map[netip.AddrPort]int32{}, map[string]int32{}
	t.Kept = &Kept{Rows: make([]Row, 0, len(entries))}
	for i := range entries {
		e := &entries[i]
		r := Row{
			Transport: TCP, V6: e.Local.Addr().Is6(), Port: e.Local.Port(), State: e.State, PID: int32(e.PID),
			Remote: -1, Owner: -1, Line: int32(e.Line),
		}
		if e.Proto == "udp" {
			r.Transport = UDP
		}
		r.Local = index(locals, e.Local.Addr(), &t.Locals)
		if e.Remote.Addr().IsValid() && e.Remote.Port() != 0 { // a name is not the same peer twice
			r.Remote = index(remotes, e.Remote, &t.Remotes)
		}
		if e.Owner != "" {
			r.Owner = index(owners, e.Owner, &t.Owners)
		}
		t.Rows = append(t.Rows, r)
	}
}

func index[K comparable](seen map[K]int32, key K, list *[]K) int32 {
	i, ok := seen[key]
	if !ok {
		i = int32(len(*list))
		seen[key] = i
		*list = append(*list, key)
	}
	return i
}

// orderTables puts timed tables by time; those without a time keep the order of their
// files and stand after.
func orderTables(a, b *Table) int {
	if a.Time.IsZero() != b.Time.IsZero() {
		if a.Time.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.Time.Compare(b.Time.Time), strings.Compare(a.Source.Path, b.Source.Path), cmp.Compare(a.Order, b.Order))
}

// tally counts the ports of one table after the other. A port counts once however many
// rows and families show it.
type tally struct {
	view    *View
	in      *[1 << 16]bool
	seen    [1 << 16]uint32 // the table that showed the port last
	waits   [1 << 16]uint32 // the same, in TIME_WAIT
	owner   [1 << 16]uint32 // the first PID that held it there
	table   uint32
	counts  map[int]int // ports by PID, of the present table
	further map[portOf]struct{}
}

// portOf is a port of a PID that is not the first to hold it.
type portOf struct {
	pid  int
	port uint16
}

func newTallies(views []View) []*tally {
	out := make([]*tally, len(views))
	for i := range views {
		out[i] = &tally{view: &views[i], in: views[i].inView(), counts: map[int]int{}, further: map[portOf]struct{}{}}
	}
	return out
}

// count gives the ports of the view in use in a table, those in TIME_WAIT, and, until the
// next call, the ports of each PID.
func (t *tally) count(entries []netstatparse.Entry) (used, waiting int, byPID map[int]int) {
	t.table++
	clear(t.counts)
	clear(t.further)
	proto, fams := t.view.Transport.String(), t.view.Families
	last, n := 0, 0
	for at := range entries {
		e := &entries[at]
		port := e.Local.Port()
		if !t.in[port] || e.Proto != proto || fams != AnyFamily && (fams == IPv6) != e.Local.Addr().Is6() {
			continue
		}
		if t.seen[port] != t.table {
			t.seen[port], t.owner[port] = t.table, 0
			used++
		}
		if e.State == netstatparse.TimeWait && t.waits[port] != t.table {
			t.waits[port] = t.table
			waiting++
		}
		if e.PID <= 0 || t.owner[port] == uint32(e.PID) || t.owner[port] != 0 && !t.alsoHolds(e.PID, port) {
			continue
		}
		if t.owner[port] == 0 {
			t.owner[port] = uint32(e.PID)
		}
		if e.PID != last {
			t.counts[last] += n
			last, n = e.PID, 0
		}
		n++
	}
	t.counts[last] += n
	delete(t.counts, 0)
	return used, waiting, t.counts
}

// alsoHolds notes a port of a second PID and tells whether that is new.
func (t *tally) alsoHolds(pid int, port uint16) bool {
	k := portOf{pid, port}
	if _, ok := t.further[k]; ok {
		return false
	}
	t.further[k] = struct{}{}
	return true
}
