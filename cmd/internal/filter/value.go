package filter

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind says what a Value holds.
type Kind uint8

// The kinds of a Value. The zero Value has none: it exists, and no comparison
// with it holds.
const (
	KindNone Kind = iota
	KindInt
	KindUint
	KindFloat
	KindText
	KindGUID
	KindTime
)

// Value is one decoded field of an event. It is comparable and holds no pointer
// besides the string it was made of.
type Value struct {
	kind Kind
	i    int64  // KindInt; seconds since 1970 of KindTime
	u    uint64 // KindUint; bits of KindFloat; nanoseconds of KindTime
	s    string
}

// Int is a signed number.
func Int(i int64) Value { return Value{kind: KindInt, i: i} }

// Uint is an unsigned number.
func Uint(u uint64) Value { return Value{kind: KindUint, u: u} }

// Float is a floating-point number. No comparison with NaN holds.
func Float(f float64) Value { return Value{kind: KindFloat, u: math.Float64bits(f)} }

// Text is a string, compared without regard to case.
func Text(s string) Value { return Value{kind: KindText, s: s} }

// GUID takes a GUID in lower case without braces.
func GUID(s string) Value { return Value{kind: KindGUID, s: s} }

// Time is an instant. Seconds and nanoseconds are kept apart because a FILETIME
// of 1601 does not fit in the nanoseconds of an int64.
func Time(t time.Time) Value {
	return Value{kind: KindTime, i: t.Unix(), u: uint64(t.Nanosecond())}
}

func (v Value) float() float64 { return math.Float64frombits(v.u) }

func (v Value) isNumber() bool {
	return v.kind == KindInt || v.kind == KindUint || v.kind == KindFloat
}

// compareNumbers orders two numbers by their exact value: going through float64
// would make 2^53 and 2^53+1 equal, and kernel addresses are larger than that.
// It is false for NaN.
func compareNumbers(a, b Value) (int, bool) {
	switch {
	case a.kind == KindFloat && b.kind == KindFloat:
		x, y := a.float(), b.float()
		return cmp.Compare(x, y), !math.IsNaN(x) && !math.IsNaN(y)
	case a.kind == KindFloat:
		return compareFloat(a.float(), b)
	case b.kind == KindFloat:
		c, ok := compareFloat(b.float(), a)
		return -c, ok
	case a.kind == KindInt && b.kind == KindInt:
		return cmp.Compare(a.i, b.i), true
	case a.kind == KindInt && a.i < 0:
		return -1, true
	case b.kind == KindInt && b.i < 0:
		return 1, true
	}
	return cmp.Compare(a.magnitude(), b.magnitude()), true
}

// magnitude is the value of a whole number that is not negative.
func (v Value) magnitude() uint64 {
	if v.kind == KindInt {
		return uint64(v.i)
	}
	return v.u
}

// compareFloat orders f and a whole number.
func compareFloat(f float64, n Value) (int, bool) {
	whole := math.Trunc(f)
	switch {
	case math.IsNaN(f):
		return 0, false
	case f >= 1<<64:
		return 1, true
	case f < math.MinInt64:
		return -1, true
	}
	rounded := Value{kind: KindInt, i: int64(whole)}
	if whole >= 0 {
		rounded = Uint(uint64(whole))
	}
	if c, _ := compareNumbers(rounded, n); c != 0 {
		return c, true
	}
	return cmp.Compare(f, whole), true
}

// spelling says how a word reads as a number.
type spelling uint8

const (
	notNumber spelling = iota
	wholeNumber
	hexNumber
	fraction
	tooLarge
)

// parseNumber reads a decimal number, a decimal fraction or a 0x number, each
// with or without a minus. It allocates nothing, because Match calls it for
// texts; strconv would allocate its error for each text that is no number.
func parseNumber(s string) (Value, spelling) {
	digits, negative := strings.CutPrefix(s, "-")
	form, base := wholeNumber, uint64(10)
	if len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		digits, form, base = digits[2:], hexNumber, 16
	}
	dots, large, n := 0, len(s) > maxNumber, uint64(0)
	for i := range len(digits) {
		d := digit(digits[i])
		if digits[i] == '.' && base == 10 && i > 0 && i < len(digits)-1 {
			dots++
			continue
		}
		if d >= base {
			return Value{}, notNumber
		}
		large = large || n > (math.MaxUint64-d)/base && dots == 0
		n = n*base + d
	}
	if digits == "" || dots > 1 {
		return Value{}, notNumber
	}
	if dots == 1 && len(s) <= maxNumber {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return Value{}, tooLarge
		}
		return Float(f), fraction
	}
	switch {
	case large || negative && n > 1<<63:
		return Value{}, tooLarge
	case negative:
		return Int(int64(-n)), form
	}
	return Uint(n), form
}

// digit is the value of a hexadecimal digit, and more than 15 of anything else: what stands
// before a is far above it as a byte.
func digit(c byte) uint64 {
	if c >= '0' && c <= '9' {
		return uint64(c - '0')
	}
	return uint64(c|0x20-'a') + 10
}

// spell is the normal form of a number.
func (v Value) spell(form spelling) string {
	switch {
	case v.kind == KindFloat:
		s := strconv.FormatFloat(v.float(), 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0" // it would else be read as a whole number, and may be too large for one
		}
		return s
	case form == hexNumber && v.kind == KindInt && v.i < 0:
		return "-0x" + strings.ToUpper(strconv.FormatUint(-uint64(v.i), 16))
	case form == hexNumber:
		return "0x" + strings.ToUpper(strconv.FormatUint(v.magnitude(), 16))
	case v.kind == KindInt:
		return strconv.FormatInt(v.i, 10)
	}
	return strconv.FormatUint(v.magnitude(), 10)
}

// trimBraces takes the braces off that Windows prints around a GUID.
func trimBraces(s string) string {
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		return s[1 : len(s)-1]
	}
	return s
}

// isGUID says whether s is a GUID without braces, in any case.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && digit(s[i]) > 15 {
			return false
		}
	}
	return true
}

// fold decodes the first character of s for a comparison without regard to
// case, and its length in bytes. A byte that is no UTF-8 equals only itself.
func fold(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		if s[0] >= 'A' && s[0] <= 'Z' {
			return rune(s[0]) + 'a' - 'A', 1
		}
		return rune(s[0]), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n == 1 {
		return utf8.MaxRune + 1 + rune(s[0]), 1
	}
	return unicode.ToLower(unicode.ToUpper(r)), n
}

// foldAll folds a whole literal, once at Parse.
func foldAll(s string) []rune {
	out := make([]rune, 0, len(s))
	for s != "" {
		r, n := fold(s)
		out, s = append(out, r), s[n:]
	}
	return out
}

// compareText orders s and a folded literal.
func compareText(s string, folded []rune) int {
	for _, want := range folded {
		if s == "" {
			return -1
		}
		r, n := fold(s)
		if r != want {
			return cmp.Compare(r, want)
		}
		s = s[n:]
	}
	return min(len(s), 1)
}
