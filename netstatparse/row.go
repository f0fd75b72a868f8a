package netstatparse

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
)

// Entry is one row of a connection table.
type Entry struct {
	Proto string // "tcp" or "udp"
	// Local and Remote are the addresses as written, an IPv6 one with its scope.
	// A port or address written as a name, and the peer of a UDP endpoint, is zero.
	Local, Remote netip.AddrPort
	State         State
	StateText     string // the word of the file
	PID           int    // -1 when the row has none
	Owner         string // the executable of -b, without brackets
	Components    []string
	Line          int // 1-based
}

// row is a parsed row and what hinders its use. word stands in the line.
type row struct {
	Entry
	word   []byte // of the state
	second int    // the number before the last, -1 when there is none
	last   int
	named  bool // the local port is a service name: it cannot be counted
	edited bool // an IPv6 address is none: it was edited by hand, its port counts
}

// parse reads a row. ok is false when the line is not a row at all; err tells
// why a line that is one cannot be used.
func (r *row) parse(line []byte, k *kept) (ok bool, err *FormatError) {
	if r.parsePlain(line) {
		return true, nil
	}
	return r.parseAny(line, k)
}

// parseAny reads a row of any form.
func (r *row) parseAny(line []byte, k *kept) (ok bool, err *FormatError) {
	proto, rest := nextField(line)
	if len(proto) < 3 || len(proto) > 5 {
		return false, nil
	}
	*r = row{Entry: Entry{PID: -1}, second: -1, last: -1}
	switch proto[0] | 0x20 {
	case 't':
		r.Proto = "tcp"
	case 'u':
		r.Proto = "udp"
	default:
		return false, nil
	}
	if !equalFold(proto[:3], r.Proto) {
		return false, nil
	}
	if v := proto[3:]; len(v) != 0 && string(v) != "6" && !equalFold(v, "v6") {
		return false, nil
	}
	local, rest := nextField(rest)
	remote, rest := nextField(rest)
	if bytes.IndexByte(local, ':') < 0 || bytes.IndexByte(remote, ':') < 0 {
		return false, nil
	}
	var edited bool
	if r.Local, r.named, r.edited, err = k.endpoint(local); err != nil {
		return true, err
	}
	if r.Remote, _, edited, err = k.endpoint(remote); err != nil {
		return true, err
	}
	r.edited = r.edited || edited
	if before, name := imageBehind(rest); name != nil {
		rest, r.Owner = before, k.name(name)
	}
	return true, r.parseTail(rest)
}

// imageBehind is the executable that a script has put behind the PID of a row, with what
// stands before it; nil where there is none.
func imageBehind(tail []byte) (before, name []byte) {
	before, name = lastField(tail)
	if n := len(name); n > 2 && name[0] == '[' && name[n-1] == ']' {
		name = name[1 : n-1]
	} else if n < 5 || !equalFold(name[n-4:], ".exe") {
		return nil, nil
	}
	if _, pid := lastField(before); !digits(pid) {
		return nil, nil
	}
	return before, name
}

// parted is a row that a script wrote with commas, semicolons or quotation marks between
// its words as one with blanks; nil for another line.
func parted(line []byte) []byte {
	b := bytes.TrimLeft(line, " \t\"'")
	if len(b) < 16 || string(b[:3]) != "TCP" && string(b[:3]) != "UDP" || bytes.IndexByte([]byte(",;\"'|"), b[3]) < 0 {
		return nil
	}
	return bytes.TrimSpace(bytes.Map(func(c rune) rune {
		if c == ',' || c == ';' || c == '"' || c == '\'' || c == '|' {
			return ' '
		}
		return c
	}, b))
}

// equalFold compares ASCII letters; lower is in lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c|0x20 != lower[i] {
			return false
		}
	}
	return true
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// nextField is the next word of a line and what follows it.
func nextField(b []byte) (field, rest []byte) {
	i := 0
	for i < len(b) && blank(b[i]) {
		i++
	}
	n := i
	for n < len(b) && !blank(b[n]) {
		n++
	}
	return b[i:n], b[n:]
}

// lastField is the last word of a line and what stands before it.
func lastField(b []byte) (rest, field []byte) {
	n := len(b)
	for n > 0 && blank(b[n-1]) {
		n--
	}
	i := n
	for i > 0 && !blank(b[i-1]) {
		i--
	}
	return b[:i], b[i:n]
}

// trailing are the words that -t and -y put behind the PID.
var trailing = map[string]bool{
	"InHost": true, "Offloading": true, "Offloaded": true, "Uploading": true,
	"Internet": true, "Datacenter": true, "Compat": true, "Custom": true, "Automatic": true, "InternetCustom": true, "DatacenterCustom": true,
}

