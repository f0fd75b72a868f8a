package facts

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl/winsock"
	"portverdict/report"
)

// counted is what a story comes to. Binds, Connects are witnesses of TCP, UDP, and of a
// transport that no record tells.
type counted struct {
	Binds, Connects         [transports + 1]int
	Stated, NoPort, Failed  int
	Attempts, Opened        int
	AtBind, AtConnect       int // record of the first witness, -1 without one
	AnyPort, RefusedSockets int
}

func count(t *Trace) counted {
	c := counted{Stated: t.Stated.Count, NoPort: t.NoPort.Count, Attempts: t.Attempts, AtBind: -1, AtConnect: -1}
	for tr := range t.BindRefused {
		c.Binds[tr], c.Connects[tr] = t.BindRefused[tr].Count, t.ConnectRefused[tr].Count
		for _, e := range t.BindRefused[tr].Rows() {
			if c.AtBind < 0 {
				c.AtBind = int(e.Record)
			}
		}
		for _, e := range t.ConnectRefused[tr].Rows() {
			if c.AtConnect < 0 {
				c.AtConnect = int(e.Record)
			}
		}
		for _, g := range t.BindRefused[tr].Tally() {
			c.AnyPort += g.AnyPort
		}
	}
	for _, s := range t.Failed {
		c.Failed += s.Count
	}
	for tr := range t.Dynamic {
		c.Opened += t.Dynamic[tr][0].Count
	}
	attempts := 0
	for _, p := range t.Processes {
		attempts += p.Attempts
		for _, by := range p.Refused {
			c.RefusedSockets += by[0].Endpoints
		}
	}
	if attempts != t.Attempts {
		c.Attempts = -attempts // the processes' own do not add up
	}
	return c
}

func tcpBinds(n, record, anyPort int) counted {
	return counted{Binds: [3]int{n}, Attempts: n, AtBind: record, AtConnect: -1, AnyPort: anyPort, RefusedSockets: 1}
}

const (
	streams   = winsock.TransportTCP
	datagrams = winsock.TransportUDP
	memory    = winsock.Status(0xC000009A)
	pending   = winsock.Status(0x00000103)
)

type attemptStory struct {
	name  string
	steps []step
	want  counted
}

// made is the create of sock1 at the start of most stories: record 0.
var made = step{0, create(procA, sock1, 7)}

