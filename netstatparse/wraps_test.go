package netstatparse

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portverdict/netstatparse/paste"
	"portverdict/netstatparse/textgen"
)

// plainText is a saved text in UTF-8.
func plainText(t *testing.T, data []byte) string {
	t.Helper()
	var b strings.Builder
	s := paste.NewScanner(bytes.NewReader(data))
	for s.Scan() {
		b.WriteString(s.Text() + "\n")
	}
	return b.String()
}

// sameRows compares the tables of a wrapped text with those of the text itself.
func sameRows(t *testing.T, got, want []Snapshot, line func(int) int) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d tables, want %d", len(got), len(want))
		return
	}
	for i := range want {
		g, w := got[i], want[i]
		if len(g.Entries) != len(w.Entries) {
			t.Errorf("table %d: %d rows, want %d", i, len(g.Entries), len(w.Entries))
			return
		}
		for j := range w.Entries {
			a, b := g.Entries[j], w.Entries[j]
			b.Line = line(b.Line)
			if a.Proto != b.Proto || a.Local != b.Local || a.Remote != b.Remote || a.State != b.State || a.PID != b.PID || a.Owner != b.Owner || a.Line != b.Line ||
				!slices.Equal(a.Components, b.Components) {
				t.Errorf("table %d row %d:\n%+v, want\n%+v", i, j, a, b)
				return
			}
		}
	}
}

