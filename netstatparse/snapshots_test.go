package netstatparse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"portverdict/netstatparse/textgen"
)

const oneRow = "  TCP    10.0.0.5:50000         10.0.0.9:1433          TIME_WAIT       0\r\n"

// A loop whose command is echoed right below the rows of the table before.
func TestCommandRightBelowATable(t *testing.T) {
	const loop = "C:\\>netstat -anoq\r\n" + header + "  TCP    10.0.0.5:50000   198.51.100.7:443   ESTABLISHED   4242\r\n"
	snapshots, codes := read(t, loop+loop+loop)
	if len(snapshots) != 3 || len(codes) != 0 {
		t.Fatalf("%d tables, %v", len(snapshots), codes)
	}
	for i := range snapshots {
		if !snapshots[i].HasQ || len(snapshots[i].Entries) != 1 {
			t.Errorf("table %d: %+v", i, snapshots[i])
		}
	}
}

func TestStamps(t *testing.T) {
	at := func(y, mo, d, h, mi, s, ms int) time.Time {
		return time.Date(y, time.Month(mo), d, h, mi, s, ms*1e6, time.UTC)
	}
	for _, c := range []struct {
		text      string
		want      time.Time
		ambiguous bool
	}{
		{"Tue 10/13/2020 14:22:01.55 ", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"Tue 03/10/2026  9:50:07.74 ", at(2026, 3, 10, 9, 50, 7, 740), false},
		{"Sat 03/10/2026  9:50:07.74", at(2026, 10, 3, 9, 50, 7, 740), false}, // 3 October is the Saturday
		{"13.10.2020 14:22:01,55 ", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"10.03.2026 09:50:07,74", at(2026, 3, 10, 9, 50, 7, 740), false},
		{"Di 13.10.2020 14:22:01,55", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"13/10/2020 14:22:01.55", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"03/10/2020 14:22:01,55", at(2020, 10, 3, 14, 22, 1, 550), false},
		{"03/10/2020 14:22:01.55", at(2020, 3, 10, 14, 22, 1, 550), true},
		{"07/07/2020 14:22:01.55", at(2020, 7, 7, 14, 22, 1, 550), false},
		{"di 13-10-2020 14:22:01,55", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"2020-10-13 14:22:01,55", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"2020-10-13T14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"2020/10/13 14:22:01.55", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"2020/10/13 周二 14:22:01.55", at(2020, 10, 13, 14, 22, 1, 550), false},
		{"10/13/2020 2:22:01 PM", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"10/13/2020 12:00:01 AM", at(2020, 10, 13, 0, 0, 1, 0), false},
		{"Tuesday, October 13, 2020 2:22:01 PM", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"Dienstag, 13. Oktober 2020 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"mardi 13 octobre 2020 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"martes, 13 de octubre de 2020 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"terça-feira, 13 de outubro de 2020 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"wtorek, 13 października 2020 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"úterý 13. října 2020 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"13 октября 2020 г. 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"2020年10月13日 14:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"2020년 10월 13일 화요일 오후 2:22:01", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"20201013-142201", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"[13/Oct/2020 14:22:01]", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"Timestamp: 2020-10-13T14:22:01+0000", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"Command start time: 20201013142201", at(2020, 10, 13, 14, 22, 1, 0), false},
		{"=== 2020-10-13 14:22:01 ===", at(2020, 10, 13, 14, 22, 1, 0), false},
	} {
		snapshots, codes := read(t, c.text+"\r\n"+header+oneRow)
		if len(snapshots) != 1 || codes != nil {
			t.Fatalf("%s: %d snapshots, errors %v", c.text, len(snapshots), codes)
		}
		s := snapshots[0]
		if !s.Local.Equal(c.want) || s.Ambiguous != c.ambiguous || s.StampLine != 1 || s.Stamp != strings.TrimSpace(c.text) {
			t.Errorf("%s: %v ambiguous %v, line %d, %q", c.text, s.Local, s.Ambiguous, s.StampLine, s.Stamp)
		}
	}
}

// The name of the machine may stand beside the time.
func TestStampedHost(t *testing.T) {
	for text, want := range map[string][2]string{
		"2026-03-10 09:00:00 SRV01": {"2026-03-10 09:00:00", "SRV01"}, "FILESRV - 10.03.2026  9:00:00,12": {"10.03.2026  9:00:00,12", "FILESRV"},
		"Tue 03/10/2026 14:22:01.55 [WEB-2]": {"Tue 03/10/2026 14:22:01.55", "WEB-2"}, "2026-03-10 09:00:00 CEST": {}, "2026-03-10 09:00:00": {}, "Tuesday, March 10, 2026 9:00:00 AM": {}, "x SRV01": {},
	} {
		if stamp, host := stampedHost(text); stamp != want[0] || host != want[1] {
			t.Errorf("%q: %q %q", text, stamp, host)
		}
	}
}

func TestNotStamps(t *testing.T) {
	for _, text := range []string{
		"2020-13-40 14:22:01", "13/13/2020 14:22:01", "30.02.2020 10:00:00", "2020-10-13 25:00:00", "10/13/2020 13:22:01 PM",
		"2020-10-13", "14:22:01,55", "Frobday, Foober 13, 2020 2:22:01 PM", "10/13-2020 14:22:01", "1:2:3 4.5.6",
	} {
		if s, ok := parseStamp(text); ok {
			t.Errorf("%q is taken for %+v", text, s)
		}
	}
}

// PowerShell's Get-Date leaves two empty lines, and netstat's own head follows.
func TestStampOfGetDate(t *testing.T) {
	head := "\r\nTuesday, October 13, 2020 2:22:01 PM\r\n\r\n\r\n"
	for _, between := range []string{"", "PS C:\\> netstat -anobq\r\n"} {
		snapshots, _ := read(t, head+between+header+oneRow)
		if len(snapshots) != 1 || snapshots[0].Local.IsZero() {
			t.Errorf("with %q between: %+v", between, snapshots)
		}
	}
}

// Where the language of the headings writes dates with slashes, days stand first. German
// writes them with dots: a date with slashes is of settings that nobody knows.
func TestStampOrderOfTheLanguage(t *testing.T) {
	for heading, ambiguous := range map[string]bool{
		"Connexions actives\r\n\r\n  Proto  Adresse locale         Adresse distante       État            PID":   false,
		"  Proto  Dirección local          Dirección remota        Estado            PID":                        false,
		"Aktive Verbindungen\r\n\r\n  Proto  Lokale Adresse         Remoteadresse          Status           PID": true,
		"Активные подключения\r\n\r\n  Имя    Локальный адрес        Внешний адрес          Состояние       PID": true,
	} {
		snapshots, _ := read(t, "03/10/2020 14:22:01\r\n\r\n"+heading+"\r\n"+oneRow)
		if len(snapshots) != 1 || snapshots[0].Ambiguous != ambiguous || !ambiguous && snapshots[0].Local.Month() != time.October {
			t.Errorf("%s: %+v", heading, snapshots)
		}
	}
}

// One stamp that proves the order of day and month proves it for the rest of the file.
func TestStampOrderLearned(t *testing.T) {
	snapshots, _ := read(t, "03/10/2020 14:22:01.55\r\n"+header+oneRow+"13/10/2020 14:22:01.55\r\n"+header+oneRow+"03/11/2020 14:22:01.55\r\n"+header+oneRow)
	if len(snapshots) != 3 {
		t.Fatalf("%d snapshots", len(snapshots))
	}
	if !snapshots[0].Ambiguous || snapshots[1].Ambiguous || snapshots[2].Ambiguous {
		t.Error("ambiguity is not told as it is")
	}
	if m := snapshots[2].Local.Month(); m != time.November {
		t.Errorf("the third stamp is in %v", m)
	}
}

func TestStampTooFarAbove(t *testing.T) {
	snapshots, _ := read(t, "2020-10-13 14:22:01\r\n"+strings.Repeat("\r\n", stampReach)+oneRow+oneRow)
	if snapshots[0].Stamp != "" || !snapshots[0].Local.IsZero() {
		t.Errorf("a stamp %d lines above is taken", stampReach+1)
	}
}

// What starts a new table, and what does not.
func TestBoundaries(t *testing.T) {
	row := func(port string) string {
		return "  TCP    10.0.0.5:" + port + "   10.0.0.9:1433   ESTABLISHED   7\r\n"
	}
	for _, c := range []struct {
		name, text string
		rows       []int
		filtered   bool
	}{
		{"one", header + row("1") + row("2"), []int{2}, false},
		{"interval mode", header + row("1") + row("2") + header + row("1"), []int{2, 1}, false},
		{"loop without header", "2020-10-13 14:22:01\r\n" + row("1") + row("2") + "2020-10-13 14:23:01\r\n" + row("3"), []int{2, 1}, true},
		{"findstr", row("1") + row("2") + row("1") + row("2") + row("3"), []int{2, 3}, true},
		{"statistics after", header + row("1") + "\r\nIPv4 Statistics\r\n\r\n  Packets Received = 4\r\n", []int{1}, false},
		{"blank lines inside", header + row("1") + "\r\n" + row("2"), []int{2}, false},
		{"localised", "\r\nAktif\r\n\r\n  Foo  Bar Baz  Qux\r\n" + row("1"), []int{1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			snapshots, codes := read(t, c.text)
			var rows []int
			for _, s := range snapshots {
				rows = append(rows, len(s.Entries))
				if s.Filtered != c.filtered {
					t.Errorf("Filtered is %v", s.Filtered)
				}
			}
			if !cmp.Equal(rows, c.rows) || codes != nil {
				t.Errorf("rows %v, want %v; errors %v", rows, c.rows, codes)
			}
		})
	}
}

func TestFailedCaptures(t *testing.T) {
	for text, why := range map[string]string{
		"The requested operation requires elevation.\r\n":                                                       "elevation",
		"Der angeforderte Vorgang erfordert erh\u00f6hte Rechte.\r\n":                                           "elevation",
		"\r\nDisplays protocol statistics and current TCP/IP network connections.\r\n\r\nNETSTAT [-a] [-b]\r\n": "usage",
	} {
		if kind, _ := Sniff([]byte(text)); kind != "netstat" {
			t.Errorf("%q is not told to be netstat's", text)
		}
		snapshots, codes := read(t, text)
		if len(snapshots) != 1 || codes != nil || snapshots[0].Failed != why || len(snapshots[0].Entries) != 0 {
			t.Errorf("%q: %+v, errors %v", text, snapshots, codes)
		}
	}
	// A loop that once had no rights: the other tables stay.
	snapshots, _ := read(t, "2020-10-13 14:22:01\r\nThe requested operation requires elevation.\r\n2020-10-13 14:23:01\r\n"+header+oneRow)
	if len(snapshots) != 2 || snapshots[0].Failed == "" || snapshots[0].Stamp == "" || len(snapshots[1].Entries) != 1 {
		t.Errorf("%+v", snapshots)
	}
}

func TestFlags(t *testing.T) {
	snapshots, _ := read(t, "C:\\>netstat -anoq\r\n"+header+"  TCP    [::1]:5   [::]:0   LISTENING   7\r\n\r\n[netstat -ano]\r\n"+header+"  UDP    0.0.0.0:5   *:*   \r\n")
	if len(snapshots) != 2 {
		t.Fatalf("%d snapshots", len(snapshots))
	}
	a, b := snapshots[0], snapshots[1]
	if !a.HasQ || a.HasBound || !a.HasPID || !a.HasIPv6 || a.HasUDP || a.HasOwner {
		t.Errorf("first: %+v", a)
	}
	if b.HasQ || b.HasBound || b.HasPID || b.HasIPv6 || !b.HasUDP {
		t.Errorf("second: %+v", b)
	}
}

// A file that ends inside a table says so, and the PID of the last row, which
// may have lost digits, is not believed; a prompt behind the table is no cut.
func TestCutFiles(t *testing.T) {
	rows := "  TCP    1.1.1.1:5   2.2.2.2:6   ESTABLISHED   4242\r\n  TCP    1.1.1.1:7   2.2.2.2:6   ESTABLISHED   42"
	for text, want := range map[string]struct {
		cut bool
		pid int
	}{
		header + rows:                          {true, -1},
		header + rows + "\r\n":                 {false, 42},
		header + rows + "\r\n [leaky.ex":       {true, 42},
		header + rows + "\r\n\r\nC:\\>":        {false, 42},
		header + rows + "\r\n\x00\x00\x00\x00": {true, 42},
		header + rows + "\r\n\x1a":             {false, 42},
	} {
		snapshots, _ := read(t, text)
		e := snapshots[0].Entries
		if snapshots[0].Truncated != want.cut || len(e) != 2 || e[1].PID != want.pid || e[0].PID != 4242 {
			t.Errorf("%q: truncated %v, rows %+v", text[len(text)-20:], snapshots[0].Truncated, e)
		}
	}
}

func wide(text string, order binary.ByteOrder) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(text)) {
		_ = binary.Write(&b, order, u)
	}
	return b.String()
}

