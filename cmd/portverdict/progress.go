package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"portverdict/cmd/internal/analysis"
)

// progress says on stderr how far the reading of a bundle is: on a terminal in one
// line that is written over, elsewhere in lines. nil says nothing.
type progress struct {
	w        io.Writer
	terminal bool
	always   bool // asked for: elsewhere than on a terminal too, and of a short run
	width    int
	work     work
	pace     pace
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
		work: work{readings: append([]analysis.Reading{analysis.ForFacts, analysis.ForTables}, also...)}, ending: make(chan struct{}), ended: make(chan struct{}),
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
	p.pace.look(p.work.state(start))
	told := start
	for {
		select {
		case <-p.ending:
			p.last(time.Now())
			return
		case now := <-tick.C:
			p.pace.look(p.work.state(now))
			switch {
			case p.terminal && (p.always || now.Sub(start) >= progressDelay):
				p.over(p.pace.line(p.width - 1)) // in the last column some terminals wrap
			case !p.terminal && now.Sub(told) >= progressLines:
				told = now
				p.below(p.pace.line(p.width))
			}
		}
	}
}

// last leaves the terminal as it was; elsewhere it adds the line of the end.
func (p *progress) last(now time.Time) {
	p.pace.look(p.work.state(now))
	if p.terminal {
		p.over("")
		return
	}
	p.below(p.pace.line(p.width))
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

// pace is how fast the work goes: what the line says and, for calm, remembers.
type pace struct {
	seen  []state // of the last few seconds
	speed string  // as it was said last
	left  string
	said  time.Time
}

const (
	paceSpan  = 5 * time.Second
	paceFirst = 300 * time.Millisecond // before that nothing is known
	paceAgain = time.Second            // speed and time left change no more often
)

// look takes note of the work at a time.
func (p *pace) look(s state) {
	if n := len(p.seen); n > 0 && p.seen[n-1].unpacking != s.unpacking {
		*p = pace{} // other work has another pace
	}
	p.seen = append(p.seen, s)
	for len(p.seen) > 2 && s.at.Sub(p.seen[1].at) >= paceSpan {
		p.seen = p.seen[1:]
	}
	since := s.at.Sub(p.seen[0].at)
	if since < paceFirst || s.at.Sub(p.said) < paceAgain {
		return
	}
	p.speed, p.left, p.said = "", "", s.at
	if gone := s.part - p.seen[0].part; gone > 0 {
		p.speed = sizeText(gone*s.size/since.Seconds()) + "/s"
		p.left = leftText(time.Duration(float64(since) * (1 - s.part) / gone))
	}
}

// line says how far the work is, as much of it as there is room for; "" before
// anything is known.
func (p *pace) line(width int) string {
	if len(p.seen) == 0 {
		return ""
	}
	s := p.seen[len(p.seen)-1]
	head := ""
	switch {
	case s.size == 0:
		return ""
	case s.unpacking:
		head = "unpacking "
	case s.part == 1: // what remains, the judging, is mostly short
		return "  " + sizeText(s.size) + " read"
	}
	words := []string{
		"  " + head + sizeText(s.part*s.size) + " of " + sizeText(s.size),
		fmt.Sprintf("%.0f %%", math.Floor(s.part*100)),
	}
	// With little room the speed goes first, then the sizes.
	for _, line := range []string{join(words[0], words[1], p.speed, p.left), join(words[0], words[1], p.left), join("  "+words[1], p.left), words[1]} {
		if len(line) <= width {
			return line
		}
	}
	return ""
}

func join(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), "   ")
}

// sizeText says bytes in steps that do not flicker: 412 MB, 1.1 GB.
func sizeText(n float64) string {
	units := [...]string{"B", "KB", "MB", "GB", "TB"}
	unit := 0
	for n >= 999.5 && unit < len(units)-1 {
		n, unit = n/1000, unit+1
	}
	if unit < 3 {
		return fmt.Sprintf("%.0f %s", n, units[unit])
	}
	return fmt.Sprintf("%.1f %s", n, units[unit])
}

// leftText says a time to wait as roughly as anybody knows it.
func leftText(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 20:
		return fmt.Sprintf("%.0f s left", max(math.Ceil(s), 1))
	case s < 90:
		return fmt.Sprintf("%.0f s left", math.Ceil(s/5)*5)
	case s < 90*60:
		return fmt.Sprintf("%.0f min left", math.Round(s/60))
	}
	return fmt.Sprintf("%.0f h left", math.Round(d.Hours()))
}
