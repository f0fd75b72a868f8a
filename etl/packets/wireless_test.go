package packets

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
)

const (
	snap = "\xaa\xaa\x03\x00\x00\x00\x08\x00"
	ipv4 = "\x45\x00\x00\x1c0000\x40\x110000000000"
	// plainFrame is an 802.11 data frame in clear whose Protected bit is set.
	plainFrame = "\x08\x41" + "1111111111111111111111" + snap + ipv4 + "\x00\x01\x00\x02\x00\x08\x00\x00"
)

// Where the payload of an 802.11 frame begins depends on its header; only what begins as
// plain text does loses its Protected bit.
func TestPlainPayload(t *testing.T) {
	header := func(control, second byte, more string) string {
		return string([]byte{control, second}) + strings.Repeat("1", 22) + more
	}
	for name, c := range map[string]struct {
		frame string
		want  bool
	}{
		"data":                 {header(0x08, 0x41, snap), true},
		"four addresses":       {header(0x08, 0x43, "222222"+snap), true},
		"quality of service":   {header(0x88, 0x41, "\x00\x00"+snap), true},
		"with HT control":      {header(0x88, 0xc1, "\x00\x00\x00\x00\x00\x00"+snap), true},
		"aggregated":           {header(0x88, 0x41, "\x80\x00"+strings.Repeat("3", 14)+snap), true},
		"a tunnelled protocol": {header(0x08, 0x41, "\xaa\xaa\x03\x00\x00\xf8\x81\x37"), true},
		"encrypted":            {header(0x08, 0x41, "\x01\x00\x00\x20\x00\x00\x00\x00"+snap), false},
		"management":           {header(0x00, 0x41, snap), false},
		"no data":              {header(0x48, 0x41, snap), false},
		"another version":      {header(0x09, 0x41, snap), false},
		"four, not as said":    {header(0x08, 0x43, snap), false},
	} {
		if got := plainPayload([]byte(c.frame)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if c.want && name != "a tunnelled protocol" {
			for n := range len(c.frame) - 3 {
				if plainPayload([]byte(c.frame[:n])) {
					t.Errorf("%s: taken of %d bytes", name, n)
				}
			}
		}
	}
}

func TestEthernetThatClaimsToBeWireless(t *testing.T) {
	const addresses, who = "\x00\x22\x48\x7b\xb3\x80\x94\x8e\xd3\xc5\xf7\x48", "eth:7"
	arp := addresses + "\x08\x06\x00\x01\x08\x00\x06\x04" + strings.Repeat("0", 22)
	for name, c := range map[string]struct {
		keyword uint64
		data    string
		in      string
	}{
		"IPv4":              {whole, addresses + "\x08\x00" + ipv4, who},
		"IPv6 in a VLAN":    {whole, addresses + "\x81\x00\x00\x07\x86\xdd\x60" + strings.Repeat("0", 39), who},
		"ARP":               {whole, arp, who},
		"a frame of 802.11": {whole, plainFrame, "wifi:7"},
		"of another kind":   {whole, addresses + "\x88\xcc" + strings.Repeat("0", 40), "wifi:7"},
		"no IPv4":           {whole, addresses + "\x08\x00\x60" + ipv4[1:], "wifi:7"},
		"cut":               {whole, arp[:41], "wifi:7"},
		"only its start":    {keywordStart, arp, ""},
	} {
		var got strings.Builder
		for _, o := range collect(t, ndis(c.keyword|keywordIEEE80211, c.data)) {
			got.WriteString(o.In)
		}
		if got.String() != c.in {
			t.Errorf("%s: in %q, want %q", name, got.String(), c.in)
		}
	}
	var s Survey
	s.Add(ndis(whole|keywordIEEE80211, arp))
	want := []Interface{{who, "filter over interface 5 (Ethernet, though its events say 802.11)", LinkEthernet}}
	if d := cmp.Diff(want, s.Interfaces()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// The Protected bit stays where it is wished, and where the payload is not plain.
func TestProtectedBit(t *testing.T) {
	secret := plainFrame[:24] + "\x01\x00\x00\x20\x00\x00\x00\x00" + plainFrame[24:]
	for name, c := range map[string]struct {
		frame string
		keep  bool
		want  byte
	}{
		"plain": {plainFrame, false, 0x01}, "kept": {plainFrame, true, 0x41}, "encrypted": {secret, false, 0x41},
	} {
		events := []etl.Event{ndis(whole|keywordIEEE80211, c.frame)}
		var s Survey
		s.Add(events[0])
		for p, err := range read(seq(events), &s, ReadOptions{KeepProtected: c.keep}) {
			if err != nil || p.Data[1] != c.want || string(p.Data[2:]) != c.frame[2:] {
				t.Errorf("%s: %x, %v", name, p.Data, err)
			}
		}
		if events[0].Payload[13] != 0x41 {
			t.Errorf("%s: the payload of the event was changed", name)
		}
	}
}

func TestDropReasons(t *testing.T) {
	for n, want := range map[uint32]string{
		0: "Unknown", 9: "FilteredVLAN", 38: "LowPower", 39: "", 201: "Pause", 613: "FL_NoClientInterface", 719: "NicSuspended", 950: "NL_InterfaceDisabled",
		991: "NL_IcmpNotLocallyDestined", 997: "NL_IpsnpiUroSegmentSizeExceedsMtu", 998: "", 1232: "INET_AcceptRedirection", 1327: "SlbMux_UnableToHandleRedirect",
		1418: "Ipsec_Unsuccessful", 1507: "NetCx_BufferBounceFailureAndPacketIgnore", 1508: "", 200: "", ^uint32(0): "",
	} {
		if got := dropReason(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// Events that are no packets stand between the packets as blocks that other readers pass
// over or show as what they do not know.
func TestEventsAsBlocks(t *testing.T) {
	other := ndisEvent(7, 0, []byte("x"))
	events := []etl.Event{other, ndis(whole, "12345678901234"), other, other, ndis(whole, "abcdefghijklmn"), other}
	var s Survey
	for _, e := range events {
		s.Add(e)
	}
	lines := []string{"{}\n", "", "{\"n\":1}\n", "{\"n\":22}\n"}
	at := 0
	o := ReadOptions{Other: func(e *etl.Event) []byte {
		line := lines[at]
		at++
		if line == "" || e.ID != 7 {
			return nil
		}
		return []byte(line)
	}}
	var out bytes.Buffer
	if err := WritePcapng(&out, s.Interfaces(), read(seq(events), &s, o), WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	var order []string
	for b := out.Bytes(); len(b) > 0; {
		le := binary.LittleEndian
		kind, size := le.Uint32(b), le.Uint32(b[4:])
		if size%4 != 0 || int(size) > len(b) || le.Uint32(b[size-4:]) != size {
			t.Fatalf("a block of %d bytes", size)
		}
		switch kind {
		case customBlock:
			if le.Uint32(b[8:]) != enterprise {
				t.Errorf("enterprise %d", le.Uint32(b[8:]))
			}
			order = append(order, strings.TrimRight(string(b[12:size-4]), "\x00"))
		case 6:
			order = append(order, "packet")
		}
		b = b[size:]
	}
	if d := cmp.Diff([]string{"{}\n", "packet", "{\"n\":1}\n", "packet", "{\"n\":22}\n"}, order); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := readPcapng(t, bytes.NewReader(out.Bytes())); len(got) != 2 || got[1].Data != "abcdefghijklmn" {
		t.Errorf("%+v", got)
	}
	if got := tshark(t, out.Bytes(), "-Y", "eth", "-T", "fields", "-e", "frame.len"); got != "14\n14\n" {
		t.Errorf("tshark reads %q", got)
	}
}

func FuzzWireless(f *testing.F) {
	f.Add([]byte(plainFrame))
	f.Add([]byte(plainFrame[:20] + "\x81\x00\x00\x00\x08\x00" + ipv4))
	f.Fuzz(func(t *testing.T, data []byte) {
		if plainPayload(data) && isEthernet(data) {
			t.Fatal("a frame of both kinds")
		}
		for _, link := range []LinkType{LinkEthernet, LinkRaw, LinkIEEE80211} {
			if n := ipLength(link, data); n < 0 || n > 1<<17 {
				t.Fatalf("%d bytes", n)
			}
		}
		kind, at := etherType(data)
		if at > len(data) || kind > 0xffff {
			t.Fatalf("type %d at %d of %d", kind, at, len(data))
		}
	})
}
