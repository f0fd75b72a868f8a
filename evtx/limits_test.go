package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A chunk of traps is read as long as its budget lasts.
func TestChunkBudget(t *testing.T) {
	w := newWriter()
	f := w.record(func() {
		w.put(tokenFragment, 1, 1, 0).instance(func() {
			w.event(func() {
				for range 1000 {
					w.element("x", nil, nil)
				}
			})
		})
	})
	d := newDecoder(&filter{})
	d.begin(w.b)
	var r Record
	n := 0
	for d.decode(f, &r, false) == nil {
		n++
	}
	if err := d.decode(f, &r, false); !errors.Is(err, errBudget) || n != 129 {
		t.Errorf("%v after %d records", err, n)
	}
	d.begin(w.b)
	if err := d.decode(f, &r, false); err != nil {
		t.Errorf("the next chunk: %v", err)
	}
}

// What a decoder keeps of names and texts has a limit, whatever it reads.
func TestInterned(t *testing.T) {
	d := newDecoder(&filter{})
	d.begin(make([]byte, chunkSize))
	for i := range 3 * maxInterned {
		d.intern(utf16le(fmt.Sprint("text", i)))
		d.string(kindSID, binary.LittleEndian.AppendUint32([]byte{1, 1, 0, 0, 0, 0, 0, 5}, uint32(i)), "")
		d.joined(label{"a", "/", fmt.Sprint(i)})
		binary.LittleEndian.PutUint16(d.chunk[606:], 2)
		binary.LittleEndian.PutUint32(d.chunk[608:], uint32(i))
		if _, _, err := d.nameAt(600); err != nil {
			t.Fatal(err)
		}
	}
	d.output = chunkOutput
	long := d.intern(bytes.Repeat([]byte{'x', 0}, maxInternedBytes))
	if len(d.texts) > maxInterned || len(d.names) > maxInterned || len(d.sids) > maxInterned || len(d.labels) > maxInterned || len(long) != maxInternedBytes {
		t.Errorf("%d texts, %d names, %d SIDs, %d labels, %d", len(d.texts), len(d.names), len(d.sids), len(d.labels), len(long))
	}
	if d.output != chunkOutput-2*maxInternedBytes {
		t.Errorf("a long text cost %d", chunkOutput-d.output)
	}
	for _, kind := range []byte{kindSID, kindGUID} {
		raw := []byte{1, 2, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8}
		clear(d.sids)
		d.string(kind, raw, "")
		if d.output = 0; d.string(kind, raw, "") == "" || d.output != 0 {
			t.Errorf("one that is kept cost %d", -d.output)
		}
	}
	for i := range maxInterned {
		d.string(kindSID, binary.LittleEndian.AppendUint32([]byte{1, 1, 0, 0, 0, 0, 0, 5}, uint32(i)), "")
	}
	d.output = chunkOutput
	if sid := d.string(kindSID, []byte{1, 1, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4}, ""); d.output != chunkOutput-len(sid) {
		t.Errorf("a SID that is not kept cost %d", chunkOutput-d.output)
	}
}

// So have the names of providers.
func TestProvidersInterned(t *testing.T) {
	w := newWriter()
	at := len(w.b)
	w.attribute("Name", func() { w.text("ab") })
	d := newDecoder(&filter{})
	d.begin(w.b)
	for i := range 3 * maxInterned {
		binary.LittleEndian.PutUint32(w.b[len(w.b)-4:], uint32(i))
		p := parser{decoder: d, at: len(w.b), end: len(w.b)}
		if p.wantedProvider(tag{attributes: at}); len(d.wanted) == 0 || len(d.wanted) > maxInterned {
			t.Fatalf("%d of %d", len(d.wanted), i)
		}
	}
}

