package facts

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"portverdict/netstatparse"
	"portverdict/netstatparse/sockets"
	"portverdict/report"
)

// tables are the connection tables of one source while they are read.
type tables struct {
	list   []*Table
	growth []map[int][]portsAt // by view
	points int
	owners map[int]string   // executables of netstat -b
	hosted map[int][]hosted // services that it names, by PID
	kept   []*places        // of each machine whose tables stand in the text
	rows   int              // kept
	read   int              // of all tables
	let    bool             // go of tables near early anchors: too many rows were kept
	spare  []netstatparse.Entry
}

// nearTables are the tables nearest to an anchor.
type nearTables struct{ before, in, after *Table }

// portsAt is how many ports a PID held in the table of that order.
type portsAt struct{ order, ports int32 }

// tablePlan is what has to be known before connection tables are read: the zone of their
// times, and the times near which a table is kept whole.
type tablePlan struct {
	zones   *zones
	anchors []report.Span
	left    int // earlier ones that are left out: there are too many
}

// settledPlan makes the plan by all sources that are added.
func (f *Facts) settledPlan() *tablePlan {
	f.planOnce.Do(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		sources := inOrder(f.sources)
		f.plan.zones = findZones(f.opts, sources)
		for _, s := range sources {
			s.placeSaved(f.plan.zones)
		}
		f.plan.anchors, f.plan.left = anchorsOf(sources)
	})
	return &f.plan
}

