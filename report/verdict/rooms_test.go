package verdict

import (
	"testing"
	"time"

	"portverdict/etl"
)

func TestHeaderZone(t *testing.T) {
	berlin := &etl.Header{
		Bias: -60, DaylightBias: -60,
		StandardDate: etl.SystemTime{Month: 10, DayOfWeek: 0, Day: 5, Hour: 3},
		DaylightDate: etl.SystemTime{Month: 3, DayOfWeek: 0, Day: 5, Hour: 2},
	}
	sydney := &etl.Header{
		Bias: -600, DaylightBias: -60,
		StandardDate: etl.SystemTime{Month: 4, DayOfWeek: 0, Day: 1, Hour: 3},
		DaylightDate: etl.SystemTime{Month: 10, DayOfWeek: 0, Day: 1, Hour: 2},
	}
	for _, tc := range []struct {
		h     *etl.Header
		local string
		want  time.Duration
	}{
		{berlin, "2026-03-10 10:00:00", time.Hour},
		{berlin, "2026-03-29 01:59:59", time.Hour}, // the last Sunday of March
		{berlin, "2026-03-29 03:00:00", 2 * time.Hour},
		{berlin, "2026-07-01 10:00:00", 2 * time.Hour},
		{berlin, "2026-10-25 04:00:00", time.Hour},
		{sydney, "2026-01-10 10:00:00", 11 * time.Hour},
		{sydney, "2026-07-10 10:00:00", 10 * time.Hour},
		{&etl.Header{Bias: 480}, "2026-07-10 10:00:00", -8 * time.Hour},
	} {
		local, err := time.Parse(time.DateTime, tc.local)
		if err != nil {
			t.Fatal(err)
		}
		if got := (zone{header: tc.h}).offset(local); got != tc.want {
			t.Errorf("bias %d at %s: offset %v, want %v", tc.h.Bias, tc.local, got, tc.want)
		}
	}
}

func TestPoolExclusions(t *testing.T) {
	p := &pool{start: 50000, count: 1000}
	for _, x := range [][2]int{{49000, 50009}, {50005, 50019}, {50020, 50029}, {50990, 60000}, {100, 200}} {
		p.exclude(x[0], x[1])
	}
	if p.excludedN != 40 || p.capacity() != 960 {
		t.Errorf("excluded %d, capacity %d; want 40 and 960", p.excludedN, p.capacity())
	}
	for port, want := range map[int]bool{49999: false, 50000: false, 50029: false, 50030: true, 50989: true, 50990: false, 51000: false} {
		if p.holds(port) != want {
			t.Errorf("holds(%d) = %v", port, !want)
		}
	}
}

func TestSlopeIgnoresBursts(t *testing.T) {
	var s series
	for i := range 100 {
		n := i * 2
		if i%10 == 5 {
			n += 500
		}
		s.add(etl.FileTime(i)*60*second, n)
	}
	if got := s.slope(etl.FileTime(1000) * 60 * second); got < 1.9 || got > 2.1 {
		t.Errorf("slope = %v a minute, want about 2", got)
	}
}

func TestSeriesAndTimelineAreBounded(t *testing.T) {
	var s series
	var l timeline
	for i := range 100000 {
		at := etl.FileTime(i) * 10 * second
		s.add(at, i)
		l.success(at)
	}
	if len(s.points) >= maxSeriesPoints+1 || len(l.bins) > maxTimelineBins {
		t.Errorf("%d points, %d bins", len(s.points), len(l.bins))
	}
	total := 0
	for _, b := range l.bins {
		total += b.ok
	}
	if total != 100000 {
		t.Errorf("bins hold %d successes, want 100000", total)
	}
}

func TestFailureTimesAreThinned(t *testing.T) {
	var w witnesses
	for i := range 2 * maxFailureTimes {
		w.failed(start+etl.FileTime(i)*1000, 2)
	}
	if len(w.times) >= maxFailureTimes {
		t.Errorf("%d times kept", len(w.times))
	}
	if w.windows[0].failures != 2*maxFailureTimes {
		t.Errorf("%d failures counted", w.windows[0].failures)
	}
}
