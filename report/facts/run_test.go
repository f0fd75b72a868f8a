package facts

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/etl/winsock"
)

// refusal is a refused bind of a socket of its own.
func refusal(at float64, n int) step {
	return step{at, over(winsock.TransportTCP, bind(procA, sock1+0x10000+uint64(n)*0x100, 1, 0, refused))}
}

func refusalV6(at float64, n int) step {
	return step{at, over(winsock.TransportTCP, bindV6(procA, sock1+0x10000+uint64(n)*0x100, 1, 0, refused))}
}

// success is a dynamic bind that succeeds, of a socket that is closed at once.
func success(at float64, v6 bool) []step {
	if v6 {
		return []step{{at, createV6(procB, sock3, 9)}, {at, bindV6(procB, sock3, 0, 0, 0)}, {at, bindV6(procB, sock3, 1, 50009, 0)}, {at, closing(procB, sock3)}}
	}
	return story(opened(at, procB, sock3, 9, 50009), step{at, closing(procB, sock3)})
}

// runsOf are the runs of a family in lines: seconds from to, refusals, the first success
// behind.
func runsOf(t *Trace, fam int) []string {
	var out []string
	for _, w := range t.Runs[TCP][fam].List {
		s := fmt.Sprintf("%v-%v: %d", w.From.Sub(clock(0).Time).Seconds(), w.To.Sub(clock(0).Time).Seconds(), w.Failures)
		if !w.Success.IsZero() {
			s += fmt.Sprintf(", success %v", w.Success.Sub(clock(0).Time).Seconds())
		}
		out = append(out, s)
	}
	return out
}

var runStories = []struct {
	name        string
	steps       []step
	all, v4, v6 []string
}{
	{
		"59.9 s apart: one", story(refusal(1, 1), refusal(60.9, 2)),
		[]string{"1-60.9: 2"},
		[]string{"1-60.9: 2"},
		nil,
	},
	{
		"60 s apart: two", story(refusal(1, 1), refusal(61, 2)),
		[]string{"1-1: 1", "61-61: 1"},
		[]string{"1-1: 1", "61-61: 1"},
		nil,
	},
	{
		"a gap that a late record closes", story(refusal(1, 1), refusal(101, 2), refusal(51, 3)),
		[]string{"1-101: 3"},
		[]string{"1-101: 3"},
		nil,
	},
	{
		"falling times", story(refusal(200, 1), refusal(150, 2), refusal(90, 3), refusal(31, 4)),
		[]string{"31-90: 2", "150-200: 2"},
		[]string{"31-90: 2", "150-200: 2"},
		nil,
	},
	{
		"each family by itself and both together", story(refusal(1, 1), refusalV6(40, 2), refusal(80, 3)),
		[]string{"1-80: 3"},
		[]string{"1-1: 1", "80-80: 1"},
		[]string{"40-40: 1"},
	},
	{
		"the first success behind a run, and none before its end", story(success(0, false), refusal(1, 1), success(2, false), refusal(3, 2), success(5, false), success(6, false), refusal(70, 3)),
		[]string{"1-3: 2, success 5", "70-70: 1"},
		[]string{"1-3: 2, success 5", "70-70: 1"},
		nil,
	},
	{
		"a success at the very time of the refusal", story(refusal(1, 1), success(1, false)),
		[]string{"1-1: 1, success 1"},
		[]string{"1-1: 1, success 1"},
		nil,
	},
	{
		"a success of the other family", story(refusal(1, 1), success(2, true)),
		[]string{"1-1: 1, success 2"},
		[]string{"1-1: 1"},
		nil,
	},
	{
		"a late success belongs to the run before it", story(refusal(1, 1), refusal(100, 2), success(50, false), success(30, false)),
		[]string{"1-1: 1, success 30", "100-100: 1"},
		[]string{"1-1: 1, success 30", "100-100: 1"},
		nil,
	},
	{
		"one before the first run to none", story(refusal(100, 2), success(50, false)),
		[]string{"100-100: 1"},
		[]string{"100-100: 1"},
		nil,
	},
	{
		"one inside a run to none", story(refusal(100, 1), refusal(140, 2), success(120, false)),
		[]string{"100-140: 2"},
		[]string{"100-140: 2"},
		nil,
	},
	{
		"runs that grow together keep the success of the later", story(refusal(1, 1), success(2, false), refusal(101, 2), success(103, false), refusal(51, 3)),
		[]string{"1-101: 3, success 103"},
		[]string{"1-101: 3, success 103"},
		nil,
	},
}

