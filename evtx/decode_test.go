package evtx

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var someFileTime = hex.EncodeToString(u64(ticks(someTime)))

var valueCases = []struct {
	name string
	kind byte
	raw  string
	want []string
}{
	{"null", kindNull, "", []string{""}},
	{"text", kindString, "e900 0000", []string{"é"}},
	{"text of two halves", kindString, "3dd8 00de", []string{"😀"}},
	{"half a character", kindString, "4100 3dd8", []string{"A\ufffd"}},
	{"the wrong half first", kindString, "00de 4100 4200", []string{"\ufffdAB"}},
	{"text of an odd size that ends with zeros", kindString, "4100 0000 00", []string{"A"}},
	{"text of an odd size", kindString, "4100 42", []string{"A"}},
	{"a long text", kindString, hex.EncodeToString(utf16le("Microsoft-Windows-Größe")), []string{"Microsoft-Windows-Größe"}},
	{"ANSI", kindANSI, "53 74 72 61 df 65 20 80 00", []string{"Straße €"}},
	{"ANSI of a zero alone", kindANSI, "00", []string{""}},
	{"ANSI that is not assigned", kindANSI, "81", []string{"\u0081"}},
	{"int8", kindInt8, "85", []string{"-123"}},
	{"uint8", kindUint8, "fa", []string{"250"}},
	{"int16", kindInt16, "0580", []string{"-32763"}},
	{"uint16", kindUint16, "fbff", []string{"65531"}},
	{"int32", kindInt32, "e4fd ffff", []string{"-540"}},
	{"uint32", kindUint32, "fbff ffff", []string{"4294967291"}},
	{"int64", kindInt64, "0500 0000 0000 0080", []string{"-9223372036854775803"}},
	{"uint64", kindUint64, "fbff ffff ffff ffff", []string{"18446744073709551611"}},
	{"int32 of three bytes", kindInt32, "010203", []string{"010203"}},
	{"float", kindFloat32, "0000 c03f", []string{"1.5"}},
	{"double", kindFloat64, "0000 0000 0000 02c0", []string{"-2.25"}},
	{"bool", kindBool, "0100 0000", []string{"true"}},
	{"bool of one byte", kindBool, "00", []string{"false"}},
	{"binary", kindBinary, "01ab", []string{"01AB"}},
	{"GUID", kindGUID, "01020304 0506 0708 090a 0b0c0d0e0f10", []string{"{04030201-0605-0807-090a-0b0c0d0e0f10}"}},
	{"GUID cut", kindGUID, "0102", []string{"0102"}},
	{"size of 4", kindSize, "0000 0080", []string{"2147483648"}},
	{"size of 8", kindSize, "ffff ffff ffff 0000", []string{"281474976710655"}},
	{"FILETIME", kindFileTime, someFileTime, []string{"2025-03-01T09:00:00.1234567Z"}},
	{"half a pair at the end", kindString, "7800 00d8", []string{"x\ufffd"}},
	{"half a pair before a letter", kindString, "00d8 7800", []string{"\ufffdx"}},
	{"half a pair before what is none", kindString, "00d8 00e0", []string{"\ufffd\ue000"}},
	{"the other half", kindString, "00dc 7800", []string{"\ufffdx"}},
	{"the other half twice", kindString, "00dc 00dc", []string{"\ufffd\ufffd"}},
	{"pairs", kindString, "00d8 00dc ffdb ffdf", []string{"\U00010000\U0010ffff"}},
	{"beside the pairs", kindString, "ffd7 00e0", []string{"\ud7ff\ue000"}},
	{"Windows-1252", kindANSI, "808283848586878889 8a8b8c8e9192939495969798999a9b9c9e9f a0ff", []string{"€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\u00a0ÿ"}},
	{"not assigned in Windows-1252", kindANSI, "81 8d 8f 90 9d", []string{"\u0081\u008d\u008f\u0090\u009d"}},
	{"FILETIME 0", kindFileTime, "0000 0000 0000 0000", []string{"1601-01-01T00:00:00Z"}},
	{"FILETIME beyond the years", kindFileTime, "ffff ffff ffff ff7f", []string{"FFFFFFFFFFFFFF7F"}},
	{"SYSTEMTIME", kindSystemTime, "e907 0200 0000 1000 0400 2c00 0b00 2b02", []string{"2025-02-16T04:44:11.555Z"}},
	{"SYSTEMTIME that is none", kindSystemTime, "e907 0d00 0000 1000 0400 2c00 0b00 2b02", []string{"E9070D00000010000400" + "2C000B002B02"}},
	{"SID", kindSID, "0102 0000 0000 0005 2000 0000 2102 0000", []string{"S-1-5-32-545"}},
	{"SID of other numbers", kindSID, "1001 0000 0000 0010 0010 0000", []string{"S-16-16-4096"}},
	{"SID cut", kindSID, "0102 0000 0000 0005 2000 0000", []string{"010200000000000520000000"}},
	{"hex32", kindHexInt32, "0902 00c0", []string{"0xc0000209"}},
	{"hex64", kindHexInt64, "0000 0000 0000 8000", []string{"0x80000000000000"}},
	{"unknown", 0x30, "0a0b", []string{"0A0B"}},

	{"texts", kindString | array, "6100 0000 0000 6300 0000", []string{"a", "", "c"}},
	{"texts without the last zero", kindString | array, "6100 0000 6300", []string{"a", "c"}},
	{"no texts", kindString | array, "", nil},
	{"ANSI texts", kindANSI | array, "78 00 e4 00", []string{"x", "ä"}},
	{"int8s", kindInt8 | array, "ff 01", []string{"-1", "1"}},
	{"uint16s", kindUint16 | array, "ffff 0100", []string{"65535", "1"}},
	{"uint16s and a byte", kindUint16 | array, "ffff 01", []string{"65535", "01"}},
	{"uint64s", kindUint64 | array, "ffff ffff ffff ffff", []string{"18446744073709551615"}},
	{"doubles", kindFloat64 | array, "0000 0000 0000 02c0", []string{"-2.25"}},
	{"bools", kindBool | array, "0100 0000 0000 0000", []string{"true", "false"}},
	{"GUIDs", kindGUID | array, "01020304 0506 0708 090a 0b0c0d0e0f10", []string{"{04030201-0605-0807-090a-0b0c0d0e0f10}"}},
	{"sizes of 8", kindSize | array, "0100 0000 0000 0000", []string{"1"}},
	{"sizes of 4", kindSize | array, "0100 0000 0200 0000 0300 0000", []string{"1", "2", "3"}},
	{"FILETIMEs", kindFileTime | array, someFileTime + someFileTime, []string{"2025-03-01T09:00:00.1234567Z", "2025-03-01T09:00:00.1234567Z"}},
	{"SYSTEMTIMEs", kindSystemTime | array, "e907 0200 0000 1000 0400 2c00 0b00 2b02", []string{"2025-02-16T04:44:11.555Z"}},
	{"SIDs", kindSID | array, "0101 0000 0000 0005 0100 0000 0101 0000 0000 0005", []string{"S-1-5-1", "0101000000000005"}},
	{"hex32s", kindHexInt32 | array, "0902 00c0 0100 0000", []string{"0xc0000209", "0x1"}},
	{"binaries", kindBinary | array, "0102", []string{"0102"}},
}

