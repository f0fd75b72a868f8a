package schema

import (
	"encoding/binary"
	"strings"
	"testing"

	"portverdict/etl"
)

// hook is a kernel event with a composed payload.
func hook(id uint16, version uint16, pointer uint8, payload []byte) *etl.Event {
	return &etl.Event{Kind: etl.KindPerfInfo, Hook: id, Version: version, PointerSize: pointer, Payload: payload}
}

func classEvent(t testing.TB, guid string, opcode uint8, version uint16, pointer uint8, payload []byte) *etl.Event {
	t.Helper()
	g, ok := ParseGUID(guid)
	if !ok {
		t.Fatal(guid)
	}
	return &etl.Event{Kind: etl.KindFull, Provider: g, Opcode: opcode, Version: version, PointerSize: pointer, Payload: payload}
}

// Payloads of the kernel's classes, composed after their MOF classes.
func TestKernelClasses(t *testing.T) {
	name := wide(`C:\x`)
	for _, c := range []struct {
		want  string
		event *etl.Event
	}{
		{"PerfInfo SampleProf {InstructionPointer=0xFFFFF80000001000, ThreadId=17, Count=1, Reserved=0}", hook(0x0f2e, 2, 8, unhex(t, "0010000000f8ffff 11000000 0100 0000"))},
		{
			"StackWalk Stack {EventTimeStamp=256, StackProcess=0x00000007, StackThread=9, Stack=[0x00001000, 0x00002000]}",
			hook(0x1820, 2, 4, unhex(t, "0001000000000000 07000000 09000000 00100000 00200000")),
		},
		{"StackWalk Stack {EventTimeStamp=0, StackProcess=0x00000000, StackThread=0, Stack=[]}", hook(0x1820, 2, 8, make([]byte, 16))},
		{
			"PageFault HardFault {InitialTime=1, ReadOffset=2, VirtualAddress=0x0000000000000003, FileObject=0x0000000000000004, TThreadId=5, ByteCount=4096}",
			hook(0x0220, 2, 8, unhex(t, "0100000000000000 0200000000000000 0300000000000000 0400000000000000 05000000 00100000")),
		},
		{
			`Image Load {ImageBase=0x00400000, ImageSize=0x00001000, ProcessId=8, FileName=C:\x}`,
			classEvent(t, "2cb15d1d-5fc1-11d2-abe1-00a0c911f518", 10, 1, 4, append(unhex(t, "00004000 00100000 08000000"), name...)),
		},
		{ // the hook of an image in the group of processes
			`Image Load {ImageBase=0x00400000, ImageSize=0x00001000, ProcessId=8, FileName=C:\x}`,
			hook(0x030a, 1, 4, append(unhex(t, "00004000 00100000 08000000"), name...)),
		},
		{ // a 32-bit process' header over the kernel's own pointers
			`Image DCStart {ImageBase=0x0000000000400000, ImageSize=0x0000000000001000, ProcessId=8, FileName=C:\x}`,
			classEvent(t, "2cb15d1d-5fc1-11d2-abe1-00a0c911f518", 3, 1, 4, append(unhex(t, "0000400000000000 0010000000000000 08000000"), name...)),
		},
		{
			`SystemConfigEx VolumeMapping {NtPath=C:\x, DosPath=C:\x}`,
			classEvent(t, "9b79ee91-b5fd-41c0-a243-4248e266e9d0", 35, 0, 8, append(append([]byte{}, name...), name...)),
		},
		{
			"ImageID DbgIdRSDS {ImageBase=0x0000000000001000, ProcessId=4, Guid=00000001-0000-0000-0000-000000000000, Age=2, PdbFileName=a.pdb}",
			classEvent(t, "b3e675d7-2554-4f18-830b-2762732560de", 36, 2, 8, append(unhex(t, "0010000000000000 04000000 01000000000000000000000000000000 02000000"), "a.pdb\x00"...)),
		},
	} {
		d, err := newCatalog(t).Decode(c.event)
		if got := d.Provider + " " + d.Event + " " + show1(d); got != c.want || err != nil || d.Rest != 0 || d.Source != SourceBuiltin {
			t.Errorf("%v, %d bytes left\ngot  %s\nwant %s", err, d.Rest, got, c.want)
		}
	}
}

