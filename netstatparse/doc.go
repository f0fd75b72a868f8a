// Package netstatparse reads saved connection tables of Windows' netstat
// (-an, -ano, -anob, -anobq, with -t or -y), in any language and in the
// encodings such files are found in, as snapshots of typed rows.
//
// A file may hold many tables: a loop that appends one every minute, or the
// text of several commands. Each header, and each line with a date and a time,
// starts a new Snapshot. netstat writes neither the host nor the time nor the
// zone: Snapshot.Local is the wall time of the line above the table.
//
// The row format is netstat.exe's own message
// "  %-5s  %-21s  %-21s  %-12s    %s"; rows are split at blanks and never at
// columns, since long addresses push the columns to the right. Headers are
// recognised by their place, not by their words.
package netstatparse
