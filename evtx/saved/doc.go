// Package saved reads event records that were saved as text: by wevtutil (XML and
// text), by Event Viewer (its copies of one event, its XML, CSV and tab exports), by
// Get-WinEvent and Get-EventLog (tables, lists, CSV, JSON, CLIXML), by PsLogList, and by the
// support scripts that wrap them (SDP's and TSS's *_evt_System.csv and .txt).
//
// A record may stand anywhere in a file, between prose and the output of other
// tools, indented or quoted, in UTF-8, UTF-16 or a code page. Each form is found by
// its own shape; what is not an event is passed over without a word. XML is read by
// the event schema (Event.xsd, MS-EVEN6), the exports of PowerShell by the names of
// the properties of EventLogRecord and EventLogEntry, which no language translates.
// Headings that Windows translates stand in words.go; a copy in a language that is
// not listed there is read by the order of its lines.
//
// Left out: .evt and .evtx files (package evtx), lists of counts, and messages: they
// are kept as text and never searched for a meaning, since they are translated.
package saved
