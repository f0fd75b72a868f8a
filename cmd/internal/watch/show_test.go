package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

func secondsOf(n int) time.Duration { return time.Duration(n) * time.Second }

// An alarm is raised when its level is reached, once, and again only after the use was
// well below it.
func TestAlarmLevels(t *testing.T) {
	for _, c := range []struct{ used, told, want int }{
		{799, 0, 0},
		{800, 0, 80},
		{801, 0, 80},
		{949, 0, 80},
		{950, 0, 95},
		{1000, 0, 95},
		{949, 95, 95},
		{900, 95, 95},
		{899, 95, 80},
		{750, 80, 80},
		{749, 80, 0},
		{749, 95, 0},
		{800, 80, 80},
		{950, 80, 95},
	} {
		if got := level(c.used, 1000, c.told); got != c.want {
			t.Errorf("%d of 1000 after level %d: %d, want %d", c.used, c.told, got, c.want)
		}
	}
	if level(5, 0, 0) != 0 {
		t.Error("a pool of unknown capacity alarms")
	}
}

func sampleState() *State {
	full := report.Time{Time: noon.Add(time.Hour)}
	return &State{
		At: noon.Add(90 * time.Second), Began: noon, Outcome: report.Likely, Seen: facts.Seen{Events: 12345, Refused: 0}, Lost: facts.Losses{Events: 3, Buffers: 1},
		Pools: []Pool{
			{Transport: "tcp", Family: "any", Start: 49152, Count: 16384, Capacity: 16384, Used: 15980, Outcome: report.Likely, Forecast: &report.Forecast{FullAtFrom: full, Evidence: []string{"ev-1"}}},
			{Transport: "udp", Family: "ipv6", Start: 49152, Count: 16384, Capacity: 16384, Used: 12, Outcome: report.Inconclusive},
		},
		Holders: []report.Holder{
			{Transport: "tcp", PID: 4242, Image: "lea\x1bky.exe", Instances: 1, Ports: 15900, Share: 0.9704},
			{Transport: "tcp", PID: 0, Image: "node.exe", Instances: 3, Ports: 1, Share: 0.00006},
		},
		Blind: "something was not seen",
	}
}

func TestScreen(t *testing.T) {
	var b bytes.Buffer
	s := &Screen{W: &b}
	st := sampleState()
	for _, err := range []error{s.Alarm(&Alarm{At: st.At, Level: 95, Pool: st.Pools[0]}), s.Show(st), s.End(&End{At: st.At, Reason: "duration"})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const want = `ALARM 12:01:30 UTC: 95 % of the TCP ports are in use: 15,980 of 16,384
12:01:30 UTC, watching for 90 s (Ctrl-C ends it with a report)
TCP      15,980 of 16,384 ports in use, 97.5 %; full from 2026-03-10 13:00 UTC
UDP IPv6     12 of 16,384 ports in use, 0.1 %
  15,900 ports of TCP: lea\u{1B}ky.exe (PID 4242) (97 %)
  1 port of TCP: 3 processes of node.exe (under 0.1 %)
12,345 events seen, 0 attempts refused for want of a port, LOST: 3 events and 1 buffer
note: something was not seen

12:01:30 UTC: the time asked for is over.

`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// On a terminal a block is written over the one before it, to the line, and alarms stay.
func TestScreenIsWrittenOver(t *testing.T) {
	var b bytes.Buffer
	s := &Screen{W: &b, Color: true, Width: 40}
	st := sampleState()
	st.Holders = st.Holders[:0]
	_, _ = s.Show(st), s.Show(st)
	_ = s.Alarm(&Alarm{At: st.At, Level: 80, Pool: st.Pools[0]})
	_ = s.Show(st)
	text := b.String()
	if strings.Count(text, "\x1b[5F\x1b[J") != 2 || strings.Count(text, "\x1b[") != 2*2+2 {
		t.Errorf("%q", text)
	}
	if !strings.Contains(text, "\x1b[5F\x1b[J\x1b[33mALARM") {
		t.Errorf("the alarm stands elsewhere: %q", text)
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 39 && !strings.Contains(line, "\x1b") {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	l := Lines{&b}
	st := sampleState()
	r := &report.Report{Verdict: report.Verdict{Outcome: report.Likely, Confidence: report.Moderate, Summary: "nearly"}}
	for _, err := range []error{l.Show(st), l.Alarm(&Alarm{At: st.At, Level: 80, Pool: st.Pools[1]}), l.End(&End{At: st.At, Reason: "interrupted", Report: r}), l.Show(&State{At: noon})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const want = `{"type":"state","time":"2026-03-10T12:01:30Z","pools":[{"transport":"tcp","family":"any","start":49152,"count":16384,"capacity":16384,"used":15980,"outcome":"likely","forecast":{"full_at_from":"2026-03-10T13:00:00Z","full_at_to":"","basis":"","rate_per_hour":0,"evidence":[]}},{"transport":"udp","family":"ipv6","start":49152,"count":16384,"capacity":16384,"used":12,"outcome":"inconclusive","forecast":null}],"holders":[{"transport":"tcp","pid":4242,"image":"lea\u001bky.exe","instances":1,"ports":15900,"share":0.9704},{"transport":"tcp","pid":0,"image":"node.exe","instances":3,"ports":1,"share":0.00006}],"outcome":"likely","events":12345,"refused":0,"lost_events":3,"lost_buffers":1,"blind":"something was not seen"}
{"type":"alarm","time":"2026-03-10T12:01:30Z","level":80,"pool":{"transport":"udp","family":"ipv6","start":49152,"count":16384,"capacity":16384,"used":12,"outcome":"inconclusive","forecast":null}}
{"type":"end","time":"2026-03-10T12:01:30Z","reason":"interrupted","outcome":"likely","confidence":"moderate","summary":"nearly"}
{"type":"state","time":"2026-03-10T12:00:00Z","pools":[],"holders":[],"outcome":"","events":0,"refused":0,"lost_events":0,"lost_buffers":0,"blind":""}
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(b.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// broken is a stdout that nobody reads.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestAStdoutThatFailsEndsTheWatch(t *testing.T) {
	for name, d := range map[string]Display{"screen": &Screen{W: broken{}}, "lines": Lines{broken{}}} {
		m := newFake(t, "not-exhausted-busy")
		if r, err := Run(t.Context(), &m.Machine, Options{}, d); err == nil || r != nil || err.Error() != "nobody reads" {
			t.Errorf("%s: %v, %v", name, r, err)
		}
		<-m.ended
	}
}
