package facts

import (
	"cmp"
	"time"

	"portverdict/etl"
	"portverdict/report"
)

// Zone turns the wall times of zone-less texts into UTC.
type Zone struct {
	Name, Basis string
	location    *time.Location
	header      *etl.Header // of a trace of the same machine
	near        time.Time   // when not zero: what is known holds some days around this wall time
}

// zoneHolds is how far from the time it was read at an offset is taken for others.
const zoneHolds = 7 * 24 * time.Hour

// Known tells that there is a zone.
func (z Zone) Known() bool { return z.location != nil || z.header != nil }

// clock says of a source's clock how its local times, of which one is given, are read.
func (z Zone) clock(local time.Time) report.Clock {
	if !z.Known() {
		return report.Clock{Basis: cmp.Or(z.Basis, "local times without a zone: they take part by order only")}
	}
	return report.Clock{Zone: z.Name, Offset: z.offset(local).String(), Basis: z.Basis}
}

// holds tells that the zone says something of a wall time.
func (z Zone) holds(local time.Time) bool {
	return z.Known() && (z.near.IsZero() || local.Sub(z.near).Abs() <= zoneHolds)
}

// offset is the time to add to UTC to get local time, for a wall time.
func (z Zone) offset(local time.Time) time.Duration {
	if z.location != nil {
		t := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), z.location)
		_, off := t.Zone()
		return time.Duration(off) * time.Second
	}
	if z.header == nil {
		return 0
	}
	return headerOffset(z.header, local)
}

// after is the instant of a wall time. In the hour that a clock set back shows
// twice it is the first of the two that is not before another, known to be earlier.
func (z Zone) after(local, before time.Time) time.Time {
	guess := local.Add(-z.offset(local)).UTC()
	best := guess
	for _, far := range []time.Duration{-6 * time.Hour, 6 * time.Hour} {
		t := local.Add(-z.offset(local.Add(far))).UTC()
		if !z.shows(t, local) {
			continue
		}
		switch {
		case !z.shows(best, local):
			best = t
		case best.Before(before) && t.After(best), t.Before(best) && !t.Before(before):
			best = t
		}
	}
	return best
}

// shows tells that a clock of the zone shows local at the instant t.
func (z Zone) shows(t, local time.Time) bool {
	if z.location != nil {
		_, off := t.In(z.location).Zone()
		return t.Add(time.Duration(off) * time.Second).Equal(local)
	}
	if z.header == nil {
		return true
	}
	off, first := local.Sub(t), headerOffset(z.header, local)
	// The second pass through the hour is in standard time already.
	return off == first || off < first && off == headerOffset(z.header, local.Add(first-off))
}

// headerOffset applies the TIME_ZONE_INFORMATION of an ETL header: the bias in
// force is Bias plus StandardBias or DaylightBias by its two SYSTEMTIME rules.
func headerOffset(h *etl.Header, local time.Time) time.Duration {
	bias := h.Bias + h.StandardBias
	if h.StandardDate.Month != 0 && h.DaylightDate.Month != 0 {
		from, to := ruleTime(h.DaylightDate, local.Year()), ruleTime(h.StandardDate, local.Year())
		inside := !local.Before(from) && local.Before(to)
		if to.Before(from) { // southern hemisphere
			inside = !local.Before(from) || local.Before(to)
		}
		if inside {
			bias = h.Bias + h.DaylightBias
		}
	}
	return -time.Duration(bias) * time.Minute
}

// ruleTime is the wall time of a transition: a fixed date when Year is set, else
// the Day-th DayOfWeek of the month, 5 meaning the last.
func ruleTime(r etl.SystemTime, year int) time.Time {
	at := func(day int) time.Time {
		return time.Date(year, time.Month(r.Month), day, int(r.Hour), int(r.Minute), int(r.Second), 0, time.UTC)
	}
	if r.Year != 0 {
		return at(int(r.Day))
	}
	first := at(1)
	day := 1 + (int(r.DayOfWeek)-int(first.Weekday())+7)%7 + 7*(int(r.Day)-1)
	for last := first.AddDate(0, 1, -1).Day(); day > last; {
		day -= 7
	}
	return at(day)
}
