package textgen

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A shape is one file to be composed.
type shape struct {
	name    string
	kind    string
	page    string // see encode; "" is UTF-8
	why     string
	compose func(d *doc)
}

func (s shape) file() File {
	d := &doc{page: s.page, eol: "\r\n", truth: Truth{Why: s.why, Kind: s.kind}}
	s.compose(d)
	if d.err != nil { // the test refuses a file without a name
		return File{Truth: Truth{Why: s.name + ": " + d.err.Error()}}
	}
	return File{Name: s.name, Data: d.buf.Bytes(), Truth: d.truth}
}

// A doc is a text being composed. It encodes as it goes, since one file may
// change its encoding between two lines.
type doc struct {
	buf    bytes.Buffer
	page   string
	eol    string
	truth  Truth
	local  string   // of the stamp above the next table
	either []string // the readings of that stamp when nothing decides
	q      bool     // the command line above the next table has -q
	err    error
}

// put writes s as it is, in the current encoding.
func (d *doc) put(s string) {
	b, err := encode(d.page, s)
	if err != nil && d.err == nil {
		d.err = err
	}
	d.buf.Write(b)
}

// bytes writes s as it is, in no encoding.
func (d *doc) bytes(s string) { d.buf.WriteString(s) }

// text writes the lines of s. A line break before the first of them belongs to
// the Go source and is not written, unless it is all there is.
func (d *doc) text(s string) {
	if s != "\n" {
		s = strings.TrimPrefix(s, "\n")
	}
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	d.put(strings.ReplaceAll(s, "\n", d.eol))
}

// command writes what a prompt or a collector prints above the output.
func (d *doc) command(line string) {
	_, options, _ := strings.Cut(line, "netstat -")
	options, _, _ = strings.Cut(options, " ")
	d.q = strings.Contains(options, "q")
	d.text(line)
}

// stamp writes the time line above the next table; local is what it means.
func (d *doc) stamp(line, local string) {
	d.local = local
	d.text(line)
}

// last is the table written last.
func (d *doc) last() *Snapshot { return &d.truth.Snapshots[len(d.truth.Snapshots)-1] }

// snapshot notes a table whose text the caller writes.
func (d *doc) snapshot(rows []Row) {
	bound := slices.ContainsFunc(rows, func(r Row) bool { return r.State == "BOUND" })
	d.truth.Snapshots = append(d.truth.Snapshots, Snapshot{
		Local: d.local, Either: d.either, Rows: rows, Bound: bound || d.q,
	})
	d.local, d.either, d.q = "", nil, false
}

// table writes a table of netstat and notes what of it the reader can see.
func (d *doc) table(f layout, list string) {
	all := rows(list)
	d.text(f.table(all))
	var seen []Row
	for _, r := range all {
		seen = append(seen, f.seen(r))
	}
	d.snapshot(seen)
}

// A layout is how one netstat prints its table.
type layout struct {
	lang   string
	words  map[string]string // state words in place of the English ones
	nopid  bool              // without -o
	bare   bool              // no title and header: a filter ran over the output
	extra  string            // heading of a column after PID
	values []string          // of that column, one after the other
	format string            // in place of rowFormat
	width  int               // padded to, as text copied from a window is
	owner  func(r Row) string
}

// rowFormat is the message netstat prints a row with. It never cuts a value:
// a long address pushes the columns after it to the right.
const rowFormat = "  %-5s  %-21s  %-21s  %-12s    %s"

func (f layout) rowFormat() string {
	if f.format != "" {
		return f.format
	}
	return rowFormat
}

func (f layout) head() string {
	if f.bare {
		return ""
	}
	l := languages[f.lang]
	last := "PID"
	if f.nopid {
		last = ""
	}
	if f.extra != "" {
		last = strings.TrimLeft(fmt.Sprintf("%-9s%s", last, f.extra), " ")
	}
	head := fmt.Sprintf(rowFormat, l.proto, l.local, l.remote, l.state, last)
	lines := []string{"", l.title, "", strings.TrimRight(head, " ")}
	if f.extra != "" { // a blank line follows the longer header
		lines = append(lines, "")
	}
	for i, line := range lines {
		lines[i] = f.pad(line)
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// table is the whole table of these rows.
func (f layout) table(rows []Row) string {
	const usual = 88 // bytes of a row
	var b strings.Builder
	b.Grow(usual * (len(rows) + 4))
	b.WriteString(f.head())
	for i, r := range rows {
		b.WriteString(f.line(i, r))
		b.WriteByte('\n')
		if f.owner != nil {
			b.WriteString(f.owner(r))
		}
	}
	return b.String()
}

func (f layout) pad(line string) string {
	if f.width == 0 {
		return line
	}
	return fmt.Sprintf("%-*s", f.width, line)
}

// line is the row r, the i-th of its table.
func (f layout) line(i int, r Row) string {
	state := r.State
	if w, ok := f.words[state]; ok {
		state = w
	}
	pid := strconv.Itoa(r.PID)
	if f.nopid {
		pid = ""
	}
	line := fmt.Sprintf(f.rowFormat(), r.Proto, r.Local, r.Remote, state, pid)
	if f.nopid && f.values == nil {
		// A row of UDP without PID ends in the blanks of the missing state.
		line = strings.TrimRight(line, " ")
		if r.Proto == "UDP" {
			line = fmt.Sprintf("  %-5s  %-21s  %-21s  ", r.Proto, r.Local, r.Remote)
		}
	}
	if n := len(f.values); n > 0 && r.State != "" {
		line += f.values[i%n]
	}
	return f.pad(line)
}

// seen is the row without what this layout does not print.
func (f layout) seen(r Row) Row {
	if f.nopid {
		r.PID = -1
	}
	if f.owner == nil {
		r.Owner, r.Components = "", nil
	}
	return r
}

// rows reads the short form the tables of this package write sockets in, one a
// line: protocol, local, remote, state ("-" none), PID ("-" none), components,
// [image]. An image may hold blanks.
func rows(list string) []Row {
	var all []Row
	for line := range strings.Lines(list) {
		line, image := strings.TrimSpace(line), ""
		if i := strings.LastIndex(line, " ["); i > 0 && strings.HasSuffix(line, "]") {
			line, image = line[:i], line[i+2:len(line)-1]
		}
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		r := Row{Proto: f[0], Local: f[1], Remote: f[2], State: f[3], PID: -1, Owner: image}
		if r.State == "-" {
			r.State = ""
		}
		if n, err := strconv.Atoi(f[4]); err == nil {
			r.PID = n
		}
		if len(f) > 5 {
			r.Components = f[5:]
		}
		all = append(all, r)
	}
	return all
}

// sample is the table most files show: every state a healthy machine has, both
// families, both protocols, a row nobody owns.
const sample = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 0.0.0.0:445 0.0.0.0:0 LISTENING 4
	TCP 0.0.0.0:49664 0.0.0.0:0 LISTENING 712
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP 192.0.2.10:49702 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49703 198.51.100.8:1433 TIME_WAIT 0
	TCP 192.0.2.10:49704 198.51.100.8:1433 SYN_SENT 4242
	TCP [::]:135 [::]:0 LISTENING 956
	TCP [2001:db8::10]:49705 [2001:db8::20]:443 ESTABLISHED 4242
	UDP 0.0.0.0:123 *:* - 1044
	UDP [fe80::1%21]:1900 *:* - 2288`