func TestRuns(t *testing.T) {
	for _, tc := range runStories {
		t.Run(tc.name, func(t *testing.T) {
			tr := told(tc.steps)
			for fam, want := range [][]string{tc.all, tc.v4, tc.v6} {
				if d := cmp.Diff(want, runsOf(tr, fam)); d != "" {
					t.Errorf("family %d (-want +got)\n%s", fam, d)
				}
			}
			for _, w := range tr.Runs[TCP][0].List {
				if w.ByFamily[0]+w.ByFamily[1] != w.Failures {
					t.Errorf("%+v", w)
				}
			}
		})
	}
}

// The refusals of UDP have runs of their own.
func TestRunsOfTransports(t *testing.T) {
	tr := told([]step{refusal(1, 1), {30, over(winsock.TransportUDP, bind(procA, sock1, 1, 0, refused))}})
	if got := runsOf(tr, 0); len(got) != 1 || got[0] != "1-1: 1" || len(tr.Runs[UDP][0].List) != 1 {
		t.Errorf("TCP %v, UDP %+v", got, tr.Runs[UDP][0].List)
	}
}

// What is held at the last refusal of each run: an endpoint that closed right after it,
// none that closed before it or opened after it.
func TestHoldingsAtTheLastRefusal(t *testing.T) {
	ep := func(n int) uint64 { return sock1 + uint64(n)*0x100 }
	tr := told(story(
		opened(1, procA, ep(1), 7, 50001), opened(1, procA, ep(2), 7, 50002), opened(1, procA, ep(3), 7, 50003), opened(1, procA, ep(4), 7, 50004),
		refusal(10, 1), step{11, closing(procA, ep(1))}, refusal(12, 2),
		step{12.1, closing(procA, ep(2))}, opened(13, procA, ep(5), 7, 50005), step{20, closing(procA, ep(5))},
		refusal(100, 3), step{101, closing(procA, ep(3))}, opened(102, procA, ep(6), 7, 50006),
	))
	runs := tr.Runs[TCP][0].List
	if len(runs) != 2 || !runs[0].Kept || !runs[1].Kept {
		t.Fatalf("runs %+v", runs)
	}
	for i, want := range [][]uint16{{50002, 50003, 50004}, {50003, 50004}} {
		if got := ports(runs[i].Holds); !slices.Equal(got, want) {
			t.Errorf("run %d: %v, want %v", i, got, want)
		}
	}
	if tr.Runs[TCP][1].List[0].Kept {
		t.Error("the runs of a family have holdings")
	}
}

// Runs that grow together have the holdings of the later.
func TestHoldingsOfJoinedRuns(t *testing.T) {
	tr := told(story(
		opened(0, procA, sock1, 7, 50001), refusal(1, 1), step{50, closing(procA, sock1)}, opened(55, procA, sock2, 7, 50002), refusal(101, 2), refusal(51, 3),
	))
	if w := tr.Runs[TCP][0].List; len(w) != 1 || !slices.Equal(ports(w[0].Holds), []uint16{50002}) {
		t.Errorf("%+v", w)
	}
}

