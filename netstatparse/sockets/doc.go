// Package sockets reads saved tables of sockets that other tools than netstat write, as
// snapshots of the same rows: TCPView's Save, tcpvcon (its list and the CSV of -c),
// CurrPorts (text with tabs, CSV, XML, list), osquery's process_open_sockets,
// Velociraptor's netstat, jc's netstat, and the netscan plugin of Volatility.
//
// Rows are told by their shape or by the names of a header that only such a tool writes;
// a table of Get-NetTCPConnection is netstatparse's. None of the tools but osquery is
// known to show sockets that are bound and not connected, so Snapshot.HasBound is true
// only where a row says BOUND: without it a leak of such sockets would not show, and no
// table of this package can rule one out. Sources: the tools' documentation.
package sockets
