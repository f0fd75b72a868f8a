package report

import (
	"math"
	"testing"
	"time"
)

func TestPhrases(t *testing.T) {
	day := at(0)
	for got, want := range map[string]string{
		Grouped(0): "0", Grouped(999): "999", Grouped(1000): "1,000", Grouped(-1234567): "-1,234,567", Grouped(math.MaxInt32): "2,147,483,647",
		Counted(1, "port", "ports"): "1 port", Counted(0, "port", "ports"): "0 ports", Counted(16384, "port", "ports"): "16,384 ports",
		bytesText(0): "0 B", bytesText(999): "999 B", bytesText(1000): "1.0 KB", bytesText(46080): "46.1 KB", bytesText(2031616): "2.0 MB",
		Percent(0): "0 %", Percent(1): "100 %", Percent(0.9999): "99.9 %", Percent(0.00001): "under 0.1 %", Percent(0.975): "97.5 %",
		Rough(400 * time.Millisecond): "0.4 s", Rough(-20 * time.Second): "20 s", Rough(119 * time.Second): "119 s", Rough(2 * time.Minute): "2 min", Rough(47 * time.Hour): "47 h", Rough(72 * time.Hour): "3 days",
		Moment(Time{}): "a time not known", Moment(at(0.5)): "2026-03-10 09:00:00 UTC", Minute(at(61)): "2026-03-10 09:01 UTC",
		Period(Time{}, Time{}): "at a time not known", Period(at(0), Time{}): "2026-03-10 09:00:00 UTC", Period(Time{}, at(5)): "until 2026-03-10 09:00:05 UTC",
		Period(at(0), at(99)): "2026-03-10, 09:00:00 to 09:01:39 UTC", Period(at(0), at(60000)): "2026-03-10 09:00:00 to 2026-03-11 01:40:00 UTC", Period(at(0), at(90000)): "2026-03-10 09:00 to 2026-03-11 10:00 UTC",
		Joined(nil): "", Joined([]string{"a"}): "a", Joined([]string{"a", "b"}): "a and b", Joined([]string{"a", "b", "c"}): "a, b and c",
		momentOn(at(1.5), day): "09:00:01.500", momentOn(at(90000), day): "2026-03-11 10:00:00 UTC", momentOn(Time{}, day): "a time not known", momentOn(at(1), Time{}): "2026-03-10 09:00:01 UTC",
		exactText(at(1.5), "exact"): "2026-03-10 09:00:01.5000000", exactText(at(1.5), "minute"): "2026-03-10 09:00 (minute)", exactText(Time{}, "exact"): "not known",
		signedSeconds(0.04): "0.0 s", signedSeconds(0.5): "+0.5 s", signedSeconds(-20): "-20 s", signedSeconds(7200): "+2 h", signedSeconds(math.Inf(1)): "+104167 days",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
