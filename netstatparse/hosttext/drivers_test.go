package hosttext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const wfpXML = `<?xml version="1.0" encoding="UTF-8"?>
<wfpstate>
	<timeStamp>2026-03-10T08:00:00.000Z</timeStamp>
	<providers numItems="2">
		<item>
			<providerKey>{decc16ca-3f33-4346-be1e-8fb4ae0f3d62}</providerKey>
			<displayData>
				<name>Microsoft Corporation</name>
				<description>Windows &amp; more</description>
			</displayData>
			<flags numItems="1">
				<item>FWPM_PROVIDER_FLAG_PERSISTENT</item>
			</flags>
			<providerData/>
			<serviceName>mpssvc</serviceName>
		</item>
		<item>
			<providerKey>{6b2fa1c4-0000-4000-8000-000000000001}</providerKey>
			<displayData>
				<name>Contoso Web Filter</name>
				<description/>
			</displayData>
			<flags/>
			<providerData/>
			<serviceName/>
		</item>
	</providers>
	<layers numItems="1"><item><callouts numItems="1"><item><displayData><name>other</name></displayData></item></callouts></item></layers>
</wfpstate>
`

// driverForms are lists of drivers as the tools write them. Composed: the shapes are
// those of the tools, the drivers are invented.
var driverForms = []struct {
	name, kind, text string
	want             []string
}{
	{
		"Win32_SystemDriver with versions", "hosttext.drivers",
		"\"Name\",\"DisplayName\",\"PathName\",\"State\",\"StartMode\",\"ServiceType\",\"FileVersion\",\"CompanyName\",\"FileDescription\"\r\n" +
			"\"cwfilter\",\"Contoso Web Filter\",\"C:\\Windows\\system32\\drivers\\cwfilter.sys\",\"Running\",\"System\",\"Kernel Driver\",\"4.2.1.0\",\"Contoso, Ltd.\",\"Contoso WFP callout\"\r\n" +
			"\"oldvpn\",\"Old VPN\",\"C:\\Windows\\system32\\drivers\\oldvpn.sys\",\"Stopped\",\"Manual\",\"Kernel Driver\",\"1.0\",\"Fabrikam\",\"\"\r\n" +
			"\"Spooler\",\"Print Spooler\",\"C:\\Windows\\System32\\spoolsv.exe\",\"Running\",\"Auto\",\"Own Process\",\"\",\"\",\"\"\r\n",
		[]string{
			`2 kernel cwfilter|Contoso Web Filter|C:\Windows\system32\drivers\cwfilter.sys|Contoso, Ltd.|4.2.1.0`,
			`3 kernel oldvpn|Old VPN|C:\Windows\system32\drivers\oldvpn.sys|Fabrikam|1.0 off`,
		},
	},
	{
		"wmic sysdriver as a list", "hosttext.drivers",
		"\r\n\r\nDisplayName=Contoso Web Filter\r\nName=cwfilter\r\nPathName=C:\\Windows\\system32\\drivers\\cwfilter.sys\r\nState=Running\r\n\r\n\r\n" +
			"DisplayName=Null\r\nName=Null\r\nPathName=C:\\Windows\\system32\\drivers\\null.sys\r\nState=Running\r\n",
		[]string{`3 kernel cwfilter|Contoso Web Filter|C:\Windows\system32\drivers\cwfilter.sys||`, `9 kernel Null|Null|C:\Windows\system32\drivers\null.sys||`},
	},
	{
		"CheckSym", "hosttext.drivers",
		"Create:,03/10/2026 09:00:00\r\nComputer:,WEB01\r\n\r\n[KERNEL-MODE DRIVERS]\r\n" +
			",,,Module Path,Symbol Status,Checksum,Time/Date Stamp,Time/Date String,Size Of Image,DBG Pointer,PDB Pointer,PDB Signature,PDB Age,Product Version,File Version,Company Name,File Description,File Size\r\n" +
			",,,C:\\Windows\\system32\\drivers\\cwfilter.sys,,,,,,,,,,4.2,(4.2:1.0),\"Contoso, Ltd.\",Contoso WFP callout,51200\r\n" +
			",,,C:\\Windows\\system32\\kernel32.dll,,,,,,,,,,10.0,(10.0:1.0),Microsoft Corporation,Kernel,51200\r\n",
		[]string{`6 kernel |Contoso WFP callout|C:\Windows\system32\drivers\cwfilter.sys|Contoso, Ltd.|4.2.1.0`},
	},
	{
		"bindings as a table", "hosttext.drivers",
		"PS C:\\> Get-NetAdapterBinding -AllBindings\r\n\r\n" +
			"Name     DisplayName              ComponentID     Enabled\r\n----     -----------              -----------     -------\r\n" +
			"Ethernet Contoso LightWeight Filt contoso_lwf     False  \r\nEthernet QoS Packet Scheduler     ms_pacer        True   \r\nvEth     Contoso LightWeight Filt contoso_lwf     True   \r\n",
		[]string{"5 component contoso_lwf|Contoso LightWeight Filt|||", "6 component ms_pacer|QoS Packet Scheduler|||"},
	},
	{
		"bindings as CSV, bound to nothing", "hosttext.drivers",
		"\"Name\",\"DisplayName\",\"ComponentID\",\"Enabled\"\r\n\"Ethernet\",\"Contoso Filter\",\"contoso_lwf\",\"False\"\r\n",
		[]string{"2 component contoso_lwf|Contoso Filter||| off"},
	},
	{
		"netcfg", "hosttext.drivers",
		"Network Protocols   \r\n-----------------   \r\nms_tcpip             Internet Protocol Version 4 (TCP/IPv4)\r\n\r\n" +
			"Dienste             \r\n-------             \r\ncontoso_lwf          Contoso LightWeight Filter\r\n",
		[]string{"3 component ms_tcpip|Internet Protocol Version 4 (TCP/IPv4)|||", "7 component contoso_lwf|Contoso LightWeight Filter|||"},
	},
	{
		"fltmc in German, with a legacy filter", "hosttext.drivers",
		"\r\nFiltername                      Anzahl Instanz.   H\u00f6he         Rahmen\r\n------------------------------  ---------------  ------------  ------\r\n" +
			"bindflt                                 1       409800         0\r\nUCPD                                    4       385250.5       0\r\nAVLegacy                                        389998.99   <Legacy>\r\nvendorold                                                   <Legacy>\r\n",
		[]string{"4 file filter bindflt||||", "5 file filter UCPD||||", "6 file filter AVLegacy||||", "7 file filter vendorold||||"},
	},
	{"the filtering platform", "hosttext.drivers", wfpXML, []string{"5 wfp mpssvc|Microsoft Corporation|||", "17 wfp Contoso Web Filter|Contoso Web Filter|||"}},
	{
		"a process list keeps its kind", "hosttext.processes",
		"Id,ProcessName,Company,FileVersion\r\n42,backup,\"Contoso, Ltd.\",1.2\r\n",
		[]string{"2 42 backup"},
	},
	{"a heading below a rule", "", "Our network\n-----------\nServer one is down\n\nDrivers\n-------\nfoo bar baz\n", nil},
}

