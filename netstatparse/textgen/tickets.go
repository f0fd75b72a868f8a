package textgen

import (
	"fmt"
	"strconv"
	"strings"
)

// ticketSample is a small table with everything a complete one has.
const ticketSample = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242
	TCP 0.0.0.0:49711 0.0.0.0:0 BOUND 4242
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	UDP 0.0.0.0:123 *:* - 1044
	UDP [fe80::1%21]:1900 *:* - 2288`

// ticket is a table of netstat in a wrapper.
func ticket(name, wrapper, ext string) shape {
	for _, w := range Wraps() {
		if w.Name == wrapper {
			return shape{name: "ticket-" + name + ext, kind: kindNetstat, why: "tickets: " + w.Why, compose: func(d *doc) {
				plain := &doc{eol: "\n"}
				plain.command(`C:\>netstat -anoq`)
				plain.table(layout{}, ticketSample)
				text, _ := w.Apply(plain.buf.String())
				d.bytes(text)
				d.truth.Snapshots = plain.truth.Snapshots
				d.last().Host = map[string]string{"json-lines": "srv01", "transcript": "SRV01"}[wrapper]
				switch wrapper {
				case "time-iso":
					d.last().Local = "2026-03-10T09:00:00.1234567"
				case "time-script":
					d.last().Local = "2026-03-10T09:00:00"
				case "json-log":
					d.last().Local = "2026-03-10T09:00:00.1"
				}
			}}
		}
	}
	return shape{name: "ticket-" + name, compose: func(d *doc) { d.err = fmt.Errorf("no wrapper %q", wrapper) }}
}

var ticketShapes = []shape{
	ticket("quoted", "quote-deep", ".txt"), ticket("fence", "fence", ".txt"), ticket("findstr-n", "findstr-n", ".txt"),
	ticket("select-string", "select-string", ".txt"), ticket("time", "time-script", ".txt"), ticket("time-shipped", "time-iso", ".txt"),
	ticket("markdown", "markdown-table", ".txt"), ticket("stdout-lines", "json-lines", ".txt"), ticket("stdout", "json-stdout", ".json"),
	ticket("container", "json-log", ".txt"), ticket("page", "html-pre", ".txt"), ticket("mail", "html-div", ".txt"),
	ticket("transcript", "transcript", ".txt"), ticket("blanks", "blanks-typographic", ".txt"),
	{name: "ticket-cut-dots.txt", kind: kindNetstat, why: "tickets: rows left out in the middle, told by dots", compose: func(d *doc) {
		d.command(`C:\>netstat -anoq`)
		d.text(strings.Replace(layout{}.table(rows(ticketSample)), "  TCP    192", "  ...\n  TCP    192", 1))
		d.snapshot(rows(ticketSample))
		d.last().Lacks = true
	}},
	{name: "ticket-cut-brackets.txt", kind: kindNetstat, why: "tickets: rows left out below a row and its owner, told by dots in brackets", compose: func(d *doc) {
		f := layout{owner: vista(noOwner)}
		list := rows(ownedSample)
		d.command("netstat -anobq")
		d.text(strings.Replace(f.table(list), "  UDP", "[...]\n  UDP", 1) + "[...]\n")
		d.snapshot(list)
		d.last().Lacks = true
	}},
	{name: "ticket-select-first.txt", kind: kindNetstat, why: "tickets: the command passes on the first rows, which keep their header", compose: func(d *doc) {
		d.text("PS C:\\> netstat -anoq | Select-Object -First 200\n")
		d.q = true
		d.table(layout{}, ticketSample)
		d.last().Filtered = true
	}},
	{name: "ticket-two-hosts.txt", kind: kindNetstat, why: "tickets: tables of two machines, named above them", compose: func(d *doc) {
		for _, host := range []string{"SRV01", "SRV02"} {
			d.text("\n" + host + ":\n")
			d.command(`C:\>netstat -anoq`)
			d.table(layout{}, ticketSample)
			d.last().Host = host
		}
	}},
	{name: "ticket-remote-prompt.txt", kind: kindNetstat, why: "tickets: a prompt of a remote session names the machine", compose: func(d *doc) {
		d.command(`[srv01.example]: PS C:\Users\kontor> netstat -anoq`)
		d.table(layout{}, ticketSample)
		d.last().Host = "srv01.example"
	}},
	{name: "ticket-b-without-o.txt", kind: kindNetstat, why: "tickets: -b without -o names processes and no PIDs", compose: func(d *doc) {
		d.text("The rows of one program:\n\n`" + strings.TrimLeft(layout{bare: true, nopid: true, owner: vista(noOwner)}.table(rows(ownedSample)), "\n") + "\n")
		list := rows(ownedSample)
		for i := range list {
			list[i].PID = -1
		}
		d.snapshot(list)
		d.last().Lacks = true
	}},
	{name: "ticket-owner-in-command.txt", kind: kindPsnet, why: "tickets: the command names the owner of all rows, which have no column of it", compose: ownerInCommand},
	{name: "ticket-state-in-command.txt", kind: kindPsnet, why: "tickets: the command names the state of all rows", compose: func(d *doc) {
		list := rows("TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242\nTCP 0.0.0.0:49711 0.0.0.0:0 BOUND 4242")
		d.text("PS C:\\> Get-NetTCPConnection -State Bound | select LocalPort,OwningProcess\n\nLocalPort OwningProcess\n--------- -------------\n    49710          4242\n    49711          4242\n\n")
		for i := range list {
			list[i].Remote, list[i].Local = "", list[i].Local[len("0.0.0.0"):]
		}
		d.snapshot(list)
		d.last().Filtered = true
	}},
	{name: "ticket-process.csv", kind: kindPsnet, why: "tickets: a computed column Process behind OwningProcess", compose: func(d *doc) {
		namedCSV(d, "LocalAddress,LocalPort,RemoteAddress,RemotePort,State,OwningProcess,Process", func(c conn, name string) []string {
			return []string{c.localHost, c.localPort, c.remoteHost, c.remotePort, c.word, c.pid, name}
		})
	}},
	{name: "ticket-path.csv", kind: kindPsnet, why: "tickets: columns of a script, the path of the program and its ID", compose: func(d *doc) {
		namedCSV(d, "Path,ProcessId,LocalIP,LocalPort,RemoteIP,RemotePort,State", func(c conn, name string) []string {
			return []string{`C:\Program Files\Kontor\` + name, c.pid, c.localHost, c.localPort, c.remoteHost, c.remotePort, c.word}
		})
	}},
}

func ownerInCommand(d *doc) {
	list := rows("TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 21528\nTCP 0.0.0.0:49711 0.0.0.0:0 BOUND 21528")
	d.text("PS C:\\Users\\kontor> Get-NetTCPConnection -OwningProcess 21528\n" + psTable(connColumns(20)[:5], list))
	d.snapshot(list)
	d.last().Filtered = true
}

// ownedRows are rows with the owners that a script has looked up.
func ownedRows() []Row {
	return rows(`
	TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242 [LeakyService]
	TCP 192.0.2.10:49701 198.51.100.7:443 CLOSE_WAIT 4242 [LeakyService]
	TCP [::]:135 [::]:0 LISTENING 956 [svchost]`)
}

// namedCSV writes a CSV of these columns, everything in quotes.
func namedCSV(d *doc, header string, cells func(c conn, name string) []string) {
	list := ownedRows()
	quote := func(cells []string) string {
		for i := range cells {
			cells[i] = strconv.Quote(cells[i])
		}
		return strings.ReplaceAll(strings.Join(cells, ","), `\\`, `\`) + "\n"
	}
	d.text(quote(strings.Split(header, ",")))
	for _, r := range list {
		d.text(quote(cells(connOf(r), r.Owner)))
	}
	d.snapshot(list)
}
