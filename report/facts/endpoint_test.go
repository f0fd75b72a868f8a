package facts

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

func tcpView(start, count int) View {
	return View{Transport: TCP, Families: AnyFamily, Start: start, Count: count}
}

var endpointStories = []struct {
	name     string
	steps    []step
	held     []uint16
	deferred int
	opened   int
	closed   int
}{
	{"a port is held until its close", story(
		opened(1, procA, sock1, 7, 50000), opened(2, procA, sock2, 7, 50001), step{4, closing(procA, sock2)},
	), []uint16{50000}, 0, 2, 1},
	{"the enter of a close closes nothing yet", story(
		opened(1, procA, sock1, 7, 50000), step{2, func() winsock.Fact { f := closing(procA, sock1); f.EnterExit = 0; return f }()},
	), []uint16{50000}, 0, 1, 0},
	{"the close of Vista has no phase", story(
		opened(1, procA, sock1, 7, 50000), step{2, legacy(winsock.OpClose, 13, procA, sock1, 0)},
	), nil, 0, 1, 1},
	{"a second close is none", story(
		opened(1, procA, sock1, 7, 50000), step{2, closing(procA, sock1)}, step{3, closing(procA, sock1)},
	), nil, 0, 1, 1},
	{"a create on an open socket closes it", story(
		opened(1, procA, sock1, 7, 50000), step{2, create(procA, sock1, 7)},
	), nil, 0, 1, 1},
	{"the exit of a create on a used socket closes it as well", story(
		opened(1, procA, sock1, 7, 50000), step{2, func() winsock.Fact { f := create(procA, sock1, 7); f.EnterExit = 1; return f }()},
	), nil, 0, 1, 1},
	{"a create by another process closes it", story(
		opened(1, procA, sock1, 7, 50000), step{2, create(procB, sock1, 9)},
	), nil, 0, 1, 1},
	{"what AFD makes for itself is no socket", story(
		opened(1, procA, sock1, 7, 50000), step{2, func() winsock.Fact { f := create(procA, sock1, 7); f.EnterExit = 2; return f }()},
	), []uint16{50000}, 0, 1, 0},
	{"a socket that was cleaned up is closing at the end", story(
		opened(1, procA, sock1, 7, 50000), step{2, cleanup(procA, sock1)},
	), nil, 0, 1, 1},
	{"a socket that is bound again gives its first port back", story(
		opened(1, procA, sock1, 7, 50000), step{2, bind(procA, sock1, 0, 0, 0)}, step{2.1, bind(procA, sock1, 1, 50001, 0)},
	), []uint16{50001}, 0, 2, 1},
	{"a bind that is told twice is one", story(
		opened(1, procA, sock1, 7, 50000), step{1.1, bindBare(procA, sock1, 1, 0)},
	), []uint16{50000}, 0, 1, 0},
	{"the exit without an address leaves the port to the other", story(
		step{0, create(procA, sock1, 7)}, step{1, bind(procA, sock1, 0, 0, 0)}, step{1.1, bindBare(procA, sock1, 1, 0)}, step{1.2, bind(procA, sock1, 1, 50000, 0)},
	), []uint16{50000}, 0, 1, 0},
	{"a stated port is held and was not given", story(
		step{0, create(procA, sock1, 7)}, step{1, bind(procA, sock1, 0, 8080, 0)}, step{1.1, bind(procA, sock1, 1, 8080, 0)},
	), []uint16{8080}, 0, 0, 0},
	{"a port whose request was lost is held and was not seen to be given", story(
		step{0, create(procA, sock1, 7)}, step{1.1, bind(procA, sock1, 1, 50000, 0)},
	), []uint16{50000}, 0, 0, 0},
	{"a deferred bind holds no port", story(
		step{0, create(procA, sock1, 7)}, step{1, bind(procA, sock1, 0, 0, 0)}, step{1.1, bind(procA, sock1, 1, 0, 0)},
		step{2, create(procA, sock2, 7)}, step{2, bind(procA, sock2, 0, 0, 0)}, step{2.1, bind(procA, sock2, 1, 0, 0)}, step{3, closing(procA, sock2)},
	), nil, 1, 0, 0},
	{"until it gets one", story(
		step{0, create(procA, sock1, 7)}, step{1, bind(procA, sock1, 0, 0, 0)}, step{1.1, bind(procA, sock1, 1, 0, 0)},
		step{2, bind(procA, sock1, 0, 0, 0)}, step{2.1, bind(procA, sock1, 1, 50000, 0)},
	), []uint16{50000}, 0, 1, 0},
	{"the port of a socket whose transport no record tells is not known to be one of the pool's", story(
		step{1, bind(procA, sock1, 0, 0, 0)}, step{1.1, bind(procA, sock1, 1, 50000, 0)},
	), nil, 0, 0, 0},
	{"a refused bind gives the port of an earlier one not back", story(
		opened(1, procA, sock1, 7, 50000), step{2, bind(procA, sock1, 0, 0, 0)}, step{2.1, bind(procA, sock1, 1, 0, refused)},
	), []uint16{50000}, 0, 1, 0},
}

