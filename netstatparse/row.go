package netstatparse

import (
	"fmt"
	"net/netip"
	"strconv"
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

// row is a parsed row and what hinders its use.
type row struct {
	Entry
	named  bool // the local port is a service name: it cannot be counted
	edited bool // an IPv6 address is none: it was edited by hand, its port counts
}

// parseRow reads a row. ok is false when the line is not a row at all; err tells
// why a line that is one cannot be used.
func parseRow(text string) (r row, ok bool, err *FormatError) {
	proto, rest := nextField(text)
	switch {
	case len(proto) < 3 || len(proto) > 5:
		return row{}, false, nil
	case strings.EqualFold(proto[:3], "TCP"):
		r.Proto = "tcp"
	case strings.EqualFold(proto[:3], "UDP"):
		r.Proto = "udp"
	default:
		return row{}, false, nil
	}
	if v := proto[3:]; v != "" && v != "6" && !strings.EqualFold(v, "v6") {
		return row{}, false, nil
	}
	local, rest := nextField(rest)
	remote, rest := nextField(rest)
	if !strings.Contains(local, ":") || !strings.Contains(remote, ":") {
		return row{}, false, nil
	}
	r.PID = -1
	var edited bool
	if r.Local, r.named, r.edited, err = parseEndpoint(local); err != nil {
		return row{}, true, err
	}
	if r.Remote, _, edited, err = parseEndpoint(remote); err != nil {
		return row{}, true, err
	}
	r.edited = r.edited || edited
	if err := r.parseTail(strings.Fields(rest)); err != nil {
		return row{}, true, err
	}
	return r, true, nil
}

// nextField is the next word of text and what follows it.
func nextField(text string) (field, rest string) {
	text = strings.TrimLeft(text, " \t")
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// parseEndpoint reads host:port; the last colon divides them. A host that is a
// name, or no address at all, leaves the address zero.
func parseEndpoint(text string) (ap netip.AddrPort, named, edited bool, err *FormatError) {
	i := strings.LastIndexByte(text, ':')
	host, service := text[:i], text[i+1:]
	var port uint64
	switch {
	case service == "*":
	case service != "" && (service[0] < '0' || service[0] > '9'):
		named = true
	default:
		n, perr := strconv.ParseUint(service, 10, 16)
		if perr != nil {
			return ap, false, false, &FormatError{Code: "netstat-port", Text: fmt.Sprintf("%q has no port from 0 to 65535", cut(text))}
		}
		port = n
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	addr, perr := netip.ParseAddr(bare)
	edited = perr != nil && strings.Contains(host, ":")
	return netip.AddrPortFrom(addr, uint16(port)), named, edited, nil
}

// trailing are the words that -t and -y put behind the PID.
var trailing = map[string]bool{
	"InHost": true, "Offloading": true, "Offloaded": true, "Uploading": true,
	"Internet": true, "Datacenter": true, "Compat": true, "Custom": true, "Automatic": true, "InternetCustom": true, "DatacenterCustom": true,
}

// parseTail reads what follows the addresses: the state, the PID, and the
// offload state or template, each of which may be missing. The state is what
// remains, so that a word with a blank in it stays whole.
func (r *row) parseTail(words []string) *FormatError {
	if n := len(words); n >= 2 && words[n-2] == "Not" && words[n-1] == "Applicable" {
		words = words[:n-2]
	} else if n >= 1 && trailing[words[n-1]] {
		words = words[:n-1]
	}
	if n := len(words); n > 0 && digits(words[n-1]) {
		pid, err := strconv.ParseUint(words[n-1], 10, 32)
		if err != nil {
			return &FormatError{Code: "netstat-pid", Text: fmt.Sprintf("%q is not a PID", cut(words[n-1]))}
		}
		r.PID = int(pid)
		words = words[:n-1]
		if n > 1 && digits(words[n-2]) {
			// A second number is the "Time in State" of -i: which is which is not known.
			r.PID, words = -1, words[:n-2]
		}
	}
	if r.Proto == "tcp" {
		r.StateText = strings.Join(words, " ")
	}
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// cut shortens a text of the input for a message.
func cut(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