// Every type of value, alone and as an array.
func TestValues(t *testing.T) {
	for _, c := range valueCases {
		t.Run(c.name, func(t *testing.T) {
			w := newWriter()
			f := w.record(func() {
				w.put(tokenFragment, 1, 1, 0).instance(func() {
					w.event(func() {
						w.element("EventData", nil, func() {
							w.element("Data", func() { w.attribute("Name", func() { w.text("D") }) }, func() { w.value(0, c.kind) })
						})
					})
				}, typed{c.kind, unhex(t, c.raw)})
			})
			r, err := w.read(f)
			if err != nil || !slices.Equal(r.Data, c.want) {
				t.Errorf("%q %v, want %q", r.Data, err, c.want)
			}
			for _, name := range r.Names {
				if name != "D" {
					t.Errorf("named %q", r.Names)
				}
			}
		})
	}
}

// dataOf writes an event with one Data around what inside writes.
func dataOf(w *writer, inside func()) func() {
	return func() { w.event(func() { w.element("EventData", nil, func() { w.element("Data", nil, inside) }) }) }
}

func textOf(s string) typed { return typed{kindString, utf16le(s)} }

var tokenCases = map[string]struct {
	write func(w *writer)
	want  string
}{
	"a text":          {func(w *writer) { w.instance(dataOf(w, func() { w.text("x") })) }, "=x"},
	"a text in parts": {func(w *writer) { w.instance(dataOf(w, func() { w.text("x").value(0, 1).text("z") }), textOf("y")) }, "=xyz"},
	"values in parts": {func(w *writer) { w.instance(dataOf(w, func() { w.value(0, 1).value(1, 1) }), textOf("1"), textOf("2")) }, "=12"},
	"CDATA":           {func(w *writer) { w.instance(dataOf(w, func() { w.put(tokenCDATA).units("<a>&") })) }, "=<a>&"},
	"a character":     {func(w *writer) { w.instance(dataOf(w, func() { w.text("a").put(tokenCharRef).u16(0x20ac) })) }, "=a€"},
	"an entity": {func(w *writer) {
		w.instance(dataOf(w, func() { w.text("a").put(tokenEntityRef).name("lt").text("b") }))
	}, "=a<b"},
	"an unknown entity": {func(w *writer) { w.instance(dataOf(w, func() { w.put(tokenEntityRef).name("eacute") })) }, "=&eacute;"},
	"all entities": {func(w *writer) {
		w.instance(dataOf(w, func() {
			for _, n := range []string{"gt", "amp", "quot", "apos"} {
				w.put(tokenEntityRef).name(n)
			}
		}))
	}, `=>&"'`},
	"an instruction": {func(w *writer) {
		w.put(tokenPITarget).name("p").put(tokenPIData).units("i").instance(dataOf(w, func() { w.text("x") }))
	}, "=x"},
	"tokens with more": {func(w *writer) {
		w.instance(dataOf(w, func() { w.put(tokenValue|more, 1).units("x").put(tokenCharRef | more).u16('y') }))
	}, "=xy"},
	"an optional value":   {func(w *writer) { w.instance(dataOf(w, func() { w.put(tokenOptional).u16(0).put(1) }), textOf("o")) }, "=o"},
	"no such value":       {func(w *writer) { w.instance(dataOf(w, func() { w.value(4, 8) }), textOf("o")) }, "="},
	"a number of its own": {func(w *writer) { w.instance(dataOf(w, func() { w.put(tokenValue, kindUint32).u32(77) })) }, "=77"},
	"without a template": {func(w *writer) {
		w.depending(-1, "Event", nil, func() {
			w.depending(-1, "System", nil, func() { w.depending(-1, "EventID", nil, func() { w.text("7") }) })
			w.depending(-1, "EventData", nil, func() { w.depending(-1, "Data", nil, func() { w.text("plain") }) })
		})
	}, "=plain"},
	"an instance in a template": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.instance(func() { w.element("EventData", nil, func() { w.element("Data", nil, func() { w.value(0, 1) }) }) }, textOf("in"))
			})
		})
	}, "=in"},
	"an element that depends on null": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("EventData", nil, func() {
					w.depending(0, "Data", nil, func() { w.value(0, 1) })
					w.depending(1, "Data", nil, func() { w.value(1, 1) })
				})
			})
		}, typed{}, textOf("there"))
	}, "=there"},
	"UserData": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("UserData", nil, func() {
					w.element("Cleared", func() { w.attribute("xmlns", func() { w.text("http://x") }) }, func() {
						w.element("User", nil, func() { w.value(0, 1) })
						w.element("Attr", func() { w.attribute("fileRef", func() { w.text("x.").value(1, 1) }) }, nil)
						w.element("Deep", nil, func() { w.element("Empty", nil, nil) })
						w.element("Numbers", nil, func() { w.value(2, kindUint8|array) })
						w.element("Missing", func() { w.attribute("no", func() { w.put(tokenOptional).u16(9).put(1) }) }, nil)
					})
				})
			})
		}, textOf("alice"), textOf("cer"), typed{kindUint8 | array, []byte{1, 2}})
	}, "User=alice|Attr/@fileRef=x.cer|Empty=|Numbers=1|Numbers=2|Missing="},
	"what else an Event has": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("RenderingInfo", func() { w.attribute("Culture", func() { w.text("en") }) }, func() {
					w.element("Message", nil, func() { w.text("m") })
					w.element("Keywords", nil, func() { w.element("Keyword", nil, func() { w.text("k") }) })
				})
				w.element("DebugData", nil, func() { w.text("0F") })
			})
		})
	}, "RenderingInfo/@Culture=en|RenderingInfo/Message=m|RenderingInfo/Keyword=k|DebugData=0F"},
	"elements in Data": {func(w *writer) {
		w.instance(dataOf(w, func() {
			w.text(" \n").element("a", nil, func() { w.text("1") }).element("b", nil, func() { w.text("2") })
		}))
	}, "a=1|b=2|= \n"},
}

