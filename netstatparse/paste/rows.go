package paste

import (
	"bytes"
	"unicode"
)

// states are what netstat writes as the state of a connection, in the languages in which
// it was seen.
var states = map[string]bool{
	"CLOSED": true, "LISTENING": true, "LISTEN": true, "SYN_SENT": true, "SYN_RECEIVED": true, "ESTABLISHED": true, "FIN_WAIT_1": true, "FIN_WAIT_2": true,
	"CLOSE_WAIT": true, "CLOSING": true, "LAST_ACK": true, "TIME_WAIT": true, "DELETE_TCB": true, "BOUND": true, "HERGESTELLT": true, "WARTEND": true,
	"SCHLIESSEN_WARTEN": true, "ABHÖREN": true,
}

// rowPrefix takes off what stands before a row of netstat, whatever it is: the name of a
// machine or a job, a number, "[stdout]", the words of a logger. Only a whole row of netstat
// shows it; a line that is none, below one, loses it when it begins in the same way.
func (p *Reader) rowPrefix(b []byte) []byte {
	if p.line.Break || len(b) == 0 {
		p.peeled.row = p.wasRow
		return b
	}
	if p.wasRow {
		if n := samePrefix(b, p.prefix); n > 0 {
			p.peeled.row = true
			return unquoted(b, n)
		}
	}
	at := rowIn(b)
	if at <= 0 {
		return b
	}
	n := at
	for n > 0 && (b[n-1] == ' ' || b[n-1] == '\t') {
		n--
	}
	if n == 0 || b[at-1] == '\t' && bytes.IndexFunc(b[:n], notNumber) >= 0 {
		return b // a column of another tool
	}
	p.prefix = append(p.prefix[:0], b[:n]...)
	p.peeled.row = true
	return unquoted(b, n)
}

func notNumber(r rune) bool { return r != ' ' && (r < '0' || r > '9') }

// unquoted is b from n on; where that begins in quotation marks, up to their end.
func unquoted(b []byte, n int) []byte {
	if n > 0 && (b[n-1] == '"' || b[n-1] == '\'') {
		if end := bytes.IndexByte(b[n:], b[n-1]); end >= 0 {
			return trim(b[n : n+end])
		}
	}
	return b[n:]
}

// samePrefix is how many bytes of b are like a prefix: other digits and other blanks, and
// more or fewer of them, are the same. 0 when they are not.
func samePrefix(b, prefix []byte) int {
	i, k := skipBlanks(b, 0), skipBlanks(prefix, 0)
	for k < len(prefix) {
		switch c := prefix[k]; {
		case digit(c):
			from := i
			for i < len(b) && digit(b[i]) {
				i++
			}
			if i == from {
				return 0
			}
			for k < len(prefix) && digit(prefix[k]) {
				k++
			}
		case c == ' ' || c == '\t':
			k = skipBlanks(prefix, k)
			i = skipBlanks(b, i)
		case i < len(b) && b[i] == c:
			i, k = i+1, k+1
		default:
			return 0
		}
	}
	return i
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// rowIn is where a row of netstat begins in b, -1 for none. It is a row that nothing else
// is: a state that netstat writes, or the peer of a UDP endpoint.
func rowIn(b []byte) int { return rowBy(b, isRow) }

// joinedIn is where a row begins among others in one line, -1 for none.
func joinedIn(b []byte) int {
	return rowBy(b, func(b []byte) bool { return isRow(b) || mayBeRow(b) })
}

func rowBy(b []byte, is func([]byte) bool) int {
	for from := 0; ; {
		i := nextProto(b[from:])
		if i < 0 {
			return -1
		}
		if i += from; i > maxPrefix {
			return -1
		}
		if (i == 0 || !alphanumeric(b[i-1])) && is(b[i:]) {
			return i
		}
		from = i + 3
	}
}

// nextProto is where TCP or UDP stands with a blank behind it.
func nextProto(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], 'P')
		if i < 0 {
			return -1
		}
		i += from
		if i >= 2 && i+1 < len(b) && (b[i+1] == ' ' || b[i+1] == '\t') && (b[i-2] == 'T' && b[i-1] == 'C' || b[i-2] == 'U' && b[i-1] == 'D') {
			return i - 2
		}
		from = i + 1
	}
}

// isRow tells whether b begins with a whole row.
func isRow(b []byte) bool {
	udp := b[0] == 'U'
	local, rest := word(b[3:])
	remote, rest := word(rest)
	if !endpoint(local) || bytes.IndexByte(remote, ':') < 0 {
		return false
	}
	if udp {
		return string(remote) == "*:*"
	}
	state, _ := word(rest)
	return states[string(bytes.TrimRight(state, `"',`))]
}

// mayBeRow tells a row in a language that is not known: behind two addresses and a word a
// PID follows, and then nothing or the next row. So is a row of dots, in place of others.
func mayBeRow(b []byte) bool {
	local, rest := word(b[3:])
	remote, rest := word(rest)
	if len(local) > 1 && len(bytes.Trim(local, ".")) == 0 {
		return true
	}
	state, rest := word(rest)
	if !endpoint(local) || !endpoint(remote) || len(state) < 3 || bytes.IndexFunc(state, unicode.IsDigit) == 0 {
		return false
	}
	pid, rest := word(rest)
	if len(pid) == 0 || bytes.IndexFunc(pid, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return false
	}
	rest = bytes.TrimLeft(rest, " \t\r")
	return len(rest) == 0 || bytes.HasPrefix(rest, []byte("TCP ")) || bytes.HasPrefix(rest, []byte("UDP "))
}

func word(b []byte) (word, rest []byte) {
	i := skipBlanks(b, 0)
	n := i
	for n < len(b) && b[n] != ' ' && b[n] != '\t' {
		n++
	}
	return b[i:n], b[n:]
}

// endpoint tells an address with a port in numbers behind it.
func endpoint(b []byte) bool {
	i := bytes.LastIndexByte(b, ':')
	if i < 1 || i+1 == len(b) {
		return false
	}
	for _, c := range b[i+1:] {
		if !digit(c) {
			return false
		}
	}
	return true
}
