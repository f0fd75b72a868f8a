package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible makes every character that could act instead of show (controls,
// bidirectional and zero-width formatting, line and paragraph separators)
// readable as \u{...}. Names in a bundle are written by strangers.
func Visible(s string) string {
	if !strings.ContainsFunc(s, acts) {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	var b strings.Builder
	for _, r := range s {
		if acts(r) {
			fmt.Fprintf(&b, `\u{%02X}`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func acts(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// Inert escapes in JSON text what Visible makes readable, so that no name acts on
// the terminal or editor that shows the text; it says the same to whoever parses it.
func Inert(text []byte) []byte {
	if !slices.ContainsFunc(text, func(c byte) bool { return c >= 0x7F }) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r < 0x7F || !acts(r):
			out = append(out, text[:n]...)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}

// cut is visible, shortened to n characters.
func cut(s string, n int) string {
	if len(s) > 8*n { // do not walk a megabyte to show a line
		s = strings.ToValidUTF8(s[:8*n], "\uFFFD")
	}
	s = Visible(s)
	i := 0
	for at := range s {
		if i == n-1 && len(s)-at > 1 {
			if strings.Count(s[at:], "")-1 > 1 {
				return s[:at] + "…"
			}
		}
		i++
	}
	return s
}
