package textgen

import "strings"

const allStates = `
	TCP 192.0.2.10:49690 198.51.100.7:443 CLOSED 4242
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 192.0.2.10:49691 198.51.100.7:443 SYN_SENT 4242
	TCP 192.0.2.10:445 198.51.100.9:50112 SYN_RECEIVED 4
	TCP 192.0.2.10:49692 198.51.100.7:443 ESTABLISHED 4242
	TCP 192.0.2.10:49693 198.51.100.7:443 FIN_WAIT_1 4242
	TCP 192.0.2.10:49694 198.51.100.7:443 FIN_WAIT_2 4242
	TCP 192.0.2.10:49695 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49696 198.51.100.7:443 CLOSING 4242
	TCP 192.0.2.10:49697 198.51.100.7:443 LAST_ACK 4242
	TCP 192.0.2.10:49698 198.51.100.7:443 TIME_WAIT 0
	TCP 192.0.2.10:49699 198.51.100.7:443 DELETE_TCB 4242
	TCP 0.0.0.0:49700 0.0.0.0:0 BOUND 4242`

// boundSample: 49701 is bound and connected, one port; 49710 and 49711 are
// bound with nothing else, the mark of a leak; 49712 is bound in both families.
const boundSample = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 0.0.0.0:49701 0.0.0.0:0 BOUND 4242
	TCP 0.0.0.0:49710 0.0.0.0:0 BOUND 4242
	TCP 0.0.0.0:49711 0.0.0.0:0 BOUND 4242
	TCP 0.0.0.0:49712 0.0.0.0:0 BOUND 712
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP [::]:135 [::]:0 LISTENING 956
	TCP [::]:49712 [::]:0 BOUND 712
	TCP [::]:49713 [::]:0 BOUND 4242
	TCP [2001:db8::10]:49713 [2001:db8::20]:443 ESTABLISHED 4242
	UDP 0.0.0.0:123 *:* - 1044`

const longAddresses = `
	TCP [::]:135 [::]:0 LISTENING 956
	TCP [2001:db8:1234:5678:9abc:def0:1234:5678]:49701 [2001:db8:8765:4321:fedc:ba98:8765:4321]:443 ESTABLISHED 4242
	TCP [fe80::1c2:3ff:fe04:4b4c%4]:49702 [fe80::1c2:3ff:fe04:be2a%4]:445 CLOSE_WAIT 4
	TCP [fe80::1c2:3ff:fe04:4b4c%21]:49703 [fe80::1c2:3ff:fe04:be2a%21]:445 ESTABLISHED 4
	UDP [fe80::1c2:3ff:fe04:4b4c%21]:1900 *:* - 2288
	UDP [fe80::1%4]:546 *:* - 1044`

const namedAddresses = `
	TCP HAFEN01:epmap HAFEN01:0 LISTENING -
	TCP 192.0.2.10:49701 82:http ESTABLISHED -
	TCP 192.0.2.10:49702 mail:https CLOSE_WAIT -
	TCP 192.0.2.10:49703 cdn-198-51-100-7:https ESTABLISHED -
	TCP 192.0.2.10:ms-sql-s app2:49990 ESTABLISHED -
	TCP [2001:db8::10]:49704 [2001:db8::20]:https TIME_WAIT -
	UDP HAFEN01:ntp *:* - -`

const reusedPorts = `
	TCP 0.0.0.0:443 0.0.0.0:0 LISTENING 4
	TCP 192.0.2.10:443 198.51.100.21:50001 ESTABLISHED 4
	TCP 192.0.2.10:443 198.51.100.22:50001 ESTABLISHED 4
	TCP 192.0.2.10:443 198.51.100.23:61234 TIME_WAIT 0
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP 192.0.2.10:49701 198.51.100.8:443 ESTABLISHED 4242
	TCP 192.0.2.11:49701 198.51.100.7:443 TIME_WAIT 0
	TCP [2001:db8::10]:49701 [2001:db8::20]:443 ESTABLISHED 4242
	UDP 0.0.0.0:49701 *:* - 4242
	UDP 0.0.0.0:49701 *:* - 712`

const wordsWithBlanks = `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCP 192.0.2.10:49701 198.51.100.7:443 ESTABLISHED 4242
	TCP 192.0.2.10:49702 198.51.100.7:443 CLOSE_WAIT 4242
	TCP 192.0.2.10:49703 198.51.100.8:1433 TIME_WAIT 0`

// ipv4Only are the rows `netstat -p tcp` leaves of the sample.
func ipv4Only() string {
	var b strings.Builder
	for line := range strings.Lines(sample) {
		if strings.Contains(line, "TCP") && !strings.Contains(line, "[") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// tabled is a shape that is one table in one layout.
func tabled(name, why string, f layout, list string) shape {
	return shape{name: name, kind: kindNetstat, why: why, compose: func(d *doc) { d.table(f, list) }}
}

var rowShapes = []shape{
	tabled("row-ano.txt", "row format: netstat -ano", layout{}, sample),
	tabled("row-an.txt", "row format: netstat -an, no PID, UDP rows end in blanks", layout{nopid: true}, sample),
	tabled("row-names.txt", "row format: without -n, names for hosts and ports", layout{nopid: true}, namedAddresses),
	tabled("row-ipv6-overflow.txt", "row format: long IPv6 addresses push the columns right, scope of one and two digits",
		layout{}, longAddresses),
	tabled("row-console-padded.txt", "row format: copied from a window, each line padded to 89 columns", layout{width: 89}, sample),
	tabled("row-no-indent.txt", "row format: the indent was lost in a paste",
		layout{format: "%-5s  %-21s  %-21s  %-12s    %s"}, sample),
	tabled("row-tabs.txt", "row format: a paste that put tabs between the fields", layout{format: "\t%s\t%s\t%s\t%s\t%s"}, sample),
	tabled("row-tcpv6.txt", "grammar: TCPv6, UDPv6, TCP6 and UDP6 for the protocol", layout{}, `
	TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 956
	TCPv6 [::]:135 [::]:0 LISTENING 956
	TCPv6 [2001:db8::10]:49701 [2001:db8::20]:443 ESTABLISHED 4242
	TCP6 [2001:db8::10]:49702 [2001:db8::20]:443 CLOSE_WAIT 4242
	UDP 0.0.0.0:123 *:* - 1044
	UDPv6 [::]:123 *:* - 1044
	UDP6 [::]:5353 *:* - 2288`),
	tabled("row-t-offload.txt", "row format: -nat, a column of offload states and a blank line after the header",
		layout{nopid: true, extra: "Offload State", values: []string{"InHost      ", "Offloading  ", "Offloaded   ", "Uploading   "}}, sample),
	tabled("row-to-offload.txt", "row format: -nato, a tab between PID and offload state",
		layout{extra: "Offload State", values: []string{"\tInHost      ", "\tOffloading  ", "\tOffloaded   ", "\tUploading   "}}, sample),
	tabled("row-to-offload-pasted.txt", "row format: -nato in a paste, five blanks in the place of the tab",
		layout{extra: "Offload State", values: []string{"     InHost"}}, sample),
	tabled("row-y-template.txt", "row format: -nay, a column of templates, one of them two words",
		layout{nopid: true, extra: "Template", values: []string{"Not Applicable ", "Internet       ", "Datacenter     ", "Automatic      "}}, sample),
	tabled("row-oy-template.txt", "row format: a template after the PID, one token more",
		layout{extra: "Template", values: []string{"      Internet       ", "      Compat         ", "      Custom         "}}, sample),
	tabled("row-i-time-in-state.txt", "row format: -nai, a column of milliseconds that is no PID",
		layout{nopid: true, extra: "Time in State (ms)", values: []string{"1234567", "89", "4000123"}}, sample),
	{name: "row-x-networkdirect.txt", kind: kindNetstat, why: "row format: -xan, a table of NetworkDirect to skip", compose: networkDirect},
	{name: "row-wrapped.txt", kind: kindNetstat, why: "row format: copied from a window, long rows wrapped at column 80", compose: wrapped},
	tabled("row-state-with-blanks.txt", "row format: state words of two words; the words are invented, no real text is known",
		layout{words: map[string]string{"ESTABLISHED": "CONNECTION OPEN", "CLOSE_WAIT": "CLOSE WAIT", "TIME_WAIT": "TIME WAIT"}},
		wordsWithBlanks),
	tabled("row-all-states.txt", "states: every word of an English netstat", layout{}, allStates),
	{
		name: "row-q-bound.txt", kind: kindNetstat, why: "facts: -anoq, BOUND twins and orphans, foreign port 0 that is no listener",
		compose: func(d *doc) { d.command(`C:\>netstat -anoq`); d.table(layout{}, boundSample) },
	},
	{
		name: "row-q-without-bound.txt", kind: kindNetstat, why: "facts: -anoq is known from the command line and nothing was bound",
		compose: func(d *doc) { d.command(`C:\>netstat -anoq`); d.table(layout{}, sample) },
	},
	tabled("row-reused-ports.txt", "facts: one port in several rows", layout{}, reusedPorts),
	{
		name: "row-p-tcp.txt", kind: kindNetstat, why: "facts: -p tcp leaves out IPv6 and UDP",
		compose: func(d *doc) {
			d.command(`C:\>netstat -ano -p tcp`)
			d.table(layout{}, ipv4Only())
			d.last().Filtered = true
		},
	},
}

func networkDirect(d *doc) {
	d.text(`
Active NetworkDirect Connections, Listeners, SharedEndpoints

  Mode   IfIndex Type           Local Address          Foreign Address        PID

  Kernel      12 Listener       192.0.2.10:445         NA                     0
  User        12 Connection     192.0.2.10:49790       198.51.100.7:445       4242
`)
	d.table(layout{}, sample)
}

// wrapped cuts the lines of a table as a window of 80 columns shows them. Only
// text copied from a window is like this; a redirected file never is.
func wrapped(d *doc) {
	start := d.buf.Len()
	d.table(layout{}, longAddresses)
	text := d.buf.String()[start:]
	d.buf.Truncate(start)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, d.eol), d.eol) {
		for len(line) > 80 {
			d.text(line[:80] + "\n")
			line = line[80:]
		}
		d.text(line + "\n")
	}
}
