package hosttext

import (
	"regexp"
	"strings"
	"sync"

	"portverdict/netstatparse/pstext"
)

// zoneKey is the name of a zone in the registry, which no language translates: "W. Europe
// Standard Time". One without summer time has "_dstoff" behind it, and is not read.
var zoneKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?:[A-Z][A-Za-z]*\.? ){1,4}Standard Time(?: \(Mexico\))?|Russia Time Zone \d\d?|UTC(?:[+-]\d\d)?)$`)
})

// zoneShown takes the name that w32tm /tz shows.
var zoneShown = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*\[Standard Name:"([^"]+)"`)
})

// takeZone reads what names the zone of the machine:
//
//	W. Europe Standard Time                                            of tzutil /g
//	    TimeZoneKeyName    REG_SZ    W. Europe Standard Time           of reg query
//	Id                         : W. Europe Standard Time               of Get-TimeZone
//	TimeZone                   : (UTC+01:00) Amsterdam, Berlin, Bern   of Get-ComputerInfo
//	  [Standard Name:"W. Europe Standard Time" Bias:0min ...           of w32tm /tz
func (p *parser) takeZone() bool {
	if !holds(p.text, "time") && !strings.Contains(p.text, "UTC") {
		return false
	}
	name, value := "", strings.TrimSpace(p.text)
	if words := strings.Fields(value); len(words) > 2 && words[1] == "REG_SZ" {
		name, value = words[0], strings.Join(words[2:], " ")
	} else if n, v, ok := pstext.PropertyOf(p.text); ok {
		name, value = n, v
	} else if m := zoneShown().FindStringSubmatch(p.text); m != nil {
		value = m[1]
	}
	switch strings.ToLower(name) {
	case "timezonekeyname", "id":
		return p.nameZone(value, true)
	case "": // "UTC" alone may be a heading
		return !strings.HasPrefix(value, "UTC") && p.nameZone(value, value == strings.TrimSpace(p.text))
	case "standardname":
		return p.nameZone(value, false)
	case "timezone":
		if !zoneValue.MatchString(value) {
			return false
		}
		p.zone.shown, p.zone.line = strings.Clone(value), p.line
		return true
	}
	return false
}

// zoneNames are what a text says of the zone.
type zoneNames struct {
	key   string // its name in the registry
	shown string // "(UTC+01:00) Amsterdam, ..."
	sure  bool   // the key is no display name, which can be another zone's key
	many  bool   // the text lists zones, or is of several machines
	line  int
}

// nameZone takes a name of the registry; a display name does where there is none.
func (p *parser) nameZone(key string, sure bool) bool {
	if !zoneKey().MatchString(key) {
		return false
	}
	z := &p.zone
	switch {
	case z.key == "", sure && !z.sure:
		z.key, z.sure, z.line = strings.Clone(key), sure, p.line
	case sure == z.sure && key != z.key:
		z.many = true
	}
	return true
}

// endZone gives the machine the zone that the text names, where it names one.
func (p *parser) endZone() {
	z := p.zone
	if z.many || z.key == "" && z.shown == "" {
		return
	}
	if p.facts.Host == nil {
		p.facts.Host = &Host{Line: z.line}
	}
	h := p.facts.Host
	if z.key != "" && h.Zone == "" {
		h.Zone = z.key
	}
	h.zone(z.shown)
}
