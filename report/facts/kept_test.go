package facts

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/evtx/evtxgen"
	"portverdict/netstatparse"
	"portverdict/report"
)

// keptOf are the tables whose rows are kept, by their order in the file.
func keptOf(s *Source) []int {
	var out []int
	for _, t := range s.Tables {
		if t.Rows != nil {
			out = append(out, int(t.Order))
		}
	}
	return out
}

// loopOf is a loop with a table each minute, in which PID 7 holds so many ports.
func loopOf(used ...int) string {
	var b strings.Builder
	for i, n := range used {
		b.WriteString(table(i, "netstat -ano", rowsOf(7, 50000, n, "ESTABLISHED")))
	}
	return b.String()
}

// logAt is a log with 4231 at minutes after 10:00.
func logAt(t *testing.T, minutes ...float64) input {
	var all []evtxgen.Record
	for _, m := range minutes {
		r := event(0, "Tcpip", 4231)
		r.Time = time.Date(2026, 3, 13, 10, 0, 0, 0, time.UTC).Add(time.Duration(m * 60e9))
		all = append(all, r)
	}
	return input{"System.evtx", "evtx", logOf(t, all...)}
}

// refusedAt is a trace with refusals at minutes after 10:00.
func refusedAt(t *testing.T, minutes ...float64) input {
	var steps []step
	for _, m := range minutes {
		at := time.Date(2026, 3, 13, 10, 0, 0, 0, time.UTC).Add(time.Duration(m * 60e9)).Sub(start.Time()).Seconds()
		steps = append(steps, step{at, create(procA, sock1, 7)}, step{at, bind(procA, sock1, 1, 0, refused)}, step{at, closing(procA, sock1)})
	}
	_, whole := traceOf(t, 1, steps)
	return input{"t.etl", "etl", whole}
}

func minutes(from, to float64) (out []float64) {
	for m := from; m <= to; m += 0.5 {
		out = append(out, m)
	}
	return out
}

func TestTablesKeptWhole(t *testing.T) {
	for _, tc := range []struct {
		name   string
		text   string
		others []input
		want   []int
	}{
		{"the fullest, the last of equals, and the last", loopOf(10, 50, 50, 20, 30), nil, []int{2, 4}},
		{"the last that names a holder and the last of all", loopOf(10, 50, 20) + table(3, "netstat -ano", "") + table(4, "netstat -ano", rowsOf(0, 50000, 3, "TIME_WAIT")), nil, []int{1, 2, 4}},
		{"one table", loopOf(1), nil, []int{0}},
		{"the last before a record and the first after it", loopOf(50, 1, 1, 1, 1, 1, 1, 1), []input{logAt(t, 3.5)}, []int{0, 3, 4, 7}},
		{"the table of the very minute, and those beside it", loopOf(50, 1, 1, 1, 1, 1, 1, 1), []input{logAt(t, 3)}, []int{0, 2, 3, 4, 7}},
		{"the first in a span of refusals", loopOf(50, 1, 1, 1, 1, 1, 1, 1), []input{refusedAt(t, minutes(1.5, 4.5)...)}, []int{0, 1, 2, 5, 7}},
		{"each record is a time of its own", loopOf(50, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), []input{logAt(t, 1.5, 11.5)}, []int{0, 1, 2, 11, 12, 13}},
		{"records between the same two tables", loopOf(50, 1, 1, 1, 1, 1, 1, 1), []input{logAt(t, 3.2, 3.4, 3.6)}, []int{0, 3, 4, 7}},
		{"a span of refusals over a record and a record in it", loopOf(50, 1, 1, 1, 1, 1, 1, 1, 1, 1), []input{refusedAt(t, minutes(1.5, 6.5)...), logAt(t, 4.5)}, []int{0, 1, 2, 4, 5, 7, 9}},
		{"a record before all tables", table(30, "netstat -ano", rowsOf(7, 50000, 1, "BOUND")) + table(31, "netstat -ano", rowsOf(7, 50000, 1, "ESTABLISHED")) + table(32, "netstat -ano", rowsOf(7, 50000, 2, "ESTABLISHED")), []input{logAt(t, 1)}, []int{0, 2}},
		{"of two commands of one moment that of -q", loopOf(50) + table(1, "netstat -ano", rowsOf(7, 50000, 50, "ESTABLISHED")) + table(1, "netstat -anoq", rowsOf(7, 50000, 50, "ESTABLISHED")), nil, []int{2}},
		{"also where it stands first; the last is kept for itself", loopOf(50) + table(1, "netstat -anoq", rowsOf(7, 50000, 50, "ESTABLISHED")) + table(1, "netstat -ano", rowsOf(7, 50000, 50, "ESTABLISHED")), nil, []int{1, 2}},
		{"not over one of a later moment", table(0, "netstat -anoq", rowsOf(7, 50000, 50, "ESTABLISHED")) + table(1, "netstat -ano", rowsOf(7, 50000, 50, "ESTABLISHED")), nil, []int{1}},
		{
			"the one of -q before a record, in it and after it",
			loopOf(50) + table(1, "netstat -anoq", "") + table(1, "netstat -ano", "") + table(2, "netstat -ano", "") + table(2, "netstat -anoq", "") +
				table(3, "netstat -ano", "") + table(3, "netstat -anoq", "") + loopAt(4, 1, 1),
			[]input{refusedAt(t, minutes(1.5, 2.5)...)},
			[]int{0, 1, 4, 6, 8},
		},
		{"a failed capture is none", loopOf(50, 1) + "The requested operation requires elevation.\r\n", nil, []int{0, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := settled(t, ranged(50000, 100), append(tc.others, netstat("loop.txt", tc.text))...)
			for _, s := range c.Sources {
				if s.Path != "loop.txt" {
					continue
				}
				if d := cmp.Diff(tc.want, keptOf(s)); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
				for _, tb := range s.Tables {
					if tb.Rows != nil && (len(tb.Rows) != int(tb.Count) || tb.Rows[0].Port != 135 || tb.Count > 1 && int(tb.Rows[1].Port) < 50000) {
						t.Errorf("table %d has the rows of another: %d of %d", tb.Order, len(tb.Rows), tb.Count)
					}
				}
			}
		})
	}
}

