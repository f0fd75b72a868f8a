package filter

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString
	tokGUID
	tokCompare
	tokAnd
	tokOr
	tokNot
	tokOpen
	tokClose
)

// token is one word or sign. text is what a name, string or GUID says, without
// quotes, escapes and braces.
type token struct {
	kind   tokenKind
	column int
	raw    string
	text   string
	op     operator
	value  Value // of a number
	form   spelling
}

// show names the token in an error.
func (t token) show() string {
	switch t.kind {
	case tokEnd:
		return "the end of the filter"
	case tokName:
		return "the name " + quote(t.raw)
	case tokNumber:
		return "the number " + shorten(t.raw)
	case tokString:
		return "the string " + quote(t.text)
	case tokGUID:
		return "the GUID " + shorten(t.raw)
	}
	return quote(t.raw)
}

func shorten(s string) string {
	for i := range s {
		if utf8.RuneCountInString(s[:i]) == maxShown {
			return s[:i] + "..."
		}
	}
	return s
}

func quote(s string) string { return strconv.Quote(shorten(s)) }

// lexer cuts an expression into tokens, one when asked, so that the first error
// of the expression is the one reported.
type lexer struct {
	rest   string
	column int // of the first character of rest
	end    int // the column after the last token
}

// take moves n bytes on.
func (l *lexer) take(n int) string {
	s := l.rest[:n]
	l.rest, l.column = l.rest[n:], l.column+utf8.RuneCountInString(s)
	return s
}

// skip moves over white space and comments.
func (l *lexer) skip() {
	for l.rest != "" {
		r, n := utf8.DecodeRuneInString(l.rest)
		switch {
		case unicode.IsSpace(r):
			l.take(n)
		case strings.HasPrefix(l.rest, "//"):
			line, _, _ := strings.Cut(l.rest, "\n")
			l.take(len(line))
		default:
			return
		}
	}
}

// next is the next token; at the end tokEnd, whose column is the one after the
// last token.
func (l *lexer) next() (token, *Error) {
	l.skip()
	if l.rest == "" {
		return token{kind: tokEnd, column: l.end}, nil
	}
	t, err := l.token()
	l.end = l.column
	return t, err
}

func (l *lexer) token() (token, *Error) {
	if n := wordLength(l.rest); n > 0 {
		column := l.column
		return word(l.take(n), column)
	}
	switch l.rest[0] {
	case '"':
		return l.quoted()
	case '{':
		return l.braced()
	}
	return l.sign()
}

// wordLength counts the bytes of the name, number, keyword or GUID in front.
func wordLength(s string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-*.", r) {
			return i
		}
	}
	return len(s)
}

// word tells apart what is written with the characters of a name. A leading dot
// makes any word a name.
func word(raw string, column int) (token, *Error) {
	t := token{kind: tokName, column: column, raw: raw, text: strings.TrimPrefix(raw, ".")}
	value, form := parseNumber(raw)
	switch {
	case isGUID(raw):
		t.kind, t.text = tokGUID, strings.ToLower(raw)
		return t, nil
	case form == tooLarge:
		return t, fail(column, "number too large: expected -9223372036854775808 to 18446744073709551615, found %s", shorten(raw))
	case form != notNumber:
		t.kind, t.value, t.form = tokNumber, value, form
		return t, nil
	case strings.EqualFold(raw, "AND"):
		t.kind = tokAnd
		return t, nil
	case strings.EqualFold(raw, "OR"):
		t.kind = tokOr
		return t, nil
	case strings.EqualFold(raw, "NOT"):
		t.kind = tokNot
		return t, nil
	}
	return t, checkName(raw, column)
}

