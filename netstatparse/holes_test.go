package netstatparse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A kind of cut that has no name yet is told all the same.
func TestKindsOfCuts(t *testing.T) {
	if got := fmt.Sprint(CutElision, CutShort, CutShort+1, CutKind(255)); got != "elision short unknown unknown" {
		t.Error(got)
	}
}

// Exactly as many damaged lines as are told one by one leave nothing to be counted; of more
// it is said at the end how many they are.
func TestCountOfDamagedLines(t *testing.T) {
	const bad = "  TCP    0.0.0.0:99999   0.0.0.0:0   LISTENING   1\r\n"
	for n, want := range map[int]string{maxErrors: "", maxErrors + 1: "1 further damaged lines", maxErrors + 7: "7 further damaged lines"} {
		last := &FormatError{}
		for _, err := range NewReader(strings.NewReader(header + strings.Repeat(bad, n))).Snapshots() {
			errors.As(err, &last)
		}
		if got := last.Text; last.Code == "netstat-more" != (want != "") || want != "" && (got != want || last.Line != 4+n) {
			t.Errorf("%d: line %d: %s, want %q", n, last.Line, got, want)
		}
	}
}

// A file that cannot be read on gives its tables so far, and says behind which line.
func TestReadingBreaksOff(t *testing.T) {
	var got []string
	for s, err := range NewReader(io.MultiReader(strings.NewReader(header+oneRow+oneRow), iotest.ErrReader(errors.New("disk gone")))).Snapshots() {
		var fe *FormatError
		if errors.As(err, &fe) {
			got = append(got, fmt.Sprint(fe.Line, " ", fe.Code, " ", fe.Text))
		} else {
			got = append(got, fmt.Sprint(len(s.Entries)))
		}
	}
	if want := []string{"2", "7 netstat-read disk gone"}; !cmp.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Words above one table say nothing of the next; words between rows say that a table is not
// whole, and so do more kinds of lines below rows than are counted.
func TestWordsAroundTables(t *testing.T) {
	const row = "  TCP    10.0.0.5:50000         10.0.0.9:1433          ESTABLISHED     5\r\n"
	got, _ := read(t, "the first few rows of netstat:\r\n"+header+row+row+"\r\n"+header+row)
	if len(got) != 2 || kinds(got[0]) != "1 prose the first few rows of netstat:" || kinds(got[1]) != "" {
		t.Errorf("%+v", got)
	}
	for text, want := range map[string]string{
		header + row + "\r\nhere\r\n" + row: "7 prose here", header + row + "  what may this be\r\n" + row: "6 prose what may this be",
		header + row + " [a.exe]\r\n" + row + "  what may this be\r\n" + row + "  what may this be\r\n" + row: "",
	} {
		if s := one(t, text); kinds(s) != want {
			t.Errorf("%q: %s", text, kinds(s))
		}
	}
	var many strings.Builder
	for i := range maxWords + 1 {
		fmt.Fprintf(&many, "  an odd line of %d words\r\n%s", i, row)
	}
	// Those that stand once are prose as well; the one that is not counted is told like them.
	if s := one(t, header+row+many.String()); len(s.Cuts) != maxWords+1 || s.Cuts[maxWords].Line != 4+2*(maxWords+1) && s.Cuts[0].Line != 4+2*(maxWords+1) {
		t.Errorf("%d cuts: %s", len(s.Cuts), kinds(s))
	}
	// What stands between the rows, and not below one, is no message of -b, however often.
	const owned = row + " [a.exe]\r\n"
	if s := one(t, header+owned+"\r\nhere\r\n"+owned+"\r\nhere\r\n"+owned); kinds(s) != "8 prose here|12 prose here" {
		t.Error(kinds(s))
	}
}

// A program in a sentence above a table that passes on some rows only, piped, makes it one
// that is not whole; one that only shows them does not.
func TestEveryFilterInASentence(t *testing.T) {
	const row = "  TCP    10.0.0.5:50000         10.0.0.9:1433          ESTABLISHED     5\r\n"
	for name := range filtering {
		s := one(t, "I typed netstat -ano | "+name+" 1433 and got\r\n"+header+row)
		if !slices.ContainsFunc(s.Cuts, func(c Cut) bool { return c.Kind == CutFilter && c.Line == 1 }) {
			t.Errorf("%s: %s", name, kinds(s))
		}
	}
	for name := range filtering { // of a file that holds a table
		if c := readCommand(name+" 1433 netstat.txt", 1); !c.tables || len(c.filters) != 1 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := readCommand("dir | findstr 1433", 1); c.tables {
		t.Errorf("%+v", c)
	}
	for _, name := range []string{"sort", "ft", "tee", "clip"} {
		if s := one(t, "I typed netstat -ano | "+name+" and got\r\n"+header+row); len(s.Cuts) > 0 {
			t.Errorf("%s: %s", name, kinds(s))
		}
	}
}

// A row of PID 0 whose PID stands in the next line has one.
func TestBrokenRowOfPIDZero(t *testing.T) {
	const a = "  TCP    10.0.0.5:50001   10.0.0.9:1433   TIME_WAIT"
	s := one(t, header+oneRow+a+"\r\n   0\r\n"+oneRow)
	if len(s.Entries) != 3 || s.Entries[1].PID != 0 || s.Entries[1].State != TimeWait || len(s.Cuts) > 0 {
		t.Errorf("%+v", s)
	}
	if s := one(t, header+oneRow+"  TCP    10.0.0.5:50001   0.0.0.0:0\r\n   BOUND  7\r\n"+oneRow); len(s.Entries) != 3 || s.Entries[1].State != Bound || s.Entries[1].PID != 7 || !s.HasBound {
		t.Errorf("%+v", s)
	}
	if s := one(t, header+oneRow+a+"\r\n"+oneRow); len(s.Cuts) == 0 {
		t.Errorf("%+v", s)
	}
}

// Objects at the edges of what their forms allow.
func TestEdgesOfObjects(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"no empty line between objects": {"LocalAddress : 10.0.0.5\nLocalPort : 1\nState : Bound\nLocalAddress : 10.0.0.6\nLocalPort : 2\nState : Bound\nLocalAddress : 10.0.0.7\nLocalPort : 3\nState : Bound\n", []string{
			"1 tcp 10.0.0.5:1 ?:0 BOUND -1", "4 tcp 10.0.0.6:2 ?:0 BOUND -1", "7 tcp 10.0.0.7:3 ?:0 BOUND -1",
		}},
		"names in two words": {"Local Address : 10.0.0.5\nLocal Port : 1\nRemote Address : 10.0.0.9\nRemote Port : 2\nState : Bound\n", []string{"1 tcp 10.0.0.5:1 10.0.0.9:2 BOUND -1"}},
		"JSON with more, and with nothing": {`[{"LocalAddress":"10.0.0.5","LocalPort":1,"RemoteAddress":null,"RemotePort":null,"State":100,"Zone":"x","CreationTime":"y","Count":3,"Name":"n","OwningProcess":null}]`, []string{
			"1 tcp 10.0.0.5:1 ?:0 BOUND -1",
		}},
		"JSON of several answers": {`[{"value":[{"LocalAddress":"10.0.0.5","LocalPort":1,"State":100}],"Count":1},{"value":[{"LocalAddress":"10.0.0.5","LocalPort":2,"State":100}],"Count":1}]`, []string{
			"1 tcp 10.0.0.5:1 ?:0 BOUND -1", "1 tcp 10.0.0.5:2 ?:0 BOUND -1",
		}},
		"JSON in lines, with more and with nothing": {"x\n{\"LocalAddress\":\"10.0.0.5\",\"LocalPort\":1,\"RemoteAddress\":null,\"State\":100,\"Zone\":\"x\",\"Count\":3,\"Name\":\"n\",\"OwningProcess\":null}\n", []string{"2 tcp 10.0.0.5:1 ?:0 BOUND -1"}},
		"a star for all addresses":                  {"LocalAddress  RemoteAddress State\n------------  ------------- -----\n*:6           10.0.0.9:7    Listen\n:8            10.0.0.9:7    Listen\n", []string{"3 tcp ?:6 10.0.0.9:7 LISTENING -1"}},
		"a header and a broken row":                 {"LocalPort,State\nx,y,z\n\"5\n6,Bound\n", nil},
		"a quotation below columns":                 {"LocalAddress LocalPort State\n------------ --------- -----\n10.0.0.5     80        Bound\n\"said he\"\n", []string{"3 tcp 10.0.0.5:80 ?:0 BOUND -1"}},
		"columns without a local port":              {"LocalAddress State RemoteAddress\n------------ ----- -------------\n10.0.0.5     Bound 10.0.0.9\n", nil},
		"an IPv6 address whose port is a word":      {"LocalAddress LocalPort RemoteAddress\n------------ --------- -------------\nfe80::1      http      10.0.0.9\n", nil},
	} {
		if got := briefly(t, c.text); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
	if s := one(t, "LocalAddress LocalPort State\n------------ --------- -----\n10.0.0.5     80        Bound\n\"said he\"\n"); kinds(s) != "" {
		t.Error(kinds(s))
	}
	if s := one(t, "LocalPort,State\n5,Bound\n6,Bound,x\n"); kinds(s) != "3 row 6,Bound,x" {
		t.Error(kinds(s))
	}
}

// A title alone tells a table that is empty.
func TestSniffOfAnEmptyTable(t *testing.T) {
	for text, want := range map[string]string{"\r\nActive Connections\r\n\r\n": "netstat", "\r\nAktive Verbindungen\r\n": "netstat", "\r\nConnections\r\n": "", oneRow + oneRow: "", oneRow + oneRow + oneRow: "netstat"} {
		if kind, ok := Sniff([]byte(text)); kind != want || ok != (want != "") {
			t.Errorf("%q: %q %v", text, kind, ok)
		}
	}
}

// A table is found right behind a long line, wherever the file is read in blocks.
func TestFindBehindALongLine(t *testing.T) {
	rows := strings.Repeat(strings.TrimLeft(oneRow, " "), 3)
	for _, before := range []int{70 << 10, blockSize - 1, blockSize, blockSize + 1000, blockSize + findWindow - 2} {
		text := strings.Repeat("x", before) + "\n" + rows + strings.Repeat("y", 200<<10)
		if kind, offset, ok := Find(bytes.NewReader([]byte(text)), int64(len(text))); !ok || kind != "netstat" || offset > int64(before)+1 {
			t.Errorf("behind %d bytes: %q at %d, %v", before, kind, offset, ok)
		}
	}
}

// A year of two digits is one of this century.
func TestShortYears(t *testing.T) {
	for text, want := range map[string]time.Time{
		"13.10.20 14:22:01": time.Date(2020, 10, 13, 14, 22, 1, 0, time.UTC), "10/13/20 14:22:01": time.Date(2020, 10, 13, 14, 22, 1, 0, time.UTC), "2020-10-13 14:22:01": time.Date(2020, 10, 13, 14, 22, 1, 0, time.UTC),
	} {
		if s := one(t, text+"\r\n"+header+oneRow); !s.Local.Equal(want) {
			t.Errorf("%s: %v", text, s.Local)
		}
	}
}

// JSON between other lines opens and closes with a mark alone on its line, or behind a name.
func TestMarksOfJSON(t *testing.T) {
	for line, want := range map[string]byte{
		"{": '{', "  },": '}', "\t]": ']', "[": '[', `  "CimClass":  {`: '{', `  "x":  [`: '[', `  "x":  "y}"`: 0, "x {": 0, "": 0, " ,": 0, "}}": 0, `"a": 1`: 0,
	} {
		if got := jsonMark([]byte(line)); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
