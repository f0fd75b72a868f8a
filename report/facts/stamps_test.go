package facts

import (
	"os"
	"strings"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/report"
)

var stamps = []struct {
	above     string // lines above the table
	time      string // UTC in a zone an hour east
	precision string
}{
	{"C:\\>date /t\r\nTue 03/10/2026 \r\nC:\\>time /t\r\n10:02 AM\r\n", "2026-03-10 09:02:00", "minute"},
	{"Tue 03/10/2026 \r\n10:02 PM\r\n", "2026-03-10 21:02:00", "minute"},
	{"10.03.2026\r\n10:02\r\n", "2026-03-10 09:02:00", "minute"},
	{"10.03.2026\r\n10.02\r\n", "2026-03-10 09:02:00", "minute"},
	{"2026-03-10\r\n9:02\r\n", "2026-03-10 08:02:00", "minute"},
	{"10.03.2026 14:22:01,55\r\n", "2026-03-10 13:22:01.55", "exact"},
	{"10.03.2026 14.22.01\r\n", "2026-03-10 13:22:01", "exact"},
	{"Tue 03/10/2026 14:22:01.55\r\n", "2026-03-10 13:22:01.55", "exact"},
	{"Tuesday, March 10, 2026 2:22:01 PM\r\n", "2026-03-10 13:22:01", "exact"},
	{"=== 2026-03-10 14:22:01 ===\r\n", "2026-03-10 13:22:01", "exact"},
	{"Command start time: 20260310142201\r\n", "2026-03-10 13:22:01", "exact"},
	{"Time: 2026-03-10 14:22:01\r\n", "2026-03-10 13:22:01", "exact"},
	{"2026-03-10T14:22:01Z\r\n", "2026-03-10 14:22:01", "exact"},
	{"2026-03-10T14:22:01-05:00\r\n", "2026-03-10 19:22:01", "exact"},
	{"10:02\r\n", "never", "unknown"},
	{"", "never", "unknown"},
}

func TestTimesOfTables(t *testing.T) {
	for _, tc := range stamps {
		c := settled(t, Options{Zone: berlin}, netstat("a.txt", tc.above, table(-1, "", rowsOf(7, 50000, 1, "ESTABLISHED"))))
		if len(c.Tables) != 1 {
			t.Errorf("%q: %d tables", tc.above, len(c.Tables))
			continue
		}
		if tb := c.Tables[0]; wanted(tb.Time) != tc.time || tb.Precision() != tc.precision || tb.Row().TimePrecision != tc.precision {
			t.Errorf("%q: %s %s (%s), want %s %s", tc.above, wanted(tb.Time), tb.Precision(), tb.Stamp, tc.time, tc.precision)
		}
	}
}

func TestSampleOfMinutes(t *testing.T) {
	const path = "../../../shared/samples/second/recipes/minute.txt"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("sample not present: " + path)
	}
	c := settled(t, Options{Zone: time.UTC}, input{"minute.txt", "netstat", data})
	if len(c.Tables) == 0 {
		t.Fatal("no tables")
	}
	for _, tb := range c.Tables {
		if tb.Precision() != "minute" || tb.Time.IsZero() {
			t.Errorf("%q: %s %v", tb.Stamp, tb.Precision(), wanted(tb.Time))
		}
	}
}

// What cannot be known of the stamps is told with both readings, and what a later stamp
// proves holds for the earlier ones.
func TestDayOrMonth(t *testing.T) {
	of := func(stamps ...string) *Case {
		var b strings.Builder
		for _, s := range stamps {
			b.WriteString(s + "\r\n" + table(-1, "", rowsOf(7, 50000, 1, "ESTABLISHED")))
		}
		return settled(t, Options{Zone: time.UTC}, netstat("a.txt", b.String()))
	}
	c := of("03/10/2020 14:22:01.55", "03/10/2020 14:23:01.55")
	if d := c.Diagnostics; len(d) != 1 || d[0].Code != "netstat-day-or-month" || !strings.Contains(d[0].Text, "10 March 2020") || !strings.Contains(d[0].Text, "3 October 2020") {
		t.Errorf("%+v", d)
	}
	if s := c.Sources[0]; !s.Window.From.IsZero() || !c.Tables[0].Time.IsZero() || c.Tables[0].Precision() != "unknown" || !s.Unzoned() || s.Untimed() {
		t.Errorf("%+v", s.Source)
	}
	for last, first := range map[string]string{"13/10/2020 00:00:01.55": "2020-10-12 23:59:01.55", "12/11/2020 00:00:01.55": "2020-12-10 23:59:01.55"} {
		c := of("12/10/2020 23:59:01.55", last)
		if got := wanted(c.Tables[0].Time); got != first || len(c.Diagnostics) != 0 {
			t.Errorf("%s: the first is of %s, want %s; %+v", last, got, first, c.Diagnostics)
		}
	}
}

