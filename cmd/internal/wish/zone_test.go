package wish

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestZone(t *testing.T) {
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, hours := range map[string]float64{
		"W. Europe Standard Time": 2, "w. europe standard time": 2, "Etc/GMT-1": 1, "Europe/Berlin": 2, "UTC": 0,
		"India Standard Time": 5.5, "Dateline Standard Time": -12, "UTC+13": 13, "Pacific Standard Time": -7,
	} {
		zone, err := Zone(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, off := summer.In(zone).Zone(); float64(off)/3600 != hours {
			t.Errorf("%s is %d s ahead of UTC, want %g h", name, off, hours)
		}
	}
	for _, name := range []string{"", "Local", "../etc/passwd", "Nowhere"} {
		if _, err := Zone(name); err == nil || errors.Is(err, ErrNoDatabase) {
			t.Errorf("%q gave %v", name, err)
		}
	}
}

// Every row of the table must be in the database and be reachable.
func TestWindowsZones(t *testing.T) {
	for name := range windowsZones {
		if name != strings.ToLower(name) {
			t.Errorf("%q is not in lower case and never found", name)
		}
		if _, err := Zone(name); err != nil {
			t.Error(err)
		}
	}
}
