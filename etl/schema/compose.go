package schema

import (
	"encoding/binary"
	"fmt"
	"slices"

	"portverdict/etl"
)

// Part is a top-level field of an event as it lies in the payload.
type Part struct {
	Name  string
	Bytes []byte // of the payload itself
}

// Parts gives the fields of an event as they lie in its payload, by what the trace or a table
// says of it; none when neither does. Errors are those of Decode.
func (c *Catalog) Parts(e *etl.Event) ([]Part, error) {
	l, err := c.find(e)
	if l == nil || l.blank {
		return nil, err
	}
	d := decoder{layout: l, maps: func(string) *Map { return nil }, b: e.Payload, pointer: int(e.PointerSize), numbers: make([]uint64, len(l.props))}
	var out []Part
	for i := range l.top {
		from := d.at
		if _, ok := d.property(i, 0); !ok {
			d.fail(i)
			return out, d.shortError(e)
		}
		out = append(out, Part{l.props[i].name, d.b[from:d.at]})
	}
	return out, nil
}

// Described gives provider, id and version of the event that e, an event of Metadata,
// describes; false when it describes none of a manifest.
func Described(e *etl.Event) (etl.Event, bool) {
	if e.Kind != etl.KindFull || e.Provider != Metadata || e.Opcode != opEventInfo {
		return etl.Event{}, false
	}
	k, _, ok := parseEventInfo(e.Payload)
	return etl.Event{Kind: etl.KindEvent, Provider: k.guid, ID: k.id, Version: k.version}, ok && !k.class
}

// Overrules tells that the trace or a manifest describes an event that the tables do not
// have, or have with another layout.
func (c *Catalog) Overrules(e *etl.Event) bool {
	k, _ := c.keyOf(e)
	l := c.layouts[k]
	if l == nil || l.source != SourceEmbedded && l.source != SourceManifest {
		return false
	}
	old := c.builtin.layout(k)
	return old == nil || !old.describes(l)
}

// Overruling are the events of manifest providers for which Overrules holds.
func (c *Catalog) Overruling() []etl.Event {
	var out []etl.Event
	for k := range c.layouts {
		e := etl.Event{Kind: etl.KindEvent, Provider: k.guid, ID: k.id, Version: k.version}
		if !k.class && c.Overrules(&e) {
			out = append(out, e)
		}
	}
	return out
}

// Compose writes the payload of an event as the tables lay it out, with pointers of 8 bytes.
// A version that the tables do not have is laid out as their latest, and the version that
// was taken is given. value gives a field by its name: a number as so many bytes, or, for a
// size of 0, all of what has no size of its own. A field that says how long another is is
// not asked for.
func Compose(provider etl.GUID, id, version uint16, value func(name string, size int) ([]byte, error)) ([]byte, uint16, error) {
	b, err := builtins()
	if err != nil {
		return nil, 0, err
	}
	known := b.of(false, provider)
	if known == nil || len(known.versions[id]) == 0 {
		return nil, 0, fmt.Errorf("no table has event %d of %s", id, provider)
	}
	if !slices.Contains(known.versions[id], version) {
		version = slices.Max(known.versions[id])
	}
	c := composer{l: known.layouts[key{guid: provider, id: id, version: version}], value: value, measures: map[int][]int{}}
	for i := range c.l.top {
		if err := c.add(i); err != nil {
			return nil, version, err
		}
	}
	return c.b, version, nil
}

type composer struct {
	l        *layout
	value    func(name string, size int) ([]byte, error)
	b        []byte
	measures map[int][]int // of a field that says how long another is: from where to where it stands
}

func (c *composer) add(i int) error {
	p := &c.l.props[i]
	size, fixed := sizes[p.in]
	switch {
	case p.in == InPointer:
		size, fixed = 8, true
	case p.in == InBinary && p.length.of == 0 && p.length.value > 0:
		size, fixed = p.length.value, true
	}
	if slices.ContainsFunc(c.l.props[i:], func(o property) bool { return o.length.of == i+1 }) {
		c.measures[i] = []int{len(c.b), len(c.b) + size}
		c.b = append(c.b, make([]byte, size)...)
		return nil
	}
	raw, err := c.value(p.name, size)
	if err != nil {
		return err
	}
	if fixed && len(raw) != size {
		return fmt.Errorf("field %s has %d bytes, not %d", p.name, len(raw), size)
	}
	if of := p.length.of; of > 0 {
		at := c.measures[of-1]
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(raw)))
		copy(c.b[at[0]:at[1]], n[:])
	}
	c.b = append(c.b, raw...)
	return nil
}
