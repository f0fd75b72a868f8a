// Package etlgen writes Windows event trace logs (.etl): from code, from text
// that a person can review, and in bulk. It shares no code with the reader in
// package etl, so that the two check each other; only names of kinds, GUID,
// FileTime and the fields of the trace header are the same.
//
// All numbers on disk are little-endian. The layout is that of
// WMI_BUFFER_HEADER, TRACE_LOGFILE_HEADER and EVENT_HEADER of the Windows SDK;
// the compression is plain LZ77 of [MS-XCA] 2.3.
//
// # Text
//
// [Parse] reads a txtar archive. Its section "trace" has one item a line: a
// word, then key=value attributes and flags. Numbers are decimal or 0x. A value
// with spaces is a Go string in quotes. Lines that begin with # say nothing.
//
//	header     once, first: the TRACE_LOGFILE_HEADER
//	first      attributes of the first buffer, which holds the header event
//	buffer     begins the next buffer
//	saved      SavedOffset of the buffer is here, events that follow are late
//	stream     data in place of what the events of the buffer compress to
//	event32    an event; also event64, system, compact, perfinfo, full and
//	           instance with 32 or 64, timed, error, wnode, message, and
//	           raw, whose data stand for the event
//	cut        the file ends after so many bytes, or -N: so many before its end
//	append     data after the last buffer
//
// Data are parts with commas between: hex digits, u16: u32: u64: and a number,
// utf16:"text" (NUL is added), and HEX*N, N times the same. A time of +N or -N
// is from t0 on.
//
// Attributes of header: version=10.0.1.5 build cpus buffersize mode pointer
// written unfinalised timer maxsize startbuffers eventslost bufferslost
// compression logger file; clock=qpc|system|cycles freq mhz t0 (a number, or
// start) start end boot (RFC 3339, or 0); bias standardname standardbias
// standarddate daylightname daylightbias daylightdate, where a date is the eight
// fields of SYSTEMTIME with slashes between.
//
// Attributes of first and buffer: cpu seq flags type timestamp compress disk
// (its length in the file), and what its header says in place of the truth:
// size savedoffset currentoffset offset state.
//
// Attributes of events: time pid tid provider or guid, id or number, version
// opcode level channel task keyword hook payload; flags, activity and ext=TYPE:DATA of
// an event; options sequence component of a message; pebs and pmc=N of a perfinfo;
// instance parent parentguid of an instance. size and type are what the header
// says in place of the truth.
package etlgen
