package facts

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse"
)

// row is one row of netstat -ano.
func row(proto, local, remote, state string, pid int) string {
	return fmt.Sprintf("  %-6s %-22s %-22s %-15s %d\r\n", proto, local, remote, state, pid)
}

// rowsOf are rows of one process on the ports from a first on.
func rowsOf(pid, from, n int, state string) string {
	var b strings.Builder
	for port := from; port < from+n; port++ {
		b.WriteString(row("TCP", fmt.Sprintf("10.0.0.5:%d", port), "10.0.0.9:443", state, pid))
	}
	return b.String()
}

// endpointMapper is a row outside of every range.
const endpointMapper = "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       956\r\n"

// table is what a loop writes: the minute after 10:00, the command and the table. A minute
// below 0 writes no stamp.
func table(minute int, command, rows string) string {
	s := ""
	if minute >= 0 {
		s = time.Date(2026, 3, 13, 10, minute, 0, 0, time.UTC).Format("2006-01-02 15:04:05") + "\r\n"
	}
	if command != "" {
		s += `C:\>` + command + "\r\n"
	}
	return s + tableHead + endpointMapper + rows + "\r\n"
}

func netstat(path string, parts ...string) input {
	return input{path, "netstat", []byte(strings.Join(parts, ""))}
}

// ranged are options with a small TCP range and UTC.
func ranged(start, count int) Options {
	return Options{Zone: time.UTC, Ranges: map[string]PortRange{"tcp": {start, count}}}
}

// A port counts once however many rows show it; what waits belongs to nobody; a port of
// two processes counts for both.
func TestPortsOfATable(t *testing.T) {
	c := settled(t, ranged(50000, 100), netstat("a.txt", table(0, "netstat -anoq",
		row("TCP", "0.0.0.0:50001", "0.0.0.0:0", "BOUND", 7)+
			row("TCP", "10.0.0.5:50001", "10.0.0.9:443", "ESTABLISHED", 7)+
			row("TCP", "0.0.0.0:50002", "0.0.0.0:0", "BOUND", 7)+
			row("TCP", "[::]:50002", "[::]:0", "BOUND", 7)+
			row("TCP", "10.0.0.5:50003", "10.0.0.9:443", "TIME_WAIT", 0)+
			row("TCP", "10.0.0.5:50003", "10.0.0.9:80", "TIME_WAIT", 0)+
			row("TCP", "0.0.0.0:50200", "0.0.0.0:0", "BOUND", 8)+
			row("TCP", "10.0.0.5:50004", "10.0.0.9:443", "ESTABLISHED", 7)+
			row("TCP", "10.0.0.6:50004", "10.0.0.9:443", "ESTABLISHED", 9)+
			row("TCP", "10.0.0.7:50004", "10.0.0.9:443", "ESTABLISHED", 9)+
			row("TCP", "10.0.0.5:49999", "10.0.0.9:443", "ESTABLISHED", 9)+
			row("TCP", "10.0.0.5:50100", "10.0.0.9:443", "ESTABLISHED", 9)+
			row("UDP", "0.0.0.0:50005", "*:*", "", 7))))
	if len(c.Views) != 2 || c.Views[0].Transport != TCP || c.Views[1].Count != DefaultCount {
		t.Fatalf("views %+v", c.Views)
	}
	tb, s := c.Tables[0], c.Sources[0]
	if tb.Used(0) != 4 || tb.Waiting(0) != 1 || tb.Used(1) != 1 || tb.Waiting(1) != 0 || tb.Count != 14 || len(tb.Rows) != 14 {
		t.Errorf("used %d, waiting %d, UDP %d, rows %d of %d", tb.Used(0), tb.Waiting(0), tb.Used(1), len(tb.Rows), tb.Count)
	}
	for pid, want := range map[int]int{7: 3, 9: 1, 8: 0, 0: 0, 956: 0} {
		same(t, fmt.Sprintf("ports of PID %d", pid), s.MostGrown(0, pid), want)
	}
	if d := cmp.Diff([]int{7, 9}, s.GrownPIDs(0)); d != "" {
		t.Error(d)
	}
	for _, view := range []int{-1, 2} {
		if tb.Used(view) != -1 || tb.Waiting(view) != -1 || s.MostGrown(view, 7) != 0 || s.GrownPIDs(view) != nil || s.Grown(view, 7) != nil {
			t.Errorf("view %d was not counted", view)
		}
	}
}

