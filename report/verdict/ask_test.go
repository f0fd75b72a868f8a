package verdict

import (
	"bytes"
	"strings"
	"testing"

	"portverdict/report"
)

// What tests ask of a report.

// poolOf is the first pool of a transport.
func poolOf(r *report.Report, transport string) *report.Pool {
	for i := range r.Verdict.Pools {
		if r.Verdict.Pools[i].Transport == transport {
			return &r.Verdict.Pools[i]
		}
	}
	return &report.Pool{}
}

func tcpPool(r *report.Report) *report.Pool { return poolOf(r, "tcp") }

// finding is the first finding of an id, nil when there is none.
func finding(r *report.Report, id string) *report.Finding {
	for i := range r.Findings {
		if r.Findings[i].ID == id {
			return &r.Findings[i]
		}
	}
	return nil
}

// count is the count of a finding, 0 when there is none.
func count(r *report.Report, id string) int {
	if f := finding(r, id); f != nil {
		return f.Count
	}
	return 0
}

func has(r *report.Report, id string) bool { return finding(r, id) != nil }

// named is the image of the holder that is named, "" when none is.
func named(r *report.Report) string {
	for i := range r.Verdict.Holders {
		if h := &r.Verdict.Holders[i]; h.Named {
			return label(h.Image, nil, h.PID)
		}
	}
	return ""
}

// holder is the row of a PID in the list, nil when there is none.
func holderOf(r *report.Report, pid report.PID) *report.Holder {
	for i := range r.Verdict.Holders {
		if h := &r.Verdict.Holders[i]; h.PID == pid && h.Instances == 1 {
			return h
		}
	}
	return nil
}

// victims are the failures of each PID.
func victims(r *report.Report) map[report.PID]int {
	out := map[report.PID]int{}
	for _, v := range r.Verdict.Victims {
		out[v.PID] += v.Failures
	}
	return out
}

// steps are all next steps as one text.
func stepsOf(r *report.Report) string {
	var b strings.Builder
	for _, s := range r.Verdict.NextSteps {
		b.WriteString(s.Text + " | " + s.Command + "\n")
	}
	return b.String()
}

// said is everything that a report says in sentences.
func said(r *report.Report) string {
	parts := append([]string{r.Verdict.Summary, stepsOf(r)}, r.Verdict.Reasons...)
	for _, p := range r.Verdict.Pools {
		parts = append(parts, p.Reasons...)
		parts = append(parts, p.RangeBasis)
	}
	for _, f := range r.Findings {
		parts = append(parts, f.Title, f.Text, f.CheckByHand)
	}
	for _, h := range r.Verdict.Holders {
		parts = append(parts, h.Note, h.ByDesign)
	}
	for _, m := range r.Verdict.Missing {
		parts = append(parts, m.Input, m.Cost, m.How)
	}
	return strings.Join(parts, "\n")
}

// wants tells of words that a text must hold.
func wants(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in %s", w, text)
		}
	}
}

// wantsNot tells of words that a text must not hold.
func wantsNot(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(text, w) {
			t.Errorf("%q is in %s", w, text)
		}
	}
}

// is compares what is said with what should be.
func is[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// printouts are the forms that people read; the page takes longer than all the others.
func printouts(t *testing.T, r *report.Report, page bool) map[string]string {
	t.Helper()
	var text, md, html bytes.Buffer
	errs := []error{report.WriteText(&text, r, report.TextOptions{}), report.WriteMarkdown(&md, r)}
	if page {
		errs = append(errs, report.WriteHTML(&html, r))
	}
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"text": text.String(), "markdown": md.String(), "page": html.String()}
}

// asJSON is the report as verdict.json.
func asJSON(t testing.TB, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
