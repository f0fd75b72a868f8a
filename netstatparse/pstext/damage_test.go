package pstext

import (
	"fmt"
	"strings"
	"testing"
)

const mixed = "PS C:\\> a\nCount Name\n----- ----\n14211 TimeWait\n    3 Bound\n\nId   : 5\nName : x\n       y\n\n\"Name\",\"Id\"\n\"a\",\"5\"\n\n[\n {\"Id\": 5, \"N\": {\"M\": [1, \"\\u00e4\"]}},\n {\"Id\": 6}\n]\n"

// check reads a text in both ways and says what cannot be.
func check(t *testing.T, text string) {
	t.Helper()
	lines, last := strings.Count(text, "\n")+strings.Count(text, "\r")+1, 0
	law := func(o *Object) {
		if o.Form == 0 || o.Line < 1 || o.Line > lines || len(o.Properties) > maxProperties {
			t.Fatalf("impossible object %+v in %q", o, text)
		}
		for _, p := range o.Properties {
			if p.Line < o.Line || p.Line > lines || len(p.Value) > 2*maxValue {
				t.Fatalf("impossible property %+v in %q", p, text)
			}
		}
	}
	r := Reader{Emit: func(o *Object) {
		law(o)
		if o.Form != JSONForm && o.Line < last { // an object in another ends before that
			t.Fatalf("line %d comes behind %d in %q", o.Line, last, text)
		}
		if o.Form != JSONForm {
			last = o.Line
		}
	}, Wants: every}
	for i, line := range strings.Split(text, "\n") {
		r.Take(i+1, line)
	}
	r.End()
	wrapped := NewText(strings.NewReader(text), law)
	for wrapped.Scan() {
		if n := wrapped.Line(); n < 1 || n > lines || len(wrapped.Text()) > 4*len(text)+len("12345678: ") {
			t.Fatalf("line %d of %d: %q in %q", n, lines, wrapped.Text(), text)
		}
		wrapped.RawLine()
		wrapped.Prompt()
		wrapped.Timed()
		wrapped.Counted()
	}
	if err := wrapped.Err(); err != nil {
		t.Fatal(err)
	}
	StampAt(text)
	Prompt(text)
	NetState(text)
	NetstatRow([]byte(text))
}

func TestDamage(t *testing.T) {
	for n := range len(mixed) + 1 {
		check(t, mixed[:n])
	}
	flipped := []byte(mixed)
	for i := range flipped {
		for _, x := range []byte{0x01, 0x20, 0x80, 0xff} {
			flipped[i] ^= x
			check(t, string(flipped))
			flipped[i] ^= x
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(mixed)
	f.Add("[{\"a\":\"\\ud83d\\ude00\"}]\n")
	f.Add("2026-03-10 14:05:06.12 PM\nPS C:\\> x\n")
	f.Fuzz(check)
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("v", maxValue+5)
	var names, rule, row []string
	for i := range maxColumns + 1 {
		names, rule, row = append(names, fmt.Sprintf("N%03d", i)), append(rule, "----"), append(row, "v")
	}
	table := func(n int) string {
		return strings.Join(names[:n], " ") + "\n" + strings.Join(rule[:n], " ") + "\n" + strings.Join(row[:n], "    ") + "\n"
	}
	csv := func(n int) string { return strings.Join(names[:n], ",") + "\n" + strings.Join(row[:n], ",") + "\n" }
	var list, json strings.Builder
	json.WriteString("{")
	for i := range maxProperties + 1 {
		fmt.Fprintf(&list, "N%03d : v\n", i)
		fmt.Fprintf(&json, "\"N%03d\":1,", i)
	}
	json.WriteString("\"x\":{\"y\":1}}")
	for name, c := range map[string]struct {
		text              string
		properties, value int
		cut               bool
	}{
		"columns of a table": {table(maxColumns), maxColumns, 1, false}, "too many columns of a table": {table(maxColumns + 1), 0, 0, false},
		"columns of CSV": {csv(maxColumns), maxColumns, 1, false}, "too many columns of CSV": {csv(maxColumns + 1), 0, 0, false},
		"properties of a list": {list.String(), maxProperties, 1, true}, "properties of JSON": {json.String(), maxProperties, 1, true},
		"a long value of a list": {"N : " + long, 1, maxValue, true}, "a long value of JSON": {"{\"N\":\"" + long + "\"}", 1, maxValue, true},
		"a long value of a wrapped row": {"A    N\n---- ----\n1    v" + strings.Repeat("\n     "+strings.Repeat("v", 1000), 20), 2, 0, false},
	} {
		var got *Object
		r := Reader{Emit: func(o *Object) {
			kept := *o
			got = &kept
		}, Wants: every}
		for i, line := range strings.Split(c.text, "\n") {
			r.Take(i+1, line)
		}
		r.End()
		switch {
		case c.properties == 0 && got == nil:
		case got == nil || len(got.Properties) != c.properties || got.Cut != c.cut || c.value > 0 && len(got.Properties[0].Value) != c.value:
			t.Errorf("%s: %+.200v", name, got)
		case c.value == 0 && len(got.Properties[1].Value) > maxValue+1000:
			t.Errorf("%s: %d bytes", name, len(got.Properties[1].Value))
		}
	}
	j := NewJSON(func(*Object) {})
	for i := range 2*maxNames + 1 {
		j.Write(fmt.Appendf(nil, "{\"n%d\":1}\n", i), i+1)
	}
	if len(j.names) > maxNames {
		t.Errorf("%d names are kept", len(j.names))
	}
}

// A text of many lines of one kind takes a part of a second. If each looked at those above
// it, the test run would be over before it was read.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("these texts are long")
	}
	for name, text := range map[string]string{
		"rows": "A    B\n---- ----\n" + strings.Repeat("1    2\n", 200_000), "rows that go on": "A    B\n---- ----\n1    2\n" + strings.Repeat("     2\n", 200_000),
		"rules": strings.Repeat("---- ----\n", 200_000), "open arrays": strings.Repeat("[\n", 200_000), "a list": "A : 1\n" + strings.Repeat("    x\n", 200_000),
		"JSON": "[" + strings.Repeat("{\"a\":\"b\"},\n", 200_000), "quotes": strings.Repeat("\"a,\n", 200_000),
	} {
		t.Run(name, func(*testing.T) {
			objects(text, every)
		})
	}
}
