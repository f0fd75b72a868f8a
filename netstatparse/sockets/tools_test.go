package sockets

import (
	"fmt"
	"strings"
	"testing"

	"portverdict/netstatparse"
	"portverdict/netstatparse/textgen"
)

// everyKind are bytes for textgen.RowsOf: every state and owner, both families, UDP.
var everyKind = func() []byte {
	var b []byte
	for i := range 40 {
		b = append(b, byte(180+i), byte(7*i), byte(3*i), byte(i)|byte(i%4)<<6)
	}
	return b
}()

// plain is a row as the reader has to give it, without its line.
func plain(r textgen.Row, names bool) string {
	owner := r.Owner
	if !names || r.PID == 0 {
		owner = ""
	}
	return fmt.Sprintf("%s %s %s %d %s", strings.ToLower(r.Proto), r.Local, r.State, r.PID, owner)
}

// sameAsPrinted reads what a tool printed of the rows through a wrapper, nil for none: the
// rows, their owners and their lines are those that were put in.
func sameAsPrinted(t *testing.T, tool textgen.Tool, wrap *textgen.Wrap, rows []textgen.Row) {
	t.Helper()
	text, at := tool.Print(rows)
	line := func(n int) int { return n }
	name := tool.Name
	if wrap != nil {
		text, line = wrap.Apply(text)
		name += " in " + wrap.Name
	}
	n := 0
	for s, err := range NewReader(strings.NewReader(text)).Snapshots() {
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		for _, e := range s.Entries {
			state := e.State.String()
			if e.State == netstatparse.StateUnknown {
				state = ""
			}
			got := fmt.Sprintf("%s %s %s %d %s", e.Proto, e.Local, state, e.PID, e.Owner)
			if n >= len(rows) || got != plain(rows[n], tool.Names) || e.Line != line(at[n]) {
				t.Errorf("%s: row %d of %d is %q in line %d", name, n, len(rows), got, e.Line)
				if n < len(rows) {
					t.Errorf("want %q in line %d", plain(rows[n], tool.Names), line(at[n]))
				}
				return
			}
			n++
		}
	}
	if n != len(rows) {
		t.Errorf("%s: %d rows, want %d", name, n, len(rows))
	}
}

// Every tool's table gives the rows that were put in, through everything that leaves its
// lines as they are.
func TestTools(t *testing.T) {
	rows := textgen.RowsOf(everyKind)
	for _, tool := range textgen.Tools() {
		sameAsPrinted(t, tool, nil, rows)
		for _, w := range textgen.Wraps() {
			if tool.Lines && !w.Rows {
				sameAsPrinted(t, tool, &w, rows)
			}
		}
	}
}

// Whatever rows a tool prints, and whatever stands around them, they are read again.
func FuzzTools(f *testing.F) {
	tools, wraps := textgen.Tools(), textgen.Wraps()
	for i := range tools {
		f.Add(uint8(i), uint8(255), everyKind)
		f.Add(uint8(i), uint8(i), everyKind[:20])
	}
	f.Fuzz(func(t *testing.T, tool, wrap uint8, data []byte) {
		rows := textgen.RowsOf(data)
		of := tools[int(tool)%len(tools)]
		if w := wraps[int(wrap)%len(wraps)]; wrap < 255 && of.Lines && !w.Rows && len(rows) > 2 {
			sameAsPrinted(t, of, &w, rows)
			return
		}
		sameAsPrinted(t, of, nil, rows)
	})
}
