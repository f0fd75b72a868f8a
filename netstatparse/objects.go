package netstatparse

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// PowerShell gives connections as objects: Get-NetTCPConnection and
// Get-NetUDPEndpoint as table, list, CSV or JSON, or counted by Group-Object.
// `netsh int ipv4 show tcpconnections` has the same columns. Property names are
// English in every language.

// property is one of an object that is used here.
type property uint8

const (
	localAddress property = iota
	localPort
	remoteAddress
	remotePort
	stateProperty
	owningProcess
	processName
	instanceID
	groupCount
	groupName
	properties
)

var propertyNames = map[string]property{
	"localaddress": localAddress, "localport": localPort, "remoteaddress": remoteAddress, "remoteport": remotePort,
	"state": stateProperty, "owningprocess": owningProcess, "processname": processName, "instanceid": instanceID,
	"count": groupCount, "name": groupName,
}

// propertyOf is the property of a name as a header or a list writes it.
func propertyOf(name string) (property, bool) {
	p, ok := propertyNames[strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", ""))]
	return p, ok
}

// object is one connection: the texts of its properties.
type object struct {
	text [properties]string
	has  [properties]bool
	line int
}

func (o *object) set(p property, text string) {
	o.text[p], o.has[p] = strings.TrimSpace(text), true
}

// entry makes a row of the object. ok is false when it is no connection.
func (o *object) entry(k *kept) (r row, ok bool, err *FormatError) {
	if !o.has[localPort] && o.has[instanceID] {
		o.identify()
	}
	if !o.has[localPort] || o.text[localPort] == "" {
		return row{}, false, nil
	}
	r.Proto, r.PID, r.Line = "udp", -1, o.line
	if o.has[remotePort] || o.has[stateProperty] || o.has[remoteAddress] {
		r.Proto = "tcp"
	}
	if r.Local, r.edited, err = o.endpoint(k, localAddress, localPort); err != nil {
		return row{}, true, err
	}
	if r.Remote, _, err = o.endpoint(k, remoteAddress, remotePort); err != nil {
		return row{}, true, err
	}
	if pid := o.text[owningProcess]; pid != "" {
		n, perr := strconv.ParseUint(pid, 10, 32)
		if perr != nil {
			return row{}, true, &FormatError{Code: "netstat-pid", Line: o.line, Text: fmt.Sprintf("%q is not a PID", cut(pid))}
		}
		r.PID = int(n)
	}
	r.Owner = k.name([]byte(o.text[processName]))
	r.word = []byte(o.text[stateProperty])
	if n, cerr := strconv.Atoi(o.text[stateProperty]); cerr == nil {
		if s, ok := stateNumbers[n]; ok { // ConvertTo-Json writes the number
			r.word = []byte(s.String())
		}
	}
	return r, true, nil
}

// stateNumbers are the values of MSFT_NetTCPConnection.State.
var stateNumbers = map[int]State{
	1: Closed, 2: Listening, 3: SynSent, 4: SynReceived, 5: Established, 6: FinWait1, 7: FinWait2,
	8: CloseWait, 9: Closing, 10: LastAck, 11: TimeWait, 12: DeleteTCB, 100: Bound,
}

func (o *object) endpoint(k *kept, address, port property) (ap netip.AddrPort, shortened bool, err *FormatError) {
	n := uint64(0)
	if text := o.text[port]; text != "" {
		var perr error
		if n, perr = strconv.ParseUint(text, 10, 16); perr != nil {
			return ap, false, &FormatError{Code: "netstat-port", Line: o.line, Text: fmt.Sprintf("%q is not a port from 0 to 65535", cut(text))}
		}
	}
	text := o.text[address]
	addr := k.addr([]byte(text))
	// A narrow table ends an IPv6 address with three dots; its port is whole.
	return netip.AddrPortFrom(addr, uint16(n)), !addr.IsValid() && strings.Contains(text, ":"), nil
}

// identify takes the endpoints from an InstanceID such as
// "127.0.0.1++8080++0.0.0.0++0"; older versions divide by question marks.
func (o *object) identify() {
	parts := strings.Split(strings.ReplaceAll(o.text[instanceID], "??", "++"), "++")
	for i, p := range []property{localAddress, localPort, remoteAddress, remotePort} {
		if i < len(parts) && len(parts) >= 2 {
			o.set(p, parts[i])
		}
	}
}

// selfEvident reads a row of five words and more whose header is gone: address,
// port, address, port, state; then perhaps a setting, a PID and a process.
func selfEvident(raw []byte) (o object, ok bool) {
	words := bytes.Fields(raw)
	if len(words) < 5 || len(words) > 12 || !digits(words[1]) || !digits(words[3]) || !address(words[0]) || !address(words[2]) {
		return object{}, false
	}
	if _, known := stateOf(string(words[4])); !known {
		return object{}, false
	}
	for i, p := range []property{localAddress, localPort, remoteAddress, remotePort, stateProperty} {
		o.set(p, string(words[i]))
	}
	for i, w := range words[5:] {
		if digits(w) {
			o.set(owningProcess, string(w))
			o.set(processName, string(bytes.Join(words[5+i+1:], []byte(" "))))
			break
		}
	}
	return o, true
}

// address tells an address, or the beginning of one that a narrow table cut.
func address(b []byte) bool {
	if bytes.HasSuffix(b, []byte("...")) {
		return bytes.IndexByte(b, ':') >= 0
	}
	_, err := netip.ParseAddr(string(b))
	return err == nil
}