// parseTail reads what follows the addresses: the state, the PID, and the
// offload state or template, each of which may be missing. The state is what
// remains, so that a word with a blank in it stays whole.
func (r *row) parseTail(tail []byte) *FormatError {
	rest, word := lastField(tail)
	if string(word) == "Applicable" {
		if before, not := lastField(rest); string(not) == "Not" {
			tail = before
			rest, word = lastField(tail)
		}
	} else if !digits(word) && trailing[string(word)] {
		tail = rest
		rest, word = lastField(tail)
	}
	if digits(word) {
		pid, ok := decimal(word)
		if !ok || pid >= 1<<32 {
			return &FormatError{Code: "netstat-pid", Text: fmt.Sprintf("%q is not a PID", cut(string(word)))}
		}
		r.PID, r.last, tail = int(pid), int(pid), rest
		if before, second := lastField(rest); digits(second) {
			// A second number is the "Time in State" of -i: the header says which is which.
			n, ok := decimal(second)
			if r.PID, tail = -1, before; ok && n < 1<<32 {
				r.second = int(n)
			}
		}
	}
	if r.Proto == "tcp" {
		r.word = bytes.TrimSpace(tail)
	}
	return nil
}

// withMillis takes the PID of a row of a table with the time in the state.
func (r *row) withMillis(m millis) {
	switch {
	case m == millisAlone, r.second < 0:
		r.PID = -1
	case m == millisBehindPID:
		r.PID = r.second
	case m == millisBeforePID:
		r.PID = r.last
	}
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// decimal reads digits, up to 2^40.
func decimal(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + uint64(c-'0'); n > 1<<40 {
			return 0, false
		}
	}
	return n, len(b) > 0
}

// kept are the addresses and names of a file, each made once.
type kept struct {
	addrs map[string]netip.Addr
	names map[string]string
}

// name is b as a string.
func (k *kept) name(b []byte) string {
	if s, ok := k.names[string(b)]; ok {
		return s
	}
	if k.names == nil || len(k.names) >= maxKept {
		k.names = map[string]string{}
	}
	s := string(b)
	k.names[s] = s
	return s
}

// addr reads an address; zero when it is none.
func (k *kept) addr(b []byte) netip.Addr {
	if a, ok := parseIPv4(b); ok {
		return a
	}
	if a, ok := k.addrs[string(b)]; ok {
		return a
	}
	if k.addrs == nil || len(k.addrs) >= maxKept {
		k.addrs = map[string]netip.Addr{}
	}
	s := string(b)
	a, err := netip.ParseAddr(s)
	if err != nil {
		a = netip.Addr{}
	}
	k.addrs[s] = a
	return a
}

func parseIPv4(b []byte) (netip.Addr, bool) {
	var four [4]byte
	at, value, count := 0, 0, 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			if count == 1 && value == 0 {
				return netip.Addr{}, false
			}
			value, count = value*10+int(c-'0'), count+1
			if value > 255 {
				return netip.Addr{}, false
			}
			four[at] = byte(value)
		case c == '.' && count > 0 && at < 3 && i+1 < len(b):
			at, value, count = at+1, 0, 0
		default:
			return netip.Addr{}, false
		}
	}
	return netip.AddrFrom4(four), at == 3 && count > 0
}

// endpoint reads host:port; the last colon divides them. A host that is a name,
// or no address at all, leaves the address zero.
func (k *kept) endpoint(b []byte) (ap netip.AddrPort, named, edited bool, err *FormatError) {
	i := bytes.LastIndexByte(b, ':')
	host, service := b[:i], b[i+1:]
	var port uint64
	switch {
	case len(service) == 1 && service[0] == '*':
	case len(service) > 0 && (service[0] < '0' || service[0] > '9'):
		named = true
	default:
		n, ok := decimal(service)
		if !ok || n > 65535 {
			return ap, false, false, &FormatError{Code: "netstat-port", Text: fmt.Sprintf("%q has no port from 0 to 65535", cut(string(b)))}
		}
		port = n
	}
	bare := bytes.TrimSuffix(bytes.TrimPrefix(host, []byte("[")), []byte("]"))
	addr := k.addr(bare)
	edited = !addr.IsValid() && bytes.IndexByte(host, ':') >= 0
	return netip.AddrPortFrom(addr, uint16(port)), named, edited, nil
}

// cut shortens a text of the input for a message.
func cut(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
