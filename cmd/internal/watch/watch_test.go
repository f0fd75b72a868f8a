package watch

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

// inBundle is one file of the bundle of a case. All of them are synthetic.
func inBundle(t *testing.T, name, file string) []byte {
	t.Helper()
	z, err := zip.OpenReader(filepath.Join("..", "..", "..", "testdata", "cases", name, "bundle.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// fake is a machine whose session gives the events of a trace before the first look.
// Each look shows a table of one more socket of PID 4242, and takes ten seconds.
type fake struct {
	Machine
	now     time.Time
	sockets int
	step    int
	ended   chan struct{}
}

func newFake(t *testing.T, name string) *fake {
	t.Helper()
	f := &fake{now: noon, sockets: 10, step: 1, ended: make(chan struct{})}
	ranges := inBundle(t, name, "dynamicport.txt")
	trace := inBundle(t, name, "Server.etl")
	f.Machine = Machine{
		Name: "WIN01", Build: 17763,
		Now:       func() time.Time { return f.now },
		Ranges:    func() []byte { return ranges },
		Processes: func() []byte { return nil },
		Table:     f.table,
		Session: func(ctx context.Context, started func(), take func(*etl.Event, error)) error {
			r, err := etl.NewReader(bytes.NewReader(trace), int64(len(trace)), nil)
			if err != nil {
				return err
			}
			r.Each(func(e *etl.Event, err error) bool {
				take(e, err)
				return true
			})
			started()
			<-ctx.Done()
			close(f.ended)
			return nil
		},
		Lost: func() (int, int, error) { return 0, 0, nil },
	}
	return f
}

func (f *fake) table() (Table, error) {
	f.now = f.now.Add(10 * time.Second)
	t := Table{At: f.now, Bound: true, Images: map[uint32]string{4242: "leaky.exe"}}
	for i := range f.sockets {
		t.Rows = append(t.Rows, Row{Local: netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(50000+i)), Remote: netip.AddrPortFrom(netip.IPv4Unspecified(), 0), PID: 4242})
	}
	t.Rows = append(t.Rows, Row{UDP: true, Local: netip.AddrPortFrom(netip.IPv6Unspecified(), 5353), PID: 900})
	f.sockets += f.step
	return t, nil
}

// shown is a display that keeps what it was given.
type shown struct {
	states []*State
	alarms []*Alarm
	end    *End
	after  int // states that are wanted
	ticks  chan time.Time
	stop   chan struct{}
}

func (s *shown) Show(st *State) error {
	s.states = append(s.states, st)
	switch {
	case len(s.states) < s.after:
		s.ticks <- st.At
	case len(s.states) == s.after:
		close(s.stop)
	}
	return nil
}

func (s *shown) Alarm(a *Alarm) error { s.alarms = append(s.alarms, a); return nil }
func (s *shown) End(*End) error       { return nil }

// watched runs a watch that is stopped after so many looks; 0 leaves it to end by itself.
func watched(t *testing.T, m *Machine, looks int) (*report.Report, *shown) {
	t.Helper()
	d := &shown{after: looks, ticks: make(chan time.Time, 1), stop: make(chan struct{})}
	end, err := Run(t.Context(), m, Options{Version: "test", Ticks: d.ticks, Stop: d.stop}, d)
	if err != nil {
		t.Fatal(err)
	}
	d.end = end
	return end.Report, d
}

// A live session says of a trace what its file says.
func TestASessionSaysWhatAFileSays(t *testing.T) {
	for _, name := range []string{"exhausted-leak-x64", "not-exhausted-busy", "not-exhausted-lookalike", "exhausted-leak-compressed", "exhausted-udp-4266"} {
		m := newFake(t, name)
		m.Table = func() (Table, error) { return Table{}, errors.New("not asked for here") }
		m.Name = ""
		live, d := watched(t, &m.Machine, 1)
		trace, ranges := inBundle(t, name, "Server.etl"), inBundle(t, name, "dynamicport.txt")
		f := facts.New(facts.Options{})
		f.Add(report.Source{Path: rangesPath, Kind: "hosttext.range", Size: int64(len(ranges))}, bytes.NewReader(ranges))
		f.Add(report.Source{Path: sessionPath, Kind: "etl", Size: int64(len(trace))}, bytes.NewReader(trace))
		saved := verdict.Judge(f.Settled(), verdict.Options{Version: "test"})
		if d := cmp.Diff(said(saved), said(live)); d != "" {
			t.Errorf("%s (-file +session)\n%s", name, d)
		}
		want := map[bool]string{true: "exhausted", false: "interrupted"}[saved.Verdict.Outcome == report.Exhausted]
		if d.end.Reason != want {
			t.Errorf("%s ended as %q, want %q", name, d.end.Reason, want)
		}
	}
}

// said is what a report rests on, without the ids of evidence, which name the bytes.
func said(r *report.Report) any {
	type finding struct {
		ID, Transport, Text string
		Count               int
	}
	var all []finding
	for _, f := range r.Findings {
		all = append(all, finding{f.ID, f.Transport, f.Text, f.Count})
	}
	v := r.Verdict
	for i := range v.Victims {
		v.Victims[i].Evidence = nil
	}
	return []any{v.Victims, r.Timeline, all, len(v.Windows), len(v.Holders)}
}

// What was lost, or could not be seen or asked, leaves no all-clear.
func TestNoAllClearOfABlindWatch(t *testing.T) {
	for name, c := range map[string]struct {
		blind  func(*Machine)
		reason string
	}{
		"nothing":        {func(*Machine) {}, ""},
		"lost events":    {func(m *Machine) { m.Lost = func() (int, int, error) { return 3, 0, nil } }, "lost (3 events"},
		"lost buffers":   {func(m *Machine) { m.Lost = func() (int, int, error) { return 0, 1, nil } }, "1 buffer"},
		"losses untold":  {func(m *Machine) { m.Lost = func() (int, int, error) { return 0, 0, errors.New("no such session") } }, "no such session"},
		"no table":       {func(m *Machine) { m.Table = func() (Table, error) { return Table{}, errors.New("access denied") } }, "access denied"},
		"no bound ports": {withoutBound, "bound and not connected"},
		"session ended":  {endingEarly, "by another program"},
	} {
		m := newFake(t, "not-exhausted-busy")
		c.blind(&m.Machine)
		looks := 1
		if name == "session ended" {
			looks = 0
		}
		r, d := watched(t, &m.Machine, looks)
		want := map[bool]report.Outcome{true: report.NotExhausted, false: report.Inconclusive}[c.reason == ""]
		if r.Verdict.Outcome != want {
			t.Errorf("%s: %s, want %s: %s", name, r.Verdict.Outcome, want, r.Verdict.Reasons)
		}
		why := strings.Join(slices.Concat(r.Verdict.Reasons, r.Verdict.Pools[0].Reasons), " ")
		if c.reason != "" && !strings.Contains(why, c.reason) {
			t.Errorf("%s: %q is not told: %s", name, c.reason, why)
		}
		if got := d.end.Reason == "session-ended"; got != (name == "session ended") {
			t.Errorf("%s ended as %q", name, d.end.Reason)
		}
	}
}

func withoutBound(m *Machine) {
	with := m.Table
	m.Table = func() (Table, error) {
		t, err := with()
		t.Bound = false
		return t, err
	}
}

func endingEarly(m *Machine) {
	with := m.Session
	m.Session = func(ctx context.Context, started func(), take func(*etl.Event, error)) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		err := with(ctx, cancel, take)
		started()
		return errors.Join(err, errors.New("stopped by another program"))
	}
}

// Tables alone tell pools, holders, forecast and alarms from the first look.
func TestTablesOfAWatch(t *testing.T) {
	m := newFake(t, "not-exhausted-busy")
	m.Session = func(ctx context.Context, started func(), _ func(*etl.Event, error)) error {
		started()
		<-ctx.Done()
		return nil
	}
	m.Ranges = func() []byte {
		return []byte("C:\\>netsh int ipv4 show dynamicport tcp\r\n\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\nStart Port      : 50000\r\nNumber of Ports : 300\r\n")
	}
	m.sockets, m.step = 100, 7
	r, d := watched(t, &m.Machine, 28)
	first, last := d.states[0], d.states[27]
	if p := first.Pools[0]; p.Used != 100 || p.Capacity != 300 || first.Holders[0].PID != 4242 || first.Holders[0].Image != "leaky.exe" {
		t.Errorf("first look: %+v, %+v", first.Pools, first.Holders)
	}
	if d.states[20].Pools[0].Forecast == nil {
		t.Error("no forecast at the 21st look")
	}
	if last.Outcome != report.Likely || last.Pools[0].Used != 100+27*7 {
		t.Errorf("last look: %s, %+v", last.Outcome, last.Pools[0])
	}
	var levels []int
	for _, a := range d.alarms {
		levels = append(levels, a.Level)
	}
	if !slices.Equal(levels, []int{80, 95}) {
		t.Errorf("alarms %v", levels)
	}
	if r.Verdict.Outcome != report.Likely || r.Bundle.Host != "WIN01" || r.Bundle.OSBuild != "17763" {
		t.Errorf("%s, %+v", r.Verdict.Outcome, r.Bundle)
	}
}

// A session that cannot begin is the error of the watch, and nothing is shown.
func TestASessionThatCannotBegin(t *testing.T) {
	m := newFake(t, "not-exhausted-busy")
	denied := errors.New("access denied")
	m.Session = func(context.Context, func(), func(*etl.Event, error)) error { return denied }
	d := &shown{}
	if r, err := Run(t.Context(), &m.Machine, Options{}, d); !errors.Is(err, denied) || r != nil || len(d.states) > 0 {
		t.Errorf("%v, %v, %v", r, err, d.states)
	}
}

// A watch that is cut off ends its session and gives no report.
func TestAWatchThatIsCutOff(t *testing.T) {
	m := newFake(t, "not-exhausted-busy")
	ctx, cancel := context.WithCancel(t.Context())
	m.Lost = func() (int, int, error) { cancel(); return 0, 0, nil }
	if r, err := Run(ctx, &m.Machine, Options{}, &shown{}); !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
	<-m.ended
}

// The time asked for ends a watch.
func TestDeadline(t *testing.T) {
	m := newFake(t, "not-exhausted-busy")
	over := make(chan time.Time, 1)
	over <- noon
	d := &shown{}
	if end, err := Run(t.Context(), &m.Machine, Options{Deadline: over}, d); err != nil || end.Reason != "duration" || len(d.states) != 1 {
		t.Errorf("%v, %+v", err, end)
	}
}
