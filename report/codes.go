package report

import (
	"fmt"
	"strings"
)

// CodeRow is what is fixed of a diagnostic code: what it means, and what to do about it.
type CodeRow struct {
	Code string
	One  string // the sentence for a single place
	Many string // for several: it begins with their number, %s
	Do   string // what helps, or why nothing has to be done
}

// unread are the codes that tell of inputs, or parts of one, of which nobody knows what
// they would have shown.
var unread = map[string]bool{
	"input-unreadable": true, "input-limit": true, "archive-damaged": true, "archive-encrypted": true, "archive-entry": true, "archive-checksum": true,
	"archive-limit": true, "archive-method": true, "archive-part": true, "archive-path": true,
}

// Unread tells that something of the bundle could not be read: it is missing and not
// absent.
func (d *Diagnostic) Unread() bool { return unread[d.Code] }

// CodeByID gives the row of a code, nil when there is none.
func CodeByID(code string) *CodeRow {
	for i := range codeRows {
		if codeRows[i].Code == code {
			return &codeRows[i]
		}
	}
	return nil
}

// CodeRows gives all rows, by the kind of input.
func CodeRows() []CodeRow { return append([]CodeRow(nil), codeRows...) }

// Sentence says what was wrong: the diagnostic's own text, else what its code means, in
// the number in which it occurred. It is never empty.
func (d *Diagnostic) Sentence() string {
	if text := strings.TrimSpace(d.Text); text != "" {
		return text
	}
	row := CodeByID(d.Code)
	switch {
	case row == nil:
		return "Something was wrong that has no description; its code is " + d.Code + "."
	case d.Count > 1:
		return fmt.Sprintf(row.Many, Grouped(d.Count))
	}
	return row.One
}

// What helps in more than one case.
const (
	doNewTrace  = "If it matters, record the trace again and stop it with netsh trace stop before copying it."
	doLarger    = "Record again with a larger file and larger buffers: netsh trace start ... maxsize=1024 bufferSize=512."
	doExportLog = "Export the log again on the machine: wevtutil epl System System.evtx. The readable records are used."
	doNothing   = "Nothing has to be done: the rest of the file is used."
	doCopyAgain = "Copy the file again from the machine."
	doSplit     = "Give the program a smaller part of the file."
	doTable     = "Save the table again: netstat -anobq > netstat.txt, in an elevated prompt."
	doTellUs    = "The rest is used. If a newer Windows made this trace, a newer version of the program may read it."
)

