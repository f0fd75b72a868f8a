package saved

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// texts are the texts of testdata that are cut and flipped at every byte.
func texts(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(f)] = data
	}
	return all
}

// lawful reads a text and checks what holds for every text.
func lawful(t testing.TB, data []byte) []string {
	t.Helper()
	lines := bytes.Count(data, []byte{'\n'}) + 1
	check := func(rec Record, fe *FormatError) {
		switch {
		case fe != nil:
			if fe.Line < 1 || fe.Line > lines {
				t.Errorf("damage in line %d of %d", fe.Line, lines)
			}
		case rec.Line < 1 || rec.Line > lines || rec.Event.Offset < 0 || rec.Event.Offset >= int64(len(data)):
			t.Errorf("record in line %d of %d, offset %d of %d", rec.Line, lines, rec.Event.Offset, len(data))
		case len(rec.Message) > maxMessage || len(rec.Event.Data) > maxData || len(rec.Event.Data) != len(rec.Event.Names):
			t.Errorf("record beyond a limit: %s", summary(rec))
		}
	}
	got, r := walk(t, bytes.NewReader(data), check)
	_, u := walkReader(t, NewUnwrapped(bytes.NewReader(data)), check)
	if told := Sniff(data); (r.Stats().Records+u.Stats().Records > 0) != told && !r.Stats().Headings && !u.Stats().Headings {
		t.Errorf("%d records, and %d of the wrapped text, told to hold some: %v", r.Stats().Records, u.Stats().Records, told)
	}
	return got
}

// Event Viewer's list in a language that nobody has written down here: the columns have one
// order, and a source that no language translates makes the first row certain.
func TestViewerListOfAnyLanguage(t *testing.T) {
	const rows = "Figyelmeztetés,2024. 03. 15. 10:20:11,Tcpip,4231,Nincs,\"...\"\r\nInformáció,2024. 03. 15. 09:00:00,Valami,77,Nincs,\"...\"\r\n"
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"heading":      {"Szint,Dátum és idő,Forrás,Eseményazonosító,Feladatkategória\r\n" + rows, 2},
		"copied":       {strings.ReplaceAll(rows, ",", "\t"), 2},
		"other source": {strings.ReplaceAll(rows, "Tcpip", "Valami"), 0},
	} {
		found := 0
		for rec, err := range NewReader(strings.NewReader(c.text)).Records() {
			if found++; err != nil || found == 1 && (rec.Event.ID != 4231 || rec.Local.Format("2006-01-02 15:04:05") != "2024-03-15 10:20:11") {
				t.Errorf("%s: %+v, %v", name, rec, err)
			}
		}
		if found != c.want || Sniff([]byte(c.text)) != (c.want > 0) {
			t.Errorf("%s: %d records", name, found)
		}
	}
}

// A record is found in what a mail, a page, a log shipper and a tool wrap around it, in its
// line of the file.
func TestUnwrapped(t *testing.T) {
	lines := []string{
		"Log Name:      System", "Source:        Tcpip", "Date:          11/20/2026 10:14:33 AM", "Event ID:      4231", "Level:         Warning",
		"Computer:      SRV01", "Description:", "All ports are in use.",
	}
	page, log, list := "<html>\n", "", "{\n \"stdout_lines\": [\n"
	for _, l := range lines {
		page += "<p>" + strings.ReplaceAll(l, "  ", "&nbsp; ") + "</p>\n"
		log += "2026-11-20T10:14:33.123Z " + l + "\n"
		list += "  \"" + l + "\",\n"
	}
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"page": {page, 2}, "log": {log, 1}, "list": {list + " \"\"]\n}\n", 3}, "one string": {`{"stdout": "` + strings.Join(lines, `\r\n`) + "\"}\n", 1},
	} {
		found := 0
		for rec, err := range NewUnwrapped(strings.NewReader(c.text)).Records() {
			if err != nil || rec.Event.ID != 4231 || rec.Line != c.line || rec.Local.Format("2006-01-02 15:04:05") != "2026-11-20 10:14:33" {
				t.Errorf("%s: %+v, %v", name, rec, err)
			}
			found++
		}
		if found != 1 || !Sniff([]byte(c.text)) {
			t.Errorf("%s: %d records, told to hold some: %v", name, found, Sniff([]byte(c.text)))
		}
	}
}

