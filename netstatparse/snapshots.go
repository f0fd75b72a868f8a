package netstatparse

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Snapshot is one connection table.
type Snapshot struct {
	Line      int    // 1-based line of its first row, or of the message of a failed capture
	Stamp     string // the line with date and time above it, as written; "" when there is none
	StampLine int
	// Local is the wall time of the stamp, without a zone and written as if it
	// were UTC; zero without a stamp. Ambiguous tells that day and month could be
	// the other way round and nothing in the file so far says which.
	Local     time.Time
	Ambiguous bool
	Entries   []Entry // until the next snapshot only: the reader uses the room again
	HasPID    bool    // -o
	HasBound  bool    // -q: seen by a BOUND row or by the command line above the table
	HasUDP    bool
	HasIPv6   bool
	HasOwner  bool   // -b
	Truncated bool   // the file ends inside this table
	Filtered  bool   // rows without a header: findstr or a paste
	Failed    string // "elevation" or "usage": the command wrote no table
}

// Reader reads one saved text.
type Reader struct {
	lines   *LineScanner
	order   dateOrder // of the stamps, once one has proved it
	learned map[string]State
	kept    kept
	row     row
	last    State   // of an English word
	room    []Entry // for the rows of the next table
	errors  int
	named   bool // told that ports are names
	edited  bool // told that an address cannot be read
}

// NewReader reads r, which is read once and forward.
func NewReader(r io.Reader) *Reader {
	return &Reader{lines: NewLineScanner(r), learned: map[string]State{}}
}

// table is the snapshot being read and what stands above the next one.
type table struct {
	current *Snapshot
	open    bool // owner lines of the last row may follow
	header  bool // a title or a header was seen since the last row
	stamp   stamp
	stamped string
	stampAt int
	bound   bool // the command line above has -q
	lost    bool // the row above was left out: its owner lines go with it
	cutRows bool
}

// Snapshots gives the tables in the order of the file, one table in memory. A damaged line is given
// as (Snapshot{}, *FormatError) in its place and nothing else is lost.
func (r *Reader) Snapshots() iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		var t table
		for r.lines.Scan() {
			if !r.take(&t, yield) {
				return
			}
		}
		if t.current != nil && !r.lines.Terminated() && (t.open || r.lines.Text() == "") {
			t.current.cutShort(r.lines.Line())
		}
		if !r.flush(&t, yield) {
			return
		}
		if r.errors > maxErrors && !yield(Snapshot{}, &FormatError{
			Code: "netstat-more", Line: r.lines.Line(), Text: fmt.Sprintf("%d further damaged lines", r.errors-maxErrors),
		}) {
			return
		}
		if err := r.lines.Err(); err != nil {
			yield(Snapshot{}, &FormatError{Code: "netstat-read", Line: r.lines.Line() + 1, Text: err.Error()})
		}
	}
}

// take reads one line; false ends the walk.
func (r *Reader) take(t *table, yield func(Snapshot, error) bool) bool {
	raw, line := r.lines.Bytes(), r.lines.Line()
	if len(raw) == 0 {
		t.open = false
		return true
	}
	if r.lines.Cut() && !r.tell(yield, &FormatError{Code: "netstat-line-length", Line: line, Text: fmt.Sprintf("a line of more than %d characters was cut", maxLine)}) {
		return false
	}
	if ok, err := r.row.parse(raw, &r.kept); ok {
		if err != nil {
			err.Line = line
			t.open, t.lost = true, true
			return r.tell(yield, err)
		}
		return r.takeRow(t, &r.row, yield)
	}
	if t.open && r.takeOwner(t, raw) {
		return true
	}
	text := string(raw)
	if s, ok := parseStamp(text); ok {
		keep := r.flush(t, yield)
		t.stamp, t.stamped, t.stampAt = s, strings.TrimSpace(text), line
		return keep
	}
	if why := failure(text); why != "" && !t.open {
		return r.takeFailure(t, why, yield)
	}
	if t.open {
		return true
	}
	t.header = t.header || !strings.HasPrefix(strings.TrimSpace(text), "[") && len(strings.Fields(text)) >= 2
	if bound, command := asksForBound(text); command {
		t.bound = bound
	}
	return true
}