var refusedBinds = []attemptStory{
	{"an enter and its exit are one attempt, told by the record that has the status", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(1, 2, 1)},
	{"both records fail: one, at the first of them", []step{
		made, {1, bind(procA, sock1, 0, 0, refused)}, {1.1, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(1, 1, 1)},
	{"a failing enter without an exit counts", []step{
		made, {1, bind(procA, sock1, 0, 0, refused)}, {2, closing(procA, sock1)},
	}, tcpBinds(1, 1, 1)},
	{"exits 1029 and 1030 of one enter are one", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bindBare(procA, sock1, 1, refused)}, {1.2, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(1, 2, 1)},
	{"exits 1030 and 1029 of one enter are one, however far apart", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, refused)}, {9, bindBare(procA, sock1, 1, refused)},
	}, tcpBinds(1, 2, 1)},
	{"a failing enter, both exits and the connect after are one", []step{
		made,
		{1, bind(procA, sock1, 0, 0, refused)},
		{1.1, bindBare(procA, sock1, 1, refused)},
		{1.2, bind(procA, sock1, 1, 0, refused)},
		{1.3, connect(procA, sock1, 0, 0)},
		{1.4, connect(procA, sock1, 1, refused)},
	}, tcpBinds(1, 1, 1)},
	{"exits whose enter is lost, 10 ms apart: one", []step{
		made, {1, bindBare(procA, sock1, 1, refused)}, {1.01, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(1, 1, 0)},
	{"exits whose enter is lost, more than 10 ms apart: two", []step{
		made, {1, bindBare(procA, sock1, 1, refused)}, {1.0100001, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(2, 1, 1)},
	{"a second exit of the same id is a second attempt", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, refused)}, {1.101, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(2, 2, 2)},
	{"each enter begins an attempt", []step{
		made, {1, bind(procA, sock1, 0, 0, refused)}, {1.001, bind(procA, sock1, 0, 0, refused)}, {1.002, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(2, 1, 2)},
	{"an internal record alone counts", []step{made, {1, bind(procA, sock1, 3, 0, refused)}}, tcpBinds(1, 1, 0)},
	{"internal records of one attempt count once", []step{
		made, {1, bind(procA, sock1, 2, 0, refused)}, {1.1, bind(procA, sock1, 3, 0, refused)}, {1.2, bind(procA, sock1, 4, 0, refused)},
	}, tcpBinds(1, 1, 0)},
	{"an internal record between enter and exit does not count", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 3, 0, refused)}, {1.2, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(1, 3, 1)},
	{"an internal record behind an exit does not count", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, refused)}, {1.2, bind(procA, sock1, 3, 0, refused)},
	}, tcpBinds(1, 2, 1)},
	{"an internal record of an attempt that a further enter ends counts", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 3, 0, refused)}, {2, bind(procA, sock1, 0, 0, 0)}, {2.1, bind(procA, sock1, 1, 50000, 0)},
	}, counted{Binds: [3]int{1}, Attempts: 2, Opened: 1, AtBind: 2, AtConnect: -1, AnyPort: 1, RefusedSockets: 1}},
	{"an attempt that is still pending is none", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, pending)},
	}, counted{AtBind: -1, AtConnect: -1}},
	{"what was pending and is refused counts once", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bindBare(procA, sock1, 1, pending)}, {1.2, bind(procA, sock1, 1, 0, refused)},
	}, tcpBinds(1, 3, 1)},
	{"another status is a failure and no witness", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, memory)}, {1.2, bindBare(procA, sock1, 1, memory)},
	}, counted{Attempts: 1, Failed: 1, AtBind: -1, AtConnect: -1}},
	{"one address more of the same value is no refusal", []step{
		made, {1, bind(procA, sock1, 1, 0, 0x40000209)}, {1.1, bind(procA, sock1, 1, 0, 0x80000209)},
	}, counted{Attempts: 1, Failed: 1, AtBind: -1, AtConnect: -1}},
	{"a socket that was closed and made again is another one", []step{
		made, {1, bind(procA, sock1, 1, 0, refused)}, {2, closing(procA, sock1)}, {3, create(procA, sock1, 7)}, {3.001, bindBare(procA, sock1, 1, refused)},
	}, counted{Binds: [3]int{2}, Attempts: 2, AtBind: 1, AtConnect: -1, AnyPort: 1, RefusedSockets: 2}},
	{"a create alone ends what was before it", []step{
		made, {1, bind(procA, sock1, 1, 0, refused)}, {1.001, create(procA, sock1, 7)}, {1.002, bindBare(procA, sock1, 1, refused)},
	}, counted{Binds: [3]int{2}, Attempts: 2, AtBind: 1, AtConnect: -1, AnyPort: 1, RefusedSockets: 2}},
	{"two sockets at once are two attempts", []step{
		made, {0, create(procA, sock2, 7)}, {1, bind(procA, sock1, 0, 0, 0)}, {1, bind(procA, sock2, 0, 0, 0)}, {1, bind(procA, sock1, 1, 0, refused)}, {1, bind(procA, sock2, 1, 0, refused)},
	}, counted{Binds: [3]int{2}, Attempts: 2, AtBind: 4, AtConnect: -1, AnyPort: 2, RefusedSockets: 2}},
}

