package schema

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"portverdict/etl"
)

const manifestText = `<?xml version="1.0" encoding="UTF-8"?>
<instrumentationManifest xmlns="http://schemas.microsoft.com/win/2004/08/events">
 <instrumentation xmlns:win="http://manifests.microsoft.com/win/2004/08/windows/events"><events>
  <provider name="My-Provider" guid="{01020300-0000-0000-0000-000000000000}" symbol="MY">
   <maps><valueMap name="Color"><map value="1" message="$(string.red)"/></valueMap><bitMap name="Bits"><map value="0x1" message="a"/><map value="0x4" message="c"/></bitMap></maps>
   <templates><template tid="T">
    <data name="Count" inType="win:UInt16"/>
    <struct name="Pairs" count="Count"><data name="Key" inType="win:UInt8" map="Color"/><data name="Size" inType="win:UInt8"/><data name="Blob" inType="win:Binary" length="Size"/></struct>
    <data name="Flags" inType="win:UInt32" map="Bits"/><data name="Status" inType="win:UInt32" outType="win:NTSTATUS"/><data name="Name" inType="win:UnicodeString"/>
   </template></templates>
   <tasks><task name="Work" value="1"/></tasks>
   <events><event value="5" version="1" template="T" task="Work" opcode="win:Start"/><event value="6" symbol="EMPTY"/></events>
  </provider></events></instrumentation>
 <localization><resources culture="en-US"><stringTable><string id="red" value="Red"/></stringTable></resources></localization>
</instrumentationManifest>`

