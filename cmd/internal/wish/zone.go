// Package wish turns what a user asks of a report, as words, into values: the zone of
// local times, the dynamic range, the form of the output, and names replaced by tokens.
// Both programs read the words here, so that they mean the same in both.
package wish

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoDatabase means that a zone of Windows is known and its rules are not: the time
// zone database of the machine lacks it.
var ErrNoDatabase = errors.New("is not in the time zone database")

// Zone finds a zone by its Windows or IANA name. "Local" is refused: the machine's own
// zone must not reach a result.
func Zone(name string) (*time.Location, error) {
	if iana, ok := windowsZones[strings.ToLower(name)]; ok {
		zone, err := time.LoadLocation(iana)
		if err != nil {
			return nil, fmt.Errorf("%q: the zone %s %w: %v", name, iana, ErrNoDatabase, err)
		}
		return zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is no zone: give a name like Europe/Berlin, Etc/GMT-1 or \"W. Europe Standard Time\"", name)
	}
	return zone, nil
}