// The counting by arrays gives what sets of ports give, by family and exclusion too.
func TestTallyCountsSets(t *testing.T) {
	views := []View{
		{Transport: TCP, Families: AnyFamily, Start: 50000, Count: 700},
		{Transport: TCP, Families: IPv4, Start: 50000, Count: 700},
		{Transport: TCP, Families: IPv6, Start: 50300, Count: 200},
		{Transport: UDP, Families: AnyFamily, Start: 50100, Count: 300},
	}
	views[0].Exclude([][2]int{{50010, 50200}})
	views[2].Exclude([][2]int{{50300, 50309}, {50499, 50600}})
	tallies := newTallies(views)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		entries := make([]netstatparse.Entry, 2000)
		for n := range entries {
			ip := netip.IPv4Unspecified()
			if random.IntN(2) == 0 {
				ip = netip.IPv6Unspecified()
			}
			entries[n] = netstatparse.Entry{
				Proto: []string{"tcp", "udp"}[random.IntN(2)], Local: netip.AddrPortFrom(ip, uint16(49900+random.IntN(1000))), PID: random.IntN(6) - 1,
				State: netstatparse.TimeWait - netstatparse.State(random.IntN(2)),
			}
		}
		for i := range views {
			v := &views[i]
			used, waiting, byPID := map[uint16]bool{}, map[uint16]bool{}, map[int]map[uint16]bool{}
			for _, e := range entries {
				fam := IPv4
				if e.Local.Addr().Is6() {
					fam = IPv6
				}
				port := e.Local.Port()
				if e.Proto != v.Transport.String() || v.Families&fam == 0 || !v.Holds(int(port)) {
					continue
				}
				used[port] = true
				if e.State == netstatparse.TimeWait {
					waiting[port] = true
				}
				if e.PID > 0 {
					if byPID[e.PID] == nil {
						byPID[e.PID] = map[uint16]bool{}
					}
					byPID[e.PID][port] = true
				}
			}
			u, w, counts := tallies[i].count(entries)
			if u != len(used) || w != len(waiting) || len(counts) != len(byPID) {
				t.Fatalf("view %d: %d used, want %d; %d wait, want %d; counts %v", i, u, len(used), w, len(waiting), counts)
			}
			for pid, ports := range byPID {
				if counts[pid] != len(ports) {
					t.Fatalf("view %d: PID %d has %d ports, want %d", i, pid, counts[pid], len(ports))
				}
			}
		}
	}
}

// Growth over tables; those that show no PID at all say nothing, those that do not show
// this one say that it has none.
func TestGrown(t *testing.T) {
	plain := strings.ReplaceAll(strings.ReplaceAll(table(3, "netstat -an", "  TCP    10.0.0.5:50001         10.0.0.9:443           ESTABLISHED\r\n"), "           PID", ""), "       956", "")
	c := settled(t, ranged(50000, 100), netstat("a.txt",
		table(0, "netstat -ano", rowsOf(7, 50000, 5, "ESTABLISHED")), table(1, "netstat -ano", rowsOf(7, 50000, 8, "ESTABLISHED")+rowsOf(8, 50020, 2, "ESTABLISHED")),
		table(2, "netstat -ano", rowsOf(8, 50000, 3, "ESTABLISHED")), plain, table(4, "netstat -ano", rowsOf(7, 50000, 6, "ESTABLISHED"))))
	var got []string
	for _, g := range c.Sources[0].Grown(0, 7) {
		got = append(got, fmt.Sprintf("%s: %d", g.Table.Time.Format("15:04"), g.Ports))
	}
	if d := cmp.Diff([]string{"10:00: 5", "10:01: 8", "10:02: 0", "10:04: 6"}, got); d != "" {
		t.Error(d)
	}
	n := 0
	for i, g := range c.Sources[0].Grown(0, 8) { // not in the first and not in the last
		n += g.Ports * (i + 1)
	}
	same(t, "ports of PID 8, each by its place", n, 2*2+3*3)
	if most := c.Sources[0].MostGrown(0, 7); most != 8 {
		t.Errorf("most %d", most)
	}
	if s := (&Source{}); s.Grown(0, 7) != nil || s.GrownPIDs(0) != nil || s.OwnerOf(7) != "" || s.MostGrown(0, 7) != 0 || s.Unzoned() || s.Untimed() {
		t.Error("a source without tables has grown")
	}
}

