package facts

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/evtx/evtxgen"
	"portverdict/report"
)

var logBegin = time.Date(2026, 3, 10, 9, 0, 0, 123456700, time.UTC)

// event is a record of the System log of one machine, so many seconds after the begin.
func event(at float64, provider string, id uint16, data ...string) evtxgen.Record {
	return evtxgen.Record{
		ID: id, Provider: provider, Channel: "System", Computer: "SRV01.corp.example", Level: 3,
		Time: logBegin.Add(time.Duration(at * 1e9)), Data: data,
	}
}

func logOf(t testing.TB, records ...evtxgen.Record) []byte {
	t.Helper()
	data, err := (&evtxgen.Log{Records: records}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// input is a file of a bundle in memory.
type input struct {
	path, kind string
	data       []byte
}

// settled adds inputs as the analysis does: texts, traces and logs, tables.
func settled(t testing.TB, o Options, inputs ...input) *Case {
	t.Helper()
	f := New(o)
	handles := make([]Handle, len(inputs))
	for _, first := range []bool{true, false} {
		for i, in := range inputs {
			if first == (in.kind != "etl" && in.kind != "evtx") {
				handles[i] = f.Add(sourceOf(in.path, in.kind, in.data), bytes.NewReader(in.data))
			}
		}
	}
	for i, in := range inputs {
		f.Identify(handles[i], "hash of "+in.path)
		f.AddTables(handles[i], bytes.NewReader(in.data))
	}
	return f.Settled()
}

// lineOf is a record in a line.
func lineOf(r *Record) string {
	s := fmt.Sprintf("%s %d %s %s", r.Provider, r.ID, wanted(r.Time), r.Source.Path)
	if r.Port != 0 || r.PID != report.NoPID {
		s += fmt.Sprintf(" %s port %d pid %d", r.Transport, r.Port, r.PID)
	}
	if !r.Wall.IsZero() {
		s += " wall " + r.Wall.Format(time.DateTime)
	}
	if !r.WallOr.IsZero() {
		s += " or " + r.WallOr.Format(time.DateTime)
	}
	return s
}

func linesOf(records []*Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, lineOf(r))
	}
	return out
}

// Every wanted record is found under what it is wanted for, by provider and id both.
func TestWantedRecords(t *testing.T) {
	kinds := map[wantedFor]int{}
	for _, w := range wantedRecords {
		kinds[w.as]++
		c := settled(t, Options{}, input{"System.evtx", "evtx", logOf(t,
			event(0, w.provider, w.id, "a", "b", "kernel mode driver"),
			event(1, strings.ToUpper(w.provider), w.id, "a", "b", "kernel mode driver"), // no case
			event(2, "Another-Provider", w.id, "a", "b", "kernel mode driver"),
			event(3, w.provider, w.id+20000, "a"),
		)})
		for as, got := range map[wantedFor][]*Record{asWitness: c.Records, asLife: c.Life, asSymptom: c.Symptoms, asDriver: c.Drivers} {
			want := 0
			if as == w.as {
				want = 2
			}
			if len(got) != want {
				t.Errorf("%s %d: %d records of use %d, want %d", w.provider, w.id, len(got), as, want)
			}
			for _, r := range got {
				if r.Provider != w.provider || r.ID != int(w.id) || r.Transport != w.transport && w.as == asWitness || r.Text != w.text || r.Computer != "SRV01.corp.example" {
					t.Errorf("%+v", r)
				}
			}
		}
	}
	if kinds[asWitness] != 4 || kinds[asDriver] != 2 || kinds[asLife] < 8 || kinds[asSymptom] < 10 {
		t.Errorf("records wanted: %v", kinds)
	}
}

// A witness counts in the System log only, whatever log it lies in; the others count in
// any.
func TestWitnessOfAnotherChannel(t *testing.T) {
	other := event(0, "Tcpip", 4231)
	other.Channel = "Application"
	unnamed := event(1, "Tcpip", 4231)
	unnamed.Channel = ""
	small := event(2, "Tcpip", 4231)
	small.Channel = "SYSTEM"
	symptom := event(3, "NETLOGON", 5719, "CORP")
	symptom.Channel = "ForwardedEvents"
	c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, other, unnamed, small, symptom)})
	if d := cmp.Diff([]string{
		"Tcpip 4231 2026-03-10 09:00:01.1234567 a.evtx", "Tcpip 4231 2026-03-10 09:00:02.1234567 a.evtx",
	}, linesOf(c.Records)); d != "" {
		t.Error(d)
	}
	if len(c.Symptoms) != 1 {
		t.Errorf("symptoms %v", linesOf(c.Symptoms))
	}
	if c.Logs[0].Log.IsSystem() {
		t.Error("a log that begins with records of Application is no System log")
	}
}

