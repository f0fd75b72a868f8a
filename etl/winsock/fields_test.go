package winsock

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"portverdict/etl"
	"portverdict/etl/schema"
)

func newCatalog(t testing.TB) *schema.Catalog {
	t.Helper()
	c, err := schema.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The layouts here are those of the tables, by which events are listed: what the tables call
// Status is what Decode takes for it, for each event, version and size of pointers.
func TestLayoutsAreThoseOfTheTables(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	catalog := newCatalog(t)
	versions := 0
	for _, w := range Wanted() {
		for _, id := range w.IDs {
			for version := range uint16(8) {
				e := etl.Event{Kind: etl.KindEvent, Provider: w.Provider, ID: id, Version: version}
				if _, source := catalog.Known(&e); source == schema.SourceNone {
					continue
				}
				versions++
				for _, pointer := range []uint8{4, 8} {
					e.PointerSize, e.Keyword = pointer, uint64(1+random.IntN(2))
					e.Payload = composed(t, catalog, e, random)
					agree(t, catalog, e)
				}
			}
		}
	}
	if versions != 39 {
		t.Errorf("the tables have %d versions of events that are decoded", versions)
	}
	for _, l := range layouts() {
		l.event.Payload = unhex(t, l.payload)
		if l.event.Kind == etl.KindEvent {
			agree(t, catalog, l.event)
		}
	}
}

// agree decodes an event by place and, where the tables know it and it is whole, by name.
func agree(t *testing.T, catalog *schema.Catalog, e etl.Event) {
	t.Helper()
	f, _, err := Decode(e)
	parts, problem := catalog.Parts(&e)
	if problem != nil || parts == nil {
		return
	}
	made, named, namedErr := byName(&e, parts)
	listed, _ := catalog.Decode(&e)
	again, _ := catalog.Decode(&made)
	if len(again.Fields) != len(listed.Fields) || again.Rest != 0 {
		t.Errorf("%s %d version %d: %d fields of %d, %d bytes left", e.Provider, e.ID, e.Version, len(again.Fields), len(listed.Fields), again.Rest)
	}
	for i, got := range again.Fields {
		if want := listed.Fields[i]; got.Name != want.Name || e.PointerSize == 8 && got.Value.String() != want.Value.String() {
			t.Errorf("%s %d version %d: %s is %s, was %s %s", e.Provider, e.ID, e.Version, got.Name, got.Value, want.Name, want.Value)
		}
	}
	if d := cmp.Diff(f, named, cmp.Comparer(func(a, b Fact) bool { return a == b })); d != "" || err != nil || namedErr != nil {
		t.Errorf("%s %d version %d, pointers of %d: %v, %v (-by place +by name)\n%s", e.Provider, e.ID, e.Version, e.PointerSize, err, namedErr, d)
	}
}

// composed is a whole payload after the tables: numbers are random, addresses are addresses.
func composed(t *testing.T, catalog *schema.Catalog, e etl.Event, random *rand.Rand) []byte {
	e.Payload = make([]byte, 1<<10)
	sid := []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0}
	var image []byte
	for _, u := range utf16.Encode([]rune(`\Device\x.exe` + "\x00")) {
		image = binary.LittleEndian.AppendUint16(image, u)
	}
	at := 0
	for i := 0; ; i++ {
		// What is written of one field moves those behind it.
		parts, err := catalog.Parts(&e)
		if err != nil {
			t.Fatal(err)
		}
		if i == len(parts) {
			return e.Payload[:at]
		}
		p := parts[i]
		switch {
		case p.Name == "MandatoryLabel":
			copy(e.Payload[at:], sid)
		case p.Name == "ImageName" && e.ID != 2:
			copy(e.Payload[at:], image)
		case len(p.Bytes) == 4 && (strings.HasSuffix(p.Name, "AddressLength") || p.Name == "AddressLen"):
			p.Bytes[0] = []byte{16, 28}[random.IntN(2)]
		case len(p.Bytes) == 16, len(p.Bytes) == 28 && strings.HasSuffix(p.Name, "Address"):
			fill(p.Bytes, random)
			p.Bytes[0], p.Bytes[1] = byte(FamilyIPv4), 0
			if len(p.Bytes) == 28 {
				p.Bytes[0] = byte(FamilyIPv6)
			}
		case len(p.Bytes) <= 8:
			fill(p.Bytes, random)
		}
		parts, _ = catalog.Parts(&e)
		at += len(parts[i].Bytes)
	}
}

