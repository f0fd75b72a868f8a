package netstatparse

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"portverdict/netstatparse/paste"
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
	HasQ      bool           // the echoed command has -q
	HasBound  bool           // -q, seen by a BOUND row
	HasUDP    bool
	HasIPv6   bool
	HasOwner  bool   // -b, or a column with the process's name
	Truncated bool   // the table ends within a row
	Filtered  bool   // rows without a header, from findstr or a paste, or the echoed command filters
	Unread    int    // rows that could not be read, or whose ports are names
	Cuts      []Cut  // why rows may be missing, by line
	Failed    string // "elevation" or "usage": the command wrote no table
	Totals    []Total
	// Command is the echoed command line that made the table, as written and
	// without the prompt; "" when none stands above it. CommandLine is its line.
	Command     string
	CommandLine int
	OwnerOfAll  int    // the PID whose rows the command asks for, 0 none; rows without an owner column have it
	Host        string // the machine, when a prompt, a transcript or a heading names it; "" when none does
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
	in        *bufio.Reader
	lines     *paste.Reader
	order     dateOrder     // of the stamps, once one has proved it
	before    [2]time.Time  // the last stamp in both readings
	daysFirst bool          // so the language of a title or a header writes dates
	clock     time.Duration // the last time alone
	days      int
	learned   map[string]State
	kept      kept
	row       row
	last      State   // of an English word
	room      []Entry // for the rows of the next table
	errors    int
	titled    bool // a title of netstat was seen
	named     bool // told that ports are names
	crowded   bool // told of too many components
	edited    bool // told that an address cannot be read
}

// NewReader reads r, which is read once and forward.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: paste.Buffer(r), learned: map[string]State{}}
}

// Snapshots gives the tables in the order of the file, one table in memory. A
// damaged line is given as (Snapshot{}, *FormatError) in its place and nothing
// else is lost.
func (r *Reader) Snapshots() iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		stopped := false
		once := func(s Snapshot, err error) bool {
			stopped = stopped || !yield(s, err)
			return !stopped
		}
		if isJSON(r.in) {
			r.readJSON(once)
			return
		}
		r.readLines(once)
	}
}

func (r *Reader) readLines(yield func(Snapshot, error) bool) {
	var t table
	r.lines = paste.NewReader(r.in)
	for r.lines.Scan() {
		if !r.take(&t, yield) {
			return
		}
		if t.open {
			r.takeRun(&t)
		}
	}
	r.endLines(&t, yield)
}

// endLines tells of the table that the file ends in.
func (r *Reader) endLines(t *table, yield func(Snapshot, error) bool) {
	if t.current != nil && !r.lines.Terminated() && (t.open || len(r.lines.Bytes()) == 0) {
		t.current.cutShort(r.lines.Line())
	}
	if len(t.half) > 0 && t.current != nil {
		t.current.cut(t.halfAt, CutShort, string(t.half))
	}
	if t.current != nil && t.open {
		t.current.cutInOwners()
	}
	if r.endObject(t, yield) && r.flush(t, yield) {
		r.end(r.lines.Line(), r.lines.Err(), yield)
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
		if now := r.lines.Now(); now.Break && !now.Rule {
			t.fenced(line)
			if t.current != nil && !r.lines.Terminated() { // of a mail, a part of which ends here
				t.current.cutShort(line)
			}
		}
		if t.form.kind == noForm {
			return true
		}
		goOn := r.endObject(t, yield)
		if t.form.kind == tableForm && !r.lines.Now().Break {
			t.form.kind = noForm
		}
		return goOn
	}
	if r.lines.Cut() && !r.tell(yield, &FormatError{Code: "netstat-line-length", Line: line, Text: fmt.Sprintf("a line of more than %d characters was cut", paste.MaxLine)}) {
		return false
	}
	if r.row.parsePlain(raw) {
		if len(t.half) == 0 && t.form.kind == noForm {
			return r.takeRow(t, &r.row, raw, line, yield)
		}
		return r.takeParsed(t, raw, nil, yield)
	}
	if t.form.kind == csvForm && r.lines.Now().Cells != nil { // its header tells more than the row
		if taken, goOn := r.takeObject(t, raw, yield); taken || !goOn {
			return goOn
		}
	}
	if ok, err := r.row.parseAny(raw, &r.kept); ok {
		return r.takeParsed(t, raw, err, yield)
	}
	if t.open && (executable(raw) || len(t.broken) == 0 && service(raw)) {
		_, goOn := r.takeOwner(t, raw, yield)
		return goOn
	}
	if known(raw) && len(t.half) == 0 {
		r.titled = r.titled || titles[string(bytes.TrimSpace(raw))]
		r.daysFirst = r.daysFirst || daysFirst(raw)
		t.takeHead(string(raw), line)
		return true
	}
	if taken, goOn := r.joinHalf(t, raw, yield); taken || !goOn {
		return goOn
	}
	if t.form.kind != noForm {
		if taken, goOn := r.takeObject(t, raw, yield); taken || !goOn {
			return goOn
		}
	}
	if (t.current != nil || t.strong) && paste.Elision(raw) {
		t.elide(line, string(raw))
		return true
	}
	if row, ok := r.parsed(raw); ok {
		return r.takeParsed(t, row, nil, yield)
	}
	return r.takeOther(t, raw, yield)
}