var refusedConnects = []attemptStory{
	{"a connect after a bind that was not refused is an attempt of its own", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 0, 0)}, {1.2, connect(procA, sock1, 0, 0)}, {1.3, connect(procA, sock1, 1, refused)},
	}, counted{Connects: [3]int{1}, Attempts: 2, AtBind: -1, AtConnect: 4, RefusedSockets: 1}},
	{"a connect of which no bind was seen is one", []step{
		made, {1, connect(procA, sock1, 1, refused)},
	}, counted{Connects: [3]int{1}, Attempts: 1, AtBind: -1, AtConnect: 1, RefusedSockets: 1}},
	{"a failing enter of a connect and its exit are one", []step{
		made, {1, connect(procA, sock1, 0, refused)}, {1.1, connect(procA, sock1, 1, refused)},
	}, counted{Connects: [3]int{1}, Attempts: 1, AtBind: -1, AtConnect: 1, RefusedSockets: 1}},
	{"a bind that got through ends the refused one: the connect is its own", []step{
		made, {1, bind(procA, sock1, 0, 0, refused)}, {2, bind(procA, sock1, 0, 0, 0)}, {2.1, bind(procA, sock1, 1, 0, 0)}, {2.2, connect(procA, sock1, 1, refused)},
	}, counted{Binds: [3]int{1}, Connects: [3]int{1}, Attempts: 3, AtBind: 1, AtConnect: 4, AnyPort: 1, RefusedSockets: 1}},
	{"a connect from a stated port asks for none", []step{
		made, {1, bind(procA, sock1, 0, 8080, 0)}, {1.1, bind(procA, sock1, 1, 8080, 0)}, {1.2, connect(procA, sock1, 1, refused)},
	}, counted{Stated: 1, Attempts: 2, AtBind: -1, AtConnect: -1}},
	{"an internal record of a connect counts alone", []step{
		made, {1, connect(procA, sock1, 4, refused)},
	}, counted{Connects: [3]int{1}, Attempts: 1, AtBind: -1, AtConnect: 1, RefusedSockets: 1}},
	{"a bind whose end is not seen ends the refused one as well", []step{
		made, {1, bind(procA, sock1, 0, 0, refused)}, {2, bind(procA, sock1, 0, 0, 0)}, {2.1, connect(procA, sock1, 1, refused)},
	}, counted{Binds: [3]int{1}, Connects: [3]int{1}, Attempts: 2, AtBind: 1, AtConnect: 3, AnyPort: 1, RefusedSockets: 1}},
	{"a bind right after a refused connect is another attempt", []step{
		made, {1, connect(procA, sock1, 1, refused)}, {1.001, bindBare(procA, sock1, 1, refused)},
	}, counted{Binds: [3]int{1}, Connects: [3]int{1}, Attempts: 2, AtBind: 2, AtConnect: 1, RefusedSockets: 1}},
	{"a connect that fails otherwise after a refused bind is the same attempt", []step{
		made, {1, bind(procA, sock1, 1, 0, refused)}, {1.1, connect(procA, sock1, 1, memory)},
	}, tcpBinds(1, 1, 1)},
}

