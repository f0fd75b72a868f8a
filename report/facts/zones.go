package facts

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"portverdict/report"
)

// zones are those that the sources tell, each of its own machine. Where all tell one, or
// none is told, it is that of every source.
type zones struct {
	one  Zone
	all  []zoneTold        // where they differ: traces first, then texts, by path
	host map[string]string // by folder, the only machine that sources in it name
}

// zoneTold is a zone and who tells it. Its zone is not known where its rules are not.
type zoneTold struct {
	Zone
	source *Source
	host   string // "" where the source names none
}

// findZones finds the user's zone, else those of trace headers and those that texts tell.
func findZones(o Options, sources []*Source) *zones {
	if o.Zone != nil {
		return &zones{one: Zone{Name: o.Zone.String(), Basis: report.ZoneGiven, location: o.Zone}}
	}
	z := &zones{}
	for _, s := range sources {
		if s.Trace == nil {
			continue
		}
		h := s.Trace.header
		// A session without a zone is all zero; a true UTC host has a name.
		if h.Bias != 0 || h.StandardName != "" {
			label := h.StandardName
			if label == "" {
				label = fmt.Sprintf("UTC bias %d min", h.Bias)
			}
			z.all = append(z.all, zoneTold{Zone{Name: label, Basis: "time zone in the trace's header", header: &h}, s, ""})
		}
	}
	for _, s := range sources {
		if s.Host != nil && s.Host.Host != nil {
			if zone, ok := s.toldZone(o); ok {
				z.all = append(z.all, zoneTold{zone, s, s.Host.Host.Name})
			}
		}
	}
	z.settle(sources)
	return z
}

// toldZone is the zone that a text tells; ok is false where it tells none.
func (s *Source) toldZone(o Options) (zone Zone, ok bool) {
	h := s.Host.Host
	if h.InForce != nil {
		name := h.Zone
		if name == "" {
			name = "UTC" + h.InForce.String()
		}
		return Zone{
			Name: name, Basis: "the offset in force when " + s.Path + " was written", near: h.At,
			location: time.FixedZone(name, int(h.InForce.Seconds())),
		}, true
	}
	// Of another zone the texts tell standard time's offset and not the summer's.
	if strings.HasPrefix(h.Zone, "(UTC) ") {
		return Zone{Name: "UTC", Basis: "time zone in " + s.Path, location: time.UTC}, true
	}
	if h.Zone != "" && o.ToldZone != nil {
		if found := o.ToldZone(h.Zone, h.Offset); found != nil {
			return Zone{Name: found.String(), Basis: "time zone in " + s.Path + ": " + h.Zone, location: found}, true
		}
	}
	return Zone{}, h.Zone != ""
}

// settle tells whether one zone is that of all.
func (z *zones) settle(sources []*Source) {
	known := slices.DeleteFunc(slices.Clone(z.all), func(t zoneTold) bool { return !t.Known() })
	if len(known) == 0 {
		z.all = nil
		return
	}
	z.one = known[0].Zone
	differs := slices.ContainsFunc(known, func(t zoneTold) bool { return !sameZone(&t.Zone, &z.one) }) || slices.ContainsFunc(z.all, func(t zoneTold) bool {
		// Nobody knows the zone of a machine of which no other source tells it.
		return !t.Known() && t.host != "" && !slices.ContainsFunc(known, func(k zoneTold) bool { return k.host == "" || sameMachine(k.host, t.host) })
	})
	if !differs {
		z.all = nil
		return
	}
	z.one, z.host = Zone{}, map[string]string{}
	for _, s := range sources {
		dir, host := path.Dir(s.given), s.machine()
		if old, seen := z.host[dir]; host != "" && (!seen || old == "" || !sameMachine(old, host)) {
			if seen {
				host = "" // of several
			}
			z.host[dir] = host
		}
	}
}

// sameZone tells that two zones have the same offsets, in every month of a year, or at the
// time at which one of them was in force.
func sameZone(a, b *Zone) bool {
	for _, z := range []*Zone{a, b} {
		if !z.near.IsZero() {
			return a.offset(z.near) == b.offset(z.near)
		}
	}
	for month := time.January; month <= time.December; month++ {
		if at := time.Date(2026, month, 15, 12, 0, 0, 0, time.UTC); a.offset(at) != b.offset(at) {
			return false
		}
	}
	return true
}

