package schema

import (
	"cmp"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"portverdict/etl"
)

//go:embed tables/*.txt
var tables embed.FS

// builtin is what the tables say; it does not change once it is read.
type builtin struct {
	layouts map[key]*layout
	names   map[etl.GUID]string // of providers and classes
	groups  map[uint8]etl.GUID  // class of a kernel hook's group
	aliases map[etl.GUID][]string
	eventAs map[key][]string
	events  map[key][]uint16 // versions of an event, whose key has version 0
}

// builtins reads the tables at their first use: traces share them.
var builtins = sync.OnceValues(func() (*builtin, error) {
	b := &builtin{
		layouts: map[key]*layout{}, names: map[etl.GUID]string{}, groups: map[uint8]etl.GUID{}, aliases: map[etl.GUID][]string{},
		eventAs: map[key][]string{}, events: map[key][]uint16{},
	}
	files, err := fs.Glob(tables, "tables/*.txt")
	for _, name := range files {
		text, readErr := fs.ReadFile(tables, name)
		if err = cmp.Or(err, readErr); err == nil {
			err = b.read(name, string(text))
		}
	}
	return b, err
})

// The tables are text so that they can be read beside a manifest. A line is
//
//	provider GUID NAME          the provider of the events that follow
//	alias NAME                  another name of it
//	template NAME FIELD...      fields that several of its events have
//	event ID VERSIONS NAME FIELD...
//	as ID NAME                  another name of event ID, all versions
//	class GUID NAME GROUP       a class, and the group of its kernel hooks or -
//	type OPCODE VERSIONS NAME FIELD...
//
// VERSIONS are numbers with commas between them, the NAME - is none, =NAME stands for the
// fields of a template, and ? for fields that are not known. An event that stands there
// again with the same version was given other fields by another Windows. A field is NAME:TYPE, with [FIELD] or [N] for its length,
// {FIELD} or {N} for an array, * in either for all that is left of the payload, and
// /MEANING for its out-type; a struct is NAME:( FIELD... ).
type tableParser struct {
	b         *builtin
	class     bool
	guid      etl.GUID
	name      string
	templates map[string][]string
}

func (b *builtin) read(name, text string) error {
	p := tableParser{b: b}
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := p.take(words); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return nil
}

func (p *tableParser) take(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("%q stands alone", words[0])
	}
	switch words[0] {
	case "provider", "class":
		return p.open(words)
	case "alias":
		p.b.aliases[p.guid] = append(p.b.aliases[p.guid], words[1])
		return nil
	case "template":
		p.templates[words[1]] = words[2:]
		return nil
	case "as":
		return p.as(words)
	case "event", "type":
		return p.event(words)
	}
	return fmt.Errorf("%q is no kind of line", words[0])
}

func (p *tableParser) open(words []string) error {
	guid, ok := ParseGUID(words[1])
	if !ok || len(words) < 3 {
		return fmt.Errorf("%q is no GUID with a name", words[1])
	}
	if p.b.names[guid] != "" {
		return fmt.Errorf("%s stands there twice", words[1])
	}
	p.guid, p.name, p.class, p.templates = guid, words[2], words[0] == "class", map[string][]string{}
	p.b.names[guid] = p.name
	if p.class && len(words) > 3 && words[3] != "-" {
		group, err := strconv.ParseUint(words[3], 10, 8)
		if err != nil {
			return err
		}
		p.b.groups[uint8(group)] = guid
	}
	return nil
}

func (p *tableParser) as(words []string) error {
	id, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil {
		return err
	}
	event := key{p.class, p.guid, uint16(id), 0}
	for _, version := range p.b.events[event] {
		k := event
		k.version = version
		p.b.eventAs[k] = append(p.b.eventAs[k], words[2:]...)
	}
	return nil
}

func (p *tableParser) event(words []string) error {
	if len(words) < 4 {
		return fmt.Errorf("an event has an id, a version and a name")
	}
	id, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil {
		return err
	}
	fields := words[4:]
	if len(fields) == 1 && fields[0][0] == '=' {
		template, ok := p.templates[fields[0][1:]]
		if !ok {
			return fmt.Errorf("there is no template %s", fields[0])
		}
		fields = template
	}
	l, err := tableLayout(fields)
	if err != nil {
		return err
	}
	l.provider, l.name, l.source = p.name, strings.TrimPrefix(words[3], "-"), SourceBuiltin
	event := key{p.class, p.guid, uint16(id), 0}
	for text := range strings.SplitSeq(words[2], ",") {
		version, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return err
		}
		k := event
		k.version = uint16(version)
		if last := p.b.layouts[k]; last != nil {
			for last.other != nil {
				last = last.other
			}
			last.other = l
			continue
		}
		p.b.layouts[k] = l
		p.b.events[event] = append(p.b.events[event], k.version)
	}
	return nil
}

