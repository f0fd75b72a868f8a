package netstatparse

import "net/netip"

// maxRunRow is the longest row of a run, in bytes: paste takes a longer line apart.
const maxRunRow = 128

// takeRun reads the rows that go on in a table, TCP and UDP over IPv4 with a PID, and the
// executables below them, right from the buffer: nearly all lines of a long loop. It does
// with each what take does, and leaves the first line that is anything else to it.
func (r *Reader) takeRun(t *table) {
	s := t.current
	if s == nil || t.header || s.Tool != ToolNetstat || s.Filtered || t.weak || t.form.kind != noForm || len(t.half) > 0 || t.millis != noMillis || t.odd.line != 0 || t.lost {
		return
	}
	buf, line := r.lines.Ahead()
	at, lines := 0, 0
	for len(s.Entries) < maxRows {
		n := r.runRow(s, buf[at:])
		if n == 0 {
			if n = r.runOwner(s, buf[at:]); n == 0 {
				break
			}
		} else {
			s.Entries[len(s.Entries)-1].Line = line + lines + 1
		}
		at += n
		lines++
	}
	if lines > 0 {
		t.broken = t.broken[:0]
		r.lines.Pass(at, lines)
	}
}

// runRow appends the row that b begins with and gives the length of its line, 0 when it is
// none of a run.
func (r *Reader) runRow(s *Snapshot, b []byte) int {
	i := skipBlanks(b, 0)
	if i+maxRunRow >= len(b) || !blank(b[i+3]) {
		return 0
	}
	tcp := string(b[i:i+3]) == "TCP"
	if !tcp && string(b[i:i+3]) != "UDP" {
		return 0
	}
	b = b[:i+maxRunRow]
	local, i := runEndpoint(b, skipBlanks(b, i+3))
	if i == 0 {
		return 0
	}
	i = skipBlanks(b, i)
	var remote netip.AddrPort
	var word []byte
	if tcp {
		if remote, i = runEndpoint(b, i); i == 0 {
			return 0
		}
		from := skipBlanks(b, i)
		for i = from; i < len(b) && b[i] > ' ' && b[i] < 0x80; i++ {
		}
		if word = b[from:i]; len(word) == 0 || word[0] <= '9' {
			return 0
		}
	} else if string(b[i:min(i+3, len(b))]) == "*:*" {
		i += 3
	} else {
		return 0
	}
	pid, n := runPID(b, i)
	if n == 0 {
		return 0
	}
	s.Entries = append(s.Entries, Entry{Proto: "udp", Local: local, Remote: remote, PID: pid})
	s.HasPID, s.HasUDP = true, s.HasUDP || !tcp
	if tcp {
		e := &s.Entries[len(s.Entries)-1]
		e.Proto = "tcp"
		e.State, e.StateText = r.state(word)
		s.HasBound = s.HasBound || e.State == Bound
	}
	return n
}

// runPID reads blanks, a PID, and the end of the line, behind which b goes on. It gives the
// length so far, 0 when something else is there.
func runPID(b []byte, i int) (pid, n int) {
	from := skipBlanks(b, i)
	if from == i {
		return 0, 0
	}
	for i = from; i < len(b) && b[i]-'0' <= 9 && pid < 1<<28; i++ {
		pid = pid*10 + int(b[i]-'0')
	}
	if i == from || pid >= 1<<28 {
		return 0, 0
	}
	return pid, lineEnd(b, i)
}

// lineEnd is where the next line begins, if nothing but blanks is before it and it does not
// begin with a zero, which tells of another encoding; else 0.
func lineEnd(b []byte, i int) int {
	for i < len(b) && (blank(b[i]) || b[i] == '\r') {
		i++
	}
	if i+1 >= len(b) || b[i] != '\n' || b[i+1] == 0 {
		return 0
	}
	return i + 1
}

// runEndpoint reads a.b.c.d:port that a blank follows; next is 0 when there is none.
func runEndpoint(b []byte, i int) (ap netip.AddrPort, next int) {
	var four [4]byte
	for k := range 4 {
		if i+4 > len(b) {
			return ap, 0
		}
		value := int(b[i] - '0')
		if value > 9 {
			return ap, 0
		}
		i++
		if c := int(b[i] - '0'); c <= 9 {
			if value == 0 {
				return ap, 0
			}
			value = value*10 + c
			i++
			if c = int(b[i] - '0'); c <= 9 {
				value = value*10 + c
				i++
			}
		}
		if value > 255 || b[i] != ".:"[k/3] {
			return ap, 0
		}
		four[k] = byte(value)
		i++
	}
	port, from := 0, i
	for i < len(b) && b[i]-'0' <= 9 && port < 1<<16 {
		port = port*10 + int(b[i]-'0')
		i++
	}
	if i == from || port >= 1<<16 || i == len(b) || !blank(b[i]) {
		return ap, 0
	}
	return netip.AddrPortFrom(netip.AddrFrom4(four), uint16(port)), i
}

// runOwner takes an executable, "[name.exe]", below the last row and gives the length of
// its line, 0 for any other.
func (r *Reader) runOwner(s *Snapshot, b []byte) int {
	i := skipBlanks(b, 0)
	if i+maxRunRow >= len(b) || b[i] != '[' || b[0] != ' ' || b[i-1] != ' ' {
		return 0
	}
	from := i + 1
	for i = from; i < from+maxRunRow-8 && b[i] != ']' && b[i] > ' ' && b[i] < 0x80 && b[i] != '&' && b[i] != '<'; i++ {
	}
	if i-from < 5 || b[i] != ']' || b[i-4] != '.' || !letterOrDigit(b[from]) {
		return 0
	}
	n := lineEnd(b[:from+maxRunRow-1], i+1)
	if n > 0 {
		last := len(s.Entries) - 1
		if last > 0 && s.Entries[last-1].Owner == string(b[from:i]) {
			s.Entries[last].Owner = s.Entries[last-1].Owner
		} else {
			s.Entries[last].Owner = r.kept.name(b[from:i])
		}
		s.HasOwner = true
	}
	return n
}

func letterOrDigit(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