// The same table gives the same rows in every encoding.
func TestEncodings(t *testing.T) {
	text := "\r\nAktive Verbindungen\r\n\r\n  Proto  Lokale Adresse\r\n  TCP    0.0.0.0:135   0.0.0.0:0   ABHÖREN   956\r\n [größe.exe]\r\n" + oneRow
	cp850, err := charmap.CodePage850.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := read(t, text)
	for name, saved := range map[string]string{
		"cp850": cp850, "UTF-8 with mark": "\ufeff" + text,
		"UTF-16LE": wide("\ufeff"+text, binary.LittleEndian), "UTF-16BE": wide("\ufeff"+text, binary.BigEndian),
		"UTF-16LE without mark": wide(text, binary.LittleEndian), "UTF-16BE without mark": wide(text, binary.BigEndian),
		"LF": strings.ReplaceAll(text, "\r", ""), "CR CR LF": strings.ReplaceAll(text, "\r", "\r\r"),
	} {
		if got, codes := read(t, saved); codes != nil || !equalRows(got, want) {
			t.Errorf("%s: %+v, errors %v", name, got, codes)
		}
	}
}

func equalRows(a, b []Snapshot) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i].Entries) != len(b[i].Entries) || a[i].Line != b[i].Line {
			return false
		}
		for j := range a[i].Entries {
			x, y := a[i].Entries[j], b[i].Entries[j]
			if x.Proto != y.Proto || x.Local != y.Local || x.Remote != y.Remote || x.State != y.State || x.PID != y.PID || x.Owner != y.Owner || x.Line != y.Line {
				return false
			}
		}
	}
	return true
}

