package schema

import (
	"strings"
	"testing"

	"portverdict/etl"
)

func TestMessageFill(t *testing.T) {
	fields := []Field{
		{"A", Value{Kind: Uint, Uint: 7}}, {"B", Value{Kind: Text, Text: "100 %1"}}, {"C", Value{Kind: List, List: []Value{{Kind: Int, Int: -1}}}},
	}
	for message, want := range map[string]string{
		"":                        "",
		"plain":                   "plain",
		"%1 of %2":                "7 of 100 %1", // what a value holds is no place holder
		"a%3b":                    "a[-1]b",
		"%1!d!, %2!s!.":           "7, 100 %1.",
		"%1! now":                 "7! now",
		"%1%n%t%r%b%%x%.":         "7\n\t\r %x.",
		"%4 %99":                  "%4 %99",
		"%10":                     "%10",
		"the end%0 and not this":  "the end",
		"%":                       "",
		"%1%":                     "7",
		"é%1\xff":                 "é7",
		"%2%n":                    "100 %1",
		strings.Repeat("%2", 1e6): strings.Repeat("100 %1", maxMessage/6+1)[:maxMessage-1], // a space ends it
	} {
		if got := fill(message, fields); got != want {
			t.Errorf("%.40q: got %.80q (%d), want %.80q (%d)", message, got, len(got), want, len(want))
		}
	}
}

// The message of an event comes from its description in the trace, and from a manifest.
func TestMessages(t *testing.T) {
	c := newCatalog(t)
	info := eventInfo(thing, 7)
	at := uint32(len(info))
	info = append(info, wide("%1 items%n")...)
	copy(info[0x4c:], []byte{byte(at), byte(at >> 8), byte(at >> 16), 0})
	if err := c.Learn(metadata(opEventInfo, info)); err != nil {
		t.Fatal(err)
	}
	d, err := c.Decode(manifestEventOf(thing, 7, 8, []byte{0}))
	if got := d.Message(); err != nil || got != "0 items" {
		t.Errorf("%v %q", err, got)
	}
	text := strings.Replace(manifestText, `task="Work"`, `task="Work" message="$(string.said)"`, 1)
	text = strings.Replace(text, "<string id=", `<string id="said" value="%5 has %1 pairs: %4"/><string id=`, 1)
	if err := c.AddManifest(strings.NewReader(text), "my.man"); err != nil {
		t.Fatal(err)
	}
	d, err = c.Decode(sourceEvent())
	if got := d.Message(); err != nil || got != "x has 1 pairs: 0xC0000209 STATUS_TOO_MANY_ADDRESSES" {
		t.Errorf("%v %q", err, got)
	}
	d, _ = c.Decode(manifestEventOf(afd, 1029, 8, make([]byte, 28)))
	if got := d.Message(); got != "" {
		t.Errorf("a table has %q", got)
	}
}

// A NUL in a counted string is kept; what fills up a field of fixed size is not, nor is the
// one that ends a string of a length that counts it.
func TestNULInStrings(t *testing.T) {
	fixed := func(n int) amount { return amount{value: n} }
	one := amount{value: 1}
	l := &layout{top: 7, source: SourceManifest, props: []property{
		{name: "Len", in: InUint16, count: one},
		{name: "Counted", in: InCountedUnicode, count: one},
		{name: "Narrow", in: InCountedANSI, count: one},
		{name: "Measured", in: InUnicode, count: one, length: amount{of: 1}},
		{name: "Buffer", in: InUnicode, count: one, length: fixed(4)},
		{name: "Chars", in: InANSIChar, array: true, count: amount{of: 1}},
		{name: "Z", in: InUnicode, count: one},
	}}
	payload := []byte{4, 0}
	payload = append(payload, 6, 0, 'a', 0, 0, 0, 'b', 0)
	payload = append(payload, 3, 0, 'a', 0, 0)
	payload = append(payload, 'a', 0, 0, 0, 'b', 0, 0, 0)
	payload = append(payload, 'c', 0, 0, 0, 'd', 0, 0, 0)
	payload = append(payload, 'e', 0, 'f', 0)
	payload = append(payload, 'g', 0, 0, 0)
	d, err := l.decode(&etl.Event{PointerSize: 8, Payload: payload}, nil)
	want := "{Len=4, Counted=a\x00b, Narrow=a\x00\x00, Measured=a\x00b, Buffer=c, Chars=e\x00f, Z=g}"
	if got := show1(d); err != nil || d.Rest != 0 || got != want {
		t.Errorf("%v, %d bytes left\ngot  %q\nwant %q", err, d.Rest, got, want)
	}
	if j := string(AppendFields(nil, d.Fields[1:2])); j != `{"Counted":"a\u0000b"}` {
		t.Errorf("JSON %s", j)
	}
}
