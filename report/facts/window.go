package facts

import (
	"math"
	"slices"
	"time"

	"portverdict/etl"
	"portverdict/report"
)

// The analysed window narrows what is judged to what happened in it. What lies before it
// still says in which state the window began: sockets that are open, closes that hang,
// the start of Windows. What lies after it says nothing but the names of processes.

// Asked tells that the user narrowed what is judged.
func (o *Options) Asked() bool { return o != nil && (!o.Window.From.IsZero() || !o.Window.To.IsZero()) }

// In tells that a time lies in the analysed window, both ends included. Without a window
// every time does, one that is not known too.
func (o *Options) In(t report.Time) bool {
	if !o.Asked() {
		return true
	}
	return !t.IsZero() && !t.Before(o.Window.From.Time) && !o.after(t)
}

func (o *Options) after(t report.Time) bool {
	return !o.Window.To.IsZero() && t.After(o.Window.To.Time)
}

// Clamp is the part of a span that lies in the window, nothing where none does.
func (o *Options) Clamp(from, to report.Time) (report.Time, report.Time) {
	if !o.Asked() || from.IsZero() {
		return from, to
	}
	if o.after(from) || to.Before(o.Window.From.Time) {
		return report.Time{}, report.Time{}
	}
	if from.Before(o.Window.From.Time) {
		from = o.Window.From
	}
	if o.after(to) {
		to = o.Window.To
	}
	return from, to
}

// ticksOf is the window in the ticks of a trace; an end that is not given is the farthest.
func (o *Options) ticksOf() (from, to etl.FileTime) {
	from, to = math.MinInt64, math.MaxInt64
	if !o.Window.From.IsZero() {
		from = fileTime(o.Window.From.Time.Add(99)) // part of a tick: the next one is in it
	}
	if !o.Window.To.IsZero() {
		to = fileTime(o.Window.To.Time)
	}
	return from, to
}

// epoch is 1601-01-01 in seconds of Unix.
const epoch = -11644473600

// fileTime is the last tick not after a time.
func fileTime(t time.Time) etl.FileTime {
	return etl.FileTime((t.Unix()-epoch)*1e7 + int64(t.Nanosecond()/100))
}

// within tells that a time of the trace lies in the analysed window.
func (t *Trace) within(at etl.FileTime) bool { return at >= t.from && at <= t.to }

// begin opens the window: what is in use then is what it begins with.
func (t *Trace) begin() {
	t.begun = true
	for _, p := range t.Processes {
		for tr, n := range p.open {
			if n > 0 {
				p.Series[tr].add(t.from, n)
			}
		}
	}
	for tr := range t.line {
		if l := &t.line[tr]; l.held > 0 {
			l.open(t.from, l.held)
		}
	}
	for i := range t.watched {
		if w := &t.watched[i]; w.used > 0 {
			w.peak, w.at = w.used, t.from
		}
	}
}

// inWindow splits records by the window: those in it; those before it; and those of which
// nobody knows, as they have no time.
func (o *Options) inWindow(all []*Record) (in, before, untimed []*Record) {
	for _, r := range all {
		switch {
		case o.In(r.Time):
			in = append(in, r)
		case r.Time.IsZero():
			untimed = append(untimed, r)
		case !o.after(r.Time):
			before = append(before, r)
		}
	}
	return in, before, untimed
}

// narrow leaves out of the case what does not lie in the window, and tells of each source
// how much that is.
func (c *Case) narrow() {
	o := &c.Options
	if !o.Asked() {
		return
	}
	outside, untimed := map[*Source]int{}, map[*Source]int{}
	reaching := map[*Source]bool{}
	for _, s := range c.Sources {
		outside[s] = s.outside + s.narrowCounts(o)
		reaching[s] = s.reaches(o.Window.From)
	}
	narrowed := func(all []*Record) (in, before, unknown []*Record) {
		in, before, unknown = o.inWindow(all)
		for _, r := range all {
			outside[r.Source]++
		}
		for _, r := range in {
			outside[r.Source]--
		}
		for _, r := range unknown {
			outside[r.Source]--
			untimed[r.Source]++
		}
		return in, before, unknown
	}
	var before []*Record
	c.Records, before, c.Untimed = narrowed(c.Records)
	for _, r := range before {
		if reaching[r.Source] {
			c.Before = append(c.Before, r)
		}
	}
	c.Symptoms, _, _ = narrowed(c.Symptoms)
	in, before, unknown := o.inWindow(c.Drivers) // what was installed before stays
	c.Drivers = slices.Concat(before, in, unknown)
	tables := c.Tables
	c.Tables = nil
	for _, t := range tables {
		t.out = !o.In(t.Time)
		switch {
		case !t.out:
			c.Tables = append(c.Tables, t)
		case t.Time.IsZero():
			c.UntimedTables = append(c.UntimedTables, t)
			untimed[t.Source]++
		default:
			outside[t.Source]++
		}
	}
	for _, s := range c.Sources {
		c.tellWindow(s, "outside-window", outside[s])
		c.tellWindow(s, "untimed-in-window", untimed[s])
	}
}

func (c *Case) tellWindow(s *Source, code string, n int) {
	if n == 0 {
		return
	}
	d := report.Diagnostic{Code: code, Severity: "note", Source: s.Path, Count: n}
	d.Text = d.Sentence()
	c.Diagnostics = append(c.Diagnostics, d)
}

// reaches tells that a log, or records saved as text, go on at a time: what it told before
// is then still known to hold, unless it tells of a start of Windows.
func (s *Source) reaches(at report.Time) bool {
	if s.Log != nil {
		return !s.Log.Last.Before(at.Time)
	}
	return s.Saved != nil && slices.ContainsFunc(slices.Concat(s.Saved.Records, s.Saved.Life, s.Saved.Symptoms, s.Saved.Drivers), func(r *Record) bool {
		return !r.Time.Before(at.Time)
	})
}