func fill(b []byte, random *rand.Rand) {
	for i := range b {
		b[i] = byte(random.Uint32())
	}
}

// description composes a TRACE_EVENT_INFO: fields are NAME, in-type and, of a binary one, the
// place of the field that measures it.
type described struct {
	name     string
	in       uint16
	measured int // place + 1 of the length
}

func description(provider etl.GUID, id uint16, version uint8, fields ...described) *etl.Event {
	b := make([]byte, 0x70+24*len(fields))
	le := binary.LittleEndian
	copy(b, provider[:])
	le.PutUint16(b[0x20:], id)
	b[0x22] = version
	le.PutUint32(b[0x64:], uint32(len(fields)))
	le.PutUint32(b[0x68:], uint32(len(fields)))
	for i, f := range fields {
		p := b[0x70+24*i:]
		le.PutUint32(p[4:], uint32(len(b)))
		le.PutUint16(p[8:], f.in)
		le.PutUint16(p[16:], 1)
		if f.measured > 0 {
			le.PutUint32(p, 2)
			le.PutUint16(p[18:], uint16(f.measured-1))
		}
		for _, u := range utf16.Encode([]rune(f.name + "\x00")) {
			b = le.AppendUint16(b, u)
		}
	}
	return &etl.Event{Kind: etl.KindFull, Provider: schema.Metadata, Opcode: 32, Payload: b}
}

const (
	u32  = uint16(schema.InUint32)
	ptr  = uint16(schema.InPointer)
	blob = uint16(schema.InBinary)
)

// bindOfTomorrow is a version of the bind with its fields in another order, and one more.
func bindOfTomorrow(version uint8) *etl.Event {
	return description(AFD, 1030, version, described{"Compartment", u32, 0}, described{"Status", u32, 0}, described{"EnterExit", u32, 0},
		described{"AddressLen", u32, 0}, described{"Address", blob, 4}, described{"Process", ptr, 0}, described{"Endpoint", ptr, 0})
}

// What the trace says of an event counts where no layout is known and where the known one is
// another.
func TestDescribedEvents(t *testing.T) {
	const address = "10000000 0200 c3cb 00000000 0000000000000000"
	payload := unhex(t, "07000000 090200c0 01000000"+address+"80100e0f0ac4ffff 403d2c1b0ac4ffff")
	want := Fact{
		Op: OpBind, ID: 1030, EnterExit: 1, Process: process64, Endpoint: endpoint64, Status: StatusTooManyAddresses,
		Family: 2, Address: addr("0.0.0.0:50123"), HasAddress: true, Transport: TransportTCP,
	}
	for _, version := range []uint8{0, 3} {
		var d Decoder
		e := afd(1030, 8, 2)
		e.Version, e.Payload = uint16(version), payload
		var f Fact
		if ok, err := d.Decode(&f, &e); ok && f == want || version > 0 && err == nil {
			t.Errorf("version %d before its description: %+v, %v", version, f, err)
		}
		var disagrees *etl.FormatError
		if err := d.Learn(bindOfTomorrow(version)); (version == 0) != (errors.As(err, &disagrees) && disagrees.Code == schema.CodeDisagrees) {
			t.Errorf("version %d: learning says %v", version, err)
		}
		if ok, err := d.Decode(&f, &e); !ok || err != nil || f != want {
			t.Errorf("version %d: %v, %v\n%s", version, ok, err, cmp.Diff(want, f, cmp.Comparer(func(a, b Fact) bool { return a == b })))
		}
		for n := range payload {
			e.Payload = payload[:n]
			var fe *etl.FormatError
			if ok, err := d.Decode(&f, &e); ok || !errors.As(err, &fe) || fe.Offset != e.Offset || f != (Fact{}) {
				t.Errorf("version %d, %d bytes: %+v, %v", version, n, f, err)
			}
		}
	}
}

