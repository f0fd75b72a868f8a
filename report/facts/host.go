package facts

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"portverdict/netstatparse"
	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

func (s *Source) readHost(r io.Reader) {
	facts, errs := hosttext.Read(r)
	for _, err := range errs {
		s.Damaged = true
		var fe *netstatparse.FormatError
		if errors.As(err, &fe) {
			s.diagnose(report.Diagnostic{Code: fe.Code, Severity: "warning", Line: fe.Line, Text: fe.Text})
			continue
		}
		s.diagnose(report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()})
	}
	s.moveHost(&facts)
	n := len(facts.Ranges) + len(facts.Processes) + len(facts.Excluded) + len(facts.Registry) + len(facts.Handles) + len(facts.Symptoms) + len(facts.Traces) + len(facts.Drivers)
	if facts.Host != nil {
		n++
	}
	if c := facts.Collection; c != nil {
		n += len(c.Runs)
		s.tellCollection(c)
	}
	if n > 0 {
		s.Host = &facts
		if h := facts.Host; h != nil && h.Name != "" {
			s.Facts["computer"] = h.Name
		}
	}
	if s.isHostText() {
		s.Decoded = n
	}
	s.Clock = report.Clock{Basis: "no time is written in this file"}
}

// tellCollection tells what went wrong when a bundle was collected.
func (s *Source) tellCollection(c *hosttext.Collection) {
	for _, run := range c.Failed() {
		s.diagnose(report.Diagnostic{Code: "collect-failed", Severity: "note", Line: run.Line, Text: run.String()})
	}
	if !c.Finished {
		s.diagnose(report.Diagnostic{Code: "collect-unfinished", Severity: "warning", Line: c.Line, Text: "the manifest has no last line"})
	}
}

// BootRow is the evidence of a start of Windows that a text tells.
func (s *Source) BootRow() report.Evidence {
	h := s.Host.Host
	return s.Row(report.Evidence{
		Kind: "host.boot", Time: report.Time{Time: h.Boot}, TimePrecision: "exact", Line: h.BootLine, PID: report.NoPID,
		Text: "Windows started", Fields: map[string]string{},
	})
}

// placeHost gives the lists of processes and the start of Windows their times, which are
// local in most texts.
func (s *Source) placeHost(zones *zones) {
	if s.Host == nil {
		return
	}
	z := zones.of(s, "")
	utc := func(local time.Time, offset *time.Duration) time.Time {
		switch {
		case local.IsZero():
		case offset != nil:
			return local.Add(-*offset)
		case z.holds(local):
			return z.after(local, time.Time{})
		}
		return time.Time{}
	}
	for i := range s.Host.Processes {
		p := &s.Host.Processes[i]
		s.Listed = append(s.Listed, report.Time{Time: utc(p.Local, p.Offset)})
	}
	if h := s.Host.Host; h != nil && h.Boot.IsZero() {
		h.Boot = utc(h.BootLocal, nil)
	}
}

// RangeRow is the evidence of a dynamic range that a text tells.
func (s *Source) RangeRow(r *hosttext.Range) report.Evidence {
	return s.Row(report.Evidence{
		Kind: "host.range", Line: r.Line, TimePrecision: "unknown", PID: report.NoPID,
		Text:   fmt.Sprintf("dynamic %s range: %d ports from %d", r.Transport, r.Count, r.Start),
		Fields: map[string]string{"start": fmt.Sprint(r.Start), "count": fmt.Sprint(r.Count), "family": r.Family},
	})
}

// ExcludedRow is the evidence of a range that a transport's pool cannot hand out.
func (s *Source) ExcludedRow(x *hosttext.Excluded, t Transport) report.Evidence {
	return s.Row(report.Evidence{
		Kind: "host.excluded", Line: x.Line, TimePrecision: "unknown", PID: report.NoPID,
		Text:   fmt.Sprintf("%s ports %d to %d are excluded", strings.ToUpper(t.String()), x.Start, x.End),
		Fields: map[string]string{"start": fmt.Sprint(x.Start), "end": fmt.Sprint(x.End), "transport": t.String()},
	})
}

