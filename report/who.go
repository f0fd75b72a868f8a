package report

import (
	"fmt"
	"strings"
)

// who says in one sentence who has the ports and why; nothing where the verdict needs
// nobody.
func who(v *Verdict) []piece {
	p := v.mainPool()
	if p == nil || p.Outcome == NotExhausted || p.Outcome == Inconclusive {
		return nil
	}
	var named []*Holder
	for _, h := range v.holdersOf(p) {
		if h.Named {
			named = append(named, h)
		}
	}
	switch {
	case p.Cause == CauseStuckClose:
		return []piece{strong("No program holds them."), plain(" Programs closed these sockets; the close hangs in the network stack below, so the port stays taken.")}
	case len(named) == 0:
		return nobody(v, p)
	}
	var out []piece
	for i, h := range named[:min(len(named), 2)] {
		if i > 0 {
			out = append(out, plain(" and "))
		}
		out = append(out, piece{Text: h.who(), Bold: true, Named: true}, plain(besideName(h)))
	}
	return append(out, plain(" "+deed(v, p, named)))
}

// besideName is what stands behind the name of a holder: its PID and services.
func besideName(h *Holder) string {
	var in []string
	if !h.isSum() && h.Image != "" && h.PID >= 0 {
		in = append(in, "PID "+pidText(h.PID))
	}
	switch len(h.Services) {
	case 0:
	case 1:
		in = append(in, "service "+h.Services[0])
	default:
		in = append(in, "services "+strings.Join(h.Services, ", "))
	}
	if len(in) == 0 {
		return ""
	}
	return " (" + strings.Join(in, ", ") + ")"
}

// deed says what the named holders did, by the cause and by what is seen of their ports.
func deed(v *Verdict, p *Pool, named []*Holder) string {
	h := named[0]
	has, does := "has", ""
	if len(named) > 1 {
		has, does = "have", " between them"
	}
	ports := 0
	for _, n := range named {
		ports += n.Ports
	}
	share := fmt.Sprintf("%s %s of %s ports%s", has, Grouped(min(ports, p.Capacity)), Grouped(p.Capacity), does)
	switch p.Cause {
	case CauseLeak:
		if len(named) == 1 && h.OrphanBound > 0 && h.OrphanBound >= h.Ports {
			return "binds sockets, never connects them and keeps them: a leak."
		}
		return map[bool]string{true: "opens sockets and does not close them: a leak.", false: "open sockets and do not close them: a leak."}[len(named) == 1]
	case CauseBurst:
		return fmt.Sprintf("opened %s sockets at a time and gave them back: a burst.", Grouped(h.Ports))
	case CauseByDesign:
		for _, h := range v.holdersOf(p) {
			if h.ByDesign != "" {
				return fmt.Sprintf("%s; %s has %s by design.", share, h.name(), Grouped(h.Ports))
			}
		}
	case CauseSmallRange:
		return share + "; the range itself is small."
	}
	return share + "."
}

// nobody says why no process is named.
func nobody(v *Verdict, p *Pool) []piece {
	b := &p.Balance
	capacity := Grouped(p.Capacity)
	switch {
	case b.Basis == "none" || b.Basis == "":
		return []piece{plain("No input shows who had the ports at that time.")}
	case p.Cause == CauseChurn:
		return []piece{strong("No program holds them."), plain(fmt.Sprintf(" %s of %s ports wait in TIME_WAIT after short connections.", Grouped(b.TimeWait), capacity))}
	case b.Unaccounted >= max(b.Holders, b.TimeWait, b.StuckCloses):
		return []piece{strong("Nobody can be named:"), plain(fmt.Sprintf(" %s of %s ports are unaccounted for.", Grouped(b.Unaccounted), capacity))}
	}
	if all := v.holdersOf(p); len(all) > 0 {
		return []piece{strong("Nobody can be named."), plain(fmt.Sprintf(" Most ports: %s, %s of %s.", all[0].name(), Grouped(all[0].Ports), capacity))}
	}
	return []piece{strong("Nobody can be named.")}
}
