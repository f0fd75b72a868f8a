package netstatparse

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// Names of Snapshot.Tool.
const (
	ToolNetstat   = "netstat"
	ToolTCP       = "Get-NetTCPConnection"
	ToolUDP       = "Get-NetUDPEndpoint"
	ToolNetsh     = "netsh"
	ToolPortUsage = "PortUsage"
)

// Snapshot is one connection table.
type Snapshot struct {
	Tool      string // that wrote it
	Line      int    // 1-based line of its first row, or of the message of a failed capture
	Stamp     string // the line with date and time above it, as written; "" when there is none
	StampLine int
	// Local is the wall time of the stamp, without a zone and written as if it
	// were UTC; zero without a stamp. Ambiguous tells that day and month could be
	// the other way round, as Swapped has it, and that nothing in the file so far
	// says which: Reader.DayFirst may know at its end.
	Local     time.Time
	Swapped   time.Time
	Ambiguous bool
	Dateless  bool           // the stamp is a time alone: Local counts from year 1, a day more each midnight
	Offset    *time.Duration // of Local to UTC, east positive, when the stamp has it
	Entries   []Entry        // until the next snapshot only: the reader uses the room again
	HasPID    bool           // -o
	HasBound  bool           // -q: seen by a BOUND row or by the command line above the table
	HasUDP    bool
	HasIPv6   bool
	HasOwner  bool   // -b
	Truncated bool   // the file ends inside this table
	Filtered  bool   // rows without a header: findstr or a paste
	Failed    string // "elevation" or "usage": the command wrote no table
	Totals    []Total
}

// Total is a count of rows that a tool made, without the rows: Group-Object's by
// state and process, or PortUsage's by process. Rows are no ports: a port can
// stand in several.
type Total struct {
	State State // StateUnknown: of all states
	PID   int   // -1 when it is not told
	Owner string
	Rows  int
	Line  int
}

// Reader reads one saved text.
type Reader struct {
	in      *bufio.Reader
	lines   *LineScanner
	order   dateOrder     // of the stamps, once one has proved it
	before  [2]time.Time  // the last stamp in both readings
	clock   time.Duration // the last time alone
	days    int
	learned map[string]State
	kept    kept
	row     row
	last    State   // of an English word
	room    []Entry // for the rows of the next table
	errors  int
	named   bool // told that ports are names
	crowded bool // told of too many components
	edited  bool // told that an address cannot be read
}

// NewReader reads r, which is read once and forward.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, blockSize), learned: map[string]State{}}
}

// table is the snapshot being read and what stands above the next one.
type table struct {
	current *Snapshot
	open    bool // owner lines of the last row may follow
	header  bool // a title or a header was seen since the last row
	stamp   stamp
	stamped string
	date    string // the last line that was a date alone
	dateAt  int
	stampAt int
	bound   bool // the command line above has -q
	lost    bool // the row above was left out: its owner lines go with it
	cutRows bool
	form    form // of the objects being read
	millis  millis
	broken  []byte    // the row above when it has no PID, which the next line may have
	netsh   bool      // the title of netsh's table was seen
	above   [2]string // the last lines that were nothing else, the nearest first
}

// Snapshots gives the tables in the order of the file, one table in memory. A
// damaged line is given as (Snapshot{}, *FormatError) in its place and nothing
// else is lost.
func (r *Reader) Snapshots() iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		if isJSON(r.in) {
			r.readJSON(yield)
			return
		}
		var t table
		r.lines = NewLineScanner(r.in)
		for r.lines.Scan() {
			if !r.take(&t, yield) {
				return
			}
		}
		if t.current != nil && !r.lines.Terminated() && (t.open || len(r.lines.Bytes()) == 0) {
			t.current.cutShort(r.lines.Line())
		}
		if t.current != nil && t.open {
			t.current.cutInOwners()
		}
		if r.endObject(&t, yield) && r.flush(&t, yield) {
			r.end(r.lines.Line(), r.lines.Err(), yield)
		}
	}
}

// end tells what is to be told at the end of the file.
func (r *Reader) end(line int, err error, yield func(Snapshot, error) bool) {
	if r.errors > maxErrors && !yield(Snapshot{}, &FormatError{
		Code: "netstat-more", Line: line, Text: fmt.Sprintf("%d further damaged lines", r.errors-maxErrors),
	}) {
		return
	}
	if err != nil {
		yield(Snapshot{}, &FormatError{Code: "netstat-read", Line: line + 1, Text: err.Error()})
	}
}

