package facts

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"portverdict/netstatparse/dump"
	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

const kindDump = "dump"

// readDump reads what a dump says of itself. The handles of a process are those of a
// process list.
func (s *Source) readDump(r io.ReaderAt) {
	d, errs := dump.Read(r, s.Size)
	for _, err := range errs {
		s.Damaged = true
		var fe *dump.FormatError
		switch {
		case errors.As(err, &fe):
			s.Truncated = s.Truncated || fe.Code == dump.CodeTruncated
			s.diagnose(report.Diagnostic{Code: fe.Code, Severity: "warning", Offset: fe.Offset, Length: fe.Length, Text: fe.Detail})
		case errors.Is(err, dump.ErrForeign):
			s.diagnose(report.Diagnostic{Code: "dump-foreign", Severity: "warning"})
		default:
			s.diagnose(report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()})
		}
	}
	if d == nil {
		return
	}
	s.move(&d.Time)
	at := report.Time{Time: d.Time}
	s.Window = report.Span{From: at, To: at}
	s.Clock = report.Clock{Zone: "UTC", Offset: "0s", Basis: "the time of a dump is UTC"}
	s.fact("written", timeFact(d.Time))
	s.fact("machine_type", d.Machine)
	s.fact("product", d.Product)
	if d.Build > 0 {
		s.fact("os_build", fmt.Sprint(d.Build))
	}
	if d.Kernel != nil {
		s.kernelDump(d)
		return
	}
	s.processDump(d)
}

// fact keeps a fact that is known.
func (s *Source) fact(name, value string) {
	if value != "" {
		s.Facts[name] = value
	}
}

func timeFact(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// debuggerCommands are those whose text is read when it is saved.
const debuggerCommands = "open it in WinDbg, save as text (.logopen FILE) what !process 0 0 prints, which is each process with the number of its handles, and give that text"

func (s *Source) kernelDump(d *dump.Dump) {
	k := d.Kernel
	kind := "dump of the machine"
	switch {
	case k.Live:
		kind += " (" + strings.TrimSpace("live "+k.Kind) + ": it did not crash)"
	case k.Kind != "":
		kind += " (" + k.Kind + ")"
	}
	s.fact("dump", kind)
	s.move(&k.Boot)
	s.fact("boot", timeFact(k.Boot))
	s.fact("bug_check", k.Code())
	var args []string
	for _, a := range k.Arguments {
		args = append(args, fmt.Sprintf("0x%X", a))
	}
	s.fact("bug_check_parameters", strings.Join(args, " "))
	s.Decoded = 1
	text := "this is a " + kind
	if d.Build > 0 {
		text += fmt.Sprintf(", Windows build %d", d.Build)
	}
	if !k.Boot.IsZero() {
		text += ", started " + timeFact(k.Boot)
	}
	if !d.Time.IsZero() {
		text += ", written " + timeFact(d.Time)
	}
	text += fmt.Sprintf(", bug check %s. Which process has sockets its header does not tell: %s", k.Code(), debuggerCommands)
	s.diagnose(report.Diagnostic{Code: "dump-kernel", Severity: "warning", Text: text})
}

func (s *Source) processDump(d *dump.Dump) {
	p := d.Process
	s.fact("dump", "dump of a process")
	s.fact("image", p.Image)
	s.fact("process_started", timeFact(p.Created))
	if p.PID >= 0 {
		s.fact("pid", fmt.Sprint(p.PID))
	}
	s.Host = &HostText{}
	if d.Build > 0 {
		s.Host.Host = &hosttext.Host{Build: d.Build, Version: d.Version}
	}
	process := hosttext.Process{PID: p.PID, Image: p.Image, Handles: -1, Sockets: -1}
	if h := p.Handles; h == nil {
		s.diagnose(report.Diagnostic{Code: "dump-no-handles", Severity: "warning"})
	} else {
		process.Handles, process.Sockets, s.Decoded = h.Total, h.Sockets, h.Total
		s.Host.Handles = []hosttext.HandleSummary{{PID: p.PID, Types: h.Types, Total: h.Total}}
		s.handleFacts(h)
	}
	if p.PID >= 0 {
		s.Host.Processes = []hosttext.Process{process}
	}
}

// handleFacts say how many handles there are, of which types, and how many are sockets.
func (s *Source) handleFacts(h *dump.Handles) {
	least := ""
	if h.AtLeast {
		least = "at least "
	}
	s.fact("handles", least+fmt.Sprint(h.Total))
	types := slices.SortedFunc(maps.Keys(h.Types), func(a, b string) int {
		if n := h.Types[b] - h.Types[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	var said []string
	for _, name := range types[:min(len(types), 10)] {
		said = append(said, fmt.Sprintf("%s %d", name, h.Types[name]))
	}
	s.fact("handle_types", strings.Join(said, ", "))
	switch {
	case h.Sockets >= 0:
		s.fact("sockets", fmt.Sprintf("%s%d (\\Device\\Afd, without port or state)", least, h.Sockets))
	case h.Types["File"] > 0 || h.Types["unknown"] > 0:
		s.fact("sockets", "unknown: the handles have no names")
		s.diagnose(report.Diagnostic{Code: "dump-no-names", Severity: "warning"})
	default:
		s.fact("sockets", "0")
	}
}