// stride is odd, so that each of the four ways to flip a byte comes.
var stride = flag.Int("stride", 5, "every how many bytes TestTruncated and TestFlipped cut and flip")

// TestTruncated cuts every text at every length, or at some: all records but the last, which may
// be cut itself, are those of the whole text.
func TestTruncated(t *testing.T) {
	for name, data := range texts(t) {
		whole := records(lawful(t, data))
		for n := 0; n < len(data); n += *stride {
			cut := records(lawful(t, data[:n]))
			if len(cut) == 0 {
				continue
			}
			if last := len(cut) - 1; last > len(whole) || !cmp.Equal(cut[:last], whole[:last]) {
				t.Fatalf("%s cut at %d: %q, want the beginning of %q", name, n, cut, whole)
			}
		}
	}
}

// records leaves out the damage.
func records(all []string) []string {
	var out []string
	for _, s := range all {
		if !strings.HasPrefix(s, "line ") {
			out = append(out, s)
		}
	}
	return out
}

// Records of log shippers in JSON.
func TestShipped(t *testing.T) {
	for name, text := range map[string]string{
		"Kibana's CSV":    "\"@timestamp\",\"winlog.event_id\",\"winlog.provider_name\",\"winlog.computer_name\",message\n\"Nov 20, 2026 @ 10:14:33.000\",4231,Tcpip,SRV01,x",
		"Graylog's CSV Z": "timestamp,source,EventID,Channel,SourceName,message\n2026-11-20T10:14:33.000Z,SRV01,4231,System,Tcpip,x",
		"Log Analytics Z": "TimeGenerated [UTC],Source,EventLog,Computer,EventLevelName,EventID,RenderedDescription\n\"11/20/2026, 10:14:33.000 AM\",Tcpip,System,SRV01,Warning,4231,x",
		"EvtxECmd":        "RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,ThreadId,Computer,ChunkNumber,UserId,MapDescription,UserName,RemoteHost,PayloadData1,PayloadData2,PayloadData3,PayloadData4,PayloadData5,PayloadData6,ExecutableInfo,HiddenRecord,SourceFile,Keywords,ExtraDataOffset,Payload\n5,5,2026-11-20 10:14:33.0000000,4231,Warning,Tcpip,System,0,0,SRV01,12,,,,,,,,,,,,False,C:\\System.evtx,Classic,0,x",
		"evtx_dump Z":     `{"Event":{"System":{"Provider":{"#attributes":{"Name":"Tcpip"}},"EventID":{"#attributes":{"Qualifiers":32768},"#text":4231},"Level":3,"TimeCreated":{"#attributes":{"SystemTime":"2026-11-20T10:14:33.000000Z"}},"EventRecordID":5,"Channel":"System","Computer":"SRV01"},"EventData":{"Data":{"#text":["","a"]}}}}`,
		"Velociraptor Z":  `{"System":{"Provider":{"Name":"Tcpip"},"EventID":{"Value":4231},"Level":3,"TimeCreated":{"SystemTime":1795169673.0},"Channel":"System","Computer":"SRV01"},"EventData":{},"Message":"x"}`,
		"passed on Z":     `[{"content":{"attributes":{"Event":{"System":{"Channel":"System","Computer":"SRV01","EventID":{"text":"4231"},"Provider":{"@Name":"Tcpip"},"TimeCreated":{"SystemTime":"2026-11-20T10:14:33"}}}}}}]`,
		"NXLog":           `{"EventTime":"2026-11-20 10:14:33","Hostname":"SRV01","EventID":4231,"SourceName":"Tcpip","Channel":"System","Message":"x"}`,
		"Winlogbeat":      `{"@timestamp":"2026-11-20T10:14:33.000Z","winlog":{"channel":"System","provider_name":"Tcpip","event_id":4231,"computer_name":"SRV01","record_id":5},"message":"x"}`,
	} {
		found := 0
		for rec, err := range NewReader(strings.NewReader(text + "\n")).Records() {
			if err != nil || rec.Event.ID != 4231 || rec.Event.Provider != "Tcpip" || rec.Event.Computer != "SRV01" || rec.Local.Format("2006-01-02 15:04:05") != "2026-11-20 10:14:33" || rec.UTC != (name == "Winlogbeat" || strings.HasSuffix(name, " Z")) {
				t.Errorf("%s: %+v, %v", name, rec, err)
			}
			found++
		}
		if found != 1 {
			t.Errorf("%s: %d records", name, found)
		}
	}
}

