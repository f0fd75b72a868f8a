package textgen

import "strings"

// heading is how the older collectors of Microsoft announce a command: written
// by PowerShell, so UTF-16LE, into a file cmd writes in the OEM code page.
func heading(d *doc, command string) {
	page := d.page
	d.page = "utf-16le"
	d.text("-------------\n")
	d.command(command)
	d.text("-------------\n")
	d.page = page
}

func sdpMixed(d *doc) {
	german := layout{lang: "de", words: languages["de"].states}
	offload := german
	offload.extra, offload.values = "Abladungsstatus", []string{"\tInHost      "}
	d.bytes(bomUTF16)
	heading(d, " netstat -ano")
	d.table(german, sample)
	for range 2 { // whatever the length of the rest, one of two headings is at an odd offset
		heading(d, " netstat -nato")
		d.table(offload, sample)
		d.bytes(" ")
		d.text("\n")
	}
	heading(d, " netstat -anoq")
	d.table(german, boundSample)
}

// cut takes the end of the file away, from the last place where mark stands.
func cut(d *doc, mark string) {
	d.buf.Truncate(strings.LastIndex(d.buf.String(), mark))
	d.last().Truncated = true
}

// drop takes the rows a cut has reached out of the truth.
func drop(d *doc, n int) {
	s := d.last()
	s.Rows = s.Rows[:len(s.Rows)-n]
}

var damageShapes = []shape{
	{
		name: "damage-sdp-mixed.txt", kind: kindNetstat, page: "850", compose: sdpMixed,
		why: "encodings: UTF-16 headings, some at odd offsets, between blocks of OEM 850",
	},
	{name: "damage-oem-then-utf16.txt", kind: kindNetstat, page: "850", compose: func(d *doc) {
		f := layout{lang: "de", words: languages["de"].states}
		d.table(f, sample)
		d.page = "utf-16le"
		d.table(f, sample)
	}, why: "encodings: a block of OEM 850, then PowerShell appended UTF-16LE without a mark"},
	{name: "damage-two-boms.txt", kind: kindNetstat, page: "utf-16le", compose: func(d *doc) {
		f := layout{lang: "de", words: languages["de"].states}
		for range 2 {
			d.bytes(bomUTF16)
			d.table(f, sample)
		}
	}, why: "encodings: two files of UTF-16LE joined by copy /b, a mark in the middle"},
	{name: "damage-two-boms-utf8.txt", kind: kindNetstat, compose: func(d *doc) {
		for range 2 {
			d.bytes(bomUTF8)
			d.table(layout{lang: "ru"}, sample)
		}
	}, why: "encodings: two files of UTF-8 joined, a mark in the middle"},
	{name: "damage-utf16-then-oem.txt", kind: kindNetstat, page: "utf-16le", compose: func(d *doc) {
		f := layout{lang: "de", words: languages["de"].states}
		d.bytes(bomUTF16)
		d.table(f, sample)
		d.page = "850"
		d.table(f, sample)
	}, why: "encodings: UTF-16LE with a mark, then cmd appended OEM 850"},
	{name: "damage-nul-tail.txt", kind: kindNetstat, compose: func(d *doc) {
		d.table(layout{}, sample)
		d.bytes(strings.Repeat("\x00", 512))
		d.last().Truncated = true
	}, why: "encodings: NULs after the text, space kept by a system that went down; what was to follow is not known"},
	{name: "damage-nul-tail-cut.txt", kind: kindNetstat, compose: func(d *doc) {
		d.table(layout{}, sample)
		cut(d, "2001:db8::20]:443")
		drop(d, 3)
		d.bytes(strings.Repeat("\x00", 512))
	}, why: "encodings: cut inside a row, NULs after it"},
	{name: "damage-ctrl-z.txt", kind: kindNetstat, compose: func(d *doc) {
		d.table(layout{}, sample)
		d.bytes("\x1a")
	}, why: "encodings: 0x1A at the end, as copy writes it"},
	{name: "damage-ctrl-z-middle.txt", kind: kindNetstat, compose: func(d *doc) {
		d.table(layout{}, sample)
		d.bytes("\x1a")
		d.table(layout{}, sample)
	}, why: "encodings: 0x1A between two files that copy joined"},
	{name: "damage-crcrlf.txt", kind: kindNetstat, compose: func(d *doc) {
		d.eol = "\r\r\n"
		d.table(layout{}, sample)
	}, why: "encodings: line ends doubled to CR CR LF"},
	{name: "damage-lf.txt", kind: kindNetstat, compose: func(d *doc) {
		d.eol = "\n"
		d.table(layout{}, sample)
	}, why: "encodings: line ends of another system"},
	{name: "damage-cr-progress.txt", kind: kindNetstat, compose: func(d *doc) {
		d.put("Collecting  10%\rCollecting  55%\rCollecting 100%\r\n")
		d.table(layout{}, sample)
	}, why: "encodings: progress that only returns the carriage, above the table"},
	{name: "damage-cut-in-row.txt", kind: kindNetstat, compose: func(d *doc) {
		d.table(layout{}, sample)
		cut(d, "2001:db8::20]:443")
		drop(d, 3)
	}, why: "encodings: cut inside the remote address of a row, which is not counted"},
	{name: "damage-cut-in-pid.txt", kind: kindNetstat, compose: func(d *doc) {
		d.table(layout{}, ipv4Only())
		cut(d, "42\r\n")
		d.last().Rows[len(d.last().Rows)-1].PID = -1
	}, why: "encodings: cut inside the PID 4242; the row is whole, its process is not known"},
	{name: "damage-cut-in-utf16.txt", kind: kindNetstat, page: "utf-16le", compose: func(d *doc) {
		d.bytes(bomUTF16)
		d.table(layout{}, ipv4Only())
		cut(d, "\x00S\x00Y\x00N\x00_")
		rows := d.last().Rows
		rows[len(rows)-1].State, rows[len(rows)-1].PID = "", -1
	}, why: "encodings: UTF-16LE cut before a row's state and inside a code unit; the row's ports are whole"},
	{name: "damage-lone-bom-utf8.txt", kind: kindUnknown, compose: func(d *doc) {
		d.bytes(bomUTF8)
		d.truth.Failed = "empty"
	}, why: "encodings: a mark of UTF-8 and nothing else"},
	{name: "damage-lone-bom-utf16.txt", kind: kindUnknown, compose: func(d *doc) {
		d.bytes(bomUTF16)
		d.truth.Failed = "empty"
	}, why: "encodings: a mark of UTF-16LE and nothing else"},
}