// What stands between the tags, in every token that may stand there.
func TestTokens(t *testing.T) {
	for name, c := range tokenCases {
		t.Run(name, func(t *testing.T) {
			for _, end := range []bool{true, false} {
				w := newWriter()
				f := w.record(func() {
					w.put(tokenFragment, 1, 1, 0)
					if c.write(w); end {
						w.put(tokenEnd)
					} else {
						w.put(0xcc, 0xcc, 0xcc) // padding, and no end token
					}
				})
				r, err := w.read(f)
				if got := r.fields(); err != nil || got != c.want || r.ID != 7 {
					t.Errorf("end %t: %q %v, want %q", end, got, err, c.want)
				}
			}
		})
	}
}

// Nested BinXML stands in a value, its names and templates anywhere in the chunk: one
// fragment or several, elements without a template, and what is no XML behind them.
func TestNestedValue(t *testing.T) {
	data := func(w *writer, template bool, text string) {
		inside := func() { w.element("Data", nil, func() { w.text(text) }) }
		if template {
			w.instance(func() { w.element("EventData", nil, inside) })
			return
		}
		w.depending(-1, "EventData", nil, func() {
			w.depending(-1, "Data", func() { w.attribute("Name", func() { w.text("n") }) }, func() { w.text(text) })
		})
	}
	for name, c := range map[string]struct {
		write func(w *writer)
		want  string
	}{
		"a template":  {func(w *writer) { w.put(tokenFragment, 1, 1, 0); data(w, true, "x"); w.put(tokenEnd) }, "=x"},
		"its padding": {func(w *writer) { w.put(tokenFragment, 1, 1, 0); data(w, true, "x"); w.put(0xcc, 0xcc, 0xcc) }, "=x"},
		"two fragments": {func(w *writer) {
			w.put(tokenFragment, 1, 1, 0)
			data(w, true, "x")
			w.put(tokenFragment, 1, 1, 0)
			data(w, true, "y")
		}, "=x|=y"},
		"two templates":  {func(w *writer) { data(w, true, "x"); data(w, true, "y") }, "=x|=y"},
		"two elements":   {func(w *writer) { data(w, false, "x"); data(w, false, "y"); w.put(0xcc) }, "n=x|n=y"},
		"one behind one": {func(w *writer) { data(w, true, "x"); data(w, false, "y"); data(w, true, "z") }, "=x|n=y|=z"},
		"an instruction": {func(w *writer) {
			data(w, false, "x")
			w.put(tokenPITarget).name("p").put(tokenPIData).units("")
			data(w, false, "y")
		}, "n=x|n=y"},
		"an element with attributes first in what follows": {func(w *writer) {
			data(w, true, "x")
			w.depending(-1, "EventData", func() { w.attribute("a", func() { w.text("1") }) }, func() {})
		}, "=x|EventData/@a=1"},
		"a value of no template": {func(w *writer) {
			w.depending(-1, "EventData", nil, func() {
				w.depending(-1, "Data", nil, func() { w.text("x").value(0, kindString) }).depending(-1, "Data", nil, func() { w.value(0, kindBinXML) })
			})
		}, "=x|="},
		"an empty fragment": {func(w *writer) { data(w, true, "x"); w.put(tokenFragment, 1, 1, 0) }, "=x"},
	} {
		w := newWriter()
		f := w.record(func() {
			w.put(tokenFragment, 1, 1, 0, tokenTemplate, 1).u32(7).here()
			w.u32(0).u32(7).put(make([]byte, 12)...).sized(func() {
				w.put(tokenFragment, 1, 1, 0)
				w.event(func() { w.value(0, kindBinXML).value(0, kindBinXML) })
			})
			w.u32(1)
			descriptor := len(w.b)
			w.u16(0).put(kindBinXML, 0)
			begin := len(w.b)
			c.write(w)
			binary.LittleEndian.PutUint16(w.b[descriptor:], uint16(len(w.b)-begin))
		})
		r, err := w.read(f)
		if err != nil || r.fields() != c.want+"|"+c.want {
			t.Errorf("%s: %q %v", name, r.fields(), err)
		}
	}
}

