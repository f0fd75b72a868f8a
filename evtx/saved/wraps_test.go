package saved

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portverdict/netstatparse/paste"
	"portverdict/netstatparse/textgen"
)

// told is what a text says of events: with what stands around it, where nothing is
// read as it is.
func told(text string, line func(int) int) []string {
	var out []string
	seen := map[string]bool{} // a mail may have the text twice
	for _, r := range []*Reader{NewReader(strings.NewReader(text)), NewUnwrapped(strings.NewReader(text))} {
		for rec, err := range r.Records() {
			if err == nil {
				e := &rec.Event
				what := fmt.Sprintf("%s %d %s %s", e.Provider, e.ID, e.Computer, rec.Local.Format("2006-01-02 15:04:05"))
				if !seen[what] {
					out = append(out, fmt.Sprintf("%d %s", line(rec.Line), what))
				}
				seen[what] = true
			}
		}
		if out != nil {
			break
		}
	}
	return out
}

// unlike tells wrappers whose text is another one: a mail with the same as HTML, which may
// be what is read; empty lines between all, which end an object of a list; XML, in
// which a time is written another way than beside it.
func unlike(name, wrap string) bool {
	return wrap == "mail-quoted-printable" || wrap == "double-spaced" && strings.HasPrefix(name, "winevent-list") ||
		name == "viewer-xml-en.txt" && (wrap == "blanks-typographic" || wrap == "html-pre") || name == "viewer-xp.txt" && wrap == "blanks-typographic"
}

// Events that stand in lines give the same records through what a ticket puts around lines.
func TestWraps(t *testing.T) {
	for name, data := range texts(t) {
		if ext := filepath.Ext(name); ext != ".txt" || !strings.HasPrefix(name, "viewer-") && !strings.HasPrefix(name, "wevtutil") && !strings.HasPrefix(name, "winevent-list") {
			continue
		}
		var b strings.Builder
		for s := paste.NewScanner(bytes.NewReader(data)); s.Scan(); {
			b.WriteString(s.Text() + "\n")
		}
		for _, w := range textgen.Wraps() {
			if w.Rows || unlike(name, w.Name) {
				continue
			}
			text, line := w.Apply(b.String())
			want, got := told(b.String(), line), told(text, func(n int) int { return n })
			if !slices.Equal(got, want) {
				t.Errorf("%s in %s: %s", name, w.Name, cmp.Diff(want, got))
			}
		}
	}
}