func TestDrivers(t *testing.T) {
	for _, c := range driverForms {
		t.Run(c.name, func(t *testing.T) {
			kind, _ := Sniff([]byte(c.text))
			facts, codes := readText(t, c.text)
			if d := cmp.Diff(c.want, said(&facts)); kind != c.kind || d != "" || codes != nil {
				t.Errorf("%q, want %q, %v\n%s", kind, c.kind, codes, d)
			}
		})
	}
}

func TestDriverLimits(t *testing.T) {
	var b strings.Builder
	b.WriteString("Name,DisplayName,PathName\n")
	for i := range maxDrivers + 1 {
		fmt.Fprintf(&b, "d%d,D,C:\\d%d.sys\n", i, i)
	}
	facts, codes := readText(t, b.String())
	if len(facts.Drivers) != maxDrivers || len(codes) != 1 || codes[0] != fmt.Sprintf("hosttext-too-many %d", maxDrivers+2) {
		t.Errorf("%d drivers, %v", len(facts.Drivers), codes)
	}
	facts, codes = readText(t, wfpXML[:strings.Index(wfpXML, "Contoso")])
	if len(facts.Drivers) != 1 || len(codes) != 1 || !strings.HasPrefix(codes[0], "hosttext-xml ") {
		t.Errorf("cut XML: %v, %v", facts.Drivers, codes)
	}
	_, codes = readText(t, "<wfpstate>\n"+strings.Repeat("<a>", 1<<20))
	if len(codes) != 1 || codes[0] != "hosttext-xml 2" {
		t.Errorf("deep XML: %v", codes)
	}
}

func FuzzDrivers(f *testing.F) {
	for _, c := range driverForms {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) { possible(t, text) })
}