// A description as the tables have it changes nothing, and one without a field that matters
// makes the event unknown, never a success.
func TestDescriptionsThatDoNotServe(t *testing.T) {
	whole := []described{
		{"EnterExit", u32, 0}, {"Location", u32, 0}, {"Process", ptr, 0}, {"Endpoint", ptr, 0}, {"Status", u32, 0},
	}
	for name, c := range map[string]struct {
		version uint8
		fields  []described
		code    string
	}{
		"as known":         {0, whole, ""},
		"no status":        {9, append(slices.Clone(whole[:4]), described{"Result", u32, 0}), CodeVersion},
		"no endpoint":      {9, append(slices.Clone(whole[:3]), whole[4]), CodeVersion},
		"a wide status":    {0, append(slices.Clone(whole[:4]), described{"Status", uint16(schema.InUint64), 0}), ""},
		"a status in text": {0, append(slices.Clone(whole[:4]), described{"Status", uint16(schema.InUnicode), 0}), CodeVersion},
	} {
		var d Decoder
		var fe *etl.FormatError
		if err := d.Learn(description(AFD, 1029, c.version, c.fields...)); err != nil && (!errors.As(err, &fe) || fe.Code != schema.CodeDisagrees) {
			t.Fatal(err)
		}
		e := afd(1029, 8, 2)
		e.Version = uint16(c.version)
		e.Payload = unhex(t, exit64+"090200c0 00000000 41004200 0000")
		var f Fact
		ok, err := d.Decode(&f, &e)
		fe = nil
		errors.As(err, &fe)
		if ok != (c.code == "") || fe == nil != (c.code == "") || fe != nil && fe.Code != c.code || ok && f.Status != StatusTooManyAddresses {
			t.Errorf("%s: %v, %+v, %v", name, ok, f, err)
		}
	}
	var d Decoder
	if err := d.Learn(description(AFD, 1003, 9)); err != nil || d.catalog != nil {
		t.Error("a description of an event that holds no fact is kept")
	}
}

func FuzzDescribed(f *testing.F) {
	f.Add(bindOfTomorrow(1).Payload, uint16(1030), uint8(1), uint8(8), make([]byte, 64))
	f.Add(description(TCPIP, 1006, 4, described{"Status", u32, 0}, described{"LocalAddressLength", u32, 0}, described{"LocalAddress", blob, 2}).Payload, uint16(1006), uint8(4), uint8(4), bytes.Repeat([]byte{16, 0, 0, 0}, 16))
	f.Add(description(KernelProcess, 1, 9, described{"ProcessID", u32, 0}, described{"ImageName", uint16(schema.InUnicode), 0}).Payload, uint16(1), uint8(9), uint8(8), []byte("\x04\x00\x00\x00x\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, info []byte, id uint16, version, pointer uint8, payload []byte) {
		var d Decoder
		learnt := etl.Event{Kind: etl.KindFull, Provider: schema.Metadata, Opcode: 32, Payload: info}
		_ = d.Learn(&learnt)
		for _, provider := range []etl.GUID{AFD, TCPIP, KernelProcess} {
			e := etl.Event{Kind: etl.KindEvent, Provider: provider, ID: id, Version: uint16(version), PointerSize: pointer, Payload: payload}
			var fact Fact
			ok, err := d.Decode(&fact, &e)
			var fe *etl.FormatError
			switch {
			case err != nil && (ok || !errors.As(err, &fe) || fe.Code == ""):
				t.Fatalf("%v, %v", ok, err)
			case !ok && fact != (Fact{}), ok && fact.Op == OpUnknown:
				t.Fatalf("%v, %+v", ok, fact)
			}
		}
	})
}
