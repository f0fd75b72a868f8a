package sockets

import (
	"net/netip"
	"strconv"
	"strings"

	"portverdict/netstatparse"
	"portverdict/netstatparse/pstext"
)

// texts are those of one row, by what they mean; "" where the tool has none.
type texts struct {
	tool, image, pid, proto, state       string
	local, localPort, remote, remotePort string
	headed                               bool
}

// addRow makes a row of its texts. One without a port of its own is a raw socket.
func (r *Reader) addRow(t *texts, line int) {
	e := netstatparse.Entry{Proto: protoOf(t.proto), PID: -1, Line: line}
	if e.Proto == "" {
		return
	}
	local, ok := r.endpoint(t.local, t.localPort, line)
	if !ok {
		return
	}
	e.Local = local
	if e.Remote, ok = r.endpoint(t.remote, t.remotePort, line); !ok {
		return
	}
	if pid := strings.TrimSpace(t.pid); pid != "" && pid != "-" {
		n, err := strconv.ParseUint(pid, 10, 32)
		if err != nil {
			r.fail(line, "sockets-pid", "%.40q is not a PID", pid)
			return
		}
		e.PID = int(n)
	}
	if image := strings.TrimSpace(t.image); image != "-" && (e.PID != 0 || !strings.HasPrefix(image, "[")) {
		if i := strings.LastIndexByte(image, '\\'); i > 1 && image[1] == ':' {
			image = image[i+1:] // tcpvcon writes the path
		}
		e.Owner = r.name(image)
	}
	if state := strings.TrimSpace(t.state); e.Proto == "tcp" && state != "" && state != "*" && state != "-" {
		e.State, e.StateText = stateOf(state), r.name(state)
	}
	r.add(t.tool, e, t.headed)
}

// stateOf is the state of a tool's word.
func stateOf(text string) netstatparse.State {
	word, ok := pstext.NetState(text)
	for s := netstatparse.Closed; ok && s <= netstatparse.Bound; s++ {
		if s.String() == word {
			return s
		}
	}
	return netstatparse.StateUnknown
}

// protoOf is "tcp" or "udp" of TCP, TCPV6, TCPv4, tcp6 and of the numbers of IANA.
func protoOf(text string) string {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "tcp", "tcpv4", "tcpv6", "tcp4", "tcp6", "6":
		return "tcp"
	case "udp", "udpv4", "udpv6", "udp4", "udp6", "17":
		return "udp"
	}
	return ""
}

// endpoint reads an address and a port that stand apart, or together in the first. A
// host that is a name leaves the address zero; a port that is one cannot be counted.
func (r *Reader) endpoint(host, port string, line int) (ap netip.AddrPort, ok bool) {
	host, port = strings.TrimSpace(host), strings.TrimSpace(port)
	if port == "" {
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host, port = host[:i], host[i+1:]
		}
	}
	n := uint64(0)
	switch {
	case port == "" || port == "*" || port == "-":
	case port[0] < '0' || port[0] > '9':
		if !r.named {
			r.named = true
			r.fail(line, "sockets-named-port", "ports are written as service names and cannot be counted: the tool resolved them")
		}
	default:
		var err error
		if n, err = strconv.ParseUint(port, 10, 16); err != nil {
			r.fail(line, "sockets-port", "%.40q is not a port from 0 to 65535", port)
			return ap, false
		}
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		addr = netip.Addr{}
	}
	return netip.AddrPortFrom(addr, uint16(n)), true
}

// takeRow reads a row of a table: below a header by its names, without one by its shape.
func (r *Reader) takeRow(text string) bool {
	if h := r.header; h != nil && strings.ContainsRune(text, h.comma) {
		values, ok := pstext.SplitCSV(text, h.comma)
		if ok && len(values) >= h.least {
			t := h.texts(values)
			r.addRow(&t, r.line)
			return true
		}
	}
	if strings.IndexByte(text, '\t') > 0 {
		t, ok := byTabs(strings.Split(text, "\t"))
		if ok {
			r.addRow(&t, r.line)
		}
		return ok
	}
	if text[0] == '0' && len(text) > 2 && text[1] == 'x' {
		t, ok := byOffset(strings.Fields(text))
		if ok {
			r.addRow(&t, r.line)
		}
		return ok
	}
	if text[0]|0x20 != 't' && text[0]|0x20 != 'u' {
		return false
	}
	return r.takeCommas(text)
}

