package netstatparse

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portverdict/netstatparse/paste"
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
	"  TCP    10.0.0.5:49152   10.9.9.9:8443", "  TCP    10.0.0.5:49152   10.9.9.9:8443   ESTABLISHED", "   ESTABLISHED   4242", "   4242",
}

// The lines that a loop is made of are read the fast way, whatever their numbers: it would
// show in no table if none were, but in the time that a large file takes.
func TestFastWays(t *testing.T) {
	const behind = "  TCP    10.0.0.5:49152   10.9.9.9:8443   ESTABLISHED   4242\r\n"
	r := NewReader(strings.NewReader(""))
	for _, end := range []string{"\r\n", "\n", "  \r\n"} {
		for _, address := range []string{"0.0.0.0:0", "9.99.199.255:65535", "1.10.100.19:9", "19.29.90.109:49152", "127.0.0.1:99"} {
			for _, line := range []string{
				"  TCP    " + address + "   10.9.9.9:443   ESTABLISHED   4242", "TCP\t1.2.3.4:5\t" + address + "\tA\t0", "  TCP  1.2.3.4:5  " + address + "  zz  99999999", "  UDP    " + address + "  *:*   9",
			} {
				s := Snapshot{}
				if n := r.runRow(&s, []byte(line+end+behind+behind)); n != len(line+end) {
					t.Errorf("%q: %d bytes", line+end, n)
				}
				if tcp := line[2] != 'U'; tcp && !new(row).parsePlain([]byte(line)) || s.HasUDP == tcp || !s.HasPID || s.HasBound {
					t.Errorf("%q is not plain, or %+v", line, s)
				}
			}
		}
		for _, line := range []string{" [leaky.exe]", "  [a.exe]", " [9.com]", " [Z9z-_.exe]", " [A.EXE]", " [zz.zzz]", " [" + strings.Repeat("a", 100) + ".exe]"} {
			s := Snapshot{Entries: make([]Entry, 1)}
			if n := r.runOwner(&s, []byte(line+end+behind+behind)); n != len(line+end) || s.Entries[0].Owner != strings.Trim(line, " []") || !s.HasOwner {
				t.Errorf("%q: %d bytes, %+v", line+end, n, s)
			}
		}
	}
	loop := NewReader(strings.NewReader(header + strings.Repeat(behind+" [leaky.exe]\r\n  UDP    0.0.0.0:500   *:*   888\r\n", 20)))
	loop.lines = paste.NewReader(loop.in)
	var in table
	for loop.lines.Scan() && loop.take(&in, nil) && !in.open {
	}
	if loop.takeRun(&in); loop.lines.Line() < 50 || len(in.current.Entries) < 30 {
		t.Errorf("the run ends at line %d, with %d rows", loop.lines.Line(), len(in.current.Entries))
	}
	for _, line := range []string{"  TCP  1.2.3.4:5  1.2.3.4:6  BOUND  7 x", "  TCP  1.2.3.4:5  1.2.3.4:6  BOUND  268435456", "  TCP  1.2.3.4:65536  1.2.3.4:6  BOUND  7", "  TCP  1.2.3.4:5  1.2.3.4:6  9  7", "  TCP  1.2.3.4:5  1.2.3.4:6", " [a exe]", " [.exe]", " [-a.exe]", " [@a.exe]", " [`a.exe]", " [{a.exe]", " [/a.exe]", " [:a.exe]", " [a.exe] x"} {
		s := Snapshot{Entries: make([]Entry, 1)}
		if r.runRow(&s, []byte(line+"\r\n"+behind+behind)) != 0 || r.runOwner(&s, []byte(line+"\r\n"+behind+behind)) != 0 || len(s.Entries) != 1 {
			t.Errorf("%q is taken", line)
		}
	}
}

// slowly reads all lines of a text one by one.
func slowly(text string) (out []Snapshot, codes []string) {
	r := NewReader(strings.NewReader(text))
	r.lines = paste.NewReader(r.in)
	yield := func(s Snapshot, err error) bool {
		if err != nil {
			codes = append(codes, err.(*FormatError).Code)
			return true
		}
		s.Entries = slices.Clone(s.Entries)
		out = append(out, s)
		return true
	}
	var t table
	for r.lines.Scan() && r.take(&t, yield) {
	}
	r.endLines(&t, yield)
	return out, codes
}

// Most rows are read right from the buffer. That gives what reading line by line does.
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
		slow, slowCodes := slowly(text)
		if d := cmp.Diff(slow, fast, cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.IgnoreUnexported(Snapshot{})); d != "" || !slices.Equal(fastCodes, slowCodes) {
			t.Fatalf("%q\n%v, line by line %v\n%s", text, fastCodes, slowCodes, d)
		}
	}
}