// What the clock of a text says of its zone.
func TestClockOfTables(t *testing.T) {
	one := rowsOf(7, 50000, 1, "ESTABLISHED")
	for _, tc := range []struct {
		name             string
		zone             *time.Location
		text             string
		clock            report.Clock
		unzoned, untimed bool
	}{
		{"given", berlin, table(0, "", one), report.Clock{Zone: "UTC+1", Offset: "1h0m0s", Basis: "given with --tz"}, false, false},
		{"no zone", nil, table(0, "", one), report.Clock{Basis: "local times without a zone: they take part by order only"}, true, false},
		{"no time", berlin, table(-1, "", one), report.Clock{Basis: "no time is written in this file: it takes part by order only"}, false, true},
		{"a time alone", berlin, "10:02:11,55\r\n" + table(-1, "", one), report.Clock{Basis: "the date of its times is not known: it takes part by order only"}, false, true},
		{"with its offset", nil, "2026-03-10T14:22:01+02:00\r\n" + table(-1, "", one), report.Clock{Basis: "the times have their offset to UTC"}, false, false},
	} {
		c := settled(t, Options{Zone: tc.zone}, netstat("a.txt", tc.text))
		s := c.Sources[0]
		if s.Clock != tc.clock || s.Unzoned() != tc.unzoned || s.Untimed() != tc.untimed {
			t.Errorf("%s: %+v, unzoned %v, untimed %v", tc.name, s.Clock, s.Unzoned(), s.Untimed())
		}
	}
}

// A systeminfo or a tool's log beside the tables gives the zone, a trace's header one
// before it, and --tz before both.
func TestZoneOfTables(t *testing.T) {
	tables := netstat("a.txt", table(0, "", rowsOf(7, 50000, 1, "ESTABLISHED"))) // 2026-03-13 10:00
	info := input{"info.txt", "hosttext.system", []byte("Host Name:                 HOST7\r\nOS Name:                   Windows\r\nOS Version:                10.0.17763 N/A Build 17763\r\nTime Zone:                 (UTC) Coordinated Universal Time\r\n")}
	tss := input{"tss.log", "hosttext.system", []byte("20260313 10:30:00.345 TimeUTC:           2026-03-13_08:30:00 [TZ: (UTC+01:00) Amsterdam, Berlin, Bern]\r\n")}
	far := input{"tss.log", "hosttext.system", []byte("20260301 10:30:00.345 TimeUTC:           2026-03-01_08:30:00 [TZ: (UTC+01:00) Amsterdam, Berlin, Bern]\r\n")}
	for _, tc := range []struct {
		name  string
		zone  *time.Location
		with  []input
		time  string
		basis string
	}{
		{"--tz", berlin, []input{info, tss}, "2026-03-13 09:00:00", "given with --tz"},
		{"systeminfo of UTC", nil, []input{info}, "2026-03-13 10:00:00", "time zone in info.txt"},
		{"the offset in force", nil, []input{tss}, "2026-03-13 08:00:00", "the offset in force when tss.log was written"},
		{"too far from it", nil, []input{far}, "never", "the offset in force when tss.log was written"},
		{"none", nil, nil, "never", ""},
	} {
		c := settled(t, Options{Zone: tc.zone}, append(tc.with, tables)...)
		if got := wanted(c.Tables[0].Time); got != tc.time || c.Zone.Basis != tc.basis || c.Zone.Known() != (tc.basis != "") {
			t.Errorf("%s: %s by %q, want %s", tc.name, got, c.Zone.Basis, tc.time)
		}
	}
}

var europe = &etl.Header{
	Bias: -60, DaylightBias: -60, StandardName: "W. Europe Standard Time",
	StandardDate: etl.SystemTime{Month: 10, DayOfWeek: 0, Day: 5, Hour: 3},
	DaylightDate: etl.SystemTime{Month: 3, DayOfWeek: 0, Day: 5, Hour: 2},
}

