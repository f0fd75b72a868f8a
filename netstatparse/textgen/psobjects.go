package textgen

import (
	"fmt"
	"strings"
)

// psCLIXML is Export-Clixml of Get-NetTCPConnection: a state as a number, the class as an
// object of its own with a port that is none of a row.
func psCLIXML(d *doc) {
	utf16Page(d)
	list := rows(psSample)
	d.text("<Objs xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n")
	for i, r := range list {
		c := connOf(r)
		d.text(fmt.Sprintf("  <Obj RefId=\"%d\">\n    <TN RefId=\"0\">\n      <T>Microsoft.Management.Infrastructure.CimInstance#ROOT/StandardCimv2/MSFT_NetTCPConnection</T>\n    </TN>\n"+
			"    <ToString>MSFT_NetTCPConnection (InstanceID = \"%s++%s\")</ToString>\n    <Props>\n      <Nil N=\"Caption\" />\n", 2*i, c.localHost, c.localPort))
		d.text(fmt.Sprintf("      <Obj N=\"CimClass\" RefId=\"%d\">\n        <Props>\n          <U16 N=\"LocalPort\">1</U16>\n        </Props>\n      </Obj>\n", 2*i+1))
		for _, p := range [][3]string{
			{"S", "LocalAddress", c.localHost},
			{"U16", "LocalPort", c.localPort},
			{"S", "RemoteAddress", c.remoteHost},
			{"U16", "RemotePort", c.remotePort},
			{"By", "State", fmt.Sprint(c.number)},
			{"U32", "OwningProcess", c.pid},
		} {
			d.text(fmt.Sprintf("      <%s N=\"%s\">%s</%s>\n", p[0], p[1], p[2], p[0]))
		}
		d.text("    </Props>\n  </Obj>\n")
	}
	d.text("</Objs>")
	d.snapshot(list)
}

// psPorts is the local ports of one process and nothing else.
func psPorts(d *doc) {
	d.command(`PS C:\> Get-NetTCPConnection -State Bound -OwningProcess 4242 | select -ExpandProperty LocalPort`)
	var list []Row
	for i := range 5 {
		list = append(list, Row{Proto: "TCP", State: "BOUND", PID: 4242, Local: fmt.Sprintf("[...]:%d", 49701+i), Remote: "[...]:0"})
		d.text(fmt.Sprintf("%d\n", 49701+i))
	}
	d.snapshot(list)
	d.last().Filtered = true
}

// psEnds is what scripts write with the ports behind the addresses.
func psEnds(d *doc) {
	list := rows(ipv4Only())
	for _, r := range list {
		d.text(fmt.Sprintf("%s -> %s %s %d\n", r.Local, r.Remote, states[r.State].word, r.PID))
	}
	d.snapshot(list)
	d.last().Filtered = true // no header
}

// psMachines is Invoke-Command over two machines, whose objects come as they are ready.
func psMachines(d *doc) {
	var list [2][]Row
	d.text(`"PSComputerName","LocalAddress","LocalPort","RemoteAddress","RemotePort","State","OwningProcess"` + "\n")
	for i, r := range rows(psSample) {
		c := connOf(r)
		list[i%2] = append(list[i%2], r)
		d.text(`"` + strings.Join([]string{[]string{"SRV01", "SRV02"}[i%2], c.localHost, c.localPort, c.remoteHost, c.remotePort, c.word, c.pid}, `","`) + "\"\n")
	}
	for i, host := range []string{"SRV01", "SRV02"} {
		d.snapshot(list[i])
		d.last().Host = host
	}
}

var objectShapes = []shape{
	{"psnet-clixml.xml", kindPsnet, "", "powershell: Export-Clixml, the class among the objects", psCLIXML},
	{"psnet-ports-alone.txt", kindPsnet, "", "powershell: the local ports of a process alone", psPorts},
	{"psnet-ends.txt", kindPsnet, "", "a script: addresses with their ports, an arrow between them", psEnds},
	{"psnet-machines.csv", kindPsnet, "", "powershell: Invoke-Command over two machines as CSV, their objects between each other", psMachines},
}
