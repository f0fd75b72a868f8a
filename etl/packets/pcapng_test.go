package packets

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"portverdict/etl"
)

// sample opens a file of the shared samples, or skips.
func sample(t *testing.T, parts ...string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{"..", "..", "..", "shared", "samples"}, parts...)...))
	if err != nil {
		t.Skipf("samples not present: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

type written struct {
	At     time.Time
	In     string
	Link   LinkType
	Length int
	Data   string
	Text   string
	Flags  uint32
}

func readPcapng(t *testing.T, r io.Reader) []written {
	t.Helper()
	ng, err := pcapgo.NewNgReader(r, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	var out []written
	for {
		data, info, options, err := ng.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		in, err := ng.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		w := written{
			At: info.Timestamp.UTC(), In: in.Name, Link: LinkType(in.LinkType), Length: info.Length,
			Data: string(data), Text: strings.Join(options.Comments, "|"),
		}
		if options.Flags != nil {
			w.Flags = options.Flags.ToUint32()
		}
		out = append(out, w)
	}
}

func exported(t *testing.T, events []etl.Event, o WriteOptions) ([]byte, error) {
	t.Helper()
	var s Survey
	for _, e := range events {
		s.Add(e)
	}
	var out bytes.Buffer
	err := WritePcapng(&out, s.Interfaces(), read(seq(events), &s, ReadOptions{}), o)
	return out.Bytes(), err
}

// What Windows made of the same trace has the same packets in the same order at
// the same microsecond. It has one interface for all components.
func TestAsWindowsDoes(t *testing.T) {
	trace := sample(t, "etl", "real", "pktmon-ws2022-xpress.etl")
	fi, err := trace.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := etl.NewReader(trace, fi.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var s Survey
	for e, err := range r.Events() {
		if err != nil {
			t.Fatal(err)
		}
		s.Add(e)
	}
	var out bytes.Buffer
	fail := WriteOptions{Damage: func(err error) { t.Error(err) }}
	if err := WritePcapng(&out, s.Interfaces(), Read(r, &s, ReadOptions{}), fail); err != nil {
		t.Fatal(err)
	}
	type packet struct {
		At     string
		Length int
		Data   string
	}
	plain := func(in []written) (out []packet) {
		for _, w := range in {
			out = append(out, packet{w.At.Format("2006-01-02T15:04:05.000000"), w.Length, w.Data})
		}
		return out
	}
	got := readPcapng(t, bytes.NewReader(out.Bytes()))
	want := readPcapng(t, sample(t, "etl", "expected", "pktmon-ws2022-xpress.windows.pcapng"))
	if len(want) != 114 {
		t.Fatalf("Windows has %d packets", len(want))
	}
	if d := cmp.Diff(plain(want), plain(got)); d != "" {
		t.Errorf("(-Windows +got):\n%s", d)
	}
	if got[0].In != "pktmon:59:netvsc.sys" || got[0].At.Nanosecond() != 489172100 {
		t.Errorf("first packet %+v", got[0])
	}
	if n := strings.Count(tshark(t, out.Bytes(), "-T", "fields", "-e", "icmp.type"), "\n"); n != 114 {
		t.Errorf("tshark reads %d packets", n)
	}
}

// tshark gives what tshark prints of a file, which it must read without error.
func tshark(t *testing.T, pcapng []byte, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark not present: the file was not read by a second reader")
	}
	file := filepath.Join(t.TempDir(), "out.pcapng")
	if err := os.WriteFile(file, pcapng, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.Command(tool, append([]string{"-n", "-r", file}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, &stderr)
	}
	return string(out)
}

func composed() []etl.Event {
	ip := ipv4In20 + strings.Repeat("x", 40)
	late := ndis(whole|keywordSend, ip)
	late.PID, late.Time = 1234, late.Time+7
	lied := ndis(whole, "abc")
	lied.Payload = lied.Payload[:13]
	unknown := ndis(whole|keywordWirelessWAN, ip[14:])
	unknown.PID, unknown.Time = ^uint32(0), -5
	return []etl.Event{
		late, ndis(keywordStart|keywordReceive, ip[:20]), lied, ndis(keywordEnd|keywordReceive, ip[20:]),
		ndis(whole|keywordIEEE80211, plainFrame), vmSwitch(0, nil, ip), pktMon(idDrop, 1, 4, 1500, ip), unknown,
	}
}

func TestWritePcapng(t *testing.T) {
	var damage []error
	o := WriteOptions{
		Application: "test", Damage: func(err error) { damage = append(damage, err) },
		Process: func(pid uint32) string {
			return map[uint32]string{1234: "lea\x1bk.exe " + strings.Repeat("ü", 2*maxComment)}[pid]
		},
	}
	out, err := exported(t, composed(), o)
	if err != nil || len(damage) != 1 {
		t.Fatalf("%v, damage %v", err, damage)
	}
	got := readPcapng(t, bytes.NewReader(out))
	if text := got[0].Text; !strings.HasPrefix(text, "PID=1234 TID=8 Process=leak.exe ü") || len(text) > maxComment || strings.ContainsRune(text, '\uFFFD') {
		t.Errorf("comment %q", text)
	}
	at := time.Date(2024, 6, 10, 20, 18, 27, 922583300, time.UTC)
	got[0].Text = ""
	for i := range got {
		got[i].Data = got[i].Data[:2]
	}
	port := "PID=4 TID=8 SourcePortId=3 SourcePortName=port SourceNicName=nic SourceNicType=Internal Destinations=0"
	drop := "PID=4 TID=8 PktGroupId=77 PktNumber=1 Appearance=2 Component=59 Edge=3 Filter=1 DropReason=9 (FilteredVLAN) DropLocation=0xe0001"
	want := []written{
		{at.Add(700), "eth:7", LinkEthernet, 1514, "12", "", 2},
		{at, "eth:7", LinkEthernet, 1514, "12", "PID=4 TID=8", 1},
		{at, "wifi:7", LinkIEEE80211, 60, "\x08\x01", "PID=4 TID=8", 0},
		{at, "vNIC:Internal:port:7:3", LinkEthernet, 1514, "12", port, 2},
		{at, "pktmon:59", LinkEthernet, 1500, "12", drop, 2},
		{time.Unix(0, 0).UTC(), "mbb:7", LinkRaw, 1500, "\x45\x00", "", 0},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	fields := tshark(t, out, "-T", "fields", "-E", "separator=;", "-e", "frame.interface_id", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "frame.encap_type")
	wantFields := "0;1718050707.922584000;1514;1\n0;1718050707.922583300;1514;1\n1;1718050707.922583300;60;20\n" +
		"2;1718050707.922583300;1514;1\n3;1718050707.922583300;1500;1\n4;0.000000000;1500;7\n"
	if d := cmp.Diff(wantFields, fields); d != "" {
		t.Errorf("tshark (-want +got):\n%s", d)
	}
}

func TestNoPackets(t *testing.T) {
	lied := ndis(whole, "abc")
	lied.Payload = lied.Payload[:14]
	tests := map[string]struct {
		events []etl.Event
		damage int
	}{
		"no events": {nil, 0}, "only half a packet": {[]etl.Event{ndis(keywordStart, "a")}, 1}, "only a damaged one": {[]etl.Event{lied}, 1},
	}
	for name, tt := range tests {
		n := 0
		if _, err := exported(t, tt.events, WriteOptions{Damage: func(error) { n++ }}); !errors.Is(err, ErrNoPackets) || n != tt.damage {
			t.Errorf("%s: %v, %d damage records, want %d", name, err, n, tt.damage)
		}
	}
}

// An error of the file ends the walk, wherever it comes.
func TestWriteError(t *testing.T) {
	out, err := exported(t, composed(), WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var s Survey
	for _, e := range composed() {
		s.Add(e)
	}
	for n := range out {
		w := limited{n}
		if err := WritePcapng(&w, s.Interfaces(), read(seq(composed()), &s, ReadOptions{}), WriteOptions{}); !errors.Is(err, errFull) {
			t.Fatalf("full after %d bytes: %v", n, err)
		}
	}
}

var errFull = errors.New("full")

type limited struct{ left int }

func (l *limited) Write(p []byte) (int, error) {
	n := min(l.left, len(p))
	l.left -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// The numbers of the link types are those of the library.
func TestLinkTypes(t *testing.T) {
	for got, want := range map[LinkType]layers.LinkType{
		LinkEthernet: layers.LinkTypeEthernet, LinkRaw: layers.LinkTypeRaw, LinkIEEE80211: layers.LinkTypeIEEE802_11,
	} {
		if layers.LinkType(got) != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
}
