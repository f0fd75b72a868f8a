package saved

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portverdict/netstatparse/paste"
)

// A stamp is a date and a time as a locale of Windows writes them.
type stamp struct {
	a, b, c  int // the numbers of the date in the order of the file
	order    dateOrder
	yearless bool
	clock    time.Duration
	offset   *time.Duration // to UTC, east positive, when it is written
}

type dateOrder uint8

const (
	unsure dateOrder = iota
	yearFirst
	monthFirst
	dayFirst
)

// A stampScanner walks over the text of a stamp.
type stampScanner struct {
	s string
	i int
}

// stampCleaner drops what locales and copies put between the parts: marks of
// direction, and blanks that do not break.
var stampCleaner = strings.NewReplacer("\u200e", "", "\u200f", "", "\u202a", "", "\u202c", "", "\u00a0", " ", "\u202f", " ")

// parseStamp reads a text that is a date with a time and nothing else: in the short
// form of any locale, in ISO 8601, or with the name of the month.
func parseStamp(text string) (s stamp, ok bool) {
	if len(text) < 8 || len(text) > 96 {
		return s, false
	}
	p := &stampScanner{s: strings.TrimSpace(stampCleaner.Replace(text))}
	weekday, named, ok := p.date(&s)
	if !ok {
		return s, false
	}
	half := p.between()
	comma, ok := p.time(&s)
	if !ok {
		return s, false
	}
	if !p.end(&s, half) {
		return s, false
	}
	if s.order == unsure {
		s.order = s.evident(weekday, named, comma)
	}
	order := s.order
	if order == unsure {
		order = monthFirst
	}
	_, valid := s.day(order)
	return s, valid
}

// word reads letters, with the dots that shorten them.
func (p *stampScanner) word() string {
	start := p.i
	for p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if !unicode.IsLetter(r) && (r != '.' || p.i == start) && !unicode.IsMark(r) {
			break
		}
		p.i += n
	}
	return p.s[start:p.i]
}

// number reads up to most digits.
func (p *stampScanner) number(most int) (n, digits int) {
	for p.i < len(p.s) && digits < most && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		n = n*10 + int(p.s[p.i]-'0')
		p.i++
		digits++
	}
	return n, digits
}

func (p *stampScanner) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *stampScanner) take(chars string) bool {
	if p.i < len(p.s) && strings.IndexByte(chars, p.s[p.i]) >= 0 {
		p.i++
		return true
	}
	return false
}

func (p *stampScanner) blanks() {
	for p.take(" \t,") {
	}
}

// date reads the date and the weekday before it.
func (p *stampScanner) date(s *stamp) (weekday time.Weekday, named, ok bool) {
	first := p.word()
	p.blanks()
	month, isMonth := paste.Month(first)
	if first != "" && !isMonth {
		weekday, named = weekdayOf(first)
		if second := p.word(); second != "" {
			if month, isMonth = paste.Month(second); !isMonth {
				return weekday, named, false
			}
			p.blanks()
		}
	}
	a, digits := p.number(4)
	if digits == 0 {
		return weekday, named, false
	}
	if isMonth { // Nov 20, 2026 · Nov 20
		s.b, s.c, s.order = month, a, yearFirst
		return weekday, named, p.year(s)
	}
	s.a = a
	switch sep := p.peek(); {
	case sep == '/' || sep == '-' || sep == '.':
		return weekday, named, p.numeric(s, sep, digits)
	case strings.HasPrefix(p.s[p.i:], "年"):
		return weekday, named, p.cjk(s)
	case strings.HasPrefix(p.s[p.i:], "月"): // Get-EventLog's table in Chinese
		p.s, p.i = p.s[p.i+len("月"):], 0
		p.blanks()
		s.a, s.b, s.order, s.yearless = 0, a, yearFirst, true
		s.c, digits = p.number(2)
		return weekday, named, digits > 0
	}
	p.blanks() // 20 November 2026
	p.takeWord("de")
	if month, isMonth = paste.Month(p.word()); !isMonth {
		return weekday, named, false
	}
	s.b, s.c, s.order = month, a, yearFirst
	p.blanks()
	p.takeWord("de")
	return weekday, named, p.year(s)
}

func (p *stampScanner) takeWord(w string) {
	if strings.HasPrefix(p.s[p.i:], w+" ") {
		p.i += len(w) + 1
	}
}

// year reads the year behind a month's name. If a time follows instead, there is none.
func (p *stampScanner) year(s *stamp) bool {
	p.take(".")
	p.blanks()
	at := p.i
	year, digits := p.number(4)
	if digits == 4 {
		s.a = year
		return true
	}
	p.i, s.a, s.yearless = at, 0, true
	return digits > 0 && digits <= 2
}

// numeric reads the second and the third number of a date.
func (p *stampScanner) numeric(s *stamp, sep byte, digits int) bool {
	p.i++
	p.blanks()
	var second, third int
	if s.b, second = p.number(2); second == 0 {
		if sep != '.' {
			return false
		}
		month, ok := paste.Month(p.word()) // 20. November 2026
		if !ok {
			return false
		}
		s.a, s.b, s.c, s.order = 0, month, s.a, yearFirst
		p.blanks()
		return p.year(s)
	}
	if p.peek() != sep {
		return false
	}
	p.i++
	p.blanks()
	s.c, third = p.number(4)
	switch {
	case digits == 4 && third >= 1 && third <= 2:
		s.order = yearFirst
		s.a = gregorian(s.a)
	case digits > 2 || third != 2 && third != 4:
		return false
	default:
		if third == 2 {
			s.c += 2000
		}
		s.c = gregorian(s.c)
		if sep == '.' {
			s.order = dayFirst
		}
	}
	return true
}

