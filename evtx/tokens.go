package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// The tokens of BinXML ([MS-EVEN6] 2.2.12). more marks an element that has
// attributes, and an attribute or a text that another follows.
const (
	tokenEnd          = 0x00
	tokenOpen         = 0x01 // dependency id u16, size u32, name; with more: size of the attributes u32
	tokenCloseOpen    = 0x02 // the end of a start tag
	tokenCloseEmpty   = 0x03 // the end of an element without content
	tokenClose        = 0x04 // an end tag
	tokenValue        = 0x05 // type u8, units u16, text
	tokenAttribute    = 0x06 // name; its value follows
	tokenCDATA        = 0x07 // units u16, text
	tokenCharRef      = 0x08 // a UTF-16 unit
	tokenEntityRef    = 0x09 // name
	tokenPITarget     = 0x0a // name
	tokenPIData       = 0x0b // units u16, text
	tokenTemplate     = 0x0c // an instance of a template
	tokenSubstitution = 0x0d // number of the value u16, type u8
	tokenOptional     = 0x0e // the same; without a value its attribute is left out
	tokenFragment     = 0x0f // version u8 twice, flags u8
	more              = 0x40
)

var (
	errCut    = errors.New("it ends in the middle")
	errName   = errors.New("a name in it cannot be read")
	errSize   = errors.New("a size in it does not fit")
	errNested = errors.New("it is nested too deep")
	errLong   = errors.New("it is longer than any event")
	errValues = errors.New("its values do not fit")
	errNoID   = errors.New("it has no EventID")
	errBudget = errors.New("reading it takes too long")
)

// An op is one step of a fragment: what its tokens say, with names and texts read.
type op struct {
	kind     opKind
	optional bool   // of a value
	known    known  // of an element or attribute
	value    uint16 // number of the value, of opValue, opAttribute and opPart without a text; of opOpen the one it depends on
	isText   bool   // text stands instead of a value
	place    int32  // of the token in the chunk, of opInstance; of opOpen the step that closes it
	end      int32  // before which the instance must end
	name     string
	text     string
}

type opKind uint8

const (
	opOpen      opKind = iota // an element begins
	opClose                   // it ends
	opPart                    // a part of the value of the attribute that follows
	opAttribute               // an attribute; text or value is its last part
	opText                    // text inside an element
	opValue                   // a value inside an element
	opInstance                // an instance of a template, whose token is at place
)

// template is a fragment that was read: its steps, and what ended the reading too soon.
type template struct {
	ops []op
	err error
}

// parser reads the tokens of one fragment.
type parser struct {
	*decoder
	at, end int // in the chunk
	ops     []op
	open    []int // the steps of the elements that are open
	inside  bool  // of a template: elements have a dependency id
}

// parse reads tokens up to the end or the end token. With one it stops behind the
// first element or instance: what follows it in a record is padding.
func (p *parser) parse(one bool) error {
	for p.at < p.end {
		if p.budget--; p.budget < 0 {
			return errBudget
		}
		token := p.chunk[p.at]
		if token == tokenEnd {
			break
		}
		if len(p.ops) > 0 && len(p.open) == 0 && (one || !begins(token)) {
			break
		}
		p.at++
		if err := p.token(token); err != nil {
			return err
		}
	}
	if len(p.open) > 0 {
		return errCut
	}
	return nil
}

// begins reports whether a token stands between elements: it begins one, an instance, a
// fragment or an instruction, or is the data of an instruction.
func begins(token byte) bool {
	switch token &^ more {
	case tokenOpen, tokenTemplate, tokenFragment, tokenPITarget, tokenPIData:
		return true
	}
	return false
}

// token reads what belongs to a token, behind which the parser stands.
func (p *parser) token(token byte) error {
	switch token &^ more {
	case tokenOpen:
		return p.element(token&more != 0)
	case tokenCloseOpen:
		return nil
	case tokenCloseEmpty, tokenClose:
		if len(p.open) == 0 {
			return fmt.Errorf("an element ends that did not begin, at offset %d of the chunk", p.at-1)
		}
		p.ops[p.open[len(p.open)-1]].place = int32(len(p.ops))
		p.open = p.open[:len(p.open)-1]
		p.ops = append(p.ops, op{kind: opClose})
		return nil
	case tokenAttribute:
		return p.attribute()
	case tokenPITarget:
		_, err := p.name()
		return err
	case tokenPIData:
		_, err := p.wide()
		return err
	case tokenTemplate:
		return p.instance()
	case tokenFragment:
		return p.skip(fragmentHeader - 1)
	}
	part, ok, err := p.part(token)
	if err == nil && !ok {
		err = fmt.Errorf("unknown token %#02x at offset %d of the chunk", token, p.at-1)
	}
	if err != nil || len(p.open) == 0 {
		return err
	}
	if part.kind = opValue; part.isText {
		part.kind = opText
	}
	p.ops = append(p.ops, part)
	return nil
}

