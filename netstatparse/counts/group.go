package counts

import (
	"strconv"
	"strings"

	"portverdict/netstatparse"
	"portverdict/netstatparse/pstext"
)

// takeObject reads what PowerShell wrote: a group, a measurement, a process, or a row of
// a script.
func (p *parser) takeObject(o *pstext.Object) {
	if pid, ok := pidOf(o.Value("Id", "ProcessId", "PID")); ok {
		if name := strings.TrimSpace(o.Value("ProcessName")); name != "" && len(p.names) < maxCounts {
			p.names[pid] = strings.Clone(name)
		}
	}
	if o.Find("InUse") != nil && o.Find("Max") != nil {
		p.takeStats(o)
		return
	}
	if p.takeStateColumns(o) {
		return
	}
	count, ok := o.Get("Count")
	if !ok {
		count, ok = o.Get("Lines")
	}
	n, number := integer(count)
	if !ok || !number || p.events.take(o, n) {
		return
	}
	if pid, ok := pidOf(o.Value("PID")); ok && p.stats {
		p.add(Count{Unit: Rows, PID: pid, Transport: "tcp", Rows: n, Exact: true, Line: o.Line})
		return
	}
	name := o.Find("Name")
	if name == nil {
		name = o.Find("State")
	}
	switch {
	case name != nil:
		p.takeGroup(o, n, name.Value)
	case p.query != nil && p.query.how != noCounter && o.Line >= p.at && p.query.how != group:
		p.add(p.query.counted(n, o.Line))
		p.query = nil
	}
}

// takeStateColumns reads an object whose properties are called as states, as scripts
// write them: {"TimeWait": 14211, "Bound": 1034}, or a row of a log in CSV.
func (p *parser) takeStateColumns(o *pstext.Object) bool {
	var all []Count
	for _, property := range o.Properties {
		state, ok := stateOf(property.Name)
		n, number := integer(property.Value)
		if !ok || !number || strings.Trim(property.Name, "0123456789") == "" {
			continue
		}
		all = append(all, Count{Unit: Rows, PID: -1, State: state, Rows: n, Line: property.Line})
	}
	if len(all) < 2 {
		return false
	}
	stamp, ok := pstext.StampAt(o.Value("Time", "Timestamp", "DateTime", "Date", "@timestamp"))
	for _, c := range all {
		if ok {
			c.stamped(stamp)
		}
		p.add(c)
	}
	return true
}

func pidOf(text string) (int, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	return int(n), err == nil
}

// takeGroup reads a group: its name is the value of the property it was grouped by, or
// the values of several with commas between. Without the command only the values that
// say themselves what they are can be used: a state, and a number behind one, which the
// usual command makes the PID.
func (p *parser) takeGroup(o *pstext.Object, n int, name string) {
	parts := strings.Split(name, ", ")
	q := p.query
	if q == nil || q.how != group || len(q.by) == 0 {
		q = &query{count: Count{Unit: Rows, PID: -1}}
		state, ok := stateOf(parts[0])
		if !ok || strings.Trim(parts[0], "0123456789") == "" {
			return
		}
		q.by = []string{"state", "owningprocess"}
		if len(parts) > 2 {
			return
		}
		q.count.State = state
	}
	chosen := *q
	if len(parts) != len(q.by) && len(parts) > 1 || len(parts) == 0 {
		return
	}
	for i, value := range parts {
		if !chosen.choose(q.by[i], strings.TrimSpace(value)) {
			return
		}
	}
	if chosen.count.Image == "" {
		chosen.count.Image = strings.TrimSpace(o.Value("ProcessName", "Process"))
	}
	chosen.count.Image = strings.Clone(chosen.count.Image)
	if chosen.count.State != netstatparse.StateUnknown {
		chosen.count.Transport = "tcp"
	}
	p.add(chosen.counted(n, o.Line))
}