// The holdings of the oldest runs go where there are too many.
func TestHoldingsAreBounded(t *testing.T) {
	tr := newTeller()
	tell := func(steps ...step) {
		for i := range steps {
			tr.tell(ticksAt(steps[i].at), &steps[i].fact)
		}
	}
	tell(opened(0, procA, sock1, 7, 50001)...)
	tell(refusal(1, 1), refusal(100, 2), refusal(200, 3))
	if got := tr.holdings; got != 2 {
		t.Fatalf("%d holdings of two runs", got)
	}
	tr.holdings = maxHoldings
	tr.finish()
	runs := tr.Runs[TCP][0].List
	if runs[0].Kept || runs[0].Holds != nil || !runs[1].Kept || !runs[2].Kept || len(runs[2].Holds) != 1 {
		t.Errorf("runs %+v", runs)
	}
	if codes(tr.Source)["trace-too-many-holdings"] != 1 {
		t.Errorf("diagnostics %v", codes(tr.Source))
	}
	tr = newTeller()
	tell(opened(0, procA, sock1, 7, 50001)...)
	tell(refusal(1, 1), step{2, closing(procA, sock1)})
	same(t, "holdings after a close", tr.holdings, 1)
	tell(refusal(3, 2))
	same(t, "holdings after a further refusal", tr.holdings, 0)
	tr = newTeller()
	tell(opened(0, procA, sock1, 7, 50001)...)
	tell(refusal(1, 1))
	tr.holdings = maxHoldings
	tell(step{2, closing(procA, sock1)})
	if tr.finish(); codes(tr.Source)["trace-too-many-holdings"] != 1 || tr.Processes[0].Closed[TCP] != 1 {
		t.Errorf("diagnostics %v", codes(tr.Source))
	}
}

// Of too many runs the further ones are joined to their neighbours; nothing is lost of
// the counts, and what is held at the last refusal is what is held then.
func TestTooManyRuns(t *testing.T) {
	for name, falling := range map[string]bool{"rising": false, "falling": true} {
		t.Run(name, func(t *testing.T) {
			const n = maxRuns + 500
			tr := newTeller()
			for _, s := range opened(0, procB, sock1, 9, 50001) {
				tr.tell(ticksAt(0), &s.fact)
			}
			for i := range n {
				at := float64(61 * (i + 1))
				if falling {
					at = float64(61 * (n - i))
				}
				s := refusal(at, i%100)
				tr.tell(ticksAt(at), &s.fact)
				if i == n-2 && !falling {
					tr.tell(ticksAt(at), &[]winsock.Fact{closing(procB, sock1)}[0])
				}
			}
			tr.finish()
			r := &tr.Runs[TCP][0]
			sum := 0
			for _, w := range r.List {
				sum += w.Failures
			}
			if !r.Full || len(r.List) > maxRuns || sum != n || codes(tr.Source)["trace-too-many-windows"] != 1 {
				t.Errorf("full %v, %d runs, %d refusals, %v", r.Full, len(r.List), sum, codes(tr.Source))
			}
			if got := wanted(r.List[len(r.List)-1].To); got != wanted(clock(61*n)) || wanted(r.List[0].From) != wanted(clock(61)) {
				t.Errorf("from %v to %v", wanted(r.List[0].From), got)
			}
			if last := r.List[len(r.List)-1]; !falling && (!last.Kept || len(last.Holds) != 0) {
				t.Errorf("the port that was given back before the last refusal is held at it: %v", ports(last.Holds))
			}
		})
	}
}

// Records with falling times, as a session of several files may give, take a time that
// goes with their number: two seconds. A walk over all runs for each would take longer than
// a test run may.
func TestFallingTimesAreCheap(t *testing.T) {
	for name, apart := range map[string]float64{"one run": 0.01, "many runs": 61} {
		t.Run(name, func(t *testing.T) {
			n := 400_000
			if testing.Short() {
				n = 40_000
			}
			tr := newTeller()
			for i := range n {
				s := refusal(0, i%1000)
				tr.tell(ticksAt(float64(n-i)*apart), &s.fact)
			}
			tr.finish()
			total := 0
			for _, w := range tr.Runs[TCP][0].List {
				total += w.Failures
			}
			if total != n {
				t.Errorf("%d refusals of %d", total, n)
			}
		})
	}
}

