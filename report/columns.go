package report

import (
	"slices"
	"strings"
	"unicode"
)

// Lines of a terminal: how wide a text is, and how it is wrapped, cut and padded.

// unbroken are the words of s; a number and its unit are one.
func unbroken(s string) []string {
	var out []string
	for word := range strings.FieldsSeq(s) {
		if last := len(out) - 1; last >= 0 && slices.Contains(units, strings.TrimRight(word, ".,;:)")) && endsInDigit(out[last]) {
			out[last] += " " + word
			continue
		}
		out = append(out, word)
	}
	return out
}

var units = []string{"s", "ms", "min", "h", "%", "B", "KB", "MB", "GB"}

func endsInDigit(s string) bool {
	c := s[len(s)-1]
	return '0' <= c && c <= '9'
}

// Wrap breaks s at blanks into at most n lines of width columns; what is left
// over ends in an ellipsis.
func Wrap(s string, width, n int) []string {
	var out []string
	line := ""
	for _, word := range unbroken(s) {
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			out, line = append(out, Clip(line, width)), word
		}
		if len(out) == n {
			out[n-1] = unfinished(out[n-1], width)
			return out
		}
	}
	return append(out, Clip(line, width))
}

// unfinished ends a line in an ellipsis, in place of its last words when there is
// no room.
func unfinished(line string, width int) string {
	for columns(line)+2 > width {
		i := strings.LastIndexByte(line, ' ')
		if i < width/2 {
			break // one long word, of which the beginning tells more than nothing
		}
		line = line[:i]
	}
	return Clip(line+" …", width)
}

// Clip shortens s to width columns.
func Clip(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// Pad fills s with blanks to width columns.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(width-columns(s), 0)) }

func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is how many terminal cells a character takes: two for the East
// Asian wide blocks and emoji, none for combining marks.
func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && unicode.Is(wide, r):
		return 2
	}
	return 1
}

// wide are the characters of two cells: East Asian Width W and F of Unicode, in
// blocks where nothing narrow of note stands between them.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115F, 1},
		{0x231A, 0x231B, 1},
		{0x2329, 0x232A, 1},
		{0x23E9, 0x23EC, 1},
		{0x23F0, 0x23F3, 3},
		{0x25FD, 0x25FE, 1},
		{0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1},
		{0x267F, 0x2693, 20},
		{0x26A1, 0x26A1, 1},
		{0x26AA, 0x26AB, 1},
		{0x26BD, 0x26BE, 1},
		{0x26C4, 0x26C5, 1},
		{0x26CE, 0x26D4, 6},
		{0x26EA, 0x26EA, 1},
		{0x26F2, 0x26F3, 1},
		{0x26F5, 0x26FA, 5},
		{0x26FD, 0x2705, 8},
		{0x270A, 0x270B, 1},
		{0x2728, 0x2728, 1},
		{0x274C, 0x274E, 2},
		{0x2753, 0x2755, 1},
		{0x2757, 0x2757, 1},
		{0x2795, 0x2797, 1},
		{0x27B0, 0x27BF, 15},
		{0x2B1B, 0x2B1C, 1},
		{0x2B50, 0x2B55, 5},
		{0x2E80, 0xA4CF, 1},
		{0xA960, 0xA97C, 1},
		{0xAC00, 0xD7A3, 1},
		{0xF900, 0xFAFF, 1},
		{0xFE10, 0xFE19, 1},
		{0xFE30, 0xFE6F, 1},
		{0xFF00, 0xFF60, 1},
		{0xFFE0, 0xFFE6, 1},
	},
	R32: []unicode.Range32{
		{0x16FE0, 0x18D08, 1},
		{0x1AFF0, 0x1B2FB, 1},
		{0x1F004, 0x1F0CF, 203},
		{0x1F18E, 0x1F18E, 1},
		{0x1F191, 0x1F19A, 1},
		{0x1F200, 0x1F265, 1},
		{0x1F300, 0x1FAFF, 1},
		{0x20000, 0x3FFFD, 1},
	},
}
