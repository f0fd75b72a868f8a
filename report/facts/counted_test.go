package facts

import (
	"strings"
	"testing"
	"time"

	"portverdict/report"
)

// The numbers of a performance log have times, by the bias in its heading or by the zone that
// is known: they are the span of the text, and those outside of the analysed window go.
func TestTimesOfCounts(t *testing.T) {
	const rows = "\"03/10/2026 09:00:00.000\",\"80\"\r\n\"03/10/2026 09:00:15.000\",\"95\"\r\n\"03/10/2026 09:00:30.000\",\"90\"\r\n"
	log := func(zone string) input {
		return input{"perf.csv", "counts", []byte(`"(PDH-CSV 4.0)` + zone + `","\\SRV01\TCPv4\Connections Established"` + "\r\n" + rows)}
	}
	text := input{"perf.csv", "counts", []byte("03/10/2026 09:00:00\r\nC:\\>netstat -ano | find /c \"TIME_WAIT\"\r\n14211\r\n")}
	at := func(second int) report.Time {
		return report.Time{Time: time.Date(2026, 3, 10, 8, 0, second, 0, time.UTC)}
	}
	for name, c := range map[string]struct {
		in     input
		o      Options
		window string // from, to
		basis  string
		kept   int
	}{
		"by its bias":         {log(" (W. Europe Standard Time)(-60)"), Options{}, "08:00:00 08:00:30", "the times have their offset to UTC", 3},
		"its bias before all": {log(" (x)(60)"), Options{Zone: berlin}, "10:00:00 10:00:30", "the times have their offset to UTC", 3},
		"by the zone":         {log(""), Options{Zone: berlin}, "08:00:00 08:00:30", "given with --tz", 3},
		"no zone":             {log(""), Options{}, "never never", "local times without a zone: they take part by order only", 3},
		"day or month":        {text, Options{Zone: berlin}, "never never", "no time is written in this file", 1},
		"the analysed window": {log(" (x)(-60)"), Options{Window: report.Span{From: at(15), To: at(29)}}, "08:00:00 08:00:30", "the times have their offset to UTC", 1},
		"no time, a window":   {log(""), Options{Window: report.Span{From: at(15)}}, "never never", "local times without a zone: they take part by order only", 3},
		"a clock that moved":  {log(" (x)(-60)"), Options{Offsets: map[InputKey]time.Duration{{Path: "perf.csv"}: time.Second}}, "08:00:01 08:00:31", "the times have their offset to UTC; moved by +1s with --clock-offset", 3},
	} {
		s := settled(t, c.o, c.in).Sources[0]
		clock := func(at report.Time) string { return strings.TrimPrefix(wanted(at), "2026-03-10 ") }
		if got := clock(s.Window.From) + " " + clock(s.Window.To); got != c.window || s.Clock.Basis != c.basis || len(s.Counts) != c.kept {
			t.Errorf("%s: %s by %q, %d kept", name, got, s.Clock.Basis, len(s.Counts))
			continue
		}
		if row := s.CountRow(&s.Counts[0]); (row.TimePrecision == "exact") == row.Time.IsZero() || row.Time.IsZero() != s.Window.From.IsZero() {
			t.Errorf("%s: %+v", name, row)
		}
	}
}
