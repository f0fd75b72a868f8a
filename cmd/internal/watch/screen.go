package watch

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"portverdict/report"
)

// maxShown is the most holders that are shown.
const maxShown = 8

// Screen shows a watch on a terminal: one block that is written over at each look, where
// the terminal can do that, and alarms above it, which stay.
type Screen struct {
	W       io.Writer
	Color   bool // and sequences that move the cursor
	Width   int  // columns
	standsN int  // lines of the block that stands there
}

// Show writes the block anew.
func (s *Screen) Show(st *State) error {
	lines := st.lines()
	var b bytes.Buffer
	s.clear(&b)
	for _, l := range lines {
		b.WriteString(s.cut(l) + "\n")
	}
	if !s.Color {
		b.WriteByte('\n')
	}
	s.standsN = len(lines)
	_, err := s.W.Write(b.Bytes())
	return err
}

// clear goes to where the block begins and empties the screen from there.
func (s *Screen) clear(b *bytes.Buffer) {
	if s.Color && s.standsN > 0 {
		fmt.Fprintf(b, "\x1b[%dF\x1b[J", s.standsN)
	}
	s.standsN = 0
}

// cut keeps a line from being broken: a block of more lines than were counted could not
// be written over.
func (s *Screen) cut(l string) string {
	if r := []rune(l); s.Width > 1 && len(r) >= s.Width {
		return string(r[:s.Width-2]) + "…"
	}
	return l
}

// Alarm writes a line that stays.
func (s *Screen) Alarm(a *Alarm) error {
	var b bytes.Buffer
	s.clear(&b)
	p := &a.Pool
	l := fmt.Sprintf("ALARM %s: %d %% of the %s ports are in use: %s of %s", clock(a.At), a.Level, p.name(), report.Grouped(p.Used), report.Grouped(p.Capacity))
	if s.Color {
		l = map[bool]string{true: "\x1b[1;31m", false: "\x1b[33m"}[a.Level == fullLevel] + l + "\x1b[0m"
	}
	b.WriteString(l + "\n")
	_, err := s.W.Write(b.Bytes())
	return err
}

// End says why the watch is over; the report comes below.
func (s *Screen) End(e *End) error {
	_, err := fmt.Fprintf(s.W, "%s: %s.\n\n", clock(e.At), endings[e.Reason])
	return err
}

var endings = map[string]string{
	"exhausted": "the ports ran out; the watch is over", "duration": "the time asked for is over", "interrupted": "stopped",
	"session-ended": "the session was stopped by someone else; the watch is over",
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }

func (p *Pool) name() string {
	name := strings.ToUpper(p.Transport)
	if p.Family != "any" {
		name += " " + map[string]string{"ipv4": "IPv4", "ipv6": "IPv6"}[p.Family]
	}
	return name
}

// lines are the block: pools, who has most, what the session saw.
func (st *State) lines() []string {
	out := []string{fmt.Sprintf("%s, watching for %s (Ctrl-C ends it with a report)", clock(st.At), report.Rough(st.At.Sub(st.Began)))}
	for i := range st.Pools {
		out = append(out, st.Pools[i].row())
	}
	for i := range st.Holders[:min(len(st.Holders), maxShown)] {
		h := &st.Holders[i]
		out = append(out, fmt.Sprintf("  %s of %s: %s (%s)", report.Counted(h.Ports, "port", "ports"), strings.ToUpper(h.Transport), holder(h), report.Percent(h.Share)))
	}
	seen := report.Counted(st.Seen.Events, "event", "events") + " seen, " + report.Counted(st.Seen.Refused, "attempt", "attempts") + " refused for want of a port"
	if st.Lost.Any() {
		seen += fmt.Sprintf(", LOST: %s and %s", report.Counted(st.Lost.Events, "event", "events"), report.Counted(st.Lost.Buffers, "buffer", "buffers"))
	}
	out = append(out, seen)
	if st.Blind != "" {
		out = append(out, "note: "+st.Blind)
	}
	return out
}

// row says of a pool how full it is and when it will be full.
func (p *Pool) row() string {
	l := fmt.Sprintf("%-8s %6s of %6s ports in use, %s", p.name(), report.Grouped(p.Used), report.Grouped(p.Capacity), report.Percent(p.Share()))
	if p.Forecast != nil {
		if text := p.Forecast.Text(); text != "" {
			l += "; " + text
		}
	}
	return l
}

// holder names a process, or the processes of one image.
func holder(h *report.Holder) string {
	name := report.Visible(cmp.Or(h.Image, "image not known"))
	switch {
	case h.Instances > 1:
		return fmt.Sprintf("%d processes of %s", h.Instances, name)
	case h.PID >= 0:
		return fmt.Sprintf("%s (PID %d)", name, h.PID)
	}
	return name
}
