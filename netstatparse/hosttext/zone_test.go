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
		"Central Standard Time (Mexico)\n":                                                "Central Standard Time (Mexico)",
		"Russia Time Zone 11\n":                                                           "Russia Time Zone 11",
		"Id : UTC-02\n":                                                                   "UTC-02",
		"Id : Singapore Standard Time\nStandardName : Malay Peninsula Standard Time\n":    "Singapore Standard Time",
		"StandardName : Malay Peninsula Standard Time\nId : Singapore Standard Time\n":    "Singapore Standard Time",
		"Tokyo Standard Time\nTokyo Standard Time\n":                                      "Tokyo Standard Time",
		// A list of zones, as tzutil /l prints it, or those of several machines.
		"(UTC-12:00) International Date Line West\nDateline Standard Time\n\n(UTC-10:00) Hawaii\nHawaiian Standard Time\n": "",
		"Id : Tokyo Standard Time\n\nId : Iran Standard Time\n":                                                            "",
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

// A zone above systeminfo takes nothing from it.
func TestZoneAboveSysteminfo(t *testing.T) {
	got, _ := Read(strings.NewReader("Tokyo Standard Time\n\nHost Name:                 WEB01\nOS Name:                   Microsoft Windows Server 2019 Standard\n" +
		"OS Version:                10.0.17763 N/A Build 17763\n"))
	if h := got.Host; h == nil || h.Name != "WEB01" || h.Build != 17763 || h.Zone != "Tokyo Standard Time" {
		t.Errorf("%+v", h)
	}
}
