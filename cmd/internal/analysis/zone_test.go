package analysis

import (
	"testing"
	"time"
)

func TestToldZone(t *testing.T) {
	for shown, want := range map[string]string{
		"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna": "Europe/Amsterdam",
		"(UTC+01:00) Bruxelles, Copenhague, Madrid, Paris":             "Europe/Madrid",
		"(UTC+01:00) Sarajevo, Skopje, Warschau, Zagreb":               "Europe/Sarajevo",
		"(UTC-05:00) Eastern Time (US & Canada)":                       "America/New_York",
		"(UTC-06:00) Guadalajara, Mexico City, Monterrey":              "America/Mexico_City",
		"(UTC-03:00) Brasilia":                                         "America/Sao_Paulo",
		"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi":              "Asia/Kolkata",
		"(UTC+09:00) 大阪、札幌、東京":                                         "Asia/Tokyo",
		"(UTC+10:00) Canberra, Melbourne, Sydney":                      "Australia/Canberra",
		"(UTC+00:00) Dublin, Edinburgh, Lisbon, London":                "Europe/Dublin",
		"(UTC+02:00) Berlin":                                           "", // another offset than that city's
		"(UTC+01:00) Nowhere, ../../etc":                               "",
		"(UTC-11:00) Coordinated Universal Time-11":                    "",
	} {
		sign, h, m := time.Duration(1), time.Duration(shown[5]-'0')*10+time.Duration(shown[6]-'0'), time.Duration(shown[8]-'0')*10+time.Duration(shown[9]-'0')
		if shown[4] == '-' {
			sign = -1
		}
		standard := sign * (h*time.Hour + m*time.Minute)
		got := ""
		if zone := toldZone(shown, &standard); zone != nil {
			got = zone.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", shown, got, want)
		}
	}
}

func TestToldZoneByName(t *testing.T) {
	for shown, want := range map[string]string{
		"W. Europe Standard Time":  "Europe/Berlin",
		"UTC":                      "Etc/UTC",
		"Lummerland Standard Time": "",
	} {
		got := ""
		if zone := toldZone(shown, nil); zone != nil {
			got = zone.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", shown, got, want)
		}
	}
}
