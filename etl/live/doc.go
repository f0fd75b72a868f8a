// Package live gives the events of a running machine: an ETW session on Winsock-AFD,
// TCPIP and Kernel-Process through github.com/Velocidex/etw, each event with the payload
// as the provider wrote it, so that winsock.Decode reads it as it reads a saved one.
// Watch and Lost exist on Windows with cgo only; elsewhere the package has no exported
// name. The session needs an elevated process.
//
// The ETW package gives out fields as texts only. The record behind them is reached
// through a field that it does not export, which is looked up by name: where a later
// version has no such field, Watch fails with a sentence, and a test says so before.
//
// This was built for Windows and run under Wine with the ETW calls replaced at link time
// and events of synthetic traces; it never ran on Windows. The first things to look at
// there:
//   - that ControlTrace QUERY fills EventsLost and RealTimeBuffersLost of a real-time session;
//   - that CaptureState on Kernel-Process lists the processes that run already;
//   - what TCPIP at level 4 costs on a busy server (its keywords move between builds, so
//     none is asked for; what holds no fact is dropped by its id).
//
// Left out: the kernel logger's classic events, and what ETW does with a consumer that
// is too slow but count it.
package live
