// Package evtx reads Windows event logs (.evtx, format 3.1 and 3.2): all their
// record headers, and of the records a caller asks for also the content.
//
// The framing is this package's own: file header, chunks of 65,536 bytes and
// records, little endian, as libevtx documents them ("Windows XML Event Log
// (EVTX) format", J. Metz). It checks every checksum, goes on behind damage, and
// tells of each record whether it is live or left over. The BinXML of a chosen
// record is read by github.com/0xrawsec/golang-evtx behind a guard (decode.go).
//
// golang-evtx reports some damage through the global logger of package log, with
// a stack of its own functions, by which a program can tell and drop it.
package evtx
