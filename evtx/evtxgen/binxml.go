package evtxgen

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"unicode/utf16"
)

// The types of values.
const (
	typeNull     = 0x00
	typeString   = 0x01
	typeU8       = 0x04
	typeU16      = 0x06
	typeU32      = 0x08
	typeU64      = 0x0a
	typeBinary   = 0x0e
	typeGUID     = 0x0f
	typeFileTime = 0x11
	typeSID      = 0x13
	typeHex64    = 0x15
	typeBinXML   = 0x21
	typeStrings  = typeString | 0x80
)

// The tokens; more stands for an element that has attributes and for an attribute
// that another follows.
const (
	tokenEnd          = 0x00
	tokenOpen         = 0x01
	tokenCloseOpen    = 0x02
	tokenCloseEmpty   = 0x03
	tokenClose        = 0x04
	tokenText         = 0x05
	tokenAttribute    = 0x06
	tokenTemplate     = 0x0c
	tokenSubstitution = 0x0e // optional: without a value, what it is the value of is left out
	more              = 0x40
)

var fragment = []byte{0x0f, 1, 1, 0}

// content is what an attribute or an element holds: text of the template, or the
// value with a number and a type.
type content struct {
	text  string
	kind  byte // typeNull: text
	value uint16
}

func text(s string) content                    { return content{text: s} }
func valueOf(number uint16, kind byte) content { return content{kind: kind, value: number} }

type attribute struct {
	name string
	content
}

// element writes an element with what inside writes, without content when inside
// is nil. Its size u32 counts from behind the size to behind its end.
func (c *chunk) element(name string, attributes []attribute, inside func()) {
	if len(attributes) == 0 {
		c.data = append(c.data, tokenOpen)
	} else {
		c.data = append(c.data, tokenOpen|more)
	}
	c.u16(math.MaxUint16) // it depends on no value
	end := c.size()
	c.name(name)
	if len(attributes) > 0 {
		end := c.size()
		for i, a := range attributes {
			token := byte(tokenAttribute)
			if i < len(attributes)-1 {
				token |= more
			}
			c.data = append(c.data, token)
			c.name(a.name)
			c.content(a.content)
		}
		end()
	}
	if inside == nil {
		c.data = append(c.data, tokenCloseEmpty)
	} else {
		c.data = append(c.data, tokenCloseOpen)
		inside()
		c.data = append(c.data, tokenClose)
	}
	end()
}

// simple writes an element that has no attributes and holds x.
func (c *chunk) simple(name string, x content) {
	c.element(name, nil, func() { c.content(x) })
}

func (c *chunk) content(x content) {
	if x.kind == typeNull {
		c.data = append(c.data, tokenText, typeString)
		c.text(x.text)
		return
	}
	c.data = append(c.data, tokenSubstitution)
	c.u16(x.value)
	c.data = append(c.data, x.kind)
}

// size leaves room for a size u32, which the function it gives fills in.
func (c *chunk) size() func() {
	at := len(c.data)
	c.u32(0)
	return func() { binary.LittleEndian.PutUint32(c.data[at:], uint32(len(c.data)-at-4)) }
}

// text writes the units of s, their count u16 before them.
func (c *chunk) text(s string) {
	units := c.units(s)
	if len(units) > math.MaxUint16 {
		c.fail(errors.New("a text is too long"))
	}
	c.u16(uint16(len(units)))
	for _, u := range units {
		c.u16(u)
	}
}

// units gives s as UTF-16.
func (c *chunk) units(s string) []uint16 {
	if strings.ContainsRune(s, 0) {
		c.fail(fmt.Errorf("the text %q has U+0000 in it", s))
	}
	return utf16.Encode([]rune(s))
}

// fail keeps the first error of a record.
func (c *chunk) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// name writes where a name stands, u32, and at its first use the name itself: the
// one before it in its bucket u32, hash u16, units u16 and the units with a 0.
func (c *chunk) name(s string) {
	if at, ok := c.names[s]; ok {
		c.u32(at)
		return
	}
	at := uint32(len(c.data) + 4)
	sum := hash(utf16.Encode([]rune(s)))
	bucket := &c.tables.names[uint16(sum)%64]
	c.u32(at)
	c.u32(*bucket)
	c.u16(uint16(sum))
	c.text(s)
	c.u16(0)
	*bucket, c.names[s] = at, at
}

// hash is the hash of a name; the low 16 bits are written.
func hash(units []uint16) uint32 {
	sum := uint32(0)
	for _, u := range units {
		sum = sum*65599 + uint32(u)
	}
	return sum
}

// template writes an instance of the template of a shape, without its values: id
// u32 and where it stands u32, and at its first use the template itself: the one
// before it in its bucket u32, GUID of 16 bytes of which the first 4 are the id,
// size u32 and a fragment.
func (c *chunk) template(shape string, body func()) {
	// The same shape has the same GUID in every log.
	sum := fnv.New128a()
	sum.Write([]byte(shape))
	guid := sum.Sum(nil)
	c.data = append(c.data, tokenTemplate, 1)
	c.data = append(c.data, guid[:4]...)
	if at, ok := c.templates[shape]; ok {
		c.u32(at)
		return
	}
	at := uint32(len(c.data) + 4)
	words := make([]uint16, len(guid)/2)
	for i := range words {
		words[i] = binary.LittleEndian.Uint16(guid[2*i:])
	}
	bucket := &c.tables.templates[hash(words)%32]
	c.u32(at)
	c.u32(*bucket)
	c.data = append(c.data, guid...)
	end := c.size()
	c.data = append(c.data, fragment...)
	body()
	c.data = append(c.data, tokenEnd)
	end()
	*bucket, c.templates[shape] = at, at
}

// value is one value of an instance. What nested writes comes instead of raw.
type value struct {
	kind   byte
	raw    []byte
	nested func()
}

// values writes the values of an instance: their count u32, a descriptor of each
// with size u16 and type u16, and the values. It gives where each stands.
func (c *chunk) values(values []value) []int {
	c.u32(uint32(len(values)))
	descriptors := len(c.data)
	for _, v := range values {
		c.u16(0)
		c.u16(uint16(v.kind))
	}
	places := make([]int, len(values))
	for i, v := range values {
		at := len(c.data)
		places[i] = at
		if c.data = append(c.data, v.raw...); v.nested != nil {
			v.nested()
		}
		size := len(c.data) - at
		if size > math.MaxUint16 {
			c.fail(fmt.Errorf("a value of %d bytes is too long", size))
		}
		binary.LittleEndian.PutUint16(c.data[descriptors+4*i:], uint16(size))
	}
	return places
}
