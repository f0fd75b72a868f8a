// Package filter reads the display-filter language of Microsoft Network Monitor
// and asks events for it:
//
//	Wscore_MicrosoftWindowsWinsockAFD.AFD_EVENT_BIND.Status.LENTStatus.Code == 0x209
//	Id == 1030 AND NOT (PID == 4 OR *.Image.contains("svchost"))
//
// An expression compares names with numbers (decimal or 0x), strings and GUIDs
// by == != < <= > >=, asks Name.contains("text"), or names a field alone, which
// holds where the field exists. NOT binds tighter than AND, AND tighter than OR;
// ! && || are the same. // starts a comment that ends with its line.
//
// As in Network Monitor a comparison with a field that the event does not have
// is false, also with !=; of a field with several values any one decides.
package filter

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Name is a name as written, cut at its dots: Provider.Event.Field[.sub],
// *.Field, or a field of the event header. Network Monitor's leading dot is not
// in Parts: .Protocol.Field and Protocol.Field are the same field.
type Name struct {
	Parts  []string
	Column int // 1-based, in characters
}

// Error says what was expected where.
type Error struct {
	Column int // 1-based, in characters of the whole expression
	Text   string
}

func fail(column int, format string, args ...any) *Error {
	return &Error{Column: column, Text: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Text) }

// Point shows the line of expr in which the error is and, on a second line, a
// caret below its column. Of a long line only the surroundings are shown.
func (e *Error) Point(expr string) string {
	chars := []rune(expr)
	at := min(max(e.Column-1, 0), len(chars))
	start, end := at, at
	for start > 0 && chars[start-1] != '\n' {
		start--
	}
	for end < len(chars) && chars[end] != '\n' {
		end++
	}
	before, after := "", ""
	if at-start > maxPointed/2 {
		start, before = at-maxPointed/2, "..."
	}
	if end-at > maxPointed/2 {
		end, after = at+maxPointed/2, "..."
	}
	line := slices.Clone(chars[start:end])
	for i, r := range line {
		if r < ' ' || r == 0x7F {
			line[i] = ' ' // a tab would move the caret away from its character
		}
	}
	return before + string(line) + after + "\n" + strings.Repeat(" ", len(before)+at-start) + "^"
}

// Filter is a compiled expression. It is safe for concurrent use.
type Filter struct {
	root  node
	names []Name
}

// Names are all names of the expression in the order written, each as often as
// it stands there, so that a caller can refuse an unknown one by its column.
func (f *Filter) Names() []Name { return slices.Clone(f.names) }

// Match asks one event. lookup gives all values of a name in that event, none
// when the event has no such field; it must not keep or change Name.Parts.
// Match itself allocates nothing.
func (f *Filter) Match(lookup func(Name) []Value) bool { return f.root.match(lookup) }

// String is the normal form: the operators in capitals, only the parentheses
// that are needed, no comments. It parses to a filter with the same normal form
// as long as it is not longer than an expression may be.
func (f *Filter) String() string {
	var b strings.Builder
	f.root.write(&b)
	return b.String()
}

type nodeKind uint8

const (
	nodeExists nodeKind = iota
	nodeCompare
	nodeContains
	nodeNot
	nodeAnd
	nodeOr
)

type operator uint8

const (
	equal operator = iota
	notEqual
	less
	lessEqual
	greater
	greaterEqual
)

func (o operator) String() string {
	return [...]string{"==", "!=", "<", "<=", ">", ">="}[o]
}

// holds tells the operator's answer from an order: <0, 0 or >0.
func (o operator) holds(order int) bool {
	switch o {
	case equal:
		return order == 0
	case notEqual:
		return order != 0
	case less:
		return order < 0
	case lessEqual:
		return order <= 0
	case greater:
		return order > 0
	}
	return order >= 0
}

type node struct {
	kind     nodeKind
	op       operator
	name     Name
	literal  *literal
	children []node
}

func (n *node) match(lookup func(Name) []Value) bool {
	switch n.kind {
	case nodeNot:
		return !n.children[0].match(lookup)
	case nodeAnd, nodeOr:
		for i := range n.children {
			if n.children[i].match(lookup) == (n.kind == nodeOr) {
				return n.kind == nodeOr
			}
		}
		return n.kind == nodeAnd
	}
	values := lookup(n.name)
	if n.kind == nodeExists {
		return len(values) > 0
	}
	for _, v := range values {
		if n.kind == nodeContains {
			if n.literal.in(v) {
				return true
			}
			continue
		}
		if order, ok := n.literal.order(v); ok && n.op.holds(order) {
			return true
		}
	}
	return false
}