func TestManifest(t *testing.T) {
	c := newCatalog(t)
	if err := c.AddManifest(strings.NewReader(manifestText), "my.man"); err != nil {
		t.Fatal(err)
	}
	payload := []byte{2, 0, 1, 1, 0xaa, 9, 2, 0xbb, 0xcc, 5, 0, 0, 0, 9, 2, 0, 0xc0, 'x', 0, 0, 0}
	e := manifestEventOf(etl.GUID{0, 3, 2, 1}, 5, 8, payload)
	e.Version = 1
	d, err := c.Decode(e)
	want := "{Count=2, Pairs=[{Key=1 Red, Size=1, Blob=aa}, {Key=9, Size=2, Blob=bbcc}], Flags=5 a|c, Status=0xC0000209 STATUS_TOO_MANY_ADDRESSES, Name=x}"
	if got := show1(d); err != nil || got != want || d.Rest != 0 || d.Event != "Work/Start" || d.Source != SourceManifest {
		t.Errorf("%v %s %v, %d left\n%s", err, d.Event, d.Source, d.Rest, got)
	}
	for name, text := range map[string]string{
		"bad.man:2:":    "<instrumentationManifest>\n<oops",
		"no provider":   "<instrumentationManifest/>",
		"no GUID":       strings.Replace(manifestText, "{01020300-", "{", 1),
		"inType":        strings.Replace(manifestText, "win:UInt16", "win:Int1024", 1),
		`no field "Si"`: strings.Replace(manifestText, `length="Size"`, `length="Si"`, 1),
		"not there":     strings.Replace(manifestText, `template="T"`, `template="U"`, 1),
		"no event id":   strings.Replace(manifestText, `value="5"`, `value="99999"`, 1),
	} {
		if err := newCatalog(t).AddManifest(strings.NewReader(text), "bad.man"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// describe composes a TraceLogging description of the fields given as bytes.
func describe(name string, fields ...string) []byte {
	body := "\x00" + name + "\x00" + strings.Join(fields, "")
	b := binary.LittleEndian.AppendUint16(nil, uint16(2+len(body)))
	return append(b, body...)
}

func selfDescribing(description, payload []byte) *etl.Event {
	item := func(kind uint16, data []byte, more uint16) []byte {
		b := make([]byte, 8, 8+len(data)+7)
		b = append(b, data...)
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
		le := binary.LittleEndian
		le.PutUint16(b, uint16(len(b)))
		le.PutUint16(b[2:], kind)
		le.PutUint16(b[4:], more)
		le.PutUint16(b[6:], uint16(len(data)))
		return b
	}
	ext := item(extProviderTraits, append([]byte{0, 0}, "My.Provider\x00"...), 1)
	ext = append(ext, item(extTraceLogging, description, 0)...)
	return &etl.Event{Kind: etl.KindEvent, Provider: thing, PointerSize: 8, Ext: ext, Payload: payload, Offset: 64}
}

func TestTraceLogging(t *testing.T) {
	for _, c := range []struct {
		name    string
		fields  []string
		payload []byte
		want    string
	}{
		{"scalars", []string{"a\x00\x04", "b\x00\x85\x0e"}, []byte{7, 0xff, 0xff}, "{a=7, b=0x0000FFFF}"},
		{"counted strings", []string{"w\x00\x16", "n\x00\x17"}, []byte{2, 0, 'x', 0, 1, 0, 'y'}, "{w=x, n=y}"},
		{"fixed array", []string{"f\x00\x26\x02\x00"}, []byte{1, 0, 2, 0}, "{f=[1, 2]}"},
		{"counted array", []string{"v\x00\x46"}, []byte{2, 0, 1, 0, 2, 0}, "{v=[1, 2]}"},
		{"struct", []string{"s\x00\x98\x02", "x\x00\x04", "y\x00\x04", "z\x00\x04"}, []byte{1, 2, 3}, "{s={x=1, y=2}, z=3}"},
		{"array of structs", []string{"s\x00\xd8\x01", "x\x00\x04"}, []byte{2, 0, 1, 2}, "{s=[{x=1}, {x=2}]}"},
		{"boolean, port, signed", []string{"b\x00\x84\x03", "p\x00\x86\x07", "i\x00\x8a\x11"}, []byte{1, 0xc3, 0xcb, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "{b=true, p=50123, i=-2}"},
		{"tags", []string{"t\x00\x84\x84\x81\x01"}, []byte{9}, "{t=0x09}"},
		{"binary", []string{"d\x00\x0e"}, []byte{2, 0, 0xab, 0xcd}, "{d=abcd}"},
	} {
		d, err := newCatalog(t).Decode(selfDescribing(describe("Ev", c.fields...), c.payload))
		if got := show1(d); err != nil || got != c.want || d.Rest != 0 || d.Provider != "My.Provider" || d.Event != "Ev" {
			t.Errorf("%s: %v %s %s, %d left: %s", c.name, err, d.Provider, d.Event, d.Rest, got)
		}
	}
}

func TestBrokenTraceLogging(t *testing.T) {
	whole := describe("Ev", "s\x00\x98\x02", "x\x00\x04", "y\x00\x04")
	for n := range len(whole) {
		c := newCatalog(t)
		if d, err := c.Decode(selfDescribing(whole[:n], []byte{1, 2})); err == nil && d.Source == SourceTraceLogging {
			t.Errorf("%d bytes of a description are taken: %+v", n, d)
		}
	}
	// A size that does not even hold itself.
	if _, ok := parseTraceLogging([]byte("\x00\x0000"), ""); ok {
		t.Error("a description of no bytes is taken")
	}
	nested := describe("Ev", strings.Repeat("s\x00\x98\x01", maxDepth+2), "x\x00\x04")
	if d, err := newCatalog(t).Decode(selfDescribing(nested, []byte{1})); err == nil || d.Source != SourceNone {
		t.Error("structs nested without end are taken")
	}
}

// An array of structs without members takes no bytes, and still comes to an end.
func TestEndlessArray(t *testing.T) {
	d, err := newCatalog(t).Decode(selfDescribing(describe("Ev", "s\x00\xd8\x00"), []byte{0xff, 0xff}))
	if err == nil || len(d.Fields) != 0 {
		t.Errorf("%v %d fields", err, len(d.Fields))
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		v          Value
		text, json string
	}{
		{Value{}, "", "null"},
		{Value{Kind: Uint, Uint: math.MaxUint64}, "18446744073709551615", "18446744073709551615"},
		{Value{Kind: Hex, Width: 4, Uint: 0xab}, "0x00AB", `"0x00AB"`},
		{Value{Kind: Int, Int: -3}, "-3", "-3"},
		{Value{Kind: Float, Float: math.NaN()}, "NaN", `"NaN"`},
		{Value{Kind: Float, Float: 1.5}, "1.5", "1.5"},
		{Value{Kind: Bool, Uint: 1}, "true", "true"},
		{Value{Kind: Text, Text: "a\"\n"}, "a\"\n", `"a\"\n"`},
		{Value{Kind: Bytes, Bytes: []byte{1, 0xff}}, "01ff", `"01ff"`},
		{Value{Kind: Struct, Fields: []Field{{"a", Value{Kind: Uint}}, {"a", Value{Kind: Uint}}}}, "{a=0, a=0}", `{"a":0,"a#2":0}`},
	} {
		if got := c.v.String(); got != c.text {
			t.Errorf("text %q, want %q", got, c.text)
		}
		if got := string(c.v.AppendJSON(nil)); got != c.json {
			t.Errorf("JSON %s, want %s", got, c.json)
		}
	}
	for _, c := range []struct {
		p    property
		raw  []byte
		want string
	}{
		{property{in: InSID}, []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0}, "S-1-5-32-544"},
		{property{in: InSystemTime}, []byte{0xea, 7, 3, 0, 2, 0, 10, 0, 9, 0, 2, 0, 39, 0, 0xc6, 2}, "2026-03-10T09:02:39.710"},
		{property{in: InFileTime}, []byte{0, 0x40, 0x07, 0xac, 0x6d, 0xb0, 0xdc, 1}, "2026-03-10T09:09:59.8352384Z"},
		{property{in: InANSI}, []byte{'g', 0xf6}, "gö"},
		{property{in: InUint32, out: OutWin32Error}, []byte{0x47, 0x27, 0, 0}, "10055 WSAENOBUFS"},
		{property{in: InBinary, out: OutIPv6}, make([]byte, 16), "::"},
		{property{in: InBinary, out: OutSockAddr}, []byte{34, 0, 1, 2}, "family 34 0102"},
		{property{in: InInt8}, []byte{0xff}, "-1"},
	} {
		if got := show(&c.p, c.raw).String(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.p, got, c.want)
		}
	}
}

func FuzzLearn(f *testing.F) {
	f.Add(eventInfo(thing, 7), []byte{2, 2, 0, 'a', 0, 'b', 0, 1, 0, 'c', 0})
	f.Add(eventInfo(afd, 1030), make([]byte, 60))
	f.Fuzz(func(t *testing.T, info, payload []byte) {
		c := newCatalog(t)
		_ = c.Learn(metadata(opEventInfo, info))
		_ = c.Learn(metadata(opMapInfo, info))
		for k := range c.layouts {
			if c.layouts[k].source == SourceEmbedded && !k.class {
				e := manifestEventOf(k.guid, k.id, 8, payload)
				e.Version = k.version
				d, _ := c.Decode(e)
				if d.Rest < 0 || d.Rest > len(payload) {
					t.Fatalf("%d of %d bytes left", d.Rest, len(payload))
				}
				AppendFields(nil, d.Fields)
			}
		}
	})
}

func FuzzTraceLogging(f *testing.F) {
	f.Add(describe("Ev", "s\x00\xd8\x02", "x\x00\x04", "y\x00\x16"), []byte{1, 0, 7, 2, 0, 'a', 0})
	c, err := NewCatalog()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, description, payload []byte) {
		if len(description) > 1<<15 {
			return
		}
		clear(c.described)
		d, _ := c.Decode(selfDescribing(description, payload))
		AppendFields(nil, d.Fields)
	})
}

func FuzzManifest(f *testing.F) {
	f.Add(manifestText)
	f.Fuzz(func(t *testing.T, text string) {
		c := newCatalog(t)
		if err := c.AddManifest(strings.NewReader(text), "f.man"); err == nil {
			c.Describe(func(string) bool { return true })
		}
	})
}