// A distance to the nearest refusal is exact to what the times are thinned to.
func TestRefusalTimesAreThinned(t *testing.T) {
	for name, step := range map[string]int{"rising": 1, "falling": -1} {
		t.Run(name, func(t *testing.T) {
			var r Runs
			const n = 2 * maxFailureTimes
			at := func(i int) etl.FileTime { return start + etl.FileTime(i)*5000 }
			for i := range n {
				if step < 0 {
					i = n - 1 - i
				}
				r.refuse(at(i), false, false)
			}
			if len(r.times) >= maxFailureTimes || r.List[0].Failures != n {
				t.Fatalf("%d times kept, %d refusals", len(r.times), r.List[0].Failures)
			}
			r.finish()
			for _, i := range []int{0, 1, n / 3, n / 2, n - 1} {
				near, ok := r.Nearest(stamp(at(i)))
				if far := near.Sub(at(i).Time()).Abs(); !ok || far > duration(r.Apart) {
					t.Errorf("nearest to %d is %v away, thinned to %v", i, far, duration(r.Apart))
				}
			}
		})
	}
}

func TestNearestAndSurround(t *testing.T) {
	tr := told(story(refusal(10, 1), refusal(20, 2), refusal(90, 3)))
	r := &tr.Runs[TCP][0]
	for _, tc := range []struct {
		at, nearest float64
		surround    bool // within 30 s
	}{{0, 10, false}, {10, 10, true}, {14.9, 10, true}, {15.1, 20, true}, {40, 20, false}, {54, 20, false}, {60, 90, false}, {89, 90, false}, {90, 90, true}, {120, 90, false}} {
		near, ok := r.Nearest(clock(tc.at))
		if !ok || !near.Equal(clock(tc.nearest).Time) {
			t.Errorf("nearest to %v is %v, want %v", tc.at, wanted(near), tc.nearest)
		}
		if got := r.Surround(clock(tc.at), 30*time.Second); got != tc.surround {
			t.Errorf("surround %v: %v", tc.at, got)
		}
	}
	for within, want := range map[time.Duration]bool{39 * time.Second: false, 40 * time.Second: true, 30 * time.Second: false} {
		if got := r.Surround(clock(50), within); got != want {
			t.Errorf("refusals 30 s before and 40 s after, within %v: %v", within, got)
		}
	}
	if _, ok := (&Runs{}).Nearest(clock(0)); ok || (&Runs{}).Surround(clock(0), time.Hour) {
		t.Error("no refusals are near")
	}
	for within, want := range map[time.Duration]bool{5 * time.Second: true, 4 * time.Second: false} {
		if got := tr.RefusedNear(clock(95), within); got != want {
			t.Errorf("refused near within %v: %v", within, got)
		}
	}
}

func TestTooManyUnknown(t *testing.T) {
	tr := newTeller()
	const n = maxUnknown + 5
	f := bind(procA, sock1, 0, 0, refused)
	for i := range n {
		tr.tell(start+etl.FileTime(i), &f)
	}
	tr.finish()
	if tr.UnknownN != n || len(tr.Unknown) != maxUnknown || tr.BindRefused[Unknown].Count != n || codes(tr.Source)["trace-unknown-transport"] != 1 {
		t.Errorf("%d, %d kept, %v", tr.UnknownN, len(tr.Unknown), codes(tr.Source))
	}
}

func TestTooManyStatuses(t *testing.T) {
	tr := newTeller()
	for i := range maxStatuses + 5 {
		f := bind(procA, sock1, 0, 0, winsock.Status(0xC1000000+uint32(i)))
		tr.tell(start, &f)
	}
	f := bind(procA, sock1, 0, 0, 0xC1000000)
	tr.tell(start, &f)
	if len(tr.Failed) != maxStatuses || tr.Failed[0xC1000000].Count != 2 || codes(tr.Source)["trace-too-many-statuses"] != 1 || tr.Attempts != maxStatuses+6 {
		t.Errorf("%d statuses, %v, %d attempts", len(tr.Failed), codes(tr.Source), tr.Attempts)
	}
}