// machine is the one that the source names, "" for none.
func (s *Source) machine() string {
	switch {
	case s.Host != nil && s.Host.Host != nil && s.Host.Host.Name != "":
		return s.Host.Host.Name
	case s.Saved != nil:
		return s.Saved.Computer
	case s.Log != nil && !s.Log.Forwarded:
		return s.Log.Computer
	}
	return ""
}

// of is the zone of what a source says of a machine, which may be "". It is that which the
// source tells itself, else one told of the machine, else that which the folder's sources
// tell, or the one of a machine whose name is in the file's, and so on in the folders above.
// Where these tell several, none is.
func (z *zones) of(s *Source, host string) Zone {
	if z.all == nil {
		return z.one
	}
	if s.zoned == nil {
		s.zoned = map[string]Zone{}
	}
	zone, ok := s.zoned[host]
	if !ok && len(s.zoned) < maxMachines {
		zone = z.find(s, host)
		s.zoned[host] = zone
	}
	return zone
}

// ZoneInDoubt tells that the source's local times were not placed since the inputs tell
// several zones.
func (s *Source) ZoneInDoubt() bool { return s.Clock.Basis == ofSeveral }

// Zone is the name of the zone with which the source's own local times are read where the
// inputs tell several; "" where that is not known.
func (s *Source) Zone() string { return s.zoned[""].Name }

func (z *zones) find(s *Source, host string) Zone {
	if own := z.that(func(t *zoneTold) bool {
		return t.source == s && (host == "" || t.host == "" || sameMachine(t.host, host))
	}); own != nil {
		return pick(own)
	}
	dir, file := path.Dir(s.given), path.Base(s.given)
	host = cmp.Or(host, s.machine(), z.host[dir])
	if named := z.that(func(t *zoneTold) bool { return host != "" && sameMachine(t.host, host) }); named != nil {
		return pick(named)
	}
	for at := dir; ; at = path.Dir(at) {
		here := z.that(func(t *zoneTold) bool {
			from := path.Dir(t.source.given)
			return (from == at || at != dir && (at == "." || strings.HasPrefix(from, at+"/"))) && (host == "" || t.host == "")
		})
		if called := z.that(func(t *zoneTold) bool { return host == "" && namedAfter(file, t.host) }); called != nil && !pick(here).Known() {
			return pick(called)
		}
		if here != nil {
			return pick(here)
		}
		if at == "." || at == "/" {
			return Zone{Basis: ofSeveral}
		}
		file = path.Base(at)
	}
}

// ofSeveral is said of the clock of a source whose zone is one of several.
const ofSeveral = "local times, and the inputs tell several zones and not which is that of this file: they take part by order only"

func (z *zones) that(is func(*zoneTold) bool) (out []zoneTold) {
	for i := range z.all {
		if is(&z.all[i]) {
			out = append(out, z.all[i])
		}
	}
	return out
}

// pick is the zone in which those who tell one agree. A trace's header goes before what a
// text says of the same machine.
func pick(all []zoneTold) Zone {
	first, host := Zone{Basis: ofSeveral}, ""
	trace := false
	for i := range all {
		t := &all[i]
		if host != "" && t.host != "" && !sameMachine(host, t.host) && (!t.Known() || !first.Known() || !sameZone(&first, &t.Zone)) {
			return Zone{Basis: ofSeveral}
		}
		host = cmp.Or(host, t.host)
		switch {
		case !t.Known():
		case !first.Known():
			first, trace = t.Zone, t.source.Trace != nil
		case !sameZone(&first, &t.Zone) && (!trace || t.source.Trace != nil):
			return Zone{Basis: ofSeveral}
		}
	}
	return first
}

// namedAfter tells that a machine's name stands in that of a file or a folder, as a word.
func namedAfter(file, host string) bool {
	label, _, _ := strings.Cut(strings.ToLower(host), ".")
	file = strings.ToLower(file)
	for at := 0; len(label) > 2; {
		i := strings.Index(file[at:], label)
		if i < 0 {
			return false
		}
		i += at
		if end := i + len(label); !wordAt(file, i-1) && !wordAt(file, end) {
			return true
		}
		at = i + 1
	}
	return false
}

// wordAt tells that a letter, a digit or a hyphen before one stands there.
func wordAt(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9'
}
