package wish

import (
	"fmt"
	"strconv"
	"strings"

	"portverdict/report/facts"
)

// Range reads the dynamic range of a transport, such as tcp=49152+16384: the first port
// and how many there are.
func Range(text string) (transport string, r facts.PortRange, err error) {
	bad := fmt.Errorf("%q: give tcp=START+COUNT or udp=START+COUNT, ports 1 to 65535", text)
	transport, rest, ok := strings.Cut(text, "=")
	if !ok || (transport != "tcp" && transport != "udp") {
		return "", r, bad
	}
	first, second, ok := strings.Cut(rest, "+")
	start, err := strconv.ParseUint(first, 10, 16)
	if !ok || err != nil {
		return "", r, bad
	}
	count, err := strconv.ParseUint(second, 10, 17)
	if err != nil || start < 1 || count < 1 || start+count > 65536 {
		return "", r, bad
	}
	return transport, facts.PortRange{Start: int(start), Count: int(count)}, nil
}
