package facts

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/etl/etlgen"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// wire is a step as Windows writes it.
func wire(t testing.TB, s step, t0 int64) etlgen.Event {
	t.Helper()
	f := &s.fact
	le := binary.LittleEndian
	e := etlgen.Event{Kind: etl.KindEvent, PointerSize: 8, Provider: winsock.AFD, ID: f.ID, Level: 4, Time: t0 + int64(s.at*1e7), PID: 4}
	b := le.AppendUint32(nil, f.EnterExit)
	b = le.AppendUint32(b, 1000)
	b = le.AppendUint64(b, f.Process)
	b = le.AppendUint64(b, f.Endpoint)
	switch f.Op {
	case winsock.OpCreate:
		b = le.AppendUint32(b, uint32(f.Family))
		b = le.AppendUint32(b, f.SocketType)
		b = le.AppendUint32(b, 0)
		b = le.AppendUint64(b, uint64(f.PID))
		b = le.AppendUint32(b, uint32(f.Status))
	case winsock.OpBind, winsock.OpConnect, winsock.OpClose, winsock.OpCleanup:
		b = le.AppendUint32(b, uint32(f.Status))
		if f.ID != 1030 {
			break
		}
		b = le.AppendUint32(b, 16)
		b = le.AppendUint16(b, f.Family)
		b = binary.BigEndian.AppendUint16(b, f.Address.Port())
		b = append(b, make([]byte, 12)...)
	case winsock.OpProcess:
		e.Provider = winsock.KernelProcess
		b = le.AppendUint32(nil, f.PID)
		b = append(b, make([]byte, 16)...)
		for _, c := range f.Image {
			b = le.AppendUint16(b, uint16(c))
		}
		b = append(b, 0, 0)
	default:
		t.Fatalf("no payload for %v", f.Op)
	}
	e.Payload = b
	return e
}

