package pace

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Pace is how fast the work goes: what the line says and, for calm, remembers.
type Pace struct {
	seen  []State // of the last few seconds
	speed string  // as it was said last
	left  string
	said  time.Time
}

const (
	paceSpan  = 5 * time.Second
	paceFirst = 300 * time.Millisecond // before that nothing is known
	paceAgain = time.Second            // speed and time left change no more often
)

// Look takes note of the work at a time.
func (p *Pace) Look(s State) {
	if n := len(p.seen); n > 0 && p.seen[n-1].Unpacking != s.Unpacking {
		*p = Pace{} // other work has another pace
	}
	p.seen = append(p.seen, s)
	for len(p.seen) > 2 && s.At.Sub(p.seen[1].At) >= paceSpan {
		p.seen = p.seen[1:]
	}
	since := s.At.Sub(p.seen[0].At)
	if since < paceFirst || s.At.Sub(p.said) < paceAgain {
		return
	}
	p.speed, p.left, p.said = "", "", s.At
	if gone := s.Part - p.seen[0].Part; gone > 0 {
		p.speed = sizeText(gone*s.Size/since.Seconds()) + "/s"
		p.left = leftText(time.Duration(float64(since) * (1 - s.Part) / gone))
	}
}

// Line says how far the work is, as much of it as there is room for; "" before
// anything is known.
func (p *Pace) Line(width int) string {
	if len(p.seen) == 0 {
		return ""
	}
	s := p.seen[len(p.seen)-1]
	head := ""
	switch {
	case s.Size == 0:
		return ""
	case s.Unpacking:
		head = "unpacking "
	case s.Part == 1: // what remains, the judging, is mostly short
		return "  " + sizeText(s.Size) + " read"
	}
	words := []string{
		"  " + head + sizeText(s.Part*s.Size) + " of " + sizeText(s.Size),
		fmt.Sprintf("%.0f %%", math.Floor(s.Part*100)),
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
