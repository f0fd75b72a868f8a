package filter

import (
	"errors"
	"strings"
	"testing"
)

var errorCases = []struct {
	expr   string
	column int
	text   string // a part of it
}{
	{"", 1, "empty filter: expected"},
	{" \t// only this", 1, "empty filter: expected"},
	{"a = 5", 3, "expected ==, found ="},
	{"a == 5 & b", 8, "expected && or AND"},
	{"a | b", 3, "expected || or OR"},
	{"é # b", 3, `unexpected character "#": expected`},
	{"a / b", 3, `unexpected character "/"`},
	{"a == 'x'", 6, `"double quotes"`},
	{"a == “x”", 6, `"double quotes"`},
	{"a == \xff", 6, "unexpected byte 0xFF: expected UTF-8"},
	{"a == \"x\xff\"", 8, "unexpected byte 0xFF: expected UTF-8"},
	{"a ==", 5, "expected a number, a \"string\" or a GUID, found the end"},
	{"a ==  // rest ", 5, "found the end of the filter"},
	{"a == AND b", 6, `found "AND"`},
	{"a == b", 6, "found the name \"b\"; a text is quoted"},
	{"a == (5)", 6, `found "("`},
	{"a <> 5", 4, `found ">"`},
	{"a AND", 6, "expected a name, NOT or (, found the end"},
	{"OR b", 1, `expected a name, NOT or (, found "OR"`},
	{"a AND OR b", 7, `found "OR"`},
	{"NOT", 4, "expected a name, NOT or ("},
	{"()", 2, `found ")"`},
	{"5 == a", 1, "found the number 5; the name stands left"},
	{`"x"`, 1, `found the string "x"`},
	{"e53c6823-7bb8-44bb-90dc-3f86090d48a6 == a", 1, "found the GUID e53c"},
	{"a 5", 3, "expected an operator (== != < <= > >= AND OR) or the end of the filter, found the number 5"},
	{"a == 5 b", 8, "expected AND, OR or the end of the filter"},
	{"a == 5 == 6", 8, `found "=="`},
	{"a == 5)", 7, `closes no "("`},
	{"(a == 5", 1, `unclosed parenthesis: expected ")"`},
	{"b AND ((a == 5)", 7, `unclosed parenthesis: expected ")"`},
	{"(a b)", 4, `expected an operator (== != < <= > >= AND OR) or ")"`},
	{"(a == 1 b)", 9, `expected AND, OR or ")"`},
	{`a == "x`, 6, `unclosed string: expected "`},
	{"a == \"x\n\"", 6, `unclosed string: expected "`},
	{`a == "x\`, 8, `expected \" or \\`},
	{`a == "C:\Windows"`, 9, `expected \" or \\`},
	{`a.contains("x"`, 11, "unclosed parenthesis"},
	{`a.contains("x" b`, 16, `expected ")"`},
	{"a.contains(5)", 12, `expected a "string" in contains, found the number 5`},
	{"a.contains()", 12, `expected a "string"`},
	{`a.contains "x"`, 12, `expected "(" after contains`},
	{`contains("x")`, 1, "expected a name before contains"},
	{`.contains("x")`, 1, "expected a name before contains"},
	{`a.startswith("x")`, 13, `the only function is Name.contains("text")`},
	{"a == 18446744073709551616", 6, "number too large: expected"},
	{"a == -9223372036854775809", 6, "number too large"},
	{"a == 0x10000000000000000", 6, "number too large"},
	{"a == " + strings.Repeat("9", maxNumber+1), 6, "number too large"},
	{"a == 0." + strings.Repeat("9", maxNumber+1), 6, "number too large"},
	{"a ?", 3, "unexpected character"},
	{"a OR ?", 6, "unexpected character"},
	{"(?", 2, "unexpected character"},
	{"(a OR )", 7, "expected a name, NOT or ("},
	{"a.contains(?", 12, "unexpected character"},
	{`a.contains("x"?`, 15, "unexpected character"},
	{"a == 0x", 6, "expected hexadecimal digits"},
	{"a == 0x2G", 6, "expected hexadecimal digits"},
	{"a == 1.2.3", 6, `strings: "1.2.3"`},
	{"a == 0.0.0.0", 6, `strings: "0.0.0.0"`},
	{"a == 9.9.9.9", 6, `strings: "9.9.9.9"`},
	{"(a) b", 5, "expected AND, OR or the end of the filter"},
	{"a == -0X", 6, "expected hexadecimal digits"},
	{"a == 10.0.0.1", 6, `strings: "10.0.0.1"`},
	{"a == 1.", 6, "expected a number"},
	{"a == 12-03", 6, "expected a number"},
	{"a == {e53c6823}", 6, "expected a GUID"},
	{"a == {e53c6823-7bb8-44bb-90dc-3f86090d48aX}", 6, "expected a GUID"},
	{"a == {e53c6823-7bb8-44bb-90dc-3f86090d48ag}", 6, "expected a GUID"},
	{"a..b == 1", 3, "expected a name after the dot"},
	{"ab.", 4, "expected a name after the dot"},
	{".", 1, "expected a name after the dot"},
	{"..a", 2, "expected a name after the dot"},
	{"a AND\n\tb ==\n", 12, "found the end"},
	{strings.Repeat("(", maxNesting) + "NOT a", maxNesting + 1, "nested too deep: expected at most 100"},
	{strings.Repeat("!", maxNesting+1) + "a", maxNesting + 1, "nested too deep"},
	{strings.Repeat("a OR ", maxNames) + "a", 5*maxNames + 1, "too many names: expected at most 1000"},
	{"a == \"" + strings.Repeat("é", maxLength/2), maxLength/2 + 4, "filter too long: expected at most 65536 bytes"},
}

func TestErrors(t *testing.T) {
	for _, tc := range errorCases {
		_, err := Parse(tc.expr)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.60q: error %v", tc.expr, err)
			continue
		}
		if e.Column != tc.column || !strings.Contains(e.Text, tc.text) {
			t.Errorf("%.60q: %v; want column %d, %s", tc.expr, e, tc.column, tc.text)
		}
	}
}

