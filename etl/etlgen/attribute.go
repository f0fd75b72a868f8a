package etlgen

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"portverdict/etl"
)

// maxData bounds the bytes of one data value. No event is larger.
const maxData = 1 << 16

// An attribute is one key=value of a line, or a flag without value.
type attribute struct {
	key, value string
	bad        error // the first thing wrong with value
}

type attributes []*attribute

func parseAttributes(s string) (attributes, error) {
	var a attributes
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		n := strings.IndexAny(s, " \"=")
		if n < 0 {
			n = len(s)
		}
		at := &attribute{key: s[:n]}
		s = s[n:]
		if value, ok := strings.CutPrefix(s, "="); ok {
			if quoted, err := strconv.QuotedPrefix(value); err == nil {
				at.value, _ = strconv.Unquote(quoted)
				s = value[len(quoted):]
			} else {
				at.value, s = cutData(value)
			}
		}
		if s != "" && s[0] != ' ' {
			return nil, fmt.Errorf("%s: %q is out of place", at.key, s)
		}
		a = append(a, at)
	}
	return a, nil
}

// cutData cuts at the first space that is not in quotes.
func cutData(s string) (value, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ' ' && !quoted:
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// err gives what is wrong with the attributes, by name.
func (a attributes) err() error {
	var all []error
	for _, at := range a {
		if at.bad != nil {
			all = append(all, fmt.Errorf("%s: %w", at.key, at.bad))
		}
	}
	return errors.Join(all...)
}

// joined reads a line that is nothing but data.
func (a attributes) joined() ([]byte, error) {
	b := []byte{}
	for _, at := range a {
		if at.value != "" {
			return nil, fmt.Errorf("%s= in a line of data", at.key)
		}
		at.value = at.key
		b = append(b, at.data()...)
	}
	return b, a.err()
}

func (at *attribute) fail(err error) {
	if at.bad == nil {
		at.bad = err
	}
}

func (at *attribute) unknown() { at.fail(errors.New("unknown attribute")) }

func (at *attribute) number(bits int) uint64 {
	return at.parse(at.value, bits)
}

func (at *attribute) parse(s string, bits int) uint64 {
	v, err := strconv.ParseUint(s, 0, bits)
	if err != nil {
		at.fail(err)
	}
	return v
}

func (at *attribute) lie() *uint32 {
	v := uint32(at.number(32))
	return &v
}

// signed reads a number; one that begins with + counts from base.
func (at *attribute) signed(base int64) int64 {
	v, err := strconv.ParseInt(at.value, 0, 64)
	if err != nil {
		at.fail(err)
	}
	if strings.HasPrefix(at.value, "+") || base != 0 && v < 0 {
		v += base
	}
	return v
}

// list reads n numbers, and gives nil when they are not.
func (at *attribute) list(between string, n, bits int) []uint64 {
	parts := strings.Split(at.value, between)
	if len(parts) != n {
		at.fail(fmt.Errorf("%d parts, not %d", len(parts), n))
		return nil
	}
	var v []uint64
	for _, part := range parts {
		v = append(v, at.parse(part, bits))
	}
	return v
}

// guid reads the registry form without braces.
func (at *attribute) guid() (g etl.GUID) {
	b, err := hex.DecodeString(strings.ReplaceAll(at.value, "-", ""))
	if err != nil || len(b) != len(g) || len(at.value) != 36 {
		at.fail(fmt.Errorf("%q is no GUID", at.value))
		return g
	}
	binary.LittleEndian.PutUint32(g[0:], binary.BigEndian.Uint32(b[0:]))
	binary.LittleEndian.PutUint16(g[4:], binary.BigEndian.Uint16(b[4:]))
	binary.LittleEndian.PutUint16(g[6:], binary.BigEndian.Uint16(b[6:]))
	copy(g[8:], b[8:])
	return g
}

// data reads the parts that the package comment names.
func (at *attribute) data() []byte {
	var out []byte
	for part := range strings.SplitSeq(at.value, ",") {
		out = append(out, at.part(part)...)
		if len(out) > maxData {
			at.fail(fmt.Errorf("more than %d bytes", maxData))
			return nil
		}
	}
	return out
}

func (at *attribute) part(s string) []byte {
	le := binary.LittleEndian
	kind, value, ok := strings.Cut(s, ":")
	if ok {
		switch kind {
		case "u16":
			return le.AppendUint16(nil, uint16(at.parse(value, 16)))
		case "u32":
			return le.AppendUint32(nil, uint32(at.parse(value, 32)))
		case "u64":
			return le.AppendUint64(nil, at.parse(value, 64))
		case "utf16":
			text, err := strconv.Unquote(value)
			if err != nil {
				at.fail(fmt.Errorf("%s: %w", value, err))
			}
			return appendUTF16(nil, text)
		}
		at.fail(fmt.Errorf("data of kind %q", kind))
		return nil
	}
	digits, times, repeated := strings.Cut(s, "*")
	b, err := hex.DecodeString(digits)
	if err != nil {
		at.fail(err)
	}
	if !repeated {
		return b
	}
	n := at.parse(times, 32)
	if n > maxData || int(n)*len(b) > maxData {
		at.fail(fmt.Errorf("more than %d bytes", maxData))
		return nil
	}
	return []byte(strings.Repeat(string(b), int(n)))
}
