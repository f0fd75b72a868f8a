package facts

import (
	"fmt"
	"slices"

	"portverdict/netstatparse/hosttext"
	"portverdict/report"
)

// Transport is tcp, udp, or unknown where no record tells.
type Transport uint8

// The transports.
const (
	TCP Transport = iota
	UDP
	Unknown
	transports = 2
)

// String gives "tcp", "udp" or "unknown".
func (t Transport) String() string { return [...]string{"tcp", "udp", "unknown"}[min(t, Unknown)] }

// Families is a set of address families.
type Families uint8

// The families and both of them.
const (
	IPv4 Families = 1 << iota
	IPv6
	AnyFamily = IPv4 | IPv6
)

// View is a range that ports are counted by: Count ports from Start on, of one transport
// and of one or both families, less what is excluded. Excluded ranges have both ends in
// them, lie in the view, and do not touch.
type View struct {
	Transport    Transport
	Families     Families
	Start, Count int
	Excluded     [][2]int
}

// End is the last port.
func (v *View) End() int { return v.Start + v.Count - 1 }

// Holds tells whether a port is one that can be handed out.
func (v *View) Holds(port int) bool {
	if port < v.Start || port > v.End() {
		return false
	}
	return !slices.ContainsFunc(v.Excluded, func(x [2]int) bool { return port >= x[0] && port <= x[1] })
}

// ExcludedPorts is how many ports of the range are excluded.
func (v *View) ExcludedPorts() int {
	n := 0
	for _, x := range v.Excluded {
		n += x[1] - x[0] + 1
	}
	return n
}

// Capacity is how many ports can be handed out.
func (v *View) Capacity() int { return v.Count - v.ExcludedPorts() }

// Equal tells that two views count the same ports.
func (v *View) Equal(o *View) bool {
	return v.Transport == o.Transport && v.Families == o.Families && v.Start == o.Start && v.Count == o.Count && slices.Equal(v.Excluded, o.Excluded)
}

// Exclude takes ranges out of the view, as far as they lie in it.
func (v *View) Exclude(ranges [][2]int) {
	all := slices.Clone(v.Excluded)
	for _, x := range ranges {
		if x[0], x[1] = max(x[0], v.Start), min(x[1], v.End()); x[0] <= x[1] {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b [2]int) int { return a[0] - b[0] })
	joined := all[:0]
	for _, x := range all {
		if n := len(joined); n > 0 && x[0] <= joined[n-1][1]+1 {
			joined[n-1][1] = max(joined[n-1][1], x[1])
			continue
		}
		joined = append(joined, x)
	}
	v.Excluded = joined
}

// inView marks the ports of a view.
func (v *View) inView() *[1 << 16]bool {
	var in [1 << 16]bool
	for port := v.Start; port <= v.End() && port < len(in); port++ {
		in[port] = true
	}
	for _, x := range v.Excluded {
		for port := x[0]; port <= x[1] && port < len(in); port++ {
			in[port] = false
		}
	}
	return &in
}

// Windows' own dynamic range since Vista.
const (
	DefaultStart = 49152
	DefaultCount = 16384
)

// viewsOf are the ranges that any source or the user tells, and Windows' default, each
// for both families together and, where a text tells a range of one family, for each. Of
// too many, those of later sources are left out, which their diagnostics say; the
// defaults, or what the user gave in their place, are always there.
func viewsOf(o Options, sources []*Source) []View {
	var out []View
	var excluded [transports][][2]int
	view := func(t Transport, fam Families, start, count int) bool {
		v := View{Transport: t, Families: fam, Start: start, Count: count}
		v.Exclude(excluded[t])
		if slices.ContainsFunc(out, func(w View) bool { return w.Equal(&v) }) {
			return true
		}
		if len(out) >= maxViews {
			return false
		}
		out = append(out, v)
		return true
	}
	for t := range Transport(transports) {
		excluded[t] = excludedOf(t, sources)
		if r, ok := o.Ranges[t.String()]; ok {
			view(t, AnyFamily, r.Start, r.Count)
			continue
		}
		view(t, AnyFamily, DefaultStart, DefaultCount)
		if splitByFamily(t, sources) {
			view(t, IPv4, DefaultStart, DefaultCount)
			view(t, IPv6, DefaultStart, DefaultCount)
		}
	}
	for _, s := range sources {
		for t := range Transport(transports) {
			if _, given := o.Ranges[t.String()]; given || s.Host == nil {
				continue
			}
			for _, r := range s.Host.Ranges {
				if r.Transport != t.String() {
					continue
				}
				all := view(t, AnyFamily, r.Start, r.Count)
				switch r.Family {
				case "ipv4":
					all = view(t, IPv4, r.Start, r.Count) && all
				case "ipv6":
					all = view(t, IPv6, r.Start, r.Count) && all
				}
				if !all {
					s.diagnose(report.Diagnostic{
						Code: "range-too-many", Severity: "warning", Line: r.Line,
						Text: fmt.Sprintf("the files state more than %d different ranges: ports are not counted by the %s range %d-%d", maxViews, t, r.Start, r.Start+r.Count-1),
					})
				}
			}
		}
	}
	return out
}

// splitByFamily tells that a text states a range of one family.
func splitByFamily(t Transport, sources []*Source) bool {
	return slices.ContainsFunc(sources, func(s *Source) bool {
		return s.Host != nil && slices.ContainsFunc(s.Host.Ranges, func(r hosttext.Range) bool {
			return r.Transport == t.String() && (r.Family == "ipv4" || r.Family == "ipv6")
		})
	})
}

// excludedOf are the ranges of a transport that any text excludes.
func excludedOf(t Transport, sources []*Source) [][2]int {
	var out [][2]int
	for _, s := range sources {
		if s.Host == nil {
			continue
		}
		for _, x := range s.Host.Excluded {
			if x.Transport == "" || x.Transport == t.String() {
				out = append(out, [2]int{x.Start, x.End})
			}
		}
	}
	return out
}

// ViewIndex gives the index of a view among those that were counted by, -1 when ports
// were not counted by it.
func (c *Case) ViewIndex(v *View) int {
	return slices.IndexFunc(c.Views, func(w View) bool { return w.Equal(v) })
}
