package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// function is a function as it stands in its file, in bytes.
type function struct {
	decl             *ast.FuncDecl
	start, end       int // without its comment
	nameEnd, bodyEnd int // behind its name, and behind the brace that opens its body
	offset           func(token.Pos) int
}

func newFunction(d *ast.FuncDecl, offset func(token.Pos) int) *function {
	return &function{d, offset(d.Pos()), offset(d.End()), offset(d.Name.End()), offset(d.Body.Lbrace) + 1, offset}
}

// edit puts a text in the place of some bytes.
type edit struct {
	at, length int
	with       string
}

// edited gives the bytes from start to end with the edits, none of which overlap.
func edited(source []byte, start, end int, edits ...edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.at - b.at })
	var out bytes.Buffer
	for _, e := range edits {
		out.Write(source[start:e.at])
		out.WriteString(e.with)
		start = e.at + e.length
	}
	out.Write(source[start:end])
	return out.Bytes()
}

// woven is a file with all of its mutants in it, so that one build serves them all: each
// is a copy of its function, which the function itself calls where that mutant is on. What
// the compiler says of a copy, it says of a file named after the mutant.
func woven(source []byte, of map[int]*mutant) []byte {
	var edits []edit
	var copies bytes.Buffer
	calls := map[*function]string{}
	for _, n := range slices.Sorted(maps.Keys(of)) {
		m := of[n]
		f := m.in
		if calls[f] == "" {
			edits = append(edits, f.named()...)
		}
		calls[f] += fmt.Sprintf("case %d: %s; ", n, f.call(n))
		fmt.Fprintf(&copies, "\n//line mutant%d:1\n", n)
		copies.Write(edited(source, f.start, f.end, edit{f.nameEnd, 0, suffix(n)}, m.edit))
	}
	for f, text := range calls {
		edits = append(edits, edit{f.bodyEnd, 0, " switch mutantOn { " + text + "}; "})
	}
	return append(edited(source, 0, len(source), edits...), copies.Bytes()...)
}

func suffix(n int) string { return fmt.Sprintf("__%d", n) }

// fields are the receiver and the parameters.
func (f *function) fields() []*ast.Field {
	var out []*ast.Field
	if f.decl.Recv != nil {
		out = append(out, f.decl.Recv.List...)
	}
	return append(out, f.decl.Type.Params.List...)
}

// named gives a name to each parameter that has none, so that it can be passed on.
func (f *function) named() []edit {
	var out []edit
	for i, field := range f.fields() {
		if field.Names == nil {
			out = append(out, edit{f.offset(field.Type.Pos()), 0, unnamed(i, 0) + " "})
		}
		for k, name := range field.Names {
			if name.Name == "_" {
				out = append(out, edit{f.offset(name.Pos()), 1, unnamed(i, k)})
			}
		}
	}
	return out
}

func unnamed(i, k int) string { return fmt.Sprintf("p%d_%d", i, k) }

// call passes everything on to a copy.
func (f *function) call(n int) string {
	var args []string
	for i, field := range f.fields() {
		names := []string{unnamed(i, 0)}
		if field.Names != nil {
			names = nil
		}
		for k, name := range field.Names {
			if name.Name == "_" {
				names = append(names, unnamed(i, k))
			} else {
				names = append(names, name.Name)
			}
		}
		if _, ok := field.Type.(*ast.Ellipsis); ok {
			names[len(names)-1] += "..."
		}
		args = append(args, names...)
	}
	callee := f.decl.Name.Name + suffix(n)
	if f.decl.Recv != nil {
		callee, args = args[0]+"."+callee, args[1:]
	}
	if types := f.decl.Type.TypeParams; types != nil {
		var names []string
		for _, field := range types.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
		callee += "[" + strings.Join(names, ", ") + "]"
	}
	text := callee + "(" + strings.Join(args, ", ") + ")"
	if f.decl.Type.Results == nil {
		return text + "; return"
	}
	return "return " + text
}
