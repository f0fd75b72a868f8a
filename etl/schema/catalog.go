package schema

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portverdict/etl"
)

// Metadata is the provider of the descriptions merged into a trace: FULL events
// with opcode 32 (TRACE_EVENT_INFO) and 33 (EVENT_MAP_INFO).
var Metadata = etl.GUID{0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71}

const (
	opEventInfo = 32
	opMapInfo   = 33
)

// key names an event: of a manifest provider by id, of a class by opcode.
type key struct {
	class   bool
	guid    etl.GUID
	id      uint16
	version uint16
}

type mapKey struct {
	guid etl.GUID
	name string
}

// Catalog knows the events of one trace. It is not safe for concurrent use.
type Catalog struct {
	layouts   map[key]*layout
	maps      map[mapKey]*Map
	names     map[etl.GUID]string // of providers and classes
	described map[string]*layout  // TraceLogging, by provider and description
	groups    map[uint8]etl.GUID  // class of a kernel hook's group
	aliases   map[etl.GUID][]string
	eventAs   map[key][]string
	learned   int
}

// NewCatalog holds the built-in tables.
func NewCatalog() (*Catalog, error) {
	c := &Catalog{
		layouts: map[key]*layout{}, maps: map[mapKey]*Map{}, names: map[etl.GUID]string{}, described: map[string]*layout{},
		groups: map[uint8]etl.GUID{}, aliases: map[etl.GUID][]string{}, eventAs: map[key][]string{},
	}
	return c, c.addTables(tables)
}

// Learn takes the description in an event of Metadata; other events it leaves
// alone. File order is not time order, and a description may stand behind the
// events it describes: learn from a whole trace before decoding any of it. The
// error is a *etl.FormatError with one of the codes of this package.
func (c *Catalog) Learn(e *etl.Event) error {
	if e.Kind != etl.KindFull || e.Provider != Metadata {
		return nil
	}
	switch e.Opcode {
	case opEventInfo:
		k, l, ok := parseEventInfo(e.Payload)
		if !ok {
			return blobError(e, "TRACE_EVENT_INFO")
		}
		return c.put(e, k, l)
	case opMapInfo:
		guid, name, m, ok := parseMapInfo(e.Payload)
		if !ok {
			return blobError(e, "EVENT_MAP_INFO")
		}
		if len(c.maps) < maxMaps {
			c.maps[mapKey{guid, name}] = m
		}
	}
	return nil
}

func blobError(e *etl.Event, what string) error {
	return &etl.FormatError{Code: CodeBlob, Offset: e.Offset, Length: int64(len(e.Payload)), Detail: "a " + what + " of " + fmt.Sprint(len(e.Payload)) + " bytes does not fit"}
}

// put keeps a layout of the trace; it beats what was known.
func (c *Catalog) put(e *etl.Event, k key, l *layout) error {
	if c.learned >= maxLayouts {
		return &etl.FormatError{Code: CodeLimit, Offset: e.Offset, Detail: fmt.Sprintf("more than %d events are described", maxLayouts)}
	}
	old := c.layouts[k]
	c.layouts[k] = l
	c.learned++
	if l.provider != "" {
		c.names[k.guid] = l.provider
	}
	if old == nil {
		return nil
	}
	if l.name == "" {
		l.name = old.name
	}
	if old.source == SourceBuiltin && !l.same(old) {
		return &etl.FormatError{
			Code: CodeDisagrees, Offset: e.Offset, Length: int64(len(e.Payload)),
			Detail: fmt.Sprintf("the trace describes %s event %d version %d otherwise than the built-in table", l.provider, k.id, k.version),
		}
	}
	if old.source == SourceBuiltin {
		l.borrow(old)
	}
	return nil
}

// borrow takes over how values are meant where the trace does not say: Windows
// rebuilds descriptions without the out-types of addresses and codes.
func (l *layout) borrow(old *layout) {
	for i := range l.props {
		if p, o := &l.props[i], &old.props[i]; p.out == OutNull || o.out == OutNTStatus || o.out == OutSockAddr {
			if o.out != OutNull {
				p.out = o.out
			}
		}
	}
}

// keyOf is the key of an event, false for kinds that have no fields.
func (c *Catalog) keyOf(e *etl.Event) (key, bool) {
	switch e.Kind {
	case etl.KindEvent:
		return key{guid: e.Provider, id: e.ID, version: e.Version}, true
	case etl.KindFull, etl.KindInstance:
		return key{class: true, guid: e.Provider, id: uint16(e.Opcode), version: e.Version}, true
	case etl.KindSystem, etl.KindCompact, etl.KindPerfInfo:
		guid, ok := c.groups[uint8(e.Hook>>8)]
		return key{class: true, guid: guid, id: e.Hook & 0xff, version: e.Version}, ok
	}
	return key{}, false
}

func (c *Catalog) find(e *etl.Event) (*layout, error) {
	if e.Kind == etl.KindEvent && len(e.Ext) > 0 {
		if l, err := c.traceLogging(e); l != nil || err != nil {
			return l, err
		}
	}
	if k, ok := c.keyOf(e); ok {
		return c.layouts[k], nil
	}
	return nil, nil
}

// Decode gives the fields of an event. Where nothing is known of it the source is
// SourceNone and there are none. The error is a *etl.FormatError with the place of
// the event; the fields before the damage are given all the same.
func (c *Catalog) Decode(e *etl.Event) (Decoded, error) {
	l, err := c.find(e)
	if l == nil {
		return Decoded{Provider: c.ProviderName(e), Rest: len(e.Payload)}, err
	}
	d, err := l.decode(e, func(name string) *Map { return c.maps[mapKey{e.Provider, name}] })
	if d.Provider == "" {
		d.Provider = c.ProviderName(e)
	}
	return d, err
}

// ProviderName is the name of an event's provider or class, "" when not known. A
// TraceLogging event brings it along.
func (c *Catalog) ProviderName(e *etl.Event) string {
	k, ok := c.keyOf(e)
	if !ok {
		return ""
	}
	if name := c.names[k.guid]; name != "" {
		return name
	}
	return traitsName(extItem(e.Ext, extProviderTraits))
}

// Aliases are further names of an event's provider and of the event, as Network
// Monitor's parsers have them.
func (c *Catalog) Aliases(e *etl.Event) (provider, event []string) {
	k, ok := c.keyOf(e)
	if !ok {
		return nil, nil
	}
	return c.aliases[k.guid], c.eventAs[k]
}

// Description names an event and its fields.
type Description struct {
	Providers []string // the provider's name and its aliases
	Events    []string // the event's name, that of its task, and aliases
	Fields    []string // top-level
}

// Describe names all events that are known by a table, a manifest or the trace,
// sorted. TraceLogging events describe themselves only when they come.
func (c *Catalog) Describe() []Description {
	keys := slices.SortedFunc(maps.Keys(c.layouts), func(a, b key) int {
		return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), cmp.Compare(a.id, b.id), cmp.Compare(a.version, b.version))
	})
	out := make([]Description, 0, len(keys))
	for _, k := range keys {
		l := c.layouts[k]
		task, _, _ := strings.Cut(l.name, "/")
		d := Description{
			Providers: append([]string{c.names[k.guid]}, c.aliases[k.guid]...),
			Events:    append([]string{l.name, task, fmt.Sprintf("Event%d", k.id)}, c.eventAs[k]...),
		}
		for i := range l.top {
			d.Fields = append(d.Fields, l.props[i].name)
		}
		out = append(out, d)
	}
	return out
}
