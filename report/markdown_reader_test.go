package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	source "github.com/yuin/goldmark/text"
)

// A ticket is Markdown as another reader understands it.
type ticket struct {
	headings []string
	commands []string   // blocks of code
	tables   [][]string // the texts of the cells, a table each
	inert    bool       // no link, picture or markup of HTML
	text     string
}

func readTicket(written []byte) ticket {
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(source.NewReader(written))
	t := ticket{inert: true}
	var all strings.Builder
	textOf := func(n ast.Node) string {
		var b strings.Builder
		_ = ast.Walk(n, func(n ast.Node, in bool) (ast.WalkStatus, error) {
			if s, ok := n.(*ast.Text); ok && in {
				b.Write(s.Segment.Value(written))
			}
			return ast.WalkContinue, nil
		})
		return b.String()
	}
	_ = ast.Walk(doc, func(n ast.Node, in bool) (ast.WalkStatus, error) {
		if !in {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			t.headings = append(t.headings, textOf(n))
		case *ast.FencedCodeBlock:
			var b strings.Builder
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				b.Write(line.Value(written))
			}
			t.commands = append(t.commands, strings.TrimSuffix(b.String(), "\n"))
		case *extast.Table:
			t.tables = append(t.tables, nil)
		case *extast.TableCell:
			at := len(t.tables) - 1
			t.tables[at] = append(t.tables[at], textOf(n))
		case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML, *ast.HTMLBlock:
			t.inert = false
		case *ast.Text:
			all.Write(n.Segment.Value(written))
		}
		return ast.WalkContinue, nil
	})
	t.text = all.String()
	return t
}

// Another reader of Markdown finds one heading, the commands as they stand, tables that are
// whole, and no name that acts.
func TestMarkdownByAnotherReader(t *testing.T) {
	for name, r := range samples() {
		var b bytes.Buffer
		if err := WriteMarkdown(&b, r); err != nil {
			t.Fatal(err)
		}
		got := readTicket(b.Bytes())
		if !got.inert {
			t.Errorf("%s: a link, a picture or HTML comes out of\n%s", name, &b)
		}
		if len(got.headings) != 1 {
			t.Errorf("%s: headings %q", name, got.headings)
		}
		for i := range r.Verdict.NextSteps {
			c := wholeCommand(r.Verdict.NextSteps[i].Command)
			if c != "" && !strings.ContainsAny(c, "<`") && i < maxMarkdownRows && !slices.Contains(got.commands, c) {
				t.Errorf("%s: %q is none of %q", name, c, got.commands)
			}
		}
		if len(r.Verdict.Victims) > 0 && !slices.ContainsFunc(got.tables, func(cells []string) bool {
			return len(cells)%6 == 0 && len(cells) >= 12 && cells[0] == "Refused"
		}) {
			t.Errorf("%s: the refused are in none of %q", name, got.tables)
		}
		if n := len(r.Sources); n > 0 && !slices.ContainsFunc(got.tables, func(cells []string) bool {
			return len(cells) == 5*(1+fit(n, maxMarkdownRows)) && cells[0] == "Input"
		}) {
			t.Errorf("%s: the inputs are in none of %q", name, got.tables)
		}
	}
	if readTicket([]byte("[a](http://b)\n")).inert || readTicket([]byte("<b>\n")).inert || readTicket([]byte("www.example.com\n")).inert {
		t.Error("the reader finds nothing that acts")
	}
}
