// Package etl reads Windows event trace logs (.etl) offline: bytes in, [Event]
// values and damage records out. It knows the container and no provider.
//
// What it reads: plain logs of Windows Vista and later, relogged and compressed
// ones (netsh, pktmon, PerfView), 32- and 64-bit, sequential, circular, new-file
// and unfinalised. All numbers on disk are little-endian. The layout follows
// WMI_BUFFER_HEADER, TRACE_LOGFILE_HEADER and EVENT_HEADER of the Windows SDK and
// the public work on the format (etl-parser, dissect.etl, etl2pcapng); the
// compression is plain LZ77 of [MS-XCA] 2.4.
//
// What it leaves out: LZNT1 and XPRESS-Huffman compressed logs (reported as
// damage), the inside of TIMED, ERROR and WNODE events (counted by size), and
// every payload.
//
// Events come in the order of their time. Times in one buffer never fall, so a
// buffer is opened when the walk reaches its first time, and only buffers that
// overlap at one moment, about one a processor, are in memory.
package etl
