package facts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

// winEventList is what Get-WinEvent | Format-List * writes of a record, in the order of a
// machine's locale.
func winEventList(created, provider string, id, number int) string {
	return fmt.Sprintf("\r\nMessage              : text\r\nId                   : %d\r\nVersion              : 0\r\nQualifiers           : 32768\r\nLevel                : 3\r\n"+
		"RecordId             : %d\r\nProviderName         : %s\r\nLogName              : System\r\nProcessId            : 4\r\nMachineName          : SRV01.corp.example\r\n"+
		"TimeCreated          : %s\r\n\r\n", id, number, provider, created)
}

// eventLogList is what Get-EventLog | Format-List * writes.
func eventLogList(generated, source string, id, number int, strs ...string) string {
	return fmt.Sprintf("\r\nIndex              : %d\r\nEntryType          : Warning\r\nInstanceId         : %d\r\nMessage            : text\r\nCategory           : (0)\r\n"+
		"CategoryNumber     : 0\r\nReplacementStrings : {%s}\r\nSource             : %s\r\nTimeGenerated      : %s\r\nTimeWritten        : %s\r\nUserName           : \r\n\r\n",
		number, 1<<31|uint32(id), strings.Join(strs, ", "), source, generated, generated)
}

// xmlEvent is what wevtutil writes.
func xmlEvent(at, provider string, id, number int, data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("<Data>" + d + "</Data>")
	}
	return fmt.Sprintf("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='%s'/><EventID Qualifiers='32768'>%d</EventID><Level>3</Level>"+
		"<TimeCreated SystemTime='%s'/><EventRecordID>%d</EventRecordID><Channel>System</Channel><Computer>SRV01.corp.example</Computer></System><EventData>%s</EventData></Event>\r\n",
		provider, id, at, number, b.String())
}

// viewerCopy is Event Viewer's copy of one event, which has no number.
func viewerCopy(date, source string, id int) string {
	return fmt.Sprintf("Log Name:      System\r\nSource:        %s\r\nDate:          %s\r\nEvent ID:      %d\r\nTask Category: None\r\nLevel:         Warning\r\nKeywords:      Classic\r\n"+
		"User:          N/A\r\nComputer:      SRV01.corp.example\r\nDescription:\r\ntext\r\n\r\n", source, date, id)
}

func pasted(path string, parts ...string) input {
	return input{path, kindEventText, []byte(strings.Join(parts, ""))}
}

var berlin = time.FixedZone("UTC+1", 3600)

var savedTimes = []struct {
	name string
	zone *time.Location
	text []string
	want []string
}{
	{"a time in UTC needs no zone", nil, []string{xmlEvent("2026-11-20T09:14:33.1234567Z", "Tcpip", 4231, 7)}, []string{"Tcpip 4231 2026-11-20 09:14:33.1234567 a.txt"}},
	{"nor is it moved by one", berlin, []string{xmlEvent("2026-11-20T09:14:33.1234567Z", "Tcpip", 4231, 7)}, []string{"Tcpip 4231 2026-11-20 09:14:33.1234567 a.txt"}},
	{"a local time by the zone", berlin, []string{winEventList("20.11.2026 10:14:33", "Tcpip", 4231, 7)}, []string{"Tcpip 4231 2026-11-20 09:14:33 a.txt"}},
	{"without a zone it has its wall time alone", nil, []string{winEventList("20.11.2026 10:14:33", "Tcpip", 4231, 7)}, []string{"Tcpip 4231 never a.txt wall 2026-11-20 10:14:33"}},
	{"day and month in either order", berlin, []string{winEventList("03/10/2026 10:14:33", "Tcpip", 4231, 7)}, []string{"Tcpip 4231 never a.txt wall 2026-03-10 10:14:33 or 2026-10-03 10:14:33"}},
	{
		"the order that a later record proves, days first", berlin,
		[]string{winEventList("03/10/2026 10:14:33", "Tcpip", 4231, 7), winEventList("13/10/2026 10:14:33", "Tcpip", 4231, 8)},
		[]string{"Tcpip 4231 2026-10-03 09:14:33 a.txt", "Tcpip 4231 2026-10-13 09:14:33 a.txt"},
	},
	{
		"months first", berlin,
		[]string{winEventList("3/10/2026 10:14:33 AM", "Tcpip", 4231, 7), winEventList("10/13/2026 10:14:33 AM", "Tcpip", 4231, 8)},
		[]string{"Tcpip 4231 2026-03-10 09:14:33 a.txt", "Tcpip 4231 2026-10-13 09:14:33 a.txt"},
	},
	{"a table of Get-EventLog has no year", berlin, []string{
		"\r\n   Index Time          EntryType   Source                 InstanceID Message\r\n   ----- ----          ---------   ------                 ---------- -------\r\n" +
			"   54321 Nov 20 10:14  Warning     Tcpip                  2147487879 A request to allocate an ephemeral...\r\n",
	}, []string{"Tcpip 4231 never a.txt"}},
	{"strings", berlin, []string{eventLogList("11/20/2026 9:02:01 AM", "AFD", 16002, 9, `\Device\Afd`, "TCP", "50123", "4242")}, []string{
		"AFD 16002 2026-11-20 08:02:01 a.txt tcp port 50123 pid 4242",
	}},
	{"of another log it is no witness", nil, []string{strings.ReplaceAll(xmlEvent("2026-11-20T09:14:33Z", "Tcpip", 4231, 7), "<Channel>System", "<Channel>Application")}, nil},
}

