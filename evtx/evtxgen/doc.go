// Package evtxgen writes Windows event logs (.evtx, format 3.1 and 3.2) for tests
// and benchmarks: whole ones, and ones that were not closed, went round, or were
// cleared.
//
// All numbers are little endian. A log is a file header of 4,096 bytes and chunks
// of 65,536; a chunk is a header of 512 bytes and records of a multiple of 8 bytes;
// texts are UTF-16. Every checksum is right. A chunk is self-contained: offsets in
// it count from its begin, and names and templates stand where they are first used.
package evtxgen
