package saved

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"portverdict/netstatparse/paste"
)

// Reader reads the event records of one text. It is not safe for concurrent use.
type Reader struct {
	in      *lines
	line    line   // the piece that is being read
	text    []byte // of it, without quote marks and without blanks at the right
	quoted  bool   // text had quote marks
	again   []line // pieces to read a second time, before those of in
	replay  int    // bytes read a second time so far
	stats   Stats
	orders  orders
	names   kept
	above   []byte // the line above, if it may be a time
	asked   string // the provider that the command above asked for
	errors  int
	yield   func(Record, error) bool
	stopped bool

	block   block
	recent  recent
	details details
	psLog   psLog
	table   table
	csv     csvTable
	json    jsonSplit
	xml     xmlSplit
}

// NewReader reads the text of r, which need not hold any event.
func NewReader(r io.Reader) *Reader { return &Reader{in: newLines(r), names: kept{}} }

// NewUnwrapped reads the text of r without what a ticket, a mail or a log shipper has
// wrapped around its lines: times, HTML, JSON around the output of a command (package
// paste). Records in JSON or XML of their own are for NewReader, which is to be tried first.
// Lines are those of the file; offsets are not known and zero.
func NewUnwrapped(r io.Reader) *Reader {
	return &Reader{in: &lines{plain: paste.NewReader(r)}, names: kept{}}
}

// Records gives the records as they stand in the file, and damage in its place as
// (Record{}, *FormatError); the walk goes on. Its memory does not depend on the
// length of the file, and no Record points into it. It can be walked once.
func (r *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r.yield = yield
		for !r.stopped {
			if r.next() {
				r.step()
			} else if !r.finish() {
				break
			}
		}
		if r.in.err != nil && !r.stopped {
			r.stopped = !yield(Record{}, &FormatError{CodeRead, max(r.in.number, 1), fmt.Sprintf("the file could not be read further: %v", r.in.err)})
		}
		if more := r.errors - maxErrors; more > 0 && !r.stopped {
			yield(Record{}, &FormatError{CodeMore, max(r.in.number, 1), fmt.Sprintf("%d more like these", more)})
		}
	}
}

// Stats tells of the walk of Records so far.
func (r *Reader) Stats() Stats { return r.stats }

// DayFirst tells, after Records, whether days stand before months in the dates of the
// file, and whether anything in it says so: records that were given Ambiguous are
// settled by it.
func (r *Reader) DayFirst() (first, known bool) {
	return r.orders.known == dayFirst, r.orders.known != unsure
}

func (r *Reader) next() bool {
	if len(r.again) > 0 {
		r.line, r.again = r.again[0], r.again[1:]
	} else if r.in.next() {
		r.line = r.in.now
	} else {
		return false
	}
	r.text, r.quoted = unquote(r.line.text)
	n := len(r.text)
	for n > 0 && (r.text[n-1] == ' ' || r.text[n-1] == '\t' || r.text[n-1] == '\r') {
		n--
	}
	r.text = r.text[:n]
	return true
}

// unquote cuts the marks that a mail program puts before the lines of an answer.
func unquote(text []byte) (rest []byte, quoted bool) {
	if bytes.IndexByte(text, '>') < 0 {
		return text, false
	}
	rest = text
	for {
		t := bytes.TrimLeft(rest, " \t")
		if len(t) == 0 || t[0] != '>' {
			return rest, quoted
		}
		rest, quoted = t[1:], true
		if len(rest) > 0 && rest[0] == ' ' {
			rest = rest[1:]
		}
	}
}

// step reads one piece.
func (r *Reader) step() {
	switch {
	case r.xml.open:
		r.feedXML()
	case r.json.open && r.feedJSON():
	case r.csv.joining && r.line.first:
		r.joinRow()
	case bytes.IndexByte(r.line.text, '<') >= 0 && r.startXML():
	case !r.line.first: // only XML and JSON are written into lines that long
	case len(r.text) == 0:
		r.blank()
	default:
		r.plainLine()
	}
}

