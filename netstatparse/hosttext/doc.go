// Package hosttext reads the small saved texts about a Windows machine that
// surround its connection tables, in any language and any encoding: the dynamic and
// the excluded port ranges of netsh, Get-NetTCPSetting and the reports of support
// collectors; the processes of tasklist, Get-Process, WMIC, Process Explorer and a
// debugger's !process, with their handles; handle.exe and !handle; the registry
// values of TCP/IP's parameters; and systeminfo.
//
// Words are localised, so a text is told by its shape: rules below a header, the
// place of a PID, the form of a value.
package hosttext
