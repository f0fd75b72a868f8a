package saved

import (
	"bytes"
	"cmp"
	"slices"
)

// An xmlSplit cuts events out of a text: <Event> of the event schema, and <Obj> of
// Export-Clixml. It looks at one piece after the other and keeps only what is
// unfinished, so an export in one line of 100 MB costs the memory of one event.
type xmlSplit struct {
	open      bool
	acc       []byte
	marks     []mark // of the pieces in acc
	start     int    // of the element in acc, -1 when none is open
	at        int    // acc was looked through up to here
	noEnd     int    // there is no "</Event>" before this place
	object    bool   // the element is an <Obj>
	confirmed bool
	depth     int // of <Obj> in <Obj>
	quoted    bool
	scratch   []byte
}

// startXML begins if an element that may be an event begins in the piece.
func (r *Reader) startXML() bool {
	x := &r.xml
	if i, _ := findStart(r.line.text); i < 0 {
		return false
	}
	*x = xmlSplit{open: true, acc: x.acc[:0], marks: x.marks[:0], start: -1, quoted: r.quoted, scratch: x.scratch}
	r.feedXML()
	return true
}

// findStart finds the beginning of an element; one that is cut by the end of b counts.
func findStart(b []byte) (at int, object bool) {
	for i := 0; ; i++ {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return -1, false
		}
		i += j
		for _, name := range [...]string{"<Event", "<Obj"} {
			rest := b[i:]
			if len(rest) <= len(name) {
				if bytes.HasPrefix([]byte(name), rest) {
					return i, name == "<Obj"
				}
			} else if string(rest[:len(name)]) == name && blankOr(rest[len(name)], '>') {
				return i, name == "<Obj"
			}
		}
	}
}

func blankOr(c, other byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == other
}

// feedXML takes the next piece.
func (r *Reader) feedXML() {
	x := &r.xml
	text := r.line.text
	if x.quoted {
		text = r.text
	}
	if r.line.first && len(x.acc) > 0 {
		x.acc = append(x.acc, '\n')
	}
	x.marks = append(x.marks, mark{len(x.acc), r.line.number, r.line.offset, r.line.first, r.line.exact && !x.quoted})
	x.acc = append(x.acc, text...)
	r.scanXML()
	if x.open && x.start < 0 && r.line.last {
		x.open = false
	}
	x.compact()
}

// compact drops what was looked through, when that is the larger part: moving the rest
// then costs no more than reading it did.
func (x *xmlSplit) compact() {
	done := x.start
	if done < 0 {
		done = x.at
	}
	if 2*done < len(x.acc) || done <= 0 || !x.open {
		return
	}
	x.acc = x.acc[:copy(x.acc, x.acc[done:])]
	x.at -= done
	x.noEnd = max(0, x.noEnd-done)
	x.start = min(x.start, 0)
	x.marks = x.marks[:copy(x.marks, x.marks[x.markOf(done):])]
	for i := range x.marks {
		x.marks[i].at -= done // negative in the first: its piece began earlier
	}
}

// markOf is the index of the last mark that is not behind a place of acc.
func (x *xmlSplit) markOf(at int) int {
	i, found := slices.BinarySearchFunc(x.marks, at, func(m mark, at int) int { return cmp.Compare(m.at, at) })
	if !found {
		i--
	}
	return max(i, 0)
}

// place is where the character of acc stands in the file.
func (x *xmlSplit) place(at int) (number int, offset int64) {
	m := x.marks[x.markOf(at)]
	if m.exact {
		return m.number, m.offset + int64(at-m.at)
	}
	return m.number, m.offset
}

// scanXML takes what is whole in acc.
func (r *Reader) scanXML() {
	x := &r.xml
	for !r.stopped && x.open {
		if x.start < 0 {
			i, object := findStart(x.acc[x.at:])
			if i < 0 {
				x.at = len(x.acc)
				return
			}
			x.start, x.object, x.confirmed, x.depth = x.at+i, object, false, 0
			x.at = x.start
		}
		if !x.confirmed {
			switch confirm(x.acc[x.start:], x.object) {
			case maybe:
				return
			case no:
				r.notXML()
				continue
			}
			x.confirmed = true
			r.stats.Headings = r.stats.Headings || !x.object
		}
		if end := x.end(); end > 0 {
			r.takeXML(end)
		} else if x.start >= 0 && len(x.acc)-x.start > maxEvent {
			r.cutXML("is longer than an event can be")
		} else if x.start >= 0 {
			return
		}
	}
}

type answer uint8

const (
	maybe answer = iota
	yes
	no
)

// confirm tells whether an event begins at b: <Event ...> with <System> in it. The
// dash is of browsers, whose copies show where an element can be folded.
func confirm(b []byte, object bool) answer {
	if object {
		return begins(b, `<Obj RefId="`)
	}
	i := bytes.IndexAny(b[1:min(len(b), maxStart)], "<>") + 1
	switch {
	case i == 0 && len(b) < maxStart:
		return maybe
	case i == 0 || b[i] == '<' || b[i-1] == '/':
		return no
	}
	inside := bytes.TrimLeft(b[i+1:], " \t\r\n-")
	a := begins(inside, "<System")
	if a != yes {
		return a
	}
	switch rest := inside[len("<System"):]; {
	case len(rest) == 0:
		return maybe
	case blankOr(rest[0], '>'):
		return yes
	}
	return no
}

