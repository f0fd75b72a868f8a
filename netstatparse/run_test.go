package netstatparse

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// rowsAndOwners are lines that the fast way reads, and some at the edges of what it does.
var rowsAndOwners = []string{
	"  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       956", "  TCP    10.0.0.5:49152   10.9.9.9:8443   ESTABLISHED   4242",
	"  TCP    255.255.255.255:65535  1.2.3.4:0   BOUND   7", "  TCP    1.2.3.4:65536  1.2.3.4:0   BOUND   7", "  TCP    256.0.0.1:1  1.2.3.4:0   BOUND   7", "  TCP    1.2.3.4:1  1.2.3.256:0   BOUND   7",
	"  TCP    01.0.0.1:1  1.2.3.4:0   BOUND   7", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   268435455", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   268435456", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   4294967296",
	"  TCP    1.2.3.4:1  1.2.3.4:0   7", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   7 8", "TCP\t1.2.3.4:1\t1.2.3.4:0\tTIME_WAIT\t0", "  TCP    1.2.3.4:1  1.2.3.4:0   ABH\u00d6REN   7",
	"  UDP    0.0.0.0:500            *:*                                    888", "  UDP    0.0.0.0:500   *:*", "  UDP    0.0.0.0:500   1.2.3.4:5   888", "  TCP    [::1]:5   [::]:0   LISTENING   7",
	" [leaky.exe]", "  [leaky.exe]", "   [leaky.exe]", "[leaky.exe]", "\t[leaky.exe]", " [a.b]", " [-x.exe]", " [a b.exe]", " [leaky.exe] x", " [svchost.com]", "  RpcSs", " Can not obtain ownership information", "",
	"  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   7  ", " [gr\u00f6sse.exe]", " [a&amp;b.exe]", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   -7", "  TCP    1.2.3:1  1.2.3.4:0   BOUND   7", "  TCP    1.2.3.4.5:1  1.2.3.4:0   BOUND   7",
}

// Most rows are read right from the buffer. That gives what reading line by line does, which
// is what happens where the buffer holds one byte.
func TestRunsAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(20260310, 7))
	const signs = "0129.:[]*- \t\rTCPUDxZ;%\x00\xf6"
	for range 1500 {
		var b bytes.Buffer
		b.WriteString(header)
		for range 12 {
			line := []byte(rowsAndOwners[random.IntN(2)])
			switch random.IntN(4) {
			case 0:
				line = []byte(rowsAndOwners[random.IntN(len(rowsAndOwners))])
			case 1:
				line[random.IntN(len(line))] = signs[random.IntN(len(signs))]
			}
			b.Write(append(line, "\r\n"...))
		}
		b.WriteString(strings.Repeat(rowsAndOwners[1]+"\r\n", 4)) // the fast way wants text behind a row
		text := b.String()
		fast, fastCodes := read(t, text)
		slow, slowCodes := readFrom(t, iotest.OneByteReader(strings.NewReader(text)))
		if d := cmp.Diff(slow, fast, cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.IgnoreUnexported(Snapshot{})); d != "" || !slices.Equal(fastCodes, slowCodes) {
			t.Fatalf("%q\n%v, line by line %v\n%s", text, fastCodes, slowCodes, d)
		}
	}
}
