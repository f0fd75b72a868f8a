package textgen_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"portverdict/netstatparse/textgen"
)

var printedRows = []textgen.Row{
	{Proto: "TCP", Local: "0.0.0.0:135", Remote: "0.0.0.0:0", State: "LISTENING", PID: 956, Owner: "svchost.exe", Components: []string{"RpcSs"}},
	{Proto: "TCP", Local: "0.0.0.0:49710", Remote: "0.0.0.0:0", State: "BOUND", PID: 4242},
	{Proto: "TCP", Local: "[2001:db8::1]:49152", Remote: "[2001:db8::2]:443", State: "TIME_WAIT"},
	{Proto: "UDP", Local: "0.0.0.0:123", Remote: "*:*", PID: 1044},
}

func TestPrintNetstat(t *testing.T) {
	const head = "\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"
	for _, c := range []struct {
		name  string
		table textgen.Netstat
		want  string
	}{
		{"all", textgen.Netstat{Flags: "anobq", Command: true, Stamp: "Tue 03/10/2026  9:02:33.01"}, "Tue 03/10/2026  9:02:33.01\r\n" +
			"C:\\>netstat -anobq\r\n" + head +
			"  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       956\r\n  RpcSs\r\n [svchost.exe]\r\n" +
			"  TCP    0.0.0.0:49710          0.0.0.0:0              BOUND           4242\r\n Can not obtain ownership information\r\n" +
			"  TCP    [2001:db8::1]:49152    [2001:db8::2]:443      TIME_WAIT       0\r\n" +
			"  UDP    0.0.0.0:123            *:*                                    1044\r\n Can not obtain ownership information\r\n"},
		{"no rows that q asks for", textgen.Netstat{Flags: "ano"}, head +
			"  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       956\r\n" +
			"  TCP    [2001:db8::1]:49152    [2001:db8::2]:443      TIME_WAIT       0\r\n" +
			"  UDP    0.0.0.0:123            *:*                                    1044\r\n"},
		{"connections alone", textgen.Netstat{Flags: "no"}, head +
			"  TCP    [2001:db8::1]:49152    [2001:db8::2]:443      TIME_WAIT       0\r\n"},
		{"no flags", textgen.Netstat{Language: "de", Command: true}, "C:\\>netstat\r\n\r\nAktive Verbindungen\r\n\r\n" +
			"  Proto  Lokale Adresse         Remoteadresse          Status\r\n" +
			"  TCP    [2001:db8::1]:49152    [2001:db8::2]:443      WARTEND\r\n"},
	} {
		var out bytes.Buffer
		if err := c.table.Print(&out, printedRows); err != nil || out.String() != c.want {
			t.Errorf("%s: %v\n%s, want\n%s", c.name, err, out.String(), c.want)
		}
	}
	if printedRows[1].State != "BOUND" {
		t.Error("the caller's rows were changed")
	}
}

