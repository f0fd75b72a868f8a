package regress

import (
	_ "embed"
	"errors"
	"html/template"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"

	"portverdict/report"
)

//go:embed page.html.tmpl
var pageTemplate string

// indexCSS is what the index has beside the style of the report.
const indexCSS = `.diff{white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px;margin:4px 0 0}main{padding-bottom:36px}`

// page writes the report of a case as a page.
func (r *Runner) page(j *job, found *report.Report) error {
	if r.Pages == "" {
		return nil
	}
	at := path.Join("cases", j.Folder+".html")
	if j.Folder == "." {
		at = "cases/case.html"
	}
	name := filepath.Join(r.Pages, filepath.FromSlash(at))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
	if err != nil {
		return err
	}
	j.Page = at
	return errors.Join(report.WriteHTML(f, found), f.Close())
}

// indexRow is a case on the index.
type indexRow struct {
	Link, Name, Folder, Why, Outcome string
	Diffs                            []string
}

// WriteIndex writes a page that names every case, what came of it and its report. root
// names the folder that was run.
func WriteIndex(w io.Writer, root string, results []Result) error {
	t, err := template.New("index").Parse(pageTemplate)
	if err != nil {
		return err
	}
	css := report.Style() + indexCSS
	p := struct {
		CSP    template.HTML
		CSS    template.CSS
		Root   string
		Class  string
		Cases  string
		Failed int
		Rows   []indexRow
	}{CSP: report.Policy(css, ""), CSS: template.CSS(css), Root: report.Visible(root), Class: "not-exhausted", Cases: report.Counted(len(results), "case", "cases")}
	for _, r := range results {
		row := indexRow{Name: report.Visible(r.Name), Folder: report.Visible(r.Folder), Why: report.Visible(r.Why), Outcome: report.Visible(string(r.Outcome))}
		if r.Page != "" {
			row.Link = (&url.URL{Path: r.Page}).String()
		}
		for _, d := range r.Diffs {
			row.Diffs = append(row.Diffs, report.Visible(d))
		}
		if len(r.Diffs) > 0 {
			p.Failed++
			p.Class = "exhausted" // its red
		}
		p.Rows = append(p.Rows, row)
	}
	return t.Execute(w, p)
}
