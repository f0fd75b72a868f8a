package schema

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"portverdict/etl"
)

// The parts of an instrumentation manifest that describe payloads, by local name:
// the element order and the namespaces of the schema (eventman.xsd) vary.
type manifest struct {
	Providers []manifestProvider `xml:"instrumentation>events>provider"`
	Strings   []manifestString   `xml:"localization>resources>stringTable>string"`
}

type manifestProvider struct {
	GUID      string             `xml:"guid,attr"`
	Name      string             `xml:"name,attr"`
	Symbol    string             `xml:"symbol,attr"`
	Events    []manifestEvent    `xml:"events>event"`
	Tasks     []manifestTask     `xml:"tasks>task"`
	Templates []manifestTemplate `xml:"templates>template"`
	ValueMaps []manifestMap      `xml:"maps>valueMap"`
	BitMaps   []manifestMap      `xml:"maps>bitMap"`
}

type manifestString struct {
	ID    string `xml:"id,attr"`
	Value string `xml:"value,attr"`
}

type manifestEvent struct {
	Value    string `xml:"value,attr"`
	Version  string `xml:"version,attr"`
	Symbol   string `xml:"symbol,attr"`
	Task     string `xml:"task,attr"`
	Opcode   string `xml:"opcode,attr"`
	Template string `xml:"template,attr"`
	Message  string `xml:"message,attr"`
}

type manifestTask struct {
	Name string `xml:"name,attr"`
}

type manifestTemplate struct {
	ID    string         `xml:"tid,attr"`
	Items []manifestItem `xml:",any"`
}

// manifestItem is a data or struct element; UserData and others have no name.
type manifestItem struct {
	XMLName xml.Name
	Name    string         `xml:"name,attr"`
	In      string         `xml:"inType,attr"`
	Out     string         `xml:"outType,attr"`
	Map     string         `xml:"map,attr"`
	Length  string         `xml:"length,attr"`
	Count   string         `xml:"count,attr"`
	Items   []manifestItem `xml:",any"`
}

type manifestMap struct {
	Name  string `xml:"name,attr"`
	Items []struct {
		Value   string `xml:"value,attr"`
		Message string `xml:"message,attr"`
	} `xml:"map"`
}

// AddManifest takes over the events of an instrumentation manifest (XML). They
// beat the built-in tables and lose to what a trace says itself. name is the
// file's, for errors, which say the line of bad XML or the event that is at fault.
func (c *Catalog) AddManifest(r io.Reader, name string) error {
	return c.addManifest(r, manifestInput{name: name, source: SourceManifest})
}

// manifestInput is a manifest to be read. What only says is the one provider whose events
// are taken, nil all.
type manifestInput struct {
	name   string
	source Source
	only   *etl.GUID
	texts  map[string]string // of its string table, by reference
}

func (c *Catalog) addManifest(r io.Reader, in manifestInput) error {
	limited := &io.LimitedReader{R: r, N: maxManifest + 1}
	var m manifest
	d := xml.NewDecoder(limited)
	if err := d.Decode(&m); err != nil {
		line, column := d.InputPos()
		return fmt.Errorf("%s:%d:%d: %w", in.name, line, column, err)
	}
	if limited.N == 0 {
		return fmt.Errorf("%s: the manifest is larger than %d bytes", in.name, maxManifest)
	}
	if len(m.Providers) == 0 {
		return fmt.Errorf("%s: the manifest has no provider", in.name)
	}
	in.texts = map[string]string{}
	for _, s := range m.Strings {
		in.texts["$(string."+s.ID+")"] = s.Value
	}
	for i := range m.Providers {
		if err := c.addProvider(&m.Providers[i], &in); err != nil {
			return fmt.Errorf("%s: %w", in.name, err)
		}
	}
	return nil
}

func (c *Catalog) addProvider(p *manifestProvider, in *manifestInput) error {
	guid, ok := ParseGUID(p.GUID)
	if !ok || p.Name == "" {
		return fmt.Errorf("provider %q has no name or no GUID", p.Name)
	}
	if in.only != nil && guid != *in.only {
		return nil
	}
	c.names[guid] = p.Name
	for i, maps := range [][]manifestMap{p.ValueMaps, p.BitMaps} {
		for _, m := range maps {
			c.addMap(guid, m, i == 1, in.texts)
		}
	}
	templates := map[string]*layout{}
	for _, t := range p.Templates {
		l, err := t.layout()
		if err != nil {
			return fmt.Errorf("template %q of %s: %w", t.ID, p.Name, err)
		}
		templates[t.ID] = l
	}
	for _, e := range p.Events {
		if err := c.addEvent(p, guid, e, templates, in); err != nil {
			return fmt.Errorf("event %q of %s: %w", e.Value, p.Name, err)
		}
	}
	return nil
}

