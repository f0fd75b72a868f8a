package facts

import (
	"net/netip"
	"testing"
	"time"

	"portverdict/etl"
	"portverdict/etl/winsock"
	"portverdict/evtx"
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
	sock3 = 0xFFFFC40A1B2C3F40
	// start is second 0 of a story: 2025-08-18 14:13:20 UTC.
	start   = etl.FileTime(134000000000000000)
	refused = winsock.StatusTooManyAddresses
)

func ticksAt(seconds float64) etl.FileTime { return start + etl.FileTime(seconds*1e7) }

// clock is the time of a second of a story.
func clock(seconds float64) report.Time { return stamp(ticksAt(seconds)) }

func create(p, ep uint64, pid uint32) winsock.Fact {
	return winsock.Fact{Op: winsock.OpCreate, ID: 1000, Process: p, Endpoint: ep, PID: pid, HasPID: pid > 0, Transport: winsock.TransportTCP, Family: 2, SocketType: 1}
}

func createUDP(p, ep uint64, pid uint32) winsock.Fact {
	f := create(p, ep, pid)
	f.Transport, f.SocketType = winsock.TransportUDP, 2
	return f
}

func createV6(p, ep uint64, pid uint32) winsock.Fact {
	f := create(p, ep, pid)
	f.Family = 23
	return f
}

// bind is a record 1030 of a bind that asks for a port, or gets it.
func bind(p, ep uint64, phase uint32, port uint16, st winsock.Status) winsock.Fact {
	return winsock.Fact{
		Op: winsock.OpBind, ID: 1030, Process: p, Endpoint: ep, EnterExit: phase, Status: st, HasAddress: true,
		Address: netip.AddrPortFrom(netip.IPv4Unspecified(), port), Family: 2,
	}
}

func bindV6(p, ep uint64, phase uint32, port uint16, st winsock.Status) winsock.Fact {
	f := bind(p, ep, phase, port, st)
	f.Address, f.Family = netip.AddrPortFrom(netip.IPv6Unspecified(), port), 23
	return f
}

// bindBare is a record 1029, which has no address.
func bindBare(p, ep uint64, phase uint32, st winsock.Status) winsock.Fact {
	return winsock.Fact{Op: winsock.OpBind, ID: 1029, Process: p, Endpoint: ep, EnterExit: phase, Status: st}
}

func connect(p, ep uint64, phase uint32, st winsock.Status) winsock.Fact {
	return winsock.Fact{Op: winsock.OpConnect, ID: 1020, Process: p, Endpoint: ep, EnterExit: phase, Status: st}
}

func closing(p, ep uint64) winsock.Fact {
	return winsock.Fact{Op: winsock.OpClose, ID: 1001, Process: p, Endpoint: ep, EnterExit: 1}
}

func cleanup(p, ep uint64) winsock.Fact {
	return winsock.Fact{Op: winsock.OpCleanup, ID: 1002, Process: p, Endpoint: ep, EnterExit: 1}
}

// over gives a fact the transport that the keyword of its event tells.
func over(t winsock.Transport, f winsock.Fact) winsock.Fact {
	f.Transport = t
	return f
}

// legacy is a record of Windows Vista.
func legacy(op winsock.Op, id uint16, p, ep uint64, st winsock.Status) winsock.Fact {
	return winsock.Fact{Op: op, ID: id, Legacy: true, EnterExit: 1, Process: p, Endpoint: ep, Status: st}
}

// legacyBind is a record 2 or 3, which tells the address asked for.
func legacyBind(id uint16, p, ep uint64, port uint16, st winsock.Status) winsock.Fact {
	f := legacy(winsock.OpBind, id, p, ep, st)
	f.HasAddress, f.Family, f.Address = true, 2, netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	if id == 3 {
		f.Family, f.Address = 23, netip.AddrPortFrom(netip.IPv6Unspecified(), port)
	}
	return f
}

// opened are the records of a socket that gets a port from the pool.
func opened(at float64, p, ep uint64, pid uint32, port uint16) []step {
	return []step{{at, create(p, ep, pid)}, {at, bind(p, ep, 0, 0, 0)}, {at, bind(p, ep, 1, port, 0)}}
}

// story joins steps and lists of them.
func story(parts ...any) []step {
	var out []step
	for _, p := range parts {
		switch p := p.(type) {
		case step:
			out = append(out, p)
		case []step:
			out = append(out, p...)
		}
	}
	return out
}

// teller folds the steps of a story into a trace, one by one.
type teller struct {
	*Trace
	n int
}

func newTeller(views ...View) *teller {
	s := &Source{Source: report.Source{Path: "t.etl", Kind: "etl", SHA256: "e0", Facts: map[string]string{}}, options: &Options{}}
	t := newTrace(s, etl.Header{}, views)
	s.Trace = t
	return &teller{Trace: t}
}

func (t *teller) tell(at etl.FileTime, f *winsock.Fact) {
	if f.Op != winsock.OpProcess {
		t.span(t.Source, at)
	}
	t.fold(&place{t.Source, at, int64(t.n), int32(t.n), f.ID}, f)
	t.n++
}

// told is the trace of a story, finished.
func told(steps []step, views ...View) *Trace {
	t := newTeller(views...)
	for i := range steps {
		t.tell(ticksAt(steps[i].at), &steps[i].fact)
	}
	t.finish()
	return t.Trace
}

// held are the ports that are open at the end, in the order of their endpoints' keys.
func (t *Trace) held() []uint16 {
	var out []uint16
	for _, p := range t.Processes {
		for _, h := range p.Held {
			if h.Transport != Unknown {
				out = append(out, h.Port)
			}
		}
	}
	return out
}

// untold are the ports held at the end whose transport no record tells.
func (t *Trace) untold() []uint16 {
	var out []uint16
	for _, p := range t.Processes {
		for _, h := range p.Held {
			if h.Transport == Unknown {
				out = append(out, h.Port)
			}
		}
	}
	return out
}

func ports(holds []Hold) []uint16 {
	var out []uint16
	for _, h := range holds {
		out = append(out, h.Port)
	}
	return out
}

// codes are the codes of a source's diagnostics, with their counts.
func codes(s *Source) map[string]int {
	out := map[string]int{}
	for _, d := range s.diags {
		out[d.Code] += d.Count
	}
	return out
}

// wanted is a time as the tests write it down.
func wanted(t report.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999999")
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// recordOf is a record of what is wanted.
func recordOf(w wantedRecord) *evtx.Record {
	return &evtx.Record{ID: w.id, Provider: w.provider, Channel: "System", Time: time.Unix(1, 0)}
}

const tableHead = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"
