package verdict

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"portverdict/netstatparse"
	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

func (s *source) readHost(r io.ReaderAt) {
	facts, errs := hosttext.Read(io.NewSectionReader(r, 0, s.Size))
	for _, err := range errs {
		s.damaged = true
		var fe *netstatparse.FormatError
		if errors.As(err, &fe) {
			s.diagnose(report.Diagnostic{Code: fe.Code, Severity: "warning", Line: fe.Line, Text: fe.Text})
			continue
		}
		s.diagnose(report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()})
	}
	n := len(facts.Ranges) + len(facts.Processes) + len(facts.Excluded) + len(facts.Registry) + len(facts.Handles)
	if facts.Host != nil {
		n++
	}
	if n > 0 {
		s.host = &facts
		if h := facts.Host; h != nil && h.Name != "" {
			s.Facts["computer"] = h.Name
		}
	}
	if s.isHostText() {
		s.Decoded = n
	}
	s.Clock = report.Clock{Basis: "no time is written in this file"}
}

// name is who a PID was and where that was read.
type name struct {
	image    string
	services []string
	source   *source // a process list; nil of others
	line     int
}

// gatherNames gathers the names of PIDs: process events of the trace, then process
// lists, then the owner lines of netstat -b and what a tool counted.
func (c *situation) gatherNames() {
	c.byPID, c.byKey = map[int]name{}, map[uint64]string{}
	for _, s := range c.sources {
		if s.tables == nil {
			continue
		}
		for _, sn := range s.tables.list {
			for _, total := range sn.Totals {
				if total.PID > 0 && total.Owner != "" {
					c.byPID[total.PID] = name{image: total.Owner}
				}
			}
		}
		for pid, owner := range s.tables.owners {
			c.byPID[pid] = name{image: owner}
		}
	}
	for _, s := range c.sources {
		if s.host == nil {
			continue
		}
		for _, p := range s.host.Processes {
			c.byPID[p.PID] = c.byPID[p.PID].with(s, &p)
			if p.EPROCESS != 0 {
				c.byKey[p.EPROCESS] = p.Image
			}
		}
	}
	for _, t := range c.traces {
		for pid, image := range t.images {
			n := c.byPID[int(pid)]
			n.image = image
			c.byPID[int(pid)] = n
		}
	}
	if _, ok := c.byPID[4]; !ok {
		c.byPID[4] = name{image: "System"}
	}
}

// with adds what a list says of the PID: PowerShell leaves ".exe" out, a debugger
// cuts the name, and only tasklist /svc has services.
func (n name) with(s *source, p *hosttext.Process) name {
	if p.Image != "" && (n.image == "" || !strings.HasPrefix(strings.ToLower(n.image), strings.ToLower(p.Image))) {
		n.image, n.source, n.line = p.Image, s, p.Line
	}
	if p.Services != nil {
		n.services, n.source, n.line = p.Services, s, p.Line
	}
	return n
}

// nameRow cites the line of a process list that tells who a PID is.
func (c *situation) nameRow(pid int) []string {
	n := c.byPID[pid]
	if n.source == nil {
		return nil
	}
	text := fmt.Sprintf("PID %d is %s", pid, n.image)
	if len(n.services) > 0 {
		text += " with " + strings.Join(n.services, ", ")
	}
	return c.cite(n.source.row(report.Evidence{Kind: "host.process", Line: n.line, TimePrecision: "unknown", PID: pid, Text: shorten(text)}))
}

func (c *situation) image(pid int, key uint64) string {
	if n := c.byPID[pid]; n.image != "" {
		return n.image
	}
	if image := c.byKey[key]; image != "" {
		return image
	}
	if pid < 0 {
		return fmt.Sprintf("process %s", hex64(key))
	}
	return ""
}

func (c *situation) services(pid int) []string {
	if s := c.byPID[pid].services; s != nil {
		return s
	}
	return []string{}
}
