package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A mutant is one change of one file.
type mutant struct {
	edit
	file   string
	source []byte
	line   int
	what   string
	pkg    string    // its name
	in     *function // nil: it stands in a constant or a table
}

// swapped are operators and what stands in their place.
var swapped = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+", token.MUL: "/",
}

var swappedNames = map[string]string{"true": "false", "false": "true", "min": "max", "max": "min"}

// mutantsOf are all changes of the files of a folder, in their order. Limits only bound
// what is read; one more changes nothing. A file of another system is never built here.
func mutantsOf(dir string) ([]*mutant, error) {
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var out []*mutant
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "limits.go" {
			continue
		}
		if ok, err := build.Default.MatchFile(dir, filepath.Base(name)); err != nil || !ok {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		tree, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		c := changes{files: files, file: name, source: source, pkg: tree.Name.Name}
		for _, d := range tree.Decls {
			c.in = nil
			var n ast.Node = d
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				c.in, n = newFunction(f, c.offset), f.Body
			}
			ast.Inspect(n, c.visit)
		}
		out = append(out, c.out...)
	}
	return out, nil
}

type changes struct {
	files  *token.FileSet
	file   string
	source []byte
	pkg    string
	in     *function
	out    []*mutant
}

func (c *changes) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.BinaryExpr:
		if with, ok := swapped[n.Op]; ok {
			c.replace(n.OpPos, len(n.Op.String()), with, c.textOf(n))
		}
	case *ast.BasicLit:
		if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
			c.replace(n.Pos(), len(n.Value), strconv.FormatInt(v+1, 10), n.Value)
		}
	case *ast.Ident:
		if with, ok := swappedNames[n.Name]; ok {
			c.replace(n.Pos(), len(n.Name), with, n.Name)
		}
	case *ast.IfStmt:
		text := c.textOf(n.Cond)
		c.replace(n.Cond.Pos(), len(text), "!("+text+")", "if "+text)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			c.replace(n.OpPos, 1, "", c.textOf(n))
		}
	case *ast.BranchStmt:
		if n.Label == nil && n.Tok == token.CONTINUE {
			c.replace(n.Pos(), len("continue"), "break", "continue")
		}
	case *ast.ExprStmt, *ast.IncDecStmt:
		c.leaveOut(n)
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			c.leaveOut(n)
		}
	}
	return true
}

// leaveOut takes a statement away.
func (c *changes) leaveOut(n ast.Node) {
	text := c.textOf(n)
	c.replace(n.Pos(), len(text), "", text)
}

func (c *changes) textOf(n ast.Node) string {
	return string(c.source[c.offset(n.Pos()):c.offset(n.End())])
}

func (c *changes) offset(p token.Pos) int { return c.files.Position(p).Offset }

func (c *changes) replace(at token.Pos, length int, with, what string) {
	if with == "" {
		with = " "
	}
	p := c.files.Position(at)
	c.out = append(c.out, &mutant{edit{p.Offset, length, with}, c.file, c.source, p.Line, short(what) + "  ->  " + short(with), c.pkg, c.in})
}

func (m *mutant) String() string {
	root, _ := os.Getwd()
	rel, _ := filepath.Rel(root, m.file)
	return fmt.Sprintf("%s:%d: %s", filepath.ToSlash(rel), m.line, m.what)
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 60)]
}