// A chunk may say so many bytes and no more: each Data costs pieceCost, and its bytes where
// they are no text of the template, which is there once.
func TestCostOfRecords(t *testing.T) {
	long := strings.Repeat("n", maxInternedBytes)
	for name, c := range map[string]struct {
		write func(w *writer)
		cost  int
	}{
		"nothing":    {func(w *writer) { w.instance(func() { w.event(func() {}) }) }, 0},
		"a text":     {func(w *writer) { w.instance(dataOf(w, func() { w.text("abc") })) }, pieceCost},
		"a value":    {func(w *writer) { w.instance(dataOf(w, func() { w.value(0, 1) }), textOf("abc")) }, pieceCost + 3},
		"two in one": {func(w *writer) { w.instance(dataOf(w, func() { w.value(0, 1).value(0, 1) }), textOf("abc")) }, pieceCost + 6},
		"an array": {func(w *writer) {
			w.instance(dataOf(w, func() { w.value(0, kindUint8|array) }), typed{kindUint8 | array, []byte{1, 20, 3}})
		}, 3*pieceCost + 4},
		"an attribute": {func(w *writer) { userData(w, func() { w.attribute("a", func() { w.value(0, 1) }) }, textOf("abc")) }, pieceCost + 3},
		"two attributes": {func(w *writer) {
			userData(w, func() { w.attribute("a", func() { w.value(0, 1) }).attribute("b", func() { w.value(1, 1) }) }, textOf("abc"), textOf("de"))
		}, 2*pieceCost + 5},
		"two Data": {func(w *writer) {
			w.instance(func() {
				w.event(func() {
					w.element("EventData", nil, func() {
						w.element("Data", nil, func() { w.value(0, 1) }).element("Data", nil, func() { w.value(1, 1) })
					})
				})
			}, textOf("abc"), textOf("de"))
		}, 2*pieceCost + 5},
		"in two parts": {func(w *writer) {
			userData(w, func() { w.attribute("a", func() { w.value(0, 1).text("d") }) }, textOf("abc"))
		}, pieceCost + 4},
		"a long name": {func(w *writer) {
			userData(w, func() { w.attribute(long[:200], func() { w.text("") }).attribute(long[:maxInternedBytes/2], func() {}) })
		}, 2 * pieceCost},
		"a name too long to be kept": {func(w *writer) {
			userData(w, func() { w.attribute(strings.Repeat("é", maxInternedBytes/2), func() {}) })
		}, pieceCost + len("E/@") + maxInternedBytes},
		"a long string": {func(w *writer) { userData(w, func() { w.attribute("a", func() { w.text(long) }) }) }, pieceCost + 2*len(long)},
		"System": {func(w *writer) {
			w.instance(aroundSystem(w, func() {
				w.element("EventID", nil, func() { w.text("7") }).element("Channel", nil, func() { w.value(0, 1) })
				w.element("Correlation", func() {
					w.attribute("ActivityID", func() { w.value(1, kindGUID) }).attribute("RelatedActivityID", func() { w.value(1, kindGUID) })
				}, nil)
				w.element("Security", func() { w.attribute("UserID", func() { w.value(2, kindSID) }) }, nil)
			}), textOf("Channel"), typed{kindGUID, make([]byte, 16)}, typed{kindSID, []byte{1, 0, 0, 0, 0, 0, 0, 5}})
		}, 2*len("{00000000-0000-0000-0000-000000000000}") + len("S-1-5")},
	} {
		for _, less := range []int{0, 1} {
			w := newWriter()
			f := w.record(func() {
				w.put(tokenFragment, 1, 1, 0)
				c.write(w)
			})
			d := newDecoder(&filter{})
			d.begin(w.b)
			d.output = c.cost - less
			want := [2]error{nil, errLong}[less]
			if c.cost < less {
				continue
			}
			var r Record
			if err := d.decode(f, &r, false); !errors.Is(err, want) || err == nil && d.output != 0 {
				t.Errorf("%s with %d bytes: %v, %d left", name, c.cost-less, err, d.output)
			}
		}
	}
}