// The strings of AFD 16002, and what is not a number in them.
func TestStuckClose(t *testing.T) {
	for _, tc := range []struct {
		data []string
		want string
	}{
		{[]string{`\Device\Afd`, "TCP", "50123", "4242"}, " tcp port 50123 pid 4242"},
		{[]string{`\Device\Afd`, "udp", "50123", "4242"}, " udp port 50123 pid 4242"},
		{[]string{"", "TCP", " 50123 ", " 4242 "}, " tcp port 50123 pid 4242"},
		{[]string{"", "TCP", "65535", "4294967295"}, " tcp port 65535 pid 4294967295"},
		{[]string{"", "TCP", "65536", "4242"}, " tcp port 0 pid 4242"},
		{[]string{"", "TCP", "50123", "4294967296"}, " tcp port 50123 pid -1"},
		{[]string{"", "TCP", "-1", "-1"}, ""},
		{[]string{"", "TCP", "fifty", "0x10"}, ""},
		{[]string{"", "TCP", "50123"}, ""},
		{nil, ""},
		{[]string{"", "TCP", "0", "0"}, " tcp port 0 pid 0"},
		{[]string{"", "TCP", "50123", "4242", "more"}, " tcp port 50123 pid 4242"},
	} {
		c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, event(0, "AFD", 16002, tc.data...))})
		if got, want := linesOf(c.Records), []string{"AFD 16002 2026-03-10 09:00:00.1234567 a.evtx" + tc.want}; !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", tc.data, got, want)
		}
	}
}

// Of the services that were installed, kernel drivers; by the name of the string or by
// its place.
func TestKernelDrivers(t *testing.T) {
	named := func(kind string, names ...string) evtxgen.Record {
		r := event(0, serviceControl, 7045, "svc", `C:\x.sys`, kind, "demand start", "")
		r.Named = names
		return r
	}
	std := []string{"ServiceName", "ImagePath", "ServiceType", "StartType", "AccountName"}
	for _, tc := range []struct {
		record evtxgen.Record
		want   int
	}{
		{named("kernel mode driver"), 1},
		{named("Kernel Mode Driver", std...), 1},
		{named("user mode service"), 0},
		{named("user mode service", std...), 0},
		{named("kernel mode driver", "ServiceName", "ImagePath", "Other", "StartType", "AccountName"), 0},
		{event(0, serviceControl, 7045, "kernel", "kernel"), 0},
		{event(0, serviceControl, 7045), 0},
		{event(0, filterManager, 6, "x"), 1},
	} {
		c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, tc.record)})
		if len(c.Drivers) != tc.want {
			t.Errorf("%q %q: %d drivers, want %d", tc.record.Data, tc.record.Named, len(c.Drivers), tc.want)
		}
	}
	c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, named("kernel mode driver", std...))})
	r := c.Drivers[0]
	if r.Field("imagepath", -1) != `C:\x.sys` || r.Field("", 0) != "" || r.Field("None", 0) != "" || r.Field("None", 9) != "" {
		t.Errorf("%+v", r)
	}
	bare := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, named("kernel mode driver"))}).Drivers[0]
	if bare.Field("ServiceName", 0) != "svc" || bare.Field("ServiceName", -1) != "" {
		t.Errorf("%+v", bare)
	}
}

// A change of the clock by less than a minute is not told; one that does not say how far
// it was is.
func TestClockJumps(t *testing.T) {
	old := "2026-03-10T09:00:00.000000000Z"
	for _, tc := range []struct {
		data []string
		want int
	}{
		{[]string{"2026-03-10T09:00:59.999999900Z", old}, 0},
		{[]string{"2026-03-10T09:01:00.000000000Z", old}, 1},
		{[]string{"2026-03-10T08:59:00Z", old}, 1},
		{[]string{"2026-03-10T08:59:00.0000001Z", old}, 0},
		{[]string{"soon", old}, 1},
		{[]string{old, "then"}, 1},
		{[]string{old}, 1},
		{nil, 1},
	} {
		c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, event(0, kernelGeneral, 1, tc.data...))})
		if len(c.Life) != tc.want {
			t.Errorf("%q: %d records, want %d", tc.data, len(c.Life), tc.want)
		}
	}
	if got := len(settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, event(0, kernelGeneral, 12, old, old))}).Life); got != 1 {
		t.Errorf("%d starts", got)
	}
}

