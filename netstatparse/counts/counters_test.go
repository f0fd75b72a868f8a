package counts

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/netstatparse/textgen"
)

// sameAsCounted reads what a counter printed through a wrapper, nil for none: every figure
// is read once, with its state, its process and its line.
func sameAsCounted(t *testing.T, counter textgen.Counter, wrap *textgen.Wrap, figures []textgen.Figure) {
	t.Helper()
	text, at := counter.Print(figures)
	line := func(n int) int { return n }
	name := counter.Name
	if wrap != nil {
		text, line = wrap.Apply(text)
		name += " in " + wrap.Name
	}
	found, errs := Read(strings.NewReader(text))
	if errs != nil || len(found) != len(figures) {
		t.Errorf("%s: %d counts, want %d, errors %v", name, len(found), len(figures), errs)
		return
	}
	for i, f := range figures {
		c := &found[i]
		pid := -1
		if counter.PIDs {
			pid = f.PID
		}
		got, want := fmt.Sprintf("%s %d %d in line %d", c.State, c.PID, c.Rows, c.Line), fmt.Sprintf("%s %d %d in line %d", f.State, pid, f.N, line(at[i]))
		if got != want || !c.Exact {
			t.Errorf("%s: %s (exactly: %v), want %s", name, got, c.Exact, want)
			return
		}
	}
}

// survives tells that a wrapper leaves a form what it is. JSON is one value, and a list
// with a bar before each line is a table of Markdown.
func survives(c textgen.Counter, w textgen.Wrap) bool {
	return !w.Rows && c.Name != "group-json" && (c.Name != "group-list" || w.Name != "quote-bar")
}

var someFigures = []byte("a\x3cxy" + "b\x01z." + "c\x00\x00." + "d\x10.." + "e!!." + "f\x02.." + "g\x05.x" + "h\x00\x09.")

// Every way of counting gives the figures that were put in, through everything that leaves
// its lines as they are.
func TestCounters(t *testing.T) {
	figures := textgen.FiguresOf(someFigures)
	for _, c := range textgen.Counters() {
		sameAsCounted(t, c, nil, figures)
		for _, w := range textgen.Wraps() {
			if survives(c, w) {
				sameAsCounted(t, c, &w, figures)
			}
		}
	}
}

// Whatever the figures are, they are read again.
func FuzzCounters(f *testing.F) {
	counters, wraps := textgen.Counters(), textgen.Wraps()
	for i := range counters {
		f.Add(uint8(i), uint8(255), someFigures)
		f.Add(uint8(i), uint8(i), someFigures)
	}
	f.Fuzz(func(t *testing.T, counter, wrap uint8, data []byte) {
		figures, of := textgen.FiguresOf(data), counters[int(counter)%len(counters)]
		// Of a few lines nothing tells that a blank line between them is the wrapper's.
		if w := wraps[int(wrap)%len(wraps)]; wrap < 255 && survives(of, w) && len(figures) > 7 {
			sameAsCounted(t, of, &w, figures)
			return
		}
		sameAsCounted(t, of, nil, figures)
	})
}
