package verdict

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"portverdict/report"
)

// paced is a machine on which closes hang at a steady pace since a driver came: each
// start of Windows ends in exhaustion but the last, which the log cuts.
type paced struct {
	perHour float64
	uneven  float64 // part by which the time from one close to the next differs
	pids    int
	runsOut int     // starts that ran out
	share   float64 // of the way to the next exhaustion that the log shows
}

// pacedLeft is how many of the 300 ports are in use otherwise.
const pacedLeft = 17

func (p paced) String() string {
	return fmt.Sprintf("%.0f an hour, uneven by %.1f, %d PIDs, ran out %d times, %.0f %% of the way", p.perHour, p.uneven, p.pids, p.runsOut, 100*p.share)
}

// hang writes n hanging closes from a time on and gives when the next would have come,
// and how many are of each PID.
func (p paced) hang(j *journal, rng *rand.Rand, at float64, n int) (float64, map[int]int) {
	of := map[int]int{}
	ports := rng.Perm(300)
	for i := range n {
		pid := 1000 + 4*(i%(2*p.pids-1))/p.pids
		j.stuck(at, pid, 50000+ports[i], 1)
		of[pid]++
		at += math.Round(1000*hour/p.perHour*(1+p.uneven*(2*rng.Float64()-1))) / 1000 // the same on every processor
	}
	return at, of
}

// check plays the machine and asks for its episodes, whose the closes were, and whether
// the next exhaustion lies in the band of the forecast.
func (p paced) check(t *testing.T, rng *rand.Rand) {
	t.Helper()
	const full = 300 - pacedLeft
	s := tell(t).small()
	j := s.log(-hour, -hour)
	at, days := 0.0, 0
	var began []float64
	var whose []map[int]int
	for i := range p.runsOut {
		j.boot(at)
		out, of := p.hang(j, rng, at+10*hour, full)
		began, whose = append(began, out), append(whose, of)
		days = 1 + i
		for n := range days {
			j.witness(out + float64(n)*(day+7))
		}
		at = out + float64(days)*day - 2*hour
	}
	j.boot(at)
	began = append(began, at)
	n := int(p.share * full)
	end, _ := p.hang(j, rng, at+hour, n)
	j.record(end, 7036, "Service Control Manager")
	r := s.judge()

	tcp := tcpPool(r)
	if is(t, "episodes", len(r.Verdict.Windows), p.runsOut); p.runsOut > 0 {
		is(t, "cause", tcp.Cause, report.CauseStuckClose)
		is(t, "outcome", r.Verdict.Outcome, report.Exhausted)
	}
	for i, w := range r.Verdict.Windows {
		is(t, "ends", w.Ends, "restart")
		is(t, "stuck closes", w.Balance.StuckCloses, full)
		is(t, "from", w.From.Time, moment(began[i]).Truncate(100)) // of 100 ns
		of := map[int]int{}
		for _, h := range r.Verdict.Holders {
			if h.Window == i {
				of[int(h.PID)] = h.StuckCloses
			}
			is(t, "named", h.Named, false)
		}
		if !maps.Equal(of, whose[i]) {
			t.Errorf("episode %d: %v, want %v", i, of, whose[i])
		}
	}
	if f := tcp.Forecast; n < stuckLeast || float64(n)/p.perHour < stuckSpan.Hours()+1 {
		is(t, "forecast", saysForecast(r), "no")
	} else if next := moment(end + float64(full-n)/p.perHour*hour); f == nil || next.Before(f.FullAtFrom.Time) || next.After(f.FullAtTo.Time) {
		t.Errorf("%v: full at %v, forecast %+v", p, next, f)
	} else if band, whole := f.FullAtTo.Sub(f.FullAtFrom.Time), time.Duration(300/p.perHour*float64(time.Hour)); band > whole/2 {
		t.Errorf("%v: a band of %v, where all takes %v", p, band, whole)
	}
}

func TestStuckClosesAtAnyPace(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, perHour := range []float64{2, 9, 30} {
		for _, uneven := range []float64{0, 0.3, 0.9} {
			for _, pids := range []int{1, 3} {
				for runsOut := range 3 {
					for _, share := range []float64{0.3, 0.6, 0.75, 0.97} {
						paced{perHour, uneven, pids, runsOut, share}.check(t, rng)
					}
				}
			}
		}
	}
}