// What a log says of its machine and of itself.
func TestFactsOfALog(t *testing.T) {
	lookup := event(30, dnsClient, 1014, "host.example", "02000035C0A80001"+strings.Repeat("0", 16))
	lookup.Named = []string{"QueryName", "Address"}
	c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t,
		event(0, eventLogSource, 6009, "10.00.", "17763", "", "Multiprocessor Free"),
		event(10, eventLogSource, 6013, "", "", "", "", "3600", "60", "-60 W. Europe Standard Time"),
		event(20, "Tcpip", 4231), lookup,
	)})
	s := c.Sources[0]
	for k, want := range map[string]string{
		"os_version": "10.00. 17763", "time_zone": "-60 W. Europe Standard Time", "records": "4", "wanted_records": "1", "symptom_records": "1",
		"channel": "System", "computer": "SRV01.corp.example", "cleared": "", "record_gaps": "",
	} {
		same(t, k, s.Facts[k], want)
	}
	l := s.Log
	if l.Computer != "SRV01.corp.example" || s.Clock.Zone != "UTC" || s.Decoded != 4 || wanted(l.First) != "2026-03-10 09:00:00.1234567" || wanted(l.Last) != "2026-03-10 09:00:30.1234567" {
		t.Errorf("%+v %+v", l, s.Source)
	}
	at := func(seconds float64) report.Time {
		return report.Time{Time: logBegin.Add(time.Duration(seconds * 1e9))}
	}
	for _, tc := range []struct {
		from, to float64
		want     bool
	}{{0, 30, true}, {-0.1, 30, false}, {0, 30.1, false}, {10, 20, true}} {
		if got := l.Covers(at(tc.from), at(tc.to)); got != tc.want {
			t.Errorf("covers %v to %v: %v", tc.from, tc.to, got)
		}
	}
	if l.Covers(report.Time{}, at(10)) || (&Log{Channel: "Application", First: l.First, Last: l.Last}).Covers(at(1), at(2)) || (&Log{}).Covers(at(1), at(2)) {
		t.Error("a log covers what it cannot")
	}
	row := c.Symptoms[0].Row()
	if row.Fields["QueryName"] != "host.example" || row.Fields["Address"] != "192.168.0.1:53" || row.Text != "Microsoft-Windows-DNS-Client 1014: a name could not be resolved: no server answered" {
		t.Errorf("%+v", row)
	}
}

// The row of a record: strings with names are fields, the others are told, a secure
// channel's domain has a name of its own.
func TestRowOfARecord(t *testing.T) {
	named := event(0, groupPolicy, 1129, "1", "0", "x  y")
	named.Named = []string{"SupportInfo1", "provider", "SupportInfo1"}
	named.RecordID = 77
	c := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, named, event(1, "NETLOGON", 5719, "CORP", strings.Repeat("long ", 100)))})
	row := c.Symptoms[0].Row()
	want := report.Evidence{
		ID: row.ID, Source: "a.evtx", Kind: "evtx.1129", Offset: row.Offset, Record: 77, Time: row.Time, TimePrecision: "exact", PID: report.NoPID,
		Text: "Microsoft-Windows-GroupPolicy 1129: there was no connectivity to a domain controller: 0 x y",
		Fields: map[string]string{
			"provider": groupPolicy, "event_id": "1129", "channel": "System", "computer": "SRV01.corp.example", "origin": "live", "SupportInfo1": "1",
		},
	}
	if d := cmp.Diff(want, row); d != "" || row.Offset == 0 {
		t.Error(d)
	}
	row = c.Symptoms[1].Row()
	if row.Fields["domain"] != "CORP" || len(row.Text) > 300 || !strings.HasSuffix(row.Text, "…") {
		t.Errorf("%+v", row)
	}
}

