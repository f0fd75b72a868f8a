package wish

import (
	"fmt"
	"time"

	"portverdict/report"
)

// Window gives the span of time that --from and --to ask for, each "" where it is not
// given. A time is RFC 3339 and so has its offset to UTC.
func Window(from, to string) (report.Span, error) {
	var w report.Span
	for _, t := range []struct {
		flag, text string
		to         *report.Time
	}{{"--from", from, &w.From}, {"--to", to, &w.To}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, t.text)
		if err != nil {
			return w, fmt.Errorf("%s %q is no RFC 3339 time like 2026-03-10T09:00:00Z", t.flag, t.text)
		}
		t.to.Time = at
	}
	if !w.From.IsZero() && !w.To.IsZero() && w.To.Before(w.From.Time) {
		return w, fmt.Errorf("--to %s is before --from %s", to, from)
	}
	return w, nil
}
