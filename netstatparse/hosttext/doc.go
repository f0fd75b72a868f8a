// Package hosttext reads the small saved texts about a Windows machine that
// surround its connection tables: the dynamic port ranges and the excluded
// ranges of netsh, and the processes of tasklist, as tables or as CSV, in any
// language and any encoding.
package hosttext
