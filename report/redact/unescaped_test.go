package redact

import (
	"slices"
	"testing"
)

// Each character of what is left has its place in the text, and the end has one too.
func TestUnescaped(t *testing.T) {
	for text, want := range map[string]struct {
		out    string
		places []int
	}{
		"": {"", []int{0}}, `a\*b`: {"a*b", []int{0, 1, 3, 4}}, `\`: {`\`, []int{0, 1}}, `C:\dir`: {`C:\dir`, []int{0, 1, 2, 3, 4, 5, 6}}, `\\host`: {`\host`, []int{0, 2, 3, 4, 5, 6}},
	} {
		if out, places := unescaped(text); out != want.out || !slices.Equal(places, want.places) {
			t.Errorf("%q: %q, %v", text, out, places)
		}
	}
}