// systemTexts are the values of TestSystemFields as texts.
var systemTexts = []string{
	"Prov", "{04030201-0605-0807-090A-0B0C0D0E0F10}", "Src", "32768", "4231", "2", "3", "500", "9", "0x8000000000000001", "2025-03-01T09:00:00.1234567Z", "99",
	"{04030201-0605-0807-090a-0b0c0d0e0f10}", "{04030201-0605-0807-090a-0b0c0d0e0f10}", "4", "70000", "System", "HOST", "S-1-5-18", "EVENT",
}

// All of System, as values and as texts.
func TestSystemFields(t *testing.T) {
	guid := "01020304 0506 0708 090a 0b0c0d0e0f10"
	want := Record{
		RecordID: 99, Time: someTime, Provider: "Prov", ProviderGUID: "{04030201-0605-0807-090a-0b0c0d0e0f10}", EventSource: "Src", ID: 4231,
		Qualifiers: 0x8000, Version: 2, Level: 3, Task: 500, Opcode: 9, Keywords: 0x8000000000000001, ActivityID: "{04030201-0605-0807-090a-0b0c0d0e0f10}",
		RelatedActivityID: "{04030201-0605-0807-090a-0b0c0d0e0f10}", PID: 4, TID: 70000, UserID: "S-1-5-18", Channel: "System", Computer: "HOST", Name: "EVENT",
	}
	values := []typed{
		{kindString, utf16le("Prov")},
		{kindGUID, unhex(t, guid)},
		{kindString, utf16le("Src")},
		{kindUint16, []byte{0, 0x80}},
		{kindUint16, []byte{0x87, 0x10}},
		{kindUint8, []byte{2}},
		{kindUint8, []byte{3}},
		{kindUint16, []byte{0xf4, 1}},
		{kindUint8, []byte{9}},
		{kindHexInt64, u64(0x8000000000000001)},
		{kindFileTime, u64(ticks(someTime))},
		{kindUint64, u64(99)},
		{kindGUID, unhex(t, guid)},
		{kindGUID, unhex(t, guid)},
		{kindUint32, []byte{4, 0, 0, 0}},
		{kindUint32, []byte{0x70, 0x11, 1, 0}},
		{kindString, utf16le("System")},
		{kindString, utf16le("HOST")},
		{kindSID, unhex(t, "0101 0000 0000 0005 1200 0000")},
		{kindString, utf16le("EVENT")},
	}
	for name, part := range map[string]func(w *writer, n int){
		"values": func(w *writer, n int) { w.value(n, values[n].kind) },
		"texts":  func(w *writer, n int) { w.text(systemTexts[n]) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWriter()
			at := func(n int) func() { return func() { part(w, n) } }
			f := w.record(func() {
				w.put(tokenFragment, 1, 1, 0).instance(func() {
					w.element("Event", nil, func() {
						w.element("System", nil, func() {
							w.element("Provider", func() {
								w.attribute("Name", at(0)).attribute("Guid", at(1)).attribute("EventSourceName", at(2))
							}, nil)
							w.element("EventID", func() { w.attribute("Qualifiers", at(3)) }, at(4))
							for i, name := range []string{"Version", "Level", "Task", "Opcode", "Keywords"} {
								w.element(name, nil, at(5+i))
							}
							w.element("TimeCreated", func() { w.attribute("SystemTime", at(10)) }, nil)
							w.element("EventRecordID", nil, at(11))
							w.element("Correlation", func() { w.attribute("ActivityID", at(12)).attribute("RelatedActivityID", at(13)) }, nil)
							w.element("Execution", func() { w.attribute("ProcessID", at(14)).attribute("ThreadID", at(15)) }, nil)
							w.element("Channel", nil, at(16)).element("Computer", nil, at(17))
							w.element("Security", func() { w.attribute("UserID", at(18)) }, nil)
						})
						w.element("EventData", func() { w.attribute("Name", at(19)) }, nil)
					})
				}, values...)
			})
			got, err := w.read(f)
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
			d := newDecoder(&filter{})
			d.begin(w.b)
			if g := d.glance(f); g.timed != (name == "values") || g.timed && g.time != ticks(someTime) {
				t.Errorf("%+v", g)
			}
		})
	}
}

