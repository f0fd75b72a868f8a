package facts

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/report"
)

// Files of a session whose clock is moved say the same, each time so much later, read as
// one file or merged from several.
func TestMovedClockOfATrace(t *testing.T) {
	const by = 90*time.Minute + 700
	parts, whole := traceOf(t, 3, longStory())
	for _, files := range [][][]byte{{whole}, parts} {
		offsets := map[InputKey]time.Duration{}
		for i := range files {
			offsets[InputKey{Path: fmt.Sprintf("t_%d.etl", i)}] = by
		}
		plain, moved := addSession(t, Options{}, files...), addSession(t, Options{Offsets: offsets}, files...)
		a, b := plain.Traces[0], moved.Traces[0]
		same(t, "begin", b.First.Sub(a.First.Time), by)
		same(t, "end", b.Last.Sub(a.Last.Time), by)
		same(t, "events", b.Events, a.Events)
		same(t, "attempts", b.Attempts, a.Attempts)
		for i, w := range a.Runs[TCP][0].List {
			same(t, "refusals", b.Runs[TCP][0].List[i].From.Sub(w.From.Time), by)
		}
		for i, s := range plain.Sources {
			at := moved.Sources[i]
			same(t, "window", at.Window.From.Sub(s.Window.From.Time), by)
			same(t, "window's end", at.Window.To.Sub(s.Window.To.Time), by)
			same(t, "basis", at.Clock.Basis, s.Clock.Basis+"; moved by +1h30m0.0000007s with --clock-offset")
			same(t, "fact", at.Facts["clock_offset"], "+1h30m0.0000007s")
		}
	}
}

// Every kind of input with times is moved as far, whatever zone its times are in.
func TestMovedClocks(t *testing.T) {
	const by = -2 * time.Hour
	dump, err := os.ReadFile("../../netstatparse/dump/testdata/kernel-auto-133.dmp")
	if err != nil {
		t.Fatal(err)
	}
	all := []input{
		{"x.dmp", kindDump, dump},
		pasted("a.txt", winEventList("20.11.2026 10:14:33", "Tcpip", 4231, 7), xmlEvent("2026-11-20T11:14:33Z", "Tcpip", 4231, 8)),
		{"netstat.txt", "netstat", []byte("2026-11-20 10:00:00.000\r\n" + tableHead + "  TCP    10.0.0.5:50000  10.0.0.9:443  ESTABLISHED  7\r\n" +
			"2026-11-20T10:05:00+02:00\r\n" + tableHead + "  TCP    10.0.0.5:50000  10.0.0.9:443  ESTABLISHED  7\r\n")},
	}
	offsets := map[InputKey]time.Duration{}
	for _, in := range all {
		offsets[InputKey{Path: in.path}] = by
	}
	times := func(c *Case) []string {
		out := []string{}
		for _, r := range c.Records {
			out = append(out, wanted(r.Time))
		}
		for _, at := range c.Tables {
			out = append(out, wanted(at.Time))
		}
		for _, s := range c.Sources {
			out = append(out, s.Path, wanted(s.Window.From), wanted(s.Window.To), s.Facts["boot"], s.Facts["written"], s.Facts["clock_offset"])
		}
		return out
	}
	if d := cmp.Diff([]string{
		"2026-11-20 07:14:33", "2026-11-20 09:14:33", "2026-11-20 06:05:00", "2026-11-20 07:00:00",
		"a.txt", "2026-11-20 07:14:33", "2026-11-20 09:14:33", "", "", "-2h0m0s",
		"netstat.txt", "2026-11-20 07:00:00", "2026-11-20 06:05:00", "", "", "-2h0m0s",
		"x.dmp", "2026-03-10 07:04:00", "2026-03-10 07:04:00", "2026-03-09T21:04:00Z", "2026-03-10T07:04:00Z", "-2h0m0s",
	}, times(settled(t, Options{Zone: berlin, Offsets: offsets}, all...))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Of two inputs of one path the hash tells which is moved.
func TestWhichOfOnePathIsMoved(t *testing.T) {
	names := NamesOf([]report.Source{{Path: "b.txt"}, {Path: "a.txt", SHA256: "2"}, {Path: "a.txt", SHA256: "1"}, {Path: "a.txt (2)"}})
	if d := cmp.Diff([]string{"b.txt", "a.txt (3)", "a.txt", "a.txt (2)"}, names); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	o := Options{Offsets: map[InputKey]time.Duration{{"a.txt", "2"}: time.Second}}
	same(t, "the other", o.moved(&report.Source{Path: "a.txt", SHA256: "1"}), 0)
	same(t, "this", o.moved(&report.Source{Path: "a.txt", SHA256: "2"}), time.Second)
}
