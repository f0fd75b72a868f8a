// Package evtx reads Windows event logs (.evtx, format 3.1 and 3.2): all their
// record headers, and of the records a caller asks for also the content.
//
// The framing is file header, chunks of 65,536 bytes and records, little endian, as
// libevtx documents them ("Windows XML Event Log (EVTX) format", J. Metz). It checks
// every checksum, goes on behind damage, and tells of each record whether it is live
// or left over. The BinXML of a record is read as [MS-EVEN6] 2.2.12 and libfwevt
// document it ("Windows Event Log format"): templates are read into steps once a chunk
// (tokens.go), a record runs through them (decode.go), and its elements become the
// fields of a Record (elements.go). Left out are the names of namespaces, processing
// instructions, and the attributes of System that Record has no field for.
//
// A second, independent reader, github.com/0xrawsec/golang-evtx behind a guard, reads
// records of chosen ids again (second.go). It reports some damage through the global
// logger of package log, with a stack of its own functions, by which a program can
// tell and drop it.
package evtx
