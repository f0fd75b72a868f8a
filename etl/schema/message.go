package schema

import (
	"strconv"
	"strings"
)

// Message is the text that the trace, a manifest or a source has for people who read the
// event, with its values filled in; "" when there is none. The built-in tables have none.
func (d *Decoded) Message() string {
	if d.message == "" {
		return ""
	}
	return fill(d.message, d.Fields)
}

// fill writes the values into a message as FormatMessage does: %1 to %99 are fields in
// their order, with or without a format between ! (values are shown as everywhere), %n is
// a new line, %r a return, %t a tab, %b a space, %0 the end, and % before another character
// stands for that one.
func fill(message string, fields []Field) string {
	var b strings.Builder
	for rest := message; rest != "" && b.Len() < maxMessage; {
		text, after, found := strings.Cut(rest, "%")
		b.WriteString(text)
		if !found || after == "" {
			break
		}
		digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
		if n, err := strconv.Atoi(after[:min(digits, 2)]); err == nil {
			if n == 0 {
				break
			}
			rest = after[min(digits, 2):]
			if n > len(fields) {
				b.WriteString("%" + strconv.Itoa(n))
				continue
			}
			b.WriteString(fields[n-1].Value.String())
			if format, behind, ok := strings.Cut(strings.TrimPrefix(rest, "!"), "!"); ok && strings.HasPrefix(rest, "!") && len(format) <= maxFormat {
				rest = behind
			}
			continue
		}
		rest = after[1:]
		switch after[0] {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'b':
			b.WriteByte(' ')
		default:
			b.WriteByte(after[0])
		}
	}
	return strings.TrimRight(strings.ToValidUTF8(b.String()[:min(b.Len(), maxMessage)], ""), "\r\n ")
}