var otherSockets = []attemptStory{
	{"a stated port is no witness", []step{
		made, {1, bind(procA, sock1, 0, 8080, 0)}, {1.1, bind(procA, sock1, 1, 8080, refused)},
	}, counted{Stated: 1, Attempts: 1, AtBind: -1, AtConnect: -1}},
	{"the enter tells the port asked for, not the exit", []step{
		made, {1, bind(procA, sock1, 0, 0, 0)}, {1.1, bind(procA, sock1, 1, 8080, refused)},
	}, tcpBinds(1, 2, 1)},
	{"AF_UNIX has no port", []step{
		{0, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, PID: 7, HasPID: true, Family: 1, SocketType: 1}},
		{1, over(streams, bindBare(procA, sock1, 1, refused))},
	}, counted{NoPort: 1, AtBind: -1, AtConnect: -1}},
	{"AF_UNIX told by the address alone", []step{
		{1, winsock.Fact{Op: winsock.OpBind, ID: 1030, Process: procA, Endpoint: sock1, EnterExit: 1, Status: refused, Family: 1}},
	}, counted{NoPort: 1, AtBind: -1, AtConnect: -1}},
	{"Hyper-V has none", []step{
		{0, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, Family: 34, SocketType: 1}},
		{1, over(streams, bindBare(procA, sock1, 1, refused))},
	}, counted{NoPort: 1, AtBind: -1, AtConnect: -1}},
	{"Bluetooth has none", []step{
		{0, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, Family: 32, SocketType: 1}},
		{1, connect(procA, sock1, 1, refused)},
	}, counted{NoPort: 1, AtBind: -1, AtConnect: -1}},
	{"a raw socket has none", []step{
		{0, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, Family: 2, SocketType: 3}},
		{1, over(datagrams, bind(procA, sock1, 1, 0, refused))},
	}, counted{NoPort: 1, AtBind: -1, AtConnect: -1}},
	{"a raw socket that is bound holds none", []step{
		{0, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, Family: 2, SocketType: 3}},
		{1, over(streams, bind(procA, sock1, 0, 0, 0))},
		{1.1, over(streams, bind(procA, sock1, 1, 50000, 0))},
	}, counted{AtBind: -1, AtConnect: -1}},
	{"no record tells the transport", []step{
		{1, bind(procA, sock1, 1, 0, refused)},
	}, counted{Binds: [3]int{0, 0, 1}, Attempts: 1, AtBind: 0, AtConnect: -1, AnyPort: 1}},
	{"the keyword tells it", []step{
		{1, over(datagrams, bind(procA, sock1, 1, 0, refused))},
	}, counted{Binds: [3]int{0, 1}, Attempts: 1, AtBind: 0, AtConnect: -1, AnyPort: 1, RefusedSockets: 1}},
	{"the create tells it better than the keyword", []step{
		made, {1, over(datagrams, bind(procA, sock1, 1, 0, refused))},
	}, tcpBinds(1, 1, 1)},
	{"the keyword of an earlier record of the socket tells it", []step{
		{1, over(datagrams, bind(procA, sock1, 0, 0, 0))}, {1.1, bind(procA, sock1, 1, 0, refused)},
	}, counted{Binds: [3]int{0, 1}, Attempts: 1, AtBind: 1, AtConnect: -1, AnyPort: 1, RefusedSockets: 1}},
	{"the enter of a create tells what its exit does not", []step{
		made, {0.1, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, EnterExit: 1}}, {1, bindBare(procA, sock1, 1, refused)},
	}, tcpBinds(1, 2, 0)},
	{"the exit of a create tells what its enter does not", []step{
		{0, winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: procA, Endpoint: sock1, PID: 7, HasPID: true}},
		{0.1, func() winsock.Fact { f := createUDP(procA, sock1, 0); f.EnterExit = 1; return f }()},
		{1, bind(procA, sock1, 1, 0, refused)},
	}, counted{Binds: [3]int{0, 1}, Attempts: 1, AtBind: 2, AtConnect: -1, AnyPort: 1, RefusedSockets: 1}},
}

var vistaRecords = []attemptStory{
	{"a refused bind over IPv4", []step{{1, over(streams, legacyBind(2, procA, sock1, 0, refused))}}, tcpBinds(1, 0, 1)},
	{"over IPv6", []step{{1, over(streams, legacyBind(3, procA, sock1, 0, refused))}}, tcpBinds(1, 0, 1)},
	{"a failed bind", []step{{1, over(streams, legacy(winsock.OpBind, 40, procA, sock1, refused))}}, tcpBinds(1, 0, 0)},
	{"bind and failed bind of one attempt", []step{
		{1, over(streams, legacyBind(2, procA, sock1, 0, refused))}, {1.005, over(streams, legacy(winsock.OpBind, 40, procA, sock1, refused))},
	}, tcpBinds(1, 0, 1)},
	{"two failed binds", []step{
		{1, over(streams, legacy(winsock.OpBind, 40, procA, sock1, refused))}, {1.005, over(streams, legacy(winsock.OpBind, 40, procA, sock1, refused))},
	}, tcpBinds(2, 0, 0)},
	{"a stated port", []step{{1, over(streams, legacyBind(2, procA, sock1, 0x1f90, refused))}}, counted{Stated: 1, Attempts: 1, AtBind: -1, AtConnect: -1}},
	{"a connect that its completion tells to be refused", []step{
		{1, over(streams, legacy(winsock.OpConnect, 4, procA, sock1, 0))}, {1.001, over(streams, legacy(winsock.OpConnect, 6, procA, sock1, refused))},
	}, counted{Connects: [3]int{1}, Attempts: 1, AtBind: -1, AtConnect: 1, RefusedSockets: 1}},
}