// anchorsOf are the times of refusals and of the records that witness them, by their
// beginning; of too many the latest, and how many are left out.
func anchorsOf(sources []*Source) (anchors []report.Span, left int) {
	var all []report.Span
	for _, s := range sources {
		if s.Trace != nil {
			for tr := range s.Trace.Runs {
				for _, w := range s.Trace.Runs[tr][0].List {
					all = append(all, report.Span{From: w.From, To: w.To})
				}
			}
		}
		for _, l := range []*Log{s.Log, s.Saved} {
			if l == nil {
				continue
			}
			for _, r := range l.Records {
				if (r.ID == 4231 || r.ID == 4266) && !r.Time.IsZero() && s.options.In(r.Time) {
					all = append(all, report.Span{From: r.Time, To: r.Time})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b report.Span) int { return cmp.Or(a.From.Compare(b.From.Time), a.To.Compare(b.To.Time)) })
	all = slices.Compact(all)
	left = max(len(all)-maxAnchors, 0)
	return all[left:], left
}

// AddTables reads the connection tables of a source that was added before; all sources
// must have been added. Sources that hold none are passed over.
func (f *Facts) AddTables(h Handle, r io.ReaderAt) {
	views, plan := f.settledViews(), f.settledPlan()
	f.mu.Lock()
	s := f.sources[h]
	f.mu.Unlock()
	if s.mayHaveTables() {
		d := f.desk()
		if d.tallies == nil {
			d.tallies = newTallies(views)
		}
		in := d.open(s, r)
		if s.Size >= aheadLeast {
			a := readAhead(in)
			defer a.close()
			in = a
		}
		s.readTables(in, d.tallies, plan)
		f.tidy(d)
	}
}

func (s *Source) readTables(in io.Reader, tallies []*tally, plan *tablePlan) {
	if s.Kind == kindSockets {
		s.readSnapshots(sockets.NewReader(in).Snapshots(), tallies, plan)
		s.endTables(nil)
		return
	}
	reader := netstatparse.NewReader(in)
	s.readSnapshots(reader.Snapshots(), tallies, plan)
	s.endTables(reader)
}

// kindSockets is the kind of the tables of tools that list sockets.
const kindSockets = "sockets"

func (s *Source) readSnapshots(all iter.Seq2[netstatparse.Snapshot, error], tallies []*tally, plan *tablePlan) {
	s.tables = &tables{
		owners: map[int]string{}, growth: make([]map[int][]portsAt, len(tallies)),
	}
	for i := range s.tables.growth {
		s.tables.growth[i] = map[int][]portsAt{}
	}
	for sn, err := range all {
		if err != nil {
			s.Damaged = true
			s.diagnose(textDiagnostic(err))
			continue
		}
		if len(s.tables.list) >= maxTables {
			s.diagnose(report.Diagnostic{Code: "netstat-too-many-snapshots", Severity: "warning", Line: sn.Line, Text: "further tables of this file were left out"})
			break
		}
		if sn.Failed != "" {
			s.diagnose(report.Diagnostic{
				Code: "netstat-capture-failed", Severity: "warning", Line: sn.Line,
				Text: "the command failed when this was saved (" + sn.Failed + "): run netstat -anobq in an elevated prompt",
			})
		}
		s.moveTable(&sn)
		s.tables.read += len(sn.Entries)
		s.Truncated = s.Truncated || sn.Truncated
		s.takeTable(&sn, tallies, plan)
	}
	if counted := slices.ContainsFunc(s.tables.list, func(t *Table) bool { return t.Entries == nil && t.Count > 0 }); counted && (plan.left > 0 || s.tables.let) {
		s.diagnose(report.Diagnostic{
			Code: "netstat-rows-not-kept", Severity: "note",
			Text: "the inputs show more refusals, or tables near them, than rows are kept for: of the tables near the earlier ones only the counts are used",
		})
	}
}

// endTables settles what the whole file tells of its tables.
func (s *Source) endTables(reader *netstatparse.Reader) {
	if reader != nil {
		s.tables.settle(reader)
		s.told(reader)
	}
	s.tables.spare = nil
	for _, t := range s.tables.list {
		t.pack()
	}
	if s.Kind == "netstat" || s.Kind == "psnet" || len(s.tables.list) > 0 {
		s.Decoded += s.tables.read
		s.Facts["snapshots"] = fmt.Sprint(len(s.tables.list))
	}
	if cut := s.firstCut(); cut != nil {
		s.diagnose(report.Diagnostic{Code: "netstat-cut", Severity: "note", Line: cut.Line, Text: "rows of a table were left out here: " + Shorten(cut.Text)})
	}
}

// firstCut is the first place where rows of a table were left out, nil without one.
func (s *Source) firstCut() *netstatparse.Cut {
	for _, t := range s.tables.list {
		if len(t.Cuts) > 0 {
			return &t.Cuts[0]
		}
	}
	return nil
}

// takeTable counts a table and keeps what is kept of it.
func (s *Source) takeTable(read *netstatparse.Snapshot, tallies []*tally, plan *tablePlan) {
	t := &Table{
		Snapshot: *read, Source: s, Order: int32(len(s.tables.list)), Count: int32(len(read.Entries)),
		inView: make([]inUse, len(tallies)), Kept: nothingKept,
	}
	if t.Entries = nil; t.Count > 0 {
		t.last = int32(read.Entries[t.Count-1].Line)
	}
	t.has[TCP] = slices.ContainsFunc(read.Entries, func(e netstatparse.Entry) bool { return e.Proto == "tcp" })
	t.has[UDP] = read.HasUDP
	ts := s.tables
	ts.list = append(ts.list, t)
	naming := make([]bool, len(tallies))
	for i, tl := range tallies {
		used, waiting, byPID := tl.count(read.Entries)
		t.inView[i] = inUse{int32(used), int32(waiting)}
		if used == 0 && !t.Shows(tl.view.Transport) {
			t.inView[i] = inUse{-1, -1}
		}
		naming[i] = t.Names() && (len(byPID) > 0 || !t.HasPID && used > 0)
		for pid, n := range byPID {
			if ts.points < maxGrowthPoints {
				ts.growth[i][pid] = append(ts.growth[i][pid], portsAt{t.Order, int32(n)})
				ts.points++
			} else {
				s.diagnose(report.Diagnostic{Code: "netstat-too-many-processes", Severity: "warning", Line: t.Line, Text: "how the ports of further processes grow is not followed"})
			}
		}
	}
	for at := range read.Entries {
		e := &read.Entries[at]
		if len(e.Components) > 0 {
			ts.host(e)
		}
		if e.Owner == "" || e.PID <= 0 || ts.owners[e.PID] == e.Owner {
			continue
		}
		if _, known := ts.owners[e.PID]; known || len(ts.owners) < maxOwners {
			ts.owners[e.PID] = e.Owner
		} else {
			s.diagnose(report.Diagnostic{Code: "netstat-too-many-owners", Severity: "warning", Line: e.Line, Text: fmt.Sprintf("the file names the programs of more than %d processes: those of further ones are not kept", maxOwners)})
		}
	}
	if t.places = ts.placesOf(t.Host, len(tallies), len(plan.anchors)); t.places == nil || ts.rows > maxKeptRows && t.places != ts.kept[0] {
		s.diagnose(report.Diagnostic{Code: "netstat-too-many-machines", Severity: "warning", Line: t.Line, Text: "the rows of further machines' tables were left out"})
		return
	}
	at := s.utc(plan.zones, t)
	if stamped := (report.Time{Time: at}); !at.IsZero() && !s.options.In(stamped) {
		return // it is not judged, so its rows are not kept
	}
	t.places.remember(ts, t, read.Entries, naming, at, plan.anchors)
}

// remember keeps the rows of a table that a verdict may rest on, and lets go of those
// that it replaces.
func (p *places) remember(ts *tables, t *Table, entries []netstatparse.Entry, naming []bool, at time.Time, anchors []report.Span) {
	var dropped []*Table
	put := func(where **Table) {
		dropped = append(dropped, *where)
		*where = t
	}
	for i, names := range naming {
		if f := p.fullest[i]; t.Failed == "" && t.Count > 0 && (f == nil || t.inView[i].used > f.inView[i].used || t.inView[i].used == f.inView[i].used && !outranks(f, t)) {
			put(&p.fullest[i])
		}
		if names && !(p.last[i] != nil && outranks(p.last[i], t)) {
			put(&p.last[i])
		}
	}
	if t.Failed == "" && t.Count > 0 {
		put(&p.latest)
	}
	if !at.IsZero() && t.Failed == "" && t.Count > 0 {
		p.approach(t, at, anchors, put)
		if p.timed == nil || !outranks(p.timed, t) {
			put(&p.timed)
		}
	}
	for _, d := range dropped {
		if d != nil && !p.keeps(d) {
			ts.drop(d)
		}
	}
	if p.keeps(t) {
		t.Entries = append(ts.spare[:0], entries...)
		ts.spare = nil
		ts.rows += len(t.Entries)
	}
	ts.bound()
}

// approach keeps a table for the anchors that it is near to: the first in each and the
// first after it, and, when an anchor begins, the one before.
func (p *places) approach(t *Table, at time.Time, anchors []report.Span, put func(**Table)) {
	for ; p.next < len(anchors) && !anchors[p.next].From.After(at); p.next++ {
		p.near[p.next].before = p.timed
		p.begun = append(p.begun, p.next)
	}
	p.begun = slices.DeleteFunc(p.begun, func(i int) bool {
		n := &p.near[i]
		if !at.After(anchors[i].To.Time) {
			if n.in == nil || outranks(t, n.in) {
				put(&n.in)
			}
			return false
		}
		if n.after == nil || outranks(t, n.after) {
			put(&n.after)
		}
		return n.after != t && !n.after.sameMoment(t)
	})
}

// drop lets go of a table's rows; their room is used again.
func (ts *tables) drop(t *Table) {
	ts.rows -= len(t.Entries)
	if cap(t.Entries) > cap(ts.spare) {
		ts.spare = t.Entries
	}
	t.Entries = nil
}

// outranks tells that of two tables taken at one moment the first says more: it shows
// bound ports and the other does not.
func outranks(a, b *Table) bool { return a.ShowsBound() && !b.ShowsBound() && a.sameMoment(b) }

// keeps tells that a table stands in one of the places of what is kept whole.
func (p *places) keeps(t *Table) bool {
	if t == p.latest || t == p.timed || slices.Contains(p.fullest, t) || slices.Contains(p.last, t) {
		return true
	}
	return slices.ContainsFunc(p.near, func(n nearTables) bool { return n.before == t || n.in == t || n.after == t })
}

// bound lets go of the tables near the oldest anchors when too many rows are kept.
func (ts *tables) bound() {
	for _, p := range ts.kept {
		for i := 0; i < len(p.near) && ts.rows > maxKeptRows; i++ {
			old := p.near[i]
			p.near[i] = nearTables{}
			for _, t := range []*Table{old.before, old.in, old.after} {
				if t != nil && t.Entries != nil && !p.keeps(t) {
					ts.drop(t)
					ts.let = true
				}
			}
		}
	}
}

// sameMoment tells that two tables of a file, the first of which stands before, are taken
// as of one time: by their stamps, or, without any, as two commands one after the other.
// A third of the same shape makes a loop of them.
func (t *Table) sameMoment(other *Table) bool {
	if t.Source != other.Source {
		return false
	}
	if !t.Local.IsZero() || !other.Local.IsZero() {
		return t.Local.Equal(other.Local)
	}
	return max(t.Order, other.Order) < 2 || t.HasOwner != other.HasOwner || t.HasUDP != other.HasUDP
}

// Growth are the ports of a PID over the tables of one source, by the view's index.
type Growth struct {
	Table *Table
	Ports int
}

// Grown gives the ports of a PID of a view in each table of the source that names PIDs,
// in their order; those that do not show it have none.
func (s *Source) Grown(view, pid int) []Growth {
	if s.tables == nil || view < 0 || view >= len(s.tables.growth) {
		return nil
	}
	counts := s.tables.growth[view][pid]
	var out []Growth
	next := 0
	for _, t := range s.tables.list {
		if !t.Names() || t.out {
			continue
		}
		for next < len(counts) && counts[next].order < t.Order {
			next++
		}
		n := 0
		if next < len(counts) && counts[next].order == t.Order {
			n = int(counts[next].ports)
		}
		out = append(out, Growth{t, n})
	}
	return out
}

// GrownPIDs are the PIDs whose ports of a view were counted in the source's tables.
func (s *Source) GrownPIDs(view int) []int {
	if s.tables == nil || view < 0 || view >= len(s.tables.growth) {
		return nil
	}
	return sortedKeys(s.tables.growth[view])
}

// OwnerOf is the executable that netstat -b names for a PID in any table of the source.
func (s *Source) OwnerOf(pid int) string {
	if s.tables == nil {
		return ""
	}
	return s.tables.owners[pid]
}

// settle gives the tables whose stamps could be read in two ways the one that the file as
// a whole has proved.
func (ts *tables) settle(reader *netstatparse.Reader) {
	dayFirst, known := reader.DayFirst()
	for _, t := range ts.list {
		if t.Ambiguous && known {
			t.Ambiguous = false
			if dayFirst {
				t.Local = t.Swapped
			}
		}
	}
}

// told tells what was inferred to read the tables.
func (s *Source) told(reader *netstatparse.Reader) {
	learned := reader.Learned()
	var words []string
	for _, word := range sortedKeys(learned) {
		why := "on the endpoint mapper's port 135"
		switch learned[word] {
		case netstatparse.TimeWait:
			why = "with PID 0 alone"
		case netstatparse.Bound:
			why = "on ports of processes and never with a peer, in a table with -q"
		}
		words = append(words, fmt.Sprintf("%q, which stands %s, as %s", word, why, learned[word]))
	}
	if words != nil {
		s.diagnose(report.Diagnostic{Code: "netstat-learned-state", Severity: "note", Text: "state names in an unknown language were inferred from the rows they stand in: " + strings.Join(words, "; ")})
	}
	for _, t := range s.tables.list {
		if t.Ambiguous {
			const day = "2 January 2006"
			s.diagnose(report.Diagnostic{
				Code: "netstat-day-or-month", Severity: "note", Line: t.StampLine,
				Text: fmt.Sprintf("%q is %s or %s: nothing in the file says which, so its tables take part by order only", t.Stamp, t.Local.Format(day), t.Swapped.Format(day)),
			})
		}
	}
}

func textDiagnostic(err error) report.Diagnostic {
	var fe *netstatparse.FormatError
	if errors.As(err, &fe) {
		return report.Diagnostic{Code: fe.Code, Severity: "warning", Line: fe.Line, Text: fe.Text}
	}
	return report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()}
}

// utc is the time of a table while its file is read, zero when it is not known yet.
func (s *Source) utc(zones *zones, t *Table) time.Time {
	switch {
	case t.Local.IsZero() || t.Dateless || t.Ambiguous:
		return time.Time{}
	case t.Offset != nil:
		return t.Local.Add(-*t.Offset)
	}
	if z := zones.of(s, t.Host); z.holds(t.Local) {
		return z.after(t.Local, time.Time{})
	}
	return time.Time{}
}

// place gives the tables of a text their time in UTC by the zone of their machine.
func (s *Source) place(zones *zones) {
	stamped, dated, zoned := false, false, false
	shown := zones.of(s, "") // that of the first table with a local time
	var before time.Time
	for _, t := range s.tables.list {
		if t.Local.IsZero() {
			continue
		}
		stamped = true
		if t.Dateless || t.Ambiguous {
			continue
		}
		z := zones.of(s, t.Host)
		if !dated {
			shown = z
		}
		dated = true
		switch {
		case t.Offset != nil:
			before = t.Local.Add(-*t.Offset)
			zoned = true
		case z.holds(t.Local):
			before = z.after(t.Local, before)
		default:
			continue
		}
		t.Time = report.Time{Time: before}
		if s.Window.From.IsZero() {
			s.Window.From = t.Time
		}
		s.Window.To = t.Time
	}
	switch {
	case !stamped:
		s.Clock = report.Clock{Basis: "no time is written in this file: it takes part by order only"}
	case !dated:
		s.Clock = report.Clock{Basis: "the date of its times is not known: it takes part by order only"}
	case zoned:
		s.Clock = report.Clock{Basis: "the times have their offset to UTC"}
	default:
		s.Clock = shown.clock(s.firstLocal())
	}
}

// Precision of the time is "exact", "minute" where the stamp tells no seconds (date /t and
// time /t write minutes), or "unknown".
func (t *Table) Precision() string {
	if t.Time.IsZero() {
		return "unknown"
	}
	if m := clockPart.FindStringSubmatch(t.Stamp); m != nil && m[1] == "" {
		return "minute"
	}
	return "exact"
}

// clockPart is the time of day, with which a stamp ends but for its offset to UTC and the
// rules around it; its first group are the seconds.
var clockPart = regexp.MustCompile(`(?:^|\D)\d{1,2}[:.]\d\d([:.]\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?:Z|[+-]\d\d:\d\d)?[ \t=\-#*\]]*$`)

func (s *Source) firstLocal() time.Time {
	for _, t := range s.tables.list {
		if !t.Local.IsZero() && !t.Dateless {
			return t.Local
		}
	}
	return time.Time{}
}

// Unzoned tells that the source's tables have local times and no zone to read them in,
// Untimed that they have no time at all.
func (s *Source) Unzoned() bool {
	return len(s.Tables) > 0 && s.Window.From.IsZero() && !s.firstLocal().IsZero()
}

// Untimed tells that the source has tables, not only what netstat said instead of one,
// and none of them a time.
func (s *Source) Untimed() bool {
	return slices.ContainsFunc(s.Tables, func(t *Table) bool { return t.Failed == "" }) && s.Window.From.IsZero() && s.firstLocal().IsZero()
}

// MostGrown is the most ports of a view that a PID has in any table of the source.
func (s *Source) MostGrown(view, pid int) int {
	most := int32(0)
	if s.tables != nil && view >= 0 && view < len(s.tables.growth) {
		for _, at := range s.tables.growth[view][pid] {
			most = max(most, at.ports)
		}
	}
	return int(most)
}
