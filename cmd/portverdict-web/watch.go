package main

import (
	"io"
	"strings"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/pace"
)

// told is how far the reading is: part of 1, and in words.
type told func(part float64, line string)

// tellStep is how often the page is told how far the reading is.
const tellStep = 100 * time.Millisecond

// A watch tells how far the reading is, from within the reads: the page has one thread
// for all of it.
type watch struct {
	name string
	work *pace.Work
	pace pace.Pace
	told time.Time
	tell told
}

func newWatch(name string, tell told) *watch {
	w := &watch{name: name, work: pace.NewWork(), tell: tell, told: time.Now()}
	w.pace.Look(w.work.State(w.told))
	return w
}

func (w *watch) look() {
	now := time.Now()
	if now.Sub(w.told) < tellStep {
		return
	}
	w.told = now
	s := w.work.State(now)
	w.pace.Look(s)
	line := strings.ReplaceAll(strings.TrimSpace(w.pace.Line(80)), "   ", " · ")
	if line != "" && w.name != "" {
		line = w.name + ": " + line
	}
	w.tell(s.Part, line)
	time.Sleep(time.Millisecond) // the browser frees the blocks that were read only between two of its tasks
}

// loading follows the loading of the bundle.
func (w *watch) loading() *bundle.Watch {
	inner := w.work.Watch()
	return &bundle.Watch{
		Unpacking: func(read, found int64) { inner.Unpacking(read, found); w.look() },
		Gathered:  inner.Gathered,
		Hashed:    func(n int64) { inner.Hashed(n); w.look() },
	}
}

// reads follows the reading of an input.
func (w *watch) reads(what analysis.Reading, in bundle.Input, r io.ReaderAt) (io.ReaderAt, func()) {
	counted, over := w.work.Reads(what, in, r)
	return &watched{counted, w}, over
}

type watched struct {
	io.ReaderAt
	watch *watch
}

func (w *watched) ReadAt(p []byte, at int64) (int, error) {
	defer w.watch.look()
	return w.ReaderAt.ReadAt(p, at)
}