// plainLine reads a line that has something in it and stands alone.
func (r *Reader) plainLine() {
	if r.idle() && netstatRow(r.text) {
		r.recent.n, r.table.head, r.above = 0, r.table.head[:0], r.above[:0]
		return
	}
	r.noteCommand()
	taken := r.takePsLog() || r.takeTableRow() || r.takeCSVRow() || r.startJSON() || r.takeTableHead() || r.takeCSVHead() || r.takeDetails() || r.takeAssignment() || r.takeBlockLine() || r.takeCollected()
	if !taken {
		r.loneRow()
	}
	r.table.keepHead(r.text)
	r.above = r.above[:0]
	if len(r.text) <= maxStamp {
		r.above = append(r.above, r.text...)
	}
}

// idle tells that nothing has begun that a line could go on with.
func (r *Reader) idle() bool {
	return !r.block.open && !r.table.open && !r.table.pending && !r.csv.open && !r.details.open
}

// netstatRow tells a row of netstat, of which nearly all lines of some texts are: it has
// nothing of an event.
func netstatRow(text []byte) bool {
	i := 0
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return i+4 < len(text) && text[i+3] == ' ' && (string(text[i:i+3]) == "TCP" || string(text[i:i+3]) == "UDP") && bytes.IndexByte(text, ',') < 0 && bytes.IndexByte(text, '=') < 0
}

func (r *Reader) blank() {
	r.flushRow()
	r.blockBlank()
	if len(r.details.e.data) > 0 {
		r.flushDetails()
	}
	r.table.head = r.table.head[:0]
}

// finish ends what is open at the end of the file. It is true when that gave lines
// to read again.
func (r *Reader) finish() bool {
	switch {
	case r.xml.open:
		r.endXML()
	case r.json.open:
		r.dropJSON("the file ends inside the JSON of an event")
	case r.csv.joining:
		r.dropRow()
	}
	if len(r.again) > 0 {
		return true
	}
	r.flush()
	return false
}

// flush gives the records that waited for lines to follow.
func (r *Reader) flush() {
	r.flushRow()
	r.flushBlock()
	r.flushDetails()
}

// give gives one record, or says why it cannot.
func (r *Reader) give(e *event) {
	if r.stopped {
		return
	}
	if e.set(fieldSource, r.asked); !e.known() {
		code, text := CodeRow, "an event without an id"
		if e.text[fieldSource] == "" {
			code, text = CodeProvider, fmt.Sprintf("event %s is listed without its provider, so its id cannot be understood", e.text[fieldID]+e.text[fieldInstance])
		}
		r.undecoded(code, e.line, text)
		return
	}
	rec, badTime, ok := e.record(&r.orders, r.names)
	if !ok {
		r.undecoded(CodeRow, e.line, fmt.Sprintf("%q is not an event id", shorten(e.text[fieldID]+e.text[fieldInstance], 40)))
		return
	}
	r.stats.Records++
	if r.stopped = !r.yield(rec, nil); !r.stopped && badTime {
		r.tell(CodeTime, e.line, fmt.Sprintf("%q cannot be read as a time; the record is given without one", shorten(e.text[fieldDate]+" "+e.text[fieldTime], 60)))
	}
}

func (r *Reader) undecoded(code string, line int, text string) {
	r.stats.Undecoded++
	r.tell(code, line, text)
}

// tell tells of damage, up to maxErrors times a file.
func (r *Reader) tell(code string, line int, text string) {
	r.errors++
	if r.errors <= maxErrors && !r.stopped {
		r.stopped = !r.yield(Record{}, &FormatError{code, line, text})
	}
}

// readAgain queues lines that were taken for part of something that had no end, as
// long as the file's budget for that lasts.
func (r *Reader) readAgain(text []byte, marks []mark) {
	if len(marks) == 0 {
		return
	}
	from := marks[0].at
	if r.replay += len(text) - from; r.replay > maxReplay {
		return
	}
	text = bytes.Clone(text[from:])
	queue := make([]line, 0, len(marks)+len(r.again))
	for i, m := range marks {
		if !m.first {
			continue
		}
		end := len(text)
		for _, n := range marks[i+1:] {
			if n.first {
				end = n.at - from - 1 // the line feed
				break
			}
		}
		queue = append(queue, line{text: text[m.at-from : end], number: m.number, offset: m.offset, first: true, last: true, exact: m.exact})
	}
	r.again = append(queue, r.again...)
}

// A mark is where a piece of the file begins in a text that was put together.
type mark struct {
	at     int
	number int
	offset int64
	first  bool
	exact  bool
}