// Windows has changed events without a new version; the layout that uses the payload up
// counts, whichever stands first.
func TestLayoutsOfOneVersion(t *testing.T) {
	payload := make([]byte, 4+4+6*8+8+8+4+4)
	binary.LittleEndian.PutUint32(payload[4:], 17)
	for want, name := range map[string][]byte{"ThreadFlags=0}": nil, "ThreadFlags=0, ThreadName=pool}": wide("pool")} {
		d, err := newCatalog(t).Decode(hook(0x0501, 3, 8, append(payload[:72:72], name...)))
		if got := show1(d); err != nil || d.Rest != 0 || !strings.HasSuffix(got, want) {
			t.Errorf("%v, %d bytes left: %s", err, d.Rest, got)
		}
	}
	d, err := newCatalog(t).Decode(hook(0x0501, 3, 8, payload[:75]))
	if err != nil || d.Rest != 3 || strings.Contains(show1(d), "ThreadName") {
		t.Errorf("no layout fits: %v, %d bytes left: %s", err, d.Rest, show1(d))
	}
}

// What a table does not know the fields of has its name all the same, and the name of an
// unknown version is that of a known one.
func TestNamesWithoutFields(t *testing.T) {
	rpc, _ := ParseGUID("6ad52b32-d609-4be9-ae07-ce8dae937e39")
	unknown := manifestEventOf(afd, 1030, 8, []byte{1})
	unknown.Version = 7
	for want, e := range map[string]*etl.Event{
		"RpcClientCall/Stop": manifestEventOf(rpc, 1, 8, []byte{1}), "AfdBindWithAddress": unknown, "": manifestEventOf(afd, 999, 8, []byte{1}),
		"DCStart": hook(0x0303, 9, 8, []byte{1}),
	} {
		if e.Provider == rpc {
			e.Version = 1
		}
		c := newCatalog(t)
		d, err := c.Decode(e)
		name, source := c.Known(e)
		if d.Event != want || name != want || err != nil || d.Source != SourceNone || source != SourceNone || d.Rest != 1 || d.Fields != nil {
			t.Errorf("%s: %v %+v, known as %q", want, err, d, name)
		}
	}
}

// Every event of the tables takes any payload: cut short, zero, full.
func TestTablesTakeAnyPayload(t *testing.T) {
	c := newCatalog(t)
	full := make([]byte, 300)
	for i := range full {
		full[i] = byte(i * 7)
	}
	for _, s := range c.builtin.sections {
		events, err := s.read()
		if err != nil {
			t.Fatal(err)
		}
		for k := range events.layouts {
			for _, payload := range [][]byte{nil, full[:1], full[:17], full, make([]byte, 300)} {
				e := &etl.Event{Kind: kindOf(k), Provider: k.guid, ID: k.id, Opcode: uint8(k.id), Version: k.version, PointerSize: 4, Payload: payload}
				if d, _ := c.Decode(e); d.Rest > len(payload) || d.Rest < 0 {
					t.Fatalf("%s %s: %d bytes left of %d", d.Provider, d.Event, d.Rest, len(payload))
				}
			}
		}
	}
}

func TestTablesSayWhatIsWrong(t *testing.T) {
	const open = "provider e53c6823-7bb8-44bb-90dc-3f86090d48a6 P\n"
	for text, want := range map[string]string{
		"event 1 0 N":                  "x:1: \"event\" belongs to nothing",
		"provider e53c P":              "is no GUID",
		"provider":                     "a GUID and a name",
		open + open:                    "x:2: e53c6823-7bb8-44bb-90dc-3f86090d48a6 stands there twice",
		open + "event":                 "x:1: in \"event\": \"event\" stands alone",
		open + "event 1 0 N =t":        "no template =t",
		open + "event 1 0 N A:u33":     "no type",
		open + "event 1 0 N A:bin[B]":  "no field \"B\"",
		open + "event 1 0,x N A:u8":    "invalid syntax",
		open + "event 1 0 N A:u8/port": "",
		open + "event 1 0 N A:( B:u8":  "does not end",
		open + "row 1":                 "is no kind of line",
	} {
		b := &builtin{sections: map[etl.GUID]*section{}, groups: map[uint8]etl.GUID{}, aliases: map[etl.GUID][]string{}}
		err := b.split("x", text)
		for _, s := range b.sections {
			if err == nil {
				_, err = s.read()
			}
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