// The rows of a kept table: addresses and owners once each, a name is no peer.
func TestRowsOfATable(t *testing.T) {
	c := settled(t, ranged(50000, 100), netstat("a.txt", "C:\\>netstat -anobq\r\n"+tableHead+
		row("TCP", "10.0.0.5:50001", "10.0.0.9:443", "ESTABLISHED", 7)+" [leaky.exe]\r\n"+
		row("TCP", "10.0.0.5:50002", "10.0.0.9:443", "CLOSE_WAIT", 7)+" [leaky.exe]\r\n"+
		row("TCP", "[fe80::1%4]:50003", "[fe80::2]:443", "TIME_WAIT", 0)+
		row("TCP", "0.0.0.0:50004", "0.0.0.0:0", "BOUND", 8)+" [other.exe]\r\n"+
		row("UDP", "0.0.0.0:50005", "*:*", "", 8)+" [other.exe]\r\n"))
	tb := c.Tables[0]
	want := []Row{
		{Transport: TCP, Port: 50001, State: Established, PID: 7, Line: 6},
		{Transport: TCP, Port: 50002, State: CloseWait, PID: 7, Line: 8},
		{Transport: TCP, V6: true, Port: 50003, State: TimeWait, Local: 1, Remote: 1, Owner: -1, Line: 10},
		{Transport: TCP, Port: 50004, State: Bound, PID: 8, Local: 2, Remote: -1, Owner: 1, Line: 11},
		{Transport: UDP, Port: 50005, State: NoState, PID: 8, Local: 2, Remote: -1, Owner: 1, Line: 13},
	}
	if d := cmp.Diff(want, tb.Rows); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if len(tb.Locals) != 3 || len(tb.Remotes) != 2 || !slices.Equal(tb.Owners, []string{"leaky.exe", "other.exe"}) || tb.Entries != nil {
		t.Errorf("%v %v %v", tb.Locals, tb.Remotes, tb.Owners)
	}
	for pid, name := range map[int]string{7: "leaky.exe", 8: "other.exe", 9: ""} {
		same(t, fmt.Sprintf("owner of %d", pid), c.Sources[0].OwnerOf(pid), name)
	}
	if !tb.Names() || !tb.ShowsBound() || !tb.HasOwner {
		t.Errorf("%+v", tb.Snapshot)
	}
}

var completeTables = []struct {
	name     string
	text     string
	complete bool
	names    bool
}{
	{"with -q and UDP", table(0, "netstat -anoq", rowsOf(7, 50000, 2, "ESTABLISHED")+row("UDP", "0.0.0.0:123", "*:*", "", 8)), true, true},
	{"without -q", table(0, "netstat -ano", rowsOf(7, 50000, 2, "ESTABLISHED")+row("UDP", "0.0.0.0:123", "*:*", "", 8)), false, true},
	{"without -q, with a BOUND row", table(0, "netstat -ano", rowsOf(7, 50000, 2, "BOUND")+row("UDP", "0.0.0.0:123", "*:*", "", 8)), true, true},
	{"without UDP", table(0, "netstat -anoq", rowsOf(7, 50000, 2, "ESTABLISHED")), false, true},
	{"filtered", table(0, "netstat -anoq | findstr TCP", rowsOf(7, 50000, 2, "BOUND")+row("UDP", "0.0.0.0:123", "*:*", "", 8)), false, true},
	{"cut within a row", strings.TrimRight(table(0, "netstat -anoq", row("UDP", "0.0.0.0:123", "*:*", "", 8)+rowsOf(7, 50000, 2, "BOUND")), "\r\n 7"), false, true},
	{"a row that cannot be read", table(0, "netstat -anoq", rowsOf(7, 50000, 2, "BOUND")+row("UDP", "0.0.0.0:123", "*:*", "", 8)+row("TCP", "10.0.0.5:70000", "10.0.0.9:443", "BOUND", 7)), false, true},
	{"without PIDs", tableHead + "  TCP    10.0.0.5:50001         10.0.0.9:443           BOUND\r\n  UDP    0.0.0.0:123            *:*\r\n", true, false},
}