var codeRows = []CodeRow{
	// bundle: folders, archives and files.
	{"input-unknown", "The file is of no kind this program reads.", "%s files are of no kind this program reads.", "File types are recognised by content, never by name. If it is an archive other than those read, unpack it and give the folder."},
	{"input-empty", "The file is empty.", "%s files are empty.", "The command that made it wrote nothing: run it again, in an elevated prompt."},
	{"input-unreadable", "The file cannot be read.", "%s files cannot be read.", "Check the permissions of the file and whether another program has it open."},
	{"input-special", "This is not a regular file and is not read.", "%s entries are not regular files and are not read.", "Nothing has to be done: links, devices and pipes are left out."},
	{"input-limit", "There are too many files; those that tell most are read.", "There are too many files (%s times); those that tell most are read.", "Give a smaller folder, or only the files that matter."},
	{"input-duplicate", "The file has the same bytes as another one and is read once.", "%s files have the same bytes as others and are read once.", "Nothing has to be done."},
	{"archive-damaged", "The archive is damaged.", "%s archives are damaged.", "Ask for it again, or unpack it with another program and give the folder."},
	{"archive-encrypted", "The file in the archive is encrypted and is not read.", "%s files in the archive are encrypted and are not read.", "Unpack the archive with its password and give the folder."},
	{"archive-entry", "A file in the archive is damaged; what could be unpacked is read.", "%s files in the archive are damaged; what could be unpacked is read.", "Ask for the archive again."},
	{"archive-limit", "A limit of unpacking was reached; the rest of the archive is not read.", "%s limits of unpacking were reached; the rest of the archive is not read.", "Unpack the archive yourself and give the folder, or only the files that matter."},
	{"archive-checksum", "Something in the archive does not fit its checksum: it may be wrong.", "%s files in the archive do not fit their checksums: they may be wrong.", "Ask for the archive again: it was damaged on the way."},
	{"archive-method", "The archive, or a file in it, is packed in a way that is not read.", "%s archives, or files in one, are packed in a way that is not read.", "Unpack it with the program that made it and give the folder, or ask for a zip."},
	{"archive-part", "A part of an archive that is in several files is missing.", "Parts of an archive that is in several files are missing (%s times).", "Give all parts together: portverdict analyze x.zip.001 x.zip.002, or the folder they are in."},
	{"archive-path", "The name of a file in the archive leads out of it; the file is not read.", "%s names of files in the archive lead out of it; the files are not read.", "Such an archive was not made by an ordinary tool: unpack it with care."},
	{"read", "The file could not be read to its end.", "The file could not be read at %s places.", doCopyAgain},

	// etl: the container of a trace.
	{"etl-no-header", "The file does not start with a trace header, so nothing in it can be read.", "%s files do not start with a trace header, so nothing in them can be read.", "Check that the whole .etl file was copied, from its first byte."},
	{"etl-buffer-header", "A buffer header is damaged; reading went on at the next buffer.", "%s buffer headers are damaged; reading went on at the next buffer each time.", doNewTrace},
	{"etl-event-header", "An event header is of an unknown kind; the rest of its buffer was skipped.", "%s event headers are of an unknown kind; the rest of their buffers was skipped.", doNewTrace},
	{"etl-event-size", "The size of an event does not fit its buffer; the rest of the buffer was skipped.", "%s events have a size that does not fit their buffer; the rest of those buffers was skipped.", doNewTrace},
	{"etl-extended-data", "The extended data of an event does not fit it; the event was skipped.", "%s events with extended data that does not fit were skipped.", doNewTrace},
	{"etl-truncated", "The file ends before its last buffer does; the events that are there were read.", "The files end before their last buffers do (%s times); the events that are there were read.", "Copy the file again after netsh trace stop has finished."},
	{"etl-compression", "A compressed buffer cannot be unpacked to its end; the events before the damage were read.", "%s compressed buffers cannot be unpacked to their end; the events before the damage were read.", doCopyAgain},
	{"etl-sequence-gap", "Buffers are missing: events were lost there.", "Buffers are missing at %s places: events were lost there.", doLarger},
	{"trace-copies", "An event is in several files of one capture and counts once.", "%s events are in several files of one capture and count once.", "Nothing has to be done: the files are parts of one capture, or a part and what it was merged to."},
	{"trace-hole", "Between two parts of a capture there is a time that no file covers; what happened there is not known.", "Between the parts of a capture there are %s times that no file covers; what happened there is not known.", "Ask for the parts that are missing."},
	{"etl-clock", "The header names no usable clock, so event times cannot be trusted.", "%s headers name no usable clock, so event times cannot be trusted.", "Compare the times with those of the System log; --clock-offset shifts a source."},
	{"etl-limit", "A limit of the reader was reached; further damage, or the exact order of events, is not told.", "%s limits of the reader were reached; further damage, or the exact order of events, is not told.", doSplit},
	{"etl-read", "The trace could not be read at one place.", "The trace could not be read at %s places.", doCopyAgain},

	// etl/schema, etl/winsock, etl/packets, etl/live: the contents of events.
	{"schema-short", "An event ends inside one of its fields; the fields before it were read.", "%s events end inside one of their fields; the fields before it were read.", doTellUs},
	{"schema-blob", "The description of an event is damaged; events of that kind show no fields.", "%s descriptions of events are damaged; events of those kinds show no fields.", "Give the provider's manifest with --manifest FILE."},
	{"schema-disagrees", "The trace describes an event differently from the built-in tables; the trace is used.", "The trace describes %s events differently from the built-in tables; the trace is used.", "Nothing has to be done: another version of Windows made this trace."},
	{"schema-limit", "The trace has more descriptions of events than are kept; later kinds show no fields.", "The traces have more descriptions of events than are kept (%s times); later kinds show no fields.", doNothing},
	{"winsock-payload", "A Winsock or TCP/IP event is shorter than its layout and was not used.", "%s Winsock or TCP/IP events are shorter than their layout and were not used.", doTellUs},
	{"winsock-version", "A Winsock or TCP/IP event has a version with no known layout and was not used.", "%s Winsock or TCP/IP events have a version with no known layout and were not used.", doTellUs},
	{"winsock-pointer-size", "An event comes from a machine that is neither 32-bit nor 64-bit and was not used.", "%s events come from a machine that is neither 32-bit nor 64-bit and were not used.", doNewTrace},
	{"packets-payload", "A captured packet is shorter than it claims and was left out.", "%s captured packets are shorter than they claim and were left out.", doNothing},
	{"packets-fragments", "A packet that was recorded in several events is incomplete and was left out.", "%s packets that were recorded in several events are incomplete and were left out.", doLarger},
	{"packets-limit", "A limit of the packet reader was reached; some packets were left out.", "%s limits of the packet reader were reached; some packets were left out.", doSplit},
	{"live-properties", "Windows gave no fields for an event of the live session.", "Windows gave no fields for %s events of the live session.", "Update Windows, or record a trace with netsh and analyse that."},
	{"live-property", "A field of an event of the live session is missing or was not understood.", "Fields of %s events of the live session are missing or were not understood.", "Record a trace with netsh and analyse that."},

	// evtx: event logs.
	{"evtx-file-header", "The file does not start with the signature ElfFile, or is shorter than a log's header.", "%s files do not start with the signature ElfFile, or are shorter than a log's header.", doExportLog},
	{"evtx-file-crc", "The checksum of the log's header is wrong; the log was read anyway.", "The checksums of %s logs' headers are wrong; the logs were read anyway.", "Nothing has to be done: this is usual for a log that was copied while in use."},
	{"evtx-chunk-magic", "A chunk (64 KB) of the log does not start as one; it was searched for records.", "%s chunks (64 KB each) of the log do not start as one; they were searched for records.", doExportLog},
	{"evtx-chunk-crc", "The checksum of a chunk's header is wrong; its records were read anyway.", "The checksums of %s chunk headers are wrong; their records were read anyway.", doExportLog},
	{"evtx-records-crc", "The checksum of a chunk's records is wrong; what could be read was used.", "The checksums of the records of %s chunks are wrong; what could be read was used.", doExportLog},
	{"evtx-record-frame", "The size of a record is wrong; reading went on at the next record.", "The sizes of %s records are wrong; reading went on at the next record each time.", doExportLog},
	{"evtx-record", "The content of a record cannot be read.", "The contents of %s records cannot be read.", doExportLog},
	{"evtx-binary-id", "The id in a record's binary data is not its event ID; the event ID is used.", "The ids in the binary data of %s records are not their event IDs; the event IDs are used.", "Look at the record in Event Viewer: it may have been edited, or a program imitates Tcpip."},
	{"evtx-no-file-header", "The log has no file header; its chunks were read.", "%s logs have no file header; their chunks were read.", doNothing},
	{"evtx-chunk-header", "A chunk header points behind its chunk; the records were read all the same.", "%s chunk headers point behind their chunks; the records were read all the same.", doNothing},
	{"evtx-time-back", "The time of the records goes back: the clock was set, or the log was put together.", "The time of the records goes back in %s logs: the clock was set, or the log was put together.", doNothing},
	{"evtx-truncated", "The log ends inside a chunk; the records that are there were read.", "%s logs end inside a chunk; the records that are there were read.", doExportLog},
	{"evtx-read", "A chunk of the log could not be read from the disk.", "%s chunks of the log could not be read from the disk.", doCopyAgain},
	{"evtx-more", "More damage was found than is told one by one.", "More damage was found than is told one by one (%s times).", doExportLog},
	{"evtx-readers-disagree", "Two independent readers of this log read a record differently; both readings are told.", "Two independent readers of this log read %s records differently; both readings are told.", "Check the record in Event Viewer before relying on it."},
	{"evtx-header-time", "The time in a record's header cannot be right; the record's own time (TimeCreated) is used.", "The times in the headers of %s records cannot be right; the records' own times (TimeCreated) are used.", "Nothing has to be done: exported logs have this."},

	// netstatparse/dump: dumps of a machine or a process.
	{"dump-kernel", "A dump of the machine does not tell in its header which process has sockets.", "%s dumps of machines do not tell in their headers which process has sockets.", "Open it in WinDbg, save what !process 0 0 prints as text (.logopen FILE), and give that."},
	{"dump-no-handles", "The dump of a process has no list of its handles.", "%s dumps of processes have no list of handles.", "Ask for one that has: procdump -ma PID, or .dump /mah in WinDbg."},
	{"dump-no-names", "The handles in the dump have no names: how many are sockets is not known.", "The handles in %s dumps have no names: how many are sockets is not known.", "Ask for procdump -ma PID, made in an elevated prompt."},
	{"dump-truncated", "The dump ends too soon; what is there is counted.", "%s dumps end too soon; what is there is counted.", doCopyAgain},
	{"dump-damaged", "Something in the dump cannot be: it was left out.", "%s things in dumps cannot be: they were left out.", doCopyAgain},
	{"dump-foreign", "The dump is of a process that did not run on Windows.", "%s dumps are of processes that did not run on Windows.", "Leave it out."},

	// netstatparse: port tables.
	{"netstat-address", "An address in the table cannot be read; its port is counted.", "%s addresses in the table cannot be read; their ports are counted.", doNothing},
	{"netstat-capture-failed", "The command failed when this was saved, so there is no table.", "The command failed %s times when this was saved, so those tables are missing.", "Run netstat -anobq again in an elevated prompt."},
	{"netstat-components", "A row lists more components than are kept.", "%s rows list more components than are kept.", doNothing},
	{"netstat-day-or-month", "A date can be read as day/month or month/day, and nothing in the file says which: the table is placed by its order only.", "%s dates can be read as day/month or month/day, and nothing in the file says which: the tables are placed by their order only.", "Ask the customer for the date, or save the tables again with an ISO date (echo %date% shows the order in use)."},
	{"netstat-json", "The rest of the file is not JSON and was not read.", "The rest of %s files is not JSON and was not read.", doCopyAgain},
	{"netstat-learned-state", "State names in an unknown language were inferred from the rows they stand in.", "State names in an unknown language were inferred from the rows they stand in (%s tables).", "Check one row of each state by hand, or save the table with Get-NetTCPConnection, whose states are English."},
	{"netstat-line-length", "A line is longer than a table has and was cut.", "%s lines are longer than a table has and were cut.", doNothing},
	{"netstat-more", "More damaged lines were found than are told one by one.", "More damaged lines were found than are told one by one (%s times).", doTable},
	{"netstat-named-port", "Ports are written as service names and cannot be counted: the table was saved without -n.", "In %s rows ports are written as service names and cannot be counted: the table was saved without -n.", doTable},
	{"netstat-pid", "A row has no readable PID; its port is not given to a process.", "%s rows have no readable PID; their ports are not given to a process.", doTable},
	{"netstat-port", "A row has no readable port and was not counted.", "%s rows have no readable port and were not counted.", doTable},
	{"netstat-read", "The file with the table could not be read to its end.", "The file with the table could not be read at %s places.", doCopyAgain},
	{"netstat-rows", "The table has more rows than are kept; the rest was left out.", "%s tables have more rows than are kept; the rest was left out.", doSplit},
	{"netstat-too-many-machines", "The file has tables of more machines than are kept; those of the later ones were counted and left out.", "%s tables are of further machines than are kept: they were counted and left out.", doSplit},
	{"netstat-too-many-snapshots", "The file has more tables than are kept; the later ones were left out.", "%s files have more tables than are kept; the later ones were left out.", doSplit},
	{"netstat-cut", "Rows of a table were left out: it shows not all ports in use.", "Rows of %s tables were left out: they show not all ports in use.", doTable},
	{"counts-too-many", "Further numbers that a tool counted are not kept.", "Further numbers that a tool counted are not kept in %s texts.", doNothing},
	{"counts-events", "Events are counted here by their id and not shown.", "Events are counted by their id and not shown in %s texts.", "Send the log itself, which has their times: wevtutil epl System System.evtx."},
	{"counts-read", "The text could not be read to its end.", "%s texts could not be read to their end.", doCopyAgain},
	{"sockets-port", "A port in a list of sockets is not a number and was skipped.", "%s ports in lists of sockets are not numbers and were skipped.", doNothing},
	{"sockets-pid", "A PID in a list of sockets is not a number.", "%s PIDs in lists of sockets are not numbers.", doNothing},
	{"sockets-named-port", "A port in a list of sockets is a name and cannot be counted.", "%s ports in lists of sockets are names and cannot be counted.", "Save the list again without resolved names."},
	{"sockets-rows", "The list has more sockets than are kept.", "%s lists have more sockets than are kept.", doSplit},
	{"sockets-read", "The list could not be read to its end.", "%s lists could not be read to their end.", doCopyAgain},
	{"netstat-too-many-owners", "The file names the programs of more processes than are kept.", "%s files name the programs of more processes than are kept.", doSplit},
	{"netstat-rows-not-kept", "Of the tables near the earlier refusals only the counts are used.", "Of the tables near the earlier refusals only the counts are used in %s files.", "Narrow the analysed time with --from and --to."},
	{"netstat-too-many-processes", "The growth of further processes over the tables of this file is not followed.", "The growth of further processes over the tables of %s files is not followed.", doSplit},

	// evtx/saved: event records saved as text.
	{"saved-xml", "An event's XML cannot be read and was skipped.", "The XML of %s events cannot be read and was skipped.", doExportLog},
	{"saved-json", "An event's JSON cannot be read and was skipped.", "The JSON of %s events cannot be read and was skipped.", doExportLog},
	{"saved-row", "A row of an event list cannot be read and was skipped.", "%s rows of event lists cannot be read and were skipped.", doExportLog},
	{"saved-time", "The time of an event cannot be read: it takes part without one.", "The times of %s events cannot be read: they take part without one.", doExportLog},
	{"saved-provider", "An event list names no provider: its records cannot be told apart.", "%s event lists name no provider: their records cannot be told apart.", doExportLog},
	{"saved-more", "Further damaged event records of this text are not listed one by one.", "Further damaged event records of %s texts are not listed one by one.", doNothing},
	{"saved-read", "The text could not be read to its end.", "%s texts could not be read to their end.", doCopyAgain},

	// facts: what is kept of a source.
	{"trace-too-many-processes", "The trace has more processes than are told apart.", "%s traces have more processes than are told apart.", doNothing},
	{"trace-too-many-endpoints", "The trace has more open endpoints than are followed.", "%s traces have more open endpoints than are followed.", doNothing},
	{"trace-too-many-parts", "A capture has more files than are read beside each other; an event that is in this file and in one of them counts twice.", "A capture has more files than are read beside each other; events that are in one of these %s files and in the others count twice.", "Give the file that the parts were merged to, without the parts."},
	{"trace-too-many-holdings", "Which ports were in use is kept for the last refusals only.", "Which ports were in use is kept for the last refusals of %s traces only.", doNothing},
	{"trace-too-many-statuses", "The trace has more failing statuses than are counted.", "%s traces have more failing statuses than are counted.", doNothing},
	{"trace-unknown-transport", "Further refused attempts of unknown transport are counted without their times.", "Further refused attempts of unknown transport are counted without their times in %s traces.", doNothing},
	{"log-too-many-records", "The log has more records of interest than are kept.", "%s logs have more records of interest than are kept.", "Export a shorter time: wevtutil epl System System.evtx with a query."},
	{"outside-window", "An event, a record or a table lies outside of the analysed window and is not judged.", "%s events, records and tables lie outside of the analysed window and are not judged.", "Nothing has to be done: --from and --to ask for that."},
	{"untimed-in-window", "A record or a table has no time, so nobody knows whether it is of the analysed window; it is not judged.", "%s records and tables have no time, so nobody knows whether they are of the analysed window; they are not judged.", "Give the zone with --tz where the times are local, or leave --from and --to out."},
	{"host-unknown", "No input is of the machine that was asked for.", "No input is of the %s machines that were asked for.", "Give --host a name that portverdict info shows."},

	// netstatparse/hosttext: the other saved texts.
	{"hosttext-csv", "A line is not a row of the CSV table and was skipped.", "%s lines are not rows of the CSV table and were skipped.", doNothing},
	{"hosttext-excluded", "A line does not state a valid excluded range and was skipped.", "%s lines do not state a valid excluded range and were skipped.", "Save it again: netsh int ipv4 show excludedportrange protocol=tcp > excluded.txt."},
	{"hosttext-pid", "A line has no readable PID and was skipped.", "%s lines have no readable PID and were skipped.", doNothing},
	{"hosttext-range", "The dynamic range in this file is not valid and was not used.", "%s dynamic ranges in this file are not valid and were not used.", "Save it again: netsh int ipv4 show dynamicport tcp > dynamicport.txt."},
	{"hosttext-read", "The text could not be read to its end.", "The text could not be read at %s places.", doCopyAgain},
	{"hosttext-too-many", "The text has more entries than are kept; the rest was left out.", "The text has more entries than are kept (%s times); the rest was left out.", doSplit},
	{"collect-failed", "A command of the collector failed on the machine; what it should have saved may be missing.", "%s commands of the collector failed on the machine; what they should have saved may be missing.", "See the file it names; most often the prompt was not elevated."},
	{"collect-unfinished", "The collector did not come to its end: files may be missing or cut.", "%s collections did not come to their end: files may be missing or cut.", "Run the collector again and wait for its last line."},
	{"hosttext-xml", "The XML of the filtering platform ends early or breaks; what stands before that is used.", "The XML of the filtering platform ends early or breaks in %s files; what stands before that is used.", doCopyAgain},
	{"hosttext-value", "A value is not a number in range and was not used.", "%s values are not numbers in range and were not used.", doNothing},

	// verdict and report: what was found while judging.
	{"range-too-many", "The files state more different ranges than ports are counted by; this one is left out.", "The files state more different ranges than ports are counted by; %s statements are left out.", "Give the files of one machine, or the range in effect: --range tcp=START+COUNT."},
	{"machine-unknown", "A text names no machine, and the inputs are of several; it is used for none of them.", "%s texts name no machine, and the inputs are of several; they are used for none of them.", "Put the file into the folder of its machine, or give its range with --host NAME --range tcp=START+COUNT."},
	{"range-disagrees", "Another file gives the machine a different range; the one nearest the episode is used.", "%s other statements give the machine a different range; the one nearest the episode is used.", "Ask which range was in effect, or state it with --range tcp=START+COUNT."},
	{"evidence-capped", "There is more evidence than is kept: the first and the last rows are told, the count is exact.", "Of %s findings there is more evidence than is kept: the first and the last rows are told, the counts are exact.", "Raise the limit with --evidence-limit."},
	{"trace-too-many-windows", "There are more episodes than are told one by one; the later ones are counted only.", "There are more episodes than are told one by one (%s times); the later ones are counted only.", "Narrow the analysed time with --from and --to."},
	{"internal-error", "The program has a fault: it stopped reading here. The verdict does not rest on this file.", "The program has a fault: it stopped reading at %s places. The verdict does not rest on these files.", "Please report it with the version and the text on stderr. The exit code is 1."},
	{redactedCode, "Names were replaced by tokens.", "Names were replaced by tokens in %s places.", "The key that was used makes the same tokens in other reports."},
}