// loop writes a template that holds instances of itself.
func loop(w *writer, inner int) {
	w.put(tokenTemplate, 1).u32(7).here()
	definition := len(w.b)
	w.u32(0).u32(7).put(make([]byte, 12)...).sized(func() {
		w.put(tokenFragment, 1, 1, 0)
		for range inner {
			w.put(tokenTemplate, 1).u32(7).u32(definition).u32(0)
		}
	})
	w.u32(0)
}

var traps = map[string]struct {
	write func(w *writer)
	want  error
}{
	"a template in itself":     {func(w *writer) { loop(w, 1) }, errNested},
	"many of a template in it": {func(w *writer) { loop(w, 200) }, errNested},
	"elements without end":     {func(w *writer) { w.instance(func() { deep(w, maxPath+1) }) }, errNested},
	"a value as often as it can": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("EventData", nil, func() {
					for range 300 {
						w.element("Data", nil, func() { w.value(0, 1) })
					}
				})
			})
		}, typed{kindString, bytes.Repeat([]byte{'a', 0}, 8000)})
	}, errLong},
	"an array of too many": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("EventData", nil, func() { w.element("Data", nil, func() { w.value(0, kindUint8|array) }) })
			})
		}, typed{kindUint8 | array, make([]byte, maxStrings+1)})
	}, errLong},
	"an attribute too long": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("UserData", nil, func() {
					w.element("a", func() {
						w.attribute("b", func() {
							for range 20 {
								w.value(0, 1)
							}
						})
					}, nil)
				})
			})
		}, typed{kindString, bytes.Repeat([]byte{'a', 0}, 8000)})
	}, errLong},
	"a name too long": {func(w *writer) { w.instance(func() { w.element(strings.Repeat("n", maxInternedBytes), nil, nil) }) }, errName},
	"values beyond the record": {func(w *writer) {
		w.instance(func() { w.event(func() {}) }, typed{kindBinary, nil})
		binary.LittleEndian.PutUint16(w.b[len(w.b)-4:], 500)
	}, errValues},
	"more values than there is room": {func(w *writer) {
		w.instance(func() { w.event(func() {}) })
		binary.LittleEndian.PutUint32(w.b[len(w.b)-4:], 1<<30)
	}, errValues},
	"no EventID": {func(w *writer) { w.instance(func() { w.element("Event", nil, nil) }) }, errNoID},
	"an element cut": {func(w *writer) {
		w.instance(func() { w.put(tokenOpen, 0xff, 0xff, 0, 0, 0, 0).name("Event").put(tokenCloseOpen) })
	}, errCut},
	"an element of the record cut": {func(w *writer) {
		w.put(tokenOpen).u32(0).name("Event").put(tokenCloseOpen).depending(-1, "System", nil, func() {
			w.depending(-1, "EventID", nil, func() { w.text("7") })
		})
	}, errCut},
	"an EventID too large": {func(w *writer) {
		w.instance(aroundSystem(w, func() { w.element("EventID", nil, func() { w.value(0, kindUint32) }) }), typed{kindUint32, []byte{7, 0, 1, 0}})
	}, errNoID},
	"nothing":              {func(*writer) {}, errNoID},
	"a definition nowhere": {func(w *writer) { w.put(tokenTemplate, 1).u32(7).u32(70000).u32(0) }, errSize},
	"an instance without its count of values": {func(w *writer) { w.put(tokenTemplate, 1).u32(7).u32(70000) }, errCut},
	"a definition too long": {func(w *writer) {
		w.put(tokenTemplate, 1).u32(7).here().u32(0).put(make([]byte, 16)...).u32(70000).u32(0)
	}, errSize},
}

