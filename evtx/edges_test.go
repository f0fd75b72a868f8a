package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// userData writes an event with one element in UserData, which has what attributes writes.
func userData(w *writer, attributes func(), values ...typed) {
	w.instance(func() {
		w.event(func() {
			w.element("UserData", nil, func() { w.element("A", nil, func() { w.element("E", attributes, nil) }) })
		})
	}, values...)
}

// unended writes an instance of a template whose fragment has no end token.
func (w *writer) unended(template func(), values ...typed) *writer {
	w.put(tokenTemplate, 1).u32(7).here()
	w.u32(0).u32(7).put(make([]byte, 12)...).sized(func() {
		w.put(tokenFragment, 1, 1, 0)
		template()
	})
	return w.values(values...)
}

var edgeCases = map[string]struct {
	write func(w *writer)
	want  string
}{
	"a template that ends with its last element": {func(w *writer) { w.unended(dataOf(w, func() { w.text("x") })) }, "=x"},
	"a text behind an element is joined to the one before it": {func(w *writer) {
		w.instance(dataOf(w, func() { w.value(0, 1).element("a", nil, func() { w.value(1, 1) }).value(2, 1) }), textOf("x"), textOf("y"), textOf("z"))
	}, "a=y|=xz"},
	"so is one to a text of the template": {func(w *writer) {
		w.instance(dataOf(w, func() { w.text("x").element("a", nil, func() { w.value(0, 1) }).value(1, 1).text("!") }), textOf("y"), textOf("z"))
	}, "a=y|=xz!"},
	"an element with a text and blanks around its elements": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("UserData", nil, func() {
					w.element("A", nil, func() { w.text("\r\n ").element("b", nil, func() { w.text("1") }).text("\r\n") })
					w.element("B", nil, func() { w.value(0, 1).element("b", nil, func() { w.text("2") }) })
					w.element("C", nil, func() { w.value(1, 1).element("b", nil, func() { w.text("3") }) })
				})
			})
		}, textOf(" \t"), textOf(" said "))
	}, "b=1|b=2|b=3|C= said "},
	"an attribute outside of all elements": {func(w *writer) {
		w.instance(func() {
			w.attribute("a", func() { w.text("1") })
			dataOf(w, func() { w.text("x") })()
		})
	}, "=x"},
	"a value behind the last": {func(w *writer) { w.instance(dataOf(w, func() { w.text("a").value(1, 1) }), textOf("o")) }, "=a"},
	"an element that depends on a value behind the last": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("EventData", nil, func() { w.depending(1, "Data", nil, func() { w.text("there") }) })
			})
		}, textOf("o"))
	}, "=there"},
	"an attribute without a value": {func(w *writer) {
		userData(w, func() { w.attribute("a", func() {}).attribute("b", func() { w.text("2") }) })
	}, "E/@a=|E/@b=2"},
	"a namespace in no, one and two parts": {func(w *writer) {
		userData(w, func() {
			w.attribute("a", func() { w.text("1") }).attribute("xmlns", func() {}).attribute("xmlns:x", func() { w.text("http://x") })
			w.attribute("xmlns", func() { w.text("http://").text("x") }).attribute("b", func() { w.text("2") })
		})
	}, "E/@a=1|E/@b=2"},
	"an attribute whose value is empty": {func(w *writer) {
		userData(w, func() { w.attribute("a", func() { w.value(0, 1) }).attribute("b", func() { w.value(1, 0) }) }, typed{kindString, nil}, typed{kindNull, nil})
	}, "E/@a="},
	"one that is optional and empty, and one that is not empty": {func(w *writer) {
		userData(w, func() {
			w.attribute("a", func() { w.put(tokenOptional).u16(0).put(1) }).attribute("b", func() { w.put(tokenOptional).u16(1).put(1) })
		}, typed{kindString, nil}, textOf("2"))
	}, "E/@b=2"},
	"an attribute of an array": {func(w *writer) {
		userData(w, func() { w.attribute("a", func() { w.value(0, kindUint16|array) }) }, typed{kindUint16 | array, []byte{1, 0, 2, 0, 3, 0}})
	}, "E/@a=1,2,3"},
	"an attribute of a text with a zero in it, and of a bool of one byte": {func(w *writer) {
		userData(w, func() {
			w.attribute("a", func() { w.text("<").value(0, kindString) }).attribute("b", func() { w.value(1, kindBool).text(">") })
		}, textOf("1\x002"), typed{kindBool, []byte{0}})
	}, "E/@a=<1\x002|E/@b=false>"},
	"one of an array that ends in the middle of an element": {func(w *writer) {
		userData(w, func() { w.attribute("a", func() { w.value(0, kindUint16|array) }) }, typed{kindUint16 | array, []byte{1, 0, 0xab}})
	}, "E/@a=1,AB"},
	"one in parts behind one in parts": {func(w *writer) {
		userData(w, func() {
			w.attribute("a", func() { w.text("1").value(0, 1) }).attribute("b", func() { w.value(0, 1).text("3") })
		}, textOf("2"))
	}, "E/@a=12|E/@b=23"},
	"an array of sizes of four bytes, and one of eight": {func(w *writer) {
		w.instance(dataOf(w, func() { w.value(0, kindSize|array).value(1, kindSize|array) }),
			typed{kindSize | array, []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}}, typed{kindSize | array, append(u64(4), u64(5)...)})
	}, "=1|=2|=3|=4|=5"},
	"an array that ends in the middle of an element": {func(w *writer) {
		w.instance(dataOf(w, func() { w.value(0, kindUint16|array) }), typed{kindUint16 | array, []byte{1, 0, 0xab}})
	}, "=1|=AB"},
	"a Data with another attribute than a name": {func(w *writer) {
		w.instance(func() {
			w.event(func() {
				w.element("EventData", func() { w.attribute("x", func() { w.text("1") }) }, func() {
					w.element("Data", func() {
						w.attribute("Name", func() { w.text("n") }).attribute("Type", func() { w.text("t") })
					}, func() { w.text("v") })
				})
			})
		})
	}, "EventData/@x=1|Data/@Type=t|n=v"},
	"as many Data as a record may have": {func(w *writer) {
		w.instance(dataOf(w, func() { w.value(0, kindUint8|array) }), typed{kindUint8 | array, make([]byte, maxStrings)})
	}, strings.Repeat("|=0", maxStrings)[1:]},
	"elements as deep as they may be": {func(w *writer) {
		w.instance(func() { w.event(func() { w.element("UserData", nil, func() { deep(w, maxPath-2) }) }) })
	}, "e="},
	"a number of eight bytes that stands in the template": {func(w *writer) {
		w.instance(dataOf(w, func() { w.put(tokenValue, kindUint64).put(u64(1)...) }))
	}, "=1"},
}