func TestFlipped(t *testing.T) {
	for _, data := range texts(t) {
		for i := 0; i < len(data); i += *stride {
			flip := []byte{0x01, 0x20, 0x80, 0xff}[i%4]
			data[i] ^= flip
			lawful(t, data)
			data[i] ^= flip
		}
	}
}

func TestIteratorStops(t *testing.T) {
	broken := "TimeCreated,Id\n11/20/2026 10:14:33,4231\n<Event><System></System></Event>\n"
	for name, data := range texts(t) {
		data = append([]byte(broken), data...)
		all := lawful(t, data)
		for n := 1; n <= len(all); n++ {
			seen := 0
			for range NewReader(bytes.NewReader(data)).Records() {
				if seen++; seen == n {
					break
				}
			}
			if seen != n {
				t.Errorf("%s: stopped after %d of %d", name, seen, n)
			}
		}
	}
}

func TestReadError(t *testing.T) {
	data, err := os.ReadFile("testdata/viewer-en.txt")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := readAll(t, io.MultiReader(bytes.NewReader(data), iotest.ErrReader(errors.New("the disk is gone"))))
	if len(got) != 2 || !strings.Contains(got[1], CodeRead) {
		t.Errorf("%q", got)
	}
}

// TestBadPartsCostOnlyThemselves puts damage between good records.
func TestBadPartsCostOnlyThemselves(t *testing.T) {
	event := func(id string) string {
		return "<Event xmlns='x'><System><Provider Name='Tcpip'/><EventID>" + id + "</EventID><TimeCreated SystemTime='2026-11-20T09:14:33Z'/></System></Event>"
	}
	row := func(id, date string) string { return date + ",Tcpip," + id + ",\"text\"\n" }
	const head = "TimeCreated,ProviderName,Id,Message\n"
	const date = "20/11/2026 10:14:33"
	viewer := "Log Name: System\nSource: Tcpip\nDate: " + date + "\nEvent ID: 4227\nComputer: A\nDescription:\ntext\n\n"
	for _, c := range []struct {
		name, text string
		ids        string
		codes      string
	}{
		{"an event without an end", event("1")[:120] + "\n" + event("2"), "2", CodeXML},
		{"three without an end, in one line", strings.Repeat(event("1")[:60], 3) + event("2"), "2", CodeXML},
		{"an event that breaks off at the end", event("1") + event("2")[:120], "1", CodeXML},
		{"an event that breaks off before a copy", event("1")[:120] + "\n" + viewer, "4227", CodeXML},
		{"an event without an id", event("") + event("2"), "2", CodeXML},
		{"an id that is none", event("70000") + event("2"), "2", CodeRow},
		{"a time that is none", strings.ReplaceAll(event("1"), "T09", "T99") + event("2"), "1 2", CodeTime},
		{"a row with a broken id", head + row("1", date) + row("x", date) + row("2", date), "1 2", CodeRow},
		{"a row with a broken time", head + row("1", date) + row("2", "20/11/2026 99:14:33") + row("3", date), "1 2 3", CodeTime},
		{"a row whose quote has no end", head + row("1", date) + date + ",Tcpip,2,\"text\n" + viewer, "1 4227", CodeRow},
		{"prose behind a list", head + row("1", date) + "and so on, as ever, for days, \"it\n" + viewer, "1 4227", ""},
		{"an object that breaks off", `{"Id": 1, "ProviderName": "Tcpip",` + "\n" + viewer, "4227", CodeJSON},
		{"an object with a broken string", `{"Id": 1, "ProviderName": "Tcp` + "\n" + viewer, "4227", CodeJSON},
		{"an object that is no JSON", `{"Id" 1, "ProviderName": "Tcpip"}` + "\n" + `{"Id": 2, "ProviderName": "Tcpip", "TimeCreated": "` + date + `"}`, "2", CodeJSON},
		{"a copy that breaks off before its id", viewer[:50] + "\n\n\n" + viewer, "4227", ""},
		{"XML of another event below a copy", strings.TrimSpace(viewer) + "\nEvent Xml:\n" + event("1"), "4227 1", ""},
		{"broken XML below a copy", strings.TrimSpace(viewer) + "\nEvent Xml:\n" + event("4227")[:120], "4227", CodeXML},
		{"no provider in a list", "TimeCreated : " + date + "\nId : 4231\nMessage : text\n\n" + viewer, "4227", CodeProvider},
	} {
		var ids, codes []string
		for rec, err := range NewReader(strings.NewReader(c.text)).Records() {
			var fe *FormatError
			if errors.As(err, &fe) {
				codes = append(codes, fe.Code)
			} else {
				ids = append(ids, fmt.Sprint(rec.Event.ID))
			}
		}
		if got := strings.Join(ids, " "); got != c.ids {
			t.Errorf("%s: ids %q, want %q (%q)", c.name, got, c.ids, codes)
		}
		if got := strings.Join(codes, " "); got != c.codes {
			t.Errorf("%s: codes %q, want %q", c.name, got, c.codes)
		}
	}
}

