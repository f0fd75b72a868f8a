package bundle

import (
	"strings"
	"testing"
)

// What customers send that holds nothing to be read is told by how it begins.
func TestForeignFiles(t *testing.T) {
	for head, want := range map[string]string{
		"\x0a\x0d\x0d\x0a": "a packet capture (pcapng)", "\xd4\xc3\xb2\xa1": "a packet capture (pcap)", "\xa1\xb2\xc3\xd4": "a packet capture (pcap)", "\x4d\x3c\xb2\xa1": "a packet capture (pcap)",
		"\xa1\xb2\x3c\x4d": "a packet capture (pcap)", "GMBU": "a packet capture of Network Monitor", oleHead: "an Office document", oleHead + wide("__substg1.0_"): "a mail saved by Outlook (.msg)",
		oleHead + wide("__nameid_version1.0"): "a mail saved by Outlook (.msg)", wide("__substg1.0_"): "", "\x78\x9f\x3e\x22": "a mail's attachments as Outlook packs them (winmail.dat)",
		"PK\x03\x04" + strings.Repeat("x", 26) + "[Content_Types].xml": "an Office document", "PK\x03\x04" + strings.Repeat("x", 26) + "[Content": "", "PK\x03\x04": "",
		"%PDF-1.4": "a PDF", "\x89PNG\r\n\x1a\n": "a picture", "\x89PNG": "", "\xff\xd8\xff": "a picture", "GIF87a": "a picture", "GIF89a": "a picture", "GIF88a": "", "II*\x00": "a picture", "MM\x00*": "a picture",
		"BM1234\x00\x00\x00\x00x": "a picture", "BM1234\x00\x00\x00\x01x": "", "BMW is a car": "", "RIFF1234WEBP": "a picture", "RIFF1234WAVE": "", "1234RIFFWEBP": "",
		"\x30\x00\x00\x00LfLe": "an event log of Windows XP (.evt)", "LfLe": "", "regf": "a hive of the registry", "REGEDIT4\r\n": "a registry export without the values that bear on ports",
		"\xff\xfe" + wide("Windows Registry Editor"): "a registry export without the values that bear on ports", "\ufeffWindows Registry Editor": "a registry export without the values that bear on ports",
		wide("Version=1\r\nEventType="): "a Windows error report (.wer)", "Version=1\r\n": "", "MZ\x90": "a program", "": "", "text": "",
	} {
		what, do := foreignAs([]byte(head))
		if what != want || (do == "") != (want == "") {
			t.Errorf("%q: %q, want %q; what to do: %q", head, what, want, do)
		}
	}
}

// A report of this program is told from texts and pages that speak of it.
func TestReportsAmongTexts(t *testing.T) {
	for head, want := range map[string]bool{
		"<!DOCTYPE html><b>portverdict</b>": true, " <HTML><b>portverdict</b>": true, "<!doctype html>" + policyMark: true, "<!doctype html>portverdict": false, "<p><b>portverdict</b>": false,
		`{"schema_version": 2}`: true, "\ufeff \n{ \"schema_version\"": true, `{"$schema": "https://x/sarif-schema-2.1.0.json"`: true, `{"version": 2}`: false, `x "schema_version": 2`: false, `["schema_version"]`: false,
		"{" + strings.Repeat(" ", 256) + `"schema_version"`: false, "id,kind,source,offset,record,line,x\n": true, "id,kind\n": false, "x\nid,kind,source,offset,record,line,x\n": false,
	} {
		if got := isReport([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}