func TestAttempts(t *testing.T) {
	for what, stories := range map[string][]attemptStory{
		"bind": refusedBinds, "connect": refusedConnects, "socket": otherSockets, "vista": vistaRecords,
	} {
		for _, tc := range stories {
			t.Run(what+"/"+tc.name, func(t *testing.T) {
				if d := cmp.Diff(tc.want, count(told(tc.steps))); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
			})
		}
	}
}

// Every record that has the status tells of an attempt, whatever its id and phase.
func TestStatusOfEveryRecord(t *testing.T) {
	for _, id := range []uint16{1029, 1030, 1017, 1018, 1020, 1021} {
		for phase := range uint32(5) {
			f := bindBare(procA, sock1, phase, refused)
			if id < 1029 {
				f = connect(procA, sock1, phase, refused)
			}
			f.ID = id
			tr := told([]step{made, {1, f}})
			if got := tr.BindRefused[TCP].Count + tr.ConnectRefused[TCP].Count; got != 1 || tr.Runs[TCP][0].List[0].Failures != 1 {
				t.Errorf("id %d, phase %d: %d attempts, runs %+v", id, phase, got, tr.Runs[TCP][0].List)
			}
		}
	}
}

// What a row of an attempt says.
func TestRowOfAnAttempt(t *testing.T) {
	tr := told([]step{made, {1, bind(procA, sock1, 0, 0, 0)}, {2.5, bind(procA, sock1, 1, 0, refused)}, {3, bindBare(procA, sock1, 1, refused)}})
	if w := tr.Runs[TCP][0].List[0]; !w.From.Equal(clock(2.5).Time) || !w.To.Equal(clock(2.5).Time) {
		t.Errorf("run %v to %v, want the time of the failing record", w.From, w.To)
	}
	rows := tr.BindRefused[TCP].Rows()
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	want := report.Evidence{
		ID: rows[0].ID, Source: "t.etl", Kind: "afd.bind", Offset: 2, Record: 2, Time: clock(2.5), TimePrecision: "exact", PID: 7,
		Text: "bind refused: STATUS_TOO_MANY_ADDRESSES",
		Fields: map[string]string{
			"status": "0xC0000209", "requested_port": "0", "process": "0xFFFFC40A0F0E1080", "event_id": "1030", "transport": "tcp",
		},
	}
	if d := cmp.Diff(want, rows[0]); d != "" {
		t.Error(d)
	}
	row := told([]step{{1, connect(procB, sock1, 1, refused)}}).ConnectRefused[Unknown].Rows()[0]
	if row.Kind != "afd.connect" || row.PID != report.NoPID || row.Fields["requested_port"] != "unknown" || row.Fields["transport"] != "unknown" {
		t.Errorf("%+v", row)
	}
}

// When the attempts of a process were refused, by transport and family, and at how many of
// its endpoints.
func TestRefusalsOfAProcess(t *testing.T) {
	tr := told([]step{
		{5, over(streams, bind(procA, sock1, 1, 0, refused))},
		{6, over(streams, bindV6(procA, sock2, 1, 0, refused))},
		{3, over(streams, bind(procA, sock1, 1, 0, refused))},
		{4, over(datagrams, bind(procA, sock3, 1, 0, refused))},
	})
	p := tr.Processes[0]
	for i, want := range map[[2]int]Refusals{
		{0, 0}: {3, 2, clock(3), clock(6)}, {0, 1}: {2, 1, clock(3), clock(5)}, {0, 2}: {1, 1, clock(6), clock(6)}, {1, 0}: {1, 1, clock(4), clock(4)}, {1, 2}: {},
	} {
		if got := p.Refused[i[0]][i[1]]; got.Count != want.Count || got.Endpoints != want.Endpoints || wanted(got.First) != wanted(want.First) || wanted(got.Last) != wanted(want.Last) {
			t.Errorf("%v: %+v, want %+v", i, got, want)
		}
	}
	connects := told([]step{{1, over(streams, connect(procA, sock1, 1, refused))}, {2, over(streams, connect(procA, sock2, 1, refused))}}).ConnectRefused[TCP]
	if k := connects.Tally(); connects.Connects != 2 || len(k) != 1 || k[0].Connects != 2 || k[0].AnyPort != 0 {
		t.Errorf("%+v", k)
	}
}

