package hosttext

import (
	"strings"
	"testing"
)

func TestZoneIsRead(t *testing.T) {
	for text, want := range map[string]string{
		"W. Europe Standard Time\r\n":                                                     "W. Europe Standard Time",
		"C:\\>tzutil /g\r\nCentral America Standard Time\r\nC:\\>":                        "Central America Standard Time",
		"    TimeZoneKeyName    REG_SZ    Tokyo Standard Time\r\n":                        "Tokyo Standard Time",
		"    TimeZoneKeyName    REG_SZ    UTC\r\n":                                        "UTC",
		"Id          : UTC\nDisplayName : (UTC) Coordinated Universal Time\n":             "UTC",
		"Id           : Romance Standard Time\nStandardName : Mitteleuropäische Zeit\n":   "Romance Standard Time",
		"Caption      : (UTC-05:00) x\nStandardName : Eastern Standard Time\n":            "Eastern Standard Time",
		"TimeZone     : (UTC+01:00) Amsterdam, Berlin, Bern\n":                            "(UTC+01:00) Amsterdam, Berlin, Bern",
		"  [Standard Name:\"E. Australia Standard Time\" Bias:0min Date:(M:4 D:1 DoW:0)]": "E. Australia Standard Time",
		"Tokyo Standard Time\nIran Standard Time\n":                                       "Tokyo Standard Time", // the first
		"Central Standard Time (Mexico)\n":                                                "Central Standard Time (Mexico)",
		"Russia Time Zone 11\n":                                                           "Russia Time Zone 11",
		"Id : UTC-02\n":                                                                   "UTC-02",
		// What says nothing of the machine's zone.
		"W. Europe Standard Time_dstoff\n":        "",
		"All times are W. Europe Standard Time\n": "",
		"UTC\n":                            "",
		"Id : 4231\n":                      "",
		"Name : W. Europe Standard Time\n": "",
		"TimeZone : local\n":               "",
		"  [Daylight Name:\"W. Europe Daylight Time\" Bias:-60]": "",
	} {
		got, errs := Read(strings.NewReader(text))
		zone := ""
		if got.Host != nil {
			zone = got.Host.Zone
		}
		if zone != want || len(errs) > 0 {
			t.Errorf("%q: zone %q, want %q; %v", text, zone, want, errs)
		}
	}
}