// TestAskedProvider: a list without providers is of the one that its command asked for.
func TestAskedProvider(t *testing.T) {
	const list = "\n\nTimeCreated : 20/11/2026 10:14:33\nId          : 4231\nMessage     : text\n\n"
	for command, want := range map[string]string{
		"PS C:\\> Get-WinEvent -FilterHashtable @{LogName='System'; ProviderName='Tcpip'; Id=4231} | select TimeCreated,Id,Message | fl": "Tcpip",
		"PS C:\\> get-winevent -providername Tcpip | fl TimeCreated,Id,Message":                                                          "Tcpip",
		"PS C:\\> Get-EventLog System -Source \"Service Control Manager\" | fl":                                                          "Service Control Manager",
		"PS C:\\> Get-WinEvent -ProviderName Tcpip\nPS C:\\> Get-WinEvent System":                                                        "",
		"PS C:\\> Get-WinEvent -ProviderName Tcpip\nPS C:\\> more list.txt":                                                              "",
		"PS C:\\> Get-WinEvent -ProviderName Tcpip,AFD":                                                                                  "",
		"PS C:\\> Get-WinEvent -FilterHashtable @{LogName='System'; Id=4231}":                                                            "",
		"PS C:\\> Get-Process -Source Tcpip":                                                                                             "",
	} {
		for rec, err := range NewReader(strings.NewReader(command + list)).Records() {
			if got := rec.Event.Provider; got != want || (err != nil) != (want == "") {
				t.Errorf("%s: %q, %v; want %q", command, got, err, want)
			}
		}
	}
}

// TestNoEvents: texts of other tools, and prose, hold none.
func TestNoEvents(t *testing.T) {
	for _, text := range []string{
		"",
		"\n\n\n",
		"Source: a book\nDate: 20/11/2026 10:14:33\nLevel: high\n",
		"Log Name: System\nSource: Tcpip\n",
		"From: a@example\nDate: Fri, 20 Nov 2026 10:14:33 +0100\nSubject: Event ID: 4231\n\nTcpip 4231 since Friday.\n",
		"Event ID 4231 of Tcpip, 20/11/2026 10:14:33\n",
		"Id   : 4242\nName : leaky\n\nId   : 4\nName : System\n",
		"Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\n-------  ------    -----      -----     ------     --  -- -----------\n    514      30    14000      30000       1.20   4242   1 leaky\n",
		"  Proto  Local Address          Foreign Address        State           PID\n  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       880\n",
		`"LocalAddress","LocalPort","RemoteAddress","RemotePort","State","OwningProcess","CreationTime"` + "\n" + `"10.0.0.5","50123","10.0.0.9","443","Established","4242","20/11/2026 10:14:33"` + "\n",
		`[{"LocalPort": 50123, "OwningProcess": 4242, "CreationTime": "/Date(1795166073123)/", "Id": 1}]`,
		"<Events></Events>\n<EventID>4231</EventID> <Event> <Event/> <Event name='a'><System2/></Event>\n",
		"<Objs Version=\"1.1.0.1\"><Obj RefId=\"0\"><Props><I32 N=\"Id\">4242</I32><S N=\"Name\">leaky</S></Props></Obj></Objs>\n",
		"{ if (x) { y } }\n[ note ]\n{\"a\n",
		"Warning, there, are, five, commas, here\n",
		"Event[0]:\n\nEvent[1]:\n",
		"Fehler: Zeit: 10:14\nQuelle: Tcpip\nEreignis: 4231\n",
		"[51302] Tcpip\nTime: 11/20/2026 10:14:33 AM   ID: 4231\n",
		"[51302] Tcpip\n   Type:     WARNING\n   Computer: SRV01\n   Size: 5\n   Time:     11/20/2026 10:14:33 AM   ID:       4231\n",
		"[51302] Tcpip\n   Type:     WARNING\n   Time:     11/20/2026 10:14:33 AM\nID: 4231\n",
		"1,System,Tcpip,Warn,SRV01,11/20/2026 10:14:33 AM,4231,None,x\n1,System,Tcpip,WARNING,SRV01,soon,4231,None,x\n1,System,Tcpip,WARNING,SRV01,11/20/2026 10:14:33 AM,x,None,x\n",
	} {
		if got := lawful(t, []byte(text)); len(got) > 0 {
			t.Errorf("%q gives %q", text, got)
		}
		if Sniff([]byte(text)) {
			t.Errorf("%q is told to hold events", text)
		}
	}
}