// checkName refuses what was meant as a number or has an empty part.
func checkName(raw string, column int) *Error {
	digits := strings.TrimPrefix(raw, "-")
	numeric := digits != "" && digits[0] >= '0' && digits[0] <= '9'
	hex := strings.HasPrefix(strings.ToLower(digits), "0x") && !strings.Contains(digits, ".")
	switch {
	case hex:
		return fail(column, "expected hexadecimal digits after 0x, found %s", shorten(raw))
	case numeric && strings.Trim(digits, "0123456789.-") == "":
		return fail(column, `expected a number, found %s; addresses, dates and versions are strings: "%[1]s"`, shorten(raw))
	}
	at := column
	for i, part := range strings.Split(raw, ".") {
		if part == "" && (i > 0 || raw == ".") {
			return fail(at, "expected a name after the dot in %s", quote(raw))
		}
		at += utf8.RuneCountInString(part) + 1
	}
	return nil
}

// quoted reads a string. It ends on its line, so that a forgotten quote is
// reported where it opens and not at the end of the expression.
func (l *lexer) quoted() (token, *Error) {
	column, text := l.column, []byte(nil)
	whole := l.rest
	l.take(1)
	for l.rest != "" && l.rest[0] != '\n' && l.rest[0] != '\r' {
		switch c := l.rest[0]; {
		case c == '"':
			l.take(1)
			return token{kind: tokString, column: column, raw: whole[:len(whole)-len(l.rest)], text: string(text)}, nil
		case c == '\\' && (strings.HasPrefix(l.rest, `\"`) || strings.HasPrefix(l.rest, `\\`)):
			text = append(text, l.take(2)[1])
		case c == '\\':
			return token{}, fail(l.column, `expected \" or \\ after the backslash in a string; a backslash is written \\`)
		default:
			r, n := utf8.DecodeRuneInString(l.rest)
			if r == utf8.RuneError && n == 1 {
				return token{}, l.unexpected()
			}
			text = append(text, l.take(n)...)
		}
	}
	return token{}, fail(column, `unclosed string: expected " at its end`)
}

func (l *lexer) braced() (token, *Error) {
	column := l.column
	if len(l.rest) < 38 || l.rest[37] != '}' || !isGUID(l.rest[1:37]) {
		return token{}, fail(column, "expected a GUID such as {e53c6823-7bb8-44bb-90dc-3f86090d48a6} at the brace")
	}
	raw := l.take(38)
	return token{kind: tokGUID, column: column, raw: raw, text: strings.ToLower(raw[1:37])}, nil
}

// sign reads what is neither a word nor quoted. Longer signs come first.
func (l *lexer) sign() (token, *Error) {
	for _, s := range [...]struct {
		text string
		kind tokenKind
		op   operator
	}{
		{"==", tokCompare, equal},
		{"!=", tokCompare, notEqual},
		{"<=", tokCompare, lessEqual},
		{">=", tokCompare, greaterEqual},
		{"<", tokCompare, less},
		{">", tokCompare, greater},
		{text: "&&", kind: tokAnd},
		{text: "||", kind: tokOr},
		{text: "!", kind: tokNot},
		{text: "(", kind: tokOpen},
		{text: ")", kind: tokClose},
	} {
		if strings.HasPrefix(l.rest, s.text) {
			column := l.column
			return token{kind: s.kind, column: column, raw: l.take(len(s.text)), op: s.op}, nil
		}
	}
	return token{}, l.unexpected()
}

// unexpected says what was probably meant by a character that starts nothing.
func (l *lexer) unexpected() *Error {
	r, n := utf8.DecodeRuneInString(l.rest)
	switch {
	case r == '=':
		return fail(l.column, "expected ==, found =; equality is written ==")
	case r == '&':
		return fail(l.column, "expected && or AND, found &")
	case r == '|':
		return fail(l.column, "expected || or OR, found |")
	case strings.ContainsRune("'`“”„‘’«»", r):
		return fail(l.column, `expected a name, a value or an operator, found %s; strings stand in "double quotes"`, quote(l.rest[:n]))
	case r == utf8.RuneError && n == 1:
		return fail(l.column, "unexpected byte 0x%02X: expected UTF-8 text", l.rest[0])
	}
	return fail(l.column, "unexpected character %s: expected a name, a value or an operator", quote(l.rest[:n]))
}
