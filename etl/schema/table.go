package schema

import (
	"cmp"
	"embed"
	"encoding/hex"
	"errors"
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

// builtin is what the tables say. A section, which is what they say of one provider or
// class, is read at its first use; traces share them.
type builtin struct {
	sections map[etl.GUID]*section
	groups   map[uint8]etl.GUID // class of a kernel hook's group
	aliases  map[etl.GUID][]string
}

type section struct {
	class bool
	guid  etl.GUID
	name  string
	place string // file and line, of what is wrong
	lines []string
	read  func() (*events, error)
}

// events are those of one section.
type events struct {
	layouts  map[key]*layout
	as       map[key][]string    // further names
	versions map[uint16][]uint16 // of an id
}

var builtins = sync.OnceValues(func() (*builtin, error) {
	b := &builtin{sections: map[etl.GUID]*section{}, groups: map[uint8]etl.GUID{}, aliases: map[etl.GUID][]string{}}
	files, err := fs.Glob(tables, "tables/*.txt")
	for _, name := range files {
		text, readErr := fs.ReadFile(tables, name)
		if err = cmp.Or(err, readErr); err == nil {
			err = b.split(name, string(text))
		}
	}
	return b, err
})

// of gives the events of a provider or class, nil when no table has it. What is wrong with
// a table is for its tests.
func (b *builtin) of(class bool, guid etl.GUID) *events {
	s := b.sections[guid]
	if s == nil || s.class != class {
		return nil
	}
	e, err := s.read()
	if err != nil {
		return nil
	}
	return e
}

// layout is what the tables know of an event, nil nothing.
func (b *builtin) layout(k key) *layout {
	if e := b.of(k.class, k.guid); e != nil {
		return e.layouts[k]
	}
	return nil
}

func (b *builtin) name(guid etl.GUID) string {
	if s := b.sections[guid]; s != nil {
		return s.name
	}
	return ""
}

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
// again with the same version was given other fields by another Windows. A field is
// NAME:TYPE, with [FIELD] or [N] for its length, {FIELD} or {N} for an array, * in either
// for all that is left of the payload, and /MEANING for its out-type; a struct is
// NAME:( FIELD... ).
func (b *builtin) split(name, text string) error {
	var s *section
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		var err error
		switch word {
		case "", "#":
		case "provider", "class":
			s, err = b.open(word == "class", strings.Fields(rest))
			if err == nil {
				s.place = fmt.Sprintf("%s:%d", name, n)
			}
		case "alias":
			b.aliases[s.guid] = append(b.aliases[s.guid], rest)
		default:
			if s == nil {
				return fmt.Errorf("%s:%d: %q belongs to nothing", name, n, word)
			}
			s.lines = append(s.lines, line)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return nil
}

func (b *builtin) open(class bool, words []string) (*section, error) {
	if len(words) < 2 {
		return nil, errors.New("a provider has a GUID and a name")
	}
	guid, ok := ParseGUID(words[0])
	if !ok {
		return nil, fmt.Errorf("%q is no GUID", words[0])
	}
	if b.sections[guid] != nil {
		return nil, fmt.Errorf("%s stands there twice", words[0])
	}
	s := &section{class: class, guid: guid, name: words[1]}
	s.read = sync.OnceValues(s.parse)
	b.sections[guid] = s
	if class && len(words) > 2 && words[2] != "-" {
		group, err := strconv.ParseUint(words[2], 10, 8)
		if err != nil {
			return nil, err
		}
		b.groups[uint8(group)] = guid
	}
	return s, nil
}

// tableParser reads the lines of a section.
type tableParser struct {
	*section
	events    *events
	templates map[string][]string
}

func (s *section) parse() (*events, error) {
	p := tableParser{s, &events{layouts: map[key]*layout{}, as: map[key][]string{}, versions: map[uint16][]uint16{}}, map[string][]string{}}
	for _, line := range s.lines {
		if err := p.take(strings.Fields(line)); err != nil {
			return nil, fmt.Errorf("%s: in %q: %w", s.place, line, err)
		}
	}
	return p.events, nil
}

func (p *tableParser) take(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("%q stands alone", words[0])
	}
	switch words[0] {
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

func (p *tableParser) as(words []string) error {
	id, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil {
		return err
	}
	for _, version := range p.events.versions[uint16(id)] {
		k := key{p.class, p.guid, uint16(id), version}
		p.events.as[k] = append(p.events.as[k], words[2:]...)
	}
	return nil
}

func (p *tableParser) event(words []string) error {
	if len(words) < 4 {
		return errors.New("an event has an id, a version and a name")
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
	for text := range strings.SplitSeq(words[2], ",") {
		version, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return err
		}
		p.events.put(key{p.class, p.guid, uint16(id), uint16(version)}, l)
	}
	return nil
}

// put keeps a layout, behind those that have the same id and version.
func (e *events) put(k key, l *layout) {
	last := e.layouts[k]
	if last == nil {
		e.layouts[k] = l
		e.versions[k.id] = append(e.versions[k.id], k.version)
		return
	}
	for last.other != nil {
		last = last.other
	}
	last.other = l
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
