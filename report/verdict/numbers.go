package verdict

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Number is a number that people meet and ask after: an event id, a status or an error
// of Winsock. Findings are those that rest on it.
type Number struct {
	Text, Name, Means, Next string
	Findings                []string
}

// known are the numbers that the rules know, beside the statuses of failureWords.
var known = []Number{
	{"4227", "System log, Tcpip 4227", "a port was used again too soon towards one peer: pressure, never proof", "", []string{"evtx-4227"}},
	{"4231", "System log, Tcpip 4231", "no TCP port was left; Windows writes it once in 24 hours at most", "", []string{"evtx-4231"}},
	{"4266", "System log, Tcpip 4266", "no UDP port was left; Windows writes it once in 24 hours at most", "", []string{"evtx-4266"}},
	{"16002", "System log, AFD 16002", "a close hangs below the program: the port it names cannot be used again", "", []string{"evtx-afd-16002", "evtx-stuck-closes"}},
	{"7045", "System log, Service Control Manager 7045", "a service or driver was installed; network drivers matter beside closes that hang", "", []string{"evtx-network-drivers"}},
	{"0xC0000209", "STATUS_TOO_MANY_ADDRESSES", "a bind to any free port, or a connect, found no port left", "", []string{"afd-bind-0x209", "afd-connect-0x209", "tcpip-port-acquire-failed", "afd-bind-0x209-fixed-port"}},
	{"10013", "WSAEACCES", errorMeanings[10013], "", []string{"lookalike-access-denied"}},
	{"10048", "WSAEADDRINUSE", errorMeanings[10048], "", []string{"connect-outcomes"}},
	{"10055", "WSAENOBUFS", errorMeanings[10055], "", []string{"afd-bind-0x209", "lookalike-0xc000009a"}},
}

var statusNames = map[uint32]string{
	statusMemory: "STATUS_INSUFFICIENT_RESOURCES", statusDenied: "STATUS_ACCESS_DENIED", statusSharing: "STATUS_SHARING_VIOLATION",
	statusTimeout: "STATUS_IO_TIMEOUT", statusNotLocal: "STATUS_INVALID_ADDRESS_COMPONENT", statusInUse: "STATUS_ADDRESS_ALREADY_EXISTS",
	statusRefused: "STATUS_CONNECTION_REFUSED", statusUnreachable: "STATUS_NETWORK_UNREACHABLE", statusNoHost: "STATUS_HOST_UNREACHABLE",
}

// lookalikes are the findings of binds that failed with a status of their own.
var lookalikes = map[uint32]string{
	statusSharing: "lookalike-0xc0000043", statusNotLocal: "lookalike-0xc0000207", statusInUse: "lookalike-0xc000020a",
}

// Numbers are all numbers that can be explained, by their text.
func Numbers() []Number {
	out := slices.Clone(known)
	for status, w := range failureWords {
		finding := cmp.Or(lookalikes[status], failureFinding(status))
		out = append(out, Number{hex32(status), statusNames[status], w.short + ": " + w.meaning, w.next, []string{finding}})
	}
	slices.SortFunc(out, func(a, b Number) int { return cmp.Or(len(a.Text)-len(b.Text), strings.Compare(a.Text, b.Text)) })
	return out
}

// NumberOf gives what is known of a number, in decimal or hexadecimal; nil where nothing is.
func NumberOf(text string) *Number {
	n, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		return nil
	}
	all := Numbers()
	for i := range all {
		if m, err := strconv.ParseUint(all[i].Text, 0, 32); err == nil && m == n {
			return &all[i]
		}
	}
	return nil
}
