package saved

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

const goodEvent = "<Event xmlns='x'><System><Provider Name='Tcpip'/><EventID>4231</EventID><TimeCreated SystemTime='2026-11-20T09:14:33Z'/></System></Event>"

// codes counts what a text gives: records under "", damage under its code.
func codes(t *testing.T, text string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for rec, err := range NewReader(strings.NewReader(text)).Records() {
		switch {
		case err != nil:
			n[err.(*FormatError).Code]++
		case rec.Event.ID == 4231:
			n[""]++
		}
	}
	return n
}

// TestLimits has each limit at its last good value and one beyond.
func TestLimits(t *testing.T) {
	xml := func(part string) string {
		return strings.Replace(goodEvent, "</System>", "</System><EventData>"+part+"</EventData>", 1) + "\n" + goodEvent
	}
	pad := func(text string, most int) string { return text + strings.Repeat("x", most-len(text)) }
	data := len(xml("<Data></Data>")) - len(goodEvent) - 1
	row := "11/20/2026 10:14:33,Tcpip,4231,"
	head := "TimeCreated,ProviderName,Id,Message\n"
	noProvider := "TimeCreated : 11/20/2026 10:14:33\nId : 1\nMessage : x\n\n"
	copied := strings.Repeat("x\n", maxQuiet-1)
	viewer := "Log Name: System\nSource: Tcpip\nDate: 11/20/2026 10:14:33\nEvent ID: 4231\nComputer: A\nDescription:\ntext\n\n"
	tags := "<Event " + strings.Repeat("x", maxStart-len("<Event >")) + ">"
	for _, c := range []struct {
		name, text string
		want       map[string]int
	}{
		{"an event as long as may be", xml("<Data>" + strings.Repeat("x", maxEvent-data) + "</Data>"), map[string]int{"": 2}},
		{"a longer one", xml("<Data>" + strings.Repeat("x", maxEvent+2*maxPiece) + "</Data>"), map[string]int{"": 1, CodeXML: 1}},
		{"the beginning of an event in its place", tags + goodEvent[strings.Index(goodEvent, "<System"):], map[string]int{"": 1}},
		{"and further on", strings.Replace(tags, "x", "xx", 1) + goodEvent[strings.Index(goodEvent, "<System"):], map[string]int{}},
		{"a row of many lines", head + row + "\"" + strings.Repeat("x\n", maxRowLines-1) + "\"\n" + row + "x\n", map[string]int{"": 2}},
		{"of more", head + row + "\"" + strings.Repeat("x\n", maxRowLines) + "\"\n" + row + "x\n", map[string]int{CodeRow: 1}},
		{"quotes in pairs that end nothing", head + row + "\"" + strings.Repeat("\"\"\n", maxRowTries) + "\"\n", map[string]int{"": 1}},
		{"damages told one by one", strings.Repeat(noProvider, maxErrors), map[string]int{CodeProvider: maxErrors}},
		{"more of them", strings.Repeat(noProvider, maxErrors+5), map[string]int{CodeProvider: maxErrors, CodeMore: 1}},
		{"XML near its copy", viewer + copied + "Event Xml:\n" + goodEvent, map[string]int{"": 1}},
		{"far from it", viewer + copied + "x\nx\nEvent Xml:\n" + goodEvent, map[string]int{"": 2}},
		{"an object of JSON as long as may be", `{"Id":4231,"ProviderName":"Tcpip","TimeCreated":"2026-11-20T09:14:33Z","Message":"` + strings.Repeat("x", maxEvent/2) + "\"}\n", map[string]int{"": 1}},
		{"a longer one of JSON", `{"Id":4231,"ProviderName":"Tcpip","TimeCreated":"2026-11-20T09:14:33Z","Message":"` + strings.Repeat("x", maxEvent+2*maxPiece) + "\"}\n" + goodEvent, map[string]int{"": 1, CodeJSON: 1}},
		{"a head of many columns", head[:len(head)-1] + strings.Repeat(",Version", maxColumns-4) + "\n" + row + "x" + strings.Repeat(",", maxColumns-4) + "\n", map[string]int{"": 1}},
		{"of more columns", head[:len(head)-1] + strings.Repeat(",Version", maxColumns-2) + "\n" + row + "x" + strings.Repeat(",", maxColumns-2) + "\n", map[string]int{}},
		{"stray lines in a copy", strings.Replace(viewer, "Source", strings.Repeat("x\n", maxStray)+"Source", 1), map[string]int{"": 1}},
		{"more of these", strings.Replace(viewer, "Source", strings.Repeat("x\n", maxStray+1)+"Source", 1), map[string]int{"": 1}},
		{"a line longer than a piece", pad("Log Name: ", 3*maxPiece) + "\n" + viewer, map[string]int{"": 1}},
		{"an event behind pieces of a line", pad("", 3*maxPiece) + goodEvent + pad("", 3*maxPiece) + goodEvent, map[string]int{"": 2}},
	} {
		got := codes(t, c.text)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestLimitsOfARecord: what is too long is cut, and the record stands.
func TestLimitsOfARecord(t *testing.T) {
	text := strings.Replace(goodEvent, "</System>", "</System><EventData>"+strings.Repeat("<Data>x</Data>", maxData+1)+"<Binary>"+strings.Repeat("00", maxBinary+1)+"</Binary></EventData>"+
		"<RenderingInfo><Message>"+strings.Repeat("é", maxMessage)+"</Message></RenderingInfo>", 1)
	long := strings.Replace(goodEvent, "</System>", "</System><EventData><Data>"+strings.Repeat("x", maxString+1)+"</Data></EventData>", 1)
	var all []Record
	for rec, err := range NewReader(strings.NewReader(text + long)).Records() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec)
	}
	if len(all) != 2 || len(all[0].Event.Data) != maxData || len(all[0].Event.Binary) != maxBinary || len(all[0].Message) != maxMessage || len(all[1].Event.Data[0]) != maxString {
		t.Errorf("%d records, %d strings, binary of %d, message of %d, string of %d", len(all), len(all[0].Event.Data), len(all[0].Event.Binary), len(all[0].Message), len(all[1].Event.Data[0]))
	}
}