func (n *node) write(b *strings.Builder) {
	switch n.kind {
	case nodeNot:
		b.WriteString("NOT ")
		n.children[0].writeIn(b, n.kind)
	case nodeAnd, nodeOr:
		joint := " AND "
		if n.kind == nodeOr {
			joint = " OR "
		}
		for i := range n.children {
			if i > 0 {
				b.WriteString(joint)
			}
			n.children[i].writeIn(b, n.kind)
		}
	default:
		n.name.write(b)
		switch n.kind {
		case nodeCompare:
			b.WriteString(" " + n.op.String() + " ")
			n.literal.write(b)
		case nodeContains:
			b.WriteString(".contains(")
			n.literal.write(b)
			b.WriteByte(')')
		}
	}
}

// writeIn writes n as an operand of outer. The kinds are in the order of how
// loosely they bind.
func (n *node) writeIn(b *strings.Builder, outer nodeKind) {
	if n.kind <= outer {
		n.write(b)
		return
	}
	b.WriteByte('(')
	n.write(b)
	b.WriteByte(')')
}

// write gives the leading dot back to a name that would else be read as a
// number, a GUID or a keyword.
func (n Name) write(b *strings.Builder) {
	s := strings.Join(n.Parts, ".")
	if t, err := word(s, 1); err != nil || t.kind != tokName {
		b.WriteByte('.')
	}
	b.WriteString(s)
}

// literal is the right side of a comparison, read in every way a value may ask
// for. number and time are the zero Value where it cannot be read so.
type literal struct {
	kind   tokenKind // tokNumber, tokString or tokGUID
	text   string    // a number's or GUID's normal form, or the string itself
	folded []rune
	number Value
	guid   string
	time   Value
	next   []int // of prepareSearch
}

// order compares a value with the literal: <0 when the value is less. It is
// false when the two cannot be compared, and then no operator holds.
func (l *literal) order(v Value) (int, bool) {
	switch v.kind {
	case KindInt, KindUint, KindFloat:
		if !l.number.isNumber() {
			return 0, false
		}
		return compareNumbers(v, l.number)
	case KindGUID:
		return strings.Compare(v.s, l.guid), l.guid != ""
	case KindTime:
		c := cmp.Compare(v.i, l.time.i)
		if c == 0 {
			c = cmp.Compare(v.u, l.time.u)
		}
		return c, l.time.kind == KindTime
	case KindText:
		return l.orderText(v.s)
	}
	return 0, false
}

func (l *literal) orderText(s string) (int, bool) {
	switch l.kind {
	case tokNumber:
		n, form := parseNumber(s)
		if form == notNumber || form == tooLarge {
			return 0, false
		}
		return compareNumbers(n, l.number)
	case tokGUID:
		return compareText(trimBraces(s), l.folded), true
	}
	return compareText(s, l.folded), true
}

// prepareSearch computes for each place in the literal how much of it still
// fits when the next character does not (Knuth, Morris and Pratt), so that a
// search takes one pass whatever the text and the literal are.
func (l *literal) prepareSearch() {
	l.next = make([]int, len(l.folded))
	for i, k := 1, 0; i < len(l.folded); i++ {
		for k > 0 && l.folded[i] != l.folded[k] {
			k = l.next[k-1]
		}
		if l.folded[i] == l.folded[k] {
			k++
		}
		l.next[i] = k
	}
}

// in says whether a text or a GUID contains the literal. Numbers and times
// contain nothing: which digits they have depends on how they are printed.
func (l *literal) in(v Value) bool {
	if v.kind != KindText && v.kind != KindGUID {
		return false
	}
	k := 0
	for s := v.s; k < len(l.folded); {
		if s == "" {
			return false
		}
		r, n := fold(s)
		s = s[n:]
		for k > 0 && r != l.folded[k] {
			k = l.next[k-1]
		}
		if r == l.folded[k] {
			k++
		}
	}
	return true
}

func (l *literal) write(b *strings.Builder) {
	switch l.kind {
	case tokString:
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(l.text))
		b.WriteByte('"')
	case tokGUID:
		b.WriteString("{" + l.text + "}")
	default:
		b.WriteString(l.text)
	}
}
