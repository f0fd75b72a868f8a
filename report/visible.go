package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
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

// Grouped writes a count with commas: 16,384.
func Grouped(n int) string { return grouped64(int64(n)) }

func grouped64(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Counted writes a count with its noun.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Grouped(n) + " " + many
}

// bytesText says a size the way a person reads it, in units of 1,000.
func bytesText(n int64) string {
	v, unit := float64(n), 0
	units := [...]string{"B", "KB", "MB", "GB", "TB", "PB"}
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	if unit == 0 || v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, units[unit])
	}
	return fmt.Sprintf("%.1f %s", v, units[unit])
}

// lasting says how long a span is.
func lasting(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 0:
		return ""
	case s < 10:
		return strings.TrimSuffix(strconv.FormatFloat(s, 'f', 1, 64), ".0") + " s"
	case s < 120:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	case s < 2*3600:
		return strconv.FormatFloat(s/60, 'f', 0, 64) + " min"
	case s < 48*3600:
		return strconv.FormatFloat(s/3600, 'f', 1, 64) + " h"
	default:
		return strconv.FormatFloat(s/86400, 'f', 0, 64) + " days"
	}
}

// clockText is the time of day to the millisecond, UTC.
func clockText(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("15:04:05.000")
}

func dayText(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006")
}

func sameDay(a, b Time) bool { return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly) }

// secondsText is a signed difference: +0.5 s.
func secondsText(s float64) string {
	if math.Abs(s) < 0.05 {
		return "0.0 s"
	}
	return fmt.Sprintf("%+.1f s", s)
}

// percent says a share of 1; it never rounds a part up to the whole.
func percent(share float64) string {
	p := min(max(share, 0), 1) * 100
	if p > 99.9 && p < 100 {
		p = 99.9
	}
	return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + " %"
}