// Attempts of unknown transport keep their times, in order; their endpoints are told apart.
func TestUnknownTransport(t *testing.T) {
	tr := told([]step{
		{5, bindV6(procB, sock2, 1, 0, refused)}, {1, bind(procA, sock1, 1, 0, refused)}, {2, bind(procA, sock1, 1, 0, refused)},
	})
	if tr.UnknownN != 3 || len(tr.Unknown) != 3 || len(tr.Runs[TCP][0].List)+len(tr.Runs[UDP][0].List) != 0 {
		t.Fatalf("%d attempts, %+v", tr.UnknownN, tr.Unknown)
	}
	if !slices.IsSortedFunc(tr.Unknown, func(a, b UnknownAttempt) int { return a.At.Compare(b.At.Time) }) {
		t.Errorf("not by time: %+v", tr.Unknown)
	}
	a, b, c := tr.Unknown[0], tr.Unknown[1], tr.Unknown[2]
	if a.Process.Key != procA || a.V6 || a.Endpoint != b.Endpoint || c.Endpoint == a.Endpoint || !c.V6 || c.Process.Key != procB {
		t.Errorf("%+v", tr.Unknown)
	}
	for _, tc := range []struct {
		at, within float64
		want       bool
	}{{5.5, 0.5, true}, {5.5, 0.4, false}, {0.5, 0.5, true}} {
		if got := tr.RefusedNear(clock(tc.at), duration(ticksAt(tc.within)-start)); got != tc.want {
			t.Errorf("refused near %v within %v s: %v", tc.at, tc.within, got)
		}
	}
}

// The driver's own port failures make runs and are no attempts; a stated port or another
// status is none.
func TestPortFailures(t *testing.T) {
	failure := func(tr winsock.Transport, port uint16, has bool, st winsock.Status) winsock.Fact {
		f := bind(0, 0, 1, port, st)
		f.Op, f.ID, f.Transport, f.HasAddress, f.PID, f.HasPID = winsock.OpPortFailure, 1006, tr, has, 9, true
		return f
	}
	tr := told([]step{
		{1, failure(streams, 0, true, refused)},
		{2, failure(streams, 0, false, refused)},
		{3, failure(datagrams, 0, true, refused)},
		{4, failure(streams, 8080, true, refused)},
		{5, failure(streams, 0, true, memory)},
		{6, failure(winsock.TransportUnknown, 0, true, refused)},
		{7, winsock.Fact{Op: winsock.OpWeakReference, ID: 1195, Port: 50000}},
	})
	if tr.Acquire[TCP].Count != 2 || tr.Acquire[UDP].Count != 1 || tr.Acquire[Unknown].Count != 1 || tr.Attempts != 0 || tr.WeakRef.Count != 1 {
		t.Errorf("TCP %d, UDP %d, unknown %d, attempts %d, weak %d", tr.Acquire[TCP].Count, tr.Acquire[UDP].Count, tr.Acquire[Unknown].Count, tr.Attempts, tr.WeakRef.Count)
	}
	w := tr.Runs[TCP][0].List
	if len(w) != 1 || w[0].Failures != 0 || w[0].Acquires != 2 || w[0].ByFamily != [2]int{} {
		t.Errorf("runs %+v", w)
	}
	if row := tr.Acquire[UDP].Rows()[0]; row.Kind != "tcpip.port-failure" || row.PID != 9 || row.Fields["event_id"] != "1006" {
		t.Errorf("%+v", row)
	}
	if row := tr.WeakRef.Rows()[0]; row.Kind != "tcpip.weak" || row.Text != "port 50000 handed out with weak references due to port exhaustion" {
		t.Errorf("%+v", row)
	}
}
