package textgen

const elevation = "The requested operation requires elevation.\n"

const usage = `

Displays protocol statistics and current TCP/IP network connections.

NETSTAT [-a] [-b] [-e] [-f] [-n] [-o] [-p proto] [-r] [-s] [-t] [interval]

  -a            Displays all connections and listening ports.
  -n            Displays addresses and port numbers in numerical form.
  -o            Displays the owning process ID associated with each connection.
  interval      Redisplays selected statistics, pausing interval seconds
                between each display.  Press CTRL+C to stop redisplaying
                statistics.

`

const interfaceStatistics = `
Interface Statistics

                           Received            Sent

Bytes                    1843203221       274839122
Unicast packets             1748322          901223
Non-unicast packets           10233            2044
Discards                          0               0
Errors                            0               0
Unknown protocols                 0

`

const protocolStatistics = `

IPv4 Statistics

  Packets Received                   = 1903311
  Received Header Errors             = 0
  Output Requests                    = 1102923

TCP Statistics for IPv4

  Active Opens                        = 347883
  Passive Opens                       = 20911
  Failed Connection Attempts          = 16211
  Reset Connections                   = 8821
  Current Connections                 = 203
  Segments Received                   = 1622312

UDP Statistics for IPv4

  Datagrams Received    = 220133
  No Ports              = 1903

`

const routes = `
===========================================================================
Interface List
 12...02 00 5e 10 00 01 ......Kontor Ethernet Adapter
  1...........................Software Loopback Interface 1
===========================================================================

IPv4 Route Table
===========================================================================
Active Routes:
Network Destination        Netmask          Gateway       Interface  Metric
          0.0.0.0          0.0.0.0        192.0.2.1      192.0.2.10     25
        192.0.2.0    255.255.255.0         On-link       192.0.2.10    281
===========================================================================
Persistent Routes:
  None

`

func written(name, kind, why, text string) shape {
	return shape{name: name, kind: kind, why: why, compose: func(d *doc) { d.text(text) }}
}

// failed is a file that shows the command and not its table.
func failed(name, kind, how, why, text string) shape {
	return shape{name: name, kind: kind, why: why, compose: func(d *doc) { d.text(text); d.truth.Failed = how }}
}

var contentShapes = []shape{
	failed("content-elevation.txt", kindNetstat, "elevation", "content: -b without elevation, no table", elevation),
	failed("content-usage.txt", kindNetstat, "usage", "content: the usage text, for an option this Windows does not have", usage),
	failed("content-empty.txt", kindUnknown, "empty", "content: an empty file, since the usage text went to the other stream", ""),
	written("content-e.txt", kindUnknown, "content: -e alone, no connections", interfaceStatistics),
	written("content-s.txt", kindUnknown, "content: -s alone, no connections", protocolStatistics),
	written("content-r.txt", kindUnknown, "content: -r alone, no connections", routes),
	{
		name: "content-several.txt", kind: kindNetstat,
		why:     "content: -anob, -r, -es, -nato and -anoq in one file; the tables overlap and must not be added up",
		compose: severalCommands,
	},
	{
		name: "content-several-unelevated.txt", kind: kindNetstat, why: "content: -anob failed without elevation, -ano below it did not",
		compose: func(d *doc) {
			d.command(`C:\>netstat -anob`)
			d.text(elevation + "\n")
			d.command(`C:\>netstat -ano`)
			d.table(layout{}, sample)
		},
	},
	{name: "content-interval.txt", kind: kindNetstat, why: "content: `netstat 5 -ano` repeats the table without a time", compose: func(d *doc) {
		d.table(layout{}, sample)
		d.table(layout{}, sample+"\n TCP 192.0.2.10:49706 198.51.100.7:443 CLOSE_WAIT 4242")
		d.table(layout{}, sample+"\n TCP 192.0.2.10:49706 198.51.100.7:443 CLOSE_WAIT 4242\n TCP 192.0.2.10:49707 198.51.100.7:443 CLOSE_WAIT 4242")
	}},
}