// A port of unknown transport is of no pool, and is kept beside the pools' own.
func TestUntoldPorts(t *testing.T) {
	for _, tc := range []struct {
		name  string
		steps []step
		want  []uint16
	}{
		{"bound to any port", story(
			step{1, bind(procA, sock1, 0, 0, 0)}, step{1.1, bind(procA, sock1, 1, 50000, 0)},
		), []uint16{50000}},
		{"its request was lost", story(step{1.1, bind(procA, sock1, 1, 50000, 0)}), []uint16{50000}},
		{"given back", story(
			step{1.1, bind(procA, sock1, 1, 50000, 0)}, step{2, closing(procA, sock1)}, step{3, bind(procA, sock2, 1, 50001, 0)},
		), []uint16{50001}},
		{"with a create it is of a pool", story(opened(1, procA, sock1, 7, 50000)), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, told(tc.steps).untold()); d != "" {
				t.Errorf("held (-want +got)\n%s", d)
			}
		})
	}
}

func TestEndpoints(t *testing.T) {
	for _, tc := range endpointStories {
		t.Run(tc.name, func(t *testing.T) {
			tr := told(tc.steps)
			if d := cmp.Diff(tc.held, tr.held()); d != "" {
				t.Errorf("held (-want +got)\n%s", d)
			}
			deferred, opened, closed := 0, 0, 0
			for _, p := range tr.Processes {
				deferred += p.Deferred
				opened += p.Opened[TCP]
				closed += p.Closed[TCP]
				if points := p.Series[TCP].Points(); len(points) > 0 && points[len(points)-1].Ports != len(p.Held) {
					t.Errorf("the series ends with %+v, %d ports are held", points[len(points)-1], len(p.Held))
				}
			}
			if deferred != tc.deferred || opened != tc.opened || closed != tc.closed || tr.Dynamic[TCP][0].Count != tc.opened {
				t.Errorf("deferred %d, opened %d (%d), closed %d", deferred, opened, tr.Dynamic[TCP][0].Count, closed)
			}
			if bins := tr.Bins(TCP); len(bins) > 0 && bins[len(bins)-1].OpenSockets != len(tc.held) {
				t.Errorf("the timeline ends with %+v", bins[len(bins)-1])
			}
		})
	}
}

// What is held at the end, in full.
func TestHolds(t *testing.T) {
	tr := told([]step{
		{0, createV6(procA, sock1, 7)},
		{1, bindV6(procA, sock1, 0, 0, 0)},
		{1.5, bindV6(procA, sock1, 1, 50000, 0)},
		{2, createUDP(procA, sock2, 7)},
		{3, bind(procA, sock2, 0, 123, 0)},
		{3, bind(procA, sock2, 1, 123, 0)},
	})
	p := tr.Processes[0]
	want := []Hold{{p, TCP, true, true, 50000, clock(1.5), p.Held[0].at}, {p, UDP, false, false, 123, clock(3), p.Held[1].at}}
	if !slices.Equal(p.Held, want) {
		t.Errorf("held %+v", p.Held)
	}
	if tr.Dynamic[TCP][2].Count != 1 || tr.Dynamic[TCP][1].Count != 0 || tr.Dynamic[UDP][0].Count != 0 || tr.Dynamic[TCP][0].Ports[50000] != 1 {
		t.Errorf("given: %+v", tr.Dynamic)
	}
	if row := tr.Success[TCP].Rows()[0]; row.Text != "bind to port 0 given port 50000 (tcp)" || row.Fields["endpoint"] != HexKey(sock1) {
		t.Errorf("%+v", row)
	}
}

func TestSpread(t *testing.T) {
	tr := told(story(opened(1, procA, sock1, 7, 50000), opened(4.5, procA, sock2, 7, 50001), opened(5, procA, sock3, 7, 50000)))
	sp := &tr.Dynamic[TCP][0]
	if sp.LongestGap() != 3.5 || !sp.First.Equal(clock(1).Time) || !sp.Last.Equal(clock(5).Time) || sp.Ports[50000] != 2 {
		t.Errorf("gap %v, from %v to %v", sp.LongestGap(), sp.First, sp.Last)
	}
}

