package packets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
)

const whole = keywordStart | keywordEnd

func u32s(v ...uint32) (b []byte) {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func wide(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s + "\x00")) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func ndisEvent(id uint16, keyword uint64, payload ...[]byte) etl.Event {
	return etl.Event{
		Kind: etl.KindEvent, Provider: NDISPacketCapture, ID: id, Keyword: keyword, PID: 4, TID: 8,
		Time: 133625243079225833, Offset: 4096, Payload: slices.Concat(payload...),
	}
}

func ndis(keyword uint64, data string) etl.Event {
	return ndisEvent(idFragment, keyword, u32s(5, 7, uint32(len(data))), []byte(data))
}

func pktMon(id, kind, tag, original uint16, data string) etl.Event {
	b := binary.LittleEndian.AppendUint64(nil, 77)
	for _, v := range []uint16{1, 2, tag, kind, 59, 3, 1} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = append(b, u32s(9, 0xe0001)...)
	b = binary.LittleEndian.AppendUint16(b, original)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	e := ndisEvent(id, 0x10, b, []byte(data))
	e.Provider = PktMon
	return e
}

func vmSwitch(destinations int, between []byte, data string) etl.Event {
	return ndisEvent(idVMSwitch, whole|keywordSend,
		u32s(5, 7, 3), wide("port"), wide("nic"), wide("Internal"), u32s(uint32(destinations)), between,
		u32s(uint32(len(data))), []byte(data), u32s(4), []byte{1, 2, 3, 4})
}