func TestLimitsAreReachable(t *testing.T) {
	for _, expr := range []string{
		strings.Repeat("(", maxNesting) + "a" + strings.Repeat(")", maxNesting),
		strings.Repeat("(", maxNesting/2) + strings.Repeat("NOT ", maxNesting/2) + "a" + strings.Repeat(")", maxNesting/2),
		strings.Repeat("a OR ", maxNames-1) + "a",
		strings.Repeat("(a) AND ", maxNesting*2) + "a",
		`a == "` + strings.Repeat("x", maxLength-7) + `"`,
		"a == " + strings.Repeat("0", maxNumber-1) + "1",
		"a == 0." + strings.Repeat("9", maxNumber-2),
	} {
		if _, err := Parse(expr); err != nil {
			t.Errorf("%.40q: %v", expr, err)
		}
	}
}

func TestPoint(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tc := range []struct {
		expr, want string
	}{
		{"Größe = 5", "Größe = 5\n      ^"},
		{"a ==", "a ==\n    ^"},
		{"a AND\n\tb = 5 AND\nc", " b = 5 AND\n   ^"},
		{long + " = " + long, "..." + strings.Repeat("x", 79) + " = " + strings.Repeat("x", 78) + "...\n" + strings.Repeat(" ", 83) + "^"},
		{"", "\n^"},
		{strings.Repeat("x", 79) + " = " + strings.Repeat("y", 78), strings.Repeat("x", 79) + " = " + strings.Repeat("y", 78) + "\n" + strings.Repeat(" ", 80) + "^"},
		{strings.Repeat("x", 80) + " = " + strings.Repeat("y", 79), "..." + strings.Repeat("x", 79) + " = " + strings.Repeat("y", 78) + "...\n" + strings.Repeat(" ", 83) + "^"},
		{long + " AND\n" + strings.Repeat("x", 70) + " = 5", strings.Repeat("x", 70) + " = 5\n" + strings.Repeat(" ", 71) + "^"},
		{"a\x7F\u0080 = 5", "a \u0080 = 5\n ^"},
	} {
		_, err := Parse(tc.expr)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: error %v", tc.expr, err)
			continue
		}
		if got := e.Point(tc.expr); got != tc.want {
			t.Errorf("%q (%v):\n%s\nwant\n%s", tc.expr, e, got, tc.want)
		}
	}
	if got := (&Error{}).Point("abc"); got != "abc\n^" {
		t.Errorf("an error without a place: %q", got)
	}
	if got, want := (&Error{Column: 3, Text: "expected x"}).Error(), "column 3: expected x"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
