package schema

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"portverdict/etl"
)

var afd = etl.GUID{0x23, 0x68, 0x3c, 0xe5, 0xb8, 0x7b, 0xbb, 0x44, 0x90, 0xdc, 0x3f, 0x86, 0x09, 0x0d, 0x48, 0xa6}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func manifestEventOf(provider etl.GUID, id uint16, pointer uint8, payload []byte) *etl.Event {
	return &etl.Event{Kind: etl.KindEvent, Provider: provider, ID: id, PointerSize: pointer, Payload: payload, Offset: 4096}
}

func show1(d Decoded) string { return (Value{Kind: Struct, Fields: d.Fields}).String() }

// Payloads computed by hand from the manifests.
func TestBuiltInTables(t *testing.T) {
	const process, endpoint = "80100e0f0ac4ffff", "403d2c1b0ac4ffff"
	for _, c := range []struct {
		name, payload string
		id            uint16
		pointer       uint8
		want          string
	}{
		{
			"bind refused", "01000000 711b0000" + process + endpoint + "090200c0 10000000 0200 0000 00000000 0000000000000000", 1030, 8,
			"{EnterExit=1, Location=7025, Process=0xFFFFC40A0F0E1080, Endpoint=0xFFFFC40A1B2C3D40, Status=0xC0000209 STATUS_TOO_MANY_ADDRESSES, AddressLen=16, Address=0.0.0.0:0}",
		},
		{
			"bind given a port", "01000000 6e1b0000" + process + endpoint + "00000000 10000000 0200 c3cb 0a000005 0000000000000000", 1030, 8,
			"{EnterExit=1, Location=7022, Process=0xFFFFC40A0F0E1080, Endpoint=0xFFFFC40A1B2C3D40, Status=0x00000000 STATUS_SUCCESS, AddressLen=16, Address=10.0.0.5:50123}",
		},
		{
			"32-bit", "01000000 6f1b0000 80100e0f 403d2c1b 090200c0", 1029, 4,
			"{EnterExit=1, Location=7023, Process=0x0F0E1080, Endpoint=0x1B2C3D40, Status=0xC0000209 STATUS_TOO_MANY_ADDRESSES}",
		},
		{
			"IPv6 with scope", "01000000 00000000" + process + endpoint + "00000000 1c000000 1700 c3cb 00000000 fe80000000000000 0000000000000001 15000000", 1030, 8,
			"{EnterExit=1, Location=0, Process=0xFFFFC40A0F0E1080, Endpoint=0xFFFFC40A1B2C3D40, Status=0x00000000 STATUS_SUCCESS, AddressLen=28, Address=[fe80::1%21]:50123}",
		},
		{"legacy", process + endpoint + "090200c0", 40, 8, "{Process=0xFFFFC40A0F0E1080, Endpoint=0xFFFFC40A1B2C3D40, Error=0xC0000209 STATUS_TOO_MANY_ADDRESSES}"},
	} {
		d, err := newCatalog(t).Decode(manifestEventOf(afd, c.id, c.pointer, unhex(t, c.payload)))
		if err != nil || d.Rest != 0 || d.Source != SourceBuiltin || d.Provider != "Microsoft-Windows-Winsock-AFD" {
			t.Errorf("%s: %v %+v", c.name, err, d)
		}
		if got := show1(d); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A version that no table has is not decoded by another's layout.
func TestUnknownVersion(t *testing.T) {
	e := manifestEventOf(afd, 1029, 8, make([]byte, 28))
	e.Version = 9
	d, err := newCatalog(t).Decode(e)
	if err != nil || d.Source != SourceNone || d.Fields != nil || d.Rest != 28 || d.Provider != "Microsoft-Windows-Winsock-AFD" {
		t.Errorf("%v %+v", err, d)
	}
}

// Each payload cut at each length gives the fields before the cut, and an error
// with the place of the event.
func TestTruncatedPayloads(t *testing.T) {
	c := newCatalog(t)
	whole := unhex(t, "01000000 711b0000 80100e0f0ac4ffff 403d2c1b0ac4ffff 090200c0 10000000 0200 0000 00000000 0000000000000000")
	fields := 0
	for n := range len(whole) {
		d, err := c.Decode(manifestEventOf(afd, 1030, 8, whole[:n]))
		var fe *etl.FormatError
		if !errors.As(err, &fe) || fe.Code != CodeShort || fe.Offset != 4096 || fe.Length != int64(n) || CodeText(fe.Code) == "" {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if len(d.Fields) < fields {
			t.Fatalf("%d bytes: %d fields, %d before", n, len(d.Fields), fields)
		}
		fields = len(d.Fields)
	}
	if fields != 6 {
		t.Errorf("%d fields before the address", fields)
	}
}

// The classes of the kernel logger are found by hook and by GUID.
func TestClasses(t *testing.T) {
	payload := unhex(t, "0010000000f8ffff 92100000 04000000 01000000 03010000 00e01a0000000000 00000000 00000000 6c65616b792e65786500 6c00 0000 0000 0000")
	hook := &etl.Event{Kind: etl.KindSystem, Hook: 0x0303, Version: 4, PointerSize: 8, Payload: payload}
	d, err := newCatalog(t).Decode(hook)
	want := "{UniqueProcessKey=0xFFFFF80000001000, ProcessId=4242, ParentId=4, SessionId=1, ExitStatus=259, DirectoryTableBase=0x00000000001AE000, Flags=0x00000000, UserSID=, ImageFileName=leaky.exe, CommandLine=l, PackageFullName=, ApplicationId=}"
	if got := show1(d); err != nil || got != want || d.Provider != "Process" || d.Event != "DCStart" || d.Rest != 0 {
		t.Errorf("%v %s %s %d left\n%s", err, d.Provider, d.Event, d.Rest, got)
	}
	guid, _ := ParseGUID("{9A280AC0-C8E0-11D1-84E2-00C04FB998A2}")
	tcp := &etl.Event{Kind: etl.KindFull, Provider: guid, Opcode: 12, Version: 2, PointerSize: 4, Payload: unhex(t, "92100000 00000000 0a090909 0a000005 20fb c3cb b405 0100 0000 0100 00000100 0800 0800 00000000 00000000")}
	d, err = newCatalog(t).Decode(tcp)
	if got := show1(d); err != nil || d.Rest != 0 || !strings.HasPrefix(got, "{PID=4242, size=0, daddr=10.9.9.9, saddr=10.0.0.5, dport=8443, sport=50123, mss=1460,") {
		t.Errorf("%v %d left\n%s", err, d.Rest, got)
	}
}

func wide(s string) []byte {
	var b []byte
	for _, u := range append(utf16.Encode([]rune(s)), 0) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// eventInfo composes a TRACE_EVENT_INFO of one struct array and what measures it.
func eventInfo(provider etl.GUID, id uint16) []byte {
	b := make([]byte, eventInfoSize+4*propertySize)
	le := binary.LittleEndian
	copy(b, provider[:])
	le.PutUint16(b[0x20:], id)
	le.PutUint32(b[0x64:], 4)
	le.PutUint32(b[0x68:], 2)
	text := func(at int, s string) {
		le.PutUint32(b[at:], uint32(len(b)))
		b = append(b, wide(s)...)
	}
	prop := func(i int, flags uint32, a, c, count, length uint16) {
		at := eventInfoSize + i*propertySize
		le.PutUint32(b[at:], flags)
		le.PutUint16(b[at+8:], a)
		le.PutUint16(b[at+10:], c)
		le.PutUint16(b[at+16:], count)
		le.PutUint16(b[at+18:], length)
	}
	prop(0, 0, uint16(InUint8), 0, 1, 1)
	prop(1, propStruct|propCountOf, 2, 2, 0, 0)
	prop(2, 0, uint16(InUint16), 0, 1, 2)
	prop(3, propLengthOf, uint16(InUnicode), 0, 1, 2)
	for i, name := range []string{"N", "Items", "Len", "Text"} {
		text(eventInfoSize+i*propertySize+4, name)
	}
	text(eventInfoSize+2*propertySize+12, "Lengths")
	text(0x34, "Test-Provider")
	text(0x44, "Things")
	text(0x48, "win:Start")
	return b
}

func metadata(op uint8, payload []byte) *etl.Event {
	return &etl.Event{Kind: etl.KindFull, Provider: Metadata, Opcode: op, Payload: payload, Offset: 512}
}

var thing = etl.GUID{1, 2, 3}

func TestEmbeddedDescription(t *testing.T) {
	c := newCatalog(t)
	if err := c.Learn(metadata(opEventInfo, eventInfo(thing, 7))); err != nil {
		t.Fatal(err)
	}
	mapInfo := append(append([]byte{}, thing[:]...), make([]byte, mapInfoSize+mapEntrySize)...)
	le := binary.LittleEndian
	le.PutUint32(mapInfo[16+8:], 1)
	le.PutUint32(mapInfo[16+mapInfoSize+4:], 2)
	le.PutUint32(mapInfo[16:], uint32(len(mapInfo)-16))
	mapInfo = append(mapInfo, wide("Lengths")...)
	le.PutUint32(mapInfo[16+mapInfoSize:], uint32(len(mapInfo)-16))
	mapInfo = append(mapInfo, wide("two ")...)
	if err := c.Learn(metadata(opMapInfo, mapInfo)); err != nil {
		t.Fatal(err)
	}
	payload := append([]byte{2, 2, 0}, wide("ab")[:4]...)
	payload = append(payload, 1, 0, 'c', 0, 0xff)
	d, err := c.Decode(manifestEventOf(thing, 7, 8, payload))
	if got := show1(d); err != nil || got != "{N=2, Items=[{Len=2 two, Text=ab}, {Len=1, Text=c}]}" || d.Rest != 1 || d.Event != "Things/Start" || d.Provider != "Test-Provider" {
		t.Errorf("%v %s %s, %d left: %s", err, d.Provider, d.Event, d.Rest, got)
	}
	j := AppendFields(nil, d.Fields)
	if want := `{"N":2,"Items":[{"Len":"2 two","Text":"ab"},{"Len":1,"Text":"c"}]}`; string(j) != want || !json.Valid(j) {
		t.Errorf("JSON %s", j)
	}
}

// A trace that describes an event otherwise than the tables is believed, and told.
func TestTraceBeatsTable(t *testing.T) {
	c := newCatalog(t)
	err := c.Learn(metadata(opEventInfo, eventInfo(afd, 1030)))
	var fe *etl.FormatError
	if !errors.As(err, &fe) || fe.Code != CodeDisagrees || fe.Offset != 512 {
		t.Fatalf("%v", err)
	}
	if d, _ := c.Decode(manifestEventOf(afd, 1030, 8, []byte{0})); show1(d) != "{N=0, Items=[]}" || d.Source != SourceEmbedded {
		t.Errorf("%v %s", d.Source, show1(d))
	}
}

// Descriptions that lie are refused with their place, never believed in part.
func TestBrokenDescriptions(t *testing.T) {
	good := eventInfo(thing, 7)
	le := binary.LittleEndian
	for name, change := range map[string]func([]byte){
		"too many properties":   func(b []byte) { le.PutUint32(b[0x64:], 1<<31) },
		"more on top than all":  func(b []byte) { le.PutUint32(b[0x68:], 5) },
		"struct in itself":      func(b []byte) { le.PutUint16(b[eventInfoSize+propertySize+8:], 1) },
		"struct past the end":   func(b []byte) { le.PutUint16(b[eventInfoSize+propertySize+10:], 9) },
		"length of no property": func(b []byte) { le.PutUint16(b[eventInfoSize+3*propertySize+18:], 99) },
	} {
		b := append([]byte{}, good...)
		change(b)
		var fe *etl.FormatError
		if err := newCatalog(t).Learn(metadata(opEventInfo, b)); !errors.As(err, &fe) || fe.Code != CodeBlob || fe.Offset != 512 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range len(good) {
		c := newCatalog(t)
		if err := c.Learn(metadata(opEventInfo, good[:n])); (err == nil) != (n >= eventInfoSize+4*propertySize) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	if err := newCatalog(t).Learn(metadata(opMapInfo, make([]byte, 20))); err == nil {
		t.Error("a map of 20 bytes is taken")
	}
}

func TestParseGUID(t *testing.T) {
	g, ok := ParseGUID("{E53C6823-7bb8-44bb-90dc-3f86090d48a6}")
	if !ok || g != afd || g.String() != "e53c6823-7bb8-44bb-90dc-3f86090d48a6" {
		t.Errorf("%v %v", g, ok)
	}
	for _, s := range []string{"", "e53c6823", "e53c6823-7bb8-44bb-90dc-3f86090d48ag", "e53c6823 7bb8 44bb 90dc 3f86090d48a6"} {
		if _, ok := ParseGUID(s); ok {
			t.Errorf("%q is taken", s)
		}
	}
}
