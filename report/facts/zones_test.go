package facts

import (
	"strings"
	"testing"
	"time"
)

// Each text is read with the zone of its own machine: by its name, its folder, or its name in
// that of the file. Where several zones could be meant, none is.
func TestZonesOfMachines(t *testing.T) {
	const (
		east, west, utc = "Zone: (UTC+01:00) A", "Zone: (UTC-05:00) B", "Zone: (UTC) UTC"
		unknown         = "Zone: (UTC+09:00) X"
		named           = "Host Name:                 HOST\r\nOS Name:                   Windows\r\nOS Version:                10.0.17763 N/A Build 17763\r\n"
	)
	local := table(0, "", rowsOf(7, 50000, 1, "ESTABLISHED")) // 2026-03-13 10:00
	system := func(path, host, zone string) input {
		return input{path, "hosttext.system", []byte(strings.Replace(named, "HOST", host, 1) + strings.Replace(zone, "Zone: ", "Time Zone:                 ", 1) + "\r\n")}
	}
	tzutil := func(path, zone string) input {
		return input{path, "hosttext.system", []byte("TimeZone : " + strings.TrimPrefix(zone, "Zone: ") + "\r\n")}
	}
	told := func(shown string, _ *time.Duration) *time.Location {
		switch shown[len(shown)-1] {
		case 'A':
			return time.FixedZone("A", 3600)
		case 'B':
			return time.FixedZone("B", -5*3600)
		}
		return nil
	}
	for name, c := range map[string]struct {
		inputs []input
		want   string // the hours of n.txt's and m.txt's tables in UTC, and the zone of the case
	}{
		"one zone":                {[]input{netstat("a/n.txt", local), netstat("b/m.txt", local), system("a/s.txt", "SRV-1", east), tzutil("c/t.txt", east)}, "09 09 A"},
		"by their folders":        {[]input{netstat("a/n.txt", local), netstat("b/m.txt", local), tzutil("a/s.txt", east), tzutil("b/s.txt", west)}, "09 15 "},
		"by folders below these":  {[]input{netstat("a/x/n.txt", local), netstat("b/x/m.txt", local), tzutil("a/y/s.txt", east), tzutil("b/y/s.txt", west)}, "09 15 "},
		"by the table's machine":  {[]input{netstat("n.txt", "SRV-2:\r\n"+local), netstat("m.txt", "SRV-1:\r\n"+local), system("s.txt", "SRV-1", east), system("t.txt", "SRV-2.corp", west)}, "15 09 "},
		"by the file's name":      {[]input{netstat("SRV-2_n.txt", local), netstat("xSRV-1-m.txt", local), system("s.txt", "SRV-1", east), system("t.txt", "SRV-2", west)}, "15 never "},
		"by the folder's name":    {[]input{netstat("SRV-2/n.txt", local), netstat("SRV-11/m.txt", local), system("s.txt", "SRV-1", east), system("t.txt", "SRV-2", west)}, "15 never "},
		"by another's machine":    {[]input{netstat("a/n.txt", local), system("a/s.txt", "SRV-1", "x: y"), netstat("b/m.txt", local), system("c/s.txt", "SRV-1", east), system("c/t.txt", "SRV-2", west)}, "09 never "},
		"by itself":               {[]input{{"n.txt", "netstat", []byte(local + "\r\nTimeZone : (UTC-05:00) B\r\n")}, {"m.txt", "netstat", []byte(local + "\r\nTimeZone : (UTC+01:00) A\r\n")}}, "15 09 "},
		"nobody knows":            {[]input{netstat("n.txt", local), netstat("m.txt", local), tzutil("s.txt", east), tzutil("t.txt", west)}, "never never "},
		"one that is not known":   {[]input{netstat("a/n.txt", local), netstat("b/m.txt", local), system("a/s.txt", "SRV-1", east), system("b/s.txt", "SRV-2", unknown)}, "09 never "},
		"the same, not known too": {[]input{netstat("a/n.txt", local), netstat("b/m.txt", local), system("a/s.txt", "SRV-1", east), system("b/s.txt", "SRV-1", unknown)}, "09 09 A"},
		"UTC among others":        {[]input{netstat("a/n.txt", local), netstat("b/m.txt", local), system("a/s.txt", "SRV-1", utc), system("b/s.txt", "SRV-2", west)}, "10 15 "},
	} {
		settledCase := settled(t, Options{ToldZone: told}, c.inputs...)
		hours := map[string]string{}
		for _, table := range settledCase.Tables {
			hour, _, _ := strings.Cut(strings.TrimPrefix(wanted(table.Time), "2026-03-13 "), ":")
			hours[table.Source.Path[len(table.Source.Path)-5:]] = hour
			if unplaced := strings.Contains(table.Source.Clock.Basis, "several zones"); unplaced != table.Time.IsZero() {
				t.Errorf("%s: %s: clock %+v", name, table.Source.Path, table.Source.Clock)
			}
		}
		if got := hours["n.txt"] + " " + hours["m.txt"] + " " + settledCase.Zone.Name; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
