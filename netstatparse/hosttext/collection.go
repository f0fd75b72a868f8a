package hosttext

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portverdict/netstatparse/pstext"
)

// Collection is the manifest that `portverdict collect`'s scripts write: what was run, when
// and how it ended. What it says of the machine stands in Host.
type Collection struct {
	Runs     []Run
	Finished bool // the script came to its end
	Line     int
}

// Run is one command and the file that holds what it gave. Began and Ended are in UTC, zero
// where the script could not tell the distance from it.
type Run struct {
	File, Command string
	Began, Ended  time.Time
	Exit          int // -1 when it is not told: the script ended before the command did
	Line          int
}

// collectionHead is the first line of a manifest; the number is that of its form.
const collectionHead = "portverdict collection 1"

// maxRuns is the most commands of a manifest.
const maxRuns = 1 << 10

// takeCollection reads a line of a manifest: "name: value". Its lines quote commands,
// which are no commands of the text.
func (p *parser) takeCollection() bool {
	if p.facts.Collection == nil {
		if p.text != collectionHead {
			return false
		}
		p.facts.Collection = &Collection{Line: p.line}
		if p.facts.Host == nil {
			p.facts.Host = &Host{Line: p.line}
		}
		p.manifest = true
		return true
	}
	name, value, ok := strings.Cut(p.text, ": ")
	if !p.manifest || !ok || strings.Contains(name, " ") {
		p.manifest = false
		return false
	}
	c, h := p.facts.Collection, p.facts.Host
	value = strings.Clone(shorten(value))
	switch run := lastRun(c); {
	case name == "finished":
		c.Finished = true
	case name == "file":
		if len(c.Runs) >= maxRuns {
			p.failAt(p.line, "hosttext-too-many", "more than %d commands", maxRuns)
			p.manifest = false
			return true
		}
		c.Runs = append(c.Runs, Run{File: value, Exit: -1, Line: p.line})
	case run == nil:
		p.takeMachine(h, name, value)
	case name == "command":
		run.Command = value
	case name == "began":
		run.Began, _ = momentOf(value)
	case name == "ended":
		run.Ended, _ = momentOf(value)
	case name == "exit":
		if n, err := strconv.Atoi(value); err == nil {
			run.Exit = n
		} else {
			p.failAt(p.line, "hosttext-value", "%.40q is not an exit code", value)
		}
	}
	return true
}

func lastRun(c *Collection) *Run {
	if len(c.Runs) == 0 {
		return nil
	}
	return &c.Runs[len(c.Runs)-1]
}

// takeMachine reads what stands above the commands.
func (p *parser) takeMachine(h *Host, name, value string) {
	switch name {
	case "host":
		h.Name = value
	case "windows":
		if parts := strings.SplitN(value, ".", 4); len(parts) >= 3 && digitsOnly(parts[2]) {
			h.Version, h.Build = strings.Join(parts[:3], "."), number5(parts[2])
		}
	case "zone":
		h.Zone = value
	case "boot":
		at, _ := momentOf(value)
		if at.IsZero() {
			p.failAt(p.line, "hosttext-value", "%.40q is not a time with its distance from UTC", value)
			return
		}
		h.Boot, h.BootLine = at, p.line
	case "began":
		if at, off := momentOf(value); !at.IsZero() {
			h.InForce, h.At = &off, at.Add(off)
		}
	}
}

// momentOf reads a time that says its distance from UTC: "2026-03-10T09:00:00.5+01:00", or
// "20260310090000.500000+060" as WMI writes it, in minutes. It is zero for any other.
func momentOf(text string) (utc time.Time, offset time.Duration) {
	if s, ok := pstext.StampAt(text); ok && s.Offset != nil && s.Length == len(text) && !s.Ambiguous {
		offset = *s.Offset
		utc = s.Local.Add(-offset)
	} else if len(text) == len("20060102150405.000000+000") {
		local, err := time.Parse("20060102150405.000000", text[:21])
		minutes, err2 := strconv.Atoi(text[21:])
		if err != nil || err2 != nil {
			return time.Time{}, 0
		}
		offset = time.Duration(minutes) * time.Minute
		utc = local.Add(-offset)
	}
	if offset.Abs() > 15*time.Hour {
		return time.Time{}, 0
	}
	return utc, offset
}

// Failed are the commands that did not end well and were not run again, asking for less.
func (c *Collection) Failed() []Run {
	var out []Run
	for i, r := range c.Runs {
		if r.Exit != 0 && !c.retried(i) {
			out = append(out, r)
		}
	}
	return out
}

// retried tells that the next command for the same file is the same with less to ask for:
// netstat -ano behind netstat -anoq.
func (c *Collection) retried(i int) bool {
	if i+1 >= len(c.Runs) {
		return false
	}
	a, b := c.Runs[i], c.Runs[i+1]
	return a.File == b.File && len(b.Command) < len(a.Command) && strings.HasPrefix(a.Command, b.Command)
}

// String is the command as a sentence needs it.
func (r *Run) String() string {
	if r.Exit < 0 {
		return fmt.Sprintf("%q did not end", r.Command)
	}
	return fmt.Sprintf("%q ended with exit code %d (%s)", r.Command, r.Exit, r.File)
}
