package filter

import (
	"strings"
	"time"
	"unicode/utf8"
)

const (
	wantOperand = "a name, NOT or ("
	wantValue   = `a number, a "string" or a GUID`
)

// Parse compiles an expression. The error is an *Error, of the first place
// where the expression cannot be read.
func Parse(expr string) (*Filter, error) {
	if len(expr) > maxLength {
		return nil, fail(utf8.RuneCountInString(expr[:maxLength])+1, "filter too long: expected at most %d bytes, found %d", maxLength, len(expr))
	}
	p := &parser{lex: lexer{rest: expr, column: 1}}
	root, err := p.filter()
	if err != nil {
		return nil, err
	}
	return &Filter{root: root, names: p.names}, nil
}

type parser struct {
	lex   lexer
	tok   token
	depth int
	bare  bool // the last operand was a name alone
	names []Name
}

func (p *parser) advance() *Error {
	var err *Error
	p.tok, err = p.lex.next()
	return err
}

// expected is the error of a token that does not fit.
func (p *parser) expected(what string) *Error {
	return fail(p.tok.column, "expected %s, found %s", what, p.tok.show())
}

func (p *parser) filter() (node, *Error) {
	if err := p.advance(); err != nil {
		return node{}, err
	}
	if p.tok.kind == tokEnd {
		return node{}, fail(1, `empty filter: expected a comparison such as Id == 1030 or Provider == "..."`)
	}
	root, err := p.or()
	switch {
	case err != nil:
		return node{}, err
	case p.tok.kind == tokClose:
		return node{}, fail(p.tok.column, `expected AND, OR or the end of the filter, found ")" that closes no "("`)
	case p.tok.kind != tokEnd:
		return node{}, p.expected(p.link() + " or the end of the filter")
	}
	return root, nil
}

// link says what joins the last operand to something behind it.
func (p *parser) link() string {
	if p.bare {
		return "an operator (== != < <= > >= AND OR)"
	}
	return "AND, OR"
}

func (p *parser) or() (node, *Error)  { return p.chain(nodeOr, tokOr, p.and) }
func (p *parser) and() (node, *Error) { return p.chain(nodeAnd, tokAnd, p.unary) }

// chain reads operands that one operator joins. Parentheses around the same
// operator are dropped: a AND (b AND c) is a AND b AND c.
func (p *parser) chain(kind nodeKind, joint tokenKind, operand func() (node, *Error)) (node, *Error) {
	first, err := operand()
	if err != nil || p.tok.kind != joint {
		return first, err
	}
	n := node{kind: kind}
	n.join(first)
	for p.tok.kind == joint {
		if err := p.advance(); err != nil {
			return node{}, err
		}
		next, err := operand()
		if err != nil {
			return node{}, err
		}
		n.join(next)
	}
	return n, nil
}

func (n *node) join(child node) {
	if child.kind == n.kind {
		n.children = append(n.children, child.children...)
		return
	}
	n.children = append(n.children, child)
}

func (p *parser) unary() (node, *Error) {
	switch p.tok.kind {
	case tokName:
		return p.comparison()
	case tokNot, tokOpen:
		p.depth++
		if p.depth > maxNesting {
			return node{}, fail(p.tok.column, "nested too deep: expected at most %d parentheses and NOTs inside each other", maxNesting)
		}
		n, err := p.nested()
		p.depth--
		return n, err
	case tokNumber, tokString, tokGUID:
		return node{}, fail(p.tok.column, "expected %s, found %s; the name stands left of the operator", wantOperand, p.tok.show())
	}
	return node{}, p.expected(wantOperand)
}

func (p *parser) nested() (node, *Error) {
	open := p.tok
	if err := p.advance(); err != nil {
		return node{}, err
	}
	if open.kind == tokNot {
		child, err := p.unary()
		return node{kind: nodeNot, children: []node{child}}, err
	}
	n, err := p.or()
	if err != nil {
		return node{}, err
	}
	return n, p.closing(open, p.link()+` or ")"`)
}

// closing reads the ")" of open.
func (p *parser) closing(open token, what string) *Error {
	switch p.tok.kind {
	case tokClose:
		p.bare = false
		return p.advance()
	case tokEnd:
		return fail(open.column, `unclosed parenthesis: expected ")" for this "("`)
	}
	return p.expected(what)
}

// comparison reads a name and what is asked of it.
func (p *parser) comparison() (node, *Error) {
	name := p.tok
	parts := strings.Split(name.text, ".")
	if len(p.names) == maxNames {
		return node{}, fail(name.column, "too many names: expected at most %d", maxNames)
	}
	if err := p.advance(); err != nil {
		return node{}, err
	}
	called := strings.EqualFold(parts[len(parts)-1], "contains")
	switch {
	case p.tok.kind == tokOpen && called:
		return p.contains(name, parts)
	case p.tok.kind == tokOpen:
		return node{}, fail(p.tok.column, `expected an operator, found "("; the only function is Name.contains("text")`)
	case p.tok.kind == tokString && called:
		return node{}, p.expected(`"(" after contains`)
	}
	n := node{kind: nodeExists, name: p.name(name, parts)}
	p.bare = p.tok.kind != tokCompare
	if p.bare {
		return n, nil
	}
	n.kind, n.op = nodeCompare, p.tok.op
	if err := p.advance(); err != nil {
		return node{}, err
	}
	switch p.tok.kind {
	case tokNumber, tokString, tokGUID:
		n.literal = newLiteral(p.tok)
		return n, p.advance()
	case tokName:
		return node{}, fail(p.tok.column, "expected %s, found %s; a text is quoted", wantValue, p.tok.show())
	}
	return node{}, p.expected(wantValue)
}

func (p *parser) name(t token, parts []string) Name {
	n := Name{Parts: parts, Column: t.column}
	p.names = append(p.names, n)
	return n
}

// contains reads ("text") behind Name.contains.
func (p *parser) contains(name token, parts []string) (node, *Error) {
	if len(parts) == 1 {
		return node{}, fail(name.column, `expected a name before contains: Name.contains("text")`)
	}
	n := node{kind: nodeContains, name: p.name(name, parts[:len(parts)-1])}
	open := p.tok
	if err := p.advance(); err != nil {
		return node{}, err
	}
	if p.tok.kind != tokString {
		return node{}, p.expected(`a "string" in contains`)
	}
	n.literal = newLiteral(p.tok)
	n.literal.prepareSearch()
	if err := p.advance(); err != nil {
		return node{}, err
	}
	return n, p.closing(open, `")"`)
}

// newLiteral reads a literal once in every way a value may ask for.
func newLiteral(t token) *literal {
	switch t.kind {
	case tokNumber:
		return &literal{kind: tokNumber, text: t.value.spell(t.form), number: t.value}
	case tokGUID:
		return &literal{kind: tokGUID, text: t.text, folded: foldAll(t.text), guid: t.text}
	}
	l := &literal{kind: tokString, text: t.text, folded: foldAll(t.text)}
	l.number, _ = parseNumber(t.text)
	if g := trimBraces(t.text); isGUID(g) {
		l.guid = strings.ToLower(g)
	}
	if at, err := time.Parse(time.RFC3339Nano, t.text); err == nil {
		l.time = Time(at)
	}
	return l
}