// TestPrintRefuses: an error names what is known, and nothing is written.
func TestPrintRefuses(t *testing.T) {
	table := func(n textgen.Netstat) func(io.Writer) error {
		return func(w io.Writer) error { return n.Print(w, printedRows) }
	}
	tasks := func(form, language string, ps ...textgen.Process) func(io.Writer) error {
		return func(w io.Writer) error { return textgen.PrintTasklist(w, form, language, "", ps) }
	}
	host := func(h textgen.Host) func(io.Writer) error {
		return func(w io.Writer) error { return textgen.PrintSysteminfo(w, "", h) }
	}
	for name, c := range map[string]struct {
		print func(w io.Writer) error
		want  string
	}{
		"flag":      {table(textgen.Netstat{Flags: "anx"}), "known flags are abnoqty"},
		"t and y":   {table(textgen.Netstat{Flags: "anty"}), "exclude each other"},
		"language":  {table(textgen.Netstat{Language: "tlh"}), "known are cs, da, de, en, es,"},
		"page":      {table(textgen.Netstat{Page: "1253"}), "known are 1252, 437, 65001, 850, 852, 857, 866, 932,"},
		"letters":   {table(textgen.Netstat{Language: "ru", Page: "437"}), `code page 437 has no 'А'`},
		"turkish":   {table(textgen.Netstat{Language: "ru", Page: "857"}), `code page 857 has no 'А'`},
		"stamp":     {table(textgen.Netstat{Stamp: "2026/03/10 周二", Page: "850"}), `code page 850 has no '周'`},
		"no PID":    {func(w io.Writer) error { return textgen.Netstat{Flags: "o"}.Print(w, []textgen.Row{{PID: -1}}) }, "row 0"},
		"form":      {tasks("xml", ""), "known are csv, csv-svc, plain, svc, v"},
		"tasks":     {tasks("svc", "fr"), "known are de, en, zh"},
		"image":     {tasks("svc", "", textgen.Process{PID: 4}), `process ""`},
		"PID":       {tasks("svc", "", textgen.Process{PID: -1, Image: "a.exe"}), "PID -1"},
		"registry":  {func(w io.Writer) error { return textgen.PrintRegistry(w, "export", nil) }, "known are query, reg"},
		"value":     {func(w io.Writer) error { return textgen.PrintRegistry(w, "reg", map[string]uint32{"a b": 1}) }, `"a b"`},
		"ranges":    {func(w io.Writer) error { return textgen.PrintRanges(w, "fr", "", nil) }, "known are de, en, ja, ru, zh"},
		"range":     {func(w io.Writer) error { return textgen.PrintRanges(w, "", "", []textgen.Range{{Transport: "tcp"}}) }, "known are tcp and udp over ipv4"},
		"excluded":  {func(w io.Writer) error { return textgen.PrintExcluded(w, "fr", "", nil) }, "known are de, en"},
		"span":      {func(w io.Writer) error { return textgen.PrintExcluded(w, "", "", []textgen.Span{{Transport: "sctp"}}) }, "known are tcp and udp"},
		"version":   {host(textgen.Host{Name: "KONTOR01", Version: "Windows 10"}), "10.0.17763"},
		"offset":    {host(textgen.Host{Name: "KONTOR01", Version: "10.0.17763", OffsetMinutes: 900}), "900 minutes"},
		"no name":   {host(textgen.Host{Version: "10.0.17763"}), `host ""`},
		"time line": {func(io.Writer) error { _, err := textgen.Stamp("pl", time.Time{}); return err }, "known are de, de-weekday, fr, iso, it,"},
	} {
		var out bytes.Buffer
		err := c.print(&out)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if out.Len() > 0 {
			t.Errorf("%s: %d bytes were written", name, out.Len())
		}
	}
}

func TestStamp(t *testing.T) {
	at := time.Date(2026, time.March, 10, 9, 2, 33, 19_000_000, time.FixedZone("", 3600))
	for form, want := range map[string]string{
		"us": "Tue 03/10/2026  9:02:33.01", "uk": "10/03/2026  9:02:33.01", "fr": "10/03/2026  9:02:33,01", "it": "10/03/2026  9:02:33,01",
		"de": "10.03.2026  9:02:33,01", "de-weekday": "Di 10.03.2026  9:02:33,01", "nl": "di 10-03-2026  9:02:33,01",
		"sv": "2026-03-10  9:02:33,01", "ko": "2026-03-10  9:02:33.01", "ja": "2026/03/10  9:02:33.01", "zh-cn": "2026/03/10 周二  9:02:33.01",
		"iso": "2026-03-10 09:02:33", "powershell-us": "3/10/2026 9:02:33 AM", "powershell-long": "Tuesday, March 10, 2026 9:02:33 AM",
		"powershell-s": "2026-03-10T09:02:33", "powershell-o": "2026-03-10T09:02:33.0190000+01:00",
	} {
		if got, err := textgen.Stamp(form, at); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", form, got, err, want)
		}
	}
}

func TestMark(t *testing.T) {
	for page, want := range map[string]string{"": "", "65001": "", "850": "", "utf-16le": "\xff\xfe", "utf-16be": "\xfe\xff"} {
		if got := string(textgen.Mark(page)); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}

// BenchmarkPrint has the table of a host whose ports are all in use.
func BenchmarkPrint(b *testing.B) {
	var rows []textgen.Row
	for port := 49152; port < 65536; port++ {
		rows = append(rows, textgen.Row{
			Proto: "TCP", Local: fmt.Sprintf("192.0.2.10:%d", port),
			Remote: "198.51.100.7:443", State: "ESTABLISHED", PID: 4242, Owner: "LeakyService.exe",
		})
	}
	for _, n := range []textgen.Netstat{
		{Flags: "anoq", Page: "437"},
		{Flags: "anobq", Language: "de", Page: "850"},
		{Flags: "anoq", Page: "utf-16le"},
		{Flags: "anoq", Language: "ja", Page: "932"},
	} {
		b.Run(n.Flags+"-"+n.Page, func(b *testing.B) {
			var size bytes.Buffer
			if err := n.Print(&size, rows); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(size.Len()))
			for b.Loop() {
				if err := n.Print(io.Discard, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