// The peak is the last of equals, with what was held then: what closed since and what
// opened since told apart.
func TestPeakIsTheLastOfEquals(t *testing.T) {
	tr := told(story(
		opened(1, procA, sock1, 7, 50000), opened(2, procA, sock2, 7, 50001), // the first time two are open
		step{3, closing(procA, sock1)}, opened(4, procA, sock3, 7, 50002), // the second
		step{5, closing(procA, sock2)}, step{6, closing(procA, sock3)}, opened(7, procB, sock1, 9, 50003),
	), tcpView(50000, 10))
	if p := tr.Peaks[0]; p.Used != 2 || wanted(p.At) != wanted(clock(4)) || !slices.Equal(ports(p.Holds), []uint16{50001, 50002}) {
		t.Errorf("peak %d at %v: %v", p.Used, wanted(p.At), ports(p.Holds))
	}
}

// Of too many ports that were given back after the peak the further ones are not known,
// and that is told.
func TestTooManyHoldingsOfAPeak(t *testing.T) {
	tr := newTeller(tcpView(50000, 10))
	for _, s := range story(opened(1, procA, sock1, 7, 50000), opened(2, procA, sock2, 7, 50001)) {
		tr.tell(ticksAt(s.at), &s.fact)
	}
	tr.watched[0].gone = make([]Hold, maxHoldings)
	for _, s := range story(step{3, closing(procA, sock1)}, step{4, closing(procA, sock2)}) {
		tr.tell(ticksAt(s.at), &s.fact)
	}
	if got := len(tr.watched[0].gone); got != maxHoldings {
		t.Errorf("%d are kept", got)
	}
	tr.watched[0].gone = nil // empty holdings cannot be sorted
	tr.finish()
	if p := tr.Peaks[0]; p.Used != 2 || codes(tr.Source)["trace-too-many-holdings"] != 1 {
		t.Errorf("peak of %d, %v", p.Used, codes(tr.Source))
	}
}

// A port that IPv4 and IPv6, or two processes, have counts once; the views of one family
// have their own; what is outside the range or excluded does not count.
func TestPeaksOfViews(t *testing.T) {
	any, v4, v6 := tcpView(50000, 10), tcpView(50000, 10), tcpView(50000, 10)
	v4.Families, v6.Families = IPv4, IPv6
	less := tcpView(50000, 10)
	less.Exclude([][2]int{{50001, 50001}})
	udp := View{Transport: UDP, Families: AnyFamily, Start: 50000, Count: 10}
	tr := told(story(
		opened(1, procA, sock1, 7, 50000),
		step{2, createV6(procB, sock2, 9)}, step{2, bindV6(procB, sock2, 0, 0, 0)}, step{2, bindV6(procB, sock2, 1, 50000, 0)},
		opened(3, procA, sock3, 7, 50001), opened(4, procA, sock3+0x100, 7, 49999), opened(5, procA, sock3+0x200, 7, 50010),
		step{6, createUDP(procA, sock3+0x300, 7)}, step{6, bind(procA, sock3+0x300, 0, 50005, 0)}, step{6, bind(procA, sock3+0x300, 1, 50005, 0)},
	), any, v4, v6, less, udp)
	for i, want := range []struct {
		used  int
		ports []uint16
	}{{2, []uint16{50000, 50000, 50001}}, {2, []uint16{50000, 50001}}, {1, []uint16{50000}}, {1, []uint16{50000}}, {1, []uint16{50005}}} {
		if p := tr.Peaks[i]; p.Used != want.used || !slices.Equal(ports(p.Holds), want.ports) {
			t.Errorf("view %d: %d, %v; want %+v", i, p.Used, ports(p.Holds), want)
		}
	}
}

// A port stays in use until the last of its endpoints closes.
func TestPortOfTwoEndpoints(t *testing.T) {
	tr := told(story(
		opened(1, procA, sock1, 7, 50000), opened(2, procB, sock2, 9, 50000), step{3, closing(procA, sock1)},
		opened(4, procA, sock3, 7, 50001), // two ports again
	), tcpView(50000, 10))
	if p := tr.Peaks[0]; p.Used != 2 || wanted(p.At) != wanted(clock(4)) {
		t.Errorf("peak %d at %v", p.Used, wanted(p.At))
	}
}

// The sum of the processes' series is the timeline.
func TestSeriesAddUp(t *testing.T) {
	steps := story(
		opened(0, procA, sock1, 7, 50000), opened(3, procB, sock2, 9, 50001), opened(5, procA, sock3, 7, 50002),
		step{8, closing(procA, sock1)}, step{9, bind(procA, sock1, 1, 0, refused)},
	)
	tr := told(steps)
	var got []string
	for _, b := range tr.Bins(TCP) {
		got = append(got, fmt.Sprintf("%d+%d-%d", b.OpenSockets, b.BindOK, b.Bind0x209))
		if b.StepSeconds != 1 {
			t.Errorf("step %d", b.StepSeconds)
		}
	}
	want := []string{"1+1-0", "1+0-0", "1+0-0", "2+1-0", "2+0-0", "3+1-0", "3+0-0", "3+0-0", "2+0-0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]report.Point{{T: clock(0), Ports: 1}, {T: clock(5), Ports: 2}, {T: clock(8), Ports: 1}}, tr.Processes[0].Series[TCP].Points()); d != "" {
		t.Error(d)
	}
	if most := tr.Processes[0].Series[TCP].Most(); most != 2 {
		t.Errorf("most %d", most)
	}
}

