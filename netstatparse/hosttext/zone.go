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
	case "timezonekeyname", "id", "standardname":
	case "": // "UTC" alone may be a heading
		if strings.HasPrefix(value, "UTC") {
			return false
		}
	case "timezone":
		if !zoneValue.MatchString(value) {
			return false
		}
		p.machine().zone(value)
		return true
	default:
		return false
	}
	if !zoneKey().MatchString(value) {
		return false
	}
	if h := p.machine(); h.Zone == "" {
		h.Zone = strings.Clone(value)
	}
	return true
}

// machine is the host that the text tells of.
func (p *parser) machine() *Host {
	if p.facts.Host == nil {
		p.facts.Host = &Host{Line: p.line}
	}
	return p.facts.Host
}
