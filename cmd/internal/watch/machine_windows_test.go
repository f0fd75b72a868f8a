//go:build windows && cgo

package watch

import (
	"bytes"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/windows"

	"portverdict/etl"
	"portverdict/etl/live/etwfake"
	"portverdict/report"
	"portverdict/report/facts"
	"portverdict/report/verdict"
)

// deliver has the next session give the events of a trace. All of them are synthetic.
func deliver(t *testing.T, trace []byte, s etwfake.Session) {
	t.Helper()
	r, err := etl.NewReader(bytes.NewReader(trace), int64(len(trace)), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Each(func(e *etl.Event, err error) bool {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == etl.KindEvent {
			s.Events = append(s.Events, e.Clone())
		}
		return true
	})
	etwfake.Next(s)
}

// The whole watch of this machine but for what delivers events: the session says what the
// file of the same events says.
func TestThisMachineIsWatched(t *testing.T) {
	m, err := This()
	if err != nil {
		t.Fatal(err)
	}
	trace := inBundle(t, "exhausted-leak-x64", "Server.etl")
	ranges := inBundle(t, "exhausted-leak-x64", "dynamicport.txt")
	m.Ranges = func() []byte { return ranges }
	deliver(t, trace, etwfake.Session{})
	var out bytes.Buffer
	end, err := Run(t.Context(), m, Options{Version: "test"}, Lines{&out})
	if err != nil {
		t.Fatal(err)
	}
	if end.Reason != "exhausted" || end.Report.Verdict.Outcome != report.Exhausted || end.Report.Bundle.Host == "" {
		t.Errorf("%s, %s, %+v", end.Reason, end.Report.Verdict.Outcome, end.Report.Bundle)
	}
	f := facts.New(facts.Options{})
	f.Add(report.Source{Path: rangesPath, Kind: "hosttext.range", Size: int64(len(ranges))}, bytes.NewReader(ranges))
	f.Add(report.Source{Path: sessionPath, Kind: "etl", Size: int64(len(trace))}, bytes.NewReader(trace))
	saved := verdict.Judge(f.Settled(), verdict.Options{})
	victims := func(r *report.Report) (out []report.Victim) {
		for _, v := range r.Verdict.Victims {
			v.Evidence, v.Host = nil, ""
			out = append(out, v)
		}
		return out
	}
	// The watch ends with the first refusals: what the fake delivers before that is noticed
	// varies, but is the whole trace at most.
	if got, want := victims(end.Report), victims(saved); len(got) == 0 || len(got) > len(want) {
		t.Errorf("victims (-file +session)\n%s", cmp.Diff(want, got))
	}
	for line := range bytes.Lines(out.Bytes()) {
		if !json.Valid(line) {
			t.Errorf("not JSON: %s", line)
		}
	}
	if c := etwfake.Asked(); c.Active != 0 || c.Starts != 1 || c.Left != 0 {
		t.Errorf("the session is not closed: %+v", c)
	}
}

// The tables of this machine show a socket that is open, with both transports.
func TestConnectionsOfThisMachine(t *testing.T) {
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp := boundUDP(t)
	got, err := connections()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Row{
		tcp.Addr().String(): {Local: netip.MustParseAddrPort(tcp.Addr().String()), State: stateListening},
		udp.String():        {Local: udp, UDP: true},
	} {
		if !slices.ContainsFunc(got.Rows, func(r Row) bool { return r.Local == want.Local && r.State == want.State && r.UDP == want.UDP }) {
			t.Errorf("no row for %s among %d", name, len(got.Rows))
		}
	}
	if got.Images[uint32(os.Getpid())] == "" {
		t.Errorf("this process has no name: %v", got.Images)
	}
	if got.Bound != (boundTCP4.Find() == nil) {
		t.Errorf("bound sockets are told to be seen: %v", got.Bound)
	}
}

// boundUDP is a UDP socket on the loopback address. The net package asks for an option
// that Wine does not know.
func boundUDP(t *testing.T) netip.AddrPort {
	t.Helper()
	s, err := windows.Socket(windows.AF_INET, windows.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = windows.Closesocket(s) })
	if err := windows.Bind(s, &windows.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := windows.Getsockname(s)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(at.(*windows.SockaddrInet4).Addr), uint16(at.(*windows.SockaddrInet4).Port))
}