// traceOf gives a trace of so many files of one session with the steps in buffers of four
// events each, and beside it, in one file, the whole.
func traceOf(t testing.TB, files int, steps []step) (parts [][]byte, whole []byte) {
	t.Helper()
	plain, err := etlgen.Parse([]byte("-- trace --\nheader mode=8 cpus=1\n"))
	if err != nil {
		t.Fatal(err)
	}
	plain.Header.StartTime = start
	var buffers []etlgen.Buffer
	for part := range slices.Chunk(steps, 4) {
		b := etlgen.Buffer{Sequence: int64(len(buffers) + 1), Flags: plain.Buffers[0].Flags, Type: 0, TimeStamp: plain.Header.T0}
		for _, s := range part {
			b.Events = append(b.Events, wire(t, s, plain.Header.T0))
		}
		buffers = append(buffers, b)
	}
	file := func(buffers []etlgen.Buffer) []byte {
		one := *plain
		one.Buffers = append(slices.Clone(plain.Buffers), buffers...)
		data, err := one.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for i := range files {
		parts = append(parts, file(buffers[i*len(buffers)/files:(i+1)*len(buffers)/files]))
	}
	return parts, file(buffers)
}

func sourceOf(path, kind string, data []byte) report.Source {
	return report.Source{Path: path, Kind: kind, Size: int64(len(data))}
}

// addSession adds the files of one session and settles.
func addSession(t testing.TB, o Options, parts ...[]byte) *Case {
	t.Helper()
	f := New(o)
	var srcs []report.Source
	var rs []io.ReaderAt
	for i, p := range parts {
		srcs = append(srcs, sourceOf(fmt.Sprintf("t_%d.etl", i), "etl", p))
		rs = append(rs, bytes.NewReader(p))
	}
	for i, h := range f.AddSession(srcs, rs) {
		f.Identify(h, fmt.Sprintf("hash %d", i))
	}
	return f.Settled()
}

// essence is what a trace says, without the places of its records.
func essence(tr *Trace) []string {
	out := []string{fmt.Sprintf("%s to %s, %d events, %d of AFD, %d undecoded, %d attempts, lost %+v",
		wanted(tr.First), wanted(tr.Last), tr.Events, tr.AFDEvents, tr.Undecoded, tr.Attempts, tr.Lost)}
	for _, p := range tr.Processes {
		out = append(out, fmt.Sprintf("%x %s: opened %v, closed %v, held %v, deferred %d, %d attempts, series %v",
			p.Key, lifeOf(p), p.Opened, p.Closed, ports(p.Held), p.Deferred, p.Attempts, p.Series[TCP].Points()))
	}
	for fam := range 3 {
		out = append(out, strings.Join(runsOf(tr, fam), "; "))
	}
	for _, w := range tr.Runs[TCP][0].List {
		out = append(out, fmt.Sprint(ports(w.Holds)))
	}
	for i, p := range tr.Peaks {
		out = append(out, fmt.Sprintf("view %d: peak %d at %s, %v", i, p.Used, wanted(p.At), ports(p.Holds)))
	}
	for _, tr := range []*Sample{&tr.BindRefused[TCP], &tr.ConnectRefused[TCP], &tr.Success[TCP]} {
		out = append(out, fmt.Sprintf("%d: %+v", tr.Count, tr.Tally()))
	}
	return append(out, fmt.Sprint(tr.Bins(TCP)))
}

// longStory has sockets that are opened in one part of it and closed in another, three
// processes, and two runs of refusals.
func longStory() []step {
	out := story(step{0.1, began(7, 0, "leaky.exe")})
	for i := range 30 {
		at := float64(i) + 1
		out = append(out, opened(at, procA, sock1+0x100*uint64(i), 7, 50000+uint16(i))...)
		if i >= 20 {
			out = append(out, step{at + 0.1, closing(procA, sock1+0x100*uint64(i-20))})
		}
	}
	for i, at := range []float64{31, 32, 32.5, 120, 121} {
		out = append(out, step{at, create(procB, sock1+0x9000+0x100*uint64(i), 9)},
			step{at, bind(procB, sock1+0x9000+0x100*uint64(i), 0, 0, 0)}, step{at, bindBare(procB, sock1+0x9000+0x100*uint64(i), 1, refused)})
	}
	return append(out, step{122, ended(7, 0, "")})
}

func TestSessionInSeveralFiles(t *testing.T) {
	for _, files := range []int{2, 3, 7} {
		t.Run(fmt.Sprint(files), func(t *testing.T) {
			parts, whole := traceOf(t, files, longStory())
			o := Options{Ranges: map[string]PortRange{"tcp": {50000, 30}}}
			one, several := addSession(t, o, whole), addSession(t, o, parts...)
			if len(one.Traces) != 1 || len(several.Traces) != 1 || len(several.Sources) != files || len(several.Traces[0].Files) != files {
				t.Fatalf("%d and %d traces, %d sources", len(one.Traces), len(several.Traces), len(several.Sources))
			}
			if d := cmp.Diff(essence(one.Traces[0]), essence(several.Traces[0])); d != "" {
				t.Errorf("(-one file +%d files)\n%s", files, d)
			}
			if tr := one.Traces[0]; tr.BindRefused[TCP].Count != 5 || tr.AFDEvents != tr.Events || tr.Events < 100 || len(tr.Runs[TCP][0].List) != 2 || tr.Peaks[0].Used != 21 || tr.Processes[0].Image != "leaky.exe" {
				t.Errorf("%q", essence(tr))
			}
			decoded := 0
			for _, s := range several.Sources {
				decoded += s.Decoded
				if s.Damaged || (s.Trace != nil) != (s.Path == "t_0.etl") || s.Window.From.IsZero() {
					t.Errorf("%s: damaged %v, trace %v, window %v", s.Path, s.Damaged, s.Trace != nil, s.Window)
				}
			}
			if want := one.Sources[0].Decoded + files - 1; decoded != want { // each file has its header event
				t.Errorf("%d events decoded, want %d", decoded, want)
			}
			if rows := several.Traces[0].BindRefused[TCP].Rows(); len(rows) != 5 || rows[0].Source == "t_0.etl" || rows[4].Source != several.Sources[files-1].Path {
				t.Errorf("rows of the wrong file: %+v", rows)
			}
		})
	}
}

// When a session begins a new file, the buffers being filled go to the new one, with
// events older than the last of the old: they are taken in the order of their times.
func TestSessionIsMerged(t *testing.T) {
	steps := story(
		step{1, create(procA, sock1, 7)}, step{2, create(procA, sock2, 7)}, step{4, bind(procA, sock1, 1, 0, refused)}, step{6, create(procA, sock1, 9)},
		// the second file
		step{3, bind(procA, sock1, 0, 0, 0)}, step{5, closing(procA, sock1)}, step{7, bind(procA, sock1, 1, 0, refused)}, step{8, closing(procA, sock2)},
	)
	parts, _ := traceOf(t, 2, steps)
	tr := addSession(t, Options{}, parts...).Traces[0]
	sorted := slices.Clone(steps)
	slices.SortStableFunc(sorted, func(a, b step) int { return int(1000 * (a.at - b.at)) })
	want := told(sorted)
	if got := count(tr); got.Binds != [3]int{2} || got.RefusedSockets != 2 {
		t.Errorf("%+v", got)
	}
	for i, p := range tr.Processes {
		if lifeOf(p) != lifeOf(want.Processes[i]) {
			t.Errorf("process %d: %s, want %s", i, lifeOf(p), lifeOf(want.Processes[i]))
		}
	}
}

// Damage in one file of a session is told of that file; the others say what they say.
func TestDamageInOnePart(t *testing.T) {
	parts, _ := traceOf(t, 3, longStory())
	whole := addSession(t, Options{}, parts...).Traces[0]
	for name, damage := range map[string]func([]byte) []byte{
		"cut":      func(b []byte) []byte { return b[:len(b)-8000] },
		"zeros":    func(b []byte) []byte { clear(b[4096:8192]); return b },
		"no trace": func([]byte) []byte { return []byte("this is no trace") },
		"empty":    func([]byte) []byte { return nil },
	} {
		for at := range parts {
			t.Run(fmt.Sprintf("%s of file %d", name, at), func(t *testing.T) {
				some := slices.Clone(parts)
				some[at] = damage(bytes.Clone(parts[at]))
				c := addSession(t, Options{}, some...)
				if len(c.Traces) != 1 || !c.Traces[0].Damaged {
					t.Fatalf("%d traces, damage is not told", len(c.Traces))
				}
				tr := c.Traces[0]
				if tr.Events >= whole.Events || tr.Events < whole.Events/3 {
					t.Errorf("%d events of %d", tr.Events, whole.Events)
				}
				for i, s := range c.Sources {
					if s.Damaged != (i == at) {
						t.Errorf("%s: damaged %v", s.Path, s.Damaged)
					}
				}
				told := false
				for _, d := range c.Diagnostics {
					told = told || d.Source == c.Sources[at].Path
					if d.Source != c.Sources[at].Path && d.Code != "etl-sequence-gap" {
						t.Errorf("diagnostic of another file: %+v", d)
					}
				}
				if !told {
					t.Error("no diagnostic")
				}
			})
		}
	}
}

// A session of which no file can be read is no trace.
func TestSessionWithoutATrace(t *testing.T) {
	c := addSession(t, Options{}, []byte("no"), nil)
	if len(c.Traces) != 0 || c.Usable() || len(c.Diagnostics) != 2 || !c.Sources[1].Damaged {
		t.Errorf("%+v", c)
	}
}

// A trace cut at any length gives what it has, and never a panic.
func TestTraceCutAnywhere(t *testing.T) {
	_, whole := traceOf(t, 1, longStory()[:24])
	events := -1
	for n := 0; n <= len(whole); n += 97 {
		c := addSession(t, Options{}, whole[:n])
		if len(c.Traces) == 0 {
			continue
		}
		if got := c.Traces[0].Events; got < events {
			t.Fatalf("%d events of %d bytes, %d of fewer", got, n, events)
		} else {
			events = got
		}
	}
	if events != 24-1 { // one is a process event
		t.Errorf("%d events of the whole", events)
	}
}

// The header of a trace tells its machine's zone, its source what was read.
func TestSourceOfATrace(t *testing.T) {
	parts, _ := traceOf(t, 1, longStory())
	c := addSession(t, Options{}, parts...)
	s := c.Sources[0]
	if s.Facts["port_events"] != fmt.Sprint(c.Traces[0].Events) || s.Facts["os_build"] == "" || s.Clock.Zone != "UTC" || s.SHA256 != "hash 0" {
		t.Errorf("%+v", s.Source)
	}
	if from, to := c.Traces[0].Whole(); wanted(from) != wanted(s.Window.From) || wanted(to) != wanted(s.Window.To) || to.Before(c.Traces[0].Last.Time) {
		t.Errorf("whole %v to %v", from, to)
	}
	if row := c.Traces[0].TraceRow(); row.Kind != "etl.trace" || !row.Time.Equal(c.Traces[0].Last.Time) || !strings.Contains(row.Text, "port events") {
		t.Errorf("%+v", row)
	}
}

// What the files of a session lost adds up; it is unfinalised when its last file is.
func TestLossesOfASession(t *testing.T) {
	tr := newTeller()
	for _, st := range []etl.Stats{
		{First: ticksAt(5), Last: ticksAt(9), LostEvents: 1, LostBuffers: 2, SequenceGaps: 3, Wrapped: true, Unfinalised: true},
		{First: ticksAt(2), Last: ticksAt(4), LostEvents: 10, LostBuffers: 20, SequenceGaps: 30, Truncated: true},
		{},
	} {
		tr.merge(st)
	}
	if want := (Losses{Events: 11, Buffers: 22, Gaps: 33, Wrapped: true, Truncated: true}); tr.Lost != want {
		t.Errorf("%+v", tr.Lost)
	}
	if from, to := tr.Whole(); wanted(from) != wanted(clock(2)) || wanted(to) != wanted(clock(9)) {
		t.Errorf("%v to %v", wanted(from), wanted(to))
	}
	for i, tc := range []struct {
		l    Losses
		want bool
	}{{Losses{}, false}, {Losses{Wrapped: true, Truncated: true, Unfinalised: true}, false}, {Losses{Events: 1}, true}, {Losses{Buffers: 1}, true}, {Losses{Gaps: 1}, true}} {
		if got := tc.l.Any(); got != tc.want {
			t.Errorf("%d: %+v: %v", i, tc.l, got)
		}
	}
	tr.merge(etl.Stats{Unfinalised: true})
	same(t, "unfinalised", tr.Lost.Unfinalised, true)
}

// An event whose payload is cut is told, counted and no attempt; the rest is read.
func TestUndecodedEvents(t *testing.T) {
	plain, err := etlgen.Parse([]byte("-- trace --\nheader mode=8 cpus=1\n"))
	if err != nil {
		t.Fatal(err)
	}
	plain.Header.StartTime = start
	b := etlgen.Buffer{Sequence: 1, Flags: plain.Buffers[0].Flags, TimeStamp: plain.Header.T0}
	for i, s := range []step{made, {1, bind(procA, sock1, 1, 0, refused)}, {2, bind(procA, sock1, 0, 0, 0)}, {3, bind(procA, sock1, 1, 0, refused)}} {
		e := wire(t, s, plain.Header.T0)
		if i == 1 {
			e.Payload = e.Payload[:10]
		}
		b.Events = append(b.Events, e)
	}
	plain.Buffers = append(plain.Buffers, b)
	data, err := plain.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c := addSession(t, Options{}, data)
	tr, s := c.Traces[0], c.Sources[0]
	if tr.Undecoded != 1 || s.Undecoded != 1 || !s.Damaged || !tr.Damaged || tr.Events != 3 || tr.BindRefused[TCP].Count != 1 || len(c.Diagnostics) != 1 || c.Diagnostics[0].Code != winsock.CodePayload {
		t.Errorf("%+v %+v", s.Source, c.Diagnostics)
	}
	if wanted(tr.First) != wanted(clock(0)) || wanted(tr.Last) != wanted(clock(3)) {
		t.Errorf("from %v to %v", wanted(tr.First), wanted(tr.Last))
	}
	late := told([]step{{5, create(procA, sock1, 7)}, {2, create(procA, sock2, 7)}, {3, create(procA, sock3, 7)}})
	if wanted(late.First) != wanted(clock(2)) || wanted(late.Last) != wanted(clock(5)) {
		t.Errorf("from %v to %v", wanted(late.First), wanted(late.Last))
	}
}