func tableLayout(words []string) (*layout, error) {
	if len(words) == 1 && words[0] == "?" {
		return &layout{blank: true}, nil
	}
	fields, rest, err := tableFields(words)
	if err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("fields: %v, %d words are left", err, len(rest))
	}
	l := &layout{}
	d := description{l: l}
	l.top = d.place(fields)
	return l, l.resolve()
}

var tableTypes = map[string]InType{
	"wstr": InUnicode, "astr": InANSI, "i8": InInt8, "u8": InUint8, "i16": InInt16, "u16": InUint16, "i32": InInt32, "u32": InUint32,
	"i64": InInt64, "u64": InUint64, "f32": InFloat, "f64": InDouble, "bool": InBoolean, "bin": InBinary, "guid": InGUID,
	"ptr": InPointer, "filetime": InFileTime, "systemtime": InSystemTime, "sid": InSID, "hex32": InHex32, "hex64": InHex64,
	"wbemsid": InWbemSID, "cwstr": InCountedUnicode, "castr": InCountedANSI, "cbin": InCountedBinary,
}

var tableMeanings = map[string]OutType{
	"port": OutPort, "ipv4": OutIPv4, "ipv6": OutIPv6, "sockaddr": OutSockAddr, "ntstatus": OutNTStatus, "hex": OutHex32,
	"win32": OutWin32Error, "hresult": OutHResult, "error": OutErrorCode, "utf8": OutUTF8,
}

// tableFields reads fields up to a closing parenthesis.
func tableFields(words []string) ([]field, []string, error) {
	var out []field
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		if strings.HasPrefix(w, ")") {
			return out, append([]string{w}, words...), nil
		}
		name, rest, ok := strings.Cut(w, ":")
		if !ok {
			return nil, nil, fmt.Errorf("%q is no field", w)
		}
		f := field{property: property{name: name, count: amount{value: 1}}}
		if rest == "(" {
			var err error
			if f.inner, words, err = tableFields(words); err != nil || len(words) == 0 {
				return nil, nil, fmt.Errorf("the struct %s does not end", name)
			}
			f.isStruct = true
			rest, words = strings.TrimPrefix(words[0], ")"), words[1:]
		}
		if err := f.property.parse(rest); err != nil {
			return nil, nil, err
		}
		out = append(out, f)
	}
	return out, nil, nil
}

// parse reads what stands behind a field's name. Names of other fields are left in
// lengths until resolve.
func (p *property) parse(s string) error {
	s, meaning, _ := strings.Cut(s, "/")
	if meaning != "" {
		out, ok := tableMeanings[meaning]
		if !ok {
			return fmt.Errorf("%q is no meaning", meaning)
		}
		p.out = out
	}
	var count, length string
	if i := strings.IndexByte(s, '{'); i >= 0 {
		s, count = s[:i], strings.TrimSuffix(s[i+1:], "}")
		p.array = true
	}
	if i := strings.IndexByte(s, '['); i >= 0 {
		s, length = s[:i], strings.TrimSuffix(s[i+1:], "]")
	}
	p.lengths = count + "," + length
	if p.isStruct {
		return nil
	}
	in, ok := tableTypes[s]
	if !ok {
		return fmt.Errorf("%q is no type", s)
	}
	p.in = in
	return nil
}

// resolve turns the names of count and length fields into their places: a field
// stands before those it measures, those of structs before their members.
func (l *layout) resolve() error {
	for i := range l.props {
		p := &l.props[i]
		count, length, _ := strings.Cut(p.lengths, ",")
		p.lengths = ""
		for _, a := range []struct {
			text string
			to   *amount
		}{{count, &p.count}, {length, &p.length}} {
			if a.text == "" {
				continue
			}
			if a.text == "*" {
				*a.to = amount{value: toEnd}
				continue
			}
			if n, err := strconv.ParseUint(a.text, 10, 16); err == nil {
				*a.to = amount{value: int(n)}
				continue
			}
			at := i - 1
			for at >= 0 && l.props[at].name != a.text {
				at--
			}
			if at < 0 {
				return fmt.Errorf("no field %q stands before %s", a.text, p.name)
			}
			*a.to = amount{of: at + 1}
		}
	}
	return nil
}

// ParseGUID reads a GUID, with or without braces, into its bytes on disk.
func ParseGUID(s string) (g etl.GUID, ok bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return g, false
	}
	raw, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	if err != nil {
		return g, false
	}
	slices.Reverse(raw[:4])
	slices.Reverse(raw[4:6])
	slices.Reverse(raw[6:8])
	return etl.GUID(raw), true
}
