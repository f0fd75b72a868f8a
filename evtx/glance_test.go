package evtx

import (
	"testing"
)

// aroundSystem writes an event whose System holds what inside writes.
func aroundSystem(w *writer, inside func()) func() {
	return func() { w.element("Event", nil, func() { w.element("System", nil, inside) }) }
}

func (w *writer) provider(name string) *writer {
	return w.element("Provider", func() { w.attribute("Name", func() { w.text(name) }) }, nil)
}

func (w *writer) eventID() *writer {
	return w.element("EventID", nil, func() { w.value(0, kindUint16) })
}

// A record is passed over only if its template and its values tell that it is not wanted:
// wanted are 4231 and 4266 of Tcpip, and what is not known may be wanted.
func TestGlance(t *testing.T) {
	id := func(n uint16) typed { return typed{kindUint16, []byte{byte(n), byte(n >> 8)}} }
	for name, c := range map[string]struct {
		system func(w *writer)
		values []typed
		may    bool
	}{
		"wanted":                     {func(w *writer) { w.provider("Tcpip").eventID() }, []typed{id(4231)}, true},
		"the provider in capitals":   {func(w *writer) { w.provider("TCPIP").eventID() }, []typed{id(4231)}, true},
		"another id":                 {func(w *writer) { w.provider("Tcpip").eventID() }, []typed{id(4232)}, false},
		"another provider":           {func(w *writer) { w.provider("Disk").eventID() }, []typed{id(4231)}, false},
		"a longer name":              {func(w *writer) { w.provider("Tcpip6").eventID() }, []typed{id(4231)}, false},
		"a name without letters":     {func(w *writer) { w.provider("").eventID() }, []typed{id(4231)}, false},
		"the id before the provider": {func(w *writer) { w.eventID().provider("Tcpip") }, []typed{id(4232)}, false},
		"an id in the template":      {func(w *writer) { w.provider("Tcpip").element("EventID", nil, func() { w.text("4232") }) }, []typed{id(4232)}, true},
		"an id that is more": {func(w *writer) {
			w.provider("Tcpip").element("EventID", nil, func() { w.value(0, kindUint16).text("1") })
		}, []typed{id(4232)}, true},
		"an optional id": {func(w *writer) {
			w.provider("Tcpip").element("EventID", nil, func() { w.put(tokenOptional).u16(0).put(kindUint16) })
		}, []typed{id(4232)}, false},
		"an id of another type": {func(w *writer) { w.provider("Tcpip").eventID() }, []typed{{kindUint32, []byte{1, 0, 0, 0}}}, true},
		"an id of another size": {func(w *writer) { w.provider("Tcpip").eventID() }, []typed{{kindUint16, []byte{1, 0, 0, 0}}}, true},
		"no value for the id":   {func(w *writer) { w.provider("Tcpip").eventID() }, nil, true},
		"a value that reads like the size of one that is not there": {func(w *writer) {
			w.provider("Tcpip").element("EventID", nil, func() { w.value(1, kindUint16) })
		}, []typed{{kindBinary, []byte{2, 0, kindUint16, 0}}}, true},
		"two ids":                   {func(w *writer) { w.provider("Tcpip").eventID().eventID() }, []typed{id(4232)}, true},
		"two providers":             {func(w *writer) { w.provider("Disk").provider("Disk").eventID() }, []typed{id(4231)}, true},
		"two providers, another id": {func(w *writer) { w.provider("Disk").provider("Disk").eventID() }, []typed{id(4232)}, false},
		"no provider":               {func(w *writer) { w.eventID() }, []typed{id(4231)}, true},
		"no provider, another id":   {func(w *writer) { w.eventID() }, []typed{id(4232)}, false},
		"no id":                     {func(w *writer) { w.provider("Tcpip") }, []typed{id(4232)}, true},
		"the provider in a value": {func(w *writer) {
			w.element("Provider", func() { w.attribute("Name", func() { w.value(1, kindString) }) }, nil).eventID()
		}, []typed{id(4231), textOf("Disk")}, true},
		"another attribute first": {func(w *writer) {
			w.element("Provider", func() { w.attribute("Guid", func() { w.text("Disk") }) }, nil).eventID()
		}, []typed{id(4231)}, true},
		"a provider without a name": {func(w *writer) { w.element("Provider", nil, nil).eventID() }, []typed{id(4231)}, true},
		"a name that is nowhere": {func(w *writer) {
			w.provider("Disk").eventID().put(tokenOpen, 0xff, 0xff).sized(func() { w.u32(70000) })
		}, []typed{id(4232)}, true},
		"an element that is too long": {func(w *writer) {
			w.provider("Disk").eventID().put(tokenOpen, 0xff, 0xff).u32(70000).name("x")
		}, []typed{id(4232)}, true},
		"a text in between": {func(w *writer) { w.provider("Disk").eventID().text("x") }, []typed{id(4232)}, true},
	} {
		w := newWriter()
		f := w.record(func() {
			w.put(tokenFragment, 1, 1, 0).instance(aroundSystem(w, func() { c.system(w) }), c.values...).put(0xcc, 0xcc)
		})
		wanted := newFilter(&Options{IDs: []uint16{4231, 4266}, Providers: []string{"Tcpip"}})
		d := newDecoder(&wanted)
		d.begin(w.b)
		for range 2 { // by the template, and by what is known of it
			if g := d.glance(f); g.may != c.may {
				t.Errorf("%s: may be wanted: %t", name, g.may)
			}
		}
	}
}