// takeOther reads a line that is no row: a part of one, a prompt, an owner, a text.
func (r *Reader) takeOther(t *table, raw []byte, yield func(Snapshot, error) bool) bool {
	line := r.lines.Line()
	if half(raw) && (t.current != nil || t.header) {
		t.half, t.halfAt = append(t.half[:0], raw...), line
		return true
	}
	if t.open && r.rejoin(t, raw) {
		return true
	}
	text := string(raw)
	if e, ok := paste.EchoOf(text); ok {
		return r.takeEcho(t, e, line, yield)
	}
	if t.goesOn && t.goOn(text, r.lines.Now().Quote) {
		return true
	}
	if t.open {
		if taken, goOn := r.takeOwner(t, raw, yield); taken {
			return goOn
		}
	}
	return r.takeText(t, text, yield)
}

// parsed reads a row that a script wrote with other marks between its words.
func (r *Reader) parsed(raw []byte) (row []byte, ok bool) {
	if row = parted(raw); row == nil {
		return nil, false
	}
	ok, err := r.row.parse(row, &r.kept)
	return row, ok && err == nil
}

// takeParsed takes a row of netstat, or tells why it cannot be used.
func (r *Reader) takeParsed(t *table, raw []byte, err *FormatError, yield func(Snapshot, error) bool) bool {
	line := r.lines.Line()
	if len(t.half) > 0 {
		t.notARow(t.halfAt, string(t.half))
		t.half = t.half[:0]
	}
	if t.form.kind != noForm && !r.endObject(t, yield) {
		return false
	}
	t.form.kind = noForm
	if err != nil {
		err.Line = line
		t.open, t.lost = true, true
		t.unreadRow()
		return r.tell(yield, err)
	}
	return r.takeRow(t, &r.row, raw, line, yield)
}

