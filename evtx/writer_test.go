package evtx

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// writer composes a chunk token by token, for tests of what Windows seldom writes.
type writer struct {
	b        []byte
	sizeless bool // elements and attributes say 0 for their size, so that a cut is found in what they hold
}

func newWriter() *writer {
	w := &writer{b: make([]byte, chunkHeaderSize)}
	copy(w.b, chunkMagic)
	return w
}

func (w *writer) put(b ...byte) *writer { w.b = append(w.b, b...); return w }
func (w *writer) u16(n int) *writer {
	w.b = binary.LittleEndian.AppendUint16(w.b, uint16(n))
	return w
}

func (w *writer) u32(n int) *writer {
	w.b = binary.LittleEndian.AppendUint32(w.b, uint32(n))
	return w
}

func utf16le(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// units writes a text with its count of units before it.
func (w *writer) units(s string) *writer {
	return w.u16(len(utf16.Encode([]rune(s)))).put(utf16le(s)...)
}

// here writes the offset of what follows it, u32.
func (w *writer) here() *writer { return w.u32(len(w.b) + 4) }

// name writes a name that stands right here.
func (w *writer) name(s string) *writer {
	w.here().u32(0).u16(0).units(s)
	return w.u16(0)
}

// sized writes a size u32 in front of what f writes.
func (w *writer) sized(f func()) *writer {
	at := len(w.b)
	w.u32(0)
	if f(); !w.sizeless {
		binary.LittleEndian.PutUint32(w.b[at:], uint32(len(w.b)-at-4))
	}
	return w
}

// element writes an element of a template that depends on no value.
func (w *writer) element(name string, attributes, inside func()) *writer {
	return w.depending(noValue, name, attributes, inside)
}

func (w *writer) depending(value int, name string, attributes, inside func()) *writer {
	token := byte(tokenOpen)
	if attributes != nil {
		token |= more
	}
	w.put(token)
	if value >= 0 {
		w.u16(value)
	}
	return w.sized(func() {
		if w.name(name); attributes != nil {
			w.sized(attributes)
		}
		if inside == nil {
			w.put(tokenCloseEmpty)
			return
		}
		w.put(tokenCloseOpen)
		inside()
		w.put(tokenClose)
	})
}

func (w *writer) attribute(name string, value func()) *writer {
	w.put(tokenAttribute).name(name)
	value()
	return w
}

func (w *writer) text(s string) *writer { return w.put(tokenValue, kindString).units(s) }

func (w *writer) value(n int, kind byte) *writer { return w.put(tokenSubstitution).u16(n).put(kind) }

// typed is one value of an instance.
type typed struct {
	kind byte
	raw  []byte
}

// instance writes an instance of a template that stands right here.
func (w *writer) instance(template func(), values ...typed) *writer {
	w.put(tokenTemplate, 1).u32(7).here()
	w.u32(0).u32(7).put(make([]byte, 12)...).sized(func() {
		w.put(tokenFragment, 1, 1, 0)
		template()
		w.put(tokenEnd)
	})
	return w.values(values...)
}

func (w *writer) values(values ...typed) *writer {
	w.u32(len(values))
	for _, v := range values {
		w.u16(len(v.raw)).put(v.kind, 0)
	}
	for _, v := range values {
		w.put(v.raw...)
	}
	return w
}

// record writes a record around what f writes, and gives its frame.
func (w *writer) record(f func()) frame {
	at := len(w.b)
	w.put(recordMagic...).u32(0).put(make([]byte, 16)...)
	binary.LittleEndian.PutUint64(w.b[at+8:], 1)
	binary.LittleEndian.PutUint64(w.b[at+16:], ticks(someTime))
	f()
	size := len(w.b) + 4 - at
	w.u32(size)
	binary.LittleEndian.PutUint32(w.b[at+4:], uint32(size))
	fr, _ := frameAt(w.b, at)
	return fr
}

var someTime = time.Date(2025, 3, 1, 9, 0, 0, 123456700, time.UTC)

func ticks(t time.Time) uint64 { return uint64(t.Unix()+11644473600)*1e7 + uint64(t.Nanosecond())/100 }

func u64(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// event writes Event with a System of its own around what inside writes.
func (w *writer) event(inside func()) *writer {
	return w.element("Event", nil, func() {
		w.element("System", nil, func() {
			w.element("Provider", func() { w.attribute("Name", func() { w.text("P") }) }, nil)
			w.element("EventID", nil, func() { w.text("7") })
		})
		inside()
	})
}

// file makes a log of the chunk, which is one, with checksums that fit.
func (w *writer) file(t testing.TB) []byte {
	t.Helper()
	d := append([]byte{}, composed(t)[:fileHeaderSize]...)
	c := append([]byte{}, w.b...)
	last := chunkHeaderSize
	for at := last; ; {
		f, ok := frameAt(c, at)
		if !ok {
			break
		}
		last = at
		at += f.size
	}
	le := binary.LittleEndian
	le.PutUint64(c[8:], 1)
	le.PutUint64(c[16:], 1)
	le.PutUint32(c[44:], uint32(last))
	le.PutUint32(c[48:], uint32(len(c)))
	return seal(append(d, append(c, make([]byte, chunkSize-len(c))...)...))
}

// read decodes one record.
func (w *writer) read(f frame) (Record, error) {
	d := newDecoder(&filter{})
	d.begin(w.b)
	var r Record
	err := d.decode(f, &r, false)
	d.finish()
	return r, err
}

// fields are a record's Data as name=value.
func (r *Record) fields() string {
	var out []string
	for i := range r.Data {
		out = append(out, r.Names[i]+"="+r.Data[i])
	}
	return strings.Join(out, "|")
}