func banner(d *doc, command string) {
	d.text("---------------------------------------------\n")
	d.command(command)
	d.text("---------------------------------------------\n")
}

func severalCommands(d *doc) {
	banner(d, "netstat -anob")
	d.table(layout{owner: vista(noOwner)}, ownedSample)
	banner(d, "netstat -r")
	d.text(routes)
	banner(d, "netstat -es")
	d.text(interfaceStatistics)
	d.text(protocolStatistics)
	banner(d, "netstat -nato")
	d.table(layout{extra: "Offload State", values: []string{"\tInHost      "}}, ownedSample)
	banner(d, "netstat -anoq")
	d.table(layout{}, ownedSample+"\n TCP 0.0.0.0:49701 0.0.0.0:0 BOUND 4242\n TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242")
}

const findstrRows = `
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP 192.0.2.10:49702 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49704 198.51.100.8:1433 SYN_SENT 4242
	TCP [2001:db8::10]:49705 [2001:db8::20]:443 ESTABLISHED 4242`

// filtered writes rows without a header, as findstr leaves them.
func filtered(d *doc, list string) {
	d.table(layout{bare: true}, list)
	d.last().Filtered = true
}

var filterShapes = []shape{
	{
		name: "filter-findstr.txt", kind: kindNetstat, why: "grammar: rows without a header, from findstr",
		compose: func(d *doc) { filtered(d, findstrRows) },
	},
	{
		name: "filter-findstr-prompt.txt", kind: kindNetstat, why: "grammar: the prompt with the filtered command above the rows",
		compose: func(d *doc) {
			d.text("\n")
			d.command(`C:\Users\kontor>netstat -ano | findstr 4242`)
			filtered(d, findstrRows)
			d.text("\n\n" + `C:\Users\kontor>`)
		},
	},
	{
		name: "filter-findstr-repeated.txt", kind: kindNetstat, why: "grammar: filtered rows that begin anew, two tables",
		compose: func(d *doc) {
			filtered(d, findstrRows)
			filtered(d, findstrRows+"\n TCP [2001:db8::10]:49706 [2001:db8::20]:443 ESTABLISHED 4242")
		},
	},
	{
		name: "filter-findstr-stamped.txt", kind: kindNetstat, why: "grammar: filtered rows under time lines, two tables",
		compose: func(d *doc) {
			d.stamp("Tue 10/13/2020 14:22:01.55 \n", "2020-10-13T14:22:01.55")
			filtered(d, findstrRows)
			d.stamp("Tue 10/13/2020 14:23:01.60 \n", "2020-10-13T14:23:01.60")
			filtered(d, findstrRows)
		},
	},
	{
		name: "filter-banner-brackets.txt", kind: kindNetstat, why: "grammar: banners [netstat -anoq] and [netstat -ano] of a collector",
		compose: func(d *doc) {
			d.command("[netstat -anoq]")
			d.table(layout{}, boundSample)
			d.text("\n")
			d.command("[netstat -ano]")
			d.table(layout{}, sample)
		},
	},
	{name: "filter-banner-rules.txt", kind: kindNetstat, why: "grammar: a command between rules of =", compose: func(d *doc) {
		d.text("=============================\n")
		d.command("netstat -ano")
		d.text("=============================\n")
		d.table(layout{}, sample)
	}},
	{name: "filter-prompt.txt", kind: kindNetstat, why: "grammar: the prompt and its command above the table, a prompt below", compose: func(d *doc) {
		d.command(`C:\Windows\system32>netstat -ano`)
		d.table(layout{}, sample)
		d.text("\n\n" + `C:\Windows\system32>`)
	}},
	{name: "filter-powershell-prompt.txt", kind: kindNetstat, why: "grammar: a prompt of PowerShell above the table", compose: func(d *doc) {
		d.command(`PS C:\Windows\system32> netstat -anoq`)
		d.table(layout{}, boundSample)
	}},
}
