package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The phrase book: numbers, shares, durations and times are worded here and nowhere
// else, so that the headline, a finding and the page say the same.

// Grouped writes a count with commas: 16,384.
func Grouped(n int) string { return grouped64(int64(n)) }

func grouped64(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Counted writes a count with its noun.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// bytesText words a size in units of 1,000: "46.1 KB".
func bytesText(n int64) string {
	v, unit := float64(n), 0
	units := [...]string{"B", "KB", "MB", "GB", "TB", "PB"}
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	if unit == 0 || v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, units[unit])
	}
	return fmt.Sprintf("%.1f %s", v, units[unit])
}

// Rough formats d for a sentence: "0.4 s", "12 min", "3 days". Its sign is left out.
func Rough(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < 10*time.Second:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// Percent words a share of 1: "97.5 %". A part is never rounded up to the whole, nor
// something down to nothing.
func Percent(share float64) string {
	p := math.Round(share*1000) / 10
	switch {
	case share < 1 && p >= 100:
		p = 99.9
	case share > 0 && p <= 0:
		return "under 0.1 %"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", p), ".0") + " %"
}

// Moment words a time with its date, to the second: "2026-03-10 09:00:25 UTC".
func Moment(t Time) string {
	if t.IsZero() {
		return "a time not known"
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// Minute words a time with its date, to the minute: "2018-12-21 01:04 UTC".
func Minute(t Time) string {
	if t.IsZero() {
		return "a time not known"
	}
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}

// Period words a span: the date once when both ends lie on it, minutes when it lasts
// for a day or more: "2026-03-10, 09:00:00 to 09:01:39 UTC".
func Period(from, to Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return "at a time not known"
	case to.IsZero() || to.Equal(from.Time):
		return Moment(from)
	case from.IsZero():
		return "until " + Moment(to)
	}
	a, b := from.UTC(), to.UTC()
	switch {
	case b.Sub(a) >= 24*time.Hour:
		return a.Format("2006-01-02 15:04") + " to " + b.Format("2006-01-02 15:04") + " UTC"
	case a.Format("2006-01-02") != b.Format("2006-01-02"):
		return a.Format("2006-01-02 15:04:05") + " to " + b.Format("2006-01-02 15:04:05") + " UTC"
	}
	return a.Format("2006-01-02, 15:04:05") + " to " + b.Format("15:04:05") + " UTC"
}

// Joined lists words as a sentence does: "a", "a and b", "a, b and c".
func Joined(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// clockText is the time of day to the millisecond, UTC.
func clockText(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("15:04:05.000")
}

// secondText is the time of day to the second, UTC.
func secondText(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.TimeOnly)
}

// dayMinute is the day without its year and the minute, UTC: "1 July 09:54".
func dayMinute(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 15:04")
}

// onDay is the time of day where the day is that of another time, else with its day.
func onDay(t, day Time) string {
	if !day.IsZero() && dayText(t) == dayText(day) {
		return clockText(t)
	}
	return dayText(t) + " " + clockText(t)
}

// exactText is a time as evidence has it: to 100 ns, or to the minute where its source
// tells no more.
func exactText(t Time, precision string) string {
	switch {
	case t.IsZero():
		return "not known"
	case precision == "minute":
		return t.UTC().Format("2006-01-02 15:04") + " (minute)"
	}
	return t.UTC().Format("2006-01-02 15:04:05.0000000")
}

// dayText is the day in words: "10 March 2026".
func dayText(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006")
}

// momentOn is the time of day of t where the day is that of another time, which stands
// beside it, else the whole moment.
func momentOn(t, day Time) string {
	if !t.IsZero() && !day.IsZero() && t.UTC().Format(time.DateOnly) == day.UTC().Format(time.DateOnly) {
		return clockText(t)
	}
	return Moment(t)
}

// signedSeconds words a difference that may be negative: "+0.5 s", "-3 h".
func signedSeconds(s float64) string {
	d := seconds(s)
	switch {
	case math.Abs(s) < 0.05:
		return "0.0 s"
	case s < 0:
		return "-" + Rough(d)
	}
	return "+" + Rough(d)
}

// seconds is a duration of so many seconds, as far as one can be that long.
func seconds(s float64) time.Duration {
	return time.Duration(min(max(s, -9e9), 9e9) * float64(time.Second))
}