// take reads one line; false ends the walk.
func (r *Reader) take(t *table, yield func(Snapshot, error) bool) bool {
	raw, line := r.lines.Bytes(), r.lines.Line()
	if len(raw) == 0 {
		t.open = false
		if t.form.kind == noForm {
			return true
		}
		goOn := r.endObject(t, yield)
		if t.form.kind == tableForm {
			t.form.kind = noForm
		}
		return goOn
	}
	if r.lines.Cut() && !r.tell(yield, &FormatError{Code: "netstat-line-length", Line: line, Text: fmt.Sprintf("a line of more than %d characters was cut", maxLine)}) {
		return false
	}
	if ok, err := r.row.parse(raw, &r.kept); ok {
		if t.form.kind != noForm && !r.endObject(t, yield) {
			return false
		}
		t.form.kind = noForm
		if err != nil {
			err.Line = line
			t.open, t.lost = true, true
			return r.tell(yield, err)
		}
		return r.takeRow(t, &r.row, line, yield)
	}
	if t.form.kind != noForm {
		if taken, goOn := r.takeObject(t, raw, yield); taken || !goOn {
			return goOn
		}
	}
	if t.open {
		if _, command := asksForBound(string(raw)); command {
			t.open = false // a prompt right below the last row
			return r.takeText(t, raw, yield)
		}
		if r.rejoin(t, raw) {
			return true
		}
		if taken, goOn := r.takeOwner(t, raw, yield); taken {
			return goOn
		}
	}
	return r.takeText(t, raw, yield)
}

// takeText reads a line that is no row: what stands above, between and below tables.
func (r *Reader) takeText(t *table, raw []byte, yield func(Snapshot, error) bool) bool {
	text, line := string(raw), r.lines.Line()
	if t.takeStamp(text, line) {
		return r.flush(t, yield)
	}
	if why := failure(text); why != "" && !t.open {
		return r.takeFailure(t, why, yield)
	}
	if taken, goOn := r.beginForm(t, raw, yield); taken || !goOn {
		return goOn
	}
	if taken, goOn := r.takeUsage(t, text, yield); taken || !goOn {
		return goOn
	}
	if o, ok := selfEvident(raw); ok {
		if t.form.tool = ToolTCP; t.netsh || t.current != nil && t.current.Tool == ToolNetsh && !t.header {
			t.form.tool = ToolNetsh
		}
		o.line = line
		return r.addObject(t, &o, yield)
	}
	if t.open {
		return true
	}
	t.above[1], t.above[0] = t.above[0], text
	t.netsh = t.netsh || strings.Contains(text, "MIB-II TCP")
	if bound, command := asksForBound(text); command {
		t.bound = bound
		return r.flush(t, yield)
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "[") && len(strings.Fields(text)) >= 2 {
		t.header, t.millis = true, millisOf(text)
	}
	return true
}

// millisOf tells where a header has the "Time in State (ms)" of -i.
func millisOf(header string) millis {
	ms, pid := strings.Index(header, "(ms)"), strings.Index(header, "PID")
	switch {
	case ms < 0:
		return noMillis
	case pid < 0:
		return millisAlone
	case pid < ms:
		return millisBehindPID
	}
	return millisBeforePID
}

// millis is where a row has the time in its state.
type millis uint8

const (
	noMillis millis = iota
	millisAlone
	millisBehindPID
	millisBeforePID
)

// rejoin takes a line that is the rest of the row above: a console window broke it.
// Together they must be a row with what the first lacked.
func (r *Reader) rejoin(t *table, rest []byte) bool {
	s := t.current
	if s == nil || t.lost || len(s.Entries) == 0 || len(t.broken) == 0 {
		return false
	}
	first := t.broken
	t.broken = t.broken[:0]
	last := &s.Entries[len(s.Entries)-1]
	for _, glue := range []string{"", " "} {
		joined := slices.Concat(first, []byte(glue), rest)
		if ok, err := r.row.parse(joined, &r.kept); !ok || err != nil || r.row.PID < 0 {
			continue
		}
		state, text := r.state(r.row.word)
		if r.row.Proto == "tcp" && state == StateUnknown {
			continue
		}
		r.row.Line, r.row.State, r.row.StateText = last.Line, state, text
		*last = r.row.Entry
		s.HasPID, s.HasBound = true, s.HasBound || state == Bound
		return true
	}
	return false
}

func (r *Reader) takeRow(t *table, row *row, line int, yield func(Snapshot, error) bool) bool {
	if t.current == nil || t.header || t.current.Tool != ToolNetstat || t.repeats(&row.Entry) {
		if !r.start(t, line, ToolNetstat, yield) {
			return false
		}
	}
	t.open, t.broken = true, t.broken[:0]
	if row.PID < 0 {
		t.broken = append(t.broken, r.lines.Bytes()...)
	}
	if t.millis != noMillis {
		row.withMillis(t.millis)
	}
	return r.add(t, row, line, yield)
}

// start ends the present table and begins one.
func (r *Reader) start(t *table, line int, tool string, yield func(Snapshot, error) bool) bool {
	if !r.flush(t, yield) {
		return false
	}
	r.begin(t, line, tool)
	return true
}