// noValue is the dependency id of an element that depends on no value. The others are
// left out when their value is null.
const noValue = 0xffff

// element reads a start tag up to its attributes. The dependency id stands in
// templates and not in values; where that is not so, the name tells.
func (p *parser) element(attributes bool) error {
	at := p.at
	for _, dependency := range []bool{p.inside, !p.inside} {
		p.at = at
		depends := uint16(noValue)
		if dependency {
			depends, _ = p.u16() // that nothing follows is found next
		}
		size, err := p.u32()
		if err != nil || int64(size) > int64(p.end-p.at) {
			continue
		}
		n, err := p.name()
		if err != nil {
			continue
		}
		if attributes {
			if size, err := p.u32(); err != nil || int64(size) > int64(p.end-p.at) {
				return errSize
			}
		}
		p.open = append(p.open, len(p.ops))
		p.ops = append(p.ops, op{kind: opOpen, known: n.known, name: n.text, value: depends, place: math.MaxInt32})
		return nil
	}
	return errName
}

// attribute reads an attribute with its value, which may have several parts.
func (p *parser) attribute() error {
	n, err := p.name()
	if err != nil {
		return err
	}
	parts := 0
	for p.at < p.end {
		at := p.at
		p.at++
		part, ok, err := p.part(p.chunk[at])
		if err != nil {
			return err
		}
		if !ok {
			p.at = at
			break
		}
		if p.budget--; p.budget < 0 {
			return errBudget
		}
		part.kind = opPart
		p.ops = append(p.ops, part)
		parts++
	}
	if parts == 0 {
		p.ops = append(p.ops, op{kind: opAttribute, isText: true})
	}
	last := &p.ops[len(p.ops)-1]
	last.kind, last.name, last.known = opAttribute, n.text, n.known
	if n.known == nameGuid && last.isText {
		last.text = strings.ToLower(last.text)
	}
	if strings.HasPrefix(n.text, "xmlns") {
		p.ops = p.ops[:len(p.ops)-max(parts, 1)]
	}
	return nil
}

// part reads a text or a value; ok is false when the token is of neither.
func (p *parser) part(token byte) (o op, ok bool, err error) {
	o.isText = true
	switch token &^ more {
	case tokenValue:
		o.text, err = p.literal()
	case tokenCDATA:
		o.text, err = p.wide()
	case tokenCharRef:
		var unit uint16
		unit, err = p.u16()
		o.text = string(rune(unit))
	case tokenEntityRef:
		var n name
		n, err = p.name()
		o.text = entity(n.text)
	case tokenSubstitution, tokenOptional:
		o.isText, o.optional = false, token&^more == tokenOptional
		o.value, err = p.u16()
		if err == nil {
			err = p.skip(1)
		}
	default:
		return o, false, nil
	}
	return o, true, err
}

// literal reads a value that stands in the fragment itself: text, or a value of a
// fixed size.
func (p *parser) literal() (string, error) {
	if p.at >= p.end {
		return "", errCut
	}
	kind := p.chunk[p.at]
	p.at++
	if kind == kindString {
		return p.wide()
	}
	size := sizeOf(kind)
	if size == 0 || p.end-p.at < size {
		return "", errSize
	}
	p.at += size
	return string(appendValue(nil, kind, p.chunk[p.at-size:p.at])), nil
}

func entity(name string) string {
	switch name {
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "amp":
		return "&"
	case "quot":
		return `"`
	case "apos":
		return "'"
	}
	return "&" + name + ";"
}

// instance steps over an instance of a template and notes where it is.
func (p *parser) instance() error {
	token := p.at - 1
	in, err := p.header(p.at, p.end)
	if err != nil {
		return err
	}
	p.at = p.valuesEnd(in)
	p.ops = append(p.ops, op{kind: opInstance, place: int32(token), end: int32(p.end)})
	return nil
}

// wide reads text of UTF-16LE with its count of units u16 before it.
func (p *parser) wide() (string, error) {
	n, err := p.u16()
	if err != nil || p.end-p.at < 2*int(n) {
		return "", errCut
	}
	p.at += 2 * int(n)
	raw := p.chunk[p.at-2*int(n) : p.at]
	return p.intern(raw), nil
}

func (p *parser) skip(n int) error {
	if p.end-p.at < n {
		return errCut
	}
	p.at += n
	return nil
}

