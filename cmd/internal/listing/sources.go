package listing

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"portverdict/report"
)

// Source is a source as verdict.json has it and, of a trace, what is in it.
type Source struct {
	report.Source
	*Trace
}

// WriteSourcesJSON writes the sources as one JSON object.
func WriteSourcesJSON(w io.Writer, sources []Source) error {
	return report.EncodeJSON(w, struct {
		Sources []Source `json:"sources"`
	}{sources})
}

// WriteSourcesText writes the sources for a person.
func WriteSourcesText(w io.Writer, sources []Source) error {
	var b strings.Builder
	for i, s := range sources {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", report.Visible(s.Path))
		line := func(name, format string, args ...any) {
			fmt.Fprintf(&b, "  %-10s %s\n", name, report.Visible(fmt.Sprintf(format, args...)))
		}
		line("kind", "%s", s.Kind)
		line("size", "%d bytes", s.Size)
		line("sha256", "%s", s.SHA256)
		if !s.Window.From.IsZero() || !s.Window.To.IsZero() {
			line("window", "%s to %s", s.Window.From, s.Window.To)
		}
		if s.Clock.Zone != "" || s.Clock.Basis != "" {
			line("clock", "%s", strings.TrimSpace(s.Clock.Zone+" "+s.Clock.Basis))
		}
		line("decoded", "%d, not understood %d", s.Decoded, s.Undecoded)
		line("lost", "%d events, %d buffers%s", s.LostEvents, s.LostBuffers, flagWords(s.Source))
		for _, name := range slices.Sorted(maps.Keys(s.Facts)) {
			line("fact", "%s: %s", name, s.Facts[name])
		}
		if s.Trace != nil {
			s.text(line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func flagWords(s report.Source) string {
	var out string
	if s.Wrapped {
		out += ", wrapped"
	}
	if s.Truncated {
		out += ", truncated"
	}
	return out
}
