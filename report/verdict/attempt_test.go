package verdict

import (
	"net/netip"
	"testing"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// step is one record of a story: a fact at a time in seconds.
type step struct {
	at   float64
	fact winsock.Fact
}

const (
	procA = 0xFFFFC40A0F0E1080
	procB = 0xFFFFC40A0F0E2080
	sock1 = 0xFFFFC40A1B2C3D40
	sock2 = 0xFFFFC40A1B2C3E40
	start = etl.FileTime(134000000000000000)
)

func create(p, ep uint64, pid uint32) winsock.Fact {
	return winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: p, Endpoint: ep, PID: pid, HasPID: true, Transport: winsock.TransportTCP, Family: 2}
}

func bind(p, ep uint64, phase uint32, port uint16, st winsock.Status) winsock.Fact {
	return winsock.Fact{
		Op: winsock.OpBind, ID: 1030, Process: p, Endpoint: ep, EnterExit: phase, Status: st, HasAddress: true,
		Address: netip.AddrPortFrom(netip.IPv4Unspecified(), port), Family: 2,
	}
}

func connect(p, ep uint64, phase uint32, st winsock.Status) winsock.Fact {
	return winsock.Fact{Op: winsock.OpConnect, ID: 1020, Process: p, Endpoint: ep, EnterExit: phase, Status: st}
}

func closing(p, ep uint64) winsock.Fact {
	return winsock.Fact{Op: winsock.OpClose, ID: 1001, Process: p, Endpoint: ep, EnterExit: 1}
}

const refused = winsock.StatusTooManyAddresses

func tell(steps []step) *trace {
	s := &source{Source: report.Source{Path: "t.etl", Facts: map[string]string{}}}
	t := newTrace(s, etl.Header{})
	for i, st := range steps {
		at := place{s, start + etl.FileTime(st.at*1e7), int64(i), int32(i), st.fact.ID}
		t.span(at.time)
		t.fold(&at, &st.fact)
	}
	t.finish()
	return t
}

var attemptStories = []struct {
	name                     string
	steps                    []step
	binds, connects, stated  int
	dynamic, windows, holdsA int
}{
	{"enter and exit are one attempt", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 0, 0, 0)},
		{1.1, bind(procA, sock1, 1, 0, refused)},
	}, 1, 0, 0, 0, 1, 0},
	{"both records fail: still one", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 0, 0, refused)},
		{1.1, bind(procA, sock1, 1, 0, refused)},
	}, 1, 0, 0, 0, 1, 0},
	{"a failing enter with no exit counts", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 0, 0, refused)},
		{2, closing(procA, sock1)},
	}, 1, 0, 0, 0, 1, 0},
	{"an internal record alone counts", []step{{1, bind(procA, sock1, 3, 0, refused)}}, 1, 0, 0, 0, 1, 0},
	{"an internal record beside an exit does not", []step{
		{1, bind(procA, sock1, 0, 0, 0)},
		{1.1, bind(procA, sock1, 3, 0, refused)},
		{1.2, bind(procA, sock1, 1, 0, refused)},
	}, 1, 0, 0, 0, 1, 0},
	{"a stated port is no witness", []step{
		{1, bind(procA, sock1, 0, 8080, 0)},
		{1.1, bind(procA, sock1, 1, 8080, refused)},
	}, 0, 0, 1, 0, 0, 0},
	{"a connect after a refused bind is the same attempt", []step{
		{1, bind(procA, sock1, 0, 0, 0)},
		{1.1, bind(procA, sock1, 1, 0, refused)},
		{1.2, connect(procA, sock1, 0, 0)},
		{1.3, connect(procA, sock1, 1, refused)},
	}, 1, 0, 0, 0, 1, 0},
	{"a deferred bind fails at connect", []step{
		{1, bind(procA, sock1, 0, 0, 0)},
		{1.1, bind(procA, sock1, 1, 0, 0)},
		{1.2, connect(procA, sock1, 0, 0)},
		{1.3, connect(procA, sock1, 1, refused)},
	}, 0, 1, 0, 0, 1, 0},
	{"two failures 60 s apart are two windows", []step{
		{1, bind(procA, sock1, 1, 0, refused)},
		{61, bind(procA, sock2, 1, 0, refused)},
	}, 2, 0, 0, 0, 2, 0},
	{"two failures 59 s apart are one", []step{
		{1, bind(procA, sock1, 1, 0, refused)},
		{60, bind(procA, sock2, 1, 0, refused)},
	}, 2, 0, 0, 0, 1, 0},
	{"a port is held until its close", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 0, 0, 0)},
		{1.1, bind(procA, sock1, 1, 50000, 0)},
		{2, create(procA, sock2, 7)},
		{3, bind(procA, sock2, 0, 0, 0)},
		{3.1, bind(procA, sock2, 1, 50001, 0)},
		{4, closing(procA, sock2)},
	}, 0, 0, 0, 2, 0, 1},
	{"a new create on an open endpoint closes the old one", []step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 0, 0, 0)},
		{1.1, bind(procA, sock1, 1, 50000, 0)},
		{2, create(procA, sock1, 7)},
	}, 0, 0, 0, 1, 0, 0},
}

func TestAttempts(t *testing.T) {
	for _, tc := range attemptStories {
		t.Run(tc.name, func(t *testing.T) {
			tr := tell(tc.steps)
			if tr.bindSeen.count != tc.binds || tr.connSeen.count != tc.connects || tr.stated.count != tc.stated {
				t.Errorf("binds, connects, stated = %d, %d, %d; want %d, %d, %d",
					tr.bindSeen.count, tr.connSeen.count, tr.stated.count, tc.binds, tc.connects, tc.stated)
			}
			if got := tr.dynamic[tcp].count; got != tc.dynamic {
				t.Errorf("dynamic binds = %d, want %d", got, tc.dynamic)
			}
			if got := len(tr.witness[tcp].windows); got != tc.windows {
				t.Errorf("windows = %d, want %d", got, tc.windows)
			}
			held := 0
			for _, ports := range tr.openPorts(&pool{start: 49152, count: 16384}) {
				held += len(ports)
			}
			if held != tc.holdsA {
				t.Errorf("ports held at the end = %d, want %d", held, tc.holdsA)
			}
		})
	}
}

func TestProcessKeyIsReused(t *testing.T) {
	tr := tell([]step{
		{0, create(procA, sock1, 7)},
		{1, bind(procA, sock1, 1, 0, refused)},
		{2, closing(procA, sock1)},
		{3, create(procA, sock2, 9)}, // the same EPROCESS address, another process
		{4, bind(procA, sock2, 1, 0, refused)},
		{5, bind(procA, sock2, 1, 0, refused)},
	})
	got := map[int]int{}
	for _, p := range tr.all {
		got[p.pid] += p.failures[tcp].count
	}
	if got[7] != 1 || got[9] != 2 {
		t.Errorf("failures by PID = %v, want 7:1 9:2", got)
	}
}

func TestFailureTimeIsThatOfTheFailingRecord(t *testing.T) {
	tr := tell([]step{{1, bind(procA, sock1, 0, 0, 0)}, {2.5, bind(procA, sock1, 1, 0, refused)}})
	want := start + etl.FileTime(2.5*1e7)
	if w := tr.witness[tcp].windows[0]; w.from != want || w.to != want {
		t.Errorf("window %d..%d, want %d", w.from, w.to, want)
	}
}