func TestCompleteTables(t *testing.T) {
	for _, tc := range completeTables {
		t.Run(tc.name, func(t *testing.T) {
			c := settled(t, ranged(50000, 100), netstat("a.txt", tc.text))
			tb := c.Tables[0]
			if tb.Complete() != tc.complete || tb.Names() != tc.names {
				t.Errorf("complete %v, names %v: %+v", tb.Complete(), tb.Names(), tb.Snapshot)
			}
		})
	}
}

// Rows that stand for tables and for what a process has in them.
func TestRowsThatStandForTables(t *testing.T) {
	c := settled(t, ranged(50000, 100), netstat("a.txt", table(5, "netstat -ano", rowsOf(7, 50000, 2, "ESTABLISHED"))))
	tb := c.Tables[0]
	e := tb.Row()
	if e.Line != 1 || e.Kind != "netstat.snapshot" || e.Text != "connection table of 3 rows" || e.Fields["stamp"] != "2026-03-13 10:05:00" || e.Source != "a.txt" || wanted(e.Time) != "2026-03-13 10:05:00" || e.TimePrecision != "exact" {
		t.Errorf("%+v", e)
	}
	h := tb.HolderRow(7, tb.At(nil, &Row{Line: 9}), 2, 1, 0)
	if h.Line != 9 || h.PID != 7 || h.Fields["ports"] != "2" || h.Fields["orphan_bound"] != "1" || h.ID == e.ID || !strings.Contains(h.Text, "2 dynamic ports") {
		t.Errorf("%+v", h)
	}
	c = settled(t, ranged(50000, 100), netstat("a.txt", table(-1, "", rowsOf(7, 50000, 1, "ESTABLISHED"))))
	if e := c.Tables[0].Row(); e.Line != 5 || !e.Time.IsZero() || e.TimePrecision != "unknown" {
		t.Errorf("%+v", e)
	}
}

// Tables of other tools than netstat, and numbers without tables.
func TestOtherTexts(t *testing.T) {
	c := settled(t, ranged(49200, 100),
		input{"view.txt", kindSockets, []byte("\r\nTCPView v3.01 - TCP/UDP endpoint viewer\r\nCopyright (C) 1998-2008\r\nSysinternals - www.sysinternals.com\r\n\r\nTCP,leaky.exe,4242,CLOSE_WAIT,10.0.0.5:49200,10.0.0.9:443\r\n")},
		input{"count.txt", "counts", []byte("C:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n14211\r\n")})
	count, view := c.Sources[0], c.Sources[1]
	if len(c.Tables) != 1 || c.Tables[0].Used(0) != 1 || view.Decoded != 1 || view.Facts["snapshots"] != "1" || view.OwnerOf(4242) != "leaky.exe" || c.Tables[0].Complete() {
		t.Errorf("%+v, %d tables", view.Source, len(c.Tables))
	}
	if len(count.Counts) != 1 || count.Decoded != 1 || !c.Usable() || count.Facts["snapshots"] != "" || count.Clock.Basis != "no time is written in this file" {
		t.Errorf("%+v %+v", count.Source, count.Counts)
	}
	if row := count.CountRow(&count.Counts[0]); row.Kind != "counts" || row.Line != 2 || row.Fields["count"] != "14211" || !strings.HasPrefix(row.Text, "14,211 ") {
		t.Errorf("%+v", row)
	}
	empty := settled(t, Options{}, netstat("a.txt", "nothing here\r\n")).Sources[0]
	if empty.Facts["snapshots"] != "0" || empty.Decoded != 0 {
		t.Errorf("%+v", empty.Source)
	}
	ps := settled(t, Options{}, input{"a.txt", "psnet", []byte("nothing here\r\n")}, host("b.txt", "nothing here"))
	if ps.Sources[0].Facts["snapshots"] != "0" || ps.Sources[1].Facts["snapshots"] != "" || ps.Sources[1].Host != nil || ps.Usable() {
		t.Errorf("%+v", ps.Sources[1].Source)
	}
}