// The time of a record that is not decoded is that of its TimeCreated, where its template
// tells which value that is.
func TestGlanceAtTimes(t *testing.T) {
	at := typed{kindFileTime, u64(ticks(someTime))}
	for name, c := range map[string]struct {
		system func(w *writer)
		value  typed
		timed  bool
	}{
		"a value": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(0, kindFileTime) }) }, nil)
		}, at, true},
		"an optional value": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.put(tokenOptional).u16(0).put(kindFileTime) }) }, nil)
		}, at, true},
		"another attribute": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("RawTime", func() { w.value(0, kindFileTime) }) }, nil)
		}, at, false},
		"a text": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.text("2025") }) }, nil)
		}, at, false},
		"no attribute": {func(w *writer) { w.element("TimeCreated", nil, nil) }, at, false},
		"of another type": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(0, kindFileTime) }) }, nil)
		}, typed{kindUint64, at.raw}, false},
		"of another size": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(0, kindFileTime) }) }, nil)
		}, typed{kindFileTime, at.raw[:4]}, false},
		"a value not there": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(1, kindFileTime) }) }, nil)
		}, at, false},
		"no TimeCreated": {func(w *writer) { w.provider("P") }, at, false},
		"before what is none": {func(w *writer) {
			w.element("TimeCreated", func() { w.attribute("SystemTime", func() { w.value(0, kindFileTime) }) }, nil).text("x")
		}, at, true},
	} {
		w := newWriter()
		f := w.record(func() { w.put(tokenFragment, 1, 1, 0).instance(aroundSystem(w, func() { c.system(w) }), c.value) })
		d := newDecoder(&filter{})
		d.begin(w.b)
		if g := d.glance(f); g.timed != c.timed || c.timed && g.time != ticks(someTime) {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

// Of the composed log all records but the wanted are passed over.
func TestGlancePassesOver(t *testing.T) {
	chunk := composed(t)[fileHeaderSize:]
	wanted := newFilter(&wantedOnly)
	d := newDecoder(&wanted)
	d.begin(chunk)
	records, may := 0, 0
	for at := chunkHeaderSize; ; records++ {
		f, ok := frameAt(chunk, at)
		if !ok {
			break
		}
		if d.glance(f).may {
			may++
		}
		at += f.size
	}
	if records != 158 || may != 8 {
		t.Errorf("%d of %d records may be wanted", may, records)
	}
}

// The value that is the time may be the last of what there is of its template.
func TestTimeAtTheEnd(t *testing.T) {
	w := newWriter()
	at := len(w.b)
	w.attribute("SystemTime", func() { w.value(7, kindFileTime) })
	d := newDecoder(&filter{})
	d.begin(w.b)
	for less, want := range map[int]int32{0: 7, 1: 7, 2: -1, 4: -1} {
		if got := (&parser{decoder: d, end: len(w.b) - less}).createdAt(tag{attributes: at}); got != want {
			t.Errorf("%d bytes less: %d, want %d", less, got, want)
		}
	}
}

// An element holds a value alone if nothing stands before or behind it.
func TestOnlyAValue(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want int32
	}{
		{[]byte{tokenCloseOpen, tokenSubstitution, 5, 1, kindUint16, tokenClose}, 0x105},
		{[]byte{tokenCloseOpen, tokenOptional, 5, 1, kindUint16, tokenClose, 0}, 0x105},
		{[]byte{tokenCloseOpen, tokenOptional, 5, 1, kindUint16}, -1},
		{[]byte{tokenCloseEmpty, tokenSubstitution, 5, 1, kindUint16, tokenClose}, -1},
		{[]byte{tokenCloseOpen, tokenValue, 5, 1, kindUint16, tokenClose}, -1},
		{[]byte{tokenCloseOpen, tokenSubstitution, 5, 1, kindUint16, tokenValue}, -1},
	} {
		d := newDecoder(&filter{})
		d.begin(c.b)
		if got := (&parser{decoder: d, end: len(c.b)}).only(tokenCloseOpen); got != c.want {
			t.Errorf("%x: %d, want %d", c.b, got, c.want)
		}
	}
}

// A provider that is cut may be wanted, wherever the cut is.
func TestProviderCut(t *testing.T) {
	w := newWriter()
	at := len(w.b)
	w.attribute("Name", func() { w.text("ab") })
	wanted := newFilter(&Options{Providers: []string{"Tcpip"}})
	for n := at; n <= len(w.b); n++ {
		d := newDecoder(&wanted)
		d.begin(w.b[:n:n])
		if got := (&parser{decoder: d, at: n, end: n}).wantedProvider(tag{attributes: at}); got != (n < len(w.b)) {
			t.Errorf("%d of %d bytes: %t", n-at, len(w.b)-at, got)
		}
	}
}
