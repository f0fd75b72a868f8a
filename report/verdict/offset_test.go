package verdict

import (
	"strings"
	"testing"
	"time"

	"portverdict/report"
	"portverdict/report/facts"
)

// move moves the clock of an input of the story.
func (s *story) move(name string, by time.Duration) {
	if s.options.Offsets == nil {
		s.options.Offsets = map[facts.InputKey]time.Duration{}
	}
	s.options.Offsets[facts.InputKey{Path: name}] = by
}

// A trace and a log whose clocks differ by an hour witness two episodes, and one once either
// clock is moved.
func TestMovedClocksJoinWitnesses(t *testing.T) {
	moves := map[string]time.Duration{"": 0, "Server.etl": -time.Hour, "System.evtx": time.Hour}
	for _, name := range sortedKeys(moves) {
		s, by := tell(t), moves[name]
		tr := s.small().trace(3600, 4200)
		for at := 3700.0; at < 3800; at += 10 {
			tr.refuse(at, 9)
		}
		s.log(-900, 4200).witness(101)
		if name != "" {
			s.move(name, by)
		}
		r := s.judge()
		reasons := strings.Join(r.Verdict.Reasons, "\n")
		if name == "" {
			is(t, "episodes", len(r.Verdict.Windows), 2)
			is(t, "told", strings.Contains(reasons, "--clock-offset"), false)
			continue
		}
		is(t, name+": episodes", len(r.Verdict.Windows), 1)
		is(t, name+": confidence", r.Verdict.Confidence, report.Proven)
		is(t, name+": distance", *r.Verdict.Windows[0].Log[0].DeltaSeconds, 1.0)
		wants(t, reasons, "the first 1 s after the first refusal (by the clocks as --clock-offset moved them)",
			"Clocks were moved (--clock-offset): "+name+" by "+facts.OffsetText(by)+".")
	}
}

// A window is one of the moved times.
func TestWindowOfAMovedClock(t *testing.T) {
	for want, by := range []time.Duration{0, time.Minute} {
		s := tell(t)
		s.small().healthy(0, 600).refuse(150, 9)
		s.move("Server.etl", by)
		s.window(200, 500)
		is(t, "failures", failures(s.judge()), want)
	}
}
