package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
)

var began = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

// at is the state so long after the beginning.
func at(after time.Duration, size, part float64) state {
	return state{at: began.Add(after), size: size, part: part}
}

func TestPaceLine(t *testing.T) {
	unpacking := func(s state) state {
		s.unpacking = true
		return s
	}
	for _, c := range []struct {
		name string
		seen []state
		want string
	}{
		{"nothing is known", []state{at(0, 0, 0)}, ""},
		{"it begins", []state{at(0, 1.1e9, 0)}, "  0 B of 1.1 GB   0 %"},
		{"under way", []state{at(0, 1.1e9, 0), at(300*time.Millisecond, 1.1e9, 0.38)}, "  418 MB of 1.1 GB   38 %   1.4 GB/s   1 s left"},
		{"slow", []state{at(0, 4e9, 0.1), at(time.Second, 4e9, 0.11)}, "  440 MB of 4.0 GB   11 %   40 MB/s   90 s left"},
		{"very slow", []state{at(0, 4e12, 0.1), at(time.Second, 4e12, 0.1001)}, "  400.4 GB of 4.0 TB   10 %   400 MB/s   2 h left"},
		{"stands still", []state{at(0, 4e9, 0.1), at(time.Second, 4e9, 0.1)}, "  400 MB of 4.0 GB   10 %"},
		{"never early at its end", []state{at(0, 1e9, 0), at(time.Second, 1e9, 0.9999)}, "  1.0 GB of 1.0 GB   99 %   1.0 GB/s   1 s left"},
		{"read", []state{at(0, 1e9, 0), at(time.Second, 1e9, 1)}, "  1.0 GB read"},
		{"unpacking", []state{unpacking(at(0, 2e8, 0)), unpacking(at(time.Second, 2e8, 0.5))}, "  unpacking 100 MB of 200 MB   50 %   100 MB/s   1 s left"},
		{"unpacked", []state{unpacking(at(0, 2e8, 0.1)), unpacking(at(time.Second, 2e8, 1)), at(1100*time.Millisecond, 9e8, 0)}, "  0 B of 900 MB   0 %"},
	} {
		var p pace
		for _, s := range c.seen {
			p.look(s)
		}
		if got := p.line(80); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPaceLineFits(t *testing.T) {
	var p pace
	p.look(at(0, 1.1e9, 0))
	p.look(at(time.Second, 1.1e9, 0.38))
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
		if got := p.line(c.width); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.width, got, c.want)
		}
	}
}

// However unsteady the reading is, speed and time left are said anew once a second.
func TestPaceIsCalm(t *testing.T) {
	var p pace
	part, changes, last := 0.0, 0, ""
	for i := range 100 { // ten seconds
		part += []float64{0.001, 0.015, 0}[i%3]
		p.look(at(time.Duration(i)*100*time.Millisecond, 1e9, part))
		_, said, _ := strings.Cut(p.line(80), "%")
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

// A line written over a longer one leaves nothing of it, and no control sequence
// is needed.
func TestProgressWritesOver(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b}
	for _, line := range []string{"", "  12 s left", "  9 s left", ""} {
		p.over(line)
	}
	if want := "\r  12 s left\r  9 s left \r          \r"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestProgressSaysNothingTwice(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b}
	for _, line := range []string{"", "  1 B read", "  1 B read"} {
		p.below(line)
	}
	if want := "  1 B read\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// However often bytes are read or passed over, a reading counts as planned.
func TestCountedReader(t *testing.T) {
	var w work
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

// At the end of a run all that was planned is done, no more and no less, also
// when a file was there twice.
func TestProgressEndsAtTheWhole(t *testing.T) {
	dir := t.TempDir()
	if err := unzip(demoZip, dir+"/a"); err != nil {
		t.Fatal(err)
	}
	if err := unzip(demoZip, dir+"/b"); err != nil {
		t.Fatal(err)
	}
	for _, jobs := range []int{1, 4} {
		s := &settings{jobs: jobs, progressWhen: "on"}
		var told bytes.Buffer
		p := s.startProgress(&told, analysis.ForEachTrace)
		b, err := open(context.Background(), []string{dir}, s)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.describe(context.Background(), b, nil); err != nil {
			t.Fatal(err)
		}
		p.stop()
		p.stop()
		if done, plan := p.work.done.Load(), p.work.plan.Load(); done != plan || done == 0 {
			t.Errorf("-j %d: %d of %d", jobs, done, plan)
		}
		if !strings.HasSuffix(told.String(), " read\n") {
			t.Errorf("-j %d: %q", jobs, told.String())
		}
	}
}

// Unpacking is told before the inputs are known.
func TestProgressOfUnpacking(t *testing.T) {
	p := &progress{}
	w := p.watch()
	w.Unpacking(0, 200)
	w.Unpacking(50, 0)
	if s := p.work.state(began); !s.unpacking || s.size != 200 || s.part != 0.25 {
		t.Errorf("%+v", s)
	}
	w.Gathered([]bundle.Input{{Kind: "unknown", Size: 10}})
	w.Hashed(5)
	if s := p.work.state(began); s.unpacking || s.size != 10 || s.part != 0.5 {
		t.Errorf("%+v", s)
	}
}

// Without a terminal, or with -q, auto says nothing; nothing is counted then.
func TestProgressAuto(t *testing.T) {
	for _, s := range []settings{{progressWhen: "auto"}, {progressWhen: "off"}, {progressWhen: "auto", quiet: true}} {
		if p := s.startProgress(io.Discard); p != nil || s.progress.watch() != nil {
			t.Errorf("%+v", s)
		}
		s.progress.stop()
	}
}