// Traps end within their limits, each with its own words, and cost that record alone.
func TestLimits(t *testing.T) {
	for name, c := range traps {
		t.Run(name, func(t *testing.T) {
			w := newWriter()
			f := w.record(func() {
				w.put(tokenFragment, 1, 1, 0)
				c.write(w)
			})
			whole := w.record(func() { w.put(tokenFragment, 1, 1, 0).instance(func() { w.event(func() {}) }) })
			_, err := w.read(f)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if r, err := w.read(whole); err != nil || r.ID != 7 {
				t.Errorf("the record behind it: %v", err)
			}
		})
	}
}

// A token that is none is told with its place.
func TestPlaceOfAToken(t *testing.T) {
	for token, want := range map[byte]string{0xee: "unknown token 0xee at offset 540 of the chunk", tokenClose: "an element ends that did not begin, at offset 540 of the chunk"} {
		w := newWriter()
		_, err := w.read(w.record(func() { w.put(tokenFragment, 1, 1, 0, token) }))
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func deep(w *writer, n int) {
	if n > 0 {
		w.element("e", nil, func() { deep(w, n-1) })
	}
}

// Reading records takes no memory beyond what they say.
func TestDecodeAllocates(t *testing.T) {
	data := composed(t)
	chunk := data[fileHeaderSize:]
	d := newDecoder(&filter{})
	d.begin(chunk)
	walk := func() (n int) {
		for at := chunkHeaderSize; ; n++ {
			f, ok := frameAt(chunk, at)
			if !ok {
				return n
			}
			d.budget, d.output = chunkBudget, chunkOutput
			var r Record
			if err := d.decode(f, &r, false); err != nil {
				t.Fatal(err)
			}
			at += f.size
		}
	}
	if n := walk(); n != 158 {
		t.Fatalf("%d records", n)
	}
	if n := testing.AllocsPerRun(10, func() { walk() }); n > 158 { // one for each Record on the heap
		t.Errorf("%v allocations for 158 records", n)
	}
}
