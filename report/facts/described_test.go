package facts

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"portverdict/etl"
	"portverdict/etl/etlgen"
	"portverdict/etl/schema"
	"portverdict/etl/winsock"
	"portverdict/report"
)

// bindDescription is a TRACE_EVENT_INFO of AFD 1030 with its status in front.
func bindDescription(version uint8) []byte {
	fields := []struct {
		name string
		in   schema.InType
	}{
		{"Status", schema.InUint32},
		{"EnterExit", schema.InUint32},
		{"Process", schema.InPointer},
		{"Endpoint", schema.InPointer},
		{"AddressLen", schema.InUint32},
		{"Address", schema.InBinary},
	}
	b := make([]byte, 0x70+24*len(fields))
	le := binary.LittleEndian
	copy(b, winsock.AFD[:])
	le.PutUint16(b[0x20:], 1030)
	b[0x22] = version
	le.PutUint32(b[0x64:], uint32(len(fields)))
	le.PutUint32(b[0x68:], uint32(len(fields)))
	for i, f := range fields {
		p := b[0x70+24*i:]
		le.PutUint32(p[4:], uint32(len(b)))
		le.PutUint16(p[8:], uint16(f.in))
		le.PutUint16(p[16:], 1)
		if f.in == schema.InBinary { // as long as the field before it says
			le.PutUint32(p, 2)
			le.PutUint16(p[18:], uint16(i-1))
		}
		for _, u := range utf16.Encode([]rune(f.name + "\x00")) {
			b = le.AppendUint16(b, u)
		}
	}
	return b
}

// refusedBind gives a trace without events, and the payload of a bind that found no port.
func refusedBind(t *testing.T) (plain *etlgen.Trace, payload []byte) {
	t.Helper()
	payload, err := hex.DecodeString("090200c0" + "01000000" + strings.Repeat("11", 8) + strings.Repeat("22", 8) + "10000000" + "0200" + strings.Repeat("00", 14))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err = etlgen.Parse([]byte("-- trace --\nheader mode=1 cpus=1\nbuffer\n")); err != nil {
		t.Fatal(err)
	}
	plain.Header.StartTime = start
	return plain, payload
}

// Proves that a bind of a version that is not known is read by what the trace says of it,
// before or behind the bind; that a description of a known version beats what is known; and
// that without one the bind is not understood, which is told and counted.
func TestDescribedBinds(t *testing.T) {
	plain, payload := refusedBind(t)
	for name, c := range map[string]struct {
		version            uint8
		described          float64 // when, 0 never
		refused, undecoded int
		told               string
	}{
		"described before":    {3, 1, 1, 0, ""},
		"described behind":    {3, 9, 1, 0, ""},
		"not described":       {3, 0, 0, 1, winsock.CodeVersion},
		"known and described": {0, 1, 1, 0, schema.CodeDisagrees},
	} {
		at := func(seconds float64) int64 { return plain.Header.T0 + int64(seconds*1e7) }
		bind := etlgen.Event{Kind: etl.KindEvent, PointerSize: 8, Provider: winsock.AFD, ID: 1030, Version: uint16(c.version), Time: at(5), Keyword: 2, Payload: payload}
		info := etlgen.Event{Kind: etl.KindFull, PointerSize: 8, Provider: schema.Metadata, Opcode: 32, Time: at(c.described), Payload: bindDescription(c.version)}
		events := []etlgen.Event{bind}
		switch {
		case c.described > 5:
			events = append(events, info)
		case c.described > 0:
			events = []etlgen.Event{info, bind}
		}
		one := *plain
		one.Buffers = append(one.Buffers[:1:1], etlgen.Buffer{Sequence: 1, Flags: plain.Buffers[0].Flags, Events: events})
		data, err := one.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		s := settled(t, Options{}, input{"t.etl", "etl", data})
		tr := s.Traces[0]
		var told strings.Builder
		for _, d := range s.Diagnostics {
			told.WriteString(d.Code)
		}
		if n := tr.BindRefused[TCP].Count; n != c.refused || tr.Undecoded != c.undecoded || told.String() != c.told || tr.Events != 1-c.undecoded {
			t.Errorf("%s: %d refused, %d undecoded, %d events, told %q", name, n, tr.Undecoded, tr.Events, told.String())
		}
	}
}

// A manifest says what the trace does not, and the trace knows better than a manifest.
func TestBindsOfAManifest(t *testing.T) {
	plain, payload := refusedBind(t)
	const manifest = `<instrumentationManifest><instrumentation><events>
<provider name="Microsoft-Windows-Winsock-AFD" guid="{e53c6823-7bb8-44bb-90dc-3f86090d48a6}" symbol="A">
<templates><template tid="B">%s<data name="Process" inType="win:Pointer"/><data name="Endpoint" inType="win:Pointer"/>
<data name="AddressLen" inType="win:UInt32"/><data name="Address" inType="win:Binary" length="AddressLen"/></template></templates>
<events><event value="1030" version="3" symbol="Bind" template="B"/></events></provider></events></instrumentation></instrumentationManifest>`
	status, phase := `<data name="Status" inType="win:UInt32"/>`, `<data name="EnterExit" inType="win:UInt32"/>`
	for name, c := range map[string]struct {
		first     string // fields of the manifest
		described bool   // by the trace too
		refused   int
	}{
		"as it is":                      {status + phase, false, 1},
		"otherwise":                     {phase + status, false, 0},
		"otherwise, the trace as it is": {phase + status, true, 1},
	} {
		bind := etlgen.Event{Kind: etl.KindEvent, PointerSize: 8, Provider: winsock.AFD, ID: 1030, Version: 3, Time: plain.Header.T0 + 5e7, Keyword: 2, Payload: payload}
		events := []etlgen.Event{bind}
		if c.described {
			events = append([]etlgen.Event{{Kind: etl.KindFull, PointerSize: 8, Provider: schema.Metadata, Opcode: 32, Time: plain.Header.T0, Payload: bindDescription(3)}}, bind)
		}
		one := *plain
		one.Buffers = append(one.Buffers[:1:1], etlgen.Buffer{Sequence: 1, Flags: plain.Buffers[0].Flags, Events: events})
		data, err := one.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Catalog: func() *schema.Catalog {
			catalog, err := schema.NewCatalog()
			if err == nil {
				err = catalog.AddManifest(strings.NewReader(fmt.Sprintf(manifest, c.first)), "afd.man")
			}
			if err != nil {
				t.Fatal(err)
			}
			return catalog
		}}
		tr := settled(t, o, input{"t.etl", "etl", data}).Traces[0]
		same(t, name+": refused", tr.BindRefused[TCP].Count, c.refused)
		same(t, name+": undecoded", tr.Undecoded, 0)
	}
}

// A session has no file to look for a description in: an event of a version that is not
// known is told and counted.
func TestLiveUnknownVersion(t *testing.T) {
	f := New(Options{})
	l := f.Live(report.Source{Path: "live/session", Kind: "etl"}, etl.Header{StartTime: start})
	l.Take(&etl.Event{Kind: etl.KindEvent, PointerSize: 8, Provider: winsock.AFD, ID: 1030, Version: 3, Time: start, Payload: make([]byte, 60)}, nil)
	l.End(Losses{}, "")
	s := f.Settled()
	if len(s.Traces) != 1 || s.Traces[0].Undecoded != 1 || len(s.Diagnostics) != 1 || s.Diagnostics[0].Code != winsock.CodeVersion {
		t.Errorf("%d traces, %+v", len(s.Traces), s.Diagnostics)
	}
}