// What stands at an edge: the last byte, the last value, the first text.
func TestTokensAtEdges(t *testing.T) {
	for name, c := range edgeCases {
		t.Run(name, func(t *testing.T) {
			w := newWriter()
			f := w.record(func() {
				w.put(tokenFragment, 1, 1, 0)
				c.write(w) // and neither end nor padding
			})
			r, err := w.read(f)
			if got := r.fields(); err != nil || got != c.want || r.ID != 7 {
				t.Errorf("%.200q %v, want %.200q", got, err, c.want)
			}
		})
	}
}

// A template is used again by records behind it, which may end with the count of their
// values, or with what says how long these are.
func TestTemplateUsedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		values   []typed
		id       int
		leftover bool
		want     string
		err      error
	}{
		"without a value":                {nil, 7, false, "=x", nil},
		"with an empty one":              {[]typed{{kindString, nil}}, 7, false, "=x", nil},
		"with one":                       {[]typed{textOf("y")}, 7, false, "=xy", nil},
		"left over":                      {[]typed{textOf("y")}, 7, true, "=xy", nil},
		"left over, of another template": {[]typed{textOf("y")}, 8, true, "", errValues},
		"of another, and not left over":  {[]typed{textOf("y")}, 8, false, "=xy", nil},
	} {
		w := newWriter()
		definition := 0
		w.record(func() {
			w.put(tokenFragment, 1, 1, 0)
			definition = len(w.b) + 10
			w.instance(dataOf(w, func() { w.text("x").value(0, 1) }))
		})
		f := w.record(func() {
			w.put(tokenFragment, 1, 1, 0, tokenTemplate, 1).u32(c.id).u32(definition).values(c.values...)
		})
		d := newDecoder(&filter{})
		d.begin(w.b)
		var r Record
		err := d.decode(f, &r, c.leftover)
		d.finish()
		if !errors.Is(err, c.err) || r.fields() != c.want {
			t.Errorf("%s: %q %v", name, r.fields(), err)
		}
	}
}

