package schema

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Kind tells which members of a Value hold it.
type Kind uint8

const (
	Null   Kind = iota
	Uint        // Uint; Text is its name in a map or list of codes, if it has one
	Hex         // Uint, shown with Width hex digits; Text as for Uint
	Int         // Int
	Float       // Float
	Bool        // Uint 0 or 1
	Text        // Text: strings, times, addresses, GUIDs and SIDs
	Bytes       // Bytes
	List        // List
	Struct      // Fields
)

// Value is a decoded value. It owns its memory.
type Value struct {
	Kind   Kind
	Width  uint8 // of Hex, in digits
	Uint   uint64
	Int    int64
	Float  float64
	Text   string
	Bytes  []byte
	List   []Value
	Fields []Field
}

// Field is a named value.
type Field struct {
	Name  string
	Value Value
}

// String is the value on one line.
func (v Value) String() string { return string(v.append(nil)) }

func (v Value) append(b []byte) []byte {
	switch v.Kind {
	case Uint, Hex:
		b = v.appendNumber(b)
		if v.Text != "" {
			b = append(append(b, ' '), v.Text...)
		}
	case Int:
		b = strconv.AppendInt(b, v.Int, 10)
	case Float:
		b = strconv.AppendFloat(b, v.Float, 'g', -1, 64)
	case Bool:
		b = strconv.AppendBool(b, v.Uint != 0)
	case Text:
		b = append(b, v.Text...)
	case Bytes:
		b = hex.AppendEncode(b, v.Bytes)
	case List:
		b = append(b, '[')
		for i := range v.List {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = v.List[i].append(b)
		}
		b = append(b, ']')
	case Struct:
		b = append(b, '{')
		for i := range v.Fields {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(append(b, v.Fields[i].Name...), '=')
			b = v.Fields[i].Value.append(b)
		}
		b = append(b, '}')
	}
	return b
}

func (v Value) appendNumber(b []byte) []byte {
	if v.Kind == Uint {
		return strconv.AppendUint(b, v.Uint, 10)
	}
	b = append(b, "0x"...)
	digits := strings.ToUpper(strconv.FormatUint(v.Uint, 16))
	for n := len(digits); n < int(v.Width); n++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// AppendJSON appends the value as JSON: numbers, booleans, strings, arrays and
// objects; a number with a name and a hexadecimal one are strings ("1 In",
// "0xC0000209 STATUS_TOO_MANY_ADDRESSES"), bytes are lower-case hex.
func (v Value) AppendJSON(b []byte) []byte {
	switch v.Kind {
	case Null:
		return append(b, "null"...)
	case Uint, Int, Float, Bool:
		if v.Text != "" || v.Kind == Float && (math.IsNaN(v.Float) || math.IsInf(v.Float, 0)) {
			break
		}
		return v.append(b)
	case List:
		b = append(b, '[')
		for i := range v.List {
			if i > 0 {
				b = append(b, ',')
			}
			b = v.List[i].AppendJSON(b)
		}
		return append(b, ']')
	case Struct:
		return AppendFields(b, v.Fields)
	}
	return appendString(b, v.String())
}

// AppendFields appends fields as a JSON object. Of equal names the later ones get
// a number, since an object has each name once.
func AppendFields(b []byte, fields []Field) []byte {
	b = append(b, '{')
	seen := make(map[string]int, len(fields))
	for i := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		name := fields[i].Name
		seen[name]++
		if n := seen[name]; n > 1 {
			name += "#" + strconv.Itoa(n)
		}
		b = append(appendString(b, name), ':')
		b = fields[i].Value.AppendJSON(b)
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // a string cannot fail
		return append(b, `""`...)
	}
	return append(b, quoted...)
}
