package watch

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"portverdict/netstatparse"
)

// row puts fields, 32 bits little-endian, ports and addresses in network order, into the
// bytes of one row behind a count.
func table(rows ...[]byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(rows))), slices.Concat(rows...)...)
}

func u32(v ...uint32) []byte {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func port(p uint16) []byte { return []byte{byte(p >> 8), byte(p), 0, 0} }

// Rows as tcpmib.h and udpmib.h lay them out.
func TestRowsOfTables(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.5"), netip.MustParseAddr("2001:db8::5")
	a4, a6, peer4, peer6 := four.AsSlice(), six.AsSlice(), netip.MustParseAddr("192.0.2.9").AsSlice(), netip.MustParseAddr("2001:db8::9").AsSlice()
	for name, c := range map[string]struct {
		of   layout
		row  []byte
		want Row
	}{
		"tcp4":   {tcp4Rows, slices.Concat(u32(5), a4, port(50001), peer4, port(443), u32(77)), Row{State: 5, PID: 77}},
		"tcp6":   {tcp6Rows, slices.Concat(a6, u32(3), port(50001), peer6, u32(4), port(443), u32(11, 77)), Row{State: 11, PID: 77}},
		"udp4":   {udp4Rows, slices.Concat(a4, port(50001), u32(77)), Row{UDP: true, PID: 77}},
		"udp6":   {udp6Rows, slices.Concat(a6, u32(3), port(50001), u32(77)), Row{UDP: true, PID: 77}},
		"bound4": {bound4Rows, slices.Concat(u32(9), a4, port(50001), peer4, port(443), u32(77, 1)), Row{PID: 77}},
		"bound6": {bound6Rows, slices.Concat(a6, u32(3), port(50001), peer6, u32(4), port(443), u32(9, 77, 1)), Row{PID: 77}},
	} {
		want := c.want
		want.Local = netip.AddrPortFrom(four, 50001)
		want.Remote = netip.MustParseAddrPort("192.0.2.9:443")
		if strings.HasSuffix(name, "6") {
			want.Local, want.Remote = netip.AddrPortFrom(six, 50001), netip.MustParseAddrPort("[2001:db8::9]:443")
		}
		if want.UDP {
			want.Remote = netip.AddrPort{}
		}
		whole := table(c.row, c.row)
		if got, err := c.of.rows(whole); err != nil || !slices.Equal(got, []Row{want, want}) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
		for cut := range len(whole) {
			if got, err := c.of.rows(whole[:cut]); err == nil {
				t.Errorf("%s: %d of %d bytes give %+v", name, cut, len(whole), got)
			}
		}
	}
	if _, err := tcp4Rows.rows(u32(1 << 31)); err == nil {
		t.Error("a count without rows is no error")
	}
}

// A table is read as what it was: every state, both transports and families, owners.
func TestATableIsReadAsNetstat(t *testing.T) {
	in := Table{At: noon, Bound: true, Images: map[uint32]string{77: "leaky.exe"}}
	local, peer := netip.MustParseAddrPort("[2001:db8::5]:50001"), netip.MustParseAddrPort("192.0.2.9:443")
	states := []netstatparse.State{
		netstatparse.Bound, netstatparse.Closed, netstatparse.Listening, netstatparse.SynSent, netstatparse.SynReceived, netstatparse.Established, netstatparse.FinWait1,
		netstatparse.FinWait2, netstatparse.CloseWait, netstatparse.Closing, netstatparse.LastAck, netstatparse.TimeWait,
	}
	for s := range states {
		in.Rows = append(in.Rows, Row{Local: netip.MustParseAddrPort("192.0.2.5:50000"), Remote: peer, State: uint32(s), PID: 77})
	}
	in.Rows = append(in.Rows, Row{UDP: true, Local: local, PID: 900})
	n := 0
	for got, err := range netstatparse.NewReader(strings.NewReader(string(in.text()))).Snapshots() {
		n++
		if err != nil || !got.Complete() || !got.HasUDP || !got.HasPID || !got.HasOwner || len(got.Entries) != len(in.Rows) {
			t.Fatalf("%+v, %v", got, err)
		}
		for i, e := range got.Entries {
			r := in.Rows[i]
			if e.Local != r.Local || uint32(e.PID) != r.PID || (e.Proto == "udp") != r.UDP || (e.Owner == "leaky.exe") != (r.PID == 77) {
				t.Errorf("row %d: %+v", i, e)
			}
			want := peer
			if i == stateBound || i == stateListening {
				want = netip.MustParseAddrPort("0.0.0.0:0")
			}
			if i < len(states) && (e.State != states[i] || e.Remote != want) {
				t.Errorf("state %d is read as %v from %s", i, e.State, e.Remote)
			}
		}
	}
	in.Bound = false
	for got := range netstatparse.NewReader(strings.NewReader(string(in.text()))).Snapshots() {
		if n++; got.HasQ {
			t.Error("a table without bound sockets claims to show them")
		}
	}
	if n != 2 {
		t.Errorf("%d tables", n)
	}
	if got := stateName(99); got != "STATE_99" {
		t.Errorf("an unknown state is called %s", got)
	}
}

// A long watch keeps its first table, the largest and the latest, and no more than fits.
func TestSeriesIsBounded(t *testing.T) {
	var s series
	for i := range 3000 {
		tab := Table{At: noon.Add(secondsOf(i)), Rows: make([]Row, 2)}
		if i == 700 {
			tab.Rows = make([]Row, 3)
		}
		s.add(&tab)
	}
	text := string(s.text())
	if len(s.polls) > maxPolls || len(s.polls) < maxPolls/3 || s.bytes != len(text) {
		t.Errorf("%d tables, %d bytes, counted %d", len(s.polls), len(text), s.bytes)
	}
	for _, i := range []int{0, 700, 2996, 2997, 2998, 2999} {
		if !strings.Contains(text, noon.Add(secondsOf(i)).Format("15:04:05")) {
			t.Errorf("table %d is gone", i)
		}
	}
	s = series{}
	for range 40 {
		s.add(&Table{At: noon, Rows: make([]Row, 1<<14)})
	}
	if s.bytes > maxPollBytes || len(s.polls) < latestPolls {
		t.Errorf("%d bytes in %d tables", s.bytes, len(s.polls))
	}
}
