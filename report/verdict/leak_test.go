package verdict

import (
	"strings"
	"testing"
	"time"

	"portverdict/etl"
)

// A leak that is slower at first: its rate, its age, and when the pool is full.
func TestLeakIsForecast(t *testing.T) {
	s := healthy()
	for i := range 100 {
		s.opened(float64(i)*3, 4242, uint16(49152+i), false)
	}
	for i := range 200 {
		s.opened(300+float64(i)*1.5, 4242, uint16(49252+i), false)
	}
	// It also closes some, quickly.
	for i := range 40 {
		s.opened(float64(i)*15+1, 4242, uint16(60000+i), true)
	}
	f := finding(judged(t, s, nil, []string{rangeText(49152, 12000)}, time.UTC), "trace-socket-leak")
	if f == nil {
		t.Fatal("no leak")
	}
	for _, want := range []string{
		"the process (PID 4242) holds 300 TCP ports at the end, +34 a minute while ports were left; of its 340 dynamic binds 300 were never closed",
		"the oldest is open for 10 min", "half of those it closed lived less than", "At this rate the 11700 ports left are gone 6 h", "after the end of t.etl (between ",
	} {
		if !strings.Contains(f.Text, want) {
			t.Errorf("%q is not in %q", want, f.Text)
		}
	}
	full := finding(judged(t, healthy().leaking(4242, 300).refusal(599, 7, refused), nil, []string{rangeText(49152, 16384)}, time.UTC), "trace-socket-leak")
	if full == nil || strings.Contains(full.Text, "At this rate") {
		t.Errorf("a pool that is empty already is forecast: %+v", full)
	}
}

func TestLifetimes(t *testing.T) {
	var l lifetimes
	if l.half() != 0 {
		t.Error("nothing lived")
	}
	for _, d := range []time.Duration{time.Millisecond, time.Second, time.Second, time.Hour} {
		l.add(etl.FileTime(d / 100))
	}
	if half := l.half(); half < time.Second || half > 2*time.Second {
		t.Errorf("half lived less than %v", half)
	}
	for d, want := range map[time.Duration]string{500 * time.Millisecond: "0.5 s", 90 * time.Second: "90 s", time.Hour: "60 min", 30 * time.Hour: "30 h", 96 * time.Hour: "4 days"} {
		if got := rough(d); got != want {
			t.Errorf("%v is %q", d, got)
		}
	}
}