func TestSocketAddress(t *testing.T) {
	for text, want := range map[string]string{
		"02000035C0A80001" + strings.Repeat("0", 16):                         "192.168.0.1:53",
		"1700003500000000" + "FE800000000000000000000000000001" + "00000000": "[fe80::1]:53",
		"17000035" + strings.Repeat("0", 28):                                 "17000035" + strings.Repeat("0", 28), // too short for one of IPv6
		"02000035C0A800":                                                     "02000035C0A800",
		"0300" + strings.Repeat("0", 28):                                     "0300" + strings.Repeat("0", 28),
		"name.example":                                                       "name.example",
		"":                                                                   "",
		"02000035C0A80001" + "zzzzzzzzzzzzzzzz":                              "02000035C0A80001zzzzzzzzzzzzzzzz",
	} {
		if got := socketAddress(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestTooManyFields(t *testing.T) {
	r := event(0, groupPolicy, 1058)
	for i := range maxDataFields + 10 {
		r.Data, r.Named = append(r.Data, fmt.Sprint("value", i)), append(r.Named, fmt.Sprint("name", i))
	}
	row := settled(t, Options{}, input{"a.evtx", "evtx", logOf(t, r)}).Symptoms[0].Row()
	if len(row.Fields) != maxDataFields || !strings.Contains(row.Text, "value30") {
		t.Errorf("%d fields, %s", len(row.Fields), row.Text)
	}
}

// One record in several exports is one; another number, time, id or computer is another.
func TestRecordInTwoExports(t *testing.T) {
	a := event(0, "Tcpip", 4231)
	a.RecordID = 500
	b := event(86400, "Tcpip", 4231)
	b.RecordID = 501
	sameNumber := event(90000, "Tcpip", 4231) // the log was cleared between
	sameNumber.RecordID = 500
	elsewhere := a
	elsewhere.Computer = "SRV02.corp.example"
	other := event(0, "Tcpip", 4227)
	other.RecordID = 500
	c := settled(t, Options{},
		input{"b.evtx", "evtx", logOf(t, a, b)}, input{"a.evtx", "evtx", logOf(t, b, sameNumber)}, input{"c.evtx", "evtx", logOf(t, elsewhere, other)},
	)
	want := []string{
		"Tcpip 4231 2026-03-10 09:00:00.1234567 b.evtx", "Tcpip 4231 2026-03-10 09:00:00.1234567 c.evtx", "Tcpip 4227 2026-03-10 09:00:00.1234567 c.evtx",
		"Tcpip 4231 2026-03-11 09:00:00.1234567 a.evtx", "Tcpip 4231 2026-03-11 10:00:00.1234567 a.evtx",
	}
	if d := cmp.Diff(want, linesOf(c.Records)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// What is no log is told, and a damaged one is no less than what can be read of it.
func TestDamagedLog(t *testing.T) {
	var records []evtxgen.Record
	for i := range 300 {
		records = append(records, event(float64(i), "Tcpip", 4231))
	}
	whole, err := (&evtxgen.Log{Records: records, PerChunk: 100}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(settled(t, Options{}, input{"a.evtx", "evtx", whole}).Records); n != 300 {
		t.Fatalf("%d records of the whole", n)
	}
	cut := settled(t, Options{Jobs: 2}, input{"a.evtx", "evtx", whole[:len(whole)-70000]})
	if n := len(cut.Records); n == 0 || n >= 300 || !cut.Sources[0].Damaged || !cut.Logs[0].Log.Damaged || len(cut.Diagnostics) == 0 {
		t.Errorf("%d records, %+v", n, cut.Sources[0].Source)
	}
	c := settled(t, Options{}, input{"a.evtx", "evtx", []byte("no log")})
	if c.Usable() || !c.Sources[0].Damaged || len(c.Logs) != 0 || len(c.Diagnostics) != 1 || c.Diagnostics[0].Severity != "error" || c.Diagnostics[0].Source != "a.evtx" {
		t.Errorf("%+v", c.Diagnostics)
	}
}

func TestTooManyRecords(t *testing.T) {
	l := &Log{Records: make([]*Record, maxLogRecords)}
	s := &Source{}
	f := wantedRecords[0]
	l.take(s, recordOf(f))
	if len(l.Records) != maxLogRecords || codes(s)["log-too-many-records"] != 1 {
		t.Errorf("%d records, %v", len(l.Records), codes(s))
	}
	l.Records = l.Records[1:]
	l.take(s, recordOf(f))
	if len(l.Records) != maxLogRecords || codes(s)["log-too-many-records"] != 1 {
		t.Errorf("%d records, %v", len(l.Records), codes(s))
	}
}
