package verdict

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"portverdict/netstatparse"
	"portverdict/report"
)

// snapshot is one saved connection table.
type snapshot struct {
	netstatparse.Snapshot
	source *source
	order  int         // in its source
	time   report.Time // UTC, zero when there is no stamp or no zone
	row    report.Evidence
	use    [transports]usage
}

// usage is one snapshot's use of one transport's dynamic ports.
type usage struct {
	used     int
	timeWait int
	byPID    map[int]*held
	tuples   map[tuple]map[uint16]struct{}
}

// held is what one PID holds in a snapshot.
type held struct {
	ports       map[uint16]struct{}
	orphanBound int
	closeWait   int
	timeWait    int
	owner       string
	line        int
}

type tuple struct {
	local  netip.Addr
	remote netip.AddrPort
}

func (s *source) readSnapshots(r io.ReaderAt) {
	for sn, err := range netstatparse.NewReader(io.NewSectionReader(r, 0, s.Size)).Snapshots() {
		if err != nil {
			s.damaged = true
			s.diagnose(textDiagnostic(err))
			continue
		}
		if len(s.snapshots) >= maxSnapshots {
			s.diagnose(report.Diagnostic{Code: "netstat-too-many-snapshots", Severity: "warning", Line: sn.Line, Text: "further snapshots of this file were left out"})
			break
		}
		if sn.Failed != "" {
			s.diagnose(report.Diagnostic{
				Code: "netstat-capture-failed", Severity: "warning", Line: sn.Line,
				Text: "the command failed when this was saved (" + sn.Failed + "): run netstat -anobq in an elevated prompt",
			})
		}
		s.Decoded += len(sn.Entries)
		s.Truncated = s.Truncated || sn.Truncated
		s.snapshots = append(s.snapshots, &snapshot{Snapshot: sn, source: s, order: len(s.snapshots)})
	}
	s.Facts["snapshots"] = fmt.Sprint(len(s.snapshots))
}

func textDiagnostic(err error) report.Diagnostic {
	var fe *netstatparse.FormatError
	if errors.As(err, &fe) {
		return report.Diagnostic{Code: fe.Code, Severity: "warning", Line: fe.Line, Text: fe.Text}
	}
	return report.Diagnostic{Code: "read", Severity: "error", Text: err.Error()}
}

// place gives the snapshots of a text their time in UTC by the zone.
func (s *source) place(z zone) {
	stamped := false
	for _, sn := range s.snapshots {
		stamped = stamped || !sn.Local.IsZero()
		precision := "unknown"
		if !sn.Local.IsZero() && !sn.Ambiguous && z.known() {
			sn.time = report.Time{Time: z.utc(sn.Local)}
			precision = "exact"
			if s.Window.From.IsZero() {
				s.Window.From = sn.time
			}
			s.Window.To = sn.time
		}
		line := sn.Line
		if sn.StampLine > 0 {
			line = sn.StampLine
		}
		sn.row = s.row(report.Evidence{
			Kind: "netstat.snapshot", Line: line, Time: sn.time, TimePrecision: precision, PID: -1,
			Text:   fmt.Sprintf("connection table of %d rows", len(sn.Entries)),
			Fields: map[string]string{"rows": fmt.Sprint(len(sn.Entries)), "stamp": sn.Stamp},
		})
	}
	switch {
	case !stamped:
		s.Clock = report.Clock{Basis: "no time is written in this file: it takes part by order only"}
	case !z.known():
		s.Clock = report.Clock{Basis: "local times without a zone: they take part by order only"}
	default:
		s.Clock = report.Clock{Zone: z.name, Offset: z.offset(s.firstLocal()).String(), Basis: z.basis}
	}
}

func (s *source) firstLocal() time.Time {
	for _, sn := range s.snapshots {
		if !sn.Local.IsZero() {
			return sn.Local
		}
	}
	return time.Time{}
}

// count fills the use of one transport's pool. A port counts once however many
// rows and families show it; BOUND is extra only when no other row has its port.
func (sn *snapshot) count(i int, p *pool) {
	u := usage{byPID: map[int]*held{}, tuples: map[tuple]map[uint16]struct{}{}}
	ports := map[uint16]bool{} // true: some row other than BOUND
	waiting := map[uint16]struct{}{}
	for _, e := range sn.Entries {
		if e.Proto != transportNames[i] || !p.holds(int(e.Local.Port())) {
			continue
		}
		port := e.Local.Port()
		ports[port] = ports[port] || e.State != netstatparse.Bound
		if e.State == netstatparse.TimeWait {
			waiting[port] = struct{}{}
		}
		if e.Remote.Addr().IsValid() && e.Remote.Port() != 0 { // a name is not the same peer twice
			k := tuple{e.Local.Addr(), e.Remote}
			if u.tuples[k] == nil {
				u.tuples[k] = map[uint16]struct{}{}
			}
			u.tuples[k][port] = struct{}{}
		}
		if e.PID > 0 {
			u.take(e)
		}
	}
	u.used, u.timeWait = len(ports), len(waiting)
	for _, e := range sn.Entries {
		if e.Proto == transportNames[i] && e.State == netstatparse.Bound && e.PID > 0 && p.holds(int(e.Local.Port())) {
			if other, seen := ports[e.Local.Port()]; seen && !other {
				u.byPID[e.PID].orphanBound++
				ports[e.Local.Port()] = true // a twin in the other family is the same port
			}
		}
	}
	sn.use[i] = u
}

func (u *usage) take(e netstatparse.Entry) {
	h := u.byPID[e.PID]
	if h == nil {
		h = &held{ports: map[uint16]struct{}{}, line: e.Line}
		u.byPID[e.PID] = h
	}
	h.ports[e.Local.Port()] = struct{}{}
	if h.owner == "" {
		h.owner = e.Owner
	}
	switch e.State {
	case netstatparse.CloseWait:
		h.closeWait++
	case netstatparse.TimeWait:
		h.timeWait++
	}
}

// names tells whether the snapshot can name a holder.
func (sn *snapshot) names() bool { return sn.Failed == "" && sn.HasPID && len(sn.Entries) > 0 }