// loopAt is a loop from a minute on.
func loopAt(from int, used ...int) string {
	var b strings.Builder
	for i, n := range used {
		b.WriteString(table(from+i, "netstat -ano", rowsOf(7, 50000, n, "ESTABLISHED")))
	}
	return b.String()
}

// Each view has its own fullest table: TCP, UDP and each family.
func TestFullestOfEachView(t *testing.T) {
	udp := func(n int) string {
		return strings.ReplaceAll(strings.ReplaceAll(rowsOf(7, 50000, n, ""), "TCP", "UDP"), "10.0.0.9:443          ", "*:*                   ")
	}
	c := settled(t, Options{Zone: time.UTC, Ranges: map[string]PortRange{"tcp": {50000, 100}, "udp": {50000, 100}}}, netstat("loop.txt",
		table(0, "", rowsOf(7, 50000, 9, "ESTABLISHED")), table(1, "", udp(9)), table(2, "", udp(1)+rowsOf(7, 50000, 1, "ESTABLISHED")), table(3, "", udp(1)+rowsOf(7, 50000, 1, "ESTABLISHED"))))
	if d := cmp.Diff([]int{0, 1, 3}, keptOf(c.Sources[0])); d != "" {
		t.Error(d)
	}
}

// Without stamps two commands one after the other are of one moment; a third of the same
// shape makes a loop of them.
func TestSameMoment(t *testing.T) {
	at := time.Date(2026, 3, 13, 10, 0, 0, 0, time.UTC)
	s := &Source{}
	of := func(order int, local time.Time, owner, udp bool) *Table {
		return &Table{Source: s, Order: int32(order), Snapshot: netstatparse.Snapshot{Local: local, HasOwner: owner, HasUDP: udp}}
	}
	never := time.Time{}
	for _, tc := range []struct {
		name string
		a, b *Table
		want bool
	}{
		{"equal stamps", of(3, at, false, false), of(4, at, false, false), true},
		{"other stamps", of(0, at, false, false), of(1, at.Add(time.Second), false, false), false},
		{"one without", of(0, at, false, false), of(1, never, false, false), false},
		{"the first two", of(0, never, false, false), of(1, never, false, false), true},
		{"the second and third", of(1, never, false, false), of(2, never, false, false), false},
		{"of another shape", of(1, never, false, false), of(2, never, true, false), true},
		{"with UDP", of(1, never, false, false), of(2, never, false, true), true},
		{"of another file", of(0, at, false, false), &Table{Source: &Source{}, Order: 1, Snapshot: netstatparse.Snapshot{Local: at}}, false},
	} {
		if got := tc.a.sameMoment(tc.b); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// Of too many times those of the last are taken.
func TestAnchorsAreBounded(t *testing.T) {
	s := &Source{Log: &Log{}}
	for i := range maxAnchors + 10 {
		s.Log.Records = append(s.Log.Records, &Record{ID: 4231, Time: clock(float64(i) * 601)}, &Record{ID: 4227, Time: clock(float64(i)*601 + 300)}, &Record{ID: 4231, Time: clock(float64(i) * 601)})
	}
	saved := &Source{Saved: &Log{Records: []*Record{{ID: 4266, Time: clock(1e6)}, {ID: 4266}}}}
	got, left := anchorsOf([]*Source{s, saved, {}})
	if left != 11 {
		t.Errorf("%d times are left out", left)
	}
	if len(got) != maxAnchors || wanted(got[0].From) != wanted(clock(11*601)) || wanted(got[maxAnchors-1].To) != wanted(clock(1e6)) {
		t.Errorf("%d times, from %v to %v", len(got), wanted(got[0].From), wanted(got[len(got)-1].To))
	}
}

// Tables near times that are left out have their counts only, which the source says.
func TestTablesOfTooManyTimes(t *testing.T) {
	var all []float64
	for i := range maxAnchors + 3 {
		all = append(all, 60+float64(i))
	}
	for want, at := range map[int][]float64{0: all[:maxAnchors], 1: all} {
		c := settled(t, ranged(50000, 100), logAt(t, at...), netstat("loop.txt", loopOf(10, 50, 20, 30)))
		s := c.Sources[slices.IndexFunc(c.Sources, func(s *Source) bool { return s.Path == "loop.txt" })]
		if got := codes(s)["netstat-rows-not-kept"]; got != want {
			t.Errorf("%d records: told %d times", len(at), got)
		}
	}
}

// When too many rows are kept those near the oldest times go; the fullest, the last and
// those near the latest times stay.
func TestKeptRowsAreBounded(t *testing.T) {
	s := &Source{Source: report.Source{Kind: "netstat", Facts: map[string]string{}}, options: &Options{}}
	plan := &tablePlan{zones: &zones{one: Zone{location: time.UTC}}, anchors: []report.Span{{From: clock(100), To: clock(100)}, {From: clock(1000), To: clock(1000)}}}
	views := []View{tcpView(50000, 100)}
	tallies := newTallies(views)
	s.tables = &tables{
		owners: map[int]string{}, growth: []map[int][]portsAt{{}},
	}
	var big netstatparse.Snapshot
	for p := range 50 {
		big.Entries = append(big.Entries, netstatparse.Entry{Proto: "tcp", Local: addrPort(50000 + p), PID: 7})
	}
	take := func(at float64, n int) {
		sn := big
		sn.HasPID, sn.Entries, sn.Local = true, big.Entries[:n], clock(at).Time
		s.takeTable(&sn, tallies, plan)
	}
	// Rows kept elsewhere leave room for 100: the fullest, two near each time, the last.
	s.tables.rows = maxKeptRows - 100
	for _, at := range []float64{0, 99, 101, 500, 999, 1001, 2000} {
		n := 20
		if at == 0 {
			n = 40
		}
		take(at, n)
	}
	var kept []int
	for _, tb := range s.tables.list {
		if tb.Entries != nil {
			kept = append(kept, int(tb.Order))
		}
	}
	if d := cmp.Diff([]int{0, 4, 5, 6}, kept); d != "" || s.tables.rows != maxKeptRows || !s.tables.let {
		t.Errorf("%d rows: %s", s.tables.rows-maxKeptRows, d)
	}
}

// Each machine whose tables stand in a text keeps its fullest and its last; those of too
// many are told.
func TestEveryMachineKeepsItsTables(t *testing.T) {
	s := &Source{Source: report.Source{Kind: "netstat", Facts: map[string]string{}}, options: &Options{}, tables: &tables{owners: map[int]string{}, growth: []map[int][]portsAt{{}}}}
	tallies := newTallies([]View{tcpView(50000, 100)})
	take := func(host string, n int) {
		sn := netstatparse.Snapshot{Host: host, HasPID: true}
		for p := range n {
			sn.Entries = append(sn.Entries, netstatparse.Entry{Proto: "tcp", Local: addrPort(50000 + p), PID: 7})
		}
		s.takeTable(&sn, tallies, &tablePlan{})
	}
	for _, n := range []int{30, 10, 20} {
		take("SRV01", n)
		take("srv02.corp.example", n/10)
		take("SRV02", n/2)
	}
	var kept []int
	for _, tb := range s.tables.list {
		if tb.Entries != nil {
			kept = append(kept, len(tb.Entries))
		}
	}
	if d := cmp.Diff([]int{30, 15, 20, 10}, kept); d != "" {
		t.Error(d)
	}
	for i := range maxMachines {
		take(fmt.Sprintf("A%d", i), 1)
	}
	if n := codes(s)["netstat-too-many-machines"]; n != 2 {
		t.Errorf("told of %d machines", n)
	}
	s.tables.rows = maxKeptRows + 1
	take("A0", 5)
	if n := codes(s)["netstat-too-many-machines"]; n != 3 {
		t.Errorf("told of %d machines", n)
	}
}

func TestGrowthAndOwnersAreBounded(t *testing.T) {
	s := &Source{Source: report.Source{Kind: "netstat", Facts: map[string]string{}}, options: &Options{}}
	s.tables = &tables{
		owners: make(map[int]string, maxOwners), growth: []map[int][]portsAt{{}}, points: maxGrowthPoints - 1,
	}
	for i := range maxOwners - 1 {
		s.tables.owners[100+i] = "x"
	}
	sn := netstatparse.Snapshot{HasPID: true, Entries: []netstatparse.Entry{
		{Proto: "tcp", Local: addrPort(50000), PID: 7, Owner: "a.exe"}, {Proto: "tcp", Local: addrPort(50001), PID: 8, Owner: "b.exe"}, {Proto: "tcp", Local: addrPort(50002), PID: 9, Owner: "c.exe"},
	}}
	s.takeTable(&sn, newTallies([]View{tcpView(50000, 100)}), &tablePlan{})
	if got := len(s.tables.growth[0]); got != 1 || s.tables.points != maxGrowthPoints || codes(s)["netstat-too-many-processes"] != 2 {
		t.Errorf("%d processes followed, %v", got, codes(s))
	}
	if len(s.tables.owners) != maxOwners || s.OwnerOf(7) != "a.exe" || s.OwnerOf(8) != "" || codes(s)["netstat-too-many-owners"] != 2 {
		t.Errorf("%d owners, %v", len(s.tables.owners), codes(s))
	}
	sn.Entries[0].Owner = "d.exe" // its PID was used again
	if s.takeTable(&sn, newTallies([]View{tcpView(50000, 100)}), &tablePlan{}); s.OwnerOf(7) != "d.exe" {
		t.Errorf("the owner is %s", s.OwnerOf(7))
	}
}

func TestTooManyTables(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a text of 131,074 tables")
	}
	one := "10.03.2026 10:00:00\r\n" + strings.TrimPrefix(tableHead, "\r\nActive Connections\r\n\r\n") + endpointMapper
	c := settled(t, ranged(50000, 100), input{"a.txt", "netstat", bytes.Repeat([]byte(one), maxTables+2)})
	if len(c.Tables) != maxTables || codes(c.Sources[0])["netstat-too-many-snapshots"] != 1 {
		t.Errorf("%d tables, %v", len(c.Tables), codes(c.Sources[0]))
	}
}

// A long text is a loop of tables and read for nothing else.
func TestLongText(t *testing.T) {
	text := []byte("HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters\r\n    MaxUserPort    REG_DWORD    0xfffe\r\n" + table(0, "", rowsOf(7, 50000, 1, "BOUND")))
	for kind, want := range map[string][2]int{"netstat": {0, 1}, "hosttext.registry": {0, 0}} {
		f := New(ranged(50000, 100))
		src := sourceOf("a.txt", kind, text)
		src.Size = maxHostText + 1
		h := f.Add(src, bytes.NewReader(text))
		f.AddTables(h, bytes.NewReader(text))
		c := f.Settled()
		if got := len(c.Tables); (c.Sources[0].Host != nil) != (want[0] > 0) || got != want[1] {
			t.Errorf("%s: host %v, %d tables", kind, c.Sources[0].Host, got)
		}
	}
	c := settled(t, ranged(50000, 100), input{"a.txt", "hosttext.registry", text})
	if c.Sources[0].Host == nil || len(c.Tables) != 1 {
		t.Errorf("%+v", c.Sources[0])
	}
}

// loopFile is a loop of tables of one length each, made where it is read.
type loopFile struct {
	tables, rows int
	head, body   string
	heap         uint64 // the most seen while it was read
	reads        int
}

func newLoopFile(tables, rows int) *loopFile {
	return &loopFile{tables: tables, rows: rows, head: "2026-03-10 00:00:00\r\n", body: "C:\\>netstat -ano\r\n" + tableHead + endpointMapper + rowsOf(7, 50000, rows, "ESTABLISHED")}
}

func (l *loopFile) size() int64 { return int64(l.tables) * int64(len(l.head)+len(l.body)) }

func (l *loopFile) ReadAt(p []byte, off int64) (n int, err error) {
	if l.reads++; l.reads%200 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		l.heap = max(l.heap, m.HeapAlloc)
	}
	block := int64(len(l.head) + len(l.body))
	for n < len(p) && off < l.size() {
		at := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC).Add(time.Duration(off/block) * time.Minute)
		text := at.Format("2006-01-02 15:04:05") + "\r\n" + l.body
		c := copy(p[n:], text[off%block:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// A loop of days is held by a few numbers for each table: 5,000 tables of 200 rows, which
// would be 40 MB and more if their rows were kept.
func TestMemoryOfALoop(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 80 MB")
	}
	l := newLoopFile(5000, 200)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	f := New(ranged(50000, 1000))
	h := f.Add(report.Source{Path: "loop.txt", Kind: "netstat", Size: l.size()}, strings.NewReader(""))
	f.AddTables(h, l)
	c := f.Settled()
	kept, peak := int64(heap())-int64(before), int64(l.heap)-int64(before)
	t.Logf("%d MB of text: %d KB kept, at most %d KB while it was read", l.size()>>20, kept>>10, peak>>10)
	if len(c.Tables) != 5000 || c.Sources[0].Decoded != 5000*201 || len(keptOf(c.Sources[0])) != 1 {
		t.Fatalf("%d tables, %d rows, kept %v", len(c.Tables), c.Sources[0].Decoded, keptOf(c.Sources[0]))
	}
	if kept > 8<<20 || peak > 32<<20 {
		t.Errorf("%d KB kept, at most %d KB while it was read", kept>>10, peak>>10)
	}
	if wanted(c.Tables[4999].Time) != "2026-03-13 11:19:00" {
		t.Errorf("the last table is of %v", wanted(c.Tables[4999].Time))
	}
	runtime.KeepAlive(c)
}

// What is told of a text with tables.
func TestDiagnosticsOfTables(t *testing.T) {
	failed := settled(t, ranged(50000, 100), netstat("a.txt", "The requested operation requires elevation.\r\n"))
	if d := failed.Diagnostics; len(d) != 1 || d[0].Code != "netstat-capture-failed" || !strings.Contains(d[0].Text, "elevated prompt") || len(failed.Tables) != 1 || failed.Tables[0].Names() {
		t.Errorf("%+v", failed.Diagnostics)
	}
	learned := settled(t, ranged(50000, 100), netstat("a.txt", tableHead+row("TCP", "0.0.0.0:135", "0.0.0.0:0", "LUISTERT", 956)+
		row("TCP", "1.1.1.1:50000", "2.2.2.2:80", "WACHTEND", 0)+row("TCP", "1.1.1.1:50001", "2.2.2.2:80", "VERBONDEN", 77)))
	text := ""
	for _, d := range learned.Diagnostics {
		if d.Code == "netstat-learned-state" {
			text = d.Text
		}
	}
	if !strings.Contains(text, `"LUISTERT", which stands on the endpoint mapper's port 135, as LISTENING`) || !strings.Contains(text, `"WACHTEND", which stands with PID 0 alone, as TIME_WAIT`) {
		t.Errorf("told %q", text)
	}
	if tb := learned.Tables[0]; tb.Waiting(0) != 1 || tb.Used(0) != 2 {
		t.Errorf("used %d, waiting %d", tb.Used(0), tb.Waiting(0))
	}
	broken := settled(t, ranged(50000, 100), netstat("a.txt", table(0, "", row("TCP", "10.0.0.5:70000", "10.0.0.9:443", "BOUND", 7)+row("TCP", "10.0.0.5:80000", "10.0.0.9:443", "BOUND", 7))))
	if d := broken.Diagnostics; len(d) != 1 || d[0].Code != "netstat-port" || d[0].Count != 2 || d[0].Line != 8 && d[0].Line != 7 || !broken.Sources[0].Damaged {
		t.Errorf("%+v", broken.Diagnostics)
	}
}

func addrPort(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port))
}
