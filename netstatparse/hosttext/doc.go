// Package hosttext reads the small saved texts about a Windows machine that
// surround its connection tables, in any language and any encoding: the dynamic and
// the excluded port ranges of netsh, Get-NetTCPSetting and the reports of support
// collectors; the processes of tasklist, Get-Process, WMIC, pslist, Process Explorer and
// a debugger's !process, with their handles; the services of sc queryex and
// Win32_Service; handle.exe and !handle; the registry values of TCP/IP's parameters;
// systeminfo; the lines in which programs tell a socket error; the files that a
// transcript of netsh trace names; and drivers: Win32_SystemDriver, CheckSym's
// sym_Drivers.csv, Get-NetAdapterBinding, netcfg -s n, fltmc and the XML of netsh wfp
// show state; and the manifest of portverdict's own collector.
//
// Words are localised, so a text is told by its shape: rules below a header, the
// place of a PID, the form of a value. What it holds is found wherever it stands in a
// file, between other texts too.
package hosttext