// A reader that gives a byte at a time changes nothing, and one that fails is told.
func TestReaders(t *testing.T) {
	text := header + strings.Repeat(oneRow, 50)
	want, _ := read(t, text)
	var got []Snapshot
	for s, err := range NewReader(iotest.OneByteReader(strings.NewReader(text))).Snapshots() {
		if err != nil {
			t.Fatal(err)
		}
		s.Entries = slices.Clone(s.Entries)
		got = append(got, s)
	}
	if !equalRows(got, want) {
		t.Error("rows differ when read byte by byte")
	}
	var last error
	for _, err := range NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("disk gone")))).Snapshots() {
		if err != nil {
			last = err
		}
	}
	if fe, ok := last.(*FormatError); !ok || fe.Code != "netstat-read" || !strings.Contains(fe.Text, "disk gone") {
		t.Errorf("error %v", last)
	}
}

// Every prefix of a table is read, and no row is in it that the whole has not.
func TestEveryCut(t *testing.T) {
	text := "Tue 10/13/2020 14:22:01.55 \r\n" + header + "  TCP    0.0.0.0:49701   0.0.0.0:0   BOUND   4388\r\n [a b.exe]\r\n" + oneRow
	for n := range len(text) {
		for _, e := range firstEntries(t, text[:n]) {
			if p := e.PID; p != -1 && p != 0 && p != 4388 {
				t.Fatalf("cut at %d: PID %d is in no row", n, p)
			}
		}
	}
}