func begins(b []byte, want string) answer {
	switch {
	case len(b) >= len(want) && string(b[:len(want)]) == want:
		return yes
	case len(b) < len(want) && bytes.HasPrefix([]byte(want), b):
		return maybe
	}
	return no
}

// notXML goes on behind a beginning that was none; the lines below it are read as
// what else they may be.
func (r *Reader) notXML() {
	x := &r.xml
	begin := x.start
	x.start, x.at = -1, begin+1
	if i, _ := findStart(x.acc[x.at:]); i >= 0 {
		return
	}
	r.readRest(begin)
	x.open = false
}

// readRest reads the lines that begin behind a place of acc again.
func (r *Reader) readRest(begin int) {
	x := &r.xml
	for i := x.markOf(begin); i < len(x.marks); i++ {
		if x.marks[i].first && x.marks[i].at > begin {
			r.readAgain(x.acc, x.marks[i:])
			return
		}
	}
}

// end finds the end of the open element; 0 if it is not in acc.
func (x *xmlSplit) end() int {
	if !x.object {
		const tag = "</Event>"
		from := max(x.start, x.noEnd-len(tag))
		if i := bytes.Index(x.acc[from:], []byte(tag)); i >= 0 {
			return from + i + len(tag)
		}
		x.noEnd, x.at = len(x.acc), len(x.acc)
		return 0
	}
	for x.at < len(x.acc) {
		i := bytes.IndexByte(x.acc[x.at:], '<')
		if i < 0 {
			x.at = len(x.acc)
			return 0
		}
		x.at += i
		close := bytes.IndexByte(x.acc[x.at:], '>')
		if close < 0 {
			return 0
		}
		tag := x.acc[x.at : x.at+close+1]
		x.at += len(tag)
		switch {
		case bytes.HasPrefix(tag, []byte("<Obj ")) && tag[len(tag)-2] != '/':
			x.depth++
		case string(tag) == "</Obj>":
			if x.depth--; x.depth <= 0 {
				return x.at
			}
		case x.depth == 1 && (string(tag) == "<LST>" || string(tag) == "<IE>" || string(tag) == "<STK>" || string(tag) == "<QUE>"):
			x.start = -1 // a list: the events are in it
			return 0
		}
	}
	return 0
}

// takeXML gives the event that ends at end.
func (r *Reader) takeXML(end int) {
	x := &r.xml
	body := x.acc[x.start:end]
	e := event{}
	e.line, e.offset = x.place(x.start)
	if x.object {
		x.scratch = e.fromCLIXML(body, x.scratch)
		x.start, x.at = -1, end
		if e.likely() {
			r.stats.Headings = true
			r.flush()
			r.give(&e)
		}
		return
	}
	if again := secondEvent(body); again > 0 {
		r.undecodedXML(e.line, "breaks off")
		x.start += again
		return
	}
	e.form = FormXML
	var whole bool
	whole, x.scratch = e.fromXML(body, x.scratch)
	x.start, x.at = -1, end
	if !whole || !e.known() {
		r.undecodedXML(e.line, "names no provider or no id")
		return
	}
	r.mergeBlock(&e)
	r.give(&e)
}

// secondEvent finds the last event that begins inside another, which then was cut.
func secondEvent(body []byte) (last int) {
	for at := 1; ; at++ {
		i := bytes.Index(body[at:], []byte("<Event"))
		if i < 0 {
			return last
		}
		at += i
		if blankOr(body[at+len("<Event")], '>') && confirm(body[at:], false) == yes {
			last = at
		}
	}
}

// mergeBlock takes the message and the place of the copy whose "Event Xml:" e is.
func (r *Reader) mergeBlock(e *event) {
	b := &r.block
	if b.open && b.xml && b.e.text[fieldID] == e.text[fieldID] {
		b.open = false
		e.set(fieldMessage, string(b.message))
		e.form, e.line, e.offset = FormViewer, b.e.line, b.e.offset
		return
	}
	r.flush()
}

func (r *Reader) undecodedXML(line int, what string) {
	r.flush()
	r.undecoded(CodeXML, line, "an <Event> that "+what)
}

// cutXML gives up an element that has no end, and goes on with the next in it or with
// the lines below it.
func (r *Reader) cutXML(what string) {
	x := &r.xml
	begin := x.start
	number, _ := x.place(begin)
	if !x.object {
		r.undecodedXML(number, what)
	} else if bytes.Contains(x.acc[begin:], []byte("EventLogRecord")) || bytes.Contains(x.acc[begin:], []byte("EventLogEntry")) {
		r.flush()
		r.undecoded(CodeXML, number, "an <Obj> of an event that "+what)
	}
	x.start, x.at = -1, begin+1
	if x.object {
		x.at = len(x.acc) // what is in it is of no use without it
	} else if i, _ := findStart(x.acc[x.at:]); i < 0 {
		r.readRest(begin)
		x.open = false
	}
}

// endXML ends at the end of the file.
func (r *Reader) endXML() {
	x := &r.xml
	for x.open && !r.stopped {
		if x.start < 0 {
			i, object := findStart(x.acc[x.at:])
			if i < 0 {
				x.open = false
				return
			}
			x.start, x.object = x.at+i, object
			x.at, x.confirmed, x.depth = x.start, false, 0
		}
		if x.confirmed = x.confirmed || confirm(x.acc[x.start:], x.object) == yes; !x.confirmed {
			r.notXML()
			continue
		}
		if end := x.end(); end > 0 {
			r.takeXML(end)
		} else if x.start >= 0 {
			r.cutXML("breaks off")
		}
	}
}