// A name stands whole in the chunk, behind its header, and ends with a zero.
func TestRawName(t *testing.T) {
	d := newDecoder(&filter{})
	put := func(size, at int, units string, zero ...byte) {
		d.begin(make([]byte, size))
		binary.LittleEndian.PutUint16(d.chunk[at+6:], uint16(len(units)))
		copy(d.chunk[at+8:], append(utf16le(units), zero...))
	}
	longest := strings.Repeat("n", maxInternedBytes/2)
	for _, c := range []struct {
		name     string
		size, at int
		units    string
		zero     []byte
		ok       bool
	}{
		{"the first there is", 1000, chunkHeaderSize, "ab", nil, true},
		{"in the header", 1000, chunkHeaderSize - 1, "ab", nil, false},
		{"at the end of the chunk", 614, 600, "ab", nil, true},
		{"cut by it", 613, 600, "ab", nil, false},
		{"without a unit", 1000, 600, "", nil, false},
		{"the longest", 2000, 600, longest, nil, true},
		{"longer", 2000, 600, longest + "n", nil, false},
		{"not ended", 1000, 600, "ab", []byte{1, 0}, false},
		{"nor so", 1000, 600, "ab", []byte{0, 1}, false},
	} {
		put(c.size, c.at, c.units, c.zero...)
		if got := d.rawName(int64(c.at)); (got != nil) != c.ok || c.ok && !bytes.Equal(got, utf16le(c.units)) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if d.rawName(600-1<<40) != nil || d.rawName(1<<40) != nil || d.rawName(int64(len(d.chunk)-5)) != nil {
		t.Error("a name outside of the chunk")
	}
}

// An attribute of System counts where it belongs alone.
func TestAttributesOfSystemElsewhere(t *testing.T) {
	w := newWriter()
	names := []string{"Name", "Guid", "EventSourceName", "Qualifiers", "SystemTime", "ActivityID", "RelatedActivityID", "ProcessID", "ThreadID", "UserID", "Other"}
	home := map[string]string{
		"Name": "Provider", "Guid": "Provider", "EventSourceName": "Provider", "Qualifiers": "EventID", "SystemTime": "TimeCreated", "ActivityID": "Correlation",
		"RelatedActivityID": "Correlation", "ProcessID": "Execution", "ThreadID": "Execution", "UserID": "Security",
	}
	f := w.record(func() {
		w.put(tokenFragment, 1, 1, 0).instance(func() {
			w.element("Event", nil, func() {
				w.element("System", nil, func() {
					for _, element := range []string{"Provider", "TimeCreated", "Correlation", "Execution", "Security", "Level", "EventID"} {
						w.element(element, func() {
							for _, n := range names {
								if home[n] != element {
									w.attribute(n, func() { w.text("12") })
								}
							}
						}, func() { w.text("7") })
					}
				})
			})
		})
	})
	got, err := w.read(f)
	if d := cmp.Diff(Record{ID: 7, Level: 7}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

// A number of System that is too large for its field, or none, is left out.
func TestNumbersOfSystem(t *testing.T) {
	for name, c := range map[string]struct {
		kind byte
		raw  []byte
		text string
		bits int
		want uint64
		ok   bool
	}{
		"the largest of 8 bits":  {kindUint32, []byte{255, 0, 0, 0}, "", 8, 255, true},
		"one more":               {kindUint32, []byte{0, 1, 0, 0}, "", 8, 0, false},
		"the largest of 16 bits": {kindUint32, []byte{255, 255, 0, 0}, "", 16, 65535, true},
		"one more of 16 bits":    {kindUint32, []byte{0, 0, 1, 0}, "", 16, 0, false},
		"the largest of all":     {kindUint64, bytes.Repeat([]byte{255}, 8), "", 64, 1<<64 - 1, true},
		"a text":                 {kindString, nil, " 500\r\n", 16, 500, true},
		"a hexadecimal text":     {kindString, nil, "0x10", 16, 16, true},
		"a text as a value":      {kindString, utf16le("501"), "9", 16, 501, true},
		"a text of ANSI":         {kindANSI, []byte("502"), "", 16, 502, true},
		"a text too large":       {kindString, nil, "256", 8, 0, false},
		"a word":                 {kindString, nil, "x", 16, 0, false},
		"a time":                 {kindFileTime, u64(5), "", 64, 0, false},
	} {
		n, ok := number(c.kind, c.raw, c.text, c.bits)
		if ok != c.ok || ok && n != c.want {
			t.Errorf("%s: %d %t", name, n, ok)
		}
	}
}

// Every field of System leaves out what it has no room for.
func TestFieldsOfSystemTooLarge(t *testing.T) {
	number := func(bits int) typed { return typed{kindUint64, u64(1<<bits | 5)} }
	values := []typed{number(8), number(16), number(32)}
	bits := map[string]int{"Version": 0, "Level": 0, "Opcode": 0, "Task": 1}
	w := newWriter()
	f := w.record(func() {
		w.put(tokenFragment, 1, 1, 0).instance(aroundSystem(w, func() {
			w.element("EventID", func() { w.attribute("Qualifiers", func() { w.value(1, kindUint64) }) }, func() { w.text("7") })
			for name, n := range bits {
				w.element(name, nil, func() { w.value(n, kindUint64) })
			}
			w.element("Execution", func() {
				w.attribute("ProcessID", func() { w.value(2, kindUint64) }).attribute("ThreadID", func() { w.value(2, kindUint64) })
			}, nil)
		}), values...)
	})
	got, err := w.read(f)
	if d := cmp.Diff(Record{ID: 7}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

// The record number in the record's own text counts unless it is 0.
func TestRecordNumberInTheText(t *testing.T) {
	for text, want := range map[string]uint64{"99": 99, "0": 5, "x": 5} {
		w := newWriter()
		f := w.record(func() {
			w.put(tokenFragment, 1, 1, 0).instance(func() {
				w.element("Event", nil, func() {
					w.element("System", nil, func() {
						w.element("EventID", nil, func() { w.text("7") }).element("EventRecordID", nil, func() { w.text(text) })
					})
				})
			})
		})
		d := newDecoder(&filter{})
		d.begin(w.b)
		r := Record{RecordID: 5}
		if err := d.decode(f, &r, false); err != nil || r.RecordID != want {
			t.Errorf("%s: %d %v, want %d", text, r.RecordID, err, want)
		}
	}
}

// What is told of records that go back is told of the first of them.
func TestFoundFirst(t *testing.T) {
	var f found
	for i := range 3 {
		f.add(place{int64(100 * (i + 1)), 1})
		f.note(uint64(7+i), uint64(i+1))
	}
	if want := (found{place{100, 1}, 3, 7, 1}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
}

// Of a template that is cut is read what is there, wherever the cut is, and nothing of what
// stands behind it in the chunk.
func TestTemplateCut(t *testing.T) {
	for _, sizeless := range []bool{false, true} {
		w := newWriter()
		w.sizeless = sizeless
		definition := len(w.b) + 10
		w.instance(func() {
			w.put(tokenPITarget).name("p").put(tokenPIData).units("i")
			w.element("Event", nil, func() {
				w.element("System", nil, func() {
					w.provider("P").eventID()
					w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(1, kindFileTime) }) }, nil)
				})
				w.element("UserData", func() {
					w.attribute("a", func() { w.text("1").put(tokenCDATA).units("2").put(tokenOptional).u16(2).put(1) })
				}, func() {
					w.put(tokenCharRef).u16('c').put(tokenEntityRef).name("lt").put(tokenValue, kindUint32).u32(77).text("")
					w.put(tokenTemplate, 1).u32(7).u32(chunkHeaderSize).values(textOf("x"))
				})
			})
		})
		begin, end := definition+definitionHeader, len(w.b)-4
		whole := 0
		for n := begin; n <= end; n++ {
			binary.LittleEndian.PutUint32(w.b[definition+20:], uint32(n-begin))
			var read [2]template
			var shapes [2]shape
			for i, chunk := range [][]byte{w.b, w.b[:n:n]} {
				d := newDecoder(&filter{})
				d.begin(chunk)
				read[i], shapes[i] = d.templateAt(definition), d.shapeOf(definition)
			}
			if !slices.Equal(read[0].ops, read[1].ops) || (read[0].err == nil) != (read[1].err == nil) || shapes[0] != shapes[1] || !shapes[0].wanted {
				t.Fatalf("sizeless %t, %d of %d bytes: %v, %v; %+v", sizeless, n-begin, end-begin, read[0].err, read[1].err, shapes)
			}
			if read[0].err == nil {
				whole++
			}
		}
		if whole != 6 { // nothing, a header, its target, the data of that, and all of it with an end or without
			t.Errorf("sizeless %t: %d lengths are whole", sizeless, whole)
		}
	}
}

// Binary is bytes, or a text of them in hexadecimal; what is neither is none.
func TestBinary(t *testing.T) {
	for name, c := range map[string]struct {
		inside func(w *writer)
		value  typed
		want   []byte
	}{
		"bytes":                {func(w *writer) { w.value(0, kindBinary) }, typed{kindBinary, []byte{1, 0xab}}, []byte{1, 0xab}},
		"no bytes":             {func(w *writer) { w.value(0, kindBinary) }, typed{kindBinary, nil}, nil},
		"a text":               {func(w *writer) { w.text("01AB") }, typed{}, []byte{1, 0xab}},
		"a text and a value":   {func(w *writer) { w.text("01").value(0, kindString) }, textOf("ab"), []byte{1, 0xab}},
		"no text":              {func(w *writer) { w.text("") }, typed{}, nil},
		"nothing":              {func(*writer) {}, typed{}, nil},
		"no hexadecimal":       {func(w *writer) { w.text("01ax") }, typed{}, nil},
		"half a byte":          {func(w *writer) { w.text("01a") }, typed{}, nil},
		"a value that is null": {func(w *writer) { w.value(0, kindBinary) }, typed{}, nil},
		"a number":             {func(w *writer) { w.value(0, kindUint8) }, typed{kindUint8, []byte{0x10}}, []byte{0x16}},
	} {
		w := newWriter()
		f := w.record(func() {
			w.put(tokenFragment, 1, 1, 0).instance(func() {
				w.event(func() {
					w.element("EventData", nil, func() { w.element("Binary", nil, func() { c.inside(w) }).element("Data", nil, func() { w.text("x") }) })
				})
			}, c.value)
		})
		if r, err := w.read(f); err != nil || !bytes.Equal(r.Binary, c.want) || (r.Binary == nil) != (c.want == nil) || r.fields() != "=x" {
			t.Errorf("%s: %x %q %v", name, r.Binary, r.fields(), err)
		}
	}
}

// What a fragment holds may end with it, to the byte.
func TestReadsUpToTheEnd(t *testing.T) {
	text := []byte{2, 0, 'a', 0, 'b', 0}
	for name, c := range map[string]struct {
		read func(p *parser) error
		b    []byte
	}{
		"two bytes":  {func(p *parser) error { _, err := p.u16(); return err }, []byte{1, 2}},
		"four bytes": {func(p *parser) error { _, err := p.u32(); return err }, []byte{1, 2, 3, 4}},
		"a skip":     {func(p *parser) error { return p.skip(3) }, []byte{1, 2, 3}},
		"a text":     {func(p *parser) error { _, err := p.wide(); return err }, text},
		"no text":    {func(p *parser) error { _, err := p.wide(); return err }, []byte{0, 0}},
		"a number":   {func(p *parser) error { _, err := p.literal(); return err }, []byte{kindUint16, 1, 2}},
		"a string":   {func(p *parser) error { _, err := p.literal(); return err }, append([]byte{kindString}, text...)},
	} {
		for end := range len(c.b) + 2 {
			d := newDecoder(&filter{})
			d.begin(append(bytes.Clone(c.b), 0))
			p := parser{decoder: d, end: end}
			if err := c.read(&p); (err == nil) != (end >= len(c.b)) || err == nil && p.at != len(c.b) {
				t.Errorf("%s, %d of %d bytes: %v, at %d", name, end, len(c.b), err, p.at)
			}
		}
	}
}
