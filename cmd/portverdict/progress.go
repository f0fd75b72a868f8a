package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/pace"
)

// progress says on stderr how far the reading of a bundle is: on a terminal in one
// line that is written over, elsewhere in lines. nil says nothing.
type progress struct {
	w        io.Writer
	terminal bool
	always   bool // asked for: elsewhere than on a terminal too, and of a short run
	width    int
	work     *pace.Work
	pace     pace.Pace
	shown    int    // characters of the line that stands on the terminal
	told     string // the last line elsewhere
	ending   chan struct{}
	ended    chan struct{}
}

const (
	progressDelay = 500 * time.Millisecond // a shorter run says nothing
	progressStep  = 100 * time.Millisecond
	progressLines = time.Second // between two lines where nothing is written over
)

// startProgress begins to say how the work goes on, as --progress wants it: that
// of a verdict and what else the inputs are read for. The caller stops it before
// anything else is written.
func (s *settings) startProgress(w io.Writer, also ...analysis.Reading) *progress {
	terminal := isTerminal(w) && os.Getenv("TERM") != "dumb"
	if s.progressWhen == "off" || s.progressWhen == "auto" && (!terminal || s.quiet) {
		return nil
	}
	p := &progress{
		w: w, terminal: terminal, always: s.progressWhen == "on", width: cmp.Or(width(w), 80),
		work: pace.NewWork(also...), ending: make(chan struct{}), ended: make(chan struct{}),
	}
	s.progress = p
	go p.follow(time.Now())
	return p
}

// follow looks at the work from time to time until stop.
func (p *progress) follow(start time.Time) {
	defer close(p.ended)
	tick := time.NewTicker(progressStep)
	defer tick.Stop()
	p.pace.Look(p.work.State(start))
	told := start
	for {
		select {
		case <-p.ending:
			p.last(time.Now())
			return
		case now := <-tick.C:
			p.pace.Look(p.work.State(now))
			switch {
			case p.terminal && (p.always || now.Sub(start) >= progressDelay):
				p.over(p.pace.Line(p.width - 1)) // in the last column some terminals wrap
			case !p.terminal && now.Sub(told) >= progressLines:
				told = now
				p.below(p.pace.Line(p.width))
			}
		}
	}
}

// last leaves the terminal as it was; elsewhere it adds the line of the end.
func (p *progress) last(now time.Time) {
	p.pace.Look(p.work.State(now))
	if p.terminal {
		p.over("")
		return
	}
	p.below(p.pace.Line(p.width))
}

// over writes a line over the one before it. Blanks erase on every terminal; what
// a control sequence does on an old one nobody knows.
func (p *progress) over(line string) {
	if line == "" && p.shown == 0 {
		return
	}
	blanks := max(p.shown-len(line), 0)
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", blanks))
	if p.shown = len(line); line == "" {
		fmt.Fprint(p.w, "\r")
	}
}

// below writes a line below those before it, unless it says the same.
func (p *progress) below(line string) {
	if line != "" && line != p.told {
		fmt.Fprintln(p.w, line)
	}
	p.told = line
}

// stop ends the line; a second time it does nothing.
func (p *progress) stop() {
	if p == nil {
		return
	}
	select {
	case <-p.ended:
		return
	default:
	}
	close(p.ending)
	<-p.ended
}

// watch is for the loading of the bundle.
func (p *progress) watch() *bundle.Watch {
	if p == nil {
		return nil
	}
	return p.work.Watch()
}

// loaded corrects the plan once duplicates are out and most inputs are hashed.
func (p *progress) loaded(inputs []bundle.Input) {
	if p != nil {
		p.work.Expect(inputs)
	}
}