// TestReplay: lines behind an event without an end are read again, until that would
// cost more than a part of the file.
func TestReplay(t *testing.T) {
	lines := strings.Repeat(strings.Repeat("x", 1000)+"\n", maxEvent/1001-1)
	part := goodEvent[:120] + "\n" + "Log Name: System\nSource: Tcpip\nDate: 11/20/2026 10:14:33\nEvent ID: 4231\nComputer: A\nDescription:\ntext\n\n" + lines + strings.Repeat("x\n", 2*maxPiece)
	const times = 30
	got := codes(t, strings.Repeat(part, times))
	if got[CodeXML] != times || got[""] < maxReplay/(maxEvent+2*maxPiece) || got[""] >= times {
		t.Errorf("%v", got)
	}
}

// TestCodePageTries: a file whose code page no heading tells is read all the same.
func TestCodePageTries(t *testing.T) {
	heading := "\xc8\xec\xff \xe6\xf3\xf0\xed\xe0\xeb\xe0: System\n" // Имя журнала in Windows-1251
	for _, c := range []struct {
		lines int
		want  string
	}{{maxPageTries - 1, "Имя журнала: System"}, {maxPageTries, "Èìÿ æóðíàëà: System"}} {
		s := newLines(strings.NewReader(strings.Repeat("\xe0\n", c.lines) + heading))
		for s.next() {
		}
		if got := string(s.now.text); got != c.want {
			t.Errorf("after %d lines: %q, want %q", c.lines, got, c.want)
		}
	}
}

func TestKeptNames(t *testing.T) {
	k := kept{}
	for i := range 2 * maxKept {
		k.name(fmt.Sprint(i))
	}
	if len(k) != maxKept {
		t.Errorf("%d names", len(k))
	}
}

// endless gives a text again and again, up to a size.
type endless struct {
	text []byte
	at   int
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), e.left)], e.text[e.at:])
	e.at, e.left = (e.at+n)%len(e.text), e.left-n
	return n, nil
}

// TestMemory: what is held does not depend on the length of the file.
func TestMemory(t *testing.T) {
	for name, text := range map[string]string{
		"one line of XML": goodEvent, "lines of XML": goodEvent + "\n", "no event": "x", "a cut event": goodEvent[:120],
		"one line of JSON": `{"Id":4231,"ProviderName":"Tcpip","TimeCreated":"2026-11-20T09:14:33Z"},`,
	} {
		before := heap()
		var most uint64
		n := 0
		in := io.MultiReader(strings.NewReader("["), &endless{text: []byte(text), left: 12 << 20})
		if name != "one line of JSON" {
			in = &endless{text: []byte(text), left: 12 << 20}
		}
		r := NewReader(in)
		for range r.Records() {
			if n++; n%100000 == 1 {
				most = max(most, heap())
			}
		}
		most = max(most, heap())
		if grown := int64(most) - int64(before); grown > 4<<20 {
			t.Errorf("%s: %d bytes more on the heap after %d records", name, grown, n)
		}
		runtime.KeepAlive(r)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestNothingPointsIntoTheReader: a record stays what it was.
func TestNothingPointsIntoTheReader(t *testing.T) {
	var all []Record
	var then []string
	data := bytes.Repeat([]byte(goodEvent+"\n"), 2000)
	data = append(data, "Log Name: System\nSource: AFD\nDate: 11/20/2026 10:14:33\nEvent ID: 16002\nDescription:\nfirst\n\n"...)
	data = append(data, bytes.Repeat([]byte("Log Name: Other\nSource: Next\nDate: 11/21/2026 10:14:33\nEvent ID: 1\nDescription:\nsecond\n\n"), 2000)...)
	for rec, err := range NewReader(bytes.NewReader(data)).Records() {
		if err != nil {
			t.Fatal(err)
		}
		all, then = append(all, rec), append(then, summary(rec))
	}
	for i := range all {
		if got := summary(all[i]); got != then[i] {
			t.Fatalf("record %d was %s and is %s", i, then[i], got)
		}
	}
}
