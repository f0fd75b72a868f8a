package saved

import (
	"time"

	"portverdict/evtx"
)

// Record is one event as a text has it.
type Record struct {
	// Event is what the text says of the event; what it does not say is zero.
	// Event.Time is set only when UTC is. Event.Offset is where the record begins in
	// the file, in bytes: exact in UTF-8 text, else the beginning of its line or of
	// the 64 KiB of a longer line. Event.ID and Event.Qualifiers are
	// split from an InstanceId where that is all the text has. Event.Provider is as
	// printed, and Get-EventLog's table cuts long names ("Microsoft-Windows...").
	Event evtx.Record
	Form  Form
	Line  int // of the beginning of the record, 1-based
	// Message is the text of the event as far as its first empty line, its lines
	// joined where a console wrapped them and else separated by line feeds.
	Message string

	// Local is the wall time as written, without a zone and noted as if it were UTC;
	// zero when the text has none. Offset is that of Local to UTC, east positive, when
	// it stands beside it; UTC tells that Event.Time is known. A "Z" counts as written.
	Local  time.Time
	Offset *time.Duration
	UTC    bool
	// Ambiguous tells that day and month could be the other way round, as Swapped has
	// it, and that nothing in the file so far says which: Reader.DayFirst may know at
	// its end. Yearless tells that the text has no year (Get-EventLog's table): Local
	// is in year 0.
	Ambiguous bool
	Swapped   time.Time
	Yearless  bool
}

// Form is the shape a record was saved in.
type Form string

const (
	FormXML           Form = "xml"            // <Event>: wevtutil /f:xml, Event Viewer, ToXml()
	FormWevtutilText  Form = "wevtutil-text"  // wevtutil /f:text: "Event[0]"
	FormViewer        Form = "viewer"         // Event Viewer's copy of one event
	FormViewerDetails Form = "viewer-details" // the friendly view of its details
	FormViewerCSV     Form = "viewer-csv"     // Event Viewer's CSV or tab export
	FormWinEventTable Form = "winevent-table" // Get-WinEvent | ft
	FormWinEventList  Form = "winevent-list"  // Get-WinEvent | fl
	FormWinEventCSV   Form = "winevent-csv"   // Get-WinEvent | Export-Csv
	FormWinEventJSON  Form = "winevent-json"  // Get-WinEvent | ConvertTo-Json
	FormEventLogTable Form = "eventlog-table" // Get-EventLog
	FormEventLogList  Form = "eventlog-list"  // Get-EventLog | fl
	FormEventLogCSV   Form = "eventlog-csv"   // Get-EventLog | Export-Csv
	FormEventLogJSON  Form = "eventlog-json"  // Get-EventLog | ConvertTo-Json
	FormCLIXML        Form = "clixml"         // Export-Clixml of either
	FormCollected     Form = "collected"      // a line of a program that collects logs
	FormSplunk        Form = "splunk"         // Splunk's "EventCode=4231", a field a line
	FormPsLogList     Form = "psloglist"      // Sysinternals' PsLogList, with and without -s
	FormSDPCSV        Form = "sdp-csv"        // SDP's *_evt_*.csv
	FormSDPText       Form = "sdp-text"       // SDP's *_evt_*.txt
)

// Stats is what a walk of Records has met; it is complete at its end.
type Stats struct {
	Records   int // records given
	Undecoded int // events that were met and could not be given
	// Headings tells that a heading of an event list was met, with or without
	// records below it: an empty list says that the query found nothing.
	Headings bool
}
