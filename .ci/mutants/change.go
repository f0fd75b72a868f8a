package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A mutant is one change of one file.
type mutant struct {
	file       string
	source     []byte
	line       int
	at, length int // the bytes that are replaced
	with       string
	what       string
}

// swapped are operators and what stands in their place.
var swapped = map[token.Token]string{
	token.EQL: "!=", token.NEQ: "==", token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">",
	token.LAND: "||", token.LOR: "&&", token.ADD: "-", token.SUB: "+", token.MUL: "/",
}

var swappedNames = map[string]string{"true": "false", "false": "true", "min": "max", "max": "min"}

// mutantsOf are all changes of the files of a folder, in their order. Limits only bound
// what is read; one more changes nothing.
func mutantsOf(dir string, files *token.FileSet) ([]mutant, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var out []mutant
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "limits.go" {
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
		c := changes{files: files, file: name, source: source}
		ast.Inspect(tree, c.visit)
		out = append(out, c.out...)
	}
	return out, nil
}

type changes struct {
	files  *token.FileSet
	file   string
	source []byte
	out    []mutant
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
	return string(c.source[c.files.Position(n.Pos()).Offset:c.files.Position(n.End()).Offset])
}

func (c *changes) replace(at token.Pos, length int, with, what string) {
	p := c.files.Position(at)
	if with == "" {
		with = " "
	}
	c.out = append(c.out, mutant{c.file, c.source, p.Line, p.Offset, length, with, short(what) + "  ->  " + short(with)})
}