func TestZoneOfATrace(t *testing.T) {
	zoned := &Source{Trace: &Trace{header: *europe}}
	for _, tc := range []struct {
		sources []*Source
		name    string
		offset  time.Duration
	}{
		{[]*Source{{}, zoned}, "W. Europe Standard Time", time.Hour},
		{[]*Source{{Trace: &Trace{}}, zoned}, "W. Europe Standard Time", time.Hour}, // a session without a zone
		{[]*Source{{Trace: &Trace{header: etl.Header{StandardName: "UTC"}}}}, "UTC", 0},
		{[]*Source{{Trace: &Trace{header: etl.Header{StandardName: "UTC"}}}, zoned}, "", 0}, // they are of several machines
		{[]*Source{{Trace: &Trace{header: etl.Header{Bias: 480}}}}, "UTC bias 480 min", -8 * time.Hour},
		{[]*Source{{Trace: &Trace{}}}, "", 0},
	} {
		z := findZones(Options{}, tc.sources).one
		if z.Name != tc.name || z.offset(time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)) != tc.offset || z.Known() != (tc.name != "") {
			t.Errorf("%q, offset %v, want %q, %v", z.Name, z.offset(time.Time{}), tc.name, tc.offset)
		}
	}
}

func TestHeaderZone(t *testing.T) {
	sydney := &etl.Header{
		Bias: -600, DaylightBias: -60,
		StandardDate: etl.SystemTime{Month: 4, DayOfWeek: 0, Day: 1, Hour: 3},
		DaylightDate: etl.SystemTime{Month: 10, DayOfWeek: 0, Day: 1, Hour: 2},
	}
	fixed := &etl.Header{
		Bias: -60, DaylightBias: -60,
		StandardDate: etl.SystemTime{Year: 2026, Month: 9, Day: 10, Hour: 3},
		DaylightDate: etl.SystemTime{Year: 2026, Month: 4, Day: 20, Hour: 2},
	}
	for _, tc := range []struct {
		h     *etl.Header
		local string
		want  time.Duration
	}{
		{europe, "2026-03-10 10:00:00", time.Hour},
		{europe, "2026-03-29 01:59:59", time.Hour}, // the last Sunday of March
		{europe, "2026-03-29 03:00:00", 2 * time.Hour},
		{europe, "2026-07-01 10:00:00", 2 * time.Hour},
		{europe, "2026-10-25 04:00:00", time.Hour},
		{sydney, "2026-01-10 10:00:00", 11 * time.Hour},
		{sydney, "2026-07-10 10:00:00", 10 * time.Hour},
		{sydney, "2026-10-04 03:00:00", 11 * time.Hour}, // the first Sunday of October
		{sydney, "2026-10-03 03:00:00", 10 * time.Hour},
		{fixed, "2026-04-20 01:59:00", time.Hour},
		{fixed, "2026-04-20 02:00:00", 2 * time.Hour},
		{fixed, "2026-09-10 03:00:00", time.Hour},
		{&etl.Header{Bias: 480}, "2026-07-10 10:00:00", -8 * time.Hour},
	} {
		local, err := time.Parse(time.DateTime, tc.local)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Zone{header: tc.h}).offset(local); got != tc.want {
			t.Errorf("bias %d at %s: offset %v, want %v", tc.h.Bias, tc.local, got, tc.want)
		}
	}
}

// A clock set back shows an hour twice; the tables of a loop go on in time.
func TestHourTwice(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine: " + err.Error())
	}
	for name, z := range map[string]Zone{"location": {location: zone}, "header": {header: europe}} {
		var before time.Time
		for _, c := range []struct{ local, utc string }{
			{"2020-10-25 01:30:00", "2020-10-24 23:30:00"},
			{"2020-10-25 02:10:00", "2020-10-25 00:10:00"},
			{"2020-10-25 02:50:00", "2020-10-25 00:50:00"},
			{"2020-10-25 02:10:00", "2020-10-25 01:10:00"},
			{"2020-10-25 02:50:00", "2020-10-25 01:50:00"},
			{"2020-10-25 03:10:00", "2020-10-25 02:10:00"},
		} {
			local, err := time.Parse(time.DateTime, c.local)
			if err != nil {
				t.Fatal(err)
			}
			before = z.after(local, before)
			if got := before.Format(time.DateTime); got != c.utc {
				t.Errorf("%s: %s is %s, want %s", name, c.local, got, c.utc)
			}
		}
	}
}
