package netstatparse

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"portverdict/netstatparse/paste"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const header = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"

// largestPID is the largest that an int has; Windows writes PIDs of 32 bits.
const largestPID = math.MaxUint32 & math.MaxInt

func TestRows(t *testing.T) {
	any4 := netip.MustParseAddrPort("0.0.0.0:0")
	addr := netip.MustParseAddrPort
	for _, c := range []struct {
		name, line string
		want       Entry
	}{
		{"listener", "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       956", Entry{Proto: "tcp", Local: addr("0.0.0.0:135"), Remote: any4, State: Listening, StateText: "LISTENING", PID: 956}},
		{"bound", "  TCP    0.0.0.0:49701          0.0.0.0:0              BOUND           4388", Entry{Proto: "tcp", Local: addr("0.0.0.0:49701"), Remote: any4, State: Bound, StateText: "BOUND", PID: 4388}},
		{"scope", "  TCP    [fe80::1%21]:49154  [2001:db8::1]:443   TIME_WAIT         0", Entry{Proto: "tcp", Local: addr("[fe80::1%21]:49154"), Remote: addr("[2001:db8::1]:443"), State: TimeWait, StateText: "TIME_WAIT"}},
		{"udp", "  UDP    [::]:500               *:*                                    4112", Entry{Proto: "udp", Local: addr("[::]:500"), PID: 4112}},
		{"udp without PID", "  UDP    0.0.0.0:123            *:*                    ", Entry{Proto: "udp", Local: addr("0.0.0.0:123"), PID: -1}},
		{"tabs", "TCP\t10.0.0.5:50000\t10.0.0.9:1433\tTIME_WAIT\t0", Entry{Proto: "tcp", Local: addr("10.0.0.5:50000"), Remote: addr("10.0.0.9:1433"), State: TimeWait, StateText: "TIME_WAIT"}},
		{"offload", "  TCP    10.0.0.5:50000  10.0.0.9:1433   ESTABLISHED     4752\tInHost      ", Entry{Proto: "tcp", Local: addr("10.0.0.5:50000"), Remote: addr("10.0.0.9:1433"), State: Established, StateText: "ESTABLISHED", PID: 4752}},
		{"template", "  TCP    10.0.0.5:50000  10.0.0.9:1433   ESTABLISHED     Not Applicable ", Entry{Proto: "tcp", Local: addr("10.0.0.5:50000"), Remote: addr("10.0.0.9:1433"), State: Established, StateText: "ESTABLISHED", PID: -1}},
		{"time in state", "  TCP    10.0.0.5:50000  10.0.0.9:1433   ESTABLISHED     4752   1200", Entry{Proto: "tcp", Local: addr("10.0.0.5:50000"), Remote: addr("10.0.0.9:1433"), State: Established, StateText: "ESTABLISHED", PID: -1}},
		{"state of two words", "  TCP    10.0.0.5:50000  10.0.0.9:1433   IN ASCOLTO     7", Entry{Proto: "tcp", Local: addr("10.0.0.5:50000"), Remote: addr("10.0.0.9:1433"), StateText: "IN ASCOLTO", PID: 7}},
		{"peer by name", "  TCP    127.0.0.1:1031         api:1032               ESTABLISHED", Entry{Proto: "tcp", Local: addr("127.0.0.1:1031"), Remote: netip.AddrPortFrom(netip.Addr{}, 1032), State: Established, StateText: "ESTABLISHED", PID: -1}},
		{"largest PID", "  TCP    1.2.3.4:65535   5.6.7.8:1   CLOSE_WAIT   " + strconv.Itoa(largestPID), Entry{Proto: "tcp", Local: addr("1.2.3.4:65535"), Remote: addr("5.6.7.8:1"), State: CloseWait, StateText: "CLOSE_WAIT", PID: largestPID}},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshots, codes := read(t, header+c.line+"\r\n")
			if len(snapshots) != 1 || len(snapshots[0].Entries) != 1 || codes != nil {
				t.Fatalf("snapshots %+v, errors %v", snapshots, codes)
			}
			c.want.Line = 5
			if d := cmp.Diff(c.want, snapshots[0].Entries[0], cmpopts.EquateComparable(netip.AddrPort{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// A line that is a row but cannot be one is told with its line, and the rows
// around it stay; its owner line goes with it.
func TestImpossibleRows(t *testing.T) {
	for _, c := range []struct{ line, code string }{
		{"  TCP    0.0.0.0:99999          0.0.0.0:0              LISTENING       956", "netstat-port"},
		{"  TCP    0.0.0.0:135            0.0.0.0:70000          LISTENING       956", "netstat-port"},
		{"  TCP    0.0.0.0:               0.0.0.0:0              LISTENING       956", "netstat-port"},
		{"  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1099511627776", "netstat-pid"},
	} {
		text := header + "  TCP    0.0.0.0:1   0.0.0.0:0   LISTENING   1\r\n [a.exe]\r\n" + c.line + "\r\n Can not obtain ownership information\r\n [b.exe]\r\n  TCP    0.0.0.0:2   0.0.0.0:0   LISTENING   2\r\n"
		snapshots, codes := read(t, text)
		if len(snapshots) != 1 || len(snapshots[0].Entries) != 2 || !cmp.Equal(codes, []string{c.code}) {
			t.Fatalf("%s: %d snapshots, errors %v", c.line, len(snapshots), codes)
		}
		if e := snapshots[0].Entries; e[0].Owner != "a.exe" || e[1].Owner != "" {
			t.Errorf("%s: owners %q and %q", c.line, e[0].Owner, e[1].Owner)
		}
	}
}

func TestHinderedRows(t *testing.T) {
	snapshots, codes := read(t, header+"  TCP    HOST:epmap   0.0.0.0:0   LISTENING   1\r\n  TCP    HOST:msrpc   0.0.0.0:0   LISTENING   1\r\n  UDP    [fe80::asda%9]:1900   *:*   2\r\n")
	if !cmp.Equal(codes, []string{"netstat-named-port", "netstat-address"}) {
		t.Errorf("errors %v", codes)
	}
	if e := snapshots[0].Entries; len(e) != 3 || e[0].Local.Port() != 0 || e[2].Local.Port() != 1900 {
		t.Errorf("rows %+v", e)
	}
}

func TestNotRows(t *testing.T) {
	for _, line := range []string{"", "TCP", "  TCPIP6 service", "  TCP statistics for IPv4", "UDPX 1:2 3:4", "  Tcpip", "  TCP    x y", "HTTP 1.2.3.4:5 1.2.3.4:6"} {
		if ok, _ := new(row).parse([]byte(line), &kept{}); ok {
			t.Errorf("%q is taken for a row", line)
		}
	}
}

func TestOwners(t *testing.T) {
	text := header +
		"  TCP    0.0.0.0:135   0.0.0.0:0   LISTENING   956\r\n  RpcEptMapper\r\n  RpcSs\r\n [svchost.exe]\r\n" +
		"  TCP    0.0.0.0:445   0.0.0.0:0   LISTENING   4\r\n Can not obtain ownership information\r\n" +
		"  TCP    0.0.0.0:902   0.0.0.0:0   LISTENING   9\r\n [NVIDIA Web Helper.exe]\r\n" +
		"  TCP    0.0.0.0:903   0.0.0.0:0   LISTENING   10\r\n"
	snapshots, codes := read(t, text)
	if len(snapshots) != 1 || codes != nil {
		t.Fatalf("%d snapshots, errors %v", len(snapshots), codes)
	}
	var got strings.Builder
	for _, e := range snapshots[0].Entries {
		got.WriteString(fmt.Sprintf("%d %s %v; ", e.PID, e.Owner, e.Components))
	}
	if want := "956 svchost.exe [RpcEptMapper RpcSs]; 4  []; 9 NVIDIA Web Helper.exe []; 10  []; "; got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
	if !snapshots[0].HasOwner {
		t.Error("HasOwner is false")
	}
}

// Windows XP writes a stack of modules and a blank line below each row.
func TestOwnersOfXP(t *testing.T) {
	block := "  TCP    10.0.0.5:%d   10.0.0.9:80   ESTABLISHED   7\r\n  c:\\windows\\system32\\WS2_32.dll\r\n  -- unknown component(s) --\r\n  [app.exe]\r\n\r\n"
	snapshots, _ := read(t, header+fmt.Sprintf(block, 1025)+fmt.Sprintf(block, 1026))
	if len(snapshots) != 1 || len(snapshots[0].Entries) != 2 {
		t.Fatalf("snapshots %+v", snapshots)
	}
	e := snapshots[0].Entries[1]
	if e.Owner != "app.exe" || !cmp.Equal(e.Components, []string{`c:\windows\system32\WS2_32.dll`}) {
		t.Errorf("row %+v", e)
	}
}

func TestStateWords(t *testing.T) {
	for word, want := range map[string]State{
		"ABH\u00d6REN": Listening, "ABH\ufffdREN": Listening, "ABH?REN": Listening, "ABH\u2122REN": Listening, "ABHOEREN": Listening,
		"HERGESTELLT": Established, "WARTEND": TimeWait, "SCHLIESSEN_WARTEN": CloseWait, "FIN_WARTEN_2": FinWait2,
		"SYN_GESENDET": SynSent, "SYN_EMPFANGEN": SynReceived, "SCHLIESSEND": Closing,
	} {
		if got, ok := stateOf(word); !ok || got != want {
			t.Errorf("%s: %v", word, got)
		}
	}
	for _, word := range []string{"ABHREN", "ABHabcdREN", "LETZTES_ACK", "UNKNOWN", ""} {
		if got, ok := stateOf(word); ok {
			t.Errorf("%q is taken for %v", word, got)
		}
	}
	for s := StateUnknown; s <= Bound; s++ {
		if back, ok := stateOf(s.String()); s != StateUnknown && (!ok || back != s) {
			t.Errorf("%v comes back as %v", s, back)
		}
	}
}

// Words of an unknown language are learned from the endpoint mapper and from
// PID 0, and what cannot be learned stays unknown.
func TestLearnedWords(t *testing.T) {
	text := header +
		"  TCP    0.0.0.0:135    0.0.0.0:0      LUISTERT     956\r\n" +
		"  TCP    0.0.0.0:445    0.0.0.0:0      LUISTERT     4\r\n" +
		"  TCP    1.1.1.1:5000   2.2.2.2:80     WACHTEND     0\r\n" +
		"  TCP    1.1.1.1:5001   2.2.2.2:80     WACHTEND     0\r\n" +
		"  TCP    1.1.1.1:5002   2.2.2.2:80     VERBONDEN    77\r\n"
	snapshots, _ := read(t, text)
	got := counts(snapshots[0])
	if want := map[string]int{"LISTENING": 2, "TIME_WAIT": 2, "UNKNOWN": 1}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// longLine gives a line without an end.
type longLine struct{ left int }

func (e *longLine) Read(b []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(b), e.left)
	for i := range b[:n] {
		b[i] = 'x'
	}
	e.left -= n
	return n, nil
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", paste.MaxLine+1)
	_, codes := read(t, header+long+"\r\n  TCP    0.0.0.0:1   0.0.0.0:0   LISTENING   1\r\n")
	if !cmp.Equal(codes, []string{"netstat-line-length"}) {
		t.Errorf("errors %v", codes)
	}
	_, codes = read(t, header+strings.Repeat("  TCP    0.0.0.0:99999   0.0.0.0:0   LISTENING   1\r\n", maxErrors+5))
	if len(codes) != maxErrors+1 || codes[maxErrors] != "netstat-more" {
		t.Errorf("%d errors", len(codes))
	}
	if testing.Short() {
		return
	}
	_, codes = read(t, header+oneRow+strings.Repeat("  RpcSs\r\n", 1<<20))
	if !cmp.Equal(codes, []string{"netstat-components"}) {
		t.Errorf("errors %v", codes)
	}
	snapshots, codes := readFrom(t, io.MultiReader(strings.NewReader(header+oneRow), &longLine{left: 100 << 20}, strings.NewReader("\r\n"+oneRow)))
	if len(snapshots) != 1 || len(snapshots[0].Entries) != 2 || !cmp.Equal(codes, []string{"netstat-line-length"}) {
		t.Errorf("errors %v", codes)
	}
	snapshots, codes = read(t, header+strings.Repeat("  UDP    0.0.0.0:1   *:*   1\r\n", maxRows+2))
	if len(snapshots) != 1 || len(snapshots[0].Entries) != maxRows || !snapshots[0].Truncated || !cmp.Equal(codes, []string{"netstat-rows"}) {
		t.Errorf("errors %v", codes)
	}
}

// The way for plain rows and the way for all give the same.
func FuzzRow(f *testing.F) {
	for _, line := range []string{
		"  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       956", "TCP\t10.0.0.5:50000\t10.0.0.9:1433\tTIME_WAIT\t0",
		"  TCP    255.255.255.255:65535  1.2.3.4:0   BOUND", "  TCP    256.0.0.0:1  1.2.3.4:0   BOUND  1", "  TCP    01.0.0.0:1  1.2.3.4:0   BOUND  1",
		"  TCP    1.2.3.4:65536  1.2.3.4:0   BOUND  1", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND  4294967296", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND  4294967295",
		"  TCP    1.2.3:1  1.2.3.4:0   BOUND  1", "  TCP    1.2.3.4.5:1  1.2.3.4:0   BOUND  1", "  TCP    1.2.3.4:1x  1.2.3.4:0   BOUND  1",
		"  TCP    1.2.3.4:1  1.2.3.4:0   7", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND  1 2", "  TCP    1.2.3.4:1  1.2.3.4:0   A B  1", "  TCP    1.2.3.4:1  1.2.3.4:0",
		"  TCP    1.2.3.4:00001  1.2.3.4:0   BOUND  0001", "  TCP    1.2.3.4:1  1.2.3.4:0   ABH\u00d6REN  5", "  TCP6    1.2.3.4:1  1.2.3.4:0   BOUND  5", "  TCP    1.2.3.4:1  *:*  BOUND  5",
		"  TCP    1.2.3.4:1  1.2.3.4:0   InHost", "  TCP    1.2.3.4:  1.2.3.4:0   BOUND 1", "  TCP    .1.2.3:5  1.2.3.4:0   BOUND 1", "  TCP    1.2.3.4:1  1.2.3.4:0   BOUND   4\tInHost",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var plain, all row
		if !plain.parsePlain(line) {
			return
		}
		ok, err := all.parseAny(line, &kept{})
		if !ok || err != nil || !cmp.Equal(plain, all, cmp.AllowUnexported(row{}), cmpopts.EquateComparable(netip.AddrPort{})) {
			t.Errorf("%q: %+v, %+v %v", line, plain, all, err)
		}
	})
}