// TestEnds: no text takes long. Each of these is as bad as its kind gets, and would outlast
// the test run if each of its parts were sought in all of it.
func TestEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("these texts are long")
	}
	const size = 2 << 20 // what is done again for each byte would take hours
	for name, part := range map[string]string{
		"starts":              "<Event ",
		"starts a line":       "<Event \n",
		"starts with System":  "<Event ><System>",
		"System a line":       "<Event ><System>\n",
		"second events":       strings.Repeat("<Event ><System>", 4000) + "</Event>",
		"objects":             `<Obj RefId="0">`,
		"objects a line":      `<Obj RefId="0">` + "\n",
		"angle brackets":      "<",
		"quotes":              "TimeCreated,ProviderName,Id,Message\n,,,\"\n",
		"quotes in pairs":     "TimeCreated,ProviderName,Id,Message\n,,,\"\n" + strings.Repeat("\"\"\n", 1000),
		"quotes that flip":    "TimeCreated,ProviderName,Id,Message\n,,,\"\n" + strings.Repeat("x\"\n", 1000),
		"braces":              "{\"a\":",
		"brackets":            "[{",
		"brackets a line":     "[\n",
		"heads":               "TimeCreated  Id  ProviderName\n-----------  --  ------------\n",
		"labels":              "Log Name: System\n",
		"unknown labels":      "foo: bar\nfoo: bar\nfoo: 20/11/2026 10:14:33\nfoo: 1\n",
		"Event[":              "Event[0]\n",
		"separators":          ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
		"one line of commas":  ",",
		"not in any encoding": "\xff\xfe\xfd\n",
		"code page":           "\x84\x94\x81 \xe1\n",
		"greater than":        "> > > > > > > > > >\n",
		"entities":            "<Event><System><Provider Name='" + strings.Repeat("&#x41;", 1000) + "'/></System></Event>",
		"comments":            "<Event><System>" + strings.Repeat("<!--", 1000) + "</System></Event>",
		"wrapped rows":        "TimeCreated          Id ProviderName Message\n-----------          -- ------------ -------\n20/11/2026 10:14:33   1 Tcpip        a\n" + strings.Repeat(strings.Repeat(" ", 40)+"b\n", 1000),
	} {
		data := bytes.Repeat([]byte(part), size/len(part))
		t.Run(name, func(*testing.T) {
			for range NewReader(bytes.NewReader(data)).Records() {
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range texts(f) {
		f.Add(data)
	}
	f.Add([]byte(utf16Of("Event[0]\r\n  Source: Tcpip\r\n", true, false)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := lawful(t, data)
		again, _ := readAll(t, iotest.HalfReader(bytes.NewReader(data)))
		if d := cmp.Diff(got, again); d != "" {
			t.Errorf("read in other pieces: %s", d)
		}
	})
}
