package netstatparse

import (
	"strconv"
	"strings"
	"time"

	"portverdict/netstatparse/paste"
)

// A stamp is the line with date and time that a loop writes above each table:
// `echo %date% %time%` in the short form of the machine's locale, or
// PowerShell's Get-Date. It has no zone.
type stamp struct {
	a, b, c int // the numbers of the date in the order of the file
	weekday time.Weekday
	named   bool // weekday is known
	order   dateOrder
	clock   time.Duration
	offset  *time.Duration // to UTC, east positive, when it is written
}

type dateOrder uint8

const (
	unsure dateOrder = iota
	yearFirst
	monthFirst
	dayFirst
	noDate // a time alone
)

var (
	numericStamp = pattern(`^(?:(\pL{1,12})\.?,? +)?(\d{1,4})([./-])\s?(\d{1,2})([./-])\s?(\d{1,4})\.?(?: +[^\d\s]{1,8})?(?: +|T| ?[-_] ?)(\d{1,2})[:.](\d\d)[:.](\d\d)(?:(?:\.|(,))(\d{1,9}))?(?: ?([AaPp])\.?[Mm]\.?)?(Z|[+-]\d\d:?\d\d)?$`)
	dateAlone    = pattern(`^(?:\pL{1,12}\.?,? +)?\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}\.?(?: +[^\d\s]{1,8})?$`)
	timeAlone    = pattern(`^(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?$`)
	label        = pattern(`^\pL[\pL ]{0,30}: +`)
	// compactStamp is a time as scripts write it, and PowerShell above each command of a
	// transcript. The start of the transcript says little of the commands in it.
	compactStamp = pattern(`^(?:Command start time: )?(\d{4})(\d\d)(\d\d)[-_ T]?(\d\d)(\d\d)(\d\d)$`)
	// longStamp is Get-Date's in the languages that write the month as a word.
	longStamp = pattern(`^(?:\pL{1,14}(?:-feira)?\.?,? +)?(?:(\pL{3,12})\.? +(\d{1,2})|(\d{1,2})(?:\.|er|º)?[ /-] *(?:de +)?(\pL{3,12})\.?),?[ /-] *(?:de +)?(\d{4})(?: г\.)?,? +(\d{1,2})[:.](\d\d)[:.](\d\d)(?: ?([AaPp])\.?[Mm]\.?)?( ?[+-]\d\d:?\d\d|Z)?$`)
	// cjkStamp is Get-Date's in Chinese, Japanese and Korean.
	cjkStamp = pattern(`^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일](?: ?\pL+)?? *(上午|下午|午前|午後|오전|오후)? *(\d{1,2}):(\d\d):(\d\d)$`)
)

// rules are what a script draws around a line.
const rules = " \t=-#*[]"

// bare is a stamp line without the rules around it, such as "=== ... ===", and
// without a label before it.
func bare(text string) string {
	text = strings.Trim(text, rules)
	return text[len(label().FindString(text)):]
}

// takeStamp reads a line with date and time, or the second of two: `date /t` and
// `time /t` write a line each. A time alone tells the order and the distance.
func (t *table) takeStamp(text string, line int) bool {
	if len(text) > 120 || !strings.ContainsAny(text, "0123456789") {
		return false
	}
	s, ok := parseStamp(text)
	if !ok {
		short := bare(text)
		if dateAlone().MatchString(short) {
			t.date, t.dateAt = short, line
			return false
		}
		m := timeAlone().FindStringSubmatch(short)
		if m == nil {
			return false
		}
		text = short
		if t.date != "" && line-t.dateAt <= 2 {
			if s, ok = parseStamp(t.date + " " + withSeconds(m)); ok {
				text = t.date + " " + short
			}
		}
		if !ok {
			if s.clock, ok = clockOf(m[1], m[2], m[3], m[4], m[5]); !ok {
				return false
			}
			s.order = noDate
		}
	}
	t.stamp, t.stamped, t.stampAt = s, strings.TrimSpace(text), line
	return true
}

// stampedHost divides a stamp and the name of the machine before or behind it, as
// `echo %date% %time% %computername%` writes them; host is "" for any other line.
func stampedHost(text string) (stamp, host string) {
	text = strings.TrimSpace(text)
	if len(text) > 90 || strings.IndexByte(text, ' ') < 0 || strings.IndexByte(text, ':') < 0 {
		return "", ""
	}
	first, rest, _ := strings.Cut(text, " ")
	i := strings.LastIndexByte(text, ' ')
	for _, way := range [...][2]string{{text[:i], text[i+1:]}, {rest, first}} {
		name := strings.Trim(way[1], "[]()-:,")
		if !paste.IsMachine(name) {
			continue
		}
		stamp = strings.Trim(way[0], " -,")
		if _, ok := parseStamp(stamp); ok {
			return stamp, name
		}
	}
	return "", ""
}

func withSeconds(m []string) string {
	seconds := m[3]
	if seconds == "" {
		seconds = "00"
	}
	text := m[1] + ":" + m[2] + ":" + seconds
	if m[5] != "" {
		text += " " + m[5] + "M"
	}
	return text
}

// parseStamp reads a stamp line.
func parseStamp(text string) (stamp, bool) {
	if m := compactStamp().FindStringSubmatch(strings.Trim(text, rules)); m != nil {
		text = m[1] + "-" + m[2] + "-" + m[3] + " " + m[4] + ":" + m[5] + ":" + m[6]
	}
	text = bare(text)
	if len(text) < 14 || len(text) > 90 || !strings.Contains(text, ":") && strings.Count(text, ".") < 2 {
		return stamp{}, false
	}
	if m := numericStamp().FindStringSubmatch(text); m != nil && m[3] == m[5] {
		return numeric(m)
	}
	if m := longStamp().FindStringSubmatch(text); m != nil {
		return long(m)
	}
	if m := cjkStamp().FindStringSubmatch(text); m != nil {
		return cjk(m)
	}
	return stamp{}, false
}

