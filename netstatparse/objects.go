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
	imagePath
	processID // of a column that may hold a PID or a name
	protocol
	computerName
	groupCount
	groupName
	properties
)

// propertyNames are those of Get-NetTCPConnection, and those that scripts give to
// the columns they compute.
var propertyNames = map[string]property{
	"localaddress": localAddress, "localip": localAddress, "localaddr": localAddress, "localport": localPort,
	"remoteaddress": remoteAddress, "remoteip": remoteAddress, "remoteaddr": remoteAddress, "foreignaddress": remoteAddress, "foreignip": remoteAddress,
	"local": localAddress, "remote": remoteAddress, "foreign": remoteAddress,
	"remoteport": remotePort, "foreignport": remotePort, "state": stateProperty,
	"owningprocess": owningProcess, "owningpid": owningProcess, "pid": owningProcess, "processid": owningProcess,
	"processname": processName, "process": processID, "owningprocessname": processName, "owner": processID, "image": processName, "imagename": processName,
	"exe": processName, "exename": processName, "app": processName, "appname": processName, "application": processName, "program": processName,
	"programname": processName, "procname": processName, "pname": processName, "command": processName, "localendpoint": localAddress, "remoteendpoint": remoteAddress,
	"path": imagePath, "processpath": imagePath, "executablepath": imagePath, "executable": imagePath,
	"protocol": protocol, "proto": protocol, "instanceid": instanceID, "pscomputername": computerName, "computername": computerName,
	"count": groupCount, "name": groupName,
}

// propertyOf is the property of a name as a header or a list writes it.
func propertyOf(name string) (property, bool) {
	p, ok := propertyNames[strings.ToLower(spaces.Replace(strings.TrimSpace(name)))]
	return p, ok
}

// spaces are what scripts put between the words of a name.
var spaces = strings.NewReplacer(" ", "", "_", "", "-", "")

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
	if !o.has[localPort] {
		o.part(localAddress, localPort)
		o.part(remoteAddress, remotePort)
	}
	if !o.has[localPort] || o.text[localPort] == "" {
		return row{}, false, nil
	}
	r.Proto, r.PID, r.Line = o.transport(), -1, o.line
	if r.Local, r.edited, err = o.endpoint(k, localAddress, localPort); err != nil {
		return row{}, true, err
	}
	if r.Remote, _, err = o.endpoint(k, remoteAddress, remotePort); err != nil {
		return row{}, true, err
	}
	if p := o.text[processID]; digitsOnly(p) && !o.has[owningProcess] {
		o.set(owningProcess, p)
	} else if !o.has[processName] {
		o.text[processName] = p
	}
	if pid := o.text[owningProcess]; pid != "" {
		n, perr := strconv.ParseUint(pid, 10, 32)
		if perr != nil {
			return row{}, true, &FormatError{Code: "netstat-pid", Line: o.line, Text: fmt.Sprintf("%q is not a PID", cut(pid))}
		}
		r.PID = int(n)
	}
	r.Owner = k.name([]byte(o.owner()))
	r.word = []byte(o.text[stateProperty])
	if n, cerr := strconv.Atoi(o.text[stateProperty]); cerr == nil {
		if s, ok := stateNumbers[n]; ok { // ConvertTo-Json writes the number
			r.word = []byte(s.String())
		}
	}
	return r, true, nil
}

// transport is the protocol of the object: the one it names, or that of objects
// with such properties.
func (o *object) transport() string {
	switch p := strings.ToLower(o.text[protocol]); {
	case strings.HasPrefix(p, "tcp") || p == "6":
		return "tcp"
	case strings.HasPrefix(p, "udp") || p == "17":
		return "udp"
	}
	if o.has[remotePort] || o.has[stateProperty] || o.has[remoteAddress] {
		return "tcp"
	}
	return "udp"
}

// owner is the executable: the name in its path, which has its extension, else the
// process as PowerShell names it.
func (o *object) owner() string {
	path := o.text[imagePath]
	if i := strings.LastIndexAny(path, `\/`); i >= 0 {
		path = path[i+1:]
	}
	if path != "" {
		return path
	}
	if o.text[processName] == "" && !o.has[groupCount] {
		return o.text[groupName] // the Name beside a port is that of the process
	}
	return o.text[processName]
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

// part divides an address that has its port behind it. A port that is a name, and a star,
// are left out.
func (o *object) part(address, port property) {
	text := o.text[address]
	i := strings.LastIndexByte(text, ':')
	if i < 1 || strings.Count(text, ":") > 1 && text[i-1] != ']' {
		return
	}
	host, service := strings.Trim(text[:i], "[]"), text[i+1:]
	if !digitsOnly(service) {
		if service = "0"; address == localAddress {
			return
		}
	}
	o.set(address, host)
	o.set(port, service)
}

// asString reads an object that PowerShell wrote as a string: "@{LocalPort=49700;
// State=Bound; OwningProcess=5120}".
func asString(text string) (o object, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "@{") || !strings.HasSuffix(text, "}") {
		return o, false
	}
	for part := range strings.SplitSeq(text[2:len(text)-1], ";") {
		name, value, _ := strings.Cut(part, "=")
		if p, known := propertyOf(name); known {
			o.set(p, value)
		}
	}
	return o, o.has[localPort]
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
func selfEvident(text string) (o object, ok bool) {
	if i := len(text) - len(strings.TrimLeft(text, " \t")); i == len(text) || text[i] != ':' && text[i] != '[' && strings.IndexByte("0123456789abcdef", text[i]|0x20) < 0 {
		return object{}, false // no address begins so
	}
	words := bytes.Fields([]byte(text))
	if len(words) > 1 && len(words) <= 12 && bytes.IndexByte(words[0], ':') > 0 && !address(words[0]) {
		return joined(words)
	}
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

// joined reads a row that a script wrote with the ports behind the addresses: one end or
// both, perhaps with an arrow between them, a state, and then perhaps a PID and a process.
func joined(words [][]byte) (o object, ok bool) {
	at := 0
	for _, p := range []property{localAddress, remoteAddress} {
		for at > 0 && at < len(words) && arrows[string(words[at])] {
			at++
		}
		if at < len(words) && bytes.IndexByte(words[at], ':') > 0 {
			o.set(p, string(words[at]))
			at++
		}
	}
	if at == 0 || at == len(words) || !o.has[localAddress] {
		return object{}, false
	}
	if _, known := stateOf(string(words[at])); !known {
		return object{}, false
	}
	o.set(stateProperty, string(words[at]))
	o.part(localAddress, localPort)
	o.part(remoteAddress, remotePort)
	if !o.has[localPort] || !address([]byte(o.text[localAddress])) || o.has[remotePort] && !address([]byte(o.text[remoteAddress])) {
		return object{}, false
	}
	if at++; at < len(words) && digits(words[at]) {
		o.set(owningProcess, string(words[at]))
		o.set(processName, string(bytes.Join(words[at+1:], []byte(" "))))
	}
	return o, true
}

var arrows = map[string]bool{"->": true, "-->": true, "<->": true, "=>": true, "→": true, "-": true}

// address tells an address, or the beginning of one that a narrow table cut.
func address(b []byte) bool {
	if bytes.HasSuffix(b, []byte("...")) {
		return bytes.IndexByte(b, ':') >= 0
	}
	_, err := netip.ParseAddr(string(b))
	return err == nil
}