// takeText reads a line that is no row: what stands above, between and below tables.
func (r *Reader) takeText(t *table, text string, yield func(Snapshot, error) bool) bool {
	line := r.lines.Line()
	whole := text
	if at := r.lines.Now().Time; at != nil && len(text) < 20 {
		whole = string(at) + " " + text
	}
	if stamp, host := stampedHost(whole); host != "" {
		if !r.takeHost(t, host, yield) {
			return false
		}
		text = stamp
	}
	if t.takeStamp(text, line) {
		return r.flush(t, yield)
	}
	if why := failure(text); why != "" && !t.open {
		return r.takeFailure(t, why, yield)
	}
	if t.asksHost {
		t.asksHost = false
		if name := strings.TrimSpace(text); paste.IsHost(name) {
			return r.takeHost(t, name, yield)
		}
	}
	if host := paste.HostOf(text); host != "" {
		return r.takeHost(t, host, yield)
	}
	if taken, goOn := r.beginForm(t, text, yield); taken || !goOn {
		return goOn
	}
	if taken, goOn := r.takeUsage(t, text, yield); taken || !goOn {
		return goOn
	}
	if o, ok := selfEvident(text); ok {
		if t.form.tool = ToolTCP; t.netsh || t.current != nil && t.current.Tool == ToolNetsh && !t.header {
			t.form.tool = ToolNetsh
		}
		o.line = line
		return r.addObject(t, &o, yield)
	}
	if t.open {
		if t.odd.line == 0 {
			t.odd = oddLine{line, true, text}
		}
		return true
	}
	t.see(text)
	t.prose[t.told%len(t.prose)] = oddLine{line: line, text: text}
	t.told++
	t.netsh = t.netsh || strings.Contains(text, "MIB-II TCP")
	if mentionsNetstat(text) {
		return r.flush(t, yield)
	}
	switch {
	case !strings.HasPrefix(strings.TrimSpace(text), "[") && len(strings.Fields(text)) >= 2:
		t.head(line, text, isHeader(text))
		t.millis = millisOf(text)
	case t.current != nil && t.odd.line == 0:
		t.odd = oddLine{line, false, text}
	}
	return true
}

// takeHost takes the name of the machine of what follows.
func (r *Reader) takeHost(t *table, host string, yield func(Snapshot, error) bool) bool {
	if sameHost(host, t.host) {
		return true
	}
	goOn := r.flush(t, yield)
	t.host = host
	return goOn
}

func (r *Reader) takeRow(t *table, row *row, raw []byte, line int, yield func(Snapshot, error) bool) bool {
	if at := r.lines.Now().Time; at != nil && !bytes.Equal(at, t.shipped) && !r.takeShipped(t, at, line, yield) {
		return false
	}
	if t.current == nil || t.header || t.current.Tool != ToolNetstat || t.repeats(&row.Entry) {
		if !r.start(t, line, ToolNetstat, yield) {
			return false
		}
	}
	t.open, t.broken = true, t.broken[:0]
	if row.PID < 0 {
		t.broken = append(t.broken, raw...)
	}
	if len(row.word) == 0 && row.Proto == "tcp" && t.stateless == 0 {
		t.stateless = line
	}
	if t.millis != noMillis {
		row.withMillis(t.millis)
	}
	return r.add(t, row, line, yield)
}

// shippedGap is how far apart the times before two rows of one table may be.
const shippedGap = 15 * time.Second

// takeShipped takes the time that a script or a log shipper wrote before a row: it
// is the stamp of a table that has none, and a later one ends a table without a
// header.
func (r *Reader) takeShipped(t *table, at []byte, line int, yield func(Snapshot, error) bool) bool {
	now, ok := parseStamp(string(at))
	before, known := parseStamp(string(t.shipped))
	t.shipped = append(t.shipped[:0], at...)
	if !ok {
		return true
	}
	if t.current != nil && t.current.Filtered && !t.header && known {
		if gap := now.local(now.order).Sub(before.local(before.order)); gap > shippedGap || gap < 0 {
			if !r.flush(t, yield) {
				return false
			}
		}
	}
	if (t.current == nil || t.header) && (t.stamped == "" || line-t.stampAt > r.stampReach()) {
		t.takeStamp(string(at), line)
	}
	return true
}

