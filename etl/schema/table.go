package schema

import (
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portverdict/etl"
)

//go:embed tables.txt
var tables string

// The tables are text so that they can be read beside a manifest. A line is
//
//	provider GUID NAME          the provider of the events that follow
//	alias NAME                  another name of it
//	event ID VERSION NAME FIELD...
//	as ID NAME                  another name of event ID, all versions
//	class GUID NAME GROUP       a class, and the group of its kernel hooks or -
//	type OPCODE VERSION NAME FIELD...
//
// and a field is NAME:TYPE, with [FIELD] or [N] for its length, {FIELD} or {N} for
// an array, /MEANING for its out-type; a struct is NAME:( FIELD... ).
type tableParser struct {
	c     *Catalog
	class bool
	guid  etl.GUID
	name  string
	line  int
}

func (c *Catalog) addTables(text string) error {
	p := tableParser{c: c}
	for line := range strings.Lines(text) {
		p.line++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := p.take(words); err != nil {
			return fmt.Errorf("tables.txt:%d: %w", p.line, err)
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
		p.c.aliases[p.guid] = append(p.c.aliases[p.guid], words[1])
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
	p.guid, p.name, p.class = guid, words[2], words[0] == "class"
	p.c.names[guid] = p.name
	if p.class && len(words) > 3 && words[3] != "-" {
		group, err := strconv.ParseUint(words[3], 10, 8)
		if err != nil {
			return err
		}
		p.c.groups[uint8(group)] = guid
	}
	return nil
}

func (p *tableParser) as(words []string) error {
	id, err := strconv.ParseUint(words[1], 10, 16)
	if err != nil {
		return err
	}
	for k := range p.c.layouts {
		if k.guid == p.guid && uint64(k.id) == id {
			p.c.eventAs[k] = append(p.c.eventAs[k], words[2:]...)
		}
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
	version, err := strconv.ParseUint(words[2], 10, 8)
	if err != nil {
		return err
	}
	l := &layout{provider: p.name, name: strings.TrimPrefix(words[3], "-"), source: SourceBuiltin}
	fields, rest, err := tableFields(words[4:])
	if err != nil || len(rest) > 0 {
		return fmt.Errorf("fields: %v, %d words are left", err, len(rest))
	}
	d := description{l: l}
	l.top = d.place(fields)
	if err := l.resolve(); err != nil {
		return err
	}
	p.c.layouts[key{p.class, p.guid, uint16(id), uint16(version)}] = l
	return nil
}

var tableTypes = map[string]InType{
	"wstr": InUnicode, "astr": InANSI, "i8": InInt8, "u8": InUint8, "i16": InInt16, "u16": InUint16, "i32": InInt32, "u32": InUint32,
	"i64": InInt64, "u64": InUint64, "f32": InFloat, "f64": InDouble, "bool": InBoolean, "bin": InBinary, "guid": InGUID,
	"ptr": InPointer, "filetime": InFileTime, "systemtime": InSystemTime, "sid": InSID, "hex32": InHex32, "hex64": InHex64,
	"wbemsid": InWbemSID,
}

var tableMeanings = map[string]OutType{
	"port": OutPort, "ipv4": OutIPv4, "ipv6": OutIPv6, "sockaddr": OutSockAddr, "ntstatus": OutNTStatus, "hex": OutHex32,
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