func (c *Catalog) addMap(guid etl.GUID, m manifestMap, bits bool, texts map[string]string) {
	if len(c.maps) >= maxMaps || len(m.Items) > maxEntries {
		return
	}
	out := &Map{bits: bits}
	for _, item := range m.Items {
		n, err := strconv.ParseUint(item.Value, 0, 64)
		if err != nil {
			continue
		}
		text := item.Message
		if s, ok := texts[text]; ok {
			text = s
		}
		out.entries = append(out.entries, mapEntry{n, strings.TrimSpace(text)})
	}
	c.maps[mapKey{guid, m.Name}] = out
}

func (c *Catalog) addEvent(p *manifestProvider, guid etl.GUID, e manifestEvent, templates map[string]*layout, in *manifestInput) error {
	id, err := strconv.ParseUint(e.Value, 0, 16)
	if err != nil {
		return errors.New("its value is no event id")
	}
	version, err := strconv.ParseUint(e.Version, 0, 8)
	if err != nil && e.Version != "" {
		return errors.New("its version is none")
	}
	l := &layout{}
	if e.Template != "" {
		t := templates[e.Template]
		if t == nil {
			return fmt.Errorf("template %q is not there", e.Template)
		}
		copied := *t
		l = &copied
	}
	l.source, l.provider, l.name, l.message = in.source, p.Name, e.name(), in.texts[e.Message]
	k := key{guid: guid, id: uint16(id), version: uint16(version)}
	old := c.layout(k)
	if c.learned >= maxLayouts || old != nil && old.source > in.source {
		return nil
	}
	c.learned++
	c.layouts[k] = l
	return nil
}

func (e *manifestEvent) name() string {
	opcode := strings.TrimPrefix(e.Opcode, "win:")
	switch {
	case e.Symbol != "":
		return e.Symbol
	case e.Task == "" || opcode == "" || opcode == "Info":
		return e.Task + opcode
	}
	return e.Task + "/" + opcode
}

func (t *manifestTemplate) layout() (*layout, error) {
	fields, err := manifestFields(t.Items, 0)
	if err != nil {
		return nil, err
	}
	d := description{l: &layout{}}
	d.l.top = d.place(fields)
	if len(d.l.props) > maxProperties {
		return nil, fmt.Errorf("it has %d fields", len(d.l.props))
	}
	return d.l, d.l.resolve()
}

func manifestFields(items []manifestItem, depth int) ([]field, error) {
	if depth > maxDepth {
		return nil, errors.New("its structs are nested too deep")
	}
	var out []field
	for _, item := range items {
		f := field{property: property{name: item.Name, count: amount{value: 1}, array: item.Count != ""}}
		f.lengths = item.Count + "," + item.Length
		switch item.XMLName.Local {
		case "struct":
			inner, err := manifestFields(item.Items, depth+1)
			if err != nil {
				return nil, err
			}
			f.isStruct, f.inner = true, inner
		case "data":
			in, ok := manifestTypes[local(item.In)]
			if !ok {
				return nil, fmt.Errorf("field %q has the unknown inType %q", item.Name, item.In)
			}
			f.in, f.out, f.mapName = in, manifestMeanings[local(item.Out)], item.Map
		default:
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// local is a name without its prefix: win:, xs: or another.
func local(s string) string {
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		s = s[i+1:]
	}
	return s
}

var manifestTypes = map[string]InType{
	"UnicodeString": InUnicode, "AnsiString": InANSI, "Int8": InInt8, "UInt8": InUint8, "Int16": InInt16, "UInt16": InUint16,
	"Int32": InInt32, "UInt32": InUint32, "Int64": InInt64, "UInt64": InUint64, "Float": InFloat, "Double": InDouble,
	"Boolean": InBoolean, "Binary": InBinary, "GUID": InGUID, "Pointer": InPointer, "FILETIME": InFileTime,
	"SYSTEMTIME": InSystemTime, "SID": InSID, "HexInt32": InHex32, "HexInt64": InHex64,
	"CountedUnicodeString": InCountedUnicode, "CountedAnsiString": InCountedANSI, "CountedBinary": InCountedBinary,
}

var manifestMeanings = map[string]OutType{
	"string": OutString, "boolean": OutBoolean, "hexBinary": OutHexBinary, "HexInt8": OutHex8, "HexInt16": OutHex16, "HexInt32": OutHex32,
	"HexInt64": OutHex64, "Port": OutPort, "IPv4": OutIPv4, "IPv6": OutIPv6, "SocketAddress": OutSockAddr,
	"ErrorCode": OutErrorCode, "Win32Error": OutWin32Error, "NTSTATUS": OutNTStatus, "HResult": OutHResult, "Utf8": OutUTF8, "Json": OutUTF8,
	"Xml": OutUTF8, "CodePointer": OutCodePtr,
}
