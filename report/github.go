package report

import (
	"fmt"
	"io"
	"strings"
)

// maxAnnotations is how many annotations of one level GitHub shows of a step.
const maxAnnotations = 10

// An Annotation is what GitHub Actions shows at the head of a run and beside a file.
// Level is "error", "warning" or "notice"; File may be "", and Line is then of no file.
type Annotation struct {
	Level, Title, Text string
	File               string
	Line               int
}

// WriteAnnotations writes annotations as workflow commands, a line each. Of a level that
// has more than GitHub shows, the further ones are left out.
func WriteAnnotations(w io.Writer, all []Annotation) error {
	written := map[string]int{}
	for _, a := range all {
		if written[a.Level]++; written[a.Level] > maxAnnotations {
			continue
		}
		head := a.Level + " title=" + property(a.Title)
		if a.File != "" {
			head += ",file=" + property(a.File)
			if a.Line > 0 {
				head += fmt.Sprintf(",line=%d", a.Line)
			}
		}
		if _, err := fmt.Fprintf(w, "::%s::%s\n", head, data(a.Text)); err != nil {
			return err
		}
	}
	return nil
}

// data escapes the text of a workflow command, property the value of its attributes.
func data(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.ReplaceAll(Visible(lines[i]), "%", "%25")
	}
	return strings.Join(lines, "%0A")
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}

// WriteGitHub writes the verdict and its critical and warning findings as annotations of
// GitHub Actions, each at the first place it rests on.
func WriteGitHub(w io.Writer, r *Report) error {
	v := &r.Verdict
	level := map[Outcome]string{Exhausted: "error", Likely: "warning", NotExhausted: "notice"}[v.Outcome]
	if level == "" {
		level = "warning"
	}
	all := []Annotation{{Level: level, Title: "Ports: " + strings.ToLower(outcomeWord(v.Outcome)), Text: v.Summary}}
	rows := byID(r)
	for i := range r.Findings {
		f := &r.Findings[i]
		level := sarifLevelOf(f.Severity)
		if level != "error" && level != "warning" {
			continue
		}
		a := Annotation{Level: level, Title: f.ID, Text: fmt.Sprintf("%s: %s", f.Title, strings.TrimSpace(Grouped(f.Count)+" "+unitOf(f)))}
		for _, id := range f.Evidence {
			if e := rows[id]; e != nil {
				a.File, a.Line = e.Source, e.Line
				a.Text += ", first at " + e.Where()
				break
			}
		}
		all = append(all, a)
	}
	return WriteAnnotations(w, all)
}
