package netstatparse

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// What scripts wrap around connections in JSON: each table as tool, machine, stamp and ports.
func TestWrapsOfJSON(t *testing.T) {
	// Rows by port: a is TCP, u is UDP.
	row := func(port int) string {
		return fmt.Sprintf(`{"LocalAddress":"10.0.0.5","LocalPort":%d,"RemoteAddress":"10.0.0.9","RemotePort":443,"State":5,"OwningProcess":7,"CimClass":{"LocalPort":9,"x":[{"LocalPort":9}]}}`, port)
	}
	udp := func(port int) string {
		return fmt.Sprintf(`{"LocalAddress":"0.0.0.0","LocalPort":%d,"OwningProcess":7}`, port)
	}
	for text, want := range map[string]string{
		`{"host":"SRV01","connections":[` + row(1) + `,` + row(2) + `]}`:                                       "TCP SRV01 1 2",
		`{"Data":[` + row(1) + `],"ComputerName":"SRV01"}`:                                                     "TCP SRV01 1",
		`{"MachineName":"SRV01","Result":{"value":[` + row(1) + `,` + row(2) + `],"Count":2}}`:                 "TCP SRV01 1 2",
		`{"value":[` + row(1) + `,` + row(2) + `],"Count":2}`:                                                  "TCP  1 2",
		`{"Tcp":[` + row(1) + `],"Udp":[` + udp(3) + `],"Host":"SRV01"}`:                                       "TCP SRV01 1; UDP SRV01 3",
		`{"host":"SRV01","connections":` + row(1) + `}`:                                                        "TCP SRV01 1",
		`[{"Host":"SRV01","c":[` + row(1) + `]},{"c":[` + row(2) + `],"Host":"SRV02"},{"c":[` + row(3) + `]}]`: "TCP SRV01 1; TCP SRV02 2; TCP  3",
		`[{"value":[` + row(1) + `]},{"Host":"SRV02","value":[` + row(2) + `]}]`:                               "TCP  1; TCP SRV02 2",
		// What is taken before and after is two tables, what is told by state is one.
		`{"before":[` + row(1) + `],"after":[` + row(2) + `]}`:                                                 "TCP  1; TCP  2",
		`{"Bound":[` + row(1) + `],"TimeWait":[` + row(2) + `],"tcp6":[` + row(3) + `]}`:                       "TCP  1 2 3",
		`{"all":{"a":[` + row(1) + `]},"Computer":"SRV01","more":[` + row(2) + `]}`:                            "TCP SRV01 1; TCP SRV01 2",
		`{"ComputerName":"SRV01","Tcp":[` + strings.Replace(row(1), "{", `{"PSComputerName":"B02",`, 1) + `]}`: "TCP B02 1",
		// Times: as written, in milliseconds, and as Windows PowerShell writes Get-Date.
		`{"Timestamp":"2026-03-10T10:00:00+01:00","c":[` + row(1) + `]}`:                                                                       "TCP  2026-03-10T10:00:00+01:00 1",
		`{"c":[` + row(1) + `],"Date":"\/Date(1773133200123)\/"}`:                                                                              "TCP  2026-03-10T09:00:00.123Z 1",
		`{"c":[` + row(1) + `],"Time":{"value":"\/Date(1773133200000)\/","DisplayHint":2,"DateTime":"Tuesday, March 10, 2026"}}`:               "TCP  2026-03-10T09:00:00.000Z 1",
		`{"samples":[{"time":"2026-03-10 10:00:00","c":[` + row(1) + `]},{"time":"2026-03-10 10:01:00","c":[` + row(2) + `]}],"host":"SRV01"}`: "TCP SRV01 2026-03-10 10:00:00 1; TCP SRV01 2026-03-10 10:01:00 2",
		// Cut behind a table, and within one.
		`{"host":"SRV01","c":[` + row(1) + `,` + row(2):             "TCP SRV01 1 2",
		`{"a":{"host":"SRV01","c":[` + row(1) + `]},"b":[` + row(2): "TCP SRV01 1; TCP  2",
		// Not connections: what programs are set to, and records of events.
		`{"Tunnel":{"LocalPort":1,"RemotePort":80},"x":[{"LocalPort":2}]}`:                                                           "",
		`[{"Id":16002,"EventData":{"LocalPort":"49700","ProcessId":"7"}}]`:                                                           "",
		`{"x":[{"InstanceID":"a","y":1}],"LocalPort":null}`:                                                                          "",
		`{"a":{"b":{"c":{"d":{"e":[` + row(1) + `]}}}}}`:                                                                             "",
		`{"a":[[[[[[[{"b":[1]}]]]]],2]],"c":[` + row(1) + `]}`:                                                                       "TCP  1",
		`{"Name":"SRV01","c":[` + row(1) + `]}`:                                                                                      "TCP  1",
		`{"host":"localhost","Server":"SRV09","value":"2026-03-10T10:00:00Z","LastRun":"2026-03-10T10:00:00Z","c":[` + row(1) + `]}`: "TCP  1",
	} {
		var got []string
		whole := true
		for s, err := range NewReader(strings.NewReader(text)).Snapshots() {
			if whole = len(s.Cuts) == 0; err != nil {
				if json.Valid([]byte(text)) {
					t.Errorf("%s: %v", text, err)
				}
				continue
			}
			one := []string{strings.TrimSuffix(map[string]string{ToolTCP: "TCP ", ToolUDP: "UDP "}[s.Tool]+s.Host+" "+s.Stamp, " ")}
			for _, e := range s.Entries {
				one = append(one, fmt.Sprint(e.Local.Port()))
			}
			if got = append(got, strings.Join(one, " ")); s.Filtered {
				t.Errorf("%s: without a header", text)
			}
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s:\n%q, want %q", text, strings.Join(got, "; "), want)
		}
		if whole != json.Valid([]byte(text)) {
			t.Errorf("%s: whole: %v", text, whole)
		}
	}
}

// Tables are held for a name behind them up to a limit.
func TestHeldTables(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"samples":[`)
	for i := range maxMachines {
		fmt.Fprintf(&b, `{"c":[{"LocalAddress":"10.0.0.5","LocalPort":%d,"State":5}]},`, i+1)
	}
	text := strings.TrimSuffix(b.String(), ",") + `],"host":"SRV01"}`
	for _, c := range []struct {
		text string
		want int
	}{{text, 0}, {strings.Replace(text, `{"c":[{"LocalAddress":"10.0.0.5","LocalPort":1,"State":5}]},`, "", 1), maxMachines - 1}, {strings.Replace(text, "{", `{"host":"SRV01",`, 1), maxMachines}} {
		named := 0
		for s := range NewReader(strings.NewReader(c.text)).Snapshots() {
			if s.Host == "SRV01" {
				named++
			}
		}
		if named != c.want {
			t.Errorf("%d tables have the name, want %d", named, c.want)
		}
	}
}