func (p *parser) u16() (uint16, error) {
	if p.end-p.at < 2 {
		return 0, errCut
	}
	p.at += 2
	return binary.LittleEndian.Uint16(p.chunk[p.at-2:]), nil
}

func (p *parser) u32() (uint32, error) {
	if p.end-p.at < 4 {
		return 0, errCut
	}
	p.at += 4
	return binary.LittleEndian.Uint32(p.chunk[p.at-4:]), nil
}

// name reads where a name stands, and steps over it when it stands right there.
func (p *parser) name() (name, error) {
	at, err := p.u32()
	if err != nil {
		return name{}, err
	}
	n, size, err := p.nameAt(int64(at))
	if err == nil && int(at) == p.at {
		err = p.skip(size)
	}
	return n, err
}

// name is the name of an element, an attribute or an entity.
type name struct {
	text  string
	known known
}

// nameAt reads the name at an offset of the chunk: the next of its bucket u32, hash
// u16, units u16, the units and a zero.
func (d *decoder) nameAt(at int64) (n name, size int, err error) {
	raw := d.rawName(at)
	if raw == nil {
		return n, size, errName
	}
	size = 8 + len(raw) + 2
	if n, ok := d.names[string(raw)]; ok {
		return n, size, nil
	}
	n.text = string(appendWide(nil, raw))
	n.known = knownNames[n.text]
	if len(d.names) >= maxInterned {
		clear(d.names)
	}
	d.names[string(raw)] = n
	return n, size, nil
}

// rawName gives the units of a name, nil when none stands there.
func (d *decoder) rawName(at int64) []byte {
	if at < chunkHeaderSize || at+10 > int64(len(d.chunk)) {
		return nil
	}
	b := d.chunk[at:]
	n := 2 * int(binary.LittleEndian.Uint16(b[6:]))
	if n == 0 || n > maxInternedBytes || len(b) < 8+n+2 || b[8+n] != 0 || b[8+n+1] != 0 {
		return nil
	}
	return b[8 : 8+n]
}

// known are the names that a Record has a field for, or that say where its fields are.
type known uint8

const (
	nameOther known = iota
	nameActivityID
	nameBinary
	nameChannel
	nameComputer
	nameCorrelation
	nameData
	nameEvent
	nameEventData
	nameEventID
	nameEventRecordID
	nameEventSourceName
	nameExecution
	nameGuid
	nameKeywords
	nameLevel
	nameName
	nameOpcode
	nameProcessID
	nameProvider
	nameQualifiers
	nameRelatedActivityID
	nameSecurity
	nameSystem
	nameSystemTime
	nameTask
	nameThreadID
	nameTimeCreated
	nameUserData
	nameUserID
	nameVersion
)

var knownNames = func() map[string]known {
	all := []string{
		"", "ActivityID", "Binary", "Channel", "Computer", "Correlation", "Data", "Event", "EventData", "EventID", "EventRecordID",
		"EventSourceName", "Execution", "Guid", "Keywords", "Level", "Name", "Opcode", "ProcessID", "Provider", "Qualifiers",
		"RelatedActivityID", "Security", "System", "SystemTime", "Task", "ThreadID", "TimeCreated", "UserData", "UserID", "Version",
	}
	m := map[string]known{}
	for i, s := range all {
		m[s] = known(i)
	}
	return m
}()

// intern gives text of UTF-16LE as a string that is shared by all that are equal.
func (d *decoder) intern(raw []byte) string {
	if len(raw) > maxInternedBytes {
		d.spend(len(raw))
		return string(appendWide(nil, raw))
	}
	if s, ok := d.texts[string(raw)]; ok {
		return s
	}
	s := string(appendWide(nil, raw))
	if len(d.texts) >= maxInterned {
		clear(d.texts)
	}
	d.texts[string(raw)] = s
	return s
}

// templateAt gives the template whose definition is at an offset of the chunk: the
// next of its bucket u32, GUID, size u32 and a fragment of that size.
func (d *decoder) templateAt(at int) template {
	if t, ok := d.templates[at]; ok {
		return t
	}
	p := parser{decoder: d, at: at + definitionHeader, inside: true, ops: d.scratch[:0], open: d.nest[:0]}
	p.end = p.at + int(binary.LittleEndian.Uint32(d.chunk[at+20:]))
	err := p.parse(false)
	d.scratch, d.nest = p.ops, p.open
	begin := len(d.steps)
	d.steps = append(d.steps, p.ops...)
	t := template{slices.Clip(d.steps[begin:]), err}
	d.templates[at] = t
	return t
}