// Every composed text gives the same rows, owners and lines through every wrapper.
func TestWraps(t *testing.T) {
	for name, truth := range corpus(t) {
		if truth.Kind != "netstat" && truth.Kind != "psnet" || strings.HasSuffix(name, ".json") || strings.Contains(name, "ticket-") {
			continue // JSON is one value, not lines; tickets are wrapped already
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := plainText(t, data)
		want, _ := read(t, text)
		for _, w := range textgen.Wraps() {
			if strings.HasSuffix(name, ".xml") && !strings.HasPrefix(w.Name, "mail-") && !strings.HasPrefix(w.Name, "quote") && !strings.HasPrefix(w.Name, "fence") {
				continue // it is markup itself
			}
			if w.Rows && (truth.Kind != "netstat" || strings.Contains(name, "xp-stack")) {
				continue
			}
			if w.Name == "joined" && endsMatter(filepath.Base(name)) {
				continue
			}
			t.Run(w.Name+"/"+filepath.Base(name), func(t *testing.T) {
				wrapped, line := w.Apply(text)
				got, _ := read(t, wrapped)
				sameRows(t, got, want, line)
			})
		}
	}
}

// endsMatter tells texts with a row that only the end of its line ends: one that is cut, is
// broken in two, or has names or blanks where others have numbers and words.
func endsMatter(name string) bool {
	for _, part := range []string{"damage-", "row-names", "row-wrapped", "row-state-with-blanks"} {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return false
}

// wholeTable is a table of everything, as a support engineer asks for it.
func wholeTable(t *testing.T, flags string) string {
	t.Helper()
	var out bytes.Buffer
	rows := slices.Clone(printedRows)
	rows = append(rows, textgen.Row{Proto: "UDP", Local: "0.0.0.0:5353", Remote: "*:*", PID: 1300, Owner: "svchost.exe", Components: []string{"Dnscache"}})
	if err := (textgen.Netstat{Flags: flags, Command: true}).Print(&out, rows); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A whole table is complete through every wrapper, and one that lacks something
// never is. Every lack of one table goes through every wrapper, of the others through some.
func TestComplete(t *testing.T) {
	for i, flags := range []string{"anobq", "anoq", "anobqt"} {
		text, wraps := wholeTable(t, flags), textgen.Wraps()
		complete(t, flags, text, true, wraps)
		lacks := 0
		for _, lack := range textgen.Lacks() {
			apart := 3 // each third wrap, and the next time those beside them
			if i > 0 {
				apart = 10
			}
			var some []textgen.Wrap
			for at := lacks % apart; at < len(wraps); at += apart {
				some = append(some, wraps[at])
			}
			complete(t, flags+" "+lack.Name, lack.Apply(text), false, some)
			lacks++
		}
		if lacks < 30 {
			t.Errorf("%d ways", lacks)
		}
	}
	complete(t, "anob", wholeTable(t, "anob"), false, textgen.Wraps())
	complete(t, "anbq without PIDs", wholeTable(t, "anbq"), true, textgen.Wraps())
}

func complete(t *testing.T, name, text string, want bool, wraps []textgen.Wrap) {
	t.Helper()
	check := func(wrap, text string) {
		t.Helper()
		got, _ := read(t, text)
		for _, s := range got {
			if s.Complete() && !want {
				t.Errorf("%s through %s: a table of %d rows is complete", name, wrap, len(s.Entries))
			}
			law(t, &s)
		}
		if want && (len(got) != 1 || !got[0].Complete()) {
			t.Errorf("%s through %s: %d tables, not complete: %+v", name, wrap, len(got), got[0].Cuts)
		}
	}
	check("nothing", text)
	for _, w := range wraps {
		wrapped, _ := w.Apply(text)
		check(w.Name, wrapped)
	}
}

// law holds of every table: its flags say what its cuts say.
func law(t *testing.T, s *Snapshot) {
	t.Helper()
	has := func(kinds ...CutKind) bool {
		return slices.ContainsFunc(s.Cuts, func(c Cut) bool { return slices.Contains(kinds, c.Kind) })
	}
	if full := len(s.Cuts) == maxCuts; !full && (s.Filtered != has(CutFilter, CutHeadless) || s.Truncated != has(CutShort)) {
		t.Errorf("filtered %v, truncated %v, cuts %+v", s.Filtered, s.Truncated, s.Cuts)
	}
	if !slices.IsSortedFunc(s.Cuts, func(a, b Cut) int { return a.Line - b.Line }) {
		t.Errorf("cuts out of order: %+v", s.Cuts)
	}
	for _, c := range s.Cuts {
		if c.Line < 1 || c.Text == "" || c.Kind.String() == "unknown" {
			t.Errorf("%+v", c)
		}
	}
	if s.Complete() && (s.Filtered || s.Truncated || len(s.Cuts) > 0) {
		t.Errorf("complete with cuts: %+v", s)
	}
}

// A row that a mail program broke is one row.
func TestWrapMail(t *testing.T) {
	for _, flags := range []string{"anobq", "anoq", "an", "anb"} {
		text := wholeTable(t, flags)
		want, _ := read(t, text)
		for _, mark := range []string{"", "> ", ">> "} {
			for _, width := range []int{40, 60, 70, 72, 76} {
				broken, line := textgen.WrapMail(text, width, mark)
				got, _ := read(t, broken)
				sameRows(t, got, want, line)
				if len(got) > 0 && got[0].Complete() != want[0].Complete() {
					t.Errorf("-%s at %d behind %q: %+v", flags, width, mark, got[0].Cuts)
				}
				if t.Failed() {
					t.Fatalf("-%s at %d behind %q:\n%s", flags, width, mark, broken)
				}
			}
		}
	}
}

// No iterator yields again when its caller wants no more.
func TestStops(t *testing.T) {
	texts := map[string]string{
		"lists": "LocalAddress : 10.0.0.5\nLocalPort : 1\nRemoteAddress : 1.1.1.1\nRemotePort : 2\nState : Bound\nLocalAddress : 10.0.0.5\nLocalPort : 2\n\ntwo words\nLocalPort : 3\nState : Bound\nLocalPort : 4\n",
		"bad":   strings.Repeat("LocalPort : 99999\nState : Bound\n", 5) + "two words\n" + strings.Repeat("LocalPort : 77777\n", 5),
	}
	for name := range corpus(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(data) + "\n" + string(data)
	}
	for name, text := range texts {
		for n := 1; ; n++ {
			given := 0
			NewReader(strings.NewReader(text)).Snapshots()(func(Snapshot, error) bool {
				given++
				return given < n
			})
			if given > n {
				t.Errorf("%s: %d values for a caller that wanted %d", name, given, n)
			}
			if given < n {
				break
			}
		}
	}
}

// Whatever rows netstat prints, and whatever stands around them, they are read again.
func FuzzWraps(f *testing.F) {
	wraps := textgen.Wraps()
	seed := []byte("\xb4\x00\x01\x00\xb5\x07\x02\xc1\xb6\x0e\x03\x42\xb7\x15\x04\x80\xb8\x1c\x05\x04\xb9\x23\x06\x05\xba\x2a\x07\x06\xbb\x31\x08\x07")
	for i := range wraps {
		f.Add(uint8(i), uint8(i), seed)
	}
	f.Fuzz(func(t *testing.T, wrap, flags uint8, data []byte) {
		rows := textgen.RowsOf(data)
		if len(rows) < 8 { // a wrapper is told by several lines
			return
		}
		var out bytes.Buffer
		if err := (textgen.Netstat{Flags: []string{"anoq", "anobq", "anbq", "anq"}[flags%4], Command: true}).Print(&out, rows); err != nil {
			t.Fatal(err)
		}
		want, _ := read(t, out.String())
		if n := len(want[0].Entries); len(want) != 1 || n != len(rows) {
			t.Fatalf("%d rows, want %d", n, len(rows))
		}
		wrapped, line := wraps[int(wrap)%len(wraps)].Apply(out.String())
		got, _ := read(t, wrapped)
		sameRows(t, got, want, line)
	})
}