// gregorian turns a year of the Buddhist calendar, which Thai Windows prints.
func gregorian(year int) int {
	if year > 2400 && year < 2700 {
		return year - 543
	}
	return year
}

// cjk reads 2026年11月20日 behind the year.
func (p *stampScanner) cjk(s *stamp) bool {
	s.order = yearFirst
	rest, ok := strings.CutPrefix(p.s[p.i:], "年")
	p.s, p.i = rest, 0
	if s.b, _ = p.number(2); !ok {
		return false
	}
	if rest, ok = strings.CutPrefix(p.s[p.i:], "月"); !ok {
		return false
	}
	p.s, p.i = rest, 0
	s.c, _ = p.number(2)
	p.s, ok = strings.CutPrefix(p.s[p.i:], "日")
	p.i = 0
	return ok
}

type halfDay uint8

const (
	noHalf halfDay = iota
	am
	pm
)

// between passes what stands between date and time: blanks, "T", a word such as
// "at" or "г.", or the half of the day, which Chinese and Korean put first.
func (p *stampScanner) between() halfDay {
	half := noHalf
	for range 4 {
		for p.take(" \t,.@") { // Kibana writes "Mar 12, 2026 @ 09:14:22.123"
		}
		w := p.word()
		if w == "" {
			break
		}
		if h := halfOf(w); h != noHalf {
			half = h
		}
	}
	return half
}

// time reads the time of day; comma tells that a decimal comma stands in it.
func (p *stampScanner) time(s *stamp) (comma, ok bool) {
	h, digits := p.number(2)
	if digits == 0 || !p.take(":.") {
		return false, false
	}
	m, digits := p.number(2)
	if digits != 2 {
		return false, false
	}
	sec, ns := 0, 0
	if p.take(":.") {
		if sec, digits = p.number(2); digits != 2 {
			return false, false
		}
		if at := p.i; p.take(".,") {
			comma = p.s[at] == ','
			n, digits := p.number(9)
			if digits == 0 {
				comma, p.i = false, at
			}
			for ; digits > 0 && digits < 9; digits++ {
				n *= 10
			}
			ns = n
			for _, d := p.number(9); d > 0; _, d = p.number(9) { // finer than Windows' clock
			}
		}
	}
	if h > 23 || m > 59 || sec > 59 {
		return false, false
	}
	s.clock = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second + time.Duration(ns)
	return comma, true
}

// end reads the half of the day or the zone behind the time; nothing else may follow.
func (p *stampScanner) end(s *stamp, half halfDay) bool {
	rest, utc := strings.CutSuffix(strings.TrimSpace(p.s[p.i:]), "UTC")
	if rest = strings.TrimSpace(rest); utc {
		s.offset = new(time.Duration)
	}
	switch {
	case rest == "":
	case rest == "Z" || rest == "z":
		s.offset = new(time.Duration)
		rest = ""
	case rest[0] == '+' || rest[0] == '-':
		if s.offset = offsetOf(rest); s.offset == nil {
			return false
		}
	default:
		if h := halfOf(rest); h != noHalf {
			half = h
		} else if strings.Trim(rest, "чh. ") != "" && rest != "Uhr" { // bg, de and pt print a word for the hour
			return false
		}
	}
	if half == noHalf {
		return true
	}
	h := s.clock / time.Hour
	if h > 12 {
		return half == pm // zh-CN prints a 24-hour clock with the half of the day
	}
	if h == 12 {
		s.clock -= 12 * time.Hour
	}
	if half == pm {
		s.clock += 12 * time.Hour
	}
	return true
}

// offsetOf reads "+01:00" or "+0100".
func offsetOf(text string) *time.Duration {
	p := &stampScanner{s: text, i: 1}
	h, digits := p.number(2)
	p.take(":")
	m, more := p.number(2)
	if digits != 2 || more != 2 || h > 14 || m > 59 || p.i != len(text) {
		return nil
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if text[0] == '-' {
		d = -d
	}
	return &d
}

// evident is the order that the numbers themselves, the weekday or the decimal
// comma prove: no locale has months first and a comma.
func (s stamp) evident(weekday time.Weekday, named, comma bool) dateOrder {
	month, monthOK := s.day(monthFirst)
	day, dayOK := s.day(dayFirst)
	switch {
	case dayOK && !monthOK:
		return dayFirst
	case monthOK && !dayOK, s.a == s.b:
		return monthFirst
	case named && month.Weekday() == weekday && day.Weekday() != weekday:
		return monthFirst
	case named && day.Weekday() == weekday && month.Weekday() != weekday:
		return dayFirst
	case comma:
		return dayFirst
	}
	return unsure
}

// day is the day of the stamp if its numbers stand in that order.
func (s stamp) day(o dateOrder) (time.Time, bool) {
	year, month, day := s.c, s.a, s.b
	switch o {
	case yearFirst:
		year, month, day = s.a, s.b, s.c
	case dayFirst:
		month, day = s.b, s.a
	}
	if !s.yearless && (year < 1980 || year > 2200) {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t, t.Year() == year && int(t.Month()) == month && t.Day() == day
}

// local is the wall time, noted as if it were UTC.
func (s stamp) local(o dateOrder) time.Time {
	t, _ := s.day(o)
	return t.Add(s.clock)
}