// add puts a row into the present table.
func (r *Reader) add(t *table, row *row, line int, yield func(Snapshot, error) bool) bool {
	s := t.current
	row.Line = line
	if t.lost = len(s.Entries) >= maxRows; t.lost {
		s.Truncated = true
		if t.cutRows {
			return true
		}
		t.cutRows = true
		return r.tell(yield, &FormatError{Code: "netstat-rows", Line: line, Text: fmt.Sprintf("the table has more than %d rows: the rest was left out", maxRows)})
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
func (t *table) repeats(e *Entry) bool {
	s := t.current
	if !s.Filtered || len(s.Entries) == 0 {
		return false
	}
	first := &s.Entries[0]
	return first.Proto == e.Proto && first.Local == e.Local && first.Remote == e.Remote && first.PID == e.PID
}

func (r *Reader) begin(t *table, line int, tool string) {
	t.current = &Snapshot{Tool: tool, Line: line, Filtered: !t.header, HasBound: t.bound && tool == ToolNetstat, Entries: r.room[:0]}
	r.date(t, line)
	t.header, t.bound, t.cutRows, t.netsh = false, false, false, false
}

// date gives the new snapshot the stamp above it.
func (r *Reader) date(t *table, line int) {
	if t.stamped == "" {
		return
	}
	if line-t.stampAt <= stampReach {
		r.stamp(t)
	}
	t.stamped = ""
}

func (r *Reader) stamp(t *table) {
	s := t.current
	s.Stamp, s.StampLine = t.stamped, t.stampAt
	if t.stamp.order == noDate {
		if t.stamp.clock < r.clock {
			r.days++
		}
		r.clock = t.stamp.clock
		s.Dateless, s.Local = true, time.Date(1, 1, 1+r.days, 0, 0, 0, 0, time.UTC).Add(t.stamp.clock)
		return
	}
	r.learnOrder(t.stamp)
	order := t.stamp.order
	if order == unsure {
		order = r.order
	}
	s.Offset = t.stamp.offset
	if order == unsure && t.stamp.a != t.stamp.b {
		s.Ambiguous, s.Swapped = true, t.stamp.local(dayFirst)
	}
	s.Local = t.stamp.local(order)
}

// DayFirst tells, after Snapshots, whether days stand before months in the stamps
// of the file; known is false when nothing in it says so.
func (r *Reader) DayFirst() (first, known bool) {
	return r.order == dayFirst, r.order != unsure
}

// Learned are the state words that were not known and what they were found to
// mean, after Snapshots.
func (r *Reader) Learned() map[string]State { return r.learned }

func (r *Reader) takeFailure(t *table, why string, yield func(Snapshot, error) bool) bool {
	if !r.flush(t, yield) {
		return false
	}
	r.begin(t, r.lines.Line(), ToolNetstat)
	t.current.Failed, t.current.Filtered = why, false
	return r.flush(t, yield)
}

// takeOwner reads a line that -b writes below a row. It leaves a line that may be
// something else: one of several words, which also says in the machine's
// language that the owner is not known.
func (r *Reader) takeOwner(t *table, line []byte, yield func(Snapshot, error) bool) (taken, goOn bool) {
	trimmed := bytes.TrimLeft(line, " \t")
	bracketed := trimmed[0] == '[' && trimmed[len(trimmed)-1] == ']'
	path := bytes.Contains(trimmed, []byte(`:\`))
	if !bracketed && !path && !serviceName(trimmed) {
		return false, true
	}
	if len(trimmed) > 260 || t.lost || t.current == nil || len(t.current.Entries) == 0 { // MAX_PATH
		return true, true
	}
	last := &t.current.Entries[len(t.current.Entries)-1]
	switch {
	case bracketed:
		last.Owner, t.current.HasOwner = r.kept.name(trimmed[1:len(trimmed)-1]), true
	case len(last.Components) < maxComponents:
		last.Components = append(last.Components, r.kept.name(trimmed))
	case !r.crowded:
		r.crowded = true
		return true, r.tell(yield, &FormatError{Code: "netstat-components", Line: r.lines.Line(), Text: fmt.Sprintf("more than %d components below one row: the rest was left out", maxComponents)})
	}
	return true, true
}

// serviceName tells a word that can be the name of a service: one word of ASCII
// with a letter in it.
func serviceName(b []byte) bool {
	letter := false
	for _, c := range b {
		if c <= ' ' || c == ':' || c >= 0x80 {
			return false
		}
		letter = letter || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return letter
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

// cutInOwners marks a table that ends with components whose executable is missing.
func (s *Snapshot) cutInOwners() {
	if n := len(s.Entries); n > 0 && s.HasOwner && s.Entries[n-1].Owner == "" && len(s.Entries[n-1].Components) > 0 {
		s.Truncated = true
	}
}

// tell yields an error, up to the limit of a file.
func (r *Reader) tell(yield func(Snapshot, error) bool, err *FormatError) bool {
	r.errors++
	return r.errors > maxErrors || yield(Snapshot{}, err)
}