func seq(events []etl.Event) iter.Seq2[etl.Event, error] {
	return func(yield func(etl.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// outcome is a packet without what all test events share, or the code of damage.
type outcome struct {
	In       string
	Link     LinkType
	Way      Direction
	Length   int
	Data     string
	Comment  string
	Damage   string
	Interval int64 // of the damage
}

func collect(t *testing.T, events ...etl.Event) []outcome {
	t.Helper()
	var s Survey
	for _, e := range events {
		s.Add(e)
	}
	var out []outcome
	interfaces := s.Interfaces()
	for p, err := range read(seq(events), &s, ReadOptions{}) {
		if err != nil {
			var fe *etl.FormatError
			if !errors.As(err, &fe) || fe.Detail == "" || fe.Offset != 4096 {
				t.Fatalf("damage record %#v", err)
			}
			out = append(out, outcome{Damage: fe.Code, Interval: fe.Length})
			continue
		}
		if p.PID != 4 || p.TID != 8 || p.Time != 133625243079225833 || p.Offset != 4096 {
			t.Errorf("packet %+v", p)
		}
		out = append(out, outcome{
			In: interfaces[p.Interface].Name, Link: p.LinkType, Way: p.Direction, Length: p.OriginalLength,
			Data: string(p.Data), Comment: p.Comment,
		})
	}
	return out
}

func TestProviders(t *testing.T) {
	if s := NDISPacketCapture.String(); s != "2ed6006e-4729-4609-b423-3ee7bcd678ef" {
		t.Error(s)
	}
	if s := PktMon.String(); s != "4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac" {
		t.Error(s)
	}
}

const (
	ipv4In20 = "123456654321\x08\x00\x45\x00\x05\xdc" // total length 1,500
	ipv6Raw  = "\x60\x00\x00\x00\x05\x00"             // payload length 1,280
)

func TestSingleEvents(t *testing.T) {
	pad := strings.Repeat("x", 40)
	lied := ndis(whole, "abc")
	binary.LittleEndian.PutUint32(lied.Payload[8:], 4)
	huge := ndis(whole, "abc")
	binary.LittleEndian.PutUint32(huge.Payload[8:], 0xffff_ffff)
	other := ndis(whole, "abc")
	other.Kind = etl.KindFull
	cut := pktMon(idFrame, 1, 3, 3, "abc")
	cut.Payload = cut.Payload[:len(cut.Payload)-1]
	tests := []struct {
		name  string
		event etl.Event
		want  []outcome
	}{
		{"sent", ndis(whole|keywordSend, "abc"), []outcome{{In: "eth:7", Link: LinkEthernet, Way: Outbound, Length: 3, Data: "abc"}}},
		{"received", ndis(whole|keywordReceive, "abc"), []outcome{{In: "eth:7", Link: LinkEthernet, Way: Inbound, Length: 3, Data: "abc"}}},
		{"both ways is neither", ndis(whole|keywordReceive|keywordSend, ""), []outcome{{In: "eth:7", Link: LinkEthernet}}},
		{
			"Gft fields", ndisEvent(idFragment, whole, u32s(5, 7, 3), []byte("abc"), make([]byte, 16)),
			[]outcome{{In: "eth:7", Link: LinkEthernet, Length: 3, Data: "abc"}},
		},
		{"802.11", ndis(whole|keywordIEEE80211, plainFrame), []outcome{{In: "wifi:7", Link: LinkIEEE80211, Length: 60, Data: "\x08\x01" + plainFrame[2:]}}},
		{"802.11 of one byte", ndis(whole|keywordIEEE80211, "\x08"), []outcome{{In: "wifi:7", Link: LinkIEEE80211, Length: 1, Data: "\x08"}}},
		{"cut IPv4", ndis(whole, ipv4In20+pad), []outcome{{In: "eth:7", Link: LinkEthernet, Length: 1514, Data: ipv4In20 + pad}}},
		{"cut IPv6", ndis(whole|keywordWirelessWAN, ipv6Raw+pad), []outcome{{In: "mbb:7", Link: LinkRaw, Length: 1320, Data: ipv6Raw + pad}}},
		{"FragmentSize one too many", lied, []outcome{{Damage: CodePayload, Interval: 15}}},
		{"FragmentSize of 4 GiB", huge, []outcome{{Damage: CodePayload, Interval: 15}}},
		{"no event header of that kind", other, nil},
		{
			"VMSwitch", vmSwitch(0, nil, "abc"),
			[]outcome{{
				In: "vNIC:Internal:port:7:3", Link: LinkEthernet, Way: Outbound, Length: 3, Data: "abc",
				Comment: "SourcePortId=3 SourcePortName=port SourceNicName=nic SourceNicType=Internal Destinations=0",
			}},
		},
		{
			"VMSwitch with destinations", vmSwitch(2, slices.Concat(u32s(1), wide("a"), wide("b"), wide("c"), u32s(2), wide(""), wide(""), wide("")), "abc"),
			[]outcome{{
				In: "vNIC:Internal:port:7:3", Link: LinkEthernet, Way: Outbound, Length: 3, Data: "abc",
				Comment: "SourcePortId=3 SourcePortName=port SourceNicName=nic SourceNicType=Internal Destinations=2",
			}},
		},
		{
			"VMSwitch with one field of 8 bytes", vmSwitch(1, make([]byte, 8), "abc"),
			[]outcome{{
				In: "vNIC:Internal:port:7:3", Link: LinkEthernet, Way: Outbound, Length: 3, Data: "abc",
				Comment: "SourcePortId=3 SourcePortName=port SourceNicName=nic SourceNicType=Internal Destinations=1",
			}},
		},
		{"VMSwitch with too many destinations", vmSwitch(1<<30, nil, "abc"), []outcome{{Damage: CodePayload, Interval: 67}}},
		{
			"PktMon", pktMon(idFrame, 1, 3, 1500, "abc"),
			[]outcome{{
				In: "pktmon:59", Link: LinkEthernet, Way: Inbound, Length: 1500, Data: "abc",
				Comment: "PktGroupId=77 PktNumber=1 Appearance=2 Component=59 Edge=3 Filter=1 DropReason=9 (FilteredVLAN) DropLocation=0xe0001",
			}},
		},
		{"PktMon LoggedSize", cut, []outcome{{Damage: CodePayload, Interval: 36}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, collect(t, tt.event)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestPktMonKinds(t *testing.T) {
	for kind, want := range map[uint16]LinkType{0: LinkOther, 1: LinkEthernet, 2: LinkIEEE80211, 3: LinkRaw, 4: LinkOther} {
		got := collect(t, pktMon(idDrop, kind, kind, 0, "\x08\x41"))
		way := []Direction{DirectionUnknown, Inbound, Outbound, Inbound, Outbound}[kind]
		if len(got) != 1 || got[0].Link != want || got[0].Way != way || got[0].Data != "\x08\x41" || got[0].Length != 2 {
			t.Errorf("packet type %d: %+v", kind, got)
		}
	}
}

func onCPU(cpu uint16, e etl.Event) etl.Event {
	e.CPU = cpu
	return e
}

func TestFragments(t *testing.T) {
	const noStart = "the beginning of this packet is not in the trace"
	eth := func(data, comment string) outcome {
		return outcome{In: "eth:7", Link: LinkEthernet, Length: len(data), Data: data, Comment: comment}
	}
	big := strings.Repeat("z", 60000)
	tests := []struct {
		name   string
		events []etl.Event
		want   []outcome
	}{
		{
			"joined, two processors at once",
			[]etl.Event{
				ndis(keywordStart, "ab"), onCPU(1, ndis(keywordStart, "12")), ndis(0, "cd"),
				onCPU(1, ndis(keywordEnd, "34")), ndis(keywordEnd, "ef"), ndis(whole, "g"),
			},
			[]outcome{eth("1234", ""), eth("abcdef", ""), eth("g", "")},
		},
		{"no start", []etl.Event{ndis(keywordEnd, "ab"), ndis(0, "c"), ndis(keywordEnd, "d")}, []outcome{eth("ab", noStart), eth("cd", noStart)}},
		{
			"no end",
			[]etl.Event{ndis(keywordStart, "ab"), ndis(keywordStart, "c"), ndis(whole, "d"), ndis(keywordStart, "efg")},
			[]outcome{{Damage: CodeFragments, Interval: 2}, {Damage: CodeFragments, Interval: 1}, eth("d", ""), {Damage: CodeFragments, Interval: 3}},
		},
		{
			"endless", append([]etl.Event{ndis(keywordStart, big)},
				append(slices.Repeat([]etl.Event{ndis(0, big)}, 20), ndis(keywordEnd, "x"), ndis(whole, "d"))...),
			[]outcome{{Damage: CodeLimit, Interval: 60012}, eth("d", "")},
		},
		{
			"endless to the end", append([]etl.Event{ndis(keywordStart, big)}, slices.Repeat([]etl.Event{ndis(0, big)}, 20)...),
			[]outcome{{Damage: CodeLimit, Interval: 60012}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, collect(t, tt.events...)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Packets without an end, on more interfaces than are kept open.
func TestOpenLimit(t *testing.T) {
	var events []etl.Event
	for i := range uint32(maxOpen + 3) {
		events = append(events, ndisEvent(idFragment, keywordStart, u32s(i, i, 1), []byte("a")))
	}
	got := collect(t, events...)
	if len(got) != len(events) || slices.ContainsFunc(got, func(o outcome) bool { return o.Damage != CodeFragments }) {
		t.Errorf("%d records of %d open packets: %+v", len(got), len(events), got[0])
	}
}

func TestInterfaceLimit(t *testing.T) {
	var events []etl.Event
	for i := range uint32(maxInterfaces + 2) {
		events = append(events, ndisEvent(idFragment, whole, u32s(i, i, 1), []byte("a")))
	}
	got := collect(t, events...)
	if n := len(got); n != len(events) || got[n-3].Damage != "" || got[n-2].Damage != CodeLimit || got[n-1].Damage != CodeLimit {
		t.Errorf("%d records, the last %+v", len(got), got[len(got)-3:])
	}
}

func TestMetadata(t *testing.T) {
	context := make([]byte, 48)
	binary.LittleEndian.PutUint32(context[8:], 7)
	binary.LittleEndian.PutUint32(context[12:], 2412)
	binary.LittleEndian.PutUint16(context[16:], 1)
	binary.LittleEndian.PutUint32(context[20:], 0xffff_ffce)
	context[24] = 108
	metadata := ndisEvent(idMetadata, keywordIEEE80211, u32s(5, 7, 48), context)
	short := ndisEvent(idMetadata, 0, u32s(5, 7, 8), context[:8])
	lied := ndisEvent(idMetadata, 0, u32s(5, 7, 49), context)
	wifi := ndis(whole|keywordIEEE80211, "\x08\x01")
	plain := outcome{In: "wifi:7", Link: LinkIEEE80211, Length: 2, Data: "\x08\x01"}
	noted := plain
	noted.Comment = "ReceiveFlags=0x0 PhyId=7 CenterFrequency=2412 MPDUs=1 RSSI=-50 DataRate=108"
	want := []outcome{noted, plain, {Damage: CodePayload, Interval: 60}, plain}
	if d := cmp.Diff(want, collect(t, metadata, wifi, wifi, short, lied, onCPU(1, metadata), wifi)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	many := slices.Repeat([]etl.Event{metadata}, 3*maxOpen)
	for i := range many {
		many[i].CPU = uint16(i)
	}
	if got := collect(t, many...); got != nil {
		t.Errorf("metadata alone gives %+v", got)
	}
}

func TestInterfaceNames(t *testing.T) {
	component := ndisEvent(idComponent, 2, []byte{59, 0, 4, 0}, wide("mlx5\x1b.sys"), wide("Mellanox "+strings.Repeat("M", 500)))
	component.Provider = PktMon
	again := component
	again.Payload = slices.Concat([]byte{59, 0, 4, 0}, wide("second"), wide("name"))
	nameless := component
	nameless.Payload = slices.Concat([]byte{60, 0, 4, 0}, wide("NULL"), wide("d"))
	number := func(component, kind byte, n uint32) etl.Event {
		e := ndisEvent(idNumber, 2, []byte{component, 0, kind, 0}, u32s(n))
		e.Provider = PktMon
		return e
	}
	added := component
	added.ID, added.Payload = idAdded, slices.Concat([]byte{61, 0, 9, 0}, wide("netvsc.sys"), wide("Adapter"))
	sixty := pktMon(idFrame, 1, 1, 1, "a")
	sixty.Payload[16] = 60
	sixtyOne, sixtyTwo := sixty.Clone(), sixty.Clone()
	sixtyOne.Payload[16], sixtyTwo.Payload[16] = 61, 62
	var s Survey
	for _, e := range []etl.Event{
		ndis(whole, "a"), ndis(whole|keywordIEEE80211, "a"), pktMon(idFrame, 1, 1, 1, "a"), sixty, component, again, nameless,
		ndisEvent(idFragment, whole, u32s(8, 8, 0)), sixtyOne, sixtyTwo,
		number(61, 2, 9), number(61, 1, 5), number(61, 1, 6), number(62, 1, 3), added,
	} {
		s.Add(e)
	}
	want := []Interface{
		{"eth:7", "filter over interface 5", LinkEthernet},
		{"wifi:7", "filter over interface 5", LinkIEEE80211},
		{"pktmon:59:mlx5.sys", "Mellanox " + strings.Repeat("M", maxNameUnits-9) + " (Protocol)", LinkEthernet},
		{"pktmon:60", "d (Protocol)", LinkEthernet},
		{"eth:8", "", LinkEthernet},
		{"pktmon:61:netvsc.sys", "Adapter (NetVsc Miniport, interface 5)", LinkEthernet},
		{"pktmon:62", "(interface 3)", LinkEthernet},
	}
	if d := cmp.Diff(want, s.Interfaces()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Every payload that is cut is refused, and nothing is read that is not there.
func TestTruncation(t *testing.T) {
	events := map[string]etl.Event{
		"1001": ndis(whole, "abcd"), "1003": vmSwitch(1, slices.Concat(u32s(1), wide("a"), wide("b"), wide("c")), "abcd"),
		"160": pktMon(idFrame, 1, 3, 4, "abcd"), "1002": ndisEvent(idMetadata, 0, u32s(5, 7, 48), make([]byte, 48)),
	}
	for name, e := range events {
		full := e.Payload
		for n := range full {
			e.Payload = slices.Clone(full[:n:n])
			if got := collect(t, e); len(got) != 1 || got[0].Damage != CodePayload || got[0].Interval != int64(n) {
				t.Errorf("%s of %d bytes: %+v", name, n, got)
			}
		}
	}
	component := slices.Concat([]byte{59, 0, 4, 0}, wide("ab"), wide("c"))
	for n := range component {
		var s Survey
		e := ndisEvent(idComponent, 2, component[:n])
		e.Provider = PktMon
		s.Add(e)
		if len(s.names) != 0 {
			t.Errorf("a name from %d bytes", n)
		}
	}
}

// The walk stops when its caller does.
func TestStop(t *testing.T) {
	events := []etl.Event{ndis(keywordStart, "a"), ndis(keywordStart, "b"), ndis(whole, "c"), {Kind: etl.KindEvent, Provider: PktMon, ID: idFrame}, ndis(keywordStart, "d")}
	var s Survey
	for _, e := range events {
		s.Add(e)
	}
	for n := range 6 {
		for range read(seq(events), &s, ReadOptions{}) {
			if n--; n < 0 {
				break
			}
		}
	}
	broken := func(yield func(etl.Event, error) bool) {
		_ = yield(etl.Event{}, &etl.FormatError{Code: etl.CodeClock}) && yield(events[2], nil)
	}
	var codes []string
	for p, err := range read(broken, &s, ReadOptions{}) {
		if err != nil {
			codes = append(codes, err.(*etl.FormatError).Code)
			continue
		}
		codes = append(codes, string(p.Data))
	}
	if d := cmp.Diff([]string{etl.CodeClock, "c"}, codes); d != "" {
		t.Errorf("damage of the trace (-want +got):\n%s", d)
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range []etl.Event{
		ndis(whole, "abcd"), vmSwitch(0, nil, "abcd"), ndisEvent(idMetadata, 0, u32s(5, 7, 48), make([]byte, 48)), ndis(keywordStart|keywordIEEE80211, "ab"),
	} {
		f.Add(false, e.ID, e.Keyword, e.Payload)
	}
	f.Add(true, uint16(idFrame), uint64(0), pktMon(idFrame, 1, 3, 4, "abcd").Payload)
	f.Add(true, uint16(idComponent), uint64(0), slices.Concat([]byte{59, 0, 4, 0}, wide("a"), wide("b")))
	f.Fuzz(func(t *testing.T, mon bool, id uint16, keyword uint64, payload []byte) {
		e := ndisEvent(id, keyword, payload)
		if mon {
			e.Provider = PktMon
		}
		before := bytes.Clone(e.Payload)
		events := []etl.Event{e, e}
		var s Survey
		for _, e := range events {
			s.Add(e)
		}
		for p, err := range read(seq(events), &s, ReadOptions{}) {
			if err == nil && (len(p.Data) > 2*len(payload) || p.OriginalLength < len(p.Data) || p.Interface >= len(s.Interfaces())) {
				t.Fatalf("%+v", p)
			}
		}
		if !bytes.Equal(before, e.Payload) {
			t.Fatal("the payload was written to")
		}
		var out bytes.Buffer
		err := WritePcapng(&out, s.Interfaces(), read(seq(events), &s, ReadOptions{}), WriteOptions{})
		if err != nil && !errors.Is(err, ErrNoPackets) {
			t.Fatal(err)
		}
	})
}
