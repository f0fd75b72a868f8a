package redact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// still are attributes that say how a page looks and works, not what it says.
var still = words("class style d points transform viewbox preserveaspectratio patternunits overflow colspan start value dx role type scope tabindex lang charset http-equiv open fill stroke width height x y x1 x2 y1 y2 cx cy r")

// inline are tags that do not begin a line; a cell goes on with a tab.
var inline = words("b i code wbr span td th a em strong small")

// links are attributes that point within the page: only the ids of rows are replaced.
var links = words("id href for aria-labelledby aria-describedby aria-controls headers")

// html redacts the texts and attributes of a page; what does not change stays byte for
// byte, as do styles and scripts, whose hashes the page's own policy names.
func (r *Redactor) html(data []byte) ([]byte, error) {
	var said strings.Builder
	if err := walk(data, func(_ []byte, t html.Token, skip bool) {
		r.gather(&said, t, skip)
	}); err != nil {
		return nil, err
	}
	r.learnFrom(said.String())
	var out bytes.Buffer
	err := walk(data, func(raw []byte, t html.Token, skip bool) {
		switch {
		case skip:
		case t.Type == html.TextToken:
			if text := r.replace(t.Data); text != t.Data {
				raw = []byte(html.EscapeString(text))
			}
		case t.Type == html.CommentToken:
			if text := r.replace(t.Data); text != t.Data {
				raw = fmt.Appendf(nil, "<!--%s-->", strings.ReplaceAll(text, "--", "- -"))
			}
		case t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken:
			if r.attributes(t.Attr) {
				raw = []byte(t.String())
			}
		}
		out.Write(raw)
	})
	return out.Bytes(), err
}

// walk calls do for each token of a page; skip tells the text of a script or style. raw
// are the bytes of the token.
func walk(data []byte, do func(raw []byte, t html.Token, skip bool)) error {
	z := html.NewTokenizer(bytes.NewReader(data))
	within := ""
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if errors.Is(z.Err(), io.EOF) {
				if rest := z.Raw(); len(rest) > 0 { // a tag that is cut off
					do(rest, html.Token{Type: html.TextToken, Data: string(rest)}, false)
				}
				return nil
			}
			return z.Err()
		}
		raw := bytes.Clone(z.Raw()) // Token writes over it
		t := z.Token()
		skip := within != "" && kind == html.TextToken
		do(raw, t, skip)
		switch {
		case kind == html.StartTagToken && (t.Data == "script" || t.Data == "style"):
			within = t.Data
		case kind == html.EndTagToken && t.Data == within:
			within = ""
		}
	}
}

// gather writes what a page says as lines, so that names are learned from it as from
// any text: the cells of a row are divided by tabs.
func (r *Redactor) gather(said *strings.Builder, t html.Token, skip bool) {
	switch {
	case skip:
	case t.Type == html.TextToken:
		said.WriteString(t.Data)
	case t.Type == html.EndTagToken && (t.Data == "td" || t.Data == "th"):
		said.WriteByte('\t')
	case t.Type == html.StartTagToken || t.Type == html.EndTagToken:
		if !inline[t.Data] {
			said.WriteByte('\n')
		}
		for _, a := range t.Attr {
			if !still[a.Key] && !links[a.Key] {
				fmt.Fprintf(said, "%s\n", a.Val)
			}
		}
		if slices.Contains(strings.Fields(attribute(t, "class")), "host") || attribute(t, "id") == "host" {
			said.WriteString("computer=")
		}
	}
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// attributes redacts those of a tag and tells whether one is another now.
func (r *Redactor) attributes(all []html.Attribute) bool {
	changed := false
	for i := range all {
		a := &all[i]
		was := a.Val
		switch {
		case still[a.Key]:
		case links[a.Key] && (a.Key != "href" || strings.HasPrefix(a.Val, "#")):
			a.Val = rowIDs().ReplaceAllStringFunc(a.Val, r.rowID)
		default:
			a.Val = r.replace(a.Val)
		}
		changed = changed || a.Val != was
	}
	return changed
}
