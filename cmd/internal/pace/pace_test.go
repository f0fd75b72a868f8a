package pace

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
)

var began = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// at is the state so long after the beginning.
func at(after time.Duration, size, part float64) State {
	return State{At: began.Add(after), Size: size, Part: part}
}

func TestPaceLine(t *testing.T) {
	unpacking := func(s State) State {
		s.Unpacking = true
		return s
	}
	for _, c := range []struct {
		name string
		seen []State
		want string
	}{
		{"nothing is known", []State{at(0, 0, 0)}, ""},
		{"it begins", []State{at(0, 1.1e9, 0)}, "  0 B of 1.1 GB   0 %"},
		{"under way", []State{at(0, 1.1e9, 0), at(300*time.Millisecond, 1.1e9, 0.38)}, "  418 MB of 1.1 GB   38 %   1.4 GB/s   1 s left"},
		{"slow", []State{at(0, 4e9, 0.1), at(time.Second, 4e9, 0.11)}, "  440 MB of 4.0 GB   11 %   40 MB/s   90 s left"},
		{"very slow", []State{at(0, 4e12, 0.1), at(time.Second, 4e12, 0.1001)}, "  400.4 GB of 4.0 TB   10 %   400 MB/s   2 h left"},
		{"stands still", []State{at(0, 4e9, 0.1), at(time.Second, 4e9, 0.1)}, "  400 MB of 4.0 GB   10 %"},
		{"never early at its end", []State{at(0, 1e9, 0), at(time.Second, 1e9, 0.9999)}, "  1.0 GB of 1.0 GB   99 %   1.0 GB/s   1 s left"},
		{"read", []State{at(0, 1e9, 0), at(time.Second, 1e9, 1)}, "  1.0 GB read"},
		{"unpacking", []State{unpacking(at(0, 2e8, 0)), unpacking(at(time.Second, 2e8, 0.5))}, "  unpacking 100 MB of 200 MB   50 %   100 MB/s   1 s left"},
		{"unpacked", []State{unpacking(at(0, 2e8, 0.1)), unpacking(at(time.Second, 2e8, 1)), at(1100*time.Millisecond, 9e8, 0)}, "  0 B of 900 MB   0 %"},
	} {
		var p Pace
		for _, s := range c.seen {
			p.Look(s)
		}
		if got := p.Line(80); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPaceLineFits(t *testing.T) {
	var p Pace
	p.Look(at(0, 1.1e9, 0))
	p.Look(at(time.Second, 1.1e9, 0.38))
	for _, c := range []struct {
		width int
		want  string
	}{
		{80, "  418 MB of 1.1 GB   38 %   418 MB/s   2 s left"},
		{46, "  418 MB of 1.1 GB   38 %   2 s left"},
		{30, "  38 %   2 s left"},
		{10, "38 %"},
		{3, ""},
	} {
		if got := p.Line(c.width); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.width, got, c.want)
		}
	}
}

// However unsteady the reading is, speed and time left are said anew once a second.
func TestPaceIsCalm(t *testing.T) {
	var p Pace
	part, changes, last := 0.0, 0, ""
	for i := range 100 { // ten seconds
		part += []float64{0.001, 0.015, 0}[i%3]
		p.Look(at(time.Duration(i)*100*time.Millisecond, 1e9, part))
		_, said, _ := strings.Cut(p.Line(80), "%")
		if said != last {
			changes++
		}
		last = said
		if len(p.seen) > 60 {
			t.Fatalf("%d states are kept", len(p.seen))
		}
	}
	if changes > 11 {
		t.Errorf("%d changes in ten seconds", changes)
	}
}

func TestLeftText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "1 s left", 400 * time.Millisecond: "1 s left", 11500 * time.Millisecond: "12 s left", 42 * time.Second: "45 s left",
		100 * time.Second: "2 min left", 80 * time.Minute: "80 min left", 3 * time.Hour: "3 h left",
	} {
		if got := leftText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// However often bytes are read or passed over, a reading counts as planned.
func TestCountedReader(t *testing.T) {
	var w Work
	c := &countedReader{r: strings.NewReader(strings.Repeat("x", 100)), work: &w, each: 2}
	c.left.Store(150)
	p := make([]byte, 30)
	for i, want := range []int64{60, 120, 150, 150} {
		if _, err := c.ReadAt(p, 10); err != nil {
			t.Fatal(err)
		}
		if got := w.done.Load(); got != want {
			t.Errorf("after %d reads %d, want %d", i+1, got, want)
		}
	}
	c.over()
	c = &countedReader{r: c.r, work: &w}
	c.left.Store(50)
	c.over()
	if got := w.done.Load(); got != 200 {
		t.Errorf("at the end %d, want 200", got)
	}
}

// Unpacking is told before the inputs are known.
func TestUnpackingComesFirst(t *testing.T) {
	var all Work
	w := all.Watch()
	w.Unpacking(0, 200)
	w.Unpacking(50, 0)
	if s := all.State(began); !s.Unpacking || s.Size != 200 || s.Part != 0.25 {
		t.Errorf("%+v", s)
	}
	w.Gathered([]bundle.Input{{Kind: "unknown", Size: 10}})
	w.Hashed(5)
	if s := all.State(began); s.Unpacking || s.Size != 10 || s.Part != 0.5 {
		t.Errorf("%+v", s)
	}
}

// At the end of a run all that was planned is done, no more and no less, also when a
// file was there twice.
func TestWorkEndsAtTheWhole(t *testing.T) {
	zip, err := os.ReadFile(filepath.FromSlash("../../../testdata/cases/exhausted-leak-x64/bundle.zip"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"a.zip", "b.zip"} {
		if err := os.WriteFile(filepath.Join(dir, name), zip, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, jobs := range []int{1, 4} {
		w := NewWork(analysis.ForEachTrace)
		b, err := bundle.Load(t.Context(), []string{dir}, bundle.Options{Jobs: jobs, Watch: w.Watch()})
		if err != nil {
			t.Fatal(err)
		}
		w.Expect(b.Inputs)
		nothing := func(bundle.Input, io.ReaderAt) error { return nil }
		if _, err := analysis.Run(t.Context(), b, analysis.Options{Jobs: jobs, Watch: w.Reads, EachTrace: nothing}); err != nil {
			t.Fatal(err)
		}
		if done, plan := w.done.Load(), w.plan.Load(); done != plan || done == 0 {
			t.Errorf("%d workers: %d of %d", jobs, done, plan)
		}
	}
}
