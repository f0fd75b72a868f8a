package netstatparse

import (
	"strings"
	"testing"
	"time"
)

// The clock of a stamp, to the edges of hours, minutes, seconds and halves of days.
func TestClocks(t *testing.T) {
	for text, want := range map[string]string{
		"2020-10-13 00:00:00": "00:00:00", "2020-10-13 23:59:59": "23:59:59", "2020-10-13 24:00:00": "", "2020-10-13 23:60:00": "", "2020-10-13 23:59:60": "",
		"2020-10-13 12:00:00 AM": "00:00:00", "2020-10-13 12:00:00 PM": "12:00:00", "2020-10-13 1:00:00 PM": "13:00:00", "2020-10-13 11:59:59 pm": "23:59:59", "2020-10-13 11:59:59 a.m.": "11:59:59", "2020-10-13 0:30:00 AM": "", "2020-10-13 13:00:00 AM": "",
		"2020-10-13 10:00:00.5": "10:00:00.5", "2020-10-13 10:00:00.123456789": "10:00:00.123456789", "2020-10-13 10:00:00,07": "10:00:00.07", "2020-10-13 10.00.00": "10:00:00",
	} {
		s, ok := parseStamp(text)
		if got := (time.Time{}).Add(s.clock).Format("15:04:05.999999999"); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s %v, want %s", text, got, ok, want)
		}
	}
}

// The date of a stamp in the orders and with the years that there are.
func TestDatesOfStamps(t *testing.T) {
	for text, want := range map[string]string{
		"10.03.26 09:00:00": "2026-03-10", "2026.3.1 09:00:00": "2026-03-01", "1.3.2026 09:00:00": "2026-03-01", "29.02.2024 09:00:00": "2024-02-29", "29.02.2023 09:00:00": "", "31.04.2026 09:00:00": "",
		"10.03.026 09:00:00": "", "100.03.2026 09:00:00": "", "2026-13-01 09:00:00": "", "2026-00-01 09:00:00": "", "2026-01-00 09:00:00": "", "2026-12-31 09:00:00": "2026-12-31", "2026-3-2026 09:00:00": "",
		"10 March 2026 09:00:00": "2026-03-10", "Mar 10 2026 09:00:00": "2026-03-10", "Ma 10 2026 09:00:00": "", "10. März 2026 09:00:00": "2026-03-10", "1. Mai 2026 09:00:00": "2026-05-01", "31. Dezember 2026 09:00:00": "2026-12-31", "32 March 2026 09:00:00": "", "Qqqq 10 2026 09:00:00": "",
		"01. Januar 2026 09:00:00": "2026-01-01", "01. Februar 2026 09:00:00": "2026-02-01", "01. Juni 2026 09:00:00": "2026-06-01", "01. Juli 2026 09:00:00": "2026-07-01", "01. Oktober 2026 09:00:00": "2026-10-01",
	} {
		s, ok := parseStamp(text)
		if got := s.local(s.order).Format(time.DateOnly); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s %v, want %s", text, got, ok, want)
		}
	}
	for text, want := range map[string]time.Duration{"2026-03-10T09:00:00Z": 0, "2026-03-10T09:00:00+02:00": 2 * time.Hour, "2026-03-10T09:00:00-05:30": -5*time.Hour - 30*time.Minute} {
		if s, ok := parseStamp(text); !ok || s.offset == nil || *s.offset != want {
			t.Errorf("%s: %v %v", text, s.offset, ok)
		}
	}
	if s, _ := parseStamp("2026-03-10 09:00:00"); s.offset != nil {
		t.Errorf("an offset that is not written: %v", *s.offset)
	}
}

// Two stamps that could be read either way tell the order, if one reading is a step of a
// loop, two days at most, and the other is none.
func TestOrderOfTwoStamps(t *testing.T) {
	for stamps, want := range map[string]string{
		"03/10/2026 03/11/2026": "month", "03/10/2026 03/12/2026": "month", "03/09/2026 03/12/2026": "", "10/03/2026 11/03/2026": "day", "10/03/2026 12/03/2026": "day", "09/03/2026 12/03/2026": "", "03/10/2026 03/10/2026": "", "03/10/2026": "",
		"03/10/2026 05/12/2026": "", "13/03/2026": "day", "03/13/2026": "month", "2026-03-10 03/10/2026": "", "03/10/2026 03/11/2026 13/04/2026": "day",
	} {
		var text strings.Builder
		for s := range strings.FieldsSeq(stamps) {
			text.WriteString(s + " 14:22:01.55\r\n" + header + oneRow)
		}
		r := NewReader(strings.NewReader(text.String()))
		for range r.Snapshots() {
		}
		got := ""
		if day, known := r.DayFirst(); known && day {
			got = "day"
		} else if known {
			got = "month"
		}
		if got != want {
			t.Errorf("%s: %q first, want %q", stamps, got, want)
		}
	}
}

// A date and a time on lines of their own are one stamp; a time alone has no date.
func TestStampsInTwoLines(t *testing.T) {
	for lines, want := range map[string]string{
		"10.03.2026|14:22": "2026-03-10 14:22:00", "Tue 03/10/2026|02:22 PM": "2026-03-10 14:22:00", "10.03.2026||14:22:05": "2026-03-10 14:22:05", "10.03.2026|||14:22:05": "0001-01-01 14:22:05 dateless",
		"14:22:05,5": "0001-01-01 14:22:05.5 dateless", "2:22 PM": "0001-01-01 14:22:00 dateless", "10.03.2026": "none", "25:00": "none", "10.03.2026|25:00": "none", "13.13.2026|14:22": "0001-01-01 14:22:00 dateless",
	} {
		snapshots, _ := read(t, strings.ReplaceAll(lines, "|", "\r\n")+"\r\n"+header+oneRow)
		s, got := snapshots[0], "none"
		if s.Stamp != "" {
			got = s.Local.Format("2006-01-02 15:04:05.999")
			if s.Dateless {
				got += " dateless"
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", lines, got, want)
		}
	}
}
