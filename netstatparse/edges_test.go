package netstatparse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An unknown word is learned only if all of its rows agree: one that does not leaves all
// of them unknown, for a wrong TIME_WAIT would take ports from their process.
func TestWordsThatTeachNothing(t *testing.T) {
	const waits = "  TCP    1.1.1.1:5000   2.2.2.2:80     WACHTEND     0\r\n"
	for name, c := range map[string]struct {
		rows string
		want map[string]int
	}{
		"all of PID 0":              {waits + waits, map[string]int{"TIME_WAIT": 2}},
		"one has a process":         {waits + "  TCP    1.1.1.1:5001   2.2.2.2:80     WACHTEND     1\r\n", map[string]int{"UNKNOWN": 2}},
		"one has no peer":           {waits + "  TCP    1.1.1.1:5001   2.2.2.2:0      WACHTEND     0\r\n", map[string]int{"UNKNOWN": 2}},
		"one has no PID":            {waits + "  TCP    1.1.1.1:5001   2.2.2.2:80     WACHTEND\r\n", map[string]int{"UNKNOWN": 2}},
		"the mapper listens":        {"  TCP    0.0.0.0:135   0.0.0.0:0   LUISTERT   956\r\n", map[string]int{"LISTENING": 1}},
		"the mapper without a PID":  {"  TCP    0.0.0.0:135   0.0.0.0:0   LUISTERT\r\n", map[string]int{"LISTENING": 1}},
		"the mapper is connected":   {"  TCP    1.1.1.1:135   2.2.2.2:80   VERBONDEN   956\r\n", map[string]int{"UNKNOWN": 1}},
		"another port listens":      {"  TCP    0.0.0.0:136   0.0.0.0:0   LUISTERT   956\r\n", map[string]int{"UNKNOWN": 1}},
		"one of several words does": {"  TCP    0.0.0.0:135   0.0.0.0:0   LUISTERT   956\r\n  TCP    0.0.0.0:136   0.0.0.0:0   LUISTERT   4\r\n  TCP    0.0.0.0:137   0.0.0.0:0   X   4\r\n", map[string]int{"LISTENING": 2, "UNKNOWN": 1}},
	} {
		snapshots, _ := read(t, header+c.rows)
		if d := cmp.Diff(c.want, counts(snapshots[0])); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// What is learned of one table holds for the next, and no more than 64 words are learned.
func TestLearnedWordsStay(t *testing.T) {
	const learned, later = "  TCP    0.0.0.0:135   0.0.0.0:0   LUISTERT   956\r\n", "  TCP    0.0.0.0:445   0.0.0.0:0   LUISTERT   4\r\n"
	snapshots, _ := read(t, header+learned+header+later)
	if len(snapshots) != 2 || snapshots[1].Entries[0].State != Listening {
		t.Errorf("%+v", snapshots)
	}
	for n, want := range map[int]State{maxWords - 1: TimeWait, maxWords: StateUnknown} {
		var rows strings.Builder
		for i := range n {
			fmt.Fprintf(&rows, "  TCP    1.1.1.1:%d   2.2.2.2:80   FOO%02d   0\r\n", 5000+i, i)
		}
		snapshots, _ := read(t, header+rows.String()+header+"  TCP    1.1.1.1:9000   2.2.2.2:80   LAST   0\r\n")
		if got := snapshots[1].Entries[0].State; got != want {
			t.Errorf("%v behind %d words", got, n)
		}
		snapshots, _ = read(t, header+rows.String()+"  TCP    1.1.1.1:9000   2.2.2.2:80   LAST   0\r\n")
		if e := snapshots[0].Entries; e[len(e)-1].State != want || e[0].State != TimeWait {
			t.Errorf("%v of one table with %d words", e[len(e)-1].State, n)
		}
	}
}

// Which lines begin a row and end before it is one.
func TestHalf(t *testing.T) {
	for line, want := range map[string]bool{
		"  TCP    10.0.0.5:49152": true, "UDP [::1]:5": true, "TCP *:5": true, "tcp6 10.0.0.5:49152": true, "TCP host:5": true, "TCP 1": true,
		"TCP host": false, "TCP": false, "TCP   ": false, "TC 1.2.3.4:5": false, "TCPIP6 1.2.3.4:5": false, "TXP 1.2.3.4:5": false, "XCP 1.2.3.4:5": false, "Tcpip is here": false, "": false,
	} {
		if got := half([]byte(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

// A row that a window broke before its peer is one row, and nothing is missing.
func TestJoinedHalf(t *testing.T) {
	for name, rest := range map[string]string{
		"a row": "   10.9.9.9:443   ESTABLISHED   4242\r\n", "a row whose end is a word": "10.9.9.9:443   ESTABLISHED   4242   InHost\r\n",
	} {
		snapshots, codes := read(t, header+oneRow+"  TCP    10.0.0.5:49152\r\n"+rest+oneRow)
		s := snapshots[0]
		if len(snapshots) != 1 || len(s.Entries) != 3 || s.Entries[1].Remote.Port() != 443 || s.Entries[1].Line != 6 || codes != nil || len(s.Cuts) > 0 || s.Unread > 0 {
			t.Errorf("%s: %+v, %v", name, snapshots, codes)
		}
	}
	snapshots, _ := read(t, header+oneRow+"  TCP    10.0.0.5:49152\r\n   x=1 y=2\r\n"+oneRow)
	if s := snapshots[0]; len(s.Entries) != 2 || len(s.Cuts) == 0 || s.Cuts[0].Line != 6 || s.Cuts[0].Kind != CutRow {
		t.Errorf("half a row: %+v", s)
	}
}

// Which lines below a row name its program or a service.
func TestOwnerLines(t *testing.T) {
	for line, want := range map[string]string{
		" [a.exe]": "a.exe []", "\t[a.exe]": "a.exe []", " [svchost]": "svchost []", " [a b.exe]": "a b.exe []", " [left out by hand]": " []", " [a.exe": " []",
		"  RpcSs": " [RpcSs]", "  W3SVC_1": " [W3SVC_1]", "  c:\\a b\\x.dll": " [c:\\a b\\x.dll]", "  1234": " []", "  two words": " []", "  x:y": " []", "  gr\u00f6sse": " []",
		"  " + strings.Repeat("a", 260): " [" + strings.Repeat("a", 260) + "]", "  " + strings.Repeat("a", 261): " []",
	} {
		snapshots, _ := read(t, header+oneRow+line+"\r\n"+oneRow)
		e := snapshots[0].Entries[0]
		if got := fmt.Sprint(e.Owner, " ", e.Components); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	snapshots, codes := read(t, header+oneRow+strings.Repeat("  RpcSs\r\n", maxComponents)+oneRow)
	if len(snapshots[0].Entries[0].Components) != maxComponents || codes != nil {
		t.Errorf("%d components, %v", len(snapshots[0].Entries[0].Components), codes)
	}
	snapshots, codes = read(t, header+strings.Repeat(oneRow+strings.Repeat("  RpcSs\r\n", maxComponents+2), 2))
	if len(snapshots[0].Entries[0].Components) != maxComponents || !cmp.Equal(codes, []string{"netstat-components"}) {
		t.Errorf("%d components, told %v and not once", len(snapshots[0].Entries[0].Components), codes)
	}
}

// Ports and PIDs at the edge of what there can be.
func TestEdgesOfNumbers(t *testing.T) {
	for text, ok := range map[string]bool{"0": true, "1099511627776": true, "1099511627777": false, "": false, "1x": false, "/": false, ":": false} {
		if _, got := decimal([]byte(text)); got != ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	for text, want := range map[string]string{
		"0.0.0.0": "0.0.0.0", "255.255.255.255": "255.255.255.255", "256.1.1.1": "", "1.2.3": "", "1.2.3.": "", "1.2.3.4.": "", "1.2.3.4.5": "", ".1.2.3": "", "1..2.3": "", "01.2.3.4": "", "10.2.3.4": "10.2.3.4", "1.2.3.a": "", "": "",
	} {
		a, ok := parseIPv4([]byte(text))
		if got := a.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v", text, got, ok)
		}
	}
	for tail, want := range map[string]string{
		"ESTABLISHED 2147483647": "ESTABLISHED 2147483647", "ESTABLISHED 4294967296": "netstat-pid", "ESTABLISHED 7 8": "ESTABLISHED -1", "7": " 7", "Not Applicable": " -1", "BOUND 7 Not Applicable": "BOUND 7", "BOUND Applicable": "BOUND Applicable -1",
		"BOUND 7 InHost": "BOUND 7", "InHost": " -1", "IN ASCOLTO 7": "IN ASCOLTO 7",
	} {
		r := row{Entry: Entry{Proto: "tcp", PID: -1}, second: -1, last: -1}
		got := ""
		if err := r.parseTail([]byte(tail)); err != nil {
			got = err.Code
		} else {
			got = fmt.Sprintf("%s %d", r.word, r.PID)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", tail, got, want)
		}
	}
}

// A title or a header is told from prose.
func TestHeaders(t *testing.T) {
	for line, want := range map[string][2]bool{
		"Active Connections":                 {true, false},
		"  Proto  Local Address  Foreign":    {true, true},
		"  Proto  Local":                     {false, false},
		"Proto : TCP  x  y":                  {false, true},
		"協定  本機位址  外部位址":                     {true, true},
		"  Foo  Bar Baz  Qux":                {false, true},
		"Foo\tBar\tBaz":                      {false, true},
		"one two three":                      {false, false},
		"one  two":                           {false, false},
		"Protocol  Local Address  State  ID": {false, true},
	} {
		if got := [2]bool{known([]byte(line)), isHeader(line)}; got != want {
			t.Errorf("%q: known, header %v, want %v", line, got, want)
		}
	}
}

// Where the header of netstat -i has its time tells which number of a row is the PID.
func TestTimeInState(t *testing.T) {
	const row = "  TCP    10.0.0.5:50000   10.0.0.9:1433   ESTABLISHED   4752   1200\r\n"
	for columns, want := range map[string]int{"State   Time in State (ms)": -1, "State   PID   Time in State (ms)": 4752, "State   Time in State (ms)   PID": 1200, "State": -1} {
		snapshots, _ := read(t, "\r\nActive Connections\r\n\r\n  Proto  Local Address   Foreign Address   "+columns+"\r\n"+row)
		if got := snapshots[0].Entries[0].PID; got != want {
			t.Errorf("%s: PID %d, want %d", columns, got, want)
		}
	}
	snapshots, _ := read(t, "\r\nActive Connections\r\n\r\n  Proto  Local Address   Foreign Address   State   PID   Time in State (ms)\r\n  TCP    10.0.0.5:50000   10.0.0.9:1433   ESTABLISHED   4752\r\n")
	if got := snapshots[0].Entries[0].PID; got != -1 {
		t.Errorf("one number of two: PID %d", got)
	}
}

// The states by their numbers in between: a word of three letters stands in the place of Ö.
func TestStatesByShape(t *testing.T) {
	for word, want := range map[string]State{"ABHabcREN": Listening, "ABHabcdREN": StateUnknown, "abhxren": Listening, "ABHREN": StateUnknown, "Listen": Listening, "timewait": TimeWait, "Time_Wait": TimeWait, "wartend": TimeWait} {
		if got, _ := stateOf(word); got != want {
			t.Errorf("%s: %v", word, got)
		}
	}
	if got := State(len(stateWords)).String(); got != "UNKNOWN" {
		t.Errorf("a state that is none: %s", got)
	}
}

// In a table with -q a word that only processes have and never with a peer is BOUND, once
// another word is known to be LISTENING; without -q it is not told.
func TestBoundInAnotherLanguage(t *testing.T) {
	const rows = "  TCP    0.0.0.0:135   0.0.0.0:0   ABHÖREN   956\r\n  TCP    0.0.0.0:50000   0.0.0.0:0   GEBUNDEN   7\r\n"
	for command, want := range map[string]State{"C:\\>netstat -anoq": Bound, "C:\\>netstat -ano": StateUnknown} {
		snapshots, _ := read(t, command+"\r\n"+header+rows)
		if len(snapshots) != 1 || snapshots[0].Entries[1].State != want || snapshots[0].HasBound != (want == Bound) {
			t.Errorf("%s: %+v", command, snapshots)
		}
	}
	snapshots, _ := read(t, "C:\\>netstat -anoq\r\n"+header+rows+"  TCP    10.0.0.5:50001   10.0.0.9:443   GEBUNDEN   7\r\n")
	if s := snapshots[0].Entries[1].State; s != StateUnknown {
		t.Errorf("with a peer: %v", s)
	}
}

// Programs behind a pipe that leave every row: the table below is as whole as without them.
func TestHarmlessPipes(t *testing.T) {
	for name := range strings.FieldsSeq("ft Format-Table fl Format-List fw Format-Wide Out-File Out-String Out-Host oh Out-Default tee Tee-Object Set-Content Add-Content clip Set-Clipboard scb sort Sort-Object " +
		"Export-Csv epcsv ConvertTo-Csv ConvertTo-Json ConvertTo-Html Export-Clixml group Group-Object measure Measure-Object cat") {
		if c := readCommand("netstat -anoq | "+name, 1); c.filters != nil || !c.tables || !c.q {
			t.Errorf("%s: %+v", name, c)
		}
	}
	for _, name := range []string{"more", "select -First 5", "head", "findstr 5", "where x", "ftx"} {
		if c := readCommand("netstat -anoq | "+name, 1); len(c.filters) != 1 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// Words that Windows writes in its languages and that no rule could tell.
func TestWordsOfTables(t *testing.T) {
	for _, title := range []string{
		"Active Connections", "Aktive Verbindungen", "Connexions actives", "Conexiones activas", "Conexões ativas", "Активные подключения", "活动连接", "使用中連線", "활성 연결", "アクティブな接続", "Connessioni attive",
	} {
		if kind, _ := Sniff([]byte("\r\n" + title + "\r\n\r\n")); kind != "netstat" {
			t.Errorf("%s: %q", title, kind)
		}
	}
	for _, first := range []string{"Proto", "Имя", "协议", "協定", "프로토콜", "プロトコル", "İl.Kr."} {
		if !known([]byte("  " + first + "  a  b  c")) {
			t.Errorf("%s begins no header", first)
		}
	}
	for word := range strings.FieldsSeq("InHost Offloading Offloaded Uploading Internet Datacenter Compat Custom Automatic InternetCustom DatacenterCustom") {
		if e := firstEntries(t, header+"  TCP    10.0.0.5:5   10.0.0.9:6   ESTABLISHED   7   "+word+"\r\n"); len(e) != 1 || e[0].PID != 7 || e[0].State != Established {
			t.Errorf("%s: %+v", word, e)
		}
	}
	for word, want := range map[string]State{
		"SYN_RCVD": SynReceived, "FIN_WAIT1": FinWait1, "FIN_WAIT2": FinWait2, "Listen": Listening, "SynSent": SynSent, "SynReceived": SynReceived, "FinWait1": FinWait1, "FinWait2": FinWait2,
		"CloseWait": CloseWait, "LastAck": LastAck, "TimeWait": TimeWait, "DeleteTcb": DeleteTCB, "FIN_WARTEN_1": FinWait1, "Established": Established, "Closing": Closing, "Closed": Closed, "Bound": Bound,
	} {
		if got, ok := stateOf(word); !ok || got != want {
			t.Errorf("%s: %v", word, got)
		}
	}
	for text, why := range map[string]string{
		"The requested operation requires elevation.": "elevation", "L'opération demandée nécessite une élévation.": "elevation", "La operación solicitada requiere elevación.": "elevation",
		"Zeigt Protokollstatistiken und aktuelle TCP/IP-Netzwerkverbindungen an.": "usage", "It requires patience.": "",
	} {
		if got := failure(text); got != why {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// A window that was too narrow by a digit or more broke PIDs. A count below a table is none
// of it: PIDs are multiples of four and not that long.
func TestBrokenPIDs(t *testing.T) {
	const row = "  TCP    0.0.0.0:50000          0.0.0.0:0              BOUND           "
	for text, want := range map[string]int{
		row + "5\r\n120\r\n" + row + "5\r\n120\r\n": 5120,
		row + "51\r\n20  \r\n":                      5120,
		row + "512\r\n0\r\n":                        5120,
		row + "900\r\n1\r\n":                        900,
		row + "4\r\n\r\n120\r\n":                    4,
		row + "5120\r\n4000\r\n":                    5120,
		row + "512\r\n0 x\r\n":                      512,
		row + "0\r\n120\r\n":                        0,
	} {
		snapshots, _ := read(t, header+text)
		for _, e := range snapshots[0].Entries {
			if e.PID != want || e.State != Bound {
				t.Errorf("%q: PID %d, not %d", text, e.PID, want)
			}
		}
	}
}

// A page of one long line is read in pieces, and no entity is lost where one ends.
func TestEntityAtTheEndOfAPiece(t *testing.T) {
	const rows = 2000
	var page strings.Builder
	for i := range rows {
		fmt.Fprintf(&page, "<div>&nbsp; TCP&nbsp;   0.0.0.0:%d&nbsp;   0.0.0.0:0&nbsp; &nbsp; BOUND&nbsp;   5120</div>", 50000+i)
	}
	snapshots, errs := read(t, header+"<html><body>"+page.String()+"</body></html>\r\n")
	if len(snapshots) != 1 || len(snapshots[0].Entries) != rows || len(errs) != 0 || len(snapshots[0].Cuts) != 0 {
		t.Fatalf("%+v, %v", snapshots, errs)
	}
}
