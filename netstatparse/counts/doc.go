// Package counts reads numbers that a tool counted and wrote without the rows: netstat
// piped to find /c, Measure-Object, .Count and Group-Object of PowerShell, netstat -s,
// the reports of scripts that count ports, Prometheus text of windows_exporter, and
// counters of perfmon, typeperf, Get-Counter and the agent of Zabbix.
//
// What a number counts is told by the command in front of it, so a number whose command
// is not in the text, and which does not say it itself, is left out. Rows are no ports: a
// port can stand in several of them. Sources: the programs' own help and the scripts
// named at the functions that read them. Words are English but for netstat -s, which is
// read by the order of its lines.
package counts
