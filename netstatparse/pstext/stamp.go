package pstext

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Stamp is a date and a time as a line has them, without a zone unless Offset says so.
type Stamp struct {
	Local     time.Time // written as if it were UTC
	Swapped   time.Time // the other reading where day and month could change places
	Ambiguous bool
	Offset    *time.Duration // to UTC, east positive
	Length    int            // bytes of the line that it takes, with what stands before it
}

var stampAt = regexp.MustCompile(`^[\[("'<\s]{0,3}(?:\pL{2,12}\.?,? +)?(\d{1,4})([./-])(\d{1,2})([./-])(\d{1,4})\.?(?:T|[ ,_]{1,3}|\s-\s)(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,](\d{1,9}))?(?: ?([AaPp])\.?[Mm]\.?)?(Z|[+-]\d\d:?\d\d)?`)

// StampAt reads the date and time that a line begins with.
func StampAt(text string) (s Stamp, ok bool) {
	if !mayBeStamp(text) {
		return s, false
	}
	m := stampAt.FindStringSubmatch(text)
	if m == nil || m[2] != m[4] {
		return s, false
	}
	clock, ok := clockOf(m)
	if !ok {
		return s, false
	}
	a, b, c := number(m[1]), number(m[3]), number(m[5])
	var day time.Time
	switch {
	case len(m[1]) == 4 && len(m[5]) <= 2:
		day, ok = dateOf(a, b, c)
	case len(m[5]) != 4 && len(m[5]) != 2 || len(m[1]) > 2:
		return s, false
	default:
		if len(m[5]) == 2 {
			c += 2000
		}
		monthFirst, okMonth := dateOf(c, a, b)
		dayFirst, okDay := dateOf(c, b, a)
		day, ok = monthFirst, okMonth
		switch {
		case okDay && (!okMonth || m[2] == "."):
			day, ok = dayFirst, true
		case okDay && okMonth && a != b:
			s.Ambiguous, s.Swapped = true, dayFirst.Add(clock)
		}
	}
	s.Local, s.Offset, s.Length = day.Add(clock), offsetOf(m[11]), len(m[0])
	return s, ok
}

// mayBeStamp tells in a few looks that a line begins with no date: nearly all do not.
func mayBeStamp(text string) bool {
	head := text[:min(len(text), 24)]
	i := strings.IndexAny(head, "0123456789")
	return i >= 0 && strings.ContainsAny(head[i:min(len(head), i+5)], "./-")
}

func clockOf(m []string) (time.Duration, bool) {
	hour, minute, second := number(m[6]), number(m[7]), number(m[8])
	if m[10] != "" {
		if hour < 1 || hour > 12 {
			return 0, false
		}
		if hour %= 12; strings.EqualFold(m[10], "p") {
			hour += 12
		}
	}
	fraction := 0
	if m[9] != "" {
		fraction = number((m[9] + "00000000")[:9])
	}
	d := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(fraction)
	return d, hour <= 23 && minute <= 59 && second <= 59
}

func dateOf(year, month, day int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, year >= 1970 && year < 2200 && int(t.Month()) == month && t.Day() == day
}

// offsetOf reads "Z", "+02:00" or "+0200".
func offsetOf(text string) *time.Duration {
	if text == "" {
		return nil
	}
	var d time.Duration
	if text != "Z" {
		digits := strings.ReplaceAll(text[1:], ":", "")
		d = time.Duration(number(digits[:2]))*time.Hour + time.Duration(number(digits[2:]))*time.Minute
		if text[0] == '-' {
			d = -d
		}
	}
	return &d
}

// number reads digits that a pattern has matched, and nothing as 0.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
