// Package live watches Winsock-AFD as it happens: an ETW session on this
// machine through github.com/Velocidex/etw, its events given as the same Facts
// that a saved trace gives. Watch exists on Windows with cgo only; elsewhere
// the package has no exported name. It needs an elevated process.
//
// The ETW package does not hand out the bytes of an event, only its fields as
// TdhFormatProperty prints them. This package writes the fields back into the
// layout of the manifest and decodes that, so a live event and a saved one take
// the same way through winsock.Decode. A field whose text cannot be read back
// for sure becomes an error in place of the event, never a zero.
//
// Nothing here has run on Windows. It is cross-compiled and vetted, and the way
// from text to payload is tested with composed texts. Inferred, and the first
// things to look at on a real machine:
//   - how Status is printed: hex, decimal and the names of ntstatus.h are read;
//   - how Address is printed: hex bytes and ADDRESS:PORT are read, and a bare
//     ADDRESS is port 0, as the address functions of Windows leave out that port;
//   - that level 4 without a keyword gets creates, binds, connects and closes
//     (it gets sends and receives too, which are dropped by their id);
//   - that disabling the provider before closing the session avoids the ETW
//     package's Close, which would wait for its own lock while a provider is on.
//
// Left out: the ids below 1000 (no Windows that runs this writes them), TCPIP
// and process events, and the count of events that ETW lost, which the ETW
// package does not give. A watch that saw no failure therefore proves nothing.
package live
