package evtx

import (
	"encoding/binary"
	"time"
)

// fileTime converts 100 ns since 1601-01-01 UTC.
func fileTime(t uint64) time.Time {
	const (
		epoch = 11644473600 // seconds from 1601 to 1970
		ticks = 10_000_000
	)
	return time.Unix(int64(t/ticks)-epoch, int64(t%ticks)*100).UTC()
}

// The times that are taken for one, as FILETIME: from 1970 on and before 2100.
const (
	earliest = 116444736000000000
	latest   = 157469184000000000
)

// eventTime converts a FILETIME; one that no event can have gives the zero time.
func eventTime(t uint64) time.Time {
	if t < earliest || t >= latest {
		return time.Time{}
	}
	return fileTime(t)
}

// systemTime reads a SYSTEMTIME: year, month, day of the week, day, hour, minute,
// second and millisecond, u16 each.
func systemTime(b []byte) (t time.Time, ok bool) {
	if len(b) != 16 {
		return t, false
	}
	n := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	t = time.Date(n(0), time.Month(n(1)), n(3), n(4), n(5), n(6), n(7)*1_000_000, time.UTC)
	// A date that is none comes out as another.
	same := t.Year() == n(0) && int(t.Month()) == n(1) && t.Day() == n(3) && t.Hour() == n(4) && t.Minute() == n(5) && t.Second() == n(6) && n(7) < 1000
	return t, same && n(0) > 0
}
