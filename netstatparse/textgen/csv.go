package textgen

import (
	"fmt"
	"strings"
)

// cimColumns are the properties of a connection in the order of its class.
var cimColumns = strings.Fields(`Caption Description ElementName InstanceID CommunicationStatus DetailedStatus HealthState
	InstallDate Name OperatingStatus OperationalStatus PrimaryStatus Status StatusDescriptions AvailableRequestedStates
	EnabledDefault EnabledState OtherEnabledState RequestedState TimeOfLastStateChange TransitioningToState AggregationBehavior
	Directionality CreationTime LocalAddress LocalPort OwningProcess AppliedSetting OffloadState RemoteAddress RemotePort State
	PSComputerName`)

// cimValues are the properties that have a value.
func cimValues(c conn, created string) map[string]string {
	return map[string]string{
		"InstanceID":     strings.Join([]string{c.localHost, c.localPort, c.remoteHost, c.remotePort}, "++"),
		"EnabledDefault": "2", "RequestedState": "5", "TransitioningToState": "12", "CreationTime": created,
		"LocalAddress": c.localHost, "LocalPort": c.localPort, "OwningProcess": c.pid, "AppliedSetting": c.setting,
		"OffloadState": "InHost", "RemoteAddress": c.remoteHost, "RemotePort": c.remotePort, "State": c.word,
	}
}

// exported is Export-Csv: everything in quotes, nothing at all for null.
func exported(separator, created string, typed bool, columns []string) func(d *doc) {
	return func(d *doc) {
		list := rows(psSample)
		if typed {
			d.text("#TYPE Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetTCPConnection\n")
		}
		d.text(`"` + strings.Join(columns, `"`+separator+`"`) + "\"\n")
		for _, r := range list {
			values := cimValues(connOf(r), created)
			cells := make([]string, len(columns))
			for i, name := range columns {
				if v := values[name]; v != "" {
					cells[i] = `"` + v + `"`
				}
			}
			d.text(strings.Join(cells, separator) + "\n")
		}
		d.snapshot(list)
	}
}

// jsonObject is one connection as ConvertTo-Json writes it in Windows
// PowerShell: two blanks after a colon, the class in the middle of the data,
// what lies deeper than two levels as text.
func jsonObject(r Row, full bool) string {
	c := connOf(r)
	pid := c.pid
	if pid == "" {
		pid = "null"
	}
	text := fmt.Sprintf(`    {
        "LocalAddress":  "%s",
        "LocalPort":  %s,
        "RemoteAddress":  "%s",
        "RemotePort":  %s,
        "State":  %d,
        "OwningProcess":  %s`, c.localHost, c.localPort, c.remoteHost, c.remotePort, c.number, pid)
	if full {
		applied := 0
		if c.setting != "" {
			applied = 1
		}
		text += fmt.Sprintf(`,
        "AppliedSetting":  %d,
        "OffloadState":  0,
        "Caption":  null,
        "InstanceID":  "%s++%s++%s++%s",
        "CreationTime":  "\/Date(1602598921000)\/",
        "PSComputerName":  null,
        "CimClass":  {
                         "CimSuperClassName":  "MSFT_NetTransportConnection",
                         "CimSuperClass":  "ROOT/StandardCimv2:MSFT_NetTransportConnection",
                         "CimClassProperties":  "Caption Description ElementName InstanceID",
                         "CimSystemProperties":  "Microsoft.Management.Infrastructure.CimSystemProperties"
                     }`, applied, c.localHost, c.localPort, c.remoteHost, c.remotePort)
	}
	return text + "\n    }"
}

// converted is ConvertTo-Json; a single object is not put into an array.
func converted(list string, full, single, ownerless bool) func(d *doc) {
	return func(d *doc) {
		all := rows(list)
		var objects []string
		for i := range all {
			if ownerless && i%2 == 0 {
				all[i].PID = -1
			}
			objects = append(objects, jsonObject(all[i], full))
		}
		text := strings.Join(objects, ",\n")
		if !single {
			text = "[\n" + text + "\n]"
		}
		d.text(text + "\n")
		d.snapshot(all)
	}
}

