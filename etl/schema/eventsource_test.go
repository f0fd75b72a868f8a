package schema

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"portverdict/etl"
)

// own is the provider of manifestText.
var own = etl.GUID{0, 3, 2, 1}

// manifestChunks are the events in which a source writes a manifest, of so many bytes each.
func manifestChunks(text string, size int) []*etl.Event {
	total := (len(text) + size - 1) / size
	var out []*etl.Event
	for i := range total {
		payload := []byte{envelopeXML, 1, 0, envelopeMagic, 0, 0, 0, 0}
		binary.LittleEndian.PutUint16(payload[4:], uint16(total))
		binary.LittleEndian.PutUint16(payload[6:], uint16(i))
		payload = append(payload, text[i*size:min(len(text), (i+1)*size)]...)
		out = append(out, manifestEventOf(own, ManifestEvent, 8, payload))
	}
	return out
}

func sourceEvent() *etl.Event {
	e := manifestEventOf(own, 5, 8, []byte{1, 0, 1, 1, 0xaa, 5, 0, 0, 0, 9, 2, 0, 0xc0, 'x', 0, 0, 0})
	e.Version = 1
	return e
}

// A manifest in the trace describes the events of its source, in whatever order its chunks
// come and however often.
func TestEventSourceManifest(t *testing.T) {
	chunks := manifestChunks(manifestText, 300)
	backwards := slices.Clone(chunks)
	slices.Reverse(backwards)
	for name, events := range map[string][]*etl.Event{
		"in order": chunks, "backwards": backwards, "twice": slices.Concat(chunks, chunks), "in one": manifestChunks(manifestText, 1<<15),
		"a copy that was cut off": slices.Concat(manifestChunks(manifestText, 500)[:2], chunks),
	} {
		c := newCatalog(t)
		for _, e := range events {
			if err := c.Learn(e); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		d, err := c.Decode(sourceEvent())
		want := "{Count=1, Pairs=[{Key=1 Red, Size=1, Blob=aa}], Flags=5 a|c, Status=0xC0000209 STATUS_TOO_MANY_ADDRESSES, Name=x}"
		if got := show1(d); err != nil || got != want || d.Provider != "My-Provider" || d.Source != SourceEventSource || d.Rest != 0 {
			t.Errorf("%s: %v %s %v\n%s", name, err, d.Provider, d.Source, got)
		}
		if c.held != 0 {
			t.Errorf("%s: %d bytes are still held", name, c.held)
		}
		d, err = c.Decode(events[0])
		if got := show1(d); err != nil || d.Event != "ManifestData" || d.Rest != 0 || !strings.HasPrefix(got, "{Format=1, MajorVersion=1, MinorVersion=0, Magic=91, TotalChunks=") {
			t.Errorf("%s: the chunk itself: %v %s %.120s", name, err, d.Event, got)
		}
	}
}

// Without a chunk nothing is known of the events, and nothing is made up.
func TestEventSourceChunkMissing(t *testing.T) {
	chunks := manifestChunks(manifestText, 300)
	for without := range chunks {
		c := newCatalog(t)
		for i, e := range chunks {
			if i != without {
				if err := c.Learn(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		if d, _ := c.Decode(sourceEvent()); d.Source != SourceNone || d.Rest == 0 {
			t.Errorf("without chunk %d: %v %s", without, d.Source, show1(d))
		}
	}
}

// A source describes its own events only.
func TestEventSourceOfAnother(t *testing.T) {
	c := newCatalog(t)
	for _, e := range manifestChunks(manifestText, 1<<15) {
		e.Provider = thing
		if err := c.Learn(e); err != nil {
			t.Fatal(err)
		}
	}
	if d, _ := c.Decode(sourceEvent()); d.Source != SourceNone || d.Provider != "" {
		t.Errorf("%v %q", d.Source, d.Provider)
	}
}

func TestBrokenEventSourceManifests(t *testing.T) {
	chunk := func(change func(payload []byte) []byte) *etl.Event {
		e := manifestChunks(manifestText, 1<<15)[0]
		e.Payload = change(e.Payload)
		return e
	}
	for name, c := range map[string]struct {
		event *etl.Event
		code  string // "" where it is no chunk at all
	}{
		"no chunks":       {chunk(func(b []byte) []byte { b[4] = 0; return b }), CodeBlob},
		"past the last":   {chunk(func(b []byte) []byte { b[6] = 1; return b }), CodeBlob},
		"cut off":         {chunk(func(b []byte) []byte { return b[:200] }), CodeBlob},
		"no XML":          {chunk(func(b []byte) []byte { return append(b[:8], "oops"...) }), CodeBlob},
		"another magic":   {chunk(func(b []byte) []byte { b[3] = 0; return b }), ""},
		"another format":  {chunk(func(b []byte) []byte { b[0] = 2; return b }), ""},
		"of seven bytes":  {chunk(func(b []byte) []byte { return b[:7] }), ""},
		"of eight bytes":  {chunk(func(b []byte) []byte { return b[:8] }), CodeBlob},
		"of another kind": {&etl.Event{Kind: etl.KindFull, ID: ManifestEvent, Payload: manifestChunks(manifestText, 1<<15)[0].Payload}, ""},
	} {
		catalog := newCatalog(t)
		err := catalog.Learn(c.event)
		var fe *etl.FormatError
		if ok := errors.As(err, &fe); ok != (c.code != "") || ok && (fe.Code != c.code || fe.Offset != c.event.Offset) {
			t.Errorf("%s: %v", name, err)
		}
		if d, _ := catalog.Decode(sourceEvent()); d.Source != SourceNone {
			t.Errorf("%s: is believed", name)
		}
	}
}

// What is held of manifests that never become whole is bounded, as are their sources.
func TestEventSourceLimits(t *testing.T) {
	c := newCatalog(t)
	payload := append([]byte{envelopeXML, 1, 0, envelopeMagic, 0xff, 0xff, 0, 0}, make([]byte, 1<<20)...)
	var limits int
	for i := range 2*maxSources + 40 {
		e := manifestEventOf(etl.GUID{9, byte(i), byte(i >> 8)}, ManifestEvent, 8, payload[:16])
		if i < 20 {
			e.Payload = payload
		}
		var fe *etl.FormatError
		if err := c.Learn(e); errors.As(err, &fe) && fe.Code == CodeLimit {
			limits++
		} else if err != nil {
			t.Fatal(err)
		}
		if c.held > maxHeld || len(c.chunks) > maxSources {
			t.Fatalf("%d bytes of %d sources are held", c.held, len(c.chunks))
		}
	}
	if limits < maxSources {
		t.Errorf("%d refused", limits)
	}
}

func FuzzEventSource(f *testing.F) {
	for _, e := range manifestChunks(manifestText, 300) {
		f.Add(e.Payload, sourceEvent().Payload)
	}
	f.Fuzz(func(t *testing.T, chunk, payload []byte) {
		c := newCatalog(t)
		for i, e := range manifestChunks(manifestText, 300) {
			if i == 1 {
				e.Payload = chunk
			}
			_ = c.Learn(e)
		}
		e := sourceEvent()
		e.Payload = payload
		if d, _ := c.Decode(e); d.Rest < 0 || d.Rest > len(payload) {
			t.Fatalf("%d bytes left of %d", d.Rest, len(payload))
		}
		if c.held > maxHeld {
			t.Fatal(c.held)
		}
	})
}
