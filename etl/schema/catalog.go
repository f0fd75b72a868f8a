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

// hookImageLoad stands in the group of processes and is an event of the class of images.
const (
	hookImageLoad = 0x030a
	groupImage    = 20
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

// Catalog knows the events of one trace: what the trace and manifests say of them, else
// the built-in tables. It is not safe for concurrent use.
type Catalog struct {
	builtin   *builtin
	layouts   map[key]*layout
	maps      map[mapKey]*Map
	names     map[etl.GUID]string  // of providers and classes
	described map[string]*layout   // TraceLogging, by provider and description
	chunks    map[etl.GUID]*chunks // of manifests in the trace; nil once one is read
	held      int                  // bytes in chunks
	learned   int
}

// NewCatalog holds the built-in tables.
func NewCatalog() (*Catalog, error) {
	b, err := builtins()
	return &Catalog{builtin: b, layouts: map[key]*layout{}, maps: map[mapKey]*Map{}, names: map[etl.GUID]string{}, described: map[string]*layout{}, chunks: map[etl.GUID]*chunks{}}, err
}

// layout is what is known of an event, nil nothing.
func (c *Catalog) layout(k key) *layout {
	if l := c.layouts[k]; l != nil {
		return l
	}
	return c.builtin.layout(k)
}

// name is that of a provider or class.
func (c *Catalog) name(guid etl.GUID) string { return cmp.Or(c.names[guid], c.builtin.name(guid)) }

// Learn takes the description in an event of Metadata or a ManifestEvent; other events it
// leaves alone. File order is not time order, and a description may stand behind the
// events it describes: learn from a whole trace before decoding any of it. The
// error is a *etl.FormatError with one of the codes of this package.
func (c *Catalog) Learn(e *etl.Event) error {
	if isManifestChunk(e) {
		return c.learnChunk(e)
	}
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
	old := c.layout(k)
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
	if old.source == SourceBuiltin && !old.describes(l) {
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

// describes tells that a table lays an event out as l does, under one of the Windows that
// it knows, or leaves that open.
func (l *layout) describes(o *layout) bool {
	return l.blank || l.same(o) || l.other != nil && l.other.describes(o)
}

// borrow takes over how values are meant where the trace does not say: Windows
// rebuilds descriptions without the out-types of addresses and codes.
func (l *layout) borrow(old *layout) {
	if !l.same(old) {
		return
	}
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
		if e.Hook == hookImageLoad {
			e = &etl.Event{Hook: groupImage<<8 | e.Hook&0xff, Version: e.Version}
		}
		guid, ok := c.builtin.groups[uint8(e.Hook>>8)]
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
	k, ok := c.keyOf(e)
	if !ok {
		return nil, nil
	}
	l := c.layout(k)
	if l == nil && isManifestChunk(e) {
		l = chunkLayout
	}
	return l, nil
}

// Decode gives the fields of an event. Where nothing is known of it the source is
// SourceNone and there are none; a name may be known all the same. The error is a
// *etl.FormatError with the place of the event; the fields before the damage are given.
func (c *Catalog) Decode(e *etl.Event) (Decoded, error) {
	l, err := c.find(e)
	if l == nil || l.blank {
		return Decoded{Provider: c.ProviderName(e), Event: c.eventName(e), Rest: len(e.Payload)}, err
	}
	d, err := l.decode(e, func(name string) *Map { return c.maps[mapKey{e.Provider, name}] })
	if l.source == SourceBuiltin && (err != nil || d.Rest > 0) {
		if o, ok := l.exact(e); ok {
			d, err = o, nil
		}
	}
	if d.Provider == "" {
		d.Provider = c.ProviderName(e)
	}
	return d, err
}

// exact decodes an event by another layout that uses its payload up to the last byte: that
// of another Windows or, since the kernel writes events of 32-bit processes with the header
// of these and its own pointers, one of 8 bytes each.
func (l *layout) exact(e *etl.Event) (Decoded, bool) {
	for o := l; o != nil; o = o.other {
		for _, pointer := range []uint8{e.PointerSize, 8} {
			if pointer != e.PointerSize && e.Kind == etl.KindEvent {
				continue
			}
			with := *e
			with.PointerSize = pointer
			if d, err := o.decode(&with, nil); err == nil && d.Rest == 0 {
				return d, true
			}
		}
	}
	return Decoded{}, false
}

// Known tells what Decode would find of an event without its fields: its name, "" when not
// known, and where its layout comes from.
func (c *Catalog) Known(e *etl.Event) (string, Source) {
	l, err := c.find(e)
	if l == nil || l.blank || err != nil {
		return c.eventName(e), SourceNone
	}
	return l.name, l.source
}

// eventName is the name that the tables have for an event whose fields are not known,
// that of its latest version where they do not have its own.
func (c *Catalog) eventName(e *etl.Event) string {
	k, ok := c.keyOf(e)
	if !ok {
		return ""
	}
	known := c.builtin.of(k.class, k.guid)
	if known == nil || len(known.versions[k.id]) == 0 {
		return ""
	}
	if l := known.layouts[k]; l != nil {
		return l.name
	}
	k.version = slices.Max(known.versions[k.id])
	return known.layouts[k].name
}

// ProviderName is the name of an event's provider or class, "" when not known. A
// TraceLogging event brings it along.
func (c *Catalog) ProviderName(e *etl.Event) string {
	k, ok := c.keyOf(e)
	if !ok {
		return ""
	}
	if name := c.name(k.guid); name != "" {
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
	if e := c.builtin.of(k.class, k.guid); e != nil {
		event = e.as[k]
	}
	return c.builtin.aliases[k.guid], event
}

// Description names an event and its fields.
type Description struct {
	Providers []string // the provider's name and its aliases
	Events    []string // the event's name, that of its task, and aliases
	Fields    []string // top-level
}

// Describe names the events that are known by a table, a manifest or the trace, of the
// providers and classes with a name that is asked for, sorted. TraceLogging events describe
// themselves only when they come.
func (c *Catalog) Describe(asked func(provider string) bool) []Description {
	providers := func(guid etl.GUID) []string { return append([]string{c.name(guid)}, c.builtin.aliases[guid]...) }
	all := map[key]*layout{}
	for guid, s := range c.builtin.sections {
		if slices.ContainsFunc(providers(guid), asked) {
			if e, err := s.read(); err == nil {
				maps.Copy(all, e.layouts)
			}
		}
	}
	for k, l := range c.layouts {
		if slices.ContainsFunc(providers(k.guid), asked) {
			all[k] = l
		}
	}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b key) int {
		return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), cmp.Compare(a.id, b.id), cmp.Compare(a.version, b.version))
	})
	out := make([]Description, 0, len(keys))
	for _, k := range keys {
		l := all[k]
		task, _, _ := strings.Cut(l.name, "/")
		_, as := c.Aliases(&etl.Event{Kind: kindOf(k), Provider: k.guid, ID: k.id, Opcode: uint8(k.id), Version: k.version})
		d := Description{Providers: providers(k.guid), Events: append([]string{l.name, task, fmt.Sprintf("Event%d", k.id)}, as...)}
		for i := range l.top {
			d.Fields = append(d.Fields, l.props[i].name)
		}
		out = append(out, d)
	}
	return out
}

func kindOf(k key) etl.Kind {
	if k.class {
		return etl.KindFull
	}
	return etl.KindEvent
}
