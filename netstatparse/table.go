package netstatparse

import "strings"

// table is the snapshot being read and what stands above the next one.
type table struct {
	current  *Snapshot
	open     bool // owner lines of the last row may follow
	header   bool // a title or a header was seen since the last row
	strong   bool // it can be nothing else
	weak     bool // what stood above the present table was no such header
	headLine int
	headText string
	stamp    stamp
	stamped  string
	date     string // the last line that was a date alone
	dateAt   int
	stampAt  int
	shipped  []byte // the time that a log shipper wrote before the row above
	command  command
	asked    command // the one that made the present table of objects
	// groupOwner is the PID in the heading of a group of rows, "" without one.
	groupOwner string
	goesOn     bool // the command goes on in the next line
	host       string
	machines   []*Snapshot // of several machines, whose objects stand between each other; the present is one of them
	asksHost   bool        // the command asks for the name of the machine
	lost       bool        // the row above was left out: its owner lines go with it
	cutRows    bool
	form       form // of the objects being read
	millis     millis
	broken     []byte // the row above when it has no PID, which the next line may have
	half       []byte // the line above when it begins a row
	halfAt     int
	joined     []byte // room for the two
	odd        oddLine
	messages   []message
	elided     Cut                // seen below the header of the next table
	prose      [headReach]oddLine // the last lines of text, told of them
	told       int
	unread     int       // rows of the next table that could not be read
	stateless  int       // the line of the first row without a state
	netsh      bool      // the title of netsh's table was seen
	above      [2]string // the last lines that were nothing else, the nearest first
}

// head takes note of a header, or of what may be one.
func (t *table) head(line int, text string, strong bool) {
	t.header, t.strong = true, t.strong || strong
	t.headLine, t.headText = line, text
}

// unreadRow counts a row that could not be read, of the present table or, below a
// header, of the next.
func (t *table) unreadRow() {
	if t.current != nil && !t.header {
		t.current.Unread++
		return
	}
	t.unread++
}

func (t *table) see(text string) { t.above[1], t.above[0] = t.above[0], text }

// takeHead takes a title or a header that is known.
func (t *table) takeHead(text string, line int) {
	t.open = false
	t.see(text)
	t.head(line, text, true)
	t.millis = millisOf(text)
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

// repeats tells that a table without headers begins anew: its first row again.
func (t *table) repeats(e *Entry) bool {
	s := t.current
	if !s.Filtered && !t.weak || len(s.Entries) == 0 {
		return false
	}
	first := &s.Entries[0]
	return first.Proto == e.Proto && first.Local == e.Local && first.Remote == e.Remote && first.PID == e.PID
}