// start ends the present table and begins one.
func (r *Reader) start(t *table, line int, tool string, yield func(Snapshot, error) bool) bool {
	if t.current != nil && t.header && !t.strong {
		t.current.cut(t.headLine, CutProse, t.headText) // prose, and the rows go on
	}
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
	if t.odd.line != 0 {
		t.settleOdd()
	}
	if t.lost = len(s.Entries) >= maxRows; t.lost {
		if t.cutRows {
			return true
		}
		s.cut(line, CutShort, fmt.Sprintf("more than %d rows", maxRows))
		t.cutRows = true
		return r.tell(yield, &FormatError{Code: "netstat-rows", Line: line, Text: fmt.Sprintf("the table has more than %d rows: the rest was left out", maxRows)})
	}
	row.State, row.StateText = r.state(row.word)
	s.Entries = append(s.Entries, row.Entry)
	s.HasPID = s.HasPID || row.PID >= 0
	s.HasBound = s.HasBound || row.State == Bound
	s.HasUDP = s.HasUDP || row.Proto == "udp"
	s.HasOwner = s.HasOwner || row.Owner != ""
	s.HasIPv6 = s.HasIPv6 || row.Local.Addr().Is6()
	if row.named {
		s.Unread++
	}
	if row.named && !r.named || row.edited && !r.edited {
		return r.hindered(row, yield)
	}
	return true
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

func (r *Reader) begin(t *table, line int, tool string) {
	s := &Snapshot{Tool: tool, Line: line, Host: t.host, Entries: r.room[:0], Unread: t.unread}
	t.current = s
	r.date(t, line)
	if c := &t.command; c.tables {
		s.Command, s.CommandLine, s.HasQ, s.OwnerOfAll = c.text, c.line, c.q && tool == ToolNetstat, c.pid
		for _, f := range c.filters {
			s.cut(c.line, CutFilter, f)
		}
		if !c.again {
			t.command = command{}
		}
	}
	switch {
	case !t.header:
		s.cut(line, CutHeadless, "the rows begin without a header")
	case !t.strong:
		s.cut(t.headLine, CutProse, t.headText)
	}
	if t.elided.Line > 0 && line-t.elided.Line <= headReach {
		s.cut(t.elided.Line, t.elided.Kind, t.elided.Text)
	}
	t.excerpted(line)
	t.weak = !t.strong
	t.header, t.strong, t.cutRows, t.netsh, t.unread = false, false, false, false, 0
	t.odd, t.elided = oddLine{}, Cut{}
}

// date gives the new snapshot the stamp above it, or above its header.
func (r *Reader) date(t *table, line int) {
	if t.stamped == "" {
		return
	}
	if t.header && t.headLine > t.stampAt {
		line = t.headLine
	}
	if line-t.stampAt <= r.stampReach() {
		r.stamp(t)
	}
	t.stamped = ""
}

func (r *Reader) stampReach() int {
	if r.lines.Spaced() {
		return 2 * stampReach
	}
	return stampReach
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
		order = r.dateOrder()
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
	order := r.dateOrder()
	return order == dayFirst, order != unsure
}

// dateOrder is the order that the stamps prove, else that of the headings' language.
func (r *Reader) dateOrder() dateOrder {
	if r.order == unsure && r.daysFirst {
		return dayFirst
	}
	return r.order
}

// Learned are the state words that were not known and what they were found to
// mean, after Snapshots.
func (r *Reader) Learned() map[string]State { return r.learned }

func (r *Reader) takeFailure(t *table, why string, yield func(Snapshot, error) bool) bool {
	if !r.flush(t, yield) {
		return false
	}
	t.head(r.lines.Line(), "", true) // a message is no rows without a header
	r.begin(t, r.lines.Line(), ToolNetstat)
	t.current.Failed = why
	return r.flush(t, yield)
}

// flush gives the finished snapshot.
func (r *Reader) flush(t *table, yield func(Snapshot, error) bool) bool {
	s := t.current
	if s != nil {
		t.endOdd()
	}
	t.current, t.open, t.odd = nil, false, oddLine{}
	if s == nil {
		return true
	}
	t.finish(s)
	if t.machines == nil {
		r.learn(s)
		r.room = s.Entries
		return yield(*s, nil)
	}
	all := t.machines
	t.machines, r.room = nil, nil
	for _, s := range all {
		r.learn(s)
		if !yield(*s, nil) {
			return false
		}
	}
	return true
}

// tell yields an error, up to the limit of a file.
func (r *Reader) tell(yield func(Snapshot, error) bool, err *FormatError) bool {
	r.errors++
	return r.errors > maxErrors || yield(Snapshot{}, err)
}
