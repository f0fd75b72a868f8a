// Package netstatparse reads saved connection tables of Windows' netstat
// (-an, -ano, -anob, -anobq, with -t or -y), in any language and in the
// encodings such files are found in, as snapshots of typed rows.
//
// Texts are read as tickets hold them: package paste takes off quotes, fences,
// prefixes, HTML and JSON, and rows that a mail broke are put together. A table
// from which rows are missing says so: Snapshot.Cuts has the elisions, the filters
// of the echoed command and the rest, and Snapshot.Complete is true only of a table
// that shows everything.
//
// A file may hold many tables: a loop that appends one every minute, or the
// text of several commands. Each header, and each line with a date and a time,
// starts a new Snapshot, as a command line and another machine's name do. netstat
// writes neither the host nor the time nor the zone: Snapshot.Local is the wall
// time of the line above the table, Snapshot.Host what a prompt or a heading says.
//
// The row format is netstat.exe's own message
// "  %-5s  %-21s  %-21s  %-12s    %s"; rows are split at blanks and never at
// columns, since long addresses push the columns to the right. Headers are
// recognised by their place, not by their words.
package netstatparse
