package main

import (
	"strings"
	"time"
)

// loadZone finds a zone by its Windows or IANA name. "Local" is refused: the
// machine's own zone must not reach a result.
func loadZone(name string) (*time.Location, error) {
	if iana, ok := windowsZones[strings.ToLower(name)]; ok {
		zone, err := time.LoadLocation(iana)
		if err != nil {
			return nil, failed("--tz %q: the zone %s is not in the time zone database: %v", name, iana, err)
		}
		return zone, nil
	}
	if name == "" || name == "Local" {
		return nil, usage("--tz %q is no zone: give a name like Europe/Berlin, Etc/GMT-1 or \"W. Europe Standard Time\"", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, usage("--tz %q is no zone: give a name like Europe/Berlin, Etc/GMT-1 or \"W. Europe Standard Time\"", name)
	}
	return zone, nil
}
