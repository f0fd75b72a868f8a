package bundle

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// foreign are kinds of files that customers send and that hold nothing to be read here:
// how they begin, what they are, and what to do. Archives that are not read stand with
// those that are.
var foreign = []struct {
	is       func(head []byte) bool
	what, do string
}{
	{starts(0, "\x0a\x0d\x0d\x0a"), "a packet capture (pcapng)", "Open it in Wireshark. A refused port sends no packet: send the trace (.etl) it was made from."},
	{starts(0, "\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d"), "a packet capture (pcap)", "Open it in Wireshark. A refused port sends no packet: send a netsh trace (.etl)."},
	{starts(0, "GMBU"), "a packet capture of Network Monitor", "Open it in Network Monitor. Send the trace (.etl) it was made from."},
	{both(starts(0, oleHead), holds(wide("__substg1.0_"), wide("__nameid_version1.0"))), "a mail saved by Outlook (.msg)", "Save the mail as text, or its attachments as files, and give those."},
	{starts(0, "\x78\x9f\x3e\x22"), "a mail's attachments as Outlook packs them (winmail.dat)", "Ask for the files themselves, in a zip."},
	{starts(0, oleHead), "an Office document", "Save its text as .txt and give that, or send the files it was made from."},
	{isOffice, "an Office document", "Save its text as .txt or .csv and give that, or send the files it was made from."},
	{starts(0, "%PDF-"), "a PDF", "Send the text itself, as a file: netstat -anobq > netstat.txt"},
	{isImage, "a picture", "Text in a picture cannot be read. Send it as a file: netstat -anobq > netstat.txt"},
	{starts(4, "LfLe"), "an event log of Windows XP (.evt)", "Open it in Event Viewer and save it as .evtx."},
	{starts(0, "regf"), "a hive of the registry", "Send the values as text: reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters > registry.txt"},
	{beginsText("Windows Registry Editor", "REGEDIT4"), "a registry export without the values that bear on ports", "Those are in HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters."},
	{beginsText("Version=1\r\nEventType="), "a Windows error report (.wer)", "It names a crash and no port. Send the System log and netstat -anobq."},
	{starts(0, "MZ"), "a program", "It is never run or read."},
}

// oleHead begins a compound file: .doc, .xls, .ppt and .msg.
const oleHead = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// foreignAs says what a file is that nothing here reads, and what to do; "" for what is
// no such file.
func foreignAs(head []byte) (what, do string) {
	for _, f := range foreign {
		if f.is(head) {
			return f.what, f.do
		}
	}
	return "", ""
}

func starts(at int, magics ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, m := range magics {
			if len(head) >= at && bytes.HasPrefix(head[at:], []byte(m)) {
				return true
			}
		}
		return false
	}
}

func holds(parts ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, p := range parts {
			if bytes.Contains(head, []byte(p)) {
				return true
			}
		}
		return false
	}
}

func both(a, b func([]byte) bool) func([]byte) bool {
	return func(head []byte) bool { return a(head) && b(head) }
}

// beginsText tells texts by their first words, in UTF-8 or UTF-16 with or without a mark.
func beginsText(texts ...string) func([]byte) bool {
	var all []string
	for _, t := range texts {
		all = append(all, t, "\ufeff"+t, wide(t), "\xff\xfe"+wide(t))
	}
	return starts(0, all...)
}

// wide is a text in UTF-16LE.
func wide(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// isOffice tells .docx, .xlsx and .pptx from other zip archives by their table of contents,
// which Office writes first.
func isOffice(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) && len(head) > 30 && bytes.HasPrefix(head[30:], []byte("[Content_Types].xml"))
}

func isImage(head []byte) bool {
	bmp := len(head) > 10 && string(head[:2]) == "BM" && bytes.Equal(head[6:10], make([]byte, 4))
	webp := starts(0, "RIFF")(head) && starts(8, "WEBP")(head)
	return bmp || webp || starts(0, "\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF87a", "GIF89a", "II*\x00", "MM\x00*")(head)
}