var selected = []string{"LocalAddress", "LocalPort", "RemoteAddress", "RemotePort", "State", "OwningProcess"}

const oneConnection = "\n TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242"

var csvShapes = []shape{
	{"psnet-export.csv", kindPsnet, "", "powershell: Export-Csv with #TYPE", exported(",", "10/13/2020 2:22:01 PM", true, cimColumns)},
	{
		"psnet-export-semicolon.csv", kindPsnet, "1252", "powershell: Export-Csv -UseCulture of de, with #TYPE and semicolons",
		exported(";", "13.10.2020 14:22:01", true, cimColumns),
	},
	{"psnet-export-selected.csv", kindPsnet, "", "powershell: Select-Object and Export-Csv without #TYPE", exported(",", "", false, selected)},
	{"psnet-json.json", kindPsnet, "", "powershell: ConvertTo-Json, states as numbers, the class among the data", converted(psSample, true, false, false)},
	{"psnet-json-selected.json", kindPsnet, "", "powershell: ConvertTo-Json of selected properties", converted(psSample, false, false, false)},
	{
		"psnet-json-single.json", kindPsnet, "", "powershell: ConvertTo-Json of one connection, an object and no array",
		converted(oneConnection, true, true, false),
	},
	{
		"psnet-json-empty-owner.json", kindPsnet, "", "powershell: ConvertTo-Json, OwningProcess null in every second object",
		converted(psSample, false, false, true),
	},
}

// tssReport has a table with the process beside its PID below the figures.
func tssReport(d *doc) {
	list := rows(psSample)
	names := map[int]string{956: "svchost", 4242: "LeakyService", 4: "System", 0: "Idle"}
	columns := connColumns(35)
	columns = append(columns, column{head: "ProcessName", width: 12, cell: func(c conn) string {
		for pid, name := range names {
			if c.pid == fmt.Sprint(pid) {
				return name
			}
		}
		return ""
	}})
	d.text(`
Port and Port Exhaustion Details
================================
Total ports: 16384
Start port: 49152
End port: 65535
Ports in use: 7

No event 4227 found.
No event 4231 found.
`)
	d.text(psTable(columns, list))
	for i := range list {
		list[i].Owner = names[list[i].PID]
	}
	d.truth.Counts = []Count{{"Ports in use", 7}} // rows, and 49701 is in two
	d.truth.Ranges = []Range{{"tcp", "any", 49152, 16384}}
	d.snapshot(list)
}

func portUsage(d *doc) {
	d.text(`
This script outputs the number of unique local TCP ports in use (above the starting port) for each IP address and process on this computer.

 Local Address : Number Of Ports Above 49151
 ===========================================
  0.0.0.0 : 6
  192.0.2.10 : 9211 ** WARNING: More than 50% of local ports in use. Possible high amount of ephemeral port (outbound port) usage.**
  127.0.0.1 : 14

 Process Name : Number Of Ports Above 49151
 ===========================================
  LeakyService [4242] : 9190
  svchost (RpcEptMapper, RpcSs) [956] : 41

 **** Total local ports in use: 9231 of 16384 (56.3 %) ****

 Start Port      : 49152 (default is 49152)
 Number of Ports : 16384 (default is 16384)

 Process Name: Listening Port Number (includes all ports 0-65535)
 ====================================================================
  LeakyService : 49701
  svchost (RpcEptMapper, RpcSs) : 135

`)
	d.truth.Counts = []Count{
		{"0.0.0.0", 6},
		{"192.0.2.10", 9211},
		{"127.0.0.1", 14},
		{"LeakyService [4242]", 9190},
		{"svchost (RpcEptMapper, RpcSs) [956]", 41},
		{"Total local ports in use", 9231},
	}
	d.truth.Ranges = []Range{{"tcp", "any", 49152, 16384}}
}