func TestSeriesAndTimelineAreBounded(t *testing.T) {
	var s Series
	var l timeline
	const n = 100_000
	for i := range n {
		at := start + etl.FileTime(i)*10*second
		s.add(at, i)
		l.success(at)
		if i%2 == 0 {
			l.refused(at)
		}
		l.open(at, i)
	}
	if len(s.points) > maxSeriesPoints || len(s.points) < maxSeriesPoints/4 || len(l.bins) > maxTimelineBins || len(l.bins) < maxTimelineBins/2 {
		t.Errorf("%d points, %d bins", len(s.points), len(l.bins))
	}
	if last := s.points[len(s.points)-1]; last.open != n-1 || s.Most() != n-1 {
		t.Errorf("the series ends with %+v", last)
	}
	if first := s.points[0].at - start; first > 3*s.every {
		t.Errorf("the series begins %v after the first", duration(first))
	}
	for i := 1; i < len(s.points); i++ {
		if gap := s.points[i].at - s.points[i-1].at; gap <= 0 || gap > 2*s.every || s.points[i].open <= s.points[i-1].open {
			t.Fatalf("point %d of every %v: %+v behind %+v", i, duration(s.every), s.points[i], s.points[i-1])
		}
	}
	tr := &Trace{line: [transports]timeline{l}}
	ok, refusals := 0, 0
	bins := tr.Bins(TCP)
	for i, b := range bins {
		ok, refusals = ok+b.BindOK, refusals+b.Bind0x209
		if i > 0 && (b.OpenSockets <= bins[i-1].OpenSockets || b.T.Sub(bins[i-1].T.Time) != time.Duration(b.StepSeconds)*time.Second) {
			t.Fatalf("bin %d: %+v behind %+v", i, b, bins[i-1])
		}
	}
	if ok != n || refusals != n/2 || bins[len(bins)-1].OpenSockets != n-1 {
		t.Errorf("%d successes, %d refusals, %+v", ok, refusals, bins[len(bins)-1])
	}
}

// A time before the first is in the first step; steps begin with a whole second.
func TestTimelineBegins(t *testing.T) {
	var l timeline
	l.success(ticksAt(5.7))
	l.refused(ticksAt(3))
	if len(l.bins) != 1 || l.start != ticksAt(5) || l.bins[0].ok != 1 || l.bins[0].refused != 1 {
		t.Errorf("%+v", l)
	}
}

func TestLifetimes(t *testing.T) {
	var l Lifetimes
	if l.Half() != 0 {
		t.Errorf("half of none is %v", l.Half())
	}
	for _, s := range []etl.FileTime{1, 1, 1, 100, 100} {
		l.add(s * second)
	}
	l.add(-second) // a clock that went back
	if got := l.Half(); got < time.Second || got > 2*time.Second {
		t.Errorf("half of 1 s, 1 s, 1 s, 100 s, 100 s is %v", got)
	}
	l.add(100 * second)
	l.add(100 * second)
	if got := l.Half(); got < 100*time.Second || got > 200*time.Second {
		t.Errorf("with four of 100 s it is %v", got)
	}
}

func TestEndpointLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a table of four million endpoints")
	}
	tr := newTeller()
	one := &endpoint{process: &Process{Key: procA}}
	for i := range uint64(maxEndpoints) {
		tr.endpoints.put(i, one)
	}
	for i := range uint64(3) {
		f := create(procB, sock1+i, 9)
		tr.tell(start, &f)
		f = bind(procB, sock1+i, 1, 0, refused)
		tr.tell(start, &f)
	}
	if tr.endpoints.len() != maxEndpoints || tr.BindRefused[Unknown].Count != 3 || codes(tr.Source)["trace-too-many-endpoints"] != 1 {
		t.Errorf("%d endpoints, %d attempts, %v", tr.endpoints.len(), tr.BindRefused[Unknown].Count, codes(tr.Source))
	}
	for i := range uint64(3) {
		tr.endpoints.remove(i)
		f := create(procB, sock1+i, 9)
		tr.tell(start, &f)
	}
	if tr.endpoints.len() != maxEndpoints || tr.endpoints.get(sock1) == nil {
		t.Error("a freed place is not used")
	}
}
