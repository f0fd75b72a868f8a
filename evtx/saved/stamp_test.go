package saved

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// stamps are texts and the times they are, empty if they are none.
var stamps = []struct{ text, want string }{
	{"11/20/2026 10:14:33 AM", "2026-11-20T10:14:33"},
	{"11/20/2026 12:14:33 AM", "2026-11-20T00:14:33"},
	{"11/20/2026 12:14:33 PM", "2026-11-20T12:14:33"},
	{"11/20/2026 1:04:05\u202fPM", "2026-11-20T13:04:05"},
	{"\u200e11/20/2026 10:14:33 AM", "2026-11-20T10:14:33"},
	{"20/11/2026 10:14:33", "2026-11-20T10:14:33"},
	{"20/11/2026 10:14", "2026-11-20T10:14:00"},
	{"20.11.2026 10:14:33", "2026-11-20T10:14:33"},
	{"1.2.2026 3:04:05", "2026-02-01T03:04:05"},
	{"20.11.2026 10.14.33", "2026-11-20T10:14:33"},
	{"20. 11. 2026 10:14:33", "2026-11-20T10:14:33"},
	{"2026. 11. 20. 10:14:33", "2026-11-20T10:14:33"},
	{"20.11.2026 г. 10:14:33 ч.", "2026-11-20T10:14:33"},
	{"20-11-2026 10:14:33", "2026-11-20T10:14:33"},
	{"20-11-26 10:14:33", "2026-11-20T10:14:33"},
	{"2026-11-20 10:14:33", "2026-11-20T10:14:33"},
	{"2026/11/20 10:14:33", "2026-11-20T10:14:33"},
	{"2026/11/20 上午 10:14:33", "2026-11-20T10:14:33"},
	{"2026/11/20 下午 02:14:33", "2026-11-20T14:14:33"},
	{"2026-11-20 오후 2:14:33", "2026-11-20T14:14:33"},
	{"2026年11月20日 10:14:33", "2026-11-20T10:14:33"},
	{"20/11/2026 10:14:33 a. m.", "2026-11-20T10:14:33"},
	{"20/11/2026 10:14:33 p. m.", "2026-11-20T22:14:33"},
	{"20/11/2026 10:14:33 πμ", "2026-11-20T10:14:33"},
	{"20/11/2569 10:14:33", "2026-11-20T10:14:33"},
	{"20/11/2026 10:14:33,25", "2026-11-20T10:14:33.25"},
	{"5/6/2026 10:14:33,25", "2026-06-05T10:14:33.25"},
	{"2026-11-20T10:14:33.123", "2026-11-20T10:14:33.123"},
	{"2026-11-20T10:14:33.1234567Z", "2026-11-20T10:14:33.1234567 0s"},
	{"2026-11-20T10:14:33.123456700Z", "2026-11-20T10:14:33.1234567 0s"},
	{"2026-11-20T10:14:33+01:00", "2026-11-20T10:14:33 1h0m0s"},
	{"2026-11-20 10:14:33 -0530", "2026-11-20T10:14:33 -5h30m0s"},
	{"Friday, November 20, 2026 10:14:33 AM", "2026-11-20T10:14:33"},
	{"Friday, 20 November 2026 10:14:33", "2026-11-20T10:14:33"},
	{"20. November 2026 10:14:33", "2026-11-20T10:14:33"},
	{"20 de noviembre de 2026 10:14:33", "2026-11-20T10:14:33"},
	{"Fri 5/6/2026 10:14:33", "2026-06-05T10:14:33"}, // the fifth of June is a Friday
	{"Nov 20 10:14", "0000-11-20T10:14:00"},
	{"Dez 20 10:14", "0000-12-20T10:14:00"},
	{"нояб. 20 10:14", "0000-11-20T10:14:00"},
	{"févr. 20 10:14", "0000-02-20T10:14:00"},
	{"11月 20 10:14", "0000-11-20T10:14:00"},
	{"12/2/2013 11:52:26 AM", "2013-12-02T11:52:26 or 2013-02-12"},
	{"Nov 20, 2026 @ 10:14:33.123", "2026-11-20T10:14:33.123"},
	{"11/20/2026, 10:14:33.123 AM UTC", "2026-11-20T10:14:33.123 0s"},
	{"5/5/2026 10:14:33", "2026-05-05T10:14:33"},
	{"31/31/2026 10:14:33", ""},
	{"20/11-2026 10:14:33", ""},
	{"20/11/1826 10:14:33", ""},
	{"20/11/2026 25:14:33", ""},
	{"20/11/2026 10:61:33", ""},
	{"20/11/2026", ""},
	{"10:14:33", ""},
	{"20/11/2026 10:14:33 foo", ""},
	{"20/11/2026 10:14:33 +99:00", ""},
	{"foo 20/11/2026 10:14:33 bar baz", ""},
	{"", ""},
	{strings.Repeat("1", 200), ""},
}

