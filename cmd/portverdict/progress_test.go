package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"portverdict/cmd/internal/analysis"
)

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
		if _, _, err := s.describe(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		p.stop()
		p.stop()
		if s := p.work.State(time.Now()); s.Part != 1 {
			t.Errorf("-j %d: %g of what was planned", jobs, s.Part)
		}
		if !strings.HasSuffix(told.String(), " read\n") {
			t.Errorf("-j %d: %q", jobs, told.String())
		}
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