func (r *Reader) takeRow(t *table, row *row, yield func(Snapshot, error) bool) bool {
	row.Line = r.lines.Line()
	if t.current == nil || t.header || t.repeats(row.Entry) {
		if !r.flush(t, yield) {
			return false
		}
		r.begin(t, row.Line)
	}
	s := t.current
	t.open, t.lost = true, len(s.Entries) >= maxRows
	if t.lost {
		s.Truncated = true
		if t.cutRows {
			return true
		}
		t.cutRows = true
		return r.tell(yield, &FormatError{Code: "netstat-rows", Line: row.Line, Text: fmt.Sprintf("the table has more than %d rows: the rest was left out", maxRows)})
	}
	row.State, row.StateText = r.state(row.word)
	s.Entries = append(s.Entries, row.Entry)
	s.HasPID = s.HasPID || row.PID >= 0
	s.HasBound = s.HasBound || row.State == Bound
	s.HasUDP = s.HasUDP || row.Proto == "udp"
	s.HasIPv6 = s.HasIPv6 || row.Local.Addr().Is6()
	return r.hindered(row, yield)
}

// hindered tells, once in a file, what keeps its rows from full use.
func (r *Reader) hindered(row *row, yield func(Snapshot, error) bool) bool {
	if row.named && !r.named {
		r.named = true
		if !r.tell(yield, &FormatError{Code: "netstat-named-port", Line: row.Line, Text: "ports are written as service names and cannot be counted: the table was saved without -n"}) {
			return false
		}
	}
	if row.edited && !r.edited {
		r.edited = true
		return r.tell(yield, &FormatError{Code: "netstat-address", Line: row.Line, Text: "an address cannot be read; its port is counted"})
	}
	return true
}

// repeats tells that a table without headers begins anew: its first row again.
func (t *table) repeats(e Entry) bool {
	s := t.current
	if !s.Filtered || len(s.Entries) == 0 {
		return false
	}
	first := s.Entries[0]
	return first.Proto == e.Proto && first.Local == e.Local && first.Remote == e.Remote && first.PID == e.PID
}

func (r *Reader) begin(t *table, line int) {
	t.current = &Snapshot{Line: line, Filtered: !t.header, HasBound: t.bound, Entries: r.room[:0]}
	r.date(t, line)
	t.header, t.bound, t.cutRows = false, false, false
}

// date gives the new snapshot the stamp above it.
func (r *Reader) date(t *table, line int) {
	if t.stamped == "" {
		return
	}
	if line-t.stampAt <= stampReach {
		s := t.current
		if t.stamp.order != unsure && t.stamp.order != yearFirst {
			r.order = t.stamp.order
		}
		order := t.stamp.order
		if order == unsure {
			order = r.order
		}
		s.Stamp, s.StampLine, s.Ambiguous = t.stamped, t.stampAt, order == unsure
		if order == unsure {
			order = monthFirst
		}
		s.Local = t.stamp.local(order)
	}
	t.stamped = ""
}

func (r *Reader) takeFailure(t *table, why string, yield func(Snapshot, error) bool) bool {
	if !r.flush(t, yield) {
		return false
	}
	r.begin(t, r.lines.Line())
	t.current.Failed, t.current.Filtered = why, false
	return r.flush(t, yield)
}

// takeOwner reads a line that -b writes below a row. False is for a line that may
// be something else: one of several words, which also says in the machine's
// language that the owner is not known.
func (r *Reader) takeOwner(t *table, line []byte) bool {
	trimmed := bytes.TrimLeft(line, " \t")
	bracketed := trimmed[0] == '[' && trimmed[len(trimmed)-1] == ']'
	path := bytes.Contains(trimmed, []byte(`:\`))
	if !bracketed && !path && (bytes.IndexByte(trimmed, ' ') >= 0 || bytes.IndexByte(trimmed, ':') >= 0) {
		return false
	}
	if len(trimmed) > 260 || t.lost || t.current == nil || len(t.current.Entries) == 0 { // MAX_PATH
		return true
	}
	last := &t.current.Entries[len(t.current.Entries)-1]
	switch {
	case bracketed:
		last.Owner, t.current.HasOwner = r.kept.name(trimmed[1:len(trimmed)-1]), true
	case len(last.Components) < maxComponents:
		last.Components = append(last.Components, r.kept.name(trimmed))
	}
	return true
}

// flush gives the finished snapshot.
func (r *Reader) flush(t *table, yield func(Snapshot, error) bool) bool {
	s := t.current
	t.current, t.open = nil, false
	if s == nil {
		return true
	}
	r.learn(s)
	r.room = s.Entries
	return yield(*s, nil)
}

// cutShort marks a table whose last line has no end. If that is a row, its PID
// may have lost digits and would name another process.
func (s *Snapshot) cutShort(line int) {
	s.Truncated = true
	if n := len(s.Entries); n > 0 && s.Entries[n-1].Line == line {
		s.Entries[n-1].PID = -1
	}
}

// tell yields an error, up to the limit of a file.
func (r *Reader) tell(yield func(Snapshot, error) bool, err *FormatError) bool {
	r.errors++
	return r.errors > maxErrors || yield(Snapshot{}, err)
}
