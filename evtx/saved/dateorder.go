package saved

import "time"

// orders finds out for a file whether days or months stand first in its dates.
// Windows prints them by the user's locale, so one file has one order.
type orders struct {
	known  dateOrder
	before [2]time.Time // the stamp before, read both ways
	votes  [2]int       // for months first, for days first
}

// votesNeeded is how many more short steps from record to record one reading has to
// have than the other. One alone is no proof: an event once a month has it too.
const votesNeeded = 3

// learn takes the evidence of a stamp.
func (o *orders) learn(s stamp) {
	if s.order == monthFirst && s.a != s.b || s.order == dayFirst {
		o.known = s.order
		return
	}
	if s.order != unsure || o.known != unsure {
		return
	}
	// Both readings are days: the order would be evident otherwise.
	month, _ := s.day(monthFirst)
	day, _ := s.day(dayFirst)
	before := o.before
	o.before = [2]time.Time{month, day}
	if before[0].IsZero() {
		return
	}
	const short, long = 2 * 24 * time.Hour, 20 * 24 * time.Hour
	a, b := month.Sub(before[0]).Abs(), day.Sub(before[1]).Abs()
	switch {
	case a > 0 && a <= short && b > long:
		o.votes[0]++
	case b > 0 && b <= short && a > long:
		o.votes[1]++
	}
	switch d := o.votes[0] - o.votes[1]; {
	case d >= votesNeeded:
		o.known = monthFirst
	case d <= -votesNeeded:
		o.known = dayFirst
	}
}

// settle notes the time of a stamp in a record. form is the order that the form or
// the language of the headings says, if any does.
func (o *orders) settle(rec *Record, s stamp, form dateOrder) {
	if s.order == unsure {
		s.order = form
	}
	o.learn(s)
	order := s.order
	if order == unsure {
		order = o.known
	}
	if order == unsure {
		order = monthFirst
		rec.Ambiguous, rec.Swapped = true, s.local(dayFirst)
	}
	rec.Local, rec.Offset, rec.Yearless = s.local(order), s.offset, s.yearless
	if s.offset != nil {
		rec.UTC, rec.Event.Time = true, rec.Local.Add(-*s.offset)
	}
}