// ProcessRow is the evidence of who a PID is by a process list.
func (s *Source) ProcessRow(p *hosttext.Process, text string) report.Evidence {
	return s.Row(report.Evidence{
		Kind: "host.process", Line: p.Line, TimePrecision: "unknown", PID: report.PID(p.PID), Text: Shorten(text), Fields: map[string]string{},
	})
}

// RegistryRow is the evidence of a registry value.
func (s *Source) RegistryRow(r *hosttext.Registry) report.Evidence {
	return s.Row(report.Evidence{
		Kind: "host.registry", Line: r.Line, TimePrecision: "unknown", PID: report.NoPID,
		Text: fmt.Sprintf("%s is %d", r.Name, r.Value), Fields: map[string]string{"key": r.Key, "value": fmt.Sprint(r.Value)},
	})
}

// Driver is one that a saved list names, with what the list says of it.
type Driver = hosttext.Driver

// What a list says of a driver by naming it.
const (
	RoleKernel     = hosttext.RoleKernel
	RoleComponent  = hosttext.RoleComponent
	RoleWFP        = hosttext.RoleWFP
	RoleFileFilter = hosttext.RoleFileFilter
)

// DriverRow is the evidence that a driver is loaded, by a list.
func (s *Source) DriverRow(d *Driver) report.Evidence {
	what := [...]string{RoleKernel: "kernel driver", RoleComponent: "bound to the network stack", RoleWFP: "provider of the filtering platform", RoleFileFilter: "file system filter"}[d.Role]
	fields := map[string]string{}
	var text strings.Builder
	text.WriteString(what)
	for _, f := range []struct{ name, value string }{{"name", d.Name}, {"title", d.Title}, {"file", d.File}, {"version", d.Version}, {"vendor", d.Vendor}} {
		if f.value != "" {
			fields[f.name] = Shorten(f.value)
			text.WriteString(", " + f.name + " " + f.value)
		}
	}
	return s.Row(report.Evidence{Kind: "host.driver", Line: d.Line, TimePrecision: "unknown", PID: report.NoPID, Text: Shorten(text.String()), Fields: fields})
}

// TraceRow is the evidence row that stands for a whole trace.
func (t *Trace) TraceRow() report.Evidence {
	return t.Source.Row(report.Evidence{
		Kind: "etl.trace", Time: t.Last, TimePrecision: "exact", PID: report.NoPID,
		Text: fmt.Sprintf("endpoints of the trace (%s)", report.Counted(t.Events, "port event", "port events")),
	})
}

// BootRow is the evidence of the start of Windows that a trace's header tells.
func (t *Trace) BootRow() report.Evidence {
	return t.Source.Row(report.Evidence{
		Kind: "etl.trace", Time: t.Booted, TimePrecision: "exact", PID: report.NoPID, Text: "Windows started, by the header of the trace",
	})
}

// HeldRow is the evidence of the ports that a process of the trace has at a time; given
// are the endpoints that have them, at least one, and how many distinct ports these are.
func (t *Trace) HeldRow(p *Process, at report.Time, ports int, holds []*Hold) report.Evidence {
	holds = slices.Clone(holds)
	slices.SortFunc(holds, compareHolds)
	e := report.Evidence{
		Kind: "etl.holder", Time: at, TimePrecision: "exact", PID: p.PID, Image: p.Image,
		Text:   report.Counted(ports, "port", "ports") + " open",
		Fields: map[string]string{"ports": fmt.Sprint(ports), "transport": holds[0].Transport.String(), "process": HexKey(p.Key)},
	}
	for _, h := range holds {
		e.Of = append(e.Of, report.Place{Source: h.at.source.Path, Offset: h.at.offset, Record: int64(h.at.record)})
	}
	e.Offset, e.Record = e.Of[0].Offset, e.Of[0].Record
	return holds[0].at.source.Row(e)
}

// SymptomRow is the evidence of an error that a program wrote.
func (s *Source) SymptomRow(x *hosttext.Symptom) report.Evidence {
	return s.Row(report.Evidence{
		Kind: "host.error", Line: x.Line, TimePrecision: "unknown", PID: report.NoPID, Text: Shorten(x.Text),
		Fields: map[string]string{"code": fmt.Sprint(x.Code), "word": x.Word},
	})
}