func TestStamps(t *testing.T) {
	const iso = "2006-01-02T15:04:05.9999999"
	for _, c := range stamps {
		got := ""
		if s, ok := parseStamp(c.text); ok {
			var rec Record
			new(orders).settle(&rec, s, unsure)
			got = rec.Local.Format(iso)
			if rec.Ambiguous {
				got += rec.Swapped.Format(" or 2006-01-02")
			}
			if rec.Offset != nil {
				got += fmt.Sprintf(" %v", *rec.Offset)
			}
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// csvOf is a list of records at these times.
func csvOf(times ...string) string {
	var text strings.Builder
	text.WriteString("TimeCreated,ProviderName,Id\n")
	for _, s := range times {
		text.WriteString(s + ",Tcpip,4231\n")
	}
	return text.String()
}

// TestDayFirst: a file has one order of day and month, and what shows it counts for all.
func TestDayFirst(t *testing.T) {
	days := func(layout string, n, step int) []string {
		var all []string
		for i := range n {
			all = append(all, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).AddDate(0, 0, i*step).Format(layout))
		}
		return all
	}
	for _, c := range []struct {
		name         string
		text         string
		first, known bool
		ambiguous    int
	}{
		{"one", csvOf("3/4/2026 10:00:00"), false, false, 1},
		{"a day over 12 in front", csvOf("3/4/2026 10:00:00", "13/4/2026 10:00:00", "3/5/2026 10:00:00"), true, true, 1},
		{"a day over 12 behind", csvOf("3/4/2026 10:00:00", "4/13/2026 10:00:00", "3/5/2026 10:00:00"), false, true, 1},
		{"days of a month, months first", csvOf(days("1/2/2006 15:04:05", 6, 1)...), false, true, 3},
		{"days of a month, days first", csvOf(days("2/1/2006 15:04:05", 6, 1)...), true, true, 3},
		{"backwards", csvOf("7/3/2026 10:00:00", "6/3/2026 10:00:00", "5/3/2026 10:00:00", "4/3/2026 10:00:00"), true, true, 3},
		{"three are no proof", csvOf("3/4/2026 10:00:00", "3/5/2026 10:00:00", "3/6/2026 10:00:00"), false, false, 3},
		{"a level in a language that puts the day first", "TimeCreated,ProviderName,Id,LevelDisplayName\n3/4/2026 10:00:00,Tcpip,4231,Avertissement\n", true, true, 0},
		{"a level that several languages have", "TimeCreated,ProviderName,Id,LevelDisplayName\n3/4/2026 10:00:00,Tcpip,4231,警告\n", false, false, 1},
		{"equal numbers", csvOf("5/5/2026 10:00:00"), false, false, 0},
		{"year first", csvOf("2026/3/4 10:00:00"), false, false, 0},
	} {
		all, r := readAll(t, strings.NewReader(c.text))
		ambiguous := 0
		for _, s := range all {
			if strings.Contains(s, " or ") {
				ambiguous++
			}
		}
		if first, known := r.DayFirst(); first != c.first || known != c.known || ambiguous != c.ambiguous {
			t.Errorf("%s: day first %v, known %v, %d ambiguous; want %v, %v, %d", c.name, first, known, ambiguous, c.first, c.known, c.ambiguous)
		}
	}
}