// byOffset reads a row of Volatility 2's netscan, whose columns blanks divide:
//
//	0x7d60fd90  TCPv4  10.0.0.5:49200  10.0.0.9:443  CLOSE_WAIT  4242  leaky.exe  2026-03-10 09:00:00 UTC+0000
func byOffset(v []string) (t texts, ok bool) {
	if len(v) < 5 || protoOf(v[1]) == "" || strings.IndexByte(v[2], ':') < 0 || strings.IndexByte(v[3], ':') < 0 {
		return t, false
	}
	t = texts{tool: ToolNetscan, proto: v[1], local: v[2], remote: v[3], headed: true}
	rest := v[4:]
	if protoOf(v[1]) == "tcp" && !digits(rest[0]) {
		t.state, rest = rest[0], rest[1:]
	}
	if len(rest) == 0 || rest[0] != "-1" && !digits(rest[0]) {
		return t, false
	}
	if rest[0] != "-1" {
		t.pid = rest[0]
	}
	for _, w := range rest[1:] {
		if len(w) == 10 && w[4] == '-' && w[7] == '-' {
			break
		}
		t.image = strings.TrimSpace(t.image + " " + w)
	}
	return t, true
}

// takeCommas reads a row of tcpvcon -c:
//
//	TCP,leaky.exe,4242,CLOSE_WAIT,10.0.0.5:49200,10.0.0.9:443
//
// The name of a program may hold commas: the others are counted from the right.
func (r *Reader) takeCommas(text string) bool {
	v, ok := pstext.SplitCSV(text, ',')
	n := len(v)
	if !ok || n < 6 || protoOf(v[0]) == "" || strings.Trim(v[n-4], "0123456789") != "" || strings.IndexByte(v[n-2], ':') < 0 {
		return false
	}
	r.addRow(&texts{
		tool: ToolTCPVCon, proto: v[0], image: strings.Join(v[1:n-4], ","), pid: v[n-4], state: v[n-3], local: v[n-2], remote: v[n-1], headed: r.banner,
	}, r.line)
	return true
}

// byTabs reads a row whose header is not there, by the place of the protocol and what
// follows it. TCPView writes ends as host and port, version 2 together and behind the
// program "leaky.exe:4242"; version 4 has the state before them; CurrPorts has the port,
// its name and the address.
func byTabs(v []string) (t texts, ok bool) {
	at := -1
	for i := 1; i < len(v) && i <= 2 && at < 0; i++ {
		if p := protoOf(v[i]); p != "" && !digits(v[i]) {
			at = i
		}
	}
	if at < 0 || len(v) < at+3 {
		return t, false
	}
	t.image, t.pid, t.proto, t.tool = v[0], v[1], v[at], ToolTCPView
	rest := v[at+1:]
	if at == 1 {
		i := strings.LastIndexByte(v[0], ':')
		if i < 1 || !digits(v[0][i+1:]) || strings.IndexByte(rest[0], ':') < 0 {
			return t, false
		}
		t.image, t.pid, t.local, t.remote = v[0][:i], v[0][i+1:], rest[0], rest[1]
		if len(rest) > 2 {
			t.state = rest[2]
		}
		return t, true
	}
	if !digits(t.pid) {
		return t, false
	}
	for len(rest) < 8 { // tabs at the right are cut with the blanks
		rest = append(rest, "")
	}
	_, state := pstext.NetState(rest[0])
	switch {
	case digits(rest[0]) && !digits(rest[1]):
		t.tool, t.localPort, t.local, t.remotePort, t.remote, t.state = ToolCurrPorts, rest[0], rest[2], rest[3], rest[5], rest[7]
	case state && !digits(rest[0]) || rest[0] == "" && digits(rest[2]):
		t.state, t.local, t.localPort, t.remote, t.remotePort = rest[0], rest[1], rest[2], rest[3], rest[4]
	default:
		t.local, t.localPort, t.remote, t.remotePort, t.state = rest[0], rest[1], rest[2], rest[3], rest[4]
	}
	return t, true
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