func numeric(m []string) (s stamp, ok bool) {
	s.a, s.b, s.c = atoi(m[2]), atoi(m[4]), atoi(m[6])
	s.weekday, s.named = weekdayOf(m[1])
	if s.clock, ok = clockOf(m[7], m[8], m[9], m[11], m[12]); !ok {
		return stamp{}, false
	}
	switch {
	case len(m[2]) == 4 && len(m[6]) <= 2:
		s.order = yearFirst
	case len(m[2]) > 2 || len(m[6]) != 4 && len(m[6]) != 2:
		return stamp{}, false
	case m[3] == ".":
		s.order = dayFirst
	default:
		s.order = s.evident(m[12] != "", m[10] != "")
	}
	order := s.order
	if order == unsure {
		order = monthFirst
	}
	if m[13] != "" {
		s.offset = offsetOf(m[13])
	}
	_, valid := s.date(order)
	return s, valid
}

// offsetOf reads "Z", "+02:00" or "+0200".
func offsetOf(text string) *time.Duration {
	var d time.Duration
	if text != "Z" {
		d = time.Duration(atoi(text[1:3]))*time.Hour + time.Duration(atoi(text[len(text)-2:]))*time.Minute
		if text[0] == '-' {
			d = -d
		}
	}
	return &d
}

// evident is the order that the numbers themselves, the weekday, the 12-hour
// clock or the decimal comma prove: no locale has months first and a comma.
func (s stamp) evident(halfDays, comma bool) dateOrder {
	month, monthOK := s.date(monthFirst)
	day, dayOK := s.date(dayFirst)
	switch {
	case dayOK && !monthOK:
		return dayFirst
	case monthOK && !dayOK:
		return monthFirst
	case s.named && month.Weekday() == s.weekday && day.Weekday() != s.weekday:
		return monthFirst
	case s.named && day.Weekday() == s.weekday && month.Weekday() != s.weekday:
		return dayFirst
	case comma:
		return dayFirst
	case halfDays && s.named:
		return monthFirst
	}
	return unsure
}

func long(m []string) (s stamp, ok bool) {
	month, ok := paste.Month(m[1] + m[4])
	if !ok {
		return stamp{}, false
	}
	s.a, s.b, s.c, s.order = atoi(m[5]), month, atoi(m[2]+m[3]), yearFirst
	if s.clock, ok = clockOf(m[6], m[7], m[8], "", m[9]); !ok {
		return stamp{}, false
	}
	if zone := strings.TrimSpace(m[10]); zone != "" {
		s.offset = offsetOf(zone)
	}
	_, ok = s.date(yearFirst)
	return s, ok
}

func cjk(m []string) (s stamp, ok bool) {
	half := ""
	switch m[4] {
	case "上午", "午前", "오전":
		half = "a"
	case "下午", "午後", "오후":
		half = "p"
	}
	s.a, s.b, s.c, s.order = atoi(m[1]), atoi(m[2]), atoi(m[3]), yearFirst
	if s.clock, ok = clockOf(m[5], m[6], m[7], "", half); !ok {
		return stamp{}, false
	}
	_, ok = s.date(yearFirst)
	return s, ok
}

// date is the day of the stamp if its numbers stand in that order.
func (s stamp) date(o dateOrder) (time.Time, bool) {
	year, month, day := s.c, s.a, s.b
	switch o {
	case yearFirst:
		year, month, day = s.a, s.b, s.c
	case dayFirst:
		month, day = s.b, s.a
	}
	if year < 100 {
		year += 2000
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, t.Year() == year && int(t.Month()) == month && t.Day() == day
}

// evidence of the order of days and months is kept for the file: that of a stamp
// itself, and that of two stamps of which one reading is a short step and the other
// is none.
func (r *Reader) learnOrder(s stamp) {
	if s.order == monthFirst || s.order == dayFirst {
		r.order = s.order
		return
	}
	if s.order != unsure {
		return
	}
	month, monthOK := s.date(monthFirst)
	day, dayOK := s.date(dayFirst)
	if !monthOK || !dayOK {
		return
	}
	before := r.before
	r.before = [2]time.Time{month, day}
	if r.order != unsure || before[0].IsZero() {
		return
	}
	const short, long = 2 * 24 * time.Hour, 20 * 24 * time.Hour
	a, b := month.Sub(before[0]), day.Sub(before[1])
	switch {
	case a > 0 && a <= short && (b < 0 || b > long):
		r.order = monthFirst
	case b > 0 && b <= short && (a < 0 || a > long):
		r.order = dayFirst
	}
}

// local is the wall time, written as if it were UTC.
func (s stamp) local(o dateOrder) time.Time {
	t, ok := s.date(o)
	if !ok {
		t, _ = s.date(monthFirst)
	}
	return t.Add(s.clock)
}

func clockOf(hour, minute, second, fraction, half string) (time.Duration, bool) {
	h, m, sec := atoi(hour), atoi(minute), atoi(second)
	if half != "" {
		if h < 1 || h > 12 {
			return 0, false
		}
		h %= 12
		if half == "P" || half == "p" {
			h += 12
		}
	}
	if h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	ns := 0
	if fraction != "" {
		ns = atoi((fraction + "00000000")[:9])
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second + time.Duration(ns), true
}

// atoi reads digits that a pattern has matched: they fit.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func weekdayOf(word string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(word, d.String()) || strings.EqualFold(word, d.String()[:3]) {
			return d, true
		}
	}
	return 0, false
}