func TestTimesOfSavedRecords(t *testing.T) {
	for _, tc := range savedTimes {
		t.Run(tc.name, func(t *testing.T) {
			c := settled(t, Options{Zone: tc.zone}, pasted("a.txt", tc.text...))
			if d := cmp.Diff(tc.want, linesOf(c.Records)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			for _, r := range c.Records {
				row := r.Row()
				if row.Line < 1 || row.Kind != fmt.Sprintf("eventtext.%d", r.ID) || (row.TimePrecision == "unknown") != r.Time.IsZero() {
					t.Errorf("row %+v", row)
				}
			}
		})
	}
}

// An offset beside the time needs no zone.
func TestOffsetOfASavedRecord(t *testing.T) {
	c := settled(t, Options{}, pasted("a.txt", xmlEvent("2026-11-20T10:14:33.5+01:00", "Tcpip", 4231, 7)))
	if got := linesOf(c.Records); len(got) != 1 || got[0] != "Tcpip 4231 2026-11-20 09:14:33.5 a.txt" {
		t.Errorf("%q", got)
	}
}

// A kernel driver of a list, whose strings have no names.
func TestSavedDriver(t *testing.T) {
	c := settled(t, Options{Zone: berlin}, pasted("a.txt",
		eventLogList("11/20/2026 9:02:01 AM", serviceControl, 7045, 9, "flt", `C:\x.sys`, "kernel mode driver", "demand start", ""),
		eventLogList("11/20/2026 9:02:02 AM", serviceControl, 7045, 10, "svc", `C:\x.exe`, "user mode service", "auto start", "LocalSystem"),
		xmlEvent("2026-11-20T09:14:33Z", serviceControl, 7045, 11)))
	if len(c.Drivers) != 1 || c.Drivers[0].Field("ServiceName", 0) != "flt" {
		t.Errorf("%v", linesOf(c.Drivers))
	}
}

// What a text of records says of itself; the lines of its rows.
func TestSourceOfSavedRecords(t *testing.T) {
	for _, tc := range []struct {
		zone   *time.Location
		text   string
		clock  report.Clock
		window string
	}{
		{nil, xmlEvent("2026-11-20T09:14:33Z", "Tcpip", 4231, 7) + xmlEvent("2026-11-20T10:14:33Z", "EventLog", 6005, 8), report.Clock{Zone: "UTC", Offset: "0s", Basis: "the times are written in UTC"}, "2026-11-20 09:14:33 to 2026-11-20 10:14:33"},
		{berlin, winEventList("20.11.2026 10:14:33", "Tcpip", 4231, 7), report.Clock{Zone: "UTC+1", Offset: "1h0m0s", Basis: "given with --tz"}, "2026-11-20 09:14:33 to 2026-11-20 09:14:33"},
		{nil, winEventList("20.11.2026 10:14:33", "Tcpip", 4231, 7), report.Clock{Basis: "local times without a zone: they take part by order only"}, "never to never"},
	} {
		c := settled(t, Options{Zone: tc.zone}, pasted("a.txt", "a line before\r\n", tc.text))
		s := c.Sources[0]
		if d := cmp.Diff(tc.clock, s.Clock); d != "" {
			t.Error(d)
		}
		same(t, "window", wanted(s.Window.From)+" to "+wanted(s.Window.To), tc.window)
		if s.Saved == nil || s.Saved.Channel != "System" || s.Decoded == 0 || s.Log != nil || !c.Usable() || len(c.Logs) != 0 {
			t.Errorf("%+v", s.Source)
		}
		if line := c.Records[0].Row().Line; line != 2 && line != 3 {
			t.Errorf("line %d", line)
		}
	}
}

// Records in a text that is of another kind count as well, and say nothing of its span.
func TestRecordsInAnotherText(t *testing.T) {
	text := "C:\\>netstat -ano\r\n" + tableHead + "  TCP    10.0.0.5:50001         10.0.0.9:443           ESTABLISHED     7\r\n\r\n" + xmlEvent("2026-11-20T09:14:33Z", "Tcpip", 4231, 7)
	c := settled(t, Options{}, input{"a.txt", "netstat", []byte(text)})
	s := c.Sources[0]
	if len(c.Records) != 1 || len(c.Tables) != 1 || s.Decoded != 1 || !s.Window.From.IsZero() {
		t.Errorf("%d records, %d tables, %+v", len(c.Records), len(c.Tables), s.Source)
	}
	// What cannot be read of them is no damage of the table.
	c = settled(t, Options{}, input{"a.txt", "netstat", []byte(text + strings.Replace(text, "</Event>", "", 1)[:len(text)-200])})
	if c.Sources[0].Damaged {
		t.Errorf("%+v", c.Diagnostics)
	}
	cut := pasted("a.txt", xmlEvent("2026-11-20T09:14:33Z", "Tcpip", 4231, 7), xmlEvent("2026-11-20T09:14:33Z", "Tcpip", 4231, 8)[:300])
	c = settled(t, Options{}, cut)
	if s := c.Sources[0]; !s.Damaged || len(c.Records) != 1 || len(c.Diagnostics) != 1 || c.Diagnostics[0].Severity != "warning" || s.Undecoded != 1 {
		t.Errorf("%+v %+v", s.Source, c.Diagnostics)
	}
}

// Copies of one record are one, in whatever form they were saved; of several the log's.
func TestCopiesOfARecord(t *testing.T) {
	record := event(0, "Tcpip", 4231) // 2026-03-10 09:00:00.1234567 UTC
	record.RecordID = 500
	stuck := event(0, "AFD", 16002, `\Device\Afd`, "TCP", "50123", "4242")
	stuck.RecordID = 501
	const utc, text = "2026-03-10T09:00:00.1234567Z", "2026-03-10T09:00:00.1230000Z"
	type copies struct {
		name  string
		zone  *time.Location
		log   []evtxgen.Record
		texts []string
		want  int // records
	}
	all := []copies{
		{"the same", nil, []evtxgen.Record{record}, []string{xmlEvent(utc, "Tcpip", 4231, 500)}, 1},
		{"milliseconds alone", nil, []evtxgen.Record{record}, []string{xmlEvent(text, "Tcpip", 4231, 500)}, 1},
		{"other milliseconds", nil, []evtxgen.Record{record}, []string{xmlEvent("2026-03-10T09:00:00.124Z", "Tcpip", 4231, 500)}, 2},
		{"whole seconds, local", berlin, []evtxgen.Record{record}, []string{winEventList("10.03.2026 10:00:00", "Tcpip", 4231, 500)}, 1},
		{"another second", berlin, []evtxgen.Record{record}, []string{winEventList("10.03.2026 10:00:01", "Tcpip", 4231, 500)}, 2},
		{"another number", berlin, []evtxgen.Record{record}, []string{winEventList("10.03.2026 10:00:00", "Tcpip", 4231, 501)}, 2},
		{"without a zone", nil, []evtxgen.Record{record}, []string{winEventList("10.03.2026 10:00:00", "Tcpip", 4231, 500)}, 1},
		{"half an hour", nil, []evtxgen.Record{record}, []string{winEventList("10.03.2026 14:30:00", "Tcpip", 4231, 500)}, 1},
		{"no whole quarter", nil, []evtxgen.Record{record}, []string{winEventList("10.03.2026 10:10:00", "Tcpip", 4231, 500)}, 2},
		{"too far for a zone", nil, []evtxgen.Record{record}, []string{winEventList("11.03.2026 00:00:00", "Tcpip", 4231, 500)}, 2},
		{"day or month", nil, []evtxgen.Record{record}, []string{winEventList("10/03/2026 10:00:00", "Tcpip", 4231, 500)}, 1},
		{"no computer, no channel", berlin, []evtxgen.Record{record}, []string{eventLogList("3/10/2026 10:00:00 AM", "Tcpip", 4231, 500)}, 1},
		{"another computer", nil, []evtxgen.Record{record}, []string{strings.ReplaceAll(xmlEvent(utc, "Tcpip", 4231, 500), "SRV01", "SRV02")}, 2},
		{"the first label of the computer", nil, []evtxgen.Record{record}, []string{strings.ReplaceAll(xmlEvent(utc, "Tcpip", 4231, 500), "SRV01.corp.example", "srv01")}, 1},
		{"no number", berlin, []evtxgen.Record{record}, []string{viewerCopy("3/10/2026 10:00:00 AM", "Tcpip", 4231)}, 1},
		{"no number and no zone", nil, []evtxgen.Record{record}, []string{viewerCopy("3/10/2026 10:00:00 AM", "Tcpip", 4231)}, 1},
		{"two texts", berlin, nil, []string{viewerCopy("3/13/2026 10:00:00 AM", "Tcpip", 4231), winEventList("13.03.2026 10:00:00", "Tcpip", 4231, 500)}, 1},
		{"two texts without a zone", nil, nil, []string{viewerCopy("3/13/2026 10:00:00 AM", "Tcpip", 4231), winEventList("13.03.2026 10:00:00", "Tcpip", 4231, 500)}, 1},
		{"two of one second in one text without numbers", berlin, nil, []string{viewerCopy("3/13/2026 10:00:00 AM", "Tcpip", 4227) + viewerCopy("3/13/2026 10:00:00 AM", "Tcpip", 4227)}, 2},
		{"a list twice in one text", berlin, nil, []string{winEventList("13.03.2026 10:00:00", "Tcpip", 4231, 500) + winEventList("13.03.2026 10:00:00", "Tcpip", 4231, 500)}, 1},
		{"another port", nil, []evtxgen.Record{stuck}, []string{xmlEvent(utc, "AFD", 16002, 501, "", "TCP", "50124", "4242")}, 2},
		{"the same port", nil, []evtxgen.Record{stuck}, []string{xmlEvent(utc, "AFD", 16002, 501, "", "TCP", "50123", "4242")}, 1},
		{"another id", nil, []evtxgen.Record{record}, []string{xmlEvent(utc, "Tcpip", 4227, 500)}, 2},
	}
	for _, tc := range all {
		t.Run(tc.name, func(t *testing.T) {
			var inputs []input
			for i, text := range tc.texts {
				inputs = append(inputs, pasted(fmt.Sprintf("%d.txt", i), text))
			}
			if tc.log != nil {
				inputs = append(inputs, input{"System.evtx", "evtx", logOf(t, tc.log...)})
			}
			c := settled(t, Options{Zone: tc.zone}, inputs...)
			if len(c.Records) != tc.want {
				t.Errorf("%d records, want %d:\n%s", len(c.Records), tc.want, strings.Join(linesOf(c.Records), "\n"))
			}
			if tc.log != nil && !slices.ContainsFunc(c.Records, func(r *Record) bool { return r.Source.Path == "System.evtx" }) {
				t.Error("the log's own record is not there")
			}
		})
	}
}

// Many records of one second, with and without numbers, take no time. If each were
// compared with all others, the test run would be over before.
func TestManyRecordsOfOneSecond(t *testing.T) {
	s := &Source{Saved: &Log{}}
	other := &Source{Saved: &Log{}}
	for i := range 300_000 {
		r := Record{Source: s, ID: 16002, PID: report.NoPID, line: 1, Time: report.Time{Time: time.Unix(1000, 0)}, Port: i, Data: []string{""}}
		s.Saved.Records = append(s.Saved.Records, &r)
		copied := r
		copied.Source, copied.number = other, uint64(i)
		other.Saved.Records = append(other.Saved.Records, &copied)
	}
	if got := len(once([]*Source{s, other}, func(l *Log) []*Record { return l.Records })); got < 300_000 {
		t.Errorf("%d records", got)
	}
}
