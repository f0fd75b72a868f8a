package facts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portverdict/etl/etlgen"
	"portverdict/report"
)

// sumOf is what a trace counts, as one text: of two windows that make one, the sums are
// the same.
func sumOf(traces ...*Trace) string {
	var attempts, refused, succeeded, opened, events int
	for _, tr := range traces {
		attempts += tr.Attempts
		events += tr.Events
		for i := range tr.BindRefused {
			refused += tr.BindRefused[i].Count + tr.ConnectRefused[i].Count + tr.Acquire[i].Count
		}
		for i := range tr.Success {
			succeeded += tr.Success[i].Count
		}
		for _, p := range tr.Processes {
			opened += p.Opened[TCP] + p.Opened[UDP]
		}
	}
	return fmt.Sprintf("%d events, %d attempts, %d refused, %d succeeded, %d opened", events, attempts, refused, succeeded, opened)
}

// Wherever a trace is cut into two windows, what happened is in one of them; what is open
// when the second begins was open when the first ended.
func TestWindowsOfOneTrace(t *testing.T) {
	steps := longStory()
	_, whole := traceOf(t, 1, steps)
	all := addSession(t, Options{}, whole).Traces[0]
	cuts := map[float64]bool{}
	for _, s := range steps {
		cuts[s.at] = true
	}
	for at := range cuts {
		before := addSession(t, Options{Window: report.Span{To: clock(at)}}, whole).Traces[0]
		after := addSession(t, Options{Window: report.Span{From: stamp(ticksAt(at) + 1)}}, whole).Traces[0]
		same(t, fmt.Sprintf("what is counted, cut at %v", at), sumOf(before, after), sumOf(all))
		if after.Outside {
			continue
		}
		open := len(distinct(before.held()))
		points := 0
		for _, p := range after.Processes {
			for tr := range p.Series {
				if list := p.Series[tr].Points(); len(list) > 0 && list[0].T.Equal(after.First.Time) {
					points++
				}
			}
		}
		if most := after.Peaks[0].Used; most < open || open > 0 && points == 0 {
			t.Errorf("cut at %v: %d ports were open, then at most %d, %d series begin", at, open, most, points)
		}
		same(t, "the end", fmt.Sprint(after.held()), fmt.Sprint(all.held()))
	}
}

func distinct(all []uint16) map[uint16]bool {
	out := map[uint16]bool{}
	for _, p := range all {
		out[p] = true
	}
	return out
}

// Events that hold no fact are counted in the window they lie in.
func TestEventsOfAWindowWithoutFacts(t *testing.T) {
	var text strings.Builder
	text.WriteString("-- trace --\nheader mode=1 cpus=1\nbuffer\n")
	for at := range 10 {
		text.WriteString(fmt.Sprintf("event64 time=+%d provider=e53c6823-7bb8-44bb-90dc-3f86090d48a6 id=1003 keyword=2 payload=u32:1\n", (at+1)*1e7))
	}
	plain, err := etlgen.Parse([]byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	plain.Header.StartTime = start
	data, err := plain.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	all := addSession(t, Options{}, data).Traces[0]
	same(t, "all", all.Events, 10)
	from, to := all.First.Add(3*time.Second), all.First.Add(5*time.Second)
	tr := addSession(t, Options{Window: report.Span{From: report.Time{Time: from}, To: report.Time{Time: to}}}, data).Traces[0]
	same(t, "in the window", tr.Events, 3)
	same(t, "its first", tr.First.Time, from)
	same(t, "it goes on", tr.GoesOn, true)
}