func firstEntries(t *testing.T, text string) []Entry {
	snapshots, _ := read(t, text)
	if len(snapshots) == 0 {
		return nil
	}
	return snapshots[0].Entries
}

func FuzzSnapshots(f *testing.F) {
	for name := range corpus(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("Tue 10/13/2020 14:22:01.55 \r\n" + header + oneRow))
	f.Add([]byte(wide("\ufeff"+header+oneRow, binary.LittleEndian)))
	f.Add([]byte(header + "  TCP    0.0.0.0:135   0.0.0.0:0   ABH\x99REN   956\r\n  RpcSs\r\n [svchost.exe]\r\n"))
	for _, w := range textgen.Wraps() {
		if strings.HasPrefix(w.Name, "mail-") || w.Name == "clixml" {
			wrapped, _ := w.Apply(header + oneRow)
			f.Add([]byte(wrapped))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Sniff(data)
		rows, lines := 0, bytes.Count(data, []byte("\n"))+bytes.Count(data, []byte("\r"))+1
		most, plain := lines, bytes.ReplaceAll(data, []byte{0}, nil)
		switch upper := bytes.ToUpper(plain); {
		case bytes.ContainsAny(plain, "{[\"<&"), bytes.Contains(upper, []byte("BASE64")), bytes.Contains(upper, []byte("QUOTED")):
			most = len(data) // a line of JSON, of HTML or of a mail can hold many rows
		default: // so can one that runs on
			most += bytes.Count(upper, []byte("TCP")) + bytes.Count(upper, []byte("UDP"))
		}
		for s, err := range NewReader(bytes.NewReader(data)).Snapshots() {
			if err != nil {
				continue
			}
			rows += len(s.Entries)
			law(t, &s)
			for _, e := range s.Entries {
				if e.Line < 1 || e.Line > lines || e.PID < -1 {
					t.Fatalf("impossible row %+v", e)
				}
			}
		}
		if rows > most {
			t.Fatalf("%d rows of %d lines, %d at most", rows, lines, most)
		}
	})
}

func FuzzStamp(f *testing.F) {
	f.Add("Tue 10/13/2020 14:22:01.55")
	f.Add("Tuesday, October 13, 2020 2:22:01 PM")
	f.Add("13.10.2020 14:22:01,55")
	f.Fuzz(func(t *testing.T, text string) {
		if s, ok := parseStamp(text); ok {
			if at := s.local(s.order); at.Year() > 9999 {
				t.Fatalf("%q: %v", text, at)
			}
		}
	})
}
